/* SPDX-License-Identifier: Apache-2.0 */
/* tone.h - making tones and telling whether one is there. Pure; any thread. */
#pragma once
#include "far/err.h"
#include <stddef.h>
#include <stdint.h>

/** Add a sine to len samples, with saturation.
 *  @param phase_samples position of the first sample, so that pieces join without a click.
 *  @param amplitude peak, 0..32767. */
void far_tone_add(int16_t *pcm, size_t len, uint64_t phase_samples, double frequency_hz, double amplitude,
                  uint32_t rate);

/** Call-progress tones by ITU-T E.180, of the country where the centre is. */
enum far_tone_kind {
    FAR_TONE_RINGBACK_CN, /* 450 Hz, 1 s on, 4 s off */
    FAR_TONE_BUSY_CN,     /* 450 Hz, 0.35 s on, 0.35 s off */
    FAR_TONE_RINGBACK_EU, /* 425 Hz, 1 s on, 4 s off */
    FAR_TONE_BUSY_EU,     /* 425 Hz, 0.5 s on, 0.5 s off */
    FAR_TONE_KIND_COUNT
};
/** @return "ringback-cn", ... */
const char *far_tone_name(enum far_tone_kind kind);
/** Samples of one whole cadence at 8 kHz. */
size_t far_tone_period(enum far_tone_kind kind);
/** Fill pcm (len samples at 8 kHz) with the tone, its cadence beginning at sample `from`. */
void far_tone_fill(enum far_tone_kind kind, int16_t *pcm, size_t len, uint64_t from);

/** How much of a frequency is in a buffer (Goertzel with a Hann window).
 *  @return its level [dB relative to a full-scale sine]; -120 or above, -120 for silence or len < 16. */
double far_tone_level_db(const int16_t *pcm, size_t len, double frequency_hz, uint32_t rate);

#define FAR_MUSIC_SAMPLES (60u * 8000u) /* a whole loop at 8 kHz */
/** Compose the music on hold: a quiet piece of a minute in a pentatonic scale, made by rule from the seed;
 * the same seed gives the same music, and its end runs on into its beginning. Public domain: no work of
 * anybody is in it.
 *  @param ret_pcm FAR_MUSIC_SAMPLES samples, 8 kHz mono. @return FAR_OK, FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_music_compose(uint64_t seed, int16_t *ret_pcm);
