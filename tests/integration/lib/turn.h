/* SPDX-License-Identifier: Apache-2.0 */
/* turn.h - turns a loop in a test until something holds. */
#pragma once
#include "far/loop.h"
#include <stdbool.h>

/** Turn loop until done(ctx) or timeout_ms have passed. @return whether it holds. */
bool test_turn_until(struct far_loop *loop, bool (*done)(void *ctx), void *ctx, uint64_t timeout_ms);
/** Turn it for ms: for showing that something does not happen. */
void test_turn_for(struct far_loop *loop, uint64_t ms);
