/* SPDX-License-Identifier: Apache-2.0 */
/* session_watch.h - which sessions ended, at whichever gateway: asked of PostgreSQL each second, and at once
 * after an end of our own. Their access tokens are good no more, their WebSockets are closed. Loop thread. */
#pragma once
#include "api.h"

struct session_watch; /* opaque */
/** gone: called once for each session that ended. */
FAR_MUST_CHECK enum far_err session_watch_create(struct api *api,
                                                 void (*gone)(struct api *api, const char *session_id),
                                                 struct session_watch **ret_watch);
struct session_watch *session_watch_destroy(struct session_watch *watch);
/** watch may be NULL. */
bool session_watch_ended(const struct session_watch *watch, const char *session_id);
/** Look now, and then call done(arg): whoever ended a session answers when nobody can use it any more. */
void session_watch_now(struct session_watch *watch, void (*done)(void *arg), void *arg);
