/* SPDX-License-Identifier: Apache-2.0 */
/* writer.h - the thread that writes. RTP never waits for the disk: chunks come through a bounded queue; what
 * the disk or the queue cannot take becomes a marked gap, never a shorter recording.
 *
 *   open -> opened() | refused      chunk, chunk, ...      end -> ended(), retried each second while the disk
 * is full
 */
#pragma once
#include "folder.h"
#include "keys.h"

struct writer; /* opaque */

/* Called on the writer's thread: hand over, no more. */
struct writer_events {
    /* err: FAR_OK; FAR_EFULL: too little disk; FAR_EIO; FAR_EINVAL. part: as it was made (its number). */
    void (*opened)(void *ctx, uint64_t session, enum far_err err, const struct part *part);
    /* The part changed: written further, other metadata, or (its state is not PART_RECORDING) ended: then its
     * file lies in pending/. */
    void (*changed)(void *ctx, const struct part *part);
    void *ctx;
};
struct writer_config {
    const char *root;
    struct keys *keys;
    int64_t sync_ms;     /* a file is synced when its oldest unsynced sound is this old; 0: at its end only */
    int64_t progress_ms; /* how often changed() tells how far a part is */
    uint64_t free_min;   /* with fewer free bytes nothing new is begun */
    size_t queue_max;    /* chunks */
    size_t files_max;
    struct writer_events events;
};

/** Start the thread. keys must outlive it. @return FAR_OK; FAR_EIO; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err writer_create(const struct writer_config *config, struct writer **ret_writer);
/** Take what is queued, end what can be ended, join. Files that are still open are left to be recovered. */
struct writer *writer_destroy(struct writer *writer);

/* (any thread) */
/** Begin a part in a file of its own; part->number is the least that it may have, and the least free one is
 * taken. opened() follows. @return FAR_OK; FAR_EAGAIN: the queue is full; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err writer_open(struct writer *writer, uint64_t session, const struct part *part);
/** Forget a part that was opened but never recorded: its file goes. */
void writer_discard(struct writer *writer, uint64_t session);
/** Chunk `number` (from 0) of a session: ALIGN_CHUNK_BYTES, copied. @return FAR_OK; FAR_EAGAIN: the queue is
 * full, the chunk becomes a gap. */
FAR_MUST_CHECK enum far_err writer_chunk(struct writer *writer, uint64_t session, uint64_t number,
                                         const uint8_t *sound);
/** Chunks number .. number + count - 1 of a session are silence that was held back. Never refused. */
void writer_silence(struct writer *writer, uint64_t session, uint64_t number, uint64_t count);
/** Other ids and names from now on (the metadata's texts of part are taken). */
void writer_metadata(struct writer *writer, uint64_t session, const struct part *part);
struct writer_ending {
    uint64_t chunks;      /* that came before */
    const uint8_t *sound; /* the rest */
    size_t frames;
    int64_t ended_at_us;
    struct align_figures quality[ALIGN_SIDES];
};
void writer_end(struct writer *writer, uint64_t session, const struct writer_ending *ending);
/** Files that are open. */
size_t writer_files(struct writer *writer);
