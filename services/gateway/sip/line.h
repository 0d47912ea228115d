/* SPDX-License-Identifier: Apache-2.0 */
/* line.h - one browser's connection to an edge's door: it says the hello and its proof, then messages both
 * ways. When the door refuses or cannot be reached the next one is tried; when it ends, the browser's
 * WebSocket is closed. Loop thread. */
#pragma once
#include "../api/api.h"
#include "doors.h"

#define LINE_HELLO_MS  4000
#define LINE_QUEUE_MAX (256u * 1024) /* bytes towards the door: the browser is not read meanwhile */
#define LINE_DOORS_MAX 4             /* tried in a row */

struct line; /* opaque */
struct line_owner {
    uint64_t socket;
    char login[64], session_id[40], phone[64], site[64];
    char client[64]; /* the browser's own address: host:port */
};
typedef enum far_err line_next_fn(void *ctx, const struct line_owner *owner, size_t attempt,
                                  struct door_address *ret_door);
/** @return FAR_OK; FAR_ENOTFOUND: there is no door; FAR_ENOMEM; FAR_EIO. */
FAR_MUST_CHECK enum far_err line_open(struct api *api, const struct line_owner *owner, line_next_fn *next,
                                      void *ctx, struct line **ret_line);
/** A message of the browser. */
void line_send(struct line *line, const char *data, size_t len);
/** The browser can take one more. */
void line_writable(struct line *line);
/** Give up what takes too long. */
void line_look(struct line *line, uint64_t now_ms);
/** The browser is gone. The line is freed when its handle is closed. */
void line_close(struct line *line);
const struct line_owner *line_owner(const struct line *line);
