/* SPDX-License-Identifier: Apache-2.0 */
/* The permissions that far-tables prints, on a server that enforces them, with nkeys: each role can do its
 * work through the library, and not another's. */
#include "far/buf.h"
#include "far/bus.h"
#include "far/kv.h"
#include "far/lease.h"
#include "far/metrics.h"
#include "far/nkey.h"
#include "far/stream.h"
#include "far/tables.h"
#include "far/test.h"
#include "farseat/v1/api_acd.pb-c.h"
#include "nats.h"
#include "turn.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const users[] = {"acd-1",     "edge-hq", "edge-branch", "recording-1", "ticketing",
                                    "analytics", "gateway", "farseatctl",  "observer"};
enum { ACD, HQ, BRANCH, RECORDING, TICKETING, ANALYTICS, GATEWAY, CTL, OBSERVER, USERS };

struct site {
    struct test_nats nats;
    struct far_loop *loop;
    struct far_bus *buses[USERS];
    char keys[USERS][64];
};

static bool all_connected(void *ctx)
{
    struct site *site = ctx;
    for (int i = 0; i < USERS; i++)
        if (far_bus_state(site->buses[i]) != FAR_BUS_CONNECTED) return false;
    return true;
}

static void write_key(struct site *site, int user, char public_key[FAR_NKEY_PUBLIC_SIZE])
{
    char seed[FAR_NKEY_SEED_SIZE];
    assert_int_equal(far_nkey_create(seed, public_key), FAR_OK);
    (void)snprintf(site->keys[user], sizeof(site->keys[user]), "/tmp/farseat-key-XXXXXX");
    int fd = mkstemp(site->keys[user]);
    assert_true(fd >= 0);
    assert_true(write(fd, seed, strlen(seed)) == (ssize_t)strlen(seed));
    close(fd);
}

static int set_up(void **state)
{
    struct site *site = calloc(1, sizeof(*site));
    struct far_buf config;
    far_buf_init(&config, 1 << 18);
    far_buf_add_text(&config, "accounts { FAR { jetstream: enabled, users: [\n");
    for (int i = 0; i < USERS; i++) {
        char public_key[FAR_NKEY_PUBLIC_SIZE];
        write_key(site, i, public_key);
        far_buf_addf(&config, "{ nkey: %s, permissions: ", public_key);
        assert_int_equal(far_permissions_print(users[i], &config), FAR_OK);
        far_buf_add_text(&config, "}\n");
    }
    far_buf_add_text(&config, "] } }\n");
    assert_int_equal(config.err, FAR_OK);
    test_nats_start(&site->nats, config.data);
    far_buf_done(&config);
    assert_int_equal(far_loop_create(NULL, &site->loop), FAR_OK);
    for (int i = 0; i < USERS; i++) {
        struct far_bus_config bus = {.url = site->nats.url, .name = users[i], .nkey_file = site->keys[i]};
        assert_int_equal(far_bus_connect(&bus, site->loop, &site->buses[i]), FAR_OK);
    }
    assert_true(test_turn_until(site->loop, all_connected, site, 10000));
    *state = site;
    return 0;
}

static int tear_down(void **state)
{
    struct site *site = *state;
    for (int i = 0; i < USERS; i++) {
        far_bus_destroy(site->buses[i]);
        unlink(site->keys[i]);
    }
    far_loop_destroy(site->loop);
    test_nats_stop(&site->nats);
    free(site);
    return 0;
}

struct ended {
    unsigned count;
    enum far_err err;
};

static bool over(void *ctx)
{
    return ((struct ended *)ctx)->count > 0;
}

static void on_done(void *ctx, enum far_err err, const char *text)
{
    struct ended *ended = ctx;
    (void)text;
    ended->count++;
    ended->err = err;
}

static enum far_err ensure_rows(struct site *site, int user, const struct far_stream_row *rows, size_t count)
{
    struct ended ended = {.count = 0};
    assert_int_equal(far_streams_ensure(site->buses[user], rows, count, on_done, &ended), FAR_OK);
    assert_true(test_turn_until(site->loop, over, &ended, 15000));
    return ended.err;
}

static enum far_err ensure(struct site *site, int user)
{
    return ensure_rows(site, user, FAR_STREAM_SHARED_ROWS, FAR_STREAM_SHARED_COUNT);
}

static void on_append(void *ctx, enum far_err err, uint64_t seq, bool duplicate)
{
    (void)seq;
    (void)duplicate;
    on_done(ctx, err, "");
}

/* The server's word about a violation comes on its own way: it is counted. */
static unsigned long denied_so_far(void)
{
    struct far_buf text;
    far_buf_init(&text, 1 << 20);
    far_metrics_text(&text);
    const char *at = strstr(text.data, "\nfarseat_bus_denied_total ");
    assert_non_null(at);
    unsigned long denied = strtoul(strchr(at + 1, ' '), NULL, 10);
    far_buf_done(&text);
    return denied;
}

static enum far_err append(struct site *site, int user, const char *subject)
{
    struct ended ended = {.count = 0};
    struct far_append what = {.subject = subject,
                              .data = "x",
                              .data_len = 1,
                              .last_subject_seq = FAR_SEQ_ANY,
                              .timeout_ms = 700,
                              .fn = on_append,
                              .ctx = &ended};
    assert_int_equal(far_append(site->buses[user], &what), FAR_OK);
    assert_true(test_turn_until(site->loop, over, &ended, 3000));
    return ended.err;
}

static void on_entry(void *ctx, const struct far_stream_entry *entry)
{
    struct ended *ended = ctx;
    (void)entry;
    ended->count++;
}

static bool can_read(struct site *site, int user, const char *stream)
{
    struct ended ended = {.count = 0};
    struct far_log_reader *reader = NULL;
    struct far_log_reader_config config = {.stream = stream, .entry_fn = on_entry, .ctx = &ended};
    assert_int_equal(far_log_reader_create(site->buses[user], &config, &reader), FAR_OK);
    bool read = test_turn_until(site->loop, over, &ended, 700);
    far_log_reader_destroy(reader);
    return read;
}

static void on_write(void *ctx, enum far_err err, uint64_t revision)
{
    (void)revision;
    on_done(ctx, err, "");
}

static enum far_err put(struct site *site, int user, const char *bucket, const char *key)
{
    struct ended ended = {.count = 0};
    struct far_kv_write what = {.bucket = bucket,
                                .key = key,
                                .mode = FAR_KV_PUT,
                                .data = "x",
                                .data_len = 1,
                                .timeout_ms = 700,
                                .fn = on_write,
                                .ctx = &ended};
    assert_int_equal(far_kv_write(site->buses[user], &what), FAR_OK);
    assert_true(test_turn_until(site->loop, over, &ended, 3000));
    return ended.err;
}

static void on_watch(void *ctx, enum far_kv_event event, const struct far_kv_entry *entry)
{
    struct ended *ended = ctx;
    if (event == FAR_KV_VALUE && entry->data_len == 1) ended->count++;
}

static bool can_watch(struct site *site, int user, const char *bucket)
{
    struct ended ended = {.count = 0};
    struct far_kv_watch *watch = NULL;
    assert_int_equal(far_kv_watch(site->buses[user], bucket, ">", on_watch, &ended, &watch), FAR_OK);
    bool seen = test_turn_until(site->loop, over, &ended, 700);
    far_kv_unwatch(watch);
    return seen;
}

static void logs_streams_and_buckets_are_for_those_who_need_them(void **state)
{
    struct site *site = *state;
    assert_int_not_equal(ensure(site, HQ), FAR_OK); /* an edge makes no stream */
    assert_int_equal(ensure(site, CTL), FAR_OK);
    assert_int_not_equal(ensure_rows(site, CTL, far_stream_rows, 1),
                         FAR_OK); /* the log is the ACD's own to make */
    assert_int_equal(ensure_rows(site, ACD, far_stream_rows, 1), FAR_OK);
    for (int i = 0; i < USERS; i++)
        assert_int_equal(ensure(site, i), FAR_OK); /* each may look, and finds all in order */

    assert_int_equal(append(site, HQ, "far.log.acd.main.edge-hq"), FAR_OK);
    assert_int_equal(append(site, ACD, "far.log.acd.main.acd-1"), FAR_OK);
    assert_int_equal(append(site, TICKETING, "far.rec.ticket"), FAR_OK);
    assert_int_equal(append(site, ACD, "far.evt.contact.created"), FAR_OK);
    assert_int_equal(append(site, RECORDING, "far.evt.recording.started"), FAR_OK);
    unsigned long denied = denied_so_far();
    assert_int_equal(append(site, BRANCH, "far.log.acd.main.edge-hq"), FAR_ETIMEOUT);
    assert_int_equal(append(site, GATEWAY, "far.log.acd.main.acd-1"), FAR_ETIMEOUT);
    assert_int_equal(append(site, RECORDING, "far.rec.contact"), FAR_ETIMEOUT);
    assert_true(denied_so_far() >= denied + 3);

    assert_true(can_read(site, ACD, "ACD_main"));
    assert_true(can_read(site, CTL, "ACD_main"));
    assert_true(can_read(site, ANALYTICS, "REC"));
    assert_true(can_read(site, TICKETING, "EVT"));
    assert_true(can_read(site, GATEWAY, "EVT"));
    assert_true(can_read(site, OBSERVER, "EVT"));
    assert_false(can_read(site, HQ, "ACD_main"));
    assert_false(can_read(site, GATEWAY, "REC"));

    assert_int_equal(put(site, HQ, "edges", "edge-hq"), FAR_OK);
    assert_int_equal(put(site, HQ, "edges", "edge-branch"), FAR_ETIMEOUT);
    assert_int_equal(put(site, ACD, "sip_users", "1001"), FAR_OK);
    assert_int_equal(put(site, ACD, "leases", "acd.main"), FAR_OK);
    assert_int_equal(put(site, ANALYTICS, "leases", "acd.main"), FAR_ETIMEOUT);
    assert_true(can_watch(site, BRANCH, "edges"));
    assert_true(can_watch(site, BRANCH, "sip_users"));
    assert_false(can_watch(site, GATEWAY, "sip_users"));
}

static void on_request(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    (void)ctx;
    far_bus_reply(request, message);
}

static void on_answer(void *ctx, const struct far_bus_answer *answer)
{
    on_done(ctx, answer->err, "");
}

static enum far_err ask(struct site *site, int user, const char *subject)
{
    struct ended ended = {.count = 0};
    struct far_bus_question question = {
        .subject = subject, .data = "", .timeout_ms = 700, .fn = on_answer, .ctx = &ended};
    assert_int_equal(far_bus_ask(site->buses[user], &question, NULL), FAR_OK);
    assert_true(test_turn_until(site->loop, over, &ended, 3000));
    return ended.err;
}

static struct far_bus_subscription *serve(struct site *site, int user, const char *subject)
{
    struct far_bus_subscription *subscription = NULL;
    struct far_bus_service service = {
        .subject = subject, .request_type = &farseat__v1__read_request__descriptor, .fn = on_request};
    assert_int_equal(far_bus_serve(site->buses[user], &service, &subscription), FAR_OK);
    return subscription;
}

static void services_answer_those_who_may_ask(void **state)
{
    struct site *site = *state;
    struct far_bus_subscription *acd = serve(site, ACD, "far.api.acd.QueueList");
    struct far_bus_subscription *recording = serve(site, RECORDING, "far.api.recording.Read.recording-1");
    struct far_bus_subscription *edge = serve(site, HQ, "far.cmd.edge.edge-hq");
    struct far_bus_subscription *impostor = serve(site, BRANCH, "far.cmd.edge.edge-hq");
    test_turn_for(site->loop, 200);
    assert_int_equal(ask(site, GATEWAY, "far.api.acd.QueueList"), FAR_OK);
    assert_int_equal(ask(site, CTL, "far.api.acd.QueueList"), FAR_OK);
    assert_int_equal(ask(site, ANALYTICS, "far.api.acd.QueueList"), FAR_OK);
    assert_int_equal(ask(site, GATEWAY, "far.api.recording.Read.recording-1"), FAR_OK);
    assert_int_equal(ask(site, ACD, "far.cmd.edge.edge-hq"), FAR_OK);
    assert_int_equal(ask(site, GATEWAY, "far.cmd.edge.edge-hq"), FAR_ETIMEOUT);
    assert_int_equal(ask(site, RECORDING, "far.api.acd.QueueList"), FAR_ETIMEOUT);
    assert_int_equal(ask(site, OBSERVER, "far.api.acd.QueueList"), FAR_ETIMEOUT);
    edge = far_bus_unsubscribe(edge);
    test_turn_for(site->loop, 200);
    assert_int_equal(ask(site, ACD, "far.cmd.edge.edge-hq"),
                     FAR_EUNAVAILABLE); /* nobody else took its place */
    far_bus_unsubscribe(acd);
    far_bus_unsubscribe(recording);
    far_bus_unsubscribe(impostor);
}

static void a_stranger_is_not_let_in(void **state)
{
    struct site *site = *state;
    struct far_bus *bus = NULL;
    char public_key[FAR_NKEY_PUBLIC_SIZE];
    struct site other = {.loop = site->loop};
    write_key(&other, 0, public_key);
    struct far_bus_config config = {.url = site->nats.url, .name = "acd-1", .nkey_file = other.keys[0]};
    assert_int_equal(far_bus_connect(&config, site->loop, &bus), FAR_OK);
    test_turn_for(site->loop, 1500);
    assert_int_equal(far_bus_state(bus), FAR_BUS_CONNECTING);
    far_bus_destroy(bus);
    unlink(other.keys[0]);
    config.nkey_file = other.keys[0];
    assert_int_equal(far_bus_connect(&config, site->loop, &bus), FAR_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(logs_streams_and_buckets_are_for_those_who_need_them, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(services_answer_those_who_may_ask, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stranger_is_not_let_in, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
