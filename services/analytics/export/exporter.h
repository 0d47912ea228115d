/* SPDX-License-Identifier: Apache-2.0 */
/* exporter.h - stream REC to Kafka, each record once: does what export_core.h decides. One process at a time
 * (lease "export"), and Kafka fences by the transactional id. Loop thread; Kafka's blocking calls run on
 * worker threads. */
#pragma once
#include "far/bus.h"
#include "kafka.h"

struct exporter;
FAR_MUST_CHECK enum far_err exporter_create(struct far_bus *bus, const struct kafka_config *config,
                                            const char *owner, struct exporter **ret_exporter);
struct exporter_stats {
    bool owner;
    uint64_t exported, repeats, gaps, failures, sequence;
    bool loaded; /* sequence was read back from Kafka */
};
void exporter_stats(const struct exporter *exporter, struct exporter_stats *ret_stats);
/** Ends what is under way; an open batch is done again by the next owner. Frees itself when its last work has
 * come back. NULL is allowed. @return NULL. */
struct exporter *exporter_destroy(struct exporter *exporter);
