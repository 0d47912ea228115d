/* SPDX-License-Identifier: Apache-2.0 */
/* err.h - the one error type of the tree. Foreign codes (errno, uv, nats, PQ) are translated in the shell
 * file that met them, never here. Pure: part of farpure. */
#pragma once

/* X(name, text): the enum, far_err_name() and far_err_text() all come from this list. */
#define FAR_ERR_MAP(X)                                                                                       \
    X(OK, "success")                                                                                         \
    X(EINVAL, "an argument is outside its documented range")                                                 \
    X(ENOMEM, "the heap is exhausted")                                                                       \
    X(ESTATE, "the event is not allowed in this state")                                                      \
    X(ENOTFOUND, "no such thing")                                                                            \
    X(EEXIST, "it exists already")                                                                           \
    X(ETIMEOUT, "the deadline has passed; the effect is unknown")                                            \
    X(EIO, "input or output failed")                                                                         \
    X(EPROTO, "a peer sent malformed input")                                                                 \
    X(EAGAIN, "a queue is full; try later")                                                                  \
    X(EDENIED, "not permitted")                                                                              \
    X(ECONFLICT, "somebody else changed it first")                                                           \
    X(EUNAVAILABLE, "the other side is not there now")                                                       \
    X(EFULL, "a configured limit is reached")

#define X(name, text) FAR_##name,
enum far_err { FAR_ERR_MAP(X) FAR_ERR_COUNT };
#undef X

#define FAR_MUST_CHECK       __attribute__((warn_unused_result))
#define FAR_PRINTF(fmt, arg) __attribute__((format(printf, fmt, arg)))
#define FAR_ARRAY_LEN(a)     (sizeof(a) / sizeof((a)[0]))

/** "EINVAL"; "EUNKNOWN" for a value outside the list. Static text. Any thread. */
const char *far_err_name(enum far_err err);
/** The sentence of the list. Static text. Any thread. */
const char *far_err_text(enum far_err err);
