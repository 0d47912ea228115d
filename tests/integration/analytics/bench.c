/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"
#include "far/json.h"
#include "far/loop.h"
#include "far/str.h"
#include "far/test.h"
#include "ingest/store.h"
#include "turn.h"
#include <stdlib.h>
#include <string.h>

static struct test_pg server;
static struct far_loop *loop;
static struct far_pg *pg;
struct report_context bench_context = {.lock = PTHREAD_MUTEX_INITIALIZER, .time_zone = BENCH_ZONE};

int bench_start(void **state)
{
    (void)state;
    test_pg_start(&server);
    const struct far_pg_config config = {.url = server.url,
                                         .password = "",
                                         .connections = 1,
                                         .queue_max = 16,
                                         .wait_ms_max = 10000,
                                         .statement_ms_max = 60000,
                                         .migrations_path = ""};
    if (far_number_rule_china("020", &bench_context.number_rule) != FAR_OK) return 1;
    if (far_loop_create(NULL, &loop) != FAR_OK) return 1;
    return far_pg_create(loop, &config, "analytics", "services/analytics/migrations", &pg) == FAR_OK ? 0 : 1;
}

int bench_stop(void **state)
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

void bench_run(far_pg_work_fn *work)
{
    struct job job = {.work = work};
    const struct far_pg_job given = {.work = job_work, .done = job_done, .arg = &job, .transaction = true};
    assert_int_equal(far_pg_submit(pg, &given), FAR_OK);
    assert_true(test_turn_until(loop, job_ended, &job, 110000));
    assert_int_equal(job.err, FAR_OK);
}

ProtobufCMessage *bench_ask(struct far_pg_conn *conn, enum far_method method, const ProtobufCMessage *request,
                            enum far_err *ret_err, char *ret_text)
{
    struct far_pg_answer answer = {.message = NULL};
    for (size_t i = 0; i < report_methods_len; i++)
        if (report_methods[i].method == method)
            *ret_err = report_methods[i].work(conn, request, &bench_context, &answer);
    if (ret_text) (void)far_str_copy(ret_text, FAR_PG_METHOD_TEXT_SIZE, answer.text);
    if (*ret_err == FAR_OK) return answer.message;
    if (answer.message) protobuf_c_message_free_unpacked(answer.message, NULL);
    return NULL;
}

enum far_err bench_store(struct far_pg_conn *conn, enum far_topic topic, const ProtobufCMessage *message)
{
    char *text = NULL;
    enum far_err err = far_json_print(message, 0, &text);
    if (err == FAR_OK) err = store_value(conn, &far_topic_rows[topic], text, strlen(text));
    free(text);
    return err;
}
