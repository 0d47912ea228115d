/* SPDX-License-Identifier: Apache-2.0 */
/* pool.h - a fixed number of items of one size, named by ids that are never used twice. Pure. One thread.
 *
 *   id:  | serial (40 bits, counts up from 1) | slot (24 bits) |      0 is never an id
 *
 * The lowest free slot is taken and the serial is the pool's own counter, so that the ids depend on nothing
 * but the order of calls: replicas agree, and a snapshot needs only far_pool_serial() and the live (id, item)
 * pairs. */
#pragma once
#include "far/err.h"
#include <stddef.h>
#include <stdint.h>

#define FAR_POOL_CAPACITY_MAX ((size_t)1 << 24)

struct far_pool {
    uint8_t *items;
    uint64_t *ids;  /* by slot; 0: free */
    uint64_t *full; /* bitmap of taken slots */
    size_t item_size;
    size_t capacity;
    size_t len;
    size_t word_first; /* no free slot in the words of `full` before this one */
    uint64_t serial;   /* the last one given */
};

/** Reserve everything at once. @return FAR_OK; FAR_EINVAL: a size is 0 or capacity > FAR_POOL_CAPACITY_MAX;
 *  FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_pool_init(struct far_pool *pool, size_t item_size, size_t capacity);
void far_pool_done(struct far_pool *pool);
/** A zeroed item. NULL: the pool is full. The pointer is good until far_pool_free(); keep the id instead. */
void *far_pool_new(struct far_pool *pool, uint64_t *ret_id);
/** The item, or NULL when the id is not alive (gone is normal). */
void *far_pool_get(const struct far_pool *pool, uint64_t id);
/** Free it; an id that is not alive is ignored. */
void far_pool_free(struct far_pool *pool, uint64_t id);
/** Walk in slot order: pass 0 first, then the id that came last; 0: the end. The walked item may be freed. */
uint64_t far_pool_next(const struct far_pool *pool, uint64_t id);
/** For snapshots: the last serial given; and putting it and items back, into an empty pool.
 *  far_pool_restore: NULL when the slot is taken, beyond the capacity, or its serial is 0 or above
 * far_pool_serial. */
uint64_t far_pool_serial(const struct far_pool *pool);
void far_pool_set_serial(struct far_pool *pool, uint64_t serial);
void *far_pool_restore(struct far_pool *pool, uint64_t id);
