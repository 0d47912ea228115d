/* SPDX-License-Identifier: Apache-2.0 */
/* What an agent asks of his phone: not to be heard, and to answer. */
#include "far/arena.h"
#include "far/test.h"
#include "world.h"
#include <stdio.h>
#include <string.h>

static const struct acd_limits LIMITS = {
    .agents_max = 10, .contacts_max = 20, .queues_max = 4, .legs_max = 60, .records_max = 1000};

#define T(x)     ((char *)(uintptr_t)(x))
#define STATE(x) FARSEAT__V1__AGENT_STATE__AGENT_##x

static int set_up(void **state)
{
    struct world *world = world_create(&LIMITS, 3);
    world_phone_as(world, 0, "8001", "talk");
    world_phone_as(world, 1, "8002", "browser");
    world_phone_as(world, 0, "8003", "");
    world_run(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    world_destroy(*state);
    return 0;
}

/* A caller whom the agent's phone rings for. */
static struct world_leg *rings(struct world *world, const char *agent)
{
    assert_true(world_login(world, agent, ""));
    assert_true(world_ready(world, agent));
    struct world_leg *caller = world_call(world, 0, "88888888");
    world_pass(world, 4000);
    world_digits(world, caller, "1");
    world_run(world);
    world_ring(world, world_agent_leg(world, agent));
    world_run(world);
    assert_int_equal(world_agent_state(world, agent), STATE(RINGING));
    return caller;
}

static struct world_leg *talks(struct world *world, const char *agent)
{
    struct world_leg *caller = rings(world, agent);
    world_answer(world, world_agent_leg(world, agent));
    world_run(world);
    assert_int_equal(world_agent_state(world, agent), STATE(TALKING));
    return caller;
}

static void see(struct world *world, const char *agent, const char *answer, bool muted)
{
    struct far_arena arena;
    Farseat__V1__AgentListReply list;
    assert_int_equal(far_arena_init(&arena, 1u << 20), FAR_OK);
    assert_int_equal(acd_view_agents(world->acd, &arena, &list), FAR_OK);
    for (size_t i = 0; i < list.n_agents; i++) {
        if (strcmp(list.agents[i]->agent_id, agent) != 0) continue;
        assert_string_equal(list.agents[i]->phone_answer, answer);
        assert_int_equal(list.agents[i]->muted, muted);
    }
    far_arena_done(&arena);
}

/* The last fact of the last input. */
static const Farseat__V1__AgentStateChanged *told(struct world *world)
{
    assert_true(world->out.fact_count > 0);
    const Farseat__V1__Fact *fact = world->out.facts[world->out.fact_count - 1].fact;
    assert_int_equal(fact->body_case, FARSEAT__V1__FACT__BODY_AGENT_STATE);
    return fact->agent_state;
}

static uint64_t hash_of(struct world *world)
{
    return acd_hash(world->acd);
}

/* The state goes through its bytes and back. */
struct bytes {
    uint8_t data[1u << 20];
    size_t len, at;
};

static enum far_err put(void *context, const void *data, size_t len)
{
    struct bytes *bytes = context;
    if (bytes->len + len > sizeof(bytes->data)) return FAR_EFULL;
    memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
    return FAR_OK;
}

static enum far_err get(void *context, void *data, size_t len)
{
    struct bytes *bytes = context;
    if (bytes->at + len > bytes->len) return FAR_EPROTO;
    memcpy(data, bytes->data + bytes->at, len);
    bytes->at += len;
    return FAR_OK;
}

static void survives_a_snapshot(struct world *world)
{
    static struct bytes bytes;
    struct acd *copy = NULL;
    bytes.len = bytes.at = 0;
    assert_int_equal(acd_snapshot_write(world->acd, &(struct acd_sink){.write = put, .context = &bytes}),
                     FAR_OK);
    assert_int_equal(acd_snapshot_read(&LIMITS, &(struct acd_source){.read = get, .context = &bytes}, &copy),
                     FAR_OK);
    assert_int_equal(bytes.at, bytes.len);
    assert_true(acd_hash(copy) == hash_of(world));
    acd_destroy(world->acd);
    world->acd = copy;
}

static void muted_until_unmuted(void **state)
{
    struct world *world = *state;
    struct world_leg *caller = talks(world, "agent-1");
    char id[40];
    strcpy(id, caller->contact);
    uint64_t before = hash_of(world);
    assert_false(world_mute(world, id, "agent-2", true));
    assert_string_equal(world->out.verdict.code, "EDENIED");
    assert_true(world_mute(world, id, "agent-1", true));
    assert_true(told(world)->muted);
    assert_true(world_agent_leg(world, "agent-1")->muted);
    see(world, "agent-1", "talk", true);
    assert_false(before == hash_of(world));
    survives_a_snapshot(world);
    see(world, "agent-1", "talk", true);
    assert_true(world_mute(world, id, "agent-1", true)); /* again: nothing is said */
    assert_int_equal(world->out.command_count, 0);
    assert_int_equal(world->out.fact_count, 0);
    assert_true(world_hold(world, id, "agent-1", true));
    world_run(world);
    see(world, "agent-1", "talk", true);
    assert_true(world_mute(world, id, "agent-1", false));
    assert_false(told(world)->muted);
    assert_false(world_agent_leg(world, "agent-1")->muted);
    see(world, "agent-1", "talk", false);
}

static void mute_ends_with_the_connection(void **state)
{
    struct world *world = *state;
    struct world_leg *caller = talks(world, "agent-1");
    char id[40];
    strcpy(id, caller->contact);
    assert_true(world_mute(world, id, "agent-1", true));
    assert_true(world_transfer(world, id, "agent-1", NULL, "sales"));
    world_run(world);
    see(world, "agent-1", "talk", false);
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(AFTER_CALL_WORK));
    assert_false(world_mute(world, id, "agent-1", false));
}

static bool fails(struct world *world, const char *leg_id, const char *cause)
{
    struct far_arena arena;
    struct acd_command command;
    uint64_t cursor = 0;
    char id[40] = "";
    assert_int_equal(far_arena_init(&arena, 1u << 20), FAR_OK);
    while (acd_command_next(world->acd, &cursor, &arena, &command))
        if (strcmp(command.command->leg_id, leg_id) == 0)
            (void)snprintf(id, sizeof(id), "%s", command.command->command_id);
    far_arena_done(&arena);
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__CommandFailed failed = FARSEAT__V1__COMMAND_FAILED__INIT;
    failed.command_id = id;
    failed.cause = T(cause);
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_COMMAND_FAILED;
    input.command_failed = &failed;
    return world_acd(world, &input);
}

static void a_mute_that_failed_is_not_shown(void **state)
{
    struct world *world = *state;
    struct world_leg *caller = talks(world, "agent-1");
    char leg[40];
    strcpy(leg, world_agent_leg(world, "agent-1")->id);
    assert_true(world_mute(world, caller->contact, "agent-1", true));
    assert_true(fails(world, leg, "busy"));
    assert_false(told(world)->muted);
    see(world, "agent-1", "talk", false);
    world_pass(world, 5000);
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(TALKING)); /* and costs nothing */
}

static void answers_by_itself(void **state)
{
    struct world *world = *state;
    struct world_leg *caller = rings(world, "agent-1");
    assert_true(world_pick_up(world, caller->contact, "agent-1"));
    assert_int_equal(world->out.command_count, 1);
    assert_int_equal(world->out.commands[0].command->body_case, FARSEAT__V1__EDGE_COMMAND__BODY_TALK);
    world_run(world);
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(TALKING));
    assert_false(world_pick_up(world, caller->contact, "agent-1"));
    assert_string_equal(world->out.verdict.code, "ESTATE");
}

static void verdicts_say_what_to_do(void **state)
{
    struct world *world = *state;
    struct world_leg *caller = rings(world, "agent-2");
    assert_false(world_pick_up(world, caller->contact, "agent-2"));
    assert_non_null(strstr(world->out.verdict.text, "is in a browser: answer the call there"));
    struct world_leg *other = rings(world, "agent-3");
    assert_false(world_pick_up(world, other->contact, "agent-3"));
    assert_non_null(strstr(world->out.verdict.text, "lift the handset"));
    assert_false(world_mute(world, other->contact, "agent-3", true));
    assert_non_null(strstr(world->out.verdict.text, "is not talking"));
}

static void a_phone_that_will_not_is_known_for_it(void **state)
{
    struct world *world = *state;
    struct world_leg *caller = rings(world, "agent-1");
    char leg[40];
    strcpy(leg, world_agent_leg(world, "agent-1")->id);
    world->edges[0].dead = true; /* it does not take the command */
    assert_true(world_pick_up(world, caller->contact, "agent-1"));
    world->edges[0].dead = false;
    assert_true(fails(world, leg, "unsupported"));
    assert_string_equal(told(world)->phone_answer, "manual");
    see(world, "agent-1", "manual", false);
    assert_int_equal(world_agent_state(world, "agent-1"), STATE(RINGING));
    assert_false(world_pick_up(world, caller->contact, "agent-1"));
}

static void phones_come_and_go(void **state)
{
    struct world *world = *state;
    assert_true(world_login(world, "agent-1", ""));
    see(world, "agent-1", "talk", false);
    world_phone_as(world, 0, "8001", "browser");
    assert_true(world_deliver(world, 0));
    assert_string_equal(told(world)->phone_answer, "browser");
    world_phone_as(world, 0, "8001", "browser");
    assert_true(world_deliver(world, 0));
    assert_int_equal(world->out.fact_count, 0); /* nothing new */
    world_phone(world, 0, "8001", false);
    assert_true(world_deliver(world, 0));
    assert_string_equal(told(world)->phone_answer, "");
    assert_false(told(world)->phone_reachable);
    see(world, "agent-1", "", false);
    world_phone_as(world, 0, "8001", "who-knows"); /* of a later version */
    assert_true(world_deliver(world, 0));
    see(world, "agent-1", "manual", false);
}

static void wishes_are_told(void **state)
{
    struct world *world = *state;
    (void)talks(world, "agent-1");
    assert_true(world_not_ready(world, "agent-1", "lunch"));
    assert_string_equal(told(world)->next_reason, "lunch");
    assert_true(world_logout(world, "agent-1"));
    assert_string_equal(told(world)->next_reason, "logout");
    assert_true(world_ready(world, "agent-1"));
    assert_string_equal(told(world)->next_reason, "");
}

/* Until the core wants to be woken, as world_pass() waits. */
static void wait_for_deadline(struct world *world)
{
    int64_t wait_us = acd_next_deadline_us(world->acd) - acd_time_us(world->acd) -
                      (world->now_us - acd_stamp_us(world->acd));
    if (wait_us > 0) world->now_us += wait_us;
}

/* An agent talks, another one's phone rings as long as it may, a third one is free: after so many deadlines.
 */
static struct world *waits(unsigned deadlines)
{
    void *state = NULL;
    assert_int_equal(set_up(&state), 0);
    struct world *world = state;
    (void)talks(world, "agent-1");
    (void)rings(world, "agent-2");
    assert_true(world_login(world, "agent-3", ""));
    assert_true(world_ready(world, "agent-3"));
    for (unsigned i = 0; i < deadlines; i++) {
        wait_for_deadline(world);
        (void)world_tick(world);
    }
    return world;
}

/* As many as pass before the one whose input, whatever it is, offers the caller to the third agent. */
static unsigned deadlines_before_offer(void)
{
    struct world *world = waits(0);
    unsigned deadlines = 0;
    for (; deadlines < 100; deadlines++) {
        wait_for_deadline(world);
        (void)world_tick(world);
        if (world_agent_state(world, "agent-3") != STATE(READY)) break;
    }
    assert_true(deadlines < 100);
    (void)world_destroy(world);
    return deadlines;
}

/* Cores before wishes were told must come to the same ids, or their logs would not keep their hashes. */
static void wishes_are_told_behind_all_else(void **state)
{
    (void)state;
    unsigned deadlines = deadlines_before_offer();
    struct world *plain = waits(deadlines), *wished = waits(deadlines);
    wait_for_deadline(plain);
    wait_for_deadline(wished);
    assert_false(world_not_ready(plain, "agent-1", "no-such-reason"));
    assert_true(world_not_ready(wished, "agent-1", "lunch"));
    assert_string_equal(told(wished)->next_reason, "lunch");
    assert_int_equal(plain->position, wished->position);
    assert_true(plain->out.command_count > 0);
    assert_int_equal(plain->out.command_count, wished->out.command_count);
    size_t dials = 0;
    for (size_t i = 0; i < plain->out.command_count; i++) {
        const Farseat__V1__EdgeCommand *command = plain->out.commands[i].command;
        dials += command->body_case == FARSEAT__V1__EDGE_COMMAND__BODY_DIAL;
        assert_string_equal(command->leg_id, wished->out.commands[i].command->leg_id);
        assert_string_equal(command->command_id, wished->out.commands[i].command->command_id);
    }
    assert_int_equal(dials, 1);
    (void)world_destroy(plain);
    (void)world_destroy(wished);
}

#define STORY(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORY(muted_until_unmuted),
        STORY(mute_ends_with_the_connection),
        STORY(a_mute_that_failed_is_not_shown),
        STORY(answers_by_itself),
        STORY(verdicts_say_what_to_do),
        STORY(a_phone_that_will_not_is_known_for_it),
        STORY(phones_come_and_go),
        STORY(wishes_are_told),
        cmocka_unit_test(wishes_are_told_behind_all_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
