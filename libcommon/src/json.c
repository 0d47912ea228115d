/* SPDX-License-Identifier: Apache-2.0 */
/* json.c - messages to JSON; json_read.c is the way back. */
#include "far/json.h"
#include "far/utf8.h"
#include "json_private.h"
#include <inttypes.h>
#include <math.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum far_err write_message(const ProtobufCMessage *message, unsigned flags, unsigned depth,
                                  json_t **ret_json);

bool far_json_name(const char *proto_name, char *out, size_t out_size)
{
    size_t len = 0;
    bool upper = false;
    for (const char *at = proto_name; *at; at++) {
        if (*at == '_') {
            upper = true;
            continue;
        }
        if (len + 1 >= out_size) {
            out[len] = 0;
            return false;
        }
        out[len++] = (char)(upper && *at >= 'a' && *at <= 'z' ? *at - 'a' + 'A' : *at);
        upper = false;
    }
    out[len] = 0;
    return true;
}

/* ---- One value ----------------------------------------------------------------------------------------- */

static json_t *write_i64(int64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRId64, value);
    return json_string(text);
}

static json_t *write_u64(uint64_t value)
{
    char text[24];
    (void)snprintf(text, sizeof(text), "%" PRIu64, value);
    return json_string(text);
}

static json_t *write_real(double value)
{
    if (isnan(value)) return json_string("NaN");
    if (isinf(value)) return json_string(value > 0 ? "Infinity" : "-Infinity");
    return json_real(value);
}

static json_t *write_bytes(const ProtobufCBinaryData *value)
{
    size_t size = sodium_base64_encoded_len(value->len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(size);
    if (!text) return NULL;
    sodium_bin2base64(text, size, value->data, value->len, sodium_base64_VARIANT_ORIGINAL);
    json_t *json = json_stringn(text, size - 1);
    free(text);
    return json;
}

static json_t *write_enum(const ProtobufCEnumDescriptor *type, int value)
{
    const ProtobufCEnumValue *known = protobuf_c_enum_descriptor_get_value(type, value);
    return known ? json_string(known->name) : json_integer(value);
}

static enum far_err write_value(const ProtobufCFieldDescriptor *field, const void *at, unsigned flags,
                                unsigned depth, json_t **ret_json)
{
    json_t *json = NULL;
    switch (field->type) {
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_SFIXED32:
        json = json_integer(*(const int32_t *)at);
        break;
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FIXED32:
        json = json_integer(*(const uint32_t *)at);
        break;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        json = write_i64(*(const int64_t *)at);
        break;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        json = write_u64(*(const uint64_t *)at);
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        json = write_real((double)*(const float *)at);
        break;
    case PROTOBUF_C_TYPE_DOUBLE:
        json = write_real(*(const double *)at);
        break;
    case PROTOBUF_C_TYPE_BOOL:
        json = json_boolean(*(const protobuf_c_boolean *)at);
        break;
    case PROTOBUF_C_TYPE_ENUM:
        json = write_enum(field->descriptor, *(const int *)at);
        break;
    case PROTOBUF_C_TYPE_STRING: {
        const char *text = *(const char *const *)at;
        if (text && !far_utf8_valid(text, strlen(text))) return FAR_EPROTO;
        json = json_string_nocheck(text ? text : "");
        break;
    }
    case PROTOBUF_C_TYPE_BYTES:
        json = write_bytes(at);
        break;
    case PROTOBUF_C_TYPE_MESSAGE:
        return write_message(*(const ProtobufCMessage *const *)at, flags, depth + 1, ret_json);
    }
    if (!json) return FAR_ENOMEM;
    *ret_json = json;
    return FAR_OK;
}

/* ---- Fields -------------------------------------------------------------------------------------------- */

size_t json_value_size(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    case PROTOBUF_C_TYPE_BOOL:
        return sizeof(protobuf_c_boolean);
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    default:
        return 4;
    }
}

static bool is_default(const ProtobufCFieldDescriptor *field, const void *at)
{
    static const char zero[8];
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(const char *const *)at;
        return !text || !*text;
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES) return ((const ProtobufCBinaryData *)at)->len == 0;
    return memcmp(at, zero, json_value_size(field->type)) == 0;
}

/* Whether a field has a value to write. Members of a oneof say so by its case, messages by their pointer. */
static bool is_present(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, unsigned flags)
{
    const char *base = (const char *)message;
    if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
        if (*(const uint32_t *)(const void *)(base + field->quantifier_offset) != field->id) return false;
        return field->type != PROTOBUF_C_TYPE_MESSAGE || *(void *const *)(const void *)(base + field->offset);
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(void *const *)(const void *)(base + field->offset) != NULL;
    return (flags & FAR_JSON_DEFAULTS) || !is_default(field, base + field->offset);
}

static enum far_err write_list(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                               unsigned flags, unsigned depth, json_t **ret_json)
{
    const char *base = (const char *)message;
    size_t count = *(const size_t *)(const void *)(base + field->quantifier_offset);
    const char *items = *(const char *const *)(const void *)(base + field->offset);
    enum far_err err = FAR_OK;
    if (count == 0 && !(flags & FAR_JSON_DEFAULTS)) return FAR_OK;
    json_t *list = json_array();
    if (!list) return FAR_ENOMEM;
    for (size_t i = 0; i < count && err == FAR_OK; i++) {
        json_t *item = NULL;
        err = write_value(field, items + i * json_value_size(field->type), flags, depth, &item);
        if (err == FAR_OK && json_array_append_new(list, item) != 0) err = FAR_ENOMEM;
    }
    if (err != FAR_OK) {
        json_decref(list);
        return err;
    }
    *ret_json = list;
    return FAR_OK;
}

static enum far_err write_message(const ProtobufCMessage *message, unsigned flags, unsigned depth,
                                  json_t **ret_json)
{
    enum far_err err = FAR_OK;
    char name[128];
    if (depth >= FAR_JSON_DEPTH_MAX) return FAR_EFULL;
    json_t *object = json_object();
    if (!object) return FAR_ENOMEM;
    for (unsigned i = 0; i < message->descriptor->n_fields && err == FAR_OK; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        json_t *value = NULL;
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            err = write_list(message, field, flags, depth, &value);
        else if (is_present(message, field, flags))
            err = write_value(field, (const char *)message + field->offset, flags, depth, &value);
        if (err != FAR_OK || !value) continue;
        const char *key = field->name;
        if (!(flags & FAR_JSON_PROTO_NAMES) && far_json_name(field->name, name, sizeof(name))) key = name;
        if (json_object_set_new_nocheck(object, key, value) != 0) err = FAR_ENOMEM;
    }
    if (err != FAR_OK) {
        json_decref(object);
        return err;
    }
    *ret_json = object;
    return FAR_OK;
}

enum far_err far_json_from_message(const ProtobufCMessage *message, unsigned flags, json_t **ret_json)
{
    return write_message(message, flags, 0, ret_json);
}

enum far_err far_json_print(const ProtobufCMessage *message, unsigned flags, char **ret_text)
{
    json_t *json = NULL;
    enum far_err err = write_message(message, flags, 0, &json);
    if (err != FAR_OK) return err;
    char *text = json_dumps(json, (flags & FAR_JSON_INDENT) ? JSON_INDENT(2) : JSON_COMPACT);
    json_decref(json);
    if (!text) return FAR_ENOMEM;
    *ret_text = text;
    return FAR_OK;
}
