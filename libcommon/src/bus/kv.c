/* SPDX-License-Identifier: Apache-2.0 */
/* kv.c - key-value buckets as JetStream streams (ADR-8). */
#include "bus/kv.h"
#include "bus/append.h"
#include "bus/js.h"
#include "far/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_LEN_MAX      200u
#define WRITE_TIMEOUT_MS 2000
#define OPERATION        "KV-Operation" /* DEL and PURGE are tombstones */

struct write_call {
    struct far_bus *bus;
    far_kv_write_fn *fn;
    bus_drop_fn *drop_fn;
    void *ctx;
    enum far_kv_mode mode;
    uint32_t timeout_ms;
    char stream[JS_NAME_LEN_MAX + 1];
    char subject[JS_SUBJECT_SIZE];
    size_t data_len;
    uint8_t data[];
};

static bool key_ok(const char *key, bool wildcards)
{
    size_t len = strlen(key);
    const char *allowed = wildcards ? "_=/.-*>" : "_=/.-";
    if (len == 0 || len > KEY_LEN_MAX || key[0] == '.' || key[len - 1] == '.' || strstr(key, ".."))
        return false;
    for (const char *at = key; *at; at++) {
        bool plain = (*at >= '0' && *at <= '9') || (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        if (!plain && !strchr(allowed, *at)) return false;
    }
    return true;
}

static bool names_of(const char *bucket, const char *key, bool wildcards, char stream[JS_NAME_LEN_MAX + 1],
                     char subject[JS_SUBJECT_SIZE])
{
    if (!js_name_ok(bucket) || strlen(bucket) > JS_NAME_LEN_MAX - 3 || !key_ok(key, wildcards)) return false;
    (void)snprintf(stream, JS_NAME_LEN_MAX + 1, "KV_%s", bucket);
    int len = snprintf(subject, JS_SUBJECT_SIZE, "$KV.%s.%s", bucket, key);
    return len > 0 && len < JS_SUBJECT_SIZE;
}

static bool is_tombstone(const struct far_bus_msg *msg)
{
    const char *operation = far_bus_header(msg, OPERATION);
    return operation && (strcmp(operation, "DEL") == 0 || strcmp(operation, "PURGE") == 0);
}

/* ---- Writing ------------------------------------------------------------------------------------------- */

static void end_write(struct write_call *call, enum far_err err, uint64_t revision)
{
    far_kv_write_fn *fn = call->fn;
    void *ctx = call->ctx;
    free(call);
    if (fn) fn(ctx, err, revision);
}

static void drop_write(void *ctx)
{
    struct write_call call = *(struct write_call *)ctx;
    free(ctx);
    if (call.drop_fn) call.drop_fn(call.ctx);
}

static void on_written(void *ctx, enum far_err err, uint64_t seq, bool duplicate);

static enum far_err send_write(struct write_call *call, uint64_t last_seq)
{
    const struct far_bus_header tombstone = {OPERATION, "DEL"};
    struct far_append append = {.subject = call->subject,
                                .data = call->data,
                                .data_len = call->data_len,
                                .last_subject_seq = last_seq,
                                .timeout_ms = call->timeout_ms,
                                .fn = on_written,
                                .ctx = call};
    return append_with(call->bus, &append, call->mode == FAR_KV_DELETE ? &tombstone : NULL, drop_write);
}

/* CREATE met something: a tombstone may be overwritten. */
static void on_looked(void *ctx, enum far_err err, const struct far_stream_entry *entry)
{
    struct write_call *call = ctx;
    if (err == FAR_OK && !is_tombstone(entry->msg)) err = FAR_ECONFLICT;
    if (err == FAR_ENOTFOUND) err = FAR_ECONFLICT; /* made and purged meanwhile: let the caller try again */
    if (err == FAR_OK) {
        call->mode = FAR_KV_UPDATE;
        err = send_write(call, entry->seq);
        if (err == FAR_OK) return;
    }
    end_write(call, err, 0);
}

static void on_written(void *ctx, enum far_err err, uint64_t seq, bool duplicate)
{
    struct write_call *call = ctx;
    (void)duplicate;
    if (err == FAR_ECONFLICT && call->mode == FAR_KV_CREATE) {
        err = js_get(call->bus, call->stream, 0, call->subject, on_looked, drop_write, call);
        if (err == FAR_OK) return;
    }
    end_write(call, err, seq);
}

enum far_err kv_write(struct far_bus *bus, const struct far_kv_write *write, bus_drop_fn *drop_fn)
{
    size_t data_len = write->mode == FAR_KV_DELETE ? 0 : write->data_len;
    if (data_len > FAR_BUS_PAYLOAD_LEN_MAX) return FAR_EINVAL;
    struct write_call *call = malloc(sizeof(*call) + data_len);
    if (!call) return FAR_ENOMEM;
    *call = (struct write_call){.bus = bus,
                                .fn = write->fn,
                                .drop_fn = drop_fn,
                                .ctx = write->ctx,
                                .mode = write->mode,
                                .timeout_ms = write->timeout_ms ? write->timeout_ms : WRITE_TIMEOUT_MS,
                                .data_len = data_len};
    if (data_len > 0) memcpy(call->data, write->data, data_len);
    uint64_t last_seq = write->mode == FAR_KV_CREATE ? 0 : write->revision;
    if (write->mode == FAR_KV_PUT || (write->mode == FAR_KV_DELETE && write->revision == 0))
        last_seq = FAR_SEQ_ANY;
    enum far_err err =
        names_of(write->bucket, write->key, false, call->stream, call->subject) ? FAR_OK : FAR_EINVAL;
    if (err == FAR_OK) err = send_write(call, last_seq);
    if (err != FAR_OK) free(call);
    return err;
}

enum far_err far_kv_write(struct far_bus *bus, const struct far_kv_write *write)
{
    return kv_write(bus, write, NULL);
}

/* ---- Reading ------------------------------------------------------------------------------------------- */

struct get_call {
    far_kv_get_fn *fn;
    bus_drop_fn *drop_fn;
    void *ctx;
};

/* "$KV.<bucket>.<key>" */
static bool entry_of(const struct far_stream_entry *from, char bucket[JS_NAME_LEN_MAX + 1],
                     struct far_kv_entry *ret_entry)
{
    const char *name = from->subject + 4;
    const char *dot = strncmp(from->subject, "$KV.", 4) == 0 ? strchr(name, '.') : NULL;
    if (!dot || dot - name > JS_NAME_LEN_MAX) return false;
    (void)snprintf(bucket, JS_NAME_LEN_MAX + 1, "%.*s", (int)(dot - name), name);
    *ret_entry = (struct far_kv_entry){.bucket = bucket,
                                       .key = dot + 1,
                                       .data = from->data,
                                       .data_len = from->data_len,
                                       .revision = from->seq,
                                       .stamp_ns = from->stamp_ns,
                                       .deleted = is_tombstone(from->msg)};
    return true;
}

static void on_got(void *ctx, enum far_err err, const struct far_stream_entry *from)
{
    struct get_call call = *(struct get_call *)ctx;
    char bucket[JS_NAME_LEN_MAX + 1];
    struct far_kv_entry entry;
    free(ctx);
    if (err == FAR_OK && !entry_of(from, bucket, &entry)) err = FAR_EPROTO;
    if (err == FAR_OK && entry.deleted) err = FAR_ENOTFOUND;
    call.fn(call.ctx, err, err == FAR_OK ? &entry : NULL);
}

static void drop_get(void *ctx)
{
    struct get_call call = *(struct get_call *)ctx;
    free(ctx);
    if (call.drop_fn) call.drop_fn(call.ctx);
}

enum far_err kv_get(struct far_bus *bus, const char *bucket, const char *key, far_kv_get_fn *fn,
                    bus_drop_fn *drop_fn, void *ctx)
{
    char stream[JS_NAME_LEN_MAX + 1];
    char subject[JS_SUBJECT_SIZE];
    if (!names_of(bucket, key, false, stream, subject)) return FAR_EINVAL;
    struct get_call *call = malloc(sizeof(*call));
    if (!call) return FAR_ENOMEM;
    *call = (struct get_call){.fn = fn, .drop_fn = drop_fn, .ctx = ctx};
    enum far_err err = js_get(bus, stream, 0, subject, on_got, drop_get, call);
    if (err != FAR_OK) free(call);
    return err;
}

enum far_err far_kv_get(struct far_bus *bus, const char *bucket, const char *key, far_kv_get_fn *fn,
                        void *ctx)
{
    return kv_get(bus, bucket, key, fn, NULL, ctx);
}

/* ---- Watching ------------------------------------------------------------------------------------------ */

struct far_kv_watch {
    struct far_bus *bus;
    far_kv_watch_fn *fn;
    void *ctx;
    char stream[JS_NAME_LEN_MAX + 1];
    char subject[JS_SUBJECT_SIZE];
    struct far_log_reader *reader;
    bool current; /* said since the start or the last RESET */
};

static enum far_err read_bucket(struct far_kv_watch *watch);

static void on_entry(void *ctx, const struct far_stream_entry *from)
{
    struct far_kv_watch *watch = ctx;
    char bucket[JS_NAME_LEN_MAX + 1];
    struct far_kv_entry entry;
    if (entry_of(from, bucket, &entry)) watch->fn(watch->ctx, FAR_KV_VALUE, &entry);
}

static void on_event(void *ctx, enum far_log_event event, uint64_t seq)
{
    struct far_kv_watch *watch = ctx;
    (void)seq;
    if (event == FAR_LOG_CAUGHT_UP && !watch->current) {
        watch->current = true;
        watch->fn(watch->ctx, FAR_KV_CURRENT, NULL);
    } else if (event == FAR_LOG_AHEAD) {
        far_log_reader_destroy(watch->reader);
        watch->current = false;
        if (read_bucket(watch) != FAR_OK) FAR_ERROR("kv-watch-lost", "stream=%s", watch->stream);
        watch->fn(watch->ctx, FAR_KV_RESET, NULL);
    } /* a GAP is normal here: old values make room for new ones */
}

static enum far_err read_bucket(struct far_kv_watch *watch)
{
    watch->reader = NULL;
    return far_log_reader_create(watch->bus,
                                 &(struct far_log_reader_config){.stream = watch->stream,
                                                                 .filter = watch->subject,
                                                                 .start = FAR_LOG_LAST_PER_SUBJECT,
                                                                 .entry_fn = on_entry,
                                                                 .event_fn = on_event,
                                                                 .ctx = watch},
                                 &watch->reader);
}

enum far_err far_kv_watch(struct far_bus *bus, const char *bucket, const char *keys, far_kv_watch_fn *fn,
                          void *ctx, struct far_kv_watch **ret_watch)
{
    struct far_kv_watch *watch = calloc(1, sizeof(*watch));
    if (!watch) return FAR_ENOMEM;
    *watch = (struct far_kv_watch){.bus = bus, .fn = fn, .ctx = ctx};
    enum far_err err = names_of(bucket, keys, true, watch->stream, watch->subject) ? FAR_OK : FAR_EINVAL;
    if (err == FAR_OK) err = read_bucket(watch);
    if (err != FAR_OK) {
        free(watch);
        return err;
    }
    *ret_watch = watch;
    return FAR_OK;
}

struct far_kv_watch *far_kv_unwatch(struct far_kv_watch *watch)
{
    if (!watch) return NULL;
    far_log_reader_destroy(watch->reader);
    free(watch);
    return NULL;
}
