/* SPDX-License-Identifier: Apache-2.0 */
/* Who may say what, numbers, time, fencing, commands that fail, views. */
#include "far/test.h"
#include "world.h"
#include <string.h>

static const struct acd_limits LIMITS = {
    .agents_max = 10, .contacts_max = 20, .queues_max = 4, .legs_max = 60, .records_max = 1000};

#define T(x) ((char *)(uintptr_t)(x))

static int set_up(void **state)
{
    struct world *world = world_create(&LIMITS, 3);
    world_phone(world, 0, "8001", true);
    world_phone(world, 1, "8002", true);
    world_run(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    world_destroy(*state);
    return 0;
}

static Farseat__V1__AcdInput tick(void)
{
    static Farseat__V1__Tick body = FARSEAT__V1__TICK__INIT;
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_TICK;
    input.tick = &body;
    return input;
}

static void numbers_and_incarnations(void **state)
{
    static const char *const a = "aaaaaaaa-0000-4000-8000-000000000001",
                             *const b = "aaaaaaaa-0000-4000-8000-000000000002";
    struct world *world = *state;
    const char *incarnation;
    Farseat__V1__AcdInput input = tick();
    assert_false(world_apply(world, "acd-2", a, 2, &input)); /* a life begins with 1 */
    assert_int_equal(world->out.outcome, ACD_GAP);
    assert_true(world_apply(world, "acd-2", a, 1, &input));
    assert_false(world_apply(world, "acd-2", a, 1, &input));
    assert_int_equal(world->out.outcome, ACD_DUPLICATE);
    assert_false(world_apply(world, "acd-2", a, 3, &input));
    assert_int_equal(world->out.outcome, ACD_GAP);
    assert_true(world_apply(world, "acd-2", a, 2, &input));
    assert_true(world_apply(world, "acd-2", b, 1, &input));
    assert_false(world_apply(world, "acd-2", a, 3, &input)); /* the former life is over */
    assert_int_equal(world->out.outcome, ACD_DUPLICATE);
    assert_false(world_apply(world, "acd-2", a, 1, &input));
    assert_int_equal(acd_producer_number(world->acd, "acd-2", &incarnation), 1);
    assert_string_equal(incarnation, b);
    assert_false(world_apply(world, "Bad Name", a, 1, &input));
    assert_int_equal(world->out.outcome, ACD_REFUSED);
    assert_false(world_apply(world, "acd-2", "no-uuid", 1, &input));
}

static void only_who_may_says_it(void **state)
{
    struct world *world = *state;
    struct world_edge *hq = &world->edges[0], *branch = &world->edges[1];
    Farseat__V1__AcdInput input = tick();
    assert_false(world_apply(world, hq->name, hq->incarnation, ++hq->number, &input));
    assert_int_equal(world->out.outcome, ACD_REFUSED);
    struct world_leg *caller = world_call(world, 0, "88888888");
    Farseat__V1__LegEnded ended = FARSEAT__V1__LEG_ENDED__INIT;
    ended.leg_id = caller->id;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED;
    input.leg_ended = &ended;
    assert_false(world_apply(world, branch->name, branch->incarnation, ++branch->number, &input));
    assert_string_equal(world->out.verdict.code, "EDENIED");
    assert_false(world_acd(world, &input)); /* an ACD process is no edge */
    assert_int_equal(world_contact_state(world, caller->contact),
                     FARSEAT__V1__CONTACT_STATE__CONTACT_IN_FLOW);
    Farseat__V1__EdgeStarted started = FARSEAT__V1__EDGE_STARTED__INIT;
    started.edge = T("edge-hq");
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_EDGE_STARTED;
    input.edge_started = &started;
    assert_false(world_apply(world, branch->name, branch->incarnation, ++branch->number, &input));
    assert_string_equal(acd_edge(world->acd, "edge-hq", NULL), hq->incarnation);
    assert_string_equal(acd_edge_at(world->acd, 0), "edge-branch");
    assert_string_equal(acd_edge_at(world->acd, 1), "edge-hq");
    assert_null(acd_edge_at(world->acd, 2));
}

static void log_begins_once_and_with_its_limits(void **state)
{
    (void)state;
    struct acd *acd = NULL;
    struct acd_output out;
    const char *text = NULL;
    struct acd_limits wrong = LIMITS, read;
    wrong.queues_max = 0;
    assert_int_equal(acd_limits_check(&wrong, &text), FAR_EINVAL);
    assert_non_null(text);
    assert_int_equal(acd_create(&wrong, &acd), FAR_EINVAL);
    assert_int_equal(acd_create(&LIMITS, &acd), FAR_OK);
    assert_int_equal(acd_output_init(&out, &LIMITS), FAR_OK);
    Farseat__V1__AcdInput input = tick();
    input.producer = T("acd-1");
    input.producer_incarnation = T("aaaaaaaa-0000-4000-8000-000000000001");
    input.number = 1;
    assert_int_equal(acd_apply(acd, &input, 1, 1000, &out), FAR_EINVAL);
    Farseat__V1__LogCreated created = FARSEAT__V1__LOG_CREATED__INIT;
    created.incarnation = T("11111111-2222-4333-8444-555555555555");
    acd_limits_from(&created, &read);
    assert_int_equal(read.agents_max, 1000);
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LOG_CREATED;
    input.log_created = &created;
    assert_int_equal(acd_apply(acd, &input, 1, 1000, &out), FAR_ECONFLICT); /* the defaults are others */
    created.agents_max = 10, created.contacts_max = 20, created.queues_max = 4, created.legs_max = 60;
    created.records_max = 1000;
    assert_int_equal(acd_apply(acd, &input, 1, 1000, &out), FAR_OK);
    assert_string_equal(acd_incarnation(acd), created.incarnation);
    assert_int_equal(acd_apply(acd, &input, 2, 1000, &out), FAR_EINVAL); /* never again */
    Farseat__V1__AcdInput next = tick();
    next.producer = input.producer, next.producer_incarnation = input.producer_incarnation, next.number = 2;
    assert_int_equal(acd_apply(acd, &next, 1, 2000, &out), FAR_EINVAL); /* a position that was */
    Farseat__V1__CoreVersion version = FARSEAT__V1__CORE_VERSION__INIT;
    version.version = ACD_CORE_VERSION + 1;
    next.body_case = FARSEAT__V1__ACD_INPUT__BODY_CORE_VERSION;
    next.core_version = &version;
    assert_int_equal(acd_apply(acd, &next, 2, 2000, &out), FAR_ESTATE); /* a replica that is too old stops */
    assert_int_equal(acd_position(acd), 1);
    acd_output_done(&out);
    acd_destroy(acd);
}

static void time_advances_by_at_most_a_second(void **state)
{
    struct world *world = *state;
    int64_t before_us = acd_time_us(world->acd);
    world->now_us += 3600000000;
    assert_true(world_tick(world));
    assert_int_equal(acd_time_us(world->acd) - before_us, 1000000);
    world->now_us -= 7200000000; /* the stream's clock steps back */
    assert_true(world_tick(world));
    assert_int_equal(acd_time_us(world->acd) - before_us, 1000000);
    world->now_us += 250000;
    assert_true(world_tick(world));
    assert_int_equal(acd_time_us(world->acd) - before_us, 1250000);
    struct world_leg *caller = world_call(world, 0, "88888888");
    assert_true(acd_next_deadline_us(world->acd) <= acd_time_us(world->acd) + 1000000);
    world_end(world, caller, "hangup", true);
    world_run(world);
    world_pass(world, 20000);
    assert_true(acd_next_deadline_us(world->acd) == INT64_MAX); /* nothing waits: no ticks */
}

static size_t outstanding(struct world *world, const char *leg_id, struct acd_command *ret_last,
                          struct far_arena *arena)
{
    struct acd_command command;
    uint64_t cursor = 0;
    size_t count = 0;
    far_arena_reset(arena);
    while (acd_command_next(world->acd, &cursor, arena, &command)) {
        if (strcmp(command.command->leg_id, leg_id) != 0) continue;
        *ret_last = command;
        count++;
    }
    return count;
}

static bool fails(struct world *world, const char *command_id, const char *cause)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__CommandFailed failed = FARSEAT__V1__COMMAND_FAILED__INIT;
    failed.command_id = T(command_id);
    failed.cause = T(cause);
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_COMMAND_FAILED;
    input.command_failed = &failed;
    return world_acd(world, &input);
}

static void commands_are_kept_until_done(void **state)
{
    struct world *world = *state;
    struct far_arena arena;
    struct acd_command last;
    assert_int_equal(far_arena_init(&arena, 1u << 20), FAR_OK);
    struct world_leg *caller = world_call_from(world, 0, "88888888", "");
    assert_true(world_deliver(world, 0)); /* LegIncoming: Answer goes out */
    assert_int_equal(outstanding(world, caller->id, &last, &arena), 1);
    assert_int_equal(last.command->body_case, FARSEAT__V1__EDGE_COMMAND__BODY_ANSWER);
    assert_int_equal(last.command->leg_number, 1);
    assert_string_equal(last.edge, "edge-hq");
    assert_string_equal(last.command->edge_incarnation, world->edges[0].incarnation);
    assert_int_equal(last.command->leader_position, acd_leader_position(world->acd));
    assert_true(last.command->deadline_ms == ACD_COMMAND_TTL_MS);
    world_run(world); /* LegAnswered says commands_done = 1; Play and Collect go out */
    assert_int_equal(outstanding(world, caller->id, &last, &arena), 2);
    assert_int_equal(last.command->leg_number, 3);
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__LeaderStarted leader = FARSEAT__V1__LEADER_STARTED__INIT;
    leader.replica = T("acd-1");
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LEADER_STARTED;
    input.leader_started = &leader;
    assert_true(world_acd(world, &input)); /* the same commands, by the new leader's token */
    assert_int_equal(outstanding(world, caller->id, &last, &arena), 2);
    assert_int_equal(last.command->leader_position, world->position);
    world_pass(world, 16000);
    assert_int_equal(outstanding(world, caller->id, &last, &arena), 0);
    far_arena_done(&arena);
}

static void failed_command_hangs_the_leg_up(void **state)
{
    struct world *world = *state;
    struct far_arena arena;
    struct acd_command last;
    char id[40];
    assert_int_equal(far_arena_init(&arena, 1u << 20), FAR_OK);
    struct world_leg *caller = world_call(world, 0, "88888888");
    strcpy(id, caller->contact);
    assert_int_equal(outstanding(world, caller->id, &last, &arena), 2);
    assert_true(fails(world, last.command->command_id, "invalid"));
    assert_int_equal(caller->state, WORLD_FREE); /* Hangup went out */
    world_run(world);
    assert_string_equal(world_contact_record(world, id)->end_cause, "command-failed");
    assert_int_equal(world_contact_record(world, id)->ended_by, FARSEAT__V1__ENDED_BY__ENDED_BY_SYSTEM);
    assert_false(fails(world, last.command->command_id, "invalid")); /* it is known no more */
    assert_false(fails(world, "", ""));
    far_arena_done(&arena);
}

/* Two times the leader may fail to deliver; the third time the caller is given up. */
static void undelivered_command_is_sent_again(void **state)
{
    struct world *world = *state;
    struct far_arena arena;
    struct acd_command last;
    char command[40];
    assert_int_equal(far_arena_init(&arena, 1u << 20), FAR_OK);
    struct world_leg *caller = world_call(world, 0, "88888888");
    (void)outstanding(world, caller->id, &last, &arena);
    strcpy(command, last.command->command_id);
    for (int attempt = 1; attempt < 3; attempt++) {
        caller->done--; /* as if the edge had never seen it */
        assert_true(fails(world, command, "expired"));
        assert_int_equal(world->out.command_count, 1);
        assert_string_equal(world->out.commands[0].command->command_id, command);
        assert_true(acd_command_outstanding(world->acd, command));
        assert_int_equal(caller->state, WORLD_UP);
    }
    assert_true(fails(world, command, "expired"));
    assert_int_equal(caller->state, WORLD_FREE);
    far_arena_done(&arena);
}

/* The command met a leg that had just ended: the caller ended it, whatever came of the command. */
static void command_that_meets_an_ended_leg_says_nothing(void **state)
{
    struct world *world = *state;
    struct far_arena arena;
    struct acd_command last;
    char id[40];
    assert_int_equal(far_arena_init(&arena, 1u << 20), FAR_OK);
    struct world_leg *caller = world_call(world, 0, "88888888");
    strcpy(id, caller->contact);
    (void)outstanding(world, caller->id, &last, &arena);
    world_end(world, caller, "hangup", true);
    assert_true(fails(world, last.command->command_id, "unknown-leg"));
    world_pass(world, 1000);
    world_run(world);
    assert_int_equal(world_contact_record(world, id)->ended_by, FARSEAT__V1__ENDED_BY__ENDED_BY_CALLER);
    far_arena_done(&arena);
}

static void failed_recording_costs_the_caller_nothing(void **state)
{
    struct world *world = *state;
    struct far_arena arena;
    struct acd_command last;
    char id[40];
    assert_int_equal(far_arena_init(&arena, 1u << 20), FAR_OK);
    assert_true(world_login(world, "agent-1", ""));
    assert_true(world_ready(world, "agent-1"));
    struct world_leg *caller = world_call(world, 0, "10086");
    strcpy(id, caller->contact);
    world_answer(world, world_agent_leg(world, "agent-1"));
    assert_true(world_deliver(world, 0) && world_deliver(world, 0) && world_deliver(world, 0));
    (void)outstanding(world, caller->id, &last, &arena);
    assert_int_equal(last.command->body_case, FARSEAT__V1__EDGE_COMMAND__BODY_RECORD);
    assert_true(fails(world, last.command->command_id, "invalid"));
    world_run(world);
    world_pass(world, 5000);
    assert_int_equal(world_contact_state(world, id), FARSEAT__V1__CONTACT_STATE__CONTACT_TALKING);
    far_arena_done(&arena);
}

static void failed_dial_is_an_unreachable_phone(void **state)
{
    struct world *world = *state;
    struct far_arena arena;
    struct acd_command last;
    assert_int_equal(far_arena_init(&arena, 1u << 20), FAR_OK);
    assert_true(world_login(world, "agent-1", ""));
    assert_true(world_ready(world, "agent-1"));
    struct world_leg *caller = world_call(world, 0, "10086");
    struct world_leg *phone = world_agent_leg(world, "agent-1");
    assert_int_equal(outstanding(world, phone->id, &last, &arena), 1);
    phone->state = WORLD_FREE; /* the edge never took it */
    assert_true(fails(world, last.command->command_id, "invalid"));
    assert_int_equal(world_agent_state(world, "agent-1"), FARSEAT__V1__AGENT_STATE__AGENT_NOT_READY);
    assert_string_equal(world_agent_reason(world, "agent-1"), "unreachable");
    assert_int_equal(world_position(world, caller->contact), 1);
    far_arena_done(&arena);
}

static void views_show_what_is_there(void **state)
{
    struct world *world = *state;
    struct far_arena arena;
    Farseat__V1__QueueListReply queues;
    Farseat__V1__ContactListReply contacts;
    Farseat__V1__AgentListReply agents;
    Farseat__V1__ContactDetail detail;
    Farseat__V1__AgentExplainReply explain;
    assert_int_equal(far_arena_init(&arena, 1u << 20), FAR_OK);
    struct world_leg *first = world_call(world, 0, "10086");
    world_pass(world, 2000);
    struct world_leg *second = world_call(world, 0, "10086");
    world_pass(world, 1000);
    assert_true(world_tick(world));
    assert_int_equal(acd_view_queues(world->acd, &arena, &queues), FAR_OK);
    assert_int_equal(queues.n_queues, 2);
    assert_int_equal(queues.queues[0]->waiting, 2);
    assert_int_equal(queues.queues[0]->longest_wait_ms, 3000);
    assert_string_equal(queues.queues[0]->waiting_contact_ids[0], first->contact);
    assert_string_equal(queues.queues[0]->waiting_contact_ids[1], second->contact);
    assert_int_equal(acd_view_contacts(world->acd, &arena, &contacts), FAR_OK);
    assert_int_equal(contacts.n_contacts, 2);
    assert_int_equal(contacts.contacts[1]->position, 2);
    assert_true(contacts.contacts[0]->queue_order < contacts.contacts[1]->queue_order);
    assert_int_equal(acd_view_contact(world->acd, first->contact, &arena, &detail), FAR_OK);
    assert_int_equal(detail.n_segments, 2);
    assert_true(detail.segments[1]->open);
    assert_int_equal(detail.segments[1]->duration_ms, 3000);
    assert_int_equal(acd_view_contact(world->acd, "nobody", &arena, &detail), FAR_ENOTFOUND);
    assert_int_equal(acd_view_agents(world->acd, &arena, &agents), FAR_OK);
    assert_int_equal(agents.n_agents, 3);
    assert_string_equal(agents.agents[2]->agent_id, "agent-3");
    assert_int_equal(agents.agents[0]->n_skills, 2);
    assert_int_equal(acd_view_agent(world->acd, "agent-3", &arena, &agents), FAR_OK);
    assert_int_equal(agents.n_agents, 1);
    assert_string_equal(agents.agents[0]->agent_id, "agent-3");
    assert_int_equal(acd_view_agent(world->acd, "nobody", &arena, &agents), FAR_OK);
    assert_int_equal(agents.n_agents, 0);
    assert_int_equal(acd_view_explain(world->acd, "agent-3", &arena, &explain), FAR_OK);
    assert_string_equal(explain.queues[0]->reason, "logged-out");
    assert_string_equal(explain.queues[1]->reason, "skill: support 1 needed, 0 there");
    assert_true(world_login(world, "agent-3", ""));
    assert_true(world_not_ready(world, "agent-3", "lunch"));
    assert_int_equal(acd_view_explain(world->acd, "agent-3", &arena, &explain), FAR_OK);
    assert_string_equal(explain.queues[0]->reason, "not-ready: lunch");
    assert_true(world_ready(world, "agent-3"));
    assert_int_equal(acd_view_explain(world->acd, "agent-3", &arena, &explain), FAR_OK);
    assert_string_equal(explain.queues[0]->reason, "no-phone");
    far_arena_done(&arena);
    assert_int_equal(far_arena_init(&arena, 256), FAR_OK);
    assert_int_equal(acd_view_contacts(world->acd, &arena, &contacts), FAR_EFULL);
    far_arena_done(&arena);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(numbers_and_incarnations),
        CASE(only_who_may_says_it),
        cmocka_unit_test(log_begins_once_and_with_its_limits),
        CASE(time_advances_by_at_most_a_second),
        CASE(commands_are_kept_until_done),
        CASE(failed_command_hangs_the_leg_up),
        CASE(undelivered_command_is_sent_again),
        CASE(command_that_meets_an_ended_leg_says_nothing),
        CASE(failed_recording_costs_the_caller_nothing),
        CASE(failed_dial_is_an_unreachable_phone),
        CASE(views_show_what_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
