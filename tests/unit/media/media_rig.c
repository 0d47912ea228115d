/* SPDX-License-Identifier: Apache-2.0 */
#include "media_rig.h"
#include "far/media/wav.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static void keep(void *context, const struct media_event *event)
{
    struct rig *rig = context;
    (void)pthread_mutex_lock(&rig->lock);
    if (rig->events_len < RIG_EVENTS) rig->events[rig->events_len++] = *event;
    (void)pthread_cond_broadcast(&rig->changed);
    (void)pthread_mutex_unlock(&rig->lock);
}

void rig_start(struct rig *rig, unsigned threads)
{
    char text[MEDIA_TEXT_MAX];
    memset(rig, 0, sizeof(*rig));
    (void)pthread_mutex_init(&rig->lock, NULL);
    (void)pthread_cond_init(&rig->changed, NULL);
    strcpy(rig->dir, "/tmp/far-prompts-XXXXXX");
    assert_non_null(mkdtemp(rig->dir));
    rig_prompt(rig, "music.wav", 1000, 1600);
    const struct media_config config = {.listen_ip = "127.0.0.1",
                                        .port_min = RIG_PORT_MIN,
                                        .port_max = RIG_PORT_MAX,
                                        .threads = threads,
                                        .prompt_dir = rig->dir,
                                        .music_file = "music.wav",
                                        .endpoints_max = 40,
                                        .emit = keep,
                                        .context = rig};
    assert_int_equal(media_engine_create(&config, &rig->engine, text), FAR_OK);
}

void rig_stop(struct rig *rig)
{
    char path[512];
    rig->engine = media_engine_destroy(rig->engine);
    DIR *dir = opendir(rig->dir);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        (void)snprintf(path, sizeof(path), "%s/%s", rig->dir, entry->d_name);
        (void)unlink(path); /* "." and ".." refuse */
    }
    (void)closedir(dir);
    assert_int_equal(rmdir(rig->dir), 0);
    (void)pthread_mutex_destroy(&rig->lock);
    (void)pthread_cond_destroy(&rig->changed);
}

void rig_prompt(const struct rig *rig, const char *name, int16_t value, size_t frames)
{
    static const struct far_wav_layout layout = {.format = FAR_WAV_PCM16, .channels = 1, .rate = 8000};
    char path[512];
    struct far_wav_writer writer;
    int16_t *pcm = malloc(frames > 0 ? frames * sizeof(*pcm) : 1);
    assert_non_null(pcm);
    for (size_t i = 0; i < frames; i++)
        pcm[i] = value;
    (void)snprintf(path, sizeof(path), "%s/%s", rig->dir, name);
    assert_int_equal(far_wav_create(&writer, path, &layout), FAR_OK);
    assert_int_equal(far_wav_write(&writer, pcm, frames), FAR_OK);
    assert_int_equal(far_wav_close(&writer), FAR_OK);
    free(pcm);
}

/* Under the lock: take the first such event out. */
static bool take(struct rig *rig, enum media_event_kind kind, uint64_t endpoint_id,
                 struct media_event *ret_event)
{
    for (size_t i = 0; i < rig->events_len; i++) {
        if (rig->events[i].kind != kind || rig->events[i].endpoint_id != endpoint_id) continue;
        *ret_event = rig->events[i];
        rig->events_len--;
        memmove(&rig->events[i], &rig->events[i + 1], (rig->events_len - i) * sizeof(rig->events[0]));
        return true;
    }
    return false;
}

struct media_event rig_wait(struct rig *rig, enum media_event_kind kind, uint64_t endpoint_id)
{
    struct media_event event = {0};
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += RIG_WAIT_MS / 1000;
    int waited = 0;
    (void)pthread_mutex_lock(&rig->lock);
    bool found = take(rig, kind, endpoint_id, &event);
    while (!found && waited == 0) {
        waited = pthread_cond_timedwait(&rig->changed, &rig->lock, &until);
        found = take(rig, kind, endpoint_id, &event);
    }
    (void)pthread_mutex_unlock(&rig->lock);
    if (!found) fail_msg("no event %d of endpoint %llu", (int)kind, (unsigned long long)endpoint_id);
    return event;
}

bool rig_has(struct rig *rig, enum media_event_kind kind, uint64_t endpoint_id)
{
    bool found = false;
    (void)pthread_mutex_lock(&rig->lock);
    for (size_t i = 0; i < rig->events_len; i++)
        found = found || (rig->events[i].kind == kind && rig->events[i].endpoint_id == endpoint_id);
    (void)pthread_mutex_unlock(&rig->lock);
    return found;
}

struct media_stats rig_stats(struct rig *rig, uint64_t endpoint_id)
{
    assert_int_equal(media_endpoint_query(rig->engine, endpoint_id, 77), FAR_OK);
    struct media_event event = rig_wait(rig, MEDIA_EV_STATS, endpoint_id);
    assert_int_equal(event.stats.cookie, 77);
    return event.stats.stats;
}

struct media_stats rig_stats_dropped(struct rig *rig, uint64_t endpoint_id, uint64_t dropped)
{
    for (unsigned i = 0; i < 100000; i++) {
        struct media_stats stats = rig_stats(rig, endpoint_id);
        if (stats.rx_dropped >= dropped) return stats;
    }
    fail_msg("fewer than %llu packets were dropped", (unsigned long long)dropped);
    return (struct media_stats){0};
}

struct media_stats rig_stats_received(struct rig *rig, uint64_t endpoint_id, uint64_t received)
{
    for (unsigned i = 0; i < 100000; i++) {
        struct media_stats stats = rig_stats(rig, endpoint_id);
        if (stats.rx_packets >= received) return stats;
    }
    fail_msg("fewer than %llu packets were received", (unsigned long long)received);
    return (struct media_stats){0};
}

int socket_on_loopback(struct sockaddr_in *ret_address)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    *ret_address = address;
    return fd;
}

struct media_remote phone_remote(const struct phone *phone)
{
    return (struct media_remote){.address = phone->address,
                                 .codec = phone->codec,
                                 .payload_type = (uint8_t)phone->codec,
                                 .dtmf_payload_type = 101,
                                 .send = true,
                                 .receive = true};
}

void phone_open(struct rig *rig, struct phone *phone, uint64_t endpoint_id, uint64_t group,
                enum far_codec codec)
{
    *phone = (struct phone){.endpoint_id = endpoint_id,
                            .codec = codec,
                            .ssrc = (uint32_t)endpoint_id * 1000,
                            .sequence = (uint16_t)(endpoint_id * 7919),
                            .timestamp = (uint32_t)endpoint_id * 123456789u};
    phone->fd = socket_on_loopback(&phone->address);
    assert_int_equal(media_endpoint_open(rig->engine, endpoint_id, group, &phone->engine), FAR_OK);
    assert_int_equal(ntohs(phone->engine.sin_port) % 2, 0);
    struct media_remote remote = phone_remote(phone);
    assert_int_equal(media_endpoint_set_remote(rig->engine, endpoint_id, &remote), FAR_OK);
    (void)rig_stats(rig, endpoint_id); /* the thread has it: what is sent from now on is accepted */
}

void phone_done(struct phone *phone)
{
    (void)close(phone->fd);
    phone->fd = -1;
}

void phone_send_raw(const struct phone *phone, const void *bytes, size_t len)
{
    ssize_t sent;
    do /* an ICMP error of an earlier packet is reported once */
        sent =
            sendto(phone->fd, bytes, len, 0, (const struct sockaddr *)&phone->engine, sizeof(phone->engine));
    while (sent < 0 && errno == ECONNREFUSED);
    assert_int_equal(sent, len);
}

static void say(struct phone *phone, uint8_t payload_type, bool marker, uint32_t timestamp,
                const uint8_t *payload, size_t len)
{
    uint8_t packet[FAR_RTP_HEADER + FAR_G711_FRAME];
    const struct far_rtp rtp = {.payload_type = payload_type,
                                .marker = marker,
                                .sequence = phone->sequence++,
                                .timestamp = timestamp,
                                .ssrc = phone->ssrc};
    far_rtp_encode(&rtp, packet);
    memcpy(packet + FAR_RTP_HEADER, payload, len);
    phone_send_raw(phone, packet, FAR_RTP_HEADER + len);
}

void phone_say(struct phone *phone, uint8_t byte)
{
    uint8_t payload[FAR_G711_FRAME];
    memset(payload, byte, sizeof(payload));
    say(phone, (uint8_t)phone->codec, false, phone->timestamp, payload, sizeof(payload));
    phone->timestamp += FAR_G711_FRAME;
}

void phone_event(struct phone *phone, const uint8_t payload[4], uint32_t timestamp, bool marker)
{
    say(phone, 101, marker, timestamp, payload, 4);
}

bool phone_hear(const struct phone *phone, struct heard *ret_heard)
{
    struct pollfd wait = {.fd = phone->fd, .events = POLLIN};
    for (;;) {
        if (poll(&wait, 1, RIG_WAIT_MS) != 1) return false;
        ssize_t len = recv(phone->fd, ret_heard->bytes, sizeof(ret_heard->bytes), MSG_DONTWAIT);
        if (len < 0) continue; /* an ICMP error */
        ret_heard->len = (size_t)len;
        assert_int_equal(far_rtp_decode(ret_heard->bytes, ret_heard->len, &ret_heard->rtp), FAR_OK);
        return true;
    }
}

void phone_expect(const struct phone *phone, uint8_t byte, struct heard *ret_heard)
{
    for (unsigned i = 0; i < 1000; i++) {
        if (!phone_hear(phone, ret_heard)) fail_msg("nothing was heard, 0x%02x was expected", byte);
        if (ret_heard->bytes[ret_heard->rtp.payload_offset] == byte) return;
    }
    fail_msg("0x%02x was never heard", byte);
}

bool phone_silent(const struct phone *phone)
{
    uint8_t byte;
    return recv(phone->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0;
}
