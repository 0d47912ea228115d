/* SPDX-License-Identifier: Apache-2.0 */
#include "far/arena.h"
#include <stdlib.h>
#include <string.h>

enum far_err far_arena_init(struct far_arena *arena, size_t size)
{
    if (size == 0) return FAR_EINVAL;
    uint8_t *base = malloc(size);
    if (!base) return FAR_ENOMEM;
    *arena = (struct far_arena){.base = base, .size = size};
    return FAR_OK;
}

void far_arena_done(struct far_arena *arena)
{
    free(arena->base);
    *arena = (struct far_arena){0};
}

void *far_arena_alloc(struct far_arena *arena, size_t len)
{
    size_t room = arena->size - arena->used;
    size_t rounded = (len + 15) & ~(size_t)15;
    if (rounded < len || rounded > room) return NULL;
    uint8_t *at = arena->base + arena->used;
    arena->used += rounded;
    memset(at, 0, rounded);
    return at;
}

char *far_arena_text(struct far_arena *arena, const char *text, size_t len)
{
    char *copy = len < SIZE_MAX ? far_arena_alloc(arena, len + 1) : NULL;
    if (copy && len) memcpy(copy, text, len);
    return copy;
}

void far_arena_reset(struct far_arena *arena)
{
    arena->used = 0;
}
