/* SPDX-License-Identifier: Apache-2.0 */
/* phones.h - callers and agents' phones in one thread on loopback sockets, so that both ends of a call are
 * seen by one clock. SIP over UDP; the sound's port is open and nobody reads it. Each phone answers at once.
 * Only what a bench needs: no re-INVITE, no CANCEL of its own. */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PHONES_CALLS_MAX 1024u /* at once */

struct phones; /* opaque */

/** Open the sockets. target: where calls and registrations go; caller, agent: where ours are, NULL: any port
 * of 127.0.0.1. Ends the program when there is no socket. */
struct phones *phones_create(const struct sockaddr_in *target, const struct sockaddr_in *caller,
                             const struct sockaddr_in *agent);
struct phones *phones_destroy(struct phones *phones);
/** Where calls go from now on. */
void phones_target(struct phones *phones, const struct sockaddr_in *target);
/** Register a phone (digest MD5); false: refused or no answer within 5 s. expires_s 0: let it go. */
bool phones_register(struct phones *phones, const char *user, const char *secret, unsigned expires_s);
/** OPTIONS to the target and back [us]; 0: no answer within 2 s. */
uint64_t phones_options_us(struct phones *phones);

struct phones_order {
    const char *dialled;
    size_t calls;
    double rate;      /* a second; > 0 */
    uint64_t talk_us; /* from the moment the call is through until the caller hangs up */
    bool to_agent;    /* through when the agent's phone got its ACK; else when the caller was answered */
};
struct phones_result {
    size_t through, failed;
    double *ring_ms; /* [calls], of the first `ring_len`: from the caller's INVITE to the agent's phone having
                        it */
    size_t ring_len;
    char why[128]; /* of the first failure */
};
/** Make the calls and wait until all have ended (at most 10 s each). ring_ms is the caller's array. */
void phones_run(struct phones *phones, const struct phones_order *order, struct phones_result *result);
