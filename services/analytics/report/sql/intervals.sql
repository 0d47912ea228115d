-- SPDX-License-Identifier: Apache-2.0
-- The intervals of a span of local time: first instant, first instant after it [Unix us], label.
-- $1 first local moment, $2 first local moment after the span, $3 unit of the calendar, $4 IANA zone, $5 length of the
-- unit, $6 length of a part of it [us], $7 label's format, $8 how many at most.
with span as materialized (select local_instant($1::timestamp, $4) as first, local_instant($2::timestamp, $4) as last),
unit as materialized (
  select local_instant(local, $4) as first, local_instant(local + $5::interval, $4) as last
  from generate_series(date_trunc($3, $1::timestamp), $2::timestamp, $5::interval) as local),
part as (
  select part as first, least(part + $6::bigint, unit.last) as last
  from unit, generate_series(unit.first, unit.last - 1, $6::bigint) as part),
cut as (
  select part.first as whole, greatest(part.first, span.first) as first, least(part.last, span.last) as last
  from part, span where part.last > span.first and part.first < span.last),
local as (
  select first, last,
    to_char(('epoch'::timestamptz + whole * interval '1 microsecond') at time zone $4, $7) as label,
    round(extract(epoch from (('epoch'::timestamptz + first * interval '1 microsecond') at time zone $4)
      - (('epoch'::timestamptz + first * interval '1 microsecond') at time zone 'UTC')) / 60)::integer as ahead_min
  from cut)
-- An hour that comes twice has its offset from UTC behind its label.
select first, last, label || case when count(*) over (partition by label) = 1 then '' else
  case when ahead_min < 0 then '-' else '+' end || lpad((abs(ahead_min) / 60)::text, 2, '0') || ':' ||
  lpad((abs(ahead_min) % 60)::text, 2, '0') end
from local order by first limit $8::bigint
