/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the value of each row: environment, then file, then default. A scope is a map of the file with the
 * rows that may stand in it: the whole file, or one element of a table. Every fault is reported; only a lack
 * of memory stops. */
#include "far/config.h"
#include "config_private.h"
#include "far/str.h"
#include <ctype.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct block { /* memory of a config */
    struct block *next;
    size_t size;
    bool secret;
    max_align_t data[];
};

struct far_config {
    struct block *blocks;
    bool out_of_memory;
};

struct scope {
    struct far_config *config;
    struct far_buf *errors;
    const char *source;
    yaml_document_t *document; /* NULL: nothing was written */
    const struct far_config_group *groups;
    size_t group_count;
    const char *prefix; /* before each key in messages: "" or "phones[2]." */
    bool with_environment;
    yaml_node_t **found; /* by the row's number over all groups; NULL: not written */
};

void *config_alloc(struct far_config *config, size_t size, bool secret)
{
    struct block *block = calloc(1, sizeof(*block) + size);
    if (!block) {
        config->out_of_memory = true;
        return NULL;
    }
    block->size = size;
    block->secret = secret;
    block->next = config->blocks;
    config->blocks = block;
    return block->data;
}

struct far_config *far_config_destroy(struct far_config *config)
{
    if (!config) return NULL;
    for (struct block *block = config->blocks, *next; block; block = next) {
        next = block->next;
        if (block->secret) sodium_memzero(block->data, block->size);
        free(block);
    }
    free(config);
    return NULL;
}

void config_fault(struct far_buf *errors, const struct config_place *place, const char *format, ...)
{
    va_list args;
    far_buf_add_text(errors, place->source);
    if (place->line) far_buf_addf(errors, ":%zu", place->line);
    if (place->key) far_buf_addf(errors, ": %s", place->key);
    far_buf_add_text(errors, ": ");
    va_start(args, format);
    far_buf_vaddf(errors, format, args);
    va_end(args);
    far_buf_add_text(errors, "\n");
}

void config_key(const struct far_config_row *row, char out[CONFIG_PATH_SIZE])
{
    (void)snprintf(out, CONFIG_PATH_SIZE, "%s%s", row->path, row->type == FAR_CONFIG_SECRET ? "_file" : "");
}

void config_env_name(const struct far_config_row *row, char out[CONFIG_PATH_SIZE + 16])
{
    char key[CONFIG_PATH_SIZE];
    config_key(row, key);
    (void)snprintf(out, CONFIG_PATH_SIZE + 16, "FARSEAT_%s", key);
    for (char *at = out; *at; at++)
        *at = *at == '.' || *at == '-' ? '_' : (char)toupper((unsigned char)*at);
}

static size_t edit_distance(const char *a, const char *b)
{
    size_t row[CONFIG_PATH_SIZE], len = strlen(b);
    if (len >= CONFIG_PATH_SIZE) return SIZE_MAX;
    for (size_t j = 0; j <= len; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= len; j++) {
            size_t changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t shorter = row[j] < row[j - 1] ? row[j] : row[j - 1];
            row[j] = changed < shorter + 1 ? changed : shorter + 1;
        }
    }
    return row[len];
}

static void fault_unknown(const struct scope *scope, const struct config_place *place, const char *path)
{
    char key[CONFIG_PATH_SIZE], nearest[CONFIG_PATH_SIZE] = "";
    size_t nearest_distance = 3;
    for (size_t group = 0; group < scope->group_count; group++) {
        for (size_t i = 0; i < scope->groups[group].row_count; i++) {
            config_key(&scope->groups[group].rows[i], key);
            size_t distance = edit_distance(path, key);
            if (distance >= nearest_distance) continue;
            nearest_distance = distance;
            (void)far_str_copy(nearest, sizeof(nearest), key);
        }
    }
    if (*nearest)
        config_fault(scope->errors, place, "unknown key; did you mean %s%s?", scope->prefix, nearest);
    else
        config_fault(scope->errors, place, "unknown key; remove it (--config-reference lists all keys)");
}

enum key_kind { KEY_UNKNOWN, KEY_ROW, KEY_SECTION, KEY_BARE_SECRET };

static enum key_kind look_up(const struct scope *scope, const char *path, size_t *ret_number)
{
    enum key_kind kind = KEY_UNKNOWN;
    size_t number = 0, len = strlen(path);
    char key[CONFIG_PATH_SIZE];
    for (size_t group = 0; group < scope->group_count; group++) {
        for (size_t i = 0; i < scope->groups[group].row_count; i++, number++) {
            const struct far_config_row *row = &scope->groups[group].rows[i];
            config_key(row, key);
            if (strcmp(key, path) == 0) {
                *ret_number = number;
                return KEY_ROW;
            }
            if (strncmp(key, path, len) == 0 && key[len] == '.') kind = KEY_SECTION;
            if (kind == KEY_UNKNOWN && strcmp(row->path, path) == 0) kind = KEY_BARE_SECRET;
        }
    }
    return kind;
}

static bool is_null(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return false;
    const char *text = (const char *)node->data.scalar.value;
    return !*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

static void find_rows(struct scope *scope, const yaml_node_t *map, const char *section, int depth);

/* One `key: value` of a map. */
static void find_pair(struct scope *scope, const yaml_node_pair_t *pair, const char *section, int depth)
{
    const yaml_node_t *key = yaml_document_get_node(scope->document, pair->key);
    yaml_node_t *value = yaml_document_get_node(scope->document, pair->value);
    char path[CONFIG_PATH_SIZE], name[CONFIG_PATH_SIZE * 2];
    struct config_place place = {scope->source, key->start_mark.line + 1, name};
    bool is_text =
        key->type == YAML_SCALAR_NODE && strlen((char *)key->data.scalar.value) == key->data.scalar.length;
    (void)snprintf(name, sizeof(name), "%s%s", scope->prefix, section);
    if (!is_text) {
        config_fault(scope->errors, &place, "a key must be plain text");
        return;
    }
    int len =
        snprintf(path, sizeof(path), "%s%s%s", section, *section ? "." : "", (char *)key->data.scalar.value);
    (void)snprintf(name, sizeof(name), "%s%s", scope->prefix, path);
    size_t number = 0;
    enum key_kind kind = len < (int)sizeof(path) ? look_up(scope, path, &number) : KEY_UNKNOWN;
    if (kind == KEY_ROW && scope->found[number])
        config_fault(scope->errors, &place, "is written twice, first in line %zu; remove one",
                     scope->found[number]->start_mark.line + 1);
    else if (kind == KEY_ROW)
        scope->found[number] = value;
    else if (kind == KEY_BARE_SECRET)
        config_fault(scope->errors, &place,
                     "a secret does not belong here; write it into a file, and its path as %s_file", name);
    else if (kind == KEY_UNKNOWN)
        fault_unknown(scope, &place, path);
    else if (value->type == YAML_MAPPING_NODE && depth < 8)
        find_rows(scope, value, path, depth + 1);
    else if (!is_null(value))
        config_fault(scope->errors, &place, "is a section; write its keys indented below it");
}

static void find_rows(struct scope *scope, const yaml_node_t *map, const char *section, int depth)
{
    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top; pair++)
        find_pair(scope, pair, section, depth);
}

static bool fill(struct scope *scope, const yaml_node_t *map);

static bool set_list(struct scope *scope, const struct config_place *place, const struct far_config_row *row,
                     const yaml_node_t *node, void *target)
{
    struct far_config_list list = {0};
    size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (!config_count_fits(scope->errors, place, row, count)) return true;
    const char **items = config_alloc(scope->config, (count + 1) * sizeof(*items), false);
    if (!items) return false;
    static const struct far_config_row item_row = {.type = FAR_CONFIG_STRING, .offset = 0};
    for (; list.len < count; list.len++) {
        const yaml_node_t *item =
            yaml_document_get_node(scope->document, node->data.sequence.items.start[list.len]);
        struct config_place at = {place->source, item->start_mark.line + 1, place->key};
        items[list.len] = "";
        if (item->type != YAML_SCALAR_NODE)
            config_fault(scope->errors, &at, "item %zu is not text", list.len + 1);
        else if (!config_set_text(scope->config, scope->errors, &at, &item_row,
                                  (char *)item->data.scalar.value, item->data.scalar.length,
                                  (void *)&items[list.len]))
            return false;
    }
    list.items = items;
    memcpy((char *)target + row->offset, &list, sizeof(list));
    return true;
}

static bool set_table(struct scope *scope, const struct config_place *place, const struct far_config_row *row,
                      const yaml_node_t *node, void *target)
{
    struct far_config_table table = {0};
    size_t count = (size_t)(node->data.sequence.items.top - node->data.sequence.items.start);
    if (!config_count_fits(scope->errors, place, row, count)) return true;
    char *elements = config_alloc(scope->config, (count + 1) * row->row_size, false);
    if (!elements) return false;
    for (; table.len < count; table.len++) {
        const yaml_node_t *item =
            yaml_document_get_node(scope->document, node->data.sequence.items.start[table.len]);
        char prefix[CONFIG_PATH_SIZE];
        (void)snprintf(prefix, sizeof(prefix), "%s[%zu].", place->key, table.len);
        struct config_place at = {place->source, item->start_mark.line + 1, place->key};
        struct far_config_group group = {row->rows, row->row_count, elements + table.len * row->row_size};
        struct scope inner = *scope;
        inner.groups = &group;
        inner.group_count = 1;
        inner.prefix = prefix;
        inner.with_environment = false;
        if (item->type != YAML_MAPPING_NODE)
            config_fault(scope->errors, &at, "item %zu is not a map; write \"- key: value\"", table.len + 1);
        else if (!fill(&inner, item))
            return false;
    }
    table.rows = elements;
    memcpy((char *)target + row->offset, &table, sizeof(table));
    return true;
}

static bool set_node(struct scope *scope, const struct config_place *place, const struct far_config_row *row,
                     const yaml_node_t *node, void *target)
{
    bool wants_list = row->type == FAR_CONFIG_STRING_LIST || row->type == FAR_CONFIG_TABLE;
    struct far_buf wanted;
    if (is_null(node)) {
        config_fault(scope->errors, place, "has no value; write one, or remove the key");
        return true;
    }
    if (node->type == (wants_list ? YAML_SEQUENCE_NODE : YAML_SCALAR_NODE)) {
        if (row->type == FAR_CONFIG_TABLE) return set_table(scope, place, row, node, target);
        if (wants_list) return set_list(scope, place, row, node, target);
        return config_set_text(scope->config, scope->errors, place, row, (char *)node->data.scalar.value,
                               node->data.scalar.length, target);
    }
    far_buf_init(&wanted, 1024);
    config_describe(row, &wanted);
    config_fault(scope->errors, place, "is %s; write %s",
                 node->type == YAML_SCALAR_NODE     ? "a single value"
                 : node->type == YAML_SEQUENCE_NODE ? "a list"
                                                    : "a map",
                 wanted.data);
    far_buf_done(&wanted);
    return true;
}

static bool set_plain(struct scope *scope, const struct config_place *place, const struct far_config_row *row,
                      const char *text, void *target)
{
    if (row->type == FAR_CONFIG_TABLE) { /* only as the default: empty */
        const struct far_config_table none = {0};
        memcpy((char *)target + row->offset, &none, sizeof(none));
        return true;
    }
    if (row->type == FAR_CONFIG_STRING_LIST)
        return config_set_commas(scope->config, scope->errors, place, row, text, target);
    return config_set_text(scope->config, scope->errors, place, row, text, strlen(text), target);
}

static bool set_row(struct scope *scope, const struct far_config_row *row, const yaml_node_t *node,
                    size_t map_line, void *target)
{
    char key[CONFIG_PATH_SIZE], name[CONFIG_PATH_SIZE * 2], variable[CONFIG_PATH_SIZE + 16];
    config_key(row, key);
    config_env_name(row, variable);
    (void)snprintf(name, sizeof(name), "%s%s", scope->prefix, key);
    bool may_override = scope->with_environment && row->type != FAR_CONFIG_TABLE;
    const char *override = may_override ? getenv(variable) : NULL;
    if (override) {
        struct config_place place = {"environment", 0, variable};
        return set_plain(scope, &place, row, override, target);
    }
    if (node) {
        struct config_place place = {scope->source, node->start_mark.line + 1, name};
        return set_node(scope, &place, row, node, target);
    }
    struct config_place place = {scope->source, map_line, name};
    if (row->default_text) return set_plain(scope, &place, row, row->default_text, target);
    if (may_override)
        config_fault(scope->errors, &place, "is missing; write it, or set %s (%s)", variable, row->help);
    else
        config_fault(scope->errors, &place, "is missing; write it (%s)", row->help);
    return true;
}

/* Fill all rows of a scope from a map (NULL: nothing was written). @return false: out of memory. */
static bool fill(struct scope *scope, const yaml_node_t *map)
{
    size_t count = 0, number = 0;
    bool filled = true;
    for (size_t i = 0; i < scope->group_count; i++)
        count += scope->groups[i].row_count;
    scope->found = calloc(count + 1, sizeof(*scope->found));
    if (!scope->found) return false;
    if (map) find_rows(scope, map, "", 0);
    size_t line = map && *scope->prefix ? map->start_mark.line + 1 : 0;
    for (size_t i = 0; filled && i < scope->group_count; i++)
        for (size_t row = 0; filled && row < scope->groups[i].row_count; row++, number++)
            filled = set_row(scope, &scope->groups[i].rows[row], scope->found[number], line,
                             scope->groups[i].target);
    free(scope->found);
    return filled;
}

static enum far_err fill_all(const char *name, yaml_document_t *document,
                             const struct far_config_group *groups, size_t group_count, bool with_environment,
                             struct far_buf *errors, struct far_config **ret_config)
{
    struct far_config *config = calloc(1, sizeof(*config));
    if (!config) return FAR_ENOMEM;
    struct scope scope = {.config = config,
                          .errors = errors,
                          .source = name,
                          .document = document,
                          .groups = groups,
                          .group_count = group_count,
                          .prefix = "",
                          .with_environment = with_environment};
    const yaml_node_t *root = document ? yaml_document_get_root_node(document) : NULL;
    size_t errors_before = errors->len;
    if (root && is_null(root)) root = NULL;
    if (root && root->type != YAML_MAPPING_NODE) {
        struct config_place place = {name, root->start_mark.line + 1, NULL};
        config_fault(errors, &place,
                     "the file must be a map; write \"section:\" and its keys indented below it");
        root = NULL;
    }
    enum far_err err = fill(&scope, root) ? FAR_OK : FAR_ENOMEM;
    if (!err && (errors->len != errors_before || errors->err)) err = FAR_EINVAL;
    if (err)
        far_config_destroy(config);
    else
        *ret_config = config;
    return err;
}

static enum far_err parse(const char *name, const char *text, size_t text_len,
                          const struct far_config_group *groups, size_t group_count, bool with_environment,
                          struct far_buf *errors, struct far_config **ret_config)
{
    yaml_parser_t parser;
    yaml_document_t document;
    enum far_err err;
    if (!yaml_parser_initialize(&parser)) return FAR_ENOMEM;
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, text_len);
    if (!yaml_parser_load(&parser, &document)) {
        err = parser.error == YAML_MEMORY_ERROR ? FAR_ENOMEM : FAR_EINVAL;
        struct config_place place = {name, parser.problem_mark.line + 1, NULL};
        config_fault(errors, &place, "not YAML: %s; check indentation and quotes",
                     parser.problem ? parser.problem : "broken");
    } else {
        err = fill_all(name, &document, groups, group_count, with_environment, errors, ret_config);
        yaml_document_delete(&document);
    }
    yaml_parser_delete(&parser);
    return err;
}

enum far_err far_config_parse(const char *name, const char *text, size_t text_len,
                              const struct far_config_group *groups, size_t group_count,
                              struct far_buf *errors, struct far_config **ret_config)
{
    if (text_len > CONFIG_FILE_SIZE_MAX) {
        struct config_place place = {name, 0, NULL};
        config_fault(errors, &place, "is larger than 1 MiB; split it");
        return FAR_EINVAL;
    }
    return parse(name, text, text_len, groups, group_count, false, errors, ret_config);
}

enum far_err far_config_load(const char *path, const struct far_config_group *groups, size_t group_count,
                             struct far_buf *errors, struct far_config **ret_config)
{
    struct far_buf file;
    if (!path) return fill_all("configuration", NULL, groups, group_count, true, errors, ret_config);
    far_buf_init(&file, CONFIG_FILE_SIZE_MAX);
    enum far_err err = far_buf_add_file(&file, path);
    if (err) {
        struct config_place place = {path, 0, NULL};
        const char *remedy = err == FAR_ENOTFOUND ? "does not exist; check the path"
                             : err == FAR_EFULL   ? "is larger than 1 MiB; split it"
                             : err == FAR_ENOMEM  ? "does not fit into memory"
                                                  : "cannot be read; check its owner and mode";
        config_fault(errors, &place, "%s", remedy);
        if (err != FAR_ENOMEM) err = FAR_EINVAL;
    } else {
        err = parse(path, file.data, file.len, groups, group_count, true, errors, ret_config);
    }
    far_buf_done(&file);
    return err;
}

enum far_err far_config_address(const char *text, char *ret_host, size_t host_size, uint16_t *ret_port)
{
    const char *colon = strrchr(text, ':'), *host = text;
    uint64_t port;
    if (!colon || far_str_u64(colon + 1, UINT16_MAX, &port)) return FAR_EINVAL;
    size_t len = (size_t)(colon - text);
    if (*host == '[') {
        if (len < 3 || host[len - 1] != ']') return FAR_EINVAL;
        host++;
        len -= 2;
    } else if (memchr(host, ':', len)) {
        return FAR_EINVAL; /* an IPv6 address without its brackets is ambiguous */
    }
    if (len == 0 || len >= host_size) return FAR_EINVAL;
    (void)far_str_copy_len(ret_host, host_size, host, len);
    *ret_port = (uint16_t)port;
    return FAR_OK;
}
