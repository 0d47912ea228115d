/* SPDX-License-Identifier: Apache-2.0 */
/* What is derived, made again after a snapshot was read: indexes, lists, orders, counts, timers. Bytes from
 * outside are not trusted: whatever contradicts itself is refused. */
#include "state.h"
#include <stdlib.h>
#include <string.h>

static bool put(struct far_index *index, const char *text, uint64_t id)
{
    uint64_t other;
    return text[0] && !far_index_get_text(index, text, &other) &&
           far_index_put_text(index, text, id) == FAR_OK;
}

#define EACH(pool, id) for (uint64_t id = far_pool_next(&(pool), 0); id; id = far_pool_next(&(pool), id))

static bool indexes(struct acd *acd)
{
    bool good = true;
    EACH(acd->producers, id)
    good = good && put(acd->producer_index, ((struct producer *)far_pool_get(&acd->producers, id))->name, id);
    EACH(acd->edges, id) good = good && put(acd->edge_index, acd_edge_get(acd, id)->name, id);
    EACH(acd->phones, id) good = good && put(acd->phone_index, acd_phone_get(acd, id)->id, id);
    EACH(acd->agents, id) good = good && put(acd->agent_index, acd_agent_get(acd, id)->id, id);
    EACH(acd->queues, id) good = good && put(acd->queue_index, acd_queue_get(acd, id)->id, id);
    EACH(acd->legs, id) good = good && put(acd->leg_index, acd_leg_get(acd, id)->id, id);
    EACH(acd->contacts, id) good = good && put(acd->contact_index, acd_contact_get(acd, id)->id, id);
    return good;
}

static bool configs(struct acd *acd)
{
    char text[256];
    for (uint32_t i = 0; i < CONFIG_SLOTS; i++) {
        struct config_slot *slot = &acd->configs[i];
        struct complaints complaints = {.text = text, .size = sizeof(text)};
        if (slot->version == 0) {
            if (i == acd->config_now) return false;
            continue;
        }
        if (slot->hash != far_hash64(slot->bytes, slot->len, 0) || !acd_config_unpack(slot)) return false;
        acd_validate(&acd->limits, slot->config, &complaints);
        if (complaints.count) return false;
    }
    EACH(acd->contacts, id)
    {
        const struct contact *contact = acd_contact_get(acd, id);
        if (contact->config_slot == CONFIG_SLOTS) continue;
        if (acd->configs[contact->config_slot].version == 0) return false;
        acd->configs[contact->config_slot].contacts++;
    }
    for (uint32_t i = 0; i < CONFIG_SLOTS; i++) /* none is kept that nobody needs */
        if (acd->configs[i].version && i != acd->config_now && acd->configs[i].contacts == 0) return false;
    return true;
}

static int by_serial(const void *a, const void *b)
{
    const uint64_t *left = a, *right = b;
    return *left < *right ? -1 : *left > *right;
}

static bool commands(struct acd *acd)
{
    uint64_t *ids = acd->sorted;
    size_t count = 0;
    EACH(acd->commands, id) ids[count++] = id;
    qsort(ids, count, sizeof(*ids), by_serial);
    for (size_t i = 0; i < count; i++) {
        struct command *command = far_pool_get(&acd->commands, ids[i]);
        if (!acd_edge_get(acd, command->edge) || (command->leg && !acd_leg_get(acd, command->leg)))
            return false;
        acd_command_link(acd, command);
    }
    return true;
}

/* Ids that must be alive when they are not 0; the rest acd_check() looks at. */
static bool references(struct acd *acd)
{
#define ALIVE(get, x) ((x) == 0 || get(acd, (x)))
    EACH(acd->phones, id)
    {
        const struct phone *phone = acd_phone_get(acd, id);
        if (!ALIVE(acd_edge_get, phone->edge) || !ALIVE(acd_agent_get, phone->agent)) return false;
    }
    EACH(acd->agents, id)
    {
        const struct agent *agent = acd_agent_get(acd, id);
        if (!ALIVE(acd_phone_get, agent->phone) || !ALIVE(acd_contact_get, agent->contact)) return false;
        if (!ALIVE(acd_leg_get, agent->leg) || !ALIVE(acd_segment_get, agent->segment)) return false;
    }
    EACH(acd->legs, id)
    {
        const struct leg *leg = acd_leg_get(acd, id);
        if (!acd_edge_get(acd, leg->edge) || !ALIVE(acd_contact_get, leg->contact)) return false;
        if (!ALIVE(acd_agent_get, leg->agent)) return false;
    }
    EACH(acd->contacts, id)
    {
        const struct contact *contact = acd_contact_get(acd, id);
        if (!ALIVE(acd_leg_get, contact->leg) || !ALIVE(acd_queue_get, contact->queue)) return false;
        if (!ALIVE(acd_agent_get, contact->agent) || !ALIVE(acd_leg_get, contact->agent_leg)) return false;
        if (!ALIVE(acd_segment_get, contact->main_segment) || !ALIVE(acd_segment_get, contact->ring_segment))
            return false;
        for (uint32_t i = 0; i < contact->segment_count; i++)
            if (!acd_segment_get(acd, contact->segments[i])) return false;
    }
    EACH(acd->segments, id)
    {
        if (!acd_contact_get(acd, acd_segment_get(acd, id)->contact)) return false;
    }
#undef ALIVE
    return true;
}

static void counts(struct acd *acd)
{
    EACH(acd->legs, id)
    {
        const struct leg *leg = acd_leg_get(acd, id);
        struct phone *phone = leg->role == LEG_CALLER ? acd_phone_get(acd, leg->phone) : NULL;
        if (phone) phone->calls++;
    }
    EACH(acd->agents, id)
    {
        const struct agent *agent = acd_agent_get(acd, id);
        struct contact *contact = acd_contact_get(acd, agent->contact);
        if (contact && agent->state == AGENT_AFTER_CALL_WORK) contact->after_call_works++;
    }
    EACH(acd->contacts, id) acd->contacts_live += acd_contact_get(acd, id)->state != CONTACT_ENDED;
}

static void orders(struct acd *acd)
{
    EACH(acd->queues, id) acd_queue_orders(acd, acd_queue_get(acd, id));
    EACH(acd->contacts, id)
    {
        const struct contact *contact = acd_contact_get(acd, id);
        struct queue *queue = acd_queue_get(acd, contact->queue);
        if (!queue) continue;
        acd_order_insert(acd, &queue->waiting, id, acd_before_contact);
        if (acd_contact_open(acd, contact)) acd_order_insert(acd, &queue->open, id, acd_before_contact);
    }
    acd_config_bind(acd);
    memset(acd->dirty, 0xff, acd->queue_words * sizeof(*acd->dirty));
}

static void timers(struct acd *acd)
{
    EACH(acd->agents, id)
    {
        int64_t at = acd_agent_get(acd, id)->deadline_us;
        if (at > 0) acd_timer_set(acd, TIMER_AGENT, id, at);
    }
    EACH(acd->contacts, id)
    {
        int64_t at = acd_contact_get(acd, id)->deadline_us;
        if (at > 0) acd_timer_set(acd, TIMER_CONTACT, id, at);
    }
    EACH(acd->legs, id)
    {
        int64_t at = acd_leg_get(acd, id)->deadline_us;
        if (at > 0) acd_timer_set(acd, TIMER_LEG, id, at);
    }
}

enum far_err acd_rebuild(struct acd *acd)
{
    if (!indexes(acd) || !references(acd) || !configs(acd) || !commands(acd)) return FAR_EPROTO;
    counts(acd);
    orders(acd);
    timers(acd);
    return FAR_OK;
}
