/* SPDX-License-Identifier: Apache-2.0 */
#include "far/rand.h"
#include "far/test.h"

static void published_values(void **state)
{
    struct far_rand rand = {
        {1, 2, 3, 4}
    };
    (void)state;
    assert_true(far_rand_u64(&rand) == 11520u);
    assert_true(far_rand_u64(&rand) == 0u);
    assert_true(far_rand_u64(&rand) == 1509978240u);
    assert_true(far_rand_u64(&rand) == 1215971899390074240u);
    far_rand_init(&rand, 1234567); /* splitmix64 */
    assert_true(rand.state[0] == 6457827717110365317u);
    assert_true(rand.state[1] == 3203168211198807973u);
}

static void bounds_hold_and_are_reached(void **state)
{
    struct far_rand rand;
    unsigned seen[6] = {0}, hits = 0;
    (void)state;
    far_rand_init(&rand, 9);
    for (int i = 0; i < 60000; i++) {
        seen[far_rand_below(&rand, 6)]++;
        int64_t value = far_rand_between(&rand, -2, 3);
        assert_true(value >= -2 && value <= 3);
        hits += far_rand_chance(&rand, 250);
    }
    for (int i = 0; i < 6; i++)
        assert_in_range(seen[i], 9500, 10500);
    assert_in_range(hits, 14500, 15500);
    assert_true(far_rand_below(&rand, 1) == 0);
    assert_false(far_rand_chance(&rand, 0));
    assert_true(far_rand_chance(&rand, 1000));
    (void)far_rand_between(&rand, INT64_MIN, INT64_MAX);
    assert_true(far_rand_between(&rand, 5, 5) == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_values),
        cmocka_unit_test(bounds_hold_and_are_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
