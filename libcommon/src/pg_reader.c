/* SPDX-License-Identifier: Apache-2.0 */
#include "far/pg_reader.h"
#include "far/health.h"
#include "far/log.h"
#include "far/stream.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_MAX 256
#define RETRY_MS  1000

struct item {
    struct far_pg_reader_entry entry; /* its texts follow in the same block */
    char bytes[];
};
/* Entries gather in `next` while the batch before is being stored. */
struct batch {
    struct item *items[BATCH_MAX];
    size_t len;
};
struct far_pg_reader {
    struct far_bus *bus;
    struct far_pg *pg;
    struct far_pg_reader_config config;
    struct far_log_reader *reader;
    uint64_t timer;
    char incarnation[24]; /* of the stream: when it was created */
    uint64_t start_seq;
    bool storing, asking, gone;
    struct batch next, now;
};

static void batch_clear(struct batch *batch)
{
    for (size_t i = 0; i < batch->len; i++)
        free(batch->items[i]);
    batch->len = 0;
}

static void begin(struct far_pg_reader *reader);
static void store(struct far_pg_reader *reader);

static void retry_now(void *arg, uint64_t timer)
{
    (void)timer;
    struct far_pg_reader *reader = arg;
    reader->timer = 0;
    if (!reader->reader)
        begin(reader);
    else
        store(reader);
}

static void retry_later(struct far_pg_reader *reader)
{
    if (reader->timer == 0 &&
        far_timer_start(far_bus_loop(reader->bus), RETRY_MS, 0, retry_now, reader, &reader->timer) != FAR_OK)
        FAR_ERROR("reader-stopped", "why=%s", "no timer is free");
}

/* ---- storing -------------------------------------------------------------------------------------- */

static enum far_err store_work(struct far_pg_conn *conn, void *arg)
{
    struct far_pg_reader *reader = arg;
    const struct far_pg_reader_config *config = &reader->config;
    enum far_err err = far_pg_progress_advance(conn, config->stream, config->consumer, reader->incarnation,
                                               reader->now.items[reader->now.len - 1]->entry.seq);
    if (err == FAR_EEXIST) return FAR_OK; /* the effect is there already */
    for (size_t i = 0; i < reader->now.len && err == FAR_OK; i++)
        err = config->apply(conn, &reader->now.items[i]->entry, config->ctx);
    return err;
}

static bool release_if_gone(struct far_pg_reader *reader)
{
    if (!reader->gone) return false;
    batch_clear(&reader->now);
    batch_clear(&reader->next);
    free(reader);
    return true;
}

static void store_done(enum far_err err, void *arg)
{
    struct far_pg_reader *reader = arg;
    reader->storing = false;
    if (release_if_gone(reader)) return;
    if (err != FAR_OK) {
        far_health_set(reader->config.consumer, FAR_HEALTH_DEGRADED,
                       "entries of stream %s wait for PostgreSQL (%s); they follow when it is back",
                       reader->config.stream, far_err_text(err));
        retry_later(reader);
        return;
    }
    far_health_set(reader->config.consumer, FAR_HEALTH_OK, "%s", "");
    batch_clear(&reader->now);
    if (reader->config.stored) reader->config.stored(reader->config.ctx);
    store(reader);
    if (reader->reader) far_log_reader_resume(reader->reader);
}

static void store(struct far_pg_reader *reader)
{
    if (reader->storing) return;
    if (reader->now.len == 0) {
        if (reader->next.len == 0) return;
        reader->now = reader->next;
        reader->next.len = 0;
    }
    const struct far_pg_job job = {
        .work = store_work, .done = store_done, .arg = reader, .transaction = true};
    if (far_pg_submit(reader->pg, &job) == FAR_OK)
        reader->storing = true;
    else
        retry_later(reader);
}

/* ---- reading -------------------------------------------------------------------------------------- */

static void entry_read(void *ctx, const struct far_stream_entry *read)
{
    struct far_pg_reader *reader = ctx;
    size_t subject_size = strlen(read->subject) + 1;
    struct item *item = malloc(sizeof(*item) + subject_size + read->data_len);
    if (!item) abort(); /* skipping an entry would lose its effect for ever */
    memcpy(item->bytes, read->subject, subject_size);
    memcpy(item->bytes + subject_size, read->data, read->data_len);
    item->entry = (struct far_pg_reader_entry){.seq = read->seq,
                                               .stamp_ns = read->stamp_ns,
                                               .subject = item->bytes,
                                               .data = (const uint8_t *)item->bytes + subject_size,
                                               .data_len = read->data_len};
    reader->next.items[reader->next.len++] = item;
    if (reader->next.len == BATCH_MAX) far_log_reader_pause(reader->reader);
    store(reader);
}

static void event(void *ctx, enum far_log_event what, uint64_t seq)
{
    struct far_pg_reader *reader = ctx;
    if (what == FAR_LOG_GAP)
        FAR_WARN("entries-missed", "stream=%s up_to_seq=%" PRIu64 " why=%s", reader->config.stream, seq,
                 "they left the stream before they were read");
    if (what != FAR_LOG_AHEAD) return;
    FAR_WARN("stream-renewed", "stream=%s seq=%" PRIu64, reader->config.stream, seq);
    reader->reader = far_log_reader_destroy(reader->reader);
    retry_later(reader);
}

static enum far_err progress_work(struct far_pg_conn *conn, void *arg)
{
    struct far_pg_reader *reader = arg;
    uint64_t seq = 0;
    enum far_err err =
        far_pg_progress_get(conn, reader->config.stream, reader->config.consumer, reader->incarnation, &seq);
    if (err != FAR_OK && err != FAR_ENOTFOUND) return err;
    reader->start_seq = err == FAR_OK ? seq + 1 : 1;
    return FAR_OK;
}

static void progress_done(enum far_err err, void *arg)
{
    struct far_pg_reader *reader = arg;
    reader->storing = false;
    if (release_if_gone(reader)) return;
    const struct far_log_reader_config config = {.stream = reader->config.stream,
                                                 .filter = reader->config.filter,
                                                 .start = FAR_LOG_FROM_SEQ,
                                                 .start_seq = reader->start_seq,
                                                 .batch = BATCH_MAX,
                                                 .entry_fn = entry_read,
                                                 .event_fn = event,
                                                 .ctx = reader};
    if (err == FAR_OK) err = far_log_reader_create(reader->bus, &config, &reader->reader);
    if (err != FAR_OK) retry_later(reader);
}

static void stream_known(void *ctx, enum far_err err, const struct far_stream_info *info)
{
    struct far_pg_reader *reader = ctx;
    reader->asking = false;
    if (release_if_gone(reader)) return;
    if (err == FAR_OK) {
        (void)snprintf(reader->incarnation, sizeof(reader->incarnation), "%" PRId64, info->created_ns);
        const struct far_pg_job job = {.work = progress_work, .done = progress_done, .arg = reader};
        err = far_pg_submit(reader->pg, &job);
        reader->storing = err == FAR_OK;
    }
    if (err != FAR_OK) retry_later(reader);
}

static void begin(struct far_pg_reader *reader)
{
    if (reader->storing || reader->asking || reader->now.len > 0 || reader->next.len > 0) {
        store(reader); /* what was read of the former stream comes first */
        retry_later(reader);
        return;
    }
    reader->asking =
        far_stream_get_info(reader->bus, reader->config.stream, stream_known, reader) == FAR_OK;
    if (!reader->asking) retry_later(reader);
}

enum far_err far_pg_reader_create(struct far_bus *bus, struct far_pg *pg,
                                  const struct far_pg_reader_config *config,
                                  struct far_pg_reader **ret_reader)
{
    struct far_pg_reader *reader = calloc(1, sizeof(*reader));
    if (!reader) return FAR_ENOMEM;
    reader->bus = bus;
    reader->pg = pg;
    reader->config = *config;
    begin(reader);
    *ret_reader = reader;
    return FAR_OK;
}

struct far_pg_reader *far_pg_reader_destroy(struct far_pg_reader *reader)
{
    if (!reader) return NULL;
    far_timer_stop(far_bus_loop(reader->bus), reader->timer);
    reader->reader = far_log_reader_destroy(reader->reader);
    reader->gone = true;
    if (!reader->storing && !reader->asking) (void)release_if_gone(reader);
    return NULL;
}

size_t far_pg_reader_waiting(const struct far_pg_reader *reader)
{
    return reader->now.len + reader->next.len;
}
