/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/ended.h"
#include "far/test.h"
#include <stdio.h>

static void what_ended_is_known_until_its_time(void **state)
{
    (void)state;
    struct ended *ended = NULL;
    assert_int_equal(ended_create(4, 7, &ended), FAR_OK);
    assert_false(ended_has(ended, "a"));
    assert_true(ended_add(ended, "a", 100, 200));
    assert_false(ended_add(ended, "a", 101, 201)); /* known already */
    assert_true(ended_add(ended, "b", 150, 250));
    assert_true(ended_has(ended, "a"));
    assert_true(ended_add(ended, "c", 200, 300)); /* a's token is dead by itself */
    assert_false(ended_has(ended, "a"));
    assert_true(ended_has(ended, "b"));
    assert_int_equal(ended_len(ended), 2);
    ended_destroy(ended);
}

static void the_oldest_goes_when_it_is_full(void **state)
{
    (void)state;
    struct ended *ended = NULL;
    assert_int_equal(ended_create(4, 7, &ended), FAR_OK);
    for (int i = 0; i < 1000; i++) {
        char id[40], before[40];
        (void)snprintf(id, sizeof(id), "00000000-0000-7000-8000-%012d", i);
        (void)snprintf(before, sizeof(before), "00000000-0000-7000-8000-%012d", i - 4);
        assert_true(ended_add(ended, id, 0, 1000));
        assert_true(ended_has(ended, id));
        if (i >= 4) assert_false(ended_has(ended, before));
        assert_true(ended_len(ended) <= 4);
    }
    char longer[64];
    (void)snprintf(longer, sizeof(longer), "%060d", 1);
    assert_false(ended_add(ended, longer, 0, 1000));
    ended_destroy(ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_ended_is_known_until_its_time),
        cmocka_unit_test(the_oldest_goes_when_it_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
