/* SPDX-License-Identifier: Apache-2.0 */
/* faults.h - what does not work, out of what the services say of themselves: a table of codes, each with what
 * it means for callers. Pure. docs/reference/faults.md is printed from the table. */
#pragma once
#include "far/buf.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "farseat/v1/config.pb-c.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FAULTS_MAX        256
#define FAULT_SILENT_MS   15000 /* three reports that did not come */
#define FAULT_TEXT_SIZE   256
#define FAULT_SILENT_TEXT "silent" /* LiveService.state of who is not heard any more */

/* X(CODE, code, severity, meaning, remedy) - severity: the worst that it comes with. */
#define FAULT_MAP(X)                                                                                         \
    X(BUS_AWAY, "bus-away", "failed",                                                                        \
      "The bus does not answer this process: calls that talk go on, new ones are refused, consoles stand "   \
      "still.",                                                                                              \
      "Look at nats-server: is it running, has its disk room?")                                              \
    X(ACD_NO_LEADER, "acd-no-leader", "failed",                                                              \
      "No ACD process leads: callers hear music, nobody is offered a call.",                                 \
      "Another one takes over within 3 s; if not, look at the log of the ACD processes.")                    \
    X(ACD_NO_SPARE, "acd-no-spare", "degraded",                                                              \
      "Only one ACD process is there: when it ends, queued calls wait until it is started again.",           \
      "Start a second one.")                                                                                 \
    X(ACD_HALTED, "acd-halted", "failed",                                                                    \
      "An ACD process differs from the others and has stopped; the others go on.",                           \
      "Keep its log and restart it; it begins from a snapshot.")                                             \
    X(ACD_BEHIND, "acd-behind", "degraded",                                                                  \
      "An ACD process is far behind the log: it could not take over at once.",                               \
      "It catches up by itself; "                                                                            \
      "look at its processor and "                                                                           \
      "at the bus.")                                                                                         \
    X(ACD_LOG, "acd-log", "failed",                                                                          \
      "An ACD process cannot read or write the log: it takes no part in routing.",                           \
      "Look at nats-server's disk and at what the check says.")                                              \
    X(RECORDS_WAIT, "records-wait", "degraded",                                                              \
      "Finished contacts wait to be stored on the bus; when there is no room left, new calls are refused.",  \
      "Look at stream REC: is it full?")                                                                     \
    X(EDGE_SILENT, "edge-silent", "failed",                                                                  \
      "An edge is not heard: callers of its site do not come through, its agents get no calls.",             \
      "Is the process running, and is the site's network up?")                                               \
    X(NO_CREDIT, "no-credit", "failed", "An edge was granted no calls by the ACD: its callers are refused.", \
      "Look at the ACD; is a configuration in force?")                                                       \
    X(EDGE_BACKLOG, "edge-backlog", "failed",                                                                \
      "What an edge reports does not reach the ACD: decisions come late, in the end callers are refused.",   \
      "Look at nats-server and its disk.")                                                                   \
    X(EDGE_FULL, "edge-full", "degraded",                                                                    \
      "An edge has nearly as many calls as it may have: further callers will be refused.",                   \
      "Raise limits.legs_max, or add an edge.")                                                              \
    X(PROMPTS_OLD, "prompts-old", "degraded",                                                                \
      "An edge cannot keep the prompts that administrators made: its callers hear those of before.",         \
      "Free space on its disk, or mend media.prompt_cache.")                                                 \
    X(RECORDER_AWAY, "recorder-away", "degraded",                                                            \
      "A recorder is not heard: new recordings go to another one; without any, calls are not recorded.",     \
      "Is the process running?")                                                                             \
    X(RECORDING_FAILS, "recording-fails", "failed", "Sound of recorded calls is being lost.",                \
      "Free space on the recorder's disk, or mend it.")                                                      \
    X(DISK_LOW, "disk-low", "degraded", "A recorder has little disk space: no new recording can begin.",     \
      "Free space, or lower store.free_min.")                                                                \
    X(POSTGRES_AWAY, "postgres-away", "degraded",                                                            \
      "PostgreSQL does not answer a service: calls go on; logging in, customers, tickets, reports or "       \
      "recordings are not there meanwhile.",                                                                 \
      "Look at PostgreSQL; nothing is lost.")                                                                \
    X(KAFKA_AWAY, "kafka-away", "degraded",                                                                  \
      "Kafka does not answer: calls go on, records wait, reports stand still.",                              \
      "Look at Kafka; records arrive once it is back.")                                                      \
    X(EXPORT_LAGS, "export-lags", "degraded", "Many finished records are not in Kafka yet.",                 \
      "Look at Kafka and at the log of analytics.")                                                          \
    X(REPORTS_LAG, "reports-lag", "degraded", "Reports do not have the newest contacts yet.",                \
      "They catch up by themselves; look at PostgreSQL and Kafka.")                                          \
    X(LIVE_STALE, "live-stale", "degraded", "Live figures stand still; calls go on.",                        \
      "Look at the ACD and at analytics.")                                                                   \
    X(ANALYTICS_AWAY, "analytics-away", "degraded",                                                          \
      "Analytics is not heard: live figures and reports stand still; calls go on, records wait.",            \
      "Is the process running?")                                                                             \
    X(TICKETING_AWAY, "ticketing-away", "degraded",                                                          \
      "Ticketing is not heard: no customer pops up, no ticket opens; calls go on.",                          \
      "Is the process "                                                                                      \
      "running?")                                                                                            \
    X(SERVICE_SILENT, "service-silent", "degraded", "A process is not heard.", "Is it running?")             \
    X(SERVICE_STARTS, "service-starts", "degraded", "A process is starting or ends.",                        \
      "It says when it is "                                                                                  \
      "ready.")                                                                                              \
    X(LISTENING, "listening", "degraded",                                                                    \
      "This gateway listens for a few seconds only: not all processes are shown yet.", "Look again.")        \
    X(CERTIFICATE, "certificate", "degraded",                                                                \
      "The HTTPS certificate has expired or soon will: browsers will refuse the console.",                   \
      "Renew it; './farseat up' renews its own.")                                                            \
    X(VERSIONS_DIFFER, "versions-differ", "degraded",                                                        \
      "Processes of one kind run different versions; it works, but should not last.", "Finish the update.")  \
    X(CLOCKS_DIFFER, "clocks-differ", "degraded",                                                            \
      "A process's clock differs from this one's by more than two seconds: times in reports are wrong.",     \
      "Synchronize the clocks (chrony, systemd-timesyncd).")                                                 \
    X(CHECK, "check", "degraded", "A check of a process is not well; its text says what.", "See the text.")

#define X(name, code, severity, meaning, remedy) FAULT_##name,
enum fault { FAULT_MAP(X) FAULT_COUNT };
#undef X

/** What was last heard of an instance. */
struct faults_heard {
    const Farseat__V1__LiveService *service;
    uint64_t age_ms;   /* since it was heard */
    int64_t offset_us; /* its clock minus ours, then */
};
struct faults_input {
    const struct faults_heard *heard;
    size_t heard_len;
    const Farseat__V1__CentreConfig *config; /* NULL: not known; names the edges that should be there */
    bool bus_connected;
    bool settled;         /* we have listened long enough to have heard everybody */
    const char *instance; /* our own */
};
struct faults {
    Farseat__V1__SystemFault rows[FAULTS_MAX];
    char texts[FAULTS_MAX][FAULT_TEXT_SIZE], instances[FAULTS_MAX][64];
    size_t len; /* beyond FAULTS_MAX nothing is added */
};
/** Fill faults; worst first, then by code and instance. */
void faults_judge(const struct faults_input *input, struct faults *ret_faults);
/** docs/reference/faults.md. */
void faults_reference(struct far_buf *out);
