/* SPDX-License-Identifier: Apache-2.0 */
/* ports.h - the range of RTP ports: even ports, handed out round and round so that one that was freed rests
 * longest. Not thread-safe: the engine's lock guards it. */
#pragma once
#include "far/err.h"
#include <netinet/in.h>
#include <stdint.h>

struct ports {
    struct in_addr address;
    uint16_t first; /* even */
    uint32_t len;   /* pairs */
    uint32_t next;
    uint32_t taken_len;
    uint8_t *taken; /* by pair */
};

/** @return FAR_OK; FAR_EINVAL: no pair in the range; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err ports_init(struct ports *ports, struct in_addr address, uint16_t port_min,
                                       uint16_t port_max);
void ports_done(struct ports *ports);
/** Bind the next free pair: non-blocking UDP sockets for RTP and, unless ret_rtcp_fd is NULL, RTCP.
 *  @return FAR_OK; FAR_EFULL: none is free, or others on this host hold those that are; FAR_EIO. */
FAR_MUST_CHECK enum far_err ports_bind(struct ports *ports, uint16_t *ret_port, int *ret_rtp_fd,
                                       int *ret_rtcp_fd);
/** The pair is free again; its sockets are closed already. */
void ports_free(struct ports *ports, uint16_t port);
