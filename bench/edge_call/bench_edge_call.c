/* SPDX-License-Identifier: Apache-2.0 */
/* bench_edge_call [--rate N] [--seconds N] [--rounds N]: row edge.call.cpu: what the edge's process runs on a
 * CPU for a whole call: INVITE in, answered, music, INVITE out to the agent's phone, bridged, BYE on both
 * sides, all inputs and commands over the real log. No sound is sent by the phones (edge.packet.cpu has that
 * price).
 *
 * The floor is sipp answering the same callers itself (its scenario uas), in turns with the edge: half the
 * SIP messages, no second leg, no bus. The row edge.call.cpu.house adds up all processes of the deployment
 * for the same calls.
 */
#include "centre.h"
#include "far/clock.h"
#include "far/str.h"
#include "process.h"
#include "row.h"
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS_MAX 20u
#define RATE_MAX   200u
#define CALLS_MAX  6000u
#define AGENTS     20u
#define REST_MS    1500u /* records of a round's calls come to rest */

static const char *const parts[] = {"edge-hq",   "acd-1",       "acd-2",       "nats",
                                    "analytics", "recording-1", "recording-2", "ticketing",
                                    "gateway",   "edge-branch", "kafka",       "postgres"};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

struct options {
    uint64_t rate, seconds, rounds;
};
struct figures {
    double edge_ms[ROUNDS_MAX], floor_ms[ROUNDS_MAX], part_ms[PARTS][ROUNDS_MAX], idle_share[ROUNDS_MAX];
    size_t through, failed;
};

/* ---- The floor -------------------------------------------------------------------------------------- */

static uint16_t free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        bench_die("no UDP port on 127.0.0.1");
    (void)close(fd);
    return ntohs(address.sin_port);
}

static pid_t start_floor(struct sockaddr_in *ret_address)
{
    char port[8];
    uint16_t number = free_port();
    (void)snprintf(port, sizeof(port), "%u", number);
    char *argv[] = {(char *)"sipp", (char *)"-sn", (char *)"uas",      (char *)"-i", (char *)"127.0.0.1",
                    (char *)"-p",   port,          (char *)"-nostdin", NULL};
    pid_t pid = bench_start(argv, false);
    if (pid == 0) bench_die("sipp did not start");
    *ret_address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(number), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return pid;
}

/* ---- Rounds ----------------------------------------------------------------------------------------- */

/* CPU time of a process for each call of the order [ms]. */
static double measure(struct phones *phones, const struct phones_order *order, pid_t pid,
                      struct figures *figures)
{
    static double rings_ms[CALLS_MAX];
    struct phones_result result = {.ring_ms = rings_ms};
    uint64_t ns = bench_cpu_ns(pid);
    phones_run(phones, order, &result);
    ns = bench_cpu_ns(pid) - ns;
    figures->through += result.through;
    figures->failed += result.failed;
    if (result.failed > 0)
        (void)fprintf(stderr, "%zu of %zu calls failed, the first: %s\n", result.failed, order->calls,
                      result.why);
    if (result.through == 0) bench_die("no call was through");
    return (double)ns / 1e6 / (double)result.through;
}

/* The whole house, until the records of these calls have gone their way. */
static void measure_house(struct centre *centre, const struct phones_order *order, struct figures *figures,
                          unsigned round)
{
    uint64_t ns[PARTS], idle_ns, began_us;
    pid_t pids[PARTS];
    for (size_t i = 0; i < PARTS; i++)
        pids[i] = bench_instance_pid(parts[i]);
    idle_ns = bench_cpu_ns(pids[0]);
    began_us = far_clock_mono_us();
    bench_pause(REST_MS);
    figures->idle_share[round] =
        (double)(bench_cpu_ns(pids[0]) - idle_ns) / 10 / (double)(far_clock_mono_us() - began_us);
    for (size_t i = 0; i < PARTS; i++)
        ns[i] = pids[i] ? bench_cpu_tree_ns(pids[i]) : 0;
    size_t before = figures->through;
    figures->edge_ms[round] = measure(centre->phones, order, pids[0], figures);
    bench_pause(REST_MS);
    double through = (double)(figures->through - before);
    for (size_t i = 0; i < PARTS; i++)
        figures->part_ms[i][round] =
            pids[i] ? (double)(bench_cpu_tree_ns(pids[i]) - ns[i]) / 1e6 / through : 0;
}

static void print_rows(const struct options *options, struct figures *figures)
{
    char conditions[900];
    size_t rounds = (size_t)options->rounds;
    double house = 0, low = bench_quantile(figures->edge_ms, rounds, 0),
           high = bench_quantile(figures->edge_ms, rounds, 1);
    (void)snprintf(
        conditions, sizeof(conditions),
        "%llu calls/s with real ACD, log and %u agents, no recording, talk 0.1 s without sound; medians of "
        "%llu rounds of %llu s, %.2f to %.2f ms, floor %.3f to %.3f ms; idle the edge uses %.2f %% of a "
        "core (included); %zu calls, %zu failed",
        (unsigned long long)options->rate, AGENTS, (unsigned long long)options->rounds,
        (unsigned long long)options->seconds, low, high, bench_quantile(figures->floor_ms, rounds, 0),
        bench_quantile(figures->floor_ms, rounds, 1), bench_median(figures->idle_share, rounds),
        figures->through, figures->failed);
    double edge = bench_median(figures->edge_ms, rounds);
    struct bench_row row = {.name = "edge.call.cpu",
                            .unit = "ms",
                            .value = edge,
                            .reference = "sipp answering the callers itself (one leg), same run",
                            .reference_value = bench_median(figures->floor_ms, rounds),
                            .conditions = conditions,
                            .digits = 3};
    bench_row_print(&row);
    int len = snprintf(
        conditions, sizeof(conditions),
        "the same calls, with %.1f s before and after in which records go their way:", REST_MS / 1000.0);
    for (size_t i = 0; i < PARTS; i++) {
        double part = bench_median(figures->part_ms[i], rounds);
        house += part;
        if (len > 0 && (size_t)len < sizeof(conditions))
            len += snprintf(conditions + len, sizeof(conditions) - (size_t)len, " %s %.2f", parts[i], part);
    }
    row = (struct bench_row){.name = "edge.call.cpu.house",
                             .unit = "ms",
                             .value = house,
                             .reference = "the edge alone (edge.call.cpu)",
                             .reference_value = edge,
                             .conditions = conditions,
                             .digits = 2};
    bench_row_print(&row);
}

/* ---- The program ------------------------------------------------------------------------------------ */

static int usage(void)
{
    (void)fprintf(stderr, "usage: bench_edge_call [--rate 1..%u] [--seconds 1..30] [--rounds 1..%u]\n",
                  RATE_MAX, ROUNDS_MAX);
    return 2;
}

static bool parse(int argc, char **argv, struct options *options)
{
    static const struct option names[] = {
        {"rate", 1, NULL, 'a'}, {"seconds", 1, NULL, 's'}, {"rounds", 1, NULL, 'r'}, {0}};
    for (int opt = getopt_long(argc, argv, "", names, NULL); opt != -1;
         opt = getopt_long(argc, argv, "", names, NULL)) {
        uint64_t *value = opt == 'a' ? &options->rate : opt == 's' ? &options->seconds : &options->rounds;
        uint64_t max = opt == 'a' ? RATE_MAX : opt == 's' ? CALLS_MAX / RATE_MAX : ROUNDS_MAX;
        if (opt == '?' || far_str_u64(optarg, max, value) != FAR_OK || *value == 0) return false;
    }
    return optind == argc;
}

int main(int argc, char **argv)
{
    static struct figures figures;
    struct options options = {.rate = 20, .seconds = 5, .rounds = 4};
    struct sockaddr_in edge, floor;
    struct centre centre;
    struct figures unused = {.through = 0};
    if (!parse(argc, argv, &options)) return usage();
    centre_open(&centre, AGENTS);
    centre_edge("hq", &edge);
    pid_t sipp = start_floor(&floor);
    struct phones_order order = {.dialled = CENTRE_DIALLED,
                                 .calls = (size_t)(options.rate * options.seconds),
                                 .rate = (double)options.rate,
                                 .talk_us = 100000};
    for (unsigned round = 0; round < options.rounds; round++) {
        phones_target(centre.phones, &floor);
        order.to_agent = false;
        figures.floor_ms[round] = measure(centre.phones, &order, sipp, &unused);
        phones_target(centre.phones, &edge);
        order.to_agent = true;
        measure_house(&centre, &order, &figures, round);
        (void)fprintf(stderr, "round %u: edge %.3f ms a call, floor %.3f ms\n", round + 1,
                      figures.edge_ms[round], figures.floor_ms[round]);
    }
    bench_end(sipp, 2000);
    print_rows(&options, &figures);
    centre_close(&centre);
    return figures.failed > 0;
}
