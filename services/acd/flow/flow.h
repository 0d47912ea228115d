/* SPDX-License-Identifier: Apache-2.0 */
/* flow.h - flows as data: looking nodes up, matching a menu's digits, and whether a flow is sound. Pure. */
#pragma once
#include "farseat/v1/config.pb-c.h"
#include <stddef.h>
#include <stdint.h>

#define FLOW_NODES_MAX   200
#define FLOW_PROMPTS_MAX 12 /* of one node; with invalid_prompts before prompts at most 16 */
#define FLOW_DIGITS_MAX  8  /* of a menu's choice */

/** @return its index; -1: none. */
int flow_find(const Farseat__V1__CentreConfig *config, const char *id);
int flow_node_find(const Farseat__V1__Flow *flow, const char *id);
/** The choice with exactly these digits, or NULL. */
const Farseat__V1__FlowChoice *flow_choice(const Farseat__V1__FlowMenu *menu, const char *digits);
/** The most and least digits that a choice of the menu has. */
void flow_menu_digits(const Farseat__V1__FlowMenu *menu, uint32_t *ret_min, uint32_t *ret_max);

/** What is wrong with a flow, one call for each fault; the text is good during the call only. */
typedef void flow_complain(void *context, const char *text);
/** Nodes' ids, unknown next nodes and queues, nodes that cannot be reached, loops in which the caller can do
 *  nothing, digits, prompts' names, numbers out of range. */
void flow_check(const Farseat__V1__CentreConfig *config, const Farseat__V1__Flow *flow,
                flow_complain *complain, void *context);
