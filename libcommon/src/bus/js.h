/* SPDX-License-Identifier: Apache-2.0 */
/* js.h - private to bus/: JetStream's API is questions and answers in JSON (ADR-1, ADR-31). Loop thread only.
 */
#pragma once
#include "bus/private.h"
#include "far/stream.h"
#include <jansson.h>

#define JS_TIMEOUT_MS   2000
#define JS_NAME_LEN_MAX 64
#define JS_SUBJECT_SIZE 256

/** Codes of the server's errors.json that we tell apart. */
enum js_code { JS_STREAM_IN_USE = 10058, JS_INSUFFICIENT_STORAGE = 10047 };

/** The end: reply is NULL unless FAR_OK; text is never NULL. */
typedef void js_fn(void *ctx, enum far_err err, unsigned code, const char *text, const json_t *reply);
/** Ask $JS.API.<verb>.<stream>[.<rest>]; body may be NULL and stays the caller's. drop_fn may be NULL. */
struct js_question {
    const char *verb; /* "STREAM.INFO" */
    const char *stream;
    const char *rest; /* or NULL */
    const json_t *body;
    js_fn *fn;
    bus_drop_fn *drop_fn;
    void *ctx;
};
FAR_MUST_CHECK enum far_err js_ask(struct far_bus *bus, const struct js_question *question);
/** What an answer says: the error in it, if any, as ours. *ret_code: the server's own, or 0. */
enum far_err js_error(const json_t *reply, unsigned *ret_code, const char **ret_text);
/** Whether text can be a stream's or consumer's name. */
bool js_name_ok(const char *text);
/** An RFC 3339 time with up to 9 digits of fraction; 0 when it is none. */
int64_t js_time_ns(const char *text);
void js_info_of(const json_t *reply, struct far_stream_info *ret_info);
/** What a delivered message's reply subject tells (ADR-15): $JS.ACK.<stream>.<consumer>.<deliveries>.<stream
 * seq>. <consumer seq>.<stamp>.<pending>, or with domain and account before the stream and a token at the
 * end. */
struct js_delivery {
    char consumer[JS_NAME_LEN_MAX + 1];
    uint64_t stream_seq, consumer_seq, pending;
    int64_t stamp_ns;
};
FAR_MUST_CHECK enum far_err js_delivery_of(const char *reply, struct js_delivery *ret_delivery);

/** far_stream_get() and far_kv_...() with a drop_fn. */
FAR_MUST_CHECK enum far_err js_get(struct far_bus *bus, const char *stream, uint64_t seq,
                                   const char *last_of_subject, far_stream_entry_fn *fn, bus_drop_fn *drop_fn,
                                   void *ctx);
