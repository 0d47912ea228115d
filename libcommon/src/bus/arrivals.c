/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/arrivals.h"
#include "bus/private.h"
#include "far/log.h"
#include "far/loop.h"
#include <pthread.h>
#include <stdlib.h>
#include <uv.h>

#define ROUND_MAX 256u /* deliveries in one round of the loop: others want their turn */

struct far_arrivals {
    pthread_mutex_t lock; /* of all below but fn and ctx */
    unsigned refs;
    struct far_arrival *head, **tail;
    uint32_t len, len_max;
    size_t bytes, bytes_max;
    uv_async_t *wake; /* NULL: closed */
    far_arrival_fn *fn;
    void *ctx;
};

static size_t bytes_of(natsMsg *msg)
{
    return msg ? (size_t)natsMsg_GetDataLength(msg) + 256 : 0;
}

static struct far_arrival *take(struct far_arrivals *arrivals)
{
    pthread_mutex_lock(&arrivals->lock);
    struct far_arrival *arrival = arrivals->wake ? arrivals->head : NULL;
    if (arrival) {
        arrivals->head = arrival->next;
        if (!arrivals->head) arrivals->tail = &arrivals->head;
        arrivals->len--;
        arrivals->bytes -= bytes_of(arrival->msg);
    }
    pthread_mutex_unlock(&arrivals->lock);
    return arrival;
}

static void on_wake(uv_async_t *wake)
{
    struct far_arrivals *arrivals = wake->data;
    for (unsigned i = 0; i < ROUND_MAX; i++) {
        struct far_arrival *arrival = take(arrivals);
        if (!arrival) return;
        arrivals->fn(arrivals->ctx, arrival);
        free(arrival);
    }
    (void)uv_async_send(wake);
}

enum far_err far_arrivals_create(struct far_loop *loop, uint32_t len_max, size_t bytes_max,
                                 far_arrival_fn *fn, void *ctx, struct far_arrivals **ret_arrivals)
{
    struct far_arrivals *arrivals = calloc(1, sizeof(*arrivals));
    uv_async_t *wake = calloc(1, sizeof(*wake));
    if (!arrivals || !wake || uv_async_init(far_loop_uv(loop), wake, on_wake) != 0) {
        free(arrivals);
        free(wake);
        return FAR_ENOMEM;
    }
    wake->data = arrivals;
    pthread_mutex_init(&arrivals->lock, NULL);
    arrivals->refs = 1;
    arrivals->tail = &arrivals->head;
    arrivals->len_max = len_max;
    arrivals->bytes_max = bytes_max;
    arrivals->wake = wake;
    arrivals->fn = fn;
    arrivals->ctx = ctx;
    *ret_arrivals = arrivals;
    return FAR_OK;
}

struct far_arrivals *far_arrivals_ref(struct far_arrivals *arrivals)
{
    pthread_mutex_lock(&arrivals->lock);
    arrivals->refs++;
    pthread_mutex_unlock(&arrivals->lock);
    return arrivals;
}

void far_arrivals_unref(struct far_arrivals *arrivals)
{
    pthread_mutex_lock(&arrivals->lock);
    bool last = --arrivals->refs == 0;
    pthread_mutex_unlock(&arrivals->lock);
    if (!last) return;
    while (arrivals->head) {
        struct far_arrival *arrival = arrivals->head;
        arrivals->head = arrival->next;
        natsMsg_Destroy(arrival->msg);
        free(arrival);
    }
    pthread_mutex_destroy(&arrivals->lock);
    free(arrivals);
}

void far_arrivals_put(struct far_arrivals *arrivals, enum far_arrival_kind kind, uint64_t subscription,
                      natsMsg *msg)
{
    struct far_arrival *arrival = malloc(sizeof(*arrival));
    size_t bytes = bytes_of(msg);
    bool drop = !arrival;
    pthread_mutex_lock(&arrivals->lock);
    if (!arrivals->wake) drop = true;
    if (kind == FAR_ARRIVAL_MSG &&
        (arrivals->len >= arrivals->len_max || arrivals->bytes + bytes > arrivals->bytes_max))
        drop = true;
    if (!drop) {
        *arrival = (struct far_arrival){.kind = kind, .subscription = subscription, .msg = msg};
        *arrivals->tail = arrival;
        arrivals->tail = &arrival->next;
        arrivals->len++;
        arrivals->bytes += bytes;
        if (arrivals->len == 1) (void)uv_async_send(arrivals->wake);
    }
    bool full = drop && arrivals->wake;
    pthread_mutex_unlock(&arrivals->lock);
    if (!drop) return;
    if (full) {
        far_metric_add(&far_bus_metrics[BUS_M_DROPPED], 1);
        FAR_WARN("bus-arrival-dropped", "cause=queue-full remedy=loop-too-slow");
    }
    natsMsg_Destroy(msg);
    free(arrival);
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

void far_arrivals_close(struct far_arrivals *arrivals)
{
    pthread_mutex_lock(&arrivals->lock);
    uv_async_t *wake = arrivals->wake;
    arrivals->wake = NULL;
    pthread_mutex_unlock(&arrivals->lock);
    uv_close((uv_handle_t *)wake, free_handle);
    far_arrivals_unref(arrivals);
}
