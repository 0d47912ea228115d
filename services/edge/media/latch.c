/* SPDX-License-Identifier: Apache-2.0 */
#include "latch.h"

bool latch_same(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
    return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
}

bool latch_signal(struct latch *latch, const struct sockaddr_in *address, uint64_t now_us)
{
    if (address->sin_port == 0 || latch_same(address, &latch->signalled)) return false;
    struct latch fresh = {.signalled = *address};
    if (latch->locked && !latch_same(&latch->source, address)) {
        fresh.shunned = latch->source;
        fresh.shunned_until_us = now_us + LATCH_SHUN_US;
    }
    *latch = fresh;
    return true;
}

static enum latch_verdict lock(struct latch *latch, const struct sockaddr_in *source, uint32_t ssrc,
                               uint64_t now_us)
{
    latch->locked = true;
    latch->source = *source;
    latch->ssrc = ssrc;
    latch->heard_at_us = now_us;
    latch->packets = 1;
    latch->rival_packets = 0;
    return LATCH_ACCEPT_NEW;
}

static enum latch_verdict check_rival(struct latch *latch, const struct sockaddr_in *source, uint32_t ssrc,
                                      uint16_t sequence, uint64_t now_us)
{
    uint16_t step = (uint16_t)(sequence - latch->rival_sequence);
    bool in_a_row = latch->rival_packets > 0 && latch_same(source, &latch->rival) &&
                    ssrc == latch->rival_ssrc && step >= 1 && step <= LATCH_RIVAL_PACKETS;
    latch->rival = *source;
    latch->rival_ssrc = ssrc;
    latch->rival_sequence = sequence;
    latch->rival_packets = in_a_row ? latch->rival_packets + 1 : 1;
    bool entitled = latch_same(source, &latch->signalled) || now_us >= latch->heard_at_us + LATCH_SILENCE_US;
    if (latch->rival_packets < LATCH_RIVAL_PACKETS || !entitled) return LATCH_STRAY;
    return lock(latch, source, ssrc, now_us);
}

enum latch_verdict latch_check(struct latch *latch, const struct sockaddr_in *source, uint32_t ssrc,
                               uint16_t sequence, uint64_t now_us)
{
    if (!latch->locked) {
        if (now_us < latch->shunned_until_us && latch_same(source, &latch->shunned)) return LATCH_STRAY;
        return lock(latch, source, ssrc, now_us);
    }
    if (!latch_same(source, &latch->source)) return check_rival(latch, source, ssrc, sequence, now_us);
    latch->heard_at_us = now_us;
    latch->packets++;
    if (ssrc == latch->ssrc) return LATCH_ACCEPT;
    latch->ssrc = ssrc; /* the same phone began anew */
    return LATCH_ACCEPT_NEW;
}

enum latch_verdict latch_trust(struct latch *latch, const struct sockaddr_in *source, uint32_t ssrc,
                               uint64_t now_us)
{
    if (!latch->locked || ssrc != latch->ssrc) return lock(latch, source, ssrc, now_us);
    latch->source = *source;
    latch->heard_at_us = now_us;
    latch->packets++;
    return LATCH_ACCEPT;
}
