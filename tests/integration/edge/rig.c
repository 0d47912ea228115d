/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"
#include "far/id.h"
#include "far/kv.h"
#include "far/str.h"
#include "far/stream.h"
#include "far/tables.h"
#include "far/test.h"
#include "turn.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOG_INCARNATION "11111111-1111-8111-8111-111111111111"

static void on_input(void *ctx, const struct far_stream_entry *entry)
{
    struct rig *rig = ctx;
    Farseat__V1__AcdInput *input = farseat__v1__acd_input__unpack(NULL, entry->data_len, entry->data);
    assert_non_null(input);
    if (getenv("RIG_VERBOSE")) {
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(input->base.descriptor, (unsigned)input->body_case);
        fprintf(stderr, "rig: %s #%lu %s\n", input->producer, (unsigned long)input->number, field->name);
    }
    for (size_t i = 0; i < rig->edges_len; i++) {
        struct rig_edge *edge = &rig->edges[i];
        if (strcmp(edge->name, input->producer) != 0) continue;
        if (input->body_case == FARSEAT__V1__ACD_INPUT__BODY_EDGE_STARTED) {
            assert_int_equal(input->number, 1);
            edge->number = 0;
            (void)far_str_copy(edge->incarnation, sizeof(edge->incarnation), input->producer_incarnation);
        }
        if (input->number != edge->number + 1) { /* a repeat after a rewind */
            farseat__v1__acd_input__free_unpacked(input, NULL);
            return;
        }
        edge->number = input->number;
    }
    assert_true(rig->inputs_len < RIG_INPUTS_MAX);
    rig->inputs[rig->inputs_len++] = input;
}

static bool is_connected(void *ctx)
{
    return far_bus_state(ctx) == FAR_BUS_CONNECTED;
}

static void on_done(void *ctx, enum far_err err, const char *text)
{
    struct rig *rig = ctx;
    if (err != FAR_OK) fail_msg("streams: %s", text);
    rig->done = true;
}

static bool is_done(void *ctx)
{
    return ((struct rig *)ctx)->done;
}

void rig_start(struct rig *rig)
{
    memset(rig, 0, sizeof(*rig));
    (void)snprintf(rig->dir, sizeof(rig->dir), "/tmp/farseat-edge-XXXXXX");
    assert_non_null(mkdtemp(rig->dir));
    rig->rtp_first = 20000 + 200 * (int)(getpid() % 60);
    test_nats_start(&rig->nats, NULL);
    assert_int_equal(far_loop_create(NULL, &rig->loop), FAR_OK);
    struct far_bus_config config = {.url = rig->nats.url, .name = "acd-1"};
    assert_int_equal(far_bus_connect(&config, rig->loop, &rig->bus), FAR_OK);
    assert_true(test_turn_until(rig->loop, is_connected, rig->bus, RIG_WAIT_MS));
    rig->done = false;
    assert_int_equal(far_streams_ensure(rig->bus, far_stream_rows, FAR_STREAM_COUNT, on_done, rig), FAR_OK);
    assert_true(test_turn_until(rig->loop, is_done, rig, RIG_WAIT_MS));
    struct far_log_reader_config reader = {
        .stream = FAR_STREAM_LOG, .start = FAR_LOG_FROM_SEQ, .entry_fn = on_input, .ctx = rig};
    assert_int_equal(far_log_reader_create(rig->bus, &reader, &rig->reader), FAR_OK);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *ftw)
{
    (void)info;
    (void)kind;
    (void)ftw;
    return remove(path);
}

void rig_stop(struct rig *rig)
{
    for (size_t i = 0; i < rig->edges_len; i++)
        if (rig->edges[i].pid > 0) rig_edge_end(rig, &rig->edges[i], SIGTERM);
    far_log_reader_destroy(rig->reader);
    far_bus_destroy(rig->bus);
    far_loop_destroy(rig->loop);
    for (size_t i = 0; i < rig->inputs_len; i++)
        farseat__v1__acd_input__free_unpacked(rig->inputs[i], NULL);
    test_nats_stop(&rig->nats);
    if (!getenv("RIG_KEEP")) (void)nftw(rig->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void rig_write(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

pid_t rig_launch(struct rig *rig, const char *name, char *const argv[])
{
    char log[160];
    (void)snprintf(log, sizeof(log), "%s/%s.log", rig->dir, name);
    pid_t parent = getpid();
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0) return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(126);
    int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int null = open("/dev/null", O_RDONLY);
    if (fd >= 0) {
        (void)dup2(fd, 1);
        (void)dup2(fd, 2);
    }
    if (null >= 0) (void)dup2(null, 0);
    execvp(argv[0], argv);
    _exit(127);
}

void rig_turn(struct rig *rig, uint64_t ms)
{
    test_turn_for(rig->loop, ms);
}

void rig_edge_launch(struct rig *rig, struct rig_edge *edge)
{
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/%s.yaml", rig->dir, edge->name);
    char *argv[] = {(char *)EDGE_BINARY, (char *)"--config", path, NULL};
    edge->incarnation[0] = '\0';
    edge->pid = rig_launch(rig, edge->name, argv);
}

struct rig_edge *rig_edge(struct rig *rig, const char *name)
{
    char path[160], text[1200];
    struct rig_edge *edge = NULL;
    for (size_t i = 0; i < rig->edges_len; i++)
        if (strcmp(rig->edges[i].name, name) == 0) edge = &rig->edges[i];
    if (!edge) {
        edge = &rig->edges[rig->edges_len];
        *edge = (struct rig_edge){.rtp_first = rig->rtp_first + 70 * (int)rig->edges_len};
        rig->edges_len++;
        (void)far_str_copy(edge->name, sizeof(edge->name), name);
        (void)far_str_copy(edge->ip, sizeof(edge->ip), "127.0.0.1");
        edge->sip_port = test_free_port();
        edge->http_port = test_free_port();
    }
    (void)snprintf(path, sizeof(path), "%s/%s.yaml", rig->dir, name);
    (void)snprintf(
        text, sizeof(text),
        "service:\n  instance: %s\n  drain_max: 10s\nhttp:\n  listen: 127.0.0.1:%d\nlog:\n  level: debug\n"
        "bus:\n  url: %s\nedge:\n  site: hq\nsip:\n  listen: %s:%d\n  offer_sha256: %s\n"
        "rtp:\n  port_min: %d\n  port_max: %d\nmedia:\n  prompt_dir: %s\n  prompt_cache: %s/cache-%s\n"
        "limits:\n  legs_max: 100\n  phones_max: 100\n  drain: 3s\n",
        name, edge->http_port, rig->nats.url, edge->ip, edge->sip_port, rig->offer_sha256 ? "true" : "false",
        edge->rtp_first, edge->rtp_first + 69, rig->dir, rig->dir, name);
    rig_write(path, text);
    rig_edge_launch(rig, edge);
    (void)rig_input(rig, FARSEAT__V1__ACD_INPUT__BODY_EDGE_STARTED);
    Farseat__V1__CreditCommand credit = FARSEAT__V1__CREDIT_COMMAND__INIT;
    credit.incoming_legs_max = 100;
    assert_string_equal(rig_command(rig, edge, "", FARSEAT__V1__EDGE_COMMAND__BODY_CREDIT, &credit), "");
    return edge;
}

/* The process' end while the loop turns: it talks to us on its way. */
static int wait_end(struct rig *rig, pid_t pid, uint64_t ms)
{
    int status = 0;
    for (uint64_t waited = 0; waited < ms; waited += 20) {
        if (waitpid(pid, &status, WNOHANG) == pid) return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        rig_turn(rig, 20);
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, &status, 0);
    return -1;
}

void rig_edge_end(struct rig *rig, struct rig_edge *edge, int signal)
{
    assert_int_equal(kill(edge->pid, signal), 0);
    int status = wait_end(rig, edge->pid, 12000);
    edge->pid = 0;
    if (signal == SIGTERM) assert_int_equal(status, 0);
}

static bool answers(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    bool connected = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    (void)close(fd);
    return connected;
}

pid_t rig_service(struct rig *rig, const char *name, const char *binary, const char *text, int port)
{
    char path[160];
    (void)snprintf(path, sizeof(path), "%s/%s.yaml", rig->dir, name);
    rig_write(path, text);
    char *argv[] = {(char *)binary, (char *)"--config", path, NULL};
    pid_t pid = rig_launch(rig, name, argv);
    for (int i = 0; i < 400; i++) {
        if (answers(port)) return pid;
        rig_turn(rig, 20);
    }
    fail_msg("%s does not listen on %d", name, port);
    return 0;
}

int rig_end(struct rig *rig, pid_t pid, int signal)
{
    assert_int_equal(kill(pid, signal), 0);
    return wait_end(rig, pid, 12000);
}

long rig_metric(struct rig *rig, const struct rig_edge *edge, const char *name)
{
    static char page[65536];
    static const char ask[] = "GET /metrics HTTP/1.0\r\n\r\n";
    char mark[96];
    size_t len = 0;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)edge->http_port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    (void)rig;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(send(fd, ask, sizeof(ask) - 1, MSG_NOSIGNAL), (ssize_t)(sizeof(ask) - 1));
    for (ssize_t got = 1; got > 0 && len < sizeof(page) - 1; len += (size_t)(got > 0 ? got : 0))
        got = recv(fd, page + len, sizeof(page) - 1 - len, 0);
    page[len] = '\0';
    (void)close(fd);
    (void)snprintf(mark, sizeof(mark), "\n%s ", name);
    const char *at = strstr(page, mark);
    return at ? strtol(at + strlen(mark), NULL, 10) : -1;
}

static void on_written(void *ctx, enum far_err err, uint64_t revision)
{
    struct rig *rig = ctx;
    (void)revision;
    assert_int_equal(err, FAR_OK);
    rig->done = true;
}

static void put(struct rig *rig, const char *bucket, const char *key, const ProtobufCMessage *message)
{
    uint8_t data[2048];
    size_t len = protobuf_c_message_pack(message, data);
    struct far_kv_write write = {.bucket = bucket,
                                 .key = key,
                                 .mode = FAR_KV_PUT,
                                 .data = data,
                                 .data_len = len,
                                 .fn = on_written,
                                 .ctx = rig};
    rig->done = false;
    assert_int_equal(far_kv_write(rig->bus, &write), FAR_OK);
    assert_true(test_turn_until(rig->loop, is_done, rig, RIG_WAIT_MS));
}

static void hash(const EVP_MD *type, const char *text, char *ret_hex)
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    assert_int_equal(EVP_Digest(text, strlen(text), bytes, &len, type, NULL), 1);
    far_str_hex(bytes, len, ret_hex);
}

void rig_user(struct rig *rig, const char *phone, const char *password)
{
    char text[200], md5[65], sha256[65];
    Farseat__V1__SipUser user = FARSEAT__V1__SIP_USER__INIT;
    (void)snprintf(text, sizeof(text), "%s:farseat:%s", phone, password);
    hash(EVP_md5(), text, md5);
    hash(EVP_sha256(), text, sha256);
    user.phone = (char *)phone;
    user.realm = (char *)"farseat";
    user.ha1_md5 = md5;
    user.ha1_sha256 = sha256;
    put(rig, FAR_BUCKET_SIP_USERS, phone, &user.base);
}

void rig_trunk(struct rig *rig, const char *id, const char *address)
{
    char key[80];
    Farseat__V1__Trunk trunk = FARSEAT__V1__TRUNK__INIT;
    char *addresses[] = {(char *)address};
    trunk.id = (char *)id;
    trunk.addresses = addresses;
    trunk.n_addresses = 1;
    (void)snprintf(key, sizeof(key), "trunk.%s", id);
    put(rig, FAR_BUCKET_TRUNKS, key, &trunk.base);
}

void rig_edge_address(struct rig *rig, const char *name, const char *sip_uri, const char *secret)
{
    Farseat__V1__EdgeAddress address = FARSEAT__V1__EDGE_ADDRESS__INIT;
    address.edge = (char *)name;
    address.sip_uri = (char *)sip_uri;
    address.link_secret = (char *)secret;
    put(rig, FAR_BUCKET_EDGES, name, &address.base);
}

struct waiting {
    struct rig *rig;
    Farseat__V1__AcdInput__BodyCase kind;
    size_t from, found;
};

static bool has_come(void *ctx)
{
    struct waiting *waiting = ctx;
    for (size_t i = waiting->from; i < waiting->rig->inputs_len; i++) {
        if (waiting->rig->inputs[i]->body_case != waiting->kind) continue;
        waiting->found = i;
        return true;
    }
    return false;
}

const Farseat__V1__AcdInput *rig_input(struct rig *rig, Farseat__V1__AcdInput__BodyCase kind)
{
    struct waiting waiting = {.rig = rig, .kind = kind, .from = rig->inputs_read};
    if (!test_turn_until(rig->loop, has_come, &waiting, RIG_WAIT_MS))
        fail_msg("no input of kind %d came", (int)kind);
    rig->inputs_read = waiting.found + 1;
    return rig->inputs[waiting.found];
}

bool rig_comes(struct rig *rig, Farseat__V1__AcdInput__BodyCase kind, uint64_t ms)
{
    struct waiting waiting = {.rig = rig, .kind = kind, .from = rig->inputs_read};
    return test_turn_until(rig->loop, has_come, &waiting, ms);
}

static void on_reply(void *ctx, const struct far_bus_answer *answer)
{
    struct rig *rig = ctx;
    rig->done = true;
    if (answer->err != FAR_OK) {
        (void)far_str_copy(rig->cause, sizeof(rig->cause), far_err_name(answer->err));
        return;
    }
    const Farseat__V1__EdgeCommandReply *reply = (const void *)answer->message;
    (void)far_str_copy(rig->cause, sizeof(rig->cause), reply->accepted ? "" : reply->cause);
}

static uint32_t next_number(struct rig *rig, const char *leg_id)
{
    if (leg_id[0] == '\0') return 0;
    for (size_t i = 0; i < rig->legs_len; i++)
        if (strcmp(rig->legs[i].leg_id, leg_id) == 0) return ++rig->legs[i].number;
    assert_true(rig->legs_len < RIG_LEGS_MAX);
    (void)far_str_copy(rig->legs[rig->legs_len].leg_id, 64, leg_id);
    return rig->legs[rig->legs_len++].number = 1;
}

const char *rig_command(struct rig *rig, struct rig_edge *edge, const char *leg_id,
                        Farseat__V1__EdgeCommand__BodyCase body, void *message)
{
    char subject[128], id[FAR_ID_TEXT_SIZE];
    Farseat__V1__EdgeCommand command = FARSEAT__V1__EDGE_COMMAND__INIT;
    far_id_new_text(id);
    command.command_id = id;
    command.log_incarnation = (char *)LOG_INCARNATION;
    command.leader_position = 10;
    command.edge_incarnation = edge->incarnation;
    command.contact_id = (char *)"22222222-2222-8222-8222-222222222222";
    command.leg_id = (char *)leg_id;
    command.leg_number = next_number(rig, leg_id);
    command.deadline_ms = 5000;
    command.body_case = body;
    command.ring = message;
    assert_int_equal(far_subject_write(FAR_SUBJECT_CMD_EDGE, subject, sizeof(subject), edge->name, NULL),
                     FAR_OK);
    struct far_bus_question question = {.subject = subject,
                                        .message = &command.base,
                                        .reply_type = &farseat__v1__edge_command_reply__descriptor,
                                        .timeout_ms = 1000,
                                        .fn = on_reply,
                                        .ctx = rig};
    for (int tries = 0; tries < 20; tries++) { /* the edge may not serve yet */
        rig->done = false;
        assert_int_equal(far_bus_ask(rig->bus, &question, NULL), FAR_OK);
        assert_true(test_turn_until(rig->loop, is_done, rig, RIG_WAIT_MS));
        if (strcmp(rig->cause, "EUNAVAILABLE") != 0) break;
        rig_turn(rig, 50);
    }
    return rig->cause;
}

const char *rig_answer(struct rig *rig, struct rig_edge *edge, const char *leg_id)
{
    Farseat__V1__AnswerCommand body = FARSEAT__V1__ANSWER_COMMAND__INIT;
    return rig_command(rig, edge, leg_id, FARSEAT__V1__EDGE_COMMAND__BODY_ANSWER, &body);
}

const char *rig_hangup(struct rig *rig, struct rig_edge *edge, const char *leg_id)
{
    Farseat__V1__HangupCommand body = FARSEAT__V1__HANGUP_COMMAND__INIT;
    body.cause = (char *)"flow";
    return rig_command(rig, edge, leg_id, FARSEAT__V1__EDGE_COMMAND__BODY_HANGUP, &body);
}

const char *rig_play(struct rig *rig, struct rig_edge *edge, const char *leg_id, const char *prompt,
                     bool loop, bool barge_in)
{
    char id[32];
    Farseat__V1__PlayCommand body = FARSEAT__V1__PLAY_COMMAND__INIT;
    char *prompts[] = {(char *)prompt};
    (void)snprintf(id, sizeof(id), "play-%lu", (unsigned long)++rig->serial);
    body.play_id = id;
    body.prompts = prompts;
    body.n_prompts = 1;
    body.loop = loop;
    body.barge_in = barge_in;
    return rig_command(rig, edge, leg_id, FARSEAT__V1__EDGE_COMMAND__BODY_PLAY, &body);
}

const char *rig_dial(struct rig *rig, struct rig_edge *edge, const char *leg_id, const char *phone,
                     uint32_t ring_ms_max)
{
    Farseat__V1__DialCommand body = FARSEAT__V1__DIAL_COMMAND__INIT;
    body.phone = (char *)phone;
    body.caller_number = (char *)"13800138000";
    body.caller_name = (char *)"张三";
    body.ring_ms_max = ring_ms_max;
    return rig_command(rig, edge, leg_id, FARSEAT__V1__EDGE_COMMAND__BODY_DIAL, &body);
}

const char *rig_bridge(struct rig *rig, struct rig_edge *edge, const char *leg_id, const char *peer_leg_id,
                       const char *peer_edge)
{
    char id[32];
    Farseat__V1__BridgeCommand body = FARSEAT__V1__BRIDGE_COMMAND__INIT;
    (void)snprintf(id, sizeof(id), "bridge-%lu", (unsigned long)++rig->serial);
    body.bridge_id = id;
    body.peer_leg_id = (char *)peer_leg_id;
    body.peer_edge = (char *)peer_edge;
    return rig_command(rig, edge, leg_id, FARSEAT__V1__EDGE_COMMAND__BODY_BRIDGE, &body);
}

/* ---- sipp -------------------------------------------------------------------------------------------------
 */

pid_t rig_sipp(struct rig *rig, const char *name, const char *scenario, const struct rig_edge *edge,
               int local_port, ...)
{
    char remote[64], path[200], port[16], error_log[160], log[200];
    char *argv[64] = {(char *)"sipp"};
    size_t len = 1;
    (void)snprintf(remote, sizeof(remote), "%s:%d", edge->ip, edge->sip_port);
    (void)snprintf(path, sizeof(path), "tests/integration/edge/sipp/%s.xml", scenario);
    (void)snprintf(port, sizeof(port), "%d", local_port);
    (void)snprintf(error_log, sizeof(error_log), "%s/%s.errors", rig->dir, name);
    (void)snprintf(log, sizeof(log), "%s/%s.messages", rig->dir, name);
    char *fixed[] = {remote,
                     (char *)"-sf",
                     path,
                     (char *)"-i",
                     (char *)"127.0.0.1",
                     (char *)"-p",
                     port,
                     (char *)"-m",
                     (char *)"1",
                     (char *)"-nostdin",
                     (char *)"-trace_err",
                     (char *)"-error_file",
                     error_log,
                     (char *)"-trace_msg",
                     (char *)"-message_file",
                     log,
                     (char *)"-timeout",
                     (char *)"40",
                     (char *)"-timeout_error",
                     (char *)"-set",
                     (char *)"dir",
                     rig->dir,
                     (char *)"-set",
                     (char *)"name",
                     (char *)name};
    for (size_t i = 0; i < FAR_ARRAY_LEN(fixed); i++)
        argv[len++] = fixed[i];
    va_list args;
    va_start(args, local_port);
    for (char *arg = va_arg(args, char *); arg && len < 62; arg = va_arg(args, char *))
        argv[len++] = arg;
    va_end(args);
    argv[len] = NULL;
    return rig_launch(rig, name, argv);
}

int rig_sipp_end(struct rig *rig, pid_t pid)
{
    return wait_end(rig, pid, 20000);
}

void rig_register(struct rig *rig, struct rig_edge *edge, const char *phone, const char *password,
                  int local_port)
{
    pid_t pid =
        rig_sipp(rig, phone, "register", edge, local_port, "-s", phone, "-au", phone, "-ap", password, NULL);
    assert_int_equal(rig_sipp_end(rig, pid), 0);
    const Farseat__V1__AcdInput *input = rig_input(rig, FARSEAT__V1__ACD_INPUT__BODY_PHONE_BOUND);
    assert_string_equal(input->phone_bound->phone, phone);
    assert_string_equal(input->phone_bound->user_agent, "s?pp"); /* it was no UTF-8 */
}

int rig_number(struct rig *rig, const char *file)
{
    char path[160], text[32] = "";
    (void)snprintf(path, sizeof(path), "%s/%s", rig->dir, file);
    for (int i = 0; i < 400; i++) {
        FILE *in = fopen(path, "r");
        bool read = in && fgets(text, sizeof(text), in) && strchr(text, '\n');
        if (in) (void)fclose(in);
        if (read) return atoi(text);
        rig_turn(rig, 20);
    }
    fail_msg("%s did not appear", path);
    return 0;
}

/* ---- whole calls ------------------------------------------------------------------------------------------
 */

pid_t rig_call_in(struct rig *rig, struct rig_edge *edge, const char *name, const char *scenario,
                  struct rig_sound *sound, char ret_leg_id[64])
{
    char rtp[16], file[160];
    rig_sound_open(sound);
    (void)snprintf(rtp, sizeof(rtp), "%d", sound->port);
    (void)snprintf(file, sizeof(file), "%s/%s.rtp", rig->dir, name);
    (void)unlink(file); /* of a former call */
    pid_t pid = rig_sipp(rig, name, scenario, edge, test_free_port(), "-s", "4001", "-set", "rtp", rtp, "-d",
                         "700", NULL);
    const Farseat__V1__LegIncoming *leg =
        rig_input(rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_INCOMING)->leg_incoming;
    assert_string_equal(leg->trunk_id, "t1");
    assert_string_equal(leg->called_raw, "4001");
    assert_string_equal(leg->caller->canonical, "+8613800138000");
    (void)far_str_copy(ret_leg_id, 64, leg->leg_id);
    return pid;
}

void rig_sound_ready(struct rig *rig, struct rig_edge *edge, const char *name, struct rig_sound *sound)
{
    char file[64];
    (void)snprintf(file, sizeof(file), "%s.rtp", name);
    rig_sound_to(sound, edge, rig_number(rig, file));
}

pid_t rig_call_answered(struct rig *rig, struct rig_edge *edge, const char *name, const char *scenario,
                        struct rig_sound *sound, char ret_leg_id[64])
{
    pid_t pid = rig_call_in(rig, edge, name, scenario, sound, ret_leg_id);
    assert_string_equal(rig_answer(rig, edge, ret_leg_id), "");
    const Farseat__V1__AcdInput *input = rig_input(rig, FARSEAT__V1__ACD_INPUT__BODY_LEG_ANSWERED);
    assert_string_equal(input->leg_answered->leg_id, ret_leg_id);
    rig_sound_ready(rig, edge, name, sound);
    return pid;
}

/* sipp takes a while; a dial before it would find a dead phone. */
static void wait_until_bound(struct rig *rig, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int i = 0; i < 400; i++) {
        int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        assert_true(fd >= 0);
        bool free = bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
        (void)close(fd);
        if (!free) return;
        rig_turn(rig, 20);
    }
    fail_msg("sipp does not listen on %d", port);
}

pid_t rig_call_out(struct rig *rig, struct rig_edge *edge, const char *phone, const char *scenario,
                   int local_port, struct rig_sound *sound, const char *leg_id)
{
    char rtp[16];
    rig_sound_open(sound);
    (void)snprintf(rtp, sizeof(rtp), "%d", sound->port);
    char file[160];
    (void)snprintf(file, sizeof(file), "%s/%s.rtp", rig->dir, phone);
    (void)unlink(file);
    pid_t pid = rig_sipp(rig, phone, scenario, edge, local_port, "-set", "rtp", rtp, "-d", "700", NULL);
    wait_until_bound(rig, local_port);
    assert_string_equal(rig_dial(rig, edge, leg_id, phone, 2000), "");
    return pid;
}
