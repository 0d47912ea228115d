/* SPDX-License-Identifier: Apache-2.0 */
/* file_write.h - writing one recording's file (format.h), and mending it after a crash. Blocks; one thread a
 * file.
 *
 * What a killed process loses: nothing that file_append() has returned for. What a power cut loses: what came
 * after the last file_sync(). */
#pragma once
#include "format.h"

struct file_writer; /* opaque */

/** Make a new file for part (its state is PART_RECORDING) with a key of its own, wrapped by the newest
 * master.
 *  @return FAR_OK; FAR_EEXIST; FAR_EFULL: the disk is full; FAR_EIO; FAR_ENOMEM. No file is left behind. */
FAR_MUST_CHECK enum far_err file_create(const char *path, struct keys *keys, const struct part *part,
                                        struct file_writer **ret_writer);
/** Append a chunk of sound, or a GAP of silence (sound is then NULL). What was begun is taken back on
 * failure.
 *  @return FAR_OK; FAR_EFULL: the disk is full; FAR_EIO. */
FAR_MUST_CHECK enum far_err file_append(struct file_writer *writer, enum format_kind kind,
                                        const uint8_t sound[ALIGN_CHUNK_BYTES]);
/** Put other metadata in place of those in the header. */
FAR_MUST_CHECK enum far_err file_metadata(struct file_writer *writer, const struct part *part);
/** Bring everything to the disk (fdatasync). @return FAR_OK; FAR_EIO. */
FAR_MUST_CHECK enum far_err file_sync(struct file_writer *writer);
uint64_t file_chunks(const struct file_writer *writer);
/** Finish: the last frames, then the END record with *part, of which frames, sha256, and state (unless it is
 *  PART_RECOVERED or PART_FAILED) are set here. Synced. May be tried again after a failure.
 *  @return FAR_OK; FAR_EFULL; FAR_EIO. */
FAR_MUST_CHECK enum far_err file_end(struct file_writer *writer, const uint8_t *sound, size_t frames,
                                     struct part *part);
/** Close and free; without file_end() the file is one to be recovered. NULL is allowed. */
struct file_writer *file_close(struct file_writer *writer);

/** What file_recover() found. */
struct file_recovery {
    struct part part;        /* final */
    bool was_finished;       /* nothing had to be mended */
    uint64_t cut_bytes;      /* taken off the end: less than a whole chunk, unless the disk lost more */
    uint64_t damaged_chunks; /* before the end, left as they are; the part is PART_FAILED then */
};
/** Finish a file whose writer was killed: check every chunk, cut off what is behind the last whole one, and
 * write the END record. A file that has one already is only looked at.
 *  @return FAR_OK; FAR_EPROTO: its header is no recording's or was changed; FAR_ENOTFOUND: its master key is
 * not there; FAR_EFULL; FAR_EIO. */
FAR_MUST_CHECK enum far_err file_recover(const char *path, struct keys *keys,
                                         struct file_recovery *ret_recovery);
/** Wrap the file's key by the newest master key, in place; a crash in between leaves one wrap that holds.
 *  @param ret_changed whether it was wrapped by another one before. @return as file_recover(). */
FAR_MUST_CHECK enum far_err file_rewrap(const char *path, struct keys *keys, bool *ret_changed);
