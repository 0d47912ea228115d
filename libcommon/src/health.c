/* SPDX-License-Identifier: Apache-2.0 */
#include "far/health.h"
#include "far/clock.h"
#include "far/log.h"
#include "far/str.h"
#include <jansson.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECKS_MAX  FAR_HEALTH_CHECKS_MAX
#define TEXT_MS_MIN 5000 /* a changing text is logged no more often than this */

struct check {
    char name[48];
    enum far_health_state state;
    uint64_t text_logged_ms;
    char text[256];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct check checks[CHECKS_MAX];
static size_t check_count;
static pthread_mutex_t watch_lock = PTHREAD_MUTEX_INITIALIZER; /* never taken while `lock` is held */
static void (*watch_fn)(void *ctx);
static void *watch_ctx;

static const char *const state_names[] = {"ok", "degraded", "failed"};

static struct check *find(const char *name)
{
    for (size_t i = 0; i < check_count; i++)
        if (strcmp(checks[i].name, name) == 0) return &checks[i];
    return NULL;
}

void far_health_watch(void (*fn)(void *ctx), void *ctx)
{
    (void)pthread_mutex_lock(&watch_lock);
    watch_fn = fn;
    watch_ctx = ctx;
    (void)pthread_mutex_unlock(&watch_lock);
}

static void tell_watcher(void)
{
    (void)pthread_mutex_lock(&watch_lock);
    if (watch_fn) watch_fn(watch_ctx);
    (void)pthread_mutex_unlock(&watch_lock);
}

const char *far_health_state_name(enum far_health_state state)
{
    return state_names[state];
}

size_t far_health_list(struct far_health_check ret_checks[FAR_HEALTH_CHECKS_MAX])
{
    (void)pthread_mutex_lock(&lock);
    size_t count = check_count;
    for (size_t i = 0; i < count; i++) {
        ret_checks[i].state = checks[i].state;
        (void)far_str_copy(ret_checks[i].name, sizeof(ret_checks[i].name), checks[i].name);
        (void)far_str_copy(ret_checks[i].text, sizeof(ret_checks[i].text), checks[i].text);
    }
    (void)pthread_mutex_unlock(&lock);
    return count;
}

/* With the lock held. @return whether the change is worth a line in the log. */
static bool update(struct check *check, bool is_new, enum far_health_state state, const char *text)
{
    uint64_t now_ms = far_clock_mono_ms();
    bool worth = is_new ? state != FAR_HEALTH_OK : check->state != state;
    if (!worth && state != FAR_HEALTH_OK && strcmp(check->text, text) != 0 &&
        (check->text_logged_ms == 0 || now_ms - check->text_logged_ms >= TEXT_MS_MIN)) {
        check->text_logged_ms = now_ms;
        worth = true;
    }
    check->state = state;
    (void)far_str_copy(check->text, sizeof(check->text), text);
    return worth;
}

void far_health_set(const char *name, enum far_health_state state, const char *format, ...)
{
    char text[sizeof(checks[0].text)];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    (void)pthread_mutex_lock(&lock);
    struct check *check = find(name);
    bool is_new = !check;
    if (is_new && check_count < CHECKS_MAX) {
        check = &checks[check_count++];
        *check = (struct check){0};
        (void)far_str_copy(check->name, sizeof(check->name), name);
    }
    bool changed = check && (is_new || check->state != state);
    bool worth = check && update(check, is_new, state, text);
    (void)pthread_mutex_unlock(&lock);
    if (changed) tell_watcher();
    if (!check)
        FAR_ERROR("health-check-dropped", "check=%s limit=%d", name, CHECKS_MAX);
    else if (worth && (state == FAR_HEALTH_OK || is_new)) /* at first most things are not there yet */
        FAR_INFO("health", "check=%s state=%s text=%s", name, state_names[state], text);
    else if (worth)
        FAR_WARN("health", "check=%s state=%s text=%s", name, state_names[state], text);
}

void far_health_remove(const char *name)
{
    (void)pthread_mutex_lock(&lock);
    struct check *check = find(name);
    if (check) {
        size_t after = check_count - (size_t)(check - checks) - 1;
        memmove(check, check + 1, after * sizeof(*check));
        check_count--;
    }
    (void)pthread_mutex_unlock(&lock);
    if (check) tell_watcher();
}

static enum far_health_state worst_locked(void)
{
    enum far_health_state worst = FAR_HEALTH_OK;
    for (size_t i = 0; i < check_count; i++)
        if (checks[i].state > worst) worst = checks[i].state;
    return worst;
}

enum far_health_state far_health_worst(void)
{
    (void)pthread_mutex_lock(&lock);
    enum far_health_state worst = worst_locked();
    (void)pthread_mutex_unlock(&lock);
    return worst;
}

void far_health_json(const char *service, const char *instance, const char *version, struct far_buf *out)
{
    json_t *list = json_array();
    (void)pthread_mutex_lock(&lock);
    enum far_health_state worst = worst_locked();
    for (size_t i = 0; i < check_count; i++)
        (void)json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "name", checks[i].name, "state",
                                                    state_names[checks[i].state], "text", checks[i].text));
    (void)pthread_mutex_unlock(&lock);
    json_t *root =
        json_pack("{s:s,s:s,s:s,s:b,s:s,s:o}", "service", service, "instance", instance, "version", version,
                  "ready", worst != FAR_HEALTH_FAILED, "state", state_names[worst], "checks", list);
    char *text = root ? json_dumps(root, JSON_COMPACT) : NULL;
    if (text)
        far_buf_add_text(out, text);
    else if (!out->err)
        out->err = FAR_ENOMEM;
    free(text);
    json_decref(root);
}
