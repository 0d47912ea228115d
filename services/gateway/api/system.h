/* SPDX-License-Identifier: Apache-2.0 */
/* system.h - what all processes say of themselves, and what that means: GET /system, and
 * far.api.gateway.System for farseatctl. Loop thread. */
#pragma once
#include "api.h"
#include "farseat/v1/live.pb-c.h"

#define SYSTEM_INSTANCES_MAX 256 /* the longest silent one is forgotten for another */

FAR_MUST_CHECK enum far_err system_watch_create(struct api *api, const char *instance,
                                                struct system_watch **ret_watch);
struct system_watch *system_watch_destroy(struct system_watch *watch); /* NULL is allowed */
/** Call fn for each process that was heard of. watch may be NULL. */
void system_each(const struct system_watch *watch,
                 void (*fn)(void *ctx, const Farseat__V1__LiveService *service), void *ctx);
void system_get(struct exchange *exchange);
