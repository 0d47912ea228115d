/* SPDX-License-Identifier: Apache-2.0 */
/* get.h - what looking once and explaining share. */
#pragma once
#include "command.h"
#include "far/buf.h"

enum thing {
    THING_CONFIG,
    THING_CONTACT,
    THING_CONTACTS,
    THING_AGENT,
    THING_AGENTS,
    THING_QUEUE,
    THING_QUEUES,
    THING_STATUS,
    THING_EXPLAIN
};

/** Ask for a thing and print it; explain: with the reasons of its decisions. @return an exit code. */
int get_show(struct client *client, const struct options *options, enum thing thing, const char *id,
             bool explain);
/** Why an agent was chosen; NULL adds nothing. */
void get_decision(struct far_buf *out, const Farseat__V1__Decision *decision);
