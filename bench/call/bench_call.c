/* SPDX-License-Identifier: Apache-2.0 */
/* bench_call - rows call.invite_to_ring and call.invite_to_ring.p99: from the caller's INVITE at
 * headquarters' edge until the agent's phone has its INVITE, through the edge, the log, the core's flow and
 * matcher, and back. One call after the other with agents who are idle, so nothing waits for anything but the
 * parts themselves.
 *
 * The floor is an OPTIONS that the same edge answers by itself: a SIP message's way in and out, no routing.
 */
#include "centre.h"
#include "process.h"
#include "row.h"
#include <stdio.h>

#define ROUNDS   5u
#define CALLS    40u /* a round */
#define AGENTS   8u
#define PAUSE_MS 60u /* lets the last call's records and after-call work come to rest */

int main(void)
{
    static double rings_ms[ROUNDS * CALLS], options_ms[ROUNDS * CALLS];
    double round_ms[ROUNDS], low = 0, high = 0;
    const struct phones_order order = {
        .dialled = CENTRE_DIALLED, .calls = 1, .rate = 1000, .talk_us = 20000, .to_agent = true};
    size_t rings_len = 0, options_len = 0, failed = 0;
    struct centre centre;
    char conditions[512];
    centre_open(&centre, AGENTS);
    for (unsigned round = 0; round < ROUNDS; round++) {
        double sorted[CALLS];
        size_t first = rings_len;
        for (unsigned i = 0; i < CALLS; i++) {
            struct phones_result result = {.ring_ms = &rings_ms[rings_len]};
            bench_pause(PAUSE_MS);
            uint64_t us = phones_options_us(centre.phones);
            if (us > 0) options_ms[options_len++] = (double)us / 1000;
            phones_run(centre.phones, &order, &result);
            rings_len += result.ring_len;
            failed += result.failed;
            if (result.failed > 0) (void)fprintf(stderr, "call failed: %s\n", result.why);
        }
        if (rings_len == first || options_len == 0) bench_die("no call of round %u was through", round + 1);
        for (size_t i = first; i < rings_len; i++)
            sorted[i - first] = rings_ms[i];
        round_ms[round] = bench_median(sorted, rings_len - first);
        (void)fprintf(stderr, "round %u: median %.2f ms\n", round + 1, round_ms[round]);
    }
    centre_close(&centre);
    low = bench_quantile(round_ms, ROUNDS, 0);
    high = bench_quantile(round_ms, ROUNDS, 1);
    (void)snprintf(
        conditions, sizeof(conditions),
        "%zu calls one after the other, idle agents, flow queues at once, two ACD processes, one machine; "
        "medians of %u rounds %.2f to %.2f ms, %zu failed",
        rings_len, ROUNDS, low, high, failed);
    struct bench_row row = {.name = "call.invite_to_ring",
                            .unit = "ms (p50)",
                            .value = bench_quantile(rings_ms, rings_len, 0.5),
                            .reference = "OPTIONS answered by the same edge (p50)",
                            .reference_value = bench_quantile(options_ms, options_len, 0.5),
                            .conditions = conditions,
                            .digits = 2};
    bench_row_print(&row);
    row.name = "call.invite_to_ring.p99";
    row.unit = "ms (p99)";
    row.value = bench_quantile(rings_ms, rings_len, 0.99);
    row.reference = "OPTIONS answered by the same edge (p99)";
    row.reference_value = bench_quantile(options_ms, options_len, 0.99);
    bench_row_print(&row);
    return failed > 0;
}
