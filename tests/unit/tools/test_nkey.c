/* SPDX-License-Identifier: Apache-2.0 */
#include "far/nkey.h"
#include "far/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The pair that NATS's own documentation shows. */
static const char documented_seed[] = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
static const char documented_public[] = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

static void test_documented_pair(void **state)
{
    (void)state;
    char public_key[FAR_NKEY_PUBLIC_SIZE];
    assert_int_equal(far_nkey_public(documented_seed, public_key), FAR_OK);
    assert_string_equal(public_key, documented_public);
}

static void test_created_pair_belongs_together(void **state)
{
    (void)state;
    char seed[FAR_NKEY_SEED_SIZE];
    char public_key[FAR_NKEY_PUBLIC_SIZE];
    char again[FAR_NKEY_PUBLIC_SIZE];
    assert_int_equal(far_nkey_create(seed, public_key), FAR_OK);
    assert_int_equal(strncmp(seed, "SU", 2), 0);
    assert_int_equal(far_nkey_public(seed, again), FAR_OK);
    assert_string_equal(again, public_key);
}

static void test_every_changed_character_is_refused(void **state)
{
    (void)state;
    char public_key[FAR_NKEY_PUBLIC_SIZE] = "untouched";
    for (size_t i = 0; i < strlen(documented_seed); i++) {
        char text[sizeof(documented_seed)];
        memcpy(text, documented_seed, sizeof(text));
        text[i] = text[i] == 'A' ? 'B' : 'A';
        assert_int_equal(far_nkey_public(text, public_key), FAR_EINVAL);
        text[i] = '1'; /* not in the alphabet */
        assert_int_equal(far_nkey_public(text, public_key), FAR_EINVAL);
        text[i] = '\0';
        assert_int_equal(far_nkey_public(text, public_key), FAR_EINVAL);
    }
    assert_string_equal(public_key, "untouched");
}

static void test_other_texts_are_refused(void **state)
{
    (void)state;
    char public_key[FAR_NKEY_PUBLIC_SIZE];
    assert_int_equal(far_nkey_public("", public_key), FAR_EINVAL);
    assert_int_equal(far_nkey_public(documented_public, public_key), FAR_EINVAL);
}

static void test_files(void **state)
{
    (void)state;
    char public_key[FAR_NKEY_PUBLIC_SIZE];
    char path[] = "/tmp/test_nkey.XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(far_nkey_public_of_file(path, public_key), FAR_EINVAL); /* still empty */
    assert_true(dprintf(fd, "%s\n", documented_seed) > 0);
    assert_int_equal(far_nkey_public_of_file(path, public_key), FAR_OK);
    assert_string_equal(public_key, documented_public);
    (void)close(fd);
    (void)unlink(path);
    assert_int_equal(far_nkey_public_of_file(path, public_key), FAR_ENOTFOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documented_pair),
        cmocka_unit_test(test_created_pair_belongs_together),
        cmocka_unit_test(test_every_changed_character_is_refused),
        cmocka_unit_test(test_other_texts_are_refused),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
