/* SPDX-License-Identifier: Apache-2.0 */
/* top.c - the whole centre on one screen, twice a second: queues, callers, agents. */
#include "command.h"
#include "far/clock.h"
#include "text.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define EVERY_MS   500u
#define ASK_MS     2000u
#define FRAME_MAX  (256u * 1024u)
#define ROWS_PLAIN 200u
#define ALTERNATE  "\033[?1049h\033[?25l"
#define RESTORE    "\033[?25h\033[?1049l"

struct frame {
    Farseat__V1__QueueListReply *queues;
    Farseat__V1__ContactListReply *contacts;
    Farseat__V1__AgentListReply *agents;
};

static volatile sig_atomic_t ended;
static void on_signal(int number)
{
    (void)number;
    ended = 1;
}

static void frame_done(struct frame *frame)
{
    if (frame->queues) farseat__v1__queue_list_reply__free_unpacked(frame->queues, NULL);
    if (frame->contacts) farseat__v1__contact_list_reply__free_unpacked(frame->contacts, NULL);
    if (frame->agents) farseat__v1__agent_list_reply__free_unpacked(frame->agents, NULL);
    memset(frame, 0, sizeof(*frame));
}

/* The later answers have seen at least what the first one had. */
static enum far_err frame_ask(struct client *client, struct frame *frame)
{
    Farseat__V1__ReadRequest read = FARSEAT__V1__READ_REQUEST__INIT;
    ProtobufCMessage *reply = NULL;
    enum far_err err = client_try(client, FAR_METHOD_acd_QueueList, &read.base, ASK_MS, &reply);
    if (err != FAR_OK) return err;
    frame->queues = (Farseat__V1__QueueListReply *)reply;
    read.min_position = frame->queues->position;
    err = client_try(client, FAR_METHOD_acd_ContactList, &read.base, ASK_MS, &reply);
    if (err != FAR_OK) return err;
    frame->contacts = (Farseat__V1__ContactListReply *)reply;
    err = client_try(client, FAR_METHOD_acd_AgentList, &read.base, ASK_MS, &reply);
    if (err == FAR_OK) frame->agents = (Farseat__V1__AgentListReply *)reply;
    return err;
}

static void add_time(struct far_buf *out, uint64_t ms)
{
    char text[16];
    text_duration(ms, text);
    far_buf_addf(out, "%8s ", text);
}

static void add_queues(struct far_buf *out, const Farseat__V1__QueueListReply *reply)
{
    far_buf_add_text(out, "QUEUE                WAITING  LONGEST  READY  LOGGED IN\n");
    for (size_t i = 0; i < reply->n_queues; i++) {
        const Farseat__V1__QueueView *queue = reply->queues[i];
        const char *name = text_label(queue->name);
        text_column(out, *name ? name : queue->queue_id, 20);
        far_buf_addf(out, " %7u ", queue->waiting);
        add_time(out, queue->longest_wait_ms);
        far_buf_addf(out, "%6u  %9u\n", queue->agents_ready, queue->agents_logged_in);
    }
}

static void add_contacts(struct far_buf *out, const Farseat__V1__ContactListReply *reply, size_t rows)
{
    far_buf_add_text(
        out,
        "\nCALLER           STATE        QUEUE        PLACE     WAIT    STATE  AGENT          CONTACT\n");
    for (size_t i = 0; i < reply->n_contacts; i++) {
        const Farseat__V1__ContactView *contact = reply->contacts[i];
        if (i >= rows) {
            far_buf_addf(out, "... and %zu more\n", reply->n_contacts - i);
            return;
        }
        char place[16] = "";
        if (contact->position > 0) snprintf(place, sizeof(place), "%u", contact->position);
        text_column(out, text_number(contact->caller), 16);
        far_buf_add_text(out, " ");
        text_column(out, text_contact_state(contact->state), 12);
        far_buf_add_text(out, " ");
        text_column(out, *contact->queue_id ? contact->queue_id : contact->node_id, 12);
        far_buf_addf(out, " %5s ", place);
        add_time(out, contact->wait_ms);
        add_time(out, contact->state_ms);
        far_buf_add_text(out, " ");
        text_column(out, contact->agent_id, 14);
        far_buf_addf(out, " %.8s\n", contact->contact_id);
    }
}

static void add_agents(struct far_buf *out, const Farseat__V1__AgentListReply *reply, size_t rows)
{
    far_buf_add_text(out, "\nAGENT            NAME             STATE                FOR  REASON       PHONE "
                          "AT       CONTACT\n");
    for (size_t i = 0; i < reply->n_agents; i++) {
        const Farseat__V1__AgentView *agent = reply->agents[i];
        if (i >= rows) {
            far_buf_addf(out, "... and %zu more\n", reply->n_agents - i);
            return;
        }
        text_column(out, agent->agent_id, 16);
        far_buf_add_text(out, " ");
        text_column(out, agent->name, 16);
        far_buf_add_text(out, " ");
        text_column(out, text_agent_state(agent->state), 15);
        far_buf_add_text(out, " ");
        add_time(out, text_since_ms(agent->since_us, far_clock_wall_us(), agent->state_ms));
        far_buf_add_text(out, " ");
        text_column(out, *agent->next_reason ? agent->next_reason : agent->reason, 12);
        far_buf_add_text(out, " ");
        text_column(out, agent->phone_reachable ? agent->edge : "-", 14);
        far_buf_addf(out, " %.8s\n", agent->contact_id);
    }
}

static void render(struct far_buf *out, const struct frame *frame, enum far_err err, size_t rows, bool plain)
{
    char at[32];
    text_time(far_clock_wall_us(), at);
    if (err != FAR_OK || !frame->agents) {
        far_buf_addf(out, "%sfarseat  %s  the ACD does not answer: %s\n", plain ? "--- " : "", at,
                     far_err_text(err));
        return;
    }
    far_buf_addf(out, "%sfarseat  %s  position %" PRIu64 "  %zu contacts\n\n", plain ? "--- " : "", at,
                 frame->contacts->position, frame->contacts->n_contacts);
    add_queues(out, frame->queues);
    /* Callers get what agents leave of the screen. */
    size_t used = frame->queues->n_queues + frame->agents->n_agents + 9;
    add_contacts(out, frame->contacts, rows > used + 3 ? rows - used : 3);
    used = frame->queues->n_queues + frame->contacts->n_contacts + 9;
    add_agents(out, frame->agents, rows > used + 3 ? rows - used : 3);
}

static size_t screen_rows(bool plain)
{
    struct winsize size;
    if (plain || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 10) return ROWS_PLAIN;
    return size.ws_row;
}

/* Each line clears its own rest, so that the picture does not flicker. */
static void paint(const char *text)
{
    fputs("\033[H", stdout);
    for (const char *at = text; *at;) {
        size_t len = strcspn(at, "\n");
        printf("%.*s\033[K\n", (int)len, at);
        at += len + (at[len] == '\n');
    }
    fputs("\033[J", stdout);
}

int command_top(struct client *client, const struct options *options, int argc, char **argv)
{
    (void)argv;
    if (argc != 0) return command_usage("top takes no arguments but --plain and --count");
    bool plain = options->plain || !isatty(STDOUT_FILENO);
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    if (!plain) fputs(ALTERNATE, stdout);
    enum far_err err = FAR_OK;
    for (uint32_t shown = 0; !ended && (options->count == 0 || shown < options->count); shown++) {
        struct frame frame = {0};
        struct far_buf out;
        if (shown > 0) client_run(client, EVERY_MS);
        far_buf_init(&out, FRAME_MAX);
        err = frame_ask(client, &frame);
        render(&out, &frame, err, screen_rows(plain), plain);
        if (plain)
            fputs(out.data, stdout);
        else
            paint(out.data);
        fflush(stdout);
        far_buf_done(&out);
        frame_done(&frame);
    }
    if (!plain) fputs(RESTORE, stdout);
    return err == FAR_OK || ended ? CTL_OK : CTL_UNAVAILABLE;
}
