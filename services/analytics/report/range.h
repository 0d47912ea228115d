/* SPDX-License-Identifier: Apache-2.0 */
/* range.h - the time of a report: what people write (local days and minutes) and the intervals that come of
 * it, by the centre's time zone. Parsing is pure; intervals are PostgreSQL's, which knows the zones. */
#pragma once
#include "far/err.h"
#include "far/postgres.h"
#include <stdbool.h>
#include <stdint.h>

#define RANGE_INTERVALS_MAX 3000 /* of one report: 31 days of quarters of an hour */
#define RANGE_DAYS_MAX      1100
#define RANGE_LABEL_SIZE    32

/* A row of the table of intervals. */
struct range_interval {
    const char *name;                 /* 15m, ..., all */
    const char *unit, *step, *format; /* of the calendar, for PostgreSQL; unit NULL: the whole range is one */
    int64_t part_us;                  /* a part of the unit; 0: the whole */
    int64_t min;                      /* its shortest length [minutes], for limits */
};
/* Local time [minutes since 1970-01-01T00:00 by the centre's clocks]; last is the first moment behind it. */
struct range {
    int64_t first_min, last_min;
    const struct range_interval *interval;
};

/** What people write. today: YYYY-MM-DD, the centre's, for what is left out. interval "": day.
 *  @return FAR_OK; FAR_EINVAL with *ret_why, a static text that says how to mend it. */
FAR_MUST_CHECK enum far_err range_parse(const char *from, const char *to, const char *interval,
                                        const char *today, struct range *ret_range, const char **ret_why);
/** Days YYYY-MM-DD, both included, as one interval. @return FAR_OK; FAR_EINVAL: no days, or not in this
 * order. */
FAR_MUST_CHECK enum far_err range_days(const char *first, const char *last, struct range *ret_range);
/** The range of the same length just before; whole months before whole months, when the interval is one of
 *  months, quarters or years. */
struct range range_before(const struct range *range);
/** YYYY-MM-DD of a local moment. */
void range_day(int64_t local_min, char ret_day[12]);

/* Intervals one behind the other. */
struct intervals {
    size_t len;
    int64_t *borders;                 /* len + 1: where each begins, and where the last ends [Unix us] */
    char (*labels)[RANGE_LABEL_SIZE]; /* len */
    char *text;                       /* the borders as PostgreSQL's array */
    char first_us[24], last_us[24];
};
/** On a database thread. *ret_intervals is to be freed by intervals_done(), after FAR_OK only.
 *  @return FAR_OK; FAR_EINVAL: PostgreSQL does not know the zone; FAR_ENOMEM; or as far_pg_query(). */
FAR_MUST_CHECK enum far_err intervals_make(struct far_pg_conn *conn, const struct range *range,
                                           const char *time_zone, struct intervals *ret_intervals);
void intervals_done(struct intervals *intervals);
/** The day that is now, YYYY-MM-DD. @return as intervals_make(). */
FAR_MUST_CHECK enum far_err range_today(struct far_pg_conn *conn, const char *time_zone, char ret_day[12]);
