/* SPDX-License-Identifier: Apache-2.0 */
/* media.h - the edge's media engine: RTP endpoints, two-party relay, prompts and music, digits, forks for
 * SIPREC. Mechanism only: who hears what and when is the control side's decision.
 *
 * Threads. The engine has N media threads; an endpoint belongs to one of them, and a packet is handled there
 * without a lock. Every function below may be called from any other thread, never blocks, and returns once
 * the command is queued; calls of one thread take effect in the order in which they were made. Results come
 * as events: config.emit is called on a media thread and must only copy and hand over (it must
 * not call the engine). Events of one endpoint come in order; none comes after its MEDIA_EV_CLOSED.
 *
 * Ids. Endpoint ids are the caller's choice, unique among open endpoints of the engine and not 0; play and
 * fork ids likewise, not 0. An id that is unknown is FAR_ENOTFOUND: the endpoint may be gone, that is normal.
 * FAR_EAGAIN means that a thread's command queue is full: nothing was done, try again.
 *
 * What an endpoint's remote hears, first that applies:
 *   1. a digit that is being sent (media_digit_send)   2. the play (media_play)
 *   3. the bridged peer (media_bridge)                 4. itself (media_echo)              5. nothing
 * To it all this is one RTP stream: one SSRC, sequence numbers without a jump, time stamps in line with time.
 *
 * A browser's endpoint (media_endpoint_secure()) has ICE-lite, DTLS-SRTP and rtcp-mux on its RTP port instead
 * of plain RTP; everything else is alike: bridge it with a plain one, play, echo, mute, record.
 *
 * Hold is composed: when B holds, media_unbridge(A) and media_play(A, {MEDIA_MUSIC, loop}); what B sends goes
 * nowhere. Resume: media_play_stop(A), media_bridge(A, B).
 */
#pragma once
#include "far/err.h"
#include "far/media/g711.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MEDIA_PLAY_FILES_MAX  16       /* files of one play */
#define MEDIA_PATH_MAX        200      /* bytes of a file's name, with its NUL */
#define MEDIA_FORKS_MAX       2        /* forks of one endpoint at a time */
#define MEDIA_TEXT_MAX        160      /* bytes of an event's text, with its NUL */
#define MEDIA_MUSIC           "@music" /* as a play's file: config.music_file */
#define MEDIA_PT_NONE         0xffu    /* "no such payload type" */
#define MEDIA_ICE_MAX         257      /* bytes of an ICE name or password, with its NUL */
#define MEDIA_FINGERPRINT_MAX 104      /* bytes of "sha-256 AA:BB:...", with its NUL */

/** One endpoint's counts, from its opening on. Times are CLOCK_MONOTONIC [us]; 0: never. */
struct media_stats {
    uint64_t opened_at_us;
    uint64_t rx_packets, rx_bytes; /* accepted RTP; bytes of UDP payload */
    uint64_t tx_packets, tx_bytes;
    uint64_t rx_lost; /* by sequence numbers (RFC 3550 A.3), never below 0 */
    uint64_t rx_late, rx_duplicate;
    uint64_t rx_dropped; /* refused: not RTP, unknown type, stray source, oversized, not wanted */
    uint64_t tx_errors;
    uint64_t fork_tx_packets, fork_tx_errors;
    uint64_t rx_first_at_us, rx_last_at_us;
    uint64_t rtcp_last_at_us; /* from where we send to; a phone that suppresses silence sends only these. A
                                 browser's STUN checks count as well */
    uint64_t tx_first_at_us, tx_last_at_us;
    uint64_t rx_jitter_us;     /* RFC 3550 A.8 */
    uint64_t tx_gap_us_max;    /* longest time between two packets sent */
    uint64_t play_gap_us_max;  /* the same between two packets of one play: gaps in music */
    uint64_t remote_lost;      /* what the remote says that it missed of ours (RTCP) */
    uint64_t remote_jitter_us; /* and how unevenly ours reaches it */
    struct sockaddr_in remote; /* where it sends: the latched source, else what was set */
};

enum media_event_kind {
    MEDIA_EV_PLAY_DONE,
    MEDIA_EV_DIGIT,
    MEDIA_EV_STATS,
    MEDIA_EV_FORK_REFUSED, /* nobody listens where the fork sends (ICMP); once for each media_fork() */
    MEDIA_EV_SECURE,       /* a secure endpoint's sound can flow, or never will: once each at most */
    MEDIA_EV_CLOSED
};

enum media_play_cause {
    MEDIA_PLAY_FINISHED, /* the last file's last sample was sent */
    MEDIA_PLAY_DIGIT,    /* barge-in */
    MEDIA_PLAY_STOPPED,  /* media_play_stop(), a newer play, or the endpoint was closed */
    MEDIA_PLAY_FAILED    /* text says which file and why */
};

struct media_event {
    enum media_event_kind kind;
    uint64_t endpoint_id;
    uint64_t at_us; /* CLOCK_MONOTONIC */
    union {
        struct {
            uint64_t play_id;
            enum media_play_cause cause;
            uint64_t played_ms;
            char text[MEDIA_TEXT_MAX]; /* empty unless FAILED */
        } play;
        struct {
            char digit; /* 0-9 * # A-D */
            uint32_t duration_ms;
        } digit;
        struct {
            uint64_t cookie; /* of media_endpoint_query() */
            struct media_stats stats;
        } stats; /* MEDIA_EV_STATS, MEDIA_EV_CLOSED */
        struct {
            uint64_t fork_id;
        } fork; /* MEDIA_EV_FORK_REFUSED */
        struct {
            bool up;                   /* false: it has failed for good, end the call */
            char text[MEDIA_TEXT_MAX]; /* why it failed */
        } secure;                      /* MEDIA_EV_SECURE */
    };
};

struct media_config {
    const char *listen_ip; /* IPv4, dotted; an address of this host */
    uint16_t port_min;     /* RTP takes even ports of [port_min, port_max], RTCP the odd one above */
    uint16_t port_max;
    unsigned threads;         /* 0: one for each two processors */
    const char *prompt_dir;   /* files of plays are relative to it; NULL: plays fail */
    const char *prompt_cache; /* a file that is here hides the one in prompt_dir; NULL: none */
    const char *music_file;   /* what MEDIA_MUSIC means, in prompt_dir; read at once; NULL: none */
    uint32_t endpoints_max;   /* 0: 4096 */
    size_t cache_bytes_max;   /* decoded prompts kept; 0: 64 MiB. One file may take at most a quarter */
    uint32_t commands_max;    /* of one thread's queue; 0: 8192 */
    void (*emit)(void *context, const struct media_event *event);
    void *context;
};

struct media_engine; /* opaque */

/** Create the engine and start its threads. Strings of config are copied.
 *  @return FAR_OK; FAR_EINVAL: a value is out of range, and ret_text (of MEDIA_TEXT_MAX bytes) says which;
 *  FAR_ENOMEM; FAR_EIO: the system refused a thread or descriptor. */
FAR_MUST_CHECK enum far_err media_engine_create(const struct media_config *config,
                                                struct media_engine **ret_engine,
                                                char ret_text[MEDIA_TEXT_MAX]);
/** Stop the threads, close all endpoints without events, free. Blocks until emit can be called no more.
 *  NULL is allowed. @return always NULL. */
struct media_engine *media_engine_destroy(struct media_engine *engine);

/** Open an endpoint: sockets are bound when this returns. Endpoints of one group (a contact's hash or id)
 * share a thread, so that bridging them later moves nothing; endpoints of different groups can be bridged as
 * well. It receives nothing before media_endpoint_set_remote().
 *  @param ret_local where it listens (RTP); RTCP is one port above.
 *  @return FAR_OK; FAR_EINVAL: id is 0; FAR_EEXIST; FAR_EFULL: endpoints_max is reached or no port is free;
 * FAR_ENOMEM; FAR_EAGAIN; FAR_EIO. */
FAR_MUST_CHECK enum far_err media_endpoint_open(struct media_engine *engine, uint64_t endpoint_id,
                                                uint64_t group, struct sockaddr_in *ret_local);

/** What SDP has agreed for one endpoint. */
struct media_remote {
    struct sockaddr_in address; /* where the remote says that it listens; port 0: unknown or 0.0.0.0 */
    enum far_codec codec;       /* both ways */
    uint8_t payload_type;       /* of the codec, both ways; 0..127 */
    uint8_t dtmf_payload_type;  /* of telephone-event/8000, or MEDIA_PT_NONE */
    bool send;                  /* we may send to it (its direction is sendrecv or recvonly) */
    bool receive;               /* it may send to us (sendrecv or sendonly) */
};
/** Set or change the remote (answer, re-INVITE). Symmetric RTP: what is sent goes to where the remote's
 * packets come from, once valid ones came; a source that differs from a latched one takes over only by
 * sending several valid packets in a row, and either is the address set here or has seen the old one fall
 * silent. The same address again keeps the latch, another one drops it.
 *  @return FAR_OK, FAR_EINVAL, FAR_ENOTFOUND, FAR_EAGAIN. */
FAR_MUST_CHECK enum far_err media_endpoint_set_remote(struct media_engine *engine, uint64_t endpoint_id,
                                                      const struct media_remote *remote);
/** The fingerprint of the engine's DTLS certificate, for a=fingerprint: "sha-256 AA:BB:...". The certificate
 * is made with the engine and is the same for its whole life. Any thread. @return the engine's own text. */
const char *media_secure_fingerprint(const struct media_engine *engine);

/** What one browser's endpoint has said and heard in SDP. */
struct media_secure {
    char local_ufrag[MEDIA_ICE_MAX]; /* media_secure_local() makes both */
    char local_pwd[MEDIA_ICE_MAX];
    char remote_ufrag[MEDIA_ICE_MAX];               /* "": not known yet (our offer is not answered) */
    char remote_fingerprint[MEDIA_FINGERPRINT_MAX]; /* "sha-256 AA:BB:..." in upper case; "": likewise */
};
/** Fill local_ufrag (8 characters) and local_pwd (24) with random ones; a new endpoint needs new ones.
 *  @return FAR_OK; FAR_EIO: the system gives no randomness. */
FAR_MUST_CHECK enum far_err media_secure_local(struct media_secure *secure);
/** Make an endpoint secure, before its first media_endpoint_set_remote() (until which it takes nothing): from
 * here on it neither takes nor sends plain RTP, and cannot become plain again. Call it again with the
 * remote's values when they are known (the answer to our offer), and with new local and remote ones when the
 * browser restarts ICE (a re-INVITE with another ice-ufrag); then it answers the new password only, and goes
 * on with its keys.
 *   - STUN checks with the right USERNAME and password are answered; the address that the browser nominates
 *     (USE-CANDIDATE) is where its sound is sent, also when it changes later. The address of
 *     media_endpoint_set_remote() means nothing here; codec, types and directions do.
 *   - We are the DTLS server. DTLS and SRTP are taken from addresses that have passed a check, no others.
 *   - The certificate may come before its fingerprint: it is checked as soon as both are here, and nothing is
 *     heard or sent before.
 * MEDIA_EV_SECURE tells the outcome: up, or failed (another certificate, no common
 * cipher, or nothing within 15 s after the fingerprint is known). A living browser sends checks each few
 * seconds: stats.rtcp_last_at_us is the time of the last one.
 *  @return FAR_OK; FAR_EINVAL: local_ufrag below 4 or local_pwd below 22 characters, or a fingerprint that is
 * not as above; FAR_ENOTFOUND; FAR_ENOMEM; FAR_EAGAIN. */
FAR_MUST_CHECK enum far_err media_endpoint_secure(struct media_engine *engine, uint64_t endpoint_id,
                                                  const struct media_secure *secure);
/** Close: ends its bridge, play (event), forks and sockets, then MEDIA_EV_CLOSED with its last statistics.
 * The id is free at once. @return FAR_OK, FAR_ENOTFOUND, FAR_EAGAIN. */
FAR_MUST_CHECK enum far_err media_endpoint_close(struct media_engine *engine, uint64_t endpoint_id);
/** Ask for MEDIA_EV_STATS. @return FAR_OK, FAR_ENOTFOUND, FAR_EAGAIN. */
FAR_MUST_CHECK enum far_err media_endpoint_query(struct media_engine *engine, uint64_t endpoint_id,
                                                 uint64_t cookie);

/** Relay a's sound and digits to b and b's to a; ends bridges that either had. PCMA <-> PCMU are converted
 * where they differ. @return FAR_OK; FAR_EINVAL: a is b; FAR_ENOTFOUND; FAR_EAGAIN. */
FAR_MUST_CHECK enum far_err media_bridge(struct media_engine *engine, uint64_t a_id, uint64_t b_id);
/** End the bridge of the endpoint, if it has one. @return FAR_OK, FAR_ENOTFOUND, FAR_EAGAIN. */
FAR_MUST_CHECK enum far_err media_unbridge(struct media_engine *engine, uint64_t endpoint_id);
/** Muted: what the endpoint's remote says goes nowhere (bridge, echo, forks); its digits are still reported.
 */
FAR_MUST_CHECK enum far_err media_mute(struct media_engine *engine, uint64_t endpoint_id, bool on);
/** Send back what is received, while nothing else is to be heard: a caller's test of his line. */
FAR_MUST_CHECK enum far_err media_echo(struct media_engine *engine, uint64_t endpoint_id, bool on);

struct media_play {
    uint64_t play_id;
    const char *files[MEDIA_PLAY_FILES_MAX]; /* in order; names below prompt_dir (no "..", not absolute) or
                                                MEDIA_MUSIC */
    size_t files_len;
    bool loop;     /* all of them again, without a gap, until stopped */
    bool barge_in; /* a digit ends it */
};
/** Play WAV files (any rate and layout that far/media/wav.h reads) in packets of 20 ms. Replaces the
 * endpoint's play. It waits until the remote is set. Files are read by the loader thread when they are not
 * cached; a file that changed on disk is read again when it has left the cache. Ends with one
 * MEDIA_EV_PLAY_DONE.
 *  @return FAR_OK, FAR_EINVAL (a name, the number of files, id 0, or MEDIA_MUSIC without a music_file),
 *  FAR_ENOTFOUND: no such endpoint (a missing file is told by the event), FAR_EAGAIN, FAR_ENOMEM.
 */
FAR_MUST_CHECK enum far_err media_play(struct media_engine *engine, uint64_t endpoint_id,
                                       const struct media_play *play);
/** A file changed, appeared or went: plays that begin from now on read it anew; those under way go on. Any
 * thread. */
void media_sound_changed(struct media_engine *engine, const char *file);
/** Stop the endpoint's play, if its id is play_id or play_id is 0. @return FAR_OK, FAR_ENOTFOUND, FAR_EAGAIN.
 */
FAR_MUST_CHECK enum far_err media_play_stop(struct media_engine *engine, uint64_t endpoint_id,
                                            uint64_t play_id);
/** Send one digit to the remote by RFC 4733 (for digits that came by SIP INFO). Lost when the remote has no
 *  telephone-event or another digit is being sent.
 *  @param duration_ms 40..5000. @return FAR_OK, FAR_EINVAL, FAR_ENOTFOUND, FAR_EAGAIN. */
FAR_MUST_CHECK enum far_err media_digit_send(struct media_engine *engine, uint64_t endpoint_id, char digit,
                                             uint32_t duration_ms);

/* Digits (RFC 4733) that a remote sends are always reported, once each, when they end. */

/** One stream of a fork, as the recorder's SDP answer has it. */
struct media_fork_stream {
    struct sockaddr_in address; /* port 0: this stream is not wanted */
    enum far_codec codec;
    uint8_t payload_type;
};
/** Where a fork sends from: for the offer's two m-lines. */
struct media_fork_local {
    struct sockaddr_in left;  /* what the endpoint's remote says */
    struct sockaddr_in right; /* what its bridged peer says; neither prompts nor music */
};
/** Reserve a fork's two ports for an endpoint (the caller's leg); nothing is sent yet. Forks stay through
 * bridge, unbridge and a change of peer, and end with the endpoint.
 *  @return FAR_OK; FAR_EINVAL; FAR_ENOTFOUND: no such endpoint; FAR_EEXIST; FAR_EFULL: MEDIA_FORKS_MAX or no
 * port; FAR_ENOMEM; FAR_EAGAIN; FAR_EIO. */
FAR_MUST_CHECK enum far_err media_fork_open(struct media_engine *engine, uint64_t endpoint_id,
                                            uint64_t fork_id, struct media_fork_local *ret_local);
/** Start sending, or send elsewhere from now on (another recorder: the time stamps go on). Each stream has
 * its own SSRC; both time stamps start at the same value with the first start and follow real time, gaps
 * included. Digits are not sent: a recording must not have a PIN. A recorder that is dead disturbs nobody.
 *  @return FAR_OK, FAR_EINVAL, FAR_ENOTFOUND, FAR_EAGAIN. */
FAR_MUST_CHECK enum far_err media_fork(struct media_engine *engine, uint64_t endpoint_id, uint64_t fork_id,
                                       const struct media_fork_stream *left,
                                       const struct media_fork_stream *right);
/** Pause: keep the ports and the clock, send nothing until the next media_fork(). */
FAR_MUST_CHECK enum far_err media_fork_pause(struct media_engine *engine, uint64_t endpoint_id,
                                             uint64_t fork_id);
/** End the fork and free its ports. @return FAR_OK (also when it is gone already), FAR_ENOTFOUND, FAR_EAGAIN.
 */
FAR_MUST_CHECK enum far_err media_unfork(struct media_engine *engine, uint64_t endpoint_id, uint64_t fork_id);

/** Why a received packet went nowhere; one counter each. */
enum media_drop {
    MEDIA_DROP_NOT_RTP, /* too short, wrong version, lengths that do not fit */
    MEDIA_DROP_OVERSIZED,
    MEDIA_DROP_STRAY,     /* not from the latched source */
    MEDIA_DROP_TYPE,      /* payload type that was not agreed */
    MEDIA_DROP_UNWANTED,  /* no remote set, or it may not send now */
    MEDIA_DROP_UNBRIDGED, /* valid, but nobody listens */
    MEDIA_DROP_STUN,      /* a check with a wrong name or password, or not a check */
    MEDIA_DROP_DTLS,      /* unchecked address, too many handshakes at once, or not wanted any more */
    MEDIA_DROP_SRTP,      /* forged, damaged or repeated */
    MEDIA_DROP_UNSECURED, /* sound of a secure endpoint before its keys are agreed and checked */
    MEDIA_DROP_COUNT
};
/** @return a metric label: "not_rtp", "oversized", ... */
const char *media_drop_name(enum media_drop drop);

/** Sums over all threads, for /metrics. Gauges are exact when nothing is in flight. */
struct media_metrics {
    uint64_t packets_in, packets_out, bytes_in, bytes_out;
    uint64_t dropped[MEDIA_DROP_COUNT];
    uint64_t tx_errors;
    uint64_t fork_packets_out, fork_errors;
    uint64_t ticks_late;       /* 20 ms ticks that came a whole tick late or more */
    uint64_t commands_refused; /* FAR_EAGAIN */
    uint64_t moves;            /* endpoints that changed thread at a bridge */
    uint64_t handshakes,
        handshakes_failed; /* DTLS: begun, failed (of any cause that MEDIA_EV_SECURE tells) */
    uint32_t handshaking;  /* now */
    uint32_t endpoints, players, forks, bridges;
    uint32_t endpoints_max;
    uint64_t cache_bytes, cache_bytes_max;
    uint32_t threads;
};
/** Read the sums. Any thread. */
void media_engine_metrics(struct media_engine *engine, struct media_metrics *ret_metrics);
