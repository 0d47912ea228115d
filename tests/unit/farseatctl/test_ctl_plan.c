/* SPDX-License-Identifier: Apache-2.0 */
#include "centre.h"
#include "far/test.h"
#include "plan.h"
#include <string.h>

static struct centre_file load(const char *text)
{
    struct centre_file file;
    struct far_buf errors;
    far_buf_init(&errors, 4096);
    assert_int_equal(centre_parse("c", ".", text, strlen(text), &file, &errors), FAR_OK);
    far_buf_done(&errors);
    return file;
}

static void expect(const char *before, const char *after, const char *text, size_t count)
{
    struct centre_file old = load(before), new = load(after);
    struct far_buf out;
    size_t seen = 999;
    far_buf_init(&out, 65536);
    assert_int_equal(plan_differences(old.config, new.config, &out, &seen), FAR_OK);
    assert_string_equal(out.data, text);
    assert_int_equal(seen, count);
    far_buf_done(&out);
    centre_done(&old);
    centre_done(&new);
}

static void test_nothing(void **state)
{
    (void)state;
    expect("centre: {name: x}\nqueues: [{id: q}]\n", "centre: {name: x}\nqueues: [{id: q}]\n", "", 0);
    expect("queues: [{id: q}, {id: r}]\n", "queues: [{id: r}, {id: q}]\n", "",
           0); /* their order says nothing */
}

static void test_items(void **state)
{
    (void)state;
    expect("queues: [{id: q}, {id: r}]\n", "queues: [{id: q, ring_ms_max: 5}, {id: s}]\n",
           "- queue r\n~ queue q: ring_ms_max (none) -> 5\n+ queue s\n", 3);
    expect("centre: {name: x}\n", "centre: {name: y}\n", "~ centre: centre.name \"x\" -> \"y\"\n", 1);
    expect("numbers: [{number: '1', flow: a}]\n", "numbers: [{number: '1', flow: b}]\n",
           "~ number 1: flow \"a\" -> \"b\"\n", 1);
}

static void test_targets(void **state)
{
    (void)state;
    expect("targets: [{kpi: asa, high: 20}, {kpi: asa, queue: q, high: 10}, {kpi: fcr, low: 0.7}]\n",
           "targets: [{kpi: asa, high: 20}, {kpi: asa, queue: q, high: 12.5}, {kpi: aht, low: 60}]\n",
           "- target fcr\n~ target asa of q: high 10.0 -> 12.5\n+ target aht\n", 3);
}

static void test_nested(void **state)
{
    (void)state;
    expect("flows: [{id: f, nodes: [{id: n, play: {prompts: [a]}}, {id: m, echo: {}}]}]\n",
           "flows: [{id: f, nodes: [{id: n, play: {prompts: [b]}}]}]\n",
           "- flow f node m\n~ flow f node n: play.prompts [\"a\"] -> [\"b\"]\n", 2);
    expect("queues: [{id: q, skills: [{skill: a, level: 1}]}]\n",
           "queues: [{id: q, skills: [{skill: a, level: 2}]}]\n",
           "~ queue q: skills [{\"skill\":\"a\",\"level\":1}] -> [{\"skill\":\"a\",\"level\":2}]\n", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_nothing), cmocka_unit_test(test_items),
                                       cmocka_unit_test(test_targets), cmocka_unit_test(test_nested)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
