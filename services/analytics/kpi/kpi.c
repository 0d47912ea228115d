/* SPDX-License-Identifier: Apache-2.0 */
#include "kpi.h"

bool kpi_is_queued(const Farseat__V1__ContactRecord *contact)
{
    return contact->result == FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED ||
           contact->result == FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED ||
           contact->result == FARSEAT__V1__CONTACT_RESULT__RESULT_OVERFLOWED;
}

static void add_answered(struct kpi_queue_sums *sums, const Farseat__V1__ContactRecord *contact)
{
    sums->answered++;
    sums->wait_ms_answered += contact->wait_ms;
    if (contact->wait_ms <= contact->service_level_ms) sums->answered_within++;
    sums->talk_ms += contact->talk_ms;
    sums->hold_ms += contact->hold_ms;
    sums->after_call_work_ms += contact->after_call_work_ms;
    sums->handled += contact->n_parts;
    sums->transfers += contact->transfers;
}

static void add_abandoned(struct kpi_queue_sums *sums, const Farseat__V1__ContactRecord *contact)
{
    sums->abandoned++;
    sums->wait_ms_abandoned += contact->wait_ms;
    if (contact->wait_ms <= contact->service_level_ms) sums->abandoned_within++;
    if (contact->short_abandon) sums->short_abandoned++;
}

void kpi_queue_add(struct kpi_queue_sums *sums, const Farseat__V1__ContactRecord *contact)
{
    if (!kpi_is_queued(contact)) return;
    sums->offered++;
    sums->service_level_ms = contact->service_level_ms;
    if (contact->wait_ms > sums->wait_ms_max) sums->wait_ms_max = contact->wait_ms;
    switch (contact->result) {
    case FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED:
        add_answered(sums, contact);
        break;
    case FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED:
        add_abandoned(sums, contact);
        break;
    default:
        sums->overflowed++;
        break;
    }
    if (contact->survey_id && contact->survey_id[0] != '\0') sums->surveys_pushed++;
    if (contact->survey_answered) {
        sums->surveys_answered++;
        sums->survey_score_sum += contact->survey_score;
    }
}

void kpi_funnel_add(Farseat__V1__Funnel *funnel, const Farseat__V1__ContactRecord *contact)
{
    funnel->arrived++;
    if (kpi_is_queued(contact)) funnel->queued++;
    switch (contact->result) {
    case FARSEAT__V1__CONTACT_RESULT__RESULT_REFUSED:
        funnel->refused++;
        break;
    case FARSEAT__V1__CONTACT_RESULT__RESULT_IVR_SERVED:
        funnel->ivr_served++;
        break;
    case FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED:
        funnel->answered++;
        break;
    case FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED:
        funnel->abandoned++;
        break;
    case FARSEAT__V1__CONTACT_RESULT__RESULT_OVERFLOWED:
        funnel->overflowed++;
        break;
    default: /* left in the IVR, or a result that this version does not know: it went no further */
        funnel->ivr_abandoned++;
        break;
    }
}

void kpi_agent_add_activity(struct kpi_agent_sums *sums, const Farseat__V1__AgentActivityRecord *activity)
{
    switch (activity->state) {
    case FARSEAT__V1__AGENT_STATE__AGENT_READY:
        sums->ready_ms += activity->duration_ms;
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_NOT_READY:
        sums->not_ready_ms += activity->duration_ms;
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_RESERVED:
    case FARSEAT__V1__AGENT_STATE__AGENT_RINGING:
        sums->ringing_ms += activity->duration_ms;
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_TALKING:
        sums->state_talk_ms += activity->duration_ms;
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_HOLDING:
        sums->state_hold_ms += activity->duration_ms;
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_AFTER_CALL_WORK:
        sums->state_after_call_work_ms += activity->duration_ms;
        break;
    default: /* logged out: no time at work */
        break;
    }
}

void kpi_queue_merge(struct kpi_queue_sums *a, const struct kpi_queue_sums *b)
{
    a->offered += b->offered;
    a->answered += b->answered;
    a->abandoned += b->abandoned;
    a->short_abandoned += b->short_abandoned;
    a->overflowed += b->overflowed;
    a->answered_within += b->answered_within;
    a->abandoned_within += b->abandoned_within;
    a->wait_ms_answered += b->wait_ms_answered;
    a->wait_ms_abandoned += b->wait_ms_abandoned;
    if (b->wait_ms_max > a->wait_ms_max) a->wait_ms_max = b->wait_ms_max;
    a->talk_ms += b->talk_ms;
    a->hold_ms += b->hold_ms;
    a->after_call_work_ms += b->after_call_work_ms;
    a->handled += b->handled;
    a->transfers += b->transfers;
    a->surveys_pushed += b->surveys_pushed;
    a->surveys_answered += b->surveys_answered;
    a->survey_score_sum += b->survey_score_sum;
    if (b->service_level_ms > 0) a->service_level_ms = b->service_level_ms;
}

static uint64_t average(uint64_t sum, uint64_t count)
{
    return count == 0 ? 0 : sum / count;
}

/* A ratio that has nothing to count is absent. */
static Farseat__V1__Ratio *ratio(Farseat__V1__Ratio *storage, uint64_t numerator, uint64_t denominator)
{
    if (denominator == 0) return NULL;
    farseat__v1__ratio__init(storage);
    storage->numerator = numerator;
    storage->denominator = denominator;
    storage->value = (double)numerator / (double)denominator;
    return storage;
}

static void service_levels(const struct kpi_queue_sums *sums, struct kpi_queue_result *result)
{
    Farseat__V1__QueueKpi *kpi = &result->kpi;
    uint64_t counted = sums->answered + sums->abandoned;
    uint64_t within = sums->answered_within;
    kpi->sl_positive = ratio(&result->ratios[0], within + sums->abandoned_within, counted);
    kpi->sl_answered = ratio(&result->ratios[1], within, sums->answered);
    kpi->sl_negative = ratio(&result->ratios[2], within, counted);
    kpi->sl_ignored = ratio(&result->ratios[3], within, counted - sums->abandoned_within);
    kpi->sl_short_as_answered = ratio(&result->ratios[4], within + sums->short_abandoned, counted);
    kpi->sl_short_left_out = ratio(&result->ratios[5], within, counted - sums->short_abandoned);
}

void kpi_queue(const struct kpi_queue_sums *sums, const char *queue_id, struct kpi_queue_result *ret_result)
{
    Farseat__V1__QueueKpi *kpi = &ret_result->kpi;
    farseat__v1__queue_kpi__init(kpi);
    kpi->queue_id = (char *)(uintptr_t)queue_id; /* protobuf-c has no const strings; it is only read */
    kpi->offered = sums->offered;
    kpi->answered = sums->answered;
    kpi->abandoned = sums->abandoned;
    kpi->short_abandoned = sums->short_abandoned;
    kpi->overflowed = sums->overflowed;
    kpi->answered_within = sums->answered_within;
    kpi->abandoned_within = sums->abandoned_within;
    kpi->service_level_ms = sums->service_level_ms;
    service_levels(sums, ret_result);
    kpi->answer_rate = ratio(&ret_result->ratios[6], sums->answered, sums->offered);
    kpi->abandon_rate = ratio(&ret_result->ratios[7], sums->abandoned, sums->offered);
    kpi->net_abandon_rate =
        ratio(&ret_result->ratios[8], sums->abandoned - sums->short_abandoned, sums->offered);
    kpi->loss_rate = ratio(&ret_result->ratios[9], sums->offered - sums->answered, sums->offered);
    kpi->asa_ms = average(sums->wait_ms_answered, sums->answered);
    kpi->aat_ms = average(sums->wait_ms_abandoned, sums->abandoned);
    kpi->aht_ms = average(sums->talk_ms + sums->hold_ms + sums->after_call_work_ms, sums->handled);
    kpi->talk_ms = sums->talk_ms;
    kpi->hold_ms = sums->hold_ms;
    kpi->after_call_work_ms = sums->after_call_work_ms;
    kpi->handled = sums->handled;
    kpi->wait_ms_max = sums->wait_ms_max;
    kpi->wait_ms_answered = sums->wait_ms_answered;
    kpi->wait_ms_abandoned = sums->wait_ms_abandoned;
    kpi->transfers = sums->transfers;
    kpi->surveys_pushed = sums->surveys_pushed;
    kpi->surveys_answered = sums->surveys_answered;
    kpi->survey_score =
        sums->surveys_answered == 0 ? 0 : (double)sums->survey_score_sum / (double)sums->surveys_answered;
}

void kpi_agent(const struct kpi_agent_sums *sums, const char *agent_id, const char *name,
               struct kpi_agent_result *ret_result)
{
    Farseat__V1__AgentKpi *kpi = &ret_result->kpi;
    farseat__v1__agent_kpi__init(kpi);
    kpi->agent_id = (char *)(uintptr_t)agent_id;
    kpi->name = (char *)(uintptr_t)name;
    kpi->handled = sums->handled;
    kpi->talk_ms = sums->talk_ms;
    kpi->hold_ms = sums->hold_ms;
    kpi->after_call_work_ms = sums->after_call_work_ms;
    kpi->ready_ms = sums->ready_ms;
    kpi->not_ready_ms = sums->not_ready_ms;
    kpi->ringing_ms = sums->ringing_ms;
    kpi->missed = sums->missed;
    kpi->transfers = sums->transfers;
    uint64_t work_ms = sums->state_talk_ms + sums->state_hold_ms + sums->state_after_call_work_ms;
    uint64_t available_ms = work_ms + sums->ringing_ms + sums->ready_ms;
    kpi->logged_in_ms = available_ms + sums->not_ready_ms;
    kpi->occupancy = ratio(&ret_result->ratios[0], work_ms, available_ms);
    kpi->outbound_connect_rate =
        ratio(&ret_result->ratios[1], sums->outbound_connects, sums->outbound_attempts);
    kpi->aht_ms = average(sums->talk_ms + sums->hold_ms + sums->after_call_work_ms, sums->handled);
}
