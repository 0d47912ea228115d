/* SPDX-License-Identifier: Apache-2.0 */
/* Phones: who they are (bucket sip_users), where they are (registrar, kept in bucket registrations). */
#include "edge.h"
#include "far/clock.h"
#include "far/log.h"
#include "far/str.h"
#include "far/tables.h"
#include "far/utf8.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONCE_MS  300000u
#define NONCE_MAX 16384u

enum far_err phones_start(struct edge *edge)
{
    uint32_t phones_max = (uint32_t)edge->config->phones_max;
    uint64_t seed = 0;
    randombytes_buf(&seed, sizeof(seed));
    enum far_err err = digest_create(EDGE_REALM, NONCE_MS, NONCE_MAX, &edge->digest);
    if (err == FAR_OK) err = registrar_create(phones_max, &edge->registrar);
    if (err == FAR_OK) err = far_index_create(phones_max, REGISTRAR_NAME_SIZE, seed, &edge->users);
    edge->users_max = phones_max;
    if (err == FAR_OK) edge->users_rows = calloc(phones_max, sizeof(*edge->users_rows));
    return err == FAR_OK && !edge->users_rows ? FAR_ENOMEM : err;
}

void phones_stop(struct edge *edge)
{
    edge->users_watch = far_kv_unwatch(edge->users_watch);
    edge->registrations_watch = far_kv_unwatch(edge->registrations_watch);
    edge->digest = digest_destroy(edge->digest);
    edge->registrar = registrar_destroy(edge->registrar);
    edge->users = far_index_destroy(edge->users);
    if (edge->users_rows) sodium_memzero(edge->users_rows, edge->users_max * sizeof(*edge->users_rows));
    free(edge->users_rows);
    edge->users_rows = NULL;
}

/* ---- secrets ------------------------------------------------------------------------------------------- */

static struct edge_user *user_find(const struct edge *edge, const char *phone)
{
    uint64_t at = 0;
    if (phone[0] == '\0' || strlen(phone) >= REGISTRAR_NAME_SIZE) return NULL;
    return far_index_get_text(edge->users, phone, &at) ? &edge->users_rows[at] : NULL;
}

bool phones_known(const struct edge *edge, const char *phone)
{
    return user_find(edge, phone) != NULL;
}

static void user_put(struct edge *edge, const char *phone, const Farseat__V1__SipUser *from)
{
    struct edge_user *user = user_find(edge, phone);
    for (size_t i = 0; !user && i < edge->users_max; i++) {
        if (edge->users_rows[i].taken) continue;
        if (far_index_put_text(edge->users, phone, i) == FAR_OK) user = &edge->users_rows[i];
        break;
    }
    if (!user) {
        FAR_WARN("phone-not-taken", "phone=%s remedy=%s", phone, "raise limits.phones_max");
        return;
    }
    user->taken = true;
    bool fits = far_str_copy(user->ha1_md5, sizeof(user->ha1_md5), from->ha1_md5) &&
                far_str_copy(user->ha1_sha256, sizeof(user->ha1_sha256), from->ha1_sha256);
    if (!fits) FAR_WARN("phone-secret-malformed", "phone=%s", phone);
}

static void user_remove(struct edge *edge, const char *phone)
{
    struct edge_user *user = user_find(edge, phone);
    if (!user) return;
    if (edge->door) door_close_phone(edge->door, phone, "revoked");
    (void)far_index_remove_text(edge->users, phone);
    sodium_memzero(user, sizeof(*user));
}

static void on_user(void *context, enum far_kv_event event, const struct far_kv_entry *entry)
{
    struct edge *edge = context;
    if (event == FAR_KV_CURRENT) edge->users_read = true;
    if (event == FAR_KV_RESET) {
        edge->users_read = false;
        far_index_clear(edge->users);
        sodium_memzero(edge->users_rows, edge->users_max * sizeof(*edge->users_rows));
    }
    if (event != FAR_KV_VALUE) return;
    if (entry->deleted) {
        user_remove(edge, entry->key);
        return;
    }
    Farseat__V1__SipUser *user = farseat__v1__sip_user__unpack(NULL, entry->data_len, entry->data);
    if (user && strcmp(user->realm, EDGE_REALM) == 0)
        user_put(edge, entry->key, user);
    else
        FAR_WARN("phone-secret-malformed", "phone=%s", entry->key);
    farseat__v1__sip_user__free_unpacked(user, NULL);
}

/* ---- the bucket `registrations` -------------------------------------------------------------------------
 */

static void on_stored(void *context, enum far_err err, uint64_t revision)
{
    struct edge *edge = context;
    (void)revision;
    if (err != FAR_OK) edge->registrations_unstored = true;
}

static void store(void *context, const struct registrar_phone *phone)
{
    struct edge *edge = context;
    Farseat__V1__RegistrationBinding rows[REGISTRAR_CONTACTS_MAX], *bindings[REGISTRAR_CONTACTS_MAX];
    Farseat__V1__Registration registration = FARSEAT__V1__REGISTRATION__INIT;
    registration.phone = (char *)phone->phone;
    registration.edge = (char *)edge->name;
    registration.site = (char *)edge->config->site;
    registration.bindings = bindings;
    registration.n_bindings = phone->len;
    for (size_t i = 0; i < phone->len; i++) {
        const struct registrar_binding *from = &phone->bindings[i];
        farseat__v1__registration_binding__init(&rows[i]);
        rows[i].contact_uri = (char *)from->contact_uri;
        rows[i].source = (char *)from->source;
        rows[i].call_id = (char *)from->call_id;
        rows[i].cseq = from->cseq;
        rows[i].expires_at_us = from->expires_at_us;
        rows[i].user_agent = (char *)from->user_agent;
        rows[i].answer = (char *)registrar_answer_name(from->answer);
        rows[i].client = (char *)from->client;
        bindings[i] = &rows[i];
    }
    size_t len = farseat__v1__registration__get_packed_size(&registration);
    uint8_t *data = malloc(len + 1);
    if (!data) return;
    farseat__v1__registration__pack(&registration, data);
    struct far_kv_write write = {.bucket = FAR_BUCKET_REGISTRATIONS,
                                 .key = phone->phone,
                                 .mode = FAR_KV_PUT,
                                 .data = data,
                                 .data_len = len,
                                 .fn = on_stored,
                                 .ctx = edge};
    if (far_kv_write(edge->bus, &write) != FAR_OK) edge->registrations_unstored = true;
    free(data);
}

static void unstore(struct edge *edge, const char *phone)
{
    struct far_kv_write write = {.bucket = FAR_BUCKET_REGISTRATIONS, .key = phone, .mode = FAR_KV_DELETE};
    enum far_err err = far_kv_write(edge->bus, &write);
    if (err != FAR_OK) FAR_WARN("registration-not-removed", "phone=%s why=%s", phone, far_err_name(err));
}

static void tell_bound(void *context, const struct registrar_phone *phone)
{
    struct edge *edge = context;
    char user_agent[REGISTRAR_NAME_SIZE], address[EDGE_ADDRESS_SIZE];
    Farseat__V1__PhoneBound bound = FARSEAT__V1__PHONE_BOUND__INIT;
    (void)far_str_copy(user_agent, sizeof(user_agent), phone->bindings[0].user_agent);
    far_utf8_mend(user_agent); /* the log is read by people and by programs that insist */
    bound.phone = (char *)phone->phone;
    bound.user_agent = user_agent;
    browsers_address(edge, phone->bindings[0].source, address, sizeof(address));
    bound.address = address;
    bound.answer = (char *)registrar_answer_name(registrar_answer(phone));
    for (size_t i = 0; i < phone->len; i++)
        if (phone->bindings[i].expires_at_us > bound.expires_at_us)
            bound.expires_at_us = phone->bindings[i].expires_at_us;
    edge_core_phone_bound(edge->core, edge_now_ms(edge), &bound);
}

void phones_tell(struct edge *edge)
{
    registrar_each(edge->registrar, tell_bound, edge);
}

static void changed(struct edge *edge, const char *name, enum registrar_change change, const char *cause)
{
    const struct registrar_phone *phone = registrar_find(edge->registrar, name);
    if (change == REGISTRAR_GONE) {
        FAR_INFO("phone-gone", "phone=%s cause=%s", name, cause);
        edge_core_phone_gone(edge->core, edge_now_ms(edge), name, cause);
        unstore(edge, name);
        return;
    }
    if (!phone || change == REGISTRAR_SAME) return;
    if (change == REGISTRAR_BOUND) {
        FAR_INFO("phone-bound", "phone=%s source=%s contacts=%lu", name, phone->bindings[0].source,
                 phone->len);
        tell_bound(edge, phone);
    }
    store(edge, phone);
}

/* Our own entries of a former life, and phones that have moved to another edge. */
static void on_registration(void *context, enum far_kv_event event, const struct far_kv_entry *entry)
{
    struct edge *edge = context;
    if (event == FAR_KV_CURRENT) edge->registrations_read = true;
    if (event == FAR_KV_RESET) edge->registrations_unstored = true;
    if (event != FAR_KV_VALUE || entry->deleted) return;
    Farseat__V1__Registration *stored = farseat__v1__registration__unpack(NULL, entry->data_len, entry->data);
    if (stored && strcmp(stored->edge, edge->name) != 0) {
        if (registrar_find(edge->registrar, stored->phone)) {
            (void)registrar_drop(edge->registrar, stored->phone, "");
            FAR_INFO("phone-moved", "phone=%s edge=%s", stored->phone, stored->edge);
        }
    } else if (stored && !edge->registrations_read &&
               registrar_restore(edge->registrar, stored, far_clock_wall_us())) {
        tell_bound(edge, registrar_find(edge->registrar, stored->phone));
    }
    farseat__v1__registration__free_unpacked(stored, NULL);
    edge_touched(edge);
}

void phones_watch(struct edge *edge)
{
    enum far_err err = far_kv_watch(edge->bus, FAR_BUCKET_SIP_USERS, ">", on_user, edge, &edge->users_watch);
    if (err == FAR_OK)
        err = far_kv_watch(edge->bus, FAR_BUCKET_REGISTRATIONS, ">", on_registration, edge,
                           &edge->registrations_watch);
    if (err != FAR_OK) far_service_fail(edge->service, "the buckets of phones cannot be watched");
}

/* ---- REGISTER -------------------------------------------------------------------------------------------
 */

static void challenge(struct edge *edge, bool stale, char *ret_headers, size_t size)
{
    char md5[DIGEST_CHALLENGE_SIZE], sha256[DIGEST_CHALLENGE_SIZE];
    uint64_t now_ms = edge_now_ms(edge);
    digest_challenge(edge->digest, now_ms, DIGEST_SHA256, stale, sha256);
    digest_challenge(edge->digest, now_ms, DIGEST_MD5, stale, md5);
    /* RFC 8760 wants the stronger first, but sipp gives up on a first one that it does not know, and
     * softphones on libre before 2 (Debian 12's baresip) on any. */
    if (edge->config->offer_sha256)
        (void)snprintf(ret_headers, size, "WWW-Authenticate: %s\nWWW-Authenticate: %s\n", md5, sha256);
    else
        (void)snprintf(ret_headers, size, "WWW-Authenticate: %s\n", md5);
}

static const struct digest_credentials *ours(const struct sip_request *request)
{
    for (size_t i = 0; i < request->credentials_len; i++)
        if (strcmp(request->credentials[i].realm, EDGE_REALM) == 0 &&
            request->credentials[i].algorithm != DIGEST_UNKNOWN)
            return &request->credentials[i];
    return NULL;
}

uint32_t phones_identify(struct edge *edge, const char *method, const struct sip_request *request,
                         char ret_phone[REGISTRAR_NAME_SIZE], char *ret_headers, size_t headers_size)
{
    const struct digest_credentials *credentials = ours(request);
    if (!credentials) {
        challenge(edge, false, ret_headers, headers_size);
        return 401;
    }
    const struct edge_user *user = user_find(edge, credentials->username);
    if (!user && !edge->users_read) { /* 403 would make a phone give up for long */
        (void)snprintf(ret_headers, headers_size, "Retry-After: 5\n");
        return 503;
    }
    struct digest_secret secret = {0};
    if (user) secret = (struct digest_secret){.ha1_md5 = user->ha1_md5, .ha1_sha256 = user->ha1_sha256};
    switch (digest_check(edge->digest, edge_now_ms(edge), method, credentials, user ? &secret : NULL)) {
    case DIGEST_GOOD:
        return far_str_copy(ret_phone, REGISTRAR_NAME_SIZE, credentials->username) ? 0 : 403;
    case DIGEST_STALE:
        challenge(edge, true, ret_headers, headers_size);
        return 401;
    case DIGEST_WRONG:
        break;
    }
    edge_count(EDGE_M_FORBIDDEN);
    FAR_INFO("digest-refused", "user=%s source=%s", credentials->username, request->source);
    return 403;
}

uint32_t phones_of_browser(const struct door_browser *browser, const struct sip_request *request,
                           char ret_phone[REGISTRAR_NAME_SIZE])
{
    if (strcmp(browser->phone, request->from_user) != 0) return 403;
    return far_str_copy(ret_phone, REGISTRAR_NAME_SIZE, browser->phone) ? 0 : 403;
}

static void reply(struct edge *edge, uint64_t token, uint32_t status, const char *headers)
{
    struct sip_register_reply answer = {.status = status, .headers = headers};
    sip_register_reply(edge->sip, token, &answer);
}

static void reply_bindings(struct edge *edge, uint64_t token, const char *name, int64_t now_us)
{
    char headers[REGISTRAR_CONTACTS_MAX * (REGISTRAR_URI_SIZE + 32) + 1] = "";
    size_t len = 0;
    const struct registrar_phone *phone = registrar_find(edge->registrar, name);
    for (size_t i = 0; phone && i < phone->len; i++) {
        int64_t left_s = (phone->bindings[i].expires_at_us - now_us + 500000) / 1000000;
        len += (size_t)snprintf(headers + len, sizeof(headers) - len, "Contact: <%s>;expires=%lld\n",
                                phone->bindings[i].contact_uri, (long long)(left_s > 0 ? left_s : 0));
    }
    reply(edge, token, 200, headers);
}

void phones_register(struct edge *edge, uint64_t token, const struct sip_request *request)
{
    char headers[2 * DIGEST_CHALLENGE_SIZE + 64] = "", phone[REGISTRAR_NAME_SIZE] = "";
    if (request->malformed || request->to_user[0] == '\0' || request->source[0] == '\0') {
        reply(edge, token, 400, "");
        return;
    }
    const struct door_browser *browser = browsers_find(edge, request->source);
    uint32_t status = browser ? phones_of_browser(browser, request, phone)
                      : browsers_is_ghost(edge, request->source)
                          ? 403
                          : phones_identify(edge, "REGISTER", request, phone, headers, sizeof(headers));
    if (status == 0 && strcmp(phone, request->to_user) != 0) status = 403; /* somebody else's phone */
    if (status != 0) {
        reply(edge, token, status, headers);
        return;
    }
    int64_t now_us = far_clock_wall_us();
    struct registrar_request asked = {.phone = phone,
                                      .source = request->source,
                                      .call_id = request->call_id,
                                      .user_agent = request->user_agent,
                                      .client = browser ? browser->client : "",
                                      .answer = browser             ? REGISTRAR_BROWSER
                                                : request->can_talk ? REGISTRAR_TALK
                                                                    : REGISTRAR_MANUAL,
                                      .cseq = request->cseq,
                                      .contacts_len = request->contacts_len,
                                      .star = request->star,
                                      .expires_s = request->expires_s};
    for (size_t i = 0; i < request->contacts_len; i++) {
        asked.contacts[i].uri = request->contacts[i].uri;
        asked.contacts[i].expires_s = request->contacts[i].expires_s;
    }
    enum registrar_change change = REGISTRAR_SAME;
    status = registrar_register(edge->registrar, &asked, now_us, &change);
    if (status == 200)
        reply_bindings(edge, token, phone, now_us);
    else
        reply(edge, token, status,
              status == 423   ? "Min-Expires: 60\n"
              : status == 503 ? "Retry-After: 30\n"
                              : "");
    changed(edge, phone, change, "unregistered");
}

static void on_expired(void *context, const char *phone, enum registrar_change change)
{
    changed(context, phone, change, "expired");
}

void phones_second(struct edge *edge)
{
    registrar_expire(edge->registrar, far_clock_wall_us(), on_expired, edge);
    if (!edge->registrations_unstored || far_bus_state(edge->bus) != FAR_BUS_CONNECTED) return;
    edge->registrations_unstored = false; /* unless one of these fails */
    FAR_INFO("registrations-stored-again", "phones=%lu", registrar_len(edge->registrar));
    registrar_each(edge->registrar, store, edge);
}

void phones_unreachable(struct edge *edge, const char *phone)
{
    if (registrar_drop(edge->registrar, phone, "")) changed(edge, phone, REGISTRAR_GONE, "unreachable");
}

void phones_browser_gone(struct edge *edge, const struct door_browser *browser)
{
    const struct registrar_phone *phone = registrar_find(edge->registrar, browser->phone);
    size_t before = phone ? phone->len : 0;
    if (!phone || !registrar_has_source(edge->registrar, browser->phone, browser->source)) return;
    bool gone = registrar_drop(edge->registrar, browser->phone, browser->source);
    bool fewer = !gone && phone->len < before;
    changed(edge, browser->phone,
            gone    ? REGISTRAR_GONE
            : fewer ? REGISTRAR_BOUND
                    : REGISTRAR_SAME,
            "browser-gone");
}
