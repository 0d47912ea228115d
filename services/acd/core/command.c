/* SPDX-License-Identifier: Apache-2.0 */
/* Commands on their way to edges. They are kept, packed, until an input says that they were executed
 * (commands_done), they failed, their leg or edge is gone, or COMMAND_KEEP_US have passed: by then the leader
 * has delivered them or has said CommandFailed. All live equally long, so the oldest expires first. */
#include "state.h"
#include <string.h>

#define COMMAND_KEEP_US 15000000
#define ATTEMPTS_MAX    3 /* of the leader's, each with a deadline of its own */
#define GRACE_US        2000000

static uint64_t id_key(const char *text)
{
    struct far_id id;
    uint64_t key = 0;
    if (far_id_parse(text, &id) == FAR_OK) memcpy(&key, id.bytes, sizeof(key));
    return key; /* the ids are derived: 64 of their bits are unique enough for a map that is checked */
}

static struct command *command_get(const struct acd *acd, uint64_t id)
{
    return far_pool_get(&acd->commands, id);
}

static struct command *command_find(const struct acd *acd, const char *text)
{
    uint64_t id = 0;
    if (!text || !far_index_get(acd->command_index, id_key(text), &id)) return NULL;
    struct command *command = command_get(acd, id);
    return command && strcmp(command->id, text) == 0 ? command : NULL;
}

void acd_command_link(struct acd *acd, struct command *command)
{
    struct command *last = command_get(acd, acd->command_last);
    struct leg *leg = acd_leg_get(acd, command->leg);
    command->prev = acd->command_last;
    command->next = command->leg_next = 0;
    if (last)
        last->next = command->self;
    else
        acd->command_first = command->self;
    acd->command_last = command->self;
    if (leg) {
        struct command *leg_last = command_get(acd, leg->command_last);
        if (leg_last)
            leg_last->leg_next = command->self;
        else
            leg->command_first = command->self;
        leg->command_last = command->self;
    }
    enum far_err err = far_index_put(acd->command_index, id_key(command->id), command->self);
    assert(err == FAR_OK);
    (void)err;
}

static void leg_unlink(struct acd *acd, struct leg *leg, const struct command *command)
{
    uint64_t *link = &leg->command_first, before = 0;
    while (*link && *link != command->self) {
        before = *link;
        link = &command_get(acd, *link)->leg_next;
    }
    if (!*link) return;
    *link = command->leg_next;
    if (leg->command_last == command->self) leg->command_last = before;
}

static void command_free(struct acd *acd, struct command *command)
{
    struct command *prev = command_get(acd, command->prev), *next = command_get(acd, command->next);
    struct leg *leg = acd_leg_get(acd, command->leg);
    if (prev)
        prev->next = command->next;
    else
        acd->command_first = command->next;
    if (next)
        next->prev = command->prev;
    else
        acd->command_last = command->prev;
    if (leg) leg_unlink(acd, leg, command);
    (void)far_index_remove(acd->command_index, id_key(command->id));
    far_pool_free(&acd->commands, command->self);
}

static void command_out(struct acd *acd, const struct edge *edge, const ProtobufCMessage *message)
{
    struct acd_output *out = acd->out;
    ProtobufCMessage *copy = acd_message_copy(&out->arena, message);
    char *name = far_arena_text(&out->arena, edge->name, strlen(edge->name));
    if (!copy || !name || out->command_count == out->command_capacity) {
        out->effects_dropped++;
        return;
    }
    out->commands[out->command_count++] =
        (struct acd_command){.edge = name, .command = (Farseat__V1__EdgeCommand *)(void *)copy};
}

/* Keep it, and put it into the output. */
static void command_put(struct acd *acd, struct edge *edge, uint64_t leg, Farseat__V1__EdgeCommand *message)
{
    struct acd_output *out = acd->out;
    char id[UUID_SIZE];
    acd_new_id(acd, id);
    message->command_id = id;
    message->log_incarnation = acd->incarnation_text;
    message->leader_position = acd->leader_position;
    message->edge_incarnation = edge->incarnation;
    message->deadline_ms = ACD_COMMAND_TTL_MS;
    size_t len = farseat__v1__edge_command__get_packed_size(message);
    if (len > COMMAND_BYTES_MAX) {
        out->effects_dropped++; /* the validator's limits keep it from happening */
        return;
    }
    uint64_t self = 0;
    if (acd->commands.len == acd->commands.capacity) command_free(acd, command_get(acd, acd->command_first));
    struct command *command = far_pool_new(&acd->commands, &self);
    command->self = self;
    COPY(command->id, id);
    command->edge = edge->self;
    command->leg = leg;
    command->number = message->leg_number;
    command->body_case = message->body_case;
    command->expires_us = acd->now_us + COMMAND_KEEP_US;
    command->len = (uint32_t)farseat__v1__edge_command__pack(message, command->data);
    acd_command_link(acd, command);
    command_out(acd, edge, &message->base);
}

void acd_command(struct acd *acd, struct leg *leg, Farseat__V1__EdgeCommand__BodyCase body_case, void *body)
{
    struct edge *edge = acd_edge_get(acd, leg->edge);
    if (!edge || edge->state == EDGE_LOST) return;
    const struct contact *contact = acd_contact_get(acd, leg->contact);
    Farseat__V1__EdgeCommand message = FARSEAT__V1__EDGE_COMMAND__INIT;
    if (contact) message.contact_id = TEXT(contact->id);
    message.leg_id = leg->id;
    message.leg_number = leg->command_next++;
    message.body_case = body_case;
    message.ring = body; /* the members of the union are all pointers */
    command_put(acd, edge, leg->self, &message);
}

void acd_command_loose(struct acd *acd, struct edge *edge, const char *leg_id, uint32_t number,
                       Farseat__V1__EdgeCommand__BodyCase body_case, void *body)
{
    if (edge->state == EDGE_LOST) return;
    Farseat__V1__EdgeCommand message = FARSEAT__V1__EDGE_COMMAND__INIT;
    message.leg_id = TEXT(leg_id);
    message.leg_number = number;
    message.body_case = body_case;
    message.ring = body;
    command_put(acd, edge, 0, &message);
}

void acd_commands_done(struct acd *acd, struct leg *leg, uint32_t number)
{
    struct command *command;
    while ((command = command_get(acd, leg->command_first)) && command->number <= number)
        command_free(acd, command);
}

/* The edge has not begun a recording that it never heard of: no record may name it. */
static void record_forget(struct acd *acd, const struct command *command)
{
    const struct leg *leg = acd_leg_get(acd, command->leg);
    struct contact *contact = leg ? acd_contact_get(acd, leg->contact) : NULL;
    if (!contact || command->body_case != FARSEAT__V1__EDGE_COMMAND__BODY_RECORD) return;
    ProtobufCAllocator allocator = acd_arena_allocator(&acd->out->arena);
    const Farseat__V1__EdgeCommand *message =
        farseat__v1__edge_command__unpack(&allocator, command->len, command->data);
    if (message) acd_recording_empty(acd, contact, message->record->recording_id);
}

void acd_commands_unbegun(struct acd *acd, const struct leg *leg)
{
    for (const struct command *command = command_get(acd, leg->command_first); command;
         command = command_get(acd, command->leg_next))
        record_forget(acd, command);
}

void acd_commands_drop_leg(struct acd *acd, struct leg *leg)
{
    acd_commands_done(acd, leg, UINT32_MAX);
}

void acd_commands_drop_edge(struct acd *acd, uint64_t edge)
{
    for (uint64_t id = acd->command_first; id;) {
        struct command *command = command_get(acd, id);
        id = command->next;
        if (command->edge == edge) command_free(acd, command);
    }
}

void acd_commands_expire(struct acd *acd)
{
    struct command *command;
    while ((command = command_get(acd, acd->command_first)) && command->expires_us <= acd->now_us)
        command_free(acd, command);
}

/* Sent again under its number, as the edge still expects it. Its place among those that expire stays. */
static bool sent_again(struct acd *acd, struct command *command)
{
    struct edge *edge = acd_edge_get(acd, command->edge);
    bool once = command->body_case == FARSEAT__V1__EDGE_COMMAND__BODY_DIAL ||
                command->body_case == FARSEAT__V1__EDGE_COMMAND__BODY_HANGUP;
    if (once || command->attempts + 1 >= ATTEMPTS_MAX) return false;
    command->attempts++;
    command->expires_us = acd->now_us + COMMAND_KEEP_US;
    ProtobufCAllocator allocator = acd_arena_allocator(&acd->out->arena);
    Farseat__V1__EdgeCommand *message =
        farseat__v1__edge_command__unpack(&allocator, command->len, command->data);
    if (message) {
        message->leader_position = acd->leader_position;
        command_out(acd, edge, &message->base);
    }
    return true;
}

static bool is_wish(uint32_t body_case)
{
    return body_case == FARSEAT__V1__EDGE_COMMAND__BODY_MUTE ||
           body_case == FARSEAT__V1__EDGE_COMMAND__BODY_TALK;
}

/* An agent's wish that came to nothing: what is shown must be what is. */
static void wish_failed(struct acd *acd, const struct command *command, const char *cause)
{
    const struct leg *leg = acd_leg_get(acd, command->leg);
    struct agent *agent = leg ? acd_agent_get(acd, leg->agent) : NULL;
    struct phone *phone = leg ? acd_phone_get(acd, leg->phone) : NULL;
    if (!is_wish(command->body_case)) return;
    if (phone && command->body_case == FARSEAT__V1__EDGE_COMMAND__BODY_TALK &&
        strcmp(cause, "unsupported") == 0)
        acd_phone_manual(acd, phone);
    if (!agent || agent->leg != leg->self || command->body_case != FARSEAT__V1__EDGE_COMMAND__BODY_MUTE ||
        (agent->state != AGENT_TALKING && agent->state != AGENT_HOLDING))
        return;
    ProtobufCAllocator allocator = acd_arena_allocator(&acd->out->arena);
    const Farseat__V1__EdgeCommand *message =
        farseat__v1__edge_command__unpack(&allocator, command->len, command->data);
    if (message) acd_agent_mute(acd, agent, !message->mute->on);
}

/* A recording, a stop or a wish that failed costs the caller nothing. */
static bool harmless(uint32_t body_case)
{
    return body_case == FARSEAT__V1__EDGE_COMMAND__BODY_RECORD ||
           body_case == FARSEAT__V1__EDGE_COMMAND__BODY_STOP_RECORD ||
           body_case == FARSEAT__V1__EDGE_COMMAND__BODY_STOP_PLAY ||
           body_case == FARSEAT__V1__EDGE_COMMAND__BODY_UNBRIDGE || is_wish(body_case);
}

static void refused(struct acd *acd, struct leg *leg, uint32_t body_case, const char *cause)
{
    struct contact *contact = acd_contact_get(acd, leg->contact);
    bool unknown = strcmp(cause, "unknown-leg") == 0;
    if (body_case == FARSEAT__V1__EDGE_COMMAND__BODY_DIAL) {
        acd_leg_ended(acd, leg, &(struct leg_end){.leg_ms = leg->leg_ms, .cause = "unreachable"});
    } else if (unknown || (strcmp(cause, "busy") == 0 && !is_wish(body_case))) {
        if (unknown && leg->state == LEG_ENDING) leg->hangups = UINT32_MAX;
        acd_timer_set(acd, TIMER_LEG, leg->self, acd->now_us + GRACE_US); /* its LegEnded is on its way */
    } else if (body_case == FARSEAT__V1__EDGE_COMMAND__BODY_BRIDGE && contact && contact->bridging) {
        acd_bridge_failed(acd, contact, contact->bridge_id);
    } else if (!harmless(body_case) && leg->state != LEG_ENDING) {
        acd_commands_drop_leg(acd, leg);
        acd_leg_broken(acd, leg, "command-failed");
    }
}

/* Not delivered in time: whether it was executed is unknown. */
static void not_delivered(struct acd *acd, struct leg *leg, uint32_t body_case)
{
    if (leg->state == LEG_ENDING) {
        /* Its timer sends it again, and what did not arrive is no sign that the leg is gone. */
        if (body_case == FARSEAT__V1__EDGE_COMMAND__BODY_HANGUP && leg->hangups > 0) leg->hangups--;
        return;
    }
    if (harmless(body_case)) return;
    acd_commands_drop_leg(acd, leg);
    acd_leg_broken(acd, leg, "command-failed");
}

/* A leg whose command failed is hung up rather than guessed about. */
void acd_command_failed(struct acd *acd, const Farseat__V1__CommandFailed *failed)
{
    struct command *command = command_find(acd, failed->command_id);
    const char *cause = failed->cause;
    if (!command) {
        acd_fail(acd, FAR_ENOTFOUND, "command %.36s is not outstanding", failed->command_id);
        return;
    }
    struct leg *leg = acd_leg_get(acd, command->leg);
    uint32_t body_case = command->body_case;
    bool undelivered = strcmp(cause, "expired") == 0 || strcmp(cause, "fenced") == 0;
    if (undelivered && leg && sent_again(acd, command)) return;
    if (!undelivered) record_forget(acd, command);
    wish_failed(acd, command, cause);
    command_free(acd, command);
    if (!leg || strcmp(cause, "wrong-incarnation") == 0) return; /* EdgeStarted is on its way */
    if (undelivered)
        not_delivered(acd, leg, body_case);
    else
        refused(acd, leg, body_case, cause);
}

bool acd_command_next(const struct acd *acd, uint64_t *cursor, struct far_arena *arena,
                      struct acd_command *ret_command)
{
    const struct command *command = command_get(acd, *cursor);
    uint64_t id = command ? command->next : acd->command_first;
    while (id && id <= *cursor)
        id = command_get(acd, id)->next; /* the cursor's own is gone: go on behind where it was */
    command = command_get(acd, id);
    if (!command) return false;
    ProtobufCAllocator allocator = acd_arena_allocator(arena);
    Farseat__V1__EdgeCommand *message =
        farseat__v1__edge_command__unpack(&allocator, command->len, command->data);
    const struct edge *edge = acd_edge_get(acd, command->edge);
    char *name = edge ? far_arena_text(arena, edge->name, strlen(edge->name)) : NULL;
    if (!message || !name) return false;
    message->leader_position = acd->leader_position;
    *ret_command = (struct acd_command){.edge = name, .command = message};
    *cursor = id;
    return true;
}

bool acd_command_outstanding(const struct acd *acd, const char *command_id)
{
    return command_find(acd, command_id) != NULL;
}
