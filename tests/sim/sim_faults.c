/* SPDX-License-Identifier: Apache-2.0 */
/* sim_faults.c - what goes wrong from outside, one thing after the other and sometimes at once. */
#include "sim.h"
#include <stdlib.h>

static void on_replica_up(struct world *world, struct event *event)
{
    if (!world->processes[event->who].alive) process_start(world, event->who);
}
static void on_edge_up(struct world *world, struct event *event)
{
    if (!world->edges[event->who].alive) edge_start(world, event->who);
}

static void on_healed(struct world *world, struct event *event)
{
    struct process *process = &world->processes[event->who];
    if (!process->alive || process->life != event->life) return;
    replica_connected(process->replica, process_now(world, process), true);
    process_run(world, event->who);
}

static uint32_t pick_replica(struct world *world)
{
    if (sim_chance(world, 500))
        for (uint32_t i = 0; i < world->options.replicas; i++)
            if (world->processes[i].alive && replica_role(world->processes[i].replica) == REPLICA_LEADER)
                return i;
    return (uint32_t)far_rand_below(&world->rand, world->options.replicas);
}

static void cut_replica(struct world *world)
{
    uint32_t who = pick_replica(world);
    struct process *process = &world->processes[who];
    uint64_t ms = (uint64_t)far_rand_between(&world->rand, 500, 15000);
    if (!process->alive) return;
    sim_trace(world, "fault: %s is cut off for %llu ms", process->name, (unsigned long long)ms);
    process->cut_until_ms = world->now_ms + ms;
    world->counts.cuts++;
    /* Its library notices at once, or not at all. */
    if (sim_chance(world, 500)) {
        replica_connected(process->replica, process_now(world, process), false);
        sim_after(world, ms + 1, &(struct event){.fn = on_healed, .who = who, .life = process->life});
    }
}

static void truncate_log(struct world *world)
{
    uint64_t below = UINT64_MAX;
    for (uint32_t i = 0; i < world->options.replicas; i++) {
        struct replica_stats stats;
        if (!world->processes[i].alive) return;
        replica_stats(world->processes[i].replica, &stats);
        if (stats.snapshot_position < below) below = stats.snapshot_position;
    }
    if (below == 0 || below == UINT64_MAX) return;
    struct stream *log = &world->streams[STREAM_LOG];
    sim_trace(world, "fault: the log is truncated below %llu", (unsigned long long)below);
    for (uint64_t i = 0; i + 1 < below; i++) {
        free(log->entries[i].data);
        log->entries[i].data = NULL;
        log->entries[i].len = 0;
    }
    world->truncated_below = below - 1;
}

/* A stall never ends earlier because another one begins: what waits keeps its order. */
static void stall(struct world *world, uint64_t *until_ms, uint64_t ms)
{
    if (*until_ms < world->now_ms + ms) *until_ms = world->now_ms + ms;
}

static void do_fault(struct world *world)
{
    uint32_t who = pick_replica(world), edge = (uint32_t)far_rand_below(&world->rand, SIM_EDGES);
    uint64_t ms = (uint64_t)far_rand_between(&world->rand, 300, 8000);
    switch (far_rand_below(&world->rand, 10)) {
    case 0:
    case 1:
        process_kill(world, who);
        sim_after(world, ms, &(struct event){.fn = on_replica_up, .who = who});
        break;
    case 2:
        edge_kill(world, edge);
        sim_after(world, ms, &(struct event){.fn = on_edge_up, .who = edge});
        break;
    case 3:
        sim_trace(world, "fault: the log takes nothing for %llu ms", (unsigned long long)ms);
        stall(world, &world->streams[STREAM_LOG].stalled_until_ms, ms);
        world->counts.stalls++;
        break;
    case 4:
        sim_trace(world, "fault: no stream takes anything for %llu ms", (unsigned long long)ms);
        for (int i = 0; i < STREAM_KINDS; i++)
            stall(world, &world->streams[i].stalled_until_ms, ms);
        stall(world, &world->lease.stalled_until_ms, ms);
        world->counts.stalls++;
        break;
    case 5:
        stall(world, &world->lease.stalled_until_ms, ms);
        world->counts.stalls++;
        break;
    case 6:
        cut_replica(world);
        break;
    case 7:
        if (sim_chance(world, 500)) ms *= 5;
        sim_trace(world, "fault: %s is cut off for %llu ms", world->edges[edge].name, (unsigned long long)ms);
        world->edges[edge].cut_until_ms = world->now_ms + ms;
        world->counts.cuts++;
        break;
    case 8:
        if (!world->processes[who].alive) break;
        sim_trace(world, "fault: %s stands still for %llu ms", world->processes[who].name,
                  (unsigned long long)ms);
        world->processes[who].frozen_until_ms = world->now_ms + ms;
        break;
    case 9:
        if (sim_chance(world, 500))
            world->wall_us += far_rand_between(&world->rand, -3600000000LL, 3600000000LL);
        else
            truncate_log(world);
        break;
    }
}

static void on_fault(struct world *world, struct event *event)
{
    (void)event;
    if (!world->faults) return;
    world->fault_at_ms = world->now_ms;
    do_fault(world);
    sim_after(world, (uint64_t)far_rand_between(&world->rand, 200, 20000), &(struct event){.fn = on_fault});
}

void faults_start(struct world *world)
{
    sim_after(world, 8000, &(struct event){.fn = on_fault});
}
