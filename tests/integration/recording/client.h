/* SPDX-License-Identifier: Apache-2.0 */
/* client.h - a small SIPREC client: plain SIP over UDP and two RTP streams with a tone each, paced in real
 * time. One session a client. Each function fails the cmocka test when it cannot do what it says. */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENT_LEFT_HZ  440.0
#define CLIENT_RIGHT_HZ 1000.0

struct client {
    int sip, rtp[2];
    uint16_t sip_port, rtp_port[2]; /* ours */
    uint16_t server_port;
    uint16_t to_port[2]; /* the recorder's RTP, by m-line */
    char call_id[40], to_tag[64];
    const char *from; /* our address; 127.0.0.1 */
    unsigned cseq;
    uint64_t packets; /* sent a side */
};
struct client_offer {
    const char *recording_id, *contact_id, *agent_id;
    const char *body, *type; /* instead of ours; NULL: SDP and metadata */
    bool right_first;        /* the m-line labelled 2 comes first */
};

void client_open(struct client *client, const char *from, uint16_t server_port);
void client_close(struct client *client);
/** INVITE (again within the session), ACK. @return the final status. */
int client_invite(struct client *client, const struct client_offer *offer);
/** UPDATE within the session with other metadata. @return the final status. */
int client_update(struct client *client, const struct client_offer *offer);
/** OPTIONS over TCP. @return the status. */
int client_options_tcp(uint16_t server_port);
/** @return the final status, 0 when none came in 3 s. */
int client_bye(struct client *client);
int client_options(struct client *client);
/** Send both tones for ms of real time; every lose-th packet of the left side is left out (0: none). */
void client_talk(struct client *client, unsigned ms, unsigned lose);
/** Send nothing for ms, but answer OPTIONS with status (0: not at all), until a BYE comes. @return how many
 * different OPTIONS came. */
unsigned client_silence(struct client *client, unsigned ms, int status);
/** The last response's text. */
const char *client_answer(void);
