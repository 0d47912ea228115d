/* SPDX-License-Identifier: Apache-2.0 */
/* A seeded walk over everything that can happen, in any order. After every input all invariants are checked;
 * a twin is fed the same inputs, is thrown away now and then and read back from a snapshot, and must have the
 * same hash. At the end all calls are ended, and every contact must have exactly one first record. */
#include "far/rand.h"
#include "far/test.h"
#include "world.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGENTS 6
#define STEPS  5000

static const struct acd_limits LIMITS = {
    .agents_max = 10, .contacts_max = 12, .queues_max = 4, .legs_max = 40, .records_max = 1500};

struct bytes {
    uint8_t *data;
    size_t len, capacity, at;
};
struct walk {
    struct world *world;
    struct far_rand rand;
    struct acd *twin;
    struct acd_output out;
    uint64_t seed;
    unsigned visits[64];
    struct bytes last; /* the last input, to repeat it */
};

static enum far_err put(void *context, const void *data, size_t len)
{
    struct bytes *bytes = context;
    if (bytes->len + len > bytes->capacity) {
        bytes->capacity = (bytes->len + len) * 2;
        bytes->data = realloc(bytes->data, bytes->capacity);
    }
    memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
    return FAR_OK;
}

static enum far_err get(void *context, void *data, size_t len)
{
    struct bytes *bytes = context;
    if (len > bytes->len - bytes->at) return FAR_EPROTO;
    memcpy(data, bytes->data + bytes->at, len);
    bytes->at += len;
    return FAR_OK;
}

static uint32_t below(struct walk *walk, uint32_t limit)
{
    return (uint32_t)far_rand_below(&walk->rand, limit);
}

/* The twin comes back from a snapshot of the first. */
static void renew_twin(struct walk *walk)
{
    struct bytes bytes = {0};
    assert_int_equal(
        acd_snapshot_write(walk->world->acd, &(struct acd_sink){.write = put, .context = &bytes}), FAR_OK);
    walk->twin = acd_destroy(walk->twin);
    assert_int_equal(
        acd_snapshot_read(&LIMITS, &(struct acd_source){.read = get, .context = &bytes}, &walk->twin),
        FAR_OK);
    assert_int_equal(bytes.at, bytes.len);
    free(bytes.data);
}

static void after_input(struct world *world, const Farseat__V1__AcdInput *input)
{
    struct walk *walk = world->context;
    uint64_t position = acd_position(world->acd);
    assert_int_equal(acd_apply(walk->twin, input, position, acd_stamp_us(world->acd), &walk->out), FAR_OK);
    assert_int_equal(walk->out.command_count, world->out.command_count);
    assert_int_equal(walk->out.fact_count, world->out.fact_count);
    for (size_t i = 0; i < walk->out.command_count; i++)
        assert_string_equal(walk->out.commands[i].command->command_id,
                            world->out.commands[i].command->command_id);
    if (acd_hash(walk->twin) != acd_hash(world->acd))
        fail_msg("seed %llu, position %llu, input %d: the twin differs", (unsigned long long)walk->seed,
                 (unsigned long long)position, (int)input->body_case);
    if (below(walk, 50) == 0) renew_twin(walk);
    walk->last.len = farseat__v1__acd_input__get_packed_size(input);
    if (walk->last.len > walk->last.capacity) {
        walk->last.capacity = walk->last.len * 2;
        walk->last.data = realloc(walk->last.data, walk->last.capacity);
    }
    (void)farseat__v1__acd_input__pack(input, walk->last.data);
}

/* --- what may happen --- */

static struct world_leg *some_leg(struct walk *walk, bool incoming)
{
    struct world *world = walk->world;
    size_t start = world->legs_top ? below(walk, (uint32_t)world->legs_top) : 0;
    for (size_t i = 0; i < world->legs_top; i++) {
        struct world_leg *leg = &world->legs[(start + i) % world->legs_top];
        if (leg->state != WORLD_FREE && leg->incoming == incoming && !world->edges[leg->edge].dead)
            return leg;
    }
    return NULL;
}

static const char *some_agent(struct walk *walk)
{
    static char id[32];
    (void)snprintf(id, sizeof(id), "agent-%u", 1 + below(walk, AGENTS));
    return id;
}

static void call(struct walk *walk)
{
    static const char *const numbers[] = {"88888888", "88888888", "10086", "9196", "4008001234", "000"};
    int edge = (int)below(walk, WORLD_EDGES);
    char phone[16] = "";
    if (walk->world->edges[edge].dead) return;
    if (below(walk, 8) == 0) (void)snprintf(phone, sizeof(phone), "%u", 8001 + below(walk, AGENTS));
    (void)world_call_from(walk->world, edge, numbers[below(walk, 6)], phone);
}

static void phone_does(struct walk *walk)
{
    struct world_leg *leg = some_leg(walk, false);
    if (!leg) return;
    if (leg->state == WORLD_DIALLING && below(walk, 2))
        world_ring(walk->world, leg);
    else if (leg->state != WORLD_UP && below(walk, 4))
        world_answer(walk->world, leg);
    else if (leg->state != WORLD_UP) {
        static const char *const causes[] = {"no-answer", "declined", "busy", "unreachable", "error"};
        uint32_t cause = below(walk, 5);
        world_end(walk->world, leg, causes[cause], cause > 0 && cause < 3);
    } else if (below(walk, 3) == 0)
        world_phone_hold(walk->world, leg, below(walk, 2));
    else if (below(walk, 4) == 0) {
        static const char *const targets[] = {"agent-1", "8002", "sales", "support", "nowhere", "agent-3"};
        world_refer(walk->world, leg, targets[below(walk, 6)]);
    }
}

static void caller_does(struct walk *walk)
{
    static const char *const digits[] = {"1", "1", "1", "2", "2", "3", "5", "9", "", "0"};
    struct world_leg *leg = some_leg(walk, true);
    if (!leg || leg->state != WORLD_UP) return;
    if (leg->collect[0])
        world_digits(walk->world, leg, digits[below(walk, 10)]);
    else
        world_play_ends(walk->world, leg);
}

static void somebody_hangs_up(struct walk *walk)
{
    struct world_leg *leg = some_leg(walk, below(walk, 3) > 0);
    if (!leg || leg->state == WORLD_INCOMING) return;
    world_end(walk->world, leg, below(walk, 5) ? "hangup" : "media-lost", below(walk, 5) > 0);
}

static void agent_does(struct walk *walk)
{
    const char *agent = some_agent(walk);
    switch (below(walk, 12)) {
    case 0:
        (void)world_logout(walk->world, agent);
        break;
    case 1:
        (void)world_not_ready(walk->world, agent, below(walk, 2) ? "lunch" : "");
        break;
    case 2:
        (void)world_end_work(walk->world, agent);
        break;
    case 3:
        (void)world_login(walk->world, agent, below(walk, 4) ? "" : "8001");
        break;
    case 4:
        (void)world_login(walk->world, agent, "");
        break;
    default:
        if (below(walk, 2)) (void)world_login(walk->world, agent, "");
        (void)world_ready(walk->world, agent);
    }
}

static void contact_action(struct walk *walk)
{
    struct world_leg *leg = some_leg(walk, false);
    if (!leg || !leg->contact[0]) return;
    char contact[40], agent[64];
    memcpy(contact, leg->contact, sizeof(contact));
    memcpy(agent, leg->agent, sizeof(agent));
    switch (below(walk, 9)) {
    case 6:
    case 7:
        (void)world_mute(walk->world, contact, agent, below(walk, 2));
        break;
    case 8:
        (void)world_pick_up(walk->world, contact, agent);
        break;
    case 0:
        (void)world_hold(walk->world, contact, agent, true);
        break;
    case 1:
        (void)world_hold(walk->world, contact, agent, false);
        break;
    case 2:
        (void)world_transfer(walk->world, contact, agent, some_agent(walk), NULL);
        break;
    case 3:
        (void)world_transfer(walk->world, contact, agent, NULL, below(walk, 2) ? "sales" : "support");
        break;
    case 4:
        (void)world_hang_up(walk->world, contact, agent);
        break;
    default:
        (void)world_dispose(walk->world, contact, agent, below(walk, 2) ? "solved" : "open", "note");
    }
}

static void bind_phones(struct world *world, int edge)
{
    for (uint32_t i = 0; i < AGENTS; i++) {
        char phone[16];
        (void)snprintf(phone, sizeof(phone), "%u", 8001 + i);
        if ((int)(i % 2) == edge)
            world_phone_as(world, edge, phone, i % 3 == 1 ? "talk" : i % 3 ? "browser" : "");
    }
}

static void edge_does(struct walk *walk)
{
    int edge = (int)below(walk, WORLD_EDGES);
    struct world *world = walk->world;
    char phone[16];
    switch (below(walk, 30)) {
    case 0:
        if (!world->edges[edge].dead) world_edge_kill(world, edge);
        break;
    case 1:
        if (world->edges[edge].incarnation[0]) (void)world_edge_lost(world, edge);
        break;
    case 2:
        world_edge_start(world, edge);
        bind_phones(world, edge);
        break;
    case 3:
        if (world->edges[edge].incarnation[0]) (void)world_edge_reach(world, edge, false);
        break;
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
        if (world->edges[edge].incarnation[0]) (void)world_edge_reach(world, edge, true);
        break;
    default:
        if (world->edges[edge].dead) {
            world_edge_start(world, edge);
            bind_phones(world, edge);
            break;
        }
        (void)snprintf(phone, sizeof(phone), "%u", 8001 + below(walk, AGENTS));
        world_phone(world, edge, phone, below(walk, 5) > 0);
    }
}

static void configuration_changes(struct walk *walk)
{
    Farseat__V1__CentreConfig *config = world_config(3 + below(walk, AGENTS - 2));
    config->queues[0]->ring_ms_max = 5000 + below(walk, 10000);
    config->queues[1]->waiting_max = 1 + below(walk, 5);
    config->queues[0]->after_call_work_ms = 1000 + below(walk, 5000);
    if (below(walk, 6) == 0) config->queues[0]->skills[0]->skill[0] = 'x'; /* refused */
    (void)world_configure(walk->world, config);
    farseat__v1__centre_config__free_unpacked(config, NULL);
}

static void command_fails(struct walk *walk)
{
    static const char *const causes[] = {"expired", "unknown-leg", "busy", "invalid", "gap"};
    struct far_arena arena;
    struct acd_command command;
    uint64_t cursor = 0;
    char id[40] = "", leg[40] = "";
    assert_int_equal(far_arena_init(&arena, 1u << 20), FAR_OK);
    for (uint32_t skip = below(walk, 8); acd_command_next(walk->world->acd, &cursor, &arena, &command);) {
        assert_true(acd_command_outstanding(walk->world->acd, command.command->command_id));
        assert_int_equal(command.command->leader_position, acd_leader_position(walk->world->acd));
        (void)snprintf(id, sizeof(id), "%s", command.command->command_id);
        (void)snprintf(leg, sizeof(leg), "%s", command.command->leg_id);
        if (skip-- == 0) break;
        far_arena_reset(&arena);
    }
    far_arena_done(&arena);
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__CommandFailed failed = FARSEAT__V1__COMMAND_FAILED__INIT;
    failed.command_id = id;
    failed.leg_id = leg;
    failed.cause = (char *)(uintptr_t)causes[below(walk, 5)];
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_COMMAND_FAILED;
    input.command_failed = &failed;
    (void)world_acd(walk->world, &input);
}

/* What came before comes again, or something is missing before it: nothing but time may change. */
static void repeat(struct walk *walk)
{
    if (walk->last.len == 0) return;
    Farseat__V1__AcdInput *input = farseat__v1__acd_input__unpack(NULL, walk->last.len, walk->last.data);
    if (!input) return;
    char producer[64], incarnation[40];
    (void)snprintf(producer, sizeof(producer), "%s", input->producer);
    (void)snprintf(incarnation, sizeof(incarnation), "%s", input->producer_incarnation);
    char *texts[2] = {input->producer, input->producer_incarnation};
    uint64_t gap = below(walk, 2) ? 5 : 0;
    struct acd_stats before, after;
    acd_stats(walk->world->acd, &before);
    assert_false(world_apply(walk->world, producer, incarnation, input->number + gap, input));
    acd_stats(walk->world->acd, &after);
    assert_int_equal(before.duplicates + before.gaps + 1, after.duplicates + after.gaps);
    assert_int_equal(before.arrived, after.arrived);
    input->producer = texts[0];
    input->producer_incarnation = texts[1];
    farseat__v1__acd_input__free_unpacked(input, NULL);
}

static void step(struct walk *walk)
{
    struct world *world = walk->world;
    uint64_t first, last;
    uint32_t chance = below(walk, 100);
    if (chance < 7)
        call(walk);
    else if (chance < 22)
        phone_does(walk);
    else if (chance < 32)
        caller_does(walk);
    else if (chance < 34)
        somebody_hangs_up(walk);
    else if (chance < 45)
        agent_does(walk);
    else if (chance < 48)
        contact_action(walk);
    else if (chance < 50)
        edge_does(walk);
    else if (chance < 52)
        configuration_changes(walk);
    else if (chance < 53)
        command_fails(walk);
    else if (chance < 55)
        repeat(walk);
    else if (chance < 63)
        world_pass(world, below(walk, below(walk, 10) ? 1500 : 40000));
    else if (chance < 64) {
        acd_record_range(world->acd, &first, &last);
        if (last >= first) (void)world_stored(world, first + below(walk, (uint32_t)(last - first + 1)));
    } else {
        int edge = (int)below(walk, WORLD_EDGES);
        for (uint32_t i = 1 + below(walk, 8); i > 0 && world_deliver(world, edge); i--)
            continue;
    }
}

/* --- the end --- */

static void end_everything(struct walk *walk)
{
    struct world *world = walk->world;
    for (int round = 0; round < 3; round++) {
        for (int edge = 0; edge < WORLD_EDGES; edge++)
            if (world->edges[edge].dead && world->edges[edge].incarnation[0]) world_edge_start(world, edge);
        world_run(world);
        for (size_t i = 0; i < world->legs_top; i++)
            if (world->legs[i].state != WORLD_FREE && world->legs[i].incoming)
                world_end(world, &world->legs[i], "hangup", true);
        world_run(world);
        world_pass(world, 70000);
        world_run(world);
    }
    for (int edge = 0; edge < WORLD_EDGES; edge++)
        world_edge_start(world, edge);
    world_run(world);
    world_pass(world, 700000); /* whatever is left has a deadline */
    struct acd_stats stats;
    acd_stats(world->acd, &stats);
    assert_int_equal(stats.contacts, 0);
    assert_int_equal(stats.legs, 0);
    assert_int_equal(stats.waiting, 0);
    assert_int_equal(stats.records_dropped, 0);
    assert_int_equal(stats.offered, stats.answered + stats.abandoned + stats.overflowed);
}

static void account(struct walk *walk)
{
    struct world *world = walk->world;
    struct acd_stats stats;
    uint64_t results[8] = {0}, firsts = 0, number = 0;
    acd_stats(world->acd, &stats);
    print_message("arrived %llu offered %llu answered %llu abandoned %llu overflowed %llu\n",
                  (unsigned long long)stats.arrived, (unsigned long long)stats.offered,
                  (unsigned long long)stats.answered, (unsigned long long)stats.abandoned,
                  (unsigned long long)stats.overflowed);
    for (size_t i = 0; i < world->record_count; i++) {
        const Farseat__V1__Record *record = world->records[i];
        const Farseat__V1__RecordOrigin *origin = NULL;
        if (record->body_case == FARSEAT__V1__RECORD__BODY_CONTACT) origin = record->contact->origin;
        if (record->body_case == FARSEAT__V1__RECORD__BODY_SEGMENT) origin = record->segment->origin;
        if (record->body_case == FARSEAT__V1__RECORD__BODY_AGENT_ACTIVITY)
            origin = record->agent_activity->origin;
        if (record->body_case == FARSEAT__V1__RECORD__BODY_SURVEY) origin = record->survey->origin;
        assert_non_null(origin);
        assert_int_equal(origin->number, ++number);
        if (record->body_case != FARSEAT__V1__RECORD__BODY_CONTACT || record->contact->revision != 1)
            continue;
        const Farseat__V1__ContactRecord *contact = record->contact;
        firsts++;
        results[contact->result]++;
        assert_true((contact->n_parts > 0) ==
                    (contact->result == FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED));
    }
    assert_int_equal(firsts, stats.arrived);
    assert_int_equal(results[FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED], stats.answered);
    assert_int_equal(results[FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED], stats.abandoned);
    assert_int_equal(results[FARSEAT__V1__CONTACT_RESULT__RESULT_OVERFLOWED], stats.overflowed);
    assert_int_equal(results[FARSEAT__V1__CONTACT_RESULT__RESULT_IVR_SERVED], stats.ivr_served);
    assert_int_equal(results[FARSEAT__V1__CONTACT_RESULT__RESULT_IVR_ABANDONED], stats.ivr_abandoned);
    assert_true(stats.answered > 10 && stats.abandoned > 5 && stats.ivr_abandoned > 5);
}

static void walk_once(uint64_t seed, unsigned steps)
{
    struct walk walk = {.seed = seed};
    far_rand_init(&walk.rand, seed);
    walk.world = world_create(&LIMITS, AGENTS);
    walk.world->context = &walk;
    assert_int_equal(acd_output_init(&walk.out, &LIMITS), FAR_OK);
    renew_twin(&walk);
    walk.world->after = after_input;
    bind_phones(walk.world, 0);
    bind_phones(walk.world, 1);
    for (unsigned i = 0; i < steps; i++)
        step(&walk);
    end_everything(&walk);
    account(&walk);
    acd_destroy(walk.twin);
    acd_output_done(&walk.out);
    world_destroy(walk.world);
    free(walk.last.data);
}

static void anything_in_any_order(void **state)
{
    (void)state;
    const char *more = getenv("FARSEAT_WALK_SEEDS"); /* for long runs by hand */
    uint64_t seeds = more ? strtoull(more, NULL, 10) : 3;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        print_message("seed %llu\n", (unsigned long long)seed);
        walk_once(seed, STEPS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(anything_in_any_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
