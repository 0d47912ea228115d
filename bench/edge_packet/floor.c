/* SPDX-License-Identifier: Apache-2.0 */
#include "floor.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define EVENTS_MAX 256

struct floor {
    pthread_t thread;
    bool running;
    int epoll_fd, stop_fd;
    int *fds;
    size_t fds_len;
};

static void *forward(void *context)
{
    struct floor *floor = context;
    struct epoll_event events[EVENTS_MAX];
    char bytes[2048];
    for (;;) {
        int count = epoll_wait(floor->epoll_fd, events, EVENTS_MAX, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == floor->stop_fd) return NULL;
            ssize_t len = recv(events[i].data.fd, bytes, sizeof(bytes), MSG_DONTWAIT);
            if (len > 0) (void)send(events[i].data.fd, bytes, (size_t)len, MSG_DONTWAIT);
        }
    }
}

static bool watch(const struct floor *floor, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(floor->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool open_socket(struct floor *floor, const struct sockaddr_in *peer, struct sockaddr_in *ret_address)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    floor->fds[floor->fds_len++] = fd;
    return bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
           getsockname(fd, (struct sockaddr *)ret_address, &len) == 0 &&
           connect(fd, (const struct sockaddr *)peer, sizeof(*peer)) == 0 && watch(floor, fd);
}

struct floor *floor_start(const struct sockaddr_in *peer, struct sockaddr_in *ret_addresses, size_t len)
{
    struct floor *floor = calloc(1, sizeof(*floor));
    if (!floor) return NULL;
    floor->fds = calloc(len, sizeof(*floor->fds));
    floor->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    floor->stop_fd = eventfd(0, EFD_CLOEXEC);
    bool good = floor->fds && floor->epoll_fd >= 0 && floor->stop_fd >= 0 && watch(floor, floor->stop_fd);
    for (size_t i = 0; i < len && good; i++)
        good = open_socket(floor, peer, &ret_addresses[i]);
    if (!good || pthread_create(&floor->thread, NULL, forward, floor) != 0) return floor_stop(floor);
    floor->running = true;
    (void)pthread_setname_np(floor->thread, "floor-0");
    return floor;
}

struct floor *floor_stop(struct floor *floor)
{
    const uint64_t one = 1;
    if (!floor) return NULL;
    if (floor->running) {
        (void)!write(floor->stop_fd, &one, sizeof(one));
        (void)pthread_join(floor->thread, NULL);
    }
    for (size_t i = 0; i < floor->fds_len; i++)
        (void)close(floor->fds[i]);
    if (floor->epoll_fd >= 0) (void)close(floor->epoll_fd);
    if (floor->stop_fd >= 0) (void)close(floor->stop_fd);
    free(floor->fds);
    free(floor);
    return NULL;
}
