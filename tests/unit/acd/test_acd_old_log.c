/* SPDX-License-Identifier: Apache-2.0 */
/* A log that an earlier core wrote, with the hashes that its replicas logged: today's core must come to the
 * same states, or a deployment's replicas would halt in the middle of an update. Entries are: stamp (8 bytes,
 * little-endian), length (4), AcdInput. Other logs of this form can be named as arguments. */
#include "acd.h"
#include "far/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *path = "tests/unit/acd/logs/version-1.log";

static uint8_t *read_file(size_t *ret_len)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long len = ftell(file);
    assert_true(len > 0);
    rewind(file);
    uint8_t *data = malloc((size_t)len);
    assert_non_null(data);
    assert_int_equal(fread(data, 1, (size_t)len, file), (size_t)len);
    (void)fclose(file);
    *ret_len = (size_t)len;
    return data;
}

static uint64_t number(const uint8_t *data, size_t len)
{
    uint64_t value = 0;
    for (size_t i = 0; i < len; i++)
        value |= (uint64_t)data[i] << (8 * i);
    return value;
}

static void old_logs_keep_their_hashes(void **state)
{
    static uint64_t hashes[65536];
    struct acd *acd = NULL;
    struct acd_output out;
    struct acd_limits limits;
    size_t len = 0, compared = 0;
    uint64_t position = 0;
    uint8_t *data = read_file(&len);
    (void)state;
    for (size_t at = 0; at < len;) {
        assert_true(at + 12 <= len);
        int64_t stamp_us = (int64_t)number(data + at, 8);
        size_t size = (size_t)number(data + at + 8, 4);
        assert_true(at + 12 + size <= len);
        Farseat__V1__AcdInput *input = farseat__v1__acd_input__unpack(NULL, size, data + at + 12);
        assert_non_null(input);
        at += 12 + size;
        if (!acd) {
            acd_limits_from(input->log_created, &limits);
            assert_int_equal(acd_create(&limits, &acd), FAR_OK);
            assert_int_equal(acd_output_init(&out, &limits), FAR_OK);
        }
        if (input->body_case == FARSEAT__V1__ACD_INPUT__BODY_STATE_HASH) {
            assert_true(input->state_hash->position <= position);
            if (hashes[input->state_hash->position] != input->state_hash->hash)
                fail_msg("the state at position %llu is another one",
                         (unsigned long long)input->state_hash->position);
            compared++;
        }
        assert_int_equal(acd_apply(acd, input, ++position, stamp_us, &out), FAR_OK);
        assert_true(position < FAR_ARRAY_LEN(hashes));
        hashes[position] = acd_hash(acd);
        farseat__v1__acd_input__free_unpacked(input, NULL);
    }
    print_message("%s: %llu inputs, %zu hashes compared\n", path, (unsigned long long)position, compared);
    assert_true(position > 300 && compared >= 5);
    acd_output_done(&out);
    acd_destroy(acd);
    free(data);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(old_logs_keep_their_hashes)};
    int failed = argc > 1 ? 0 : cmocka_run_group_tests(tests, NULL, NULL);
    for (int i = 1; i < argc; i++) {
        path = argv[i];
        failed += cmocka_run_group_tests(tests, NULL, NULL);
    }
    return failed;
}
