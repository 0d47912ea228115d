/* SPDX-License-Identifier: Apache-2.0 */
/* How old a command is. Clocks of two machines cannot be compared, but their difference stays the same: the
 * fastest command of a leader shows it, and what came with a larger one was on its way for the rest. */
#include "core.h"

#define REBASE_MS 10000u /* a difference that grew for so long has changed: the leader's machine slept */

void age_forget(struct edge_core *core)
{
    core->leader_clock = (struct leader_clock){0};
}

uint64_t age_of(struct edge_core *core, uint64_t now_ms, uint64_t age_ms_max,
                const Farseat__V1__EdgeCommand *command)
{
    struct leader_clock *clock = &core->leader_clock;
    if (command->sent_at_ms == 0) return age_ms_max;
    int64_t ahead_ms = (int64_t)(now_ms - command->sent_at_ms);
    if (!clock->known) {
        if (age_ms_max > 0) return age_ms_max; /* it may have waited: no measure for others */
        *clock = (struct leader_clock){.known = true, .ahead_ms = ahead_ms};
    }
    if (ahead_ms <= clock->ahead_ms) {
        clock->ahead_ms = ahead_ms;
        clock->above = false;
        return 0;
    }
    if (!clock->above) {
        clock->above = true;
        clock->above_since_ms = now_ms;
        clock->above_ms_min = ahead_ms;
    }
    if (ahead_ms < clock->above_ms_min) clock->above_ms_min = ahead_ms;
    if (now_ms >= clock->above_since_ms + REBASE_MS) {
        clock->ahead_ms = clock->above_ms_min;
        clock->above = false;
    }
    return (uint64_t)(ahead_ms - clock->ahead_ms);
}
