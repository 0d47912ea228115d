/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"
#include "far/clock.h"
#include "far/id.h"
#include "far/media/g711.h"
#include "far/media/rtp.h"
#include "far/media/tone.h"
#include "far/test.h"
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 3000
#define FRAME   160

static char answer[8192];

const char *client_answer(void)
{
    return answer;
}

static int socket_open(const char *from, uint16_t *ret_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && inet_pton(AF_INET, from, &at.sin_addr) == 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

void client_open(struct client *client, const char *from, uint16_t server_port)
{
    *client = (struct client){.from = from, .server_port = server_port, .cseq = 0};
    client->sip = socket_open(from, &client->sip_port);
    for (int i = 0; i < 2; i++)
        client->rtp[i] = socket_open(from, &client->rtp_port[i]);
    far_id_new_text(client->call_id);
}

void client_close(struct client *client)
{
    close(client->sip);
    close(client->rtp[0]);
    close(client->rtp[1]);
}

static void send_to(int fd, uint16_t port, const void *data, size_t len)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to)), len);
}

static void request_send(struct client *client, const char *method, unsigned cseq, const char *type,
                         const char *body)
{
    static char text[16384];
    int len =
        snprintf(text, sizeof(text),
                 "%s sip:recorder@127.0.0.1:%u SIP/2.0\r\nVia: SIP/2.0/UDP %s:%u;branch=z9hG4bK%.8s%s%u\r\n"
                 "Max-Forwards: 70\r\nFrom: <sip:src@%s>;tag=src\r\nTo: <sip:recorder@127.0.0.1>%s%s\r\n"
                 "Call-ID: %s\r\nCSeq: %u %s\r\nContact: <sip:src@%s:%u>;+sip.src\r\n%s%s%s%s"
                 "Content-Length: %zu\r\n\r\n%s",
                 method, client->server_port, client->from, client->sip_port, client->call_id + 24, method,
                 cseq, client->from, client->to_tag[0] ? ";tag=" : "", client->to_tag, client->call_id, cseq,
                 method, client->from, client->sip_port,
                 strcmp(method, "INVITE") == 0 ? "Require: siprec\r\n" : "", type ? "Content-Type: " : "",
                 type ? type : "", type ? "\r\n" : "", body ? strlen(body) : 0, body ? body : "");
    assert_true(len > 0 && len < (int)sizeof(text));
    send_to(client->sip, client->server_port, text, (size_t)len);
}

/* The final response to our request; requests of the other side (BYE) are passed over. */
static int response_wait(struct client *client, unsigned cseq)
{
    uint64_t end_ms = far_clock_mono_ms() + WAIT_MS;
    char wanted[32];
    (void)snprintf(wanted, sizeof(wanted), "CSeq: %u ", cseq);
    for (uint64_t now_ms = far_clock_mono_ms(); now_ms < end_ms; now_ms = far_clock_mono_ms()) {
        struct pollfd wait = {.fd = client->sip, .events = POLLIN};
        if (poll(&wait, 1, (int)(end_ms - now_ms)) != 1) break;
        ssize_t len = recv(client->sip, answer, sizeof(answer) - 1, 0);
        if (len <= 0) continue;
        answer[len] = '\0';
        int status = atoi(answer + 8);
        if (strncmp(answer, "SIP/2.0 ", 8) != 0 || status < 200 || !strstr(answer, wanted)) continue;
        const char *to = strstr(answer, "\r\nTo:"), *tag = to ? strstr(to, ";tag=") : NULL;
        if (tag && status < 300) (void)sscanf(tag + 5, "%63[^;\r\n]", client->to_tag);
        return status;
    }
    return 0;
}

static const char *body_of(const struct client *client, const struct client_offer *offer)
{
    static char body[8192];
    int first = offer->right_first ? 2 : 1;
    (void)snprintf(
        body, sizeof(body),
        "--cut\r\nContent-Type: application/sdp\r\n\r\nv=0\r\no=src 1 %u IN IP4 %s\r\ns=-\r\nc=IN IP4 "
        "%s\r\nt=0 0\r\n"
        "m=audio %u RTP/AVP 8 0\r\na=label:%d\r\na=sendonly\r\nm=audio %u RTP/AVP 8 "
        "0\r\na=label:%d\r\na=sendonly\r\n"
        "\r\n--cut\r\nContent-Type: application/rs-metadata+xml\r\nContent-Disposition: "
        "recording-session\r\n\r\n"
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<recording "
        "xmlns=\"urn:ietf:params:xml:ns:recording:1\">"
        "<datamode>complete</datamode><session session_id=\"%s\"/>"
        "<participant participant_id=\"p1\"><nameID "
        "aor=\"sip:13800138000@hq\"><name>王小姐</name></nameID></participant>"
        "<participant participant_id=\"p2\"><nameID aor=\"sip:anna@hq\"/></participant>"
        "<stream stream_id=\"s1\"><label>1</label></stream><stream stream_id=\"s2\"><label>2</label></stream>"
        "<participantstreamassoc participant_id=\"p1\"><send>s1</send></participantstreamassoc>"
        "<participantstreamassoc participant_id=\"p2\"><send>s2</send></participantstreamassoc>"
        "<contact xmlns=\"urn:farseat:recording:1\" contact_id=\"%s\" segment_id=\"seg\" agent_id=\"%s\" "
        "queue_id=\"sales\"/>"
        "</recording>\r\n--cut--\r\n",
        client->cseq, client->from, client->from, client->rtp_port[0], first, client->rtp_port[1], 3 - first,
        offer->recording_id, offer->contact_id, offer->agent_id);
    return body;
}

int client_invite(struct client *client, const struct client_offer *offer)
{
    unsigned cseq = ++client->cseq;
    const char *type = offer->type ? offer->type : "multipart/mixed;boundary=\"cut\"";
    request_send(client, "INVITE", cseq, type, offer->body ? offer->body : body_of(client, offer));
    int status = response_wait(client, cseq);
    if (status >= 200) request_send(client, "ACK", cseq, NULL, NULL);
    if (status != 200) return status;
    const char *line = strstr(answer, "\r\nm=audio ");
    for (int i = 0; i < 2 && line; i++, line = strstr(line + 4, "\r\nm=audio "))
        client->to_port[i] = (uint16_t)atoi(line + 10);
    return status;
}

int client_update(struct client *client, const struct client_offer *offer)
{
    unsigned cseq = ++client->cseq;
    char xml[4096];
    const char *begin = strstr(body_of(client, offer), "<?xml"), *end = strstr(begin, "\r\n--cut--");
    (void)snprintf(xml, sizeof(xml), "%.*s", (int)(end - begin), begin);
    request_send(client, "UPDATE", cseq, "application/rs-metadata+xml", xml);
    return response_wait(client, cseq);
}

int client_options_tcp(uint16_t server_port)
{
    static const char request[] =
        "OPTIONS sip:recorder@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKtcp\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:src@127.0.0.1>;tag=t\r\nTo: <sip:recorder@127.0.0.1>\r\n"
        "Call-ID: tcp\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(server_port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(write(fd, request, sizeof(request) - 1), sizeof(request) - 1);
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
    ssize_t len = read(fd, answer, sizeof(answer) - 1);
    close(fd);
    assert_true(len > 12);
    answer[len] = '\0';
    return atoi(answer + 8);
}

int client_bye(struct client *client)
{
    unsigned cseq = ++client->cseq;
    request_send(client, "BYE", cseq, NULL, NULL);
    return response_wait(client, cseq);
}

int client_options(struct client *client)
{
    unsigned cseq = ++client->cseq;
    request_send(client, "OPTIONS", cseq, NULL, NULL);
    return response_wait(client, cseq);
}

/* Via, From, To, Call-ID and CSeq as they came. */
static void request_answer(const struct client *client, const char *request, int status)
{
    static const char *const names[] = {"Via:", "From:", "To:", "Call-ID:", "CSeq:"};
    char text[4096];
    int len = snprintf(text, sizeof(text), "SIP/2.0 %d Answer\r\n", status);
    for (const char *line = strstr(request, "\r\n"); line && line[2] != '\r'; line = strstr(line + 2, "\r\n"))
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            if (strncmp(line + 2, names[i], strlen(names[i])) == 0)
                len += snprintf(text + len, sizeof(text) - (size_t)len, "%.*s\r\n",
                                (int)strcspn(line + 2, "\r"), line + 2);
    len += snprintf(text + len, sizeof(text) - (size_t)len, "Content-Length: 0\r\n\r\n");
    send_to(client->sip, client->server_port, text, (size_t)len);
}

unsigned client_silence(struct client *client, unsigned ms, int status)
{
    uint64_t end_ms = far_clock_mono_ms() + ms;
    unsigned asked = 0;
    int last = -1;
    for (uint64_t now_ms = far_clock_mono_ms(); now_ms < end_ms; now_ms = far_clock_mono_ms()) {
        struct pollfd wait = {.fd = client->sip, .events = POLLIN};
        if (poll(&wait, 1, (int)(end_ms - now_ms)) != 1) break;
        ssize_t len = recv(client->sip, answer, sizeof(answer) - 1, 0);
        if (len <= 0) continue;
        answer[len] = '\0';
        const char *cseq = strstr(answer, "\r\nCSeq:");
        if (strncmp(answer, "OPTIONS ", 8) == 0 && cseq) {
            if (atoi(cseq + 7) != last) asked++;
            last = atoi(cseq + 7);
            if (status != 0) request_answer(client, answer, status);
        } else if (strncmp(answer, "BYE ", 4) == 0) {
            request_answer(client, answer, 200);
            break;
        }
    }
    return asked;
}

void client_talk(struct client *client, unsigned ms, unsigned lose)
{
    static const double tones[2] = {CLIENT_LEFT_HZ, CLIENT_RIGHT_HZ};
    uint64_t began_us = far_clock_mono_us();
    for (unsigned n = 0; n < ms / 20; n++, client->packets++) {
        uint64_t due_us = began_us + (n + 1) * 20000ull, now_us = far_clock_mono_us();
        struct timespec pause = {.tv_nsec = (long)(due_us > now_us ? (due_us - now_us) * 1000u : 0)};
        (void)nanosleep(&pause, NULL); /* sound comes in real time */
        for (int side = 0; side < 2; side++) {
            int16_t pcm[FRAME] = {0};
            uint8_t packet[FAR_RTP_HEADER + FRAME];
            struct far_rtp rtp = {.payload_type = FAR_CODEC_PCMA,
                                  .sequence = (uint16_t)(65000u + client->packets),
                                  .timestamp = (uint32_t)(4294900000u + client->packets * FRAME),
                                  .ssrc = 1000u + (uint32_t)side};
            if (side == 0 && lose > 0 && client->packets % lose == lose - 1) continue;
            far_tone_add(pcm, FRAME, client->packets * FRAME, tones[side], 8000.0, 8000);
            far_rtp_encode(&rtp, packet);
            far_g711_encode(FAR_CODEC_PCMA, pcm, FRAME, packet + FAR_RTP_HEADER);
            send_to(client->rtp[side], client->to_port[side], packet, sizeof(packet));
        }
    }
}
