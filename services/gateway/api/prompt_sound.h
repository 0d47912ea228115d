/* SPDX-License-Identifier: Apache-2.0 */
/* prompt_sound.h - any WAV that libmedia reads, as what callers hear: 8 kHz, one channel, G.711 A-law. Blocks
 * for as long as resampling takes: on a worker thread. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROMPT_NAME_SIZE  128
#define PROMPT_BYTES_MAX  900000 /* of the WAV that is kept: the bucket's messages are so large */
#define PROMPT_UPLOAD_MAX (10 * 1024 * 1024)
#define PROMPT_ERROR_SIZE 256

struct prompt_sound {
    uint8_t *wav; /* the caller frees it */
    size_t len;
    uint32_t duration_ms;
    char sha256[65]; /* of wav */
};
/** even: bring its peak to -6 dB, as built-in prompts have it.
 *  @return FAR_OK; FAR_EPROTO: no such file; FAR_EINVAL: no sound in it; FAR_EFULL: too long; FAR_ENOMEM.
 *  ret_error says what and how to mend it. */
FAR_MUST_CHECK enum far_err prompt_sound_make(const void *bytes, size_t len, bool even,
                                              struct prompt_sound *ret_sound,
                                              char ret_error[PROMPT_ERROR_SIZE]);
/** How a prompt may be called, as the ACD and the edges take it: a-z, 0-9, -, _ in parts that slashes
 * separate; below PROMPT_NAME_SIZE bytes. */
bool prompt_name_ok(const char *name);
