/* SPDX-License-Identifier: Apache-2.0 */
/* bench_acd_log - row acd.log.inputs: how many inputs a second go from an edge's ordered producer through a
 * real stream into a real farseat-acd that leads, until it has applied them; meanwhile it sends the commands,
 * facts and records that follow from them. The floor is a bare append of as many bytes to the same server.
 * Its own nats-server and its own farseat-acd, nothing else. */
#include "centre.h"
#include "edge.h"
#include "far/log.h"
#include "far/nkey.h"
#include "nats.h"
#include "process.h"
#include "row.h"
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS  5u
#define CALLS   2000u
#define AT_ONCE 100u

static void make_key(const struct test_nats *nats, const char *seed, char *ret_path, size_t size)
{
    (void)snprintf(ret_path, size, "%s/farseatctl.nk", nats->dir);
    FILE *file = fopen(ret_path, "we");
    if (!file || fprintf(file, "%s\n", seed) < 0 || fclose(file) != 0)
        bench_die("%s cannot be written", ret_path);
}

/* farseat-acd and farseatctl of the same build lie beside this program. */
static void find_programs(void)
{
    char self[1024], search[4096];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (len <= 0) bench_die("/proc/self/exe cannot be read");
    self[len] = '\0';
    (void)snprintf(search, sizeof(search), "%s:%s", dirname(self),
                   getenv("PATH") ? getenv("PATH") : "/usr/bin");
    (void)setenv("PATH", search, 1);
}

static pid_t start_acd(const struct test_nats *nats, const char *key)
{
    char config[128];
    (void)snprintf(config, sizeof(config), "%s/acd-1.yaml", nats->dir);
    FILE *file = fopen(config, "we");
    if (!file) bench_die("%s cannot be written", config);
    (void)fprintf(
        file,
        "service:\n  instance: acd-1\n  drain_max: 5s\nhttp:\n  listen: 127.0.0.1:0\nlog:\n  level: warn\n"
        "bus:\n  url: %s\n  nkey_file: %s\n",
        nats->url, key);
    (void)fclose(file);
    char *argv[] = {(char *)"farseat-acd", (char *)"--config", config, NULL};
    pid_t pid = bench_start(argv, true);
    if (pid == 0) bench_die("farseat-acd does not start");
    return pid;
}

static void configure(const struct test_nats *nats)
{
    char path[128], secrets[128];
    (void)setenv("FARSEAT_NATS_URL", nats->url, 1);
    (void)setenv("FARSEAT_NATS_CREDS", nats->dir, 1);
    (void)snprintf(path, sizeof(path), "%s/centre.yaml", nats->dir);
    (void)snprintf(secrets, sizeof(secrets), "%s/secrets", nats->dir);
    centre_write(path, 1);
    centre_apply(path, secrets);
}

static void print_row(const struct edge *edge, double *rate, double *floor_rate)
{
    char conditions[512];
    (void)snprintf(
        conditions, sizeof(conditions),
        "%u calls of %u inputs, %u at once, no agent; inputs of %zu bytes, %u on their way at once; one "
        "leading farseat-acd applies, commands (%.1f a call), facts, records at the same time; medians of "
        "%u rounds, %.0f to %.0f, floor %.0f to %.0f",
        CALLS, INPUTS_OF_CALL, AT_ONCE, edge_bytes(edge) / edge_inputs(edge), EDGE_WINDOW,
        (double)edge_commands(edge) / (ROUNDS * CALLS), ROUNDS, bench_quantile(rate, ROUNDS, 0),
        bench_quantile(rate, ROUNDS, 1), bench_quantile(floor_rate, ROUNDS, 0),
        bench_quantile(floor_rate, ROUNDS, 1));
    const struct bench_row row = {.name = "acd.log.inputs",
                                  .unit = "1/s",
                                  .value = bench_median(rate, ROUNDS),
                                  .reference = "bare JetStream append of as many bytes, same server",
                                  .reference_value = bench_median(floor_rate, ROUNDS),
                                  .conditions = conditions};
    bench_row_print(&row);
}

int main(void)
{
    char seed[FAR_NKEY_SEED_SIZE], key[FAR_NKEY_PUBLIC_SIZE], users[160], path[96];
    double rate[ROUNDS], floor_rate[ROUNDS];
    struct test_nats nats;
    far_log_init("bench", "acd-log", FAR_LOG_ERROR);
    find_programs();
    if (far_nkey_create(seed, key) != FAR_OK) bench_die("no key");
    (void)snprintf(users, sizeof(users), "authorization { users: [ { nkey: %s } ] }", key);
    test_nats_start(&nats, users);
    make_key(&nats, seed, path, sizeof(path));
    pid_t acd = start_acd(&nats, path);
    configure(&nats);
    struct edge *edge = edge_open(nats.url, path);
    (void)edge_calls(edge, CALLS / 4, AT_ONCE); /* warm */
    edge_rest(edge);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t us =
            floor_append(nats.url, path, CALLS * INPUTS_OF_CALL, edge_bytes(edge) / edge_inputs(edge));
        floor_rate[round] = CALLS * INPUTS_OF_CALL * 1e6 / (double)us;
        us = edge_calls(edge, CALLS, AT_ONCE);
        rate[round] = CALLS * INPUTS_OF_CALL * 1e6 / (double)us;
        edge_rest(edge);
        (void)fprintf(stderr, "round %u: %.0f inputs a second, floor %.0f\n", round + 1, rate[round],
                      floor_rate[round]);
    }
    print_row(edge, rate, floor_rate);
    (void)edge_close(edge);
    bench_end(acd, 8000);
    test_nats_stop(&nats);
    return 0;
}
