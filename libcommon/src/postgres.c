/* SPDX-License-Identifier: Apache-2.0 */
/*   any thread --> [ waiting jobs ] --> workers, each with its connection --> [ done jobs ] --uv_async--> the
 * loop */
#include "far/postgres.h"
#include "chassis_metrics.h"
#include "far/clock.h"
#include "far/health.h"
#include "far/list.h"
#include "far/log.h"
#include "far/str.h"
#include "postgres_private.h"
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS_MAX 5000
#define BACKOFF_MS_MIN 200
#define BACKOFF_MS_MAX 5000
#define TRIES_MAX      3

struct job {
    struct far_list link;
    struct far_pg_job what;
    uint64_t submitted_ms;
    enum far_err err;
};

struct worker {
    struct far_pg *pg;
    pthread_t thread;
    struct far_pg_conn conn;
    PGcancel *cancel; /* guarded by the pool's lock; not NULL while statements may take long */
};

struct far_pg {
    struct far_loop *loop;
    uv_async_t wake;
    char *url, *password, *migrations;
    char schema[64];
    struct far_pg_config config;
    pthread_mutex_t lock; /* guards all below but the atomics */
    pthread_cond_t changed;
    struct far_list waiting, done;
    size_t waiting_count;
    bool stopping;
    pthread_mutex_t migrating; /* one worker migrates, the others wait for it */
    bool migrated;             /* guarded by migrating */
    atomic_int connected;
    atomic_bool ready; /* was ready once: a loss is then a degradation */
    size_t worker_count;
    struct worker workers[];
};

#define FIELD(name) offsetof(struct far_pg_config, name)
const struct far_config_row far_pg_config_rows[] = {
    {.path = "postgres.url",
     .type = FAR_CONFIG_STRING,
     .offset = FIELD(url),
     .help = "PostgreSQL: postgresql://user@host:port/database, or key=value pairs"},
    {.path = "postgres.password",
     .type = FAR_CONFIG_SECRET,
     .offset = FIELD(password),
     .default_text = "",
     .help = "Its password, unless the server asks for none"},
    {.path = "postgres.connections",
     .type = FAR_CONFIG_INT,
     .offset = FIELD(connections),
     .default_text = "4",
     .min = 1,
     .max = 64,
     .help = "Connections, each with a thread"},
    {.path = "postgres.queue_max",
     .type = FAR_CONFIG_INT,
     .offset = FIELD(queue_max),
     .default_text = "10000",
     .min = 1,
     .max = 1000000,
     .help = "Jobs that may wait; beyond, callers are told to try later"},
    {.path = "postgres.wait_max",
     .type = FAR_CONFIG_DURATION_MS,
     .offset = FIELD(wait_ms_max),
     .default_text = "5s",
     .min = 10,
     .max = 600000,
     .help = "A job that waited longer for a connection is given up"},
    {.path = "postgres.statement_max",
     .type = FAR_CONFIG_DURATION_MS,
     .offset = FIELD(statement_ms_max),
     .default_text = "30s",
     .min = 10,
     .max = 3600000,
     .help = "A statement that takes longer is cancelled"},
    {.path = "postgres.migrations",
     .type = FAR_CONFIG_STRING,
     .offset = FIELD(migrations_path),
     .default_text = "",
     .help = "Folder of the schema's migrations, if not the one that came with the program"},
};
const size_t far_pg_config_rows_len = FAR_ARRAY_LEN(far_pg_config_rows);

static bool is_stopping(struct far_pg *pg)
{
    (void)pthread_mutex_lock(&pg->lock);
    bool stopping = pg->stopping;
    (void)pthread_mutex_unlock(&pg->lock);
    return stopping;
}

static void report(struct far_pg *pg, const char *fault)
{
    if (!*fault)
        far_health_set("postgres", FAR_HEALTH_OK, "%s", "");
    else if (atomic_load(&pg->ready))
        far_health_set("postgres", FAR_HEALTH_DEGRADED, "%s", fault);
    else
        far_health_set("postgres", FAR_HEALTH_FAILED, "%s", fault);
}

static struct timespec after_ms(uint64_t ms)
{
    struct timespec at;
    (void)clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += (time_t)(ms / 1000);
    at.tv_nsec += (long)(ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

/* With the lock held. */
static void finish_locked(struct far_pg *pg, struct job *job, enum far_err err, int outcome)
{
    job->err = err;
    far_metric_add_at(&chassis_metrics[CHASSIS_M_PG_JOBS], (size_t)outcome, 1);
    far_list_append(&pg->done, &job->link);
    (void)uv_async_send(&pg->wake);
}

static struct job *take_locked(struct far_pg *pg)
{
    if (far_list_empty(&pg->waiting)) return NULL;
    struct job *job = FAR_LIST_ITEM(pg->waiting.next, struct job, link);
    far_list_remove(&job->link);
    pg->waiting_count--;
    far_metric_set(&chassis_metrics[CHASSIS_M_PG_WAITING], (int64_t)pg->waiting_count);
    return job;
}

/* Give up what has waited too long, oldest first; at the end everything. */
static void expire_locked(struct far_pg *pg, bool all)
{
    uint64_t now_ms = far_clock_mono_ms();
    while (!far_list_empty(&pg->waiting)) {
        const struct job *oldest = FAR_LIST_ITEM(pg->waiting.next, struct job, link);
        if (!all && now_ms - oldest->submitted_ms <= (uint64_t)pg->config.wait_ms_max) break;
        finish_locked(pg, take_locked(pg), FAR_EUNAVAILABLE, CHASSIS_PG_EXPIRED);
    }
}

/* Without a connection: expire jobs while time passes. */
static void pause_worker(struct far_pg *pg, uint64_t ms)
{
    uint64_t until_ms = far_clock_mono_ms() + ms;
    (void)pthread_mutex_lock(&pg->lock);
    while (!pg->stopping && far_clock_mono_ms() < until_ms) {
        struct timespec at = after_ms(100);
        if (atomic_load(&pg->connected) == 0) expire_locked(pg, false);
        (void)pthread_cond_timedwait(&pg->changed, &pg->lock, &at);
    }
    (void)pthread_mutex_unlock(&pg->lock);
}

static void disconnect(struct worker *worker)
{
    if (worker->conn.pg && worker->conn.prepared) {
        int left = atomic_fetch_sub(&worker->pg->connected, 1) - 1;
        far_metric_set(&chassis_metrics[CHASSIS_M_PG_CONNECTIONS], left);
    }
    PQfinish(worker->conn.pg);
    worker->conn.prepared = far_index_destroy(worker->conn.prepared);
    worker->conn.pg = NULL;
    worker->conn.spoiled = false;
}

static void ignore_notice(void *ctx, const PGresult *result)
{
    (void)ctx;
    (void)result;
}

static PGconn *begin_connect(const struct far_pg *pg)
{
    const char *keys[] = {"dbname", "application_name", "client_encoding", "password", NULL};
    const char *values[] = {pg->url, pg->schema, "UTF8", pg->password, NULL};
    if (!*pg->password) keys[3] = NULL;
    return PQconnectStartParams(keys, values, 1);
}

/* Polls, so that a stop is heeded and a silent server is given up. */
static bool await_connection(struct far_pg *pg, PGconn *conn)
{
    uint64_t until_ms = far_clock_mono_ms() + CONNECT_MS_MAX;
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    if (!conn || PQstatus(conn) == CONNECTION_BAD) return false;
    while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
        struct pollfd poll_fd = {.fd = PQsocket(conn),
                                 .events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT};
        int count = poll(&poll_fd, 1, 100);
        if (count < 0 && errno != EINTR) return false;
        if (count == 0 && (far_clock_mono_ms() > until_ms || is_stopping(pg))) return false;
        if (count > 0) state = PQconnectPoll(conn);
    }
    return state == PGRES_POLLING_OK;
}

static enum far_err migrate_once(struct far_pg *pg, struct far_pg_conn *conn, char *why, size_t why_size)
{
    enum far_err err = FAR_OK;
    (void)pthread_mutex_lock(&pg->migrating);
    if (is_stopping(pg)) {
        err = FAR_ESTATE;
    } else if (!pg->migrated) {
        err = pg_migrate(conn, pg->schema, *pg->migrations ? pg->migrations : NULL, why, why_size);
        pg->migrated = !err;
    }
    (void)pthread_mutex_unlock(&pg->migrating);
    return err;
}

static bool prepare_session(struct far_pg *pg, struct far_pg_conn *conn, char *why, size_t why_size)
{
    char sql[200];
    (void)PQsetNoticeReceiver(conn->pg, ignore_notice, NULL);
    /* compiling a statement takes longer than running any of ours */
    (void)snprintf(sql, sizeof(sql), "SET search_path TO %s; SET jit = off; SET statement_timeout = %lld",
                   pg->schema, (long long)pg->config.statement_ms_max);
    if (far_index_create(PG_STATEMENTS_MAX, 0, 0, &conn->prepared) || far_pg_script(conn, sql)) {
        (void)snprintf(why, why_size, "the session cannot be set up: %s", PQerrorMessage(conn->pg));
        return false;
    }
    return migrate_once(pg, conn, why, why_size) == FAR_OK;
}

static void set_cancel(struct worker *worker, PGcancel *cancel)
{
    (void)pthread_mutex_lock(&worker->pg->lock);
    PQfreeCancel(worker->cancel);
    worker->cancel = cancel;
    (void)pthread_mutex_unlock(&worker->pg->lock);
}

/* So that a long migration can be cancelled. */
static bool prepare_worker(struct worker *worker, char *why, size_t why_size)
{
    set_cancel(worker, PQgetCancel(worker->conn.pg));
    bool prepared = prepare_session(worker->pg, &worker->conn, why, why_size);
    set_cancel(worker, NULL);
    return prepared;
}

/* @return whether the worker has a good connection now; if not, health says why. */
static bool connect_worker(struct worker *worker)
{
    struct far_pg *pg = worker->pg;
    char why[256] = "";
    PGconn *conn = begin_connect(pg);
    worker->conn.pg = conn;
    if (!await_connection(pg, conn)) {
        const char *message = conn ? PQerrorMessage(conn) : "out of memory";
        (void)snprintf(why, sizeof(why), "not connected: %s (check postgres.url and that the server runs)",
                       *message ? message : "no answer");
    } else if (prepare_worker(worker, why, sizeof(why))) {
        int count = atomic_fetch_add(&pg->connected, 1) + 1;
        far_metric_set(&chassis_metrics[CHASSIS_M_PG_CONNECTIONS], count);
        report(pg, "");
        atomic_store(&pg->ready, true);
        return true;
    }
    worker->conn.prepared =
        far_index_destroy(worker->conn.prepared); /* so that it does not count as connected */
    disconnect(worker);
    for (char *at = why; *at; at++)
        if (*at == '\n') *at = ' ';
    if (atomic_load(&pg->connected) == 0 && !is_stopping(pg)) report(pg, why);
    return false;
}

static enum far_err commit(struct far_pg_conn *conn)
{
    PGresult *result = PQexec(conn->pg, "COMMIT");
    enum far_err err = pg_judge(conn, &result, "COMMIT");
    /* After an error inside, COMMIT rolls back and says so only by its tag. */
    if (!err && strcmp(PQcmdStatus(result), "COMMIT") != 0) err = FAR_EIO;
    PQclear(result);
    return err;
}

static enum far_err run_transaction(struct far_pg_conn *conn, const struct far_pg_job *what)
{
    enum far_err err = FAR_ECONFLICT;
    for (int i = 0; err == FAR_ECONFLICT && i < TRIES_MAX; i++) {
        err = far_pg_script(conn, "BEGIN");
        if (err) return err;
        err = what->work(conn, what->arg);
        if (!err)
            err = commit(conn);
        else if (PQstatus(conn->pg) == CONNECTION_OK && far_pg_script(conn, "ROLLBACK"))
            conn->spoiled = true;
    }
    return err;
}

static void run_job(struct worker *worker, struct job *job)
{
    struct far_pg *pg = worker->pg;
    struct far_pg_conn *conn = &worker->conn;
    uint64_t begin_us = far_clock_mono_us();
    enum far_err err =
        job->what.transaction ? run_transaction(conn, &job->what) : job->what.work(conn, job->what.arg);
    if (PQstatus(conn->pg) == CONNECTION_OK && PQtransactionStatus(conn->pg) != PQTRANS_IDLE) {
        FAR_ERROR("postgres-transaction-left-open", "schema=%s", pg->schema);
        conn->spoiled = true;
    }
    far_metric_observe(&chassis_metrics[CHASSIS_M_PG_JOB_TIME], (int64_t)(far_clock_mono_us() - begin_us));
    (void)pthread_mutex_lock(&pg->lock);
    PQfreeCancel(worker->cancel);
    worker->cancel = NULL;
    finish_locked(pg, job, err, err ? CHASSIS_PG_FAILED : CHASSIS_PG_OK);
    (void)pthread_mutex_unlock(&pg->lock);
}

/* Whether an idle connection is gone: an idle server speaks only to say good-bye, or of a changed setting. */
static bool is_lost(struct far_pg_conn *conn)
{
    for (int i = 0; i < 16; i++) { /* its last words come before the end of the stream */
        struct pollfd poll_fd = {.fd = PQsocket(conn->pg), .events = POLLIN};
        if (poll(&poll_fd, 1, 0) <= 0) return false;
        if (!PQconsumeInput(conn->pg) || PQstatus(conn->pg) != CONNECTION_OK) return true;
    }
    return true;
}

/* The next job, or NULL at the end or when the idle connection was lost: a job is not spent on a dead one. */
static struct job *await_job(struct worker *worker)
{
    struct far_pg *pg = worker->pg;
    struct job *job = NULL;
    (void)pthread_mutex_lock(&pg->lock);
    while (!pg->stopping) {
        struct timespec at = after_ms(1000);
        worker->conn.spoiled = is_lost(&worker->conn);
        if (worker->conn.spoiled) break;
        expire_locked(pg, false);
        job = take_locked(pg);
        if (job) break;
        (void)pthread_cond_timedwait(&pg->changed, &pg->lock, &at);
    }
    if (job) worker->cancel = PQgetCancel(worker->conn.pg);
    (void)pthread_mutex_unlock(&pg->lock);
    return job;
}

static void serve(struct worker *worker)
{
    struct job *job;
    while (!worker->conn.spoiled && PQstatus(worker->conn.pg) == CONNECTION_OK && (job = await_job(worker)))
        run_job(worker, job);
    bool lost = worker->conn.spoiled || PQstatus(worker->conn.pg) != CONNECTION_OK;
    disconnect(worker);
    if (lost && !is_stopping(worker->pg) && atomic_load(&worker->pg->connected) == 0)
        report(worker->pg, "the connection was lost; trying again");
}

static void *run_worker(void *arg)
{
    struct worker *worker = arg;
    uint64_t backoff_ms = BACKOFF_MS_MIN;
    while (!is_stopping(worker->pg)) {
        if (connect_worker(worker)) {
            backoff_ms = BACKOFF_MS_MIN;
            serve(worker);
            continue;
        }
        pause_worker(worker->pg, backoff_ms);
        backoff_ms = backoff_ms * 2 < BACKOFF_MS_MAX ? backoff_ms * 2 : BACKOFF_MS_MAX;
    }
    return NULL;
}

/* On the loop: what has ended. */
static void deliver(struct far_pg *pg)
{
    struct far_list ready;
    far_list_init(&ready);
    (void)pthread_mutex_lock(&pg->lock);
    while (!far_list_empty(&pg->done)) {
        struct far_list *link = pg->done.next;
        far_list_remove(link);
        far_list_append(&ready, link);
    }
    (void)pthread_mutex_unlock(&pg->lock);
    while (!far_list_empty(&ready)) {
        struct job *job = FAR_LIST_ITEM(ready.next, struct job, link);
        far_list_remove(&job->link);
        if (job->what.done) job->what.done(job->err, job->what.arg);
        free(job);
    }
}

static void on_wake(uv_async_t *wake)
{
    deliver(wake->data);
}

static void release(struct far_pg *pg)
{
    (void)pthread_cond_destroy(&pg->changed);
    (void)pthread_mutex_destroy(&pg->lock);
    (void)pthread_mutex_destroy(&pg->migrating);
    free(pg->url);
    free(pg->password);
    free(pg->migrations);
    free(pg);
}

static void on_closed(uv_handle_t *handle)
{
    release(handle->data);
}

static bool is_schema(const char *schema)
{
    size_t len = strspn(schema, "abcdefghijklmnopqrstuvwxyz_");
    return len > 0 && len < 64 && schema[len] == '\0';
}

static bool is_url(const char *url)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &message);
    if (!options)
        FAR_ERROR("postgres-url-wrong", "cause=%s remedy=%s", message ? message : "-", "set postgres.url");
    PQfreemem(message);
    PQconninfoFree(options);
    return options != NULL;
}

static struct far_pg *allocate(const struct far_pg_config *config, const char *schema, const char *migrations)
{
    pthread_condattr_t monotonic;
    size_t count = (size_t)config->connections;
    const char *folder =
        config->migrations_path && *config->migrations_path ? config->migrations_path : migrations;
    struct far_pg *pg = calloc(1, sizeof(*pg) + count * sizeof(pg->workers[0]));
    if (!pg) return NULL;
    pg->config = *config;
    pg->url = strdup(config->url);
    pg->password = strdup(config->password ? config->password : "");
    pg->migrations = strdup(folder ? folder : "");
    (void)far_str_copy(pg->schema, sizeof(pg->schema), schema);
    (void)pthread_mutex_init(&pg->lock, NULL);
    (void)pthread_mutex_init(&pg->migrating, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&pg->changed, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    far_list_init(&pg->waiting);
    far_list_init(&pg->done);
    for (size_t i = 0; i < count; i++)
        pg->workers[i].pg = pg;
    if (pg->url && pg->password && pg->migrations) return pg;
    release(pg);
    return NULL;
}

enum far_err far_pg_create(struct far_loop *loop, const struct far_pg_config *config, const char *schema,
                           const char *migrations_path, struct far_pg **ret_pg)
{
    if (config->connections < 1 || config->queue_max < 1 || !is_schema(schema) || !is_url(config->url))
        return FAR_EINVAL;
    struct far_pg *pg = allocate(config, schema, migrations_path);
    if (!pg) return FAR_ENOMEM;
    pg->loop = loop;
    pg->wake.data = pg;
    if (uv_async_init(far_loop_uv(loop), &pg->wake, on_wake) != 0) {
        release(pg);
        return FAR_EIO;
    }
    report(pg, "connecting");
    for (; pg->worker_count < (size_t)config->connections; pg->worker_count++) {
        struct worker *worker = &pg->workers[pg->worker_count];
        if (pthread_create(&worker->thread, NULL, run_worker, worker) != 0) break;
    }
    if (pg->worker_count == 0) {
        far_pg_destroy(pg);
        return FAR_ENOMEM;
    }
    *ret_pg = pg;
    return FAR_OK;
}

struct far_pg *far_pg_destroy(struct far_pg *pg)
{
    char message[256];
    if (!pg) return NULL;
    assert(far_loop_is_mine(pg->loop));
    (void)pthread_mutex_lock(&pg->lock);
    pg->stopping = true;
    for (size_t i = 0; i < pg->worker_count; i++)
        if (pg->workers[i].cancel) (void)PQcancel(pg->workers[i].cancel, message, sizeof(message));
    (void)pthread_cond_broadcast(&pg->changed);
    (void)pthread_mutex_unlock(&pg->lock);
    for (size_t i = 0; i < pg->worker_count; i++)
        (void)pthread_join(pg->workers[i].thread, NULL);
    (void)pthread_mutex_lock(&pg->lock);
    expire_locked(pg, true);
    (void)pthread_mutex_unlock(&pg->lock);
    deliver(pg);
    far_health_remove("postgres");
    uv_close((uv_handle_t *)&pg->wake, on_closed);
    return NULL;
}

bool far_pg_is_ready(const struct far_pg *pg)
{
    return atomic_load(&pg->connected) > 0;
}

enum far_err far_pg_submit(struct far_pg *pg, const struct far_pg_job *what)
{
    enum far_err err = FAR_OK;
    struct job *job = malloc(sizeof(*job));
    if (!job) return FAR_EAGAIN;
    *job = (struct job){.what = *what, .submitted_ms = far_clock_mono_ms()};
    (void)pthread_mutex_lock(&pg->lock);
    if (pg->stopping) {
        err = FAR_ESTATE;
    } else if (pg->waiting_count >= (size_t)pg->config.queue_max) {
        err = FAR_EAGAIN;
    } else {
        far_list_append(&pg->waiting, &job->link);
        pg->waiting_count++;
        far_metric_set(&chassis_metrics[CHASSIS_M_PG_WAITING], (int64_t)pg->waiting_count);
        (void)pthread_cond_signal(&pg->changed);
    }
    (void)pthread_mutex_unlock(&pg->lock);
    if (err) free(job);
    if (err == FAR_EAGAIN) far_metric_add(&chassis_metrics[CHASSIS_M_PG_REFUSED], 1);
    return err;
}
