/* SPDX-License-Identifier: Apache-2.0 */
/* stream.h - JetStream: make streams, append, look at them, purge, and read a log in order.
 * Threads and call backs as in far/bus.h. */
#pragma once
#include "far/bus.h"

/* ---- Streams -------------------------------------------------------------------------------------- */

struct far_stream_row; /* far/tables.h */

/** The end of an operation: text is never NULL and says what went wrong, and where. */
typedef void far_stream_done_fn(void *ctx, enum far_err err, const char *text);
/** Create what is missing of rows and update what differs (the server refuses an impossible change).
 *  rows must live until done. Idempotent; several processes may do it at once.
 *  @return FAR_OK: fn will be called; FAR_EUNAVAILABLE; FAR_EFULL; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_streams_ensure(struct far_bus *bus, const struct far_stream_row *rows,
                                               size_t rows_count, far_stream_done_fn *fn, void *ctx);

struct far_stream_info {
    uint64_t first_seq;
    uint64_t last_seq; /* 0: nothing was ever stored */
    uint64_t msgs;
    uint64_t bytes;
    int64_t created_ns; /* Unix time [ns]: another value under the same name is another stream */
};
typedef void far_stream_info_fn(void *ctx, enum far_err err, const struct far_stream_info *info);
/** Look at a stream; info is NULL unless FAR_OK. FAR_ENOTFOUND: there is none. */
FAR_MUST_CHECK enum far_err far_stream_get_info(struct far_bus *bus, const char *stream,
                                                far_stream_info_fn *fn, void *ctx);

/** A stored message: valid only during the call back. */
struct far_stream_entry {
    uint64_t seq;
    int64_t stamp_ns; /* when the server stored it: Unix time [ns] */
    const char *subject;
    const uint8_t *data;
    size_t data_len;
    uint64_t pending;              /* entries that the reader has not been given yet, when it was sent */
    const struct far_bus_msg *msg; /* its headers */
};
typedef void far_stream_entry_fn(void *ctx, enum far_err err, const struct far_stream_entry *entry);
/** One entry: by seq, or (seq 0) the last one of a subject. FAR_ENOTFOUND: none; FAR_EUNAVAILABLE: no such
 * stream. */
FAR_MUST_CHECK enum far_err far_stream_get(struct far_bus *bus, const char *stream, uint64_t seq,
                                           const char *last_of_subject, far_stream_entry_fn *fn, void *ctx);
/** Delete everything below keep_from_seq (0: everything), of subject only when it is not NULL. */
FAR_MUST_CHECK enum far_err far_stream_purge(struct far_bus *bus, const char *stream, const char *subject,
                                             uint64_t keep_from_seq, far_stream_done_fn *fn, void *ctx);

/* ---- Appending ------------------------------------------------------------------------------------ */

#define FAR_SEQ_ANY UINT64_MAX /* no expectation */

typedef void far_append_fn(void *ctx, enum far_err err, uint64_t seq, bool duplicate);
struct far_append {
    const char *subject;
    const char *msg_id;              /* Nats-Msg-Id: repeats within the stream's window are stored once */
    const ProtobufCMessage *message; /* or NULL with data */
    const void *data;
    size_t data_len;
    uint64_t last_subject_seq; /* FAR_SEQ_ANY, or the subject's last sequence (0: it has none) */
    uint32_t timeout_ms;       /* > 0 */
    const struct far_bus_options *options;
    far_append_fn *fn;
    void *ctx;
};
/** Append once, without retry: FAR_OK (stored), FAR_ECONFLICT (last_subject_seq is not the last), FAR_EFULL
 * (the stream is full), FAR_EINVAL (longer than the stream takes), FAR_EUNAVAILABLE (no stream takes the
 * subject, or the connection broke: then it may be stored), FAR_ETIMEOUT (may be stored). */
FAR_MUST_CHECK enum far_err far_append(struct far_bus *bus, const struct far_append *append);

/* ---- A producer that keeps order ------------------------------------------------------------------- */

/** Keeps what is not acknowledged in a bounded ring, sends it pipelined, and rewinds to the first
 *  unacknowledged one after any failure; so each number is on the stream, after number - 1, though perhaps
 *  more than once: readers accept only last + 1 (DESIGN 4). Decisions: far/appender.h. */
struct far_appender; /* opaque */
typedef void far_appender_fn(void *ctx, uint64_t number, uint64_t seq);
struct far_appender_config {
    const char *subject;
    const char *id;            /* ids are <id>.<number>.<rewinds>; so <producer>.<incarnation> */
    uint64_t first_number;     /* of the first push; usually 1 */
    uint32_t count_max;        /* entries kept; > 0 */
    size_t bytes_max;          /* their payloads; > 0 */
    uint32_t window;           /* sent and not acknowledged; 0: 64 */
    uint32_t ack_timeout_ms;   /* 0: 2000 */
    uint32_t retry_ms;         /* pause after a failure; 0: 250 */
    far_appender_fn *acked_fn; /* each number once, ascending; may be NULL */
    void *ctx;
};
FAR_MUST_CHECK enum far_err far_appender_create(struct far_bus *bus, const struct far_appender_config *config,
                                                struct far_appender **ret_appender);
struct far_appender *far_appender_destroy(struct far_appender *appender);
/** The number that the next push will have: the caller writes it into its payload. */
uint64_t far_appender_next_number(const struct far_appender *appender);
/** Keep and send. @return FAR_OK; FAR_EFULL: nothing was kept, and the number is not used;
 *  FAR_EINVAL: over FAR_BUS_PAYLOAD_LEN_MAX; FAR_ENOMEM. Works while disconnected. */
FAR_MUST_CHECK enum far_err far_appender_push(struct far_appender *appender, const void *data,
                                              size_t data_len, const struct far_bus_options *options);
FAR_MUST_CHECK enum far_err far_appender_push_message(struct far_appender *appender,
                                                      const ProtobufCMessage *message,
                                                      const struct far_bus_options *options);
/** Entries not acknowledged, their bytes, and rewinds so far. */
void far_appender_stats(const struct far_appender *appender, uint32_t *ret_count, size_t *ret_bytes,
                        uint64_t *ret_rewinds);

/* ---- A reader in order ----------------------------------------------------------------------------- */

/** Reads a stream from a position on, each entry once and in order, through any break of connection or
 *  server: an ephemeral pull consumer without acknowledgement, made anew whenever a number is missing.
 *  Whoever stores what it reads stores the sequence with it, and starts there again. */
struct far_log_reader; /* opaque */
enum far_log_event {
    FAR_LOG_CAUGHT_UP, /* the end was reached; said once after each (re)start; seq: the last one delivered or
                          skipped */
    FAR_LOG_GAP,   /* entries below seq are gone (purged, or the stream's limit); reading goes on at seq */
    FAR_LOG_AHEAD, /* the stream ends at seq, before our position, or is another one than before: it was lost
                      and made again. The reader stops for good */
};
typedef void far_log_entry_fn(void *ctx, const struct far_stream_entry *entry);
typedef void far_log_event_fn(void *ctx, enum far_log_event event, uint64_t seq);
enum far_log_start {
    FAR_LOG_FROM_SEQ,         /* start_seq; 0 and 1: the beginning */
    FAR_LOG_FROM_END,         /* only what comes from now on */
    FAR_LOG_LAST_PER_SUBJECT, /* each subject's last entry, then what follows: key-value buckets */
};
struct far_log_reader_config {
    const char *stream;
    const char *filter; /* subject with wildcards; NULL: all */
    enum far_log_start start;
    uint64_t start_seq;
    uint32_t batch; /* entries on their way at most, the reader's flow control; 0: 256 */
    far_log_entry_fn *entry_fn;
    far_log_event_fn *event_fn; /* may be NULL */
    void *ctx;
};
FAR_MUST_CHECK enum far_err far_log_reader_create(struct far_bus *bus,
                                                  const struct far_log_reader_config *config,
                                                  struct far_log_reader **ret_reader);
/** May be called from its own call backs. @return NULL. */
struct far_log_reader *far_log_reader_destroy(struct far_log_reader *reader);
/** Stop delivering until far_log_reader_resume(); may be called from entry_fn. At most batch entries are
 * kept. */
void far_log_reader_pause(struct far_log_reader *reader);
void far_log_reader_resume(struct far_log_reader *reader);
/** The next sequence that it wants. */
uint64_t far_log_reader_next_seq(const struct far_log_reader *reader);
