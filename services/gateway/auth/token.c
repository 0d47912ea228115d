/* SPDX-License-Identifier: Apache-2.0 */
#include "token.h"
#include "far/id.h"
#include "far/str.h"
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#define ISSUER "farseat"

void identity_permit(struct identity *identity)
{
    char roles[sizeof(identity->roles)];
    memcpy(roles, identity->roles, sizeof(roles));
    identity->permissions = 0;
    char *rest = NULL;
    for (char *role = strtok_r(roles, ",", &rest); role; role = strtok_r(NULL, ",", &rest))
        identity->permissions |= permission_of_role(role);
}

/* ticket: NULL for an access token. */
static enum far_err write_jwt(const uint8_t key[TOKEN_KEY_LEN], const struct identity *identity,
                              const struct ticket *ticket, int64_t until_s, char ret_text[TOKEN_TEXT_SIZE])
{
    jwt_t *jwt = NULL;
    if (jwt_new(&jwt) != 0) return FAR_ENOMEM;
    enum far_err err = FAR_ENOMEM;
    char *text = NULL;
    bool good = jwt_set_alg(jwt, JWT_ALG_HS256, key, TOKEN_KEY_LEN) == 0 &&
                jwt_add_grant(jwt, "iss", ISSUER) == 0 && jwt_add_grant(jwt, "sub", identity->login) == 0 &&
                jwt_add_grant(jwt, "sid", identity->session_id) == 0 &&
                jwt_add_grant(jwt, "agent", identity->agent_id) == 0 &&
                jwt_add_grant(jwt, "roles", identity->roles) == 0 &&
                jwt_add_grant(jwt, "name", identity->name) == 0 &&
                jwt_add_grant(jwt, "language", identity->language) == 0 &&
                jwt_add_grant_int(jwt, "exp", (long)until_s) == 0;
    if (good && ticket)
        good = jwt_add_grant(jwt, "use", ticket->use) == 0 &&
               jwt_add_grant(jwt, "about", ticket->about) == 0 && jwt_add_grant(jwt, "jti", ticket->id) == 0;
    if (good) text = jwt_encode_str(jwt);
    if (text) err = far_str_copy(ret_text, TOKEN_TEXT_SIZE, text) ? FAR_OK : FAR_EFULL;
    free(text);
    jwt_free(jwt);
    return err;
}

enum far_err token_write(const uint8_t key[TOKEN_KEY_LEN], const struct identity *identity, int64_t now_s,
                         char ret_text[TOKEN_TEXT_SIZE])
{
    return write_jwt(key, identity, NULL, now_s + TOKEN_LIFE_S, ret_text);
}

enum far_err ticket_write(const uint8_t key[TOKEN_KEY_LEN], struct ticket *ticket, int64_t now_s,
                          int64_t life_s, char ret_text[TOKEN_TEXT_SIZE])
{
    far_id_new_text(ticket->id);
    return write_jwt(key, &ticket->identity, ticket, now_s + life_s, ret_text);
}

static bool grant_copy(jwt_t *jwt, const char *name, char *out, size_t size)
{
    const char *value = jwt_get_grant(jwt, name);
    return value && far_str_copy(out, size, value);
}

/* use: NULL for an access token. */
static bool grants_read(jwt_t *jwt, const char *use, int64_t now_s, struct ticket *ticket)
{
    struct identity *identity = &ticket->identity;
    const char *issuer = jwt_get_grant(jwt, "iss"), *said = jwt_get_grant(jwt, "use");
    identity->until_s = (int64_t)jwt_get_grant_int(jwt, "exp");
    bool good = jwt_get_alg(jwt) == JWT_ALG_HS256 && issuer && strcmp(issuer, ISSUER) == 0 &&
                grant_copy(jwt, "sub", identity->login, sizeof(identity->login)) &&
                grant_copy(jwt, "sid", identity->session_id, sizeof(identity->session_id)) &&
                grant_copy(jwt, "agent", identity->agent_id, sizeof(identity->agent_id)) &&
                grant_copy(jwt, "roles", identity->roles, sizeof(identity->roles)) &&
                grant_copy(jwt, "name", identity->name, sizeof(identity->name)) &&
                grant_copy(jwt, "language", identity->language, sizeof(identity->language)) &&
                identity->until_s > now_s;
    if (!good || !use) return good && !said;
    return said && strcmp(said, use) == 0 && far_str_copy(ticket->use, sizeof(ticket->use), said) &&
           grant_copy(jwt, "about", ticket->about, sizeof(ticket->about)) &&
           grant_copy(jwt, "jti", ticket->id, sizeof(ticket->id));
}

enum far_err ticket_read(const uint8_t key[TOKEN_KEY_LEN], const char *text, const char *use, int64_t now_s,
                         struct ticket *ret_ticket)
{
    jwt_t *jwt = NULL;
    struct ticket ticket = {.use = ""};
    if (strlen(text) >= TOKEN_TEXT_SIZE || jwt_decode(&jwt, text, key, TOKEN_KEY_LEN) != 0)
        return FAR_EDENIED;
    bool good = grants_read(jwt, use, now_s, &ticket);
    jwt_free(jwt);
    if (!good) return FAR_EDENIED;
    identity_permit(&ticket.identity);
    *ret_ticket = ticket;
    return FAR_OK;
}

enum far_err token_read(const uint8_t key[TOKEN_KEY_LEN], const char *text, int64_t now_s,
                        struct identity *ret_identity)
{
    struct ticket ticket;
    enum far_err err = ticket_read(key, text, NULL, now_s, &ticket);
    if (err == FAR_OK) *ret_identity = ticket.identity;
    return err;
}
