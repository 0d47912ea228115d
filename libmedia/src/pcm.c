/* SPDX-License-Identifier: Apache-2.0 */
#include "far/media/pcm.h"
#include <math.h>

static int16_t saturate(int64_t value)
{
    if (value > INT16_MAX) return INT16_MAX;
    if (value < INT16_MIN) return INT16_MIN;
    return (int16_t)value;
}

void far_pcm_mix(int16_t *into, const int16_t *pcm, size_t len)
{
    for (size_t i = 0; i < len; i++)
        into[i] = saturate((int64_t)into[i] + pcm[i]);
}

void far_pcm_gain(int16_t *pcm, size_t len, int32_t gain_q12)
{
    for (size_t i = 0; i < len; i++)
        pcm[i] = saturate((int64_t)pcm[i] * gain_q12 / 4096);
}

double far_pcm_level_dbov(const int16_t *pcm, size_t len)
{
    double sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += (double)pcm[i] * pcm[i];
    if (len == 0 || sum <= 0) return -127;
    double level = 10 * log10(sum / (double)len / (32768.0 * 32768.0));
    return level < -127 ? -127 : level;
}
