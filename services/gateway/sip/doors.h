/* SPDX-License-Identifier: Apache-2.0 */
/* doors.h - where edges take browsers over: bucket browser_doors, as it is now. Loop thread. */
#pragma once
#include "far/bus.h"
#include <stddef.h>
#include <stdint.h>

#define DOORS_MAX        256
#define DOOR_SECRET_SIZE 32

struct doors; /* opaque */
struct door_address {
    char edge[64], site[64], host[64];
    uint16_t port;
    uint8_t secret[DOOR_SECRET_SIZE];
};
FAR_MUST_CHECK enum far_err doors_create(struct far_bus *bus, struct doors **ret_doors);
struct doors *doors_destroy(struct doors *doors); /* NULL is allowed */
/** The door to try as number attempt (from 0): those of the site first, each time beginning at another one.
 *  turn: anything that changes. doors may be NULL. @return FAR_OK; FAR_ENOTFOUND: no more. */
FAR_MUST_CHECK enum far_err doors_pick(const struct doors *doors, const char *site, size_t turn,
                                       size_t attempt, struct door_address *ret_door);
