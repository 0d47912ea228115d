/* SPDX-License-Identifier: Apache-2.0 */
/*   other threads --> [ posts: ring under a lock ] --uv_async--> the loop's thread
 *   the loop      --> libuv's worker threads --> the loop */
#include "far/loop.h"
#include "chassis_metrics.h"
#include "far/clock.h"
#include "far/log.h"
#include "far/pool.h"
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define BEAT_MS        250
#define DRAIN_PER_WAKE 1024 /* then sockets and timers get their turn */

struct post {
    far_loop_fn *fn;
    void *arg;
    uint64_t posted_us;
};

struct timer {
    uv_timer_t handle;
    struct far_loop *loop;
    uint64_t id;
    uint64_t repeat_ms;
    far_timer_fn *fn;
    void *arg;
};

struct work {
    uv_work_t request;
    struct far_loop *loop;
    far_loop_fn *work;
    far_loop_fn *done;
    void *arg;
};

struct far_loop {
    uv_loop_t uv;
    uv_async_t wake;
    uv_timer_t beat;
    _Atomic pthread_t thread;
    _Atomic uint64_t alive_ms;
    atomic_bool stopping;
    pthread_mutex_t lock; /* guards posts, post_first, post_count, closed */
    struct post *posts;
    size_t post_max, post_first, post_count;
    bool closed;
    struct far_pool timers; /* items: struct timer * */
    size_t work_count, work_max;
};

static size_t or_default(size_t value, size_t otherwise)
{
    return value ? value : otherwise;
}

static bool pop(struct far_loop *loop, struct post *ret_post)
{
    (void)pthread_mutex_lock(&loop->lock);
    bool any = loop->post_count > 0;
    if (any) {
        *ret_post = loop->posts[loop->post_first];
        loop->post_first = (loop->post_first + 1) % loop->post_max;
        loop->post_count--;
        far_metric_set(&chassis_metrics[CHASSIS_M_POST_WAITING], (int64_t)loop->post_count);
    }
    (void)pthread_mutex_unlock(&loop->lock);
    return any;
}

/* @return whether more may be waiting. */
static bool drain(struct far_loop *loop)
{
    struct post post;
    for (int i = 0; i < DRAIN_PER_WAKE; i++) {
        if (!pop(loop, &post)) return false;
        far_metric_observe(&chassis_metrics[CHASSIS_M_POST_DELAY],
                           (int64_t)(far_clock_mono_us() - post.posted_us));
        post.fn(post.arg);
    }
    return true;
}

static void on_wake(uv_async_t *wake)
{
    struct far_loop *loop = wake->data;
    if (drain(loop)) (void)uv_async_send(&loop->wake);
    if (atomic_load(&loop->stopping)) uv_stop(&loop->uv);
}

static void on_beat(uv_timer_t *beat)
{
    struct far_loop *loop = beat->data;
    atomic_store(&loop->alive_ms, far_clock_mono_ms());
}

static bool reserve(struct far_loop *loop, const struct far_loop_config *config)
{
    loop->post_max = or_default(config->post_max, 16384);
    loop->work_max = or_default(config->work_max, 256);
    loop->posts = calloc(loop->post_max, sizeof(*loop->posts));
    return loop->posts &&
           !far_pool_init(&loop->timers, sizeof(struct timer *), or_default(config->timer_max, 65536));
}

static void release(struct far_loop *loop)
{
    far_pool_done(&loop->timers);
    free(loop->posts);
    free(loop);
}

enum far_err far_loop_create(const struct far_loop_config *config, struct far_loop **ret_loop)
{
    static const struct far_loop_config defaults;
    struct far_loop *loop = calloc(1, sizeof(*loop));
    if (!loop) return FAR_ENOMEM;
    if (!reserve(loop, config ? config : &defaults)) {
        release(loop);
        return FAR_ENOMEM;
    }
    if (uv_loop_init(&loop->uv) != 0) {
        release(loop);
        return FAR_EIO;
    }
    loop->wake.data = loop->beat.data = loop;
    if (uv_async_init(&loop->uv, &loop->wake, on_wake) != 0) {
        (void)uv_loop_close(&loop->uv);
        release(loop);
        return FAR_EIO;
    }
    (void)uv_timer_init(&loop->uv, &loop->beat);
    (void)uv_timer_start(&loop->beat, on_beat, BEAT_MS, BEAT_MS);
    (void)pthread_mutex_init(&loop->lock, NULL);
    atomic_store(&loop->alive_ms, far_clock_mono_ms());
    atomic_store(&loop->thread, pthread_self());
    *ret_loop = loop;
    return FAR_OK;
}

static void stop_all_timers(struct far_loop *loop)
{
    for (uint64_t id = far_pool_next(&loop->timers, 0); id; id = far_pool_next(&loop->timers, id))
        far_timer_stop(loop, id);
}

static void close_handle(uv_handle_t *handle, void *arg)
{
    struct far_loop *loop = arg;
    if (uv_is_closing(handle)) return;
    if (handle != (uv_handle_t *)&loop->wake && handle != (uv_handle_t *)&loop->beat)
        FAR_WARN("handle-left-open", "type=%s", uv_handle_type_name(handle->type));
    uv_close(handle, NULL);
}

struct far_loop *far_loop_destroy(struct far_loop *loop)
{
    if (!loop) return NULL;
    atomic_store(&loop->thread, pthread_self());
    atomic_store(&loop->stopping, false);
    do { /* what is posted or done now may post and start more */
        while (drain(loop))
            ;
        stop_all_timers(loop);
        if (loop->work_count) (void)uv_run(&loop->uv, UV_RUN_ONCE);
    } while (loop->work_count);
    (void)pthread_mutex_lock(&loop->lock);
    loop->closed = true;
    (void)pthread_mutex_unlock(&loop->lock);
    while (drain(loop))
        ;
    stop_all_timers(loop);
    uv_walk(&loop->uv, close_handle, loop);
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    int code = uv_loop_close(&loop->uv);
    assert(code == 0);
    (void)code;
    (void)pthread_mutex_destroy(&loop->lock);
    release(loop);
    return NULL;
}

uv_loop_t *far_loop_uv(struct far_loop *loop)
{
    return &loop->uv;
}

void far_loop_run(struct far_loop *loop)
{
    atomic_store(&loop->thread, pthread_self());
    (void)uv_run(&loop->uv, UV_RUN_DEFAULT);
    atomic_store(&loop->stopping, false);
}

void far_loop_stop(struct far_loop *loop)
{
    atomic_store(&loop->stopping, true);
    (void)uv_async_send(&loop->wake);
}

bool far_loop_is_mine(const struct far_loop *loop)
{
    return pthread_equal(atomic_load(&loop->thread), pthread_self()) != 0;
}

uint64_t far_loop_now_ms(const struct far_loop *loop)
{
    return uv_now(&loop->uv);
}

uint64_t far_loop_alive_ms(const struct far_loop *loop)
{
    return atomic_load(&loop->alive_ms);
}

enum far_err far_loop_post(struct far_loop *loop, far_loop_fn *fn, void *arg)
{
    enum far_err err = FAR_OK;
    (void)pthread_mutex_lock(&loop->lock);
    if (loop->closed) {
        err = FAR_ESTATE;
    } else if (loop->post_count == loop->post_max) {
        err = FAR_EAGAIN;
    } else {
        size_t at = (loop->post_first + loop->post_count) % loop->post_max;
        loop->posts[at] = (struct post){.fn = fn, .arg = arg, .posted_us = far_clock_mono_us()};
        loop->post_count++;
        far_metric_set(&chassis_metrics[CHASSIS_M_POST_WAITING], (int64_t)loop->post_count);
        (void)uv_async_send(&loop->wake); /* under the lock: the loop cannot be closed meanwhile */
    }
    (void)pthread_mutex_unlock(&loop->lock);
    if (err == FAR_EAGAIN) far_metric_add(&chassis_metrics[CHASSIS_M_POST_REFUSED], 1);
    return err;
}

static void on_work(uv_work_t *request)
{
    struct work *work = request->data;
    work->work(work->arg);
}

static void on_work_done(uv_work_t *request, int status)
{
    struct work work = *(struct work *)request->data;
    (void)status; /* we never cancel */
    free(request->data);
    work.loop->work_count--;
    far_metric_set(&chassis_metrics[CHASSIS_M_WORK_WAITING], (int64_t)work.loop->work_count);
    work.done(work.arg);
}

enum far_err far_loop_work(struct far_loop *loop, far_loop_fn *work, far_loop_fn *done, void *arg)
{
    if (loop->work_count >= loop->work_max) {
        far_metric_add(&chassis_metrics[CHASSIS_M_WORK_REFUSED], 1);
        return FAR_EAGAIN;
    }
    struct work *item = malloc(sizeof(*item));
    if (!item) return FAR_ENOMEM;
    *item = (struct work){.loop = loop, .work = work, .done = done, .arg = arg};
    item->request.data = item;
    int code = uv_queue_work(&loop->uv, &item->request, on_work, on_work_done);
    assert(code == 0); /* fails only without a function */
    (void)code;
    loop->work_count++;
    far_metric_set(&chassis_metrics[CHASSIS_M_WORK_WAITING], (int64_t)loop->work_count);
    return FAR_OK;
}

static void on_timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void on_timer(uv_timer_t *handle)
{
    struct timer *timer = handle->data;
    far_timer_fn *fn = timer->fn;
    void *arg = timer->arg;
    uint64_t id = timer->id;
    if (timer->repeat_ms == 0) far_timer_stop(timer->loop, id);
    fn(arg, id);
}

enum far_err far_timer_start(struct far_loop *loop, uint64_t delay_ms, uint64_t repeat_ms, far_timer_fn *fn,
                             void *arg, uint64_t *ret_timer)
{
    uint64_t id;
    struct timer *timer = malloc(sizeof(*timer));
    if (!timer) return FAR_ENOMEM;
    struct timer **item = far_pool_new(&loop->timers, &id);
    if (!item) {
        free(timer);
        return FAR_EFULL;
    }
    *item = timer;
    *timer = (struct timer){.loop = loop, .id = id, .repeat_ms = repeat_ms, .fn = fn, .arg = arg};
    (void)uv_timer_init(&loop->uv, &timer->handle);
    timer->handle.data = timer;
    uv_update_time(&loop->uv); /* else a long callback would make the timer early */
    (void)uv_timer_start(&timer->handle, on_timer, delay_ms, repeat_ms);
    far_metric_set(&chassis_metrics[CHASSIS_M_TIMERS], (int64_t)loop->timers.len);
    if (ret_timer) *ret_timer = id;
    return FAR_OK;
}

void far_timer_stop(struct far_loop *loop, uint64_t timer)
{
    struct timer **item = far_pool_get(&loop->timers, timer);
    if (!item) return;
    struct timer *stopped = *item;
    far_pool_free(&loop->timers, timer);
    far_metric_set(&chassis_metrics[CHASSIS_M_TIMERS], (int64_t)loop->timers.len);
    uv_close((uv_handle_t *)&stopped->handle, on_timer_closed);
}
