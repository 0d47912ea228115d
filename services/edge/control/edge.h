/* SPDX-License-Identifier: Apache-2.0 */
/* edge.h - the control side of an edge: between the bus, SIP and media stands the pure core, and these files
 * only carry. Everything on the loop's thread.
 *
 *   edge.c       start, drain, stop, the bus, clocks       act.c      the core's actions -> SIP and media
 *   call.c       what is known of a call; SDP              hear.c     events of SIP and media -> the core
 *   phones.c     registrations and their buckets           trunks.c   who may call in
 *   links.c      other edges                               recorders.c  SIPREC sessions and their keep-alive
 *   browsers.c   the door, and browsers that go
 */
#pragma once
#include "digest.h"
#include "door.h"
#include "edge_core.h"
#include "far/bus.h"
#include "far/index.h"
#include "far/kv.h"
#include "far/list.h"
#include "far/loop.h"
#include "far/media/sdp.h"
#include "far/metrics.h"
#include "far/number.h"
#include "far/service.h"
#include "far/service_bus.h"
#include "far/stream.h"
#include "link_proof.h"
#include "media.h"
#include "registrar.h"
#include "sip.h"
#include "siprec.h"
#include <stdbool.h>

#define EDGE_REALM "farseat"

/* X(NAME, type, name, help). */
#define EDGE_METRIC_MAP(X)                                                                                   \
    X(LEGS, FAR_GAUGE, "farseat_edge_legs", "Legs at present.")                                              \
    X(INCOMING, FAR_GAUGE, "farseat_edge_incoming_legs", "Legs that came in, at present.")                   \
    X(LINKS, FAR_GAUGE, "farseat_edge_links", "Links to other edges at present.")                            \
    X(RECORDINGS, FAR_GAUGE, "farseat_edge_recordings", "Recordings under way.")                             \
    X(CREDIT, FAR_GAUGE, "farseat_edge_credit", "Incoming legs that the ACD allows.")                        \
    X(REFUSED, FAR_COUNTER, "farseat_edge_calls_refused_total", "Calls refused at the door with 503.")       \
    X(FORBIDDEN, FAR_COUNTER, "farseat_edge_forbidden_total", "Requests of strangers, and wrong passwords.") \
    X(PHONES, FAR_GAUGE, "farseat_edge_phones", "Phones registered here.")                                   \
    X(COMMANDS, FAR_COUNTER, "farseat_edge_commands_total", "Commands of the ACD by outcome.")               \
    X(BACKLOG, FAR_GAUGE, "farseat_edge_log_backlog", "Inputs that the log has not acknowledged.")           \
    X(DROPPED, FAR_COUNTER, "farseat_edge_inputs_dropped_total",                                             \
      "Inputs left out because the backlog was long.")                                                       \
    X(UNEXPECTED, FAR_COUNTER, "farseat_edge_events_unexpected_total",                                       \
      "Events that a leg's table does not list.")                                                            \
    X(SIP_REQUESTS, FAR_COUNTER, "farseat_edge_sip_requests_total", "SIP requests that came in.")            \
    X(SIP_ERRORS, FAR_COUNTER, "farseat_edge_sip_errors_total",                                              \
      "SIP messages refused, not sent or not understood.")                                                   \
    X(MEDIA_ERRORS, FAR_COUNTER, "farseat_edge_media_errors_total",                                          \
      "Commands that the media engine did not take.")                                                        \
    X(BROWSERS, FAR_GAUGE, "farseat_edge_browsers", "Browsers that are here by the door.")                   \
    X(BROWSERS_REFUSED, FAR_COUNTER, "farseat_edge_browsers_refused_total",                                  \
      "Browsers that the door refused: wrong or repeated proofs, or too many.")                              \
    X(BROWSERS_MALFORMED, FAR_COUNTER, "farseat_edge_browsers_malformed_total",                              \
      "Browsers given up because they sent no SIP.")                                                         \
    X(SOUND_FAILED, FAR_COUNTER, "farseat_edge_sound_failed_total",                                          \
      "Browsers' calls that ended because ICE or DTLS came to nothing.")                                     \
    X(PACKETS_IN, FAR_COUNTER, "farseat_edge_rtp_in_total", "RTP packets received.")                         \
    X(PACKETS_OUT, FAR_COUNTER, "farseat_edge_rtp_out_total", "RTP packets sent.")                           \
    X(RTP_DROPPED, FAR_COUNTER, "farseat_edge_rtp_dropped_total", "RTP packets that went nowhere.")          \
    X(HANDSHAKES, FAR_COUNTER, "farseat_edge_handshakes_total", "DTLS handshakes that browsers began.")      \
    X(FORGED, FAR_COUNTER, "farseat_edge_forged_total",                                                      \
      "STUN, DTLS and SRTP packets at browsers' ports that were not genuine, or came twice.")
#define X(name, type, text, help) EDGE_M_##name,
enum edge_metric { EDGE_METRIC_MAP(X) EDGE_M_COUNT };
#undef X
extern struct far_metric edge_metrics[EDGE_M_COUNT];

struct edge_config {
    struct far_service_bus_config bus;
    const char *site, *sip_listen, *sip_advertised;
    const char *rtp_listen, *prompt_dir, *prompt_cache, *music_file, *area_code;
    int64_t rtp_port_min, rtp_port_max, media_threads;
    int64_t legs_max, phones_max, drain_ms, silence_ms, offer_ms;
    bool offer_sha256;
    const char *door_listen; /* "": no door */
    int64_t browsers_max;
};

#define EDGE_SECURE_MS    10000u /* a browser's sound must be up so soon after the answer */
#define EDGE_ADDRESS_SIZE 80

enum call_kind { CALL_LEG, CALL_LINK, CALL_SESSION };

/* What the shell knows of a SIP call beyond the core: descriptions and who it is. */
struct edge_call {
    struct far_list link;
    uint64_t call;
    enum call_kind kind;
    bool incoming, delayed, media_open, ended;
    char *offer; /* of an incoming INVITE until it is answered */
    size_t offer_len;
    char *sdp; /* ours, last */
    uint64_t session_id, session_version;
    enum far_codec codec;
    struct sockaddr_in local;        /* RTP */
    char phone[REGISTRAR_NAME_SIZE]; /* dialled */
    bool can_talk;                   /* dialled: one of its contacts takes "Event: talk" */
    /* a browser's */
    bool secure, secure_up;  /* ICE and DTLS-SRTP; its sound is up */
    struct media_secure ice; /* local_ufrag "": not made */
    char *sdp_secure;        /* dialled: what browsers were offered beside sdp, until it is answered */
    uint64_t answered_ms;    /* secure: when its sound began to be waited for; 0: it is not */
    uint64_t browser;        /* whose call it is; 0: none's */
    uint64_t browsers[SIP_TARGETS_MAX]; /* that it was dialled to, until it is answered */
    size_t browsers_len, targets_len;   /* targets: that may still answer */
    char route[EDGE_ADDRESS_SIZE];      /* incoming from a browser: where its requests are sent */
    uint64_t fork, leg_call;            /* SESSION */
    char recorder_uri[EDGE_URI_SIZE];
    bool up;              /* SESSION: answered */
    uint64_t up_since_ms; /* likewise */
};

struct edge_user {
    bool taken;
    char ha1_md5[33], ha1_sha256[65];
};

#define EDGE_TRUNKS_MAX   256
#define EDGE_NETWORKS_MAX 16
#define EDGE_PEERS_MAX    64
#define EDGE_RECORDER_MAX 16

struct edge_trunk;
struct edge_peer {
    char edge[EDGE_NAME_SIZE], sip_uri[EDGE_URI_SIZE];
    uint8_t secret[LINK_SECRET_BYTES];
};
/* A recorder with sessions that are up: it must answer OPTIONS. */
struct edge_recorder {
    char uri[EDGE_URI_SIZE];
    uint32_t sessions;
    uint64_t asked_at_ms; /* 0: no answer is awaited */
    uint64_t token;
};
struct edge_fork {
    struct far_list link;
    uint64_t fork;
    struct media_fork_local local;
};

struct mailbox;

struct edge {
    struct far_service *service;
    struct far_loop *loop;
    const struct edge_config *config;
    const char *name;
    char incarnation[FAR_ID_TEXT_SIZE];
    char sip_ip[64], advertised_ip[64], rtp_ip[64];
    uint16_t sip_port;

    struct far_bus *bus;
    struct far_appender *appender;
    struct far_bus_subscription *commands;
    bool began; /* the bus is there and EdgeStarted was appended */

    struct edge_core *core;
    struct sip *sip;
    struct media_engine *media;
    struct mailbox *mailbox;
    struct far_index *calls;
    struct far_list calls_list;
    uint64_t timer, timer_at_ms, pulse_timer, second_timer;
    uint64_t seconds; /* of second_timer */
    uint64_t pulse_number, drained_at_ms;
    uint64_t pulse_ms;                  /* when the last one went out */
    uint64_t stalled_ms, stall_over_ms; /* how long none did, and until when that may matter */
    bool drain_over;
    struct edge_figures shown; /* what the counters have been told */
    struct sip_counts shown_sip;
    struct media_metrics shown_media;

    struct digest *digest;
    struct registrar *registrar;
    struct door *door; /* NULL: none */
    struct door_counts shown_door;
    struct far_index *users; /* phone -> users_rows */
    struct edge_user *users_rows;
    size_t users_max;
    struct edge_prompts *prompts;
    struct far_kv_watch *users_watch, *registrations_watch, *trunks_watch, *edges_watch;
    bool registrations_read;
    bool users_read, trunks_read; /* before, who is not known may be one of ours all the same */
    bool registrations_unstored;  /* a write failed, or the bucket was made anew: all are stored again */

    struct edge_trunk *trunks; /* an array of EDGE_TRUNKS_MAX */
    size_t trunks_len;
    struct far_number_rule own_rule;

    struct edge_peer peers[EDGE_PEERS_MAX];
    size_t peers_len;
    uint8_t secret[LINK_SECRET_BYTES];

    struct edge_recorder recorders[EDGE_RECORDER_MAX];
    uint64_t ping_timer, ping_serial;
    struct far_index *forks;
    struct far_list forks_list;
};

/* edge.c */
enum far_err edge_start(struct edge *edge, struct far_service *service, const struct edge_config *config);
void edge_drain(struct edge *edge);
void edge_stop(struct edge *edge);
/** Call after each call into the core: sets the timer for what is due next, and looks whether all is drained.
 */
void edge_touched(struct edge *edge);
uint64_t edge_now_ms(const struct edge *edge);
void edge_push(struct edge *edge, Farseat__V1__AcdInput *input);
void edge_count(enum edge_metric metric);

/* act.c */
void act_on(void *context, const struct edge_action *action);

/* call.c */
struct edge_call *call_find(const struct edge *edge, uint64_t call);
/** NULL: no room. */
struct edge_call *call_new(struct edge *edge, uint64_t call, enum call_kind kind);
void call_free(struct edge *edge, struct edge_call *call);
void call_free_all(struct edge *edge);
/** Open the endpoint. @return FAR_OK or what media says (logged). */
enum far_err call_open_media(struct edge *edge, struct edge_call *call, const char *contact_id);
/** The offers to a phone's contacts: call->sdp for plain ones, call->sdp_secure for browsers beside them, or
 * call->sdp when all are browsers. */
enum far_err call_offers(struct edge *edge, struct edge_call *call, size_t plain, size_t browsers);
/** An offer of ours, kept in call->sdp. */
enum far_err call_offer(struct edge *edge, struct edge_call *call);
/** Our answer to their offer, kept in call->sdp; the endpoint learns the remote.
 *  @return FAR_OK; FAR_ENOTFOUND: nothing acceptable; FAR_EPROTO: not SDP. ret_held may be NULL. */
enum far_err call_answer(struct edge *edge, struct edge_call *call, const char *offer, size_t len,
                         bool *ret_held);
/** Their answer to our offer. */
enum far_err call_accept(struct edge *edge, struct edge_call *call, const char *answer, size_t len,
                         bool *ret_held);

/* hear.c */
void hear_sip(void *context, struct sip_event *event);
enum far_err hear_media_create(struct edge *edge);
void hear_media_destroy(struct edge *edge);
/** media_config.emit: a media thread. */
void hear_media(void *context, const struct media_event *event);
void hear_media_pending(struct edge *edge);
/** As if SIP or media had said it, after the call that is under way. */
void hear_ended_later(struct edge *edge, uint64_t call, const char *cause, uint32_t status);
void hear_closed_later(struct edge *edge, uint64_t call);
void hear_play_failed_later(struct edge *edge, uint64_t call, uint64_t play, const char *text);
void hear_recording_lost_later(struct edge *edge, uint64_t session, const char *cause);

/* phones.c */
enum far_err phones_start(struct edge *edge);
void phones_stop(struct edge *edge);
void phones_watch(struct edge *edge);
void phones_register(struct edge *edge, uint64_t token, const struct sip_request *request);
void phones_second(struct edge *edge);
/** PhoneBound for each that is bound. */
void phones_tell(struct edge *edge);
/** It did not answer a call: it is no longer bound. */
void phones_unreachable(struct edge *edge, const char *phone);
/** Its binding has no connection any more. */
void phones_browser_gone(struct edge *edge, const struct door_browser *browser);
/** Who it is, by digest. @return 0 and the phone's name; 401 and 503 with ret_headers; 403. */
uint32_t phones_identify(struct edge *edge, const char *method, const struct sip_request *request,
                         char ret_phone[REGISTRAR_NAME_SIZE], char *ret_headers, size_t headers_size);
/** By the connection that it came by: only the phone that the browser was let in for. @return 0; 403. */
uint32_t phones_of_browser(const struct door_browser *browser, const struct sip_request *request,
                           char ret_phone[REGISTRAR_NAME_SIZE]);
bool phones_known(const struct edge *edge, const char *phone);

/* trunks.c */
enum far_err trunks_start(struct edge *edge);
void trunks_stop(struct edge *edge);
void trunks_watch(struct edge *edge);
void trunks_invite(struct edge *edge, struct sip_event *event);

/* prompts.c */
void prompts_watch(struct edge *edge);
void prompts_stop(struct edge *edge);

/* browsers.c */
enum far_err browsers_start(struct edge *edge);
void browsers_stop(struct edge *edge);
/** Say in the bucket where the door is, and that it is no more. */
void browsers_announce(struct edge *edge);
void browsers_retract(struct edge *edge);
void browsers_second(struct edge *edge);
/** MEDIA_EV_SECURE. */
void browsers_sound(struct edge *edge, const struct media_event *event);
void browsers_sound_failed(struct edge *edge, uint64_t call, const char *why);
/** Who sends from there; NULL: no browser. */
const struct door_browser *browsers_find(const struct edge *edge, const char *source);
/** A browser's connection that is gone: nobody is believed from there. */
bool browsers_is_ghost(const struct edge *edge, const char *source);
/** The source, or a browser's own address behind "wss:". */
void browsers_address(const struct edge *edge, const char *source, char *ret_address, size_t size);

/* links.c */
enum far_err links_start(struct edge *edge);
void links_stop(struct edge *edge);
void links_watch(struct edge *edge);
/** Say in the bucket where this edge is. */
void links_announce(struct edge *edge);
void links_invite(struct edge *edge, struct sip_event *event);
/** The header for a call to that edge. @return FAR_OK; FAR_ENOTFOUND: it is not in the bucket; FAR_EINVAL. */
enum far_err links_header(struct edge *edge, const char *peer_edge, const char *leg_id, const char *bridge_id,
                          const char **ret_uri, char *ret_headers, size_t size);

/* recorders.c */
enum far_err recorders_start(struct edge *edge);
void recorders_stop(struct edge *edge);
void recorders_open(struct edge *edge, const struct edge_action *action);
void recorders_close(struct edge *edge, const struct edge_action *action);
void recorders_answered(struct edge *edge, struct edge_call *session, const struct sip_event *event);
void recorders_ended(struct edge *edge, struct edge_call *session, const struct sip_event *event);
/** Nobody listens where the fork sends. */
void recorders_refused(struct edge *edge, uint64_t fork);
void recorders_pong(struct edge *edge, const struct sip_event *event);
