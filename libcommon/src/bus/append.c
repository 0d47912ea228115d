/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/append.h"
#include "bus/js.h"
#include <stdio.h>
#include <stdlib.h>

struct append_call {
    far_append_fn *fn;
    bus_drop_fn *drop_fn;
    void *ctx;
};

enum far_err append_ack_of(const struct far_bus_msg *msg, uint64_t *ret_seq, bool *ret_duplicate)
{
    unsigned code = 0;
    const char *text = "";
    if (bus_status(msg) == 503) return FAR_EUNAVAILABLE;
    json_t *reply = json_loadb((const char *)msg->data, msg->data_len, 0, NULL);
    enum far_err err = js_error(reply, &code, &text);
    json_int_t seq = json_integer_value(json_object_get(reply, "seq"));
    if (err == FAR_OK && seq <= 0) err = FAR_EPROTO;
    if (err == FAR_OK) {
        *ret_seq = (uint64_t)seq;
        *ret_duplicate = json_is_true(json_object_get(reply, "duplicate"));
    }
    json_decref(reply);
    return err;
}

static void on_ack(void *ctx, const struct far_bus_answer *answer)
{
    struct append_call call = *(struct append_call *)ctx;
    uint64_t seq = 0;
    bool duplicate = false;
    free(ctx);
    enum far_err err = answer->err == FAR_OK ? append_ack_of(answer->msg, &seq, &duplicate) : answer->err;
    call.fn(call.ctx, err, seq, duplicate);
}

static void on_drop(void *ctx)
{
    struct append_call call = *(struct append_call *)ctx;
    free(ctx);
    if (call.drop_fn) call.drop_fn(call.ctx);
}

enum far_err append_with(struct far_bus *bus, const struct far_append *append,
                         const struct far_bus_header *more, bus_drop_fn *drop_fn)
{
    struct far_bus_header headers[3];
    size_t count = 0;
    char last[24];
    if (append->timeout_ms == 0 || !append->fn) return FAR_EINVAL;
    if (append->msg_id) headers[count++] = (struct far_bus_header){"Nats-Msg-Id", append->msg_id};
    if (append->last_subject_seq != FAR_SEQ_ANY) {
        (void)snprintf(last, sizeof(last), "%llu", (unsigned long long)append->last_subject_seq);
        headers[count++] = (struct far_bus_header){"Nats-Expected-Last-Subject-Sequence", last};
    }
    if (more) headers[count++] = *more;
    struct append_call *call = malloc(sizeof(*call));
    if (!call) return FAR_ENOMEM;
    *call = (struct append_call){.fn = append->fn, .drop_fn = drop_fn, .ctx = append->ctx};
    enum far_err err = bus_ask(bus,
                               &(struct bus_question){.out = {.subject = append->subject,
                                                              .message = append->message,
                                                              .data = append->data,
                                                              .data_len = append->data_len,
                                                              .options = append->options,
                                                              .own = headers,
                                                              .own_count = count},
                                                      .timeout_ms = append->timeout_ms,
                                                      .fn = on_ack,
                                                      .drop_fn = on_drop,
                                                      .ctx = call},
                               NULL);
    if (err != FAR_OK) free(call);
    return err;
}

enum far_err far_append(struct far_bus *bus, const struct far_append *append)
{
    return append_with(bus, append, NULL, NULL);
}
