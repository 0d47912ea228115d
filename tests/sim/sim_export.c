/* SPDX-License-Identifier: Apache-2.0 */
/* sim_export.c - the exporter's progress module against a Kafka that commits or not and tells or not. */
#include "far/str.h"
#include "sim.h"
#include <string.h>

#define STREAM_INCARNATION "rec-1"
#define BATCH_MAX          64u

static uint64_t now_us(const struct world *world)
{
    return world->now_ms * 1000;
}

/* Kafka's log of this ACD's records: a transaction appends its numbers in the order in which they were read.
 */
static void commit(struct world *world)
{
    struct exporter *exporter = &world->exporter;
    for (uint64_t i = 0; i < exporter->open_len; i++) {
        if (exporter->open_first + i != exporter->kafka_last + 1)
            sim_fail(world, "record %llu reached Kafka after %llu",
                     (unsigned long long)(exporter->open_first + i),
                     (unsigned long long)exporter->kafka_last);
        exporter->kafka_last++;
        exporter->kafka_len++;
    }
    exporter->committed = *export_batch_progress(&exporter->core);
}

static const Farseat__V1__RecordOrigin *origin_of(const Farseat__V1__Record *record)
{
    switch (record->body_case) {
    case FARSEAT__V1__RECORD__BODY_CONTACT:
        return record->contact->origin;
    case FARSEAT__V1__RECORD__BODY_SEGMENT:
        return record->segment->origin;
    case FARSEAT__V1__RECORD__BODY_AGENT_ACTIVITY:
        return record->agent_activity->origin;
    case FARSEAT__V1__RECORD__BODY_SURVEY:
        return record->survey->origin;
    default:
        return NULL;
    }
}

static void read_some(struct world *world)
{
    struct exporter *exporter = &world->exporter;
    const struct stored *stored;
    while (!world->failed && (stored = stream_at(&world->streams[STREAM_REC], exporter->read_next)) != NULL) {
        Farseat__V1__Record *record = farseat__v1__record__unpack(NULL, stored->len, stored->data);
        const Farseat__V1__RecordOrigin *origin = record ? origin_of(record) : NULL;
        if (!origin) {
            sim_fail(world, "a record without origin");
        } else {
            enum export_verdict verdict = export_take(&exporter->core, exporter->read_next, origin->producer,
                                                      origin->incarnation, origin->number, now_us(world));
            if (verdict == EXPORT_NOT_NOW) {
                farseat__v1__record__free_unpacked(record, NULL);
                return;
            }
            if (verdict == EXPORT_GAP)
                sim_fail(world, "stream REC has record %llu before the one that it follows",
                         (unsigned long long)origin->number);
            if (verdict == EXPORT_NEW) {
                if (exporter->open_len == 0) exporter->open_first = origin->number;
                exporter->open_len++;
            }
            exporter->read_next++;
        }
        if (record) farseat__v1__record__free_unpacked(record, NULL);
    }
}

static void run(struct world *world)
{
    struct exporter *exporter = &world->exporter;
    uint64_t due_us;
    for (int round = 0; round < 16; round++) {
        switch (export_next(&exporter->core, now_us(world), &due_us)) {
        case EXPORT_DO_NOTHING:
            return;
        case EXPORT_DO_STOP:
            exporter->open_len = 0;
            export_stopped(&exporter->core);
            break;
        case EXPORT_DO_LOAD:
            exporter->open_len = 0;
            if (sim_fault(world, 100))
                export_failed(&exporter->core, now_us(world));
            else
                export_loaded(&exporter->core, &exporter->committed, STREAM_INCARNATION);
            break;
        case EXPORT_DO_READ:
            exporter->read_next = exporter->core.progress.sequence + 1;
            break;
        case EXPORT_DO_COMMIT: {
            bool unclear = sim_fault(world, 50);
            if (!unclear || sim_chance(world, 500)) commit(world);
            exporter->open_len = 0;
            if (unclear)
                export_failed(&exporter->core, now_us(world));
            else
                export_committed(&exporter->core);
            break;
        }
        }
    }
}

static void on_turn(struct world *world, struct event *event)
{
    struct exporter *exporter = &world->exporter;
    (void)event;
    if (sim_fault(world, 3)) {
        /* Killed and started again: only what Kafka holds is left. */
        struct export_limits limits = exporter->core.limits;
        export_init(&exporter->core, &limits);
        export_lease(&exporter->core, true);
        exporter->open_len = 0;
        world->counts.kills++;
    }
    run(world);
    if (exporter->core.state == EXPORT_READING) read_some(world);
    run(world);
    sim_after(world, 50, &(struct event){.fn = on_turn});
}

void exporter_start(struct world *world)
{
    struct export_limits limits = {
        .batch_records_max = BATCH_MAX, .batch_us_max = 200000, .retry_us = 500000};
    export_init(&world->exporter.core, &limits);
    export_lease(&world->exporter.core, true);
    sim_after(world, 50, &(struct event){.fn = on_turn});
}
