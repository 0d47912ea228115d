/* SPDX-License-Identifier: Apache-2.0 */
/* export_core.h - what makes the export to Kafka happen once: which message of stream REC is new, when a
 * batch is committed, and what a restart, a lost lease or a failed commit does. Pure: no I/O, clock, lock or
 * heap.
 *
 * The shell does what export_next() says and reports back. Records and the progress that names them are
 * written in one Kafka transaction, by a producer with a fixed transactional id: making it (EXPORT_DO_LOAD)
 * fences the one before, so what is read back after that is final.
 *
 *   STANDBY -lease won-> LOADING -loaded-> READING -batch full or due-> COMMITTING -committed-> READING
 *      ^--lease lost, from anywhere            ^------- failed (either): LOADING -----------------'
 */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT_PRODUCERS_MAX                                                                                 \
    32 /* (producer, incarnation) pairs remembered; the longest unseen is forgotten */
#define EXPORT_NAME_LEN_MAX 63

/** The highest number that was exported of one life of one producer of records. */
struct export_producer {
    char name[EXPORT_NAME_LEN_MAX + 1];
    char incarnation[EXPORT_NAME_LEN_MAX + 1];
    uint64_t number;   /* 1, 2, 3 ...: record.proto RecordOrigin */
    uint64_t sequence; /* the stream's, where it was last seen */
};
/** What lies in the progress topic: ExportProgress. */
struct export_progress {
    char stream_incarnation[EXPORT_NAME_LEN_MAX + 1];
    uint64_t sequence; /* every message up to it is dealt with; 0: none */
    struct export_producer producers[EXPORT_PRODUCERS_MAX];
    size_t producers_len;
};
struct export_limits {
    uint32_t batch_records_max; /* a batch is committed when it has so many, > 0 */
    uint64_t batch_us_max;      /* or when its first record is so old */
    uint64_t retry_us;          /* pause after a failure */
};

enum export_state { EXPORT_STANDBY, EXPORT_LOADING, EXPORT_READING, EXPORT_COMMITTING };
enum export_action {
    EXPORT_DO_NOTHING, /* wait until ret_due_us */
    EXPORT_DO_STOP,    /* drop producer and reader: no longer the owner, or an attempt failed; then
                          export_stopped() */
    EXPORT_DO_LOAD, /* make the producer (fencing), read progress; then export_loaded() or export_failed() */
    EXPORT_DO_READ, /* read the stream from core.progress.sequence + 1, giving each to export_take() */
    EXPORT_DO_COMMIT, /* commit the batch with export_batch_progress(); then export_committed() or
                         export_failed() */
};
enum export_verdict {
    EXPORT_NEW,     /* produce it in the open transaction */
    EXPORT_GAP,     /* likewise, but numbers before it never came: count it and raise the alarm */
    EXPORT_SEEN,    /* a repeat: skip */
    EXPORT_NOT_NOW, /* not reading, or the batch is full: do not go on reading before the commit */
};

struct export_core {
    struct export_limits limits;
    enum export_state state;
    bool owner; /* of the lease */
    bool must_stop;
    bool asked; /* the action of this state was handed out */
    uint64_t retry_at_us;
    uint64_t batch_first_at_us;
    uint32_t batch_records;          /* new ones in the open batch */
    bool batch_open;                 /* the batch has advanced the sequence, perhaps with repeats only */
    struct export_progress progress; /* committed */
    struct export_progress batch;    /* what the open batch will commit */
    uint64_t exported, seen, gaps, commits, failures; /* for metrics */
};

/** Begin in STANDBY. */
void export_init(struct export_core *core, const struct export_limits *limits);
/** The lease was won or lost. */
void export_lease(struct export_core *core, bool owner);
/** What to do now. @param ret_due_us with EXPORT_DO_NOTHING: ask again then (UINT64_MAX: only after an
 * event). */
enum export_action export_next(struct export_core *core, uint64_t now_us, uint64_t *ret_due_us);
void export_stopped(struct export_core *core);
/** Progress was read back. When its stream_incarnation is not the stream's, the sequence starts at 0 again
 * and the producers' numbers still tell what was exported. @param progress zeroed when the topic has none. */
void export_loaded(struct export_core *core, const struct export_progress *progress,
                   const char *stream_incarnation);
/** One message of the stream, in order. A message without origin (name "") is told apart by its sequence
 * alone.
 *  @return what to do with it. FAR-style errors do not exist here: names that are too long are cut by the
 * caller. */
enum export_verdict export_take(struct export_core *core, uint64_t sequence, const char *name,
                                const char *incarnation, uint64_t number, uint64_t now_us);
/** The progress that belongs into the transaction of EXPORT_DO_COMMIT. */
const struct export_progress *export_batch_progress(const struct export_core *core);
void export_committed(struct export_core *core);
/** Load, produce or commit failed, or its outcome is unknown: everything is read back and done again. */
void export_failed(struct export_core *core, uint64_t now_us);
/** The highest number exported (committed) of a producer's life; 0: none. */
uint64_t export_number(const struct export_core *core, const char *name, const char *incarnation);
