/* SPDX-License-Identifier: Apache-2.0 */
/* sim_world.c - time, chance, the network, and streams as JetStream keeps them. */
#include "far/hash64.h"
#include "far/str.h"
#include "sim.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
    if (!memory) {
        fprintf(stderr, "sim: out of memory\n");
        abort();
    }
    return memory;
}

/* ---- events: a heap by (time, serial) --------------------------------------------------------------- */

static bool before(const struct event *a, const struct event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->serial < b->serial;
}

static void push(struct world *world, struct event *event)
{
    if (world->heap_len == world->heap_capacity) {
        world->heap_capacity = world->heap_capacity ? world->heap_capacity * 2 : 1024;
        world->heap = must(realloc(world->heap, world->heap_capacity * sizeof(struct event *)));
    }
    size_t at = world->heap_len++;
    while (at > 0 && before(event, world->heap[(at - 1) / 2])) {
        world->heap[at] = world->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    world->heap[at] = event;
}

static struct event *pop(struct world *world)
{
    struct event *first = world->heap[0], *last = world->heap[--world->heap_len];
    size_t at = 0;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child >= world->heap_len) break;
        if (child + 1 < world->heap_len && before(world->heap[child + 1], world->heap[child])) child++;
        if (!before(world->heap[child], last)) break;
        world->heap[at] = world->heap[child];
        at = child;
    }
    world->heap[at] = last;
    return first;
}

void sim_after_data(struct world *world, uint64_t delay_ms, const struct event *event, const void *data,
                    size_t len)
{
    struct event *copy = must(malloc(sizeof(*copy)));
    *copy = *event;
    copy->at_ms = world->now_ms + delay_ms;
    copy->serial = ++world->event_serial;
    if (data) {
        copy->data = must(malloc(len > 0 ? len : 1));
        memcpy(copy->data, data, len);
        copy->len = len;
    }
    push(world, copy);
}

void sim_after(struct world *world, uint64_t delay_ms, const struct event *event)
{
    sim_after_data(world, delay_ms, event, NULL, 0);
}

bool sim_step(struct world *world)
{
    if (world->heap_len == 0 || world->failed) return false;
    struct event *event = pop(world);
    world->now_ms = event->at_ms;
    world->counts.steps++;
    event->fn(world, event);
    free(event->data);
    free(event);
    return true;
}

/* ---- telling ------------------------------------------------------------------------------------- */

void sim_fail(struct world *world, const char *format, ...)
{
    if (world->failed) return;
    va_list args;
    va_start(args, format);
    int len =
        snprintf(world->failure, sizeof(world->failure), "at %llu ms: ", (unsigned long long)world->now_ms);
    vsnprintf(world->failure + len, sizeof(world->failure) - (size_t)len, format, args);
    va_end(args);
    world->failed = true;
}

void sim_trace(const struct world *world, const char *format, ...)
{
    if (!world->options.verbose) return;
    va_list args;
    va_start(args, format);
    printf("%8llu.%03llu ", (unsigned long long)world->now_ms / 1000,
           (unsigned long long)world->now_ms % 1000);
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

/* ---- chance -------------------------------------------------------------------------------------- */

bool sim_chance(struct world *world, uint32_t permille)
{
    return far_rand_chance(&world->rand, permille);
}

bool sim_fault(struct world *world, uint32_t permille)
{
    return world->faults && far_rand_chance(&world->rand, permille);
}

uint64_t sim_delay(struct world *world)
{
    if (sim_fault(world, 5)) return (uint64_t)far_rand_between(&world->rand, 50, 3000);
    if (sim_fault(world, 50)) return (uint64_t)far_rand_between(&world->rand, 5, 60);
    return far_rand_below(&world->rand, 4);
}

void sim_new_id(struct world *world, char out[FAR_ID_TEXT_SIZE])
{
    struct far_id id;
    for (size_t i = 0; i < sizeof(id.bytes); i++)
        id.bytes[i] = (uint8_t)far_rand_below(&world->rand, 256);
    id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0f));
    id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
    far_id_format(&id, out);
}

int64_t sim_stamp_us(const struct world *world)
{
    return world->wall_us + (int64_t)world->now_ms * 1000;
}

uint64_t sim_ask_new(struct world *world)
{
    if (world->asks_len == world->asks_capacity) {
        world->asks_capacity = world->asks_capacity ? world->asks_capacity * 2 : 4096;
        world->asks = must(realloc(world->asks, world->asks_capacity));
    }
    world->asks[world->asks_len] = 1;
    return world->asks_len++;
}

bool sim_ask_close(struct world *world, uint64_t ask)
{
    bool open = world->asks[ask] == 1;
    world->asks[ask] = 0;
    return open;
}

/* ---- streams ------------------------------------------------------------------------------------- */

enum far_err stream_init(struct stream *stream)
{
    memset(stream, 0, sizeof(*stream));
    return far_index_create(1u << 18, 0, 0, &stream->ids);
}

void stream_done(struct stream *stream)
{
    for (size_t i = 0; i < stream->len; i++)
        free(stream->entries[i].data);
    free(stream->entries);
    far_index_destroy(stream->ids);
}

const struct stored *stream_at(const struct stream *stream, uint64_t sequence)
{
    return sequence == 0 || sequence > stream->len ? NULL : &stream->entries[sequence - 1];
}

static uint64_t store(struct world *world, struct stream *stream, const struct publication *publication)
{
    uint64_t key = far_hash64(publication->msg_id, strlen(publication->msg_id), 7), sequence;
    if (far_index_get(stream->ids, key, &sequence) &&
        world->now_ms - stream->entries[sequence - 1].at_ms < SIM_DUP_MS)
        return sequence;
    if (stream->len == stream->capacity) {
        stream->capacity = stream->capacity ? stream->capacity * 2 : 1024;
        stream->entries = must(realloc(stream->entries, stream->capacity * sizeof(*stream->entries)));
    }
    struct stored *stored = &stream->entries[stream->len++];
    *stored = (struct stored){.stamp_us = sim_stamp_us(world),
                              .at_ms = world->now_ms,
                              .data = must(malloc(publication->len + 1)),
                              .len = publication->len};
    memcpy(stored->data, publication->data, publication->len);
    far_str_copy(stored->producer, sizeof(stored->producer), publication->producer);
    if (far_index_put(stream->ids, key, stream->len) != FAR_OK) sim_fail(world, "a stream holds too much");
    if (publication->stream == STREAM_LOG) process_entries(world);
    return stream->len;
}

static void tell(struct world *world, const struct publication *publication, enum far_err err,
                 uint64_t sequence)
{
    if (!sim_ask_close(world, publication->ask)) return;
    if (publication->who_kind == WHO_REPLICA)
        process_publication_done(world, publication, err, sequence);
    else
        edge_publication_done(world, publication, err);
}

static bool must_wait(struct world *world, const struct event *event)
{
    const struct publication *publication = event->data;
    return publication->who_kind == WHO_REPLICA && process_frozen(world, event, publication->who);
}

static void on_answer(struct world *world, struct event *event)
{
    if (must_wait(world, event)) return;
    tell(world, event->data, FAR_OK, event->a);
}
static void on_timeout(struct world *world, struct event *event)
{
    if (must_wait(world, event)) return;
    tell(world, event->data, FAR_ETIMEOUT, 0);
}

static void on_arrival(struct world *world, struct event *event)
{
    const struct publication *publication = event->data;
    struct stream *stream = &world->streams[publication->stream];
    if (stream->stalled_until_ms > world->now_ms) {
        /* Without a leader some are dropped, some are stored once there is one. */
        if (sim_chance(world, 500))
            sim_after_data(world, stream->stalled_until_ms - world->now_ms, &(struct event){.fn = on_arrival},
                           publication, event->len);
        return;
    }
    uint64_t sequence = store(world, stream, publication);
    /* What was stored may come again, but nothing overtakes what was sent before it. */
    if (sim_fault(world, 4))
        sim_after_data(world, far_rand_below(&world->rand, 3000), &(struct event){.fn = on_arrival},
                       publication, event->len);
    if (sim_fault(world, 8)) return; /* the answer is lost */
    sim_after_data(world, sim_delay(world), &(struct event){.fn = on_answer, .a = sequence}, publication,
                   event->len);
}

void stream_publish(struct world *world, struct publication *publication, uint64_t *channel_ms,
                    uint32_t timeout_ms)
{
    size_t size = sizeof(*publication) + publication->len;
    publication->ask = sim_ask_new(world);
    sim_after_data(world, timeout_ms, &(struct event){.fn = on_timeout}, publication, sizeof(*publication));
    if (sim_fault(world, 4)) return; /* lost on its way */
    /* One connection keeps its order. */
    uint64_t at_ms = world->now_ms + sim_delay(world);
    if (at_ms < *channel_ms) at_ms = *channel_ms;
    *channel_ms = at_ms;
    sim_after_data(world, at_ms - world->now_ms, &(struct event){.fn = on_arrival}, publication, size);
}
