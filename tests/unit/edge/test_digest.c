/* SPDX-License-Identifier: Apache-2.0 */
#include "digest.h"
#include "far/str.h"
#include "far/test.h"
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

static struct digest *digest;
static char md5_ha1[65], sha256_ha1[65];

static void hash(const EVP_MD *type, const char *text, char *ret_hex)
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    assert_int_equal(EVP_Digest(text, strlen(text), bytes, &len, type, NULL), 1);
    far_str_hex(bytes, len, ret_hex);
}

static int setup(void **state)
{
    (void)state;
    hash(EVP_md5(), "a1:farseat:secret", md5_ha1);
    hash(EVP_sha256(), "a1:farseat:secret", sha256_ha1);
    return digest_create("farseat", 1000, 4, &digest) == FAR_OK ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    digest = digest_destroy(digest);
    return 0;
}

/* A phone's side, written apart from what it tests. */
static struct digest_credentials answer(const char *challenge, const char *ha1, const char *nc)
{
    struct digest_credentials c = {.algorithm = strstr(challenge, "SHA-256") ? DIGEST_SHA256 : DIGEST_MD5};
    const EVP_MD *type = c.algorithm == DIGEST_SHA256 ? EVP_sha256() : EVP_md5();
    char ha2[65], text[400];
    const char *nonce = strstr(challenge, "nonce=\"") + 7;
    (void)far_str_copy_len(c.nonce, sizeof(c.nonce), nonce, strcspn(nonce, "\""));
    (void)far_str_copy(c.username, sizeof(c.username), "a1");
    (void)far_str_copy(c.realm, sizeof(c.realm), "farseat");
    (void)far_str_copy(c.uri, sizeof(c.uri), "sip:farseat");
    hash(type, "REGISTER:sip:farseat", ha2);
    if (nc) {
        (void)far_str_copy(c.qop, sizeof(c.qop), "auth");
        (void)far_str_copy(c.nc, sizeof(c.nc), nc);
        (void)far_str_copy(c.cnonce, sizeof(c.cnonce), "xyz");
        (void)snprintf(text, sizeof(text), "%s:%s:%s:xyz:auth:%s", ha1, c.nonce, nc, ha2);
    } else {
        (void)snprintf(text, sizeof(text), "%s:%s:%s", ha1, c.nonce, ha2);
    }
    hash(type, text, c.response);
    return c;
}

static enum digest_result check(uint64_t now_ms, const struct digest_credentials *credentials)
{
    struct digest_secret secret = {.ha1_md5 = md5_ha1, .ha1_sha256 = sha256_ha1};
    return digest_check(digest, now_ms, "REGISTER", credentials, &secret);
}

static void both_algorithms_are_accepted_once_a_count(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        char challenge[DIGEST_CHALLENGE_SIZE];
        enum digest_algorithm algorithm = i ? DIGEST_SHA256 : DIGEST_MD5;
        const char *ha1 = i ? sha256_ha1 : md5_ha1;
        digest_challenge(digest, 5000, algorithm, false, challenge);
        struct digest_credentials first = answer(challenge, ha1, "00000001");
        struct digest_credentials second = answer(challenge, ha1, "0000000A");
        assert_int_equal(check(5100, &first), DIGEST_GOOD);
        assert_int_equal(check(5100, &first), DIGEST_STALE); /* replayed */
        assert_int_equal(check(5200, &second), DIGEST_GOOD);
        assert_int_equal(check(5200, &first), DIGEST_STALE);
        struct digest_credentials third = answer(challenge, ha1, "0000000b");
        assert_int_equal(check(6000, &third), DIGEST_STALE); /* too old */
    }
}

static void an_old_phone_without_qop_may_answer_once(void **state)
{
    char challenge[DIGEST_CHALLENGE_SIZE];
    (void)state;
    digest_challenge(digest, 0, DIGEST_MD5, false, challenge);
    struct digest_credentials credentials = answer(challenge, md5_ha1, NULL);
    assert_int_equal(check(1, &credentials), DIGEST_GOOD);
    assert_int_equal(check(1, &credentials), DIGEST_STALE);
}

static void what_is_not_right_is_wrong(void **state)
{
    char challenge[DIGEST_CHALLENGE_SIZE];
    (void)state;
    digest_challenge(digest, 0, DIGEST_MD5, true, challenge);
    assert_non_null(strstr(challenge, "stale=true"));
    struct digest_credentials good = answer(challenge, md5_ha1, "00000001");
    struct digest_credentials bad = answer(challenge, sha256_ha1, "00000001"); /* another password */
    assert_int_equal(check(1, &bad), DIGEST_WRONG);
    assert_int_equal(digest_check(digest, 1, "REGISTER", &good, NULL), DIGEST_WRONG);
    assert_int_equal(digest_check(digest, 1, "INVITE", &good, &(struct digest_secret){md5_ha1, ""}),
                     DIGEST_WRONG);
    bad = good;
    (void)far_str_copy(bad.realm, sizeof(bad.realm), "other");
    assert_int_equal(check(1, &bad), DIGEST_WRONG);
    bad = good;
    bad.response[0] = '\0';
    assert_int_equal(check(1, &bad), DIGEST_WRONG);
    bad = good;
    bad.algorithm = DIGEST_UNKNOWN;
    assert_int_equal(check(1, &bad), DIGEST_WRONG);
    /* A secret that is missing matches nothing. */
    assert_int_equal(digest_check(digest, 1, "REGISTER", &good, &(struct digest_secret){"", ""}),
                     DIGEST_WRONG);
    /* A nonce that we never made is stale at most. */
    const char *foreign = "nonce=\"00000000000000000000000000000000000000000000000000000000000000000\"";
    bad = answer(foreign, md5_ha1, "00000001");
    assert_int_equal(check(1, &bad), DIGEST_STALE);
    assert_int_equal(check(1, &good), DIGEST_GOOD);
}

static void used_nonces_are_bounded(void **state)
{
    char challenge[DIGEST_CHALLENGE_SIZE];
    (void)state;
    for (int i = 0; i < 100; i++) {
        digest_challenge(digest, 0, DIGEST_MD5, false, challenge);
        struct digest_credentials credentials = answer(challenge, md5_ha1, "00000001");
        assert_int_equal(check(1, &credentials), DIGEST_GOOD);
    }
}

static void a_bad_realm_is_refused(void **state)
{
    struct digest *none = NULL;
    (void)state;
    assert_int_equal(digest_create("far\"seat", 1000, 4, &none), FAR_EINVAL);
    assert_int_equal(digest_create("farseat", 0, 4, &none), FAR_EINVAL);
    assert_null(none);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(both_algorithms_are_accepted_once_a_count),
        CASE(an_old_phone_without_qop_may_answer_once),
        CASE(what_is_not_right_is_wrong),
        CASE(used_nonces_are_bounded),
        cmocka_unit_test(a_bad_realm_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
