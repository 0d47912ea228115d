/* SPDX-License-Identifier: Apache-2.0 */
/* The table recording.parts: what is stored comes back, nothing ended is made live again, and every list that
 * a page shows has its index. */
#include "far/id.h"
#include "far/test.h"
#include "parts_sql.h"
#include "pg.h"
#include "turn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct test_pg server;
static struct far_loop *loop;
static struct far_pg *pg;

static int begin(void **state)
{
    (void)state;
    test_pg_start(&server);
    struct far_pg_config config = {.url = server.url,
                                   .password = "",
                                   .connections = 1,
                                   .queue_max = 16,
                                   .wait_ms_max = 10000,
                                   .statement_ms_max = 30000,
                                   .migrations_path = ""};
    if (far_loop_create(NULL, &loop) != FAR_OK) return 1;
    return far_pg_create(loop, &config, "recording", "services/recording/migrations", &pg) == FAR_OK ? 0 : 1;
}
static int done(void **state)
{
    (void)state;
    pg = far_pg_destroy(pg);
    loop = far_loop_destroy(loop);
    test_pg_stop(&server);
    return 0;
}

struct job {
    far_pg_work_fn *work;
    bool ended;
    enum far_err err;
};
static enum far_err job_work(struct far_pg_conn *conn, void *arg)
{
    return ((struct job *)arg)->work(conn, NULL);
}
static void job_done(enum far_err err, void *arg)
{
    struct job *job = arg;
    job->err = err;
    job->ended = true;
}
static bool job_ended(void *ctx)
{
    return ((struct job *)ctx)->ended;
}
/* Run work on the database thread; its asserts end the test from there. */
static void run(far_pg_work_fn *work)
{
    struct job job = {.work = work};
    struct far_pg_job given = {.work = job_work, .done = job_done, .arg = &job};
    assert_int_equal(far_pg_submit(pg, &given), FAR_OK);
    assert_true(test_turn_until(loop, job_ended, &job, 60000));
    assert_int_equal(job.err, FAR_OK);
}

#define MUST(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                                  \
            return FAR_ESTATE;                                                                               \
        }                                                                                                    \
    } while (0)

static struct part made(const char *id, uint32_t number)
{
    struct part part = {
        .number = number,
        .codec = FAR_CODEC_PCMU,
        .state = PART_COMPLETE,
        .started_at_us = 1700000000000000 + number,
        .ended_at_us = 1700000009000000,
        .frames = 72000,
        .write_gap_ms = 500,
        .quality = {{.packets = 400, .lost = 7, .gap_ms = 140, .jitter_us = 900}, {.silence_ms = 20}}};
    (void)snprintf(part.recording_id, sizeof(part.recording_id), "%s", id);
    (void)snprintf(part.contact_id, sizeof(part.contact_id), "contact-%s", id + 30);
    (void)snprintf(part.agent_id, sizeof(part.agent_id), "anna");
    (void)snprintf(part.instance, sizeof(part.instance), "recording-1");
    (void)snprintf(part.left, sizeof(part.left), "王小姐 'quoted'");
    return part;
}

static enum far_err stored_part_comes_back_work(struct far_pg_conn *conn, void *arg)
{
    static const char id[] = "0192f3a0-0000-7000-8000-0000000000ab";
    Farseat__V1__RecordingListRequest request = FARSEAT__V1__RECORDING_LIST_REQUEST__INIT;
    Farseat__V1__RecordingListReply *reply = NULL;
    struct part back, part = made(id, 2);
    (void)arg;
    MUST(parts_store(conn, &part) == FAR_OK);
    part.state = PART_RECORDING; /* a late word about how far it was */
    part.frames = 10;
    MUST(parts_store(conn, &part) == FAR_OK);
    part = made(id, 2);
    request.recording_id = (char *)(uintptr_t)id;
    MUST(parts_list(conn, &request, &reply) == FAR_OK);
    MUST(reply->n_parts == 1);
    MUST(part_from_message(reply->parts[0], &back) == FAR_OK);
    MUST(memcmp(&back, &part, sizeof(back)) == 0);
    MUST(reply->parts[0]->gap_ms == 640);
    farseat__v1__recording_list_reply__free_unpacked(reply, NULL);
    request.recording_id = (char *)(uintptr_t) "no uuid";
    MUST(parts_list(conn, &request, &reply) == FAR_EINVAL);
    return FAR_OK;
}
static void stored_part_comes_back(void **state)
{
    (void)state;
    run(stored_part_comes_back_work);
}

static enum far_err lost_parts_fail_work(struct far_pg_conn *conn, void *arg)
{
    struct part lost = made("0192f3a0-0000-7000-8000-0000000000ac", 1),
                live = made("0192f3a0-0000-7000-8000-0000000000ad", 1);
    struct part foreign = made("0192f3a0-0000-7000-8000-0000000000ae", 1);
    int64_t count = 0;
    (void)arg;
    lost.state = live.state = foreign.state = PART_RECORDING;
    live.started_at_us = 1800000000000000;
    (void)snprintf(foreign.instance, sizeof(foreign.instance), "recording-2");
    MUST(parts_store(conn, &lost) == FAR_OK && parts_store(conn, &live) == FAR_OK &&
         parts_store(conn, &foreign) == FAR_OK);
    MUST(parts_fail_lost(conn, "recording-1", 1750000000000000, &count) == FAR_OK);
    MUST(count == 1);
    MUST(parts_fail_lost(conn, "recording-1", 1750000000000000, &count) == FAR_OK);
    MUST(count == 0);
    return FAR_OK;
}
static void lost_parts_fail(void **state)
{
    (void)state;
    run(lost_parts_fail_work);
}

/* The plan of a request's statement with its values. */
static enum far_err explain(struct far_pg_conn *conn, Farseat__V1__RecordingListRequest *request,
                            const char *index)
{
    char sql[4096], plan[8192] = "";
    const char *values[] = {
        request->recording_id, request->contact_id, request->agent_id, "0", "9000000000000000000", "50"};
    (void)snprintf(sql, sizeof(sql), "explain %s", parts_list_sql(request));
    PGresult *result = PQexecParams(far_pg_raw(conn), sql, 6, NULL, values, NULL, NULL, 0);
    for (int i = 0; i < PQntuples(result); i++)
        (void)snprintf(plan + strlen(plan), sizeof(plan) - strlen(plan), "%s\n", PQgetvalue(result, i, 0));
    PQclear(result);
    if (!strstr(plan, index)) fprintf(stderr, "%s does not use %s:\n%s", sql, index, plan);
    MUST(strstr(plan, index) != NULL && strstr(plan, "Seq Scan") == NULL);
    return FAR_OK;
}

static enum far_err lists_use_their_index_work(struct far_pg_conn *conn, void *arg)
{
    Farseat__V1__RecordingListRequest request = FARSEAT__V1__RECORDING_LIST_REQUEST__INIT;
    (void)arg;
    MUST(far_pg_script(
             conn, "insert into parts select gen_random_uuid(), 1, 'recording-1', 'contact-' || n, '', "
                   "'agent-' || n % 300,"
                   " 'q', '', '', '', 'PCMA', 'complete', n * 1000000::bigint, 0, 0, 0, 0, 0, '', '{}', '{}'"
                   " from generate_series(1, 30000) n; analyze parts;") == FAR_OK);
    MUST(explain(conn, &request, "parts_by_time") == FAR_OK);
    request.agent_id = (char *)(uintptr_t) "agent-7";
    MUST(explain(conn, &request, "parts_by_agent") == FAR_OK);
    request.contact_id = (char *)(uintptr_t) "contact-77";
    MUST(explain(conn, &request, "parts_by_contact") == FAR_OK);
    request = (Farseat__V1__RecordingListRequest)FARSEAT__V1__RECORDING_LIST_REQUEST__INIT;
    request.recording_id = (char *)(uintptr_t) "0192f3a0-0000-7000-8000-0000000000ab";
    MUST(explain(conn, &request, "parts_pkey") == FAR_OK);
    request = (Farseat__V1__RecordingListRequest)FARSEAT__V1__RECORDING_LIST_REQUEST__INIT;
    request.agent_id = (char *)(uintptr_t) "agent-7";
    request.to_us = 20000 * 1000000ll;
    request.limit = 10;
    Farseat__V1__RecordingListReply *reply = NULL;
    MUST(parts_list(conn, &request, &reply) == FAR_OK);
    MUST(reply->n_parts == 10);
    for (size_t i = 0; i < 10; i++) {
        MUST(strcmp(reply->parts[i]->agent_id, "agent-7") == 0 &&
             reply->parts[i]->started_at_us < request.to_us);
        MUST(i == 0 || reply->parts[i]->started_at_us < reply->parts[i - 1]->started_at_us);
    }
    farseat__v1__recording_list_reply__free_unpacked(reply, NULL);
    return FAR_OK;
}
static void lists_use_their_index(void **state)
{
    (void)state;
    run(lists_use_their_index_work);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stored_part_comes_back),
        cmocka_unit_test(lost_parts_fail),
        cmocka_unit_test(lists_use_their_index),
    };
    return cmocka_run_group_tests(tests, begin, done);
}
