/* SPDX-License-Identifier: Apache-2.0 */
/* bench_edge_packet [--calls N] [--seconds N] [--rounds N]: CPU time that the media engine needs for a
 * relayed packet, beside the bare forwarder of floor.c, in turns and in one run.
 *
 *   this thread (core 0): 2 N streams of 50 packets a second --> engine or floor (one thread, core 1) -->
 * back here
 *
 * Their threads' run time comes from the kernel (schedstat). Prints one row; the rounds go to standard error.
 */
#include "far/clock.h"
#include "far/media/rtp.h"
#include "far/str.h"
#include "floor.h"
#include "media.h"
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define STREAMS_MAX 4000u
#define PACKET_LEN  (FAR_RTP_HEADER + FAR_G711_FRAME)
#define BATCH       64u
#define PORT_MIN    20000
#define PORT_MAX    39999
#define ROUNDS_MAX  20u
#define WARM_US     1000000u
#define DRAIN_US    200000u

struct options {
    uint64_t calls, seconds, rounds;
};

struct load {
    int fd;
    struct sockaddr_in address;
    struct sockaddr_in targets[STREAMS_MAX];
    uint32_t packets[STREAMS_MAX]; /* sent to each */
    size_t streams;
    uint8_t bytes[BATCH][PACKET_LEN];
    uint8_t sink[BATCH][256];
    uint64_t sent, back;
};

static void ignore(void *context, const struct media_event *event)
{
    (void)context;
    (void)event;
}

static int die(const char *what)
{
    fprintf(stderr, "bench_edge_packet: %s: %s\n", what, strerror(errno));
    return 1;
}

/* Run time of the thread of this process with the name [ns]; 0: there is none. */
static uint64_t thread_ns(const char *wanted)
{
    uint64_t ns = 0;
    DIR *dir = opendir("/proc/self/task");
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        char path[300], name[32] = "";
        (void)snprintf(path, sizeof(path), "/proc/self/task/%s/comm", entry->d_name);
        FILE *file = fopen(path, "r");
        if (!file) continue;
        if (!fgets(name, sizeof(name), file)) name[0] = '\0';
        (void)fclose(file);
        name[strcspn(name, "\n")] = '\0';
        if (strcmp(name, wanted) != 0) continue;
        (void)snprintf(path, sizeof(path), "/proc/self/task/%s/schedstat", entry->d_name);
        file = fopen(path, "r");
        unsigned long long value = 0;
        if (file && fscanf(file, "%llu", &value) == 1) ns = value;
        if (file) (void)fclose(file);
    }
    if (dir) (void)closedir(dir);
    return ns;
}

static void pin(size_t core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    if (sysconf(_SC_NPROCESSORS_ONLN) > 1) (void)sched_setaffinity(0, sizeof(set), &set);
}

static bool open_load(struct load *load, size_t streams)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(load->address);
    int room = 8 << 20;
    load->streams = streams;
    load->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (load->fd < 0) return false;
    if (setsockopt(load->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) != 0) /* needs root */
        (void)setsockopt(load->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
    return bind(load->fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
           getsockname(load->fd, (struct sockaddr *)&load->address, &len) == 0;
}

static void take_back(struct load *load)
{
    struct mmsghdr messages[BATCH];
    struct iovec pieces[BATCH];
    int count;
    do {
        for (size_t i = 0; i < BATCH; i++) {
            pieces[i] = (struct iovec){.iov_base = load->sink[i], .iov_len = sizeof(load->sink[i])};
            messages[i] = (struct mmsghdr){.msg_hdr = {.msg_iov = &pieces[i], .msg_iovlen = 1}};
        }
        count = recvmmsg(load->fd, messages, BATCH, MSG_DONTWAIT, NULL);
        for (int i = 0; i < count; i++)
            load->back += messages[i].msg_len == PACKET_LEN; /* not the engine's reports */
    } while (count == (int)BATCH);
}

/* Send the next `due` packets, one stream after the other, in batches. */
static void send_due(struct load *load, uint64_t due)
{
    struct mmsghdr messages[BATCH];
    struct iovec pieces[BATCH];
    while (due > 0) {
        unsigned count = due < BATCH ? (unsigned)due : BATCH;
        for (unsigned i = 0; i < count; i++) {
            size_t stream = (size_t)((load->sent + i) % load->streams);
            uint32_t number = load->packets[stream]++;
            const struct far_rtp rtp = {.payload_type = FAR_CODEC_PCMA,
                                        .sequence = (uint16_t)number,
                                        .timestamp = number * FAR_G711_FRAME,
                                        .ssrc = (uint32_t)stream + 1};
            far_rtp_encode(&rtp, load->bytes[i]);
            pieces[i] = (struct iovec){.iov_base = load->bytes[i], .iov_len = PACKET_LEN};
            messages[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &load->targets[stream],
                                                       .msg_namelen = sizeof(load->targets[stream]),
                                                       .msg_iov = &pieces[i],
                                                       .msg_iovlen = 1}};
        }
        int sent = sendmmsg(load->fd, messages, count, 0);
        if (sent <= 0) break;
        load->sent += (uint64_t)sent;
        due -= (uint64_t)sent;
    }
}

/* Send at 50 a second a stream for so long, a piece each millisecond, and take back what comes. */
static void run_load(struct load *load, uint64_t duration_us)
{
    uint64_t begin_us = far_clock_mono_us(), before = load->sent, rate = load->streams * 50;
    struct timespec next;
    (void)clock_gettime(CLOCK_MONOTONIC, &next);
    for (uint64_t passed_us = 0; passed_us < duration_us; passed_us = far_clock_mono_us() - begin_us) {
        send_due(load, passed_us * rate / 1000000 - (load->sent - before));
        take_back(load);
        next.tv_nsec += 1000000;
        if (next.tv_nsec >= 1000000000) {
            next.tv_nsec -= 1000000000;
            next.tv_sec++;
        }
        (void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
    }
}

/* What is on its way comes back, or is lost. */
static void drain(struct load *load)
{
    uint64_t until_us = far_clock_mono_us() + DRAIN_US;
    while (load->back < load->sent && far_clock_mono_us() < until_us)
        take_back(load);
}

struct result {
    double us_a_packet;
    uint64_t sent, back;
};

/* Warm up (latching, connecting), then measure. */
static struct result measure(struct load *load, const char *thread, uint64_t seconds)
{
    memset(load->packets, 0, sizeof(load->packets));
    run_load(load, WARM_US);
    drain(load);
    load->sent = load->back = 0;
    uint64_t ns = thread_ns(thread);
    run_load(load, seconds * 1000000);
    ns = thread_ns(thread) - ns;
    struct result result = {.us_a_packet = (double)ns / 1000.0 / (double)load->sent, .sent = load->sent};
    drain(load);
    result.back = load->back;
    return result;
}

static bool set_up_calls(struct media_engine *engine, struct load *load)
{
    for (uint64_t id = 1; id <= load->streams; id++) {
        const struct media_remote remote = {.address = load->address,
                                            .codec = FAR_CODEC_PCMA,
                                            .payload_type = FAR_CODEC_PCMA,
                                            .dtmf_payload_type = 101,
                                            .send = true,
                                            .receive = true};
        if (media_endpoint_open(engine, id, 0, &load->targets[id - 1]) != FAR_OK ||
            media_endpoint_set_remote(engine, id, &remote) != FAR_OK)
            return false;
        if (id % 2 == 0 && media_bridge(engine, id - 1, id) != FAR_OK) return false;
    }
    return true;
}

static bool measure_engine(struct load *load, uint64_t seconds, struct result *ret_result)
{
    const struct media_config config = {.listen_ip = "127.0.0.1",
                                        .port_min = PORT_MIN,
                                        .port_max = PORT_MAX,
                                        .threads = 1,
                                        .endpoints_max = STREAMS_MAX,
                                        .emit = ignore};
    struct media_engine *engine = NULL;
    char text[MEDIA_TEXT_MAX];
    pin(1); /* the engine's threads inherit it */
    enum far_err err = media_engine_create(&config, &engine, text);
    pin(0);
    if (err != FAR_OK) {
        fprintf(stderr, "bench_edge_packet: %s\n", text);
        return false;
    }
    bool good = set_up_calls(engine, load);
    if (good) *ret_result = measure(load, "media-0", seconds);
    (void)media_engine_destroy(engine);
    return good;
}

static bool measure_floor(struct load *load, uint64_t seconds, struct result *ret_result)
{
    pin(1);
    struct floor *floor = floor_start(&load->address, load->targets, load->streams);
    pin(0);
    if (!floor) return false;
    *ret_result = measure(load, "floor-0", seconds);
    (void)floor_stop(floor);
    return true;
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, two = *(const double *)b;
    return one < two ? -1 : one > two;
}

static int run(const struct options *options, struct load *load)
{
    double engine_us[ROUNDS_MAX], floor_us[ROUNDS_MAX];
    uint64_t lost = 0;
    for (uint64_t i = 0; i < options->rounds; i++) {
        struct result floor, engine;
        if (!measure_floor(load, options->seconds, &floor)) return die("the floor");
        if (!measure_engine(load, options->seconds, &engine)) return die("the engine");
        floor_us[i] = floor.us_a_packet;
        engine_us[i] = engine.us_a_packet;
        lost += engine.sent - engine.back;
        fprintf(stderr, "round %u: engine %.2f us (%llu of %llu back), floor %.2f us (%llu of %llu back)\n",
                (unsigned)i + 1, engine.us_a_packet, (unsigned long long)engine.back,
                (unsigned long long)engine.sent, floor.us_a_packet, (unsigned long long)floor.back,
                (unsigned long long)floor.sent);
    }
    qsort(engine_us, options->rounds, sizeof(double), compare);
    qsort(floor_us, options->rounds, sizeof(double), compare);
    double engine_median = engine_us[options->rounds / 2], floor_median = floor_us[options->rounds / 2];
    printf("{\"name\": \"edge.packet.cpu\", \"unit\": \"us\", \"value\": %.2f, \"reference\": \"bare "
           "forwarder, connected "
           "sockets, same run\", \"reference_value\": %.2f, \"ratio\": %.2f, \"conditions\": \"%llu calls, "
           "%llu packets/s "
           "of 172 bytes, loopback, one media thread, medians of %llu x %llu s, %.2f to %.2f us, floor "
           "%.2f to %.2f us, %llu packets lost\"}\n",
           engine_median, floor_median, engine_median / floor_median, (unsigned long long)options->calls,
           (unsigned long long)options->calls * 100, (unsigned long long)options->rounds,
           (unsigned long long)options->seconds, engine_us[0], engine_us[options->rounds - 1], floor_us[0],
           floor_us[options->rounds - 1], (unsigned long long)lost);
    return lost > 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: bench_edge_packet [--calls 1..%u] [--seconds 1..60] [--rounds 1..%u]\n",
            STREAMS_MAX / 2, ROUNDS_MAX);
    return 2;
}

int main(int argc, char **argv)
{
    static const struct option names[] = {
        {"calls", 1, NULL, 'c'}, {"seconds", 1, NULL, 's'}, {"rounds", 1, NULL, 'r'}, {0}};
    static struct load load;
    struct options options = {.calls = 100, .seconds = 4, .rounds = 3};
    struct rlimit files;
    for (int opt = getopt_long(argc, argv, "", names, NULL); opt != -1;
         opt = getopt_long(argc, argv, "", names, NULL)) {
        uint64_t *value = opt == 'c' ? &options.calls : opt == 's' ? &options.seconds : &options.rounds;
        uint64_t max = opt == 'c' ? STREAMS_MAX / 2 : opt == 's' ? 60 : ROUNDS_MAX;
        if (opt == '?' || far_str_u64(optarg, max, value) != FAR_OK || *value == 0) return usage();
    }
    if (optind < argc) return usage();
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    if (!open_load(&load, (size_t)options.calls * 2)) return die("socket");
    return run(&options, &load);
}
