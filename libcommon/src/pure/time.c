/* SPDX-License-Identifier: Apache-2.0 */
/* UTC times as text, and dates as day numbers (Howard Hinnant, "chrono-Compatible Low-Level Date
 * Algorithms"). */
#include "far/clock.h"
#include <stdbool.h>
#include <stdio.h>

#define DAY_US      ((int64_t)86400 * 1000000)
#define WALL_US_MIN (-62167219200 * 1000000)          /* 0000-01-01T00:00:00Z */
#define WALL_US_MAX (253402300799 * 1000000 + 999999) /* 9999-12-31T23:59:59.999999Z */

int64_t far_time_days(int year, unsigned month, unsigned day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + (int64_t)day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

void far_time_date(int64_t days, int *ret_year, unsigned *ret_month, unsigned *ret_day)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_from_march = (5 * day_of_year + 2) / 153;
    *ret_day = (unsigned)(day_of_year - (153 * month_from_march + 2) / 5 + 1);
    *ret_month = (unsigned)(month_from_march < 10 ? month_from_march + 3 : month_from_march - 9);
    *ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

void far_time_format(int64_t wall_us, char out[FAR_TIME_TEXT_SIZE])
{
    if (wall_us < WALL_US_MIN) wall_us = WALL_US_MIN;
    if (wall_us > WALL_US_MAX) wall_us = WALL_US_MAX;
    int64_t days = wall_us / DAY_US - (wall_us % DAY_US < 0);
    int64_t us = wall_us - days * DAY_US;
    int year;
    unsigned month, day;
    far_time_date(days, &year, &month, &day);
    unsigned seconds = (unsigned)(us / 1000000);
    (void)snprintf(out, FAR_TIME_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%06uZ", (unsigned)year % 10000,
                   month % 100, day % 100, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60,
                   (unsigned)(us % 1000000));
}

/* Exactly `count` digits at *at, within min..max. */
static bool read_digits(const char **at, int count, int min, int max, int *ret_value)
{
    int value = 0;
    for (; count > 0; count--, (*at)++) {
        if (**at < '0' || **at > '9') return false;
        value = value * 10 + (**at - '0');
    }
    *ret_value = value;
    return value >= min && value <= max;
}

static bool read_char(const char **at, char wanted)
{
    if (**at != wanted) return false;
    (*at)++;
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool read_fraction(const char **at, int64_t *ret_us)
{
    int64_t us = 0, unit = 100000;
    *ret_us = 0;
    if (!read_char(at, '.')) return true;
    if (**at < '0' || **at > '9') return false;
    for (int i = 0; **at >= '0' && **at <= '9'; (*at)++, unit /= 10) {
        if (++i > 30) return false;
        us += (**at - '0') * unit;
    }
    *ret_us = us;
    return true;
}

static bool read_offset(const char **at, int64_t *ret_us)
{
    int hours, minutes;
    *ret_us = 0;
    if (read_char(at, 'Z')) return true;
    int sign = **at == '-' ? -1 : 1;
    if (!read_char(at, '-') && !read_char(at, '+')) return false;
    if (!read_digits(at, 2, 0, 23, &hours) || !read_char(at, ':') || !read_digits(at, 2, 0, 59, &minutes))
        return false;
    *ret_us = sign * (int64_t)(hours * 60 + minutes) * 60000000;
    return true;
}

enum far_err far_time_parse(const char *text, int64_t *ret_wall_us)
{
    int year, month, day, hour, minute, second;
    int64_t us, offset_us;
    if (!text) return FAR_EINVAL;
    if (!read_digits(&text, 4, 0, 9999, &year) || !read_char(&text, '-') ||
        !read_digits(&text, 2, 1, 12, &month) || !read_char(&text, '-') ||
        !read_digits(&text, 2, 1, days_in(year, month), &day) || !read_char(&text, 'T') ||
        !read_digits(&text, 2, 0, 23, &hour) || !read_char(&text, ':') ||
        !read_digits(&text, 2, 0, 59, &minute) || !read_char(&text, ':') ||
        !read_digits(&text, 2, 0, 59, &second) || !read_fraction(&text, &us) ||
        !read_offset(&text, &offset_us) || *text)
        return FAR_EINVAL;
    *ret_wall_us = far_time_days(year, (unsigned)month, (unsigned)day) * DAY_US +
                   ((int64_t)hour * 3600 + minute * 60 + second) * 1000000 + us - offset_us;
    return FAR_OK;
}
