/* SPDX-License-Identifier: Apache-2.0 */
/* core.h - what the files of the core share; nobody else includes it.
 *
 *   command.c  takes or refuses commands      leg.c     a leg's life as a table
 *   sound.c    play, collect, digits, echo    bridge.c  bridges and links to other edges
 *   record.c   recordings and their recorders report.c  inputs for the log
 *   door.c     who gets in                    age.c     how old a command is
 *   edge_core.c  wiring, clock, figures */
#pragma once
#include "edge_core.h"
#include "far/index.h"
#include "far/pool.h"
#include <protobuf-c/protobuf-c.h>

#define PLAYS_MAX          4 /* of one leg, stopped but not reported yet, and the one that runs */
#define INCARNATIONS_MAX   8 /* logs that were left, and whose leaders are refused */
#define ENDING_MS_MAX      6000u
#define CLOSING_MS_MAX     1000u
#define ANSWERING_MS_MAX   40000u /* beyond the 32 s that SIP waits for an ACK */
#define RING_MS_DEFAULT    60000u
#define COLLECT_MS_DEFAULT 5000u
#define OFFER_MS_DEFAULT   30000u
#define NEVER              UINT64_MAX

enum leg_state {
    LEG_OFFERED,   /* incoming, nothing sent but 100 */
    LEG_ALERTING,  /* incoming, 180 sent */
    LEG_ANSWERING, /* incoming, 200 is on its way */
    LEG_DIALLING,  /* ours, INVITE sent */
    LEG_RINGING,   /* ours, the phone rings */
    LEG_TALKING,   /* answered */
    LEG_ENDING,    /* told to end */
    LEG_CLOSING,   /* ended; its endpoint closes */
    LEG_GONE,
    LEG_STATE_COUNT
};
enum leg_event {
    LEG_EV_RING, /* commands */
    LEG_EV_ANSWER,
    LEG_EV_REJECT,
    LEG_EV_HANGUP,
    LEG_EV_RINGING, /* SIP */
    LEG_EV_ANSWERED,
    LEG_EV_ENDED,
    LEG_EV_CLOSED, /* media */
    LEG_EV_TIMEOUT,
    LEG_EVENT_COUNT
};

struct play {
    uint64_t play; /* 0: free */
    char id[EDGE_NAME_SIZE];
    bool loop, barge_in;
    bool by_digit; /* stopped by a digit, whatever media says */
};

struct collect {
    bool active;
    char id[EDGE_NAME_SIZE];
    char terminators[EDGE_NAME_SIZE];
    uint32_t digits_min, digits_max;
    uint32_t first_timeout_ms, next_timeout_ms;
    bool secret;
    uint64_t deadline_ms; /* NEVER while a prompt plays */
    char digits[EDGE_DIGITS_MAX + 1];
    uint32_t digits_len;
};

enum bridge_state { BRIDGE_NONE, BRIDGE_PENDING, BRIDGE_UP };
struct bridge {
    enum bridge_state state;
    char id[EDGE_NAME_SIZE];
    uint64_t peer_call; /* another leg of ours, or a link */
    bool owner;         /* commanded on this leg: it reports */
};

struct leg {
    uint64_t id; /* in the pool */
    uint64_t call;
    char leg_id[EDGE_NAME_SIZE], contact_id[EDGE_NAME_SIZE], traceparent[EDGE_NAME_SIZE];
    enum leg_state state;
    bool incoming, has_media, held, echo;
    bool can_talk; /* its phone takes "Event: talk" */
    bool orphan;   /* the log knows nothing of it any more: nothing is said about it */
    uint64_t began_ms, ended_ms, deadline_ms;
    uint64_t silence_excused_ms; /* when it was last seen that it may send nothing */
    uint32_t number_done;
    uint32_t refused_number; /* the last one refused for good, and as what */
    enum edge_outcome refused_as;
    char end_cause[EDGE_NAME_SIZE]; /* "": not decided */
    uint32_t end_status;
    bool end_by_remote;
    struct edge_sound sound;
    struct play plays[PLAYS_MAX];
    uint64_t play_now; /* of plays; 0: none runs, or it was told to stop */
    struct collect collect;
    char typed[EDGE_DIGITS_MAX + 1]; /* since the last Play, before a Collect */
    uint32_t typed_len;
    struct bridge bridge;
    uint64_t recording; /* id in the pool, 0: none */
};

struct link {
    uint64_t id, call;
    uint64_t leg_call;
    bool up, ending;
    uint64_t deadline_ms;
};

enum recording_state { RECORDING_OPENING, RECORDING_UP, RECORDING_WAITING };
struct recording {
    uint64_t id;
    uint64_t leg; /* in the pool */
    enum recording_state state;
    uint64_t fork, session;
    uint32_t part;
    size_t at, tries; /* in uris; failed ones since the last success */
    uint64_t deadline_ms, up_since_ms, recorded_ms;
    bool failure_told;
    char recording_id[EDGE_NAME_SIZE], segment_id[EDGE_NAME_SIZE];
    char agent_id[EDGE_NAME_SIZE], agent_name[EDGE_NAME_SIZE], queue_id[EDGE_NAME_SIZE];
    char caller_number[EDGE_NAME_SIZE];
    char uris[EDGE_RECORDERS_MAX][EDGE_URI_SIZE];
    size_t uris_len;
};

/* What the present leader's clock is behind ours by, transit of its fastest command included. */
struct leader_clock {
    bool known, above;
    int64_t ahead_ms;
    int64_t above_ms_min;    /* least of those that came with more, */
    uint64_t above_since_ms; /* since then and without a break */
};

struct tombstone {
    char leg_id[EDGE_NAME_SIZE];
    uint32_t number_done;
    uint64_t at_ms;
};

enum refusal { REFUSED_CREDIT, REFUSED_DRAINING, REFUSED_BACKLOG, REFUSED_LEGS, REFUSAL_COUNT };

struct edge_core {
    char edge[EDGE_NAME_SIZE], site[EDGE_NAME_SIZE], version[EDGE_NAME_SIZE], incarnation[EDGE_NAME_SIZE];
    void (*emit)(void *context, const struct edge_action *action);
    void *context;
    uint64_t serial; /* calls, plays, forks, sessions */
    uint64_t due_ms; /* nothing is due before */
    bool draining, inside;
    uint32_t offer_ms_max, silence_ms_max;
    uint32_t backlog, backlog_max;

    struct far_pool legs, links, recordings;
    struct far_index *legs_by_id, *legs_by_call, *links_by_call, *recordings_by_session;
    uint32_t incoming_legs;

    struct tombstone *tombstones; /* a ring */
    size_t tombstones_max, tombstones_first, tombstones_len;
    struct far_index *tombstones_by_id;

    char log_incarnation[EDGE_NAME_SIZE];
    uint64_t leader_position;
    struct leader_clock leader_clock;
    char left_incarnations[INCARNATIONS_MAX][EDGE_NAME_SIZE];
    size_t left_next;
    uint32_t edge_number_done; /* of commands about the edge itself */

    uint32_t credit;
    uint32_t refused[REFUSAL_COUNT];
    char refused_number[EDGE_NAME_SIZE];
    uint64_t refused_told_ms;
    bool refused_ever;
    struct edge_figures figures;
};

/* edge_core.c */
void core_emit(struct edge_core *core, const struct edge_action *action);
void core_emit_call(struct edge_core *core, enum edge_action_kind kind, uint64_t call);
/** Something is due at at_ms. */
void core_due(struct edge_core *core, uint64_t at_ms);
uint64_t core_serial(struct edge_core *core);
struct leg *core_leg(struct edge_core *core, uint64_t call);
struct leg *core_leg_by_id(struct edge_core *core, const char *leg_id);

/* leg.c */
/** NULL: legs_max reached. */
struct leg *leg_create(struct edge_core *core, uint64_t now_ms, uint64_t call, const char *leg_id);
/** The one function that changes a leg's state. @return false: the table has no such row; counted. */
bool leg_handle(struct edge_core *core, struct leg *leg, enum leg_event event, uint64_t now_ms);
/** The ACD has said something: an unanswered caller goes on waiting. */
void leg_commanded(struct edge_core *core, struct leg *leg, uint64_t now_ms);
bool leg_allows(const struct leg *leg, enum leg_event event);
/** Its end's cause, unless an earlier one holds. */
void leg_decide_end(struct leg *leg, const char *cause, uint32_t sip_status, bool by_remote);
/** End it from here, unless it is ending; sip_status 0: the adapter's choice. */
void leg_end(struct edge_core *core, struct leg *leg, uint64_t now_ms, const char *cause,
             uint32_t sip_status);
/** Answered, or about to be: it has an endpoint and can hear something. */
bool leg_hears(const struct leg *leg);
void leg_tick(struct edge_core *core, struct leg *leg, uint64_t now_ms);

/* age.c */
void age_forget(struct edge_core *core);
/** age_ms_max: what it can be at most, for all that the driver knows. @return [ms] */
uint64_t age_of(struct edge_core *core, uint64_t now_ms, uint64_t age_ms_max,
                const Farseat__V1__EdgeCommand *command);

/* tombstone.c */
void tombstone_put(struct edge_core *core, uint64_t now_ms, const char *leg_id, uint32_t number_done);
struct tombstone *tombstone_find(struct edge_core *core, const char *leg_id);
void tombstone_tick(struct edge_core *core, uint64_t now_ms);

/* sound.c: what a leg hears and types */
enum edge_outcome sound_play(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                             const Farseat__V1__PlayCommand *play);
/** Stop what is played to the leg, its own echo included. */
void sound_stop(struct edge_core *core, struct leg *leg);
void sound_echo(struct edge_core *core, struct leg *leg);
enum edge_outcome sound_collect(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                const Farseat__V1__CollectCommand *collect);
void sound_tick(struct edge_core *core, struct leg *leg, uint64_t now_ms);

/* bridge.c */
enum edge_outcome bridge_command(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                 uint32_t deadline_ms, const Farseat__V1__BridgeCommand *bridge);
/** End the leg's bridge, if it has one; who owns it reports it, and with told this leg does in any case. */
void bridge_drop(struct edge_core *core, struct leg *leg, uint64_t now_ms, const char *cause, bool told);
/** The leg has ended and was reported: tell the other side of its bridge. */
void bridge_leg_gone(struct edge_core *core, struct leg *leg, uint64_t now_ms);
bool bridge_link_answered(struct edge_core *core, uint64_t now_ms, uint64_t call);
bool bridge_link_ended(struct edge_core *core, uint64_t now_ms, uint64_t call, const struct edge_end *end);
void bridge_tick(struct edge_core *core, uint64_t now_ms);

/* record.c */
enum edge_outcome record_start(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                               const Farseat__V1__RecordCommand *record);
enum edge_outcome record_stop(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                              const char *recording_id);
void record_leg_ended(struct edge_core *core, struct leg *leg, uint64_t now_ms);
void record_tick(struct edge_core *core, uint64_t now_ms);

/* door.c */
void door_tick(struct edge_core *core, uint64_t now_ms);
enum edge_outcome door_credit(struct edge_core *core, uint32_t number,
                              const Farseat__V1__CreditCommand *credit);

/* report.c: one function an input */
void report_edge_started(struct edge_core *core);
void report_edge_draining(struct edge_core *core);
void report_calls_refused(struct edge_core *core, uint32_t count, const char *cause, const char *number);
void report_phone_bound(struct edge_core *core, const Farseat__V1__PhoneBound *bound);
void report_phone_gone(struct edge_core *core, const char *phone, const char *cause);
void report_leg_incoming(struct edge_core *core, const struct leg *leg, const struct edge_incoming *incoming);
void report_leg_ringing(struct edge_core *core, const struct leg *leg, uint64_t now_ms);
void report_leg_answered(struct edge_core *core, const struct leg *leg, uint64_t now_ms, const char *address);
void report_leg_ended(struct edge_core *core, const struct leg *leg);
/** For one that never was: a Hangup came before its Dial. */
void report_leg_never_was(struct edge_core *core, const char *leg_id, uint32_t number_done,
                          const char *trace);
void report_leg_hold(struct edge_core *core, const struct leg *leg, uint64_t now_ms);
void report_leg_referred(struct edge_core *core, const struct leg *leg, uint64_t now_ms, const char *target);
void report_play_done(struct edge_core *core, const struct leg *leg, uint64_t now_ms, const char *play_id,
                      const char *cause, const char *text);
void report_digits(struct edge_core *core, const struct leg *leg, uint64_t now_ms, const char *cause);
void report_bridge_up(struct edge_core *core, const struct leg *leg, uint64_t now_ms);
void report_bridge_failed(struct edge_core *core, const struct leg *leg, uint64_t now_ms,
                          const char *bridge_id, const char *cause);
void report_bridge_down(struct edge_core *core, const struct leg *leg, uint64_t now_ms, const char *bridge_id,
                        const char *cause);
void report_recording_started(struct edge_core *core, const struct leg *leg, uint64_t now_ms,
                              const struct recording *recording);
void report_recording_stopped(struct edge_core *core, const struct leg *leg, uint64_t now_ms,
                              const struct recording *recording);
void report_recording_failed(struct edge_core *core, const struct leg *leg, uint64_t now_ms,
                             const struct recording *recording, const char *cause);
