/* SPDX-License-Identifier: Apache-2.0 */
/* door_private.h - what the files behind door.h share.
 *
 *   door.c     the listener, hellos, life and end of connections      relay.c  messages both ways */
#pragma once
#include "door.h"
#include "far/index.h"
#include "far/list.h"
#include <uv.h>

enum connection_state {
    CONNECTION_HELLO,   /* its line has not come */
    CONNECTION_JOINING, /* connecting to Sofia */
    CONNECTION_OPEN,
    CONNECTION_REFUSED, /* the answer is on its way, then it ends */
    CONNECTION_CLOSED   /* its handles close */
};

struct bytes {
    char *data;
    size_t len, size;
};

struct connection {
    struct far_list link; /* of door->connections until it is closed */
    struct door *door;
    struct door_browser browser;
    enum connection_state state;
    bool welcome;               /* its hello was good: it counts as a browser */
    uv_tcp_t gateway, *sofia;   /* sofia: NULL until it joins */
    uint32_t handles;           /* that are not closed yet */
    uint32_t joins;             /* connections to Sofia tried */
    struct bytes in, out;       /* from the gateway; from Sofia: what is no whole message yet */
    bool in_paused, out_paused; /* not read, until what waits on the other side has gone */
    uint32_t messages, bytes;   /* to Sofia in this second */
    uint64_t began_ms, stuck_since_ms;
    enum wire_via via;
};

struct door {
    struct door_config config; /* strings are ours */
    char listen_ip[64], sip_ip[64], address[80];
    struct sockaddr_in sip;
    uint8_t secret[HELLO_SECRET_BYTES];
    uv_tcp_t listener;
    bool listening, closed;
    uint64_t timer;
    uint32_t handles; /* of all kinds that are not closed yet; the last one after door_destroy() frees it */
    struct far_list connections;
    uint32_t connections_len, welcome_len;
    uint64_t serial;
    struct hello_nonces *nonces;
    struct far_index *by_port; /* of the connection to Sofia -> connection */
    uint32_t *ghost_until_s;   /* by port: loop's seconds */
    char read_buffer[65536], write_buffer[WIRE_MESSAGE_MAX + WIRE_GROWTH_MAX];
    struct door_counts counts;
};

/* door.c */
uint64_t door_now_ms(const struct door *door);
/** End it; cause: static. Again: nothing. */
void connection_close(struct connection *connection, const char *cause);

/* relay.c */
void relay_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buffer);
/** Keep len more bytes. @return false: no memory. */
bool bytes_add(struct bytes *bytes, const char *data, size_t len);
void bytes_drop(struct bytes *bytes, size_t len); /* from the front */
void bytes_free(struct bytes *bytes);
/** Both ways from now on; what came behind the hello goes first. */
void relay_begin(struct connection *connection);
/** Once a second. */
void relay_second(struct connection *connection);
/** @return false: it could not be written; the connection is as it was. then_close: after it is gone. */
bool relay_write(struct connection *connection, uv_tcp_t *to, const char *data, size_t len, bool then_close);
/** What the gateway has sent so far is looked at. */
void relay_from_gateway(struct connection *connection);
