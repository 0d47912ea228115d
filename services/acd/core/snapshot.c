/* SPDX-License-Identifier: Apache-2.0 */
/* The state as bytes: one walk over every field that matters, which writes, reads or hashes. So the three can
 * not differ, and the order is the same everywhere: pools by slot, arrays by index, the outbox by number.
 *
 *   magic | version | limits | scalars | pools | closed contacts | configurations | outbox | wishes | hash of
 * all before
 *
 * The version is the lowest that can say what there is to say, so a log keeps its hashes: wishes are
 * version 2. Numbers are little-endian and of fixed size; a text is its length (16 bits) and its bytes. */
#include "far/utf8.h"
#include "state.h"
#include <stdlib.h>
#include <string.h>

#define MAGIC UINT64_C(0x3130444341524146) /* "FARACD01" */

struct walk {
    bool reading;
    const struct acd_sink *sink; /* NULL: only hash */
    const struct acd_source *source;
    uint32_t version;
    struct far_hash64 hash;
    enum far_err err; /* the first failure sticks */
    size_t len;
    uint8_t buffer[8192];
};

static void walk_flush(struct walk *walk)
{
    if (walk->len == 0) return;
    far_hash64_add(&walk->hash, walk->buffer, walk->len);
    if (walk->sink && walk->err == FAR_OK)
        walk->err = walk->sink->write(walk->sink->context, walk->buffer, walk->len);
    walk->len = 0;
}

static void walk_bytes(struct walk *walk, void *data, size_t len)
{
    if (walk->err != FAR_OK || len == 0) return;
    if (walk->reading) {
        walk->err = walk->source->read(walk->source->context, data, len);
        if (walk->err == FAR_OK) far_hash64_add(&walk->hash, data, len);
        return;
    }
    for (size_t at = 0; at < len;) {
        size_t part = sizeof(walk->buffer) - walk->len;
        if (part > len - at) part = len - at;
        memcpy(walk->buffer + walk->len, (uint8_t *)data + at, part);
        walk->len += part;
        at += part;
        if (walk->len == sizeof(walk->buffer)) walk_flush(walk);
    }
}

static uint64_t walk_number(struct walk *walk, uint64_t value, size_t len)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(value >> (8 * i));
    walk_bytes(walk, bytes, len);
    if (!walk->reading) return value;
    uint64_t read = 0;
    for (size_t i = 0; i < len && walk->err == FAR_OK; i++)
        read |= (uint64_t)bytes[i] << (8 * i);
    return read;
}

static void bad(struct walk *walk)
{
    if (walk->err == FAR_OK) walk->err = FAR_EPROTO;
}

static void walk_u64(struct walk *walk, uint64_t *value)
{
    *value = walk_number(walk, *value, 8);
}

static void walk_time(struct walk *walk, int64_t *value)
{
    *value = (int64_t)walk_number(walk, (uint64_t)*value, 8);
    if (*value < 0) bad(walk);
}

/* 0 .. max */
static void walk_u32(struct walk *walk, uint32_t *value, uint32_t max)
{
    uint32_t read = (uint32_t)walk_number(walk, *value, 4);
    if (read > max) bad(walk);
    *value = read > max ? 0 : read;
}

static void walk_bool(struct walk *walk, bool *value)
{
    uint64_t read = walk_number(walk, *value, 1);
    if (read > 1) bad(walk);
    *value = read == 1;
}

static void walk_text(struct walk *walk, char *text, size_t size)
{
    size_t len = (size_t)walk_number(walk, walk->reading ? 0 : strlen(text), 2);
    if (len >= size) {
        bad(walk);
        len = 0;
    }
    walk_bytes(walk, text, len);
    if (!walk->reading) return;
    text[walk->err == FAR_OK ? len : 0] = '\0';
    if (strlen(text) != len || !far_utf8_valid(text, len)) bad(walk);
}

#define U64(x)      walk_u64(walk, &(x))
#define TIME(x)     walk_time(walk, &(x))
#define U32(x, max) walk_u32(walk, &(x), (max))
#define ANY         UINT32_MAX
#define BOOL(x)     walk_bool(walk, &(x))
#define WORD(x)     walk_text(walk, (x), sizeof(x))

/* --- things --- */

static void walk_producer(struct walk *walk, void *item)
{
    struct producer *producer = item;
    WORD(producer->name);
    WORD(producer->incarnation);
    U64(producer->number);
    U32(producer->former_next, INCARNATIONS_MAX - 1);
    for (size_t i = 0; i < INCARNATIONS_MAX; i++)
        U64(producer->former[i]);
}

static void walk_edge(struct walk *walk, void *item)
{
    struct edge *edge = item;
    WORD(edge->name);
    WORD(edge->site);
    WORD(edge->version);
    WORD(edge->incarnation);
    U32(edge->state, EDGE_STATE_COUNT - 1);
    BOOL(edge->draining);
    U32(edge->command_number, ANY);
    U32(edge->credit, ANY);
}

static void walk_phone(struct walk *walk, void *item)
{
    struct phone *phone = item;
    WORD(phone->id);
    U64(phone->edge);
    WORD(phone->address);
    U64(phone->agent);
}

static void walk_agent(struct walk *walk, void *item)
{
    struct agent *agent = item;
    WORD(agent->id);
    WORD(agent->name);
    WORD(agent->home_phone);
    WORD(agent->site);
    WORD(agent->team);
    BOOL(agent->configured);
    U32(agent->state, AGENT_AFTER_CALL_WORK);
    WORD(agent->reason);
    BOOL(agent->next_not_ready);
    BOOL(agent->next_logout);
    WORD(agent->next_reason);
    TIME(agent->since_us);
    TIME(agent->since_stamp_us);
    U64(agent->phone);
    U64(agent->contact);
    U64(agent->leg);
    U64(agent->segment);
    WORD(agent->queue_id);
    WORD(agent->activity_contact_id);
    WORD(agent->activity_queue_id);
    U64(agent->ready_position);
    TIME(agent->idle_stamp_us);
    TIME(agent->deadline_us);
}

static void walk_queue(struct walk *walk, void *item)
{
    struct queue *queue = item;
    WORD(queue->id);
}

static void walk_leg(struct walk *walk, void *item)
{
    struct leg *leg = item;
    WORD(leg->id);
    U32(leg->state, LEG_STATE_COUNT - 1);
    U32(leg->role, LEG_ROLE_COUNT - 1);
    U64(leg->edge);
    U64(leg->contact);
    U64(leg->agent);
    U64(leg->phone);
    U32(leg->command_next, ANY);
    U32(leg->hangups, ANY);
    U64(leg->leg_ms);
    TIME(leg->clock_us);
    BOOL(leg->rang);
    U64(leg->ringing_ms);
    U64(leg->answered_ms);
    U64(leg->caller_ms_at_answer);
    WORD(leg->address);
    TIME(leg->deadline_us);
}

static void walk_part(struct walk *walk, struct part *part)
{
    WORD(part->agent);
    WORD(part->queue);
    WORD(part->phone);
    WORD(part->site);
    WORD(part->edge);
    WORD(part->disposition);
    WORD(part->address);
    WORD(part->recording);
    U64(part->ring_ms);
    U64(part->talk_ms);
    U64(part->hold_ms);
    U64(part->after_call_work_ms);
    U32(part->ended_by, BY_SYSTEM);
}

static void walk_contact_lists(struct walk *walk, struct contact *contact)
{
    U32(contact->menu_count, MENU_STEPS_MAX);
    for (uint32_t i = 0; i < contact->menu_count; i++) {
        WORD(contact->menu[i].node);
        WORD(contact->menu[i].digits);
        U64(contact->menu[i].at_ms);
    }
    U32(contact->missed_count, MISSED_MAX);
    for (uint32_t i = 0; i < contact->missed_count; i++) {
        WORD(contact->missed[i].agent);
        WORD(contact->missed[i].cause);
        U64(contact->missed[i].ring_ms);
        TIME(contact->missed[i].at_us);
    }
    U32(contact->part_count, PARTS_MAX);
    for (uint32_t i = 0; i < contact->part_count; i++)
        walk_part(walk, &contact->parts[i]);
    U32(contact->segment_count, SEGMENTS_MAX);
    for (uint32_t i = 0; i < contact->segment_count; i++)
        U64(contact->segments[i]);
}

static void walk_contact_flow(struct walk *walk, struct contact *contact)
{
    U32(contact->state, CONTACT_ENDED);
    U64(contact->leg);
    U32(contact->config_slot, CONFIG_SLOTS);
    U32(contact->flow, ANY);
    U32(contact->node, ANY);
    U32(contact->phase, PHASE_COUNT - 1);
    U32(contact->attempts, ANY);
    U32(contact->budget, FLOW_BUDGET);
    BOOL(contact->served);
    BOOL(contact->invalid_digits);
    WORD(contact->play_id);
    WORD(contact->collect_id);
    WORD(contact->queue_id);
    WORD(contact->first_queue_id);
    U64(contact->queue);
    U64(contact->order_key);
    U64(contact->queued_ms);
    U32(contact->position_at_entry, ANY);
    U32(contact->service_level_ms, ANY);
    U32(contact->short_abandon_ms, ANY);
    BOOL(contact->queued);
    BOOL(contact->answered);
    BOOL(contact->overflowed);
    BOOL(contact->wait_over);
    U64(contact->agent);
    U64(contact->agent_leg);
    U64(contact->main_segment);
    U64(contact->ring_segment);
    WORD(contact->bridge_id);
    BOOL(contact->bridged);
    BOOL(contact->bridging);
    BOOL(contact->hold_wanted);
    U64(contact->bridge_down_ms);
}

static void walk_contact(struct walk *walk, void *item)
{
    struct contact *contact = item;
    WORD(contact->id);
    walk_contact_flow(walk, contact);
    WORD(contact->caller_raw);
    WORD(contact->caller);
    WORD(contact->caller_name);
    U32(contact->caller_kind, ANY);
    WORD(contact->dialled);
    WORD(contact->published);
    WORD(contact->trunk);
    WORD(contact->site);
    WORD(contact->edge);
    WORD(contact->flow_id);
    TIME(contact->started_stamp_us);
    TIME(contact->ended_stamp_us);
    TIME(contact->state_since_us);
    U64(contact->clock_ms);
    TIME(contact->clock_us);
    U64(contact->ended_ms);
    U32(contact->result, FARSEAT__V1__CONTACT_RESULT__RESULT_OVERFLOWED);
    U32(contact->ended_by, BY_SYSTEM);
    WORD(contact->end_cause);
    U64(contact->ivr_ms);
    U64(contact->wait_ms);
    U64(contact->ring_ms);
    U64(contact->talk_ms);
    U64(contact->hold_ms);
    U64(contact->after_call_work_ms);
    U64(contact->survey_ms);
    U64(contact->sound_gap_ms_max);
    U32(contact->transfers, ANY);
    U32(contact->holds, ANY);
    U32(contact->revision, ANY);
    U32(contact->segment_index, ANY);
    walk_contact_lists(walk, contact);
    WORD(contact->disposition);
    WORD(contact->note);
    WORD(contact->survey_id);
    U32(contact->survey_score, 9);
    BOOL(contact->survey_answered);
    BOOL(contact->survey_open);
    TIME(contact->deadline_us);
}

static void walk_decision(struct walk *walk, struct decision *decision)
{
    U32(decision->rule, RULE_COUNT - 1);
    if (decision->rule == RULE_NONE) return;
    U32(decision->position, ANY);
    U32(decision->ready_count, ANY);
    U32(decision->candidate_count, CANDIDATES_MAX);
    for (uint32_t i = 0; i < decision->candidate_count; i++) {
        WORD(decision->candidates[i].agent);
        WORD(decision->candidates[i].site);
        U64(decision->candidates[i].idle_ms);
        U32(decision->candidates[i].level, ANY);
    }
    for (size_t i = 0; i <= CLASS_COUNT; i++)
        U32(decision->refusals[i], ANY);
}

static void walk_segment(struct walk *walk, void *item)
{
    struct segment *segment = item;
    WORD(segment->id);
    U64(segment->contact);
    U32(segment->index, ANY);
    U32(segment->kind, SEGMENT_SURVEY);
    U32(segment->position, ANY);
    BOOL(segment->open);
    TIME(segment->started_stamp_us);
    TIME(segment->started_us);
    U64(segment->offset_ms);
    U64(segment->duration_ms);
    WORD(segment->queue);
    WORD(segment->agent);
    WORD(segment->flow);
    WORD(segment->node);
    WORD(segment->phone);
    WORD(segment->site);
    WORD(segment->outcome);
    WORD(segment->digits);
    WORD(segment->recording);
    walk_decision(walk, &segment->decision);
}

static void walk_command(struct walk *walk, void *item)
{
    struct command *command = item;
    WORD(command->id);
    U64(command->edge);
    U64(command->leg);
    U32(command->number, ANY);
    U32(command->body_case, ANY);
    U32(command->attempts, ANY);
    TIME(command->expires_us);
    U32(command->len, COMMAND_BYTES_MAX);
    walk_bytes(walk, command->data, command->len);
}

/* --- collections --- */

/* Every item begins with its own pool id. */
static void walk_pool(struct walk *walk, struct far_pool *pool,
                      void (*walk_item)(struct walk *walk, void *item))
{
    uint64_t serial = far_pool_serial(pool), count = pool->len, id = 0;
    U64(serial);
    U64(count);
    if (walk->reading) {
        if (count > pool->capacity) bad(walk);
        if (walk->err == FAR_OK) far_pool_set_serial(pool, serial);
    }
    for (uint64_t i = 0; i < count && walk->err == FAR_OK; i++) {
        uint64_t before = id;
        if (!walk->reading) id = far_pool_next(pool, id);
        U64(id);
        if (i > 0 && SLOT(id) <= SLOT(before)) bad(walk); /* one order only */
        if (walk->err != FAR_OK) return;
        void *item = walk->reading ? far_pool_restore(pool, id) : far_pool_get(pool, id);
        if (!item || walk->err != FAR_OK) {
            bad(walk);
            return;
        }
        *(uint64_t *)item = id;
        walk_item(walk, item);
    }
}

static void walk_closed(struct walk *walk, struct acd *acd)
{
    uint64_t count = acd->closed_count, id = acd->closed_first;
    U64(count);
    if (count > ACD_CLOSED_MAX) bad(walk);
    for (uint64_t i = 0; i < count && walk->err == FAR_OK; i++) {
        U64(id);
        struct contact *contact = acd_contact_get(acd, id);
        if (!contact || contact->state != CONTACT_ENDED) {
            bad(walk);
            return;
        }
        if (walk->reading)
            acd_closed_link(acd, contact);
        else
            id = contact->closed_next;
    }
}

static void walk_configs(struct walk *walk, struct acd *acd)
{
    U32(acd->config_now, CONFIG_SLOTS);
    U64(acd->config_version);
    for (uint32_t i = 0; i < CONFIG_SLOTS; i++) {
        struct config_slot *slot = &acd->configs[i];
        bool used = i == acd->config_now || slot->contacts > 0;
        uint64_t len = slot->len;
        BOOL(used);
        if (!used) continue;
        U64(slot->version);
        U64(slot->hash);
        U64(len);
        if (len > acd->config_bytes_max) bad(walk);
        if (walk->err != FAR_OK) return;
        slot->len = (size_t)len;
        walk_bytes(walk, slot->bytes, slot->len);
    }
    uint64_t len = acd->staging.len;
    WORD(acd->staging.id);
    U32(acd->staging.pieces, ANY);
    U64(len);
    if (len > acd->config_bytes_max) bad(walk);
    if (walk->err != FAR_OK) return;
    acd->staging.len = (size_t)len;
    walk_bytes(walk, acd->staging.bytes, acd->staging.len);
}

static void walk_outbox(struct walk *walk, struct acd *acd)
{
    struct outbox *outbox = &acd->outbox;
    uint64_t first = outbox->first, last = outbox->last;
    U64(first);
    U64(last);
    U64(outbox->dropped);
    if (first == 0 || last + 1 < first || last + 1 - first > outbox->capacity) bad(walk);
    if (walk->err != FAR_OK) return;
    if (walk->reading) {
        outbox->first = first;
        outbox->last = first - 1;
    }
    for (uint64_t number = first; number <= last && walk->err == FAR_OK; number++) {
        struct record_entry entry = {0};
        if (!walk->reading) entry = outbox->entries[number % outbox->capacity];
        const uint8_t *data = outbox->bytes + entry.offset;
        U32(entry.kind, RECORD_KIND_COUNT - 1);
        WORD(entry.id);
        U32(entry.len, RECORD_BYTES_MAX);
        if (walk->reading) data = acd->scratch;
        walk_bytes(walk, (uint8_t *)(uintptr_t)data, entry.len);
        if (walk->reading && walk->err == FAR_OK &&
            !acd_outbox_put(outbox, (enum record_kind)entry.kind, entry.id, data, entry.len))
            bad(walk);
    }
}

static void walk_scalars(struct walk *walk, struct acd *acd)
{
    struct counters *count = &acd->count;
    WORD(acd->incarnation_text);
    U64(acd->position);
    TIME(acd->stamp_us);
    TIME(acd->now_us);
    U64(acd->leader_position);
    WORD(acd->leader);
    U32(acd->core_version, ACD_CORE_VERSION);
    uint64_t *const counters[] = {&count->inputs,     &count->duplicates,    &count->gaps,
                                  &count->refused,    &count->arrived,       &count->calls_refused,
                                  &count->ivr_served, &count->ivr_abandoned, &count->offered,
                                  &count->answered,   &count->abandoned,     &count->overflowed};
    for (size_t i = 0; i < FAR_ARRAY_LEN(counters); i++)
        walk_u64(walk, counters[i]);
}

/* How phones answer, who is muted: pairs of an id and a value that is not the usual one, by slot. */
static uint64_t wish_next(struct acd *acd, struct far_pool *pool, uint64_t id, uint32_t *ret_value)
{
    bool phones = pool == &acd->phones;
    while ((id = far_pool_next(pool, id)) != 0) {
        *ret_value = phones ? acd_phone_get(acd, id)->answer : acd_agent_get(acd, id)->muted;
        if (*ret_value) return id;
    }
    return 0;
}

static void wish_set(struct walk *walk, struct acd *acd, bool phones, uint64_t id, uint32_t value)
{
    struct phone *phone = phones ? acd_phone_get(acd, id) : NULL;
    struct agent *agent = phones ? NULL : acd_agent_get(acd, id);
    if ((!phone && !agent) || value == 0) {
        bad(walk);
        return;
    }
    if (phone) phone->answer = value;
    if (agent) agent->muted = true;
}

static void walk_wishes(struct walk *walk, struct acd *acd, struct far_pool *pool, uint32_t max)
{
    uint32_t value = 0, count = 0;
    for (uint64_t id = walk->reading ? 0 : wish_next(acd, pool, 0, &value); id;
         id = wish_next(acd, pool, id, &value))
        count++;
    U32(count, ANY);
    if (count > pool->capacity) bad(walk);
    uint64_t id = 0;
    for (uint32_t i = 0; i < count && walk->err == FAR_OK; i++) {
        uint64_t before = id;
        if (!walk->reading) id = wish_next(acd, pool, before, &value);
        U64(id);
        U32(value, max);
        if (i > 0 && SLOT(id) <= SLOT(before)) bad(walk);
        if (walk->reading && walk->err == FAR_OK) wish_set(walk, acd, pool == &acd->phones, id, value);
    }
}

static uint32_t version_of(struct acd *acd)
{
    uint32_t value = 0;
    bool plain = !wish_next(acd, &acd->phones, 0, &value) && !wish_next(acd, &acd->agents, 0, &value);
    return plain ? 1 : SNAPSHOT_VERSION;
}

static void walk_limits(struct walk *walk, struct acd_limits *limits)
{
    uint64_t magic = MAGIC;
    const char *text;
    U64(magic);
    U32(walk->version, ANY);
    if (magic != MAGIC || walk->version < 1 || walk->version > SNAPSHOT_VERSION) bad(walk);
    U32(limits->agents_max, ANY);
    U32(limits->contacts_max, ANY);
    U32(limits->queues_max, ANY);
    U32(limits->legs_max, ANY);
    U32(limits->records_max, ANY);
    if (walk->err == FAR_OK && acd_limits_check(limits, &text) != FAR_OK) bad(walk);
}

static void walk_state(struct walk *walk, struct acd *acd)
{
    walk_scalars(walk, acd);
    walk_pool(walk, &acd->producers, walk_producer);
    walk_pool(walk, &acd->edges, walk_edge);
    walk_pool(walk, &acd->phones, walk_phone);
    walk_pool(walk, &acd->agents, walk_agent);
    walk_pool(walk, &acd->queues, walk_queue);
    walk_pool(walk, &acd->legs, walk_leg);
    walk_pool(walk, &acd->contacts, walk_contact);
    walk_pool(walk, &acd->segments, walk_segment);
    walk_pool(walk, &acd->commands, walk_command);
    walk_closed(walk, acd);
    walk_configs(walk, acd);
    walk_outbox(walk, acd);
    if (walk->version == 1) return;
    walk_wishes(walk, acd, &acd->phones, ANSWER_COUNT - 1);
    walk_wishes(walk, acd, &acd->agents, 1);
    if (walk->reading && walk->err == FAR_OK && version_of(acd) == 1) bad(walk); /* one way only */
}

/* --- the three uses --- */

static struct acd *writable(const struct acd *acd)
{
    return (struct acd *)(uintptr_t)acd; /* a walk that does not read writes nothing */
}

uint64_t acd_hash(const struct acd *acd)
{
    struct walk walk = {.version = version_of(writable(acd))};
    far_hash64_init(&walk.hash, 0);
    walk_limits(&walk, &writable(acd)->limits);
    walk_state(&walk, writable(acd));
    walk_flush(&walk);
    return far_hash64_value(&walk.hash);
}

enum far_err acd_snapshot_write(const struct acd *acd, const struct acd_sink *sink)
{
    struct walk walk = {.sink = sink, .version = version_of(writable(acd))};
    far_hash64_init(&walk.hash, 0);
    walk_limits(&walk, &writable(acd)->limits);
    walk_state(&walk, writable(acd));
    walk_flush(&walk);
    (void)walk_number(&walk, far_hash64_value(&walk.hash), 8);
    walk_flush(&walk);
    return walk.err;
}

enum far_err acd_snapshot_limits(const struct acd_source *source, struct acd_limits *ret_limits)
{
    struct walk walk = {.reading = true, .source = source};
    struct acd_limits limits = {0};
    far_hash64_init(&walk.hash, 0);
    walk_limits(&walk, &limits);
    if (walk.err == FAR_OK) *ret_limits = limits;
    return walk.err;
}

static enum far_err read_state(struct walk *walk, struct acd *acd)
{
    char text[256];
    walk_state(walk, acd);
    uint64_t hash = far_hash64_value(&walk->hash);
    if (walk_number(walk, 0, 8) != hash) bad(walk);
    if (walk->err != FAR_OK) return walk->err;
    if (acd->incarnation_text[0] && far_id_parse(acd->incarnation_text, &acd->incarnation) != FAR_OK)
        return FAR_EPROTO;
    enum far_err err = acd_rebuild(acd);
    if (err == FAR_OK && acd_check(acd, text, sizeof(text)) != FAR_OK) err = FAR_EPROTO;
    return err;
}

enum far_err acd_snapshot_read(const struct acd_limits *limits, const struct acd_source *source,
                               struct acd **ret_acd)
{
    struct walk *walk = calloc(1, sizeof(*walk));
    struct acd_limits found = {0};
    struct acd *acd = NULL;
    if (!walk) return FAR_ENOMEM;
    walk->reading = true;
    walk->source = source;
    far_hash64_init(&walk->hash, 0);
    walk_limits(walk, &found);
    enum far_err err = walk->err;
    if (err == FAR_OK && limits && memcmp(limits, &found, sizeof(found)) != 0) err = FAR_ECONFLICT;
    if (err == FAR_OK) err = acd_create(&found, &acd);
    if (err == FAR_OK) err = read_state(walk, acd);
    if (err == FAR_OK)
        *ret_acd = acd;
    else
        acd_destroy(acd);
    free(walk);
    return err;
}
