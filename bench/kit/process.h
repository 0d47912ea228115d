/* SPDX-License-Identifier: Apache-2.0 */
/* process.h - other processes: start, end, what they have used. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/** The value of an environment variable that `./farseat bench` sets; ends the program when it is not there.
 */
const char *bench_env(const char *name);
/** The pid of an instance of the deployment (edge-hq, nats ...), from $FARSEAT_VAR/run; 0: it does not run.
 */
pid_t bench_instance_pid(const char *instance);

/** What all threads of a process have run, user and system [ns], as the scheduler counted it; 0: it is gone.
 */
uint64_t bench_cpu_ns(pid_t pid);

/** The same with all its living descendants: PostgreSQL's work is done by children. */
uint64_t bench_cpu_tree_ns(pid_t pid);
/** Wait until a process uses less than the share (0..1) of a core for 300 ms, at most ms_max. @return
 * whether. */
bool bench_wait_idle(pid_t pid, double share, uint64_t ms_max);

struct bench_memory {
    double rss_mib; /* what it has in memory, shared pages counted whole */
    double pss_mib; /* shared pages counted by their share */
};
/** @return whether it could be read. */
bool bench_memory(pid_t pid, struct bench_memory *ret_memory);

/** Start argv (looked up in PATH), its output going to standard error when loud, else nowhere. 0: failed. */
pid_t bench_start(char *const argv[], bool loud);
/** SIGTERM, then wait for it; SIGKILL after ms_max. */
void bench_end(pid_t pid, uint64_t ms_max);
/** Start and wait. @return its exit code; -1: it could not be started or died of a signal. */
int bench_run(char *const argv[], bool loud);
/** Sleep so long, whatever signals come. */
void bench_pause(uint64_t ms);
