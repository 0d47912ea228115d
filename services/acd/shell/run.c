/* SPDX-License-Identifier: Apache-2.0 */
/* run.c - entries into the replica, its effects into the world. */
#include "far/clock.h"
#include "far/hash64.h"
#include "far/health.h"
#include "far/id.h"
#include "far/log.h"
#include "far/str.h"
#include "shell.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_PIECE_LEN 131072u
#define CONFIG_LEN_MAX   (8u * 1024u * 1024u)
#define SUBJECT_SIZE     200

/* A question or an append under way. */
struct ask {
    struct far_list link;
    struct shell *shell;
    enum replica_effect_kind kind;
    uint64_t number, epoch;
};

uint64_t run_now_ms(const struct shell *shell)
{
    (void)shell;
    return far_clock_mono_ms();
}

static struct ask *ask_new(struct shell *shell, const struct replica_effect *effect)
{
    struct ask *ask = malloc(sizeof(*ask));
    if (!ask) return NULL;
    *ask =
        (struct ask){.shell = shell, .kind = effect->kind, .number = effect->number, .epoch = effect->epoch};
    far_list_append(&shell->asks, &ask->link);
    return ask;
}
static void ask_done(struct ask *ask)
{
    far_list_remove(&ask->link);
    free(ask);
}

/* ---- effects ------------------------------------------------------------------------------------- */

static void on_appended(void *ctx, enum far_err err, uint64_t seq, bool duplicate)
{
    struct ask *ask = ctx;
    struct shell *shell = ask->shell;
    (void)duplicate;
    replica_done(shell->replica, run_now_ms(shell), ask->kind, ask->number, ask->epoch, err, seq);
    ask_done(ask);
    run_turn(shell);
}

static void append_to(struct shell *shell, const char *subject, const struct replica_effect *effect,
                      const struct far_bus_options *options)
{
    struct ask *ask = ask_new(shell, effect);
    enum far_err err = FAR_ENOMEM;
    if (ask) {
        struct far_append append = {.subject = subject,
                                    .msg_id = effect->msg_id,
                                    .data = effect->data,
                                    .data_len = effect->len,
                                    .last_subject_seq = FAR_SEQ_ANY,
                                    .timeout_ms = effect->timeout_ms,
                                    .options = options,
                                    .fn = on_appended,
                                    .ctx = ask};
        err = far_append(shell->bus, &append);
    }
    if (err == FAR_OK) return;
    if (ask) ask_done(ask);
    replica_done(shell->replica, run_now_ms(shell), effect->kind, effect->number, effect->epoch, err, 0);
}

static void append_fact(struct shell *shell, const char *subject, const struct replica_effect *effect)
{
    struct far_bus_header headers[3];
    size_t count = 0;
    if (*effect->contact_id)
        headers[count++] = (struct far_bus_header){"Farseat-Contact", effect->contact_id};
    if (*effect->agent_id) headers[count++] = (struct far_bus_header){"Farseat-Agent", effect->agent_id};
    if (*effect->queue_id) headers[count++] = (struct far_bus_header){"Farseat-Queue", effect->queue_id};
    struct far_bus_options options = {.headers = headers, .headers_count = count};
    append_to(shell, subject, effect, &options);
}

static void on_commanded(void *ctx, const struct far_bus_answer *answer)
{
    struct ask *ask = ctx;
    struct shell *shell = ask->shell;
    const Farseat__V1__EdgeCommandReply *reply =
        answer->err == FAR_OK ? (const Farseat__V1__EdgeCommandReply *)answer->message : NULL;
    if (reply && !reply->accepted) FAR_WARN("command-refused", "cause=%s text=%s", reply->cause, reply->text);
    replica_command_done(shell->replica, run_now_ms(shell), ask->number, reply);
    ask_done(ask);
    run_turn(shell);
}

static void send_command(struct shell *shell, const char *subject, const struct replica_effect *effect)
{
    struct ask *ask = ask_new(shell, effect);
    enum far_err err = FAR_ENOMEM;
    if (ask) {
        struct far_bus_question question = {.subject = subject,
                                            .data = effect->data,
                                            .data_len = effect->len,
                                            .reply_type = &farseat__v1__edge_command_reply__descriptor,
                                            .timeout_ms = effect->timeout_ms,
                                            .fn = on_commanded,
                                            .ctx = ask};
        err = far_bus_ask(shell->bus, &question, NULL);
    }
    if (err == FAR_OK) return;
    if (ask) ask_done(ask);
    replica_command_done(shell->replica, run_now_ms(shell), effect->number, NULL);
}

static void on_purged(void *ctx, enum far_err err, const char *text)
{
    (void)ctx;
    if (err != FAR_OK) FAR_WARN("snapshot-not-purged", "why=%s", text);
}

static void carry_out(struct shell *shell, const struct replica_effect *effect)
{
    char subject[SUBJECT_SIZE];
    const char *own = far_service_instance(shell->service);
    switch (effect->kind) {
    case REPLICA_APPEND:
        snprintf(subject, sizeof(subject), "far.log.acd.main.%s", own);
        append_to(shell, subject, effect, NULL);
        break;
    case REPLICA_FACT:
        snprintf(subject, sizeof(subject), "far.evt.%s", effect->target);
        append_fact(shell, subject, effect);
        break;
    case REPLICA_RECORD:
        snprintf(subject, sizeof(subject), "far.rec.%s", effect->target);
        append_to(shell, subject, effect, NULL);
        break;
    case REPLICA_PIECE:
        snprintf(subject, sizeof(subject), "far.snap.acd.main.%s", own);
        append_to(shell, subject, effect, NULL);
        break;
    case REPLICA_COMMAND:
        snprintf(subject, sizeof(subject), "far.cmd.edge.%s", effect->target);
        send_command(shell, subject, effect);
        break;
    case REPLICA_PURGE:
        snprintf(subject, sizeof(subject), "far.snap.acd.main.%s", own);
        if (far_stream_purge(shell->bus, FAR_STREAM_SNAPSHOTS, subject, effect->number, on_purged, NULL) !=
            FAR_OK)
            FAR_WARN("snapshot-not-purged", "why=%s", "the bus is not there");
        break;
    case REPLICA_REPLY:
        api_verdict(shell, effect->token, effect->verdict);
        break;
    case REPLICA_PROJECT:
        trunks_project(shell);
        break;
    default:
        break;
    }
}

/* ---- the lease ----------------------------------------------------------------------------------- */

static void on_lease(void *ctx, bool owner, uint64_t revision)
{
    struct shell *shell = ctx;
    FAR_INFO("lease", "owner=%d revision=%llu", owner, (unsigned long long)revision);
    replica_lease(shell->replica, run_now_ms(shell), owner);
    run_turn(shell);
}

static void join_lease(struct shell *shell)
{
    if (shell->lease || shell->state != SHELL_SERVING || !replica_wants_lease(shell->replica)) return;
    char owner[128];
    snprintf(owner, sizeof(owner), "%s/%s", far_service_instance(shell->service), shell->incarnation);
    struct far_lease_config config = {.bucket = FAR_BUCKET_LEASES,
                                      .key = FAR_LEASE_ACD,
                                      .owner = owner,
                                      .lease_ms = (uint32_t)shell->config->lease_ms,
                                      .fn = on_lease,
                                      .ctx = shell};
    enum far_err err = far_lease_create(shell->bus, &config, &shell->lease);
    if (err != FAR_OK) far_service_fail(shell->service, "the lease cannot be joined");
}

/* ---- a turn --------------------------------------------------------------------------------------- */

static void halted(struct shell *shell)
{
    if (shell->state == SHELL_HALTED) return;
    shell->state = SHELL_HALTED;
    FAR_ERROR("replica-halted", "why=%s", replica_fault(shell->replica));
    far_health_set("replica", FAR_HEALTH_FAILED,
                   "halted for ever: %s; another replica goes on, restart this one",
                   replica_fault(shell->replica));
    shell->lease = far_lease_destroy(shell->lease);
    api_stop(shell);
}

static void on_timer(void *arg, uint64_t timer)
{
    struct shell *shell = arg;
    (void)timer;
    shell->timer = 0;
    run_turn(shell);
}

static void set_timer(struct shell *shell)
{
    uint64_t deadline_ms = replica_deadline_ms(shell->replica), now_ms = run_now_ms(shell);
    if (deadline_ms == UINT64_MAX || (shell->timer != 0 && shell->timer_at_ms <= deadline_ms)) return;
    uint64_t wait_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 1;
    far_timer_stop(far_service_loop(shell->service), shell->timer);
    shell->timer_at_ms = now_ms + wait_ms;
    if (far_timer_start(far_service_loop(shell->service), wait_ms, 0, on_timer, shell, &shell->timer) !=
        FAR_OK)
        far_service_fail(shell->service, "no timer is free");
}

static void put_carried(struct shell *shell)
{
    static char by[] = "recovery", note[] = "configuration of the log that was lost";
    Farseat__V1__ConfigApplyRequest request = FARSEAT__V1__CONFIG_APPLY_REQUEST__INIT;
    request.by = by;
    request.note = note;
    if (acd_config_version(replica_acd(shell->replica)) == 0 &&
        run_put_config(shell, shell->carried, shell->carried_len, &request, 0) != FAR_OK)
        return;
    free(shell->carried);
    shell->carried = NULL;
}

void run_turn(struct shell *shell)
{
    if (!shell->replica || shell->running) return;
    shell->running = true;
    struct replica_effect effect;
    while (replica_next(shell->replica, run_now_ms(shell), far_clock_wall_us(), &effect))
        carry_out(shell, &effect);
    if (replica_role(shell->replica) != shell->role_told) {
        shell->role_told = replica_role(shell->replica);
        figures_role(shell, shell->role_told);
    }
    if (shell->role_told == REPLICA_LEADER && shell->carried) put_carried(shell);
    if (shell->role_told == REPLICA_HALTED) halted(shell);
    join_lease(shell);
    set_timer(shell);
    shell->running = false;
}

/* ---- the log ------------------------------------------------------------------------------------- */

static void on_entry(void *ctx, const struct far_stream_entry *entry)
{
    struct shell *shell = ctx;
    const char *dot = strrchr(entry->subject, '.');
    struct replica_entry given = {.position = entry->seq,
                                  .stamp_us = entry->stamp_ns / 1000,
                                  .producer = dot ? dot + 1 : entry->subject,
                                  .data = entry->data,
                                  .len = entry->data_len};
    shell->pending = entry->pending;
    /* When it has halted, the turn says so. */
    enum far_err err = replica_entry(shell->replica, run_now_ms(shell), far_clock_wall_us(), &given);
    if (err != FAR_OK) far_log_reader_pause(shell->log);
    figures_applied(shell);
    api_applied(shell);
    run_turn(shell);
}

static void caught_up(struct shell *shell, uint64_t seq)
{
    shell->pending = 0;
    replica_caught_up(shell->replica);
    if (shell->state != SHELL_READING) return;
    shell->state = SHELL_SERVING;
    FAR_INFO("caught-up", "position=%llu", (unsigned long long)seq);
    if (api_begin(shell) != FAR_OK) {
        far_service_fail(shell->service, "the methods cannot be served");
        return;
    }
    far_health_set("log", FAR_HEALTH_OK, "%s", "");
}

static void on_log_event(void *ctx, enum far_log_event event, uint64_t seq)
{
    struct shell *shell = ctx;
    const struct acd *acd = replica_acd(shell->replica);
    uint64_t position = acd ? acd_position(acd) : 0;
    char reason[160];
    if (event == FAR_LOG_CAUGHT_UP) {
        caught_up(shell, seq);
    } else if (event == FAR_LOG_GAP && seq > position + 1) {
        snprintf(reason, sizeof(reason), "the log has a hole between positions %llu and %llu",
                 (unsigned long long)position, (unsigned long long)seq);
        replica_halt(shell->replica, reason);
    } else if (event == FAR_LOG_AHEAD) {
        snprintf(reason, sizeof(reason), "the log ends at %llu, before our position %llu: it was lost",
                 (unsigned long long)seq, (unsigned long long)position);
        replica_halt(shell->replica, reason);
    }
    run_turn(shell);
}

static void on_pulse(void *ctx, const struct far_bus_msg *msg)
{
    struct shell *shell = ctx;
    ProtobufCMessage *message = NULL;
    if (far_bus_unpack(&farseat__v1__edge_pulse__descriptor, msg, &message) != FAR_OK) return;
    const Farseat__V1__EdgePulse *pulse = (const Farseat__V1__EdgePulse *)message;
    replica_pulse(shell->replica, run_now_ms(shell), pulse);
    protobuf_c_message_free_unpacked(message, NULL);
    run_turn(shell);
}

void run_begin(struct shell *shell, struct acd *acd)
{
    far_id_format(far_service_incarnation(shell->service), shell->incarnation);
    struct replica_config config = {.name = far_service_instance(shell->service),
                                    .incarnation = shell->incarnation,
                                    .log_created_ns = shell->log_info.created_ns,
                                    .snapshot_every = (uint32_t)shell->config->snapshot_every,
                                    .snapshot_every_ms = (uint32_t)shell->config->snapshot_every_ms};
    uint64_t next = acd ? acd_position(acd) + 1 : 1;
    if (replica_create(&config, acd, &shell->replica) != FAR_OK) {
        acd_destroy(acd);
        far_service_fail(shell->service, "too little memory for the state");
        return;
    }
    shell->state = SHELL_READING;
    replica_connected(shell->replica, run_now_ms(shell), far_bus_state(shell->bus) == FAR_BUS_CONNECTED);
    far_health_set("log", FAR_HEALTH_FAILED, "the log is read from position %llu on",
                   (unsigned long long)next);
    struct far_log_reader_config reader = {.stream = FAR_STREAM_LOG,
                                           .start = FAR_LOG_FROM_SEQ,
                                           .start_seq = next,
                                           .entry_fn = on_entry,
                                           .event_fn = on_log_event,
                                           .ctx = shell};
    if (far_log_reader_create(shell->bus, &reader, &shell->log) != FAR_OK ||
        far_bus_subscribe(shell->bus, "far.live.edge.*", NULL, on_pulse, shell, &shell->pulses) != FAR_OK)
        far_service_fail(shell->service, "the log cannot be read");
}

void run_stop(struct shell *shell)
{
    far_timer_stop(far_service_loop(shell->service), shell->timer);
    shell->lease = far_lease_destroy(shell->lease);
    shell->pulses = far_bus_unsubscribe(shell->pulses);
    shell->log = far_log_reader_destroy(shell->log);
    shell->replica = replica_destroy(shell->replica);
}

/* ---- a configuration into the log -------------------------------------------------------------------- */

static enum far_err put_piece(struct shell *shell, char *config_id, uint32_t index, const uint8_t *bytes,
                              size_t len)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__ConfigPut put = FARSEAT__V1__CONFIG_PUT__INIT;
    put.config_id = config_id;
    put.index = index;
    put.piece.data = (uint8_t *)(uintptr_t)bytes;
    put.piece.len = len;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_CONFIG_PUT;
    input.config_put = &put;
    return replica_write(shell->replica, run_now_ms(shell), far_clock_wall_us(), &input, 0);
}

enum far_err run_put_config(struct shell *shell, const uint8_t *bytes, size_t len,
                            const Farseat__V1__ConfigApplyRequest *request, uint64_t token)
{
    char config_id[FAR_ID_TEXT_SIZE];
    uint32_t count = (uint32_t)((len + CONFIG_PIECE_LEN - 1) / CONFIG_PIECE_LEN);
    if (len > CONFIG_LEN_MAX) return FAR_EINVAL;
    if (replica_write_room(shell->replica) < count + 1) return FAR_EFULL;
    far_id_new_text(config_id);
    enum far_err err = FAR_OK;
    for (uint32_t i = 0; i < count && err == FAR_OK; i++) {
        size_t at = (size_t)i * CONFIG_PIECE_LEN;
        err = put_piece(shell, config_id, i, bytes + at,
                        len - at < CONFIG_PIECE_LEN ? len - at : CONFIG_PIECE_LEN);
    }
    if (err != FAR_OK) return err;
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__ConfigCommit commit = FARSEAT__V1__CONFIG_COMMIT__INIT;
    commit.config_id = config_id;
    commit.count = count;
    commit.hash = far_hash64(bytes, len, 0);
    commit.by = request->by;
    commit.note = request->note;
    commit.expected_version = request->expected_version;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_CONFIG_COMMIT;
    input.config_commit = &commit;
    return replica_write(shell->replica, run_now_ms(shell), far_clock_wall_us(), &input, token);
}
