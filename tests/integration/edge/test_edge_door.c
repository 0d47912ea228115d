/* SPDX-License-Identifier: Apache-2.0 */
/* Browsers at the door: who is let in, what they may, and what becomes of them when they go. */
#include "browser.h"
#include "far/str.h"
#include "far/test.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INPUT(name) FARSEAT__V1__ACD_INPUT__BODY_##name

static struct rig rig;
static struct rig_edge *hq;
static struct browser_door door;

static int setup(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_user(&rig, "a1", "secret-1");
    rig_user(&rig, "a2", "secret-2");
    rig_user(&rig, "a3", "secret-3");
    rig_trunk(&rig, "t1", "127.0.0.1"); /* the door's own connections come from there too */
    hq = rig_edge(&rig, "edge-hq");
    browser_door(&rig, hq, &door);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

static const char *say(const struct hello *hello, const uint8_t *secret)
{
    static struct browser browser;
    char line[HELLO_LINE_MAX + 1];
    assert_int_equal(hello_write(hello, secret, line), FAR_OK);
    const char *answer = browser_say(&rig, &browser, &door, line);
    browser_close(&browser);
    return answer;
}

static void only_the_gateway_opens_it(void **state)
{
    static struct browser browser;
    static const uint8_t other[HELLO_SECRET_BYTES] = {9};
    struct hello hello;
    (void)state;
    long refused = rig_metric(&rig, hq, "farseat_edge_browsers_refused_total");
    browser_hello("a1", &hello);
    assert_int_equal(strncmp(say(&hello, other), "NO proof ", 9), 0);
    hello.at_s -= 61;
    assert_int_equal(strncmp(say(&hello, door.secret), "NO clock ", 9), 0);
    browser_hello("a1", &hello);
    assert_string_equal(say(&hello, door.secret), "OK");
    assert_int_equal(strncmp(say(&hello, door.secret), "NO replay ", 10), 0);
    browser_hello("stranger", &hello);
    assert_int_equal(strncmp(say(&hello, door.secret), "NO unknown-phone ", 17), 0);
    assert_int_equal(strncmp(browser_say(&rig, &browser, &door, "GET / HTTP/1.1\r\n"), "NO malformed", 12),
                     0);
    browser_close(&browser);
    char endless[HELLO_LINE_MAX + 100];
    memset(endless, 'x', sizeof(endless));
    endless[sizeof(endless) - 1] = '\0';
    assert_int_equal(strncmp(browser_say(&rig, &browser, &door, endless), "NO malformed", 12), 0);
    browser_close(&browser);
    rig_turn(&rig, 1000); /* the pulse shows it */
    assert_int_equal(rig_metric(&rig, hq, "farseat_edge_browsers_refused_total"), refused + 6);
}

static void a_browser_registers_without_digest(void **state)
{
    static struct browser browser;
    (void)state;
    browser_open(&rig, &browser, &door, "a1");
    browser_register(&rig, &browser);
    const Farseat__V1__PhoneBound *bound = rig_input(&rig, INPUT(PHONE_BOUND))->phone_bound;
    assert_string_equal(bound->phone, "a1");
    assert_string_equal(bound->answer, "browser");
    assert_string_equal(bound->address, "wss:203.0.113.9:51000"); /* its own, not ours */
    rig_turn(&rig, 600);
    assert_int_equal(rig_metric(&rig, hq, "farseat_edge_browsers"), 1);
    browser_close(&browser);
    const Farseat__V1__PhoneGone *gone = rig_input(&rig, INPUT(PHONE_GONE))->phone_gone;
    assert_string_equal(gone->phone, "a1");
    assert_string_equal(gone->cause, "browser-gone");
}

static void and_for_its_own_phone_only(void **state)
{
    static struct browser browser;
    (void)state;
    browser_open(&rig, &browser, &door, "a1");
    browser_request(&browser, "REGISTER", "sip:farseat",
                    "To: <sip:a2@farseat>\r\nContact: <sip:a2@abc.invalid;transport=ws>\r\n", "");
    (void)browser_message(&rig, &browser, "SIP/2.0 403");
    (void)far_str_copy(browser.phone, sizeof(browser.phone), "a2");
    browser_request(&browser, "REGISTER", "sip:farseat",
                    "To: <sip:a2@farseat>\r\nContact: <sip:a2@abc.invalid;transport=ws>\r\n", "");
    (void)browser_message(&rig, &browser, "SIP/2.0 403");
    browser_request(&browser, "INVITE", "sip:4001@farseat",
                    "To: <sip:4001@farseat>\r\nContact: <sip:a2@abc.invalid;transport=ws>\r\n", "");
    (void)browser_message(&rig, &browser, "SIP/2.0 403");
    browser_close(&browser);
    browser_open(&rig, &browser, &door, "a1"); /* nor an edge */
    browser_request(&browser, "INVITE", "sip:4001@farseat",
                    "To: <sip:4001@farseat>\r\nContact: <sip:a1@abc.invalid;transport=ws>\r\n"
                    "X-Farseat-Link: leg=a;bridge=b;edge=c;time=1;proof=0\r\n",
                    "");
    (void)browser_message(&rig, &browser, "SIP/2.0 403");
    browser_close(&browser);
    assert_false(rig_comes(&rig, INPUT(LEG_INCOMING), 200));
    assert_false(rig_comes(&rig, INPUT(PHONE_BOUND), 100));
}

/* Plain RTP: what it offers is what it is. */
static const char plain_sdp[] = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                                "m=audio 39998 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n";
#define SECURE_LINE(ufrag, setup, mid)                                                                       \
    "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"                                                        \
    "a=ice-ufrag:" ufrag "\r\na=ice-pwd:0123456789012345678901\r\n"                                          \
    "a=fingerprint:sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA" \
    ":BB:CC:DD:EE:FF\r\n"                                                                                    \
    "a=setup:" setup "\r\na=mid:" mid "\r\na=sendrecv\r\na=rtcp-mux\r\n"
static const char secure_sdp[] =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 8 101\r\n" SECURE_LINE(
        "abcd", "active", "0") "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n";
/* Its first m-line has no codec that we know. */
static const char second_sdp[] =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" SECURE_LINE(
        "wxyz", "actpass", "0") "a=rtpmap:111 opus/48000/2\r\n"
                                "m=audio 9 UDP/TLS/RTP/SAVPF 8\r\n" SECURE_LINE(
                                    "abcd", "actpass", "1") "a=rtpmap:8 PCMA/8000\r\n";
#define SDP "Content-Type: application/sdp\r\n"

static void invite(struct browser *browser, const char *sdp)
{
    browser_request(browser, "INVITE", "sip:4001@farseat",
                    "To: <sip:4001@farseat>\r\nContact: <sip:a1@abc.invalid;transport=ws>\r\n" SDP, sdp);
}

/* Of its last INVITE, whose answer was the last message. */
static void ack(struct browser *browser)
{
    char message[1024], to[256];
    browser_header(browser, "To", to, sizeof(to));
    (void)snprintf(message, sizeof(message),
                   "ACK sip:4001@%s:%d SIP/2.0\r\nVia: SIP/2.0/WSS abc123.invalid;branch=z9hG4bKa%u\r\n"
                   "Max-Forwards: 69\r\nFrom: <sip:%s@farseat>;tag=%s\r\nTo: %s\r\nCall-ID: %s-INVITE\r\n"
                   "CSeq: %u ACK\r\nContent-Length: 0\r\n\r\n",
                   hq->ip, hq->sip_port, browser->cseq, browser->phone, browser->tag, to, browser->call_id,
                   browser->cseq);
    browser_send(browser, message);
}

/* It calls from 127.0.0.1, which is a trunk's address, and is a phone all the same. */
static void a_browser_calls(struct browser *browser, const char *sdp, char ret_leg[64])
{
    browser_open(&rig, browser, &door, "a1");
    invite(browser, sdp);
    const Farseat__V1__LegIncoming *leg = rig_input(&rig, INPUT(LEG_INCOMING))->leg_incoming;
    assert_string_equal(leg->phone, "a1");
    assert_string_equal(leg->trunk_id, "");
    assert_string_equal(leg->source, "wss:203.0.113.9:51000");
    assert_string_equal(leg->called_raw, "4001");
    (void)far_str_copy(ret_leg, 64, leg->leg_id);
    assert_string_equal(rig_answer(&rig, hq, ret_leg), "");
    (void)browser_message(&rig, browser, "SIP/2.0 200");
    ack(browser);
    (void)rig_input(&rig, INPUT(LEG_ANSWERED));
}

static void a_call_goes_on_by_its_connection(void **state)
{
    static struct browser browser;
    char leg[64];
    (void)state;
    a_browser_calls(&browser, plain_sdp, leg);
    assert_string_equal(rig_hangup(&rig, hq, leg), "");
    (void)browser_message(&rig, &browser, "BYE "); /* though its Contact can be resolved by nobody */
    browser_answer(&browser, "200 OK", "", "");
    assert_string_equal(rig_input(&rig, INPUT(LEG_ENDED))->leg_ended->cause, "commanded");
    browser_close(&browser);
}

static void ice_name(const struct browser *browser, char ret_name[64])
{
    const char *at = strstr(browser->text, "a=ice-ufrag:");
    assert_non_null(at);
    assert_int_equal(sscanf(at, "a=ice-ufrag:%63s", ret_name), 1);
}

/* What the answer says about ICE is of the m-line that it takes: it stands when the same is offered again. */
static void the_second_line_is_taken_whole(void **state)
{
    static struct browser browser;
    char leg[64], first[64], again[64], to[256], headers[512];
    (void)state;
    a_browser_calls(&browser, second_sdp, leg);
    assert_non_null(strstr(browser.text, "m=audio 0 UDP/TLS/RTP/SAVPF 111"));
    ice_name(&browser, first);
    browser_header(&browser, "To", to, sizeof(to));
    (void)snprintf(headers, sizeof(headers), "To: %s\r\nContact: <sip:a1@abc.invalid;transport=ws>\r\n" SDP,
                   to);
    browser_request(&browser, "INVITE", "sip:4001@farseat", headers, second_sdp);
    (void)browser_message(&rig, &browser, "SIP/2.0 200");
    ack(&browser);
    ice_name(&browser, again);
    assert_string_equal(first, again);
    assert_string_equal(rig_hangup(&rig, hq, leg), "");
    (void)browser_message(&rig, &browser, "BYE ");
    browser_answer(&browser, "200 OK", "", "");
    (void)rig_input(&rig, INPUT(LEG_ENDED));
    browser_close(&browser);
}

static void who_goes_takes_his_legs_along(void **state)
{
    static struct browser browser;
    char leg[64];
    (void)state;
    a_browser_calls(&browser, plain_sdp, leg);
    browser_register(&rig, &browser);
    (void)rig_input(&rig, INPUT(PHONE_BOUND));
    size_t from = rig.inputs_read;
    browser_close(&browser);
    const Farseat__V1__LegEnded *ended = rig_input(&rig, INPUT(LEG_ENDED))->leg_ended;
    assert_string_equal(ended->leg_id, leg);
    assert_string_equal(ended->cause, "browser-gone");
    assert_false(ended->by_remote);
    rig.inputs_read = from;
    assert_string_equal(rig_input(&rig, INPUT(PHONE_GONE))->phone_gone->cause, "browser-gone");
}

static void a_browser_is_called(void **state)
{
    static struct browser browser;
    (void)state;
    browser_open(&rig, &browser, &door, "a1");
    browser_register(&rig, &browser);
    (void)rig_input(&rig, INPUT(PHONE_BOUND));
    assert_string_equal(rig_dial(&rig, hq, "b-1", "a1", 20000), "");
    (void)browser_message(&rig, &browser, "INVITE ");
    assert_non_null(strstr(browser.text, "UDP/TLS/RTP/SAVPF"));
    assert_non_null(strstr(browser.text, "a=setup:actpass"));
    assert_non_null(strstr(browser.text, "a=ice-lite"));
    browser_answer(&browser, "180 Ringing", "", "");
    (void)rig_input(&rig, INPUT(LEG_RINGING));
    Farseat__V1__TalkCommand talk = FARSEAT__V1__TALK_COMMAND__INIT;
    assert_string_equal(rig_command(&rig, hq, "b-1", FARSEAT__V1__EDGE_COMMAND__BODY_TALK, &talk),
                        "unsupported"); /* it answers by itself */
    browser_answer(&browser, "200 OK", SDP, secure_sdp);
    assert_string_equal(rig_input(&rig, INPUT(LEG_ANSWERED))->leg_answered->phone_address,
                        "wss:203.0.113.9:51000");
    (void)browser_message(&rig, &browser, "ACK ");
    rig_turn(&rig, 7000); /* no sound will ever come, but it has ten seconds */
    assert_false(rig_comes(&rig, INPUT(LEG_ENDED), 0));
    (void)browser_message(&rig, &browser, "BYE ");
    browser_answer(&browser, "200 OK", "", "");
    const Farseat__V1__LegEnded *ended = rig_input(&rig, INPUT(LEG_ENDED))->leg_ended;
    assert_string_equal(ended->cause, "media-failed");
    assert_true(ended->leg_ms >= 9000 && ended->leg_ms < 13000);
    rig_turn(&rig, 600);
    assert_int_equal(rig_metric(&rig, hq, "farseat_edge_sound_failed_total"), 1);
    browser_close(&browser);
    (void)rig_input(&rig, INPUT(PHONE_GONE));
}

static void a_browser_that_rings_and_goes(void **state)
{
    static struct browser browser;
    (void)state;
    browser_open(&rig, &browser, &door, "a1");
    browser_register(&rig, &browser);
    (void)rig_input(&rig, INPUT(PHONE_BOUND));
    assert_string_equal(rig_dial(&rig, hq, "b-2", "a1", 20000), "");
    (void)browser_message(&rig, &browser, "INVITE ");
    browser_answer(&browser, "180 Ringing", "", "");
    (void)rig_input(&rig, INPUT(LEG_RINGING));
    size_t from = rig.inputs_read;
    browser_close(&browser);
    assert_string_equal(rig_input(&rig, INPUT(LEG_ENDED))->leg_ended->cause, "browser-gone");
    rig.inputs_read = from;
    (void)rig_input(&rig, INPUT(PHONE_GONE));
}

/* Both ring; each is offered what it understands. */
static void a_desk_phone_beside_it(void **state)
{
    static struct browser browser;
    struct rig_sound sound;
    (void)state;
    int port = test_free_port();
    rig_register(&rig, hq, "a2", "secret-2", port);
    browser_open(&rig, &browser, &door, "a2");
    browser_register(&rig, &browser);
    assert_string_equal(rig_input(&rig, INPUT(PHONE_BOUND))->phone_bound->answer, "browser"); /* the best */
    pid_t pid = rig_call_out(&rig, hq, "a2", "agent", port, &sound, "b-3");
    (void)browser_message(&rig, &browser, "INVITE ");
    assert_non_null(strstr(browser.text, "UDP/TLS/RTP/SAVPF"));
    browser_answer(&browser, "180 Ringing", "", "");
    char address[64];
    (void)snprintf(address, sizeof(address), "udp:127.0.0.1:%d", port);
    assert_string_equal(rig_input(&rig, INPUT(LEG_ANSWERED))->leg_answered->phone_address, address);
    (void)browser_message(&rig, &browser, "CANCEL ");
    size_t from = rig.inputs_read;
    browser_close(&browser); /* not its call: the leg stays */
    assert_string_equal(rig_input(&rig, INPUT(PHONE_BOUND))->phone_bound->answer, "manual");
    rig.inputs_read = from;
    assert_false(rig_comes(&rig, INPUT(LEG_ENDED), 300));
    assert_string_equal(rig_hangup(&rig, hq, "b-3"), "");
    assert_string_equal(rig_input(&rig, INPUT(LEG_ENDED))->leg_ended->cause, "commanded");
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void and_the_browser_is_quicker(void **state)
{
    static struct browser browser;
    struct rig_sound sound;
    (void)state;
    int port = test_free_port();
    rig_register(&rig, hq, "a3", "secret-3", port);
    browser_open(&rig, &browser, &door, "a3");
    browser_register(&rig, &browser);
    (void)rig_input(&rig, INPUT(PHONE_BOUND));
    pid_t pid = rig_call_out(&rig, hq, "a3", "agent_silent", port, &sound, "b-4");
    (void)rig_input(&rig, INPUT(LEG_RINGING)); /* the desk phone */
    (void)browser_message(&rig, &browser, "INVITE ");
    browser_answer(&browser, "200 OK", SDP, secure_sdp);
    assert_string_equal(rig_input(&rig, INPUT(LEG_ANSWERED))->leg_answered->phone_address,
                        "wss:203.0.113.9:51000");
    (void)browser_message(&rig, &browser, "ACK ");
    assert_int_equal(rig_sipp_end(&rig, pid), 0); /* it was cancelled */
    assert_string_equal(rig_hangup(&rig, hq, "b-4"), "");
    (void)browser_message(&rig, &browser, "BYE ");
    browser_answer(&browser, "200 OK", "", "");
    assert_string_equal(rig_input(&rig, INPUT(LEG_ENDED))->leg_ended->cause, "commanded");
    browser_close(&browser);
    (void)rig_input(&rig, INPUT(PHONE_BOUND)); /* the desk phone alone */
    rig_sound_close(&sound);
}

static void garbage_ends_it(void **state)
{
    static const struct {
        const char *data;
        size_t len;
    } rows[] = {
        {"\0\0\0\0", 4}, /* an empty frame */
        {"\0\1\0\0", 4}, /* one of 65536 bytes */
        {"\xff\xff\xff\xffx", 5},
        {"\0\0\0\5hello", 9},                           /* no SIP */
        {"\0\0\0\x1bREGISTER sip:a SIP/2.0\r\nTo", 31}, /* a head that does not end */
    };
    static struct browser browser;
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        browser_open(&rig, &browser, &door, "a3");
        browser_send_bytes(&browser, "\0\0\0\4\r\n\r\n", 8); /* a keep-alive is none */
        browser_send_bytes(&browser, rows[i].data, rows[i].len);
        assert_true(browser_is_closed(&rig, &browser));
        browser_close(&browser);
    }
    rig_turn(&rig, 1000);
    assert_int_equal(rig_metric(&rig, hq, "farseat_edge_browsers_malformed_total"),
                     (long)FAR_ARRAY_LEN(rows));
    assert_int_equal(rig_metric(&rig, hq, "farseat_edge_browsers"), 0);
}

static void frames_may_come_in_pieces(void **state)
{
    static struct browser browser;
    static const char text[] =
        "OPTIONS sip:farseat SIP/2.0\r\nVia: SIP/2.0/WSS abc.invalid;branch=z9hG4bKp1\r\n"
        "Max-Forwards: 1\r\nFrom: <sip:a3@farseat>;tag=p\r\nTo: <sip:a3@farseat>\r\n"
        "Call-ID: pieces\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    (void)state;
    browser_open(&rig, &browser, &door, "a3");
    uint8_t head[4] = {0, 0, (uint8_t)(strlen(text) >> 8), (uint8_t)strlen(text)};
    for (size_t i = 0; i < 4; i++) {
        browser_send_bytes(&browser, head + i, 1);
        rig_turn(&rig, 2);
    }
    for (size_t i = 0; i < strlen(text); i += 40) {
        size_t len = strlen(text) - i < 40 ? strlen(text) - i : 40;
        browser_send_bytes(&browser, text + i, len);
        rig_turn(&rig, 2);
    }
    (void)browser_message(&rig, &browser, "SIP/2.0 200");
    browser_close(&browser);
}

/* Far more than a person's phone says: it waits, and nothing is lost. */
static void a_flood_is_slowed_down(void **state)
{
    static struct browser browser;
    (void)state;
    browser_open(&rig, &browser, &door, "a3");
    for (int i = 0; i < 120; i++)
        browser_request(&browser, "OPTIONS", "sip:farseat", "To: <sip:a3@farseat>\r\n", "");
    for (int i = 0; i < 120; i++)
        (void)browser_message(&rig, &browser, "SIP/2.0 200");
    browser_close(&browser);
}

static void one_phone_has_so_many_browsers_only(void **state)
{
    static struct browser browsers[8], late;
    struct hello hello;
    char line[HELLO_LINE_MAX + 1];
    (void)state;
    rig_turn(&rig, 100);
    for (size_t i = 0; i < FAR_ARRAY_LEN(browsers); i++)
        browser_open(&rig, &browsers[i], &door, "a3");
    browser_hello("a3", &hello);
    assert_int_equal(hello_write(&hello, door.secret, line), FAR_OK);
    assert_int_equal(strncmp(browser_say(&rig, &late, &door, line), "NO busy ", 8), 0);
    browser_close(&late);
    for (size_t i = 0; i < FAR_ARRAY_LEN(browsers); i++)
        browser_close(&browsers[i]);
}

/* The door goes with the drain, and another life has another secret and knows no browser. */
static void a_new_life_has_a_new_door(void **state)
{
    static struct browser browser;
    struct browser_door former = door;
    (void)state;
    browser_open(&rig, &browser, &door, "a1");
    browser_register(&rig, &browser);
    (void)rig_input(&rig, INPUT(PHONE_BOUND));
    rig_edge_end(&rig, hq, SIGKILL);
    assert_true(browser_is_closed(&rig, &browser));
    browser_close(&browser);
    hq = rig_edge(&rig, "edge-hq");
    for (int i = 0; i < 100 && memcmp(former.secret, door.secret, sizeof(door.secret)) == 0; i++) {
        rig_turn(&rig, 50);
        browser_door(&rig, hq, &door);
    }
    assert_int_not_equal(memcmp(former.secret, door.secret, sizeof(door.secret)), 0);
    const Farseat__V1__PhoneBound *bound = rig_input(&rig, INPUT(PHONE_BOUND))->phone_bound;
    /* The desk phones are read back, the browser is not. */
    assert_string_equal(bound->answer, "manual");
    assert_string_equal(rig_input(&rig, INPUT(PHONE_BOUND))->phone_bound->answer, "manual");
    assert_false(rig_comes(&rig, INPUT(PHONE_BOUND), 300));
    rig_edge_end(&rig, hq, SIGTERM);
    assert_false(browser_door_is(&rig, hq));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_the_gateway_opens_it),
        cmocka_unit_test(a_browser_registers_without_digest),
        cmocka_unit_test(and_for_its_own_phone_only),
        cmocka_unit_test(a_call_goes_on_by_its_connection),
        cmocka_unit_test(the_second_line_is_taken_whole),
        cmocka_unit_test(who_goes_takes_his_legs_along),
        cmocka_unit_test(a_browser_is_called),
        cmocka_unit_test(a_browser_that_rings_and_goes),
        cmocka_unit_test(a_desk_phone_beside_it),
        cmocka_unit_test(and_the_browser_is_quicker),
        cmocka_unit_test(garbage_ends_it),
        cmocka_unit_test(frames_may_come_in_pieces),
        cmocka_unit_test(a_flood_is_slowed_down),
        cmocka_unit_test(one_phone_has_so_many_browsers_only),
        cmocka_unit_test(a_new_life_has_a_new_door),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
