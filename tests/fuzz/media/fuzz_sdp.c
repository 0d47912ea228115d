/* SPDX-License-Identifier: Apache-2.0 */
/* A session description of anybody's making: parsed, answered, written; what we write we understand. */
#include "far/media/sdp.h"
#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_and_parse(const struct far_sdp *sdp)
{
    static char text[4 * FAR_SDP_BYTES_MAX];
    static struct far_sdp back;
    size_t len = 0;
    if (far_sdp_write(sdp, text, sizeof(text), &len) != FAR_OK) return;
    if (len > FAR_SDP_BYTES_MAX) return;
    enum far_err err = far_sdp_parse(text, len, &back, NULL);
    assert(err == FAR_OK && back.media_len == sdp->media_len);
}

/* Neither of plain RTP and SRTP is ever taken for the other. */
static void answer_browser(const struct far_sdp *offer)
{
    static struct far_sdp answer;
    static const struct far_sdp_local_secure secure = {
        .ice_ufrag = "abcd",
        .ice_pwd = "abcdefghijklmnopqrstuv",
        .fingerprint =
            "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:"
            "AA:BB:CC:DD:EE:FF"};
    static const struct far_sdp_local local = {.address = "127.0.0.1",
                                               .ports = {21200, 21202},
                                               .ports_len = 2,
                                               .session_id = 1,
                                               .session_version = 1,
                                               .secure = &secure};
    if (far_sdp_answer(offer, &local, &answer) != FAR_OK) return;
    const struct far_sdp_media *audio = far_sdp_audio_secure(&answer);
    assert(audio && audio->secure.setup == FAR_SDP_SETUP_PASSIVE && !far_sdp_audio(&answer));
    write_and_parse(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct far_sdp sdp, answer;
    static const struct far_sdp_local local = {.address = "127.0.0.1",
                                               .ports = {21200, 21202},
                                               .ports_len = 2,
                                               .session_id = 1,
                                               .session_version = 1};
    char error[FAR_SDP_ERROR_MAX] = "";
    if (far_sdp_parse((const char *)data, size, &sdp, error) != FAR_OK) {
        assert(strlen(error) > 0);
        return 0;
    }
    for (size_t i = 0; i < sdp.media_len; i++)
        (void)far_sdp_held(&sdp.media[i]);
    if (far_sdp_answer(&sdp, &local, &answer) == FAR_OK) {
        struct far_sdp_choice choice;
        const struct far_sdp_media *audio = far_sdp_audio(&answer);
        assert(audio && far_sdp_choose(audio, &choice) == FAR_OK);
        write_and_parse(&answer);
    }
    answer_browser(&sdp);
    return 0;
}
