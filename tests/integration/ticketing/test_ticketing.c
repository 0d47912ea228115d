/* SPDX-License-Identifier: Apache-2.0 */
/* Facts to tickets on a real nats-server and a real PostgreSQL, with an outage of each in the middle: every
 * contact has one ticket and one customer, each fact acts once, and the records come out numbered without
 * gaps. */
#include "far/clock.h"
#include "far/id.h"
#include "far/stream.h"
#include "far/test.h"
#include "farseat/v1/api_ticketing.pb-c.h"
#include "farseat/v1/record.pb-c.h"
#include "intake/intake.h"
#include "methods.h"
#include "nats.h"
#include "outbox/outbox.h"
#include "pg.h"
#include "turn.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORDS_MAX 4000

static struct test_nats nats;
static struct test_pg postgres;
static struct far_loop *loop;
static struct far_bus *bus;
static struct far_pg *pg;
static struct methods_context context;
static struct far_pg_reader *intake;
static struct far_pg_methods *methods;
static uint64_t position;

/* ---- the bench ------------------------------------------------------------------------------------ */

static bool connected(void *ctx)
{
    (void)ctx;
    return far_bus_state(bus) == FAR_BUS_CONNECTED;
}

static bool is_set(void *ctx)
{
    return *(bool *)ctx;
}

struct ensure_end {
    bool done;
    enum far_err err;
};

static void ensured(void *ctx, enum far_err err, const char *text)
{
    (void)text;
    *(struct ensure_end *)ctx = (struct ensure_end){true, err};
}

/* JetStream is there a moment after the server is. */
static void ensure_streams(void)
{
    uint64_t deadline_ms = far_clock_mono_ms() + 10000;
    struct ensure_end end = {.err = FAR_EAGAIN};
    while (end.err != FAR_OK && far_clock_mono_ms() < deadline_ms) {
        end = (struct ensure_end){.err = FAR_EAGAIN};
        if (far_streams_ensure(bus, far_stream_rows, FAR_STREAM_COUNT, ensured, &end) == FAR_OK)
            assert_true(test_turn_until(loop, is_set, &end.done, 5000));
        if (end.err != FAR_OK) test_turn_for(loop, 50);
    }
    assert_int_equal(end.err, FAR_OK);
}

static void begin_reading(void)
{
    const struct far_pg_reader_config config = {.stream = FAR_STREAM_FACTS,
                                                .filter = INTAKE_FILTER,
                                                .consumer = "intake",
                                                .apply = intake_entry,
                                                .stored = outbox_kick,
                                                .ctx = context.outbox};
    assert_int_equal(far_pg_reader_create(bus, pg, &config, &intake), FAR_OK);
}

static int start(void **state)
{
    (void)state;
    test_nats_start(&nats, NULL);
    test_pg_start(&postgres);
    assert_int_equal(far_loop_create(NULL, &loop), FAR_OK);
    const struct far_bus_config bus_config = {.url = nats.url, .name = "ticketing"};
    assert_int_equal(far_bus_connect(&bus_config, loop, &bus), FAR_OK);
    assert_true(test_turn_until(loop, connected, NULL, 5000));
    ensure_streams();
    const struct far_pg_config pg_config = {.url = postgres.url,
                                            .password = "",
                                            .connections = 2,
                                            .queue_max = 1000,
                                            .wait_ms_max = 2000,
                                            .statement_ms_max = 5000,
                                            .migrations_path = ""};
    assert_int_equal(far_pg_create(loop, &pg_config, "ticketing", "services/ticketing/migrations", &pg),
                     FAR_OK);
    assert_int_equal(far_number_rule_china("020", &context.number_rule), FAR_OK);
    assert_int_equal(outbox_create(bus, pg, &context.outbox), FAR_OK);
    assert_int_equal(
        far_pg_methods_serve(bus, pg, ticketing_methods, ticketing_methods_len, &context, &methods), FAR_OK);
    begin_reading();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    intake = far_pg_reader_destroy(intake);
    methods = far_pg_methods_destroy(methods);
    pg = far_pg_destroy(pg);
    context.outbox = outbox_destroy(context.outbox);
    bus = far_bus_destroy(bus);
    loop = far_loop_destroy(loop);
    test_pg_stop(&postgres);
    test_nats_stop(&nats);
    return 0;
}

/* ---- facts ---------------------------------------------------------------------------------------- */

struct append_end {
    bool done;
    enum far_err err;
};

static void stored(void *ctx, enum far_err err, uint64_t seq, bool duplicate)
{
    (void)seq;
    (void)duplicate;
    *(struct append_end *)ctx = (struct append_end){true, err};
}

/* Until it is stored: the same id makes a repeat harmless. */
static void publish_as(const char *subject, Farseat__V1__Fact *fact, const char *msg_id)
{
    uint64_t deadline_ms = far_clock_mono_ms() + 15000;
    struct append_end end = {.err = FAR_EAGAIN};
    fact->log_incarnation = (char[]){"log"};
    fact->at_us = far_clock_wall_us();
    const struct far_append append = {.subject = subject,
                                      .msg_id = msg_id,
                                      .message = &fact->base,
                                      .last_subject_seq = FAR_SEQ_ANY,
                                      .timeout_ms = 3000,
                                      .fn = stored,
                                      .ctx = &end};
    while (end.err != FAR_OK && far_clock_mono_ms() < deadline_ms) {
        end = (struct append_end){.err = FAR_EAGAIN};
        if (far_append(bus, &append) == FAR_OK) assert_true(test_turn_until(loop, is_set, &end.done, 5000));
        if (end.err != FAR_OK) test_turn_for(loop, 50);
    }
    assert_int_equal(end.err, FAR_OK);
}

static void publish(const char *subject, Farseat__V1__Fact *fact)
{
    char id[FAR_ID_TEXT_SIZE];
    far_id_new_text(id);
    fact->log_position = ++position;
    publish_as(subject, fact, id);
}

static Farseat__V1__Fact fact_of(char *contact_id, Farseat__V1__Fact__BodyCase body)
{
    Farseat__V1__Fact fact = FARSEAT__V1__FACT__INIT;
    fact.contact_id = contact_id;
    fact.body_case = body;
    return fact;
}

static void arrive(char *contact_id, char *number)
{
    Farseat__V1__TelephoneNumber caller = FARSEAT__V1__TELEPHONE_NUMBER__INIT;
    Farseat__V1__ContactCreated body = FARSEAT__V1__CONTACT_CREATED__INIT;
    Farseat__V1__Fact fact = fact_of(contact_id, FARSEAT__V1__FACT__BODY_CONTACT_CREATED);
    caller.raw = caller.canonical = number;
    caller.kind = FARSEAT__V1__NUMBER_KIND__NUMBER_MOBILE;
    body.caller = &caller;
    fact.contact_created = &body;
    publish("far.evt.contact.created", &fact);
}

static void answer(char *contact_id, char *agent_id)
{
    Farseat__V1__ContactAnswered body = FARSEAT__V1__CONTACT_ANSWERED__INIT;
    Farseat__V1__Fact fact = fact_of(contact_id, FARSEAT__V1__FACT__BODY_CONTACT_ANSWERED);
    fact.agent_id = agent_id;
    fact.contact_answered = &body;
    publish("far.evt.contact.answered", &fact);
}

static void dispose(char *contact_id, char *agent_id, char *disposition, bool resolved)
{
    Farseat__V1__ContactDisposed body = FARSEAT__V1__CONTACT_DISPOSED__INIT;
    Farseat__V1__Fact fact = fact_of(contact_id, FARSEAT__V1__FACT__BODY_CONTACT_DISPOSED);
    fact.agent_id = agent_id;
    body.disposition = disposition;
    body.resolved = resolved;
    fact.contact_disposed = &body;
    publish("far.evt.contact.disposed", &fact);
}

/* ---- questions ------------------------------------------------------------------------------------ */

struct asked {
    bool done;
    enum far_err err;
    char text[256];
    ProtobufCMessage *message;
};

static void answered(void *ctx, const struct far_bus_answer *answer)
{
    struct asked *asked = ctx;
    asked->err = answer->err;
    (void)snprintf(asked->text, sizeof(asked->text), "%s", answer->error_text);
    if (answer->err == FAR_OK)
        assert_int_equal(far_bus_unpack(answer->message->descriptor, answer->msg, &asked->message), FAR_OK);
    asked->done = true;
}

static struct asked ask(enum far_method method, const ProtobufCMessage *request)
{
    static struct asked asked;
    const struct far_method_row *row = &far_method_rows[method];
    const struct far_bus_question question = {.subject = row->subject,
                                              .message = request,
                                              .reply_type = row->reply,
                                              .timeout_ms = 4000,
                                              .fn = answered,
                                              .ctx = &asked};
    asked = (struct asked){.done = false};
    assert_int_equal(far_bus_ask(bus, &question, NULL), FAR_OK);
    assert_true(test_turn_until(loop, is_set, &asked.done, 6000));
    return asked;
}

/* NULL: not there (yet). The caller frees it. */
static Farseat__V1__Ticket *ticket_of(char *contact_id)
{
    Farseat__V1__IdRequest request = FARSEAT__V1__ID_REQUEST__INIT;
    request.contact_id = contact_id;
    struct asked asked = ask(FAR_METHOD_ticketing_TicketGet, &request.base);
    return (Farseat__V1__Ticket *)asked.message;
}

/* Ask until the ticket has the status; bounded by tries, each a question. */
static Farseat__V1__Ticket *await_status(char *contact_id, const char *status)
{
    uint64_t deadline_ms = far_clock_mono_ms() + 15000;
    while (far_clock_mono_ms() < deadline_ms) {
        Farseat__V1__Ticket *ticket = ticket_of(contact_id);
        if (ticket && strcmp(ticket->status, status) == 0) return ticket;
        if (ticket) farseat__v1__ticket__free_unpacked(ticket, NULL);
        test_turn_for(loop, 20);
    }
    fail_msg("contact %s never got status %s", contact_id, status);
    return NULL;
}

/* ---- records -------------------------------------------------------------------------------------- */

static uint64_t record_numbers[RECORDS_MAX];
static size_t records_len;
static bool caught_up;

static void record_read(void *ctx, const struct far_stream_entry *entry)
{
    (void)ctx;
    Farseat__V1__Record *record = farseat__v1__record__unpack(NULL, entry->data_len, entry->data);
    assert_non_null(record);
    assert_int_equal(record->body_case, FARSEAT__V1__RECORD__BODY_TICKET);
    assert_true(records_len < RECORDS_MAX);
    record_numbers[records_len++] = record->ticket->origin->number;
    farseat__v1__record__free_unpacked(record, NULL);
}

static void record_event(void *ctx, enum far_log_event event, uint64_t seq)
{
    (void)ctx;
    (void)seq;
    if (event == FAR_LOG_CAUGHT_UP) caught_up = true;
}

static void read_records(void)
{
    struct far_log_reader *reader = NULL;
    const struct far_log_reader_config config = {
        .stream = FAR_STREAM_RECORDS, .entry_fn = record_read, .event_fn = record_event};
    records_len = 0;
    caught_up = false;
    assert_int_equal(far_log_reader_create(bus, &config, &reader), FAR_OK);
    assert_true(test_turn_until(loop, is_set, &caught_up, 5000));
    far_log_reader_destroy(reader);
}

static bool outbox_empty(void *ctx)
{
    (void)ctx;
    outbox_kick(context.outbox);
    return outbox_waiting(context.outbox) == 0;
}

/* ---- stories -------------------------------------------------------------------------------------- */

static char contact_1[] = "019f0000-0000-7000-8000-000000000001";
static char contact_2[] = "019f0000-0000-7000-8000-000000000002";
static char li[] = "+8613800138000";

static void a_call_gets_a_ticket_and_a_customer(void **state)
{
    (void)state;
    arrive(contact_1, li);
    answer(contact_1, (char[]){"a1"});
    dispose(contact_1, (char[]){"a1"}, (char[]){"order"}, true);
    Farseat__V1__Ticket *ticket = await_status(contact_1, "resolved");
    assert_string_equal(ticket->agent_id, "a1");
    assert_string_equal(ticket->disposition, "order");
    assert_int_equal(ticket->revision, 3);
    assert_int_equal(ticket->n_events, 3);
    assert_int_equal(strlen(ticket->customer_id), 36);
    Farseat__V1__CustomerFindRequest request = FARSEAT__V1__CUSTOMER_FIND_REQUEST__INIT;
    request.number = (char[]){"13800138000"}; /* as one types it */
    struct asked asked = ask(FAR_METHOD_ticketing_CustomerFind, &request.base);
    assert_int_equal(asked.err, FAR_OK);
    Farseat__V1__CustomerListReply *reply = (Farseat__V1__CustomerListReply *)asked.message;
    assert_int_equal(reply->n_customers, 1);
    assert_string_equal(reply->customers[0]->customer_id, ticket->customer_id);
    assert_int_equal(reply->customers[0]->contacts, 1);
    farseat__v1__customer_list_reply__free_unpacked(reply, NULL);
    farseat__v1__ticket__free_unpacked(ticket, NULL);
}

static void facts_that_come_twice_act_once(void **state)
{
    (void)state;
    arrive(contact_2, li);
    answer(contact_2, (char[]){"a2"});
    position -=
        2; /* a new leader publishes the last facts again, beyond the window in which the bus knows them */
    arrive(contact_2, li);
    answer(contact_2, (char[]){"a2"});
    dispose(contact_2, (char[]){"a2"}, (char[]){"order"}, true);
    Farseat__V1__Ticket *ticket = await_status(contact_2, "resolved");
    assert_int_equal(ticket->revision, 3);
    farseat__v1__ticket__free_unpacked(ticket, NULL);
    Farseat__V1__CustomerFindRequest request = FARSEAT__V1__CUSTOMER_FIND_REQUEST__INIT;
    request.number = li;
    struct asked asked = ask(FAR_METHOD_ticketing_CustomerFind, &request.base);
    Farseat__V1__CustomerListReply *reply = (Farseat__V1__CustomerListReply *)asked.message;
    assert_int_equal(reply->n_customers, 1);
    assert_int_equal(reply->customers[0]->contacts, 2); /* the same person called twice */
    farseat__v1__customer_list_reply__free_unpacked(reply, NULL);
}

static void an_edit_of_an_old_revision_is_refused(void **state)
{
    (void)state;
    Farseat__V1__Ticket *ticket = ticket_of(contact_1);
    Farseat__V1__Ticket edit = FARSEAT__V1__TICKET__INIT;
    edit.ticket_id = ticket->ticket_id;
    edit.revision = ticket->revision;
    edit.status = (char[]){"pending"};
    edit.note = (char[]){"她会回电"};
    edit.by = (char[]){"li.wei"};
    struct asked asked = ask(FAR_METHOD_ticketing_TicketPut, &edit.base);
    assert_int_equal(asked.err, FAR_OK);
    assert_string_equal(((Farseat__V1__Ticket *)asked.message)->note, "她会回电");
    protobuf_c_message_free_unpacked(asked.message, NULL);
    asked = ask(FAR_METHOD_ticketing_TicketPut, &edit.base);
    assert_int_equal(asked.err, FAR_ECONFLICT);
    edit.status = (char[]){"nonsense"};
    asked = ask(FAR_METHOD_ticketing_TicketPut, &edit.base);
    assert_int_equal(asked.err, FAR_EINVAL);
    assert_non_null(strstr(asked.text, "open, pending, resolved, closed"));
    farseat__v1__ticket__free_unpacked(ticket, NULL);
}

static void pages_of_a_search_join_without_gap_or_repeat(void **state)
{
    (void)state;
    for (int i = 0; i < 25; i++) {
        Farseat__V1__Ticket made = FARSEAT__V1__TICKET__INIT;
        made.subject = (char[]){"paging"};
        made.business_type = (char[]){"paging"};
        struct asked asked = ask(FAR_METHOD_ticketing_TicketPut, &made.base);
        assert_int_equal(asked.err, FAR_OK);
        protobuf_c_message_free_unpacked(asked.message, NULL);
    }
    char cursor[80] = "", seen[25][37];
    size_t seen_len = 0;
    do {
        Farseat__V1__TicketSearchRequest request = FARSEAT__V1__TICKET_SEARCH_REQUEST__INIT;
        request.business_type = (char[]){"paging"};
        request.limit = 7;
        request.cursor = cursor;
        struct asked asked = ask(FAR_METHOD_ticketing_TicketSearch, &request.base);
        assert_int_equal(asked.err, FAR_OK);
        Farseat__V1__TicketListReply *reply = (Farseat__V1__TicketListReply *)asked.message;
        for (size_t i = 0; i < reply->n_tickets; i++) {
            assert_true(seen_len < 25);
            for (size_t j = 0; j < seen_len; j++)
                assert_string_not_equal(seen[j], reply->tickets[i]->ticket_id);
            (void)snprintf(seen[seen_len++], 37, "%s", reply->tickets[i]->ticket_id);
        }
        (void)snprintf(cursor, sizeof(cursor), "%s", reply->next_cursor);
        farseat__v1__ticket_list_reply__free_unpacked(reply, NULL);
    } while (cursor[0]);
    assert_int_equal(seen_len, 25);
}

static void outages_lose_and_double_nothing(void **state)
{
    (void)state;
    char contact_id[FAR_ID_TEXT_SIZE], ids[40][FAR_ID_TEXT_SIZE];
    for (int i = 0; i < 40; i++) {
        (void)snprintf(ids[i], FAR_ID_TEXT_SIZE, "019f0000-0000-7000-9000-%012d", i);
        if (i == 10) test_pg_kill(&postgres);
        if (i == 20) { /* the bus goes too, and comes back with everything */
            test_nats_kill(&nats);
            test_nats_restart(&nats);
            assert_true(test_turn_until(loop, connected, NULL, 10000));
        }
        if (i == 30) test_pg_restart(&postgres);
        arrive(ids[i], li);
        answer(ids[i], (char[]){"a1"});
    }
    for (int i = 0; i < 40; i++) {
        memcpy(contact_id, ids[i], sizeof(contact_id));
        Farseat__V1__Ticket *ticket = await_status(contact_id, "pending");
        assert_int_equal(ticket->revision, 2);
        farseat__v1__ticket__free_unpacked(ticket, NULL);
    }
    assert_true(test_turn_until(loop, outbox_empty, NULL, 15000));
    read_records();
    uint64_t last = 0;
    for (size_t i = 0; i < records_len; i++) {
        assert_true(record_numbers[i] <= last + 1); /* a repeat may come, a gap may not */
        if (record_numbers[i] == last + 1) last++;
    }
    assert_int_equal(last, 3 + 3 + 1 + 25 + 40 * 2);
}

static void a_renewed_stream_is_read_from_its_start(void **state)
{
    (void)state;
    char command[128], contact_id[] = "019f0000-0000-7000-a000-000000000001";
    test_nats_kill(&nats); /* and its disk is lost */
    (void)snprintf(command, sizeof(command), "rm -rf %s/data", nats.dir);
    assert_int_equal(system(command), 0);
    test_nats_restart(&nats);
    assert_true(test_turn_until(loop, connected, NULL, 10000));
    ensure_streams();
    arrive(contact_id, li);
    answer(contact_id, (char[]){"a1"});
    farseat__v1__ticket__free_unpacked(await_status(contact_id, "pending"), NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_gets_a_ticket_and_a_customer),
        cmocka_unit_test(facts_that_come_twice_act_once),
        cmocka_unit_test(an_edit_of_an_old_revision_is_refused),
        cmocka_unit_test(pages_of_a_search_join_without_gap_or_repeat),
        cmocka_unit_test(outages_lose_and_double_nothing),
        cmocka_unit_test(a_renewed_stream_is_read_from_its_start),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
