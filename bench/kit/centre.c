/* SPDX-License-Identifier: Apache-2.0 */
#include "centre.h"
#include "far/clock.h"
#include "far/str.h"
#include "process.h"
#include "row.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRY_MS 10000u

void centre_edge(const char *site, struct sockaddr_in *ret_address)
{
    const char *at = bench_env("FARSEAT_EDGES");
    size_t len = strlen(site);
    char host[64];
    unsigned port = 0;
    while (at && (strncmp(at, site, len) != 0 || at[len] != '=')) {
        at = strchr(at, ',');
        if (at) at++;
    }
    *ret_address = (struct sockaddr_in){.sin_family = AF_INET};
    if (!at || sscanf(at + len + 1, "%63[0-9.]:%u", host, &port) != 2 ||
        inet_pton(AF_INET, host, &ret_address->sin_addr) != 1)
        bench_die("FARSEAT_EDGES has no edge of site %s", site);
    ret_address->sin_port = htons((uint16_t)port);
}

static const char head[] =
    "centre: {name: Bench, time_zone: Asia/Shanghai, contacts_max: 500, number_rule: {country_code: \"86\", "
    "area_code: \"20\", national_prefix: \"0\", international_prefix: \"00\"}}\n"
    "sites:\n  - {id: hq, name: Headquarters, edges: [edge-hq]}\n  - {id: branch, name: Branch, edges: "
    "[edge-branch]}\n"
    "trunks:\n  - {id: pstn, site: hq, name: Carrier, addresses: [127.0.0.0/8]}\n"
    "numbers:\n  - {number: \"" CENTRE_DIALLED "\", flow: straight, name: Straight}\n"
    "skills:\n  - {id: any, name: Any}\n"
    "reasons:\n  - {id: no-answer, name: No answer}\n"
    "queues:\n  - {id: all, name: All, skills: [{skill: any, level: 1}], ring_ms_max: 15000, "
    "after_call_work_ms: 1, "
    "record: false}\n"
    "flows:\n  - id: straight\n    name: Straight\n    start: to-all\n    nodes:\n"
    "      - {id: to-all, queue: {queue: all, on_overflow: end}}\n      - {id: end, hangup: {}}\n";

void centre_write(const char *path, size_t agents)
{
    FILE *file = fopen(path, "we");
    if (!file) bench_die("%s cannot be written", path);
    (void)fputs(head, file);
    (void)fputs("phones:\n", file);
    for (size_t i = 1; i <= agents; i++)
        (void)fprintf(file, "  - {id: \"b%zu\", site: hq, display: Bench %zu}\n", i, i);
    (void)fputs("agents:\n", file);
    for (size_t i = 1; i <= agents; i++)
        (void)fprintf(file,
                      "  - {id: agent-%zu, name: Agent %zu, phone: \"b%zu\", site: hq, skills: [{skill: any, "
                      "level: 5}]}\n",
                      i, i, i);
    if (fclose(file) != 0) bench_die("%s cannot be written", path);
}

static void read_secret(const struct centre *centre, size_t i, char *out, size_t size)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/secrets/b%zu", centre->dir, i);
    FILE *file = fopen(path, "re");
    if (!file || !fgets(out, (int)size, file)) bench_die("%s cannot be read", path);
    (void)fclose(file);
    out[strcspn(out, "\r\n")] = '\0';
}

/* What is asked for may depend on something that is still on its way through the log. */
static void try_until_done(char *const argv[])
{
    uint64_t until_ms = far_clock_mono_ms() + TRY_MS;
    while (bench_run(argv, false) != 0) {
        if (far_clock_mono_ms() >= until_ms) {
            (void)bench_run(argv, true);
            bench_die("farseatctl %s %s was refused for %u s", argv[1], argv[2], TRY_MS / 1000);
        }
        bench_pause(100);
    }
}

void centre_apply(const char *path, const char *secrets)
{
    char *argv[] = {(char *)"farseatctl",
                    (char *)"apply",
                    (char *)"-f",
                    (char *)(uintptr_t)path,
                    (char *)"--secrets-out",
                    (char *)(uintptr_t)secrets,
                    NULL};
    try_until_done(argv);
}

static void agent(size_t i, const char *wish)
{
    char id[32];
    (void)snprintf(id, sizeof(id), "agent-%zu", i);
    char *argv[] = {(char *)"farseatctl", (char *)"agent", id, (char *)(uintptr_t)wish, NULL};
    try_until_done(argv);
}

static void enter(const struct centre *centre, size_t i)
{
    char user[32], secret[128];
    (void)snprintf(user, sizeof(user), "b%zu", i);
    read_secret(centre, i, secret, sizeof(secret));
    /* The secrets reach the edge by a bucket of their own, perhaps after the configuration. */
    uint64_t until_ms = far_clock_mono_ms() + TRY_MS;
    while (!phones_register(centre->phones, user, secret, 3600)) {
        if (far_clock_mono_ms() >= until_ms) bench_die("the edge does not register phone %s", user);
        bench_pause(100);
    }
    agent(i, "login");
    agent(i, "ready");
}

void centre_open(struct centre *centre, size_t agents)
{
    struct sockaddr_in edge;
    char path[96], secrets[96];
    *centre = (struct centre){.dir = "/tmp/farseat-bench-XXXXXX", .agents = agents};
    if (agents > CENTRE_AGENTS_MAX) bench_die("at most %u agents", CENTRE_AGENTS_MAX);
    (void)bench_env("FARSEAT_BENCH"); /* only `./farseat bench` says so: what is in force is replaced */
    centre_edge("hq", &edge);
    if (!mkdtemp(centre->dir)) bench_die("no folder under /tmp");
    centre->phones = phones_create(&edge, NULL, NULL);
    (void)snprintf(path, sizeof(path), "%s/centre.yaml", centre->dir);
    (void)snprintf(secrets, sizeof(secrets), "%s/secrets", centre->dir);
    centre_write(path, agents);
    centre_apply(path, secrets);
    for (size_t i = 1; i <= agents; i++)
        enter(centre, i);
}

void centre_close(struct centre *centre)
{
    for (size_t i = 1; i <= centre->agents; i++) {
        char user[32], secret[128];
        agent(i, "logout");
        (void)snprintf(user, sizeof(user), "b%zu", i);
        read_secret(centre, i, secret, sizeof(secret));
        (void)phones_register(centre->phones, user, secret, 0);
    }
    centre->phones = phones_destroy(centre->phones);
    char *argv[] = {(char *)"rm", (char *)"-rf", centre->dir, NULL};
    (void)bench_run(argv, true);
}
