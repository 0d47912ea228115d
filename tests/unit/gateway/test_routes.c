/* SPDX-License-Identifier: Apache-2.0 */
/* The table of routes, and that docs/reference/openapi.json is what it says. */
#include "api/api.h"
#include "far/json.h"
#include "far/test.h"
#include <stdlib.h>
#include <string.h>

static const struct route *find(enum http_method method, const char *path, json_t *params)
{
    bool known = false;
    return api_route_find(method, path, params, &known);
}

static void a_path_finds_its_route_and_parameters(void **state)
{
    (void)state;
    json_t *params = json_object();
    const struct route *route = find(HTTP_POST, "/api/v1/contacts/0190/transfer", params);
    assert_non_null(route);
    assert_string_equal(route->action, "transfer");
    assert_string_equal(json_string_value(json_object_get(params, "contactId")), "0190");
    json_decref(params);
}

static void a_fixed_segment_wins_over_a_parameter(void **state)
{
    (void)state;
    json_t *params = json_object();
    const struct route *route = find(HTTP_GET, "/api/v1/contacts/live", params);
    assert_int_equal(route->bus_method, FAR_METHOD_acd_ContactList);
    assert_int_equal(json_object_size(params), 0);
    json_decref(params);
}

static void a_prompts_name_may_have_slashes(void **state)
{
    (void)state;
    static const char *const paths[] = {"/api/v1/prompts/zh/welcome/audio", "/api/v1/prompts/audio/audio",
                                        "/api/v1/prompts/welcome/audio"};
    static const char *const names[] = {"zh/welcome", "audio", "welcome"};
    for (size_t i = 0; i < FAR_ARRAY_LEN(paths); i++) {
        json_t *params = json_object();
        const struct route *route = find(HTTP_GET, paths[i], params);
        assert_non_null(route);
        assert_string_equal(json_string_value(json_object_get(params, "name")), names[i]);
        json_decref(params);
    }
    json_t *params = json_object();
    assert_null(find(HTTP_GET, "/api/v1/prompts//audio", params));
    assert_null(find(HTTP_GET, "/api/v1/prompts/audio", params));
    json_decref(params);
}

static void other_paths_and_methods_find_nothing(void **state)
{
    (void)state;
    static const char *const paths[] = {"",
                                        "/",
                                        "/api/v1",
                                        "/api/v1/contacts//hold",
                                        "/api/v1/contacts/a/hold/b",
                                        "/api/v1/agents/",
                                        "/api/v2/agents",
                                        "/api/v1/../agents"};
    json_t *params = json_object();
    bool known = true;
    for (size_t i = 0; i < FAR_ARRAY_LEN(paths); i++)
        assert_null(find(HTTP_GET, paths[i], params));
    assert_null(api_route_find(HTTP_DELETE, "/api/v1/agents", params, &known));
    assert_true(known);
    assert_null(api_route_find(HTTP_GET, "/api/v1/nothing", params, &known));
    assert_false(known);
    assert_non_null(find(HTTP_HEAD, "/api/v1/agents", params));
    json_decref(params);
}

/* A field that a row names must be one of its request, or the request would always be refused. */
static bool has_field(const ProtobufCMessageDescriptor *type, const char *name)
{
    char json_name[96];
    for (unsigned i = 0; i < type->n_fields; i++)
        if (far_json_name(type->fields[i].name, json_name, sizeof(json_name)) && strcmp(json_name, name) == 0)
            return true;
    return false;
}

static void every_row_names_fields_that_exist(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_routes_len; i++) {
        const struct route *route = &api_routes[i];
        if (route->bus_method == FAR_METHOD_COUNT) continue;
        const ProtobufCMessageDescriptor *type = far_method_rows[route->bus_method].request;
        if (route->action) assert_true(has_field(type, route->action));
        if (route->own_field) assert_true(has_field(type, route->own_field));
        if (route->own_flag) assert_true(has_field(type, route->own_flag));
        if (route->by) assert_true(has_field(type, "by"));
        for (const char *at = strchr(route->path, '{'); at; at = strchr(at + 1, '{')) {
            char name[48] = "";
            memcpy(name, at + 1, strcspn(at + 1, "}"));
            assert_true(has_field(type, name));
        }
    }
}

/* What an agent may not open must not be in his lists either. */
static void own_lists_show_what_one_talked_in(void **state)
{
    (void)state;
    for (size_t i = 0; i < api_routes_len; i++) {
        const struct route *route = &api_routes[i];
        if (route->bus_method != FAR_METHOD_analytics_ContactSearch) continue;
        assert_string_equal(route->own_field, "agentId");
        assert_string_equal(route->own_flag, "talked");
    }
}

static void nothing_but_logging_in_is_open_to_all(void **state)
{
    (void)state;
    size_t open = 0;
    for (size_t i = 0; i < api_routes_len; i++)
        open += api_routes[i].permission == PERMISSION_NONE;
    assert_int_equal(open, 4); /* the description, log in, renew a token; log out, also by the cookie alone */
}

static void the_page_is_the_one_in_the_docs(void **state)
{
    (void)state;
    json_error_t error;
    char *page = api_openapi();
    json_t *made = json_loads(page, 0, &error);
    json_t *kept = json_load_file("docs/reference/openapi.json", 0, &error);
    free(page);
    if (!kept || !json_equal(made, kept))
        fail_msg("docs/reference/openapi.json differs: write it anew by farseat-gateway --openapi");
    json_decref(made);
    json_decref(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_finds_its_route_and_parameters),
        cmocka_unit_test(a_fixed_segment_wins_over_a_parameter),
        cmocka_unit_test(a_prompts_name_may_have_slashes),
        cmocka_unit_test(other_paths_and_methods_find_nothing),
        cmocka_unit_test(every_row_names_fields_that_exist),
        cmocka_unit_test(own_lists_show_what_one_talked_in),
        cmocka_unit_test(nothing_but_logging_in_is_open_to_all),
        cmocka_unit_test(the_page_is_the_one_in_the_docs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
