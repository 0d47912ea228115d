/* SPDX-License-Identifier: Apache-2.0 */
#include "far/index.h"
#include "far/str.h"
#include "stack.h"
#include <arpa/inet.h>
#include <sofia-sip/msg_header.h>
#include <sofia-sip/su_string.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_tcp(sip_t const *message)
{
    const char *protocol = message && message->sip_via ? message->sip_via->v_protocol : "";
    return protocol && strcasecmp(protocol, "SIP/2.0/TCP") == 0;
}

void message_source(struct sip *sip, sip_t const *message, char *ret_source, size_t size, char *ret_ip,
                    size_t ip_size)
{
    char host[INET6_ADDRSTRLEN] = "";
    uint16_t port = 0;
    msg_t *current = nua_current_request(sip->nua);
    su_addrinfo_t *info = current ? msg_addrinfo(current) : NULL;
    ret_source[0] = '\0';
    if (ret_ip && ip_size > 0) ret_ip[0] = '\0';
    if (!info || !info->ai_addr || info->ai_addr->sa_family != AF_INET) return;
    const struct sockaddr_in *address = (const struct sockaddr_in *)(const void *)info->ai_addr;
    if (!inet_ntop(AF_INET, &address->sin_addr, host, sizeof(host))) return;
    port = ntohs(address->sin_port);
    (void)snprintf(ret_source, size, "%s:%s:%u", is_tcp(message) ? "tcp" : "udp", host, port);
    if (ret_ip) (void)far_str_copy(ret_ip, ip_size, host);
}

/* A display name without its quotes. */
static void copy_display(char *out, size_t size, const char *display)
{
    size_t len = 0;
    bool quoted = display && display[0] == '"';
    out[0] = '\0';
    for (const char *c = display ? display + quoted : ""; *c && len + 1 < size; c++) {
        if (quoted && *c == '"') break;
        if (*c == '\\' && c[1]) c++;
        if ((unsigned char)*c >= ' ') out[len++] = *c;
    }
    while (len > 0 && (out[len - 1] == ' ' || ((unsigned char)out[len - 1] & 0xc0) == 0x80) &&
           len + 1 >= size)
        len--; /* a cut must not leave half a character */
    out[len] = '\0';
}

static bool copy_user(char *out, size_t size, url_t const *url)
{
    char text[SIP_URI_SIZE];
    out[0] = '\0';
    if (!url || !url->url_user) return true;
    if (strlen(url->url_user) >= sizeof(text)) return false;
    url_unescape(text, url->url_user);
    text[strcspn(text, ";:")] = '\0'; /* parameters and passwords of the user part */
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) return false;
    return far_str_copy(out, size, text);
}

static int64_t seconds_of(const char *text)
{
    int64_t value = 0;
    if (far_str_i64(text, 0, UINT32_MAX, &value) != FAR_OK) return REGISTRAR_EXPIRES_MAX;
    return value;
}

static void copy_contacts(struct sip_request *request, sip_t const *message)
{
    for (sip_contact_t const *contact = message->sip_contact; contact; contact = contact->m_next) {
        if (contact->m_url->url_type == url_any) {
            request->star = true;
            continue;
        }
        if (request->contacts_len == REGISTRAR_CONTACTS_MAX) {
            request->malformed = true;
            return;
        }
        size_t at = request->contacts_len;
        issize_t len = url_e(request->contacts[at].uri, REGISTRAR_URI_SIZE, contact->m_url);
        bool sip_uri = contact->m_url->url_type == url_sip || contact->m_url->url_type == url_sips;
        if (len <= 0 || len >= REGISTRAR_URI_SIZE || !sip_uri) {
            request->malformed = true;
            return;
        }
        request->contacts[at].expires_s = contact->m_expires ? seconds_of(contact->m_expires) : -1;
        request->contacts_len++;
    }
}

static bool copy_param(char *out, size_t size, sip_authorization_t const *header, const char *name)
{
    char const *value = msg_header_find_param(header->au_common, name);
    out[0] = '\0';
    if (!value) return true;
    size_t len = strlen(value);
    if (len >= 2 && value[0] == '"') {
        value++;
        len -= 2;
    }
    return far_str_copy_len(out, size, value, len);
}

static bool copy_credentials(struct digest_credentials *out, sip_authorization_t const *header)
{
    char algorithm[DIGEST_TEXT_SIZE];
    if (!header->au_scheme || strcasecmp(header->au_scheme, "Digest") != 0) return false;
    bool good = copy_param(out->username, sizeof(out->username), header, "username=") &&
                copy_param(out->realm, sizeof(out->realm), header, "realm=") &&
                copy_param(out->nonce, sizeof(out->nonce), header, "nonce=") &&
                copy_param(out->uri, sizeof(out->uri), header, "uri=") &&
                copy_param(out->response, sizeof(out->response), header, "response=") &&
                copy_param(out->qop, sizeof(out->qop), header, "qop=") &&
                copy_param(out->nc, sizeof(out->nc), header, "nc=") &&
                copy_param(out->cnonce, sizeof(out->cnonce), header, "cnonce=") &&
                copy_param(algorithm, sizeof(algorithm), header, "algorithm=");
    out->algorithm = algorithm[0] == '\0' || strcasecmp(algorithm, "MD5") == 0 ? DIGEST_MD5
                     : strcasecmp(algorithm, "SHA-256") == 0                   ? DIGEST_SHA256
                                                                               : DIGEST_UNKNOWN;
    return good;
}

static void copy_unknown(struct sip *sip, struct sip_request *request, sip_t const *message)
{
    (void)sip;
    for (msg_unknown_t const *header = message->sip_unknown; header; header = header->un_next) {
        if (!header->un_name || !header->un_value) continue;
        if (strcasecmp(header->un_name, "X-Farseat-Link") == 0) {
            if (!far_str_copy(request->link, sizeof(request->link), header->un_value))
                request->malformed = true;
        } else if (strcasecmp(header->un_name, "P-Asserted-Identity") == 0 && !request->asserted_user[0]) {
            su_home_t home[1] = {SU_HOME_INIT(home)};
            su_home_init(home);
            sip_to_t *parsed = sip_to_make(home, header->un_value);
            if (parsed && copy_user(request->asserted_user, sizeof(request->asserted_user), parsed->a_url))
                copy_display(request->asserted_name, sizeof(request->asserted_name), parsed->a_display);
            su_home_deinit(home);
        }
    }
}

bool message_can_talk(sip_t const *message)
{
    for (sip_allow_events_t const *header = message->sip_allow_events; header; header = header->k_next)
        for (msg_param_t const *item = header->k_items; item && *item; item++)
            if (strcasecmp(*item, "talk") == 0) return true;
    return false;
}

struct sip_request *message_request(struct sip *sip, sip_t const *message)
{
    struct sip_request *request = calloc(1, sizeof(*request));
    if (!request) return NULL;
    message_source(sip, message, request->source, sizeof(request->source), request->source_ip,
                   sizeof(request->source_ip));
    bool good = copy_user(request->from_user, sizeof(request->from_user),
                          message->sip_from ? message->sip_from->a_url : NULL) &&
                copy_user(request->to_user, sizeof(request->to_user),
                          message->sip_to ? message->sip_to->a_url : NULL) &&
                copy_user(request->called_user, sizeof(request->called_user),
                          message->sip_request ? message->sip_request->rq_url : NULL);
    if (message->sip_from)
        copy_display(request->from_name, sizeof(request->from_name), message->sip_from->a_display);
    if (message->sip_call_id)
        good = far_str_copy(request->call_id, sizeof(request->call_id), message->sip_call_id->i_id) && good;
    if (message->sip_user_agent)
        copy_display(request->user_agent, sizeof(request->user_agent), message->sip_user_agent->g_value);
    request->cseq = message->sip_cseq ? message->sip_cseq->cs_seq : 0;
    request->can_talk = message_can_talk(message);
    request->expires_s = message->sip_expires ? (int64_t)message->sip_expires->ex_delta : -1;
    request->malformed = !good;
    copy_contacts(request, message);
    copy_unknown(sip, request, message);
    for (sip_authorization_t const *header = message->sip_authorization;
         header && request->credentials_len < 2; header = header->au_next)
        if (copy_credentials(&request->credentials[request->credentials_len], header))
            request->credentials_len++;
    return request;
}

void message_body(struct posted *posted, sip_t const *message)
{
    struct sip_event *event = &posted->event;
    if (message->sip_content_type && message->sip_content_type->c_type) {
        const char *boundary = msg_header_find_param(message->sip_content_type->c_common, "boundary=");
        (void)snprintf(event->content_type, sizeof(event->content_type), "%s%s%s",
                       message->sip_content_type->c_type, boundary ? ";boundary=" : "",
                       boundary ? boundary : "");
    }
    if (!message->sip_payload || message->sip_payload->pl_len == 0 ||
        message->sip_payload->pl_len > SIP_BODY_MAX)
        return;
    event->body = malloc(message->sip_payload->pl_len + 1);
    if (!event->body) return;
    memcpy(event->body, message->sip_payload->pl_data, message->sip_payload->pl_len);
    event->body[message->sip_payload->pl_len] = '\0';
    event->body_len = message->sip_payload->pl_len;
}

uint64_t message_save(struct sip *sip, nua_handle_t *nh)
{
    struct saved *saved = calloc(1, sizeof(*saved));
    if (!saved) return 0;
    saved->token = ++sip->serial;
    saved->nh = nh;
    if (!nua_save_event(sip->nua, saved->event)) {
        free(saved);
        return 0;
    }
    if (far_index_put(sip->saved, saved->token, (uint64_t)(uintptr_t)saved) == FAR_OK) return saved->token;
    nua_destroy_event(saved->event);
    free(saved);
    return 0;
}

struct saved *message_saved(struct sip *sip, uint64_t token)
{
    uint64_t at = 0;
    return token && far_index_get(sip->saved, token, &at) ? (struct saved *)(uintptr_t)at : NULL;
}

void message_forget(struct sip *sip, struct saved *saved)
{
    (void)far_index_remove(sip->saved, saved->token);
    nua_destroy_event(saved->event);
    free(saved);
}
