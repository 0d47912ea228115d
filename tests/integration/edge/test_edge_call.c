/* SPDX-License-Identifier: Apache-2.0 */
/* Callers: from the INVITE through the prompt to the BYE. */
#include "far/media/tone.h"
#include "far/media/wav.h"
#include "far/test.h"
#include "rig.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct rig rig;
static struct rig_edge *hq;

/* Three seconds of a tone, as a prompt. */
static void make_prompt(const char *name, double hz)
{
    static int16_t pcm[24000];
    char path[160];
    struct far_wav_writer writer;
    struct far_wav_layout layout = {.format = FAR_WAV_PCM16, .channels = 1, .rate = 8000};
    memset(pcm, 0, sizeof(pcm));
    far_tone_add(pcm, FAR_ARRAY_LEN(pcm), 0, hz, 8000, 8000);
    (void)snprintf(path, sizeof(path), "%s/%s.wav", rig.dir, name);
    assert_int_equal(far_wav_create(&writer, path, &layout), FAR_OK);
    assert_int_equal(far_wav_write(&writer, pcm, FAR_ARRAY_LEN(pcm)), FAR_OK);
    assert_int_equal(far_wav_close(&writer), FAR_OK);
}

static int setup(void **state)
{
    (void)state;
    rig_start(&rig);
    make_prompt("welcome", 440);
    rig_trunk(&rig, "t1", "127.0.0.1/32");
    hq = rig_edge(&rig, "edge-hq");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

/* A caller whose leg is answered; his sound is ready. */
static pid_t call_in(const char *name, struct rig_sound *sound, char leg_id[64])
{
    char rtp[16];
    rig_sound_open(sound);
    (void)snprintf(rtp, sizeof(rtp), "%d", sound->port);
    pid_t pid = rig_sipp(&rig, name, "caller", hq, test_free_port(), "-s", "4001", "-set", "rtp", rtp, NULL);
    const Farseat__V1__LegIncoming *leg =
        rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_INCOMING)->leg_incoming;
    assert_string_equal(leg->trunk_id, "t1");
    assert_string_equal(leg->called_raw, "4001");
    assert_string_equal(leg->caller->canonical, "+8613800138000");
    (void)snprintf(leg_id, 64, "%s", leg->leg_id);
    assert_string_equal(rig_answer(&rig, hq, leg_id), "");
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED)->leg_answered->leg_id,
                        leg_id);
    char file[64];
    (void)snprintf(file, sizeof(file), "%s.rtp", name);
    rig_sound_to(sound, hq, rig_number(&rig, file));
    return pid;
}

static void a_caller_hears_the_prompt(void **state)
{
    struct rig_sound sound;
    char leg_id[64];
    (void)state;
    pid_t pid = call_in("caller-1", &sound, leg_id);
    assert_string_equal(rig_play(&rig, hq, leg_id, "welcome", false, false), "");
    assert_true(rig_listen(&rig, &sound, 440, 1500) > -20);
    assert_true(sound.received > 60);
    const Farseat__V1__PlayDone *done = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_PLAY_DONE)->play_done;
    assert_string_equal(done->cause, "finished");
    assert_string_equal(rig_hangup(&rig, hq, leg_id), "");
    const Farseat__V1__LegEnded *ended = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended;
    assert_string_equal(ended->cause, "commanded");
    assert_true(ended->packets_sent >= 149);
    assert_true(ended->sound_gap_us_max < 100000);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_caller_hears_the_prompt),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
