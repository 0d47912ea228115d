/* SPDX-License-Identifier: Apache-2.0 */
#include "far/clock.h"
#include "far/log.h"
#include "far/loop.h"
#include "far/test.h"
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct fixture {
    struct far_loop *loop;
    int count;
    int wanted;
    int order_faults;
    int last[4];
    uint64_t timer;
    bool on_other_thread;
};

static void open_loop(struct fixture *fixture, const struct far_loop_config *config)
{
    *fixture = (struct fixture){0};
    assert_int_equal(far_loop_create(config, &fixture->loop), FAR_OK);
}

struct message {
    struct fixture *fixture;
    int sender;
    int number;
};

static void on_message(void *arg)
{
    struct message *message = arg;
    struct fixture *fixture = message->fixture;
    if (message->number != fixture->last[message->sender] + 1) fixture->order_faults++;
    fixture->last[message->sender] = message->number;
    if (++fixture->count == fixture->wanted) far_loop_stop(fixture->loop);
    free(message);
}

struct sender {
    struct fixture *fixture;
    int id;
    int count;
};

static void *send_all(void *arg)
{
    struct sender *sender = arg;
    for (int i = 1; i <= sender->count;) {
        struct message *message = malloc(sizeof(*message));
        *message = (struct message){sender->fixture, sender->id, i};
        if (far_loop_post(sender->fixture->loop, on_message, message)) {
            free(message);
            sched_yield();
            continue;
        }
        i++;
    }
    return NULL;
}

static void threads_post_in_order_through_a_small_queue(void **state)
{
    struct far_loop_config config = {.post_max = 8};
    struct fixture fixture;
    struct sender senders[4];
    pthread_t threads[4];
    (void)state;
    open_loop(&fixture, &config);
    fixture.wanted = 4 * 2000;
    for (int i = 0; i < 4; i++) {
        senders[i] = (struct sender){&fixture, i, 2000};
        assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
    }
    far_loop_run(fixture.loop);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(fixture.count, fixture.wanted);
    assert_int_equal(fixture.order_faults, 0);
    assert_null(far_loop_destroy(fixture.loop));
}

static void count_up(void *arg)
{
    struct fixture *fixture = arg;
    fixture->count++;
}

static void a_full_queue_refuses_and_destroy_calls_the_rest(void **state)
{
    struct far_loop_config config = {.post_max = 3};
    struct fixture fixture;
    (void)state;
    open_loop(&fixture, &config);
    for (int i = 0; i < 3; i++)
        assert_int_equal(far_loop_post(fixture.loop, count_up, &fixture), FAR_OK);
    assert_int_equal(far_loop_post(fixture.loop, count_up, &fixture), FAR_EAGAIN);
    far_loop_destroy(fixture.loop);
    assert_int_equal(fixture.count, 3);
}

static void stop_loop(void *arg, uint64_t timer)
{
    struct fixture *fixture = arg;
    (void)timer;
    far_loop_stop(fixture->loop);
}

static void on_tick(void *arg, uint64_t timer)
{
    struct fixture *fixture = arg;
    assert_true(timer == fixture->timer);
    if (++fixture->count == 3) far_timer_stop(fixture->loop, timer);
}

static void must_not_fire(void *arg, uint64_t timer)
{
    (void)arg;
    (void)timer;
    fail_msg("a stopped timer fired");
}

static void timers(void **state)
{
    struct fixture fixture;
    uint64_t stopped = 0, begin_ms = far_clock_mono_ms();
    (void)state;
    open_loop(&fixture, NULL);
    assert_int_equal(far_timer_start(fixture.loop, 5, 5, on_tick, &fixture, &fixture.timer), FAR_OK);
    assert_int_equal(far_timer_start(fixture.loop, 1, 0, must_not_fire, NULL, &stopped), FAR_OK);
    far_timer_stop(fixture.loop, stopped);
    far_timer_stop(fixture.loop, stopped);
    far_timer_stop(fixture.loop, 0);
    assert_int_equal(far_timer_start(fixture.loop, 60, 0, stop_loop, &fixture, NULL), FAR_OK);
    assert_int_equal(far_timer_start(fixture.loop, 3600000, 0, must_not_fire, NULL, NULL), FAR_OK);
    far_loop_run(fixture.loop);
    assert_int_equal(fixture.count, 3);
    assert_true(far_clock_mono_ms() - begin_ms >= 59);
    far_loop_destroy(fixture.loop);
}

static void timers_are_limited(void **state)
{
    struct far_loop_config config = {.timer_max = 2};
    struct fixture fixture;
    uint64_t timer;
    (void)state;
    open_loop(&fixture, &config);
    assert_int_equal(far_timer_start(fixture.loop, 1000, 0, must_not_fire, NULL, &timer), FAR_OK);
    assert_int_equal(far_timer_start(fixture.loop, 1000, 0, must_not_fire, NULL, NULL), FAR_OK);
    assert_int_equal(far_timer_start(fixture.loop, 1000, 0, must_not_fire, NULL, NULL), FAR_EFULL);
    far_timer_stop(fixture.loop, timer);
    assert_int_equal(far_timer_start(fixture.loop, 1000, 0, must_not_fire, NULL, NULL), FAR_OK);
    far_loop_destroy(fixture.loop);
}

static void work_elsewhere(void *arg)
{
    struct fixture *fixture = arg;
    fixture->on_other_thread = !far_loop_is_mine(fixture->loop);
}

static void work_done(void *arg)
{
    struct fixture *fixture = arg;
    assert_true(far_loop_is_mine(fixture->loop));
    fixture->count++;
    far_loop_stop(fixture->loop);
}

static void work_leaves_the_loop_and_comes_back(void **state)
{
    struct fixture fixture;
    (void)state;
    open_loop(&fixture, NULL);
    assert_int_equal(far_loop_work(fixture.loop, work_elsewhere, work_done, &fixture), FAR_OK);
    far_loop_run(fixture.loop);
    assert_int_equal(fixture.count, 1);
    assert_true(fixture.on_other_thread);
    far_loop_destroy(fixture.loop);
}

static void work_is_limited_and_finished_by_destroy(void **state)
{
    struct far_loop_config config = {.work_max = 2};
    struct fixture fixture;
    (void)state;
    open_loop(&fixture, &config);
    assert_int_equal(far_loop_work(fixture.loop, work_elsewhere, work_done, &fixture), FAR_OK);
    assert_int_equal(far_loop_work(fixture.loop, work_elsewhere, work_done, &fixture), FAR_OK);
    assert_int_equal(far_loop_work(fixture.loop, work_elsewhere, work_done, &fixture), FAR_EAGAIN);
    far_loop_destroy(fixture.loop);
    assert_int_equal(fixture.count, 2);
}

static void free_handle(uv_handle_t *handle)
{
    free(handle);
}

static void post_from_post(void *arg)
{
    struct fixture *fixture = arg;
    fixture->count++;
    if (fixture->count < 5000)
        assert_int_equal(far_loop_post(fixture->loop, post_from_post, fixture), FAR_OK);
    else
        far_loop_stop(fixture->loop);
}

static void posts_from_posts_and_own_handles(void **state)
{
    struct fixture fixture;
    uv_timer_t *own = malloc(sizeof(*own));
    (void)state;
    open_loop(&fixture, NULL);
    (void)uv_timer_init(far_loop_uv(fixture.loop), own);
    assert_int_equal(far_loop_post(fixture.loop, post_from_post, &fixture), FAR_OK);
    far_loop_run(fixture.loop);
    assert_int_equal(fixture.count, 5000);
    assert_true(far_clock_mono_ms() - far_loop_alive_ms(fixture.loop) < 60000);
    uv_close((uv_handle_t *)own, free_handle);
    far_loop_destroy(fixture.loop); /* calls the close callback */
    assert_null(far_loop_destroy(NULL));
}

static void a_stop_before_the_run_counts(void **state)
{
    struct fixture fixture;
    (void)state;
    open_loop(&fixture, NULL);
    far_loop_stop(fixture.loop);
    far_loop_run(fixture.loop);
    assert_int_equal(far_timer_start(fixture.loop, 1, 0, stop_loop, &fixture, NULL), FAR_OK);
    far_loop_run(fixture.loop);
    assert_true(far_loop_now_ms(fixture.loop) > 0);
    far_loop_destroy(fixture.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_post_in_order_through_a_small_queue),
        cmocka_unit_test(a_full_queue_refuses_and_destroy_calls_the_rest),
        cmocka_unit_test(timers),
        cmocka_unit_test(timers_are_limited),
        cmocka_unit_test(work_leaves_the_loop_and_comes_back),
        cmocka_unit_test(work_is_limited_and_finished_by_destroy),
        cmocka_unit_test(posts_from_posts_and_own_handles),
        cmocka_unit_test(a_stop_before_the_run_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
