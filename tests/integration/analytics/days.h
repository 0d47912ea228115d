/* SPDX-License-Identifier: Apache-2.0 */
/* days.h - random contacts and agents' days over eleven days around a change of clocks, by one seed. */
#pragma once
#include "bench.h"
#include "kpi.h"

#define DAYS_CONTACTS   1500
#define DAYS_ACTIVITIES 900
#define DAYS_FIRST      "2026-10-20" /* the clocks go back on the 25th */
#define DAYS_LAST       "2026-10-30"
#define DAYS_FIRST_US   INT64_C(1792447200000000) /* 2026-10-20T00:00+02:00 */
#define DAYS_LAST_US    INT64_C(1793401200000000) /* 2026-10-31T00:00+01:00 */

struct days_contact {
    Farseat__V1__ContactRecord record;
    Farseat__V1__TelephoneNumber caller;
    Farseat__V1__AgentPart parts[3], *part_rows[3];
    Farseat__V1__MissedOffer missed[2], *missed_rows[2];
    char id[37];
};
extern struct days_contact days_contacts[DAYS_CONTACTS];
extern Farseat__V1__AgentActivityRecord days_activities[DAYS_ACTIVITIES];

/** Make them all, and store them. far_pg_work_fn. */
enum far_err days_store(struct far_pg_conn *conn, void *arg);
