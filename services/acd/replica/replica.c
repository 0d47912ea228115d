/* SPDX-License-Identifier: Apache-2.0 */
/* replica.c - life, roles, and the order in which things are done. */
#include "far/str.h"
#include "replica_impl.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND_ARENA (256u * 1024u)

static void set_default(uint32_t *value, uint32_t otherwise)
{
    if (*value == 0) *value = otherwise;
}

static void set_defaults(struct replica_config *config)
{
    set_default(&config->inputs_max, 4096);
    set_default(&config->inputs_window, 256);
    set_default(&config->ack_timeout_ms, 2000);
    set_default(&config->retry_ms, 250);
    set_default(&config->commands_max, 16384);
    set_default(&config->command_retry_ms, 250);
    set_default(&config->facts_max, 8192);
    set_default(&config->hash_every, 512);
    set_default(&config->edge_silent_ms, 3000);
    set_default(&config->edge_lost_ms, 30000);
    set_default(&config->write_timeout_ms, 5000);
    set_default(&config->snapshot_every, 20000);
    set_default(&config->snapshot_every_ms, 300000);
}

enum far_err replica_create(const struct replica_config *config, struct acd *acd,
                            struct replica **ret_replica)
{
    struct replica *replica = calloc(1, sizeof(*replica));
    if (!replica) return FAR_ENOMEM;
    enum far_err err = FAR_EINVAL;
    replica->config = *config;
    set_defaults(&replica->config);
    if (!far_str_copy(replica->name, sizeof(replica->name), config->name) || !*replica->name ||
        !far_str_copy(replica->incarnation, sizeof(replica->incarnation), config->incarnation))
        goto fail;
    struct far_appender_core_config inputs = {.first_number = 1,
                                              .count_max = replica->config.inputs_max,
                                              .window = replica->config.inputs_window,
                                              .ack_timeout_ms = replica->config.ack_timeout_ms,
                                              .retry_ms = replica->config.retry_ms};
    err = far_appender_core_create(&inputs, &replica->inputs);
    if (err == FAR_OK) err = far_arena_init(&replica->arena, COMMAND_ARENA);
    if (err == FAR_OK && acd) {
        err = acd_output_init(&replica->out, acd_limits(acd));
        replica->out_ready = err == FAR_OK;
    }
    if (err != FAR_OK) goto fail;
    err = FAR_ENOMEM;
    replica->input_ring = calloc(replica->config.inputs_max, sizeof(*replica->input_ring));
    replica->commands = calloc(replica->config.commands_max, sizeof(*replica->commands));
    replica->facts = calloc(replica->config.facts_max, sizeof(*replica->facts));
    replica->replies = calloc(REPLICA_WRITES_MAX, sizeof(*replica->replies));
    if (!replica->input_ring || !replica->commands || !replica->facts || !replica->replies) goto fail;
    replica->acd = acd;
    replica->facts_first = replica->facts_next = 1;
    if (acd) replica->snapshot_at = acd_position(acd);
    *ret_replica = replica;
    return FAR_OK;
fail:
    replica_destroy(replica);
    return err;
}

struct replica *replica_destroy(struct replica *replica)
{
    if (!replica) return NULL;
    publish_stop(replica);
    if (replica->facts) facts_clear(replica);
    if (replica->commands) commands_clear(replica);
    for (uint32_t i = 0; replica->input_ring && i < replica->config.inputs_max; i++)
        free(replica->input_ring[i].data);
    far_appender_core_destroy(replica->pieces_out);
    snapshot_writer_done(&replica->snapshot);
    far_appender_core_destroy(replica->inputs);
    far_arena_done(&replica->arena);
    if (replica->out_ready) acd_output_done(&replica->out);
    acd_destroy(replica->acd);
    free(replica->piece);
    free(replica->input_ring);
    free(replica->commands);
    free(replica->facts);
    free(replica->replies);
    free(replica);
    return NULL;
}

/* ---- roles --------------------------------------------------------------------------------------- */

static void stop_leading(struct replica *replica, enum replica_role role)
{
    if (replica->role == REPLICA_HALTED) return;
    replica->role = role;
    commands_clear(replica);
    publish_stop(replica);
    replica->project = false;
}

void replica_halt(struct replica *replica, const char *reason)
{
    if (replica->role == REPLICA_HALTED) return;
    stop_leading(replica, REPLICA_HALTED);
    far_str_copy(replica->fault, sizeof(replica->fault), reason);
    replica->role = REPLICA_HALTED;
}

void replica_caught_up(struct replica *replica)
{
    replica->caught_up = true;
}

bool replica_wants_lease(const struct replica *replica)
{
    return replica->caught_up && replica->acd && replica->role != REPLICA_HALTED;
}

void replica_lease(struct replica *replica, uint64_t now_ms, bool owner)
{
    (void)now_ms;
    replica->lease = owner;
    if (replica->role == REPLICA_HALTED) return;
    if (owner) {
        stop_leading(replica, REPLICA_CANDIDATE);
        replica->want_start = true;
        replica->started_ms = 0;
    } else {
        stop_leading(replica, REPLICA_FOLLOWER);
        replica->want_start = false;
        replica->started_number = 0;
    }
}

static void run_start(struct replica *replica, uint64_t now_ms)
{
    if (!replica->want_start || !replica->lease || !replica->acd) return;
    if (replica->started_ms != 0 && now_ms < replica->started_ms + LEAD_AGAIN_MS) return;
    Farseat__V1__LeaderStarted body = FARSEAT__V1__LEADER_STARTED__INIT;
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    body.replica = replica->name;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LEADER_STARTED;
    input.leader_started = &body;
    uint64_t number;
    if (inputs_push(replica, now_ms, &input, &number) != FAR_OK) return;
    stop_leading(replica, REPLICA_CANDIDATE);
    replica->started_number = number;
    replica->started_ms = now_ms;
    replica->want_start = false;
}

static void start_leading(struct replica *replica, uint64_t now_ms)
{
    replica->role = REPLICA_LEADER;
    replica->tick_number = 0;
    replica->facts_stored_told = replica->facts_stored;
    replica->hash_to_tell = 0;
    replica->project = true;
    watch_start(replica, now_ms);
    commands_take_over(replica, now_ms);
    publish_start(replica, now_ms);
}

static void leader_started(struct replica *replica, uint64_t now_ms, const Farseat__V1__AcdInput *input)
{
    bool own = strcmp(input->producer, replica->name) == 0 &&
               strcmp(input->producer_incarnation, replica->incarnation) == 0;
    if (own && input->number == replica->started_number && replica->lease) {
        start_leading(replica, now_ms);
        return;
    }
    if (own || !replica->lease) return;
    /* Another one began after us though the lease is ours: a late message. Ours must be the last. */
    bool pending = replica->started_number > 0 && replica->role == REPLICA_CANDIDATE;
    stop_leading(replica, REPLICA_CANDIDATE);
    if (!pending) replica->want_start = true;
}

/* ---- the log ------------------------------------------------------------------------------------- */

static bool begin_state(struct replica *replica, const Farseat__V1__AcdInput *input)
{
    struct acd_limits limits;
    const char *text = "";
    acd_limits_from(input->log_created, &limits);
    if (acd_limits_check(&limits, &text) != FAR_OK) {
        replica_halt(replica, text);
        return false;
    }
    if (acd_output_init(&replica->out, &limits) != FAR_OK) {
        replica_halt(replica, "too little memory for the limits that the log was created with");
        return false;
    }
    replica->out_ready = true;
    if (acd_create(&limits, &replica->acd) != FAR_OK) {
        replica_halt(replica, "too little memory for the limits that the log was created with");
        return false;
    }
    return true;
}

static void apply(struct replica *replica, uint64_t now_ms, const struct replica_entry *entry,
                  const Farseat__V1__AcdInput *input)
{
    struct acd_output *out = &replica->out;
    enum far_err err = acd_apply(replica->acd, input, entry->position, entry->stamp_us, out);
    if (err != FAR_OK) {
        char reason[160];
        snprintf(reason, sizeof(reason), "position %llu cannot be applied: %s",
                 (unsigned long long)entry->position, far_err_text(err));
        replica_halt(replica, reason);
        return;
    }
    replica->applied_ms = now_ms;
    bool taken = out->outcome == ACD_APPLIED || out->outcome == ACD_REFUSED;
    for (size_t i = 0; i < out->fact_count; i++)
        facts_keep(replica, &out->facts[i]);
    for (size_t i = 0; replica->role == REPLICA_LEADER && i < out->command_count; i++)
        commands_add(replica, now_ms, &out->commands[i]);
    if (taken && out->outcome == ACD_APPLIED &&
        input->body_case == FARSEAT__V1__ACD_INPUT__BODY_LEADER_STARTED)
        leader_started(replica, now_ms, input);
    if (taken && input->body_case == FARSEAT__V1__ACD_INPUT__BODY_TICK &&
        input->tick->facts_position > replica->facts_stored)
        replica->facts_stored = input->tick->facts_position;
    if (taken && input->body_case == FARSEAT__V1__ACD_INPUT__BODY_CONFIG_COMMIT && out->verdict.ok)
        replica->project = replica->role == REPLICA_LEADER;
    inputs_applied(replica, now_ms, input, out);
    state_applied(replica, now_ms, input);
}

enum far_err replica_entry(struct replica *replica, uint64_t now_ms, int64_t wall_us,
                           const struct replica_entry *entry)
{
    if (replica->role == REPLICA_HALTED) return FAR_ESTATE;
    replica->wall_us = wall_us;
    if (replica->acd && entry->position <= acd_position(replica->acd)) return FAR_OK;
    Farseat__V1__AcdInput *input = farseat__v1__acd_input__unpack(NULL, entry->len, entry->data);
    /* All replicas see the same bytes, so all skip the same ones. */
    if (!input || strcmp(input->producer, entry->producer) != 0) {
        replica->stats.bad_entries++;
    } else if (!replica->acd && input->body_case != FARSEAT__V1__ACD_INPUT__BODY_LOG_CREATED) {
        /* What somebody appended before the log was one. */
        replica->stats.bad_entries++;
    } else if (replica->acd || begin_state(replica, input)) {
        apply(replica, now_ms, entry, input);
    }
    if (input) farseat__v1__acd_input__free_unpacked(input, NULL);
    return replica->role == REPLICA_HALTED ? FAR_ESTATE : FAR_OK;
}

void replica_connected(struct replica *replica, uint64_t now_ms, bool connected)
{
    watch_start(replica, now_ms);
    replica->connected = connected;
    far_appender_core_connected(replica->inputs, connected);
    if (replica->facts_out) far_appender_core_connected(replica->facts_out, connected);
    if (replica->records_out) far_appender_core_connected(replica->records_out, connected);
    if (replica->pieces_out) far_appender_core_connected(replica->pieces_out, connected);
}

static void publication_done(struct far_appender_core *core, uint64_t now_ms, uint64_t number, uint64_t epoch,
                             enum far_err err, uint64_t *count)
{
    if (!core) return;
    if (err != FAR_OK)
        far_appender_core_failed(core, number, epoch, now_ms);
    else
        *count += far_appender_core_acked(core, number, epoch, now_ms);
}

void replica_done(struct replica *replica, uint64_t now_ms, enum replica_effect_kind kind, uint64_t number,
                  uint64_t epoch, enum far_err err, uint64_t sequence)
{
    if (kind == REPLICA_APPEND)
        inputs_done(replica, now_ms, number, epoch, err);
    else if (kind == REPLICA_FACT)
        publication_done(replica->facts_out, now_ms, number, epoch, err, &replica->stats.facts_published);
    else if (kind == REPLICA_RECORD)
        publication_done(replica->records_out, now_ms, number, epoch, err, &replica->stats.records_published);
    else if (kind == REPLICA_PIECE)
        state_piece_done(replica, now_ms, number, epoch, err, sequence);
}

/* ---- asking -------------------------------------------------------------------------------------- */

/* When the leader's next tick is due: the core's time goes on from the last entry; and what it has published
 * is told once a second though nothing else happens. */
static uint64_t tick_due_ms(const struct replica *replica)
{
    if (replica->role != REPLICA_LEADER || replica->tick_number != 0) return UINT64_MAX;
    uint64_t due_ms = UINT64_MAX, earliest_ms = replica->tick_ms + TICK_EVERY_MS_MIN;
    int64_t deadline_us = acd_next_deadline_us(replica->acd);
    int64_t wait_us = deadline_us - acd_time_us(replica->acd);
    if (deadline_us != INT64_MAX)
        due_ms = replica->applied_ms + (wait_us > 0 ? (uint64_t)(wait_us + 999) / 1000 : 0);
    if (replica->facts_next > replica->facts_first &&
        replica->facts[(replica->facts_next - 1) % replica->config.facts_max].position >
            replica->facts_stored_told &&
        replica->tick_ms + TELL_FACTS_MS < due_ms)
        due_ms = replica->tick_ms + TELL_FACTS_MS;
    return due_ms > earliest_ms ? due_ms : earliest_ms;
}

enum far_err replica_push_tick(struct replica *replica, uint64_t now_ms, uint64_t *ret_number)
{
    Farseat__V1__Tick tick = FARSEAT__V1__TICK__INIT;
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    tick.facts_position = publish_facts_position(replica);
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_TICK;
    input.tick = &tick;
    replica->tick_ms = now_ms;
    enum far_err err = inputs_push(replica, now_ms, &input, ret_number);
    if (err != FAR_OK) return err;
    replica->facts_stored_told = tick.facts_position;
    replica->stats.ticks++;
    return FAR_OK;
}

static void run_tick(struct replica *replica, uint64_t now_ms)
{
    uint64_t number;
    if (now_ms < tick_due_ms(replica)) return;
    if (replica_push_tick(replica, now_ms, &number) == FAR_OK) replica->tick_number = number;
}

static bool project_next(struct replica *replica, struct replica_effect *effect)
{
    if (replica->role != REPLICA_LEADER || !replica->project || !acd_config(replica->acd)) return false;
    replica->project = false;
    effect->kind = REPLICA_PROJECT;
    effect->number = acd_config_version(replica->acd);
    return true;
}

bool replica_next(struct replica *replica, uint64_t now_ms, int64_t wall_us,
                  struct replica_effect *ret_effect)
{
    static const struct replica_effect none = {
        .target = "", .contact_id = "", .agent_id = "", .queue_id = ""};
    *ret_effect = none;
    replica->wall_us = wall_us;
    if (inputs_reply_next(replica, now_ms, ret_effect)) return true;
    if (replica->role == REPLICA_HALTED || !replica->acd) return false;
    run_start(replica, now_ms);
    run_tick(replica, now_ms);
    watch_run(replica, now_ms);
    state_run(replica, now_ms);
    return inputs_next(replica, now_ms, ret_effect) || commands_next(replica, now_ms, ret_effect) ||
           publish_next(replica, now_ms, ret_effect) || project_next(replica, ret_effect) ||
           inputs_next(replica, now_ms, ret_effect) || state_next(replica, now_ms, ret_effect);
}

static uint64_t earlier(uint64_t a_ms, uint64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

uint64_t replica_deadline_ms(const struct replica *replica)
{
    if (replica->role == REPLICA_HALTED) return UINT64_MAX;
    uint64_t deadline_ms = inputs_deadline_ms(replica);
    if (replica->pieces_out)
        deadline_ms = earlier(deadline_ms, far_appender_core_deadline_ms(replica->pieces_out));
    if (replica->want_start) deadline_ms = earlier(deadline_ms, replica->started_ms + LEAD_AGAIN_MS);
    if (replica->role != REPLICA_LEADER) return deadline_ms;
    deadline_ms = earlier(deadline_ms, tick_due_ms(replica));
    deadline_ms = earlier(deadline_ms, replica->watch_at_ms);
    deadline_ms = earlier(deadline_ms, publish_deadline_ms(replica));
    return replica->commands_len > 0 ? earlier(deadline_ms, replica->send_next_ms) : deadline_ms;
}

enum replica_role replica_role(const struct replica *replica)
{
    return replica->role;
}
const char *replica_fault(const struct replica *replica)
{
    return replica->fault;
}
const struct acd *replica_acd(const struct replica *replica)
{
    return replica->acd;
}

void replica_stats(const struct replica *replica, struct replica_stats *ret_stats)
{
    *ret_stats = replica->stats;
    ret_stats->inputs_waiting =
        (uint32_t)(far_appender_core_next_number(replica->inputs) - far_appender_core_first(replica->inputs));
    ret_stats->commands_outstanding = replica->commands_len;
    ret_stats->writes_waiting = replica->writes_len;
    if (replica->facts_out)
        ret_stats->facts_unpublished = (uint32_t)(far_appender_core_next_number(replica->facts_out) -
                                                  far_appender_core_first(replica->facts_out));
}
