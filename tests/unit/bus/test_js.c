/* SPDX-License-Identifier: Apache-2.0 */
/* What nats-server says, read: delivery subjects, errors, times, stream states. */
#include "bus/js.h"
#include "far/test.h"

static void delivery_subjects_of_both_forms_are_read(void **state)
{
    (void)state;
    struct js_delivery delivery;
    assert_int_equal(js_delivery_of("$JS.ACK.ACD_main.acd-1-ff-0.1.42.7.1764000000123456789.3", &delivery),
                     FAR_OK);
    assert_string_equal(delivery.consumer, "acd-1-ff-0");
    assert_int_equal(delivery.stream_seq, 42);
    assert_int_equal(delivery.consumer_seq, 7);
    assert_int_equal(delivery.stamp_ns, 1764000000123456789);
    assert_int_equal(delivery.pending, 3);
    assert_int_equal(
        js_delivery_of("$JS.ACK.hub.ACCT.ACD_main.c.1.43.8.1764000000123456789.0.rnd", &delivery), FAR_OK);
    assert_string_equal(delivery.consumer, "c");
    assert_int_equal(delivery.stream_seq, 43);
    assert_int_equal(delivery.pending, 0);
    static const char *const wrong[] = {
        "",
        "$JS.ACK.",
        "_INBOX.a.b",
        "$JS.ACK.S.C.1.42.7.1764000000123456789",     /* one too few */
        "$JS.ACK.S.C.1.42.7.1764000000123456789.3.4", /* neither form */
        "$JS.ACK.S.C.1.x.7.1764000000123456789.3",
        "$JS.ACK.S.C.1.42y.7.1764000000123456789.3",
        "$JS.ACK.S.cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.1.4.7.17.3",
    };
    for (size_t i = 0; i < FAR_ARRAY_LEN(wrong); i++)
        assert_int_equal(js_delivery_of(wrong[i], &delivery), FAR_EPROTO);
    assert_int_equal(js_delivery_of(NULL, &delivery), FAR_EPROTO);
}

static void times_keep_their_nanoseconds(void **state)
{
    (void)state;
    assert_int_equal(js_time_ns("1970-01-01T00:00:01Z"), 1000000000);
    assert_int_equal(js_time_ns("1970-01-01T00:00:01.123456789Z"), 1123456789);
    assert_int_equal(js_time_ns("1970-01-01T00:00:01.1234567Z"), 1123456700);
    assert_int_equal(js_time_ns("1970-01-01T01:00:01.5+01:00"), 1500000000);
    assert_int_equal(js_time_ns("yesterday"), 0);
    assert_int_equal(js_time_ns("9999-12-31T23:59:59Z"), 0); /* does not fit */
    assert_int_equal(js_time_ns(NULL), 0);
}

static enum far_err error_of(const char *text)
{
    unsigned code = 0;
    const char *words = NULL;
    json_t *json = json_loads(text, 0, NULL);
    enum far_err err = js_error(json, &code, &words);
    assert_non_null(words);
    json_decref(json);
    return err;
}

static void the_servers_errors_become_ours(void **state)
{
    (void)state;
    assert_int_equal(error_of("{\"stream\":\"S\",\"seq\":1}"), FAR_OK);
    assert_int_equal(error_of("not json"), FAR_EPROTO);
    assert_int_equal(error_of("[]"), FAR_EPROTO);
    assert_int_equal(
        error_of("{\"error\":{\"code\":400,\"err_code\":10071,\"description\":\"wrong last sequence\"}}"),
        FAR_ECONFLICT);
    assert_int_equal(
        error_of("{\"error\":{\"code\":404,\"err_code\":10059,\"description\":\"stream not found\"}}"),
        FAR_ENOTFOUND);
    assert_int_equal(
        error_of("{\"error\":{\"code\":503,\"err_code\":10077,\"description\":\"maximum bytes exceeded\"}}"),
        FAR_EFULL);
    assert_int_equal(
        error_of("{\"error\":{\"code\":503,\"err_code\":10077,\"description\":\"disk is broken\"}}"),
        FAR_EIO);
    assert_int_equal(error_of("{\"error\":{\"code\":500,\"err_code\":10047}}"), FAR_EFULL);
    assert_int_equal(error_of("{\"error\":{\"code\":400,\"err_code\":10058}}"), FAR_EEXIST);
    assert_int_equal(error_of("{\"error\":{\"code\":503,\"err_code\":10008}}"), FAR_EUNAVAILABLE);
    assert_int_equal(error_of("{\"error\":7}"), FAR_EIO);
}

static void stream_states_are_read(void **state)
{
    (void)state;
    struct far_stream_info info;
    json_t *json =
        json_loads("{\"created\":\"1970-01-01T00:00:02.000000001Z\",\"state\":{\"messages\":3,\"bytes\":99,"
                   "\"first_seq\":4,\"last_seq\":6}}",
                   0, NULL);
    js_info_of(json, &info);
    assert_int_equal(info.first_seq, 4);
    assert_int_equal(info.last_seq, 6);
    assert_int_equal(info.msgs, 3);
    assert_int_equal(info.bytes, 99);
    assert_int_equal(info.created_ns, 2000000001);
    json_decref(json);
    json = json_object();
    js_info_of(json, &info); /* nothing there: zeros */
    assert_int_equal(info.last_seq, 0);
    json_decref(json);
}

static void names_and_subjects_are_checked(void **state)
{
    (void)state;
    assert_true(js_name_ok("ACD_main"));
    assert_false(js_name_ok(""));
    assert_false(js_name_ok("a.b"));
    assert_false(js_name_ok("a>"));
    assert_true(bus_subject_ok("far.live.queue.x", false));
    assert_true(bus_subject_ok("far.live.>", true));
    assert_false(bus_subject_ok("far.live.>", false));
    assert_false(bus_subject_ok(".far", true));
    assert_false(bus_subject_ok("far.", true));
    assert_false(bus_subject_ok("far..x", true));
    assert_false(bus_subject_ok("far x", true));
    assert_false(bus_subject_ok("far\r\nPUB x", true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(delivery_subjects_of_both_forms_are_read),
        cmocka_unit_test(times_keep_their_nanoseconds),
        cmocka_unit_test(the_servers_errors_become_ours),
        cmocka_unit_test(stream_states_are_read),
        cmocka_unit_test(names_and_subjects_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
