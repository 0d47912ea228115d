/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "far/utf8.h"
#include <string.h>

static void valid_and_not(void **state)
{
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"", true},
        {"abc", true},
        {"\xe6\x8e\xa5", true}, /* U+63A5 */
        {"\xc2\x80", true},
        {"\xf4\x8f\xbf\xbf", true},  /* U+10FFFF */
        {"\xf4\x90\x80\x80", false}, /* beyond */
        {"\xc0\xaf", false},         /* overlong */
        {"\xe0\x9f\xbf", false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xed\xa0\x80", false}, /* surrogate */
        {"\x80", false},
        {"\xe6\x8e", false}, /* cut */
        {"\xc2", false},
        {"\xf1\x80\x80", false},
        {"\xff", false},
        {"a\xc2z", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(far_utf8_valid(rows[i].text, strlen(rows[i].text)), rows[i].valid);
    assert_true(far_utf8_valid("\0", 1));
}

static void cutting_keeps_characters_whole(void **state)
{
    const char *text = "a\xe6\x8e\xa5\xf0\x9f\x93\x9e";
    static const size_t expected[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 8};
    (void)state;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        assert_int_equal(far_utf8_prefix_len(text, 8, i), expected[i]);
        assert_true(far_utf8_valid(text, far_utf8_prefix_len(text, 8, i)));
    }
}

static void any_bytes_can_be_read(void **state)
{
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"", ""},
        {"Yealink T54W", "Yealink T54W"},
        {"\xe6\x8e\xa5 ok", "\xe6\x8e\xa5 ok"},
        {"caf\xe9", "caf?"},
        {"\xe6\x8e", "??"}, /* cut in two */
        {"a\tb\r\nc\x7f", "a?b??c?"},
        {"\xff\xfe\xc3\xa9\xed\xa0\x80", "??\xc3\xa9???"},
    };
    char text[32];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        strcpy(text, rows[i].from);
        far_utf8_mend(text);
        assert_string_equal(text, rows[i].to);
        assert_true(far_utf8_valid(text, strlen(text)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_and_not),
        cmocka_unit_test(cutting_keeps_characters_whole),
        cmocka_unit_test(any_bytes_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
