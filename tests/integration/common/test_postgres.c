/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs, transactions, migrations and outages against a real, private PostgreSQL. */
#include "far/clock.h"
#include "far/health.h"
#include "far/log.h"
#include "far/postgres.h"
#include "far/test.h"
#include "pg.h"
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct test_pg server;
static char folder[] = "/tmp/farseat-migrations-XXXXXX";
static struct far_loop *loop;
static struct far_pg *pg;

static struct far_pg_config config_of(int connections)
{
    return (struct far_pg_config){.url = server.url,
                                  .password = "",
                                  .connections = connections,
                                  .queue_max = 100,
                                  .wait_ms_max = 10000,
                                  .statement_ms_max = 5000,
                                  .migrations_path = ""};
}

static void write_migration(const char *name, const char *sql)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    (void)fputs(sql, file);
    assert_int_equal(fclose(file), 0);
}

static void remove_migration(const char *name)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(unlink(path), 0);
}

static int start_server(void **state)
{
    (void)state;
    test_pg_start(&server);
    if (!mkdtemp(folder)) return 1;
    write_migration("0001_people.sql", "CREATE TABLE person (id integer PRIMARY KEY, name text NOT NULL);\n"
                                       "CREATE TABLE pet (owner integer NOT NULL REFERENCES person(id));\n");
    write_migration("README.txt", "not a migration");
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    test_pg_stop(&server);
    remove_migration("0001_people.sql");
    remove_migration("README.txt");
    (void)rmdir(folder);
    return 0;
}

static void open_pool(const struct far_pg_config *config, const char *schema)
{
    assert_int_equal(far_loop_create(NULL, &loop), FAR_OK);
    assert_int_equal(far_pg_create(loop, config, schema, folder, &pg), FAR_OK);
}

static int close_pool(void **state)
{
    (void)state;
    pg = far_pg_destroy(pg);
    loop = far_loop_destroy(loop);
    return 0;
}

struct outcome {
    enum far_err err;
    int count; /* jobs that have ended */
    int wanted;
};

static void on_done(enum far_err err, void *arg)
{
    struct outcome *outcome = *(struct outcome **)arg;
    outcome->err = err;
    if (++outcome->count == outcome->wanted) far_loop_stop(loop);
}

struct question { /* begins with what on_done() wants */
    struct outcome *outcome;
    const char *sql;
    const char *value;
    char answer[64];
    atomic_int tries;
};

static enum far_err ask(struct far_pg_conn *conn, void *arg)
{
    struct question *question = arg;
    PGresult *result;
    (void)atomic_fetch_add(&question->tries, 1);
    enum far_err err = far_pg_query(conn, question->sql, question->value ? 1 : 0, &question->value, &result);
    if (err) return err;
    const char *text = PQntuples(result) ? far_pg_text(result, 0, 0) : "nothing";
    (void)snprintf(question->answer, sizeof(question->answer), "%s", text ? text : "null");
    PQclear(result);
    return FAR_OK;
}

static enum far_err run(far_pg_work_fn *work, struct question *question, bool transaction)
{
    struct outcome outcome = {.wanted = 1};
    struct far_pg_job job = {.work = work, .done = on_done, .arg = question, .transaction = transaction};
    question->outcome = &outcome;
    assert_int_equal(far_pg_submit(pg, &job), FAR_OK);
    far_loop_run(loop);
    assert_int_equal(outcome.count, 1);
    return outcome.err;
}

static enum far_err query(const char *sql, const char *value, const char *expected)
{
    struct question question = {.sql = sql, .value = value};
    enum far_err err = run(ask, &question, false);
    if (!err) assert_string_equal(question.answer, expected);
    return err;
}

static void jobs_and_errors(void **state)
{
    struct far_pg_config config = config_of(2);
    (void)state;
    config.statement_ms_max = 300;
    open_pool(&config, "people");
    assert_int_equal(query("SELECT current_schema()", NULL, "people"), FAR_OK);
    assert_true(far_pg_is_ready(pg));
    assert_int_equal(far_health_worst(), FAR_HEALTH_OK);
    assert_int_equal(query("SELECT name FROM schema_migration", NULL, "0001_people.sql"), FAR_OK);
    assert_int_equal(query("SELECT NULL", NULL, "null"), FAR_OK);
    for (int i = 0; i < 300; i++) { /* more statements than a connection keeps prepared */
        char sql[40], expected[8];
        (void)snprintf(sql, sizeof(sql), "SELECT %d", i);
        (void)snprintf(expected, sizeof(expected), "%d", i);
        assert_int_equal(query(sql, NULL, expected), FAR_OK);
    }
    assert_int_equal(query("INSERT INTO person VALUES (1, $1)", "O'Neil; DROP TABLE person", "nothing"),
                     FAR_OK);
    assert_int_equal(
        query("SELECT name FROM person WHERE id = $1::integer", "1", "O'Neil; DROP TABLE person"), FAR_OK);
    assert_int_equal(query("INSERT INTO person VALUES (1, $1)", "again", ""), FAR_EEXIST);
    assert_int_equal(query("INSERT INTO pet VALUES ($1::integer)", "77", ""), FAR_ENOTFOUND);
    assert_int_equal(query("INSERT INTO pet VALUES ($1::integer)", "many", ""), FAR_EINVAL);
    assert_int_equal(query("INSERT INTO person VALUES (2, $1)", NULL, ""), FAR_EIO); /* a value is missing */
    assert_int_equal(query("SELEKT 1", NULL, ""), FAR_EIO);
    assert_int_equal(query("SELECT pg_sleep(10)", NULL, ""), FAR_ETIMEOUT);
    assert_int_equal(query("SELECT pg_terminate_backend(pg_backend_pid())", NULL, ""), FAR_EUNAVAILABLE);
    assert_int_equal(query("SELECT 1", NULL, "1"), FAR_OK); /* a connection comes again by itself */
    assert_int_equal(query("SELECT 2", NULL, "2"), FAR_OK);
}

static enum far_err insert_then_fail(struct far_pg_conn *conn, void *arg)
{
    struct question *question = arg;
    enum far_err err = ask(conn, question);
    return err ? err : FAR_EDENIED;
}

static enum far_err conflict_twice(struct far_pg_conn *conn, void *arg)
{
    struct question *question = arg;
    enum far_err err = ask(conn, question);
    if (err || atomic_load(&question->tries) > 2) return err;
    return far_pg_script(conn, "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40001'; END $$");
}

static enum far_err conflict_always(struct far_pg_conn *conn, void *arg)
{
    struct question *question = arg;
    (void)atomic_fetch_add(&question->tries, 1);
    return far_pg_script(conn, "DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$");
}

static enum far_err swallow_an_error(struct far_pg_conn *conn, void *arg)
{
    enum far_err err = ask(conn, arg);
    return far_pg_script(conn, "SELECT 1/0") && !err ? FAR_OK : FAR_EDENIED;
}

static enum far_err leave_open(struct far_pg_conn *conn, void *arg)
{
    (void)arg;
    return far_pg_script(conn, "BEGIN; INSERT INTO person VALUES (99, 'left')");
}

static void transactions(void **state)
{
    struct far_pg_config config = config_of(1);
    (void)state;
    open_pool(&config, "transactions");
    struct question question = {.sql = "INSERT INTO person VALUES (1, 'a') RETURNING name"};
    assert_int_equal(run(insert_then_fail, &question, true), FAR_EDENIED);
    assert_int_equal(query("SELECT count(*) FROM person", NULL, "0"), FAR_OK);
    assert_int_equal(run(swallow_an_error, &question, true),
                     FAR_EIO); /* COMMIT would have rolled back silently */
    assert_int_equal(query("SELECT count(*) FROM person", NULL, "0"), FAR_OK);
    atomic_store(&question.tries, 0);
    assert_int_equal(run(conflict_twice, &question, true), FAR_OK);
    assert_int_equal(atomic_load(&question.tries), 3);
    assert_int_equal(query("SELECT count(*) FROM person", NULL, "1"), FAR_OK);
    atomic_store(&question.tries, 0);
    assert_int_equal(run(conflict_always, &question, true), FAR_ECONFLICT);
    assert_int_equal(atomic_load(&question.tries), 3);
    assert_int_equal(run(leave_open, &question, false), FAR_OK);
    assert_int_equal(query("SELECT count(*) FROM person", NULL, "1"), FAR_OK);
}

static enum far_err advance(struct far_pg_conn *conn, void *arg)
{
    struct question *question = arg;
    uint64_t reached = 0;
    const char *incarnation = question->value;
    enum far_err err = far_pg_progress_get(conn, "REC", "ingest", incarnation, &reached);
    if (err && err != FAR_ENOTFOUND) return err;
    (void)snprintf(question->answer, sizeof(question->answer), "%llu", (unsigned long long)reached);
    return far_pg_progress_advance(conn, "REC", "ingest", incarnation, strtoull(question->sql, NULL, 10));
}

static void progress_only_rises(void **state)
{
    static const struct {
        const char *sequence;
        const char *incarnation;
        enum far_err err;
        const char *before;
    } steps[] = {
        {"5", "a", FAR_OK,     "0"},
        {"5", "a", FAR_EEXIST, "5"},
        {"4", "a", FAR_EEXIST, "5"},
        {"6", "a", FAR_OK,     "5"},
        {"1", "b", FAR_OK,     "0"},
        {"1", "b", FAR_EEXIST, "1"},
        {"2", "b", FAR_OK,     "1"},
    };
    struct far_pg_config config = config_of(1);
    (void)state;
    open_pool(&config, "progress");
    for (size_t i = 0; i < FAR_ARRAY_LEN(steps); i++) {
        struct question question = {.sql = steps[i].sequence, .value = steps[i].incarnation};
        assert_int_equal(run(advance, &question, true), steps[i].err);
        assert_string_equal(question.answer, steps[i].before);
    }
}

static void pause_ms(long ms)
{
    const struct timespec pause = {.tv_nsec = ms * 1000000};
    (void)nanosleep(&pause, NULL);
}

/* Until the check "postgres" says wanted; "" for none at all. */
static void await_health(const char *wanted)
{
    struct far_buf out;
    far_buf_init(&out, 1 << 16);
    for (int i = 0; i < 1000; i++) {
        far_buf_clear(&out);
        far_health_json("t", "t", "t", &out);
        if (strstr(out.data, wanted)) break;
        pause_ms(10);
    }
    if (!strstr(out.data, wanted)) fail_msg("wanted %s, health is %s", wanted, out.data);
    far_buf_done(&out);
}

static void migrations_are_applied_once_and_guarded(void **state)
{
    struct far_pg_config config = config_of(3);
    (void)state;
    open_pool(&config, "migrated");
    assert_int_equal(query("SELECT count(*) FROM person", NULL, "0"), FAR_OK);
    (void)close_pool(NULL);
    write_migration("0002_more.sql", "INSERT INTO person VALUES (1, 'by migration');");
    for (int i = 0; i < 2; i++) {
        open_pool(&config, "migrated");
        assert_int_equal(query("SELECT count(*) FROM person", NULL, "1"), FAR_OK);
        (void)close_pool(NULL);
    }
    write_migration("0002_more.sql", "INSERT INTO person VALUES (2, 'changed');");
    open_pool(&config, "migrated");
    await_health("0002_more.sql was changed after it was applied");
    assert_false(far_pg_is_ready(pg));
    (void)close_pool(NULL);
    write_migration("0002_again.sql", "SELECT 1;");
    open_pool(&config, "migrated");
    await_health("have the same number");
    (void)close_pool(NULL);
    remove_migration("0002_again.sql");
    remove_migration("0002_more.sql");
    open_pool(&config, "migrated");
    await_health("this program knows 0001; run the newer version");
    (void)close_pool(NULL);
    write_migration("0002_broken.sql", "CREATE TABLE half (id integer); SELEKT;");
    open_pool(&config, "broken");
    await_health("migration 0002_broken.sql failed");
    (void)close_pool(NULL);
    remove_migration("0002_broken.sql");
    open_pool(&config, "broken"); /* nothing of the broken file was left */
    assert_int_equal(query("SELECT count(*) FROM pg_tables WHERE tablename = 'half'", NULL, "0"), FAR_OK);
}

static void two_instances_migrate_at_once(void **state)
{
    struct far_pg_config config = config_of(4);
    struct far_pg *other;
    (void)state;
    open_pool(&config, "twins");
    assert_int_equal(far_pg_create(loop, &config, "twins", folder, &other), FAR_OK);
    assert_int_equal(query("SELECT count(*) FROM schema_migration", NULL, "1"), FAR_OK);
    for (int i = 0; i < 1000 && !far_pg_is_ready(other); i++)
        pause_ms(10);
    assert_true(far_pg_is_ready(other));
    other = far_pg_destroy(other);
}

static void an_outage_is_told_and_survived(void **state)
{
    struct far_pg_config config = config_of(2);
    (void)state;
    config.wait_ms_max = 300;
    open_pool(&config, "outage");
    assert_int_equal(query("SELECT 1", NULL, "1"), FAR_OK);
    test_pg_kill(&server);
    await_health("\"state\":\"degraded\"");
    uint64_t begin_ms = far_clock_mono_ms();
    assert_int_equal(query("SELECT 1", NULL, "1"), FAR_EUNAVAILABLE);
    assert_in_range(far_clock_mono_ms() - begin_ms, 200, 5000);
    assert_false(far_pg_is_ready(pg));
    test_pg_restart(&server);
    await_health("{\"name\":\"postgres\",\"state\":\"ok\"");
    assert_int_equal(query("SELECT 1", NULL, "1"), FAR_OK);
}

static void no_job_is_spent_on_a_dead_connection(void **state)
{
    struct far_pg_config config = config_of(2);
    (void)state;
    open_pool(&config, "outage");
    assert_int_equal(query("SELECT 1", NULL, "1"), FAR_OK);
    for (int round = 0; round < 2; round++) {
        test_pg_kill(&server);
        test_pg_restart(&server); /* perhaps before the idle workers have noticed */
        for (int i = 0; i < 4; i++)
            assert_int_equal(query("SELECT 1", NULL, "1"), FAR_OK);
    }
}

static void a_server_that_was_never_there(void **state)
{
    struct far_pg_config config = config_of(1);
    (void)state;
    config.url = "postgresql://farseat@127.0.0.1:1/postgres";
    config.wait_ms_max = 100;
    open_pool(&config, "nowhere");
    assert_int_equal(query("SELECT 1", NULL, "1"), FAR_EUNAVAILABLE);
    await_health("\"state\":\"failed\",\"text\":\"not connected: ");
    struct far_pg *wrong;
    assert_int_equal(far_pg_create(loop, &config, "Bad-Schema", NULL, &wrong), FAR_EINVAL);
    config.url = "no url";
    assert_int_equal(far_pg_create(loop, &config, "x", NULL, &wrong), FAR_EINVAL);
}

static void limits_and_the_end(void **state)
{
    struct far_pg_config config = config_of(1);
    struct outcome outcome = {0};
    struct question questions[8] = {{0}};
    int accepted = 0;
    (void)state;
    config.queue_max = 3;
    config.statement_ms_max = 60000;
    config.wait_ms_max = 60000;
    open_pool(&config, "limits");
    assert_int_equal(query("SELECT 1", NULL, "1"), FAR_OK);
    for (int i = 0; i < 8; i++) {
        questions[i] = (struct question){.outcome = &outcome, .sql = "SELECT pg_sleep(50)"};
        struct far_pg_job job = {.work = ask, .done = on_done, .arg = &questions[i]};
        enum far_err err = far_pg_submit(pg, &job);
        if (err) assert_int_equal(err, FAR_EAGAIN);
        accepted += !err;
    }
    assert_in_range(accepted, 3, 4); /* three wait, and one may run already */
    for (int i = 0; i < 1000 && atomic_load(&questions[0].tries) == 0; i++)
        pause_ms(10);
    pause_ms(100);
    uint64_t begin_ms = far_clock_mono_ms();
    (void)close_pool(NULL);
    assert_true(far_clock_mono_ms() - begin_ms < 10000); /* the sleeping statement was cancelled */
    assert_int_equal(outcome.count, accepted);
    assert_null(far_pg_destroy(NULL));
}

static void a_long_migration_does_not_hold_up_the_end(void **state)
{
    struct far_pg_config config = config_of(2);
    (void)state;
    write_migration("0002_long.sql", "SELECT pg_sleep(50);");
    open_pool(&config, "long");
    pause_ms(700); /* most likely inside the migration; whatever is under way, the end must come soon */
    uint64_t begin_ms = far_clock_mono_ms();
    (void)close_pool(NULL);
    assert_true(far_clock_mono_ms() - begin_ms < 10000);
    remove_migration("0002_long.sql");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(jobs_and_errors, close_pool),
        cmocka_unit_test_teardown(transactions, close_pool),
        cmocka_unit_test_teardown(progress_only_rises, close_pool),
        cmocka_unit_test_teardown(migrations_are_applied_once_and_guarded, close_pool),
        cmocka_unit_test_teardown(two_instances_migrate_at_once, close_pool),
        cmocka_unit_test_teardown(an_outage_is_told_and_survived, close_pool),
        cmocka_unit_test_teardown(no_job_is_spent_on_a_dead_connection, close_pool),
        cmocka_unit_test_teardown(a_server_that_was_never_there, close_pool),
        cmocka_unit_test_teardown(limits_and_the_end, close_pool),
        cmocka_unit_test_teardown(a_long_migration_does_not_hold_up_the_end, close_pool),
    };
    far_log_set_fd(open("/dev/null", O_WRONLY));
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
