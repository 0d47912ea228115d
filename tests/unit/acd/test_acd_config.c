/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations: what is wrong is said with its place and remedy, and the whole is taken or refused. */
#include "far/hash64.h"
#include "far/test.h"
#include "world.h"
#include <stdlib.h>
#include <string.h>

static const struct acd_limits LIMITS = {
    .agents_max = 10, .contacts_max = 20, .queues_max = 4, .legs_max = 60, .records_max = 1000};

static int set_up(void **state)
{
    *state = world_create(&LIMITS, 3);
    return 0;
}

static int tear_down(void **state)
{
    world_destroy(*state);
    return 0;
}

#define T(x) ((char *)(uintptr_t)(x))

/* Change one text of a good configuration, and expect a complaint that contains `expected`. */
static void expect(struct world *world, Farseat__V1__CentreConfig *config, char **field, const char *value,
                   const char *expected)
{
    char text[4096], *before = *field;
    uint64_t version = acd_config_version(world->acd);
    *field = T(value);
    assert_int_equal(acd_config_check(world->acd, config, text, sizeof(text)), FAR_EINVAL);
    if (!strstr(text, expected)) fail_msg("\"%s\" is not in: %s", expected, text);
    assert_false(world_configure(world, config));
    assert_string_equal(world->out.verdict.code, "EINVAL");
    assert_non_null(strstr(world->out.verdict.text, expected));
    assert_int_equal(acd_config_version(world->acd), version);
    *field = before;
    assert_int_equal(acd_config_check(world->acd, config, text, sizeof(text)), FAR_OK);
    assert_string_equal(text, "");
}

static void faults_are_named_with_place_and_remedy(void **state)
{
    struct world *world = *state;
    Farseat__V1__CentreConfig *config = world_config(3);
    expect(world, config, &config->agents[1]->id, "agent-1",
           "agents[1].id: \"agent-1\" is agents[0]'s as well");
    expect(world, config, &config->agents[1]->id, "Agent 2",
           "agents[1].id: \"Agent 2\" must be 1 to 63 of a-z");
    expect(world, config, &config->agents[0]->phone, "9999",
           "agents[agent-1].phone: \"9999\" is no phone: add it");
    expect(world, config, &config->agents[0]->site, "moon", "agents[agent-1].site: \"moon\" is no site");
    expect(world, config, &config->agents[0]->team, "reds", "agents[agent-1].team: \"reds\" is not in teams");
    expect(world, config, &config->agents[0]->skills[0]->skill, "cooking",
           "agents[agent-1].skills: \"cooking\"");
    expect(world, config, &config->queues[0]->music, "../etc",
           "queues[sales].music: \"../etc\" is no prompt's name");
    expect(world, config, &config->queues[0]->business_type, "x", "queues[sales].business_type: \"x\"");
    expect(world, config, &config->numbers[0]->flow, "none", "numbers[88888888].flow: \"none\" is no flow");
    expect(world, config, &config->numbers[1]->number, "88888888", "stands there twice");
    expect(world, config, &config->recorders[0]->uri, "http://x", "recorders[recording-1].uri");
    expect(world, config, &config->trunks[0]->site, "moon", "trunks[carrier].site: \"moon\"");
    Farseat__V1__Flow *flow = config->flows[0];
    expect(world, config, &flow->start, "nowhere", "flows[main].nodes[].start: \"nowhere\" is no node");
    expect(world, config, &flow->nodes[0]->menu->choices[0]->next, "gone",
           "flows[main].nodes[start].menu.choices.next: \"gone\" is no node of this flow");
    expect(world, config, &flow->nodes[0]->menu->choices[0]->digits, "1a", "must be 1 to 8 of 0-9, * and #");
    expect(world, config, &flow->nodes[0]->menu->choices[1]->digits, "1", "stands there twice");
    expect(world, config, &flow->nodes[0]->menu->choices[2]->next, "bye", "\"hours\" is never reached");
    expect(world, config, &flow->nodes[1]->queue->queue, "chess", "\"chess\" is no queue");
    expect(world, config, &flow->nodes[6]->play->next, "hours",
           "leads back here and the caller can do nothing");
    expect(world, config, &flow->nodes[6]->play->prompts[0], "a b", "\"a b\" is no prompt's name");
    expect(world, config, &flow->nodes[3]->survey->id, "", "survey.id");
    farseat__v1__centre_config__free_unpacked(config, NULL);
}

static void ten_complaints_are_enough(void **state)
{
    struct world *world = *state;
    Farseat__V1__CentreConfig *config = world_config(8);
    for (size_t i = 0; i < config->n_agents; i++)
        for (size_t k = 0; k < config->agents[i]->n_skills; k++)
            config->agents[i]->skills[k]->level = 99;
    assert_false(world_configure(world, config));
    size_t lines = 0;
    for (const char *at = world->out.verdict.text; (at = strchr(at, '\n')); at++)
        lines++;
    assert_int_equal(lines, 11);
    assert_non_null(strstr(world->out.verdict.text, "and 4 more")); /* 14 in all */
    farseat__v1__centre_config__free_unpacked(config, NULL);
}

static void limits_are_kept(void **state)
{
    struct world *world = *state;
    char text[1024];
    Farseat__V1__CentreConfig *config = world_config(11);
    assert_int_equal(acd_config_check(world->acd, config, text, sizeof(text)), FAR_EINVAL);
    assert_non_null(strstr(text, "agents: 11, but this centre was made for 10"));
    config->centre->contacts_max = 100;
    assert_int_equal(acd_config_check(world->acd, config, text, sizeof(text)), FAR_EINVAL);
    assert_non_null(strstr(text, "centre.contacts_max: 100"));
    farseat__v1__centre_config__free_unpacked(config, NULL);
}

static void targets_are_ranges_of_known_queues(void **state)
{
    struct world *world = *state;
    Farseat__V1__CentreConfig *config = world_config(3);
    Farseat__V1__KpiTarget rows[3], *targets[3];
    for (size_t i = 0; i < 3; i++) {
        farseat__v1__kpi_target__init(&rows[i]);
        targets[i] = &rows[i];
        rows[i].kpi = T(i == 0 ? "sl_negative" : "asa");
        rows[i].queue = T(i == 2 ? config->queues[0]->id : "");
        rows[i].low = 80;
    }
    config->targets = targets;
    config->n_targets = 3;
    expect(world, config, &rows[0].kpi, "", "targets[0].kpi: \"\" is no KPI's id");
    expect(world, config, &rows[0].kpi, "a b", "targets[0].kpi: \"a b\"");
    expect(world, config, &rows[1].queue, "chess", "targets[1].queue: \"chess\" is no queue");
    expect(world, config, &rows[2].queue, "", "targets[2]: the same KPI and queue as targets[1]");
    static const double bad[][2] = {{10, 5}, {-1, 0}, {0, -1}, {1e300, 0}, {0.0 / 0.0, 1}, {0, 1.0 / 0.0}};
    char text[4096];
    for (size_t i = 0; i < FAR_ARRAY_LEN(bad); i++) {
        rows[0].low = bad[i][0];
        rows[0].high = bad[i][1];
        assert_int_equal(acd_config_check(world->acd, config, text, sizeof(text)), FAR_EINVAL);
        assert_non_null(strstr(text, "targets[0]: low"));
    }
    rows[0].low = rows[0].high = 5;
    assert_true(world_configure(world, config));
    config->targets = NULL;
    config->n_targets = 0;
    farseat__v1__centre_config__free_unpacked(config, NULL);
}

static bool put(struct world *world, uint32_t index, const uint8_t *data, size_t len)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__ConfigPut body = FARSEAT__V1__CONFIG_PUT__INIT;
    body.config_id = T("c1");
    body.index = index;
    body.piece.data = (uint8_t *)(uintptr_t)data;
    body.piece.len = len;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_CONFIG_PUT;
    input.config_put = &body;
    return world_acd(world, &input);
}

static bool commit(struct world *world, uint32_t count, uint64_t hash, uint64_t expected)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__ConfigCommit body = FARSEAT__V1__CONFIG_COMMIT__INIT;
    body.config_id = T("c1");
    body.count = count;
    body.hash = hash;
    body.expected_version = expected;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_CONFIG_COMMIT;
    input.config_commit = &body;
    return world_acd(world, &input);
}

static void pieces_must_be_whole(void **state)
{
    struct world *world = *state;
    Farseat__V1__CentreConfig *config = world_config(4);
    size_t len = farseat__v1__centre_config__get_packed_size(config), half = len / 2;
    uint8_t *bytes = malloc(len);
    (void)farseat__v1__centre_config__pack(config, bytes);
    uint64_t hash = far_hash64(bytes, len, 0);
    assert_false(commit(world, 2, hash, 0)); /* nothing came */
    assert_true(put(world, 0, bytes, half));
    assert_false(put(world, 2, bytes + half, len - half)); /* a gap */
    assert_false(commit(world, 2, hash, 0));
    assert_true(put(world, 0, bytes, half));
    assert_true(put(world, 1, bytes + half, len - half));
    assert_false(commit(world, 2, hash + 1, 0));
    assert_string_equal(world->out.verdict.code, "EPROTO");
    assert_false(commit(world, 2, hash, 7)); /* version 1 is in force */
    assert_string_equal(world->out.verdict.code, "ECONFLICT");
    assert_true(commit(world, 2, hash, 1));
    assert_int_equal(acd_config_version(world->acd), 2);
    assert_int_equal(acd_config_hash(world->acd), hash);
    assert_string_equal(world->last_fact, "site.config");
    assert_true(put(world, 0, (const uint8_t *)"\xff\xff\xff", 3));
    assert_false(commit(world, 1, far_hash64("\xff\xff\xff", 3, 0), 0)); /* no CentreConfig */
    free(bytes);
    farseat__v1__centre_config__free_unpacked(config, NULL);
}

static struct world_leg *waiting(struct world *world)
{
    struct world_leg *caller = world_call(world, 0, "88888888");
    world_digits(world, caller, "1");
    world_run(world);
    return caller;
}

static void who_lives_goes_on_by_the_former_version(void **state)
{
    struct world *world = *state;
    char id[40];
    struct world_leg *caller = world_call(world, 0, "88888888");
    strcpy(id, caller->contact);
    Farseat__V1__CentreConfig *config = world_config(2);
    config->queues[0]->after_call_work_ms = 1234;
    for (int i = 0; i < 20; i++) /* many versions, one that is still needed */
        assert_true(world_configure(world, config));
    world_digits(world, caller, "1");
    world_run(world);
    assert_int_equal(world_contact_state(world, id), FARSEAT__V1__CONTACT_STATE__CONTACT_QUEUED);
    farseat__v1__centre_config__free_unpacked(config, NULL);
}

static void queue_with_callers_cannot_go(void **state)
{
    struct world *world = *state;
    struct world_leg *caller = waiting(world);
    Farseat__V1__CentreConfig *config = world_config(3);
    size_t flows = config->n_flows, numbers = config->n_numbers, queues = config->n_queues;
    config->n_flows = config->n_numbers = config->n_queues = 0;
    char text[1024];
    assert_int_equal(acd_config_check(world->acd, config, text, sizeof(text)), FAR_EINVAL);
    assert_non_null(strstr(text, "\"sales\" is missing, but contact"));
    assert_false(world_configure(world, config));
    world_end(world, caller, "hangup", true);
    world_run(world);
    assert_true(world_configure(world, config));
    struct acd_stats stats;
    acd_stats(world->acd, &stats);
    assert_int_equal(stats.queues, 0);
    config->n_flows = flows, config->n_numbers = numbers, config->n_queues = queues;
    farseat__v1__centre_config__free_unpacked(config, NULL);
}

static void agent_who_is_removed_leaves_when_free(void **state)
{
    struct world *world = *state;
    struct acd_stats stats;
    world_phone(world, 0, "8003", true);
    world_run(world);
    assert_true(world_login(world, "agent-1", ""));
    assert_true(world_login(world, "agent-3", ""));
    assert_true(world_ready(world, "agent-3"));
    struct world_leg *caller = waiting(world);
    world_answer(world, world_agent_leg(world, "agent-3"));
    world_run(world);
    Farseat__V1__CentreConfig *config = world_config(3);
    Farseat__V1__Agent *first = config->agents[0];
    config->agents[0] = config->agents[1]; /* only agent-2 stays */
    config->n_agents = 1;
    assert_true(world_configure(world, config));
    acd_stats(world->acd, &stats);
    assert_int_equal(stats.agents, 2); /* agent-1 is gone at once, agent-3 talks */
    assert_int_equal(world_agent_state(world, "agent-3"), FARSEAT__V1__AGENT_STATE__AGENT_TALKING);
    world_end(world, caller, "hangup", true);
    world_run(world);
    assert_false(world_ready(world, "agent-3"));
    world_pass(world, 31000);
    acd_stats(world->acd, &stats);
    assert_int_equal(stats.agents, 1);
    assert_int_equal(stats.contacts, 0);
    config->agents[1] = config->agents[0];
    config->agents[0] = first;
    config->n_agents = 3;
    farseat__v1__centre_config__free_unpacked(config, NULL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(faults_are_named_with_place_and_remedy),
        CASE(ten_complaints_are_enough),
        CASE(targets_are_ranges_of_known_queues),
        CASE(limits_are_kept),
        CASE(pieces_must_be_whole),
        CASE(who_lives_goes_on_by_the_former_version),
        CASE(queue_with_callers_cannot_go),
        CASE(agent_who_is_removed_leaves_when_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
