/* SPDX-License-Identifier: Apache-2.0 */
/* bench_edge_call [--rate N] [--seconds N] [--rounds N]: row edge.call.cpu: what the edge's process runs on a
 * CPU for a whole call: INVITE in, answered, music, INVITE out to the agent's phone, bridged, BYE on both
 * sides, all inputs and commands over the real log. No sound is sent by the phones (edge.packet.cpu has that
 * price).
 *
 * The floor is sipp answering such callers itself (its scenario uas), in turns with the edge: half the SIP
 * messages, no second leg, no bus. The row edge.call.cpu.house adds up all processes of the deployment for
 * the same calls; edge.call.cpu.peer holds the edge against a peer (peer.h), when there is one.
 */
#include "centre.h"
#include "far/clock.h"
#include "far/str.h"
#include "peer.h"
#include "process.h"
#include "row.h"
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS_MAX 20u
#define RATE_MAX   100u
#define CALLS_MAX  6000u /* of a round */
#define AGENTS     20u
/* sipp's calls are cheap beside its own wake-ups: more of them, so that they are seen. */
#define FLOOR_FASTER  20u
#define FLOOR_SECONDS 3u
#define REST_MS       1500u /* records of a round's calls come to rest */

static const char *const parts[] = {"edge-hq",   "acd-1",       "acd-2",       "nats",
                                    "analytics", "recording-1", "recording-2", "ticketing",
                                    "gateway",   "edge-branch", "kafka",       "postgres"};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

struct options {
    uint64_t rate, seconds, rounds;
};
struct figures {
    double peer_ms[ROUNDS_MAX], edge_ms[ROUNDS_MAX], floor_ms[ROUNDS_MAX], part_ms[PARTS][ROUNDS_MAX],
        idle_share[ROUNDS_MAX];
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

/* What processes use while nothing is asked of them is not the calls'. */
struct meter {
    pid_t pids[PARTS];
    size_t len;
    uint64_t ns[PARTS], began_us;
    double idle_share[PARTS]; /* of a core */
};

static void meter_idle(struct meter *meter, uint64_t ms)
{
    uint64_t ns[PARTS] = {0}, began_us = far_clock_mono_us();
    for (size_t i = 0; i < meter->len; i++)
        ns[i] = bench_cpu_tree_ns(meter->pids[i]);
    bench_pause(ms);
    for (size_t i = 0; i < meter->len; i++) {
        uint64_t now_ns = bench_cpu_tree_ns(meter->pids[i]);
        meter->idle_share[i] = (double)(now_ns - ns[i]) / 1000 / (double)(far_clock_mono_us() - began_us);
        meter->ns[i] = now_ns;
    }
    meter->began_us = far_clock_mono_us();
}

/* CPU time since meter_idle() beyond what was used idle [ms]. */
static double meter_ms(const struct meter *meter, size_t i)
{
    double passed_ms = (double)(far_clock_mono_us() - meter->began_us) / 1000;
    double used_ms = (double)(bench_cpu_tree_ns(meter->pids[i]) - meter->ns[i]) / 1e6;
    return used_ms - meter->idle_share[i] * passed_ms;
}

static size_t run(struct phones *phones, const struct phones_order *order, struct figures *figures)
{
    static double rings_ms[CALLS_MAX];
    struct phones_result result = {.ring_ms = rings_ms};
    phones_run(phones, order, &result);
    figures->through += result.through;
    figures->failed += result.failed;
    if (result.failed > 0)
        (void)fprintf(stderr, "%zu of %zu calls failed, the first: %s\n", result.failed, order->calls,
                      result.why);
    if (result.through == 0) bench_die("no call was through");
    return result.through;
}

static double measure_other(struct phones *phones, const struct phones_order *order, pid_t pid)
{
    struct meter meter = {.pids = {pid}, .len = 1};
    struct figures unused = {.through = 0};
    meter_idle(&meter, REST_MS / 2);
    size_t through = run(phones, order, &unused);
    return meter_ms(&meter, 0) / (double)through;
}

/* The edge's as the last call ends; the whole house's when the records of the calls have gone their way. */
static void measure_house(struct phones *phones, const struct phones_order *order, struct figures *figures,
                          unsigned round)
{
    struct meter meter = {.len = 0};
    while (meter.len < PARTS) {
        pid_t pid = bench_instance_pid(parts[meter.len]);
        if (pid == 0) bench_die("%s does not run", parts[meter.len]);
        meter.pids[meter.len++] = pid;
    }
    meter_idle(&meter, REST_MS);
    double through = (double)run(phones, order, figures);
    figures->edge_ms[round] = meter_ms(&meter, 0) / through;
    bench_pause(REST_MS);
    for (size_t i = 0; i < PARTS; i++)
        figures->part_ms[i][round] = meter_ms(&meter, i) / through;
    figures->idle_share[round] = meter.idle_share[0];
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
        "%llu rounds of %llu s, %.2f to %.2f ms, floor (%llu calls/s) %.3f to %.3f ms; without what they use "
        "idle (the "
        "edge %.2f %% of a core); %zu calls, %zu failed",
        (unsigned long long)options->rate, AGENTS, (unsigned long long)options->rounds,
        (unsigned long long)options->seconds, low, high, (unsigned long long)(options->rate * FLOOR_FASTER),
        bench_quantile(figures->floor_ms, rounds, 0), bench_quantile(figures->floor_ms, rounds, 1),
        100 * bench_median(figures->idle_share, rounds), figures->through, figures->failed);
    double edge = bench_median(figures->edge_ms, rounds);
    struct bench_row row = {.name = "edge.call.cpu",
                            .unit = "ms",
                            .value = edge,
                            .reference = "sipp answering the callers itself (one leg), same run",
                            .reference_value = bench_median(figures->floor_ms, rounds),
                            .conditions = conditions,
                            .digits = 3};
    bench_row_print(&row);
    int len =
        snprintf(conditions, sizeof(conditions),
                 "the same calls until %.1f s after the last, without what is used idle:", REST_MS / 1000.0);
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

static void print_peer_row(const struct options *options, const struct bench_peer *peer,
                           struct figures *figures)
{
    char conditions[400], reference[96];
    size_t rounds = (size_t)options->rounds;
    (void)snprintf(reference, sizeof(reference), "%s, a call of its queue, same run", peer->name);
    (void)snprintf(conditions, sizeof(conditions),
                   "as edge.call.cpu, %llu calls/s to both; the peer %.2f to %.2f ms; its figure includes "
                   "its queue, ours "
                   "(the edge's) does not: edge.call.cpu.house has the rest",
                   (unsigned long long)options->rate, bench_quantile(figures->peer_ms, rounds, 0),
                   bench_quantile(figures->peer_ms, rounds, 1));
    const struct bench_row row = {.name = "edge.call.cpu.peer",
                                  .unit = "ms",
                                  .value = bench_median(figures->edge_ms, rounds),
                                  .reference = reference,
                                  .reference_value = bench_median(figures->peer_ms, rounds),
                                  .conditions = conditions,
                                  .digits = 3};
    bench_row_print(&row);
}

/* ---- The program ------------------------------------------------------------------------------------ */

static int usage(void)
{
    (void)fprintf(stderr, "usage: bench_edge_call [--rate 1..%u] [--seconds 1..%u] [--rounds 1..%u]\n",
                  RATE_MAX, CALLS_MAX / RATE_MAX, ROUNDS_MAX);
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
    struct bench_peer peer = {.pid = 0};
    bool has_peer = bench_peer(&peer);
    struct centre centre;
    if (!parse(argc, argv, &options)) return usage();
    centre_open(&centre, AGENTS);
    centre_edge("hq", &edge);
    pid_t sipp = start_floor(&floor);
    const struct phones_order calls = {.dialled = CENTRE_DIALLED,
                                       .calls = (size_t)(options.rate * options.seconds),
                                       .rate = (double)options.rate,
                                       .talk_us = 100000,
                                       .to_agent = true};
    struct phones_order floor_calls = calls;
    floor_calls.calls = (size_t)(options.rate * FLOOR_FASTER * FLOOR_SECONDS);
    floor_calls.rate = (double)(options.rate * FLOOR_FASTER);
    floor_calls.to_agent = false;
    struct phones *peer_phones = has_peer ? phones_create(&peer.address, &peer.caller, &peer.agent) : NULL;
    struct phones_order peer_calls = calls;
    peer_calls.dialled = peer.dialled;
    for (unsigned round = 0; round < options.rounds; round++) {
        phones_target(centre.phones, &floor);
        figures.floor_ms[round] = measure_other(centre.phones, &floor_calls, sipp);
        phones_target(centre.phones, &edge);
        measure_house(centre.phones, &calls, &figures, round);
        if (has_peer) figures.peer_ms[round] = measure_other(peer_phones, &peer_calls, peer.pid);
        (void)fprintf(stderr, "round %u: edge %.3f ms a call, floor %.3f ms\n", round + 1,
                      figures.edge_ms[round], figures.floor_ms[round]);
    }
    bench_end(sipp, 2000);
    print_rows(&options, &figures);
    if (has_peer) print_peer_row(&options, &peer, &figures);
    (void)phones_destroy(peer_phones);
    centre_close(&centre);
    return figures.failed > 0;
}
