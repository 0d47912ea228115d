-- SPDX-License-Identifier: Apache-2.0
-- Sums of agents by interval, after a total for each (interval 0). What an agent did in a contact belongs to the
-- interval in which the contact started, an unanswered offer to the one in which it was made; stretches of states are
-- cut at the borders, to whole milliseconds since the stretch began, so that the pieces add up to the whole.
-- $1 borders of the intervals [Unix us], $2 the first, $3 the last, $4 the one agent of the filter.
with part as (
  select width_bucket(started_at_us, $1::bigint[]) as place, agent_id, 1 as handled, talk_ms, hold_ms, after_call_work_ms,
    transferred::integer as transfers, (direction = 2)::integer as outbound
  from contact_part where started_at_us >= $2::bigint and started_at_us < $3::bigint /*filter*/),
missed as (
  select width_bucket(at_us, $1::bigint[]) as place, agent_id
  from missed_offer where at_us >= $2::bigint and at_us < $3::bigint /*filter*/),
state as (
  select place, agent_id, agent_name, state,
    least(duration_ms, (($1::bigint[])[place + 1] - started_at_us) / 1000)
      - greatest(0, (($1::bigint[])[place] - started_at_us) / 1000) as ms
  from agent_activity, generate_series(greatest(1, width_bucket(started_at_us, $1::bigint[])),
    least(cardinality($1::bigint[]) - 1, width_bucket(ended_at_us - 1, $1::bigint[]))) as place
  where int8range(started_at_us, ended_at_us) && int8range($2::bigint, $3::bigint) /*filter*/),
counted as (
  select place, agent_id, null as name, handled, talk_ms, hold_ms, after_call_work_ms, transfers, outbound, 0 as missed,
    0 as state, 0 as ms from part
  union all select place, agent_id, null, 0, 0, 0, 0, 0, 0, 1, 0, 0 from missed
  union all select place, agent_id, agent_name, 0, 0, 0, 0, 0, 0, 0, state, ms from state)
select coalesce(place, 0), agent_id, max(name), sum(handled), sum(talk_ms), sum(hold_ms), sum(after_call_work_ms),
  sum(transfers), sum(outbound), sum(missed), sum(ms) filter (where state = 2), sum(ms) filter (where state = 1),
  sum(ms) filter (where state in (3, 4)), sum(ms) filter (where state = 5), sum(ms) filter (where state = 6),
  sum(ms) filter (where state = 7)
from counted group by grouping sets ((place, agent_id), (agent_id)) order by 1, 2 limit $5::bigint
