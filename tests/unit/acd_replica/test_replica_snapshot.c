/* SPDX-License-Identifier: Apache-2.0 */
#include "far/hash64.h"
#include "far/test.h"
#include "snapshot.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A snapshot of no real state: cutting and joining do not look inside. */
static struct snapshot_writer writer_of(const char *id, uint64_t position, size_t len)
{
    struct snapshot_writer writer = {.len = len, .position = position, .log_created_ns = 5};
    writer.bytes = malloc(len);
    assert_non_null(writer.bytes);
    for (size_t i = 0; i < len; i++)
        writer.bytes[i] = (uint8_t)(i * 7 + position);
    snprintf(writer.id, sizeof(writer.id), "%s", id);
    snprintf(writer.replica, sizeof(writer.replica), "acd-1");
    snprintf(writer.incarnation, sizeof(writer.incarnation), "log-1");
    writer.pieces = (uint32_t)((len + SNAPSHOT_PIECE_LEN_MAX - 1) / SNAPSHOT_PIECE_LEN_MAX);
    writer.bytes_hash = far_hash64(writer.bytes, len, 0);
    return writer;
}

static void give(struct snapshot_reader *reader, const struct snapshot_writer *writer, uint32_t index,
                 int spoil)
{
    uint8_t *data = NULL;
    size_t len = 0;
    assert_int_equal(snapshot_pack_piece(writer, index, &data, &len), FAR_OK);
    if (spoil) data[len / 2] ^= 1;
    snapshot_reader_add(reader, data, len);
    free(data);
}

static void give_all(struct snapshot_reader *reader, const char *id, uint64_t position, size_t len)
{
    struct snapshot_writer writer = writer_of(id, position, len);
    for (uint32_t i = 0; i < writer.pieces; i++)
        give(reader, &writer, i, 0);
    snapshot_writer_done(&writer);
}

#define LARGE (2 * SNAPSHOT_PIECE_LEN_MAX + 17)

static void test_whole(void **state)
{
    (void)state;
    struct snapshot_reader reader;
    snapshot_reader_init(&reader);
    struct snapshot_writer a = writer_of("a", 10, LARGE), b = writer_of("b", 20, 5);
    assert_int_equal(a.pieces, 3);
    give(&reader, &a, 0, 0);
    assert_null(snapshot_reader_get(&reader, "", 0, 1, 0));
    give(&reader, &b, 0, 0); /* two replicas write at once */
    give(&reader, &a, 1, 0);
    give(&reader, &a, 1, 0); /* a repeat */
    give(&reader, &a, 2, 0);
    give(&reader, &a, 0, 0); /* a late one of what is complete */
    const struct snapshot *first = snapshot_reader_get(&reader, "log-1", 5, 1, 0);
    const struct snapshot *second = snapshot_reader_get(&reader, "log-1", 5, 1, 1);
    assert_non_null(first);
    assert_non_null(second);
    assert_int_equal(first->position, 20);
    assert_int_equal(second->position, 10);
    assert_int_equal(second->bytes_len, LARGE);
    assert_memory_equal(second->bytes, a.bytes, LARGE);
    assert_null(snapshot_reader_get(&reader, "log-1", 5, 1, 2));
    assert_null(snapshot_reader_get(&reader, "log-2", 5, 1, 0)); /* of another log */
    assert_null(snapshot_reader_get(&reader, "log-1", 6, 1, 0));
    assert_int_equal(reader.refused, 0);
    snapshot_writer_done(&a);
    snapshot_writer_done(&b);
    snapshot_reader_done(&reader);
}

static void test_broken(void **state)
{
    (void)state;
    struct snapshot_reader reader;
    snapshot_reader_init(&reader);
    struct snapshot_writer a = writer_of("a", 10, LARGE);
    give(&reader, &a, 0, 0);
    give(&reader, &a, 1, 1); /* its sum is wrong: as if it were missing */
    give(&reader, &a, 2, 0);
    assert_null(snapshot_reader_get(&reader, "", 0, 1, 0));
    assert_true(reader.refused >= 1);
    give(&reader, &a, 1, 0); /* without its beginning: cut by a purge */
    snapshot_reader_add(&reader, "nonsense", 8);
    snapshot_reader_add(&reader, "", 0);
    assert_null(snapshot_reader_get(&reader, "", 0, 1, 0));
    snapshot_writer_done(&a);
    snapshot_reader_done(&reader);
}

static void test_limits(void **state)
{
    (void)state;
    struct snapshot_reader reader;
    snapshot_reader_init(&reader);
    char id[16];
    for (unsigned i = 0; i < 3 * SNAPSHOT_OPEN_MAX; i++) { /* writers that died */
        snprintf(id, sizeof(id), "dead-%u", i);
        struct snapshot_writer writer = writer_of(id, i, LARGE);
        give(&reader, &writer, 0, 0);
        snapshot_writer_done(&writer);
    }
    assert_int_equal(reader.open_len, SNAPSHOT_OPEN_MAX);
    for (unsigned i = 0; i < 3 * SNAPSHOT_KEPT_MAX; i++) {
        snprintf(id, sizeof(id), "whole-%u", i);
        give_all(&reader, id, 100 + i, 9);
    }
    assert_int_equal(reader.kept_len, SNAPSHOT_KEPT_MAX);
    assert_int_equal(snapshot_reader_get(&reader, "", 0, 1, 0)->position, 100 + 3 * SNAPSHOT_KEPT_MAX - 1);
    snapshot_reader_done(&reader);
}

static void test_choice(void **state)
{
    (void)state;
    struct snapshot_reader reader;
    snapshot_reader_init(&reader);
    give_all(&reader, "a", 1000, 9);
    give_all(&reader, "b", 2000, 9);
    give_all(&reader, "c", 2100, 9);
    /* The newest lies too near its facts; the others follow when it cannot be restored. */
    assert_int_equal(snapshot_reader_get(&reader, "", 0, 0, 0)->position, 1000);
    assert_int_equal(snapshot_reader_get(&reader, "", 0, 0, 1)->position, 2100);
    assert_int_equal(snapshot_reader_get(&reader, "", 0, 0, 2)->position, 2000);
    assert_null(snapshot_reader_get(&reader, "", 0, 0, 3));
    /* What lies below the log's first position is of no use; then the best of what is left. */
    assert_int_equal(snapshot_reader_get(&reader, "", 0, 1500, 0)->position, 2100);
    snapshot_reader_done(&reader);
    /* While the log has its beginning, none is better than one that is too near. */
    snapshot_reader_init(&reader);
    give_all(&reader, "c", 2100, 9);
    assert_null(snapshot_reader_get(&reader, "", 0, 0, 0));
    assert_int_equal(snapshot_reader_get(&reader, "", 0, 7, 0)->position, 2100);
    snapshot_reader_done(&reader);
}

static void test_state(void **state)
{
    (void)state;
    struct acd_limits limits = {
        .agents_max = 4, .contacts_max = 4, .queues_max = 2, .legs_max = 8, .records_max = 64};
    struct acd *acd = NULL, *restored = NULL;
    struct acd_output out;
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__LogCreated created = FARSEAT__V1__LOG_CREATED__INIT;
    char log[] = "log", incarnation[] = "0192a5c4-7a3e-7bd1-8f00-3a5b6c7d8e9f";
    created.incarnation = incarnation;
    created.agents_max = 4;
    created.contacts_max = 4;
    created.queues_max = 2;
    created.legs_max = 8;
    created.records_max = 64;
    input.producer = log;
    input.producer_incarnation = incarnation;
    input.number = 1;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LOG_CREATED;
    input.log_created = &created;
    assert_int_equal(acd_create(&limits, &acd), FAR_OK);
    assert_int_equal(acd_output_init(&out, &limits), FAR_OK);
    assert_int_equal(acd_apply(acd, &input, 1, 1000, &out), FAR_OK);
    struct snapshot_writer writer;
    assert_int_equal(snapshot_take(&writer, acd), FAR_OK);
    assert_string_equal(writer.incarnation, incarnation);
    struct snapshot_reader reader;
    snapshot_reader_init(&reader);
    snprintf(writer.id, sizeof(writer.id), "x");
    for (uint32_t i = 0; i < writer.pieces; i++)
        give(&reader, &writer, i, 0);
    const struct snapshot *snapshot = snapshot_reader_get(&reader, incarnation, 0, 1, 0);
    assert_non_null(snapshot);
    assert_int_equal(snapshot_restore(snapshot, &restored), FAR_OK);
    assert_true(acd_hash(restored) == acd_hash(acd));
    struct snapshot lie = *snapshot;
    lie.state_hash++;
    struct acd *none = NULL;
    assert_int_equal(snapshot_restore(&lie, &none), FAR_EPROTO);
    lie = *snapshot;
    lie.bytes_len /= 2;
    assert_int_not_equal(snapshot_restore(&lie, &none), FAR_OK);
    snapshot_reader_done(&reader);
    snapshot_writer_done(&writer);
    acd_output_done(&out);
    acd_destroy(restored);
    acd_destroy(acd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_whole), cmocka_unit_test(test_broken),
                                       cmocka_unit_test(test_limits), cmocka_unit_test(test_choice),
                                       cmocka_unit_test(test_state)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
