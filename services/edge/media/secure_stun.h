/* SPDX-License-Identifier: Apache-2.0 */
/* secure_stun.h - the answering half of ICE (RFC 8445, lite): one STUN binding request (RFC 8489) in, its
 * answer out. Keeps nothing, allocates nothing. Any thread.
 *
 * Nothing is answered that does not prove that it knows our password, so nobody can be made a target by it.
 */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECURE_STUN_REPLY_MAX 128u

/** Names and passwords of SDP. remote_ufrag "": not known yet, any will do. */
struct secure_stun_names {
    const char *local_ufrag, *local_pwd, *remote_ufrag;
};

enum secure_stun_verdict {
    SECURE_STUN_PASSED,  /* a good check; send the reply */
    SECURE_STUN_REFUSED, /* it knows the password, but asks what we do not do; send the reply (an error) */
    SECURE_STUN_IDLE,    /* an indication that keeps a path open: nothing to do */
    SECURE_STUN_BAD      /* no STUN, not for us, or not with our password: no reply */
};

/** Judge a datagram.
 *  @param from where it came from; told back in XOR-MAPPED-ADDRESS.
 *  @param ret_nominates written when PASSED: it has USE-CANDIDATE.
 *  @param ret_reply_len written when PASSED or REFUSED. */
enum secure_stun_verdict secure_stun_answer(const struct secure_stun_names *names, const uint8_t *bytes,
                                            size_t len, const struct sockaddr_in *from, bool *ret_nominates,
                                            uint8_t ret_reply[SECURE_STUN_REPLY_MAX], size_t *ret_reply_len);
