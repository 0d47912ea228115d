/* SPDX-License-Identifier: Apache-2.0 */
#include "edge.h"
#include "far/log.h"
#include "far/str.h"
#include "far/utf8.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- media: its threads must never be held up, so events wait in a list that the loop empties -------------
 */

struct letter {
    struct media_event event;
    struct letter *next;
};
struct mailbox {
    pthread_mutex_t lock;
    struct letter *first, *last;
    bool posted; /* the loop knows */
    bool closed;
    struct edge *edge;
};

enum far_err hear_media_create(struct edge *edge)
{
    struct mailbox *mailbox = calloc(1, sizeof(*mailbox));
    if (!mailbox) return FAR_ENOMEM;
    pthread_mutex_init(&mailbox->lock, NULL);
    mailbox->edge = edge;
    edge->mailbox = mailbox;
    return FAR_OK;
}

static struct letter *take_all(struct mailbox *mailbox)
{
    pthread_mutex_lock(&mailbox->lock);
    struct letter *first = mailbox->first;
    mailbox->first = mailbox->last = NULL;
    mailbox->posted = false;
    pthread_mutex_unlock(&mailbox->lock);
    return first;
}

static void mailbox_free(struct mailbox *mailbox)
{
    for (struct letter *letter = take_all(mailbox); letter;) {
        struct letter *next = letter->next;
        free(letter);
        letter = next;
    }
    pthread_mutex_destroy(&mailbox->lock);
    free(mailbox);
}

/* After media_engine_destroy(). A post that is still on its way frees the box. */
void hear_media_destroy(struct edge *edge)
{
    struct mailbox *mailbox = edge->mailbox;
    if (!mailbox) return;
    edge->mailbox = NULL;
    pthread_mutex_lock(&mailbox->lock);
    bool posted = mailbox->posted;
    mailbox->closed = true;
    pthread_mutex_unlock(&mailbox->lock);
    if (!posted) mailbox_free(mailbox);
}

static enum edge_play_cause play_cause(enum media_play_cause cause)
{
    switch (cause) {
    case MEDIA_PLAY_FINISHED:
        return EDGE_PLAY_FINISHED;
    case MEDIA_PLAY_DIGIT:
        return EDGE_PLAY_DIGIT;
    case MEDIA_PLAY_STOPPED:
        return EDGE_PLAY_STOPPED;
    case MEDIA_PLAY_FAILED:
        break;
    }
    return EDGE_PLAY_FAILED;
}

/* Who has sent sound and sends nothing any more is gone without a BYE: a phone that crashed, a cable that was
 * cut. */
static void on_stats(struct edge *edge, const struct media_event *event)
{
    const struct media_stats *stats = &event->stats.stats;
    uint64_t alive_us =
        stats->rx_last_at_us > stats->rtcp_last_at_us ? stats->rx_last_at_us : stats->rtcp_last_at_us;
    if (stats->rx_packets == 0 || event->at_us <= alive_us) return;
    edge_core_media_silent(edge->core, edge_now_ms(edge), event->endpoint_id,
                           (event->at_us - alive_us) / 1000);
}

static void on_media(struct edge *edge, const struct media_event *event)
{
    uint64_t now_ms = edge_now_ms(edge);
    uint64_t call = event->endpoint_id;
    switch (event->kind) {
    case MEDIA_EV_PLAY_DONE:
        if (event->play.cause == MEDIA_PLAY_FAILED)
            FAR_WARN("play-failed", "call=%lu why=%s", call, event->play.text);
        edge_core_play_done(edge->core, now_ms, call, event->play.play_id, play_cause(event->play.cause),
                            event->play.text);
        return;
    case MEDIA_EV_DIGIT:
        edge_core_digit(edge->core, now_ms, call, event->digit.digit);
        return;
    case MEDIA_EV_CLOSED: {
        const struct media_stats *stats = &event->stats.stats;
        struct edge_sound sound = {.sound_gap_us_max = stats->play_gap_us_max,
                                   .packets_received = stats->rx_packets,
                                   .packets_sent = stats->tx_packets,
                                   .packets_lost = stats->rx_lost};
        edge_core_media_closed(edge->core, now_ms, call, &sound);
        return;
    }
    case MEDIA_EV_FORK_REFUSED:
        recorders_refused(edge, event->fork.fork_id);
        return;
    case MEDIA_EV_SECURE:
        browsers_sound(edge, event);
        return;
    case MEDIA_EV_STATS:
        on_stats(edge, event);
        return;
    }
}

void hear_media_pending(struct edge *edge)
{
    struct letter *letter = edge->mailbox ? take_all(edge->mailbox) : NULL;
    if (!letter) return;
    while (letter) {
        struct letter *next = letter->next;
        on_media(edge, &letter->event);
        free(letter);
        letter = next;
    }
    edge_touched(edge);
}

static void on_posted(void *arg)
{
    struct mailbox *mailbox = arg;
    if (mailbox->closed)
        mailbox_free(mailbox);
    else
        hear_media_pending(mailbox->edge);
}

void hear_media(void *context, const struct media_event *event)
{
    struct mailbox *mailbox = context;
    struct letter *letter = malloc(sizeof(*letter));
    if (!letter) return;
    letter->event = *event;
    letter->next = NULL;
    pthread_mutex_lock(&mailbox->lock);
    if (mailbox->last)
        mailbox->last->next = letter;
    else
        mailbox->first = letter;
    mailbox->last = letter;
    /* A full queue is no loss: the pulse looks here each half second. */
    if (!mailbox->posted) mailbox->posted = far_loop_post(mailbox->edge->loop, on_posted, mailbox) == FAR_OK;
    pthread_mutex_unlock(&mailbox->lock);
}

/* ---- what could not be done is told as an event, after the core's call has returned -----------------------
 */

enum later_kind { LATER_ENDED, LATER_CLOSED, LATER_PLAY_FAILED, LATER_RECORDING_LOST };
struct later {
    struct edge *edge;
    enum later_kind kind;
    uint64_t call, number;
    const char *cause; /* static */
    uint32_t status;
};

static void on_later(void *arg, uint64_t timer)
{
    struct later *later = arg;
    struct edge *edge = later->edge;
    uint64_t now_ms = edge_now_ms(edge);
    struct edge_end end = {.cause = later->cause, .sip_status = later->status};
    struct edge_sound silence = {0};
    (void)timer;
    switch (later->kind) {
    case LATER_ENDED: {
        struct edge_call *call = call_find(edge, later->call);
        if (call) call->ended = true;
        edge_core_ended(edge->core, now_ms, later->call, &end);
        break;
    }
    case LATER_CLOSED:
        edge_core_media_closed(edge->core, now_ms, later->call, &silence);
        break;
    case LATER_PLAY_FAILED:
        edge_core_play_done(edge->core, now_ms, later->call, later->number, EDGE_PLAY_FAILED, later->cause);
        break;
    case LATER_RECORDING_LOST:
        edge_core_recording_lost(edge->core, now_ms, later->number, later->cause, false);
        break;
    }
    free(later);
    edge_touched(edge);
}

static void later(struct edge *edge, struct later what)
{
    struct later *later = malloc(sizeof(*later));
    if (!later) return;
    *later = what;
    later->edge = edge;
    if (far_timer_start(edge->loop, 0, 0, on_later, later, NULL) == FAR_OK) return;
    FAR_ERROR("edge-timer-missing", "call=%lu", what.call); /* the core's own deadlines mend it */
    free(later);
}

void hear_ended_later(struct edge *edge, uint64_t call, const char *cause, uint32_t status)
{
    later(edge, (struct later){.kind = LATER_ENDED, .call = call, .cause = cause, .status = status});
}

void hear_closed_later(struct edge *edge, uint64_t call)
{
    later(edge, (struct later){.kind = LATER_CLOSED, .call = call, .cause = ""});
}

void hear_play_failed_later(struct edge *edge, uint64_t call, uint64_t play, const char *text)
{
    later(edge, (struct later){.kind = LATER_PLAY_FAILED, .call = call, .number = play, .cause = text});
}

void hear_recording_lost_later(struct edge *edge, uint64_t session, const char *cause)
{
    later(edge, (struct later){.kind = LATER_RECORDING_LOST, .number = session, .cause = cause});
}

/* ---- SIP -------------------------------------------------------------------------------------------------
 */

static void on_answered(struct edge *edge, struct edge_call *call, const struct sip_event *event)
{
    if (call->kind == CALL_SESSION) {
        recorders_answered(edge, call, event);
        return;
    }
    char address[EDGE_ADDRESS_SIZE];
    bool described_by_them = !call->incoming || call->delayed;
    const struct door_browser *browser = call->incoming ? NULL : browsers_find(edge, event->text);
    browsers_address(edge, event->text, address, sizeof(address));
    if (browser) call->browser = browser->id;
    call->browsers_len = 0;
    enum far_err err =
        described_by_them ? call_accept(edge, call, event->body, event->body_len, NULL) : FAR_OK;
    if (err != FAR_OK) {
        FAR_WARN("sdp-refused", "call=%lu why=%s", call->call, far_err_name(err));
        sip_hangup(edge->sip, call->call, 0, "no common codec");
        return;
    }
    if (call->secure && !call->secure_up) call->answered_ms = edge_now_ms(edge);
    edge_core_answered(edge->core, edge_now_ms(edge), call->call, call->incoming ? "" : address);
}

static void on_offer(struct edge *edge, struct edge_call *call, const struct sip_event *event)
{
    bool held = false;
    if (!call->media_open) {
        sip_offer_reply(edge->sip, call->call, event->token, 488, "");
        return;
    }
    enum far_err err =
        event->body ? call_answer(edge, call, event->body, event->body_len, &held) : call_offer(edge, call);
    if (err != FAR_OK) {
        sip_offer_reply(edge->sip, call->call, event->token, 488, "");
        return;
    }
    sip_offer_reply(edge->sip, call->call, event->token, 200, call->sdp);
    if (event->body && call->kind == CALL_LEG)
        edge_core_held(edge->core, edge_now_ms(edge), call->call, held);
}

static void on_offer_ack(struct edge *edge, struct edge_call *call, const struct sip_event *event)
{
    bool held = false;
    if (!call->media_open || call_accept(edge, call, event->body, event->body_len, &held) != FAR_OK) return;
    if (call->kind == CALL_LEG) edge_core_held(edge->core, edge_now_ms(edge), call->call, held);
}

static void on_ended(struct edge *edge, struct edge_call *call, const struct sip_event *event)
{
    if (call->kind == CALL_SESSION) {
        recorders_ended(edge, call, event);
        return;
    }
    struct edge_end end = {.cause = event->cause, .sip_status = event->status, .by_remote = event->by_remote};
    char phone[REGISTRAR_NAME_SIZE];
    bool dead = call->phone[0] && strcmp(event->cause, "unreachable") == 0;
    uint64_t id = call->call;
    (void)far_str_copy(phone, sizeof(phone), call->phone);
    call->ended = true;
    bool open = call->media_open;
    edge_core_ended(edge->core, edge_now_ms(edge), id, &end); /* closes the endpoint, and so frees the call */
    if (!open && call_find(edge, id)) call_free(edge, call);
    if (dead) phones_unreachable(edge, phone);
}

/* RFC 4733 is relayed by media itself. */
static void pass_digit_on(struct edge *edge, const struct sip_event *event)
{
    uint64_t peer = edge_core_peer(edge->core, event->call);
    if (peer == 0) return;
    enum far_err err = media_digit_send(edge->media, peer, event->digit, event->duration_ms);
    if (err != FAR_OK && err != FAR_ENOTFOUND) edge_count(EDGE_M_MEDIA_ERRORS);
}

static void on_call(struct edge *edge, struct sip_event *event)
{
    struct edge_call *call = call_find(edge, event->call);
    if (!call &&
        event->kind == SIP_EV_OFFER) /* it crossed our end; the request is kept until it is answered */
        sip_offer_reply(edge->sip, event->call, event->token, 481, "");
    if (!call) return;
    switch (event->kind) {
    case SIP_EV_RINGING:
        if (event->can_talk || call->can_talk) edge_core_can_talk(edge->core, event->call);
        edge_core_ringing(edge->core, edge_now_ms(edge), event->call);
        return;
    case SIP_EV_ANSWERED:
        on_answered(edge, call, event);
        return;
    case SIP_EV_OFFER:
        on_offer(edge, call, event);
        return;
    case SIP_EV_OFFER_ACK:
        on_offer_ack(edge, call, event);
        return;
    case SIP_EV_ENDED:
        on_ended(edge, call, event);
        return;
    case SIP_EV_DIGIT:
        pass_digit_on(edge, event);
        edge_core_digit(edge->core, edge_now_ms(edge), event->call, event->digit);
        return;
    case SIP_EV_REFER:
        far_utf8_mend(event->text);
        edge_core_referred(edge->core, edge_now_ms(edge), event->call, event->text);
        return;
    default:
        return;
    }
}

void hear_sip(void *context, struct sip_event *event)
{
    struct edge *edge = context;
    switch (event->kind) {
    case SIP_EV_REGISTER:
        phones_register(edge, event->token, event->request);
        break;
    case SIP_EV_INVITE:
        if (event->request->link[0] && !browsers_find(edge, event->request->source) &&
            !browsers_is_ghost(edge, event->request->source))
            links_invite(edge, event);
        else
            trunks_invite(edge, event);
        break;
    case SIP_EV_PONG:
        recorders_pong(edge, event);
        break;
    default:
        on_call(edge, event);
    }
    edge_touched(edge);
}
