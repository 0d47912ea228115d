/* SPDX-License-Identifier: Apache-2.0 */
/* dtmf_relay.h - digits in the body of SIP INFO: application/dtmf-relay ("Signal=5\r\nDuration=160") and
 * application/dtmf ("5"). Pure. */
#pragma once
#include "far/err.h"
#include <stddef.h>
#include <stdint.h>

/** @param type the Content-Type without parameters. @param ret_duration_ms 40..5000; 160 when it does not
 * say.
 *  @return FAR_OK; FAR_ENOTFOUND: another type; FAR_EPROTO: no digit in it. */
FAR_MUST_CHECK enum far_err dtmf_relay_parse(const char *type, const char *body, size_t len, char *ret_digit,
                                             uint32_t *ret_duration_ms);
