/* SPDX-License-Identifier: Apache-2.0 */
#include "recorder.h"
#include "far/clock.h"
#include "far/test.h"
#include "turn.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 15000

int recorder_http(const struct recorder *recorder, const char *path)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(recorder->http_port)};
    char text[256] = "";
    int status = 0;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0) {
        int len =
            snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
        if (write(fd, text, (size_t)len) == len && read(fd, text, sizeof(text) - 1) > 12)
            status = atoi(text + 9);
    }
    close(fd);
    return status;
}

static void config_write(const struct recorder *recorder)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/recording.yaml", recorder->dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file,
            "service:\n  instance: recording-1\n  drain_max: 20s\nhttp:\n  listen: 127.0.0.1:%u\n"
            "sip:\n  listen: 127.0.0.1:%u\n  allow: [127.0.0.1]\n  sessions_max: 8\n"
            "rtp:\n  port_first: %u\n  port_last: %u\n  silence_max: 30s\n"
            "store:\n  path: %s/store\n  keys: %s/keys\n  free_min: 1M\n"
            "bus:\n  url: %s\npostgres:\n  url: %s\n  migrations: services/recording/migrations\n",
            recorder->http_port, recorder->sip_port, recorder->rtp_first, recorder->rtp_first + 99,
            recorder->dir, recorder->dir, recorder->nats.url, recorder->pg.url);
    assert_int_equal(fclose(file), 0);
}

void recorder_start(struct recorder *recorder)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    char config[128], log[128];
    (void)snprintf(config, sizeof(config), "%s/recording.yaml", recorder->dir);
    (void)snprintf(log, sizeof(log), "%s/log", recorder->dir);
    pid_t parent = getpid();
    recorder->pid = fork();
    assert_true(recorder->pid >= 0);
    if (recorder->pid == 0) {
        int fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent || dup2(fd, 2) < 0) _exit(127);
        execl(RECORDER_PROGRAM, RECORDER_PROGRAM, "--config", config, (char *)NULL);
        _exit(127);
    }
    uint64_t end_ms = far_clock_mono_ms() + WAIT_MS;
    while (recorder_http(recorder, "/readyz") != 200) {
        if (far_clock_mono_ms() > end_ms || waitpid(recorder->pid, NULL, WNOHANG) != 0)
            fail_msg("the recorder is not ready: see %s", log);
        (void)nanosleep(&pause, NULL);
    }
}

void recorder_kill(struct recorder *recorder)
{
    assert_int_equal(kill(recorder->pid, SIGKILL), 0);
    assert_int_equal(waitpid(recorder->pid, NULL, 0), recorder->pid);
    recorder->pid = 0;
}

int recorder_wait(struct recorder *recorder)
{
    int status = 0;
    assert_int_equal(waitpid(recorder->pid, &status, 0), recorder->pid);
    recorder->pid = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool connected(void *ctx)
{
    struct recorder *recorder = ctx;
    return far_bus_state(recorder->bus) == FAR_BUS_CONNECTED;
}

void recorder_begin(struct recorder *recorder)
{
    memset(recorder, 0, sizeof(*recorder));
    (void)snprintf(recorder->dir, sizeof(recorder->dir), "/tmp/farseat-recorder-XXXXXX");
    assert_non_null(mkdtemp(recorder->dir));
    test_nats_start(&recorder->nats, NULL);
    test_pg_start(&recorder->pg);
    recorder->sip_port = (uint16_t)test_free_port();
    recorder->http_port = (uint16_t)test_free_port();
    recorder->rtp_first = 22000;
    config_write(recorder);
    recorder_start(recorder);
    assert_int_equal(far_loop_create(NULL, &recorder->loop), FAR_OK);
    struct far_bus_config config = {.url = recorder->nats.url, .name = "test"};
    assert_int_equal(far_bus_connect(&config, recorder->loop, &recorder->bus), FAR_OK);
    assert_true(test_turn_until(recorder->loop, connected, recorder, WAIT_MS));
}

void recorder_done(struct recorder *recorder)
{
    char command[128];
    if (recorder->pid > 0) recorder_kill(recorder);
    recorder->bus = far_bus_destroy(recorder->bus);
    recorder->loop = far_loop_destroy(recorder->loop);
    test_pg_stop(&recorder->pg);
    test_nats_stop(&recorder->nats);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", recorder->dir);
    assert_int_equal(system(command), 0);
}

/* ---- Questions ----------------------------------------------------------------------------------------- */

struct asked {
    bool answered;
    enum far_err err;
    uint8_t *bytes; /* the answer, packed */
    size_t len;
};

static void on_answer(void *ctx, const struct far_bus_answer *answer)
{
    struct asked *asked = ctx;
    asked->answered = true;
    asked->err = answer->err;
    if (!answer->message) return;
    asked->bytes = malloc(protobuf_c_message_get_packed_size(answer->message) + 1);
    asked->len = protobuf_c_message_pack(answer->message, asked->bytes);
}
static bool answered(void *ctx)
{
    return ((struct asked *)ctx)->answered;
}

static ProtobufCMessage *ask(struct recorder *recorder, const char *subject, const ProtobufCMessage *message,
                             const ProtobufCMessageDescriptor *type, enum far_err *ret_err)
{
    struct asked asked = {.answered = false};
    struct far_bus_question question = {.subject = subject,
                                        .message = message,
                                        .reply_type = type,
                                        .timeout_ms = 3000,
                                        .fn = on_answer,
                                        .ctx = &asked};
    assert_int_equal(far_bus_ask(recorder->bus, &question, NULL), FAR_OK);
    assert_true(test_turn_until(recorder->loop, answered, &asked, 5000));
    *ret_err = asked.err;
    ProtobufCMessage *reply =
        asked.err == FAR_OK ? protobuf_c_message_unpack(type, NULL, asked.len, asked.bytes) : NULL;
    free(asked.bytes);
    return reply;
}

Farseat__V1__RecordingPart *recorder_part(struct recorder *recorder, const char *contact_id,
                                          const char *state)
{
    uint64_t end_ms = far_clock_mono_ms() + WAIT_MS;
    while (far_clock_mono_ms() < end_ms) {
        Farseat__V1__RecordingListRequest request = FARSEAT__V1__RECORDING_LIST_REQUEST__INIT;
        enum far_err err = FAR_OK;
        request.contact_id = (char *)(uintptr_t)contact_id;
        Farseat__V1__RecordingListReply *reply = (Farseat__V1__RecordingListReply *)(void *)ask(
            recorder, "far.api.recording.List", &request.base, &farseat__v1__recording_list_reply__descriptor,
            &err);
        if (reply && reply->n_parts > 0 && strcmp(reply->parts[0]->state, state) == 0) {
            Farseat__V1__RecordingPart *part = reply->parts[0];
            reply->parts[0] = reply->parts[--reply->n_parts];
            farseat__v1__recording_list_reply__free_unpacked(reply, NULL);
            return part;
        }
        if (reply) farseat__v1__recording_list_reply__free_unpacked(reply, NULL);
        test_turn_for(recorder->loop, 100);
    }
    fail_msg("no part of contact %s became %s", contact_id, state);
    return NULL;
}

static Farseat__V1__RecordingReadReply *read_range(struct recorder *recorder, const char *recording_id,
                                                   uint32_t part, uint64_t offset, uint32_t length,
                                                   enum far_err *ret_err)
{
    Farseat__V1__RecordingReadRequest request = FARSEAT__V1__RECORDING_READ_REQUEST__INIT;
    request.recording_id = (char *)(uintptr_t)recording_id;
    request.part = part;
    request.offset = offset;
    request.length = length;
    return (Farseat__V1__RecordingReadReply *)(void *)ask(
        recorder, "far.api.recording.Read.recording-1", &request.base,
        &farseat__v1__recording_read_reply__descriptor, ret_err);
}

enum far_err recorder_read(struct recorder *recorder, const char *recording_id, uint32_t part,
                           uint64_t offset, uint32_t length, uint64_t *ret_total)
{
    enum far_err err = FAR_OK;
    Farseat__V1__RecordingReadReply *reply = read_range(recorder, recording_id, part, offset, length, &err);
    if (reply && ret_total) *ret_total = reply->total;
    if (reply) farseat__v1__recording_read_reply__free_unpacked(reply, NULL);
    return err;
}

Farseat__V1__RecordingPeaksReply *recorder_peaks(struct recorder *recorder, const char *recording_id,
                                                 uint32_t part, uint32_t points, enum far_err *ret_err)
{
    Farseat__V1__RecordingPeaksRequest request = FARSEAT__V1__RECORDING_PEAKS_REQUEST__INIT;
    request.recording_id = (char *)(uintptr_t)recording_id;
    request.part = part;
    request.points = points;
    return (Farseat__V1__RecordingPeaksReply *)(void *)ask(
        recorder, "far.api.recording.Peaks.recording-1", &request.base,
        &farseat__v1__recording_peaks_reply__descriptor, ret_err);
}

uint8_t *recorder_wav(struct recorder *recorder, const char *recording_id, uint32_t part, uint32_t step,
                      size_t *ret_len)
{
    uint8_t *wav = NULL;
    size_t len = 0;
    for (uint64_t total = 1; len < total;) {
        enum far_err err = FAR_OK;
        Farseat__V1__RecordingReadReply *reply = read_range(recorder, recording_id, part, len, step, &err);
        if (!reply) fail_msg("Read: %s", far_err_name(err));
        assert_true(reply->data.len > 0);
        assert_string_equal(reply->content_type, "audio/wav");
        total = reply->total;
        wav = realloc(wav, len + reply->data.len);
        memcpy(wav + len, reply->data.data, reply->data.len);
        len += reply->data.len;
        farseat__v1__recording_read_reply__free_unpacked(reply, NULL);
    }
    *ret_len = len;
    return wav;
}
