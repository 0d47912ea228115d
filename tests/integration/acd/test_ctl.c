/* SPDX-License-Identifier: Apache-2.0 */
/* farseatctl as people run it, against real ACD processes. */
#include "far/test.h"
#include "fixture.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUT_SIZE 65536

struct run {
    int status;
    char out[OUT_SIZE];
};
static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    char command[256];
    fixture_start(fixture);
    acd_start(fixture, 0);
    acd_wait_leader(fixture, -1, 5000);
    snprintf(command, sizeof(command), "%s %s/farseatctl.nk >/dev/null", FAR_NKEY_BIN, fixture->nats.dir);
    assert_int_equal(system(command), 0);
    setenv("FARSEAT_NATS_URL", fixture->nats.url, 1);
    setenv("FARSEAT_NATS_CREDS", fixture->nats.dir, 1);
    *state = fixture;
    return 0;
}
static int tear_down(void **state)
{
    fixture_stop(*state);
    free(*state);
    return 0;
}

/* Both streams into one text; the fixture's loop need not turn meanwhile. */
static struct run *ctl(const char *arguments)
{
    static struct run run;
    char command[1024];
    snprintf(command, sizeof(command), "%s %s 2>&1", FARSEATCTL_BIN, arguments);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t len = fread(run.out, 1, sizeof(run.out) - 1, pipe);
    run.out[len] = 0;
    int status = pclose(pipe);
    run.status = WEXITSTATUS(status);
    return &run;
}

static void expect(const char *arguments, int status, const char *text)
{
    struct run *run = ctl(arguments);
    if (run->status != status || !strstr(run->out, text))
        print_error("farseatctl %s: status %d, expected %d and '%s' in:\n%s\n", arguments, run->status,
                    status, text, run->out);
    assert_int_equal(run->status, status);
    assert_non_null(strstr(run->out, text));
}

static void write_file(const struct fixture *fixture, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof(path), "%s/%s", fixture->nats.dir, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static void test_apply(void **state)
{
    struct fixture *fixture = *state;
    char command[512];
    expect("get config", 0, "\"version\": \"0\"");
    snprintf(command, sizeof(command), "apply -f docs/examples/centre.yaml");
    expect(command, 2, "is new and has no secret");
    snprintf(command, sizeof(command), "plan -f docs/examples/centre.yaml");
    expect(command, 0, "+ queue sales");
    expect("diff -f docs/examples/centre.yaml", 4, "+ queue sales");
    snprintf(command, sizeof(command), "apply -f docs/examples/centre.yaml --secrets-out %s/phones",
             fixture->nats.dir);
    expect(command, 0, "new in");
    expect(command, 0, "unchanged: version 1 is in force already");
    expect("diff -f docs/examples/centre.yaml", 0, "");
    expect("get agents", 0, "logged out");
    expect("get queue sales -o json", 0, "\"queueId\": \"sales\"");
    /* What is wrong is told with its line, by the tool or by the ACD. */
    write_file(fixture, "bad.yaml",
               "centre: {name: x}\nqueues:\n- id: q\n  skills:\n  - {skill: none, level: 1}\n");
    snprintf(command, sizeof(command), "plan -f %s/bad.yaml", fixture->nats.dir);
    expect(command, 1, "bad.yaml:4: queues[q].skills");
    write_file(fixture, "bad.yaml", "centre: {name: x}\nqueues:\n- id: q\n  ring: 5\n");
    expect(command, 2, "bad.yaml:4: queues[0].ring: is not a key that is known here");
}

static void test_acting(void **state)
{
    struct fixture *fixture = *state;
    assert_true(apply_config(fixture) > 0);
    edge_begin(fixture);
    test_turn_for(fixture->loop, 300);
    expect("agent a1 login", 0, "ok position=");
    expect("agent a1 ready", 0, "ok position=");
    expect("agent a1 not-ready none", 1, "refused");
    expect("agent a1 dance", 2, "is not one of");
    expect("agent nobody login", 1, "nobody");
    expect("get agent a1", 0, "ready");
    expect("get agent nobody", 1, "there is no agent 'nobody'");
    expect("explain agent a1", 0, "number 1 in line");
    expect("explain agent a2", 0, "gets none");
    expect("contact none hold", 1, "there is no live contact");
    expect("get status", 0, "leader    acd-1");
    expect("top --plain --count 2", 0, "a1");
    expect("top --plain --count 1", 0, "QUEUE");
    expect("nonsense", 2, "there is no verb 'nonsense'");
    expect("get contact", 2, "get contact ID");
}

static void test_explain(void **state)
{
    struct fixture *fixture = *state;
    char leg[40], command[128], contact[64];
    size_t cursor = 0;
    assert_true(apply_config(fixture) > 0);
    edge_begin(fixture);
    test_turn_for(fixture->loop, 300);
    expect("agent a1 login", 0, "ok");
    expect("agent a1 ready", 0, "ok");
    edge_call(fixture, leg, "+8613800138000");
    assert_non_null(edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_ANSWER, leg, 3000));
    edge_answered(fixture, leg);
    const Farseat__V1__EdgeCommand *dial =
        edge_expect(fixture, &cursor, FARSEAT__V1__EDGE_COMMAND__BODY_DIAL, "", 3000);
    assert_non_null(dial);
    snprintf(contact, sizeof(contact), "%s", dial->contact_id);
    snprintf(command, sizeof(command), "explain contact %s", contact);
    expect(command, 0, "longest-idle");
    expect(command, 0, "a1");
    expect("get contacts", 0, contact);
    snprintf(command, sizeof(command), "contact %s disposition nonsense", contact);
    expect(command, 1, "refused");
}

struct file {
    char path[96];
    const char *text;
};
static bool file_has(void *ctx)
{
    const struct file *file = ctx;
    static char text[OUT_SIZE];
    FILE *in = fopen(file->path, "r");
    if (!in) return false;
    text[fread(text, 1, sizeof(text) - 1, in)] = 0;
    fclose(in);
    return strstr(text, file->text) != NULL;
}

static void test_watch(void **state)
{
    struct fixture *fixture = *state;
    struct file file = {.text = "agent.state"};
    char command[256];
    assert_true(apply_config(fixture) > 0);
    snprintf(file.path, sizeof(file.path), "%s/watched", fixture->nats.dir);
    snprintf(command, sizeof(command), "%s watch agent a1 --count 1 >%s 2>&1 &", FARSEATCTL_BIN, file.path);
    assert_int_equal(system(command), 0);
    /* It tells what comes from now on, and ends by itself after one line. */
    for (int i = 0; i < 20 && !file_has(&file); i++) {
        (void)act_agent(fixture, "a1",
                        i % 2 ? FARSEAT__V1__AGENT_ACTION__ACTION_LOGOUT
                              : FARSEAT__V1__AGENT_ACTION__ACTION_LOGIN);
        (void)test_turn_until(fixture->loop, file_has, &file, 500);
    }
    file.text = "agent=a1";
    assert_true(file_has(&file));
    expect("watch nonsense", 2, "watch contact");
}

static void test_nobody_there(void **state)
{
    struct fixture *fixture = *state;
    acd_end(fixture, 0, SIGKILL);
    expect("get agents", 3, "remedy");
    setenv("FARSEAT_NATS_CREDS", "/nonexistent", 1);
    expect("get agents", 2, "cannot read");
    unsetenv("FARSEAT_NATS_URL");
    expect("get agents", 2, "FARSEAT_NATS_URL is not set");
    expect("--help", 0, "farseatctl apply");
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {CASE(test_apply), CASE(test_acting), CASE(test_explain),
                                       CASE(test_watch), CASE(test_nobody_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
