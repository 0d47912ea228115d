/* SPDX-License-Identifier: Apache-2.0 */
#include "allow.h"
#include "far/str.h"
#include <arpa/inet.h>
#include <string.h>

enum far_err allow_add(struct allow *allow, const char *text)
{
    char address[INET_ADDRSTRLEN];
    int64_t bits = 32;
    struct in_addr network;
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    if (allow->len == ALLOW_MAX) return FAR_EFULL;
    if (!far_str_copy_len(address, sizeof(address), text, len)) return FAR_EINVAL;
    if (slash && far_str_i64(slash + 1, 0, 32, &bits) != FAR_OK) return FAR_EINVAL;
    if (inet_pton(AF_INET, address, &network) != 1) return FAR_EINVAL;
    in_addr_t mask = bits == 0 ? 0 : htonl(UINT32_MAX << (32 - bits));
    if (network.s_addr & ~mask) return FAR_EINVAL;
    allow->rows[allow->len].network = network.s_addr;
    allow->rows[allow->len].mask = mask;
    allow->len++;
    return FAR_OK;
}

bool allow_has(const struct allow *allow, struct in_addr address)
{
    for (size_t i = 0; i < allow->len; i++)
        if ((address.s_addr & allow->rows[i].mask) == allow->rows[i].network) return true;
    return false;
}
