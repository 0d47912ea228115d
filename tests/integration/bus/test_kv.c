/* SPDX-License-Identifier: Apache-2.0 */
/* Key-value buckets and leases against a real server that is killed and restarted. */
#include "far/bus.h"
#include "far/clock.h"
#include "far/kv.h"
#include "far/lease.h"
#include "far/stream.h"
#include "far/tables.h"
#include "far/test.h"
#include "nats.h"
#include "turn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEASE_MS 1000u

struct site {
    struct test_nats nats;
    struct far_loop *loop;
    struct far_bus *bus;
};

static bool connected(void *ctx)
{
    return far_bus_state(((struct site *)ctx)->bus) == FAR_BUS_CONNECTED;
}
static bool disconnected(void *ctx)
{
    return !connected(ctx);
}

struct ended {
    bool over;
    enum far_err err;
    uint64_t revision;
    char data[64];
};

static bool over(void *ctx)
{
    return ((struct ended *)ctx)->over;
}

static void on_done(void *ctx, enum far_err err, const char *text)
{
    struct ended *ended = ctx;
    (void)text;
    ended->over = true;
    ended->err = err;
}

static void make_buckets(struct site *site)
{
    struct ended ended = {.over = false};
    assert_int_equal(far_streams_ensure(site->bus, far_stream_rows, FAR_STREAM_COUNT, on_done, &ended),
                     FAR_OK);
    assert_true(test_turn_until(site->loop, over, &ended, 10000));
    assert_int_equal(ended.err, FAR_OK);
}

static int set_up(void **state)
{
    struct site *site = calloc(1, sizeof(*site));
    test_nats_start(&site->nats, NULL);
    assert_int_equal(far_loop_create(NULL, &site->loop), FAR_OK);
    struct far_bus_config config = {.url = site->nats.url, .name = "acd-1"};
    assert_int_equal(far_bus_connect(&config, site->loop, &site->bus), FAR_OK);
    assert_true(test_turn_until(site->loop, connected, site, 5000));
    make_buckets(site);
    *state = site;
    return 0;
}

static int tear_down(void **state)
{
    struct site *site = *state;
    far_bus_destroy(site->bus);
    far_loop_destroy(site->loop);
    test_nats_stop(&site->nats);
    free(site);
    return 0;
}

static void bounce(struct site *site, bool lose_data)
{
    char command[128];
    test_nats_kill(&site->nats);
    assert_true(test_turn_until(site->loop, disconnected, site, 5000));
    (void)snprintf(command, sizeof(command), "rm -rf %s/data", site->nats.dir);
    if (lose_data) assert_int_equal(system(command), 0);
    test_nats_restart(&site->nats);
    assert_true(test_turn_until(site->loop, connected, site, 10000));
}

/* ---- Writing and reading ---------------------------------------------------------------------------------
 */

static void on_write(void *ctx, enum far_err err, uint64_t revision)
{
    struct ended *ended = ctx;
    ended->over = true;
    ended->err = err;
    ended->revision = revision;
}

static struct ended put(struct site *site, const char *key, enum far_kv_mode mode, const char *value,
                        uint64_t revision)
{
    struct ended ended = {.over = false};
    struct far_kv_write write = {.bucket = "edges",
                                 .key = key,
                                 .mode = mode,
                                 .data = value,
                                 .data_len = strlen(value),
                                 .revision = revision,
                                 .fn = on_write,
                                 .ctx = &ended};
    assert_int_equal(far_kv_write(site->bus, &write), FAR_OK);
    assert_true(test_turn_until(site->loop, over, &ended, 5000));
    return ended;
}

static void on_get(void *ctx, enum far_err err, const struct far_kv_entry *entry)
{
    struct ended *ended = ctx;
    ended->over = true;
    ended->err = err;
    if (!entry) return;
    ended->revision = entry->revision;
    (void)snprintf(ended->data, sizeof(ended->data), "%s/%s=%.*s", entry->bucket, entry->key,
                   (int)entry->data_len, (const char *)entry->data);
}

static struct ended get(struct site *site, const char *key)
{
    struct ended ended = {.over = false};
    assert_int_equal(far_kv_get(site->bus, "edges", key, on_get, &ended), FAR_OK);
    assert_true(test_turn_until(site->loop, over, &ended, 5000));
    return ended;
}

static void compare_and_set_holds_through_a_restart(void **state)
{
    struct site *site = *state;
    assert_int_equal(get(site, "edge-hq").err, FAR_ENOTFOUND);
    struct ended first = put(site, "edge-hq", FAR_KV_CREATE, "one", 0);
    assert_int_equal(first.err, FAR_OK);
    assert_int_equal(put(site, "edge-hq", FAR_KV_CREATE, "two", 0).err, FAR_ECONFLICT);
    assert_int_equal(put(site, "edge-hq", FAR_KV_UPDATE, "two", first.revision + 1).err, FAR_ECONFLICT);
    struct ended second = put(site, "edge-hq", FAR_KV_UPDATE, "two", first.revision);
    assert_int_equal(second.err, FAR_OK);
    assert_true(second.revision > first.revision);
    bounce(site, false);
    struct ended got = get(site, "edge-hq");
    assert_int_equal(got.err, FAR_OK);
    assert_string_equal(got.data, "edges/edge-hq=two");
    assert_int_equal(got.revision, second.revision);
    assert_int_equal(put(site, "edge-hq", FAR_KV_DELETE, "", first.revision).err, FAR_ECONFLICT);
    assert_int_equal(put(site, "edge-hq", FAR_KV_DELETE, "", second.revision).err, FAR_OK);
    assert_int_equal(get(site, "edge-hq").err, FAR_ENOTFOUND);
    struct ended again = put(site, "edge-hq", FAR_KV_CREATE, "three", 0); /* over the tombstone */
    assert_int_equal(again.err, FAR_OK);
    assert_string_equal(get(site, "edge-hq").data, "edges/edge-hq=three");
    assert_int_equal(put(site, "edge-hq", FAR_KV_PUT, "", 0).err, FAR_OK); /* empty is a value */
    assert_string_equal(get(site, "edge-hq").data, "edges/edge-hq=");

    struct far_kv_write wrong = {.bucket = "edges", .key = "a b", .data = "", .fn = on_write, .ctx = &again};
    assert_int_equal(far_kv_write(site->bus, &wrong), FAR_EINVAL);
    wrong.key = "a.*";
    assert_int_equal(far_kv_write(site->bus, &wrong), FAR_EINVAL);
    wrong.key = ".a";
    assert_int_equal(far_kv_write(site->bus, &wrong), FAR_EINVAL);
}

/* ---- Watching --------------------------------------------------------------------------------------------
 */

struct watched {
    unsigned values, tombstones, current, resets;
    char last[64];
    unsigned wanted;
};

static void on_watch(void *ctx, enum far_kv_event event, const struct far_kv_entry *entry)
{
    struct watched *watched = ctx;
    if (event == FAR_KV_CURRENT) watched->current++;
    if (event == FAR_KV_RESET) watched->resets++;
    if (event != FAR_KV_VALUE) return;
    if (entry->deleted)
        watched->tombstones++;
    else
        watched->values++;
    (void)snprintf(watched->last, sizeof(watched->last), "%s=%.*s", entry->key, (int)entry->data_len,
                   (const char *)entry->data);
}

static bool enough_values(void *ctx)
{
    struct watched *watched = ctx;
    return watched->values >= watched->wanted && watched->current > 0;
}
static bool one_tombstone(void *ctx)
{
    return ((struct watched *)ctx)->tombstones == 1;
}
static bool reset_and_current(void *ctx)
{
    struct watched *watched = ctx;
    return watched->resets == 1 && watched->current == 2;
}

static void a_watch_tells_what_is_there_and_all_that_follows(void **state)
{
    struct site *site = *state;
    struct watched watched = {.wanted = 2};
    struct watched none = {.wanted = 0};
    struct far_kv_watch *watch = NULL;
    struct far_kv_watch *empty = NULL;
    assert_int_equal(put(site, "edge-a", FAR_KV_PUT, "old", 0).err, FAR_OK);
    assert_int_equal(put(site, "edge-a", FAR_KV_PUT, "new", 0).err, FAR_OK);
    assert_int_equal(put(site, "edge-b", FAR_KV_PUT, "b", 0).err, FAR_OK);
    assert_int_equal(far_kv_watch(site->bus, "edges", ">", on_watch, &watched, &watch), FAR_OK);
    assert_int_equal(far_kv_watch(site->bus, "trunks", ">", on_watch, &none, &empty), FAR_OK);
    assert_true(test_turn_until(site->loop, enough_values, &watched, 5000));
    assert_int_equal(watched.values, 2); /* only the last value of each key */
    assert_int_equal(watched.current, 1);
    assert_true(test_turn_until(site->loop, enough_values, &none, 5000)); /* an empty bucket is soon told */
    assert_int_equal(put(site, "edge-c", FAR_KV_PUT, "c", 0).err, FAR_OK);
    watched.wanted = 3;
    assert_true(test_turn_until(site->loop, enough_values, &watched, 5000));
    assert_string_equal(watched.last, "edge-c=c");
    bounce(site, false);
    assert_int_equal(put(site, "edge-b", FAR_KV_DELETE, "", 0).err, FAR_OK);
    assert_true(test_turn_until(site->loop, one_tombstone, &watched, 10000));
    test_turn_for(site->loop, 200);
    assert_int_equal(watched.values, 3); /* nothing twice */
    assert_int_equal(watched.current, 1);
    bounce(site, true);
    make_buckets(site);
    assert_int_equal(put(site, "edge-z", FAR_KV_PUT, "z", 0).err, FAR_OK);
    assert_true(test_turn_until(site->loop, reset_and_current, &watched, 15000));
    assert_string_equal(watched.last, "edge-z=z");
    far_kv_unwatch(watch);
    far_kv_unwatch(empty);
}

/* ---- Leases ----------------------------------------------------------------------------------------------
 */

#define CANDIDATES 3

struct candidate {
    struct far_bus *bus; /* a connection of its own, as another process has */
    struct far_lease *lease;
    bool owner;
    uint64_t since_ms;
};
struct election {
    struct site *site;
    struct candidate candidates[CANDIDATES];
    int but; /* one_owner(): another than this one; -1: any */
};

static void on_lease(void *ctx, bool owner, uint64_t revision)
{
    struct candidate *candidate = ctx;
    assert_true(revision > 0 || !owner);
    assert_true(candidate->owner != owner);
    candidate->owner = owner;
    candidate->since_ms = far_clock_mono_ms();
}

static int owner_of(struct election *election)
{
    int owner = -1;
    for (int i = 0; i < CANDIDATES; i++) {
        if (!election->candidates[i].lease || !far_lease_is_owner(election->candidates[i].lease)) continue;
        assert_int_equal(owner, -1); /* never two */
        owner = i;
    }
    return owner;
}

static bool one_owner(void *ctx)
{
    struct election *election = ctx;
    int owner = owner_of(election);
    return owner >= 0 && owner != election->but;
}
static bool no_owner(void *ctx)
{
    return owner_of(ctx) < 0;
}

static void join(struct election *election, int i)
{
    char owner[32];
    struct candidate *candidate = &election->candidates[i];
    (void)snprintf(owner, sizeof(owner), "acd-%d.%llu", i, (unsigned long long)far_clock_mono_us());
    struct far_bus_config bus = {.url = election->site->nats.url, .name = "acd-1"};
    assert_int_equal(far_bus_connect(&bus, election->site->loop, &candidate->bus), FAR_OK);
    struct far_lease_config config = {.bucket = FAR_BUCKET_LEASES,
                                      .key = FAR_LEASE_ACD,
                                      .owner = owner,
                                      .lease_ms = LEASE_MS,
                                      .fn = on_lease,
                                      .ctx = candidate};
    assert_int_equal(far_lease_create(candidate->bus, &config, &candidate->lease), FAR_OK);
}

static void leave(struct election *election, int i)
{
    election->candidates[i].lease = far_lease_destroy(election->candidates[i].lease);
    election->candidates[i].bus = far_bus_destroy(election->candidates[i].bus);
}

static void a_lease_has_one_owner_through_kills_and_freezes(void **state)
{
    struct election election = {.site = *state, .but = -1};
    struct far_loop *loop = election.site->loop;
    for (int i = 0; i < CANDIDATES; i++)
        join(&election, i);
    assert_true(test_turn_until(loop, one_owner, &election, 5000));
    int first = owner_of(&election);
    test_turn_for(loop, 3 * LEASE_MS + 100);      /* between two renewals: none is under way */
    assert_int_equal(owner_of(&election), first); /* it stays */

    uint64_t left_ms = far_clock_mono_ms();
    leave(&election, first); /* given up: taken within a renewal's time or two */
    assert_true(test_turn_until(loop, one_owner, &election, 5000));
    assert_true(far_clock_mono_ms() - left_ms < LEASE_MS);
    join(&election, first);

    test_nats_kill(&election.site->nats); /* nobody can renew: nobody owns */
    assert_true(test_turn_until(loop, no_owner, &election, LEASE_MS));
    test_turn_for(loop, LEASE_MS);
    test_nats_restart(&election.site->nats);
    assert_true(test_turn_until(loop, one_owner, &election, 10000));

    test_nats_freeze(&election.site->nats);
    assert_true(test_turn_until(loop, no_owner, &election, LEASE_MS));
    test_turn_for(loop, LEASE_MS / 2);
    test_nats_thaw(&election.site->nats);
    assert_true(test_turn_until(loop, one_owner, &election, 10000));
    test_turn_for(loop, 2 * LEASE_MS);
    assert_true(one_owner(&election));
    for (int i = 0; i < CANDIDATES; i++)
        if (election.candidates[i].bus) leave(&election, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(compare_and_set_holds_through_a_restart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_watch_tells_what_is_there_and_all_that_follows, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_lease_has_one_owner_through_kills_and_freezes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
