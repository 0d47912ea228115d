/* SPDX-License-Identifier: Apache-2.0 */
/* bus.h - the one way between services: NATS, typed by protobuf-c (subjects: far/tables.h).
 *
 * Everything here is called on the loop's thread, never blocks, and calls back on the loop's thread.
 * Two threads stand behind a bus: the library's reader hands what arrives to the loop, and a writer of
 * ours makes every call that could wait on the library's lock or on the socket. Nothing is kept while
 * disconnected: publishing then fails with FAR_EUNAVAILABLE, and what must not be lost goes through
 * far_appender (far/log.h). JetStream is spoken by its own request/reply API on this same mechanism.
 *
 * Callbacks never run inside the function that registers them. A function that fails never calls back. */
#pragma once
#include "far/err.h"
#include "far/trace.h"
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct far_loop;
struct far_bus;              /* opaque */
struct far_bus_request;      /* opaque: a question that waits for its answer */
struct far_bus_subscription; /* opaque */

#define FAR_BUS_SUBJECT_LEN_MAX   255
#define FAR_BUS_PAYLOAD_LEN_MAX   (1024u * 1024u) /* the server's max_payload */
#define FAR_BUS_ERROR_HEADER      "Farseat-Error" /* an error's name, e.g. ESTATE */
#define FAR_BUS_ERROR_TEXT_HEADER "Farseat-Error-Text"

enum far_bus_state {
    FAR_BUS_CONNECTING, /* never connected yet; tries for ever */
    FAR_BUS_CONNECTED,
    FAR_BUS_DISCONNECTED, /* tries again for ever */
};

/** The connection changed. On FAR_BUS_CONNECTED all subscriptions stand again. */
typedef void far_bus_state_fn(void *ctx, enum far_bus_state state);

struct far_bus_config {
    const char *url;            /* nats://host:port, several with commas */
    const char *nkey_file;      /* file with the user's nkey seed (SU...); NULL: no authentication */
    const char *name;           /* the bus user, e.g. edge-hq: inboxes are _INBOX.<name>.> */
    uint32_t request_count_max; /* questions open at once, each way; 0: 4096 */
    uint32_t queue_len_max;     /* messages waiting for the loop, or for the writer; 0: 16384 */
    size_t queue_bytes_max;     /* their bytes, each way; 0: 64 MiB */
    far_bus_state_fn *state_fn; /* may be NULL */
    void *state_ctx;
};

/** Start connecting; returns at once and goes on trying for ever. All strings are copied.
 *  @return FAR_OK; FAR_EINVAL: url, name or nkey file is not usable (logged with the remedy); FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_bus_connect(const struct far_bus_config *config, struct far_loop *loop,
                                            struct far_bus **ret_bus);
/** Close: waiting requests are dropped without a call back, what was handed to the writer is still sent
 *  (at most 1 s; it waits for that). Readers, watches, leases and appenders must be destroyed before. Never
 * from a call back of the bus: that is asserted. @return NULL. */
struct far_bus *far_bus_destroy(struct far_bus *bus);
enum far_bus_state far_bus_state(const struct far_bus *bus);
/** The loop that it calls back on. */
struct far_loop *far_bus_loop(const struct far_bus *bus);
/** Also tell these about changes of the connection; add once, remove before ctx dies. @return FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_bus_add_state_fn(struct far_bus *bus, far_bus_state_fn *fn, void *ctx);
void far_bus_remove_state_fn(struct far_bus *bus, far_bus_state_fn *fn, void *ctx);

/* ---- Messages ------------------------------------------------------------------------------------- */

struct far_bus_header {
    const char *key;
    const char *value;
};
/** What goes with a message; all optional, NULL instead of a pointer to it is allowed everywhere. */
struct far_bus_options {
    const struct far_trace *trace; /* NULL: a new trace is started */
    const struct far_bus_header *headers;
    size_t headers_count; /* <= 16 */
};
/** A message that arrived: valid only during the call back. */
struct far_bus_msg {
    const char *subject;
    const uint8_t *data;
    size_t data_len;
    void *raw; /* private */
};
/** A header's value, exact case; NULL: absent. Valid as long as the message. */
const char *far_bus_header(const struct far_bus_msg *msg, const char *key);
/** The message's trace; all zero when it carries none. */
void far_bus_trace(const struct far_bus_msg *msg, struct far_trace *ret_trace);

/** Publish, at most once (far.live.*). The message is packed before the function returns.
 *  @return FAR_OK: handed to the writer; FAR_EINVAL: bad subject or over FAR_BUS_PAYLOAD_LEN_MAX;
 *  FAR_EUNAVAILABLE: not connected; FAR_EFULL: the writer is too far behind; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_bus_publish(struct far_bus *bus, const char *subject,
                                            const ProtobufCMessage *message,
                                            const struct far_bus_options *options);
/** The same with bytes. */
FAR_MUST_CHECK enum far_err far_bus_publish_bytes(struct far_bus *bus, const char *subject, const void *data,
                                                  size_t data_len, const struct far_bus_options *options);

typedef void far_bus_msg_fn(void *ctx, const struct far_bus_msg *msg);
/** Receive plain messages; wildcards * and > as in NATS; queue_group may be NULL.
 *  @return FAR_OK; FAR_EINVAL; FAR_ENOMEM. A subject that the permissions deny is logged and counted. */
FAR_MUST_CHECK enum far_err far_bus_subscribe(struct far_bus *bus, const char *subject,
                                              const char *queue_group, far_bus_msg_fn *fn, void *ctx,
                                              struct far_bus_subscription **ret_subscription);
/** No call back comes after it, not even for what has arrived. NULL is allowed. @return NULL. */
struct far_bus_subscription *far_bus_unsubscribe(struct far_bus_subscription *subscription);
/** Unpack a payload. The caller frees it by protobuf_c_message_free_unpacked(m, NULL). @return FAR_EPROTO. */
FAR_MUST_CHECK enum far_err far_bus_unpack(const ProtobufCMessageDescriptor *type,
                                           const struct far_bus_msg *msg, ProtobufCMessage **ret_message);

/* ---- Questions ------------------------------------------------------------------------------------ */

/** How a question ended. */
struct far_bus_answer {
    enum far_err err; /* FAR_OK; FAR_ETIMEOUT; FAR_EUNAVAILABLE: nobody serves it, or the connection broke;
                         FAR_EPROTO: the answer is not of the expected type; or what the other side replied */
    const char *error_text;          /* never NULL; the other side's words when it refused */
    const ProtobufCMessage *message; /* of reply_type; NULL unless FAR_OK and a type was given */
    const struct far_bus_msg *msg;   /* NULL when none came */
};
typedef void far_bus_answer_fn(void *ctx, const struct far_bus_answer *answer);

struct far_bus_question {
    const char *subject;
    const ProtobufCMessage *message; /* or NULL with data */
    const void *data;
    size_t data_len;
    const ProtobufCMessageDescriptor *reply_type; /* NULL: the answer's bytes are looked at by the caller */
    uint32_t timeout_ms;                          /* > 0 */
    const struct far_bus_options *options;
    far_bus_answer_fn *fn; /* called exactly once */
    void *ctx;
};
/** Ask. ret_id (may be NULL) is for far_bus_forget().
 *  @return as far_bus_publish(); FAR_EFULL also when request_count_max questions are open. */
FAR_MUST_CHECK enum far_err far_bus_ask(struct far_bus *bus, const struct far_bus_question *question,
                                        uint64_t *ret_id);
/** No answer is wanted any more: fn will not be called. An unknown id is allowed. */
void far_bus_forget(struct far_bus *bus, uint64_t id);

/** A question to us. The handler, or later anybody on the loop, ends it by exactly one of
 *  far_bus_reply() and far_bus_reply_error(); message is valid only during the call back. */
typedef void far_bus_request_fn(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message);
struct far_bus_service {
    const char *subject;     /* wildcards allowed */
    const char *queue_group; /* NULL: everyone answers */
    const ProtobufCMessageDescriptor *request_type;
    far_bus_request_fn *fn;
    void *ctx;
};
/** Serve a method. What does not decode is answered with FAR_EPROTO, what exceeds request_count_max with
 *  FAR_EFULL, before fn sees it. @return FAR_OK; FAR_EINVAL; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_bus_serve(struct far_bus *bus, const struct far_bus_service *service,
                                          struct far_bus_subscription **ret_subscription);
/** Answer and free the request. A request outlives far_bus_destroy(): then this only frees it. */
void far_bus_reply(struct far_bus_request *request, const ProtobufCMessage *message);
void far_bus_reply_bytes(struct far_bus_request *request, const void *data, size_t data_len);
/** Refuse and free the request; text may be NULL. */
void far_bus_reply_error(struct far_bus_request *request, enum far_err err, const char *text);
/** The question's subject, headers, trace, bytes: valid until the reply. */
const struct far_bus_msg *far_bus_request_msg(const struct far_bus_request *request);
