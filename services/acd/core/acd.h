/* SPDX-License-Identifier: Apache-2.0 */
/* acd.h - the ACD's core: one deterministic function over logged inputs (docs/architecture.md). Pure: no I/O,
 * no clock, no thread; all memory is reserved by acd_create(). One thread at a time per state. acd_core links
 * farpure and farproto only.
 *
 *   shell:  read entry -> unpack AcdInput -> acd_apply() -> leader only: send out->commands, publish
 * out->facts, answer out->verdict, publish records from acd_record_get(); append Tick at
 * acd_next_deadline_us()
 */
#pragma once
#include "far/arena.h"
#include "far/err.h"
#include "far/id.h"
#include "far/states.h"
#include "farseat/v1/acd_log.pb-c.h"
#include "farseat/v1/api_acd.pb-c.h"
#include "farseat/v1/config.pb-c.h"
#include "farseat/v1/edge.pb-c.h"
#include "farseat/v1/fact.pb-c.h"
#include "farseat/v1/record.pb-c.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACD_CORE_VERSION   1    /* the highest CoreVersion this core can be switched to */
#define ACD_ID_TEXT_MAX    63   /* ids that people gave: [a-z0-9-]{1,63} */
#define ACD_EDGES_MAX      256  /* edges known at once */
#define ACD_PRODUCERS_MAX  512  /* producers that ever wrote to this log */
#define ACD_CLOSED_MAX     1000 /* closed contacts that still take a late disposition */
#define ACD_COMMAND_TTL_MS 5000 /* EdgeCommand.deadline_ms unless said otherwise */

/* What LogCreated says. Every replica of a log has the same ones. */
struct acd_limits {
    uint32_t agents_max;   /* 1..100000 */
    uint32_t contacts_max; /* at once, 1..100000 */
    uint32_t queues_max;   /* 1..1000 */
    uint32_t legs_max;     /* 2..200000 */
    uint32_t records_max;  /* in the outbox, 64..1000000; its bytes are 1024 times that */
};

struct acd; /* opaque: the whole state */

/* The tables that move agents, contacts and legs. */
extern const struct far_machine acd_agent_machine, acd_contact_machine, acd_leg_machine;

/* --- effects --- */
enum acd_outcome {
    ACD_APPLIED,   /* taken; the verdict tells whether it was allowed */
    ACD_DUPLICATE, /* its number was taken before, or its incarnation is a former one: nothing changed but
                      time */
    ACD_GAP,       /* a number before it is missing: likewise */
    ACD_REFUSED,   /* not the producer's to say, or malformed: number counted, nothing else changed */
};
struct acd_command {
    const char *edge;                        /* far.cmd.edge.<edge> */
    const Farseat__V1__EdgeCommand *command; /* leader_position is filled in */
};
struct acd_fact {
    const char *suffix; /* "contact.queued": far.evt.<suffix> */
    const Farseat__V1__Fact *fact;
};
/* What one input brought about. Everything it points to is the output's own and good until the next
 * acd_apply() with it. Embedded by the caller, between acd_output_init() and acd_output_done(). */
struct acd_output {
    enum acd_outcome outcome;
    Farseat__V1__Verdict verdict; /* always filled in; code and text are "" when ok */
    struct acd_command *commands;
    size_t command_count; /* new ones, in order */
    struct acd_fact *facts;
    size_t fact_count;                  /* in order */
    uint64_t record_first, record_last; /* numbers of new records; first > last: none */
    uint32_t effects_dropped; /* what found no room; stays 0 with an output made for the same limits */
    /* private */
    size_t command_capacity, fact_capacity;
    uint32_t index_next;
    uint64_t told_last; /* the agent whose state is told behind all else; 0: nobody */
    struct far_arena arena;
};
/** Reserve room for the largest output that a state of these limits can bring about.
 *  @return FAR_OK; FAR_EINVAL; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err acd_output_init(struct acd_output *out, const struct acd_limits *limits);
void acd_output_done(struct acd_output *out);

/* --- life --- */
/** Whether limits are within the ranges above, and where not. ret_text: static, written on FAR_EINVAL only.
 */
FAR_MUST_CHECK enum far_err acd_limits_check(const struct acd_limits *limits, const char **ret_text);
/** The limits that a LogCreated carries; zeros become 1000 agents, 1000 contacts, 100 queues, 3000 legs,
 *  20000 records. */
void acd_limits_from(const Farseat__V1__LogCreated *created, struct acd_limits *ret_limits);
/** An empty state, before its LogCreated. @return FAR_OK; FAR_EINVAL: limits; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err acd_create(const struct acd_limits *limits, struct acd **ret_acd);
struct acd *acd_destroy(struct acd *acd);

/** Apply one log entry. position: its stream sequence, above the last one. stamp_us: its stream stamp, Unix
 * [us]. input->producer is trusted to be the subject's last token (the shell checks that they are the same).
 *  @return FAR_OK: see out->outcome and out->verdict;
 *          FAR_EINVAL: position is not above the last, or the first entry is no LogCreated, or a later one
 * is; FAR_ECONFLICT: LogCreated has other limits than this state; FAR_ESTATE: CoreVersion above
 * ACD_CORE_VERSION: this replica must stop. On an error nothing changed and the replica must halt. */
FAR_MUST_CHECK enum far_err acd_apply(struct acd *acd, const Farseat__V1__AcdInput *input, uint64_t position,
                                      int64_t stamp_us, struct acd_output *out);

/* --- what the shell asks --- */
uint64_t acd_position(const struct acd *acd); /* the last one applied; 0: none */
const struct acd_limits *acd_limits(const struct acd *acd);
const char *acd_incarnation(const struct acd *acd); /* of the log; "" before LogCreated */
int64_t acd_time_us(const struct acd *acd);         /* core time; starts at 0 */
int64_t acd_stamp_us(const struct acd *acd);        /* stamp of the last entry applied */
/** Core time [us] at which a Tick is due: the next deadline, at most a second ahead while anything waits
 * (time is clamped to 1 s an input); INT64_MAX: none is needed. The leader waits (this - acd_time_us) after
 * the last entry that it applied. */
int64_t acd_next_deadline_us(const struct acd *acd);
uint64_t acd_leader_position(const struct acd *acd); /* fencing token; 0: nobody led yet */
const char *acd_leader(const struct acd *acd);       /* replica of the last LeaderStarted; "" */
/** The last number taken of this producer, and its incarnation ("": never heard of). */
uint64_t acd_producer_number(const struct acd *acd, const char *producer, const char **ret_incarnation);
/** The incarnation of an edge as the core knows it, for what the leader appends; "": unknown.
 *  ret_state (NULL allowed): "started", "unreachable", "lost", "draining". */
const char *acd_edge(const struct acd *acd, const char *edge, const char **ret_state);
/** The edges by name, in order; NULL after the last. For watching their pulses. */
const char *acd_edge_at(const struct acd *acd, size_t index);

/** Outstanding commands, oldest first: begin with *cursor = 0. Decoded into arena (not reset here), with the
 *  present leader_position. @return whether there was one more; false also when the arena is full. */
bool acd_command_next(const struct acd *acd, uint64_t *cursor, struct far_arena *arena,
                      struct acd_command *ret_command);
/** Whether it is still worth sending: false when done, expired, or its edge is gone. */
bool acd_command_outstanding(const struct acd *acd, const char *command_id);

struct acd_record {
    uint64_t number;
    const char *kind; /* contact, segment, agent-activity, survey: far.rec.<kind> */
    char record_id[FAR_ID_TEXT_SIZE];
    const uint8_t *data; /* packed Farseat__V1__Record; good until the next acd_apply() */
    size_t len;
};
/** Unstored records have the numbers first..last; first > last: none. */
void acd_record_range(const struct acd *acd, uint64_t *ret_first, uint64_t *ret_last);
/** @return FAR_OK; FAR_ENOTFOUND: outside the range. */
FAR_MUST_CHECK enum far_err acd_record_get(const struct acd *acd, uint64_t number,
                                           struct acd_record *ret_record);

/** The configuration in force, or NULL before the first. Good until the next acd_apply(). */
const Farseat__V1__CentreConfig *acd_config(const struct acd *acd);
uint64_t acd_config_version(const struct acd *acd); /* 0: none yet; 1, 2, ... */
uint64_t acd_config_hash(const struct acd *acd);    /* far_hash64(packed bytes, seed 0) */
/** Whether a configuration would be taken, for dry runs: text gets up to ten errors, a line each ("" when
 * good). Checks references to what is in force too (e.g. a queue that has waiting contacts is missing).
 *  @return FAR_OK; FAR_EINVAL. */
FAR_MUST_CHECK enum far_err acd_config_check(const struct acd *acd, const Farseat__V1__CentreConfig *config,
                                             char *text, size_t text_size);

/* --- reads: filled into arena, good until it is reset. FAR_EFULL: the arena is too small. --- */
FAR_MUST_CHECK enum far_err acd_view_agents(const struct acd *acd, struct far_arena *arena,
                                            Farseat__V1__AgentListReply *ret_reply);
/** Of that agent alone; an empty list where there is no such agent. */
FAR_MUST_CHECK enum far_err acd_view_agent(const struct acd *acd, const char *agent_id,
                                           struct far_arena *arena, Farseat__V1__AgentListReply *ret_reply);
FAR_MUST_CHECK enum far_err acd_view_contacts(const struct acd *acd, struct far_arena *arena,
                                              Farseat__V1__ContactListReply *ret_reply);
FAR_MUST_CHECK enum far_err acd_view_queues(const struct acd *acd, struct far_arena *arena,
                                            Farseat__V1__QueueListReply *ret_reply);
/** FAR_ENOTFOUND: no live contact or no such agent. */
FAR_MUST_CHECK enum far_err acd_view_contact(const struct acd *acd, const char *contact_id,
                                             struct far_arena *arena, Farseat__V1__ContactDetail *ret_reply);
FAR_MUST_CHECK enum far_err acd_view_explain(const struct acd *acd, const char *agent_id,
                                             struct far_arena *arena,
                                             Farseat__V1__AgentExplainReply *ret_reply);

struct acd_stats {
    uint32_t contacts, legs, agents, agents_logged_in, queues, commands; /* alive now */
    uint64_t records_unstored, records_dropped; /* dropped stays 0 as long as the limits are sane */
    uint64_t inputs, duplicates, gaps, refused; /* since the log began */
    uint64_t arrived, calls_refused, ivr_served, ivr_abandoned, offered, answered, abandoned,
        overflowed;   /* likewise */
    uint64_t waiting; /* offered and neither answered, abandoned nor overflowed yet */
    uint32_t core_version;
};
void acd_stats(const struct acd *acd, struct acd_stats *ret_stats);

/* --- the state as a whole --- */
/** 64-bit hash of everything that matters; replicas at the same position have the same. */
uint64_t acd_hash(const struct acd *acd);
struct acd_sink {
    enum far_err (*write)(void *context, const void *data, size_t len);
    void *context;
};
struct acd_source {
    enum far_err (*read)(void *context, void *data, size_t len); /* exactly len bytes, or an error */
    void *context;
};
/** Write the whole state in canonical order; the same state gives the same bytes. The shell cuts it into
 *  checksummed pieces. @return FAR_OK, or what the sink said. */
FAR_MUST_CHECK enum far_err acd_snapshot_write(const struct acd *acd, const struct acd_sink *sink);
/** Read the limits only (the first bytes), to know the size of the state before reading it. */
FAR_MUST_CHECK enum far_err acd_snapshot_limits(const struct acd_source *source,
                                                struct acd_limits *ret_limits);
/** Read what acd_snapshot_write() wrote, from its first byte. limits: what is expected; NULL: whatever it
 * says. Everything is checked, also acd_check(): bad bytes are refused. @return FAR_OK; FAR_EPROTO: not a
 * snapshot, of another version, or inconsistent; FAR_ECONFLICT: other limits; FAR_ENOMEM; or what the source
 * said. */
FAR_MUST_CHECK enum far_err acd_snapshot_read(const struct acd_limits *limits,
                                              const struct acd_source *source, struct acd **ret_acd);
/** Verify everything that must always hold. text: what is wrong, up to text_size. For tests, the simulator
 * and snapshots; slow. @return FAR_OK; FAR_ESTATE. */
FAR_MUST_CHECK enum far_err acd_check(const struct acd *acd, char *text, size_t text_size);
