/* SPDX-License-Identifier: Apache-2.0 */
/* farseat-acd: one replica of the contact centre's routing. This file only wires; README.md says who tells it
 * what. */
#include "far/service.h"
#include "shell.h"

static struct shell_config config;
static struct shell shell;

static enum far_err start(struct far_service *service)
{
    return shell_start(&shell, service, &config);
}
static void drain(struct far_service *service)
{
    (void)service;
    shell_drain(&shell);
}
static void stop(struct far_service *service)
{
    (void)service;
    shell_stop(&shell);
}

int main(int argc, char **argv)
{
    const struct far_config_group groups[] = {
        {.rows = shell_config_rows, .row_count = shell_config_rows_len, .target = &config},
    };
    const struct far_service_metrics metrics[] = {
        {shell_metrics, shell_metrics_len},
    };
    static const struct far_machine *const machines[] = {&acd_agent_machine, &acd_contact_machine,
                                                         &acd_leg_machine};
    const struct far_service_def def = {.name = "acd",
                                        .summary = "one replica of the contact centre's routing",
                                        .groups = groups,
                                        .group_count = FAR_ARRAY_LEN(groups),
                                        .metrics = metrics,
                                        .metrics_count = FAR_ARRAY_LEN(metrics),
                                        .machines = machines,
                                        .machines_count = FAR_ARRAY_LEN(machines),
                                        .load = shell_load,
                                        .load_count = shell_load_len,
                                        .start = start,
                                        .drain = drain,
                                        .stop = stop};
    return far_service_main(argc, argv, &def);
}
