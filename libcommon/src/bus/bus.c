/* SPDX-License-Identifier: Apache-2.0 */
#include "far/bus.h"
#include "bus/private.h"
#include "far/health.h"
#include "far/log.h"
#include "far/loop.h"
#include "far/tables.h"
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADERS_MAX       16u
#define SUBSCRIPTIONS_MAX 1024u

static const char *const directions[] = {"in", "out", NULL};
struct far_metric far_bus_metrics[BUS_M_COUNT] = {
    [BUS_M_CONNECTED] = {.name = "farseat_bus_connected",
                         .type = FAR_GAUGE,
                         .help = "Whether the bus is connected."},
    [BUS_M_CONNECTS] = {.name = "farseat_bus_connects_total",
                        .type = FAR_COUNTER,
                        .help = "Connections made, the first one included."},
    [BUS_M_MESSAGES] = {.name = "farseat_bus_messages_total",
                        .type = FAR_COUNTER,
                        .help = "Messages.",
                        .label = "direction",
                        .label_values = directions},
    [BUS_M_BYTES] = {.name = "farseat_bus_bytes_total",
                     .type = FAR_COUNTER,
                     .help = "Payload bytes.",
                     .label = "direction",
                     .label_values = directions},
    [BUS_M_DROPPED] = {.name = "farseat_bus_dropped_total",
                       .type = FAR_COUNTER,
                       .help = "Messages that arrived while the loop was too far behind."},
    [BUS_M_REFUSED] = {.name = "farseat_bus_refused_total",
                       .type = FAR_COUNTER,
                       .help = "Messages not sent: disconnected, or the queue was full."},
    [BUS_M_DENIED] = {.name = "farseat_bus_denied_total",
                      .type = FAR_COUNTER,
                      .help = "Permission violations that the server reported."},
    [BUS_M_MALFORMED] = {.name = "farseat_bus_malformed_total",
                         .type = FAR_COUNTER,
                         .help = "Messages that could not be decoded."},
    [BUS_M_ANSWER_TIME] = {.name = "farseat_bus_answer_seconds",
                           .type = FAR_HISTOGRAM,
                           .help = "From a question to its answer.",
                           .bounds = far_metric_bounds_latency_us,
                           .divisor = 1000000},
    [BUS_M_UNANSWERED] = {.name = "farseat_bus_unanswered_total",
                          .type = FAR_COUNTER,
                          .help = "Questions that timed out, found nobody or lost the connection."},
    [BUS_M_REWINDS] = {.name = "farseat_bus_appender_rewinds_total",
                       .type = FAR_COUNTER,
                       .help = "Times that an ordered producer went back to its first unacknowledged entry."},
    [BUS_M_READER_RESTARTS] = {.name = "farseat_bus_reader_restarts_total",
                               .type = FAR_COUNTER,
                               .help = "Times that a log's reader made its consumer anew."},
};

/* ---- Connection ---------------------------------------------------------------------------------------- */

/* Whoever is told may remove itself and others, and add some: these are not told this time. */
static void tell_state(struct far_bus *bus)
{
    size_t len = bus->state_fns_len;
    bus->in_call++;
    bus->telling = true;
    for (size_t i = 0; i < len; i++)
        if (bus->state_fns[i].fn) bus->state_fns[i].fn(bus->state_fns[i].ctx, bus->state);
    bus->telling = false;
    bus->in_call--;
    len = 0;
    for (size_t i = 0; i < bus->state_fns_len; i++)
        if (bus->state_fns[i].fn) bus->state_fns[len++] = bus->state_fns[i];
    bus->state_fns_len = len;
}

static void on_state(void *ctx, bool connected)
{
    struct far_bus *bus = ctx;
    bool was_connected = bus->state == FAR_BUS_CONNECTED;
    far_metric_set(&far_bus_metrics[BUS_M_CONNECTED], connected);
    if (was_connected) { /* also when the word of its end was overtaken */
        bus->state = FAR_BUS_DISCONNECTED;
        bus->in_call++;
        bus_fail_questions(bus);
        bus->in_call--;
        tell_state(bus);
    }
    if (!connected) {
        far_health_set("bus", FAR_HEALTH_DEGRADED, "not connected to nats-server: is it running?");
        return;
    }
    bus->state = FAR_BUS_CONNECTED;
    far_metric_add(&far_bus_metrics[BUS_M_CONNECTS], 1);
    far_health_set("bus", FAR_HEALTH_OK, "%s", "");
    FAR_INFO("bus-connected", "user=%s", bus->name);
    tell_state(bus);
}

static void on_msg(void *ctx, uint64_t id, natsMsg *msg)
{
    struct far_bus *bus = ctx;
    struct far_bus_subscription **found = far_pool_get(&bus->subscriptions, id);
    far_metric_add_at(&far_bus_metrics[BUS_M_MESSAGES], BUS_IN, 1);
    far_metric_add_at(&far_bus_metrics[BUS_M_BYTES], BUS_IN, natsMsg_GetDataLength(msg));
    bus->in_call++;
    if (found && (*found)->request_fn) {
        bus_on_request(bus, *found, msg);
        msg = NULL;
    } else if (found) {
        struct far_bus_msg view;
        bus_view(msg, &view);
        if (!(*found)->raw_fn)
            (*found)->msg_fn((*found)->ctx, &view);
        else if ((*found)->raw_fn((*found)->ctx, &view))
            msg = NULL;
    }
    bus->in_call--;
    natsMsg_Destroy(msg);
}

static enum far_err start(struct far_bus *bus, const struct far_bus_config *config)
{
    uint32_t count_max = config->request_count_max ? config->request_count_max : 4096;
    unsigned char random[8];
    char hex[17];
    if (sodium_init() < 0) return FAR_EIO;
    randombytes_buf(random, sizeof(random)); /* nobody can answer in another's name */
    sodium_bin2hex(hex, sizeof(hex), random, sizeof(random));
    (void)snprintf(bus->inbox, sizeof(bus->inbox), "_INBOX.%s.%s", config->name, hex);
    bus->requests_max = count_max;
    if (!(bus->name = strdup(config->name))) return FAR_ENOMEM;
    enum far_err err = far_pool_init(&bus->waiting, sizeof(struct bus_waiting), count_max);
    if (err == FAR_OK)
        err = far_pool_init(&bus->subscriptions, sizeof(struct far_bus_subscription *), SUBSCRIPTIONS_MAX);
    if (err == FAR_OK && config->state_fn)
        err = far_bus_add_state_fn(bus, config->state_fn, config->state_ctx);
    if (err != FAR_OK) return err;
    struct far_port_config port = {
        .url = config->url,
        .nkey_file = config->nkey_file,
        .name = config->name,
        .inbox_prefix = bus->inbox,
        .queue_len_max = config->queue_len_max ? config->queue_len_max : 16384,
        .queue_bytes_max = config->queue_bytes_max ? config->queue_bytes_max : (size_t)64 << 20,
        .msg_fn = on_msg,
        .state_fn = on_state,
        .ctx = bus,
    };
    err = far_port_create(&port, bus->loop, &bus->port);
    if (err != FAR_OK) return err;
    char all[BUS_INBOX_LEN_MAX + 2];
    struct far_bus_subscription *inbox = NULL;
    (void)snprintf(all, sizeof(all), "%s.*", bus->inbox);
    return bus_subscribe(bus, all, NULL, &(struct far_bus_subscription){.raw_fn = bus_on_inbox, .ctx = bus},
                         &inbox);
}

enum far_err far_bus_connect(const struct far_bus_config *config, struct far_loop *loop,
                             struct far_bus **ret_bus)
{
    if (!config->url || !config->name || !far_subject_token_ok(config->name) || strlen(config->name) > 64) {
        FAR_ERROR("bus-config", "url=%s name=%s text=%s", config->url ? config->url : "",
                  config->name ? config->name : "",
                  "the bus needs an address, and a name without dots or blanks");
        return FAR_EINVAL;
    }
    struct far_bus *bus = calloc(1, sizeof(*bus));
    if (!bus) return FAR_ENOMEM;
    bus->loop = loop;
    far_list_init(&bus->requests);
    enum far_err err = far_metrics_register(far_bus_metrics, BUS_M_COUNT);
    if (err == FAR_OK) err = start(bus, config);
    if (err != FAR_OK) {
        far_bus_destroy(bus);
        return err;
    }
    far_health_set("bus", FAR_HEALTH_FAILED, "not connected yet to %s: is nats-server running?", config->url);
    *ret_bus = bus;
    return FAR_OK;
}

struct far_bus *far_bus_destroy(struct far_bus *bus)
{
    if (!bus) return NULL;
    assert(bus->in_call == 0); /* a call back must not destroy its bus */
    far_port_destroy(bus->port);
    if (bus->waiting.items) bus_drop_waiting(bus);
    bus_orphan_requests(bus);
    if (bus->subscriptions.items)
        for (uint64_t id = far_pool_next(&bus->subscriptions, 0); id;
             id = far_pool_next(&bus->subscriptions, id))
            free(*(struct far_bus_subscription **)far_pool_get(&bus->subscriptions, id));
    far_pool_done(&bus->subscriptions);
    far_pool_done(&bus->waiting);
    far_health_remove("bus");
    free(bus->scratch);
    free(bus->name);
    free(bus);
    return NULL;
}

enum far_bus_state far_bus_state(const struct far_bus *bus)
{
    return bus->state;
}
struct far_loop *far_bus_loop(const struct far_bus *bus)
{
    return bus->loop;
}

enum far_err far_bus_add_state_fn(struct far_bus *bus, far_bus_state_fn *fn, void *ctx)
{
    size_t at = bus->state_fns_len;
    for (size_t i = 0; i < bus->state_fns_len && !bus->telling; i++)
        if (!bus->state_fns[i].fn) at = i;
    if (at == BUS_STATE_FNS_MAX) return FAR_EFULL;
    bus->state_fns[at] = (struct bus_state_fn){.fn = fn, .ctx = ctx};
    if (at == bus->state_fns_len) bus->state_fns_len++;
    return FAR_OK;
}

void far_bus_remove_state_fn(struct far_bus *bus, far_bus_state_fn *fn, void *ctx)
{
    for (size_t i = 0; i < bus->state_fns_len; i++)
        if (bus->state_fns[i].fn == fn && bus->state_fns[i].ctx == ctx) bus->state_fns[i].fn = NULL;
    if (bus->telling) return; /* it closes the ranks itself */
    while (bus->state_fns_len > 0 && !bus->state_fns[bus->state_fns_len - 1].fn)
        bus->state_fns_len--;
}

/* ---- Messages ------------------------------------------------------------------------------------------ */

void bus_view(natsMsg *msg, struct far_bus_msg *ret_view)
{
    const char *data = natsMsg_GetData(msg);
    *ret_view = (struct far_bus_msg){.subject = natsMsg_GetSubject(msg),
                                     .data = (const uint8_t *)(data ? data : ""),
                                     .data_len = (size_t)natsMsg_GetDataLength(msg),
                                     .raw = msg};
}

const char *far_bus_header(const struct far_bus_msg *msg, const char *key)
{
    const char *value = NULL;
    return natsMsgHeader_Get(msg->raw, key, &value) == NATS_OK ? value : NULL;
}

void far_bus_trace(const struct far_bus_msg *msg, struct far_trace *ret_trace)
{
    const char *text = far_bus_header(msg, FAR_TRACE_HEADER);
    *ret_trace = (struct far_trace){.flags = 0};
    if (text && far_trace_parse(text, ret_trace) != FAR_OK)
        far_metric_add(&far_bus_metrics[BUS_M_MALFORMED], 1);
}

enum far_err far_bus_unpack(const ProtobufCMessageDescriptor *type, const struct far_bus_msg *msg,
                            ProtobufCMessage **ret_message)
{
    ProtobufCMessage *message = protobuf_c_message_unpack(type, NULL, msg->data_len, msg->data);
    if (!message) {
        far_metric_add(&far_bus_metrics[BUS_M_MALFORMED], 1);
        return FAR_EPROTO;
    }
    *ret_message = message;
    return FAR_OK;
}

bool bus_subject_ok(const char *text, bool wildcards)
{
    size_t len = strlen(text);
    if (len == 0 || len > FAR_BUS_SUBJECT_LEN_MAX || text[0] == '.' || text[len - 1] == '.') return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c == 0x7f) return false;
        if (c == '.' && text[i + 1] == '.') return false;
        if ((c == '*' || c == '>') && !wildcards) return false;
    }
    return true;
}

static bool header_ok(const struct far_bus_header *header)
{
    return header->key[0] && !strpbrk(header->key, ": \r\n") && !strpbrk(header->value, "\r\n");
}

static enum far_err set_headers(natsMsg *msg, const struct bus_out *out)
{
    const struct far_bus_options *options = out->options;
    char trace_text[FAR_TRACE_TEXT_LEN + 1];
    if (!out->no_trace) {
        struct far_trace trace;
        if (options && options->trace && far_trace_is_set(options->trace))
            trace = *options->trace;
        else
            far_trace_start(&trace);
        far_trace_format(&trace, trace_text);
        if (natsMsgHeader_Set(msg, FAR_TRACE_HEADER, trace_text) != NATS_OK) return FAR_ENOMEM;
    }
    size_t count = options ? options->headers_count : 0;
    if (count > HEADERS_MAX) return FAR_EINVAL;
    for (size_t i = 0; i < count + out->own_count; i++) {
        const struct far_bus_header *header = i < count ? &options->headers[i] : &out->own[i - count];
        if (!header_ok(header)) return FAR_EINVAL;
        if (natsMsgHeader_Set(msg, header->key, header->value) != NATS_OK) return FAR_ENOMEM;
    }
    return FAR_OK;
}

static enum far_err pack(struct far_bus *bus, const ProtobufCMessage *message, size_t *ret_len)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    if (len > FAR_BUS_PAYLOAD_LEN_MAX) return FAR_EINVAL;
    if (len > bus->scratch_size) {
        uint8_t *larger = realloc(bus->scratch, len);
        if (!larger) return FAR_ENOMEM;
        bus->scratch = larger;
        bus->scratch_size = len;
    }
    *ret_len = len > 0 ? protobuf_c_message_pack(message, bus->scratch) : 0;
    return FAR_OK;
}

enum far_err bus_send(struct far_bus *bus, const struct bus_out *out)
{
    const void *data = out->data;
    size_t len = out->data_len;
    natsMsg *msg = NULL;
    if (!bus_subject_ok(out->subject, out->wildcards) || len > FAR_BUS_PAYLOAD_LEN_MAX) return FAR_EINVAL;
    if (bus->state != FAR_BUS_CONNECTED) {
        far_metric_add(&far_bus_metrics[BUS_M_REFUSED], 1);
        return FAR_EUNAVAILABLE;
    }
    if (out->message) {
        enum far_err err = pack(bus, out->message, &len);
        if (err != FAR_OK) return err;
        data = bus->scratch;
    }
    if (natsMsg_Create(&msg, out->subject, out->reply, data, (int)len) != NATS_OK) return FAR_ENOMEM;
    enum far_err err = set_headers(msg, out);
    if (err == FAR_OK) err = far_port_publish(bus->port, msg);
    if (err != FAR_OK) {
        natsMsg_Destroy(msg);
        return err;
    }
    far_metric_add_at(&far_bus_metrics[BUS_M_MESSAGES], BUS_OUT, 1);
    far_metric_add_at(&far_bus_metrics[BUS_M_BYTES], BUS_OUT, (int64_t)len);
    return FAR_OK;
}

enum far_err far_bus_publish(struct far_bus *bus, const char *subject, const ProtobufCMessage *message,
                             const struct far_bus_options *options)
{
    return bus_send(bus, &(struct bus_out){.subject = subject, .message = message, .options = options});
}

enum far_err far_bus_publish_bytes(struct far_bus *bus, const char *subject, const void *data,
                                   size_t data_len, const struct far_bus_options *options)
{
    return bus_send(
        bus, &(struct bus_out){.subject = subject, .data = data, .data_len = data_len, .options = options});
}

/* ---- Subscriptions ------------------------------------------------------------------------------------- */

enum far_err bus_subscribe(struct far_bus *bus, const char *subject, const char *queue_group,
                           const struct far_bus_subscription *like,
                           struct far_bus_subscription **ret_subscription)
{
    uint64_t id = 0;
    if (!bus_subject_ok(subject, true) || (queue_group && !far_subject_token_ok(queue_group)))
        return FAR_EINVAL;
    struct far_bus_subscription *subscription = malloc(sizeof(*subscription));
    struct far_bus_subscription **slot = subscription ? far_pool_new(&bus->subscriptions, &id) : NULL;
    if (!slot) {
        free(subscription);
        return subscription ? FAR_EFULL : FAR_ENOMEM;
    }
    *subscription = *like;
    subscription->bus = bus;
    subscription->id = id;
    *slot = subscription;
    enum far_err err = far_port_subscribe(bus->port, id, subject, queue_group);
    if (err != FAR_OK) {
        far_pool_free(&bus->subscriptions, id);
        free(subscription);
        return err;
    }
    *ret_subscription = subscription;
    return FAR_OK;
}

enum far_err far_bus_subscribe(struct far_bus *bus, const char *subject, const char *queue_group,
                               far_bus_msg_fn *fn, void *ctx, struct far_bus_subscription **ret_subscription)
{
    return bus_subscribe(bus, subject, queue_group, &(struct far_bus_subscription){.msg_fn = fn, .ctx = ctx},
                         ret_subscription);
}

struct far_bus_subscription *far_bus_unsubscribe(struct far_bus_subscription *subscription)
{
    if (!subscription) return NULL;
    far_port_unsubscribe(subscription->bus->port, subscription->id);
    far_pool_free(&subscription->bus->subscriptions, subscription->id);
    free(subscription);
    return NULL;
}
