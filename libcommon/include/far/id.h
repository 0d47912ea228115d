/* SPDX-License-Identifier: Apache-2.0 */
/* id.h - 128-bit ids (RFC 9562): version 7 for what people and machines start, version 8 for what follows
 * from a log. The same text form everywhere: 36 characters, lower case. All but far_id_new() is pure. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stdint.h>

#define FAR_ID_TEXT_SIZE 37

struct far_id {
    uint8_t bytes[16]; /* network order */
};

/** A new UUIDv7: 48 bits of wall time [ms], 12 bits of sub-millisecond counter, 62 random bits. Rises within
 * a process even when the wall clock steps back. Any thread. In farcommon only. */
struct far_id far_id_new(void);
/** The same as text. Any thread. In farcommon only. */
void far_id_new_text(char out[FAR_ID_TEXT_SIZE]);
/** The id of the index-th thing that input `position` of log `incarnation` brought about: UUIDv8 whose 122
 * bits are two SipHash-2-4 values (github.com/veorq/SipHash) of (position, index), keyed by the incarnation.
 * Replicas get the same; different (position, index) of one log collide with a chance of n^2 / 2^123. */
struct far_id far_id_derive(const struct far_id *incarnation, uint64_t position, uint32_t index);
void far_id_format(const struct far_id *id, char out[FAR_ID_TEXT_SIZE]);
/** Reads the 36-character form, any case, any version. @return FAR_OK; FAR_EINVAL. */
FAR_MUST_CHECK enum far_err far_id_parse(const char *text, struct far_id *ret_id);
/** < 0, 0, > 0 by bytes; version 7 ids thereby in order of time. */
int far_id_compare(const struct far_id *a, const struct far_id *b);
bool far_id_is_zero(const struct far_id *id);
/** SipHash-2-4 of a piece, keyed; for hash maps whose keys strangers choose. */
uint64_t far_siphash(const uint8_t key[16], const void *data, uint64_t len);
