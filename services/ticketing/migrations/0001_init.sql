-- SPDX-License-Identifier: Apache-2.0
-- Customers, tickets, and the outbox by which their changes leave in the same transaction that made them.
create table customer (
  customer_id uuid primary key,
  name text not null default '',
  company text not null default '',
  note text not null default '',
  language text not null default '',
  created_at_us bigint not null,
  revision integer not null default 1,
  contacts integer not null default 0,
  last_contact_at_us bigint not null default 0
);
create index customer_by_name on customer (lower(name) text_pattern_ops);

-- A number belongs to one customer: the pop-up is one look-up of a primary key.
create table customer_number (
  canonical text primary key,
  customer_id uuid not null references customer on delete cascade,
  raw text not null,
  kind integer not null
);
create index customer_number_by_customer on customer_number (customer_id);

create sequence ticket_number;
create table ticket (
  ticket_id uuid primary key,
  number bigint not null unique default nextval('ticket_number'),
  contact_id uuid unique,
  customer_id uuid references customer on delete set null,
  status text not null check (status in ('open', 'pending', 'resolved', 'closed')),
  business_type text not null default '',
  agent_id text not null default '',
  queue_id text not null default '',
  disposition text not null default '',
  note text not null default '',
  subject text not null default '',
  caller_raw text not null default '',
  caller_canonical text not null default '',
  caller_kind integer not null default 0,
  created_at_us bigint not null,
  changed_at_us bigint not null,
  revision integer not null default 1,
  -- the last fact of the ACD's log that acted on it: facts may come twice, and act once
  log_incarnation text not null default '',
  log_position bigint not null default 0,
  log_index integer not null default 0
);
-- Every search is a range of time, newest first, within one of these.
create index ticket_by_time on ticket (created_at_us desc, ticket_id desc);
create index ticket_by_agent on ticket (agent_id, created_at_us desc, ticket_id desc);
create index ticket_by_status on ticket (status, created_at_us desc, ticket_id desc);
create index ticket_by_business_type on ticket (business_type, created_at_us desc, ticket_id desc);
create index ticket_by_queue on ticket (queue_id, created_at_us desc, ticket_id desc);
create index ticket_by_customer on ticket (customer_id, created_at_us desc, ticket_id desc);

create table ticket_event (
  ticket_id uuid not null references ticket on delete cascade,
  revision integer not null,
  at_us bigint not null,
  by_whom text not null,
  what text not null,
  detail text not null default '',
  primary key (ticket_id, revision)
);

-- What must reach the bus: in the order of place; rows go when the stream has them.
create table outbox (
  place bigserial primary key,
  subject text not null,
  message_id text not null,
  payload bytea not null
);
-- Records are numbered without gaps within one life of this database (record.proto RecordOrigin).
create table record_origin (
  is_only boolean primary key default true check (is_only),
  incarnation uuid not null default gen_random_uuid(),
  number bigint not null default 0
);
insert into record_origin default values;
