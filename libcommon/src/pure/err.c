/* SPDX-License-Identifier: Apache-2.0 */
#include "far/err.h"

#define X(name, text) {#name, text},
static const struct {
    const char *name;
    const char *text;
} rows[] = {FAR_ERR_MAP(X)};
#undef X

const char *far_err_name(enum far_err err)
{
    return (unsigned)err < FAR_ERR_COUNT ? rows[err].name : "EUNKNOWN";
}

const char *far_err_text(enum far_err err)
{
    return (unsigned)err < FAR_ERR_COUNT ? rows[err].text : "an error outside the list";
}
