/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a flow is sound: everything that its author can be told before a caller meets it. */
#include "flow.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define PROMPT_LEN_MAX 127

struct checker {
    const Farseat__V1__CentreConfig *config;
    const Farseat__V1__Flow *flow;
    flow_complain *complain;
    void *context;
    bool reached[FLOW_NODES_MAX];
};

static void say(struct checker *checker, const char *node, const char *field, const char *value,
                const char *remedy)
{
    char text[512];
    (void)snprintf(text, sizeof(text), "flows[%.63s].nodes[%.63s].%s: \"%.80s\" %s", checker->flow->id, node,
                   field, value, remedy);
    checker->complain(checker->context, text);
}

static void say_number(struct checker *checker, const char *node, const char *field, uint64_t value,
                       const char *remedy)
{
    char number[24];
    (void)snprintf(number, sizeof(number), "%llu", (unsigned long long)value);
    say(checker, node, field, number, remedy);
}

static bool id_ok(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
    }
    return len > 0 && len <= 63;
}

static bool prompt_ok(const char *text)
{
    size_t len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && c != '-' && c != '_' && c != '/') return false;
    }
    return len > 0 && len <= PROMPT_LEN_MAX && text[0] != '/';
}

static void check_prompts(struct checker *checker, const char *node, const char *field, char **prompts,
                          size_t count, bool needed)
{
    if (count > FLOW_PROMPTS_MAX) say_number(checker, node, field, count, "prompts: at most 12 are allowed");
    if (needed && count == 0) say(checker, node, field, "", "is empty: name at least one prompt");
    for (size_t i = 0; i < count; i++)
        if (!prompt_ok(prompts[i]))
            say(checker, node, field, prompts[i],
                "is no prompt's name: use a-z, 0-9, -, _ and / between folders");
}

static void check_next(struct checker *checker, const char *node, const char *field, const char *next)
{
    if (next[0] && flow_node_find(checker->flow, next) < 0)
        say(checker, node, field, next, "is no node of this flow: name one, or leave it out to hang up");
}

static void check_menu(struct checker *checker, const char *id, const Farseat__V1__FlowMenu *menu)
{
    check_prompts(checker, id, "menu.prompts", menu->prompts, menu->n_prompts, true);
    check_prompts(checker, id, "menu.invalid_prompts", menu->invalid_prompts, menu->n_invalid_prompts, false);
    if (menu->n_prompts + menu->n_invalid_prompts > 16)
        say_number(checker, id, "menu.invalid_prompts", menu->n_prompts + menu->n_invalid_prompts,
                   "prompts together with prompts: at most 16");
    if (menu->n_choices == 0) say(checker, id, "menu.choices", "", "is empty: give at least one choice");
    for (size_t i = 0; i < menu->n_choices; i++) {
        const Farseat__V1__FlowChoice *choice = menu->choices[i];
        size_t len = strlen(choice->digits);
        if (len == 0 || len > FLOW_DIGITS_MAX || strspn(choice->digits, "0123456789*#") != len)
            say(checker, id, "menu.choices.digits", choice->digits, "must be 1 to 8 of 0-9, * and #");
        else if (flow_choice(menu, choice->digits) != choice)
            say(checker, id, "menu.choices.digits", choice->digits, "stands there twice: remove one");
        check_next(checker, id, "menu.choices.next", choice->next);
    }
    check_next(checker, id, "menu.on_failure", menu->on_failure);
    if (menu->timeout_ms > 120000)
        say_number(checker, id, "menu.timeout_ms", menu->timeout_ms, "is above 120000");
    if (menu->attempts_max > 10)
        say_number(checker, id, "menu.attempts_max", menu->attempts_max, "is above 10");
}

static void check_survey(struct checker *checker, const char *id, const Farseat__V1__FlowSurvey *survey)
{
    if (!id_ok(survey->id)) say(checker, id, "survey.id", survey->id, "must be 1 to 63 of a-z, 0-9 and -");
    check_prompts(checker, id, "survey.prompts", survey->prompts, survey->n_prompts, true);
    check_prompts(checker, id, "survey.thanks_prompts", survey->thanks_prompts, survey->n_thanks_prompts,
                  false);
    if (survey->score_max > 9 || survey->score_min > survey->score_max)
        say_number(checker, id, "survey.score_max", survey->score_max,
                   "must be 0 to 9 and not below score_min");
    if (survey->timeout_ms > 120000)
        say_number(checker, id, "survey.timeout_ms", survey->timeout_ms, "is above 120000");
    if (survey->attempts_max > 10)
        say_number(checker, id, "survey.attempts_max", survey->attempts_max, "is above 10");
    check_next(checker, id, "survey.next", survey->next);
}

static void check_queue(struct checker *checker, const char *id, const Farseat__V1__FlowQueue *queue)
{
    bool found = false;
    for (size_t i = 0; i < checker->config->n_queues; i++)
        if (strcmp(checker->config->queues[i]->id, queue->queue) == 0) found = true;
    if (!found)
        say(checker, id, "queue.queue", queue->queue, "is no queue: add it to queues, or name another");
    if (queue->priority > 255) say_number(checker, id, "queue.priority", queue->priority, "is above 255");
    check_next(checker, id, "queue.on_overflow", queue->on_overflow);
    check_next(checker, id, "queue.next", queue->next);
}

static void check_node(struct checker *checker, const Farseat__V1__FlowNode *node)
{
    const char *id = node->id;
    if (!id_ok(id)) say(checker, id, "id", id, "must be 1 to 63 of a-z, 0-9 and -");
    switch (node->kind_case) {
    case FARSEAT__V1__FLOW_NODE__KIND_PLAY:
        check_prompts(checker, id, "play.prompts", node->play->prompts, node->play->n_prompts, true);
        check_next(checker, id, "play.next", node->play->next);
        break;
    case FARSEAT__V1__FLOW_NODE__KIND_MENU:
        check_menu(checker, id, node->menu);
        break;
    case FARSEAT__V1__FLOW_NODE__KIND_QUEUE:
        check_queue(checker, id, node->queue);
        break;
    case FARSEAT__V1__FLOW_NODE__KIND_SURVEY:
        check_survey(checker, id, node->survey);
        break;
    case FARSEAT__V1__FLOW_NODE__KIND_HANGUP:
        check_prompts(checker, id, "hangup.prompts", node->hangup->prompts, node->hangup->n_prompts, false);
        break;
    case FARSEAT__V1__FLOW_NODE__KIND_ECHO:
        if (node->echo->limit_ms > 3600000)
            say_number(checker, id, "echo.limit_ms", node->echo->limit_ms, "is above 3600000");
        break;
    default:
        say(checker, id, "kind", "", "is missing: give play, menu, queue, survey, hangup or echo");
        break;
    }
}

/* The nodes that may follow; out has room for all choices and two more. */
static size_t nexts(const struct checker *checker, size_t at, int *out, size_t room, bool *ret_caller_acts)
{
    const Farseat__V1__FlowNode *node = checker->flow->nodes[at];
    const char *names[2] = {"", ""};
    size_t len = 0;
    *ret_caller_acts = true;
    if (node->kind_case == FARSEAT__V1__FLOW_NODE__KIND_PLAY) {
        names[0] = node->play->next;
        *ret_caller_acts = false;
    } else if (node->kind_case == FARSEAT__V1__FLOW_NODE__KIND_QUEUE) {
        names[0] = node->queue->next;
        names[1] = node->queue->on_overflow;
    } else if (node->kind_case == FARSEAT__V1__FLOW_NODE__KIND_SURVEY) {
        names[0] = node->survey->next;
    } else if (node->kind_case == FARSEAT__V1__FLOW_NODE__KIND_MENU) {
        names[0] = node->menu->on_failure;
        for (size_t i = 0; i < node->menu->n_choices && len + 2 < room; i++) {
            int next = flow_node_find(checker->flow, node->menu->choices[i]->next);
            if (next >= 0) out[len++] = next;
        }
    }
    for (int i = 0; i < 2; i++) {
        int next = names[i][0] ? flow_node_find(checker->flow, names[i]) : -1;
        if (next >= 0) out[len++] = next;
    }
    return len;
}

static void mark_reached(struct checker *checker, size_t start)
{
    size_t stack[FLOW_NODES_MAX], len = 0;
    int out[FLOW_NODES_MAX];
    bool acts;
    checker->reached[start] = true;
    stack[len++] = start;
    while (len > 0) {
        size_t count = nexts(checker, stack[--len], out, FLOW_NODES_MAX, &acts);
        for (size_t i = 0; i < count; i++) {
            if (checker->reached[out[i]]) continue;
            checker->reached[out[i]] = true;
            stack[len++] = (size_t)out[i];
        }
    }
}

/* From a play node, following play nodes only: does it come back? */
static bool endless(const struct checker *checker, size_t start)
{
    size_t at = start;
    int out[FLOW_NODES_MAX];
    for (size_t steps = 0; steps <= checker->flow->n_nodes; steps++) {
        bool acts;
        size_t count = nexts(checker, at, out, FLOW_NODES_MAX, &acts);
        if (acts || count == 0) return false;
        at = (size_t)out[0];
        if (at == start) return true;
    }
    return false;
}

void flow_check(const Farseat__V1__CentreConfig *config, const Farseat__V1__Flow *flow,
                flow_complain *complain, void *context)
{
    struct checker checker = {.config = config, .flow = flow, .complain = complain, .context = context};
    if (flow->n_nodes == 0 || flow->n_nodes > FLOW_NODES_MAX) {
        say_number(&checker, "", "nodes", flow->n_nodes, "nodes: 1 to 200 are allowed");
        return;
    }
    for (size_t i = 0; i < flow->n_nodes; i++) {
        check_node(&checker, flow->nodes[i]);
        if (flow_node_find(flow, flow->nodes[i]->id) != (int)i)
            say(&checker, flow->nodes[i]->id, "id", flow->nodes[i]->id, "stands there twice: rename one");
    }
    int start = flow_node_find(flow, flow->start);
    if (start < 0) {
        say(&checker, "", "start", flow->start, "is no node of this flow: name the first one");
        return;
    }
    mark_reached(&checker, (size_t)start);
    for (size_t i = 0; i < flow->n_nodes; i++) {
        if (!checker.reached[i])
            say(&checker, flow->nodes[i]->id, "id", flow->nodes[i]->id,
                "is never reached: lead to it, or remove it");
        if (endless(&checker, i))
            say(&checker, flow->nodes[i]->id, "play.next", flow->nodes[i]->play->next,
                "leads back here and the caller can do nothing: lead to a menu, a queue or a hangup");
    }
}
