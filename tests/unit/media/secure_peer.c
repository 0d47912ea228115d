/* SPDX-License-Identifier: Apache-2.0 */
#include "secure_peer.h"
#include <arpa/inet.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
/* libre's own headers, last: they define short names. */
#include <re.h>

#define UFRAG "brws"
#define ROOM  2048u

struct browser_crypto {
    SSL_CTX *context;
    SSL *ssl;
    struct foreign_srtp *tx, *rx;
};

/* ---- SRTP by libre
 * ----------------------------------------------------------------------------------------- */

struct foreign_srtp *foreign_srtp_new(const uint8_t master[SECURE_SRTP_MASTER])
{
    struct srtp *srtp = NULL;
    assert_int_equal(srtp_alloc(&srtp, SRTP_AES_CM_128_HMAC_SHA1_80, master, SECURE_SRTP_MASTER, 0), 0);
    return (struct foreign_srtp *)srtp;
}

void foreign_srtp_free(struct foreign_srtp *srtp)
{
    (void)mem_deref(srtp);
}

static bool by_libre(int (*act)(struct srtp *srtp, struct mbuf *mb), struct foreign_srtp *srtp,
                     uint8_t *packet, size_t *len, size_t size)
{
    struct mbuf buffer = {.buf = packet, .size = size, .pos = 0, .end = *len};
    if (act((struct srtp *)srtp, &buffer) != 0) return false;
    *len = buffer.end;
    return true;
}

bool foreign_srtp_seal(struct foreign_srtp *srtp, uint8_t *packet, size_t *len, size_t size)
{
    return by_libre(srtp_encrypt, srtp, packet, len, size);
}
bool foreign_srtp_open(struct foreign_srtp *srtp, uint8_t *packet, size_t *len)
{
    return by_libre(srtp_decrypt, srtp, packet, len, *len);
}
bool foreign_srtcp_seal(struct foreign_srtp *srtp, uint8_t *packet, size_t *len, size_t size)
{
    return by_libre(srtcp_encrypt, srtp, packet, len, size);
}
bool foreign_srtcp_open(struct foreign_srtp *srtp, uint8_t *packet, size_t *len)
{
    return by_libre(srtcp_decrypt, srtp, packet, len, *len);
}

/* ---- STUN by libre
 * ----------------------------------------------------------------------------------------- */

size_t browser_request(const struct media_secure *names, const struct browser_check *check,
                       uint8_t *ret_bytes, size_t size)
{
    char user[2 * MEDIA_ICE_MAX];
    uint8_t tid[STUN_TID_SIZE];
    uint32_t priority = 1845501695;
    uint64_t tie_breaker = 0x0123456789abcdefULL;
    const char *pwd = check->pwd ? check->pwd : names->local_pwd;
    struct mbuf *buffer = mbuf_alloc(ROOM);
    assert_non_null(buffer);
    assert_int_equal(RAND_bytes(tid, sizeof(tid)), 1);
    (void)snprintf(user, sizeof(user), "%s:%s", names->local_ufrag, UFRAG);
    assert_int_equal(stun_msg_encode(buffer, STUN_METHOD_BINDING, STUN_CLASS_REQUEST, tid, NULL,
                                     (const uint8_t *)pwd, strlen(pwd), !check->no_fingerprint, 0, 5,
                                     STUN_ATTR_USERNAME, check->user ? check->user : user, STUN_ATTR_PRIORITY,
                                     check->priority_missing ? NULL : &priority,
                                     check->controlled ? STUN_ATTR_CONTROLLED : STUN_ATTR_CONTROLLING,
                                     &tie_breaker, STUN_ATTR_USE_CAND, check->nominate ? &tie_breaker : NULL,
                                     check->unknown ? check->unknown : STUN_ATTR_LIFETIME,
                                     check->unknown ? &priority : NULL),
                     0);
    size_t len = buffer->end;
    assert_true(len <= size);
    memcpy(ret_bytes, buffer->buf, len);
    (void)mem_deref(buffer);
    return len;
}

static unsigned judge(const struct stun_msg *message, const struct media_secure *names,
                      struct sockaddr_in *ret_mapped)
{
    if (stun_msg_chk_mi(message, (const uint8_t *)names->local_pwd, strlen(names->local_pwd)) != 0 ||
        stun_msg_chk_fingerprint(message) != 0)
        return 0;
    struct stun_attr *error = stun_msg_attr(message, STUN_ATTR_ERR_CODE);
    if (error) return error->v.err_code.code;
    struct stun_attr *mapped = stun_msg_attr(message, STUN_ATTR_XOR_MAPPED_ADDR);
    if (!mapped || stun_msg_class(message) != STUN_CLASS_SUCCESS_RESP) return 0;
    *ret_mapped = mapped->v.xor_mapped_addr.u.in;
    return 200;
}

unsigned browser_reply(const struct media_secure *names, const uint8_t *bytes, size_t len,
                       struct sockaddr_in *ret_mapped)
{
    struct stun_msg *message = NULL;
    struct stun_unknown_attr unknown;
    struct mbuf *buffer = mbuf_alloc(ROOM);
    unsigned code = 0;
    assert_non_null(buffer);
    assert_int_equal(mbuf_write_mem(buffer, bytes, len), 0);
    buffer->pos = 0;
    if (stun_msg_decode(&message, buffer, &unknown) == 0) code = judge(message, names, ret_mapped);
    (void)mem_deref(message);
    (void)mem_deref(buffer);
    return code;
}

unsigned browser_checks(struct browser *browser, const struct browser_check *check)
{
    uint8_t bytes[ROOM];
    struct sockaddr_in mapped = {0};
    struct pollfd wait = {.fd = browser->phone.fd, .events = POLLIN};
    phone_send_raw(&browser->phone, bytes, browser_request(&browser->names, check, bytes, sizeof(bytes)));
    while (poll(&wait, 1, RIG_WAIT_MS) == 1) {
        ssize_t len = recv(browser->phone.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        unsigned code =
            len > 0 && bytes[0] <= 3 ? browser_reply(&browser->names, bytes, (size_t)len, &mapped) : 0;
        if (code == 0) continue;
        if (code == 200) {
            assert_int_equal(mapped.sin_port, browser->phone.address.sin_port);
            assert_int_equal(mapped.sin_addr.s_addr, browser->phone.address.sin_addr.s_addr);
        }
        return code;
    }
    return 0;
}

/* ---- DTLS by OpenSSL, as the client
 * ------------------------------------------------------------------------- */

static void certify(struct browser *browser, SSL_CTX *context)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    uint8_t digest[32];
    unsigned len = sizeof(digest);
    assert_true(key && certificate);
    (void)X509_set_version(certificate, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    (void)X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
    assert_int_equal(X509_digest(certificate, EVP_sha256(), digest, &len), 1);
    strcpy(browser->fingerprint, "sha-256 ");
    for (size_t i = 0; i < len; i++)
        (void)snprintf(browser->fingerprint + 8 + 3 * i, 4, "%02X%s", digest[i], i + 1 < len ? ":" : "");
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* What a browser checks: the server's certificate is the one of the SDP. */
static void check_fingerprint(const struct rig *rig, const struct browser *browser)
{
    X509 *certificate = SSL_get1_peer_certificate(browser->crypto->ssl);
    uint8_t digest[32];
    unsigned len = sizeof(digest);
    char text[MEDIA_FINGERPRINT_MAX] = "sha-256 ";
    assert_non_null(certificate);
    assert_int_equal(X509_digest(certificate, EVP_sha256(), digest, &len), 1);
    for (size_t i = 0; i < len; i++)
        (void)snprintf(text + 8 + 3 * i, 4, "%02X%s", digest[i], i + 1 < len ? ":" : "");
    assert_string_equal(text, media_secure_fingerprint(rig->engine));
    X509_free(certificate);
}

static void take_keys(struct browser *browser)
{
    uint8_t keys[60], tx[30], rx[30];
    static const char label[] = "EXTRACTOR-dtls_srtp";
    assert_non_null(SSL_get_selected_srtp_profile(browser->crypto->ssl));
    assert_int_equal(SSL_export_keying_material(browser->crypto->ssl, keys, sizeof(keys), label,
                                                sizeof(label) - 1, NULL, 0, 0),
                     1);
    memcpy(tx, keys, 16);
    memcpy(rx, keys + 16, 16);
    memcpy(tx + 16, keys + 32, 14);
    memcpy(rx + 16, keys + 46, 14);
    browser->crypto->tx = foreign_srtp_new(tx);
    browser->crypto->rx = foreign_srtp_new(rx);
}

bool browser_handshake(struct browser *browser)
{
    BIO *wire = BIO_new_dgram(browser->phone.fd, BIO_NOCLOSE);
    BIO_ADDR *to = BIO_ADDR_new();
    assert_true(wire && to);
    (void)BIO_ADDR_rawmake(to, AF_INET, &browser->phone.engine.sin_addr, sizeof(struct in_addr),
                           browser->phone.engine.sin_port);
    (void)BIO_dgram_set_peer(wire, to);
    BIO_ADDR_free(to);
    browser->crypto->ssl = SSL_new(browser->crypto->context);
    SSL_set_bio(browser->crypto->ssl, wire, wire);
    for (int i = 0; i < 20; i++) {
        int result = SSL_connect(browser->crypto->ssl);
        if (result == 1) {
            take_keys(browser);
            return true;
        }
        if (SSL_get_error(browser->crypto->ssl, result) != SSL_ERROR_WANT_READ) return false;
        (void)DTLSv1_handle_timeout(browser->crypto->ssl);
    }
    return false;
}

/* ---- the whole
 * ---------------------------------------------------------------------------------------------- */

static void set_up(struct browser *browser)
{
    SSL_CTX *context = SSL_CTX_new(DTLS_client_method());
    assert_non_null(context);
    assert_int_equal(SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80"), 0);
    browser->crypto = calloc(1, sizeof(*browser->crypto));
    assert_non_null(browser->crypto);
    browser->crypto->context = context;
    certify(browser, context);
    browser->phone.fd = socket_on_loopback(&browser->phone.address);
}

void browser_open_offered(struct rig *rig, struct browser *browser, uint64_t endpoint_id)
{
    *browser = (struct browser){.phone = {.endpoint_id = endpoint_id,
                                          .codec = FAR_CODEC_PCMA,
                                          .ssrc = (uint32_t)endpoint_id * 1000,
                                          .sequence = (uint16_t)(endpoint_id * 7919 & 0x7fff)}};
    set_up(browser);
    assert_int_equal(media_endpoint_open(rig->engine, endpoint_id, endpoint_id, &browser->phone.engine),
                     FAR_OK);
    assert_int_equal(media_secure_local(&browser->names), FAR_OK);
    assert_int_equal(media_endpoint_secure(rig->engine, endpoint_id, &browser->names), FAR_OK);
    (void)rig_stats(rig, endpoint_id);
}

void browser_answer(struct rig *rig, struct browser *browser, const char *fingerprint)
{
    uint64_t id = browser->phone.endpoint_id;
    strcpy(browser->names.remote_ufrag, UFRAG);
    strcpy(browser->names.remote_fingerprint, fingerprint);
    assert_int_equal(media_endpoint_secure(rig->engine, id, &browser->names), FAR_OK);
    struct media_remote remote = phone_remote(&browser->phone);
    remote.address = (struct sockaddr_in){.sin_family = AF_INET}; /* browsers hide it */
    assert_int_equal(media_endpoint_set_remote(rig->engine, id, &remote), FAR_OK);
    (void)rig_stats(rig, id);
}

void browser_open(struct rig *rig, struct browser *browser, uint64_t endpoint_id, uint64_t group,
                  enum far_codec codec)
{
    *browser = (struct browser){.phone = {.endpoint_id = endpoint_id,
                                          .codec = codec,
                                          .ssrc = (uint32_t)endpoint_id * 1000,
                                          .sequence = (uint16_t)(endpoint_id * 7919 & 0x7fff)}};
    set_up(browser);
    assert_int_equal(media_endpoint_open(rig->engine, endpoint_id, group, &browser->phone.engine), FAR_OK);
    assert_int_equal(media_secure_local(&browser->names), FAR_OK);
    browser_answer(rig, browser, browser->fingerprint);
}

void browser_done(struct browser *browser)
{
    foreign_srtp_free(browser->crypto->tx);
    foreign_srtp_free(browser->crypto->rx);
    SSL_free(browser->crypto->ssl);
    SSL_CTX_free(browser->crypto->context);
    free(browser->crypto);
    phone_done(&browser->phone);
}

void browser_connect(struct rig *rig, struct browser *browser)
{
    const struct browser_check good = {.nominate = true};
    assert_int_equal(browser_checks(browser, &good), 200);
    assert_true(browser_handshake(browser));
    check_fingerprint(rig, browser);
    struct media_event event = rig_wait(rig, MEDIA_EV_SECURE, browser->phone.endpoint_id);
    if (!event.secure.up) fail_msg("not secure: %s", event.secure.text);
}

void browser_move(struct browser *browser)
{
    (void)close(browser->phone.fd);
    browser->phone.fd = socket_on_loopback(&browser->phone.address);
}

static size_t seal(struct browser *browser, uint8_t payload_type, bool marker, uint32_t timestamp,
                   const uint8_t *payload, size_t payload_len, uint8_t *packet)
{
    const struct far_rtp rtp = {.payload_type = payload_type,
                                .marker = marker,
                                .sequence = browser->phone.sequence++,
                                .timestamp = timestamp,
                                .ssrc = browser->phone.ssrc};
    size_t len = FAR_RTP_HEADER + payload_len;
    far_rtp_encode(&rtp, packet);
    memcpy(packet + FAR_RTP_HEADER, payload, payload_len);
    assert_true(foreign_srtp_seal(browser->crypto->tx, packet, &len, FAR_RTP_BYTES_MAX));
    return len;
}

size_t browser_seal(struct browser *browser, uint8_t byte, uint8_t ret_packet[FAR_RTP_BYTES_MAX])
{
    uint8_t payload[FAR_G711_FRAME];
    memset(payload, byte, sizeof(payload));
    browser->phone.timestamp += FAR_G711_FRAME;
    return seal(browser, (uint8_t)browser->phone.codec, false, browser->phone.timestamp, payload,
                sizeof(payload), ret_packet);
}

void browser_say(struct browser *browser, uint8_t byte)
{
    uint8_t packet[FAR_RTP_BYTES_MAX];
    phone_send_raw(&browser->phone, packet, browser_seal(browser, byte, packet));
}

void browser_event(struct browser *browser, const uint8_t payload[4], uint32_t timestamp, bool marker)
{
    uint8_t packet[FAR_RTP_BYTES_MAX];
    phone_send_raw(&browser->phone, packet, seal(browser, 101, marker, timestamp, payload, 4, packet));
}

void browser_report(struct browser *browser, uint32_t about_ssrc, uint32_t lost)
{
    uint8_t packet[ROOM];
    const struct far_rtcp_report report = {
        .ssrc = browser->phone.ssrc, .block = true, .about_ssrc = about_ssrc, .lost = (int32_t)lost};
    size_t len = far_rtcp_encode(&report, "browser", packet);
    assert_true(foreign_srtcp_seal(browser->crypto->tx, packet, &len, sizeof(packet)));
    phone_send_raw(&browser->phone, packet, len);
}

/* The next packet of SRTP, or of SRTCP. */
static bool hear(struct browser *browser, bool rtcp, struct heard *ret_heard)
{
    struct pollfd wait = {.fd = browser->phone.fd, .events = POLLIN};
    while (poll(&wait, 1, 2 * RIG_WAIT_MS) == 1) {
        ssize_t len = recv(browser->phone.fd, ret_heard->bytes, sizeof(ret_heard->bytes), MSG_DONTWAIT);
        if (len < 12 || ret_heard->bytes[0] >> 6 != 2) continue; /* STUN, DTLS */
        bool is_rtcp = ret_heard->bytes[1] >= 192 && ret_heard->bytes[1] <= 223;
        ret_heard->len = (size_t)len;
        assert_true(is_rtcp ? foreign_srtcp_open(browser->crypto->rx, ret_heard->bytes, &ret_heard->len)
                            : foreign_srtp_open(browser->crypto->rx, ret_heard->bytes, &ret_heard->len));
        if (is_rtcp == rtcp) return true;
    }
    return false;
}

void browser_expect(struct browser *browser, uint8_t byte, struct heard *ret_heard)
{
    for (unsigned i = 0; i < 1000; i++) {
        if (!hear(browser, false, ret_heard)) fail_msg("nothing was heard, 0x%02x was expected", byte);
        assert_int_equal(far_rtp_decode(ret_heard->bytes, ret_heard->len, &ret_heard->rtp), FAR_OK);
        if (ret_heard->bytes[ret_heard->rtp.payload_offset] == byte) return;
    }
    fail_msg("0x%02x was never heard", byte);
}

void browser_expect_report(struct browser *browser)
{
    struct heard heard;
    struct far_rtcp_report report;
    if (!hear(browser, true, &heard)) fail_msg("no RTCP came");
    assert_int_equal(far_rtcp_decode(heard.bytes, heard.len, &report), FAR_OK);
}
