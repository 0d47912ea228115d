/* SPDX-License-Identifier: Apache-2.0 */
/* registrar.h - which phone can be reached where (RFC 3261 10): a phone's contacts, as this edge holds them.
 * No I/O: time is an argument, what has to be stored and told is returned. One thread. */
#pragma once
#include "far/err.h"
#include "farseat/v1/edge.pb-c.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REGISTRAR_CONTACTS_MAX 8
#define REGISTRAR_EXPIRES_MIN  60u   /* [s]; less is refused with 423 */
#define REGISTRAR_EXPIRES_MAX  3600u /* [s]; more is cut */
#define REGISTRAR_NAME_SIZE    64
#define REGISTRAR_URI_SIZE     256

/* How a phone can be made to answer, best first. */
enum registrar_answer { REGISTRAR_MANUAL, REGISTRAR_TALK, REGISTRAR_BROWSER };

struct registrar_binding {
    char contact_uri[REGISTRAR_URI_SIZE];
    char source[REGISTRAR_NAME_SIZE]; /* where it really came from: udp:host:port */
    char call_id[REGISTRAR_URI_SIZE];
    char user_agent[REGISTRAR_NAME_SIZE];
    char client[REGISTRAR_NAME_SIZE]; /* of a browser: its own address; else "" */
    enum registrar_answer answer;
    uint32_t cseq;
    int64_t expires_at_us;
};
struct registrar_phone {
    char phone[REGISTRAR_NAME_SIZE];
    struct registrar_binding bindings[REGISTRAR_CONTACTS_MAX]; /* the newest first */
    size_t len;
};

/** What a REGISTER says. */
struct registrar_request {
    const char *phone, *source, *call_id, *user_agent;
    const char *client; /* NULL or "": no browser */
    enum registrar_answer answer;
    uint32_t cseq;
    struct {
        const char *uri;
        int64_t expires_s; /* -1: not said, the request's own counts */
    } contacts[REGISTRAR_CONTACTS_MAX];
    size_t contacts_len;
    bool star;         /* Contact: * */
    int64_t expires_s; /* of the request; -1: not said */
};

/* What has to be told about a phone after a change. */
enum registrar_change {
    REGISTRAR_SAME,      /* nothing that anybody else must know */
    REGISTRAR_REFRESHED, /* expiries moved: store, do not tell */
    REGISTRAR_BOUND,     /* it can be reached now, or elsewhere than before */
    REGISTRAR_GONE,
};

struct registrar; /* opaque */

FAR_MUST_CHECK enum far_err registrar_create(uint32_t phones_max, struct registrar **ret_registrar);
struct registrar *registrar_destroy(struct registrar *registrar);

/** Carry out a REGISTER whose sender is known.
 *  @return the SIP status: 200; 400: contradicts itself; 423: interval too brief; 500: older than what is
 * known (RFC 3261 10.3 step 7); 503: full. *ret_change is REGISTRAR_SAME unless 200. */
uint32_t registrar_register(struct registrar *registrar, const struct registrar_request *request,
                            int64_t now_us, enum registrar_change *ret_change);
/** Of its best binding. */
enum registrar_answer registrar_answer(const struct registrar_phone *phone);
const char *registrar_answer_name(enum registrar_answer answer); /* manual, talk, browser */
/** @return the phone with at least one binding, or NULL. Valid until the next change. */
const struct registrar_phone *registrar_find(const struct registrar *registrar, const char *phone);
/** Whether one of the phone's bindings came from exactly there. Several phones may: the accounts of a
 * softphone. */
bool registrar_has_source(const struct registrar *registrar, const char *phone, const char *source);
/** Drop one binding that does not answer, all of them when source is "", or what has expired.
 *  @return whether the phone is gone by it. */
bool registrar_drop(struct registrar *registrar, const char *phone, const char *source);
/** Take over what is stored, unless it has expired or the phone is known already; browsers are gone with the
 * connections that they had. @return whether it was taken. */
bool registrar_restore(struct registrar *registrar, const Farseat__V1__Registration *stored, int64_t now_us);
/** Drop what has expired; tell each phone that changed. */
void registrar_expire(struct registrar *registrar, int64_t now_us,
                      void (*changed)(void *context, const char *phone, enum registrar_change change),
                      void *context);
/** Each phone once, in no order that matters; nothing may be changed meanwhile. */
void registrar_each(const struct registrar *registrar,
                    void (*fn)(void *context, const struct registrar_phone *phone), void *context);
size_t registrar_len(const struct registrar *registrar);
