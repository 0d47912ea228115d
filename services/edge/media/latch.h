/* SPDX-License-Identifier: Apache-2.0 */
/* latch.h - symmetric RTP: which source an endpoint listens to, and so sends to. Pure. One thread.
 *
 *   nobody --first valid packet--> latched --5 valid packets in a row of one other source, which is
 *     ^                               |       the signalled address, or the old one silent for 0.5 s-->
 * latched
 *     +---another address signalled---+
 * A single stray packet therefore never steals a call, nor does a stream beside a living one. */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define LATCH_RIVAL_PACKETS 5u
#define LATCH_SILENCE_US    500000u
#define LATCH_SHUN_US       1000000u /* after a change of address the old source is not taken for the new one */

struct latch {
    bool locked;
    struct sockaddr_in source;
    uint32_t ssrc;
    uint64_t heard_at_us;
    uint32_t packets; /* since it was latched */
    struct sockaddr_in signalled;
    struct sockaddr_in rival;
    uint32_t rival_ssrc;
    uint16_t rival_sequence;
    uint32_t rival_packets;
    struct sockaddr_in shunned;
    uint64_t shunned_until_us;
};

enum latch_verdict {
    LATCH_ACCEPT,
    LATCH_ACCEPT_NEW, /* the source or its SSRC is another from here on */
    LATCH_STRAY
};

/** The address that signalling names; port 0 (hold) keeps all as it is, as does the same address again.
 *  @return whether the latch was dropped. */
bool latch_signal(struct latch *latch, const struct sockaddr_in *address, uint64_t now_us);
/** Judge one valid RTP packet. */
enum latch_verdict latch_check(struct latch *latch, const struct sockaddr_in *source, uint32_t ssrc,
                               uint16_t sequence, uint64_t now_us);
/** The packet is known to be the remote's, by its keys: whatever its source, it is the one from now on. */
enum latch_verdict latch_trust(struct latch *latch, const struct sockaddr_in *source, uint32_t ssrc,
                               uint64_t now_us);
/** Equal address and port. */
bool latch_same(const struct sockaddr_in *a, const struct sockaddr_in *b);
