/* SPDX-License-Identifier: Apache-2.0 */
#include "stack.h"
#include "far/index.h"
#include "far/log.h"
#include "far/str.h"
#include <sofia-sip/nta_tag.h>
#include <sofia-sip/tport_tag.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HELD_RETRY_MS 20
#define STOP_MS       2000

/* ---- events out ---------------------------------------------------------------------------------------- */

struct posted *stack_event(struct sip *sip, enum sip_event_kind kind, uint64_t call)
{
    struct posted *posted = calloc(1, sizeof(*posted));
    if (!posted) {
        atomic_fetch_add(&sip->errors, 1);
        return NULL;
    }
    posted->sip = sip;
    posted->event.kind = kind;
    posted->event.call = call;
    posted->event.cause = "";
    return posted;
}

static void posted_free(struct posted *posted)
{
    free(posted->event.request);
    free(posted->event.body);
    free(posted);
}

static void sip_free(struct sip *sip)
{
    pthread_mutex_destroy(&sip->lock);
    pthread_cond_destroy(&sip->ready);
    far_index_destroy(sip->calls);
    far_index_destroy(sip->saved);
    free(sip);
}

/* On the loop. The last one after sip_destroy() frees the object. */
static void deliver(void *arg)
{
    struct posted *posted = arg;
    struct sip *sip = posted->sip;
    if (!sip->closed) sip->config.on_event(sip->config.context, &posted->event);
    posted_free(posted);
    if (atomic_fetch_sub(&sip->posted, 1) == 1 && sip->closed) sip_free(sip);
}

static bool post_now(struct posted *posted)
{
    atomic_fetch_add(&posted->sip->posted, 1);
    if (far_loop_post(posted->sip->config.loop, deliver, posted) == FAR_OK) return true;
    atomic_fetch_sub(&posted->sip->posted, 1);
    return false;
}

static void on_held(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
    struct sip *sip = arg;
    (void)magic;
    while (sip->held_first) {
        struct posted *posted = sip->held_first;
        struct posted *next = posted->next;
        posted->next = NULL;
        if (!post_now(posted)) {
            posted->next = next;
            (void)su_timer_set_interval(timer, on_held, sip, HELD_RETRY_MS);
            return;
        }
        sip->held_first = next;
    }
    sip->held_last = NULL;
}

void stack_post(struct posted *posted)
{
    struct sip *sip = posted->sip;
    if (!sip->held_first && post_now(posted)) return;
    if (!sip->held_first) (void)su_timer_set_interval(sip->held_timer, on_held, sip, HELD_RETRY_MS);
    if (sip->held_last)
        sip->held_last->next = posted;
    else
        sip->held_first = posted;
    sip->held_last = posted;
}

/* ---- orders in ----------------------------------------------------------------------------------------- */

void order_free(struct order *order)
{
    if (!order) return;
    free(order->headers);
    free(order->body);
    free(order->content_type);
    free(order->reason);
    free(order->from);
    free(order->to);
    free(order->features);
    for (size_t i = 0; i < order->targets_len; i++) {
        free(order->uris[i]);
        free(order->routes[i]);
        free(order->bodies[i]);
    }
    free(order);
}

static void on_order(struct sip *magic, su_msg_r msg, struct order **arg)
{
    struct order *order = *arg;
    struct sip *sip = order->sip;
    (void)magic;
    (void)msg;
    atomic_fetch_sub(&sip->orders, 1);
    order_run(sip, order);
    order_free(order);
}

/* Any thread. The order is taken over in any case. */
static void send_order(struct sip *sip, struct order *order)
{
    su_msg_r msg = SU_MSG_R_INIT;
    if (!order) {
        atomic_fetch_add(&sip->orders_lost, 1);
        return;
    }
    order->sip = sip;
    if (atomic_fetch_add(&sip->orders, 1) >= ORDERS_MAX ||
        su_msg_create(msg, su_root_task(sip->root), su_task_null, on_order, sizeof(order)) != 0) {
        atomic_fetch_sub(&sip->orders, 1);
        atomic_fetch_add(&sip->orders_lost, 1);
        FAR_ERROR("sip-order-lost", "kind=%d", (int)order->kind);
        order_free(order);
        return;
    }
    *su_msg_data(msg) = order;
    (void)su_msg_send(msg);
}

static struct order *new_order(enum order_kind kind, uint64_t call)
{
    struct order *order = calloc(1, sizeof(*order));
    if (!order) return NULL;
    order->kind = kind;
    order->call = call;
    return order;
}

static char *copy(const char *text)
{
    return text && text[0] ? strdup(text) : NULL;
}

void sip_register_reply(struct sip *sip, uint64_t token, const struct sip_register_reply *reply)
{
    struct order *order = new_order(ORDER_REGISTER_REPLY, 0);
    if (order) {
        order->token = token;
        order->status = reply->status;
        order->headers = copy(reply->headers);
    }
    send_order(sip, order);
}

void sip_respond(struct sip *sip, uint64_t call, const struct sip_answer *answer)
{
    struct order *order = new_order(ORDER_RESPOND, call);
    if (order) {
        order->status = answer->status;
        order->body = copy(answer->sdp);
        order->headers = copy(answer->headers);
        order->routes[0] = copy(answer->route);
        order->targets_len = 1;
    }
    send_order(sip, order);
}

void sip_offer_reply(struct sip *sip, uint64_t call, uint64_t token, uint32_t status, const char *sdp)
{
    struct order *order = new_order(ORDER_OFFER_REPLY, call);
    if (order) {
        order->token = token;
        order->status = status;
        order->body = copy(sdp);
    }
    send_order(sip, order);
}

/* The user part and display name of a From, without what could leave its place. */
static char *from_header(struct sip *sip, const char *user, const char *name)
{
    char safe_user[SIP_TEXT_SIZE] = "", safe_name[SIP_TEXT_SIZE] = "", text[SIP_TEXT_SIZE * 3];
    size_t len = 0;
    for (const char *c = user; *c && len + 1 < sizeof(safe_user); c++)
        if ((*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
            strchr("+-_.*", *c))
            safe_user[len++] = *c;
    len = 0;
    for (const char *c = name; *c && len + 1 < sizeof(safe_name); c++)
        if ((unsigned char)*c >= ' ' && *c != '"' && *c != '\\' && *c != 0x7f) safe_name[len++] = *c;
    (void)snprintf(text, sizeof(text), "\"%s\" <sip:%s@%s>", safe_name,
                   safe_user[0] ? safe_user : "anonymous", sip->advertised_ip);
    return strdup(text);
}

void sip_dial(struct sip *sip, const struct sip_dial *dial)
{
    struct order *order = new_order(ORDER_DIAL, dial->call);
    if (order) {
        order->from = from_header(sip, dial->from_user, dial->from_name);
        order->to = copy(dial->to);
        order->headers = copy(dial->headers);
        order->content_type = copy(dial->content_type);
        order->body = copy(dial->body);
        order->features = copy(dial->features);
        order->dead_ms = dial->dead_ms ? dial->dead_ms : SIP_DEAD_MS;
        for (size_t i = 0; i < dial->targets_len && i < SIP_TARGETS_MAX; i++) {
            order->uris[i] = copy(dial->targets[i].uri);
            order->routes[i] = copy(dial->targets[i].route);
            order->bodies[i] = copy(dial->targets[i].body);
            order->can_talk[i] = dial->targets[i].can_talk;
            order->targets_len = i + 1;
        }
    }
    send_order(sip, order);
}

void sip_hangup(struct sip *sip, uint64_t call, uint32_t status, const char *reason)
{
    struct order *order = new_order(ORDER_HANGUP, call);
    if (order) {
        order->status = status;
        order->reason = copy(reason);
    }
    send_order(sip, order);
}

void sip_ping(struct sip *sip, uint64_t token, const char *uri)
{
    struct order *order = new_order(ORDER_PING, 0);
    if (order) {
        order->token = token;
        order->uris[0] = copy(uri);
        order->targets_len = 1;
    }
    send_order(sip, order);
}

void sip_talk(struct sip *sip, uint64_t call)
{
    send_order(sip, new_order(ORDER_TALK, call));
}

void sip_counts(const struct sip *sip, struct sip_counts *ret_counts)
{
    *ret_counts = (struct sip_counts){.requests = atomic_load(&sip->requests),
                                      .refused = atomic_load(&sip->refused),
                                      .errors = atomic_load(&sip->errors),
                                      .orders_lost = atomic_load(&sip->orders_lost),
                                      .calls = atomic_load(&sip->calls_len)};
}

/* ---- the thread ---------------------------------------------------------------------------------------- */

static void quiet(void *stream, char const *format, va_list args)
{
    char line[512];
    (void)stream;
    (void)vsnprintf(line, sizeof(line), format, args);
    line[strcspn(line, "\r\n")] = '\0';
    FAR_DEBUG("sofia", "text=%s", line);
}

static nua_t *create_nua(struct sip *sip)
{
    char url[256];
    bool same = strcmp(sip->listen_ip, sip->advertised_ip) == 0;
    if (same)
        (void)snprintf(url, sizeof(url), "sip:%s:%u", sip->listen_ip, sip->config.port);
    else
        (void)snprintf(url, sizeof(url), "sip:%s:%u;maddr=%s", sip->advertised_ip, sip->config.port,
                       sip->listen_ip);
    return nua_create(
        sip->root, dialog_event, sip, NUTAG_URL(url), NUTAG_MEDIA_ENABLE(0), NUTAG_AUTOACK(0),
        NUTAG_AUTOANSWER(0), NUTAG_AUTOALERT(0), NUTAG_AUTO302(0),
        SIPTAG_ALLOW_STR("INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, UPDATE, INFO, REFER, NOTIFY, PRACK"),
        NUTAG_APPL_METHOD("REGISTER, INVITE, UPDATE, INFO, REFER"), NUTAG_SESSION_TIMER(1800),
        NUTAG_MIN_SE(90), NUTAG_UPDATE_REFRESH(1), SIPTAG_USER_AGENT_STR(sip->user_agent),
        NTATAG_SERVER_RPORT(2), NTATAG_MAXSIZE(SIP_BODY_MAX + 16384), TPTAG_REUSE(1), TAG_END());
}

static void on_stop(su_root_magic_t *magic, su_timer_t *timer, su_timer_arg_t *arg)
{
    struct sip *sip = arg;
    (void)magic;
    (void)timer;
    su_root_break(sip->root);
}

/* What still lives is told to end, but nobody waits long for it: who stops has drained before. */
void stack_stop(struct sip *sip)
{
    sip->stopping = true;
    (void)su_timer_set_interval(sip->stop_timer, on_stop, sip, STOP_MS);
    nua_shutdown(sip->nua);
}

static void report_start(struct sip *sip, int started)
{
    pthread_mutex_lock(&sip->lock);
    sip->started = started;
    pthread_cond_signal(&sip->ready);
    pthread_mutex_unlock(&sip->lock);
}

static void *run(void *arg)
{
    struct sip *sip = arg;
    su_init();
    su_log_set_level(NULL, 0);
    su_log_redirect(NULL, quiet, NULL);
    su_home_init(sip->home);
    sip->root = su_root_create(sip);
    if (sip->root) {
        su_root_threading(sip->root, 0);
        sip->held_timer = su_timer_create(su_root_task(sip->root), 0);
        sip->stop_timer = su_timer_create(su_root_task(sip->root), 0);
        sip->nua = create_nua(sip);
    }
    bool good = sip->nua && sip->held_timer && sip->stop_timer;
    report_start(sip, good ? 1 : -1);
    if (good) su_root_run(sip->root);
    if (sip->held_timer) su_timer_destroy(sip->held_timer);
    if (sip->stop_timer) su_timer_destroy(sip->stop_timer);
    if (sip->nua) nua_destroy(sip->nua);
    if (sip->root) su_root_destroy(sip->root);
    su_home_deinit(sip->home);
    return NULL;
}

static enum far_err start_thread(struct sip *sip)
{
    if (pthread_create(&sip->thread, NULL, run, sip) != 0) return FAR_EIO;
    pthread_mutex_lock(&sip->lock);
    while (sip->started == 0)
        pthread_cond_wait(&sip->ready, &sip->lock);
    int started = sip->started;
    pthread_mutex_unlock(&sip->lock);
    if (started > 0) return FAR_OK;
    pthread_join(sip->thread, NULL);
    FAR_ERROR("sip-not-listening", "address=%s:%u remedy=%s", sip->listen_ip, sip->config.port,
              "the port may be taken, or the address not of this host: change sip.listen");
    return FAR_EIO;
}

enum far_err sip_create(const struct sip_config *config, struct sip **ret_sip)
{
    if (!config->on_event || !config->loop || config->calls_max == 0 || !config->listen_ip) return FAR_EINVAL;
    struct sip *sip = calloc(1, sizeof(*sip));
    if (!sip) return FAR_ENOMEM;
    sip->config = *config;
    (void)far_str_copy(sip->listen_ip, sizeof(sip->listen_ip), config->listen_ip);
    bool advertised = config->advertised_ip && config->advertised_ip[0];
    (void)far_str_copy(sip->advertised_ip, sizeof(sip->advertised_ip),
                       advertised ? config->advertised_ip : config->listen_ip);
    (void)far_str_copy(sip->user_agent, sizeof(sip->user_agent), config->user_agent);
    pthread_mutex_init(&sip->lock, NULL);
    pthread_cond_init(&sip->ready, NULL);
    enum far_err err = far_index_create(config->calls_max, 0, 1, &sip->calls);
    if (err == FAR_OK) err = far_index_create(SAVED_MAX, 0, 2, &sip->saved);
    if (err == FAR_OK) err = start_thread(sip);
    if (err != FAR_OK) {
        sip_free(sip);
        return err;
    }
    *ret_sip = sip;
    return FAR_OK;
}

struct sip *sip_destroy(struct sip *sip)
{
    if (!sip) return NULL;
    send_order(sip, new_order(ORDER_STOP, 0));
    pthread_join(sip->thread, NULL);
    while (sip->held_first) {
        struct posted *next = sip->held_first->next;
        posted_free(sip->held_first);
        sip->held_first = next;
    }
    sip->closed = true;
    if (atomic_load(&sip->posted) == 0) sip_free(sip);
    return NULL;
}
