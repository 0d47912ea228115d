/* SPDX-License-Identifier: Apache-2.0 */
/* source.h - IPv4 networks, for telling a trunk by where its calls come from. Pure. */
#pragma once
#include "far/err.h"
#include <stdbool.h>
#include <stdint.h>

struct source_network {
    uint32_t address; /* host order */
    uint32_t mask;
};
/** "10.1.2.3" or "10.1.0.0/16"; bits beyond the mask must be 0. @return FAR_OK; FAR_EINVAL. */
FAR_MUST_CHECK enum far_err source_parse(const char *text, struct source_network *ret_network);
/** "10.1.2.3" alone. @return FAR_OK; FAR_EINVAL. */
FAR_MUST_CHECK enum far_err source_address(const char *text, uint32_t *ret_address);
bool source_contains(const struct source_network *network, uint32_t address);
/** How many bits the mask has: the narrower of two networks goes first. */
unsigned source_bits(const struct source_network *network);
