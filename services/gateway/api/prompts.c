/* SPDX-License-Identifier: Apache-2.0 */
#include "prompts.h"
#include "centre.h"
#include "config.h"
#include "far/kv.h"
#include "far/log.h"
#include "far/loop.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "prompt_speech.h"
#include "prompts_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCAN_MS 60000

const struct far_config_row prompts_config_rows[] = {
    {.path = "prompts.built_in_dir",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct prompts_config, built_in_dir),
     .default_text = "",
     .help = "Folder of the built-in prompts, as the edges have it (their media.prompt_dir); empty: none"},
    {.path = "prompts.synthesiser",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct prompts_config, synthesiser),
     .default_text = "espeak-ng",
     .help = "Program that speaks prompts, called as espeak-ng is"},
};
const size_t prompts_config_rows_len = FAR_ARRAY_LEN(prompts_config_rows);

/* ---- what there is -------------------------------------------------------------------------------- */

/* @return the place of the name, or where it would be. */
static size_t place_of(const struct prompts *prompts, const char *name, bool *ret_found)
{
    size_t low = 0, high = prompts->len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(prompts->rows[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = low < prompts->len && strcmp(prompts->rows[low]->name, name) == 0;
    return low;
}

static bool in_bucket(const struct prompts *prompts, const char *name)
{
    bool found;
    (void)place_of(prompts, name, &found);
    return found;
}

static const struct builtin *builtin_of(const struct prompts *prompts, const char *name)
{
    for (size_t i = 0; i < prompts->builtins.len; i++)
        if (strcmp(prompts->builtins.rows[i].name, name) == 0) return &prompts->builtins.rows[i];
    return NULL;
}

bool prompts_has(const struct prompts *prompts, const char *name)
{
    if (!prompts || !prompts->known || strcmp(name, "music") == 0) return true;
    return in_bucket(prompts, name) || builtin_of(prompts, name);
}

static void row_remove(struct prompts *prompts, const char *name)
{
    bool found;
    size_t place = place_of(prompts, name, &found);
    if (!found) return;
    farseat__v1__prompt__free_unpacked(prompts->rows[place], NULL);
    prompts->len--;
    memmove(&prompts->rows[place], &prompts->rows[place + 1],
            (prompts->len - place) * sizeof(prompts->rows[0]));
}

static void row_put(struct prompts *prompts, const struct far_kv_entry *entry)
{
    Farseat__V1__Prompt *prompt = farseat__v1__prompt__unpack(NULL, entry->data_len, entry->data);
    if (!prompt || strcmp(prompt->name, entry->key) != 0 || !prompt_name_ok(prompt->name)) {
        FAR_WARN("prompt-not-understood", "key=%s", entry->key);
        if (prompt) farseat__v1__prompt__free_unpacked(prompt, NULL);
        return;
    }
    if (prompt->wav.len > 0) free(prompt->wav.data);
    prompt->wav = (ProtobufCBinaryData){0};
    row_remove(prompts, prompt->name);
    bool found;
    size_t place = place_of(prompts, prompt->name, &found);
    if (prompts->len == PROMPTS_MAX) {
        FAR_WARN("prompt-not-listed", "name=%s limit=%d", prompt->name, PROMPTS_MAX);
        farseat__v1__prompt__free_unpacked(prompt, NULL);
        return;
    }
    memmove(&prompts->rows[place + 1], &prompts->rows[place],
            (prompts->len - place) * sizeof(prompts->rows[0]));
    prompts->rows[place] = prompt;
    prompts->len++;
}

static void rows_clear(struct prompts *prompts)
{
    while (prompts->len > 0)
        farseat__v1__prompt__free_unpacked(prompts->rows[--prompts->len], NULL);
}

static void bucket_event(void *ctx, enum far_kv_event event, const struct far_kv_entry *entry)
{
    struct prompts *prompts = ctx;
    if (event == FAR_KV_RESET)
        rows_clear(prompts);
    else if (event == FAR_KV_CURRENT)
        prompts->known = true;
    else if (entry->deleted)
        row_remove(prompts, entry->key);
    else
        row_put(prompts, entry);
}

static void scan_work(void *arg)
{
    struct prompts *prompts = arg;
    builtins_scan(prompts->config->built_in_dir, &prompts->scanned);
}

static void scan_done(void *arg)
{
    struct prompts *prompts = arg;
    prompts->scanning = false;
    if (prompts->gone)
        free(prompts);
    else
        prompts->builtins = prompts->scanned;
}

static void scan_begin(void *arg, uint64_t timer)
{
    struct prompts *prompts = arg;
    (void)timer;
    if (!prompts->scanning)
        prompts->scanning =
            far_loop_work(far_bus_loop(prompts->api->bus), scan_work, scan_done, prompts) == FAR_OK;
}

/* ---- for all routes ------------------------------------------------------------------------------- */

struct prompts *prompts_of(struct exchange *exchange)
{
    struct prompts *prompts = exchange->api->prompts;
    if (prompts && prompts->known) return prompts;
    exchange_fail(exchange, FAR_EUNAVAILABLE, "the bus has not told the prompts yet: try again in a moment");
    return NULL;
}

const char *prompts_name(struct exchange *exchange)
{
    const char *name = exchange_param(exchange, "name");
    if (name && prompt_name_ok(name)) return name;
    exchange_fail(exchange, FAR_EINVAL, "a prompt's name: a-z, 0-9, - and _, in parts that / separates");
    return NULL;
}

void prompts_audit(const struct exchange *exchange, const char *action, const char *outcome)
{
    const char *name = exchange_param(exchange, "name");
    api_audit(exchange->api, &exchange->identity, exchange->client, action, name ? name : "", outcome);
}

/* ---- GET /prompts --------------------------------------------------------------------------------- */

static void builtin_fill(const struct builtin *builtin, Farseat__V1__Prompt *prompt)
{
    static char source[] = "built-in";
    farseat__v1__prompt__init(prompt);
    prompt->name = (char *)(uintptr_t)builtin->name;
    prompt->text = (char *)(uintptr_t)builtin->text;
    prompt->language = (char *)(uintptr_t)builtin->language;
    prompt->duration_ms = builtin->duration_ms;
    prompt->source = source;
}

static int by_name(const void *a, const void *b)
{
    const Farseat__V1__Prompt *const *one = a, *const *other = b;
    return strcmp((*one)->name, (*other)->name);
}

void prompts_list(struct exchange *exchange)
{
    struct prompts *prompts = prompts_of(exchange);
    if (!prompts) return;
    Farseat__V1__PromptListReply reply = FARSEAT__V1__PROMPT_LIST_REPLY__INIT;
    Farseat__V1__Prompt *made = malloc((prompts->builtins.len + 1) * sizeof(*made));
    reply.prompts = malloc((prompts->len + prompts->builtins.len + 1) * sizeof(reply.prompts[0]));
    if (made && reply.prompts) {
        for (size_t i = 0; i < prompts->len; i++)
            reply.prompts[reply.n_prompts++] = prompts->rows[i];
        for (size_t i = 0; i < prompts->builtins.len; i++) {
            builtin_fill(&prompts->builtins.rows[i], &made[i]);
            if (!in_bucket(prompts, made[i].name)) reply.prompts[reply.n_prompts++] = &made[i];
        }
        qsort(reply.prompts, reply.n_prompts, sizeof(reply.prompts[0]), by_name);
        exchange_reply(exchange, &reply.base);
    } else {
        exchange_fail(exchange, FAR_ENOMEM, NULL);
    }
    free(made);
    free(reply.prompts);
}

/* ---- GET /prompts/{name}/audio -------------------------------------------------------------------- */

struct reading {
    struct exchange *exchange;
    char path[4096];
    struct far_buf bytes;
    enum far_err err;
};

static void reply_wav(struct exchange *exchange, const void *bytes, size_t len)
{
    const struct http_answer answer = {
        .status = 200, .content_type = "audio/wav", .body = bytes, .body_len = len};
    http_reply(exchange->api->http, exchange->id, &answer);
    exchange_end(exchange);
}

static void read_work(void *arg)
{
    struct reading *reading = arg;
    reading->err = far_buf_add_file(&reading->bytes, reading->path);
}

static void read_done(void *arg)
{
    struct reading *reading = arg;
    struct exchange *exchange = reading->exchange;
    if (!exchange->api->http)
        exchange_end(exchange); /* this process is going away */
    else if (reading->err == FAR_OK)
        reply_wav(exchange, reading->bytes.data, reading->bytes.len);
    else
        exchange_fail(exchange, reading->err, "the file of the built-in prompt cannot be read");
    far_buf_done(&reading->bytes);
    free(reading);
}

static void builtin_read(const struct prompts *prompts, struct exchange *exchange, const char *name)
{
    struct reading *reading = calloc(1, sizeof(*reading));
    if (!reading ||
        !builtin_path(prompts->config->built_in_dir, name, reading->path, sizeof(reading->path))) {
        free(reading);
        exchange_fail(exchange, FAR_ENOMEM, NULL);
        return;
    }
    reading->exchange = exchange;
    far_buf_init(&reading->bytes, PROMPT_UPLOAD_MAX);
    enum far_err err = far_loop_work(far_bus_loop(prompts->api->bus), read_work, read_done, reading);
    if (err == FAR_OK) return;
    far_buf_done(&reading->bytes);
    free(reading);
    exchange_fail(exchange, err, NULL);
}

static void prompt_read(void *ctx, enum far_err err, const struct far_kv_entry *entry)
{
    struct exchange *exchange = ctx;
    Farseat__V1__Prompt *prompt =
        err == FAR_OK ? farseat__v1__prompt__unpack(NULL, entry->data_len, entry->data) : NULL;
    if (prompt)
        reply_wav(exchange, prompt->wav.data, prompt->wav.len);
    else
        exchange_fail(exchange, err == FAR_OK ? FAR_EPROTO : err, NULL);
    if (prompt) farseat__v1__prompt__free_unpacked(prompt, NULL);
}

void prompts_audio(struct exchange *exchange)
{
    struct prompts *prompts = prompts_of(exchange);
    const char *name = prompts ? prompts_name(exchange) : NULL;
    if (!name) return;
    if (in_bucket(prompts, name)) {
        enum far_err err = far_kv_get(prompts->api->bus, FAR_BUCKET_PROMPTS, name, prompt_read, exchange);
        if (err != FAR_OK) exchange_fail(exchange, err, NULL);
    } else if (builtin_of(prompts, name)) {
        builtin_read(prompts, exchange, name);
    } else {
        exchange_fail(exchange, FAR_ENOTFOUND, "there is no such prompt: see GET /prompts");
    }
}

/* ---- POST /prompts/{name}/remove ------------------------------------------------------------------ */

struct use {
    const char *name;
    char where[200];
};

static void look_for_use(void *ctx, const char *prompt, const char *where)
{
    struct use *use = ctx;
    if (!use->where[0] && strcmp(prompt, use->name) == 0)
        (void)snprintf(use->where, sizeof(use->where), "%s", where);
}

static void removed(void *ctx, enum far_err err, uint64_t revision)
{
    static const Farseat__V1__Empty nothing = FARSEAT__V1__EMPTY__INIT;
    struct exchange *exchange = ctx;
    (void)revision;
    prompts_audit(exchange, "prompt-removed", err == FAR_OK ? "ok" : far_err_name(err));
    if (err == FAR_OK)
        exchange_reply(exchange, &nothing.base);
    else
        exchange_fail(exchange, err, NULL);
}

void prompts_remove(struct exchange *exchange)
{
    struct prompts *prompts = prompts_of(exchange);
    const char *name = prompts ? prompts_name(exchange) : NULL;
    if (!name) return;
    const struct builtin *builtin = builtin_of(prompts, name);
    struct use use = {.name = name};
    char text[300];
    config_prompts(centre_config(prompts->api->centre), look_for_use, &use);
    if (!in_bucket(prompts, name)) {
        exchange_fail(exchange, builtin ? FAR_ESTATE : FAR_ENOTFOUND,
                      builtin ? "it is a built-in prompt: it can be replaced, not removed"
                              : "there is no such prompt: see GET /prompts");
    } else if (use.where[0] && !builtin) {
        (void)snprintf(text, sizeof(text), "%s plays it: change that first, or upload another one",
                       use.where);
        exchange_fail(exchange, FAR_ESTATE, text);
    } else {
        const struct far_kv_write write = {
            .bucket = FAR_BUCKET_PROMPTS, .key = name, .mode = FAR_KV_DELETE, .fn = removed, .ctx = exchange};
        enum far_err err = far_kv_write(prompts->api->bus, &write);
        if (err != FAR_OK) exchange_fail(exchange, err, NULL);
    }
}

/* ---- begin and end -------------------------------------------------------------------------------- */

enum far_err prompts_create(struct api *api, const struct prompts_config *config,
                            struct prompts **ret_prompts)
{
    struct prompts *prompts = calloc(1, sizeof(*prompts));
    if (!prompts) return FAR_ENOMEM;
    prompts->api = api;
    prompts->config = config;
    enum far_err err =
        far_kv_watch(api->bus, FAR_BUCKET_PROMPTS, ">", bucket_event, prompts, &prompts->watch);
    if (err == FAR_OK)
        err = far_timer_start(far_bus_loop(api->bus), SCAN_MS, SCAN_MS, scan_begin, prompts, &prompts->timer);
    if (err != FAR_OK) {
        prompts_destroy(prompts);
        return err;
    }
    scan_begin(prompts, 0);
    *ret_prompts = prompts;
    return FAR_OK;
}

struct prompts *prompts_destroy(struct prompts *prompts)
{
    if (!prompts) return NULL;
    speech_stop();
    far_timer_stop(far_bus_loop(prompts->api->bus), prompts->timer);
    prompts->watch = far_kv_unwatch(prompts->watch);
    rows_clear(prompts);
    prompts->gone = true;
    if (!prompts->scanning) free(prompts);
    return NULL;
}
