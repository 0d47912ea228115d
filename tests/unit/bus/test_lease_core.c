/* SPDX-License-Identifier: Apache-2.0 */
/* The lease: worked examples, then seeded walks of three candidates over a store that delays, loses and
 * doubts. */
#include "far/lease_core.h"
#include "far/rand.h"
#include "far/test.h"

static void act(struct far_lease_core *core, uint64_t now_ms, enum far_lease_action action, uint64_t revision)
{
    uint64_t got = 77;
    assert_int_equal(far_lease_core_next(core, now_ms, &got), action);
    if (action == FAR_LEASE_WRITE) assert_int_equal(got, revision);
}

static void nobody_there_is_taken_at_once_and_renewed(void **state)
{
    (void)state;
    struct far_lease_core core;
    far_lease_core_init(&core, 2000, 1000);
    act(&core, 1000, FAR_LEASE_READ, 0);
    act(&core, 1001, FAR_LEASE_WAIT, 0);
    far_lease_core_seen(&core, 1002, 0, false, false);
    act(&core, 1002, FAR_LEASE_WRITE, 0);
    assert_false(core.owner);
    far_lease_core_written(&core, 1010, FAR_OK, 5);
    assert_true(core.owner);
    act(&core, 1010, FAR_LEASE_WAIT, 0);
    assert_int_equal(far_lease_core_deadline_ms(&core), 1502);
    act(&core, 1502, FAR_LEASE_WRITE, 5);
    far_lease_core_written(&core, 1505, FAR_OK, 6);
    act(&core, 2002, FAR_LEASE_WRITE, 6);
    assert_int_equal(far_lease_core_deadline_ms(&core), 1502 + 1600); /* no answer: it steps down then */
    act(&core, 3101, FAR_LEASE_WAIT, 0);
    assert_true(core.owner);
    act(&core, 3102, FAR_LEASE_WAIT, 0);
    assert_false(core.owner);
    far_lease_core_written(&core, 3700, FAR_OK, 7); /* it was renewed, but the time is over */
    assert_false(core.owner);
    act(&core, 3700, FAR_LEASE_WRITE, 7); /* still ours to take */
    far_lease_core_written(&core, 3701, FAR_OK, 8);
    assert_true(core.owner);
}

static void a_living_owner_is_left_alone_a_silent_one_replaced(void **state)
{
    (void)state;
    struct far_lease_core core;
    far_lease_core_init(&core, 2000, 0);
    uint64_t now_ms = 0;
    for (uint64_t revision = 10; revision < 20; revision++, now_ms += 500) { /* it renews */
        act(&core, now_ms, FAR_LEASE_READ, 0);
        far_lease_core_seen(&core, now_ms, revision, true, false);
    }
    uint64_t silent_since_ms = now_ms - 500;
    for (; now_ms < silent_since_ms + 2200; now_ms = far_lease_core_deadline_ms(&core)) {
        act(&core, now_ms, FAR_LEASE_READ, 0);
        far_lease_core_seen(&core, now_ms, 19, true, false);
    }
    assert_int_equal(now_ms, silent_since_ms + 2200); /* not before, and not a renewal's time later */
    act(&core, now_ms, FAR_LEASE_WRITE, 19);
    far_lease_core_written(&core, now_ms, FAR_ECONFLICT, 0); /* somebody was faster */
    act(&core, now_ms, FAR_LEASE_READ, 0);
    far_lease_core_seen(&core, now_ms, 20, true, false);
    assert_false(core.owner);
    act(&core, now_ms + 499, FAR_LEASE_WAIT, 0);
}

static void a_lease_given_up_is_taken_at_the_next_look(void **state)
{
    (void)state;
    struct far_lease_core core;
    far_lease_core_init(&core, 2000, 0);
    act(&core, 0, FAR_LEASE_READ, 0);
    far_lease_core_seen(&core, 1, 10, true, false);
    act(&core, 500, FAR_LEASE_READ, 0);
    far_lease_core_seen(&core, 501, 11, false, false);
    act(&core, 501, FAR_LEASE_WRITE, 11);
}

static void an_unclear_write_is_looked_up(void **state)
{
    (void)state;
    struct far_lease_core core;
    far_lease_core_init(&core, 2000, 0);
    act(&core, 0, FAR_LEASE_READ, 0);
    far_lease_core_seen(&core, 0, 0, false, false);
    act(&core, 0, FAR_LEASE_WRITE, 0);
    far_lease_core_written(&core, 500, FAR_ETIMEOUT, 0);
    assert_false(core.owner);
    act(&core, 500, FAR_LEASE_READ, 0);
    far_lease_core_seen(&core, 510, 3, true, true); /* it had arrived */
    assert_false(core.owner);                       /* when, nobody knows */
    act(&core, 510, FAR_LEASE_WRITE, 3);
    far_lease_core_written(&core, 515, FAR_OK, 4);
    assert_true(core.owner);
}

/* ---- Walks -----------------------------------------------------------------------------------------------
 */

#define CANDIDATES 3
#define LEASE_MS   2000u

struct candidate {
    struct far_lease_core core;
    uint64_t offset_ms; /* its clock */
    bool dead;          /* killed; comes back anew */
    uint64_t revive_at_ms;
    bool flying;      /* an operation on its way */
    bool write, done; /* done: the store has handled it, the answer is on its way */
    uint64_t at_ms, expected, give_up_at_ms;
    enum far_err err;
    uint64_t revision, life;
    bool held, ours;
};
struct world {
    struct far_rand rand;
    struct candidate candidates[CANDIDATES];
    uint64_t now_ms, revision, owner_life, lives; /* the store: revision and who is named */
    unsigned terms;
    int last_owner;
};

static void revive(struct world *world, struct candidate *candidate)
{
    *candidate =
        (struct candidate){.offset_ms = far_rand_below(&world->rand, 1000000), .life = ++world->lives};
    far_lease_core_init(&candidate->core, LEASE_MS, world->now_ms + candidate->offset_ms);
}

static void handle_at_store(struct world *world, struct candidate *candidate)
{
    candidate->done = true;
    candidate->at_ms = world->now_ms + far_rand_below(&world->rand, 30);
    if (candidate->write) {
        candidate->err = candidate->expected == world->revision ? FAR_OK : FAR_ECONFLICT;
        if (candidate->err == FAR_OK) {
            world->revision++;
            world->owner_life = candidate->life;
        }
    } else {
        candidate->err = FAR_OK;
        candidate->held = world->owner_life != 0;
        candidate->ours = world->owner_life == candidate->life;
    }
    candidate->revision = world->revision;
    if (far_rand_chance(&world->rand, 100)) candidate->at_ms = UINT64_MAX; /* the answer is lost */
}

static void answer(struct world *world, struct candidate *candidate, enum far_err err)
{
    uint64_t own_ms = world->now_ms + candidate->offset_ms;
    candidate->flying = false;
    if (candidate->write)
        far_lease_core_written(&candidate->core, own_ms, err, candidate->revision);
    else if (err == FAR_OK)
        far_lease_core_seen(&candidate->core, own_ms, candidate->revision, candidate->held, candidate->ours);
    else
        far_lease_core_read_failed(&candidate->core, own_ms);
}

static void turn(struct world *world, struct candidate *candidate)
{
    uint64_t own_ms = world->now_ms + candidate->offset_ms;
    if (candidate->dead) {
        if (world->now_ms >= candidate->revive_at_ms) revive(world, candidate);
        return;
    }
    if (candidate->flying && !candidate->done && world->now_ms >= candidate->at_ms)
        handle_at_store(world, candidate);
    if (candidate->flying && candidate->done && world->now_ms >= candidate->at_ms)
        answer(world, candidate, candidate->err);
    if (candidate->flying && candidate->done && world->now_ms >= candidate->give_up_at_ms)
        answer(world, candidate, FAR_ETIMEOUT); /* handled, but nobody told us */
    enum far_lease_action action = far_lease_core_next(&candidate->core, own_ms, &candidate->expected);
    if (action == FAR_LEASE_WAIT) return;
    candidate->flying = true;
    candidate->done = false;
    candidate->write = action == FAR_LEASE_WRITE;
    /* Some take long, past every deadline of the lease. */
    candidate->at_ms =
        world->now_ms + far_rand_below(&world->rand, far_rand_chance(&world->rand, 30) ? 4000 : 40);
    candidate->give_up_at_ms = world->now_ms + 500;
}

static bool believes(const struct world *world, const struct candidate *candidate)
{
    uint64_t own_ms = world->now_ms + candidate->offset_ms;
    return !candidate->dead && candidate->core.owner &&
           own_ms < candidate->core.renewed_at_ms + candidate->core.step_down_ms;
}

static int owners(const struct world *world, int *ret_owner)
{
    int count = 0;
    for (int i = 0; i < CANDIDATES; i++) {
        if (!believes(world, &world->candidates[i])) continue;
        count++;
        *ret_owner = i;
    }
    return count;
}

static void there_are_never_two_owners_and_one_comes_back(void **state)
{
    (void)state;
    unsigned terms = 0;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct world world = {.last_owner = -1};
        far_rand_init(&world.rand, seed);
        for (int i = 0; i < CANDIDATES; i++)
            revive(&world, &world.candidates[i]);
        uint64_t ownerless_since_ms = 0;
        for (; world.now_ms < 120000; world.now_ms++) {
            int owner = -1;
            for (int i = 0; i < CANDIDATES; i++)
                turn(&world, &world.candidates[i]);
            int count = owners(&world, &owner);
            assert_true(count <= 1);
            if (count == 1) {
                if (owner != world.last_owner) terms++;
                world.last_owner = owner;
                ownerless_since_ms = world.now_ms;
                if (far_rand_below(&world.rand, 15000) == 0) { /* kill it */
                    world.candidates[owner].dead = true;
                    world.candidates[owner].revive_at_ms = world.now_ms + far_rand_below(&world.rand, 4000);
                }
            }
            assert_true(world.now_ms - ownerless_since_ms < 20000); /* even with lost answers in a row */
        }
    }
    assert_true(terms > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_there_is_taken_at_once_and_renewed),
        cmocka_unit_test(a_living_owner_is_left_alone_a_silent_one_replaced),
        cmocka_unit_test(a_lease_given_up_is_taken_at_the_next_look),
        cmocka_unit_test(an_unclear_write_is_looked_up),
        cmocka_unit_test(there_are_never_two_owners_and_one_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
