/* SPDX-License-Identifier: Apache-2.0 */
#include "exporter.h"
#include "export_core.h"
#include "far/clock.h"
#include "far/health.h"
#include "far/json.h"
#include "far/lease.h"
#include "far/log.h"
#include "far/loop.h"
#include "far/str.h"
#include "far/stream.h"
#include "far/tables.h"
#include "farseat/v1/record.pb-c.h"
#include "message.h"
#include "progress.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define POLL_MS   100
#define BATCH_MAX 4000 /* a commit costs tens of milliseconds, whatever it holds */
#define BATCH_US  200000
#define RETRY_US  2000000
#define INIT_MS   20000
#define COMMIT_MS 30000
#define SLOW_US   5000000 /* Kafka's answer takes longer: say so */

struct exporter {
    struct far_bus *bus;
    struct kafka_config config;
    struct far_lease *lease;
    struct far_log_reader *reader;
    struct export_core core;
    uint64_t timer;
    rd_kafka_t *producer; /* ours while no work is under way, else the work's */
    char incarnation[24]; /* of the stream: when it was created */
    bool working, gone;
    uint64_t work_since_us;
    bool transaction; /* one is open at the producer */
    struct export_progress loaded;
    enum far_err work_err;
    char text[KAFKA_TEXT_SIZE];
};

static void drive(struct exporter *exporter);

static void failed(struct exporter *exporter, const char *text)
{
    FAR_WARN("export-failed", "why=%s state=%d", text, (int)exporter->core.state);
    far_health_set("kafka", FAR_HEALTH_DEGRADED,
                   "records wait in stream REC: %s; they are exported when Kafka is back (kafka.brokers)",
                   text);
    export_failed(&exporter->core, far_clock_mono_us());
}

/* Start blocking work; false: it could not be started, which counts as a failure. */
static bool work(struct exporter *exporter, far_loop_fn *fn, far_loop_fn *done)
{
    exporter->work_err = FAR_EIO;
    exporter->text[0] = '\0';
    if (far_loop_work(far_bus_loop(exporter->bus), fn, done, exporter) != FAR_OK) return false;
    exporter->working = true;
    exporter->work_since_us = far_clock_mono_us();
    return true;
}

static bool released(struct exporter *exporter)
{
    exporter->working = false;
    if (!exporter->gone) return false;
    if (exporter->producer) rd_kafka_destroy(exporter->producer);
    free(exporter);
    return true;
}

/* ---- stop ----------------------------------------------------------------------------------------- */

static void stop_work(void *arg)
{
    struct exporter *exporter = arg;
    if (exporter->producer)
        rd_kafka_destroy(exporter->producer); /* an open transaction is aborted by the next owner */
    exporter->producer = NULL;
}

static void stop_done(void *arg)
{
    struct exporter *exporter = arg;
    if (released(exporter)) return;
    export_stopped(&exporter->core);
    drive(exporter);
}

static void stop(struct exporter *exporter)
{
    exporter->reader = far_log_reader_destroy(exporter->reader);
    exporter->transaction = false;
    (void)work(exporter, stop_work, stop_done); /* no worker is free: the timer tries again */
}

/* ---- load ----------------------------------------------------------------------------------------- */

static rd_kafka_t *producer_create(struct exporter *exporter)
{
    rd_kafka_conf_t *conf = kafka_conf(&exporter->config, "farseat-export", exporter->text);
    if (!conf) return NULL;
    if (!kafka_conf_set(conf, "transactional.id", exporter->config.transactional_id, exporter->text) ||
        !kafka_conf_set(conf, "transaction.timeout.ms", "60000", exporter->text) ||
        !kafka_conf_set(conf, "linger.ms", "5", exporter->text) ||
        !kafka_conf_set(conf, "compression.codec", "lz4", exporter->text) ||
        !kafka_conf_set(conf, "queue.buffering.max.messages", "10000", exporter->text)) {
        rd_kafka_conf_destroy(conf);
        return NULL;
    }
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, exporter->text, sizeof(exporter->text));
    if (!producer) rd_kafka_conf_destroy(conf);
    return producer;
}

static bool kafka_ok(struct exporter *exporter, rd_kafka_error_t *error)
{
    if (!error) return true;
    (void)far_str_copy(exporter->text, sizeof(exporter->text), rd_kafka_error_string(error));
    rd_kafka_error_destroy(error);
    return false;
}

/* Fence the one before, then read what it has committed. */
static void load_work(void *arg)
{
    struct exporter *exporter = arg;
    if (exporter->producer) rd_kafka_destroy(exporter->producer);
    exporter->producer = producer_create(exporter);
    if (!exporter->producer) return;
    if (kafka_topics_ensure(exporter->producer, &exporter->config, exporter->text) != FAR_OK) return;
    if (!kafka_ok(exporter, rd_kafka_init_transactions(exporter->producer, INIT_MS))) return;
    exporter->work_err = progress_read(&exporter->config, &exporter->loaded, exporter->text);
}

static void load_done(void *arg)
{
    struct exporter *exporter = arg;
    if (released(exporter)) return;
    if (exporter->work_err == FAR_OK) {
        export_loaded(&exporter->core, &exporter->loaded, exporter->incarnation);
        far_health_set("kafka", FAR_HEALTH_OK, "%s", "");
        FAR_INFO("export-began", "after_sequence=%" PRIu64, exporter->core.progress.sequence);
    } else {
        failed(exporter, exporter->text);
    }
    drive(exporter);
}

static void stream_known(void *ctx, enum far_err err, const struct far_stream_info *info)
{
    struct exporter *exporter = ctx;
    if (released(exporter)) return;
    if (err == FAR_OK) {
        (void)snprintf(exporter->incarnation, sizeof(exporter->incarnation), "%" PRId64, info->created_ns);
        if (work(exporter, load_work, load_done)) return;
        err = FAR_EAGAIN;
    }
    failed(exporter, far_err_text(err));
    drive(exporter);
}

static void load(struct exporter *exporter)
{
    exporter->working = true;
    enum far_err err = far_stream_get_info(exporter->bus, FAR_STREAM_RECORDS, stream_known, exporter);
    if (err != FAR_OK) {
        exporter->working = false;
        failed(exporter, far_err_text(err));
    }
}

/* ---- read and produce ----------------------------------------------------------------------------- */

static enum far_err transaction_open(struct exporter *exporter)
{
    if (!exporter->transaction)
        exporter->transaction = kafka_ok(exporter, rd_kafka_begin_transaction(exporter->producer));
    return exporter->transaction ? FAR_OK : FAR_EIO;
}

static void produce(struct exporter *exporter, const struct far_stream_entry *entry,
                    const Farseat__V1__Record *record)
{
    struct message message;
    enum far_err err = message_write(record, &message);
    if (err != FAR_OK) { /* it would fail for ever: say so, and let the others pass */
        FAR_ERROR("record-not-exported", "seq=%" PRIu64 " subject=%s why=%s", entry->seq, entry->subject,
                  far_err_text(err));
        return;
    }
    rd_kafka_resp_err_t code = message_produce(exporter->producer, &message);
    message_done(&message);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) failed(exporter, rd_kafka_err2str(code));
}

static void entry_read(void *ctx, const struct far_stream_entry *entry)
{
    struct exporter *exporter = ctx;
    if (exporter->core.state != EXPORT_READING) return; /* the reader is about to go */
    if (transaction_open(exporter) != FAR_OK) {
        failed(exporter, exporter->text);
        drive(exporter);
        return;
    }
    Farseat__V1__Record *record = farseat__v1__record__unpack(NULL, entry->data_len, entry->data);
    const Farseat__V1__RecordOrigin *origin = record ? record_origin(record) : NULL;
    enum export_verdict verdict =
        export_take(&exporter->core, entry->seq, origin ? origin->producer : "",
                    origin ? origin->incarnation : "", origin ? origin->number : 0, far_clock_mono_us());
    if (verdict == EXPORT_GAP)
        FAR_ERROR("record-gap", "seq=%" PRIu64 " producer=%s number=%" PRIu64, entry->seq, origin->producer,
                  origin->number);
    if (verdict == EXPORT_NEW || verdict == EXPORT_GAP) {
        if (record)
            produce(exporter, entry, record);
        else
            FAR_ERROR("record-not-exported", "seq=%" PRIu64 " subject=%s why=%s", entry->seq, entry->subject,
                      "it does not decode");
    }
    if (record) farseat__v1__record__free_unpacked(record, NULL);
    drive(exporter);
}

static void reader_event(void *ctx, enum far_log_event event, uint64_t seq)
{
    struct exporter *exporter = ctx;
    if (event == FAR_LOG_GAP)
        FAR_ERROR("records-lost", "up_to_seq=%" PRIu64 " why=%s", seq,
                  "they left stream REC before they were exported");
    if (event != FAR_LOG_AHEAD) return;
    failed(exporter, "stream REC was made anew");
    drive(exporter);
}

static void read_stream(struct exporter *exporter)
{
    const struct far_log_reader_config config = {.stream = FAR_STREAM_RECORDS,
                                                 .start = FAR_LOG_FROM_SEQ,
                                                 .start_seq = exporter->core.progress.sequence + 1,
                                                 .entry_fn = entry_read,
                                                 .event_fn = reader_event,
                                                 .ctx = exporter};
    exporter->reader = far_log_reader_destroy(exporter->reader);
    enum far_err err = far_log_reader_create(exporter->bus, &config, &exporter->reader);
    if (err != FAR_OK) failed(exporter, far_err_text(err));
}

/* ---- commit --------------------------------------------------------------------------------------- */

static void commit_work(void *arg)
{
    struct exporter *exporter = arg;
    if (progress_produce(exporter->producer, export_batch_progress(&exporter->core), exporter->text) !=
        FAR_OK)
        return;
    if (kafka_ok(exporter, rd_kafka_commit_transaction(exporter->producer, COMMIT_MS)))
        exporter->work_err = FAR_OK;
}

static void commit_done(void *arg)
{
    struct exporter *exporter = arg;
    if (released(exporter)) return;
    if (exporter->work_err == FAR_OK) {
        export_committed(&exporter->core);
        far_health_set("kafka", FAR_HEALTH_OK, "%s", "");
        if (exporter->reader) far_log_reader_resume(exporter->reader);
    } else { /* perhaps it was committed: what is true is read back */
        failed(exporter, exporter->text);
    }
    drive(exporter);
}

static void commit(struct exporter *exporter)
{
    far_log_reader_pause(exporter->reader);
    exporter->transaction = false;
    if (!work(exporter, commit_work, commit_done)) failed(exporter, "no worker is free");
}

/* ---- the wheel ------------------------------------------------------------------------------------ */

static void drive(struct exporter *exporter)
{
    uint64_t due_us = 0;
    while (!exporter->working && !exporter->gone) {
        switch (export_next(&exporter->core, far_clock_mono_us(), &due_us)) {
        case EXPORT_DO_NOTHING: /* the timer asks again */
            return;
        case EXPORT_DO_STOP:
            stop(exporter);
            return;
        case EXPORT_DO_LOAD:
            load(exporter);
            break;
        case EXPORT_DO_READ:
            read_stream(exporter);
            break;
        case EXPORT_DO_COMMIT:
            commit(exporter);
            break;
        }
    }
}

static void tick(void *arg, uint64_t timer)
{
    (void)timer;
    struct exporter *exporter = arg;
    if (exporter->producer && !exporter->working) {
        rd_kafka_poll(exporter->producer, 0);
        char text[KAFKA_TEXT_SIZE];
        if (rd_kafka_fatal_error(exporter->producer, text, sizeof(text)) != RD_KAFKA_RESP_ERR_NO_ERROR)
            failed(exporter, text);
    }
    uint64_t waited_us = exporter->working ? far_clock_mono_us() - exporter->work_since_us : 0;
    if (waited_us > SLOW_US)
        far_health_set("kafka", FAR_HEALTH_DEGRADED, "%s",
                       "records wait in stream REC: Kafka does not answer (kafka.brokers); they are exported "
                       "when it is back");
    drive(exporter);
}

static void lease_changed(void *ctx, bool owner, uint64_t revision)
{
    (void)revision;
    struct exporter *exporter = ctx;
    export_lease(&exporter->core, owner);
    drive(exporter);
}

enum far_err exporter_create(struct far_bus *bus, const struct kafka_config *config, const char *owner,
                             struct exporter **ret_exporter)
{
    struct exporter *exporter = calloc(1, sizeof(*exporter));
    if (!exporter) return FAR_ENOMEM;
    exporter->bus = bus;
    exporter->config = *config;
    export_init(&exporter->core, &(struct export_limits){.batch_records_max = BATCH_MAX,
                                                         .batch_us_max = BATCH_US,
                                                         .retry_us = RETRY_US});
    const struct far_lease_config lease = {.bucket = FAR_BUCKET_LEASES,
                                           .key = FAR_LEASE_EXPORT,
                                           .owner = owner,
                                           .fn = lease_changed,
                                           .ctx = exporter};
    enum far_err err = far_timer_start(far_bus_loop(bus), POLL_MS, POLL_MS, tick, exporter, &exporter->timer);
    if (err == FAR_OK) err = far_lease_create(bus, &lease, &exporter->lease);
    if (err != FAR_OK) {
        exporter_destroy(exporter);
        return err;
    }
    *ret_exporter = exporter;
    return FAR_OK;
}

void exporter_stats(const struct exporter *exporter, struct exporter_stats *ret_stats)
{
    *ret_stats = (struct exporter_stats){.owner = exporter->core.owner,
                                         .exported = exporter->core.exported,
                                         .repeats = exporter->core.seen,
                                         .gaps = exporter->core.gaps,
                                         .failures = exporter->core.failures,
                                         .sequence = exporter->core.progress.sequence,
                                         .loaded = exporter->core.progress.stream_incarnation[0] != 0};
}

struct exporter *exporter_destroy(struct exporter *exporter)
{
    if (!exporter) return NULL;
    far_timer_stop(far_bus_loop(exporter->bus), exporter->timer);
    exporter->reader = far_log_reader_destroy(exporter->reader);
    exporter->lease = far_lease_destroy(exporter->lease);
    exporter->gone = true;
    if (!exporter->working) (void)released(exporter);
    return NULL;
}
