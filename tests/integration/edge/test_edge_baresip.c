/* SPDX-License-Identifier: Apache-2.0 */
/* A full softphone, registered by TCP: called over the connection that it opened, it talks with a caller. */
#include "far/media/tone.h"
#include "far/media/wav.h"
#include "far/test.h"
#include "rig.h"
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static struct rig rig;
static struct rig_edge *hq;

static int setup(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_trunk(&rig, "t1", "127.0.0.1/32");
    rig_user(&rig, "soft", "secret-9");
    hq = rig_edge(&rig, "edge-hq");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

static pid_t start_softphone(void)
{
    char dir[128], path[160], text[1024];
    (void)snprintf(dir, sizeof(dir), "%s/baresip", rig.dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    (void)snprintf(path, sizeof(path), "%s/config", dir);
    (void)snprintf(text, sizeof(text),
                   "module_path /usr/lib/baresip/modules\nmodule g711.so\nmodule ausine.so\nmodule "
                   "sndfile.so\nsnd_path %s\n"
                   "module_tmp uuid.so\nmodule_tmp account.so\nmodule_app menu.so\n"
                   "audio_source ausine,800\naudio_player nothing,nothing\nausrc_srate 48000\nausrc_channels "
                   "2\nauplay_srate 8000\n"
                   "sip_listen 127.0.0.1:%d\nrtp_ports %d-%d\n",
                   dir, test_free_port(), rig.rtp_first + 140, rig.rtp_first + 180);
    rig_write(path, text);
    (void)snprintf(path, sizeof(path), "%s/accounts", dir);
    (void)snprintf(text, sizeof(text),
                   "<sip:soft@127.0.0.1:%d;transport=tcp>;auth_pass=secret-9;answermode=auto;regint=60\n",
                   hq->sip_port);
    rig_write(path, text);
    char *argv[] = {(char *)"baresip", (char *)"-4", (char *)"-f", dir, (char *)"-v", NULL};
    return rig_launch(&rig, "softphone", argv);
}

static void it_registers_by_tcp_and_talks(void **state)
{
    struct rig_sound caller;
    char leg_id[64], pattern[160];
    glob_t heard;
    (void)state;
    pid_t softphone = start_softphone();
    const Farseat__V1__PhoneBound *bound =
        rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_PHONE_BOUND)->phone_bound;
    assert_string_equal(bound->phone, "soft");
    assert_int_equal(strncmp(bound->address, "tcp:127.0.0.1:", 14), 0);
    assert_int_equal(strncmp(bound->user_agent, "baresip", 7), 0);
    pid_t pid = rig_call_answered(&rig, hq, "caller", "caller", &caller, leg_id);
    assert_string_equal(rig_dial(&rig, hq, "soft-1", "soft", 5000), "");
    const Farseat__V1__LegAnswered *answered =
        rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED)->leg_answered;
    assert_string_equal(answered->leg_id, "soft-1");
    assert_int_equal(strncmp(answered->phone_address, "tcp:", 4), 0);
    assert_string_equal(rig_bridge(&rig, hq, leg_id, "soft-1", "edge-hq"), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_UP);
    rig_talk(&rig, &caller, 500, NULL, 800, 3000);
    assert_true(caller.heard_db > -30); /* baresip's sine */
    assert_string_equal(rig_hangup(&rig, hq, "soft-1"), "");
    assert_string_equal(rig_hangup(&rig, hq, leg_id), "");
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    (void)rig_end(&rig, softphone, SIGTERM);
    const Farseat__V1__PhoneGone *gone = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_PHONE_GONE)->phone_gone;
    assert_string_equal(gone->cause, "unregistered");
    struct far_wav wav;
    (void)snprintf(pattern, sizeof(pattern), "%s/baresip/dump-*-dec.wav", rig.dir); /* what it decoded */
    assert_int_equal(glob(pattern, 0, NULL, &heard), 0);
    assert_int_equal(far_wav_load(heard.gl_pathv[0], &wav, NULL), FAR_OK);
    globfree(&heard);
    assert_int_equal(far_wav_convert(&wav, 8000), FAR_OK);
    assert_true(wav.frames > 12000);
    assert_true(far_tone_level_db(wav.pcm + wav.frames / 2, 4000, 500, 8000) > -20);
    far_wav_done(&wav);
    rig_sound_close(&caller);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_registers_by_tcp_and_talks),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
