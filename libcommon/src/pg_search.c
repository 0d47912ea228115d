/* SPDX-License-Identifier: Apache-2.0 */
#include "far/pg_search.h"
#include "far/id.h"
#include "far/str.h"
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void append(struct far_pg_search *search, const char *text)
{
    size_t len = strlen(text);
    assert(search->sql_len + len < sizeof(search->sql)); /* statements are ours, values never get in here */
    memcpy(search->sql + search->sql_len, text, len + 1);
    search->sql_len += len;
}

void far_pg_search_init(struct far_pg_search *search, const char *sql)
{
    memset(search, 0, sizeof(*search));
    append(search, sql);
}

void far_pg_search_add(struct far_pg_search *search, const char *condition, const char *value)
{
    if (!value || value[0] == '\0') return;
    assert(search->values_len < FAR_PG_SEARCH_VALUES_MAX);
    char place[24];
    search->values[search->values_len++] = value;
    (void)snprintf(place, sizeof(place), "%zu", search->values_len);
    append(search, " ");
    const char *mark = strstr(condition, "%zu");
    assert(mark);
    char before[512];
    (void)far_str_copy_len(before, sizeof(before), condition, (size_t)(mark - condition));
    append(search, before);
    append(search, place);
    append(search, mark + 3);
}

static enum far_err cursor_read(struct far_pg_search *search, const char *cursor)
{
    const char *dot = strchr(cursor, '.');
    struct far_id id;
    uint64_t at_us = 0;
    if (!dot || dot - cursor > 20 || far_id_parse(dot + 1, &id) != FAR_OK) return FAR_EINVAL;
    (void)far_str_copy_len(search->cursor_at_us, sizeof(search->cursor_at_us), cursor,
                           (size_t)(dot - cursor));
    far_id_format(&id, search->cursor_id);
    return far_str_u64(search->cursor_at_us, INT64_MAX, &at_us);
}

enum far_err far_pg_search_page(struct far_pg_search *search, const char *cursor, const char *time,
                                const char *id, uint32_t limit)
{
    char text[160];
    if (cursor && cursor[0] != '\0') {
        if (cursor_read(search, cursor) != FAR_OK) return FAR_EINVAL;
        (void)snprintf(text, sizeof(text), "and (%s, %s) < ($%%zu::bigint,", time, id);
        far_pg_search_add(search, text, search->cursor_at_us);
        far_pg_search_add(search, "$%zu::uuid)", search->cursor_id);
    }
    (void)snprintf(search->limit_text, sizeof(search->limit_text), "%" PRIu32, limit + 1);
    (void)snprintf(text, sizeof(text), "order by %s desc, %s desc limit $%%zu", time, id);
    far_pg_search_add(search, text, search->limit_text);
    return FAR_OK;
}

enum far_err far_pg_search_run(struct far_pg_conn *conn, const struct far_pg_search *search,
                               PGresult **ret_result)
{
    return far_pg_query(conn, search->sql, search->values_len, search->values, ret_result);
}

void far_pg_cursor(char out[64], int64_t at_us, const char *id)
{
    (void)snprintf(out, 64, "%" PRId64 ".%s", at_us, id);
}

uint32_t far_pg_limit(uint32_t asked, uint32_t otherwise, uint32_t max)
{
    return asked == 0 ? otherwise : asked > max ? max : asked;
}

char *far_pg_bytea(const ProtobufCMessage *message)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    uint8_t *packed = malloc(len + 1);
    char *text = malloc(2 * len + 3);
    if (packed && text) {
        protobuf_c_message_pack(message, packed);
        memcpy(text, "\\x", 2);
        far_str_hex(packed, len, text + 2);
    } else {
        free(text);
        text = NULL;
    }
    free(packed);
    return text;
}

ProtobufCMessage *far_pg_message(const ProtobufCMessageDescriptor *type, const PGresult *result, int row,
                                 int column)
{
    size_t len = 0;
    unsigned char *bytes = PQunescapeBytea((const unsigned char *)far_pg_text(result, row, column), &len);
    ProtobufCMessage *message = bytes ? protobuf_c_message_unpack(type, NULL, len, bytes) : NULL;
    PQfreemem(bytes);
    return message;
}
