/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing. A line is looked at in place as (at, len); whatever is kept is copied into fields of fixed size.
 */
#include "far/media/sdp.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

struct span {
    const char *at;
    size_t len;
};

/* What the session part says for all m-lines. */
struct parser {
    struct far_sdp *sdp;
    struct far_sdp_media *media; /* the m-line that is being read; NULL: the session part */
    char session_address[FAR_SDP_ADDRESS_MAX];
    enum far_sdp_direction session_direction;
    struct far_sdp_secure session_secure;
    struct span bundle; /* the mids of the first group:BUNDLE */
    unsigned line;
    char *error;
};

FAR_PRINTF(3, 4) static enum far_err fail(struct parser *parser, enum far_err err, const char *format, ...)
{
    if (parser->error) {
        int used = snprintf(parser->error, FAR_SDP_ERROR_MAX, "line %u: ", parser->line);
        va_list args;
        va_start(args, format);
        (void)vsnprintf(parser->error + used, FAR_SDP_ERROR_MAX - (size_t)used, format, args);
        va_end(args);
    }
    return err;
}

static void copy(char *out, size_t size, struct span from)
{
    size_t len = from.len < size - 1 ? from.len : size - 1;
    memcpy(out, from.at, len);
    out[len] = '\0';
}

static bool equals(struct span span, const char *text)
{
    return span.len == strlen(text) && memcmp(span.at, text, span.len) == 0;
}

/* Cut the next word off: up to the separator, which is skipped, as are further ones. */
static struct span next_word(struct span *rest, char separator)
{
    struct span word = {rest->at, 0};
    while (word.len < rest->len && word.at[word.len] != separator)
        word.len++;
    size_t skip = word.len;
    while (skip < rest->len && rest->at[skip] == separator)
        skip++;
    rest->at += skip;
    rest->len -= skip;
    return word;
}

static bool number(struct span span, uint64_t max, uint64_t *ret_value)
{
    uint64_t value = 0;
    if (span.len == 0 || span.len > 20) return false;
    for (size_t i = 0; i < span.len; i++) {
        if (span.at[i] < '0' || span.at[i] > '9') return false;
        uint64_t digit = (uint64_t)(span.at[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) return false;
        value = value * 10 + digit;
    }
    if (value > max) return false;
    *ret_value = value;
    return true;
}

static enum far_err parse_origin(struct parser *parser, struct span value)
{
    (void)next_word(&value, ' ');
    struct span id = next_word(&value, ' '), version = next_word(&value, ' ');
    (void)next_word(&value, ' ');
    (void)next_word(&value, ' ');
    /* Some phones send ids beyond 64 bits or not numbers: they only have to differ, so 0 does. */
    if (!number(id, UINT64_MAX, &parser->sdp->session_id)) parser->sdp->session_id = 0;
    if (!number(version, UINT64_MAX, &parser->sdp->session_version)) parser->sdp->session_version = 0;
    copy(parser->sdp->address, sizeof(parser->sdp->address), next_word(&value, ' '));
    return FAR_OK;
}

static enum far_err parse_connection(struct parser *parser, struct span value)
{
    struct span net = next_word(&value, ' '), type = next_word(&value, ' ');
    struct span address = next_word(&value, '/'); /* a multicast TTL follows a slash */
    if (!equals(net, "IN") || (!equals(type, "IP4") && !equals(type, "IP6")) || address.len == 0)
        return fail(parser, FAR_EPROTO, "c= is not \"IN IP4 address\"");
    if (address.len >= FAR_SDP_ADDRESS_MAX)
        return fail(parser, FAR_EFULL, "the address is longer than %d", FAR_SDP_ADDRESS_MAX - 1);
    copy(parser->media ? parser->media->address : parser->session_address, FAR_SDP_ADDRESS_MAX, address);
    return FAR_OK;
}

/* The static types of RFC 3551 that may come without an rtpmap. */
static void name_static(struct far_sdp_format *format)
{
    static const struct {
        uint8_t payload_type;
        const char *name;
        uint32_t rate;
    } known[] = {{0, "PCMU", 8000}, {3, "GSM", 8000}, {4, "G723", 8000}, {8, "PCMA", 8000},
                 {9, "G722", 8000}, {13, "CN", 8000}, {18, "G729", 8000}};
    for (size_t i = 0; i < FAR_ARRAY_LEN(known); i++) {
        if (known[i].payload_type != format->payload_type) continue;
        copy(format->name, sizeof(format->name), (struct span){known[i].name, strlen(known[i].name)});
        format->rate = known[i].rate;
    }
}

static enum far_err parse_formats(struct parser *parser, struct span value)
{
    struct far_sdp_media *media = parser->media;
    bool rtp = strncmp(media->protocol, "RTP/", 4) == 0 || strncmp(media->protocol, "UDP/TLS/RTP/", 12) == 0;
    while (value.len > 0 && rtp && media->formats_len < FAR_SDP_FORMATS_MAX) {
        uint64_t type;
        if (!number(next_word(&value, ' '), 127, &type))
            return fail(parser, FAR_EPROTO, "m= has a payload type that is not 0..127");
        struct far_sdp_format *format = &media->formats[media->formats_len++];
        *format = (struct far_sdp_format){.payload_type = (uint8_t)type};
        name_static(format);
    }
    return FAR_OK;
}

static enum far_err parse_media(struct parser *parser, struct span value)
{
    if (parser->sdp->media_len == FAR_SDP_MEDIA_MAX)
        return fail(parser, FAR_EFULL, "more than %d m-lines", FAR_SDP_MEDIA_MAX);
    struct far_sdp_media *media = &parser->sdp->media[parser->sdp->media_len++];
    *media = (struct far_sdp_media){.direction = parser->session_direction};
    parser->media = media;
    struct span kind = next_word(&value, ' '), ports = next_word(&value, ' ');
    struct span protocol = next_word(&value, ' ');
    uint64_t port;
    if (!number(next_word(&ports, '/'), UINT16_MAX, &port))
        return fail(parser, FAR_EPROTO, "m= has a port that is not 0..65535");
    if (kind.len == 0 || protocol.len == 0) return fail(parser, FAR_EPROTO, "m= lacks its kind or protocol");
    media->port = (uint16_t)port;
    copy(media->kind, sizeof(media->kind), kind);
    copy(media->protocol, sizeof(media->protocol), protocol);
    return parse_formats(parser, value);
}

static struct far_sdp_format *format_of(struct far_sdp_media *media, struct span type)
{
    uint64_t value;
    if (!media || !number(type, 127, &value)) return NULL;
    for (size_t i = 0; i < media->formats_len; i++)
        if (media->formats[i].payload_type == value) return &media->formats[i];
    return NULL;
}

static void parse_rtpmap(struct parser *parser, struct span value)
{
    struct far_sdp_format *format = format_of(parser->media, next_word(&value, ' '));
    uint64_t rate = 0;
    if (!format) return;
    copy(format->name, sizeof(format->name), next_word(&value, '/'));
    format->rate = number(next_word(&value, '/'), UINT32_MAX, &rate) ? (uint32_t)rate : 0;
}

static void parse_fmtp(struct parser *parser, struct span value)
{
    struct far_sdp_format *format = format_of(parser->media, next_word(&value, ' '));
    if (format) copy(format->fmtp, sizeof(format->fmtp), value);
}

/* Whole or not at all: a name that was cut would be another one. */
static void copy_whole(char *out, size_t size, struct span from)
{
    if (from.len < size) copy(out, size, from);
}

/* "sha-256 aa:bb:..." in any case becomes "sha-256 AA:BB:...". */
static void parse_fingerprint(struct far_sdp_secure *secure, struct span value)
{
    static const char hash[] = "sha-256";
    struct span name = next_word(&value, ' ');
    char text[FAR_SDP_FINGERPRINT_MAX];
    if (name.len != sizeof(hash) - 1 || strncasecmp(name.at, hash, name.len) != 0 || value.len != 95) return;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.at[i];
        if (c >= 'a' && c <= 'f') c = (char)(c - 'a' + 'A');
        bool hex = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
        if (i % 3 == 2 ? c != ':' : !hex) return;
        text[i] = c;
    }
    (void)snprintf(secure->fingerprint, sizeof(secure->fingerprint), "%s %.95s", hash, text);
}

static enum far_sdp_setup setup_of(struct span value)
{
    if (equals(value, "actpass")) return FAR_SDP_SETUP_ACTPASS;
    if (equals(value, "active")) return FAR_SDP_SETUP_ACTIVE;
    return equals(value, "passive") ? FAR_SDP_SETUP_PASSIVE : FAR_SDP_SETUP_NONE;
}

static void parse_secure(struct parser *parser, struct span name, struct span value)
{
    struct far_sdp_secure *secure = parser->media ? &parser->media->secure : &parser->session_secure;
    if (equals(name, "ice-ufrag")) copy_whole(secure->ice_ufrag, sizeof(secure->ice_ufrag), value);
    if (equals(name, "ice-pwd")) copy_whole(secure->ice_pwd, sizeof(secure->ice_pwd), value);
    if (equals(name, "fingerprint")) parse_fingerprint(secure, value);
    if (equals(name, "setup")) secure->setup = setup_of(value);
    if (equals(name, "ice-lite")) secure->ice_lite = true;
    if (equals(name, "rtcp-mux")) secure->rtcp_mux = true;
    if (equals(name, "mid")) copy_whole(secure->mid, sizeof(secure->mid), value);
    if (equals(name, "group") && !parser->media && !parser->bundle.at &&
        equals(next_word(&value, ' '), "BUNDLE"))
        parser->bundle = value;
}

static void parse_attribute(struct parser *parser, struct span value)
{
    static const char *const directions[] = {"sendrecv", "sendonly", "recvonly", "inactive"};
    struct span name = next_word(&value, ':');
    uint64_t ptime;
    for (size_t i = 0; i < FAR_ARRAY_LEN(directions); i++) {
        if (!equals(name, directions[i])) continue;
        *(parser->media ? &parser->media->direction : &parser->session_direction) = (enum far_sdp_direction)i;
    }
    if (equals(name, "rtpmap")) parse_rtpmap(parser, value);
    if (equals(name, "fmtp")) parse_fmtp(parser, value);
    if (equals(name, "ptime") && parser->media && number(value, 1000, &ptime))
        parser->media->ptime_ms = (uint16_t)ptime;
    if (equals(name, "label") && parser->media)
        copy(parser->media->label, sizeof(parser->media->label), value);
    parse_secure(parser, name, value);
}

static enum far_err parse_line(struct parser *parser, struct span line)
{
    if (line.len < 2 || line.at[1] != '=') return fail(parser, FAR_EPROTO, "not of the form x=...");
    struct span value = {line.at + 2, line.len - 2};
    if (parser->line == 1 && !equals(line, "v=0"))
        return fail(parser, FAR_EPROTO, "it does not begin with v=0");
    switch (line.at[0]) {
    case 'o':
        return parse_origin(parser, value);
    case 'c':
        return parse_connection(parser, value);
    case 'm':
        return parse_media(parser, value);
    case 'a':
        parse_attribute(parser, value);
        return FAR_OK;
    default:
        return FAR_OK;
    }
}

static void inherit_address(struct parser *parser)
{
    for (size_t i = 0; i < parser->sdp->media_len; i++)
        if (parser->sdp->media[i].address[0] == '\0')
            memcpy(parser->sdp->media[i].address, parser->session_address, FAR_SDP_ADDRESS_MAX);
}

static bool in_bundle(struct span bundle, const char *mid)
{
    while (mid[0] && bundle.len > 0)
        if (equals(next_word(&bundle, ' '), mid)) return true;
    return false;
}

static void inherit_secure(struct parser *parser)
{
    const struct far_sdp_secure *session = &parser->session_secure;
    for (size_t i = 0; i < parser->sdp->media_len; i++) {
        struct far_sdp_secure *secure = &parser->sdp->media[i].secure;
        if (!secure->ice_ufrag[0]) memcpy(secure->ice_ufrag, session->ice_ufrag, FAR_SDP_ICE_MAX);
        if (!secure->ice_pwd[0]) memcpy(secure->ice_pwd, session->ice_pwd, FAR_SDP_ICE_MAX);
        if (!secure->fingerprint[0])
            memcpy(secure->fingerprint, session->fingerprint, FAR_SDP_FINGERPRINT_MAX);
        if (secure->setup == FAR_SDP_SETUP_NONE) secure->setup = session->setup;
        secure->ice_lite = secure->ice_lite || session->ice_lite;
        secure->bundled = in_bundle(parser->bundle, secure->mid);
    }
}

enum far_err far_sdp_parse(const char *text, size_t len, struct far_sdp *ret_sdp,
                           char ret_error[FAR_SDP_ERROR_MAX])
{
    struct far_sdp sdp = {0};
    struct parser parser = {.sdp = &sdp, .error = ret_error};
    if (len > FAR_SDP_BYTES_MAX) return fail(&parser, FAR_EFULL, "more than %d bytes", FAR_SDP_BYTES_MAX);
    if (len == 0) return fail(&parser, FAR_EPROTO, "it is empty");
    if (memchr(text, '\0', len)) return fail(&parser, FAR_EPROTO, "a NUL byte");
    for (struct span rest = {text, len}; rest.len > 0;) {
        const char *end = memchr(rest.at, '\n', rest.len);
        struct span line = {rest.at, end ? (size_t)(end - rest.at) : rest.len};
        size_t step = line.len + (end ? 1 : 0);
        rest.at += step;
        rest.len -= step;
        while (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        parser.line++;
        if (line.len == 0) continue;
        enum far_err err = parse_line(&parser, line);
        if (err != FAR_OK) return err;
    }
    inherit_address(&parser);
    inherit_secure(&parser);
    *ret_sdp = sdp;
    return FAR_OK;
}
