/* SPDX-License-Identifier: Apache-2.0 */
/* edge_core.h - what an edge decides: which commands it takes, what becomes of each leg, what it tells the
 * log. Pure: no I/O, clock, thread, randomness. Time and ids come in as arguments, actions go out through
 * `emit`.
 *
 *     bus ---- edge_core_command() -->  +-----------+  -- APPEND ------------------> log of the ACD
 *     SIP ---- incoming, answered ...>  | edge_core |  -- RING, ANSWER, DIAL ... --> SIP calls
 *     media -- digit, play_done ... ->  |           |  -- PLAY, BRIDGE ... --------> media endpoints
 *     clock -- tick ---------------->   +-----------+  -- RECORD_OPEN, _CLOSE -----> SIPREC sessions
 *
 * A *call* (uint64_t, never 0) is one SIP dialog with its media endpoint: a leg, or a link to another edge.
 * The SIP side chooses the ids of calls that come in and sets EDGE_CALL_INCOMING in them; the core chooses
 * the others. An id is never used twice; an event about a call that is gone is ignored, that is normal.
 *
 * The driver (control/shell, the simulator) calls one function at a time; now_ms is monotonic and never
 * falls. emit is called within those functions and must not call the core: what an action brings about comes
 * back as a later event. Strings are valid during the call only, both ways. One thread. */
#pragma once
#include "far/err.h"
#include "far/states.h"
#include "farseat/v1/acd_log.pb-c.h"
#include "farseat/v1/edge.pb-c.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDGE_CALL_INCOMING   (UINT64_C(1) << 62)
#define EDGE_NAME_SIZE       64 /* names that people gave, ids, with their NUL */
#define EDGE_URI_SIZE        256
#define EDGE_PROMPTS_MAX     16 /* of one Play; more is refused */
#define EDGE_DIGITS_MAX      32 /* of one Collect; more is refused */
#define EDGE_RECORDERS_MAX   8  /* of one Record; more are left out */
#define EDGE_TOMBSTONE_MS    600000u
#define EDGE_LINK_MS_MAX     4000u /* to bring a link up, when the command's deadline is not earlier */
#define EDGE_RECORD_OPEN_MS  1500u /* for a recorder's answer */
#define EDGE_RECORD_RETRY_MS 5000u /* after every recorder of the list has failed */

/* The table that moves legs. */
extern const struct far_machine edge_leg_machine;

enum edge_action_kind {
    EDGE_ACT_APPEND, /* push `input` to the log's appender; the driver writes number and sent_at_us into it */

    EDGE_ACT_RING,      /* 180 */
    EDGE_ACT_ANSWER,    /* open the endpoint, 200 -> edge_core_answered | edge_core_ended */
    EDGE_ACT_REJECT,    /* final refusal, of an incoming call -> edge_core_ended (not for one that was never a
                           leg) */
    EDGE_ACT_DIAL,      /* open the endpoint, INVITE the phone -> ringing, answered | ended */
    EDGE_ACT_HANGUP,    /* BYE, CANCEL or refusal, whatever fits -> edge_core_ended */
    EDGE_ACT_LINK_DIAL, /* open the endpoint, INVITE the other edge -> answered | ended */
    EDGE_ACT_LINK_ANSWER, /* open the endpoint, 200 -> answered | ended */

    EDGE_ACT_MEDIA_CLOSE, /* close the endpoint -> edge_core_media_closed */
    EDGE_ACT_PLAY,        /* -> edge_core_play_done, exactly once */
    EDGE_ACT_PLAY_STOP,
    EDGE_ACT_BRIDGE, /* relay between call and peer_call */
    EDGE_ACT_UNBRIDGE,
    EDGE_ACT_ECHO,
    EDGE_ACT_MUTE, /* what comes of the call's sound goes nowhere, or again where it went */
    EDGE_ACT_TALK, /* ask the ringing phone to answer itself -> answered, or nothing */

    EDGE_ACT_RECORD_OPEN,  /* fork (opened at part 1) to a SIPREC session -> recording_up | recording_lost */
    EDGE_ACT_RECORD_CLOSE, /* BYE the session; with last: the fork ends too. Nothing is reported back */
    EDGE_ACT_COUNT
};

struct edge_action {
    enum edge_action_kind kind;
    uint64_t call;
    const char
        *contact_id; /* ANSWER, DIAL, LINK_DIAL, LINK_ANSWER: whose sound it is, for a common media thread */
    union {
        Farseat__V1__AcdInput *input; /* APPEND; the driver may write number and sent_at_us */
        struct {
            uint32_t sip_status; /* REJECT, HANGUP; 0: the adapter's choice */
            const char *reason;  /* "": the status' own phrase; for Reason headers: the command's cause */
            uint32_t retry_after_s;
        } end;
        struct {
            const char *phone, *caller_number, *caller_name, *called_number;
            const char *leg_id, *agent_id, *queue_id;
        } dial;
        struct {
            const char *peer_edge, *peer_leg_id, *bridge_id;
            uint64_t leg_call; /* the leg that it will be bridged with */
        } link;
        struct {
            uint64_t play; /* unique for ever, not 0 */
            const char *const *prompts;
            size_t prompts_len;
            bool loop, barge_in;
        } play;
        uint64_t peer_call; /* BRIDGE */
        bool on;            /* ECHO, MUTE */
        struct {
            uint64_t fork,
                session; /* unique for ever, not 0; the fork is the recording's, the session a part's */
            const char *recorder_uri;
            uint32_t part;
            const char *recording_id, *contact_id, *leg_id, *segment_id;
            const char *agent_id, *agent_name, *queue_id, *caller_number;
            bool last; /* CLOSE */
        } record;
    };
};

struct edge_core_config {
    const char *edge, *site, *version; /* copied */
    const char *incarnation;           /* UUID of this life of the process */
    uint32_t legs_max;                 /* incoming and dialled, > 0; beyond: refused */
    uint32_t tombstones_max;           /* > 0 */
    uint32_t silence_ms_max;           /* 0: never */
    uint32_t offer_ms_max; /* an unanswered caller waits so long for a command, then 503; 0: 30000 */
    void (*emit)(void *context, const struct edge_action *action);
    void *context;
};
struct edge_core; /* opaque */

/** Reserve everything at once. @return FAR_OK; FAR_EINVAL: a field; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err edge_core_create(const struct edge_core_config *config,
                                             struct edge_core **ret_core);
struct edge_core *edge_core_destroy(struct edge_core *core);
/** Appends EdgeStarted: before anything else, once. */
void edge_core_start(struct edge_core *core, uint64_t now_ms);

/* ---- commands ----------------------------------------------------------------------------------------- */

struct edge_reply {
    bool accepted;
    const char *cause; /* "" | fenced, wrong-incarnation, unknown-leg, gap, expired, busy, invalid,
                          unsupported; static */
    const char *text;  /* what and why; static */
    uint32_t leg_number_next;
    bool resync; /* answer, then call edge_core_resync() */
};
/** Take or refuse a command (architecture.md, "Commands between core and edge").
 *  A leg's number is used up by a command that was executed or refused as busy, invalid or unsupported, and a
 * repeat of it gets the same reply; not by one refused for another cause. A Hangup passes over missing
 * numbers: what it ends needs them no more. For a leg that never was it leaves a tombstone and appends
 * LegEnded{commanded}. Older than its deadline_ms it is expired: its age comes from sent_at_ms and the
 * leader's other commands.
 *  @param age_ms for the first of a leader, which compares with none: how long it may have waited here.
 *  @param traceparent of the message; "" or NULL: none. Goes with a dialled leg. */
void edge_core_command(struct edge_core *core, uint64_t now_ms, uint64_t age_ms,
                       const Farseat__V1__EdgeCommand *command, const char *traceparent,
                       struct edge_reply *ret_reply);

/** Begin another incarnation, since the log has lost what this one said: EdgeStarted is its first input, then
 * tell edge_core_phone_bound() of every phone. No credit until it is granted anew. No input about the present
 * legs follows: who is bridged talks on until somebody hangs up, which ends the other too; all others end
 * (503, or BYE) with the cause "resync".
 *  @param incarnation a new UUID; copied. What was not appended yet is worth nothing any more. */
void edge_core_resync(struct edge_core *core, uint64_t now_ms, const char *incarnation);

/* ---- from SIP ----------------------------------------------------------------------------------------- */

struct edge_incoming {
    uint64_t call;                /* with EDGE_CALL_INCOMING */
    const char *leg_id;           /* a new UUID */
    const char *trunk_id, *phone; /* one of them is "" */
    const Farseat__V1__TelephoneNumber *caller;
    const char *caller_name, *called_raw, *sip_call_id, *source;
    const char *traceparent; /* of the leg's inputs; "": none */
};
/** An INVITE that may come in. Without credit, when draining or when the log's backlog is too long it is
 *  rejected with 503 and counted for CallsRefused; else LegIncoming. */
void edge_core_incoming(struct edge_core *core, uint64_t now_ms, const struct edge_incoming *incoming);
/** A dialled phone rings (180, 183). */
void edge_core_ringing(struct edge_core *core, uint64_t now_ms, uint64_t call);
/** A dialled phone takes "Event: talk": before its edge_core_ringing(), or later. */
void edge_core_can_talk(struct edge_core *core, uint64_t call);
/** The dialog stands and its media is agreed. phone_address: of a dialled phone, else "". */
void edge_core_answered(struct edge_core *core, uint64_t now_ms, uint64_t call, const char *phone_address);
struct edge_end {
    const char *cause;   /* as LegEnded.cause; that of a command or timer of ours goes before it */
    uint32_t sip_status; /* 0 after a BYE */
    bool by_remote;
};
/** The call is over, for whatever reason; exactly once for each call that was a leg or a link. */
void edge_core_ended(struct edge_core *core, uint64_t now_ms, uint64_t call, const struct edge_end *end);
/** Nothing has come of a call's sound and reports for silent_ms; say it every few seconds. Longer than
 * silence_ms_max ends it with the cause "media-lost". Time does not count in which it may be silent: while
 * its phone holds us, while something is played to it, while an agent's leg is not bridged. */
void edge_core_media_silent(struct edge_core *core, uint64_t now_ms, uint64_t call, uint64_t silent_ms);
/** A browser's sound will never come: the leg ends with the cause "media-failed". */
void edge_core_media_failed(struct edge_core *core, uint64_t now_ms, uint64_t call);
/** The phone put us on hold, or took us back. Repeats are dropped. */
void edge_core_held(struct edge_core *core, uint64_t now_ms, uint64_t call, bool held);
void edge_core_referred(struct edge_core *core, uint64_t now_ms, uint64_t call, const char *target);
/** A link call from another edge, whose proof was good: joins our leg and is answered, or is rejected. */
struct edge_link_incoming {
    uint64_t call;
    const char *leg_id; /* of ours */
    const char *bridge_id, *peer_edge;
};
void edge_core_link_incoming(struct edge_core *core, uint64_t now_ms, const struct edge_link_incoming *link);
/** From the registrar: changes only, no refreshes. */
void edge_core_phone_bound(struct edge_core *core, uint64_t now_ms, const Farseat__V1__PhoneBound *bound);
void edge_core_phone_gone(struct edge_core *core, uint64_t now_ms, const char *phone, const char *cause);

/* ---- from media --------------------------------------------------------------------------------------- */

enum edge_play_cause { EDGE_PLAY_FINISHED, EDGE_PLAY_DIGIT, EDGE_PLAY_STOPPED, EDGE_PLAY_FAILED };

/** A digit ended: 0-9 * # A-D, by RFC 4733 or SIP INFO. The core stops a barge-in play, if media has not. */
void edge_core_digit(struct edge_core *core, uint64_t now_ms, uint64_t call, char digit);
void edge_core_play_done(struct edge_core *core, uint64_t now_ms, uint64_t call, uint64_t play,
                         enum edge_play_cause cause, const char *text);
struct edge_sound {
    uint64_t sound_gap_us_max, packets_received, packets_sent, packets_lost;
};
/** The endpoint's last word; the leg ends with it (or without it, after a second). */
void edge_core_media_closed(struct edge_core *core, uint64_t now_ms, uint64_t call,
                            const struct edge_sound *sound);

/** Who hears this call now: the other side of its bridge, 0: nobody. For digits that came by SIP INFO and
 * have to be sent on as sound. */
uint64_t edge_core_peer(const struct edge_core *core, uint64_t call);

/* ---- from SIPREC sessions ------------------------------------------------------------------------------ */

void edge_core_recording_up(struct edge_core *core, uint64_t now_ms, uint64_t session);
/** Refused, timed out, or lost while it was up: the next recorder's turn.
 *  @param begun whether the recorder may have begun a part, so that its number must not be used again. */
void edge_core_recording_lost(struct edge_core *core, uint64_t now_ms, uint64_t session, const char *cause,
                              bool begun);

/* ---- the rest ----------------------------------------------------------------------------------------- */

/** Entries of the log's appender that are kept, and how many it can keep. New calls are refused from half of
 * it on; LegHold, LegReferred and CallsRefused are dropped from seven eighths on (and counted),
 * so that the ends of legs find room. */
void edge_core_backlog(struct edge_core *core, uint32_t count, uint32_t count_max);
/** Appends EdgeDraining; from now on calls are refused. */
void edge_core_drain(struct edge_core *core, uint64_t now_ms);
/** End all legs and links (the drain's deadline): cause e.g. "edge-draining". */
void edge_core_end_all(struct edge_core *core, uint64_t now_ms, const char *cause);
/** Call at edge_core_deadline_ms(); early or late does no harm. */
void edge_core_tick(struct edge_core *core, uint64_t now_ms);
/** UINT64_MAX: never. It may be earlier than what is due. */
uint64_t edge_core_deadline_ms(const struct edge_core *core);

#define EDGE_OUTCOME_MAP(X)                                                                                  \
    X(EXECUTED, "executed")                                                                                  \
    X(REPEATED, "repeated")                                                                                  \
    X(FENCED, "fenced")                                                                                      \
    X(WRONG_INCARNATION, "wrong-incarnation")                                                                \
    X(UNKNOWN_LEG, "unknown-leg")                                                                            \
    X(GAP, "gap")                                                                                            \
    X(EXPIRED, "expired")                                                                                    \
    X(BUSY, "busy")                                                                                          \
    X(INVALID, "invalid")                                                                                    \
    X(UNSUPPORTED, "unsupported")
#define X(name, text) EDGE_OUTCOME_##name,
enum edge_outcome { EDGE_OUTCOME_MAP(X) EDGE_OUTCOME_COUNT };
#undef X
/** The texts of the list, for metrics' labels; NULL ends it. */
extern const char *const edge_outcome_names[EDGE_OUTCOME_COUNT + 1];

struct edge_figures {
    uint32_t legs, incoming_legs, links, recordings, tombstones;
    uint32_t credit; /* incoming_legs_max of the last CreditCommand */
    uint64_t calls_refused;
    uint64_t inputs_dropped;    /* by edge_core_backlog() */
    uint64_t events_unexpected; /* pairs that the legs' table does not list */
    uint64_t commands[EDGE_OUTCOME_COUNT];
    uint64_t sound_gap_us_max; /* of legs that have ended */
    bool draining;
};
void edge_core_figures(const struct edge_core *core, struct edge_figures *ret_figures);
