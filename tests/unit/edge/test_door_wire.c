/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "wire.h"
#include <stdio.h>
#include <string.h>

#define REGISTER "REGISTER sip:farseat SIP/2.0\r\n"

static char out[WIRE_MESSAGE_MAX + WIRE_GROWTH_MAX];

static const char *to_sofia(const char *message, enum wire_via *ret_via)
{
    size_t len = 0;
    enum wire_via via = WIRE_VIA_NONE;
    enum far_err err = wire_to_sofia(message, strlen(message), out, &len, &via);
    if (ret_via) *ret_via = via;
    if (err != FAR_OK) return far_err_name(err);
    assert_true(len <= strlen(message) + WIRE_GROWTH_MAX);
    out[len] = '\0';
    return out;
}

static const char *to_browser(const char *message, enum wire_via via)
{
    size_t len = 0;
    enum far_err err = wire_to_browser(message, strlen(message), via, out, &len);
    if (err != FAR_OK) return far_err_name(err);
    out[len] = '\0';
    return out;
}

static void the_top_via_is_rewritten(void **state)
{
    enum wire_via via;
    (void)state;
    assert_string_equal(to_sofia(REGISTER "Via: SIP/2.0/WS abc.invalid;branch=z9hG4bK1\r\n"
                                          "Content-Length: 0\r\n\r\n",
                                 &via),
                        REGISTER "Via: SIP/2.0/TCP abc.invalid;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n");
    assert_int_equal(via, WIRE_VIA_WS);
    assert_string_equal(to_sofia(REGISTER "To: <sip:a>\r\nv:SIP / 2.0 / wss abc.invalid\r\n"
                                          "Via: SIP/2.0/WSS second\r\nl: 0\r\n\r\n",
                                 &via),
                        REGISTER "To: <sip:a>\r\nv:SIP / 2.0 / TCP abc.invalid\r\n"
                                 "Via: SIP/2.0/WSS second\r\nl: 0\r\n\r\n");
    assert_int_equal(via, WIRE_VIA_WSS);
}

static void folded_and_several_in_one_line(void **state)
{
    enum wire_via via;
    (void)state;
    assert_string_equal(to_sofia(REGISTER "VIA :\r\n SIP/2.0/\r\n\tWSS abc;branch=1 , SIP/2.0/WSS old\r\n"
                                          "Content-Length : \r\n 0\r\n\r\n",
                                 &via),
                        REGISTER "VIA :\r\n SIP/2.0/\r\n\tTCP abc;branch=1 , SIP/2.0/WSS old\r\n"
                                 "Content-Length : \r\n 0\r\n\r\n");
    assert_int_equal(via, WIRE_VIA_WSS);
    /* a text that looks like one, folded into another header, is none */
    assert_string_equal(to_sofia(REGISTER "Subject: x\r\n Via: SIP/2.0/WS a\r\nl: 0\r\n\r\n", &via),
                        REGISTER "Subject: x\r\n Via: SIP/2.0/WS a\r\nl: 0\r\n\r\n");
    assert_int_equal(via, WIRE_VIA_NONE);
}

static void a_response_to_ours_stays(void **state)
{
    enum wire_via via;
    const char *response = "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/TCP 127.0.0.1:5060;branch=1\r\n"
                           "Content-Length: 0\r\n\r\n";
    (void)state;
    assert_string_equal(to_sofia(response, &via), response);
    assert_int_equal(via, WIRE_VIA_NONE); /* it says nothing about the browser's own transport */
}

static void and_back(void **state)
{
    const char *ok = "SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP abc.invalid;branch=1;rport=4\r\n"
                     "Content-Length: 4\r\n\r\nbody";
    (void)state;
    assert_string_equal(to_browser(ok, WIRE_VIA_WSS),
                        "SIP/2.0 200 OK\r\nVia: SIP/2.0/WSS abc.invalid;branch=1;rport=4\r\n"
                        "Content-Length: 4\r\n\r\nbody");
    assert_string_equal(to_browser(ok, WIRE_VIA_WS),
                        "SIP/2.0 200 OK\r\nVia: SIP/2.0/WS abc.invalid;branch=1;rport=4\r\n"
                        "Content-Length: 4\r\n\r\nbody");
    assert_string_equal(to_browser(ok, WIRE_VIA_TCP), ok); /* a client that calls it TCP itself */
    const char *invite = "INVITE sip:8001@abc.invalid SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1\r\nl: 0\r\n\r\n";
    assert_string_equal(to_browser(invite, WIRE_VIA_WSS), invite);
}

static void a_length_is_written_where_none_is(void **state)
{
    (void)state;
    assert_string_equal(to_sofia(REGISTER "Via: SIP/2.0/WS a\r\nTo: b\r\n\r\n", NULL),
                        REGISTER "Via: SIP/2.0/TCP a\r\nTo: b\r\nContent-Length: 0\r\n\r\n");
    assert_string_equal(to_sofia("INFO sip:a SIP/2.0\nVia: SIP/2.0/WSS a\n\nSignal=1\n", NULL),
                        "INFO sip:a SIP/2.0\nVia: SIP/2.0/TCP a\nContent-Length: 9\n\nSignal=1\n");
}

static void what_is_no_message_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "x",
                                      "\r\n",
                                      "GET / HTTP/1.1\r\n\r\n",
                                      "REGISTER sip:a SIP/2.0\r\n",
                                      "REGISTER sip:a SIP/2.0\r\nTo: a\r\n",
                                      "REGISTER sip:a SIP/2.0\r\nContent-Length: 5\r\n\r\nbody",
                                      "REGISTER sip:a SIP/2.0\r\nContent-Length: 3\r\n\r\nbody",
                                      "REGISTER sip:a SIP/2.0\r\nContent-Length: 4\r\nl: 5\r\n\r\nbody",
                                      "REGISTER sip:a SIP/2.0\r\nContent-Length: 4x\r\n\r\nbody",
                                      "REGISTER sip:a SIP/2.0\r\nContent-Length: -4\r\n\r\nbody",
                                      "REGISTER sip:a SIP/2.0\r\nContent-Length: 9999999999999\r\n\r\nbody",
                                      "SIP/2.0\r\n\r\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_string_equal(to_sofia(bad[i], NULL), "EPROTO");
    struct wire_look look;
    assert_int_equal(wire_look("REGISTER sip:a SIP/2.0\r\nTo: \0\r\n\r\n", 34, &look), FAR_EPROTO);
}

static void a_stream_is_split(void **state)
{
    static const char stream[] =
        "\r\n\r\nSIP/2.0 200 OK\r\nl: 4\r\n\r\nbodyBYE sip:a SIP/2.0\r\nl: 0\r\n\r\n";
    size_t first_len = strlen("SIP/2.0 200 OK\r\nl: 4\r\n\r\nbody"), skip, len;
    (void)state;
    for (size_t given = 0; given < 4 + first_len; given++) { /* whatever comes, it waits for the rest */
        assert_int_equal(wire_split(stream, given, &skip, &len), FAR_OK);
        assert_int_equal(len, 0);
    }
    assert_int_equal(wire_split(stream, 4 + first_len, &skip, &len), FAR_OK);
    assert_int_equal(skip, 4);
    assert_int_equal(len, first_len);
    assert_int_equal(wire_split(stream + 4 + first_len, sizeof(stream) - 1 - 4 - first_len, &skip, &len),
                     FAR_OK);
    assert_int_equal(len, sizeof(stream) - 1 - 4 - first_len);
    assert_int_equal(wire_split("SIP/2.0 200 OK\r\nTo: a\r\n\r\n", 25, &skip, &len), FAR_EPROTO);
    assert_int_equal(wire_split("SIP/2.0 200 OK\r\nl: 70000\r\n\r\n", 28, &skip, &len), FAR_EFULL);
    static char endless[WIRE_MESSAGE_MAX + 2];
    memset(endless, 'a', sizeof(endless));
    assert_int_equal(wire_split(endless, sizeof(endless), &skip, &len), FAR_EFULL);
}

static void frames(void **state)
{
    size_t len = 7;
    char head[4];
    (void)state;
    assert_int_equal(wire_frame("", 0, &len), FAR_OK);
    assert_int_equal(len, 0);
    assert_int_equal(wire_frame("\0\0\0\2a", 5, &len), FAR_OK);
    assert_int_equal(len, 0);
    assert_int_equal(wire_frame("\0\0\0\2abc", 7, &len), FAR_OK);
    assert_int_equal(len, 2);
    assert_int_equal(wire_frame("\0\0\0\0a", 5, &len), FAR_EPROTO);
    assert_int_equal(wire_frame("\0\1\0\0a", 5, &len), FAR_EPROTO);
    assert_int_equal(wire_frame("\xff\xff\xff\xff", 4, &len), FAR_EPROTO);
    assert_int_equal(wire_frame("\0\0\xff\xff", 4, &len), FAR_OK);
    wire_frame_head(0xfffe, head);
    assert_memory_equal(head, "\0\0\xff\xfe", 4);
}

static void keep_alives(void **state)
{
    (void)state;
    assert_true(wire_is_blank("\r\n\r\n", 4));
    assert_true(wire_is_blank("\n", 1));
    assert_false(wire_is_blank("\r\nx", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_top_via_is_rewritten),
        cmocka_unit_test(folded_and_several_in_one_line),
        cmocka_unit_test(a_response_to_ours_stays),
        cmocka_unit_test(and_back),
        cmocka_unit_test(a_length_is_written_where_none_is),
        cmocka_unit_test(what_is_no_message_is_refused),
        cmocka_unit_test(a_stream_is_split),
        cmocka_unit_test(frames),
        cmocka_unit_test(keep_alives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
