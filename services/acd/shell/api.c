/* SPDX-License-Identifier: Apache-2.0 */
/* api.c - far.api.acd.*: reads out of the core's views, and writes that wait until they are applied. */
#include "far/clock.h"
#include "far/log.h"
#include "far/str.h"
#include "shell.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VIEW_LEN_MAX (32u * 1024u * 1024u)
#define READ_WAIT_MS 2000u /* for a position that is not applied yet */
#define READS_MAX    1024u
#define ERRORS_LEN   4096u

/* A write whose verdict is awaited; its address is the replica's token. */
struct write {
    struct far_list link;
    struct far_bus_request *request;
};
/* A read that names a position that is not applied yet. */
struct read {
    struct far_list link;
    struct far_bus_request *request;
    enum far_method method;
    char id[128];
    uint64_t position, until_ms;
};

/* ---- reads --------------------------------------------------------------------------------------- */

static void read_config(const struct acd *acd, struct far_bus_request *request)
{
    Farseat__V1__ConfigReply reply = FARSEAT__V1__CONFIG_REPLY__INIT;
    Farseat__V1__CentreConfig none = FARSEAT__V1__CENTRE_CONFIG__INIT;
    char hash[20];
    const Farseat__V1__CentreConfig *config = acd_config(acd);
    snprintf(hash, sizeof(hash), "%016llx", (unsigned long long)acd_config_hash(acd));
    reply.config = config ? (Farseat__V1__CentreConfig *)(uintptr_t)config : &none;
    reply.version = acd_config_version(acd);
    reply.hash = hash;
    far_bus_reply(request, &reply.base);
}

static void answer(struct far_bus_request *request, enum far_err err, const ProtobufCMessage *reply,
                   const char *id)
{
    char text[200];
    if (err == FAR_OK) {
        far_bus_reply(request, reply);
    } else if (err == FAR_ENOTFOUND) {
        snprintf(text, sizeof(text), "there is no live %s; ids are those of the list", id);
        far_bus_reply_error(request, err, text);
    } else {
        far_bus_reply_error(request, err, far_err_text(err));
    }
}

/* What the views fill in; each reply is the whole of one. */
union reply {
    Farseat__V1__AgentListReply agents;
    Farseat__V1__ContactListReply contacts;
    Farseat__V1__QueueListReply queues;
    Farseat__V1__ContactDetail contact;
    Farseat__V1__AgentExplainReply explain;
};

static void read_now(struct shell *shell, struct far_bus_request *request, enum far_method method,
                     const char *id)
{
    const struct acd *acd = replica_acd(shell->replica);
    union reply reply;
    char what[160];
    enum far_err err = FAR_EINVAL;
    far_arena_reset(&shell->arena);
    snprintf(what, sizeof(what), "%s '%.100s'", method == FAR_METHOD_acd_ContactGet ? "contact" : "agent",
             id);
    switch (method) {
    case FAR_METHOD_acd_ConfigGet:
        read_config(acd, request);
        return;
    case FAR_METHOD_acd_AgentList:
        err = id[0] ? acd_view_agent(acd, id, &shell->arena, &reply.agents)
                    : acd_view_agents(acd, &shell->arena, &reply.agents);
        break;
    case FAR_METHOD_acd_ContactList:
        err = acd_view_contacts(acd, &shell->arena, &reply.contacts);
        break;
    case FAR_METHOD_acd_QueueList:
        err = acd_view_queues(acd, &shell->arena, &reply.queues);
        break;
    case FAR_METHOD_acd_ContactGet:
        err = acd_view_contact(acd, id, &shell->arena, &reply.contact);
        break;
    case FAR_METHOD_acd_AgentExplain:
        err = acd_view_explain(acd, id, &shell->arena, &reply.explain);
        break;
    default:
        break;
    }
    answer(request, err, (const ProtobufCMessage *)&reply, what);
}

static size_t list_len(const struct far_list *list)
{
    size_t len = 0;
    for (const struct far_list *at = list->next; at != list; at = at->next)
        len++;
    return len;
}

static void read_at(struct shell *shell, struct far_bus_request *request, const ProtobufCMessage *message,
                    enum far_method method)
{
    const Farseat__V1__ReadRequest *ask = (const Farseat__V1__ReadRequest *)message;
    if (ask->min_position <= acd_position(replica_acd(shell->replica))) {
        read_now(shell, request, method, ask->id);
        return;
    }
    struct read *read = list_len(&shell->reads) < READS_MAX ? malloc(sizeof(*read)) : NULL;
    if (!read) {
        far_bus_reply_error(request, FAR_EFULL, "too many reads wait for a position");
        return;
    }
    *read = (struct read){.request = request,
                          .method = method,
                          .position = ask->min_position,
                          .until_ms = run_now_ms(shell) + READ_WAIT_MS};
    far_str_copy(read->id, sizeof(read->id), ask->id);
    far_list_append(&shell->reads, &read->link);
}

void api_applied(struct shell *shell)
{
    if (far_list_empty(&shell->reads)) return;
    uint64_t position = acd_position(replica_acd(shell->replica)), now_ms = run_now_ms(shell);
    for (struct far_list *at = shell->reads.next, *next; at != &shell->reads; at = next) {
        next = at->next;
        struct read *read = FAR_LIST_ITEM(at, struct read, link);
        if (position < read->position && now_ms < read->until_ms) continue;
        far_list_remove(&read->link);
        if (position >= read->position)
            read_now(shell, read->request, read->method, read->id);
        else
            far_bus_reply_error(read->request, FAR_ETIMEOUT, "that position was not reached in time");
        free(read);
    }
}

static void on_status(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    struct shell *shell = ctx;
    (void)message;
    const struct acd *acd = replica_acd(shell->replica);
    struct acd_stats stats;
    struct replica_stats own;
    acd_stats(acd, &stats);
    replica_stats(shell->replica, &own);
    Farseat__V1__AcdStatusReply reply = FARSEAT__V1__ACD_STATUS_REPLY__INIT;
    reply.replica = (char *)(uintptr_t)far_service_instance(shell->service);
    reply.leader = (char *)(uintptr_t)acd_leader(acd);
    reply.leader_position = acd_leader_position(acd);
    reply.log_incarnation = (char *)(uintptr_t)acd_incarnation(acd);
    reply.position = acd_position(acd);
    reply.state_hash = acd_hash(acd);
    reply.contacts = stats.contacts;
    reply.agents = stats.agents;
    reply.records_unstored = stats.records_unstored;
    reply.config_version = acd_config_version(acd);
    reply.core_version = stats.core_version;
    reply.commands_outstanding = stats.commands;
    reply.snapshot_position = own.snapshot_position;
    far_bus_reply(request, &reply.base);
}

/* ---- writes -------------------------------------------------------------------------------------- */

static struct write *write_new(struct shell *shell, struct far_bus_request *request)
{
    struct write *write = malloc(sizeof(*write));
    if (!write) return NULL;
    write->request = request;
    far_list_append(&shell->writes, &write->link);
    return write;
}
static void write_done(struct write *write)
{
    far_list_remove(&write->link);
    free(write);
}

void api_verdict(struct shell *shell, uint64_t token, const Farseat__V1__Verdict *verdict)
{
    (void)shell;
    struct write *write = (struct write *)(uintptr_t)token;
    far_bus_reply(write->request, &verdict->base);
    write_done(write);
}

static void refuse(struct far_bus_request *request, enum far_err err)
{
    far_bus_reply_error(request, err,
                        err == FAR_EFULL ? "the log takes nothing now, and too much waits for it; try again"
                                         : far_err_text(err));
}

static void write_input(struct shell *shell, struct far_bus_request *request, Farseat__V1__AcdInput *input)
{
    char traceparent[FAR_TRACE_TEXT_LEN + 1] = "";
    struct far_trace trace;
    far_bus_trace(far_bus_request_msg(request), &trace);
    if (far_trace_is_set(&trace)) far_trace_format(&trace, traceparent);
    input->traceparent = traceparent;
    struct write *write = write_new(shell, request);
    enum far_err err = FAR_ENOMEM;
    if (write)
        err = replica_write(shell->replica, run_now_ms(shell), far_clock_wall_us(), input,
                            (uint64_t)(uintptr_t)write);
    if (err != FAR_OK) {
        if (write) write_done(write);
        refuse(request, err);
        return;
    }
    run_turn(shell);
}

static void on_agent_act(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_AGENT_ACTION;
    input.agent_action = (Farseat__V1__AgentAction *)(uintptr_t)message;
    write_input(ctx, request, &input);
}

static void on_contact_act(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_CONTACT_ACTION;
    input.contact_action = (Farseat__V1__ContactAction *)(uintptr_t)message;
    write_input(ctx, request, &input);
}

static void check_config(struct shell *shell, struct far_bus_request *request,
                         const Farseat__V1__ConfigApplyRequest *apply)
{
    char text[ERRORS_LEN] = "", ok[] = "", refused[] = "EINVAL";
    Farseat__V1__Verdict verdict = FARSEAT__V1__VERDICT__INIT;
    const struct acd *acd = replica_acd(shell->replica);
    verdict.ok = acd_config_check(acd, apply->config, text, sizeof(text)) == FAR_OK;
    verdict.code = verdict.ok ? ok : refused;
    verdict.text = text;
    verdict.position = acd_position(acd);
    far_bus_reply(request, &verdict.base);
}

static void on_config_apply(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    struct shell *shell = ctx;
    const Farseat__V1__ConfigApplyRequest *apply = (const Farseat__V1__ConfigApplyRequest *)message;
    if (!apply->config) {
        far_bus_reply_error(request, FAR_EINVAL, "config is missing");
        return;
    }
    if (apply->dry_run) {
        check_config(shell, request, apply);
        return;
    }
    size_t len = farseat__v1__centre_config__get_packed_size(apply->config);
    uint8_t *bytes = malloc(len > 0 ? len : 1);
    struct write *write = bytes ? write_new(shell, request) : NULL;
    enum far_err err = FAR_ENOMEM;
    if (write) {
        farseat__v1__centre_config__pack(apply->config, bytes);
        err = run_put_config(shell, bytes, len, apply, (uint64_t)(uintptr_t)write);
    }
    free(bytes);
    if (err == FAR_OK) {
        run_turn(shell);
        return;
    }
    if (write) write_done(write);
    refuse(request, err);
}

static void on_secrets(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    secrets_put(ctx, request, (const Farseat__V1__PhoneSecrets *)message);
}

static void on_secrets_list(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    (void)message;
    secrets_list(ctx, request);
}

/* ---- serving ------------------------------------------------------------------------------------- */

#define READER(name)                                                                                         \
    static void on_##name(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)       \
    {                                                                                                        \
        read_at(ctx, request, message, FAR_METHOD_acd_##name);                                               \
    }
READER(ConfigGet)
READER(AgentList)
READER(ContactList)
READER(QueueList)
READER(ContactGet)
READER(AgentExplain)
#undef READER

static const struct {
    enum far_method method;
    far_bus_request_fn *fn;
} methods[] = {
    {FAR_METHOD_acd_AgentAct, on_agent_act},        {FAR_METHOD_acd_ContactAct, on_contact_act},
    {FAR_METHOD_acd_ConfigGet, on_ConfigGet},       {FAR_METHOD_acd_ConfigApply, on_config_apply},
    {FAR_METHOD_acd_PhoneSecretsPut, on_secrets},   {FAR_METHOD_acd_PhoneSecretsList, on_secrets_list},
    {FAR_METHOD_acd_AgentList, on_AgentList},       {FAR_METHOD_acd_ContactList, on_ContactList},
    {FAR_METHOD_acd_QueueList, on_QueueList},       {FAR_METHOD_acd_ContactGet, on_ContactGet},
    {FAR_METHOD_acd_AgentExplain, on_AgentExplain}, {FAR_METHOD_acd_Status, on_status},
};
_Static_assert(FAR_ARRAY_LEN(methods) <= SHELL_METHODS_MAX, "room for all methods");

enum far_err api_begin(struct shell *shell)
{
    enum far_err err = far_arena_init(&shell->arena, VIEW_LEN_MAX);
    for (size_t i = 0; i < FAR_ARRAY_LEN(methods) && err == FAR_OK; i++) {
        const struct far_method_row *row = &far_method_rows[methods[i].method];
        struct far_bus_service service = {.subject = row->subject,
                                          .queue_group = row->service,
                                          .request_type = row->request,
                                          .fn = methods[i].fn,
                                          .ctx = shell};
        err = far_bus_serve(shell->bus, &service, &shell->methods[i]);
        if (err == FAR_OK) shell->methods_len++;
    }
    return err;
}

void api_stop(struct shell *shell)
{
    for (size_t i = 0; i < shell->methods_len; i++)
        shell->methods[i] = far_bus_unsubscribe(shell->methods[i]);
    shell->methods_len = 0;
    while (!far_list_empty(&shell->reads)) {
        struct read *read = FAR_LIST_ITEM(shell->reads.next, struct read, link);
        far_list_remove(&read->link);
        far_bus_reply_error(read->request, FAR_EUNAVAILABLE, "this replica is going away");
        free(read);
    }
}

void api_abandon(struct shell *shell)
{
    while (!far_list_empty(&shell->writes)) {
        struct write *write = FAR_LIST_ITEM(shell->writes.next, struct write, link);
        far_bus_reply_error(write->request, FAR_ETIMEOUT, "this replica went away; look before trying again");
        write_done(write);
    }
}
