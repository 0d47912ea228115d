/* SPDX-License-Identifier: Apache-2.0 */
#include "ingest.h"
#include "far/clock.h"
#include "far/health.h"
#include "far/log.h"
#include "far/str.h"
#include "far/tables.h"
#include "store.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH_MAX    500
#define POLL_MS      200
#define RETRY_MS     2000
#define WATERMARK_MS 10000

static const enum far_topic topics[] = {FAR_TOPIC_CONTACTS, FAR_TOPIC_SEGMENTS, FAR_TOPIC_AGENT_ACTIVITY,
                                        FAR_TOPIC_SURVEYS, FAR_TOPIC_TICKETS};

struct ingest {
    struct far_pg *pg;
    struct kafka_config config;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping; /* under the lock, as the next two */
    bool job_under_way;
    enum far_err job_err;
    rd_kafka_message_t *batch[BATCH_MAX]; /* the thread's; the job's while one is under way */
    size_t batch_len;
    rd_kafka_topic_partition_list_t *partitions; /* what the job read from, or is to be read */
    _Atomic uint64_t stored, skipped, failures;
    _Atomic int64_t oldest_ms; /* when the batch's first message was written, wall clock; 0: nothing waits */
};

/* ---- jobs: the thread waits for each -------------------------------------------------------------- */

static void job_done(enum far_err err, void *arg)
{
    struct ingest *ingest = arg;
    pthread_mutex_lock(&ingest->lock);
    ingest->job_err = err;
    ingest->job_under_way = false;
    pthread_cond_broadcast(&ingest->changed);
    pthread_mutex_unlock(&ingest->lock);
}

static enum far_err job_run(struct ingest *ingest, far_pg_work_fn *work, bool transaction)
{
    const struct far_pg_job job = {.work = work, .done = job_done, .arg = ingest, .transaction = transaction};
    pthread_mutex_lock(&ingest->lock); /* so that nothing is submitted after ingest_stop() */
    enum far_err err = ingest->stopping ? FAR_EUNAVAILABLE : far_pg_submit(ingest->pg, &job);
    ingest->job_under_way = err == FAR_OK;
    while (ingest->job_under_way)
        pthread_cond_wait(&ingest->changed, &ingest->lock);
    if (err == FAR_OK) err = ingest->job_err;
    pthread_mutex_unlock(&ingest->lock);
    return err;
}

/* Wait, unless it is to stop. @return false: stop. */
static bool rest(struct ingest *ingest, uint64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += (time_t)(ms / 1000);
    pthread_mutex_lock(&ingest->lock);
    while (!ingest->stopping && pthread_cond_timedwait(&ingest->changed, &ingest->lock, &until) == 0) {
    }
    bool go_on = !ingest->stopping;
    pthread_mutex_unlock(&ingest->lock);
    return go_on;
}

static bool is_stopping(struct ingest *ingest)
{
    pthread_mutex_lock(&ingest->lock);
    bool stopping = ingest->stopping;
    pthread_mutex_unlock(&ingest->lock);
    return stopping;
}

/* ---- where to read -------------------------------------------------------------------------------- */

static enum far_err offsets_work(struct far_pg_conn *conn, void *arg)
{
    struct ingest *ingest = arg;
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn, "select topic, part, next_offset from kafka_progress", 0, NULL, &result);
    if (err != FAR_OK) return err;
    for (int i = 0; i < PQntuples(result); i++) {
        rd_kafka_topic_partition_t *partition = rd_kafka_topic_partition_list_find(
            ingest->partitions, far_pg_text(result, i, 0), (int32_t)far_pg_i64(result, i, 1, -1));
        if (partition) partition->offset = far_pg_i64(result, i, 2, 0);
    }
    PQclear(result);
    return FAR_OK;
}

/* Every partition that the topics have now. @return false: Kafka or PostgreSQL is not there. */
static bool assign(struct ingest *ingest, rd_kafka_t *consumer, char text[KAFKA_TEXT_SIZE])
{
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_resp_err_t code = rd_kafka_metadata(consumer, 1, NULL, &metadata, WATERMARK_MS);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        (void)far_str_copy(text, KAFKA_TEXT_SIZE, rd_kafka_err2str(code));
        return false;
    }
    rd_kafka_topic_partition_list_destroy(ingest->partitions);
    ingest->partitions = rd_kafka_topic_partition_list_new(32);
    size_t found = 0;
    for (int i = 0; i < metadata->topic_cnt; i++)
        for (size_t t = 0; t < FAR_ARRAY_LEN(topics); t++) {
            const rd_kafka_metadata_topic_t *topic = &metadata->topics[i];
            if (strcmp(topic->topic, far_topic_rows[topics[t]].topic) != 0) continue;
            found += topic->partition_cnt > 0;
            for (int p = 0; p < topic->partition_cnt; p++)
                rd_kafka_topic_partition_list_add(ingest->partitions, topic->topic, p)->offset =
                    RD_KAFKA_OFFSET_BEGINNING;
        }
    rd_kafka_metadata_destroy(metadata);
    if (found < FAR_ARRAY_LEN(topics)) { /* made just now: the broker does not show them at once */
        (void)far_str_copy(text, KAFKA_TEXT_SIZE, "Kafka does not show all topics yet");
        return false;
    }
    enum far_err err = job_run(ingest, offsets_work, false);
    if (err == FAR_OK) {
        code = rd_kafka_assign(consumer, ingest->partitions);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
        (void)far_str_copy(text, KAFKA_TEXT_SIZE, rd_kafka_err2str(code));
    } else {
        (void)far_str_copy(text, KAFKA_TEXT_SIZE, "PostgreSQL is not there");
    }
    return false;
}

/* ---- reading and storing -------------------------------------------------------------------------- */

static const struct far_topic_row *topic_row(const char *name)
{
    for (size_t i = 0; i < FAR_TOPIC_COUNT; i++)
        if (strcmp(far_topic_rows[i].topic, name) == 0) return &far_topic_rows[i];
    return NULL;
}

static enum far_err store_work(struct far_pg_conn *conn, void *arg)
{
    struct ingest *ingest = arg;
    enum far_err err = FAR_OK;
    for (size_t i = 0; i < ingest->batch_len && err == FAR_OK; i++) {
        const rd_kafka_message_t *message = ingest->batch[i];
        const char *topic = rd_kafka_topic_name(message->rkt);
        const struct far_topic_row *row = topic_row(topic);
        if (row && message->payload) err = store_value(conn, row, message->payload, message->len);
        if (err == FAR_EPROTO) { /* somebody else's message: it must not stop ours */
            atomic_fetch_add(&ingest->skipped, 1);
            err = FAR_OK;
        }
        if (err == FAR_OK) err = store_progress(conn, topic, message->partition, message->offset + 1);
    }
    return err;
}

static void batch_clear(struct ingest *ingest)
{
    for (size_t i = 0; i < ingest->batch_len; i++)
        rd_kafka_message_destroy(ingest->batch[i]);
    ingest->batch_len = 0;
}

/* Gather what is there, at most BATCH_MAX. @return false: an error that only a new assignment mends. */
static bool gather(struct ingest *ingest, rd_kafka_t *consumer)
{
    while (ingest->batch_len < BATCH_MAX) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, ingest->batch_len == 0 ? POLL_MS : 0);
        if (!message) return true;
        if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            ingest->batch[ingest->batch_len++] = message;
            continue;
        }
        rd_kafka_resp_err_t code = message->err;
        rd_kafka_message_destroy(message);
        if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
            return false;
    }
    return true;
}

/* @return false: begin anew. */
static bool read_on(struct ingest *ingest, rd_kafka_t *consumer)
{
    if (!gather(ingest, consumer)) return false;
    if (ingest->batch_len > 0)
        atomic_store(&ingest->oldest_ms, rd_kafka_message_timestamp(ingest->batch[0], NULL));
    else
        atomic_store(&ingest->oldest_ms, 0);
    while (ingest->batch_len > 0) {
        enum far_err err = job_run(ingest, store_work, true);
        if (err == FAR_OK) {
            atomic_fetch_add(&ingest->stored, ingest->batch_len);
            far_health_set("ingest", FAR_HEALTH_OK, "%s", "");
            batch_clear(ingest);
            return true;
        }
        atomic_fetch_add(&ingest->failures, 1);
        far_health_set("ingest", FAR_HEALTH_DEGRADED,
                       "reports lag: records wait in Kafka for PostgreSQL (%s)", far_err_text(err));
        if (!rest(ingest, RETRY_MS)) return false;
    }
    return true;
}

static rd_kafka_t *consumer_create(struct ingest *ingest, char text[KAFKA_TEXT_SIZE])
{
    rd_kafka_conf_t *conf = kafka_conf(&ingest->config, "farseat-ingest", text);
    if (!conf) return NULL;
    if (!kafka_conf_set(conf, "group.id", "farseat-ingest",
                        text) || /* required; offsets are kept in PostgreSQL */
        !kafka_conf_set(conf, "enable.auto.commit", "false", text) ||
        !kafka_conf_set(conf, "isolation.level", "read_committed", text) ||
        !kafka_conf_set(conf, "auto.offset.reset", "earliest", text) ||
        !kafka_conf_set(conf, "fetch.wait.max.ms", "100", text) ||
        !kafka_conf_set(conf, "queued.max.messages.kbytes", "16384", text)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, KAFKA_TEXT_SIZE);
    if (!consumer) rd_kafka_conf_destroy(conf);
    return consumer;
}

/* One life of a consumer: until a failure, or the end. */
static void live(struct ingest *ingest)
{
    char text[KAFKA_TEXT_SIZE] = "";
    rd_kafka_t *consumer = consumer_create(ingest, text);
    if (consumer) {
        bool good =
            kafka_topics_ensure(consumer, &ingest->config, text) == FAR_OK && assign(ingest, consumer, text);
        while (good && !is_stopping(ingest))
            good = read_on(ingest, consumer);
        batch_clear(ingest);
        (void)rd_kafka_consumer_close(consumer);
        rd_kafka_destroy(consumer);
    }
    if (is_stopping(ingest)) return;
    atomic_fetch_add(&ingest->failures, 1);
    far_health_set("ingest", FAR_HEALTH_DEGRADED, "reports lag: %s; they catch up by themselves", text);
}

static void *run(void *arg)
{
    struct ingest *ingest = arg;
    do
        live(ingest);
    while (rest(ingest, RETRY_MS));
    return NULL;
}

enum far_err ingest_create(struct far_loop *loop, struct far_pg *pg, const struct kafka_config *config,
                           struct ingest **ret_ingest)
{
    (void)loop;
    struct ingest *ingest = calloc(1, sizeof(*ingest));
    if (!ingest) return FAR_ENOMEM;
    ingest->pg = pg;
    ingest->config = *config;
    ingest->partitions = rd_kafka_topic_partition_list_new(1);
    pthread_mutex_init(&ingest->lock, NULL);
    pthread_cond_init(&ingest->changed, NULL);
    if (pthread_create(&ingest->thread, NULL, run, ingest) != 0) {
        rd_kafka_topic_partition_list_destroy(ingest->partitions);
        free(ingest);
        return FAR_EIO;
    }
    *ret_ingest = ingest;
    return FAR_OK;
}

void ingest_stats(const struct ingest *ingest, struct ingest_stats *ret_stats)
{
    int64_t oldest_ms = atomic_load(&ingest->oldest_ms), now_ms = far_clock_wall_us() / 1000;
    *ret_stats = (struct ingest_stats){
        .lag_ms = oldest_ms > 0 && now_ms > oldest_ms ? (uint64_t)(now_ms - oldest_ms) : 0,
        .stored = atomic_load(&ingest->stored),
        .skipped = atomic_load(&ingest->skipped),
        .failures = atomic_load(&ingest->failures)};
}

void ingest_stop(struct ingest *ingest)
{
    if (!ingest) return;
    pthread_mutex_lock(&ingest->lock);
    ingest->stopping = true;
    pthread_cond_broadcast(&ingest->changed);
    pthread_mutex_unlock(&ingest->lock);
}

struct ingest *ingest_destroy(struct ingest *ingest)
{
    if (!ingest) return NULL;
    pthread_join(ingest->thread, NULL);
    pthread_mutex_destroy(&ingest->lock);
    pthread_cond_destroy(&ingest->changed);
    rd_kafka_topic_partition_list_destroy(ingest->partitions);
    free(ingest);
    return NULL;
}
