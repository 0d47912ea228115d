/* SPDX-License-Identifier: Apache-2.0 */
/* nats.h - a private nats-server with JetStream for a test: free port, data in a temporary directory. It dies
 * with the test. Each function aborts the program when it cannot do what it says. */
#pragma once
#include <stdbool.h>
#include <sys/types.h>

struct test_nats {
    char dir[64]; /* configuration, log and data */
    char url[64]; /* nats://127.0.0.1:port */
    int port;
    pid_t pid; /* 0: not running */
};

/** Start one and wait until it answers. more: further configuration, e.g. users; NULL: none. */
void test_nats_start(struct test_nats *nats, const char *more);
/** kill -9, and wait until it is gone. */
void test_nats_kill(struct test_nats *nats);
/** Start again with the same port and data. */
void test_nats_restart(struct test_nats *nats);
/** SIGSTOP, SIGCONT: it is there and says nothing. */
void test_nats_freeze(struct test_nats *nats);
void test_nats_thaw(struct test_nats *nats);
/** End it and remove its directory. */
void test_nats_stop(struct test_nats *nats);
/** A TCP port of 127.0.0.1 that nobody uses now. */
int test_free_port(void);
