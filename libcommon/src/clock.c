/* SPDX-License-Identifier: Apache-2.0 */
/* The two clocks of the machine; the text forms of time are pure (pure/time.c). */
#include "far/clock.h"
#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now); /* cannot fail for these two clocks */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

uint64_t far_clock_mono_us(void)
{
    return (uint64_t)read_us(CLOCK_MONOTONIC);
}

uint64_t far_clock_mono_ms(void)
{
    return far_clock_mono_us() / 1000;
}

int64_t far_clock_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}
