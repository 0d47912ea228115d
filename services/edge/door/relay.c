/* SPDX-License-Identifier: Apache-2.0 */
#include "door_private.h"
#include <stdlib.h>
#include <string.h>

void relay_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer)
{
    struct connection *connection = handle->data;
    (void)suggested;
    /* One for all: what was read is dealt with before the next read. */
    *ret_buffer = uv_buf_init(connection->door->read_buffer, sizeof(connection->door->read_buffer));
}

bool bytes_add(struct bytes *bytes, const char *data, size_t len)
{
    if (bytes->len + len > bytes->size) {
        size_t size = bytes->len + len + 1024;
        char *grown = realloc(bytes->data, size);
        if (!grown) return false;
        bytes->data = grown;
        bytes->size = size;
    }
    memcpy(bytes->data + bytes->len, data, len);
    bytes->len += len;
    return true;
}

void bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

void bytes_drop(struct bytes *bytes, size_t len)
{
    bytes->len -= len;
    if (bytes->len == 0)
        bytes_free(bytes); /* most browsers are idle most of the time */
    else if (len > 0)
        memmove(bytes->data, bytes->data + len, bytes->len);
}

/* ---- writing ---------------------------------------------------------------------------------------------
 */

struct write {
    uv_write_t request;
    struct connection *connection;
    bool then_close;
    char data[];
};

static void resume(struct connection *connection);

static void on_written(uv_write_t *request, int status)
{
    struct write *write = request->data;
    struct connection *connection = write->connection;
    bool then_close = write->then_close;
    free(write);
    if (connection->state == CONNECTION_CLOSED) return;
    if (status < 0 || then_close)
        connection_close(connection, then_close ? "refused" : "closed");
    else
        resume(connection);
}

bool relay_write(struct connection *connection, uv_tcp_t *to, const char *data, size_t len, bool then_close)
{
    struct write *write = malloc(sizeof(*write) + len);
    if (!write) return false;
    write->connection = connection;
    write->then_close = then_close;
    write->request.data = write;
    memcpy(write->data, data, len);
    uv_buf_t buffer = uv_buf_init(write->data, (unsigned)len);
    if (uv_write(&write->request, (uv_stream_t *)to, &buffer, 1, on_written) == 0) return true;
    free(write);
    return false;
}

static size_t waiting(const uv_tcp_t *to)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)to);
}

/* ---- from the browser -------------------------------------------------------------------------------------
 */

static bool pass_frame(struct connection *connection, const char *message, size_t len)
{
    struct door *door = connection->door;
    size_t written = 0;
    if (wire_is_blank(message, len)) return true;
    if (wire_to_sofia(message, len, door->write_buffer, &written, &connection->via) != FAR_OK) return false;
    door->counts.to_sip++;
    connection->messages++;
    connection->bytes += (uint32_t)written;
    if (!relay_write(connection, connection->sofia, door->write_buffer, written, false))
        connection_close(connection, "no-memory");
    return true;
}

static bool may_send(const struct connection *connection)
{
    return connection->messages < DOOR_MESSAGES_MAX && connection->bytes < DOOR_BYTES_MAX &&
           waiting(connection->sofia) < DOOR_QUEUE_MAX;
}

/* The frames that are whole, as far as there is room for them. */
static void pass_frames(struct connection *connection)
{
    struct bytes *in = &connection->in;
    size_t at = 0, len = 0;
    while (connection->state == CONNECTION_OPEN && in->len > at && may_send(connection)) {
        enum far_err err = wire_frame(in->data + at, in->len - at, &len);
        if (err == FAR_OK && len == 0) break;
        if (err != FAR_OK || !pass_frame(connection, in->data + at + 4, len)) {
            connection->door->counts.malformed++;
            connection_close(connection, "malformed");
            return;
        }
        at += 4 + len;
    }
    if (connection->state == CONNECTION_OPEN) bytes_drop(in, at);
}

static void on_gateway_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer);

void relay_from_gateway(struct connection *connection)
{
    pass_frames(connection);
    if (connection->state != CONNECTION_OPEN) return;
    bool pause = !may_send(connection);
    if (pause == connection->in_paused) return;
    connection->in_paused = pause;
    if (pause)
        (void)uv_read_stop((uv_stream_t *)&connection->gateway);
    else if (uv_read_start((uv_stream_t *)&connection->gateway, relay_alloc, on_gateway_read) != 0)
        connection_close(connection, "closed");
}

static void on_gateway_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct connection *connection = stream->data;
    if (len == 0) return;
    if (len < 0)
        connection_close(connection, "closed");
    else if (!bytes_add(&connection->in, buffer->base, (size_t)len))
        connection_close(connection, "no-memory");
    else
        relay_from_gateway(connection);
}

/* ---- from Sofia ------------------------------------------------------------------------------------------
 */

static bool pass_message(struct connection *connection, const char *message, size_t len)
{
    char *out = connection->door->write_buffer;
    size_t written = 0;
    if (wire_to_browser(message, len, connection->via, out + 4, &written) != FAR_OK) return false;
    wire_frame_head(written, out);
    connection->door->counts.from_sip++;
    return relay_write(connection, &connection->gateway, out, written + 4, false);
}

static void pass_messages(struct connection *connection)
{
    struct bytes *out = &connection->out;
    size_t at = 0, skip = 0, len = 0;
    while (connection->state == CONNECTION_OPEN && at < out->len &&
           waiting(&connection->gateway) < DOOR_QUEUE_MAX) {
        if (wire_split(out->data + at, out->len - at, &skip, &len) != FAR_OK) {
            connection_close(connection, "sip-unreadable");
            return;
        }
        at += skip;
        if (len == 0) break;
        if (!pass_message(connection, out->data + at, len)) {
            connection_close(connection, "sip-unreadable");
            return;
        }
        at += len;
    }
    if (connection->state == CONNECTION_OPEN) bytes_drop(out, at);
}

static void on_sofia_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer);

static void from_sofia(struct connection *connection)
{
    pass_messages(connection);
    if (connection->state != CONNECTION_OPEN) return;
    bool pause = waiting(&connection->gateway) >= DOOR_QUEUE_MAX;
    if (pause == connection->out_paused) return;
    connection->out_paused = pause;
    if (pause)
        (void)uv_read_stop((uv_stream_t *)connection->sofia);
    else if (uv_read_start((uv_stream_t *)connection->sofia, relay_alloc, on_sofia_read) != 0)
        connection_close(connection, "sip-closed");
}

static void on_sofia_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct connection *connection = stream->data;
    if (len == 0) return;
    if (len < 0)
        connection_close(connection, "sip-closed");
    else if (!bytes_add(&connection->out, buffer->base, (size_t)len))
        connection_close(connection, "no-memory");
    else
        from_sofia(connection);
}

/* ---- both ------------------------------------------------------------------------------------------------
 */

static void resume(struct connection *connection)
{
    if (connection->state == CONNECTION_OPEN && connection->in_paused) relay_from_gateway(connection);
    if (connection->state == CONNECTION_OPEN && connection->out_paused) from_sofia(connection);
}

void relay_begin(struct connection *connection)
{
    connection->in_paused = true; /* so that reading begins */
    relay_from_gateway(connection);
    if (connection->state != CONNECTION_OPEN) return;
    if (uv_read_start((uv_stream_t *)connection->sofia, relay_alloc, on_sofia_read) != 0)
        connection_close(connection, "sip-closed");
}

void relay_second(struct connection *connection)
{
    uint64_t now_ms = door_now_ms(connection->door);
    bool full =
        waiting(&connection->gateway) >= DOOR_QUEUE_MAX || waiting(connection->sofia) >= DOOR_QUEUE_MAX;
    if (!full) connection->stuck_since_ms = now_ms;
    connection->messages = connection->bytes = 0;
    if (now_ms - connection->stuck_since_ms >= DOOR_STUCK_MS)
        connection_close(connection, "stuck");
    else
        resume(connection);
}
