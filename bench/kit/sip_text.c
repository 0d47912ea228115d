/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_text.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int sip_text_status(const char *message)
{
    return strncmp(message, "SIP/2.0 ", 8) == 0 ? atoi(message + 8) : 0;
}

bool sip_text_is(const char *message, const char *method)
{
    size_t len = strlen(method);
    return strncmp(message, method, len) == 0 && message[len] == ' ';
}

static void copy(char *out, size_t size, const char *from, size_t len)
{
    if (len >= size) len = size - 1;
    memcpy(out, from, len);
    out[len] = '\0';
}

bool sip_text_header(const char *message, const char *name, unsigned nth, char *out, size_t size)
{
    size_t name_len = strlen(name);
    for (const char *line = strstr(message, "\r\n"); line && strncmp(line, "\r\n\r\n", 4) != 0;
         line = strstr(line + 2, "\r\n")) {
        const char *at = line + 2;
        if (strncasecmp(at, name, name_len) != 0 || at[name_len] != ':' || nth-- > 0) continue;
        at += name_len + 1;
        at += strspn(at, " \t");
        copy(out, size, at, strcspn(at, "\r\n"));
        return true;
    }
    out[0] = '\0';
    return false;
}

void sip_text_uri(const char *value, char *out, size_t size)
{
    const char *open = strchr(value, '<');
    if (open)
        copy(out, size, open + 1, strcspn(open + 1, ">"));
    else
        copy(out, size, value, strcspn(value, "; "));
}

void sip_text_user(const char *value, char *out, size_t size)
{
    char uri[SIP_FIELD_SIZE];
    sip_text_uri(value, uri, sizeof(uri));
    const char *user = strchr(uri, ':'), *at = strchr(uri, '@');
    if (user && at && user < at)
        copy(out, size, user + 1, (size_t)(at - user - 1));
    else
        out[0] = '\0';
}

bool sip_text_parameter(const char *value, const char *name, char *out, size_t size)
{
    char wanted[40];
    (void)snprintf(wanted, sizeof(wanted), "%s=\"", name);
    const char *at = strstr(value, wanted);
    out[0] = '\0';
    if (!at) return false;
    at += strlen(wanted);
    copy(out, size, at, strcspn(at, "\""));
    return true;
}

static size_t add(char *out, size_t len, const char *name, const char *value, const char *more)
{
    int added = snprintf(out + len, SIP_MESSAGE_SIZE - len, "%s: %s%s\r\n", name, value, more);
    return added > 0 && (size_t)added < SIP_MESSAGE_SIZE - len ? len + (size_t)added : len;
}

size_t sip_text_response(const char *request, int status, const char *phrase, const char *tag, char *out)
{
    char value[SIP_FIELD_SIZE], more[64] = "";
    size_t len = (size_t)snprintf(out, SIP_MESSAGE_SIZE, "SIP/2.0 %d %s\r\n", status, phrase);
    for (unsigned i = 0; i < 8 && sip_text_header(request, "Via", i, value, sizeof(value)); i++)
        len = add(out, len, "Via", value, "");
    for (unsigned i = 0; i < 4 && sip_text_header(request, "Record-Route", i, value, sizeof(value)); i++)
        len = add(out, len, "Record-Route", value, "");
    (void)sip_text_header(request, "From", 0, value, sizeof(value));
    len = add(out, len, "From", value, "");
    (void)sip_text_header(request, "To", 0, value, sizeof(value));
    if (!strstr(value, ";tag=")) (void)snprintf(more, sizeof(more), ";tag=%s", tag);
    len = add(out, len, "To", value, more);
    (void)sip_text_header(request, "Call-ID", 0, value, sizeof(value));
    len = add(out, len, "Call-ID", value, "");
    (void)sip_text_header(request, "CSeq", 0, value, sizeof(value));
    return add(out, len, "CSeq", value, "");
}
