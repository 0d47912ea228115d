/* SPDX-License-Identifier: Apache-2.0 */
/* bench_kafka - row kafka.records: how many records a second come out of stream REC at a read_committed
 * reader of Kafka, once there is a backlog: the analytics process is frozen while the backlog is stored, and
 * thawed. Each round's payloads are then sent by a plain idempotent producer to a topic of its own: the
 * floor. The same process ingests the records into PostgreSQL meanwhile, as it always does. */
#include "process.h"
#include "records.h"
#include "row.h"
#include "topics.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define ROUNDS        3u
#define CONTACTS      2500u
#define COUNT         (CONTACTS * RECORDS_OF_CONTACT)
#define FIRST         500u /* a transaction: how long the thaw takes until its commit is not the exporter's speed */
#define IDLE_MS_MAX   12000u
#define INGEST_MS_MAX 8000u
#define FLOOR         "farseat.bench-floor"
#define PARTITIONS    6

static const char *const names[] = {"farseat.contacts.v1", "farseat.segments.v1",
                                    "farseat.agent-activity.v1"};

/* Records a second through the exporter. */
static double measure(struct records *records, pid_t analytics, struct topics_log *log)
{
    struct topics *topics = topics_open(names, sizeof(names) / sizeof(names[0]));
    log->len = 0;
    if (kill(analytics, SIGSTOP) != 0) bench_die("analytics cannot be frozen");
    records_put(records, CONTACTS);
    (void)kill(analytics, SIGCONT);
    topics_read(topics, log, IDLE_MS_MAX);
    (void)topics_close(topics);
    if (log->len < COUNT) bench_die("only %zu of %u records arrived", log->len, COUNT);
    return (double)(COUNT - FIRST) * 1e6 / (double)(log->at_us[COUNT - 1] - log->at_us[FIRST - 1]);
}

int main(void)
{
    static struct topics_message messages[COUNT];
    static uint64_t at_us[COUNT];
    double rate[ROUNDS], floor_rate[ROUNDS], bytes = 0;
    struct topics_log log = {.messages = messages, .at_us = at_us, .max = COUNT};
    char conditions[512];
    (void)bench_env("FARSEAT_BENCH"); /* records of nobody's calls: only into a private deployment */
    pid_t analytics = bench_instance_pid("analytics");
    if (analytics == 0) bench_die("analytics does not run");
    struct records *records = records_open();
    topics_make_floor(FLOOR, PARTITIONS);
    for (unsigned round = 0; round < ROUNDS; round++) {
        rate[round] = measure(records, analytics, &log);
        (void)bench_wait_idle(analytics, 0.1, INGEST_MS_MAX); /* the ingest is still at work */
        floor_rate[round] = (double)COUNT * 1e6 / (double)topics_send_floor(FLOOR, &log);
        (void)fprintf(stderr, "round %u: %.0f records a second, floor %.0f\n", round + 1, rate[round],
                      floor_rate[round]);
    }
    (void)records_close(records);
    for (size_t i = 0; i < COUNT; i++) {
        bytes += (double)messages[i].value_len;
        free(messages[i].key);
        free(messages[i].value);
    }
    (void)snprintf(
        conditions, sizeof(conditions),
        "backlog of %u records of %.0f bytes in stream REC to a read_committed reader, transactions of at "
        "most %u, ingest into PostgreSQL at the same time; medians of %u rounds, %.0f to %.0f, floor %.0f "
        "to %.0f",
        COUNT, bytes / COUNT, FIRST, ROUNDS, bench_quantile(rate, ROUNDS, 0), bench_quantile(rate, ROUNDS, 1),
        bench_quantile(floor_rate, ROUNDS, 0), bench_quantile(floor_rate, ROUNDS, 1));
    const struct bench_row row = {.name = "kafka.records",
                                  .unit = "records/s",
                                  .value = bench_median(rate, ROUNDS),
                                  .reference = "plain idempotent producer, same payloads, until acknowledged",
                                  .reference_value = bench_median(floor_rate, ROUNDS),
                                  .conditions = conditions};
    bench_row_print(&row);
    return 0;
}
