/* SPDX-License-Identifier: Apache-2.0 */
/* The reference page of a service's configuration, from the same rows that read it. */
#include "config_private.h"
#include <string.h>

static void add_row(const char *prefix, const struct far_config_row *row, struct far_buf *out)
{
    char key[CONFIG_PATH_SIZE], variable[CONFIG_PATH_SIZE + 16];
    config_key(row, key);
    config_env_name(row, variable);
    far_buf_addf(out, "| `%s%s` | ", prefix, key);
    config_describe(row, out);
    if (!row->default_text)
        far_buf_add_text(out, " | required | ");
    else if (!*row->default_text)
        far_buf_add_text(out, " | none | ");
    else
        far_buf_addf(out, " | `%s` | ", row->default_text);
    if (*prefix || row->type == FAR_CONFIG_TABLE)
        far_buf_add_text(out, "-");
    else
        far_buf_addf(out, "`%s`", variable);
    far_buf_addf(out, " | %s |\n", row->help);
}

static void add_rows(const char *prefix, const struct far_config_row *rows, size_t count, struct far_buf *out)
{
    for (size_t i = 0; i < count; i++) {
        add_row(prefix, &rows[i], out);
        if (rows[i].type != FAR_CONFIG_TABLE) continue;
        struct far_buf inner;
        far_buf_init(&inner, CONFIG_PATH_SIZE);
        far_buf_addf(&inner, "%s%s[].", prefix, rows[i].path);
        add_rows(inner.data, rows[i].rows, rows[i].row_count, out);
        far_buf_done(&inner);
    }
}

void far_config_reference(const struct far_config_group *groups, size_t group_count, struct far_buf *out)
{
    far_buf_add_text(out,
                     "| key | value | default | environment | meaning |\n| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < group_count; i++)
        add_rows("", groups[i].rows, groups[i].row_count, out);
}
