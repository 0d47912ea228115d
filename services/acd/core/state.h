/* SPDX-License-Identifier: Apache-2.0 */
/* state.h - the core's state and what its files tell each other. Nothing outside core/ and flow/ includes it.
 *
 *   edge <- phone <- agent <-> contact <-> leg         queue -> orders of contacts and agents (derived)
 *                       |         |          |
 *                    segment   segment    command      outbox: packed records, numbered without gaps
 *
 * Things name each other by pool ids (far/pool.h); 0: none. What is marked "derived" is rebuilt by
 * acd_rebuild() after a snapshot was read, and is in no hash. Who changes what: agent.c alone sets
 * agent.state, contact.c alone contact.state, leg.c alone leg.state, each by its table. */
#pragma once
#include "acd.h"
#include "far/hash64.h"
#include "far/index.h"
#include "far/pool.h"
#include "far/str.h"
#include <assert.h>

#define ID_SIZE           (ACD_ID_TEXT_MAX + 1)
#define UUID_SIZE         FAR_ID_TEXT_SIZE
#define TEXT_SIZE         128 /* display names, addresses */
#define NOTE_SIZE         1024
#define CONFIG_SLOTS      8 /* versions kept while contacts run by them */
#define MENU_STEPS_MAX    24
#define MISSED_MAX        16
#define PARTS_MAX         8
#define SEGMENTS_MAX      16 /* of a contact, kept for its timeline; open ones are at most PARTS_MAX + 2 */
#define CANDIDATES_MAX    10
#define COMMAND_BYTES_MAX 2560
#define INCARNATIONS_MAX  16     /* former ones that are remembered of each producer */
#define SNAPSHOT_VERSION  2      /* the highest; 1 has no phones' ways to answer and nobody muted */
#define HEARTBEAT_US      500000 /* ticks while anything lives: well below the clamp of 1 s */
#define RECORDERS_MAX     4
#define RECORD_BYTES_MAX  32768
#define FLOW_BUDGET       64 /* nodes without the caller's doing anything */

enum {
    AGENT_LOGGED_OUT = FARSEAT__V1__AGENT_STATE__AGENT_LOGGED_OUT,
    AGENT_NOT_READY = FARSEAT__V1__AGENT_STATE__AGENT_NOT_READY,
    AGENT_READY = FARSEAT__V1__AGENT_STATE__AGENT_READY,
    AGENT_RESERVED = FARSEAT__V1__AGENT_STATE__AGENT_RESERVED,
    AGENT_RINGING = FARSEAT__V1__AGENT_STATE__AGENT_RINGING,
    AGENT_TALKING = FARSEAT__V1__AGENT_STATE__AGENT_TALKING,
    AGENT_HOLDING = FARSEAT__V1__AGENT_STATE__AGENT_HOLDING,
    AGENT_AFTER_CALL_WORK = FARSEAT__V1__AGENT_STATE__AGENT_AFTER_CALL_WORK,
};
enum {
    CONTACT_IN_FLOW = FARSEAT__V1__CONTACT_STATE__CONTACT_IN_FLOW,
    CONTACT_QUEUED = FARSEAT__V1__CONTACT_STATE__CONTACT_QUEUED,
    CONTACT_RINGING = FARSEAT__V1__CONTACT_STATE__CONTACT_RINGING,
    CONTACT_TALKING = FARSEAT__V1__CONTACT_STATE__CONTACT_TALKING,
    CONTACT_HELD = FARSEAT__V1__CONTACT_STATE__CONTACT_HELD,
    CONTACT_IN_SURVEY = FARSEAT__V1__CONTACT_STATE__CONTACT_IN_SURVEY,
    CONTACT_WRAPPING_UP = FARSEAT__V1__CONTACT_STATE__CONTACT_WRAPPING_UP,
    CONTACT_ENDED = FARSEAT__V1__CONTACT_STATE__CONTACT_ENDED,
};
enum {
    BY_UNKNOWN = FARSEAT__V1__ENDED_BY__ENDED_BY_UNKNOWN,
    BY_CALLER = FARSEAT__V1__ENDED_BY__ENDED_BY_CALLER,
    BY_AGENT = FARSEAT__V1__ENDED_BY__ENDED_BY_AGENT,
    BY_FLOW = FARSEAT__V1__ENDED_BY__ENDED_BY_FLOW,
    BY_SYSTEM = FARSEAT__V1__ENDED_BY__ENDED_BY_SYSTEM,
};
enum {
    SEGMENT_IVR = FARSEAT__V1__SEGMENT_KIND__SEGMENT_IVR,
    SEGMENT_QUEUE = FARSEAT__V1__SEGMENT_KIND__SEGMENT_QUEUE,
    SEGMENT_RING = FARSEAT__V1__SEGMENT_KIND__SEGMENT_RING,
    SEGMENT_TALK = FARSEAT__V1__SEGMENT_KIND__SEGMENT_TALK,
    SEGMENT_HOLD = FARSEAT__V1__SEGMENT_KIND__SEGMENT_HOLD,
    SEGMENT_AFTER_CALL_WORK = FARSEAT__V1__SEGMENT_KIND__SEGMENT_AFTER_CALL_WORK,
    SEGMENT_SURVEY = FARSEAT__V1__SEGMENT_KIND__SEGMENT_SURVEY,
};

/* Why an agent is no candidate; the first that applies. X(name, text): text is in decisions and explanations.
 */
#define AGENT_CLASS_MAP(X)                                                                                   \
    X(READY, "ready")                                                                                        \
    X(LOGGED_OUT, "logged-out")                                                                              \
    X(NOT_READY, "not-ready")                                                                                \
    X(RINGING, "ringing")                                                                                    \
    X(TALKING, "talking")                                                                                    \
    X(HOLDING, "holding")                                                                                    \
    X(AFTER_CALL_WORK, "after-call-work")                                                                    \
    X(NO_PHONE, "no-phone")                                                                                  \
    X(EDGE_UNREACHABLE, "edge-unreachable")                                                                  \
    X(EDGE_DRAINING, "edge-draining")                                                                        \
    X(PHONE_BUSY, "phone-busy")
#define X(name, text) CLASS_##name,
enum agent_class { AGENT_CLASS_MAP(X) CLASS_COUNT };
#undef X

/* How a phone can be made to answer, best first; what PhoneBound says, "": the first. */
#define PHONE_ANSWER_MAP(X)                                                                                  \
    X(MANUAL, "manual")                                                                                      \
    X(TALK, "talk")                                                                                          \
    X(BROWSER, "browser")
#define X(name, text) ANSWER_##name,
enum phone_answer { PHONE_ANSWER_MAP(X) ANSWER_COUNT };
#undef X

enum edge_state { EDGE_STARTED, EDGE_UNREACHABLE, EDGE_LOST, EDGE_STATE_COUNT };
enum leg_state {
    LEG_GONE, /* never seen in the pool */
    LEG_ANSWERING,
    LEG_DIALLING,
    LEG_RINGING,
    LEG_UP,
    LEG_ENDING,
    LEG_STATE_COUNT
};
enum leg_role { LEG_CALLER, LEG_AGENT, LEG_ROLE_COUNT };
/* What the flow waits for. */
enum phase {
    PHASE_NONE,     /* the flow does not run: waiting, talking, gone */
    PHASE_ANSWER,   /* the caller's leg to be up */
    PHASE_PLAY,     /* PlayDone of a play node */
    PHASE_COLLECT,  /* DigitsCollected of a menu or survey */
    PHASE_THANKS,   /* PlayDone of a survey's thanks */
    PHASE_BYE,      /* PlayDone of a hangup node */
    PHASE_ECHO,     /* the limit */
    PHASE_GREETING, /* PlayDone of the queue's greeting */
    PHASE_MUSIC,    /* nothing: an agent */
    PHASE_ENDING,   /* LegEnded after our Hangup */
    PHASE_COUNT
};

struct producer {
    uint64_t self;
    char name[ID_SIZE];
    char incarnation[UUID_SIZE];
    uint64_t number;
    uint64_t former[INCARNATIONS_MAX]; /* hashes */
    uint32_t former_next;
};
struct edge {
    uint64_t self;
    char name[ID_SIZE], site[ID_SIZE], version[ID_SIZE];
    char incarnation[UUID_SIZE];
    uint32_t state; /* enum edge_state */
    bool draining;
    uint32_t command_number; /* of commands about the edge itself */
    uint32_t credit;         /* last granted */
};
struct phone {
    uint64_t self;
    char id[ID_SIZE];
    uint64_t edge; /* where it is bound */
    char address[TEXT_SIZE];
    uint64_t agent;  /* who is logged in with it */
    uint32_t answer; /* enum phone_answer; MANUAL while it is not bound */
    uint32_t calls;  /* derived: live legs that it began */
};
struct agent {
    uint64_t self;
    char id[ID_SIZE], name[TEXT_SIZE], home_phone[ID_SIZE], site[ID_SIZE], team[ID_SIZE];
    bool configured; /* false: leaves when free */
    uint32_t state;
    char reason[ID_SIZE];
    bool next_not_ready, next_logout; /* wishes during a call */
    char next_reason[ID_SIZE];
    bool muted; /* only while talking or holding */
    int64_t since_us, since_stamp_us;
    uint64_t phone, contact, leg, segment; /* segment: open after-call work */
    char queue_id[ID_SIZE];
    char activity_contact_id[UUID_SIZE], activity_queue_id[ID_SIZE]; /* of the present stretch */
    uint64_t ready_position; /* the idle order: log position at which he became idle */
    int64_t idle_stamp_us;   /* its stamp */
    int64_t deadline_us;
    /* derived */
    uint32_t timer_at, rank, class;
    bool listed, reachable;
    const Farseat__V1__Agent *config;
};
struct order { /* a sorted row of pool ids; begin moves so that taking the first is cheap */
    uint64_t *ids;
    uint32_t begin, len, capacity;
};
struct queue {
    uint64_t self;
    char id[ID_SIZE];
    /* derived */
    const Farseat__V1__Queue *config;
    struct order waiting, open, ready; /* all contacts; those that may be offered; agents */
    uint32_t classes[CLASS_COUNT];     /* eligible agents by class */
    uint32_t eligible;
};
struct leg {
    uint64_t self;
    char id[UUID_SIZE];
    uint32_t state, role;
    uint64_t edge, contact, agent, phone;
    uint32_t command_next; /* number of the next command, from 1 */
    uint32_t hangups;
    uint64_t leg_ms; /* last heard, at clock_us of core time */
    int64_t clock_us;
    bool rang;
    uint64_t ringing_ms, answered_ms;
    uint64_t caller_ms_at_answer; /* agent's leg: the caller's clock when it was answered */
    char address[TEXT_SIZE];
    int64_t deadline_us;
    /* derived */
    uint32_t timer_at;
    uint64_t command_first, command_last;
};
struct menu_step {
    char node[ID_SIZE], digits[16];
    uint64_t at_ms;
};
struct missed_offer {
    char agent[ID_SIZE], cause[ID_SIZE];
    uint64_t ring_ms;
    int64_t at_us;
};
struct part { /* one connection with an agent */
    char agent[ID_SIZE], queue[ID_SIZE], phone[ID_SIZE], site[ID_SIZE], edge[ID_SIZE], disposition[ID_SIZE];
    char address[TEXT_SIZE];
    char recording[UUID_SIZE];
    uint64_t ring_ms, talk_ms, hold_ms, after_call_work_ms;
    uint32_t ended_by;
};
struct contact {
    uint64_t self;
    char id[UUID_SIZE];
    uint32_t state;
    uint64_t leg; /* the caller's; 0: gone */
    /* the flow */
    uint32_t config_slot; /* CONFIG_SLOTS: none any more */
    uint32_t flow, node, phase, attempts, budget;
    bool served, invalid_digits;
    char play_id[UUID_SIZE], collect_id[UUID_SIZE];
    /* who and when */
    char caller_raw[ID_SIZE], caller[ID_SIZE], caller_name[TEXT_SIZE];
    uint32_t caller_kind;
    char dialled[ID_SIZE], published[ID_SIZE], trunk[ID_SIZE], site[ID_SIZE], edge[ID_SIZE], flow_id[ID_SIZE];
    int64_t started_stamp_us, ended_stamp_us, state_since_us;
    uint64_t clock_ms, ended_ms; /* the caller's leg; clock_ms was so at clock_us */
    int64_t clock_us;
    uint32_t result, ended_by;
    char end_cause[ID_SIZE];
    /* waiting */
    char queue_id[ID_SIZE], first_queue_id[ID_SIZE];
    uint64_t queue, order_key; /* queue: 0 when it does not wait */
    uint64_t queued_ms;
    uint32_t position_at_entry, service_level_ms, short_abandon_ms;
    bool queued, answered, overflowed, wait_over; /* ever; ever; last left by overflow; wait_ms_max passed */
    /* with an agent */
    uint64_t agent, agent_leg, main_segment, ring_segment;
    char bridge_id[UUID_SIZE];
    bool bridged, bridging, hold_wanted;
    uint64_t bridge_down_ms;   /* the caller's clock at BridgeDown, 0: not yet */
    uint32_t after_call_works; /* derived: agents at work for it */
    /* what the record needs */
    uint64_t ivr_ms, wait_ms, ring_ms, talk_ms, hold_ms, after_call_work_ms, survey_ms, sound_gap_ms_max;
    uint32_t transfers, holds, revision, segment_index;
    struct menu_step menu[MENU_STEPS_MAX];
    uint32_t menu_count;
    struct missed_offer missed[MISSED_MAX];
    uint32_t missed_count;
    struct part parts[PARTS_MAX];
    uint32_t part_count;
    char disposition[ID_SIZE], note[NOTE_SIZE], survey_id[ID_SIZE];
    uint32_t survey_score;
    bool survey_answered, survey_open;
    int64_t deadline_us;
    uint64_t segments[SEGMENTS_MAX]; /* in order of index */
    uint32_t segment_count;
    /* derived */
    uint32_t timer_at;
    uint64_t closed_next;
};
struct candidate {
    char agent[ID_SIZE], site[ID_SIZE];
    uint64_t idle_ms;
    uint32_t level;
};
struct decision {
    uint32_t rule; /* enum decision_rule + 1; 0: none */
    uint32_t position, candidate_count, ready_count;
    struct candidate candidates[CANDIDATES_MAX];
    uint32_t refusals[CLASS_COUNT + 1]; /* the last one: skill */
};
enum decision_rule { RULE_NONE, RULE_LONGEST_IDLE, RULE_TRANSFER, RULE_COUNT };
struct segment {
    uint64_t self;
    char id[UUID_SIZE];
    uint64_t contact;
    uint32_t index, kind, position;
    bool open;
    int64_t started_stamp_us, started_us;
    uint64_t offset_ms, duration_ms;
    char queue[ID_SIZE], agent[ID_SIZE], flow[ID_SIZE], node[ID_SIZE], phone[ID_SIZE], site[ID_SIZE],
        outcome[ID_SIZE];
    char digits[16];
    char recording[UUID_SIZE];
    struct decision decision;
};
struct command {
    uint64_t self;
    char id[UUID_SIZE];
    uint64_t edge, leg;
    uint32_t number, body_case, attempts;
    int64_t expires_us;
    uint32_t len;
    uint8_t data[COMMAND_BYTES_MAX];
    /* derived */
    uint64_t next, prev, leg_next;
};
struct record_entry {
    uint32_t kind, len;
    uint64_t offset;
    char id[UUID_SIZE];
};
struct outbox {
    uint64_t first, last; /* numbers; first = last + 1: empty */
    uint64_t dropped;
    struct record_entry *entries; /* by number modulo capacity */
    uint32_t capacity;
    uint8_t *bytes;
    uint64_t size, ring_size, head, used;
};
struct config_slot {
    uint64_t version; /* 0: free */
    uint64_t hash;
    uint8_t *bytes;
    size_t len;
    struct far_arena arena;
    const Farseat__V1__CentreConfig *config;
    uint32_t contacts; /* derived: that run by it */
};
struct staging { /* pieces of a configuration on their way */
    char id[UUID_SIZE];
    uint32_t pieces;
    uint8_t *bytes;
    size_t len;
};
enum timer_kind { TIMER_AGENT, TIMER_CONTACT, TIMER_LEG };
struct timer {
    int64_t deadline_us;
    uint32_t kind;
    uint64_t id;
};
struct counters {
    uint64_t inputs, duplicates, gaps, refused;
    uint64_t arrived, calls_refused, ivr_served, ivr_abandoned, offered, answered, abandoned, overflowed;
};

struct acd {
    struct acd_limits limits;
    struct far_id incarnation;
    char incarnation_text[UUID_SIZE];
    uint64_t position;
    int64_t stamp_us, now_us;
    uint64_t leader_position;
    char leader[ID_SIZE];
    uint32_t core_version;
    struct counters count;
    struct far_pool producers, edges, phones, agents, queues, legs, contacts, segments, commands;
    struct outbox outbox;
    struct config_slot configs[CONFIG_SLOTS];
    uint32_t config_now; /* CONFIG_SLOTS: none yet */
    uint64_t config_version;
    size_t config_bytes_max;
    struct staging staging;
    uint64_t closed_first, closed_last; /* closed contacts, oldest first */
    uint32_t closed_count;
    /* derived */
    struct far_index *producer_index, *edge_index, *phone_index, *agent_index, *queue_index, *leg_index,
        *contact_index, *command_index;
    uint64_t command_first, command_last; /* oldest first: all live equally long */
    struct timer *timers;
    uint32_t timer_len;
    uint64_t *eligible;   /* per agent slot: a bit for each queue slot */
    uint32_t queue_words; /* of 64 bits */
    uint64_t *dirty;      /* queues that the matcher shall look at */
    uint8_t *scratch;     /* RECORD_BYTES_MAX, for packing */
    uint32_t contacts_live;
    uint64_t *order_ids;    /* room of all queues' orders */
    void *sorted;           /* scratch for sorting: 16 bytes an agent or command */
    struct acd_output *out; /* of the input being applied */
};

/* A fault of this core itself: stop at once rather than go on from a wrong state. */
#define acd_broken(text) assert(0 && (text))
#define SLOT(id)         ((uint32_t)((id)&0xffffff))
#define TEXT(t)          ((char *)(uintptr_t)(t)) /* protobuf-c's texts are not const */
#define COPY(to, t)      acd_copy((to), sizeof(to), (t))

/* Look-ups by id; NULL: gone, which is normal. */
struct edge *acd_edge_get(const struct acd *acd, uint64_t id);
struct phone *acd_phone_get(const struct acd *acd, uint64_t id);
struct agent *acd_agent_get(const struct acd *acd, uint64_t id);
struct queue *acd_queue_get(const struct acd *acd, uint64_t id);
struct leg *acd_leg_get(const struct acd *acd, uint64_t id);
struct contact *acd_contact_get(const struct acd *acd, uint64_t id);
struct segment *acd_segment_get(const struct acd *acd, uint64_t id);

/* lookup.c: by text */
void *acd_by_text(const struct far_index *index, const struct far_pool *pool, const char *text);
void acd_index_put(struct far_index *index, const char *text, uint64_t id);
struct edge *acd_edge_find(const struct acd *acd, const char *name);
struct phone *acd_phone_find(const struct acd *acd, const char *id);
struct agent *acd_agent_find(const struct acd *acd, const char *id);
struct queue *acd_queue_find(const struct acd *acd, const char *id);
struct leg *acd_leg_find(const struct acd *acd, const char *id);
struct contact *acd_contact_find(const struct acd *acd, const char *id);
bool acd_id_valid(const char *text); /* [a-z0-9-]{1,63} */
bool acd_uuid_valid(const char *text);
int64_t acd_ms(int64_t us);
/* Always valid UTF-8: cut between characters; bytes that are no UTF-8 become '?'. NULL counts as "". */
void acd_copy(char *out, size_t size, const char *text);

/* output.c */
void acd_output_reset(struct acd_output *out);
void acd_new_id(struct acd *acd, char out[UUID_SIZE]);
void acd_fail(struct acd *acd, enum far_err err, const char *format, ...) FAR_PRINTF(3, 4);
void acd_fail_text(struct acd *acd, enum far_err err, const char *text);
bool acd_failed(const struct acd *acd);
ProtobufCMessage *acd_message_copy(struct far_arena *arena, const ProtobufCMessage *message);
ProtobufCAllocator acd_arena_allocator(struct far_arena *arena);
struct fact_about {
    const struct contact *contact;
    const struct agent *agent;
    const char *queue_id, *site_id;
};
/* body: the message for body_case; ids come from `about`. */
void acd_fact(struct acd *acd, const char *suffix, const struct fact_about *about,
              Farseat__V1__Fact__BodyCase body_case, void *body);
void acd_fact_caller(const struct contact *contact, Farseat__V1__TelephoneNumber *out);

/* timer.c */
void acd_timer_set(struct acd *acd, enum timer_kind kind, uint64_t id, int64_t deadline_us);
void acd_timer_clear(struct acd *acd, enum timer_kind kind, uint64_t id);
void acd_timers_run(struct acd *acd);
int64_t acd_timer_first_us(const struct acd *acd);

/* order.c */
typedef bool acd_before(const struct acd *acd, uint64_t a, uint64_t b);
bool acd_before_contact(const struct acd *acd, uint64_t a, uint64_t b);
bool acd_before_agent(const struct acd *acd, uint64_t a, uint64_t b);
void acd_order_insert(const struct acd *acd, struct order *order, uint64_t id, acd_before *before);
bool acd_order_remove(const struct acd *acd, struct order *order, uint64_t id, acd_before *before);
/* 1 for the first; 0: not there. */
uint32_t acd_order_rank(const struct acd *acd, const struct order *order, uint64_t id, acd_before *before);
static inline uint64_t acd_order_at(const struct order *order, uint32_t index)
{
    return index < order->len ? order->ids[order->begin + index] : 0;
}

/* command.c */
/* Give a leg its next command; body: the message of body_case. Nothing when the leg's edge is lost. */
void acd_command(struct acd *acd, struct leg *leg, Farseat__V1__EdgeCommand__BodyCase body_case, void *body);
/* About a leg that the core does not keep, or about the edge (leg_id ""). */
void acd_command_loose(struct acd *acd, struct edge *edge, const char *leg_id, uint32_t number,
                       Farseat__V1__EdgeCommand__BodyCase body_case, void *body);
void acd_commands_done(struct acd *acd, struct leg *leg, uint32_t number);
void acd_commands_unbegun(struct acd *acd, const struct leg *leg); /* its recordings that will not begin */
void acd_commands_drop_leg(struct acd *acd, struct leg *leg);
void acd_commands_drop_edge(struct acd *acd, uint64_t edge);
void acd_commands_expire(struct acd *acd);
void acd_command_link(struct acd *acd, struct command *command);
void acd_command_failed(struct acd *acd, const Farseat__V1__CommandFailed *failed);

/* edge.c, phone.c */
bool acd_edge_usable(const struct edge *edge); /* may be given work */
void acd_edge_started(struct acd *acd, const Farseat__V1__AcdInput *input);
void acd_edge_unreachable(struct acd *acd, const Farseat__V1__AcdInput *input);
void acd_edge_reachable(struct acd *acd, const Farseat__V1__AcdInput *input);
void acd_edge_lost(struct acd *acd, const Farseat__V1__AcdInput *input);
void acd_edge_draining(struct acd *acd, const Farseat__V1__AcdInput *input);
void acd_calls_refused(struct acd *acd, const Farseat__V1__AcdInput *input);
void acd_phone_bound(struct acd *acd, const Farseat__V1__AcdInput *input);
void acd_phone_gone(struct acd *acd, const Farseat__V1__AcdInput *input);
struct phone *acd_phone_ensure(struct acd *acd, const char *id); /* NULL: no room */
const char *acd_phone_answer(const struct phone *phone);         /* "": none, or not bound */
void acd_phone_unbind(struct acd *acd, struct phone *phone);
void acd_phone_manual(struct acd *acd, struct phone *phone); /* it does not answer by itself after all */
void acd_edges_grant(struct acd *acd);
void acd_edge_alive_if_lost(struct acd *acd, struct edge *edge); /* it speaks again */
void acd_fact_edge(struct acd *acd, const struct edge *edge, const char *state);

/* leg.c */
enum leg_event { LEG_EV_RINGING, LEG_EV_ANSWERED, LEG_EV_HANGUP, LEG_EV_COUNT };
struct leg *acd_leg_new(struct acd *acd, const char *id, struct edge *edge, enum leg_role role);
bool acd_leg_event(struct acd *acd, struct leg *leg, enum leg_event event);
void acd_leg_hangup(struct acd *acd, struct leg *leg, const char *cause, uint32_t sip_status);
void acd_leg_free(struct acd *acd, struct leg *leg);
struct leg_end {
    uint64_t leg_ms;
    const char *cause;
    bool by_remote, lost; /* lost: its edge is gone */
    uint64_t sound_gap_us_max;
};
void acd_leg_ended(struct acd *acd, struct leg *leg, const struct leg_end *end);
void acd_leg_timer(struct acd *acd, struct leg *leg);
void acd_leg_broken(struct acd *acd, struct leg *leg, const char *cause);
void acd_leg_input(struct acd *acd,
                   const Farseat__V1__AcdInput *input); /* all inputs about a leg but LegIncoming */
void acd_legs_of_edge_end(struct acd *acd, uint64_t edge, bool forget);

/* contact.c */
enum contact_event {
    CONTACT_EV_QUEUE,
    CONTACT_EV_OFFER,
    CONTACT_EV_UNANSWERED,
    CONTACT_EV_BRIDGED,
    CONTACT_EV_HOLD,
    CONTACT_EV_RESUME,
    CONTACT_EV_FLOW,
    CONTACT_EV_SURVEY,
    CONTACT_EV_GONE,
    CONTACT_EV_CLOSE,
    CONTACT_EV_COUNT
};
void acd_contact_event(struct acd *acd, struct contact *contact, enum contact_event event);
void acd_leg_incoming(struct acd *acd, const Farseat__V1__AcdInput *input);
uint64_t acd_contact_ms(const struct acd *acd, const struct contact *contact); /* the caller's clock now */
void acd_contact_clock(struct acd *acd, struct contact *contact, uint64_t leg_ms);
void acd_contact_detach(struct acd *acd, struct contact *contact, uint64_t at_ms, uint32_t by,
                        const char *cause);
void acd_contact_hangup(struct acd *acd, struct contact *contact, uint32_t by, const char *cause);
void acd_contact_gone(struct acd *acd, struct contact *contact, const struct leg_end *end);
void acd_contact_close_if_done(struct acd *acd, struct contact *contact);
void acd_contact_timer(struct acd *acd, struct contact *contact);
void acd_contact_action(struct acd *acd, const Farseat__V1__AcdInput *input);
const Farseat__V1__FlowNode *acd_contact_node(const struct acd *acd, const struct contact *contact);
void acd_play(struct acd *acd, struct contact *contact, char **prompts, size_t count, bool loop,
              bool barge_in);
void acd_closed_link(struct acd *acd, struct contact *contact);

/* queue.c */
void acd_queue_enter(struct acd *acd, struct contact *contact, struct queue *queue,
                     const Farseat__V1__FlowQueue *node);
void acd_queue_again(struct acd *acd, struct contact *contact, struct queue *queue, uint64_t at_ms);
void acd_queue_leave(struct acd *acd, struct contact *contact, uint64_t at_ms, const char *cause);
void acd_queue_overflow(struct acd *acd, struct contact *contact);
void acd_queue_refresh(struct acd *acd, struct contact *contact); /* whether it may be offered */
void acd_queue_music(struct acd *acd, struct contact *contact);
bool acd_contact_open(const struct acd *acd, const struct contact *contact);
void acd_queue_dirty(struct acd *acd, const struct queue *queue);
uint32_t acd_queue_service_level_ms(const struct queue *queue);
uint32_t acd_queue_short_abandon_ms(const struct queue *queue);
uint32_t acd_queue_ring_ms_max(const struct queue *queue);
uint32_t acd_queue_after_call_work_ms(const struct queue *queue);
uint32_t acd_queue_waiting_max(const struct queue *queue);

/* agent.c */
enum agent_event {
    AGENT_EV_LOGIN,
    AGENT_EV_LOGOUT,
    AGENT_EV_READY,
    AGENT_EV_NOT_READY,
    AGENT_EV_OFFER,
    AGENT_EV_RING,
    AGENT_EV_WITHDRAW,
    AGENT_EV_UP,
    AGENT_EV_HOLD,
    AGENT_EV_RESUME,
    AGENT_EV_FINISH,
    AGENT_EV_COUNT
};
/* reason: of not ready; "" otherwise. @return whether the table has such a row. */
bool acd_agent_event(struct acd *acd, struct agent *agent, enum agent_event event, const char *reason);
void acd_agent_action(struct acd *acd, const Farseat__V1__AcdInput *input);
void acd_agent_tell(struct acd *acd, const struct agent *agent); /* the fact of his state, as it is */
void acd_agent_told_last(struct acd *acd);                       /* what he wished, when all else is done */
void acd_agent_mute(struct acd *acd, struct agent *agent, bool muted);
const char *acd_agent_next(const struct agent *agent);        /* what he wishes after the call; "" */
void acd_agent_refresh(struct acd *acd, struct agent *agent); /* whether he may be offered a contact */
void acd_agent_list(struct acd *acd, struct agent *agent, bool add);
enum agent_class acd_agent_class(const struct acd *acd, const struct agent *agent);
bool acd_agent_reachable(const struct acd *acd, const struct agent *agent);
const char *acd_class_text(enum agent_class class);
void acd_agent_offer_over(struct acd *acd, struct agent *agent, const char *reason);
/* The eligible queues: begin with *slot = 0; NULL: no more. */
struct queue *acd_eligible_next(const struct acd *acd, uint64_t agent, uint32_t *slot);
void acd_agent_after_call_work(struct acd *acd, struct agent *agent, struct contact *contact, uint64_t at_ms);
void acd_agent_timer(struct acd *acd, struct agent *agent);
bool acd_agent_remove_if_free(struct acd *acd, struct agent *agent);
void acd_agent_done_with(struct acd *acd, struct agent *agent); /* after-call work ends */
static inline uint64_t *acd_agent_eligible(const struct acd *acd, uint64_t id)
{
    return acd->eligible + (size_t)SLOT(id) * acd->queue_words;
}
static inline bool acd_eligible(const struct acd *acd, uint64_t agent, uint64_t queue)
{
    return acd_agent_eligible(acd, agent)[SLOT(queue) / 64] >> (SLOT(queue) % 64) & 1;
}

/* match.c */
void acd_match(struct acd *acd);
void acd_decide(const struct acd *acd, const struct contact *contact, const struct queue *queue,
                const struct agent *agent, enum decision_rule rule, struct decision *out);
void acd_decision_text(const struct decision *decision, char *text, size_t size);

/* offer.c, talk.c */
void acd_offer(struct acd *acd, struct contact *contact, struct queue *queue, struct agent *agent,
               enum decision_rule rule);
void acd_offer_failed(struct acd *acd, struct contact *contact, const char *cause, const char *agent_reason);
void acd_offer_withdraw(struct acd *acd, struct contact *contact, uint64_t at_ms, const char *cause);
void acd_offer_answered(struct acd *acd, struct contact *contact, struct leg *leg);
void acd_bridge(struct acd *acd, struct contact *contact);
void acd_bridge_up(struct acd *acd, struct contact *contact, const char *bridge_id);
void acd_bridge_failed(struct acd *acd, struct contact *contact, const char *bridge_id);
void acd_bridge_down(struct acd *acd, struct contact *contact, const char *bridge_id);
uint64_t acd_offer_ring_ms(const struct leg *leg);
void acd_bridge_again(struct acd *acd, struct contact *contact);
void acd_recording_empty(struct acd *acd, struct contact *contact,
                         const char *recording_id); /* nobody recorded anything */
void acd_agent_lost(struct acd *acd, struct contact *contact,
                    uint64_t at_ms); /* not by his own will: queue again */
void acd_talk_begin(struct acd *acd, struct contact *contact, uint64_t at_ms);
/* The agent leaves a contact that goes on or not; the caller's leg, if it lives, hears nothing then. */
void acd_talk_end(struct acd *acd, struct contact *contact, uint64_t at_ms, uint32_t by, const char *outcome);
bool acd_talking(struct acd *acd, const struct contact *contact); /* false: and the verdict says so */
void acd_talk_hold(struct acd *acd, struct contact *contact);
void acd_talk_resume(struct acd *acd, struct contact *contact);
void acd_talk_resumed(struct acd *acd, struct contact *contact, uint64_t at_ms);
void acd_talk_mute(struct acd *acd, struct contact *contact, bool on);
void acd_offer_answer(struct acd *acd, const struct contact *contact); /* make his phone answer */
void acd_agent_leg_ended(struct acd *acd, struct leg *leg, const struct leg_end *end);
void acd_transfer(struct acd *acd, struct contact *contact, struct agent *agent, struct queue *queue);
void acd_referred(struct acd *acd, struct contact *contact, const char *target);
void acd_agent_left(struct acd *acd, struct contact *contact, uint64_t at_ms);
struct leg *acd_caller_up(const struct acd *acd,
                          const struct contact *contact); /* NULL: it takes no commands */

/* segment.c */
struct segment *acd_segment_open(struct acd *acd, struct contact *contact, uint32_t kind, uint64_t at_ms);
void acd_segment_close(struct acd *acd, struct segment *segment, uint64_t at_ms, const char *outcome);
/* Close the main one (IVR, queue, talk, hold, survey) and open another; kind 0: none. */
struct segment *acd_segment_main(struct acd *acd, struct contact *contact, uint32_t kind, uint64_t at_ms,
                                 const char *outcome);
void acd_segments_free(struct acd *acd, struct contact *contact);
struct decision_storage {
    Farseat__V1__Decision decision;
    Farseat__V1__Candidate candidates[CANDIDATES_MAX], *candidate_rows[CANDIDATES_MAX];
    Farseat__V1__RefusalCount refusals[CLASS_COUNT + 1], *refusal_rows[CLASS_COUNT + 1];
    char text[256];
};
void acd_decision_fill(const struct decision *decision, struct decision_storage *storage);

/* outbox.c, record.c */
enum record_kind { RECORD_CONTACT, RECORD_SEGMENT, RECORD_AGENT_ACTIVITY, RECORD_SURVEY, RECORD_KIND_COUNT };
enum far_err acd_outbox_init(struct outbox *outbox, uint32_t records_max);
void acd_outbox_done(struct outbox *outbox);
bool acd_outbox_put(struct outbox *outbox, enum record_kind kind, const char *id, const uint8_t *data,
                    size_t len);
void acd_outbox_stored(struct outbox *outbox, uint64_t number);
/* In hundredths of what it holds. */
uint32_t acd_outbox_fill(const struct outbox *outbox);
void acd_record(struct acd *acd, enum record_kind kind, Farseat__V1__Record *record,
                Farseat__V1__RecordOrigin *origin, const char *record_id);
void acd_record_contact(struct acd *acd, struct contact *contact);
void acd_record_segment(struct acd *acd, const struct segment *segment);
void acd_record_activity(struct acd *acd, const struct agent *agent, uint32_t next_state);
void acd_record_survey(struct acd *acd, const struct contact *contact, const char *outcome);

/* config.c, eligible.c, validate.c */
void acd_config_put(struct acd *acd, const Farseat__V1__AcdInput *input);
void acd_config_commit(struct acd *acd, const Farseat__V1__AcdInput *input);
void acd_config_bind(struct acd *acd); /* derived pointers, eligibility and orders of agents and queues */
void acd_queue_orders(struct acd *acd, struct queue *queue); /* give a new queue its rows' memory */
const Farseat__V1__CentreConfig *acd_config_unpack(struct config_slot *slot);
const Farseat__V1__CentreConfig *acd_config_now(const struct acd *acd);
uint32_t acd_contacts_max(const struct acd *acd);
struct complaints {
    char *text;
    size_t size, len;
    uint32_t count;
};
#define COMPLAINTS_MAX 10
void acd_complain(struct complaints *complaints, const char *format, ...) FAR_PRINTF(2, 3);
void acd_validate(const struct acd_limits *limits, const Farseat__V1__CentreConfig *config,
                  struct complaints *complaints);
void acd_validate_live(const struct acd *acd, const Farseat__V1__CentreConfig *config,
                       struct complaints *complaints);

/* flow/run.c */
void acd_flow_start(struct acd *acd, struct contact *contact);
void acd_flow_go(struct acd *acd, struct contact *contact, const char *node_id); /* "" or NULL: hang up */
void acd_flow_play_done(struct acd *acd, struct contact *contact, const Farseat__V1__PlayDone *done);
void acd_flow_digits(struct acd *acd, struct contact *contact, const Farseat__V1__DigitsCollected *collected);
void acd_flow_agent_left(struct acd *acd, struct contact *contact);
void acd_flow_survey_left(struct acd *acd, struct contact *contact);

/* snapshot.c, rebuild.c */
enum far_err
acd_rebuild(struct acd *acd); /* derived fields after a snapshot was read. FAR_EPROTO: inconsistent */
