/* SPDX-License-Identifier: Apache-2.0 */
/* boot.c - what must be there before the replica: the streams, the log's first message, the best snapshot.
 * One step after the other; whatever fails is tried again a second later from the beginning. */
#include "far/health.h"
#include "far/id.h"
#include "far/log.h"
#include "far/str.h"
#include "shell.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS   1000u
#define TIMEOUT_MS 2000u
/* LogCreated has a subject of its own, so that of two that create the log the stream takes one. */
#define LOG_PRODUCER "log"
#define LOG_SUBJECT  "far.log.acd.main." LOG_PRODUCER

static const struct far_stream_row *log_row(void)
{
    assert(strcmp(far_stream_rows[0].name, FAR_STREAM_LOG) == 0);
    return &far_stream_rows[0];
}

static void on_retry(void *arg, uint64_t timer)
{
    (void)timer;
    struct shell *shell = arg;
    shell->boot_timer = 0;
    boot_step(shell);
}

static void again(struct shell *shell, const char *what, const char *why)
{
    shell->booting = false;
    far_health_set("log", FAR_HEALTH_FAILED, "%s: %s; it is tried again each second", what, why);
    FAR_WARN("boot-again", "what=%s why=%s", what, why);
    if (shell->boot_timer == 0 && far_timer_start(far_service_loop(shell->service), RETRY_MS, 0, on_retry,
                                                  shell, &shell->boot_timer) != FAR_OK)
        far_service_fail(shell->service, "no timer is free");
}

static void give_up(struct shell *shell, const char *why)
{
    FAR_ERROR("boot-failed", "why=%s", why);
    far_health_set("log", FAR_HEALTH_FAILED, "%s", why);
    far_service_fail(shell->service, why);
}

/* ---- 4. the best snapshot, then the replica --------------------------------------------------------- */

static void carry_config(struct shell *shell)
{
    const struct snapshot *old = snapshot_reader_get(&shell->snapshots, "", 0, 1, 0);
    struct acd *acd = NULL;
    if (!old || strcmp(old->incarnation, shell->log_incarnation) == 0) return;
    if (snapshot_restore(old, &acd) != FAR_OK) return;
    const Farseat__V1__CentreConfig *config = acd_config(acd);
    if (config) {
        size_t len = farseat__v1__centre_config__get_packed_size(config);
        shell->carried = malloc(len > 0 ? len : 1);
        if (shell->carried) shell->carried_len = farseat__v1__centre_config__pack(config, shell->carried);
    }
    FAR_WARN("log-is-new", "snapshot_of=%s position=%llu text=%s", old->incarnation,
             (unsigned long long)old->position,
             "the log was lost and made again: its configuration is carried over, agents must log in again");
    acd_destroy(acd);
}

static struct acd *restore_best(struct shell *shell)
{
    struct acd *acd = NULL;
    const struct snapshot *snapshot;
    for (uint32_t rank = 0; !acd; rank++) {
        snapshot = snapshot_reader_get(&shell->snapshots, shell->log_incarnation, shell->log_info.created_ns,
                                       shell->log_info.first_seq - 1, rank);
        if (!snapshot) break;
        enum far_err err = snapshot_restore(snapshot, &acd);
        if (err == FAR_OK)
            FAR_INFO("snapshot-restored", "position=%llu hash=%016llx",
                     (unsigned long long)snapshot->position, (unsigned long long)snapshot->state_hash);
        else
            FAR_WARN("snapshot-refused", "position=%llu why=%s", (unsigned long long)snapshot->position,
                     far_err_text(err));
    }
    return acd;
}

static void begin_replica(struct shell *shell)
{
    shell->snapshot_stream = far_log_reader_destroy(shell->snapshot_stream);
    if (shell->snapshots.refused > 0)
        FAR_WARN("snapshot-pieces-refused", "count=%llu", (unsigned long long)shell->snapshots.refused);
    struct acd *acd = restore_best(shell);
    if (!acd && shell->log_info.first_seq > 1) {
        give_up(shell,
                "the log's beginning is gone and no snapshot reaches it; restore stream SNAP_main or begin a "
                "new log by deleting stream ACD_main");
        return;
    }
    if (!acd) carry_config(shell);
    snapshot_reader_done(&shell->snapshots);
    run_begin(shell, acd);
}

static void on_snapshot_entry(void *ctx, const struct far_stream_entry *entry)
{
    struct shell *shell = ctx;
    snapshot_reader_add(&shell->snapshots, entry->data, entry->data_len);
}
static void on_snapshot_event(void *ctx, enum far_log_event event, uint64_t seq)
{
    (void)seq;
    if (event == FAR_LOG_CAUGHT_UP) begin_replica(ctx);
}

static void read_snapshots(struct shell *shell)
{
    struct far_log_reader_config config = {.stream = FAR_STREAM_SNAPSHOTS,
                                           .batch = 16,
                                           .entry_fn = on_snapshot_entry,
                                           .event_fn = on_snapshot_event,
                                           .ctx = shell};
    snapshot_reader_init(&shell->snapshots);
    enum far_err err = far_log_reader_create(shell->bus, &config, &shell->snapshot_stream);
    if (err != FAR_OK) again(shell, "reading snapshots", far_err_text(err));
}

/* ---- 3. the log as it is: full subjects, and its incarnation ------------------------------------------ */

static void on_first(void *ctx, enum far_err err, const struct far_stream_entry *entry)
{
    struct shell *shell = ctx;
    if (err != FAR_OK) {
        again(shell, "reading the log's first message", far_err_text(err));
        return;
    }
    Farseat__V1__AcdInput *input = farseat__v1__acd_input__unpack(NULL, entry->data_len, entry->data);
    bool created = input && input->body_case == FARSEAT__V1__ACD_INPUT__BODY_LOG_CREATED;
    if (created)
        far_str_copy(shell->log_incarnation, sizeof(shell->log_incarnation), input->log_created->incarnation);
    else
        FAR_WARN("log-begins-oddly", "text=%s",
                 "the first message is no LogCreated: what lies before it is skipped");
    if (input) farseat__v1__acd_input__free_unpacked(input, NULL);
    read_snapshots(shell);
}

static void on_widened(void *ctx, enum far_err err, const char *text)
{
    struct shell *shell = ctx;
    if (err == FAR_OK && shell->log_info.first_seq == 1)
        err = far_stream_get(shell->bus, FAR_STREAM_LOG, 1, NULL, on_first, shell);
    else if (err == FAR_OK)
        read_snapshots(shell);
    if (err != FAR_OK) again(shell, "making the log's stream", text);
}

static void widen(struct shell *shell)
{
    enum far_err err = far_streams_ensure(shell->bus, log_row(), 1, on_widened, shell);
    if (err != FAR_OK) again(shell, "making the log's stream", far_err_text(err));
}

/* ---- 2. a log that does not exist is begun ---------------------------------------------------------------
 */

static void look(struct shell *shell);

static void on_created(void *ctx, enum far_err err, uint64_t seq, bool duplicate)
{
    struct shell *shell = ctx;
    (void)duplicate;
    if (err == FAR_OK) FAR_INFO("log-created", "position=%llu", (unsigned long long)seq);
    if (err == FAR_OK || err == FAR_ECONFLICT)
        look(shell);
    else
        again(shell, "beginning the log", far_err_text(err));
}

static void create_log(struct shell *shell)
{
    char incarnation[FAR_ID_TEXT_SIZE], producer[] = LOG_PRODUCER;
    Farseat__V1__LogCreated created = FARSEAT__V1__LOG_CREATED__INIT;
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    far_id_new_text(incarnation);
    created.incarnation = incarnation;
    created.agents_max = (uint32_t)shell->config->agents_max;
    created.contacts_max = (uint32_t)shell->config->contacts_max;
    created.queues_max = (uint32_t)shell->config->queues_max;
    created.legs_max = (uint32_t)shell->config->legs_max;
    created.records_max = (uint32_t)shell->config->records_max;
    input.producer = producer;
    input.producer_incarnation = incarnation;
    input.number = 1;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LOG_CREATED;
    input.log_created = &created;
    struct far_append append = {.subject = LOG_SUBJECT,
                                .msg_id = incarnation,
                                .message = &input.base,
                                .last_subject_seq = 0,
                                .timeout_ms = TIMEOUT_MS,
                                .fn = on_created,
                                .ctx = shell};
    enum far_err err = far_append(shell->bus, &append);
    if (err != FAR_OK) again(shell, "beginning the log", far_err_text(err));
}

static void on_narrow(void *ctx, enum far_err err, const char *text)
{
    if (err == FAR_OK)
        create_log(ctx);
    else
        again(ctx, "making the log's stream", text);
}

static void on_looked(void *ctx, enum far_err err, const struct far_stream_info *info)
{
    struct shell *shell = ctx;
    if (err == FAR_OK && info->last_seq > 0) {
        shell->log_info = *info;
        widen(shell);
    } else if (err == FAR_OK) {
        create_log(shell);
    } else if (err == FAR_ENOTFOUND) {
        /* At first it takes only LogCreated: nobody can be before it. */
        static struct far_stream_row narrow;
        narrow = *log_row();
        narrow.subjects = LOG_SUBJECT;
        err = far_streams_ensure(shell->bus, &narrow, 1, on_narrow, shell);
        if (err != FAR_OK) again(shell, "making the log's stream", far_err_text(err));
    } else {
        again(shell, "looking at the log's stream", far_err_text(err));
    }
}

static void look(struct shell *shell)
{
    enum far_err err = far_stream_get_info(shell->bus, FAR_STREAM_LOG, on_looked, shell);
    if (err != FAR_OK) again(shell, "looking at the log's stream", far_err_text(err));
}

/* ---- 1. all other streams ---------------------------------------------------------------------------- */

static void on_ensured(void *ctx, enum far_err err, const char *text)
{
    if (err == FAR_OK)
        look(ctx);
    else
        again(ctx, "making the streams", text);
}

void boot_step(struct shell *shell)
{
    if (shell->state != SHELL_BOOTING || shell->booting || far_bus_state(shell->bus) != FAR_BUS_CONNECTED)
        return;
    shell->booting = true;
    enum far_err err = far_streams_ensure(shell->bus, log_row() + 1, FAR_STREAM_COUNT - 1, on_ensured, shell);
    if (err != FAR_OK) again(shell, "making the streams", far_err_text(err));
}

void boot_stop(struct shell *shell)
{
    far_timer_stop(far_service_loop(shell->service), shell->boot_timer);
    if (shell->snapshot_stream) {
        shell->snapshot_stream = far_log_reader_destroy(shell->snapshot_stream);
        snapshot_reader_done(&shell->snapshots);
    }
    free(shell->carried);
    shell->carried = NULL;
}
