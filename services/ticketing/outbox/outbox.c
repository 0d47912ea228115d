/* SPDX-License-Identifier: Apache-2.0 */
#include "outbox.h"
#include "far/clock.h"
#include "far/health.h"
#include "far/id.h"
#include "far/pg_search.h"
#include "far/stream.h"
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define BATCH       100
#define LOOK_MS     1000
#define APPEND_MS   3000
#define SUBJECT_LEN 96

struct row {
    int64_t place;
    char subject[SUBJECT_LEN];
    char message_id[FAR_ID_TEXT_SIZE];
    uint8_t *payload;
    size_t payload_len;
};
struct outbox {
    struct far_bus *bus;
    struct far_pg *pg;
    uint64_t timer;
    bool busy, again, gone;
    struct row rows[BATCH];
    size_t rows_len, sent;
    size_t waiting;
};

/* ---- putting (database thread) -------------------------------------------------------------------- */

static enum far_err put(struct far_pg_conn *conn, const char *subject, const char *message_id,
                        const ProtobufCMessage *message)
{
    char *bytes = far_pg_bytea(message);
    if (!bytes) return FAR_ENOMEM;
    const char *values[] = {subject, message_id, bytes};
    enum far_err err =
        far_pg_query(conn, "insert into outbox (subject, message_id, payload) values ($1, $2, $3::bytea)", 3,
                     values, NULL);
    free(bytes);
    return err;
}

enum far_err outbox_put_ticket_record(struct far_pg_conn *conn, Farseat__V1__TicketRecord *ticket)
{
    PGresult *result = NULL;
    /* The row's lock makes the numbers gapless: a transaction that fails gives its number back. */
    enum far_err err = far_pg_query(
        conn, "update record_origin set number = number + 1 returning number, incarnation", 0, NULL, &result);
    if (err != FAR_OK) return err;
    char record_id[FAR_ID_TEXT_SIZE];
    far_id_new_text(record_id);
    Farseat__V1__RecordOrigin origin = FARSEAT__V1__RECORD_ORIGIN__INIT;
    origin.producer = (char[]){"ticketing"};
    origin.number = (uint64_t)far_pg_i64(result, 0, 0, 0);
    origin.incarnation = (char *)(uintptr_t)far_pg_text(result, 0, 1);
    ticket->origin = &origin;
    ticket->record_id = record_id;
    ticket->schema_version = 1;
    Farseat__V1__Record record = FARSEAT__V1__RECORD__INIT;
    record.body_case = FARSEAT__V1__RECORD__BODY_TICKET;
    record.ticket = ticket;
    err = put(conn, "far.rec.ticket", record_id, &record.base);
    ticket->origin = NULL;
    ticket->record_id = NULL;
    PQclear(result);
    return err;
}

enum far_err outbox_put_fact(struct far_pg_conn *conn, const char *subject, Farseat__V1__Fact *fact)
{
    char fact_id[FAR_ID_TEXT_SIZE];
    far_id_new_text(fact_id);
    fact->fact_id = fact_id;
    enum far_err err = put(conn, subject, fact_id, &fact->base);
    fact->fact_id = NULL;
    return err;
}

/* ---- the pump ------------------------------------------------------------------------------------- */

static void rows_clear(struct outbox *outbox)
{
    for (size_t i = 0; i < outbox->rows_len; i++)
        free(outbox->rows[i].payload);
    outbox->rows_len = outbox->sent = 0;
}

static enum far_err fetch_work(struct far_pg_conn *conn, void *arg)
{
    struct outbox *outbox = arg;
    PGresult *result = NULL;
    enum far_err err = far_pg_query(conn,
                                    "select place, subject, message_id, payload, (select count(*) from "
                                    "outbox) from outbox order by place limit 100",
                                    0, NULL, &result);
    if (err != FAR_OK) return err;
    rows_clear(outbox);
    outbox->waiting = PQntuples(result) > 0 ? (size_t)far_pg_i64(result, 0, 4, 0) : 0;
    for (int i = 0; i < PQntuples(result) && outbox->rows_len < BATCH; i++) {
        struct row *row = &outbox->rows[outbox->rows_len];
        size_t len = 0;
        unsigned char *bytes = PQunescapeBytea((const unsigned char *)far_pg_text(result, i, 3), &len);
        if (!bytes) break;
        row->payload = malloc(len + 1);
        if (row->payload) memcpy(row->payload, bytes, len);
        PQfreemem(bytes);
        if (!row->payload) break;
        row->payload_len = len;
        row->place = far_pg_i64(result, i, 0, 0);
        (void)snprintf(row->subject, sizeof(row->subject), "%s", far_pg_text(result, i, 1));
        (void)snprintf(row->message_id, sizeof(row->message_id), "%s", far_pg_text(result, i, 2));
        outbox->rows_len++;
    }
    PQclear(result);
    return FAR_OK;
}

static enum far_err delete_work(struct far_pg_conn *conn, void *arg)
{
    struct outbox *outbox = arg;
    char place[24];
    (void)snprintf(place, sizeof(place), "%" PRId64, outbox->rows[outbox->sent - 1].place);
    const char *values[] = {place};
    return far_pg_query(conn, "delete from outbox where place <= $1", 1, values, NULL);
}

static void fetch(struct outbox *outbox);

static void round_end(struct outbox *outbox, bool more)
{
    outbox->busy = false;
    if (outbox->gone) {
        rows_clear(outbox);
        free(outbox);
        return;
    }
    if (more || outbox->again) fetch(outbox);
}

static void delete_done(enum far_err err, void *arg)
{
    struct outbox *outbox = arg;
    bool full = outbox->sent == BATCH;
    if (err == FAR_OK && outbox->waiting >= outbox->sent) outbox->waiting -= outbox->sent;
    round_end(outbox, err == FAR_OK && full);
}

/* Drop from the table what the stream has taken. */
static void settle(struct outbox *outbox)
{
    const struct far_pg_job job = {.work = delete_work, .done = delete_done, .arg = outbox};
    if (outbox->sent == 0 || far_pg_submit(outbox->pg, &job) != FAR_OK) round_end(outbox, false);
}

static void send_next(struct outbox *outbox);

static void appended(void *ctx, enum far_err err, uint64_t seq, bool duplicate)
{
    (void)seq;
    (void)duplicate;
    struct outbox *outbox = ctx;
    if (err != FAR_OK) {
        far_health_set("outbox", FAR_HEALTH_DEGRADED,
                       "%zu messages wait for the bus: %s; they leave when it is back", outbox->waiting,
                       far_err_text(err));
        settle(outbox);
        return;
    }
    outbox->sent++;
    send_next(outbox);
}

/* One after the other: a later one that is stored before an earlier one would be taken for a gap. */
static void send_next(struct outbox *outbox)
{
    if (outbox->sent == outbox->rows_len || outbox->gone) {
        far_health_set("outbox", FAR_HEALTH_OK, "%s", "");
        settle(outbox);
        return;
    }
    const struct row *row = &outbox->rows[outbox->sent];
    const struct far_append append = {.subject = row->subject,
                                      .msg_id = row->message_id,
                                      .data = row->payload,
                                      .data_len = row->payload_len,
                                      .last_subject_seq = FAR_SEQ_ANY,
                                      .timeout_ms = APPEND_MS,
                                      .fn = appended,
                                      .ctx = outbox};
    enum far_err err = far_append(outbox->bus, &append);
    if (err != FAR_OK) appended(outbox, err, 0, false);
}

static void fetch_done(enum far_err err, void *arg)
{
    struct outbox *outbox = arg;
    if (err != FAR_OK || outbox->gone || outbox->rows_len == 0)
        round_end(outbox, false);
    else
        send_next(outbox);
}

static void fetch(struct outbox *outbox)
{
    const struct far_pg_job job = {.work = fetch_work, .done = fetch_done, .arg = outbox};
    outbox->again = false;
    outbox->busy = far_pg_submit(outbox->pg, &job) == FAR_OK;
}

void outbox_kick(void *ctx)
{
    struct outbox *outbox = ctx;
    if (outbox->busy)
        outbox->again = true;
    else
        fetch(outbox);
}

static void look(void *arg, uint64_t timer)
{
    (void)timer;
    outbox_kick(arg);
}

enum far_err outbox_create(struct far_bus *bus, struct far_pg *pg, struct outbox **ret_outbox)
{
    struct outbox *outbox = calloc(1, sizeof(*outbox));
    if (!outbox) return FAR_ENOMEM;
    outbox->bus = bus;
    outbox->pg = pg;
    enum far_err err = far_timer_start(far_bus_loop(bus), LOOK_MS, LOOK_MS, look, outbox, &outbox->timer);
    if (err != FAR_OK) {
        free(outbox);
        return err;
    }
    *ret_outbox = outbox;
    return FAR_OK;
}

size_t outbox_waiting(const struct outbox *outbox)
{
    return outbox->waiting;
}

struct outbox *outbox_destroy(struct outbox *outbox)
{
    if (!outbox) return NULL;
    far_timer_stop(far_bus_loop(outbox->bus), outbox->timer);
    outbox->gone = true;
    if (!outbox->busy) round_end(outbox, false);
    return NULL;
}
