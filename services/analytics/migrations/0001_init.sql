-- SPDX-License-Identifier: Apache-2.0
-- What reports are made of: finished records as Kafka has them, newest revision each. `record` is the whole message,
-- packed (record.proto); the columns are what is searched and counted.
create table contact (
  contact_id uuid primary key,
  revision integer not null,
  started_at_us bigint not null,
  result integer not null,
  first_queue_id text not null,
  caller_canonical text not null,
  wait_ms bigint not null,
  talk_ms bigint not null,
  hold_ms bigint not null,
  after_call_work_ms bigint not null,
  short_abandon boolean not null,
  service_level_ms bigint not null,
  transfers integer not null,
  parts integer not null,
  survey_pushed boolean not null,
  survey_answered boolean not null,
  survey_score integer not null,
  direction integer not null,
  record bytea not null
);
create index contact_by_time on contact (started_at_us desc, contact_id desc);
create index contact_by_number on contact (caller_canonical, started_at_us desc, contact_id desc);
create index contact_by_queue on contact (first_queue_id, started_at_us desc, contact_id desc);
create index contact_by_result on contact (result, started_at_us desc, contact_id desc);

-- One row for each agent who talked in a contact.
create table contact_part (
  contact_id uuid not null references contact on delete cascade,
  place integer not null,
  agent_id text not null,
  started_at_us bigint not null,
  talk_ms bigint not null,
  hold_ms bigint not null,
  after_call_work_ms bigint not null,
  transferred boolean not null,
  direction integer not null,
  primary key (contact_id, place)
);
create index contact_part_by_agent on contact_part (agent_id, started_at_us desc, contact_id desc);
create index contact_part_by_time on contact_part (started_at_us);

create table missed_offer (
  contact_id uuid not null references contact on delete cascade,
  place integer not null,
  agent_id text not null,
  at_us bigint not null,
  primary key (contact_id, place)
);
create index missed_offer_by_time on missed_offer (at_us, agent_id);

create table segment (
  segment_id uuid primary key,
  contact_id uuid not null,
  place integer not null,
  revision integer not null,
  record bytea not null
);
create index segment_by_contact on segment (contact_id, place);

create table agent_activity (
  record_id uuid primary key,
  agent_id text not null,
  agent_name text not null,
  started_at_us bigint not null,
  duration_ms bigint not null,
  state integer not null,
  reason text not null
);
create index agent_activity_by_time on agent_activity (started_at_us, agent_id);

create table survey (
  contact_id uuid primary key,
  revision integer not null,
  record bytea not null
);

-- Calls turned away at an edge's door never become contacts; they are counted from facts.
create table calls_refused (
  fact_id uuid primary key,
  at_us bigint not null,
  edge text not null,
  cause text not null,
  calls integer not null
);
create index calls_refused_by_time on calls_refused (at_us);

-- How far each partition was read: stored with what was read.
create table kafka_progress (
  topic text not null,
  part integer not null,
  next_offset bigint not null,
  primary key (topic, part)
);
