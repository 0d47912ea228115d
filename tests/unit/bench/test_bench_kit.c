/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "row.h"
#include "sip_text.h"
#include <string.h>

static const char invite[] = "INVITE sip:95500@127.0.0.1:5060 SIP/2.0\r\n"
                             "Via: SIP/2.0/UDP 127.0.0.1:1;branch=z9hG4bK1\r\n"
                             "via: SIP/2.0/UDP 127.0.0.1:2;branch=z9hG4bK2\r\n"
                             "From: \"Wang\" <sip:+8613800000042@127.0.0.1>;tag=c1\r\n"
                             "To: <sip:95500@127.0.0.1>\r\n"
                             "Call-ID:  1-2@bench\r\n"
                             "CSeq: 1 INVITE\r\n"
                             "\r\n"
                             "Subject: not a header\r\n";

static void lines_are_told_apart(void **state)
{
    (void)state;
    assert_int_equal(sip_text_status(invite), 0);
    assert_int_equal(sip_text_status("SIP/2.0 486 Busy Here\r\n"), 486);
    assert_true(sip_text_is(invite, "INVITE"));
    assert_false(sip_text_is(invite, "INV"));
}

static void headers_are_found_by_name_and_number(void **state)
{
    char value[64];
    (void)state;
    assert_true(sip_text_header(invite, "Call-ID", 0, value, sizeof(value)));
    assert_string_equal(value, "1-2@bench");
    assert_true(sip_text_header(invite, "Via", 1, value, sizeof(value)));
    assert_string_equal(value, "SIP/2.0/UDP 127.0.0.1:2;branch=z9hG4bK2");
    assert_false(sip_text_header(invite, "Via", 2, value, sizeof(value)));
    assert_false(sip_text_header(invite, "Subject", 0, value, sizeof(value)));
    assert_string_equal(value, "");
    assert_true(sip_text_header(invite, "CSeq", 0, value, 4)); /* cut, and terminated */
    assert_string_equal(value, "1 I");
}

static void users_and_parameters_are_cut_out(void **state)
{
    char value[64];
    (void)state;
    (void)sip_text_header(invite, "From", 0, value, sizeof(value));
    char user[64];
    sip_text_user(value, user, sizeof(user));
    assert_string_equal(user, "+8613800000042");
    sip_text_user("<sip:127.0.0.1>", user, sizeof(user));
    assert_string_equal(user, "");
    assert_true(sip_text_parameter("Digest realm=\"farseat\", nonce=\"a b\"", "nonce", value, sizeof(value)));
    assert_string_equal(value, "a b");
    assert_false(sip_text_parameter("Digest realm=\"farseat\"", "opaque", value, sizeof(value)));
}

static void a_response_carries_what_it_must(void **state)
{
    char response[SIP_MESSAGE_SIZE], again[SIP_MESSAGE_SIZE], value[128];
    (void)state;
    size_t len = sip_text_response(invite, 180, "Ringing", "a1", response);
    assert_int_equal(len, strlen(response));
    assert_int_equal(sip_text_status(response), 180);
    assert_true(sip_text_header(response, "Via", 1, value, sizeof(value)));
    assert_true(sip_text_header(response, "To", 0, value, sizeof(value)));
    assert_string_equal(value, "<sip:95500@127.0.0.1>;tag=a1");
    (void)sip_text_response(response, 200, "OK", "other", again);
    assert_true(sip_text_header(again, "To", 0, value, sizeof(value)));
    assert_string_equal(value, "<sip:95500@127.0.0.1>;tag=a1"); /* one tag, the first */
}

static void quantiles_are_values_that_occurred(void **state)
{
    double values[] = {5, 1, 4, 2, 3};
    (void)state;
    assert_true(bench_median(values, 5) == 3);
    assert_true(bench_quantile(values, 5, 0) == 1);
    assert_true(bench_quantile(values, 5, 1) == 5);
    assert_true(bench_quantile(values, 1, 0.99) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_told_apart), cmocka_unit_test(headers_are_found_by_name_and_number),
        cmocka_unit_test(users_and_parameters_are_cut_out), cmocka_unit_test(a_response_carries_what_it_must),
        cmocka_unit_test(quantiles_are_values_that_occurred)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
