/* SPDX-License-Identifier: Apache-2.0 */
/* The wave of a recording is asked of the instance that holds the part; a ticket lets a browser's own player,
 * which sends no header, have the sound of one recording for some minutes. */
#include "recordings.h"
#include "api.h"
#include "far/clock.h"
#include "far/pg_method.h"
#include "far/str.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "farseat/v1/api_recording.pb-c.h"
#include <stdlib.h>
#include <string.h>

#define LIST_MS  8000
#define PEAKS_MS 20000 /* it reads the whole part */

/* A recording that is asked about: found first, then used. */
struct asked {
    struct exchange *exchange;
    Farseat__V1__RecordingPeaksRequest *request;
    void (*found)(struct asked *asked, const Farseat__V1__RecordingPart *part);
};

static void asked_end(struct asked *asked)
{
    farseat__v1__recording_peaks_request__free_unpacked(asked->request, NULL);
    free(asked);
}

static void asked_fail(struct asked *asked, enum far_err err, const char *text)
{
    exchange_fail(asked->exchange, err, text);
    asked_end(asked);
}

static void listed(void *ctx, const struct far_bus_answer *answer)
{
    struct asked *asked = ctx;
    if (answer->err != FAR_OK) {
        asked_fail(asked, answer->err, answer->error_text);
        return;
    }
    const Farseat__V1__RecordingListReply *reply = (const Farseat__V1__RecordingListReply *)answer->message;
    uint32_t part = asked->request->part ? asked->request->part : 1;
    for (size_t i = 0; i < reply->n_parts; i++) {
        if (reply->parts[i]->part != part) continue;
        asked->found(asked, reply->parts[i]);
        return;
    }
    asked_fail(asked, FAR_ENOTFOUND, "no such recording, or no such part of it: see /api/v1/recordings");
}

/* Of a route that takes nothing but its path. */
static ProtobufCMessage *path_message(const struct exchange *exchange)
{
    Farseat__V1__RecordingPeaksRequest *request = far_message_alloc(sizeof(*request));
    farseat__v1__recording_peaks_request__init(request);
    request->recording_id = far_message_strdup(exchange_param(exchange, "recordingId"));
    return &request->base;
}

static void find(struct exchange *exchange,
                 void (*found)(struct asked *asked, const Farseat__V1__RecordingPart *part))
{
    ProtobufCMessage *message =
        exchange->route->request ? exchange_message(exchange) : path_message(exchange);
    if (!message) return;
    struct asked *asked = calloc(1, sizeof(*asked));
    if (!asked) {
        protobuf_c_message_free_unpacked(message, NULL);
        exchange_fail(exchange, FAR_ENOMEM, NULL);
        return;
    }
    *asked = (struct asked){exchange, (Farseat__V1__RecordingPeaksRequest *)message, found};
    Farseat__V1__RecordingListRequest request = FARSEAT__V1__RECORDING_LIST_REQUEST__INIT;
    request.recording_id = asked->request->recording_id;
    const struct far_method_row *row = &far_method_rows[FAR_METHOD_recording_List];
    const struct far_bus_question question = {.subject = row->subject,
                                              .message = &request.base,
                                              .reply_type = row->reply,
                                              .timeout_ms = LIST_MS,
                                              .fn = listed,
                                              .ctx = asked};
    enum far_err err = far_bus_ask(exchange->api->bus, &question, NULL);
    if (err != FAR_OK) asked_fail(asked, err, NULL);
}

/* ---- the wave ------------------------------------------------------------------------------------- */

static void peaks_came(void *ctx, const struct far_bus_answer *answer)
{
    struct asked *asked = ctx;
    if (answer->err != FAR_OK) {
        asked_fail(asked, answer->err, answer->error_text);
        return;
    }
    exchange_reply(asked->exchange, answer->message);
    asked_end(asked);
}

static void peaks_ask(struct asked *asked, const Farseat__V1__RecordingPart *part)
{
    char subject[FAR_BUS_SUBJECT_LEN_MAX + 1];
    if (far_subject_write(FAR_SUBJECT_API_RECORDING_PEAKS, subject, sizeof(subject), part->instance, NULL) !=
        FAR_OK) {
        asked_fail(asked, FAR_EIO, "the recording's instance has no name");
        return;
    }
    const struct far_bus_question question = {.subject = subject,
                                              .message = &asked->request->base,
                                              .reply_type = &farseat__v1__recording_peaks_reply__descriptor,
                                              .timeout_ms = PEAKS_MS,
                                              .fn = peaks_came,
                                              .ctx = asked};
    enum far_err err = far_bus_ask(asked->exchange->api->bus, &question, NULL);
    if (err != FAR_OK) asked_fail(asked, err, NULL);
}

void recordings_peaks(struct exchange *exchange)
{
    find(exchange, peaks_ask);
}

/* ---- the ticket ----------------------------------------------------------------------------------- */

static void ticket_give(struct asked *asked, const Farseat__V1__RecordingPart *part)
{
    struct exchange *exchange = asked->exchange;
    struct ticket ticket = {.identity = exchange->identity, .use = TICKET_USE_AUDIO};
    char text[TOKEN_TEXT_SIZE];
    enum far_err err =
        far_str_copy(ticket.about, sizeof(ticket.about), part->recording_id) ? FAR_OK : FAR_EIO;
    if (err == FAR_OK)
        err = ticket_write(exchange->api->token_key, &ticket, far_clock_wall_us() / 1000000,
                           RECORDINGS_TICKET_S, text);
    if (err != FAR_OK) {
        asked_fail(asked, err, NULL);
        return;
    }
    Farseat__V1__TicketReply reply = FARSEAT__V1__TICKET_REPLY__INIT;
    reply.ticket = text;
    reply.expires_in_s = RECORDINGS_TICKET_S;
    api_audit(exchange->api, &exchange->identity, exchange->client, "recording-ticket", part->recording_id,
              "ok");
    exchange_reply(exchange, &reply.base);
    asked_end(asked);
}

void recordings_ticket(struct exchange *exchange)
{
    find(exchange, ticket_give);
}
