/* SPDX-License-Identifier: Apache-2.0 */
#include "customer_store.h"
#include "far/id.h"
#include "far/pg_method.h"
#include "far/pg_search.h"
#include "far/str.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_DEFAULT 20
#define LIMIT_MAX     200

#define COLUMNS                                                                                              \
    "c.customer_id, c.name, c.company, c.note, c.language, c.created_at_us, c.revision, c.contacts, "        \
    "c.last_contact_at_us"

static bool is_somebodys(Farseat__V1__NumberKind kind)
{
    return kind == FARSEAT__V1__NUMBER_KIND__NUMBER_MOBILE ||
           kind == FARSEAT__V1__NUMBER_KIND__NUMBER_LANDLINE ||
           kind == FARSEAT__V1__NUMBER_KIND__NUMBER_INTERNATIONAL ||
           kind == FARSEAT__V1__NUMBER_KIND__NUMBER_EXTENSION;
}

static enum far_err insert_number(struct far_pg_conn *conn, const char *customer_id,
                                  const Farseat__V1__TelephoneNumber *number, bool *ret_taken)
{
    char kind[16];
    (void)snprintf(kind, sizeof(kind), "%d", (int)number->kind);
    const char *values[] = {number->canonical, customer_id, number->raw, kind};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(conn,
                                    "insert into customer_number (canonical, customer_id, raw, kind) "
                                    "values ($1, $2, $3, $4) on conflict (canonical) do nothing returning 1",
                                    4, values, &result);
    if (err != FAR_OK) return err;
    *ret_taken = PQntuples(result) == 0;
    PQclear(result);
    return FAR_OK;
}

static enum far_err count_contact(struct far_pg_conn *conn, const char *canonical, const char *at_us,
                                  char ret_customer_id[37])
{
    const char *values[] = {canonical, at_us};
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn,
                     "update customer c set contacts = contacts + 1, "
                     "last_contact_at_us = greatest(last_contact_at_us, $2) from customer_number n "
                     "where n.canonical = $1 and n.customer_id = c.customer_id returning c.customer_id",
                     2, values, &result);
    if (err != FAR_OK) return err;
    if (PQntuples(result) == 0)
        err = FAR_ENOTFOUND;
    else
        (void)far_str_copy(ret_customer_id, 37, far_pg_text(result, 0, 0));
    PQclear(result);
    return err;
}

enum far_err customer_of_caller(struct far_pg_conn *conn, const Farseat__V1__TelephoneNumber *caller,
                                int64_t at_us_value, char ret_customer_id[37])
{
    ret_customer_id[0] = '\0';
    if (!caller || !is_somebodys(caller->kind) || caller->canonical[0] == '\0') return FAR_OK;
    char at_us[24], customer_id[FAR_ID_TEXT_SIZE];
    (void)snprintf(at_us, sizeof(at_us), "%" PRId64, at_us_value);
    enum far_err err = count_contact(conn, caller->canonical, at_us, ret_customer_id);
    if (err != FAR_ENOTFOUND) return err;
    far_id_new_text(customer_id);
    const char *values[] = {customer_id, at_us};
    err = far_pg_query(conn,
                       "insert into customer (customer_id, created_at_us, contacts, last_contact_at_us) "
                       "values ($1, $2, 1, $2)",
                       2, values, NULL);
    bool taken = false;
    if (err == FAR_OK) err = insert_number(conn, customer_id, caller, &taken);
    if (err == FAR_OK && taken) return FAR_ECONFLICT; /* made by another transaction meanwhile: do it again */
    if (err == FAR_OK) memcpy(ret_customer_id, customer_id, sizeof(customer_id));
    return err;
}

static enum far_err read_numbers(struct far_pg_conn *conn, Farseat__V1__Customer *customer)
{
    const char *values[] = {customer->customer_id};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(conn,
                                    "select raw, canonical, kind from customer_number where customer_id = $1 "
                                    "order by canonical limit 100",
                                    1, values, &result);
    if (err != FAR_OK) return err;
    size_t count = (size_t)PQntuples(result);
    customer->numbers = count ? far_message_alloc(count * sizeof(customer->numbers[0])) : NULL;
    for (size_t i = 0; i < count; i++) {
        Farseat__V1__TelephoneNumber *number = far_message_alloc(sizeof(*number));
        farseat__v1__telephone_number__init(number);
        number->raw = far_pg_strdup(result, (int)i, 0);
        number->canonical = far_pg_strdup(result, (int)i, 1);
        number->kind = (Farseat__V1__NumberKind)far_pg_i64(result, (int)i, 2, 0);
        customer->numbers[customer->n_numbers++] = number;
    }
    PQclear(result);
    return FAR_OK;
}

static enum far_err read_row(struct far_pg_conn *conn, const PGresult *result, int row,
                             Farseat__V1__Customer **ret_customer)
{
    Farseat__V1__Customer *customer = far_message_alloc(sizeof(*customer));
    farseat__v1__customer__init(customer);
    customer->customer_id = far_pg_strdup(result, row, 0);
    customer->name = far_pg_strdup(result, row, 1);
    customer->company = far_pg_strdup(result, row, 2);
    customer->note = far_pg_strdup(result, row, 3);
    customer->language = far_pg_strdup(result, row, 4);
    customer->created_at_us = far_pg_i64(result, row, 5, 0);
    customer->revision = (uint32_t)far_pg_i64(result, row, 6, 0);
    customer->contacts = (uint32_t)far_pg_i64(result, row, 7, 0);
    customer->last_contact_at_us = far_pg_i64(result, row, 8, 0);
    customer->by = far_message_strdup("");
    enum far_err err = read_numbers(conn, customer);
    if (err != FAR_OK)
        protobuf_c_message_free_unpacked(&customer->base, NULL);
    else
        *ret_customer = customer;
    return err;
}

enum far_err customer_find(struct far_pg_conn *conn, const char *canonical, const char *name, uint32_t limit,
                           Farseat__V1__CustomerListReply **ret_reply)
{
    char limit_text[16], pattern[256];
    (void)snprintf(limit_text, sizeof(limit_text), "%" PRIu32, far_pg_limit(limit, LIMIT_DEFAULT, LIMIT_MAX));
    PGresult *result = NULL;
    enum far_err err;
    if (canonical) {
        const char *values[] = {canonical};
        err = far_pg_query(conn,
                           "select " COLUMNS " from customer_number n join customer c using (customer_id) "
                           "where n.canonical = $1",
                           1, values, &result);
    } else {
        size_t len = 0;
        for (const char *from = name; *from && len + 3 < sizeof(pattern); from++) {
            if (strchr("\\%_", *from)) pattern[len++] = '\\'; /* what a person types is no pattern */
            pattern[len++] = *from;
        }
        pattern[len++] = '%';
        pattern[len] = '\0';
        const char *values[] = {pattern, limit_text};
        err = far_pg_query(conn,
                           "select " COLUMNS " from customer c where lower(c.name) like lower($1) "
                           "order by lower(c.name), c.customer_id limit $2",
                           2, values, &result);
    }
    if (err != FAR_OK) return err;
    Farseat__V1__CustomerListReply *reply = far_message_alloc(sizeof(*reply));
    farseat__v1__customer_list_reply__init(reply);
    size_t count = (size_t)PQntuples(result);
    reply->customers = count ? far_message_alloc(count * sizeof(reply->customers[0])) : NULL;
    for (size_t i = 0; i < count && err == FAR_OK; i++) {
        err = read_row(conn, result, (int)i, &reply->customers[i]);
        if (err == FAR_OK) reply->n_customers++;
    }
    PQclear(result);
    if (err != FAR_OK)
        protobuf_c_message_free_unpacked(&reply->base, NULL);
    else
        *ret_reply = reply;
    return err;
}

enum far_err customer_get(struct far_pg_conn *conn, const char *customer_id,
                          Farseat__V1__Customer **ret_customer)
{
    const char *values[] = {customer_id};
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn, "select " COLUMNS " from customer c where customer_id = $1", 1, values, &result);
    if (err != FAR_OK) return err;
    err = PQntuples(result) == 0 ? FAR_ENOTFOUND : read_row(conn, result, 0, ret_customer);
    PQclear(result);
    return err;
}

static enum far_err upsert(struct far_pg_conn *conn, const Farseat__V1__Customer *customer,
                           const char *customer_id, int64_t at_us_value)
{
    char at_us[24], revision[16];
    (void)snprintf(at_us, sizeof(at_us), "%" PRId64, at_us_value);
    (void)snprintf(revision, sizeof(revision), "%" PRIu32, customer->revision);
    const char *values[] = {customer_id,    customer->name,     customer->company,
                            customer->note, customer->language, customer->customer_id[0] ? revision : at_us};
    PGresult *result = NULL;
    enum far_err err;
    if (customer->customer_id[0] == '\0')
        err = far_pg_query(conn,
                           "insert into customer (customer_id, name, company, note, language, created_at_us) "
                           "values ($1, $2, $3, $4, $5, $6) returning 1",
                           6, values, &result);
    else
        err = far_pg_query(conn,
                           "update customer set name = $2, company = $3, note = $4, language = $5, "
                           "revision = revision + 1 where customer_id = $1 and revision = $6 returning 1",
                           6, values, &result);
    if (err != FAR_OK) return err;
    bool hit = PQntuples(result) > 0;
    PQclear(result);
    if (hit) return FAR_OK;
    result = NULL;
    err = far_pg_query(conn, "select 1 from customer where customer_id = $1", 1, values, &result);
    if (err == FAR_OK) err = PQntuples(result) > 0 ? FAR_ECONFLICT : FAR_ENOTFOUND;
    PQclear(result);
    return err;
}

enum far_err customer_put(struct far_pg_conn *conn, const Farseat__V1__Customer *customer, int64_t at_us,
                          char ret_customer_id[37])
{
    char customer_id[FAR_ID_TEXT_SIZE];
    if (customer->customer_id[0] == '\0')
        far_id_new_text(customer_id);
    else
        (void)far_str_copy(customer_id, sizeof(customer_id), customer->customer_id);
    enum far_err err = upsert(conn, customer, customer_id, at_us);
    const char *values[] = {customer_id};
    if (err == FAR_OK)
        err = far_pg_query(conn, "delete from customer_number where customer_id = $1", 1, values, NULL);
    for (size_t i = 0; i < customer->n_numbers && err == FAR_OK; i++) {
        bool taken = false;
        err = insert_number(conn, customer_id, customer->numbers[i], &taken);
        if (err == FAR_OK && taken) err = FAR_EEXIST;
    }
    if (err == FAR_OK) memcpy(ret_customer_id, customer_id, sizeof(customer_id));
    return err;
}
