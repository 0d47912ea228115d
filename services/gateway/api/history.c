/* SPDX-License-Identifier: Apache-2.0 */
#include "history.h"
#include "centre.h"
#include "far/clock.h"
#include "far/log.h"
#include "far/loop.h"
#include "far/pg_method.h"
#include "far/pg_reader.h"
#include "far/str.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "farseat/v1/fact.pb-c.h"
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FACTS       "far.evt.site.config"
#define RETRY_MS    2000
#define HISTORY_MAX 500
#define HISTORY_ANY 100

struct history {
    struct api *api;
    struct far_pg_reader *facts;
    struct far_pg_methods *methods;
    uint64_t timer;
    bool storing, due;
    pthread_mutex_t lock; /* of what follows: database threads read it */
    uint64_t version;     /* in force */
    char hash[24];
};
/* A configuration on its way to the database. */
struct keep {
    struct history *history;
    char version[24], at_us[24], hash[24];
    char *hex; /* "\x..." */
};

/* ---- what is in force ----------------------------------------------------------------------------- */

/* The newest row of the version takes the configuration, unless it has another one. */
static enum far_err keep_work(struct far_pg_conn *conn, void *arg)
{
    struct keep *keep = arg;
    const char *values[] = {keep->version, keep->hash, keep->hex, keep->at_us};
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn, "lock table config_version in share row exclusive mode", 0, NULL, NULL);
    if (err == FAR_OK)
        err = far_pg_query(
            conn,
            "update config_version set hash = $2, config = $3::bytea where place = (select max(place) from "
            "config_version where version = $1) and hash in ('', $2) returning 1",
            3, values, &result);
    if (err != FAR_OK) return err;
    bool found = PQntuples(result) > 0;
    PQclear(result);
    if (found) return FAR_OK;
    return far_pg_query(
        conn, "insert into config_version (version, hash, config, at_us) values ($1, $2, $3::bytea, $4)", 4,
        values, NULL);
}

static void keep_done(enum far_err err, void *arg)
{
    struct keep *keep = arg;
    keep->history->storing = false;
    if (err != FAR_OK) {
        FAR_WARN("config-version-not-kept", "version=%s why=%s", keep->version, far_err_text(err));
        keep->history->due = true; /* the timer tries again */
    }
    free(keep->hex);
    free(keep);
}

static char *config_hex(const Farseat__V1__CentreConfig *config)
{
    size_t len = farseat__v1__centre_config__get_packed_size(config);
    uint8_t *bytes = malloc(len + 1);
    char *hex = malloc(2 * len + 3);
    if (bytes && hex) {
        farseat__v1__centre_config__pack(config, bytes);
        memcpy(hex, "\\x", 2);
        far_str_hex(bytes, len, hex + 2);
    } else {
        free(hex);
        hex = NULL;
    }
    free(bytes);
    return hex;
}

static void keep_now(struct history *history)
{
    const struct centre *centre = history->api->centre;
    const Farseat__V1__CentreConfig *config = centre_config(centre);
    if (history->storing || !config || centre_version(centre) == 0) return;
    struct keep *keep = calloc(1, sizeof(*keep));
    if (!keep) return;
    keep->history = history;
    keep->hex = config_hex(config);
    (void)snprintf(keep->version, sizeof(keep->version), "%" PRIu64, centre_version(centre));
    (void)snprintf(keep->at_us, sizeof(keep->at_us), "%" PRId64, far_clock_wall_us());
    (void)far_str_copy(keep->hash, sizeof(keep->hash), centre_hash(centre));
    const struct far_pg_job job = {.work = keep_work, .done = keep_done, .arg = keep, .transaction = true};
    history->due = false;
    history->storing = true;
    enum far_err err = keep->hex ? far_pg_submit(history->api->pg, &job) : FAR_ENOMEM;
    if (err != FAR_OK) keep_done(err, keep);
}

static void centre_changed(void *ctx)
{
    struct history *history = ctx;
    (void)pthread_mutex_lock(&history->lock);
    history->version = centre_version(history->api->centre);
    (void)far_str_copy(history->hash, sizeof(history->hash), centre_hash(history->api->centre));
    (void)pthread_mutex_unlock(&history->lock);
    history->due = true;
    keep_now(history);
}

static void look(void *arg, uint64_t timer)
{
    struct history *history = arg;
    (void)timer;
    if (history->due) keep_now(history);
}

/* ---- who, when and why ---------------------------------------------------------------------------- */

static enum far_err fact_keep(struct far_pg_conn *conn, const Farseat__V1__Fact *fact)
{
    char version[24], at_us[24];
    const Farseat__V1__ConfigApplied *applied = fact->config_applied;
    (void)snprintf(version, sizeof(version), "%" PRIu64, applied->version);
    (void)snprintf(at_us, sizeof(at_us), "%" PRId64, fact->at_us);
    const char *values[] = {version, fact->log_incarnation, at_us, applied->by, applied->note};
    PGresult *result = NULL;
    enum far_err err =
        far_pg_query(conn, "lock table config_version in share row exclusive mode", 0, NULL, NULL);
    if (err == FAR_OK)
        err =
            far_pg_query(conn,
                         "update config_version set log_incarnation = $2, at_us = $3, by_login = $4, note = "
                         "$5 where place = (select max(place) from config_version where version = $1) and "
                         "log_incarnation in ('', $2) returning 1",
                         5, values, &result);
    if (err != FAR_OK) return err;
    bool found = PQntuples(result) > 0;
    PQclear(result);
    if (found) return FAR_OK;
    return far_pg_query(conn,
                        "insert into config_version (version, log_incarnation, at_us, by_login, note) values "
                        "($1, $2, $3, $4, $5)",
                        5, values, NULL);
}

static enum far_err fact_apply(struct far_pg_conn *conn, const struct far_pg_reader_entry *entry, void *ctx)
{
    (void)ctx;
    Farseat__V1__Fact *fact = farseat__v1__fact__unpack(NULL, entry->data_len, entry->data);
    enum far_err err = FAR_OK;
    if (fact && fact->body_case == FARSEAT__V1__FACT__BODY_CONFIG_APPLIED) err = fact_keep(conn, fact);
    if (err == FAR_EINVAL) { /* such a text would fail for ever */
        FAR_ERROR("config-fact-skipped", "seq=%" PRIu64, entry->seq);
        err = FAR_OK;
    }
    if (fact) farseat__v1__fact__free_unpacked(fact, NULL);
    return err;
}

/* A fact may have made a row that the configuration belongs to. */
static void facts_stored(void *ctx)
{
    struct history *history = ctx;
    history->due = true;
    keep_now(history);
}

/* ---- methods -------------------------------------------------------------------------------------- */

#define COLUMNS "version, at_us, by_login, note, hash"

static void in_force(struct history *history, uint64_t *ret_version, char ret_hash[24])
{
    (void)pthread_mutex_lock(&history->lock);
    *ret_version = history->version;
    memcpy(ret_hash, history->hash, sizeof(history->hash));
    (void)pthread_mutex_unlock(&history->lock);
}

static Farseat__V1__ConfigVersion *version_read(struct history *history, const PGresult *result, int row)
{
    Farseat__V1__ConfigVersion *version = far_message_alloc(sizeof(*version));
    uint64_t now = 0;
    char hash[24];
    in_force(history, &now, hash);
    farseat__v1__config_version__init(version);
    version->version = (uint64_t)far_pg_i64(result, row, 0, 0);
    version->at_us = far_pg_i64(result, row, 1, 0);
    version->by = far_pg_strdup(result, row, 2);
    version->note = far_pg_strdup(result, row, 3);
    version->hash = far_pg_strdup(result, row, 4);
    version->in_force = version->version == now && strcmp(version->hash, hash) == 0;
    return version;
}

static enum far_err history_work(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                 struct far_pg_answer *answer)
{
    const Farseat__V1__ConfigHistoryRequest *request = (const Farseat__V1__ConfigHistoryRequest *)message;
    char before[24], limit[16];
    (void)snprintf(before, sizeof(before), "%" PRId64,
                   request->before > 0 && request->before < INT64_MAX ? (int64_t)request->before : INT64_MAX);
    (void)snprintf(limit, sizeof(limit), "%u",
                   request->limit == 0            ? HISTORY_ANY
                   : request->limit > HISTORY_MAX ? HISTORY_MAX
                                                  : request->limit);
    const char *values[] = {before, limit};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(conn,
                                    "select distinct on (version) " COLUMNS
                                    " from config_version where version < $1 order by version desc, place "
                                    "desc limit $2",
                                    2, values, &result);
    if (err != FAR_OK) return err;
    size_t rows = (size_t)PQntuples(result);
    Farseat__V1__ConfigHistoryReply *reply = far_message_alloc(sizeof(*reply));
    farseat__v1__config_history_reply__init(reply);
    reply->versions = rows ? far_message_alloc(rows * sizeof(reply->versions[0])) : NULL;
    for (size_t i = 0; i < rows; i++)
        reply->versions[reply->n_versions++] = version_read(ctx, result, (int)i);
    PQclear(result);
    answer->message = &reply->base;
    return FAR_OK;
}

static Farseat__V1__CentreConfig *config_read(const PGresult *result, int row, int column)
{
    size_t len = 0;
    const char *text = far_pg_text(result, row, column);
    unsigned char *bytes = text ? PQunescapeBytea((const unsigned char *)text, &len) : NULL;
    Farseat__V1__CentreConfig *config = bytes ? farseat__v1__centre_config__unpack(NULL, len, bytes) : NULL;
    PQfreemem(bytes);
    return config;
}

static enum far_err refuse(struct far_pg_answer *answer, uint64_t version, const char *text)
{
    (void)snprintf(answer->text, sizeof(answer->text), "version %" PRIu64 " %s", version, text);
    return FAR_ENOTFOUND;
}

static enum far_err version_work(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                 struct far_pg_answer *answer)
{
    const Farseat__V1__ConfigVersionRequest *request = (const Farseat__V1__ConfigVersionRequest *)message;
    char version[24];
    if (request->version > INT64_MAX) return refuse(answer, request->version, "was never in force");
    (void)snprintf(version, sizeof(version), "%" PRIu64, request->version);
    const char *values[] = {version};
    PGresult *result = NULL;
    enum far_err err = far_pg_query(
        conn, "select " COLUMNS ", config from config_version where version = $1 order by place desc limit 1",
        1, values, &result);
    if (err != FAR_OK) return err;
    bool known = PQntuples(result) > 0;
    Farseat__V1__CentreConfig *config = known ? config_read(result, 0, 5) : NULL;
    if (config) {
        Farseat__V1__ConfigVersionReply *reply = far_message_alloc(sizeof(*reply));
        farseat__v1__config_version_reply__init(reply);
        reply->version = version_read(ctx, result, 0);
        reply->config = config;
        answer->message = &reply->base;
    }
    PQclear(result);
    if (config) return FAR_OK;
    return refuse(answer, request->version,
                  known ? "was replaced at once, so that its content was not kept"
                        : "is not in the history: see GET /config/history");
}

static const struct far_pg_method methods[] = {
    {FAR_METHOD_gateway_ConfigHistory, false, history_work, NULL},
    {FAR_METHOD_gateway_ConfigVersion, false, version_work, NULL},
};

enum far_err history_create(struct api *api, struct history **ret_history)
{
    struct history *history = calloc(1, sizeof(*history));
    if (!history) return FAR_ENOMEM;
    history->api = api;
    (void)pthread_mutex_init(&history->lock, NULL);
    const struct far_pg_reader_config facts = {.stream = FAR_STREAM_FACTS,
                                               .filter = FACTS,
                                               .consumer = "config-history",
                                               .apply = fact_apply,
                                               .stored = facts_stored,
                                               .ctx = history};
    enum far_err err =
        far_timer_start(far_bus_loop(api->bus), RETRY_MS, RETRY_MS, look, history, &history->timer);
    if (err == FAR_OK) err = far_pg_reader_create(api->bus, api->pg, &facts, &history->facts);
    if (err == FAR_OK)
        err = far_pg_methods_serve(api->bus, api->pg, methods, FAR_ARRAY_LEN(methods), history,
                                   &history->methods);
    if (err != FAR_OK) {
        history_stop(history);
        return err; /* the process ends: what is under way may still look at it */
    }
    centre_watch(api->centre, centre_changed, history);
    if (centre_version(api->centre) > 0) centre_changed(history);
    *ret_history = history;
    return FAR_OK;
}

void history_stop(struct history *history)
{
    if (!history) return;
    centre_watch(history->api->centre, NULL, NULL);
    far_timer_stop(far_bus_loop(history->api->bus), history->timer);
    history->timer = 0;
    history->facts = far_pg_reader_destroy(history->facts);
    history->methods = far_pg_methods_destroy(history->methods);
}

struct history *history_destroy(struct history *history)
{
    if (!history) return NULL;
    (void)pthread_mutex_destroy(&history->lock);
    free(history);
    return NULL;
}
