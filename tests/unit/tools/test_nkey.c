/* SPDX-License-Identifier: Apache-2.0 */
#include <sodium.h>
#include <string.h>

#include "far/test.h"
#include "nkey.h"

/* The pair that NATS's own documentation shows. */
static const char seed_text[] = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
static const char public_text[] = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

static void test_documented_pair(void **state)
{
    (void)state;
    uint8_t seed[NKEY_RAW_LEN];
    assert_true(nkey_seed_parse(seed_text, strlen(seed_text), seed));

    char again[NKEY_SEED_TEXT_LEN + 1];
    nkey_seed_text(seed, again);
    assert_string_equal(again, seed_text);

    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    assert_int_equal(crypto_sign_seed_keypair(public_key, secret_key, seed), 0);
    char text[NKEY_PUBLIC_TEXT_LEN + 1];
    nkey_public_text(public_key, text);
    assert_string_equal(text, public_text);
}

static void test_every_changed_character_is_refused(void **state)
{
    (void)state;
    uint8_t seed[NKEY_RAW_LEN];
    for (size_t i = 0; i < NKEY_SEED_TEXT_LEN; i++) {
        char text[sizeof seed_text];
        memcpy(text, seed_text, sizeof text);
        text[i] = text[i] == 'A' ? 'B' : 'A';
        assert_false(nkey_seed_parse(text, NKEY_SEED_TEXT_LEN, seed));
        text[i] = '1'; /* not in the alphabet */
        assert_false(nkey_seed_parse(text, NKEY_SEED_TEXT_LEN, seed));
        text[i] = '\0';
        assert_false(nkey_seed_parse(text, NKEY_SEED_TEXT_LEN, seed));
    }
}

static void test_other_texts_are_refused(void **state)
{
    (void)state;
    uint8_t seed[NKEY_RAW_LEN];
    assert_false(nkey_seed_parse("", 0, seed));
    assert_false(nkey_seed_parse(seed_text, NKEY_SEED_TEXT_LEN - 1, seed));
    assert_false(nkey_seed_parse(public_text, strlen(public_text), seed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_documented_pair),
        cmocka_unit_test(test_every_changed_character_is_refused),
        cmocka_unit_test(test_other_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
