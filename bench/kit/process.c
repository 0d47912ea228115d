/* SPDX-License-Identifier: Apache-2.0 */
#include "process.h"
#include "far/clock.h"
#include "row.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const char *bench_env(const char *name)
{
    const char *value = getenv(name);
    if (!value || !*value) bench_die("%s is not set: run me by './farseat bench'", name);
    return value;
}

pid_t bench_instance_pid(const char *instance)
{
    char path[512];
    long pid = 0;
    (void)snprintf(path, sizeof(path), "%s/run/%s.pid", bench_env("FARSEAT_VAR"), instance);
    FILE *file = fopen(path, "re");
    if (!file) return 0;
    if (fscanf(file, "%ld", &pid) != 1 || kill((pid_t)pid, 0) != 0) pid = 0;
    (void)fclose(file);
    return (pid_t)pid;
}

uint64_t bench_cpu_ns(pid_t pid)
{
    char path[320];
    uint64_t sum = 0;
    (void)snprintf(path, sizeof(path), "/proc/%ld/task", (long)pid);
    DIR *dir = opendir(path);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        unsigned long long ns = 0;
        if (entry->d_name[0] == '.') continue;
        (void)snprintf(path, sizeof(path), "/proc/%ld/task/%.20s/schedstat", (long)pid, entry->d_name);
        FILE *file = fopen(path, "re");
        if (file && fscanf(file, "%llu", &ns) == 1) sum += ns;
        if (file) (void)fclose(file);
    }
    if (dir) (void)closedir(dir);
    return sum;
}

static uint64_t tree_ns(pid_t pid, unsigned depth)
{
    char path[80];
    long child = 0;
    uint64_t sum = bench_cpu_ns(pid);
    (void)snprintf(path, sizeof(path), "/proc/%ld/task/%ld/children", (long)pid, (long)pid);
    FILE *file = depth > 0 ? fopen(path, "re") : NULL;
    while (file && fscanf(file, "%ld", &child) == 1)
        sum += tree_ns((pid_t)child, depth - 1);
    if (file) (void)fclose(file);
    return sum;
}

uint64_t bench_cpu_tree_ns(pid_t pid)
{
    return tree_ns(pid, 4);
}

bool bench_wait_idle(pid_t pid, double share, uint64_t ms_max)
{
    uint64_t until_ms = far_clock_mono_ms() + ms_max;
    do {
        uint64_t ns = bench_cpu_ns(pid), began_us = far_clock_mono_us();
        bench_pause(300);
        ns = bench_cpu_ns(pid) - ns;
        if ((double)ns / 1000 < share * (double)(far_clock_mono_us() - began_us)) return true;
    } while (far_clock_mono_ms() < until_ms);
    return false;
}

bool bench_memory(pid_t pid, struct bench_memory *ret_memory)
{
    char line[256];
    unsigned long rss_kb = 0, pss_kb = 0;
    (void)snprintf(line, sizeof(line), "/proc/%ld/smaps_rollup", (long)pid);
    FILE *file = fopen(line, "re");
    while (file && fgets(line, sizeof(line), file)) {
        (void)sscanf(line, "Rss: %lu", &rss_kb);
        (void)sscanf(line, "Pss: %lu", &pss_kb);
    }
    if (file) (void)fclose(file);
    *ret_memory = (struct bench_memory){.rss_mib = (double)rss_kb / 1024, .pss_mib = (double)pss_kb / 1024};
    return rss_kb > 0;
}

pid_t bench_start(char *const argv[], bool loud)
{
    pid_t parent = getpid(), pid = fork();
    if (pid < 0) (void)fprintf(stderr, "bench: %s: %s\n", argv[0], strerror(errno));
    if (pid != 0) return pid > 0 ? pid : 0;
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever becomes of the bench, nothing stays behind */
    if (getppid() != parent || nowhere < 0) _exit(127);
    (void)dup2(nowhere, 0);
    (void)dup2(loud ? 2 : nowhere, 1);
    if (!loud) (void)dup2(nowhere, 2);
    (void)execvp(argv[0], argv);
    _exit(127);
}

void bench_end(pid_t pid, uint64_t ms_max)
{
    uint64_t until_ms = far_clock_mono_ms() + ms_max;
    if (pid <= 0) return;
    (void)kill(pid, SIGTERM);
    while (waitpid(pid, NULL, WNOHANG) == 0) {
        if (far_clock_mono_ms() >= until_ms) (void)kill(pid, SIGKILL);
        bench_pause(5);
    }
}

int bench_run(char *const argv[], bool loud)
{
    int status = 0;
    pid_t pid = bench_start(argv, loud);
    if (pid == 0) return -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        (void)fprintf(stderr, "bench: no program %s\n", argv[0]);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void bench_pause(uint64_t ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}
