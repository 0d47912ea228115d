/* SPDX-License-Identifier: Apache-2.0 */
/* What one input brings about: facts, the verdict, ids. Commands are command.c's, records record.c's. */
#include "state.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEG_EFFECT_BYTES 6144 /* what the end of one leg can bring about, with room to spare */

enum far_err acd_output_init(struct acd_output *out, const struct acd_limits *limits)
{
    const char *text;
    if (acd_limits_check(limits, &text) != FAR_OK) return FAR_EINVAL;
    *out = (struct acd_output){0};
    out->command_capacity = (size_t)limits->legs_max * 3 + 1024;
    out->fact_capacity = (size_t)limits->legs_max * 5 + (size_t)limits->agents_max * 3 + 1024;
    size_t bytes =
        (size_t)limits->legs_max * LEG_EFFECT_BYTES + (size_t)limits->agents_max * 1024 + (1u << 20);
    out->commands = calloc(out->command_capacity, sizeof(*out->commands));
    out->facts = calloc(out->fact_capacity, sizeof(*out->facts));
    enum far_err err = out->commands && out->facts ? far_arena_init(&out->arena, bytes) : FAR_ENOMEM;
    if (err == FAR_OK)
        acd_output_reset(out);
    else
        acd_output_done(out);
    return err;
}

void acd_output_done(struct acd_output *out)
{
    free(out->commands);
    free(out->facts);
    far_arena_done(&out->arena);
    *out = (struct acd_output){0};
}

void acd_output_reset(struct acd_output *out)
{
    far_arena_reset(&out->arena);
    out->command_count = out->fact_count = 0;
    out->effects_dropped = 0;
    out->outcome = ACD_APPLIED;
    out->record_first = 1;
    out->record_last = 0;
    out->index_next = 0;
    out->told_last = 0;
    farseat__v1__verdict__init(&out->verdict);
    out->verdict.ok = true;
}

void acd_new_id(struct acd *acd, char text[UUID_SIZE])
{
    struct far_id id = far_id_derive(&acd->incarnation, acd->position, acd->out->index_next++);
    far_id_format(&id, text);
}

void acd_fail(struct acd *acd, enum far_err err, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    acd_fail_text(acd, err, len < 0 ? "" : text);
}

void acd_fail_text(struct acd *acd, enum far_err err, const char *text)
{
    Farseat__V1__Verdict *verdict = &acd->out->verdict;
    char *copy = far_arena_text(&acd->out->arena, text, strlen(text));
    verdict->ok = false;
    verdict->code = TEXT(far_err_name(err)); /* without the prefix FAR_ */
    verdict->text = copy ? copy : TEXT("");
}

bool acd_failed(const struct acd *acd)
{
    return !acd->out->verdict.ok;
}

static void *arena_alloc(void *context, size_t size)
{
    return far_arena_alloc(context, size ? size : 1);
}

static void arena_free(void *context, void *memory)
{
    (void)context;
    (void)memory;
}

ProtobufCAllocator acd_arena_allocator(struct far_arena *arena)
{
    return (ProtobufCAllocator){.alloc = arena_alloc, .free = arena_free, .allocator_data = arena};
}

static bool copy_one(struct far_arena *arena, const ProtobufCFieldDescriptor *field, void *at)
{
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        char **text = at;
        if (!*text || (*text)[0] == '\0') {
            *text = TEXT("");
            return true;
        }
        *text = far_arena_text(arena, *text, strlen(*text));
        return *text != NULL;
    }
    if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        ProtobufCMessage **message = at;
        if (!*message) return true;
        *message = acd_message_copy(arena, *message);
        return *message != NULL;
    }
    if (field->type == PROTOBUF_C_TYPE_BYTES) {
        ProtobufCBinaryData *bytes = at;
        bytes->data = (uint8_t *)far_arena_text(arena, (const char *)bytes->data, bytes->len);
        return bytes->data != NULL;
    }
    return true;
}

static size_t element_size(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    case PROTOBUF_C_TYPE_BYTES:
        return sizeof(ProtobufCBinaryData);
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return 8;
    default:
        return 4;
    }
}

static bool copy_repeated(struct far_arena *arena, const ProtobufCFieldDescriptor *field, uint8_t *base)
{
    size_t count, size = element_size(field);
    memcpy(&count, base + field->quantifier_offset, sizeof(count));
    if (count == 0) return true;
    void **rows = (void **)(void *)(base + field->offset);
    uint8_t *copy = far_arena_alloc(arena, count * size);
    if (!copy) return false;
    memcpy(copy, *rows, count * size);
    *rows = copy;
    for (size_t i = 0; i < count; i++)
        if (!copy_one(arena, field, copy + i * size)) return false;
    return true;
}

/* A copy of everything that the message points to; NULL: the arena is full. */
ProtobufCMessage *acd_message_copy(struct far_arena *arena, const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    uint8_t *base = far_arena_alloc(arena, descriptor->sizeof_message);
    if (!base) return NULL;
    memcpy(base, message, descriptor->sizeof_message);
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (field->label == PROTOBUF_C_LABEL_REPEATED) {
            if (!copy_repeated(arena, field, base)) return NULL;
            continue;
        }
        if (field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) {
            uint32_t chosen;
            memcpy(&chosen, base + field->quantifier_offset, sizeof(chosen));
            if (chosen != field->id) continue;
        }
        if (!copy_one(arena, field, base + field->offset)) return NULL;
    }
    return (ProtobufCMessage *)(void *)base;
}

void acd_fact(struct acd *acd, const char *suffix, const struct fact_about *about,
              Farseat__V1__Fact__BodyCase body_case, void *body)
{
    struct acd_output *out = acd->out;
    char id[UUID_SIZE];
    Farseat__V1__Fact fact = FARSEAT__V1__FACT__INIT;
    fact.log_index = out->index_next;
    acd_new_id(acd, id);
    fact.fact_id = id;
    fact.at_us = acd->stamp_us;
    if (about->contact) fact.contact_id = TEXT(about->contact->id);
    if (about->agent) fact.agent_id = TEXT(about->agent->id);
    if (about->queue_id) fact.queue_id = TEXT(about->queue_id);
    const char *site = about->site_id ? about->site_id : about->agent ? about->agent->site : NULL;
    if (!site && about->contact) site = about->contact->site;
    if (site) fact.site_id = TEXT(site);
    fact.log_incarnation = acd->incarnation_text;
    fact.log_position = acd->position;
    fact.body_case = body_case;
    fact.contact_created = body; /* the members of the union are all pointers */
    Farseat__V1__Fact *copy = out->fact_count < out->fact_capacity
                                  ? (Farseat__V1__Fact *)(void *)acd_message_copy(&out->arena, &fact.base)
                                  : NULL;
    if (!copy) {
        out->effects_dropped++;
        return;
    }
    out->facts[out->fact_count++] = (struct acd_fact){.suffix = suffix, .fact = copy};
}

void acd_fact_caller(const struct contact *contact, Farseat__V1__TelephoneNumber *out)
{
    farseat__v1__telephone_number__init(out);
    out->raw = TEXT(contact->caller_raw);
    out->canonical = TEXT(contact->caller);
    out->kind = (Farseat__V1__NumberKind)contact->caller_kind;
}
