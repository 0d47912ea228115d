/* SPDX-License-Identifier: Apache-2.0 */
/* peer.h - another call centre that somebody runs on this machine, to be measured by the same callers and
 * phones:
 *
 *   FARSEAT_BENCH_PEER="Asterisk-22 127.0.0.21:5060 q-support 127.0.0.31:5080 127.0.0.32:5090 4711"
 *
 * its name, where it listens, what callers dial (a queue), where callers call from, where its agents' phones
 * are (they need not register), its process. It must hand the caller's number on in From. */
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <sys/types.h>

struct bench_peer {
    char name[48], dialled[48];
    struct sockaddr_in address, caller, agent;
    pid_t pid;
};
/** @return whether the variable is set. Ends the program when it is not understood. */
bool bench_peer(struct bench_peer *ret_peer);
