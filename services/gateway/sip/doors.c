/* SPDX-License-Identifier: Apache-2.0 */
#include "doors.h"
#include "far/config.h"
#include "far/kv.h"
#include "far/log.h"
#include "far/str.h"
#include "far/tables.h"
#include "farseat/v1/edge.pb-c.h"
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

struct doors {
    struct far_kv_watch *watch;
    struct door_address rows[DOORS_MAX];
    size_t len;
};

static void forget(struct doors *doors, const char *edge)
{
    for (size_t i = 0; i < doors->len; i++) {
        if (strcmp(doors->rows[i].edge, edge) != 0) continue;
        doors->rows[i] = doors->rows[--doors->len];
        sodium_memzero(&doors->rows[doors->len], sizeof(doors->rows[0]));
        return;
    }
}

static bool door_read(const struct far_kv_entry *entry, struct door_address *ret_door)
{
    Farseat__V1__BrowserDoor *message = farseat__v1__browser_door__unpack(NULL, entry->data_len, entry->data);
    if (!message) return false;
    struct door_address door = {.port = 0};
    bool good = far_str_copy(door.edge, sizeof(door.edge), entry->key) &&
                far_str_copy(door.site, sizeof(door.site), message->site) &&
                far_config_address(message->address, door.host, sizeof(door.host), &door.port) == FAR_OK &&
                message->secret.len == DOOR_SECRET_SIZE;
    if (good) memcpy(door.secret, message->secret.data, DOOR_SECRET_SIZE);
    farseat__v1__browser_door__free_unpacked(message, NULL);
    if (good) *ret_door = door;
    return good;
}

static void changed(void *ctx, enum far_kv_event event, const struct far_kv_entry *entry)
{
    struct doors *doors = ctx;
    struct door_address door;
    if (event == FAR_KV_RESET) doors->len = 0;
    if (event != FAR_KV_VALUE) return;
    forget(doors, entry->key);
    if (entry->deleted) return;
    if (!door_read(entry, &door))
        FAR_WARN("door-malformed", "edge=%s", entry->key);
    else if (doors->len < DOORS_MAX)
        doors->rows[doors->len++] = door;
}

enum far_err doors_create(struct far_bus *bus, struct doors **ret_doors)
{
    struct doors *doors = calloc(1, sizeof(*doors));
    if (!doors) return FAR_ENOMEM;
    enum far_err err = far_kv_watch(bus, FAR_BUCKET_BROWSER_DOORS, ">", changed, doors, &doors->watch);
    if (err != FAR_OK)
        free(doors);
    else
        *ret_doors = doors;
    return err;
}

struct doors *doors_destroy(struct doors *doors)
{
    if (!doors) return NULL;
    doors->watch = far_kv_unwatch(doors->watch);
    sodium_memzero(doors->rows, sizeof(doors->rows));
    free(doors);
    return NULL;
}

enum far_err doors_pick(const struct doors *doors, const char *site, size_t turn, size_t attempt,
                        struct door_address *ret_door)
{
    for (int here = 1; doors && here >= 0; here--) {
        for (size_t i = 0; i < doors->len; i++) {
            const struct door_address *door = &doors->rows[(turn + i) % doors->len];
            if ((strcmp(door->site, site) == 0) != (here == 1)) continue;
            if (attempt-- > 0) continue;
            *ret_door = *door;
            return FAR_OK;
        }
    }
    return FAR_ENOTFOUND;
}
