/* SPDX-License-Identifier: Apache-2.0 */
/* Bridges. Two legs of this edge are relayed by media; for a leg at another edge this one calls that edge,
 * and the link between them is the leg's peer here. The leg that was commanded owns the bridge: it reports.
 */
#include "core.h"
#include "far/str.h"
#include <string.h>

static struct link *link_find(struct edge_core *core, uint64_t call)
{
    uint64_t id = 0;
    return far_index_get(core->links_by_call, call, &id) ? far_pool_get(&core->links, id) : NULL;
}

static struct link *link_create(struct edge_core *core, uint64_t call, uint64_t leg_call,
                                uint64_t deadline_ms)
{
    uint64_t id = 0;
    struct link *link = far_pool_new(&core->links, &id);
    if (!link) return NULL;
    *link = (struct link){.id = id, .call = call, .leg_call = leg_call, .deadline_ms = deadline_ms};
    if (far_index_put(core->links_by_call, call, id) != FAR_OK) {
        far_pool_free(&core->links, id);
        return NULL;
    }
    if (deadline_ms != NEVER) core_due(core, deadline_ms);
    return link;
}

static void link_free(struct edge_core *core, struct link *link)
{
    core_emit_call(core, EDGE_ACT_MEDIA_CLOSE, link->call);
    (void)far_index_remove(core->links_by_call, link->call);
    far_pool_free(&core->links, link->id);
}

/* It is freed when SIP has ended it. */
static void link_hang_up(struct edge_core *core, struct link *link, uint64_t now_ms, const char *cause)
{
    if (link->ending) return;
    link->ending = true;
    link->leg_call = 0;
    link->deadline_ms = now_ms + ENDING_MS_MAX;
    core_due(core, link->deadline_ms);
    struct edge_action action = {.kind = EDGE_ACT_HANGUP, .call = link->call};
    action.end.reason = cause;
    core_emit(core, &action);
}

static void set_bridge(struct leg *leg, const char *bridge_id, uint64_t peer_call, bool owner,
                       enum bridge_state state)
{
    leg->bridge = (struct bridge){.state = state, .peer_call = peer_call, .owner = owner};
    (void)far_str_copy(leg->bridge.id, sizeof(leg->bridge.id), bridge_id);
}

static void unset_bridge(struct edge_core *core, struct leg *leg, uint64_t now_ms)
{
    leg->bridge = (struct bridge){0};
    if (leg->orphan) core_due(core, now_ms); /* leg_tick() ends it */
}

void bridge_drop(struct edge_core *core, struct leg *leg, uint64_t now_ms, const char *cause, bool told)
{
    struct bridge was = leg->bridge;
    if (was.state == BRIDGE_NONE) return;
    unset_bridge(core, leg, now_ms);
    if (was.state == BRIDGE_UP) core_emit_call(core, EDGE_ACT_UNBRIDGE, leg->call);
    if (was.owner && was.state == BRIDGE_PENDING)
        report_bridge_failed(core, leg, now_ms, was.id, cause);
    else if (was.owner || told)
        report_bridge_down(core, leg, now_ms, was.id, cause);
    struct leg *peer = core_leg(core, was.peer_call);
    if (peer && peer->bridge.peer_call == leg->call) {
        bool peer_owns = peer->bridge.owner;
        unset_bridge(core, peer, now_ms);
        if (peer_owns) report_bridge_down(core, peer, now_ms, was.id, cause);
    }
    struct link *link = link_find(core, was.peer_call);
    if (link) link_hang_up(core, link, now_ms, cause);
}

void bridge_leg_gone(struct edge_core *core, struct leg *leg, uint64_t now_ms)
{
    struct bridge was = leg->bridge;
    unset_bridge(core, leg, now_ms);
    struct link *link = link_find(core, was.peer_call);
    if (link) link_hang_up(core, link, now_ms, "leg-ended");
    struct leg *peer = core_leg(core, was.peer_call);
    if (!peer || peer->bridge.peer_call != leg->call) return;
    bool peer_owns = peer->bridge.owner;
    unset_bridge(core, peer, now_ms);
    if (peer_owns) report_bridge_down(core, peer, now_ms, was.id, "peer-ended");
}

static enum edge_outcome bridge_here(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                     const Farseat__V1__BridgeCommand *command)
{
    struct leg *peer = core_leg_by_id(core, command->peer_leg_id);
    if (peer == leg) return EDGE_OUTCOME_INVALID;
    if (!peer || !leg_hears(peer)) {
        report_bridge_failed(core, leg, now_ms, command->bridge_id, "peer-gone");
        return EDGE_OUTCOME_EXECUTED;
    }
    bridge_drop(core, peer, now_ms, "replaced", false);
    sound_stop(core, leg);
    sound_stop(core, peer);
    set_bridge(leg, command->bridge_id, peer->call, true, BRIDGE_UP);
    set_bridge(peer, command->bridge_id, leg->call, false, BRIDGE_UP);
    core_emit(core,
              &(struct edge_action){.kind = EDGE_ACT_BRIDGE, .call = leg->call, .peer_call = peer->call});
    report_bridge_up(core, leg, now_ms);
    return EDGE_OUTCOME_EXECUTED;
}

/* What the leg hears goes on until the link is there. */
static enum edge_outcome bridge_there(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                      uint32_t deadline_ms, const Farseat__V1__BridgeCommand *command)
{
    uint64_t wait_ms = deadline_ms > 0 && deadline_ms < EDGE_LINK_MS_MAX ? deadline_ms : EDGE_LINK_MS_MAX;
    struct link *link = link_create(core, core_serial(core), leg->call, now_ms + wait_ms);
    if (!link) return EDGE_OUTCOME_BUSY;
    set_bridge(leg, command->bridge_id, link->call, true, BRIDGE_PENDING);
    struct edge_action action = {
        .kind = EDGE_ACT_LINK_DIAL, .call = link->call, .contact_id = leg->contact_id};
    action.link.peer_edge = command->peer_edge;
    action.link.peer_leg_id = command->peer_leg_id;
    action.link.bridge_id = command->bridge_id;
    action.link.leg_call = leg->call;
    core_emit(core, &action);
    return EDGE_OUTCOME_EXECUTED;
}

enum edge_outcome bridge_command(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                 uint32_t deadline_ms, const Farseat__V1__BridgeCommand *command)
{
    if (command->bridge_id[0] == '\0' || strlen(command->bridge_id) >= EDGE_NAME_SIZE ||
        command->peer_leg_id[0] == '\0' || strlen(command->peer_leg_id) >= EDGE_NAME_SIZE ||
        strlen(command->peer_edge) >= EDGE_NAME_SIZE)
        return EDGE_OUTCOME_INVALID;
    bridge_drop(core, leg, now_ms, "replaced", false);
    bool here = command->peer_edge[0] == '\0' || strcmp(command->peer_edge, core->edge) == 0;
    return here ? bridge_here(core, leg, now_ms, command)
                : bridge_there(core, leg, now_ms, deadline_ms, command);
}

/* The one place where a leg and a link become each other's peer. */
static void join(struct edge_core *core, struct leg *leg, struct link *link)
{
    link->up = true;
    link->deadline_ms = NEVER;
    sound_stop(core, leg);
    leg->bridge.state = BRIDGE_UP;
    core_emit(core,
              &(struct edge_action){.kind = EDGE_ACT_BRIDGE, .call = leg->call, .peer_call = link->call});
}

void edge_core_link_incoming(struct edge_core *core, uint64_t now_ms,
                             const struct edge_link_incoming *incoming)
{
    struct leg *leg = core_leg_by_id(core, incoming->leg_id);
    struct edge_action refusal = {.kind = EDGE_ACT_REJECT, .call = incoming->call};
    refusal.end.reason = "";
    refusal.end.sip_status = 404;
    if (!leg || !leg_hears(leg)) {
        core_emit(core, &refusal);
        return;
    }
    struct link *link = link_create(core, incoming->call, leg->call, now_ms + ANSWERING_MS_MAX);
    if (!link) {
        refusal.end.sip_status = 503;
        core_emit(core, &refusal);
        return;
    }
    bridge_drop(core, leg, now_ms, "replaced", false);
    set_bridge(leg, incoming->bridge_id, link->call, false, BRIDGE_PENDING);
    struct edge_action action = {
        .kind = EDGE_ACT_LINK_ANSWER, .call = link->call, .contact_id = leg->contact_id};
    action.link.peer_edge = incoming->peer_edge;
    action.link.peer_leg_id = incoming->leg_id;
    action.link.bridge_id = incoming->bridge_id;
    action.link.leg_call = leg->call;
    core_emit(core, &action);
}

bool bridge_link_answered(struct edge_core *core, uint64_t now_ms, uint64_t call)
{
    struct link *link = link_find(core, call);
    if (!link) return false;
    if (link->ending || link->up) return true;
    struct leg *leg = core_leg(core, link->leg_call);
    if (!leg || leg->bridge.peer_call != call || !leg_hears(leg)) {
        link_hang_up(core, link, now_ms, "leg-ended");
        return true;
    }
    join(core, leg, link);
    if (leg->bridge.owner) report_bridge_up(core, leg, now_ms);
    return true;
}

/* The leg's side of a link that is no more. */
static void part(struct edge_core *core, struct leg *leg, uint64_t now_ms, const char *cause)
{
    struct bridge was = leg->bridge;
    unset_bridge(core, leg, now_ms);
    if (was.state == BRIDGE_UP) core_emit_call(core, EDGE_ACT_UNBRIDGE, leg->call);
    if (!was.owner) return;
    if (was.state == BRIDGE_UP)
        report_bridge_down(core, leg, now_ms, was.id, cause);
    else
        report_bridge_failed(core, leg, now_ms, was.id, cause);
}

bool bridge_link_ended(struct edge_core *core, uint64_t now_ms, uint64_t call, const struct edge_end *end)
{
    struct link *link = link_find(core, call);
    if (!link) return false;
    struct leg *leg = core_leg(core, link->leg_call);
    const char *cause = link->up ? "peer-ended" : end->sip_status == 404 ? "peer-gone" : "link-failed";
    link_free(core, link);
    if (leg && leg->bridge.peer_call == call) part(core, leg, now_ms, cause);
    return true;
}

void bridge_tick(struct edge_core *core, uint64_t now_ms)
{
    for (uint64_t id = far_pool_next(&core->links, 0); id; id = far_pool_next(&core->links, id)) {
        struct link *link = far_pool_get(&core->links, id);
        if (now_ms < link->deadline_ms) {
            if (link->deadline_ms != NEVER) core_due(core, link->deadline_ms);
            continue;
        }
        struct leg *leg = core_leg(core, link->leg_call);
        bool was_ending = link->ending;
        uint64_t call = link->call;
        if (was_ending)
            link_free(core, link); /* SIP forgot it */
        else
            link_hang_up(core, link, now_ms, "timeout");
        if (leg && leg->bridge.peer_call == call) part(core, leg, now_ms, "timeout");
    }
}

uint64_t edge_core_peer(const struct edge_core *core, uint64_t call)
{
    uint64_t id = 0;
    if (!far_index_get(core->legs_by_call, call, &id)) return 0;
    const struct leg *leg = far_pool_get(&core->legs, id);
    return leg->bridge.state == BRIDGE_UP ? leg->bridge.peer_call : 0;
}
