/* SPDX-License-Identifier: Apache-2.0 */
#include "far/index.h"
#include "far/rand.h"
#include "far/test.h"
#include <stdio.h>
#include <string.h>

static void limits(void **state)
{
    struct far_index *index = NULL;
    uint64_t value = 0;
    (void)state;
    assert_int_equal(far_index_create(0, 0, 1, &index), FAR_EINVAL);
    assert_int_equal(far_index_create(1, 1025, 1, &index), FAR_EINVAL);
    assert_int_equal(far_index_create(2, 3, 1, &index), FAR_OK);
    assert_int_equal(far_index_put_text(index, "abcd", 1), FAR_EINVAL);
    assert_int_equal(far_index_put_text(index, "abc", 1), FAR_OK);
    assert_int_equal(far_index_put_text(index, "", 2), FAR_OK);
    assert_int_equal(far_index_put_text(index, "x", 3), FAR_EFULL);
    assert_int_equal(far_index_put_text(index, "abc", 4), FAR_OK);
    assert_true(far_index_get_text(index, "abc", &value) && value == 4);
    assert_true(far_index_get_text(index, "", &value) && value == 2);
    assert_false(far_index_get_text(index, "much longer than any key", &value));
    assert_true(far_index_remove_text(index, ""));
    assert_false(far_index_remove_text(index, ""));
    assert_int_equal(far_index_put_text(index, "x", 3), FAR_OK);
    assert_int_equal(far_index_len(index), 2);
    far_index_clear(index);
    assert_int_equal(far_index_len(index), 0);
    assert_false(far_index_get_text(index, "abc", &value));
    assert_null(far_index_destroy(index));
    assert_null(far_index_destroy(NULL));
}

/* Against an array: with few keys and a nearly full table, so that chains form and removals shift them. */
static void random_walk(void **state)
{
    enum { KEYS = 300, CAPACITY = 256 };
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct far_index *numbers, *texts;
        struct far_rand rand;
        uint64_t model[KEYS] = {0}, value;
        size_t count = 0;
        far_rand_init(&rand, seed);
        assert_int_equal(far_index_create(CAPACITY, 0, seed, &numbers), FAR_OK);
        assert_int_equal(far_index_create(CAPACITY, 8, seed, &texts), FAR_OK);
        for (int step = 0; step < 20000; step++) {
            char text[9];
            size_t key = (size_t)far_rand_below(&rand, KEYS);
            (void)snprintf(text, sizeof(text), "k%zu", key);
            if (far_rand_chance(&rand, 550)) {
                uint64_t wanted = far_rand_u64(&rand) | 1;
                enum far_err err = !model[key] && count == CAPACITY ? FAR_EFULL : FAR_OK;
                assert_int_equal(far_index_put(numbers, key, wanted), err);
                assert_int_equal(far_index_put_text(texts, text, wanted), err);
                if (err) continue;
                count += model[key] == 0;
                model[key] = wanted;
            } else {
                assert_int_equal(far_index_remove(numbers, key), model[key] != 0);
                assert_int_equal(far_index_remove_text(texts, text), model[key] != 0);
                count -= model[key] != 0;
                model[key] = 0;
            }
            assert_int_equal(far_index_len(numbers), count);
            size_t other = (size_t)far_rand_below(&rand, KEYS);
            (void)snprintf(text, sizeof(text), "k%zu", other);
            assert_int_equal(far_index_get(numbers, other, &value), model[other] != 0);
            if (model[other]) assert_true(value == model[other]);
            assert_int_equal(far_index_get_text(texts, text, &value), model[other] != 0);
            if (model[other]) assert_true(value == model[other]);
        }
        far_index_destroy(numbers);
        far_index_destroy(texts);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(limits), cmocka_unit_test(random_walk)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
