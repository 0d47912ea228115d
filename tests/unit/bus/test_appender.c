/* SPDX-License-Identifier: Apache-2.0 */
/* The ordered producer: worked examples, then a seeded walk against a log that loses, delays, refuses. */
#include "far/appender.h"
#include "far/rand.h"
#include "far/test.h"
#include <stdlib.h>

static struct far_appender_core *create(uint32_t count_max, uint32_t window)
{
    struct far_appender_core *core = NULL;
    struct far_appender_core_config config = {
        .first_number = 1, .count_max = count_max, .window = window, .ack_timeout_ms = 2000, .retry_ms = 250};
    assert_int_equal(far_appender_core_create(&config, &core), FAR_OK);
    return core;
}

static void expect_next(struct far_appender_core *core, uint64_t now_ms, uint64_t number, uint64_t epoch)
{
    uint64_t got_number = 0;
    uint64_t got_epoch = 0;
    assert_true(far_appender_core_next(core, now_ms, &got_number, &got_epoch));
    assert_int_equal(got_number, number);
    assert_int_equal(got_epoch, epoch);
}

static void expect_none(struct far_appender_core *core, uint64_t now_ms)
{
    uint64_t number = 0;
    uint64_t epoch = 0;
    assert_false(far_appender_core_next(core, now_ms, &number, &epoch));
}

static void push(struct far_appender_core *core, uint64_t number)
{
    uint64_t got = 0;
    assert_int_equal(far_appender_core_push(core, &got), FAR_OK);
    assert_int_equal(got, number);
}

static void a_failure_in_the_row_sends_all_from_there_again(void **state)
{
    (void)state;
    struct far_appender_core *core = create(8, 4);
    for (uint64_t number = 1; number <= 5; number++)
        push(core, number);
    expect_none(core, 0); /* not connected */
    far_appender_core_connected(core, true);
    uint64_t epoch = far_appender_core_epoch(core);
    for (uint64_t number = 1; number <= 4; number++)
        expect_next(core, 10, number, epoch);
    expect_none(core, 10); /* the window is full */
    assert_int_equal(far_appender_core_acked(core, 1, epoch, 20), 1);
    assert_int_equal(far_appender_core_acked(core, 3, epoch, 20), 0); /* 2 is open */
    far_appender_core_failed(core, 2, epoch, 30);
    expect_none(core, 279);
    assert_int_equal(far_appender_core_deadline_ms(core), 280);
    assert_int_equal(far_appender_core_acked(core, 2, epoch, 270), 0); /* late: 2 may lie behind 3 */
    for (uint64_t number = 2; number <= 5; number++)
        expect_next(core, 280, number, epoch + 1);
    assert_int_equal(far_appender_core_acked(core, 3, epoch + 1, 290), 0);
    assert_int_equal(far_appender_core_acked(core, 2, epoch + 1, 290), 2);
    assert_int_equal(far_appender_core_first(core), 4);
    far_appender_core_destroy(core);
}

static void silence_and_lost_connections_rewind(void **state)
{
    (void)state;
    struct far_appender_core *core = create(4, 4);
    far_appender_core_connected(core, true);
    assert_true(far_appender_core_deadline_ms(core) == UINT64_MAX);
    push(core, 1);
    expect_next(core, 100, 1, 1);
    assert_int_equal(far_appender_core_deadline_ms(core), 2100);
    far_appender_core_tick(core, 2099);
    assert_int_equal(far_appender_core_epoch(core), 1);
    far_appender_core_tick(core, 2100);
    assert_int_equal(far_appender_core_epoch(core), 2);
    expect_none(core, 2349);
    expect_next(core, 2350, 1, 2);
    far_appender_core_connected(core, false);
    expect_none(core, 9000);
    assert_true(far_appender_core_deadline_ms(core) == UINT64_MAX);
    far_appender_core_connected(core, true);
    expect_next(core, 9000, 1, far_appender_core_epoch(core));
    far_appender_core_destroy(core);
}

static void the_ring_is_bounded(void **state)
{
    (void)state;
    uint64_t number = 0;
    struct far_appender_core *core = create(3, 8);
    for (uint64_t i = 1; i <= 3; i++)
        push(core, i);
    assert_int_equal(far_appender_core_push(core, &number), FAR_EFULL);
    far_appender_core_connected(core, true);
    for (uint64_t i = 1; i <= 3; i++)
        expect_next(core, 0, i, 1);
    assert_int_equal(far_appender_core_acked(core, 1, 1, 0), 1);
    push(core, 4);
    far_appender_core_destroy(core);
    struct far_appender_core_config wrong = {.count_max = 0, .window = 1, .ack_timeout_ms = 1};
    assert_int_equal(far_appender_core_create(&wrong, &core), FAR_EINVAL);
}

/* ---- The walk --------------------------------------------------------------------------------------------
 */

#define FLYING_MAX 64
#define ENTRIES    2000u

struct flying { /* an entry on its way, or its answer on the way back */
    bool used, stored;
    uint64_t number, epoch, at_ms;
};
struct world {
    struct far_rand rand;
    struct far_appender_core *core;
    struct flying flying[FLYING_MAX];
    uint64_t now_ms, last_arrival_ms;
    uint64_t accepted; /* what readers of the log have: last + 1 only */
    uint64_t stored, released, pushed;
    bool calm;
};

static void send(struct world *world)
{
    uint64_t number = 0;
    uint64_t epoch = 0;
    for (size_t i = 0; i < FLYING_MAX; i++) {
        struct flying *flying = &world->flying[i];
        if (flying->used) continue;
        if (!far_appender_core_next(world->core, world->now_ms, &number, &epoch)) return;
        if (!world->calm && far_rand_chance(&world->rand, 30)) continue; /* lost on the way there */
        /* One connection keeps order, whatever the delay. */
        uint64_t at_ms = world->now_ms + far_rand_below(&world->rand, world->calm ? 5 : 900);
        if (at_ms < world->last_arrival_ms) at_ms = world->last_arrival_ms;
        world->last_arrival_ms = at_ms;
        *flying = (struct flying){.used = true, .number = number, .epoch = epoch, .at_ms = at_ms};
    }
}

/* The earliest that is due; arrivals keep the order of sending by at_ms and then by place of number. */
static struct flying *due(struct world *world)
{
    struct flying *best = NULL;
    for (size_t i = 0; i < FLYING_MAX; i++) {
        struct flying *flying = &world->flying[i];
        if (!flying->used || flying->at_ms > world->now_ms) continue;
        if (!best || flying->at_ms < best->at_ms ||
            (flying->at_ms == best->at_ms &&
             (flying->epoch < best->epoch ||
              (flying->epoch == best->epoch && flying->number < best->number))))
            best = flying;
    }
    return best;
}

static void arrive(struct world *world, struct flying *flying)
{
    if (flying->stored) { /* the answer is back */
        flying->used = false;
        uint32_t released =
            far_appender_core_acked(world->core, flying->number, flying->epoch, world->now_ms);
        world->released += released;
        assert_true(world->released <= world->accepted); /* released only what readers have taken */
        return;
    }
    if (!world->calm && far_rand_chance(&world->rand, 20)) { /* refused by the server */
        flying->used = false;
        far_appender_core_failed(world->core, flying->number, flying->epoch, world->now_ms);
        return;
    }
    world->stored++;
    if (flying->number == world->accepted + 1) world->accepted++;
    if (!world->calm && far_rand_chance(&world->rand, 30)) { /* the answer is lost */
        flying->used = false;
        return;
    }
    flying->stored = true;
    flying->at_ms = world->now_ms + far_rand_below(&world->rand, world->calm ? 5 : 900);
}

static void step(struct world *world)
{
    uint64_t number = 0;
    world->now_ms += 1 + far_rand_below(&world->rand, 20);
    if (world->pushed < ENTRIES && far_rand_chance(&world->rand, 500) &&
        far_appender_core_push(world->core, &number) == FAR_OK)
        assert_int_equal(number, ++world->pushed);
    if (!world->calm && far_rand_chance(&world->rand, 3)) {
        far_appender_core_connected(world->core, false);
        for (size_t i = 0; i < FLYING_MAX; i++)
            if (far_rand_chance(&world->rand, 700))
                world->flying[i].used = false; /* the rest arrives all the same */
    }
    if (far_rand_chance(&world->rand, 100)) far_appender_core_connected(world->core, true);
    if (world->now_ms >= far_appender_core_deadline_ms(world->core))
        far_appender_core_tick(world->core, world->now_ms);
    for (struct flying *flying = due(world); flying; flying = due(world))
        arrive(world, flying);
    send(world);
}

static void every_entry_reaches_readers_once_in_order(void **state)
{
    (void)state;
    uint64_t rewinds = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world world = {.core = create(50, 16)};
        far_rand_init(&world.rand, seed);
        far_appender_core_connected(world.core, true);
        for (uint64_t i = 0; i < 400000 && world.released < ENTRIES; i++) {
            world.calm = world.pushed == ENTRIES && world.now_ms % 2000000 > 1000000;
            step(&world);
        }
        assert_int_equal(world.released, ENTRIES);
        assert_int_equal(world.accepted, ENTRIES);
        rewinds += far_appender_core_epoch(world.core);
        far_appender_core_destroy(world.core);
    }
    assert_true(rewinds > 500); /* the walk did meet trouble */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_in_the_row_sends_all_from_there_again),
        cmocka_unit_test(silence_and_lost_connections_rewind),
        cmocka_unit_test(the_ring_is_bounded),
        cmocka_unit_test(every_entry_reaches_readers_once_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
