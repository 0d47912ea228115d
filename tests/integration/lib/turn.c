/* SPDX-License-Identifier: Apache-2.0 */
#include "turn.h"
#include "far/clock.h"
#include <stdlib.h>

#define STEP_MS 2

static void on_tick(void *arg, uint64_t timer)
{
    (void)arg;
    (void)timer; /* it only ends the loop's wait */
}

bool test_turn_until(struct far_loop *loop, bool (*done)(void *ctx), void *ctx, uint64_t timeout_ms)
{
    uint64_t tick = 0;
    uint64_t end_ms = far_clock_mono_ms() + timeout_ms;
    if (far_timer_start(loop, STEP_MS, STEP_MS, on_tick, NULL, &tick) != FAR_OK) abort();
    bool holds = false;
    while (!(holds = done(ctx)) && far_clock_mono_ms() < end_ms)
        (void)uv_run(far_loop_uv(loop), UV_RUN_ONCE);
    far_timer_stop(loop, tick);
    return holds;
}

static bool never(void *ctx)
{
    (void)ctx;
    return false;
}

void test_turn_for(struct far_loop *loop, uint64_t ms)
{
    (void)test_turn_until(loop, never, NULL, ms);
}
