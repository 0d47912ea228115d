/* SPDX-License-Identifier: Apache-2.0 */
/* json.h - any protobuf-c message as JSON and back, by its descriptor, by the rules of proto3's JSON mapping
 * (https://protobuf.dev/programming-guides/json/): lowerCamelCase names, 64-bit integers as text, enums by
 * name, bytes in base64. Reading also accepts the names as the .proto spells them, numbers as text and back,
 * and enums by number. Maps stay lists of their entries (protobuf-c has no maps). No I/O; any thread. */
#pragma once
#include "far/err.h"
#include <jansson.h>
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

#define FAR_JSON_DEPTH_MAX    32
#define FAR_JSON_LEN_MAX      (4u * 1024u * 1024u) /* of a text that is read */
#define FAR_JSON_ELEMENTS_MAX 65536u               /* of one list */

enum far_json_flags {
    FAR_JSON_DEFAULTS = 1,    /* also write fields that have their default value (not absent messages) */
    FAR_JSON_PROTO_NAMES = 2, /* write snake_case names */
    FAR_JSON_INDENT = 4,      /* for people; far_json_print() only */
};
/** What was wrong with a text, and where: "agents[3].skills[0].level". */
struct far_json_error {
    char path[160];
    char text[160];
};

/** A message as a JSON object; the caller owns it (json_decref).
 *  @return FAR_OK; FAR_EPROTO: a text is not UTF-8; FAR_EFULL: nested too deep; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_json_from_message(const ProtobufCMessage *message, unsigned flags,
                                                  json_t **ret_json);
/** As text; the caller frees it by free(). */
FAR_MUST_CHECK enum far_err far_json_print(const ProtobufCMessage *message, unsigned flags, char **ret_text);
/** The message that a JSON object describes; the caller frees it by protobuf_c_message_free_unpacked(m,
 * NULL). null is an absent field; an unknown name is an error. error may be NULL.
 *  @return FAR_OK; FAR_EPROTO: see error; FAR_EFULL: over a limit; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err far_json_to_message(const ProtobufCMessageDescriptor *type, const json_t *json,
                                                struct far_json_error *error, ProtobufCMessage **ret_message);
/** The same from text of len bytes. */
FAR_MUST_CHECK enum far_err far_json_parse(const ProtobufCMessageDescriptor *type, const char *text,
                                           size_t len, struct far_json_error *error,
                                           ProtobufCMessage **ret_message);
/** A field's lowerCamelCase name. @return false: it does not fit (out is cut). */
bool far_json_name(const char *proto_name, char *out, size_t out_size);
