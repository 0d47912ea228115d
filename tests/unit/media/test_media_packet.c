/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of received packets: relayed, converted, echoed, muted; strays, junk and floods dropped. */
#include "far/media/dtmf.h"
#include "media_rig.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct rig rig;

static void bridge(void)
{
    assert_int_equal(media_bridge(rig.engine, 1, 2), FAR_OK);
    (void)rig_stats(&rig, 1); /* it has taken effect */
}

static void two_parties_hear_each_other_untouched(void **state)
{
    (void)state;
    struct phone a, b;
    struct heard heard;
    rig_start(&rig, 1);
    phone_open(&rig, &a, 1, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &b, 2, 1, FAR_CODEC_PCMA);
    bridge();
    uint32_t ssrc = 0, timestamp = 0;
    uint16_t sequence = 0;
    for (uint8_t i = 1; i <= 20; i++) {
        phone_say(&a, i);
        assert_true(phone_hear(&b, &heard));
        assert_int_equal(heard.rtp.payload_len, FAR_G711_FRAME);
        assert_int_equal(heard.rtp.payload_type, 8);
        for (size_t k = 0; k < FAR_G711_FRAME; k++)
            assert_int_equal(heard.bytes[FAR_RTP_HEADER + k], i);
        assert_int_not_equal(heard.rtp.ssrc, a.ssrc);
        if (i > 1) {
            assert_int_equal(heard.rtp.ssrc, ssrc);
            assert_int_equal(heard.rtp.sequence, (uint16_t)(sequence + 1));
            assert_int_equal(heard.rtp.timestamp, timestamp + 160);
        }
        ssrc = heard.rtp.ssrc;
        sequence = heard.rtp.sequence;
        timestamp = heard.rtp.timestamp;
        phone_say(&b, (uint8_t)(100 + i));
        phone_expect(&a, (uint8_t)(100 + i), &heard);
    }
    struct media_stats stats = rig_stats(&rig, 1);
    assert_int_equal(stats.rx_packets, 20);
    assert_int_equal(stats.tx_packets, 20);
    assert_int_equal(stats.rx_bytes, 20 * 172);
    assert_int_equal(stats.rx_lost, 0);
    assert_true(stats.rx_first_at_us > 0 && stats.rx_last_at_us >= stats.rx_first_at_us);
    phone_done(&a);
    phone_done(&b);
    rig_stop(&rig);
}

/* A phone that suppresses silence says by RTCP that it is there; a stranger's RTCP says nothing about it. */
static void reports_are_a_sign_of_life(void **state)
{
    (void)state;
    struct phone phone;
    rig_start(&rig, 1);
    phone_open(&rig, &phone, 1, 1, FAR_CODEC_PCMA);
    struct far_rtcp_report report = {.ssrc = phone.ssrc};
    uint8_t bytes[FAR_RTCP_REPORT_MAX];
    size_t len = far_rtcp_encode(&report, "phone", bytes);
    struct sockaddr_in to = phone.engine;
    to.sin_port = htons((uint16_t)(ntohs(to.sin_port) + 1));
    struct sockaddr_in other = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1)};
    int stranger = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(stranger, (struct sockaddr *)&other, sizeof(other)), 0);
    uint64_t dropped = rig_stats(&rig, 1).rx_dropped;
    assert_int_equal(sendto(stranger, bytes, len, 0, (struct sockaddr *)&to, sizeof(to)), (ssize_t)len);
    assert_int_equal(sendto(stranger, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1); /* read after it */
    assert_int_equal(rig_stats_dropped(&rig, 1, dropped + 1).rtcp_last_at_us, 0);
    assert_int_equal(sendto(phone.fd, bytes, len, 0, (struct sockaddr *)&to, sizeof(to)), (ssize_t)len);
    assert_int_equal(sendto(stranger, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
    struct media_stats stats = rig_stats_dropped(&rig, 1, dropped + 2);
    assert_true(stats.rtcp_last_at_us > 0);
    assert_int_equal(stats.rx_packets, 0);
    (void)close(stranger);
    phone_done(&phone);
    rig_stop(&rig);
}

static void laws_are_converted_and_payload_types_renamed(void **state)
{
    (void)state;
    struct phone a, b;
    struct heard heard;
    rig_start(&rig, 1);
    phone_open(&rig, &a, 1, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &b, 2, 1, FAR_CODEC_PCMU);
    struct media_remote remote = phone_remote(&b);
    remote.payload_type = 96; /* some number PCMU anew */
    remote.dtmf_payload_type = 97;
    assert_int_equal(media_endpoint_set_remote(rig.engine, 2, &remote), FAR_OK);
    bridge();
    phone_say(&a, far_alaw_encode(5000));
    phone_expect(&b, far_ulaw_encode(far_alaw_decode(far_alaw_encode(5000))), &heard);
    assert_int_equal(heard.rtp.payload_type, 96);
    const uint8_t digit[4] = {5, 10, 0, 160};
    phone_event(&a, digit, a.timestamp, true);
    phone_expect(&b, 5, &heard);
    assert_int_equal(heard.rtp.payload_type, 97);
    assert_int_equal(heard.rtp.payload_len, 4);
    assert_true(heard.rtp.marker);
    phone_done(&a);
    phone_done(&b);
    rig_stop(&rig);
}

/* One key press of `phone`, as packets. */
static void press(struct phone *phone, char digit)
{
    struct far_dtmf_tx tx;
    uint8_t payload[FAR_DTMF_PAYLOAD];
    bool marker;
    assert_int_equal(far_dtmf_start(&tx, digit, 100), FAR_OK);
    while (far_dtmf_next(&tx, payload, &marker))
        phone_event(phone, payload, phone->timestamp, marker);
    phone->timestamp += 1600;
}

static void digits_are_reported_once_each(void **state)
{
    (void)state;
    struct phone a;
    rig_start(&rig, 1);
    phone_open(&rig, &a, 1, 1, FAR_CODEC_PCMA);
    for (const char *digit = "1234567890*#"; *digit; digit++) {
        press(&a, *digit);
        struct media_event event = rig_wait(&rig, MEDIA_EV_DIGIT, 1);
        assert_int_equal(event.digit.digit, *digit);
        assert_int_equal(event.digit.duration_ms, 100);
        assert_true(event.at_us > 0);
    }
    (void)rig_stats_received(&rig, 1, 12 * 7);
    assert_false(rig_has(&rig, MEDIA_EV_DIGIT, 1));
    const uint8_t unfinished[4] = {9, 10, 0,
                                   160}; /* its ends are lost: the next look at the endpoint ends it */
    phone_event(&a, unfinished, a.timestamp, true);
    assert_int_equal(rig_wait(&rig, MEDIA_EV_DIGIT, 1).digit.digit, '9');
    phone_done(&a);
    rig_stop(&rig);
}

static void strays_do_not_steal_the_call(void **state)
{
    (void)state;
    struct phone a, b, stray;
    struct heard heard;
    rig_start(&rig, 1);
    phone_open(&rig, &a, 1, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &b, 2, 1, FAR_CODEC_PCMA);
    bridge();
    stray = a;
    stray.fd = socket_on_loopback(&stray.address);
    stray.ssrc = 666;
    phone_say(&a, 1);
    phone_expect(&b, 1, &heard);
    for (unsigned i = 1; i <= 30; i++) { /* a living stream beside the true one */
        phone_say(&stray, 66);
        phone_say(&a, 2);
        phone_expect(&b, 2, &heard);
    }
    assert_true(phone_silent(&b));
    struct media_stats stats = rig_stats(&rig, 1);
    assert_int_equal(stats.remote.sin_port, a.address.sin_port);
    assert_int_equal(stats.rx_packets, 31);
    assert_in_range(stats.rx_dropped, 1, 30); /* later the kernel keeps them away itself */
    phone_say(&b, 3);
    phone_expect(&a, 3, &heard);
    assert_true(phone_silent(&stray));
    phone_done(&a);
    phone_done(&b);
    phone_done(&stray);
    rig_stop(&rig);
}

static void sound_goes_to_where_it_comes_from(void **state)
{
    (void)state;
    struct phone a, b;
    struct heard heard;
    rig_start(&rig, 1);
    phone_open(&rig, &a, 1, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &b, 2, 1, FAR_CODEC_PCMA);
    struct media_remote remote = phone_remote(&a);
    remote.address.sin_port = htons(9); /* what it wrote in its SDP is not how we see it */
    assert_int_equal(media_endpoint_set_remote(rig.engine, 1, &remote), FAR_OK);
    bridge();
    phone_say(&a, 1);
    phone_expect(&b, 1, &heard);
    phone_say(&b, 2);
    phone_expect(&a, 2, &heard);
    /* It moves: nothing of the old port for a while, then packets of another. The old one's second of silence
     * is real time, which is waited for by sending and looking. */
    struct phone moved = a;
    moved.fd = socket_on_loopback(&moved.address);
    bool followed = false;
    for (unsigned i = 0; i < 500 && !followed; i++) {
        struct media_event event;
        phone_say(&moved, 7);
        assert_int_equal(
            media_play(
                rig.engine, 2,
                &(struct media_play){.play_id = i + 1, .files = {MEDIA_MUSIC}, .files_len = 1, .loop = true}),
            FAR_OK);
        assert_true(phone_hear(&b, &heard)); /* paces the loop by a tick of music */
        assert_int_equal(media_play_stop(rig.engine, 2, 0), FAR_OK);
        event = rig_wait(&rig, MEDIA_EV_PLAY_DONE, 2);
        assert_int_equal(event.play.cause, MEDIA_PLAY_STOPPED);
        followed = rig_stats(&rig, 1).remote.sin_port == moved.address.sin_port;
    }
    assert_true(followed);
    phone_say(&b, 9);
    phone_expect(&moved, 9, &heard);
    phone_done(&a);
    phone_done(&b);
    phone_done(&moved);
    rig_stop(&rig);
}

static void junk_is_counted_and_dropped(void **state)
{
    (void)state;
    struct phone a, b;
    struct heard heard;
    uint8_t junk[2000];
    uint64_t dropped = 0;
    struct media_metrics metrics;
    rig_start(&rig, 1);
    phone_open(&rig, &a, 1, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &b, 2, 1, FAR_CODEC_PCMA);
    bridge();
    srand(42);
    for (size_t i = 0; i < sizeof(junk); i++)
        junk[i] = (uint8_t)rand();
    junk[0] = 0x55; /* not version 2 */
    for (size_t len = 1; len <= 1500; len += 13) {
        phone_send_raw(&a, junk, len);
        if (++dropped % 20 == 0) (void)rig_stats_dropped(&rig, 1, dropped); /* or the socket is full */
    }
    phone_send_raw(&a, junk, 0);
    phone_send_raw(&a, junk, 1501);
    phone_send_raw(&a, junk, sizeof(junk));
    const uint8_t other_type[12] = {0x80, 34};
    phone_send_raw(&a, other_type, sizeof(other_type));
    dropped += 4;
    (void)rig_stats_dropped(&rig, 1, dropped);
    media_engine_metrics(rig.engine, &metrics);
    assert_int_equal(metrics.dropped[MEDIA_DROP_OVERSIZED], 2);
    assert_int_equal(metrics.dropped[MEDIA_DROP_TYPE], 1);
    assert_int_equal(metrics.dropped[MEDIA_DROP_NOT_RTP], dropped - 3);
    assert_int_equal(metrics.packets_in, 0);
    phone_say(&a, 4); /* and the call is as well as before */
    phone_expect(&b, 4, &heard);
    phone_done(&a);
    phone_done(&b);
    rig_stop(&rig);
}

static void a_flood_of_junk_leaves_the_call_its_sound(void **state)
{
    (void)state;
    struct phone a, b, flood;
    struct heard heard;
    uint8_t junk[500];
    rig_start(&rig, 1);
    phone_open(&rig, &a, 1, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &b, 2, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &flood, 3, 1, FAR_CODEC_PCMA);
    bridge();
    memset(junk, 0xff, sizeof(junk));
    for (unsigned i = 0; i < 2000; i++) {
        for (unsigned k = 0; k < 5; k++)
            phone_send_raw(&flood, junk, sizeof(junk));
        if (i % 100 > 0) continue;
        phone_say(&a, 5);
        phone_expect(&b, 5, &heard);
    }
    assert_int_equal(rig_stats(&rig, 1).rx_packets, 20);
    phone_done(&a);
    phone_done(&b);
    phone_done(&flood);
    rig_stop(&rig);
}

static void duplicates_go_no_further_and_losses_are_counted(void **state)
{
    (void)state;
    struct phone a, b;
    struct heard heard;
    rig_start(&rig, 1);
    phone_open(&rig, &a, 1, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &b, 2, 1, FAR_CODEC_PCMA);
    bridge();
    phone_say(&a, 1);
    a.sequence--; /* the same number again */
    phone_say(&a, 2);
    a.sequence = (uint16_t)(a.sequence + 3); /* three are missing */
    phone_say(&a, 3);
    phone_expect(&b, 1, &heard);
    uint16_t first = heard.rtp.sequence;
    assert_true(phone_hear(&b, &heard));
    assert_int_equal(heard.bytes[FAR_RTP_HEADER], 3);
    assert_int_equal((uint16_t)(heard.rtp.sequence - first), 4); /* the loss stays visible to the listener */
    struct media_stats stats = rig_stats(&rig, 1);
    assert_int_equal(stats.rx_lost, 3);
    assert_int_equal(stats.rx_duplicate, 1);
    phone_done(&a);
    phone_done(&b);
    rig_stop(&rig);
}

static void a_phone_that_plays_a_short_file_again_and_again_is_heard(void **state)
{
    (void)state;
    struct phone a, b;
    struct heard heard;
    rig_start(&rig, 1);
    phone_open(&rig, &a, 1, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &b, 2, 1, FAR_CODEC_PCMA);
    bridge();
    uint16_t sequence = 0;
    for (unsigned round = 0; round < 3; round++) {
        struct phone again = a; /* the same SSRC, numbers and time stamps */
        for (uint8_t i = 0; i < 30; i++) {
            phone_say(&again, i);
            if (round > 0 && i < 3) continue; /* taken for old ones */
            phone_expect(&b, i, &heard);
            if (round + i > 0) assert_int_equal(heard.rtp.sequence, (uint16_t)(sequence + 1));
            sequence = heard.rtp.sequence;
        }
    }
    phone_done(&a);
    phone_done(&b);
    rig_stop(&rig);
}

static void directions_mute_and_echo_are_obeyed(void **state)
{
    (void)state;
    struct phone a, b;
    struct heard heard;
    rig_start(&rig, 1);
    phone_open(&rig, &a, 1, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &b, 2, 1, FAR_CODEC_PCMA);
    assert_int_equal(media_echo(rig.engine, 1, true), FAR_OK);
    (void)rig_stats(&rig, 1);
    phone_say(&a, 1);
    phone_expect(&a, 1, &heard); /* itself */
    uint16_t sequence = heard.rtp.sequence;
    press(&a, '7');
    assert_int_equal(rig_wait(&rig, MEDIA_EV_DIGIT, 1).digit.digit, '7');
    phone_say(&a, 4);
    phone_expect(&a, 4, &heard); /* digits are not echoed, and nothing seems lost */
    assert_int_equal(heard.rtp.sequence, (uint16_t)(sequence + 1));
    bridge();
    phone_say(&a, 2);
    phone_expect(&b, 2, &heard);
    assert_true(phone_silent(&a)); /* the bridge goes before the echo */
    assert_int_equal(media_mute(rig.engine, 1, true), FAR_OK);
    (void)rig_stats(&rig, 1);
    phone_say(&a, 3);
    press(&a, '8');
    assert_int_equal(rig_wait(&rig, MEDIA_EV_DIGIT, 1).digit.digit, '8'); /* reported, but not heard */
    assert_true(phone_silent(&b));
    assert_int_equal(media_mute(rig.engine, 1, false), FAR_OK);
    struct media_remote remote = phone_remote(&b);
    remote.send = false; /* b holds */
    assert_int_equal(media_endpoint_set_remote(rig.engine, 2, &remote), FAR_OK);
    (void)rig_stats(&rig, 1);
    uint64_t received = rig_stats(&rig, 1).rx_packets;
    phone_say(&a, 4);
    (void)rig_stats_received(&rig, 1, received + 1);
    assert_true(phone_silent(&b));
    remote.send = true;
    remote.receive = false;
    assert_int_equal(media_endpoint_set_remote(rig.engine, 2, &remote), FAR_OK);
    (void)rig_stats(&rig, 2);
    phone_say(&b, 5);
    assert_int_equal(rig_stats_dropped(&rig, 2, 1).rx_packets, 0);
    phone_say(&a, 6);
    phone_expect(&b, 6, &heard);
    assert_true(phone_silent(&a));
    phone_done(&a);
    phone_done(&b);
    rig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_parties_hear_each_other_untouched),
        cmocka_unit_test(reports_are_a_sign_of_life),
        cmocka_unit_test(laws_are_converted_and_payload_types_renamed),
        cmocka_unit_test(digits_are_reported_once_each),
        cmocka_unit_test(strays_do_not_steal_the_call),
        cmocka_unit_test(sound_goes_to_where_it_comes_from),
        cmocka_unit_test(junk_is_counted_and_dropped),
        cmocka_unit_test(a_flood_of_junk_leaves_the_call_its_sound),
        cmocka_unit_test(duplicates_go_no_further_and_losses_are_counted),
        cmocka_unit_test(a_phone_that_plays_a_short_file_again_and_again_is_heard),
        cmocka_unit_test(directions_mute_and_echo_are_obeyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
