/* SPDX-License-Identifier: Apache-2.0 */
/* utf8.h - validation by RFC 3629 (no surrogates, no overlong forms, at most U+10FFFF). Pure. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

bool far_utf8_valid(const char *text, size_t len);
/** The longest prefix of at most len_max bytes that does not cut a character in two; text must be valid. */
size_t far_utf8_prefix_len(const char *text, size_t len, size_t len_max);
/** What people can read of any bytes: each that is no part of a character, and each control character,
 * becomes
 *  '?'. In place; the length stays. */
void far_utf8_mend(char *text);
