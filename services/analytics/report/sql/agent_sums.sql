-- SPDX-License-Identifier: Apache-2.0
-- Sums of agents by interval, after a total for each (interval 0). What an agent did in a contact belongs to the
-- interval in which the contact started, an unanswered offer to the one in which it was made; stretches of states are
-- cut at the borders, to whole milliseconds since the stretch began, so that the pieces add up to the whole.
-- $1 borders of the intervals [Unix us], $2 the first, $3 the last, $4 the one agent of the filter, $5 how many rows.
with part as (
  select width_bucket(started_at_us, $1::bigint[]) as place, agent_id, count(*) as handled, sum(talk_ms) as talk,
    sum(hold_ms) as hold, sum(after_call_work_ms) as work, count(*) filter (where transferred) as transfers,
    count(*) filter (where direction = 2) as outbound
  from contact_part where started_at_us >= $2::bigint and started_at_us < $3::bigint /*filter*/ group by 1, 2),
missed as (
  select width_bucket(at_us, $1::bigint[]) as place, agent_id, count(*) as missed
  from missed_offer where at_us >= $2::bigint and at_us < $3::bigint /*filter*/ group by 1, 2),
-- planned by itself: what comes of it is thought far larger than it is
touched as materialized (
  select agent_id, agent_name, state, started_at_us, ended_at_us, duration_ms from agent_activity
  where int8range(started_at_us, ended_at_us) && int8range($2::bigint, $3::bigint) /*filter*/),
piece as (
  select place, agent_id, agent_name, state,
    least(duration_ms, (($1::bigint[])[place + 1] - started_at_us) / 1000)
      - greatest(0, (($1::bigint[])[place] - started_at_us) / 1000) as ms
  from touched, generate_series(greatest(1, width_bucket(started_at_us, $1::bigint[])),
    least(cardinality($1::bigint[]) - 1, width_bucket(ended_at_us - 1, $1::bigint[]))) as place),
state as (
  select place, agent_id, max(agent_name) as name, sum(ms) filter (where state = 2) as ready,
    sum(ms) filter (where state = 1) as not_ready, sum(ms) filter (where state in (3, 4)) as ringing,
    sum(ms) filter (where state = 5) as talk, sum(ms) filter (where state = 6) as hold,
    sum(ms) filter (where state = 7) as work
  from piece group by 1, 2),
counted as (
  select place, agent_id, null as name, handled, talk, hold, work, transfers, outbound, 0 as missed, 0 as ready,
    0 as not_ready, 0 as ringing, 0 as in_talk, 0 as in_hold, 0 as in_work from part
  union all select place, agent_id, null, 0, 0, 0, 0, 0, 0, missed, 0, 0, 0, 0, 0, 0 from missed
  union all select place, agent_id, name, 0, 0, 0, 0, 0, 0, 0, ready, not_ready, ringing, talk, hold, work from state)
select coalesce(place, 0), agent_id, max(name), sum(handled), sum(talk), sum(hold), sum(work), sum(transfers),
  sum(outbound), sum(missed), sum(ready), sum(not_ready), sum(ringing), sum(in_talk), sum(in_hold), sum(in_work)
from counted group by grouping sets ((place, agent_id), (agent_id)) order by 1, 2 limit $5::bigint
