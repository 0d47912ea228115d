/* SPDX-License-Identifier: Apache-2.0 */
/* The one function of id.h that reads a clock and randomness. */
#include "far/clock.h"
#include "far/id.h"
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdlib.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static _Atomic uint64_t last_stamp; /* ms << 12 | 4096ths of a ms, of the newest id */

static void init_random(void)
{
    if (sodium_init() < 0) abort(); /* no source of randomness: no id would be safe */
}

/* The present stamp, or one more than the last when the clock has not moved on. */
static uint64_t next_stamp(void)
{
    uint64_t now_us = (uint64_t)far_clock_wall_us();
    uint64_t now = now_us / 1000 << 12 | now_us % 1000 * 4096 / 1000;
    uint64_t last = atomic_load(&last_stamp), next;
    do {
        next = now > last ? now : last + 1;
    } while (!atomic_compare_exchange_weak(&last_stamp, &last, next));
    return next;
}

struct far_id far_id_new(void)
{
    struct far_id id;
    (void)pthread_once(&once, init_random);
    uint64_t stamp = next_stamp();
    randombytes_buf(id.bytes + 8, 8);
    for (int i = 0; i < 6; i++)
        id.bytes[i] = (uint8_t)(stamp >> (52 - 8 * i));
    id.bytes[6] = (uint8_t)(0x70 | ((stamp >> 8) & 0x0F));
    id.bytes[7] = (uint8_t)stamp;
    id.bytes[8] = (uint8_t)((id.bytes[8] & 0x3F) | 0x80);
    return id;
}

void far_id_new_text(char out[FAR_ID_TEXT_SIZE])
{
    struct far_id id = far_id_new();
    far_id_format(&id, out);
}
