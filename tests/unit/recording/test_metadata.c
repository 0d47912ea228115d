/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "far/utf8.h"
#include "metadata.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEAD "<?xml version=\"1.0\"?><recording xmlns=\"urn:ietf:params:xml:ns:recording:1\">"
#define TAIL "</recording>"

static struct metadata metadata;
static char error[METADATA_ERROR_SIZE];

static enum far_err parse(const char *text)
{
    return metadata_parse(text, strlen(text), &metadata, error);
}

static void all_that_we_read(void **state)
{
    (void)state;
    assert_int_equal(
        parse(HEAD "<datamode>complete</datamode><session session_id=\"0192F3A0-0000-7000-8000-0000000000AB\"/>"
                   "<participantstreamassoc participant_id=\"p2\"><send>s2</send><recv>s1</recv></participantstreamassoc>"
                   "<participant participant_id=\"p1\"><nameID aor=\"sip:1@x\"><name xml:lang=\"zh\"> 王小姐\n</name></nameID></participant>"
                   "<participant participant_id=\"p2\"><nameID aor=\"sip:2@x\"/></participant>"
                   "<stream stream_id=\"s1\" session_id=\"y\"><label>1</label></stream>"
                   "<stream stream_id=\"s2\" session_id=\"y\"><label>2</label></stream>"
                   "<participantstreamassoc participant_id=\"p1\"><send>s1</send></participantstreamassoc>"
                   "<f:contact xmlns:f=\"urn:farseat:recording:1\" contact_id=\"c\" segment_id=\"s\" agent_id=\"a\" queue_id=\"q\" part=\"2\"/>" TAIL),
        FAR_OK);
    assert_string_equal(metadata.recording_id, "0192f3a0-0000-7000-8000-0000000000ab");
    assert_string_equal(metadata.session_id, "");
    assert_string_equal(metadata_speaker(&metadata, "1"), "王小姐");
    assert_string_equal(metadata_speaker(&metadata, "2"), "sip:2@x");
    assert_string_equal(metadata_speaker(&metadata, "3"), "");
    assert_string_equal(metadata.contact_id, "c");
    assert_string_equal(metadata.segment_id, "s");
    assert_string_equal(metadata.agent_id, "a");
    assert_string_equal(metadata.queue_id, "q");
    assert_int_equal(metadata.part, 2);
}

static void ids_of_other_clients(void **state)
{
    (void)state;
    char first[37];
    assert_int_equal(parse(HEAD "<session session_id=\"hVpd7YQgRW2nD22h7q60JQ==\"/>" TAIL), FAR_OK);
    assert_string_equal(metadata.recording_id, "855a5ded-8420-456d-a70f-6da1eeaeb425");
    assert_int_equal(parse(HEAD "<session session_id=\"call 17\"/>" TAIL), FAR_OK);
    assert_string_equal(metadata.session_id, "call 17");
    memcpy(first, metadata.recording_id, sizeof(first));
    assert_int_equal(strlen(first), 36);
    assert_int_equal(parse(HEAD "<session session_id=\"call 17\"/>" TAIL), FAR_OK);
    assert_string_equal(metadata.recording_id, first); /* always the same */
    assert_int_equal(parse(HEAD "<session session_id=\"call 18\"/>" TAIL), FAR_OK);
    assert_string_not_equal(metadata.recording_id, first);
    assert_int_equal(parse("<recording><stream stream_id=\"s\"><label>x</label></stream></recording>"), FAR_OK); /* no namespace */
    assert_string_equal(metadata.recording_id, "");
    assert_int_equal(metadata.streams_len, 1);
}

static void foreign_elements_are_passed_over(void **state)
{
    (void)state;
    assert_int_equal(parse(HEAD "<x:contact xmlns:x=\"urn:other\" contact_id=\"no\"/><contact contact_id=\"no\"/>"
                                "<x:stream xmlns:x=\"urn:other\" stream_id=\"no\"/>" TAIL),
                     FAR_OK);
    assert_string_equal(metadata.contact_id, "");
    assert_int_equal(metadata.streams_len, 0);
}

static void refusals_say_where(void **state)
{
    (void)state;
    assert_int_equal(parse(""), FAR_EPROTO);
    assert_int_equal(parse("<html/>"), FAR_EPROTO);
    assert_int_equal(parse(HEAD "\n\n<session>" TAIL), FAR_EPROTO);
    assert_non_null(strstr(error, "line 3"));
    assert_int_equal(parse("<!DOCTYPE r [<!ENTITY a \"b\">]><recording><session session_id=\"&a;\"/></recording>"), FAR_EPROTO);
    assert_non_null(strstr(error, "document type"));
    assert_int_equal(parse(HEAD "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>"), FAR_EFULL);
    char *large = malloc(METADATA_BYTES_MAX + 2);
    memset(large, ' ', METADATA_BYTES_MAX + 1);
    large[METADATA_BYTES_MAX + 1] = '\0';
    assert_int_equal(parse(large), FAR_EFULL);
    free(large);
}

static void long_texts_are_cut_between_characters(void **state)
{
    (void)state;
    char text[4096] = HEAD "<participant participant_id=\"p\"><nameID aor=\"x";
    for (int i = 0; i < 100; i++)
        strcat(text, "王");
    strcat(text, "\"/></participant><participant participant_id=\"q\"><nameID><name>xx");
    for (int i = 0; i < 100; i++)
        strcat(text, "é");
    strcat(text, "</name></nameID></participant>" TAIL);
    assert_int_equal(parse(text), FAR_OK);
    for (size_t i = 0; i < 2; i++) {
        size_t len = strlen(metadata.people[i].name);
        assert_true(far_utf8_valid(metadata.people[i].name, len));
        assert_in_range(len, METADATA_TEXT_SIZE - 4, METADATA_TEXT_SIZE - 1);
    }
}

static void more_than_fits_is_left_out(void **state)
{
    (void)state;
    char text[8192] = HEAD, one[128];
    for (int i = 0; i < 20; i++) {
        (void)snprintf(one, sizeof(one), "<stream stream_id=\"s%d\"><label>%d</label></stream><participant participant_id=\"p%d\"/>", i, i, i);
        strcat(text, one);
    }
    strcat(text, TAIL);
    assert_int_equal(parse(text), FAR_OK);
    assert_int_equal(metadata.streams_len, METADATA_STREAMS_MAX);
    assert_int_equal(metadata.people_len, METADATA_PEOPLE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_we_read),
        cmocka_unit_test(ids_of_other_clients),
        cmocka_unit_test(foreign_elements_are_passed_over),
        cmocka_unit_test(refusals_say_where),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(more_than_fits_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
