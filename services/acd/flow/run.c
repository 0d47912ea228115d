/* SPDX-License-Identifier: Apache-2.0 */
/* Running a flow: entering a node gives commands to the caller's leg; what comes back leads to the next node.
 */
#include "core/state.h"
#include "flow.h"
#include <string.h>

#define NODE_US_MAX        600000000 /* nothing in a flow takes longer by itself */
#define NEXT_DIGIT_MS      3000
#define DEFAULT_TIMEOUT_MS 8000
#define DEFAULT_ECHO_MS    60000

static const Farseat__V1__Flow *flow_of(const struct acd *acd, const struct contact *contact)
{
    if (contact->config_slot >= CONFIG_SLOTS) return NULL;
    const Farseat__V1__CentreConfig *config = acd->configs[contact->config_slot].config;
    return config && contact->flow < config->n_flows ? config->flows[contact->flow] : NULL;
}

const Farseat__V1__FlowNode *acd_contact_node(const struct acd *acd, const struct contact *contact)
{
    const Farseat__V1__Flow *flow = flow_of(acd, contact);
    return flow && contact->node < flow->n_nodes ? flow->nodes[contact->node] : NULL;
}

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value ? value : fallback;
}

static void wait_for(struct acd *acd, struct contact *contact, enum phase phase, int64_t us)
{
    contact->phase = phase;
    acd_timer_set(acd, TIMER_CONTACT, contact->self, acd->now_us + us);
}

static void collect(struct acd *acd, struct contact *contact, uint32_t digits_min, uint32_t digits_max,
                    uint32_t first_timeout_ms)
{
    struct leg *leg = acd_caller_up(acd, contact);
    if (!leg) return;
    Farseat__V1__CollectCommand command = FARSEAT__V1__COLLECT_COMMAND__INIT;
    acd_new_id(acd, contact->collect_id);
    command.collect_id = contact->collect_id;
    command.digits_min = digits_min;
    command.digits_max = digits_max;
    command.first_timeout_ms = first_timeout_ms;
    command.next_timeout_ms = NEXT_DIGIT_MS;
    acd_command(acd, leg, FARSEAT__V1__EDGE_COMMAND__BODY_COLLECT, &command);
}

/* A question: prompts that a digit ends (after a word about the last answer), and the digits. */
static void ask(struct acd *acd, struct contact *contact, char **before, size_t before_count, char **prompts,
                size_t count)
{
    char *all[2 * FLOW_PROMPTS_MAX];
    size_t len = 0;
    for (size_t i = 0; i < before_count && len < FLOW_PROMPTS_MAX; i++)
        all[len++] = before[i];
    for (size_t i = 0; i < count && len < 16; i++)
        all[len++] = prompts[i];
    if (len > 0) acd_play(acd, contact, all, len, false, true);
}

static void ask_menu(struct acd *acd, struct contact *contact, const Farseat__V1__FlowMenu *menu, bool again)
{
    uint32_t least, most;
    flow_menu_digits(menu, &least, &most);
    ask(acd, contact, menu->invalid_prompts, again ? menu->n_invalid_prompts : 0, menu->prompts,
        menu->n_prompts);
    collect(acd, contact, least, most, or_default(menu->timeout_ms, DEFAULT_TIMEOUT_MS));
    wait_for(acd, contact, PHASE_COLLECT, NODE_US_MAX);
}

static void ask_survey(struct acd *acd, struct contact *contact, const Farseat__V1__FlowSurvey *survey)
{
    ask(acd, contact, NULL, 0, survey->prompts, survey->n_prompts);
    collect(acd, contact, 1, 1, or_default(survey->timeout_ms, DEFAULT_TIMEOUT_MS));
    wait_for(acd, contact, PHASE_COLLECT, NODE_US_MAX);
}

/* --- entering nodes --- */

static void main_is(struct acd *acd, struct contact *contact, uint32_t kind, const char *node)
{
    struct segment *segment = acd_segment_get(acd, contact->main_segment);
    if (!segment || segment->kind != kind)
        segment = acd_segment_main(acd, contact, kind, acd_contact_ms(acd, contact), "next");
    COPY(segment->node, node);
}

static void enter_survey(struct acd *acd, struct contact *contact, const Farseat__V1__FlowNode *node)
{
    Farseat__V1__SurveyStarted fact = FARSEAT__V1__SURVEY_STARTED__INIT;
    const struct part *part = contact->part_count ? &contact->parts[contact->part_count - 1] : NULL;
    acd_contact_event(acd, contact, CONTACT_EV_SURVEY);
    main_is(acd, contact, SEGMENT_SURVEY, node->id);
    COPY(contact->survey_id, node->survey->id);
    contact->survey_open = true;
    contact->survey_answered = contact->invalid_digits = false;
    contact->survey_score = 0;
    fact.survey_id = contact->survey_id;
    struct fact_about about = {.contact = contact, .agent = part ? acd_agent_find(acd, part->agent) : NULL};
    about.queue_id = contact->queue_id;
    acd_fact(acd, "survey.started", &about, FARSEAT__V1__FACT__BODY_SURVEY_STARTED, &fact);
    ask_survey(acd, contact, node->survey);
}

static void enter_hangup(struct acd *acd, struct contact *contact, const Farseat__V1__FlowHangup *hangup)
{
    if (hangup->served) contact->served = true;
    if (hangup->n_prompts == 0) {
        acd_contact_hangup(acd, contact, BY_FLOW, "flow");
        return;
    }
    acd_play(acd, contact, hangup->prompts, hangup->n_prompts, false, false);
    wait_for(acd, contact, PHASE_BYE, NODE_US_MAX);
}

static void enter_echo(struct acd *acd, struct contact *contact, const Farseat__V1__FlowEcho *echo)
{
    struct leg *leg = acd_caller_up(acd, contact);
    Farseat__V1__EchoCommand command = FARSEAT__V1__ECHO_COMMAND__INIT;
    if (leg) acd_command(acd, leg, FARSEAT__V1__EDGE_COMMAND__BODY_ECHO, &command);
    wait_for(acd, contact, PHASE_ECHO, (int64_t)or_default(echo->limit_ms, DEFAULT_ECHO_MS) * 1000);
}

static void enter_queue(struct acd *acd, struct contact *contact, const Farseat__V1__FlowQueue *node)
{
    struct queue *queue = acd_queue_find(acd, node->queue);
    acd_timer_clear(acd, TIMER_CONTACT, contact->self);
    if (queue)
        acd_queue_enter(acd, contact, queue, node);
    else
        acd_flow_go(acd, contact,
                    node->on_overflow); /* the queue left the configuration since this call began */
}

static void enter(struct acd *acd, struct contact *contact, const Farseat__V1__FlowNode *node)
{
    contact->attempts = 0;
    if (node->kind_case != FARSEAT__V1__FLOW_NODE__KIND_QUEUE &&
        node->kind_case != FARSEAT__V1__FLOW_NODE__KIND_SURVEY)
        main_is(acd, contact, SEGMENT_IVR, node->id);
    switch (node->kind_case) {
    case FARSEAT__V1__FLOW_NODE__KIND_PLAY:
        acd_play(acd, contact, node->play->prompts, node->play->n_prompts, false, false);
        wait_for(acd, contact, PHASE_PLAY, NODE_US_MAX);
        break;
    case FARSEAT__V1__FLOW_NODE__KIND_MENU:
        ask_menu(acd, contact, node->menu, false);
        break;
    case FARSEAT__V1__FLOW_NODE__KIND_QUEUE:
        enter_queue(acd, contact, node->queue);
        break;
    case FARSEAT__V1__FLOW_NODE__KIND_SURVEY:
        enter_survey(acd, contact, node);
        break;
    case FARSEAT__V1__FLOW_NODE__KIND_HANGUP:
        enter_hangup(acd, contact, node->hangup);
        break;
    case FARSEAT__V1__FLOW_NODE__KIND_ECHO:
        enter_echo(acd, contact, node->echo);
        break;
    default:
        acd_contact_hangup(acd, contact, BY_FLOW, "flow");
        break;
    }
}

void acd_flow_go(struct acd *acd, struct contact *contact, const char *node_id)
{
    const Farseat__V1__Flow *flow = flow_of(acd, contact);
    int at = flow && node_id && node_id[0] ? flow_node_find(flow, node_id) : -1;
    if (contact->state == CONTACT_IN_SURVEY) {
        (void)acd_segment_main(acd, contact, 0, acd_contact_ms(acd, contact),
                               contact->survey_answered ? "answered" : "left");
        acd_contact_event(acd, contact, CONTACT_EV_FLOW);
    }
    if (at < 0) {
        acd_contact_hangup(acd, contact, BY_FLOW, "flow");
        return;
    }
    if (contact->budget == 0) {
        acd_contact_hangup(acd, contact, BY_SYSTEM, "flow-loop");
        return;
    }
    contact->budget--;
    contact->node = (uint32_t)at;
    enter(acd, contact, flow->nodes[at]);
}

void acd_flow_start(struct acd *acd, struct contact *contact)
{
    const Farseat__V1__CentreConfig *config = acd->configs[contact->config_slot].config;
    int at = flow_find(config, contact->flow_id);
    contact->flow = at < 0 ? 0 : (uint32_t)at;
    contact->budget = FLOW_BUDGET;
    acd_flow_go(acd, contact, at < 0 ? "" : config->flows[at]->start);
}

/* --- what comes back --- */

void acd_flow_play_done(struct acd *acd, struct contact *contact, const Farseat__V1__PlayDone *done)
{
    const Farseat__V1__FlowNode *node = acd_contact_node(acd, contact);
    if (!node || strcmp(contact->play_id, done->play_id) != 0) return; /* of what was played before */
    switch (contact->phase) {
    case PHASE_PLAY:
        acd_flow_go(acd, contact, node->play->next);
        break;
    case PHASE_THANKS:
        acd_flow_go(acd, contact, node->survey->next);
        break;
    case PHASE_BYE:
        acd_contact_hangup(acd, contact, BY_FLOW, "flow");
        break;
    case PHASE_GREETING:
        contact->phase = PHASE_MUSIC;
        if (contact->bridging)
            contact->play_id[0] = '\0'; /* music would come behind the bridge, and over the agent's voice */
        else
            acd_queue_music(acd, contact);
        break;
    default:
        break; /* the end of a question's prompt: the digits are what counts */
    }
}

static void note_digits(struct acd *acd, struct contact *contact, const char *node_id, const char *digits)
{
    struct segment *segment = acd_segment_get(acd, contact->main_segment);
    uint32_t at = contact->menu_count < MENU_STEPS_MAX ? contact->menu_count++ : MENU_STEPS_MAX - 1;
    struct menu_step *step = &contact->menu[at]; /* a path that is too long keeps its beginning and its end */
    COPY(step->node, node_id);
    COPY(step->digits, digits);
    step->at_ms = acd_contact_ms(acd, contact);
    if (segment) COPY(segment->digits, digits);
    Farseat__V1__ContactMenu fact = FARSEAT__V1__CONTACT_MENU__INIT;
    fact.node_id = TEXT(node_id);
    fact.digits = TEXT(digits);
    acd_fact(acd, "contact.menu", &(struct fact_about){.contact = contact},
             FARSEAT__V1__FACT__BODY_CONTACT_MENU, &fact);
}

static void menu_digits(struct acd *acd, struct contact *contact, const Farseat__V1__FlowNode *node,
                        const char *digits)
{
    const Farseat__V1__FlowMenu *menu = node->menu;
    const Farseat__V1__FlowChoice *choice = flow_choice(menu, digits);
    note_digits(acd, contact, node->id, digits);
    if (choice) {
        contact->budget = FLOW_BUDGET;
        acd_flow_go(acd, contact, choice->next);
    } else if (++contact->attempts >= or_default(menu->attempts_max, 3)) {
        acd_flow_go(acd, contact, menu->on_failure);
    } else {
        ask_menu(acd, contact, menu, digits[0] != '\0');
    }
}

static void survey_answered(struct acd *acd, struct contact *contact, const Farseat__V1__FlowSurvey *survey,
                            uint32_t score)
{
    struct segment *segment = acd_segment_get(acd, contact->main_segment);
    const struct part *part = contact->part_count ? &contact->parts[contact->part_count - 1] : NULL;
    Farseat__V1__SurveyAnswered fact = FARSEAT__V1__SURVEY_ANSWERED__INIT;
    contact->survey_score = score;
    contact->survey_answered = true;
    contact->survey_open = false;
    if (segment) {
        segment->digits[0] = (char)('0' + score);
        segment->digits[1] = '\0';
    }
    fact.survey_id = contact->survey_id;
    fact.score = score;
    struct fact_about about = {.contact = contact, .agent = part ? acd_agent_find(acd, part->agent) : NULL};
    about.queue_id = contact->queue_id;
    acd_fact(acd, "survey.answered", &about, FARSEAT__V1__FACT__BODY_SURVEY_ANSWERED, &fact);
    acd_record_survey(acd, contact, "answered");
    if (survey->n_thanks_prompts == 0) {
        acd_flow_go(acd, contact, survey->next);
        return;
    }
    acd_play(acd, contact, survey->thanks_prompts, survey->n_thanks_prompts, false, false);
    wait_for(acd, contact, PHASE_THANKS, NODE_US_MAX);
}

static void survey_digits(struct acd *acd, struct contact *contact, const Farseat__V1__FlowSurvey *survey,
                          const char *digits)
{
    bool digit = digits[0] >= '0' && digits[0] <= '9' && digits[1] == '\0';
    uint32_t score = digit ? (uint32_t)(digits[0] - '0') : 0;
    if (digit && score >= survey->score_min && score <= survey->score_max) {
        contact->budget = FLOW_BUDGET;
        survey_answered(acd, contact, survey, score);
        return;
    }
    if (digits[0]) contact->invalid_digits = true;
    if (++contact->attempts < or_default(survey->attempts_max, 2)) {
        ask_survey(acd, contact, survey);
        return;
    }
    acd_flow_survey_left(acd, contact);
    acd_flow_go(acd, contact, survey->next);
}

void acd_flow_survey_left(struct acd *acd, struct contact *contact)
{
    if (!contact->survey_open) return;
    contact->survey_open = false;
    acd_record_survey(acd, contact, contact->invalid_digits ? "invalid" : "left");
}

void acd_flow_digits(struct acd *acd, struct contact *contact, const Farseat__V1__DigitsCollected *collected)
{
    const Farseat__V1__FlowNode *node = acd_contact_node(acd, contact);
    char digits[16];
    if (!node || contact->phase != PHASE_COLLECT || strcmp(contact->collect_id, collected->collect_id) != 0)
        return;
    COPY(digits, collected->digits);
    if (node->kind_case == FARSEAT__V1__FLOW_NODE__KIND_MENU)
        menu_digits(acd, contact, node, digits);
    else if (node->kind_case == FARSEAT__V1__FLOW_NODE__KIND_SURVEY)
        survey_digits(acd, contact, node->survey, digits);
}

void acd_flow_agent_left(struct acd *acd, struct contact *contact)
{
    const Farseat__V1__FlowNode *node = acd_contact_node(acd, contact);
    bool queue = node && node->kind_case == FARSEAT__V1__FLOW_NODE__KIND_QUEUE;
    contact->budget = FLOW_BUDGET;
    if (queue && node->queue->next[0])
        acd_flow_go(acd, contact, node->queue->next);
    else
        acd_contact_hangup(acd, contact, BY_AGENT, "hangup");
}
