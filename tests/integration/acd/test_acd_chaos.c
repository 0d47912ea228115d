/* SPDX-License-Identifier: Apache-2.0 */
/* What an ACD survives (DESIGN 6), with its numbers: its leader killed or told to go, the bus killed, an edge
 * that falls silent. Real processes, a real server. */
#include "far/clock.h"
#include "far/tables.h"
#include "far/test.h"
#include "fixture.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAKE_OVER_MS 3000u /* DESIGN 6: commands flow again within 3 s */
#define HAND_OVER_MS 1000u /* after SIGTERM; 0.3 s on an idle machine */

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    fixture_start(fixture);
    acd_start(fixture, 0);
    acd_start(fixture, 1);
    acd_wait_leader(fixture, -1, 5000);
    assert_true(apply_config(fixture) > 0);
    *state = fixture;
    return 0;
}
static int tear_down(void **state)
{
    fixture_stop(*state);
    free(*state);
    return 0;
}

struct got {
    bool done;
    enum far_err err;
    struct far_stream_info info;
};
static void on_info(void *ctx, enum far_err err, const struct far_stream_info *info)
{
    struct got *got = ctx;
    got->done = true;
    got->err = err;
    if (info) got->info = *info;
}
static bool is_done(void *ctx)
{
    return ((struct got *)ctx)->done;
}

static uint64_t log_end(struct fixture *fixture)
{
    struct got got = {0};
    assert_int_equal(far_stream_get_info(fixture->bus, FAR_STREAM_LOG, on_info, &got), FAR_OK);
    assert_true(test_turn_until(fixture->loop, is_done, &got, 3000));
    assert_int_equal(got.err, FAR_OK);
    return got.info.last_seq;
}

struct same {
    struct fixture *fixture;
    uint64_t position;
};
static bool all_reached(void *ctx)
{
    struct same *same = ctx;
    for (int i = 0; i < ACD_MAX; i++)
        if (same->fixture->acds[i].pid != 0 &&
            acd_metric(same->fixture, i, "farseat_acd_position") < (double)same->position)
            return false;
    return true;
}
static void wait_all(struct fixture *fixture, uint64_t position)
{
    struct same same = {fixture, position};
    assert_true(test_turn_until(fixture->loop, all_reached, &same, 5000));
}

static void test_killed_leader(void **state)
{
    struct fixture *fixture = *state;
    char legs[3][40];
    size_t cursor = 0;
    edge_begin(fixture);
    for (int i = 0; i < 3; i++) {
        char number[24];
        snprintf(number, sizeof(number), "+861380013800%d", i);
        edge_call(fixture, legs[i], number);
        assert_non_null(edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_ANSWER, legs[i], 3000));
        edge_answered(fixture, legs[i]);
        assert_non_null(edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_PLAY, legs[i], 3000));
    }
    Farseat__V1__ReadRequest read = FARSEAT__V1__READ_REQUEST__INIT;
    Farseat__V1__QueueListReply *before =
        (Farseat__V1__QueueListReply *)ask(fixture, FAR_METHOD_acd_QueueList, &read.base, NULL);
    assert_int_equal(before->queues[0]->n_waiting_contact_ids, 3);
    wait_all(fixture, before->position);
    int leader = acd_leader_index(fixture);
    uint64_t killed_ms = far_clock_mono_ms();
    assert_int_equal(acd_end(fixture, leader, SIGKILL), -SIGKILL);
    /* An agent gets ready through the other one; the first caller is offered to him. */
    while (act_agent(fixture, "a1", FARSEAT__V1__AGENT_ACTION__ACTION_LOGIN) == 0)
        test_turn_for(fixture->loop, 20);
    assert_true(act_agent(fixture, "a1", FARSEAT__V1__AGENT_ACTION__ACTION_READY) > 0);
    const Farseat__V1__EdgeCommand *dial =
        edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_DIAL, "", TAKE_OVER_MS);
    assert_non_null(dial);
    print_message("commands flow again after %llu ms\n",
                  (unsigned long long)(far_clock_mono_ms() - killed_ms));
    assert_true(far_clock_mono_ms() - killed_ms < TAKE_OVER_MS);
    assert_string_equal(dial->contact_id, before->queues[0]->waiting_contact_ids[0]);
    Farseat__V1__QueueListReply *after =
        (Farseat__V1__QueueListReply *)ask(fixture, FAR_METHOD_acd_QueueList, &read.base, NULL);
    size_t kept = after->queues[0]->n_waiting_contact_ids;
    assert_true(kept >= 2);
    assert_string_equal(after->queues[0]->waiting_contact_ids[kept - 1],
                        before->queues[0]->waiting_contact_ids[2]);
    assert_string_equal(after->queues[0]->waiting_contact_ids[kept - 2],
                        before->queues[0]->waiting_contact_ids[1]);
    farseat__v1__queue_list_reply__free_unpacked(before, NULL);
    farseat__v1__queue_list_reply__free_unpacked(after, NULL);
    /* The killed one comes back, reads, and has the same state. */
    acd_start(fixture, leader);
    uint64_t end = log_end(fixture);
    wait_all(fixture, end);
    assert_true(acd_metric(fixture, leader, "farseat_acd_contacts") == 3);
    assert_true(acd_metric(fixture, leader, "farseat_acd_leader") == 0);
    assert_true(acd_metric(fixture, leader, "farseat_acd_halted") == 0);
}

static void test_hand_over(void **state)
{
    struct fixture *fixture = *state;
    for (int round = 0; round < 2; round++) {
        int leader = acd_leader_index(fixture);
        assert_true(leader >= 0);
        uint64_t began_ms = far_clock_mono_ms();
        assert_int_equal(acd_end(fixture, leader, SIGTERM), 0);
        acd_wait_leader(fixture, leader, HAND_OVER_MS);
        print_message("the other leads after %llu ms\n",
                      (unsigned long long)(far_clock_mono_ms() - began_ms));
        acd_start(fixture, leader);
    }
}

static void test_bus_is_killed(void **state)
{
    struct fixture *fixture = *state;
    char leg[40], other[40];
    size_t cursor = 0;
    edge_begin(fixture);
    edge_call(fixture, leg, "+8613800138000");
    assert_non_null(edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_ANSWER, leg, 3000));
    edge_answered(fixture, leg);
    assert_non_null(edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_PLAY, leg, 3000));
    test_nats_kill(&fixture->nats);
    edge_call(fixture, other, "+8613800138001"); /* spooled */
    test_turn_for(fixture->loop, 4500);          /* longer than an edge may be silent */
    test_nats_restart(&fixture->nats);
    assert_non_null(edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_ANSWER, other, 8000));
    /* Nobody was declared dead meanwhile: the waiting caller has his place. */
    Farseat__V1__ReadRequest read = FARSEAT__V1__READ_REQUEST__INIT;
    Farseat__V1__ContactListReply *list = NULL;
    /* A follower may be asked that has not read on yet. */
    for (int i = 0; i < 50 && !(list && list->n_contacts == 2); i++) {
        if (list) farseat__v1__contact_list_reply__free_unpacked(list, NULL);
        list = (Farseat__V1__ContactListReply *)ask(fixture, FAR_METHOD_acd_ContactList, &read.base, NULL);
        if (!list || list->n_contacts != 2) test_turn_for(fixture->loop, 100);
    }
    assert_non_null(list);
    assert_int_equal(list->n_contacts, 2);
    assert_int_equal(list->contacts[0]->state, FARSEAT__V1__CONTACT_STATE__CONTACT_QUEUED);
    assert_int_equal(list->contacts[0]->position, 1);
    farseat__v1__contact_list_reply__free_unpacked(list, NULL);
}

static void test_silent_edge(void **state)
{
    struct fixture *fixture = *state;
    edge_begin(fixture);
    uint64_t position = act_agent(fixture, "a1", FARSEAT__V1__AGENT_ACTION__ACTION_LOGIN);
    Farseat__V1__ReadRequest read = FARSEAT__V1__READ_REQUEST__INIT;
    read.min_position = position;
    bool reachable = false;
    for (int phase = 0; phase < 3; phase++) { /* there, silent, back */
        bool wanted = phase != 1;
        fixture->mute = !wanted;
        for (int i = 0; i < 80; i++) {
            Farseat__V1__AgentListReply *list =
                (Farseat__V1__AgentListReply *)ask(fixture, FAR_METHOD_acd_AgentList, &read.base, NULL);
            assert_non_null(list);
            reachable = list->agents[0]->phone_reachable;
            farseat__v1__agent_list_reply__free_unpacked(list, NULL);
            if (reachable == wanted) break;
            test_turn_for(fixture->loop, 100);
        }
        assert_int_equal(reachable, wanted);
    }
}

/* The log's files are gone: the edge, which has not noticed, is told to begin anew, and callers are served.
 */
static void test_lost_log(void **state)
{
    struct fixture *fixture = *state;
    char command[160], former[40], leg[40];
    size_t cursor = 0;
    edge_begin(fixture);
    assert_non_null(edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_CREDIT, "", 3000));
    for (int i = 0; i < ACD_MAX; i++)
        (void)acd_end(fixture, i, SIGKILL);
    test_nats_kill(&fixture->nats);
    (void)snprintf(command, sizeof(command), "rm -r %s/data/jetstream/*/streams/ACD_main", fixture->nats.dir);
    assert_int_equal(system(command), 0);
    test_nats_restart(&fixture->nats);
    acd_start(fixture, 0);
    acd_wait_leader(fixture, -1, 10000);
    uint64_t began_ms = far_clock_mono_ms();
    const Farseat__V1__EdgeCommand *resync =
        edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_RESYNC, "", 10000);
    assert_non_null(resync);
    assert_string_equal(resync->edge_incarnation, fixture->edge_incarnation);
    memcpy(former, fixture->edge_incarnation, sizeof(former));
    edge_begin_anew(fixture);
    const Farseat__V1__EdgeCommand *credit =
        edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_CREDIT, "", 3000);
    assert_non_null(credit);
    assert_string_not_equal(credit->edge_incarnation, former);
    assert_string_equal(credit->log_incarnation, resync->log_incarnation);
    assert_true(apply_config(fixture) > 0); /* no snapshot had it yet */
    edge_call(fixture, leg, "+8613800138000");
    assert_non_null(edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_ANSWER, leg, 3000));
    print_message("callers are served again after %llu ms\n",
                  (unsigned long long)(far_clock_mono_ms() - began_ms));
    assert_true(far_clock_mono_ms() - began_ms < 15000);
    assert_null(edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_RESYNC, "", 2500));
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {CASE(test_killed_leader), CASE(test_hand_over),
                                       CASE(test_bus_is_killed), CASE(test_silent_edge), CASE(test_lost_log)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
