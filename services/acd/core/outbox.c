/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox: packed records in a ring of bytes, numbered without gaps, until they are stored.
 *
 *   entries  [.. first .............. last ..]   by number modulo capacity
 *   bytes    [####......<used bytes>######head]   a record lies in one piece: what does not fit before the
 * end of the ring begins at its start, and the rest of the end is skipped
 *
 * `size` says how much may be in it; the ring itself is two of the longest records longer, so that whatever
 * is allowed finds a place however the records lie: a replica that read a snapshot has them lie elsewhere. */
#include "state.h"
#include <stdlib.h>
#include <string.h>

enum far_err acd_outbox_init(struct outbox *outbox, uint32_t records_max)
{
    *outbox = (struct outbox){.first = 1, .capacity = records_max, .size = (uint64_t)records_max * 1024};
    outbox->entries = calloc(records_max, sizeof(*outbox->entries));
    outbox->ring_size = outbox->size + 2 * RECORD_BYTES_MAX;
    outbox->bytes = malloc(outbox->ring_size);
    if (outbox->entries && outbox->bytes) return FAR_OK;
    acd_outbox_done(outbox);
    return FAR_ENOMEM;
}

void acd_outbox_done(struct outbox *outbox)
{
    free(outbox->entries);
    free(outbox->bytes);
    *outbox = (struct outbox){0};
}

static struct record_entry *entry_of(const struct outbox *outbox, uint64_t number)
{
    return &outbox->entries[number % outbox->capacity];
}

static bool empty(const struct outbox *outbox)
{
    return outbox->last + 1 == outbox->first;
}

/* Where len bytes in one piece can begin; UINT64_MAX: nowhere. */
static uint64_t place_for(const struct outbox *outbox, size_t len)
{
    if (outbox->used + len > outbox->size) return UINT64_MAX;
    if (empty(outbox)) return 0;
    uint64_t tail = entry_of(outbox, outbox->first)->offset;
    if (outbox->head > tail) {
        if (outbox->ring_size - outbox->head >= len) return outbox->head;
        return len < tail ? 0 : UINT64_MAX;
    }
    return tail - outbox->head > len ? outbox->head : UINT64_MAX;
}

bool acd_outbox_put(struct outbox *outbox, enum record_kind kind, const char *id, const uint8_t *data,
                    size_t len)
{
    uint64_t at = place_for(outbox, len);
    if (at == UINT64_MAX || outbox->last + 1 - outbox->first == outbox->capacity) return false;
    struct record_entry *entry = entry_of(outbox, ++outbox->last);
    *entry = (struct record_entry){.kind = kind, .len = (uint32_t)len, .offset = at};
    COPY(entry->id, id);
    memcpy(outbox->bytes + at, data, len);
    outbox->head = at + len;
    outbox->used += len;
    return true;
}

void acd_outbox_stored(struct outbox *outbox, uint64_t number)
{
    while (outbox->first <= number && !empty(outbox))
        outbox->used -= entry_of(outbox, outbox->first++)->len;
}

uint32_t acd_outbox_fill(const struct outbox *outbox)
{
    uint64_t by_number = (outbox->last + 1 - outbox->first) * 100 / outbox->capacity;
    uint64_t by_bytes = outbox->used * 100 / outbox->size;
    return (uint32_t)(by_number > by_bytes ? by_number : by_bytes);
}

void acd_record_range(const struct acd *acd, uint64_t *ret_first, uint64_t *ret_last)
{
    *ret_first = acd->outbox.first;
    *ret_last = acd->outbox.last;
}

enum far_err acd_record_get(const struct acd *acd, uint64_t number, struct acd_record *ret_record)
{
    static const char *const kinds[RECORD_KIND_COUNT] = {"contact", "segment", "agent-activity", "survey"};
    const struct outbox *outbox = &acd->outbox;
    if (number < outbox->first || number > outbox->last) return FAR_ENOTFOUND;
    const struct record_entry *entry = entry_of(outbox, number);
    *ret_record = (struct acd_record){.number = number, .kind = kinds[entry->kind], .len = entry->len};
    ret_record->data = outbox->bytes + entry->offset;
    COPY(ret_record->record_id, entry->id);
    return FAR_OK;
}
