/* SPDX-License-Identifier: Apache-2.0 */
#include "far/media/sdp.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct out {
    char *text;
    size_t size;
    size_t len;
    bool full;
};

FAR_PRINTF(2, 3) static void add(struct out *out, const char *format, ...)
{
    if (out->full) return;
    va_list args;
    va_start(args, format);
    int len = vsnprintf(out->text + out->len, out->size - out->len, format, args);
    va_end(args);
    if (len < 0 || (size_t)len >= out->size - out->len)
        out->full = true;
    else
        out->len += (size_t)len;
}

static bool clean(const char *text)
{
    return strpbrk(text, "\r\n") == NULL;
}

static bool media_clean(const struct far_sdp_media *media)
{
    const struct far_sdp_secure *secure = &media->secure;
    bool good = clean(media->kind) && clean(media->protocol) && clean(media->address) && clean(media->label);
    good = good && clean(secure->ice_ufrag) && clean(secure->ice_pwd) && clean(secure->fingerprint) &&
           clean(secure->mid);
    for (size_t i = 0; i < media->formats_len; i++)
        good = good && clean(media->formats[i].name) && clean(media->formats[i].fmtp);
    return good;
}

static const char *address_type(const char *address)
{
    return strchr(address, ':') ? "IP6" : "IP4";
}

/* A plain m-line has none of this. The one candidate is the m-line's own address (RFC 8839 5.1: component 1,
 * the priority of a host candidate). */
static void write_secure(struct out *out, const struct far_sdp_media *media)
{
    static const char *const setups[] = {"", "actpass", "active", "passive"};
    const struct far_sdp_secure *secure = &media->secure;
    if (secure->ice_ufrag[0]) add(out, "a=ice-ufrag:%s\r\n", secure->ice_ufrag);
    if (secure->ice_pwd[0]) add(out, "a=ice-pwd:%s\r\n", secure->ice_pwd);
    if (secure->fingerprint[0]) add(out, "a=fingerprint:%s\r\n", secure->fingerprint);
    if (secure->setup != FAR_SDP_SETUP_NONE) add(out, "a=setup:%s\r\n", setups[secure->setup]);
    if (secure->rtcp_mux) add(out, "a=rtcp-mux\r\n");
    if (secure->ice_ufrag[0] && media->address[0])
        add(out, "a=candidate:1 1 udp 2130706431 %s %u typ host\r\n", media->address, media->port);
}

static void write_session(struct out *out, const struct far_sdp *sdp)
{
    bool lite = false, bundle = false;
    for (size_t i = 0; i < sdp->media_len; i++) {
        const struct far_sdp_secure *secure = &sdp->media[i].secure;
        lite = lite || secure->ice_lite;
        if (sdp->media[i].port == 0 || !secure->bundled || !secure->mid[0]) continue;
        if (!bundle) add(out, "a=group:BUNDLE");
        bundle = true;
        add(out, " %s", secure->mid);
    }
    if (bundle) add(out, "\r\n");
    if (lite) add(out, "a=ice-lite\r\n"); /* of the session (RFC 8839 5.3) */
}

static void write_media(struct out *out, const struct far_sdp_media *media)
{
    static const char *const directions[] = {"sendrecv", "sendonly", "recvonly", "inactive"};
    add(out, "m=%s %u %s", media->kind, media->port, media->protocol);
    for (size_t i = 0; i < media->formats_len; i++)
        add(out, " %u", media->formats[i].payload_type);
    if (media->formats_len == 0) add(out, " 0"); /* the grammar wants one, also of what is refused */
    add(out, "\r\n");
    if (media->address[0]) add(out, "c=IN %s %s\r\n", address_type(media->address), media->address);
    if (media->secure.mid[0]) add(out, "a=mid:%s\r\n", media->secure.mid);
    if (media->port == 0) return;
    write_secure(out, media);
    for (size_t i = 0; i < media->formats_len; i++) {
        const struct far_sdp_format *format = &media->formats[i];
        if (format->name[0])
            add(out, "a=rtpmap:%u %s/%u\r\n", format->payload_type, format->name, format->rate);
        if (format->fmtp[0]) add(out, "a=fmtp:%u %s\r\n", format->payload_type, format->fmtp);
    }
    if (media->ptime_ms) add(out, "a=ptime:%u\r\n", media->ptime_ms);
    if (media->label[0]) add(out, "a=label:%s\r\n", media->label);
    add(out, "a=%s\r\n", directions[media->direction]);
}

enum far_err far_sdp_write(const struct far_sdp *sdp, char *ret_text, size_t size, size_t *ret_len)
{
    struct out out = {.text = ret_text, .size = size, .full = size == 0};
    if (!clean(sdp->address)) return FAR_EINVAL;
    for (size_t i = 0; i < sdp->media_len; i++)
        if (!media_clean(&sdp->media[i])) return FAR_EINVAL;
    const char *address = sdp->address[0] ? sdp->address : "0.0.0.0";
    add(&out, "v=0\r\no=farseat %llu %llu IN %s %s\r\ns=-\r\n", (unsigned long long)sdp->session_id,
        (unsigned long long)sdp->session_version, address_type(address), address);
    /* RFC 4566 5.7: c= may be left out here only when each m-line has one; some phones want it all the same.
     */
    add(&out, "c=IN %s %s\r\nt=0 0\r\n", address_type(address), address);
    write_session(&out, sdp);
    for (size_t i = 0; i < sdp->media_len; i++)
        write_media(&out, &sdp->media[i]);
    if (out.full) return FAR_EFULL;
    *ret_len = out.len;
    return FAR_OK;
}
