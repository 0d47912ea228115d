/* SPDX-License-Identifier: Apache-2.0 */
/* commands.c - the leader's table of commands that no edge has accepted yet: sent, sent again, given up.
 * The core keeps what is outstanding; this table only knows what to do about it. */
#include "far/str.h"
#include "replica_impl.h"
#include <stdlib.h>
#include <string.h>

static void command_done(struct command *command)
{
    free(command->data);
    command->data = NULL;
}

/* Gone ones are taken out together, so that the order of the others stays. */
static void compact(struct replica *replica)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < replica->commands_len; i++)
        if (replica->commands[i].data) replica->commands[kept++] = replica->commands[i];
    replica->commands_len = kept;
}

static struct command *find(struct replica *replica, uint64_t serial)
{
    uint32_t low = 0, high = replica->commands_len;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (replica->commands[middle].serial < serial)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == replica->commands_len || replica->commands[low].serial != serial) return NULL;
    return replica->commands[low].data ? &replica->commands[low] : NULL;
}

void commands_add(struct replica *replica, uint64_t now_ms, const struct acd_command *added)
{
    /* What finds no room is found again by the next leader, or expires in the core. */
    if (replica->commands_len == replica->config.commands_max) compact(replica);
    if (replica->commands_len == replica->config.commands_max) return;
    Farseat__V1__EdgeCommand stamped = *added->command;
    const Farseat__V1__EdgeCommand *source = &stamped;
    stamped.sent_at_ms = now_ms;
    size_t len = farseat__v1__edge_command__get_packed_size(source);
    uint8_t *data = malloc(len);
    if (!data) return;
    farseat__v1__edge_command__pack(source, data);
    struct command *command = &replica->commands[replica->commands_len++];
    uint32_t ttl_ms = source->deadline_ms > 0 ? source->deadline_ms : ACD_COMMAND_TTL_MS;
    *command = (struct command){.serial = ++replica->command_serial,
                                .data = data,
                                .len = len,
                                .deadline_ms = now_ms + ttl_ms,
                                .send_at_ms = now_ms};
    far_str_copy(command->id, sizeof(command->id), source->command_id);
    far_str_copy(command->leg_id, sizeof(command->leg_id), source->leg_id);
    far_str_copy(command->edge, sizeof(command->edge), added->edge);
    replica->send_next_ms = now_ms;
}

void commands_resync(struct replica *replica, uint64_t now_ms, const char *edge, const char *edge_incarnation)
{
    Farseat__V1__ResyncCommand resync = FARSEAT__V1__RESYNC_COMMAND__INIT;
    Farseat__V1__EdgeCommand command = FARSEAT__V1__EDGE_COMMAND__INIT;
    struct acd_command added = {.edge = edge, .command = &command};
    command.log_incarnation = (char *)(uintptr_t)acd_incarnation(replica->acd);
    command.leader_position = acd_leader_position(replica->acd);
    command.edge_incarnation = (char *)(uintptr_t)edge_incarnation;
    command.deadline_ms = RESYNC_TTL_MS;
    command.body_case = FARSEAT__V1__EDGE_COMMAND__BODY_RESYNC;
    command.resync = &resync;
    uint64_t serial = replica->command_serial;
    commands_add(replica, now_ms, &added);
    if (replica->command_serial != serial) replica->commands[replica->commands_len - 1].loose = true;
}

void commands_take_over(struct replica *replica, uint64_t now_ms)
{
    commands_clear(replica);
    uint64_t cursor = 0;
    struct acd_command command;
    far_arena_reset(&replica->arena);
    while (acd_command_next(replica->acd, &cursor, &replica->arena, &command)) {
        commands_add(replica, now_ms, &command);
        far_arena_reset(&replica->arena);
    }
}

void commands_clear(struct replica *replica)
{
    for (uint32_t i = 0; i < replica->commands_len; i++)
        command_done(&replica->commands[i]);
    replica->commands_len = 0;
}

/* @return whether the log has room for it; if not, it is tried again. */
static bool give_up(struct replica *replica, uint64_t now_ms, struct command *command, const char *cause,
                    const char *text)
{
    if (command->loose) {
        command_done(command);
        return true;
    }
    Farseat__V1__CommandFailed failed = FARSEAT__V1__COMMAND_FAILED__INIT;
    failed.command_id = command->id;
    failed.leg_id = command->leg_id;
    failed.cause = (char *)(uintptr_t)cause;
    failed.text = (char *)(uintptr_t)text;
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_COMMAND_FAILED;
    input.command_failed = &failed;
    uint64_t number;
    if (inputs_push(replica, now_ms, &input, &number) != FAR_OK) return false;
    replica->stats.commands_failed++;
    command_done(command);
    return true;
}

bool commands_next(struct replica *replica, uint64_t now_ms, struct replica_effect *effect)
{
    if (replica->role != REPLICA_LEADER || now_ms < replica->send_next_ms) return false;
    uint64_t next_ms = UINT64_MAX;
    bool found = false;
    for (uint32_t i = 0; i < replica->commands_len && !found; i++) {
        struct command *command = &replica->commands[i];
        if (!command->data) continue;
        uint64_t due_ms = command->in_flight ? command->deadline_ms : command->send_at_ms;
        if (now_ms < due_ms && now_ms < command->deadline_ms) {
            if (due_ms > command->deadline_ms) due_ms = command->deadline_ms;
            if (due_ms < next_ms) next_ms = due_ms;
            continue;
        }
        if (!command->loose && !acd_command_outstanding(replica->acd, command->id)) {
            command_done(command);
        } else if (now_ms >= command->deadline_ms) {
            if (!give_up(replica, now_ms, command, "expired", "no edge took it in time"))
                next_ms = now_ms + TICK_EVERY_MS_MIN;
        } else {
            effect->kind = REPLICA_COMMAND;
            effect->number = command->serial;
            effect->target = command->edge;
            effect->data = command->data;
            effect->len = command->len;
            effect->timeout_ms = replica->config.command_retry_ms;
            command->in_flight = true;
            command->sent_ms = now_ms;
            replica->stats.commands_sent++;
            found = true;
        }
    }
    if (found) return true;
    compact(replica);
    replica->send_next_ms = next_ms;
    return false;
}

/* The commands behind it of its leg need not wait for their own retry any more. */
static void hurry_leg(struct replica *replica, const char *leg_id, uint64_t now_ms)
{
    for (uint32_t i = 0; i < replica->commands_len; i++) {
        struct command *command = &replica->commands[i];
        if (command->data && !command->in_flight && *leg_id && strcmp(command->leg_id, leg_id) == 0)
            command->send_at_ms = now_ms;
    }
}

static bool cause_is(const Farseat__V1__EdgeCommandReply *reply, const char *cause)
{
    return reply->cause && strcmp(reply->cause, cause) == 0;
}

void replica_command_done(struct replica *replica, uint64_t now_ms, uint64_t number,
                          const Farseat__V1__EdgeCommandReply *reply)
{
    struct command *command = find(replica, number);
    if (!command || !command->in_flight || replica->role != REPLICA_LEADER) return;
    command->in_flight = false;
    command->send_at_ms = command->sent_ms + replica->config.command_retry_ms;
    replica->send_next_ms = now_ms;
    if (!reply) return;
    if (reply->accepted) {
        char leg_id[FAR_ID_TEXT_SIZE];
        memcpy(leg_id, command->leg_id, sizeof(leg_id));
        command_done(command);
        hurry_leg(replica, leg_id, now_ms);
    } else if (cause_is(reply, "fenced")) {
        /* Somebody led after us; who holds the lease says so again, above that one's position. */
        replica->want_start = true;
    } else if (!cause_is(reply, "gap") && !cause_is(reply, "busy") && !cause_is(reply, "wrong-incarnation")) {
        /* The others come right by themselves: what is missing is sent too, EdgeStarted is on its way. */
        (void)give_up(replica, now_ms, command, reply->cause ? reply->cause : "invalid",
                      reply->text ? reply->text : "");
    }
}
