/* SPDX-License-Identifier: Apache-2.0 */
/* centre.h - the centre that calls are measured in: one number that queues at once, agents who all are able.
 */
#pragma once
#include "phones.h"

#define CENTRE_DIALLED    "95500"
#define CENTRE_AGENTS_MAX 200u

struct centre {
    char dir[64]; /* configuration and phones' secrets; removed at the end */
    size_t agents;
    struct phones *phones;
};
/** Where an edge of the deployment listens (by FARSEAT_EDGES: site=host:port,...). Ends the program when
 * there is no such site. */
void centre_edge(const char *site, struct sockaddr_in *ret_address);
/** Its configuration as a file for `farseatctl apply`. Ends the program when it cannot be written. */
void centre_write(const char *path, size_t agents);
/** Have farseatctl apply it, with the phones' secrets in a folder; tries for 10 s, then ends the program. */
void centre_apply(const char *path, const char *secrets);
/** Put the centre into force by farseatctl, register so many phones at headquarters' edge, log their agents
 * in and make them ready. Ends the program when one of it does not work. */
void centre_open(struct centre *centre, size_t agents);
/** Log the agents out, let their phones go. */
void centre_close(struct centre *centre);
