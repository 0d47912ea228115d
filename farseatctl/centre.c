/* SPDX-License-Identifier: Apache-2.0 */
#include "centre.h"
#include "far/json.h"
#include "far/str.h"
#include <assert.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

#define NODES_MAX  200000u
#define ERRORS_MAX 50u
#define PATH_SIZE  160

/* One walk over the document, led by the message's descriptor. */
struct walk {
    yaml_document_t *document;
    struct centre_file *file;
    struct far_buf *errors;
    const char *folder;
    size_t nodes;
    size_t faults;
    size_t lines_capacity;
    bool no_memory;
};

static unsigned line_of(const yaml_node_t *node)
{
    return (unsigned)node->start_mark.line + 1;
}

static void fault(struct walk *walk, const yaml_node_t *node, const char *path, const char *what,
                  const char *remedy)
{
    if (walk->faults++ >= ERRORS_MAX) return;
    far_buf_addf(walk->errors, "%s:%u: %s%s%s; %s\n", walk->file->name, line_of(node), path,
                 *path ? ": " : "", what, remedy);
}

static void note_one(struct walk *walk, const char *path, const yaml_node_t *node)
{
    struct centre_file *file = walk->file;
    if (file->lines_len == walk->lines_capacity) {
        size_t capacity = walk->lines_capacity ? walk->lines_capacity * 2 : 256;
        struct centre_line *lines = realloc(file->lines, capacity * sizeof(*lines));
        if (!lines) {
            walk->no_memory = true;
            return;
        }
        file->lines = lines;
        walk->lines_capacity = capacity;
    }
    char *copy = strdup(path);
    if (!copy)
        walk->no_memory = true;
    else
        file->lines[file->lines_len++] = (struct centre_line){copy, line_of(node)};
}

/* Both ways in which a field may be named: by index, and as the ACD does, by id: "queues[sales].ring_ms_max".
 */
static void note_line(struct walk *walk, const char *path, const char *named, const yaml_node_t *node)
{
    note_one(walk, path, node);
    if (strcmp(path, named) != 0) note_one(walk, named, node);
}

static const char *scalar_text(const yaml_node_t *node)
{
    return (const char *)node->data.scalar.value;
}
static bool scalar_is_null(const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) return false;
    const char *text = scalar_text(node);
    return *text == 0 || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

static json_t *bool_json(struct walk *walk, const yaml_node_t *node, const char *path)
{
    static const char *const yes[] = {"true", "yes", "on"}, *const no[] = {"false", "no", "off"};
    for (size_t i = 0; i < FAR_ARRAY_LEN(yes); i++) {
        if (far_str_equal_nocase(scalar_text(node), yes[i])) return json_true();
        if (far_str_equal_nocase(scalar_text(node), no[i])) return json_false();
    }
    fault(walk, node, path, "is not yes or no", "write true or false");
    return NULL;
}

static json_t *number_json(struct walk *walk, const yaml_node_t *node, const char *path)
{
    const char *text = scalar_text(node);
    char *end = NULL;
    double number = strtod(text, &end);
    if (*text && *end == 0 && strspn(text, "0123456789.+-eE") == strlen(text) && isfinite(number))
        return json_real(number);
    fault(walk, node, path, "is not a number", "write digits, with a point before fractions: 0.8");
    return NULL;
}

static json_t *scalar_json(struct walk *walk, const ProtobufCFieldDescriptor *field, const yaml_node_t *node,
                           const char *path)
{
    if (node->type != YAML_SCALAR_NODE) {
        fault(walk, node, path, node->type == YAML_SEQUENCE_NODE ? "is a list" : "is a map of keys",
              "give one value");
        return NULL;
    }
    int64_t number;
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING: {
        json_t *json = json_string(scalar_text(node));
        if (!json) fault(walk, node, path, "is not UTF-8 text", "save the file as UTF-8");
        return json;
    }
    case PROTOBUF_C_TYPE_BOOL:
        return bool_json(walk, node, path);
    case PROTOBUF_C_TYPE_UINT32:
        if (far_str_i64(scalar_text(node), 0, UINT32_MAX, &number) == FAR_OK) return json_integer(number);
        fault(walk, node, path, "is not a whole number from 0 to 4294967295",
              "write digits only; names that end in _ms are milliseconds");
        return NULL;
    case PROTOBUF_C_TYPE_DOUBLE:
        return number_json(walk, node, path);
    default:
        fault(walk, node, path, "cannot be set from a file", "leave it out");
        return NULL;
    }
}

static json_t *message_json(struct walk *walk, const ProtobufCMessageDescriptor *type,
                            const yaml_node_t *node, const char *path, const char *named, unsigned depth);

static json_t *value_json(struct walk *walk, const ProtobufCFieldDescriptor *field, const yaml_node_t *node,
                          const char *path, const char *named, unsigned depth)
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return message_json(walk, field->descriptor, node, path, named, depth + 1);
    return scalar_json(walk, field, node, path);
}

/* What the item of a list is called, by a look ahead. */
static const char *id_of(const struct walk *walk, const yaml_node_t *node)
{
    if (node->type != YAML_MAPPING_NODE) return NULL;
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
         pair++) {
        const yaml_node_t *key = yaml_document_get_node(walk->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(walk->document, pair->value);
        if (key->type != YAML_SCALAR_NODE || value->type != YAML_SCALAR_NODE) continue;
        if (strcmp(scalar_text(key), "id") == 0 || strcmp(scalar_text(key), "number") == 0)
            return scalar_text(value);
    }
    return NULL;
}

static json_t *list_json(struct walk *walk, const ProtobufCFieldDescriptor *field, const yaml_node_t *node,
                         const char *path, const char *named, unsigned depth)
{
    json_t *list = json_array();
    if (!list) {
        walk->no_memory = true;
        return NULL;
    }
    if (scalar_is_null(node)) return list;
    if (node->type != YAML_SEQUENCE_NODE) {
        fault(walk, node, path, "is not a list", "write its items each behind a '- ', or as [a, b]");
        return list;
    }
    size_t index = 0;
    for (const yaml_node_item_t *item = node->data.sequence.items.start; item < node->data.sequence.items.top;
         item++, index++) {
        char item_path[PATH_SIZE], item_named[PATH_SIZE];
        yaml_node_t *item_node = yaml_document_get_node(walk->document, *item);
        const char *id = id_of(walk, item_node);
        snprintf(item_path, sizeof(item_path), "%s[%zu]", path, index);
        if (id)
            snprintf(item_named, sizeof(item_named), "%s[%.63s]", named, id);
        else
            snprintf(item_named, sizeof(item_named), "%s[%zu]", named, index);
        note_line(walk, item_path, item_named, item_node);
        json_t *json = value_json(walk, field, item_node, item_path, item_named, depth);
        if (json) json_array_append_new(list, json);
    }
    return list;
}

/* A phone's secret goes beside the message: it must never reach the log. */
static bool take_secret(struct walk *walk, const char *key, const yaml_node_t *node, const char *path)
{
    bool is_file = strcmp(key, "secret_file") == 0;
    if (!is_file && strcmp(key, "secret") != 0) return false;
    struct centre_secret *secret = &walk->file->secrets[walk->file->secrets_len - 1];
    if (node->type != YAML_SCALAR_NODE || *scalar_text(node) == 0) {
        fault(walk, node, path, "is empty", "give the secret, or leave the key out to have one generated");
        return true;
    }
    char value[sizeof(secret->secret) * 2] = "";
    if (is_file) {
        char name[PATH_MAX];
        const char *given = scalar_text(node);
        snprintf(name, sizeof(name), "%s%s%s", *given == '/' ? "" : walk->folder, *given == '/' ? "" : "/",
                 given);
        FILE *in = fopen(name, "re");
        if (!in || !fgets(value, sizeof(value), in)) {
            fault(walk, node, path, "names a file that cannot be read",
                  "make the file, one line with the secret");
        }
        if (in) fclose(in);
        value[strcspn(value, "\r\n")] = 0;
    } else {
        far_str_copy(value, sizeof(value), scalar_text(node));
    }
    if (*value && !far_str_copy(secret->secret, sizeof(secret->secret), value))
        fault(walk, node, path, "is longer than 127 bytes", "choose a shorter one");
    return true;
}

static bool begin_phone(struct walk *walk, const yaml_node_t *node, const char *path)
{
    struct centre_file *file = walk->file;
    if (file->secrets_len >= CENTRE_PHONES_MAX) {
        fault(walk, node, path, "is one phone too many", "at most 20000 are supported");
        return false;
    }
    struct centre_secret *secrets = realloc(file->secrets, (file->secrets_len + 1) * sizeof(*secrets));
    if (!secrets) {
        walk->no_memory = true;
        return false;
    }
    file->secrets = secrets;
    memset(&secrets[file->secrets_len++], 0, sizeof(*secrets));
    return true;
}

static void keys_hint(const ProtobufCMessageDescriptor *type, char *out, size_t size)
{
    size_t len = (size_t)snprintf(out, size, "known keys: ");
    for (unsigned i = 0; i < type->n_fields && len < size; i++)
        len += (size_t)snprintf(out + len, size - len, "%s%s", i ? ", " : "", type->fields[i].name);
}

static void field_into(struct walk *walk, const ProtobufCMessageDescriptor *type, const yaml_node_t *key_node,
                       const yaml_node_t *node, const char *path, const char *named, unsigned depth,
                       json_t *object)
{
    bool is_phone = type == &farseat__v1__phone__descriptor;
    const char *key = scalar_text(key_node);
    char key_path[PATH_SIZE], key_named[PATH_SIZE];
    snprintf(key_path, sizeof(key_path), "%s%s%.100s", path, *path ? "." : "", key);
    snprintf(key_named, sizeof(key_named), "%s%s%.100s", named, *named ? "." : "", key);
    if (is_phone && take_secret(walk, key, node, key_path)) return;
    const ProtobufCFieldDescriptor *field = protobuf_c_message_descriptor_get_field_by_name(type, key);
    if (!field) {
        char hint[512];
        keys_hint(type, hint, sizeof(hint));
        fault(walk, key_node, key_path, "is not a key that is known here", hint);
        return;
    }
    if (json_object_get(object, key)) {
        fault(walk, key_node, key_path, "is given twice", "keep one of them");
        return;
    }
    note_line(walk, key_path, key_named, key_node);
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    if (scalar_is_null(node) && !repeated) return;
    json_t *json = repeated ? list_json(walk, field, node, key_path, key_named, depth)
                            : value_json(walk, field, node, key_path, key_named, depth);
    if (json) json_object_set_new(object, key, json);
}

static json_t *message_json(struct walk *walk, const ProtobufCMessageDescriptor *type,
                            const yaml_node_t *node, const char *path, const char *named, unsigned depth)
{
    if (depth > FAR_JSON_DEPTH_MAX || ++walk->nodes > NODES_MAX) {
        if (walk->nodes <= NODES_MAX + 1)
            fault(walk, node, path, "is nested too deep or too large", "simplify it");
        return NULL;
    }
    /* A plain text for a label is its text in both languages. */
    if (type == &farseat__v1__label__descriptor && node->type == YAML_SCALAR_NODE)
        return json_pack("{s:s, s:s}", "zh", scalar_text(node), "en", scalar_text(node));
    bool is_phone = type == &farseat__v1__phone__descriptor;
    if (is_phone && !begin_phone(walk, node, path)) return NULL;
    json_t *object = json_object();
    if (!object) {
        walk->no_memory = true;
        return NULL;
    }
    if (node->type != YAML_MAPPING_NODE) {
        char hint[512];
        keys_hint(type, hint, sizeof(hint));
        fault(walk, node, path, "is not a map of keys", hint);
        return object;
    }
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start; pair < node->data.mapping.pairs.top;
         pair++) {
        yaml_node_t *key = yaml_document_get_node(walk->document, pair->key);
        yaml_node_t *value = yaml_document_get_node(walk->document, pair->value);
        if (key->type != YAML_SCALAR_NODE)
            fault(walk, key, path, "has a key that is no text", "write key: value");
        else
            field_into(walk, type, key, value, path, named, depth, object);
    }
    const char *id = is_phone ? json_string_value(json_object_get(object, "id")) : NULL;
    if (id)
        far_str_copy(walk->file->secrets[walk->file->secrets_len - 1].phone,
                     sizeof(((struct centre_secret *)0)->phone), id);
    return object;
}

static enum far_err to_config(struct walk *walk, const yaml_node_t *root)
{
    json_t *json = message_json(walk, &farseat__v1__centre_config__descriptor, root, "", "", 0);
    struct far_json_error error = {.path = "", .text = ""};
    enum far_err err = FAR_OK;
    if (walk->no_memory)
        err = FAR_ENOMEM;
    else if (walk->faults > 0 || !json)
        err = FAR_EINVAL;
    ProtobufCMessage *message = NULL;
    if (err == FAR_OK)
        err = far_json_to_message(&farseat__v1__centre_config__descriptor, json, &error, &message);
    if (err == FAR_OK) {
        walk->file->config = (Farseat__V1__CentreConfig *)message;
    } else if (*error.text) {
        far_buf_addf(walk->errors, "%s:%u: %s: %s\n", walk->file->name,
                     centre_line_of(walk->file, error.path), error.path, error.text);
        err = FAR_EINVAL;
    }
    json_decref(json);
    return err;
}

enum far_err centre_parse(const char *name, const char *folder, const char *text, size_t len,
                          struct centre_file *ret_file, struct far_buf *errors)
{
    struct centre_file file = {.name = strdup(name)};
    struct walk walk = {.file = &file, .errors = errors, .folder = folder};
    yaml_parser_t parser;
    yaml_document_t document;
    if (!file.name) return FAR_ENOMEM;
    if (!yaml_parser_initialize(&parser)) {
        free(file.name);
        return FAR_ENOMEM;
    }
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, len);
    enum far_err err = FAR_EINVAL;
    if (!yaml_parser_load(&parser, &document)) {
        far_buf_addf(errors, "%s:%zu: %s; mend the YAML, often a tab or a wrong indentation\n", name,
                     parser.problem_mark.line + 1, parser.problem ? parser.problem : "is not YAML");
        goto out_parser;
    }
    walk.document = &document;
    yaml_node_t *root = yaml_document_get_root_node(&document);
    if (!root)
        far_buf_addf(errors, "%s:1: the file is empty; see docs/examples/centre.yaml\n", name);
    else
        err = to_config(&walk, root);
    yaml_document_delete(&document);
out_parser:
    yaml_parser_delete(&parser);
    if (err != FAR_OK)
        centre_done(&file);
    else
        *ret_file = file;
    return err;
}

enum far_err centre_load(const char *path, struct centre_file *ret_file, struct far_buf *errors)
{
    struct far_buf text;
    char folder[PATH_MAX];
    far_str_copy(folder, sizeof(folder), path);
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = 0;
    else
        far_str_copy(folder, sizeof(folder), ".");
    far_buf_init(&text, CENTRE_FILE_LEN_MAX);
    enum far_err err = far_buf_add_file(&text, path);
    if (err != FAR_OK)
        far_buf_addf(errors, "%s: %s; give a file of at most 2 MB that you may read\n", path,
                     far_err_text(err));
    else
        err = centre_parse(path, *folder ? folder : "/", text.data, text.len, ret_file, errors);
    far_buf_done(&text);
    return err;
}

void centre_done(struct centre_file *file)
{
    if (file->config) farseat__v1__centre_config__free_unpacked(file->config, NULL);
    for (size_t i = 0; i < file->lines_len; i++)
        free(file->lines[i].path);
    if (file->secrets) explicit_bzero(file->secrets, file->secrets_len * sizeof(*file->secrets));
    free(file->secrets);
    free(file->lines);
    free(file->name);
    memset(file, 0, sizeof(*file));
}

unsigned centre_line_of(const struct centre_file *file, const char *text)
{
    char path[PATH_SIZE];
    size_t len = strcspn(text, ": ;");
    if (len >= sizeof(path)) len = sizeof(path) - 1;
    far_str_copy_len(path, sizeof(path), text, len);
    for (;;) {
        for (size_t i = 0; i < file->lines_len; i++)
            if (strcmp(file->lines[i].path, path) == 0) return file->lines[i].line;
        size_t cut = strlen(path);
        while (cut > 0 && path[cut - 1] != '.' && path[cut - 1] != '[')
            cut--;
        if (cut == 0) return 0;
        path[cut - 1] = 0;
    }
}
