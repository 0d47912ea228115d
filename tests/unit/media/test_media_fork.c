/* SPDX-License-Identifier: Apache-2.0 */
/* Forks for a recorder: caller left, the other party right, one clock, no digits, and nothing a dead recorder
 * can do. */
#include "media_rig.h"
#include <string.h>
#include <unistd.h>

static struct rig rig;
static struct phone caller, agent, left, right; /* left and right are the recorder's sockets */

static int start(void **state)
{
    (void)state;
    rig_start(&rig, 1);
    phone_open(&rig, &caller, 1, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &agent, 2, 1, FAR_CODEC_PCMU);
    assert_int_equal(media_bridge(rig.engine, 1, 2), FAR_OK);
    (void)rig_stats(&rig, 1); /* it has taken effect */
    left = right = (struct phone){.codec = FAR_CODEC_PCMA};
    left.fd = socket_on_loopback(&left.address);
    right.fd = socket_on_loopback(&right.address);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    phone_done(&caller);
    phone_done(&agent);
    if (left.fd >= 0) phone_done(&left);
    if (right.fd >= 0) phone_done(&right);
    rig_stop(&rig);
    return 0;
}

static struct media_fork_stream stream_to(const struct phone *phone, enum far_codec codec)
{
    return (struct media_fork_stream){
        .address = phone->address, .codec = codec, .payload_type = (uint8_t)codec};
}

static void start_fork(uint64_t fork_id)
{
    struct media_fork_stream to_left = stream_to(&left, FAR_CODEC_PCMA),
                             to_right = stream_to(&right, FAR_CODEC_PCMA);
    assert_int_equal(media_fork(rig.engine, 1, fork_id, &to_left, &to_right), FAR_OK);
    (void)rig_stats(&rig, 1);
}

static void caller_is_left_and_agent_is_right(void **state)
{
    (void)state;
    struct media_fork_local local;
    struct heard heard;
    assert_int_equal(media_fork_open(rig.engine, 1, 900, &local), FAR_OK);
    assert_int_not_equal(local.left.sin_port, local.right.sin_port);
    start_fork(900);
    uint8_t in_alaw = 0x90;
    far_g711_transcode(FAR_CODEC_PCMU, FAR_CODEC_PCMA, &in_alaw, 1);
    uint16_t sequence = 0;
    for (uint8_t i = 1; i <= 5; i++) {
        phone_say(&caller, i);
        assert_true(phone_hear(&left, &heard));
        assert_int_equal(heard.bytes[FAR_RTP_HEADER], i);
        assert_int_equal(heard.rtp.payload_len, FAR_G711_FRAME);
        if (i > 1) assert_int_equal(heard.rtp.sequence, (uint16_t)(sequence + 1));
        sequence = heard.rtp.sequence;
        phone_say(&agent, 0x90);
        assert_true(phone_hear(&right, &heard));
        assert_int_equal(heard.bytes[FAR_RTP_HEADER], in_alaw); /* in the law that the recorder chose */
        assert_int_equal(heard.rtp.payload_type, 8);
        assert_true(phone_hear(&agent, &heard)); /* and the call itself is as it was */
        assert_true(phone_hear(&caller, &heard));
    }
    const uint8_t digit[4] = {1, 0x8a, 3, 32};
    phone_event(&caller, digit, caller.timestamp, true);
    (void)rig_wait(&rig, MEDIA_EV_DIGIT, 1);
    assert_true(phone_silent(&left)); /* a PIN is not for the recording */
    assert_int_equal(rig_stats(&rig, 1).fork_tx_packets, 10);
    assert_int_equal(media_unfork(rig.engine, 1, 900), FAR_OK);
    (void)rig_stats(&rig, 1);
    phone_say(&caller, 9);
    assert_true(phone_hear(&agent, &heard)); /* the digit */
    assert_true(phone_hear(&agent, &heard));
    assert_true(phone_silent(&left));
}

static void both_sides_follow_one_clock_and_gaps_stay_gaps(void **state)
{
    (void)state;
    struct media_fork_local local;
    struct heard first, second, other;
    assert_int_equal(media_fork_open(rig.engine, 1, 900, &local), FAR_OK);
    start_fork(900);
    phone_say(&caller, 1);
    assert_true(phone_hear(&left, &first));
    /* Half a second of hold: music to the caller, which is not recorded, then another agent. */
    struct media_play music = {
        .play_id = 1, .files = {"music.wav", "music.wav", "music.wav"}, .files_len = 3};
    assert_int_equal(media_unbridge(rig.engine, 1), FAR_OK);
    assert_int_equal(media_play(rig.engine, 1, &music), FAR_OK);
    struct media_event event = rig_wait(&rig, MEDIA_EV_PLAY_DONE, 1);
    assert_int_equal(event.play.played_ms, 600);
    assert_true(phone_silent(&right));
    assert_int_equal(media_bridge(rig.engine, 1, 2), FAR_OK);
    (void)rig_stats(&rig, 1);
    caller.timestamp += 4800; /* its own clock went on */
    caller.sequence = (uint16_t)(caller.sequence + 30);
    phone_say(&caller, 2);
    phone_say(&agent, 3);
    phone_expect(&left, 2, &second);
    assert_true(phone_hear(&right, &other));
    assert_int_equal(second.rtp.timestamp - first.rtp.timestamp, 160 + 4800);
    /* The agent began 600 ms and a little after the fork did; the same moment has the same time stamp on both
     * sides. */
    int32_t apart = (int32_t)(other.rtp.timestamp - second.rtp.timestamp);
    assert_true(apart > -800 && apart < 8000);
    assert_true(other.rtp.timestamp - first.rtp.timestamp >= 4800);
}

static void a_dead_recorder_is_told_once_and_disturbs_nobody(void **state)
{
    (void)state;
    struct media_fork_local local;
    struct heard heard, before;
    assert_int_equal(media_fork_open(rig.engine, 1, 900, &local), FAR_OK);
    start_fork(900);
    phone_say(&caller, 1);
    assert_true(phone_hear(&left, &before));
    assert_true(phone_hear(&agent, &heard));
    phone_done(&left); /* killed */
    for (unsigned i = 0; i < 20; i++) {
        phone_say(&caller, 2);
        assert_true(phone_hear(&agent, &heard));
    }
    assert_int_equal(rig_wait(&rig, MEDIA_EV_FORK_REFUSED, 1).fork.fork_id, 900);
    assert_false(rig_has(&rig, MEDIA_EV_FORK_REFUSED, 1));
    assert_int_equal(rig_stats(&rig, 1).tx_errors, 0);
    left = (struct phone){.codec = FAR_CODEC_PCMA};
    left.fd = socket_on_loopback(&left.address); /* another recorder */
    start_fork(900);
    phone_say(&caller, 3);
    phone_expect(&left, 3, &heard);
    assert_int_equal(heard.rtp.ssrc, before.rtp.ssrc); /* the same stream goes on */
    assert_int_equal(heard.rtp.timestamp - before.rtp.timestamp, 21 * 160);
    assert_int_equal(media_fork_pause(rig.engine, 1, 900), FAR_OK);
    (void)rig_stats(&rig, 1);
    phone_say(&caller, 4);
    assert_true(phone_hear(&agent, &heard));
    assert_true(phone_silent(&left));
}

static void forks_are_bounded_and_free_their_ports(void **state)
{
    (void)state;
    struct media_fork_local local;
    struct media_fork_stream stream = stream_to(&left, FAR_CODEC_PCMA);
    for (unsigned i = 0; i < 200; i++) { /* more than there are ports */
        assert_int_equal(media_fork_open(rig.engine, 1, 900, &local), FAR_OK);
        assert_int_equal(media_unfork(rig.engine, 1, 900), FAR_OK);
        (void)rig_stats(&rig, 1);
    }
    assert_int_equal(media_fork_open(rig.engine, 1, 0, &local), FAR_EINVAL);
    assert_int_equal(media_fork_open(rig.engine, 99, 1, &local), FAR_ENOTFOUND);
    assert_int_equal(media_fork_open(rig.engine, 1, 901, &local), FAR_OK);
    assert_int_equal(media_fork_open(rig.engine, 1, 901, &local), FAR_EEXIST);
    assert_int_equal(media_fork_open(rig.engine, 1, 902, &local), FAR_OK);
    assert_int_equal(media_fork_open(rig.engine, 1, 903, &local), FAR_EFULL);
    assert_int_equal(media_fork(rig.engine, 1, 903, &stream, &stream), FAR_ENOTFOUND);
    assert_int_equal(media_unfork(rig.engine, 1, 903), FAR_ENOTFOUND);
    stream.payload_type = 200;
    assert_int_equal(media_fork(rig.engine, 1, 901, &stream, &stream), FAR_EINVAL);
    struct media_metrics metrics;
    (void)rig_stats(&rig, 1);
    media_engine_metrics(rig.engine, &metrics);
    assert_int_equal(metrics.forks, 2);
    assert_int_equal(media_endpoint_close(rig.engine, 1), FAR_OK);
    (void)rig_wait(&rig, MEDIA_EV_CLOSED, 1);
    media_engine_metrics(rig.engine, &metrics);
    assert_int_equal(metrics.forks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(caller_is_left_and_agent_is_right, start, stop),
        cmocka_unit_test_setup_teardown(both_sides_follow_one_clock_and_gaps_stay_gaps, start, stop),
        cmocka_unit_test_setup_teardown(a_dead_recorder_is_told_once_and_disturbs_nobody, start, stop),
        cmocka_unit_test_setup_teardown(forks_are_bounded_and_free_their_ports, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
