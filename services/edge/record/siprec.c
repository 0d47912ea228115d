/* SPDX-License-Identifier: Apache-2.0 */
#include "siprec.h"
#include "far/str.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define SDP_SIZE 4096
#define BOUNDARY "farseat-siprec"

struct text {
    char *data;
    size_t len, size;
    bool full;
};

static void add(struct text *text, const char *format, ...) FAR_PRINTF(2, 3);
static void add(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text->data + text->len, text->size - text->len, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= text->size - text->len)
        text->full = true;
    else
        text->len += (size_t)len;
}

/* People's names go into XML. */
static void add_escaped(struct text *text, const char *value)
{
    for (const char *c = value; *c; c++) {
        const char *entity = *c == '&'   ? "&amp;"
                             : *c == '<' ? "&lt;"
                             : *c == '>' ? "&gt;"
                             : *c == '"' ? "&quot;"
                                         : NULL;
        if (entity)
            add(text, "%s", entity);
        else if ((unsigned char)*c >= ' ')
            add(text, "%c", *c);
    }
}

static void add_participant(struct text *text, int number, const char *user, const char *site,
                            const char *name)
{
    add(text, "  <participant participant_id=\"p%d\"><nameID aor=\"sip:", number);
    add_escaped(text, user[0] ? user : "anonymous");
    add(text, "@");
    add_escaped(text, site);
    add(text, "\"><name>");
    add_escaped(text, name);
    add(text, "</name></nameID></participant>\r\n");
}

static void add_metadata(struct text *text, const struct siprec_offer *offer)
{
    const char *id = offer->recording_id;
    add(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
              "<recording xmlns=\"urn:ietf:params:xml:ns:recording:1\">\r\n"
              "  <datamode>complete</datamode>\r\n");
    add(text, "  <session session_id=\"%s\"/>\r\n", id);
    add_participant(text, 1, offer->caller_number, offer->site, offer->caller_number);
    add_participant(text, 2, offer->agent_id, offer->site, offer->agent_name);
    for (int i = 1; i <= 2; i++)
        add(text, "  <stream stream_id=\"s%d\" session_id=\"%s\"><label>%d</label></stream>\r\n", i, id, i);
    add(text, "  <sessionrecordingassoc session_id=\"%s\"/>\r\n", id);
    for (int i = 1; i <= 2; i++)
        add(text,
            "  <participantsessionassoc participant_id=\"p%d\" session_id=\"%s\"/>\r\n"
            "  <participantstreamassoc "
            "participant_id=\"p%d\"><send>s%d</send><recv>s%d</recv></participantstreamassoc>\r\n",
            i, id, i, i, 3 - i);
    add(text,
        "  <contact xmlns=\"urn:farseat:recording:1\" contact_id=\"%s\" leg_id=\"%s\" segment_id=\"%s\" "
        "agent_id=\"%s\" "
        "queue_id=\"%s\" part=\"%u\"/>\r\n"
        "</recording>\r\n",
        offer->contact_id, offer->leg_id, offer->segment_id, offer->agent_id, offer->queue_id, offer->part);
}

static bool id_ok(const char *id)
{
    return strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == strlen(id);
}

static enum far_err write_sdp(const struct siprec_offer *offer, char *text, size_t *ret_len)
{
    struct far_sdp_local local = {.address = offer->address,
                                  .ports = {offer->left_port, offer->right_port},
                                  .ports_len = 2,
                                  .labels = {"1", "2"},
                                  .codecs = {FAR_CODEC_PCMA, FAR_CODEC_PCMU},
                                  .codecs_len = 2,
                                  .direction = FAR_SDP_SENDONLY,
                                  .session_id = offer->session_id,
                                  .session_version = 1};
    struct far_sdp sdp;
    enum far_err err = far_sdp_offer(&local, &sdp);
    return err == FAR_OK ? far_sdp_write(&sdp, text, SDP_SIZE, ret_len) : err;
}

enum far_err siprec_offer_write(const struct siprec_offer *offer, char ret_body[SIPREC_BODY_SIZE],
                                size_t *ret_len)
{
    char sdp[SDP_SIZE];
    size_t sdp_len = 0;
    struct text text = {.data = ret_body, .size = SIPREC_BODY_SIZE};
    if (!id_ok(offer->recording_id) || !id_ok(offer->contact_id) || !id_ok(offer->leg_id) ||
        !id_ok(offer->segment_id) || !id_ok(offer->agent_id) || !id_ok(offer->queue_id))
        return FAR_EINVAL;
    enum far_err err = write_sdp(offer, sdp, &sdp_len);
    if (err != FAR_OK) return err;
    add(&text, "--" BOUNDARY "\r\nContent-Type: application/sdp\r\n\r\n%s\r\n", sdp);
    add(&text, "--" BOUNDARY "\r\nContent-Type: application/rs-metadata+xml\r\n"
               "Content-Disposition: recording-session\r\n\r\n");
    add_metadata(&text, offer);
    add(&text, "\r\n--" BOUNDARY "--\r\n");
    if (text.full) return FAR_EFULL;
    *ret_len = text.len;
    return FAR_OK;
}

/* ---- the answer ---------------------------------------------------------------------------------------- */

static const char *find(const char *hay, const char *end, const char *needle)
{
    size_t len = strlen(needle);
    return hay < end && len > 0 ? memmem(hay, (size_t)(end - hay), needle, len) : NULL;
}

/* Whether the part's head names application/sdp. */
static bool head_is_sdp(const char *head, const char *end)
{
    for (const char *line = head; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t len = (size_t)((stop ? stop : end) - line);
        static const char name[] = "content-type:";
        if (len > sizeof(name) - 1 && strncasecmp(line, name, sizeof(name) - 1) == 0) {
            const char *value = line + sizeof(name) - 1;
            while (value < line + len && *value == ' ')
                value++;
            static const char type[] = "application/sdp";
            return (size_t)(line + len - value) >= sizeof(type) - 1 &&
                   strncasecmp(value, type, sizeof(type) - 1) == 0;
        }
        line = stop ? stop + 1 : end;
    }
    return false;
}

/* The SDP within a multipart body. */
static bool find_part(const char *boundary, const char *body, size_t len, const char **ret_sdp,
                      size_t *ret_len)
{
    char mark[80];
    const char *end = body + len;
    if (strlen(boundary) + 3 > sizeof(mark) || boundary[0] == '\0') return false;
    (void)snprintf(mark, sizeof(mark), "--%s", boundary);
    const char *at = find(body, end, mark);
    while (at) {
        const char *head = at + strlen(mark);
        const char *next = find(head, end, mark);
        const char *stop = next ? next : end;
        const char *gap = find(head, stop, "\r\n\r\n");
        size_t gap_len = 4;
        if (!gap) {
            gap = find(head, stop, "\n\n");
            gap_len = 2;
        }
        if (gap && head_is_sdp(head, gap)) {
            *ret_sdp = gap + gap_len;
            *ret_len = (size_t)(stop - *ret_sdp);
            return true;
        }
        at = next;
    }
    return false;
}

static void boundary_of(const char *type, char *ret_boundary, size_t size)
{
    const char *at = strstr(type, "boundary=");
    ret_boundary[0] = '\0';
    if (!at) return;
    at += strlen("boundary=");
    bool quoted = *at == '"';
    if (quoted) at++;
    (void)far_str_copy_len(ret_boundary, size, at, strcspn(at, quoted ? "\"" : "; "));
}

enum far_err siprec_answer_read(const char *type, const char *body, size_t len,
                                struct siprec_streams *ret_streams)
{
    const char *text = body;
    size_t text_len = len;
    if (strncasecmp(type, "multipart/", 10) == 0) {
        char boundary[72];
        boundary_of(type, boundary, sizeof(boundary));
        if (!find_part(boundary, body, len, &text, &text_len)) return FAR_EPROTO;
    } else if (strncasecmp(type, "application/sdp", 15) != 0) {
        return FAR_EPROTO;
    }
    struct far_sdp sdp;
    if (far_sdp_parse(text, text_len, &sdp, NULL) != FAR_OK) return FAR_EPROTO;
    struct siprec_streams streams = {0};
    /* An answer has the offer's m-lines in the offer's order (RFC 3264 6). */
    bool left = sdp.media_len > 0 && far_sdp_choose(&sdp.media[0], &streams.left) == FAR_OK;
    bool right = sdp.media_len > 1 && far_sdp_choose(&sdp.media[1], &streams.right) == FAR_OK;
    if (!left) streams.left.address.sin_port = 0;
    if (!right) streams.right.address.sin_port = 0;
    if (!left && !right) return FAR_ENOTFOUND;
    *ret_streams = streams;
    return FAR_OK;
}
