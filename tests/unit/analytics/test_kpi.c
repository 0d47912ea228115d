/* SPDX-License-Identifier: Apache-2.0 */
/* The worked examples of docs/kpi.md, counted record by record. */
#include "far/test.h"
#include "kpi.h"

/* Within a millionth: cmocka's own comparison is of floats. */
static void assert_near(double seen, double expected)
{
    assert_true(seen - expected < 1e-6 && expected - seen < 1e-6);
}

static Farseat__V1__ContactRecord record(Farseat__V1__ContactResult result, uint64_t wait_ms)
{
    Farseat__V1__ContactRecord contact = FARSEAT__V1__CONTACT_RECORD__INIT;
    contact.result = result;
    contact.wait_ms = wait_ms;
    contact.service_level_ms = 20000;
    contact.short_abandon_ms = 5000;
    contact.short_abandon = result == FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED && wait_ms <= 5000;
    return contact;
}

static void add(struct kpi_queue_sums *sums, Farseat__V1__ContactResult result, uint64_t wait_ms,
                unsigned times)
{
    Farseat__V1__ContactRecord contact = record(result, wait_ms);
    for (unsigned i = 0; i < times; i++)
        kpi_queue_add(sums, &contact);
}

static void ciscos_check_set(void **state)
{
    (void)state;
    struct kpi_queue_sums sums = {0};
    struct kpi_queue_result result;
    add(&sums, FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED, 20000, 70); /* exactly T is within T */
    add(&sums, FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED, 12000, 10);
    add(&sums, FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED, 20001, 20);
    kpi_queue(&sums, "sales", &result);
    assert_near(result.kpi.sl_ignored->value, 70.0 / 90.0);
    assert_near(result.kpi.sl_negative->value, 0.70);
    assert_near(result.kpi.sl_positive->value, 0.80);
    assert_near(result.kpi.sl_answered->value, 70.0 / 90.0);
    assert_int_equal(result.kpi.asa_ms, (70 * 20000 + 20 * 20001) / 90);
    assert_int_equal(result.kpi.aat_ms, 12000);
    assert_near(result.kpi.answer_rate->value, 0.90);
    assert_near(result.kpi.loss_rate->value, 0.10);
    assert_string_equal(result.kpi.queue_id, "sales");
}

static void short_abandons_have_their_own_variants(void **state)
{
    (void)state;
    struct kpi_queue_sums sums = {0};
    struct kpi_queue_result result;
    add(&sums, FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED, 1000, 6);
    add(&sums, FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED, 5000, 2); /* exactly the threshold is short */
    add(&sums, FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED, 5001, 2);
    kpi_queue(&sums, "q", &result);
    assert_int_equal(result.kpi.short_abandoned, 2);
    assert_near(result.kpi.sl_short_as_answered->value, 0.8);
    assert_near(result.kpi.sl_short_left_out->value, 0.75);
    assert_near(result.kpi.abandon_rate->value, 0.4);
    assert_near(result.kpi.net_abandon_rate->value, 0.2);
}

static void nothing_to_count_is_absent(void **state)
{
    (void)state;
    struct kpi_queue_sums sums = {0};
    struct kpi_queue_result result;
    add(&sums, FARSEAT__V1__CONTACT_RESULT__RESULT_IVR_ABANDONED, 0, 3); /* not the queue's */
    kpi_queue(&sums, "q", &result);
    assert_int_equal(result.kpi.offered, 0);
    assert_null(result.kpi.sl_positive);
    assert_null(result.kpi.answer_rate);
    add(&sums, FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED, 1000, 1);
    kpi_queue(&sums, "q", &result);
    assert_null(result.kpi.sl_short_left_out); /* its denominator is 0, the others' is not */
    assert_null(result.kpi.sl_answered);
    assert_near(result.kpi.abandon_rate->value, 1.0);
}

static void the_funnel_adds_up(void **state)
{
    (void)state;
    Farseat__V1__Funnel funnel = FARSEAT__V1__FUNNEL__INIT;
    for (int result = FARSEAT__V1__CONTACT_RESULT__RESULT_REFUSED;
         result <= FARSEAT__V1__CONTACT_RESULT__RESULT_OVERFLOWED; result++)
        for (int i = 0; i <= result; i++) {
            Farseat__V1__ContactRecord contact = record((Farseat__V1__ContactResult)result, 1);
            kpi_funnel_add(&funnel, &contact);
        }
    assert_int_equal(funnel.arrived, 2 + 3 + 4 + 5 + 6 + 7);
    assert_int_equal(funnel.arrived,
                     funnel.refused + funnel.ivr_served + funnel.ivr_abandoned + funnel.queued);
    assert_int_equal(funnel.queued, funnel.answered + funnel.abandoned + funnel.overflowed);
}

static void handled_counts_each_agent_of_a_transferred_contact(void **state)
{
    (void)state;
    struct kpi_queue_sums sums = {0};
    struct kpi_queue_result result;
    Farseat__V1__ContactRecord contact = record(FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED, 3000);
    contact.n_parts = 2;
    contact.transfers = 1;
    contact.talk_ms = 60000;
    contact.hold_ms = 10000;
    contact.after_call_work_ms = 30000;
    contact.survey_id = (char[]){"s"};
    contact.survey_answered = 1;
    contact.survey_score = 4;
    kpi_queue_add(&sums, &contact);
    kpi_queue(&sums, "q", &result);
    assert_int_equal(result.kpi.aht_ms, 50000);
    assert_int_equal(result.kpi.handled, 2);
    assert_int_equal(result.kpi.surveys_pushed, 1);
    assert_near(result.kpi.survey_score, 4.0);
}

static void occupancy_leaves_not_ready_out(void **state)
{
    (void)state;
    static const struct {
        Farseat__V1__AgentState state;
        uint64_t ms;
    } stretches[] = {
        {FARSEAT__V1__AGENT_STATE__AGENT_LOGGED_OUT, 1000000},
        {FARSEAT__V1__AGENT_STATE__AGENT_NOT_READY, 50000},
        {FARSEAT__V1__AGENT_STATE__AGENT_READY, 30000},
        {FARSEAT__V1__AGENT_STATE__AGENT_RESERVED, 1000},
        {FARSEAT__V1__AGENT_STATE__AGENT_RINGING, 9000},
        {FARSEAT__V1__AGENT_STATE__AGENT_TALKING, 40000},
        {FARSEAT__V1__AGENT_STATE__AGENT_HOLDING, 10000},
        {FARSEAT__V1__AGENT_STATE__AGENT_AFTER_CALL_WORK, 10000},
    };
    struct kpi_agent_sums sums = {0};
    struct kpi_agent_result result;
    for (size_t i = 0; i < sizeof(stretches) / sizeof(stretches[0]); i++) {
        Farseat__V1__AgentActivityRecord activity = FARSEAT__V1__AGENT_ACTIVITY_RECORD__INIT;
        activity.state = stretches[i].state;
        activity.duration_ms = stretches[i].ms;
        kpi_agent_add_activity(&sums, &activity);
    }
    kpi_agent(&sums, "a1", "Li", &result);
    assert_near(result.kpi.occupancy->value, 0.6);
    assert_int_equal(result.kpi.logged_in_ms, 150000);
    assert_null(result.kpi.outbound_connect_rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ciscos_check_set),
        cmocka_unit_test(short_abandons_have_their_own_variants),
        cmocka_unit_test(nothing_to_count_is_absent),
        cmocka_unit_test(the_funnel_adds_up),
        cmocka_unit_test(handled_counts_each_agent_of_a_transferred_contact),
        cmocka_unit_test(occupancy_leaves_not_ready_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
