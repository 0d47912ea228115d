/* SPDX-License-Identifier: Apache-2.0 */
/* secure.h - a browser's endpoint on its media thread: ICE-lite, DTLS and SRTP on one port.
 *
 *   datagram --first byte (RFC 7983)--> STUN: answered; its source becomes a path, or the nominated one
 *                                       DTLS: from a path only --> keys, certificate
 *                                       SRTP: from a path, once UP --> plain RTP, on its way as any other
 *
 *   WAITING --keys, a path is nominated, the certificate is the one of SDP--> UP
 *      \------another certificate, a broken handshake, 15 s----------------> FAILED (for good)
 *
 * Nothing is kept for an address that has not passed a check, and DTLS begins only for one that has. */
#pragma once
#include "media.h"
#include "secure_dtls.h"
#include "secure_srtp.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECURE_PATHS_MAX      4u        /* addresses that have passed a check; the oldest gives way */
#define SECURE_WAIT_US        15000000u /* from the fingerprint, or the handshake's beginning, to UP */
#define SECURE_HANDSHAKES_MAX 64u       /* of one thread at a time */

struct endpoint;
struct media_thread;

struct secure_path {
    struct sockaddr_in address;
    uint64_t checked_at_us;
};

struct secure {
    struct media_secure names;
    enum { SECURE_WAITING, SECURE_UP, SECURE_FAILED } state;
    struct secure_path paths[SECURE_PATHS_MAX];
    size_t paths_len;
    bool nominated;
    struct sockaddr_in nominee;
    struct secure_dtls *dtls;
    struct sockaddr_in dtls_to; /* where its last datagram came from */
    bool handshaking;
    uint64_t deadline_us; /* 0: none */
    bool keyed;           /* rx, tx and certificate are there */
    char certificate[MEDIA_FINGERPRINT_MAX];
    struct secure_srtp *rx, *tx;
};

/** @return NULL: no memory. */
struct secure *secure_new(const struct media_secure *names);
/** NULL is allowed. @return always NULL. */
struct secure *secure_free(struct secure *secure);
/** media_endpoint_secure()'s command: the endpoint takes it over, or only its names. */
void secure_set(struct media_thread *thread, struct endpoint *endpoint, struct secure *secure);
/** A datagram of len > 0 bytes is in the thread's buffer. @return how many bytes of plain RTP are there now;
 * 0: it was something else, or was dropped. */
size_t secure_receive(struct media_thread *thread, struct endpoint *endpoint, const struct sockaddr_in *from,
                      size_t len);
/** Before a packet of ours is sent: RTP with room for SECURE_SRTP_GROWTH bytes, RTCP for SECURE_SRTCP_GROWTH.
 *  @return false: do not send it. */
bool secure_seal_rtp(struct endpoint *endpoint, uint8_t *packet, size_t *len);
bool secure_seal_rtcp(struct endpoint *endpoint, uint8_t *packet, size_t *len);
/** Lost flights, deadlines. */
void secure_housekeep(struct media_thread *thread, struct endpoint *endpoint);
