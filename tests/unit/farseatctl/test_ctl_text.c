/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "text.h"
#include <stdlib.h>

static void column(const char *text, unsigned width, const char *expected)
{
    struct far_buf out;
    far_buf_init(&out, 256);
    text_column(&out, text, width);
    assert_string_equal(out.data, expected);
    far_buf_done(&out);
}

static void test_columns(void **state)
{
    (void)state;
    column("abc", 5, "abc  ");
    column("abcdef", 3, "abc");
    column("销售", 6, "销售  ");
    column("销售", 3, "销 "); /* half a character does not fit */
    column("a\033[2Jb", 8, "a?[2Jb  ");
    column("\xff\xfe", 3, "?? ");
    column("\xe9\x94", 4, "??  "); /* cut in the middle */
    assert_int_equal(text_width("a销b"), 4);
}

static void test_durations(void **state)
{
    (void)state;
    char out[16];
    text_duration(7400, out);
    assert_string_equal(out, "0:07");
    text_duration(3723000, out);
    assert_string_equal(out, "1:02:03");
    text_duration(UINT64_MAX, out);
}

static void test_since(void **state)
{
    (void)state;
    assert_int_equal(text_since_ms(1000000, 3500000, 7), 2500);
    assert_int_equal(text_since_ms(0, 3500000, 7), 7);
    assert_int_equal(text_since_ms(4000000, 3500000, 7), 7); /* clocks differ a little */
}

static void test_safe(void **state)
{
    (void)state;
    struct far_buf out;
    far_buf_init(&out, 256);
    text_safe(&out, "a\nb\033c\rd");
    assert_string_equal(out.data, "a\nb?c?d");
    far_buf_done(&out);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(text_agent_state(FARSEAT__V1__AGENT_STATE__AGENT_AFTER_CALL_WORK), "after-call work");
    assert_string_equal(text_contact_state(FARSEAT__V1__CONTACT_STATE__CONTACT_ENDED), "ended");
    assert_string_equal(text_segment_kind(FARSEAT__V1__SEGMENT_KIND__SEGMENT_SURVEY), "survey");
    assert_string_equal(text_agent_state((Farseat__V1__AgentState)99), "?");
    Farseat__V1__Label label = FARSEAT__V1__LABEL__INIT;
    char zh[] = "销售", en[] = "Sales";
    label.zh = zh;
    label.en = en;
    unsetenv("LC_ALL");
    setenv("LANG", "zh_CN.UTF-8", 1);
    assert_string_equal(text_label(&label), "销售");
    setenv("LANG", "C.UTF-8", 1);
    assert_string_equal(text_label(&label), "Sales");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_columns), cmocka_unit_test(test_durations),
                                       cmocka_unit_test(test_safe), cmocka_unit_test(test_since),
                                       cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
