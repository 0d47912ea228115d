/* SPDX-License-Identifier: Apache-2.0 */
/* Channels to mono, and one rate to another by a windowed-sinc filter that also cuts what the lower rate
 * cannot hold. */
#include "far/media/wav.h"
#include <math.h>
#include <stdlib.h>

#define PI         3.141592653589793
#define ZEROS      16   /* zero crossings of the sinc on each side */
#define PHASES     256u /* positions between two samples, interpolated between */
#define RATE_MIN   1000u
#define RATE_MAX   192000u
#define FRAMES_MAX ((size_t)1 << 28)

static void to_mono(struct far_wav *wav)
{
    if (wav->channels == 1) return;
    for (size_t i = 0; i < wav->frames; i++) {
        int32_t sum = 0;
        for (uint16_t channel = 0; channel < wav->channels; channel++)
            sum += wav->pcm[i * wav->channels + channel];
        wav->pcm[i] = (int16_t)(sum / wav->channels);
    }
    wav->channels = 1;
}

/* Half of the filter: PHASES entries a zero crossing, Blackman window, cut-off at the zero crossings' rate.
 */
static void make_filter(double *filter, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        double at = (double)i / PHASES;
        double sinc = i == 0 ? 1 : sin(PI * at) / (PI * at);
        double place = at / ZEROS;
        filter[i] = sinc * (0.42 + 0.5 * cos(PI * place) + 0.08 * cos(2 * PI * place));
    }
}

static double filter_at(const double *filter, size_t len, double at)
{
    double place = fabs(at) * PHASES;
    size_t index = (size_t)place;
    if (index + 1 >= len) return 0;
    double part = place - (double)index;
    return filter[index] * (1 - part) + filter[index + 1] * part;
}

static int16_t sample_at(const struct far_wav *wav, const double *filter, size_t len, double position,
                         double scale)
{
    double reach = ZEROS / scale;
    double sum = 0, weights = 0;
    long first = (long)ceil(position - reach), last = (long)floor(position + reach);
    for (long i = first; i <= last; i++) {
        double weight = filter_at(filter, len, (position - (double)i) * scale);
        weights += weight;
        if (i >= 0 && (size_t)i < wav->frames) sum += weight * wav->pcm[i];
    }
    double value = weights > 0 ? sum / weights : 0;
    return (int16_t)lrint(fmax(INT16_MIN, fmin(INT16_MAX, value)));
}

enum far_err far_wav_convert(struct far_wav *wav, uint32_t rate)
{
    static const size_t filter_len = ZEROS * PHASES + 1;
    if (rate < RATE_MIN || rate > RATE_MAX) return FAR_EINVAL;
    if (wav->rate == rate) {
        to_mono(wav);
        return FAR_OK;
    }
    uint64_t wanted = ((uint64_t)wav->frames * rate + wav->rate - 1) / wav->rate;
    if (wanted > FRAMES_MAX) return FAR_ENOMEM;
    size_t frames = (size_t)wanted;
    int16_t *pcm = malloc(frames > 0 ? frames * sizeof(*pcm) : 1);
    double *filter = malloc(filter_len * sizeof(*filter));
    if (!pcm || !filter) {
        free(pcm);
        free(filter);
        return FAR_ENOMEM;
    }
    to_mono(wav);
    make_filter(filter, filter_len);
    /* 0.95 leaves the filter's slope below half the lower rate. */
    double scale = rate < wav->rate ? 0.95 * rate / wav->rate : 1;
    for (size_t i = 0; i < frames; i++)
        pcm[i] = sample_at(wav, filter, filter_len, (double)i * wav->rate / rate, scale);
    free(filter);
    free(wav->pcm);
    *wav = (struct far_wav){.pcm = pcm, .frames = frames, .channels = 1, .rate = rate};
    return FAR_OK;
}
