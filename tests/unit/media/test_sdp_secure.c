/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions of browsers' legs: a Chromium's and a Firefox's are answered, ours are what they understand.
 */
#include "far/media/sdp.h"
#include "far/test.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

/* What Chromium offers, with JsSIP, when a page asks for sound and picture. */
static const char CHROMIUM[] =
    "v=0\r\n"
    "o=- 4611731400430051336 2 IN IP4 127.0.0.1\r\n"
    "s=-\r\n"
    "t=0 0\r\n"
    "a=group:BUNDLE 0 1\r\n"
    "a=extmap-allow-mixed\r\n"
    "a=msid-semantic: WMS 6f9bd3f1-2b0f-4d0f-9a0d-3b2f8a1c7e55\r\n"
    "m=audio 51472 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n"
    "c=IN IP4 192.0.2.33\r\n"
    "a=rtcp:9 IN IP4 0.0.0.0\r\n"
    "a=candidate:2135216033 1 udp 2113937151 5a7c1fd1-7a42-4a2b-8b5f-90ad7a4c6e0e.local 51472 typ host "
    "generation 0 network-cost 999\r\n"
    "a=candidate:842163049 1 udp 1677729535 192.0.2.33 51472 typ srflx raddr 0.0.0.0 rport 0 generation 0 "
    "network-cost 999\r\n"
    "a=ice-ufrag:kXhP\r\n"
    "a=ice-pwd:4yJtcq6oUCfbS2zVJpT1Y3hR\r\n"
    "a=ice-options:trickle\r\n"
    "a=fingerprint:sha-256 "
    "7B:8E:30:1B:0D:5C:6F:93:45:A1:F2:C4:88:19:DA:07:EE:63:2C:B9:51:0A:D7:3E:94:C0:26:FB:15:68:8D:42\r\n"
    "a=setup:actpass\r\n"
    "a=mid:0\r\n"
    "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
    "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
    "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
    "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
    "a=sendrecv\r\n"
    "a=msid:6f9bd3f1-2b0f-4d0f-9a0d-3b2f8a1c7e55 0d9b0f4c-5c31-4a94-8c0e-f6a2b9d3e871\r\n"
    "a=rtcp-mux\r\n"
    "a=rtcp-rsize\r\n"
    "a=rtpmap:111 opus/48000/2\r\n"
    "a=rtcp-fb:111 transport-cc\r\n"
    "a=fmtp:111 minptime=10;useinbandfec=1\r\n"
    "a=rtpmap:63 red/48000/2\r\n"
    "a=fmtp:63 111/111\r\n"
    "a=rtpmap:9 G722/8000\r\n"
    "a=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:13 CN/8000\r\n"
    "a=rtpmap:110 telephone-event/48000\r\n"
    "a=rtpmap:126 telephone-event/8000\r\n"
    "a=ssrc:2231627014 cname:9wYFAyY1mMkQvJ6L\r\n"
    "a=ssrc:2231627014 msid:6f9bd3f1-2b0f-4d0f-9a0d-3b2f8a1c7e55 0d9b0f4c-5c31-4a94-8c0e-f6a2b9d3e871\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n"
    "c=IN IP4 0.0.0.0\r\n"
    "a=rtcp:9 IN IP4 0.0.0.0\r\n"
    "a=ice-ufrag:kXhP\r\n"
    "a=ice-pwd:4yJtcq6oUCfbS2zVJpT1Y3hR\r\n"
    "a=ice-options:trickle\r\n"
    "a=fingerprint:sha-256 "
    "7B:8E:30:1B:0D:5C:6F:93:45:A1:F2:C4:88:19:DA:07:EE:63:2C:B9:51:0A:D7:3E:94:C0:26:FB:15:68:8D:42\r\n"
    "a=setup:actpass\r\n"
    "a=mid:1\r\n"
    "a=sendrecv\r\n"
    "a=rtcp-mux\r\n"
    "a=rtpmap:96 VP8/90000\r\n"
    "a=rtpmap:97 rtx/90000\r\n"
    "a=fmtp:97 apt=96\r\n";

/* What Firefox answers to an audio offer: the fingerprint is the session's, the address says nothing. */
static const char FIREFOX[] =
    "v=0\r\n"
    "o=mozilla...THIS_IS_SDPARTA-99.0 5206418171033478145 0 IN IP4 0.0.0.0\r\n"
    "s=-\r\n"
    "t=0 0\r\n"
    "a=fingerprint:sha-256 "
    "c9:0f:11:b3:5d:42:77:e8:a6:20:9b:fe:34:d1:68:0c:87:5a:ee:12:39:c4:70:bd:01:96:4f:a8:63:2e:d5:1b\r\n"
    "a=ice-options:trickle\r\n"
    "a=msid-semantic:WMS *\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 8 101\r\n"
    "c=IN IP4 0.0.0.0\r\n"
    "a=sendrecv\r\n"
    "a=ice-pwd:8b2a6f0e7c3d4915a0e2b7d6c8f13459\r\n"
    "a=ice-ufrag:1f2e3d4c\r\n"
    "a=mid:sdparta_0\r\n"
    "a=rtcp-mux\r\n"
    "a=rtpmap:8 PCMA/8000/1\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
    "a=fmtp:101 0-15\r\n"
    "a=setup:active\r\n";

#define FINGERPRINT                                                                                          \
    "sha-256 "                                                                                               \
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"

static const struct far_sdp_local_secure SECURE = {
    .ice_ufrag = "aB3+", .ice_pwd = "abcdefghijklmnopqrstuv", .fingerprint = FINGERPRINT};

static struct far_sdp_local local_of(const struct far_sdp_local_secure *secure)
{
    return (struct far_sdp_local){.address = "127.0.0.1",
                                  .ports = {21200},
                                  .ports_len = 1,
                                  .codecs = {FAR_CODEC_PCMA, FAR_CODEC_PCMU},
                                  .codecs_len = 2,
                                  .dtmf = true,
                                  .session_id = 9,
                                  .session_version = 1,
                                  .secure = secure};
}

static struct far_sdp parse(const char *text)
{
    struct far_sdp sdp;
    char error[FAR_SDP_ERROR_MAX] = "";
    assert_int_equal(far_sdp_parse(text, strlen(text), &sdp, error), FAR_OK);
    return sdp;
}

static void chromiums_offer_is_understood(void **state)
{
    (void)state;
    struct far_sdp sdp = parse(CHROMIUM);
    struct far_sdp_choice choice;
    char error[FAR_SDP_ERROR_MAX] = "";
    const struct far_sdp_media *audio = far_sdp_audio_secure(&sdp);
    assert_ptr_equal(audio, &sdp.media[0]);
    assert_null(far_sdp_audio(&sdp)); /* it is no plain RTP */
    assert_int_equal(far_sdp_choose(audio, &choice), FAR_ENOTFOUND);
    assert_string_equal(audio->secure.ice_ufrag, "kXhP");
    assert_string_equal(audio->secure.ice_pwd, "4yJtcq6oUCfbS2zVJpT1Y3hR");
    assert_memory_equal(audio->secure.fingerprint, "sha-256 7B:8E:30:", 17);
    assert_string_equal(audio->secure.mid, "0");
    assert_int_equal(audio->secure.setup, FAR_SDP_SETUP_ACTPASS);
    assert_true(audio->secure.rtcp_mux && audio->secure.bundled && !audio->secure.ice_lite);
    assert_true(sdp.media[1].secure.bundled);
    assert_int_equal(far_sdp_choose_secure(audio, &choice, error), FAR_OK);
    assert_int_equal(choice.codec, FAR_CODEC_PCMU);
    assert_int_equal(choice.dtmf_payload_type, 126);
    assert_int_equal(ntohs(choice.address.sin_port), 51472);
    assert_true(choice.peer_receives && choice.peer_sends);
    assert_int_equal(far_sdp_choose_secure(&sdp.media[1], &choice, error), FAR_ENOTFOUND);
}

static void chromium_is_answered(void **state)
{
    (void)state;
    struct far_sdp offer = parse(CHROMIUM), answer;
    struct far_sdp_local local = local_of(&SECURE);
    char text[4096];
    size_t len = 0;
    assert_int_equal(far_sdp_answer(&offer, &local, &answer), FAR_OK);
    assert_int_equal(far_sdp_write(&answer, text, sizeof(text), &len), FAR_OK);
    assert_string_equal(text,
                        "v=0\r\no=farseat 9 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                        "a=group:BUNDLE 0\r\na=ice-lite\r\n"
                        "m=audio 21200 UDP/TLS/RTP/SAVPF 0 126\r\nc=IN IP4 127.0.0.1\r\n"
                        "a=mid:0\r\na=ice-ufrag:aB3+\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n"
                        "a=fingerprint:" FINGERPRINT "\r\na=setup:passive\r\na=rtcp-mux\r\n"
                        "a=candidate:1 1 udp 2130706431 127.0.0.1 21200 typ host\r\n"
                        "a=rtpmap:0 PCMU/8000\r\na=rtpmap:126 telephone-event/8000\r\n"
                        "a=fmtp:126 0-15\r\na=ptime:20\r\na=sendrecv\r\n"
                        "m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\na=mid:1\r\n");
    (void)parse(text);
}

static void our_offer_is_for_browsers_alone(void **state)
{
    (void)state;
    struct far_sdp_local local = local_of(&SECURE), plain = local_of(NULL);
    struct far_sdp offer, back, answer;
    char text[4096];
    size_t len = 0;
    assert_int_equal(far_sdp_offer(&local, &offer), FAR_OK);
    assert_int_equal(far_sdp_write(&offer, text, sizeof(text), &len), FAR_OK);
    assert_non_null(strstr(text, "m=audio 21200 UDP/TLS/RTP/SAVPF 8 0 101\r\n"));
    assert_non_null(strstr(text, "a=setup:actpass\r\n"));
    assert_non_null(strstr(text, "a=group:BUNDLE 0\r\n"));
    assert_null(strstr(text, "RTP/AVP"));
    back = parse(text);
    assert_true(back.media[0].secure.ice_lite);
    assert_int_equal(far_sdp_answer(&back, &plain, &answer), FAR_ENOTFOUND);
    struct far_sdp ordinary;
    assert_int_equal(far_sdp_offer(&plain, &ordinary), FAR_OK);
    assert_int_equal(far_sdp_answer(&ordinary, &local, &answer), FAR_ENOTFOUND);
}

static void firefoxs_answer_is_understood(void **state)
{
    (void)state;
    struct far_sdp sdp = parse(FIREFOX);
    struct far_sdp_choice choice;
    const struct far_sdp_media *audio = far_sdp_audio_secure(&sdp);
    assert_non_null(audio);
    assert_int_equal(far_sdp_choose_secure(audio, &choice, NULL), FAR_OK);
    assert_int_equal(choice.codec, FAR_CODEC_PCMA);
    assert_int_equal(choice.address.sin_port, 0);
    assert_true(choice.peer_receives); /* 0.0.0.0 of a browser is no hold */
    assert_false(far_sdp_held(audio));
    assert_memory_equal(audio->secure.fingerprint, "sha-256 C9:0F:11:", 17);
    assert_int_equal(audio->secure.setup, FAR_SDP_SETUP_ACTIVE);
    assert_false(audio->secure.bundled);
}

static void a_browsers_hold_is_seen(void **state)
{
    (void)state;
    char text[sizeof(FIREFOX)];
    memcpy(text, FIREFOX, sizeof(text));
    memcpy(strstr(text, "a=sendrecv"), "a=sendonly", 10);
    struct far_sdp sdp = parse(text), answer;
    struct far_sdp_local local = local_of(&SECURE);
    assert_true(far_sdp_held(&sdp.media[0]));
    assert_int_equal(far_sdp_answer(&sdp, &local, &answer), FAR_OK);
    assert_int_equal(answer.media[0].direction, FAR_SDP_RECVONLY);
}

static void what_a_secure_line_lacks_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *cut, *put, *why;
    } rows[] = {{"a=ice-ufrag:1f2e3d4c", "a=ice-ufrag:1f2", "ice-ufrag"},
                {"a=ice-pwd:8b2a", "a=no-pwd:8b2a", "ice-pwd"},
                {"a=fingerprint:sha-256", "a=fingerprint:sha-384", "fingerprint"},
                {"a=fingerprint:sha-256 c9:0f", "a=fingerprint:sha-256 cg:0f", "fingerprint"},
                {"a=rtcp-mux", "a=rtcp-nix", "rtcp-mux"},
                {"a=setup:active", "a=setup:passive", "setup"},
                {"a=setup:active", "a=setup:holdconn", "setup"}};
    struct far_sdp_local local = local_of(&SECURE);
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        char text[sizeof(FIREFOX) + 64] = "", error[FAR_SDP_ERROR_MAX] = "";
        struct far_sdp answer;
        struct far_sdp_choice choice;
        const char *at = strstr(FIREFOX, rows[i].cut);
        assert_non_null(at);
        (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - FIREFOX), FIREFOX, rows[i].put,
                       at + strlen(rows[i].cut));
        struct far_sdp sdp = parse(text);
        assert_int_equal(far_sdp_choose_secure(&sdp.media[0], &choice, error), FAR_EPROTO);
        if (!strstr(error, rows[i].why)) fail_msg("'%s' is not in '%s'", rows[i].why, error);
        assert_int_equal(far_sdp_answer(&sdp, &local, &answer), FAR_ENOTFOUND);
    }
}

static void our_own_side_is_checked(void **state)
{
    (void)state;
    static const struct far_sdp_local_secure bad[] = {
        {.ice_ufrag = "abc", .ice_pwd = "abcdefghijklmnopqrstuv", .fingerprint = FINGERPRINT},
        {.ice_ufrag = "ab c", .ice_pwd = "abcdefghijklmnopqrstuv", .fingerprint = FINGERPRINT},
        {.ice_ufrag = "abcd", .ice_pwd = "short", .fingerprint = FINGERPRINT},
        {.ice_ufrag = "abcd", .ice_pwd = "abcdefghijklmnopqrstuv"},
        {.ice_pwd = "abcdefghijklmnopqrstuv", .fingerprint = FINGERPRINT}};
    for (size_t i = 0; i < FAR_ARRAY_LEN(bad); i++) {
        struct far_sdp_local local = local_of(&bad[i]);
        struct far_sdp offer;
        assert_int_equal(far_sdp_offer(&local, &offer), FAR_EINVAL);
    }
}

static void names_that_are_too_long_are_absent(void **state)
{
    (void)state;
    char text[1024] = "v=0\r\na=group:BUNDLE ";
    char mid[FAR_SDP_NAME_MAX + 1] = "", ufrag[FAR_SDP_ICE_MAX + 1] = "";
    memset(mid, 'm', FAR_SDP_NAME_MAX);
    memset(ufrag, 'u', FAR_SDP_ICE_MAX);
    (void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
                   "%s\r\nm=audio 9 UDP/TLS/RTP/SAVPF 8\r\na=mid:%s\r\na=ice-ufrag:%s\r\n", mid, mid, ufrag);
    struct far_sdp sdp = parse(text);
    assert_string_equal(sdp.media[0].secure.mid, "");
    assert_false(sdp.media[0].secure.bundled);
    assert_string_equal(sdp.media[0].secure.ice_ufrag, "");
    size_t len;
    (void)strcpy(sdp.media[0].secure.mid, "a\r\nb=c");
    assert_int_equal(far_sdp_write(&sdp, text, sizeof(text), &len), FAR_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chromiums_offer_is_understood),
        cmocka_unit_test(chromium_is_answered),
        cmocka_unit_test(our_offer_is_for_browsers_alone),
        cmocka_unit_test(firefoxs_answer_is_understood),
        cmocka_unit_test(a_browsers_hold_is_seen),
        cmocka_unit_test(what_a_secure_line_lacks_is_said),
        cmocka_unit_test(our_own_side_is_checked),
        cmocka_unit_test(names_that_are_too_long_are_absent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
