/* SPDX-License-Identifier: Apache-2.0 */
/* sip_text.h - as much of SIP's texts as a phone of a bench needs. Messages are NUL-terminated. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#define SIP_MESSAGE_SIZE 4096u
#define SIP_FIELD_SIZE   320u

/** A status line's code; 0: it is a request. */
int sip_text_status(const char *message);
/** Whether it is a request of this method. */
bool sip_text_is(const char *message, const char *method);
/** The value of the nth (0...) header of that name ("Call-ID"), cut at size. @return whether it is there. */
bool sip_text_header(const char *message, const char *name, unsigned nth, char *out, size_t size);
/** What stands between < and >, else all up to a semicolon or blank. */
void sip_text_uri(const char *value, char *out, size_t size);
/** The user part of the URI in a From or To; "": none. */
void sip_text_user(const char *value, char *out, size_t size);
/** A quoted parameter of a challenge, e.g. nonce. @return whether it is there. */
bool sip_text_parameter(const char *value, const char *name, char *out, size_t size);
/** Begin a response to a request in out[SIP_MESSAGE_SIZE]: status line, and its Vias, From, To (with the tag,
 *  unless it has one), Call-ID and CSeq. @return its length. */
size_t sip_text_response(const char *request, int status, const char *phrase, const char *tag, char *out);
