/* SPDX-License-Identifier: Apache-2.0 */
/* kpi.h - the figures of docs/kpi.md out of sums. Pure. The sums are counted either here, record by record
 * (live figures), or by the report's SQL; a test holds one against the other. */
#pragma once
#include "farseat/v1/api_analytics.pb-c.h"
#include "farseat/v1/record.pb-c.h"
#include <stdbool.h>
#include <stdint.h>

/** Sums over the contacts of one queue (their first one), times in ms. */
struct kpi_queue_sums {
    uint64_t offered, answered, abandoned, short_abandoned, overflowed;
    uint64_t answered_within, abandoned_within; /* the queue's service_level_ms of the time of the call */
    uint64_t wait_ms_answered, wait_ms_abandoned, wait_ms_max;
    uint64_t talk_ms, hold_ms, after_call_work_ms, handled; /* handled: agents' parts */
    uint64_t transfers, surveys_pushed, surveys_answered, survey_score_sum;
    uint32_t service_level_ms; /* of the newest record */
};
/** Sums over one agent's parts and states, times in ms. */
struct kpi_agent_sums {
    uint64_t handled, talk_ms, hold_ms, after_call_work_ms; /* of parts of contacts */
    uint64_t state_talk_ms, state_hold_ms,
        state_after_call_work_ms;                /* of states: talking, holding, after-call work */
    uint64_t ready_ms, not_ready_ms, ringing_ms; /* of states; ringing includes reserved */
    uint64_t missed, transfers;
    uint64_t outbound_attempts, outbound_connects;
};
/** Whether a contact counts as queued (offered) for its first queue. */
bool kpi_is_queued(const Farseat__V1__ContactRecord *contact);
/** Add one finished contact (its highest revision, once). */
void kpi_queue_add(struct kpi_queue_sums *sums, const Farseat__V1__ContactRecord *contact);
/** Add one contact to the day's funnel (its `refused` also counts the calls refused at the door). */
void kpi_funnel_add(Farseat__V1__Funnel *funnel, const Farseat__V1__ContactRecord *contact);
/** Add one stretch of an agent's state. */
void kpi_agent_add_activity(struct kpi_agent_sums *sums, const Farseat__V1__AgentActivityRecord *activity);
/** Sum b into a. */
void kpi_queue_merge(struct kpi_queue_sums *a, const struct kpi_queue_sums *b);

/** A ratio's storage: protobuf-c points to it, absent when the denominator is 0. */
struct kpi_queue_result {
    Farseat__V1__QueueKpi kpi;
    Farseat__V1__Ratio ratios[10];
};
struct kpi_agent_result {
    Farseat__V1__AgentKpi kpi;
    Farseat__V1__Ratio ratios[2];
};
/** Fill a queue's figures; strings are the caller's and must outlive the result. The result must not be
 * moved. */
void kpi_queue(const struct kpi_queue_sums *sums, const char *queue_id, struct kpi_queue_result *ret_result);
void kpi_agent(const struct kpi_agent_sums *sums, const char *agent_id, const char *name,
               struct kpi_agent_result *ret_result);
