/* SPDX-License-Identifier: Apache-2.0 */
/* streams.c - brings the server's streams to what the tables say, one after the other. */
#include "bus/js.h"
#include "far/log.h"
#include "far/tables.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB                ((json_int_t)1 << 20)
#define SECOND_NS          ((json_int_t)1000000000)
#define HALVINGS_MAX       10u /* when the disk is small */
#define ATTEMPTS_MAX       8u  /* a row */
#define DUPLICATE_WINDOW_S 120

struct ensure {
    struct far_bus *bus;
    const struct far_stream_row *rows;
    size_t count, at;
    unsigned halvings, attempts;
    far_stream_done_fn *fn;
    void *ctx;
};

static void look(struct ensure *ensure);

static void finish(struct ensure *ensure, enum far_err err, const char *text)
{
    struct ensure over = *ensure;
    char where[256];
    free(ensure);
    if (err == FAR_OK)
        where[0] = 0;
    else
        (void)snprintf(where, sizeof(where), "stream %s: %s", over.rows[over.at].name, text);
    over.fn(over.ctx, err, where);
}

static json_t *wanted_of(const struct far_stream_row *row, unsigned halvings)
{
    json_int_t bytes = ((json_int_t)row->size_mib_max * MIB) >> halvings;
    json_t *wanted =
        json_pack("{s:s, s:[s], s:s, s:s, s:s, s:I, s:I, s:i, s:i, s:i, s:i, s:I, s:b}", "name", row->name,
                  "subjects", row->subjects, "retention", "limits", "storage", "file", "discard",
                  row->discard == FAR_DISCARD_NEW ? "new" : "old", "max_bytes", bytes, "max_age",
                  (json_int_t)row->age_h_max * 3600 * SECOND_NS, "max_msg_size", (int)row->msg_kib_max * 1024,
                  "max_msgs", -1, "max_consumers", -1, "max_msgs_per_subject", row->bucket ? 1 : -1,
                  "duplicate_window", (json_int_t)DUPLICATE_WINDOW_S * SECOND_NS, "allow_direct", 1);
    if (wanted && row->bucket) {
        (void)json_object_set_new(wanted, "allow_rollup_hdrs", json_true());
        (void)json_object_set_new(wanted, "deny_delete", json_true());
    }
    return wanted;
}

/* A size that was halved for want of room when the stream was made stays as it is. */
static bool size_fits(const struct far_stream_row *row, json_int_t bytes)
{
    for (unsigned halvings = 0; halvings <= HALVINGS_MAX; halvings++)
        if (bytes == ((json_int_t)row->size_mib_max * MIB) >> halvings) return true;
    return false;
}

/* The present configuration with what differs changed; NULL: nothing differs. */
static json_t *changed_of(const struct far_stream_row *row, const json_t *present)
{
    const char *key = NULL;
    json_t *value = NULL;
    json_t *wanted = wanted_of(row, 0);
    json_t *changed = json_deep_copy(present);
    bool differs = false;
    json_object_foreach(wanted, key, value)
    {
        json_t *now = json_object_get(present, key);
        if (now && json_equal(now, value)) continue;
        if (strcmp(key, "max_bytes") == 0 && size_fits(row, json_integer_value(now))) continue;
        (void)json_object_set(changed, key, value);
        differs = true;
    }
    json_decref(wanted);
    if (differs) return changed;
    json_decref(changed);
    return NULL;
}

static void next_row(struct ensure *ensure)
{
    ensure->at++;
    ensure->halvings = ensure->attempts = 0;
    if (ensure->at == ensure->count)
        finish(ensure, FAR_OK, "");
    else
        look(ensure);
}

static void on_made(void *ctx, enum far_err err, unsigned code, const char *text, const json_t *reply)
{
    struct ensure *ensure = ctx;
    const struct far_stream_row *row = &ensure->rows[ensure->at];
    (void)reply;
    if (err == FAR_OK) {
        FAR_INFO("stream-made", "stream=%s size_mib=%u", row->name, row->size_mib_max >> ensure->halvings);
        next_row(ensure);
    } else if (code == JS_INSUFFICIENT_STORAGE && ensure->halvings < HALVINGS_MAX &&
               row->size_mib_max >> (ensure->halvings + 1) > 0) {
        ensure->halvings++;
        FAR_WARN("stream-shrunk", "stream=%s size_mib=%u remedy=%s", row->name,
                 row->size_mib_max >> ensure->halvings, "give nats-server more disk");
        look(ensure);
    } else if (err == FAR_EEXIST && ensure->attempts < ATTEMPTS_MAX) {
        look(ensure); /* another process was faster */
    } else {
        finish(ensure, err, text);
    }
}

static void ask(struct ensure *ensure, const char *verb, const json_t *body, js_fn *fn)
{
    enum far_err err = js_ask(ensure->bus, &(struct js_question){.verb = verb,
                                                                 .stream = ensure->rows[ensure->at].name,
                                                                 .body = body,
                                                                 .fn = fn,
                                                                 .drop_fn = free,
                                                                 .ctx = ensure});
    if (err != FAR_OK) finish(ensure, err, far_err_text(err));
}

static void on_looked(void *ctx, enum far_err err, unsigned code, const char *text, const json_t *reply)
{
    struct ensure *ensure = ctx;
    const struct far_stream_row *row = &ensure->rows[ensure->at];
    json_t *config = NULL;
    (void)code;
    if (err == FAR_ENOTFOUND) {
        config = wanted_of(row, ensure->halvings);
        ask(ensure, "STREAM.CREATE", config, on_made);
    } else if (err != FAR_OK) {
        finish(ensure, err, text);
    } else if ((config = changed_of(row, json_object_get(reply, "config")))) {
        ask(ensure, "STREAM.UPDATE", config, on_made);
    } else {
        next_row(ensure);
    }
    json_decref(config);
}

static void look(struct ensure *ensure)
{
    ensure->attempts++;
    ask(ensure, "STREAM.INFO", NULL, on_looked);
}

enum far_err far_streams_ensure(struct far_bus *bus, const struct far_stream_row *rows, size_t rows_count,
                                far_stream_done_fn *fn, void *ctx)
{
    if (rows_count == 0) return FAR_EINVAL;
    struct ensure *ensure = malloc(sizeof(*ensure));
    if (!ensure) return FAR_ENOMEM;
    *ensure =
        (struct ensure){.bus = bus, .rows = rows, .count = rows_count, .attempts = 1, .fn = fn, .ctx = ctx};
    enum far_err err = js_ask(
        bus,
        &(struct js_question){
            .verb = "STREAM.INFO", .stream = rows[0].name, .fn = on_looked, .drop_fn = free, .ctx = ensure});
    if (err != FAR_OK) free(ensure);
    return err;
}
