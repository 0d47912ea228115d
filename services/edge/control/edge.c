/* SPDX-License-Identifier: Apache-2.0 */
#include "edge.h"
#include "far/clock.h"
#include "far/health.h"
#include "far/log.h"
#include "far/str.h"
#include "far/tables.h"
#include "far/trace.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PULSE_MS       500u
#define STALL_MS       2000u /* no pulse for so long: the process did not run */
#define APPEND_MAX     131072u
#define APPEND_BYTES   (128u * 1024 * 1024)
#define TOMBSTONES_MAX 65536u
#define SILENCE_LOOK_S 5u /* how often it is looked for calls without sound */
#define CALLS_PER_LEG  4u /* a leg, its link, its SIPREC session, and one that is being torn down */

#define X(name_, type_, text_, help_)                                                                        \
    [EDGE_M_##name_] = {.name = (text_),                                                                     \
                        .type = (type_),                                                                     \
                        .help = (help_),                                                                     \
                        .label = EDGE_M_##name_ == EDGE_M_COMMANDS ? "outcome" : NULL,                       \
                        .label_values = EDGE_M_##name_ == EDGE_M_COMMANDS ? edge_outcome_names : NULL},
struct far_metric edge_metrics[EDGE_M_COUNT] = {EDGE_METRIC_MAP(X)};
#undef X

void edge_count(enum edge_metric metric)
{
    far_metric_add(&edge_metrics[metric], 1);
}

uint64_t edge_now_ms(const struct edge *edge)
{
    (void)edge;
    return far_clock_mono_ms();
}

/* ---- the log --------------------------------------------------------------------------------------------
 */

static void tell_backlog(struct edge *edge)
{
    uint32_t count = 0;
    size_t bytes = 0;
    uint64_t rewinds = 0;
    far_appender_stats(edge->appender, &count, &bytes, &rewinds);
    edge_core_backlog(edge->core, count, APPEND_MAX);
}

void edge_push(struct edge *edge, Farseat__V1__AcdInput *input)
{
    input->number = far_appender_next_number(edge->appender);
    input->sent_at_us = far_clock_wall_us();
    enum far_err err = far_appender_push_message(edge->appender, &input->base, NULL);
    if (err == FAR_OK) return;
    /* What the ACD never learns cannot be mended by going on: its EdgeStarted will. */
    FAR_ERROR("input-lost", "kind=%d why=%s", (int)input->body_case, far_err_name(err));
    far_service_fail(edge->service, "the log took nothing for too long and an input found no room");
}

static void on_acked(void *context, uint64_t number, uint64_t seq)
{
    struct edge *edge = context;
    (void)number;
    (void)seq;
    tell_backlog(edge);
}

/* ---- the core's clock ------------------------------------------------------------------------------------
 */

static void on_timer(void *arg, uint64_t timer)
{
    struct edge *edge = arg;
    (void)timer;
    edge->timer = 0;
    edge_core_tick(edge->core, edge_now_ms(edge));
    edge_touched(edge);
}

static void look_whether_drained(struct edge *edge)
{
    struct edge_figures figures;
    if (!far_service_is_draining(edge->service)) return;
    edge_core_figures(edge->core, &figures);
    uint32_t count = 0;
    size_t bytes = 0;
    uint64_t rewinds = 0;
    far_appender_stats(edge->appender, &count, &bytes, &rewinds);
    bool told = count == 0 || far_bus_state(edge->bus) != FAR_BUS_CONNECTED;
    if (figures.legs == 0 && figures.links == 0 && told) far_service_drained(edge->service);
}

void edge_touched(struct edge *edge)
{
    tell_backlog(edge);
    look_whether_drained(edge);
    uint64_t due_ms = edge_core_deadline_ms(edge->core);
    if (due_ms == UINT64_MAX || (edge->timer != 0 && edge->timer_at_ms <= due_ms)) return;
    far_timer_stop(edge->loop, edge->timer);
    uint64_t now_ms = edge_now_ms(edge);
    edge->timer_at_ms = due_ms;
    enum far_err err =
        far_timer_start(edge->loop, due_ms > now_ms ? due_ms - now_ms : 0, 0, on_timer, edge, &edge->timer);
    if (err != FAR_OK) edge->timer = 0; /* the pulse ticks as well */
}

/* ---- the bus ---------------------------------------------------------------------------------------------
 */

static enum far_err create_appender(struct edge *edge)
{
    char subject[FAR_BUS_SUBJECT_LEN_MAX + 1], id[128];
    enum far_err err = far_subject_write(FAR_SUBJECT_LOG_ACD, subject, sizeof(subject), edge->name, NULL);
    if (err != FAR_OK) return err;
    (void)snprintf(id, sizeof(id), "%s.%s", edge->name, edge->incarnation);
    struct far_appender_config config = {.subject = subject,
                                         .id = id,
                                         .first_number = 1,
                                         .count_max = APPEND_MAX,
                                         .bytes_max = APPEND_BYTES,
                                         .acked_fn = on_acked,
                                         .ctx = edge};
    return far_appender_create(edge->bus, &config, &edge->appender);
}

/* What the log was told is lost there: another incarnation says anew what still holds. */
static void resync(struct edge *edge)
{
    char former[FAR_ID_TEXT_SIZE];
    memcpy(former, edge->incarnation, sizeof(former));
    far_id_new_text(edge->incarnation);
    edge->appender = far_appender_destroy(edge->appender);
    if (create_appender(edge) != FAR_OK) {
        far_service_fail(edge->service, "the log's appender cannot be made anew");
        return;
    }
    FAR_WARN("edge-resync", "former=%s incarnation=%s why=%s", former, edge->incarnation,
             "the ACD's log has lost what this edge had said");
    edge_core_resync(edge->core, edge_now_ms(edge), edge->incarnation);
    phones_tell(edge);
    links_announce(edge);
    browsers_announce(edge);
}

/* How long a command that is read now may have lain here: this process may have been stopped. */
static uint64_t waited_ms_max(const struct edge *edge)
{
    uint64_t now_ms = edge_now_ms(edge);
    if (now_ms > edge->pulse_ms + STALL_MS) return now_ms - edge->pulse_ms;
    return now_ms < edge->stall_over_ms ? edge->stalled_ms : 0;
}

static void on_command(void *context, struct far_bus_request *request, const ProtobufCMessage *message)
{
    struct edge *edge = context;
    const Farseat__V1__EdgeCommand *command = (const Farseat__V1__EdgeCommand *)(const void *)message;
    char traceparent[FAR_TRACE_TEXT_LEN + 1] = "";
    struct far_trace trace;
    struct edge_reply reply;
    far_bus_trace(far_bus_request_msg(request), &trace);
    if (far_trace_is_set(&trace)) far_trace_format(&trace, traceparent);
    edge_core_command(edge->core, edge_now_ms(edge), waited_ms_max(edge), command, traceparent, &reply);
    Farseat__V1__EdgeCommandReply answer = FARSEAT__V1__EDGE_COMMAND_REPLY__INIT;
    answer.accepted = reply.accepted;
    answer.cause = (char *)reply.cause;
    answer.text = (char *)reply.text;
    answer.leg_number_next = reply.leg_number_next;
    far_bus_reply(request, &answer.base);
    if (reply.accepted)
        FAR_DEBUG("command", "leg=%s number=%u body=%d", command->leg_id, command->leg_number,
                  (int)command->body_case);
    else
        FAR_WARN("command-refused", "leg=%s number=%u body=%d cause=%s next=%u", command->leg_id,
                 command->leg_number, (int)command->body_case, reply.cause, reply.leg_number_next);
    if (reply.resync) resync(edge);
    edge_touched(edge);
}

/* The bus is there: this life of the edge begins, and whoever reads the log learns it before anything else.
 */
static void begin(void *context)
{
    struct edge *edge = context;
    char subject[FAR_BUS_SUBJECT_LEN_MAX + 1];
    edge_core_start(edge->core, edge_now_ms(edge));
    edge->began = true;
    phones_watch(edge);
    trunks_watch(edge);
    prompts_watch(edge);
    links_watch(edge);
    browsers_announce(edge);
    enum far_err err = far_subject_write(FAR_SUBJECT_CMD_EDGE, subject, sizeof(subject), edge->name, NULL);
    struct far_bus_service commands = {.subject = subject,
                                       .request_type = &farseat__v1__edge_command__descriptor,
                                       .fn = on_command,
                                       .ctx = edge};
    if (err == FAR_OK) err = far_bus_serve(edge->bus, &commands, &edge->commands);
    if (err != FAR_OK) far_service_fail(edge->service, "commands cannot be served");
    edge_touched(edge);
}

static void pulse(struct edge *edge, const struct edge_figures *figures)
{
    char subject[FAR_BUS_SUBJECT_LEN_MAX + 1];
    uint32_t count = 0;
    size_t bytes = 0;
    uint64_t rewinds = 0;
    far_appender_stats(edge->appender, &count, &bytes, &rewinds);
    Farseat__V1__EdgePulse pulse = FARSEAT__V1__EDGE_PULSE__INIT;
    pulse.edge = (char *)edge->name;
    pulse.incarnation = edge->incarnation;
    pulse.number = ++edge->pulse_number;
    pulse.legs = figures->legs;
    pulse.incoming_legs = figures->incoming_legs;
    pulse.phones = (uint32_t)registrar_len(edge->registrar);
    pulse.inputs_unacknowledged = count;
    pulse.calls_refused = figures->calls_refused;
    pulse.longest_sound_gap_us = figures->sound_gap_us_max;
    pulse.input_acknowledged = far_appender_next_number(edge->appender) - 1 - count;
    if (far_subject_write(FAR_SUBJECT_LIVE_EDGE, subject, sizeof(subject), edge->name, NULL) != FAR_OK)
        return;
    enum far_err err = far_bus_publish(edge->bus, subject, &pulse.base, NULL);
    if (err != FAR_OK) FAR_DEBUG("pulse-not-sent", "why=%s", far_err_name(err));
}

/* ---- figures ----------------------------------------------------------------------------------------------
 */

static void count_up(enum edge_metric metric, uint64_t now, uint64_t before)
{
    far_metric_add(&edge_metrics[metric], (int64_t)(now - before));
}

/* What would be an attack when there is much of it. */
static uint64_t forged(const struct media_metrics *media)
{
    return media->dropped[MEDIA_DROP_STUN] + media->dropped[MEDIA_DROP_DTLS] +
           media->dropped[MEDIA_DROP_SRTP];
}

static void show(struct edge *edge, const struct edge_figures *figures)
{
    struct sip_counts sip;
    struct media_metrics media;
    uint64_t dropped = 0, dropped_before = 0;
    sip_counts(edge->sip, &sip);
    media_engine_metrics(edge->media, &media);
    far_metric_set(&edge_metrics[EDGE_M_LEGS], figures->legs);
    far_metric_set(&edge_metrics[EDGE_M_INCOMING], figures->incoming_legs);
    far_metric_set(&edge_metrics[EDGE_M_LINKS], figures->links);
    far_metric_set(&edge_metrics[EDGE_M_RECORDINGS], figures->recordings);
    far_metric_set(&edge_metrics[EDGE_M_CREDIT], figures->credit);
    far_metric_set(&edge_metrics[EDGE_M_PHONES], (int64_t)registrar_len(edge->registrar));
    count_up(EDGE_M_REFUSED, figures->calls_refused, edge->shown.calls_refused);
    count_up(EDGE_M_DROPPED, figures->inputs_dropped, edge->shown.inputs_dropped);
    count_up(EDGE_M_UNEXPECTED, figures->events_unexpected, edge->shown.events_unexpected);
    for (size_t i = 0; i < EDGE_OUTCOME_COUNT; i++)
        far_metric_add_at(&edge_metrics[EDGE_M_COMMANDS], i,
                          (int64_t)(figures->commands[i] - edge->shown.commands[i]));
    count_up(EDGE_M_SIP_REQUESTS, sip.requests, edge->shown_sip.requests);
    count_up(EDGE_M_SIP_ERRORS, sip.errors + sip.refused + sip.orders_lost,
             edge->shown_sip.errors + edge->shown_sip.refused + edge->shown_sip.orders_lost);
    if (edge->door) {
        struct door_counts door;
        door_counts(edge->door, &door);
        far_metric_set(&edge_metrics[EDGE_M_BROWSERS], door.browsers);
        count_up(EDGE_M_BROWSERS_REFUSED, door.refused, edge->shown_door.refused);
        count_up(EDGE_M_BROWSERS_MALFORMED, door.malformed, edge->shown_door.malformed);
        edge->shown_door = door;
    }
    count_up(EDGE_M_PACKETS_IN, media.packets_in, edge->shown_media.packets_in);
    count_up(EDGE_M_PACKETS_OUT, media.packets_out, edge->shown_media.packets_out);
    for (size_t i = 0; i < MEDIA_DROP_COUNT; i++) {
        dropped += media.dropped[i];
        dropped_before += edge->shown_media.dropped[i];
    }
    count_up(EDGE_M_RTP_DROPPED, dropped, dropped_before);
    count_up(EDGE_M_HANDSHAKES, media.handshakes, edge->shown_media.handshakes);
    count_up(EDGE_M_FORGED, forged(&media), forged(&edge->shown_media));
    edge->shown = *figures;
    edge->shown_sip = sip;
    edge->shown_media = media;
}

static void tell_health(struct edge *edge, const struct edge_figures *figures)
{
    uint32_t count = 0;
    size_t bytes = 0;
    uint64_t rewinds = 0;
    far_appender_stats(edge->appender, &count, &bytes, &rewinds);
    far_metric_set(&edge_metrics[EDGE_M_BACKLOG], count);
    if (count >= APPEND_MAX / 2)
        far_health_set("log", FAR_HEALTH_FAILED, "%u inputs wait for the ACD's log: callers are refused",
                       count);
    else
        far_health_set("log", count > 1000 ? FAR_HEALTH_DEGRADED : FAR_HEALTH_OK, "%s",
                       count > 1000 ? "inputs wait for the ACD's log; look at nats-server" : "");
    if (!edge->began) return;
    far_health_set("acd", figures->credit > 0 ? FAR_HEALTH_OK : FAR_HEALTH_DEGRADED, "%s",
                   figures->credit > 0 ? "" : "the ACD has granted no credit yet: callers are refused");
}

static void on_pulse(void *arg, uint64_t timer)
{
    struct edge *edge = arg;
    struct edge_figures figures;
    (void)timer;
    edge->stalled_ms = waited_ms_max(edge);
    if (edge_now_ms(edge) > edge->pulse_ms + STALL_MS) edge->stall_over_ms = edge_now_ms(edge) + STALL_MS;
    edge->pulse_ms = edge_now_ms(edge);
    hear_media_pending(edge);
    edge_core_tick(edge->core, edge_now_ms(edge));
    edge_core_figures(edge->core, &figures);
    if (edge->began) pulse(edge, &figures);
    show(edge, &figures);
    tell_health(edge, &figures);
    if (edge->drained_at_ms != 0 && !edge->drain_over && edge_now_ms(edge) >= edge->drained_at_ms) {
        edge->drain_over = true;
        edge_core_end_all(edge->core, edge_now_ms(edge), "edge-draining");
    }
    edge_touched(edge);
}

/* The answers come as MEDIA_EV_STATS; what is refused now is asked again next time. */
static void calls_look(struct edge *edge)
{
    if (edge->config->silence_ms == 0) return;
    for (struct far_list *at = edge->calls_list.next; at != &edge->calls_list; at = at->next) {
        const struct edge_call *call = FAR_LIST_ITEM(at, struct edge_call, link);
        if (call->kind == CALL_LEG && call->media_open && !call->ended)
            (void)!media_endpoint_query(edge->media, call->call, 0);
    }
}

static void on_second(void *arg, uint64_t timer)
{
    struct edge *edge = arg;
    (void)timer;
    if (!edge->began) return;
    phones_second(edge);
    browsers_second(edge);
    if (++edge->seconds % SILENCE_LOOK_S == 0) calls_look(edge);
    edge_touched(edge);
}

/* ---- start and end ----------------------------------------------------------------------------------------
 */

static enum far_err create_core(struct edge *edge)
{
    struct edge_core_config config = {.edge = edge->name,
                                      .site = edge->config->site,
                                      .version = far_service_version(edge->service),
                                      .incarnation = edge->incarnation,
                                      .legs_max = (uint32_t)edge->config->legs_max,
                                      .tombstones_max = TOMBSTONES_MAX,
                                      .silence_ms_max = (uint32_t)edge->config->silence_ms,
                                      .offer_ms_max = (uint32_t)edge->config->offer_ms,
                                      .emit = act_on,
                                      .context = edge};
    return edge_core_create(&config, &edge->core);
}

static enum far_err create_media(struct edge *edge)
{
    char text[MEDIA_TEXT_MAX] = "";
    const struct edge_config *from = edge->config;
    struct media_config config = {.listen_ip = edge->rtp_ip,
                                  .port_min = (uint16_t)from->rtp_port_min,
                                  .port_max = (uint16_t)from->rtp_port_max,
                                  .threads = (unsigned)from->media_threads,
                                  .prompt_dir = from->prompt_dir[0] ? from->prompt_dir : NULL,
                                  .prompt_cache = from->prompt_cache[0] ? from->prompt_cache : NULL,
                                  .music_file = from->music_file[0] ? from->music_file : NULL,
                                  .endpoints_max = (uint32_t)from->legs_max * 2,
                                  .emit = hear_media};
    enum far_err err = hear_media_create(edge);
    if (err != FAR_OK) return err;
    config.context = edge->mailbox;
    err = media_engine_create(&config, &edge->media, text);
    if (err != FAR_OK) FAR_ERROR("media-not-started", "why=%s", text[0] ? text : far_err_text(err));
    return err;
}

static enum far_err create_sip(struct edge *edge)
{
    char agent[64];
    (void)snprintf(agent, sizeof(agent), "Farseat/%s", far_service_version(edge->service));
    struct sip_config config = {.listen_ip = edge->sip_ip,
                                .port = edge->sip_port,
                                .advertised_ip = edge->advertised_ip,
                                .user_agent = agent,
                                .incoming_bit = EDGE_CALL_INCOMING,
                                .calls_max = (uint32_t)edge->config->legs_max * CALLS_PER_LEG,
                                .loop = edge->loop,
                                .on_event = hear_sip,
                                .context = edge};
    return sip_create(&config, &edge->sip);
}

static enum far_err read_addresses(struct edge *edge)
{
    const struct edge_config *from = edge->config;
    enum far_err err =
        far_config_address(from->sip_listen, edge->sip_ip, sizeof(edge->sip_ip), &edge->sip_port);
    if (err != FAR_OK) return err;
    const char *advertised = from->sip_advertised[0] ? from->sip_advertised : edge->sip_ip;
    const char *rtp = from->rtp_listen[0] ? from->rtp_listen : edge->sip_ip;
    (void)far_str_copy(edge->advertised_ip, sizeof(edge->advertised_ip), advertised);
    (void)far_str_copy(edge->rtp_ip, sizeof(edge->rtp_ip), rtp);
    return far_number_rule_china(from->area_code, &edge->own_rule);
}

enum far_err edge_start(struct edge *edge, struct far_service *service, const struct edge_config *config)
{
    edge->service = service;
    edge->loop = far_service_loop(service);
    edge->config = config;
    edge->name = far_service_instance(service);
    edge->pulse_ms = edge_now_ms(edge);
    far_id_format(far_service_incarnation(service), edge->incarnation);
    far_list_init(&edge->calls_list);
    far_list_init(&edge->forks_list);
    enum far_err err = read_addresses(edge);
    if (err == FAR_OK) err = far_index_create((size_t)config->legs_max * CALLS_PER_LEG, 0, 4, &edge->calls);
    if (err == FAR_OK) err = create_core(edge);
    if (err == FAR_OK) err = phones_start(edge);
    if (err == FAR_OK) err = trunks_start(edge);
    if (err == FAR_OK) err = links_start(edge);
    if (err == FAR_OK) err = recorders_start(edge);
    if (err == FAR_OK) err = create_media(edge);
    if (err == FAR_OK) err = far_service_bus_join(service, &config->bus, begin, edge, &edge->bus);
    if (err == FAR_OK) err = create_appender(edge);
    if (err == FAR_OK) err = create_sip(edge);
    if (err == FAR_OK) err = browsers_start(edge);
    if (err == FAR_OK)
        err = far_timer_start(edge->loop, PULSE_MS, PULSE_MS, on_pulse, edge, &edge->pulse_timer);
    if (err == FAR_OK) err = far_timer_start(edge->loop, 1000, 1000, on_second, edge, &edge->second_timer);
    if (err != FAR_OK) FAR_ERROR("edge-not-started", "why=%s", far_err_text(err));
    return err;
}

void edge_drain(struct edge *edge)
{
    edge->drained_at_ms = edge_now_ms(edge) + (uint64_t)edge->config->drain_ms;
    if (edge->began) edge_core_drain(edge->core, edge_now_ms(edge));
    if (edge->began) browsers_retract(edge);
    edge_touched(edge);
}

void edge_stop(struct edge *edge)
{
    far_timer_stop(edge->loop, edge->timer);
    far_timer_stop(edge->loop, edge->pulse_timer);
    far_timer_stop(edge->loop, edge->second_timer);
    edge->commands = far_bus_unsubscribe(edge->commands);
    browsers_stop(edge);
    prompts_stop(edge);
    edge->sip = sip_destroy(edge->sip);
    edge->media = media_engine_destroy(edge->media);
    hear_media_destroy(edge);
    if (edge->forks) recorders_stop(edge);
    links_stop(edge);
    trunks_stop(edge);
    phones_stop(edge);
    edge->appender = far_appender_destroy(edge->appender);
    if (edge->bus) far_service_bus_leave(edge->bus);
    edge->bus = far_bus_destroy(edge->bus);
    if (edge->calls) call_free_all(edge);
    edge->calls = far_index_destroy(edge->calls);
    edge->core = edge_core_destroy(edge->core);
}
