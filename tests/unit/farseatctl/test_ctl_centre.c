/* SPDX-License-Identifier: Apache-2.0 */
#include "centre.h"
#include "far/test.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct result {
    enum far_err err;
    struct centre_file file;
    struct far_buf errors;
};

static struct result parse(const char *text)
{
    struct result result = {.file = {0}};
    far_buf_init(&result.errors, 65536);
    result.err = centre_parse("c.yaml", ".", text, strlen(text), &result.file, &result.errors);
    return result;
}
static void done(struct result *result)
{
    if (result->err == FAR_OK) centre_done(&result->file);
    far_buf_done(&result->errors);
}
static void refuse(const char *text, const char *expected)
{
    struct result result = parse(text);
    if (!strstr(result.errors.data, expected))
        print_error("expected '%s' in:\n%s\n", expected, result.errors.data);
    assert_int_equal(result.err, FAR_EINVAL);
    assert_non_null(strstr(result.errors.data, expected));
    done(&result);
}

static void test_values(void **state)
{
    (void)state;
    struct result result = parse(
        "centre:\n  name: 客服\n  contacts_max: 12\n"
        "phones:\n- {id: 1001, site: hq, secret: s3}\n- id: '1002'\n"
        "queues:\n- id: q\n  name: Sales\n  record: yes\n  skills: [{skill: a, level: 2}]\n  greeting:\n");
    assert_int_equal(result.err, FAR_OK);
    const Farseat__V1__CentreConfig *config = result.file.config;
    assert_string_equal(config->centre->name, "客服");
    assert_int_equal(config->centre->contacts_max, 12);
    assert_string_equal(config->phones[0]->id, "1001"); /* a number where a text belongs is that text */
    assert_string_equal(result.file.secrets[0].phone, "1001");
    assert_string_equal(result.file.secrets[0].secret, "s3");
    assert_string_equal(result.file.secrets[1].phone, "1002");
    assert_string_equal(result.file.secrets[1].secret, "");
    assert_true(config->queues[0]->record);
    assert_string_equal(config->queues[0]->name->zh, "Sales");
    assert_string_equal(config->queues[0]->name->en, "Sales");
    assert_int_equal(config->queues[0]->skills[0]->level, 2);
    assert_int_equal(config->queues[0]->n_greeting, 0);
    done(&result);
}

static void test_faults_name_file_line_and_remedy(void **state)
{
    (void)state;
    refuse("centre:\n  nam: x\n",
           "c.yaml:2: centre.nam: is not a key that is known here; known keys: name, time_zone");
    refuse("queues:\n- id: q\n  ring_ms_max: 20s\n",
           "c.yaml:3: queues[0].ring_ms_max: is not a whole number");
    refuse("queues:\n- id: q\n  record: maybe\n", "c.yaml:3: queues[0].record: is not yes or no");
    refuse("targets:\n- kpi: asa\n  high: 20s\n", "c.yaml:3: targets[0].high: is not a number");
    refuse("targets:\n- kpi: asa\n  high: nan\n", "c.yaml:3: targets[0].high: is not a number");
    refuse("queues: {id: q}\n", "c.yaml:1: queues: is not a list");
    refuse("queues:\n- q\n", "c.yaml:2: queues[0]: is not a map of keys");
    refuse("queues:\n- id: [1]\n", "c.yaml:2: queues[0].id: is a list");
    refuse("queues:\n- id: q\n  id: r\n", "c.yaml:3: queues[0].id: is given twice");
    refuse("phones:\n- id: p\n  secret:\n", "c.yaml:3: phones[0].secret: is empty");
    refuse("phones:\n- id: p\n  secret_file: /nonexistent/x\n", "names a file that cannot be read");
    refuse("a: [1\nb: 2\n", "mend the YAML");
    refuse("", "the file is empty");
    refuse("- a\n", "is not a map of keys");
    refuse("queues:\n- id: q\n  ring_ms_max: 4294967296\n", "is not a whole number");
}

static void test_all_faults_at_once(void **state)
{
    (void)state;
    struct result result = parse("centre:\n  nam: x\nqueues:\n- idd: q\nagents:\n- id: a\n  skils: []\n");
    assert_int_equal(result.err, FAR_EINVAL);
    assert_non_null(strstr(result.errors.data, "c.yaml:2:"));
    assert_non_null(strstr(result.errors.data, "c.yaml:4:"));
    assert_non_null(strstr(result.errors.data, "c.yaml:7:"));
    done(&result);
}

static void test_bombs_are_refused(void **state)
{
    (void)state;
    /* An anchor within itself, and references that double: both end by the limits. */
    refuse("centre: &a\n  number_rule: *a\n", "c.yaml:");
    char text[4096] = "x0: &x0 [{a: 1}]\n";
    for (int i = 1; i < 40; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "x%d: &x%d [*x%d, *x%d]\n", i, i, i - 1,
                 i - 1);
    refuse(text, "is not a key that is known here");
}

static void test_lines(void **state)
{
    (void)state;
    struct result result = parse("queues:\n- id: q\n  skills:\n  - {skill: a,\n     level: 3}\n");
    assert_int_equal(result.err, FAR_OK);
    assert_int_equal(centre_line_of(&result.file, "queues[0].skills[0].level: is too high"), 5);
    assert_int_equal(centre_line_of(&result.file, "queues[0].skills[0].none: no"), 4);
    assert_int_equal(centre_line_of(&result.file, "queues[q].skills[0].level: is too high"), 5); /* by id */
    assert_int_equal(centre_line_of(&result.file, "queues[7].id"), 1);
    assert_int_equal(centre_line_of(&result.file, "nothing at all"), 0);
    done(&result);
}

static void test_secret_file(void **state)
{
    (void)state;
    char folder[] = "/tmp/ctl-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/p", folder);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("from-file\n", out);
    fclose(out);
    struct centre_file file;
    struct far_buf errors;
    far_buf_init(&errors, 4096);
    const char text[] = "phones:\n- id: p\n  secret_file: p\n";
    assert_int_equal(centre_parse("c.yaml", folder, text, strlen(text), &file, &errors), FAR_OK);
    assert_string_equal(file.secrets[0].secret, "from-file");
    centre_done(&file);
    far_buf_done(&errors);
    unlink(path);
    rmdir(folder);
}

static void test_example(void **state)
{
    (void)state;
    struct centre_file file;
    struct far_buf errors;
    far_buf_init(&errors, 65536);
    enum far_err err = centre_load("docs/examples/centre.yaml", &file, &errors);
    if (err != FAR_OK) print_error("%s", errors.data);
    assert_int_equal(err, FAR_OK);
    assert_int_equal(file.config->n_agents, 3);
    centre_done(&file);
    assert_int_equal(centre_load("docs/examples/none.yaml", &file, &errors), FAR_ENOTFOUND);
    far_buf_done(&errors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_faults_name_file_line_and_remedy),
        cmocka_unit_test(test_all_faults_at_once),
        cmocka_unit_test(test_bombs_are_refused),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_secret_file),
        cmocka_unit_test(test_example),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
