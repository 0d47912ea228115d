/* SPDX-License-Identifier: Apache-2.0 */
#include "registrar.h"
#include "far/index.h"
#include "far/pool.h"
#include "far/str.h"
#include <stdlib.h>
#include <string.h>

struct registrar {
    struct far_pool phones;
    struct far_index *by_name;
};

enum far_err registrar_create(uint32_t phones_max, struct registrar **ret_registrar)
{
    struct registrar *registrar = calloc(1, sizeof(*registrar));
    if (!registrar) return FAR_ENOMEM;
    enum far_err err = far_pool_init(&registrar->phones, sizeof(struct registrar_phone), phones_max);
    if (err == FAR_OK)
        err = far_index_create(phones_max, REGISTRAR_NAME_SIZE, phones_max, &registrar->by_name);
    if (err != FAR_OK) {
        registrar_destroy(registrar);
        return err;
    }
    *ret_registrar = registrar;
    return FAR_OK;
}

struct registrar *registrar_destroy(struct registrar *registrar)
{
    if (!registrar) return NULL;
    far_pool_done(&registrar->phones);
    far_index_destroy(registrar->by_name);
    free(registrar);
    return NULL;
}

static struct registrar_phone *find(const struct registrar *registrar, const char *phone, uint64_t *ret_id)
{
    if (strlen(phone) >= REGISTRAR_NAME_SIZE || !far_index_get_text(registrar->by_name, phone, ret_id))
        return NULL;
    return far_pool_get(&registrar->phones, *ret_id);
}

static void forget(struct registrar *registrar, struct registrar_phone *phone, uint64_t id)
{
    (void)far_index_remove_text(registrar->by_name, phone->phone);
    far_pool_free(&registrar->phones, id);
}

static struct registrar_phone *find_or_new(struct registrar *registrar, const char *name, uint64_t *ret_id)
{
    struct registrar_phone *phone = find(registrar, name, ret_id);
    if (phone) return phone;
    phone = far_pool_new(&registrar->phones, ret_id);
    if (!phone) return NULL;
    (void)far_str_copy(phone->phone, sizeof(phone->phone), name);
    if (far_index_put_text(registrar->by_name, phone->phone, *ret_id) == FAR_OK) return phone;
    far_pool_free(&registrar->phones, *ret_id);
    return NULL;
}

static struct registrar_binding *binding_of(struct registrar_phone *phone, const char *uri)
{
    for (size_t i = 0; i < phone->len; i++)
        if (strcmp(phone->bindings[i].contact_uri, uri) == 0) return &phone->bindings[i];
    return NULL;
}

static void remove_at(struct registrar_phone *phone, size_t at)
{
    memmove(&phone->bindings[at], &phone->bindings[at + 1],
            (phone->len - at - 1) * sizeof(phone->bindings[0]));
    phone->len--;
}

static int64_t expires_of(const struct registrar_request *request, size_t at)
{
    int64_t expires_s = request->contacts[at].expires_s;
    if (expires_s < 0) expires_s = request->expires_s;
    if (expires_s < 0) expires_s = REGISTRAR_EXPIRES_MAX;
    return expires_s > REGISTRAR_EXPIRES_MAX ? REGISTRAR_EXPIRES_MAX : expires_s;
}

/* All or nothing: looks first at everything that could be refused. */
static uint32_t judge(struct registrar_phone *phone, const struct registrar_request *request)
{
    if (request->star && (request->contacts_len > 0 || request->expires_s != 0)) return 400;
    for (size_t i = 0; i < request->contacts_len; i++) {
        int64_t expires_s = expires_of(request, i);
        if (strlen(request->contacts[i].uri) >= REGISTRAR_URI_SIZE) return 400;
        if (expires_s > 0 && expires_s < REGISTRAR_EXPIRES_MIN) return 423;
        const struct registrar_binding *known = binding_of(phone, request->contacts[i].uri);
        if (known && strcmp(known->call_id, request->call_id) == 0 && request->cseq <= known->cseq)
            return 500;
    }
    for (size_t i = 0; request->star && i < phone->len; i++)
        if (strcmp(phone->bindings[i].call_id, request->call_id) == 0 &&
            request->cseq <= phone->bindings[i].cseq)
            return 500;
    return 200;
}

/* A phone that was started anew has another Call-ID and often another Contact; the same source is the same
 * phone. */
static void drop_former_self(struct registrar_phone *phone, const struct registrar_request *request,
                             const char *uri)
{
    for (size_t i = phone->len; i > 0; i--) {
        const struct registrar_binding *binding = &phone->bindings[i - 1];
        if (strcmp(binding->source, request->source) == 0 && strcmp(binding->contact_uri, uri) != 0 &&
            strcmp(binding->call_id, request->call_id) != 0)
            remove_at(phone, i - 1);
    }
}

static void put_binding(struct registrar_phone *phone, const struct registrar_request *request, size_t at,
                        int64_t now_us)
{
    const char *uri = request->contacts[at].uri;
    int64_t expires_s = expires_of(request, at);
    struct registrar_binding *known = binding_of(phone, uri);
    if (known) remove_at(phone, (size_t)(known - phone->bindings));
    if (expires_s == 0) return;
    drop_former_self(phone, request, uri);
    if (phone->len == REGISTRAR_CONTACTS_MAX) phone->len--; /* the oldest */
    memmove(&phone->bindings[1], &phone->bindings[0], phone->len * sizeof(phone->bindings[0]));
    phone->len++;
    struct registrar_binding *binding = &phone->bindings[0];
    *binding =
        (struct registrar_binding){.cseq = request->cseq, .expires_at_us = now_us + expires_s * 1000000};
    (void)far_str_copy(binding->contact_uri, sizeof(binding->contact_uri), uri);
    (void)far_str_copy(binding->source, sizeof(binding->source), request->source);
    (void)far_str_copy(binding->call_id, sizeof(binding->call_id), request->call_id);
    (void)far_str_copy(binding->user_agent, sizeof(binding->user_agent), request->user_agent);
    (void)far_str_copy(binding->client, sizeof(binding->client), request->client);
    binding->answer = request->answer;
}

static bool same_places(const struct registrar_phone *a, const struct registrar_phone *b)
{
    if (a->len != b->len) return false;
    for (size_t i = 0; i < a->len; i++) {
        bool found = false;
        for (size_t j = 0; j < b->len && !found; j++)
            found = strcmp(a->bindings[i].contact_uri, b->bindings[j].contact_uri) == 0 &&
                    strcmp(a->bindings[i].source, b->bindings[j].source) == 0 &&
                    a->bindings[i].answer == b->bindings[j].answer;
        if (!found) return false;
    }
    return true;
}

static enum registrar_change change_of(const struct registrar_phone *before,
                                       const struct registrar_phone *after)
{
    if (after->len == 0) return before->len > 0 ? REGISTRAR_GONE : REGISTRAR_SAME;
    return same_places(before, after) ? REGISTRAR_REFRESHED : REGISTRAR_BOUND;
}

uint32_t registrar_register(struct registrar *registrar, const struct registrar_request *request,
                            int64_t now_us, enum registrar_change *ret_change)
{
    uint64_t id = 0;
    *ret_change = REGISTRAR_SAME;
    if (strlen(request->phone) >= REGISTRAR_NAME_SIZE || request->phone[0] == '\0') return 400;
    struct registrar_phone *phone = find_or_new(registrar, request->phone, &id);
    if (!phone) return 503;
    uint32_t status = judge(phone, request);
    if (status == 200 && (request->star || request->contacts_len > 0)) {
        struct registrar_phone before = *phone;
        if (request->star) phone->len = 0;
        for (size_t i = 0; i < request->contacts_len; i++)
            put_binding(phone, request, i, now_us);
        *ret_change = change_of(&before, phone);
    }
    if (phone->len == 0) forget(registrar, phone, id);
    return status;
}

const struct registrar_phone *registrar_find(const struct registrar *registrar, const char *phone)
{
    uint64_t id = 0;
    return find(registrar, phone, &id);
}

enum registrar_answer registrar_answer(const struct registrar_phone *phone)
{
    enum registrar_answer best = REGISTRAR_MANUAL;
    for (size_t i = 0; i < phone->len; i++)
        if (phone->bindings[i].answer > best) best = phone->bindings[i].answer;
    return best;
}

const char *registrar_answer_name(enum registrar_answer answer)
{
    static const char *const names[] = {
        [REGISTRAR_MANUAL] = "manual", [REGISTRAR_TALK] = "talk", [REGISTRAR_BROWSER] = "browser"};
    return names[answer];
}

bool registrar_has_source(const struct registrar *registrar, const char *phone, const char *source)
{
    const struct registrar_phone *found = registrar_find(registrar, phone);
    for (size_t i = 0; found && i < found->len; i++)
        if (strcmp(found->bindings[i].source, source) == 0) return true;
    return false;
}

bool registrar_drop(struct registrar *registrar, const char *name, const char *source)
{
    uint64_t id = 0;
    struct registrar_phone *phone = find(registrar, name, &id);
    if (!phone) return false;
    for (size_t i = phone->len; i > 0; i--)
        if (source[0] == '\0' || strcmp(phone->bindings[i - 1].source, source) == 0) remove_at(phone, i - 1);
    if (phone->len > 0) return false;
    forget(registrar, phone, id);
    return true;
}

bool registrar_restore(struct registrar *registrar, const Farseat__V1__Registration *stored, int64_t now_us)
{
    uint64_t id = 0;
    if (stored->phone[0] == '\0' || strlen(stored->phone) >= REGISTRAR_NAME_SIZE) return false;
    if (find(registrar, stored->phone, &id)) return false;
    struct registrar_phone *phone = find_or_new(registrar, stored->phone, &id);
    if (!phone) return false;
    for (size_t i = 0; i < stored->n_bindings && phone->len < REGISTRAR_CONTACTS_MAX; i++) {
        const Farseat__V1__RegistrationBinding *from = stored->bindings[i];
        struct registrar_binding *to = &phone->bindings[phone->len];
        if (from->expires_at_us <= now_us || from->client[0]) continue;
        *to = (struct registrar_binding){.cseq = from->cseq, .expires_at_us = from->expires_at_us};
        bool fits = far_str_copy(to->contact_uri, sizeof(to->contact_uri), from->contact_uri) &&
                    far_str_copy(to->source, sizeof(to->source), from->source) &&
                    far_str_copy(to->call_id, sizeof(to->call_id), from->call_id);
        (void)far_str_copy(to->user_agent, sizeof(to->user_agent), from->user_agent);
        to->answer = strcmp(from->answer, registrar_answer_name(REGISTRAR_TALK)) == 0 ? REGISTRAR_TALK
                                                                                      : REGISTRAR_MANUAL;
        if (fits) phone->len++;
    }
    if (phone->len > 0) return true;
    forget(registrar, phone, id);
    return false;
}

void registrar_expire(struct registrar *registrar, int64_t now_us,
                      void (*changed)(void *context, const char *phone, enum registrar_change change),
                      void *context)
{
    for (uint64_t id = far_pool_next(&registrar->phones, 0); id; id = far_pool_next(&registrar->phones, id)) {
        struct registrar_phone *phone = far_pool_get(&registrar->phones, id);
        size_t before = phone->len;
        for (size_t i = phone->len; i > 0; i--)
            if (phone->bindings[i - 1].expires_at_us <= now_us) remove_at(phone, i - 1);
        if (phone->len == before) continue;
        char name[REGISTRAR_NAME_SIZE];
        (void)far_str_copy(name, sizeof(name), phone->phone);
        enum registrar_change change = phone->len > 0 ? REGISTRAR_BOUND : REGISTRAR_GONE;
        if (phone->len == 0) forget(registrar, phone, id);
        changed(context, name, change);
    }
}

void registrar_each(const struct registrar *registrar,
                    void (*fn)(void *context, const struct registrar_phone *phone), void *context)
{
    for (uint64_t id = far_pool_next(&registrar->phones, 0); id; id = far_pool_next(&registrar->phones, id))
        fn(context, far_pool_get(&registrar->phones, id));
}

size_t registrar_len(const struct registrar *registrar)
{
    return registrar->phones.len;
}
