/* SPDX-License-Identifier: Apache-2.0 */
/* Legs that have ended, and legs that were cancelled before they came: their commands must not start
 * anything. */
#include "core.h"
#include "far/str.h"
#include <string.h>

static void drop_oldest(struct edge_core *core)
{
    struct tombstone *oldest = &core->tombstones[core->tombstones_first];
    (void)far_index_remove_text(core->tombstones_by_id, oldest->leg_id);
    core->tombstones_first = (core->tombstones_first + 1) % core->tombstones_max;
    core->tombstones_len--;
}

void tombstone_put(struct edge_core *core, uint64_t now_ms, const char *leg_id, uint32_t number_done)
{
    struct tombstone *found = tombstone_find(core, leg_id);
    if (found) {
        if (number_done > found->number_done) found->number_done = number_done;
        return;
    }
    if (core->tombstones_len == core->tombstones_max) drop_oldest(core);
    size_t at = (core->tombstones_first + core->tombstones_len) % core->tombstones_max;
    struct tombstone *tombstone = &core->tombstones[at];
    *tombstone = (struct tombstone){.number_done = number_done, .at_ms = now_ms};
    (void)far_str_copy(tombstone->leg_id, sizeof(tombstone->leg_id), leg_id);
    if (far_index_put_text(core->tombstones_by_id, tombstone->leg_id, at) != FAR_OK) return;
    core->tombstones_len++;
    core_due(core, now_ms + EDGE_TOMBSTONE_MS);
}

struct tombstone *tombstone_find(struct edge_core *core, const char *leg_id)
{
    uint64_t at = 0;
    return far_index_get_text(core->tombstones_by_id, leg_id, &at) ? &core->tombstones[at] : NULL;
}

void tombstone_tick(struct edge_core *core, uint64_t now_ms)
{
    while (core->tombstones_len > 0) {
        uint64_t ends_ms = core->tombstones[core->tombstones_first].at_ms + EDGE_TOMBSTONE_MS;
        if (now_ms < ends_ms) {
            core_due(core, ends_ms);
            return;
        }
        drop_oldest(core);
    }
}
