/* SPDX-License-Identifier: Apache-2.0 */
/* store/writer, store/folder and scan: the thread that writes, and what a start after it finds. */
#include "far/clock.h"
#include "file_read.h"
#include "scan.h"
#include "scratch.h"
#include "writer.h"
#include <pthread.h>

static struct scratch scratch;

/* What the writer said, from its thread. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t said;
    unsigned opened, changed, ended;
    enum far_err open_err;
    struct part part;
} heard = {.lock = PTHREAD_MUTEX_INITIALIZER, .said = PTHREAD_COND_INITIALIZER};

static void on_opened(void *ctx, uint64_t session, enum far_err err, const struct part *part)
{
    (void)ctx;
    (void)session;
    pthread_mutex_lock(&heard.lock);
    heard.opened++;
    heard.open_err = err;
    heard.part = *part;
    pthread_cond_broadcast(&heard.said);
    pthread_mutex_unlock(&heard.lock);
}
static void on_changed(void *ctx, const struct part *part)
{
    (void)ctx;
    pthread_mutex_lock(&heard.lock);
    heard.changed++;
    if (part->state != PART_RECORDING) heard.ended++;
    heard.part = *part;
    pthread_cond_broadcast(&heard.said);
    pthread_mutex_unlock(&heard.lock);
}

static void wait_for(const unsigned *count, unsigned least)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 10;
    pthread_mutex_lock(&heard.lock);
    while (*count < least)
        assert_int_equal(pthread_cond_timedwait(&heard.said, &heard.lock, &until), 0);
    pthread_mutex_unlock(&heard.lock);
}

static struct writer *start(uint64_t free_min)
{
    struct writer *writer = NULL;
    struct writer_config config = {.root = scratch.root,
                                   .keys = scratch.keys,
                                   .sync_ms = 50,
                                   .progress_ms = 100,
                                   .free_min = free_min,
                                   .queue_max = 64,
                                   .files_max = 4,
                                   .events = {.opened = on_opened, .changed = on_changed}};
    assert_int_equal(writer_create(&config, &writer), FAR_OK);
    return writer;
}

static int setup(void **state)
{
    (void)state;
    scratch_make(&scratch);
    heard.opened = heard.changed = heard.ended = 0;
    return folder_prepare(scratch.root) == FAR_OK ? 0 : 1;
}
static int teardown(void **state)
{
    (void)state;
    scratch_clear(&scratch);
    return 0;
}

static void open_one(struct writer *writer, uint64_t session)
{
    struct part part = scratch_part();
    unsigned before = heard.opened;
    assert_int_equal(writer_open(writer, session, &part), FAR_OK);
    wait_for(&heard.opened, before + 1);
    assert_int_equal(heard.open_err, FAR_OK);
}

static void chunks(struct writer *writer, uint64_t session, uint64_t from, uint64_t to)
{
    uint8_t sound[ALIGN_CHUNK_BYTES];
    for (uint64_t i = from; i < to; i++) {
        scratch_sound(i, sound);
        assert_int_equal(writer_chunk(writer, session, i, sound), FAR_OK);
    }
}

static void written_and_found(void **state)
{
    (void)state;
    char path[PATH_MAX];
    struct file_reader *reader = NULL;
    struct writer *writer = start(0);
    open_one(writer, 7);
    assert_int_equal(writer_files(writer), 1);
    chunks(writer, 7, 0, 3);
    wait_for(&heard.changed, 2); /* progress */
    chunks(writer, 7, 5, 6);     /* 3 and 4 did not come through: a gap */
    uint8_t rest[ALIGN_CHUNK_BYTES] = {0};
    struct writer_ending ending = {.chunks = 6, .sound = rest, .frames = 10, .ended_at_us = 5, .quality = {{.lost = 2}}};
    writer_end(writer, 7, &ending);
    wait_for(&heard.ended, 1);
    writer_destroy(writer);
    assert_int_equal(heard.part.state, PART_COMPLETE);
    assert_int_equal(heard.part.frames, 6 * ALIGN_CHUNK + 10);
    assert_int_equal(heard.part.write_gap_ms, 1000);
    assert_int_equal(heard.part.quality[0].lost, 2);
    assert_int_equal(folder_find(scratch.root, SCRATCH_RECORDING, 1, path), FAR_OK);
    assert_non_null(strstr(path, "/pending/"));
    assert_int_equal(folder_move(scratch.root, SCRATCH_RECORDING, 1, FOLDER_PENDING, FOLDER_KEPT), FAR_OK);
    assert_int_equal(folder_move(scratch.root, SCRATCH_RECORDING, 1, FOLDER_PENDING, FOLDER_KEPT), FAR_OK); /* again */
    assert_int_equal(folder_find(scratch.root, SCRATCH_RECORDING, 1, path), FAR_OK);
    assert_non_null(strstr(path, "/kept/ab/"));
    assert_int_equal(file_open(path, scratch.keys, &reader), FAR_OK);
    assert_int_equal(file_frames(reader), 6 * ALIGN_CHUNK + 10);
    file_reader_close(reader);
    assert_int_equal(folder_find(scratch.root, SCRATCH_RECORDING, 2, path), FAR_ENOTFOUND);
    assert_int_equal(folder_find(scratch.root, "../../etc/passwd", 2, path), FAR_EINVAL);
    assert_int_equal(folder_free_number(scratch.root, SCRATCH_RECORDING, 0), 2);
}

/* Silence that was held back is sound of the recording, not a gap. */
static void silence_comes_late(void **state)
{
    (void)state;
    struct writer *writer = start(0);
    open_one(writer, 7);
    chunks(writer, 7, 0, 2);
    writer_silence(writer, 7, 2, 5);
    chunks(writer, 7, 7, 8);
    struct writer_ending ending = {.chunks = 8, .ended_at_us = 5};
    writer_end(writer, 7, &ending);
    wait_for(&heard.ended, 1);
    writer_destroy(writer);
    assert_int_equal(heard.part.state, PART_COMPLETE);
    assert_int_equal(heard.part.frames, 8 * ALIGN_CHUNK);
    assert_int_equal(heard.part.write_gap_ms, 0);
}

static void second_part_of_the_same_recording(void **state)
{
    (void)state;
    struct writer *writer = start(0);
    open_one(writer, 1);
    assert_int_equal(heard.part.number, 1);
    open_one(writer, 2);
    assert_int_equal(heard.part.number, 2);
    writer_discard(writer, 1);
    writer_discard(writer, 2);
    writer_destroy(writer);
    assert_int_equal(folder_free_number(scratch.root, SCRATCH_RECORDING, 1), 1); /* nothing is left of them */
}

static void refused_without_space(void **state)
{
    (void)state;
    struct part part = scratch_part();
    struct writer *writer = start(UINT64_MAX);
    assert_int_equal(writer_open(writer, 1, &part), FAR_OK);
    wait_for(&heard.opened, 1);
    assert_int_equal(heard.open_err, FAR_EFULL);
    assert_int_equal(writer_files(writer), 0);
    writer_destroy(writer);
}

static void full_queue_is_said(void **state)
{
    (void)state;
    uint8_t sound[ALIGN_CHUNK_BYTES] = {0};
    struct writer *writer = start(0);
    enum far_err err = FAR_OK;
    for (int i = 0; i < 1000000 && err == FAR_OK; i++) /* of no session: taken and thrown away, but not as fast */
        err = writer_chunk(writer, 99, 0, sound);
    assert_int_equal(err, FAR_EAGAIN);
    writer_destroy(writer);
}

/* Stopped in the middle, with a recorded part, one that ended, and one that was never answered. */
static void a_start_finds_what_was_left(void **state)
{
    (void)state;
    struct scan_names live;
    struct scan_result result;
    struct writer *writer = start(0);
    open_one(writer, 1);
    chunks(writer, 1, 0, 4);
    open_one(writer, 2);
    open_one(writer, 3);
    struct writer_ending ending = {.chunks = 0, .frames = 0, .ended_at_us = 5};
    writer_end(writer, 3, &ending);
    wait_for(&heard.ended, 1);
    writer_destroy(writer);
    assert_int_equal(scan_live(scratch.root, &live), FAR_OK);
    assert_int_equal(live.len, 1);
    scan_run(scratch.root, scratch.keys, &live, &result);
    assert_int_equal(result.len, 2);
    const struct part *recovered = &result.parts[result.parts[0].number == 1 ? 0 : 1];
    assert_int_equal(recovered->state, PART_RECOVERED);
    assert_int_equal(recovered->frames, 4 * ALIGN_CHUNK);
    assert_false(result.more);
    scan_result_done(&result);
    scan_names_done(&live);
    assert_int_equal(scan_live(scratch.root, &live), FAR_OK);
    assert_int_equal(live.len, 0);
    scan_names_done(&live);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(written_and_found),
        CASE(silence_comes_late),
        CASE(second_part_of_the_same_recording),
        CASE(refused_without_space),
        CASE(full_queue_is_said),
        CASE(a_start_finds_what_was_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
