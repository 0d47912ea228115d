/* SPDX-License-Identifier: Apache-2.0 */
#include "edge_core.h"

#define X(name, text) text,
const char *const edge_outcome_names[EDGE_OUTCOME_COUNT + 1] = {EDGE_OUTCOME_MAP(X) NULL};
#undef X
