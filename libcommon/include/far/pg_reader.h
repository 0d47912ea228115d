/* SPDX-License-Identifier: Apache-2.0 */
/* pg_reader.h - a stream into PostgreSQL, each entry once: a batch's effects and how far the stream was read
 * are stored in one transaction (far_pg_progress_advance), and reading begins there again. While PostgreSQL
 * is away entries wait in the stream. Loop thread, but for apply(). */
#pragma once
#include "far/bus.h"
#include "far/postgres.h"

struct far_pg_reader_entry {
    uint64_t seq;
    int64_t stamp_ns;
    const char *subject;
    const uint8_t *data;
    size_t data_len;
};
struct far_pg_reader_config {
    const char *stream;   /* of tables.h */
    const char *filter;   /* subject with wildcards; NULL: all */
    const char *consumer; /* names the progress, within the service's schema; also the health check */
    /* On a database thread, inside the transaction. An error undoes the batch, which is tried again after a
     * second, for ever: what can never succeed must be logged and answered with FAR_OK. */
    enum far_err (*apply)(struct far_pg_conn *conn, const struct far_pg_reader_entry *entry, void *ctx);
    void (*stored)(void *ctx); /* on the loop, after each commit; NULL: nothing */
    void *ctx;
};
struct far_pg_reader; /* opaque */
FAR_MUST_CHECK enum far_err far_pg_reader_create(struct far_bus *bus, struct far_pg *pg,
                                                 const struct far_pg_reader_config *config,
                                                 struct far_pg_reader **ret_reader);
/** Entries read and not yet stored. */
size_t far_pg_reader_waiting(const struct far_pg_reader *reader);
/** A batch under way ends by itself. NULL is allowed. @return NULL. */
struct far_pg_reader *far_pg_reader_destroy(struct far_pg_reader *reader);
