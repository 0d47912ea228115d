/* SPDX-License-Identifier: Apache-2.0 */
/* Two real ACD processes on a real bus: they begin the log once, answer the same, take over, and come back.
 */
#include "far/clock.h"
#include "far/json.h"
#include "far/kv.h"
#include "far/tables.h"
#include "far/test.h"
#include "fixture.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    char text[256];
};
static void on_info(void *ctx, enum far_err err, const struct far_stream_info *info)
{
    struct got *got = ctx;
    got->done = true;
    got->err = err;
    if (info) got->info = *info;
}
static void on_value(void *ctx, enum far_err err, const struct far_kv_entry *entry)
{
    struct got *got = ctx;
    got->done = true;
    got->err = err;
    if (!entry) return;
    Farseat__V1__Trunk *trunk = farseat__v1__trunk__unpack(NULL, entry->data_len, entry->data);
    Farseat__V1__SipUser *user = farseat__v1__sip_user__unpack(NULL, entry->data_len, entry->data);
    if (strcmp(entry->bucket, "trunks") == 0 && trunk)
        snprintf(got->text, sizeof(got->text), "%s", trunk->addresses[0]);
    if (strcmp(entry->bucket, "sip_users") == 0 && user)
        snprintf(got->text, sizeof(got->text), "%s", user->ha1_md5);
    if (trunk) farseat__v1__trunk__free_unpacked(trunk, NULL);
    if (user) farseat__v1__sip_user__free_unpacked(user, NULL);
}
static bool is_done(void *ctx)
{
    return ((struct got *)ctx)->done;
}

static struct got bucket_value(struct fixture *fixture, const char *bucket, const char *key)
{
    struct got got = {0};
    assert_int_equal(far_kv_get(fixture->bus, bucket, key, on_value, &got), FAR_OK);
    assert_true(test_turn_until(fixture->loop, is_done, &got, 3000));
    return got;
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

static void test_answers(void **state)
{
    struct fixture *fixture = *state;
    /* Whoever is asked, one that read what was written; and refusals are the core's own. */
    uint64_t position = act_agent(fixture, "a1", FARSEAT__V1__AGENT_ACTION__ACTION_LOGIN);
    assert_true(position > 0);
    for (int i = 0; i < 8; i++) {
        Farseat__V1__ReadRequest read = FARSEAT__V1__READ_REQUEST__INIT;
        read.min_position = position;
        Farseat__V1__AgentListReply *list =
            (Farseat__V1__AgentListReply *)ask(fixture, FAR_METHOD_acd_AgentList, &read.base, NULL);
        assert_non_null(list);
        assert_int_equal(list->n_agents, 2);
        assert_int_equal(list->agents[0]->state, FARSEAT__V1__AGENT_STATE__AGENT_NOT_READY);
        farseat__v1__agent_list_reply__free_unpacked(list, NULL);
    }
    assert_int_equal(act_agent(fixture, "nobody", FARSEAT__V1__AGENT_ACTION__ACTION_LOGIN), 0);
    assert_int_equal(act_agent(fixture, "a2", FARSEAT__V1__AGENT_ACTION__ACTION_READY),
                     0); /* not logged in */
    enum far_err err = FAR_OK;
    Farseat__V1__ReadRequest read = FARSEAT__V1__READ_REQUEST__INIT;
    char id[] = "none";
    read.id = id;
    assert_null(ask(fixture, FAR_METHOD_acd_ContactGet, &read.base, &err));
    assert_int_equal(err, FAR_ENOTFOUND);
    read.min_position = 1000000; /* never reached: an answer all the same */
    assert_null(ask(fixture, FAR_METHOD_acd_AgentList, &read.base, &err));
    assert_int_equal(err, FAR_ETIMEOUT);
}

static void test_configuration(void **state)
{
    struct fixture *fixture = *state;
    Farseat__V1__ReadRequest read = FARSEAT__V1__READ_REQUEST__INIT;
    Farseat__V1__ConfigReply *now =
        (Farseat__V1__ConfigReply *)ask(fixture, FAR_METHOD_acd_ConfigGet, &read.base, NULL);
    assert_non_null(now);
    assert_int_equal(now->version, 1);
    Farseat__V1__ConfigApplyRequest request = FARSEAT__V1__CONFIG_APPLY_REQUEST__INIT;
    request.config = now->config;
    request.expected_version = 7;
    Farseat__V1__Verdict *verdict =
        (Farseat__V1__Verdict *)ask(fixture, FAR_METHOD_acd_ConfigApply, &request.base, NULL);
    assert_false(verdict->ok); /* another version is in force */
    farseat__v1__verdict__free_unpacked(verdict, NULL);
    free(now->config->queues[0]->skills[0]->skill);
    now->config->queues[0]->skills[0]->skill = strdup("unknown");
    request.expected_version = 0;
    request.dry_run = true;
    verdict = (Farseat__V1__Verdict *)ask(fixture, FAR_METHOD_acd_ConfigApply, &request.base, NULL);
    assert_false(verdict->ok);
    assert_non_null(strstr(verdict->text, "queues[q]"));
    farseat__v1__verdict__free_unpacked(verdict, NULL);
    farseat__v1__config_reply__free_unpacked(now, NULL);
    /* The leader wrote the trunks for the edges. */
    struct got got = bucket_value(fixture, "trunks", "pstn");
    for (int i = 0; i < 50 && got.err != FAR_OK; i++) {
        test_turn_for(fixture->loop, 50);
        got = bucket_value(fixture, "trunks", "pstn");
    }
    assert_int_equal(got.err, FAR_OK);
    assert_string_equal(got.text, "127.0.0.0/8");
}

static void test_phone_secrets(void **state)
{
    struct fixture *fixture = *state;
    char phone[] = "1001", realm[] = "farseat", md5[] = "0123456789abcdef0123456789abcdef";
    char sha[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    uint64_t before = log_end(fixture);
    Farseat__V1__PhoneSecrets secrets = FARSEAT__V1__PHONE_SECRETS__INIT;
    Farseat__V1__SipUser user = FARSEAT__V1__SIP_USER__INIT, *users[] = {&user};
    user.phone = phone;
    user.realm = realm;
    user.ha1_md5 = md5;
    user.ha1_sha256 = sha;
    secrets.users = users;
    secrets.n_users = 1;
    Farseat__V1__Verdict *verdict =
        (Farseat__V1__Verdict *)ask(fixture, FAR_METHOD_acd_PhoneSecretsPut, &secrets.base, NULL);
    assert_true(verdict->ok);
    farseat__v1__verdict__free_unpacked(verdict, NULL);
    struct got got = bucket_value(fixture, "sip_users", "1001");
    assert_string_equal(got.text, md5);
    assert_int_equal(log_end(fixture), before); /* nothing of it enters the log */
    md5[0] = 'Z';
    verdict = (Farseat__V1__Verdict *)ask(fixture, FAR_METHOD_acd_PhoneSecretsPut, &secrets.base, NULL);
    assert_false(verdict->ok);
    farseat__v1__verdict__free_unpacked(verdict, NULL);
    char *removed[] = {phone};
    secrets.n_users = 0;
    secrets.removed = removed;
    secrets.n_removed = 1;
    verdict = (Farseat__V1__Verdict *)ask(fixture, FAR_METHOD_acd_PhoneSecretsPut, &secrets.base, NULL);
    assert_true(verdict->ok);
    farseat__v1__verdict__free_unpacked(verdict, NULL);
    assert_int_equal(bucket_value(fixture, "sip_users", "1001").err, FAR_ENOTFOUND);
}

static void test_a_call_and_its_records(void **state)
{
    struct fixture *fixture = *state;
    char leg[40];
    size_t cursor = 0;
    edge_begin(fixture);
    assert_true(act_agent(fixture, "a1", FARSEAT__V1__AGENT_ACTION__ACTION_LOGIN) > 0);
    assert_true(act_agent(fixture, "a1", FARSEAT__V1__AGENT_ACTION__ACTION_READY) > 0);
    edge_call(fixture, leg, "+8613800138000");
    assert_non_null(edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_ANSWER, leg, 3000));
    edge_answered(fixture, leg);
    const Farseat__V1__EdgeCommand *dial =
        edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_DIAL, "", 3000);
    assert_non_null(dial);
    assert_string_equal(dial->dial->phone, "1001");
    edge_answered(fixture, dial->leg_id);
    assert_non_null(edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_BRIDGE, leg, 3000));
    edge_ended(fixture, leg);
    assert_non_null(
        edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_HANGUP, dial->leg_id, 3000));
    edge_ended(fixture, dial->leg_id);
    /* After-call work runs out by the leader's ticks; then the records reach REC and the log says so. */
    struct got got = {0};
    for (int i = 0; i < 60 && !(got.err == FAR_OK && got.info.msgs > 4); i++) {
        got = (struct got){0};
        test_turn_for(fixture->loop, 100);
        assert_int_equal(far_stream_get_info(fixture->bus, FAR_STREAM_RECORDS, on_info, &got), FAR_OK);
        assert_true(test_turn_until(fixture->loop, is_done, &got, 3000));
    }
    assert_true(got.info.msgs > 4);
    for (int i = 0; i < 60 && acd_metric(fixture, acd_leader_index(fixture), "farseat_acd_contacts") != 0;
         i++)
        test_turn_for(fixture->loop, 100);
    Farseat__V1__AcdStatusReply *reply = NULL;
    for (int i = 0; i < 60; i++) {
        if (reply) farseat__v1__acd_status_reply__free_unpacked(reply, NULL);
        reply = status(fixture);
        if (reply->contacts == 0 && reply->records_unstored == 0) break;
        test_turn_for(fixture->loop, 100);
    }
    assert_int_equal(reply->contacts, 0);
    assert_int_equal(reply->records_unstored, 0);
    farseat__v1__acd_status_reply__free_unpacked(reply, NULL);
    assert_true(acd_metric(fixture, acd_leader_index(fixture), "farseat_acd_facts_unpublished") == 0);
}

static void test_recovery(void **state)
{
    struct fixture *fixture = *state;
    edge_begin(fixture);
    /* Enough inputs for two snapshots (each 500 positions here), then all processes begin anew. */
    for (int i = 0; i < 600; i++) {
        assert_true(act_agent(fixture, "a1", FARSEAT__V1__AGENT_ACTION__ACTION_LOGIN) > 0);
        assert_true(act_agent(fixture, "a1", FARSEAT__V1__AGENT_ACTION__ACTION_LOGOUT) > 0);
    }
    assert_true(act_agent(fixture, "a2", FARSEAT__V1__AGENT_ACTION__ACTION_LOGIN) > 0);
    struct got got = {0};
    assert_int_equal(far_stream_get_info(fixture->bus, FAR_STREAM_SNAPSHOTS, on_info, &got), FAR_OK);
    assert_true(test_turn_until(fixture->loop, is_done, &got, 3000));
    assert_true(got.info.msgs >= 2);
    assert_int_equal(acd_end(fixture, 0, SIGKILL), -SIGKILL);
    assert_int_equal(acd_end(fixture, 1, SIGKILL), -SIGKILL);
    acd_start(fixture, 0);
    acd_wait_leader(fixture, -1, 5000);
    acd_start(fixture, 1);
    wait_all(fixture, log_end(fixture));
    Farseat__V1__ReadRequest read = FARSEAT__V1__READ_REQUEST__INIT;
    Farseat__V1__AgentListReply *list =
        (Farseat__V1__AgentListReply *)ask(fixture, FAR_METHOD_acd_AgentList, &read.base, NULL);
    assert_int_equal(list->agents[0]->state, FARSEAT__V1__AGENT_STATE__AGENT_LOGGED_OUT);
    assert_int_equal(list->agents[1]->state, FARSEAT__V1__AGENT_STATE__AGENT_NOT_READY);
    farseat__v1__agent_list_reply__free_unpacked(list, NULL);
    FILE *in = fopen(fixture->acds[0].log, "r");
    char line[1024];
    bool restored = false;
    assert_non_null(in);
    while (fgets(line, sizeof(line), in))
        restored |= strstr(line, "event=snapshot-restored") != NULL;
    fclose(in);
    assert_true(restored);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {CASE(test_answers), CASE(test_configuration), CASE(test_phone_secrets),
                                       CASE(test_a_call_and_its_records), CASE(test_recovery)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
