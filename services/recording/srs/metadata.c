/* SPDX-License-Identifier: Apache-2.0 */
#include "metadata.h"
#include "far/id.h"
#include "far/str.h"
#include "far/utf8.h"
#include <expat.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define SEPARATOR '|'

/* What the text of the element under way is for. */
enum wanted { WANT_NOTHING, WANT_LABEL, WANT_NAME, WANT_SEND };

struct reading {
    XML_Parser parser;
    struct metadata *metadata;
    unsigned depth, elements;
    bool root_seen;
    struct metadata_stream *stream;
    struct metadata_person *person;
    enum wanted wanted;
    char text[METADATA_TEXT_SIZE];
    size_t text_len;
    const char *fault;
    enum far_err err;
};

static void stop(struct reading *reading, enum far_err err, const char *fault)
{
    if (reading->err != FAR_OK) return;
    reading->err = err;
    reading->fault = fault;
    (void)XML_StopParser(reading->parser, XML_FALSE);
}

static const char *attribute(const XML_Char **attributes, const char *name)
{
    for (size_t i = 0; attributes[i]; i += 2)
        if (strcmp(attributes[i], name) == 0) return attributes[i + 1];
    return "";
}

/* "ns|name" -> name when it is of this namespace, or of none (some clients forget it). */
static const char *name_within(const char *qualified, const char *namespace)
{
    size_t len = strlen(namespace);
    const char *bar = strchr(qualified, SEPARATOR);
    if (!bar) return qualified;
    return (size_t)(bar - qualified) == len && strncmp(qualified, namespace, len) == 0 ? bar + 1 : NULL;
}

/* RFC 7865 has UUIDs in base64; ours come as text. Anything else becomes a UUID by its hash, always the same.
 */
static void session_id(struct metadata *metadata, const char *text)
{
    struct far_id id;
    uint8_t bytes[EVP_MAX_MD_SIZE + 3];
    size_t len = strlen(text);
    if (len == 0 || metadata->recording_id[0]) return;
    if (far_id_parse(text, &id) != FAR_OK) {
        bool base64 = len == 24 && strcmp(text + 22, "==") == 0 &&
                      EVP_DecodeBlock(bytes, (const unsigned char *)text, 24) == 18;
        unsigned digest_len = 0;
        if (!base64) {
            if (EVP_Digest(text, len, bytes, &digest_len, EVP_sha256(), NULL) != 1) return;
            bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x80); /* version 8 */
            bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
            (void)far_str_copy(metadata->session_id, sizeof(metadata->session_id), text);
        }
        memcpy(id.bytes, bytes, sizeof(id.bytes));
    }
    far_id_format(&id, metadata->recording_id);
}

static struct metadata_person *person_of(struct metadata *metadata, const char *id)
{
    for (size_t i = 0; i < metadata->people_len; i++)
        if (strcmp(metadata->people[i].id, id) == 0) return &metadata->people[i];
    if (metadata->people_len == METADATA_PEOPLE_MAX || id[0] == '\0') return NULL;
    struct metadata_person *person = &metadata->people[metadata->people_len++];
    (void)far_str_copy(person->id, sizeof(person->id), id);
    return person;
}

static struct metadata_stream *stream_of(struct metadata *metadata, const char *id)
{
    for (size_t i = 0; i < metadata->streams_len; i++)
        if (strcmp(metadata->streams[i].id, id) == 0) return &metadata->streams[i];
    if (metadata->streams_len == METADATA_STREAMS_MAX || id[0] == '\0') return NULL;
    struct metadata_stream *stream = &metadata->streams[metadata->streams_len++];
    (void)far_str_copy(stream->id, sizeof(stream->id), id);
    return stream;
}

static void contact(struct metadata *metadata, const XML_Char **attributes)
{
    uint64_t part = 0;
    (void)far_str_copy(metadata->contact_id, sizeof(metadata->contact_id),
                       attribute(attributes, "contact_id"));
    (void)far_str_copy(metadata->segment_id, sizeof(metadata->segment_id),
                       attribute(attributes, "segment_id"));
    (void)far_str_copy(metadata->agent_id, sizeof(metadata->agent_id), attribute(attributes, "agent_id"));
    (void)far_str_copy(metadata->queue_id, sizeof(metadata->queue_id), attribute(attributes, "queue_id"));
    if (far_str_u64(attribute(attributes, "part"), 9999, &part) == FAR_OK) metadata->part = (uint32_t)part;
}

/* An element of RFC 7865. */
static void recording_element(struct reading *reading, const char *name, const XML_Char **attributes)
{
    struct metadata *metadata = reading->metadata;
    if (strcmp(name, "session") == 0) {
        session_id(metadata, attribute(attributes, "session_id"));
    } else if (strcmp(name, "stream") == 0) {
        reading->stream = stream_of(metadata, attribute(attributes, "stream_id"));
    } else if (strcmp(name, "participant") == 0 || strcmp(name, "participantstreamassoc") == 0) {
        reading->person = person_of(metadata, attribute(attributes, "participant_id"));
    } else if (strcmp(name, "nameID") == 0 && reading->person) {
        (void)far_str_copy(reading->person->name, sizeof(reading->person->name),
                           attribute(attributes, "aor"));
    } else if (strcmp(name, "label") == 0 && reading->stream) {
        reading->wanted = WANT_LABEL;
    } else if (strcmp(name, "name") == 0 && reading->person) {
        reading->wanted = WANT_NAME;
    } else if (strcmp(name, "send") == 0 && reading->person) {
        reading->wanted = WANT_SEND;
    }
}

static void XMLCALL begin(void *ctx, const XML_Char *qualified, const XML_Char **attributes)
{
    struct reading *reading = ctx;
    if (++reading->depth > METADATA_DEPTH_MAX || ++reading->elements > METADATA_ELEMENTS_MAX) {
        stop(reading, FAR_EFULL, "too many elements, or nested too deep");
        return;
    }
    reading->wanted = WANT_NOTHING;
    reading->text_len = 0;
    const char *name = name_within(qualified, METADATA_NAMESPACE);
    if (reading->depth == 1) {
        reading->root_seen = name && strcmp(name, "recording") == 0;
        if (!reading->root_seen) stop(reading, FAR_EPROTO, "the root is not a recording of RFC 7865");
        return;
    }
    const char *ours = strchr(qualified, SEPARATOR) ? name_within(qualified, METADATA_EXTENSION) : NULL;
    if (ours && strcmp(ours, "contact") == 0)
        contact(reading->metadata, attributes);
    else if (name)
        recording_element(reading, name, attributes);
}

static void XMLCALL text(void *ctx, const XML_Char *data, int len)
{
    struct reading *reading = ctx;
    for (int i = 0; i < len && reading->wanted != WANT_NOTHING; i++) {
        bool blank = data[i] == ' ' || data[i] == '\t' || data[i] == '\n' || data[i] == '\r';
        if (blank && reading->text_len == 0) continue;
        if (reading->text_len + 1 < sizeof(reading->text)) reading->text[reading->text_len++] = data[i];
    }
}

/* Blanks around a text do not belong to it. */
static void trim(struct reading *reading)
{
    while (reading->text_len > 0 && strchr(" \t\r\n", reading->text[reading->text_len - 1]))
        reading->text_len--;
    reading->text[reading->text_len] = '\0';
}

static void XMLCALL end(void *ctx, const XML_Char *qualified)
{
    struct reading *reading = ctx;
    const char *name = name_within(qualified, METADATA_NAMESPACE);
    reading->depth--;
    trim(reading);
    if (reading->wanted == WANT_LABEL)
        (void)far_str_copy(reading->stream->label, sizeof(reading->stream->label), reading->text);
    if (reading->wanted == WANT_NAME && reading->text_len > 0)
        (void)far_str_copy(reading->person->name, sizeof(reading->person->name), reading->text);
    if (reading->wanted == WANT_SEND && reading->person->sends_len < METADATA_STREAMS_MAX)
        (void)far_str_copy(reading->person->sends[reading->person->sends_len++], METADATA_ID_SIZE,
                           reading->text);
    reading->wanted = WANT_NOTHING;
    if (!name) return;
    if (strcmp(name, "stream") == 0) reading->stream = NULL;
    if (strcmp(name, "participant") == 0 || strcmp(name, "participantstreamassoc") == 0)
        reading->person = NULL;
}

static void XMLCALL doctype(void *ctx, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                            int internal)
{
    (void)name;
    (void)system;
    (void)public;
    (void)internal;
    stop(ctx, FAR_EPROTO, "a document type declaration is not allowed");
}

/* Texts that were cut may end in half a character; what is left must be UTF-8. */
static void utf8_mend(char *cut)
{
    for (size_t len = strlen(cut); len > 0 && !far_utf8_valid(cut, len); len--)
        cut[len - 1] = '\0';
}

static void metadata_mend(struct metadata *metadata)
{
    for (size_t i = 0; i < metadata->people_len; i++)
        utf8_mend(metadata->people[i].name);
    utf8_mend(metadata->session_id);
    utf8_mend(metadata->contact_id);
    utf8_mend(metadata->segment_id);
    utf8_mend(metadata->agent_id);
    utf8_mend(metadata->queue_id);
}

enum far_err metadata_parse(const char *xml, size_t len, struct metadata *ret_metadata,
                            char ret_error[METADATA_ERROR_SIZE])
{
    struct metadata metadata = {0};
    struct reading reading = {.metadata = &metadata};
    if (ret_error) ret_error[0] = '\0';
    if (len > METADATA_BYTES_MAX) {
        if (ret_error)
            (void)snprintf(ret_error, METADATA_ERROR_SIZE, "longer than %u bytes", METADATA_BYTES_MAX);
        return FAR_EFULL;
    }
    reading.parser = XML_ParserCreateNS(NULL, SEPARATOR);
    if (!reading.parser) return FAR_ENOMEM;
    XML_SetUserData(reading.parser, &reading);
    XML_SetElementHandler(reading.parser, begin, end);
    XML_SetCharacterDataHandler(reading.parser, text);
    XML_SetStartDoctypeDeclHandler(reading.parser, doctype);
    enum XML_Status status = XML_Parse(reading.parser, xml, (int)len, XML_TRUE);
    enum far_err err = reading.err;
    if (err == FAR_OK && (status != XML_STATUS_OK || !reading.root_seen)) err = FAR_EPROTO;
    if (err != FAR_OK && ret_error)
        (void)snprintf(ret_error, METADATA_ERROR_SIZE, "line %lu: %s",
                       (unsigned long)XML_GetCurrentLineNumber(reading.parser),
                       reading.fault ? reading.fault : XML_ErrorString(XML_GetErrorCode(reading.parser)));
    XML_ParserFree(reading.parser);
    if (err != FAR_OK) return err;
    metadata_mend(&metadata);
    *ret_metadata = metadata;
    return FAR_OK;
}

const char *metadata_speaker(const struct metadata *metadata, const char *label)
{
    for (size_t s = 0; s < metadata->streams_len; s++) {
        if (strcmp(metadata->streams[s].label, label) != 0) continue;
        for (size_t p = 0; p < metadata->people_len; p++)
            for (size_t i = 0; i < metadata->people[p].sends_len; i++)
                if (strcmp(metadata->people[p].sends[i], metadata->streams[s].id) == 0)
                    return metadata->people[p].name;
    }
    return "";
}
