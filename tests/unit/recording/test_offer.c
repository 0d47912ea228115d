/* SPDX-License-Identifier: Apache-2.0 */
#include "far/test.h"
#include "offer.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static struct offer offer;
static struct offer_streams streams;
static char error[OFFER_ERROR_SIZE];

#define SDP_HEAD "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\n"

static enum far_err read_sdp(const char *media)
{
    char body[2048];
    (void)snprintf(body, sizeof(body), SDP_HEAD "%s", media);
    enum far_err err = offer_read("application/sdp", "", body, strlen(body), &offer, error);
    return err == FAR_OK ? offer_streams(&offer.sdp, &streams) : err;
}

static void labels_choose_sides(void **state)
{
    (void)state;
    assert_int_equal(read_sdp("m=audio 4000 RTP/AVP 0 8\r\na=label:1\r\nm=audio 4002 RTP/AVP 8\r\na=label:2\r\n"), FAR_OK);
    assert_int_equal(streams.len, 2);
    assert_int_equal(streams.side[0], 0);
    assert_int_equal(streams.side[1], 1);
    assert_int_equal(streams.codec, FAR_CODEC_PCMU);
    assert_int_equal(streams.address[0].s_addr, inet_addr("10.0.0.9"));
    assert_int_equal(read_sdp("m=audio 4000 RTP/AVP 8\r\na=label:2\r\nm=audio 4002 RTP/AVP 8\r\na=label:1\r\n"), FAR_OK);
    assert_int_equal(streams.side[0], 1);
    assert_int_equal(streams.side[1], 0);
    assert_int_equal(read_sdp("m=audio 4000 RTP/AVP 8\r\na=label:caller\r\nm=audio 4002 RTP/AVP 8\r\na=label:callee\r\n"), FAR_OK);
    assert_int_equal(streams.side[0], 0);
}

static void only_what_can_be_recorded(void **state)
{
    (void)state;
    assert_int_equal(read_sdp("m=video 5000 RTP/AVP 96\r\nm=audio 0 RTP/AVP 8\r\nm=audio 4002 RTP/AVP 18\r\n"
                              "m=audio 4004 RTP/AVP 8\r\nm=audio 4006 RTP/AVP 0\r\nm=audio 4008 RTP/AVP 0\r\n"),
                     FAR_OK);
    assert_int_equal(streams.len, 2); /* a third party's mix is left out */
    assert_int_equal(streams.media[0], 3);
    assert_int_equal(streams.media[1], 4);
    assert_int_equal(read_sdp("m=audio 4004 RTP/AVP 8\r\na=label:2\r\n"), FAR_OK);
    assert_int_equal(streams.len, 1);
    assert_int_equal(streams.side[0], 1);
    assert_int_equal(read_sdp("m=audio 4004 RTP/AVP 18\r\n"), FAR_ENOTFOUND);
}

static void metadata_describe_the_part(void **state)
{
    (void)state;
    const char body[] =
        "--b\r\nContent-Type: application/sdp\r\n\r\n" SDP_HEAD
        "m=audio 4000 RTP/AVP 8\r\na=label:2\r\nm=audio 4002 RTP/AVP 8\r\na=label:1\r\n\r\n--b\r\n"
        "Content-Type: application/rs-metadata\r\n\r\n<recording xmlns=\"urn:ietf:params:xml:ns:recording:1\">"
        "<participant participant_id=\"p\"><nameID aor=\"sip:caller@x\"/></participant><stream stream_id=\"s\"><label>1</label></stream>"
        "<participantstreamassoc participant_id=\"p\"><send>s</send></participantstreamassoc>"
        "<contact xmlns=\"urn:farseat:recording:1\" agent_id=\"anna\" part=\"3\"/></recording>\r\n--b--\r\n";
    struct part part = {.contact_id = "kept", .number = 0};
    assert_int_equal(offer_read("Multipart/Mixed", "b", body, sizeof(body) - 1, &offer, error), FAR_OK);
    assert_true(offer.has_sdp && offer.has_metadata);
    assert_int_equal(offer_streams(&offer.sdp, &streams), FAR_OK);
    offer_describe(&offer, &streams, &part);
    assert_string_equal(part.left, "sip:caller@x"); /* label 1, though it is the second m-line */
    assert_string_equal(part.right, "");
    assert_string_equal(part.agent_id, "anna");
    assert_string_equal(part.contact_id, "kept"); /* not named: stays */
    assert_int_equal(part.number, 3);
}

static void faults_are_named(void **state)
{
    (void)state;
    assert_int_equal(offer_read("application/sdp", "", "nonsense", 8, &offer, error), FAR_EPROTO);
    assert_non_null(strstr(error, "SDP: "));
    const char body[] = "--b\r\nContent-Type: application/rs-metadata+xml\r\n\r\n<recording\r\n--b--";
    assert_int_equal(offer_read("multipart/mixed", "b", body, sizeof(body) - 1, &offer, error), FAR_EPROTO);
    assert_non_null(strstr(error, "metadata: line "));
    assert_int_equal(offer_read("multipart/mixed", "", body, sizeof(body) - 1, &offer, error), FAR_EINVAL);
    assert_non_null(strstr(error, "multipart"));
    assert_int_equal(offer_read("text/plain", "", "hello", 5, &offer, error), FAR_OK);
    assert_false(offer.has_sdp || offer.has_metadata);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_choose_sides),
        cmocka_unit_test(only_what_can_be_recorded),
        cmocka_unit_test(metadata_describe_the_part),
        cmocka_unit_test(faults_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
