/* SPDX-License-Identifier: Apache-2.0 */
/* What people write for a report's time. The intervals themselves are PostgreSQL's:
 * tests/integration/analytics. */
#include "far/clock.h"
#include "far/test.h"
#include "report/range.h"
#include <string.h>

#define TODAY "2026-11-24"

static int64_t at(int year, unsigned month, unsigned day, int64_t minutes)
{
    return far_time_days(year, month, day) * 1440 + minutes;
}

static void what_is_left_out_is_today(void **state)
{
    (void)state;
    struct range range;
    const char *why = NULL;
    assert_int_equal(range_parse("", "", "", TODAY, &range, &why), FAR_OK);
    assert_string_equal(range.interval->name, "day");
    assert_int_equal(range.first_min, at(2026, 11, 24, 0));
    assert_int_equal(range.last_min, at(2026, 11, 25, 0));
    assert_int_equal(range_parse("2026-11-01", "", "week", TODAY, &range, &why), FAR_OK);
    assert_int_equal(range.last_min, at(2026, 11, 2, 0));
    assert_int_equal(range_parse("2026-11-24T09:30", "", "15m", TODAY, &range, &why), FAR_OK);
    assert_int_equal(range.first_min, at(2026, 11, 24, 570));
    assert_int_equal(range.last_min, at(2026, 11, 25, 0));
    assert_int_equal(range_parse("2026-11-24T09:30", "2026-11-24T10:00", "15m", TODAY, &range, &why), FAR_OK);
    assert_int_equal(range.last_min, at(2026, 11, 24, 600)); /* a time is the end itself, a day is in it */
    assert_int_equal(range_parse("2026-12-31", "2026-12-31", "15m", TODAY, &range, &why), FAR_OK);
    assert_int_equal(range.last_min, at(2027, 1, 1, 0));
}

static void what_is_no_time_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "x",          "2026-11-2",     "2026-11-31",       "2026-00-01",       "1999-12-31",
        "2026/11/24", "2026-11-24 ",   "2026-11-24T24:00", "2026-11-24T9:00 ", "2026-11-24 09:00",
        "+026-11-24", "2026-1\xc3-24", "2200-01-01"};
    struct range range;
    const char *why = NULL;
    for (size_t i = 0; i < FAR_ARRAY_LEN(texts); i++) {
        assert_int_equal(range_parse(texts[i], "", "", TODAY, &range, &why), FAR_EINVAL);
        assert_non_null(strstr(why, "YYYY-MM-DD"));
        assert_int_equal(range_parse("2026-11-01", texts[i], "", TODAY, &range, &why), FAR_EINVAL);
        assert_int_equal(range_days(texts[i], TODAY, &range), FAR_EINVAL);
    }
    assert_int_equal(range_parse("2026-11-24T09:30", "2026-11-24T09:30", "", TODAY, &range, &why),
                     FAR_EINVAL);
    assert_int_equal(range_days("2026-11-24T00:00", TODAY, &range), FAR_EINVAL);
    assert_int_equal(range_parse("", "", "1h", TODAY, &range, &why), FAR_EINVAL);
    assert_int_equal(range_parse("2026-10-25", "2026-11-24", "15m", TODAY, &range, &why),
                     FAR_OK); /* 31 days */
    assert_int_equal(range_parse("2026-10-01", "2026-11-24", "15m", TODAY, &range, &why), FAR_EINVAL);
}

static void the_time_before_is_as_long(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *interval, *first, *last;
    } cases[] = {
        {"2026-11-24", "2026-11-24", "15m", "2026-11-23", "2026-11-24"},
        {"2026-11-01", "2026-11-30", "day", "2026-10-02", "2026-11-01"},
        {"2026-11-01", "2026-11-30", "month", "2026-10-01", "2026-11-01"},
        {"2026-01-01", "2026-03-31", "month", "2025-10-01", "2026-01-01"},
        {"2026-01-01", "2026-12-31", "quarter", "2025-01-01", "2026-01-01"},
        {"2024-01-01", "2025-12-31", "year", "2022-01-01", "2024-01-01"},
        {"2026-11-02", "2026-11-30", "month", "2026-10-04", "2026-11-02"}, /* no whole months: days */
        {"2026-11-23", "2026-11-29", "week", "2026-11-16", "2026-11-23"},
    };
    for (size_t i = 0; i < FAR_ARRAY_LEN(cases); i++) {
        struct range range;
        const char *why = NULL;
        char first[12], last[12];
        assert_int_equal(range_parse(cases[i].from, cases[i].to, cases[i].interval, TODAY, &range, &why),
                         FAR_OK);
        struct range before = range_before(&range);
        range_day(before.first_min, first);
        range_day(before.last_min, last);
        assert_string_equal(first, cases[i].first);
        assert_string_equal(last, cases[i].last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_out_is_today),
        cmocka_unit_test(what_is_no_time_is_refused),
        cmocka_unit_test(the_time_before_is_as_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
