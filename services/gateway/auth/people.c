/* SPDX-License-Identifier: Apache-2.0 */
#include "people.h"
#include "far/clock.h"
#include "far/id.h"
#include "far/str.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "sessions.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void now_text(char out[24], int64_t plus_us)
{
    (void)snprintf(out, 24, "%" PRId64, far_clock_wall_us() + plus_us);
}

static enum far_err password_hash(const char *password, char ret_hash[crypto_pwhash_STRBYTES])
{
    int failed =
        crypto_pwhash_str_alg(ret_hash, password, strlen(password), crypto_pwhash_OPSLIMIT_INTERACTIVE,
                              crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13);
    return failed ? FAR_ENOMEM : FAR_OK;
}

void people_identity_read(const PGresult *result, struct login *login)
{
    (void)far_str_copy(login->identity.login, sizeof(login->identity.login), far_pg_text(result, 0, 0));
    (void)far_str_copy(login->identity.agent_id, sizeof(login->identity.agent_id), far_pg_text(result, 0, 1));
    (void)far_str_copy(login->identity.roles, sizeof(login->identity.roles), far_pg_text(result, 0, 2));
    (void)far_str_copy(login->identity.name, sizeof(login->identity.name), far_pg_text(result, 0, 3));
    (void)far_str_copy(login->identity.language, sizeof(login->identity.language), far_pg_text(result, 0, 4));
    identity_permit(&login->identity);
}

/* A login that does not exist takes as long as one that does. */
static bool password_matches(const char *hash, const char *password)
{
    static const char nobody[crypto_pwhash_STRBYTES] =
        "$argon2id$v=19$m=65536,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    bool matches = crypto_pwhash_str_verify(hash ? hash : nobody, password, strlen(password)) == 0;
    return matches && hash;
}

static enum far_err person_check(struct far_pg_conn *conn, struct login *login)
{
    const char *values[] = {login->login};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(conn,
                                    "select login, agent_id, array_to_string(roles, ','), name, language, "
                                    "password_hash, disabled from person where login = $1",
                                    1, values, &result);
    if (err != FAR_OK) return err;
    bool known = PQntuples(result) > 0;
    bool good = password_matches(known ? far_pg_text(result, 0, 5) : NULL, login->password) &&
                strcmp(far_pg_text(result, 0, 6), "f") == 0;
    if (good) people_identity_read(result, login);
    PQclear(result);
    return good ? FAR_OK : FAR_EDENIED;
}

enum far_err people_login(struct far_pg_conn *conn, struct login *login)
{
    enum far_err err = person_check(conn, login);
    enum far_err audit =
        people_audit(conn, login->login, login->client, "login", "", err == FAR_OK ? "ok" : "denied");
    if (err == FAR_OK && audit != FAR_OK) return audit;
    return err == FAR_OK ? sessions_make(conn, login) : err;
}

enum far_err people_language(struct far_pg_conn *conn, const char *login, const char *language)
{
    static const char *const languages[] = {"", "en", "zh"};
    bool known = false;
    for (size_t i = 0; i < FAR_ARRAY_LEN(languages); i++)
        known |= strcmp(languages[i], language) == 0;
    const char *values[] = {login, language};
    return known ? far_pg_query(conn, "update person set language = $2 where login = $1", 2, values, NULL)
                 : FAR_EINVAL;
}

static bool password_ok(const char *password)
{
    size_t len = strlen(password);
    return len >= PASSWORD_LEN_MIN && len <= PASSWORD_LEN_MAX;
}

enum far_err people_password(struct far_pg_conn *conn, struct login *login, const char *new_password)
{
    char hash[crypto_pwhash_STRBYTES], now[24], session_id[40];
    if (!password_ok(new_password)) return FAR_EINVAL;
    memcpy(session_id, login->identity.session_id, sizeof(session_id));
    enum far_err err = person_check(conn, login);
    if (err == FAR_OK) err = password_hash(new_password, hash);
    now_text(now, 0);
    const char *values[] = {login->login, hash, now};
    if (err == FAR_OK)
        err = far_pg_query(conn, "update person set password_hash = $2, changed_at_us = $3 where login = $1",
                           3, values, NULL);
    const char *others[] = {login->login, session_id};
    if (err == FAR_OK)
        err =
            far_pg_query(conn, "delete from session where login = $1 and session_id <> $2", 2, others, NULL);
    if (err == FAR_OK)
        err = people_audit(conn, login->login, login->client, "password-changed", login->login, "ok");
    return err;
}

enum far_err people_token_key(struct far_pg_conn *conn, uint8_t ret_key[TOKEN_KEY_LEN])
{
    uint8_t made[TOKEN_KEY_LEN];
    char text[2 * TOKEN_KEY_LEN + 3] = "\\x";
    randombytes_buf(made, sizeof(made));
    far_str_hex(made, sizeof(made), text + 2);
    const char *values[] = {text};
    enum far_err err = far_pg_query(
        conn, "insert into secret (name, value) values ('token-key', $1::bytea) on conflict do nothing", 1,
        values, NULL);
    PGresult *result = NULL;
    if (err == FAR_OK)
        err = far_pg_query(conn, "select encode(value, 'hex') from secret where name = 'token-key'", 0, NULL,
                           &result);
    if (err == FAR_OK && PQntuples(result) > 0)
        err = far_str_unhex(far_pg_text(result, 0, 0), ret_key, TOKEN_KEY_LEN);
    PQclear(result);
    return err;
}

enum far_err people_audit(struct far_pg_conn *conn, const char *login, const char *client, const char *action,
                          const char *target, const char *outcome)
{
    char now[24];
    now_text(now, 0);
    const char *values[] = {now, login, client, action, target, outcome};
    return far_pg_query(conn,
                        "insert into audit (at_us, login, client, action, target, outcome) "
                        "values ($1, $2, $3, $4, $5, $6)",
                        6, values, NULL);
}

/* ---- making people -------------------------------------------------------------------------------- */

/* roles as a PostgreSQL array: names are checked before, so nothing needs quotes. */
static enum far_err person_write(struct far_pg_conn *conn, const Farseat__V1__Person *person,
                                 const char *roles, const char *hash)
{
    char now[24];
    now_text(now, 0);
    const char *values[] = {
        person->login, person->name, person->agent_id, roles, person->disabled ? "t" : "f", person->language,
        hash,          now};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(
        conn,
        hash ? "insert into person (login, name, agent_id, roles, disabled, language, password_hash, "
               "changed_at_us) "
               "values ($1, $2, $3, string_to_array($4, ','), $5, $6, $7, $8) on conflict (login) do update "
               "set "
               "name = excluded.name, agent_id = excluded.agent_id, roles = excluded.roles, "
               "disabled = excluded.disabled, language = excluded.language, password_hash = "
               "excluded.password_hash, "
               "changed_at_us = excluded.changed_at_us returning 1"
             : "update person set name = $2, agent_id = $3, roles = string_to_array($4, ','), disabled = $5, "
               "language = $6, password_hash = coalesce($7, password_hash), changed_at_us = $8 where login = "
               "$1 returning 1",
        8, values, &result);
    if (err != FAR_OK) return err;
    if (PQntuples(result) == 0) err = FAR_ENOTFOUND;
    PQclear(result);
    const char *login[] = {person->login};
    if (err == FAR_OK &&
        (person->disabled || hash)) /* what was open under the former password or right ends */
        err = far_pg_query(conn, "delete from session where login = $1", 1, login, NULL);
    return err;
}

enum far_err people_lock(struct far_pg_conn *conn)
{
    return far_pg_query(conn, "lock table person in share row exclusive mode", 0, NULL, NULL);
}

enum far_err people_keep_administrator(struct far_pg_conn *conn)
{
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn, "select 1 from person where not disabled and 'administrator' = any(roles) limit 1",
                     0, NULL, &result);
    if (err != FAR_OK) return err;
    bool somebody = PQntuples(result) > 0;
    PQclear(result);
    return somebody ? FAR_OK : FAR_ESTATE;
}

enum far_err people_first(struct far_pg_conn *conn, const char *login, const char *password)
{
    PGresult *result = NULL;
    enum far_err err = far_pg_query(conn, "select 1 from person limit 1", 0, NULL, &result);
    if (err != FAR_OK) return err;
    bool somebody = PQntuples(result) > 0;
    PQclear(result);
    if (somebody) return FAR_OK;
    char hash[crypto_pwhash_STRBYTES];
    err = password_hash(password, hash);
    Farseat__V1__Person person = FARSEAT__V1__PERSON__INIT;
    person.login = (char *)(uintptr_t)login;
    person.name = person.login;
    return err == FAR_OK ? person_write(conn, &person, "administrator", hash) : err;
}

static enum far_err refuse(struct far_pg_answer *answer, const char *text)
{
    (void)far_str_copy(answer->text, sizeof(answer->text), text);
    return FAR_EINVAL;
}

static bool login_ok(const char *login)
{
    size_t len = strlen(login);
    if (len == 0 || len > 63 || strchr("._-", login[0])) return false;
    return strspn(login, "abcdefghijklmnopqrstuvwxyz0123456789._-") == len;
}

static enum far_err person_check_fields(const Farseat__V1__PersonPutRequest *request, char roles[128],
                                        struct far_pg_answer *answer)
{
    const Farseat__V1__Person *person = request->person;
    if (!person || !login_ok(person->login))
        return refuse(
            answer, "person.login: 1 to 63 of a-z, 0-9, dot, dash, underscore; the first a letter or digit");
    if (person->n_roles == 0)
        return refuse(answer, "person.roles: at least one of agent, supervisor, quality, administrator");
    roles[0] = '\0';
    for (size_t i = 0; i < person->n_roles; i++) {
        if (permission_of_role(person->roles[i]) == 0)
            return refuse(answer, "person.roles: each is one of agent, supervisor, quality, administrator");
        if (strlen(roles) + strlen(person->roles[i]) + 2 > 128)
            return refuse(answer, "person.roles: too many");
        if (i > 0) strcat(roles, ",");
        strcat(roles, person->roles[i]);
    }
    if (strlen(person->name) > 100 || strlen(person->agent_id) > 63 || strlen(person->language) > 10)
        return refuse(answer, "person: name has at most 100 bytes, agentId 63, language 10");
    if (request->password[0] && !password_ok(request->password))
        return refuse(answer, "password: 10 to 200 bytes");
    return FAR_OK;
}

static enum far_err person_put_work(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                    struct far_pg_answer *answer)
{
    (void)ctx;
    const Farseat__V1__PersonPutRequest *request = (const Farseat__V1__PersonPutRequest *)message;
    char roles[128], hash[crypto_pwhash_STRBYTES], generated[33] = "";
    enum far_err err = person_check_fields(request, roles, answer);
    if (err != FAR_OK) return err;
    if (request->generate_password) {
        uint8_t bytes[12];
        randombytes_buf(bytes, sizeof(bytes));
        sodium_bin2base64(generated, sizeof(generated), bytes, sizeof(bytes),
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    }
    const char *password = generated[0] ? generated : request->password;
    if (password[0]) err = password_hash(password, hash);
    if (err == FAR_OK) err = people_lock(conn); /* after the hash, which takes its time */
    enum far_err had = err == FAR_OK ? people_keep_administrator(conn) : err;
    if (had != FAR_ESTATE) err = had; /* without one before there is none to keep */
    if (err == FAR_OK) err = person_write(conn, request->person, roles, password[0] ? hash : NULL);
    if (err == FAR_ENOTFOUND) return refuse(answer, "a new person needs a password, or generatePassword");
    if (err == FAR_OK && had == FAR_OK) err = people_keep_administrator(conn);
    if (err == FAR_ESTATE) {
        (void)refuse(answer, PEOPLE_LAST_TEXT);
        return err;
    }
    if (err == FAR_OK)
        err = people_audit(conn, request->by[0] ? request->by : "bus", "", "person-put",
                           request->person->login, "ok");
    if (err != FAR_OK) return err;
    Farseat__V1__PersonPutReply *reply = calloc(1, sizeof(*reply));
    if (!reply) return FAR_ENOMEM;
    farseat__v1__person_put_reply__init(reply);
    reply->password = far_message_strdup(generated);
    reply->verdict = far_message_alloc(sizeof(*reply->verdict));
    farseat__v1__verdict__init(reply->verdict);
    reply->verdict->ok = 1;
    reply->verdict->code = far_message_strdup("");
    reply->verdict->text = far_message_strdup("");
    answer->message = &reply->base;
    sodium_memzero(generated, sizeof(generated));
    return FAR_OK;
}

static Farseat__V1__Person *person_read(const PGresult *result, int row)
{
    Farseat__V1__Person *person = far_message_alloc(sizeof(*person));
    farseat__v1__person__init(person);
    person->login = far_pg_strdup(result, row, 0);
    person->name = far_pg_strdup(result, row, 1);
    person->agent_id = far_pg_strdup(result, row, 2);
    person->language = far_pg_strdup(result, row, 4);
    person->disabled = strcmp(far_pg_text(result, row, 5), "t") == 0;
    char roles[256], *rest = NULL;
    (void)far_str_copy(roles, sizeof(roles), far_pg_text(result, row, 3));
    person->roles = far_message_alloc(8 * sizeof(person->roles[0]));
    for (char *role = strtok_r(roles, ",", &rest); role && person->n_roles < 8;
         role = strtok_r(NULL, ",", &rest))
        person->roles[person->n_roles++] = far_message_strdup(role);
    return person;
}

static enum far_err person_list_work(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                     struct far_pg_answer *answer)
{
    (void)message;
    (void)ctx;
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn,
                     "select login, name, agent_id, array_to_string(roles, ','), language, disabled "
                     "from person order by login limit 20000",
                     0, NULL, &result);
    if (err != FAR_OK) return err;
    Farseat__V1__PersonListReply *reply = far_message_alloc(sizeof(*reply));
    size_t rows = (size_t)PQntuples(result);
    farseat__v1__person_list_reply__init(reply);
    reply->people = rows ? far_message_alloc(rows * sizeof(reply->people[0])) : NULL;
    for (size_t i = 0; i < rows; i++)
        reply->people[reply->n_people++] = person_read(result, (int)i);
    PQclear(result);
    answer->message = &reply->base;
    return FAR_OK;
}

const struct far_pg_method people_methods[] = {
    {FAR_METHOD_gateway_PersonPut, true, person_put_work, NULL},
    {FAR_METHOD_gateway_PersonList, false, person_list_work, NULL},
};
const size_t people_methods_len = FAR_ARRAY_LEN(people_methods);
