/* SPDX-License-Identifier: Apache-2.0 */
/* throttle.h - slows guessing of passwords: after some failures of a login or an address, each further
 * attempt must wait twice as long as the one before. Attempts whose end is not known yet count too. Pure:
 * time is an argument; bounded: the longest quiet entry is forgotten. */
#pragma once
#include <stdint.h>

#define THROTTLE_KEYS     2048
#define THROTTLE_FREE     5  /* failures without a wait */
#define THROTTLE_OPEN     64 /* attempts of one address at the same time: a whole site may be behind it */
#define THROTTLE_MS_FIRST 1000
#define THROTTLE_MS_MAX   300000
#define THROTTLE_MS_QUIET 900000 /* without a failure: forgotten */

struct throttle {
    struct {
        uint64_t key, last_ms;
        uint32_t failures, open; /* open: begun, and not ended */
    } entries[THROTTLE_KEYS];
};
/** How long the key must still wait [ms]; 0: it may try. key: a hash of the login or the address, not 0.
 * open_max: how many failures and open attempts it may have together before one at a time is let in
 * (THROTTLE_FREE, THROTTLE_OPEN). */
uint64_t throttle_wait_ms(const struct throttle *throttle, uint64_t key, uint32_t open_max, uint64_t now_ms);
/** An attempt begins; throttle_ended() must follow. */
void throttle_began(struct throttle *throttle, uint64_t key, uint64_t now_ms);
void throttle_ended(struct throttle *throttle, uint64_t key);
void throttle_failed(struct throttle *throttle, uint64_t key, uint64_t now_ms);
void throttle_succeeded(struct throttle *throttle, uint64_t key); /* its failures are forgotten */
