/* SPDX-License-Identifier: Apache-2.0 */
#include "far/clock.h"
#include "far/media/dtmf.h"
#include "far/media/g711.h"
#include "far/media/rtp.h"
#include "far/media/tone.h"
#include "far/media/wav.h"
#include "far/test.h"
#include "rig.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME   160
#define HEARD_S 8000 /* samples that are looked at */

void rig_sound_open(struct rig_sound *sound)
{
    static uint32_t ssrc = 1000;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *sound = (struct rig_sound){.ssrc = ++ssrc, .sequence = 100};
    sound->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(sound->fd >= 0);
    assert_int_equal(bind(sound->fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(sound->fd, (struct sockaddr *)&address, &len), 0);
    sound->port = ntohs(address.sin_port);
}

void rig_sound_close(struct rig_sound *sound)
{
    (void)close(sound->fd);
}

void rig_sound_to(struct rig_sound *sound, const struct rig_edge *edge, int port)
{
    sound->remote = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    assert_int_equal(inet_pton(AF_INET, edge->ip, &sound->remote.sin_addr), 1);
}

static void send_packet(struct rig_sound *sound, uint8_t type, const uint8_t *payload, size_t len,
                        uint32_t ts)
{
    uint8_t packet[FAR_RTP_HEADER + FRAME];
    struct far_rtp rtp = {
        .payload_type = type, .sequence = sound->sequence++, .timestamp = ts, .ssrc = sound->ssrc};
    far_rtp_encode(&rtp, packet);
    memcpy(packet + FAR_RTP_HEADER, payload, len);
    (void)sendto(sound->fd, packet, FAR_RTP_HEADER + len, 0, (struct sockaddr *)&sound->remote,
                 sizeof(sound->remote));
}

static void send_tone(struct rig_sound *sound, double hz)
{
    int16_t pcm[FRAME] = {0};
    uint8_t bytes[FRAME];
    far_tone_add(pcm, FRAME, sound->timestamp, hz, 8000, 8000);
    far_g711_encode(FAR_CODEC_PCMA, pcm, FRAME, bytes);
    send_packet(sound, 8, bytes, FRAME, sound->timestamp);
    sound->timestamp += FRAME;
}

struct ear {
    int16_t pcm[HEARD_S];
    size_t len;
};

static void hear(struct rig_sound *sound, struct ear *ear)
{
    uint8_t packet[2048];
    for (;;) {
        struct far_rtp rtp;
        ssize_t got = recv(sound->fd, packet, sizeof(packet), 0);
        if (got <= 0) return;
        if (far_rtp_decode(packet, (size_t)got, &rtp) != FAR_OK) continue;
        if (rtp.payload_type != 8 && rtp.payload_type != 0) continue;
        sound->received++;
        size_t len = rtp.payload_len < FRAME ? rtp.payload_len : FRAME;
        if (ear->len + len > HEARD_S) { /* keep the last second */
            memmove(ear->pcm, ear->pcm + len, (ear->len - len) * sizeof(int16_t));
            ear->len -= len;
        }
        far_g711_decode((enum far_codec)rtp.payload_type, packet + rtp.payload_offset, len,
                        ear->pcm + ear->len);
        ear->len += len;
    }
}

void rig_talk(struct rig *rig, struct rig_sound *a, double a_hz, struct rig_sound *b, double b_hz,
              uint64_t ms)
{
    static struct ear at_a, at_b;
    at_a.len = at_b.len = 0;
    uint64_t start_ms = far_clock_mono_ms(), sent = 0;
    while (far_clock_mono_ms() < start_ms + ms) {
        for (; start_ms + sent * 20 <= far_clock_mono_ms(); sent++) {
            if (a_hz > 0) send_tone(a, a_hz);
            if (b && b_hz > 0) send_tone(b, b_hz);
        }
        rig_turn(rig, 5);
        hear(a, &at_a);
        if (b) hear(b, &at_b);
    }
    a->heard_db = far_tone_level_db(at_a.pcm, at_a.len, b_hz, 8000);
    if (b) b->heard_db = far_tone_level_db(at_b.pcm, at_b.len, a_hz, 8000);
}

double rig_listen(struct rig *rig, struct rig_sound *sound, double hz, uint64_t ms)
{
    static struct ear ear;
    ear.len = 0;
    uint64_t start_ms = far_clock_mono_ms();
    while (far_clock_mono_ms() < start_ms + ms) {
        rig_turn(rig, 5);
        hear(sound, &ear);
    }
    return far_tone_level_db(ear.pcm, ear.len, hz, 8000);
}

void rig_type(struct rig *rig, struct rig_sound *sound, char digit)
{
    struct far_dtmf_tx tx;
    uint8_t payload[FAR_DTMF_PAYLOAD];
    bool marker = false;
    assert_int_equal(far_dtmf_start(&tx, digit, 100), FAR_OK);
    while (far_dtmf_next(&tx, payload, &marker)) {
        send_packet(sound, 101, payload, sizeof(payload), sound->timestamp);
        rig_turn(rig, 20);
    }
    sound->timestamp += 1600;
}

void rig_prompt(struct rig *rig, const char *name, double hz)
{
    static int16_t pcm[24000];
    char path[160];
    struct far_wav_writer writer;
    struct far_wav_layout layout = {.format = FAR_WAV_PCM16, .channels = 1, .rate = 8000};
    memset(pcm, 0, sizeof(pcm));
    far_tone_add(pcm, FAR_ARRAY_LEN(pcm), 0, hz, 8000, 8000);
    (void)snprintf(path, sizeof(path), "%s/%s.wav", rig->dir, name);
    assert_int_equal(far_wav_create(&writer, path, &layout), FAR_OK);
    assert_int_equal(far_wav_write(&writer, pcm, FAR_ARRAY_LEN(pcm)), FAR_OK);
    assert_int_equal(far_wav_close(&writer), FAR_OK);
}
