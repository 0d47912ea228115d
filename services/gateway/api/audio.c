/* SPDX-License-Identifier: Apache-2.0 */
/* The sound of a recording's part: bytes are asked piece by piece of the instance that holds it. A range is
 * answered with at most one piece (RFC 9110 14: a server may send less); without a range the whole is
 * gathered, up to a limit. */
#include "api.h"
#include "far/json.h"
#include "far/log.h"
#include "far/str.h"
#include "farseat/v1/api_recording.pb-c.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_BYTES (512u * 1024u)
#define ANSWER_MS   8000
#define OPEN_MAX    16 /* whole recordings gathered at once */

struct audio {
    struct exchange *exchange;
    char recording_id[64], subject[FAR_BUS_SUBJECT_LEN_MAX + 1];
    uint32_t part;
    uint64_t first, last, total; /* bytes wanted: first..last */
    bool is_range;
    char *bytes;
    size_t len;
};

static void audio_end(struct audio *audio)
{
    audio->exchange->api->audio_open--;
    exchange_end(audio->exchange);
    free(audio->bytes);
    free(audio);
}

static void audio_fail(struct audio *audio, enum far_err err, const char *text)
{
    http_reply_error(audio->exchange->api->http, audio->exchange->id, api_status(err), far_err_name(err),
                     text);
    audio_end(audio);
}

static void audio_reply(struct audio *audio)
{
    char content_range[80];
    (void)snprintf(content_range, sizeof(content_range), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64,
                   audio->first, audio->first + audio->len - 1, audio->total);
    struct http_answer answer = {.status = audio->is_range ? 206 : 200,
                                 .content_type = "audio/wav",
                                 .body = audio->bytes,
                                 .body_len = audio->len,
                                 .headers = {{"accept-ranges:", "bytes"}}};
    if (audio->is_range) {
        answer.headers[1][0] = "content-range:";
        answer.headers[1][1] = content_range;
    }
    http_reply(audio->exchange->api->http, audio->exchange->id, &answer);
    audio_end(audio);
}

static void read_piece(struct audio *audio);

static void piece_read(void *ctx, const struct far_bus_answer *answer)
{
    struct audio *audio = ctx;
    if (answer->err != FAR_OK) {
        audio_fail(audio, answer->err, answer->error_text);
        return;
    }
    const Farseat__V1__RecordingReadReply *reply = (const Farseat__V1__RecordingReadReply *)answer->message;
    uint64_t wanted = audio->last - audio->first + 1 - audio->len;
    size_t len = reply->data.len > wanted ? (size_t)wanted : reply->data.len;
    memcpy(audio->bytes + audio->len, reply->data.data, len);
    audio->len += len;
    if (audio->len == 0)
        audio_fail(audio, FAR_EIO, "the recording ends before it should: see farseat-recording --verify");
    else if (len == 0 || audio->len == audio->last - audio->first + 1)
        audio_reply(audio);
    else
        read_piece(audio);
}

static void read_piece(struct audio *audio)
{
    uint64_t left = audio->last - audio->first + 1 - audio->len;
    Farseat__V1__RecordingReadRequest request = FARSEAT__V1__RECORDING_READ_REQUEST__INIT;
    request.recording_id = audio->recording_id;
    request.part = audio->part;
    request.offset = audio->first + audio->len;
    request.length = left > PIECE_BYTES ? PIECE_BYTES : (uint32_t)left;
    const struct far_bus_question question = {.subject = audio->subject,
                                              .message = &request.base,
                                              .reply_type = &farseat__v1__recording_read_reply__descriptor,
                                              .timeout_ms = ANSWER_MS,
                                              .fn = piece_read,
                                              .ctx = audio};
    enum far_err err = far_bus_ask(audio->exchange->api->bus, &question, NULL);
    if (err != FAR_OK) audio_fail(audio, err, far_err_text(err));
}

/* Digits only: strtoull alone would take blanks and signs. */
static uint64_t digits(const char *text, char **ret_end)
{
    if (text[0] >= '0' && text[0] <= '9') return strtoull(text, ret_end, 10);
    *ret_end = (char *)(uintptr_t)text;
    return 0;
}

/* "bytes=first-last", "bytes=first-", "bytes=-suffix"; anything else is ignored (RFC 9110 14.2).
 * @return false: outside of the recording. */
static bool range_read(struct audio *audio, const char *text)
{
    audio->first = 0;
    audio->last = audio->total - 1;
    if (strncmp(text, "bytes=", 6) != 0 || strchr(text, ',')) return true;
    char *end = NULL;
    const char *from = text + 6;
    if (from[0] == '-') {
        uint64_t suffix = digits(from + 1, &end);
        if (end == from + 1 || *end) return true;
        if (suffix == 0) return false;
        audio->first = suffix < audio->total ? audio->total - suffix : 0;
    } else {
        uint64_t first = digits(from, &end);
        if (end == from || *end != '-') return true;
        const char *to = end + 1;
        uint64_t last = to[0] ? digits(to, &end) : audio->total - 1;
        if (to[0] && (end == to || *end || last < first)) return true;
        if (first >= audio->total) return false;
        audio->first = first;
        audio->last = last < audio->total ? last : audio->total - 1;
    }
    audio->is_range = true;
    if (audio->last - audio->first >= PIECE_BYTES) audio->last = audio->first + PIECE_BYTES - 1;
    return true;
}

static void not_satisfiable(struct audio *audio)
{
    char content_range[48];
    (void)snprintf(content_range, sizeof(content_range), "bytes */%" PRIu64, audio->total);
    const struct http_answer answer = {
        .status = 416,
        .body = "{\"code\":\"EINVAL\",\"text\":\"the range lies beyond the recording\"}",
        .body_len = strlen("{\"code\":\"EINVAL\",\"text\":\"the range lies beyond the recording\"}"),
        .headers = {{"content-range:", content_range}}};
    http_reply(audio->exchange->api->http, audio->exchange->id, &answer);
    audio_end(audio);
}

static void begin(struct audio *audio, const Farseat__V1__RecordingPart *part)
{
    struct exchange *exchange = audio->exchange;
    audio->total = part->audio_bytes;
    if (audio->total == 0) {
        audio_fail(audio, FAR_ENOTFOUND, "the recording has no sound (yet)");
        return;
    }
    if (far_subject_write(FAR_SUBJECT_API_RECORDING_READ, audio->subject, sizeof(audio->subject),
                          part->instance, NULL) != FAR_OK) {
        audio_fail(audio, FAR_EIO, "the recording's instance has no name");
        return;
    }
    if (!range_read(audio, exchange->range)) {
        not_satisfiable(audio);
        return;
    }
    uint64_t len = audio->last - audio->first + 1;
    if (len > exchange->api->audio_bytes_max) {
        audio_fail(audio, FAR_EFULL,
                   "too large to be sent at once: ask for ranges (Range: bytes=0-524287 ...)");
        return;
    }
    audio->bytes = malloc(len);
    if (!audio->bytes) {
        audio_fail(audio, FAR_ENOMEM, "out of memory: ask for ranges");
        return;
    }
    if (audio->first == 0)
        api_audit(exchange->api, &exchange->identity, exchange->client, "recording-played",
                  audio->recording_id, "ok");
    read_piece(audio);
}

static void listed(void *ctx, const struct far_bus_answer *answer)
{
    struct audio *audio = ctx;
    if (answer->err != FAR_OK) {
        audio_fail(audio, answer->err, answer->error_text);
        return;
    }
    const Farseat__V1__RecordingListReply *reply = (const Farseat__V1__RecordingListReply *)answer->message;
    for (size_t i = 0; i < reply->n_parts; i++) {
        if (reply->parts[i]->part != audio->part) continue;
        begin(audio, reply->parts[i]);
        return;
    }
    audio_fail(audio, FAR_ENOTFOUND, "no such recording, or no such part of it: see /api/v1/recordings");
}

void audio_get(struct exchange *exchange)
{
    if (exchange->api->audio_open >= OPEN_MAX) {
        exchange_fail(exchange, FAR_EAGAIN, "many recordings are being played: try again in a moment");
        return;
    }
    struct audio *audio = calloc(1, sizeof(*audio));
    if (!audio) {
        exchange_fail(exchange, FAR_ENOMEM, NULL);
        return;
    }
    audio->exchange = exchange;
    exchange->api->audio_open++;
    const char *part = exchange_param(exchange, "part");
    uint64_t number = 1;
    if ((part && far_str_u64(part, 100000, &number) != FAR_OK) ||
        !far_str_copy(audio->recording_id, sizeof(audio->recording_id),
                      exchange_param(exchange, "recordingId"))) {
        audio_fail(audio, FAR_EINVAL, "part is a number from 1 on, the recording's id a UUID");
        return;
    }
    audio->part = (uint32_t)number;
    Farseat__V1__RecordingListRequest request = FARSEAT__V1__RECORDING_LIST_REQUEST__INIT;
    request.recording_id = audio->recording_id;
    const struct far_method_row *row = &far_method_rows[FAR_METHOD_recording_List];
    const struct far_bus_question question = {.subject = row->subject,
                                              .message = &request.base,
                                              .reply_type = row->reply,
                                              .timeout_ms = ANSWER_MS,
                                              .fn = listed,
                                              .ctx = audio};
    enum far_err err = far_bus_ask(exchange->api->bus, &question, NULL);
    if (err != FAR_OK) audio_fail(audio, err, far_err_text(err));
}
