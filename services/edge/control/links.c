/* SPDX-License-Identifier: Apache-2.0 */
/* Other edges: where they are (bucket edges), and calls from and to them. */
#include "edge.h"
#include "far/clock.h"
#include "far/log.h"
#include "far/str.h"
#include "far/tables.h"
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum far_err links_start(struct edge *edge)
{
    randombytes_buf(edge->secret, sizeof(edge->secret));
    return FAR_OK;
}

void links_stop(struct edge *edge)
{
    edge->edges_watch = far_kv_unwatch(edge->edges_watch);
    sodium_memzero(edge->secret, sizeof(edge->secret));
    sodium_memzero(edge->peers, sizeof(edge->peers));
}

void links_announce(struct edge *edge)
{
    char uri[160], secret[2 * LINK_SECRET_BYTES + 1];
    Farseat__V1__EdgeAddress address = FARSEAT__V1__EDGE_ADDRESS__INIT;
    (void)snprintf(uri, sizeof(uri), "sip:link@%s:%u", edge->advertised_ip, edge->sip_port);
    far_service_report_address(uri + strlen("sip:link@"), edge->config->site);
    far_str_hex(edge->secret, sizeof(edge->secret), secret);
    address.edge = (char *)edge->name;
    address.site = (char *)edge->config->site;
    address.incarnation = edge->incarnation;
    address.sip_uri = uri;
    address.version = (char *)far_service_version(edge->service);
    address.link_secret = secret;
    uint8_t data[1024];
    size_t len = farseat__v1__edge_address__get_packed_size(&address);
    if (len > sizeof(data)) return;
    farseat__v1__edge_address__pack(&address, data);
    struct far_kv_write write = {
        .bucket = FAR_BUCKET_EDGES, .key = edge->name, .mode = FAR_KV_PUT, .data = data, .data_len = len};
    enum far_err err = far_kv_write(edge->bus, &write);
    if (err != FAR_OK) FAR_WARN("edge-not-announced", "why=%s", far_err_name(err));
    sodium_memzero(data, sizeof(data));
    sodium_memzero(secret, sizeof(secret));
}

static struct edge_peer *peer_find(struct edge *edge, const char *name)
{
    for (size_t i = 0; i < edge->peers_len; i++)
        if (strcmp(edge->peers[i].edge, name) == 0) return &edge->peers[i];
    return NULL;
}

static void peer_put(struct edge *edge, const Farseat__V1__EdgeAddress *from)
{
    struct edge_peer peer = {.edge = ""};
    bool good = from->edge[0] && far_str_copy(peer.edge, sizeof(peer.edge), from->edge) &&
                far_str_copy(peer.sip_uri, sizeof(peer.sip_uri), from->sip_uri) &&
                far_str_unhex(from->link_secret, peer.secret, sizeof(peer.secret)) == FAR_OK;
    struct edge_peer *at = peer_find(edge, from->edge);
    if (good && !at && edge->peers_len < EDGE_PEERS_MAX) at = &edge->peers[edge->peers_len++];
    if (good && at)
        *at = peer;
    else
        FAR_WARN("edge-address-refused", "edge=%s", from->edge);
}

static void on_edge(void *context, enum far_kv_event event, const struct far_kv_entry *entry)
{
    struct edge *edge = context;
    if (event == FAR_KV_RESET) {
        edge->peers_len = 0;
        links_announce(edge);
    }
    if (event != FAR_KV_VALUE) return;
    if (entry->deleted) {
        struct edge_peer *peer = peer_find(edge, entry->key);
        if (peer) *peer = edge->peers[--edge->peers_len];
        return;
    }
    Farseat__V1__EdgeAddress *address = farseat__v1__edge_address__unpack(NULL, entry->data_len, entry->data);
    if (address && strcmp(address->edge, edge->name) != 0) peer_put(edge, address);
    farseat__v1__edge_address__free_unpacked(address, NULL);
}

void links_watch(struct edge *edge)
{
    links_announce(edge);
    if (far_kv_watch(edge->bus, FAR_BUCKET_EDGES, ">", on_edge, edge, &edge->edges_watch) != FAR_OK)
        far_service_fail(edge->service, "the bucket of edges cannot be watched");
}

enum far_err links_header(struct edge *edge, const char *peer_edge, const char *leg_id, const char *bridge_id,
                          const char **ret_uri, char *ret_headers, size_t size)
{
    char value[LINK_HEADER_SIZE];
    struct link_header header = {.time_ms = far_clock_wall_us() / 1000};
    const struct edge_peer *peer = peer_find(edge, peer_edge);
    if (!peer) return FAR_ENOTFOUND;
    if (!far_str_copy(header.leg_id, sizeof(header.leg_id), leg_id) ||
        !far_str_copy(header.bridge_id, sizeof(header.bridge_id), bridge_id) ||
        !far_str_copy(header.edge, sizeof(header.edge), edge->name))
        return FAR_EINVAL;
    enum far_err err = link_header_write(&header, peer->secret, value);
    if (err != FAR_OK) return err;
    int len = snprintf(ret_headers, size, "X-Farseat-Link: %s\n", value);
    *ret_uri = peer->sip_uri;
    return len > 0 && (size_t)len < size ? FAR_OK : FAR_EFULL;
}

void links_invite(struct edge *edge, struct sip_event *event)
{
    struct link_header header;
    enum far_err err =
        link_header_read(event->request->link, edge->secret, far_clock_wall_us() / 1000, &header);
    if (err != FAR_OK || event->request->malformed) {
        edge_count(EDGE_M_FORBIDDEN);
        FAR_WARN("link-refused", "source=%s why=%s", event->request->source, far_err_name(err));
        struct sip_answer answer = {.status = err == FAR_EDENIED ? 403 : 400, .sdp = "", .headers = ""};
        sip_respond(edge->sip, event->call, &answer);
        return;
    }
    struct edge_call *call = call_new(edge, event->call, CALL_LINK);
    if (!call) {
        struct sip_answer answer = {.status = 503, .sdp = "", .headers = ""};
        sip_respond(edge->sip, event->call, &answer);
        return;
    }
    call->incoming = true;
    call->delayed = event->delayed;
    call->offer = event->body;
    call->offer_len = event->body_len;
    event->body = NULL;
    struct edge_link_incoming incoming = {.call = event->call,
                                          .leg_id = header.leg_id,
                                          .bridge_id = header.bridge_id,
                                          .peer_edge = header.edge};
    edge_core_link_incoming(edge->core, edge_now_ms(edge), &incoming);
}
