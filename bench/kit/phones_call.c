/* SPDX-License-Identifier: Apache-2.0 */
/* A call's messages: the caller's side (INVITE, ACK, BYE) and the agent's phone (180, 200). The caller's
 * number in From tells which call the agent's phone is rung for. */
#include "far/clock.h"
#include "phones_private.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define AGAIN_US  500000u
#define GIVEUP_US 10000000u
#define NUMBER    "138%08u" /* the caller's: a mobile number of this serial */

static const char sdp_format[] =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio %u RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n";

static struct phone_call *by_serial(struct phones *phones, uint32_t serial)
{
    struct phone_call *call = &phones->calls[serial % PHONES_CALLS_MAX];
    return call->state != PHONE_CALL_FREE && call->serial == serial ? call : NULL;
}

static void send_to_target(struct phones *phones, const char *message)
{
    (void)!sendto(phones->caller_fd, message, strlen(message), 0, (struct sockaddr *)&phones->target,
                  sizeof(phones->target));
}

/* A request of the caller's; to and uri are what the other side said, once it did. */
static void send_request(struct phones *phones, const struct phone_call *call, const char *method,
                         unsigned cseq)
{
    char message[SIP_MESSAGE_SIZE], sdp[512] = "", first[64], to[SIP_FIELD_SIZE], body[160] = "";
    bool invite = strcmp(method, "INVITE") == 0;
    (void)snprintf(first, sizeof(first), "sip:%s@%s:%u", phones->order->dialled,
                   inet_ntoa(phones->target.sin_addr), ntohs(phones->target.sin_port));
    (void)snprintf(to, sizeof(to), "<%s>", first);
    if (invite) {
        (void)snprintf(sdp, sizeof(sdp), sdp_format, phones->sound_port);
        (void)snprintf(body, sizeof(body), "Content-Type: application/sdp\r\nContact: <sip:bench@%s>\r\n",
                       phones->caller);
    }
    (void)snprintf(message, sizeof(message),
                   "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%u-%u-%s\r\n"
                   "Max-Forwards: 70\r\nFrom: <sip:" NUMBER "@127.0.0.1>;tag=c%u\r\nTo: %s\r\n"
                   "Call-ID: %u-%u@bench\r\nCSeq: %u %s\r\n%sContent-Length: %zu\r\n\r\n%s",
                   method, call->contact[0] ? call->contact : first, phones->caller, phones->token,
                   call->serial, call->refused ? "INVITE" : method, call->serial, call->serial,
                   call->to[0] ? call->to : to, phones->token, call->serial, cseq, method, body, strlen(sdp),
                   sdp);
    send_to_target(phones, message);
}

static void end(struct phones *phones, struct phone_call *call, const char *why)
{
    struct phones_result *result = phones->result;
    if (why) {
        if (result->failed++ == 0) (void)snprintf(result->why, sizeof(result->why), "%s", why);
    } else {
        result->through++;
        if (call->agent_us)
            result->ring_ms[result->ring_len++] = (double)(call->agent_us - call->invited_us) / 1000;
    }
    phones->ended++;
    call->state = PHONE_CALL_FREE;
}

static void end_when_over(struct phones *phones, struct phone_call *call)
{
    if (!call->caller_over || (phones->order->to_agent && call->through && !call->agent_over)) return;
    end(phones, call, call->through ? NULL : "hung up before it was through");
}

void phone_call_begin(struct phones *phones)
{
    uint32_t serial = ++phones->serial;
    struct phone_call *call = &phones->calls[serial % PHONES_CALLS_MAX];
    if (call->state != PHONE_CALL_FREE) end(phones, call, "too many calls at once");
    *call = (struct phone_call){.state = PHONE_CALL_INVITED, .serial = serial};
    call->invited_us = call->sent_us = far_clock_mono_us();
    send_request(phones, call, "INVITE", 1);
}

/* ---- The caller ------------------------------------------------------------------------------------- */

static void answered(struct phones *phones, struct phone_call *call, const char *message, uint64_t now_us)
{
    char value[SIP_FIELD_SIZE];
    if (call->state == PHONE_CALL_INVITED) {
        call->state = PHONE_CALL_ANSWERED;
        (void)sip_text_header(message, "To", 0, call->to, sizeof(call->to));
        (void)sip_text_header(message, "Contact", 0, value, sizeof(value));
        sip_text_uri(value, call->contact, sizeof(call->contact));
        if (!phones->order->to_agent) {
            call->through = true;
            call->through_us = now_us;
        }
    }
    send_request(phones, call, "ACK", 1);
}

static void hear_response(struct phones *phones, struct phone_call *call, const char *message,
                          uint64_t now_us)
{
    char cseq[64], why[64];
    int status = sip_text_status(message);
    (void)sip_text_header(message, "CSeq", 0, cseq, sizeof(cseq));
    call->heard = true;
    if (status < 200) return;
    if (strstr(cseq, "BYE")) {
        call->caller_over = true;
        end_when_over(phones, call);
    } else if (status < 300) {
        answered(phones, call, message, now_us);
    } else {
        (void)sip_text_header(message, "To", 0, call->to, sizeof(call->to));
        call->refused = true; /* this ACK belongs to the INVITE's transaction */
        send_request(phones, call, "ACK", 1);
        (void)snprintf(why, sizeof(why), "refused with %d", status);
        end(phones, call, why);
    }
}

void phone_call_hear(struct phones *phones, const char *message, uint64_t now_us)
{
    char id[128], response[SIP_MESSAGE_SIZE];
    unsigned token = 0, serial = 0;
    (void)sip_text_header(message, "Call-ID", 0, id, sizeof(id));
    struct phone_call *call = sscanf(id, "%u-%u@bench", &token, &serial) == 2 && token == phones->token
                                  ? by_serial(phones, serial)
                                  : NULL;
    if (sip_text_status(message) > 0) {
        if (call) hear_response(phones, call, message, now_us);
        return;
    }
    if (sip_text_is(message, "ACK")) return;
    size_t len = sip_text_response(message, 200, "OK", "c", response);
    (void)snprintf(response + len, sizeof(response) - len, "Content-Length: 0\r\n\r\n");
    send_to_target(phones, response);
    if (!call || !sip_text_is(message, "BYE")) return;
    call->caller_over = true;
    if (call->by_us) /* both at once */
        end_when_over(phones, call);
    else
        end(phones, call, "ended by the other side");
}

/* ---- The agent's phone ------------------------------------------------------------------------------ */

static void reply(const struct phones *phones, const char *message, const struct sockaddr_in *to)
{
    (void)!sendto(phones->agent_fd, message, strlen(message), 0, (const struct sockaddr *)to, sizeof(*to));
}

static void ring(struct phones *phones, struct phone_call *call, const char *message,
                 const struct sockaddr_in *from, uint64_t now_us)
{
    char response[SIP_MESSAGE_SIZE], tag[32], sdp[512];
    if (call->agent_us) { /* sent again */
        if (call->agent_200[0]) reply(phones, call->agent_200, from);
        return;
    }
    call->agent_us = now_us;
    (void)snprintf(tag, sizeof(tag), "a%u", call->serial);
    size_t len = sip_text_response(message, 180, "Ringing", tag, response);
    (void)snprintf(response + len, sizeof(response) - len,
                   "Contact: <sip:bench@%s>\r\nContent-Length: 0\r\n\r\n", phones->agent);
    reply(phones, response, from);
    (void)snprintf(sdp, sizeof(sdp), sdp_format, phones->sound_port);
    len = sip_text_response(message, 200, "OK", tag, call->agent_200);
    (void)snprintf(call->agent_200 + len, sizeof(call->agent_200) - len,
                   "Contact: <sip:bench@%s>\r\nContent-Type: application/sdp\r\n"
                   "Content-Length: %zu\r\n\r\n%s",
                   phones->agent, strlen(sdp), sdp);
    reply(phones, call->agent_200, from);
    call->agent_sent_us = now_us;
    call->agent_from = *from;
}

void phone_call_hear_agent(struct phones *phones, const char *message, const struct sockaddr_in *from,
                           uint64_t now_us)
{
    char value[SIP_FIELD_SIZE], user[SIP_FIELD_SIZE], response[SIP_MESSAGE_SIZE];
    if (sip_text_status(message) > 0) return;
    (void)sip_text_header(message, "From", 0, value, sizeof(value));
    sip_text_user(value, user, sizeof(user));
    size_t user_len = strlen(user);
    struct phone_call *call =
        by_serial(phones, user_len >= 8 ? (uint32_t)strtoul(user + user_len - 8, NULL, 10) : 0);
    if (sip_text_is(message, "INVITE") && call) {
        ring(phones, call, message, from, now_us);
        return;
    }
    if (sip_text_is(message, "ACK")) {
        if (!call || call->through) return;
        call->agent_sent_us = 0;
        call->through = true;
        call->through_us = now_us;
        return;
    }
    size_t len = sip_text_response(message, 200, "OK", "a", response);
    (void)snprintf(response + len, sizeof(response) - len, "Content-Length: 0\r\n\r\n");
    reply(phones, response, from);
    if (!call || !sip_text_is(message, "BYE")) return;
    call->agent_over = true;
    end_when_over(phones, call);
}

/* ---- Time ------------------------------------------------------------------------------------------- */

void phone_call_tick(struct phones *phones, struct phone_call *call, uint64_t now_us)
{
    if (call->state == PHONE_CALL_ANSWERED && call->through &&
        now_us - call->through_us >= phones->order->talk_us) {
        call->state = PHONE_CALL_ENDING;
        call->by_us = true;
        call->sent_us = now_us;
        send_request(phones, call, "BYE", 2);
    }
    if (now_us - call->invited_us > GIVEUP_US + phones->order->talk_us) {
        if (call->state == PHONE_CALL_ANSWERED) send_request(phones, call, "BYE", 2);
        end(phones, call,
            call->state == PHONE_CALL_INVITED ? "no answer"
            : !call->agent_us                 ? "no agent's phone rang"
                                              : "did not end");
        return;
    }
    if (call->agent_sent_us && now_us - call->agent_sent_us > AGAIN_US) {
        call->agent_sent_us = now_us;
        reply(phones, call->agent_200, &call->agent_from);
    }
    if (now_us - call->sent_us < AGAIN_US) return;
    bool invite = call->state == PHONE_CALL_INVITED && !call->heard;
    bool bye = call->state == PHONE_CALL_ENDING && !call->caller_over;
    if (!invite && !bye) return;
    call->sent_us = now_us;
    send_request(phones, call, invite ? "INVITE" : "BYE", invite ? 1 : 2);
}
