/* SPDX-License-Identifier: Apache-2.0 */
/* One replica, driven by hand: what it asks for, and what it does with the answers. The log is an array. */
#include "far/hash64.h"
#include "far/json.h"
#include "far/test.h"
#include "replica.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MAX 4096
#define OWN     "00000000-0000-7000-8000-0000000000a1"
#define OTHER   "00000000-0000-7000-8000-0000000000b2"
#define EDGE    "00000000-0000-7000-8000-0000000000e1"

struct bed {
    struct replica *replica;
    uint64_t now_ms;
    uint64_t position;
    uint64_t edge_number, other_number;
    /* what the last turn brought */
    struct replica_effect effects[256];
    size_t effects_len;
    bool drop_appends; /* the log takes nothing */
    uint64_t replies;
    bool reply_ok;
    char reply_code[32];
};

static const char config_json[] =
    "{\"centre\":{\"name\":\"t\"},\"sites\":[{\"id\":\"hq\",\"edges\":[\"edge-hq\"]}],"
    "\"trunks\":[{\"id\":\"pstn\",\"site\":\"hq\",\"addresses\":[\"127.0.0.0/8\"]}],"
    "\"numbers\":[{\"number\":\"95588\",\"flow\":\"f\"}],"
    "\"flows\":[{\"id\":\"f\",\"start\":\"e\",\"nodes\":[{\"id\":\"e\",\"echo\":{\"limitMs\":600000}}]}]}";

static void enter_as(struct bed *bed, const char *producer, Farseat__V1__AcdInput *input)
{
    size_t len = farseat__v1__acd_input__get_packed_size(input);
    uint8_t *data = malloc(len);
    assert_non_null(data);
    farseat__v1__acd_input__pack(input, data);
    struct replica_entry entry = {.position = ++bed->position,
                                  .stamp_us = 1764000000000000 + (int64_t)bed->now_ms * 1000,
                                  .producer = producer,
                                  .data = data,
                                  .len = len};
    (void)!replica_entry(bed->replica, bed->now_ms, entry.stamp_us, &entry);
    free(data);
}

static void enter(struct bed *bed, const char *producer, const char *incarnation, uint64_t number,
                  Farseat__V1__AcdInput *input)
{
    input->producer = (char *)(uintptr_t)producer;
    input->producer_incarnation = (char *)(uintptr_t)incarnation;
    input->number = number;
    enter_as(bed, producer, input);
}

/* One turn: everything is stored at once and comes back out of the log, unless it takes nothing. */
static void turn(struct bed *bed)
{
    struct replica_effect effect;
    bed->effects_len = 0;
    while (replica_next(bed->replica, bed->now_ms, 0, &effect)) {
        assert_true(bed->effects_len < 256);
        bed->effects[bed->effects_len++] = effect;
        if (effect.kind == REPLICA_REPLY) {
            bed->replies++;
            bed->reply_ok = effect.verdict->ok;
            snprintf(bed->reply_code, sizeof(bed->reply_code), "%s", effect.verdict->code);
        } else if (effect.kind == REPLICA_APPEND && !bed->drop_appends) {
            struct replica_entry entry = {.position = ++bed->position,
                                          .stamp_us = 1764000000000000 + (int64_t)bed->now_ms * 1000,
                                          .producer = "acd-1",
                                          .data = effect.data,
                                          .len = effect.len};
            uint8_t *copy = malloc(effect.len);
            memcpy(copy, effect.data, effect.len);
            entry.data = copy;
            replica_done(bed->replica, bed->now_ms, effect.kind, effect.number, effect.epoch, FAR_OK,
                         bed->position);
            (void)!replica_entry(bed->replica, bed->now_ms, entry.stamp_us, &entry);
            free(copy);
        } else if (effect.kind == REPLICA_FACT || effect.kind == REPLICA_RECORD ||
                   effect.kind == REPLICA_PIECE) {
            replica_done(bed->replica, bed->now_ms, effect.kind, effect.number, effect.epoch, FAR_OK, 1);
        }
    }
}

static size_t count(const struct bed *bed, enum replica_effect_kind kind)
{
    size_t found = 0;
    for (size_t i = 0; i < bed->effects_len; i++)
        found += bed->effects[i].kind == kind;
    return found;
}

static struct bed *bed_new(void)
{
    struct bed *bed = calloc(1, sizeof(*bed));
    struct replica_config config = {.name = "acd-1", .incarnation = OWN, .hash_every = 8};
    assert_non_null(bed);
    bed->now_ms = 1000;
    assert_int_equal(replica_create(&config, NULL, &bed->replica), FAR_OK);
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__LogCreated created = FARSEAT__V1__LOG_CREATED__INIT;
    char incarnation[] = "00000000-0000-7000-8000-00000000010c";
    created.incarnation = incarnation;
    created.agents_max = 4;
    created.contacts_max = 8;
    created.queues_max = 2;
    created.legs_max = 16;
    created.records_max = 64;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LOG_CREATED;
    input.log_created = &created;
    assert_false(replica_wants_lease(bed->replica));
    enter(bed, "log", incarnation, 1, &input);
    replica_caught_up(bed->replica);
    replica_connected(bed->replica, bed->now_ms, true);
    assert_true(replica_wants_lease(bed->replica));
    return bed;
}
static void bed_done(struct bed *bed)
{
    replica_destroy(bed->replica);
    free(bed);
}

static void lead(struct bed *bed)
{
    replica_lease(bed->replica, bed->now_ms, true);
    turn(bed);
    assert_int_equal(replica_role(bed->replica), REPLICA_LEADER);
}

static void configure(struct bed *bed)
{
    ProtobufCMessage *config = NULL;
    assert_int_equal(far_json_parse(&farseat__v1__centre_config__descriptor, config_json, strlen(config_json),
                                    NULL, &config),
                     FAR_OK);
    size_t len = protobuf_c_message_get_packed_size(config);
    uint8_t *bytes = malloc(len);
    char id[] = "c1";
    protobuf_c_message_pack(config, bytes);
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__ConfigPut put = FARSEAT__V1__CONFIG_PUT__INIT;
    Farseat__V1__ConfigCommit commit = FARSEAT__V1__CONFIG_COMMIT__INIT;
    put.config_id = commit.config_id = id;
    put.piece.data = bytes;
    put.piece.len = len;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_CONFIG_PUT;
    input.config_put = &put;
    assert_int_equal(replica_write(bed->replica, bed->now_ms, 0, &input, 0), FAR_OK);
    commit.count = 1;
    commit.hash = far_hash64(bytes, len, 0);
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_CONFIG_COMMIT;
    input.config_commit = &commit;
    assert_int_equal(replica_write(bed->replica, bed->now_ms, 0, &input, 7), FAR_OK);
    turn(bed);
    assert_int_equal(bed->replies, 1);
    assert_true(bed->reply_ok);
    free(bytes);
    protobuf_c_message_free_unpacked(config, NULL);
}

static void edge_started(struct bed *bed)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__EdgeStarted started = FARSEAT__V1__EDGE_STARTED__INIT;
    char edge[] = "edge-hq", site[] = "hq";
    started.edge = edge;
    started.site = site;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_EDGE_STARTED;
    input.edge_started = &started;
    enter(bed, "edge-hq", EDGE, ++bed->edge_number, &input);
}

static void call_in(struct bed *bed, const char *leg_id)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__LegIncoming incoming = FARSEAT__V1__LEG_INCOMING__INIT;
    char trunk[] = "pstn", called[] = "95588";
    incoming.leg_id = (char *)(uintptr_t)leg_id;
    incoming.trunk_id = trunk;
    incoming.called_raw = called;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LEG_INCOMING;
    input.leg_incoming = &incoming;
    enter(bed, "edge-hq", EDGE, ++bed->edge_number, &input);
}

static void other_started(struct bed *bed)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__LeaderStarted started = FARSEAT__V1__LEADER_STARTED__INIT;
    char name[] = "acd-2";
    started.replica = name;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LEADER_STARTED;
    input.leader_started = &started;
    enter(bed, "acd-2", OTHER, ++bed->other_number, &input);
}

/* ---- who leads ----------------------------------------------------------------------------------- */

static void test_roles(void **state)
{
    (void)state;
    struct bed *bed = bed_new();
    assert_int_equal(replica_role(bed->replica), REPLICA_FOLLOWER);
    bed->drop_appends = true;
    replica_lease(bed->replica, bed->now_ms, true);
    turn(bed);
    assert_int_equal(replica_role(bed->replica),
                     REPLICA_CANDIDATE); /* nothing before its own LeaderStarted */
    assert_int_equal(count(bed, REPLICA_APPEND), 1);
    bed->drop_appends = false;
    bed->now_ms += 2001; /* the time-out, then the pause */
    turn(bed);
    bed->now_ms += 251;
    turn(bed);
    assert_int_equal(replica_role(bed->replica), REPLICA_LEADER);
    assert_true(acd_leader_position(replica_acd(bed->replica)) == bed->position);
    /* Another's later one ends it at once; as the lease is ours, we say it again. */
    other_started(bed);
    assert_int_equal(replica_role(bed->replica), REPLICA_CANDIDATE);
    bed->now_ms += 1001;
    turn(bed);
    assert_int_equal(replica_role(bed->replica), REPLICA_LEADER);
    assert_string_equal(acd_leader(replica_acd(bed->replica)), "acd-1");
    replica_lease(bed->replica, bed->now_ms, false);
    assert_int_equal(replica_role(bed->replica), REPLICA_FOLLOWER);
    other_started(bed);
    turn(bed);
    assert_int_equal(count(bed, REPLICA_APPEND), 0);
    bed_done(bed);
}

static void test_differing_state_halts(void **state)
{
    (void)state;
    for (int lie = 0; lie < 2; lie++) {
        struct bed *bed = bed_new();
        while (bed->position < 8)
            other_started(bed);
        Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
        Farseat__V1__StateHash hash = FARSEAT__V1__STATE_HASH__INIT;
        char name[] = "acd-2";
        hash.position = 8;
        hash.hash = acd_hash(replica_acd(bed->replica)) + (uint64_t)lie;
        hash.replica = name;
        input.body_case = FARSEAT__V1__ACD_INPUT__BODY_STATE_HASH;
        input.state_hash = &hash;
        enter(bed, "acd-2", OTHER, ++bed->other_number, &input);
        struct replica_stats stats;
        replica_stats(bed->replica, &stats);
        assert_int_equal(stats.hashes_compared, 1);
        assert_int_equal(replica_role(bed->replica), lie ? REPLICA_HALTED : REPLICA_FOLLOWER);
        if (lie) {
            assert_non_null(strstr(replica_fault(bed->replica), "differs from that of acd-2"));
            assert_false(replica_wants_lease(bed->replica));
            replica_lease(bed->replica, bed->now_ms, true);
            turn(bed);
            assert_int_equal(bed->effects_len, 0);
            assert_int_equal(replica_write(bed->replica, bed->now_ms, 0, &input, 0), FAR_ESTATE);
        }
        bed_done(bed);
    }
}

static void test_bad_entries_are_skipped(void **state)
{
    (void)state;
    struct bed *bed = bed_new();
    struct replica_entry entry = {
        .position = ++bed->position, .producer = "x", .data = (const uint8_t *)"\xff\xff", .len = 2};
    assert_int_equal(replica_entry(bed->replica, bed->now_ms, 0, &entry), FAR_OK);
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__Tick tick = FARSEAT__V1__TICK__INIT;
    char name[] = "acd-2", incarnation[] = OTHER;
    input.producer = name;
    input.producer_incarnation = incarnation;
    input.number = 1;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_TICK;
    input.tick = &tick;
    enter_as(bed, "edge-hq", &input); /* in another's name */
    struct replica_stats stats;
    replica_stats(bed->replica, &stats);
    assert_int_equal(stats.bad_entries, 2);
    assert_int_equal(replica_role(bed->replica), REPLICA_FOLLOWER);
    bed_done(bed);
}

/* ---- commands ------------------------------------------------------------------------------------ */

#define LEG "00000000-0000-7000-8000-0000000000f1"

static struct bed *leading_with_call(uint64_t *ret_serial)
{
    struct bed *bed = bed_new();
    lead(bed);
    configure(bed);
    edge_started(bed);
    turn(bed); /* Credit */
    Farseat__V1__EdgeCommandReply yes = FARSEAT__V1__EDGE_COMMAND_REPLY__INIT;
    yes.accepted = true;
    for (size_t i = 0; i < bed->effects_len; i++)
        if (bed->effects[i].kind == REPLICA_COMMAND)
            replica_command_done(bed->replica, bed->now_ms, bed->effects[i].number, &yes);
    call_in(bed, LEG);
    turn(bed);
    assert_int_equal(count(bed, REPLICA_COMMAND), 1); /* Answer */
    for (size_t i = 0; i < bed->effects_len; i++) {
        if (bed->effects[i].kind != REPLICA_COMMAND) continue;
        assert_string_equal(bed->effects[i].target, "edge-hq");
        *ret_serial = bed->effects[i].number;
    }
    return bed;
}

static void test_command_is_sent_again_until_accepted(void **state)
{
    (void)state;
    uint64_t serial;
    struct bed *bed = leading_with_call(&serial);
    Farseat__V1__EdgeCommandReply reply = FARSEAT__V1__EDGE_COMMAND_REPLY__INIT;
    char gap[] = "gap";
    replica_command_done(bed->replica, bed->now_ms, serial, NULL);
    turn(bed);
    assert_int_equal(count(bed, REPLICA_COMMAND), 0); /* not before 250 ms */
    bed->now_ms += 250;
    turn(bed);
    assert_int_equal(count(bed, REPLICA_COMMAND), 1);
    reply.cause = gap;
    replica_command_done(bed->replica, bed->now_ms, serial, &reply);
    bed->now_ms += 250;
    turn(bed);
    assert_int_equal(count(bed, REPLICA_COMMAND), 1);
    reply.accepted = true;
    replica_command_done(bed->replica, bed->now_ms, serial, &reply);
    bed->now_ms += 3000;
    turn(bed);
    assert_int_equal(count(bed, REPLICA_COMMAND), 0);
    struct replica_stats stats;
    replica_stats(bed->replica, &stats);
    assert_int_equal(stats.commands_failed, 0);
    bed_done(bed);
}

static void test_command_expires_or_is_refused(void **state)
{
    (void)state;
    for (int refused = 0; refused < 2; refused++) {
        uint64_t serial;
        struct bed *bed = leading_with_call(&serial);
        struct replica_stats stats;
        if (refused) {
            Farseat__V1__EdgeCommandReply reply = FARSEAT__V1__EDGE_COMMAND_REPLY__INIT;
            char invalid[] = "invalid";
            reply.cause = invalid;
            replica_command_done(bed->replica, bed->now_ms, serial, &reply);
        } else {
            for (int i = 0; i < 30; i++) { /* the log goes on meanwhile */
                bed->now_ms += 200;
                turn(bed);
            }
        }
        turn(bed);
        replica_stats(bed->replica, &stats);
        assert_true(stats.commands_failed >= 1);
        bed_done(bed);
    }
}

static void test_new_leader_sends_what_is_outstanding(void **state)
{
    (void)state;
    struct bed *bed = bed_new();
    lead(bed);
    configure(bed);
    replica_lease(bed->replica, bed->now_ms, false);
    edge_started(bed);
    call_in(bed, LEG);
    turn(bed);
    assert_int_equal(count(bed, REPLICA_COMMAND), 0);
    assert_int_equal(count(bed, REPLICA_FACT), 0);
    lead(bed);
    assert_int_equal(count(bed, REPLICA_COMMAND), 2); /* Credit and Answer */
    assert_true(count(bed, REPLICA_FACT) >= 2);       /* what was applied while nobody led */
    bed_done(bed);
}

static void test_fenced_leader_starts_again(void **state)
{
    (void)state;
    uint64_t serial;
    struct bed *bed = leading_with_call(&serial);
    uint64_t before = acd_leader_position(replica_acd(bed->replica));
    Farseat__V1__EdgeCommandReply reply = FARSEAT__V1__EDGE_COMMAND_REPLY__INIT;
    char fenced[] = "fenced";
    reply.cause = fenced;
    bed->now_ms += 1001;
    replica_command_done(bed->replica, bed->now_ms, serial, &reply);
    turn(bed);
    assert_int_equal(replica_role(bed->replica), REPLICA_LEADER);
    assert_true(acd_leader_position(replica_acd(bed->replica)) > before);
    bed_done(bed);
}

/* ---- facts, ticks, writes, edges ------------------------------------------------------------------- */

static void test_facts_are_told_and_not_published_twice(void **state)
{
    (void)state;
    uint64_t serial;
    struct bed *bed = leading_with_call(&serial);
    for (int i = 0; i < 4; i++) { /* ticks say what is stored */
        bed->now_ms += 600;
        turn(bed);
    }
    replica_lease(bed->replica, bed->now_ms, false);
    lead(bed);
    assert_int_equal(count(bed, REPLICA_FACT), 0);
    bed_done(bed);
}

static void test_ticks_while_a_contact_lives(void **state)
{
    (void)state;
    uint64_t serial;
    struct bed *bed = leading_with_call(&serial);
    struct replica_stats before, after;
    replica_stats(bed->replica, &before);
    for (int i = 0; i < 100; i++) {
        bed->now_ms += 100;
        turn(bed);
    }
    replica_stats(bed->replica, &after);
    assert_in_range(after.ticks - before.ticks, 9, 200);
    bed_done(bed);
}

static void test_write_times_out(void **state)
{
    (void)state;
    struct bed *bed = bed_new();
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__AgentAction action = FARSEAT__V1__AGENT_ACTION__INIT;
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    char agent[] = "nobody";
    action.agent_id = agent;
    action.action_case = FARSEAT__V1__AGENT_ACTION__ACTION_READY;
    action.ready = &empty;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_AGENT_ACTION;
    input.agent_action = &action;
    bed->drop_appends = true;
    assert_int_equal(replica_write(bed->replica, bed->now_ms, 0, &input, 9), FAR_OK);
    turn(bed);
    assert_int_equal(bed->replies, 0);
    bed->now_ms += 5000;
    turn(bed);
    assert_int_equal(bed->replies, 1);
    assert_string_equal(bed->reply_code, "ETIMEOUT");
    bed->drop_appends = false; /* it is applied all the same, and answered no second time */
    bed->now_ms += 3000;
    turn(bed);
    bed->now_ms += 300;
    turn(bed);
    assert_int_equal(bed->replies, 1);
    /* Everything has a limit. */
    bed->drop_appends = true;
    enum far_err err = FAR_OK;
    for (unsigned i = 0; i < 5000 && err == FAR_OK; i++)
        err = replica_write(bed->replica, bed->now_ms, 0, &input, 100 + i);
    assert_int_equal(err, FAR_EFULL);
    bed_done(bed);
}

static const char *edge_state(const struct bed *bed)
{
    const char *text = "";
    (void)acd_edge(replica_acd(bed->replica), "edge-hq", &text);
    return text;
}

static void pulse_of(struct bed *bed, const char *incarnation, uint32_t backlog, uint64_t acknowledged)
{
    Farseat__V1__EdgePulse pulse = FARSEAT__V1__EDGE_PULSE__INIT;
    pulse.edge = (char *)(uintptr_t) "edge-hq";
    pulse.incarnation = (char *)(uintptr_t)incarnation;
    pulse.inputs_unacknowledged = backlog;
    pulse.input_acknowledged = acknowledged;
    replica_pulse(bed->replica, bed->now_ms, &pulse);
}

static void pass(struct bed *bed, uint64_t ms, bool pulse, uint32_t backlog)
{
    for (uint64_t i = 0; i < ms; i += 100) {
        bed->now_ms += 100;
        if (pulse) pulse_of(bed, EDGE, backlog, 1);
        turn(bed);
    }
}

static void test_silent_edge(void **state)
{
    (void)state;
    struct bed *bed = bed_new();
    lead(bed);
    edge_started(bed);
    pass(bed, 5000, true, 0);
    assert_string_equal(edge_state(bed), "started");
    pass(bed, 2800, false, 0);
    assert_string_equal(edge_state(bed), "started");
    pass(bed, 1000, false, 0);
    assert_string_equal(edge_state(bed), "unreachable");
    pass(bed, 2000, true, 3); /* it has not told all yet */
    assert_string_equal(edge_state(bed), "unreachable");
    pass(bed, 2000, true, 0);
    assert_string_equal(edge_state(bed), "started");
    pass(bed, 33000, false, 0);
    assert_string_equal(edge_state(bed), "lost");
    pass(bed, 1000, true, 0);
    assert_string_equal(edge_state(bed), "started");
    bed_done(bed);
}

/* One that always has something on its way comes back all the same. */
static void test_busy_edge_comes_back(void **state)
{
    (void)state;
    struct bed *bed = bed_new();
    lead(bed);
    configure(bed);
    edge_started(bed);
    pass(bed, 4000, false, 0);
    assert_string_equal(edge_state(bed), "unreachable");
    for (int i = 0; i < 20; i++) {
        char leg[40];
        snprintf(leg, sizeof(leg), "00000000-0000-7000-8000-%012d", i);
        pass(bed, 100, true, 5);
        if (i == 3) assert_string_equal(edge_state(bed), "unreachable");
        call_in(bed, leg);
    }
    assert_string_equal(edge_state(bed), "started");
    bed_done(bed);
}

static void test_nobody_is_dead_while_the_log_takes_nothing(void **state)
{
    (void)state;
    struct bed *bed = bed_new();
    lead(bed);
    edge_started(bed);
    pass(bed, 1000, true, 0);
    bed->drop_appends = true;
    pass(bed, 60000, false, 0);
    bed->drop_appends = false;
    pass(bed, 3000, true, 0); /* appending begins again, pulses too */
    assert_string_equal(edge_state(bed), "started");
    bed_done(bed);
}

/* Pulses of one life for ms, whose inputs up to `acknowledged` the log has taken; how often it is told so. */
static unsigned resyncs(struct bed *bed, uint64_t ms, const char *incarnation, uint64_t acknowledged)
{
    unsigned found = 0;
    for (uint64_t i = 0; i < ms; i += 100) {
        bed->now_ms += 100;
        if (i % 500 == 0) pulse_of(bed, incarnation, 0, acknowledged);
        turn(bed);
        for (size_t at = 0; at < bed->effects_len; at++) {
            const struct replica_effect *effect = &bed->effects[at];
            if (effect->kind != REPLICA_COMMAND) continue;
            Farseat__V1__EdgeCommand *command =
                farseat__v1__edge_command__unpack(NULL, effect->len, effect->data);
            assert_non_null(command);
            if (command->body_case == FARSEAT__V1__EDGE_COMMAND__BODY_RESYNC) {
                assert_string_equal(effect->target, "edge-hq");
                assert_string_equal(command->edge_incarnation, incarnation);
                assert_string_equal(command->log_incarnation, acd_incarnation(replica_acd(bed->replica)));
                assert_true(command->leader_position == acd_leader_position(replica_acd(bed->replica)));
                assert_string_equal(command->leg_id, "");
                found++;
            }
            farseat__v1__edge_command__free_unpacked(command, NULL);
            Farseat__V1__EdgeCommandReply reply = FARSEAT__V1__EDGE_COMMAND_REPLY__INIT;
            reply.accepted = true;
            replica_command_done(bed->replica, bed->now_ms, effect->number, &reply);
        }
    }
    return found;
}

/* The log was made anew: nobody in it knows the edge, which goes on with number 41. */
static void test_unknown_edge_is_told_to_begin_anew(void **state)
{
    (void)state;
    struct bed *bed = bed_new();
    assert_int_equal(resyncs(bed, 20000, EDGE, 40), 0); /* only who leads may */
    lead(bed);
    assert_int_equal(resyncs(bed, 4000, EDGE, 40), 1);
    assert_int_equal(resyncs(bed, 20000, EDGE, 40), 3); /* again, not at every pulse */
    edge_started(bed);
    assert_int_equal(resyncs(bed, 20000, EDGE, 1), 0);
    assert_int_equal(resyncs(bed, 20000, OTHER, 0), 0); /* its EdgeStarted is on its way */
    bed_done(bed);
}

/* The log lost its tail: the edge is known, and its inputs leave a gap for ever. */
static void test_edge_with_a_gap_is_told_to_begin_anew(void **state)
{
    (void)state;
    struct bed *bed = bed_new();
    lead(bed);
    edge_started(bed);
    assert_int_equal(resyncs(bed, 5000, EDGE, 1), 0);
    bed->drop_appends = true; /* what is not proven is not said */
    assert_int_equal(resyncs(bed, 10000, EDGE, 7), 0);
    bed->drop_appends = false;
    assert_int_equal(resyncs(bed, 5000, EDGE, 7), 1);
    bed_done(bed);
}

/* Two of one name: the one that the core knows stays as long as it lives. */
static void test_second_process_of_a_name_is_left_alone(void **state)
{
    (void)state;
    struct bed *bed = bed_new();
    lead(bed);
    edge_started(bed);
    unsigned found = 0;
    for (int i = 0; i < 40; i++) {
        found += resyncs(bed, 300, EDGE, 1);
        found += resyncs(bed, 300, OTHER, 9);
    }
    assert_int_equal(found, 0);
    bed_done(bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_differing_state_halts),
        cmocka_unit_test(test_bad_entries_are_skipped),
        cmocka_unit_test(test_command_is_sent_again_until_accepted),
        cmocka_unit_test(test_command_expires_or_is_refused),
        cmocka_unit_test(test_new_leader_sends_what_is_outstanding),
        cmocka_unit_test(test_fenced_leader_starts_again),
        cmocka_unit_test(test_facts_are_told_and_not_published_twice),
        cmocka_unit_test(test_ticks_while_a_contact_lives),
        cmocka_unit_test(test_write_times_out),
        cmocka_unit_test(test_silent_edge),
        cmocka_unit_test(test_busy_edge_comes_back),
        cmocka_unit_test(test_nobody_is_dead_while_the_log_takes_nothing),
        cmocka_unit_test(test_unknown_edge_is_told_to_begin_anew),
        cmocka_unit_test(test_edge_with_a_gap_is_told_to_begin_anew),
        cmocka_unit_test(test_second_process_of_a_name_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
