/* SPDX-License-Identifier: Apache-2.0 */
/* Who may call in: trunks by where they call from (bucket trunks), phones of ours by digest. */
#include "edge.h"
#include "far/log.h"
#include "far/str.h"
#include "far/tables.h"
#include "far/trace.h"
#include "far/utf8.h"
#include "source.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct edge_trunk {
    char key[EDGE_NAME_SIZE], id[EDGE_NAME_SIZE];
    struct source_network networks[EDGE_NETWORKS_MAX];
    size_t networks_len;
    struct far_number_rule rule;
};

enum far_err trunks_start(struct edge *edge)
{
    edge->trunks = calloc(EDGE_TRUNKS_MAX, sizeof(*edge->trunks));
    return edge->trunks ? FAR_OK : FAR_ENOMEM;
}

void trunks_stop(struct edge *edge)
{
    edge->trunks_watch = far_kv_unwatch(edge->trunks_watch);
    free(edge->trunks);
    edge->trunks = NULL;
}

static struct edge_trunk *trunk_by_key(struct edge *edge, const char *key)
{
    for (size_t i = 0; i < edge->trunks_len; i++)
        if (strcmp(edge->trunks[i].key, key) == 0) return &edge->trunks[i];
    return NULL;
}

/* What a trunk does not say stays as the edge has it. */
static void read_rule(struct edge *edge, struct edge_trunk *trunk, const Farseat__V1__NumberRule *from)
{
    struct far_number_rule rule = edge->own_rule;
    const char *why = NULL;
    trunk->rule = rule;
    if (!from) return;
    bool fits = true;
    if (from->country_code[0])
        fits = far_str_copy(rule.country_code, sizeof(rule.country_code), from->country_code);
    if (from->area_code[0])
        fits = far_str_copy(rule.area_code, sizeof(rule.area_code), from->area_code) && fits;
    if (from->national_prefix[0])
        fits =
            far_str_copy(rule.national_prefix, sizeof(rule.national_prefix), from->national_prefix) && fits;
    if (from->international_prefix[0])
        fits = far_str_copy(rule.international_prefix, sizeof(rule.international_prefix),
                            from->international_prefix) &&
               fits;
    if (fits && far_number_rule_check(&rule, &why) == FAR_OK)
        trunk->rule = rule;
    else
        FAR_WARN("trunk-number-rule-refused", "trunk=%s why=%s", trunk->id, why ? why : "too long");
}

static void trunk_put(struct edge *edge, const char *key, const Farseat__V1__Trunk *from)
{
    struct edge_trunk *trunk = trunk_by_key(edge, key);
    if (!trunk && edge->trunks_len < EDGE_TRUNKS_MAX) trunk = &edge->trunks[edge->trunks_len++];
    if (!trunk) {
        FAR_WARN("trunk-not-taken", "trunk=%s why=%s", from->id, "too many trunks");
        return;
    }
    *trunk = (struct edge_trunk){.networks_len = 0};
    (void)far_str_copy(trunk->key, sizeof(trunk->key), key);
    (void)far_str_copy(trunk->id, sizeof(trunk->id), from->id);
    for (size_t i = 0; i < from->n_addresses && trunk->networks_len < EDGE_NETWORKS_MAX; i++) {
        if (source_parse(from->addresses[i], &trunk->networks[trunk->networks_len]) == FAR_OK)
            trunk->networks_len++;
        else
            FAR_WARN("trunk-address-refused", "trunk=%s address=%s", trunk->id, from->addresses[i]);
    }
    read_rule(edge, trunk, from->number_rule);
    FAR_INFO("trunk", "trunk=%s networks=%lu", trunk->id, trunk->networks_len);
}

static void on_trunk(void *context, enum far_kv_event event, const struct far_kv_entry *entry)
{
    struct edge *edge = context;
    if (event == FAR_KV_CURRENT) edge->trunks_read = true;
    if (event == FAR_KV_RESET) {
        edge->trunks_len = 0;
        edge->trunks_read = false;
    }
    /* The bucket also holds the dialled numbers, which are the ACD's affair. */
    if (event != FAR_KV_VALUE || far_str_starts(entry->key, "number.")) return;
    if (entry->deleted) {
        struct edge_trunk *trunk = trunk_by_key(edge, entry->key);
        if (trunk) *trunk = edge->trunks[--edge->trunks_len];
        return;
    }
    Farseat__V1__Trunk *trunk = farseat__v1__trunk__unpack(NULL, entry->data_len, entry->data);
    if (trunk && trunk->id[0] && strlen(entry->key) < EDGE_NAME_SIZE)
        trunk_put(edge, entry->key, trunk);
    else
        FAR_WARN("trunk-malformed", "key=%s", entry->key);
    farseat__v1__trunk__free_unpacked(trunk, NULL);
}

void trunks_watch(struct edge *edge)
{
    if (far_kv_watch(edge->bus, FAR_BUCKET_TRUNKS, ">", on_trunk, edge, &edge->trunks_watch) != FAR_OK)
        far_service_fail(edge->service, "the bucket of trunks cannot be watched");
}

/* The narrowest network that has the address; of equal ones the first by id. */
static const struct edge_trunk *trunk_of(const struct edge *edge, const char *ip)
{
    const struct edge_trunk *best = NULL;
    unsigned best_bits = 0;
    uint32_t address = 0;
    if (source_address(ip, &address) != FAR_OK) return NULL;
    for (size_t i = 0; i < edge->trunks_len; i++) {
        const struct edge_trunk *trunk = &edge->trunks[i];
        for (size_t j = 0; j < trunk->networks_len; j++) {
            unsigned bits = source_bits(&trunk->networks[j]);
            if (!source_contains(&trunk->networks[j], address)) continue;
            if (!best || bits > best_bits || (bits == best_bits && strcmp(trunk->id, best->id) < 0)) {
                best = trunk;
                best_bits = bits;
            }
        }
    }
    return best;
}

/* ---- INVITE ---------------------------------------------------------------------------------------------
 */

static const Farseat__V1__NumberKind kinds[FAR_NUMBER_KIND_COUNT] = {
    [FAR_NUMBER_UNKNOWN] = FARSEAT__V1__NUMBER_KIND__NUMBER_UNKNOWN,
    [FAR_NUMBER_MOBILE] = FARSEAT__V1__NUMBER_KIND__NUMBER_MOBILE,
    [FAR_NUMBER_LANDLINE] = FARSEAT__V1__NUMBER_KIND__NUMBER_LANDLINE,
    [FAR_NUMBER_SERVICE] = FARSEAT__V1__NUMBER_KIND__NUMBER_SERVICE,
    [FAR_NUMBER_TOLLFREE] = FARSEAT__V1__NUMBER_KIND__NUMBER_TOLL_FREE,
    [FAR_NUMBER_EMERGENCY] = FARSEAT__V1__NUMBER_KIND__NUMBER_EMERGENCY,
    [FAR_NUMBER_EXTENSION] = FARSEAT__V1__NUMBER_KIND__NUMBER_EXTENSION,
    [FAR_NUMBER_ANONYMOUS] = FARSEAT__V1__NUMBER_KIND__NUMBER_ANONYMOUS,
    [FAR_NUMBER_INTERNATIONAL] = FARSEAT__V1__NUMBER_KIND__NUMBER_INTERNATIONAL,
};

static void refuse(struct edge *edge, uint64_t call, uint32_t status, const char *headers)
{
    struct sip_answer answer = {.status = status, .sdp = "", .headers = headers};
    sip_respond(edge->sip, call, &answer);
}

/* Text from strangers that goes into the log must be UTF-8. */
static const char *clean(const char *text)
{
    return far_utf8_valid(text, strlen(text)) ? text : "";
}

static void let_in(struct edge *edge, struct sip_event *event, const struct edge_trunk *trunk,
                   const char *phone)
{
    char source[EDGE_ADDRESS_SIZE];
    const struct door_browser *browser = browsers_find(edge, event->request->source);
    const struct sip_request *request = event->request;
    struct edge_call *call = call_new(edge, event->call, CALL_LEG);
    if (!call) {
        refuse(edge, event->call, 503, "Retry-After: 5\n");
        return;
    }
    call->incoming = true;
    call->delayed = event->delayed;
    call->offer = event->body;
    call->offer_len = event->body_len;
    event->body = NULL;
    browsers_address(edge, request->source, source, sizeof(source));
    if (browser) {
        call->browser = browser->id;
        call->secure = call->delayed; /* we offer */
        (void)snprintf(call->route, sizeof(call->route), "sip:%s;transport=tcp", request->source + 4);
    }

    bool asserted = trunk && request->asserted_user[0];
    const char *raw = asserted ? request->asserted_user : request->from_user;
    const char *name = asserted ? request->asserted_name : request->from_name;
    struct far_number number;
    far_number_parse(trunk ? &trunk->rule : &edge->own_rule, raw, strlen(raw), &number);
    Farseat__V1__TelephoneNumber caller = FARSEAT__V1__TELEPHONE_NUMBER__INIT;
    caller.raw = number.raw;
    caller.canonical = number.canonical;
    caller.kind = kinds[number.kind];

    char leg_id[FAR_ID_TEXT_SIZE], traceparent[FAR_TRACE_TEXT_LEN + 1];
    struct far_trace trace;
    far_id_new_text(leg_id);
    far_trace_start(&trace);
    far_trace_format(&trace, traceparent);
    struct edge_incoming incoming = {.call = event->call,
                                     .leg_id = leg_id,
                                     .trunk_id = trunk ? trunk->id : "",
                                     .phone = phone,
                                     .caller = &caller,
                                     .caller_name = clean(name),
                                     .called_raw = clean(request->called_user),
                                     .sip_call_id = clean(request->call_id),
                                     .source = source,
                                     .traceparent = traceparent};
    FAR_INFO("invite", "leg=%s trunk=%s phone=%s caller=%s called=%s source=%s", leg_id, incoming.trunk_id,
             phone, number.canonical, incoming.called_raw, source);
    edge_core_incoming(edge->core, edge_now_ms(edge), &incoming);
}

/* A phone that is registered from exactly there, or that says who it is. */
static bool claims_to_be_a_phone(const struct edge *edge, const struct sip_request *request)
{
    if (registrar_has_source(edge->registrar, request->from_user, request->source)) return true;
    for (size_t i = 0; i < request->credentials_len; i++)
        if (phones_known(edge, request->credentials[i].username)) return true;
    return false;
}

/* By its connection: neither a trunk, whatever network that has, nor another phone, nor an edge. */
static void browser_invites(struct edge *edge, struct sip_event *event, const struct door_browser *browser)
{
    char phone[REGISTRAR_NAME_SIZE] = "";
    uint32_t status = phones_of_browser(browser, event->request, phone);
    if (event->request->link[0]) status = 403;
    if (status == 0) {
        let_in(edge, event, NULL, phone);
        return;
    }
    edge_count(EDGE_M_FORBIDDEN);
    FAR_INFO("invite-forbidden", "phone=%s client=%s from=%s", browser->phone, browser->client,
             event->request->from_user);
    refuse(edge, event->call, status, "");
}

void trunks_invite(struct edge *edge, struct sip_event *event)
{
    char headers[2 * DIGEST_CHALLENGE_SIZE + 64] = "", phone[REGISTRAR_NAME_SIZE] = "";
    const struct sip_request *request = event->request;
    if (request->malformed || request->source[0] == '\0') {
        refuse(edge, event->call, 400, "");
        return;
    }
    if (!edge->began) { /* nobody could be told */
        refuse(edge, event->call, 503, "Retry-After: 5\n");
        return;
    }
    const struct door_browser *browser = browsers_find(edge, request->source);
    if (browser) {
        browser_invites(edge, event, browser);
        return;
    }
    if (browsers_is_ghost(edge, request->source)) {
        refuse(edge, event->call, 403, "");
        return;
    }
    bool by_phone = claims_to_be_a_phone(edge, request);
    const struct edge_trunk *trunk = by_phone ? NULL : trunk_of(edge, request->source_ip);
    if (trunk) {
        let_in(edge, event, trunk, "");
        return;
    }
    if (!by_phone && !phones_known(edge, request->from_user)) {
        if (!edge->trunks_read || !edge->users_read) { /* may be one of ours */
            refuse(edge, event->call, 503, "Retry-After: 5\n");
            return;
        }
        edge_count(EDGE_M_FORBIDDEN);
        FAR_INFO("invite-forbidden", "source=%s called=%s", request->source, request->called_user);
        refuse(edge, event->call, 403, "");
        return;
    }
    uint32_t status = phones_identify(edge, "INVITE", request, phone, headers, sizeof(headers));
    if (status != 0)
        refuse(edge, event->call, status, headers);
    else
        let_in(edge, event, NULL, phone);
}
