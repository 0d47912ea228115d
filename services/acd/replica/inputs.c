/* SPDX-License-Identifier: Apache-2.0 */
/* inputs.c - what this process appends to the log, and who waits for the verdict. */
#include "far/str.h"
#include "replica_impl.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct input *slot(struct replica *replica, uint64_t number)
{
    return &replica->input_ring[number % replica->config.inputs_max];
}

enum far_err inputs_push(struct replica *replica, uint64_t now_ms, Farseat__V1__AcdInput *input,
                         uint64_t *ret_number)
{
    uint64_t number = far_appender_core_next_number(replica->inputs);
    input->producer = replica->name;
    input->producer_incarnation = replica->incarnation;
    input->number = number;
    input->sent_at_us = replica->wall_us;
    size_t len = farseat__v1__acd_input__get_packed_size(input);
    if (len > REPLICA_INPUT_MAX) return FAR_EINVAL;
    uint8_t *data = malloc(len);
    if (!data) return FAR_ENOMEM;
    farseat__v1__acd_input__pack(input, data);
    enum far_err err = far_appender_core_push(replica->inputs, &number);
    if (err != FAR_OK) {
        free(data);
        return err;
    }
    struct input *kept = slot(replica, number);
    free(kept->data);
    *kept = (struct input){.data = data, .len = len, .pushed_ms = now_ms};
    *ret_number = number;
    return FAR_OK;
}

bool inputs_next(struct replica *replica, uint64_t now_ms, struct replica_effect *effect)
{
    uint64_t number, epoch;
    far_appender_core_tick(replica->inputs, now_ms);
    if (!far_appender_core_next(replica->inputs, now_ms, &number, &epoch)) return false;
    const struct input *input = slot(replica, number);
    effect->kind = REPLICA_APPEND;
    effect->number = number;
    effect->epoch = epoch;
    effect->data = input->data;
    effect->len = input->len;
    effect->timeout_ms = replica->config.ack_timeout_ms;
    /* The epoch is part of the id: what an earlier try left behind a gap must be stored again. */
    snprintf(effect->msg_id, sizeof(effect->msg_id), "%s.%s.%llu.%llu", replica->name, replica->incarnation,
             (unsigned long long)number, (unsigned long long)epoch);
    return true;
}

void inputs_done(struct replica *replica, uint64_t now_ms, uint64_t number, uint64_t epoch, enum far_err err)
{
    uint64_t first = far_appender_core_first(replica->inputs);
    if (err != FAR_OK) {
        uint64_t before = far_appender_core_epoch(replica->inputs);
        far_appender_core_failed(replica->inputs, number, epoch, now_ms);
        if (far_appender_core_epoch(replica->inputs) != before) replica->stats.rewinds++;
        return;
    }
    uint32_t released = far_appender_core_acked(replica->inputs, number, epoch, now_ms);
    for (uint64_t at = first; at < first + released; at++) {
        struct input *input = slot(replica, at);
        replica->acked_pushed_ms = input->pushed_ms;
        free(input->data);
        input->data = NULL;
    }
}

bool inputs_are_late(const struct replica *replica, uint64_t now_ms)
{
    uint64_t first = far_appender_core_first(replica->inputs);
    if (first == far_appender_core_next_number(replica->inputs)) return false;
    const struct input *oldest = &replica->input_ring[first % replica->config.inputs_max];
    return now_ms > oldest->pushed_ms + LOG_LATE_MS;
}

static void reply_add(struct replica *replica, const struct write *write, const Farseat__V1__Verdict *verdict)
{
    struct replica_reply *reply =
        &replica->replies[(replica->replies_first + replica->replies_len) % REPLICA_WRITES_MAX];
    reply->token = write->token;
    reply->ok = verdict->ok;
    reply->position = verdict->position;
    far_str_copy(reply->code, sizeof(reply->code), verdict->code);
    far_str_copy(reply->text, sizeof(reply->text), verdict->text);
    replica->replies_len++;
}

static void write_remove(struct replica *replica, uint32_t at)
{
    replica->writes_len--;
    memmove(&replica->writes[at], &replica->writes[at + 1],
            (replica->writes_len - at) * sizeof(replica->writes[0]));
}

void inputs_applied(struct replica *replica, uint64_t now_ms, const Farseat__V1__AcdInput *input,
                    const struct acd_output *out)
{
    if (strcmp(input->producer, replica->name) != 0) return;
    if (strcmp(input->producer_incarnation, replica->incarnation) != 0) return;
    if (out->outcome != ACD_APPLIED && out->outcome != ACD_REFUSED) return;
    if (input->number >= far_appender_core_first(replica->inputs) &&
        input->number < far_appender_core_next_number(replica->inputs))
        replica->stats.append_latency_ms_last = now_ms - slot(replica, input->number)->pushed_ms;
    replica->stats.inputs_applied++;
    if (input->number == replica->tick_number) replica->tick_number = 0;
    for (uint32_t i = 0; i < replica->writes_len; i++) {
        if (replica->writes[i].number != input->number) continue;
        replica->stats.append_latency_ms_last = now_ms - replica->writes[i].pushed_ms;
        reply_add(replica, &replica->writes[i], &out->verdict);
        write_remove(replica, i);
        return;
    }
}

static void expire_writes(struct replica *replica, uint64_t now_ms)
{
    static char code[] = "ETIMEOUT",
                text[] = "the log did not take it in time; it may still be applied: look before trying again";
    Farseat__V1__Verdict verdict = FARSEAT__V1__VERDICT__INIT;
    verdict.code = code;
    verdict.text = text;
    while (replica->writes_len > 0 &&
           now_ms >= replica->writes[0].pushed_ms + replica->config.write_timeout_ms) {
        reply_add(replica, &replica->writes[0], &verdict);
        write_remove(replica, 0);
    }
}

bool inputs_reply_next(struct replica *replica, uint64_t now_ms, struct replica_effect *effect)
{
    expire_writes(replica, now_ms);
    if (replica->replies_len == 0) return false;
    struct replica_reply *reply = &replica->replies[replica->replies_first];
    replica->replies_first = (replica->replies_first + 1) % REPLICA_WRITES_MAX;
    replica->replies_len--;
    Farseat__V1__Verdict init = FARSEAT__V1__VERDICT__INIT;
    replica->verdict = init;
    replica->verdict.ok = reply->ok;
    replica->verdict.position = reply->position;
    replica->verdict.code = reply->code;
    replica->verdict.text = reply->text;
    effect->kind = REPLICA_REPLY;
    effect->token = reply->token;
    effect->verdict = &replica->verdict;
    return true;
}

uint64_t inputs_deadline_ms(const struct replica *replica)
{
    uint64_t deadline_ms = far_appender_core_deadline_ms(replica->inputs);
    if (replica->writes_len == 0) return deadline_ms;
    uint64_t write_ms = replica->writes[0].pushed_ms + replica->config.write_timeout_ms;
    return write_ms < deadline_ms ? write_ms : deadline_ms;
}

enum far_err replica_write(struct replica *replica, uint64_t now_ms, int64_t wall_us,
                           Farseat__V1__AcdInput *input, uint64_t token)
{
    uint64_t number;
    if (replica->role == REPLICA_HALTED) return FAR_ESTATE;
    replica->wall_us = wall_us;
    if (token != 0 && replica->writes_len + replica->replies_len >= REPLICA_WRITES_MAX) return FAR_EFULL;
    enum far_err err = inputs_push(replica, now_ms, input, &number);
    if (err != FAR_OK || token == 0) return err;
    replica->writes[replica->writes_len++] =
        (struct write){.number = number, .token = token, .pushed_ms = now_ms};
    return FAR_OK;
}

uint32_t replica_write_room(const struct replica *replica)
{
    uint64_t kept = far_appender_core_next_number(replica->inputs) - far_appender_core_first(replica->inputs);
    return replica->config.inputs_max - (uint32_t)kept;
}
