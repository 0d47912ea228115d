/* SPDX-License-Identifier: Apache-2.0 */
#include "queue.h"
#include <stdlib.h>

enum far_err queue_init(struct queue *queue, uint32_t len)
{
    uint32_t size = 16;
    while (size < len)
        size *= 2;
    struct command *ring = calloc(size, sizeof(*ring));
    if (!ring) return FAR_ENOMEM;
    queue->ring = ring;
    queue->mask = size - 1;
    atomic_init(&queue->head, 0);
    atomic_init(&queue->tail, 0);
    return FAR_OK;
}

void queue_done(struct queue *queue)
{
    free(queue->ring);
    queue->ring = NULL;
}

bool queue_push(struct queue *queue, const struct command *command, uint32_t reserve)
{
    uint32_t tail = atomic_load_explicit(&queue->tail, memory_order_relaxed);
    uint32_t head = atomic_load_explicit(&queue->head, memory_order_acquire);
    if (tail - head + reserve > queue->mask) return false;
    queue->ring[tail & queue->mask] = *command;
    atomic_store_explicit(&queue->tail, tail + 1, memory_order_release);
    return true;
}

bool queue_pop(struct queue *queue, struct command *ret_command)
{
    uint32_t head = atomic_load_explicit(&queue->head, memory_order_relaxed);
    if (head == atomic_load_explicit(&queue->tail, memory_order_acquire)) return false;
    *ret_command = queue->ring[head & queue->mask];
    atomic_store_explicit(&queue->head, head + 1, memory_order_release);
    return true;
}
