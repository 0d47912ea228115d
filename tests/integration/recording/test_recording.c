/* SPDX-License-Identifier: Apache-2.0 */
/* A real SIPREC session with real sound, recorded, killed, starved of its servers and its disk, and played
 * back. */
#include "client.h"
#include "far/clock.h"
#include "far/id.h"
#include "far/media/tone.h"
#include "far/media/wav.h"
#include "far/stream.h"
#include "far/tables.h"
#include "far/test.h"
#include "farseat/v1/fact.pb-c.h"
#include "recorder.h"
#include "turn.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static struct recorder recorder;

static int begin(void **state)
{
    (void)state;
    recorder_begin(&recorder);
    return 0;
}
static int done(void **state)
{
    (void)state;
    recorder_done(&recorder);
    return 0;
}

/* How many entries a folder of the store has. */
static unsigned files_in(const char *place)
{
    char path[128];
    unsigned count = 0;
    (void)snprintf(path, sizeof(path), "%s/store/%s", recorder.dir, place);
    DIR *dir = opendir(path);
    assert_non_null(dir);
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        if (entry->d_name[0] != '.') count++;
    closedir(dir);
    return count;
}

/* The left channel holds the left tone and not the right one, and the other way round. */
static void assert_sides(const uint8_t *bytes, size_t len, size_t from_frame, size_t frames)
{
    struct far_wav wav;
    char error[FAR_WAV_ERROR_MAX];
    assert_int_equal(far_wav_parse(bytes, len, &wav, error), FAR_OK);
    assert_int_equal(wav.channels, 2);
    assert_int_equal(wav.rate, 8000);
    assert_true(from_frame + frames <= wav.frames);
    int16_t *left = malloc(frames * sizeof(*left)), *right = malloc(frames * sizeof(*right));
    for (size_t i = 0; i < frames; i++) {
        left[i] = wav.pcm[2 * (from_frame + i)];
        right[i] = wav.pcm[2 * (from_frame + i) + 1];
    }
    assert_true(far_tone_level_db(left, frames, CLIENT_LEFT_HZ, 8000) > -20);
    assert_true(far_tone_level_db(left, frames, CLIENT_RIGHT_HZ, 8000) < -50);
    assert_true(far_tone_level_db(right, frames, CLIENT_RIGHT_HZ, 8000) > -20);
    assert_true(far_tone_level_db(right, frames, CLIENT_LEFT_HZ, 8000) < -50);
    free(left);
    free(right);
    far_wav_done(&wav);
}

static void assert_sum(const uint8_t *wav, size_t len, const char *sha256)
{
    uint8_t digest[32];
    char text[65] = "";
    assert_int_equal(EVP_Digest(wav + FAR_WAV_HEADER, len - FAR_WAV_HEADER, digest, NULL, EVP_sha256(), NULL),
                     1);
    for (size_t i = 0; i < 32; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
    assert_string_equal(text, sha256);
}

struct fact_seen {
    bool answered;
    char recording_id[40], state[16];
};
static void on_fact(void *ctx, enum far_err err, const struct far_stream_entry *entry)
{
    struct fact_seen *seen = ctx;
    seen->answered = true;
    if (err != FAR_OK) return;
    Farseat__V1__Fact *fact = farseat__v1__fact__unpack(NULL, entry->data_len, entry->data);
    assert_non_null(fact);
    assert_non_null(far_bus_header(entry->msg, "Farseat-Contact"));
    (void)snprintf(seen->recording_id, sizeof(seen->recording_id), "%s", fact->recording_ended->recording_id);
    (void)snprintf(seen->state, sizeof(seen->state), "%s", fact->recording_ended->state);
    farseat__v1__fact__free_unpacked(fact, NULL);
}
static bool fact_answered(void *ctx)
{
    return ((struct fact_seen *)ctx)->answered;
}
/* The last fact on a subject. */
static struct fact_seen last_fact(const char *subject)
{
    struct fact_seen seen = {.answered = false};
    assert_int_equal(far_stream_get(recorder.bus, FAR_STREAM_FACTS, 0, subject, on_fact, &seen), FAR_OK);
    assert_true(test_turn_until(recorder.loop, fact_answered, &seen, 5000));
    return seen;
}

/* The wave as it is drawn: as long as the recording, both tones loud, and the same when it is asked for again. */
static void assert_peaks(const char *id, uint64_t recorded_ms)
{
    enum far_err err = FAR_OK;
    for (int time = 0; time < 2; time++) {
        Farseat__V1__RecordingPeaksReply *peaks = recorder_peaks(&recorder, id, 1, 50, &err);
        assert_non_null(peaks);
        assert_int_equal(peaks->recorded_ms, recorded_ms);
        assert_true(peaks->n_left == 50 && peaks->n_right == 50);
        for (size_t i = 5; i < 45; i++)
            assert_true(peaks->left[i] > 60 && peaks->left[i] < 255 && peaks->right[i] > 60);
        farseat__v1__recording_peaks_reply__free_unpacked(peaks, NULL);
    }
    assert_null(recorder_peaks(&recorder, id, 1, 4001, &err));
    assert_int_equal(err, FAR_EINVAL);
    assert_null(recorder_peaks(&recorder, id, 7, 0, &err));
    assert_int_equal(err, FAR_ENOTFOUND);
}

static void both_sides_are_recorded_apart(void **state)
{
    (void)state;
    struct client client;
    char id[FAR_ID_TEXT_SIZE];
    uint64_t live_total = 0, later_total = 0;
    far_id_new_text(id);
    client_open(&client, "127.0.0.1", recorder.sip_port);
    assert_int_equal(
        client_invite(&client,
                      &(struct client_offer){.recording_id = id, .contact_id = "c-both", .agent_id = "anna"}),
        200);
    assert_non_null(strstr(client_answer(), "a=recvonly"));
    uint64_t began_ms = far_clock_mono_ms();
    client_talk(&client, 1500, 0);
    assert_int_equal(recorder_read(&recorder, id, 1, 0, 1000, &live_total), FAR_OK);
    client_talk(&client, 1000, 0);
    assert_int_equal(recorder_read(&recorder, id, 1, 0, 1000, &later_total), FAR_OK);
    assert_true(live_total > FAR_WAV_HEADER && later_total > live_total); /* while it goes on, up to now */
    uint64_t talked_ms = far_clock_mono_ms() - began_ms;
    assert_int_equal(client_bye(&client), 200);

    Farseat__V1__RecordingPart *part = recorder_part(&recorder, "c-both", "complete");
    assert_string_equal(part->recording_id, id);
    assert_int_equal(part->part, 1);
    assert_string_equal(part->instance, "recording-1");
    assert_string_equal(part->agent_id, "anna");
    assert_string_equal(part->queue_id, "sales");
    assert_string_equal(part->segment_id, "seg");
    assert_string_equal(part->left, "王小姐");
    assert_string_equal(part->right, "sip:anna@hq");
    assert_string_equal(part->codec, "PCMA");
    assert_in_range(part->recorded_ms, talked_ms - 150, talked_ms + 150);
    assert_int_equal(part->left_quality->packets, client.packets);
    assert_int_equal(part->gap_ms, 0);
    size_t len = 0;
    uint8_t *wav = recorder_wav(&recorder, id, 1, 10007, &len);
    assert_int_equal(len, part->audio_bytes);
    assert_sides(wav, len, 4000, 12000);
    assert_sum(wav, len, part->sha256);
    free(wav);
    assert_int_equal(recorder_read(&recorder, id, 1, 0, 600000, NULL), FAR_EINVAL);
    assert_int_equal(recorder_read(&recorder, id, 2, 0, 100, NULL), FAR_ENOTFOUND);
    assert_peaks(id, part->recorded_ms);
    struct fact_seen fact = last_fact("far.evt.recording.ended");
    assert_string_equal(fact.recording_id, id);
    assert_string_equal(fact.state, "complete");
    assert_string_equal(last_fact("far.evt.recording.started").recording_id, id);
    assert_int_equal(files_in("live"), 0);
    farseat__v1__recording_part__free_unpacked(part, NULL);
    client_close(&client);
}

static void labels_decide_and_loss_is_counted(void **state)
{
    (void)state;
    struct client client;
    char id[FAR_ID_TEXT_SIZE];
    far_id_new_text(id);
    client_open(&client, "127.0.0.1", recorder.sip_port);
    struct client_offer offer = {
        .recording_id = id, .contact_id = "c-loss", .agent_id = "anna", .right_first = true};
    assert_int_equal(client_invite(&client, &offer), 200);
    uint16_t left_port = client.to_port[1]; /* m-line 1 is labelled 2 */
    client.to_port[1] = client.to_port[0];
    client.to_port[0] = left_port;
    client_talk(&client, 1000, 10);
    offer.agent_id = "ben"; /* a re-INVITE with other metadata and the ports as they were */
    assert_int_equal(client_invite(&client, &offer), 200);
    assert_int_equal(client.to_port[1], left_port);
    client.to_port[1] = client.to_port[0];
    client.to_port[0] = left_port;
    client_talk(&client, 1000, 10);
    offer.agent_id = "carl"; /* and an UPDATE */
    assert_int_equal(client_update(&client, &offer), 200);
    assert_int_equal(client_bye(&client), 200);
    Farseat__V1__RecordingPart *part = recorder_part(&recorder, "c-loss", "complete");
    assert_string_equal(part->agent_id, "carl");
    assert_int_equal(part->left_quality->lost, 9); /* the tenth is not seen to be lost: none follows */
    assert_int_equal(part->left_quality->gap_ms, 180);
    assert_int_equal(part->right_quality->lost, 0);
    assert_int_equal(part->gap_ms, 180);
    size_t len = 0;
    uint8_t *wav = recorder_wav(&recorder, id, 1, 524288, &len);
    struct far_wav sound;
    assert_int_equal(far_wav_parse(wav, len, &sound, NULL), FAR_OK);
    int16_t right[4000];
    for (size_t i = 0; i < 4000; i++)
        right[i] = sound.pcm[2 * (4000 + i) + 1];
    assert_true(far_tone_level_db(right, 4000, CLIENT_RIGHT_HZ, 8000) > -20);
    far_wav_done(&sound);
    free(wav);
    farseat__v1__recording_part__free_unpacked(part, NULL);
    client_close(&client);
}

static void who_is_refused_is_told_why(void **state)
{
    (void)state;
    struct client client, stranger;
    char id[FAR_ID_TEXT_SIZE];
    far_id_new_text(id);
    client_open(&client, "127.0.0.1", recorder.sip_port);
    assert_int_equal(client_options(&client), 200);
    assert_non_null(strstr(client_answer(), "siprec"));
    client_close(&client);
    assert_int_equal(client_options_tcp(recorder.sip_port), 200);
    client_open(&client, "127.0.0.1", recorder.sip_port);
    struct client_offer offer = {.recording_id = id, .contact_id = "c", .agent_id = "a"};
    offer.type = "application/sdp";
    offer.body =
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
    assert_int_equal(client_invite(&client, &offer), 421);
    assert_non_null(strstr(client_answer(), "Require: siprec"));
    offer.type = "multipart/mixed;boundary=cut";
    offer.body =
        "--cut\r\nContent-Type: application/rs-metadata+xml\r\n\r\n<recording><session\r\n--cut--\r\n";
    assert_int_equal(client_invite(&client, &offer), 400);
    assert_non_null(strstr(client_answer(), "Warning: 399"));
    offer.body = "no boundary at all";
    assert_int_equal(client_invite(&client, &offer), 400);
    client_close(&client);
    client_open(&stranger, "127.0.0.2", recorder.sip_port);
    offer = (struct client_offer){.recording_id = id, .contact_id = "c", .agent_id = "a"};
    assert_int_equal(client_invite(&stranger, &offer), 403);
    client_close(&stranger);

    struct client crowd[9]; /* sip.sessions_max is 8 */
    for (int i = 0; i < 9; i++) {
        client_open(&crowd[i], "127.0.0.1", recorder.sip_port);
        far_id_new_text(id);
        assert_int_equal(client_invite(&crowd[i], &offer), i < 8 ? 200 : 503);
    }
    assert_non_null(strstr(client_answer(), "Retry-After:"));
    for (int i = 0; i < 9; i++) {
        if (i < 8) assert_int_equal(client_bye(&crowd[i]), 200);
        client_close(&crowd[i]);
    }
}

/* Strangers send rubbish to every port: the recording is as if they did not. */
static void rubbish_changes_nothing(void **state)
{
    (void)state;
    struct client client;
    char id[FAR_ID_TEXT_SIZE];
    far_id_new_text(id);
    client_open(&client, "127.0.0.1", recorder.sip_port);
    assert_int_equal(
        client_invite(&client,
                      &(struct client_offer){.recording_id = id, .contact_id = "c-rubbish", .agent_id = "a"}),
        200);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in from = {.sin_family = AF_INET};
    assert_int_equal(inet_pton(AF_INET, "127.0.0.3", &from.sin_addr), 1);
    assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(from)), 0);
    for (unsigned round = 0; round < 20; round++) {
        client_talk(&client, 100, 0);
        for (unsigned i = 0; i < 30; i++) {
            uint8_t bytes[1400];
            size_t len = 1 + (round * 30 + i) * 2 % sizeof(bytes);
            for (size_t b = 0; b < len; b++)
                bytes[b] = (uint8_t)(b * 7 + i + round * 13);
            if (i % 2 == 0 && len > 12) memcpy(bytes, "\x80\x08", 2); /* looks like RTP */
            if (i % 3 == 0 && len > 60)
                memcpy(bytes, "INVITE sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 1:1\r\nContent-Length: 99999\r\n\r\n",
                       60);
            uint16_t ports[] = {client.to_port[0], client.to_port[1], (uint16_t)(client.to_port[0] + 1),
                                recorder.sip_port};
            struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(ports[i % 4])};
            to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            (void)sendto(fd, bytes, len, 0, (struct sockaddr *)&to, sizeof(to));
        }
    }
    close(fd);
    assert_int_equal(client_bye(&client), 200);
    Farseat__V1__RecordingPart *part = recorder_part(&recorder, "c-rubbish", "complete");
    assert_int_equal(part->left_quality->packets, client.packets);
    assert_int_equal(part->right_quality->packets, client.packets);
    assert_int_equal(part->gap_ms, 0);
    size_t len = 0;
    uint8_t *wav = recorder_wav(&recorder, id, 1, 524288, &len);
    assert_sides(wav, len, 1600, 12000);
    free(wav);
    farseat__v1__recording_part__free_unpacked(part, NULL);
    client_close(&client);
}

static void killed_recorder_keeps_all_but_the_last_second(void **state)
{
    (void)state;
    struct client client;
    char id[FAR_ID_TEXT_SIZE];
    far_id_new_text(id);
    client_open(&client, "127.0.0.1", recorder.sip_port);
    assert_int_equal(client_invite(&client, &(struct client_offer){.recording_id = id,
                                                                   .contact_id = "c-killed",
                                                                   .agent_id = "anna"}),
                     200);
    client_talk(&client, 3300, 0);
    recorder_kill(&recorder);
    recorder_start(&recorder);
    Farseat__V1__RecordingPart *part = recorder_part(&recorder, "c-killed", "recovered");
    assert_in_range(part->recorded_ms, 2300, 3400);
    assert_string_equal(part->agent_id, "anna");
    size_t len = 0;
    uint8_t *wav = recorder_wav(&recorder, id, 1, 524288, &len);
    assert_int_equal(len, part->audio_bytes);
    assert_sides(wav, len, 1600, (size_t)part->recorded_ms * 8 - 1600);
    assert_sum(wav, len, part->sha256);
    free(wav);
    assert_string_equal(last_fact("far.evt.recording.ended").state, "recovered");
    farseat__v1__recording_part__free_unpacked(part, NULL);
    client_close(&client);
    client_open(&client, "127.0.0.1",
                recorder.sip_port); /* the client comes back with the same recording: part 2 */
    assert_int_equal(client_invite(&client, &(struct client_offer){.recording_id = id,
                                                                   .contact_id = "c-killed",
                                                                   .agent_id = "anna"}),
                     200);
    client_talk(&client, 600, 0);
    assert_int_equal(client_bye(&client), 200);
    part = recorder_part(&recorder, "c-killed", "complete");
    assert_int_equal(part->part, 2);
    farseat__v1__recording_part__free_unpacked(part, NULL);
    client_close(&client);
}

static bool nothing_pending(void *ctx)
{
    (void)ctx;
    return files_in("pending") == 0;
}

/* PostgreSQL is away from before the session to after a crash: the file is the truth. */
static void recording_goes_on_without_postgres(void **state)
{
    (void)state;
    struct client client;
    char id[FAR_ID_TEXT_SIZE];
    far_id_new_text(id);
    test_pg_kill(&recorder.pg);
    client_open(&client, "127.0.0.1", recorder.sip_port);
    assert_int_equal(
        client_invite(&client,
                      &(struct client_offer){.recording_id = id, .contact_id = "c-nopg", .agent_id = "a"}),
        200);
    client_talk(&client, 800, 0);
    assert_int_equal(client_bye(&client), 200);
    client_close(&client);
    size_t len = 0;
    test_turn_for(recorder.loop, 500);
    uint8_t *wav = recorder_wav(&recorder, id, 1, 524288, &len); /* played back all the same */
    assert_sides(wav, len, 1000, 4000);
    free(wav);
    assert_int_equal(files_in("pending"), 1);
    test_pg_restart(&recorder.pg);
    Farseat__V1__RecordingPart *part = recorder_part(&recorder, "c-nopg", "complete");
    assert_int_equal(part->audio_bytes, len);
    farseat__v1__recording_part__free_unpacked(part, NULL);
    assert_true(test_turn_until(recorder.loop, nothing_pending, NULL, 5000));
}

/* The disk takes nothing for a while: refused loudly, and what was lost is a marked gap of the right length.
 */
static void full_disk_makes_a_marked_gap(void **state)
{
    (void)state;
    struct client client, other;
    char id[FAR_ID_TEXT_SIZE], other_id[FAR_ID_TEXT_SIZE];
    struct rlimit all, little = {.rlim_cur = 30000, .rlim_max = RLIM_INFINITY};
    far_id_new_text(id);
    far_id_new_text(other_id);
    client_open(&client, "127.0.0.1", recorder.sip_port);
    assert_int_equal(
        client_invite(&client,
                      &(struct client_offer){.recording_id = id, .contact_id = "c-full", .agent_id = "a"}),
        200);
    assert_int_equal(prlimit(recorder.pid, RLIMIT_FSIZE, &little, &all),
                     0); /* no file may grow beyond: as if full */
    client_talk(&client, 3500, 0);
    assert_int_equal(recorder_http(&recorder, "/readyz"), 503);
    little.rlim_cur = 0; /* and now not even a new one */
    assert_int_equal(prlimit(recorder.pid, RLIMIT_FSIZE, &little, NULL), 0);
    client_open(&other, "127.0.0.1", recorder.sip_port);
    assert_int_equal(client_invite(&other, &(struct client_offer){.recording_id = other_id,
                                                                  .contact_id = "c-none",
                                                                  .agent_id = "a"}),
                     503);
    client_close(&other);
    little.rlim_cur = RLIM_INFINITY;
    assert_int_equal(prlimit(recorder.pid, RLIMIT_FSIZE, &little, NULL), 0);
    client_talk(&client, 1500, 0);
    assert_int_equal(recorder_http(&recorder, "/readyz"), 200);
    assert_int_equal(client_bye(&client), 200);
    Farseat__V1__RecordingPart *part = recorder_part(&recorder, "c-full", "complete");
    assert_in_range(part->write_gap_ms, 1000, 3000);
    assert_int_equal(part->gap_ms, part->write_gap_ms);
    assert_in_range(part->recorded_ms, 4900, 5600);
    size_t len = 0;
    uint8_t *wav = recorder_wav(&recorder, id, 1, 524288, &len);
    assert_sides(wav, len, 1600, 8000);                         /* before */
    assert_sides(wav, len, part->recorded_ms * 8 - 8000, 7000); /* and after */
    free(wav);
    farseat__v1__recording_part__free_unpacked(part, NULL);
    client_close(&client);
}

static void session_begin(struct client *client, const char *contact_id, char id[FAR_ID_TEXT_SIZE])
{
    far_id_new_text(id);
    client_open(client, "127.0.0.1", recorder.sip_port);
    assert_int_equal(
        client_invite(client,
                      &(struct client_offer){.recording_id = id, .contact_id = contact_id, .agent_id = "a"}),
        200);
    client_talk(client, 600, 0);
}

/* No BYE: what the silence after the last packet adds is a second at most. */
static void assert_lost(const char *contact_id)
{
    Farseat__V1__RecordingPart *part = recorder_part(&recorder, contact_id, "complete");
    assert_in_range(part->recorded_ms, 1400, 1750);
    assert_in_range(part->ended_at_us - part->started_at_us, 1300000, 1900000);
    assert_int_equal(part->write_gap_ms, 0);
    farseat__v1__recording_part__free_unpacked(part, NULL);
}

static void a_client_that_vanished_is_let_go(void **state)
{
    (void)state;
    struct client client;
    char id[FAR_ID_TEXT_SIZE];
    session_begin(&client, "c-gone", id);
    client_close(&client);
    uint64_t began_ms = far_clock_mono_ms();
    assert_lost("c-gone");
    assert_in_range(far_clock_mono_ms() - began_ms, 0, 5000);
}

static void a_client_that_knows_nothing_of_it_is_let_go(void **state)
{
    (void)state;
    struct client client;
    char id[FAR_ID_TEXT_SIZE];
    session_begin(&client, "c-481", id); /* as an edge that was killed and has started again */
    assert_int_equal(client_silence(&client, 5000, 481), 1);
    assert_lost("c-481");
    client_close(&client);
}

static void a_client_that_answers_nothing_is_let_go(void **state)
{
    (void)state;
    struct client client;
    char id[FAR_ID_TEXT_SIZE];
    session_begin(&client, "c-mute", id);
    assert_int_equal(client_silence(&client, 12000, 0), 1);
    assert_lost("c-mute");
    client_close(&client);
}

/* Silence is part of a recording that goes on, and of one that ends by BYE. */
static void a_client_that_is_silent_is_waited_for(void **state)
{
    (void)state;
    struct client client;
    char id[FAR_ID_TEXT_SIZE];
    session_begin(&client, "c-silent", id);
    assert_int_equal(client_silence(&client, 7500, 200), 2);
    client_talk(&client, 600, 0);
    assert_int_equal(client_silence(&client, 2500, 200), 1);
    assert_int_equal(client_bye(&client), 200);
    Farseat__V1__RecordingPart *part = recorder_part(&recorder, "c-silent", "complete");
    assert_in_range(part->recorded_ms, 11100, 12000);
    assert_int_equal(part->write_gap_ms, 0);
    size_t len = 0;
    uint8_t *wav = recorder_wav(&recorder, id, 1, 524288, &len);
    assert_sum(wav, len, part->sha256);
    assert_sides(wav, len, 800, 3200);
    assert_sides(wav, len, part->recorded_ms * 8 - 20000 - 4000, 3200);
    free(wav);
    farseat__v1__recording_part__free_unpacked(part, NULL);
    client_close(&client);
}

static void drain_lets_sessions_finish(void **state)
{
    (void)state;
    struct client client, late;
    char id[FAR_ID_TEXT_SIZE];
    far_id_new_text(id);
    struct client_offer offer = {.recording_id = id, .contact_id = "c-drain", .agent_id = "a"};
    client_open(&client, "127.0.0.1", recorder.sip_port);
    client_open(&late, "127.0.0.1", recorder.sip_port);
    assert_int_equal(client_invite(&client, &offer), 200);
    client_talk(&client, 300, 0);
    assert_int_equal(kill(recorder.pid, SIGTERM), 0);
    client_talk(&client, 700, 0);
    assert_int_equal(client_invite(&late, &offer), 503);
    assert_int_equal(client_options(&late), 200);
    client_talk(&client, 500, 0);
    assert_int_equal(client_bye(&client), 200);
    assert_int_equal(recorder_wait(&recorder), 0);
    assert_int_equal(files_in("live"), 0);
    assert_int_equal(files_in("pending"), 0);
    client_close(&client);
    client_close(&late);
    recorder_start(&recorder);
    Farseat__V1__RecordingPart *part = recorder_part(&recorder, "c-drain", "complete");
    assert_in_range(part->recorded_ms, 1400, 1900);
    farseat__v1__recording_part__free_unpacked(part, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_sides_are_recorded_apart),
        cmocka_unit_test(labels_decide_and_loss_is_counted),
        cmocka_unit_test(who_is_refused_is_told_why),
        cmocka_unit_test(rubbish_changes_nothing),
        cmocka_unit_test(killed_recorder_keeps_all_but_the_last_second),
        cmocka_unit_test(recording_goes_on_without_postgres),
        cmocka_unit_test(full_disk_makes_a_marked_gap),
        cmocka_unit_test(a_client_that_vanished_is_let_go),
        cmocka_unit_test(a_client_that_knows_nothing_of_it_is_let_go),
        cmocka_unit_test(a_client_that_answers_nothing_is_let_go),
        cmocka_unit_test(a_client_that_is_silent_is_waited_for),
        cmocka_unit_test(drain_lets_sessions_finish),
    };
    return cmocka_run_group_tests(tests, begin, done);
}
