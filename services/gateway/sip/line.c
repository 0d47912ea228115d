/* SPDX-License-Identifier: Apache-2.0 */
#include "line.h"
#include "far/clock.h"
#include "far/log.h"
#include "far/loop.h"
#include "far/str.h"
#include "stream.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_SIZE 16384

/* One try of a door; it outlives the line until its handle is closed. */
struct connection {
    uv_tcp_t tcp;
    uv_connect_t connecting;
    struct line *line; /* NULL: given up */
    char chunk[READ_SIZE];
};
struct line {
    struct api *api;
    struct line_owner owner;
    line_next_fn *next;
    void *ctx;
    struct connection *connection;
    struct door_address door;
    size_t attempt;
    uint64_t since_ms;
    struct stream in;
    struct far_buf held; /* what the browser said before the door's OK, as frames */
    size_t queued;       /* bytes on their way to the door */
    bool reading, paused;
};
struct writing {
    uv_write_t request;
    struct connection *connection;
    size_t len;
    char bytes[];
};

const struct line_owner *line_owner(const struct line *line)
{
    return &line->owner;
}

/* ---- towards the door ---------------------------------------------------------------------------- */

static void give_up(struct line *line, const char *why)
{
    FAR_INFO("browser-phone-ends", "phone=%s edge=%s why=\"%s\"", line->owner.phone, line->door.edge, why);
    http_socket_close(line->api->http, line->owner.socket, 1013, "the edge has ended the line");
}

static void written(uv_write_t *request, int status)
{
    struct writing *writing = (struct writing *)request;
    struct line *line = writing->connection->line;
    if (line) {
        line->queued -= writing->len;
        if (line->paused && line->queued < LINE_QUEUE_MAX / 2) {
            line->paused = false;
            http_socket_pause(line->api->http, line->owner.socket, false);
        }
        if (status < 0) give_up(line, uv_err_name(status));
    }
    free(writing);
}

static void put(struct line *line, const void *data, size_t len)
{
    struct writing *writing = malloc(sizeof(*writing) + len);
    if (!writing) {
        give_up(line, "out of memory");
        return;
    }
    writing->connection = line->connection;
    writing->len = len;
    memcpy(writing->bytes, data, len);
    uv_buf_t buf = uv_buf_init(writing->bytes, (unsigned)len);
    if (uv_write(&writing->request, (uv_stream_t *)&line->connection->tcp, &buf, 1, written) != 0) {
        free(writing);
        give_up(line, "it cannot be written to");
        return;
    }
    line->queued += len;
    if (line->queued > LINE_QUEUE_MAX && !line->paused) {
        line->paused = true;
        http_socket_pause(line->api->http, line->owner.socket, true);
    }
}

void line_send(struct line *line, const char *data, size_t len)
{
    uint8_t head[4];
    if (len == 0 || len > STREAM_FRAME_MAX) return; /* a keep-alive of no bytes (RFC 7118 6) */
    stream_head(len, head);
    struct far_buf *held = &line->held;
    if (line->in.greeted) far_buf_clear(held);
    far_buf_add(held, head, sizeof(head));
    far_buf_add(held, data, len);
    if (held->err != FAR_OK)
        give_up(line, "the browser says too much before the door answers");
    else if (line->in.greeted && line->connection)
        put(line, held->data, held->len);
}

static bool hello(struct line *line)
{
    char text[260], text_line[400], nonce[33], proof[2 * crypto_auth_hmacsha256_BYTES + 1];
    uint8_t bytes[16], mac[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;
    randombytes_buf(bytes, sizeof(bytes));
    far_str_hex(bytes, sizeof(bytes), nonce);
    int len = snprintf(text, sizeof(text), "%s %s %" PRId64 " %s", line->owner.phone, line->owner.client,
                       far_clock_wall_us() / 1000000, nonce);
    if (len < 0 || (size_t)len >= sizeof(text)) return false;
    crypto_auth_hmacsha256_init(&state, line->door.secret, sizeof(line->door.secret));
    crypto_auth_hmacsha256_update(&state, (const uint8_t *)text, (unsigned long long)len);
    crypto_auth_hmacsha256_final(&state, mac);
    far_str_hex(mac, sizeof(mac), proof);
    len = snprintf(text_line, sizeof(text_line), "FARSEAT/1 %s %s\n", text, proof);
    put(line, text_line, (size_t)len);
    return true;
}

/* ---- from the door ------------------------------------------------------------------------------- */

static void try_next(struct line *line, const char *why);

static void read_some(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf);

static void room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
    struct connection *connection = handle->data;
    size_t size = connection->line ? stream_room(&connection->line->in) : 0;
    (void)suggested;
    *ret_buf = uv_buf_init(connection->chunk, (unsigned)(size < READ_SIZE ? size : READ_SIZE));
}

/* Read while there is room for more: a slow browser holds the door up, not the memory. */
static void flow(struct line *line)
{
    bool wanted = line->connection && stream_room(&line->in) >= STREAM_FRAME_MAX + 4;
    if (!line->connection || wanted == line->reading) return;
    line->reading = wanted;
    if (wanted)
        (void)uv_read_start((uv_stream_t *)&line->connection->tcp, room, read_some);
    else
        (void)uv_read_stop((uv_stream_t *)&line->connection->tcp);
}

/* @return false: the line went on to another door, or ended. */
static bool greet(struct line *line)
{
    char text[STREAM_LINE_MAX + 1];
    enum far_err err = stream_line(&line->in, text);
    if (err == FAR_EAGAIN) return true;
    if (err != FAR_OK || strcmp(text, "OK") != 0) {
        try_next(line, err == FAR_OK ? text : "no door answers so");
        return false;
    }
    if (line->held.len > 0) put(line, line->held.data, line->held.len);
    return true;
}

static void read_some(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct line *line = ((struct connection *)stream->data)->line;
    if (!line || len == 0) return;
    if (len < 0 && line->in.greeted) {
        give_up(line, uv_err_name((int)len));
    } else if (len < 0) {
        try_next(line, uv_err_name((int)len));
    } else if (stream_feed(&line->in, buf->base, (size_t)len) != FAR_OK) {
        give_up(line, "it sends more than was asked for");
    } else if (line->in.greeted || greet(line)) {
        if (line->in.greeted && stream_has_frame(&line->in))
            http_socket_want(line->api->http, line->owner.socket);
        flow(line);
    }
}

void line_writable(struct line *line)
{
    const char *data = NULL;
    size_t len = 0;
    if (!line->in.greeted) return;
    enum far_err err = stream_frame(&line->in, &data, &len);
    if (err == FAR_EPROTO) {
        give_up(line, "it sends no frames");
        return;
    }
    if (err != FAR_OK) return;
    http_socket_send(line->api->http, line->owner.socket, data, len);
    if (stream_has_frame(&line->in)) http_socket_want(line->api->http, line->owner.socket);
    flow(line);
}

/* ---- doors, one after the other ------------------------------------------------------------------ */

static void closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void drop(struct line *line)
{
    if (!line->connection) return;
    line->connection->line = NULL;
    uv_close((uv_handle_t *)&line->connection->tcp, closed);
    line->connection = NULL;
    line->queued = 0;
    line->reading = false;
}

static void connected(uv_connect_t *request, int status)
{
    struct line *line = ((struct connection *)request->data)->line;
    if (!line) return;
    if (status < 0) {
        try_next(line, uv_err_name(status));
        return;
    }
    (void)uv_tcp_nodelay(&line->connection->tcp, 1);
    if (!hello(line))
        give_up(line, "its hello is too long");
    else
        flow(line);
}

static enum far_err dial(struct line *line)
{
    struct sockaddr_in address;
    enum far_err err = line->attempt < LINE_DOORS_MAX
                           ? line->next(line->ctx, &line->owner, line->attempt, &line->door)
                           : FAR_ENOTFOUND;
    line->attempt++;
    if (err != FAR_OK) return err;
    if (uv_ip4_addr(line->door.host, line->door.port, &address) != 0) return FAR_EIO;
    struct connection *connection = calloc(1, sizeof(*connection));
    if (!connection) return FAR_ENOMEM;
    connection->tcp.data = connection;
    connection->connecting.data = connection;
    if (uv_tcp_init(far_loop_uv(line->api->loop), &connection->tcp) != 0) {
        free(connection);
        return FAR_EIO;
    }
    connection->line = line;
    line->connection = connection;
    line->since_ms = far_clock_mono_ms();
    stream_done(&line->in);
    stream_init(&line->in);
    if (uv_tcp_connect(&connection->connecting, &connection->tcp, (const struct sockaddr *)&address,
                       connected) == 0)
        return FAR_OK;
    drop(line);
    return FAR_EIO;
}

static void try_next(struct line *line, const char *why)
{
    FAR_INFO("door-refuses", "phone=%s edge=%s why=\"%s\"", line->owner.phone, line->door.edge, why);
    drop(line);
    enum far_err err = dial(line);
    while (err == FAR_EIO)
        err = dial(line);
    if (err != FAR_OK) give_up(line, "no door takes it");
}

void line_look(struct line *line, uint64_t now_ms)
{
    if (line->connection && !line->in.greeted && now_ms - line->since_ms > LINE_HELLO_MS)
        try_next(line, "it does not answer");
}

enum far_err line_open(struct api *api, const struct line_owner *owner, line_next_fn *next, void *ctx,
                       struct line **ret_line)
{
    struct line *line = calloc(1, sizeof(*line));
    if (!line) return FAR_ENOMEM;
    line->api = api;
    line->owner = *owner;
    line->next = next;
    line->ctx = ctx;
    stream_init(&line->in);
    far_buf_init(&line->held, 2 * (STREAM_FRAME_MAX + 4));
    enum far_err err = dial(line);
    while (err == FAR_EIO)
        err = dial(line);
    if (err != FAR_OK)
        line_close(line);
    else
        *ret_line = line;
    return err;
}

void line_close(struct line *line)
{
    drop(line);
    stream_done(&line->in);
    far_buf_done(&line->held);
    sodium_memzero(&line->door, sizeof(line->door));
    free(line);
}
