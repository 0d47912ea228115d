/* SPDX-License-Identifier: Apache-2.0 */
#include "intake.h"
#include "far/health.h"
#include "far/log.h"
#include "far/stream.h"
#include "far/tables.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MAX 256
#define FILTER    "far.evt.contact.>"
#define CONSUMER  "intake"
#define RETRY_MS  1000

/* Facts gather in `next` while the batch before is being stored. */
struct batch {
    Farseat__V1__Fact *facts[BATCH_MAX];
    size_t len;
    uint64_t seq_last;
};
struct intake {
    struct far_bus *bus;
    struct far_pg *pg;
    void (*kick)(void *ctx);
    void *kick_ctx;
    struct far_log_reader *reader;
    uint64_t timer;
    char incarnation[24]; /* of the stream: when it was created */
    uint64_t start_seq;
    bool storing, gone;
    struct batch next, now;
};

static void batch_clear(struct batch *batch)
{
    for (size_t i = 0; i < batch->len; i++)
        farseat__v1__fact__free_unpacked(batch->facts[i], NULL);
    batch->len = 0;
}

static void begin(struct intake *intake);
static void store(struct intake *intake);

static void retry_now(void *arg, uint64_t timer)
{
    (void)timer;
    struct intake *intake = arg;
    intake->timer = 0;
    if (!intake->reader)
        begin(intake);
    else
        store(intake);
}

static void retry_later(struct intake *intake)
{
    if (intake->timer == 0 &&
        far_timer_start(far_bus_loop(intake->bus), RETRY_MS, 0, retry_now, intake, &intake->timer) != FAR_OK)
        FAR_ERROR("intake-stopped", "why=%s", "no timer is free");
}

/* ---- storing -------------------------------------------------------------------------------------- */

static enum far_err store_work(struct far_pg_conn *conn, void *arg)
{
    struct intake *intake = arg;
    enum far_err err =
        far_pg_progress_advance(conn, FAR_STREAM_FACTS, CONSUMER, intake->incarnation, intake->now.seq_last);
    if (err == FAR_EEXIST) return FAR_OK; /* the effect is there already */
    for (size_t i = 0; i < intake->now.len && err == FAR_OK; i++)
        err = intake_apply(conn, intake->now.facts[i]);
    return err;
}

static bool release_if_gone(struct intake *intake)
{
    if (!intake->gone) return false;
    batch_clear(&intake->now);
    batch_clear(&intake->next);
    free(intake);
    return true;
}

static void store_done(enum far_err err, void *arg)
{
    struct intake *intake = arg;
    intake->storing = false;
    if (release_if_gone(intake)) return;
    if (err != FAR_OK) {
        far_health_set("intake", FAR_HEALTH_DEGRADED,
                       "facts about contacts wait for PostgreSQL: %s; tickets follow when it is back",
                       far_err_text(err));
        retry_later(intake);
        return;
    }
    far_health_set("intake", FAR_HEALTH_OK, "%s", "");
    batch_clear(&intake->now);
    intake->kick(intake->kick_ctx);
    store(intake);
    if (intake->reader) far_log_reader_resume(intake->reader);
}

static void store(struct intake *intake)
{
    if (intake->storing) return;
    if (intake->now.len == 0) {
        if (intake->next.len == 0) return;
        intake->now = intake->next;
        intake->next.len = 0;
    }
    const struct far_pg_job job = {
        .work = store_work, .done = store_done, .arg = intake, .transaction = true};
    if (far_pg_submit(intake->pg, &job) == FAR_OK)
        intake->storing = true;
    else
        retry_later(intake);
}

/* ---- reading -------------------------------------------------------------------------------------- */

static void entry(void *ctx, const struct far_stream_entry *read)
{
    struct intake *intake = ctx;
    Farseat__V1__Fact *fact = farseat__v1__fact__unpack(NULL, read->data_len, read->data);
    if (!fact) {
        FAR_WARN("fact-skipped", "seq=%" PRIu64 " subject=%s why=%s", read->seq, read->subject,
                 "it does not decode");
        return;
    }
    intake->next.facts[intake->next.len++] = fact;
    intake->next.seq_last = read->seq;
    if (intake->next.len == BATCH_MAX) far_log_reader_pause(intake->reader);
    store(intake);
}

static void event(void *ctx, enum far_log_event what, uint64_t seq)
{
    struct intake *intake = ctx;
    if (what == FAR_LOG_GAP)
        FAR_WARN("facts-missed", "up_to_seq=%" PRIu64 " why=%s", seq,
                 "they left the stream before they were read");
    if (what != FAR_LOG_AHEAD) return;
    FAR_WARN("facts-stream-renewed", "seq=%" PRIu64, seq);
    intake->reader = far_log_reader_destroy(intake->reader);
    retry_later(intake);
}

static enum far_err progress_work(struct far_pg_conn *conn, void *arg)
{
    struct intake *intake = arg;
    uint64_t seq = 0;
    enum far_err err = far_pg_progress_get(conn, FAR_STREAM_FACTS, CONSUMER, intake->incarnation, &seq);
    if (err != FAR_OK && err != FAR_ENOTFOUND) return err;
    intake->start_seq = err == FAR_OK ? seq + 1 : 1;
    return FAR_OK;
}

static void progress_done(enum far_err err, void *arg)
{
    struct intake *intake = arg;
    intake->storing = false;
    if (release_if_gone(intake)) return;
    const struct far_log_reader_config config = {.stream = FAR_STREAM_FACTS,
                                                 .filter = FILTER,
                                                 .start = FAR_LOG_FROM_SEQ,
                                                 .start_seq = intake->start_seq,
                                                 .batch = BATCH_MAX,
                                                 .entry_fn = entry,
                                                 .event_fn = event,
                                                 .ctx = intake};
    if (err == FAR_OK) err = far_log_reader_create(intake->bus, &config, &intake->reader);
    if (err != FAR_OK) retry_later(intake);
}

static void stream_known(void *ctx, enum far_err err, const struct far_stream_info *info)
{
    struct intake *intake = ctx;
    if (err == FAR_OK) {
        (void)snprintf(intake->incarnation, sizeof(intake->incarnation), "%" PRId64, info->created_ns);
        const struct far_pg_job job = {.work = progress_work, .done = progress_done, .arg = intake};
        err = far_pg_submit(intake->pg, &job);
        intake->storing = err == FAR_OK;
    }
    if (err != FAR_OK) retry_later(intake);
}

static void begin(struct intake *intake)
{
    if (intake->storing) return;
    batch_clear(&intake->now);
    batch_clear(&intake->next);
    if (far_stream_get_info(intake->bus, FAR_STREAM_FACTS, stream_known, intake) != FAR_OK)
        retry_later(intake);
}

enum far_err intake_create(struct far_bus *bus, struct far_pg *pg, void (*kick)(void *ctx), void *ctx,
                           struct intake **ret_intake)
{
    struct intake *intake = calloc(1, sizeof(*intake));
    if (!intake) return FAR_ENOMEM;
    intake->bus = bus;
    intake->pg = pg;
    intake->kick = kick;
    intake->kick_ctx = ctx;
    begin(intake);
    *ret_intake = intake;
    return FAR_OK;
}

struct intake *intake_destroy(struct intake *intake)
{
    if (!intake) return NULL;
    far_timer_stop(far_bus_loop(intake->bus), intake->timer);
    intake->reader = far_log_reader_destroy(intake->reader);
    intake->gone = true;
    if (!intake->storing) (void)release_if_gone(intake);
    return NULL;
}

size_t intake_waiting(const struct intake *intake)
{
    return intake->now.len + intake->next.len;
}
