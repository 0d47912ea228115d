/* SPDX-License-Identifier: Apache-2.0 */
/* srs.h - the session recording server (RFC 7866): a SIP user agent on a thread of its own (Sofia's root). It
 * admits sessions, answers them, and tells receiver and writer. */
#pragma once
#include "allow.h"
#include "receiver.h"

struct srs; /* opaque */

/* Called on the SIP thread: hand over, no more. */
struct srs_events {
    void (*started)(void *ctx, const struct part *part); /* answered: it is being recorded */
    void (*sessions)(void *ctx, size_t count);           /* how many sessions there are now */
    void *ctx;
};
struct srs_config {
    const char *listen;        /* host:port, UDP and TCP */
    const char *media_address; /* IPv4 of our SDP */
    const char *instance;
    struct allow allow;
    size_t sessions_max;
    struct receiver *receiver;
    struct writer *writer;
    struct srs_events events;
};

/** Start the thread and listen. Texts are copied. *ret_srs is set before the first event. @return FAR_OK;
 * FAR_EIO: the port is taken or not ours (logged); FAR_ENOMEM; FAR_EINVAL: listen. Blocks a moment. */
FAR_MUST_CHECK enum far_err srs_create(const struct srs_config *config, struct srs **ret_srs);
/** Hang up what lives (BYE), end its recordings, join; at most some 3 s. NULL is allowed. */
void srs_stop(struct srs *srs);
/** Free it, after srs_stop() and when writer and receiver are gone: until then their events are taken. */
struct srs *srs_destroy(struct srs *srs);

/* (any thread) */
/** Refuse new sessions from now on (503). sessions() tells when the last one has gone. */
void srs_drain(struct srs *srs);
/** The writer's events.opened(). */
void srs_opened(struct srs *srs, uint64_t session, enum far_err err, const struct part *part);
/** The receiver's silent(): the session is ended by BYE. */
void srs_silent(struct srs *srs, uint64_t session);
/** The receiver's quiet(): the client is asked by OPTIONS, and the session ended when it is gone. */
void srs_quiet(struct srs *srs, uint64_t session);
