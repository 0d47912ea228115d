/* SPDX-License-Identifier: Apache-2.0 */
#include "throttle.h"
#include <stddef.h>
#include <string.h>

#define WAYS 8 /* a key lives in one of eight places: a look-up is short, whoever fills the table */

static size_t first_of(uint64_t key)
{
    return (size_t)(key % (THROTTLE_KEYS / WAYS)) * WAYS;
}

static uint64_t pause_ms(uint32_t failures)
{
    uint64_t pause = THROTTLE_MS_FIRST;
    for (uint32_t i = THROTTLE_FREE; i < failures && pause < THROTTLE_MS_MAX; i++)
        pause *= 2;
    return pause < THROTTLE_MS_MAX ? pause : THROTTLE_MS_MAX;
}

uint64_t throttle_wait_ms(const struct throttle *throttle, uint64_t key, uint64_t now_ms)
{
    for (size_t i = first_of(key), end = i + WAYS; i < end; i++) {
        if (throttle->entries[i].key != key) continue;
        if (throttle->entries[i].failures < THROTTLE_FREE ||
            now_ms - throttle->entries[i].last_ms > THROTTLE_MS_QUIET)
            return 0;
        uint64_t until_ms = throttle->entries[i].last_ms + pause_ms(throttle->entries[i].failures);
        return until_ms > now_ms ? until_ms - now_ms : 0;
    }
    return 0;
}

void throttle_failed(struct throttle *throttle, uint64_t key, uint64_t now_ms)
{
    size_t oldest = first_of(key);
    for (size_t i = first_of(key), end = i + WAYS; i < end; i++) {
        if (throttle->entries[i].key == key) {
            if (now_ms - throttle->entries[i].last_ms > THROTTLE_MS_QUIET) throttle->entries[i].failures = 0;
            throttle->entries[i].failures++;
            throttle->entries[i].last_ms = now_ms;
            return;
        }
        if (throttle->entries[i].last_ms < throttle->entries[oldest].last_ms) oldest = i;
    }
    throttle->entries[oldest].key = key;
    throttle->entries[oldest].failures = 1;
    throttle->entries[oldest].last_ms = now_ms;
}

void throttle_succeeded(struct throttle *throttle, uint64_t key)
{
    for (size_t i = first_of(key), end = i + WAYS; i < end; i++)
        if (throttle->entries[i].key == key) memset(&throttle->entries[i], 0, sizeof(throttle->entries[i]));
}
