/* SPDX-License-Identifier: Apache-2.0 */
/* pg.h - a private PostgreSQL cluster for a test: free port, data in a temporary directory, never run as
 * root. It ends with the test. Each function fails the cmocka test when it cannot do what it says. */
#pragma once
#include <sys/types.h>

struct test_pg {
    char dir[64];
    char url[96]; /* postgresql://farseat@127.0.0.1:port/postgres, no password */
    int port;
    pid_t pid; /* 0: not running */
};

/** initdb, start, and wait until it answers: some seconds. */
void test_pg_start(struct test_pg *pg);
/** Immediate shutdown: as after a crash, but its memory is cleaned up. Waits until it is gone. */
void test_pg_kill(struct test_pg *pg);
/** Start again with the same port and data. */
void test_pg_restart(struct test_pg *pg);
/** End it and remove its directory. */
void test_pg_stop(struct test_pg *pg);
