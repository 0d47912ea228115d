/* SPDX-License-Identifier: Apache-2.0 */
/* world.h - the core with edges around it that do what they are told: for tests and the bench. Edges execute
 * commands at once; what comes of them waits in each edge's row until world_run() or world_deliver() hands it
 * to the core. acd_check() runs after every input (unless world.unchecked). */
#pragma once
#include "acd.h"
#include <stdbool.h>

#define WORLD_EDGES      3
#define WORLD_LEGS       4096
#define WORLD_EVENTS     8192 /* waiting, of one edge */
#define WORLD_EVENT_SIZE 512

enum world_leg_state { WORLD_FREE, WORLD_INCOMING, WORLD_DIALLING, WORLD_RINGING, WORLD_UP };
struct world_leg {
    enum world_leg_state state;
    int edge;
    char id[40], contact[40], phone[64], agent[64], play[40], collect[40], bridge[40], peer[40],
        recording[40];
    bool incoming, loop, music, held, unrecorded, muted;
    uint32_t done;
    int64_t began_us;
};
struct world_event {
    size_t len;
    uint8_t data[WORLD_EVENT_SIZE];
};
struct world_edge {
    const char *name, *site;
    char incarnation[40];
    uint64_t number; /* the last one given */
    bool dead;       /* takes no commands */
    bool deaf;       /* finds no recorder */
    struct world_event *events;
    size_t first, count;
    uint32_t credit;
};
struct world {
    struct acd *acd;
    struct acd_output out;
    struct acd_limits limits;
    uint64_t position;
    int64_t now_us; /* the stream's clock */
    uint64_t acd_number, serial, record_next;
    struct world_edge edges[WORLD_EDGES];
    struct world_leg *legs;
    size_t legs_top; /* no leg in use from here on */
    bool unchecked;
    char acd_incarnation[40];
    /* records as they came out; packed copies */
    Farseat__V1__Record **records;
    size_t record_count, record_capacity;
    uint64_t facts;
    char last_fact[64];
    bool keep_no_records;
    /* called after every input, when set */
    void (*after)(struct world *world, const Farseat__V1__AcdInput *input);
    void *context;
};

/** A centre with edges edge-hq (site hq), edge-branch (site branch), phones 8001.. and agents agent-1.. (odd
 * ones at hq, even ones at branch), queues sales (skill sales) and support (skill support), flows main, echo
 * and others. */
struct world *world_create(const struct acd_limits *limits, uint32_t agents);
struct world *world_destroy(struct world *world);
Farseat__V1__CentreConfig *
world_config(uint32_t agents); /* freed by farseat__v1__centre_config__free_unpacked */
bool world_configure(struct world *world, const Farseat__V1__CentreConfig *config);

/* Inputs. Each returns whether the verdict was ok. */
bool world_apply(struct world *world, const char *producer, const char *incarnation, uint64_t number,
                 Farseat__V1__AcdInput *input);
bool world_acd(struct world *world, Farseat__V1__AcdInput *input); /* from acd-1 */
void world_edge_start(struct world *world, int edge);
void world_edge_kill(struct world *world, int edge); /* its legs are gone, its row is empty */
bool world_edge_lost(struct world *world, int edge);
bool world_edge_reach(struct world *world, int edge, bool reachable);
void world_phone(struct world *world, int edge, const char *phone, bool bound);
void world_phone_as(struct world *world, int edge, const char *phone, const char *answer); /* bound */
bool world_login(struct world *world, const char *agent, const char *phone);
bool world_logout(struct world *world, const char *agent);
bool world_ready(struct world *world, const char *agent);
bool world_not_ready(struct world *world, const char *agent, const char *reason);
bool world_end_work(struct world *world, const char *agent);
bool world_hold(struct world *world, const char *contact, const char *agent, bool hold);
bool world_mute(struct world *world, const char *contact, const char *agent, bool on);
bool world_pick_up(struct world *world, const char *contact, const char *agent); /* ContactAction.answer */
bool world_transfer(struct world *world, const char *contact, const char *agent, const char *to_agent,
                    const char *to_queue);
bool world_hang_up(struct world *world, const char *contact, const char *agent);
bool world_dispose(struct world *world, const char *contact, const char *agent, const char *disposition,
                   const char *note);
bool world_tick(struct world *world);
bool world_stored(struct world *world, uint64_t number);

/* The world around. */
void world_pass(struct world *world, uint64_t ms); /* time, with ticks as the leader would append them */
bool world_deliver(struct world *world, int edge); /* one event of the edge; false: none waits */
void world_run(struct world *world);               /* until no event waits */
struct world_leg *world_call(struct world *world, int edge, const char *number); /* and runs */
struct world_leg *world_call_from(struct world *world, int edge, const char *number, const char *phone);
struct world_leg *world_leg(struct world *world, const char *id);
struct world_leg *world_agent_leg(struct world *world,
                                  const char *agent);          /* the phone's leg that is not over */
void world_answer(struct world *world, struct world_leg *leg); /* the phone is picked up; not delivered */
void world_ring(struct world *world, struct world_leg *leg);   /* rings; not delivered */
void world_end(struct world *world, struct world_leg *leg, const char *cause,
               bool by_remote); /* not delivered */
void world_digits(struct world *world, struct world_leg *leg,
                  const char *digits);                            /* "": time-out; not delivered */
void world_play_ends(struct world *world, struct world_leg *leg); /* not delivered */
void world_phone_hold(struct world *world, struct world_leg *leg, bool held);
void world_refer(struct world *world, struct world_leg *leg, const char *target);

/* Looking at it. Texts and messages are good until the next call. */
Farseat__V1__AgentState world_agent_state(struct world *world, const char *agent);
const char *world_agent_reason(struct world *world, const char *agent);
Farseat__V1__ContactState world_contact_state(struct world *world,
                                              const char *contact); /* UNKNOWN: not live */
uint32_t world_position(struct world *world, const char *contact);
const Farseat__V1__ContactRecord *world_contact_record(struct world *world,
                                                       const char *contact); /* the newest */
size_t world_segments(struct world *world, const char *contact, Farseat__V1__SegmentKind kind,
                      const Farseat__V1__SegmentRecord **ret_last);
const Farseat__V1__SurveyRecord *world_survey_record(struct world *world, const char *contact);
