/* SPDX-License-Identifier: Apache-2.0 */
/* replica.h - what one ACD process does with the log: applies it, and when it leads, sends the commands,
 * publishes facts and records, and watches the edges (DESIGN 4). Pure: the shell (services/acd/shell) and the
 * simulator (tests/sim) drive it alike. One thread. now_ms: the process's own monotonic clock, never falling.
 *
 *   tell:  replica_entry, _lease, _connected, _pulse, _write, _done ...      then ask until false:
 *   ask:   replica_next() -> one effect to carry out; and call again at replica_deadline_ms()
 *
 *            lease won                own LeaderStarted applied
 *   FOLLOWER ---------> CANDIDATE ---------------------------> LEADER
 *      ^  lease lost        ^   another's later LeaderStarted     |
 *      +--------------------+-------------------------------------+       any --fault--> HALTED (for ever)
 */
#pragma once
#include "acd.h"
#include "farseat/v1/snapshot.pb-c.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLICA_NAME_SIZE   64
#define REPLICA_INPUT_MAX   (256u * 1024u) /* bytes of one input */
#define REPLICA_WRITES_MAX  1024u          /* people's writes that wait for their verdict */
#define REPLICA_EDGE_MAX    ACD_EDGES_MAX
#define REPLICA_HASHES_KEPT 64u /* own hashes kept for comparison */

struct replica_config {         /* 0: the default */
    const char *name;           /* acd-1: the producer */
    const char *incarnation;    /* UUID: this life of the process; its first input has number 1 */
    int64_t log_created_ns;     /* of the stream, for snapshots' manifests */
    uint32_t inputs_max;        /* appended and not acknowledged; 4096 */
    uint32_t inputs_window;     /* on their way at once; 256 */
    uint32_t ack_timeout_ms;    /* 2000 */
    uint32_t retry_ms;          /* pause after a failed append or publication; 250 */
    uint32_t commands_max;      /* outstanding; 16384 */
    uint32_t command_retry_ms;  /* 250 */
    uint32_t facts_max;         /* kept; 8192 */
    uint32_t hash_every;        /* positions; the same at all replicas; 512 */
    uint32_t edge_silent_ms;    /* 3000 */
    uint32_t edge_lost_ms;      /* 30000 */
    uint32_t write_timeout_ms;  /* 5000 */
    uint32_t snapshot_every;    /* positions; 20000 */
    uint32_t snapshot_every_ms; /* when at least 500 positions have passed; 300000 */
};

enum replica_role { REPLICA_FOLLOWER, REPLICA_CANDIDATE, REPLICA_LEADER, REPLICA_HALTED };

enum replica_effect_kind {
    REPLICA_APPEND,  /* data to far.log.acd.main.<name>, with msg_id; answer by replica_done() */
    REPLICA_COMMAND, /* data as a request to far.cmd.edge.<target>; answer by replica_command_done() */
    REPLICA_FACT,    /* data to far.evt.<target>, with msg_id; replica_done() */
    REPLICA_RECORD,  /* data to far.rec.<target>, with msg_id; replica_done() */
    REPLICA_PIECE,   /* data to far.snap.acd.main.<name>, with msg_id; replica_done() with its sequence */
    REPLICA_PURGE,   /* own subject's pieces below sequence `number` are not needed any more */
    REPLICA_REPLY,   /* verdict for the write that was given `token` */
    REPLICA_PROJECT, /* put the configuration's trunks where edges read them */
    REPLICA_EFFECT_COUNT
};
/** Pointers are good until the next call of any function here. */
struct replica_effect {
    enum replica_effect_kind kind;
    uint64_t number, epoch; /* to be given back to replica_done() */
    const uint8_t *data;
    size_t len;
    const char *target;
    char msg_id[160];
    const char *contact_id, *agent_id, *queue_id; /* of facts, for headers; "" when absent */
    uint32_t timeout_ms;
    uint64_t token;
    const Farseat__V1__Verdict *verdict;
};

struct replica_entry {
    uint64_t position;
    int64_t stamp_us;
    const char *producer; /* the subject's last token */
    const uint8_t *data;
    size_t len;
};

struct replica; /* opaque */

/** acd: a restored state, which is then the replica's; NULL: the log is read from its first entry.
 *  @return FAR_OK; FAR_EINVAL; FAR_ENOMEM (acd stays the caller's). */
FAR_MUST_CHECK enum far_err replica_create(const struct replica_config *config, struct acd *acd,
                                           struct replica **ret_replica);
struct replica *replica_destroy(struct replica *replica);

/* ---- tell ---------------------------------------------------------------------------------------- */

/** The next entry of the log. @return FAR_OK; FAR_ESTATE: it has halted, see replica_fault(). */
FAR_MUST_CHECK enum far_err replica_entry(struct replica *replica, uint64_t now_ms, int64_t wall_us,
                                          const struct replica_entry *entry);
/** The log's end was reached: only from then on does it want the lease. */
void replica_caught_up(struct replica *replica);
/** What the shell found makes going on impossible: the log ends before our position, or has a hole. */
void replica_halt(struct replica *replica, const char *reason);
void replica_lease(struct replica *replica, uint64_t now_ms, bool owner);
/** The way to the bus is there or not. It starts as not there. */
void replica_connected(struct replica *replica, uint64_t now_ms, bool connected);
/** An edge lives. When it was told that the log has more of it than the core ever got, the leader sends it a
 * ResyncCommand (a REPLICA_COMMAND), at most once in 5 s. */
void replica_pulse(struct replica *replica, uint64_t now_ms, const Farseat__V1__EdgePulse *pulse);
/** Append an input of ours; of `input` only the body and traceparent are read. token 0: no reply is wanted,
 *  else a REPLICA_REPLY with it comes once, at the latest after write_timeout_ms.
 *  @return FAR_OK; FAR_EFULL: too much waits; FAR_EINVAL: above REPLICA_INPUT_MAX; FAR_ESTATE: halted. */
FAR_MUST_CHECK enum far_err replica_write(struct replica *replica, uint64_t now_ms, int64_t wall_us,
                                          Farseat__V1__AcdInput *input, uint64_t token);
/** How many more inputs there is room for. */
uint32_t replica_write_room(const struct replica *replica);
/** An append or publication ended: FAR_OK when it is stored; anything else: nobody knows. */
void replica_done(struct replica *replica, uint64_t now_ms, enum replica_effect_kind kind, uint64_t number,
                  uint64_t epoch, enum far_err err, uint64_t sequence);
/** A command was answered; reply NULL: it was not. */
void replica_command_done(struct replica *replica, uint64_t now_ms, uint64_t number,
                          const Farseat__V1__EdgeCommandReply *reply);

/* ---- ask ----------------------------------------------------------------------------------------- */

/** The next effect, or false: nothing more now. */
bool replica_next(struct replica *replica, uint64_t now_ms, int64_t wall_us,
                  struct replica_effect *ret_effect);
/** When to ask again though nothing was told; UINT64_MAX: never. */
uint64_t replica_deadline_ms(const struct replica *replica);
/** Whether it should take part in the lease. */
bool replica_wants_lease(const struct replica *replica);
enum replica_role replica_role(const struct replica *replica);
/** Why it has halted; "" otherwise. */
const char *replica_fault(const struct replica *replica);
/** The state, for reads; NULL before the log's first entry. */
const struct acd *replica_acd(const struct replica *replica);

struct replica_stats {
    uint32_t inputs_waiting, commands_outstanding, writes_waiting, facts_unpublished;
    uint64_t commands_sent, commands_failed, facts_dropped, facts_published, records_published, rewinds;
    uint64_t bad_entries, hashes_compared, snapshots, snapshot_position, ticks;
    uint64_t inputs_applied;         /* of ours */
    uint64_t append_latency_ms_last; /* of the last input of ours that was applied: from push to applied */
};
void replica_stats(const struct replica *replica, struct replica_stats *ret_stats);
