/* SPDX-License-Identifier: Apache-2.0 */
/* command.h - the tool's verbs. Each gets the arguments behind its name and returns an exit code. */
#pragma once
#include "client.h"
#include "farseat/v1/common.pb-c.h"

struct options {
    const char *file;                                            /* -f */
    const char *format;                                          /* -o: "text" or "json" */
    const char *secrets_out;                                     /* --secrets-out */
    const char *note;                                            /* --note */
    const char *agent, *roles, *password_file, *name, *language; /* person add */
    const char *by; /* who asks; the login name of the terminal */
    bool plain;     /* --plain */
    bool force;     /* --force: whatever version is in force */
    uint32_t count; /* --count: frames or events, 0: for ever */
};

int command_apply(struct client *client, const struct options *options, int argc, char **argv);
int command_plan(struct client *client, const struct options *options, int argc, char **argv);
int command_diff(struct client *client, const struct options *options, int argc, char **argv);
int command_get(struct client *client, const struct options *options, int argc, char **argv);
int command_watch(struct client *client, const struct options *options, int argc, char **argv);
int command_explain(struct client *client, const struct options *options, int argc, char **argv);
int command_agent(struct client *client, const struct options *options, int argc, char **argv);
int command_contact(struct client *client, const struct options *options, int argc, char **argv);
int command_person(struct client *client, const struct options *options, int argc, char **argv);
int command_history(struct client *client, const struct options *options, int argc, char **argv);
int command_undo(struct client *client, const struct options *options, int argc, char **argv);
int command_top(struct client *client, const struct options *options, int argc, char **argv);
/** "agent 'x': what is wrong; remedy" on stderr. @return CTL_USAGE. */
int command_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** Say a verdict: nothing on stdout when ok but "ok position=N". @return CTL_OK or CTL_REFUSED. */
int command_verdict(const Farseat__V1__Verdict *verdict);
/** Print any message as JSON on stdout. */
int command_json(const ProtobufCMessage *message);
