/* SPDX-License-Identifier: Apache-2.0 */
#include "day.h"
#include "far/test.h"

#define DAY_BEGIN 1000000000

static uint64_t position;
static char none[1] = "";

static Farseat__V1__Fact fact(Farseat__V1__Fact__BodyCase body, char *contact_id, char *queue_id)
{
    static char log[] = "log-1";
    Farseat__V1__Fact made = FARSEAT__V1__FACT__INIT;
    made.body_case = body;
    made.contact_id = contact_id;
    made.queue_id = queue_id;
    made.at_us = DAY_BEGIN + 1;
    made.log_incarnation = log;
    made.log_position = ++position;
    return made;
}

static void arrive(struct day *day, char *contact_id)
{
    Farseat__V1__ContactCreated body = FARSEAT__V1__CONTACT_CREATED__INIT;
    Farseat__V1__Fact made = fact(FARSEAT__V1__FACT__BODY_CONTACT_CREATED, contact_id, none);
    made.contact_created = &body;
    day_apply(day, &made);
}

static void queue(struct day *day, char *contact_id, char *queue_id)
{
    Farseat__V1__ContactQueued body = FARSEAT__V1__CONTACT_QUEUED__INIT;
    Farseat__V1__Fact made = fact(FARSEAT__V1__FACT__BODY_CONTACT_QUEUED, contact_id, queue_id);
    made.contact_queued = &body;
    day_apply(day, &made);
}

static void leave(struct day *day, char *contact_id, char *queue_id, char *cause, uint64_t waited_ms)
{
    Farseat__V1__ContactLeftQueue body = FARSEAT__V1__CONTACT_LEFT_QUEUE__INIT;
    Farseat__V1__Fact made = fact(FARSEAT__V1__FACT__BODY_CONTACT_LEFT_QUEUE, contact_id, queue_id);
    body.cause = cause;
    body.waited_ms = waited_ms;
    made.contact_left_queue = &body;
    day_apply(day, &made);
}

static void end(struct day *day, char *contact_id, Farseat__V1__ContactResult result)
{
    Farseat__V1__ContactEnded body = FARSEAT__V1__CONTACT_ENDED__INIT;
    Farseat__V1__Fact made = fact(FARSEAT__V1__FACT__BODY_CONTACT_ENDED, contact_id, none);
    body.result = result;
    made.contact_ended = &body;
    day_apply(day, &made);
}

static struct day *begin(void)
{
    struct day *day = NULL;
    assert_int_equal(day_create(&day), FAR_OK);
    day_begin(day, DAY_BEGIN);
    day_queue_limits(day, "sales", 20000, 5000);
    return day;
}

static void a_day_of_two_calls(void **state)
{
    (void)state;
    struct day *day = begin();
    struct kpi_queue_sums sums;
    Farseat__V1__Funnel funnel;
    char a[] = "a", b[] = "b", sales[] = "sales", answered[] = "answered", abandoned[] = "abandoned";
    arrive(day, a);
    arrive(day, b);
    queue(day, a, sales);
    queue(day, b, sales);
    leave(day, a, sales, answered, 20000);
    leave(day, b, sales, abandoned, 4000);
    end(day, b, FARSEAT__V1__CONTACT_RESULT__RESULT_ABANDONED);
    day_queue(day, "sales", &sums);
    assert_int_equal(sums.offered, 2);
    assert_int_equal(sums.answered, 1);
    assert_int_equal(sums.answered_within, 1);
    assert_int_equal(sums.abandoned, 1);
    assert_int_equal(sums.short_abandoned, 1);
    day_funnel(day, &funnel);
    assert_int_equal(funnel.arrived, 2);
    assert_int_equal(funnel.open, 1); /* a still talks */
    day_destroy(day);
}

static void a_transferred_contact_counts_for_its_first_queue_once(void **state)
{
    (void)state;
    struct day *day = begin();
    struct kpi_queue_sums sums;
    char a[] = "a", sales[] = "sales", support[] = "support", answered[] = "answered";
    arrive(day, a);
    queue(day, a, sales);
    leave(day, a, sales, answered, 1000);
    queue(day, a, support);
    leave(day, a, support, answered, 9000);
    day_queue(day, "sales", &sums);
    assert_int_equal(sums.offered, 1);
    assert_int_equal(sums.answered, 1);
    assert_int_equal(sums.wait_ms_answered, 1000);
    day_queue(day, "support", &sums);
    assert_int_equal(sums.offered, 0);
    assert_int_equal(sums.answered, 0);
    day_destroy(day);
}

static void facts_that_come_twice_count_once(void **state)
{
    (void)state;
    struct day *day = begin();
    struct kpi_queue_sums sums;
    char a[] = "a", sales[] = "sales";
    arrive(day, a);
    queue(day, a, sales);
    position -= 2; /* a new leader publishes the last ones again */
    arrive(day, a);
    queue(day, a, sales);
    day_queue(day, "sales", &sums);
    assert_int_equal(sums.offered, 1);
    Farseat__V1__Funnel funnel;
    day_funnel(day, &funnel);
    assert_int_equal(funnel.arrived, 1);
    day_destroy(day);
}

/* docs/kpi.md: overflowed is who left by the queue's own limits and was not answered afterwards; the wait
 * is that of all queues. */
static void who_overflows_counts_by_his_end(void **state)
{
    (void)state;
    struct day *day = begin();
    struct kpi_queue_sums sums;
    char a[] = "a", b[] = "b", sales[] = "sales", support[] = "support", answered[] = "answered",
         overflowed[] = "overflowed";
    arrive(day, a);
    queue(day, a, sales);
    leave(day, a, sales, overflowed, 15000);
    queue(day, a, support);
    leave(day, a, support, answered, 9000);
    end(day, a, FARSEAT__V1__CONTACT_RESULT__RESULT_ANSWERED);
    arrive(day, b);
    queue(day, b, sales);
    leave(day, b, sales, overflowed, 30000);
    end(day, b, FARSEAT__V1__CONTACT_RESULT__RESULT_OVERFLOWED);
    day_queue(day, "sales", &sums);
    assert_int_equal(sums.offered, 2);
    assert_int_equal(sums.answered, 1);
    assert_int_equal(sums.answered_within, 0); /* 24 s in all */
    assert_int_equal(sums.wait_ms_answered, 24000);
    assert_int_equal(sums.overflowed, 1);
    assert_int_equal(sums.wait_ms_max, 30000);
    day_destroy(day);
}

static void midnight_begins_anew_and_keeps_who_lives(void **state)
{
    (void)state;
    struct day *day = begin();
    struct kpi_queue_sums sums;
    char a[] = "a", sales[] = "sales", answered[] = "answered";
    arrive(day, a);
    queue(day, a, sales);
    day_begin(day, DAY_BEGIN + 1);
    leave(day, a, sales, answered, 1000);
    day_queue(day, "sales", &sums);
    assert_int_equal(sums.offered, 0);
    assert_int_equal(sums.answered, 1);
    day_destroy(day);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_day_of_two_calls),
        cmocka_unit_test(a_transferred_contact_counts_for_its_first_queue_once),
        cmocka_unit_test(facts_that_come_twice_count_once),
        cmocka_unit_test(who_overflows_counts_by_his_end),
        cmocka_unit_test(midnight_begins_anew_and_keeps_who_lives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
