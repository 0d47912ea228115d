/* SPDX-License-Identifier: Apache-2.0 */
/* ask.c - questions and answers of a bus: both sides. */
#include "bus/private.h"
#include "far/clock.h"
#include "far/loop.h"
#include "far/tables.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ERROR_TEXT_LEN_MAX 512

struct far_bus_request {
    struct far_list link;
    struct far_bus *bus; /* NULL: destroyed meanwhile */
    natsMsg *raw;
    struct far_bus_msg msg;
};

/* ---- Who waits ----------------------------------------------------------------------------------------- */

void bus_inbox_subject(const struct far_bus *bus, uint64_t id, uint64_t tag, char *out, size_t out_size)
{
    (void)snprintf(out, out_size, "%s.%llx-%llx", bus->inbox, (unsigned long long)id,
                   (unsigned long long)tag);
}

enum far_err bus_inbox_open(struct far_bus *bus, bus_inbox_fn *fn, void *ctx, uint64_t *ret_id)
{
    uint64_t id = 0;
    struct bus_waiting *waiting = far_pool_new(&bus->waiting, &id);
    if (!waiting) return FAR_EFULL;
    *waiting = (struct bus_waiting){.bus = bus, .id = id, .inbox_fn = fn, .ctx = ctx};
    *ret_id = id;
    return FAR_OK;
}

void bus_inbox_close(struct far_bus *bus, uint64_t id)
{
    struct bus_waiting *waiting = far_pool_get(&bus->waiting, id);
    if (!waiting) return;
    far_timer_stop(bus->loop, waiting->timer);
    far_pool_free(&bus->waiting, id);
}

static void drop(struct far_bus *bus, uint64_t id)
{
    struct bus_waiting over = *(struct bus_waiting *)far_pool_get(&bus->waiting, id);
    bus_inbox_close(bus, id);
    if (over.drop_fn) over.drop_fn(over.ctx);
}

void bus_drop_waiting(struct far_bus *bus)
{
    for (uint64_t id = far_pool_next(&bus->waiting, 0); id; id = far_pool_next(&bus->waiting, id))
        drop(bus, id);
}

/* The question is over: forget it, then say so, because the call back may ask again. */
static void finish(struct bus_waiting *waiting, const struct far_bus_answer *answer)
{
    struct bus_waiting over = *waiting;
    bus_inbox_close(over.bus, over.id);
    far_metric_observe(&far_bus_metrics[BUS_M_ANSWER_TIME],
                       (int64_t)(far_clock_mono_us() - over.asked_at_us));
    if (answer->err == FAR_ETIMEOUT || (answer->err == FAR_EUNAVAILABLE && !answer->message))
        far_metric_add(&far_bus_metrics[BUS_M_UNANSWERED], 1);
    over.answer_fn(over.ctx, answer);
}

static void on_deadline(void *arg, uint64_t timer)
{
    struct bus_waiting *waiting = arg;
    struct far_bus *bus = waiting->bus;
    (void)timer;
    waiting->timer = 0;
    bus->in_call++;
    finish(waiting, &(struct far_bus_answer){.err = FAR_ETIMEOUT, .error_text = "no answer in time"});
    bus->in_call--;
}

void bus_fail_questions(struct far_bus *bus)
{
    for (uint64_t id = far_pool_next(&bus->waiting, 0); id; id = far_pool_next(&bus->waiting, id)) {
        struct bus_waiting *waiting = far_pool_get(&bus->waiting, id);
        if (waiting->answer_fn)
            finish(waiting, &(struct far_bus_answer){.err = FAR_EUNAVAILABLE,
                                                     .error_text = "the connection to the bus broke"});
    }
}

unsigned bus_status(const struct far_bus_msg *msg)
{
    const char *status = msg->data_len == 0 ? far_bus_header(msg, "Status") : NULL;
    return status ? (unsigned)strtoul(status, NULL, 10) : 0;
}

static enum far_err err_by_name(const char *name)
{
    for (enum far_err err = 1; err < FAR_ERR_COUNT; err++)
        if (strcmp(far_err_name(err), name) == 0) return err;
    return FAR_EIO; /* of a newer version */
}

static void on_answer(struct bus_waiting *waiting, const struct far_bus_msg *msg)
{
    struct far_bus_answer answer = {.err = FAR_OK, .error_text = "", .msg = msg};
    ProtobufCMessage *message = NULL;
    const char *refusal = far_bus_header(msg, FAR_BUS_ERROR_HEADER);
    if (bus_status(msg) == 503) {
        answer.err = FAR_EUNAVAILABLE;
        answer.error_text = "nobody serves this subject now";
    } else if (refusal) {
        const char *text = far_bus_header(msg, FAR_BUS_ERROR_TEXT_HEADER);
        answer.err = err_by_name(refusal);
        answer.error_text = text ? text : "";
    } else if (waiting->reply_type) {
        answer.err = far_bus_unpack(waiting->reply_type, msg, &message);
        if (answer.err != FAR_OK) answer.error_text = "the answer is not of the expected type";
    }
    answer.message = message;
    finish(waiting, &answer);
    if (message) protobuf_c_message_free_unpacked(message, NULL);
}

bool bus_on_inbox(void *ctx, const struct far_bus_msg *msg)
{
    struct far_bus *bus = ctx;
    char *end = NULL;
    const char *token = strrchr(msg->subject, '.');
    uint64_t id = token ? strtoull(token + 1, &end, 16) : 0;
    struct bus_waiting *waiting = far_pool_get(&bus->waiting, id);
    if (!waiting || !end || *end != '-') return false; /* it came too late */
    if (waiting->inbox_fn)
        waiting->inbox_fn(waiting->ctx, msg, strtoull(end + 1, NULL, 16));
    else
        on_answer(waiting, msg);
    return false;
}

/* ---- Asking -------------------------------------------------------------------------------------------- */

enum far_err bus_ask(struct far_bus *bus, const struct bus_question *question, uint64_t *ret_id)
{
    uint64_t id = 0;
    char reply_to[BUS_INBOX_LEN_MAX + 40];
    struct bus_out out = question->out;
    struct bus_waiting *waiting = far_pool_new(&bus->waiting, &id);
    if (!waiting) return FAR_EFULL;
    *waiting = (struct bus_waiting){.bus = bus,
                                    .id = id,
                                    .answer_fn = question->fn,
                                    .drop_fn = question->drop_fn,
                                    .ctx = question->ctx,
                                    .reply_type = question->reply_type,
                                    .asked_at_us = far_clock_mono_us()};
    enum far_err err =
        far_timer_start(bus->loop, question->timeout_ms, 0, on_deadline, waiting, &waiting->timer);
    bus_inbox_subject(bus, id, 0, reply_to, sizeof(reply_to));
    out.reply = reply_to;
    if (err == FAR_OK) err = bus_send(bus, &out);
    if (err != FAR_OK) {
        bus_inbox_close(bus, id);
        return err;
    }
    if (ret_id) *ret_id = id;
    return FAR_OK;
}

enum far_err far_bus_ask(struct far_bus *bus, const struct far_bus_question *question, uint64_t *ret_id)
{
    if (question->timeout_ms == 0 || !question->fn) return FAR_EINVAL;
    struct bus_question inner = {.out = {.subject = question->subject,
                                         .message = question->message,
                                         .data = question->data,
                                         .data_len = question->data_len,
                                         .options = question->options},
                                 .reply_type = question->reply_type,
                                 .timeout_ms = question->timeout_ms,
                                 .fn = question->fn,
                                 .ctx = question->ctx};
    return bus_ask(bus, &inner, ret_id);
}

void far_bus_forget(struct far_bus *bus, uint64_t id)
{
    struct bus_waiting *waiting = far_pool_get(&bus->waiting, id);
    if (waiting && waiting->answer_fn) drop(bus, id);
}

/* ---- Serving ------------------------------------------------------------------------------------------- */

enum far_err far_bus_serve(struct far_bus *bus, const struct far_bus_service *service,
                           struct far_bus_subscription **ret_subscription)
{
    if (!service->fn || !service->request_type) return FAR_EINVAL;
    return bus_subscribe(bus, service->subject, service->queue_group,
                         &(struct far_bus_subscription){.request_fn = service->fn,
                                                        .request_type = service->request_type,
                                                        .ctx = service->ctx},
                         ret_subscription);
}

static void request_free(struct far_bus_request *request)
{
    if (request->bus) {
        far_list_remove(&request->link);
        request->bus->requests_len--;
    }
    natsMsg_Destroy(request->raw);
    free(request);
}

void bus_orphan_requests(struct far_bus *bus)
{
    while (!far_list_empty(&bus->requests)) {
        struct far_bus_request *request = FAR_LIST_ITEM(bus->requests.next, struct far_bus_request, link);
        far_list_remove(&request->link);
        request->bus = NULL;
    }
}

void bus_on_request(struct far_bus *bus, struct far_bus_subscription *subscription, natsMsg *raw)
{
    ProtobufCMessage *message = NULL;
    struct far_bus_request *request = malloc(sizeof(*request));
    if (!request) {
        natsMsg_Destroy(raw); /* whoever asked sees a time-out */
        return;
    }
    *request = (struct far_bus_request){.bus = bus, .raw = raw};
    bus_view(raw, &request->msg);
    far_list_append(&bus->requests, &request->link);
    bus->requests_len++;
    if (bus->requests_len > bus->requests_max) {
        far_bus_reply_error(request, FAR_EFULL, "too many requests wait for this process");
    } else if (far_bus_unpack(subscription->request_type, &request->msg, &message) != FAR_OK) {
        far_bus_reply_error(request, FAR_EPROTO, subscription->request_type->name);
    } else {
        subscription->request_fn(subscription->ctx, request, message);
        protobuf_c_message_free_unpacked(message, NULL);
    }
}

static void reply(struct far_bus_request *request, const struct bus_out *content)
{
    const char *to = natsMsg_GetReply(request->raw);
    if (request->bus && to && *to) {
        struct bus_out out = *content;
        out.subject = to;
        out.no_trace = true;
        enum far_err err = bus_send(request->bus, &out);
        if (err == FAR_EINVAL && content->own_count == 0) {
            far_bus_reply_error(request, FAR_EFULL,
                                "the answer is longer than the bus carries: ask for less");
            return;
        }
    }
    request_free(request); /* what could not be sent is a time-out for whoever asked; it is counted */
}

void far_bus_reply(struct far_bus_request *request, const ProtobufCMessage *message)
{
    reply(request, &(struct bus_out){.message = message});
}

void far_bus_reply_bytes(struct far_bus_request *request, const void *data, size_t data_len)
{
    reply(request, &(struct bus_out){.data = data, .data_len = data_len});
}

void far_bus_reply_error(struct far_bus_request *request, enum far_err err, const char *text)
{
    char clean[ERROR_TEXT_LEN_MAX + 1];
    (void)snprintf(clean, sizeof(clean), "%s", text ? text : far_err_text(err));
    for (char *at = clean; *at; at++)
        if ((unsigned char)*at < ' ') *at = ' '; /* it travels in a header */
    struct far_bus_header headers[2] = {{FAR_BUS_ERROR_HEADER, far_err_name(err)},
                                        {FAR_BUS_ERROR_TEXT_HEADER, clean}};
    reply(request, &(struct bus_out){.own = headers, .own_count = clean[0] ? 2 : 1});
}

const struct far_bus_msg *far_bus_request_msg(const struct far_bus_request *request)
{
    return &request->msg;
}
