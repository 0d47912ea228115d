/* SPDX-License-Identifier: Apache-2.0 */
#include "far/config.h"
#include "far/http.h"
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHECK_PATIENCE_S 3

/* Connected, or -1. What listens on every address is asked on the loopback. */
static int connect_to(const char *listen_text)
{
    char host[256], port_text[8];
    uint16_t port;
    struct addrinfo *address, hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    struct timeval patience = {.tv_sec = CHECK_PATIENCE_S};
    if (far_config_address(listen_text, host, sizeof(host), &port)) return -1;
    const char *numeric = host;
    if (strcmp(host, "localhost") == 0 || strcmp(host, "0.0.0.0") == 0) numeric = "127.0.0.1";
    if (strcmp(host, "::") == 0) numeric = "::1";
    (void)snprintf(port_text, sizeof(port_text), "%u", port);
    if (getaddrinfo(numeric, port_text, &hints, &address) != 0) return -1;
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool up = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
              setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
              connect(fd, address->ai_addr, address->ai_addrlen) == 0;
    freeaddrinfo(address);
    if (!up && fd >= 0) close(fd);
    return up ? fd : -1;
}

enum far_err far_http_check(const char *listen, int *ret_status, char *ret_body, size_t size)
{
    static const char request[] = "GET /readyz HTTP/1.0\r\nHost: localhost\r\n\r\n";
    char answer[8192];
    size_t len = 0;
    ssize_t got;
    int status = 0, fd = connect_to(listen);
    if (fd < 0) return FAR_ENOTFOUND;
    if (send(fd, request, sizeof(request) - 1, MSG_NOSIGNAL) == (ssize_t)sizeof(request) - 1)
        while (len < sizeof(answer) - 1 && (got = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0)
            len += (size_t)got;
    close(fd);
    answer[len] = '\0';
    if (sscanf(answer, "HTTP/1.%*1d %3d", &status) != 1) return FAR_EIO;
    const char *body = strstr(answer, "\r\n\r\n");
    (void)snprintf(ret_body, size, "%s", body ? body + 4 : "");
    *ret_status = status;
    return FAR_OK;
}
