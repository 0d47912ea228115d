/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/js.h"
#include "far/clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIME_US_MAX (INT64_MAX / 1000 - 1)

struct js_call {
    js_fn *fn;
    bus_drop_fn *drop_fn;
    void *ctx;
};

/* ---- Reading what the server says ---------------------------------------------------------------------- */

bool js_name_ok(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len <= JS_NAME_LEN_MAX && strcspn(text, " \t\r\n.*>/\\") == len;
}

int64_t js_time_ns(const char *text)
{
    int64_t us = 0;
    if (!text || far_time_parse(text, &us) != FAR_OK) return 0;
    if (us > TIME_US_MAX || us < -TIME_US_MAX) return 0; /* beyond the years 1678..2261 of 64 bits */
    int64_t ns = us * 1000;
    const char *at = strchr(text, '.');
    for (int digit = 1; at && at[digit] >= '0' && at[digit] <= '9' && digit <= 9; digit++)
        if (digit > 6) ns += (int64_t)(at[digit] - '0') * (digit == 7 ? 100 : digit == 8 ? 10 : 1);
    return ns;
}

static uint64_t u64_of(const json_t *object, const char *key)
{
    json_int_t value = json_integer_value(json_object_get(object, key));
    return value > 0 ? (uint64_t)value : 0;
}

void js_info_of(const json_t *reply, struct far_stream_info *ret_info)
{
    const json_t *state = json_object_get(reply, "state");
    *ret_info = (struct far_stream_info){
        .first_seq = u64_of(state, "first_seq"),
        .last_seq = u64_of(state, "last_seq"),
        .msgs = u64_of(state, "messages"),
        .bytes = u64_of(state, "bytes"),
        .created_ns = js_time_ns(json_string_value(json_object_get(reply, "created"))),
    };
}

static enum far_err err_of(unsigned code, unsigned http, const char *text)
{
    switch (code) { /* nats-server's server/errors.json */
    case 10071:     /* wrong last sequence */
    case 10070:     /* wrong last message id */
        return FAR_ECONFLICT;
    case JS_STREAM_IN_USE:
        return FAR_EEXIST;
    case JS_INSUFFICIENT_STORAGE:
    case 10023: /* insufficient resources */
    case 10028: /* storage resources exceeded */
        return FAR_EFULL;
    case 10077: /* store failed: the limits of the stream, or the disk */
        return strstr(text, "maximum") || strstr(text, "no space") ? FAR_EFULL : FAR_EIO;
    default:
        break;
    }
    if (http == 404) return FAR_ENOTFOUND;
    if (http == 400) return FAR_EINVAL;
    return http == 503 ? FAR_EUNAVAILABLE : FAR_EIO;
}

enum far_err js_error(const json_t *reply, unsigned *ret_code, const char **ret_text)
{
    const json_t *error = json_object_get(reply, "error");
    *ret_code = 0;
    *ret_text = "";
    if (!json_is_object(reply)) {
        *ret_text = "the answer is not a JSON object";
        return FAR_EPROTO;
    }
    if (!error) return FAR_OK;
    const char *text = json_string_value(json_object_get(error, "description"));
    *ret_text = text ? text : "";
    *ret_code = (unsigned)u64_of(error, "err_code");
    return err_of(*ret_code, (unsigned)u64_of(error, "code"), *ret_text);
}

enum far_err js_delivery_of(const char *reply, struct js_delivery *ret_delivery)
{
    const char *tokens[16];
    size_t count = 0;
    if (!reply || strncmp(reply, "$JS.ACK.", 8) != 0) return FAR_EPROTO;
    for (const char *at = reply; at && count < 16; at = strchr(at, '.')) {
        if (*at == '.') at++;
        tokens[count++] = at;
    }
    size_t first = count == 9 ? 4 : count >= 11 ? 6 : 0;
    uint64_t values[5];
    if (first == 0) return FAR_EPROTO;
    for (size_t i = 0; i < 5; i++) {
        char *end = NULL;
        values[i] = strtoull(tokens[first + i], &end, 10);
        if (end == tokens[first + i] || (*end != '.' && *end != 0)) return FAR_EPROTO;
    }
    size_t consumer_len = strcspn(tokens[first - 1], ".");
    if (consumer_len > JS_NAME_LEN_MAX) return FAR_EPROTO;
    *ret_delivery = (struct js_delivery){.stream_seq = values[1],
                                         .consumer_seq = values[2],
                                         .stamp_ns = (int64_t)values[3],
                                         .pending = values[4]};
    memcpy(ret_delivery->consumer, tokens[first - 1], consumer_len);
    return FAR_OK;
}

/* ---- Asking -------------------------------------------------------------------------------------------- */

static void on_answer(void *ctx, const struct far_bus_answer *answer)
{
    struct js_call call = *(struct js_call *)ctx;
    free(ctx);
    if (answer->err != FAR_OK) {
        call.fn(call.ctx, answer->err, 0, answer->error_text, NULL);
        return;
    }
    unsigned code = 0;
    const char *text = "";
    json_t *reply = json_loadb((const char *)answer->msg->data, answer->msg->data_len, 0, NULL);
    enum far_err err = js_error(reply, &code, &text);
    call.fn(call.ctx, err, code, text, err == FAR_OK ? reply : NULL);
    json_decref(reply);
}

static void on_drop(void *ctx)
{
    struct js_call call = *(struct js_call *)ctx;
    free(ctx);
    if (call.drop_fn) call.drop_fn(call.ctx);
}

enum far_err js_ask(struct far_bus *bus, const struct js_question *question)
{
    char subject[JS_SUBJECT_SIZE];
    if (!js_name_ok(question->stream)) return FAR_EINVAL;
    int len = snprintf(subject, sizeof(subject), "$JS.API.%s.%s%s%s", question->verb, question->stream,
                       question->rest ? "." : "", question->rest ? question->rest : "");
    if (len < 0 || (size_t)len >= sizeof(subject)) return FAR_EINVAL;
    char *body = question->body ? json_dumps(question->body, JSON_COMPACT) : NULL;
    struct js_call *call = malloc(sizeof(*call));
    enum far_err err = call && (body || !question->body) ? FAR_OK : FAR_ENOMEM;
    if (err == FAR_OK) {
        *call = (struct js_call){.fn = question->fn, .drop_fn = question->drop_fn, .ctx = question->ctx};
        err = bus_ask(bus,
                      &(struct bus_question){.out = {.subject = subject,
                                                     .data = body,
                                                     .data_len = body ? strlen(body) : 0,
                                                     .no_trace = true,
                                                     .wildcards = true},
                                             .timeout_ms = JS_TIMEOUT_MS,
                                             .fn = on_answer,
                                             .drop_fn = on_drop,
                                             .ctx = call},
                      NULL);
    }
    free(body);
    if (err != FAR_OK) free(call);
    return err;
}

/* ---- Looking at a stream ------------------------------------------------------------------------------- */

struct info_call {
    far_stream_info_fn *fn;
    void *ctx;
};

static void on_info(void *ctx, enum far_err err, unsigned code, const char *text, const json_t *reply)
{
    struct info_call call = *(struct info_call *)ctx;
    struct far_stream_info info;
    (void)code;
    (void)text;
    free(ctx);
    if (err == FAR_OK) js_info_of(reply, &info);
    call.fn(call.ctx, err, err == FAR_OK ? &info : NULL);
}

enum far_err far_stream_get_info(struct far_bus *bus, const char *stream, far_stream_info_fn *fn, void *ctx)
{
    struct info_call *call = malloc(sizeof(*call));
    if (!call) return FAR_ENOMEM;
    *call = (struct info_call){.fn = fn, .ctx = ctx};
    enum far_err err = js_ask(
        bus, &(struct js_question){
                 .verb = "STREAM.INFO", .stream = stream, .fn = on_info, .drop_fn = free, .ctx = call});
    if (err != FAR_OK) free(call);
    return err;
}

struct get_call {
    far_stream_entry_fn *fn;
    bus_drop_fn *drop_fn;
    void *ctx;
};

static void on_get(void *ctx, const struct far_bus_answer *answer)
{
    struct get_call call = *(struct get_call *)ctx;
    const struct far_bus_msg *msg = answer->msg;
    enum far_err err = answer->err;
    struct far_stream_entry entry;
    free(ctx);
    if (err == FAR_OK && bus_status(msg) != 0) err = bus_status(msg) == 404 ? FAR_ENOTFOUND : FAR_EIO;
    if (err == FAR_OK) { /* ADR-31: the message itself, its place in headers */
        const char *seq = far_bus_header(msg, "Nats-Sequence");
        const char *subject = far_bus_header(msg, "Nats-Subject");
        entry = (struct far_stream_entry){
            .seq = seq ? strtoull(seq, NULL, 10) : 0,
            .stamp_ns = js_time_ns(far_bus_header(msg, "Nats-Time-Stamp")),
            .subject = subject,
            .data = msg->data,
            .data_len = msg->data_len,
            .msg = msg,
        };
        if (!subject || entry.seq == 0) err = FAR_EPROTO;
    }
    call.fn(call.ctx, err, err == FAR_OK ? &entry : NULL);
}

static void on_get_drop(void *ctx)
{
    struct get_call call = *(struct get_call *)ctx;
    free(ctx);
    if (call.drop_fn) call.drop_fn(call.ctx);
}

enum far_err js_get(struct far_bus *bus, const char *stream, uint64_t seq, const char *last_of_subject,
                    far_stream_entry_fn *fn, bus_drop_fn *drop_fn, void *ctx)
{
    char subject[JS_SUBJECT_SIZE];
    char body[FAR_BUS_SUBJECT_LEN_MAX + 64];
    if (!js_name_ok(stream) || (seq == 0) != (last_of_subject != NULL)) return FAR_EINVAL;
    if (last_of_subject && (!bus_subject_ok(last_of_subject, false) || strpbrk(last_of_subject, "\"\\")))
        return FAR_EINVAL;
    (void)snprintf(subject, sizeof(subject), "$JS.API.DIRECT.GET.%s", stream);
    if (last_of_subject)
        (void)snprintf(body, sizeof(body), "{\"last_by_subj\":\"%s\"}", last_of_subject);
    else
        (void)snprintf(body, sizeof(body), "{\"seq\":%llu}", (unsigned long long)seq);
    struct get_call *call = malloc(sizeof(*call));
    if (!call) return FAR_ENOMEM;
    *call = (struct get_call){.fn = fn, .drop_fn = drop_fn, .ctx = ctx};
    enum far_err err =
        bus_ask(bus,
                &(struct bus_question){
                    .out = {.subject = subject, .data = body, .data_len = strlen(body), .no_trace = true},
                    .timeout_ms = JS_TIMEOUT_MS,
                    .fn = on_get,
                    .drop_fn = on_get_drop,
                    .ctx = call},
                NULL);
    if (err != FAR_OK) free(call);
    return err;
}

enum far_err far_stream_get(struct far_bus *bus, const char *stream, uint64_t seq,
                            const char *last_of_subject, far_stream_entry_fn *fn, void *ctx)
{
    return js_get(bus, stream, seq, last_of_subject, fn, NULL, ctx);
}

struct done_call {
    far_stream_done_fn *fn;
    void *ctx;
};

static void on_purged(void *ctx, enum far_err err, unsigned code, const char *text, const json_t *reply)
{
    struct done_call call = *(struct done_call *)ctx;
    (void)code;
    (void)reply;
    free(ctx);
    call.fn(call.ctx, err, text);
}

enum far_err far_stream_purge(struct far_bus *bus, const char *stream, const char *subject,
                              uint64_t keep_from_seq, far_stream_done_fn *fn, void *ctx)
{
    json_t *body = json_object();
    struct done_call *call = malloc(sizeof(*call));
    if (!body || !call) {
        json_decref(body);
        free(call);
        return FAR_ENOMEM;
    }
    if (subject) (void)json_object_set_new(body, "filter", json_string(subject));
    if (keep_from_seq > 0) (void)json_object_set_new(body, "seq", json_integer((json_int_t)keep_from_seq));
    *call = (struct done_call){.fn = fn, .ctx = ctx};
    enum far_err err = js_ask(bus, &(struct js_question){.verb = "STREAM.PURGE",
                                                         .stream = stream,
                                                         .body = body,
                                                         .fn = on_purged,
                                                         .drop_fn = free,
                                                         .ctx = call});
    json_decref(body);
    if (err != FAR_OK) free(call);
    return err;
}
