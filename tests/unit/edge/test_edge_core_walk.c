/* SPDX-License-Identifier: Apache-2.0 */
/* Every pair of a leg's table, then seeded walks with a fake SIP and media side that lose and delay nothing
 * but come in any order: what was promised about inputs must hold, and in the end nothing is left. */
#include "../../../services/edge/control/core/core.h"
#include "edge_world.h"
#include "far/rand.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void ignore(void *context, const struct edge_action *action)
{
    (void)context;
    (void)action;
}

static void every_pair_is_listed_or_refused(void **state)
{
    (void)state;
    unsigned reached[LEG_STATE_COUNT] = {0};
    static struct world world;
    for (int from = 0; from < LEG_GONE; from++) {
        for (int event = 0; event < LEG_EVENT_COUNT; event++) {
            world_init(&world, 4);
            world.also = ignore;
            struct leg *leg = leg_create(world.core, world.now_ms, 99, "l1");
            uint64_t id = leg->id;
            leg->state = (enum leg_state)from;
            leg->has_media = true;
            bool allowed = leg_allows(leg, (enum leg_event)event);
            bool done = leg_handle(world.core, leg, (enum leg_event)event, world.now_ms);
            leg = far_pool_get(&world.core->legs, id);
            assert_int_equal(done, allowed);
            assert_int_equal(world.core->figures.events_unexpected, done ? 0 : 1);
            if (leg) reached[leg->state] += done;
            if (!leg) reached[LEG_GONE]++;
            if (!done) assert_int_equal(leg->state, from);
            /* A leg can be hung up at any time, and its end is heard until its endpoint closes. */
            if (event == LEG_EV_HANGUP) assert_true(done);
            if (event == LEG_EV_ENDED) assert_int_equal(done, from != LEG_CLOSING);
            /* Whoever waits for somebody has a deadline. */
            if (done && leg)
                assert_int_equal(leg->deadline_ms != NEVER || leg->state == (enum leg_state)from,
                                 leg->state == LEG_ALERTING || leg->state == LEG_ANSWERING ||
                                     leg->state == LEG_ENDING || leg->state == LEG_CLOSING ||
                                     leg->state == (enum leg_state)from);
            world_done(&world);
        }
    }
    for (int to = 0; to < LEG_STATE_COUNT; to++)
        assert_true(reached[to] > 0 || to == LEG_OFFERED || to == LEG_DIALLING);
}

#define LEGS   6
#define CALLS  64
#define QUEUED 256

enum fake_kind {
    FAKE_NONE,
    FAKE_ENDED,
    FAKE_CLOSED,
    FAKE_PLAY_DONE,
    FAKE_RINGING,
    FAKE_ANSWERED,
    FAKE_LOST,
    FAKE_UP
};
struct fake {
    enum fake_kind kind;
    uint64_t call, number;
    bool by_remote;
};
/* What the log has been told about each leg, by its serial in the walk. */
struct told {
    char leg_id[24];
    bool begun, ended, bridged, recording;
    uint32_t number, done;
    uint32_t plays;
};
struct walk {
    struct world world;
    struct far_rand rand;
    struct fake queue[QUEUED];
    size_t queue_len;
    struct told legs[LEGS];
    uint64_t serial, leg_serial;
    unsigned ended, bridges, recordings, collected;
};

static void later(struct walk *walk, enum fake_kind kind, uint64_t call, uint64_t number, bool by_remote)
{
    if (walk->queue_len == QUEUED) return;
    walk->queue[walk->queue_len++] = (struct fake){kind, call, number, by_remote};
}

static struct told *told_of(struct walk *walk, const char *leg_id)
{
    for (size_t i = 0; i < LEGS; i++)
        if (strcmp(walk->legs[i].leg_id, leg_id) == 0) return &walk->legs[i];
    return NULL;
}

static void progress(struct told *leg, uint32_t done)
{
    assert_true(leg->begun && !leg->ended); /* nothing about a leg after its LegEnded */
    assert_true(done >= leg->done && done <= leg->number);
    leg->done = done;
}

static void on_input(struct walk *walk, const Farseat__V1__AcdInput *input)
{
    struct told *leg = NULL;
    assert_string_equal(input->producer, "edge-hq");
    switch (input->body_case) {
    case FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED:
        leg = told_of(walk, input->leg_ended->leg_id);
        if (!leg) return; /* a Hangup for one that never was */
        progress(leg, input->leg_ended->commands_done);
        assert_true(input->leg_ended->cause[0] != '\0');
        assert_false(leg->recording);
        leg->ended = true;
        walk->ended++;
        return;
    case FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED:
        progress(told_of(walk, input->leg_answered->leg_id), input->leg_answered->commands_done);
        return;
    case FARSEAT__V1__ACD_INPUT__BODY_PLAY_DONE:
        leg = told_of(walk, input->play_done->leg_id);
        progress(leg, input->play_done->commands_done);
        assert_true(leg->plays > 0);
        leg->plays--;
        return;
    case FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_UP:
        leg = told_of(walk, input->bridge_up->leg_id);
        progress(leg, input->bridge_up->commands_done);
        assert_false(leg->bridged);
        leg->bridged = true;
        walk->bridges++;
        return;
    case FARSEAT__V1__ACD_INPUT__BODY_BRIDGE_DOWN:
        leg = told_of(walk, input->bridge_down->leg_id);
        progress(leg, input->bridge_down->commands_done);
        leg->bridged = false;
        return;
    case FARSEAT__V1__ACD_INPUT__BODY_RECORDING_STARTED:
        walk->recordings++;
        return;
    case FARSEAT__V1__ACD_INPUT__BODY_RECORDING_STOPPED:
        told_of(walk, input->recording_stopped->leg_id)->recording = false;
        return;
    case FARSEAT__V1__ACD_INPUT__BODY_DIGITS_COLLECTED:
        progress(told_of(walk, input->digits_collected->leg_id), input->digits_collected->commands_done);
        walk->collected++;
        return;
    default:
        return;
    }
}

static void on_action(void *context, const struct edge_action *action)
{
    struct walk *walk = context;
    switch (action->kind) {
    case EDGE_ACT_APPEND:
        on_input(walk, action->input);
        return;
    case EDGE_ACT_ANSWER:
    case EDGE_ACT_LINK_DIAL:
    case EDGE_ACT_LINK_ANSWER:
        if (far_rand_chance(&walk->rand, 850))
            later(walk, FAKE_ANSWERED, action->call, 0, false);
        else
            later(walk, FAKE_ENDED, action->call, 0, true);
        return;
    case EDGE_ACT_DIAL:
        later(walk, FAKE_RINGING, action->call, 0, false);
        if (far_rand_chance(&walk->rand, 700)) later(walk, FAKE_ANSWERED, action->call, 0, false);
        return;
    case EDGE_ACT_HANGUP:
    case EDGE_ACT_REJECT:
        if (far_rand_chance(&walk->rand, 950)) later(walk, FAKE_ENDED, action->call, 0, false);
        return;
    case EDGE_ACT_MEDIA_CLOSE:
        if (far_rand_chance(&walk->rand, 950)) later(walk, FAKE_CLOSED, action->call, 0, false);
        return;
    case EDGE_ACT_PLAY:
        later(walk, FAKE_PLAY_DONE, action->call, action->play.play, false);
        return;
    case EDGE_ACT_RECORD_OPEN:
        later(walk, far_rand_chance(&walk->rand, 700) ? FAKE_UP : FAKE_LOST, 0, action->record.session,
              false);
        return;
    default:
        return;
    }
}

static void deliver(struct walk *walk)
{
    if (walk->queue_len == 0) return;
    size_t at = far_rand_below(&walk->rand, walk->queue_len);
    struct fake fake = walk->queue[at];
    walk->queue[at] = walk->queue[--walk->queue_len];
    struct edge_core *core = walk->world.core;
    uint64_t now_ms = walk->world.now_ms;
    struct edge_end end = {.cause = "hangup", .by_remote = fake.by_remote};
    switch (fake.kind) {
    case FAKE_ENDED:
        edge_core_ended(core, now_ms, fake.call, &end);
        return;
    case FAKE_CLOSED:
        world_closed(&walk->world, fake.call);
        return;
    case FAKE_PLAY_DONE:
        edge_core_play_done(core, now_ms, fake.call, fake.number,
                            (enum edge_play_cause)far_rand_below(&walk->rand, 4), "");
        return;
    case FAKE_RINGING:
        edge_core_ringing(core, now_ms, fake.call);
        return;
    case FAKE_ANSWERED:
        edge_core_answered(core, now_ms, fake.call, "");
        return;
    case FAKE_UP:
        edge_core_recording_up(core, now_ms, fake.number);
        if (far_rand_chance(&walk->rand, 300)) later(walk, FAKE_LOST, 0, fake.number, false);
        return;
    case FAKE_LOST:
        edge_core_recording_lost(core, now_ms, fake.number, "lost", true);
        return;
    default:
        return;
    }
}

static void new_leg(struct walk *walk, struct told *leg)
{
    memset(leg, 0, sizeof(*leg));
    (void)snprintf(leg->leg_id, sizeof(leg->leg_id), "leg-%llu", (unsigned long long)++walk->leg_serial);
    leg->begun = true;
    if (far_rand_chance(&walk->rand, 500)) {
        world_incoming(&walk->world, ++walk->serial, leg->leg_id);
        return;
    }
    leg->number = 1;
    (void)world_dial(&walk->world, leg->leg_id, 1, 3000);
}

static void command(struct walk *walk, struct told *leg)
{
    struct world *world = &walk->world;
    uint32_t number = leg->number + 1;
    const struct told *other = &walk->legs[far_rand_below(&walk->rand, LEGS)];
    uint32_t before = leg->number;
    leg->number = number; /* inputs that come at once name it */
    const char *cause = "";
    char id[24];
    (void)snprintf(id, sizeof(id), "x%llu", (unsigned long long)++walk->serial);
    switch (far_rand_below(&walk->rand, 10)) {
    case 7:
        cause = world_mute(world, leg->leg_id, number, far_rand_chance(&walk->rand, 500));
        break;
    case 8:
        cause = world_talk(world, leg->leg_id, number);
        break;
    case 0:
        cause = world_answer(world, leg->leg_id, number);
        break;
    case 1:
        leg->plays++;
        cause = world_play(world, leg->leg_id, number, id, far_rand_chance(&walk->rand, 500), false);
        if (cause[0]) leg->plays--;
        break;
    case 2:
        cause = world_collect(world, leg->leg_id, number, id, 2);
        break;
    case 3:
        cause = world_bridge(world, leg->leg_id, number, id, other->leg_id, "edge-hq");
        break;
    case 4:
        cause = world_bridge(world, leg->leg_id, number, id, "far", "edge-branch");
        break;
    case 5: {
        bool was = leg->recording;
        leg->recording = true;
        cause = world_record(world, leg->leg_id, number, id, 2);
        if (cause[0]) leg->recording = was;
        break;
    }
    case 6:
        cause = world_play(world, leg->leg_id, number + 5, id, false, false); /* something is missing */
        assert_true(strcmp(cause, "gap") == 0 || strcmp(cause, "unknown-leg") == 0);
        break;
    default:
        if (far_rand_chance(&walk->rand, 300))
            cause = world_hangup(world, leg->leg_id, number);
        else
            leg->number = before;
    }
    bool used = !cause[0] || strcmp(cause, "busy") == 0 || strcmp(cause, "invalid") == 0 ||
                strcmp(cause, "unsupported") == 0;
    if (!used) leg->number = before;
}

static void step(struct walk *walk)
{
    struct told *leg = &walk->legs[far_rand_below(&walk->rand, LEGS)];
    switch (far_rand_below(&walk->rand, 6)) {
    case 0:
        if (!leg->begun || leg->ended) new_leg(walk, leg);
        break;
    case 1:
        if (leg->begun && !leg->ended) command(walk, leg);
        break;
    case 2: {
        struct leg *inner = core_leg_by_id(walk->world.core, leg->leg_id);
        if (inner) edge_core_digit(walk->world.core, walk->world.now_ms, inner->call, '1');
        break;
    }
    case 3:
        world_until(&walk->world, walk->world.now_ms + far_rand_below(&walk->rand, 400));
        break;
    default:
        deliver(walk);
    }
}

static void walk_once(uint64_t seed, unsigned totals[4])
{
    static struct walk walk;
    memset(&walk, 0, sizeof(walk));
    world_init(&walk.world, LEGS);
    far_rand_init(&walk.rand, seed);
    world_credit(&walk.world, LEGS);
    walk.world.also = on_action;
    walk.world.also_context = &walk;
    for (int i = 0; i < 3000; i++)
        step(&walk);
    edge_core_end_all(walk.world.core, walk.world.now_ms, "edge-draining");
    for (int i = 0; i < 2000 && walk.queue_len > 0; i++)
        deliver(&walk);
    world_until(&walk.world, walk.world.now_ms + 60000);
    struct edge_figures figures;
    edge_core_figures(walk.world.core, &figures);
    assert_int_equal(figures.legs + figures.incoming_legs + figures.links + figures.recordings, 0);
    for (size_t i = 0; i < LEGS; i++)
        assert_true(!walk.legs[i].begun || walk.legs[i].ended);
    totals[0] += walk.ended;
    totals[1] += walk.bridges;
    totals[2] += walk.recordings;
    totals[3] += walk.collected;
    world_done(&walk.world);
}

static void walks_keep_the_promises(void **state)
{
    (void)state;
    unsigned totals[4] = {0};
    for (uint64_t seed = 1; seed <= 60; seed++)
        walk_once(seed, totals);
    for (size_t i = 0; i < 4; i++)
        assert_true(totals[i] > 100); /* the walks have seen life */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_is_listed_or_refused),
        cmocka_unit_test(walks_keep_the_promises),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
