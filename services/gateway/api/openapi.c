/* SPDX-License-Identifier: Apache-2.0 */
/* The OpenAPI 3.0 page, out of the table of routes and the descriptors of their messages: it cannot differ
 * from what the server does. */
#include "api.h"
#include "far/json.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "prompts.h"
#include <stdlib.h>
#include <string.h>

static const char *method_names[] = {"get", "post", "put", "patch", "delete", "head", "other"};

static const char *short_name(const ProtobufCMessageDescriptor *type)
{
    return type->short_name;
}

static json_t *schema_ref(const ProtobufCMessageDescriptor *type)
{
    return json_pack("{s:o}", "$ref", json_sprintf("#/components/schemas/%s", short_name(type)));
}

static json_t *schema_enum(const ProtobufCEnumDescriptor *type)
{
    json_t *names = json_array();
    for (unsigned i = 0; i < type->n_values; i++)
        (void)json_array_append_new(names, json_string(type->values[i].name));
    return json_pack("{s:s,s:o}", "type", "string", "enum", names);
}

/* By proto3's JSON mapping: 64-bit integers are texts. */
static json_t *schema_scalar(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING:
        return json_pack("{s:s}", "type", "string");
    case PROTOBUF_C_TYPE_BYTES:
        return json_pack("{s:s,s:s}", "type", "string", "format", "byte");
    case PROTOBUF_C_TYPE_BOOL:
        return json_pack("{s:s}", "type", "boolean");
    case PROTOBUF_C_TYPE_DOUBLE:
    case PROTOBUF_C_TYPE_FLOAT:
        return json_pack("{s:s}", "type", "number");
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_SFIXED64:
        return json_pack("{s:s,s:s}", "type", "string", "format", "int64");
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_FIXED64:
        return json_pack("{s:s,s:s}", "type", "string", "format", "uint64");
    case PROTOBUF_C_TYPE_ENUM:
        return schema_enum(field->descriptor);
    case PROTOBUF_C_TYPE_MESSAGE:
        return schema_ref(field->descriptor);
    default:
        return json_pack("{s:s}", "type", "integer");
    }
}

static void schema_add(json_t *schemas, const ProtobufCMessageDescriptor *type)
{
    if (!type || json_object_get(schemas, short_name(type))) return;
    json_t *properties = json_object();
    (void)json_object_set_new(
        schemas, short_name(type),
        json_pack("{s:s,s:o,s:b}", "type", "object", "properties", properties, "additionalProperties", 0));
    for (unsigned i = 0; i < type->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &type->fields[i];
        char name[96];
        (void)far_json_name(field->name, name, sizeof(name));
        json_t *schema = schema_scalar(field);
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            schema = json_pack("{s:s,s:o}", "type", "array", "items", schema);
        (void)json_object_set_new(properties, name, schema);
        if (field->type == PROTOBUF_C_TYPE_MESSAGE) schema_add(schemas, field->descriptor);
    }
}

static json_t *content(const ProtobufCMessageDescriptor *type)
{
    return json_pack("{s:{s:o}}", "application/json", "schema", schema_ref(type));
}

static const ProtobufCMessageDescriptor *request_type(const struct route *route)
{
    return route->bus_method == FAR_METHOD_COUNT ? route->request
                                                 : far_method_rows[route->bus_method].request;
}

static const ProtobufCMessageDescriptor *reply_type(const struct route *route)
{
    return route->bus_method == FAR_METHOD_COUNT ? route->reply : far_method_rows[route->bus_method].reply;
}

/* The message that the body is: the request's own, or its field that the path stands for. */
static const ProtobufCMessageDescriptor *body_type(const struct route *route)
{
    const ProtobufCMessageDescriptor *type = request_type(route);
    if (route->method != HTTP_POST && route->method != HTTP_PUT) return NULL;
    if (!type || !route->action) return type;
    for (unsigned i = 0; i < type->n_fields; i++) {
        char name[96];
        (void)far_json_name(type->fields[i].name, name, sizeof(name));
        if (strcmp(name, route->action) == 0) return type->fields[i].descriptor;
    }
    return NULL;
}

static void parameter_add(json_t *parameters, const char *name, size_t len, const char *where, json_t *schema)
{
    (void)json_array_append_new(parameters,
                                json_pack("{s:s%,s:s,s:b,s:o}", "name", name, len, "in", where, "required",
                                          strcmp(where, "path") == 0, "schema", schema));
}

static bool path_has(const struct route *route, const char *name)
{
    char in_path[100];
    (void)snprintf(in_path, sizeof(in_path), "{%s}", name);
    return strstr(route->path, in_path) != NULL;
}

/* Call fn for each word of a list with blanks; NULL: an empty list. */
static void words_each(const char *words, void (*fn)(json_t *to, const char *word, size_t len), json_t *to)
{
    for (size_t len = 0; words && *words; words += len + (words[len] == ' ')) {
        len = strcspn(words, " ");
        fn(to, words, len);
    }
}

static void query_add(json_t *parameters, const char *word, size_t len)
{
    parameter_add(parameters, word, len, "query", json_pack("{s:s}", "type", "string"));
}

static void file_add(json_t *content_of, const char *word, size_t len)
{
    (void)json_object_setn_new(content_of, word, len,
                               json_pack("{s:{s:s,s:s}}", "schema", "type", "string", "format", "binary"));
}

static json_t *parameters_of(const struct route *route, const char *path)
{
    json_t *parameters = json_array();
    for (const char *at = strchr(path, '{'); at; at = strchr(at + 1, '{'))
        parameter_add(parameters, at + 1, strcspn(at + 1, "}"), "path", json_pack("{s:s}", "type", "string"));
    const ProtobufCMessageDescriptor *type = request_type(route);
    if (route->handler == audio_get)
        parameter_add(parameters, "part", strlen("part"), "query", json_pack("{s:s}", "type", "integer"));
    /* On whose behalf: the body is the action's alone. */
    if (route->action && !path_has(route, route->own_field))
        parameter_add(parameters, route->own_field, strlen(route->own_field), "query",
                      json_pack("{s:s}", "type", "string"));
    words_each(route->query, query_add, parameters);
    if ((route->method != HTTP_GET && !route->raw_body) || !type) return parameters;
    for (unsigned i = 0; i < type->n_fields; i++) {
        char name[96];
        (void)far_json_name(type->fields[i].name, name, sizeof(name));
        if (route->raw_body && route->by && strcmp(name, "by") == 0) continue;
        if (!path_has(route, name) && type->fields[i].type != PROTOBUF_C_TYPE_MESSAGE)
            parameter_add(parameters, name, strlen(name), "query", schema_scalar(&type->fields[i]));
    }
    return parameters;
}

static bool replies_wav(const struct route *route)
{
    return route->handler == audio_get || route->handler == prompts_audio;
}

static json_t *content_wav(void)
{
    return json_pack("{s:{s:{s:s,s:s}}}", "audio/wav", "schema", "type", "string", "format", "binary");
}

static json_t *responses_of(const struct route *route)
{
    json_t *ok = json_pack("{s:s}", "description", "done");
    if (reply_type(route)) (void)json_object_set_new(ok, "content", content(reply_type(route)));
    if (replies_wav(route)) (void)json_object_set_new(ok, "content", content_wav());
    if (route->files) {
        json_t *files = json_object();
        words_each(route->files, file_add, files);
        (void)json_object_set_new(ok, "content", files);
    }
    json_t *responses = json_pack("{s:o}", "200", ok);
    if (route->handler == audio_get)
        (void)json_object_set_new(responses, "206", json_pack("{s:s}", "description", "a range of bytes"));
    (void)json_object_set_new(responses, "default",
                              json_pack("{s:s,s:o}", "description", "refused: what, where and how to mend it",
                                        "content", content(&farseat__v1__error_reply__descriptor)));
    return responses;
}

static json_t *operation_of(const struct route *route, const char *path)
{
    json_t *operation = json_pack("{s:s,s:o,s:o}", "summary", route->summary, "parameters",
                                  parameters_of(route, path), "responses", responses_of(route));
    const ProtobufCMessageDescriptor *body = body_type(route);
    if (route->raw_body)
        (void)json_object_set_new(operation, "requestBody", json_pack("{s:o}", "content", content_wav()));
    else if (body && body->n_fields > 0)
        (void)json_object_set_new(operation, "requestBody", json_pack("{s:o}", "content", content(body)));
    if (route->permission == PERMISSION_NONE)
        (void)json_object_set_new(operation, "security", json_array());
    else
        (void)json_object_set_new(operation, "description",
                                  json_sprintf("Permission: %s (%s).", permission_name(route->permission),
                                               permission_text(route->permission)));
    return operation;
}

/* Whether two paths differ in the names of their parameters only. */
static bool path_same(const char *a, const char *b)
{
    for (; *a && *b; a++, b++) {
        if (*a != *b) return false;
        if (*a != '{') continue;
        a += strcspn(a, "}");
        b += strcspn(b, "}");
    }
    return *a == *b;
}

/* The page may name a path only once (OpenAPI 3.0, Paths Object): the first route's names stand for all. */
static const char *path_name(const json_t *paths, const struct route *route)
{
    for (size_t i = 0; i < api_routes_len; i++)
        if (path_same(api_routes[i].path, route->path) && json_object_get(paths, api_routes[i].path))
            return api_routes[i].path;
    return route->path;
}

char *api_openapi(void)
{
    json_t *schemas = json_object(), *paths = json_object();
    schema_add(schemas, &farseat__v1__error_reply__descriptor);
    for (size_t i = 0; i < api_routes_len; i++) {
        const struct route *route = &api_routes[i];
        schema_add(schemas, request_type(route));
        schema_add(schemas, reply_type(route));
        const char *name = path_name(paths, route);
        json_t *path = json_object_get(paths, name);
        if (!path) {
            path = json_object();
            (void)json_object_set_new(paths, name, path);
        }
        (void)json_object_set_new(path, method_names[route->method], operation_of(route, name));
    }
    json_t *page = json_pack("{s:s,s:{s:s,s:s,s:s},s:[{s:[]}],s:o,s:{s:{s:{s:s,s:s,s:s}},s:o}}", "openapi",
                             "3.0.3", "info", "title", "Farseat", "version", FARSEAT_VERSION, "description",
                             "JSON is proto3's mapping of farseat.v1: names in lowerCamelCase, 64-bit "
                             "integers as text. Live state streams on "
                             "the WebSocket /api/v1/live/socket (subprotocol farseat.live.v1; first message "
                             "{\"token\": accessToken}).",
                             "security", "token", "paths", paths, "components", "securitySchemes", "token",
                             "type", "http", "scheme", "bearer", "bearerFormat", "JWT", "schemas", schemas);
    char *text = page ? json_dumps(page, JSON_INDENT(1) | JSON_SORT_KEYS) : NULL;
    json_decref(page);
    return text;
}

void openapi_get(struct exchange *exchange)
{
    const struct http_answer answer = {
        .status = 200, .body = exchange->api->openapi, .body_len = exchange->api->openapi_len};
    http_reply(exchange->api->http, exchange->id, &answer);
    exchange_end(exchange);
}
