/* SPDX-License-Identifier: Apache-2.0 */
/* centre.h - the centre's configuration as the gateway knows it: asked of the ACD at the start, after each
 * fact config.applied and whenever the bus comes back. Loop thread. */
#pragma once
#include "far/bus.h"
#include "farseat/v1/config.pb-c.h"

struct centre; /* opaque */

/** bus must be connected once already. @return FAR_OK; or what far_bus_add_state_fn() and far_timer_start()
 * say. */
FAR_MUST_CHECK enum far_err centre_create(struct far_bus *bus, struct centre **ret_centre);
struct centre *centre_destroy(struct centre *centre); /* NULL is allowed */
/** The configuration in force; NULL: the ACD has not answered yet, or no configuration was applied yet. It is
 * freed when the next one comes: keep nothing of it beyond the call back that runs. centre may be NULL. */
const Farseat__V1__CentreConfig *centre_config(const struct centre *centre);
/** Its version; 0: none. */
uint64_t centre_version(const struct centre *centre);
/** Its hash, by which the ACD tells configurations apart; "": none. */
const char *centre_hash(const struct centre *centre);
/** Call fn(ctx) each time another configuration has become known. One watcher; NULL: none. */
void centre_watch(struct centre *centre, void (*fn)(void *ctx), void *ctx);
/** A part of it by its id; NULL: none. */
const Farseat__V1__Agent *centre_agent(const struct centre *centre, const char *id);
const Farseat__V1__Phone *centre_phone(const struct centre *centre, const char *id);
const Farseat__V1__Site *centre_site(const struct centre *centre, const char *id);
/** A number whose flow begins with an echo: whom to call for an echo test. "": none. */
const char *centre_echo_number(const struct centre *centre);
