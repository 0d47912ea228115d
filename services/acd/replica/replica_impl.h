/* SPDX-License-Identifier: Apache-2.0 */
/* replica_impl.h - the replica's inside, shared by its files only. */
#pragma once
#include "far/appender.h"
#include "replica.h"
#include "snapshot.h"

#define FACTS_WINDOW       32u
#define RECORDS_WINDOW     1u /* one at a time: an order that no retry can break */
#define RECORDS_AHEAD_MAX  256u
#define STORED_EVERY_MS    200u
#define TICK_EVERY_MS_MIN  50u
#define TELL_FACTS_MS      1000u /* what is published is told at least so often */
#define LEAD_AGAIN_MS      1000u /* pause before another LeaderStarted of ours */
#define LOG_LATE_MS        300u  /* an input unanswered for so long: the log takes nothing */
#define PROBE_MS           1000u
#define WATCH_EVERY_MS     100u
#define REACHABLE_EVERY_MS 500u
#define RESYNC_EVERY_MS    5000u /* an edge is told so at most this often */
#define RESYNC_TTL_MS      2000u
#define CLOCK_STEP_MS_MAX  1000u
#define SNAPSHOT_MIN       SNAPSHOT_BACK /* of the two that are kept one lies far enough back */

/* An input of ours until it is acknowledged: slot = number % inputs_max. */
struct input {
    uint8_t *data;
    size_t len;
    uint64_t pushed_ms;
};
struct write {
    uint64_t number, token, pushed_ms;
};
struct command {
    uint64_t serial; /* grows; the table is in this order */
    char id[FAR_ID_TEXT_SIZE];
    char leg_id[FAR_ID_TEXT_SIZE];
    char edge[REPLICA_NAME_SIZE];
    uint8_t *data;
    size_t len;
    uint64_t deadline_ms, sent_ms, send_at_ms;
    bool in_flight;
    bool loose; /* ours, not the core's: sent until accepted or late, and nobody is told */
};
struct fact {
    uint8_t *data;
    size_t len;
    uint64_t position;
    char suffix[48];
    char id[FAR_ID_TEXT_SIZE];
    char contact_id[FAR_ID_TEXT_SIZE];
    char agent_id[ACD_ID_TEXT_MAX + 1];
    char queue_id[ACD_ID_TEXT_MAX + 1];
};
struct watched {
    char edge[REPLICA_NAME_SIZE];
    char incarnation[FAR_ID_TEXT_SIZE]; /* that the core knows, and pulses must have */
    uint64_t pulse_ms;                  /* real, for the probe */
    uint64_t pulse_calm_ms;             /* by the clock that stands while the log takes nothing */
    bool heard;                         /* a pulse came since we lead */
    uint64_t said_ms;                   /* when we said something about it */
    uint64_t all_told;                  /* its number by which all is applied that it spooled while away */
    uint64_t pending;                   /* our input about it that is not applied yet; 0: none */
    /* Inputs that the log acknowledged and yet has not */
    char behind_incarnation[FAR_ID_TEXT_SIZE];
    uint64_t behind_number; /* the last of them, as a pulse said */
    uint64_t behind_ms;     /* since when the core lacks it; 0: it does not */
    uint64_t behind_probe;  /* input of ours that came after it; 0: none yet */
    uint64_t resync_ms;     /* when the edge was told */
};
struct own_hash {
    uint64_t position, hash;
};

struct replica {
    struct replica_config config;
    char name[REPLICA_NAME_SIZE];
    char incarnation[FAR_ID_TEXT_SIZE];
    struct acd *acd;
    struct acd_output out;
    int64_t wall_us; /* as last told, for what people read */
    bool out_ready;
    enum replica_role role;
    char fault[256];
    bool caught_up, connected, lease;

    /* inputs of ours */
    struct far_appender_core *inputs;
    struct input *input_ring;
    uint64_t acked_pushed_ms; /* when the last acknowledged one was pushed */
    struct write writes[REPLICA_WRITES_MAX];
    uint32_t writes_len;
    Farseat__V1__Verdict verdict;
    char verdict_code[32], verdict_text[1024];
    struct replica_reply {
        uint64_t token;
        bool ok;
        uint64_t position;
        char code[32];
        char text[1024];
    } * replies; /* ring of REPLICA_WRITES_MAX */
    uint32_t replies_first, replies_len;

    /* leading */
    uint64_t started_number; /* of our last LeaderStarted; 0: none */
    uint64_t started_ms;     /* when it was pushed */
    bool want_start;         /* another one is due */
    uint64_t tick_number;    /* of our last Tick that is not applied; 0: none */
    uint64_t tick_ms;        /* when it was pushed */
    uint64_t applied_ms;     /* when the last entry was applied */

    /* commands */
    struct command *commands;
    uint32_t commands_len;
    uint64_t command_serial;
    struct far_arena arena; /* for one decoded command */
    uint64_t send_next_ms;  /* nothing is due before */

    /* facts: ring of [facts_first, facts_next) */
    struct fact *facts;
    uint64_t facts_first, facts_next;
    struct far_appender_core *facts_out;
    uint64_t facts_stored;      /* position: a leader has said that all facts up to it are in the stream */
    uint64_t facts_stored_told; /* what we said last */

    /* records */
    struct far_appender_core *records_out;
    uint64_t stored_told; /* RecordsStored{this} was appended */
    uint64_t stored_told_ms;

    /* edges */
    struct watched watched[REPLICA_EDGE_MAX];
    uint32_t watched_len;
    uint64_t calm_ms, calm_at_ms; /* the calm clock, and when it was read last */
    uint64_t watch_at_ms;

    /* hashes */
    struct own_hash hashes[REPLICA_HASHES_KEPT];
    uint32_t hashes_len;
    uint64_t hash_to_tell; /* a position of hashes[]; 0: none */

    /* snapshots */
    struct snapshot_writer snapshot;
    struct far_appender_core *pieces_out; /* NULL: none is under way */
    uint8_t *piece;
    uint64_t piece_seq_first;     /* of the one under way */
    uint64_t snapshot_seq_before; /* first piece of the former one */
    uint64_t snapshot_at;         /* position of the last one taken or restored */
    uint64_t snapshot_ms;
    uint64_t purge_below;

    uint64_t project_version; /* of the configuration that was projected since we lead */
    bool project;
    struct replica_stats stats;
};

/* replica.c */
enum far_err replica_push_tick(struct replica *replica, uint64_t now_ms, uint64_t *ret_number);

/* inputs.c */
enum far_err inputs_push(struct replica *replica, uint64_t now_ms, Farseat__V1__AcdInput *input,
                         uint64_t *ret_number);
bool inputs_next(struct replica *replica, uint64_t now_ms, struct replica_effect *effect);
void inputs_done(struct replica *replica, uint64_t now_ms, uint64_t number, uint64_t epoch, enum far_err err);
bool inputs_are_late(const struct replica *replica, uint64_t now_ms);
void inputs_applied(struct replica *replica, uint64_t now_ms, const Farseat__V1__AcdInput *input,
                    const struct acd_output *out);
bool inputs_reply_next(struct replica *replica, uint64_t now_ms, struct replica_effect *effect);
uint64_t inputs_deadline_ms(const struct replica *replica);

/* commands.c */
void commands_add(struct replica *replica, uint64_t now_ms, const struct acd_command *command);
/** Tell an edge, as it lives now, that the log has lost what it said. */
void commands_resync(struct replica *replica, uint64_t now_ms, const char *edge,
                     const char *edge_incarnation);
void commands_take_over(struct replica *replica, uint64_t now_ms);
void commands_clear(struct replica *replica);
bool commands_next(struct replica *replica, uint64_t now_ms, struct replica_effect *effect);

/* publish.c: facts and records */
void facts_keep(struct replica *replica, const struct acd_fact *fact);
void facts_clear(struct replica *replica);
void publish_start(struct replica *replica, uint64_t now_ms);
/** All facts up to this position are stored. */
uint64_t publish_facts_position(struct replica *replica);
void publish_stop(struct replica *replica);
bool publish_next(struct replica *replica, uint64_t now_ms, struct replica_effect *effect);
uint64_t publish_deadline_ms(const struct replica *replica);

/* watch.c */
void watch_start(struct replica *replica, uint64_t now_ms);
void watch_run(struct replica *replica, uint64_t now_ms);

/* state.c: hashes and snapshots */
void state_applied(struct replica *replica, uint64_t now_ms, const Farseat__V1__AcdInput *input);
void state_run(struct replica *replica, uint64_t now_ms);
bool state_next(struct replica *replica, uint64_t now_ms, struct replica_effect *effect);
void state_piece_done(struct replica *replica, uint64_t now_ms, uint64_t number, uint64_t epoch,
                      enum far_err err, uint64_t sequence);
