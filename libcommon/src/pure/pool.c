/* SPDX-License-Identifier: Apache-2.0 */
#include "far/pool.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SLOT_BITS 24
#define SLOT_MASK ((1u << SLOT_BITS) - 1)

static size_t slot_of(uint64_t id)
{
    return (size_t)(id & SLOT_MASK);
}

enum far_err far_pool_init(struct far_pool *pool, size_t item_size, size_t capacity)
{
    if (item_size == 0 || capacity == 0 || capacity > FAR_POOL_CAPACITY_MAX) return FAR_EINVAL;
    size_t stride = (item_size + 15) & ~(size_t)15; /* so that every item is aligned for anything */
    struct far_pool made = {.item_size = stride, .capacity = capacity};
    made.items = calloc(capacity, stride);
    made.ids = calloc(capacity, sizeof(*made.ids));
    made.full = calloc((capacity + 63) / 64, sizeof(*made.full));
    if (!made.items || !made.ids || !made.full) {
        far_pool_done(&made);
        return FAR_ENOMEM;
    }
    *pool = made;
    return FAR_OK;
}

void far_pool_done(struct far_pool *pool)
{
    free(pool->items);
    free(pool->ids);
    free(pool->full);
    *pool = (struct far_pool){0};
}

static void *take(struct far_pool *pool, size_t slot, uint64_t id)
{
    pool->ids[slot] = id;
    pool->full[slot / 64] |= (uint64_t)1 << (slot % 64);
    pool->len++;
    void *item = pool->items + slot * pool->item_size;
    memset(item, 0, pool->item_size);
    return item;
}

void *far_pool_new(struct far_pool *pool, uint64_t *ret_id)
{
    if (pool->len == pool->capacity) return NULL;
    while (pool->full[pool->word_first] == UINT64_MAX)
        pool->word_first++;
    size_t slot = pool->word_first * 64 + (size_t)__builtin_ctzll(~pool->full[pool->word_first]);
    assert(slot < pool->capacity && pool->serial < UINT64_MAX >> SLOT_BITS);
    *ret_id = ++pool->serial << SLOT_BITS | slot;
    return take(pool, slot, *ret_id);
}

void *far_pool_get(const struct far_pool *pool, uint64_t id)
{
    size_t slot = slot_of(id);
    if (id == 0 || slot >= pool->capacity || pool->ids[slot] != id) return NULL;
    return pool->items + slot * pool->item_size;
}

void far_pool_free(struct far_pool *pool, uint64_t id)
{
    size_t slot = slot_of(id);
    if (!far_pool_get(pool, id)) return;
    pool->ids[slot] = 0;
    pool->full[slot / 64] &= ~((uint64_t)1 << (slot % 64));
    pool->len--;
    if (slot / 64 < pool->word_first) pool->word_first = slot / 64;
}

uint64_t far_pool_next(const struct far_pool *pool, uint64_t id)
{
    size_t slot = id ? slot_of(id) + 1 : 0;
    for (size_t words = (pool->capacity + 63) / 64; slot / 64 < words; slot = (slot / 64 + 1) * 64) {
        uint64_t rest = pool->full[slot / 64] >> (slot % 64);
        if (rest) return pool->ids[slot + (size_t)__builtin_ctzll(rest)];
    }
    return 0;
}

uint64_t far_pool_serial(const struct far_pool *pool)
{
    return pool->serial;
}

void far_pool_set_serial(struct far_pool *pool, uint64_t serial)
{
    pool->serial = serial;
}

void *far_pool_restore(struct far_pool *pool, uint64_t id)
{
    size_t slot = slot_of(id);
    uint64_t serial = id >> SLOT_BITS;
    if (serial == 0 || serial > pool->serial || slot >= pool->capacity || pool->ids[slot]) return NULL;
    return take(pool, slot, id);
}
