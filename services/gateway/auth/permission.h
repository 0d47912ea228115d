/* SPDX-License-Identifier: Apache-2.0 */
/* permission.h - roles and what they may do, as rows. Pure. */
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* X(NAME, text, roles) - roles: letters of a(gent) s(upervisor) q(uality) m(aintainer = administrator) */
#define PERMISSION_MAP(X)                                                                                    \
    X(NONE, "anybody, logged in or not", "asqm")                                                             \
    X(SELF, "one's own session, password and profile", "asqm")                                               \
    X(LIVE_READ, "see agents, queues and contacts live", "asqm")                                             \
    X(AGENT_ACT, "one's own state, and contacts that one handles", "asm")                                    \
    X(AGENT_ACT_ALL, "the state of other agents, and their contacts", "sm")                                  \
    X(CONTACT_READ, "search finished contacts in which one talked", "asqm")                                  \
    X(CONTACT_READ_ALL, "search all finished contacts", "sqm")                                               \
    X(CUSTOMER_READ, "find customers", "asqm")                                                               \
    X(CUSTOMER_WRITE, "make and change customers", "asm")                                                    \
    X(TICKET_READ, "search tickets", "asqm")                                                                 \
    X(TICKET_WRITE, "make and change tickets", "asm")                                                        \
    X(RECORDING_READ, "list recordings", "sqm")                                                              \
    X(RECORDING_PLAY, "play recordings (audited)", "sqm")                                                    \
    X(REPORT_READ, "reports", "sqm")                                                                         \
    X(CONFIG_READ, "the centre's configuration", "sm")                                                       \
    X(CONFIG_WRITE, "change the centre's configuration (audited)", "m")                                      \
    X(PEOPLE, "people and their roles (audited)", "m")                                                       \
    X(AUDIT_READ, "the audit log", "m")                                                                      \
    X(SYSTEM_READ, "health and load of each service", "sm")

enum permission {
#define X(name, text, roles) PERMISSION_##name,
    PERMISSION_MAP(X) PERMISSION_COUNT
#undef X
};
/** A bit for each permission of a role's name; 0: there is no such role. */
uint64_t permission_of_role(const char *role);
static inline bool permission_has(uint64_t permissions, enum permission permission)
{
    return (permissions >> permission & 1) != 0;
}
const char *permission_name(enum permission permission);
const char *permission_text(enum permission permission);
