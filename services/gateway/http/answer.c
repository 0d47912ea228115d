/* SPDX-License-Identifier: Apache-2.0 */
#include "far/str.h"
#include "private.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what is to be said
 * ---------------------------------------------------------------------------
 */

/* What every answer says, unless it says something else: nothing is sniffed,
 * kept, framed or run. */
static const char *const fixed_headers[][2] = {
    {"cache-control:", "no-store"},
    {"content-security-policy:", "default-src 'none'; frame-ancestors 'none'"},
    {"x-content-type-options:", "nosniff"},
    {"referrer-policy:", "no-referrer"},
    {"x-frame-options:", "DENY"},
};

static bool says(const struct http_answer *answer, const char *name)
{
    for (size_t i = 0; i < FAR_ARRAY_LEN(answer->headers) && answer->headers[i][0]; i++)
        if (strcmp(answer->headers[i][0], name) == 0) return true;
    return false;
}

/* "name\nvalue\n" pairs; the first one is the type and the length. @return
 * false: too long. */
static bool headers_keep(const struct http_server *server, struct connection *connection,
                         const struct http_answer *answer)
{
    struct far_buf text;
    far_buf_init(&text, sizeof(connection->headers));
    far_buf_addf(&text, "%s\n%zu\n",
                 answer->content_type ? answer->content_type : "application/json; charset=utf-8",
                 answer->body_len);
    for (size_t i = 0; i < FAR_ARRAY_LEN(fixed_headers); i++)
        if (!says(answer, fixed_headers[i][0]))
            far_buf_addf(&text, "%s\n%s\n", fixed_headers[i][0], fixed_headers[i][1]);
    if (server->config.hsts_s > 0 && connection->request->secure)
        far_buf_addf(&text, "strict-transport-security:\nmax-age=%" PRId64 "\n", server->config.hsts_s);
    for (size_t i = 0; i < FAR_ARRAY_LEN(answer->headers) && answer->headers[i][0]; i++)
        far_buf_addf(&text, "%s\n%s\n", answer->headers[i][0], answer->headers[i][1]);
    bool fits = text.err == FAR_OK;
    connection->headers_len = fits ? text.len : 0;
    memcpy(connection->headers, text.data, connection->headers_len);
    far_buf_done(&text);
    return fits;
}

void answer_drop(struct connection *connection)
{
    if (connection->release) connection->release(connection->owner);
    connection->release = NULL;
    free(connection->out_owned);
    connection->out_owned = NULL;
    connection->out = NULL;
}

void http_reply(struct http_server *server, uint64_t id, const struct http_answer *answer)
{
    struct connection *connection = connection_of(server, id);
    if (!connection || connection->answered || connection->is_socket) {
        if (answer->release) answer->release(answer->owner);
        return;
    }
    connection->answered = true;
    if (connection->asked) server->requests--;
    connection->status = answer->status;
    connection->release = answer->release;
    connection->owner = answer->owner;
    connection->out = answer->body;
    if (!answer->release && answer->body_len > 0) {
        connection->out_owned = malloc(answer->body_len);
        connection->out = connection->out_owned;
        if (connection->out_owned) memcpy(connection->out_owned, answer->body, answer->body_len);
    }
    bool whole = headers_keep(server, connection, answer) && (connection->out || answer->body_len == 0);
    connection->out_len = connection->request->method == HTTP_HEAD ? 0 : answer->body_len;
    connection->failed = !whole;
    lws_callback_on_writable(connection->wsi);
}

void json_text_add(struct far_buf *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\') far_buf_add(out, "\\", 1);
        if ((unsigned char)*c < 0x20)
            far_buf_addf(out, "\\u%04x", (unsigned)(unsigned char)*c);
        else
            far_buf_add(out, c, 1);
    }
}

void http_reply_error(struct http_server *server, uint64_t id, unsigned status, const char *code,
                      const char *text)
{
    struct far_buf body;
    far_buf_init(&body, 4096);
    far_buf_addf(&body, "{\"code\":\"%s\",\"text\":\"", code);
    json_text_add(&body, text);
    far_buf_add_text(&body, "\"}");
    const struct http_answer answer = {.status = status, .body = body.data, .body_len = body.len};
    http_reply(server, id, &answer);
    far_buf_done(&body);
}

/* ---- saying it
 * ------------------------------------------------------------------------------------
 */

/* One line of the stored headers. */
static char *next_line(char **cursor, const char *end)
{
    char *line = *cursor;
    char *newline = memchr(line, '\n', (size_t)(end - line));
    if (!newline) return NULL;
    *newline = '\0';
    *cursor = newline + 1;
    return line;
}

static int header_add(struct lws *wsi, const char *name, const char *value, unsigned char **at,
                      unsigned char *end)
{
    return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value,
                                       (int)strlen(value), at, end);
}

/* A body that was refused unread would be taken for the next request. */
static bool is_last(const struct connection *connection)
{
    return connection->status == 411 || connection->status == 413 || connection->status == 414;
}

static int write_headers(struct connection *connection)
{
    unsigned char block[LWS_PRE + 2 * HEADERS_SIZE], *at = block + LWS_PRE, *end = block + sizeof(block) - 1;
    char *cursor = connection->headers, *headers_end = connection->headers + connection->headers_len;
    struct lws *wsi = connection->wsi;
    const char *type = next_line(&cursor, headers_end),
               *length = type ? next_line(&cursor, headers_end) : NULL;
    if (!length || lws_add_http_header_status(wsi, connection->status, &at, end) ||
        header_add(wsi, "content-type:", type, &at, end) ||
        (connection->status != 304 && header_add(wsi, "content-length:", length, &at, end)))
        return -1;
    if (is_last(connection) && header_add(wsi, "connection:", "close", &at, end)) return -1;
    for (char *name = next_line(&cursor, headers_end); name; name = next_line(&cursor, headers_end)) {
        const char *value = next_line(&cursor, headers_end);
        if (!value || header_add(wsi, name, value, &at, end)) return -1;
    }
    if (lws_finalize_http_header(wsi, &at, end)) return -1;
    size_t len = (size_t)(at - (block + LWS_PRE));
    enum lws_write_protocol flags = LWS_WRITE_HTTP_HEADERS;
    if (connection->out_len == 0) flags |= LWS_WRITE_H2_STREAM_END;
    return lws_write(wsi, block + LWS_PRE, len, flags) < (int)len ? -1 : 0;
}

static int answer_end(struct connection *connection)
{
    answer_drop(connection);
    return !is_last(connection) && lws_http_transaction_completed(connection->wsi) == 0 ? 0 : -1;
}

int answer_writable(struct http_server *server, struct connection *connection)
{
    if (!connection->answered) return 0;
    if (connection->failed) return -1;
    if (connection->headers_len > 0) {
        if (write_headers(connection) != 0) return -1;
        connection->headers_len = 0;
        if (connection->out_len == 0) return answer_end(connection);
        lws_callback_on_writable(connection->wsi);
        return 0;
    }
    size_t left = connection->out_len - connection->out_sent, len = left > SEND_CHUNK ? SEND_CHUNK : left;
    if (len == 0) return 0;
    bool last = len == left;
    /* copied: libwebsockets writes into the bytes before what it is given, and
     * these are not ours alone */
    memcpy(server->chunk + LWS_PRE, connection->out + connection->out_sent, len);
    int wrote = lws_write(connection->wsi, server->chunk + LWS_PRE, len,
                          last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP);
    if (wrote < (int)len) return -1;
    connection->out_sent += len;
    if (last) return answer_end(connection);
    lws_callback_on_writable(connection->wsi);
    return 0;
}
