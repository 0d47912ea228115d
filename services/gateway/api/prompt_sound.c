/* SPDX-License-Identifier: Apache-2.0 */
#include "prompt_sound.h"
#include "far/media/wav.h"
#include "far/str.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PEAK 16422 /* -6 dB of full scale */

bool prompt_name_ok(const char *name)
{
    size_t len = strlen(name);
    return len > 0 && len < PROMPT_NAME_SIZE && name[0] != '/' && name[len - 1] != '/' &&
           !strstr(name, "//") && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_/") == len;
}

static void make_even(struct far_wav *wav)
{
    int32_t peak = 1;
    for (size_t i = 0; i < wav->frames; i++)
        if (abs(wav->pcm[i]) > peak) peak = abs(wav->pcm[i]);
    for (size_t i = 0; i < wav->frames; i++)
        wav->pcm[i] = (int16_t)(wav->pcm[i] * PEAK / peak);
}

static enum far_err encode(const struct far_wav *wav, struct prompt_sound *ret_sound)
{
    const struct far_wav_layout layout = {.format = FAR_WAV_ALAW, .channels = 1, .rate = FAR_G711_RATE};
    uint8_t header[FAR_WAV_HEADER_MAX], hash[crypto_hash_sha256_BYTES];
    size_t header_len = far_wav_header(&layout, wav->frames, header);
    struct prompt_sound sound = {.len = header_len + wav->frames + (wav->frames & 1)}; /* chunks are even */
    sound.wav = calloc(1, sound.len);
    if (!sound.wav) return FAR_ENOMEM;
    memcpy(sound.wav, header, header_len);
    far_g711_encode(FAR_CODEC_PCMA, wav->pcm, wav->frames, sound.wav + header_len);
    sound.duration_ms = (uint32_t)(wav->frames * 1000 / FAR_G711_RATE);
    crypto_hash_sha256(hash, sound.wav, sound.len);
    far_str_hex(hash, sizeof(hash), sound.sha256);
    *ret_sound = sound;
    return FAR_OK;
}

enum far_err prompt_sound_make(const void *bytes, size_t len, bool even, struct prompt_sound *ret_sound,
                               char ret_error[PROMPT_ERROR_SIZE])
{
    char error[FAR_WAV_ERROR_MAX] = "";
    struct far_wav wav = {0};
    enum far_err err = far_wav_parse(bytes, len, &wav, error);
    (void)snprintf(ret_error, PROMPT_ERROR_SIZE, "%.250s", error);
    uint64_t wanted = err == FAR_OK ? (uint64_t)wav.frames * FAR_G711_RATE / wav.rate : 0;
    if (err == FAR_OK && wanted == 0) {
        err = FAR_EINVAL;
        (void)snprintf(ret_error, PROMPT_ERROR_SIZE, "there is no sound in it");
    } else if (wanted + FAR_WAV_HEADER_MAX + 2 > PROMPT_BYTES_MAX) { /* before much work is done for it */
        err = FAR_EFULL;
        (void)snprintf(ret_error, PROMPT_ERROR_SIZE, "it is %llu s long, %u s are taken at most: cut it",
                       (unsigned long long)(wanted / FAR_G711_RATE), PROMPT_BYTES_MAX / FAR_G711_RATE);
    }
    if (err == FAR_OK) err = far_wav_convert(&wav, FAR_G711_RATE);
    if (err == FAR_OK && even) make_even(&wav);
    if (err == FAR_OK) err = encode(&wav, ret_sound);
    far_wav_done(&wav);
    return err;
}
