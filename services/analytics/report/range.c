/* SPDX-License-Identifier: Apache-2.0 */
#include "range.h"
#include "far/clock.h"
#include "far/str.h"
#include "sql.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MIN   1440
#define DAY       "YYYY-MM-DD"
#define MOMENT    "YYYY-MM-DD\"T\"HH24:MI"
#define MINUTE_US INT64_C(60000000)
#define TEXT_SIZE 24

static const struct range_interval rows[] = {
    {"15m", "day", "1 day", MOMENT, 15 * MINUTE_US, 15},
    {"30m", "day", "1 day", MOMENT, 30 * MINUTE_US, 30},
    {"60m", "day", "1 day", MOMENT, 60 * MINUTE_US, 60},
    {"day", "day", "1 day", DAY, 0, DAY_MIN},
    {"week", "week", "7 days", "IYYY-\"W\"IW", 0, 7 * DAY_MIN},
    {"month", "month", "1 month", "YYYY-MM", 0, 28 * DAY_MIN},
    {"quarter", "quarter", "3 months", "YYYY-\"Q\"Q", 0, 90 * DAY_MIN},
    {"year", "year", "1 year", "YYYY", 0, 365 * DAY_MIN},
    {"all", NULL, NULL, NULL, 0, INT64_MAX},
};

static const struct range_interval *interval_of(const char *name)
{
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].name, name) == 0) return &rows[i];
    return NULL;
}

/* len characters at text are digits; *ret_number is their number. */
static bool digits(const char *text, size_t len, int *ret_number)
{
    *ret_number = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') return false;
        *ret_number = *ret_number * 10 + (text[i] - '0');
    }
    return true;
}

/* YYYY-MM-DD, which may be followed by THH:MM; nothing else reaches PostgreSQL. */
static bool moment_read(const char *text, int64_t *ret_min, bool *ret_has_time)
{
    int year = 0, month = 0, day = 0, hour = 0, minute = 0;
    size_t len = strlen(text);
    *ret_has_time = len == 16;
    if ((len != 10 && len != 16) || !digits(text, 4, &year) || text[4] != '-' ||
        !digits(text + 5, 2, &month) || text[7] != '-' || !digits(text + 8, 2, &day))
        return false;
    if (*ret_has_time && (text[10] != 'T' || !digits(text + 11, 2, &hour) || text[13] != ':' ||
                          !digits(text + 14, 2, &minute) || hour > 23 || minute > 59))
        return false;
    if (year < 2000 || year > 2199 || month < 1 || month > 12 || day < 1) return false;
    int back_year = 0;
    unsigned back_month = 0, back_day = 0;
    int64_t days = far_time_days(year, (unsigned)month, (unsigned)day);
    far_time_date(days, &back_year, &back_month, &back_day);
    *ret_min = days * DAY_MIN + hour * 60 + minute;
    return back_year == year && back_month == (unsigned)month && back_day == (unsigned)day;
}

enum far_err range_parse(const char *from, const char *to, const char *interval, const char *today,
                         struct range *ret_range, const char **ret_why)
{
    struct range range = {.interval = interval_of(interval[0] ? interval : "day")};
    bool from_has_time = false, to_has_time = false;
    *ret_why = "interval is 15m, 30m, 60m, day, week, month, quarter, year or all";
    if (!range.interval) return FAR_EINVAL;
    *ret_why = "from and to are YYYY-MM-DD or YYYY-MM-DDTHH:MM, in this order; left out: today";
    if (!moment_read(from[0] ? from : today, &range.first_min, &from_has_time)) return FAR_EINVAL;
    if (to[0] == '\0' && from_has_time)
        range.last_min = range.first_min - range.first_min % DAY_MIN + DAY_MIN;
    else if (!moment_read(to[0] ? to : from[0] ? from : today, &range.last_min, &to_has_time))
        return FAR_EINVAL;
    else if (!to_has_time)
        range.last_min += DAY_MIN;
    if (range.last_min <= range.first_min) return FAR_EINVAL;
    int64_t length_min = range.last_min - range.first_min;
    *ret_why = "from and to are at most 1100 days apart";
    if (length_min > (int64_t)RANGE_DAYS_MAX * DAY_MIN) return FAR_EINVAL;
    *ret_why = "that is more than 3000 intervals: take a longer interval, or a shorter time";
    if (length_min / range.interval->min > RANGE_INTERVALS_MAX) return FAR_EINVAL;
    *ret_range = range;
    return FAR_OK;
}

enum far_err range_days(const char *first, const char *last, struct range *ret_range)
{
    struct range range = {.interval = interval_of("all")};
    bool has_time = false;
    if (!moment_read(first, &range.first_min, &has_time) || has_time) return FAR_EINVAL;
    if (!moment_read(last, &range.last_min, &has_time) || has_time) return FAR_EINVAL;
    range.last_min += DAY_MIN;
    if (range.last_min <= range.first_min) return FAR_EINVAL;
    *ret_range = range;
    return FAR_OK;
}

/* Months since year 0, when the moment is the beginning of one; else -1. */
static int64_t month_of(int64_t local_min)
{
    int year = 0;
    unsigned month = 0, day = 0;
    if (local_min % DAY_MIN != 0) return -1;
    far_time_date(local_min / DAY_MIN, &year, &month, &day);
    return day == 1 ? (int64_t)year * 12 + (int64_t)month - 1 : -1;
}

struct range range_before(const struct range *range)
{
    int64_t first = month_of(range->first_min), last = month_of(range->last_min);
    struct range before = {.first_min = range->first_min - (range->last_min - range->first_min),
                           .last_min = range->first_min,
                           .interval = range->interval};
    bool of_months = range->interval->unit && range->interval->min >= 28 * DAY_MIN;
    if (of_months && first >= 0 && last >= 0) {
        int64_t month = first - (last - first);
        before.first_min = far_time_days((int)(month / 12), (unsigned)(month % 12) + 1, 1) * DAY_MIN;
    }
    return before;
}

void range_day(int64_t local_min, char ret_day[12])
{
    int year = 0;
    unsigned month = 0, day = 0;
    far_time_date(local_min / DAY_MIN, &year, &month, &day);
    (void)snprintf(ret_day, 12, "%04d-%02u-%02u", year % 10000, month % 100, day % 100);
}

static void moment_write(int64_t local_min, char ret_text[TEXT_SIZE])
{
    char day[12];
    range_day(local_min, day);
    (void)snprintf(ret_text, TEXT_SIZE, "%s %02d:%02d", day, (int)(local_min % DAY_MIN / 60),
                   (int)(local_min % 60));
}

enum far_err range_today(struct far_pg_conn *conn, const char *time_zone, char ret_day[12])
{
    const char *values[] = {time_zone};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(conn, "select ((now() at time zone $1)::date)::text", 1, values, &result);
    if (err != FAR_OK) return err;
    (void)far_str_copy(ret_day, 12, far_pg_text(result, 0, 0));
    PQclear(result);
    return FAR_OK;
}

static enum far_err ask(struct far_pg_conn *conn, const struct range *range, const char *time_zone,
                        PGresult **ret_result)
{
    const struct range_interval *interval = range->interval;
    char first[TEXT_SIZE], last[TEXT_SIZE], part_us[TEXT_SIZE], limit[TEXT_SIZE];
    moment_write(range->first_min, first);
    moment_write(range->last_min, last);
    const char *whole[] = {first, last, time_zone};
    if (!interval->unit)
        return far_pg_query(conn,
                            "select local_instant($1::timestamp, $3), local_instant($2::timestamp, $3), ''",
                            3, whole, ret_result);
    /* longer than any unit: then the unit is its only part */
    (void)snprintf(part_us, sizeof(part_us), "%" PRId64,
                   interval->part_us ? interval->part_us : INT64_C(1000000000000000000));
    (void)snprintf(limit, sizeof(limit), "%d", RANGE_INTERVALS_MAX + 200); /* days of 25 h have more */
    const char *values[] = {first,          last,    interval->unit,   time_zone,
                            interval->step, part_us, interval->format, limit};
    return far_pg_query(conn, sql_intervals, 8, values, ret_result);
}

static bool allocate(struct intervals *intervals)
{
    intervals->borders = calloc(intervals->len + 1, sizeof(*intervals->borders));
    intervals->labels = calloc(intervals->len + 1, sizeof(*intervals->labels));
    intervals->text = malloc((intervals->len + 1) * TEXT_SIZE + 3);
    return intervals->borders && intervals->labels && intervals->text;
}

static void text_write(struct intervals *intervals)
{
    size_t at = 0;
    for (size_t i = 0; i <= intervals->len; i++)
        at += (size_t)snprintf(intervals->text + at, TEXT_SIZE, "%c%" PRId64, i ? ',' : '{',
                               intervals->borders[i]);
    memcpy(intervals->text + at, "}", 2);
    (void)snprintf(intervals->first_us, sizeof(intervals->first_us), "%" PRId64, intervals->borders[0]);
    (void)snprintf(intervals->last_us, sizeof(intervals->last_us), "%" PRId64,
                   intervals->borders[intervals->len]);
}

enum far_err intervals_make(struct far_pg_conn *conn, const struct range *range, const char *time_zone,
                            struct intervals *ret_intervals)
{
    PGresult *result = NULL;
    enum far_err err = ask(conn, range, time_zone, &result);
    if (err != FAR_OK) return err;
    struct intervals intervals = {.len = (size_t)PQntuples(result)};
    if (!allocate(&intervals)) {
        intervals_done(&intervals);
        PQclear(result);
        return FAR_ENOMEM;
    }
    for (size_t i = 0; i < intervals.len; i++) {
        intervals.borders[i] = far_pg_i64(result, (int)i, 0, 0);
        intervals.borders[i + 1] = far_pg_i64(result, (int)i, 1, 0);
        (void)far_str_copy(intervals.labels[i], RANGE_LABEL_SIZE, far_pg_text(result, (int)i, 2));
    }
    PQclear(result);
    if (!range->interval->unit) {
        char first[12], last[12];
        range_day(range->first_min, first);
        range_day(range->last_min - 1, last);
        (void)snprintf(intervals.labels[0], RANGE_LABEL_SIZE, "%s/%s", first, last);
    }
    text_write(&intervals);
    *ret_intervals = intervals;
    return FAR_OK;
}

void intervals_done(struct intervals *intervals)
{
    free(intervals->borders);
    free(intervals->labels);
    free(intervals->text);
    *intervals = (struct intervals){.len = 0};
}
