/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"
#include "far/str.h"
#include <string.h>

enum far_err source_address(const char *text, uint32_t *ret_address)
{
    uint32_t address = 0;
    for (int part = 0; part < 4; part++) {
        unsigned value = 0, digits = 0;
        while (*text >= '0' && *text <= '9' && digits < 3) {
            value = value * 10 + (unsigned)(*text++ - '0');
            digits++;
        }
        if (digits == 0 || value > 255) return FAR_EINVAL;
        address = address << 8 | value;
        if (part < 3 && *text++ != '.') return FAR_EINVAL;
    }
    if (*text != '\0') return FAR_EINVAL;
    *ret_address = address;
    return FAR_OK;
}

enum far_err source_parse(const char *text, struct source_network *ret_network)
{
    char host[16];
    struct source_network network = {.mask = UINT32_MAX};
    int64_t bits = 32;
    const char *slash = strchr(text, '/');
    if (slash && far_str_i64(slash + 1, 0, 32, &bits) != FAR_OK) return FAR_EINVAL;
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    if (!far_str_copy_len(host, sizeof(host), text, len)) return FAR_EINVAL;
    if (source_address(host, &network.address) != FAR_OK) return FAR_EINVAL;
    network.mask = bits == 0 ? 0 : UINT32_MAX << (32 - bits);
    if ((network.address & ~network.mask) != 0) return FAR_EINVAL;
    *ret_network = network;
    return FAR_OK;
}

bool source_contains(const struct source_network *network, uint32_t address)
{
    return (address & network->mask) == network->address;
}

unsigned source_bits(const struct source_network *network)
{
    return (unsigned)__builtin_popcount(network->mask);
}
