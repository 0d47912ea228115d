/* SPDX-License-Identifier: Apache-2.0 */
/* act.c - what one can do with agents and contacts, and making people. */
#include "command.h"
#include "far/str.h"
#include "farseat/v1/acd_log.pb-c.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROLES_MAX 8

static int send_agent(struct client *client, Farseat__V1__AgentAction *action)
{
    ProtobufCMessage *reply = NULL;
    int rc = client_ask(client, FAR_METHOD_acd_AgentAct, &action->base, &reply);
    if (rc != CTL_OK) return rc;
    rc = command_verdict((const Farseat__V1__Verdict *)reply);
    protobuf_c_message_free_unpacked(reply, NULL);
    return rc;
}

int command_agent(struct client *client, const struct options *options, int argc, char **argv)
{
    Farseat__V1__AgentAction action = FARSEAT__V1__AGENT_ACTION__INIT;
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    Farseat__V1__AgentLogin login = FARSEAT__V1__AGENT_LOGIN__INIT;
    Farseat__V1__AgentNotReady not_ready = FARSEAT__V1__AGENT_NOT_READY__INIT;
    if (argc < 2)
        return command_usage(
            "agent needs an id and what to do: login [PHONE], ready, not-ready REASON, end-work, logout");
    action.agent_id = argv[0];
    action.by = (char *)(uintptr_t)options->by;
    if (strcmp(argv[1], "login") == 0 && argc <= 3) {
        if (argc == 3) login.phone = argv[2];
        action.action_case = FARSEAT__V1__AGENT_ACTION__ACTION_LOGIN;
        action.login = &login;
    } else if (strcmp(argv[1], "ready") == 0 && argc == 2) {
        action.action_case = FARSEAT__V1__AGENT_ACTION__ACTION_READY;
        action.ready = &empty;
    } else if (strcmp(argv[1], "not-ready") == 0 && argc == 3) {
        not_ready.reason = argv[2];
        action.action_case = FARSEAT__V1__AGENT_ACTION__ACTION_NOT_READY;
        action.not_ready = &not_ready;
    } else if (strcmp(argv[1], "end-work") == 0 && argc == 2) {
        action.action_case = FARSEAT__V1__AGENT_ACTION__ACTION_END_AFTER_CALL_WORK;
        action.end_after_call_work = &empty;
    } else if (strcmp(argv[1], "logout") == 0 && argc == 2) {
        action.action_case = FARSEAT__V1__AGENT_ACTION__ACTION_LOGOUT;
        action.logout = &empty;
    } else {
        return command_usage(
            "agent %s: '%s' is not one of login [PHONE], ready, not-ready REASON, end-work, logout", argv[0],
            argv[1]);
    }
    return send_agent(client, &action);
}

/* On whose behalf: the agent who has the contact now. */
static int agent_of_contact(struct client *client, const char *contact, char out[64])
{
    Farseat__V1__ReadRequest request = FARSEAT__V1__READ_REQUEST__INIT;
    ProtobufCMessage *reply = NULL;
    request.id = (char *)(uintptr_t)contact;
    int rc = client_ask(client, FAR_METHOD_acd_ContactGet, &request.base, &reply);
    if (rc != CTL_OK) return rc;
    const Farseat__V1__ContactDetail *detail = (const Farseat__V1__ContactDetail *)reply;
    far_str_copy(out, 64, detail->contact ? detail->contact->agent_id : "");
    protobuf_c_message_free_unpacked(reply, NULL);
    return CTL_OK;
}

static bool contact_action(Farseat__V1__ContactAction *action, int argc, char **argv)
{
    static Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    static Farseat__V1__ContactTransfer transfer = FARSEAT__V1__CONTACT_TRANSFER__INIT;
    static Farseat__V1__ContactDisposition disposition = FARSEAT__V1__CONTACT_DISPOSITION__INIT;
    if (strcmp(argv[0], "hold") == 0 && argc == 1) {
        action->action_case = FARSEAT__V1__CONTACT_ACTION__ACTION_HOLD;
        action->hold = &empty;
    } else if (strcmp(argv[0], "resume") == 0 && argc == 1) {
        action->action_case = FARSEAT__V1__CONTACT_ACTION__ACTION_RESUME;
        action->resume = &empty;
    } else if (strcmp(argv[0], "mute") == 0 && argc == 1) {
        action->action_case = FARSEAT__V1__CONTACT_ACTION__ACTION_MUTE;
        action->mute = &empty;
    } else if (strcmp(argv[0], "unmute") == 0 && argc == 1) {
        action->action_case = FARSEAT__V1__CONTACT_ACTION__ACTION_UNMUTE;
        action->unmute = &empty;
    } else if (strcmp(argv[0], "answer") == 0 && argc == 1) {
        action->action_case = FARSEAT__V1__CONTACT_ACTION__ACTION_ANSWER;
        action->answer = &empty;
    } else if (strcmp(argv[0], "hangup") == 0 && argc == 1) {
        action->action_case = FARSEAT__V1__CONTACT_ACTION__ACTION_HANG_UP;
        action->hang_up = &empty;
    } else if (strcmp(argv[0], "transfer") == 0 && argc == 3 && strcmp(argv[1], "agent") == 0) {
        transfer.target_case = FARSEAT__V1__CONTACT_TRANSFER__TARGET_AGENT_ID;
        transfer.agent_id = argv[2];
    } else if (strcmp(argv[0], "transfer") == 0 && argc == 3 && strcmp(argv[1], "queue") == 0) {
        transfer.target_case = FARSEAT__V1__CONTACT_TRANSFER__TARGET_QUEUE_ID;
        transfer.queue_id = argv[2];
    } else if (strcmp(argv[0], "disposition") == 0 && (argc == 2 || argc == 3)) {
        disposition.disposition = argv[1];
        if (argc == 3) disposition.note = argv[2];
        action->action_case = FARSEAT__V1__CONTACT_ACTION__ACTION_DISPOSITION;
        action->disposition = &disposition;
    } else {
        return false;
    }
    if (transfer.target_case != FARSEAT__V1__CONTACT_TRANSFER__TARGET__NOT_SET) {
        action->action_case = FARSEAT__V1__CONTACT_ACTION__ACTION_TRANSFER;
        action->transfer = &transfer;
    }
    return true;
}

int command_contact(struct client *client, const struct options *options, int argc, char **argv)
{
    Farseat__V1__ContactAction action = FARSEAT__V1__CONTACT_ACTION__INIT;
    char agent[64] = "";
    if (argc < 2 || !contact_action(&action, argc - 1, argv + 1))
        return command_usage("contact ID answer | hold | resume | mute | unmute | transfer agent ID | "
                             "transfer queue ID | hangup | disposition CODE [NOTE]");
    action.contact_id = argv[0];
    action.by = (char *)(uintptr_t)options->by;
    if (options->agent) {
        far_str_copy(agent, sizeof(agent), options->agent);
    } else if (action.action_case != FARSEAT__V1__CONTACT_ACTION__ACTION_DISPOSITION) {
        int rc = agent_of_contact(client, argv[0], agent);
        if (rc != CTL_OK) return rc;
    }
    action.agent_id = agent;
    ProtobufCMessage *reply = NULL;
    int rc = client_ask(client, FAR_METHOD_acd_ContactAct, &action.base, &reply);
    if (rc != CTL_OK) return rc;
    rc = command_verdict((const Farseat__V1__Verdict *)reply);
    protobuf_c_message_free_unpacked(reply, NULL);
    return rc;
}

/* ---- people --------------------------------------------------------------------------------------- */

static bool read_password(const char *path, char *out, size_t size)
{
    FILE *in = fopen(path, "re");
    bool ok = in && fgets(out, (int)size, in);
    if (in) fclose(in);
    if (!ok) return false;
    out[strcspn(out, "\r\n")] = 0;
    return *out != 0;
}

static size_t split_roles(char *text, char *roles[ROLES_MAX])
{
    size_t count = 0;
    char *rest = NULL;
    for (char *at = strtok_r(text, ",", &rest); at && count < ROLES_MAX; at = strtok_r(NULL, ",", &rest))
        roles[count++] = at;
    return count;
}

static int put_person(struct client *client, Farseat__V1__PersonPutRequest *request)
{
    ProtobufCMessage *message = NULL;
    int rc = client_ask(client, FAR_METHOD_gateway_PersonPut, &request->base, &message);
    if (rc != CTL_OK) return rc;
    const Farseat__V1__PersonPutReply *reply = (const Farseat__V1__PersonPutReply *)message;
    rc = reply->verdict ? command_verdict(reply->verdict) : CTL_REFUSED;
    if (rc == CTL_OK && reply->password && *reply->password) printf("password %s\n", reply->password);
    protobuf_c_message_free_unpacked(message, NULL);
    return rc;
}

static int list_people(struct client *client, const struct options *options)
{
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    ProtobufCMessage *message = NULL;
    int rc = client_ask(client, FAR_METHOD_gateway_PersonList, &empty.base, &message);
    if (rc != CTL_OK) return rc;
    const Farseat__V1__PersonListReply *reply = (const Farseat__V1__PersonListReply *)message;
    if (strcmp(options->format, "json") == 0) {
        rc = command_json(message);
    } else {
        printf("%-24s %-24s %s\n", "LOGIN", "AGENT", "ROLES");
        for (size_t i = 0; i < reply->n_people; i++) {
            printf("%-24s %-24s ", reply->people[i]->login, reply->people[i]->agent_id);
            for (size_t r = 0; r < reply->people[i]->n_roles; r++)
                printf("%s%s", r ? "," : "", reply->people[i]->roles[r]);
            printf("%s\n", reply->people[i]->disabled ? " (disabled)" : "");
        }
    }
    protobuf_c_message_free_unpacked(message, NULL);
    return rc;
}

int command_person(struct client *client, const struct options *options, int argc, char **argv)
{
    Farseat__V1__PersonPutRequest request = FARSEAT__V1__PERSON_PUT_REQUEST__INIT;
    Farseat__V1__Person person = FARSEAT__V1__PERSON__INIT;
    char password[256] = "", roles_text[256] = "agent", *roles[ROLES_MAX];
    if (argc == 1 && strcmp(argv[0], "list") == 0) return list_people(client, options);
    if (argc != 2 || strcmp(argv[0], "add") != 0)
        return command_usage(
            "person list | person add LOGIN [--agent ID] [--roles agent,supervisor] [--name NAME] "
            "[--language zh|en] [--password-file FILE]");
    if (options->password_file && !read_password(options->password_file, password, sizeof(password)))
        return command_usage("%s: no password in its first line", options->password_file);
    if (options->roles) far_str_copy(roles_text, sizeof(roles_text), options->roles);
    person.login = argv[1];
    person.name = (char *)(uintptr_t)(options->name ? options->name : argv[1]);
    if (options->agent) person.agent_id = (char *)(uintptr_t)options->agent;
    if (options->language) person.language = (char *)(uintptr_t)options->language;
    person.roles = roles;
    person.n_roles = split_roles(roles_text, roles);
    request.person = &person;
    request.password = password;
    request.generate_password = *password == 0;
    request.by = (char *)(uintptr_t)options->by;
    int rc = put_person(client, &request);
    explicit_bzero(password, sizeof(password));
    return rc;
}
