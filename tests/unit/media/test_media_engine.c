/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's life, its limits, and endpoints that change threads under fire. */
#include "far/rand.h"
#include "media_rig.h"
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

static struct rig rig;

static void nothing(void *context, const struct media_event *event)
{
    (void)context;
    (void)event;
}

static void bad_configurations_say_what_is_wrong(void **state)
{
    (void)state;
    const struct media_config good = {.listen_ip = "127.0.0.1",
                                      .port_min = RIG_PORT_MIN,
                                      .port_max = RIG_PORT_MAX,
                                      .threads = 1,
                                      .emit = nothing};
    struct media_config bad[7] = {good, good, good, good, good, good, good};
    static const char *const words[7] = {"listen_ip", "port_min",   "threads",     "music_file",
                                         "emit",      "music_file", "commands_max"};
    bad[0].listen_ip = "localhost";
    bad[1].port_max = RIG_PORT_MIN;
    bad[2].threads = 1000;
    bad[3].music_file = "../music.wav";
    bad[4].emit = NULL;
    bad[5].music_file = "missing.wav";
    bad[5].prompt_dir = "/tmp";
    bad[6].commands_max = 3;
    char text[MEDIA_TEXT_MAX];
    struct media_engine *engine = NULL;
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(media_engine_create(&bad[i], &engine, text), FAR_EINVAL);
        assert_non_null(strstr(text, words[i]));
        assert_null(engine);
    }
    assert_int_equal(media_engine_create(&good, &engine, text), FAR_OK);
    struct media_play play = {.play_id = 1, .files = {MEDIA_MUSIC}, .files_len = 1};
    struct sockaddr_in local;
    assert_int_equal(media_endpoint_open(engine, 1, 1, &local), FAR_OK);
    assert_int_equal(media_play(engine, 1, &play), FAR_EINVAL); /* there is no music */
    assert_null(media_engine_destroy(engine));
    assert_null(media_engine_destroy(NULL));
}

static void endpoints_are_bounded_and_their_ids_are_free_again(void **state)
{
    (void)state;
    struct sockaddr_in local;
    struct media_metrics metrics;
    rig_start(&rig, 2);
    assert_int_equal(media_endpoint_open(rig.engine, 0, 0, &local), FAR_EINVAL);
    for (uint64_t id = 1; id <= 40; id++)
        assert_int_equal(media_endpoint_open(rig.engine, id, id, &local), FAR_OK);
    assert_int_equal(media_endpoint_open(rig.engine, 40, 0, &local), FAR_EEXIST);
    assert_int_equal(media_endpoint_open(rig.engine, 41, 0, &local), FAR_EFULL);
    media_engine_metrics(rig.engine, &metrics);
    assert_int_equal(metrics.endpoints, 40);
    assert_int_equal(metrics.threads, 2);
    for (uint64_t id = 1; id <= 40; id++) {
        assert_int_equal(media_endpoint_close(rig.engine, id), FAR_OK);
        assert_int_equal(media_endpoint_close(rig.engine, id), FAR_ENOTFOUND);
        assert_int_equal(media_bridge(rig.engine, id, 77), FAR_ENOTFOUND);
        struct media_event event = rig_wait(&rig, MEDIA_EV_CLOSED, id);
        assert_true(event.stats.stats.opened_at_us > 0);
    }
    /* closed ones leave their ports to others */
    for (uint64_t id = 1; id <= 200; id++) {
        assert_int_equal(media_endpoint_open(rig.engine, 5, id, &local), FAR_OK);
        assert_int_equal(media_endpoint_close(rig.engine, 5), FAR_OK);
        (void)rig_wait(&rig, MEDIA_EV_CLOSED, 5);
    }
    media_engine_metrics(rig.engine, &metrics);
    assert_int_equal(metrics.endpoints, 0);
    rig_stop(&rig);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    struct phone a;
    rig_start(&rig, 1);
    phone_open(&rig, &a, 1, 1, FAR_CODEC_PCMA);
    struct media_remote remote = phone_remote(&a);
    remote.payload_type = 128;
    assert_int_equal(media_endpoint_set_remote(rig.engine, 1, &remote), FAR_EINVAL);
    remote.payload_type = 101; /* also that of the digits */
    assert_int_equal(media_endpoint_set_remote(rig.engine, 1, &remote), FAR_EINVAL);
    remote = phone_remote(&a);
    remote.codec = (enum far_codec)9;
    assert_int_equal(media_endpoint_set_remote(rig.engine, 1, &remote), FAR_EINVAL);
    assert_int_equal(media_bridge(rig.engine, 1, 1), FAR_EINVAL);
    assert_int_equal(media_digit_send(rig.engine, 1, '1', 1), FAR_EINVAL);
    assert_int_equal(media_endpoint_query(rig.engine, 2, 0), FAR_ENOTFOUND);
    for (int drop = 0; drop < MEDIA_DROP_COUNT; drop++)
        assert_true(strlen(media_drop_name((enum media_drop)drop)) > 2);
    phone_done(&a);
    rig_stop(&rig);
}

static void closing_ends_the_play_first_and_leaves_the_peer(void **state)
{
    (void)state;
    struct phone a, b;
    rig_start(&rig, 1);
    phone_open(&rig, &a, 1, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &b, 2, 1, FAR_CODEC_PCMA);
    struct media_play music = {.play_id = 5, .files = {MEDIA_MUSIC}, .files_len = 1, .loop = true};
    assert_int_equal(media_bridge(rig.engine, 1, 2), FAR_OK);
    assert_int_equal(media_play(rig.engine, 1, &music), FAR_OK);
    assert_int_equal(media_endpoint_close(rig.engine, 1), FAR_OK);
    struct media_event done = rig_wait(&rig, MEDIA_EV_PLAY_DONE, 1),
                       closed = rig_wait(&rig, MEDIA_EV_CLOSED, 1);
    assert_int_equal(done.play.cause, MEDIA_PLAY_STOPPED);
    assert_true(done.at_us <= closed.at_us);
    phone_say(&b, 1);
    assert_int_equal(rig_stats_received(&rig, 2, 1).tx_packets, 0);
    struct media_metrics metrics;
    media_engine_metrics(rig.engine, &metrics);
    assert_int_equal(metrics.bridges, 0);
    assert_int_equal(metrics.players, 0);
    assert_int_equal(metrics.dropped[MEDIA_DROP_UNBRIDGED], 1);
    phone_done(&a);
    phone_done(&b);
    rig_stop(&rig);
}

static void endpoints_of_two_threads_are_bridged_with_all_that_they_have(void **state)
{
    (void)state;
    struct phone a, b, c, left;
    struct heard heard;
    struct media_fork_local local;
    rig_start(&rig, 3);
    phone_open(&rig, &a, 1, 0, FAR_CODEC_PCMA);
    phone_open(&rig, &b, 2, 1, FAR_CODEC_PCMA);
    phone_open(&rig, &c, 3, 2, FAR_CODEC_PCMA);
    left = (struct phone){.codec = FAR_CODEC_PCMA};
    left.fd = socket_on_loopback(&left.address);
    const struct media_fork_stream to_left = {.address = left.address,
                                              .codec = FAR_CODEC_PCMA,
                                              .payload_type = 8},
                                   none = {.codec = FAR_CODEC_PCMA};
    struct media_play music = {.play_id = 5, .files = {MEDIA_MUSIC}, .files_len = 1, .loop = true};
    assert_int_equal(media_fork_open(rig.engine, 2, 9, &local), FAR_OK);
    assert_int_equal(media_fork(rig.engine, 2, 9, &to_left, &none), FAR_OK);
    assert_int_equal(media_play(rig.engine, 2, &music), FAR_OK);
    phone_expect(&b, far_alaw_encode(1000), &heard);
    /* b moves to a's thread, playing and recorded; what is said right afterwards takes effect in this order
     */
    assert_int_equal(media_bridge(rig.engine, 1, 2), FAR_OK);
    assert_int_equal(media_mute(rig.engine, 1, true), FAR_OK);
    assert_int_equal(media_mute(rig.engine, 1, false), FAR_OK);
    assert_int_equal(media_play_stop(rig.engine, 2, 5), FAR_OK);
    assert_int_equal(rig_wait(&rig, MEDIA_EV_PLAY_DONE, 2).play.cause, MEDIA_PLAY_STOPPED);
    (void)rig_stats(&rig, 1);
    phone_say(&a, 1);
    phone_expect(&b, 1, &heard);
    phone_say(&b, 2);
    phone_expect(&a, 2, &heard);
    phone_expect(&left, 2, &heard);
    /* a transfer: b goes to c's thread, a is alone */
    assert_int_equal(media_bridge(rig.engine, 3, 2), FAR_OK);
    (void)rig_stats(&rig, 2);
    phone_say(&c, 3);
    phone_expect(&b, 3, &heard);
    phone_say(&b, 4);
    phone_expect(&c, 4, &heard);
    phone_expect(&left, 4, &heard);
    assert_true(phone_silent(&a));
    struct media_metrics metrics;
    media_engine_metrics(rig.engine, &metrics);
    assert_int_equal(metrics.moves, 2);
    assert_int_equal(metrics.bridges, 1);
    assert_int_equal(metrics.forks, 1);
    phone_done(&a);
    phone_done(&b);
    phone_done(&c);
    phone_done(&left);
    rig_stop(&rig);
}

/* Commands at random on four threads; afterwards everything still works, and every play ended once. */
static void a_storm_of_commands_loses_nothing(void **state)
{
    (void)state;
    struct far_rand rand;
    struct phone phones[8];
    uint64_t plays = 0, ends = 0;
    far_rand_init(&rand, 42);
    rig_start(&rig, 4);
    for (size_t i = 0; i < 8; i++)
        phone_open(&rig, &phones[i], i + 1, i, FAR_CODEC_PCMA);
    for (unsigned step = 0; step < 3000; step++) {
        uint64_t id = 1 + far_rand_below(&rand, 8), other = 1 + far_rand_below(&rand, 8);
        struct media_play music = {.play_id = step + 1, .files = {MEDIA_MUSIC}, .files_len = 1, .loop = true};
        enum far_err err = FAR_OK;
        phone_say(&phones[id - 1], 1);
        switch (far_rand_below(&rand, 6)) {
        case 0:
        case 1:
            if (id != other) err = media_bridge(rig.engine, id, other);
            break;
        case 2:
            err = media_unbridge(rig.engine, id);
            break;
        case 3:
            err = media_play(rig.engine, id, &music);
            plays += err == FAR_OK;
            break;
        case 4:
            err = media_play_stop(rig.engine, id, 0);
            break;
        default:
            err = media_echo(rig.engine, id, step & 1);
            break;
        }
        assert_true(err == FAR_OK || err == FAR_EAGAIN);
    }
    for (uint64_t id = 1; id <= 8; id++) {
        while (media_endpoint_close(rig.engine, id) == FAR_EAGAIN) /* the backlog is bounded */
            (void)rig_has(&rig, MEDIA_EV_CLOSED, id);
        struct media_event closed = rig_wait(&rig, MEDIA_EV_CLOSED, id);
        assert_true(closed.stats.stats.rx_packets > 0);
        for (; rig_has(&rig, MEDIA_EV_PLAY_DONE, id); ends++)
            (void)rig_wait(&rig, MEDIA_EV_PLAY_DONE, id);
    }
    assert_int_equal(plays, ends);
    struct media_metrics metrics;
    media_engine_metrics(rig.engine, &metrics);
    assert_int_equal(metrics.endpoints, 0);
    assert_int_equal(metrics.bridges, 0);
    assert_int_equal(metrics.players, 0);
    assert_true(metrics.moves > 10);
    for (size_t i = 0; i < 8; i++)
        phone_done(&phones[i]);
    rig_stop(&rig);
}

static void an_engine_may_end_in_the_middle_of_everything(void **state)
{
    (void)state;
    struct media_fork_local local;
    for (unsigned round = 0; round < 10; round++) {
        struct phone a, b;
        rig_start(&rig, 2);
        rig_prompt(&rig, "cold.wav", 100, 80000);
        phone_open(&rig, &a, 1, 0, FAR_CODEC_PCMA);
        phone_open(&rig, &b, 2, 1, FAR_CODEC_PCMU);
        struct media_play cold = {.play_id = 5, .files = {"cold.wav"}, .files_len = 1, .loop = true};
        assert_int_equal(media_play(rig.engine, 1, &cold), FAR_OK);
        assert_int_equal(media_bridge(rig.engine, 1, 2), FAR_OK);
        assert_int_equal(media_fork_open(rig.engine, 2, 9, &local), FAR_OK);
        assert_int_equal(media_endpoint_close(rig.engine, 1), FAR_OK);
        rig_stop(&rig); /* the sanitizer sees what is left behind */
        phone_done(&a);
        phone_done(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_configurations_say_what_is_wrong),
        cmocka_unit_test(endpoints_are_bounded_and_their_ids_are_free_again),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(closing_ends_the_play_first_and_leaves_the_peer),
        cmocka_unit_test(endpoints_of_two_threads_are_bridged_with_all_that_they_have),
        cmocka_unit_test(a_storm_of_commands_loses_nothing),
        cmocka_unit_test(an_engine_may_end_in_the_middle_of_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
