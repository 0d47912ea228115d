/* SPDX-License-Identifier: Apache-2.0 */
/* http_get.h - a request to a local port and the whole answer, for tests. */
#pragma once
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* out: status line, headers and body; "" when nobody answers. @return the status, 0: none. */
static inline int http_ask(uint16_t port, const char *method, const char *path, char *out, size_t size)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct timeval patience = {.tv_sec = 10};
    char request[256];
    int status = 0;
    size_t len = 0;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out[0] = '\0';
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    int request_len = snprintf(request, sizeof(request),
                               "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", method, path);
    if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0 &&
        write(fd, request, (size_t)request_len) == request_len) {
        ssize_t got;
        while (len < size - 1 && (got = read(fd, out + len, size - 1 - len)) > 0)
            len += (size_t)got;
        out[len] = '\0';
        (void)sscanf(out, "HTTP/1.1 %d", &status);
    }
    close(fd);
    return status;
}
