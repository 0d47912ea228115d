/* SPDX-License-Identifier: Apache-2.0 */
#include "far/pool.h"
#include "far/rand.h"
#include "far/test.h"
#include <string.h>

static void ids_die_with_their_item(void **state)
{
    struct far_pool pool;
    uint64_t first, second;
    (void)state;
    assert_int_equal(far_pool_init(&pool, 0, 1), FAR_EINVAL);
    assert_int_equal(far_pool_init(&pool, 1, FAR_POOL_CAPACITY_MAX + 1), FAR_EINVAL);
    assert_int_equal(far_pool_init(&pool, sizeof(int), 1), FAR_OK);
    int *item = far_pool_new(&pool, &first);
    assert_non_null(item);
    assert_int_equal(*item, 0);
    *item = 7;
    assert_ptr_equal(far_pool_get(&pool, first), item);
    assert_null(far_pool_new(&pool, &second));
    far_pool_free(&pool, first);
    far_pool_free(&pool, first);
    assert_null(far_pool_get(&pool, first));
    item = far_pool_new(&pool, &second);
    assert_int_equal(*item, 0);
    assert_true(first != second);
    assert_null(far_pool_get(&pool, first));
    assert_null(far_pool_get(&pool, 0));
    assert_null(far_pool_get(&pool, UINT64_MAX));
    far_pool_done(&pool);
}

/* Against a plain model: the same ids live, the walk is in slot order, ids depend on the calls only. */
static void random_walk(void **state)
{
    enum { CAPACITY = 150 };
    struct far_pool pool, twin;
    struct far_rand rand;
    uint64_t alive[CAPACITY], id, twin_id;
    size_t count = 0;
    (void)state;
    far_rand_init(&rand, 1);
    assert_int_equal(far_pool_init(&pool, 8, CAPACITY), FAR_OK);
    assert_int_equal(far_pool_init(&twin, 24, CAPACITY), FAR_OK);
    for (int step = 0; step < 20000; step++) {
        if (far_rand_chance(&rand, 520)) {
            uint64_t *item = far_pool_new(&pool, &id);
            void *other = far_pool_new(&twin, &twin_id);
            assert_int_equal(item != NULL, count < CAPACITY);
            assert_int_equal(item != NULL, other != NULL);
            if (!item) continue;
            assert_true(id == twin_id && id != 0);
            *item = id;
            alive[count++] = id;
        } else if (count) {
            size_t at = (size_t)far_rand_below(&rand, count);
            assert_true(*(uint64_t *)far_pool_get(&pool, alive[at]) == alive[at]);
            far_pool_free(&pool, alive[at]);
            far_pool_free(&twin, alive[at]);
            alive[at] = alive[--count];
        }
        assert_int_equal(pool.len, count);
    }
    size_t walked = 0;
    uint64_t slot_before = 0;
    for (id = far_pool_next(&pool, 0); id; id = far_pool_next(&pool, id), walked++) {
        assert_true(walked == 0 || (id & 0xFFFFFF) > slot_before);
        slot_before = id & 0xFFFFFF;
        assert_non_null(far_pool_get(&pool, id));
    }
    assert_int_equal(walked, count);
    far_pool_done(&pool);
    far_pool_done(&twin);
}

static void a_snapshot_goes_on_alike(void **state)
{
    struct far_pool pool, copy;
    uint64_t ids[100], id, copy_id;
    (void)state;
    assert_int_equal(far_pool_init(&pool, 4, 100), FAR_OK);
    assert_int_equal(far_pool_init(&copy, 4, 100), FAR_OK);
    for (int i = 0; i < 90; i++)
        assert_non_null(far_pool_new(&pool, &ids[i]));
    for (int i = 0; i < 90; i += 3)
        far_pool_free(&pool, ids[i]);
    far_pool_set_serial(&copy, far_pool_serial(&pool));
    for (id = far_pool_next(&pool, 0); id; id = far_pool_next(&pool, id))
        assert_non_null(far_pool_restore(&copy, id));
    assert_null(far_pool_restore(&copy, ids[1]));
    assert_null(far_pool_restore(&copy, (uint64_t)91 << 24 | 99));
    assert_null(far_pool_restore(&copy, 99));
    assert_null(far_pool_restore(&copy, (uint64_t)1 << 24 | 100));
    for (int i = 0; i < 40; i++) {
        void *item = far_pool_new(&pool, &id);
        assert_int_equal(item != NULL, far_pool_new(&copy, &copy_id) != NULL);
        if (item) assert_true(id == copy_id);
    }
    far_pool_done(&pool);
    far_pool_done(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_die_with_their_item),
        cmocka_unit_test(random_walk),
        cmocka_unit_test(a_snapshot_goes_on_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
