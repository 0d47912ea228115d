/* SPDX-License-Identifier: Apache-2.0 */
/* stack.h - what the files behind sip.h share; on Sofia's thread unless said otherwise.
 *
 *   stack.c   the thread, orders in, events out      dialog.c  calls: Sofia's events about them
 *   order.c   what the loop asked for                message.c from Sofia's message to ours */
#pragma once
#include "sip.h"
#include <pthread.h>
#include <stdatomic.h>

#define NUA_MAGIC_T     struct sip
#define NUA_HMAGIC_T    struct branch
#define SU_ROOT_MAGIC_T struct sip
#define SU_MSG_ARG_T    struct order *
#define SU_TIMER_ARG_T  void
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/nua.h>
#include <sofia-sip/nua_tag.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_status.h>
#include <sofia-sip/sip_tag.h>
#include <sofia-sip/su_log.h>
#include <sofia-sip/su_wait.h>

#define ORDERS_MAX 16384 /* on their way to the thread */
#define SAVED_MAX  4096  /* requests that wait for the loop's answer */

/* One dialog that we began or that was begun with us. A call that forks has several until one is answered. */
struct branch {
    struct call *call; /* NULL: an orphan that only has to end */
    nua_handle_t *nh;
    bool provisional, done;
    bool patient;    /* it came by TCP: a dead one is known by its connection */
    bool silent;     /* given up, but its INVITE may still be on the way */
    bool can_talk;   /* it takes "Event: talk" */
    char *sdp;       /* what it was offered; NULL: the call's */
    uint32_t status; /* the final one */
    uint64_t token;  /* of a ping, which has no call; else 0 */
};

struct call {
    struct sip *sip;
    uint64_t id;
    bool incoming, delayed;           /* delayed: our side makes the offer, in the 200 */
    bool ringing, answered, accepted; /* accepted: incoming, 200 was sent */
    bool ending;
    const char *cause; /* static; NULL: not known yet */
    uint32_t status;
    bool by_remote;
    struct branch *branches[SIP_TARGETS_MAX];
    size_t branches_len;
    char *sdp; /* what we described last: for a session timer's refresh without an offer */
    su_timer_t *timer;
};

/* A request that the loop answers later. */
struct saved {
    uint64_t token;
    nua_handle_t *nh; /* REGISTER: its own handle */
    nua_saved_event_t event[1];
};

enum order_kind {
    ORDER_REGISTER_REPLY,
    ORDER_RESPOND,
    ORDER_OFFER_REPLY,
    ORDER_DIAL,
    ORDER_HANGUP,
    ORDER_PING,
    ORDER_TALK,
    ORDER_STOP
};
/* What the loop asks for. Texts are the order's own; NULL or "": none. */
struct order {
    enum order_kind kind;
    struct sip *sip;
    uint64_t call, token;
    uint32_t status;
    char *headers, *body, *content_type, *reason;
    char *from, *to, *features;
    char *uris[SIP_TARGETS_MAX], *routes[SIP_TARGETS_MAX]; /* RESPOND: the first route */
    char *bodies[SIP_TARGETS_MAX];
    bool can_talk[SIP_TARGETS_MAX];
    size_t targets_len;
    uint32_t dead_ms;
};

struct posted {
    struct sip_event event;
    struct sip *sip;
    struct posted *next;
};

struct sip {
    struct sip_config config; /* strings are ours */
    char listen_ip[64], advertised_ip[64], user_agent[64];
    pthread_t thread;
    pthread_mutex_t lock; /* of `started` only */
    pthread_cond_t ready;
    int started; /* 0: not yet, 1: listens, -1: failed */
    su_root_t *root;
    nua_t *nua;
    su_home_t home[1];
    struct far_index *calls, *saved;
    uint64_t serial;
    bool stopping;
    struct posted *held_first, *held_last; /* the loop's queue was full */
    su_timer_t *held_timer, *stop_timer;

    _Atomic uint32_t orders, posted; /* on their way */
    bool closed;                     /* the loop's: no callback any more */
    _Atomic uint64_t requests, refused, errors, orders_lost;
    _Atomic uint32_t calls_len;
};

/* stack.c */
/** Begin to end: su_root_run() returns soon. */
void stack_stop(struct sip *sip);
/** A new event, for stack_post(). NULL: no memory (counted). */
struct posted *stack_event(struct sip *sip, enum sip_event_kind kind, uint64_t call);
/** Hand it to the loop, in order. */
void stack_post(struct posted *posted);
void order_free(struct order *order);

/* order.c */
void order_run(struct sip *sip, struct order *order);

/* message.c */
/** Copy what a REGISTER or INVITE says; NULL: no memory. */
struct sip_request *message_request(struct sip *sip, sip_t const *message);
void message_body(struct posted *posted, sip_t const *message);
/** "udp:host:port" of where the current request came from. */
void message_source(struct sip *sip, sip_t const *message, char *ret_source, size_t size, char *ret_ip,
                    size_t ip_size);
/** Its Allow-Events has "talk". */
bool message_can_talk(sip_t const *message);
uint64_t message_save(struct sip *sip, nua_handle_t *nh);
struct saved *message_saved(struct sip *sip, uint64_t token);
void message_forget(struct sip *sip, struct saved *saved);

/* dialog.c */
void dialog_event(nua_event_t event, int status, char const *phrase, nua_t *nua, nua_magic_t *magic,
                  nua_handle_t *nh, nua_hmagic_t *hmagic, sip_t const *message, tagi_t tags[]);
struct call *dialog_find(struct sip *sip, uint64_t call);
struct call *dialog_new(struct sip *sip, uint64_t id);
struct branch *dialog_branch(struct call *call, nua_handle_t *nh);
/** The call is over: tell it, free it. */
void dialog_end(struct call *call);
/** A branch of ours has failed; ends the call with the last one. */
void dialog_branch_failed(struct branch *branch, uint32_t status);
/** End what has not been answered: CANCEL. */
void dialog_cancel(struct call *call, const char *reason);
/** Let go of a branch: it ends by itself. */
void dialog_orphan(struct branch *branch, const char *reason);
/** Look at the call again after ms. */
void dialog_timer(struct call *call, uint32_t ms);
/** A Reason header's value from a cause of ours. */
void dialog_reason(const char *cause, char *ret_text, size_t size);
