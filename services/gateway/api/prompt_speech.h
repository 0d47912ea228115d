/* SPDX-License-Identifier: Apache-2.0 */
/* prompt_speech.h - text to speech: espeak-ng as a child process, its answer read on the loop. Bounded in
 * time, bytes and number. SIGPIPE must be ignored, as the chassis does. Loop thread. */
#pragma once
#include "far/err.h"
#include "far/loop.h"
#include <stddef.h>
#include <stdint.h>

#define SPEECH_TEXT_MAX  2000 /* bytes */
#define SPEECH_BYTES_MAX (16 * 1024 * 1024)
#define SPEECH_MS_MAX    20000
#define SPEECH_COUNT_MAX 2 /* at once */

struct speech; /* opaque: one that is being spoken */
/** wav is freed after the call back; on an error text says what, and how to mend it. */
typedef void speech_fn(void *ctx, enum far_err err, const char *text, const uint8_t *wav, size_t len);
struct speech_question {
    const char *program;  /* espeak-ng: a path, or found by PATH */
    const char *language; /* zh, en */
    const char *text;     /* 1..SPEECH_TEXT_MAX bytes of UTF-8 */
    speech_fn *fn;        /* exactly once, never inside speech_begin() */
    void *ctx;
    uint32_t timeout_ms; /* 0: SPEECH_MS_MAX */
};
/** @return FAR_OK; FAR_EINVAL: text or language; FAR_EAGAIN: SPEECH_COUNT_MAX are under way;
 * FAR_EUNAVAILABLE: it cannot be started; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err speech_begin(struct far_loop *loop, const struct speech_question *question);
/** End all that is under way: the children are killed and each fn gets FAR_EUNAVAILABLE, now. */
void speech_stop(void);
/** Languages that can be spoken: "zh", "en"; NULL beyond. */
const char *speech_language(size_t index);
