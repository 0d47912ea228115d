/* SPDX-License-Identifier: Apache-2.0 */
/* Files NNNN_name.sql of a folder, each applied once, in order, in a transaction of its own under a lock that
 * all instances of the service share. What was applied is remembered with its SHA-256: a changed file is
 * refused. */
#include "far/buf.h"
#include "far/log.h"
#include "far/str.h"
#include "postgres_private.h"
#include <dirent.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_MAX     1000
#define FILE_SIZE_MAX ((size_t)4 << 20)

struct migration {
    struct far_pg_conn *conn;
    const char *schema;
    const char *folder;
    char *why;
    size_t why_size;
};

#define FAULT(migration, err, ...)                                                                           \
    ((void)snprintf((migration)->why, (migration)->why_size, __VA_ARGS__), (enum far_err)(err))

static enum far_err fault_of_server(struct migration *migration, enum far_err err, const char *doing)
{
    return FAULT(migration, err, "%s failed: %s", doing, PQerrorMessage(migration->conn->pg));
}

/* BEGIN and the lock. */
static enum far_err begin(struct migration *migration)
{
    const char *values[] = {migration->schema};
    enum far_err err = far_pg_script(migration->conn, "BEGIN; SET LOCAL statement_timeout = 0");
    if (!err)
        err = far_pg_query(migration->conn, "SELECT pg_advisory_xact_lock(hashtext('farseat.' || $1))", 1,
                           values, NULL);
    return err ? fault_of_server(migration, err, "locking") : FAR_OK;
}

static enum far_err finish(struct migration *migration, enum far_err err, const char *doing)
{
    if (err) {
        if (far_pg_script(migration->conn, "ROLLBACK")) migration->conn->spoiled = true;
        return err;
    }
    err = far_pg_script(migration->conn, "COMMIT");
    return err ? fault_of_server(migration, err, doing) : FAR_OK;
}

static enum far_err make_own_tables(struct migration *migration)
{
    static const char tables[] =
        "CREATE TABLE IF NOT EXISTS schema_migration (version integer PRIMARY KEY, name text NOT NULL,"
        " sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now());"
        "CREATE TABLE IF NOT EXISTS bus_progress (stream text NOT NULL, consumer text NOT NULL,"
        " incarnation text NOT NULL, sequence bigint NOT NULL, updated_at timestamptz NOT NULL DEFAULT now(),"
        " PRIMARY KEY (stream, consumer))";
    const char *values[] = {migration->schema};
    char create[160];
    PGresult *result;
    enum far_err err = begin(migration);
    if (err) return finish(migration, err, "");
    /* CREATE SCHEMA IF NOT EXISTS wants the privilege even where the schema is there. */
    err = far_pg_query(migration->conn, "SELECT 1 FROM pg_namespace WHERE nspname = $1", 1, values, &result);
    if (!err) {
        bool missing = PQntuples(result) == 0;
        PQclear(result);
        (void)snprintf(create, sizeof(create), "CREATE SCHEMA %s", migration->schema);
        if (missing) err = far_pg_script(migration->conn, create);
    }
    if (!err) err = far_pg_script(migration->conn, "SET client_min_messages = warning");
    if (!err) err = far_pg_script(migration->conn, tables);
    if (err) (void)fault_of_server(migration, err, "making the schema");
    return finish(migration, err, "making the schema");
}

static int is_migration(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name);
    return len > 9 && strspn(entry->d_name, "0123456789") == 4 && entry->d_name[4] == '_' &&
           strcmp(entry->d_name + len - 4, ".sql") == 0;
}

static enum far_err apply(struct migration *migration, const char *name, const char *sql, const char *hash)
{
    char version[5], doing[300];
    const char *values[] = {version, name, hash};
    PGresult *result = NULL;
    (void)far_str_copy_len(version, sizeof(version), name, 4);
    (void)snprintf(doing, sizeof(doing), "migration %s", name);
    enum far_err err = begin(migration);
    if (!err) {
        err = far_pg_query(migration->conn, "SELECT sha256 FROM schema_migration WHERE version = $1::integer",
                           1, values, &result);
        if (err) (void)fault_of_server(migration, err, doing);
    }
    if (err) return finish(migration, err, doing);
    if (PQntuples(result) == 1) {
        if (strcmp(far_pg_text(result, 0, 0), hash) != 0)
            err =
                FAULT(migration, FAR_ESTATE,
                      "%s was changed after it was applied; restore it, and write the change into a new file",
                      name);
        PQclear(result);
        return finish(migration, err, doing);
    }
    PQclear(result);
    err = far_pg_script(migration->conn, sql);
    if (!err)
        err =
            far_pg_query(migration->conn,
                         "INSERT INTO schema_migration (version, name, sha256) VALUES ($1::integer, $2, $3)",
                         3, values, NULL);
    if (err) (void)fault_of_server(migration, err, doing);
    err = finish(migration, err, doing);
    if (!err) FAR_INFO("migrated", "schema=%s file=%s", migration->schema, name);
    return err;
}

static enum far_err apply_file(struct migration *migration, const char *name)
{
    char path[4096], hash[2 * crypto_hash_sha256_BYTES + 1];
    unsigned char digest[crypto_hash_sha256_BYTES];
    struct far_buf sql;
    if (snprintf(path, sizeof(path), "%s/%s", migration->folder, name) >= (int)sizeof(path))
        return FAULT(migration, FAR_EINVAL, "the path of %s is too long", name);
    far_buf_init(&sql, FILE_SIZE_MAX);
    enum far_err err = far_buf_add_file(&sql, path);
    if (!err && memchr(sql.data, '\0', sql.len)) err = FAR_EINVAL;
    if (err) {
        (void)FAULT(migration, err, "%s cannot be read: %s", path, far_err_text(err));
    } else {
        (void)crypto_hash_sha256(digest, (const unsigned char *)sql.data, sql.len);
        far_str_hex(digest, sizeof(digest), hash);
        err = apply(migration, name, sql.data, hash);
    }
    far_buf_done(&sql);
    return err;
}

/* A database that a newer program has migrated may not be touched by an older one. */
static enum far_err refuse_newer(struct migration *migration, int newest)
{
    PGresult *result;
    enum far_err err = far_pg_query(migration->conn, "SELECT coalesce(max(version), 0) FROM schema_migration",
                                    0, NULL, &result);
    if (err) return fault_of_server(migration, err, "reading schema_migration");
    int64_t applied = far_pg_i64(result, 0, 0, 0);
    PQclear(result);
    if (applied <= newest) return FAR_OK;
    return FAULT(migration, FAR_ESTATE,
                 "schema %s is at %04d, this program knows %04d; run the newer version", migration->schema,
                 (int)applied, newest);
}

enum far_err pg_migrate(struct far_pg_conn *conn, const char *schema, const char *folder, char *why,
                        size_t why_size)
{
    struct migration migration = {conn, schema, folder, why, why_size};
    struct dirent **files = NULL;
    enum far_err err = make_own_tables(&migration);
    if (err || !folder) return err;
    int count = scandir(folder, &files, is_migration, alphasort);
    if (count < 0)
        return FAULT(&migration, FAR_ENOTFOUND, "%s cannot be read; set postgres.migrations", folder);
    if (count == 0 || count > FILES_MAX)
        err = FAULT(&migration, FAR_ENOTFOUND, "%s has %d files NNNN_name.sql, wanted 1 to %d", folder, count,
                    FILES_MAX);
    for (int i = 1; !err && i < count; i++)
        if (strncmp(files[i]->d_name, files[i - 1]->d_name, 4) == 0)
            err = FAULT(&migration, FAR_EEXIST, "%s and %s have the same number; renumber the newer",
                        files[i - 1]->d_name, files[i]->d_name);
    if (!err) err = refuse_newer(&migration, atoi(files[count - 1]->d_name));
    for (int i = 0; !err && i < count; i++)
        err = apply_file(&migration, files[i]->d_name);
    for (int i = 0; i < count; i++)
        free(files[i]);
    free(files);
    return err;
}
