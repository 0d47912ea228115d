-- SPDX-License-Identifier: Apache-2.0
-- One row a part of a recording; the file's own metadata are the truth, this is how parts are found.
create table parts (
    recording_id  uuid    not null,
    part          integer not null,
    instance      text    not null,   -- the recorder that has the file
    contact_id    text    not null,
    segment_id    text    not null,
    agent_id      text    not null,
    queue_id      text    not null,
    session_id    text    not null,   -- the recording client's own id, when it is no UUID
    left_party    text    not null,
    right_party   text    not null,
    codec         text    not null,
    state         text    not null check (state in ('recording', 'complete', 'recovered', 'failed')),
    started_at_us bigint  not null,
    ended_at_us   bigint  not null,   -- 0 while it goes on
    recorded_ms   bigint  not null,
    audio_bytes   bigint  not null,   -- of the WAV as played back
    gap_ms        bigint  not null,
    write_gap_ms  bigint  not null,
    sha256        text    not null,
    left_quality  jsonb   not null,   -- farseat.v1.RecordingSide
    right_quality jsonb   not null,
    stored_at     timestamptz not null default now(),
    primary key (recording_id, part, instance)
);
create index parts_by_contact on parts (contact_id, started_at_us desc);
create index parts_by_agent on parts (agent_id, started_at_us desc);
create index parts_by_time on parts (started_at_us desc);
-- what a restarted recorder looks for: its own that never ended
create index parts_unfinished on parts (instance) where state = 'recording';
