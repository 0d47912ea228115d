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
/** Call fn(ctx) after each change of a check's state, on the thread that made it, which may not set a check
 * then; one at a time, NULL: nobody. After the return no call with the former ctx begins. */
void far_health_watch(void (*fn)(void *ctx), void *ctx);
/** A copy of a check. */
struct far_health_check {
    char name[48];
    enum far_health_state state;
    char text[256];
};
#define FAR_HEALTH_CHECKS_MAX 64
/** All checks as they are now, in the order of their first use. @return how many. */
size_t far_health_list(struct far_health_check ret_checks[FAR_HEALTH_CHECKS_MAX]);
/** "ok", "degraded", "failed". */
const char *far_health_state_name(enum far_health_state state);
/** {"service":..,"instance":..,"version":..,"ready":true,"checks":[{"name":..,"state":"ok","text":..}]} */
void far_health_json(const char *service, const char *instance, const char *version, struct far_buf *out);
