/* SPDX-License-Identifier: Apache-2.0 */
/* history.c - configurations that were in force, and one of them again. */
#include "command.h"
#include "far/buf.h"
#include "far/str.h"
#include "farseat/v1/api_acd.pb-c.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "plan.h"
#include "text.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX (1024u * 1024u)

static void list_text(const Farseat__V1__ConfigHistoryReply *reply)
{
    struct far_buf out;
    far_buf_init(&out, OUT_MAX);
    far_buf_add_text(&out, "VERSION  SINCE                BY               NOTE\n");
    for (size_t i = 0; i < reply->n_versions; i++) {
        const Farseat__V1__ConfigVersion *version = reply->versions[i];
        char at[32];
        text_time(version->at_us, at);
        far_buf_addf(&out, "%7" PRIu64 "%s %-20s ", version->version, version->in_force ? "*" : " ", at);
        text_column(&out, version->by, 16);
        far_buf_add_text(&out, " ");
        text_safe(&out, version->note);
        far_buf_add_text(&out, "\n");
    }
    fputs(out.data, stdout);
    far_buf_done(&out);
}

static bool version_read(const char *text, uint64_t *ret_version)
{
    return far_str_u64(text, INT64_MAX, ret_version) == FAR_OK && *ret_version > 0;
}

static int version_ask(struct client *client, uint64_t version, ProtobufCMessage **ret_reply)
{
    Farseat__V1__ConfigVersionRequest request = FARSEAT__V1__CONFIG_VERSION_REQUEST__INIT;
    request.version = version;
    return client_ask(client, FAR_METHOD_gateway_ConfigVersion, &request.base, ret_reply);
}

int command_history(struct client *client, const struct options *options, int argc, char **argv)
{
    Farseat__V1__ConfigHistoryRequest request = FARSEAT__V1__CONFIG_HISTORY_REQUEST__INIT;
    ProtobufCMessage *reply = NULL;
    uint64_t version = 0;
    if (argc > 1 || (argc == 1 && !version_read(argv[0], &version)))
        return command_usage("history [VERSION]: a number of the list");
    request.limit = options->count;
    int rc = argc == 1 ? version_ask(client, version, &reply)
                       : client_ask(client, FAR_METHOD_gateway_ConfigHistory, &request.base, &reply);
    if (rc != CTL_OK) return rc;
    if (argc == 1 || strcmp(options->format, "json") == 0)
        rc = command_json(reply);
    else
        list_text((const Farseat__V1__ConfigHistoryReply *)reply);
    protobuf_c_message_free_unpacked(reply, NULL);
    return rc;
}

/* ---- undo ----------------------------------------------------------------------------------------- */

/* @return CTL_OK and how many differences were shown. */
static int show_differences(const Farseat__V1__CentreConfig *now, const Farseat__V1__CentreConfig *then,
                            size_t *ret_count)
{
    static const Farseat__V1__CentreConfig none = FARSEAT__V1__CENTRE_CONFIG__INIT;
    struct far_buf plan;
    far_buf_init(&plan, OUT_MAX);
    bool good = plan_differences(now ? now : &none, then, &plan, ret_count) == FAR_OK;
    if (good)
        fputs(plan.data, stdout);
    else
        fprintf(stderr, "farseatctl: the differences cannot be shown: too many, or too little memory\n");
    far_buf_done(&plan);
    return good ? CTL_OK : CTL_REFUSED;
}

/* Phones that came back, whose secrets went when they were removed. */
static void say_secrets(struct client *client, const Farseat__V1__CentreConfig *config)
{
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    ProtobufCMessage *reply = NULL;
    if (config->n_phones == 0 ||
        client_ask(client, FAR_METHOD_acd_PhoneSecretsList, &empty.base, &reply) != CTL_OK)
        return;
    const Farseat__V1__PhoneSecretsListReply *list = (const Farseat__V1__PhoneSecretsListReply *)reply;
    size_t missing = 0;
    for (size_t i = 0; i < config->n_phones; i++) {
        size_t at = 0;
        while (at < list->n_phones && strcmp(list->phones[at], config->phones[i]->id) != 0)
            at++;
        if (at == list->n_phones)
            printf("%s%s", missing++ ? ", " : "phones without a secret, which cannot register: ",
                   config->phones[i]->id);
    }
    if (missing > 0) printf("\n  remedy: farseatctl apply -f FILE --secrets-out DIR, or the console\n");
    protobuf_c_message_free_unpacked(reply, NULL);
}

static int apply(struct client *client, const struct options *options, const Farseat__V1__ConfigReply *now,
                 const Farseat__V1__ConfigVersionReply *then)
{
    Farseat__V1__ConfigApplyRequest request = FARSEAT__V1__CONFIG_APPLY_REQUEST__INIT;
    ProtobufCMessage *reply = NULL;
    char note[64];
    (void)snprintf(note, sizeof(note), "as in version %" PRIu64, then->version->version);
    request.config = then->config;
    request.expected_version = options->force ? 0 : now->version;
    request.by = (char *)(uintptr_t)options->by;
    request.note = options->note ? (char *)(uintptr_t)options->note : note;
    int rc = client_ask(client, FAR_METHOD_acd_ConfigApply, &request.base, &reply);
    if (rc != CTL_OK) return rc;
    rc = command_verdict((const Farseat__V1__Verdict *)reply);
    protobuf_c_message_free_unpacked(reply, NULL);
    if (rc == CTL_OK) say_secrets(client, then->config);
    return rc;
}

int command_undo(struct client *client, const struct options *options, int argc, char **argv)
{
    Farseat__V1__ReadRequest read = FARSEAT__V1__READ_REQUEST__INIT;
    ProtobufCMessage *then = NULL, *now = NULL;
    uint64_t version = 0;
    size_t count = 0;
    if (argc != 1 || !version_read(argv[0], &version))
        return command_usage("undo VERSION: the version to go back to; farseatctl history lists them");
    int rc = version_ask(client, version, &then);
    if (rc == CTL_OK) rc = client_ask(client, FAR_METHOD_acd_ConfigGet, &read.base, &now);
    const Farseat__V1__ConfigVersionReply *old = (const Farseat__V1__ConfigVersionReply *)then;
    const Farseat__V1__ConfigReply *present = (const Farseat__V1__ConfigReply *)now;
    if (rc == CTL_OK && !old->config) rc = CTL_REFUSED;
    if (rc == CTL_OK) rc = show_differences(present->config, old->config, &count);
    if (rc == CTL_OK && count == 0)
        printf("unchanged: that is what is in force\n");
    else if (rc == CTL_OK)
        rc = apply(client, options, present, old);
    if (then) protobuf_c_message_free_unpacked(then, NULL);
    if (now) protobuf_c_message_free_unpacked(now, NULL);
    return rc;
}
