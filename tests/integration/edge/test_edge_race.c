/* SPDX-License-Identifier: Apache-2.0 */
/* What crosses on the wire: CANCEL and 200, the ring timer and the answer, two phones of one agent. */
#include "far/clock.h"
#include "far/str.h"
#include "far/test.h"
#include "rig.h"
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct rig rig;
static struct rig_edge *hq;

static int setup(void **state)
{
    (void)state;
    rig_start(&rig);
    rig_trunk(&rig, "t1", "127.0.0.1/32");
    rig_user(&rig, "a1", "secret-1");
    hq = rig_edge(&rig, "edge-hq");
    rig_turn(&rig, 100);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

/* ---- a user agent of a few lines, which sends exactly what it is told -------------------------------------
 */

struct agent {
    int fd, port;
    char message[4096]; /* the last one that came */
};

static void agent_open(struct agent *agent, int port)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in there = {.sin_family = AF_INET, .sin_port = htons((uint16_t)hq->sip_port)};
    here.sin_addr.s_addr = there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    agent->port = port;
    agent->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(agent->fd >= 0);
    assert_int_equal(bind(agent->fd, (struct sockaddr *)&here, sizeof(here)), 0);
    assert_int_equal(connect(agent->fd, (struct sockaddr *)&there, sizeof(there)), 0);
}

/* A message that begins so and, with cseq, has that method in its CSeq; others are passed over. */
static bool agent_hears(struct agent *agent, const char *begin, const char *cseq, uint64_t ms)
{
    uint64_t end_ms = far_clock_mono_ms() + ms;
    while (far_clock_mono_ms() < end_ms) {
        ssize_t len = recv(agent->fd, agent->message, sizeof(agent->message) - 1, 0);
        if (len <= 0) {
            rig_turn(&rig, 2);
            continue;
        }
        agent->message[len] = '\0';
        const char *line = strstr(agent->message, "\r\nCSeq: ");
        bool right = far_str_starts(agent->message, begin) && line;
        if (right && (!cseq[0] || strstr(line + 8, cseq) == strchr(line + 8, ' ') + 1)) return true;
    }
    return false;
}

static void agent_says(struct agent *agent, const char *text)
{
    assert_int_equal(send(agent->fd, text, strlen(text), 0), (ssize_t)strlen(text));
}

static void header_of(const char *message, const char *name, char *ret_line, size_t size)
{
    char mark[32];
    (void)snprintf(mark, sizeof(mark), "\r\n%s: ", name);
    const char *at = strstr(message, mark);
    assert_non_null(at);
    (void)far_str_copy_len(ret_line, size, at + 2, strcspn(at + 2, "\r"));
}

/* A response to the request `message`. */
static void agent_replies(struct agent *agent, const char *request, const char *status, const char *tag,
                          bool sdp)
{
    char via[512], from[512], to[512], call_id[256], cseq[64], text[3000];
    const char *body = sdp ? "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                             "m=audio 9 RTP/AVP 8\r\n"
                           : "";
    header_of(request, "Via", via, sizeof(via));
    header_of(request, "From", from, sizeof(from));
    header_of(request, "To", to, sizeof(to));
    header_of(request, "Call-ID", call_id, sizeof(call_id));
    header_of(request, "CSeq", cseq, sizeof(cseq));
    (void)snprintf(text, sizeof(text),
                   "SIP/2.0 %s\r\n%s\r\n%s\r\n%s%s%s\r\n%s\r\n%s\r\nContact: <sip:a1@127.0.0.1:%d>\r\n%s"
                   "Content-Length: %zu\r\n\r\n%s",
                   status, via, from, to, strstr(to, "tag=") ? "" : ";tag=", strstr(to, "tag=") ? "" : tag,
                   call_id, cseq, agent->port, sdp ? "Content-Type: application/sdp\r\n" : "", strlen(body),
                   body);
    agent_says(agent, text);
}

/* A request of a caller's dialog. */
static void agent_asks(struct agent *agent, const char *method, unsigned call, unsigned cseq,
                       const char *branch, const char *to_tag, bool sdp)
{
    char text[2000];
    const char *body = sdp ? "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
                             "m=audio 9 RTP/AVP 8\r\n"
                           : "";
    (void)snprintf(
        text, sizeof(text),
        "%s sip:4001@127.0.0.1:%d SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%s%u\r\n"
        "From: <sip:13800138000@x>;tag=f%u\r\nTo: <sip:4001@x>%s%s\r\nCall-ID: race-%u\r\nCSeq: %u %s\r\n"
        "Contact: <sip:c@127.0.0.1:%d>\r\nMax-Forwards: 70\r\n%sContent-Length: %zu\r\n\r\n%s",
        method, hq->sip_port, agent->port, branch, call, call, to_tag[0] ? ";tag=" : "", to_tag, call, cseq,
        method, agent->port, sdp ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    agent_says(agent, text);
}

static void tag_of(const char *message, char ret_tag[64])
{
    char to[512];
    header_of(message, "To", to, sizeof(to));
    const char *at = strstr(to, "tag=");
    (void)far_str_copy(ret_tag, 64, at ? at + 4 : "");
}

/* The caller gives up in the moment in which he is answered: whoever wins, the leg ends and nothing is left.
 */
static void cancel_crosses_the_answer(void **state)
{
    struct agent agent;
    unsigned answered = 0, cancelled = 0;
    (void)state;
    agent_open(&agent, test_free_port());
    for (unsigned call = 1; call <= 12; call++) {
        char leg_id[64], tag[64];
        agent_asks(&agent, "INVITE", call, 1, "i", "", true);
        const Farseat__V1__AcdInput *input = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_INCOMING);
        (void)far_str_copy(leg_id, sizeof(leg_id), input->leg_incoming->leg_id);
        if (call % 2) agent_asks(&agent, "CANCEL", call, 1, "i", "", false);
        (void)rig_answer(&rig, hq, leg_id);
        if (call % 2 == 0) agent_asks(&agent, "CANCEL", call, 1, "i", "", false);
        for (bool done = false; !done;) { /* the final answer to the INVITE */
            assert_true(agent_hears(&agent, "SIP/2.0 ", "INVITE", 3000));
            done = agent.message[8] != '1';
        }
        tag_of(agent.message, tag);
        if (agent.message[8] == '2') {
            answered++;
            agent_asks(&agent, "ACK", call, 1, "a", tag, false);
            agent_asks(&agent, "BYE", call, 2, "b", tag, false);
            assert_true(agent_hears(&agent, "SIP/2.0 200", "BYE", 3000));
        } else {
            cancelled++;
            assert_int_equal(strncmp(agent.message, "SIP/2.0 487", 11), 0);
            agent_asks(&agent, "ACK", call, 1, "i", tag, false);
        }
        const Farseat__V1__LegEnded *ended =
            rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended;
        assert_string_equal(ended->leg_id, leg_id);
        assert_true(ended->by_remote);
    }
    assert_true(answered > 0 && cancelled > 0);
    (void)close(agent.fd);
}

/* The phone is answered while our CANCEL is on its way: it gets ACK and BYE, the leg was not answered. */
static void the_answer_crosses_the_ring_timer(void **state)
{
    struct agent agent;
    char invite[4096];
    int port = test_free_port();
    (void)state;
    rig_register(&rig, hq, "a1", "secret-1", port);
    agent_open(&agent, port);
    assert_string_equal(rig_dial(&rig, hq, "x-1", "a1", 500), "");
    assert_true(agent_hears(&agent, "INVITE ", "", 3000));
    (void)far_str_copy(invite, sizeof(invite), agent.message);
    agent_replies(&agent, invite, "180 Ringing", "t1", false);
    assert_true(agent_hears(&agent, "CANCEL ", "", 3000));
    agent_replies(&agent, agent.message, "200 OK", "t1", false);
    agent_replies(&agent, invite, "200 OK", "t1", true);
    assert_true(agent_hears(&agent, "ACK ", "", 3000));
    assert_true(agent_hears(&agent, "BYE ", "", 3000));
    agent_replies(&agent, agent.message, "200 OK", "", false);
    const Farseat__V1__LegEnded *ended = rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED)->leg_ended;
    assert_string_equal(ended->cause, "no-answer");
    assert_int_equal(ended->sip_status, 408);
    (void)close(agent.fd);
}

/* One agent, two phones: both ring, the first to answer has the call, the other one stops ringing. */
static void all_contacts_ring_and_one_wins(void **state)
{
    struct agent one, two;
    char invite_one[4096], invite_two[4096];
    int port_one = test_free_port(), port_two = test_free_port();
    (void)state;
    rig_register(&rig, hq, "a1", "secret-1", port_one);
    rig_register(&rig, hq, "a1", "secret-1", port_two);
    agent_open(&one, port_one);
    agent_open(&two, port_two);
    assert_string_equal(rig_dial(&rig, hq, "x-2", "a1", 5000), "");
    assert_true(agent_hears(&one, "INVITE ", "", 3000));
    assert_true(agent_hears(&two, "INVITE ", "", 3000));
    (void)far_str_copy(invite_one, sizeof(invite_one), one.message);
    (void)far_str_copy(invite_two, sizeof(invite_two), two.message);
    agent_replies(&one, invite_one, "180 Ringing", "o", false);
    agent_replies(&two, invite_two, "180 Ringing", "w", false);
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_RINGING);
    agent_replies(&two, invite_two, "200 OK", "w", true);
    const Farseat__V1__LegAnswered *answered =
        rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED)->leg_answered;
    char address[64];
    (void)snprintf(address, sizeof(address), "udp:127.0.0.1:%d", port_two);
    assert_string_equal(answered->phone_address, address);
    assert_true(agent_hears(&two, "ACK ", "", 3000));
    assert_true(agent_hears(&one, "CANCEL ", "", 3000));
    assert_non_null(strstr(one.message, "answered elsewhere"));
    agent_replies(&one, one.message, "200 OK", "o", false);
    agent_replies(&one, invite_one, "487 Request Terminated", "o", false);
    assert_true(agent_hears(&one, "ACK ", "", 3000));
    assert_string_equal(rig_hangup(&rig, hq, "x-2"), "");
    assert_true(agent_hears(&two, "BYE ", "", 3000));
    agent_replies(&two, two.message, "200 OK", "", false);
    (void)rig_input(&rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED);
    (void)close(one.fd);
    (void)close(two.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cancel_crosses_the_answer),
        cmocka_unit_test(the_answer_crosses_the_ring_timer),
        cmocka_unit_test(all_contacts_ring_and_one_wins),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
