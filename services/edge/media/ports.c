/* SPDX-License-Identifier: Apache-2.0 */
#include "ports.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRIES_MAX 64u  /* pairs in a row that others may hold */
#define TOS_VOICE 0xb8 /* DSCP expedited forwarding */

enum far_err ports_init(struct ports *ports, struct in_addr address, uint16_t port_min, uint16_t port_max)
{
    uint32_t first = (port_min + 1u) & ~1u;
    if (first == 0 || first + 1 > port_max) return FAR_EINVAL;
    uint32_t len = (port_max - first + 1) / 2;
    uint8_t *taken = calloc(len, 1);
    if (!taken) return FAR_ENOMEM;
    *ports = (struct ports){.address = address, .first = (uint16_t)first, .len = len, .taken = taken};
    return FAR_OK;
}

void ports_done(struct ports *ports)
{
    free(ports->taken);
    *ports = (struct ports){0};
}

/* -1: errno says why. */
static int bind_one(const struct ports *ports, uint32_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_addr = ports->address, .sin_port = htons((uint16_t)port)};
    int tos = TOS_VOICE;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    (void)setsockopt(fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)); /* a wish; the network decides */
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) return fd;
    int error = errno;
    (void)close(fd);
    errno = error;
    return -1;
}

static enum far_err bind_pair(const struct ports *ports, uint32_t port, int *ret_rtp_fd, int *ret_rtcp_fd)
{
    int rtp_fd = bind_one(ports, port);
    if (rtp_fd < 0) return errno == EADDRINUSE ? FAR_EFULL : FAR_EIO;
    if (ret_rtcp_fd) {
        *ret_rtcp_fd = bind_one(ports, port + 1);
        if (*ret_rtcp_fd < 0) {
            enum far_err err = errno == EADDRINUSE ? FAR_EFULL : FAR_EIO;
            (void)close(rtp_fd);
            return err;
        }
    }
    *ret_rtp_fd = rtp_fd;
    return FAR_OK;
}

enum far_err ports_bind(struct ports *ports, uint16_t *ret_port, int *ret_rtp_fd, int *ret_rtcp_fd)
{
    unsigned tries = 0;
    for (uint32_t i = 0; i < ports->len && tries < TRIES_MAX; i++) {
        uint32_t pair = (ports->next + i) % ports->len;
        if (ports->taken[pair]) continue;
        tries++;
        uint32_t port = ports->first + 2 * pair;
        enum far_err err = bind_pair(ports, port, ret_rtp_fd, ret_rtcp_fd);
        if (err == FAR_EFULL) continue;
        if (err != FAR_OK) return err;
        ports->taken[pair] = 1;
        ports->taken_len++;
        ports->next = (pair + 1) % ports->len;
        *ret_port = (uint16_t)port;
        return FAR_OK;
    }
    return FAR_EFULL;
}

void ports_free(struct ports *ports, uint16_t port)
{
    uint32_t pair = (uint32_t)(port - ports->first) / 2;
    if (port < ports->first || pair >= ports->len || !ports->taken[pair]) return;
    ports->taken[pair] = 0;
    ports->taken_len--;
}
