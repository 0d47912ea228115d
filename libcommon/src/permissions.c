/* SPDX-License-Identifier: Apache-2.0 */
/* permissions.c - what each role may do on the bus, as rows; printed as a nats-server user's permissions.
 * Allow-lists only: queue-deny bypasses and account-level APIs of old servers find nothing here (notes in
 * docs/operating.md). */
#include "far/buf.h"
#include "far/tables.h"
#include <stdio.h>
#include <string.h>

enum grant {
    PUBLISH,   /* a subject, or a pattern */
    SUBSCRIBE, /* the same */
    SERVE,     /* subscribe, and answer into anybody's inbox (inboxes are random) */
    READ,      /* a stream, in order or one by one */
    PURGE,     /* a stream */
    MAKE,      /* create and change a stream; "": all but the ACD's log */
    GET,       /* a bucket: read and watch */
    PUT,       /* a bucket's keys; text: the keys */
};
struct row {
    const char *role;
    enum grant grant;
    const char *what; /* <user>: the user's own name */
    const char *keys;
};

static const struct row rows[] = {
    {"edge", PUBLISH, "far.log.acd.main.<user>", NULL},
    {"edge", SERVE, "far.cmd.edge.<user>", NULL},
    {"edge", PUBLISH, "far.live.edge.<user>", NULL},
    {"edge", GET, "registrations", NULL},
    {"edge", PUT, "registrations", ">"},
    {"edge", GET, "sip_users", NULL},
    {"edge", GET, "trunks", NULL},
    {"edge", GET, "edges", NULL},
    {"edge", PUT, "edges", "<user>"},
    {"edge", PUT, "browser_doors", "<user>"},
    {"edge", GET, "prompts", NULL},
    {"edge", PUBLISH, "far.live.service.<user>", NULL},

    {"acd", MAKE, "", NULL},
    {"acd", MAKE, "ACD_main", NULL},
    {"acd", PUBLISH, "far.log.acd.main.log", NULL},
    {"acd", PUBLISH, "far.log.acd.main.<user>", NULL},
    {"acd", READ, "ACD_main", NULL},
    {"acd", PUBLISH, "far.snap.acd.main.<user>", NULL},
    {"acd", READ, "SNAP_main", NULL},
    {"acd", PURGE, "SNAP_main", NULL},
    {"acd", PUBLISH, "far.evt.>", NULL},
    {"acd", PUBLISH, "far.rec.>", NULL},
    {"acd", READ, "REC", NULL},
    {"acd", PUBLISH, "far.cmd.edge.*", NULL},
    {"acd", SUBSCRIBE, "far.live.edge.*", NULL},
    {"acd", SERVE, "far.api.acd.>", NULL},
    {"acd", PUBLISH, "far.api.acd.>", NULL},
    {"acd", GET, "sip_users", NULL},
    {"acd", PUT, "sip_users", ">"},
    {"acd", GET, "trunks", NULL},
    {"acd", PUT, "trunks", ">"},
    {"acd", GET, "leases", NULL},
    {"acd", PUT, "leases", FAR_LEASE_ACD},
    {"acd", PUBLISH, "far.live.service.<user>", NULL},

    {"recording", SERVE, "far.api.recording.>", NULL},
    {"recording", PUBLISH, "far.evt.recording.>", NULL},
    {"recording", PUBLISH, "far.live.service.<user>", NULL},

    {"ticketing", SERVE, "far.api.ticketing.>", NULL},
    {"ticketing", PUBLISH, "far.evt.ticket.>", NULL},
    {"ticketing", PUBLISH, "far.rec.ticket", NULL},
    {"ticketing", READ, "EVT", NULL},
    {"ticketing", PUBLISH, "far.live.service.<user>", NULL},

    {"analytics", SERVE, "far.api.analytics.>", NULL},
    {"analytics", PUBLISH, "far.live.queue.*", NULL},
    {"analytics", PUBLISH, "far.live.agent.*", NULL},
    {"analytics", PUBLISH, "far.live.contact.*", NULL},
    {"analytics", PUBLISH, "far.live.service.<user>", NULL},
    {"analytics", READ, "EVT", NULL},
    {"analytics", READ, "REC", NULL},
    {"analytics", PUBLISH, "far.api.acd.AgentList", NULL},
    {"analytics", PUBLISH, "far.api.acd.QueueList", NULL},
    {"analytics", PUBLISH, "far.api.acd.ContactList", NULL},
    {"analytics", PUBLISH, "far.api.acd.ConfigGet", NULL},
    {"analytics", GET, "leases", NULL},
    {"analytics", PUT, "leases", FAR_LEASE_EXPORT},

    {"gateway", SERVE, "far.api.gateway.>", NULL},
    {"gateway", PUBLISH, "far.api.>", NULL},
    {"gateway", SUBSCRIBE, "far.live.>", NULL},
    {"gateway", READ, "EVT", NULL},
    {"gateway", GET, "browser_doors", NULL},
    {"gateway", GET, "registrations", NULL},
    {"gateway", GET, "prompts", NULL},
    {"gateway", PUT, "prompts", ">"},
    {"gateway", PUBLISH, "far.live.service.<user>", NULL},

    {"farseatctl", MAKE, "", NULL},
    {"farseatctl", PUBLISH, "far.api.>", NULL},
    {"farseatctl", SUBSCRIBE, "far.live.>", NULL},
    {"farseatctl", READ, "ACD_main", NULL},
    {"farseatctl", READ, "SNAP_main", NULL},
    {"farseatctl", READ, "EVT", NULL},
    {"farseatctl", READ, "REC", NULL},
    {"farseatctl", GET, "registrations", NULL},
    {"farseatctl", GET, "trunks", NULL},
    {"farseatctl", GET, "leases", NULL},

    {"observer", SUBSCRIBE, "far.live.>", NULL},
    {"observer", SUBSCRIBE, "far.evt.>", NULL},
    {"observer", SUBSCRIBE, "far.rec.>", NULL},
    {"observer", SUBSCRIBE, "far.log.>", NULL},
    {"observer", READ, "ACD_main", NULL},
    {"observer", READ, "EVT", NULL},
    {"observer", READ, "REC", NULL},
};

struct printing {
    struct far_buf *out;
    const char *user;
    bool any;
};

/* One more subject of an allow-list, with <user> filled in. */
static void item(struct printing *printing, const char *before, const char *what, const char *after)
{
    const char *mark = strstr(what, "<user>");
    far_buf_add_text(printing->out, printing->any ? ",\n    \"" : "\n    \"");
    far_buf_add_text(printing->out, before);
    if (mark) {
        far_buf_add(printing->out, what, (size_t)(mark - what));
        far_buf_add_text(printing->out, printing->user);
        far_buf_add_text(printing->out, mark + strlen("<user>"));
    } else {
        far_buf_add_text(printing->out, what);
    }
    far_buf_add_text(printing->out, after);
    far_buf_add_text(printing->out, "\"");
    printing->any = true;
}

/* What log_reader.c and js.c ask of the server. */
static void read_items(struct printing *printing, const char *before, const char *stream)
{
    char name[80];
    (void)snprintf(name, sizeof(name), "%s%s", before, stream);
    item(printing, "$JS.API.DIRECT.GET.", name, "");
    item(printing, "$JS.API.CONSUMER.CREATE.", name, ".>");
    item(printing, "$JS.API.CONSUMER.MSG.NEXT.", name, ".*");
}

static void make_items(struct printing *printing, const char *only)
{
    for (size_t i = 0; i < FAR_STREAM_COUNT; i++) {
        const struct far_stream_row *row = &far_stream_rows[i];
        bool shared = row >= FAR_STREAM_SHARED_ROWS;
        if (*only ? strcmp(only, row->name) != 0 : !shared) continue;
        item(printing, "$JS.API.STREAM.CREATE.", row->name, "");
        item(printing, "$JS.API.STREAM.UPDATE.", row->name, "");
    }
}

static void publish_items(struct printing *printing, const struct row *row)
{
    switch (row->grant) {
    case PUBLISH:
        item(printing, "", row->what, "");
        break;
    case READ:
        read_items(printing, "", row->what);
        break;
    case GET:
        read_items(printing, "KV_", row->what);
        break;
    case PURGE:
        item(printing, "$JS.API.STREAM.PURGE.", row->what, "");
        break;
    case MAKE:
        make_items(printing, row->what);
        break;
    case PUT: {
        char prefix[80];
        (void)snprintf(prefix, sizeof(prefix), "$KV.%s.", row->what);
        item(printing, prefix, row->keys, "");
        break;
    }
    case SERVE:
        item(printing, "_INBOX.", "*.*.*", ""); /* answers; not to readers' inboxes, which have more tokens */
        break;
    case SUBSCRIBE:
        break;
    }
}

/* Twice the same line would do no harm, but be read twice. */
static bool is_repeat(const struct row *row)
{
    for (const struct row *before = rows; before < row; before++) {
        if (strcmp(before->role, row->role) != 0 || before->grant != row->grant) continue;
        if (row->grant == SERVE || strcmp(before->what, row->what) == 0) return true;
    }
    return false;
}

static bool role_of(const char *user, char role[32])
{
    for (size_t i = 0; i < FAR_ARRAY_LEN(rows); i++) {
        size_t len = strlen(rows[i].role);
        if (strncmp(user, rows[i].role, len) != 0 || (user[len] != 0 && user[len] != '-')) continue;
        (void)snprintf(role, 32, "%s", rows[i].role);
        return true;
    }
    return false;
}

enum far_err far_permissions_print(const char *user, struct far_buf *out)
{
    char role[32];
    struct printing printing = {.out = out, .user = user};
    if (!far_subject_token_ok(user) || strpbrk(user, "\"\\<")) return FAR_EINVAL;
    if (!role_of(user, role)) return FAR_ENOTFOUND;
    far_buf_add_text(out, "{\n  publish: { allow: [");
    item(&printing, "$JS.API.STREAM.INFO.", "*",
         ""); /* every service looks whether the streams are as they should */
    for (const struct row *row = rows; row < rows + FAR_ARRAY_LEN(rows); row++)
        if (strcmp(row->role, role) == 0 && !(is_repeat(row) && row->grant != PUT))
            publish_items(&printing, row);
    far_buf_add_text(out, "\n  ] }\n  subscribe: { allow: [");
    printing.any = false;
    item(&printing, "_INBOX.", "<user>", ".>");
    for (const struct row *row = rows; row < rows + FAR_ARRAY_LEN(rows); row++)
        if (strcmp(row->role, role) == 0 && (row->grant == SUBSCRIBE || row->grant == SERVE))
            item(&printing, "", row->what, "");
    far_buf_add_text(out, "\n  ] }\n}\n");
    return out->err;
}

void far_permissions_reference(struct far_buf *out)
{
    static const char *const words[] = {
        [PUBLISH] = "publishes", [SUBSCRIBE] = "receives",  [SERVE] = "serves",
        [READ] = "reads stream", [PURGE] = "purges stream", [MAKE] = "makes and changes stream",
        [GET] = "reads bucket",  [PUT] = "writes bucket",
    };
    far_buf_add_text(out, "| role | may |\n| --- | --- |\n");
    for (const struct row *row = rows; row < rows + FAR_ARRAY_LEN(rows); row++) {
        bool first = row == rows || strcmp(row->role, row[-1].role) != 0;
        bool last = row + 1 == rows + FAR_ARRAY_LEN(rows) || strcmp(row->role, row[1].role) != 0;
        if (first) far_buf_addf(out, "| `%s` | ", row->role);
        far_buf_addf(out, "%s%s", first ? "" : "; ", words[row->grant]);
        if (*row->what)
            far_buf_addf(out, " `%s`", row->what);
        else
            far_buf_add_text(out, "s and buckets, all but the ACD's log");
        if (row->keys && strcmp(row->keys, ">") != 0) far_buf_addf(out, " (key `%s`)", row->keys);
        if (last) far_buf_add_text(out, " |\n");
    }
}
