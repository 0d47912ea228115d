/* SPDX-License-Identifier: Apache-2.0 */
/* figures.c - what the process shows of itself: /metrics and the checks of /readyz. */
#include "far/log.h"
#include "shell.h"

#define EVERY_MS 1000u

enum metric {
    M_POSITION,
    M_LAG,
    M_LEADER,
    M_HALTED,
    M_CONTACTS,
    M_WAITING,
    M_LEGS,
    M_AGENTS,
    M_COMMANDS,
    M_COMMANDS_FAILED,
    M_RECORDS,
    M_FACTS,
    M_FACTS_DROPPED,
    M_INPUTS,
    M_REWINDS,
    M_SNAPSHOT,
    M_HASHES,
    M_LED,
    M_APPEND,
    M_WRITES
};
struct far_metric shell_metrics[] = {
    [M_POSITION] = {.name = "farseat_acd_position",
                    .type = FAR_GAUGE,
                    .help = "Last position of the log that was applied."},
    [M_LAG] = {.name = "farseat_acd_lag",
               .type = FAR_GAUGE,
               .help = "Entries of the log that are not applied yet."},
    [M_LEADER] = {.name = "farseat_acd_leader", .type = FAR_GAUGE, .help = "1: this replica leads."},
    [M_HALTED] = {.name = "farseat_acd_halted",
                  .type = FAR_GAUGE,
                  .help = "1: this replica has halted, see its log."},
    [M_CONTACTS] = {.name = "farseat_acd_contacts", .type = FAR_GAUGE, .help = "Contacts that live."},
    [M_WAITING] = {.name = "farseat_acd_contacts_waiting",
                   .type = FAR_GAUGE,
                   .help = "Contacts that wait for an agent."},
    [M_LEGS] = {.name = "farseat_acd_legs", .type = FAR_GAUGE, .help = "Legs that live."},
    [M_AGENTS] = {.name = "farseat_acd_agents_logged_in",
                  .type = FAR_GAUGE,
                  .help = "Agents who are logged in."},
    [M_COMMANDS] = {.name = "farseat_acd_commands_outstanding",
                    .type = FAR_GAUGE,
                    .help = "Commands that are not known to be carried out."},
    [M_COMMANDS_FAILED] = {.name = "farseat_acd_commands_failed_total",
                           .type = FAR_COUNTER,
                           .help = "Commands that this replica gave up: refused or expired."},
    [M_RECORDS] = {.name = "farseat_acd_records_unstored",
                   .type = FAR_GAUGE,
                   .help = "Finished records that are not in stream REC yet."},
    [M_FACTS] = {.name = "farseat_acd_facts_unpublished",
                 .type = FAR_GAUGE,
                 .help = "Facts that are not in stream EVT yet."},
    [M_FACTS_DROPPED] = {.name = "farseat_acd_facts_dropped_total",
                         .type = FAR_COUNTER,
                         .help = "Facts that found no room while EVT took none."},
    [M_INPUTS] = {.name = "farseat_acd_inputs_waiting",
                  .type = FAR_GAUGE,
                  .help = "Inputs of this process that the log has not taken yet."},
    [M_REWINDS] = {.name = "farseat_acd_rewinds_total",
                   .type = FAR_COUNTER,
                   .help = "Times that appending began again after a failure."},
    [M_SNAPSHOT] = {.name = "farseat_acd_snapshot_position",
                    .type = FAR_GAUGE,
                    .help = "Position of the last snapshot that this replica wrote."},
    [M_HASHES] = {.name = "farseat_acd_hashes_compared_total",
                  .type = FAR_COUNTER,
                  .help = "State hashes of the leader that were compared with our own."},
    [M_LED] = {.name = "farseat_acd_led_total",
               .type = FAR_COUNTER,
               .help = "Times that this replica began to lead."},
    [M_APPEND] = {.name = "farseat_acd_append_seconds",
                  .type = FAR_HISTOGRAM,
                  .help = "An input of this process, from being written to being applied.",
                  .bounds = far_metric_bounds_latency_us,
                  .divisor = 1000000},
    [M_WRITES] = {.name = "farseat_acd_writes_waiting",
                  .type = FAR_GAUGE,
                  .help = "Writes by people that wait for their verdict."},
};
const size_t shell_metrics_len = FAR_ARRAY_LEN(shell_metrics);
const struct far_service_load shell_load[] = {
    {.metric = &shell_metrics[M_LEADER]},  {.metric = &shell_metrics[M_CONTACTS]},
    {.metric = &shell_metrics[M_WAITING]}, {.metric = &shell_metrics[M_AGENTS]},
    {.metric = &shell_metrics[M_RECORDS]}, {.metric = &shell_metrics[M_LAG]},
    {.metric = &shell_metrics[M_INPUTS]},  {.metric = &shell_metrics[M_HALTED]},
};
const size_t shell_load_len = FAR_ARRAY_LEN(shell_load);

static void set(enum metric metric, uint64_t value)
{
    far_metric_set(&shell_metrics[metric], (int64_t)value);
}

static void set_core(const struct shell *shell)
{
    struct acd_stats stats;
    const struct acd *acd = replica_acd(shell->replica);
    if (!acd) return;
    acd_stats(acd, &stats);
    set(M_POSITION, acd_position(acd));
    set(M_CONTACTS, stats.contacts);
    set(M_WAITING, stats.waiting);
    set(M_LEGS, stats.legs);
    set(M_AGENTS, stats.agents_logged_in);
    set(M_COMMANDS, stats.commands);
    set(M_RECORDS, stats.records_unstored);
}

static void set_replica(const struct shell *shell)
{
    struct replica_stats stats;
    replica_stats(shell->replica, &stats);
    set(M_LAG, shell->pending);
    set(M_COMMANDS_FAILED, stats.commands_failed);
    set(M_FACTS, stats.facts_unpublished);
    set(M_FACTS_DROPPED, stats.facts_dropped);
    set(M_INPUTS, stats.inputs_waiting);
    set(M_REWINDS, stats.rewinds);
    set(M_SNAPSHOT, stats.snapshot_position);
    set(M_HASHES, stats.hashes_compared);
    set(M_WRITES, stats.writes_waiting);
}

static void on_second(void *arg, uint64_t timer)
{
    struct shell *shell = arg;
    (void)timer;
    if (!shell->replica) return;
    set_core(shell);
    set_replica(shell);
    api_applied(shell);
    run_turn(shell);
}

void figures_applied(const struct shell *shell)
{
    static uint64_t told;
    struct replica_stats stats;
    replica_stats(shell->replica, &stats);
    if (stats.inputs_applied == told) return;
    told = stats.inputs_applied;
    far_metric_observe(&shell_metrics[M_APPEND], (int64_t)stats.append_latency_ms_last * 1000);
}

void figures_role(struct shell *shell, enum replica_role role)
{
    static const char *const names[] = {"follower", "candidate", "leader", "halted"};
    (void)shell;
    set(M_LEADER, role == REPLICA_LEADER);
    set(M_HALTED, role == REPLICA_HALTED);
    if (role == REPLICA_LEADER) far_metric_add(&shell_metrics[M_LED], 1);
    FAR_INFO(
        "role", "role=%s position=%llu", names[role],
        (unsigned long long)(replica_acd(shell->replica) ? acd_position(replica_acd(shell->replica)) : 0));
}

void figures_start(struct shell *shell)
{
    if (far_timer_start(far_service_loop(shell->service), EVERY_MS, EVERY_MS, on_second, shell,
                        &shell->figures_timer) != FAR_OK)
        far_service_fail(shell->service, "no timer is free");
}

void figures_stop(struct shell *shell)
{
    far_timer_stop(far_service_loop(shell->service), shell->figures_timer);
}
