/* SPDX-License-Identifier: Apache-2.0 */
/* kv.h - private to bus/: far/kv.h with a function for ctx when the bus is destroyed before the end; may be
 * NULL. */
#pragma once
#include "bus/private.h"
#include "far/kv.h"

FAR_MUST_CHECK enum far_err kv_write(struct far_bus *bus, const struct far_kv_write *write,
                                     bus_drop_fn *drop_fn);
FAR_MUST_CHECK enum far_err kv_get(struct far_bus *bus, const char *bucket, const char *key,
                                   far_kv_get_fn *fn, bus_drop_fn *drop_fn, void *ctx);
