/* SPDX-License-Identifier: Apache-2.0 */
/* bench_call - rows call.invite_to_ring and call.invite_to_ring.p99: from the caller's INVITE at
 * headquarters' edge until the agent's phone has its INVITE, through the edge, the log, the core's flow and
 * matcher, and back. One call after the other with agents who are idle, so nothing waits for anything but the
 * parts themselves.
 *
 * The floor is an OPTIONS that the same edge answers by itself: a SIP message's way in and out, no routing. A
 * peer (peer.h), when there is one, takes turns: rows call.invite_to_ring.peer and .peer.p99.
 */
#include "centre.h"
#include "peer.h"
#include "process.h"
#include "row.h"
#include <stdio.h>

#define ROUNDS   5u
#define CALLS    40u /* a round */
#define AGENTS   8u
#define PAUSE_MS 60u /* lets the last call's records and after-call work come to rest */

struct series {
    double ms[ROUNDS * CALLS], round_ms[ROUNDS];
    size_t len, failed;
};

static void call_once(struct phones *phones, const char *dialled, struct series *series)
{
    const struct phones_order order = {
        .dialled = dialled, .calls = 1, .rate = 1000, .talk_us = 20000, .to_agent = true};
    struct phones_result result = {.ring_ms = &series->ms[series->len]};
    bench_pause(PAUSE_MS);
    phones_run(phones, &order, &result);
    series->len += result.ring_len;
    series->failed += result.failed;
    if (result.failed > 0) (void)fprintf(stderr, "a call failed: %s\n", result.why);
}

static void ask_once(struct phones *phones, struct series *series)
{
    uint64_t us = phones_options_us(phones);
    if (us > 0)
        series->ms[series->len++] = (double)us / 1000;
    else
        series->failed++;
}

static void end_round(struct series *series, unsigned round, size_t first)
{
    double sorted[CALLS];
    if (series->len == first) bench_die("nothing of round %u was through", round + 1);
    for (size_t i = first; i < series->len; i++)
        sorted[i - first] = series->ms[i];
    series->round_ms[round] = bench_median(sorted, series->len - first);
}

/* Both rows, p50 and p99, of `ours` against `reference`. */
static void print_rows(const char *suffix, const char *reference_name, struct series *ours,
                       struct series *reference)
{
    static const struct {
        const char *suffix, *unit;
        double q;
    } kinds[] = {{"", "ms (p50)", 0.5}, {".p99", "ms (p99)", 0.99}};
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        char name[64], conditions[400];
        (void)snprintf(name, sizeof(name), "call.invite_to_ring%s%s", suffix, kinds[i].suffix);
        (void)snprintf(
            conditions, sizeof(conditions),
            "%zu calls one after the other, idle agents, flow queues at once, two ACD processes, one "
            "machine; "
            "medians of %u rounds %.2f to %.2f ms, reference %.2f to %.2f ms; %zu failed, reference %zu",
            ours->len, ROUNDS, bench_quantile(ours->round_ms, ROUNDS, 0),
            bench_quantile(ours->round_ms, ROUNDS, 1), bench_quantile(reference->round_ms, ROUNDS, 0),
            bench_quantile(reference->round_ms, ROUNDS, 1), ours->failed, reference->failed);
        const struct bench_row row = {.name = name,
                                      .unit = kinds[i].unit,
                                      .value = bench_quantile(ours->ms, ours->len, kinds[i].q),
                                      .reference = reference_name,
                                      .reference_value =
                                          bench_quantile(reference->ms, reference->len, kinds[i].q),
                                      .conditions = conditions,
                                      .digits = 2};
        bench_row_print(&row);
    }
}

int main(void)
{
    static struct series ours, options, others;
    struct bench_peer peer = {.pid = 0};
    struct centre centre;
    bool has_peer = bench_peer(&peer);
    struct phones *peer_phones = has_peer ? phones_create(&peer.address, &peer.caller, &peer.agent) : NULL;
    centre_open(&centre, AGENTS);
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t ours_first = ours.len, options_first = options.len, others_first = others.len;
        for (unsigned i = 0; i < CALLS; i++) {
            call_once(centre.phones, CENTRE_DIALLED, &ours);
            ask_once(centre.phones, &options);
            if (has_peer) call_once(peer_phones, peer.dialled, &others);
        }
        end_round(&ours, round, ours_first);
        end_round(&options, round, options_first);
        if (has_peer) end_round(&others, round, others_first);
        (void)fprintf(stderr, "round %u: median %.2f ms\n", round + 1, ours.round_ms[round]);
    }
    centre_close(&centre);
    (void)phones_destroy(peer_phones);
    print_rows("", "OPTIONS answered by the same edge", &ours, &options);
    if (has_peer) {
        char name[96];
        (void)snprintf(name, sizeof(name), "%s, a call of its queue, in turns", peer.name);
        print_rows(".peer", name, &ours, &others);
    }
    return ours.failed > 0;
}
