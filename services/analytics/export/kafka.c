/* SPDX-License-Identifier: Apache-2.0 */
#include "kafka.h"
#include "far/str.h"
#include "far/tables.h"
#include <stdio.h>
#include <stdlib.h>

#define ADMIN_MS 10000

const struct far_config_row kafka_rows[] = {
    {.path = "kafka.brokers",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct kafka_config, brokers),
     .help = "Kafka's addresses: host:port, several separated by commas"},
    {.path = "kafka.replication",
     .type = FAR_CONFIG_INT,
     .offset = offsetof(struct kafka_config, replication),
     .default_text = "1",
     .min = 1,
     .max = 9,
     .help = "Replicas of topics that are made; 3 where Kafka has three brokers"},
    {.path = "kafka.transactional_id",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct kafka_config, transactional_id),
     .default_text = "farseat-export",
     .help = "The exporter's transactional id: the same in all processes of a deployment, for it fences"},
    {.path = "kafka.ca_file",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct kafka_config, ca_file),
     .default_text = "",
     .help = "PEM of the authority of Kafka's certificates; empty: no TLS"},
    {.path = "kafka.certificate_file",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct kafka_config, certificate_file),
     .default_text = "",
     .help = "PEM of our own certificate, where Kafka asks for one"},
    {.path = "kafka.key_file",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct kafka_config, key_file),
     .default_text = "",
     .help = "PEM of its key"},
};
const size_t kafka_rows_len = FAR_ARRAY_LEN(kafka_rows);

bool kafka_conf_set(rd_kafka_conf_t *conf, const char *key, const char *value, char ret_text[KAFKA_TEXT_SIZE])
{
    return rd_kafka_conf_set(conf, key, value, ret_text, KAFKA_TEXT_SIZE) == RD_KAFKA_CONF_OK;
}

rd_kafka_conf_t *kafka_conf(const struct kafka_config *config, const char *client_id,
                            char ret_text[KAFKA_TEXT_SIZE])
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool tls = config->ca_file[0] != '\0';
    if (kafka_conf_set(conf, "bootstrap.servers", config->brokers, ret_text) &&
        kafka_conf_set(conf, "client.id", client_id, ret_text) &&
        kafka_conf_set(conf, "log.connection.close", "false", ret_text) &&
        kafka_conf_set(conf, "reconnect.backoff.max.ms", "2000", ret_text) &&
        (!tls || (kafka_conf_set(conf, "security.protocol", "ssl", ret_text) &&
                  kafka_conf_set(conf, "ssl.ca.location", config->ca_file, ret_text))) &&
        (!config->certificate_file[0] ||
         (kafka_conf_set(conf, "ssl.certificate.location", config->certificate_file, ret_text) &&
          kafka_conf_set(conf, "ssl.key.location", config->key_file, ret_text))))
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}

static enum far_err results_check(rd_kafka_event_t *event, char ret_text[KAFKA_TEXT_SIZE])
{
    size_t count = 0;
    if (!event || rd_kafka_event_error(event)) {
        (void)snprintf(ret_text, KAFKA_TEXT_SIZE, "topics cannot be made: %s",
                       event ? rd_kafka_event_error_string(event) : "no answer");
        return FAR_EIO;
    }
    const rd_kafka_topic_result_t **results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    for (size_t i = 0; i < count; i++) {
        rd_kafka_resp_err_t code = rd_kafka_topic_result_error(results[i]);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue;
        (void)snprintf(ret_text, KAFKA_TEXT_SIZE, "topic %s cannot be made: %s",
                       rd_kafka_topic_result_name(results[i]),
                       rd_kafka_topic_result_error_string(results[i]));
        return FAR_EIO;
    }
    return FAR_OK;
}

static rd_kafka_NewTopic_t *topic_new(const struct far_topic_row *row, int replication)
{
    char text[KAFKA_TEXT_SIZE];
    rd_kafka_NewTopic_t *topic =
        rd_kafka_NewTopic_new(row->topic, (int)row->partitions, replication, text, sizeof(text));
    if (!topic) return NULL;
    if (row->compacted) {
        rd_kafka_NewTopic_set_config(topic, "cleanup.policy", "compact");
        rd_kafka_NewTopic_set_config(topic, "segment.ms", "3600000");
    } else {
        rd_kafka_NewTopic_set_config(topic, "retention.ms",
                                     "2592000000"); /* 30 days: BI may be away for a while */
    }
    return topic;
}

enum far_err kafka_topics_ensure(rd_kafka_t *client, const struct kafka_config *config,
                                 char ret_text[KAFKA_TEXT_SIZE])
{
    rd_kafka_NewTopic_t *topics[FAR_TOPIC_COUNT];
    size_t count = 0;
    enum far_err err = FAR_OK;
    for (size_t i = 0; i < FAR_TOPIC_COUNT && err == FAR_OK; i++) {
        topics[count] = topic_new(&far_topic_rows[i], (int)config->replication);
        if (topics[count])
            count++;
        else
            err = FAR_EINVAL;
    }
    rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
    char text[KAFKA_TEXT_SIZE];
    rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, ADMIN_MS, text, sizeof(text));
    (void)rd_kafka_AdminOptions_set_operation_timeout(options, ADMIN_MS, text, sizeof(text));
    if (err == FAR_OK) {
        rd_kafka_CreateTopics(client, topics, count, options, queue);
        rd_kafka_event_t *event = rd_kafka_queue_poll(queue, ADMIN_MS + 5000);
        err = results_check(event, ret_text);
        if (event) rd_kafka_event_destroy(event);
    }
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_queue_destroy(queue);
    rd_kafka_NewTopic_destroy_array(topics, count);
    return err;
}
