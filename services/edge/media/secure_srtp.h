/* SPDX-License-Identifier: Apache-2.0 */
/* secure_srtp.h - SRTP and SRTCP (RFC 3711) with AES_CM_128_HMAC_SHA1_80, one direction of one endpoint: what
 * a browser must speak (RFC 8827 6.5). One thread at a time.
 *
 * Nothing about a stream is remembered before a packet of it has proven that it is genuine: whoever does not
 * know the keys can neither shift its roll-over counter nor take its place. */
#pragma once
#include "far/err.h"
#include <stddef.h>
#include <stdint.h>

#define SECURE_SRTP_MASTER  30u /* bytes: 16 of key, 14 of salt */
#define SECURE_SRTP_GROWTH  10u /* bytes that sealing adds to RTP */
#define SECURE_SRTCP_GROWTH 14u /* and to RTCP */
#define SECURE_SRTP_STREAMS 4u  /* SSRCs that are known at a time; the one heard longest ago gives way */
#define SECURE_SRTP_WINDOW  64u /* packets that may come late */

struct secure_srtp; /* opaque */

/** @return FAR_OK, FAR_ENOMEM (also when OpenSSL refuses). */
FAR_MUST_CHECK enum far_err secure_srtp_create(const uint8_t master[SECURE_SRTP_MASTER],
                                               struct secure_srtp **ret_srtp);
/** NULL is allowed. @return always NULL. */
struct secure_srtp *secure_srtp_destroy(struct secure_srtp *srtp);

/** Encrypt an RTP packet in place and append its tag: there must be room for SECURE_SRTP_GROWTH bytes. A
 * stream's first sequence number should be below 2^15, so that both sides count its roll-overs alike.
 *  @return FAR_OK; FAR_EEXIST: its number was used already, or is too old (sending it would give the
 * keystream away); FAR_EPROTO: no RTP; FAR_EIO: OpenSSL refuses. */
FAR_MUST_CHECK enum far_err secure_srtp_seal(struct secure_srtp *srtp, uint8_t *packet, size_t *len);
/** Check an SRTP packet and decrypt it in place.
 *  @return FAR_OK; FAR_EDENIED: it is not genuine; FAR_EEXIST: it has come already, or is too old;
 * FAR_EPROTO; FAR_EIO. Unless FAR_OK, packet and len are as they were. */
FAR_MUST_CHECK enum far_err secure_srtp_open(struct secure_srtp *srtp, uint8_t *packet, size_t *len);
/** The same for RTCP, of SECURE_SRTCP_GROWTH. */
FAR_MUST_CHECK enum far_err secure_srtcp_seal(struct secure_srtp *srtp, uint8_t *packet, size_t *len);
FAR_MUST_CHECK enum far_err secure_srtcp_open(struct secure_srtp *srtp, uint8_t *packet, size_t *len);
