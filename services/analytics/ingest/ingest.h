/* SPDX-License-Identifier: Apache-2.0 */
/* ingest.h - Kafka's topics into report tables (read_committed), on a thread of its own: a batch of messages
 * and the offsets that follow it are stored in one transaction, so each record counts once. */
#pragma once
#include "../export/kafka.h"
#include "far/loop.h"
#include "far/postgres.h"

struct ingest;
FAR_MUST_CHECK enum far_err ingest_create(struct far_loop *loop, struct far_pg *pg,
                                          const struct kafka_config *config, struct ingest **ret_ingest);
struct ingest_stats {
    uint64_t stored, skipped, failures;
    uint64_t lag_ms; /* age of the oldest message that was read and is not stored; 0: none */
};
void ingest_stats(const struct ingest *ingest, struct ingest_stats *ret_stats);
/** No job is submitted after it; call it before far_pg_destroy(), which ends the job under way. NULL is
 * allowed. */
void ingest_stop(struct ingest *ingest);
/** Joins the thread (up to 2 s); after ingest_stop() and far_pg_destroy(). NULL is allowed. @return NULL. */
struct ingest *ingest_destroy(struct ingest *ingest);
