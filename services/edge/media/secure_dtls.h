/* SPDX-License-Identifier: Apache-2.0 */
/* secure_dtls.h - the server's side of DTLS 1.2 with use_srtp (RFC 5764), by OpenSSL: datagrams in, datagrams
 * out, keys for SRTP at the end. There is no cookie exchange: who speaks to it has passed a STUN check (RFC
 * 8842 6). */
#pragma once
#include "far/err.h"
#include "media.h"
#include "secure_srtp.h"
#include <stddef.h>
#include <stdint.h>

/* The certificate (EC P-256, made in memory, self-signed) and what all handshakes share. Any thread. */
struct secure_dtls_context;
/** @return FAR_OK, FAR_ENOMEM, FAR_EIO: OpenSSL refuses. */
FAR_MUST_CHECK enum far_err secure_dtls_context_create(struct secure_dtls_context **ret_context);
/** NULL is allowed. @return always NULL. */
struct secure_dtls_context *secure_dtls_context_destroy(struct secure_dtls_context *context);
/** "sha-256 AA:BB:..." of the certificate; the context's own text. */
const char *secure_dtls_fingerprint(const struct secure_dtls_context *context);

/* One connection. One thread at a time. */
struct secure_dtls;
enum secure_dtls_state { SECURE_DTLS_HANDSHAKING, SECURE_DTLS_UP, SECURE_DTLS_FAILED };
/** @param send sends one datagram to the other side; called inside receive() and tick().
 *  @return FAR_OK, FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err secure_dtls_create(struct secure_dtls_context *context,
                                               void (*send)(void *arg, const uint8_t *bytes, size_t len),
                                               void *arg, struct secure_dtls **ret_dtls);
/** NULL is allowed. @return always NULL. */
struct secure_dtls *secure_dtls_destroy(struct secure_dtls *dtls);
/** A datagram has come. Garbage changes nothing. @return the state after it. */
enum secure_dtls_state secure_dtls_receive(struct secure_dtls *dtls, const uint8_t *bytes, size_t len);
/** Now and then while HANDSHAKING: send a lost flight again. @return the state after it. */
enum secure_dtls_state secure_dtls_tick(struct secure_dtls *dtls);
/** Once UP: the client's certificate and the master keys.
 *  @param ret_fingerprint as above. @param ret_rx for what comes. @param ret_tx for what we send.
 *  @return FAR_OK; FAR_EPROTO: no SRTP profile in common, or no certificate. */
FAR_MUST_CHECK enum far_err secure_dtls_result(struct secure_dtls *dtls,
                                               char ret_fingerprint[MEDIA_FINGERPRINT_MAX],
                                               uint8_t ret_rx[SECURE_SRTP_MASTER],
                                               uint8_t ret_tx[SECURE_SRTP_MASTER]);
/** Why it FAILED, for people: OpenSSL's reason. Static text. */
const char *secure_dtls_why(const struct secure_dtls *dtls);
