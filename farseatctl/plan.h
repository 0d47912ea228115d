/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h - what would change between two configurations, in lines that people read. No I/O. */
#pragma once
#include "far/buf.h"
#include "farseat/v1/config.pb-c.h"
#include <stddef.h>

/** Append a line for each difference: "+ queue sales", "- agent lee", "~ queue sales: ring_ms_max 20000 ->
 *  15000". *ret_count: how many. @return FAR_OK; FAR_ENOMEM; FAR_EPROTO: a text is not UTF-8. */
FAR_MUST_CHECK enum far_err plan_differences(const Farseat__V1__CentreConfig *before,
                                             const Farseat__V1__CentreConfig *after, struct far_buf *out,
                                             size_t *ret_count);
