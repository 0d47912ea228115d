/* SPDX-License-Identifier: Apache-2.0 */
/* Small texts from outside: INFO bodies, the link header, networks, SIPREC bodies. */
#include "dtmf_relay.h"
#include "far/test.h"
#include "link_proof.h"
#include "siprec.h"
#include "source.h"
#include <arpa/inet.h>
#include <string.h>

static void digits_of_info(void **state)
{
    static const struct {
        const char *type, *body;
        enum far_err err;
        char digit;
        uint32_t duration_ms;
    } rows[] = {
        {"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", FAR_OK, '5', 160},
        {"application/dtmf-relay", "signal = #\nduration = 10000", FAR_OK, '#', 5000},
        {"application/dtmf-relay", "Signal= 11\r\nDuration=5", FAR_OK, '#', 40},
        {"Application/DTMF-Relay", "Signal=d", FAR_OK, 'D', 160},
        {"application/dtmf", "10", FAR_OK, '*', 160},
        {"application/dtmf", "7", FAR_OK, '7', 160},
        {"application/dtmf-relay", "Duration=160", FAR_EPROTO, 0, 0},
        {"application/dtmf-relay", "Signal=55", FAR_EPROTO, 0, 0},
        {"application/dtmf-relay", "Signal=5\r\nDuration=long", FAR_EPROTO, 0, 0},
        {"application/dtmf", "", FAR_EPROTO, 0, 0},
        {"text/plain", "5", FAR_ENOTFOUND, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        char digit = 0;
        uint32_t duration_ms = 0;
        assert_int_equal(
            dtmf_relay_parse(rows[i].type, rows[i].body, strlen(rows[i].body), &digit, &duration_ms),
            rows[i].err);
        assert_int_equal(digit, rows[i].digit);
        assert_int_equal(duration_ms, rows[i].duration_ms);
    }
}

static void a_link_needs_the_secret_and_the_hour(void **state)
{
    static const uint8_t secret[LINK_SECRET_BYTES] = {1, 2, 3}, other[LINK_SECRET_BYTES] = {3, 2, 1};
    struct link_header header = {
        .leg_id = "leg-1", .bridge_id = "bridge-1", .edge = "edge-hq", .time_ms = 1000000};
    struct link_header seen;
    char text[LINK_HEADER_SIZE], changed[LINK_HEADER_SIZE];
    (void)state;
    assert_int_equal(link_header_write(&header, secret, text), FAR_OK);
    assert_int_equal(link_header_read(text, secret, 1000500, &seen), FAR_OK);
    assert_string_equal(seen.leg_id, "leg-1");
    assert_string_equal(seen.bridge_id, "bridge-1");
    assert_string_equal(seen.edge, "edge-hq");
    assert_int_equal(link_header_read(text, other, 1000500, &seen), FAR_EDENIED);
    assert_int_equal(link_header_read(text, secret, 1000000 + LINK_SKEW_MS + 1, &seen), FAR_EDENIED);
    assert_int_equal(link_header_read(text, secret, 1000000 - LINK_SKEW_MS - 1, &seen), FAR_EDENIED);
    for (size_t i = 0; i < strlen(text); i++) { /* no byte of it can be changed */
        (void)strcpy(changed, text);
        changed[i] = (char)(changed[i] ^ 1);
        assert_int_not_equal(link_header_read(changed, secret, 1000500, &seen), FAR_OK);
    }
    for (size_t i = 0; i < strlen(text); i++) { /* nor left out */
        (void)strcpy(changed, text);
        changed[i] = '\0';
        assert_int_equal(link_header_read(changed, secret, 1000500, &seen), FAR_EPROTO);
    }
    (void)strcpy(header.leg_id, "a;edge=evil");
    assert_int_equal(link_header_write(&header, secret, text), FAR_EINVAL);
}

static void networks_are_read_strictly(void **state)
{
    struct source_network network;
    uint32_t address = 0;
    (void)state;
    assert_int_equal(source_parse("10.1.0.0/16", &network), FAR_OK);
    assert_int_equal(source_address("10.1.255.3", &address), FAR_OK);
    assert_true(source_contains(&network, address));
    assert_int_equal(source_bits(&network), 16);
    assert_int_equal(source_address("10.2.0.0", &address), FAR_OK);
    assert_false(source_contains(&network, address));
    assert_int_equal(source_parse("0.0.0.0/0", &network), FAR_OK);
    assert_true(source_contains(&network, address));
    assert_int_equal(source_parse("192.0.2.7", &network), FAR_OK);
    assert_int_equal(source_bits(&network), 32);
    const char *bad[] = {"",        "10",        "10.1.0.1/16", "10.0.0.0/33", "10.0.0.256", "1.2.3.4.5",
                         "a.b.c.d", "10.0.0.0/", "10.0.0.0/x",  " 10.0.0.0",   "1000.0.0.0"};
    for (size_t i = 0; i < FAR_ARRAY_LEN(bad); i++)
        assert_int_equal(source_parse(bad[i], &network), FAR_EINVAL);
}

static struct siprec_offer offer(void)
{
    return (struct siprec_offer){.recording_id = "33333333-3333-7333-8333-333333333333",
                                 .contact_id = "c-1",
                                 .leg_id = "l-1",
                                 .segment_id = "s-1",
                                 .agent_id = "agent-1",
                                 .agent_name = "A <&\"> B",
                                 .queue_id = "sales",
                                 .caller_number = "+8613800138000",
                                 .site = "hq",
                                 .part = 2,
                                 .address = "127.0.0.1",
                                 .left_port = 4000,
                                 .right_port = 4002,
                                 .session_id = 7};
}

static void a_siprec_offer_says_who_and_where(void **state)
{
    char body[SIPREC_BODY_SIZE];
    size_t len = 0;
    struct siprec_offer said = offer();
    (void)state;
    assert_int_equal(siprec_offer_write(&said, body, &len), FAR_OK);
    assert_int_equal(len, strlen(body));
    const char *parts[] = {"a=label:1",
                           "a=label:2",
                           "m=audio 4000 ",
                           "m=audio 4002 ",
                           "a=sendonly",
                           "Content-Type: application/rs-metadata+xml",
                           "<name>A &lt;&amp;&quot;&gt; B</name>",
                           "session_id=\"33333333-3333-7333-8333-333333333333\"",
                           "part=\"2\"",
                           "agent_id=\"agent-1\"",
                           "queue_id=\"sales\"",
                           "--farseat-siprec--"};
    for (size_t i = 0; i < FAR_ARRAY_LEN(parts); i++)
        assert_non_null(strstr(body, parts[i]));
    said.contact_id = "\"/><evil";
    assert_int_equal(siprec_offer_write(&said, body, &len), FAR_EINVAL);
}

#define ANSWER                                                                                               \
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 8\r\n"    \
    "a=rtpmap:8 PCMA/8000\r\na=recvonly\r\na=label:1\r\n"

static void an_answer_is_read_alone_or_within_a_multipart(void **state)
{
    struct siprec_streams streams;
    static const char alone[] = ANSWER "m=audio 5002 RTP/AVP 0\r\na=recvonly\r\n";
    static const char one[] = ANSWER "m=audio 0 RTP/AVP 0\r\n";
    static const char many[] = "preamble\r\n--b1\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
                               "--b1\r\ncontent-type:application/sdp\r\n\r\n" ANSWER "\r\n--b1--\r\n";
    (void)state;
    assert_int_equal(siprec_answer_read("application/sdp", alone, strlen(alone), &streams), FAR_OK);
    assert_int_equal(ntohs(streams.left.address.sin_port), 5000);
    assert_int_equal(ntohs(streams.right.address.sin_port), 5002);
    assert_int_equal(streams.right.codec, FAR_CODEC_PCMU);
    assert_int_equal(siprec_answer_read("application/sdp", one, strlen(one), &streams), FAR_OK);
    assert_int_equal(streams.right.address.sin_port, 0);
    assert_int_equal(siprec_answer_read("multipart/mixed;boundary=b1", many, strlen(many), &streams), FAR_OK);
    assert_int_equal(ntohs(streams.left.address.sin_port), 5000);
    assert_int_equal(siprec_answer_read("multipart/mixed;boundary=\"b1\"", many, strlen(many), &streams),
                     FAR_OK);
    assert_int_equal(siprec_answer_read("multipart/mixed;boundary=b2", many, strlen(many), &streams),
                     FAR_EPROTO);
    assert_int_equal(siprec_answer_read("multipart/mixed", many, strlen(many), &streams), FAR_EPROTO);
    assert_int_equal(siprec_answer_read("text/plain", alone, strlen(alone), &streams), FAR_EPROTO);
    assert_int_equal(siprec_answer_read("application/sdp", "", 0, &streams), FAR_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digits_of_info),
        cmocka_unit_test(a_link_needs_the_secret_and_the_hour),
        cmocka_unit_test(networks_are_read_strictly),
        cmocka_unit_test(a_siprec_offer_says_who_and_where),
        cmocka_unit_test(an_answer_is_read_alone_or_within_a_multipart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
