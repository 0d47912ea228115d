/* SPDX-License-Identifier: Apache-2.0 */
/* One's own phone: what the console's phone needs, and the settings of a desk phone; secrets of phones, made
 * here and shown once: only their hashes go on. */
#include "api.h"
#include "centre.h"
#include "far/clock.h"
#include "far/kv.h"
#include "far/str.h"
#include "farseat/v1/api_acd.pb-c.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "farseat/v1/edge.pb-c.h"
#include "system.h"
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REALM       "farseat" /* of phones' digests, and their domain */
#define SECRET_LEN  24
#define TICKET_S    60
#define ANSWER_MS   5000
#define SERVERS_MAX 64

/* ---- /me/phone ------------------------------------------------------------------------------------ */

struct servers {
    Farseat__V1__DeskServer rows[SERVERS_MAX], *pointers[SERVERS_MAX];
    char hosts[SERVERS_MAX][64];
    size_t len;
    const char *site;
    bool here; /* those of the phone's own site, else the others */
};

/* An edge takes phones over UDP and over TCP at the same address. */
static void server_add(void *ctx, const Farseat__V1__LiveService *service)
{
    static const char *const transports[] = {"udp", "tcp"};
    struct servers *servers = ctx;
    uint16_t port = 0;
    if (!service->site[0] || (strcmp(service->site, servers->site) == 0) != servers->here) return;
    for (size_t i = 0; i < FAR_ARRAY_LEN(transports) && servers->len < SERVERS_MAX; i++) {
        Farseat__V1__DeskServer *row = &servers->rows[servers->len];
        char *host = servers->hosts[servers->len];
        if (far_config_address(service->address, host, sizeof(servers->hosts[0]), &port) != FAR_OK) return;
        farseat__v1__desk_server__init(row);
        row->edge = service->instance;
        row->host = host;
        row->port = port;
        row->transport = (char *)(uintptr_t)transports[i];
        row->site = service->site;
        servers->pointers[servers->len++] = row;
    }
}

/* The binding that a call would ring first: the one that lasts longest. */
static const Farseat__V1__RegistrationBinding *binding_of(const Farseat__V1__Registration *registration)
{
    const Farseat__V1__RegistrationBinding *best = NULL;
    int64_t now_us = far_clock_wall_us();
    for (size_t i = 0; registration && i < registration->n_bindings; i++) {
        const Farseat__V1__RegistrationBinding *binding = registration->bindings[i];
        bool browser = strcmp(binding->answer, "browser") == 0;
        if (binding->expires_at_us <= now_us) continue;
        if (!best || browser ||
            (strcmp(best->answer, "browser") != 0 && binding->expires_at_us > best->expires_at_us))
            best = binding;
    }
    return best;
}

static void mine_reply(struct exchange *exchange, const Farseat__V1__Phone *phone,
                       const Farseat__V1__Registration *registration)
{
    char token[TOKEN_TEXT_SIZE];
    struct ticket ticket = {.identity = exchange->identity, .use = TICKET_USE_SIP};
    const Farseat__V1__RegistrationBinding *binding = binding_of(registration);
    struct servers *servers = calloc(1, sizeof(*servers));
    (void)far_str_copy(ticket.about, sizeof(ticket.about), phone->id);
    enum far_err err = servers ? ticket_write(exchange->api->token_key, &ticket,
                                              far_clock_wall_us() / 1000000, TICKET_S, token)
                               : FAR_ENOMEM;
    if (err != FAR_OK) {
        free(servers);
        exchange_fail(exchange, err, NULL);
        return;
    }
    servers->site = phone->site;
    for (int pass = 1; pass >= 0; pass--) {
        servers->here = pass == 1;
        system_each(exchange->api->system, server_add, servers);
    }
    Farseat__V1__MyPhoneReply reply = FARSEAT__V1__MY_PHONE_REPLY__INIT;
    reply.phone = phone->id;
    reply.display = phone->display;
    reply.site = phone->site;
    reply.domain = (char *)(uintptr_t)REALM;
    reply.ticket = token;
    reply.ticket_s = TICKET_S;
    reply.echo_number = (char *)(uintptr_t)centre_echo_number(exchange->api->centre);
    reply.agent_id = exchange->identity.agent_id;
    reply.servers = servers->pointers;
    reply.n_servers = servers->len;
    if (binding) {
        reply.bound = 1;
        reply.answer = binding->answer[0] ? binding->answer : (char *)(uintptr_t) "manual";
        reply.user_agent = binding->user_agent;
    }
    exchange_reply(exchange, &reply.base);
    free(servers);
}

/* The phone of whoever asks. @return NULL: none. */
static const Farseat__V1__Phone *phone_of(const struct exchange *exchange)
{
    const struct centre *centre = exchange->api->centre;
    const Farseat__V1__Agent *agent =
        exchange->identity.agent_id[0] ? centre_agent(centre, exchange->identity.agent_id) : NULL;
    return agent && agent->phone[0] ? centre_phone(centre, agent->phone) : NULL;
}

static void registration_came(void *ctx, enum far_err err, const struct far_kv_entry *entry)
{
    struct exchange *exchange = ctx;
    const Farseat__V1__Phone *phone = phone_of(exchange); /* the configuration may be another one by now */
    Farseat__V1__Registration *registration =
        err == FAR_OK ? farseat__v1__registration__unpack(NULL, entry->data_len, entry->data) : NULL;
    if (phone)
        mine_reply(exchange, phone, registration);
    else
        exchange_fail(exchange, FAR_EAGAIN, "the configuration has just changed: ask again");
    if (registration) farseat__v1__registration__free_unpacked(registration, NULL);
}

void phone_mine(struct exchange *exchange)
{
    const Farseat__V1__Phone *phone = phone_of(exchange);
    if (!phone && !centre_config(exchange->api->centre)) {
        exchange_fail(exchange, FAR_EUNAVAILABLE, "the ACD has not said the configuration yet: try again");
        return;
    }
    if (!phone) {
        Farseat__V1__MyPhoneReply none = FARSEAT__V1__MY_PHONE_REPLY__INIT;
        none.agent_id = exchange->identity.agent_id;
        exchange_reply(exchange, &none.base);
        return;
    }
    enum far_err err =
        far_kv_get(exchange->api->bus, FAR_BUCKET_REGISTRATIONS, phone->id, registration_came, exchange);
    if (err != FAR_OK) exchange_fail(exchange, err, NULL);
}

/* ---- secrets -------------------------------------------------------------------------------------- */

struct putting {
    struct exchange *exchange;
    char phone[64], secret[SECRET_LEN + 1];
};

static enum far_err ha1(const struct putting *putting, const EVP_MD *type, char *ret_hex)
{
    char text[200];
    unsigned char value[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    (void)snprintf(text, sizeof(text), "%s:%s:%s", putting->phone, REALM, putting->secret);
    int good = EVP_Digest(text, strlen(text), value, &len, type, NULL);
    sodium_memzero(text, sizeof(text));
    if (good != 1) return FAR_EIO;
    far_str_hex(value, len, ret_hex);
    return FAR_OK;
}

static void put_end(struct putting *putting)
{
    sodium_memzero(putting, sizeof(*putting));
    free(putting);
}

static void put_done(void *ctx, const struct far_bus_answer *answer)
{
    struct putting *putting = ctx;
    struct exchange *exchange = putting->exchange;
    const Farseat__V1__Verdict *verdict = (const Farseat__V1__Verdict *)answer->message;
    bool good = answer->err == FAR_OK && verdict->ok;
    api_audit(exchange->api, &exchange->identity, exchange->client, "phone-secret", putting->phone,
              good ? "ok" : "failed");
    if (good) {
        Farseat__V1__PhoneSecretReply reply = FARSEAT__V1__PHONE_SECRET_REPLY__INIT;
        reply.phone = putting->phone;
        reply.secret = putting->secret;
        reply.realm = (char *)(uintptr_t)REALM;
        exchange_reply(exchange, &reply.base);
    } else if (answer->err != FAR_OK) {
        exchange_fail(exchange, answer->err, answer->error_text);
    } else {
        exchange_fail(exchange, api_error_of(verdict->code), verdict->text);
    }
    put_end(putting);
}

/* Without letters and digits that look alike: people type it into phones. */
static void generate(char out[SECRET_LEN + 1])
{
    static const char letters[] = "abcdefghjkmnpqrstuvwxyz23456789";
    for (int i = 0; i < SECRET_LEN; i++)
        out[i] = letters[randombytes_uniform(sizeof(letters) - 1)];
    out[SECRET_LEN] = '\0';
}

static void put(struct exchange *exchange, const char *phone)
{
    char md5[2 * EVP_MAX_MD_SIZE + 1], sha256[2 * EVP_MAX_MD_SIZE + 1];
    struct putting *putting = calloc(1, sizeof(*putting));
    enum far_err err =
        putting && far_str_copy(putting->phone, sizeof(putting->phone), phone) ? FAR_OK : FAR_ENOMEM;
    if (err == FAR_OK) {
        putting->exchange = exchange;
        generate(putting->secret);
        err = ha1(putting, EVP_md5(), md5);
    }
    if (err == FAR_OK) err = ha1(putting, EVP_sha256(), sha256);
    if (err == FAR_OK) {
        const struct far_method_row *row = &far_method_rows[FAR_METHOD_acd_PhoneSecretsPut];
        Farseat__V1__SipUser user = FARSEAT__V1__SIP_USER__INIT, *users[] = {&user};
        Farseat__V1__PhoneSecrets secrets = FARSEAT__V1__PHONE_SECRETS__INIT;
        user.phone = putting->phone;
        user.realm = (char *)(uintptr_t)REALM;
        user.ha1_md5 = md5;
        user.ha1_sha256 = sha256;
        secrets.users = users;
        secrets.n_users = 1;
        const struct far_bus_question question = {.subject = row->subject,
                                                  .message = &secrets.base,
                                                  .reply_type = row->reply,
                                                  .timeout_ms = ANSWER_MS,
                                                  .fn = put_done,
                                                  .ctx = putting};
        err = far_bus_ask(exchange->api->bus, &question, NULL);
    }
    if (err == FAR_OK) return;
    if (putting) put_end(putting);
    exchange_fail(exchange, err, NULL);
}

void phone_mine_secret(struct exchange *exchange)
{
    const Farseat__V1__Phone *phone = phone_of(exchange);
    if (phone)
        put(exchange, phone->id);
    else
        exchange_fail(exchange, FAR_ENOTFOUND,
                      "you have no phone: an administrator gives your login an agent, and the agent a phone");
}

void phone_secret(struct exchange *exchange)
{
    const char *phone = exchange_param(exchange, "phone");
    if (phone && centre_phone(exchange->api->centre, phone))
        put(exchange, phone);
    else
        exchange_fail(exchange, FAR_ENOTFOUND, "the configuration has no such phone");
}
