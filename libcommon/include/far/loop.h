/* SPDX-License-Identifier: Apache-2.0 */
/* loop.h - one libuv loop on one thread, and the one queue by which other threads enter it.
 * Functions marked (any thread) may be called from anywhere; all others on the loop's thread only, or before
 * far_loop_run() and after it has returned. Nothing that runs on a loop may block. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

struct far_loop;

struct far_loop_config { /* 0: the default */
    size_t post_max;     /* calls waiting in the queue; 16384 */
    size_t work_max;     /* pieces of work given to the worker threads at once; 256 */
    size_t timer_max;    /* timers at once; 65536 */
};

typedef void far_loop_fn(void *arg);
typedef void far_timer_fn(void *arg, uint64_t timer);

/** config may be NULL. @return FAR_OK; FAR_ENOMEM; FAR_EIO: the system gave no descriptor. */
FAR_MUST_CHECK enum far_err far_loop_create(const struct far_loop_config *config, struct far_loop **ret_loop);
/** Calls what is still posted, stops all timers, waits for work under way, closes every handle that is left
 *  (uv_close without a callback of its own) and frees the loop. NULL is allowed. */
struct far_loop *far_loop_destroy(struct far_loop *loop);
/** The libuv loop, for handles of one's own: close them, and free them in their close callback. */
uv_loop_t *far_loop_uv(struct far_loop *loop);
/** Run until far_loop_stop(). */
void far_loop_run(struct far_loop *loop);
/** (any thread) Make far_loop_run() return after the current round. */
void far_loop_stop(struct far_loop *loop);
/** (any thread) Whether the caller is on the loop's thread. */
bool far_loop_is_mine(const struct far_loop *loop);
/** When this round of the loop began, monotonic [ms]. */
uint64_t far_loop_now_ms(const struct far_loop *loop);
/** (any thread) When the loop last turned, monotonic [ms]: at least each half second while it is healthy. */
uint64_t far_loop_alive_ms(const struct far_loop *loop);

/** (any thread) Call fn(arg) on the loop, in the order of posting. fn is called exactly once, at the latest
 * in far_loop_destroy(). @return FAR_OK; FAR_EAGAIN: the queue is full (counted in
 * farseat_loop_post_refused); FAR_ESTATE: the loop is being destroyed. After an error arg is still the
 * caller's. */
FAR_MUST_CHECK enum far_err far_loop_post(struct far_loop *loop, far_loop_fn *fn, void *arg);

/** Call work(arg) on a worker thread (it may block), then done(arg) on the loop. Both are called exactly
 * once. The number of worker threads is service.workers of the configuration.
 *  @return FAR_OK; FAR_EAGAIN: work_max reached; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_loop_work(struct far_loop *loop, far_loop_fn *work, far_loop_fn *done,
                                          void *arg);

/** Call fn(arg, timer) after delay_ms, then each repeat_ms (0: once; the timer is then gone before fn is
 * called).
 *  @return FAR_OK with *ret_timer (never 0; ret_timer may be NULL); FAR_EFULL: timer_max reached; FAR_ENOMEM.
 */
FAR_MUST_CHECK enum far_err far_timer_start(struct far_loop *loop, uint64_t delay_ms, uint64_t repeat_ms,
                                            far_timer_fn *fn, void *arg, uint64_t *ret_timer);
/** Stop it; a timer that is 0 or gone is ignored. fn is not called any more. */
void far_timer_stop(struct far_loop *loop, uint64_t timer);
