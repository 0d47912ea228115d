/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"
#include "far/clock.h"
#include "far/id.h"
#include "far/log.h"
#include "far/stream.h"
#include "farseat/v1/fact.pb-c.h"
#include <stdio.h>
#include <stdlib.h>

#define WAITING_MAX   8192u
#define BYTES_MAX     (8u << 20)
#define INDEX_STARTED 1u
#define INDEX_ENDED   2u

struct facts {
    char instance[PART_NAME_SIZE];
    struct far_appender *started, *ended;
};

static enum far_err appender_make(struct far_bus *bus, const char *subject, const char *instance,
                                  const char *kind, const char *incarnation,
                                  struct far_appender **ret_appender)
{
    char id[160];
    (void)snprintf(id, sizeof(id), "%s.%s.%s", instance, kind, incarnation);
    struct far_appender_config config = {
        .subject = subject, .id = id, .first_number = 1, .count_max = WAITING_MAX, .bytes_max = BYTES_MAX};
    return far_appender_create(bus, &config, ret_appender);
}

enum far_err facts_create(struct far_bus *bus, const char *instance, const char *incarnation,
                          struct facts **ret_facts)
{
    struct facts *facts = calloc(1, sizeof(*facts));
    if (!facts) return FAR_ENOMEM;
    (void)snprintf(facts->instance, sizeof(facts->instance), "%s", instance);
    enum far_err err =
        appender_make(bus, "far.evt.recording.started", instance, "started", incarnation, &facts->started);
    if (err == FAR_OK)
        err = appender_make(bus, "far.evt.recording.ended", instance, "ended", incarnation, &facts->ended);
    if (err != FAR_OK) {
        facts_destroy(facts);
        return err;
    }
    *ret_facts = facts;
    return FAR_OK;
}

struct facts *facts_destroy(struct facts *facts)
{
    if (!facts) return NULL;
    if (facts->started) far_appender_destroy(facts->started);
    if (facts->ended) far_appender_destroy(facts->ended);
    free(facts);
    return NULL;
}

void facts_say(struct facts *facts, const struct part *part)
{
    bool ended = part->state != PART_RECORDING;
    Farseat__V1__Fact fact = FARSEAT__V1__FACT__INIT;
    Farseat__V1__RecordingFact body = FARSEAT__V1__RECORDING_FACT__INIT;
    struct far_id recording, id;
    char fact_id[FAR_ID_TEXT_SIZE];
    if (far_id_parse(part->recording_id, &recording) != FAR_OK) return;
    id = far_id_derive(&recording, part->number, ended ? INDEX_ENDED : INDEX_STARTED);
    far_id_format(&id, fact_id);
    /* protobuf-c's texts are not const, but packing only reads them */
    body.recording_id = (char *)(uintptr_t)part->recording_id;
    body.part = part->number;
    body.recorder = facts->instance;
    body.recorded_ms = part_recorded_ms(part);
    body.state = (char *)(uintptr_t)part_state_name(part->state);
    fact.fact_id = fact_id;
    fact.at_us = ended ? part->ended_at_us : part->started_at_us;
    fact.contact_id = (char *)(uintptr_t)part->contact_id;
    fact.agent_id = (char *)(uintptr_t)part->agent_id;
    fact.queue_id = (char *)(uintptr_t)part->queue_id;
    fact.body_case =
        ended ? FARSEAT__V1__FACT__BODY_RECORDING_ENDED : FARSEAT__V1__FACT__BODY_RECORDING_STARTED;
    fact.recording_started = &body; /* one union */
    struct far_bus_header headers[3];
    size_t count = 0;
    if (part->contact_id[0]) headers[count++] = (struct far_bus_header){"Farseat-Contact", part->contact_id};
    if (part->agent_id[0]) headers[count++] = (struct far_bus_header){"Farseat-Agent", part->agent_id};
    if (part->queue_id[0]) headers[count++] = (struct far_bus_header){"Farseat-Queue", part->queue_id};
    struct far_bus_options options = {.headers = headers, .headers_count = count};
    enum far_err err = far_appender_push_message(ended ? facts->ended : facts->started, &fact.base, &options);
    if (err != FAR_OK)
        FAR_ERROR("fact-dropped", "recording=%s part=%u state=%s error=%s", part->recording_id, part->number,
                  part_state_name(part->state), far_err_name(err));
}

uint32_t facts_waiting(const struct facts *facts)
{
    uint32_t started = 0, ended = 0;
    size_t bytes = 0;
    uint64_t rewinds = 0;
    far_appender_stats(facts->started, &started, &bytes, &rewinds);
    far_appender_stats(facts->ended, &ended, &bytes, &rewinds);
    return started + ended;
}
