/* SPDX-License-Identifier: Apache-2.0 */
/* What arrives at a browser's endpoint: the media thread's own code on real sockets, without its thread. The
 * first byte of the input says whether the keys are agreed already. Then records: one byte of what it is and
 * who sends it, one of length, one of waiting (10 ms), and its bytes: raw; attributes of a STUN request,
 * signed with the right password; RTP or RTCP, sealed with the right keys. Whatever comes, who has not passed
 * a check gets nothing, and no sound goes out that is not sealed. */
#include "engine.h"
#include <assert.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/socket.h>

#define PACKETS_MAX 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum record { RECORD_RAW, RECORD_STUN, RECORD_RTP, RECORD_RTCP, RECORD_COUNT };

static const uint8_t RX_MASTER[SECURE_SRTP_MASTER] = {1, 2, 3}, TX_MASTER[SECURE_SRTP_MASTER] = {4, 5, 6};
static const char FINGERPRINT[] =
    "sha-256 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:"
    "88:99:AA:BB:CC:DD:EE:FF";
static struct media_thread thread;
static struct media_engine engine;
static struct endpoint end;
static struct sockaddr_in end_address, addresses[2];
static int senders[2] = {-1, -1};
static struct secure_srtp *browser_tx, *browser_rx;
static unsigned told;

static void emit(void *context, const struct media_event *event)
{
    (void)context;
    assert(event->endpoint_id == 1);
    if (event->kind == MEDIA_EV_SECURE) told++;
}

static int bound(struct sockaddr_in *ret_address)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(*ret_address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert(fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
    assert(getsockname(fd, (struct sockaddr *)ret_address, &len) == 0);
    return fd;
}

static void set_up(void)
{
    engine.emit = emit;
    thread.engine = &engine;
    assert(secure_dtls_context_create(&engine.dtls) == FAR_OK);
    end.rtp_fd = bound(&end_address);
    for (size_t i = 0; i < 2; i++)
        senders[i] = bound(&addresses[i]);
}

static void reset(uint8_t flags)
{
    int fd = end.rtp_fd;
    struct media_secure names = {.local_ufrag = "edge", .local_pwd = "a-password-of-24-letters"};
    end = (struct endpoint){.id = 1, .serial = 1, .rtp_fd = fd, .rtcp_fd = -1, .echo = true};
    far_list_init(&end.tick_link);
    far_list_init(&thread.ticking);
    atomic_store(&thread.counters.handshaking, 0);
    thread.now_us = 1000000;
    told = 0;
    stream_init(&end.tx, 1000, 65530, UINT32_MAX - 500, thread.now_us);
    if (flags & 2) memcpy(names.remote_fingerprint, FINGERPRINT, sizeof(FINGERPRINT));
    struct secure *secure = secure_new(&names);
    assert(secure);
    secure_set(&thread, &end, secure);
    const struct media_remote remote = {.codec = FAR_CODEC_PCMA,
                                        .payload_type = FAR_CODEC_PCMA,
                                        .dtmf_payload_type = 101,
                                        .send = true,
                                        .receive = true};
    endpoint_set_remote(&thread, &end, &remote);
    assert(secure_srtp_create(RX_MASTER, &browser_tx) == FAR_OK);
    assert(secure_srtp_create(TX_MASTER, &browser_rx) == FAR_OK);
    if (!(flags & 1)) return;
    assert(secure_srtp_create(RX_MASTER, &secure->rx) == FAR_OK);
    assert(secure_srtp_create(TX_MASTER, &secure->tx) == FAR_OK);
    memcpy(secure->certificate, FINGERPRINT, sizeof(FINGERPRINT));
    secure->keyed = true;
}

static void clean(void)
{
    end.secure = secure_free(end.secure);
    browser_tx = secure_srtp_destroy(browser_tx);
    browser_rx = secure_srtp_destroy(browser_rx);
}

static uint32_t crc32(const uint8_t *bytes, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
    }
    return ~crc;
}

/* A request with these attributes after its name, and a true proof. */
static size_t sign(uint8_t *packet, const uint8_t *attributes, size_t len)
{
    static const uint8_t begin[] = {0,   1,   0,   0,   0x21, 0x12, 0xa4, 0x42, 1,   2, 3, 4,
                                    5,   6,   7,   8,   9,    10,   11,   12,   0,   6, 0, 9,
                                    'e', 'd', 'g', 'e', ':',  'b',  'r',  'w',  's', 0, 0, 0};
    size_t at = sizeof(begin) + (len & ~(size_t)3);
    memcpy(packet, begin, sizeof(begin));
    memcpy(packet + sizeof(begin), attributes, len & ~(size_t)3);
    packet[2] = (uint8_t)((at + 4) >> 8);
    packet[3] = (uint8_t)(at + 4); /* without the header, with the integrity */
    static const uint8_t integrity[4] = {0, 8, 0, 20};
    memcpy(packet + at, integrity, sizeof(integrity));
    assert(HMAC(EVP_sha1(), "a-password-of-24-letters", 24, packet, at, packet + at + 4, NULL));
    at += 24;
    packet[2] = (uint8_t)((at - 12) >> 8);
    packet[3] = (uint8_t)(at - 12);
    uint32_t crc = crc32(packet, at) ^ 0x5354554eu;
    const uint8_t last[8] = {
        0x80, 0x28, 0, 4, (uint8_t)(crc >> 24), (uint8_t)(crc >> 16), (uint8_t)(crc >> 8), (uint8_t)crc};
    memcpy(packet + at, last, sizeof(last));
    return at + 8;
}

static size_t make(enum record record, const uint8_t *bytes, size_t len, uint8_t *packet)
{
    if (record == RECORD_STUN) return sign(packet, bytes, len);
    memcpy(packet, bytes, len);
    /* What cannot be sealed is sent as it is. */
    if (record == RECORD_RTP && secure_srtp_seal(browser_tx, packet, &len) != FAR_OK) return len;
    if (record == RECORD_RTCP && secure_srtcp_seal(browser_tx, packet, &len) != FAR_OK) return len;
    return len;
}

static bool checked(const struct sockaddr_in *address)
{
    for (size_t i = 0; i < end.secure->paths_len; i++)
        if (latch_same(&end.secure->paths[i].address, address)) return true;
    return false;
}

static void drain(size_t sender, bool signed_request)
{
    uint8_t bytes[2048];
    for (ssize_t got = recv(senders[sender], bytes, sizeof(bytes), 0); got >= 0;
         got = recv(senders[sender], bytes, sizeof(bytes), 0)) {
        size_t len = (size_t)got;
        assert(signed_request || checked(&addresses[sender]));
        if (bytes[0] <= 3 || (bytes[0] >= 20 && bytes[0] <= 63)) continue; /* STUN, DTLS */
        assert(end.secure->state == SECURE_UP);
        assert(secure_srtp_open(browser_rx, bytes, &len) == FAR_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned packets = 0;
    if (size < 1) return 0;
    if (senders[0] < 0) set_up();
    reset(data[0]);
    for (size_t at = 1; size - at >= 3 && packets < PACKETS_MAX; packets++) {
        uint8_t packet[512];
        enum record record = (enum record)((data[at] >> 1) % RECORD_COUNT);
        size_t sender = data[at] & 1, len = data[at + 1];
        thread.now_us += data[at + 2] * UINT64_C(10000);
        at += 3;
        if (len > size - at) len = size - at;
        size_t packet_len = make(record, data + at, len, packet);
        assert(sendto(senders[sender], packet, packet_len, 0, (const struct sockaddr *)&end_address,
                      sizeof(end_address)) == (ssize_t)packet_len);
        packet_receive(&thread, &end);
        secure_housekeep(&thread, &end);
        drain(sender, record == RECORD_STUN);
        drain(1 - sender, false);
        at += len;
    }
    assert(end.stats.rx_packets + end.stats.rx_dropped <= packets);
    assert(told <= 2 && end.secure->paths_len <= SECURE_PATHS_MAX);
    clean();
    return 0;
}
