/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h - one RTP stream that we send, filled by one source after another (a prompt, music, a peer,
 * another peer): numbers and time stamps that the receiver sees as one. Pure. One thread.
 *
 *   time stamp = origin_ts + (now - origin_us) * 8 / 1000 whenever a source begins; within a source its own
 * steps.
 */
#pragma once
#include "far/media/rtp.h"
#include <stdbool.h>
#include <stdint.h>

struct stream {
    uint32_t ssrc;
    uint64_t origin_us;
    uint32_t origin_ts;
    uint16_t sequence; /* the highest that was sent */
    uint32_t end_ts;   /* after the last sample that was sent */
    uint64_t source;   /* who fills it, 0: nobody yet */
    uint32_t source_ssrc;
    uint16_t source_sequence; /* its highest */
    uint16_t sequence_offset; /* ours = its + offset */
    uint32_t ts_offset;
    uint16_t first_sequence; /* of this source, in our numbers */
    uint32_t relayed;        /* packets of this source */
};

/** What goes into one packet's header. */
struct stream_out {
    uint16_t sequence;
    uint32_t timestamp;
    bool marker;
};

/** Begin; nothing was sent yet. */
void stream_init(struct stream *stream, uint32_t ssrc, uint16_t sequence, uint32_t timestamp,
                 uint64_t now_us);
/** A packet of a source that has numbers of its own: its losses and reorderings stay visible.
 *  @param source names the source, not 0. @param samples of its payload, 0 for an event.
 *  @return false: it is older than the source's first packet here, and must not be sent. */
bool stream_relay(struct stream *stream, uint64_t source, const struct far_rtp *in, uint32_t samples,
                  uint64_t now_us, struct stream_out *ret_out);
/** A packet of the source is not sent on purpose: close the gap in our numbers. */
void stream_skip(struct stream *stream, uint64_t source, const struct far_rtp *in);
/** The next packet of a source of our own. */
void stream_own(struct stream *stream, uint64_t source, uint32_t samples, uint64_t now_us,
                struct stream_out *ret_out);
