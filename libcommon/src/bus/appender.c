/* SPDX-License-Identifier: Apache-2.0 */
/* appender.c - drives far/appender.h: keeps the payloads, sends, listens for acknowledgements. */
#include "far/appender.h"
#include "bus/append.h"
#include "far/clock.h"
#include "far/log.h"
#include "far/loop.h"
#include "far/stream.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_MAX 16u
#define NUMBER_BITS 40 /* of a reply's tag; the epoch has the rest */
#define NUMBER_MASK (((uint64_t)1 << NUMBER_BITS) - 1)
#define EPOCH_MASK  (((uint64_t)1 << (64 - NUMBER_BITS)) - 1)

/* One allocation an entry: the struct, then the payload, then the headers' texts. */
struct entry {
    struct far_trace trace;
    struct far_bus_header headers[HEADERS_MAX];
    size_t headers_count;
    const uint8_t *data;
    size_t data_len;
};

struct far_appender {
    struct far_bus *bus;
    struct far_appender_core *core;
    struct far_appender_config config;
    char *subject, *id;
    struct entry **entries; /* by number % count_max */
    size_t bytes;
    uint64_t inbox;
    uint64_t timer, timer_at_ms;
    unsigned in_call;
    bool dead;
};

static void pump(struct far_appender *appender);

/* ---- Entries ------------------------------------------------------------------------------------------- */

static struct entry *entry_create(const void *data, size_t data_len, const struct far_bus_options *options)
{
    size_t count = options ? options->headers_count : 0;
    size_t size = sizeof(struct entry) + data_len;
    for (size_t i = 0; i < count; i++)
        size += strlen(options->headers[i].key) + strlen(options->headers[i].value) + 2;
    struct entry *entry = malloc(size);
    if (!entry) return NULL;
    memset(entry, 0, sizeof(*entry));
    char *at = (char *)(entry + 1);
    entry->data = (const uint8_t *)at;
    entry->data_len = data_len;
    if (data_len > 0) memcpy(at, data, data_len);
    at += data_len;
    for (size_t i = 0; i < count; i++) {
        size_t key_size = strlen(options->headers[i].key) + 1;
        size_t value_size = strlen(options->headers[i].value) + 1;
        entry->headers[i].key = memcpy(at, options->headers[i].key, key_size);
        entry->headers[i].value = memcpy(at + key_size, options->headers[i].value, value_size);
        at += key_size + value_size;
    }
    entry->headers_count = count;
    if (options && options->trace)
        entry->trace = *options->trace;
    else
        far_trace_start(&entry->trace);
    return entry;
}

static struct entry **slot_of(struct far_appender *appender, uint64_t number)
{
    return &appender->entries[number % appender->config.count_max];
}

static void release(struct far_appender *appender, uint64_t number)
{
    struct entry **slot = slot_of(appender, number);
    appender->bytes -= (*slot)->data_len;
    free(*slot);
    *slot = NULL;
}

/* ---- Sending ------------------------------------------------------------------------------------------- */

/* A rewind's ids are new ones: the server must store again what it holds at a place where readers skip it. */
static enum far_err send_entry(struct far_appender *appender, uint64_t number, uint64_t epoch)
{
    struct entry *entry = *slot_of(appender, number);
    char reply[BUS_INBOX_LEN_MAX + 40];
    char msg_id[160];
    uint64_t tag = ((epoch & EPOCH_MASK) << NUMBER_BITS) | (number & NUMBER_MASK);
    bus_inbox_subject(appender->bus, appender->inbox, tag, reply, sizeof(reply));
    (void)snprintf(msg_id, sizeof(msg_id), "%s.%llu.%llu", appender->id, (unsigned long long)number,
                   (unsigned long long)epoch);
    struct far_bus_header own = {"Nats-Msg-Id", msg_id};
    struct far_bus_options options = {
        .trace = &entry->trace, .headers = entry->headers, .headers_count = entry->headers_count};
    return bus_send(appender->bus, &(struct bus_out){.subject = appender->subject,
                                                     .reply = reply,
                                                     .data = entry->data,
                                                     .data_len = entry->data_len,
                                                     .options = &options,
                                                     .own = &own,
                                                     .own_count = 1});
}

static void on_timer(void *arg, uint64_t timer)
{
    struct far_appender *appender = arg;
    (void)timer;
    appender->timer = 0;
    uint64_t epoch = far_appender_core_epoch(appender->core);
    far_appender_core_tick(appender->core, far_clock_mono_ms());
    if (far_appender_core_epoch(appender->core) != epoch) {
        far_metric_add(&far_bus_metrics[BUS_M_REWINDS], 1);
        FAR_WARN("append-overdue", "subject=%s first=%llu", appender->subject,
                 (unsigned long long)far_appender_core_first(appender->core));
    }
    pump(appender);
}

static void arm(struct far_appender *appender)
{
    uint64_t at_ms = far_appender_core_deadline_ms(appender->core);
    uint64_t now_ms = far_clock_mono_ms();
    if (at_ms == UINT64_MAX) return; /* a timer that fires for nothing does no harm */
    if (appender->timer && appender->timer_at_ms <= at_ms) return;
    far_timer_stop(far_bus_loop(appender->bus), appender->timer);
    appender->timer = 0;
    appender->timer_at_ms = at_ms;
    if (far_timer_start(far_bus_loop(appender->bus), at_ms > now_ms ? at_ms - now_ms : 1, 0, on_timer,
                        appender, &appender->timer) != FAR_OK)
        FAR_ERROR("append-no-timer", "subject=%s",
                  appender->subject); /* the next push or answer tries again */
}

static void pump(struct far_appender *appender)
{
    uint64_t number = 0;
    uint64_t epoch = 0;
    while (far_appender_core_next(appender->core, far_clock_mono_ms(), &number, &epoch)) {
        if (send_entry(appender, number, epoch) == FAR_OK) continue;
        far_appender_core_failed(appender->core, number, epoch, far_clock_mono_ms());
        far_metric_add(&far_bus_metrics[BUS_M_REWINDS], 1);
    }
    arm(appender);
}

static void appender_free(struct far_appender *appender)
{
    for (uint32_t i = 0; appender->entries && i < appender->config.count_max; i++)
        free(appender->entries[i]);
    far_appender_core_destroy(appender->core);
    free(appender->entries);
    free(appender->subject);
    free(appender->id);
    free(appender);
}

static void told_acked(struct far_appender *appender, uint64_t first, uint32_t released, uint64_t seq)
{
    for (uint32_t i = 0; i < released; i++)
        release(appender, first + i);
    appender->in_call++;
    for (uint32_t i = 0; i < released && !appender->dead && appender->config.acked_fn; i++)
        appender->config.acked_fn(appender->config.ctx, first + i, seq);
    appender->in_call--;
}

static void on_answer(void *ctx, const struct far_bus_msg *msg, uint64_t tag)
{
    struct far_appender *appender = ctx;
    uint64_t first = far_appender_core_first(appender->core);
    uint64_t epoch = far_appender_core_epoch(appender->core);
    uint64_t number = first + ((tag - first) & NUMBER_MASK);
    uint64_t seq = 0;
    bool duplicate = false;
    if (tag >> NUMBER_BITS != (epoch & EPOCH_MASK)) return; /* of a former epoch */
    enum far_err err = append_ack_of(msg, &seq, &duplicate);
    if (err == FAR_OK) {
        uint32_t released = far_appender_core_acked(appender->core, number, epoch, far_clock_mono_ms());
        told_acked(appender, first, released, seq);
    } else {
        FAR_WARN("append-refused", "subject=%s number=%llu err=%s", appender->subject,
                 (unsigned long long)number, far_err_name(err));
        far_metric_add(&far_bus_metrics[BUS_M_REWINDS], 1);
        far_appender_core_failed(appender->core, number, epoch, far_clock_mono_ms());
    }
    if (appender->dead)
        appender_free(appender);
    else
        pump(appender);
}

static void on_state(void *ctx, enum far_bus_state state)
{
    struct far_appender *appender = ctx;
    far_appender_core_connected(appender->core, state == FAR_BUS_CONNECTED);
    pump(appender);
}

/* ---- Life ---------------------------------------------------------------------------------------------- */

static enum far_err start(struct far_appender *appender, const struct far_appender_config *config)
{
    appender->config = *config;
    appender->subject = strdup(config->subject);
    appender->id = strdup(config->id);
    appender->entries = calloc(config->count_max, sizeof(*appender->entries));
    if (!appender->subject || !appender->id || !appender->entries) return FAR_ENOMEM;
    struct far_appender_core_config core = {
        .first_number = config->first_number,
        .count_max = config->count_max,
        .window = config->window ? config->window : 64,
        .ack_timeout_ms = config->ack_timeout_ms ? config->ack_timeout_ms : 2000,
        .retry_ms = config->retry_ms ? config->retry_ms : 250,
    };
    enum far_err err = far_appender_core_create(&core, &appender->core);
    if (err == FAR_OK) err = bus_inbox_open(appender->bus, on_answer, appender, &appender->inbox);
    if (err == FAR_OK) err = far_bus_add_state_fn(appender->bus, on_state, appender);
    if (err == FAR_OK && far_bus_state(appender->bus) == FAR_BUS_CONNECTED)
        far_appender_core_connected(appender->core, true);
    return err;
}

enum far_err far_appender_create(struct far_bus *bus, const struct far_appender_config *config,
                                 struct far_appender **ret_appender)
{
    if (!bus_subject_ok(config->subject, false) || !config->id[0] || strlen(config->id) > 100 ||
        config->count_max == 0 || config->bytes_max == 0)
        return FAR_EINVAL;
    struct far_appender *appender = calloc(1, sizeof(*appender));
    if (!appender) return FAR_ENOMEM;
    appender->bus = bus;
    enum far_err err = start(appender, config);
    if (err != FAR_OK) {
        bus_inbox_close(bus, appender->inbox);
        appender_free(appender);
        return err;
    }
    *ret_appender = appender;
    return FAR_OK;
}

struct far_appender *far_appender_destroy(struct far_appender *appender)
{
    if (!appender) return NULL;
    bus_inbox_close(appender->bus, appender->inbox);
    far_bus_remove_state_fn(appender->bus, on_state, appender);
    far_timer_stop(far_bus_loop(appender->bus), appender->timer);
    appender->dead = true;
    if (appender->in_call == 0) appender_free(appender); /* else when its call back returns */
    return NULL;
}

uint64_t far_appender_next_number(const struct far_appender *appender)
{
    return far_appender_core_next_number(appender->core);
}

enum far_err far_appender_push(struct far_appender *appender, const void *data, size_t data_len,
                               const struct far_bus_options *options)
{
    uint64_t number = 0;
    if (data_len > FAR_BUS_PAYLOAD_LEN_MAX || (options && options->headers_count > HEADERS_MAX - 1))
        return FAR_EINVAL;
    if (appender->bytes + data_len > appender->config.bytes_max) return FAR_EFULL;
    struct entry *entry = entry_create(data, data_len, options);
    if (!entry) return FAR_ENOMEM;
    enum far_err err = far_appender_core_push(appender->core, &number);
    if (err != FAR_OK) {
        free(entry);
        return err;
    }
    *slot_of(appender, number) = entry;
    appender->bytes += data_len;
    if (appender->in_call == 0) pump(appender); /* else after the call back */
    return FAR_OK;
}

enum far_err far_appender_push_message(struct far_appender *appender, const ProtobufCMessage *message,
                                       const struct far_bus_options *options)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    if (len > FAR_BUS_PAYLOAD_LEN_MAX) return FAR_EINVAL;
    uint8_t *data = malloc(len ? len : 1);
    if (!data) return FAR_ENOMEM;
    (void)protobuf_c_message_pack(message, data);
    enum far_err err = far_appender_push(appender, data, len, options);
    free(data);
    return err;
}

void far_appender_stats(const struct far_appender *appender, uint32_t *ret_count, size_t *ret_bytes,
                        uint64_t *ret_rewinds)
{
    *ret_count =
        (uint32_t)(far_appender_core_next_number(appender->core) - far_appender_core_first(appender->core));
    *ret_bytes = appender->bytes;
    *ret_rewinds = far_appender_core_epoch(appender->core);
}
