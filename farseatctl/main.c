/* SPDX-License-Identifier: Apache-2.0 */
/* farseatctl: the operator's tool. It speaks far.api on the bus; each verb has a file. */
#include "command.h"
#include "far/json.h"
#include "far/str.h"
#include "text.h"
#include <getopt.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    int (*run)(struct client *client, const struct options *options, int argc, char **argv);
    const char *usage, *help;
} commands[] = {
    {"apply", command_apply, "-f FILE [--secrets-out DIR] [--note TEXT] [--force]",
     "put centre.yaml into force"},
    {"plan", command_plan, "-f FILE", "show what apply would change, checked by the ACD"},
    {"diff", command_diff, "-f FILE", "show differences to what is in force; exits 4 when there are any"},
    {"get", command_get,
     "config|contacts|agents|queues|services|status|contact ID|agent ID|queue ID [-o json]", "look once"},
    {"history", command_history, "[VERSION] [-o json] [--count N]", "configurations that were in force"},
    {"undo", command_undo, "VERSION [--note TEXT] [--force]", "put one of them into force again"},
    {"watch", command_watch, "contact|agent|queue [ID] [-o json] [--count N]", "facts as they happen"},
    {"explain", command_explain, "contact ID | agent ID | queue ID",
     "why: the decisions, with candidates and reasons"},
    {"agent", command_agent, "ID login [PHONE] | ready | not-ready REASON | end-work | logout",
     "act for an agent"},
    {"contact", command_contact,
     "ID answer | hold | resume | mute | unmute | transfer agent ID | transfer queue ID | hangup | "
     "disposition CODE [NOTE] [--agent ID]",
     "act on a contact"},
    {"person", command_person,
     "list | add LOGIN [--agent ID] [--roles R,R] [--name N] [--language L] [--password-file F]",
     "people who log in"},
    {"top", command_top, "[--plain] [--count N]", "queues, callers and agents, live"},
};

int command_usage(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("farseatctl: ", stderr);
    vfprintf(stderr, format, args);
    fputs("\n  remedy: farseatctl --help\n", stderr);
    va_end(args);
    return CTL_USAGE;
}

int command_verdict(const Farseat__V1__Verdict *verdict)
{
    if (verdict->ok) {
        printf("ok position=%" PRIu64 "\n", verdict->position);
        return CTL_OK;
    }
    struct far_buf text;
    far_buf_init(&text, 8192);
    text_safe(&text, verdict->text);
    fprintf(stderr, "farseatctl: refused (%s): %s\n", verdict->code, text.data);
    far_buf_done(&text);
    return CTL_REFUSED;
}

int command_json(const ProtobufCMessage *message)
{
    char *text = NULL;
    enum far_err err = far_json_print(message, FAR_JSON_INDENT | FAR_JSON_DEFAULTS, &text);
    if (err == FAR_OK)
        puts(text);
    else
        fprintf(stderr, "farseatctl: the reply cannot be shown as JSON: %s\n", far_err_text(err));
    free(text);
    return err == FAR_OK ? CTL_OK : CTL_REFUSED;
}

static int help(FILE *out)
{
    fputs("farseatctl: the operator's tool of Farseat.\n\n", out);
    for (size_t i = 0; i < FAR_ARRAY_LEN(commands); i++)
        fprintf(out, "  farseatctl %s %s\n      %s\n", commands[i].name, commands[i].usage, commands[i].help);
    fputs("\nIt finds the bus by FARSEAT_NATS_URL and its key by FARSEAT_NATS_CREDS/farseatctl.nk:\n"
          "  eval \"$(./farseat env)\"\n"
          "Exit codes: 0 done, 1 refused or not found, 2 wrong arguments or a faulty file, 3 nobody answers, "
          "4 diff "
          "found differences.\n",
          out);
    return out == stdout ? CTL_OK : CTL_USAGE;
}

enum {
    OPT_SECRETS = 256,
    OPT_NOTE,
    OPT_AGENT,
    OPT_ROLES,
    OPT_PASSWORD,
    OPT_NAME,
    OPT_LANGUAGE,
    OPT_PLAIN,
    OPT_FORCE,
    OPT_COUNT,
    OPT_BY,
    OPT_VERSION
};

static const struct option table[] = {
    {"file", required_argument, NULL, 'f'},
    {"output", required_argument, NULL, 'o'},
    {"secrets-out", required_argument, NULL, OPT_SECRETS},
    {"note", required_argument, NULL, OPT_NOTE},
    {"agent", required_argument, NULL, OPT_AGENT},
    {"roles", required_argument, NULL, OPT_ROLES},
    {"password-file", required_argument, NULL, OPT_PASSWORD},
    {"name", required_argument, NULL, OPT_NAME},
    {"language", required_argument, NULL, OPT_LANGUAGE},
    {"by", required_argument, NULL, OPT_BY},
    {"count", required_argument, NULL, OPT_COUNT},
    {"plain", no_argument, NULL, OPT_PLAIN},
    {"force", no_argument, NULL, OPT_FORCE},
    {"version", no_argument, NULL, OPT_VERSION},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static int parse(int argc, char **argv, struct options *options)
{
    int option;
    int64_t number;
    while ((option = getopt_long(argc, argv, "f:o:h", table, NULL)) != -1) {
        switch (option) {
        case 'f':
            options->file = optarg;
            break;
        case 'o':
            options->format = optarg;
            break;
        case OPT_SECRETS:
            options->secrets_out = optarg;
            break;
        case OPT_NOTE:
            options->note = optarg;
            break;
        case OPT_AGENT:
            options->agent = optarg;
            break;
        case OPT_ROLES:
            options->roles = optarg;
            break;
        case OPT_PASSWORD:
            options->password_file = optarg;
            break;
        case OPT_NAME:
            options->name = optarg;
            break;
        case OPT_LANGUAGE:
            options->language = optarg;
            break;
        case OPT_BY:
            options->by = optarg;
            break;
        case OPT_PLAIN:
            options->plain = true;
            break;
        case OPT_FORCE:
            options->force = true;
            break;
        case OPT_COUNT:
            if (far_str_i64(optarg, 1, UINT32_MAX, &number) != FAR_OK)
                return command_usage("--count '%s' is not a number from 1 on", optarg);
            options->count = (uint32_t)number;
            break;
        case OPT_VERSION:
            printf("farseatctl %s\n", FARSEAT_VERSION);
            exit(CTL_OK);
        case 'h':
            exit(help(stdout));
        default:
            return CTL_USAGE;
        }
    }
    if (strcmp(options->format, "text") != 0 && strcmp(options->format, "json") != 0)
        return command_usage("-o '%s' is neither text nor json", options->format);
    return CTL_OK;
}

static const char *login_name(void)
{
    const struct passwd *entry = getpwuid(getuid());
    return entry && entry->pw_name ? entry->pw_name : "farseatctl";
}

int main(int argc, char **argv)
{
    struct options options = {.format = "text", .by = login_name()};
    struct client client;
    int rc = parse(argc, argv, &options);
    if (rc != CTL_OK) return rc;
    argc -= optind;
    argv += optind;
    if (argc == 0) return help(stderr);
    for (size_t i = 0; i < FAR_ARRAY_LEN(commands); i++) {
        if (strcmp(argv[0], commands[i].name) != 0) continue;
        rc = client_open(&client);
        if (rc != CTL_OK) return rc;
        rc = commands[i].run(&client, &options, argc - 1, argv + 1);
        client_close(&client);
        return rc;
    }
    return command_usage("there is no verb '%s'", argv[0]);
}
