/* SPDX-License-Identifier: Apache-2.0 */
/* receiver.h - the thread that receives RTP: sockets of all sessions in one epoll, each session's streams
 * aligned (align.h) and handed to the writer by chunks. Only sound from where the SDP says, or from where the
 * signalling came, is taken; the first such source holds its stream until it is silent for a second. */
#pragma once
#include "align.h"
#include "writer.h"
#include <netinet/in.h>

struct receiver; /* opaque */

struct receiver_config {
    const char *address; /* IPv4 to bind */
    uint16_t port_first, port_last;
    size_t sessions_max;
    int64_t silence_ms; /* neither side sent anything for this long: silent() */
    int64_t quiet_ms;   /* ... and for this long: quiet() */
    struct writer *writer;
    /* On the receiver's thread: hand over, no more. Said once a session. */
    void (*silent)(void *ctx, uint64_t session);
    /* Likewise; said each half second while it lasts. */
    void (*quiet)(void *ctx, uint64_t session);
    void *ctx;
};

/* The sockets of a session: for each stream RTP on an even port and RTCP on the next. */
struct receiver_ports {
    size_t len; /* streams: 1 or 2 */
    int rtp[ALIGN_SIDES], rtcp[ALIGN_SIDES];
    uint16_t port[ALIGN_SIDES];
};
struct receiver_peers {
    struct in_addr signalling;         /* where the SIP came from */
    struct in_addr media[ALIGN_SIDES]; /* by side: the SDP's address; 0.0.0.0: none */
};
struct receiver_session {
    uint64_t session;
    struct receiver_ports ports; /* handed over */
    unsigned side[ALIGN_SIDES];  /* of each stream: 0 left, 1 right */
    struct receiver_peers peers;
    enum far_codec codec; /* of what is stored */
    uint64_t began_us;    /* monotonic: position 0 of the time line */
};

FAR_MUST_CHECK enum far_err receiver_create(const struct receiver_config *config,
                                            struct receiver **ret_receiver);
/** Ends all sessions (their sound goes to the writer), joins. */
struct receiver *receiver_destroy(struct receiver *receiver);

/** Bind sockets for `streams` streams. One thread at a time. @return FAR_OK; FAR_EFULL: no port is free;
 * FAR_EIO. */
FAR_MUST_CHECK enum far_err receiver_ports_open(struct receiver *receiver, size_t streams,
                                                struct receiver_ports *ret_ports);
void receiver_ports_close(struct receiver_ports *ports);

/* (any thread) In the order of calls; a session that is gone is ignored. */
/** @return FAR_OK; FAR_ENOMEM: the ports are still the caller's. */
FAR_MUST_CHECK enum far_err receiver_add(struct receiver *receiver, const struct receiver_session *session);
void receiver_peers(struct receiver *receiver, uint64_t session, const struct receiver_peers *peers);
/** The session ended now: the rest of its sound goes to the writer, then writer_end(). */
void receiver_end(struct receiver *receiver, uint64_t session);
/** The client vanished: likewise, but of the silence since its last packet one second is kept at most. */
void receiver_lost(struct receiver *receiver, uint64_t session);
