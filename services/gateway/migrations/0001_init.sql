-- SPDX-License-Identifier: Apache-2.0
-- People who log in, their sessions, what they did that is sensitive.
create table person (
  login text primary key check (login ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  name text not null default '',
  agent_id text not null default '',
  roles text[] not null,
  disabled boolean not null default false,
  language text not null default '',
  password_hash text not null, -- Argon2id, libsodium's text form
  changed_at_us bigint not null
);
create table session (
  session_id uuid primary key,
  login text not null references person on delete cascade,
  refresh_hash bytea not null unique, -- BLAKE2b of the refresh token
  client text not null,
  created_at_us bigint not null,
  used_at_us bigint not null,
  expires_at_us bigint not null
);
create index session_by_login on session (login);
create index session_by_expiry on session (expires_at_us);
create table audit (
  place bigserial primary key,
  at_us bigint not null,
  login text not null,
  client text not null,
  action text not null,
  target text not null,
  outcome text not null
);
create index audit_by_time on audit (at_us desc);
-- The key that signs tokens: shared by all gateways of a deployment, made by the first one.
create table secret (
  name text primary key,
  value bytea not null
);
