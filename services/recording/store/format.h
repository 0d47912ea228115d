/* SPDX-License-Identifier: Apache-2.0 */
/* format.h - the layout of a recording's file. Numbers are little-endian.
 *
 *   0     fixed, 64 bytes: "FARREC1\n" | u32 version 1 | u32 4096 | file id 16 | u8 codec (0 mu-law, 8 A-law)
 *         | u8 channels 2 | u16 0 | u32 rate | u32 frames a chunk | zeros
 *   64    wrap slot 0, 128 bytes: master key's id 32 | nonce 12 | the file's key, sealed 32 | tag 16 | zeros
 *   192   wrap slot 1: the same; rewrapping fills the empty one before it clears the other
 *   512   metadata slot 0, 1792 bytes: u32 generation | u32 length | nonce 12 | sealed RecordingPart | tag 16
 *   2304  metadata slot 1: the higher generation that can be opened holds
 *   4096  records, each: u32 length | u8 kind | 3 zeros | nonce 12 | sealed bytes | tag 16
 *         SOUND, GAP  FORMAT_CHUNK frames, two bytes each (left, right), number n at 4096 + n *
 * FORMAT_RECORD; a GAP is silence in place of sound that could not be stored END         u32 bytes of sound |
 * sound (less than a chunk) | packed RecordingPart, the final one; behind it, at the end of the file: u32
 * length of the whole END record | "FEND"
 *
 * Sealed: AES-256-GCM under the file's key; associated data: the fixed part for wraps, the fixed part and the
 * generation for metadata, (file id, u64 number, u32 length, kind) for records. So no record can be moved,
 * doubled, cut off before an END, or taken to another file. Pure. */
#pragma once
#include "align.h"
#include "keys.h"
#include "part.h"
#include "seal.h"
#include <stdbool.h>

#define FORMAT_FIXED       64u
#define FORMAT_HEADER      4096u
#define FORMAT_SLOTS       2u
#define FORMAT_WRAP        128u
#define FORMAT_WRAP_AT     64u
#define FORMAT_META        1792u
#define FORMAT_META_AT     512u
#define FORMAT_RECORD_HEAD 20u
#define FORMAT_OVERHEAD    (FORMAT_RECORD_HEAD + SEAL_TAG_BYTES)
#define FORMAT_RECORD      (ALIGN_CHUNK_BYTES + FORMAT_OVERHEAD)
#define FORMAT_END_MAX     (4u + ALIGN_CHUNK_BYTES + PART_BYTES_MAX)
#define FORMAT_FOOT        8u

enum format_kind { FORMAT_SOUND = 1, FORMAT_GAP = 2, FORMAT_END = 3 };

/* What the fixed part says. */
struct format_fixed {
    uint8_t file_id[16];
    enum far_codec codec;
};
void format_fixed_write(const struct format_fixed *fixed, uint8_t out[FORMAT_FIXED]);
/** @return FAR_OK; FAR_EPROTO: not a recording, or of another version. */
FAR_MUST_CHECK enum far_err format_fixed_read(const uint8_t in[FORMAT_FIXED], struct format_fixed *ret_fixed);

/** Seal the file's key into a slot. */
FAR_MUST_CHECK enum far_err format_wrap(const uint8_t fixed[FORMAT_FIXED], const char *master_id,
                                        const uint8_t master[SEAL_KEY_BYTES],
                                        const uint8_t key[SEAL_KEY_BYTES], uint8_t out[FORMAT_WRAP]);
/** The master key's id of a slot; "" when the slot is empty or malformed. */
void format_wrap_id(const uint8_t slot[FORMAT_WRAP], char ret_id[KEYS_ID_SIZE]);
FAR_MUST_CHECK enum far_err format_unwrap(const uint8_t fixed[FORMAT_FIXED], const uint8_t slot[FORMAT_WRAP],
                                          const uint8_t master[SEAL_KEY_BYTES],
                                          uint8_t ret_key[SEAL_KEY_BYTES]);

FAR_MUST_CHECK enum far_err format_meta_write(const uint8_t fixed[FORMAT_FIXED],
                                              const uint8_t key[SEAL_KEY_BYTES], uint32_t generation,
                                              const struct part *part, uint8_t out[FORMAT_META]);
/** The metadata of the higher generation of both slots. @return FAR_OK; FAR_EPROTO: none can be opened. */
FAR_MUST_CHECK enum far_err format_meta_read(const uint8_t header[FORMAT_HEADER],
                                             const uint8_t key[SEAL_KEY_BYTES], uint32_t *ret_generation,
                                             struct part *ret_part);

/** A record's head before it is checked: len <= FORMAT_END_MAX, a known kind, and a chunk's length where it
 * is a chunk. */
struct format_head {
    uint32_t len;
    enum format_kind kind;
};
FAR_MUST_CHECK enum far_err format_head_read(const uint8_t in[FORMAT_RECORD_HEAD],
                                             struct format_head *ret_head);
/** Seal a record. @param out FORMAT_OVERHEAD + len bytes. */
FAR_MUST_CHECK enum far_err format_record_write(const uint8_t file_id[16], const uint8_t key[SEAL_KEY_BYTES],
                                                uint64_t number, enum format_kind kind, const uint8_t *bytes,
                                                size_t len, uint8_t *out);
/** Open a whole record (in: FORMAT_OVERHEAD + head->len bytes) into out[head->len].
 *  @return FAR_OK; FAR_EPROTO: changed, or not number `number` of this file. */
FAR_MUST_CHECK enum far_err format_record_read(const uint8_t file_id[16], const uint8_t key[SEAL_KEY_BYTES],
                                               uint64_t number, const struct format_head *head,
                                               const uint8_t *in, uint8_t *out);

/** Bytes of an END record's content (at most FORMAT_END_MAX) from its sound and final metadata; and apart. */
size_t format_end_write(const uint8_t *sound, size_t sound_len, const struct part *part,
                        uint8_t out[FORMAT_END_MAX]);
FAR_MUST_CHECK enum far_err format_end_read(const uint8_t *bytes, size_t len, size_t *ret_sound_len,
                                            struct part *ret_part);
void format_foot_write(uint32_t record_len, uint8_t out[FORMAT_FOOT]);
/** @return false: no footer. */
bool format_foot_read(const uint8_t in[FORMAT_FOOT], uint32_t *ret_record_len);
