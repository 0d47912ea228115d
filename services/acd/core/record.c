/* SPDX-License-Identifier: Apache-2.0 */
/* Finished records (record.proto), built from the state and packed into the outbox. */
#include "far/clock.h"
#include "state.h"
#include <string.h>

#define SCHEMA_VERSION 1

void acd_record(struct acd *acd, enum record_kind kind, Farseat__V1__Record *record,
                Farseat__V1__RecordOrigin *origin, const char *record_id)
{
    struct acd_output *out = acd->out;
    struct outbox *outbox = &acd->outbox;
    origin->producer = TEXT("acd");
    origin->incarnation = acd->incarnation_text;
    origin->number = outbox->last + 1;
    size_t len = farseat__v1__record__get_packed_size(record);
    if (len > RECORD_BYTES_MAX) {
        outbox->dropped++;
        return;
    }
    (void)farseat__v1__record__pack(record, acd->scratch);
    if (!acd_outbox_put(outbox, kind, record_id, acd->scratch, len)) {
        outbox->dropped++; /* admission keeps a quarter of the outbox for what lives, so that this does not
                              happen */
        return;
    }
    if (out->record_first > out->record_last) out->record_first = outbox->last;
    out->record_last = outbox->last;
}

static void fill_menu(const struct contact *contact, Farseat__V1__MenuStep *steps,
                      Farseat__V1__MenuStep **rows)
{
    for (uint32_t i = 0; i < contact->menu_count; i++) {
        farseat__v1__menu_step__init(&steps[i]);
        steps[i].flow_id = TEXT(contact->flow_id);
        steps[i].node_id = TEXT(contact->menu[i].node);
        steps[i].digits = TEXT(contact->menu[i].digits);
        steps[i].at_ms = contact->menu[i].at_ms;
        rows[i] = &steps[i];
    }
}

static void fill_missed(const struct contact *contact, Farseat__V1__MissedOffer *offers,
                        Farseat__V1__MissedOffer **rows)
{
    for (uint32_t i = 0; i < contact->missed_count; i++) {
        farseat__v1__missed_offer__init(&offers[i]);
        offers[i].agent_id = TEXT(contact->missed[i].agent);
        offers[i].cause = TEXT(contact->missed[i].cause);
        offers[i].ring_ms = contact->missed[i].ring_ms;
        offers[i].at_us = contact->missed[i].at_us;
        rows[i] = &offers[i];
    }
}

static void fill_parts(const struct contact *contact, Farseat__V1__AgentPart *parts,
                       Farseat__V1__AgentPart **rows)
{
    for (uint32_t i = 0; i < contact->part_count; i++) {
        const struct part *part = &contact->parts[i];
        farseat__v1__agent_part__init(&parts[i]);
        parts[i].agent_id = TEXT(part->agent);
        parts[i].queue_id = TEXT(part->queue);
        parts[i].phone = TEXT(part->phone);
        parts[i].phone_address = TEXT(part->address);
        parts[i].site_id = TEXT(part->site);
        parts[i].edge = TEXT(part->edge);
        parts[i].ring_ms = part->ring_ms;
        parts[i].talk_ms = part->talk_ms;
        parts[i].hold_ms = part->hold_ms;
        parts[i].after_call_work_ms = part->after_call_work_ms;
        parts[i].recording_id = TEXT(part->recording);
        parts[i].disposition = TEXT(part->disposition);
        parts[i].ended_by = (Farseat__V1__EndedBy)part->ended_by;
        rows[i] = &parts[i];
    }
}

static void fill_people(const struct contact *contact, Farseat__V1__ContactRecord *out, char **agents,
                        char **recordings)
{
    for (uint32_t i = 0; i < contact->part_count; i++) {
        agents[out->n_agent_ids++] = TEXT(contact->parts[i].agent);
        if (contact->parts[i].recording[0])
            recordings[out->n_recording_ids++] = TEXT(contact->parts[i].recording);
    }
    out->agent_ids = agents;
    out->recording_ids = recordings;
    if (contact->part_count) out->first_agent_id = TEXT(contact->parts[0].agent);
}

static void fill_who(const struct contact *contact, Farseat__V1__ContactRecord *out)
{
    out->contact_id = TEXT(contact->id);
    out->channel = FARSEAT__V1__CHANNEL__CHANNEL_VOICE;
    out->direction = FARSEAT__V1__DIRECTION__DIRECTION_INBOUND;
    out->started_at_us = contact->started_stamp_us;
    out->ended_at_us = contact->ended_stamp_us;
    out->caller_name = TEXT(contact->caller_name);
    out->dialled = TEXT(contact->dialled);
    out->published = TEXT(contact->published);
    out->trunk_id = TEXT(contact->trunk);
    out->site_id = TEXT(contact->site);
    out->edge = TEXT(contact->edge);
    out->flow_id = TEXT(contact->flow_id);
}

static void fill_result(const struct contact *contact, Farseat__V1__ContactRecord *out)
{
    bool abandoned = contact->result == FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED;
    out->result = (Farseat__V1__ContactResult)contact->result;
    out->ended_by = (Farseat__V1__EndedBy)contact->ended_by;
    out->end_cause = TEXT(contact->end_cause);
    out->queue_id = TEXT(contact->queue_id);
    out->first_queue_id = TEXT(contact->first_queue_id);
    out->position_at_entry = contact->position_at_entry;
    out->short_abandon = abandoned && contact->wait_ms <= contact->short_abandon_ms;
    out->short_abandon_ms = contact->short_abandon_ms;
    out->service_level_ms = contact->service_level_ms;
    out->ivr_ms = contact->ivr_ms;
    out->wait_ms = contact->wait_ms;
    out->ring_ms = contact->ring_ms;
    out->talk_ms = contact->talk_ms;
    out->hold_ms = contact->hold_ms;
    out->after_call_work_ms = contact->after_call_work_ms;
    out->duration_ms = contact->ended_ms;
    out->survey_ms = contact->survey_ms;
    out->disposition = TEXT(contact->disposition);
    out->disposition_note = TEXT(contact->note);
    out->survey_score = contact->survey_score;
    out->survey_id = TEXT(contact->survey_id);
    out->survey_answered = contact->survey_answered;
    out->transfers = contact->transfers;
    out->holds = contact->holds;
    out->sound_gap_ms_max = contact->sound_gap_ms_max;
}

void acd_record_contact(struct acd *acd, struct contact *contact)
{
    Farseat__V1__ContactRecord body = FARSEAT__V1__CONTACT_RECORD__INIT;
    Farseat__V1__RecordOrigin origin = FARSEAT__V1__RECORD_ORIGIN__INIT;
    Farseat__V1__Record record = FARSEAT__V1__RECORD__INIT;
    Farseat__V1__TelephoneNumber caller;
    Farseat__V1__MenuStep menu[MENU_STEPS_MAX], *menu_rows[MENU_STEPS_MAX];
    Farseat__V1__MissedOffer missed[MISSED_MAX], *missed_rows[MISSED_MAX];
    Farseat__V1__AgentPart parts[PARTS_MAX], *part_rows[PARTS_MAX];
    char *agents[PARTS_MAX], *recordings[PARTS_MAX];
    char id[UUID_SIZE], started[FAR_TIME_TEXT_SIZE], ended[FAR_TIME_TEXT_SIZE];
    acd_new_id(acd, id);
    acd_fact_caller(contact, &caller);
    far_time_format(contact->started_stamp_us, started);
    far_time_format(contact->ended_stamp_us, ended);
    body.record_id = id;
    body.schema_version = SCHEMA_VERSION;
    body.revision = ++contact->revision;
    body.origin = &origin;
    body.caller = &caller;
    body.started_at = started;
    body.ended_at = ended;
    fill_who(contact, &body);
    fill_result(contact, &body);
    fill_menu(contact, menu, menu_rows);
    fill_missed(contact, missed, missed_rows);
    fill_parts(contact, parts, part_rows);
    fill_people(contact, &body, agents, recordings);
    body.menu_path = menu_rows;
    body.n_menu_path = contact->menu_count;
    body.missed_offers = missed_rows;
    body.n_missed_offers = contact->missed_count;
    body.parts = part_rows;
    body.n_parts = contact->part_count;
    record.body_case = FARSEAT__V1__RECORD__BODY_CONTACT;
    record.contact = &body;
    acd_record(acd, RECORD_CONTACT, &record, &origin, id);
}

void acd_record_segment(struct acd *acd, const struct segment *segment)
{
    const struct contact *contact = acd_contact_get(acd, segment->contact);
    Farseat__V1__SegmentRecord body = FARSEAT__V1__SEGMENT_RECORD__INIT;
    Farseat__V1__RecordOrigin origin = FARSEAT__V1__RECORD_ORIGIN__INIT;
    Farseat__V1__Record record = FARSEAT__V1__RECORD__INIT;
    struct decision_storage storage;
    char id[UUID_SIZE], started[FAR_TIME_TEXT_SIZE];
    acd_new_id(acd, id);
    far_time_format(segment->started_stamp_us, started);
    body.record_id = id;
    body.schema_version = SCHEMA_VERSION;
    body.revision = 1;
    body.origin = &origin;
    body.segment_id = TEXT(segment->id);
    body.contact_id = TEXT(contact->id);
    body.index = segment->index;
    body.kind = (Farseat__V1__SegmentKind)segment->kind;
    body.started_at_us = segment->started_stamp_us;
    body.started_at = started;
    body.offset_ms = segment->offset_ms;
    body.duration_ms = segment->duration_ms;
    body.queue_id = TEXT(segment->queue);
    body.agent_id = TEXT(segment->agent);
    body.flow_id = TEXT(segment->flow);
    body.node_id = TEXT(segment->node);
    body.phone = TEXT(segment->phone);
    body.site_id = TEXT(segment->site);
    body.outcome = TEXT(segment->outcome);
    body.position = segment->position;
    body.recording_id = TEXT(segment->recording);
    body.digits = TEXT(segment->digits);
    if (segment->decision.rule) {
        acd_decision_fill(&segment->decision, &storage);
        body.decision = &storage.decision;
    }
    record.body_case = FARSEAT__V1__RECORD__BODY_SEGMENT;
    record.segment = &body;
    acd_record(acd, RECORD_SEGMENT, &record, &origin, id);
}

void acd_record_activity(struct acd *acd, const struct agent *agent, uint32_t next_state)
{
    if (agent->state == AGENT_LOGGED_OUT) return;
    Farseat__V1__AgentActivityRecord body = FARSEAT__V1__AGENT_ACTIVITY_RECORD__INIT;
    Farseat__V1__RecordOrigin origin = FARSEAT__V1__RECORD_ORIGIN__INIT;
    Farseat__V1__Record record = FARSEAT__V1__RECORD__INIT;
    char id[UUID_SIZE], started[FAR_TIME_TEXT_SIZE];
    int64_t duration_us = acd->stamp_us - agent->since_stamp_us;
    acd_new_id(acd, id);
    far_time_format(agent->since_stamp_us, started);
    body.record_id = id;
    body.schema_version = SCHEMA_VERSION;
    body.revision = 1;
    body.origin = &origin;
    body.agent_id = TEXT(agent->id);
    body.agent_name = TEXT(agent->name);
    body.team = TEXT(agent->team);
    body.site_id = TEXT(agent->site);
    body.state = (Farseat__V1__AgentState)agent->state;
    body.reason = TEXT(agent->reason);
    body.started_at_us = agent->since_stamp_us;
    body.started_at = started;
    body.duration_ms = duration_us > 0 ? (uint64_t)acd_ms(duration_us) : 0;
    body.contact_id = TEXT(agent->activity_contact_id);
    body.queue_id = TEXT(agent->activity_queue_id);
    body.next_state = (Farseat__V1__AgentState)next_state;
    record.body_case = FARSEAT__V1__RECORD__BODY_AGENT_ACTIVITY;
    record.agent_activity = &body;
    acd_record(acd, RECORD_AGENT_ACTIVITY, &record, &origin, id);
}

void acd_record_survey(struct acd *acd, const struct contact *contact, const char *outcome)
{
    const struct part *part = contact->part_count ? &contact->parts[contact->part_count - 1] : NULL;
    Farseat__V1__SurveyRecord body = FARSEAT__V1__SURVEY_RECORD__INIT;
    Farseat__V1__RecordOrigin origin = FARSEAT__V1__RECORD_ORIGIN__INIT;
    Farseat__V1__Record record = FARSEAT__V1__RECORD__INIT;
    char id[UUID_SIZE], at[FAR_TIME_TEXT_SIZE];
    acd_new_id(acd, id);
    far_time_format(acd->stamp_us, at);
    body.record_id = id;
    body.schema_version = SCHEMA_VERSION;
    body.revision = 1;
    body.origin = &origin;
    body.contact_id = TEXT(contact->id);
    body.survey_id = TEXT(contact->survey_id);
    body.answered = strcmp(outcome, "answered") == 0;
    body.score = body.answered ? contact->survey_score : 0;
    body.agent_id = TEXT(part ? part->agent : "");
    body.queue_id = TEXT(contact->queue_id);
    body.at_us = acd->stamp_us;
    body.at = at;
    body.outcome = TEXT(outcome);
    record.body_case = FARSEAT__V1__RECORD__BODY_SURVEY;
    record.survey = &body;
    acd_record(acd, RECORD_SURVEY, &record, &origin, id);
}
