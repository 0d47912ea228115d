/* SPDX-License-Identifier: Apache-2.0 */
/* apply.c - centre.yaml into force: diff, plan, apply. */
#include "centre.h"
#include "command.h"
#include "plan.h"
#include "secrets.h"
#include "text.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ERRORS_MAX (256u * 1024u)
#define PLAN_MAX   (1024u * 1024u)

/* What all three verbs need: the file, and what is in force. */
struct change {
    struct centre_file file;
    Farseat__V1__ConfigReply *now;
    struct far_buf plan;
    size_t count;
};

static void change_done(struct change *change)
{
    centre_done(&change->file);
    if (change->now) farseat__v1__config_reply__free_unpacked(change->now, NULL);
    far_buf_done(&change->plan);
}

static int load(const struct options *options, int argc, struct centre_file *ret_file)
{
    struct far_buf errors;
    if (argc != 0 || !options->file)
        return command_usage("apply, plan and diff need -f FILE, and nothing else");
    far_buf_init(&errors, ERRORS_MAX);
    enum far_err err = centre_load(options->file, ret_file, &errors);
    if (err != FAR_OK) fputs(errors.len > 0 ? errors.data : far_err_text(err), stderr);
    far_buf_done(&errors);
    return err == FAR_OK ? CTL_OK : CTL_USAGE;
}

static int begin(struct client *client, const struct options *options, int argc, struct change *change)
{
    static const Farseat__V1__CentreConfig none = FARSEAT__V1__CENTRE_CONFIG__INIT;
    Farseat__V1__ReadRequest read = FARSEAT__V1__READ_REQUEST__INIT;
    ProtobufCMessage *reply = NULL;
    memset(change, 0, sizeof(*change));
    far_buf_init(&change->plan, PLAN_MAX);
    int rc = load(options, argc, &change->file);
    if (rc == CTL_OK) rc = client_ask(client, FAR_METHOD_acd_ConfigGet, &read.base, &reply);
    if (rc != CTL_OK) return rc;
    change->now = (Farseat__V1__ConfigReply *)reply;
    const Farseat__V1__CentreConfig *before = change->now->config ? change->now->config : &none;
    if (plan_differences(before, change->file.config, &change->plan, &change->count) == FAR_OK) return CTL_OK;
    fprintf(stderr, "farseatctl: the differences cannot be shown: too many, or too little memory\n");
    return CTL_REFUSED;
}

/* The ACD names fields; people edit lines. */
static int say_verdict(const struct change *change, const Farseat__V1__Verdict *verdict)
{
    if (verdict->ok) return CTL_OK;
    struct far_buf out;
    far_buf_init(&out, ERRORS_MAX);
    for (const char *at = verdict->text; *at;) {
        size_t len = strcspn(at, "\n");
        char line[1024];
        snprintf(line, sizeof(line), "%.*s", (int)(len < 1000 ? len : 1000), at);
        unsigned where = centre_line_of(&change->file, line);
        if (where > 0) far_buf_addf(&out, "%s:%u: ", change->file.name, where);
        text_safe(&out, line);
        far_buf_add_text(&out, "\n");
        at += len + (at[len] == '\n');
    }
    fprintf(stderr, "farseatctl: refused (%s)\n%s", verdict->code, out.data);
    if (strcmp(verdict->code, "ECONFLICT") == 0)
        fprintf(stderr, "  remedy: somebody applied another version meanwhile; look with 'farseatctl diff', "
                        "then apply again\n");
    far_buf_done(&out);
    return CTL_REFUSED;
}

static int send_config(struct client *client, const struct options *options, struct change *change,
                       bool dry_run, uint64_t *ret_position)
{
    Farseat__V1__ConfigApplyRequest request = FARSEAT__V1__CONFIG_APPLY_REQUEST__INIT;
    ProtobufCMessage *reply = NULL;
    request.config = change->file.config;
    request.expected_version = options->force ? 0 : change->now->version;
    request.by = (char *)(uintptr_t)options->by;
    if (options->note) request.note = (char *)(uintptr_t)options->note;
    request.dry_run = dry_run;
    int rc = client_ask(client, FAR_METHOD_acd_ConfigApply, &request.base, &reply);
    if (rc != CTL_OK) return rc;
    const Farseat__V1__Verdict *verdict = (const Farseat__V1__Verdict *)reply;
    rc = say_verdict(change, verdict);
    *ret_position = verdict->position;
    protobuf_c_message_free_unpacked(reply, NULL);
    return rc;
}

int command_diff(struct client *client, const struct options *options, int argc, char **argv)
{
    struct change change;
    (void)argv;
    int rc = begin(client, options, argc, &change);
    if (rc == CTL_OK) {
        fputs(change.plan.data, stdout);
        rc = change.count > 0 ? CTL_DIFFERENT : CTL_OK;
    }
    change_done(&change);
    return rc;
}

int command_plan(struct client *client, const struct options *options, int argc, char **argv)
{
    struct change change;
    uint64_t position;
    (void)argv;
    int rc = begin(client, options, argc, &change);
    if (rc == CTL_OK) rc = send_config(client, options, &change, true, &position);
    if (rc == CTL_OK) {
        fputs(change.plan.data, stdout);
        printf("plan: %zu changes to version %" PRIu64 "; 'farseatctl apply -f %s' makes them\n",
               change.count, change.now->version, options->file);
    }
    change_done(&change);
    return rc;
}

static bool is_old_phone(const struct change *change, const char *phone)
{
    const Farseat__V1__CentreConfig *before = change->now->config;
    for (size_t i = 0; before && i < before->n_phones; i++)
        if (strcmp(before->phones[i]->id, phone) == 0) return true;
    return false;
}

/* A new phone without a secret could never register. */
static int check_secrets(const struct change *change, const char *folder)
{
    int rc = CTL_OK;
    for (size_t i = 0; !folder && i < change->file.secrets_len; i++) {
        const struct centre_secret *secret = &change->file.secrets[i];
        char path[64];
        if (*secret->secret || is_old_phone(change, secret->phone)) continue;
        snprintf(path, sizeof(path), "phones[%zu]", i);
        fprintf(stderr,
                "%s:%u: phone %s is new and has no secret; add secret or secret_file, or give --secrets-out "
                "DIR to "
                "have one generated\n",
                change->file.name, centre_line_of(&change->file, path), secret->phone);
        rc = CTL_USAGE;
    }
    return rc;
}

static int send_secrets(struct client *client, const struct secrets *secrets)
{
    ProtobufCMessage *reply = NULL;
    if (secrets->message.n_users + secrets->message.n_removed == 0) return CTL_OK;
    int rc = client_ask(client, FAR_METHOD_acd_PhoneSecretsPut, &secrets->message.base, &reply);
    if (rc != CTL_OK) return rc;
    const Farseat__V1__Verdict *verdict = (const Farseat__V1__Verdict *)reply;
    if (!verdict->ok) {
        fprintf(stderr, "farseatctl: the phones' secrets were refused (%s): %s\n", verdict->code,
                verdict->text);
        rc = CTL_REFUSED;
    }
    protobuf_c_message_free_unpacked(reply, NULL);
    return rc;
}

static int apply(struct client *client, const struct options *options, struct change *change)
{
    struct secrets secrets;
    struct far_buf errors;
    uint64_t position = 0;
    int rc = check_secrets(change, options->secrets_out);
    if (rc != CTL_OK) return rc;
    far_buf_init(&errors, ERRORS_MAX);
    enum far_err err =
        secrets_collect(&change->file, change->now->config, options->secrets_out, &secrets, &errors);
    if (err != FAR_OK) fprintf(stderr, "%s", errors.len > 0 ? errors.data : far_err_text(err));
    far_buf_done(&errors);
    if (err != FAR_OK) return CTL_USAGE;
    if (change->count > 0) rc = send_config(client, options, change, false, &position);
    if (rc == CTL_OK) rc = send_secrets(client, &secrets);
    if (rc == CTL_OK) {
        fputs(change->plan.data, stdout);
        if (change->count > 0)
            printf("applied: %zu changes at position %" PRIu64, change->count, position);
        else
            printf("unchanged: version %" PRIu64 " is in force already", change->now->version);
        printf("; secrets of %zu phones sent", secrets.message.n_users);
        if (secrets.generated > 0) printf(", %zu of them new in %s", secrets.generated, options->secrets_out);
        printf("\n");
    }
    secrets_done(&secrets);
    return rc;
}

int command_apply(struct client *client, const struct options *options, int argc, char **argv)
{
    struct change change;
    (void)argv;
    int rc = begin(client, options, argc, &change);
    if (rc == CTL_OK) rc = apply(client, options, &change);
    change_done(&change);
    return rc;
}
