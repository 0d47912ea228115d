/* SPDX-License-Identifier: Apache-2.0 */
/* Finding things by the names that outsiders use, and what such names look like. */
#include "far/utf8.h"
#include "state.h"
#include <assert.h>
#include <string.h>

void *acd_by_text(const struct far_index *index, const struct far_pool *pool, const char *text)
{
    uint64_t id = 0;
    if (!text || text[0] == '\0' || !far_index_get_text(index, text, &id)) return NULL;
    return far_pool_get(pool, id);
}

void acd_index_put(struct far_index *index, const char *text, uint64_t id)
{
    enum far_err err = far_index_put_text(index, text, id);
    assert(err == FAR_OK); /* an index has as much room as its pool, and the texts fit */
    (void)err;
}

struct edge *acd_edge_find(const struct acd *acd, const char *name)
{
    return acd_by_text(acd->edge_index, &acd->edges, name);
}

struct phone *acd_phone_find(const struct acd *acd, const char *id)
{
    return acd_by_text(acd->phone_index, &acd->phones, id);
}

struct agent *acd_agent_find(const struct acd *acd, const char *id)
{
    return acd_by_text(acd->agent_index, &acd->agents, id);
}

struct queue *acd_queue_find(const struct acd *acd, const char *id)
{
    return acd_by_text(acd->queue_index, &acd->queues, id);
}

struct leg *acd_leg_find(const struct acd *acd, const char *id)
{
    return acd_by_text(acd->leg_index, &acd->legs, id);
}

struct contact *acd_contact_find(const struct acd *acd, const char *id)
{
    return acd_by_text(acd->contact_index, &acd->contacts, id);
}

bool acd_id_valid(const char *text)
{
    size_t len = 0;
    for (; text[len]; len++) {
        char c = text[len];
        if (len == ACD_ID_TEXT_MAX) return false;
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
    }
    return len > 0;
}

bool acd_uuid_valid(const char *text)
{
    struct far_id id;
    return far_id_parse(text, &id) == FAR_OK;
}

void acd_copy(char *out, size_t size, const char *text)
{
    assert(size > 0);
    if (!text) text = "";
    size_t len = strlen(text);
    bool valid = far_utf8_valid(text, len);
    if (len >= size) len = valid ? far_utf8_prefix_len(text, len, size - 1) : size - 1;
    memmove(out, text, len);
    out[len] = '\0';
    for (size_t i = 0; !valid && i < len; i++)
        if ((unsigned char)out[i] >= 0x80) out[i] = '?';
}

int64_t acd_ms(int64_t us)
{
    return us / 1000;
}

struct edge *acd_edge_get(const struct acd *acd, uint64_t id)
{
    return far_pool_get(&acd->edges, id);
}

struct phone *acd_phone_get(const struct acd *acd, uint64_t id)
{
    return far_pool_get(&acd->phones, id);
}

struct agent *acd_agent_get(const struct acd *acd, uint64_t id)
{
    return far_pool_get(&acd->agents, id);
}

struct queue *acd_queue_get(const struct acd *acd, uint64_t id)
{
    return far_pool_get(&acd->queues, id);
}

struct leg *acd_leg_get(const struct acd *acd, uint64_t id)
{
    return far_pool_get(&acd->legs, id);
}

struct contact *acd_contact_get(const struct acd *acd, uint64_t id)
{
    return far_pool_get(&acd->contacts, id);
}

struct segment *acd_segment_get(const struct acd *acd, uint64_t id)
{
    return far_pool_get(&acd->segments, id);
}
