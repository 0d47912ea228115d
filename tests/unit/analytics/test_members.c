/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "members.h"
#include <stdio.h>

#define TEXT(name, text) static char name[] = text
TEXT(sales, "sales");
TEXT(support, "support");
TEXT(ann, "ann");
TEXT(ben, "ben");
TEXT(english, "english");
TEXT(german, "german");

static void skills_and_lists_decide(void **state)
{
    (void)state;
    Farseat__V1__CentreConfig config = FARSEAT__V1__CENTRE_CONFIG__INIT;
    Farseat__V1__Queue queues[2] = {FARSEAT__V1__QUEUE__INIT, FARSEAT__V1__QUEUE__INIT};
    Farseat__V1__Queue *queue_rows[] = {&queues[0], &queues[1]};
    Farseat__V1__Agent agents[2] = {FARSEAT__V1__AGENT__INIT, FARSEAT__V1__AGENT__INIT};
    Farseat__V1__Agent *agent_rows[] = {&agents[0], &agents[1]};
    Farseat__V1__SkillLevel needs = FARSEAT__V1__SKILL_LEVEL__INIT, good = needs, poor = needs, other = needs;
    Farseat__V1__SkillLevel *need_rows[] = {&needs}, *ann_rows[] = {&good}, *ben_rows[] = {&poor, &other};
    char *ben_queues[] = {support};
    struct members *members = NULL;
    size_t place = 0;
    needs.skill = good.skill = poor.skill = english;
    needs.level = 5;
    good.level = 5;
    poor.level = 4;
    other.skill = german;
    other.level = 9;
    queues[0].id = sales;
    queues[0].n_skills = 1;
    queues[0].skills = need_rows;
    queues[0].after_call_work_ms = 7000;
    queues[1].id = support;
    agents[0].id = ann;
    agents[0].n_skills = 1;
    agents[0].skills = ann_rows;
    agents[1].id = ben;
    agents[1].n_skills = 2;
    agents[1].skills = ben_rows;
    agents[1].n_queues = 1;
    agents[1].queues = ben_queues;
    config.n_queues = config.n_agents = 2;
    config.queues = queue_rows;
    config.agents = agent_rows;
    assert_int_equal(members_create(&config, &members), FAR_OK);
    assert_true(members_queue(members, "sales", &place));
    assert_true(members_serves(members, place, "ann"));
    assert_false(members_serves(members, place, "ben")); /* not good enough, and not on his list */
    assert_false(members_serves(members, place, "nobody"));
    assert_true(members_queue(members, "support", &place));
    assert_true(members_serves(members, place, "ann")); /* his list is empty: every queue that fits */
    assert_true(members_serves(members, place, "ben"));
    assert_false(members_queue(members, "none", &place));
    assert_int_equal(members_after_call_work_ms(members, "sales"), 7000);
    assert_int_equal(members_after_call_work_ms(members, "support"), 30000);
    assert_int_equal(members_after_call_work_ms(members, ""), 0);
    members = members_destroy(members);
}

static void an_empty_centre_has_no_members(void **state)
{
    (void)state;
    const Farseat__V1__CentreConfig config = FARSEAT__V1__CENTRE_CONFIG__INIT;
    struct members *members = NULL;
    size_t place = 0;
    assert_int_equal(members_create(&config, &members), FAR_OK);
    assert_false(members_queue(members, "sales", &place));
    members = members_destroy(members);
    assert_null(members_destroy(NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(skills_and_lists_decide),
        cmocka_unit_test(an_empty_centre_has_no_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
