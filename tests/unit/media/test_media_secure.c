/* SPDX-License-Identifier: Apache-2.0 */
/* Browsers' endpoints, on loopback: what they share with plain ones, and what they refuse. */
#include "engine.h"
#include "secure_peer.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct rig rig;
static const struct browser_check NOMINATE = {.nominate = true};
static const struct browser_check PLAIN = {.nominate = false};

static struct media_metrics metrics_now(void)
{
    struct media_metrics metrics;
    media_engine_metrics(rig.engine, &metrics);
    return metrics;
}

/* Wait until something has been dropped for this reason so often. */
static void expect_dropped(uint64_t endpoint_id, enum media_drop why, uint64_t count)
{
    for (unsigned i = 0; i < 100000; i++) {
        (void)rig_stats(&rig, endpoint_id);
        if (metrics_now().dropped[why] >= count) return;
    }
    fail_msg("fewer than %lu dropped as %s", (unsigned long)count, media_drop_name(why));
}

static void a_browser_and_a_phone_hear_each_other(void **state)
{
    (void)state;
    struct browser browser;
    struct phone phone;
    struct heard heard;
    rig_start(&rig, 1);
    browser_open(&rig, &browser, 1, 1, FAR_CODEC_PCMU);
    phone_open(&rig, &phone, 2, 1, FAR_CODEC_PCMA);
    assert_int_equal(media_bridge(rig.engine, 1, 2), FAR_OK);
    browser_connect(&rig, &browser);
    (void)rig_stats(&rig, 1);
    for (int i = 0; i < 5; i++) {
        browser_say(&browser, 0xff); /* silence in mu-law; 0xd5 in A-law */
        phone_expect(&phone, 0xd5, &heard);
        assert_int_equal(heard.rtp.payload_type, 8);
        assert_int_equal(heard.len, FAR_RTP_HEADER + FAR_G711_FRAME);
        phone_say(&phone, 0xd5);
        browser_expect(&browser, far_ulaw_encode(far_alaw_decode(0xd5)), &heard);
        assert_int_equal(heard.rtp.payload_type, 0);
    }
    struct media_stats stats = rig_stats(&rig, 1);
    assert_int_equal(stats.rx_packets, 5);
    assert_int_equal(stats.rx_lost, 0);
    assert_int_equal(stats.remote.sin_port, browser.phone.address.sin_port);
    assert_true(stats.rtcp_last_at_us > 0); /* the check: a sign of life */
    struct media_metrics metrics = metrics_now();
    assert_int_equal(metrics.handshakes, 1);
    assert_int_equal(metrics.handshaking, 0);
    assert_int_equal(metrics.handshakes_failed, 0);
    assert_false(rig_has(&rig, MEDIA_EV_SECURE, 1)); /* once */
    browser_done(&browser);
    phone_done(&phone);
    rig_stop(&rig);
}

static void two_browsers_hear_each_other(void **state)
{
    (void)state;
    struct browser a, b;
    struct heard heard;
    rig_start(&rig, 2);
    browser_open(&rig, &a, 1, 0, FAR_CODEC_PCMA);
    browser_open(&rig, &b, 2, 1, FAR_CODEC_PCMA); /* on another thread */
    browser_connect(&rig, &a);
    assert_int_equal(browser_checks(&b, &NOMINATE), 200);
    assert_int_equal(media_bridge(rig.engine, 1, 2),
                     FAR_OK); /* b moves with its path, before its handshake */
    assert_true(browser_handshake(&b));
    assert_true(rig_wait(&rig, MEDIA_EV_SECURE, 2).secure.up);
    (void)rig_stats(&rig, 2);
    for (int i = 0; i < 5; i++) {
        browser_say(&a, 0x11);
        browser_expect(&b, 0x11, &heard);
        browser_say(&b, 0x22);
        browser_expect(&a, 0x22, &heard);
    }
    browser_done(&a);
    browser_done(&b);
    rig_stop(&rig);
}

static void the_answer_may_come_after_the_handshake(void **state)
{
    (void)state;
    struct browser browser;
    struct heard heard;
    rig_start(&rig, 1);
    browser_open_offered(&rig, &browser, 1);
    assert_int_equal(media_echo(rig.engine, 1, true), FAR_OK);
    assert_int_equal(browser_checks(&browser, &NOMINATE), 200);
    assert_true(browser_handshake(&browser));
    browser_say(&browser, 0x33); /* nobody knows yet whose voice that is */
    expect_dropped(1, MEDIA_DROP_UNSECURED, 1);
    assert_false(rig_has(&rig, MEDIA_EV_SECURE, 1));
    browser_answer(&rig, &browser, browser.fingerprint);
    assert_true(rig_wait(&rig, MEDIA_EV_SECURE, 1).secure.up);
    browser_say(&browser, 0x44);
    browser_expect(&browser, 0x44, &heard);
    assert_int_equal(heard.rtp.sequence >> 15, 0); /* so that both count roll-overs alike */
    browser_done(&browser);
    rig_stop(&rig);
}

static const char *other_fingerprint(const struct browser *browser)
{
    static char text[MEDIA_FINGERPRINT_MAX];
    strcpy(text, browser->fingerprint);
    text[8] = text[8] == 'A' ? 'B' : 'A';
    return text;
}

static void expect_refused(struct browser *browser)
{
    struct media_event event = rig_wait(&rig, MEDIA_EV_SECURE, 1);
    assert_false(event.secure.up);
    assert_non_null(strstr(event.secure.text, "fingerprint"));
    assert_int_equal(metrics_now().handshakes_failed, 1);
    assert_int_equal(metrics_now().handshaking, 0);
    uint64_t before = metrics_now().dropped[MEDIA_DROP_UNSECURED];
    browser_say(browser, 0x11);
    expect_dropped(1, MEDIA_DROP_UNSECURED, before + 1);
    assert_int_equal(rig_stats(&rig, 1).rx_packets, 0);
    assert_int_equal(rig_stats(&rig, 1).tx_packets, 0);
}

static void another_certificate_is_refused(void **state)
{
    (void)state;
    for (int late = 0; late < 2; late++) {
        struct browser browser;
        rig_start(&rig, 1);
        browser_open_offered(&rig, &browser, 1);
        assert_int_equal(media_echo(rig.engine, 1, true), FAR_OK);
        if (!late) browser_answer(&rig, &browser, other_fingerprint(&browser));
        assert_int_equal(browser_checks(&browser, &NOMINATE), 200);
        assert_true(browser_handshake(&browser)); /* it learns of it only by silence */
        if (late) browser_answer(&rig, &browser, other_fingerprint(&browser));
        expect_refused(&browser);
        browser_done(&browser);
        rig_stop(&rig);
    }
}

static void nothing_is_taken_that_is_not_secured(void **state)
{
    (void)state;
    struct browser browser;
    struct heard heard;
    uint8_t hello[80] = {22, 0xfe, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 67}; /* the beginning of DTLS */
    rig_start(&rig, 1);
    browser_open(&rig, &browser, 1, 1, FAR_CODEC_PCMA);
    assert_int_equal(media_echo(rig.engine, 1, true), FAR_OK);
    phone_say(&browser.phone, 0x55);
    expect_dropped(1, MEDIA_DROP_UNSECURED, 1);
    phone_send_raw(&browser.phone, hello, sizeof(hello));
    expect_dropped(1, MEDIA_DROP_DTLS, 1); /* its address has not passed a check */
    assert_int_equal(metrics_now().handshakes, 0);
    const struct browser_check wrong = {.nominate = true, .pwd = "not-the-password-at-all"};
    uint8_t bytes[512];
    phone_send_raw(&browser.phone, bytes, browser_request(&browser.names, &wrong, bytes, sizeof(bytes)));
    expect_dropped(1, MEDIA_DROP_STUN, 1);
    assert_true(phone_silent(&browser.phone)); /* nobody is answered who does not know the password */
    browser_connect(&rig, &browser);
    phone_say(&browser.phone, 0x66); /* plain, beside the keys */
    expect_dropped(1, MEDIA_DROP_SRTP, 1);
    browser.phone.engine.sin_port = htons((uint16_t)(ntohs(browser.phone.engine.sin_port) + 1));
    phone_say(&browser.phone, 0x66); /* to the port of plain RTCP */
    expect_dropped(1, MEDIA_DROP_UNSECURED, 2);
    browser.phone.engine.sin_port = htons((uint16_t)(ntohs(browser.phone.engine.sin_port) - 1));
    browser_say(&browser, 0x77);
    browser_expect(&browser, 0x77, &heard);
    assert_int_equal(rig_stats(&rig, 1).rx_packets, 1);
    browser_done(&browser);
    rig_stop(&rig);
}

static void what_was_forged_or_repeated_is_dropped(void **state)
{
    (void)state;
    struct browser browser;
    struct heard heard;
    uint8_t packet[FAR_RTP_BYTES_MAX], damaged[FAR_RTP_BYTES_MAX];
    rig_start(&rig, 1);
    browser_open(&rig, &browser, 1, 1, FAR_CODEC_PCMA);
    assert_int_equal(media_echo(rig.engine, 1, true), FAR_OK);
    browser_connect(&rig, &browser);
    size_t len = browser_seal(&browser, 0x11, packet);
    phone_send_raw(&browser.phone, packet, len);
    browser_expect(&browser, 0x11, &heard);
    phone_send_raw(&browser.phone, packet, len);
    expect_dropped(1, MEDIA_DROP_SRTP, 1);
    len = browser_seal(&browser, 0x22, packet);
    memcpy(damaged, packet, len);
    damaged[20] ^= 1;
    phone_send_raw(&browser.phone, damaged, len);
    expect_dropped(1, MEDIA_DROP_SRTP, 2);
    phone_send_raw(&browser.phone, packet, len - 4);
    expect_dropped(1, MEDIA_DROP_SRTP, 3);
    phone_send_raw(&browser.phone, packet, len);
    browser_expect(&browser, 0x22, &heard);
    assert_int_equal(rig_stats(&rig, 1).rx_packets, 2);
    browser_done(&browser);
    rig_stop(&rig);
}

static void a_browser_that_moves_is_followed(void **state)
{
    (void)state;
    struct browser browser;
    struct heard heard;
    rig_start(&rig, 1);
    browser_open(&rig, &browser, 1, 1, FAR_CODEC_PCMA);
    assert_int_equal(media_echo(rig.engine, 1, true), FAR_OK);
    browser_connect(&rig, &browser);
    browser_say(&browser, 0x11);
    browser_expect(&browser, 0x11, &heard);
    browser_move(&browser);
    browser_say(&browser, 0x22); /* the keys are right, but the address has not passed a check */
    expect_dropped(1, MEDIA_DROP_STRAY, 1);
    assert_int_equal(browser_checks(&browser, &PLAIN), 200);
    browser_say(&browser, 0x33); /* is heard, but the answer still goes to where was nominated */
    (void)rig_stats_received(&rig, 1, 2);
    assert_int_equal(browser_checks(&browser, &NOMINATE), 200);
    browser_say(&browser, 0x44);
    browser_expect(&browser, 0x44, &heard);
    assert_int_equal(rig_stats(&rig, 1).remote.sin_port, browser.phone.address.sin_port);
    browser_done(&browser);
    rig_stop(&rig);
}

static void sound_flows_to_where_was_nominated(void **state)
{
    (void)state;
    struct browser browser;
    rig_start(&rig, 1);
    browser_open(&rig, &browser, 1, 1, FAR_CODEC_PCMA);
    assert_int_equal(browser_checks(&browser, &PLAIN), 200);
    assert_true(browser_handshake(&browser));
    browser_say(&browser, 0x11);
    expect_dropped(1, MEDIA_DROP_UNSECURED, 1);
    assert_false(rig_has(&rig, MEDIA_EV_SECURE, 1));
    const struct browser_check conflict = {.nominate = true, .controlled = true};
    assert_int_equal(browser_checks(&browser, &conflict), 487);
    assert_false(rig_has(&rig, MEDIA_EV_SECURE, 1));
    assert_int_equal(browser_checks(&browser, &NOMINATE), 200);
    assert_true(rig_wait(&rig, MEDIA_EV_SECURE, 1).secure.up);
    browser_done(&browser);
    rig_stop(&rig);
}

/* A restart changes names and passwords; keys and sound stay. */
static void ice_can_be_restarted(void **state)
{
    (void)state;
    struct browser browser;
    struct heard heard;
    uint8_t bytes[512];
    rig_start(&rig, 1);
    browser_open(&rig, &browser, 1, 1, FAR_CODEC_PCMA);
    assert_int_equal(media_echo(rig.engine, 1, true), FAR_OK);
    browser_connect(&rig, &browser);
    size_t len = browser_request(&browser.names, &NOMINATE, bytes, sizeof(bytes));
    assert_int_equal(media_secure_local(&browser.names), FAR_OK);
    assert_int_equal(media_endpoint_secure(rig.engine, 1, &browser.names), FAR_OK);
    (void)rig_stats(&rig, 1);
    browser_say(&browser, 0x11);
    browser_expect(&browser, 0x11, &heard);
    phone_send_raw(&browser.phone, bytes, len); /* by the old names */
    expect_dropped(1, MEDIA_DROP_STUN, 1);
    browser_move(&browser);
    assert_int_equal(browser_checks(&browser, &NOMINATE), 200);
    browser_say(&browser, 0x22);
    browser_expect(&browser, 0x22, &heard);
    assert_int_equal(metrics_now().handshakes, 1);
    browser_done(&browser);
    rig_stop(&rig);
}

static void plays_wait_for_the_keys_and_digits_pass(void **state)
{
    (void)state;
    struct browser browser;
    struct heard heard;
    static const uint8_t five[4] = {5, 0x80 | 10, 800 >> 8, 800 & 0xff};
    rig_start(&rig, 1);
    rig_prompt(&rig, "greeting.wav", 8000, 800); /* five packets */
    browser_open(&rig, &browser, 1, 1, FAR_CODEC_PCMA);
    const struct media_play play = {.play_id = 7, .files = {"greeting.wav"}, .files_len = 1};
    assert_int_equal(media_play(rig.engine, 1, &play), FAR_OK);
    browser_connect(&rig, &browser);
    for (int i = 0; i < 5; i++)
        browser_expect(&browser, far_alaw_encode(8000), &heard);
    assert_int_equal(rig_wait(&rig, MEDIA_EV_PLAY_DONE, 1).play.played_ms, 100);
    for (int i = 0; i < 3; i++)
        browser_event(&browser, five, 16000, i == 0);
    assert_int_equal(rig_wait(&rig, MEDIA_EV_DIGIT, 1).digit.digit, '5');
    assert_int_equal(media_echo(rig.engine, 1, true), FAR_OK);
    assert_int_equal(media_mute(rig.engine, 1, true), FAR_OK);
    browser_say(&browser, 0x11);
    (void)rig_stats_received(&rig, 1, 4);
    assert_int_equal(media_mute(rig.engine, 1, false), FAR_OK);
    (void)rig_stats(&rig, 1);
    browser_say(&browser, 0x22);
    browser_expect(&browser, 0x22, &heard);
    assert_int_equal(media_digit_send(rig.engine, 1, '9', 80), FAR_OK);
    browser_expect(&browser, 9, &heard);
    assert_int_equal(heard.rtp.payload_type, 101);
    browser_done(&browser);
    rig_stop(&rig);
}

static void a_recorder_hears_a_browser_in_plain(void **state)
{
    (void)state;
    struct browser browser;
    struct phone phone;
    struct heard heard;
    struct media_fork_local local;
    struct media_fork_stream streams[2];
    int fds[2];
    rig_start(&rig, 1);
    browser_open(&rig, &browser, 1, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &phone, 2, 1, FAR_CODEC_PCMA);
    for (size_t i = 0; i < 2; i++) {
        streams[i] = (struct media_fork_stream){.codec = FAR_CODEC_PCMA, .payload_type = 8};
        fds[i] = socket_on_loopback(&streams[i].address);
    }
    assert_int_equal(media_bridge(rig.engine, 1, 2), FAR_OK);
    assert_int_equal(media_fork_open(rig.engine, 1, 900, &local), FAR_OK);
    assert_int_equal(media_fork(rig.engine, 1, 900, &streams[0], &streams[1]), FAR_OK);
    browser_connect(&rig, &browser);
    browser_say(&browser, 0x11);
    phone_expect(&phone, 0x11, &heard);
    phone_say(&phone, 0x22);
    browser_expect(&browser, 0x22, &heard);
    for (size_t i = 0; i < 2; i++) {
        const struct phone recorder = {.fd = fds[i]};
        phone_expect(&recorder, i == 0 ? 0x11 : 0x22, &heard);
        assert_int_equal(heard.len, FAR_RTP_HEADER + FAR_G711_FRAME);
        (void)close(fds[i]);
    }
    browser_done(&browser);
    phone_done(&phone);
    rig_stop(&rig);
}

static void reports_come_and_go_on_the_one_port(void **state)
{
    (void)state;
    struct browser browser;
    struct heard heard;
    rig_start(&rig, 1);
    browser_open(&rig, &browser, 1, 1, FAR_CODEC_PCMA);
    assert_int_equal(media_echo(rig.engine, 1, true), FAR_OK);
    browser_connect(&rig, &browser);
    browser_say(&browser, 0x11);
    browser_expect(&browser, 0x11, &heard);
    browser_report(&browser, heard.rtp.ssrc, 42);
    for (unsigned i = 0; i < 100000 && rig_stats(&rig, 1).remote_lost == 0; i++)
        ;
    assert_int_equal(rig_stats(&rig, 1).remote_lost, 42);
    browser_expect_report(&browser); /* each five seconds */
    browser_done(&browser);
    rig_stop(&rig);
}

/* Whatever comes from whomever: the browser connects and talks all the same. */
static void garbage_harms_nothing(void **state)
{
    (void)state;
    struct browser browser;
    struct phone stranger;
    struct heard heard;
    uint8_t bytes[400];
    uint32_t random = 12345;
    rig_start(&rig, 1);
    browser_open(&rig, &browser, 1, 1, FAR_CODEC_PCMA);
    assert_int_equal(media_echo(rig.engine, 1, true), FAR_OK);
    stranger = browser.phone;
    stranger.fd = socket_on_loopback(&stranger.address);
    for (unsigned i = 0; i < 1024; i++) {
        if (i == 512) browser_connect(&rig, &browser);
        for (size_t k = 0; k < sizeof(bytes); k++)
            bytes[k] = (uint8_t)((random = random * 1664525u + 1013904223u) >> 24);
        bytes[0] = (uint8_t)i;
        phone_send_raw(i % 3 == 0 ? &browser.phone : &stranger, bytes, 1 + random % sizeof(bytes));
        if (i % 64 == 63) (void)rig_stats(&rig, 1); /* no more than a socket holds */
    }
    browser_say(&browser, 0x11);
    browser_expect(&browser, 0x11, &heard);
    assert_int_equal(rig_stats(&rig, 1).rx_packets, 1);
    browser_done(&browser);
    phone_done(&stranger);
    rig_stop(&rig);
}

static void arguments_are_checked(void **state)
{
    (void)state;
    struct sockaddr_in unused;
    struct media_secure good = {0};
    rig_start(&rig, 1);
    assert_int_equal(media_endpoint_open(rig.engine, 1, 1, &unused), FAR_OK);
    assert_int_equal(media_secure_local(&good), FAR_OK);
    strcpy(good.remote_fingerprint, media_secure_fingerprint(rig.engine));
    assert_int_equal(strlen(good.remote_fingerprint), MEDIA_FINGERPRINT_MAX - 1);
    struct media_secure bad = good;
    strcpy(bad.local_pwd, "short");
    assert_int_equal(media_endpoint_secure(rig.engine, 1, &bad), FAR_EINVAL);
    bad = good;
    strcpy(bad.local_ufrag, "abc");
    assert_int_equal(media_endpoint_secure(rig.engine, 1, &bad), FAR_EINVAL);
    bad = good;
    memset(bad.remote_ufrag, 'u', sizeof(bad.remote_ufrag));
    assert_int_equal(media_endpoint_secure(rig.engine, 1, &bad), FAR_EINVAL);
    bad = good;
    bad.remote_fingerprint[10] = '-';
    assert_int_equal(media_endpoint_secure(rig.engine, 1, &bad), FAR_EINVAL);
    assert_int_equal(media_endpoint_secure(rig.engine, 2, &good), FAR_ENOTFOUND);
    assert_int_equal(media_endpoint_secure(rig.engine, 1, &good), FAR_OK);
    rig_stop(&rig);
}

/* ---- without a thread: time is ours
 * ------------------------------------------------------------------------- */

static struct media_event last_event;
static void keep_event(void *context, const struct media_event *event)
{
    (void)context;
    last_event = *event;
}

static void a_browser_that_never_comes_is_given_up(void **state)
{
    (void)state;
    static struct media_engine engine;
    static struct media_thread thread;
    struct endpoint endpoint = {.id = 5, .rtp_fd = -1};
    struct media_secure names = {0};
    engine.emit = keep_event;
    thread.engine = &engine;
    thread.now_us = 1000000;
    assert_int_equal(media_secure_local(&names), FAR_OK);
    secure_set(&thread, &endpoint, secure_new(&names));
    thread.now_us += 10 * SECURE_WAIT_US; /* our offer may ring as long as it likes */
    secure_housekeep(&thread, &endpoint);
    assert_int_equal(last_event.endpoint_id, 0);
    memset(names.remote_fingerprint, 'A', MEDIA_FINGERPRINT_MAX - 1);
    secure_set(&thread, &endpoint, secure_new(&names));
    thread.now_us += SECURE_WAIT_US - 1;
    secure_housekeep(&thread, &endpoint);
    assert_int_equal(last_event.endpoint_id, 0);
    thread.now_us += 1;
    secure_housekeep(&thread, &endpoint);
    assert_int_equal(last_event.endpoint_id, 5);
    assert_int_equal(last_event.kind, MEDIA_EV_SECURE);
    assert_false(last_event.secure.up);
    assert_non_null(strstr(last_event.secure.text, "no STUN check"));
    endpoint.secure = secure_free(endpoint.secure);
}

static void handshakes_at_a_time_are_limited(void **state)
{
    (void)state;
    static struct media_engine engine;
    static struct media_thread thread;
    struct endpoint endpoint = {.id = 5, .rtp_fd = -1};
    struct sockaddr_in from = {.sin_family = AF_INET, .sin_port = 1234};
    struct media_secure names = {0};
    engine.emit = keep_event;
    thread.engine = &engine;
    assert_int_equal(secure_dtls_context_create(&engine.dtls), FAR_OK);
    assert_int_equal(media_secure_local(&names), FAR_OK);
    secure_set(&thread, &endpoint, secure_new(&names));
    size_t len = browser_request(&names, &NOMINATE, thread.buffer, sizeof(thread.buffer));
    assert_int_equal(secure_receive(&thread, &endpoint, &from, len), 0);
    assert_int_equal(endpoint.secure->paths_len, 1);
    thread.buffer[0] = 22;
    gauge_add(&thread.counters.handshaking, SECURE_HANDSHAKES_MAX);
    assert_int_equal(secure_receive(&thread, &endpoint, &from, 100), 0);
    assert_null(endpoint.secure->dtls);
    assert_int_equal(thread.counters.dropped[MEDIA_DROP_DTLS], 1);
    gauge_add(&thread.counters.handshaking, -1);
    assert_int_equal(secure_receive(&thread, &endpoint, &from, 100), 0);
    assert_non_null(endpoint.secure->dtls);
    for (uint16_t port = 1; port < 100; port++) { /* nor are paths without end, and the one in use stays */
        const struct sockaddr_in other = {.sin_family = AF_INET, .sin_port = port};
        len = browser_request(&names, &PLAIN, thread.buffer, sizeof(thread.buffer));
        assert_int_equal(secure_receive(&thread, &endpoint, &other, len), 0);
    }
    assert_int_equal(endpoint.secure->paths_len, SECURE_PATHS_MAX);
    bool kept = false;
    for (size_t i = 0; i < SECURE_PATHS_MAX; i++)
        kept = kept || endpoint.secure->paths[i].address.sin_port == from.sin_port;
    assert_true(kept);
    endpoint.secure = secure_free(endpoint.secure);
    engine.dtls = secure_dtls_context_destroy(engine.dtls);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_browser_and_a_phone_hear_each_other),
        cmocka_unit_test(two_browsers_hear_each_other),
        cmocka_unit_test(the_answer_may_come_after_the_handshake),
        cmocka_unit_test(another_certificate_is_refused),
        cmocka_unit_test(nothing_is_taken_that_is_not_secured),
        cmocka_unit_test(what_was_forged_or_repeated_is_dropped),
        cmocka_unit_test(a_browser_that_moves_is_followed),
        cmocka_unit_test(sound_flows_to_where_was_nominated),
        cmocka_unit_test(ice_can_be_restarted),
        cmocka_unit_test(plays_wait_for_the_keys_and_digits_pass),
        cmocka_unit_test(a_recorder_hears_a_browser_in_plain),
        cmocka_unit_test(reports_come_and_go_on_the_one_port),
        cmocka_unit_test(garbage_harms_nothing),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(a_browser_that_never_comes_is_given_up),
        cmocka_unit_test(handshakes_at_a_time_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
