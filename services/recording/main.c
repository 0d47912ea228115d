/* SPDX-License-Identifier: Apache-2.0 */
/* farseat-recording: a SIPREC session recording server. This file only wires; README.md says who tells it
 * what.
 *
 *   SIP thread (srs) --admits--> writer thread --opened--> SIP thread --answers, adds--> RTP thread
 * (receiver) RTP thread --chunks--> writer thread --changed--> loop: catalogue (PostgreSQL), facts and
 * methods (bus) */
#include "catalogue.h"
#include "facts.h"
#include "far/clock.h"
#include "far/health.h"
#include "far/log.h"
#include "far/service.h"
#include "far/service_bus.h"
#include "far/str.h"
#include "folder.h"
#include "measures.h"
#include "methods.h"
#include "srs.h"
#include "tool.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define OBSERVE_MS     200
#define QUIET_MS       2000 /* without a packet: is the client there? */
#define PROGRESS_MS    5000
#define REPORT_WAIT_MS 3000 /* how long a drained process waits for PostgreSQL and the bus */

struct recording_config {
    const char *sip_listen;
    struct far_config_list sip_allow;
    int64_t sessions_max;
    const char *rtp_address;
    int64_t port_first, port_last;
    int64_t silence_ms;
    const char *store_path, *store_keys;
    int64_t sync_ms;
    int64_t free_min;
    int64_t queue_max;
};

/* clang-format off */
static const struct far_config_row rows[] = {
    {.path = "sip.listen",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct recording_config, sip_listen),
     .default_text = "127.0.0.1:5080",
     .help = "Address and port of SIP, UDP and TCP"},
    {.path = "sip.allow",
     .type = FAR_CONFIG_STRING_LIST,
     .offset = offsetof(struct recording_config, sip_allow),
     .default_text = "127.0.0.0/8",
     .min = 1,
     .max = ALLOW_MAX,
     .help = "IPv4 networks (10.1.0.0/16) that may send sessions; others get 403"},
    {.path = "sip.sessions_max",
     .type = FAR_CONFIG_INT,
     .offset = offsetof(struct recording_config, sessions_max),
     .default_text = "200",
     .min = 1,
     .max = 5000,
     .help = "Sessions at once; beyond: 503. One costs 70 kB of memory and four ports"},
    {.path = "rtp.address",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct recording_config, rtp_address),
     .default_text = "127.0.0.1",
     .help = "IPv4 address of RTP, in our SDP and our Contact"},
    {.path = "rtp.port_first",
     .type = FAR_CONFIG_INT,
     .offset = offsetof(struct recording_config, port_first),
     .default_text = "22000",
     .min = 1024,
     .max = 65532,
     .help = "First port of RTP and RTCP"},
    {.path = "rtp.port_last",
     .type = FAR_CONFIG_INT,
     .offset = offsetof(struct recording_config, port_last),
     .default_text = "22999",
     .min = 1027,
     .max = 65535,
     .help = "Last port; a session takes four"},
    {.path = "rtp.silence_max",
     .type = FAR_CONFIG_DURATION_MS,
     .offset = offsetof(struct recording_config, silence_ms),
     .default_text = "2m",
     .min = 1000,
     .max = 86400000,
     .help = "A session of which neither side sent a packet for so long is ended, even when the client answers OPTIONS"},
    {.path = "store.path",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct recording_config, store_path),
     .help = "Folder of the recordings; made when missing, of this instance alone"},
    {.path = "store.keys",
     .type = FAR_CONFIG_STRING,
     .offset = offsetof(struct recording_config, store_keys),
     .help = "Folder of the master keys; without one the first is made. Back it up apart from the recordings"},
    {.path = "store.sync_max",
     .type = FAR_CONFIG_DURATION_MS,
     .offset = offsetof(struct recording_config, sync_ms),
     .default_text = "1s",
     .min = 0,
     .max = 3600000,
     .help = "How much sound a power cut may take (fdatasync that often); 0: synced at a part's end only"},
    {.path = "store.free_min",
     .type = FAR_CONFIG_SIZE,
     .offset = offsetof(struct recording_config, free_min),
     .default_text = "256M",
     .min = 0,
     .max = INT64_MAX,
     .help = "With less free space no session is begun"},
    {.path = "store.queue_max",
     .type = FAR_CONFIG_INT,
     .offset = offsetof(struct recording_config, queue_max),
     .default_text = "4096",
     .min = 16,
     .max = 65536,
     .help = "Chunks (half a second, 8 kB) that may wait for the disk; beyond: a marked gap"},
};
/* clang-format on */

static struct {
    struct recording_config config;
    struct far_service_bus_config bus_config;
    struct far_pg_config pg_config;
    struct far_service *service;
    struct far_loop *loop;
    struct far_bus *bus;
    struct far_pg *pg;
    struct keys *keys;
    struct writer *writer;
    struct receiver *receiver;
    struct srs *srs;
    struct catalogue *catalogue;
    struct facts *facts;
    struct methods *methods;
    uint64_t timer;
    size_t sessions;
    uint64_t quiet_since_ms; /* draining, and nothing is being recorded */
    bool stopped;
} app;

/* ---- From the threads to the loop ---------------------------------------------------------------------- */

struct news {
    struct part part;
    bool started;
};

static void on_news(void *arg)
{
    struct news *news = arg;
    if (!app.stopped) {
        catalogue_put(app.catalogue, &news->part);
        if (app.facts && (news->started || news->part.state != PART_RECORDING))
            facts_say(app.facts, &news->part);
    }
    free(news);
}

static void news_post(const struct part *part, bool started)
{
    struct news *news = malloc(sizeof(*news));
    if (news) *news = (struct news){.part = *part, .started = started};
    if (news && far_loop_post(app.loop, on_news, news) == FAR_OK) return;
    FAR_ERROR("news-lost", "recording=%s part=%u remedy=%s", part->recording_id, part->number,
              "its metadata are stored at the next start");
    free(news);
}

static void on_changed(void *ctx, const struct part *part)
{
    (void)ctx;
    news_post(part, false);
}
static void on_started(void *ctx, const struct part *part)
{
    (void)ctx;
    news_post(part, true);
}
static void on_opened(void *ctx, uint64_t session, enum far_err err, const struct part *part)
{
    (void)ctx;
    srs_opened(app.srs, session, err, part);
}
static void on_silent(void *ctx, uint64_t session)
{
    (void)ctx;
    srs_silent(app.srs, session);
}
static void on_quiet(void *ctx, uint64_t session)
{
    (void)ctx;
    srs_quiet(app.srs, session);
}

static void on_sessions_posted(void *arg)
{
    app.sessions = (size_t)(uintptr_t)arg;
}
static void on_sessions(void *ctx, size_t count)
{
    (void)ctx;
    if (far_loop_post(app.loop, on_sessions_posted, (void *)(uintptr_t)count) != FAR_OK)
        FAR_WARN("count-lost", "sessions=%zu", count);
}

static void on_recovered(void *ctx, const struct part *part)
{
    (void)ctx;
    if (app.facts) facts_say(app.facts, part);
}

/* ---- Life ---------------------------------------------------------------------------------------------- */

static void on_bus(void *ctx)
{
    char incarnation[FAR_ID_TEXT_SIZE];
    (void)ctx;
    struct methods_config config = {.loop = app.loop,
                                    .bus = app.bus,
                                    .pg = app.pg,
                                    .keys = app.keys,
                                    .root = app.config.store_path,
                                    .instance = far_service_instance(app.service)};
    far_id_format(far_service_incarnation(app.service), incarnation);
    enum far_err err = methods_serve(&config, &app.methods);
    if (err != FAR_OK) far_service_fail(app.service, far_err_text(err));
}

/* Everything is over: nothing is recorded, and what can be reported is reported. */
static void observe(void *arg, uint64_t timer)
{
    (void)arg;
    (void)timer;
    if (!far_service_is_draining(app.service)) return;
    if (app.sessions > 0 || writer_files(app.writer) > 0) {
        app.quiet_since_ms = 0;
        return;
    }
    uint64_t now_ms = far_clock_mono_ms();
    if (app.quiet_since_ms == 0) app.quiet_since_ms = now_ms;
    bool reported = catalogue_waiting(app.catalogue) == 0 && facts_waiting(app.facts) == 0 &&
                    (!app.methods || methods_open(app.methods) == 0);
    if ((reported && now_ms - app.quiet_since_ms >= OBSERVE_MS) ||
        now_ms - app.quiet_since_ms >= REPORT_WAIT_MS)
        far_service_drained(app.service);
}

static enum far_err allow_read(struct allow *ret_allow)
{
    *ret_allow = (struct allow){.len = 0};
    for (size_t i = 0; i < app.config.sip_allow.len; i++) {
        enum far_err err = allow_add(ret_allow, app.config.sip_allow.items[i]);
        if (err != FAR_OK) return err;
    }
    return FAR_OK;
}

static enum far_err check(struct far_service *service, struct far_buf *errors)
{
    struct allow allow;
    char host[64];
    uint16_t port = 0;
    size_t before = errors->len;
    (void)service;
    if (allow_read(&allow) != FAR_OK)
        far_buf_add_text(errors, "sip.allow: not a list of IPv4 networks; write them as 10.1.0.0/16 or "
                                 "10.1.2.3, with no bit set beyond the mask\n");
    if (far_config_address(app.config.sip_listen, host, sizeof(host), &port) != FAR_OK)
        far_buf_add_text(errors, "sip.listen: not host:port; write it as 127.0.0.1:5080\n");
    if (app.config.port_last < app.config.port_first + 3)
        far_buf_add_text(errors,
                         "rtp.port_last: a session takes four ports; raise it, or lower rtp.port_first\n");
    else if (app.config.sessions_max * 4 > app.config.port_last - app.config.port_first + 1)
        far_buf_addf(errors,
                     "sip.sessions_max: %lld sessions need %lld ports, but rtp.port_first..port_last has "
                     "%lld; widen it, or allow fewer\n",
                     (long long)app.config.sessions_max, (long long)app.config.sessions_max * 4,
                     (long long)(app.config.port_last - app.config.port_first + 1));
    return errors->len == before ? FAR_OK : FAR_EINVAL;
}

static enum far_err start_store(void)
{
    struct writer_config config = {.root = app.config.store_path,
                                   .sync_ms = app.config.sync_ms,
                                   .progress_ms = PROGRESS_MS,
                                   .free_min = (uint64_t)app.config.free_min,
                                   .queue_max = (size_t)app.config.queue_max,
                                   .files_max = 2 * (size_t)app.config.sessions_max,
                                   .events = {.opened = on_opened, .changed = on_changed}};
    struct catalogue_config catalogue = {.loop = app.loop,
                                         .pg = app.pg,
                                         .root = app.config.store_path,
                                         .instance = far_service_instance(app.service),
                                         .began_at_us = far_clock_wall_us(),
                                         .recovered = on_recovered};
    enum far_err err = keys_open(app.config.store_keys, true, &app.keys);
    if (err == FAR_OK) err = folder_prepare(app.config.store_path);
    config.keys = catalogue.keys = app.keys;
    if (err == FAR_OK) err = catalogue_create(&catalogue, &app.catalogue);
    if (err == FAR_OK) err = writer_create(&config, &app.writer);
    return err;
}

static enum far_err start_srs(void)
{
    struct receiver_config receiver = {.address = app.config.rtp_address,
                                       .port_first = (uint16_t)app.config.port_first,
                                       .port_last = (uint16_t)app.config.port_last,
                                       .sessions_max = (size_t)app.config.sessions_max,
                                       .silence_ms = app.config.silence_ms,
                                       .writer = app.writer,
                                       .silent = on_silent,
                                       .quiet_ms = QUIET_MS,
                                       .quiet = on_quiet};
    struct srs_config srs = {.listen = app.config.sip_listen,
                             .media_address = app.config.rtp_address,
                             .instance = far_service_instance(app.service),
                             .sessions_max = (size_t)app.config.sessions_max,
                             .writer = app.writer,
                             .events = {.started = on_started, .sessions = on_sessions}};
    enum far_err err = allow_read(&srs.allow);
    if (err == FAR_OK) err = receiver_create(&receiver, &app.receiver);
    srs.receiver = app.receiver;
    if (err == FAR_OK) err = srs_create(&srs, &app.srs);
    return err;
}

static enum far_err start(struct far_service *service)
{
    char incarnation[FAR_ID_TEXT_SIZE];
    app.service = service;
    app.loop = far_service_loop(service);
    far_id_format(far_service_incarnation(service), incarnation);
    far_health_set("store", FAR_HEALTH_OK, "%s", "");
    enum far_err err =
        far_pg_create(app.loop, &app.pg_config, "recording", "services/recording/migrations", &app.pg);
    if (err == FAR_OK) err = far_service_bus_join(service, &app.bus_config, on_bus, NULL, &app.bus);
    if (err == FAR_OK) err = facts_create(app.bus, far_service_instance(service), incarnation, &app.facts);
    if (err == FAR_OK) err = start_store();
    if (err == FAR_OK) err = start_srs();
    char uri[128];
    (void)snprintf(uri, sizeof(uri), "sip:srs@%s;transport=tcp", app.config.sip_listen);
    far_service_report_address(uri, "");
    if (err == FAR_OK) err = far_timer_start(app.loop, OBSERVE_MS, OBSERVE_MS, observe, NULL, &app.timer);
    if (err != FAR_OK) FAR_ERROR("not-started", "error=%s", far_err_name(err));
    return err;
}

static void drain(struct far_service *service)
{
    (void)service;
    srs_drain(app.srs); /* observe() sees the end */
}

/* The threads are joined in the order in which sound flows, so that each may still hand on what it has. */
static void stop(struct far_service *service)
{
    (void)service;
    far_timer_stop(app.loop, app.timer);
    srs_stop(app.srs);
    app.receiver = receiver_destroy(app.receiver);
    app.writer = writer_destroy(app.writer);
    app.srs = srs_destroy(app.srs);
    app.methods = methods_destroy(app.methods);
    app.pg = far_pg_destroy(app.pg);
    app.stopped = true; /* what is still posted finds nobody */
    app.catalogue = catalogue_destroy(app.catalogue);
    app.facts = facts_destroy(app.facts);
    if (app.bus) {
        far_service_bus_leave(app.bus);
        app.bus = far_bus_destroy(app.bus);
    }
}

int main(int argc, char **argv)
{
    if (tool_wanted(argc, argv)) return tool_main(argc, argv);
    (void)signal(SIGXFSZ, SIG_IGN); /* a quota is a full disk, not the end */
    /* clang-format off */
    const struct far_config_group groups[] = {
        FAR_CONFIG_GROUP(rows, &app.config),
        {.rows = far_service_bus_rows, .row_count = far_service_bus_rows_len, .target = &app.bus_config},
        {.rows = far_pg_config_rows, .row_count = far_pg_config_rows_len, .target = &app.pg_config},
    };
    /* clang-format on */
    const struct far_service_metrics metrics[] = {
        {measures, MEASURE_COUNT},
    };
    static const struct far_service_load load[] = {
        {.metric = &measures[MEASURE_SESSIONS], .limit = &app.config.sessions_max},
        {.metric = &measures[MEASURE_FREE], .unit = "bytes"},
        {.metric = &measures[MEASURE_QUEUE], .limit = &app.config.queue_max},
        {.metric = &measures[MEASURE_SYNC_LAG], .unit = "s"},
        {.metric = &measures[MEASURE_UNREPORTED]},
    };
    const struct far_service_def def = {.name = "recording",
                                        .summary = "a SIPREC session recording server",
                                        .groups = groups,
                                        .group_count = FAR_ARRAY_LEN(groups),
                                        .metrics = metrics,
                                        .metrics_count = FAR_ARRAY_LEN(metrics),
                                        .load = load,
                                        .load_count = FAR_ARRAY_LEN(load),
                                        .check = check,
                                        .start = start,
                                        .drain = drain,
                                        .stop = stop};
    int status = far_service_main(argc, argv, &def);
    keys_close(app.keys); /* after the loop's last work */
    return status;
}
