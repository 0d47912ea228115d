/* SPDX-License-Identifier: Apache-2.0 */
/* kafka.h - Kafka for exporter and ingest: connection settings, topics made where they are missing. */
#pragma once
#include "far/config.h"
#include "far/err.h"
#include <librdkafka/rdkafka.h>
#include <stdint.h>

#define KAFKA_TEXT_SIZE 256

struct kafka_config {
    const char *brokers;          /* host:port, several separated by commas */
    int64_t replication;          /* of topics that are made */
    const char *transactional_id; /* the exporter's: one for the whole deployment */
    const char *ca_file;          /* TLS when not "" */
    const char *certificate_file, *key_file;
};
extern const struct far_config_row kafka_rows[];
extern const size_t kafka_rows_len;

/** Settings common to all clients. ret_text says what was refused. @return NULL on failure. */
rd_kafka_conf_t *kafka_conf(const struct kafka_config *config, const char *client_id,
                            char ret_text[KAFKA_TEXT_SIZE]);
/** Set one; false: refused, ret_text says why. */
bool kafka_conf_set(rd_kafka_conf_t *conf, const char *key, const char *value,
                    char ret_text[KAFKA_TEXT_SIZE]);
/** Make the topics of far/tables.h that are missing. Blocks up to 15 s. @return FAR_OK; FAR_EIO with
 * ret_text. */
FAR_MUST_CHECK enum far_err kafka_topics_ensure(rd_kafka_t *client, const struct kafka_config *config,
                                                char ret_text[KAFKA_TEXT_SIZE]);
