/* SPDX-License-Identifier: Apache-2.0 */
#include "nats.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_MS_MAX 10000

/* Without its server a test or a measurement has no meaning. */
#define MUST(condition)                                                                                      \
    do {                                                                                                     \
        if (!(condition)) give_up(__LINE__, #condition);                                                     \
    } while (0)
#define POLL_MS 20

__attribute__((noreturn)) static void give_up(int line, const char *what)
{
    fprintf(stderr, "nats.c:%d: %s failed: %s\n", line, what, strerror(errno));
    abort();
}

static int open_socket(int port, bool listening)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int code = listening ? bind(fd, (struct sockaddr *)&address, sizeof(address))
                         : connect(fd, (struct sockaddr *)&address, sizeof(address));
    if (code == 0) return fd;
    close(fd);
    return -1;
}

int test_free_port(void)
{
    struct sockaddr_in address;
    socklen_t len = sizeof(address);
    int fd = open_socket(0, true);
    MUST(fd >= 0);
    MUST(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    close(fd);
    return ntohs(address.sin_port);
}

static void wait_until_it_answers(struct test_nats *nats)
{
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    char line[16];
    for (int waited_ms = 0; waited_ms < START_MS_MAX; waited_ms += POLL_MS) {
        int fd = open_socket(nats->port, false);
        if (fd >= 0) {
            ssize_t len = read(fd, line, sizeof(line)); /* INFO {...} comes first */
            close(fd);
            if (len > 4) return;
        }
        MUST(waitpid(nats->pid, NULL, WNOHANG) ==
             0); /* it ended: see its log, or nats-server is not installed */
        (void)nanosleep(&pause, NULL);
    }
    give_up(__LINE__, "waiting for nats-server to answer");
}

static void launch(struct test_nats *nats)
{
    char config[96];
    (void)snprintf(config, sizeof(config), "%s/conf", nats->dir);
    pid_t parent = getpid();
    nats->pid = fork();
    MUST(nats->pid >= 0);
    if (nats->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(1);
        (void)setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin", 1);
        execlp("nats-server", "nats-server", "-c", config, (char *)NULL);
        _exit(127);
    }
    wait_until_it_answers(nats);
}

void test_nats_start(struct test_nats *nats, const char *more)
{
    char path[96];
    *nats = (struct test_nats){.port = test_free_port()};
    (void)snprintf(nats->dir, sizeof(nats->dir), "/tmp/farseat-nats-XXXXXX");
    MUST(mkdtemp(nats->dir));
    (void)snprintf(nats->url, sizeof(nats->url), "nats://127.0.0.1:%d", nats->port);
    (void)snprintf(path, sizeof(path), "%s/conf", nats->dir);
    FILE *config = fopen(path, "w");
    MUST(config);
    (void)fprintf(config,
                  "listen: \"127.0.0.1:%d\"\nlog_file: \"%s/log\"\npid_file: \"%s/pid\"\n"
                  "jetstream { store_dir: \"%s/data\", max_file_store: 24GB }\n%s\n",
                  nats->port, nats->dir, nats->dir, nats->dir, more ? more : "");
    MUST(fclose(config) == 0);
    launch(nats);
}

void test_nats_kill(struct test_nats *nats)
{
    MUST(nats->pid > 0);
    MUST(kill(nats->pid, SIGKILL) == 0);
    MUST(waitpid(nats->pid, NULL, 0) == nats->pid);
    nats->pid = 0;
}

void test_nats_restart(struct test_nats *nats)
{
    MUST(nats->pid == 0);
    launch(nats);
}

void test_nats_freeze(struct test_nats *nats)
{
    MUST(kill(nats->pid, SIGSTOP) == 0);
}

void test_nats_thaw(struct test_nats *nats)
{
    MUST(kill(nats->pid, SIGCONT) == 0);
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *walk)
{
    (void)info;
    (void)type;
    (void)walk;
    return remove(path);
}

void test_nats_stop(struct test_nats *nats)
{
    if (nats->pid > 0) test_nats_kill(nats);
    (void)nftw(nats->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
