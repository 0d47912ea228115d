/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"
#include "far/json.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE  200
#define VALUE_SIZE 80

struct plan {
    struct far_buf *out;
    size_t count;
};

/* Lists whose items have a name of their own; the word is what one of them is called. */
static const struct {
    const char *list, *word, *key;
} named[] = {
    {"sites", "site", "id"},
    {"trunks", "trunk", "id"},
    {"numbers", "number", "number"},
    {"phones", "phone", "id"},
    {"skills", "skill", "id"},
    {"reasons", "reason", "id"},
    {"dispositions", "disposition", "id"},
    {"queues", "queue", "id"},
    {"agents", "agent", "id"},
    {"flows", "flow", "id"},
    {"recorders", "recorder", "id"},
    {"teams", "team", "id"},
    {"business_types", "business type", "id"},
    {"targets", "target", "id"}, /* see targets_name() */
    {"nodes", "node", "id"},
};

static void value_text(const json_t *value, char out[VALUE_SIZE])
{
    char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    if (!value)
        snprintf(out, VALUE_SIZE, "(none)");
    else if (text && strlen(text) >= VALUE_SIZE)
        snprintf(out, VALUE_SIZE, "%.*s...", VALUE_SIZE - 4, text);
    else
        snprintf(out, VALUE_SIZE, "%s", text ? text : "?");
    free(text);
}

static void changed(struct plan *plan, const char *owner, const char *path, const json_t *before,
                    const json_t *after)
{
    char from[VALUE_SIZE], to[VALUE_SIZE];
    value_text(before, from);
    value_text(after, to);
    far_buf_addf(plan->out, "~ %s: %s %s -> %s\n", owner, path, from, to);
    plan->count++;
}

static const json_t *item_named(const json_t *list, const char *key, const char *name)
{
    size_t index;
    json_t *item;
    json_array_foreach((json_t *)(uintptr_t)list, index, item)
    {
        const char *own = json_string_value(json_object_get(item, key));
        if (own && strcmp(own, name) == 0) return item;
    }
    return NULL;
}

static void compare(struct plan *plan, const char *owner, const char *path, const json_t *before,
                    const json_t *after);

static void compare_named(struct plan *plan, const char *owner, const char *word, const char *key,
                          const json_t *before, const json_t *after)
{
    size_t index;
    json_t *item;
    char name[PATH_SIZE];
    const char *space = *owner ? " " : "";
    json_array_foreach((json_t *)(uintptr_t)before, index, item)
    {
        const char *own = json_string_value(json_object_get(item, key));
        if (!own || item_named(after, key, own)) continue;
        far_buf_addf(plan->out, "- %s%s%s %s\n", owner, space, word, own);
        plan->count++;
    }
    json_array_foreach((json_t *)(uintptr_t)after, index, item)
    {
        const char *own = json_string_value(json_object_get(item, key));
        const json_t *old = own ? item_named(before, key, own) : NULL;
        if (!own) continue;
        if (!old) {
            far_buf_addf(plan->out, "+ %s%s%s %s\n", owner, space, word, own);
            plan->count++;
            continue;
        }
        snprintf(name, sizeof(name), "%s%s%s %s", owner, space, word, own);
        compare(plan, name, "", old, item);
    }
}

static void compare_field(struct plan *plan, const char *owner, const char *path, const char *key,
                          const json_t *before, const json_t *after)
{
    char deeper[PATH_SIZE];
    if (before && after && json_equal(before, after)) return;
    for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
        if (strcmp(named[i].list, key) != 0) continue;
        const json_t *any = before ? before : after;
        /* A queue's and an agent's skills are levels, not skills. */
        if (json_is_array(any) && json_object_get(json_array_get(any, 0), named[i].key)) {
            compare_named(plan, owner, named[i].word, named[i].key, before, after);
            return;
        }
    }
    snprintf(deeper, sizeof(deeper), "%s%s%s", path, *path ? "." : "", key);
    if (json_is_object(before) && json_is_object(after))
        compare(plan, owner, deeper, before, after);
    else
        changed(plan, *owner ? owner : "centre", deeper, before, after);
}

static void compare(struct plan *plan, const char *owner, const char *path, const json_t *before,
                    const json_t *after)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)before, key, value)
        compare_field(plan, owner, path, key, value, json_object_get(after, key));
    json_object_foreach((json_t *)(uintptr_t)after, key, value)
    {
        if (!json_object_get(before, key)) compare_field(plan, owner, path, key, NULL, value);
    }
}

/* A target is the one of its KPI and queue: that is its name here. */
static void targets_name(json_t *config)
{
    size_t index;
    json_t *target;
    json_array_foreach(json_object_get(config, "targets"), index, target)
    {
        const char *kpi = json_string_value(json_object_get(target, "kpi"));
        const char *queue = json_string_value(json_object_get(target, "queue"));
        (void)json_object_set_new(
            target, "id",
            json_sprintf("%s%s%s", kpi ? kpi : "", queue && *queue ? " of " : "", queue ? queue : ""));
    }
}

enum far_err plan_differences(const Farseat__V1__CentreConfig *before, const Farseat__V1__CentreConfig *after,
                              struct far_buf *out, size_t *ret_count)
{
    json_t *old = NULL, *new = NULL;
    struct plan plan = {.out = out};
    enum far_err err = far_json_from_message(&before->base, FAR_JSON_PROTO_NAMES, &old);
    if (err == FAR_OK) err = far_json_from_message(&after->base, FAR_JSON_PROTO_NAMES, &new);
    if (err == FAR_OK) {
        targets_name(old);
        targets_name(new);
        compare(&plan, "", "", old, new);
        *ret_count = plan.count;
        err = out->err;
    }
    json_decref(old);
    json_decref(new);
    return err;
}
