/* SPDX-License-Identifier: Apache-2.0 */
/* The tables: they agree with each other and with the contract, and the reference pages with them. */
#include "far/buf.h"
#include "far/tables.h"
#include "far/test.h"
#include <string.h>

static bool covers(const char *pattern, const char *subject)
{
    size_t len = strlen(pattern);
    return len > 1 && pattern[len - 1] == '>' && strncmp(pattern, subject, len - 1) == 0;
}

static void each_stored_subject_lies_in_exactly_one_stream(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAR_SUBJECT_COUNT; i++) {
        unsigned streams = 0;
        for (size_t s = 0; s < FAR_STREAM_COUNT; s++)
            streams += covers(far_stream_rows[s].subjects, far_subject_rows[i].pattern);
        assert_int_equal(streams, far_subject_rows[i].kind == FAR_SUBJECT_STREAM);
    }
}

static void each_record_topic_has_its_key_and_revision(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAR_TOPIC_COUNT; i++) {
        const struct far_topic_row *row = &far_topic_rows[i];
        assert_non_null(protobuf_c_message_descriptor_get_field_by_name(row->type, row->key));
        if (!row->kind[0]) continue;
        assert_non_null(protobuf_c_message_descriptor_get_field_by_name(row->type, "revision"));
        assert_non_null(protobuf_c_message_descriptor_get_field_by_name(row->type, "origin"));
    }
}

static void subjects_are_written_from_their_pattern(void **state)
{
    (void)state;
    char out[64] = "untouched";
    assert_int_equal(far_subject_write(FAR_SUBJECT_EVT, out, sizeof(out), "contact", "left-queue", NULL),
                     FAR_OK);
    assert_string_equal(out, "far.evt.contact.left-queue");
    assert_int_equal(far_subject_write(FAR_SUBJECT_API_RECORDING_READ, out, sizeof(out), "recording-1", NULL),
                     FAR_OK);
    assert_string_equal(out, "far.api.recording.Read.recording-1");
    assert_int_equal(far_subject_write(FAR_SUBJECT_EVT, out, sizeof(out), "contact", NULL), FAR_EINVAL);
    assert_int_equal(far_subject_write(FAR_SUBJECT_REC, out, sizeof(out), "a", "b", NULL), FAR_EINVAL);
    assert_int_equal(far_subject_write(FAR_SUBJECT_REC, out, sizeof(out), "a.b", NULL), FAR_EINVAL);
    assert_int_equal(far_subject_write(FAR_SUBJECT_REC, out, sizeof(out), "*", NULL), FAR_EINVAL);
    assert_int_equal(far_subject_write(FAR_SUBJECT_REC, out, sizeof(out), "", NULL), FAR_EINVAL);
    assert_int_equal(far_subject_write(FAR_SUBJECT_REC, out, 12, "contact", NULL), FAR_EINVAL);
    assert_string_equal(out, "far.api.recording.Read.recording-1");
}

static void print_permissions(const char *user, struct far_buf *out)
{
    far_buf_init(out, 1 << 16);
    assert_int_equal(far_permissions_print(user, out), FAR_OK);
}

static void a_producer_may_write_only_its_own_log_subject(void **state)
{
    (void)state;
    struct far_buf out;
    print_permissions("edge-hq", &out);
    assert_non_null(strstr(out.data, "\"far.log.acd.main.edge-hq\""));
    assert_non_null(strstr(out.data, "\"far.cmd.edge.edge-hq\""));
    assert_non_null(strstr(out.data, "\"_INBOX.edge-hq.>\""));
    assert_null(strstr(out.data, "edge-branch"));
    assert_null(strstr(out.data, "far.log.acd.main.>"));
    assert_null(strstr(out.data, "STREAM.CREATE"));
    assert_null(strstr(out.data, "\">\""));
    far_buf_done(&out);
    print_permissions("acd-2", &out);
    assert_non_null(strstr(out.data, "\"far.log.acd.main.acd-2\""));
    assert_non_null(strstr(out.data, "\"$JS.API.STREAM.CREATE.ACD_main\""));
    assert_non_null(strstr(out.data, "\"$KV.leases.acd.main\""));
    assert_null(strstr(out.data, "$KV.leases.export"));
    far_buf_done(&out);
    static const char *const others[] = {"recording", "recording-2", "ticketing", "analytics",
                                         "gateway",   "farseatctl",  "observer"};
    for (size_t i = 0; i < FAR_ARRAY_LEN(others); i++) {
        print_permissions(others[i], &out);
        assert_null(strstr(out.data, "far.log.acd.main."));
        assert_null(strstr(out.data, "ACCOUNT"));
        assert_null(strstr(out.data, "CREATE.ACD_main\""));
        far_buf_done(&out);
    }
    far_buf_init(&out, 1 << 16);
    assert_int_equal(far_permissions_print("stranger", &out), FAR_ENOTFOUND);
    assert_int_equal(far_permissions_print("edged", &out), FAR_ENOTFOUND);
    assert_int_equal(far_permissions_print("edge-\"x", &out), FAR_EINVAL);
    assert_int_equal(out.len, 0);
    far_buf_done(&out);
}

/* Edges' link secrets lie in bucket edges: who has one may join calls. And who shows figures changes nothing.
 */
static void nobody_may_more_than_he_needs(void **state)
{
    static const char *const others[] = {"acd-1",   "recording-1", "ticketing", "analytics",
                                         "gateway", "farseatctl",  "observer"};
    struct far_buf out;
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(others); i++) {
        print_permissions(others[i], &out);
        assert_null(strstr(out.data, "GET.KV_edges"));
        assert_null(strstr(out.data, "CONSUMER.CREATE.KV_edges"));
        far_buf_done(&out);
    }
    print_permissions("analytics", &out);
    assert_null(strstr(out.data, "far.api.acd.*"));
    assert_null(strstr(out.data, "ConfigApply"));
    assert_non_null(strstr(out.data, "far.api.acd.ConfigGet"));
    far_buf_done(&out);
    print_permissions("edge-hq", &out);
    assert_null(strstr(out.data, "far.evt"));
    far_buf_done(&out);
}

static void expect_page(const char *path, void (*print)(struct far_buf *out), const char *verb)
{
    struct far_buf file;
    struct far_buf page;
    far_buf_init(&file, 1 << 20);
    far_buf_init(&page, 1 << 20);
    print(&page);
    assert_int_equal(page.err, FAR_OK);
    if (far_buf_add_file(&file, path) != FAR_OK || strcmp(file.data, page.data) != 0)
        fail_msg("%s is not what the tables say: run 'far-tables %s > %s'", path, verb, path);
    far_buf_done(&file);
    far_buf_done(&page);
}

static void reference_pages_are_up_to_date(void **state)
{
    (void)state;
    expect_page("docs/reference/bus.md", far_bus_reference, "bus");
    expect_page("docs/reference/topics.md", far_topics_reference, "topics");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_stored_subject_lies_in_exactly_one_stream),
        cmocka_unit_test(each_record_topic_has_its_key_and_revision),
        cmocka_unit_test(subjects_are_written_from_their_pattern),
        cmocka_unit_test(nobody_may_more_than_he_needs),
        cmocka_unit_test(a_producer_may_write_only_its_own_log_subject),
        cmocka_unit_test(reference_pages_are_up_to_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
