/* SPDX-License-Identifier: Apache-2.0 */
/* A caller and an agent hear each other: on one edge, and over a link between two. */
#include "far/test.h"
#include "rig.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct rig rig;
static struct rig_edge *hq, *branch;

static int setup(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_prompt(&rig, "hold", 300);
    rig_trunk(&rig, "t1", "127.0.0.1/32");
    rig_user(&rig, "a1", "secret-1");
    hq = rig_edge(&rig, "edge-hq");
    for (int i = 0; i < 64; i++) { /* as many as an edge knows; none of them takes a place */
        char name[16];
        (void)snprintf(name, sizeof(name), "edge-%d", i);
        rig_edge_address(&rig, name, "sip:link@127.0.0.1:1", "no secret");
    }
    branch = rig_edge(&rig, "edge-branch");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

struct pair {
    struct rig_sound caller, agent;
    pid_t caller_pid, agent_pid;
    char leg_id[64];
    struct rig_edge *agent_edge;
};

static void begin(struct pair *pair, struct rig_edge *agent_edge, const char *scenario, const char *agent_leg)
{
    int port = test_free_port();
    pair->agent_edge = agent_edge;
    rig_register(&rig, agent_edge, "a1", "secret-1", port);
    pair->caller_pid = rig_call_answered(&rig, hq, "caller", "caller", &pair->caller, pair->leg_id);
    assert_string_equal(rig_play(&rig, hq, pair->leg_id, "hold", true, false), "");
    pair->agent_pid = rig_call_out(&rig, agent_edge, "a1", scenario, port, &pair->agent, agent_leg);
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED);
    rig_sound_ready(&rig, agent_edge, "a1", &pair->agent);
    assert_string_equal(rig_bridge(&rig, hq, pair->leg_id, agent_leg, agent_edge->name), "");
    const Farseat__V1__BridgeUp *up = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_UP)->bridge_up;
    assert_string_equal(up->leg_id, pair->leg_id);
}

static void hear_each_other(struct pair *pair)
{
    rig_talk(&rig, &pair->caller, 500, &pair->agent, 800, 1600);
    assert_true(pair->caller.heard_db > -20);
    assert_true(pair->agent.heard_db > -20);
}

static void end(struct pair *pair)
{
    assert_int_equal(rig_sipp_end(&rig, pair->caller_pid), 0);
    assert_int_equal(rig_sipp_end(&rig, pair->agent_pid), 0);
    rig_sound_close(&pair->caller);
    rig_sound_close(&pair->agent);
}

static void both_hear_and_hold_is_silent(struct rig_edge *agent_edge, const char *agent_leg)
{
    struct pair pair;
    begin(&pair, agent_edge, "agent", agent_leg);
    hear_each_other(&pair);
    Farseat__V1__UnbridgeCommand body = FARSEAT__V1__UNBRIDGE_COMMAND__INIT;
    assert_string_equal(rig_command(&rig, hq, pair.leg_id, FARSEAT__V1__EDGE_COMMAND__BODY_UNBRIDGE, &body),
                        "");
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_DOWN)->bridge_down->cause,
                        "commanded");
    assert_string_equal(rig_play(&rig, hq, pair.leg_id, "hold", true, false), "");
    rig_talk(&rig, &pair.caller, 500, &pair.agent, 800, 1600);
    assert_true(pair.caller.heard_db < -50); /* the agent is not heard */
    assert_true(pair.agent.heard_db < -50);
    assert_true(rig_listen(&rig, &pair.caller, 300, 600) > -20); /* but music is */
    assert_string_equal(rig_bridge(&rig, hq, pair.leg_id, agent_leg, agent_edge->name), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_UP);
    hear_each_other(&pair);
    assert_string_equal(rig_hangup(&rig, agent_edge, agent_leg), "");
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_DOWN)->bridge_down->cause,
                        "peer-ended");
    assert_string_equal(rig_hangup(&rig, hq, pair.leg_id), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    end(&pair);
}

static void on_one_edge(void **state)
{
    (void)state;
    both_hear_and_hold_is_silent(hq, "b-1");
}

static void over_a_link(void **state)
{
    (void)state;
    both_hear_and_hold_is_silent(branch, "b-2");
}

static void the_caller_leaves_a_link(void **state)
{
    struct pair pair;
    (void)state;
    begin(&pair, branch, "agent", "b-3");
    hear_each_other(&pair);
    assert_string_equal(rig_hangup(&rig, hq, pair.leg_id), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    rig_talk(&rig, &pair.caller, 500, &pair.agent, 800, 800);
    assert_true(pair.agent.heard_db < -50);
    assert_string_equal(rig_hangup(&rig, branch, "b-3"), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    end(&pair);
}

static void a_bridge_to_nobody_fails(void **state)
{
    struct rig_sound sound;
    char leg_id[64];
    (void)state;
    pid_t pid = rig_call_answered(&rig, hq, "caller", "caller", &sound, leg_id);
    assert_string_equal(rig_bridge(&rig, hq, leg_id, "nobody", "edge-hq"), "");
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_FAILED)->bridge_failed->cause,
                        "peer-gone");
    assert_string_equal(rig_bridge(&rig, hq, leg_id, "nobody", "edge-branch"), "");
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_FAILED)->bridge_failed->cause,
                        "peer-gone");
    assert_string_equal(rig_bridge(&rig, hq, leg_id, "nobody", "edge-moon"), "");
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_FAILED)->bridge_failed->cause,
                        "link-failed");
    assert_string_equal(rig_hangup(&rig, hq, leg_id), "");
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    assert_int_equal(rig_sipp_end(&rig, pid), 0);
    rig_sound_close(&sound);
}

/* The log has lost all: the edge begins anew, who talks goes on talking, who waits is let go. */
static void talk_outlives_a_lost_log(void **state)
{
    struct pair pair;
    struct rig_sound sound;
    char leg_id[64], former[64];
    (void)state;
    begin(&pair, hq, "agent", "b-4");
    pid_t waiting = rig_call_answered(&rig, hq, "waiting", "caller", &sound, leg_id);
    (void)snprintf(former, sizeof(former), "%s", hq->incarnation);
    Farseat__V1__ResyncCommand resync = FARSEAT__V1__RESYNC_COMMAND__INIT;
    assert_string_equal(rig_command(&rig, hq, "", FARSEAT__V1__EDGE_COMMAND__BODY_RESYNC, &resync), "");
    assert_int_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_EDGE_STARTED)->number, 1);
    assert_string_not_equal(hq->incarnation, former);
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_PHONE_BOUND)->phone_bound->phone, "a1");
    assert_int_equal(rig_sipp_end(&rig, waiting), 0);
    rig_sound_close(&sound);
    hear_each_other(&pair);
    Farseat__V1__CreditCommand credit = FARSEAT__V1__CREDIT_COMMAND__INIT;
    credit.incoming_legs_max = 100;
    assert_string_equal(rig_command(&rig, hq, "", FARSEAT__V1__EDGE_COMMAND__BODY_CREDIT, &credit), "");
    pid_t next = rig_call_answered(&rig, hq, "next", "caller", &sound, leg_id);
    assert_string_equal(rig_hangup(&rig, hq, leg_id), "");
    assert_string_equal(rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended->leg_id, leg_id);
    assert_int_equal(rig_sipp_end(&rig, next), 0);
    rig_sound_close(&sound);
    assert_string_equal(rig_hangup(&rig, hq, pair.leg_id), ""); /* as if he had hung up */
    end(&pair);
    assert_false(rig_comes(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED, 300));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(on_one_edge),
        cmocka_unit_test(over_a_link),
        cmocka_unit_test(the_caller_leaves_a_link),
        cmocka_unit_test(a_bridge_to_nobody_fails),
        cmocka_unit_test(talk_outlives_a_lost_log),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
