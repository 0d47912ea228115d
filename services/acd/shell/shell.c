/* SPDX-License-Identifier: Apache-2.0 */
/* shell.c - begins, drains and ends it all. */
#include "shell.h"
#include "far/health.h"
#include "far/log.h"
#include "far/service_bus.h"
#include <stdlib.h>
#include <string.h>

#define DRAIN_LOOK_MS 20u

const struct far_config_row shell_config_rows[] = {
    {.path = "bus.url",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct shell_config, bus_url),
     .help = "Where the bus is: nats://host:port, several separated by commas"},
    {.path = "bus.nkey_file",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct shell_config, nkey_file),
     .default_text = "",
     .help = "File with the seed of this instance's key; empty: no authentication"},
    {.path = "log.agents_max",
     .type = FAR_CONFIG_INT,
     .offset = offsetof(struct shell_config, agents_max),
     .default_text = "1000",
     .min = 1,
     .max = 100000,
     .help = "Agents that a log created now has room for; an existing log keeps its own limits"},
    {.path = "log.contacts_max",
     .type = FAR_CONFIG_INT,
     .offset = offsetof(struct shell_config, contacts_max),
     .default_text = "1000",
     .min = 1,
     .max = 100000,
     .help = "Likewise: contacts at once"},
    {.path = "log.queues_max",
     .type = FAR_CONFIG_INT,
     .offset = offsetof(struct shell_config, queues_max),
     .default_text = "100",
     .min = 1,
     .max = 1000,
     .help = "Likewise: queues"},
    {.path = "log.legs_max",
     .type = FAR_CONFIG_INT,
     .offset = offsetof(struct shell_config, legs_max),
     .default_text = "3000",
     .min = 2,
     .max = 200000,
     .help = "Likewise: legs at once"},
    {.path = "log.records_max",
     .type = FAR_CONFIG_INT,
     .offset = offsetof(struct shell_config, records_max),
     .default_text = "20000",
     .min = 64,
     .max = 1000000,
     .help = "Likewise: finished records that wait while stream REC takes none; beyond: new contacts are "
             "refused"},
    {.path = "lead.lease",
     .type = FAR_CONFIG_DURATION_MS,
     .offset = offsetof(struct shell_config, lease_ms),
     .default_text = "1200ms",
     .min = 200,
     .max = 60000,
     .help = "A leader that is not heard of for so long is replaced; all replicas must have the same"},
    {.path = "snapshot.positions",
     .type = FAR_CONFIG_INT,
     .offset = offsetof(struct shell_config, snapshot_every),
     .default_text = "20000",
     .min = 500,
     .max = 100000000,
     .help = "A snapshot each so many inputs"},
    {.path = "snapshot.interval",
     .type = FAR_CONFIG_DURATION_MS,
     .offset = offsetof(struct shell_config, snapshot_every_ms),
     .default_text = "5m",
     .min = 1000,
     .max = 86400000,
     .help = "And at the latest after so long, when there were at least 500 inputs"},
    {.path = "lead.drain",
     .type = FAR_CONFIG_DURATION_MS,
     .offset = offsetof(struct shell_config, drain_ms),
     .default_text = "1s",
     .min = 0,
     .max = 60000,
     .help = "How long SIGTERM waits for what the log has not taken"},
};
const size_t shell_config_rows_len = FAR_ARRAY_LEN(shell_config_rows);

static void on_state(void *ctx, enum far_bus_state state)
{
    struct shell *shell = ctx;
    bool connected = state == FAR_BUS_CONNECTED;
    if (connected)
        far_health_set("bus", FAR_HEALTH_OK, "%s", "");
    else
        far_health_set("bus", FAR_HEALTH_FAILED, "%s",
                       "no connection to the bus: is nats-server up, and bus.url right?");
    if (shell->replica) {
        replica_connected(shell->replica, run_now_ms(shell), connected);
        run_turn(shell);
    } else if (connected) {
        boot_step(shell);
    }
}

enum far_err shell_start(struct shell *shell, struct far_service *service, const struct shell_config *config)
{
    memset(shell, 0, sizeof(*shell));
    shell->service = service;
    shell->config = config;
    far_list_init(&shell->asks);
    far_list_init(&shell->writes);
    far_list_init(&shell->reads);
    far_health_set("bus", FAR_HEALTH_FAILED, "%s", "connecting");
    far_health_set("log", FAR_HEALTH_FAILED, "%s", "not looked at yet");
    struct far_bus_config bus = {.url = config->bus_url,
                                 .nkey_file = *config->nkey_file ? config->nkey_file : NULL,
                                 .name = far_service_instance(service),
                                 .state_fn = on_state,
                                 .state_ctx = shell};
    enum far_err err = far_bus_connect(&bus, far_service_loop(service), &shell->bus);
    if (err == FAR_OK) err = far_service_report_begin(service, shell->bus);
    if (err == FAR_OK) figures_start(shell);
    return err;
}

static bool is_flushed(const struct shell *shell)
{
    struct replica_stats stats;
    if (!shell->replica) return true;
    replica_stats(shell->replica, &stats);
    return stats.inputs_waiting == 0 && stats.writes_waiting == 0;
}

static void on_drain(void *arg, uint64_t timer)
{
    struct shell *shell = arg;
    (void)timer;
    if (!is_flushed(shell) && run_now_ms(shell) < shell->drain_until_ms) return;
    far_timer_stop(far_service_loop(shell->service), shell->drain_timer);
    shell->drain_timer = 0;
    far_service_drained(shell->service);
}

void shell_drain(struct shell *shell)
{
    FAR_INFO("drain", "role=%d", shell->replica ? (int)replica_role(shell->replica) : -1);
    if (shell->state != SHELL_HALTED) shell->state = SHELL_DRAINING;
    shell->lease = far_lease_destroy(shell->lease);
    api_stop(shell);
    if (shell->replica) {
        replica_lease(shell->replica, run_now_ms(shell), false);
        run_turn(shell);
    }
    shell->drain_until_ms = run_now_ms(shell) + (uint64_t)shell->config->drain_ms;
    if (far_timer_start(far_service_loop(shell->service), DRAIN_LOOK_MS, DRAIN_LOOK_MS, on_drain, shell,
                        &shell->drain_timer) != FAR_OK)
        far_service_drained(shell->service);
}

void shell_stop(struct shell *shell)
{
    figures_stop(shell);
    far_timer_stop(far_service_loop(shell->service), shell->drain_timer);
    boot_stop(shell);
    api_stop(shell);
    api_abandon(shell);
    trunks_stop(shell);
    secrets_stop(shell);
    run_stop(shell);
    far_service_report_end();
    shell->bus = far_bus_destroy(shell->bus);
    far_arena_done(&shell->arena);
    while (!far_list_empty(&shell->asks)) {
        struct far_list *link = shell->asks.next;
        far_list_remove(link);
        free(link); /* the link is the ask's first member */
    }
}
