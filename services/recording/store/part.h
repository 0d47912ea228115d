/* SPDX-License-Identifier: Apache-2.0 */
/* part.h - what is known about one part of a recording: farseat.v1.RecordingPart with texts of fixed size, as
 * it travels between the threads, lies sealed in the file and stands in PostgreSQL. Pure. */
#pragma once
#include "align.h"
#include "far/buf.h"
#include "far/err.h"
#include "far/media/g711.h"
#include "farseat/v1/api_recording.pb-c.h"
#include <stdint.h>

#define PART_NAME_SIZE 64
#define PART_TEXT_SIZE 129
#define PART_BYTES_MAX 1700u /* packed */

enum part_state { PART_RECORDING, PART_COMPLETE, PART_RECOVERED, PART_FAILED, PART_STATE_COUNT };

struct part {
    char recording_id[37]; /* a UUID as text */
    uint32_t number;       /* of the part, from 1 */
    char contact_id[PART_NAME_SIZE], segment_id[PART_NAME_SIZE];
    char agent_id[PART_NAME_SIZE], queue_id[PART_NAME_SIZE], instance[PART_NAME_SIZE];
    char session_id[PART_TEXT_SIZE], left[PART_TEXT_SIZE], right[PART_TEXT_SIZE];
    enum far_codec codec; /* at rest */
    enum part_state state;
    int64_t started_at_us, ended_at_us;
    uint64_t frames;       /* stored, of 1/8000 s */
    uint64_t write_gap_ms; /* sound that could not be stored */
    char sha256[65];       /* of the samples as played back; "" while it goes on */
    struct align_figures quality[ALIGN_SIDES];
};

const char *part_state_name(enum part_state state);
uint64_t part_recorded_ms(const struct part *part);
/** Length of the WAV that it plays back as. */
uint64_t part_wav_bytes(const struct part *part);
uint64_t part_gap_ms(const struct part *part);

/** The same as a message; the texts point into part, quality into ret_sides. */
void part_message(const struct part *part, Farseat__V1__RecordingSide ret_sides[ALIGN_SIDES],
                  Farseat__V1__RecordingPart *ret_message);
/** Back again; texts that are too long are cut. @return FAR_OK; FAR_EPROTO: no UUID, or an unknown state. */
FAR_MUST_CHECK enum far_err part_from_message(const Farseat__V1__RecordingPart *message,
                                              struct part *ret_part);
/** Pack into out[PART_BYTES_MAX]. @return bytes written. */
size_t part_pack(const struct part *part, uint8_t out[PART_BYTES_MAX]);
FAR_MUST_CHECK enum far_err part_unpack(const uint8_t *bytes, size_t len, struct part *ret_part);
