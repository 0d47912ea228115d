/* SPDX-License-Identifier: Apache-2.0 */
#include "far/media/tone.h"
#include "far/media/g711.h"
#include <math.h>
#include <stdbool.h>
#include <string.h>

#define TWO_PI         6.283185307179586
#define TONE_AMPLITUDE 8000.0 /* some -15 dBov: E.180 wants call-progress tones well below speech */
#define FLOOR_DB       (-120.0)

static const struct {
    const char *name;
    double frequency_hz;
    uint32_t on;  /* [samples] */
    uint32_t off; /* [samples] */
} tones[FAR_TONE_KIND_COUNT] = {
    [FAR_TONE_RINGBACK_CN] = {"ringback-cn", 450, 8000, 32000},
    [FAR_TONE_BUSY_CN] = {"busy-cn", 450, 2800, 2800},
    [FAR_TONE_RINGBACK_EU] = {"ringback-eu", 425, 8000, 32000},
    [FAR_TONE_BUSY_EU] = {"busy-eu", 425, 4000, 4000},
};

void far_tone_add(int16_t *pcm, size_t len, uint64_t phase_samples, double frequency_hz, double amplitude,
                  uint32_t rate)
{
    for (size_t i = 0; i < len; i++) {
        double cycles = frequency_hz * (double)(phase_samples + i) / rate;
        double value = pcm[i] + amplitude * sin(TWO_PI * (cycles - floor(cycles)));
        pcm[i] = (int16_t)lrint(fmax(INT16_MIN, fmin(INT16_MAX, value)));
    }
}

const char *far_tone_name(enum far_tone_kind kind)
{
    return tones[kind].name;
}

size_t far_tone_period(enum far_tone_kind kind)
{
    return tones[kind].on + tones[kind].off;
}

void far_tone_fill(enum far_tone_kind kind, int16_t *pcm, size_t len, uint64_t from)
{
    memset(pcm, 0, len * sizeof(*pcm));
    for (size_t done = 0; done < len;) {
        uint64_t position = (from + done) % far_tone_period(kind);
        bool on = position < tones[kind].on;
        uint64_t run = on ? tones[kind].on - position : far_tone_period(kind) - position;
        if (run > len - done) run = len - done;
        if (on)
            far_tone_add(pcm + done, (size_t)run, position, tones[kind].frequency_hz, TONE_AMPLITUDE,
                         FAR_G711_RATE);
        done += (size_t)run;
    }
}

double far_tone_level_db(const int16_t *pcm, size_t len, double frequency_hz, uint32_t rate)
{
    if (len < 16) return FLOOR_DB;
    double turn = TWO_PI * frequency_hz / rate;
    double coefficient = 2 * cos(turn);
    double one = 0, two = 0, weight_sum = 0;
    for (size_t i = 0; i < len; i++) {
        double weight =
            0.5 - 0.5 * cos(TWO_PI * (double)i / (double)(len - 1)); /* Hann: no leakage far away */
        double zero = weight * pcm[i] + coefficient * one - two;
        weight_sum += weight;
        two = one;
        one = zero;
    }
    double power = one * one + two * two - coefficient * one * two;
    double amplitude = 2 * sqrt(fmax(power, 0)) / weight_sum;
    double level = amplitude > 0 ? 20 * log10(amplitude / 32767.0) : FLOOR_DB;
    return level < FLOOR_DB ? FLOOR_DB : level;
}
