/* SPDX-License-Identifier: Apache-2.0 */
/* intake.h - reads the facts about contacts (stream EVT) and keeps a ticket and a customer for each: one
 * transaction stores what a batch of facts does and how far the stream was read, so a fact acts once. */
#pragma once
#include "far/bus.h"
#include "far/postgres.h"
#include "farseat/v1/fact.pb-c.h"

struct intake;
/** kick(ctx) is called on the loop when a transaction left something in the outbox. */
FAR_MUST_CHECK enum far_err intake_create(struct far_bus *bus, struct far_pg *pg, void (*kick)(void *ctx),
                                          void *ctx, struct intake **ret_intake);
/** NULL is allowed. @return NULL. */
struct intake *intake_destroy(struct intake *intake);
/** Facts read and not yet stored. */
size_t intake_waiting(const struct intake *intake);

/** What one fact does to customers and tickets; on a database thread, inside the transaction. Facts that say
 * nothing about a contact do nothing. */
FAR_MUST_CHECK enum far_err intake_apply(struct far_pg_conn *conn, const Farseat__V1__Fact *fact);
