/* SPDX-License-Identifier: Apache-2.0 */
/* edge_world.h - what stands around an edge's core in its unit tests: actions are kept as lines of text,
 *   "append leg-answered leg=l1 done=2", "play 3 zh/welcome", ...
 * so that a test says what it expects in a line. */
#pragma once
#include "edge_core.h"
#include "far/test.h"

#define LINES_MAX 512
#define LINE_SIZE 256

struct world {
    struct edge_core *core;
    uint64_t now_ms;
    char lines[LINES_MAX][LINE_SIZE];
    size_t lines_len, lines_read;
    uint64_t call;    /* of the last action that had one */
    uint64_t play;    /* of the last PLAY */
    uint64_t session; /* of the last RECORD_OPEN */
    uint64_t inputs;
    void (*also)(void *context, const struct edge_action *action); /* sees each action too */
    void *also_context;
};

void world_init(struct world *world, uint32_t legs_max);
void world_done(struct world *world);
/** The next action's line, "" when there is none. */
const char *world_line(struct world *world);
/** The next actions are these and no others; NULL ends them. */
void world_expect(struct world *world, ...);
/** Forget what was not read. */
void world_skip(struct world *world);
void world_credit(struct world *world, uint32_t legs);
/** An INVITE: its call is CALL_IN | number. */
uint64_t world_incoming(struct world *world, uint64_t number, const char *leg_id);
/** Send a command with good tokens. body: which one; message: its body. @return the reply's cause. */
const char *world_command(struct world *world, const char *leg_id, uint32_t number,
                          Farseat__V1__EdgeCommand__BodyCase body, void *message);
/** Shorthands. */
const char *world_answer(struct world *world, const char *leg_id, uint32_t number);
const char *world_dial(struct world *world, const char *leg_id, uint32_t number, uint32_t ring_ms_max);
const char *world_hangup(struct world *world, const char *leg_id, uint32_t number);
const char *world_play(struct world *world, const char *leg_id, uint32_t number, const char *play_id,
                       bool barge_in, bool loop);
const char *world_collect(struct world *world, const char *leg_id, uint32_t number, const char *collect_id,
                          uint32_t digits_max);
const char *world_bridge(struct world *world, const char *leg_id, uint32_t number, const char *bridge_id,
                         const char *peer_leg_id, const char *peer_edge);
const char *world_mute(struct world *world, const char *leg_id, uint32_t number, bool on);
const char *world_talk(struct world *world, const char *leg_id, uint32_t number);
const char *world_record(struct world *world, const char *leg_id, uint32_t number, const char *recording_id,
                         size_t recorders);
void world_ended(struct world *world, uint64_t call, const char *cause, uint32_t status, bool by_remote);
void world_closed(struct world *world, uint64_t call);
/** Let time go to at_ms, ticking whenever the core wants. */
void world_until(struct world *world, uint64_t at_ms);
/** A caller's leg in talk, with nothing left to read. */
uint64_t world_talking(struct world *world, uint64_t number, const char *leg_id);
