/* SPDX-License-Identifier: Apache-2.0 */
/* A whole SIP message through Sofia's parser and ours: names, numbers, contacts, credentials. */
#include "../../../services/edge/sip/stack.h"
#include <assert.h>
#include <sofia-sip/msg.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sip_parser.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t size)
{
    assert(memchr(text, '\0', size));
    for (const char *c = text; *c; c++)
        assert((unsigned char)*c >= ' ' && *c != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct sip sip;
    if (size > SIP_BODY_MAX) return 0;
    msg_t *message = msg_make(sip_default_mclass(), 0, data, (ssize_t)size);
    sip_t *parsed = message ? sip_object(message) : NULL;
    struct sip_request *request = parsed ? message_request(&sip, parsed) : NULL;
    if (request) {
        check_text(request->from_user, sizeof(request->from_user));
        check_text(request->called_user, sizeof(request->called_user));
        check_text(request->asserted_user, sizeof(request->asserted_user));
        assert(request->contacts_len <= REGISTRAR_CONTACTS_MAX && request->credentials_len <= 2);
        for (size_t i = 0; i < request->contacts_len; i++)
            assert(memchr(request->contacts[i].uri, '\0', REGISTRAR_URI_SIZE));
        free(request);
    }
    if (parsed) {
        struct posted posted = {.next = NULL};
        message_body(&posted, parsed);
        free(posted.event.body);
    }
    if (message) msg_destroy(message);
    return 0;
}
