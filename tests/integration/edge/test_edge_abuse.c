/* SPDX-License-Identifier: Apache-2.0 */
/* Strangers, scanners and garbage: answered politely or not at all, and the edge goes on. */
#include "far/clock.h"
#include "far/rand.h"
#include "far/str.h"
#include "far/test.h"
#include "rig.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct rig rig;
static struct rig_edge *hq;
static int udp;
static unsigned serial; /* of requests */
static struct sockaddr_in address;

static int setup(void **state)
{
    (void)state;
    rig_start(&rig);
    rig.offer_sha256 = true;
    rig_user(&rig, "a1", "secret-1");
    hq = rig_edge(&rig, "edge-hq");
    udp = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)hq->sip_port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return udp >= 0 && connect(udp, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    (void)close(udp);
    rig_stop(&rig);
    return 0;
}

/* A request as text; from: the user of From. */
static size_t request(char *text, size_t size, const char *method, const char *from, const char *headers,
                      const char *body)
{
    serial++;
    return (size_t)snprintf(
        text, size,
        "%s sip:4001@127.0.0.1:%d SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK%u%d;rport\r\n"
        "From: <sip:%s@x>;tag=t%u\r\nTo: <sip:4001@x>\r\nCall-ID: c%u-%d\r\nCSeq: 1 %s\r\n"
        "Contact: <sip:x@127.0.0.1:9>\r\nMax-Forwards: 70\r\n%sContent-Length: %zu\r\n\r\n%s",
        method, hq->sip_port, serial, (int)getpid(), from, serial, serial, (int)getpid(), method, headers,
        strlen(body), body);
}

/* The final status of the last request() that comes back within ms; 0: none. text holds the response. */
static int status_of(int fd, char *text, size_t size, uint64_t ms)
{
    char call_id[64];
    (void)snprintf(call_id, sizeof(call_id), "Call-ID: c%u-%d\r\n", serial, (int)getpid());
    uint64_t end_ms = far_clock_mono_ms() + ms;
    while (far_clock_mono_ms() < end_ms) {
        ssize_t len = recv(fd, text, size - 1, 0);
        if (len > 0) {
            text[len] = '\0';
            if (!strstr(text, call_id)) continue; /* answers to garbage */
            int status = strncmp(text, "SIP/2.0 ", 8) == 0 ? atoi(text + 8) : 0;
            const char *next = strstr(text, "\r\n\r\nSIP/2.0 "); /* TCP: 100 and the final one together */
            if (status < 200 && next) status = atoi(next + 12);
            if (status >= 200) return status;
        }
        rig_turn(&rig, 5);
    }
    return 0;
}

static void drop_input(void)
{
    char text[4096];
    while (recv(udp, text, sizeof(text), 0) > 0)
        continue;
}

static int ask(const char *method, const char *from, char *answer, size_t size)
{
    char text[2048];
    size_t len = request(text, sizeof(text), method, from, "", "");
    drop_input();
    assert_int_equal(send(udp, text, len, 0), (ssize_t)len);
    return status_of(udp, answer, size, 3000);
}

static void it_lives(void)
{
    char answer[4096];
    assert_int_equal(ask("OPTIONS", "x", answer, sizeof(answer)), 200);
    assert_int_equal(kill(hq->pid, 0), 0);
}

static void methods_are_answered(void **state)
{
    char answer[4096];
    (void)state;
    assert_int_equal(ask("OPTIONS", "x", answer, sizeof(answer)), 200);
    assert_non_null(strstr(answer, "User-Agent: Farseat/"));
    assert_int_equal(ask("MESSAGE", "x", answer, sizeof(answer)), 405);
    assert_non_null(strstr(answer, "Allow: "));
    int status = ask("FROBNICATE", "x", answer, sizeof(answer));
    assert_true(status == 405 || status == 501);
    assert_int_equal(ask("BYE", "x", answer, sizeof(answer)), 481);
    assert_int_equal(ask("INFO", "x", answer, sizeof(answer)), 481);
    assert_true(ask("REFER", "x", answer, sizeof(answer)) >= 400);
}

static void strangers_stay_outside(void **state)
{
    char answer[4096], text[2048];
    (void)state;
    assert_int_equal(ask("INVITE", "scanner", answer, sizeof(answer)), 403);
    assert_int_equal(ask("INVITE", "a1", answer, sizeof(answer)), 401); /* one of ours must say who he is */
    assert_non_null(strstr(answer, "algorithm=SHA-256"));
    assert_non_null(strstr(answer, "algorithm=MD5"));
    size_t len = request(text, sizeof(text), "INVITE", "edge-branch",
                         "X-Farseat-Link: leg=l;bridge=b;edge=edge-branch;time=1;proof="
                         "0000000000000000000000000000000000000000000000000000000000000000\r\n",
                         "");
    drop_input();
    assert_int_equal(send(udp, text, len, 0), (ssize_t)len);
    assert_int_equal(status_of(udp, answer, sizeof(answer), 3000), 403);
    assert_false(rig_comes(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_INCOMING, 100));
}

static void without_credit_503(void **state)
{
    char answer[4096];
    (void)state;
    rig_trunk(&rig, "t1", "127.0.0.1/32");
    Farseat__V1__CreditCommand credit = FARSEAT__V1__CREDIT_COMMAND__INIT;
    assert_string_equal(rig_command(&rig, hq, "", FARSEAT__V1__EDGE_COMMAND__BODY_CREDIT, &credit), "");
    rig_turn(&rig, 100);
    assert_int_equal(ask("INVITE", "13800138000", answer, sizeof(answer)), 503);
    assert_non_null(strstr(answer, "Retry-After: 5"));
    for (int i = 0; i < 5; i++)
        assert_int_equal(ask("INVITE", "13800138000", answer, sizeof(answer)), 503);
    uint32_t count = 0, inputs = 0;
    while (count < 6) {
        count += rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_CALLS_REFUSED)->calls_refused->count;
        inputs++;
    }
    assert_int_equal(count, 6);
    assert_true(inputs <= 3); /* at most one a second */
    credit.incoming_legs_max = 100;
    assert_string_equal(rig_command(&rig, hq, "", FARSEAT__V1__EDGE_COMMAND__BODY_CREDIT, &credit), "");
}

static void garbage_by_udp_does_no_harm(void **state)
{
    static char text[60000];
    struct far_rand rand;
    (void)state;
    far_rand_init(&rand, 7);
    for (int round = 0; round < 400; round++) {
        size_t len = far_rand_below(&rand, 3000);
        switch (round % 4) {
        case 0: /* noise */
            for (size_t i = 0; i < len; i++)
                text[i] = (char)far_rand_u64(&rand);
            break;
        case 1: /* a request that was cut */
            len = far_rand_below(&rand, request(text, sizeof(text), "INVITE", "x", "", "v=0\r\n"));
            break;
        case 2: /* a request with some bytes changed */
            len = request(text, sizeof(text), round % 8 == 2 ? "REGISTER" : "INVITE", "a1", "", "v=0\r\n");
            for (int i = 0; i < 6; i++)
                text[far_rand_below(&rand, len)] = (char)far_rand_u64(&rand);
            break;
        default: /* one header that is far too long */
            len = request(text, 2000, "REGISTER", "a1", "", "");
            memset(text + len - 4, 'A', 20000);
            len += 20000;
        }
        (void)send(udp, text, len, 0);
        if (round % 20 == 0) rig_turn(&rig, 10);
    }
    it_lives();
}

static int tcp_open(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

static void a_message_may_come_in_pieces_by_tcp(void **state)
{
    char text[2048], answer[4096];
    (void)state;
    int fd = tcp_open();
    size_t len = request(text, sizeof(text), "OPTIONS", "x", "", "hello");
    memcpy(strstr(text, "SIP/2.0/UDP"), "SIP/2.0/TCP", 11);
    for (size_t at = 0; at < len;) {
        size_t piece = len - at < 37 ? len - at : 37;
        assert_int_equal(send(fd, text + at, piece, MSG_NOSIGNAL), (ssize_t)piece);
        at += piece;
        rig_turn(&rig, 10);
    }
    assert_int_equal(status_of(fd, answer, sizeof(answer), 3000), 200);
    (void)close(fd);
}

static void garbage_by_tcp_does_no_harm(void **state)
{
    static char text[65536];
    (void)state;
    memset(text, 'B', sizeof(text));
    for (int round = 0; round < 4; round++) {
        int fd = tcp_open();
        for (int i = 0; i < 16; i++) { /* a line without an end */
            (void)send(fd, text, sizeof(text), MSG_NOSIGNAL);
            rig_turn(&rig, 5);
        }
        (void)close(fd);
    }
    for (int round = 0; round < 20; round++) { /* a head that never ends, left alone */
        int fd = tcp_open();
        (void)send(fd, "INVITE sip:x SIP/2.0\r\nVia: ", 27, MSG_NOSIGNAL);
        (void)close(fd);
    }
    rig_turn(&rig, 100);
    it_lives();
}

/* An edge that comes up before the bus knows no phone yet: 403 would make them give up for long. */
static void before_the_bus_is_there_nobody_is_sent_away(void **state)
{
    static const char authorization[] =
        "Authorization: Digest username=\"a1\", realm=\"farseat\", nonce=\"of-a-former-life\", "
        "uri=\"sip:x\", response=\"00000000000000000000000000000000\", algorithm=MD5\r\n";
    char answer[4096], text[2048];
    int status = 0;
    (void)state;
    rig_edge_end(&rig, hq, SIGTERM);
    test_nats_kill(&rig.nats);
    rig_edge_launch(&rig, hq);
    for (int round = 0; round < 40 && status == 0; round++) {
        size_t len = request(text, sizeof(text), "REGISTER", "a1", authorization, "");
        drop_input();
        (void)send(udp, text, len, 0); /* nobody listens yet at first */
        status = status_of(udp, answer, sizeof(answer), 250);
    }
    assert_int_equal(status, 503);
    assert_non_null(strstr(answer, "Retry-After: 5"));
    test_nats_restart(&rig.nats);
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_EDGE_STARTED);
    for (int round = 0; round < 40 && status != 403; round++) {
        size_t len = request(text, sizeof(text), "REGISTER", "a1", authorization, "");
        drop_input();
        assert_int_equal(send(udp, text, len, 0), (ssize_t)len);
        status = status_of(udp, answer, sizeof(answer), 3000);
        rig_turn(&rig, 50);
    }
    assert_int_equal(status, 403); /* now it is known to be wrong */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods_are_answered),
        cmocka_unit_test(strangers_stay_outside),
        cmocka_unit_test(without_credit_503),
        cmocka_unit_test(garbage_by_udp_does_no_harm),
        cmocka_unit_test(a_message_may_come_in_pieces_by_tcp),
        cmocka_unit_test(garbage_by_tcp_does_no_harm),
        cmocka_unit_test(before_the_bus_is_there_nobody_is_sent_away),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
