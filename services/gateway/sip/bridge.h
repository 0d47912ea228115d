/* SPDX-License-Identifier: Apache-2.0 */
/* bridge.h - browsers' phones: a WebSocket with the subprotocol sip (RFC 7118) here, a connection to an
 * edge's door there, SIP messages between them. A ticket of GET /me/phone says whose phone it is and is good
 * once. Either end closing ends the other at once; a browser that vanished is noticed within SIP_SILENCE_MS.
 * Loop thread. */
#pragma once
#include "../api/api.h"

#define SIP_SILENCE_MS  12000
#define SIP_MESSAGE_MAX 65535
#define SIP_TICKET_S    60

struct bridge; /* opaque */
struct bridge_limits {
    size_t lines_max, person_max; /* phones at once; of one person */
};
FAR_MUST_CHECK enum far_err bridge_create(struct api *api, const struct bridge_limits *limits,
                                          struct bridge **ret_bridge);
/** After http_server_destroy(). NULL is allowed. */
struct bridge *bridge_destroy(struct bridge *bridge);
/** When the bus is there: doors are watched from now on. */
FAR_MUST_CHECK enum far_err bridge_begin(struct bridge *bridge);
/** Before the bus goes. */
void bridge_end(struct bridge *bridge);
/** Fill the server's kind of socket. */
struct http_socket_kind bridge_kind(struct bridge *bridge);
/** Close those of a session. */
void bridge_session_gone(struct bridge *bridge, const char *session_id);
size_t bridge_lines(const struct bridge *bridge);
