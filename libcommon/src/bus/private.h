/* SPDX-License-Identifier: Apache-2.0 */
/* private.h - private to bus/: what its files share. Loop thread only, but for the metrics. */
#pragma once
#include "bus/port.h"
#include "far/bus.h"
#include "far/list.h"
#include "far/metrics.h"
#include "far/pool.h"

#define BUS_STATE_FNS_MAX 256
#define BUS_INBOX_LEN_MAX 128

enum bus_metric {
    BUS_M_CONNECTED,
    BUS_M_CONNECTS,
    BUS_M_MESSAGES,
    BUS_M_BYTES,
    BUS_M_DROPPED,
    BUS_M_REFUSED,
    BUS_M_DENIED,
    BUS_M_MALFORMED,
    BUS_M_ANSWER_TIME,
    BUS_M_UNANSWERED,
    BUS_M_REWINDS,
    BUS_M_READER_RESTARTS,
    BUS_M_COUNT
};
enum { BUS_IN, BUS_OUT }; /* label values of MESSAGES and BYTES */
extern struct far_metric far_bus_metrics[BUS_M_COUNT];

struct bus_state_fn {
    far_bus_state_fn *fn;
    void *ctx;
};
struct far_bus {
    struct far_loop *loop;
    struct far_port *port;
    enum far_bus_state state;
    char *name;
    char inbox[BUS_INBOX_LEN_MAX]; /* _INBOX.<name>.<random> */
    struct far_pool waiting;       /* struct bus_waiting: questions and inboxes, by id */
    struct far_pool subscriptions; /* struct far_bus_subscription * */
    struct far_list requests;      /* struct far_bus_request: others' questions that wait for us */
    uint32_t requests_len, requests_max;
    struct bus_state_fn state_fns[BUS_STATE_FNS_MAX];
    size_t state_fns_len;
    bool telling;     /* tell_state() is walking over them */
    uint8_t *scratch; /* for packing */
    size_t scratch_size;
    unsigned in_call; /* call backs under way */
};

/* What waits for messages to _INBOX.<name>.<random>.<id>-<tag>. */
typedef void bus_inbox_fn(void *ctx, const struct far_bus_msg *msg, uint64_t tag);
typedef void bus_drop_fn(void *ctx);
struct bus_waiting {
    struct far_bus *bus;
    uint64_t id;
    bus_inbox_fn *inbox_fn;       /* an inbox for many messages; NULL: a question */
    far_bus_answer_fn *answer_fn; /* NULL: an inbox */
    bus_drop_fn *drop_fn; /* instead of answer_fn, when the bus is destroyed or the question forgotten */
    void *ctx;
    const ProtobufCMessageDescriptor *reply_type;
    uint64_t timer;
    uint64_t asked_at_us;
};

/* One message on its way out. */
struct bus_out {
    const char *subject;
    const char *reply; /* or NULL */
    const ProtobufCMessage *message;
    const void *data; /* when message is NULL */
    size_t data_len;
    const struct far_bus_options *options;
    const struct far_bus_header *own; /* more headers */
    size_t own_count;
    bool no_trace;
    bool wildcards; /* the subject may have some: a filter of the server's API */
};
FAR_MUST_CHECK enum far_err bus_send(struct far_bus *bus, const struct bus_out *out);
/** far_bus_ask() for this folder: out.reply is set by it; drop_fn may be NULL. */
struct bus_question {
    struct bus_out out;
    const ProtobufCMessageDescriptor *reply_type;
    uint32_t timeout_ms;
    far_bus_answer_fn *fn;
    bus_drop_fn *drop_fn;
    void *ctx;
};
FAR_MUST_CHECK enum far_err bus_ask(struct far_bus *bus, const struct bus_question *question,
                                    uint64_t *ret_id);
/** Whether text can be a subject; wildcards only if allowed. */
bool bus_subject_ok(const char *text, bool wildcards);
/** The number in a Status header (503, 404, 408, 409, 100); 0: none. */
unsigned bus_status(const struct far_bus_msg *msg);

/** An inbox that receives many messages. @return FAR_EFULL; FAR_OK. */
FAR_MUST_CHECK enum far_err bus_inbox_open(struct far_bus *bus, bus_inbox_fn *fn, void *ctx,
                                           uint64_t *ret_id);
void bus_inbox_close(struct far_bus *bus, uint64_t id);
/** The reply subject that leads to it. */
void bus_inbox_subject(const struct far_bus *bus, uint64_t id, uint64_t tag, char *out, size_t out_size);

/** @return whether the callee keeps msg->raw and destroys it later. */
typedef bool bus_raw_fn(void *ctx, const struct far_bus_msg *msg);
struct far_bus_subscription {
    struct far_bus *bus;
    uint64_t id;
    bus_raw_fn *raw_fn; /* instead of msg_fn and request_fn */
    far_bus_msg_fn *msg_fn;
    far_bus_request_fn *request_fn;
    const ProtobufCMessageDescriptor *request_type;
    void *ctx;
};
FAR_MUST_CHECK enum far_err bus_subscribe(struct far_bus *bus, const char *subject, const char *queue_group,
                                          const struct far_bus_subscription *like,
                                          struct far_bus_subscription **ret_subscription);

/* ask.c */
bus_raw_fn bus_on_inbox; /* of everything to _INBOX.<name>.<random>.* */
void bus_fail_questions(struct far_bus *bus);
void bus_drop_waiting(struct far_bus *bus);
void bus_on_request(struct far_bus *bus, struct far_bus_subscription *subscription,
                    natsMsg *msg); /* takes msg */
void bus_orphan_requests(struct far_bus *bus);
void bus_view(natsMsg *msg, struct far_bus_msg *ret_view);
