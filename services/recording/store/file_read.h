/* SPDX-License-Identifier: Apache-2.0 */
/* file_read.h - reading one recording's file (format.h), also while it is being written. Blocks; one thread a
 * reader. */
#pragma once
#include "format.h"

struct file_reader; /* opaque */

/** @return FAR_OK; FAR_ENOTFOUND: no file, or its master key is not there (logged); FAR_EPROTO: no recording,
 * or changed; FAR_EIO; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err file_open(const char *path, struct keys *keys, struct file_reader **ret_reader);
struct file_reader *file_reader_close(struct file_reader *reader);
/** Metadata: of the END record when it is there; else the header's, with frames as they are now. */
const struct part *file_part(const struct file_reader *reader);
bool file_is_finished(const struct file_reader *reader);
uint64_t file_frames(const struct file_reader *reader);
/** Whole chunks before the END record. */
uint64_t file_reader_chunks(const struct file_reader *reader);
/** Decode frames from..from+count (within file_frames()) to 2 * count samples, left first.
 *  @return FAR_OK; FAR_EINVAL: outside; FAR_EPROTO: a chunk was changed or is damaged; FAR_EIO. */
FAR_MUST_CHECK enum far_err file_read(struct file_reader *reader, uint64_t from, size_t count,
                                      int16_t *ret_pcm);
/** Check every chunk, and the sum. ret_sha256 as in RecordingPart. ret_damaged: chunks that cannot be opened.
 *  @return FAR_OK: whole; FAR_EPROTO: chunks are damaged, or the sum differs from the END record's; FAR_EIO.
 */
FAR_MUST_CHECK enum far_err file_verify(struct file_reader *reader, char ret_sha256[65],
                                        uint64_t *ret_damaged);
