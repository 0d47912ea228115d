/* SPDX-License-Identifier: Apache-2.0 */
#include "far/list.h"
#include "far/str.h"
#include "far/test.h"
#include <string.h>

static void copying_terminates_and_tells(void **state)
{
    char out[4];
    (void)state;
    assert_true(far_str_copy(out, sizeof(out), "abc"));
    assert_string_equal(out, "abc");
    assert_false(far_str_copy(out, sizeof(out), "abcd"));
    assert_string_equal(out, "abc");
    assert_true(far_str_copy(out, sizeof(out), NULL));
    assert_string_equal(out, "");
    assert_true(far_str_copy_len(out, sizeof(out), "a\0b", 3));
    assert_string_equal(out, "a");
    assert_false(far_str_copy(out, 0, "a"));
}

static void numbers_are_whole_and_in_range(void **state)
{
    static const struct {
        const char *text;
        int64_t min, max;
        enum far_err err;
        int64_t value;
    } rows[] = {
        {"0",                    -1,        1,         FAR_OK,     0        },
        {"-5",                   -5,        5,         FAR_OK,     -5       },
        {"-6",                   -5,        5,         FAR_EINVAL, 0        },
        {"9223372036854775807",  INT64_MIN, INT64_MAX, FAR_OK,     INT64_MAX},
        {"-9223372036854775808", INT64_MIN, INT64_MAX, FAR_OK,     INT64_MIN},
        {"9223372036854775808",  INT64_MIN, INT64_MAX, FAR_EINVAL, 0        },
        {"",                     INT64_MIN, INT64_MAX, FAR_EINVAL, 0        },
        {"-",                    INT64_MIN, INT64_MAX, FAR_EINVAL, 0        },
        {"+1",                   INT64_MIN, INT64_MAX, FAR_EINVAL, 0        },
        {" 1",                   INT64_MIN, INT64_MAX, FAR_EINVAL, 0        },
        {"1 ",                   INT64_MIN, INT64_MAX, FAR_EINVAL, 0        },
        {"0x1",                  INT64_MIN, INT64_MAX, FAR_EINVAL, 0        },
    };
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        int64_t value = 77;
        assert_int_equal(far_str_i64(rows[i].text, rows[i].min, rows[i].max, &value), rows[i].err);
        assert_true(value == (rows[i].err ? 77 : rows[i].value));
    }
    int64_t value;
    assert_int_equal(far_str_i64(NULL, 0, 1, &value), FAR_EINVAL);
    uint64_t big;
    assert_int_equal(far_str_u64("18446744073709551615", UINT64_MAX, &big), FAR_OK);
    assert_true(big == UINT64_MAX);
    assert_int_equal(far_str_u64("18446744073709551616", UINT64_MAX, &big), FAR_EINVAL);
    assert_int_equal(far_str_u64("11", 10, &big), FAR_EINVAL);
}

static void hex_goes_both_ways(void **state)
{
    const unsigned char bytes[] = {0x00, 0x9f, 0xff};
    unsigned char back[3] = {0};
    char text[7];
    (void)state;
    far_str_hex(bytes, 3, text);
    assert_string_equal(text, "009fff");
    assert_int_equal(far_str_unhex("009FfF", back, 3), FAR_OK);
    assert_memory_equal(bytes, back, 3);
    assert_int_equal(far_str_unhex("009ff", back, 3), FAR_EINVAL);
    assert_int_equal(far_str_unhex("009ffg", back, 3), FAR_EINVAL);
    assert_int_equal(far_str_unhex(NULL, back, 3), FAR_EINVAL);
}

static void comparing(void **state)
{
    (void)state;
    assert_true(far_str_equal_nocase("AbC", "aBc"));
    assert_false(far_str_equal_nocase("abc", "abcd"));
    assert_false(far_str_equal_nocase("abcd", "abc"));
    assert_false(far_str_equal_nocase(NULL, NULL));
    assert_true(far_str_starts("farseat", "far"));
    assert_false(far_str_starts("fa", "far"));
}

static void a_list_keeps_its_order(void **state)
{
    struct item {
        int value;
        struct far_list link;
    } items[3] = {
        {1, {0}},
        {2, {0}},
        {3, {0}}
    };
    struct far_list head;
    int sum = 0;
    (void)state;
    far_list_init(&head);
    assert_true(far_list_empty(&head));
    far_list_append(&head, &items[1].link);
    far_list_append(&head, &items[2].link);
    far_list_prepend(&head, &items[0].link);
    for (struct far_list *at = head.next; at != &head; at = at->next)
        sum = sum * 10 + FAR_LIST_ITEM(at, struct item, link)->value;
    assert_int_equal(sum, 123);
    far_list_remove(&items[1].link);
    far_list_remove(&items[1].link);
    assert_true(head.next == &items[0].link && head.prev == &items[2].link);
    assert_true(items[0].link.next == &items[2].link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copying_terminates_and_tells), cmocka_unit_test(numbers_are_whole_and_in_range),
        cmocka_unit_test(hex_goes_both_ways),           cmocka_unit_test(comparing),
        cmocka_unit_test(a_list_keeps_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
