/* SPDX-License-Identifier: Apache-2.0 */
/* The core's own containers: the sorted rows, the timers' heap, and the outbox's ring, each against a simple
 * model. */
#include "far/rand.h"
#include "far/test.h"
#include "state.h"
#include <stdlib.h>
#include <string.h>

static const struct acd_limits LIMITS = {
    .agents_max = 60, .contacts_max = 60, .queues_max = 2, .legs_max = 60, .records_max = 64};

static int set_up(void **state)
{
    return acd_create(&LIMITS, (struct acd **)state) == FAR_OK ? 0 : 1;
}

static int tear_down(void **state)
{
    acd_destroy(*state);
    return 0;
}

static uint64_t contact_with_key(struct acd *acd, uint64_t key)
{
    uint64_t id = 0;
    struct contact *contact = far_pool_new(&acd->contacts, &id);
    assert_non_null(contact);
    contact->self = id;
    contact->order_key = key;
    return id;
}

static void rows_stay_sorted(void **state)
{
    struct acd *acd = *state;
    struct order order = {.ids = calloc(40, sizeof(uint64_t)), .capacity = 40};
    uint64_t ids[40];
    bool in[40] = {false};
    uint32_t len = 0;
    struct far_rand rand;
    far_rand_init(&rand, 11);
    for (int i = 0; i < 40; i++)
        ids[i] = contact_with_key(acd, far_rand_below(&rand, 12)); /* many equal keys: ties by id */
    for (int i = 0; i < 20000; i++) {
        size_t at = (size_t)far_rand_below(&rand, 40);
        if (in[at]) {
            assert_true(acd_order_remove(acd, &order, ids[at], acd_before_contact));
            len--;
        } else {
            assert_false(acd_order_remove(acd, &order, ids[at], acd_before_contact));
            acd_order_insert(acd, &order, ids[at], acd_before_contact);
            len++;
        }
        in[at] = !in[at];
        assert_int_equal(order.len, len);
        for (uint32_t k = 0; k < order.len; k++) {
            uint64_t id = acd_order_at(&order, k);
            assert_int_equal(acd_order_rank(acd, &order, id, acd_before_contact), k + 1);
            if (k > 0) assert_true(acd_before_contact(acd, acd_order_at(&order, k - 1), id));
        }
    }
    assert_int_equal(acd_order_at(&order, order.len), 0);
    free(order.ids);
}

static void timers_come_in_order(void **state)
{
    struct acd *acd = *state;
    uint64_t ids[50];
    struct far_rand rand;
    far_rand_init(&rand, 5);
    for (int i = 0; i < 50; i++)
        ids[i] = contact_with_key(acd, 0);
    for (int i = 0; i < 5000; i++) {
        uint64_t id = ids[far_rand_below(&rand, 50)];
        if (far_rand_below(&rand, 3))
            acd_timer_set(acd, TIMER_CONTACT, id, 1 + (int64_t)far_rand_below(&rand, 30));
        else
            acd_timer_clear(acd, TIMER_CONTACT, id);
        int64_t first = INT64_MAX;
        uint32_t count = 0;
        for (int k = 0; k < 50; k++) {
            int64_t deadline = acd_contact_get(acd, ids[k])->deadline_us;
            if (deadline == 0) continue;
            count++;
            if (deadline < first) first = deadline;
        }
        assert_int_equal(acd->timer_len, count);
        assert_true(acd_timer_first_us(acd) == first);
    }
    int64_t before = 0;
    uint64_t before_id = 0;
    while (acd->timer_len > 0) {
        struct timer top = acd->timers[0];
        assert_true(top.deadline_us > before || (top.deadline_us == before && top.id > before_id));
        before = top.deadline_us;
        before_id = top.id;
        acd_timer_clear(acd, TIMER_CONTACT, top.id);
    }
}

static void outbox_takes_what_it_allows(void **state)
{
    (void)state;
    struct outbox outbox;
    struct far_rand rand;
    static uint8_t data[RECORD_BYTES_MAX];
    far_rand_init(&rand, 3);
    assert_int_equal(acd_outbox_init(&outbox, 64), FAR_OK);
    uint64_t used = 0, lens[64] = {0};
    for (int i = 0; i < 30000; i++) {
        size_t len = 1 + (size_t)far_rand_below(&rand, far_rand_below(&rand, 20) ? 900 : RECORD_BYTES_MAX);
        if (far_rand_below(&rand, 2)) {
            uint64_t count = outbox.last + 1 - outbox.first;
            bool fits = used + len <= outbox.size && count < 64;
            memset(data, (int)((outbox.last + 1) % 251), len);
            assert_int_equal(acd_outbox_put(&outbox, RECORD_SEGMENT, "x", data, len), fits);
            if (!fits) continue;
            lens[outbox.last % 64] = len;
            used += len;
        } else if (outbox.last >= outbox.first) {
            uint64_t number = outbox.first + far_rand_below(&rand, 3);
            for (uint64_t k = outbox.first; k <= number && k <= outbox.last; k++)
                used -= lens[k % 64];
            acd_outbox_stored(&outbox, number);
        }
        assert_int_equal(outbox.used, used);
        for (uint64_t k = outbox.first; k <= outbox.last; k++) { /* nobody wrote over another's bytes */
            const struct record_entry *entry = &outbox.entries[k % 64];
            assert_int_equal(outbox.bytes[entry->offset], k % 251);
            assert_int_equal(outbox.bytes[entry->offset + entry->len - 1], k % 251);
        }
    }
    acd_outbox_done(&outbox);
}

static void texts_are_cut_between_characters(void **state)
{
    (void)state;
    char out[5];
    acd_copy(out, sizeof(out), "王王");
    assert_string_equal(out, "王");
    acd_copy(out, sizeof(out), "ab\xff");
    assert_string_equal(out, "ab?");
    acd_copy(out, sizeof(out), NULL);
    assert_string_equal(out, "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(rows_stay_sorted),
        CASE(timers_come_in_order),
        cmocka_unit_test(outbox_takes_what_it_allows),
        cmocka_unit_test(texts_are_cut_between_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
