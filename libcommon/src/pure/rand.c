/* SPDX-License-Identifier: Apache-2.0 */
#include "far/rand.h"
#include <assert.h>

static uint64_t rotate(uint64_t value, int bits)
{
    return value << bits | value >> (64 - bits);
}

void far_rand_init(struct far_rand *rand, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t mixed = seed += 0x9E3779B97F4A7C15u;
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9u;
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EBu;
        rand->state[i] = mixed ^ mixed >> 31;
    }
}

uint64_t far_rand_u64(struct far_rand *rand)
{
    uint64_t *state = rand->state;
    uint64_t result = rotate(state[1] * 5, 7) * 9;
    uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = rotate(state[3], 45);
    return result;
}

uint64_t far_rand_below(struct far_rand *rand, uint64_t bound)
{
    assert(bound > 0);
    uint64_t reject_below = (0 - bound) % bound; /* 2^64 mod bound: with it the rest divides evenly */
    for (;;) {
        uint64_t value = far_rand_u64(rand);
        if (value >= reject_below) return value % bound;
    }
}

int64_t far_rand_between(struct far_rand *rand, int64_t min, int64_t max)
{
    assert(min <= max);
    uint64_t span = (uint64_t)max - (uint64_t)min;
    uint64_t offset = span == UINT64_MAX ? far_rand_u64(rand) : far_rand_below(rand, span + 1);
    return (int64_t)((uint64_t)min + offset);
}

bool far_rand_chance(struct far_rand *rand, uint32_t permille)
{
    return far_rand_below(rand, 1000) < permille;
}
