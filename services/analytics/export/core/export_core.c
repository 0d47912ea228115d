/* SPDX-License-Identifier: Apache-2.0 */
#include "export_core.h"
#include <assert.h>
#include <string.h>

static void name_copy(char *ret_name, const char *name)
{
    size_t len = strnlen(name, EXPORT_NAME_LEN_MAX);
    memcpy(ret_name, name, len);
    ret_name[len] = '\0';
}

static struct export_producer *producer_find(struct export_progress *progress, const char *name,
                                             const char *incarnation)
{
    for (size_t i = 0; i < progress->producers_len; i++) {
        struct export_producer *producer = &progress->producers[i];
        if (strcmp(producer->name, name) == 0 && strcmp(producer->incarnation, incarnation) == 0)
            return producer;
    }
    return NULL;
}

/* A new producer takes a free row, or that of the longest unseen one. */
static struct export_producer *producer_make(struct export_progress *progress, const char *name,
                                             const char *incarnation)
{
    size_t at = 0;
    if (progress->producers_len < EXPORT_PRODUCERS_MAX) {
        at = progress->producers_len++;
    } else {
        for (size_t i = 1; i < EXPORT_PRODUCERS_MAX; i++)
            if (progress->producers[i].sequence < progress->producers[at].sequence) at = i;
    }
    struct export_producer *producer = &progress->producers[at];
    memset(producer, 0, sizeof(*producer));
    name_copy(producer->name, name);
    name_copy(producer->incarnation, incarnation);
    return producer;
}

static void state_set(struct export_core *core, enum export_state state)
{
    core->state = state;
    core->asked = false;
}

static void batch_reset(struct export_core *core)
{
    core->batch = core->progress;
    core->batch_records = 0;
    core->batch_open = false;
}

void export_init(struct export_core *core, const struct export_limits *limits)
{
    assert(limits->batch_records_max > 0);
    memset(core, 0, sizeof(*core));
    core->limits = *limits;
}

void export_lease(struct export_core *core, bool owner)
{
    if (core->owner == owner) return;
    core->owner = owner;
    if (!owner && core->state != EXPORT_STANDBY) {
        core->must_stop = true;
        batch_reset(core);
        state_set(core, EXPORT_STANDBY);
    }
}

static enum export_action next_reading(struct export_core *core, uint64_t now_us, uint64_t *ret_due_us)
{
    if (!core->asked) {
        core->asked = true;
        return EXPORT_DO_READ;
    }
    if (!core->batch_open) return EXPORT_DO_NOTHING;
    uint64_t due_us = core->batch_first_at_us + core->limits.batch_us_max;
    if (core->batch_records >= core->limits.batch_records_max || now_us >= due_us) {
        state_set(core, EXPORT_COMMITTING);
        core->asked = true;
        return EXPORT_DO_COMMIT;
    }
    *ret_due_us = due_us;
    return EXPORT_DO_NOTHING;
}

enum export_action export_next(struct export_core *core, uint64_t now_us, uint64_t *ret_due_us)
{
    *ret_due_us = UINT64_MAX;
    if (core->must_stop) return EXPORT_DO_STOP;
    if (core->state == EXPORT_STANDBY && core->owner) {
        if (now_us < core->retry_at_us) {
            *ret_due_us = core->retry_at_us;
            return EXPORT_DO_NOTHING;
        }
        state_set(core, EXPORT_LOADING);
        core->asked = true;
        return EXPORT_DO_LOAD;
    }
    if (core->state == EXPORT_READING) return next_reading(core, now_us, ret_due_us);
    return EXPORT_DO_NOTHING;
}

void export_stopped(struct export_core *core)
{
    core->must_stop = false;
}

void export_loaded(struct export_core *core, const struct export_progress *progress,
                   const char *stream_incarnation)
{
    if (core->state != EXPORT_LOADING) return; /* the lease went meanwhile */
    core->progress = *progress;
    if (strcmp(core->progress.stream_incarnation, stream_incarnation) != 0) {
        core->progress.sequence = 0;
        for (size_t i = 0; i < core->progress.producers_len; i++)
            core->progress.producers[i].sequence = 0;
        name_copy(core->progress.stream_incarnation, stream_incarnation);
    }
    batch_reset(core);
    state_set(core, EXPORT_READING);
}

enum export_verdict export_take(struct export_core *core, uint64_t sequence, const char *name,
                                const char *incarnation, uint64_t number, uint64_t now_us)
{
    if (core->state != EXPORT_READING || !core->asked)
        return EXPORT_NOT_NOW; /* the reader stands elsewhere */
    if (core->batch_records >= core->limits.batch_records_max) return EXPORT_NOT_NOW;
    if (sequence <= core->batch.sequence) return EXPORT_SEEN;
    core->batch.sequence = sequence;
    if (!core->batch_open) core->batch_first_at_us = now_us;
    core->batch_open = true;
    enum export_verdict verdict = EXPORT_NEW;
    if (name[0] != '\0') {
        struct export_producer *producer = producer_find(&core->batch, name, incarnation);
        if (!producer) producer = producer_make(&core->batch, name, incarnation);
        producer->sequence = sequence;
        if (number <= producer->number) {
            core->seen++;
            return EXPORT_SEEN;
        }
        if (number != producer->number + 1) {
            core->gaps++;
            verdict = EXPORT_GAP;
        }
        producer->number = number;
    }
    core->batch_records++;
    return verdict;
}

const struct export_progress *export_batch_progress(const struct export_core *core)
{
    return &core->batch;
}

void export_committed(struct export_core *core)
{
    if (core->state != EXPORT_COMMITTING) return;
    core->exported += core->batch_records;
    core->commits++;
    core->progress = core->batch;
    batch_reset(core);
    state_set(core, EXPORT_READING);
    core->asked = true; /* the reader goes on where it is */
}

void export_failed(struct export_core *core, uint64_t now_us)
{
    if (core->state == EXPORT_STANDBY) return;
    core->failures++;
    core->must_stop = true;
    core->retry_at_us = now_us + core->limits.retry_us;
    batch_reset(core);
    state_set(core, EXPORT_STANDBY);
}

uint64_t export_number(const struct export_core *core, const char *name, const char *incarnation)
{
    for (size_t i = 0; i < core->progress.producers_len; i++)
        if (strcmp(core->progress.producers[i].name, name) == 0 &&
            strcmp(core->progress.producers[i].incarnation, incarnation) == 0)
            return core->progress.producers[i].number;
    return 0;
}
