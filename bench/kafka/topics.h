/* SPDX-License-Identifier: Apache-2.0 */
/* topics.h - Kafka as a reader sees it, and the floor: a plain producer. */
#pragma once
#include <stddef.h>
#include <stdint.h>

/** What a reader got: the payloads as they were, for the floor to send again. */
struct topics_message {
    char *key, *value;
    size_t key_len, value_len;
};
struct topics_log {
    struct topics_message *messages;
    uint64_t *at_us; /* when each was read */
    size_t len, max;
};

struct topics; /* opaque: a read_committed reader at the ends of the record topics */

/** Ends the program when Kafka does not answer. */
struct topics *topics_open(const char *const *names, size_t names_len);
struct topics *topics_close(struct topics *topics);
/** Read until the log is full or nothing has come for idle_ms_max. */
void topics_read(struct topics *topics, struct topics_log *log, uint64_t idle_ms_max);

/** Make the floor's topic, with as many partitions as the record topics have. */
void topics_make_floor(const char *name, int partitions);
/** Send the log's payloads by an idempotent producer without transactions, configured like the exporter's.
 *  @return the time from the first one until the last was acknowledged [us]. */
uint64_t topics_send_floor(const char *name, const struct topics_log *log);
