/* SPDX-License-Identifier: Apache-2.0 */
#include "door_private.h"
#include "far/clock.h"
#include "far/log.h"
#include "far/str.h"
#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKLOG    128
#define NONCES_MAX 16384u
#define JOINS_MAX  16u /* until Sofia's side has a port that was nobody's of late */
#define PORTS      65536u

uint64_t door_now_ms(const struct door *door)
{
    return far_loop_now_ms(door->config.loop);
}

static uint32_t now_s(const struct door *door)
{
    return (uint32_t)(door_now_ms(door) / 1000);
}

/* ---- memory: of a connection and of the door, when their last handle has closed ---------------------------
 */

static void door_free(struct door *door)
{
    hello_nonces_destroy(door->nonces);
    far_index_destroy(door->by_port);
    free(door->ghost_until_s);
    sodium_memzero(door->secret, sizeof(door->secret));
    free(door);
}

static void handle_closed(struct door *door)
{
    if (--door->handles == 0 && door->closed) door_free(door);
}

static void on_listener_closed(uv_handle_t *handle)
{
    handle_closed(handle->data);
}

static void connection_handle_closed(struct connection *connection)
{
    struct door *door = connection->door;
    if (--connection->handles == 0) {
        bytes_free(&connection->in);
        bytes_free(&connection->out);
        free(connection);
    }
    handle_closed(door);
}

static void on_gateway_closed(uv_handle_t *handle)
{
    connection_handle_closed(handle->data);
}

static void on_sofia_closed(uv_handle_t *handle)
{
    struct connection *connection = handle->data;
    free(handle);
    connection_handle_closed(connection);
}

/* ---- a connection's end ----------------------------------------------------------------------------------
 */

static uint16_t port_of(const struct door_browser *browser)
{
    const char *colon = strrchr(browser->source, ':');
    int64_t port = 0;
    return colon && far_str_i64(colon + 1, 1, 65535, &port) == FAR_OK ? (uint16_t)port : 0;
}

static void close_sofia(struct connection *connection)
{
    if (connection->sofia) uv_close((uv_handle_t *)connection->sofia, on_sofia_closed);
    connection->sofia = NULL;
}

void connection_close(struct connection *connection, const char *cause)
{
    struct door *door = connection->door;
    bool was_open = connection->state == CONNECTION_OPEN;
    if (connection->state == CONNECTION_CLOSED) return;
    connection->state = CONNECTION_CLOSED;
    far_list_remove(&connection->link);
    door->connections_len--;
    if (connection->welcome) door->welcome_len--;
    if (was_open) {
        uint16_t port = port_of(&connection->browser);
        (void)far_index_remove(door->by_port, port);
        door->ghost_until_s[port] = now_s(door) + DOOR_GHOST_MS / 1000;
        door->counts.browsers--;
    }
    close_sofia(connection);
    uv_close((uv_handle_t *)&connection->gateway, on_gateway_closed);
    if (!was_open || door->closed) return;
    struct door_browser browser = connection->browser;
    FAR_INFO("browser-gone", "phone=%s client=%s source=%s cause=%s", browser.phone, browser.client,
             browser.source, cause);
    door->config.on_gone(door->config.context, &browser, cause);
}

static void refuse(struct connection *connection, const char *cause, const char *text)
{
    char line[160];
    int len = snprintf(line, sizeof(line), "NO %s %s\n", cause, text);
    connection->door->counts.refused++;
    connection->state = CONNECTION_REFUSED;
    (void)uv_read_stop((uv_stream_t *)&connection->gateway);
    FAR_WARN("browser-refused", "phone=%s client=%s cause=%s", connection->browser.phone,
             connection->browser.client, cause);
    if (!relay_write(connection, &connection->gateway, line, (size_t)len, true))
        connection_close(connection, cause);
}

/* ---- joining it with Sofia -------------------------------------------------------------------------------
 */

static void join(struct connection *connection);

static bool read_source(struct connection *connection, uint16_t *ret_port)
{
    struct sockaddr_in here;
    int len = sizeof(here);
    char host[INET_ADDRSTRLEN];
    if (uv_tcp_getsockname(connection->sofia, (struct sockaddr *)&here, &len) != 0) return false;
    if (here.sin_family != AF_INET || !inet_ntop(AF_INET, &here.sin_addr, host, sizeof(host))) return false;
    *ret_port = ntohs(here.sin_port);
    (void)snprintf(connection->browser.source, sizeof(connection->browser.source), "tcp:%s:%u", host,
                   *ret_port);
    return true;
}

static void on_joined(uv_connect_t *request, int status)
{
    struct connection *connection = request->data;
    struct door *door = connection->door;
    uint16_t port = 0;
    free(request);
    if (connection->state != CONNECTION_JOINING) return;
    if (status < 0 || !read_source(connection, &port)) {
        refuse(connection, "sip-unavailable", "the edge's own SIP does not take the connection");
        return;
    }
    if (door->ghost_until_s[port] > now_s(door)) {
        close_sofia(connection);
        join(connection);
        return;
    }
    if (far_index_put(door->by_port, port, (uint64_t)(uintptr_t)connection) != FAR_OK) {
        refuse(connection, "busy", "too many browsers");
        return;
    }
    connection->state = CONNECTION_OPEN;
    connection->stuck_since_ms = door_now_ms(door);
    door->counts.browsers++;
    door->counts.opened++;
    FAR_INFO("browser-here", "phone=%s client=%s source=%s", connection->browser.phone,
             connection->browser.client, connection->browser.source);
    door->config.on_open(door->config.context, &connection->browser);
    if (connection->state != CONNECTION_OPEN) return;
    if (!relay_write(connection, &connection->gateway, "OK\n", 3, false))
        connection_close(connection, "no-memory");
    else
        relay_begin(connection);
}

static void join(struct connection *connection)
{
    struct door *door = connection->door;
    uv_connect_t *request = malloc(sizeof(*request));
    connection->sofia = malloc(sizeof(*connection->sofia));
    connection->state = CONNECTION_JOINING;
    if (!request || !connection->sofia || ++connection->joins > JOINS_MAX ||
        uv_tcp_init(far_loop_uv(door->config.loop), connection->sofia) != 0) {
        free(request);
        free(connection->sofia);
        connection->sofia = NULL;
        refuse(connection, "busy", "no connection to the edge's own SIP");
        return;
    }
    connection->handles++;
    door->handles++;
    connection->sofia->data = connection;
    request->data = connection;
    (void)uv_tcp_nodelay(connection->sofia, 1);
    /* From the very address that door_find() knows: the system might take another one of this host. */
    struct sockaddr_in from = door->sip;
    from.sin_port = 0;
    if (uv_tcp_bind(connection->sofia, (const struct sockaddr *)&from, 0) == 0 &&
        uv_tcp_connect(request, connection->sofia, (const struct sockaddr *)&door->sip, on_joined) == 0)
        return;
    free(request);
    refuse(connection, "sip-unavailable", "the edge's own SIP does not take the connection");
}

/* ---- the hello -------------------------------------------------------------------------------------------
 */

static uint32_t browsers_of(const struct door *door, const char *phone)
{
    uint32_t count = 0;
    for (const struct far_list *at = door->connections.next; at != &door->connections; at = at->next) {
        const struct connection *connection = FAR_LIST_ITEM(at, const struct connection, link);
        bool there = connection->state == CONNECTION_OPEN || connection->state == CONNECTION_JOINING;
        if (there && strcmp(connection->browser.phone, phone) == 0) count++;
    }
    return count;
}

static void welcome(struct connection *connection)
{
    connection->welcome = true;
    connection->door->welcome_len++;
    join(connection);
}

static void on_hello(struct connection *connection, const char *line, size_t len)
{
    struct door *door = connection->door;
    struct hello hello;
    enum far_err err = hello_read(line, len, door->secret, &hello);
    if (err != FAR_OK) {
        refuse(connection, err == FAR_EDENIED ? "proof" : "malformed",
               err == FAR_EDENIED ? "the proof was not made with this door's secret" : "no hello line");
        return;
    }
    (void)far_str_copy(connection->browser.phone, sizeof(connection->browser.phone), hello.phone);
    (void)far_str_copy(connection->browser.client, sizeof(connection->browser.client), hello.client);
    err = hello_nonces_take(door->nonces, &hello, far_clock_wall_us() / 1000000);
    if (err == FAR_ETIMEOUT)
        refuse(connection, "clock", "the hello's time is more than a minute off: compare the clocks");
    else if (err == FAR_EEXIST)
        refuse(connection, "replay", "this hello came before");
    else if (err != FAR_OK)
        refuse(connection, "busy", "too many hellos in the last minutes");
    else if (!door->config.known(door->config.context, hello.phone))
        refuse(connection, "unknown-phone", "no such phone is configured, or it has no secret");
    else if (browsers_of(door, hello.phone) >= DOOR_PHONE_MAX)
        refuse(connection, "busy", "too many browsers use this phone: close some");
    else if (door->welcome_len >= door->config.browsers_max)
        refuse(connection, "busy", "too many browsers: raise door.browsers_max");
    else
        welcome(connection);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buffer)
{
    struct connection *connection = stream->data;
    if (len == 0) return;
    if (len < 0 || !bytes_add(&connection->in, buffer->base, (size_t)len)) {
        connection_close(connection, "closed");
        return;
    }
    struct bytes *in = &connection->in;
    const char *newline = memchr(in->data, '\n', in->len < HELLO_LINE_MAX ? in->len : HELLO_LINE_MAX);
    if (!newline) {
        if (in->len >= HELLO_LINE_MAX) refuse(connection, "malformed", "no hello line");
        return;
    }
    size_t line_len = (size_t)(newline - in->data);
    char line[HELLO_LINE_MAX];
    memcpy(line, in->data, line_len);
    bytes_drop(in, line_len + 1);
    (void)uv_read_stop(stream);
    on_hello(connection, line, line_len);
}

/* ---- the listener ----------------------------------------------------------------------------------------
 */

/* A gateway's hello comes at once: who waited longest is none, and must not keep browsers out. */
static void make_room(struct door *door)
{
    struct far_list *at = door->connections.next;
    if (door->connections_len - door->welcome_len < DOOR_STRANGERS_MAX) return;
    while (FAR_LIST_ITEM(at, struct connection, link)->welcome)
        at = at->next;
    connection_close(FAR_LIST_ITEM(at, struct connection, link), "no-hello");
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct door *door = listener->data;
    struct connection *connection = status == 0 ? calloc(1, sizeof(*connection)) : NULL;
    if (!connection) return;
    if (uv_tcp_init(listener->loop, &connection->gateway) != 0) {
        free(connection);
        return;
    }
    make_room(door);
    connection->door = door;
    connection->gateway.data = connection;
    connection->handles = 1;
    connection->via = WIRE_VIA_WSS;
    connection->began_ms = door_now_ms(door);
    connection->browser.id = ++door->serial;
    door->handles++;
    door->connections_len++;
    far_list_append(&door->connections, &connection->link);
    if (uv_accept(listener, (uv_stream_t *)&connection->gateway) != 0) {
        connection_close(connection, "closed");
        return;
    }
    (void)uv_tcp_nodelay(&connection->gateway, 1);
    if (uv_read_start((uv_stream_t *)&connection->gateway, relay_alloc, on_read) != 0)
        connection_close(connection, "closed");
}

static void on_second(void *arg, uint64_t timer)
{
    struct door *door = arg;
    (void)timer;
    /* What on_gone() brings about may close others: begin anew behind the last one seen by its id. */
    uint64_t seen = 0;
    for (struct far_list *at = door->connections.next; at != &door->connections;) {
        struct connection *connection = FAR_LIST_ITEM(at, struct connection, link);
        if (connection->browser.id <= seen) {
            at = at->next;
            continue;
        }
        seen = connection->browser.id;
        if (connection->state == CONNECTION_OPEN)
            relay_second(connection);
        else if (door_now_ms(door) - connection->began_ms >= DOOR_HELLO_MS)
            connection_close(connection, "no-hello");
        at = connection->state == CONNECTION_CLOSED ? door->connections.next : at->next;
    }
}

static enum far_err listen_there(struct door *door)
{
    struct sockaddr_in here;
    int len = sizeof(here), error = uv_ip4_addr(door->listen_ip, door->config.listen_port, &here);
    if (error == 0) error = uv_tcp_init(far_loop_uv(door->config.loop), &door->listener);
    if (error != 0) return FAR_EINVAL;
    door->listening = true;
    door->listener.data = door;
    door->handles++;
    error = uv_tcp_bind(&door->listener, (const struct sockaddr *)&here, 0);
    if (error == 0) error = uv_listen((uv_stream_t *)&door->listener, BACKLOG, on_connection);
    if (error == 0) error = uv_tcp_getsockname(&door->listener, (struct sockaddr *)&here, &len);
    if (error != 0) {
        FAR_ERROR("door-not-listening", "address=%s:%u why=%s remedy=%s", door->listen_ip,
                  door->config.listen_port, uv_strerror(error),
                  "the port may be taken, or the address not of this host: change door.listen");
        return FAR_EIO;
    }
    (void)snprintf(door->address, sizeof(door->address), "%s:%u", door->listen_ip, ntohs(here.sin_port));
    return FAR_OK;
}

enum far_err door_create(const struct door_config *config, struct door **ret_door)
{
    if (!config->loop || !config->known || !config->on_open || !config->on_gone || config->browsers_max == 0)
        return FAR_EINVAL;
    struct door *door = calloc(1, sizeof(*door));
    if (!door) return FAR_ENOMEM;
    uint64_t seed = 0;
    randombytes_buf(&seed, sizeof(seed));
    randombytes_buf(door->secret, sizeof(door->secret));
    door->config = *config;
    far_list_init(&door->connections);
    bool any = strcmp(config->sip_ip, "0.0.0.0") == 0;
    (void)far_str_copy(door->listen_ip, sizeof(door->listen_ip), config->listen_ip);
    (void)far_str_copy(door->sip_ip, sizeof(door->sip_ip), any ? "127.0.0.1" : config->sip_ip);
    door->ghost_until_s = calloc(PORTS, sizeof(*door->ghost_until_s));
    enum far_err err = door->ghost_until_s && uv_ip4_addr(door->sip_ip, config->sip_port, &door->sip) == 0
                           ? FAR_OK
                           : FAR_EINVAL;
    if (err == FAR_OK) err = hello_nonces_create(NONCES_MAX, seed, &door->nonces);
    if (err == FAR_OK) err = far_index_create(config->browsers_max, 0, seed, &door->by_port);
    if (err == FAR_OK) err = listen_there(door);
    if (err == FAR_OK) err = far_timer_start(config->loop, 1000, 1000, on_second, door, &door->timer);
    if (err != FAR_OK) {
        door_destroy(door);
        return err;
    }
    *ret_door = door;
    return FAR_OK;
}

struct door *door_destroy(struct door *door)
{
    if (!door) return NULL;
    door->closed = true;
    far_timer_stop(door->config.loop, door->timer);
    door->handles++; /* this call's own */
    while (!far_list_empty(&door->connections))
        connection_close(FAR_LIST_ITEM(door->connections.next, struct connection, link), "destroyed");
    if (door->listening) uv_close((uv_handle_t *)&door->listener, on_listener_closed);
    handle_closed(door);
    return NULL;
}

/* ---- questions -------------------------------------------------------------------------------------------
 */

const char *door_address(const struct door *door)
{
    return door->address;
}

const uint8_t *door_secret(const struct door *door)
{
    return door->secret;
}

/* The port of a source that has our address towards Sofia. */
static uint16_t port_of_source(const struct door *door, const char *source)
{
    size_t len = strlen(door->sip_ip);
    int64_t port = 0;
    if (strncmp(source, "tcp:", 4) != 0 || strncmp(source + 4, door->sip_ip, len) != 0 ||
        source[4 + len] != ':')
        return 0;
    return far_str_i64(source + 5 + len, 1, 65535, &port) == FAR_OK ? (uint16_t)port : 0;
}

const struct door_browser *door_find(const struct door *door, const char *source)
{
    uint64_t at = 0;
    uint16_t port = port_of_source(door, source);
    if (port == 0 || !far_index_get(door->by_port, port, &at)) return NULL;
    return &((const struct connection *)(uintptr_t)at)->browser;
}

bool door_is_ghost(const struct door *door, const char *source)
{
    uint16_t port = port_of_source(door, source);
    return port != 0 && !door_find(door, source) && door->ghost_until_s[port] > now_s(door);
}

void door_close_phone(struct door *door, const char *phone, const char *cause)
{
    for (struct far_list *at = door->connections.next; at != &door->connections;) {
        struct connection *connection = FAR_LIST_ITEM(at, struct connection, link);
        bool there = connection->state == CONNECTION_OPEN || connection->state == CONNECTION_JOINING;
        if (there && strcmp(connection->browser.phone, phone) == 0) {
            connection_close(connection, cause);
            at = door->connections.next;
        } else {
            at = at->next;
        }
    }
}

void door_counts(const struct door *door, struct door_counts *ret_counts)
{
    *ret_counts = door->counts;
}
