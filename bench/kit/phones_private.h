/* SPDX-License-Identifier: Apache-2.0 */
/* phones_private.h - between phones.c (sockets, registration, the run) and phones_call.c (a call's messages).
 */
#pragma once
#include "phones.h"
#include "sip_text.h"

enum phone_call_state {
    PHONE_CALL_FREE,
    PHONE_CALL_INVITED,
    PHONE_CALL_ANSWERED,
    PHONE_CALL_ENDING, /* our BYE is under way */
};
struct phone_call {
    enum phone_call_state state;
    uint32_t serial;
    bool through, by_us, heard, refused, caller_over, agent_over;
    uint64_t invited_us, sent_us, through_us;
    uint64_t agent_us;      /* when the agent's phone got the INVITE; 0: not yet */
    uint64_t agent_sent_us; /* its 200; 0: acknowledged or not sent */
    struct sockaddr_in agent_from;
    char to[SIP_FIELD_SIZE], contact[SIP_FIELD_SIZE], agent_call_id[128];
    char agent_200[SIP_MESSAGE_SIZE];
};
struct phones {
    int caller_fd, agent_fd, sound_fd;
    struct sockaddr_in target;
    char caller[24], agent[24]; /* host:port */
    uint16_t sound_port;
    uint32_t serial, exchanges;
    unsigned token; /* tells the Call-IDs of this process from others' */
    const struct phones_order *order;
    struct phones_result *result;
    size_t ended;
    struct phone_call calls[PHONES_CALLS_MAX];
};

void phone_call_begin(struct phones *phones);
/** A message on the callers', or the agents', socket. */
void phone_call_hear(struct phones *phones, const char *message, uint64_t now_us);
void phone_call_hear_agent(struct phones *phones, const char *message, const struct sockaddr_in *from,
                           uint64_t now_us);
/** What is due of this call: the hang-up, what must be sent again, giving up. */
void phone_call_tick(struct phones *phones, struct phone_call *call, uint64_t now_us);
