/* SPDX-License-Identifier: Apache-2.0 */
#include "peer.h"
#include "row.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool parse_address(const char *text, struct sockaddr_in *ret_address)
{
    char host[16];
    unsigned port = 0;
    *ret_address = (struct sockaddr_in){.sin_family = AF_INET};
    if (sscanf(text, "%15[0-9.]:%u", host, &port) != 2 || port == 0 || port > 65535) return false;
    ret_address->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &ret_address->sin_addr) == 1;
}

bool bench_peer(struct bench_peer *ret_peer)
{
    const char *text = getenv("FARSEAT_BENCH_PEER");
    char address[32], caller[32], agent[32];
    long pid = 0;
    struct bench_peer peer = {.pid = 0};
    if (!text || !*text) return false;
    if (sscanf(text, "%47s %31s %47s %31s %31s %ld", peer.name, address, peer.dialled, caller, agent, &pid) !=
            6 ||
        !parse_address(address, &peer.address) || !parse_address(caller, &peer.caller) ||
        !parse_address(agent, &peer.agent) || pid <= 0)
        bench_die("FARSEAT_BENCH_PEER is \"name host:port dialled caller-host:port agents-host:port pid\"");
    peer.pid = (pid_t)pid;
    *ret_peer = peer;
    return true;
}
