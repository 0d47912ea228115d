/* SPDX-License-Identifier: Apache-2.0 */
/* g711_tables.h - constants of g711.c only. */
#pragma once
#include <stdint.h>

extern const int16_t far_alaw_linear[256];
extern const int16_t far_ulaw_linear[256];
extern const uint8_t far_alaw_to_ulaw[256];
extern const uint8_t far_ulaw_to_alaw[256];
