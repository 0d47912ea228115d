-- SPDX-License-Identifier: Apache-2.0
-- Sums of contacts by interval and by what is asked for, after a total for each (interval 0). A contact belongs to the
-- interval in which it started. kpi/kpi.c counts the same, record by record.
-- $1 borders of the intervals [Unix us], $2 the first, $3 the last, $4 the one id of the filter, $5 how many rows.
with counted as (
  select width_bucket(started_at_us, $1::bigint[]) as place, /*key*/ as id, count(*) as offered,
    count(*) filter (where result = 4) as answered, count(*) filter (where result = 5) as abandoned,
    count(*) filter (where result = 5 and short_abandon) as short_abandoned,
    count(*) filter (where result = 6) as overflowed,
    count(*) filter (where result = 4 and wait_ms <= service_level_ms) as answered_within,
    count(*) filter (where result = 5 and wait_ms <= service_level_ms) as abandoned_within,
    sum(wait_ms) filter (where result = 4) as wait_answered, sum(wait_ms) filter (where result = 5) as wait_abandoned,
    max(wait_ms) as wait_max, sum(talk_ms) filter (where result = 4) as talk,
    sum(hold_ms) filter (where result = 4) as hold, sum(after_call_work_ms) filter (where result = 4) as work,
    sum(parts) filter (where result = 4) as handled, sum(transfers) filter (where result = 4) as transfers,
    count(*) filter (where survey_pushed) as pushed, count(*) filter (where survey_answered) as scored,
    sum(survey_score) filter (where survey_answered) as score,
    max(array[started_at_us, service_level_ms]) as newest
  from contact where started_at_us >= $2::bigint and started_at_us < $3::bigint and result in (4, 5, 6) /*filter*/
  group by 1, 2)
select coalesce(place, 0), id, sum(offered), sum(answered), sum(abandoned), sum(short_abandoned), sum(overflowed),
  sum(answered_within), sum(abandoned_within), sum(wait_answered), sum(wait_abandoned), max(wait_max), sum(talk),
  sum(hold), sum(work), sum(handled), sum(transfers), sum(pushed), sum(scored), sum(score), (max(newest))[2]
from counted group by grouping sets ((place, id), (id)) order by 1, 2 limit $5::bigint
