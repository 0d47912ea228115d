/* SPDX-License-Identifier: Apache-2.0 */
/* index.h - hash maps of fixed capacity for look-ups: u64 -> u64 and text -> u64. Pure. One thread.
 * There is no way to walk one, on purpose: the order would depend on the seed and on history. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct far_index; /* opaque; one kind of key for its whole life */

/** Room for capacity entries. seed: anything; where others choose the keys, something they cannot guess.
 *  text_bytes_max: 0 for u64 keys; for text keys the longest key [bytes], which is copied into the index.
 *  @return FAR_OK; FAR_EINVAL: capacity 0 or above 2^24, text_bytes_max above 1024; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_index_create(size_t capacity, size_t text_bytes_max, uint64_t seed,
                                             struct far_index **ret_index);
struct far_index *far_index_destroy(struct far_index *index);
size_t far_index_len(const struct far_index *index);
void far_index_clear(struct far_index *index);

/** Add or replace. @return FAR_OK; FAR_EFULL: capacity reached and the key is new; FAR_EINVAL: key too long.
 */
FAR_MUST_CHECK enum far_err far_index_put(struct far_index *index, uint64_t key, uint64_t value);
/** @return whether it is there; *ret_value is written only then. */
bool far_index_get(const struct far_index *index, uint64_t key, uint64_t *ret_value);
/** @return whether it was there. */
bool far_index_remove(struct far_index *index, uint64_t key);

FAR_MUST_CHECK enum far_err far_index_put_text(struct far_index *index, const char *key, uint64_t value);
bool far_index_get_text(const struct far_index *index, const char *key, uint64_t *ret_value);
bool far_index_remove_text(struct far_index *index, const char *key);
