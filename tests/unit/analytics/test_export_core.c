/* SPDX-License-Identifier: Apache-2.0 */
/* A stream with repeats against a fake Kafka that commits or not, by seed: every record lands once, in order.
 */
#include "export_core.h"
#include "far/test.h"
#include <string.h>

#define RECORDS 400
#define STREAM  700

struct world {
    uint64_t numbers[STREAM]; /* the record's number at each sequence (index + 1): some come twice */
    size_t stream_len;
    uint64_t committed[RECORDS + 8], open[RECORDS + 8];
    size_t committed_len, open_len;
    struct export_progress progress; /* the topic's last committed value */
    uint64_t seed, now_us, read_at;
};

static uint64_t next_random(struct world *world)
{
    world->seed = world->seed * 6364136223846793005u + 1442695040888963407u;
    return world->seed >> 33;
}

static void stream_fill(struct world *world)
{
    for (uint64_t number = 1; number <= RECORDS; number++) {
        world->numbers[world->stream_len++] = number;
        if (next_random(world) % 5 == 0 && number > 3) /* a new leader rewinds to the first unstored one */
            for (uint64_t again = number - 2; again <= number && world->stream_len < STREAM; again++)
                world->numbers[world->stream_len++] = again;
        if (world->stream_len + 4 >= STREAM) break;
    }
}

static void read_some(struct world *world, struct export_core *core)
{
    while (world->read_at < world->stream_len) {
        uint64_t sequence = world->read_at + 1, number = world->numbers[world->read_at];
        enum export_verdict verdict = export_take(core, sequence, "acd", "i1", number, world->now_us);
        if (verdict == EXPORT_NOT_NOW) return;
        world->read_at++;
        assert_int_not_equal(verdict, EXPORT_GAP);
        if (verdict == EXPORT_NEW) world->open[world->open_len++] = number;
    }
}

/* Sometimes the commit does not happen, and sometimes it does but the answer is lost. */
static void commit(struct world *world, struct export_core *core)
{
    uint64_t luck = next_random(world) % 10;
    if (luck != 0) {
        memcpy(&world->committed[world->committed_len], world->open,
               world->open_len * sizeof(world->open[0]));
        world->committed_len += world->open_len;
        world->progress = *export_batch_progress(core);
    }
    world->open_len = 0;
    if (luck <= 2)
        export_failed(core, world->now_us);
    else
        export_committed(core);
}

static void one_step(struct world *world, struct export_core *core)
{
    uint64_t due_us = 0;
    switch (export_next(core, world->now_us, &due_us)) {
    case EXPORT_DO_STOP:
        world->open_len = 0;
        export_stopped(core);
        break;
    case EXPORT_DO_LOAD:
        if (next_random(world) % 8 == 0)
            export_failed(core, world->now_us);
        else
            export_loaded(core, &world->progress, "stream-1");
        break;
    case EXPORT_DO_READ:
        world->read_at = core->progress.sequence;
        break;
    case EXPORT_DO_COMMIT:
        commit(world, core);
        break;
    case EXPORT_DO_NOTHING:
        world->now_us += 1000;
        break;
    }
    if (core->state == EXPORT_READING) read_some(world, core);
}

static void every_record_lands_once_whatever_fails(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        static struct world world;
        memset(&world, 0, sizeof(world));
        world.seed = seed;
        stream_fill(&world);
        struct export_core core;
        export_init(&core,
                    &(struct export_limits){.batch_records_max = 7, .batch_us_max = 5000, .retry_us = 3000});
        export_lease(&core, true);
        for (int step = 0; step < 20000; step++) {
            if (next_random(&world) % 50 == 0) export_lease(&core, next_random(&world) % 2 == 0);
            one_step(&world, &core);
        }
        export_lease(&core, true);
        for (int step = 0; step < 20000; step++)
            one_step(&world, &core);
        uint64_t last = world.numbers[world.stream_len - 1];
        assert_int_equal(world.committed_len, last);
        for (uint64_t i = 0; i < last; i++)
            assert_int_equal(world.committed[i], i + 1);
        assert_int_equal(export_number(&core, "acd", "i1"), last);
    }
}

static void a_gap_is_exported_and_counted(void **state)
{
    (void)state;
    uint64_t due_us;
    struct export_core core;
    export_init(&core, &(struct export_limits){.batch_records_max = 10, .batch_us_max = 10, .retry_us = 10});
    export_lease(&core, true);
    assert_int_equal(export_next(&core, 0, &due_us), EXPORT_DO_LOAD);
    export_loaded(&core, &(struct export_progress){0}, "s");
    assert_int_equal(export_next(&core, 0, &due_us), EXPORT_DO_READ);
    assert_int_equal(export_take(&core, 1, "acd", "i", 1, 0), EXPORT_NEW);
    assert_int_equal(export_take(&core, 2, "acd", "i", 3, 0), EXPORT_GAP);
    assert_int_equal(export_take(&core, 3, "acd", "j", 1, 0), EXPORT_NEW); /* another life numbers from 1 */
    assert_int_equal(core.gaps, 1);
}

static void a_new_stream_is_read_from_its_start_and_not_exported_again(void **state)
{
    (void)state;
    uint64_t due_us;
    struct export_core core;
    struct export_progress progress = {.stream_incarnation = "old", .sequence = 90, .producers_len = 1};
    strcpy(progress.producers[0].name, "acd");
    strcpy(progress.producers[0].incarnation, "i");
    progress.producers[0].number = 5;
    export_init(&core, &(struct export_limits){.batch_records_max = 10, .batch_us_max = 10, .retry_us = 10});
    export_lease(&core, true);
    assert_int_equal(export_next(&core, 0, &due_us), EXPORT_DO_LOAD);
    export_loaded(&core, &progress, "new");
    assert_int_equal(core.progress.sequence, 0);
    assert_int_equal(export_take(&core, 1, "acd", "i", 6, 0),
                     EXPORT_NOT_NOW); /* the reader is not there yet */
    assert_int_equal(export_next(&core, 0, &due_us), EXPORT_DO_READ);
    assert_int_equal(export_take(&core, 1, "acd", "i", 5, 0), EXPORT_SEEN);
    assert_int_equal(export_take(&core, 2, "acd", "i", 6, 0), EXPORT_NEW);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_lands_once_whatever_fails),
        cmocka_unit_test(a_gap_is_exported_and_counted),
        cmocka_unit_test(a_new_stream_is_read_from_its_start_and_not_exported_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
