/* SPDX-License-Identifier: Apache-2.0 */
/* sim_people.c - callers and agents as people are: impatient, late, changing their minds. */
#include "far/json.h"
#include "far/str.h"
#include "sim.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char config_json[] =
    "{\"centre\":{\"name\":\"sim\",\"timeZone\":\"Asia/Shanghai\",\"contactsMax\":60},"
    "\"sites\":[{\"id\":\"hq\",\"edges\":[\"edge-hq\"]},{\"id\":\"branch\",\"edges\":[\"edge-branch\"]}],"
    "\"trunks\":[{\"id\":\"trunk-hq\",\"site\":\"hq\",\"addresses\":[\"10.0.0.1/32\"]},"
    "{\"id\":\"trunk-branch\",\"site\":\"branch\",\"addresses\":[\"10.0.0.2/32\"]}],"
    "\"numbers\":[{\"number\":\"95588\",\"published\":\"4008895588\",\"flow\":\"main\"}],"
    "\"skills\":[{\"id\":\"sales\"},{\"id\":\"tech\"}],"
    "\"reasons\":[{\"id\":\"break\"},{\"id\":\"no-answer\"}],"
    "\"dispositions\":[{\"id\":\"solved\",\"resolved\":true},{\"id\":\"open\"}],"
    "\"queues\":[{\"id\":\"q-sales\",\"skills\":[{\"skill\":\"sales\",\"level\":1}],\"ringMsMax\":8000,"
    "\"afterCallWorkMs\":6000,\"record\":true,\"greeting\":[\"welcome\"]},"
    "{\"id\":\"q-tech\",\"skills\":[{\"skill\":\"tech\",\"level\":3}],\"ringMsMax\":6000,\"afterCallWorkMs\":"
    "4000,"
    "\"waitingMax\":5,\"waitMsMax\":40000,\"priority\":1}],"
    "\"recorders\":[{\"id\":\"rec-1\",\"site\":\"hq\",\"uri\":\"sip:srs@10.0.0.8:5070\"}],"
    "\"flows\":[{\"id\":\"main\",\"start\":\"menu\",\"nodes\":["
    "{\"id\":\"menu\",\"menu\":{\"prompts\":[\"menu\"],\"timeoutMs\":3000,\"attemptsMax\":2,\"onFailure\":"
    "\"bye\","
    "\"invalidPrompts\":[\"invalid\"],\"choices\":[{\"digits\":\"1\",\"next\":\"sales\"},"
    "{\"digits\":\"2\",\"next\":\"tech\"},{\"digits\":\"3\",\"next\":\"info\"}]}},"
    "{\"id\":\"info\",\"play\":{\"prompts\":[\"hours\"],\"next\":\"served\"}},"
    "{\"id\":\"served\",\"hangup\":{\"served\":true}},"
    "{\"id\":\"sales\",\"queue\":{\"queue\":\"q-sales\",\"onOverflow\":\"bye\",\"next\":\"survey\"}},"
    "{\"id\":\"tech\",\"queue\":{\"queue\":\"q-tech\",\"onOverflow\":\"bye\",\"next\":\"survey\"}},"
    "{\"id\":\"survey\",\"survey\":{\"id\":\"csat\",\"prompts\":[\"survey\"],\"scoreMin\":1,\"scoreMax\":5,"
    "\"timeoutMs\":3000,\"attemptsMax\":2,\"thanksPrompts\":[\"thanks\"],\"next\":\"bye\"}},"
    "{\"id\":\"bye\",\"hangup\":{\"prompts\":[\"goodbye\"]}}]}]}";

/* Phones and agents are added by number; every second one also has the second skill. */
Farseat__V1__CentreConfig *people_config(void)
{
    json_error_t parse;
    json_t *json = json_loads(config_json, 0, &parse);
    json_t *phones = json_array(), *agents = json_array();
    for (unsigned i = 0; i < SIM_AGENTS; i++) {
        char phone[16], agent[16];
        const char *site = i % 2 ? "branch" : "hq";
        snprintf(phone, sizeof(phone), "phone-%u", i);
        snprintf(agent, sizeof(agent), "agent-%u", i);
        json_array_append_new(phones, json_pack("{s:s,s:s}", "id", phone, "site", site));
        json_t *skills = json_pack("[{s:s,s:i}]", "skill", i % 3 ? "sales" : "tech", "level", 5);
        if (i % 2)
            json_array_append_new(skills,
                                  json_pack("{s:s,s:i}", "skill", i % 3 ? "tech" : "sales", "level", 3));
        json_array_append_new(agents, json_pack("{s:s,s:s,s:s,s:s,s:o}", "id", agent, "name", agent, "phone",
                                                phone, "site", site, "skills", skills));
    }
    json_object_set_new(json, "phones", phones);
    json_object_set_new(json, "agents", agents);
    struct far_json_error error = {.text = ""};
    ProtobufCMessage *message = NULL;
    if (far_json_to_message(&farseat__v1__centre_config__descriptor, json, &error, &message) != FAR_OK)
        fprintf(stderr, "sim: configuration: %s: %s\n", error.path, error.text);
    json_decref(json);
    return (Farseat__V1__CentreConfig *)message;
}

int people_agent_of(const struct world *world, const char *phone)
{
    for (int i = 0; i < (int)SIM_AGENTS; i++)
        if (strcmp(world->agents[i].phone, phone) == 0) return i;
    return -1;
}

/* ---- callers ------------------------------------------------------------------------------------- */

enum urge { URGE_GIVE_UP, URGE_END_TALK, URGE_LEAVE, URGE_DIGIT, URGE_ANSWER, URGE_DECLINE };

static void on_urge(struct world *world, struct event *event)
{
    if (!world->edges[event->who].alive || world->edges[event->who].life != event->life) return;
    struct call *call = edge_call(world, event->who, event->a, event->b);
    if (!call || call->ending) return;
    switch ((enum urge)(event->c & 0xff)) {
    case URGE_GIVE_UP:
        if (!call->bridged)
            edge_hang_up(world, event->who, call->id, call->answered ? "hangup" : "cancelled", 0);
        break;
    case URGE_END_TALK:
    case URGE_LEAVE:
        edge_hang_up(world, event->who, call->id, "hangup", 0);
        break;
    case URGE_DIGIT:
        edge_digit(world, event->who, call->id, (char)(event->c >> 8));
        break;
    case URGE_ANSWER:
        if (!call->answered) edge_answer(world, event->who, call->id);
        break;
    case URGE_DECLINE:
        if (!call->answered) edge_hang_up(world, event->who, call->id, "declined", 603);
        break;
    }
}

static void feel(struct world *world, uint32_t who, const struct call *call, enum urge urge, char digit,
                 int64_t min_ms, int64_t max_ms)
{
    struct event event = {.fn = on_urge,
                          .who = who,
                          .life = world->edges[who].life,
                          .a = call->id,
                          .b = call->serial,
                          .c = (uint64_t)urge | (uint64_t)(unsigned char)digit << 8};
    sim_after(world, (uint64_t)far_rand_between(&world->rand, min_ms, max_ms), &event);
}

static void on_arrival(struct world *world, struct event *event)
{
    (void)event;
    if (!world->arrivals) return;
    uint32_t who = (uint32_t)far_rand_below(&world->rand, SIM_EDGES);
    world->counts.calls++;
    edge_invite(world, who, (uint32_t)++world->calls_started);
    sim_after(world, (uint64_t)far_rand_between(&world->rand, 100, 4500), &(struct event){.fn = on_arrival});
}

/* Nobody lets it ring for ever; some think better of it at once. */
void people_dialled(struct world *world, uint32_t edge, struct call *call)
{
    if (sim_chance(world, 40)) feel(world, edge, call, URGE_GIVE_UP, 0, 0, 300);
    feel(world, edge, call, URGE_GIVE_UP, 0, 60000, 90000);
}

void people_answered(struct world *world, uint32_t edge, struct call *call)
{
    feel(world, edge, call, URGE_GIVE_UP, 0, 4000, 70000);
    feel(world, edge, call, URGE_LEAVE, 0, 60000, 180000);
}

void people_hear(struct world *world, uint32_t edge, struct call *call, bool loop)
{
    static const char digits[] = "11112222359#";
    if (call->kind != CALL_CALLER || loop) return;
    char digit = digits[far_rand_below(&world->rand, sizeof(digits) - 1)];
    if (sim_chance(world, 650)) feel(world, edge, call, URGE_DIGIT, digit, 100, 3500);
    if (sim_chance(world, 40)) feel(world, edge, call, URGE_LEAVE, 0, 0, 3000);
}

void people_bridged(struct world *world, uint32_t edge, struct call *call)
{
    if (call->kind == CALL_LINK) return;
    bool first = !call->bridged;
    call->bridged = true;
    if (first && sim_chance(world, 600)) feel(world, edge, call, URGE_END_TALK, 0, 500, 25000);
}

void people_rung(struct world *world, uint32_t edge, struct call *call)
{
    if (sim_chance(world, 780))
        feel(world, edge, call, URGE_ANSWER, 0, 100, 6500);
    else if (sim_chance(world, 400))
        feel(world, edge, call, URGE_DECLINE, 0, 200, 3000);
    if (sim_chance(world, 300)) feel(world, edge, call, URGE_LEAVE, 0, 3000, 30000);
}

/* ---- agents -------------------------------------------------------------------------------------- */

static void send(struct world *world, Farseat__V1__AcdInput *input)
{
    if (sim_fault(world, 20)) return;
    process_write(world, (uint32_t)far_rand_below(&world->rand, world->options.replicas), input);
}

static void agent_act(struct world *world, const Farseat__V1__AgentView *view,
                      Farseat__V1__AgentAction__ActionCase what)
{
    static char reason[] = "break";
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__AgentAction action = FARSEAT__V1__AGENT_ACTION__INIT;
    Farseat__V1__AgentLogin login = FARSEAT__V1__AGENT_LOGIN__INIT;
    Farseat__V1__AgentNotReady not_ready = FARSEAT__V1__AGENT_NOT_READY__INIT;
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_AGENT_ACTION;
    input.agent_action = &action;
    action.agent_id = view->agent_id;
    action.by = view->agent_id;
    action.action_case = what;
    not_ready.reason = reason;
    if (what == FARSEAT__V1__AGENT_ACTION__ACTION_LOGIN)
        action.login = &login;
    else if (what == FARSEAT__V1__AGENT_ACTION__ACTION_NOT_READY)
        action.not_ready = &not_ready;
    else
        action.ready = &empty;
    send(world, &input);
}

static void contact_act(struct world *world, const Farseat__V1__AgentView *view,
                        Farseat__V1__ContactAction__ActionCase what)
{
    static char queue[] = "q-tech", disposition[] = "solved";
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__ContactAction action = FARSEAT__V1__CONTACT_ACTION__INIT;
    Farseat__V1__ContactTransfer transfer = FARSEAT__V1__CONTACT_TRANSFER__INIT;
    Farseat__V1__ContactDisposition disposed = FARSEAT__V1__CONTACT_DISPOSITION__INIT;
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    char target[16];
    if (!view->contact_id || !*view->contact_id) return;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_CONTACT_ACTION;
    input.contact_action = &action;
    action.contact_id = view->contact_id;
    action.by = view->agent_id;
    action.agent_id = view->agent_id;
    action.action_case = what;
    disposed.disposition = disposition;
    if (what == FARSEAT__V1__CONTACT_ACTION__ACTION_TRANSFER) {
        snprintf(target, sizeof(target), "agent-%u", (unsigned)far_rand_below(&world->rand, SIM_AGENTS));
        bool to_queue = sim_chance(world, 500);
        transfer.target_case = to_queue ? FARSEAT__V1__CONTACT_TRANSFER__TARGET_QUEUE_ID
                                        : FARSEAT__V1__CONTACT_TRANSFER__TARGET_AGENT_ID;
        if (to_queue)
            transfer.queue_id = queue;
        else
            transfer.agent_id = target;
        action.transfer = &transfer;
    } else if (what == FARSEAT__V1__CONTACT_ACTION__ACTION_DISPOSITION) {
        action.disposition = &disposed;
    } else {
        action.hold = &empty;
    }
    send(world, &input);
}

static void phone_hang_up(struct world *world, struct agent *agent)
{
    if (agent->call != 0) edge_hang_up(world, agent->call_edge, agent->call, "hangup", 0);
}

static void think(struct world *world, struct agent *agent, const Farseat__V1__AgentView *view)
{
    bool open = world->arrivals;
    switch (view->state) {
    case FARSEAT__V1__AGENT_STATE__AGENT_LOGGED_OUT:
        if (sim_chance(world, 250)) agent_act(world, view, FARSEAT__V1__AGENT_ACTION__ACTION_LOGIN);
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_NOT_READY:
        if (sim_chance(world, 300)) agent_act(world, view, FARSEAT__V1__AGENT_ACTION__ACTION_READY);
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_READY:
        if (open && sim_chance(world, 20))
            agent_act(world, view, FARSEAT__V1__AGENT_ACTION__ACTION_NOT_READY);
        if (open && sim_chance(world, 5)) agent_act(world, view, FARSEAT__V1__AGENT_ACTION__ACTION_LOGOUT);
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_RINGING:
        if (sim_chance(world, 150)) contact_act(world, view, FARSEAT__V1__CONTACT_ACTION__ACTION_ANSWER);
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_TALKING:
        if (sim_chance(world, view->muted ? 400 : 60))
            contact_act(world, view,
                        view->muted ? FARSEAT__V1__CONTACT_ACTION__ACTION_UNMUTE
                                    : FARSEAT__V1__CONTACT_ACTION__ACTION_MUTE);
        if (open && sim_chance(world, 40)) contact_act(world, view, FARSEAT__V1__CONTACT_ACTION__ACTION_HOLD);
        if (open && sim_chance(world, 40))
            contact_act(world, view, FARSEAT__V1__CONTACT_ACTION__ACTION_TRANSFER);
        if (sim_chance(world, 30)) contact_act(world, view, FARSEAT__V1__CONTACT_ACTION__ACTION_HANG_UP);
        if (sim_chance(world, open ? 40 : 300)) phone_hang_up(world, agent);
        if (open && sim_chance(world, 10)) agent_act(world, view, FARSEAT__V1__AGENT_ACTION__ACTION_LOGOUT);
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_HOLDING:
        if (sim_chance(world, 300))
            contact_act(world, view, FARSEAT__V1__CONTACT_ACTION__ACTION_RESUME);
        else if (sim_chance(world, open ? 50 : 300))
            phone_hang_up(world, agent);
        break;
    case FARSEAT__V1__AGENT_STATE__AGENT_AFTER_CALL_WORK:
        if (sim_chance(world, 200)) contact_act(world, view, FARSEAT__V1__CONTACT_ACTION__ACTION_DISPOSITION);
        if (sim_chance(world, 200))
            agent_act(world, view, FARSEAT__V1__AGENT_ACTION__ACTION_END_AFTER_CALL_WORK);
        break;
    default:
        break;
    }
}

static void rebind(struct world *world, uint32_t at)
{
    struct agent *agent = &world->agents[at];
    const struct edge *edge = &world->edges[agent->edge];
    bool stands = agent->bound && edge->alive && edge->life == agent->bound_life;
    if (stands || !sim_chance(world, 300)) return;
    agent->bound = false;
    if (!edge->alive || sim_chance(world, 200))
        agent->edge = (uint32_t)far_rand_below(&world->rand, SIM_EDGES);
    edge_bind(world, at);
}

static void on_think(struct world *world, struct event *event)
{
    (void)event;
    sim_after(world, 1000, &(struct event){.fn = on_think});
    for (uint32_t i = 0; i < SIM_AGENTS; i++)
        rebind(world, i);
    const struct process *best = process_best(world);
    if (!best) return;
    Farseat__V1__AgentListReply list;
    /* Acting changes the state, so the views are copied out first: one arena for this call only. */
    static uint8_t memory[1u << 20];
    struct far_arena arena = {.base = memory, .size = sizeof(memory)};
    if (acd_view_agents(replica_acd(best->replica), &arena, &list) != FAR_OK) {
        sim_fail(world, "no room for the agents' view");
        return;
    }
    for (size_t i = 0; i < list.n_agents; i++) {
        int at = -1;
        for (int j = 0; j < (int)SIM_AGENTS; j++)
            if (strcmp(world->agents[j].id, list.agents[i]->agent_id) == 0) at = j;
        if (at >= 0) think(world, &world->agents[at], list.agents[i]);
    }
}

static void on_second(struct world *world, struct event *event)
{
    (void)event;
    sim_after(world, 1000, &(struct event){.fn = on_second});
    check_second(world);
}

void people_start(struct world *world)
{
    for (uint32_t i = 0; i < SIM_AGENTS; i++) {
        snprintf(world->agents[i].id, sizeof(world->agents[i].id), "agent-%u", i);
        snprintf(world->agents[i].phone, sizeof(world->agents[i].phone), "phone-%u", i);
        world->agents[i].edge = i % SIM_EDGES;
    }
    sim_after(world, 1500, &(struct event){.fn = on_think});
    sim_after(world, 5000, &(struct event){.fn = on_arrival});
    sim_after(world, 1000, &(struct event){.fn = on_second});
}
