/* SPDX-License-Identifier: Apache-2.0 */
/* socket.h - live state for browsers: far.live.queue|agent|contact|service.* as JSON over a WebSocket. The
 * first message of a client is {"token": accessToken}; then {"all": LiveReply} comes, and after it, whenever
 * something changed, {"queues": [...], "agents": [...], "contacts": [...], "services": [...]} with the newest
 * state of each; services, which speak each 5 s, for those only who have SYSTEM_READ. A slow client misses
 * steps, never the last state: per client only what it has seen is remembered. Loop thread. */
#pragma once
#include "../api/api.h"

#define LIVE_MESSAGE_MAX 65536
#define LIVE_SILENCE_MS  45000 /* a browser's tab in the background may be slow */

struct live_sockets;
FAR_MUST_CHECK enum far_err live_sockets_create(struct api *api, struct live_sockets **ret_sockets);
struct live_sockets *live_sockets_destroy(struct live_sockets *sockets);
/** Close those that a session opened. */
void live_sockets_end(struct live_sockets *sockets, const char *session_id);
/* http_server_config's call backs; ctx: the api. */
void live_socket_opened(void *ctx, uint64_t id, const struct http_request *request);
void live_socket_message(void *ctx, uint64_t id, const char *text, size_t len);
void live_socket_closed(void *ctx, uint64_t id);
void live_socket_writable(void *ctx, uint64_t id);
