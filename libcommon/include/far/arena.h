/* SPDX-License-Identifier: Apache-2.0 */
/* arena.h - memory reserved once, handed out in a row, given back all at once. Pure. One thread. */
#pragma once
#include "far/err.h"
#include <stddef.h>
#include <stdint.h>

struct far_arena {
    uint8_t *base;
    size_t size;
    size_t used;
};

/** Reserve size bytes. @return FAR_OK; FAR_EINVAL: size is 0; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_arena_init(struct far_arena *arena, size_t size);
/** Give the memory back; a zeroed arena is allowed. */
void far_arena_done(struct far_arena *arena);
/** len bytes, zeroed, aligned to 16. NULL: the arena is full (nothing changed). Valid until reset or done. */
void *far_arena_alloc(struct far_arena *arena, size_t len);
/** A terminated copy of len bytes. NULL: the arena is full. */
char *far_arena_text(struct far_arena *arena, const char *text, size_t len);
/** Forget everything that was handed out. */
void far_arena_reset(struct far_arena *arena);
