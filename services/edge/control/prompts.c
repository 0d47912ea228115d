/* SPDX-License-Identifier: Apache-2.0 */
/* The prompts of the bus, kept as files below media.prompt_cache: one job at a time on a worker thread, in
 * the order in which the bucket told them. What is being played goes on as it was; the next play has the new
 * one. */
#include "edge.h"
#include "far/buf.h"
#include "far/health.h"
#include "far/kv.h"
#include "far/list.h"
#include "far/log.h"
#include "far/str.h"
#include "far/tables.h"
#include "farseat/v1/api_gateway.pb-c.h"
#include "prompt_files.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 2000
#define BYTES_MAX                                                                                            \
    (64u * 1024u * 1024u) /* of prompts that wait to be written; beyond, the bucket is read again */
#define RETRY_MS 5000

enum job_kind { JOB_PREPARE, JOB_PUT, JOB_REMOVE, JOB_KEEP };
struct job {
    struct far_list link;
    enum job_kind kind;
    char name[PROMPT_FILES_NAME_SIZE];
    Farseat__V1__Prompt *prompt; /* PUT */
    char **names;                /* KEEP: sorted */
    size_t names_len;
    struct far_buf went; /* KEEP: names that were removed, a line each */
    bool changed;
    enum far_err err;
    char text[PROMPT_FILES_TEXT_SIZE];
};
/* A prompt of the bucket. */
struct known {
    char name[PROMPT_FILES_NAME_SIZE];
    char sha256[65]; /* of the file that we have; "": none yet */
    bool seen;       /* since the bucket is being read */
};
struct edge_prompts {
    struct edge *edge;
    const char *dir;
    struct far_kv_watch *watch;
    struct far_list jobs;           /* the first one is under way when `working` */
    size_t bytes;                   /* of prompts in jobs */
    struct known *known[NAMES_MAX]; /* sorted by name */
    size_t known_len;
    uint64_t timer;
    bool working, gone, again; /* again: something was left out, or failed: read the bucket anew */
};

/* ---- what the bucket has -------------------------------------------------------------------------- */

static size_t place_of(const struct edge_prompts *prompts, const char *name, bool *ret_found)
{
    size_t low = 0, high = prompts->known_len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(prompts->known[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *ret_found = low < prompts->known_len && strcmp(prompts->known[low]->name, name) == 0;
    return low;
}

static struct known *known_find(const struct edge_prompts *prompts, const char *name)
{
    bool found;
    size_t place = place_of(prompts, name, &found);
    return found ? prompts->known[place] : NULL;
}

/* @return NULL: there are too many, or no memory. */
static struct known *known_make(struct edge_prompts *prompts, const char *name)
{
    bool found;
    size_t place = place_of(prompts, name, &found);
    if (found) return prompts->known[place];
    struct known *known = prompts->known_len < NAMES_MAX ? calloc(1, sizeof(*known)) : NULL;
    if (!known) return NULL;
    (void)far_str_copy(known->name, sizeof(known->name), name);
    memmove(&prompts->known[place + 1], &prompts->known[place],
            (prompts->known_len - place) * sizeof(prompts->known[0]));
    prompts->known[place] = known;
    prompts->known_len++;
    return known;
}

static void known_remove(struct edge_prompts *prompts, const char *name)
{
    bool found;
    size_t place = place_of(prompts, name, &found);
    if (!found) return;
    free(prompts->known[place]);
    prompts->known_len--;
    memmove(&prompts->known[place], &prompts->known[place + 1],
            (prompts->known_len - place) * sizeof(prompts->known[0]));
}

/* ---- jobs ----------------------------------------------------------------------------------------- */

static void job_free(struct job *job)
{
    if (job->prompt) farseat__v1__prompt__free_unpacked(job->prompt, NULL);
    for (size_t i = 0; i < job->names_len; i++)
        free(job->names[i]);
    free(job->names);
    far_buf_done(&job->went);
    free(job);
}

static void prompts_free(struct edge_prompts *prompts)
{
    while (!far_list_empty(&prompts->jobs)) {
        struct job *job = FAR_LIST_ITEM(prompts->jobs.next, struct job, link);
        far_list_remove(&job->link);
        job_free(job);
    }
    while (prompts->known_len > 0)
        free(prompts->known[--prompts->known_len]);
    free(prompts);
}

static void went(void *ctx, const char *name)
{
    far_buf_addf(ctx, "%s\n", name);
}

static void work(void *arg)
{
    struct edge_prompts *prompts = arg;
    struct job *job = FAR_LIST_ITEM(prompts->jobs.next, struct job, link);
    switch (job->kind) {
    case JOB_PREPARE:
        job->err = prompt_files_prepare(prompts->dir, job->text);
        break;
    case JOB_PUT:
        job->err = prompt_files_put(prompts->dir, job->name, job->prompt->wav.data, job->prompt->wav.len,
                                    job->prompt->sha256, &job->changed);
        break;
    case JOB_REMOVE:
        job->err = prompt_files_remove(prompts->dir, job->name, &job->changed);
        break;
    case JOB_KEEP:
        prompt_files_keep(prompts->dir, job->names, job->names_len, went, &job->went);
        break;
    }
}

static void next(struct edge_prompts *prompts);

/* What a further try may mend: a disk that is full or ill, another folder's things. Not: damaged bytes. */
static bool is_passing(const struct job *job)
{
    return job->err == FAR_EFULL || job->err == FAR_EIO || job->err == FAR_ESTATE;
}

static void changed(struct edge_prompts *prompts, const char *name, bool removed)
{
    char file[PROMPT_FILES_NAME_SIZE + 8];
    (void)snprintf(file, sizeof(file), "%s.wav", name);
    media_sound_changed(prompts->edge->media, file);
    FAR_INFO("prompt-changed", "name=%s removed=%d", name, removed);
}

static void say(struct edge_prompts *prompts, const struct job *job)
{
    char *rest = NULL;
    for (char *name = strtok_r(job->went.data, "\n", &rest); name; name = strtok_r(NULL, "\n", &rest))
        changed(prompts, name, true);
    if (job->changed) changed(prompts, job->name, job->kind == JOB_REMOVE);
    if (job->err == FAR_OK) return;
    FAR_WARN("prompt-not-kept", "name=%s why=%s", job->name,
             job->text[0] ? job->text : far_err_text(job->err));
    if (!is_passing(job)) return;
    prompts->again = true;
    far_health_set("prompts", FAR_HEALTH_DEGRADED, "%s: callers hear the prompts of before",
                   job->text[0]            ? job->text
                   : job->err == FAR_EFULL ? "the disk of media.prompt_cache is full"
                                           : "media.prompt_cache cannot be written");
}

static void done(void *arg)
{
    struct edge_prompts *prompts = arg;
    struct job *job = FAR_LIST_ITEM(prompts->jobs.next, struct job, link);
    prompts->working = false;
    if (prompts->gone) {
        prompts_free(prompts);
        return;
    }
    far_list_remove(&job->link);
    if (job->prompt) prompts->bytes -= job->prompt->wav.len;
    struct known *known = job->kind == JOB_PUT ? known_find(prompts, job->name) : NULL;
    if (known && job->err == FAR_OK)
        (void)far_str_copy(known->sha256, sizeof(known->sha256), job->prompt->sha256);
    say(prompts, job);
    if (job->kind == JOB_KEEP && !prompts->again) far_health_set("prompts", FAR_HEALTH_OK, "%s", "");
    job_free(job);
    next(prompts);
}

static void next(struct edge_prompts *prompts)
{
    if (prompts->working || far_list_empty(&prompts->jobs)) return;
    if (far_loop_work(prompts->edge->loop, work, done, prompts) == FAR_OK)
        prompts->working = true; /* else the timer tries again */
}

static struct job *job_add(struct edge_prompts *prompts, enum job_kind kind, const char *name)
{
    struct job *job = calloc(1, sizeof(*job));
    if (!job) {
        prompts->again = true;
        return NULL;
    }
    job->kind = kind;
    far_buf_init(&job->went, NAMES_MAX * PROMPT_FILES_NAME_SIZE);
    (void)far_str_copy(job->name, sizeof(job->name), name);
    far_list_append(&prompts->jobs, &job->link);
    return job;
}

/* ---- what the bucket says ------------------------------------------------------------------------- */

static void put(struct edge_prompts *prompts, const struct far_kv_entry *entry)
{
    struct known *known = prompt_files_name_ok(entry->key) ? known_make(prompts, entry->key) : NULL;
    Farseat__V1__Prompt *prompt =
        known ? farseat__v1__prompt__unpack(NULL, entry->data_len, entry->data) : NULL;
    if (known) known->seen = true;
    if (!prompt)
        FAR_WARN("prompt-not-kept", "name=%s why=%s", entry->key,
                 known ? "it does not decode" : "its name is no prompt's, or there are more than 2000");
    bool wanted = prompt && strcmp(known->sha256, prompt->sha256) != 0;
    bool fits = prompt && prompts->bytes + prompt->wav.len <= BYTES_MAX;
    struct job *job = wanted && fits ? job_add(prompts, JOB_PUT, entry->key) : NULL;
    if (wanted && !fits) prompts->again = true; /* when those that wait are written */
    if (job) {
        job->prompt = prompt;
        prompts->bytes += prompt->wav.len;
        known->sha256[0] = '\0';
    } else if (prompt) {
        farseat__v1__prompt__free_unpacked(prompt, NULL);
    }
}

/* All that are there have been told: what else lies in the folder was removed while we did not look. */
static void keep(struct edge_prompts *prompts)
{
    for (size_t i = prompts->known_len; i > 0; i--)
        if (!prompts->known[i - 1]->seen) known_remove(prompts, prompts->known[i - 1]->name);
    struct job *job = job_add(prompts, JOB_KEEP, "");
    if (!job) return;
    job->names = calloc(prompts->known_len + 1, sizeof(*job->names));
    while (job->names && job->names_len < prompts->known_len &&
           (job->names[job->names_len] = strdup(prompts->known[job->names_len]->name)))
        job->names_len++;
    if (job->names && job->names_len == prompts->known_len) return;
    far_list_remove(&job->link); /* an incomplete list would remove too much */
    job_free(job);
    prompts->again = true;
}

static void forget_seen(struct edge_prompts *prompts)
{
    for (size_t i = 0; i < prompts->known_len; i++)
        prompts->known[i]->seen = false;
}

static void on_prompt(void *ctx, enum far_kv_event event, const struct far_kv_entry *entry)
{
    struct edge_prompts *prompts = ctx;
    if (event == FAR_KV_RESET) {
        forget_seen(prompts);
    } else if (event == FAR_KV_CURRENT) {
        keep(prompts);
    } else if (entry->deleted) {
        known_remove(prompts, entry->key);
        if (prompt_files_name_ok(entry->key)) (void)job_add(prompts, JOB_REMOVE, entry->key);
    } else {
        put(prompts, entry);
    }
    next(prompts);
}

static void watch(struct edge_prompts *prompts)
{
    prompts->watch = far_kv_unwatch(prompts->watch);
    forget_seen(prompts);
    prompts->again = false;
    if (!job_add(prompts, JOB_PREPARE, "")) return;
    if (far_kv_watch(prompts->edge->bus, FAR_BUCKET_PROMPTS, ">", on_prompt, prompts, &prompts->watch) !=
        FAR_OK)
        prompts->again = true;
    next(prompts);
}

static void look(void *arg, uint64_t timer)
{
    struct edge_prompts *prompts = arg;
    (void)timer;
    if (!far_list_empty(&prompts->jobs))
        next(prompts);
    else if (prompts->again)
        watch(prompts);
}

void prompts_watch(struct edge *edge)
{
    if (!edge->config->prompt_cache[0]) return;
    struct edge_prompts *prompts = calloc(1, sizeof(*prompts));
    if (!prompts ||
        far_timer_start(edge->loop, RETRY_MS, RETRY_MS, look, prompts, &prompts->timer) != FAR_OK) {
        FAR_ERROR("prompts-not-watched", "why=%s", "no memory or timer is free");
        free(prompts);
        return;
    }
    prompts->edge = edge;
    prompts->dir = edge->config->prompt_cache;
    far_list_init(&prompts->jobs);
    edge->prompts = prompts;
    watch(prompts);
}

/* A job under way ends by itself, and frees what is left. */
void prompts_stop(struct edge *edge)
{
    struct edge_prompts *prompts = edge->prompts;
    if (!prompts) return;
    edge->prompts = NULL;
    far_timer_stop(edge->loop, prompts->timer);
    prompts->watch = far_kv_unwatch(prompts->watch);
    prompts->gone = true;
    if (!prompts->working) prompts_free(prompts);
}
