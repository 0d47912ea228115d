/* SPDX-License-Identifier: Apache-2.0 */
/* sim_replica.c - an ACD process around the replica: reads the log, takes part in the lease, carries out. */
#include "far/str.h"
#include "sim.h"
#include <stdlib.h>
#include <string.h>

#define LEASE_MS       2000u
#define ENTRIES_A_TURN 400u

uint64_t process_now(const struct world *world, const struct process *process)
{
    return world->now_ms - process->mono_base_ms;
}

static bool away(const struct world *world, const struct process *process)
{
    return !process->alive || process->frozen_until_ms > world->now_ms;
}
static bool cut(const struct world *world, const struct process *process)
{
    return process->cut_until_ms > world->now_ms;
}

bool process_frozen(struct world *world, const struct event *event, uint32_t who)
{
    const struct process *process = &world->processes[who];
    if (!process->alive || process->frozen_until_ms <= world->now_ms) return false;
    sim_after_data(world, process->frozen_until_ms - world->now_ms, event, event->data, event->len);
    return true;
}

static struct process *of_event(struct world *world, const struct event *event)
{
    struct process *process = &world->processes[event->who];
    return process->alive && process->life == event->life ? process : NULL;
}

const struct process *process_best(const struct world *world)
{
    const struct process *best = NULL;
    for (uint32_t i = 0; i < world->options.replicas; i++) {
        const struct process *process = &world->processes[i];
        if (!process->alive || !replica_acd(process->replica)) continue;
        if (!best || acd_position(replica_acd(process->replica)) > acd_position(replica_acd(best->replica)))
            best = process;
    }
    return best;
}

/* ---- life ---------------------------------------------------------------------------------------- */

static struct acd *restore(struct world *world)
{
    struct snapshot_reader reader;
    struct acd *acd = NULL;
    snapshot_reader_init(&reader);
    const struct stream *stream = &world->streams[STREAM_SNAP];
    for (size_t i = 0; i < stream->len; i++)
        if (stream->entries[i].data)
            snapshot_reader_add(&reader, stream->entries[i].data, stream->entries[i].len);
    const struct snapshot *snapshot = snapshot_reader_get(&reader, "", 1, world->truncated_below, 0);
    if (snapshot) {
        enum far_err err = snapshot_restore(snapshot, &acd);
        if (err != FAR_OK)
            sim_fail(world, "the snapshot at %llu cannot be restored: %s",
                     (unsigned long long)snapshot->position, far_err_text(err));
        else
            world->counts.restores++;
    }
    snapshot_reader_done(&reader);
    return acd;
}

static void on_connected(struct world *world, struct event *event)
{
    struct process *process = of_event(world, event);
    if (!process || cut(world, process)) return;
    process->connected = true;
    replica_connected(process->replica, process_now(world, process), true);
    process_run(world, event->who);
}

void process_start(struct world *world, uint32_t who)
{
    struct process *process = &world->processes[who];
    uint32_t life = process->life + 1;
    memset(process, 0, sizeof(*process));
    process->life = life;
    process->name[0] = 0;
    strcpy(process->name, "acd-1");
    process->name[4] = (char)('1' + who);
    sim_new_id(world, process->incarnation);
    process->mono_base_ms = world->now_ms >= 1000 ? world->now_ms - far_rand_below(&world->rand, 1000) : 0;
    struct acd *acd = restore(world);
    if (world->failed) return;
    process->cursor = acd ? acd_position(acd) + 1 : 1;
    struct replica_config config = {.name = process->name,
                                    .incarnation = process->incarnation,
                                    .log_created_ns = 1,
                                    .hash_every = SIM_HASH_EVERY,
                                    .snapshot_every = 700,
                                    .snapshot_every_ms = 30000};
    if (replica_create(&config, acd, &process->replica) != FAR_OK) {
        acd_destroy(acd);
        sim_fail(world, "no replica");
        return;
    }
    process->alive = true;
    far_lease_core_init(&process->lease, LEASE_MS, process_now(world, process));
    sim_trace(world, "%s starts at %llu", process->name, (unsigned long long)process->cursor);
    sim_after(world, 20, &(struct event){.fn = on_connected, .who = who, .life = life});
    process_entries(world);
}

void process_kill(struct world *world, uint32_t who)
{
    struct process *process = &world->processes[who];
    if (!process->alive) return;
    sim_trace(world, "%s is killed%s", process->name,
              replica_role(process->replica) == REPLICA_LEADER ? ", the leader" : "");
    process->replica = replica_destroy(process->replica);
    process->alive = false;
    world->counts.kills++;
}

/* ---- the log ------------------------------------------------------------------------------------- */

static void on_read(struct world *world, struct event *event)
{
    struct process *process = of_event(world, event);
    if (!process) return;
    process->reading = false;
    if (cut(world, process) || process->frozen_until_ms > world->now_ms) {
        uint64_t until = process->cut_until_ms > process->frozen_until_ms ? process->cut_until_ms
                                                                          : process->frozen_until_ms;
        process->reading = true;
        sim_after(world, until - world->now_ms + 1,
                  &(struct event){.fn = on_read, .who = event->who, .life = event->life});
        return;
    }
    const struct stored *stored;
    uint64_t now_ms = process_now(world, process);
    for (uint32_t i = 0; i < ENTRIES_A_TURN && !world->failed; i++) {
        if (!(stored = stream_at(&world->streams[STREAM_LOG], process->cursor))) break;
        if (!stored->data) {
            sim_fail(world, "%s reads position %llu, which is truncated", process->name,
                     (unsigned long long)process->cursor);
            return;
        }
        check_trace_entry(world, stored, process->cursor);
        struct replica_entry entry = {.position = process->cursor++,
                                      .stamp_us = stored->stamp_us,
                                      .producer = stored->producer,
                                      .data = stored->data,
                                      .len = stored->len};
        if (replica_entry(process->replica, now_ms, sim_stamp_us(world), &entry) != FAR_OK) {
            sim_fail(world, "%s halted: %s", process->name, replica_fault(process->replica));
            return;
        }
        check_applied(world, process);
    }
    if (process->cursor <= world->streams[STREAM_LOG].len)
        process_entries(world);
    else
        replica_caught_up(process->replica);
    process_run(world, event->who);
}

void process_entries(struct world *world)
{
    for (uint32_t i = 0; i < world->options.replicas; i++) {
        struct process *process = &world->processes[i];
        if (!process->alive || process->reading) continue;
        process->reading = true;
        sim_after(world, 1 + sim_delay(world),
                  &(struct event){.fn = on_read, .who = i, .life = process->life});
    }
}

/* ---- the lease ----------------------------------------------------------------------------------- */

struct lease_ask {
    uint64_t ask, revision;
    bool write;
    char owner[64];
    enum far_err err;
    bool held, ours;
};

static void lease_owner_text(const struct process *process, char out[64])
{
    far_str_copy(out, 64, process->name);
    far_str_copy(out + strlen(out), 64 - strlen(out), process->incarnation);
}

static void lease_tell(struct world *world, struct event *event, bool timeout)
{
    struct lease_ask *ask = event->data;
    if (process_frozen(world, event, event->who) || !sim_ask_close(world, ask->ask)) return;
    struct process *process = of_event(world, event);
    if (!process) return;
    uint64_t now_ms = process_now(world, process);
    if (timeout) {
        if (ask->write)
            far_lease_core_written(&process->lease, now_ms, FAR_ETIMEOUT, 0);
        else
            far_lease_core_read_failed(&process->lease, now_ms);
    } else if (ask->write) {
        far_lease_core_written(&process->lease, now_ms, ask->err, ask->revision);
    } else {
        far_lease_core_seen(&process->lease, now_ms, ask->revision, ask->held, ask->ours);
    }
    process_run(world, event->who);
}
static void on_lease_answer(struct world *world, struct event *event)
{
    lease_tell(world, event, false);
}
static void on_lease_timeout(struct world *world, struct event *event)
{
    lease_tell(world, event, true);
}

static void on_lease_arrival(struct world *world, struct event *event)
{
    struct lease_ask *ask = event->data;
    if (world->lease.stalled_until_ms > world->now_ms) return;
    if (ask->write && ask->revision != world->lease.revision) {
        ask->err = FAR_ECONFLICT;
    } else if (ask->write) {
        world->lease.revision++;
        far_str_copy(world->lease.owner, sizeof(world->lease.owner), ask->owner);
        ask->revision = world->lease.revision;
        ask->err = FAR_OK;
    } else {
        ask->revision = world->lease.revision;
        ask->held = world->lease.owner[0] != 0;
        ask->ours = strcmp(world->lease.owner, ask->owner) == 0;
    }
    if (sim_fault(world, 10)) return;
    struct event answer = {.fn = on_lease_answer, .who = event->who, .life = event->life};
    sim_after_data(world, sim_delay(world), &answer, ask, sizeof(*ask));
}

static void lease_send(struct world *world, uint32_t who, bool write, uint64_t revision)
{
    struct process *process = &world->processes[who];
    struct lease_ask ask = {.ask = sim_ask_new(world), .write = write, .revision = revision};
    lease_owner_text(process, ask.owner);
    struct event event = {.fn = on_lease_timeout, .who = who, .life = process->life};
    sim_after_data(world, 1000, &event, &ask, sizeof(ask));
    if (cut(world, process) || sim_fault(world, 10)) return;
    event.fn = on_lease_arrival;
    sim_after_data(world, sim_delay(world), &event, &ask, sizeof(ask));
}

static void run_lease(struct world *world, uint32_t who)
{
    struct process *process = &world->processes[who];
    if (!replica_wants_lease(process->replica)) return;
    uint64_t now_ms = process_now(world, process), revision = 0;
    for (;;) {
        enum far_lease_action action = far_lease_core_next(&process->lease, now_ms, &revision);
        if (process->lease.owner != process->owner_told) {
            process->owner_told = process->lease.owner;
            sim_trace(world, "%s %s the lease", process->name, process->owner_told ? "has" : "lost");
            replica_lease(process->replica, now_ms, process->owner_told);
        }
        if (action == FAR_LEASE_WAIT) return;
        lease_send(world, who, action == FAR_LEASE_WRITE, revision);
    }
}

/* ---- carrying out -------------------------------------------------------------------------------- */

void process_publication_done(struct world *world, const struct publication *publication, enum far_err err,
                              uint64_t sequence)
{
    struct process *process = &world->processes[publication->who];
    if (!process->alive || process->life != publication->life) return;
    replica_done(process->replica, process_now(world, process), publication->effect, publication->number,
                 publication->epoch, err, sequence);
    process_run(world, publication->who);
}

static void publish(struct world *world, uint32_t who, enum stream_kind stream,
                    const struct replica_effect *effect)
{
    struct process *process = &world->processes[who];
    size_t size = sizeof(struct publication) + effect->len;
    struct publication *publication = calloc(1, size);
    if (!publication) abort();
    publication->who_kind = WHO_REPLICA;
    publication->who = who;
    publication->life = process->life;
    publication->stream = stream;
    publication->effect = effect->kind;
    publication->number = effect->number;
    publication->epoch = effect->epoch;
    far_str_copy(publication->producer, sizeof(publication->producer), process->name);
    far_str_copy(publication->msg_id, sizeof(publication->msg_id), effect->msg_id);
    publication->len = effect->len;
    memcpy(publication->data, effect->data, effect->len);
    if (cut(world, process)) {
        publication->ask = sim_ask_new(world); /* never answered: the appender's own clock decides */
    } else {
        stream_publish(world, publication, &process->channel_ms, effect->timeout_ms);
    }
    free(publication);
}

struct command_ask {
    uint64_t ask, number;
    char edge[REPLICA_NAME_SIZE];
};

static void on_command_timeout(struct world *world, struct event *event)
{
    const struct command_ask *ask = event->data;
    struct process *process = of_event(world, event);
    if (process_frozen(world, event, event->who) || !sim_ask_close(world, ask->ask) || !process) return;
    replica_command_done(process->replica, process_now(world, process), ask->number, NULL);
    process_run(world, event->who);
}

static void on_command_arrival(struct world *world, struct event *event)
{
    const struct command_ask *ask = event->data;
    edge_command_arrives(world, ask->edge, event->who, event->life, ask->number, ask->ask,
                         (const uint8_t *)(ask + 1), event->len - sizeof(*ask));
}

static void send_command(struct world *world, uint32_t who, const struct replica_effect *effect)
{
    struct process *process = &world->processes[who];
    struct command_ask *ask = malloc(sizeof(*ask) + effect->len);
    if (!ask) abort();
    *ask = (struct command_ask){.ask = sim_ask_new(world), .number = effect->number};
    far_str_copy(ask->edge, sizeof(ask->edge), effect->target);
    memcpy(ask + 1, effect->data, effect->len);
    world->counts.commands++;
    struct event event = {.fn = on_command_timeout, .who = who, .life = process->life};
    sim_after_data(world, effect->timeout_ms, &event, ask, sizeof(*ask));
    event.fn = on_command_arrival;
    if (!cut(world, process) && !sim_fault(world, 20))
        sim_after_data(world, sim_delay(world), &event, ask, sizeof(*ask) + effect->len);
    if (!cut(world, process) && sim_fault(world, 20)) /* doubled */
        sim_after_data(world, far_rand_below(&world->rand, 2000), &event, ask, sizeof(*ask) + effect->len);
    free(ask);
}

static void carry_out(struct world *world, uint32_t who, const struct replica_effect *effect)
{
    struct stream *snaps = &world->streams[STREAM_SNAP];
    switch (effect->kind) {
    case REPLICA_APPEND:
        publish(world, who, STREAM_LOG, effect);
        break;
    case REPLICA_FACT:
        sim_trace(world, "%s publishes %s %s", world->processes[who].name, effect->target, effect->msg_id);
        publish(world, who, STREAM_EVT, effect);
        break;
    case REPLICA_RECORD:
        publish(world, who, STREAM_REC, effect);
        break;
    case REPLICA_PIECE:
        publish(world, who, STREAM_SNAP, effect);
        break;
    case REPLICA_COMMAND:
        send_command(world, who, effect);
        break;
    case REPLICA_PURGE:
        for (uint64_t at = 1; at < effect->number && at <= snaps->len; at++) {
            struct stored *stored = &snaps->entries[at - 1];
            if (strcmp(stored->producer, world->processes[who].name) != 0) continue;
            free(stored->data);
            stored->data = NULL;
        }
        break;
    case REPLICA_REPLY:
        world->counts.acts++;
        if (!effect->verdict->ok) world->counts.acts_refused++;
        break;
    default:
        break;
    }
}

static void on_wake(struct world *world, struct event *event)
{
    struct process *process = of_event(world, event);
    if (!process || event->a != process->wake_serial) return;
    process->wake_ms = 0;
    process_run(world, event->who);
}

static void wake_at(struct world *world, uint32_t who, uint64_t at_ms)
{
    struct process *process = &world->processes[who];
    if (process->wake_ms != 0 && process->wake_ms <= at_ms) return;
    process->wake_ms = at_ms;
    process->wake_serial++;
    sim_after(world, at_ms - world->now_ms,
              &(struct event){.fn = on_wake, .who = who, .life = process->life, .a = process->wake_serial});
}

/* Who begins to lead sends at once what the one before may not have. */
static void check_taken_over(struct world *world, struct process *process, uint64_t sent)
{
    const struct acd *acd = replica_acd(process->replica);
    struct acd_command command;
    uint64_t cursor = 0, outstanding = 0;
    far_arena_reset(&world->arena);
    while (acd_command_next(acd, &cursor, &world->arena, &command)) {
        outstanding++;
        far_arena_reset(&world->arena);
    }
    if (sent < outstanding)
        sim_fail(world, "%s began to lead and sent %llu of %llu outstanding commands", process->name,
                 (unsigned long long)sent, (unsigned long long)outstanding);
}

static uint64_t commands_sent(const struct process *process)
{
    struct replica_stats stats;
    replica_stats(process->replica, &stats);
    return stats.commands_sent;
}

void process_run(struct world *world, uint32_t who)
{
    struct process *process = &world->processes[who];
    if (process->in_run || !process->alive) return;
    if (away(world, process)) {
        wake_at(world, who, process->frozen_until_ms);
        return;
    }
    process->in_run = true;
    struct replica_effect effect;
    run_lease(world, who);
    uint64_t sent_before = commands_sent(process);
    while (!world->failed &&
           replica_next(process->replica, process_now(world, process), sim_stamp_us(world), &effect))
        carry_out(world, who, &effect);
    if (replica_role(process->replica) == REPLICA_HALTED)
        sim_fail(world, "%s halted: %s", process->name, replica_fault(process->replica));
    if (replica_role(process->replica) != process->role) {
        static const char *const roles[] = {"follows", "is candidate", "leads", "has halted"};
        process->role = replica_role(process->replica);
        sim_trace(world, "%s %s at position %llu", process->name, roles[process->role],
                  (unsigned long long)acd_position(replica_acd(process->replica)));
        world->counts.leaders += process->role == REPLICA_LEADER;
        if (process->role == REPLICA_LEADER)
            check_taken_over(world, process, commands_sent(process) - sent_before);
    }
    process->in_run = false;
    uint64_t deadline_ms = replica_deadline_ms(process->replica);
    if (replica_wants_lease(process->replica)) {
        uint64_t lease_ms = far_lease_core_deadline_ms(&process->lease);
        if (lease_ms < deadline_ms) deadline_ms = lease_ms;
    }
    if (deadline_ms == UINT64_MAX) return;
    deadline_ms += process->mono_base_ms;
    wake_at(world, who, deadline_ms > world->now_ms ? deadline_ms : world->now_ms + 1);
}

void process_pulse(struct world *world, uint32_t who, const Farseat__V1__EdgePulse *pulse)
{
    struct process *process = &world->processes[who];
    if (away(world, process) || cut(world, process)) return;
    replica_pulse(process->replica, process_now(world, process), pulse);
    process_run(world, who);
}

void process_write(struct world *world, uint32_t who, Farseat__V1__AcdInput *input)
{
    struct process *process = &world->processes[who];
    if (away(world, process) || cut(world, process)) return;
    if (replica_write(process->replica, process_now(world, process), sim_stamp_us(world), input,
                      ++world->token) != FAR_OK)
        world->counts.acts_refused++;
    process_run(world, who);
}
