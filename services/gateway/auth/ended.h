/* SPDX-License-Identifier: Apache-2.0 */
/* ended.h - sessions that ended and whose access tokens are not dead by themselves yet. Pure: time is an
 * argument; bounded: when it is full the one that ended first is forgotten. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ended; /* opaque */
FAR_MUST_CHECK enum far_err ended_create(size_t capacity, uint64_t seed, struct ended **ret_ended);
struct ended *ended_destroy(struct ended *ended);
/** Remember it until then. @return whether it is new. */
bool ended_add(struct ended *ended, const char *session_id, int64_t now_s, int64_t until_s);
bool ended_has(const struct ended *ended, const char *session_id);
size_t ended_len(const struct ended *ended);
