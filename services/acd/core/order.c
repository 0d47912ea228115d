/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of pool ids kept sorted. Who comes last is appended and who is first is taken, so both ends are cheap:
 *
 *   ids: . . . . [first ........ last] . .      begin moves up when the first is taken; an insert near the
 * front 0       begin        begin+len         moves the shorter side */
#include "state.h"
#include <assert.h>
#include <string.h>

bool acd_before_contact(const struct acd *acd, uint64_t a, uint64_t b)
{
    uint64_t key_a = acd_contact_get(acd, a)->order_key, key_b = acd_contact_get(acd, b)->order_key;
    return key_a != key_b ? key_a < key_b : a < b;
}

bool acd_before_agent(const struct acd *acd, uint64_t a, uint64_t b)
{
    const struct agent *left = acd_agent_get(acd, a), *right = acd_agent_get(acd, b);
    if (left->ready_position != right->ready_position) return left->ready_position < right->ready_position;
    return left->rank < right->rank;
}

/* The first place whose id is not before `id`. */
static uint32_t lower_bound(const struct acd *acd, const struct order *order, uint64_t id, acd_before *before)
{
    uint32_t low = 0, high = order->len;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (before(acd, order->ids[order->begin + middle], id))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void acd_order_insert(const struct acd *acd, struct order *order, uint64_t id, acd_before *before)
{
    uint32_t at = lower_bound(acd, order, id, before);
    assert(order->len < order->capacity);
    uint64_t *first = order->ids + order->begin;
    bool room_behind = order->begin + order->len < order->capacity;
    if (order->begin > 0 && (at < order->len / 2 || !room_behind)) {
        memmove(first - 1, first, at * sizeof(*first));
        order->begin--;
    } else {
        memmove(first + at + 1, first + at, (order->len - at) * sizeof(*first));
    }
    order->ids[order->begin + at] = id;
    order->len++;
}

bool acd_order_remove(const struct acd *acd, struct order *order, uint64_t id, acd_before *before)
{
    uint32_t at = lower_bound(acd, order, id, before);
    if (acd_order_at(order, at) != id) return false;
    uint64_t *first = order->ids + order->begin;
    if (at < order->len / 2) {
        memmove(first + 1, first, at * sizeof(*first));
        order->begin++;
    } else {
        memmove(first + at, first + at + 1, (order->len - at - 1) * sizeof(*first));
    }
    if (--order->len == 0) order->begin = 0;
    return true;
}

uint32_t acd_order_rank(const struct acd *acd, const struct order *order, uint64_t id, acd_before *before)
{
    uint32_t at = lower_bound(acd, order, id, before);
    return acd_order_at(order, at) == id ? at + 1 : 0;
}
