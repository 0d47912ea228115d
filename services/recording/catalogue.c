/* SPDX-License-Identifier: Apache-2.0 */
#include "catalogue.h"
#include "far/log.h"
#include "far/str.h"
#include "folder.h"
#include "measures.h"
#include "parts_sql.h"
#include "scan.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 4096u
#define BATCH_MAX   64u
#define KICK_MS     500u

struct entry {
    struct part part;
    bool dirty; /* changed since it was given to a batch */
};
/* What is under way on a database thread, then on a worker thread. */
struct batch {
    struct catalogue *catalogue; /* NULL: destroyed meanwhile */
    size_t len;
    struct part parts[BATCH_MAX];
    char root[PATH_MAX], instance[PART_NAME_SIZE];
    bool fail_lost;
    int64_t began_at_us, lost;
    unsigned failed;
};
struct scan_job {
    struct catalogue *catalogue; /* NULL: destroyed meanwhile */
    char root[PATH_MAX];
    struct keys *keys;
    struct scan_names live;
    struct scan_result result;
};
struct catalogue {
    struct catalogue_config config;
    char root[PATH_MAX], instance[PART_NAME_SIZE];
    struct entry *entries;
    size_t len;
    struct batch *batch;
    struct scan_job *scan;
    bool scan_again; /* pending/ holds parts that are not in entries */
    bool scanned;    /* the first scan is done: what is lost now is lost */
    bool fail_lost_done;
    size_t batch_max; /* 1 while a row that PostgreSQL refuses is looked for */
    uint64_t timer;
};

static bool part_same(const struct part *a, const struct part *b)
{
    return a->number == b->number && strcmp(a->recording_id, b->recording_id) == 0;
}

static bool part_final(const struct part *part)
{
    return part->state != PART_RECORDING;
}

static struct entry *entry_of(struct catalogue *catalogue, const struct part *part)
{
    for (size_t i = 0; i < catalogue->len; i++)
        if (part_same(&catalogue->entries[i].part, part)) return &catalogue->entries[i];
    return NULL;
}

static void count_waiting(struct catalogue *catalogue)
{
    far_metric_set(&measures[MEASURE_UNREPORTED], (int64_t)catalogue_waiting(catalogue));
}

void catalogue_put(struct catalogue *catalogue, const struct part *part)
{
    struct entry *entry = entry_of(catalogue, part);
    if (entry && part_final(&entry->part) && !part_final(part)) return;
    if (!entry && catalogue->len == ENTRIES_MAX) { /* a live part comes again; a final one lies in pending/ */
        catalogue->scan_again = catalogue->scan_again || part_final(part);
        return;
    }
    if (!entry) entry = &catalogue->entries[catalogue->len++];
    entry->part = *part;
    entry->dirty = true;
    count_waiting(catalogue);
}

size_t catalogue_waiting(const struct catalogue *catalogue)
{
    return catalogue->len + (catalogue->scan || catalogue->scan_again ? 1 : 0);
}

/* ---- Scans -------------------------------------------------------------------------------------------- */

static void scan_work(void *arg)
{
    struct scan_job *job = arg;
    scan_run(job->root, job->keys, &job->live, &job->result);
}

static void scan_done(void *arg)
{
    struct scan_job *job = arg;
    struct catalogue *catalogue = job->catalogue;
    if (catalogue) {
        catalogue->scan = NULL;
        catalogue->scan_again = job->result.more;
        for (size_t i = 0; i < job->result.len; i++) {
            const struct part *part = &job->result.parts[i];
            if (!entry_of(catalogue, part)) catalogue->config.recovered(catalogue->config.ctx, part);
            catalogue_put(catalogue, part);
        }
        catalogue->scanned = true;
        count_waiting(catalogue);
    }
    scan_names_done(&job->live);
    scan_result_done(&job->result);
    free(job);
}

/* Takes over live. */
static enum far_err scan_start(struct catalogue *catalogue, struct scan_names *live)
{
    struct scan_job *job = calloc(1, sizeof(*job));
    if (!job) return FAR_ENOMEM;
    job->catalogue = catalogue;
    job->keys = catalogue->config.keys;
    job->live = *live;
    (void)far_str_copy(job->root, sizeof(job->root), catalogue->root);
    enum far_err err = far_loop_work(catalogue->config.loop, scan_work, scan_done, job);
    if (err != FAR_OK) {
        free(job);
        return err;
    }
    *live = (struct scan_names){.err = FAR_OK};
    catalogue->scan = job;
    catalogue->scan_again = false;
    return FAR_OK;
}

/* ---- Batches ------------------------------------------------------------------------------------------ */

static enum far_err batch_store(struct far_pg_conn *conn, void *arg)
{
    struct batch *batch = arg;
    for (size_t i = 0; i < batch->len; i++) {
        enum far_err err = parts_store(conn, &batch->parts[i]);
        if (err != FAR_OK) return err;
    }
    return batch->fail_lost ? parts_fail_lost(conn, batch->instance, batch->began_at_us, &batch->lost)
                            : FAR_OK;
}

/* PostgreSQL has them: their files go to their final place. */
static void batch_move(void *arg)
{
    struct batch *batch = arg;
    for (size_t i = 0; i < batch->len; i++) {
        const struct part *part = &batch->parts[i];
        if (!part_final(part)) continue;
        enum far_err err =
            folder_move(batch->root, part->recording_id, part->number, FOLDER_PENDING, FOLDER_KEPT);
        if (err == FAR_OK) continue;
        batch->failed++;
        FAR_ERROR("recording-not-moved", "recording=%s part=%u error=%s", part->recording_id, part->number,
                  far_err_name(err));
    }
}

static void batch_moved(void *arg)
{
    struct batch *batch = arg;
    struct catalogue *catalogue = batch->catalogue;
    if (catalogue) {
        catalogue->batch = NULL;
        for (size_t i = 0; i < batch->len; i++) {
            struct entry *entry = entry_of(catalogue, &batch->parts[i]);
            if (!entry || entry->dirty) continue;
            *entry = catalogue->entries[--catalogue->len];
        }
        count_waiting(catalogue);
    }
    free(batch);
}

static void batch_done(enum far_err err, void *arg)
{
    struct batch *batch = arg;
    struct catalogue *catalogue = batch->catalogue;
    if (err == FAR_OK && batch->lost > 0)
        FAR_ERROR("recordings-lost", "count=%lld why=%s", (long long)batch->lost,
                  "PostgreSQL knows them, but there is no file");
    if (!catalogue) {
        free(batch);
        return;
    }
    catalogue->batch_max = err == FAR_EINVAL ? 1 : BATCH_MAX;
    if (err == FAR_EINVAL && batch->len == 1) {
        struct entry *entry = entry_of(catalogue, &batch->parts[0]);
        FAR_ERROR("metadata-refused", "recording=%s part=%u remedy=%s", batch->parts[0].recording_id,
                  batch->parts[0].number, "see PostgreSQL's log; the file stays in pending/");
        if (entry) *entry = catalogue->entries[--catalogue->len];
    }
    if (err == FAR_OK) {
        if (batch->fail_lost) catalogue->fail_lost_done = true;
        if (far_loop_work(catalogue->config.loop, batch_move, batch_moved, batch) == FAR_OK) return;
    }
    for (size_t i = 0; i < batch->len; i++) {
        struct entry *entry = entry_of(catalogue, &batch->parts[i]);
        if (entry) entry->dirty = true;
    }
    catalogue->batch = NULL;
    free(batch);
}

/* Give PostgreSQL what waits, a batch at a time. */
static void catalogue_kick(void *arg, uint64_t timer)
{
    struct catalogue *catalogue = arg;
    (void)timer;
    struct scan_names none = {.err = FAR_OK};
    bool lost = catalogue->scanned && !catalogue->fail_lost_done;
    if (catalogue->scan_again && !catalogue->scan && catalogue->len < ENTRIES_MAX / 2) {
        enum far_err err = scan_start(catalogue, &none);
        if (err != FAR_OK) FAR_WARN("scan-not-started", "error=%s", far_err_name(err));
    }
    if (catalogue->batch || !far_pg_is_ready(catalogue->config.pg) || (catalogue->len == 0 && !lost)) return;
    struct batch *batch = calloc(1, sizeof(*batch));
    if (!batch) return;
    batch->catalogue = catalogue;
    batch->fail_lost = lost && catalogue->len <= BATCH_MAX; /* after the recovered ones */
    batch->began_at_us = catalogue->config.began_at_us;
    (void)far_str_copy(batch->root, sizeof(batch->root), catalogue->root);
    (void)far_str_copy(batch->instance, sizeof(batch->instance), catalogue->instance);
    for (size_t i = 0; i < catalogue->len && batch->len < catalogue->batch_max; i++) {
        struct entry *entry = &catalogue->entries[i];
        batch->parts[batch->len++] = entry->part;
        entry->dirty = false;
    }
    struct far_pg_job job = {.work = batch_store, .done = batch_done, .arg = batch, .transaction = true};
    if (far_pg_submit(catalogue->config.pg, &job) == FAR_OK) {
        catalogue->batch = batch;
        return;
    }
    for (size_t i = 0; i < batch->len; i++) /* the first ones, in order */
        catalogue->entries[i].dirty = true;
    free(batch);
}

enum far_err catalogue_create(const struct catalogue_config *config, struct catalogue **ret_catalogue)
{
    struct scan_names live = {.err = FAR_OK};
    struct catalogue *catalogue = calloc(1, sizeof(*catalogue));
    struct entry *entries = calloc(ENTRIES_MAX, sizeof(*entries));
    enum far_err err = catalogue && entries ? scan_live(config->root, &live) : FAR_ENOMEM;
    if (err == FAR_OK) {
        catalogue->config = *config;
        catalogue->entries = entries;
        catalogue->batch_max = BATCH_MAX;
        (void)far_str_copy(catalogue->root, sizeof(catalogue->root), config->root);
        (void)far_str_copy(catalogue->instance, sizeof(catalogue->instance), config->instance);
        err = far_timer_start(config->loop, KICK_MS, KICK_MS, catalogue_kick, catalogue, &catalogue->timer);
    }
    if (err == FAR_OK) {
        err = scan_start(catalogue, &live);
        if (err != FAR_OK) far_timer_stop(config->loop, catalogue->timer);
    }
    if (err != FAR_OK) {
        scan_names_done(&live);
        free(entries);
        free(catalogue);
        return err;
    }
    *ret_catalogue = catalogue;
    return FAR_OK;
}

struct catalogue *catalogue_destroy(struct catalogue *catalogue)
{
    if (!catalogue) return NULL;
    far_timer_stop(catalogue->config.loop, catalogue->timer);
    if (catalogue->scan) catalogue->scan->catalogue = NULL;
    if (catalogue->batch) catalogue->batch->catalogue = NULL;
    free(catalogue->entries);
    free(catalogue);
    return NULL;
}
