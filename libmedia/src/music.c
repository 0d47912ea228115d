/* SPDX-License-Identifier: Apache-2.0 */
/* The music on hold, by rule: a bass note a bar, broken chords above it, and a melody that walks in small
 * steps on a pentatonic scale. Notes ring on; what rings beyond the end is added at the beginning, so the
 * loop has no seam. */
#include "far/media/tone.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define RATE           8000u
#define BARS           20u
#define BAR            (FAR_MUSIC_SAMPLES / BARS) /* 3 s: four beats at 80 a minute */
#define EIGHTH         (BAR / 8u)
#define PEAK           11000.0 /* some -10 dBov at the loudest sample */
#define TWO_PI         6.283185307179586
#define SCALE_STEPS    5
#define MELODY_LOWEST  5
#define MELODY_HIGHEST 14

static const int PENTATONIC[SCALE_STEPS] = {0, 2, 4, 7, 9}; /* semitones above C */

/* Four chords in C: C, A minor, F, G; semitones above C3 for the bass, then three of the arpeggio above C4.
 */
static const int CHORDS[4][4] = {
    {0, 0, 4, 7},
    {9, -3, 0, 4},
    {5, 0, 5, 9},
    {7, -1, 2, 7},
};

static uint32_t dice(uint64_t *state, uint32_t sides)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((*state >> 33) % sides);
}

static double pitch_hz(int semitones_above_c4)
{
    return 261.6256 * pow(2.0, semitones_above_c4 / 12.0);
}

/* A plucked note: three partials that die away, the higher the faster. */
static void note(double *mix, size_t start, double frequency_hz, double strength, double ring_s)
{
    size_t len = (size_t)(ring_s * 3 * RATE);
    for (size_t i = 0; i < len; i++) {
        double time_s = (double)i / RATE;
        double attack = time_s < 0.012 ? time_s / 0.012 : 1;
        double value = 0;
        for (int partial = 1; partial <= 3; partial++)
            if (frequency_hz * partial < 3300) /* inside the telephone's band */
                value += sin(TWO_PI * frequency_hz * partial * time_s) / (partial * partial) *
                         exp(-time_s * partial / ring_s);
        mix[(start + i) % FAR_MUSIC_SAMPLES] += strength * attack * value;
    }
}

static int walk(uint64_t *state, int degree)
{
    static const int steps[8] = {-2, -1, -1, 0, 1, 1, 2, 3};
    degree += steps[dice(state, 8)];
    if (degree < MELODY_LOWEST) degree = MELODY_LOWEST + 1;
    if (degree > MELODY_HIGHEST) degree = MELODY_HIGHEST - 2;
    return degree;
}

static void compose_bar(double *mix, unsigned bar, uint64_t *state, int *degree)
{
    const int *chord = CHORDS[bar % 4];
    size_t start = bar * BAR;
    note(mix, start, pitch_hz(chord[0] - 12), 0.9, 0.9);
    for (unsigned eighth = 0; eighth < 8; eighth++)
        note(mix, start + eighth * EIGHTH, pitch_hz(chord[1 + (eighth * 2 + eighth / 4) % 3]), 0.28, 0.45);
    for (unsigned beat = 0; beat < 4; beat++) {
        bool rest = dice(state, 5) == 0 && beat > 0;
        bool two = dice(state, 4) == 0;
        for (unsigned half = 0; half < (two ? 2u : 1u) && !rest; half++) {
            *degree = walk(state, *degree);
            int semitones = PENTATONIC[*degree % SCALE_STEPS] + 12 * (*degree / SCALE_STEPS);
            note(mix, start + beat * 2 * EIGHTH + half * EIGHTH, pitch_hz(semitones), 0.55, two ? 0.5 : 0.8);
        }
    }
}

enum far_err far_music_compose(uint64_t seed, int16_t *ret_pcm)
{
    double *mix = calloc(FAR_MUSIC_SAMPLES, sizeof(*mix));
    if (!mix) return FAR_ENOMEM;
    int degree = MELODY_LOWEST + 2;
    for (unsigned bar = 0; bar < BARS; bar++)
        compose_bar(mix, bar, &seed, &degree);
    double peak = 1e-9;
    for (size_t i = 0; i < FAR_MUSIC_SAMPLES; i++)
        peak = fmax(peak, fabs(mix[i]));
    for (size_t i = 0; i < FAR_MUSIC_SAMPLES; i++)
        ret_pcm[i] = (int16_t)lrint(mix[i] * PEAK / peak);
    free(mix);
    return FAR_OK;
}
