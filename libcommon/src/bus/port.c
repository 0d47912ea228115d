/* SPDX-License-Identifier: Apache-2.0 */
#include "bus/port.h"
#include "bus/arrivals.h"
#include "bus/private.h"
#include "far/clock.h"
#include "far/list.h"
#include "far/log.h"
#include "far/nkey.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT_MS 1000
#define CONNECT_PAUSE_MS   500 /* between attempts before the first success */
#define RECONNECT_WAIT_MS  250
#define WRITE_DEADLINE_MS  1000
#define CLOSE_FLUSH_MS     1000
#define SERVERS_MAX        8

enum op_kind { OP_PUBLISH, OP_SUBSCRIBE, OP_UNSUBSCRIBE };
struct op {
    struct op *next;
    enum op_kind kind;
    natsMsg *msg;
    size_t bytes;
    uint64_t id;
    struct standing *standing;
};
/* A subscription that stands; only the writer touches it. */
struct standing {
    struct far_list link;
    uint64_t id;
    char *subject;
    char *queue_group; /* or NULL */
    natsSubscription *subscription;
};
/* What a call back of the library needs; freed when it says that there will be no more. */
struct closure {
    struct far_arrivals *arrivals;
    uint64_t id;
};

struct far_port {
    struct far_port_config config;
    struct far_arrivals *arrivals;
    natsOptions *options;
    pthread_t writer;
    pthread_mutex_t lock; /* of the queue */
    pthread_cond_t filled;
    struct op *head, **tail;
    uint32_t len;
    size_t bytes;
    bool quit;
    _Atomic bool closed;        /* the library gave the connection up */
    natsConnection *connection; /* the writer's */
    struct far_list standing;   /* the writer's */
};

/* ---- What the library calls, on its threads ------------------------------------------------------------ */

static void on_msg(natsConnection *connection, natsSubscription *subscription, natsMsg *msg, void *closure)
{
    struct closure *to = closure;
    (void)connection;
    (void)subscription;
    far_arrivals_put(to->arrivals, FAR_ARRIVAL_MSG, to->id, msg);
}

static void on_complete(void *closure)
{
    struct closure *to = closure;
    far_arrivals_unref(to->arrivals);
    free(to);
}

static void on_disconnected(natsConnection *connection, void *closure)
{
    const char *text = "";
    (void)natsConnection_GetLastError(connection, &text);
    struct far_port *port = closure;
    pthread_mutex_lock(&port->lock);
    bool wanted = port->quit;
    pthread_mutex_unlock(&port->lock);
    if (!wanted) FAR_WARN("bus-disconnected", "url=%s text=%s", port->config.url, text ? text : "");
    far_arrivals_put(port->arrivals, FAR_ARRIVAL_DISCONNECTED, 0, NULL);
}

static void on_reconnected(natsConnection *connection, void *closure)
{
    struct far_port *port = closure;
    (void)connection;
    far_arrivals_put(port->arrivals, FAR_ARRIVAL_CONNECTED, 0, NULL);
}

static void on_closed(natsConnection *connection, void *closure)
{
    struct far_port *port = closure;
    (void)connection;
    pthread_mutex_lock(&port->lock);
    atomic_store(&port->closed, true);
    pthread_cond_signal(&port->filled);
    pthread_mutex_unlock(&port->lock);
}

static void on_error(natsConnection *connection, natsSubscription *subscription, natsStatus status,
                     void *closure)
{
    struct far_port *port = closure;
    const char *text = "";
    (void)subscription;
    (void)natsConnection_GetLastError(connection, &text);
    if (status == NATS_NOT_PERMITTED) {
        far_metric_add(&far_bus_metrics[BUS_M_DENIED], 1);
        FAR_ERROR("bus-permission-denied", "user=%s text=%s remedy=%s", port->config.name, text ? text : "",
                  "far-tables nats-permissions shows what the user may do");
        return;
    }
    FAR_WARN("bus-error", "status=%s text=%s", natsStatus_GetText(status), text ? text : "");
}

/* ---- The writer ---------------------------------------------------------------------------------------- */

static void standing_free(struct standing *standing)
{
    natsSubscription_Destroy(standing->subscription);
    free(standing->subject);
    free(standing->queue_group);
    free(standing);
}

static void subscribe(struct far_port *port, struct standing *standing)
{
    struct closure *to = malloc(sizeof(*to));
    if (!to) return;
    *to = (struct closure){.arrivals = far_arrivals_ref(port->arrivals), .id = standing->id};
    natsStatus status =
        standing->queue_group
            ? natsConnection_QueueSubscribe(&standing->subscription, port->connection, standing->subject,
                                            standing->queue_group, on_msg, to)
            : natsConnection_Subscribe(&standing->subscription, port->connection, standing->subject, on_msg,
                                       to);
    if (status != NATS_OK) {
        FAR_ERROR("bus-subscribe-failed", "subject=%s text=%s", standing->subject,
                  natsStatus_GetText(status));
        on_complete(to);
        return;
    }
    (void)natsSubscription_SetPendingLimits(standing->subscription, -1, -1); /* arrivals has the limit */
    (void)natsSubscription_SetOnCompleteCB(standing->subscription, on_complete, to);
}

static void run_op(struct far_port *port, struct op *op)
{
    if (op->kind == OP_PUBLISH) {
        natsStatus status = port->connection ? natsConnection_PublishMsg(port->connection, op->msg)
                                             : NATS_CONNECTION_DISCONNECTED;
        if (status != NATS_OK) far_metric_add(&far_bus_metrics[BUS_M_REFUSED], 1);
        natsMsg_Destroy(op->msg);
    } else if (op->kind == OP_SUBSCRIBE) {
        far_list_append(&port->standing, &op->standing->link);
        if (port->connection) subscribe(port, op->standing);
    } else {
        for (struct far_list *at = port->standing.next; at != &port->standing; at = at->next) {
            struct standing *standing = FAR_LIST_ITEM(at, struct standing, link);
            if (standing->id != op->id) continue;
            far_list_remove(&standing->link);
            standing_free(standing);
            break;
        }
    }
    free(op);
}

static void run_ops(struct far_port *port, struct op *op)
{
    while (op) {
        struct op *next = op->next;
        run_op(port, op);
        op = next;
    }
}

static struct op *take_all_locked(struct far_port *port)
{
    struct op *ops = port->head;
    port->head = NULL;
    port->tail = &port->head;
    port->len = 0;
    port->bytes = 0;
    return ops;
}

/* Wait for work, or for wait_ms (0: for ever). */
static struct op *wait_ops(struct far_port *port, uint32_t wait_ms, bool *ret_quit)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(wait_ms / 1000);
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&port->lock);
    while (!port->head && !port->quit && !atomic_load(&port->closed)) {
        if (wait_ms == 0)
            pthread_cond_wait(&port->filled, &port->lock);
        else if (pthread_cond_timedwait(&port->filled, &port->lock, &until) != 0)
            break;
    }
    struct op *ops = take_all_locked(port);
    *ret_quit = port->quit;
    pthread_mutex_unlock(&port->lock);
    return ops;
}

static void disconnect(struct far_port *port)
{
    for (struct far_list *at = port->standing.next; at != &port->standing; at = at->next) {
        struct standing *standing = FAR_LIST_ITEM(at, struct standing, link);
        natsSubscription_Destroy(standing->subscription);
        standing->subscription = NULL;
    }
    if (!port->connection) return;
    natsConnection_Close(port->connection);
    /* Its last call back says that no other one will use this port. */
    pthread_mutex_lock(&port->lock);
    while (!atomic_load(&port->closed))
        pthread_cond_wait(&port->filled, &port->lock);
    pthread_mutex_unlock(&port->lock);
    natsConnection_Destroy(port->connection);
    port->connection = NULL;
}

static void connect_once(struct far_port *port)
{
    atomic_store(&port->closed, false);
    natsStatus status = natsConnection_Connect(&port->connection, port->options);
    if (status != NATS_OK) {
        port->connection = NULL;
        FAR_WARN("bus-connect-failed", "url=%s user=%s text=%s", port->config.url, port->config.name,
                 natsStatus_GetText(status));
        return;
    }
    for (struct far_list *at = port->standing.next; at != &port->standing; at = at->next)
        subscribe(port, FAR_LIST_ITEM(at, struct standing, link));
    far_arrivals_put(port->arrivals, FAR_ARRIVAL_CONNECTED, 0, NULL);
}

static void *writer_main(void *arg)
{
    struct far_port *port = arg;
    bool quit = false;
    uint64_t retry_at_ms = 0;
    while (!quit) {
        if (port->connection && atomic_load(&port->closed)) disconnect(port);
        if (!port->connection && far_clock_mono_ms() >= retry_at_ms) {
            connect_once(port);
            retry_at_ms = far_clock_mono_ms() + CONNECT_PAUSE_MS;
        }
        run_ops(port, wait_ops(port, port->connection ? 0 : CONNECT_PAUSE_MS / 5, &quit));
    }
    if (port->connection && natsConnection_Status(port->connection) == NATS_CONN_STATUS_CONNECTED)
        (void)natsConnection_FlushTimeout(port->connection, CLOSE_FLUSH_MS);
    disconnect(port);
    nats_ReleaseThreadMemory();
    return NULL;
}

/* ---- The loop's side ----------------------------------------------------------------------------------- */

static void on_arrival(void *ctx, const struct far_arrival *arrival)
{
    struct far_port *port = ctx;
    if (arrival->kind == FAR_ARRIVAL_MSG)
        port->config.msg_fn(port->config.ctx, arrival->subscription, arrival->msg);
    else
        port->config.state_fn(port->config.ctx, arrival->kind == FAR_ARRIVAL_CONNECTED);
}

static natsStatus set_servers(natsOptions *options, const char *url)
{
    const char *servers[SERVERS_MAX];
    int count = 0;
    char *copy = strdup(url);
    char *save = NULL;
    if (!copy) return NATS_NO_MEMORY;
    for (char *at = strtok_r(copy, ", ", &save); at && count < SERVERS_MAX; at = strtok_r(NULL, ", ", &save))
        servers[count++] = at;
    natsStatus status = count > 0 ? natsOptions_SetServers(options, servers, count) : NATS_INVALID_ARG;
    free(copy);
    return status;
}

static natsStatus set_credentials(natsOptions *options, const struct far_port_config *config)
{
    char public_key[FAR_NKEY_PUBLIC_SIZE];
    if (!config->nkey_file) return NATS_OK;
    if (far_nkey_public_of_file(config->nkey_file, public_key) != FAR_OK) return NATS_INVALID_ARG;
    return natsOptions_SetNKeyFromSeed(options, public_key, config->nkey_file);
}

/* Options that cannot fail on good arguments are checked together. */
static natsStatus set_behaviour(natsOptions *options, struct far_port *port)
{
    natsStatus s = natsOptions_SetName(options, port->config.name);
    if (s == NATS_OK) s = natsOptions_SetCustomInboxPrefix(options, port->config.inbox_prefix);
    if (s == NATS_OK) s = natsOptions_SetSendAsap(options, true);
    if (s == NATS_OK) s = natsOptions_UseGlobalMessageDelivery(options, true);
    if (s == NATS_OK) s = natsOptions_SetTimeout(options, CONNECT_TIMEOUT_MS);
    if (s == NATS_OK) s = natsOptions_SetWriteDeadline(options, WRITE_DEADLINE_MS);
    if (s == NATS_OK) s = natsOptions_SetPingInterval(options, 2000);
    if (s == NATS_OK) s = natsOptions_SetMaxPingsOut(options, 2);
    if (s == NATS_OK) s = natsOptions_SetMaxReconnect(options, -1);
    if (s == NATS_OK) s = natsOptions_SetReconnectWait(options, RECONNECT_WAIT_MS);
    if (s == NATS_OK) s = natsOptions_SetReconnectJitter(options, 50, 50);
    if (s == NATS_OK) s = natsOptions_SetReconnectBufSize(options, 1); /* nothing is kept: see bus.h */
    if (s == NATS_OK) s = natsOptions_SetDisconnectedCB(options, on_disconnected, port);
    if (s == NATS_OK) s = natsOptions_SetReconnectedCB(options, on_reconnected, port);
    if (s == NATS_OK) s = natsOptions_SetClosedCB(options, on_closed, port);
    if (s == NATS_OK) s = natsOptions_SetErrorHandler(options, on_error, port);
    return s;
}

static enum far_err make_options(struct far_port *port)
{
    const struct far_port_config *config = &port->config;
    natsStatus status = natsOptions_Create(&port->options);
    if (status != NATS_OK) return FAR_ENOMEM;
    status = set_servers(port->options, config->url);
    if (status != NATS_OK) {
        FAR_ERROR("bus-config", "url=%s text=%s", config->url, "must be nats://host:port");
        return FAR_EINVAL;
    }
    if (set_credentials(port->options, config) != NATS_OK) {
        FAR_ERROR("bus-config", "nkey_file=%s text=%s", config->nkey_file,
                  "must be a readable file with a user's nkey seed (SU...)");
        return FAR_EINVAL;
    }
    return set_behaviour(port->options, port) == NATS_OK ? FAR_OK : FAR_ENOMEM;
}

static void port_free(struct far_port *port)
{
    natsOptions_Destroy(port->options);
    while (!far_list_empty(&port->standing)) {
        struct standing *standing = FAR_LIST_ITEM(port->standing.next, struct standing, link);
        far_list_remove(&standing->link);
        standing_free(standing);
    }
    if (port->arrivals) far_arrivals_close(port->arrivals);
    pthread_cond_destroy(&port->filled);
    pthread_mutex_destroy(&port->lock);
    free((char *)(uintptr_t)port->config.url);
    free((char *)(uintptr_t)port->config.nkey_file);
    free((char *)(uintptr_t)port->config.name);
    free((char *)(uintptr_t)port->config.inbox_prefix);
    free(port);
}

static bool copy_config(struct far_port *port, const struct far_port_config *config)
{
    port->config = *config;
    port->config.url = strdup(config->url);
    port->config.nkey_file = config->nkey_file ? strdup(config->nkey_file) : NULL;
    port->config.name = strdup(config->name);
    port->config.inbox_prefix = strdup(config->inbox_prefix);
    return port->config.url && port->config.name && port->config.inbox_prefix &&
           (!config->nkey_file || port->config.nkey_file);
}

enum far_err far_port_create(const struct far_port_config *config, struct far_loop *loop,
                             struct far_port **ret_port)
{
    struct far_port *port = calloc(1, sizeof(*port));
    if (!port) return FAR_ENOMEM;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&port->filled, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&port->lock, NULL);
    port->tail = &port->head;
    far_list_init(&port->standing);
    enum far_err err = copy_config(port, config) ? FAR_OK : FAR_ENOMEM;
    if (err == FAR_OK)
        err = far_arrivals_create(loop, config->queue_len_max, config->queue_bytes_max, on_arrival, port,
                                  &port->arrivals);
    if (err == FAR_OK) err = make_options(port);
    if (err == FAR_OK && pthread_create(&port->writer, NULL, writer_main, port) != 0) err = FAR_ENOMEM;
    if (err != FAR_OK) {
        port_free(port);
        return err;
    }
    (void)pthread_setname_np(port->writer, "bus-writer");
    *ret_port = port;
    return FAR_OK;
}

struct far_port *far_port_destroy(struct far_port *port)
{
    if (!port) return NULL;
    pthread_mutex_lock(&port->lock);
    port->quit = true;
    pthread_cond_signal(&port->filled);
    pthread_mutex_unlock(&port->lock);
    pthread_join(port->writer, NULL);
    port_free(port);
    return NULL;
}

static enum far_err put_op(struct far_port *port, const struct op *op)
{
    struct op *copy = malloc(sizeof(*copy));
    if (!copy) return FAR_ENOMEM;
    *copy = *op;
    pthread_mutex_lock(&port->lock);
    bool full = op->kind == OP_PUBLISH && (port->len >= port->config.queue_len_max ||
                                           port->bytes + op->bytes > port->config.queue_bytes_max);
    if (!full) {
        *port->tail = copy;
        port->tail = &copy->next;
        port->len++;
        port->bytes += op->bytes;
        if (port->len == 1) pthread_cond_signal(&port->filled);
    }
    pthread_mutex_unlock(&port->lock);
    if (full) {
        free(copy);
        far_metric_add(&far_bus_metrics[BUS_M_REFUSED], 1);
        return FAR_EFULL;
    }
    return FAR_OK;
}

enum far_err far_port_publish(struct far_port *port, natsMsg *msg)
{
    return put_op(
        port,
        &(struct op){.kind = OP_PUBLISH, .msg = msg, .bytes = (size_t)natsMsg_GetDataLength(msg) + 256});
}

enum far_err far_port_subscribe(struct far_port *port, uint64_t id, const char *subject,
                                const char *queue_group)
{
    struct standing *standing = calloc(1, sizeof(*standing));
    if (!standing) return FAR_ENOMEM;
    standing->id = id;
    standing->subject = strdup(subject);
    standing->queue_group = queue_group ? strdup(queue_group) : NULL;
    enum far_err err = standing->subject && (!queue_group || standing->queue_group) ? FAR_OK : FAR_ENOMEM;
    if (err == FAR_OK) err = put_op(port, &(struct op){.kind = OP_SUBSCRIBE, .standing = standing});
    if (err != FAR_OK) standing_free(standing);
    return err;
}

void far_port_unsubscribe(struct far_port *port, uint64_t id)
{
    /* Without memory for the op the subscription stays; what arrives for an unknown id is dropped. */
    (void)!put_op(port, &(struct op){.kind = OP_UNSUBSCRIBE, .id = id});
}
