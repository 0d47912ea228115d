/* SPDX-License-Identifier: Apache-2.0 */
/* Callers: from the INVITE through prompt and digits to the BYE. */
#include "far/test.h"
#include "rig.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct rig rig;
static struct rig_edge *hq;

static int setup(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_prompt(&rig, "welcome", 440);
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

static void a_caller_hears_the_prompt(void **state)
{
    struct rig_sound sound;
    char leg_id[64];
    (void)state;
    pid_t pid = rig_call_answered(&rig, hq, "hears", "caller", &sound, leg_id);
    assert_string_equal(rig_play(&rig, hq, leg_id, "welcome", false, false), "");
    assert_true(rig_listen(&rig, &sound, 440, 1500) > -20);
    assert_true(sound.received > 60);
    const Farseat__V1__PlayDone *done = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_PLAY_DONE)->play_done;
    assert_string_equal(done->cause, "finished");
    assert_string_equal(rig_hangup(&rig, hq, leg_id), "");
    const Farseat__V1__LegEnded *ended = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended;
    assert_string_equal(ended->cause, "commanded");
    assert_true(ended->packets_sent >= 149);
    assert_true(ended->sound_gap_us_max < 200000);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void a_digit_interrupts_the_prompt(void **state)
{
    struct rig_sound sound;
    char leg_id[64];
    (void)state;
    pid_t pid = rig_call_answered(&rig, hq, "types", "caller", &sound, leg_id);
    Farseat__V1__CollectCommand collect = FARSEAT__V1__COLLECT_COMMAND__INIT;
    collect.collect_id = (char *)"menu";
    collect.digits_min = 1;
    collect.digits_max = 2;
    collect.first_timeout_ms = 3000;
    collect.next_timeout_ms = 3000;
    assert_string_equal(rig_play(&rig, hq, leg_id, "welcome", false, true), "");
    assert_string_equal(rig_command(&rig, hq, leg_id, FARSEAT__V1__EDGE_COMMAND__BODY_COLLECT, &collect), "");
    rig_type(&rig, &sound, '1');
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_PLAY_DONE)->play_done->cause, "digit");
    rig_type(&rig, &sound, '#');
    const Farseat__V1__DigitsCollected *digits =
        rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_DIGITS_COLLECTED)->digits_collected;
    assert_string_equal(digits->digits, "1#");
    assert_string_equal(digits->cause, "complete");
    assert_string_equal(rig_hangup(&rig, hq, leg_id), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void a_caller_hangs_up(void **state)
{
    struct rig_sound sound;
    char leg_id[64];
    (void)state;
    pid_t pid = rig_call_answered(&rig, hq, "leaves", "caller_bye", &sound, leg_id);
    const Farseat__V1__LegEnded *ended = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended;
    assert_string_equal(ended->leg_id, leg_id);
    assert_string_equal(ended->cause, "hangup");
    assert_true(ended->by_remote);
    assert_true(ended->leg_ms >= 650 && ended->leg_ms < 3000);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void a_caller_gives_up_while_it_rings(void **state)
{
    struct rig_sound sound;
    char leg_id[64];
    (void)state;
    pid_t pid = rig_call_in(&rig, hq, "cancels", "caller_cancel", &sound, leg_id);
    Farseat__V1__RingCommand ring = FARSEAT__V1__RING_COMMAND__INIT;
    assert_string_equal(rig_command(&rig, hq, leg_id, FARSEAT__V1__EDGE_COMMAND__BODY_RING, &ring), "");
    const Farseat__V1__LegEnded *ended = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended;
    assert_string_equal(ended->cause, "cancelled");
    assert_true(ended->by_remote);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    assert_string_equal(rig_answer(&rig, hq, leg_id), "unknown-leg");
    rig_sound_close(&sound);
}

static void a_caller_without_an_offer_gets_ours(void **state)
{
    struct rig_sound sound;
    char leg_id[64];
    (void)state;
    pid_t pid = rig_call_answered(&rig, hq, "late", "caller_late", &sound, leg_id);
    assert_string_equal(rig_play(&rig, hq, leg_id, "welcome", false, false), "");
    assert_true(rig_listen(&rig, &sound, 440, 1000) > -20);
    assert_string_equal(rig_hangup(&rig, hq, leg_id), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void a_caller_is_rejected(void **state)
{
    struct rig_sound sound;
    char leg_id[64];
    (void)state;
    pid_t pid = rig_call_in(&rig, hq, "rejected", "caller_refused", &sound, leg_id);
    Farseat__V1__RejectCommand reject = FARSEAT__V1__REJECT_COMMAND__INIT;
    reject.sip_status = 403;
    assert_string_equal(rig_command(&rig, hq, leg_id, FARSEAT__V1__EDGE_COMMAND__BODY_REJECT, &reject), "");
    const Farseat__V1__LegEnded *ended = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended;
    assert_string_equal(ended->cause, "commanded");
    assert_int_equal(ended->sip_status, 403);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void a_missing_prompt_is_told(void **state)
{
    struct rig_sound sound;
    char leg_id[64];
    (void)state;
    pid_t pid = rig_call_answered(&rig, hq, "silent", "caller", &sound, leg_id);
    assert_string_equal(rig_play(&rig, hq, leg_id, "zh/nothing", false, false), "");
    const Farseat__V1__PlayDone *done = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_PLAY_DONE)->play_done;
    assert_string_equal(done->cause, "failed");
    assert_non_null(strstr(done->text, "zh/nothing"));
    assert_string_equal(rig_hangup(&rig, hq, leg_id), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void draining_lets_the_call_finish(void **state)
{
    struct rig_sound sound;
    char leg_id[64];
    (void)state;
    pid_t pid = rig_call_answered(&rig, hq, "drained", "caller_bye", &sound, leg_id);
    rig_edge_end(&rig, hq, SIGTERM); /* waits for its end, with status 0 */
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_EDGE_DRAINING);
    const Farseat__V1__LegEnded *ended = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended;
    assert_string_equal(ended->cause, "hangup");
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_caller_hears_the_prompt),
        cmocka_unit_test(a_digit_interrupts_the_prompt),
        cmocka_unit_test(a_caller_hangs_up),
        cmocka_unit_test(a_caller_gives_up_while_it_rings),
        cmocka_unit_test(a_caller_without_an_offer_gets_ours),
        cmocka_unit_test(a_caller_is_rejected),
        cmocka_unit_test(a_missing_prompt_is_told),
        cmocka_unit_test(draining_lets_the_call_finish),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
