/* SPDX-License-Identifier: Apache-2.0 */
/* live.h - the figures of live screens: states out of the ACD (asked as soon as a fact says that something
 * changed, and at least once a second; an answer must have seen what the fact tells), today's counts out of
 * facts. Publishes far.live.queue|agent|contact.<id>: what changed at once, all that lives each second. Loop
 * thread. */
#pragma once
#include "far/bus.h"
#include "farseat/v1/api_analytics.pb-c.h"
#include "farseat/v1/config.pb-c.h"
#include <stdint.h>

struct live;
/** centre_changed(ctx, centre) is told when the centre's configuration is known, and whenever it was applied.
 */
FAR_MUST_CHECK enum far_err live_create(struct far_bus *bus,
                                        void (*centre_changed)(void *ctx, const Farseat__V1__Centre *centre),
                                        void *ctx, struct live **ret_live);
/** The day's first instant [Unix us], by whoever knows time zones; counts begin anew when it differs. */
void live_day(struct live *live, int64_t begin_us);
/** All of it at once, packed LiveReply; the caller frees it. NULL: nothing is known yet. */
uint8_t *live_pack(const struct live *live, size_t *ret_len);
struct live *live_destroy(struct live *live);
