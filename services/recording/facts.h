/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h - far.evt.recording.started and .ended, at least once; a repeat after a crash has the same fact_id.
 * Loop thread. */
#pragma once
#include "far/bus.h"
#include "part.h"

struct facts; /* opaque */

/** instance and incarnation name the producer; copied. @return as far_appender_create(). */
FAR_MUST_CHECK enum far_err facts_create(struct far_bus *bus, const char *instance, const char *incarnation,
                                         struct facts **ret_facts);
struct facts *facts_destroy(struct facts *facts);
/** Say that the part began (state PART_RECORDING) or ended. What does not fit while the bus is away is
 * dropped and logged: PostgreSQL has it all the same. */
void facts_say(struct facts *facts, const struct part *part);
/** Facts that the bus does not have yet. */
uint32_t facts_waiting(const struct facts *facts);
