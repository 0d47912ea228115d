/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#define STEP_MAX      3000  /* a larger jump in numbers is a new beginning (RFC 3550 A.1) */
#define DRIFT_MAX     16000 /* 2 s away from real time: the source has set its clock anew */
#define OWN_BEHIND    800   /* our own sound may lag 100 ms (a late tick), then it jumps ahead */
#define FIRST_WATCHED 1000u /* later than this nobody is late for the beginning */

static uint32_t clock_ts(const struct stream *stream, uint64_t now_us)
{
    return stream->origin_ts + (uint32_t)((now_us - stream->origin_us) * 8 / 1000);
}

void stream_init(struct stream *stream, uint32_t ssrc, uint16_t sequence, uint32_t timestamp, uint64_t now_us)
{
    *stream = (struct stream){
        .ssrc = ssrc, .origin_us = now_us, .origin_ts = timestamp, .sequence = sequence, .end_ts = timestamp};
}

/* The time stamp at which a new source begins: now, but never before the end of what was sent. */
static uint32_t begin_ts(const struct stream *stream, uint64_t now_us)
{
    uint32_t timestamp = clock_ts(stream, now_us);
    return (int32_t)(timestamp - stream->end_ts) < 0 ? stream->end_ts : timestamp;
}

static void begin_source(struct stream *stream, uint64_t source, const struct far_rtp *in, uint64_t now_us)
{
    stream->source = source;
    stream->source_ssrc = in->ssrc;
    stream->source_sequence = in->sequence;
    stream->first_sequence = (uint16_t)(stream->sequence + 1);
    stream->sequence_offset = (uint16_t)(stream->first_sequence - in->sequence);
    stream->ts_offset = begin_ts(stream, now_us) - in->timestamp;
    stream->relayed = 0;
}

static bool goes_on(const struct stream *stream, uint64_t source, const struct far_rtp *in, uint64_t now_us)
{
    int16_t step = (int16_t)(in->sequence - stream->source_sequence);
    int32_t drift = (int32_t)(in->timestamp + stream->ts_offset - clock_ts(stream, now_us));
    return source == stream->source && in->ssrc == stream->source_ssrc && step > -STEP_MAX &&
           step < STEP_MAX && drift > -DRIFT_MAX && drift < DRIFT_MAX;
}

static void advance_end(struct stream *stream, uint32_t end_ts)
{
    if ((int32_t)(end_ts - stream->end_ts) > 0) stream->end_ts = end_ts;
}

bool stream_relay(struct stream *stream, uint64_t source, const struct far_rtp *in, uint32_t samples,
                  uint64_t now_us, struct stream_out *ret_out)
{
    bool begins = !goes_on(stream, source, in, now_us);
    if (begins) begin_source(stream, source, in, now_us);
    uint16_t sequence = (uint16_t)(in->sequence + stream->sequence_offset);
    int16_t step = (int16_t)(in->sequence - stream->source_sequence);
    if (step < 0 && stream->relayed < FIRST_WATCHED && (int16_t)(sequence - stream->first_sequence) < 0)
        return false;
    if (begins || step > 0) {
        stream->source_sequence = in->sequence;
        stream->sequence = sequence;
    }
    stream->relayed++;
    *ret_out = (struct stream_out){
        .sequence = sequence, .timestamp = in->timestamp + stream->ts_offset, .marker = begins || in->marker};
    advance_end(stream, ret_out->timestamp + samples);
    return true;
}

void stream_skip(struct stream *stream, uint64_t source, const struct far_rtp *in)
{
    if (source != stream->source || in->ssrc != stream->source_ssrc) return;
    if ((uint16_t)(in->sequence - stream->source_sequence) != 1) return;
    stream->source_sequence = in->sequence;
    stream->sequence_offset--;
}

void stream_own(struct stream *stream, uint64_t source, uint32_t samples, uint64_t now_us,
                struct stream_out *ret_out)
{
    bool begins =
        source != stream->source || (int32_t)(clock_ts(stream, now_us) - stream->end_ts) > OWN_BEHIND;
    uint32_t timestamp = begins ? begin_ts(stream, now_us) : stream->end_ts;
    stream->source = source;
    stream->sequence++;
    stream->end_ts = timestamp + samples;
    *ret_out = (struct stream_out){.sequence = stream->sequence, .timestamp = timestamp, .marker = begins};
}
