/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a configuration file: every field is either filled within its limits, or a fault is reported.
 */
#include "far/config.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct inner {
    const char *name;
    int64_t port;
};
struct target {
    const char *text;
    const char *choice;
    int64_t number, duration_ms, bytes;
    bool truth;
    struct far_config_list list;
    struct far_config_table table;
};
#define AT(field) offsetof(struct target, field)
/* clang-format off */
static const struct far_config_row inner_rows[] = {
    {.path = "name", .type = FAR_CONFIG_STRING, .offset = offsetof(struct inner, name), .min = 1, .max = 5, .help = "h"},
    {.path = "port", .type = FAR_CONFIG_INT, .offset = offsetof(struct inner, port), .default_text = "7", .min = 1, .max = 9, .help = "h"},
};
static const struct far_config_row rows[] = {
    {.path = "a.text", .type = FAR_CONFIG_STRING, .offset = AT(text), .default_text = "t", .help = "h"},
    {.path = "a.choice", .type = FAR_CONFIG_STRING, .offset = AT(choice), .default_text = "x", .choices = "x|yy", .help = "h"},
    {.path = "a.b.number", .type = FAR_CONFIG_INT, .offset = AT(number), .default_text = "1", .min = -5, .max = 5, .help = "h"},
    {.path = "duration", .type = FAR_CONFIG_DURATION_MS, .offset = AT(duration_ms), .default_text = "1s", .help = "h"},
    {.path = "bytes", .type = FAR_CONFIG_SIZE, .offset = AT(bytes), .default_text = "1k", .help = "h"},
    {.path = "truth", .type = FAR_CONFIG_BOOL, .offset = AT(truth), .default_text = "no", .help = "h"},
    {.path = "list", .type = FAR_CONFIG_STRING_LIST, .offset = AT(list), .default_text = "", .max = 4, .help = "h"},
    {.path = "table", .type = FAR_CONFIG_TABLE, .offset = AT(table), .default_text = "", .max = 3, .help = "h",
     .rows = inner_rows, .row_count = FAR_ARRAY_LEN(inner_rows), .row_size = sizeof(struct inner)},
};
/* clang-format on */

static void check(const struct target *target)
{
    if (strlen(target->text) > 4096) abort();
    if (strcmp(target->choice, "x") != 0 && strcmp(target->choice, "yy") != 0) abort();
    if (target->number < -5 || target->number > 5 || target->duration_ms < 0 || target->bytes < 0) abort();
    if (target->list.len > 4 || target->table.len > 3) abort();
    for (size_t i = 0; i < target->list.len; i++)
        if (strlen(target->list.items[i]) > 4096) abort();
    const struct inner *inner = target->table.rows;
    for (size_t i = 0; i < target->table.len; i++)
        if (strlen(inner[i].name) < 1 || strlen(inner[i].name) > 5 || inner[i].port < 1 || inner[i].port > 9)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct target target;
    const struct far_config_group group = FAR_CONFIG_GROUP(rows, &target);
    struct far_config *config = NULL;
    struct far_buf errors;
    memset(&target, 0, sizeof(target));
    far_buf_init(&errors, 1 << 20);
    enum far_err err = far_config_parse("f", (const char *)data, size, &group, 1, &errors, &config);
    if (!err) check(&target);
    if (err && err != FAR_EINVAL && err != FAR_ENOMEM) abort();
    if ((err == FAR_EINVAL) != (errors.len > 0) || (err == FAR_OK) != (config != NULL)) abort();
    far_config_destroy(config);
    far_buf_done(&errors);
    return 0;
}
