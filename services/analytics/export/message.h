/* SPDX-License-Identifier: Apache-2.0 */
/* message.h - one record as a Kafka message: JSON by proto3's mapping with every field, key = entity id,
 * headers of CloudEvents' Kafka binding (binary mode, ce_*). */
#pragma once
#include "far/tables.h"
#include "farseat/v1/record.pb-c.h"
#include <librdkafka/rdkafka.h>

struct message {
    const struct far_topic_row *topic;
    char *value;
    char key[64];
    char id[40], source[96], type[64], time[32];
};
/** The record's origin; NULL: it has none. */
const Farseat__V1__RecordOrigin *record_origin(const Farseat__V1__Record *record);
/** The record within, as a message with its topic; NULL: of a kind that this version does not know. */
const ProtobufCMessage *record_body(const Farseat__V1__Record *record,
                                    const struct far_topic_row **ret_topic);
/** Write it; message_done() frees. @return FAR_OK; FAR_EPROTO: no kind, or a text that is no UTF-8;
 * FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err message_write(const Farseat__V1__Record *record, struct message *ret_message);
/** Hand it to the producer, which copies it. */
rd_kafka_resp_err_t message_produce(rd_kafka_t *producer, const struct message *message);
void message_done(struct message *message);
