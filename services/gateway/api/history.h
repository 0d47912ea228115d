/* SPDX-License-Identifier: Apache-2.0 */
/* history.h - every configuration that was in force, in PostgreSQL: who made it and why comes by the fact
 * config.applied, the configuration itself from the ACD (centre.h). What was applied while no gateway ran is
 * found at the start. far.api.gateway.ConfigHistory and ConfigVersion. Loop thread. */
#pragma once
#include "api.h"

FAR_MUST_CHECK enum far_err history_create(struct api *api, struct history **ret_history);
/** After far_pg_destroy(): what is under way has ended then. NULL is allowed. @return NULL. */
struct history *history_destroy(struct history *history);
/** Take no more, before far_pg_destroy(). NULL is allowed. */
void history_stop(struct history *history);
