/* SPDX-License-Identifier: Apache-2.0 */
/* What an edge takes and tells, told as short stories. */
#include "edge_world.h"
#include <stdio.h>
#include <string.h>

static int setup(void **state)
{
    static struct world world;
    world_init(&world, 8);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    world_done(*state);
    return 0;
}

static void start_is_the_first_input(void **state)
{
    struct world *world = *state;
    edge_core_start(world->core, world->now_ms);
    world_expect(world, "append edge_started edge=edge-hq site=hq version=1", NULL);
}

static void no_credit_no_call(void **state)
{
    struct world *world = *state;
    world_incoming(world, 1, "l1");
    world_expect(world, "reject 503 retry=5", "append calls_refused count=1 cause=no-credit number=4001",
                 NULL);
    for (uint64_t i = 2; i < 6; i++)
        world_incoming(world, i, "l1");
    world_skip(world);
    world_until(world, world->now_ms + 1000); /* at most one a second, but all are counted */
    world_expect(world, "append calls_refused count=4 cause=no-credit number=4001", NULL);
    world_credit(world, 1);
    world_incoming(world, 7, "l7");
    world_expect(world, "append leg_incoming leg_id=l7 trunk_id=t1 called_raw=4001", NULL);
    world_incoming(world, 8, "l8");
    assert_string_equal(world_line(world), "reject 503 retry=5");
}

static void a_caller_is_answered_and_hangs_up(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    uint64_t call = world_incoming(world, 1, "l1");
    world_skip(world);
    assert_string_equal(world_answer(world, "l1", 1), "");
    world_expect(world, "answer", NULL);
    edge_core_answered(world->core, world->now_ms, call, "");
    world_expect(world, "append leg_answered leg_id=l1 commands_done=1", NULL);
    world_ended(world, call, "hangup", 0, true);
    world_expect(world, "media-close", NULL);
    world_closed(world, call);
    world_expect(world, "append leg_ended leg_id=l1 commands_done=1 cause=hangup by_remote", NULL);
    assert_string_equal(world_answer(world, "l1", 1), ""); /* a repeat that came late */
    assert_string_equal(world_answer(world, "l1", 2), "unknown-leg");
    assert_string_equal(world_hangup(world, "l1", 3), "");
    world_expect(world, NULL);
}

static void commands_come_in_order_and_once(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    world_talking(world, 1, "l1");
    assert_string_equal(world_play(world, "l1", 3, "p3", false, false), "gap");
    world_expect(world, NULL);
    assert_string_equal(world_play(world, "l1", 2, "p2", false, false), "");
    assert_string_equal(world_play(world, "l1", 2, "p2", false, false), "");
    world_expect(world, "play zh/welcome", NULL);
    assert_string_equal(world_answer(world, "l1", 3), "busy"); /* answered already: its number is used up */
    assert_string_equal(world_answer(world, "l1", 3), "busy"); /* and a repeat hears the same */
    assert_string_equal(world_play(world, "l1", 4, "", false, false), "invalid");
    assert_string_equal(world_hangup(world, "l1", 9), ""); /* passes over what is missing */
    world_expect(world, "hangup flow", NULL);
    assert_string_equal(world_play(world, "l1", 7, "p7", false, false), "");
    world_expect(world, NULL);
}

static const char *credit_of(struct world *world, const char *log, uint64_t position, const char *incarnation,
                             uint64_t age_ms)
{
    Farseat__V1__EdgeCommand command = FARSEAT__V1__EDGE_COMMAND__INIT;
    Farseat__V1__CreditCommand body = FARSEAT__V1__CREDIT_COMMAND__INIT;
    struct edge_reply reply;
    command.log_incarnation = (char *)log;
    command.leader_position = position;
    command.edge_incarnation = (char *)incarnation;
    command.deadline_ms = 5000;
    command.body_case = FARSEAT__V1__EDGE_COMMAND__BODY_CREDIT;
    command.credit = &body;
    edge_core_command(world->core, world->now_ms, age_ms, &command, "", &reply);
    return reply.cause;
}

static void older_leaders_are_fenced(void **state)
{
    struct world *world = *state;
    assert_string_equal(credit_of(world, "log-1", 10, "inc-1", 0), "");
    assert_string_equal(credit_of(world, "log-1", 20, "inc-1", 0), "");
    assert_string_equal(credit_of(world, "log-1", 19, "inc-1", 0), "fenced");
    assert_string_equal(credit_of(world, "log-2", 3, "inc-1", 0),
                        ""); /* a new log starts from the beginning */
    assert_string_equal(credit_of(world, "log-1", 99, "inc-1", 0), "fenced"); /* the old one is over */
    assert_string_equal(credit_of(world, "log-2", 2, "inc-1", 0), "fenced");
    assert_string_equal(credit_of(world, "log-2", 3, "inc-0", 0), "wrong-incarnation");
    assert_string_equal(credit_of(world, "log-2", 3, "inc-1", 5000), "expired");
    assert_string_equal(credit_of(world, "", 3, "inc-1", 0), "invalid");
}

static void a_phone_is_dialled_and_answers(void **state)
{
    struct world *world = *state;
    assert_string_equal(world_dial(world, "d1", 2, 20000), "gap");
    assert_string_equal(world_dial(world, "d1", 1, 20000), "");
    world_expect(world, "dial p1", NULL);
    uint64_t call = world->call;
    edge_core_ringing(world->core, world->now_ms, call);
    edge_core_ringing(world->core, world->now_ms, call);
    world_expect(world, "append leg_ringing leg_id=d1 commands_done=1", NULL);
    edge_core_answered(world->core, world->now_ms, call, "udp:10.0.0.1:5060");
    world_expect(world, "append leg_answered leg_id=d1 commands_done=1 phone_address=udp:10.0.0.1:5060",
                 NULL);
    edge_core_held(world->core, world->now_ms, call, true);
    edge_core_held(world->core, world->now_ms, call, true);
    edge_core_held(world->core, world->now_ms, call, false);
    edge_core_referred(world->core, world->now_ms, call, "sales");
    world_expect(world, "append leg_hold leg_id=d1 commands_done=1 held",
                 "append leg_hold leg_id=d1 commands_done=1",
                 "append leg_referred leg_id=d1 commands_done=1 target=sales", NULL);
}

static void a_phone_is_asked_to_answer(void **state)
{
    struct world *world = *state;
    assert_string_equal(world_dial(world, "d1", 1, 20000), "");
    uint64_t call = world->call;
    assert_string_equal(world_talk(world, "d1", 2), "busy"); /* it does not ring yet */
    edge_core_ringing(world->core, world->now_ms, call);
    world_skip(world);
    assert_string_equal(world_talk(world, "d1", 3), "unsupported");
    assert_string_equal(world_talk(world, "d1", 3), "unsupported"); /* a repeat hears the same */
    world_expect(world, NULL);
    edge_core_can_talk(world->core, call);
    assert_string_equal(world_talk(world, "d1", 4), "");
    assert_string_equal(world_talk(world, "d1", 4), "");
    world_expect(world, "talk", NULL);
    edge_core_answered(world->core, world->now_ms, call, "");
    world_skip(world);
    assert_string_equal(world_talk(world, "d1", 5), "busy"); /* answered */
    edge_core_can_talk(world->core, call + 99);
}

static void a_leg_is_muted(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    (void)world_incoming(world, 1, "l1");
    world_skip(world);
    assert_string_equal(world_mute(world, "l1", 1, true), "busy");
    world_talking(world, 2, "l2");
    assert_string_equal(world_mute(world, "l2", 2, true), "");
    assert_string_equal(world_mute(world, "l2", 3, false), "");
    world_expect(world, "mute on", "mute off", NULL);
}

static void a_browsers_sound_that_fails_ends_its_leg(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    uint64_t call = world_talking(world, 1, "l1");
    edge_core_media_failed(world->core, world->now_ms, call + 99);
    world_expect(world, NULL);
    edge_core_media_failed(world->core, world->now_ms, call);
    edge_core_media_failed(world->core, world->now_ms, call);
    world_expect(world, "hangup media-failed", NULL);
    world_ended(world, call, "hangup", 0, false);
    world_skip(world);
    world_closed(world, call);
    world_expect(world, "append leg_ended leg_id=l1 commands_done=1 cause=media-failed", NULL);
}

static void an_unanswered_ring_ends_by_its_timer(void **state)
{
    struct world *world = *state;
    assert_string_equal(world_dial(world, "d1", 1, 20000), "");
    uint64_t call = world->call;
    edge_core_ringing(world->core, world->now_ms, call);
    world_skip(world);
    world_until(world, 20999);
    world_expect(world, NULL);
    world_until(world, 21000);
    world_expect(world, "hangup no-answer", NULL);
    edge_core_answered(world->core, world->now_ms, call, ""); /* crossed our CANCEL */
    world_expect(world, NULL);
    world_ended(world, call, "cancelled", 487, false);
    world_closed(world, call);
    world_expect(world, "media-close",
                 "append leg_ended leg_id=d1 commands_done=1 cause=no-answer sip_status=408", NULL);
}

static void hangup_before_dial_leaves_a_tombstone(void **state)
{
    struct world *world = *state;
    assert_string_equal(world_hangup(world, "d1", 2), "");
    world_expect(world, "append leg_ended leg_id=d1 commands_done=2 cause=commanded", NULL);
    assert_string_equal(world_dial(world, "d1", 1, 0), "unknown-leg");
    assert_string_equal(world_hangup(world, "d1", 2), "");
    world_expect(world, NULL);
    world_until(world, world->now_ms + EDGE_TOMBSTONE_MS);
    assert_string_equal(world_dial(world, "d1", 1, 0), ""); /* after ten minutes it is forgotten */
}

static void sip_and_media_may_forget_a_leg(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    world_talking(world, 1, "l1");
    assert_string_equal(world_hangup(world, "l1", 2), "");
    world_until(world, world->now_ms + 10000);
    world_expect(world, "hangup flow", "media-close",
                 "append leg_ended leg_id=l1 commands_done=2 cause=commanded", NULL);
    struct edge_figures figures;
    edge_core_figures(world->core, &figures);
    assert_int_equal(figures.legs, 0);
    assert_int_equal(figures.incoming_legs, 0);
}

static void digits_interrupt_the_prompt(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    uint64_t call = world_talking(world, 1, "l1");
    assert_string_equal(world_play(world, "l1", 2, "p2", true, false), "");
    assert_string_equal(world_collect(world, "l1", 3, "k3", 2), "");
    world_skip(world);
    edge_core_digit(world->core, world->now_ms, call, '1');
    world_expect(world, "play-stop", NULL);
    edge_core_play_done(world->core, world->now_ms, call, world->play, EDGE_PLAY_STOPPED, "");
    world_expect(world, "append play_done leg_id=l1 commands_done=3 play_id=p2 cause=digit", NULL);
    edge_core_digit(world->core, world->now_ms, call, '2');
    world_expect(world,
                 "append digits_collected leg_id=l1 commands_done=3 collect_id=k3 digits=12 cause=complete",
                 NULL);
    edge_core_digit(world->core, world->now_ms, call, '3'); /* kept for the next */
    assert_string_equal(world_collect(world, "l1", 4, "k4", 5), "");
    edge_core_digit(world->core, world->now_ms, call, '#');
    world_expect(world,
                 "append digits_collected leg_id=l1 commands_done=4 collect_id=k4 digits=3 cause=terminator",
                 NULL);
}

static void the_first_timeout_starts_when_the_prompt_ends(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    uint64_t call = world_talking(world, 1, "l1");
    assert_string_equal(world_play(world, "l1", 2, "p2", true, false), "");
    assert_string_equal(world_collect(world, "l1", 3, "k3", 2), "");
    world_skip(world);
    world_until(world, world->now_ms + 60000);
    world_expect(world, NULL);
    edge_core_play_done(world->core, world->now_ms, call, world->play, EDGE_PLAY_FINISHED, "");
    world_skip(world);
    world_until(world, world->now_ms + 3999);
    world_expect(world, NULL);
    world_until(world, world->now_ms + 1);
    world_expect(world, "append digits_collected leg_id=l1 commands_done=3 collect_id=k3 cause=timeout",
                 NULL);
    assert_string_equal(world_collect(world, "l1", 4, "k4", 2), "");
    edge_core_digit(world->core, world->now_ms, call, '7');
    world_until(world, world->now_ms + 2000); /* enough was typed */
    world_expect(world,
                 "append digits_collected leg_id=l1 commands_done=4 collect_id=k4 digits=7 cause=complete",
                 NULL);
}

static void secret_digits_stay_here(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    uint64_t call = world_talking(world, 1, "l1");
    Farseat__V1__CollectCommand body = FARSEAT__V1__COLLECT_COMMAND__INIT;
    body.collect_id = (char *)"k2";
    body.digits_max = 1;
    body.secret = true;
    assert_string_equal(world_command(world, "l1", 2, FARSEAT__V1__EDGE_COMMAND__BODY_COLLECT, &body), "");
    edge_core_digit(world->core, world->now_ms, call, '9');
    world_expect(
        world,
        "append digits_collected leg_id=l1 commands_done=2 collect_id=k2 cause=complete secret_handle=k2",
        NULL);
}

static void a_prompt_that_may_not_be_interrupted_hears_no_digits(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    uint64_t call = world_talking(world, 1, "l1");
    assert_string_equal(world_play(world, "l1", 2, "p2", false, false), "");
    assert_string_equal(world_collect(world, "l1", 3, "k3", 1), "");
    world_skip(world);
    edge_core_digit(world->core, world->now_ms, call, '1');
    world_expect(world, NULL);
}

static void prompts_cannot_leave_their_folder(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    world_talking(world, 1, "l1");
    const char *bad[] = {"../etc/passwd", "/etc/passwd", "a.wav", "", "A"};
    for (uint32_t i = 0; i < FAR_ARRAY_LEN(bad); i++) {
        Farseat__V1__PlayCommand body = FARSEAT__V1__PLAY_COMMAND__INIT;
        char *prompts[] = {(char *)bad[i]};
        body.play_id = (char *)"p";
        body.prompts = prompts;
        body.n_prompts = 1;
        assert_string_equal(world_command(world, "l1", 2 + i, FARSEAT__V1__EDGE_COMMAND__BODY_PLAY, &body),
                            "invalid");
    }
    world_expect(world, NULL);
}

static uint64_t talking_pair(struct world *world, uint64_t *ret_dialled)
{
    uint64_t call = world_talking(world, 1, "l1");
    assert_string_equal(world_dial(world, "d1", 1, 0), "");
    *ret_dialled = world->call;
    edge_core_answered(world->core, world->now_ms, *ret_dialled, "");
    world_skip(world);
    return call;
}

static void two_legs_here_are_bridged(void **state)
{
    struct world *world = *state;
    uint64_t agent = 0;
    world_credit(world, 8);
    uint64_t caller = talking_pair(world, &agent);
    assert_string_equal(world_play(world, "l1", 2, "p2", false, true), "");
    world_skip(world);
    assert_string_equal(world_bridge(world, "l1", 3, "b1", "d1", "edge-hq"), "");
    world_expect(world, "play-stop", "bridge", "append bridge_up leg_id=l1 commands_done=3 bridge_id=b1",
                 NULL);
    assert_true(edge_core_peer(world->core, caller) == agent);
    assert_true(edge_core_peer(world->core, agent) == caller);
    Farseat__V1__UnbridgeCommand body = FARSEAT__V1__UNBRIDGE_COMMAND__INIT;
    assert_string_equal(world_command(world, "l1", 4, FARSEAT__V1__EDGE_COMMAND__BODY_UNBRIDGE, &body), "");
    world_expect(world, "unbridge",
                 "append bridge_down leg_id=l1 commands_done=4 bridge_id=b1 cause=commanded", NULL);
    assert_true(edge_core_peer(world->core, caller) == 0 && edge_core_peer(world->core, 12345) == 0);
    assert_string_equal(world_bridge(world, "l1", 5, "b2", "d1", ""), "");
    world_skip(world);
    world_ended(world, agent, "hangup", 0, true);
    world_closed(world, agent);
    world_expect(world, "media-close", "append leg_ended leg_id=d1 commands_done=1 cause=hangup by_remote",
                 "append bridge_down leg_id=l1 commands_done=5 bridge_id=b2 cause=peer-ended", NULL);
    assert_string_equal(world_bridge(world, "l1", 6, "b3", "d1", ""), "");
    world_expect(world, "append bridge_failed leg_id=l1 commands_done=6 bridge_id=b3 cause=peer-gone", NULL);
    world_ended(world, caller, "hangup", 0, true);
    world_closed(world, caller);
    world_expect(world, "media-close", "append leg_ended leg_id=l1 commands_done=6 cause=hangup by_remote",
                 NULL);
}

static void a_link_joins_two_edges(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    uint64_t caller = world_talking(world, 1, "l1");
    assert_string_equal(world_play(world, "l1", 2, "p2", false, true), "");
    assert_string_equal(world_bridge(world, "l1", 3, "b1", "d9", "edge-branch"), "");
    world_expect(world, "play zh/welcome loop", "link-dial edge-branch d9", NULL);
    uint64_t link = world->call;
    edge_core_answered(world->core, world->now_ms, link, "");
    world_expect(world, "play-stop", "bridge", "append bridge_up leg_id=l1 commands_done=3 bridge_id=b1",
                 NULL);
    world_ended(world, link, "hangup", 0, true);
    world_expect(world, "media-close", "unbridge",
                 "append bridge_down leg_id=l1 commands_done=3 bridge_id=b1 cause=peer-ended", NULL);
    assert_string_equal(world_bridge(world, "l1", 4, "b2", "d9", "edge-branch"), "");
    world_skip(world);
    world_until(world, world->now_ms + EDGE_LINK_MS_MAX);
    world_expect(world, "hangup timeout",
                 "append bridge_failed leg_id=l1 commands_done=4 bridge_id=b2 cause=timeout", NULL);
    world_ended(world, world->call, "error", 408, false);
    world_expect(world, "media-close", NULL);
    assert_string_equal(world_bridge(world, "l1", 5, "b3", "d9", "edge-branch"), "");
    world_skip(world);
    link = world->call;
    edge_core_answered(world->core, world->now_ms, link, "");
    world_skip(world);
    world_ended(world, caller, "hangup", 0, true);
    world_closed(world, caller);
    world_expect(world, "media-close", "append leg_ended leg_id=l1 commands_done=5 cause=hangup by_remote",
                 "hangup leg-ended", NULL);
}

static void a_link_from_another_edge_finds_our_leg(void **state)
{
    struct world *world = *state;
    struct edge_link_incoming incoming = {
        .call = EDGE_CALL_INCOMING | 50, .leg_id = "d1", .bridge_id = "b1", .peer_edge = "edge-branch"};
    edge_core_link_incoming(world->core, world->now_ms, &incoming);
    world_expect(world, "reject 404 retry=0", NULL);
    assert_string_equal(world_dial(world, "d1", 1, 0), "");
    uint64_t agent = world->call;
    edge_core_answered(world->core, world->now_ms, agent, "");
    world_skip(world);
    edge_core_link_incoming(world->core, world->now_ms, &incoming);
    world_expect(world, "link-answer", NULL);
    edge_core_answered(world->core, world->now_ms, incoming.call, "");
    world_expect(world, "bridge", NULL); /* who commanded it reports it */
    world_ended(world, agent, "hangup", 0, true);
    world_closed(world, agent);
    world_expect(world, "media-close", "append leg_ended leg_id=d1 commands_done=1 cause=hangup by_remote",
                 "hangup leg-ended", NULL);
}

static void the_next_recorder_takes_over(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    uint64_t call = world_talking(world, 1, "l1");
    assert_string_equal(world_record(world, "l1", 2, "r1", 2), "");
    world_expect(world, "record-open sip:a part=1", NULL);
    world_until(world, world->now_ms + EDGE_RECORD_OPEN_MS);
    world_expect(world, "record-close", "record-open sip:b part=2", NULL);
    edge_core_recording_up(world->core, world->now_ms, world->session);
    world_expect(
        world, "append recording_started leg_id=l1 commands_done=2 recording_id=r1 part=2 recorder_uri=sip:b",
        NULL);
    world->now_ms += 3000;
    edge_core_recording_lost(world->core, world->now_ms, world->session, "bye", true);
    world_expect(world, "record-open sip:a part=3", NULL);
    edge_core_recording_lost(world->core, world->now_ms, world->session, "refused", false);
    world_expect(world, "record-open sip:b part=3", NULL);
    edge_core_recording_lost(world->core, world->now_ms, world->session, "refused", false);
    world_expect(world, "append recording_failed leg_id=l1 commands_done=2 recording_id=r1 cause=refused",
                 NULL);
    world_until(world, world->now_ms + EDGE_RECORD_RETRY_MS);
    world_expect(world, "record-open sip:a part=3", NULL);
    edge_core_recording_up(world->core, world->now_ms, world->session);
    world_skip(world);
    world->now_ms += 1000;
    Farseat__V1__StopRecordCommand body = FARSEAT__V1__STOP_RECORD_COMMAND__INIT;
    body.recording_id = (char *)"r1";
    assert_string_equal(world_command(world, "l1", 3, FARSEAT__V1__EDGE_COMMAND__BODY_STOP_RECORD, &body),
                        "");
    world_expect(world, "record-close last",
                 "append recording_stopped leg_id=l1 commands_done=3 recording_id=r1 recorded_ms=4000", NULL);
    assert_string_equal(world_record(world, "l1", 4, "r2", 1), "");
    edge_core_recording_up(world->core, world->now_ms, world->session);
    world_skip(world);
    world_ended(world, call, "hangup", 0, true);
    world_expect(world, "record-close last",
                 "append recording_stopped leg_id=l1 commands_done=4 recording_id=r2 recorded_ms=0",
                 "media-close", NULL);
}

static void a_long_backlog_keeps_callers_out(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    uint64_t call = world_talking(world, 1, "l1");
    edge_core_backlog(world->core, 50, 100);
    world_incoming(world, 2, "l2");
    world_expect(world, "reject 503 retry=5", "append calls_refused count=1 cause=log-backlog number=4001",
                 NULL);
    edge_core_backlog(world->core, 90, 100);
    edge_core_held(world->core, world->now_ms, call, true);
    world_ended(world, call, "hangup", 0, true);
    world_closed(world, call);
    world_expect(world, "media-close", "append leg_ended leg_id=l1 commands_done=1 cause=hangup by_remote",
                 NULL);
}

static void draining_keeps_what_lives(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    uint64_t call = world_talking(world, 1, "l1");
    edge_core_drain(world->core, world->now_ms);
    world_incoming(world, 2, "l2");
    world_expect(world, "append edge_draining edge=edge-hq", "reject 503 retry=30",
                 "append calls_refused count=1 cause=edge-draining number=4001", NULL);
    edge_core_end_all(world->core, world->now_ms, "edge-draining");
    world_ended(world, call, "hangup", 0, false);
    world_closed(world, call);
    world_expect(world, "hangup edge-draining", "media-close",
                 "append leg_ended leg_id=l1 commands_done=1 cause=edge-draining", NULL);
}

/* The media engine says how long each call has been silent, every 5 s. */
static void be_silent(struct world *world, uint64_t call, uint64_t *silent_ms, uint64_t ms)
{
    for (uint64_t end_ms = world->now_ms + ms; world->now_ms < end_ms;) {
        world->now_ms += 5000;
        *silent_ms += 5000;
        edge_core_media_silent(world->core, world->now_ms, call, *silent_ms);
    }
}

static void who_falls_silent_is_hung_up_unless_he_holds(void **state)
{
    struct world *world = *state;
    uint64_t silent_ms = 0;
    world_credit(world, 8);
    uint64_t call = world_talking(world, 1, "l1");
    edge_core_held(world->core, world->now_ms, call, true);
    world_skip(world);
    be_silent(world, call, &silent_ms, 100000);
    world_expect(world, NULL);
    edge_core_held(world->core, world->now_ms, call, false);
    world_skip(world);
    be_silent(world, call, &silent_ms, 55000); /* counts from here on */
    world_expect(world, NULL);
    be_silent(world, call, &silent_ms, 15000);                         /* once is enough */
    edge_core_media_silent(world->core, world->now_ms, 99, silent_ms); /* gone long ago */
    world_ended(world, call, "hangup", 0, false);
    world_closed(world, call);
    world_expect(world, "hangup media-lost", "media-close",
                 "append leg_ended leg_id=l1 commands_done=1 cause=media-lost", NULL);
}

/* A phone that suppresses silence, and whose owner waits with music, and then only listens. */
static void who_hears_music_may_be_silent(void **state)
{
    struct world *world = *state;
    uint64_t silent_ms = 0, agent_ms = 0;
    world_credit(world, 8);
    uint64_t caller = world_talking(world, 1, "l1");
    assert_string_equal(world_play(world, "l1", 2, "m", false, true), "");
    be_silent(world, caller, &silent_ms, 100000);
    assert_string_equal(world_dial(world, "a1", 1, 0), "");
    uint64_t agent = world->call;
    edge_core_answered(world->core, world->now_ms, agent, "");
    be_silent(world, agent, &agent_ms, 100000); /* nothing to say to nobody */
    edge_core_media_silent(world->core, world->now_ms, caller, silent_ms += 100000);
    assert_string_equal(world_bridge(world, "l1", 3, "b1", "a1", ""), "");
    world_skip(world);
    be_silent(world, caller, &silent_ms, 55000);
    world_expect(world, NULL);
    silent_ms = 0; /* he said something, or his phone sent a report */
    be_silent(world, caller, &silent_ms, 55000);
    world_expect(world, NULL);
    be_silent(world, caller, &silent_ms, 5000);
    world_expect(world, "hangup media-lost", NULL);
}

static void nothing_is_created_without_limits(void **state)
{
    (void)state;
    struct edge_core *core = NULL;
    struct edge_core_config config = {.edge = "e", .site = "s", .version = "1", .incarnation = "i"};
    assert_int_equal(edge_core_create(&config, &core), FAR_EINVAL);
    assert_null(core);
    assert_null(edge_core_destroy(NULL));
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static const char *resync_command(struct world *world, bool *ret_resync)
{
    Farseat__V1__EdgeCommand command = FARSEAT__V1__EDGE_COMMAND__INIT;
    Farseat__V1__ResyncCommand body = FARSEAT__V1__RESYNC_COMMAND__INIT;
    struct edge_reply reply;
    command.log_incarnation = (char *)"log-2";
    command.leader_position = 2;
    command.edge_incarnation = (char *)"inc-1";
    command.body_case = FARSEAT__V1__EDGE_COMMAND__BODY_RESYNC;
    command.resync = &body;
    edge_core_command(world->core, world->now_ms, 0, &command, "", &reply);
    *ret_resync = reply.resync;
    return reply.cause;
}

/* The log was lost: who talks goes on talking, all others end, and nothing is said about any of them. */
static void resync_begins_a_new_life(void **state)
{
    struct world *world = *state;
    struct edge_figures figures;
    bool resync = false;
    world_credit(world, 8);
    uint64_t caller = world_talking(world, 1, "l1");
    assert_string_equal(world_dial(world, "a1", 1, 0), "");
    uint64_t agent = world->call;
    edge_core_answered(world->core, world->now_ms, agent, "10.0.0.9:5060");
    assert_string_equal(world_bridge(world, "l1", 2, "b1", "a1", ""), "");
    uint64_t waiting = world_talking(world, 2, "l2");
    uint64_t offered = world_incoming(world, 3, "l3");
    world_skip(world);
    assert_string_equal(resync_command(world, &resync), "");
    assert_true(resync);
    edge_core_resync(world->core, world->now_ms, "inc-2");
    world_expect(world, "append edge_started edge=edge-hq site=hq version=1", "hangup resync",
                 "hangup resync", NULL);
    edge_core_figures(world->core, &figures);
    assert_int_equal(figures.credit, 0);
    world_ended(world, waiting, "commanded", 0, false);
    world_ended(world, offered, "commanded", 503, false);
    world_closed(world, waiting);
    world_expect(world, "media-close", NULL);
    edge_core_figures(world->core, &figures);
    assert_int_equal(figures.legs, 2);
    assert_string_equal(resync_command(world, &resync), "wrong-incarnation"); /* a repeat */
    assert_false(resync);
    edge_core_digit(world->core, world->now_ms, caller, '1');
    edge_core_held(world->core, world->now_ms, caller, true);
    world_until(world, world->now_ms + 120000);
    world_expect(world, NULL);
    world_ended(world, agent, "hangup", 0, true);
    world_closed(world, agent);
    world_until(world, world->now_ms + 10);
    world_expect(world, "media-close", "hangup resync", NULL);
    world_ended(world, caller, "commanded", 0, false);
    world_closed(world, caller);
    world_expect(world, "media-close", NULL);
    edge_core_figures(world->core, &figures);
    assert_int_equal(figures.legs, 0);
}

/* Likewise across a link to another edge, and with one that was still being brought up. */
static void resync_keeps_links_that_are_up(void **state)
{
    struct world *world = *state;
    world_credit(world, 8);
    uint64_t caller = world_talking(world, 1, "l1");
    assert_string_equal(world_bridge(world, "l1", 2, "b1", "a1", "edge-b"), "");
    uint64_t link = world->call;
    edge_core_answered(world->core, world->now_ms, link, "");
    (void)world_talking(world, 2, "l2");
    assert_string_equal(world_bridge(world, "l2", 2, "b2", "a2", "edge-b"), "");
    world_skip(world);
    edge_core_resync(world->core, world->now_ms, "inc-2");
    world_expect(world, "append edge_started edge=edge-hq site=hq version=1", "hangup resync", NULL);
    world_ended(world, link, "hangup", 0, true);
    world_until(world, world->now_ms + 10);
    world_expect(world, "media-close", "unbridge", "hangup resync", NULL);
    world_ended(world, caller, "commanded", 0, false);
}

/* A Dial that its leader's clock stamped with sent_at_ms. */
static const char *stamped_dial(struct world *world, const char *leg_id, uint64_t position,
                                uint64_t sent_at_ms, uint64_t waited_ms_max)
{
    Farseat__V1__EdgeCommand command = FARSEAT__V1__EDGE_COMMAND__INIT;
    Farseat__V1__DialCommand body = FARSEAT__V1__DIAL_COMMAND__INIT;
    struct edge_reply reply;
    body.phone = (char *)"p1";
    command.log_incarnation = (char *)"log-1";
    command.leader_position = position;
    command.edge_incarnation = (char *)"inc-1";
    command.leg_id = (char *)leg_id;
    command.leg_number = 1;
    command.deadline_ms = 5000;
    command.sent_at_ms = sent_at_ms;
    command.body_case = FARSEAT__V1__EDGE_COMMAND__BODY_DIAL;
    command.dial = &body;
    edge_core_command(world->core, world->now_ms, waited_ms_max, &command, "", &reply);
    world_skip(world);
    return reply.cause;
}

/* The edge was stopped for 40 s: what was sent meanwhile must not ring. Its clock began elsewhere. */
static void stale_commands_do_not_ring(void **state)
{
    struct world *world = *state;
    uint64_t other = 5000000; /* the leader's clock is so far ahead */
    assert_string_equal(stamped_dial(world, "d1", 10, world->now_ms + other - 2, 0), "");
    uint64_t stopped_ms = world->now_ms;
    world->now_ms += 40000;
    assert_string_equal(stamped_dial(world, "d2", 10, stopped_ms + other + 1000, 40000), "expired");
    assert_string_equal(stamped_dial(world, "d3", 10, stopped_ms + other + 36000, 40000), "");
    assert_string_equal(stamped_dial(world, "d4", 10, world->now_ms + other - 1, 40000), "");
    /* Of a new leader, whose first this is, only that is known which the driver knows. */
    assert_string_equal(stamped_dial(world, "d5", 11, 77, 40000), "expired");
    assert_string_equal(stamped_dial(world, "d6", 11, 77000, 0), "");
    world->now_ms += 6000;
    assert_string_equal(stamped_dial(world, "d7", 11, 77000, 0), "expired");
}

/* The leader's machine slept, so that its clock lost a minute: commands are taken again soon. */
static void a_leaders_clock_may_lose_time(void **state)
{
    struct world *world = *state;
    char leg_id[16];
    unsigned refused = 0;
    uint64_t lost = 60000;
    world->now_ms += lost; /* its clock reads what ours reads */
    assert_string_equal(stamped_dial(world, "d0", 10, world->now_ms, 0), "");
    world_hangup(world, "d0", 2);
    world->now_ms += lost;
    for (int i = 1; i <= 15; i++) {
        world->now_ms += 1000;
        (void)snprintf(leg_id, sizeof(leg_id), "e%d", i);
        refused += stamped_dial(world, leg_id, 10, world->now_ms - lost, 0)[0] != '\0';
        world_hangup(world, leg_id, 2);
        world_ended(world, world->call, "commanded", 0, false);
        world_closed(world, world->call);
    }
    assert_in_range(refused, 8, 11);
    assert_string_equal(stamped_dial(world, "f1", 10, world->now_ms - lost - 6000, 0), "expired");
}

/* Nobody tells the edge what to do with a caller: he does not hold a place for ever. */
static void an_offered_caller_does_not_wait_for_ever(void **state)
{
    struct world *world = *state;
    struct edge_figures figures;
    Farseat__V1__RingCommand ring = FARSEAT__V1__RING_COMMAND__INIT;
    world_credit(world, 8);
    uint64_t silent = world_incoming(world, 1, "l1");
    (void)world_incoming(world, 2, "l2");
    uint64_t began_ms = world->now_ms;
    world_skip(world);
    world_until(world, began_ms + 20000);
    assert_string_equal(world_command(world, "l2", 1, FARSEAT__V1__EDGE_COMMAND__BODY_RING, &ring), "");
    world_expect(world, "ring", NULL);
    world_until(world, began_ms + 29900);
    world_expect(world, NULL);
    world_until(world, began_ms + 30100);
    world_expect(world, "hangup error", NULL);
    world_ended(world, silent, "commanded", 503, false);
    world_expect(world, "append leg_ended leg_id=l1 cause=error sip_status=503", NULL);
    world_until(world, began_ms + 50100);
    world_expect(world, "hangup error", NULL);
    edge_core_figures(world->core, &figures);
    assert_int_equal(figures.incoming_legs, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(start_is_the_first_input),
        STORY(no_credit_no_call),
        STORY(a_caller_is_answered_and_hangs_up),
        STORY(commands_come_in_order_and_once),
        STORY(older_leaders_are_fenced),
        STORY(a_phone_is_dialled_and_answers),
        STORY(a_phone_is_asked_to_answer),
        STORY(a_leg_is_muted),
        STORY(a_browsers_sound_that_fails_ends_its_leg),
        STORY(an_unanswered_ring_ends_by_its_timer),
        STORY(hangup_before_dial_leaves_a_tombstone),
        STORY(sip_and_media_may_forget_a_leg),
        STORY(digits_interrupt_the_prompt),
        STORY(the_first_timeout_starts_when_the_prompt_ends),
        STORY(secret_digits_stay_here),
        STORY(a_prompt_that_may_not_be_interrupted_hears_no_digits),
        STORY(prompts_cannot_leave_their_folder),
        STORY(two_legs_here_are_bridged),
        STORY(a_link_joins_two_edges),
        STORY(a_link_from_another_edge_finds_our_leg),
        STORY(the_next_recorder_takes_over),
        STORY(a_long_backlog_keeps_callers_out),
        STORY(draining_keeps_what_lives),
        STORY(who_falls_silent_is_hung_up_unless_he_holds),
        STORY(who_hears_music_may_be_silent),
        STORY(resync_begins_a_new_life),
        STORY(resync_keeps_links_that_are_up),
        STORY(stale_commands_do_not_ring),
        STORY(a_leaders_clock_may_lose_time),
        STORY(an_offered_caller_does_not_wait_for_ever),
        cmocka_unit_test(nothing_is_created_without_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
