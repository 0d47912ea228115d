/* SPDX-License-Identifier: Apache-2.0 */
/* day.h - today's counts out of facts, for live screens: per queue and agent, and the funnel. Pure: facts and
 * the day's beginning are arguments. Facts may come twice: those of a log come in order, so what is not above
 * the highest (position, index) seen of its log is a repeat. */
#pragma once
#include "../kpi/kpi.h"
#include "far/err.h"
#include "farseat/v1/fact.pb-c.h"
#include <stdint.h>

#define DAY_QUEUES_MAX   1000
#define DAY_AGENTS_MAX   10000
#define DAY_CONTACTS_MAX 20000 /* alive at once */

struct day;
FAR_MUST_CHECK enum far_err day_create(struct day **ret_day);
struct day *day_destroy(struct day *day);
/** Forget all counts (another day began); contacts that live stay known. begin_us: the day's first instant.
 */
void day_begin(struct day *day, int64_t begin_us);
/** A queue's thresholds, for what is counted from now on. */
void day_queue_limits(struct day *day, const char *queue_id, uint32_t service_level_ms,
                      uint32_t short_abandon_ms);
/** Count a fact. Those before the day's beginning only tell which contacts live. */
void day_apply(struct day *day, const Farseat__V1__Fact *fact);
/** A queue's sums of today; zeros when nothing happened. */
void day_queue(const struct day *day, const char *queue_id, struct kpi_queue_sums *ret_sums);
/** Contacts in which the agent talked today. */
uint32_t day_agent_handled(const struct day *day, const char *agent_id);
void day_funnel(const struct day *day, Farseat__V1__Funnel *ret_funnel);
