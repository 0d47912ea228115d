/* SPDX-License-Identifier: Apache-2.0 */
/* snapshot.h - snapshots of the core's state as pieces of stream SNAP_main, and back. Pure: replicas and the
 * simulator use it. One thread.
 *
 *   state bytes | piece 0 | piece 1 | ... | piece n-1 |     each piece carries the whole manifest
 */
#pragma once
#include "acd.h"
#include "farseat/v1/snapshot.pb-c.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SNAPSHOT_PIECE_LEN_MAX (512u * 1024u)
#define SNAPSHOT_LEN_MAX       (256u * 1024u * 1024u)
#define SNAPSHOT_OPEN_MAX      8u /* unfinished ones kept while reading */
#define SNAPSHOT_KEPT_MAX      8u /* finished ones kept while reading, the highest positions */
#define SNAPSHOT_BACK          500u

/* ---- writing ------------------------------------------------------------------------------------- */

/** A snapshot on its way out: owns its bytes. */
struct snapshot_writer {
    uint8_t *bytes;
    size_t len;
    size_t capacity;
    uint32_t pieces;
    char id[40];
    char replica[64];
    char incarnation[40];
    int64_t log_created_ns;
    uint64_t position;
    uint64_t state_hash;
    uint64_t bytes_hash;
};
/** Take the state of acd; the other texts are the caller's to fill in. @return FAR_OK; FAR_EFULL: above
 *  SNAPSHOT_LEN_MAX; FAR_ENOMEM. On failure the writer is empty. */
FAR_MUST_CHECK enum far_err snapshot_take(struct snapshot_writer *writer, const struct acd *acd);
/** Piece number index, packed; the caller frees it by free(). @return FAR_OK; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err snapshot_pack_piece(const struct snapshot_writer *writer, uint32_t index,
                                                uint8_t **ret_data, size_t *ret_len);
void snapshot_writer_done(struct snapshot_writer *writer);

/* ---- reading ------------------------------------------------------------------------------------- */

struct snapshot {
    char id[40];
    char incarnation[40];
    int64_t log_created_ns;
    uint64_t position;
    uint64_t state_hash;
    uint32_t pieces;
    uint64_t bytes_hash;
    uint32_t next; /* piece that comes next */
    uint64_t len;  /* of all pieces */
    uint8_t *bytes;
    size_t bytes_len;
};
struct snapshot_reader {
    struct snapshot open[SNAPSHOT_OPEN_MAX];
    uint32_t open_len;
    struct snapshot kept[SNAPSHOT_KEPT_MAX]; /* by falling position */
    uint32_t kept_len;
    uint64_t refused; /* pieces whose sums were wrong, or that did not decode */
};
void snapshot_reader_init(struct snapshot_reader *reader);
void snapshot_reader_done(struct snapshot_reader *reader);
/** One stored message, in the stream's order. Repeated pieces are taken once; a gap drops the snapshot. */
void snapshot_reader_add(struct snapshot_reader *reader, const void *data, size_t len);
/** The finished one of this log to begin with: the newest that lies SNAPSHOT_BACK positions before the newest
 *  of all, so that the facts just before it, which a dead leader may not have published, are made again;
 *  rank 1, 2 ...: the next to try when it cannot be restored. incarnation "" or log_created_ns 0: any; not
 *  below first_position, the last one that the log does not have any more. NULL: there is none, or the log is
 *  better read from its beginning. */
const struct snapshot *snapshot_reader_get(const struct snapshot_reader *reader, const char *incarnation,
                                           int64_t log_created_ns, uint64_t first_position, uint32_t rank);
/** The state that a snapshot holds; its hash is compared. @return FAR_OK; FAR_EPROTO: it is not what it says;
 * FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err snapshot_restore(const struct snapshot *snapshot, struct acd **ret_acd);
