/* SPDX-License-Identifier: Apache-2.0 */
/* publish.c - facts and records on their way out. All replicas keep recent facts; the leader publishes. */
#include "far/str.h"
#include "replica_impl.h"
#include <stdlib.h>
#include <string.h>

static struct fact *fact_at(struct replica *replica, uint64_t number)
{
    return &replica->facts[number % replica->config.facts_max];
}

static void facts_publisher(struct replica *replica, uint64_t first)
{
    struct far_appender_core_config config = {.first_number = first,
                                              .count_max = replica->config.facts_max,
                                              .window = FACTS_WINDOW,
                                              .ack_timeout_ms = replica->config.ack_timeout_ms,
                                              .retry_ms = replica->config.retry_ms};
    far_appender_core_destroy(replica->facts_out);
    replica->facts_out = NULL;
    if (far_appender_core_create(&config, &replica->facts_out) != FAR_OK) {
        replica_halt(replica, "out of memory");
        return;
    }
    uint64_t number;
    while (far_appender_core_next_number(replica->facts_out) < replica->facts_next)
        if (far_appender_core_push(replica->facts_out, &number) != FAR_OK) break;
    far_appender_core_connected(replica->facts_out, replica->connected);
}

void facts_keep(struct replica *replica, const struct acd_fact *from)
{
    size_t len = farseat__v1__fact__get_packed_size(from->fact);
    uint8_t *data = malloc(len);
    if (!data) {
        replica->stats.facts_dropped++;
        return;
    }
    farseat__v1__fact__pack(from->fact, data);
    if (replica->facts_next - replica->facts_first == replica->config.facts_max) {
        bool unpublished =
            replica->facts_out && far_appender_core_first(replica->facts_out) == replica->facts_first;
        replica->facts_first++;
        if (unpublished) {
            replica->stats.facts_dropped++;
            facts_publisher(replica, replica->facts_first);
        }
    }
    struct fact *fact = fact_at(replica, replica->facts_next++);
    free(fact->data);
    *fact = (struct fact){.data = data, .len = len, .position = acd_position(replica->acd)};
    far_str_copy(fact->suffix, sizeof(fact->suffix), from->suffix);
    far_str_copy(fact->id, sizeof(fact->id), from->fact->fact_id);
    far_str_copy(fact->contact_id, sizeof(fact->contact_id), from->fact->contact_id);
    far_str_copy(fact->agent_id, sizeof(fact->agent_id), from->fact->agent_id);
    far_str_copy(fact->queue_id, sizeof(fact->queue_id), from->fact->queue_id);
    uint64_t number;
    if (replica->facts_out && far_appender_core_push(replica->facts_out, &number) != FAR_OK)
        replica->stats.facts_dropped++;
}

void facts_clear(struct replica *replica)
{
    for (uint32_t i = 0; i < replica->config.facts_max; i++)
        free(replica->facts[i].data);
}

/* Records are numbered by the core; those that wait get into the publisher as far as there is room. */
static void records_feed(struct replica *replica)
{
    uint64_t first, last, number;
    acd_record_range(replica->acd, &first, &last);
    while (far_appender_core_next_number(replica->records_out) <= last)
        if (far_appender_core_push(replica->records_out, &number) != FAR_OK) break;
}

void publish_start(struct replica *replica, uint64_t now_ms)
{
    /* What no leader has said to be stored; what is stored all the same, the stream's window drops. */
    uint64_t first_fact = replica->facts_first;
    while (first_fact < replica->facts_next &&
           fact_at(replica, first_fact)->position <= replica->facts_stored)
        first_fact++;
    facts_publisher(replica, first_fact);
    uint64_t first, last;
    acd_record_range(replica->acd, &first, &last);
    struct far_appender_core_config config = {.first_number = first,
                                              .count_max = RECORDS_AHEAD_MAX,
                                              .window = RECORDS_WINDOW,
                                              .ack_timeout_ms = replica->config.ack_timeout_ms,
                                              .retry_ms = replica->config.retry_ms};
    far_appender_core_destroy(replica->records_out);
    replica->records_out = NULL;
    if (far_appender_core_create(&config, &replica->records_out) != FAR_OK) {
        replica_halt(replica, "out of memory");
        return;
    }
    far_appender_core_connected(replica->records_out, replica->connected);
    replica->stored_told = first > 0 ? first - 1 : 0;
    replica->stored_told_ms = now_ms;
}

uint64_t publish_facts_position(struct replica *replica)
{
    if (!replica->facts_out) return 0;
    uint64_t first = far_appender_core_first(replica->facts_out);
    return first == replica->facts_next ? acd_position(replica->acd) : fact_at(replica, first)->position - 1;
}

void publish_stop(struct replica *replica)
{
    replica->facts_out = far_appender_core_destroy(replica->facts_out);
    replica->records_out = far_appender_core_destroy(replica->records_out);
}

static bool fact_next(struct replica *replica, uint64_t now_ms, struct replica_effect *effect)
{
    uint64_t number, epoch;
    far_appender_core_tick(replica->facts_out, now_ms);
    if (!far_appender_core_next(replica->facts_out, now_ms, &number, &epoch)) return false;
    const struct fact *fact = fact_at(replica, number);
    effect->kind = REPLICA_FACT;
    effect->number = number;
    effect->epoch = epoch;
    effect->data = fact->data;
    effect->len = fact->len;
    effect->target = fact->suffix;
    effect->contact_id = fact->contact_id;
    effect->agent_id = fact->agent_id;
    effect->queue_id = fact->queue_id;
    effect->timeout_ms = replica->config.ack_timeout_ms;
    far_str_copy(effect->msg_id, sizeof(effect->msg_id), fact->id);
    return true;
}

static bool record_next(struct replica *replica, uint64_t now_ms, struct replica_effect *effect)
{
    uint64_t number, epoch;
    struct acd_record record;
    records_feed(replica);
    far_appender_core_tick(replica->records_out, now_ms);
    while (far_appender_core_next(replica->records_out, now_ms, &number, &epoch)) {
        if (acd_record_get(replica->acd, number, &record) != FAR_OK) {
            /* A former leader's RecordsStored passed us: it is stored. */
            (void)far_appender_core_acked(replica->records_out, number, epoch, now_ms);
            continue;
        }
        effect->kind = REPLICA_RECORD;
        effect->number = number;
        effect->epoch = epoch;
        effect->data = record.data;
        effect->len = record.len;
        effect->target = record.kind;
        effect->timeout_ms = replica->config.ack_timeout_ms;
        far_str_copy(effect->msg_id, sizeof(effect->msg_id), record.record_id);
        return true;
    }
    return false;
}

static void tell_stored(struct replica *replica, uint64_t now_ms)
{
    uint64_t stored = far_appender_core_first(replica->records_out) - 1;
    if (stored <= replica->stored_told || now_ms < replica->stored_told_ms + STORED_EVERY_MS) return;
    Farseat__V1__RecordsStored body = FARSEAT__V1__RECORDS_STORED__INIT;
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    body.number = stored;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_RECORDS_STORED;
    input.records_stored = &body;
    uint64_t number;
    replica->stored_told_ms = now_ms;
    if (inputs_push(replica, now_ms, &input, &number) == FAR_OK) replica->stored_told = stored;
}

bool publish_next(struct replica *replica, uint64_t now_ms, struct replica_effect *effect)
{
    if (replica->role != REPLICA_LEADER || !replica->facts_out || !replica->records_out) return false;
    tell_stored(replica, now_ms);
    return fact_next(replica, now_ms, effect) || record_next(replica, now_ms, effect);
}

uint64_t publish_deadline_ms(const struct replica *replica)
{
    if (!replica->facts_out || !replica->records_out) return UINT64_MAX;
    uint64_t deadline_ms = far_appender_core_deadline_ms(replica->facts_out);
    uint64_t records_ms = far_appender_core_deadline_ms(replica->records_out);
    if (records_ms < deadline_ms) deadline_ms = records_ms;
    bool stored = far_appender_core_first(replica->records_out) - 1 > replica->stored_told;
    uint64_t stored_ms = replica->stored_told_ms + STORED_EVERY_MS;
    return stored && stored_ms < deadline_ms ? stored_ms : deadline_ms;
}
