/* SPDX-License-Identifier: Apache-2.0 */
/* reference.c - the tables as pages for people: docs/reference/bus.md and topics.md. */
#include "far/buf.h"
#include "far/json.h"
#include "far/tables.h"
#include <string.h>

static const char *kind_name(enum far_subject_kind kind)
{
    static const char *const names[] = {
        [FAR_SUBJECT_STREAM] = "stream", [FAR_SUBJECT_REQUEST] = "request", [FAR_SUBJECT_PLAIN] = "plain"};
    return names[kind];
}

static const char *type_name(const ProtobufCMessageDescriptor *type)
{
    return type ? type->short_name : "";
}

static void print_streams(struct far_buf *out, bool buckets)
{
    for (size_t i = 0; i < FAR_STREAM_COUNT; i++) {
        const struct far_stream_row *row = &far_stream_rows[i];
        if (row->bucket != buckets) continue;
        if (buckets) {
            far_buf_addf(out, "| `%s` | %u MiB | %s |\n", row->name + strlen("KV_"), row->size_mib_max,
                         row->text);
            continue;
        }
        far_buf_addf(out, "| `%s` | `%s` | %s | ", row->name, row->subjects,
                     row->discard == FAR_DISCARD_NEW ? "refuses new messages" : "drops the oldest");
        if (row->age_h_max == 0)
            far_buf_add_text(out, "for ever");
        else
            far_buf_addf(out, "%u h", row->age_h_max);
        far_buf_addf(out, " | %u MiB | %u KiB | %s |\n", row->size_mib_max, row->msg_kib_max, row->text);
    }
}

void far_bus_reference(struct far_buf *out)
{
    far_buf_add_text(out,
                     "# The bus\n\nPrinted by `far-tables bus` from `libcommon/include/far/tables.h` and "
                     "`libcommon/src/permissions.c`; a test fails when it differs.\nMessages are protobuf, "
                     "package `farseat.v1` (`proto/`).\n\n## Subjects\n\n"
                     "| subject | kind | message | reply | meaning |\n| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < FAR_SUBJECT_COUNT; i++) {
        const struct far_subject_row *row = &far_subject_rows[i];
        far_buf_addf(out, "| `%s` | %s | %s | %s | %s |\n", row->pattern, kind_name(row->kind),
                     type_name(row->type), type_name(row->reply), row->text);
    }
    far_buf_add_text(
        out, "\n## Methods\n\nA refusal carries the headers `Farseat-Error` (a name of "
             "`libcommon/include/far/err.h`) and `Farseat-Error-Text`. The queue group is the "
             "service's name.\n\n| subject | request | reply | meaning |\n| --- | --- | --- | --- |\n");
    for (size_t i = 0; i < FAR_METHOD_COUNT; i++) {
        const struct far_method_row *row = &far_method_rows[i];
        far_buf_addf(out, "| `%s` | %s | %s | %s |\n", row->subject, type_name(row->request),
                     type_name(row->reply), row->text);
    }
    far_buf_add_text(out,
                     "\n## Streams\n\n| stream | subjects | when full | keeps | at most | a message | for |\n"
                     "| --- | --- | --- | --- | --- | --- | --- |\n");
    print_streams(out, false);
    far_buf_add_text(out,
                     "\nOn a small disk a stream is made with half its size, or half of that, and says so.\n"
                     "\n## Buckets\n\n| bucket | at most | for |\n| --- | --- | --- |\n");
    print_streams(out, true);
    far_buf_add_text(out,
                     "\n## Who may do what\n\nThe role is the user's name up to its dash; `<user>` is the "
                     "whole name. `far-tables nats-permissions <user>` prints it as nats-server reads "
                     "it.\n\n");
    far_permissions_reference(out);
}

static const char *field_type_name(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_BOOL:
        return "boolean";
    case PROTOBUF_C_TYPE_STRING:
        return "text";
    case PROTOBUF_C_TYPE_BYTES:
        return "text, base64";
    case PROTOBUF_C_TYPE_ENUM:
        return ((const ProtobufCEnumDescriptor *)field->descriptor)->short_name;
    case PROTOBUF_C_TYPE_MESSAGE:
        return ((const ProtobufCMessageDescriptor *)field->descriptor)->short_name;
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return "integer as text";
    default:
        return "number";
    }
}

#define NAMED_MAX 64u
struct named { /* messages and enums that the topics' fields lead to, each once */
    const ProtobufCMessageDescriptor *messages[NAMED_MAX];
    const ProtobufCEnumDescriptor *enums[NAMED_MAX];
    size_t messages_len, enums_len;
};

static void note_enum(struct named *named, const ProtobufCEnumDescriptor *type)
{
    for (size_t i = 0; i < named->enums_len; i++)
        if (named->enums[i] == type) return;
    if (named->enums_len < NAMED_MAX) named->enums[named->enums_len++] = type;
}

static void note_message(struct named *named, const ProtobufCMessageDescriptor *type)
{
    for (size_t i = 0; i < named->messages_len; i++)
        if (named->messages[i] == type) return;
    if (named->messages_len < NAMED_MAX) named->messages[named->messages_len++] = type;
}

static void print_fields(struct far_buf *out, const ProtobufCMessageDescriptor *type, struct named *named)
{
    char name[128];
    far_buf_add_text(out, "| field | type |\n| --- | --- |\n");
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        if (!far_json_name(field->name, name, sizeof(name))) continue;
        if (field->type == PROTOBUF_C_TYPE_MESSAGE) note_message(named, field->descriptor);
        if (field->type == PROTOBUF_C_TYPE_ENUM) note_enum(named, field->descriptor);
        far_buf_addf(out, "| `%s` | %s%s |\n", name,
                     field->label == PROTOBUF_C_LABEL_REPEATED ? "list of " : "", field_type_name(field));
    }
}

void far_topics_reference(struct far_buf *out)
{
    struct named named = {.messages_len = 0};
    char key[64];
    far_buf_add_text(
        out,
        "# Kafka topics\n\nPrinted by `far-tables topics` from `libcommon/include/far/tables.h` and "
        "`proto/`; a "
        "test fails when it differs.\n\nValues are JSON by protobuf's mapping: names in lowerCamelCase, "
        "64-bit "
        "integers as text, enums by name; a field with its\ndefault value (0, \"\", false, empty list) is "
        "also "
        "written. Times ending in `AtUs` are Unix time in microseconds, durations\nend in `Ms`. Headers "
        "follow "
        "CloudEvents' binary mode. Read with `isolation.level=read_committed`; of several records with\none "
        "key "
        "and identity keep the highest `revision`. Fields are only ever added; another meaning is another "
        "topic.\n\n| topic | key | value | partitions | for |\n| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < FAR_TOPIC_COUNT; i++) {
        const struct far_topic_row *row = &far_topic_rows[i];
        if (!far_json_name(row->key, key, sizeof(key))) continue;
        far_buf_addf(out, "| `%s` | `%s` | %s | %u%s | %s |\n", row->topic, key, row->type->short_name,
                     row->partitions, row->compacted ? ", compacted" : "", row->text);
    }
    for (size_t i = 0; i < FAR_TOPIC_COUNT; i++)
        note_message(&named, far_topic_rows[i].type);
    for (size_t i = 0; i < named.messages_len; i++) { /* grows while we walk */
        far_buf_addf(out, "\n## %s\n\n", named.messages[i]->short_name);
        print_fields(out, named.messages[i], &named);
    }
    for (size_t i = 0; i < named.enums_len; i++) {
        const ProtobufCEnumDescriptor *type = named.enums[i];
        far_buf_addf(out, "\n## %s\n\n", type->short_name);
        for (unsigned v = 0; v < type->n_values; v++)
            far_buf_addf(out, "%s`%s`", v > 0 ? ", " : "", type->values[v].name);
        far_buf_add_text(out, "\n");
    }
}
