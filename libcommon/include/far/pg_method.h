/* SPDX-License-Identifier: Apache-2.0 */
/* pg_method.h - methods of far.api.* that are answered out of PostgreSQL: a question arrives on the loop, its
 * work runs on a database thread, the answer goes back from the loop. */
#pragma once
#include "far/bus.h"
#include "far/postgres.h"
#include "far/tables.h"

#define FAR_PG_METHOD_TEXT_SIZE 256

/** What work() leaves. On FAR_OK message is an answer whose every part came from malloc (as by
 * far_pg_strdup() and protobuf_c_message_unpack()); it is freed after sending. Otherwise text says what,
 * where and how to mend it; "": the error's own sentence. */
struct far_pg_answer {
    ProtobufCMessage *message;
    char text[FAR_PG_METHOD_TEXT_SIZE];
};
/** On a database thread. It may be called again when the transaction had a conflict (postgres.h): message is
 * freed and NULL, text empty, at each beginning. */
typedef enum far_err far_pg_method_fn(struct far_pg_conn *conn, const ProtobufCMessage *request, void *ctx,
                                      struct far_pg_answer *ret_answer);
struct far_pg_method {
    enum far_method method;
    bool transaction;
    far_pg_method_fn *work;
    void (*after)(void *ctx); /* on the loop, after a success that was committed; NULL: nothing */
};
struct far_pg_methods; /* opaque */
/** Serve them all, as queue group of their service. methods must live until destroy; ctx is given to the
 * functions.
 *  @return FAR_OK; or what far_bus_serve() says. */
FAR_MUST_CHECK enum far_err far_pg_methods_serve(struct far_bus *bus, struct far_pg *pg,
                                                 const struct far_pg_method *methods, size_t count, void *ctx,
                                                 struct far_pg_methods **ret_methods);
/** Take no more questions; those under way are still answered. NULL is allowed. @return NULL. */
struct far_pg_methods *far_pg_methods_destroy(struct far_pg_methods *methods);
/** Questions under way: 0 is when a drain has ended. */
size_t far_pg_methods_open(const struct far_pg_methods *methods);

/** Zeroed memory for a part of an answer; ends the process when the heap is exhausted. */
void *far_message_alloc(size_t size);
/** A copy of a cell (NULL: "") for a protobuf-c text field; ends the process when the heap is exhausted. */
char *far_pg_strdup(const PGresult *result, int row, int column);
/** The same for any text; NULL counts as "". */
char *far_message_strdup(const char *text);
