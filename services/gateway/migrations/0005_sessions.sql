-- SPDX-License-Identifier: Apache-2.0
-- What people see of their sessions; a refresh token's short afterlife; sessions that ended, so that all gateways
-- refuse their access tokens at once.
alter table session
  add column user_agent text not null default '',
  add column previous_hash bytea, -- of the refresh token before: good until then, for a tab that was later
  add column previous_until_us bigint not null default 0;
create index session_by_previous on session (previous_hash) where previous_hash is not null;
create table session_ended (
  session_id uuid primary key,
  ended_at_us bigint not null
);
create index session_ended_by_time on session_ended (ended_at_us);
create function session_end() returns trigger language plpgsql as $$
begin
  insert into session_ended (session_id, ended_at_us)
    values (old.session_id, (extract(epoch from clock_timestamp()) * 1000000)::bigint) on conflict do nothing;
  return old;
end $$;
create trigger session_end after delete on session for each row execute function session_end();
