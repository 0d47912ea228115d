/* SPDX-License-Identifier: Apache-2.0 */
/* floor.h - the least that a relay with a socket a leg can do: a thread that waits in epoll and sends each
 * packet back by the socket on which it came. No header is looked at, and the sockets are connected. */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct floor; /* opaque */
/** Sockets on loopback, connected to peer; their addresses are written to ret_addresses[len]. NULL: errno
 * says why. */
struct floor *floor_start(const struct sockaddr_in *peer, struct sockaddr_in *ret_addresses, size_t len);
/** Also NULL. @return NULL. */
struct floor *floor_stop(struct floor *floor);
