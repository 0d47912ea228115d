/* SPDX-License-Identifier: Apache-2.0 */
#include "pg.h"
#include "far/test.h"
#include "nats.h"
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define START_MS_MAX 30000
#define POLL_MS      50

/* initdb and postgres refuse root; the package's own user, or nobody. NULL: we are no root. */
static const struct passwd *other_user(void)
{
    if (getuid() != 0) return NULL;
    const struct passwd *user = getpwnam("postgres");
    return user ? user : getpwnam("nobody");
}

/* In a child: become what may run PostgreSQL, die with the parent, and go. */
static void become(struct test_pg *pg, const char *program, char **argv)
{
    char log[96], path[256] = "";
    glob_t found;
    const struct passwd *user = other_user();
    if (user && (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        _exit(126);
    (void)prctl(PR_SET_PDEATHSIG, SIGQUIT); /* after setuid(), which clears it */
    if (chdir(pg->dir) != 0) _exit(126);
    (void)snprintf(log, sizeof(log), "%s/log", pg->dir);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    (void)dup2(fd, 1);
    (void)dup2(fd, 2);
    if (glob("/usr/lib/postgresql/*/bin", 0, NULL, &found) == 0)
        (void)snprintf(path, sizeof(path), "%s/%s", found.gl_pathv[found.gl_pathc - 1], program);
    (void)unsetenv("ASAN_OPTIONS");
    argv[0] = path; /* it looks for its fellows beside itself */
    execv(path, argv);
    _exit(127);
}

static void launch(struct test_pg *pg)
{
    const struct timespec pause = {.tv_nsec = POLL_MS * 1000000L};
    char port[8];
    char *argv[] = {"postgres",
                    "-D",
                    "data",
                    "-p",
                    port,
                    "-k",
                    pg->dir,
                    "-h",
                    "127.0.0.1",
                    "-c",
                    "fsync=off",
                    "-c",
                    "shared_buffers=16MB",
                    "-c",
                    "max_connections=40",
                    NULL};
    (void)snprintf(port, sizeof(port), "%d", pg->port);
    pg->pid = fork();
    assert_true(pg->pid >= 0);
    if (pg->pid == 0) become(pg, "postgres", argv);
    for (int waited_ms = 0; waited_ms < START_MS_MAX; waited_ms += POLL_MS) {
        if (PQping(pg->url) == PQPING_OK) return;
        if (waitpid(pg->pid, NULL, WNOHANG) != 0) fail_msg("postgres ended: see %s/log", pg->dir);
        (void)nanosleep(&pause, NULL);
    }
    fail_msg("postgres does not answer on port %d: see %s/log", pg->port, pg->dir);
}

void test_pg_start(struct test_pg *pg)
{
    char *argv[] = {"initdb",  "-D", "data", "-A",          "trust",     "-U",
                    "farseat", "-E", "UTF8", "--no-locale", "--no-sync", NULL};
    const struct passwd *user = other_user();
    int status = -1;
    *pg = (struct test_pg){.port = test_free_port()};
    (void)snprintf(pg->dir, sizeof(pg->dir), "/tmp/farseat-pg-XXXXXX");
    assert_non_null(mkdtemp(pg->dir));
    if (user) assert_int_equal(chown(pg->dir, user->pw_uid, user->pw_gid), 0);
    (void)snprintf(pg->url, sizeof(pg->url), "postgresql://farseat@127.0.0.1:%d/postgres", pg->port);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) become(pg, "initdb", argv);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (status != 0)
        fail_msg("initdb failed (status %x): is the package postgresql there? see %s/log", status, pg->dir);
    launch(pg);
}

void test_pg_kill(struct test_pg *pg)
{
    assert_true(pg->pid > 0);
    assert_int_equal(kill(pg->pid, SIGQUIT), 0);
    assert_int_equal(waitpid(pg->pid, NULL, 0), pg->pid);
    pg->pid = 0;
}

void test_pg_restart(struct test_pg *pg)
{
    assert_int_equal(pg->pid, 0);
    launch(pg);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
    (void)info;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void test_pg_stop(struct test_pg *pg)
{
    if (pg->pid > 0) test_pg_kill(pg);
    if (pg->dir[0]) (void)nftw(pg->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    *pg = (struct test_pg){0};
}
