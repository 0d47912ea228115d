/* SPDX-License-Identifier: Apache-2.0 */
#include "far/hash64.h"
#include "far/test.h"
#include <string.h>

/* Values of the reference implementation (XXH64, seed 0). */
static void published_values(void **state)
{
    static const struct {
        const char *text;
        uint64_t hash;
    } rows[] = {
        {"",                                        0xEF46DB3751D8E999u},
        {"a",                                       0xD24EC4F1A98C6E5Bu},
        {"abc",                                     0x44BC2CF5AD770999u},
        {"Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1u},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_true(far_hash64(rows[i].text, strlen(rows[i].text), 0) == rows[i].hash);
}

static void cutting_does_not_matter(void **state)
{
    uint8_t data[200];
    (void)state;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 37);
    for (size_t len = 0; len <= sizeof(data); len++) {
        uint64_t whole = far_hash64(data, len, 5);
        for (size_t step = 1; step < 70; step += 3) {
            struct far_hash64 hash;
            far_hash64_init(&hash, 5);
            for (size_t at = 0; at < len; at += step)
                far_hash64_add(&hash, data + at, len - at < step ? len - at : step);
            assert_true(far_hash64_value(&hash) == whole);
        }
    }
}

static uint64_t hash_pair(const char *a, const char *b)
{
    struct far_hash64 hash;
    far_hash64_init(&hash, 0);
    far_hash64_add_text(&hash, a);
    far_hash64_add_text(&hash, b);
    far_hash64_add_u64(&hash, 7);
    return far_hash64_value(&hash);
}

static void texts_keep_their_borders(void **state)
{
    (void)state;
    assert_true(hash_pair("ab", "c") != hash_pair("a", "bc"));
    assert_true(hash_pair(NULL, "x") == hash_pair("", "x"));
    assert_true(far_hash64("abc", 3, 1) != far_hash64("abc", 3, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_values),
        cmocka_unit_test(cutting_does_not_matter),
        cmocka_unit_test(texts_keep_their_borders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
