/* SPDX-License-Identifier: Apache-2.0 */
#include "throttle.h"
#include <stdbool.h>
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

uint64_t throttle_wait_ms(const struct throttle *throttle, uint64_t key, uint32_t open_max, uint64_t now_ms)
{
    for (size_t i = first_of(key), end = i + WAYS; i < end; i++) {
        if (throttle->entries[i].key != key) continue;
        if (throttle->entries[i].open > 0 &&
            throttle->entries[i].failures + throttle->entries[i].open >= open_max)
            return THROTTLE_MS_FIRST;
        if (throttle->entries[i].failures < THROTTLE_FREE ||
            now_ms - throttle->entries[i].last_ms > THROTTLE_MS_QUIET)
            return 0;
        uint64_t until_ms = throttle->entries[i].last_ms + pause_ms(throttle->entries[i].failures);
        return until_ms > now_ms ? until_ms - now_ms : 0;
    }
    return 0;
}

/* The key's place: its own, or that of the longest quiet one, those with open attempts last. */
static size_t place_of(const struct throttle *throttle, uint64_t key)
{
    size_t oldest = first_of(key);
    for (size_t i = first_of(key), end = i + WAYS; i < end; i++) {
        if (throttle->entries[i].key == key) return i;
        bool busy = throttle->entries[i].open > 0, oldest_busy = throttle->entries[oldest].open > 0;
        if (busy != oldest_busy ? oldest_busy
                                : throttle->entries[i].last_ms < throttle->entries[oldest].last_ms)
            oldest = i;
    }
    return oldest;
}

/* Its entry, made if there is none. */
static size_t entry_of(struct throttle *throttle, uint64_t key, uint64_t now_ms)
{
    size_t place = place_of(throttle, key);
    bool known = throttle->entries[place].key == key;
    if (!known) memset(&throttle->entries[place], 0, sizeof(throttle->entries[place]));
    if (!known || now_ms - throttle->entries[place].last_ms > THROTTLE_MS_QUIET)
        throttle->entries[place].failures = 0;
    throttle->entries[place].key = key;
    return place;
}

void throttle_began(struct throttle *throttle, uint64_t key, uint64_t now_ms)
{
    size_t place = entry_of(throttle, key, now_ms);
    throttle->entries[place].open++;
    if (throttle->entries[place].failures == 0) throttle->entries[place].last_ms = now_ms;
}

void throttle_ended(struct throttle *throttle, uint64_t key)
{
    size_t place = place_of(throttle, key);
    if (throttle->entries[place].key == key && throttle->entries[place].open > 0)
        throttle->entries[place].open--;
}

void throttle_failed(struct throttle *throttle, uint64_t key, uint64_t now_ms)
{
    size_t place = entry_of(throttle, key, now_ms);
    throttle->entries[place].failures++;
    throttle->entries[place].last_ms = now_ms;
}

void throttle_succeeded(struct throttle *throttle, uint64_t key)
{
    size_t place = place_of(throttle, key);
    if (throttle->entries[place].key == key) throttle->entries[place].failures = 0;
}
