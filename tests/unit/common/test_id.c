/* SPDX-License-Identifier: Apache-2.0 */
#include "far/clock.h"
#include "far/id.h"
#include "far/test.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static void siphash_has_its_published_value(void **state)
{
    uint8_t key[16], input[15];
    (void)state;
    for (uint8_t i = 0; i < 16; i++)
        key[i] = i;
    for (uint8_t i = 0; i < 15; i++)
        input[i] = i;
    assert_true(far_siphash(key, input, sizeof(input)) == 0xa129ca6149be45e5u);
    assert_true(far_siphash(key, input, 0) == 0x726fdb47dd0e0e31u);
}

static void text_goes_both_ways(void **state)
{
    static const char *const bad[] = {"",
                                      "00112233-4455-6677-8899-aabbccddeef",
                                      "00112233-4455-6677-8899-aabbccddeefff",
                                      "00112233x4455-6677-8899-aabbccddeeff",
                                      "00112233-4455-6677-8899-aabbccddeefg",
                                      "0011223-34455-6677-8899-aabbccddeeff",
                                      "------------------------------------"};
    struct far_id id;
    char text[FAR_ID_TEXT_SIZE];
    (void)state;
    assert_int_equal(far_id_parse("00112233-4455-6677-8899-AABBCCDDEEFF", &id), FAR_OK);
    assert_int_equal(id.bytes[0], 0x00);
    assert_int_equal(id.bytes[15], 0xff);
    far_id_format(&id, text);
    assert_string_equal(text, "00112233-4455-6677-8899-aabbccddeeff");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(far_id_parse(bad[i], &id), FAR_EINVAL);
    assert_int_equal(far_id_parse(NULL, &id), FAR_EINVAL);
    assert_int_equal(id.bytes[15], 0xff);
    assert_false(far_id_is_zero(&id));
    memset(&id, 0, sizeof(id));
    assert_true(far_id_is_zero(&id));
}

static void version_7_carries_the_time(void **state)
{
    int64_t before_ms = far_clock_wall_us() / 1000;
    struct far_id id = far_id_new();
    int64_t after_ms = far_clock_wall_us() / 1000;
    int64_t ms = 0;
    (void)state;
    for (int i = 0; i < 6; i++)
        ms = ms << 8 | id.bytes[i];
    assert_in_range(ms, before_ms, after_ms);
    assert_int_equal(id.bytes[6] >> 4, 7);
    assert_int_equal(id.bytes[8] >> 6, 2);
}

static void version_7_rises(void **state)
{
    struct far_id last = far_id_new();
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct far_id next = far_id_new();
        assert_true(far_id_compare(&last, &next) < 0);
        last = next;
    }
}

enum { THREADS = 4, IDS = 5000 };

static void *make_ids(void *arg)
{
    struct far_id *ids = arg;
    for (int i = 0; i < IDS; i++)
        ids[i] = far_id_new();
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return far_id_compare(a, b);
}

static void version_7_is_unique_over_threads(void **state)
{
    struct far_id *ids = calloc((size_t)THREADS * IDS, sizeof(*ids));
    pthread_t threads[THREADS];
    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, make_ids, ids + i * IDS), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    qsort(ids, (size_t)THREADS * IDS, sizeof(*ids), compare);
    for (size_t i = 1; i < (size_t)THREADS * IDS; i++) /* even without their random part */
        assert_true(memcmp(ids[i].bytes, ids[i - 1].bytes, 8) != 0);
    free(ids);
}

static void derived_ids_are_stable_and_differ(void **state)
{
    struct far_id log =
                      {
                          {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}
    },
                  other = log;
    struct far_id id = far_id_derive(&log, 42, 7), again = far_id_derive(&log, 42, 7);
    struct far_id by_index = far_id_derive(&log, 42, 8), by_position = far_id_derive(&log, 43, 7);
    char text[FAR_ID_TEXT_SIZE];
    (void)state;
    other.bytes[15]++;
    struct far_id by_log = far_id_derive(&other, 42, 7);
    assert_int_equal(far_id_compare(&id, &again), 0);
    assert_int_not_equal(far_id_compare(&id, &by_index), 0);
    assert_int_not_equal(far_id_compare(&id, &by_position), 0);
    assert_int_not_equal(far_id_compare(&id, &by_log), 0);
    assert_int_equal(id.bytes[6] >> 4, 8);
    assert_int_equal(id.bytes[8] >> 6, 2);
    far_id_format(&id, text);
    assert_string_equal(
        text, "3c898c68-d3c0-8c03-b7cb-c46a627578f9"); /* stored ids depend on it: it may never change */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(siphash_has_its_published_value),
        cmocka_unit_test(text_goes_both_ways),
        cmocka_unit_test(version_7_carries_the_time),
        cmocka_unit_test(version_7_rises),
        cmocka_unit_test(version_7_is_unique_over_threads),
        cmocka_unit_test(derived_ids_are_stable_and_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
