/* SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"
#include "secure_stun.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SEQUENCE_FIRST_MAX 0x7fffu /* secure_srtp_seal() says why */
#define DTLS_HANDSHAKE     22u     /* content type */

struct secure *secure_new(const struct media_secure *names)
{
    struct secure *secure = calloc(1, sizeof(*secure));
    if (secure) secure->names = *names;
    return secure;
}

static void forget_keys(struct secure *secure)
{
    secure->dtls = secure_dtls_destroy(secure->dtls);
    secure->rx = secure_srtp_destroy(secure->rx);
    secure->tx = secure_srtp_destroy(secure->tx);
    secure->keyed = false;
}

struct secure *secure_free(struct secure *secure)
{
    if (!secure) return NULL;
    forget_keys(secure);
    free(secure);
    return NULL;
}

static void drop(struct media_thread *thread, struct endpoint *endpoint, enum media_drop why)
{
    endpoint->stats.rx_dropped++;
    counter_add(&thread->counters.dropped[why], 1);
}

static void end_handshake(struct media_thread *thread, struct secure *secure)
{
    if (secure->handshaking) gauge_add(&thread->counters.handshaking, -1);
    secure->handshaking = false;
}

static void tell(struct media_thread *thread, struct endpoint *endpoint, bool up, const char *text)
{
    struct media_event event = {.kind = MEDIA_EV_SECURE, .secure = {.up = up}};
    (void)snprintf(event.secure.text, sizeof(event.secure.text), "%s", text);
    thread_emit(thread, endpoint, &event);
}

static void fail(struct media_thread *thread, struct endpoint *endpoint, const char *why)
{
    struct secure *secure = endpoint->secure;
    end_handshake(thread, secure);
    forget_keys(secure);
    secure->state = SECURE_FAILED;
    secure->deadline_us = 0;
    endpoint->to_known = false;
    counter_add(&thread->counters.handshakes_failed, 1);
    tell(thread, endpoint, false, why);
}

static void direct(struct endpoint *endpoint)
{
    endpoint->to = endpoint->secure->nominee;
    endpoint->to_known = true;
}

/* Go UP, or fail, when all that it takes is here. */
static void settle(struct media_thread *thread, struct endpoint *endpoint)
{
    struct secure *secure = endpoint->secure;
    const char *expected = secure->names.remote_fingerprint;
    if (secure->state == SECURE_FAILED || !secure->keyed || expected[0] == '\0') return;
    if (strcmp(expected, secure->certificate) != 0) {
        fail(thread, endpoint, "the DTLS certificate is not the one of the SDP's fingerprint");
        return;
    }
    if (secure->state == SECURE_UP || !secure->nominated) return;
    secure->state = SECURE_UP;
    secure->deadline_us = 0;
    direct(endpoint);
    tell(thread, endpoint, true, "");
}

void secure_set(struct media_thread *thread, struct endpoint *endpoint, struct secure *secure)
{
    if (!endpoint->secure) {
        endpoint_disconnect(endpoint);
        endpoint->to_known = false;
        endpoint->latch = (struct latch){0};
        endpoint->tx.sequence &= SEQUENCE_FIRST_MAX;
        endpoint->secure = secure;
    } else {
        endpoint->secure->names = secure->names;
        (void)secure_free(secure);
    }
    struct secure *own = endpoint->secure;
    if (own->state == SECURE_WAITING && own->names.remote_fingerprint[0] && own->deadline_us == 0)
        own->deadline_us = thread->now_us + SECURE_WAIT_US;
    settle(thread, endpoint);
}

/* ---- STUN
 * -------------------------------------------------------------------------------------------------- */

static struct secure_path *find_path(struct secure *secure, const struct sockaddr_in *from)
{
    for (size_t i = 0; i < secure->paths_len; i++)
        if (latch_same(&secure->paths[i].address, from)) return &secure->paths[i];
    return NULL;
}

/* The oldest gives way, but never the one that is in use. */
static struct secure_path *new_path(struct secure *secure)
{
    struct secure_path *oldest = NULL;
    if (secure->paths_len < SECURE_PATHS_MAX) return &secure->paths[secure->paths_len++];
    for (size_t i = 0; i < SECURE_PATHS_MAX; i++) {
        struct secure_path *path = &secure->paths[i];
        if (secure->nominated && latch_same(&path->address, &secure->nominee)) continue;
        if (!oldest || path->checked_at_us < oldest->checked_at_us) oldest = path;
    }
    return oldest;
}

static void send_to(const struct endpoint *endpoint, const struct sockaddr_in *to, const uint8_t *bytes,
                    size_t len)
{
    /* What is lost here is asked for again. */
    (void)sendto(endpoint->rtp_fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)to,
                 sizeof(*to));
}

static void receive_stun(struct media_thread *thread, struct endpoint *endpoint,
                         const struct sockaddr_in *from, size_t len)
{
    struct secure *secure = endpoint->secure;
    const struct secure_stun_names names = {.local_ufrag = secure->names.local_ufrag,
                                            .local_pwd = secure->names.local_pwd,
                                            .remote_ufrag = secure->names.remote_ufrag};
    uint8_t reply[SECURE_STUN_REPLY_MAX];
    size_t reply_len = 0;
    bool nominates = false;
    enum secure_stun_verdict verdict =
        secure_stun_answer(&names, thread->buffer, len, from, &nominates, reply, &reply_len);
    if (verdict == SECURE_STUN_PASSED || verdict == SECURE_STUN_REFUSED)
        send_to(endpoint, from, reply, reply_len);
    if (verdict == SECURE_STUN_BAD || verdict == SECURE_STUN_REFUSED) drop(thread, endpoint, MEDIA_DROP_STUN);
    if (verdict != SECURE_STUN_PASSED) return;
    struct secure_path *path = find_path(secure, from);
    if (!path) path = new_path(secure);
    *path = (struct secure_path){.address = *from, .checked_at_us = thread->now_us};
    endpoint->stats.rtcp_last_at_us = thread->now_us;
    if (!nominates) return;
    secure->nominee = *from;
    secure->nominated = true;
    if (secure->state == SECURE_UP)
        direct(endpoint);
    else
        settle(thread, endpoint);
}

/* ---- DTLS
 * -------------------------------------------------------------------------------------------------- */

static void send_dtls(void *arg, const uint8_t *bytes, size_t len)
{
    const struct endpoint *endpoint = arg;
    send_to(endpoint, &endpoint->secure->dtls_to, bytes, len);
}

static bool begin_handshake(struct media_thread *thread, struct endpoint *endpoint)
{
    struct secure *secure = endpoint->secure;
    uint32_t count = atomic_load_explicit(&thread->counters.handshaking, memory_order_relaxed);
    if (thread->buffer[0] != DTLS_HANDSHAKE || count >= SECURE_HANDSHAKES_MAX) return false;
    if (secure_dtls_create(thread->engine->dtls, send_dtls, endpoint, &secure->dtls) != FAR_OK) return false;
    secure->handshaking = true;
    if (secure->deadline_us == 0) secure->deadline_us = thread->now_us + SECURE_WAIT_US;
    gauge_add(&thread->counters.handshaking, 1);
    counter_add(&thread->counters.handshakes, 1);
    return true;
}

static void take_keys(struct media_thread *thread, struct endpoint *endpoint)
{
    struct secure *secure = endpoint->secure;
    uint8_t rx[SECURE_SRTP_MASTER] = {0}, tx[SECURE_SRTP_MASTER] = {0};
    enum far_err err = secure_dtls_result(secure->dtls, secure->certificate, rx, tx);
    bool common = err == FAR_OK;
    if (err == FAR_OK) err = secure_srtp_create(rx, &secure->rx);
    if (err == FAR_OK) err = secure_srtp_create(tx, &secure->tx);
    explicit_bzero(rx, sizeof(rx));
    explicit_bzero(tx, sizeof(tx));
    if (err != FAR_OK) {
        fail(thread, endpoint, common ? far_err_text(err) : "no SRTP profile in common, or no certificate");
        return;
    }
    end_handshake(thread, secure);
    secure->keyed = true;
    /* The SDP answer may take as long as the phone rings. */
    if (secure->names.remote_fingerprint[0] == '\0') secure->deadline_us = 0;
    settle(thread, endpoint);
}

static void fail_handshake(struct media_thread *thread, struct endpoint *endpoint)
{
    char text[MEDIA_TEXT_MAX];
    (void)snprintf(text, sizeof(text), "DTLS: %s", secure_dtls_why(endpoint->secure->dtls));
    fail(thread, endpoint, text);
}

static void receive_dtls(struct media_thread *thread, struct endpoint *endpoint,
                         const struct sockaddr_in *from, size_t len)
{
    struct secure *secure = endpoint->secure;
    if (!find_path(secure, from) || (!secure->dtls && !begin_handshake(thread, endpoint))) {
        drop(thread, endpoint, MEDIA_DROP_DTLS);
        return;
    }
    secure->dtls_to = *from;
    enum secure_dtls_state state = secure_dtls_receive(secure->dtls, thread->buffer, len);
    if (state == SECURE_DTLS_FAILED)
        fail_handshake(thread, endpoint);
    else if (state == SECURE_DTLS_UP && !secure->keyed)
        take_keys(thread, endpoint);
}

/* ---- SRTP
 * -------------------------------------------------------------------------------------------------- */

static size_t receive_srtp(struct media_thread *thread, struct endpoint *endpoint,
                           const struct sockaddr_in *from, size_t len)
{
    struct secure *secure = endpoint->secure;
    if (secure->state != SECURE_UP) {
        drop(thread, endpoint, MEDIA_DROP_UNSECURED);
        return 0;
    }
    if (!find_path(secure, from)) {
        drop(thread, endpoint, MEDIA_DROP_STRAY);
        return 0;
    }
    bool rtcp = len > 1 && thread->buffer[1] >= 192 && thread->buffer[1] <= 223; /* RFC 5761 4 */
    enum far_err err = rtcp ? secure_srtcp_open(secure->rx, thread->buffer, &len)
                            : secure_srtp_open(secure->rx, thread->buffer, &len);
    if (err != FAR_OK) {
        drop(thread, endpoint, MEDIA_DROP_SRTP);
        return 0;
    }
    if (!rtcp) return len;
    packet_heard_rtcp(thread, endpoint, from, len);
    return 0;
}

size_t secure_receive(struct media_thread *thread, struct endpoint *endpoint, const struct sockaddr_in *from,
                      size_t len)
{
    uint8_t first = thread->buffer[0];
    if (endpoint->secure->state == SECURE_FAILED)
        drop(thread, endpoint, MEDIA_DROP_UNSECURED);
    else if (first <= 3)
        receive_stun(thread, endpoint, from, len);
    else if (first >= 20 && first <= 63)
        receive_dtls(thread, endpoint, from, len);
    else if (first >= 128 && first <= 191)
        return receive_srtp(thread, endpoint, from, len);
    else
        drop(thread, endpoint, MEDIA_DROP_NOT_RTP);
    return 0;
}

bool secure_seal_rtp(struct endpoint *endpoint, uint8_t *packet, size_t *len)
{
    struct secure *secure = endpoint->secure;
    return secure->state == SECURE_UP && secure_srtp_seal(secure->tx, packet, len) == FAR_OK;
}

bool secure_seal_rtcp(struct endpoint *endpoint, uint8_t *packet, size_t *len)
{
    struct secure *secure = endpoint->secure;
    return secure->state == SECURE_UP && secure_srtcp_seal(secure->tx, packet, len) == FAR_OK;
}

static const char *why_late(const struct secure *secure)
{
    if (secure->paths_len == 0)
        return "no STUN check came within 15 s: can the browser reach this host's media ports by UDP?";
    if (!secure->dtls) return "the browser began no DTLS handshake within 15 s";
    if (!secure->keyed) return "the DTLS handshake did not end within 15 s";
    return "the browser nominated no address within 15 s";
}

void secure_housekeep(struct media_thread *thread, struct endpoint *endpoint)
{
    struct secure *secure = endpoint->secure;
    if (secure->handshaking && secure_dtls_tick(secure->dtls) == SECURE_DTLS_FAILED)
        fail_handshake(thread, endpoint);
    if (secure->state == SECURE_WAITING && secure->deadline_us > 0 && thread->now_us >= secure->deadline_us)
        fail(thread, endpoint, why_late(secure));
}
