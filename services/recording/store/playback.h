/* SPDX-License-Identifier: Apache-2.0 */
/* playback.h - a recording as the WAV that every browser plays (PCM, 16 bits, stereo, 8 kHz), by ranges of
 * bytes. At rest it is G.711, half as large; it is decoded as it is read. Blocks. */
#pragma once
#include "file_read.h"

#define PLAYBACK_READ_MAX 524288u /* bytes of one read */
#define PLAYBACK_TYPE     "audio/wav"

/** Length of the whole WAV; of a recording that goes on: as long as it is now, and its header says so. */
uint64_t playback_total(const struct file_reader *reader);
/** Copy bytes offset.. to out, up to len and the end.
 *  @return FAR_OK with *ret_len (0: offset is the end or beyond); FAR_EINVAL: len > PLAYBACK_READ_MAX; or as
 *  file_read(). */
FAR_MUST_CHECK enum far_err playback_read(struct file_reader *reader, uint64_t offset, size_t len,
                                          uint8_t *out, size_t *ret_len);
