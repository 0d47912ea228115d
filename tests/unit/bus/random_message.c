/* SPDX-License-Identifier: Apache-2.0 */
#include "random_message.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 6u
#define ITEMS_MAX 3u

static void *must(void *memory)
{
    if (!memory) abort();
    return memory;
}

static char *random_text(struct far_rand *rand)
{
    static const char *const pieces[] = {"a",  "\"",   "\\", "\n", "\x01", "\x7f",
                                         "中", "客户", "é",  "\t", "/",    "\xf0\x9f\x93\x9e",
                                         "0",  " ",    "<",  "'",  "_",    "-"};
    size_t count = far_rand_below(rand, 12);
    char *text = must(calloc(1, count * 8 + 1));
    for (size_t i = 0; i < count; i++)
        strcat(text, pieces[far_rand_below(rand, sizeof(pieces) / sizeof(pieces[0]))]);
    return text;
}

static ProtobufCBinaryData random_bytes(struct far_rand *rand)
{
    ProtobufCBinaryData bytes = {.len = far_rand_below(rand, 20)};
    if (bytes.len == 0) return bytes;
    bytes.data = must(malloc(bytes.len));
    for (size_t i = 0; i < bytes.len; i++)
        bytes.data[i] = (uint8_t)far_rand_u64(rand);
    return bytes;
}

/* Small, large, negative, extreme. */
static uint64_t random_bits(struct far_rand *rand)
{
    switch (far_rand_below(rand, 4)) {
    case 0:
        return far_rand_below(rand, 10);
    case 1:
        return UINT64_MAX - far_rand_below(rand, 3);
    case 2:
        return (uint64_t)1 << far_rand_below(rand, 64);
    default:
        return far_rand_u64(rand);
    }
}

static double random_real(struct far_rand *rand)
{
    switch (far_rand_below(rand, 5)) {
    case 0:
        return (double)INFINITY;
    case 1:
        return -0.5;
    case 2:
        return 1e300;
    case 3:
        return (double)far_rand_between(rand, -1000000, 1000000) / 7;
    default:
        return (double)far_rand_below(rand, 100);
    }
}

static int random_enum(struct far_rand *rand, const ProtobufCEnumDescriptor *type)
{
    if (far_rand_chance(rand, 50)) return 4711; /* of a newer version */
    return type->values[far_rand_below(rand, type->n_values)].value;
}

static size_t fill(struct far_rand *rand, const ProtobufCFieldDescriptor *field, void *at, unsigned depth)
{
    uint64_t bits = random_bits(rand);
    double real = random_real(rand);
    float single = (float)(fabs(real) > 1e30 && !isinf(real) ? 0.25 : real);
    uint32_t word = (uint32_t)bits;
    int number = 0;
    protobuf_c_boolean yes = (protobuf_c_boolean)(bits & 1);
    char *text = NULL;
    ProtobufCMessage *message = NULL;
    ProtobufCBinaryData bytes = {0};
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        text = random_text(rand);
        memcpy(at, &text, sizeof(text));
        return sizeof(text);
    case PROTOBUF_C_TYPE_BYTES:
        bytes = random_bytes(rand);
        memcpy(at, &bytes, sizeof(bytes));
        return sizeof(bytes);
    case PROTOBUF_C_TYPE_MESSAGE:
        message = random_message(rand, field->descriptor, depth + 1);
        memcpy(at, &message, sizeof(message));
        return sizeof(message);
    case PROTOBUF_C_TYPE_ENUM:
        number = random_enum(rand, field->descriptor);
        memcpy(at, &number, sizeof(number));
        return sizeof(number);
    case PROTOBUF_C_TYPE_BOOL:
        memcpy(at, &yes, sizeof(yes));
        return sizeof(yes);
    case PROTOBUF_C_TYPE_DOUBLE:
        memcpy(at, &real, sizeof(real));
        return sizeof(real);
    case PROTOBUF_C_TYPE_FLOAT:
        memcpy(at, &single, sizeof(single));
        return sizeof(single);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        memcpy(at, &bits, sizeof(bits));
        return sizeof(bits);
    default:
        memcpy(at, &word, sizeof(word));
        return sizeof(word);
    }
}

static void fill_list(struct far_rand *rand, const ProtobufCFieldDescriptor *field, char *base,
                      unsigned depth)
{
    size_t count = far_rand_below(rand, ITEMS_MAX + 1);
    char *items = count > 0 ? must(calloc(count, sizeof(ProtobufCBinaryData))) : NULL;
    size_t used = 0;
    for (size_t i = 0; i < count; i++)
        used += fill(rand, field, items + used, depth);
    memcpy(base + field->quantifier_offset, &count, sizeof(count));
    memcpy(base + field->offset, &items, sizeof(items));
}

ProtobufCMessage *random_message(struct far_rand *rand, const ProtobufCMessageDescriptor *type,
                                 unsigned depth)
{
    ProtobufCMessage *message = must(calloc(1, type->sizeof_message));
    char *base = (char *)message;
    protobuf_c_message_init(type, message);
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        bool deeper = field->type == PROTOBUF_C_TYPE_MESSAGE;
        uint32_t chosen = 0;
        if (deeper && depth >= DEPTH_MAX) continue;
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
            memcpy(&chosen, base + field->quantifier_offset, sizeof(chosen));
        if (chosen != 0 || far_rand_chance(rand, 400)) continue;
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            fill_list(rand, field, base, depth);
            continue;
        }
        (void)fill(rand, field, base + field->offset, depth);
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
            memcpy(base + field->quantifier_offset, &field->id, sizeof(field->id));
    }
    return message;
}
