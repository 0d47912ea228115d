/* SPDX-License-Identifier: Apache-2.0 */
/* New prompts: out of an upload, or out of a text. Converting runs on worker threads. */
#include "far/clock.h"
#include "far/loop.h"
#include "far/str.h"
#include "prompt_speech.h"
#include "prompts_private.h"
#include <stdlib.h>
#include <string.h>

#define WRITE_MS  5000
#define WORKS_MAX 4 /* at once */

/* One on its way. */
struct making {
    struct api *api;
    struct exchange *exchange;
    const char *source, *action; /* static */
    char *text, language[16];
    char *bytes; /* what is to be converted */
    size_t bytes_len;
    bool even;
    struct prompt_sound sound;
    enum far_err err;
    char error[PROMPT_ERROR_SIZE];
};

static void making_free(struct making *making)
{
    if (making->api->prompts) making->api->prompts->works--;
    free(making->text);
    free(making->bytes);
    free(making->sound.wav);
    free(making);
}

static void making_fail(struct making *making, enum far_err err, const char *text)
{
    prompts_audit(making->exchange, making->action, far_err_name(err));
    exchange_fail(making->exchange, err, text);
    making_free(making);
}

static struct making *making_begin(struct exchange *exchange, const char *source, const char *action)
{
    struct prompts *prompts = prompts_of(exchange);
    const char *name = prompts ? prompts_name(exchange) : NULL;
    if (!name) return NULL;
    if (strcmp(name, "music") == 0) { /* edges read theirs at their start */
        exchange_fail(
            exchange, FAR_EINVAL,
            "music is what edges play by themselves (media.music_file): take another name, and give it "
            "to the queue as its music");
        return NULL;
    }
    struct making *making = prompts->works < WORKS_MAX ? calloc(1, sizeof(*making)) : NULL;
    if (!making) {
        exchange_fail(exchange, FAR_EAGAIN, "other prompts are being made: try again in a moment");
        return NULL;
    }
    prompts->works++;
    making->api = exchange->api;
    making->exchange = exchange;
    making->source = source;
    making->action = action;
    return making;
}

/* @return false: replied and ended. */
static bool words_take(struct making *making)
{
    ProtobufCMessage *message = exchange_message(making->exchange);
    if (!message) {
        making_free(making);
        return false;
    }
    const Farseat__V1__PromptRequest *request = (const Farseat__V1__PromptRequest *)message;
    bool fits = far_str_copy(making->language, sizeof(making->language), request->language) &&
                strlen(request->text) <= SPEECH_TEXT_MAX;
    making->text = fits ? strdup(request->text) : NULL;
    protobuf_c_message_free_unpacked(message, NULL);
    if (making->text) return true;
    making_fail(making, fits ? FAR_ENOMEM : FAR_EINVAL, "text: at most 2000 bytes; language: zh or en");
    return false;
}

/* ---- into the bucket ------------------------------------------------------------------------------ */

static void prompt_of(const struct making *making, Farseat__V1__Prompt *prompt)
{
    const struct exchange *exchange = making->exchange;
    farseat__v1__prompt__init(prompt);
    prompt->name = (char *)(uintptr_t)exchange_param(exchange, "name");
    prompt->text = making->text;
    prompt->language = (char *)(uintptr_t)making->language;
    prompt->source = (char *)(uintptr_t)making->source;
    prompt->duration_ms = making->sound.duration_ms;
    prompt->sha256 = (char *)(uintptr_t)making->sound.sha256;
    prompt->by = (char *)(uintptr_t)exchange->identity.login;
    prompt->at_us = far_clock_wall_us();
}

static void stored(void *ctx, enum far_err err, uint64_t revision)
{
    struct making *making = ctx;
    Farseat__V1__Prompt prompt;
    (void)revision;
    if (err != FAR_OK) {
        making_fail(making, err,
                    err == FAR_EFULL ? "the bucket of prompts is full: remove some" : far_err_text(err));
        return;
    }
    prompt_of(making, &prompt);
    prompts_audit(making->exchange, making->action, "ok");
    exchange_reply(making->exchange, &prompt.base);
    making_free(making);
}

static void store(struct making *making)
{
    Farseat__V1__Prompt prompt;
    prompt_of(making, &prompt);
    prompt.wav = (ProtobufCBinaryData){.data = making->sound.wav, .len = making->sound.len};
    size_t len = farseat__v1__prompt__get_packed_size(&prompt);
    uint8_t *packed = malloc(len);
    enum far_err err = packed ? FAR_OK : FAR_ENOMEM;
    if (packed) {
        farseat__v1__prompt__pack(&prompt, packed);
        const struct far_kv_write write = {.bucket = FAR_BUCKET_PROMPTS,
                                           .key = prompt.name,
                                           .mode = FAR_KV_PUT,
                                           .data = packed,
                                           .data_len = len,
                                           .timeout_ms = WRITE_MS,
                                           .fn = stored,
                                           .ctx = making};
        err = far_kv_write(making->api->bus, &write);
    }
    free(packed);
    if (err != FAR_OK) making_fail(making, err, far_err_text(err));
}

static void convert_work(void *arg)
{
    struct making *making = arg;
    making->err =
        prompt_sound_make(making->bytes, making->bytes_len, making->even, &making->sound, making->error);
}

static void convert_done(void *arg)
{
    struct making *making = arg;
    if (!making->api->http || !making->api->bus) { /* this process is going away */
        exchange_end(making->exchange);
        making_free(making);
    } else if (making->err != FAR_OK) { /* too long a sound is the asker's fault, not this server's */
        making_fail(making, making->err == FAR_EFULL ? FAR_EINVAL : making->err, making->error);
    } else {
        store(making);
    }
}

static void convert(struct making *making)
{
    enum far_err err = far_loop_work(far_bus_loop(making->api->bus), convert_work, convert_done, making);
    if (err != FAR_OK) making_fail(making, err, far_err_text(err));
}

/* ---- the two ways --------------------------------------------------------------------------------- */

void prompts_put(struct exchange *exchange)
{
    struct making *making = making_begin(exchange, "uploaded", "prompt-uploaded");
    if (!making || !words_take(making)) return;
    if (exchange->raw_len == 0) {
        making_fail(making, FAR_EINVAL, "the body is empty: send a WAV file (Content-Type: audio/wav)");
        return;
    }
    making->bytes = exchange->raw; /* ours from now on */
    making->bytes_len = exchange->raw_len;
    exchange->raw = NULL;
    exchange->raw_len = 0;
    convert(making);
}

static void spoken(void *ctx, enum far_err err, const char *text, const uint8_t *wav, size_t len)
{
    struct making *making = ctx;
    making->bytes = err == FAR_OK ? malloc(len) : NULL;
    if (err != FAR_OK) {
        making_fail(making, err == FAR_EFULL ? FAR_EINVAL : err, text);
    } else if (!making->bytes) {
        making_fail(making, FAR_ENOMEM, far_err_text(FAR_ENOMEM));
    } else {
        memcpy(making->bytes, wav, len);
        making->bytes_len = len;
        convert(making);
    }
}

void prompts_synthesise(struct exchange *exchange)
{
    struct making *making = making_begin(exchange, "synthesised", "prompt-synthesised");
    if (!making || !words_take(making)) return;
    making->even = true;
    const struct speech_question question = {.program = making->api->prompts->config->synthesiser,
                                             .language = making->language,
                                             .text = making->text,
                                             .fn = spoken,
                                             .ctx = making};
    enum far_err err = speech_begin(far_bus_loop(making->api->bus), &question);
    if (err == FAR_EINVAL)
        making_fail(making, err, "text: 1 to 2000 bytes without control characters; language: zh or en");
    else if (err == FAR_EUNAVAILABLE)
        making_fail(making, err,
                    "the program that speaks cannot be started: install espeak-ng, or upload a "
                    "recording");
    else if (err != FAR_OK)
        making_fail(making, err, "other prompts are being spoken: try again in a moment");
}
