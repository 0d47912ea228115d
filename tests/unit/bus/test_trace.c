/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "far/trace.h"
#include <string.h>

static const char example[] =
    "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"; /* the standard's own */

static void the_standards_example_is_read_and_written(void **state)
{
    (void)state;
    struct far_trace trace;
    char text[FAR_TRACE_TEXT_LEN + 1];
    assert_int_equal(far_trace_parse(example, &trace), FAR_OK);
    assert_int_equal(trace.trace_id[0], 0x4b);
    assert_int_equal(trace.span_id[7], 0xb7);
    assert_int_equal(trace.flags, 1);
    far_trace_format(&trace, text);
    assert_string_equal(text, example);
}

static void what_is_malformed_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "00",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x", /* version 00 has nothing more */
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e47-36-00f067aa0ba902b7-01",
        "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
    };
    for (size_t i = 0; i < FAR_ARRAY_LEN(wrong); i++) {
        struct far_trace trace = {.flags = 9};
        assert_int_equal(far_trace_parse(wrong[i], &trace), FAR_EPROTO);
        assert_int_equal(trace.flags, 9);
    }
    struct far_trace trace; /* a newer version may have more behind a dash */
    assert_int_equal(far_trace_parse("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more", &trace),
                     FAR_OK);
}

static void new_ones_differ_and_children_share_the_trace(void **state)
{
    (void)state;
    struct far_trace a;
    struct far_trace b;
    struct far_trace child;
    char text[FAR_TRACE_TEXT_LEN + 1];
    struct far_trace none = {.flags = 0};
    assert_false(far_trace_is_set(&none));
    for (int i = 0; i < 1000; i++) { /* over several refills of the stock of randomness */
        far_trace_start(&a);
        far_trace_start(&b);
        far_trace_child(&a, &child);
        assert_memory_not_equal(a.trace_id, b.trace_id, 16);
        assert_memory_equal(a.trace_id, child.trace_id, 16);
        assert_memory_not_equal(a.span_id, child.span_id, 8);
        far_trace_format(&a, text);
        assert_int_equal(far_trace_parse(text, &b), FAR_OK);
        assert_memory_equal(&a, &b, sizeof(a));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_example_is_read_and_written),
        cmocka_unit_test(what_is_malformed_is_refused),
        cmocka_unit_test(new_ones_differ_and_children_share_the_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
