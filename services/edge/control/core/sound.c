/* SPDX-License-Identifier: Apache-2.0 */
#include "core.h"
#include "far/str.h"
#include <string.h>

static struct play *play_find(struct leg *leg, uint64_t play)
{
    for (size_t i = 0; i < PLAYS_MAX; i++)
        if (leg->plays[i].play == play) return &leg->plays[i];
    return NULL;
}

static struct play *play_running(struct leg *leg)
{
    return leg->play_now ? play_find(leg, leg->play_now) : NULL;
}

/* Names become file names: no dots, so no way out of the prompts' folder. */
static bool prompt_ok(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len >= 128 || name[0] == '/') return false;
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '/' || c == '_' || c == '-';
        if (!ok) return false;
    }
    return true;
}

static bool id_ok(const char *id)
{
    return id[0] != '\0' && strlen(id) < EDGE_NAME_SIZE;
}

void sound_echo(struct edge_core *core, struct leg *leg)
{
    sound_stop(core, leg);
    leg->echo = true;
    core_emit(core, &(struct edge_action){.kind = EDGE_ACT_ECHO, .call = leg->call, .on = true});
}

static void echo_off(struct edge_core *core, struct leg *leg)
{
    if (!leg->echo) return;
    leg->echo = false;
    core_emit(core, &(struct edge_action){.kind = EDGE_ACT_ECHO, .call = leg->call, .on = false});
}

void sound_stop(struct edge_core *core, struct leg *leg)
{
    echo_off(core, leg);
    if (leg->play_now == 0) return;
    struct edge_action action = {.kind = EDGE_ACT_PLAY_STOP, .call = leg->call};
    action.play.play = leg->play_now;
    core_emit(core, &action);
    leg->play_now = 0;
}

enum edge_outcome sound_play(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                             const Farseat__V1__PlayCommand *play)
{
    (void)now_ms;
    if (!id_ok(play->play_id) || play->n_prompts == 0 || play->n_prompts > EDGE_PROMPTS_MAX)
        return EDGE_OUTCOME_INVALID;
    for (size_t i = 0; i < play->n_prompts; i++)
        if (!prompt_ok(play->prompts[i])) return EDGE_OUTCOME_INVALID;
    struct play *slot = play_find(leg, 0);
    if (!slot) return EDGE_OUTCOME_BUSY;
    echo_off(core, leg); /* a play that runs is replaced by media without a gap */
    *slot = (struct play){.play = core_serial(core), .loop = play->loop, .barge_in = play->barge_in};
    (void)far_str_copy(slot->id, sizeof(slot->id), play->play_id);
    leg->play_now = slot->play;
    leg->typed_len = 0;
    if (leg->collect.active && leg->collect.digits_len == 0 && !play->loop) leg->collect.deadline_ms = NEVER;
    struct edge_action action = {.kind = EDGE_ACT_PLAY, .call = leg->call};
    action.play.play = slot->play;
    action.play.prompts = (const char *const *)play->prompts;
    action.play.prompts_len = play->n_prompts;
    action.play.loop = play->loop;
    action.play.barge_in = play->barge_in;
    core_emit(core, &action);
    return EDGE_OUTCOME_EXECUTED;
}

static void collect_done(struct edge_core *core, struct leg *leg, uint64_t now_ms, const char *cause)
{
    leg->collect.active = false;
    leg->collect.deadline_ms = NEVER;
    report_digits(core, leg, now_ms, cause);
    memset(leg->collect.digits, 0, sizeof(leg->collect.digits)); /* they may be secret */
    leg->collect.digits_len = 0;
}

static void collect_wait(struct edge_core *core, struct leg *leg, uint64_t now_ms, uint32_t timeout_ms)
{
    leg->collect.deadline_ms = now_ms + timeout_ms;
    core_due(core, leg->collect.deadline_ms);
}

static void collect_digit(struct edge_core *core, struct leg *leg, uint64_t now_ms, char digit)
{
    struct collect *collect = &leg->collect;
    if (strchr(collect->terminators, digit)) {
        collect_done(core, leg, now_ms, "terminator");
        return;
    }
    collect->digits[collect->digits_len++] = digit;
    if (collect->digits_len >= collect->digits_max)
        collect_done(core, leg, now_ms, "complete");
    else
        collect_wait(core, leg, now_ms, collect->next_timeout_ms);
}

/* While a prompt that may not be interrupted plays, digits are not meant for what it asks. */
static bool prompt_is_deaf(struct leg *leg)
{
    struct play *running = play_running(leg);
    return running && !running->barge_in && !running->loop;
}

/* A first time-out starts when the prompt ends. */
static bool prompt_runs(struct leg *leg)
{
    struct play *running = play_running(leg);
    return running && !running->loop && !running->by_digit;
}

enum edge_outcome sound_collect(struct edge_core *core, struct leg *leg, uint64_t now_ms,
                                const Farseat__V1__CollectCommand *command)
{
    if (!id_ok(command->collect_id) || command->digits_max == 0 || command->digits_max > EDGE_DIGITS_MAX ||
        command->digits_min > command->digits_max || strlen(command->terminators) >= EDGE_NAME_SIZE)
        return EDGE_OUTCOME_INVALID;
    struct collect *collect = &leg->collect;
    *collect = (struct collect){
        .active = true,
        .digits_min = command->digits_min,
        .digits_max = command->digits_max,
        .first_timeout_ms = command->first_timeout_ms ? command->first_timeout_ms : COLLECT_MS_DEFAULT,
        .next_timeout_ms = command->next_timeout_ms ? command->next_timeout_ms : COLLECT_MS_DEFAULT,
        .secret = command->secret,
        .deadline_ms = NEVER,
    };
    (void)far_str_copy(collect->id, sizeof(collect->id), command->collect_id);
    (void)far_str_copy(collect->terminators, sizeof(collect->terminators), command->terminators);
    if (!prompt_runs(leg)) collect_wait(core, leg, now_ms, collect->first_timeout_ms);
    /* Who knows the menu types before the prompt, and before this command, has come. */
    for (uint32_t i = 0; i < leg->typed_len && collect->active; i++)
        collect_digit(core, leg, now_ms, leg->typed[i]);
    memset(leg->typed, 0, sizeof(leg->typed));
    leg->typed_len = 0;
    return EDGE_OUTCOME_EXECUTED;
}

static bool is_digit(char c)
{
    return (c >= '0' && c <= '9') || c == '*' || c == '#' || (c >= 'A' && c <= 'D');
}

void edge_core_digit(struct edge_core *core, uint64_t now_ms, uint64_t call, char digit)
{
    struct leg *leg = core_leg(core, call);
    if (!leg || !leg_hears(leg) || !is_digit(digit) || prompt_is_deaf(leg)) return;
    struct play *running = play_running(leg);
    if (running && running->barge_in && !running->by_digit) {
        running->by_digit = true;
        struct edge_action action = {.kind = EDGE_ACT_PLAY_STOP, .call = call};
        action.play.play = running->play;
        core_emit(core, &action); /* media has stopped it already when the digit came as RFC 4733 */
    }
    if (leg->collect.active)
        collect_digit(core, leg, now_ms, digit);
    else if (leg->typed_len < EDGE_DIGITS_MAX)
        leg->typed[leg->typed_len++] = digit;
}

void edge_core_play_done(struct edge_core *core, uint64_t now_ms, uint64_t call, uint64_t play,
                         enum edge_play_cause cause, const char *text)
{
    static const char *const names[] = {[EDGE_PLAY_FINISHED] = "finished",
                                        [EDGE_PLAY_DIGIT] = "digit",
                                        [EDGE_PLAY_STOPPED] = "stopped",
                                        [EDGE_PLAY_FAILED] = "failed"};
    struct leg *leg = core_leg(core, call);
    struct play *slot = leg && play != 0 ? play_find(leg, play) : NULL;
    if (!slot) return;
    bool by_digit = slot->by_digit && cause != EDGE_PLAY_FAILED;
    struct play done = *slot;
    *slot = (struct play){0};
    if (leg->play_now == play) leg->play_now = 0;
    if (leg->state == LEG_CLOSING) return; /* LegEnded says it all */
    report_play_done(core, leg, now_ms, done.id, by_digit ? "digit" : names[cause], text);
    struct collect *collect = &leg->collect;
    if (collect->active && collect->digits_len == 0 && collect->deadline_ms == NEVER && !prompt_runs(leg))
        collect_wait(core, leg, now_ms, collect->first_timeout_ms);
}

void sound_tick(struct edge_core *core, struct leg *leg, uint64_t now_ms)
{
    struct collect *collect = &leg->collect;
    if (!collect->active || collect->deadline_ms == NEVER) return;
    if (now_ms < collect->deadline_ms) {
        core_due(core, collect->deadline_ms);
        return;
    }
    bool enough = collect->digits_len > 0 && collect->digits_len >= collect->digits_min;
    collect_done(core, leg, now_ms, enough ? "complete" : "timeout");
}
