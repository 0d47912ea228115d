/* SPDX-License-Identifier: Apache-2.0 */
/* members.h - which agents serve which queues, by the configuration: made once for each configuration, for
 * live figures ask it for every agent of every queue, many times a second. Pure. */
#pragma once
#include "far/err.h"
#include "farseat/v1/config.pb-c.h"
#include <stdbool.h>
#include <stddef.h>

struct members;
/** Nothing of the configuration is kept. @return FAR_OK; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err members_create(const Farseat__V1__CentreConfig *config,
                                           struct members **ret_members);
struct members *members_destroy(struct members *members); /* NULL is allowed */
/** A queue's place, for members_serves(). @return false: there is no such queue. */
bool members_queue(const struct members *members, const char *queue_id, size_t *ret_place);
/** Whether the agent may get this queue's calls: its skills at their levels, and its own list of queues. */
bool members_serves(const struct members *members, size_t queue, const char *agent_id);
/** How long after-call work of this queue may take [ms]; 0: no such queue. */
uint64_t members_after_call_work_ms(const struct members *members, const char *queue_id);
