/* SPDX-License-Identifier: Apache-2.0 */
#include "far/clock.h"
#include "far/str.h"
#include "phones_private.h"
#include "row.h"
#include <arpa/inet.h>
#include <openssl/evp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM       (4 << 20)
#define EXCHANGE_T 500000u /* send again after so long [us] */

static int open_socket(const struct sockaddr_in *wanted, struct sockaddr_in *ret_address)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    int room = ROOM, fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (wanted) address = *wanted;
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        bench_die("no UDP socket on %s:%u", inet_ntoa(address.sin_addr), ntohs(address.sin_port));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    *ret_address = address;
    return fd;
}

static void write_address(const struct sockaddr_in *address, char out[24])
{
    (void)snprintf(out, 24, "%s:%u", inet_ntoa(address->sin_addr), ntohs(address->sin_port));
}

struct phones *phones_create(const struct sockaddr_in *target, const struct sockaddr_in *caller,
                             const struct sockaddr_in *agent)
{
    struct sockaddr_in address;
    struct phones *phones = calloc(1, sizeof(*phones));
    if (!phones) bench_die("no memory");
    phones->target = *target;
    phones->token = (unsigned)getpid();
    phones->caller_fd = open_socket(caller, &address);
    write_address(&address, phones->caller);
    phones->agent_fd = open_socket(agent, &address);
    write_address(&address, phones->agent);
    phones->sound_fd = open_socket(NULL, &address);
    phones->sound_port = ntohs(address.sin_port);
    return phones;
}

struct phones *phones_destroy(struct phones *phones)
{
    if (!phones) return NULL;
    (void)close(phones->caller_fd);
    (void)close(phones->agent_fd);
    (void)close(phones->sound_fd);
    free(phones);
    return NULL;
}

void phones_target(struct phones *phones, const struct sockaddr_in *target)
{
    phones->target = *target;
}

/* ---- One question, one answer ----------------------------------------------------------------------- */

/* Send and wait for the final response; what belongs to something else is dropped. */
static bool exchange(struct phones *phones, int fd, const char *message, const char *call_id,
                     char reply[SIP_MESSAGE_SIZE], uint64_t timeout_us)
{
    char id[128];
    uint64_t began_us = far_clock_mono_us(), sent_us = 0;
    for (uint64_t now_us = began_us; now_us - began_us < timeout_us; now_us = far_clock_mono_us()) {
        if (sent_us == 0 || now_us - sent_us > EXCHANGE_T) {
            (void)!sendto(fd, message, strlen(message), 0, (struct sockaddr *)&phones->target,
                          sizeof(phones->target));
            sent_us = now_us;
        }
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (poll(&wait, 1, 100) <= 0) continue;
        ssize_t len = recv(fd, reply, SIP_MESSAGE_SIZE - 1, 0);
        if (len <= 0) continue;
        reply[len] = '\0';
        if (sip_text_status(reply) >= 200 && sip_text_header(reply, "Call-ID", 0, id, sizeof(id)) &&
            strcmp(id, call_id) == 0)
            return true;
    }
    return false;
}

uint64_t phones_options_us(struct phones *phones)
{
    char message[SIP_MESSAGE_SIZE], reply[SIP_MESSAGE_SIZE], call_id[64];
    unsigned n = ++phones->exchanges;
    (void)snprintf(call_id, sizeof(call_id), "o%u-%u", phones->token, n);
    (void)snprintf(message, sizeof(message),
                   "OPTIONS sip:127.0.0.1:%u SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKo%u-%u\r\n"
                   "Max-Forwards: 70\r\nFrom: <sip:bench@127.0.0.1>;tag=o%u\r\nTo: <sip:127.0.0.1>\r\n"
                   "Call-ID: %s\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
                   ntohs(phones->target.sin_port), phones->caller, phones->token, n, n, call_id);
    uint64_t began_us = far_clock_mono_us();
    if (!exchange(phones, phones->caller_fd, message, call_id, reply, 2000000)) return 0;
    return far_clock_mono_us() - began_us;
}

static void md5(const char *text, char hex[33])
{
    unsigned char value[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    if (EVP_Digest(text, strlen(text), value, &len, EVP_md5(), NULL) != 1) bench_die("no MD5");
    far_str_hex(value, 16, hex);
}

/* RFC 2617's answer to the MD5 challenge among those of a 401, as a header line. */
static bool authorize(const char *reply, const char *user, const char *secret, const char *uri, char *out,
                      size_t size)
{
    char challenge[512], realm[128], nonce[200], text[600], ha1[33], ha2[33], response[33];
    unsigned nth = 0;
    while (sip_text_header(reply, "WWW-Authenticate", nth, challenge, sizeof(challenge)) &&
           strstr(challenge, "SHA-256"))
        nth++;
    if (!sip_text_parameter(challenge, "realm", realm, sizeof(realm)) ||
        !sip_text_parameter(challenge, "nonce", nonce, sizeof(nonce)))
        return false;
    (void)snprintf(text, sizeof(text), "%s:%s:%s", user, realm, secret);
    md5(text, ha1);
    (void)snprintf(text, sizeof(text), "REGISTER:%s", uri);
    md5(text, ha2);
    (void)snprintf(text, sizeof(text), "%s:%s:00000001:bench:auth:%s", ha1, nonce, ha2);
    md5(text, response);
    (void)snprintf(out, size,
                   "Authorization: Digest username=\"%s\", realm=\"%s\", nonce=\"%s\", uri=\"%s\", "
                   "response=\"%s\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"bench\"\r\n",
                   user, realm, nonce, uri, response);
    return true;
}

bool phones_register(struct phones *phones, const char *user, const char *secret, unsigned expires_s)
{
    char message[SIP_MESSAGE_SIZE], reply[SIP_MESSAGE_SIZE], call_id[128], uri[64], authorization[1024] = "";
    unsigned n = ++phones->exchanges;
    (void)snprintf(call_id, sizeof(call_id), "r%u-%.40s-%u", phones->token, user, n);
    (void)snprintf(uri, sizeof(uri), "sip:127.0.0.1:%u", ntohs(phones->target.sin_port));
    for (unsigned cseq = 1; cseq <= 2; cseq++) {
        (void)snprintf(message, sizeof(message),
                       "REGISTER %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKr%u-%u-%u\r\n"
                       "Max-Forwards: 70\r\nFrom: <sip:%s@127.0.0.1>;tag=r%u\r\nTo: <sip:%s@127.0.0.1>\r\n"
                       "Call-ID: %s\r\nCSeq: %u REGISTER\r\nContact: <sip:%s@%s>\r\n"
                       "Expires: %u\r\nUser-Agent: farseat-bench\r\n%sContent-Length: 0\r\n\r\n",
                       uri, phones->agent, phones->token, n, cseq, user, n, user, call_id, cseq, user,
                       phones->agent, expires_s, authorization);
        if (!exchange(phones, phones->agent_fd, message, call_id, reply, 5000000)) return false;
        if (sip_text_status(reply) == 200) return true;
        if (sip_text_status(reply) != 401 ||
            !authorize(reply, user, secret, uri, authorization, sizeof(authorization)))
            return false;
    }
    return false;
}

/* ---- The run ---------------------------------------------------------------------------------------- */

static void hear(struct phones *phones, int fd)
{
    char message[SIP_MESSAGE_SIZE];
    struct sockaddr_in from;
    for (;;) {
        socklen_t from_len = sizeof(from);
        ssize_t len = recvfrom(fd, message, sizeof(message) - 1, 0, (struct sockaddr *)&from, &from_len);
        if (len <= 0) return;
        uint64_t now_us = far_clock_mono_us();
        message[len] = '\0';
        if (fd == phones->caller_fd)
            phone_call_hear(phones, message, now_us);
        else
            phone_call_hear_agent(phones, message, &from, now_us);
    }
}

void phones_run(struct phones *phones, const struct phones_order *order, struct phones_result *result)
{
    double *ring_ms = result->ring_ms;
    size_t begun = 0;
    *result = (struct phones_result){.ring_ms = ring_ms};
    phones->order = order;
    phones->result = result;
    phones->ended = 0;
    uint64_t began_us = far_clock_mono_us(), ticked_us = 0;
    while (phones->ended < order->calls) {
        uint64_t now_us = far_clock_mono_us();
        while (begun < order->calls && (double)(now_us - began_us) * order->rate >= (double)begun * 1e6) {
            phone_call_begin(phones);
            begun++;
        }
        struct pollfd waits[2] = {{.fd = phones->caller_fd, .events = POLLIN},
                                  {.fd = phones->agent_fd, .events = POLLIN}};
        if (poll(waits, 2, 1) > 0) {
            hear(phones, phones->caller_fd);
            hear(phones, phones->agent_fd);
        }
        now_us = far_clock_mono_us();
        if (now_us - ticked_us < 1000) continue;
        ticked_us = now_us;
        for (size_t i = 0; i < PHONES_CALLS_MAX; i++)
            if (phones->calls[i].state != PHONE_CALL_FREE) phone_call_tick(phones, &phones->calls[i], now_us);
    }
}
