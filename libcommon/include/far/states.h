/* SPDX-License-Identifier: Apache-2.0 */
/* states.h - state machines as tables of rows. The same rows decide and, with their names, are drawn in
 * docs/reference/states.md (a service's --states-reference). A pair that has no row is refused. Pure. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct far_state_row {
    uint32_t from, event, to;
    const char *from_text, *event_text, *to_text; /* as the enums have them */
};
/** Of three enumerators. */
#define FAR_STATE_ROW(from, event, to)                                                                       \
    {                                                                                                        \
        from, event, to, #from, #event, #to                                                                  \
    }

struct far_machine {
    const char *noun; /* "leg": states are LEG_..., events LEG_EV_... */
    const struct far_state_row *rows;
    size_t row_count;
};
