/* SPDX-License-Identifier: Apache-2.0 */
/* The whole API, a row a route. */
#include "api.h"
#include "config.h"
#include "directory.h"
#include "farseat/v1/api_acd.pb-c.h"
#include "farseat/v1/api_analytics.pb-c.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "farseat/v1/api_recording.pb-c.h"
#include "prompt_sound.h"
#include "prompts.h"
#include "recordings.h"
#include "reports.h"
#include "system.h"
#include <string.h>

#define V1 "/api/v1"
/* A route that is carried to the bus. */
#define BUS(method_, path_, permission_, bus_, ...)                                                          \
    {                                                                                                        \
        .method = HTTP_##method_, .path = V1 path_, .permission = PERMISSION_##permission_,                  \
        .bus_method = FAR_METHOD_##bus_, .handler = proxy_handle, .summary = __VA_ARGS__                     \
    }
/* One of the gateway's own. */
#define OWN(method_, path_, permission_, handler_, ...)                                                      \
    {                                                                                                        \
        .method = HTTP_##method_, .path = V1 path_, .permission = PERMISSION_##permission_,                  \
        .bus_method = FAR_METHOD_COUNT, .handler = handler_, .summary = __VA_ARGS__                          \
    }
#define OWN_AGENT  .own_field = "agentId", .by = true, .all_permission = PERMISSION_AGENT_ACT_ALL
#define TYPE(name) &farseat__v1__##name##__descriptor

const struct route api_routes[] = {
    OWN(GET, "/openapi.json", NONE, openapi_get, "This description"),
    OWN(POST, "/login", NONE, session_login, "Log in", .request = TYPE(login_request),
        .reply = TYPE(login_reply)),
    OWN(POST, "/token", NONE, session_refresh, "Another access token; the refresh token is renewed too",
        .request = TYPE(refresh_request), .reply = TYPE(login_reply)),
    OWN(POST, "/logout", NONE, session_logout, "End this session: the access token's, or the cookie's",
        .reply = TYPE(empty)),
    OWN(GET, "/me", SELF, session_me, "Who I am, and what I may do", .reply = TYPE(me_reply)),
    OWN(POST, "/me/password", SELF, session_password, "Change my password; my other sessions end",
        .request = TYPE(password_request), .reply = TYPE(empty)),
    OWN(POST, "/me/language", SELF, session_language,
        "The language in which I am spoken to; \"\": the browser's", .request = TYPE(language_request),
        .reply = TYPE(empty)),
    OWN(GET, "/me/phone", SELF, phone_mine,
        "My phone: the ticket of the console's own (/sip?ticket=), and the settings of a desk phone",
        .reply = TYPE(my_phone_reply)),
    OWN(POST, "/me/phone/secret", AGENT_ACT, phone_mine_secret,
        "Another secret for my phone, shown once (audited)", .reply = TYPE(phone_secret_reply)),
    OWN(GET, "/me/sessions", SELF, session_mine, "Where I am logged in", .reply = TYPE(session_list_reply)),
    OWN(POST, "/me/sessions/{sessionId}/end", SELF, session_mine_end, "End one of my sessions",
        .reply = TYPE(empty)),

    BUS(GET, "/agents", LIVE_READ, acd_AgentList, "All agents as they are now, or the one of that id"),
    BUS(GET, "/agents/{id}/explain", LIVE_READ, acd_AgentExplain, "Why an agent gets no call, by queue"),
    BUS(POST, "/agents/{agentId}/login", AGENT_ACT, acd_AgentAct, "Log in, not ready yet", .action = "login",
        OWN_AGENT),
    BUS(POST, "/agents/{agentId}/logout", AGENT_ACT, acd_AgentAct, "Log out, after the call",
        .action = "logout", OWN_AGENT),
    BUS(POST, "/agents/{agentId}/ready", AGENT_ACT, acd_AgentAct, "Ready for contacts", .action = "ready",
        OWN_AGENT),
    BUS(POST, "/agents/{agentId}/not-ready", AGENT_ACT, acd_AgentAct,
        "Not ready, with a reason; during a call: after it", .action = "notReady", OWN_AGENT),
    BUS(POST, "/agents/{agentId}/end-after-call-work", AGENT_ACT, acd_AgentAct, "After-call work is done",
        .action = "endAfterCallWork", OWN_AGENT),

    BUS(GET, "/contacts/live", LIVE_READ, acd_ContactList, "Contacts that live or wait for after-call work"),
    BUS(GET, "/contacts/live/{id}", LIVE_READ, acd_ContactGet,
        "A live contact with its timeline and decisions"),
    BUS(GET, "/contacts", CONTACT_READ, analytics_ContactSearch, "Finished contacts, newest first",
        .own_field = "agentId", .own_flag = "talked", .all_permission = PERMISSION_CONTACT_READ_ALL),
    OWN(GET, "/contacts/export", CONTACT_READ_ALL, reports_contacts,
        "Finished contacts as a file, at most 20000; format: csv (or left out), xlsx; lang: zh, en",
        .request = TYPE(contact_search_request), .query = "format lang", .files = REPORTS_FILES,
        .audited = true),
    BUS(GET, "/contacts/{contactId}", CONTACT_READ, analytics_ContactGet,
        "A finished contact: record, timeline, the reason of each decision", .own_field = "agentId",
        .all_permission = PERMISSION_CONTACT_READ_ALL),
    BUS(POST, "/contacts/{contactId}/hold", AGENT_ACT, acd_ContactAct, "Hold the caller", .action = "hold",
        OWN_AGENT),
    BUS(POST, "/contacts/{contactId}/resume", AGENT_ACT, acd_ContactAct, "Resume", .action = "resume",
        OWN_AGENT),
    BUS(POST, "/contacts/{contactId}/mute", AGENT_ACT, acd_ContactAct,
        "The agent is not heard, until unmute or the connection's end", .action = "mute", OWN_AGENT),
    BUS(POST, "/contacts/{contactId}/unmute", AGENT_ACT, acd_ContactAct, "The agent is heard again",
        .action = "unmute", OWN_AGENT),
    BUS(POST, "/contacts/{contactId}/answer", AGENT_ACT, acd_ContactAct,
        "The agent's ringing desk phone answers, if it can be made to", .action = "answer", OWN_AGENT),
    BUS(POST, "/contacts/{contactId}/transfer", AGENT_ACT, acd_ContactAct,
        "Blind transfer to an agent or a queue", .action = "transfer", OWN_AGENT),
    BUS(POST, "/contacts/{contactId}/hang-up", AGENT_ACT, acd_ContactAct, "Hang up", .action = "hangUp",
        OWN_AGENT),
    BUS(POST, "/contacts/{contactId}/disposition", AGENT_ACT, acd_ContactAct,
        "How it ended; until some time after the contact", .action = "disposition", OWN_AGENT),

    BUS(GET, "/queues", LIVE_READ, acd_QueueList, "All queues as they are now"),
    BUS(GET, "/live", LIVE_READ, analytics_LiveGet,
        "All live figures at once; /api/v1/live/socket streams them"),
    BUS(GET, "/status", CONFIG_READ, acd_Status, "The ACD's role, position and state hash"),

    BUS(GET, "/recordings", RECORDING_READ, recording_List, "Recordings' parts, of a contact, agent or time"),
    OWN(GET, "/recordings/{recordingId}/audio", RECORDING_PLAY, audio_get,
        "Sound as WAV: caller left, agent right; query: part (1); ranges of bytes", .audited = true,
        .ticket = TICKET_USE_AUDIO, .query = "ticket"),
    OWN(GET, "/recordings/{recordingId}/peaks", RECORDING_PLAY, recordings_peaks,
        "How loud a part is, for drawing its wave: points (1000, at most 4000) values a side",
        .request = TYPE(recording_peaks_request), .reply = TYPE(recording_peaks_reply)),
    OWN(POST, "/recordings/{recordingId}/ticket", RECORDING_PLAY, recordings_ticket,
        "A ticket for a link to this recording's sound (?ticket=), five minutes long",
        .reply = TYPE(ticket_reply), .audited = true),

    BUS(GET, "/customers", CUSTOMER_READ, ticketing_CustomerFind,
        "Customers by number, or by the beginning of a name"),
    BUS(GET, "/customers/{id}", CUSTOMER_READ, ticketing_CustomerGet, "A customer"),
    BUS(POST, "/customers", CUSTOMER_WRITE, ticketing_CustomerPut, "A new customer", .by = true),
    BUS(PUT, "/customers/{customerId}", CUSTOMER_WRITE, ticketing_CustomerPut,
        "Change a customer (revision as read)", .by = true),
    BUS(GET, "/tickets", TICKET_READ, ticketing_TicketSearch, "Tickets, newest first"),
    BUS(GET, "/tickets/{id}", TICKET_READ, ticketing_TicketGet, "A ticket with its history"),
    BUS(POST, "/tickets", TICKET_WRITE, ticketing_TicketPut, "A new ticket", .by = true),
    BUS(PUT, "/tickets/{ticketId}", TICKET_WRITE, ticketing_TicketPut, "Change a ticket (revision as read)",
        .by = true),

    BUS(GET, "/reports/kpi", REPORT_READ, analytics_KpiReport,
        "KPIs of days (docs/kpi.md) by queue and agent"),
    BUS(GET, "/reports/table", REPORT_READ, analytics_Report,
        "Figures by interval, and by queue, agent, site or number; from and to are local days or minutes"),
    BUS(GET, "/reports/definitions", SELF, analytics_KpiDefinitions, "What each figure means"),
    OWN(GET, "/reports/mine", SELF, reports_mine, "My own figures of today", .reply = TYPE(kpi_reply)),
    OWN(GET, "/reports/export", REPORT_READ, reports_export,
        "The table as a file; format: csv (or left out), xlsx; lang: zh, en", .request = TYPE(report_request),
        .query = "format lang", .files = REPORTS_FILES, .audited = true),

    BUS(GET, "/config", CONFIG_READ, acd_ConfigGet, "The configuration in force"),
    OWN(PUT, "/config", CONFIG_WRITE, config_put,
        "Another configuration, whole; dryRun checks it. The verdict's text has warnings", .by = true,
        .audited = true, .request = TYPE(config_apply_request), .reply = TYPE(verdict)),
    BUS(GET, "/config/history", CONFIG_READ, gateway_ConfigHistory,
        "Configurations that were in force, newest first"),
    BUS(GET, "/config/history/{version}", CONFIG_READ, gateway_ConfigVersion,
        "A configuration that was in force, whole"),
    OWN(GET, "/directory", LIVE_READ, directory_get,
        "Names of all that is configured; If-None-Match by its ETag", .reply = TYPE(directory_reply)),
    OWN(GET, "/prompts", CONFIG_READ, prompts_list, "What callers can hear, the built-in prompts too",
        .reply = TYPE(prompt_list_reply)),
    OWN(PUT, "/prompts/{name}", CONFIG_WRITE, prompts_put,
        "Upload a prompt: a WAV file of any rate; becomes 8 kHz G.711", .wide = true, .raw_body = true,
        .body_max = PROMPT_UPLOAD_MAX, .by = true, .audited = true, .request = TYPE(prompt_request),
        .reply = TYPE(prompt)),
    OWN(POST, "/prompts/{name}/synthesise", CONFIG_WRITE, prompts_synthesise,
        "Have a prompt spoken; language: zh or en", .wide = true, .audited = true,
        .request = TYPE(prompt_request), .reply = TYPE(prompt)),
    OWN(GET, "/prompts/{name}/audio", CONFIG_READ, prompts_audio, "Sound as WAV", .wide = true),
    OWN(POST, "/prompts/{name}/remove", CONFIG_WRITE, prompts_remove,
        "Forget a prompt that nothing plays, or give its built-in one back", .wide = true, .audited = true,
        .reply = TYPE(empty)),
    OWN(GET, "/system", SYSTEM_READ, system_get,
        "Health and load of each process, and what does not work (docs/reference/faults.md)",
        .reply = TYPE(system_reply)),
    OWN(POST, "/phones/{phone}/secret", CONFIG_WRITE, phone_secret,
        "Another secret for a phone, shown once (audited)", .reply = TYPE(phone_secret_reply)),
    BUS(GET, "/people", PEOPLE, gateway_PersonList, "People who may log in"),
    OWN(GET, "/people/{login}/sessions", PEOPLE, session_theirs, "Where a person is logged in",
        .reply = TYPE(session_list_reply)),
    OWN(POST, "/people/{login}/end-sessions", PEOPLE, session_theirs_end,
        "End all of a person's sessions: they must log in again", .reply = TYPE(empty), .audited = true),
    BUS(POST, "/people", PEOPLE, gateway_PersonPut, "Make or change a person", .by = true, .audited = true),
    BUS(DELETE, "/people/{login}", PEOPLE, gateway_PersonDelete,
        "Forget a person; never the last administrator", .by = true, .audited = true),
    BUS(GET, "/audit", AUDIT_READ, gateway_AuditList,
        "Sensitive acts, newest first, of a login, an action (its beginning), a target; cursor: next of the "
        "page before"),
};
const size_t api_routes_len = FAR_ARRAY_LEN(api_routes);

/* Match a path, segment by segment; a wide parameter takes all but what the pattern has behind it.
 * @return whether it matches; params then has what stands for {name}s. */
static bool path_matches(const char *pattern, bool wide, const char *path, json_t *params)
{
    json_t *found = json_object();
    bool matches = found != NULL;
    while (matches && (*pattern || *path)) {
        if (*pattern != '{') {
            matches = *pattern == *path;
            pattern += matches;
            path += matches;
            continue;
        }
        const char *end = strchr(pattern, '}');
        size_t len = strcspn(path, "/"), rest = strlen(end + 1);
        if (wide) len = strlen(path) > rest ? strlen(path) - rest : 0;
        char name[48] = "";
        memcpy(name, pattern + 1, (size_t)(end - pattern - 1));
        json_t *value = len > 0 ? json_stringn(path, len) : NULL; /* NULL also: no UTF-8 */
        matches = value && json_object_set_new(found, name, value) == 0;
        pattern = end + 1;
        path += len;
    }
    if (matches) (void)json_object_update(params, found);
    json_decref(found);
    return matches;
}

const struct route *api_route_find(enum http_method method, const char *path, json_t *params,
                                   bool *ret_path_known)
{
    *ret_path_known = false;
    if (method == HTTP_HEAD) method = HTTP_GET;
    for (size_t i = 0; i < api_routes_len; i++) {
        json_t *found = json_object();
        bool matches = path_matches(api_routes[i].path, api_routes[i].wide, path, found);
        bool hit = matches && api_routes[i].method == method;
        if (hit) (void)json_object_update(params, found);
        json_decref(found);
        *ret_path_known |= matches;
        if (hit) return &api_routes[i];
    }
    return NULL;
}
