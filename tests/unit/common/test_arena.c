/* SPDX-License-Identifier: Apache-2.0 */
#include "far/arena.h"
#include "far/test.h"
#include <string.h>

static void gives_zeroed_aligned_pieces_until_full(void **state)
{
    struct far_arena arena;
    (void)state;
    assert_int_equal(far_arena_init(&arena, 0), FAR_EINVAL);
    assert_int_equal(far_arena_init(&arena, 64), FAR_OK);
    char *a = far_arena_alloc(&arena, 1);
    char *b = far_arena_alloc(&arena, 20);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal((uintptr_t)a % 16, 0);
    assert_int_equal((uintptr_t)b % 16, 0);
    memset(b, 0xff, 20);
    assert_null(far_arena_alloc(&arena, 17));
    assert_null(far_arena_alloc(&arena, SIZE_MAX));
    assert_null(far_arena_alloc(&arena, SIZE_MAX - 8));
    assert_non_null(far_arena_text(&arena, "fifteen letters", 15));
    assert_null(far_arena_alloc(&arena, 1));
    far_arena_reset(&arena);
    char *again = far_arena_alloc(&arena, 64);
    assert_ptr_equal(again, a);
    for (int i = 0; i < 64; i++)
        assert_int_equal(again[i], 0);
    far_arena_done(&arena);
    far_arena_done(&arena);
}

static void copies_texts(void **state)
{
    struct far_arena arena;
    (void)state;
    assert_int_equal(far_arena_init(&arena, 256), FAR_OK);
    assert_string_equal(far_arena_text(&arena, "abcdef", 3), "abc");
    assert_string_equal(far_arena_text(&arena, "", 0), "");
    assert_null(far_arena_text(&arena, "x", SIZE_MAX));
    far_arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_zeroed_aligned_pieces_until_full),
        cmocka_unit_test(copies_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
