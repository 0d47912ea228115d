/* SPDX-License-Identifier: Apache-2.0 */
/* customer_store.h - customers in PostgreSQL; a number belongs to one of them. On a database thread. */
#pragma once
#include "far/postgres.h"
#include "farseat/v1/api_ticketing.pb-c.h"

/** The customer whose number it is, made without a name when there is none, and one more contact counted.
 *  Anonymous and unknown callers have no customer: ret_customer_id is then "". */
FAR_MUST_CHECK enum far_err customer_of_caller(struct far_pg_conn *conn,
                                               const Farseat__V1__TelephoneNumber *caller, int64_t at_us,
                                               char ret_customer_id[37]);
/** By canonical number (one look-up of a primary key), or by the beginning of a name. */
FAR_MUST_CHECK enum far_err customer_find(struct far_pg_conn *conn, const char *canonical, const char *name,
                                          uint32_t limit, Farseat__V1__CustomerListReply **ret_reply);
FAR_MUST_CHECK enum far_err customer_get(struct far_pg_conn *conn, const char *customer_id,
                                         Farseat__V1__Customer **ret_customer);
/** Make (customer_id "") or change (revision as read) one with all its numbers, which must be canonical.
 *  @return FAR_OK; FAR_ENOTFOUND; FAR_ECONFLICT: another revision; FAR_EEXIST: a number is somebody else's.
 */
FAR_MUST_CHECK enum far_err customer_put(struct far_pg_conn *conn, const Farseat__V1__Customer *customer,
                                         int64_t at_us, char ret_customer_id[37]);
