/* SPDX-License-Identifier: Apache-2.0 */
/* str.h - the few things that C's strings lack. Pure. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Copy text into out[size], always terminated. @return whether it fitted; if not, it is cut. NULL counts as
 * "". */
bool far_str_copy(char *out, size_t size, const char *text);
/** The same for len bytes that need no terminator; a NUL among them ends the copy. */
bool far_str_copy_len(char *out, size_t size, const char *text, size_t len);
/** Equal without regard to ASCII case; NULL equals nothing. */
bool far_str_equal_nocase(const char *a, const char *b);
bool far_str_starts(const char *text, const char *prefix);
/** The whole text as a decimal number within min..max; no blanks, no "+".
 *  @return FAR_OK; FAR_EINVAL: not a number, or outside. */
FAR_MUST_CHECK enum far_err far_str_i64(const char *text, int64_t min, int64_t max, int64_t *ret_value);
FAR_MUST_CHECK enum far_err far_str_u64(const char *text, uint64_t max, uint64_t *ret_value);
/** Lower-case hex of len bytes; out has room for 2 * len + 1. */
void far_str_hex(const void *data, size_t len, char *out);
/** Exactly 2 * len hex digits into out[len]. @return FAR_OK; FAR_EINVAL. */
FAR_MUST_CHECK enum far_err far_str_unhex(const char *text, void *out, size_t len);
