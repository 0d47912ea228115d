/* SPDX-License-Identifier: Apache-2.0 */
/* Desk phones that are made to answer (Event: talk), and legs that are muted. */
#include "far/test.h"
#include "rig.h"
#include <string.h>

#define INPUT(name) FARSEAT__V1__ACD_INPUT__BODY_##name

static struct rig rig;
static struct rig_edge *hq;
static int phone_port, plain_port;

static void register_as(const char *phone, const char *scenario, const char *password, int port,
                        const char *answer)
{
    pid_t pid = rig_sipp(&rig, phone, scenario, hq, port, "-s", phone, "-au", phone, "-ap", password, NULL);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    assert_string_equal(rig_input(&rig, INPUT(PHONE_BOUND))->phone_bound->answer, answer);
}

static int setup(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_user(&rig, "a1", "secret-1");
    rig_user(&rig, "a2", "secret-2");
    rig_trunk(&rig, "t1", "127.0.0.1");
    hq = rig_edge(&rig, "edge-hq");
    phone_port = test_free_port();
    plain_port = test_free_port();
    register_as("a1", "register_talk", "secret-1", phone_port, "talk");
    register_as("a2", "register", "secret-2", plain_port, "manual");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

static const char *talk(const char *leg_id)
{
    Farseat__V1__TalkCommand body = FARSEAT__V1__TALK_COMMAND__INIT;
    return rig_command(&rig, hq, leg_id, FARSEAT__V1__EDGE_COMMAND__BODY_TALK, &body);
}

static const char *mute(const char *leg_id, bool on)
{
    Farseat__V1__MuteCommand body = FARSEAT__V1__MUTE_COMMAND__INIT;
    body.on = on;
    return rig_command(&rig, hq, leg_id, FARSEAT__V1__EDGE_COMMAND__BODY_MUTE, &body);
}

static void a_phone_answers_when_it_is_asked(void **state)
{
    struct rig_sound sound;
    (void)state;
    pid_t pid = rig_call_out(&rig, hq, "a1", "agent_talk", phone_port, &sound, "t-1");
    (void)rig_input(&rig, INPUT(LEG_RINGING));
    assert_false(rig_comes(&rig, INPUT(LEG_ANSWERED), 300)); /* not by itself */
    assert_string_equal(talk("t-1"), "");
    (void)rig_input(&rig, INPUT(LEG_ANSWERED));
    assert_string_equal(talk("t-1"), "busy");
    rig_turn(&rig, 300);
    assert_string_equal(rig_hangup(&rig, hq, "t-1"), "");
    assert_string_equal(rig_input(&rig, INPUT(LEG_ENDED))->leg_ended->cause, "commanded");
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

static void one_that_does_not_say_so_is_not_asked(void **state)
{
    struct rig_sound sound;
    (void)state;
    pid_t pid = rig_call_out(&rig, hq, "a2", "agent_silent", plain_port, &sound, "t-2");
    (void)rig_input(&rig, INPUT(LEG_RINGING));
    assert_string_equal(talk("t-2"), "unsupported");
    assert_string_equal(rig_input(&rig, INPUT(LEG_ENDED))->leg_ended->cause, "no-answer");
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

/* The caller hears the agent, then not, then again; the agent hears the caller all the while. */
static void a_muted_agent_is_not_heard(void **state)
{
    struct rig_sound caller, agent;
    char leg[64];
    (void)state;
    pid_t in = rig_call_answered(&rig, hq, "caller", "caller", &caller, leg);
    pid_t out = rig_call_out(&rig, hq, "a2", "agent", plain_port, &agent, "t-3");
    (void)rig_input(&rig, INPUT(LEG_ANSWERED));
    rig_sound_ready(&rig, hq, "a2", &agent);
    assert_string_equal(rig_bridge(&rig, hq, leg, "t-3", "edge-hq"), "");
    (void)rig_input(&rig, INPUT(BRIDGE_UP));
    rig_talk(&rig, &caller, 440, &agent, 620, 1200);
    assert_true(caller.heard_db > -20 && agent.heard_db > -20);
    assert_string_equal(mute("t-3", true), "");
    rig_talk(&rig, &caller, 440, &agent, 620, 1500);
    assert_true(caller.heard_db < -50);
    assert_true(agent.heard_db > -20);
    assert_string_equal(mute("t-3", false), "");
    rig_talk(&rig, &caller, 440, &agent, 620, 1200);
    assert_true(caller.heard_db > -20 && agent.heard_db > -20);
    assert_string_equal(rig_hangup(&rig, hq, leg), "");
    assert_string_equal(rig_hangup(&rig, hq, "t-3"), "");
    assert_int_equal(rig_sipp_end(&rig, in), 0);
    assert_int_equal(rig_sipp_end(&rig, out), 0);
    rig_sound_close(&caller);
    rig_sound_close(&agent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_phone_answers_when_it_is_asked),
        cmocka_unit_test(one_that_does_not_say_so_is_not_asked),
        cmocka_unit_test(a_muted_agent_is_not_heard),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
