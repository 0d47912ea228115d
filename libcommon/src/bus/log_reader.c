/* SPDX-License-Identifier: Apache-2.0 */
/* log_reader.c - reads a stream in order by an ephemeral pull consumer without acknowledgement.
 *
 *   WAITING --connected, or retry due--> LOOKING (STREAM.INFO) --> CREATING (CONSUMER.CREATE) --> READING
 *      ^            any failure, silence, missing number, lost connection             |              |
 *      +------------------------------------------------------------------------------+--------------+
 *
 * Each (re)start has a number and a consumer of its own; what belongs to a former one is ignored. Another
 * half batch is asked for when half of one is outstanding, so that it is on its way while the rest is worked
 * on. */
#include "bus/js.h"
#include "far/log.h"
#include "far/loop.h"
#include "far/stream.h"
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS        250
#define HEARTBEAT_MS    1000 /* of an idle consumer; three missed ones are a failure */
#define SILENCE_MS      3000
#define PULL_EXPIRES_MS 30000
#define INACTIVE_MS     30000 /* the server forgets a consumer that nobody pulls from */
#define BATCH_DEFAULT   256u
#define SECOND_NS       ((json_int_t)1000000000)

enum state { WAITING, LOOKING, CREATING, READING, STOPPED };
/* A message kept while paused. */
struct kept {
    struct kept *next;
    natsMsg *raw;
    struct js_delivery delivery;
};

struct far_log_reader {
    struct far_bus *bus;
    struct far_log_reader_config config;
    char *stream, *filter;
    enum state state;
    unsigned refs; /* the owner's, and one for each question to the server */
    bool dead, paused;
    bool begun;          /* a position is known: later starts go by sequence */
    uint64_t generation; /* number of the (re)start */
    uint64_t next_seq;   /* wanted next */
    uint64_t end_seq;    /* the stream's last one at the (re)start */
    int64_t created_ns;  /* of the stream; 0: not seen yet */
    bool caught_up;      /* said since the (re)start */
    char consumer[JS_NAME_LEN_MAX + 1];
    char random[17];
    uint64_t consumer_seq;              /* the consumer's last number */
    struct far_bus_subscription *inbox; /* <the bus's inbox>.r.<random>.<generation> */
    uint32_t outstanding;               /* messages asked for and not come */
    uint64_t timer;                     /* retry, or the watch over silence */
    uint64_t resume_timer;
    bool heard;
    struct kept *kept, **kept_tail;
};
/* A question under way: whose, and of which start. */
struct step {
    struct far_log_reader *reader;
    uint64_t generation;
};

static void restart_after(struct far_log_reader *reader, uint64_t delay_ms, const char *why);

/* ---- Life of the object -------------------------------------------------------------------------------- */

static void drop_kept(struct far_log_reader *reader)
{
    while (reader->kept) {
        struct kept *kept = reader->kept;
        reader->kept = kept->next;
        natsMsg_Destroy(kept->raw);
        free(kept);
    }
    reader->kept_tail = &reader->kept;
}

static void unref(struct far_log_reader *reader)
{
    if (--reader->refs > 0) return;
    drop_kept(reader);
    free(reader->stream);
    free(reader->filter);
    free(reader);
}

static void set_timer(struct far_log_reader *reader, uint64_t delay_ms, far_timer_fn *fn)
{
    struct far_loop *loop = far_bus_loop(reader->bus);
    far_timer_stop(loop, reader->timer);
    reader->timer = 0;
    if (far_timer_start(loop, delay_ms, 0, fn, reader, &reader->timer) != FAR_OK)
        FAR_ERROR("log-reader-no-timer", "stream=%s", reader->stream); /* the next reconnect starts it */
}

static void tell(struct far_log_reader *reader, enum far_log_event event, uint64_t seq)
{
    if (!reader->config.event_fn || reader->dead) return;
    reader->config.event_fn(reader->config.ctx, event, seq);
}

static void say_caught_up(struct far_log_reader *reader)
{
    if (reader->caught_up || reader->kept) return;
    reader->caught_up = true;
    /* All up to end_seq was delivered or does not match: a later start need not look there again. */
    if (reader->next_seq <= reader->end_seq) reader->next_seq = reader->end_seq + 1;
    reader->begun = true;
    tell(reader, FAR_LOG_CAUGHT_UP, reader->next_seq - 1);
}

/* ---- Questions ----------------------------------------------------------------------------------------- */

static void step_drop(void *ctx)
{
    struct step *step = ctx;
    unref(step->reader);
    free(step);
}

/* The reader of an answer, or NULL when it is none of its business any more. One reference is the caller's.
 */
static struct far_log_reader *step_end(void *ctx)
{
    struct step *step = ctx;
    struct far_log_reader *reader = step->reader;
    bool current = step->generation == reader->generation && !reader->dead;
    free(step);
    if (current) return reader;
    unref(reader);
    return NULL;
}

static void ask(struct far_log_reader *reader, const char *verb, const char *rest, const json_t *body,
                js_fn *fn)
{
    struct step *step = malloc(sizeof(*step));
    enum far_err err = step ? FAR_OK : FAR_ENOMEM;
    if (step) {
        *step = (struct step){.reader = reader, .generation = reader->generation};
        reader->refs++;
        err = js_ask(reader->bus, &(struct js_question){.verb = verb,
                                                        .stream = reader->stream,
                                                        .rest = rest,
                                                        .body = body,
                                                        .fn = fn,
                                                        .drop_fn = step_drop,
                                                        .ctx = step});
        if (err != FAR_OK) step_drop(step);
    }
    if (err != FAR_OK) restart_after(reader, RETRY_MS, far_err_name(err));
}

/* ---- Reading ------------------------------------------------------------------------------------------- */

static void refill(struct far_log_reader *reader)
{
    char subject[JS_SUBJECT_SIZE];
    char reply[BUS_INBOX_LEN_MAX + 60];
    char body[160];
    uint32_t count = reader->config.batch - reader->config.batch / 2;
    if (reader->state != READING || reader->paused || reader->dead) return;
    if (reader->outstanding > reader->config.batch / 2) return;
    (void)snprintf(subject, sizeof(subject), "$JS.API.CONSUMER.MSG.NEXT.%s.%s", reader->stream,
                   reader->consumer);
    (void)snprintf(reply, sizeof(reply), "%s.r.%s.%" PRIu64, reader->bus->inbox, reader->random,
                   reader->generation);
    (void)snprintf(body, sizeof(body), "{\"batch\":%u,\"expires\":%lld,\"idle_heartbeat\":%lld}", count,
                   PULL_EXPIRES_MS * 1000000LL, HEARTBEAT_MS * 1000000LL);
    reader->outstanding += count;
    enum far_err err = bus_send(
        reader->bus,
        &(struct bus_out){
            .subject = subject, .reply = reply, .data = body, .data_len = strlen(body), .no_trace = true});
    if (err != FAR_OK) restart_after(reader, RETRY_MS, far_err_name(err));
}

static void on_silence(void *arg, uint64_t timer)
{
    struct far_log_reader *reader = arg;
    (void)timer;
    reader->timer = 0;
    if (!reader->heard && reader->outstanding > 0) {
        restart_after(reader, 0, "silence");
        return;
    }
    reader->heard = false;
    set_timer(reader, SILENCE_MS, on_silence);
}

static void deliver(struct far_log_reader *reader, natsMsg *raw, const struct js_delivery *delivery)
{
    struct far_bus_msg msg;
    bus_view(raw, &msg);
    struct far_stream_entry entry = {.seq = delivery->stream_seq,
                                     .stamp_ns = delivery->stamp_ns,
                                     .subject = msg.subject,
                                     .data = msg.data,
                                     .data_len = msg.data_len,
                                     .pending = delivery->pending,
                                     .msg = &msg};
    reader->config.entry_fn(reader->config.ctx, &entry);
    if (!reader->dead && delivery->pending == 0 && reader->state == READING) say_caught_up(reader);
}

static bool keep(struct far_log_reader *reader, natsMsg *raw, const struct js_delivery *delivery)
{
    struct kept *kept = malloc(sizeof(*kept));
    if (!kept) return false;
    *kept = (struct kept){.raw = raw, .delivery = *delivery};
    *reader->kept_tail = kept;
    reader->kept_tail = &kept->next;
    return true;
}

/* The end of a pull, a heartbeat, or bad news. */
static void on_status(struct far_log_reader *reader, const struct far_bus_msg *msg, unsigned status)
{
    const char *generation = strrchr(msg->subject, '.');
    if (!generation || strtoull(generation + 1, NULL, 10) != reader->generation) return;
    reader->heard = true;
    if (status == 100) return;
    const char *pending = far_bus_header(msg, "Nats-Pending-Messages");
    if (status == 408 && pending) { /* a pull expired with that many messages not come */
        uint32_t left = (uint32_t)strtoul(pending, NULL, 10);
        reader->outstanding -= left < reader->outstanding ? left : reader->outstanding;
        refill(reader);
        return;
    }
    /* 409: consumer deleted, or leader changed; 503: nobody answers for it, as after the server's restart. */
    restart_after(reader, RETRY_MS, status == 503 ? "consumer-gone" : "consumer-ended");
}

/* @return whether the message was kept. */
static bool on_delivery(struct far_log_reader *reader, const struct far_bus_msg *msg)
{
    struct js_delivery delivery;
    bool kept = false;
    if (js_delivery_of(natsMsg_GetReply(msg->raw), &delivery) != FAR_OK) {
        far_metric_add(&far_bus_metrics[BUS_M_MALFORMED], 1);
        return false;
    }
    if (strcmp(delivery.consumer, reader->consumer) != 0) return false; /* of a former start */
    reader->heard = true;
    if (delivery.consumer_seq != ++reader->consumer_seq) {
        restart_after(reader, 0, "missing-number");
        return false;
    }
    if (reader->outstanding > 0) reader->outstanding--;
    if (delivery.stream_seq >= reader->next_seq) {
        if (reader->paused || reader->kept) {
            kept = keep(reader, msg->raw, &delivery);
            if (!kept) {
                restart_after(reader, RETRY_MS, "no-memory");
                return false;
            }
        }
        reader->next_seq = delivery.stream_seq + 1;
        reader->begun = true;
        if (!kept) deliver(reader, msg->raw, &delivery);
    }
    refill(reader);
    return kept;
}

static bool on_inbox(void *ctx, const struct far_bus_msg *msg)
{
    struct far_log_reader *reader = ctx;
    bool kept = false;
    if (reader->state != READING) return false;
    reader->refs++;
    unsigned status = bus_status(msg);
    if (status)
        on_status(reader, msg, status);
    else
        kept = on_delivery(reader, msg);
    unref(reader);
    return kept;
}

/* ---- Starting ------------------------------------------------------------------------------------------ */

static void on_created(void *ctx, enum far_err err, unsigned code, const char *text, const json_t *reply)
{
    struct far_log_reader *reader = step_end(ctx);
    (void)code;
    if (!reader) return;
    if (err != FAR_OK) {
        restart_after(reader, RETRY_MS, text);
    } else {
        reader->state = READING;
        reader->consumer_seq = 0;
        reader->outstanding = 0;
        reader->heard = true;
        set_timer(reader, SILENCE_MS, on_silence);
        refill(reader);
        if (reader->state == READING && json_integer_value(json_object_get(reply, "num_pending")) == 0)
            say_caught_up(reader);
    }
    unref(reader);
}

static json_t *consumer_of(const struct far_log_reader *reader)
{
    bool by_subject = reader->config.start == FAR_LOG_LAST_PER_SUBJECT && !reader->begun;
    json_t *config = json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:i}", "name", reader->consumer, "ack_policy",
                               "none", "replay_policy", "instant", "deliver_policy",
                               by_subject ? "last_per_subject" : "by_start_sequence", "inactive_threshold",
                               (json_int_t)INACTIVE_MS * 1000000, "mem_storage", 1, "num_replicas", 1);
    if (!by_subject)
        (void)json_object_set_new(config, "opt_start_seq", json_integer((json_int_t)reader->next_seq));
    if (reader->filter)
        (void)json_object_set_new(config, "filter_subject", json_string(reader->filter));
    else if (by_subject)
        (void)json_object_set_new(config, "filter_subject", json_string(">"));
    return json_pack("{s:s, s:o}", "stream_name", reader->stream, "config", config);
}

static void create_consumer(struct far_log_reader *reader)
{
    char rest[JS_SUBJECT_SIZE];
    const char *filter = reader->filter;
    if (!filter && reader->config.start == FAR_LOG_LAST_PER_SUBJECT && !reader->begun) filter = ">";
    (void)snprintf(reader->consumer, sizeof(reader->consumer), "%.24s-%s-%" PRIu64, reader->bus->name,
                   reader->random, reader->generation);
    (void)snprintf(rest, sizeof(rest), "%s%s%s", reader->consumer, filter ? "." : "", filter ? filter : "");
    json_t *body = consumer_of(reader);
    reader->state = CREATING;
    ask(reader, "CONSUMER.CREATE", rest, body, on_created);
    json_decref(body);
}

static void stop_ahead(struct far_log_reader *reader, uint64_t last_seq)
{
    FAR_ERROR("log-reader-ahead", "stream=%s next=%" PRIu64 " last=%" PRIu64, reader->stream,
              reader->next_seq, last_seq);
    reader->state = STOPPED;
    tell(reader, FAR_LOG_AHEAD, last_seq);
}

static void on_info(void *ctx, enum far_err err, unsigned code, const char *text, const json_t *reply)
{
    struct far_log_reader *reader = step_end(ctx);
    struct far_stream_info info;
    (void)code;
    if (!reader) return;
    if (err != FAR_OK) {
        restart_after(reader, RETRY_MS, text);
        unref(reader);
        return;
    }
    js_info_of(reply, &info);
    bool another = reader->created_ns != 0 && info.created_ns != reader->created_ns;
    reader->created_ns = info.created_ns;
    reader->end_seq = info.last_seq;
    if (!reader->begun && reader->config.start != FAR_LOG_FROM_SEQ) {
        reader->next_seq = reader->config.start == FAR_LOG_FROM_END ? info.last_seq + 1 : 1;
        reader->begun = reader->config.start == FAR_LOG_FROM_END;
    } else if (another || reader->next_seq > info.last_seq + 1) {
        stop_ahead(reader, info.last_seq);
        unref(reader);
        return;
    } else if (info.first_seq > reader->next_seq) {
        reader->next_seq = info.first_seq;
        tell(reader, FAR_LOG_GAP, info.first_seq);
    }
    if (!reader->dead) create_consumer(reader);
    unref(reader);
}

static void start(struct far_log_reader *reader)
{
    far_timer_stop(far_bus_loop(reader->bus), reader->timer);
    reader->timer = 0;
    reader->state = LOOKING;
    reader->caught_up = false;
    ask(reader, "STREAM.INFO", NULL, NULL, on_info);
}

static void on_retry(void *arg, uint64_t timer)
{
    struct far_log_reader *reader = arg;
    (void)timer;
    reader->timer = 0;
    if (far_bus_state(reader->bus) == FAR_BUS_CONNECTED) start(reader);
}

static void stop_reading(struct far_log_reader *reader)
{
    reader->generation++;
    reader->state = WAITING;
    far_timer_stop(far_bus_loop(reader->bus), reader->timer);
    reader->timer = 0;
}

static void restart_after(struct far_log_reader *reader, uint64_t delay_ms, const char *why)
{
    if (reader->state == STOPPED || reader->dead) return;
    FAR_WARN("log-reader-restart", "stream=%s next=%" PRIu64 " cause=%s", reader->stream, reader->next_seq,
             why);
    far_metric_add(&far_bus_metrics[BUS_M_READER_RESTARTS], 1);
    stop_reading(reader);
    set_timer(reader, delay_ms, on_retry);
}

static void on_bus_state(void *ctx, enum far_bus_state state)
{
    struct far_log_reader *reader = ctx;
    if (reader->state == STOPPED) return;
    stop_reading(reader);
    if (state == FAR_BUS_CONNECTED) start(reader);
}

/* ---- Public -------------------------------------------------------------------------------------------- */

enum far_err far_log_reader_create(struct far_bus *bus, const struct far_log_reader_config *config,
                                   struct far_log_reader **ret_reader)
{
    unsigned char random[8];
    char inbox[BUS_INBOX_LEN_MAX + 40];
    if (!js_name_ok(config->stream) || (config->filter && !bus_subject_ok(config->filter, true)) ||
        !config->entry_fn)
        return FAR_EINVAL;
    struct far_log_reader *reader = calloc(1, sizeof(*reader));
    if (!reader) return FAR_ENOMEM;
    reader->bus = bus;
    reader->config = *config;
    if (reader->config.batch == 0) reader->config.batch = BATCH_DEFAULT;
    reader->stream = strdup(config->stream);
    reader->filter = config->filter ? strdup(config->filter) : NULL;
    reader->refs = 1;
    reader->next_seq = config->start_seq > 0 ? config->start_seq : 1;
    reader->kept_tail = &reader->kept;
    randombytes_buf(random, sizeof(random));
    sodium_bin2hex(reader->random, sizeof(reader->random), random, sizeof(random));
    enum far_err err = reader->stream && (!config->filter || reader->filter) ? FAR_OK : FAR_ENOMEM;
    (void)snprintf(inbox, sizeof(inbox), "%s.r.%s.*", bus->inbox, reader->random);
    if (err == FAR_OK)
        err =
            bus_subscribe(bus, inbox, NULL, &(struct far_bus_subscription){.raw_fn = on_inbox, .ctx = reader},
                          &reader->inbox);
    if (err == FAR_OK) err = far_bus_add_state_fn(bus, on_bus_state, reader);
    if (err != FAR_OK) {
        far_bus_unsubscribe(reader->inbox);
        unref(reader);
        return err;
    }
    set_timer(reader, 0, on_retry); /* not connected yet: on_bus_state will start it */
    *ret_reader = reader;
    return FAR_OK;
}

struct far_log_reader *far_log_reader_destroy(struct far_log_reader *reader)
{
    if (!reader) return NULL;
    far_bus_unsubscribe(reader->inbox);
    far_bus_remove_state_fn(reader->bus, on_bus_state, reader);
    far_timer_stop(far_bus_loop(reader->bus), reader->timer);
    far_timer_stop(far_bus_loop(reader->bus), reader->resume_timer);
    reader->timer = 0;
    reader->dead = true;
    unref(reader);
    return NULL;
}

void far_log_reader_pause(struct far_log_reader *reader)
{
    reader->paused = true;
}

static void deliver_kept(struct far_log_reader *reader)
{
    while (reader->kept && !reader->paused && !reader->dead) {
        struct kept *kept = reader->kept;
        reader->kept = kept->next;
        if (!reader->kept) reader->kept_tail = &reader->kept;
        deliver(reader, kept->raw, &kept->delivery);
        natsMsg_Destroy(kept->raw);
        free(kept);
    }
}

static void on_resume(void *arg, uint64_t timer)
{
    struct far_log_reader *reader = arg;
    (void)timer;
    reader->resume_timer = 0;
    reader->refs++;
    deliver_kept(reader);
    refill(reader);
    unref(reader);
}

void far_log_reader_resume(struct far_log_reader *reader)
{
    reader->paused = false;
    if (reader->resume_timer) return;
    if (far_timer_start(far_bus_loop(reader->bus), 0, 0, on_resume, reader, &reader->resume_timer) != FAR_OK)
        restart_after(reader, RETRY_MS, "no-timer");
}

uint64_t far_log_reader_next_seq(const struct far_log_reader *reader)
{
    return reader->next_seq;
}
