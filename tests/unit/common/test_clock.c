/* SPDX-License-Identifier: Apache-2.0 */
#include "far/clock.h"
#include "far/rand.h"
#include "far/test.h"
#include <time.h>

static void text_of_times(void **state)
{
    static const struct {
        int64_t us;
        const char *text;
    } rows[] = {
        {0,                "1970-01-01T00:00:00.000000Z"},
        {-1,               "1969-12-31T23:59:59.999999Z"},
        {951782400000000,  "2000-02-29T00:00:00.000000Z"},
        {4107542399000000, "2100-02-28T23:59:59.000000Z"},
        {4107542400000000, "2100-03-01T00:00:00.000000Z"},
        {INT64_MIN,        "0000-01-01T00:00:00.000000Z"},
        {INT64_MAX,        "9999-12-31T23:59:59.999999Z"},
    };
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        char text[FAR_TIME_TEXT_SIZE];
        int64_t back;
        far_time_format(rows[i].us, text);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(far_time_parse(text, &back), FAR_OK);
        if (rows[i].us != INT64_MIN && rows[i].us != INT64_MAX) assert_true(back == rows[i].us);
    }
}

static void times_of_text(void **state)
{
    static const struct {
        const char *text;
        enum far_err err;
        int64_t us;
    } rows[] = {
        {"1970-01-01T00:00:01Z",         FAR_OK,     1000000},
        {"1970-01-01T00:00:01.5Z",       FAR_OK,     1500000},
        {"1970-01-01T00:00:00.1234567Z", FAR_OK,     123456 },
        {"1970-01-01T08:00:00+08:00",    FAR_OK,     0      },
        {"1969-12-31T16:30:00-07:30",    FAR_OK,     0      },
        {"1970-01-01T00:00:01",          FAR_EINVAL, 0      },
        {"1970-01-01 00:00:01Z",         FAR_EINVAL, 0      },
        {"1970-13-01T00:00:01Z",         FAR_EINVAL, 0      },
        {"1970-02-29T00:00:01Z",         FAR_EINVAL, 0      },
        {"1972-02-29T24:00:00Z",         FAR_EINVAL, 0      },
        {"1970-01-01T00:00:60Z",         FAR_EINVAL, 0      },
        {"1970-01-01T00:00:01.Z",        FAR_EINVAL, 0      },
        {"1970-01-01T00:00:01Zz",        FAR_EINVAL, 0      },
        {"1970-01-01T00:00:01+8:00",     FAR_EINVAL, 0      },
        {"",                             FAR_EINVAL, 0      },
        {"197",                          FAR_EINVAL, 0      },
    };
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        int64_t us = 77;
        assert_int_equal(far_time_parse(rows[i].text, &us), rows[i].err);
        assert_true(us == (rows[i].err ? 77 : rows[i].us));
    }
    int64_t us;
    assert_int_equal(far_time_parse(NULL, &us), FAR_EINVAL);
}

/* The C library as the oracle. */
static void dates_agree_with_gmtime(void **state)
{
    struct far_rand rand;
    (void)state;
    far_rand_init(&rand, 3);
    for (int i = 0; i < 20000; i++) {
        int64_t days = far_rand_between(&rand, -719528, 2932896);
        time_t seconds = (time_t)days * 86400;
        struct tm parts;
        int year;
        unsigned month, day;
        assert_non_null(gmtime_r(&seconds, &parts));
        far_time_date(days, &year, &month, &day);
        assert_int_equal(year, parts.tm_year + 1900);
        assert_int_equal(month, parts.tm_mon + 1);
        assert_int_equal(day, parts.tm_mday);
        assert_true(far_time_days(year, month, day) == days);
    }
}

static void clocks_run(void **state)
{
    uint64_t first = far_clock_mono_us();
    (void)state;
    while (far_clock_mono_us() == first)
        ;
    assert_true(far_clock_mono_us() > first);
    assert_in_range(far_clock_mono_us() / 1000 - far_clock_mono_ms() + 1, 0, 1);
    assert_true(far_clock_wall_us() / 1000000 - (int64_t)time(NULL) <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_of_times),
        cmocka_unit_test(times_of_text),
        cmocka_unit_test(dates_agree_with_gmtime),
        cmocka_unit_test(clocks_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
