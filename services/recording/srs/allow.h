/* SPDX-License-Identifier: Apache-2.0 */
/* allow.h - who may send sessions: IPv4 networks as "10.1.0.0/16" or "10.1.2.3". Pure. */
#pragma once
#include "far/err.h"
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define ALLOW_MAX 64

struct allow {
    struct {
        in_addr_t network, mask; /* network order */
    } rows[ALLOW_MAX];
    size_t len;
};
/** Add a network; bits beyond its mask must be 0. @return FAR_OK; FAR_EINVAL; FAR_EFULL. */
FAR_MUST_CHECK enum far_err allow_add(struct allow *allow, const char *text);
bool allow_has(const struct allow *allow, struct in_addr address);
