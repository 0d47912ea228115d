/* SPDX-License-Identifier: Apache-2.0 */
/* pcm.h - linear PCM16: mixing, gain, level. Pure; any thread. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/** Add len samples to into, with saturation. */
void far_pcm_mix(int16_t *into, const int16_t *pcm, size_t len);
/** Multiply by gain_q12 / 4096 (4096: unchanged), with saturation. */
void far_pcm_gain(int16_t *pcm, size_t len, int32_t gain_q12);
/** The RMS level [dBov, RFC 6465]: 0 is a full-scale square wave, a full-scale sine is -3; -127: silence, len
 * 0. */
double far_pcm_level_dbov(const int16_t *pcm, size_t len);
