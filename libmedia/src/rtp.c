/* SPDX-License-Identifier: Apache-2.0 */
#include "far/media/rtp.h"
#include "wire.h"

enum far_err far_rtp_decode(const uint8_t *bytes, size_t len, struct far_rtp *ret_rtp)
{
    if (len > FAR_RTP_BYTES_MAX) return FAR_EFULL;
    if (len < FAR_RTP_HEADER || bytes[0] >> 6 != 2) return FAR_EPROTO;
    size_t offset = FAR_RTP_HEADER + 4u * (bytes[0] & 0x0fu);
    size_t end = len;
    if (offset > end) return FAR_EPROTO;
    if (bytes[0] & 0x10) { /* one extension header: 2 bytes profile, 2 bytes length in words */
        if (end - offset < 4) return FAR_EPROTO;
        offset += 4 + 4u * wire_u16(bytes + offset + 2);
        if (offset > end) return FAR_EPROTO;
    }
    if (bytes[0] & 0x20) { /* the last byte counts the padding, itself included */
        if (end == offset) return FAR_EPROTO;
        size_t padding = bytes[end - 1];
        if (padding == 0 || padding > end - offset) return FAR_EPROTO;
        end -= padding;
    }
    *ret_rtp = (struct far_rtp){
        .payload_type = bytes[1] & 0x7f,
        .marker = (bytes[1] & 0x80) != 0,
        .sequence = wire_u16(bytes + 2),
        .timestamp = wire_u32(bytes + 4),
        .ssrc = wire_u32(bytes + 8),
        .payload_offset = (uint16_t)offset,
        .payload_len = (uint16_t)(end - offset),
    };
    return FAR_OK;
}

void far_rtp_encode(const struct far_rtp *rtp, uint8_t ret_bytes[FAR_RTP_HEADER])
{
    ret_bytes[0] = 0x80;
    ret_bytes[1] = (uint8_t)((rtp->payload_type & 0x7fu) | (rtp->marker ? 0x80u : 0u));
    wire_put_u16(ret_bytes + 2, rtp->sequence);
    wire_put_u32(ret_bytes + 4, rtp->timestamp);
    wire_put_u32(ret_bytes + 8, rtp->ssrc);
}

/* A jump further than this is a new stream, not loss (RFC 3550 A.1: MAX_DROPOUT, MAX_MISORDER). */
#define DROPOUT_MAX  3000
#define MISORDER_MAX 100
/* So many old numbers in a row are not reordering: the sender has begun anew (its file loops). */
#define OLD_RUN_MAX 4

void far_rtp_track_restart(struct far_rtp_tracker *tracker)
{
    tracker->started = false;
    tracker->transit_known = false;
    tracker->seen = 0;
    tracker->old_run = 0;
}

static void track_jitter(struct far_rtp_tracker *tracker, uint32_t timestamp, uint32_t arrived_ts)
{
    uint32_t transit = arrived_ts - timestamp;
    if (tracker->transit_known) {
        int32_t delta = (int32_t)(transit - tracker->transit);
        uint32_t size = delta < 0 ? 0u - (uint32_t)delta : (uint32_t)delta;
        if (size < 8000u * 60u) /* a peer that jumps in time has no jitter of hours */
            tracker->jitter_q4 += size - ((tracker->jitter_q4 + 8u) >> 4);
    }
    tracker->transit = transit;
    tracker->transit_known = true;
}

static enum far_rtp_arrival track_first(struct far_rtp_tracker *tracker, uint16_t sequence)
{
    tracker->started = true;
    tracker->highest = sequence;
    tracker->seen = 1;
    tracker->expected++;
    tracker->received++;
    return FAR_RTP_IN_ORDER;
}

static enum far_rtp_arrival track_old(struct far_rtp_tracker *tracker, unsigned behind)
{
    if (behind < 64) {
        uint64_t bit = UINT64_C(1) << behind;
        if (tracker->seen & bit) {
            tracker->duplicates++;
            return FAR_RTP_DUPLICATE;
        }
        tracker->seen |= bit;
    }
    tracker->received++;
    tracker->late++;
    return FAR_RTP_LATE;
}

static enum far_rtp_arrival track_anew(struct far_rtp_tracker *tracker, uint16_t sequence, uint32_t timestamp,
                                       uint32_t arrived_ts)
{
    far_rtp_track_restart(tracker);
    tracker->restarts++;
    track_jitter(tracker, timestamp, arrived_ts);
    (void)track_first(tracker, sequence);
    return FAR_RTP_RESTART;
}

static bool old_in_a_row(struct far_rtp_tracker *tracker, uint16_t sequence)
{
    bool in_a_row = tracker->old_run > 0 && sequence == tracker->old_next;
    tracker->old_run = in_a_row ? (uint16_t)(tracker->old_run + 1) : 1;
    tracker->old_next = (uint16_t)(sequence + 1);
    return tracker->old_run >= OLD_RUN_MAX;
}

enum far_rtp_arrival far_rtp_track(struct far_rtp_tracker *tracker, uint16_t sequence, uint32_t timestamp,
                                   uint32_t arrived_ts)
{
    if (!tracker->started) {
        track_jitter(tracker, timestamp, arrived_ts);
        return track_first(tracker, sequence);
    }
    uint16_t ahead = (uint16_t)(sequence - tracker->highest);
    if (ahead == 0 || ahead > UINT16_MAX - MISORDER_MAX) {
        if (old_in_a_row(tracker, sequence)) return track_anew(tracker, sequence, timestamp, arrived_ts);
        return track_old(tracker, (uint16_t)(tracker->highest - sequence));
    }
    if (ahead > DROPOUT_MAX) return track_anew(tracker, sequence, timestamp, arrived_ts);
    tracker->old_run = 0;
    track_jitter(tracker, timestamp, arrived_ts);
    tracker->seen = ahead < 64 ? tracker->seen << ahead | 1u : 1u;
    tracker->highest = sequence;
    tracker->expected += ahead;
    tracker->received++;
    return ahead == 1 ? FAR_RTP_IN_ORDER : FAR_RTP_GAP;
}

uint64_t far_rtp_lost(const struct far_rtp_tracker *tracker)
{
    return tracker->expected > tracker->received ? tracker->expected - tracker->received : 0;
}
