/* SPDX-License-Identifier: Apache-2.0 */
/* secure_peer.h - a browser's media for tests: somebody else's STUN and SRTP (libre) and a DTLS client
 * (OpenSSL) on a loopback socket, so that the engine's own code is not tested by itself. */
#pragma once
#include "media_rig.h"
#include "secure_srtp.h"

struct browser_crypto; /* secure_peer.c's */
struct browser {
    struct phone phone;        /* socket and numbers; phone_say() would say it in plain RTP */
    struct media_secure names; /* as the engine was told */
    char fingerprint[MEDIA_FINGERPRINT_MAX];
    struct browser_crypto *crypto;
};

/** A socket, a certificate, and a secure endpoint that knows both. */
void browser_open(struct rig *rig, struct browser *browser, uint64_t endpoint_id, uint64_t group,
                  enum far_codec codec);
/** The same, but the engine's offer has not been answered: it knows neither name nor fingerprint, nor a
 * codec. */
void browser_open_offered(struct rig *rig, struct browser *browser, uint64_t endpoint_id);
/** The answer has come. */
void browser_answer(struct rig *rig, struct browser *browser, const char *fingerprint);
void browser_done(struct browser *browser);

/** What a binding request has that is not as it should be. */
struct browser_check {
    bool nominate;
    bool controlled;
    bool priority_missing;
    uint16_t unknown;    /* attribute; 0: none */
    const char *pwd;     /* NULL: the right one */
    const char *user;    /* NULL: the right one */
    bool no_fingerprint; /* of STUN */
};
/** Make a binding request. @return its length. */
size_t browser_request(const struct media_secure *names, const struct browser_check *check,
                       uint8_t *ret_bytes, size_t size);
/** What a reply says, when it proves the password. @return 200, an error's code, or 0: it is no such reply.
 *  @param ret_mapped of a success. */
unsigned browser_reply(const struct media_secure *names, const uint8_t *bytes, size_t len,
                       struct sockaddr_in *ret_mapped);
/** Send one and wait for its reply. @return as above. */
unsigned browser_checks(struct browser *browser, const struct browser_check *check);
/** DTLS, as the client. @return whether it succeeded. */
bool browser_handshake(struct browser *browser);
/** A good check that nominates, and the handshake. */
void browser_connect(struct rig *rig, struct browser *browser);
/** The browser's network has changed: another socket, the same keys. */
void browser_move(struct browser *browser);

/** The next packet, encrypted: 160 equal bytes. @return its length. */
size_t browser_seal(struct browser *browser, uint8_t byte, uint8_t ret_packet[FAR_RTP_BYTES_MAX]);
void browser_say(struct browser *browser, uint8_t byte);
void browser_event(struct browser *browser, const uint8_t payload[4], uint32_t timestamp, bool marker);
/** Receiver report about the engine's stream, encrypted, on the same port. */
void browser_report(struct browser *browser, uint32_t about_ssrc, uint32_t lost);
/** Wait for a packet that begins with the byte; whatever comes must be genuine SRTP. */
void browser_expect(struct browser *browser, uint8_t byte, struct heard *ret_heard);
/** Wait for RTCP. */
void browser_expect_report(struct browser *browser);

/* libre's SRTP by itself: one direction. */
struct foreign_srtp;
struct foreign_srtp *foreign_srtp_new(const uint8_t master[SECURE_SRTP_MASTER]);
void foreign_srtp_free(struct foreign_srtp *srtp);
bool foreign_srtp_seal(struct foreign_srtp *srtp, uint8_t *packet, size_t *len, size_t size);
bool foreign_srtp_open(struct foreign_srtp *srtp, uint8_t *packet, size_t *len);
bool foreign_srtcp_seal(struct foreign_srtp *srtp, uint8_t *packet, size_t *len, size_t size);
bool foreign_srtcp_open(struct foreign_srtp *srtp, uint8_t *packet, size_t *len);
