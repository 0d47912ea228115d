/* SPDX-License-Identifier: Apache-2.0 */
/* watch.c - the leader watches the edges' pulses. Time in which the log takes nothing counts for no one: the
 * calm clock stands still then, and silence is told only after the log has taken something during it. */
#include "far/str.h"
#include "replica_impl.h"
#include <string.h>

static void run_clock(struct replica *replica, uint64_t now_ms)
{
    uint64_t step_ms = now_ms - replica->calm_at_ms;
    replica->calm_at_ms = now_ms;
    if (!replica->connected || inputs_are_late(replica, now_ms)) return;
    /* A process that slept knows nothing about others. */
    replica->calm_ms += step_ms < CLOCK_STEP_MS_MAX ? step_ms : CLOCK_STEP_MS_MAX;
}

static struct watched *find(struct replica *replica, const char *edge)
{
    for (uint32_t i = 0; i < replica->watched_len; i++)
        if (strcmp(replica->watched[i].edge, edge) == 0) return &replica->watched[i];
    return NULL;
}

static struct watched *find_or_add(struct replica *replica, const char *edge, uint64_t now_ms)
{
    struct watched *watched = find(replica, edge);
    if (watched || replica->watched_len == REPLICA_EDGE_MAX) return watched;
    watched = &replica->watched[replica->watched_len++];
    memset(watched, 0, sizeof(*watched));
    far_str_copy(watched->edge, sizeof(watched->edge), edge);
    watched->pulse_ms = now_ms;
    watched->pulse_calm_ms = replica->calm_ms;
    watched->all_told = UINT64_MAX;
    return watched;
}

void watch_start(struct replica *replica, uint64_t now_ms)
{
    run_clock(replica, now_ms);
    for (uint32_t i = 0; i < replica->watched_len; i++) {
        replica->watched[i].pulse_ms = now_ms;
        replica->watched[i].pulse_calm_ms = replica->calm_ms;
        replica->watched[i].pending = 0;
        replica->watched[i].all_told = UINT64_MAX;
        replica->watched[i].behind_ms = 0;
        replica->watched[i].heard = false; /* a new leader's patience is no sign of life */
    }
    replica->watch_at_ms = now_ms;
}

static bool log_has(const struct replica *replica, const char *edge, const char *incarnation, uint64_t number)
{
    const char *life;
    uint64_t last = acd_producer_number(replica->acd, edge, &life);
    return strcmp(life, incarnation) == 0 && last >= number;
}

/* The log acknowledged more than the core has of it: it is on its way, or the log was lost or cut. */
static void compare(struct replica *replica, uint64_t now_ms, struct watched *watched,
                    const Farseat__V1__EdgePulse *pulse, bool known)
{
    if (watched->behind_ms != 0 && strcmp(watched->behind_incarnation, pulse->incarnation) == 0 &&
        !log_has(replica, watched->edge, watched->behind_incarnation, watched->behind_number))
        return;
    watched->behind_ms = 0;
    if (pulse->input_acknowledged == 0 ||
        log_has(replica, watched->edge, pulse->incarnation, pulse->input_acknowledged))
        return;
    /* Two processes of one name must not push each other out in turn. */
    bool other_lives = !known && watched->heard && now_ms < watched->pulse_ms + 2 * PROBE_MS;
    if (other_lives || (watched->resync_ms != 0 && now_ms < watched->resync_ms + RESYNC_EVERY_MS)) return;
    if (!far_str_copy(watched->behind_incarnation, sizeof(watched->behind_incarnation), pulse->incarnation))
        return;
    watched->behind_number = pulse->input_acknowledged;
    watched->behind_ms = now_ms;
    watched->behind_probe = 0;
}

void replica_pulse(struct replica *replica, uint64_t now_ms, const Farseat__V1__EdgePulse *pulse)
{
    if (!replica->acd || pulse->incarnation[0] == '\0') return;
    bool known = strcmp(acd_edge(replica->acd, pulse->edge, NULL), pulse->incarnation) == 0;
    run_clock(replica, now_ms);
    struct watched *watched = find_or_add(replica, pulse->edge, now_ms);
    if (!watched) return;
    if (replica->role == REPLICA_LEADER) compare(replica, now_ms, watched, pulse, known);
    /* A pulse of another life says nothing about the one that the core knows: EdgeStarted will. */
    if (!known) return;
    watched->pulse_ms = now_ms;
    watched->pulse_calm_ms = replica->calm_ms;
    watched->heard = true;
    /* What it had spooled by now is applied once its number reaches this; of several pulses the lowest
     * counts, for an edge that is busy always has something on its way. */
    uint64_t all_told = acd_producer_number(replica->acd, pulse->edge, NULL) + pulse->inputs_unacknowledged;
    if (all_told < watched->all_told) watched->all_told = all_told;
}

static void say(struct replica *replica, uint64_t now_ms, struct watched *watched, const char *incarnation,
                Farseat__V1__AcdInput__BodyCase what)
{
    Farseat__V1__EdgeUnreachable unreachable = FARSEAT__V1__EDGE_UNREACHABLE__INIT;
    Farseat__V1__EdgeReachable reachable = FARSEAT__V1__EDGE_REACHABLE__INIT;
    Farseat__V1__EdgeLost lost = FARSEAT__V1__EDGE_LOST__INIT;
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    char edge[REPLICA_NAME_SIZE], life[FAR_ID_TEXT_SIZE];
    far_str_copy(edge, sizeof(edge), watched->edge);
    far_str_copy(life, sizeof(life), incarnation);
    unreachable.edge = reachable.edge = lost.edge = edge;
    unreachable.incarnation = reachable.incarnation = lost.incarnation = life;
    input.body_case = what;
    if (what == FARSEAT__V1__ACD_INPUT__BODY_EDGE_UNREACHABLE)
        input.edge_unreachable = &unreachable;
    else if (what == FARSEAT__V1__ACD_INPUT__BODY_EDGE_REACHABLE)
        input.edge_reachable = &reachable;
    else
        input.edge_lost = &lost;
    uint64_t number;
    if (inputs_push(replica, now_ms, &input, &number) != FAR_OK) return;
    watched->pending = number;
    watched->said_ms = now_ms;
}

/* Whether the log has taken something that was pushed lately; else asks it to. */
static bool log_takes(struct replica *replica, uint64_t now_ms)
{
    if (replica->acked_pushed_ms + PROBE_MS >= now_ms) return true;
    if (far_appender_core_first(replica->inputs) == far_appender_core_next_number(replica->inputs)) {
        uint64_t number;
        /* When there is no room, the log takes nothing anyway. */
        if (replica_push_tick(replica, now_ms, &number) != FAR_OK) return false;
    }
    return false;
}

static void look_at(struct replica *replica, uint64_t now_ms, const char *edge)
{
    const char *state = "";
    const char *incarnation = acd_edge(replica->acd, edge, &state);
    struct watched *watched = find_or_add(replica, edge, now_ms);
    if (!watched || watched->pending != 0) return;
    if (strcmp(watched->incarnation, incarnation) != 0) {
        far_str_copy(watched->incarnation, sizeof(watched->incarnation), incarnation);
        watched->pulse_ms = now_ms;
        watched->pulse_calm_ms = replica->calm_ms;
        watched->heard = false;
        watched->all_told = UINT64_MAX;
    }
    uint64_t silent_ms = replica->calm_ms - watched->pulse_calm_ms;
    bool lost = strcmp(state, "lost") == 0, unreachable = strcmp(state, "unreachable") == 0;
    if (!lost && !unreachable) watched->all_told = UINT64_MAX;
    if (silent_ms >= replica->config.edge_lost_ms) {
        if (!lost && log_takes(replica, now_ms))
            say(replica, now_ms, watched, incarnation, FARSEAT__V1__ACD_INPUT__BODY_EDGE_LOST);
    } else if (silent_ms >= replica->config.edge_silent_ms) {
        if (!unreachable && !lost && log_takes(replica, now_ms))
            say(replica, now_ms, watched, incarnation, FARSEAT__V1__ACD_INPUT__BODY_EDGE_UNREACHABLE);
    } else if ((unreachable || lost) && watched->heard && silent_ms < PROBE_MS &&
               acd_producer_number(replica->acd, edge, NULL) >= watched->all_told &&
               now_ms >= watched->said_ms + REACHABLE_EVERY_MS) {
        /* No offers before all that it has spooled was applied (DESIGN 6). */
        say(replica, now_ms, watched, incarnation, FARSEAT__V1__ACD_INPUT__BODY_EDGE_REACHABLE);
    }
}

/* What an edge appended before our own input is before it in the log: if that one is applied and the edge's
 * is not, it never will be. */
static void look_behind(struct replica *replica, uint64_t now_ms, struct watched *watched, uint64_t applied)
{
    if (watched->behind_ms == 0 || now_ms < watched->behind_ms + PROBE_MS) return;
    if (log_has(replica, watched->edge, watched->behind_incarnation, watched->behind_number)) {
        watched->behind_ms = 0;
    } else if (watched->behind_probe == 0) {
        uint64_t number;
        if (replica_push_tick(replica, now_ms, &number) == FAR_OK) watched->behind_probe = number;
    } else if (watched->behind_probe <= applied) {
        commands_resync(replica, now_ms, watched->edge, watched->behind_incarnation);
        watched->resync_ms = now_ms;
        watched->behind_ms = 0;
    }
}

void watch_run(struct replica *replica, uint64_t now_ms)
{
    if (replica->role != REPLICA_LEADER || now_ms < replica->watch_at_ms) return;
    replica->watch_at_ms = now_ms + WATCH_EVERY_MS;
    run_clock(replica, now_ms);
    const char *life;
    uint64_t applied = acd_producer_number(replica->acd, replica->name, &life);
    if (strcmp(life, replica->incarnation) != 0) applied = 0;
    const char *edge;
    for (size_t i = 0; (edge = acd_edge_at(replica->acd, i)) != NULL; i++) {
        struct watched *watched = find(replica, edge);
        if (watched && watched->pending != 0 && watched->pending <= applied) watched->pending = 0;
        look_at(replica, now_ms, edge);
    }
    for (uint32_t i = 0; i < replica->watched_len; i++)
        look_behind(replica, now_ms, &replica->watched[i], applied);
}
