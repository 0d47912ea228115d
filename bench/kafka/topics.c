/* SPDX-License-Identifier: Apache-2.0 */
#include "topics.h"
#include "far/clock.h"
#include "process.h"
#include "row.h"
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_MS 10000

struct topics {
    rd_kafka_t *consumer;
};

static rd_kafka_t *make(rd_kafka_type_t type, const char *const (*settings)[2], size_t settings_len)
{
    char text[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    bool good = rd_kafka_conf_set(conf, "bootstrap.servers", bench_env("FARSEAT_KAFKA"), text,
                                  sizeof(text)) == RD_KAFKA_CONF_OK;
    for (size_t i = 0; i < settings_len && good; i++)
        good =
            rd_kafka_conf_set(conf, settings[i][0], settings[i][1], text, sizeof(text)) == RD_KAFKA_CONF_OK;
    rd_kafka_t *made = good ? rd_kafka_new(type, conf, text, sizeof(text)) : NULL;
    if (!made) bench_die("Kafka's client: %s", text);
    return made;
}

struct topics *topics_open(const char *const *names, size_t names_len)
{
    static const char *const settings[][2] = {{"group.id", "farseat-bench"},
                                              {"enable.auto.commit", "false"},
                                              {"isolation.level", "read_committed"},
                                              {"fetch.wait.max.ms", "5"}};
    struct topics *topics = calloc(1, sizeof(*topics));
    if (!topics) bench_die("no memory");
    topics->consumer = make(RD_KAFKA_CONSUMER, settings, sizeof(settings) / sizeof(settings[0]));
    (void)rd_kafka_poll_set_consumer(topics->consumer);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(8);
    for (size_t i = 0; i < names_len; i++) {
        const struct rd_kafka_metadata *metadata = NULL;
        rd_kafka_topic_t *topic = rd_kafka_topic_new(topics->consumer, names[i], NULL);
        if (rd_kafka_metadata(topics->consumer, 0, topic, &metadata, WAIT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
            bench_die("Kafka does not tell of topic %s", names[i]);
        for (int p = 0; metadata->topic_cnt == 1 && p < metadata->topics[0].partition_cnt; p++) {
            int64_t low = 0, high = 0;
            if (rd_kafka_query_watermark_offsets(topics->consumer, names[i], p, &low, &high, WAIT_MS) !=
                RD_KAFKA_RESP_ERR_NO_ERROR)
                bench_die("Kafka does not tell where topic %s ends", names[i]);
            rd_kafka_topic_partition_list_add(list, names[i], p)->offset = high;
        }
        rd_kafka_metadata_destroy(metadata);
        rd_kafka_topic_destroy(topic);
    }
    if (list->cnt == 0 || rd_kafka_assign(topics->consumer, list) != RD_KAFKA_RESP_ERR_NO_ERROR)
        bench_die("the record topics cannot be read");
    rd_kafka_topic_partition_list_destroy(list);
    return topics;
}

struct topics *topics_close(struct topics *topics)
{
    (void)rd_kafka_consumer_close(topics->consumer);
    rd_kafka_destroy(topics->consumer);
    free(topics);
    return NULL;
}

static char *copy(const void *bytes, size_t len)
{
    char *copied = malloc(len + 1);
    if (!copied) bench_die("no memory");
    if (len > 0) memcpy(copied, bytes, len);
    return copied;
}

void topics_read(struct topics *topics, struct topics_log *log, uint64_t idle_ms_max)
{
    uint64_t heard_ms = far_clock_mono_ms();
    while (log->len < log->max && far_clock_mono_ms() - heard_ms < idle_ms_max) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(topics->consumer, 20);
        if (message && message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            struct topics_message *kept = &log->messages[log->len];
            heard_ms = far_clock_mono_ms();
            free(kept->key);
            free(kept->value);
            *kept = (struct topics_message){.key = copy(message->key, message->key_len),
                                            .value = copy(message->payload, message->len),
                                            .key_len = message->key_len,
                                            .value_len = message->len};
            log->at_us[log->len++] = far_clock_mono_us();
        }
        if (message) rd_kafka_message_destroy(message);
    }
}

void topics_make_floor(const char *name, int partitions)
{
    char text[256];
    rd_kafka_t *producer = make(RD_KAFKA_PRODUCER, NULL, 0);
    rd_kafka_queue_t *queue = rd_kafka_queue_new(producer);
    rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(name, partitions, 1, text, sizeof(text));
    if (!topic) bench_die("topic %s: %s", name, text);
    rd_kafka_CreateTopics(producer, &topic, 1, NULL, queue);
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, WAIT_MS);
    if (!event || rd_kafka_event_error(event)) bench_die("topic %s cannot be made", name);
    rd_kafka_event_destroy(event);
    rd_kafka_NewTopic_destroy(topic);
    rd_kafka_queue_destroy(queue);
    rd_kafka_destroy(producer);
}

/* With headers as the exporter's. By values, because the library's macros are GNU C. */
static void produce(rd_kafka_t *producer, const char *topic, const struct topics_message *message)
{
    static const char *const headers[][2] = {{"content-type", "application/json"},
                                             {"ce_specversion", "1.0"},
                                             {"ce_source", "/farseat/acd"},
                                             {"ce_type", "farseat.contact.v1"}};
    rd_kafka_vu_t values[8];
    size_t len = 0;
    values[len++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic};
    values[len++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {message->key, message->key_len}};
    values[len++] =
        (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {message->value, message->value_len}};
    values[len++] = (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY};
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        values[len++] =
            (rd_kafka_vu_t){.vtype = RD_KAFKA_VTYPE_HEADER,
                            .u.header = {.name = headers[i][0], .val = headers[i][1], .size = -1}};
    rd_kafka_error_t *error = rd_kafka_produceva(producer, values, len);
    if (error) bench_die("the floor: %s", rd_kafka_error_string(error));
}

uint64_t topics_send_floor(const char *name, const struct topics_log *log)
{
    static const char *const settings[][2] = {{"enable.idempotence", "true"},
                                              {"linger.ms", "5"},
                                              {"compression.codec", "lz4"},
                                              {"queue.buffering.max.messages", "1000000"}};
    rd_kafka_t *producer = make(RD_KAFKA_PRODUCER, settings, sizeof(settings) / sizeof(settings[0]));
    const struct rd_kafka_metadata *metadata = NULL;
    /* Connected before the clock runs: the exporter is as well. */
    if (rd_kafka_metadata(producer, 1, NULL, &metadata, WAIT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
        bench_die("Kafka does not answer");
    rd_kafka_metadata_destroy(metadata);
    uint64_t began_us = far_clock_mono_us();
    for (size_t i = 0; i < log->len; i++) {
        produce(producer, name, &log->messages[i]);
    }
    if (rd_kafka_flush(producer, WAIT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) bench_die("the floor does not end");
    uint64_t took_us = far_clock_mono_us() - began_us;
    rd_kafka_destroy(producer);
    return took_us;
}
