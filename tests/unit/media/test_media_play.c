/* SPDX-License-Identifier: Apache-2.0 */
/* Prompts, music and digits of our own, and that all of it with the relay is one stream. */
#include "far/media/dtmf.h"
#include "media_rig.h"
#include <stdio.h>
#include <string.h>

static struct rig rig;
static struct phone caller, agent;

static int start(void **state)
{
    (void)state;
    rig_start(&rig, 1);
    phone_open(&rig, &caller, 1, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &agent, 2, 1, FAR_CODEC_PCMU);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    phone_done(&caller);
    phone_done(&agent);
    rig_stop(&rig);
    return 0;
}

static void play(uint64_t endpoint_id, uint64_t play_id, const char *first, const char *second, bool loop,
                 bool barge_in)
{
    struct media_play spec = {.play_id = play_id,
                              .files = {first, second},
                              .files_len = second ? 2 : 1,
                              .loop = loop,
                              .barge_in = barge_in};
    assert_int_equal(media_play(rig.engine, endpoint_id, &spec), FAR_OK);
}

static void files_follow_each_other_without_a_gap_and_the_end_is_told(void **state)
{
    (void)state;
    struct heard heard;
    uint8_t sound[5 * FAR_G711_FRAME];
    rig_prompt(&rig, "one.wav", 5000, 200); /* neither is a whole number of packets */
    rig_prompt(&rig, "two.wav", 9000, 300);
    play(1, 11, "one.wav", "two.wav", false, false);
    for (size_t i = 0; i < 4; i++) {
        assert_true(phone_hear(&caller, &heard));
        assert_int_equal(heard.rtp.payload_len, FAR_G711_FRAME);
        memcpy(sound + i * FAR_G711_FRAME, heard.bytes + FAR_RTP_HEADER, FAR_G711_FRAME);
    }
    struct media_event event = rig_wait(&rig, MEDIA_EV_PLAY_DONE, 1);
    assert_int_equal(event.play.play_id, 11);
    assert_int_equal(event.play.cause, MEDIA_PLAY_FINISHED);
    assert_int_equal(event.play.played_ms, 80);
    for (size_t i = 0; i < 640; i++)
        assert_int_equal(sound[i], i < 200   ? far_alaw_encode(5000)
                                   : i < 500 ? far_alaw_encode(9000)
                                             : FAR_G711_SILENCE_PCMA);
    assert_true(phone_silent(&caller));
}

static void music_loops_without_a_seam_and_many_share_it(void **state)
{
    (void)state;
    struct heard heard;
    rig_prompt(&rig, "loop.wav", 7000, 250);
    play(1, 21, "loop.wav", NULL, true, false);
    play(2, 22, MEDIA_MUSIC, NULL, true, false);
    uint16_t sequence = 0;
    uint32_t timestamp = 0;
    for (unsigned i = 0; i < 12; i++) { /* over the seam seven times */
        assert_true(phone_hear(&caller, &heard));
        for (size_t k = 0; k < FAR_G711_FRAME; k++)
            assert_int_equal(heard.bytes[FAR_RTP_HEADER + k], far_alaw_encode(7000));
        if (i > 0) assert_int_equal(heard.rtp.sequence, (uint16_t)(sequence + 1));
        if (i > 0) assert_int_equal((heard.rtp.timestamp - timestamp) % FAR_G711_FRAME, 0);
        sequence = heard.rtp.sequence;
        timestamp = heard.rtp.timestamp;
        phone_expect(&agent, far_ulaw_encode(1000), &heard); /* the music, in the agent's law */
    }
    struct media_metrics metrics;
    media_engine_metrics(rig.engine, &metrics);
    assert_int_equal(metrics.players, 2);
    assert_int_equal(media_play_stop(rig.engine, 1, 999), FAR_OK); /* not this play */
    assert_int_equal(media_play_stop(rig.engine, 1, 21), FAR_OK);
    assert_int_equal(rig_wait(&rig, MEDIA_EV_PLAY_DONE, 1).play.cause, MEDIA_PLAY_STOPPED);
    assert_int_equal(media_play_stop(rig.engine, 2, 0), FAR_OK);
    assert_int_equal(rig_wait(&rig, MEDIA_EV_PLAY_DONE, 2).play.play_id, 22);
    assert_true(rig_stats(&rig, 1).play_gap_us_max > 0);
}

static void a_digit_ends_a_prompt_only_where_it_may(void **state)
{
    (void)state;
    struct heard heard;
    const uint8_t digit[4] = {7, 10, 0, 160}, end[4] = {7, 0x8a, 3, 32};
    rig_prompt(&rig, "menu.wav", 3000, 80000);
    play(1, 31, "menu.wav", NULL, false, false);
    phone_expect(&caller, far_alaw_encode(3000), &heard);
    phone_event(&caller, digit, caller.timestamp, true);
    phone_event(&caller, end, caller.timestamp, false);
    assert_int_equal(rig_wait(&rig, MEDIA_EV_DIGIT, 1).digit.digit, '7');
    assert_false(rig_has(&rig, MEDIA_EV_PLAY_DONE, 1));
    play(1, 32, "menu.wav", NULL, false, true); /* replaces it */
    struct media_event event = rig_wait(&rig, MEDIA_EV_PLAY_DONE, 1);
    assert_int_equal(event.play.play_id, 31);
    assert_int_equal(event.play.cause, MEDIA_PLAY_STOPPED);
    caller.timestamp += 8000;
    phone_event(&caller, digit, caller.timestamp, true); /* its first packet is enough */
    event = rig_wait(&rig, MEDIA_EV_PLAY_DONE, 1);
    assert_int_equal(event.play.play_id, 32);
    assert_int_equal(event.play.cause, MEDIA_PLAY_DIGIT);
    phone_event(&caller, end, caller.timestamp, false);
    assert_int_equal(rig_wait(&rig, MEDIA_EV_DIGIT, 1).digit.duration_ms, 100);
}

static void what_cannot_be_played_is_told(void **state)
{
    (void)state;
    play(1, 41, "music.wav", "missing.wav", false, false);
    struct media_event event = rig_wait(&rig, MEDIA_EV_PLAY_DONE, 1);
    assert_int_equal(event.play.cause, MEDIA_PLAY_FAILED);
    assert_non_null(strstr(event.play.text, "missing.wav"));
    assert_non_null(strstr(event.play.text, "No such file"));
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/text.wav", rig.dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs("not a sound", file);
    (void)fclose(file);
    play(1, 42, "text.wav", NULL, false, false);
    event = rig_wait(&rig, MEDIA_EV_PLAY_DONE, 1);
    assert_int_equal(event.play.play_id, 42);
    assert_non_null(strstr(event.play.text, "not a WAV"));
    struct media_play bad = {.play_id = 43, .files = {"../x.wav"}, .files_len = 1};
    assert_int_equal(media_play(rig.engine, 1, &bad), FAR_EINVAL);
    bad.files[0] = "x.wav";
    bad.files_len = 0;
    assert_int_equal(media_play(rig.engine, 1, &bad), FAR_EINVAL);
    bad.files_len = 1;
    bad.play_id = 0;
    assert_int_equal(media_play(rig.engine, 1, &bad), FAR_EINVAL);
    bad.play_id = 44;
    assert_int_equal(media_play(rig.engine, 99, &bad), FAR_ENOTFOUND);
}

static void a_play_that_is_stopped_while_it_loads_never_sounds(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 20; i++) { /* whichever comes first, one end is told, and of the right play */
        char name[32];
        (void)snprintf(name, sizeof(name), "cold-%u.wav", (unsigned)i);
        rig_prompt(&rig, name, 4000, 160000);
        play(1, 50 + i, name, NULL, false, false);
        assert_int_equal(media_play_stop(rig.engine, 1, 0), FAR_OK);
        struct media_event event = rig_wait(&rig, MEDIA_EV_PLAY_DONE, 1);
        assert_int_equal(event.play.play_id, 50 + i);
        assert_int_equal(event.play.cause, MEDIA_PLAY_STOPPED);
    }
    play(1, 90, "music.wav", NULL, false, false); /* the loader has come past all of them by now */
    assert_int_equal(rig_wait(&rig, MEDIA_EV_PLAY_DONE, 1).play.cause, MEDIA_PLAY_FINISHED);
    assert_false(rig_has(&rig, MEDIA_EV_PLAY_DONE, 1));
}

/* Hears `count` packets that begin with the byte; each must go on where the one before ended. */
static void follow(uint8_t byte, unsigned count, struct heard *last, bool begins)
{
    struct heard heard;
    for (unsigned i = 0; i < count; i++) {
        assert_true(phone_hear(&caller, &heard));
        assert_int_equal(heard.bytes[FAR_RTP_HEADER], byte);
        if (!begins || i > 0) {
            uint32_t step = heard.rtp.timestamp - last->rtp.timestamp;
            assert_int_equal(heard.rtp.ssrc, last->rtp.ssrc);
            assert_int_equal((uint16_t)(heard.rtp.sequence - last->rtp.sequence), 1);
            assert_in_range(step, 160, 8000);
        }
        *last = heard;
    }
}

static void prompt_relay_hold_music_and_relay_again_are_one_stream(void **state)
{
    (void)state;
    struct heard last;
    struct media_event event;
    rig_prompt(&rig, "hello.wav", 6000, 480);
    play(1, 101, "hello.wav", NULL, false, false);
    follow(far_alaw_encode(6000), 3, &last, true);
    (void)rig_wait(&rig, MEDIA_EV_PLAY_DONE, 1);
    agent.codec = FAR_CODEC_PCMU;
    assert_int_equal(media_bridge(rig.engine, 1, 2), FAR_OK);
    (void)rig_stats(&rig, 1);
    uint8_t said = 0x90, hears = 0x90;
    far_g711_transcode(FAR_CODEC_PCMU, FAR_CODEC_PCMA, &hears, 1);
    for (unsigned i = 0; i < 3; i++) {
        phone_say(&agent, said);
        follow(hears, 1, &last, false);
    }
    assert_int_equal(media_unbridge(rig.engine, 1), FAR_OK); /* hold */
    play(1, 102, MEDIA_MUSIC, NULL, true, false);
    follow(far_alaw_encode(1000), 3, &last, false);
    phone_say(&agent, said); /* goes nowhere */
    follow(far_alaw_encode(1000), 3, &last, false);
    assert_int_equal(media_play_stop(rig.engine, 1, 102), FAR_OK); /* resume */
    assert_int_equal(media_bridge(rig.engine, 1, 2), FAR_OK);
    event = rig_wait(&rig, MEDIA_EV_PLAY_DONE, 1);
    assert_int_equal(event.play.cause, MEDIA_PLAY_STOPPED);
    (void)rig_stats(&rig, 1);
    while (!phone_silent(&caller)) /* music that was on its way */
        follow(far_alaw_encode(1000), 1, &last, false);
    phone_say(&agent, said);
    follow(hears, 1, &last, false);
    play(1, 103, "hello.wav", NULL, false, false); /* a word in the caller's ear goes before the agent's */
    follow(far_alaw_encode(6000), 1, &last, false);
    phone_say(&agent, said);
    follow(far_alaw_encode(6000), 2, &last, false);
    (void)rig_wait(&rig, MEDIA_EV_PLAY_DONE, 1);
    phone_say(&agent, said);
    follow(hears, 1, &last, false);
}

static void a_digit_is_sent_as_telephone_event(void **state)
{
    (void)state;
    struct far_dtmf_rx rx = {0};
    struct far_dtmf_hit hits[2];
    struct heard heard;
    bool begun;
    size_t count = 0;
    assert_int_equal(media_digit_send(rig.engine, 1, 'x', 100), FAR_EINVAL);
    assert_int_equal(media_digit_send(rig.engine, 1, '#', 100), FAR_OK);
    for (unsigned i = 0; i < 7; i++) {
        assert_true(phone_hear(&caller, &heard));
        assert_int_equal(heard.rtp.payload_type, 101);
        assert_int_equal(heard.rtp.marker, i == 0);
        count += far_dtmf_receive(&rx, heard.bytes + FAR_RTP_HEADER, heard.rtp.payload_len,
                                  heard.rtp.timestamp, 0, &begun, hits);
    }
    assert_int_equal(count, 1);
    assert_int_equal(hits[0].digit, '#');
    assert_int_equal(hits[0].duration_ms, 100);
}

static void a_play_waits_for_its_listener(void **state)
{
    (void)state;
    struct sockaddr_in local;
    struct heard heard;
    assert_int_equal(media_endpoint_open(rig.engine, 3, 1, &local), FAR_OK);
    rig_prompt(&rig, "greeting.wav", 2500, 160);
    play(3, 201, "greeting.wav", NULL, false, false);
    (void)rig_stats(&rig, 3);
    play(2, 202, "music.wav", NULL, false, false); /* meanwhile ten ticks go by */
    (void)rig_wait(&rig, MEDIA_EV_PLAY_DONE, 2);
    assert_false(rig_has(&rig, MEDIA_EV_PLAY_DONE, 3));
    struct phone late = {.codec = FAR_CODEC_PCMA};
    late.fd = socket_on_loopback(&late.address);
    struct media_remote remote = phone_remote(&late);
    assert_int_equal(media_endpoint_set_remote(rig.engine, 3, &remote), FAR_OK);
    phone_expect(&late, far_alaw_encode(2500), &heard);
    assert_int_equal(rig_wait(&rig, MEDIA_EV_PLAY_DONE, 3).play.cause, MEDIA_PLAY_FINISHED);
    assert_int_equal(media_endpoint_close(rig.engine, 3), FAR_OK);
    (void)rig_wait(&rig, MEDIA_EV_CLOSED, 3);
    phone_done(&late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(files_follow_each_other_without_a_gap_and_the_end_is_told, start,
                                        stop),
        cmocka_unit_test_setup_teardown(music_loops_without_a_seam_and_many_share_it, start, stop),
        cmocka_unit_test_setup_teardown(a_digit_ends_a_prompt_only_where_it_may, start, stop),
        cmocka_unit_test_setup_teardown(what_cannot_be_played_is_told, start, stop),
        cmocka_unit_test_setup_teardown(a_play_that_is_stopped_while_it_loads_never_sounds, start, stop),
        cmocka_unit_test_setup_teardown(prompt_relay_hold_music_and_relay_again_are_one_stream, start, stop),
        cmocka_unit_test_setup_teardown(a_digit_is_sent_as_telephone_event, start, stop),
        cmocka_unit_test_setup_teardown(a_play_waits_for_its_listener, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
