/* SPDX-License-Identifier: Apache-2.0 */
/* A speech is freed when its process, its pipes and its timer are all closed; its answer is told as soon as
 * the process has ended and the pipe is empty, or when it has taken too long. */
#include "prompt_speech.h"
#include "far/buf.h"
#include "far/log.h"
#include "far/str.h"
#include "far/utf8.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *language, *voice;
} voices[] = {{"zh", "cmn"}, {"en", "en-us"}};

struct speech {
    struct speech *next;
    struct far_loop *loop;
    uv_process_t process;
    uv_pipe_t in, out;
    uv_write_t write;
    uv_shutdown_t shutdown;
    char *text;
    struct far_buf wav;
    char chunk[65536];
    uint64_t timer;
    unsigned open; /* handles that are not closed yet */
    bool exited, ended, told;
    int64_t status;
    speech_fn *fn;
    void *ctx;
};
static struct speech *speeches; /* the process's; loop thread */
static size_t speeches_len;

const char *speech_language(size_t index)
{
    return index < FAR_ARRAY_LEN(voices) ? voices[index].language : NULL;
}

static void speech_free(struct speech *speech)
{
    for (struct speech **at = &speeches; *at; at = &(*at)->next) {
        if (*at != speech) continue;
        *at = speech->next;
        speeches_len--;
        break;
    }
    far_buf_done(&speech->wav);
    free(speech->text);
    free(speech);
}

static void on_closed(uv_handle_t *handle)
{
    struct speech *speech = handle->data;
    if (--speech->open == 0) speech_free(speech);
}

static void tell(struct speech *speech, enum far_err err, const char *text)
{
    if (speech->told) return;
    speech->told = true;
    far_timer_stop(speech->loop, speech->timer);
    speech->fn(speech->ctx, err, text, (const uint8_t *)speech->wav.data, speech->wav.len);
}

/* The child may be killed again: it is ours until it was waited for. */
static void finish(struct speech *speech, enum far_err err, const char *text)
{
    bool first = !speech->told;
    tell(speech, err, text);
    if (!first) return;
    if (!speech->exited) (void)uv_process_kill(&speech->process, SIGKILL);
    if (!uv_is_closing((uv_handle_t *)&speech->in)) uv_close((uv_handle_t *)&speech->in, on_closed);
    if (!uv_is_closing((uv_handle_t *)&speech->out)) uv_close((uv_handle_t *)&speech->out, on_closed);
    if (speech->exited) uv_close((uv_handle_t *)&speech->process, on_closed);
}

static void look(struct speech *speech)
{
    if (!speech->exited || !speech->ended) return;
    if (speech->wav.err != FAR_OK)
        finish(speech, FAR_EFULL, "the speech is too long: shorten the text");
    else if (speech->status != 0 || speech->wav.len == 0)
        finish(speech, FAR_EUNAVAILABLE, "espeak-ng failed: is it there, with its voices? (apt: espeak-ng)");
    else
        finish(speech, FAR_OK, "");
}

static void on_exit_of_child(uv_process_t *process, int64_t status, int signal)
{
    struct speech *speech = process->data;
    speech->exited = true;
    speech->status = signal ? -1 : status;
    if (speech->told)
        uv_close((uv_handle_t *)process, on_closed);
    else
        look(speech);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct speech *speech = handle->data;
    (void)suggested;
    *buf = uv_buf_init(speech->chunk, sizeof(speech->chunk));
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct speech *speech = stream->data;
    if (len > 0) far_buf_add(&speech->wav, buf->base, (size_t)len);
    if (speech->wav.err != FAR_OK) {
        finish(speech, FAR_EFULL, "the speech is too long: shorten the text");
    } else if (len < 0) {
        speech->ended = true;
        look(speech);
    }
}

static void on_overdue(void *arg, uint64_t timer)
{
    struct speech *speech = arg;
    (void)timer;
    speech->timer = 0;
    finish(speech, FAR_ETIMEOUT, "espeak-ng takes too long: shorten the text, or try again");
}

static void on_shut(uv_shutdown_t *request, int status)
{
    (void)request;
    (void)status;
}

static void on_written(uv_write_t *request, int status)
{
    (void)request;
    (void)status; /* a child that does not read fails by its exit code */
}

/* The text goes through a pipe: nothing of it is ever an argument. */
static int spawn(struct speech *speech, const char *program, const char *voice)
{
    char name[512], voice_text[16], speed[] = "165", loud[] = "90", v[] = "-v", s[] = "-s", a[] = "-a",
                                    in[] = "--stdin", out[] = "--stdout", utf8[] = "-b", one[] = "1";
    char path[] = "PATH=/usr/local/bin:/usr/bin:/bin", lang[] = "LC_ALL=C.UTF-8";
    (void)snprintf(name, sizeof(name), "%s", program);
    (void)snprintf(voice_text, sizeof(voice_text), "%s", voice);
    char *argv[] = {name, v, voice_text, s, speed, a, loud, utf8, one, in, out, NULL};
    char *env[] = {path, lang, NULL};
    uv_stdio_container_t stdio[3] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&speech->in},
        {.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE, .data.stream = (uv_stream_t *)&speech->out},
        {.flags = UV_IGNORE},
    };
    const uv_process_options_t options = {.exit_cb = on_exit_of_child,
                                          .file = name,
                                          .args = argv,
                                          .env = env,
                                          .cwd = "/",
                                          .stdio_count = 3,
                                          .stdio = stdio};
    return uv_spawn(far_loop_uv(speech->loop), &speech->process, &options);
}

static struct speech *speech_make(struct far_loop *loop, const struct speech_question *question)
{
    struct speech *speech = calloc(1, sizeof(*speech));
    char *text = strdup(question->text);
    if (!speech || !text) {
        free(speech);
        free(text);
        return NULL;
    }
    speech->loop = loop;
    speech->text = text;
    speech->fn = question->fn;
    speech->ctx = question->ctx;
    far_buf_init(&speech->wav, SPEECH_BYTES_MAX);
    speech->process.data = speech->in.data = speech->out.data = speech;
    (void)uv_pipe_init(far_loop_uv(loop), &speech->in, 0);
    (void)uv_pipe_init(far_loop_uv(loop), &speech->out, 0);
    speech->open = 3;
    speech->next = speeches;
    speeches = speech;
    speeches_len++;
    return speech;
}

static bool text_ok(const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || len > SPEECH_TEXT_MAX || !far_utf8_valid(text, len)) return false;
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 && *at != '\n') return false;
    return true;
}

enum far_err speech_begin(struct far_loop *loop, const struct speech_question *question)
{
    size_t voice = 0;
    while (voice < FAR_ARRAY_LEN(voices) && strcmp(voices[voice].language, question->language) != 0)
        voice++;
    if (voice == FAR_ARRAY_LEN(voices) || !text_ok(question->text)) return FAR_EINVAL;
    if (speeches_len >= SPEECH_COUNT_MAX) return FAR_EAGAIN;
    struct speech *speech = speech_make(loop, question);
    if (!speech) return FAR_ENOMEM;
    int failed = spawn(speech, question->program, voices[voice].voice);
    uint64_t timeout_ms = question->timeout_ms ? question->timeout_ms : SPEECH_MS_MAX;
    if (!failed && far_timer_start(loop, timeout_ms, 0, on_overdue, speech, &speech->timer) != FAR_OK)
        failed = UV_ENOMEM;
    if (failed) {
        FAR_WARN("speech-not-begun", "program=%s why=%s", question->program, uv_strerror(failed));
        speech->told = true;
        speech->exited = !uv_is_active((uv_handle_t *)&speech->process);
        if (!speech->exited) (void)uv_process_kill(&speech->process, SIGKILL);
        uv_close((uv_handle_t *)&speech->in, on_closed);
        uv_close((uv_handle_t *)&speech->out, on_closed);
        if (speech->exited) uv_close((uv_handle_t *)&speech->process, on_closed);
        return FAR_EUNAVAILABLE;
    }
    const uv_buf_t buf = uv_buf_init(speech->text, (unsigned)strlen(speech->text));
    (void)uv_write(&speech->write, (uv_stream_t *)&speech->in, &buf, 1, on_written);
    (void)uv_shutdown(&speech->shutdown, (uv_stream_t *)&speech->in, on_shut);
    (void)uv_read_start((uv_stream_t *)&speech->out, on_room, on_read);
    return FAR_OK;
}

void speech_stop(void)
{
    for (struct speech *speech = speeches; speech; speech = speech->next) {
        finish(speech, FAR_EUNAVAILABLE, "this gateway is going away");
        if (speech->exited) continue;
        speech->exited = true; /* nobody waits for its end any more */
        uv_close((uv_handle_t *)&speech->process, on_closed);
    }
}
