/* SPDX-License-Identifier: Apache-2.0 */
#include "peaks.h"
#include <string.h>

#define STEP      1024u /* frames decoded at once */
#define LOUDEST   32768u
#define VALUE_MAX 255u

uint8_t peaks_value(uint32_t amplitude)
{
    uint64_t square = (uint64_t)(amplitude < LOUDEST ? amplitude : LOUDEST) * VALUE_MAX * VALUE_MAX;
    uint32_t value = 0; /* the root, rounded down, bit by bit */
    for (uint32_t bit = 128; bit > 0; bit /= 2)
        if ((uint64_t)(value + bit) * (value + bit) * LOUDEST <= square) value += bit;
    return (uint8_t)value;
}

static uint32_t louder(uint32_t peak, int16_t sample)
{
    uint32_t amplitude = (uint32_t)(sample < 0 ? -(int32_t)sample : sample);
    return amplitude > peak ? amplitude : peak;
}

/* The loudest samples of frames from..to. */
static enum far_err stretch_read(struct file_reader *reader, uint64_t from, uint64_t to,
                                 uint32_t ret_peaks[ALIGN_SIDES])
{
    int16_t pcm[STEP * ALIGN_SIDES];
    ret_peaks[0] = ret_peaks[1] = 0;
    while (from < to) {
        size_t frames = to - from < STEP ? (size_t)(to - from) : STEP;
        enum far_err err = file_read(reader, from, frames, pcm);
        if (err != FAR_OK) return err;
        for (size_t i = 0; i < frames; i++)
            for (size_t side = 0; side < ALIGN_SIDES; side++)
                ret_peaks[side] = louder(ret_peaks[side], pcm[ALIGN_SIDES * i + side]);
        from += frames;
    }
    return FAR_OK;
}

enum far_err peaks_make(struct file_reader *reader, uint32_t points, uint8_t *ret_left, uint8_t *ret_right)
{
    uint64_t frames = file_frames(reader);
    if (points == 0 || points > PEAKS_MAX) return FAR_EINVAL;
    memset(ret_left, 0, points);
    memset(ret_right, 0, points);
    for (uint64_t i = 0; i < points && frames > 0; i++) {
        uint64_t from = i * frames / points, to = (i + 1) * frames / points;
        uint32_t peaks[ALIGN_SIDES];
        if (to == from) to = from + 1; /* fewer frames than points: a frame is drawn by several */
        enum far_err err = stretch_read(reader, from, to, peaks);
        if (err != FAR_OK) return err;
        ret_left[i] = peaks_value(peaks[0]);
        ret_right[i] = peaks_value(peaks[1]);
    }
    return FAR_OK;
}
