/* SPDX-License-Identifier: Apache-2.0 */
#include "far/media/g711.h"
#include "g711_tables.h"

const char *far_codec_name(enum far_codec codec)
{
    return codec == FAR_CODEC_PCMA ? "PCMA" : "PCMU";
}

uint8_t far_codec_silence(enum far_codec codec)
{
    return codec == FAR_CODEC_PCMA ? FAR_G711_SILENCE_PCMA : FAR_G711_SILENCE_PCMU;
}

/* Segment of a magnitude, when the first segment ends at `end` and each is twice as long as the one before.
 */
static int segment(int magnitude, int end)
{
    int number = 0;
    while (number < 8 && magnitude > end) {
        end = end * 2 + 1;
        number++;
    }
    return number;
}

uint8_t far_alaw_encode(int16_t sample)
{
    int magnitude = sample >> 3; /* 13 bits */
    int mask = 0xd5;
    if (magnitude < 0) {
        mask = 0x55;
        magnitude = -magnitude - 1;
    }
    int number = segment(magnitude, 0x1f);
    int step = (magnitude >> (number < 2 ? 1 : number)) & 0x0f;
    return (uint8_t)((number << 4 | step) ^ mask);
}

uint8_t far_ulaw_encode(int16_t sample)
{
    int magnitude = sample >> 2; /* 14 bits */
    int mask = 0xff;
    if (magnitude < 0) {
        mask = 0x7f;
        magnitude = -magnitude;
    }
    if (magnitude > 8158) magnitude = 8158; /* clip, so that the bias stays in the last segment */
    magnitude += 33;
    int number = segment(magnitude, 0x3f);
    int step = (magnitude >> (number + 1)) & 0x0f;
    return (uint8_t)((number << 4 | step) ^ mask);
}

int16_t far_alaw_decode(uint8_t code)
{
    return far_alaw_linear[code];
}

int16_t far_ulaw_decode(uint8_t code)
{
    return far_ulaw_linear[code];
}

void far_g711_encode(enum far_codec codec, const int16_t *pcm, size_t len, uint8_t *ret_bytes)
{
    if (codec == FAR_CODEC_PCMA) {
        for (size_t i = 0; i < len; i++)
            ret_bytes[i] = far_alaw_encode(pcm[i]);
    } else {
        for (size_t i = 0; i < len; i++)
            ret_bytes[i] = far_ulaw_encode(pcm[i]);
    }
}

void far_g711_decode(enum far_codec codec, const uint8_t *bytes, size_t len, int16_t *ret_pcm)
{
    const int16_t *table = codec == FAR_CODEC_PCMA ? far_alaw_linear : far_ulaw_linear;
    for (size_t i = 0; i < len; i++)
        ret_pcm[i] = table[bytes[i]];
}

void far_g711_transcode(enum far_codec from, enum far_codec to, uint8_t *bytes, size_t len)
{
    if (from == to) return;
    const uint8_t *table = from == FAR_CODEC_PCMA ? far_alaw_to_ulaw : far_ulaw_to_alaw;
    for (size_t i = 0; i < len; i++)
        bytes[i] = table[bytes[i]];
}
