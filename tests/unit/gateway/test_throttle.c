/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/throttle.h"
#include "far/test.h"
#include <string.h>

static struct throttle throttle;

static int clear(void **state)
{
    (void)state;
    memset(&throttle, 0, sizeof(throttle));
    return 0;
}

static void some_failures_are_free_then_waits_double(void **state)
{
    (void)state;
    uint64_t now_ms = 1000000;
    for (int i = 0; i < THROTTLE_FREE; i++) {
        assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, now_ms), 0);
        throttle_failed(&throttle, 7, now_ms);
    }
    assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, now_ms), THROTTLE_MS_FIRST);
    assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, now_ms + THROTTLE_MS_FIRST), 0);
    throttle_failed(&throttle, 7, now_ms);
    assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, now_ms), 2 * THROTTLE_MS_FIRST);
    for (int i = 0; i < 60; i++)
        throttle_failed(&throttle, 7, now_ms);
    assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, now_ms), THROTTLE_MS_MAX);
}

static void success_and_quiet_forgive(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        throttle_failed(&throttle, 7, 5000);
    assert_true(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, 5000) > 0);
    throttle_succeeded(&throttle, 7);
    assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, 5000), 0);
    for (int i = 0; i < 20; i++)
        throttle_failed(&throttle, 7, 5000);
    assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, 5001 + THROTTLE_MS_QUIET), 0);
    throttle_failed(&throttle, 7, 5001 + THROTTLE_MS_QUIET);
    assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, 5001 + THROTTLE_MS_QUIET),
                     0); /* counting began anew */
}

static void others_do_not_wait(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        throttle_failed(&throttle, 7, 5000);
    assert_int_equal(throttle_wait_ms(&throttle, 8, THROTTLE_FREE, 5000), 0);
}

static void a_flood_of_names_does_not_free_a_recent_offender(void **state)
{
    (void)state;
    for (uint64_t key = 1000; key < 1000 + 10 * THROTTLE_KEYS; key++)
        throttle_failed(&throttle, key, 1000 + key);
    for (int i = 0; i < 20; i++)
        throttle_failed(&throttle, 7, 1000000);
    throttle_failed(&throttle, 7 + THROTTLE_KEYS / 8,
                    999999); /* lives in the same row, older: it goes first */
    for (uint64_t i = 2; i < 8; i++)
        throttle_failed(&throttle, 7 + i * (THROTTLE_KEYS / 8), 1000001 + i);
    assert_true(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, 1000010) > 0);
}

static void open_attempts_count_until_they_end(void **state)
{
    (void)state;
    for (int i = 0; i < THROTTLE_FREE; i++) {
        assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, 5000), 0);
        throttle_began(&throttle, 7, 5000);
    }
    assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, 5000), THROTTLE_MS_FIRST);
    assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_OPEN, 5000), 0);
    for (int i = 0; i < THROTTLE_FREE; i++)
        throttle_ended(&throttle, 7);
    throttle_ended(&throttle, 7); /* one too many is none */
    assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, 5000), 0);
}

static void after_its_wait_an_offender_tries_one_at_a_time(void **state)
{
    (void)state;
    for (int i = 0; i < THROTTLE_FREE; i++)
        throttle_failed(&throttle, 7, 5000);
    assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, 5000 + THROTTLE_MS_FIRST), 0);
    throttle_began(&throttle, 7, 5000 + THROTTLE_MS_FIRST);
    assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, 5000 + THROTTLE_MS_FIRST),
                     THROTTLE_MS_FIRST);
    throttle_succeeded(&throttle, 7);
    throttle_ended(&throttle, 7);
    assert_int_equal(throttle_wait_ms(&throttle, 7, THROTTLE_FREE, 5000 + THROTTLE_MS_FIRST), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(some_failures_are_free_then_waits_double, clear),
        cmocka_unit_test_setup(success_and_quiet_forgive, clear),
        cmocka_unit_test_setup(open_attempts_count_until_they_end, clear),
        cmocka_unit_test_setup(after_its_wait_an_offender_tries_one_at_a_time, clear),
        cmocka_unit_test_setup(others_do_not_wait, clear),
        cmocka_unit_test_setup(a_flood_of_names_does_not_free_a_recent_offender, clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
