/* SPDX-License-Identifier: Apache-2.0 */
/* sip.h - SIP on Sofia's one thread: dialogs, transactions, transports. Nothing is decided here: each request
 * becomes an event for the control loop, which answers by one of the functions below.
 *
 *   control loop --- sip_respond(), sip_dial() ... --> su_msg --> Sofia's thread --> wire
 *                <-- config.on_event() <-- far_loop_post() <----                 <-- wire
 *
 * Ids of calls: incoming ones are made here with the bit config.incoming_bit, outgoing ones by the caller of
 * sip_dial(); never 0, never used again. A call that was told of by SIP_EV_INVITE, or that sip_dial() made,
 * ends with exactly one SIP_EV_ENDED. SDP passes through as text. All functions: loop thread, never block. */
#pragma once
#include "digest.h"
#include "far/err.h"
#include "far/loop.h"
#include "registrar.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIP_TEXT_SIZE   128
#define SIP_URI_SIZE    256
#define SIP_HEADER_SIZE 512
#define SIP_BODY_MAX    32768 /* a longer one is refused with 413 */
#define SIP_TARGETS_MAX REGISTRAR_CONTACTS_MAX
#define SIP_DEAD_MS     4000 /* a phone on UDP that does not ring by then is unreachable */

enum sip_event_kind {
    SIP_EV_REGISTER, /* request, token -> sip_register_reply() */
    SIP_EV_INVITE,   /* request, body: a call comes in; 100 was sent -> sip_respond() */
    SIP_EV_RINGING,  /* ours: 18x; once */
    SIP_EV_ANSWERED, /* ours: 2xx with the body, ACKed. Theirs: the ACK came; its body with a delayed offer */
    SIP_EV_OFFER,    /* re-INVITE or UPDATE; body: the offer, empty: make one -> sip_offer_reply(token) */
    SIP_EV_OFFER_ACK, /* the body: the answer to an offer that we made in a re-INVITE */
    SIP_EV_ENDED,
    SIP_EV_DIGIT, /* INFO */
    SIP_EV_REFER, /* 202 was sent; text: the user part */
    SIP_EV_PONG,  /* token: of sip_ping(); status 0: nothing came, the connection failed */
    SIP_EV_KIND_COUNT
};

/** What a REGISTER or an INVITE says. Texts are "" when absent. */
struct sip_request {
    char source[REGISTRAR_NAME_SIZE]; /* true address: udp:127.0.0.1:5060 */
    char source_ip[REGISTRAR_NAME_SIZE];
    char from_user[SIP_TEXT_SIZE], from_name[SIP_TEXT_SIZE];
    char to_user[SIP_TEXT_SIZE], called_user[SIP_TEXT_SIZE];         /* To; Request-URI */
    char asserted_user[SIP_TEXT_SIZE], asserted_name[SIP_TEXT_SIZE]; /* P-Asserted-Identity */
    char call_id[SIP_URI_SIZE], user_agent[REGISTRAR_NAME_SIZE];
    char link[SIP_HEADER_SIZE]; /* X-Farseat-Link */
    uint32_t cseq;
    bool can_talk;     /* Allow-Events has "talk" */
    int64_t expires_s; /* -1: not said */
    struct {
        char uri[REGISTRAR_URI_SIZE];
        int64_t expires_s;
    } contacts[REGISTRAR_CONTACTS_MAX];
    size_t contacts_len;
    bool star, malformed; /* malformed: a value is too long, or there are too many: answer 400 */
    struct digest_credentials credentials[2];
    size_t credentials_len;
};

struct sip_event {
    enum sip_event_kind kind;
    uint64_t call, token;
    struct sip_request *request; /* REGISTER, INVITE */
    char *body;                  /* NULL: none; NUL-terminated */
    size_t body_len;
    char content_type[SIP_TEXT_SIZE]; /* of a multipart with its parameters */
    uint32_t status;                  /* ENDED: the final one, 0 after BYE; PONG */
    const char *cause;       /* ENDED: hangup, cancelled, busy, declined, unreachable, error; static */
    bool by_remote, delayed; /* ENDED; INVITE: without an offer */
    bool can_talk;           /* RINGING: that phone's 18x allows the event "talk" */
    char digit;
    uint32_t duration_ms;
    char text[SIP_URI_SIZE]; /* REFER; ANSWERED: the phone's address (ours) */
};

struct sip_config {
    const char *listen_ip; /* IPv4 of this host, or 0.0.0.0 */
    uint16_t port;
    const char *advertised_ip; /* "": listen_ip */
    const char *user_agent;
    uint64_t incoming_bit;
    uint32_t calls_max;
    struct far_loop *loop;
    /* On the loop. The event is freed after it; to keep the body set event->body to NULL. */
    void (*on_event)(void *context, struct sip_event *event);
    void *context;
};
struct sip; /* opaque */

/** Start the thread and bind. Blocks until it listens or has failed.
 *  @return FAR_OK; FAR_EIO: the address cannot be bound (logged); FAR_EINVAL; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err sip_create(const struct sip_config *config, struct sip **ret_sip);
/** End what lives without waiting for others, and the thread. No event comes afterwards. Blocks up to 2 s. */
struct sip *sip_destroy(struct sip *sip);

struct sip_register_reply {
    uint32_t status;
    const char *headers; /* lines "Name: value", each ended by "\n": challenges, contacts, expiries; "" */
};
void sip_register_reply(struct sip *sip, uint64_t token, const struct sip_register_reply *reply);

struct sip_answer {
    uint32_t status;
    const char *sdp;     /* "": none */
    const char *headers; /* as above; "" */
    const char *route;   /* where the call's later requests are really sent, as sip_target.route; NULL: by the
                            dialog */
};
/** Answer an INVITE: 180, 200 with SDP, or a final refusal, upon which SIP_EV_ENDED follows. */
void sip_respond(struct sip *sip, uint64_t call, const struct sip_answer *answer);
/** Answer a SIP_EV_OFFER. 488 and others leave the call as it was. */
void sip_offer_reply(struct sip *sip, uint64_t call, uint64_t token, uint32_t status, const char *sdp);

struct sip_target {
    const char *uri;   /* Request-URI */
    const char *route; /* where it is really sent: sip:host:port;transport=udp; "": by the URI */
    const char *body;  /* instead of the call's; NULL: that one */
    bool can_talk;     /* it has said that it takes "Event: talk" */
};
struct sip_dial {
    uint64_t call;
    struct sip_target targets[SIP_TARGETS_MAX]; /* all are called; who answers first wins */
    size_t targets_len;
    const char *from_user, *from_name; /* any bytes: what cannot be in a From is left out */
    const char *to;                    /* URI of To; "": the first target's */
    const char *headers;               /* as above */
    const char *content_type;          /* of the body */
    const char *body;
    const char *features; /* of our Contact, e.g. "+sip.src" (RFC 7866); "": none */
    uint32_t dead_ms;     /* without any answer by then: unreachable; 0: SIP_DEAD_MS */
};
void sip_dial(struct sip *sip, const struct sip_dial *dial);
/** End a call: BYE, CANCEL, or a refusal with status (0: 480 before, BYE after an answer).
 *  @param reason for the Reason header's text; "": none. */
void sip_hangup(struct sip *sip, uint64_t call, uint32_t status, const char *reason);
/** Ask the phone that rings to answer itself: NOTIFY with "Event: talk" within its early dialog, to the first
 * that takes it. Nothing when none does. */
void sip_talk(struct sip *sip, uint64_t call);
/** Send OPTIONS there -> SIP_EV_PONG with the token, once. */
void sip_ping(struct sip *sip, uint64_t token, const char *uri);

/** What the thread counted; any thread. */
struct sip_counts {
    uint64_t requests;    /* that came in, by method known or not */
    uint64_t refused;     /* malformed, too long, too many calls */
    uint64_t errors;      /* of Sofia: what it could not send or parse */
    uint64_t orders_lost; /* commands to the thread that found no room */
    uint32_t calls;
};
void sip_counts(const struct sip *sip, struct sip_counts *ret_counts);

/** A static phrase for a status, never blank. */
const char *sip_phrase(uint32_t status);
/** SIP's final status of a call that we made, as a cause of LegEnded. */
const char *sip_cause(uint32_t status);
