/* SPDX-License-Identifier: Apache-2.0 */
#include "align.h"
#include <assert.h>
#include <string.h>

#define SETTLE     ((int64_t)ALIGN_REORDER) /* how long the fastest packet is looked for */
#define DRIFT_SPAN (5 * (int64_t)FAR_G711_RATE)
#define DRIFT_MAX  160 /* frames: 20 ms */
#define JUMP       (int64_t) FAR_G711_RATE

static size_t ring_at(int64_t at)
{
    return (size_t)at & (ALIGN_RING - 1);
}

void align_init(struct align *align, enum far_codec codec)
{
    memset(align, 0, sizeof(*align));
    align->codec = codec;
    for (unsigned i = 0; i < ALIGN_SIDES; i++)
        memset(align->sides[i].sound, far_codec_silence(codec), ALIGN_RING);
}

/* Tie the side's clock so that time stamp ts lies at `at`. */
static void side_tie(struct align_side *side, uint32_t ts, int64_t at, int64_t arrived_at)
{
    if (side->started) side->resyncs++;
    side->started = true;
    side->anchor_ts = ts;
    side->anchor_at = at;
    side->started_at = arrived_at;
    side->window_from = arrived_at;
    side->window_any = false;
}

/* The sound that is still open moves with the clock, by `by` < 0 frames. */
static void side_move(struct align *align, struct align_side *side, int64_t by)
{
    uint8_t silence = far_codec_silence(align->codec);
    for (int64_t at = align->written; at < side->placed_to; at++) {
        size_t from = ring_at(at);
        if (side->have[from] && at + by >= align->written) {
            side->sound[ring_at(at + by)] = side->sound[from];
            side->have[ring_at(at + by)] = 1;
        }
        side->sound[from] = silence;
        side->have[from] = 0;
    }
    side->placed_to += by;
}

/* Keep the clock tied, given that a packet came `late` frames after its place. */
static void side_watch(struct align *align, struct align_side *side, int64_t late, int64_t arrived_at)
{
    if (arrived_at - side->started_at < SETTLE) {
        if (late < 0) {
            side_move(align, side, late);
            side->anchor_at += late;
        }
        side->window_from = arrived_at;
        return;
    }
    if (!side->window_any || late < side->window_min) side->window_min = late;
    side->window_any = true;
    if (arrived_at - side->window_from < DRIFT_SPAN) return;
    if (side->window_min > DRIFT_MAX || side->window_min < -DRIFT_MAX) {
        side->anchor_at += side->window_min;
        side->resyncs++;
    }
    side->window_from = arrived_at;
    side->window_any = false;
}

static void side_place(struct align *align, struct align_side *side, int64_t at, const uint8_t *sound,
                       size_t len)
{
    int64_t end = align->written + (int64_t)ALIGN_RING;
    for (size_t i = 0; i < len; i++, at++) {
        if (at < align->written || at >= end) { /* a place that no sound of now can have */
            side->too_late++;
            continue;
        }
        side->sound[ring_at(at)] = sound[i];
        side->have[ring_at(at)] = 1;
        if (at >= side->placed_to) side->placed_to = at + 1;
    }
}

static int64_t side_at(const struct align_side *side, uint32_t ts)
{
    return side->anchor_at + (int32_t)(ts - side->anchor_ts);
}

void align_push(struct align *align, unsigned side_number, const struct far_rtp *rtp, const uint8_t *payload,
                int64_t arrived_at)
{
    assert(side_number < ALIGN_SIDES);
    struct align_side *side = &align->sides[side_number];
    bool sound = (rtp->payload_type == FAR_CODEC_PCMU || rtp->payload_type == FAR_CODEC_PCMA) &&
                 rtp->payload_len > 0 && rtp->payload_len <= FAR_RTP_BYTES_MAX;
    bool other_source = side->tracker.started && rtp->ssrc != side->ssrc;
    if (other_source) far_rtp_track_restart(&side->tracker);
    side->ssrc = rtp->ssrc;
    enum far_rtp_arrival arrival =
        far_rtp_track(&side->tracker, rtp->sequence, rtp->timestamp, (uint32_t)arrived_at);
    if (arrival == FAR_RTP_DUPLICATE || !sound) return;

    uint8_t bytes[FAR_RTP_BYTES_MAX];
    size_t len = rtp->payload_len;
    memcpy(bytes, payload, len);
    far_g711_transcode((enum far_codec)rtp->payload_type, align->codec, bytes, len);
    int64_t spoken_at = arrived_at - (int64_t)len; /* its last sample was spoken when it was sent */
    if (spoken_at < 0) spoken_at = 0;
    int64_t late = side->started ? spoken_at - side_at(side, rtp->timestamp) : 0;
    if (!side->started || other_source || arrival == FAR_RTP_RESTART ||
        ((late > JUMP || late < -JUMP) && arrival != FAR_RTP_LATE))
        side_tie(side, rtp->timestamp, spoken_at, arrived_at);
    else if (arrival != FAR_RTP_LATE)
        side_watch(align, side, late, arrived_at);
    side->packet_len = (uint32_t)len;
    side_place(align, side, side_at(side, rtp->timestamp), bytes, len);
}

static void align_out(struct align *align, size_t frames, uint8_t *out)
{
    uint8_t silence = far_codec_silence(align->codec);
    for (unsigned s = 0; s < ALIGN_SIDES; s++) {
        struct align_side *side = &align->sides[s];
        for (size_t i = 0; i < frames; i++) {
            size_t from = ring_at(align->written + (int64_t)i);
            out[ALIGN_SIDES * i + s] = side->sound[from];
            if (!side->have[from]) side->missing++;
            if (!side->started) side->lead_in++;
            side->sound[from] = silence;
            side->have[from] = 0;
        }
    }
    align->written += (int64_t)frames;
}

bool align_take(struct align *align, int64_t now_at, uint8_t out[ALIGN_CHUNK_BYTES])
{
    if (now_at - (int64_t)ALIGN_REORDER < align->written + (int64_t)ALIGN_CHUNK) return false;
    align_out(align, ALIGN_CHUNK, out);
    return true;
}

size_t align_rest(struct align *align, int64_t end_at, uint8_t out[ALIGN_CHUNK_BYTES])
{
    if (end_at <= align->written) return 0;
    int64_t left = end_at - align->written;
    size_t frames = left < (int64_t)ALIGN_CHUNK ? (size_t)left : ALIGN_CHUNK;
    align_out(align, frames, out);
    return frames;
}

int64_t align_sound_to(const struct align *align)
{
    int64_t left = align->sides[0].placed_to, right = align->sides[1].placed_to;
    return left > right ? left : right;
}

void align_trim(struct align *align, int64_t frames)
{
    assert(frames >= 0 && align->written - frames >= align_sound_to(align));
    align->written -= frames;
    for (unsigned s = 0; s < ALIGN_SIDES; s++) {
        struct align_side *side = &align->sides[s];
        side->missing -= (uint64_t)frames;
        if (!side->started) side->lead_in -= (uint64_t)frames;
    }
}

void align_figures(const struct align *align, unsigned side_number, struct align_figures *ret_figures)
{
    assert(side_number < ALIGN_SIDES);
    const struct align_side *side = &align->sides[side_number];
    uint64_t lost = far_rtp_lost(&side->tracker);
    uint64_t lost_frames = lost * side->packet_len + side->too_late;
    uint64_t holes = side->missing - side->lead_in;
    if (lost_frames > holes) lost_frames = holes;
    *ret_figures = (struct align_figures){
        .packets = side->tracker.received,
        .lost = lost,
        .late = side->tracker.late,
        .duplicates = side->tracker.duplicates,
        .jitter_us = (uint64_t)(side->tracker.jitter_q4 >> 4) * 1000000u / FAR_G711_RATE,
        .gap_ms = lost_frames * 1000u / FAR_G711_RATE,
        .silence_ms = (side->missing - lost_frames) * 1000u / FAR_G711_RATE,
        .resyncs = side->resyncs,
    };
}
