/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"
#include "far/clock.h"
#include "far/json.h"
#include "far/str.h"
#include "far/tables.h"
#include "farseat/v1/record.pb-c.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define READ_MS 15000
#define TAIL_LEN                                                                                             \
    2000 /* offsets: a commit takes two of them, so the newest is among these unless hundreds failed */

enum far_err progress_parse(const char *text, size_t len, struct export_progress *ret_progress)
{
    ProtobufCMessage *message = NULL;
    enum far_err err = far_json_parse(&farseat__v1__export_progress__descriptor, text, len, NULL, &message);
    if (err != FAR_OK) return err;
    const Farseat__V1__ExportProgress *read = (const Farseat__V1__ExportProgress *)message;
    memset(ret_progress, 0, sizeof(*ret_progress));
    (void)far_str_copy(ret_progress->stream_incarnation, sizeof(ret_progress->stream_incarnation),
                       read->stream_incarnation);
    ret_progress->sequence = read->sequence;
    for (size_t i = 0; i < read->n_producers && i < EXPORT_PRODUCERS_MAX; i++) {
        struct export_producer *producer = &ret_progress->producers[ret_progress->producers_len++];
        (void)far_str_copy(producer->name, sizeof(producer->name), read->producers[i]->producer);
        (void)far_str_copy(producer->incarnation, sizeof(producer->incarnation),
                           read->producers[i]->incarnation);
        producer->number = read->producers[i]->number;
    }
    protobuf_c_message_free_unpacked(message, NULL);
    return FAR_OK;
}

enum far_err progress_produce(rd_kafka_t *producer, const struct export_progress *progress,
                              char ret_text[KAFKA_TEXT_SIZE])
{
    Farseat__V1__RecordOrigin origins[EXPORT_PRODUCERS_MAX], *pointers[EXPORT_PRODUCERS_MAX];
    struct export_progress copy = *progress; /* protobuf-c has no const strings */
    for (size_t i = 0; i < copy.producers_len; i++) {
        farseat__v1__record_origin__init(&origins[i]);
        origins[i].producer = copy.producers[i].name;
        origins[i].incarnation = copy.producers[i].incarnation;
        origins[i].number = copy.producers[i].number;
        pointers[i] = &origins[i];
    }
    Farseat__V1__ExportProgress message = FARSEAT__V1__EXPORT_PROGRESS__INIT;
    message.stream = (char[]){FAR_STREAM_RECORDS};
    message.stream_incarnation = copy.stream_incarnation;
    message.sequence = copy.sequence;
    message.producers = pointers;
    message.n_producers = copy.producers_len;
    char *value = NULL;
    enum far_err err = far_json_print(&message.base, 0, &value);
    if (err != FAR_OK) return err;
    /* By values, because the library's macros are GNU C. */
    const rd_kafka_vu_t values[] = {
        {.vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = far_topic_rows[FAR_TOPIC_EXPORT_PROGRESS].topic},
        {.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = 0},
        {.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(char[]){FAR_STREAM_RECORDS}, strlen(FAR_STREAM_RECORDS)}},
        {.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {value, strlen(value)}},
        {.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
    };
    rd_kafka_error_t *error = rd_kafka_produceva(producer, values, FAR_ARRAY_LEN(values));
    free(value);
    if (!error) return FAR_OK;
    (void)far_str_copy(ret_text, KAFKA_TEXT_SIZE, rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return FAR_EIO;
}

static rd_kafka_t *consumer_create(const struct kafka_config *config, char ret_text[KAFKA_TEXT_SIZE])
{
    rd_kafka_conf_t *conf = kafka_conf(config, "farseat-export-progress", ret_text);
    if (!conf) return NULL;
    if (!kafka_conf_set(conf, "group.id", "farseat-export-progress",
                        ret_text) || /* required, never committed to */
        !kafka_conf_set(conf, "enable.auto.commit", "false", ret_text) ||
        !kafka_conf_set(conf, "enable.partition.eof", "true", ret_text) ||
        !kafka_conf_set(conf, "isolation.level", "read_committed", ret_text)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, ret_text, KAFKA_TEXT_SIZE);
    if (!consumer) rd_kafka_conf_destroy(conf);
    return consumer;
}

/* Read from an offset to the end, keeping the last value of our key. */
static enum far_err read_from(rd_kafka_t *consumer, int64_t offset, struct export_progress *progress,
                              bool *ret_found, char ret_text[KAFKA_TEXT_SIZE])
{
    const char *topic = far_topic_rows[FAR_TOPIC_EXPORT_PROGRESS].topic;
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(list, topic, 0)->offset = offset;
    rd_kafka_resp_err_t code = rd_kafka_assign(consumer, list);
    rd_kafka_topic_partition_list_destroy(list);
    uint64_t deadline_ms = far_clock_mono_ms() + READ_MS;
    bool ended = false;
    while (!ended && code == RD_KAFKA_RESP_ERR_NO_ERROR && far_clock_mono_ms() < deadline_ms) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 200);
        if (!message) continue;
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
            ended = true;
        else if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->payload)
            *ret_found |= progress_parse(message->payload, message->len, progress) == FAR_OK;
        else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR && message->err != RD_KAFKA_RESP_ERR__TRANSPORT &&
                 message->err != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
            code = message->err;
        rd_kafka_message_destroy(message);
    }
    if (ended) return FAR_OK;
    (void)snprintf(ret_text, KAFKA_TEXT_SIZE, "%s cannot be read: %s", topic,
                   code == RD_KAFKA_RESP_ERR_NO_ERROR ? "no answer in time" : rd_kafka_err2str(code));
    return FAR_EIO;
}

enum far_err progress_read(const struct kafka_config *config, struct export_progress *ret_progress,
                           char ret_text[KAFKA_TEXT_SIZE])
{
    rd_kafka_t *consumer = consumer_create(config, ret_text);
    if (!consumer) return FAR_EIO;
    int64_t low = 0, high = 0;
    enum far_err err = FAR_OK;
    bool found = false;
    memset(ret_progress, 0, sizeof(*ret_progress));
    rd_kafka_resp_err_t code = rd_kafka_query_watermark_offsets(
        consumer, far_topic_rows[FAR_TOPIC_EXPORT_PROGRESS].topic, 0, &low, &high, READ_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)far_str_copy(ret_text, KAFKA_TEXT_SIZE, rd_kafka_err2str(code));
        err = FAR_EIO;
    }
    int64_t from = high - TAIL_LEN > low ? high - TAIL_LEN : low;
    if (err == FAR_OK && high > low) err = read_from(consumer, from, ret_progress, &found, ret_text);
    if (err == FAR_OK && !found && from > low) err = read_from(consumer, low, ret_progress, &found, ret_text);
    (void)rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return err;
}
