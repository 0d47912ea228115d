/* SPDX-License-Identifier: Apache-2.0 */
/* What does not work, out of what services say. */
#include "api/faults.h"
#include "far/test.h"
#include <string.h>

/* A service with up to two checks and two figures. */
struct said {
    Farseat__V1__LiveService service;
    Farseat__V1__HealthCheck checks[2], *check_pointers[2];
    Farseat__V1__LoadFigure figures[2], *figure_pointers[2];
};

static void say(struct said *said, const char *program, const char *instance)
{
    memset(said, 0, sizeof(*said));
    farseat__v1__live_service__init(&said->service);
    said->service.program = (char *)(uintptr_t)program;
    said->service.instance = (char *)(uintptr_t)instance;
    said->service.checks = said->check_pointers;
    said->service.load = said->figure_pointers;
}

static void say_check(struct said *said, const char *name, const char *state, const char *text)
{
    size_t at = said->service.n_checks++;
    farseat__v1__health_check__init(&said->checks[at]);
    said->checks[at].name = (char *)(uintptr_t)name;
    said->checks[at].state = (char *)(uintptr_t)state;
    said->checks[at].text = (char *)(uintptr_t)text;
    said->check_pointers[at] = &said->checks[at];
}

static void say_figure(struct said *said, const char *name, double value, double limit)
{
    size_t at = said->service.n_load++;
    farseat__v1__load_figure__init(&said->figures[at]);
    said->figures[at].name = (char *)(uintptr_t)name;
    said->figures[at].value = value;
    said->figures[at].limit = limit;
    said->figure_pointers[at] = &said->figures[at];
}

static struct said acd[2], other;
static struct faults_heard heard[3];
static struct faults_input input;
static struct faults faults;

/* Two ACD processes, one leads: nothing is wrong. */
static int set_up(void **state)
{
    (void)state;
    say(&acd[0], "acd", "acd-1");
    say_figure(&acd[0], "farseat_acd_leader", 1, 0);
    say(&acd[1], "acd", "acd-2");
    say_figure(&acd[1], "farseat_acd_leader", 0, 0);
    say(&other, "edge", "edge-hq");
    memset(heard, 0, sizeof(heard));
    heard[0].service = &acd[0].service;
    heard[1].service = &acd[1].service;
    heard[2].service = &other.service;
    input = (struct faults_input){
        .heard = heard, .heard_len = 3, .bus_connected = true, .settled = true, .instance = "gateway"};
    return 0;
}

static const Farseat__V1__SystemFault *fault(const char *code)
{
    faults_judge(&input, &faults);
    for (size_t i = 0; i < faults.len; i++)
        if (strcmp(faults.rows[i].code, code) == 0) return &faults.rows[i];
    return NULL;
}

static void nothing_is_wrong_when_all_is_well(void **state)
{
    (void)state;
    faults_judge(&input, &faults);
    assert_int_equal(faults.len, 0);
}

static void checks_become_codes(void **state)
{
    static const struct {
        const char *program, *check, *state, *code;
    } rows[] = {
        {"edge", "acd", "degraded", "no-credit"},
        {"edge", "log", "failed", "edge-backlog"},
        {"edge", "prompts", "degraded", "prompts-old"},
        {"acd", "log", "failed", "acd-log"},
        {"acd", "replica", "failed", "acd-halted"},
        {"recording", "store", "failed", "recording-fails"},
        {"recording", "store", "degraded", "disk-low"},
        {"ticketing", "postgres", "degraded", "postgres-away"},
        {"analytics", "kafka", "degraded", "kafka-away"},
        {"analytics", "acd", "degraded", "live-stale"},
        {"gateway", "certificate", "degraded", "certificate"},
        {"gateway", "something-new", "degraded", "check"},
    };
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        (void)set_up(state);
        say(&other, rows[i].program, "it");
        say_check(&other, rows[i].check, rows[i].state, "what is wrong");
        const Farseat__V1__SystemFault *found = fault(rows[i].code);
        assert_non_null(found);
        assert_string_equal(found->severity, rows[i].state);
        assert_string_equal(found->instance, "it");
        assert_non_null(strstr(found->text, "what is wrong"));
    }
    assert_non_null(strstr(fault("check")->text, "something-new"));
    say(&other, "edge", "edge-hq");
    say_check(&other, "acd", "ok", "");
    faults_judge(&input, &faults);
    assert_int_equal(faults.len, 0);
}

static void who_is_silent_is_missed_by_what_he_does(void **state)
{
    (void)state;
    heard[2].age_ms = FAULT_SILENT_MS;
    faults_judge(&input, &faults);
    assert_int_equal(faults.len, 0);
    heard[2].age_ms = 42000;
    say_check(&other, "acd", "degraded", "old news");
    assert_string_equal(fault("edge-silent")->text, "last heard 42 s ago");
    assert_string_equal(faults.rows[0].severity, "failed");
    assert_int_equal(faults.len, 1); /* what it said before counts no more */
    say(&other, "recording", "recording-1");
    assert_non_null(fault("recorder-away"));
    say(&other, "analytics", "analytics");
    assert_non_null(fault("analytics-away"));
    say(&other, "gateway", "gateway-2");
    assert_non_null(fault("service-silent"));
}

static void somebody_must_lead(void **state)
{
    (void)state;
    acd[0].figures[0].value = 0;
    assert_non_null(fault("acd-no-leader"));
    input.settled = false; /* we have just begun to listen */
    assert_null(fault("acd-no-leader"));
    assert_string_equal(fault("listening")->instance, "gateway");
    input.settled = true;
    assert_null(fault("listening"));
    acd[0].figures[0].value = 1;
    heard[1].age_ms = 60000;
    assert_string_equal(fault("acd-no-spare")->instance, "acd-1");
    heard[0].age_ms = 60000;
    assert_non_null(fault("acd-no-leader"));
    assert_null(fault("acd-no-spare"));
}

static void an_edge_of_the_configuration_is_missed(void **state)
{
    char hq[] = "edge-hq", branch[] = "edge-branch", *edges[] = {hq, branch};
    Farseat__V1__Site site = FARSEAT__V1__SITE__INIT, *sites[] = {&site};
    Farseat__V1__CentreConfig config = FARSEAT__V1__CENTRE_CONFIG__INIT;
    (void)state;
    site.edges = edges;
    site.n_edges = 2;
    config.sites = sites;
    config.n_sites = 1;
    input.config = &config;
    assert_string_equal(fault("edge-silent")->instance, "edge-branch");
    assert_int_equal(faults.len, 1);
}

static void figures_and_clocks_and_versions_count(void **state)
{
    (void)state;
    say_figure(&other, "farseat_edge_legs", 95, 100);
    assert_string_equal(fault("edge-full")->text, "farseat_edge_legs: 95 of 100");
    other.figures[0].value = 90;
    assert_null(fault("edge-full"));
    other.figures[0].limit = 0; /* without credit no call may come: that is a check of its own */
    assert_null(fault("edge-full"));
    heard[2].offset_us = -2500000;
    assert_string_equal(fault("clocks-differ")->text, "its clock is 2.5 s behind");
    heard[2].offset_us = 0;
    acd[0].service.version = (char *)(uintptr_t) "1";
    acd[1].service.version = (char *)(uintptr_t) "2";
    assert_string_equal(fault("versions-differ")->instance, "acd-2");
}

static void the_worst_comes_first_and_nothing_is_said_twice(void **state)
{
    (void)state;
    say_check(&other, "postgres", "degraded", "x");
    say_check(&other, "log", "failed", "y");
    heard[0].age_ms = 60000;
    faults_judge(&input, &faults);
    for (size_t i = 1; i < faults.len; i++)
        assert_true(strcmp(faults.rows[i - 1].severity, faults.rows[i].severity) >= 0);
    assert_string_equal(faults.rows[0].severity, "failed");
    say(&other, "edge", "edge-hq");
    say_check(&other, "unknown-1", "degraded", "first");
    say_check(&other, "unknown-2", "degraded", "second");
    assert_non_null(strstr(fault("check")->text, "first"));
    size_t count = 0;
    for (size_t i = 0; i < faults.len; i++)
        count += strcmp(faults.rows[i].code, "check") == 0;
    assert_int_equal(count, 1);
}

static void without_the_bus_only_that_is_known(void **state)
{
    (void)state;
    input.bus_connected = false;
    heard[0].age_ms = heard[1].age_ms = 60000;
    assert_string_equal(fault("bus-away")->instance, "gateway");
    assert_int_equal(faults.len, 1);
}

static void the_reference_names_every_code(void **state)
{
    struct far_buf page;
    (void)state;
    far_buf_init(&page, 65536);
    faults_reference(&page);
    assert_int_equal(page.err, FAR_OK);
    size_t lines = 0;
    for (const char *at = page.data; (at = strstr(at, "\n| `")); at++)
        lines++;
    assert_int_equal(lines, FAULT_COUNT);
    far_buf_done(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_wrong_when_all_is_well, set_up),
        cmocka_unit_test_setup(checks_become_codes, set_up),
        cmocka_unit_test_setup(who_is_silent_is_missed_by_what_he_does, set_up),
        cmocka_unit_test_setup(somebody_must_lead, set_up),
        cmocka_unit_test_setup(an_edge_of_the_configuration_is_missed, set_up),
        cmocka_unit_test_setup(figures_and_clocks_and_versions_count, set_up),
        cmocka_unit_test_setup(the_worst_comes_first_and_nothing_is_said_twice, set_up),
        cmocka_unit_test_setup(without_the_bus_only_that_is_known, set_up),
        cmocka_unit_test(the_reference_names_every_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
