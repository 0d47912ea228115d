/* SPDX-License-Identifier: Apache-2.0 */
#include "permission.h"
#include "far/err.h"
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name, *text, *roles;
} rows[PERMISSION_COUNT] = {
#define X(name, text, roles) {#name, text, roles},
    PERMISSION_MAP(X)
#undef X
};
static const struct {
    const char *name;
    char letter;
} roles[] = {{"agent", 'a'}, {"supervisor", 's'}, {"quality", 'q'}, {"administrator", 'm'}};

_Static_assert(PERMISSION_COUNT <= 64, "permissions are bits");

uint64_t permission_of_role(const char *role)
{
    uint64_t permissions = 0;
    for (size_t i = 0; i < FAR_ARRAY_LEN(roles); i++) {
        if (strcmp(roles[i].name, role) != 0) continue;
        for (size_t j = 0; j < PERMISSION_COUNT; j++)
            if (strchr(rows[j].roles, roles[i].letter)) permissions |= (uint64_t)1 << j;
    }
    return permissions;
}

const char *permission_name(enum permission permission)
{
    return rows[permission].name;
}

const char *permission_text(enum permission permission)
{
    return rows[permission].text;
}
