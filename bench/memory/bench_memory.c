/* SPDX-License-Identifier: Apache-2.0 */
/* bench_memory - rows memory.idle.<instance>: what each service has in memory with agents logged in and no
 * call, beside far-empty, the same chassis with nothing in it. Run it first in a deployment: what calls have
 * made grow stays. */
#include "centre.h"
#include "process.h"
#include "row.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AGENTS      20u
#define IDLE_MS_MAX 10000u

static const char *const instances[] = {"edge-hq",     "edge-branch", "acd-1",     "acd-2",    "recording-1",
                                        "recording-2", "gateway",     "ticketing", "analytics"};
#define INSTANCES (sizeof(instances) / sizeof(instances[0]))

static pid_t start_empty(const char *dir)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/empty.yaml", dir);
    FILE *file = fopen(path, "we");
    if (!file) bench_die("%s cannot be written", path);
    (void)fprintf(
        file,
        "service:\n  instance: observer\nhttp:\n  listen: 127.0.0.1:0\nbus:\n  url: %s\n  nkey_file: "
        "%s/observer.nk\n",
        bench_env("FARSEAT_NATS_URL"), bench_env("FARSEAT_NATS_CREDS"));
    (void)fclose(file);
    char *argv[] = {(char *)"far-empty", (char *)"--config", path, NULL};
    pid_t pid = bench_start(argv, true);
    if (pid == 0) bench_die("far-empty does not start");
    return pid;
}

static struct bench_memory look(pid_t pid, const char *name)
{
    struct bench_memory memory;
    if (!bench_wait_idle(pid, 0.05, IDLE_MS_MAX)) (void)fprintf(stderr, "%s is not idle\n", name);
    if (!bench_memory(pid, &memory)) bench_die("%s does not run", name);
    return memory;
}

int main(void)
{
    struct centre centre;
    centre_open(&centre, AGENTS);
    pid_t pid = start_empty(centre.dir);
    bench_pause(1000);
    const struct bench_memory empty = look(pid, "far-empty");
    for (size_t i = 0; i < INSTANCES; i++) {
        char name[64], conditions[256];
        const struct bench_memory memory = look(bench_instance_pid(instances[i]), instances[i]);
        (void)snprintf(name, sizeof(name), "memory.idle.%s", instances[i]);
        (void)snprintf(conditions, sizeof(conditions),
                       "resident (RSS); by share (PSS) %.1f MiB, the empty service %.1f MiB; %u phones "
                       "registered, their "
                       "agents ready, no call yet",
                       memory.pss_mib, empty.pss_mib, AGENTS);
        const struct bench_row row = {.name = name,
                                      .unit = "MiB",
                                      .value = memory.rss_mib,
                                      .reference = "an empty service on the same chassis",
                                      .reference_value = empty.rss_mib,
                                      .conditions = conditions,
                                      .digits = 1};
        bench_row_print(&row);
    }
    bench_end(pid, 5000);
    centre_close(&centre);
    return 0;
}
