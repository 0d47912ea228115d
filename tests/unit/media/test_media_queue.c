/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "queue.h"
#include <pthread.h>
#include <sched.h>

static void commands_come_out_in_order_and_the_ring_is_bounded(void **state)
{
    (void)state;
    struct queue queue;
    struct command command = {.kind = COMMAND_QUERY};
    assert_int_equal(queue_init(&queue, 20), FAR_OK);
    uint64_t in = 0, out = 0;
    for (unsigned round = 0; round < 100; round++) {
        for (;;) {
            command.cookie = in;
            if (!queue_push(&queue, &command, 4)) break;
            in++;
        }
        assert_int_equal(in - out, 32 - 4); /* 32 is the next power of two; 4 places are kept free */
        command.cookie = in++;
        assert_true(queue_push(&queue, &command, 0)); /* for those who may take them */
        for (unsigned i = 0; i < 17 + round % 12; i++) {
            if (!queue_pop(&queue, &command)) break;
            assert_int_equal(command.cookie, out++);
        }
    }
    while (queue_pop(&queue, &command))
        assert_int_equal(command.cookie, out++);
    assert_int_equal(in, out);
    queue_done(&queue);
}

#define COMMANDS 200000u

static void *write_all(void *context)
{
    struct queue *queue = context;
    struct command command = {.kind = COMMAND_QUERY};
    for (command.cookie = 0; command.cookie < COMMANDS;)
        if (queue_push(queue, &command, 0))
            command.cookie++;
        else
            (void)sched_yield();
    return NULL;
}

static void a_writer_and_a_reader_on_two_threads_agree(void **state)
{
    (void)state;
    struct queue queue;
    struct command command;
    pthread_t writer;
    assert_int_equal(queue_init(&queue, 64), FAR_OK);
    assert_int_equal(pthread_create(&writer, NULL, write_all, &queue), 0);
    for (uint64_t expected = 0; expected < COMMANDS;) {
        if (queue_pop(&queue, &command))
            assert_int_equal(command.cookie, expected++);
        else
            (void)sched_yield();
    }
    assert_int_equal(pthread_join(writer, NULL), 0);
    queue_done(&queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commands_come_out_in_order_and_the_ring_is_bounded),
        cmocka_unit_test(a_writer_and_a_reader_on_two_threads_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
