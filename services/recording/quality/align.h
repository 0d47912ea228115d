/* SPDX-License-Identifier: Apache-2.0 */
/* align.h - two RTP streams of G.711 onto one time line, and figures of how they came. Pure; one thread.
 *
 *   time line [frames of 1/8000 s since the session was answered]
 *
 *     written          now - ALIGN_REORDER          now
 *   ----|-----------------------|--------------------|---
 *   given out, final            | still open: packets are put at their place, whenever they come
 *
 * A packet's place is its time stamp; the clock of each side is tied to our arrival clock by the packet that
 * came fastest in the side's first 200 ms, and is tied again when it has drifted by 20 ms, jumped, or its
 * source changed. So both sides stay within 20 ms of each other. What is missing is silence. */
#pragma once
#include "far/media/g711.h"
#include "far/media/rtp.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALIGN_SIDES       2u
#define ALIGN_CHUNK       4000u /* frames that align_take() gives out at once: half a second */
#define ALIGN_CHUNK_BYTES (ALIGN_CHUNK * ALIGN_SIDES)
#define ALIGN_REORDER     1600u  /* frames: 200 ms, in which late packets find their place */
#define ALIGN_RING        16384u /* frames; a power of two */

struct align_side {
    struct far_rtp_tracker tracker;
    bool started;
    uint32_t ssrc;
    uint32_t anchor_ts;  /* this time stamp ... */
    int64_t anchor_at;   /* ... lies here on the time line */
    int64_t started_at;  /* arrival of the first packet since the last tie */
    int64_t placed_to;   /* end of the last sound on the time line */
    int64_t window_from; /* drift: the smallest lateness since then */
    int64_t window_min;
    bool window_any;
    uint32_t packet_len; /* frames of the last packet */
    uint64_t resyncs;
    uint64_t too_late; /* frames that came after their place was given out */
    uint64_t missing;  /* frames given out without sound */
    uint64_t lead_in;  /* of these, before the side's first packet */
    uint8_t sound[ALIGN_RING];
    uint8_t have[ALIGN_RING];
};
struct align {
    enum far_codec codec; /* of what is given out */
    int64_t written;
    struct align_side sides[ALIGN_SIDES];
};

/** How a side came in; the units are those of farseat.v1.RecordingSide. */
struct align_figures {
    uint64_t packets, lost, late, duplicates, jitter_us, gap_ms, silence_ms, resyncs;
};

void align_init(struct align *align, enum far_codec codec);
/** Enter a packet.
 *  @param side 0: left, 1: right.
 *  @param payload rtp->payload_len bytes; sound only when the payload type is 0 or 8 (RFC 3551), the rest is
 * but counted.
 *  @param arrived_at arrival [frames since the session was answered], never falling by much. */
void align_push(struct align *align, unsigned side, const struct far_rtp *rtp, const uint8_t *payload,
                int64_t arrived_at);
/** Give out the next ALIGN_CHUNK frames, left and right interleaved, once they are ALIGN_REORDER old.
 *  @return false: it is too early, and out is untouched. Call it until then. */
bool align_take(struct align *align, int64_t now_at, uint8_t out[ALIGN_CHUNK_BYTES]);
/** The session ended at end_at: give out what remains. @return frames in out, up to ALIGN_CHUNK; call it
 * until 0. */
size_t align_rest(struct align *align, int64_t end_at, uint8_t out[ALIGN_CHUNK_BYTES]);
/** Where the last sound of both sides ends; 0: none came. */
int64_t align_sound_to(const struct align *align);
/** The last `frames` that were given out, all after align_sound_to(), are no part of the recording after all.
 */
void align_trim(struct align *align, int64_t frames);
void align_figures(const struct align *align, unsigned side, struct align_figures *ret_figures);
