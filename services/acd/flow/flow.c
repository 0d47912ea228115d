/* SPDX-License-Identifier: Apache-2.0 */
#include "flow.h"
#include <string.h>

int flow_find(const Farseat__V1__CentreConfig *config, const char *id)
{
    for (size_t i = 0; i < config->n_flows; i++)
        if (strcmp(config->flows[i]->id, id) == 0) return (int)i;
    return -1;
}

int flow_node_find(const Farseat__V1__Flow *flow, const char *id)
{
    for (size_t i = 0; i < flow->n_nodes; i++)
        if (strcmp(flow->nodes[i]->id, id) == 0) return (int)i;
    return -1;
}

const Farseat__V1__FlowChoice *flow_choice(const Farseat__V1__FlowMenu *menu, const char *digits)
{
    for (size_t i = 0; i < menu->n_choices; i++)
        if (strcmp(menu->choices[i]->digits, digits) == 0) return menu->choices[i];
    return NULL;
}

void flow_menu_digits(const Farseat__V1__FlowMenu *menu, uint32_t *ret_min, uint32_t *ret_max)
{
    uint32_t most = 1, least = FLOW_DIGITS_MAX;
    for (size_t i = 0; i < menu->n_choices; i++) {
        uint32_t len = (uint32_t)strlen(menu->choices[i]->digits);
        if (len > most) most = len;
        if (len < least) least = len;
    }
    *ret_min = menu->n_choices && least ? least : 1;
    *ret_max = most;
}
