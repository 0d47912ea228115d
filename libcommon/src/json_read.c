/* SPDX-License-Identifier: Apache-2.0 */
/* json_read.c - JSON to messages. Built by hand into protobuf-c's structs with its default allocator
 * (malloc), so that protobuf_c_message_free_unpacked() frees also what was left half-way. */
#include "far/json.h"
#include "json_private.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where we are, for errors: a chain on the stack. */
struct place {
    const struct place *parent;
    const char *name; /* of the field; NULL: an item of the list above */
    size_t index;
    unsigned depth;
};
struct reading {
    struct far_json_error *error; /* may be NULL */
};

static enum far_err read_message(struct reading *reading, const struct place *place, const json_t *json,
                                 const ProtobufCMessageDescriptor *type, ProtobufCMessage **ret_message);

static size_t path_of(const struct place *place, char *out, size_t size)
{
    if (!place || size == 0) return 0;
    size_t len = path_of(place->parent, out, size);
    if (len >= size) return size;
    int more = place->name ? snprintf(out + len, size - len, "%s%s", len > 0 ? "." : "", place->name)
                           : snprintf(out + len, size - len, "[%zu]", place->index);
    len += more > 0 ? (size_t)more : 0;
    return len < size ? len : size;
}

__attribute__((format(printf, 3, 4))) static enum far_err
refuse(struct reading *reading, const struct place *place, const char *format, ...)
{
    va_list args;
    if (reading->error) {
        reading->error->path[0] = 0;
        (void)path_of(place, reading->error->path, sizeof(reading->error->path));
        va_start(args, format);
        (void)vsnprintf(reading->error->text, sizeof(reading->error->text), format, args);
        va_end(args);
    }
    return FAR_EPROTO;
}

/* ---- Numbers ------------------------------------------------------------------------------------------- */

static bool real_to_i64(double real, int64_t *ret_value)
{
    if (!(real >= -9223372036854775808.0 && real < 9223372036854775808.0) || trunc(real) != real)
        return false;
    *ret_value = (int64_t)real;
    return true;
}

static bool json_to_i64(const json_t *json, int64_t *ret_value)
{
    if (json_is_integer(json)) {
        *ret_value = json_integer_value(json);
        return true;
    }
    if (json_is_real(json)) return real_to_i64(json_real_value(json), ret_value);
    const char *text = json_string_value(json);
    char *end = NULL;
    if (!text || strlen(text) != json_string_length(json)) return false;
    if (!((*text >= '0' && *text <= '9') || (*text == '-' && text[1] >= '0' && text[1] <= '9'))) return false;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || *end != 0) return false;
    *ret_value = value;
    return true;
}

static bool json_to_u64(const json_t *json, uint64_t *ret_value)
{
    const char *text = json_string_value(json);
    int64_t value = 0;
    if (text) {
        char *end = NULL;
        if (strlen(text) != json_string_length(json) || *text < '0' || *text > '9') return false;
        errno = 0;
        unsigned long long parsed = strtoull(text, &end, 10);
        if (errno != 0 || *end != 0) return false;
        *ret_value = parsed;
        return true;
    }
    if (json_is_real(json) && json_real_value(json) >= 9223372036854775808.0 &&
        json_real_value(json) < 18446744073709551616.0 &&
        trunc(json_real_value(json)) == json_real_value(json)) {
        *ret_value = (uint64_t)json_real_value(json); /* jansson's integers end at 2^63 - 1 */
        return true;
    }
    if (!json_to_i64(json, &value) || value < 0) return false;
    *ret_value = (uint64_t)value;
    return true;
}

static bool json_to_real(const json_t *json, double *ret_value)
{
    const char *text = json_string_value(json);
    if (json_is_number(json)) {
        *ret_value = json_number_value(json);
        return true;
    }
    if (!text) return false;
    if (strcmp(text, "NaN") == 0) {
        *ret_value = (double)NAN;
        return true;
    }
    if (strcmp(text, "Infinity") == 0 || strcmp(text, "-Infinity") == 0) {
        *ret_value = text[0] == '-' ? -(double)INFINITY : (double)INFINITY;
        return true;
    }
    char *end = NULL;
    if (strlen(text) != json_string_length(json) || !strpbrk(text, "0123456789") ||
        strspn(text, "0123456789+-.eE") != strlen(text))
        return false;
    *ret_value = strtod(text, &end);
    return *end == 0 && isfinite(*ret_value);
}

static enum far_err read_signed(struct reading *reading, const struct place *place, const json_t *json,
                                int64_t min, int64_t max, int64_t *ret_value)
{
    int64_t value = 0;
    if (!json_to_i64(json, &value) || value < min || value > max)
        return refuse(reading, place, "must be a whole number from %" PRId64 " to %" PRId64, min, max);
    *ret_value = value;
    return FAR_OK;
}

static enum far_err read_unsigned(struct reading *reading, const struct place *place, const json_t *json,
                                  uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (!json_to_u64(json, &value) || value > max)
        return refuse(reading, place, "must be a whole number from 0 to %" PRIu64, max);
    *ret_value = value;
    return FAR_OK;
}

/* ---- Other scalars ------------------------------------------------------------------------------------- */

static enum far_err read_enum(struct reading *reading, const struct place *place, const json_t *json,
                              const ProtobufCEnumDescriptor *type, int *ret_value)
{
    const char *name = json_string_value(json);
    int64_t number = 0;
    if (name) {
        const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value_by_name(type, name);
        if (!known)
            return refuse(reading, place, "must be one of %s, such as %s", type->name, type->values[0].name);
        *ret_value = known->value;
        return FAR_OK;
    }
    enum far_err err = read_signed(reading, place, json, INT32_MIN, INT32_MAX, &number);
    if (err == FAR_OK) *ret_value = (int)number;
    return err;
}

static enum far_err read_text(struct reading *reading, const struct place *place, const json_t *json,
                              char **ret_text)
{
    const char *text = json_string_value(json);
    if (!text) return refuse(reading, place, "must be a text");
    if (strlen(text) != json_string_length(json)) return refuse(reading, place, "must not contain \\u0000");
    char *copy = strdup(text);
    if (!copy) return FAR_ENOMEM;
    *ret_text = copy;
    return FAR_OK;
}

/* Base64, standard or URL-safe, with or without padding. */
static enum far_err read_bytes(struct reading *reading, const struct place *place, const json_t *json,
                               ProtobufCBinaryData *ret_bytes)
{
    const char *text = json_string_value(json);
    size_t len = json_string_length(json);
    size_t bytes_len = 0;
    if (!text) return refuse(reading, place, "must be a text in base64");
    while (len > 0 && text[len - 1] == '=')
        len--;
    int variant = memchr(text, '-', len) || memchr(text, '_', len)
                      ? sodium_base64_VARIANT_URLSAFE_NO_PADDING
                      : sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
    uint8_t *bytes = len > 0 ? malloc(len) : NULL;
    if (len > 0 && !bytes) return FAR_ENOMEM;
    if (len > 0 && sodium_base642bin(bytes, len, text, len, NULL, &bytes_len, NULL, variant) != 0) {
        free(bytes);
        return refuse(reading, place, "must be a text in base64");
    }
    if (bytes_len == 0) {
        free(bytes);
        bytes = NULL;
    }
    *ret_bytes = (ProtobufCBinaryData){.len = bytes_len, .data = bytes};
    return FAR_OK;
}

static enum far_err read_number(struct reading *reading, const struct place *place, const json_t *json,
                                ProtobufCType type, void *out)
{
    enum far_err err = FAR_OK;
    int64_t i = 0;
    uint64_t u = 0;
    double real = 0;
    switch (type) {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        err = read_unsigned(reading, place, json, UINT32_MAX, &u);
        if (err == FAR_OK) *(uint32_t *)out = (uint32_t)u;
        return err;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return read_signed(reading, place, json, INT64_MIN, INT64_MAX, out);
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return read_unsigned(reading, place, json, UINT64_MAX, out);
    case PROTOBUF_C_TYPE_FLOAT:
    case PROTOBUF_C_TYPE_DOUBLE:
        if (!json_to_real(json, &real)) return refuse(reading, place, "must be a number");
        if (type == PROTOBUF_C_TYPE_DOUBLE)
            *(double *)out = real;
        else if (isfinite(real) && fabs(real) > (double)3.4028234663852886e38)
            return refuse(reading, place, "is too large");
        else
            *(float *)out = (float)real;
        return FAR_OK;
    default:
        err = read_signed(reading, place, json, INT32_MIN, INT32_MAX, &i);
        if (err == FAR_OK) *(int32_t *)out = (int32_t)i;
        return err;
    }
}

static enum far_err read_value(struct reading *reading, const struct place *place, const json_t *json,
                               const ProtobufCFieldDescriptor *field, void *out)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        if (!json_is_boolean(json)) return refuse(reading, place, "must be true or false");
        *(protobuf_c_boolean *)out = json_is_true(json);
        return FAR_OK;
    case PROTOBUF_C_TYPE_ENUM:
        return read_enum(reading, place, json, field->descriptor, out);
    case PROTOBUF_C_TYPE_STRING:
        return read_text(reading, place, json, out);
    case PROTOBUF_C_TYPE_BYTES:
        return read_bytes(reading, place, json, out);
    case PROTOBUF_C_TYPE_MESSAGE:
        return read_message(reading, place, json, field->descriptor, out);
    default:
        return read_number(reading, place, json, field->type, out);
    }
}

/* ---- Fields -------------------------------------------------------------------------------------------- */

static enum far_err read_list(struct reading *reading, const struct place *place, const json_t *json,
                              const ProtobufCFieldDescriptor *field, ProtobufCMessage *message)
{
    char *base = (char *)message;
    size_t *count = (size_t *)(void *)(base + field->quantifier_offset);
    char **items = (char **)(void *)(base + field->offset);
    size_t size = json_value_size(field->type);
    if (!json_is_array(json)) return refuse(reading, place, "must be a list");
    size_t wanted = json_array_size(json);
    if (wanted > FAR_JSON_ELEMENTS_MAX) {
        (void)refuse(reading, place, "has %zu items, at most %u are allowed", wanted, FAR_JSON_ELEMENTS_MAX);
        return FAR_EFULL;
    }
    if (wanted == 0) return FAR_OK;
    if (!(*items = calloc(wanted, size))) return FAR_ENOMEM;
    for (size_t i = 0; i < wanted; i++) {
        struct place item = {.parent = place, .index = i, .depth = place->depth};
        enum far_err err = read_value(reading, &item, json_array_get(json, i), field, *items + i * size);
        if (err != FAR_OK) return err; /* the first *count items are whole */
        *count = i + 1;
    }
    return FAR_OK;
}

static enum far_err read_field(struct reading *reading, const struct place *place, const json_t *json,
                               const ProtobufCFieldDescriptor *field, ProtobufCMessage *message)
{
    char *base = (char *)message;
    uint32_t *chosen = (uint32_t *)(void *)(base + field->quantifier_offset);
    if (json_is_null(json)) return FAR_OK;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) return read_list(reading, place, json, field, message);
    if (!(field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF))
        return read_value(reading, place, json, field, base + field->offset);
    if (*chosen != 0) return refuse(reading, place, "another choice of the same group is given already");
    enum far_err err = read_value(reading, place, json, field, base + field->offset);
    if (err == FAR_OK) *chosen = field->id;
    return err;
}

static const ProtobufCFieldDescriptor *find_field(const ProtobufCMessageDescriptor *type, const char *key)
{
    char name[128];
    for (unsigned i = 0; i < type->n_fields; i++) {
        if (strcmp(type->fields[i].name, key) == 0) return &type->fields[i];
        if (far_json_name(type->fields[i].name, name, sizeof(name)) && strcmp(name, key) == 0)
            return &type->fields[i];
    }
    return NULL;
}

static enum far_err read_message(struct reading *reading, const struct place *place, const json_t *json,
                                 const ProtobufCMessageDescriptor *type, ProtobufCMessage **ret_message)
{
    enum far_err err = FAR_OK;
    const char *key = NULL;
    json_t *value = NULL;
    unsigned depth = place ? place->depth + 1 : 0;
    if (depth >= FAR_JSON_DEPTH_MAX) {
        (void)refuse(reading, place, "is nested deeper than %d", FAR_JSON_DEPTH_MAX);
        return FAR_EFULL;
    }
    if (!json_is_object(json)) return refuse(reading, place, "must be an object (%s)", type->short_name);
    ProtobufCMessage *message = calloc(1, type->sizeof_message);
    uint8_t *seen = calloc(1, type->n_fields ? type->n_fields : 1);
    if (!message || !seen) {
        free(message);
        free(seen);
        return FAR_ENOMEM;
    }
    protobuf_c_message_init(type, message);
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        const ProtobufCFieldDescriptor *field = find_field(type, key);
        struct place inner = {.parent = place, .name = key, .depth = depth};
        if (!field)
            err = refuse(reading, &inner, "is not a field of %s", type->short_name);
        else if (seen[field - type->fields])
            err = refuse(reading, &inner, "is given twice, in both spellings");
        else
            err = read_field(reading, &inner, value, field, message);
        if (err != FAR_OK) break;
        seen[field - type->fields] = 1;
    }
    free(seen);
    if (err != FAR_OK) {
        protobuf_c_message_free_unpacked(message, NULL);
        return err;
    }
    *ret_message = message;
    return FAR_OK;
}

enum far_err far_json_to_message(const ProtobufCMessageDescriptor *type, const json_t *json,
                                 struct far_json_error *error, ProtobufCMessage **ret_message)
{
    struct reading reading = {.error = error};
    if (error) *error = (struct far_json_error){.path = ""};
    return read_message(&reading, NULL, json, type, ret_message);
}

enum far_err far_json_parse(const ProtobufCMessageDescriptor *type, const char *text, size_t len,
                            struct far_json_error *error, ProtobufCMessage **ret_message)
{
    json_error_t why;
    if (error) *error = (struct far_json_error){.path = ""};
    if (len > FAR_JSON_LEN_MAX) {
        if (error) (void)snprintf(error->text, sizeof(error->text), "longer than %u bytes", FAR_JSON_LEN_MAX);
        return FAR_EFULL;
    }
    json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
    if (!json) {
        if (error)
            (void)snprintf(error->text, sizeof(error->text), "line %d column %d: %.100s", why.line,
                           why.column, why.text);
        return FAR_EPROTO;
    }
    enum far_err err = far_json_to_message(type, json, error, ret_message);
    json_decref(json);
    return err;
}
