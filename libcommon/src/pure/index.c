/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing with linear probing at most half full; removal shifts back, so there are no tombstones.
 *
 *   slots:  [ hash | value | key ]   hash 0: free; a text key is the place of its copy in `texts` */
#include "far/index.h"
#include "far/hash64.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct slot {
    uint64_t hash;
    uint64_t key;
    uint64_t value;
};

struct far_index {
    size_t capacity;
    size_t len;
    size_t mask;
    size_t text_size; /* bytes a key with its NUL; 0: u64 keys */
    uint64_t seed;
    struct slot *slots;
    char *texts;
    uint32_t *texts_free; /* stack of free places in texts; len of them are taken */
};

enum far_err far_index_create(size_t capacity, size_t text_bytes_max, uint64_t seed,
                              struct far_index **ret_index)
{
    if (capacity == 0 || capacity > (size_t)1 << 24 || text_bytes_max > 1024) return FAR_EINVAL;
    struct far_index *index = calloc(1, sizeof(*index));
    if (!index) return FAR_ENOMEM;
    size_t size = 2;
    while (size < 2 * capacity)
        size *= 2;
    index->capacity = capacity;
    index->mask = size - 1;
    index->seed = seed;
    index->slots = calloc(size, sizeof(*index->slots));
    if (text_bytes_max) {
        index->text_size = text_bytes_max + 1;
        index->texts = calloc(capacity, index->text_size);
        index->texts_free = calloc(capacity, sizeof(*index->texts_free));
    }
    if (!index->slots || (text_bytes_max && (!index->texts || !index->texts_free))) {
        far_index_destroy(index);
        return FAR_ENOMEM;
    }
    far_index_clear(index);
    *ret_index = index;
    return FAR_OK;
}

struct far_index *far_index_destroy(struct far_index *index)
{
    if (!index) return NULL;
    free(index->slots);
    free(index->texts);
    free(index->texts_free);
    free(index);
    return NULL;
}

size_t far_index_len(const struct far_index *index)
{
    return index->len;
}

void far_index_clear(struct far_index *index)
{
    memset(index->slots, 0, (index->mask + 1) * sizeof(*index->slots));
    index->len = 0;
    for (size_t i = 0; index->texts_free && i < index->capacity; i++)
        index->texts_free[i] = (uint32_t)i;
}

static char *text_at(const struct far_index *index, uint64_t place)
{
    return index->texts + place * index->text_size;
}

/* The slot of a key, or the free slot where it would go; text NULL: the key is a number. */
static struct slot *find(const struct far_index *index, uint64_t hash, uint64_t key, const char *text)
{
    for (size_t at = hash & index->mask;; at = (at + 1) & index->mask) {
        struct slot *slot = &index->slots[at];
        if (slot->hash == 0) return slot;
        if (slot->hash != hash) continue;
        if (text ? strcmp(text_at(index, slot->key), text) == 0 : slot->key == key) return slot;
    }
}

static uint64_t hash_number(const struct far_index *index, uint64_t key)
{
    uint64_t hash = far_hash64(&key, sizeof(key), index->seed);
    return hash ? hash : 1; /* 0 marks a free slot */
}

static uint64_t hash_text(const struct far_index *index, const char *key)
{
    uint64_t hash = far_hash64(key, strlen(key), index->seed);
    return hash ? hash : 1;
}

static void remove_slot(struct far_index *index, struct slot *slot)
{
    if (index->texts_free) index->texts_free[index->len - 1] = (uint32_t)slot->key;
    index->len--;
    size_t hole = (size_t)(slot - index->slots);
    for (size_t at = (hole + 1) & index->mask; index->slots[at].hash; at = (at + 1) & index->mask) {
        size_t home = index->slots[at].hash & index->mask;
        /* Move what may stand in the hole: its home is not between the hole and itself. */
        if (((at - home) & index->mask) < ((at - hole) & index->mask)) continue;
        index->slots[hole] = index->slots[at];
        hole = at;
    }
    index->slots[hole] = (struct slot){0};
}

enum far_err far_index_put(struct far_index *index, uint64_t key, uint64_t value)
{
    assert(!index->text_size);
    uint64_t hash = hash_number(index, key);
    struct slot *slot = find(index, hash, key, NULL);
    if (slot->hash == 0) {
        if (index->len == index->capacity) return FAR_EFULL;
        index->len++;
    }
    *slot = (struct slot){.hash = hash, .key = key, .value = value};
    return FAR_OK;
}

bool far_index_get(const struct far_index *index, uint64_t key, uint64_t *ret_value)
{
    assert(!index->text_size);
    const struct slot *slot = find(index, hash_number(index, key), key, NULL);
    if (slot->hash == 0) return false;
    *ret_value = slot->value;
    return true;
}

bool far_index_remove(struct far_index *index, uint64_t key)
{
    assert(!index->text_size);
    struct slot *slot = find(index, hash_number(index, key), key, NULL);
    if (slot->hash == 0) return false;
    remove_slot(index, slot);
    return true;
}

enum far_err far_index_put_text(struct far_index *index, const char *key, uint64_t value)
{
    assert(index->text_size);
    size_t size = strlen(key) + 1;
    if (size > index->text_size) return FAR_EINVAL;
    uint64_t hash = hash_text(index, key);
    struct slot *slot = find(index, hash, 0, key);
    if (slot->hash) {
        slot->value = value;
        return FAR_OK;
    }
    if (index->len == index->capacity) return FAR_EFULL;
    uint64_t place = index->texts_free[index->len++];
    memcpy(text_at(index, place), key, size);
    *slot = (struct slot){.hash = hash, .key = place, .value = value};
    return FAR_OK;
}

bool far_index_get_text(const struct far_index *index, const char *key, uint64_t *ret_value)
{
    assert(index->text_size);
    const struct slot *slot = find(index, hash_text(index, key), 0, key);
    if (slot->hash == 0) return false;
    *ret_value = slot->value;
    return true;
}

bool far_index_remove_text(struct far_index *index, const char *key)
{
    assert(index->text_size);
    struct slot *slot = find(index, hash_text(index, key), 0, key);
    if (slot->hash == 0) return false;
    remove_slot(index, slot);
    return true;
}
