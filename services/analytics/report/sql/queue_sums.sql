-- SPDX-License-Identifier: Apache-2.0
-- Sums of contacts by interval and by what is asked for, after a total for each (interval 0). A contact belongs to the
-- interval in which it started. kpi/kpi.c counts the same, record by record.
-- $1 borders of the intervals [Unix us], $2 the first, $3 the last, $4 the one id of the filter.
with counted as (
  select width_bucket(started_at_us, $1::bigint[]) as place, /*key*/ as id, result = 4 as answered, result = 5 as abandoned,
    contact.*
  from contact where started_at_us >= $2::bigint and started_at_us < $3::bigint and result in (4, 5, 6) /*filter*/)
select coalesce(place, 0), id, count(*), count(*) filter (where answered), count(*) filter (where abandoned),
  count(*) filter (where abandoned and short_abandon), count(*) filter (where result = 6),
  count(*) filter (where answered and wait_ms <= service_level_ms),
  count(*) filter (where abandoned and wait_ms <= service_level_ms),
  sum(wait_ms) filter (where answered), sum(wait_ms) filter (where abandoned), max(wait_ms),
  sum(talk_ms) filter (where answered), sum(hold_ms) filter (where answered),
  sum(after_call_work_ms) filter (where answered), sum(parts) filter (where answered),
  sum(transfers) filter (where answered), count(*) filter (where survey_pushed),
  count(*) filter (where survey_answered), sum(survey_score) filter (where survey_answered),
  (max(array[started_at_us, service_level_ms]))[2]
from counted group by grouping sets ((place, id), (id)) order by 1, 2 limit $5::bigint
