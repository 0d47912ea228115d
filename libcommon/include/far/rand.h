/* SPDX-License-Identifier: Apache-2.0 */
/* rand.h - seeded pseudo-random numbers (xoshiro256** seeded by splitmix64, prng.di.unimi.it) for simulators
 * and tests: the same seed gives the same numbers everywhere. Never for keys, tokens or ids. Pure. One
 * thread. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

struct far_rand {
    uint64_t state[4];
};

void far_rand_init(struct far_rand *rand, uint64_t seed);
uint64_t far_rand_u64(struct far_rand *rand);
/** 0 .. bound - 1, each as likely as the others; bound > 0. */
uint64_t far_rand_below(struct far_rand *rand, uint64_t bound);
/** min .. max, both included; min <= max. */
int64_t far_rand_between(struct far_rand *rand, int64_t min, int64_t max);
/** true in `permille` of 1000 cases. */
bool far_rand_chance(struct far_rand *rand, uint32_t permille);
