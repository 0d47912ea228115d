/* SPDX-License-Identifier: Apache-2.0 */
/* store/keys and store/seal. */
#include "scratch.h"

static struct scratch scratch;

static int setup(void **state)
{
    (void)state;
    scratch_make(&scratch);
    return 0;
}
static int teardown(void **state)
{
    (void)state;
    scratch_clear(&scratch);
    return 0;
}

static void newest_wraps_old_ones_stay(void **state)
{
    (void)state;
    char first[KEYS_ID_SIZE], second[KEYS_ID_SIZE], newest[KEYS_ID_SIZE];
    uint8_t old_key[SEAL_KEY_BYTES], key[SEAL_KEY_BYTES];
    assert_int_equal(keys_newest(scratch.keys, first, old_key), FAR_OK);
    assert_int_equal(keys_make(scratch.key_folder, second), FAR_OK);
    assert_true(strcmp(second, first) > 0);
    assert_int_equal(keys_newest(scratch.keys, newest, key), FAR_OK); /* without a restart */
    assert_string_equal(newest, second);
    assert_memory_not_equal(key, old_key, sizeof(key));
    assert_int_equal(keys_find(scratch.keys, first, key), FAR_OK);
    assert_memory_equal(key, old_key, sizeof(key));
    assert_int_equal(keys_find(scratch.keys, "20000101-000000", key), FAR_ENOTFOUND);
}

static void folders_that_will_not_do(void **state)
{
    (void)state;
    struct keys *keys = NULL;
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/none", scratch.root);
    assert_int_equal(keys_open(path, false, &keys), FAR_ENOTFOUND);
    (void)snprintf(path, sizeof(path), "%s/zzz.key", scratch.key_folder);
    scratch_write(path, (const uint8_t *)"not a key\n", 10);
    assert_int_equal(chmod(path, 0600), 0);
    assert_int_equal(keys_open(scratch.key_folder, true, &keys), FAR_EINVAL);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(keys_open(scratch.key_folder, true, &keys), FAR_EDENIED);
    assert_null(keys);
}

static void seals(void **state)
{
    (void)state;
    uint8_t key[SEAL_KEY_BYTES] = {1}, nonce[SEAL_NONCE_BYTES], other_nonce[SEAL_NONCE_BYTES], tag[SEAL_TAG_BYTES];
    uint8_t sealed[16], plain[16];
    struct seal_aad aad = {.data = "where", .len = 5}, elsewhere = {.data = "there", .len = 5};
    assert_int_equal(seal_close(key, aad, (const uint8_t *)"sixteen bytes !!", 16, nonce, sealed, tag), FAR_OK);
    assert_memory_not_equal(sealed, "sixteen bytes !!", 16);
    assert_int_equal(seal_open(key, aad, nonce, sealed, 16, tag, plain), FAR_OK);
    assert_memory_equal(plain, "sixteen bytes !!", 16);
    assert_int_equal(seal_open(key, elsewhere, nonce, sealed, 16, tag, plain), FAR_EPROTO);
    key[0] = 2;
    assert_int_equal(seal_open(key, aad, nonce, sealed, 16, tag, plain), FAR_EPROTO);
    key[0] = 1;
    assert_int_equal(seal_close(key, aad, NULL, 0, other_nonce, NULL, tag), FAR_OK); /* nothing can be sealed too */
    assert_memory_not_equal(nonce, other_nonce, sizeof(nonce));
    assert_int_equal(seal_open(key, aad, other_nonce, NULL, 0, tag, NULL), FAR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(newest_wraps_old_ones_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(folders_that_will_not_do, setup, teardown),
        cmocka_unit_test(seals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
