/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"
#include "far/buf.h"
#include "farseat/v1/api_acd.pb-c.h"
#include "prompts.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MS    8000
#define WARNINGS_LEN 8192
#define NAMED_MAX    20 /* of one kind; how many more is said */

struct put {
    struct exchange *exchange;
    Farseat__V1__ConfigApplyRequest *request;
    uint64_t position;
    struct far_buf warnings;
    size_t missing; /* prompts */
};

static void put_end(struct put *put)
{
    farseat__v1__config_apply_request__free_unpacked(put->request, NULL);
    far_buf_done(&put->warnings);
    free(put);
}

static void audit(const struct put *put, const char *outcome)
{
    const struct exchange *exchange = put->exchange;
    if (put->request->dry_run) return; /* nothing was done */
    api_audit(exchange->api, &exchange->identity, exchange->client, exchange->route->path, put->request->note,
              outcome);
}

static void put_fail(struct put *put, enum far_err err, const char *text)
{
    audit(put, far_err_name(err));
    exchange_fail(put->exchange, err, text);
    put_end(put);
}

/* ---- the prompts of a configuration --------------------------------------------------------------- */

struct walk {
    void (*fn)(void *ctx, const char *prompt, const char *where);
    void *ctx;
};

static void walk_list(const struct walk *walk, char **prompts, size_t count, const char *list, const char *id,
                      const char *node)
{
    char where[200];
    (void)snprintf(where, sizeof(where), "%s[%.63s]%s%.63s", list, id, node[0] ? "." : "", node);
    for (size_t i = 0; i < count; i++)
        if (prompts[i][0]) walk->fn(walk->ctx, prompts[i], where);
}

static void walk_node(const struct walk *walk, const char *flow, const Farseat__V1__FlowNode *node)
{
    const char *id = node->id;
    switch (node->kind_case) {
    case FARSEAT__V1__FLOW_NODE__KIND_PLAY:
        walk_list(walk, node->play->prompts, node->play->n_prompts, "flows", flow, id);
        break;
    case FARSEAT__V1__FLOW_NODE__KIND_MENU:
        walk_list(walk, node->menu->prompts, node->menu->n_prompts, "flows", flow, id);
        walk_list(walk, node->menu->invalid_prompts, node->menu->n_invalid_prompts, "flows", flow, id);
        break;
    case FARSEAT__V1__FLOW_NODE__KIND_SURVEY:
        walk_list(walk, node->survey->prompts, node->survey->n_prompts, "flows", flow, id);
        walk_list(walk, node->survey->thanks_prompts, node->survey->n_thanks_prompts, "flows", flow, id);
        break;
    case FARSEAT__V1__FLOW_NODE__KIND_HANGUP:
        walk_list(walk, node->hangup->prompts, node->hangup->n_prompts, "flows", flow, id);
        break;
    default:
        break;
    }
}

void config_prompts(const Farseat__V1__CentreConfig *config,
                    void (*fn)(void *ctx, const char *prompt, const char *where), void *ctx)
{
    const struct walk walk = {fn, ctx};
    for (size_t i = 0; config && i < config->n_queues; i++) {
        const Farseat__V1__Queue *queue = config->queues[i];
        walk_list(&walk, queue->greeting, queue->n_greeting, "queues", queue->id, "");
        walk_list(&walk, (char **)(uintptr_t)&queue->music, 1, "queues", queue->id, "");
    }
    for (size_t i = 0; config && i < config->n_flows; i++)
        for (size_t j = 0; j < config->flows[i]->n_nodes; j++)
            walk_node(&walk, config->flows[i]->id, config->flows[i]->nodes[j]);
}

/* ---- warnings ------------------------------------------------------------------------------------- */

static void look_for_prompt(void *ctx, const char *prompt, const char *where)
{
    struct put *put = ctx;
    char line[400];
    if (prompts_has(put->exchange->api->prompts, prompt)) return;
    (void)snprintf(line, sizeof(line),
                   "warning: %.160s: there is no prompt \"%.128s\": upload it, or have it "
                   "spoken\n",
                   where, prompt);
    if (put->warnings.data && strstr(put->warnings.data, line)) return;
    if (++put->missing <= NAMED_MAX) far_buf_add_text(&put->warnings, line);
}

static int by_text(const void *a, const void *b)
{
    const char *const *one = a, *const *other = b;
    return strcmp(*one, *other);
}

static bool is_in_sorted(char **phones, size_t count, const char *phone)
{
    return count > 0 && bsearch(&phone, phones, count, sizeof(*phones), by_text) != NULL;
}

static void warn_of_phones(struct put *put, const Farseat__V1__PhoneSecretsListReply *list)
{
    const Farseat__V1__CentreConfig *config = put->request->config;
    char **phones = malloc((list->n_phones + 1) * sizeof(*phones));
    size_t missing = 0;
    if (!phones) return;
    memcpy(phones, list->phones, list->n_phones * sizeof(*phones));
    qsort(phones, list->n_phones, sizeof(*phones), by_text);
    for (size_t i = 0; i < config->n_phones; i++) {
        const char *phone = config->phones[i]->id;
        if (is_in_sorted(phones, list->n_phones, phone)) continue;
        if (missing < NAMED_MAX)
            far_buf_addf(&put->warnings, "%s%s",
                         missing ? ", " : "warning: phones without a secret: ", phone);
        missing++;
    }
    if (missing > NAMED_MAX) far_buf_addf(&put->warnings, " and %zu more", missing - NAMED_MAX);
    if (missing > 0)
        far_buf_add_text(&put->warnings, "; they cannot register until each is given one (POST "
                                         "/phones/{phone}/secret)\n");
    free(phones);
}

static void put_reply(struct put *put)
{
    Farseat__V1__Verdict verdict = FARSEAT__V1__VERDICT__INIT;
    verdict.ok = 1;
    verdict.position = put->position;
    if (put->warnings.len > 0) verdict.text = put->warnings.data;
    audit(put, "ok");
    exchange_reply(put->exchange, &verdict.base);
    put_end(put);
}

static void secrets_came(void *ctx, const struct far_bus_answer *answer)
{
    struct put *put = ctx;
    if (answer->err == FAR_OK)
        warn_of_phones(put, (const Farseat__V1__PhoneSecretsListReply *)answer->message);
    else
        far_buf_addf(&put->warnings, "warning: whether all phones have secrets is not known: %s\n",
                     answer->error_text);
    put_reply(put);
}

/* ---- the way through ------------------------------------------------------------------------------ */

static enum far_err ask(struct put *put, enum far_method method, const ProtobufCMessage *message,
                        far_bus_answer_fn *fn)
{
    const struct far_method_row *row = &far_method_rows[method];
    const struct far_bus_question question = {.subject = row->subject,
                                              .message = message,
                                              .reply_type = row->reply,
                                              .timeout_ms = ANSWER_MS,
                                              .fn = fn,
                                              .ctx = put};
    return far_bus_ask(put->exchange->api->bus, &question, NULL);
}

static void verdict_came(void *ctx, const struct far_bus_answer *answer)
{
    static const Farseat__V1__Empty nothing = FARSEAT__V1__EMPTY__INIT;
    struct put *put = ctx;
    if (answer->err != FAR_OK) {
        put_fail(put, answer->err, answer->error_text);
        return;
    }
    const Farseat__V1__Verdict *verdict = (const Farseat__V1__Verdict *)answer->message;
    if (!verdict->ok) {
        put_fail(put, api_error_of(verdict->code), verdict->text);
        return;
    }
    put->position = verdict->position;
    config_prompts(put->request->config, look_for_prompt, put);
    if (put->missing > NAMED_MAX)
        far_buf_addf(&put->warnings, "warning: and %zu more prompts that are nowhere\n",
                     put->missing - NAMED_MAX);
    if (put->request->config->n_phones == 0 ||
        ask(put, FAR_METHOD_acd_PhoneSecretsList, &nothing.base, secrets_came) != FAR_OK)
        put_reply(put);
}

void config_put(struct exchange *exchange)
{
    ProtobufCMessage *message = exchange_message(exchange);
    if (!message) return;
    struct put *put = calloc(1, sizeof(*put));
    Farseat__V1__ConfigApplyRequest *request = (Farseat__V1__ConfigApplyRequest *)message;
    if (!put || !request->config) {
        exchange_fail(exchange, put ? FAR_EINVAL : FAR_ENOMEM, put ? "config is missing" : NULL);
        protobuf_c_message_free_unpacked(message, NULL);
        free(put);
        return;
    }
    put->exchange = exchange;
    put->request = request;
    far_buf_init(&put->warnings, WARNINGS_LEN);
    if (request->by != protobuf_c_empty_string) free(request->by);
    request->by = strdup(exchange->identity.login);
    if (!request->by) {
        request->by = (char *)(uintptr_t)protobuf_c_empty_string;
        put_fail(put, FAR_ENOMEM, NULL);
        return;
    }
    enum far_err err = ask(put, FAR_METHOD_acd_ConfigApply, &request->base, verdict_came);
    if (err != FAR_OK) put_fail(put, err, NULL);
}
