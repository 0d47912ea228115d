/* SPDX-License-Identifier: Apache-2.0 */
#include "far/appender.h"
#include <assert.h>
#include <stdlib.h>

struct far_appender_core {
    struct far_appender_core_config config;
    uint64_t first;       /* the lowest that is not released */
    uint64_t next_send;   /* the next to send in this epoch */
    uint64_t next_number; /* the next to push */
    uint64_t epoch;
    uint64_t pause_until_ms;   /* 0: none */
    uint64_t sent_at_ms_first; /* when `first`, or whatever was last released, moved: the overdue clock */
    bool connected;
    bool *acked; /* by number % count_max, in this epoch */
};

enum far_err far_appender_core_create(const struct far_appender_core_config *config,
                                      struct far_appender_core **ret_core)
{
    if (config->count_max == 0 || config->window == 0 || config->ack_timeout_ms == 0) return FAR_EINVAL;
    struct far_appender_core *core = calloc(1, sizeof(*core));
    bool *acked = calloc(config->count_max, sizeof(*acked));
    if (!core || !acked) {
        free(core);
        free(acked);
        return FAR_ENOMEM;
    }
    core->config = *config;
    core->first = core->next_send = core->next_number = config->first_number;
    core->acked = acked;
    *ret_core = core;
    return FAR_OK;
}

struct far_appender_core *far_appender_core_destroy(struct far_appender_core *core)
{
    if (core) free(core->acked);
    free(core);
    return NULL;
}

enum far_err far_appender_core_push(struct far_appender_core *core, uint64_t *ret_number)
{
    if (core->next_number - core->first >= core->config.count_max) return FAR_EFULL;
    *ret_number = core->next_number++;
    return FAR_OK;
}

bool far_appender_core_next(struct far_appender_core *core, uint64_t now_ms, uint64_t *ret_number,
                            uint64_t *ret_epoch)
{
    if (!core->connected || now_ms < core->pause_until_ms) return false;
    if (core->next_send == core->next_number) return false;
    if (core->next_send - core->first >= core->config.window) return false;
    if (core->next_send == core->first) core->sent_at_ms_first = now_ms;
    core->acked[core->next_send % core->config.count_max] = false;
    *ret_number = core->next_send++;
    *ret_epoch = core->epoch;
    return true;
}

static void rewind_to_first(struct far_appender_core *core, uint64_t pause_until_ms)
{
    core->epoch++;
    core->next_send = core->first;
    core->pause_until_ms = pause_until_ms;
}

static bool is_awaited(const struct far_appender_core *core, uint64_t number, uint64_t epoch)
{
    return epoch == core->epoch && number >= core->first && number < core->next_send;
}

uint32_t far_appender_core_acked(struct far_appender_core *core, uint64_t number, uint64_t epoch,
                                 uint64_t now_ms)
{
    uint32_t released = 0;
    if (!is_awaited(core, number, epoch)) return 0;
    core->acked[number % core->config.count_max] = true;
    while (core->first < core->next_send && core->acked[core->first % core->config.count_max]) {
        core->first++;
        released++;
    }
    if (released > 0) core->sent_at_ms_first = now_ms;
    return released;
}

void far_appender_core_failed(struct far_appender_core *core, uint64_t number, uint64_t epoch,
                              uint64_t now_ms)
{
    if (!is_awaited(core, number, epoch) || core->acked[number % core->config.count_max]) return;
    rewind_to_first(core, now_ms + core->config.retry_ms);
}

void far_appender_core_connected(struct far_appender_core *core, bool connected)
{
    if (connected == core->connected) return;
    core->connected = connected;
    rewind_to_first(core, 0);
}

void far_appender_core_tick(struct far_appender_core *core, uint64_t now_ms)
{
    if (!core->connected || core->first == core->next_send) return;
    if (now_ms < core->sent_at_ms_first + core->config.ack_timeout_ms) return;
    rewind_to_first(core, now_ms + core->config.retry_ms);
}

uint64_t far_appender_core_deadline_ms(const struct far_appender_core *core)
{
    if (!core->connected || core->first == core->next_number) return UINT64_MAX;
    if (core->first == core->next_send) return core->pause_until_ms;
    return core->sent_at_ms_first + core->config.ack_timeout_ms;
}

uint64_t far_appender_core_first(const struct far_appender_core *core)
{
    return core->first;
}
uint64_t far_appender_core_next_number(const struct far_appender_core *core)
{
    return core->next_number;
}
uint64_t far_appender_core_epoch(const struct far_appender_core *core)
{
    return core->epoch;
}
