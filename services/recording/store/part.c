/* SPDX-License-Identifier: Apache-2.0 */
#include "part.h"
#include "far/id.h"
#include "far/media/wav.h"
#include "far/str.h"
#include <assert.h>
#include <string.h>

#define PLAYED_FRAME 4u /* bytes: two samples of 16 bits */

static const char *const state_names[PART_STATE_COUNT] = {"recording", "complete", "recovered", "failed"};

const char *part_state_name(enum part_state state)
{
    assert(state < PART_STATE_COUNT);
    return state_names[state];
}
uint64_t part_recorded_ms(const struct part *part)
{
    return part->frames * 1000u / FAR_G711_RATE;
}
uint64_t part_wav_bytes(const struct part *part)
{
    return FAR_WAV_HEADER + part->frames * PLAYED_FRAME;
}
uint64_t part_gap_ms(const struct part *part)
{
    return part->write_gap_ms + part->quality[0].gap_ms + part->quality[1].gap_ms;
}

static void side_message(const struct align_figures *figures, Farseat__V1__RecordingSide *ret_side)
{
    farseat__v1__recording_side__init(ret_side);
    ret_side->packets = figures->packets;
    ret_side->lost = figures->lost;
    ret_side->late = figures->late;
    ret_side->duplicates = figures->duplicates;
    ret_side->jitter_us = figures->jitter_us;
    ret_side->gap_ms = figures->gap_ms;
    ret_side->silence_ms = figures->silence_ms;
    ret_side->resyncs = figures->resyncs;
}

static void side_from_message(const Farseat__V1__RecordingSide *side, struct align_figures *ret_figures)
{
    if (!side) return;
    *ret_figures = (struct align_figures){
        .packets = side->packets,
        .lost = side->lost,
        .late = side->late,
        .duplicates = side->duplicates,
        .jitter_us = side->jitter_us,
        .gap_ms = side->gap_ms,
        .silence_ms = side->silence_ms,
        .resyncs = side->resyncs,
    };
}

void part_message(const struct part *part, Farseat__V1__RecordingSide ret_sides[ALIGN_SIDES],
                  Farseat__V1__RecordingPart *ret_message)
{
    for (unsigned i = 0; i < ALIGN_SIDES; i++)
        side_message(&part->quality[i], &ret_sides[i]);
    /* protobuf-c's texts are not const, but packing only reads them */
    farseat__v1__recording_part__init(ret_message);
    ret_message->recording_id = (char *)(uintptr_t)part->recording_id;
    ret_message->part = part->number;
    ret_message->contact_id = (char *)(uintptr_t)part->contact_id;
    ret_message->segment_id = (char *)(uintptr_t)part->segment_id;
    ret_message->agent_id = (char *)(uintptr_t)part->agent_id;
    ret_message->queue_id = (char *)(uintptr_t)part->queue_id;
    ret_message->instance = (char *)(uintptr_t)part->instance;
    ret_message->session_id = (char *)(uintptr_t)part->session_id;
    ret_message->left = (char *)(uintptr_t)part->left;
    ret_message->right = (char *)(uintptr_t)part->right;
    ret_message->sha256 = (char *)(uintptr_t)part->sha256;
    ret_message->codec = (char *)(uintptr_t)far_codec_name(part->codec);
    ret_message->state = (char *)(uintptr_t)part_state_name(part->state);
    ret_message->started_at_us = part->started_at_us;
    ret_message->ended_at_us = part->ended_at_us;
    ret_message->recorded_ms = part_recorded_ms(part);
    ret_message->audio_bytes = part_wav_bytes(part);
    ret_message->gap_ms = part_gap_ms(part);
    ret_message->write_gap_ms = part->write_gap_ms;
    ret_message->left_quality = &ret_sides[0];
    ret_message->right_quality = &ret_sides[1];
}

enum far_err part_from_message(const Farseat__V1__RecordingPart *message, struct part *ret_part)
{
    struct part part = {.number = message->part, .codec = FAR_CODEC_PCMU, .state = PART_STATE_COUNT};
    struct far_id id;
    if (far_id_parse(message->recording_id, &id) != FAR_OK) return FAR_EPROTO;
    far_id_format(&id, part.recording_id);
    for (unsigned i = 0; i < PART_STATE_COUNT; i++)
        if (strcmp(message->state, state_names[i]) == 0) part.state = (enum part_state)i;
    if (part.state == PART_STATE_COUNT) return FAR_EPROTO;
    if (strcmp(message->codec, far_codec_name(FAR_CODEC_PCMA)) == 0) part.codec = FAR_CODEC_PCMA;
    (void)far_str_copy(part.contact_id, sizeof(part.contact_id), message->contact_id);
    (void)far_str_copy(part.segment_id, sizeof(part.segment_id), message->segment_id);
    (void)far_str_copy(part.agent_id, sizeof(part.agent_id), message->agent_id);
    (void)far_str_copy(part.queue_id, sizeof(part.queue_id), message->queue_id);
    (void)far_str_copy(part.instance, sizeof(part.instance), message->instance);
    (void)far_str_copy(part.session_id, sizeof(part.session_id), message->session_id);
    (void)far_str_copy(part.left, sizeof(part.left), message->left);
    (void)far_str_copy(part.right, sizeof(part.right), message->right);
    (void)far_str_copy(part.sha256, sizeof(part.sha256), message->sha256);
    part.started_at_us = message->started_at_us;
    part.ended_at_us = message->ended_at_us;
    if (message->audio_bytes > FAR_WAV_HEADER)
        part.frames = (message->audio_bytes - FAR_WAV_HEADER) / PLAYED_FRAME;
    part.write_gap_ms = message->write_gap_ms;
    side_from_message(message->left_quality, &part.quality[0]);
    side_from_message(message->right_quality, &part.quality[1]);
    *ret_part = part;
    return FAR_OK;
}

size_t part_pack(const struct part *part, uint8_t out[PART_BYTES_MAX])
{
    Farseat__V1__RecordingPart message;
    Farseat__V1__RecordingSide sides[ALIGN_SIDES];
    part_message(part, sides, &message);
    assert(farseat__v1__recording_part__get_packed_size(&message) <=
           PART_BYTES_MAX); /* the texts are bounded */
    return farseat__v1__recording_part__pack(&message, out);
}

enum far_err part_unpack(const uint8_t *bytes, size_t len, struct part *ret_part)
{
    Farseat__V1__RecordingPart *message = farseat__v1__recording_part__unpack(NULL, len, bytes);
    if (!message) return FAR_EPROTO;
    enum far_err err = part_from_message(message, ret_part);
    farseat__v1__recording_part__free_unpacked(message, NULL);
    return err;
}
