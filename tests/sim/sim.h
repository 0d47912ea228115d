/* SPDX-License-Identifier: Apache-2.0 */
/* sim.h - the ACD by seed: replicas (services/acd/replica + core), a log, a lease, edges' command logic
 * (services/edge/control/core) and the exporter's progress (services/analytics/export/core), all pure, in one
 * thread and simulated time, under loss, delay, reordering, doubling, truncation, clock jumps and restarts.
 *
 *   callers, agents --> edges --inputs--> [log stream] --entries--> replicas --commands--> edges
 *                                              ^                       | |--> [EVT] [REC] --> exporter
 *                                              +------ ticks, acts ----+ +--> [SNAP]     [lease]
 */
#pragma once
#include "acd.h"
#include "edge_core.h"
#include "export_core.h"
#include "far/appender.h"
#include "far/index.h"
#include "far/lease_core.h"
#include "far/rand.h"
#include "replica.h"
#include "snapshot.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_REPLICAS   3u
#define SIM_EDGES      2u
#define SIM_AGENTS     8u
#define SIM_CALLS_MAX  512u
#define SIM_RING       4096u
#define SIM_DUP_MS     120000u
#define SIM_HASH_EVERY 64u
#define SIM_NEVER      UINT64_MAX

struct world;
struct event;
typedef void event_fn(struct world *world, struct event *event);
struct event {
    uint64_t at_ms, serial;
    event_fn *fn;
    uint32_t who, life; /* a process and which life of it: stale ones are dropped by fn */
    uint64_t a, b, c;
    void *data; /* freed after the call */
    size_t len;
};

enum stream_kind { STREAM_LOG, STREAM_EVT, STREAM_REC, STREAM_SNAP, STREAM_KINDS };
struct stored {
    int64_t stamp_us;
    uint64_t at_ms;
    char producer[REPLICA_NAME_SIZE];
    uint8_t *data; /* NULL: purged */
    size_t len;
};
struct stream {
    struct stored *entries; /* sequence - 1 */
    size_t len, capacity;
    struct far_index *ids; /* hash of Nats-Msg-Id -> sequence */
    uint64_t stalled_until_ms;
};

enum who_kind { WHO_REPLICA, WHO_EDGE };
/* A publication on its way to a stream and its answer on its way back. */
struct publication {
    enum who_kind who_kind;
    uint32_t who, life;
    enum stream_kind stream;
    enum replica_effect_kind effect;
    uint64_t number, epoch;
    uint64_t ask;
    char producer[REPLICA_NAME_SIZE];
    char msg_id[160];
    size_t len;
    uint8_t data[];
};

struct process { /* an ACD process */
    bool alive, connected;
    uint32_t life;
    char name[16];
    char incarnation[FAR_ID_TEXT_SIZE];
    struct replica *replica;
    struct far_lease_core lease;
    bool owner_told;
    enum replica_role role;
    uint64_t mono_base_ms;
    uint64_t cursor; /* next sequence to read */
    uint64_t channel_ms;
    uint64_t cut_until_ms, frozen_until_ms;
    uint64_t wake_ms, wake_serial;
    bool reading;
    bool in_run;
    bool restart_due;
};

enum call_kind { CALL_CALLER, CALL_AGENT, CALL_LINK };
struct call {
    uint64_t id; /* 0: free */
    enum call_kind kind;
    bool answered, ending, bridged, muted;
    uint32_t party; /* caller or agent */
    uint32_t peer_edge;
    uint64_t peer_link;
    uint64_t play;
    bool play_loop;
    char leg_id[FAR_ID_TEXT_SIZE];
    uint64_t serial; /* unique over all, for delayed behaviour */
};
struct edge { /* an edge process with its SIP and sound */
    bool alive;
    uint32_t life;
    char name[16], site[16];
    char incarnation[FAR_ID_TEXT_SIZE];
    struct edge_core *core;
    struct far_appender_core *appender;
    struct {
        uint8_t *data;
        size_t len;
    } ring[SIM_RING];
    struct call calls[SIM_CALLS_MAX];
    uint64_t call_serial;
    uint64_t mono_base_ms;
    uint64_t channel_ms, cut_until_ms;
    uint64_t wake_ms, wake_serial;
    uint64_t pulse_number;
};
struct agent { /* a person with a phone */
    char id[16], phone[16];
    uint32_t edge; /* where the phone is bound */
    bool bound;
    uint32_t bound_life; /* of the edge */
    uint64_t call;       /* the call that its phone has; 0: none */
    uint32_t call_edge;
    uint64_t mute_differs_ms; /* until when it was shown as it is */
};
struct exporter {
    bool alive;
    uint32_t life;
    struct export_core core;
    struct export_progress committed; /* Kafka's progress topic */
    uint64_t read_next;
    uint64_t open_first, open_len;  /* of the numbers in the open transaction */
    uint64_t kafka_last, kafka_len; /* committed records of the log: must be 1, 2, 3 ... */
};

struct sim_options {
    uint64_t seed;
    uint32_t minutes; /* of simulated time with arrivals */
    uint32_t replicas;
    bool verbose, calm; /* calm: no faults at all */
};
struct sim_counts {
    uint64_t steps, inputs, calls, answered_phones, commands, facts, kills, stalls, cuts, restores, leaders,
        acts, acts_refused, offers, missed;
};
struct world {
    struct sim_options options;
    struct far_rand rand;
    uint64_t now_ms;
    int64_t wall_us; /* of the log's server, at now_ms 0; jumps */
    bool faults, arrivals;
    struct event **heap;
    size_t heap_len, heap_capacity;
    uint64_t event_serial;
    uint8_t *asks; /* 1: open */
    size_t asks_len, asks_capacity;
    struct stream streams[STREAM_KINDS];
    struct {
        uint64_t revision;
        char owner[64];
        uint64_t stalled_until_ms;
    } lease;
    struct process processes[SIM_REPLICAS];
    struct edge edges[SIM_EDGES];
    struct agent agents[SIM_AGENTS];
    struct exporter exporter;
    struct far_index *hashes; /* position -> hash, of whoever came first */
    uint64_t calls_started;
    uint64_t token;
    uint64_t starving_since_ms, healthy_since_ms;
    uint64_t fault_at_ms; /* the last fault */
    uint64_t checked_position;
    uint64_t truncated_below; /* the first position that the log still has, less one; 0: all */
    Farseat__V1__CentreConfig *config;
    struct far_arena arena;
    struct sim_counts counts;
    bool failed;
    char failure[1024];
};

/* sim_world.c */
void sim_after(struct world *world, uint64_t delay_ms, const struct event *event);
/** The same with a copy of data. */
void sim_after_data(struct world *world, uint64_t delay_ms, const struct event *event, const void *data,
                    size_t len);
bool sim_step(struct world *world);
void sim_fail(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
void sim_trace(const struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
bool sim_chance(struct world *world, uint32_t permille);
bool sim_fault(struct world *world, uint32_t permille); /* false once faults are over */
uint64_t sim_delay(struct world *world);                /* of a message on the network [ms] */
void sim_new_id(struct world *world, char out[FAR_ID_TEXT_SIZE]);
uint64_t sim_ask_new(struct world *world);
bool sim_ask_close(struct world *world, uint64_t ask); /* whether it was open */
int64_t sim_stamp_us(const struct world *world);
void stream_publish(struct world *world, struct publication *publication, uint64_t *channel_ms,
                    uint32_t timeout_ms);
enum far_err stream_init(struct stream *stream);
void stream_done(struct stream *stream);
const struct stored *stream_at(const struct stream *stream, uint64_t sequence);

/* sim_replica.c */
void process_start(struct world *world, uint32_t who);
void process_kill(struct world *world, uint32_t who);
void process_entries(struct world *world); /* the log has grown: everybody will read */
void process_run(struct world *world, uint32_t who);
void process_publication_done(struct world *world, const struct publication *publication, enum far_err err,
                              uint64_t sequence);
void process_pulse(struct world *world, uint32_t who, const Farseat__V1__EdgePulse *pulse);
void process_write(struct world *world, uint32_t who, Farseat__V1__AcdInput *input);
/** Whether it is stopped (SIGSTOP): then the event comes again when it goes on. */
bool process_frozen(struct world *world, const struct event *event, uint32_t who);
uint64_t process_now(const struct world *world, const struct process *process);
/** One that is alive and furthest; NULL: none. */
const struct process *process_best(const struct world *world);

/* sim_edge.c */
void edge_start(struct world *world, uint32_t who);
void edge_kill(struct world *world, uint32_t who);
void edge_publication_done(struct world *world, const struct publication *publication, enum far_err err);
void edge_command_arrives(struct world *world, const char *name, uint32_t from, uint32_t from_life,
                          uint64_t number, uint64_t ask, const uint8_t *data, size_t len);
void edge_invite(struct world *world, uint32_t who, uint32_t caller);
void edge_bind(struct world *world, uint32_t agent);
void edge_digit(struct world *world, uint32_t who, uint64_t call, char digit);
void edge_hang_up(struct world *world, uint32_t who, uint64_t call, const char *cause, uint32_t status);
void edge_answer(struct world *world, uint32_t who, uint64_t call);
struct call *edge_call(struct world *world, uint32_t who, uint64_t call, uint64_t serial);

/* sim_people.c */
void people_start(struct world *world);
Farseat__V1__CentreConfig *people_config(void);
void people_dialled(struct world *world, uint32_t edge, struct call *call);
void people_answered(struct world *world, uint32_t edge, struct call *call);
void people_hear(struct world *world, uint32_t edge, struct call *call, bool loop);
void people_bridged(struct world *world, uint32_t edge, struct call *call);
void people_rung(struct world *world, uint32_t edge, struct call *call);
int people_agent_of(const struct world *world, const char *phone);

/* sim_export.c */
void exporter_start(struct world *world);

/* sim_faults.c */
void faults_start(struct world *world);

/* sim_check.c */
void check_trace_entry(const struct world *world, const struct stored *stored, uint64_t position);
void check_applied(struct world *world, const struct process *process);
void check_second(struct world *world);
void check_end(struct world *world);
