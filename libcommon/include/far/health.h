/* SPDX-License-Identifier: Apache-2.0 */
/* health.h - named checks of this process. /readyz answers 200 only while no check is FAILED, and always
 * shows all as JSON. DEGRADED: works, but something is missing that an operator should know. Any thread. */
#pragma once
#include "far/buf.h"
#include "far/err.h"
#include <stdbool.h>

enum far_health_state { FAR_HEALTH_OK, FAR_HEALTH_DEGRADED, FAR_HEALTH_FAILED };

/** Set a check (made at its first use; 64 at most, more are logged and dropped). name: short, lower case with
 * '-', copied. The text says what is wrong and how to mend it; "" when all is well. A change of state is
 * logged. */
void far_health_set(const char *name, enum far_health_state state, const char *format, ...) FAR_PRINTF(3, 4);
/** Forget a check. */
void far_health_remove(const char *name);
/** The worst state of all checks. */
enum far_health_state far_health_worst(void);
/** {"service":..,"instance":..,"version":..,"ready":true,"checks":[{"name":..,"state":"ok","text":..}]} */
void far_health_json(const char *service, const char *instance, const char *version, struct far_buf *out);
