/* SPDX-License-Identifier: Apache-2.0 */
/* services.h - every process's health and load: as the gateway knows it, or, without one, as heard on the bus
 * within the next six seconds. */
#pragma once
#include "command.h"

/** @return an exit code: CTL_REFUSED when something has failed. */
int services_show(struct client *client, const struct options *options);
