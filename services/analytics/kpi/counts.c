/* SPDX-License-Identifier: Apache-2.0 */
#include "definitions.h"
#include <string.h>

#define QUEUED    "c.result in (4, 5, 6)"
#define ANSWERED  "c.result = 4"
#define ABANDONED "c.result = 5"

const struct kpi_count kpi_counts[] = {
    {"arrived", "true", NULL, false},
    {"refused", "c.result = 1", NULL, false},
    {"ivr_served", "c.result = 2", NULL, false},
    {"ivr_abandoned", "c.result not in (1, 2, 4, 5, 6)", NULL, false},
    {"offered", QUEUED, NULL, false},
    {"answered", ANSWERED, NULL, false},
    {"abandoned", ABANDONED, NULL, false},
    {"short_abandoned", ABANDONED " and c.short_abandon", NULL, false},
    {"net_abandoned", ABANDONED " and not c.short_abandon", NULL, false},
    {"overflowed", "c.result = 6", NULL, false},
    {"lost", "c.result in (5, 6)", NULL, false},
    {"answered_within", ANSWERED " and c.wait_ms <= c.service_level_ms", NULL, false},
    {"abandoned_within", ABANDONED " and c.wait_ms <= c.service_level_ms", NULL, false},
    {"within", "c.result in (4, 5) and c.wait_ms <= c.service_level_ms", NULL, false},
    {"within_or_short",
     "(" ANSWERED " and c.wait_ms <= c.service_level_ms or " ABANDONED " and c.short_abandon)", NULL, false},
    {"handled", "c.parts > 0", NULL, false},
    {"transfers", "c.transfers > 0",
     "exists (select 1 from contact_part p where p.contact_id = c.contact_id and p.transferred and "
     "p.agent_id = $%zu)",
     false},
    {"missed", "exists (select 1 from missed_offer m where m.contact_id = c.contact_id", NULL, true},
    {"surveys_pushed", QUEUED " and c.survey_pushed", NULL, false},
    {"surveys_answered", QUEUED " and c.survey_answered", NULL, false},
};
const size_t kpi_counts_len = sizeof(kpi_counts) / sizeof(kpi_counts[0]);

const struct kpi_count *kpi_count_find(const char *name)
{
    for (size_t i = 0; i < kpi_counts_len; i++)
        if (strcmp(kpi_counts[i].name, name) == 0) return &kpi_counts[i];
    return NULL;
}
