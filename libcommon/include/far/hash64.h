/* SPDX-License-Identifier: Apache-2.0 */
/* hash64.h - streaming 64-bit hash (XXH64 of github.com/Cyan4973/xxHash, doc/xxhash_spec.md): state hashes,
 * checksums against accidents, hash maps. Not for secrets. Same result on every machine. Pure. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct far_hash64 {
    uint64_t seed;
    uint64_t lane[4];
    uint64_t len; /* bytes so far */
    uint8_t tail[32];
};

void far_hash64_init(struct far_hash64 *hash, uint64_t seed);
/** Add bytes; how they are cut into calls does not change the result. */
void far_hash64_add(struct far_hash64 *hash, const void *data, size_t len);
/** Add one number, as 8 bytes little-endian whatever the machine. */
void far_hash64_add_u64(struct far_hash64 *hash, uint64_t value);
/** Add a text with its length before it, so that ("ab","c") and ("a","bc") differ. NULL counts as "". */
void far_hash64_add_text(struct far_hash64 *hash, const char *text);
/** The hash of what was added so far; the stream may go on afterwards. */
uint64_t far_hash64_value(const struct far_hash64 *hash);
/** One piece at once. */
uint64_t far_hash64(const void *data, size_t len, uint64_t seed);
