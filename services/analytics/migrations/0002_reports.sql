-- SPDX-License-Identifier: Apache-2.0
-- Reports by interval, site and number; contacts by how they ended and whose they are.
alter table contact
  add column site_id text not null default '',
  add column published text not null default '',
  add column disposition text not null default '';
create index contact_by_site on contact (site_id, started_at_us desc, contact_id desc);
create index contact_by_published on contact (published, started_at_us desc, contact_id desc);
create index contact_by_disposition on contact (disposition, started_at_us desc, contact_id desc);
-- A number's last digits: the index reads it from its end.
create index contact_by_number_end on contact (reverse(caller_canonical) text_pattern_ops);

-- What is there already gets its new columns out of Kafka, which is read anew: every revision is higher than 0.
update contact set revision = 0;
delete from kafka_progress where topic = 'farseat.contacts.v1';

-- Stretches of agents' states are cut at the borders of intervals, so they are looked up by what they cover.
alter table agent_activity add column ended_at_us bigint not null
  generated always as (started_at_us + duration_ms * 1000) stored;
create index agent_activity_by_span on agent_activity using gist (int8range(started_at_us, ended_at_us));
create index missed_offer_by_agent on missed_offer (agent_id, at_us);

-- Whose a contact was: by its ticket.
create table ticket (
  ticket_id uuid primary key,
  revision integer not null,
  contact_id uuid,
  customer_id uuid
);
create index ticket_by_customer on ticket (customer_id, contact_id);
create index ticket_by_contact on ticket (contact_id);

-- The first instant [Unix us] at which the clocks of a zone show a local time. One that comes twice (the hour before
-- clocks go back) means the first of the two; one that never comes (clocks go forward) means the moment of the jump
-- or later, as PostgreSQL says.
create function local_instant(local timestamp, zone text) returns bigint language sql stable strict as $$
  select (extract(epoch from case
    when ((local at time zone zone) - interval '1 hour') at time zone zone = local
    then (local at time zone zone) - interval '1 hour' else local at time zone zone end) * 1000000)::bigint
$$;
