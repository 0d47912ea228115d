/* SPDX-License-Identifier: Apache-2.0 */
#include "far/media/sdp.h"
#include "far/test.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static const char PHONE[] = "v=0\r\n"
                            "o=phone 123 456 IN IP4 192.0.2.7\r\n"
                            "s=call\r\n"
                            "c=IN IP4 192.0.2.7\r\n"
                            "t=0 0\r\n"
                            "m=audio 40000 RTP/AVP 96 9 0 8 101\r\n"
                            "a=rtpmap:96 opus/48000/2\r\n"
                            "a=rtpmap:101 telephone-event/8000\r\n"
                            "a=fmtp:101 0-16\r\n"
                            "a=ptime:20\r\n"
                            "m=video 40002 RTP/AVP 97\r\n"
                            "a=rtpmap:97 H264/90000\r\n";

static struct far_sdp parse(const char *text)
{
    struct far_sdp sdp;
    char error[FAR_SDP_ERROR_MAX] = "";
    assert_int_equal(far_sdp_parse(text, strlen(text), &sdp, error), FAR_OK);
    return sdp;
}

static enum far_err parse_fails(const char *text, const char *expected)
{
    struct far_sdp sdp;
    char error[FAR_SDP_ERROR_MAX] = "";
    enum far_err err = far_sdp_parse(text, strlen(text), &sdp, error);
    if (!strstr(error, expected)) fail_msg("'%s' is not in '%s'", expected, error);
    return err;
}

static void a_phones_offer_is_understood(void **state)
{
    (void)state;
    struct far_sdp sdp = parse(PHONE);
    assert_int_equal(sdp.session_id, 123);
    assert_int_equal(sdp.session_version, 456);
    assert_int_equal(sdp.media_len, 2);
    const struct far_sdp_media *audio = far_sdp_audio(&sdp);
    assert_ptr_equal(audio, &sdp.media[0]);
    assert_int_equal(audio->formats_len, 5);
    assert_string_equal(audio->formats[0].name, "opus");
    assert_int_equal(audio->formats[0].rate, 48000);
    assert_string_equal(audio->formats[1].name, "G722");
    assert_string_equal(audio->formats[4].fmtp, "0-16");
    assert_int_equal(audio->ptime_ms, 20);
    assert_int_equal(audio->direction, FAR_SDP_SENDRECV);
    struct far_sdp_choice choice;
    assert_int_equal(far_sdp_choose(audio, &choice), FAR_OK);
    assert_int_equal(choice.codec, FAR_CODEC_PCMU);
    assert_int_equal(choice.payload_type, 0);
    assert_int_equal(choice.dtmf_payload_type, 101);
    assert_int_equal(ntohs(choice.address.sin_port), 40000);
    assert_int_equal(choice.address.sin_addr.s_addr, inet_addr("192.0.2.7"));
    assert_true(choice.peer_receives && choice.peer_sends);
    assert_int_equal(far_sdp_choose(&sdp.media[1], &choice), FAR_ENOTFOUND);
}

static void the_answer_takes_one_codec_and_refuses_video(void **state)
{
    (void)state;
    struct far_sdp offer = parse(PHONE), answer;
    const struct far_sdp_local local = {
        .address = "127.0.0.1", .ports = {21200}, .ports_len = 1, .session_id = 9, .session_version = 1};
    char text[4096];
    size_t len = 0;
    assert_int_equal(far_sdp_answer(&offer, &local, &answer), FAR_OK);
    assert_int_equal(far_sdp_write(&answer, text, sizeof(text), &len), FAR_OK);
    assert_int_equal(len, strlen(text));
    assert_string_equal(text,
                        "v=0\r\no=farseat 9 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                        "m=audio 21200 RTP/AVP 0 101\r\nc=IN IP4 127.0.0.1\r\n"
                        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
                        "a=ptime:20\r\na=sendrecv\r\n"
                        "m=video 0 RTP/AVP 97\r\n");
    (void)parse(text);
}

static void directions_are_answered_as_the_rfc_says(void **state)
{
    (void)state;
    static const struct {
        const char *offered;
        enum far_sdp_direction wanted, answered;
        bool held;
    } rows[] = {
        {"sendrecv", FAR_SDP_SENDRECV, FAR_SDP_SENDRECV, false},
        {"sendonly", FAR_SDP_SENDRECV, FAR_SDP_RECVONLY, true},
        {"recvonly", FAR_SDP_SENDRECV, FAR_SDP_SENDONLY, false},
        {"inactive", FAR_SDP_SENDRECV, FAR_SDP_INACTIVE, true},
        {"sendrecv", FAR_SDP_RECVONLY, FAR_SDP_RECVONLY, false},
        {"sendonly", FAR_SDP_SENDONLY, FAR_SDP_INACTIVE, true},
    };
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        char text[256];
        (void)snprintf(text, sizeof(text), "v=0\nc=IN IP4 10.0.0.1\na=%s\nm=audio 1000 RTP/AVP 8\n",
                       rows[i].offered);
        struct far_sdp offer = parse(text), answer;
        const struct far_sdp_local local = {
            .address = "127.0.0.1", .ports = {2000}, .ports_len = 1, .direction = rows[i].wanted};
        assert_int_equal(far_sdp_answer(&offer, &local, &answer), FAR_OK);
        assert_int_equal(answer.media[0].direction, rows[i].answered);
        assert_int_equal(far_sdp_held(&offer.media[0]), rows[i].held);
    }
}

static void the_old_hold_is_a_hold(void **state)
{
    (void)state;
    struct far_sdp sdp = parse("v=0\nc=IN IP4 0.0.0.0\nm=audio 1000 RTP/AVP 8\na=sendrecv\n");
    struct far_sdp_choice choice;
    assert_true(far_sdp_held(&sdp.media[0]));
    assert_int_equal(far_sdp_choose(&sdp.media[0], &choice), FAR_OK);
    assert_int_equal(choice.address.sin_port, 0);
    assert_false(choice.peer_receives);
}

static void siprec_has_two_labelled_lines(void **state)
{
    (void)state;
    const struct far_sdp_local offerer = {.address = "127.0.0.1",
                                          .ports = {3000, 3002},
                                          .ports_len = 2,
                                          .labels = {"1", "2"},
                                          .codecs = {FAR_CODEC_PCMA, FAR_CODEC_PCMU},
                                          .codecs_len = 2,
                                          .direction = FAR_SDP_SENDONLY};
    const struct far_sdp_local recorder = {
        .address = "127.0.0.2", .ports = {4000, 4002}, .ports_len = 2, .direction = FAR_SDP_RECVONLY};
    struct far_sdp offer, answer;
    char text[4096];
    size_t len = 0;
    assert_int_equal(far_sdp_offer(&offerer, &offer), FAR_OK);
    assert_int_equal(far_sdp_write(&offer, text, sizeof(text), &len), FAR_OK);
    offer = parse(text);
    assert_int_equal(offer.media_len, 2);
    assert_int_equal(far_sdp_answer(&offer, &recorder, &answer), FAR_OK);
    assert_int_equal(far_sdp_write(&answer, text, sizeof(text), &len), FAR_OK);
    answer = parse(text);
    const struct far_sdp_media *second = far_sdp_labelled(&answer, "2");
    assert_non_null(second);
    assert_null(far_sdp_labelled(&answer, "3"));
    assert_int_equal(second->port, 4002);
    assert_int_equal(second->direction, FAR_SDP_RECVONLY);
    assert_string_equal(second->address, "127.0.0.2");
    struct far_sdp_choice choice;
    assert_int_equal(far_sdp_choose(second, &choice), FAR_OK);
    assert_int_equal(choice.codec, FAR_CODEC_PCMA);
    assert_int_equal(choice.dtmf_payload_type, FAR_SDP_PT_NONE);
    assert_true(choice.peer_receives && !choice.peer_sends);
}

static void what_cannot_be_answered_is_said(void **state)
{
    (void)state;
    const struct far_sdp_local local = {.address = "127.0.0.1", .ports = {2000}, .ports_len = 1};
    struct far_sdp answer;
    struct far_sdp opus =
        parse("v=0\nc=IN IP4 10.0.0.1\nm=audio 1000 RTP/AVP 96\na=rtpmap:96 opus/48000/2\n");
    assert_int_equal(far_sdp_answer(&opus, &local, &answer), FAR_ENOTFOUND);
    struct far_sdp secure = parse("v=0\nc=IN IP4 10.0.0.1\nm=audio 1000 RTP/SAVP 8\n");
    assert_int_equal(far_sdp_answer(&secure, &local, &answer), FAR_ENOTFOUND);
    struct far_sdp_choice choice;
    struct far_sdp six = parse("v=0\nc=IN IP6 2001:db8::1\nm=audio 1000 RTP/AVP 8\n");
    assert_int_equal(far_sdp_choose(&six.media[0], &choice), FAR_EPROTO);
    struct far_sdp_local bad = local;
    bad.address = "localhost";
    assert_int_equal(far_sdp_answer(&six, &bad, &answer), FAR_EINVAL);
    assert_int_equal(far_sdp_offer(&local, &answer), FAR_EINVAL); /* no codec */
}

static void bad_descriptions_name_the_line(void **state)
{
    (void)state;
    assert_int_equal(parse_fails("", "empty"), FAR_EPROTO);
    assert_int_equal(parse_fails("hello", "line 1: not of the form"), FAR_EPROTO);
    assert_int_equal(parse_fails("v=1\r\n", "line 1: it does not begin with v=0"), FAR_EPROTO);
    assert_int_equal(parse_fails("v=0\r\nc=IN IP5 x\r\n", "line 2: c="), FAR_EPROTO);
    assert_int_equal(parse_fails("v=0\nm=audio 70000 RTP/AVP 8\n", "line 2: m= has a port"), FAR_EPROTO);
    assert_int_equal(parse_fails("v=0\nm=audio 1 RTP/AVP 128\n", "payload type"), FAR_EPROTO);
    assert_int_equal(parse_fails("v=0\nm=audio\n", "line 2"), FAR_EPROTO);
    char many[1024] = "v=0\n";
    for (int i = 0; i < 9; i++)
        strcat(many, "m=audio 1 RTP/AVP 8\n");
    assert_int_equal(parse_fails(many, "more than 8 m-lines"), FAR_EFULL);
}

static void long_and_odd_fields_are_bounded(void **state)
{
    (void)state;
    char text[2048] = "v=0\no=- 99999999999999999999 x IN IP4 h\nc=IN IP4 10.0.0.1\nm=audio 5 RTP/AVP";
    for (int i = 0; i < 60; i++)
        strcat(text, " 8");
    strcat(text, "\na=label:");
    memset(text + strlen(text), 'x', 200); /* the rest of the array is zero */
    struct far_sdp sdp = parse(text);
    assert_int_equal(sdp.session_id, 0);
    assert_int_equal(sdp.media[0].formats_len, FAR_SDP_FORMATS_MAX);
    assert_int_equal(strlen(sdp.media[0].label), FAR_SDP_NAME_MAX - 1);
    size_t len;
    char small[40];
    assert_int_equal(far_sdp_write(&sdp, small, sizeof(small), &len), FAR_EFULL);
    strcpy(sdp.media[0].label, "a\r\nb=c");
    assert_int_equal(far_sdp_write(&sdp, text, sizeof(text), &len), FAR_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phones_offer_is_understood),
        cmocka_unit_test(the_answer_takes_one_codec_and_refuses_video),
        cmocka_unit_test(directions_are_answered_as_the_rfc_says),
        cmocka_unit_test(the_old_hold_is_a_hold),
        cmocka_unit_test(siprec_has_two_labelled_lines),
        cmocka_unit_test(what_cannot_be_answered_is_said),
        cmocka_unit_test(bad_descriptions_name_the_line),
        cmocka_unit_test(long_and_odd_fields_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
