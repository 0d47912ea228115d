/* SPDX-License-Identifier: Apache-2.0 */
/* The stories of a day at the centre, told to the core by edges that do what they are told. */
#include "far/test.h"
#include "world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct acd_limits LIMITS = {
    .agents_max = 20, .contacts_max = 50, .queues_max = 8, .legs_max = 150, .records_max = 2000};

#define STATE(name)  FARSEAT__V1__AGENT_STATE__AGENT_##name
#define CSTATE(name) FARSEAT__V1__CONTACT_STATE__CONTACT_##name
#define RESULT(name) FARSEAT__V1__CONTACT_RESULT__RESULT_##name
#define BY(name)     FARSEAT__V1__ENDED_BY__ENDED_BY_##name
#define KIND(name)   FARSEAT__V1__SEGMENT_KIND__SEGMENT_##name

static int set_up(void **state)
{
    struct world *world = world_create(&LIMITS, 3);
    world_phone(world, 0, "8001", true);
    world_phone(world, 1, "8002", true);
    world_phone(world, 0, "8003", true);
    world_run(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    world_destroy(*state);
    return 0;
}

static void work(struct world *world, const char *agent)
{
    assert_true(world_login(world, agent, ""));
    assert_true(world_ready(world, agent));
}

/* A caller who has pressed 1 and waits. */
static struct world_leg *waiting(struct world *world, int edge)
{
    struct world_leg *caller = world_call(world, edge, "88888888");
    world_pass(world, 4000);
    world_digits(world, caller, "1");
    world_run(world);
    return caller;
}

static void rings(struct world *world, const char *agent)
{
    world_ring(world, world_agent_leg(world, agent));
    world_run(world);
    assert_int_equal(world_agent_state(world, agent), STATE(RINGING));
}

static void answers(struct world *world, const char *agent)
{
    world_answer(world, world_agent_leg(world, agent));
    world_run(world);
    assert_int_equal(world_agent_state(world, agent), STATE(TALKING));
}

static void hangs_up(struct world *world, struct world_leg *leg)
{
    world_end(world, leg, "hangup", true);
    world_run(world);
}

static void from_menu_to_agent_to_survey(void **state)
{
    struct world *world = *state;
    char id[40];
    struct world_leg *caller = waiting(world, 0);
    strcpy(id, caller->contact);
    assert_int_equal(world_contact_state(world, id), CSTATE(QUEUED));
    assert_int_equal(world_position(world, id), 1);
    world_play_ends(world, caller); /* the greeting */
    world_run(world);
    assert_true(caller->music);
    world_pass(world, 6000);
    work(world, "agent-2");
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(RESERVED));
    assert_int_equal(world_contact_state(world, id), CSTATE(RINGING));
    world_pass(world, 200);
    rings(world, "agent-2");
    world_pass(world, 2000);
    answers(world, "agent-2");
    assert_int_equal(world_contact_state(world, id), CSTATE(TALKING));
    assert_string_not_equal(caller->recording, "");
    world_pass(world, 10000);
    hangs_up(world, world_agent_leg(world, "agent-2"));
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(AFTER_CALL_WORK));
    assert_int_equal(world_contact_state(world, id), CSTATE(IN_SURVEY));
    world_pass(world, 3000);
    world_digits(world, caller, "5");
    world_run(world);
    world_play_ends(world, caller); /* thanks */
    world_run(world);
    assert_int_equal(world_contact_state(world, id), CSTATE(WRAPPING_UP));
    assert_true(world_dispose(world, id, "agent-2", "solved", "all well"));
    assert_null(world_contact_record(world, id));
    assert_true(world_end_work(world, "agent-2"));
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(READY));

    const Farseat__V1__ContactRecord *record = world_contact_record(world, id);
    assert_non_null(record);
    assert_int_equal(record->result, RESULT(ANSWERED));
    assert_int_equal(record->ended_by, BY(FLOW));
    assert_string_equal(record->dialled, "88888888");
    assert_string_equal(record->published, "4008001234");
    assert_string_equal(record->caller->canonical, "+8613800138000");
    assert_string_equal(record->caller->raw, "013800138000");
    assert_string_equal(record->caller_name, "王");
    assert_string_equal(record->trunk_id, "carrier");
    assert_string_equal(record->queue_id, "sales");
    assert_string_equal(record->disposition, "solved");
    assert_int_equal(record->ivr_ms, 4000);
    assert_int_equal(record->wait_ms, 8200);
    assert_int_equal(record->ring_ms, 2000);
    assert_int_equal(record->talk_ms, 10000);
    assert_int_equal(record->survey_ms, 3000);
    assert_int_equal(record->after_call_work_ms, 3000);
    assert_int_equal(record->duration_ms, 25200);
    assert_int_equal(record->n_parts, 1);
    assert_string_equal(record->parts[0]->agent_id, "agent-2");
    assert_string_equal(record->parts[0]->edge, "edge-branch");
    assert_string_equal(record->parts[0]->phone_address, "127.0.0.1:5999");
    assert_int_equal(record->parts[0]->ended_by, BY(AGENT));
    assert_int_equal(record->n_recording_ids, 1);
    assert_int_equal(record->n_menu_path, 1);
    assert_string_equal(record->menu_path[0]->digits, "1");
    assert_int_equal(record->survey_score, 5);
    assert_true(record->survey_answered);
    assert_int_equal(record->position_at_entry, 1);
    assert_string_equal(record->started_at, "2025-11-24T16:00:00.000000Z");
    const Farseat__V1__SurveyRecord *survey = world_survey_record(world, id);
    assert_non_null(survey);
    assert_string_equal(survey->outcome, "answered");
    assert_string_equal(survey->agent_id, "agent-2");
    const Farseat__V1__SegmentRecord *ring = NULL;
    assert_int_equal(world_segments(world, id, KIND(RING), &ring), 1);
    assert_non_null(ring->decision);
    assert_string_equal(ring->decision->rule, "longest-idle");
    assert_string_equal(ring->decision->candidates[0]->agent_id, "agent-2");
    assert_int_equal(ring->decision->n_refusals, 1); /* two others, logged out */
    assert_int_equal(ring->decision->refusals[0]->agents, 2);
    assert_string_equal(ring->outcome, "answered");
}

static void caller_gives_up_early_and_late(void **state)
{
    struct world *world = *state;
    struct world_leg *early = waiting(world, 0);
    struct world_leg *late = waiting(world, 0);
    char early_id[40], late_id[40];
    strcpy(early_id, early->contact);
    strcpy(late_id, late->contact);
    assert_int_equal(world_position(world, late_id), 2);
    world_pass(world, 500);
    hangs_up(world, early);
    assert_int_equal(world_position(world, late_id), 1);
    world_pass(world, 6000);
    hangs_up(world, late);
    const Farseat__V1__ContactRecord *record = world_contact_record(world, early_id);
    assert_int_equal(record->result, RESULT(ABANDONED));
    assert_int_equal(record->wait_ms, 4500);
    assert_true(record->short_abandon);
    record = world_contact_record(world, late_id);
    assert_int_equal(record->result, RESULT(ABANDONED));
    assert_int_equal(record->wait_ms, 6500);
    assert_false(record->short_abandon);
    assert_int_equal(record->ended_by, BY(CALLER));
}

static void leaves_in_menu_or_is_served(void **state)
{
    struct world *world = *state;
    char id[40];
    struct world_leg *caller = world_call(world, 0, "88888888");
    strcpy(id, caller->contact);
    world_pass(world, 1500);
    hangs_up(world, caller);
    assert_int_equal(world_contact_record(world, id)->result, RESULT(IVR_ABANDONED));
    assert_int_equal(world_contact_record(world, id)->ivr_ms, 1500);
    caller = world_call(world, 0, "88888888");
    strcpy(id, caller->contact);
    world_digits(world, caller, "3");
    world_run(world);
    world_play_ends(world, caller);
    world_run(world);
    assert_int_equal(world_contact_record(world, id)->result, RESULT(IVR_SERVED));
    assert_int_equal(world_contact_record(world, id)->ended_by, BY(FLOW));
}

static void menu_counts_wrong_digits_and_timeouts(void **state)
{
    struct world *world = *state;
    char id[40];
    struct world_leg *caller = world_call(world, 0, "88888888");
    strcpy(id, caller->contact);
    world_digits(world, caller, "7");
    world_run(world);
    assert_int_equal(world_contact_state(world, id), CSTATE(IN_FLOW));
    world_digits(world, caller, "");
    world_run(world);
    world_digits(world, caller, "9");
    world_run(world);
    const Farseat__V1__ContactRecord *record = world_contact_record(world, id);
    assert_non_null(record); /* the third attempt was the last: on_failure hangs up */
    assert_int_equal(record->n_menu_path, 3);
    assert_string_equal(record->menu_path[1]->digits, "");
    assert_int_equal(record->result, RESULT(IVR_ABANDONED));
}

static void no_answer_keeps_callers_place(void **state)
{
    struct world *world = *state;
    work(world, "agent-1");
    struct world_leg *first = waiting(world, 0), *second = waiting(world, 1);
    char id[40];
    strcpy(id, first->contact);
    rings(world, "agent-1");
    world_pass(world, 20000);
    world_end(world, world_agent_leg(world, "agent-1"), "no-answer", false);
    world_run(world);
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(NOT_READY));
    assert_string_equal(world_agent_reason(world, "agent-1"), "no-answer");
    assert_int_equal(world_position(world, id), 1);
    assert_int_equal(world_position(world, second->contact), 2);
    work(world, "agent-2");
    rings(world, "agent-2");
    answers(world, "agent-2");
    assert_int_equal(world_contact_state(world, id), CSTATE(TALKING));
    hangs_up(world, first);
    assert_true(world_end_work(world, "agent-2"));
    const Farseat__V1__ContactRecord *record = world_contact_record(world, id);
    assert_int_equal(record->n_missed_offers, 1);
    assert_string_equal(record->missed_offers[0]->agent_id, "agent-1");
    assert_string_equal(record->missed_offers[0]->cause, "no-answer");
    assert_int_equal(record->missed_offers[0]->ring_ms, 20000);
    assert_int_equal(record->ended_by, BY(CALLER));
    assert_int_equal(record->result, RESULT(ANSWERED));
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(RESERVED)); /* the second caller's turn */
}

static void phone_that_says_nothing_is_given_up_by_the_net(void **state)
{
    struct world *world = *state;
    work(world, "agent-1");
    struct world_leg *caller = waiting(world, 0);
    rings(world, "agent-1");
    struct world_leg *phone = world_agent_leg(world, "agent-1");
    world_pass(world, 29000);
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(RINGING));
    world_pass(world, 2000);
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(NOT_READY));
    assert_int_equal(phone->state, WORLD_FREE); /* it was told to stop */
    world_run(world);
    assert_int_equal(world_position(world, caller->contact), 1);
}

static void declined_and_unreachable(void **state)
{
    struct world *world = *state;
    work(world, "agent-1");
    struct world_leg *caller = waiting(world, 0);
    world_end(world, world_agent_leg(world, "agent-1"), "declined", true);
    world_run(world);
    assert_string_equal(world_agent_reason(world, "agent-1"), "declined");
    work(world, "agent-2");
    world_end(world, world_agent_leg(world, "agent-2"), "unreachable", false);
    world_run(world);
    assert_string_equal(world_agent_reason(world, "agent-2"), "unreachable");
    assert_int_equal(world_position(world, caller->contact), 1);
}

/* Both orders of the same two events. */
static void caller_hangs_up_during_the_answer(void **state)
{
    struct world *world = *state;
    work(world, "agent-1");
    for (int order = 0; order < 2; order++) {
        struct world_leg *caller = waiting(world, 0);
        char id[40];
        strcpy(id, caller->contact);
        rings(world, "agent-1");
        struct world_leg *phone = world_agent_leg(world, "agent-1");
        if (order == 0) world_answer(world, phone);
        world_end(world, caller, "hangup", true);
        if (order == 1) world_answer(world, phone);
        world_run(world);
        assert_int_equal(phone->state, WORLD_FREE);
        const Farseat__V1__ContactRecord *record = world_contact_record(world, id);
        assert_non_null(record);
        assert_int_equal(record->result, RESULT(ABANDONED));
        assert_int_equal(record->n_parts, 0);
        assert_int_equal(world_agent_state(world, "agent-1"), STATE(READY)); /* no after-call work */
    }
}

static void agent_leaves_as_caller_leaves(void **state)
{
    struct world *world = *state;
    work(world, "agent-2");
    for (int order = 0; order < 2; order++) {
        struct world_leg *caller = waiting(world, 0);
        char id[40];
        strcpy(id, caller->contact);
        rings(world, "agent-2");
        answers(world, "agent-2");
        struct world_leg *phone = world_agent_leg(world, "agent-2");
        world_pass(world, 1000);
        world_end(world, caller, "hangup", true);
        world_end(world, phone, "hangup", true);
        assert_true(world_deliver(world, order ? 1 : 0)); /* another edge each: either may come first */
        world_run(world);
        assert_int_equal(world_agent_state(world, "agent-2"), STATE(AFTER_CALL_WORK));
        assert_true(world_end_work(world, "agent-2"));
        assert_int_equal(world_contact_record(world, id)->result, RESULT(ANSWERED));
        assert_int_equal(world_contact_record(world, id)->talk_ms, 1000);
    }
}

static void hold_and_resume_by_api_and_phone(void **state)
{
    struct world *world = *state;
    work(world, "agent-1");
    struct world_leg *caller = waiting(world, 0);
    char id[40];
    strcpy(id, caller->contact);
    rings(world, "agent-1");
    answers(world, "agent-1");
    world_pass(world, 2000);
    assert_false(world_hold(world, id, "agent-2", true)); /* not his */
    assert_true(world_hold(world, id, "agent-1", true));
    world_run(world);
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(HOLDING));
    assert_true(caller->music);
    world_pass(world, 3000);
    assert_true(world_hold(world, id, "agent-1", false));
    world_run(world);
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(TALKING));
    world_pass(world, 1000);
    world_phone_hold(world, world_agent_leg(world, "agent-1"), true);
    world_run(world);
    assert_int_equal(world_contact_state(world, id), CSTATE(HELD));
    world_pass(world, 500);
    world_phone_hold(world, world_agent_leg(world, "agent-1"), false);
    world_run(world);
    world_pass(world, 1000);
    hangs_up(world, caller);
    world_pass(world, 31000); /* after-call work ends by its timer */
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(READY));
    const Farseat__V1__ContactRecord *record = world_contact_record(world, id);
    assert_int_equal(record->talk_ms, 4000);
    assert_int_equal(record->hold_ms, 3500);
    assert_int_equal(record->holds, 2);
    assert_in_range(record->after_call_work_ms, 30000, 30500);
    assert_int_equal(record->n_parts, 1);
    assert_int_equal(record->n_recording_ids, 1);
    assert_int_equal(world_segments(world, id, KIND(TALK), NULL), 3);
}

static void transfer_to_agent(void **state)
{
    struct world *world = *state;
    work(world, "agent-1");
    struct world_leg *caller = waiting(world, 0);
    char id[40];
    strcpy(id, caller->contact);
    rings(world, "agent-1");
    answers(world, "agent-1");
    world_pass(world, 5000);
    work(world, "agent-2");
    assert_false(world_transfer(world, id, "agent-1", "agent-1", NULL));
    assert_false(world_transfer(world, id, "agent-1", "nobody", NULL));
    assert_true(world_transfer(world, id, "agent-1", "agent-2", NULL));
    world_run(world);
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(AFTER_CALL_WORK));
    assert_true(caller->music);
    rings(world, "agent-2");
    world_pass(world, 1000);
    answers(world, "agent-2");
    world_pass(world, 7000);
    hangs_up(world, caller);
    assert_true(world_end_work(world, "agent-1"));
    assert_null(world_contact_record(world, id)); /* the second one still works for it */
    assert_true(world_end_work(world, "agent-2"));
    const Farseat__V1__ContactRecord *record = world_contact_record(world, id);
    assert_int_equal(record->transfers, 1);
    assert_int_equal(record->n_parts, 2);
    assert_int_equal(record->parts[0]->talk_ms, 5000);
    assert_int_equal(record->parts[1]->talk_ms, 7000);
    assert_int_equal(record->talk_ms, 12000);
    assert_int_equal(record->wait_ms, 0); /* until the first answer */
    assert_int_equal(record->n_recording_ids, 2);
    assert_string_not_equal(record->recording_ids[0], record->recording_ids[1]);
    const Farseat__V1__SegmentRecord *ring = NULL;
    assert_int_equal(world_segments(world, id, KIND(RING), &ring), 2);
    assert_string_equal(ring->decision->rule, "transfer");
}

static void transfer_to_busy_agent_queues_before_later_callers(void **state)
{
    struct world *world = *state;
    work(world, "agent-1");
    struct world_leg *caller = waiting(world, 0);
    rings(world, "agent-1");
    answers(world, "agent-1");
    struct world_leg *later = waiting(world, 0);
    char id[40];
    strcpy(id, caller->contact);
    assert_int_equal(world_position(world, later->contact), 1);
    assert_true(world_transfer(world, id, "agent-1", "agent-2", NULL)); /* not logged in */
    world_run(world);
    assert_int_equal(world_position(world, id), 1);
    assert_int_equal(world_position(world, later->contact), 2);
}

static void phones_transfer_by_refer(void **state)
{
    struct world *world = *state;
    work(world, "agent-1");
    struct world_leg *caller = waiting(world, 0);
    char id[40];
    strcpy(id, caller->contact);
    rings(world, "agent-1");
    answers(world, "agent-1");
    work(world, "agent-2");
    world_refer(world, world_agent_leg(world, "agent-1"), "nowhere");
    world_run(world);
    assert_int_equal(world_contact_state(world, id), CSTATE(TALKING));
    world_refer(world, world_agent_leg(world, "agent-1"), "8002");
    world_run(world);
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(RESERVED));
    rings(world, "agent-2");
    answers(world, "agent-2");
    world_refer(world, world_agent_leg(world, "agent-2"), "support");
    world_run(world);
    assert_int_equal(world_contact_state(world, id), CSTATE(QUEUED));
    hangs_up(world, caller);
    assert_true(world_end_work(world, "agent-1"));
    assert_true(world_end_work(world, "agent-2"));
    assert_string_equal(world_contact_record(world, id)->queue_id, "support");
    assert_string_equal(world_contact_record(world, id)->first_queue_id, "sales");
    assert_int_equal(world_contact_record(world, id)->result, RESULT(ANSWERED));
    assert_int_equal(world_contact_record(world, id)->transfers, 2);
}

static void wishes_during_a_call_take_effect_after_it(void **state)
{
    struct world *world = *state;
    work(world, "agent-1");
    struct world_leg *caller = waiting(world, 0);
    rings(world, "agent-1");
    answers(world, "agent-1");
    assert_false(world_not_ready(world, "agent-1", "nonsense"));
    assert_true(world_not_ready(world, "agent-1", "lunch"));
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(TALKING));
    hangs_up(world, caller);
    assert_true(world_end_work(world, "agent-1"));
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(NOT_READY));
    assert_string_equal(world_agent_reason(world, "agent-1"), "lunch");
    assert_true(world_ready(world, "agent-1"));
    caller = waiting(world, 0);
    rings(world, "agent-1");
    answers(world, "agent-1");
    assert_true(world_logout(world, "agent-1"));
    hangs_up(world, caller);
    assert_true(world_end_work(world, "agent-1"));
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(LOGGED_OUT));
}

static void late_disposition_is_revision_two(void **state)
{
    struct world *world = *state;
    work(world, "agent-1");
    struct world_leg *caller = waiting(world, 0);
    char id[40];
    strcpy(id, caller->contact);
    rings(world, "agent-1");
    answers(world, "agent-1");
    world_pass(world, 3000);
    hangs_up(world, caller);
    assert_true(world_end_work(world, "agent-1"));
    assert_int_equal(world_contact_record(world, id)->revision, 1);
    assert_false(world_dispose(world, id, "agent-2", "solved", ""));
    assert_false(world_dispose(world, id, "agent-1", "nonsense", ""));
    assert_true(world_dispose(world, id, "agent-1", "open", "calls again"));
    const Farseat__V1__ContactRecord *record = world_contact_record(world, id);
    assert_int_equal(record->revision, 2);
    assert_string_equal(record->disposition_note, "calls again");
    assert_int_equal(record->talk_ms, 3000);
    assert_string_equal(record->parts[0]->disposition, "open");
}

static void overflow_by_full_queue_and_by_time(void **state)
{
    struct world *world = *state;
    struct world_leg *callers[4];
    char ids[4][40];
    for (int i = 0; i < 4; i++) {
        callers[i] = world_call(world, 0, "88888888");
        strcpy(ids[i], callers[i]->contact);
        world_digits(world, callers[i], "2");
        world_run(world);
    }
    assert_int_equal(world_contact_state(world, ids[3]), CSTATE(IN_FLOW)); /* three may wait */
    world_play_ends(world, callers[3]);
    world_run(world);
    assert_int_equal(world_contact_record(world, ids[3])->result, RESULT(OVERFLOWED));
    hangs_up(world, callers[1]);
    world_pass(world, 61000);
    assert_int_equal(world_contact_state(world, ids[0]), CSTATE(IN_FLOW));
    world_play_ends(world, callers[0]);
    world_run(world);
    assert_int_equal(world_contact_record(world, ids[0])->result, RESULT(OVERFLOWED));
    assert_in_range(world_contact_record(world, ids[0])->wait_ms, 60000, 60500);
    struct acd_stats stats;
    acd_stats(world->acd, &stats);
    assert_int_equal(stats.offered, 4);
    assert_int_equal(stats.overflowed + stats.abandoned + stats.waiting, 4);
}

static void refused_calls(void **state)
{
    struct world *world = *state;
    struct world_leg *leg = world_call(world, 0, "12345");
    assert_int_equal(leg->state, WORLD_FREE);
    const Farseat__V1__ContactRecord *record = NULL;
    for (size_t i = 0; i < world->record_count; i++)
        if (world->records[i]->body_case == FARSEAT__V1__RECORD__BODY_CONTACT)
            record = world->records[i]->contact;
    assert_non_null(record);
    assert_int_equal(record->result, RESULT(REFUSED));
    assert_string_equal(record->end_cause, "unknown-number");
    for (uint32_t i = 0; i < LIMITS.contacts_max; i++)
        assert_int_equal(world_call(world, 0, "88888888")->state, WORLD_UP);
    assert_int_equal(world_call(world, 0, "88888888")->state, WORLD_FREE);
    record = world->records[world->record_count - 1]->contact;
    assert_string_equal(record->end_cause, "capacity");
    assert_int_equal(world->edges[0].credit, LIMITS.contacts_max);
}

static void echo_and_calling_from_a_phone(void **state)
{
    struct world *world = *state;
    work(world, "agent-1");
    char id[40];
    struct world_leg *own = world_call_from(world, 0, "9196", "8001");
    world_run(world);
    strcpy(id, own->contact);
    waiting(world, 0);
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(READY)); /* his phone is busy: no offer */
    world_pass(world, 5500);                                             /* the echo's limit */
    world_run(world);
    assert_int_equal(world_contact_record(world, id)->result, RESULT(IVR_SERVED));
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(RESERVED));
}

static void edge_killed(void **state)
{
    struct world *world = *state;
    work(world, "agent-2");
    struct world_leg *here = waiting(world, 0);
    struct world_leg *there = waiting(world, 1);
    char here_id[40], there_id[40];
    strcpy(here_id, here->contact);
    strcpy(there_id, there->contact);
    rings(world, "agent-2");
    answers(world, "agent-2");
    world_pass(world, 1000);
    world_edge_kill(world, 1);
    assert_true(world_edge_reach(world, 1, false));
    world_run(world);
    assert_int_equal(world_contact_state(world, there_id), CSTATE(QUEUED)); /* unreachable is not lost */
    assert_true(world_edge_lost(world, 1));
    world_run(world);
    assert_string_equal(world_contact_record(world, there_id)->end_cause, "edge-lost");
    assert_int_equal(world_contact_record(world, there_id)->result, RESULT(ABANDONED));
    assert_int_equal(world_contact_record(world, there_id)->ended_by, BY(SYSTEM));
    assert_int_equal(world_contact_state(world, here_id), CSTATE(QUEUED)); /* again, where he stood */
    assert_int_equal(world_position(world, here_id), 1);
    assert_true(here->music);
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(AFTER_CALL_WORK));
    assert_true(world_end_work(world, "agent-2"));
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(READY)); /* but his phone is nowhere */
    assert_int_equal(world_contact_state(world, here_id), CSTATE(QUEUED));
    world_phone(world, 0, "8002", true);
    world_run(world);
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(RESERVED));
    world_edge_start(world, 1);
    world_run(world);
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(RESERVED));
}

static void callers_edge_restarts(void **state)
{
    struct world *world = *state;
    work(world, "agent-2");
    struct world_leg *caller = waiting(world, 0);
    char id[40];
    strcpy(id, caller->contact);
    rings(world, "agent-2");
    answers(world, "agent-2");
    world_pass(world, 2000);
    world_edge_start(world, 0);
    world_run(world);
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(AFTER_CALL_WORK));
    assert_true(world_end_work(world, "agent-2"));
    assert_string_equal(world_contact_record(world, id)->end_cause, "edge-lost");
    assert_int_equal(world_contact_record(world, id)->result, RESULT(ANSWERED));
    assert_null(world_agent_leg(world, "agent-2"));
}

static void unreachable_edge_gets_no_work(void **state)
{
    struct world *world = *state;
    work(world, "agent-2");
    assert_true(world_edge_reach(world, 1, false));
    struct world_leg *caller = waiting(world, 0);
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(READY));
    assert_true(world_edge_reach(world, 1, true));
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(RESERVED));
    world_end(world, world_agent_leg(world, "agent-2"), "declined", true);
    world_run(world);
    assert_true(world_edge_reach(world, 0, false)); /* now the caller's */
    assert_true(world_ready(world, "agent-2"));
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(READY));
    assert_int_equal(world_contact_state(world, caller->contact), CSTATE(QUEUED));
    assert_true(world_edge_reach(world, 0, true));
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(RESERVED));
}

static void longest_idle_first_and_queue_priority(void **state)
{
    struct world *world = *state;
    work(world, "agent-3");
    world_pass(world, 1000);
    work(world, "agent-1");
    world_pass(world, 1000);
    work(world, "agent-2");
    waiting(world, 0);
    assert_int_equal(world_agent_state(world, "agent-3"), STATE(RESERVED));
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(READY));
    struct world_leg *support = world_call(world, 0, "88888888");
    world_digits(world, support, "2");
    world_run(world);
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(RESERVED));
    assert_true(world_not_ready(world, "agent-2", ""));
    struct world_leg *sales = waiting(world, 0);
    support = world_call(world, 0, "88888888");
    world_digits(world, support, "2");
    world_run(world);
    assert_true(
        world_ready(world, "agent-2")); /* support's callers come first, though the other waits longer */
    assert_int_equal(world_contact_state(world, support->contact), CSTATE(RINGING));
    assert_int_equal(world_contact_state(world, sales->contact), CSTATE(QUEUED));
}

static void link_that_breaks_is_bridged_again(void **state)
{
    struct world *world = *state;
    work(world, "agent-2");
    struct world_leg *caller = waiting(world, 0);
    rings(world, "agent-2");
    answers(world, "agent-2");
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__BridgeDown down = FARSEAT__V1__BRIDGE_DOWN__INIT;
    down.leg_id = caller->id;
    down.bridge_id = caller->bridge;
    down.leg_ms = 4000;
    down.commands_done = caller->done;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_DOWN;
    input.bridge_down = &down;
    char before[40];
    strcpy(before, caller->bridge);
    assert_true(world_apply(world, "edge-hq", world->edges[0].incarnation, ++world->edges[0].number, &input));
    assert_int_equal(world_contact_state(world, caller->contact), CSTATE(TALKING));
    world_pass(world, 2500);
    world_run(world);
    assert_string_not_equal(caller->bridge, before);
    assert_string_not_equal(caller->bridge, "");
    world_pass(world, 60000);
    assert_int_equal(world_contact_state(world, caller->contact), CSTATE(TALKING));
}

static void outbox_that_is_full_refuses_calls(void **state)
{
    struct world *world = *state;
    uint64_t first, last;
    struct acd_stats stats;
    for (int i = 0; i < 3000; i++) {
        struct world_leg *caller = world_call(world, 0, "88888888");
        if (caller->state == WORLD_FREE) break;
        hangs_up(world, caller);
    }
    acd_record_range(world->acd, &first, &last);
    assert_in_range(last, LIMITS.records_max * 7 / 10, LIMITS.records_max * 8 / 10);
    assert_int_equal(world_call(world, 0, "88888888")->state, WORLD_FREE);
    assert_true(world_login(world, "agent-1", ""));
    assert_true(world_stored(world, last));
    acd_stats(world->acd, &stats);
    assert_int_equal(stats.records_unstored, 0);
    assert_int_equal(world_call(world, 0, "88888888")->state, WORLD_UP);
}

/* The greeting ends in the moment in which the agent answers: its end reaches the core between the Bridge and
 * the BridgeUp. Music told now would sound over the agent's voice. */
static void a_greeting_that_ends_during_the_bridging_brings_no_music(void **state)
{
    struct world *world = *state;
    struct world_leg *caller = waiting(world, 0);
    world_pass(world, 1000);
    work(world, "agent-2");
    rings(world, "agent-2");
    world_play_ends(world, caller); /* on its way */
    world_answer(world, world_agent_leg(world, "agent-2"));
    assert_true(world_deliver(world, 1)); /* the other edge is quicker */
    world_run(world);
    assert_int_equal(world_agent_state(world, "agent-2"), STATE(TALKING));
    assert_false(caller->music);
    assert_string_equal(caller->play, "");
}

/* The same, but the phone is gone before the bridge is there: the caller must not wait in silence. */
static void a_bridge_that_fails_after_the_greeting_brings_music(void **state)
{
    struct world *world = *state;
    struct world_leg *caller = waiting(world, 0);
    world_pass(world, 1000);
    work(world, "agent-2");
    rings(world, "agent-2");
    world_play_ends(world, caller);
    world_answer(world, world_agent_leg(world, "agent-2"));
    world->edges[1].dead = true; /* the bridge finds nobody */
    assert_true(world_deliver(world, 1));
    world_run(world);
    assert_int_equal(world_contact_state(world, caller->contact), CSTATE(QUEUED));
    assert_true(caller->music);
}

static char business_type[64];
static void note_business_type(struct world *world, const Farseat__V1__AcdInput *input)
{
    (void)input;
    for (size_t i = 0; i < world->out.fact_count; i++) {
        const Farseat__V1__Fact *fact = world->out.facts[i].fact;
        if (fact->body_case == FARSEAT__V1__FACT__BODY_CONTACT_QUEUED)
            (void)snprintf(business_type, sizeof(business_type), "%s", fact->contact_queued->business_type);
    }
}

static char *copy(const char *text)
{
    char *made = malloc(strlen(text) + 1);
    strcpy(made, text);
    return made;
}

/* A contact counts for its first queue, and so by its first queue's thresholds, wherever it goes later. */
static void the_first_queue_counts_by_its_own_thresholds(void **state)
{
    struct world *world = *state;
    char id[40];
    Farseat__V1__CentreConfig *config = world_config(3);
    Farseat__V1__BusinessType *type = malloc(sizeof(*type));
    farseat__v1__business_type__init(type);
    type->id = copy("order");
    type->name = malloc(sizeof(*type->name));
    farseat__v1__label__init(type->name);
    type->name->zh = copy("o"), type->name->en = copy("o");
    config->business_types = malloc(sizeof(*config->business_types));
    config->business_types[0] = type, config->n_business_types = 1;
    config->queues[0]->business_type = copy("order");
    config->queues[1]->service_level_ms = 60000, config->queues[1]->short_abandon_ms = 9000;
    assert_true(world_configure(world, config));
    farseat__v1__centre_config__free_unpacked(config, NULL);
    work(world, "agent-1");
    world->after = note_business_type;
    struct world_leg *caller = waiting(world, 0);
    world->after = NULL;
    assert_string_equal(business_type, "order");
    strcpy(id, caller->contact);
    rings(world, "agent-1");
    answers(world, "agent-1");
    assert_true(world_transfer(world, id, "agent-1", NULL, "support"));
    world_run(world);
    hangs_up(world, caller);
    assert_true(world_end_work(world, "agent-1"));
    const Farseat__V1__ContactRecord *record = world_contact_record(world, id);
    assert_string_equal(record->first_queue_id, "sales");
    assert_string_equal(record->queue_id, "support");
    assert_int_equal(record->service_level_ms, 20000);
    assert_int_equal(record->short_abandon_ms, 5000);
}

/* The caller leaves in the moment in which he is answered: the recording is commanded of a leg that is over,
 * and no record may name what nobody has begun. */
static void who_leaves_at_once_has_no_recording(void **state)
{
    struct world *world = *state;
    char id[40];
    work(world, "agent-1");
    struct world_leg *caller = waiting(world, 0);
    strcpy(id, caller->contact);
    rings(world, "agent-1");
    world_answer(world, world_agent_leg(world, "agent-1"));
    assert_true(world_deliver(world, 0)); /* the edge has joined them, the core does not know yet */
    hangs_up(world, caller);
    assert_true(world_end_work(world, "agent-1"));
    const Farseat__V1__ContactRecord *record = world_contact_record(world, id);
    assert_non_null(record);
    assert_int_equal(record->result, RESULT(ANSWERED));
    assert_int_equal(record->n_parts, 1);
    assert_string_equal(record->parts[0]->recording_id, "");
    assert_int_equal(record->n_recording_ids, 0);
    const Farseat__V1__SegmentRecord *talk = NULL;
    assert_int_equal(world_segments(world, id, KIND(TALK), &talk), 1);
    assert_string_equal(talk->recording_id, "");
}

/* The edge tries on after RecordingFailed: what it may still record is told to stop when the agent leaves, or
 * the next agent's talk would be in it. The record names only what there is. */
static void a_recording_that_fails_is_stopped_all_the_same(void **state)
{
    struct world *world = *state;
    char id[40];
    world->edges[0].deaf = true;
    work(world, "agent-1");
    struct world_leg *caller = waiting(world, 0);
    strcpy(id, caller->contact);
    rings(world, "agent-1");
    answers(world, "agent-1");
    assert_string_not_equal(caller->recording, "");
    world->edges[0].deaf = false;
    work(world, "agent-3");
    assert_true(world_transfer(world, id, "agent-1", "agent-3", NULL));
    world_run(world);
    assert_string_equal(caller->recording, "");
    rings(world, "agent-3");
    answers(world, "agent-3");
    assert_string_not_equal(caller->recording, "");
    hangs_up(world, caller);
    assert_true(world_end_work(world, "agent-1"));
    assert_true(world_end_work(world, "agent-3"));
    const Farseat__V1__ContactRecord *record = world_contact_record(world, id);
    assert_int_equal(record->n_parts, 2);
    assert_string_equal(record->parts[0]->recording_id, "");
    assert_string_not_equal(record->parts[1]->recording_id, "");
    assert_int_equal(record->n_recording_ids, 1);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(from_menu_to_agent_to_survey),
        STORY(caller_gives_up_early_and_late),
        STORY(leaves_in_menu_or_is_served),
        STORY(menu_counts_wrong_digits_and_timeouts),
        STORY(no_answer_keeps_callers_place),
        STORY(phone_that_says_nothing_is_given_up_by_the_net),
        STORY(declined_and_unreachable),
        STORY(caller_hangs_up_during_the_answer),
        STORY(agent_leaves_as_caller_leaves),
        STORY(hold_and_resume_by_api_and_phone),
        STORY(transfer_to_agent),
        STORY(transfer_to_busy_agent_queues_before_later_callers),
        STORY(phones_transfer_by_refer),
        STORY(wishes_during_a_call_take_effect_after_it),
        STORY(late_disposition_is_revision_two),
        STORY(overflow_by_full_queue_and_by_time),
        STORY(refused_calls),
        STORY(echo_and_calling_from_a_phone),
        STORY(edge_killed),
        STORY(callers_edge_restarts),
        STORY(unreachable_edge_gets_no_work),
        STORY(longest_idle_first_and_queue_priority),
        STORY(link_that_breaks_is_bridged_again),
        STORY(outbox_that_is_full_refuses_calls),
        STORY(a_greeting_that_ends_during_the_bridging_brings_no_music),
        STORY(a_bridge_that_fails_after_the_greeting_brings_music),
        STORY(a_recording_that_fails_is_stopped_all_the_same),
        STORY(who_leaves_at_once_has_no_recording),
        STORY(the_first_queue_counts_by_its_own_thresholds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
