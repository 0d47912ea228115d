/* SPDX-License-Identifier: Apache-2.0 */
/* farseat-edge: a SIP media edge. This file only wires; README.md says who tells it what. */
#include "control/edge.h"
#include "far/str.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static struct edge_config config;
static struct edge edge;

#define ROW(path_, type_, field_, default_, help_)                                                           \
    .path = (path_), .type = (type_), .offset = offsetof(struct edge_config, field_),                        \
    .default_text = (default_), .help = (help_)

static const struct far_config_row rows[] = {
    {ROW("edge.site", FAR_CONFIG_STRING, site, NULL, "The site where this edge stands, as in centre.yaml"),
     .min = 1, .max = 63},
    {ROW("sip.listen", FAR_CONFIG_STRING, sip_listen, "0.0.0.0:5060",
         "Address and port of SIP over UDP and TCP")},
    {ROW("sip.advertised", FAR_CONFIG_STRING, sip_advertised, "",
         "IPv4 address that phones and trunks are told, for SIP and RTP; empty: that of sip.listen"),
     .max = 15},
    {ROW("sip.offer_sha256", FAR_CONFIG_BOOL, offer_sha256, "false",
         "Offer SHA-256 beside MD5 to phones (RFC 8760); some phones give up at the sight of it")},
    {ROW("door.listen", FAR_CONFIG_STRING, door_listen, "127.0.0.1:0",
         "Address and port where the gateway hands browsers over; port 0: any that is free; empty: no "
         "browsers. "
         "What passes is not encrypted: this host, or a network of your own"),
     .max = 63},
    {ROW("door.browsers_max", FAR_CONFIG_INT, browsers_max, "2000", "Browsers at once; beyond: refused"),
     .min = 1, .max = 20000},
    {ROW("numbers.area_code", FAR_CONFIG_STRING, area_code, "020",
         "Area code of local numbers that come from trunks whose rule does not say"),
     .max = 6},
    {ROW("rtp.listen", FAR_CONFIG_STRING, rtp_listen, "",
         "IPv4 address of this host for RTP; empty: that of sip.listen"),
     .max = 15},
    {ROW("rtp.port_min", FAR_CONFIG_INT, rtp_port_min, "20000", "First RTP port"), .min = 1024, .max = 65534},
    {ROW("rtp.port_max", FAR_CONFIG_INT, rtp_port_max, "29999", "Last RTP port"), .min = 1025, .max = 65535},
    {ROW("media.threads", FAR_CONFIG_INT, media_threads, "0", "Media threads; 0: one for two processors"),
     .min = 0, .max = 64},
    {ROW("media.prompt_dir", FAR_CONFIG_STRING, prompt_dir, "",
         "Folder of the prompts: NAME.wav; empty: plays fail")},
    {ROW("media.prompt_cache", FAR_CONFIG_STRING, prompt_cache, "",
         "Folder of this edge alone, where it keeps the prompts that administrators made; they come before "
         "those of media.prompt_dir. Empty: only those")},
    {ROW("media.music_file", FAR_CONFIG_STRING, music_file, "",
         "The music on hold, below media.prompt_dir; empty: there is none")},
    {ROW("limits.legs_max", FAR_CONFIG_INT, legs_max, "2000", "Legs at once; beyond: 503"), .min = 1,
     .max = 20000},
    {ROW("limits.phones_max", FAR_CONFIG_INT, phones_max, "10000", "Phones that can be known and registered"),
     .min = 1, .max = 200000},
    {ROW("limits.offer", FAR_CONFIG_DURATION_MS, offer_ms, "30s",
         "A caller who is not answered and about whom the ACD says nothing for so long gets 503"),
     .min = 1000, .max = 600000},
    {ROW("limits.silence", FAR_CONFIG_DURATION_MS, silence_ms, "5m",
         "A phone or caller that has sent sound and then neither sound nor RTCP for so long is gone; time on "
         "hold or with a prompt or music does not count. Phones that suppress silence and send no RTCP need "
         "more than anybody only listens; 0: never"),
     .min = 0, .max = 86400000},
    {ROW("limits.drain", FAR_CONFIG_DURATION_MS, drain_ms, "20s",
         "After SIGTERM, how long live calls may go on; keep it below service.drain_max"),
     .min = 0, .max = 86400000},
};

/* What one row cannot see. */
static enum far_err check(struct far_service *service, struct far_buf *errors)
{
    char host[64];
    uint16_t port = 0;
    size_t before = errors->len;
    (void)service;
    if (far_config_address(config.sip_listen, host, sizeof(host), &port) != FAR_OK || port == 0)
        far_buf_addf(errors, "sip.listen: \"%s\" is no address and port; write e.g. 192.0.2.10:5060\n",
                     config.sip_listen);
    else if (strcmp(host, "0.0.0.0") == 0 && (!config.sip_advertised[0] || !config.rtp_listen[0]))
        far_buf_addf(errors,
                     "sip.listen: with 0.0.0.0 phones must be told an address; set sip.advertised and "
                     "rtp.listen\n");
    if (config.door_listen[0] &&
        (far_config_address(config.door_listen, host, sizeof(host), &port) != FAR_OK ||
         strcmp(host, "0.0.0.0") == 0 || inet_addr(host) == INADDR_NONE))
        far_buf_addf(errors,
                     "door.listen: \"%s\" is no IPv4 address of this host and port; write e.g. 127.0.0.1:0\n",
                     config.door_listen);
    if (config.prompt_cache[0] && strcmp(config.prompt_cache, config.prompt_dir) == 0)
        far_buf_addf(errors, "media.prompt_cache: must not be media.prompt_dir: files there are removed\n");
    if (config.rtp_port_max <= config.rtp_port_min)
        far_buf_addf(errors, "rtp.port_max: must be above rtp.port_min\n");
    return errors->len == before ? FAR_OK : FAR_EINVAL;
}

static enum far_err start(struct far_service *service)
{
    return edge_start(&edge, service, &config);
}

static void drain(struct far_service *service)
{
    (void)service;
    edge_drain(&edge);
}

static void stop(struct far_service *service)
{
    (void)service;
    edge_stop(&edge);
}

int main(int argc, char **argv)
{
    const struct far_config_group groups[] = {
        {.rows = far_service_bus_rows, .row_count = far_service_bus_rows_len, .target = &config.bus},
        FAR_CONFIG_GROUP(rows, &config),
    };
    const struct far_service_metrics metrics[] = {
        {edge_metrics, FAR_ARRAY_LEN(edge_metrics)},
    };
    static const struct far_service_load load[] = {
        {.metric = &edge_metrics[EDGE_M_LEGS], .limit = &config.legs_max},
        {.metric = &edge_metrics[EDGE_M_INCOMING], .limit_metric = &edge_metrics[EDGE_M_CREDIT]},
        {.metric = &edge_metrics[EDGE_M_CREDIT]},
        {.metric = &edge_metrics[EDGE_M_BACKLOG]},
        {.metric = &edge_metrics[EDGE_M_PHONES], .limit = &config.phones_max},
        {.metric = &edge_metrics[EDGE_M_RECORDINGS]},
    };
    static const struct far_machine *const machines[] = {&edge_leg_machine};
    const struct far_service_def def = {.name = "edge",
                                        .summary = "a SIP media edge of a Farseat contact centre",
                                        .groups = groups,
                                        .group_count = FAR_ARRAY_LEN(groups),
                                        .metrics = metrics,
                                        .metrics_count = FAR_ARRAY_LEN(metrics),
                                        .machines = machines,
                                        .machines_count = FAR_ARRAY_LEN(machines),
                                        .load = load,
                                        .load_count = FAR_ARRAY_LEN(load),
                                        .check = check,
                                        .start = start,
                                        .drain = drain,
                                        .stop = stop};
    return far_service_main(argc, argv, &def);
}
