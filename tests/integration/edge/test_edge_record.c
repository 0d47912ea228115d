/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings: forked to a real recorder, caller left and agent right; the next recorder takes over when one
 * is killed, and the call goes on all the same when none is there. */
#include "far/clock.h"
#include "far/media/tone.h"
#include "far/media/wav.h"
#include "far/str.h"
#include "far/test.h"
#include "farseat/v1/api_recording.pb-c.h"
#include "rig.h"
#include "turn.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDING "33333333-3333-7333-8333-333333333333"

static struct rig rig;
static struct rig_edge *hq;
static struct recorder {
    pid_t pid;
    int port;
    char uri[64];
} recorders[2];

static void start_recorder(int i)
{
    char name[32], text[900];
    struct recorder *recorder = &recorders[i];
    (void)snprintf(name, sizeof(name), "recording-%d", i + 1);
    if (recorder->port == 0) recorder->port = test_free_port();
    (void)snprintf(recorder->uri, sizeof(recorder->uri), "sip:srs@127.0.0.1:%d;transport=tcp",
                   recorder->port);
    (void)snprintf(text, sizeof(text),
                   "service:\n  instance: %s\nhttp:\n  listen: 127.0.0.1:%d\n"
                   "sip:\n  listen: 127.0.0.1:%d\n  allow: [127.0.0.1]\n  sessions_max: 4\n"
                   "rtp:\n  port_first: %d\n  port_last: %d\n"
                   "store:\n  path: %s/store-%d\n  keys: %s/keys\n  free_min: 1M\n"
                   "bus:\n  url: %s\npostgres:\n  url: postgresql://nobody@127.0.0.1:1/none\n"
                   "  migrations: services/recording/migrations\n",
                   name, test_free_port(), recorder->port, rig.rtp_first + 140 + 30 * i,
                   rig.rtp_first + 169 + 30 * i, rig.dir, i, rig.dir, rig.nats.url);
    recorder->pid = rig_service(&rig, name, RECORDER_BINARY, text, recorder->port);
}

static int setup(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_trunk(&rig, "t1", "127.0.0.1/32");
    rig_user(&rig, "a1", "secret-1");
    hq = rig_edge(&rig, "edge-hq");
    start_recorder(0);
    start_recorder(1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++)
        if (recorders[i].pid > 0) (void)rig_end(&rig, recorders[i].pid, SIGTERM);
    rig_stop(&rig);
    return 0;
}

struct pair {
    struct rig_sound caller, agent;
    pid_t caller_pid, agent_pid;
    char leg_id[64];
};

static void begin(struct pair *pair, const char *agent_leg)
{
    int port = test_free_port();
    rig_register(&rig, hq, "a1", "secret-1", port);
    pair->caller_pid = rig_call_answered(&rig, hq, "caller", "caller", &pair->caller, pair->leg_id);
    pair->agent_pid = rig_call_out(&rig, hq, "a1", "agent", port, &pair->agent, agent_leg);
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED);
    rig_sound_ready(&rig, hq, "a1", &pair->agent);
    assert_string_equal(rig_bridge(&rig, hq, pair->leg_id, agent_leg, "edge-hq"), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_UP);
}

static void end(struct pair *pair, const char *agent_leg)
{
    char path[160];
    assert_string_equal(rig_hangup(&rig, hq, pair->leg_id), "");
    assert_string_equal(rig_hangup(&rig, hq, agent_leg), "");
    assert_int_equal(rig_sipp_end(&rig, pair->caller_pid), 0);
    assert_int_equal(rig_sipp_end(&rig, pair->agent_pid), 0);
    rig_sound_close(&pair->caller);
    rig_sound_close(&pair->agent);
    (void)snprintf(path, sizeof(path), "%s/caller.rtp", rig.dir);
    assert_int_equal(remove(path), 0);
}

static const char *record(struct pair *pair, const char *recording_id)
{
    Farseat__V1__RecordCommand body = FARSEAT__V1__RECORD_COMMAND__INIT;
    char *uris[] = {recorders[0].uri, recorders[1].uri};
    body.recording_id = (char *)recording_id;
    body.recorder_uris = uris;
    body.n_recorder_uris = 2;
    body.agent_id = (char *)"agent-1";
    body.agent_name = (char *)"李四 <\"&>";
    body.queue_id = (char *)"sales";
    body.caller_number = (char *)"+8613800138000";
    return rig_command(&rig, hq, pair->leg_id, FARSEAT__V1__EDGE_COMMAND__BODY_RECORD, &body);
}

static struct {
    uint8_t *data;
    size_t len;
    enum far_err err;
    bool done;
} heard;

static void on_read(void *ctx, const struct far_bus_answer *answer)
{
    (void)ctx;
    heard.done = true;
    heard.err = answer->err;
    if (answer->err != FAR_OK) return;
    const Farseat__V1__RecordingReadReply *reply = (const void *)answer->message;
    heard.data = realloc(heard.data, heard.len + reply->data.len);
    assert_non_null(heard.data);
    memcpy(heard.data + heard.len, reply->data.data, reply->data.len);
    heard.len += reply->data.len;
}

static bool is_read(void *ctx)
{
    (void)ctx;
    return heard.done;
}

/* The part as it would be played back: the caller's 500 Hz left, the agent's 800 Hz right, and not the
 * reverse. */
static void check_sides(const char *instance, uint32_t part)
{
    char subject[128];
    static int16_t left[80000], right[80000];
    struct far_wav wav;
    (void)snprintf(subject, sizeof(subject), "far.api.recording.Read.%s", instance);
    free(heard.data);
    memset(&heard, 0, sizeof(heard));
    Farseat__V1__RecordingReadRequest request = FARSEAT__V1__RECORDING_READ_REQUEST__INIT;
    request.recording_id = (char *)RECORDING;
    request.part = part;
    request.length = 524288;
    struct far_bus_question question = {.subject = subject,
                                        .message = &request.base,
                                        .reply_type = &farseat__v1__recording_read_reply__descriptor,
                                        .timeout_ms = 3000,
                                        .fn = on_read};
    assert_int_equal(far_bus_ask(rig.bus, &question, NULL), FAR_OK);
    assert_true(test_turn_until(rig.loop, is_read, NULL, RIG_WAIT_MS));
    assert_int_equal(heard.err, FAR_OK);
    assert_int_equal(far_wav_parse(heard.data, heard.len, &wav, NULL), FAR_OK);
    assert_int_equal(wav.channels, 2);
    assert_true(wav.frames > 8000 && wav.frames < 80000);
    for (size_t i = 0; i < wav.frames; i++) {
        left[i] = wav.pcm[2 * i];
        right[i] = wav.pcm[2 * i + 1];
    }
    size_t from = wav.frames / 4, len = wav.frames / 2;
    assert_true(far_tone_level_db(left + from, len, 500, 8000) > -20);
    assert_true(far_tone_level_db(left + from, len, 800, 8000) < -50);
    assert_true(far_tone_level_db(right + from, len, 800, 8000) > -20);
    assert_true(far_tone_level_db(right + from, len, 500, 8000) < -50);
    far_wav_done(&wav);
}

static void the_next_recorder_takes_over_within_two_seconds(void **state)
{
    struct pair pair;
    (void)state;
    begin(&pair, "r-1");
    assert_string_equal(record(&pair, RECORDING), "");
    const Farseat__V1__RecordingStarted *started =
        rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_RECORDING_STARTED)->recording_started;
    assert_int_equal(started->part, 1);
    assert_string_equal(started->recorder_uri, recorders[0].uri);
    rig_talk(&rig, &pair.caller, 500, &pair.agent, 800, 2500);
    (void)rig_end(&rig, recorders[0].pid, SIGKILL);
    uint64_t killed_at_ms = far_clock_mono_ms();
    rig_talk(&rig, &pair.caller, 500, &pair.agent, 800, 1800); /* the call goes on meanwhile */
    assert_true(pair.caller.heard_db > -20 && pair.agent.heard_db > -20);
    started = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_RECORDING_STARTED)->recording_started;
    assert_true(far_clock_mono_ms() - killed_at_ms < 2000);
    assert_int_equal(started->part, 2);
    assert_string_equal(started->recorder_uri, recorders[1].uri);
    rig_talk(&rig, &pair.caller, 500, &pair.agent, 800, 2000);
    Farseat__V1__StopRecordCommand stop = FARSEAT__V1__STOP_RECORD_COMMAND__INIT;
    stop.recording_id = (char *)RECORDING;
    assert_string_equal(
        rig_command(&rig, hq, pair.leg_id, FARSEAT__V1__EDGE_COMMAND__BODY_STOP_RECORD, &stop), "");
    const Farseat__V1__RecordingStopped *stopped =
        rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_RECORDING_STOPPED)->recording_stopped;
    assert_true(stopped->recorded_ms > 4000 && stopped->recorded_ms < 8000);
    rig_turn(&rig, 500);
    check_sides("recording-2", 2);
    start_recorder(0); /* finds what it had written */
    rig_turn(&rig, 500);
    check_sides("recording-1", 1);
    end(&pair, "r-1");
}

static void without_a_recorder_the_call_goes_on(void **state)
{
    struct pair pair;
    (void)state;
    for (int i = 0; i < 2; i++)
        recorders[i].pid = (rig_end(&rig, recorders[i].pid, SIGTERM), 0);
    begin(&pair, "r-2");
    assert_string_equal(record(&pair, "44444444-4444-7444-8444-444444444444"), "");
    const Farseat__V1__RecordingFailed *failed =
        rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_RECORDING_FAILED)->recording_failed;
    assert_string_equal(failed->recording_id, "44444444-4444-7444-8444-444444444444");
    rig_talk(&rig, &pair.caller, 500, &pair.agent, 800, 1500);
    assert_true(pair.caller.heard_db > -20 && pair.agent.heard_db > -20);
    start_recorder(1);
    const Farseat__V1__RecordingStarted *started = /* tried again each five seconds */
        rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_RECORDING_STARTED)->recording_started;
    assert_string_equal(started->recorder_uri, recorders[1].uri);
    end(&pair, "r-2");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_RECORDING_STOPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_recorder_takes_over_within_two_seconds),
        cmocka_unit_test(without_a_recorder_the_call_goes_on),
    };
    int failed = cmocka_run_group_tests(tests, setup, teardown);
    free(heard.data);
    return failed;
}
