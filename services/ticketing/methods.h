/* SPDX-License-Identifier: Apache-2.0 */
/* methods.h - what ticketing can be asked (far.api.ticketing.*), as rows. */
#pragma once
#include "far/number.h"
#include "far/pg_method.h"

struct outbox;
/** Context of every method. */
struct methods_context {
    struct far_number_rule number_rule; /* how numbers that people type become canonical */
    struct outbox *outbox;
};
extern const struct far_pg_method ticketing_methods[];
extern const size_t ticketing_methods_len;
