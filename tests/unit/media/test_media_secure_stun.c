/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of libre's making are judged, and libre understands the answers. */
#include "secure_peer.h"
#include "secure_stun.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static const struct media_secure NAMES = {
    .local_ufrag = "edge", .local_pwd = "a-password-of-24-letters", .remote_ufrag = "brws"};
static const struct sockaddr_in FROM = {.sin_family = AF_INET, .sin_port = 0x3412, .sin_addr = {0x0100007f}};

/* The copy has its true size, so that a read beyond it is found. */
static enum secure_stun_verdict judge(const uint8_t *bytes, size_t len, const char *remote_ufrag,
                                      bool *ret_nominates, unsigned *ret_code)
{
    const struct secure_stun_names names = {
        .local_ufrag = NAMES.local_ufrag, .local_pwd = NAMES.local_pwd, .remote_ufrag = remote_ufrag};
    uint8_t reply[SECURE_STUN_REPLY_MAX], *copy = malloc(len > 0 ? len : 1);
    size_t reply_len = 0;
    struct sockaddr_in mapped = {0};
    assert_non_null(copy);
    memcpy(copy, bytes, len);
    enum secure_stun_verdict verdict =
        secure_stun_answer(&names, copy, len, &FROM, ret_nominates, reply, &reply_len);
    free(copy);
    *ret_code = reply_len > 0 ? browser_reply(&NAMES, reply, reply_len, &mapped) : 0;
    if (*ret_code == 200) {
        assert_int_equal(mapped.sin_port, FROM.sin_port);
        assert_int_equal(mapped.sin_addr.s_addr, FROM.sin_addr.s_addr);
    }
    return verdict;
}

static void checks_are_judged(void **state)
{
    (void)state;
    static const struct {
        struct browser_check check;
        const char *remote_ufrag;
        enum secure_stun_verdict verdict;
        bool nominates;
        unsigned code;
    } rows[] = {
        {{.nominate = false}, "brws", SECURE_STUN_PASSED, false, 200},
        {{.nominate = true}, "brws", SECURE_STUN_PASSED, true, 200},
        {{.nominate = true}, "", SECURE_STUN_PASSED, true, 200}, /* our offer is not answered yet */
        {{.priority_missing = true}, "brws", SECURE_STUN_PASSED, false, 200},
        {{.controlled = true, .nominate = true}, "brws", SECURE_STUN_REFUSED, false, 487},
        {{.unknown = 0x000d}, "brws", SECURE_STUN_REFUSED, false, 420}, /* LIFETIME means nothing here */
        {{.nominate = true}, "othr", SECURE_STUN_BAD, false, 0},
        {{.pwd = "a-password-of-24-lettezs"}, "brws", SECURE_STUN_BAD, false, 0},
        {{.user = "edge:brwsx"}, "brws", SECURE_STUN_BAD, false, 0},
        {{.user = "edgex:brws"}, "brws", SECURE_STUN_BAD, false, 0},
        {{.user = "edge"}, "", SECURE_STUN_BAD, false, 0},
        {{.user = ""}, "", SECURE_STUN_BAD, false, 0},
        {{.no_fingerprint = true}, "brws", SECURE_STUN_BAD, false, 0},
    };
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        uint8_t bytes[512];
        bool nominates = false;
        unsigned code = 0;
        size_t len = browser_request(&NAMES, &rows[i].check, bytes, sizeof(bytes));
        if (judge(bytes, len, rows[i].remote_ufrag, &nominates, &code) != rows[i].verdict ||
            nominates != rows[i].nominates || code != rows[i].code)
            fail_msg("row %zu: nominates %d, code %u", i, nominates, code);
    }
}

static void nothing_damaged_passes(void **state)
{
    (void)state;
    const struct browser_check good = {.nominate = true};
    uint8_t bytes[512];
    bool nominates = false;
    unsigned code = 0;
    size_t len = browser_request(&NAMES, &good, bytes, sizeof(bytes));
    for (size_t shorter = 0; shorter < len; shorter++)
        assert_int_equal(judge(bytes, shorter, "brws", &nominates, &code), SECURE_STUN_BAD);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum secure_stun_verdict verdict = judge(bytes, len, "brws", &nominates, &code);
        if (verdict == SECURE_STUN_PASSED || verdict == SECURE_STUN_REFUSED) fail_msg("bit %zu", bit);
        assert_int_equal(code, 0);
        bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(judge(bytes, len, "brws", &nominates, &code), SECURE_STUN_PASSED);
}

static void an_indication_needs_no_answer(void **state)
{
    (void)state;
    static const uint8_t indication[20] = {0x00, 0x11, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3};
    static const uint8_t response[20] = {0x01, 0x01, 0, 0, 0x21, 0x12, 0xa4, 0x42, 1, 2, 3};
    bool nominates = false;
    unsigned code = 0;
    assert_int_equal(judge(indication, sizeof(indication), "brws", &nominates, &code), SECURE_STUN_IDLE);
    assert_int_equal(judge(response, sizeof(response), "brws", &nominates, &code), SECURE_STUN_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checks_are_judged),
        cmocka_unit_test(nothing_damaged_passes),
        cmocka_unit_test(an_indication_needs_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
