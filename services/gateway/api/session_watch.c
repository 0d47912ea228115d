/* SPDX-License-Identifier: Apache-2.0 */
#include "session_watch.h"
#include "../auth/ended.h"
#include "../auth/sessions.h"
#include "../http/anchor.h"
#include "far/clock.h"
#include "far/loop.h"
#include <stdlib.h>

#define LOOK_MS    1000
#define OVERLAP_US (30LL * 1000000) /* a transaction that ended a session may commit so much later */

struct session_watch {
    struct api *api;
    struct ended *ended;
    struct anchor *anchor;
    void (*gone)(struct api *api, const char *session_id);
    int64_t since_us;
    uint64_t timer;
    bool looking;
};
struct look {
    struct anchor *watch;
    int64_t since_us, at_us;
    bool by_timer;
    void (*done)(void *arg);
    void *arg;
    struct sessions_ended found;
};

static enum far_err look_work(struct far_pg_conn *conn, void *arg)
{
    struct look *look = arg;
    return sessions_ended_since(conn, look->since_us, &look->found);
}

static void look_done(enum far_err err, void *arg)
{
    struct look *look = arg;
    struct session_watch *watch = look->watch->target;
    if (watch && look->by_timer) watch->looking = false;
    if (watch && err == FAR_OK) {
        int64_t now_s = far_clock_wall_us() / 1000000;
        for (size_t i = 0; i < look->found.len; i++)
            if (ended_add(watch->ended, look->found.ids[i], now_s, now_s + SESSION_ENDED_KEEP_S))
                watch->gone(watch->api, look->found.ids[i]);
        if (look->at_us - OVERLAP_US > watch->since_us) watch->since_us = look->at_us - OVERLAP_US;
    }
    if (look->done) look->done(look->arg);
    (void)anchor_drop(look->watch);
    free(look);
}

static void look_begin(struct session_watch *watch, bool by_timer, void (*done)(void *arg), void *arg)
{
    struct look *look = calloc(1, sizeof(*look));
    if (!look) {
        if (done) done(arg);
        return;
    }
    look->watch = anchor_hold(watch->anchor);
    look->since_us = watch->since_us;
    look->at_us = far_clock_wall_us();
    look->by_timer = by_timer;
    look->done = done;
    look->arg = arg;
    if (by_timer) watch->looking = true;
    const struct far_pg_job job = {.work = look_work, .done = look_done, .arg = look};
    enum far_err err = far_pg_submit(watch->api->pg, &job);
    if (err != FAR_OK) look_done(err, look);
}

static void look_timer(void *arg, uint64_t timer)
{
    (void)timer;
    struct session_watch *watch = arg;
    if (!watch->looking && far_pg_is_ready(watch->api->pg)) look_begin(watch, true, NULL, NULL);
}

enum far_err session_watch_create(struct api *api, void (*gone)(struct api *api, const char *session_id),
                                  struct session_watch **ret_watch)
{
    struct session_watch *watch = calloc(1, sizeof(*watch));
    if (!watch) return FAR_ENOMEM;
    watch->api = api;
    watch->gone = gone;
    watch->since_us = far_clock_wall_us() - SESSION_ENDED_KEEP_S * 1000000LL;
    watch->anchor = anchor_make(watch);
    enum far_err err = watch->anchor ? FAR_OK : FAR_ENOMEM;
    if (err == FAR_OK) err = ended_create(4 * SESSIONS_ENDED_MAX, far_clock_mono_us(), &watch->ended);
    if (err == FAR_OK) err = far_timer_start(api->loop, LOOK_MS, LOOK_MS, look_timer, watch, &watch->timer);
    if (err != FAR_OK)
        session_watch_destroy(watch);
    else
        *ret_watch = watch;
    return err;
}

struct session_watch *session_watch_destroy(struct session_watch *watch)
{
    if (!watch) return NULL;
    far_timer_stop(watch->api->loop, watch->timer);
    watch->anchor = anchor_weigh(watch->anchor);
    ended_destroy(watch->ended);
    free(watch);
    return NULL;
}

bool session_watch_ended(const struct session_watch *watch, const char *session_id)
{
    return watch && ended_has(watch->ended, session_id);
}

void session_watch_now(struct session_watch *watch, void (*done)(void *arg), void *arg)
{
    look_begin(watch, false, done, arg);
}
