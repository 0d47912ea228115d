/* SPDX-License-Identifier: Apache-2.0 */
#include "writer.h"
#include "far/clock.h"
#include "far/health.h"
#include "far/log.h"
#include "far/str.h"
#include "file_write.h"
#include "mailbox.h"
#include "measures.h"
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICK_MS  200
#define RETRY_MS 1000
#define GAPS_MAX 1024u /* chunks of a gap written at once: the others wait while a long one is filled */
#define CHUNK_MS (ALIGN_CHUNK * 1000u / FAR_G711_RATE)

enum order_kind {
    ORDER_OPEN,
    ORDER_DISCARD,
    ORDER_CHUNK,
    ORDER_SILENCE,
    ORDER_METADATA,
    ORDER_END,
    ORDER_STOP
};
struct order {
    struct mail mail; /* first */
    enum order_kind kind;
    uint64_t session;
    uint64_t number;  /* chunk, silence; end: chunks before */
    struct part part; /* open, metadata, end (ended_at_us, quality) */
    size_t frames;    /* end */
    uint64_t count;   /* silence: chunks */
    uint8_t sound[];  /* chunk, end: ALIGN_CHUNK_BYTES */
};

struct file {
    uint64_t session; /* 0: free */
    struct file_writer *out;
    struct part part;
    uint64_t unsynced_ms; /* since when; 0: all is synced */
    uint64_t told_ms;     /* when changed() was called last */
    struct order *ending; /* waits to be written */
    uint64_t retry_ms;
};

struct writer {
    struct writer_config config;
    struct mailbox box;
    pthread_t thread;
    struct file *files;
    atomic_size_t files_len;
    char root[PATH_MAX];
    bool stopping;
    bool troubled;        /* the last write failed ... */
    uint64_t troubled_ms; /* ... then */
    bool low;             /* less than free_min is free: no recording can begin */
};

static struct file *file_of(struct writer *writer, uint64_t session)
{
    for (size_t i = 0; i < writer->config.files_max; i++)
        if (writer->files[i].session == session) return &writer->files[i];
    return NULL;
}

static void file_forget(struct writer *writer, struct file *file)
{
    file_close(file->out);
    free(file->ending);
    memset(file, 0, sizeof(*file));
    atomic_fetch_sub(&writer->files_len, 1);
}

static void file_tell(struct writer *writer, struct file *file, uint64_t now_ms)
{
    file->told_ms = now_ms;
    writer->config.events.changed(writer->config.events.ctx, &file->part);
}

/* A write ended with err: say so once, loudly, and again when all is well. */
static void writer_trouble(struct writer *writer, enum far_err err)
{
    writer->low = false; /* looked at anew: what is said below may hide it */
    if (err == FAR_OK) {
        if (writer->troubled) {
            far_health_set("store", FAR_HEALTH_OK, "%s", "");
            FAR_INFO("store-well", "path=%s", writer->root);
        }
        writer->troubled = false;
        return;
    }
    far_metric_add(&measures[MEASURE_STORE_FAULTS], 1);
    FAR_ERROR("sound-not-stored", "path=%s error=%s remedy=%s", writer->root, far_err_name(err),
              err == FAR_EFULL ? "free space on the disk" : "look at the disk");
    far_health_set("store", FAR_HEALTH_FAILED, "%s: sound is being lost in %s; free space or mend the disk",
                   err == FAR_EFULL ? "the disk is full" : "writing fails", writer->root);
    writer->troubled = true;
    writer->troubled_ms = far_clock_mono_ms();
}

static enum far_err open_file(struct writer *writer, struct part *part, struct file_writer **ret_out)
{
    char path[PATH_MAX];
    if (folder_free_bytes(writer->root) < writer->config.free_min) return FAR_EFULL;
    part->number = folder_free_number(writer->root, part->recording_id, part->number);
    if (part->number == 0 || !folder_path(writer->root, FOLDER_LIVE, part->recording_id, part->number, path))
        return FAR_EINVAL;
    enum far_err err = file_create(path, writer->config.keys, part, ret_out);
    if (err == FAR_OK && writer->config.sync_ms > 0) err = file_sync(*ret_out);
    if (err != FAR_OK && *ret_out) {
        *ret_out = file_close(*ret_out);
        unlink(path);
    }
    return err;
}

static void take_open(struct writer *writer, struct order *order)
{
    struct file *file = file_of(writer, 0);
    struct file_writer *out = NULL;
    enum far_err err = file ? open_file(writer, &order->part, &out) : FAR_EFULL;
    if (err == FAR_OK) {
        file->session = order->session;
        file->out = out;
        file->part = order->part;
        file->told_ms = far_clock_mono_ms();
        atomic_fetch_add(&writer->files_len, 1);
    } else {
        writer_trouble(writer, err);
        FAR_ERROR("recording-refused", "recording=%s error=%s free_bytes=%llu free_min=%llu",
                  order->part.recording_id, far_err_name(err),
                  (unsigned long long)folder_free_bytes(writer->root),
                  (unsigned long long)writer->config.free_min);
    }
    writer->config.events.opened(writer->config.events.ctx, order->session, err, &order->part);
}

static void take_discard(struct writer *writer, struct file *file)
{
    char path[PATH_MAX];
    if (folder_path(writer->root, FOLDER_LIVE, file->part.recording_id, file->part.number, path))
        unlink(path);
    file_forget(writer, file);
}

/* Bring the file to `chunks` chunks by gaps, a bounded number at once. @return whether it is there. */
static enum far_err file_fill(struct file *file, uint64_t chunks)
{
    for (unsigned i = 0; i < GAPS_MAX && file_chunks(file->out) < chunks; i++) {
        enum far_err err = file_append(file->out, FORMAT_GAP, NULL);
        if (err != FAR_OK) return err;
        file->part.write_gap_ms += CHUNK_MS;
        far_metric_add(&measures[MEASURE_GAP], CHUNK_MS);
    }
    return file_chunks(file->out) < chunks ? FAR_EAGAIN : FAR_OK;
}

static void take_chunk(struct writer *writer, struct file *file, uint64_t number, const uint8_t *sound)
{
    uint64_t began_us = far_clock_mono_us();
    if (number < file_chunks(file->out)) return; /* cannot be: numbers rise */
    enum far_err err = file_fill(file, number);
    if (err == FAR_OK) err = file_append(file->out, FORMAT_SOUND, sound);
    if (err != FAR_EAGAIN) writer_trouble(writer, err);
    file->part.frames = file_chunks(file->out) * ALIGN_CHUNK;
    if (err != FAR_OK) return; /* the next chunk finds that this one is missing */
    if (file->unsynced_ms == 0) file->unsynced_ms = began_us / 1000;
    far_metric_add(&measures[MEASURE_BYTES], ALIGN_CHUNK_BYTES);
    far_metric_observe(&measures[MEASURE_WRITE], (int64_t)(far_clock_mono_us() - began_us));
}

static void take_silence(struct writer *writer, struct file *file, const struct order *order)
{
    uint8_t silence[ALIGN_CHUNK_BYTES];
    memset(silence, far_codec_silence(file->part.codec), sizeof(silence));
    for (uint64_t i = 0; i < order->count; i++)
        take_chunk(writer, file, order->number + i, silence);
}

static void take_metadata(struct writer *writer, struct file *file, const struct order *order)
{
    struct part part = order->part;
    part.number = file->part.number; /* what the file and the writer know better */
    part.frames = file->part.frames;
    part.write_gap_ms = file->part.write_gap_ms;
    file->part = part;
    enum far_err err = file_metadata(file->out, &file->part);
    if (err != FAR_OK) writer_trouble(writer, err);
    file_tell(writer, file, far_clock_mono_ms());
}

/* Try to finish a file. */
static void file_finish(struct writer *writer, struct file *file)
{
    struct order *ending = file->ending;
    struct part part = file->part;
    enum far_err err = file_fill(file, ending->number);
    part.write_gap_ms = file->part.write_gap_ms;
    part.ended_at_us = ending->part.ended_at_us;
    memcpy(part.quality, ending->part.quality, sizeof(part.quality));
    if (err == FAR_OK) err = file_end(file->out, ending->sound, ending->frames, &part);
    if (err == FAR_OK)
        err = folder_move(writer->root, part.recording_id, part.number, FOLDER_LIVE, FOLDER_PENDING);
    if (err != FAR_EAGAIN) writer_trouble(writer, err);
    if (err != FAR_OK) {
        file->retry_ms = far_clock_mono_ms() + (err == FAR_EAGAIN ? 0 : RETRY_MS);
        return;
    }
    far_metric_add_at(&measures[MEASURE_ENDED], part.state, 1);
    FAR_INFO("recording-stored",
             "recording=%s part=%u contact=%s agent=%s recorded_ms=%llu gap_ms=%llu write_gap_ms=%llu",
             part.recording_id, part.number, part.contact_id, part.agent_id,
             (unsigned long long)part_recorded_ms(&part), (unsigned long long)part_gap_ms(&part),
             (unsigned long long)part.write_gap_ms);
    writer->config.events.changed(writer->config.events.ctx, &part);
    file_forget(writer, file);
}

/* @return whether the order was kept. */
static bool writer_take(struct writer *writer, struct order *order)
{
    struct file *file = order->session ? file_of(writer, order->session) : NULL;
    if (order->kind == ORDER_STOP) writer->stopping = true;
    if (order->kind == ORDER_OPEN) take_open(writer, order);
    if (!file) return false;
    switch (order->kind) {
    case ORDER_DISCARD:
        take_discard(writer, file);
        return false;
    case ORDER_CHUNK:
        if (!file->ending) take_chunk(writer, file, order->number, order->sound);
        return false;
    case ORDER_SILENCE:
        if (!file->ending) take_silence(writer, file, order);
        return false;
    case ORDER_METADATA:
        take_metadata(writer, file, order);
        return false;
    case ORDER_END:
        if (file->ending) return false;
        file->ending = order;
        file_finish(writer, file);
        return true;
    case ORDER_OPEN:
    case ORDER_STOP:
        break;
    }
    return false;
}

/* What is due by time: syncs, progress, endings that had to wait. Syncs give way while the queue is long. */
static void writer_tick(struct writer *writer)
{
    uint64_t now_ms = far_clock_mono_ms();
    size_t waiting = mailbox_len(&writer->box);
    int64_t lag_ms = 0;
    for (size_t i = 0; i < writer->config.files_max; i++) {
        struct file *file = &writer->files[i];
        if (!file->session) continue;
        if (file->ending && now_ms >= file->retry_ms) {
            file_finish(writer, file);
            continue;
        }
        int64_t age_ms = file->unsynced_ms ? (int64_t)(now_ms - file->unsynced_ms) : 0;
        if (writer->config.sync_ms > 0 && age_ms >= writer->config.sync_ms &&
            waiting < writer->config.queue_max / 2) {
            enum far_err err = file_sync(file->out);
            if (err != FAR_OK) writer_trouble(writer, err);
            file->unsynced_ms = 0;
            age_ms = 0;
        }
        if (age_ms > lag_ms) lag_ms = age_ms;
        if (!file->ending && (int64_t)(now_ms - file->told_ms) >= writer->config.progress_ms)
            file_tell(writer, file, now_ms);
    }
    uint64_t free_bytes = folder_free_bytes(writer->root);
    if (writer->troubled && writer_files(writer) == 0 && free_bytes >= writer->config.free_min &&
        now_ms - writer->troubled_ms >= RETRY_MS)
        writer_trouble(writer, FAR_OK); /* nothing is open that could show it */
    bool low = free_bytes < writer->config.free_min;
    if (!writer->troubled && low != writer->low) {
        writer->low = low; /* said before the first call finds out */
        far_health_set("store", low ? FAR_HEALTH_DEGRADED : FAR_HEALTH_OK, "%s",
                       low ? "less disk space is free than store.free_min: no recording can begin" : "");
    }
    far_metric_set(&measures[MEASURE_SYNC_LAG], lag_ms);
    far_metric_set(&measures[MEASURE_QUEUE], (int64_t)waiting);
    far_metric_set(&measures[MEASURE_FREE], (int64_t)free_bytes);
}

static void *writer_run(void *arg)
{
    struct writer *writer = arg;
    while (!writer->stopping) {
        struct pollfd wait = {.fd = writer->box.fd, .events = POLLIN};
        (void)poll(&wait, 1, TICK_MS);
        for (struct mail *mail = mailbox_take(&writer->box), *next = NULL; mail; mail = next) {
            next = mail->next;
            struct order *order = (struct order *)(void *)mail;
            if (!writer_take(writer, order)) free(order);
        }
        writer_tick(writer);
    }
    for (size_t i = 0; i < writer->config.files_max; i++)
        if (writer->files[i].session && file_chunks(writer->files[i].out) == 0 && !writer->files[i].ending) {
            take_discard(writer, &writer->files[i]); /* it was never answered */
        } else if (writer->files[i].session) {
            FAR_WARN("recording-unfinished", "recording=%s part=%u remedy=%s",
                     writer->files[i].part.recording_id, writer->files[i].part.number,
                     "it is recovered at the next start");
            file_forget(writer, &writer->files[i]);
        }
    return NULL;
}

enum far_err writer_create(const struct writer_config *config, struct writer **ret_writer)
{
    struct writer *writer = calloc(1, sizeof(*writer));
    struct file *files = calloc(config->files_max, sizeof(*files));
    enum far_err err = writer && files ? mailbox_init(&writer->box, config->queue_max) : FAR_ENOMEM;
    if (err == FAR_OK) {
        writer->config = *config;
        writer->files = files;
        (void)far_str_copy(writer->root, sizeof(writer->root), config->root);
        if (pthread_create(&writer->thread, NULL, writer_run, writer) != 0) {
            mailbox_done(&writer->box);
            err = FAR_EIO;
        }
    }
    if (err != FAR_OK) {
        free(files);
        free(writer);
        return err;
    }
    *ret_writer = writer;
    return FAR_OK;
}

/* An order, as large as its kind needs. NULL: no memory. */
static struct order *order_new(enum order_kind kind, uint64_t session)
{
    bool sound = kind == ORDER_CHUNK || kind == ORDER_END;
    struct order *order = calloc(1, sizeof(*order) + (sound ? ALIGN_CHUNK_BYTES : 0));
    if (!order) return NULL;
    order->kind = kind;
    order->session = session;
    return order;
}

/* Control orders are bounded by the number of sessions, so they always find room. */
static void order_post(struct writer *writer, struct order *order)
{
    if (order)
        mailbox_post_always(&writer->box, &order->mail);
    else
        FAR_ERROR("order-lost", "why=%s", "the heap is exhausted");
}

struct writer *writer_destroy(struct writer *writer)
{
    if (!writer) return NULL;
    struct order *stop = order_new(ORDER_STOP, 0);
    if (!stop) abort(); /* nothing is left to end the thread with */
    order_post(writer, stop);
    pthread_join(writer->thread, NULL);
    for (struct mail *mail = mailbox_take(&writer->box), *next = NULL; mail; mail = next) {
        next = mail->next;
        free(mail);
    }
    mailbox_done(&writer->box);
    free(writer->files);
    free(writer);
    return NULL;
}

enum far_err writer_open(struct writer *writer, uint64_t session, const struct part *part)
{
    struct order *order = order_new(ORDER_OPEN, session);
    if (!order) return FAR_ENOMEM;
    order->part = *part;
    enum far_err err = mailbox_post(&writer->box, &order->mail);
    if (err != FAR_OK) free(order);
    return err;
}

void writer_discard(struct writer *writer, uint64_t session)
{
    order_post(writer, order_new(ORDER_DISCARD, session));
}

enum far_err writer_chunk(struct writer *writer, uint64_t session, uint64_t number, const uint8_t *sound)
{
    struct order *order = order_new(ORDER_CHUNK, session);
    if (!order) return FAR_ENOMEM;
    order->number = number;
    memcpy(order->sound, sound, ALIGN_CHUNK_BYTES);
    enum far_err err = mailbox_post(&writer->box, &order->mail);
    if (err != FAR_OK) free(order);
    return err;
}

void writer_silence(struct writer *writer, uint64_t session, uint64_t number, uint64_t count)
{
    struct order *order = order_new(ORDER_SILENCE, session);
    if (order) {
        order->number = number;
        order->count = count;
    }
    order_post(writer, order);
}

void writer_metadata(struct writer *writer, uint64_t session, const struct part *part)
{
    struct order *order = order_new(ORDER_METADATA, session);
    if (order) order->part = *part;
    order_post(writer, order);
}

void writer_end(struct writer *writer, uint64_t session, const struct writer_ending *ending)
{
    struct order *order = order_new(ORDER_END, session);
    if (order) {
        order->number = ending->chunks;
        order->frames = ending->frames;
        order->part.ended_at_us = ending->ended_at_us;
        memcpy(order->part.quality, ending->quality, sizeof(ending->quality));
        if (ending->frames > 0) memcpy(order->sound, ending->sound, ending->frames * ALIGN_SIDES);
    }
    order_post(writer, order);
}

size_t writer_files(struct writer *writer)
{
    return atomic_load(&writer->files_len);
}
