/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"
#include "far/clock.h"
#include "far/id.h"
#include "far/json.h"
#include "far/log.h"
#include "far/str.h"
#include "far/tables.h"
#include "far/test.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ASK_MS   5000u
#define START_MS 20000u
#define PULSE_MS 300u

static const char config_json[] =
    "{\"centre\":{\"name\":\"t\",\"timeZone\":\"Asia/Shanghai\",\"contactsMax\":50},"
    "\"sites\":[{\"id\":\"hq\",\"edges\":[\"edge-hq\"]}],"
    "\"trunks\":[{\"id\":\"pstn\",\"site\":\"hq\",\"addresses\":[\"127.0.0.0/8\"]}],"
    "\"numbers\":[{\"number\":\"95588\",\"flow\":\"main\"}],"
    "\"phones\":[{\"id\":\"1001\",\"site\":\"hq\"},{\"id\":\"1002\",\"site\":\"hq\"}],"
    "\"skills\":[{\"id\":\"s\"}],\"reasons\":[{\"id\":\"break\"}],\"dispositions\":[{\"id\":\"solved\"}],"
    "\"queues\":[{\"id\":\"q\",\"skills\":[{\"skill\":\"s\",\"level\":1}],\"ringMsMax\":15000,"
    "\"afterCallWorkMs\":500}],"
    "\"agents\":[{\"id\":\"a1\",\"name\":\"One\",\"phone\":\"1001\",\"site\":\"hq\",\"skills\":[{\"skill\":"
    "\"s\",\"level\":5}]},"
    "{\"id\":\"a2\",\"name\":\"Two\",\"phone\":\"1002\",\"site\":\"hq\",\"skills\":[{\"skill\":\"s\","
    "\"level\":5}]}],"
    "\"flows\":[{\"id\":\"main\",\"start\":\"q\",\"nodes\":[{\"id\":\"q\",\"queue\":{\"queue\":\"q\"}}]}]}";

static void must(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "fixture: %s\n", what);
    abort();
}

/* ---- processes ----------------------------------------------------------------------------------- */

static void write_config(struct fixture *fixture, int index)
{
    struct acd_process *acd = &fixture->acds[index];
    snprintf(acd->config, sizeof(acd->config), "%s/acd-%d.yaml", fixture->nats.dir, index + 1);
    snprintf(acd->log, sizeof(acd->log), "%s/acd-%d.log", fixture->nats.dir, index + 1);
    acd->http_port = test_free_port();
    FILE *out = fopen(acd->config, "w");
    must(out != NULL, "no configuration file");
    fprintf(out,
            "service: {instance: acd-%d}\nhttp: {listen: \"127.0.0.1:%d\"}\nbus: {url: \"%s\"}\n"
            "snapshot: {positions: 500, interval: 1s}\n",
            index + 1, acd->http_port, fixture->nats.url);
    fclose(out);
}

static bool http_get(int port, const char *path, char *out, size_t size)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    char request[128];
    size_t len = 0;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval timeout = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    int request_len = snprintf(request, sizeof(request), "GET %s HTTP/1.0\r\n\r\n", path);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
              write(fd, request, (size_t)request_len) == request_len;
    while (ok && len + 1 < size) {
        ssize_t got = read(fd, out + len, size - 1 - len);
        if (got <= 0) break;
        len += (size_t)got;
    }
    if (fd >= 0) close(fd);
    out[len] = 0;
    return ok && strstr(out, " 200 ") != NULL;
}

double acd_metric(struct fixture *fixture, int index, const char *name)
{
    static char page[65536];
    char line[96];
    if (fixture->acds[index].pid == 0 ||
        !http_get(fixture->acds[index].http_port, "/metrics", page, sizeof(page)))
        return -1;
    snprintf(line, sizeof(line), "\n%s ", name);
    const char *at = strstr(page, line);
    return at ? strtod(at + strlen(line), NULL) : -1;
}

struct waiting {
    struct fixture *fixture;
    int index;
};
static bool is_ready(void *ctx)
{
    struct waiting *waiting = ctx;
    char page[4096];
    return http_get(waiting->fixture->acds[waiting->index].http_port, "/readyz", page, sizeof(page));
}

void acd_start(struct fixture *fixture, int index)
{
    struct acd_process *acd = &fixture->acds[index];
    acd->pid = fork();
    must(acd->pid >= 0, "no process");
    if (acd->pid == 0) {
        int fd = open(acd->log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        dup2(fd, 2);
        dup2(fd, 1);
        execl(FARSEAT_ACD_BIN, "farseat-acd", "--config", acd->config, (char *)NULL);
        _exit(127);
    }
    struct waiting waiting = {fixture, index};
    must(test_turn_until(fixture->loop, is_ready, &waiting, START_MS), "farseat-acd does not get ready");
}

static bool has_ended(void *ctx)
{
    return waitpid(*(pid_t *)ctx, NULL, WNOHANG | WNOWAIT) != 0;
}

int acd_end(struct fixture *fixture, int index, int signal_number)
{
    struct acd_process *acd = &fixture->acds[index];
    int result = 0;
    if (acd->pid == 0) return 0;
    kill(acd->pid, signal_number);
    siginfo_t info;
    (void)info;
    must(test_turn_until(fixture->loop, has_ended, &acd->pid, 10000) || signal_number == SIGKILL,
         "farseat-acd does not end");
    must(waitpid(acd->pid, &result, 0) == acd->pid, "waitpid");
    acd->pid = 0;
    return WIFEXITED(result) ? WEXITSTATUS(result) : -WTERMSIG(result);
}

int acd_leader_index(struct fixture *fixture)
{
    for (int i = 0; i < ACD_MAX; i++)
        if (acd_metric(fixture, i, "farseat_acd_leader") == 1) return i;
    return -1;
}

struct leading {
    struct fixture *fixture;
    int not ;
};
static bool leads(void *ctx)
{
    struct leading *leading = ctx;
    int leader = acd_leader_index(leading->fixture);
    return leader >= 0 && leader != leading->not ;
}

uint64_t acd_wait_leader(struct fixture *fixture, int not, uint64_t timeout_ms)
{
    struct leading leading = {fixture, not };
    uint64_t began_ms = far_clock_mono_ms();
    assert_true(test_turn_until(fixture->loop, leads, &leading, timeout_ms));
    return far_clock_mono_ms() - began_ms;
}

/* ---- asking -------------------------------------------------------------------------------------- */

struct answer {
    bool done;
    enum far_err err;
    ProtobufCMessage *reply;
    const ProtobufCMessageDescriptor *type;
};
static void on_answer(void *ctx, const struct far_bus_answer *from)
{
    struct answer *answer = ctx;
    answer->done = true;
    answer->err = from->err;
    if (from->err == FAR_OK)
        answer->err = far_bus_unpack(answer->type, from->msg, &answer->reply);
    else if (*from->error_text)
        print_message("answer: %s: %s\n", far_err_name(from->err), from->error_text);
}
static bool is_done(void *ctx)
{
    return ((struct answer *)ctx)->done;
}

ProtobufCMessage *ask(struct fixture *fixture, enum far_method method, const ProtobufCMessage *request,
                      enum far_err *ret_err)
{
    const struct far_method_row *row = &far_method_rows[method];
    struct answer answer = {.type = row->reply};
    struct far_bus_question question = {.subject = row->subject,
                                        .message = request,
                                        .reply_type = row->reply,
                                        .timeout_ms = ASK_MS,
                                        .fn = on_answer,
                                        .ctx = &answer};
    answer.err = far_bus_ask(fixture->bus, &question, NULL);
    if (answer.err == FAR_OK) assert_true(test_turn_until(fixture->loop, is_done, &answer, ASK_MS * 2));
    if (ret_err) *ret_err = answer.err;
    return answer.reply;
}

static uint64_t verdict_position(ProtobufCMessage *reply)
{
    const Farseat__V1__Verdict *verdict = (const Farseat__V1__Verdict *)reply;
    if (!verdict) return 0;
    if (!verdict->ok) print_message("refused: %s: %s\n", verdict->code, verdict->text);
    uint64_t position = verdict->ok ? verdict->position : 0;
    protobuf_c_message_free_unpacked(reply, NULL);
    return position;
}

uint64_t act_agent(struct fixture *fixture, const char *agent, Farseat__V1__AgentAction__ActionCase what)
{
    Farseat__V1__AgentAction action = FARSEAT__V1__AGENT_ACTION__INIT;
    Farseat__V1__AgentLogin login = FARSEAT__V1__AGENT_LOGIN__INIT;
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    action.agent_id = (char *)(uintptr_t)agent;
    action.by = (char *)(uintptr_t)agent;
    action.action_case = what;
    if (what == FARSEAT__V1__AGENT_ACTION__ACTION_LOGIN)
        action.login = &login;
    else
        action.ready = &empty;
    return verdict_position(ask(fixture, FAR_METHOD_acd_AgentAct, &action.base, NULL));
}

Farseat__V1__AcdStatusReply *status(struct fixture *fixture)
{
    Farseat__V1__Empty empty = FARSEAT__V1__EMPTY__INIT;
    return (Farseat__V1__AcdStatusReply *)ask(fixture, FAR_METHOD_acd_Status, &empty.base, NULL);
}

uint64_t apply_config(struct fixture *fixture)
{
    struct far_json_error error = {.text = ""};
    ProtobufCMessage *config = NULL;
    assert_int_equal(far_json_parse(&farseat__v1__centre_config__descriptor, config_json, strlen(config_json),
                                    &error, &config),
                     FAR_OK);
    Farseat__V1__ConfigApplyRequest request = FARSEAT__V1__CONFIG_APPLY_REQUEST__INIT;
    request.config = (Farseat__V1__CentreConfig *)config;
    uint64_t position = verdict_position(ask(fixture, FAR_METHOD_acd_ConfigApply, &request.base, NULL));
    protobuf_c_message_free_unpacked(config, NULL);
    return position;
}

/* ---- the edge ------------------------------------------------------------------------------------ */

static void on_command(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    struct fixture *fixture = ctx;
    const struct far_bus_msg *msg = far_bus_request_msg(request);
    Farseat__V1__EdgeCommandReply reply = FARSEAT__V1__EDGE_COMMAND_REPLY__INIT;
    (void)message;
    if (fixture->mute) {
        far_bus_reply_error(request, FAR_EUNAVAILABLE, "mute");
        return;
    }
    if (fixture->commands_len < COMMANDS_MAX)
        fixture->commands[fixture->commands_len++] =
            farseat__v1__edge_command__unpack(NULL, msg->data_len, msg->data);
    reply.accepted = true;
    far_bus_reply(request, &reply.base);
}

static void on_pulse(void *arg, uint64_t timer)
{
    struct fixture *fixture = arg;
    Farseat__V1__EdgePulse pulse = FARSEAT__V1__EDGE_PULSE__INIT;
    char edge[] = EDGE;
    (void)timer;
    if (fixture->mute) return;
    pulse.edge = edge;
    pulse.incarnation = fixture->edge_incarnation;
    pulse.number = ++fixture->pulse_number;
    uint32_t kept = 0;
    size_t bytes = 0;
    uint64_t rewinds = 0;
    far_appender_stats(fixture->appender, &kept, &bytes, &rewinds);
    pulse.input_acknowledged = far_appender_next_number(fixture->appender) - 1 - kept;
    (void)!far_bus_publish(fixture->edge_bus, "far.live.edge." EDGE, &pulse.base, NULL);
}

void edge_say(struct fixture *fixture, Farseat__V1__AcdInput *input)
{
    char edge[] = EDGE;
    input->producer = edge;
    input->producer_incarnation = fixture->edge_incarnation;
    input->number = far_appender_next_number(fixture->appender);
    input->sent_at_us = far_clock_wall_us();
    assert_int_equal(far_appender_push_message(fixture->appender, &input->base, NULL), FAR_OK);
}

static void say_bound(struct fixture *fixture, const char *phone)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__PhoneBound bound = FARSEAT__V1__PHONE_BOUND__INIT;
    bound.phone = (char *)(uintptr_t)phone;
    bound.expires_at_us = far_clock_wall_us() + 3600000000LL;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_PHONE_BOUND;
    input.phone_bound = &bound;
    edge_say(fixture, &input);
}

static void begin_life(struct fixture *fixture)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__EdgeStarted started = FARSEAT__V1__EDGE_STARTED__INIT;
    char edge[] = EDGE, site[] = "hq", version[] = "test";
    static char id[80];
    far_id_new_text(fixture->edge_incarnation);
    snprintf(id, sizeof(id), "%s.%s", EDGE, fixture->edge_incarnation);
    struct far_appender_config config = {.subject = "far.log.acd.main." EDGE,
                                         .id = id,
                                         .first_number = 1,
                                         .count_max = 4096,
                                         .bytes_max = 4u << 20};
    assert_int_equal(far_appender_create(fixture->edge_bus, &config, &fixture->appender), FAR_OK);
    started.edge = edge;
    started.site = site;
    started.version = version;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_EDGE_STARTED;
    input.edge_started = &started;
    edge_say(fixture, &input);
    say_bound(fixture, "1001");
    say_bound(fixture, "1002");
}

void edge_begin_anew(struct fixture *fixture)
{
    fixture->appender = far_appender_destroy(fixture->appender);
    begin_life(fixture);
}

void edge_begin(struct fixture *fixture)
{
    begin_life(fixture);
    struct far_bus_service service = {.subject = "far.cmd.edge." EDGE,
                                      .request_type = &farseat__v1__edge_command__descriptor,
                                      .fn = on_command,
                                      .ctx = fixture};
    assert_int_equal(far_bus_serve(fixture->edge_bus, &service, &fixture->commands_served), FAR_OK);
    assert_int_equal(far_timer_start(fixture->loop, 1, PULSE_MS, on_pulse, fixture, &fixture->pulse_timer),
                     FAR_OK);
}

void edge_call(struct fixture *fixture, char *leg_id, const char *number)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__LegIncoming incoming = FARSEAT__V1__LEG_INCOMING__INIT;
    Farseat__V1__TelephoneNumber caller = FARSEAT__V1__TELEPHONE_NUMBER__INIT;
    char trunk[] = "pstn", called[] = "95588";
    far_id_new_text(leg_id);
    caller.raw = caller.canonical = (char *)(uintptr_t)number;
    caller.kind = FARSEAT__V1__NUMBER_KIND__NUMBER_MOBILE;
    incoming.leg_id = leg_id;
    incoming.trunk_id = trunk;
    incoming.caller = &caller;
    incoming.called_raw = called;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LEG_INCOMING;
    input.leg_incoming = &incoming;
    edge_say(fixture, &input);
}

void edge_answered(struct fixture *fixture, const char *leg_id)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__LegAnswered answered = FARSEAT__V1__LEG_ANSWERED__INIT;
    answered.leg_id = (char *)(uintptr_t)leg_id;
    answered.leg_ms = 10;
    answered.commands_done = 1;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED;
    input.leg_answered = &answered;
    edge_say(fixture, &input);
}

void edge_ended(struct fixture *fixture, const char *leg_id)
{
    Farseat__V1__AcdInput input = FARSEAT__V1__ACD_INPUT__INIT;
    Farseat__V1__LegEnded ended = FARSEAT__V1__LEG_ENDED__INIT;
    char cause[] = "hangup";
    ended.leg_id = (char *)(uintptr_t)leg_id;
    ended.leg_ms = 5000;
    ended.cause = cause;
    ended.by_remote = true;
    input.body_case = FARSEAT__V1__ACD_INPUT__BODY_LEG_ENDED;
    input.leg_ended = &ended;
    edge_say(fixture, &input);
}

struct expected {
    struct fixture *fixture;
    size_t *cursor;
    Farseat__V1__EdgeCommand__BodyCase what;
    const char *leg_id;
    const Farseat__V1__EdgeCommand *found;
};
static bool has_come(void *ctx)
{
    struct expected *expected = ctx;
    while (*expected->cursor < expected->fixture->commands_len) {
        const Farseat__V1__EdgeCommand *command = expected->fixture->commands[(*expected->cursor)++];
        if (command->body_case != expected->what) continue;
        if (*expected->leg_id && strcmp(command->leg_id, expected->leg_id) != 0) continue;
        expected->found = command;
        return true;
    }
    return false;
}

const Farseat__V1__EdgeCommand *edge_expect(struct fixture *fixture, size_t *cursor,
                                            Farseat__V1__EdgeCommand__BodyCase what, const char *leg_id,
                                            uint64_t timeout_ms)
{
    struct expected expected = {fixture, cursor, what, leg_id, NULL};
    (void)test_turn_until(fixture->loop, has_come, &expected, timeout_ms);
    return expected.found;
}

/* ---- life ---------------------------------------------------------------------------------------- */

static bool both_connected(void *ctx)
{
    struct fixture *fixture = ctx;
    return far_bus_state(fixture->bus) == FAR_BUS_CONNECTED &&
           far_bus_state(fixture->edge_bus) == FAR_BUS_CONNECTED;
}

void fixture_start(struct fixture *fixture)
{
    memset(fixture, 0, sizeof(*fixture));
    far_log_init("test", "test", FAR_LOG_WARN);
    test_nats_start(&fixture->nats, NULL);
    assert_int_equal(far_loop_create(NULL, &fixture->loop), FAR_OK);
    struct far_bus_config config = {.url = fixture->nats.url, .name = "farseatctl"};
    assert_int_equal(far_bus_connect(&config, fixture->loop, &fixture->bus), FAR_OK);
    config.name = EDGE;
    assert_int_equal(far_bus_connect(&config, fixture->loop, &fixture->edge_bus), FAR_OK);
    assert_true(test_turn_until(fixture->loop, both_connected, fixture, 5000));
    for (int i = 0; i < ACD_MAX; i++)
        write_config(fixture, i);
}

void fixture_stop(struct fixture *fixture)
{
    for (int i = 0; i < ACD_MAX; i++)
        (void)acd_end(fixture, i, SIGKILL);
    far_timer_stop(fixture->loop, fixture->pulse_timer);
    far_appender_destroy(fixture->appender);
    far_bus_unsubscribe(fixture->commands_served);
    far_bus_destroy(fixture->edge_bus);
    far_bus_destroy(fixture->bus);
    far_loop_destroy(fixture->loop);
    for (size_t i = 0; i < fixture->commands_len; i++)
        farseat__v1__edge_command__free_unpacked(fixture->commands[i], NULL);
    test_nats_stop(&fixture->nats);
}
