/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"
#include "far/str.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

void core_emit(struct edge_core *core, const struct edge_action *action)
{
    assert(!core->inside); /* emit must not call the core */
    core->inside = true;
    core->emit(core->context, action);
    core->inside = false;
}

void core_emit_call(struct edge_core *core, enum edge_action_kind kind, uint64_t call)
{
    core_emit(core, &(struct edge_action){.kind = kind, .call = call});
}

void core_due(struct edge_core *core, uint64_t at_ms)
{
    if (at_ms < core->due_ms) core->due_ms = at_ms;
}

uint64_t core_serial(struct edge_core *core)
{
    return ++core->serial;
}

struct leg *core_leg(struct edge_core *core, uint64_t call)
{
    uint64_t id = 0;
    return call != 0 && far_index_get(core->legs_by_call, call, &id) ? far_pool_get(&core->legs, id) : NULL;
}

struct leg *core_leg_by_id(struct edge_core *core, const char *leg_id)
{
    uint64_t id = 0;
    if (strlen(leg_id) >= EDGE_NAME_SIZE) return NULL;
    return far_index_get_text(core->legs_by_id, leg_id, &id) ? far_pool_get(&core->legs, id) : NULL;
}

static bool config_ok(const struct edge_core_config *config)
{
    return config->edge && config->site && config->version && config->incarnation && config->emit &&
           config->edge[0] && config->incarnation[0] && strlen(config->edge) < EDGE_NAME_SIZE &&
           strlen(config->site) < EDGE_NAME_SIZE && strlen(config->version) < EDGE_NAME_SIZE &&
           strlen(config->incarnation) < EDGE_NAME_SIZE && config->legs_max > 0 && config->tombstones_max > 0;
}

static enum far_err reserve(struct edge_core *core, const struct edge_core_config *config)
{
    size_t legs = config->legs_max;
    uint64_t seed = 0;
    for (const char *c = config->incarnation; *c; c++)
        seed = seed * 31 + (unsigned char)*c; /* leg ids are the edge's and the ACD's, not strangers' */
    enum far_err err = far_pool_init(&core->legs, sizeof(struct leg), legs);
    if (err == FAR_OK) err = far_pool_init(&core->links, sizeof(struct link), legs);
    if (err == FAR_OK) err = far_pool_init(&core->recordings, sizeof(struct recording), legs);
    if (err == FAR_OK) err = far_index_create(legs, EDGE_NAME_SIZE, seed, &core->legs_by_id);
    if (err == FAR_OK) err = far_index_create(legs, 0, seed, &core->legs_by_call);
    if (err == FAR_OK) err = far_index_create(legs, 0, seed, &core->links_by_call);
    if (err == FAR_OK) err = far_index_create(legs, 0, seed, &core->recordings_by_session);
    if (err == FAR_OK)
        err = far_index_create(config->tombstones_max, EDGE_NAME_SIZE, seed, &core->tombstones_by_id);
    if (err != FAR_OK) return err;
    core->tombstones_max = config->tombstones_max;
    core->tombstones = calloc(core->tombstones_max, sizeof(*core->tombstones));
    return core->tombstones ? FAR_OK : FAR_ENOMEM;
}

enum far_err edge_core_create(const struct edge_core_config *config, struct edge_core **ret_core)
{
    if (!config_ok(config)) return FAR_EINVAL;
    struct edge_core *core = calloc(1, sizeof(*core));
    if (!core) return FAR_ENOMEM;
    core->emit = config->emit;
    core->context = config->context;
    core->due_ms = NEVER;
    core->silence_ms_max = config->silence_ms_max;
    core->offer_ms_max = config->offer_ms_max ? config->offer_ms_max : OFFER_MS_DEFAULT;
    (void)far_str_copy(core->edge, sizeof(core->edge), config->edge);
    (void)far_str_copy(core->site, sizeof(core->site), config->site);
    (void)far_str_copy(core->version, sizeof(core->version), config->version);
    (void)far_str_copy(core->incarnation, sizeof(core->incarnation), config->incarnation);
    enum far_err err = reserve(core, config);
    if (err != FAR_OK) {
        edge_core_destroy(core);
        return err;
    }
    *ret_core = core;
    return FAR_OK;
}

struct edge_core *edge_core_destroy(struct edge_core *core)
{
    if (!core) return NULL;
    far_pool_done(&core->legs);
    far_pool_done(&core->links);
    far_pool_done(&core->recordings);
    far_index_destroy(core->legs_by_id);
    far_index_destroy(core->legs_by_call);
    far_index_destroy(core->links_by_call);
    far_index_destroy(core->recordings_by_session);
    far_index_destroy(core->tombstones_by_id);
    free(core->tombstones);
    free(core);
    return NULL;
}

void edge_core_start(struct edge_core *core, uint64_t now_ms)
{
    (void)now_ms;
    report_edge_started(core);
}

void edge_core_resync(struct edge_core *core, uint64_t now_ms, const char *incarnation)
{
    (void)far_str_copy(core->incarnation, sizeof(core->incarnation), incarnation);
    core->credit = 0;
    core->edge_number_done = 0;
    report_edge_started(core);
    if (core->draining) report_edge_draining(core);
    for (uint64_t id = far_pool_next(&core->legs, 0); id; id = far_pool_next(&core->legs, id)) {
        struct leg *leg = far_pool_get(&core->legs, id);
        leg->orphan = true;
        core_due(core, now_ms);
    }
    edge_core_tick(core, now_ms);
}

void edge_core_ringing(struct edge_core *core, uint64_t now_ms, uint64_t call)
{
    struct leg *leg = core_leg(core, call);
    if (!leg || leg->state == LEG_RINGING) return; /* phones repeat their 180 */
    if (leg_handle(core, leg, LEG_EV_RINGING, now_ms) && leg->state == LEG_RINGING)
        report_leg_ringing(core, leg, now_ms);
}

void edge_core_can_talk(struct edge_core *core, uint64_t call)
{
    struct leg *leg = core_leg(core, call);
    if (leg) leg->can_talk = true;
}

void edge_core_media_failed(struct edge_core *core, uint64_t now_ms, uint64_t call)
{
    struct leg *leg = core_leg(core, call);
    if (leg && leg_hears(leg)) leg_end(core, leg, now_ms, "media-failed", 0);
}

void edge_core_answered(struct edge_core *core, uint64_t now_ms, uint64_t call, const char *phone_address)
{
    if (bridge_link_answered(core, now_ms, call)) return;
    struct leg *leg = core_leg(core, call);
    if (!leg) return;
    if (leg_handle(core, leg, LEG_EV_ANSWERED, now_ms) && leg->state == LEG_TALKING)
        report_leg_answered(core, leg, now_ms, phone_address);
}

void edge_core_ended(struct edge_core *core, uint64_t now_ms, uint64_t call, const struct edge_end *end)
{
    if (bridge_link_ended(core, now_ms, call, end)) return;
    struct leg *leg = core_leg(core, call);
    if (!leg || !leg_allows(leg, LEG_EV_ENDED)) return;
    leg_decide_end(leg, end->cause, end->sip_status, end->by_remote);
    (void)leg_handle(core, leg, LEG_EV_ENDED, now_ms);
}

void edge_core_held(struct edge_core *core, uint64_t now_ms, uint64_t call, bool held)
{
    struct leg *leg = core_leg(core, call);
    if (!leg || leg->state != LEG_TALKING || leg->held == held) return;
    leg->held = held;
    report_leg_hold(core, leg, now_ms);
}

void edge_core_referred(struct edge_core *core, uint64_t now_ms, uint64_t call, const char *target)
{
    struct leg *leg = core_leg(core, call);
    if (leg && leg->state == LEG_TALKING) report_leg_referred(core, leg, now_ms, target);
}

void edge_core_phone_bound(struct edge_core *core, uint64_t now_ms, const Farseat__V1__PhoneBound *bound)
{
    (void)now_ms;
    report_phone_bound(core, bound);
}

void edge_core_phone_gone(struct edge_core *core, uint64_t now_ms, const char *phone, const char *cause)
{
    (void)now_ms;
    report_phone_gone(core, phone, cause);
}

void edge_core_media_closed(struct edge_core *core, uint64_t now_ms, uint64_t call,
                            const struct edge_sound *sound)
{
    struct leg *leg = core_leg(core, call);
    if (!leg || leg->state != LEG_CLOSING) return;
    leg->sound = *sound;
    (void)leg_handle(core, leg, LEG_EV_CLOSED, now_ms);
}

void edge_core_backlog(struct edge_core *core, uint32_t count, uint32_t count_max)
{
    core->backlog = count;
    core->backlog_max = count_max;
}

void edge_core_drain(struct edge_core *core, uint64_t now_ms)
{
    (void)now_ms;
    if (core->draining) return;
    core->draining = true;
    report_edge_draining(core);
}

void edge_core_end_all(struct edge_core *core, uint64_t now_ms, const char *cause)
{
    for (uint64_t id = far_pool_next(&core->legs, 0); id; id = far_pool_next(&core->legs, id))
        leg_end(core, far_pool_get(&core->legs, id), now_ms, cause, 0);
}

/* A phone that suppresses silence sends nothing while its owner only listens, or waits. */
static bool may_be_silent(const struct leg *leg)
{
    return leg->held || leg->play_now != 0 || (!leg->incoming && leg->bridge.state != BRIDGE_UP);
}

void edge_core_media_silent(struct edge_core *core, uint64_t now_ms, uint64_t call, uint64_t silent_ms)
{
    struct leg *leg = core_leg(core, call);
    if (!leg || leg->state != LEG_TALKING || core->silence_ms_max == 0) return;
    if (may_be_silent(leg)) leg->silence_excused_ms = now_ms;
    if (silent_ms >= core->silence_ms_max && now_ms - leg->silence_excused_ms >= core->silence_ms_max)
        leg_end(core, leg, now_ms, "media-lost", 0);
}

void edge_core_tick(struct edge_core *core, uint64_t now_ms)
{
    if (now_ms < core->due_ms) return;
    core->due_ms = NEVER; /* each part says again when it wants to be called */
    for (uint64_t id = far_pool_next(&core->legs, 0); id; id = far_pool_next(&core->legs, id)) {
        struct leg *leg = far_pool_get(&core->legs, id);
        sound_tick(core, leg, now_ms);
        leg_tick(core, leg, now_ms); /* last: it may end the leg */
    }
    bridge_tick(core, now_ms);
    record_tick(core, now_ms);
    tombstone_tick(core, now_ms);
    door_tick(core, now_ms);
}

uint64_t edge_core_deadline_ms(const struct edge_core *core)
{
    return core->due_ms;
}

void edge_core_figures(const struct edge_core *core, struct edge_figures *ret_figures)
{
    *ret_figures = core->figures;
    ret_figures->legs = (uint32_t)core->legs.len;
    ret_figures->incoming_legs = core->incoming_legs;
    ret_figures->links = (uint32_t)core->links.len;
    ret_figures->recordings = (uint32_t)core->recordings.len;
    ret_figures->tombstones = (uint32_t)core->tombstones_len;
    ret_figures->credit = core->credit;
    ret_figures->draining = core->draining;
}
