/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs to the core: whatever bytes unpack to, in the name of any producer, between calls that are going on.
 * world_apply() checks all invariants after each and aborts when one does not hold. */
#include "world.h"
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct acd_limits LIMITS = {
    .agents_max = 4, .contacts_max = 4, .queues_max = 2, .legs_max = 10, .records_max = 600};

struct reader {
    const uint8_t *data;
    size_t size;
};

static uint8_t next(struct reader *reader)
{
    if (reader->size == 0) return 0;
    reader->size--;
    return *reader->data++;
}

static struct world_leg *some_leg(struct world *world, uint8_t at)
{
    if (world->legs_top == 0) return NULL;
    struct world_leg *leg = &world->legs[at % world->legs_top];
    return leg->state != WORLD_FREE && !world->edges[leg->edge].dead ? leg : NULL;
}

/* A message as it is; an unknown leg's id becomes a known one's, or nearly nothing would be reached. */
static void raw(struct world *world, struct reader *reader)
{
    size_t len = next(reader), who = next(reader), at = next(reader);
    if (len > reader->size) len = reader->size;
    Farseat__V1__AcdInput *input = farseat__v1__acd_input__unpack(NULL, len, reader->data);
    reader->data += len;
    reader->size -= len;
    if (!input) return;
    char *producer = input->producer, *incarnation = input->producer_incarnation, *leg_id = NULL;
    const struct world_leg *leg = some_leg(world, (uint8_t)at);
    bool about_leg = input->body_case >= FARSEAT__V1__ACD_INPUT__BODY_LEG_RINGING &&
                     input->body_case <= FARSEAT__V1__ACD_INPUT__BODY_RECORDING_FAILED;
    if (about_leg && leg) { /* leg_id is the first field of them all */
        leg_id = input->leg_ringing->leg_id;
        input->leg_ringing->leg_id = (char *)(uintptr_t)leg->id;
    }
    struct world_edge *edge = &world->edges[who % 2];
    if (input->body_case == FARSEAT__V1__ACD_INPUT__BODY_LOG_CREATED ||
        input->body_case == FARSEAT__V1__ACD_INPUT__BODY_CORE_VERSION)
        ; /* these end a replica, as they should */
    else if (who < 85)
        (void)world_acd(world, input);
    else if (!edge->dead && edge->count == 0)
        (void)world_apply(world, edge->name, edge->incarnation, ++edge->number, input);
    if (leg_id) input->leg_ringing->leg_id = leg_id;
    input->producer = producer;
    input->producer_incarnation = incarnation;
    farseat__v1__acd_input__free_unpacked(input, NULL);
}

static void legs(struct world *world, struct reader *reader, uint8_t what)
{
    static const char *const digits[] = {"1", "2", "3", "5", ""}, *const causes[] = {"hangup", "no-answer",
                                                                                     "error"};
    struct world_leg *leg = some_leg(world, next(reader));
    if (!leg) return;
    if (what == 1 && leg->incoming)
        world_digits(world, leg, digits[next(reader) % 5]);
    else if (what == 1 && leg->state == WORLD_DIALLING)
        world_ring(world, leg);
    else if (what == 1 && leg->state == WORLD_RINGING)
        world_answer(world, leg);
    else if (what == 2)
        world_play_ends(world, leg);
    else if (what == 3 && leg->state != WORLD_INCOMING)
        world_end(world, leg, causes[next(reader) % 3], next(reader) & 1);
    else if (what == 4 && !leg->incoming)
        world_phone_hold(world, leg, next(reader) & 1);
}

static void people(struct world *world, struct reader *reader)
{
    static const char *const agents[] = {"agent-1", "agent-2", "agent-3"};
    const char *agent = agents[next(reader) % 3];
    const struct world_leg *leg = world_agent_leg(world, agent);
    char contact[40] = "";
    if (leg) memcpy(contact, leg->contact, sizeof(contact));
    switch (next(reader) % 7) {
    case 0:
        (void)world_login(world, agent, "");
        break;
    case 1:
        (void)world_logout(world, agent);
        break;
    case 2:
        (void)world_not_ready(world, agent, "lunch");
        break;
    case 3:
        (void)world_transfer(world, contact, agent, agents[next(reader) % 3], NULL);
        break;
    case 4:
        (void)world_hold(world, contact, agent, next(reader) & 1);
        break;
    default:
        (void)world_ready(world, agent);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = {data, size};
    struct world *world = world_create(&LIMITS, 3);
    world->keep_no_records = true;
    world_phone(world, 0, "8001", true);
    world_phone(world, 1, "8002", true);
    for (int steps = 0; reader.size > 0 && steps < 400; steps++) {
        uint8_t what = next(&reader) % 12;
        if (what == 0)
            raw(world, &reader);
        else if (what <= 4)
            legs(world, &reader, what);
        else if (what == 5)
            (void)world_call_from(world, next(&reader) % 2, "88888888", next(&reader) & 1 ? "8001" : "");
        else if (what == 6)
            world_pass(world, (uint64_t)next(&reader) * 50);
        else if (what == 7)
            people(world, &reader);
        else if (what == 8 && next(&reader) % 4 == 0)
            world_edge_start(world, next(&reader) % 2);
        else
            (void)world_deliver(world, next(&reader) % 2);
    }
    world_destroy(world);
    return 0;
}
