/* SPDX-License-Identifier: Apache-2.0 */
/* Streams against a real server that is killed and restarted in the middle: what a producer pushed is on the
 * log in order and read in order, each entry once; gaps and lost logs are told. */
#include "far/bus.h"
#include "far/clock.h"
#include "far/stream.h"
#include "far/tables.h"
#include "far/test.h"
#include "nats.h"
#include "turn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECT "far.log.acd.main.edge-hq"

static const struct far_stream_row small_rows[] = {
    {.name = "ACD_main",
     .subjects = "far.log.acd.main.>",
     .discard = FAR_DISCARD_NEW,
     .age_h_max = 24,
     .size_mib_max = 64,
     .msg_kib_max = 64,
     .text = ""},
};
/* Another process's stream with room for hardly anything. */
static const struct far_stream_row tiny_rows[] = {
    {.name = "REC",
     .subjects = "far.rec.>",
     .discard = FAR_DISCARD_NEW,
     .size_mib_max = 1,
     .msg_kib_max = 300,
     .text = ""},
};

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

/* Kill the server, remove its data or not, start it again and wait for the connection. */
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

struct ended {
    bool over;
    enum far_err err;
    uint64_t seq;
    bool duplicate;
    char text[128];
    struct far_stream_info info;
    struct far_stream_entry entry;
    char data[64];
};

static bool over(void *ctx)
{
    return ((struct ended *)ctx)->over;
}

static void on_done(void *ctx, enum far_err err, const char *text)
{
    struct ended *ended = ctx;
    ended->over = true;
    ended->err = err;
    (void)snprintf(ended->text, sizeof(ended->text), "%s", text);
}

static void ensure(struct site *site, const struct far_stream_row *rows, size_t count)
{
    struct ended ended = {.over = false};
    assert_int_equal(far_streams_ensure(site->bus, rows, count, on_done, &ended), FAR_OK);
    assert_true(test_turn_until(site->loop, over, &ended, 10000));
    if (ended.err != FAR_OK) fail_msg("%s", ended.text);
}

static int set_up(void **state)
{
    struct site *site = calloc(1, sizeof(*site));
    test_nats_start(&site->nats, NULL);
    assert_int_equal(far_loop_create(NULL, &site->loop), FAR_OK);
    struct far_bus_config config = {.url = site->nats.url, .name = "acd-1"};
    assert_int_equal(far_bus_connect(&config, site->loop, &site->bus), FAR_OK);
    assert_true(test_turn_until(site->loop, connected, site, 5000));
    ensure(site, small_rows, 1);
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

/* ---- A reader that checks -------------------------------------------------------------------------------
 */

struct seen {
    uint64_t last_seq;    /* of the stream */
    uint64_t last_number; /* accepted, as the core does: last + 1 only */
    uint64_t entries, skipped;
    int64_t last_stamp_ns;
    unsigned caught_up, gaps, ahead;
    uint64_t event_seq;
    uint64_t wanted_number; /* for numbers_seen() */
    struct far_log_reader *reader;
    uint64_t pause_each; /* 0: never */
    bool *busy;
};

static void on_entry(void *ctx, const struct far_stream_entry *entry)
{
    struct seen *seen = ctx;
    uint64_t number = 0;
    assert_true(entry->seq > seen->last_seq); /* each once, in order */
    assert_true(entry->stamp_ns >= seen->last_stamp_ns);
    assert_true(entry->stamp_ns > 1600000000000000000); /* this century */
    seen->last_seq = entry->seq;
    seen->last_stamp_ns = entry->stamp_ns;
    seen->entries++;
    assert_string_equal(entry->subject, SUBJECT);
    assert_true(entry->data_len >= sizeof(number));
    memcpy(&number, entry->data, sizeof(number));
    if (number == seen->last_number + 1)
        seen->last_number = number;
    else {
        assert_true(number <= seen->last_number || number > seen->last_number + 1);
        seen->skipped++;
    }
    if (seen->pause_each && seen->entries % seen->pause_each == 0) far_log_reader_pause(seen->reader);
}

static void on_event(void *ctx, enum far_log_event event, uint64_t seq)
{
    struct seen *seen = ctx;
    seen->event_seq = seq;
    if (event == FAR_LOG_CAUGHT_UP) seen->caught_up++;
    if (event == FAR_LOG_GAP) {
        seen->gaps++;
        seen->last_number = seq - 1; /* these tests write numbers equal to sequences before a purge */
    }
    if (event == FAR_LOG_AHEAD) seen->ahead++;
}

static void read_from(struct site *site, uint64_t seq, struct seen *seen)
{
    struct far_log_reader_config config = {.stream = "ACD_main",
                                           .start = FAR_LOG_FROM_SEQ,
                                           .start_seq = seq,
                                           .entry_fn = on_entry,
                                           .event_fn = on_event,
                                           .ctx = seen};
    assert_int_equal(far_log_reader_create(site->bus, &config, &seen->reader), FAR_OK);
}

static bool numbers_seen(void *ctx)
{
    struct seen *seen = ctx;
    return seen->last_number >= seen->wanted_number;
}
static bool caught_up(void *ctx)
{
    return ((struct seen *)ctx)->caught_up > 0;
}

/* ---- A producer ------------------------------------------------------------------------------------------
 */

struct producer {
    struct far_appender *appender;
    uint64_t acked;
    uint64_t acked_seq;
};

static void on_acked(void *ctx, uint64_t number, uint64_t seq)
{
    struct producer *producer = ctx;
    assert_int_equal(number, producer->acked + 1); /* each once, ascending */
    producer->acked = number;
    producer->acked_seq = seq;
}

static void produce_with(struct site *site, struct producer *producer, uint32_t count_max)
{
    struct far_appender_config config = {.subject = SUBJECT,
                                         .id = "edge-hq.life1",
                                         .first_number = 1,
                                         .count_max = count_max,
                                         .bytes_max = 1 << 24,
                                         .acked_fn = on_acked,
                                         .ctx = producer};
    memset(producer, 0, sizeof(*producer));
    assert_int_equal(far_appender_create(site->bus, &config, &producer->appender), FAR_OK);
}

static enum far_err push(struct producer *producer)
{
    uint8_t payload[200] = {0};
    uint64_t number = far_appender_next_number(producer->appender);
    memcpy(payload, &number, sizeof(number));
    return far_appender_push(producer->appender, payload, sizeof(payload), NULL);
}

static bool all_acked(void *ctx)
{
    struct producer *producer = ctx;
    return producer->acked + 1 == far_appender_next_number(producer->appender);
}

/* ---- Tests -----------------------------------------------------------------------------------------------
 */

static void kills_lose_nothing_double_nothing_and_keep_order(void **state)
{
    struct site *site = *state;
    struct producer producer;
    struct seen seen = {.entries = 0};
    produce_with(site, &producer, 20000);
    read_from(site, 1, &seen);
    assert_true(test_turn_until(site->loop, caught_up, &seen, 5000));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1500; i++)
            assert_int_equal(push(&producer), FAR_OK);
        test_turn_for(site->loop, 10); /* in the middle of it */
        uint64_t acked = producer.acked;
        test_nats_kill(&site->nats);
        for (int i = 0; i < 500; i++)
            assert_int_equal(push(&producer), FAR_OK); /* kept while it is away */
        test_turn_for(site->loop, 200);
        assert_true(producer.acked < far_appender_next_number(producer.appender) - 1);
        assert_true(producer.acked >= acked);
        test_nats_restart(&site->nats);
        assert_true(test_turn_until(site->loop, all_acked, &producer, 20000));
    }
    seen.wanted_number = producer.acked;
    assert_int_equal(producer.acked, 6000);
    assert_true(test_turn_until(site->loop, numbers_seen, &seen, 10000));
    assert_int_equal(seen.last_number, 6000);
    assert_int_equal(seen.gaps, 0);
    assert_int_equal(seen.ahead, 0);

    /* Whoever begins later reads the same. */
    struct seen later = {.wanted_number = 6000};
    read_from(site, 1, &later);
    assert_true(test_turn_until(site->loop, numbers_seen, &later, 10000));
    assert_true(test_turn_until(site->loop, caught_up, &later, 5000));
    assert_int_equal(later.entries, seen.entries);
    assert_int_equal(later.event_seq, later.last_seq);
    far_log_reader_destroy(later.reader);
    far_log_reader_destroy(seen.reader);
    far_appender_destroy(producer.appender);
}

static void frozen_server_delays_and_loses_nothing(void **state)
{
    struct site *site = *state;
    struct producer producer;
    struct seen seen = {.wanted_number = 2000};
    produce_with(site, &producer, 20000);
    read_from(site, 1, &seen);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(push(&producer), FAR_OK);
    test_turn_for(site->loop, 5);
    test_nats_freeze(&site->nats);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(push(&producer), FAR_OK);
    test_turn_for(site->loop, 2600); /* beyond the time-out for acknowledgements: it rewinds */
    test_nats_thaw(&site->nats);
    assert_true(test_turn_until(site->loop, all_acked, &producer, 20000));
    assert_true(test_turn_until(site->loop, numbers_seen, &seen, 20000));
    assert_int_equal(seen.last_number, 2000);
    far_log_reader_destroy(seen.reader);
    far_appender_destroy(producer.appender);
}

static void ring_is_bounded(void **state)
{
    struct site *site = *state;
    struct producer producer;
    produce_with(site, &producer, 100);
    test_nats_kill(&site->nats);
    unsigned kept = 0;
    while (push(&producer) == FAR_OK)
        kept++;
    assert_int_equal(kept, 100);
    assert_int_equal(push(&producer), FAR_EFULL);
    assert_int_equal(far_appender_next_number(producer.appender), 101); /* a refused push uses no number */
    test_nats_restart(&site->nats);
    assert_true(test_turn_until(site->loop, all_acked, &producer, 20000));
    assert_int_equal(push(&producer), FAR_OK);
    assert_true(test_turn_until(site->loop, all_acked, &producer, 5000));
    far_appender_destroy(producer.appender);
}

static bool paused_entries(void *ctx)
{
    struct seen *seen = ctx;
    return seen->entries >= seen->pause_each;
}

static void paused_reader_waits_and_goes_on(void **state)
{
    struct site *site = *state;
    struct producer producer;
    struct seen seen = {.wanted_number = 3000, .pause_each = 700};
    produce_with(site, &producer, 20000);
    for (int i = 0; i < 3000; i++)
        assert_int_equal(push(&producer), FAR_OK);
    assert_true(test_turn_until(site->loop, all_acked, &producer, 10000));
    read_from(site, 1, &seen);
    assert_true(test_turn_until(site->loop, paused_entries, &seen, 5000));
    test_turn_for(site->loop, 300);
    assert_int_equal(seen.entries, 700);
    seen.pause_each = 0;
    far_log_reader_resume(seen.reader);
    assert_true(test_turn_until(site->loop, numbers_seen, &seen, 5000));
    assert_true(test_turn_until(site->loop, caught_up, &seen, 5000));
    assert_int_equal(seen.entries, 3000);
    far_log_reader_destroy(seen.reader);
    far_appender_destroy(producer.appender);
}

static void on_info(void *ctx, enum far_err err, const struct far_stream_info *info)
{
    struct ended *ended = ctx;
    ended->over = true;
    ended->err = err;
    if (info) ended->info = *info;
}

static void on_get(void *ctx, enum far_err err, const struct far_stream_entry *entry)
{
    struct ended *ended = ctx;
    ended->over = true;
    ended->err = err;
    if (entry) ended->entry = *entry;
}

static bool gap_seen(void *ctx)
{
    struct seen *seen = ctx;
    return seen->gaps > 0 && seen->caught_up > 0;
}

static void purge_is_a_gap_and_single_entries_can_be_read(void **state)
{
    struct site *site = *state;
    struct producer producer;
    struct ended ended = {.over = false};
    produce_with(site, &producer, 1000);
    for (int i = 0; i < 50; i++)
        assert_int_equal(push(&producer), FAR_OK);
    assert_true(test_turn_until(site->loop, all_acked, &producer, 5000));
    assert_int_equal(far_stream_purge(site->bus, "ACD_main", NULL, 41, on_done, &ended), FAR_OK);
    assert_true(test_turn_until(site->loop, over, &ended, 5000));
    assert_int_equal(ended.err, FAR_OK);

    memset(&ended, 0, sizeof(ended));
    assert_int_equal(far_stream_get_info(site->bus, "ACD_main", on_info, &ended), FAR_OK);
    assert_true(test_turn_until(site->loop, over, &ended, 5000));
    assert_int_equal(ended.info.first_seq, 41);
    assert_int_equal(ended.info.last_seq, 50);
    assert_int_equal(ended.info.msgs, 10);
    assert_true(ended.info.created_ns > 0);

    memset(&ended, 0, sizeof(ended));
    assert_int_equal(far_stream_get(site->bus, "ACD_main", 45, NULL, on_get, &ended), FAR_OK);
    assert_true(test_turn_until(site->loop, over, &ended, 5000));
    assert_int_equal(ended.err, FAR_OK);
    assert_int_equal(ended.entry.seq, 45);
    assert_true(ended.entry.stamp_ns > 1600000000000000000);
    memset(&ended, 0, sizeof(ended));
    assert_int_equal(far_stream_get(site->bus, "ACD_main", 0, SUBJECT, on_get, &ended), FAR_OK);
    assert_true(test_turn_until(site->loop, over, &ended, 5000));
    assert_int_equal(ended.entry.seq, 50);
    memset(&ended, 0, sizeof(ended));
    assert_int_equal(far_stream_get(site->bus, "ACD_main", 7, NULL, on_get, &ended), FAR_OK);
    assert_true(test_turn_until(site->loop, over, &ended, 5000));
    assert_int_equal(ended.err, FAR_ENOTFOUND);

    struct seen seen = {.entries = 0};
    read_from(site, 1, &seen);
    assert_true(test_turn_until(site->loop, gap_seen, &seen, 5000));
    assert_int_equal(seen.last_number, 50);
    assert_int_equal(seen.entries, 10);
    far_log_reader_destroy(seen.reader);
    far_appender_destroy(producer.appender);
}

static bool ahead(void *ctx)
{
    return ((struct seen *)ctx)->ahead > 0;
}

static void lost_log_is_told(void **state)
{
    struct site *site = *state;
    struct producer producer;
    struct seen seen = {.wanted_number = 50};
    produce_with(site, &producer, 1000);
    for (int i = 0; i < 50; i++)
        assert_int_equal(push(&producer), FAR_OK);
    read_from(site, 1, &seen);
    assert_true(test_turn_until(site->loop, numbers_seen, &seen, 5000));
    far_appender_destroy(producer.appender);

    struct seen beyond = {.entries = 0}; /* whoever comes from a longer log */
    read_from(site, 1000, &beyond);
    assert_true(test_turn_until(site->loop, ahead, &beyond, 5000));
    assert_int_equal(beyond.event_seq, 50);
    far_log_reader_destroy(beyond.reader);

    bounce(site, true);
    ensure(site, small_rows, 1);
    produce_with(site, &producer, 1000);
    for (int i = 0; i < 60; i++) /* longer than the old one: only its birth tells them apart */
        assert_int_equal(push(&producer), FAR_OK);
    assert_true(test_turn_until(site->loop, all_acked, &producer, 5000));
    assert_true(test_turn_until(site->loop, ahead, &seen, 15000));
    assert_int_equal(seen.entries, 50);
    far_log_reader_destroy(seen.reader);
    far_appender_destroy(producer.appender);
}

static void on_append(void *ctx, enum far_err err, uint64_t seq, bool duplicate)
{
    struct ended *ended = ctx;
    ended->over = true;
    ended->err = err;
    ended->seq = seq;
    ended->duplicate = duplicate;
}

static struct ended append(struct site *site, const char *subject, const char *id, size_t len, uint64_t last)
{
    static const char bytes[256 * 1024];
    struct ended ended = {.over = false};
    struct far_append what = {.subject = subject,
                              .msg_id = id,
                              .data = bytes,
                              .data_len = len,
                              .last_subject_seq = last,
                              .timeout_ms = 3000,
                              .fn = on_append,
                              .ctx = &ended};
    assert_int_equal(far_append(site->bus, &what), FAR_OK);
    assert_true(test_turn_until(site->loop, over, &ended, 5000));
    return ended;
}

static void single_appends_tell_duplicates_conflicts_and_a_full_stream(void **state)
{
    struct site *site = *state;
    ensure(site, tiny_rows, 1);
    struct ended first = append(site, "far.rec.contact", "a", 10, FAR_SEQ_ANY);
    assert_int_equal(first.err, FAR_OK);
    assert_false(first.duplicate);
    struct ended again = append(site, "far.rec.contact", "a", 10, FAR_SEQ_ANY);
    assert_int_equal(again.err, FAR_OK);
    assert_true(again.duplicate);
    assert_int_equal(again.seq, first.seq);
    assert_int_equal(append(site, "far.rec.contact", "b", 10, first.seq + 5).err, FAR_ECONFLICT);
    assert_int_equal(append(site, "far.rec.ticket", "c", 10, 0).err, FAR_OK); /* it had none */
    assert_int_equal(append(site, "far.nowhere", "d", 10, FAR_SEQ_ANY).err, FAR_EUNAVAILABLE);
    enum far_err err = FAR_OK;
    for (int i = 0; i < 8 && err == FAR_OK; i++)
        err = append(site, "far.rec.contact", NULL, 250 * 1024, FAR_SEQ_ANY).err;
    assert_int_equal(err, FAR_EFULL); /* refuses new ones rather than drop old ones */
    ensure(site, tiny_rows, 1);       /* and is as it should be */
}

static void all_streams_of_the_tables_can_be_made_twice(void **state)
{
    struct site *site = *state;
    struct ended ended = {.over = false};
    ensure(site, far_stream_rows, FAR_STREAM_COUNT); /* changes the small ACD_main too */
    ensure(site, far_stream_rows, FAR_STREAM_COUNT);
    bounce(site, false);
    for (size_t i = 0; i < FAR_STREAM_COUNT; i++) {
        memset(&ended, 0, sizeof(ended));
        assert_int_equal(far_stream_get_info(site->bus, far_stream_rows[i].name, on_info, &ended), FAR_OK);
        assert_true(test_turn_until(site->loop, over, &ended, 5000));
        assert_int_equal(ended.err, FAR_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(kills_lose_nothing_double_nothing_and_keep_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(frozen_server_delays_and_loses_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(ring_is_bounded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(paused_reader_waits_and_goes_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(purge_is_a_gap_and_single_entries_can_be_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lost_log_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(single_appends_tell_duplicates_conflicts_and_a_full_stream, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(all_streams_of_the_tables_can_be_made_twice, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
