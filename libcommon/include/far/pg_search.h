/* SPDX-License-Identifier: Apache-2.0 */
/* pg_search.h - searches that people make: a statement that grows by conditions, pages that follow a cursor,
 * messages as bytea. On a database thread. */
#pragma once
#include "far/err.h"
#include "far/postgres.h"
#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

#define FAR_PG_SEARCH_VALUES_MAX 16

struct far_pg_search {
    char sql[4096];
    size_t sql_len;
    const char *values[FAR_PG_SEARCH_VALUES_MAX]; /* the caller's; must live until the search has run */
    size_t values_len;
    char cursor_at_us[24], cursor_id[40], limit_text[16];
};
/** Begin with a statement that ends in a condition ("... where true"). */
void far_pg_search_init(struct far_pg_search *search, const char *sql);
/** Append a condition in which %zu stands for the value's place ("and status = $%zu"); an empty or absent
 * value adds nothing. condition is a literal of the source. */
void far_pg_search_add(struct far_pg_search *search, const char *condition, const char *value);
/** Newest first behind a cursor ("<time>.<uuid>", "" for the first page), at most limit + 1 rows: one more
 * than is shown tells that there is a next page. time and id are columns.
 *  @return FAR_OK; FAR_EINVAL: the cursor is not one of ours. */
FAR_MUST_CHECK enum far_err far_pg_search_page(struct far_pg_search *search, const char *cursor,
                                               const char *time, const char *id, uint32_t limit);
/** @return as far_pg_query(). */
FAR_MUST_CHECK enum far_err far_pg_search_run(struct far_pg_conn *conn, const struct far_pg_search *search,
                                              PGresult **ret_result);
/** The cursor behind a row; out has room for 64. */
void far_pg_cursor(char out[64], int64_t at_us, const char *id);
/** 0: otherwise; above max: max. */
uint32_t far_pg_limit(uint32_t asked, uint32_t otherwise, uint32_t max);

/** A message as the text of a bytea value; the caller frees it. NULL: no memory. */
char *far_pg_bytea(const ProtobufCMessage *message);
/** The message of a bytea cell; NULL: it does not decode. The caller frees it (free_unpacked). */
ProtobufCMessage *far_pg_message(const ProtobufCMessageDescriptor *type, const PGresult *result, int row,
                                 int column);
