/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "sip/stream.h"
#include <stdlib.h>
#include <string.h>

static void the_line_then_frames_however_they_are_cut(void **state)
{
    (void)state;
    static const char bytes[] = "OK\n\0\0\0\3abc\0\0\0\1x\0\0\0\2yz";
    for (size_t step = 1; step < sizeof(bytes); step++) {
        struct stream stream;
        char line[STREAM_LINE_MAX + 1], seen[16] = "";
        stream_init(&stream);
        for (size_t at = 0; at < sizeof(bytes) - 1; at += step) {
            size_t len = sizeof(bytes) - 1 - at < step ? sizeof(bytes) - 1 - at : step;
            assert_int_equal(stream_feed(&stream, bytes + at, len), FAR_OK);
            if (!stream.greeted && stream_line(&stream, line) == FAR_OK) assert_string_equal(line, "OK");
            const char *data = NULL;
            size_t data_len = 0;
            while (stream.greeted && stream_has_frame(&stream)) {
                assert_int_equal(stream_frame(&stream, &data, &data_len), FAR_OK);
                strncat(seen, data, data_len);
                strcat(seen, ".");
            }
        }
        assert_string_equal(seen, "abc.x.yz.");
        stream_done(&stream);
    }
}

static void what_is_no_line_or_frame_is_refused(void **state)
{
    (void)state;
    char line[STREAM_LINE_MAX + 1], filler[STREAM_LINE_MAX + 2];
    const char *data = NULL;
    size_t len = 0;
    struct stream stream;
    memset(filler, 'x', sizeof(filler));
    stream_init(&stream);
    assert_int_equal(stream_line(&stream, line), FAR_EAGAIN);
    assert_int_equal(stream_feed(&stream, filler, sizeof(filler)), FAR_OK);
    assert_int_equal(stream_line(&stream, line), FAR_EPROTO);
    stream_done(&stream);
    stream_init(&stream);
    assert_int_equal(stream_feed(&stream, "O\0K\n", 4), FAR_OK);
    assert_int_equal(stream_line(&stream, line), FAR_EPROTO);
    stream_done(&stream);
    static const char lengths[][4] = {
        {0, 0, 0, 0}, {0, 1, 0, 0}, {(char)0xff, (char)0xff, (char)0xff, (char)0xff}};
    for (size_t i = 0; i < FAR_ARRAY_LEN(lengths); i++) {
        stream_init(&stream);
        assert_int_equal(stream_feed(&stream, lengths[i], 4), FAR_OK);
        assert_int_equal(stream_frame(&stream, &data, &len), FAR_EPROTO);
        stream_done(&stream);
    }
}

static void it_holds_so_much_and_no_more(void **state)
{
    (void)state;
    struct stream stream;
    char *block = calloc(1, STREAM_FRAME_MAX + 4);
    const char *data = NULL;
    size_t len = 0;
    uint8_t head[4];
    stream_head(STREAM_FRAME_MAX, head);
    memcpy(block, head, 4);
    stream_init(&stream);
    assert_int_equal(stream_feed(&stream, block, STREAM_FRAME_MAX + 4), FAR_OK);
    assert_int_equal(stream_feed(&stream, block, STREAM_FRAME_MAX + 4), FAR_OK);
    assert_int_equal(stream_room(&stream), 0);
    assert_int_equal(stream_feed(&stream, "x", 1), FAR_EFULL);
    for (int i = 0; i < 1000; i++) { /* taking makes room, for ever */
        assert_int_equal(stream_frame(&stream, &data, &len), FAR_OK);
        assert_int_equal(len, STREAM_FRAME_MAX);
        assert_int_equal(stream_feed(&stream, block, STREAM_FRAME_MAX + 4), FAR_OK);
    }
    stream_done(&stream);
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_line_then_frames_however_they_are_cut),
        cmocka_unit_test(what_is_no_line_or_frame_is_refused),
        cmocka_unit_test(it_holds_so_much_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
