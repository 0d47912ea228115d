/* SPDX-License-Identifier: Apache-2.0 */
#include "far/pg_method.h"
#include "far/log.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct far_pg_methods;

struct served { /* one method */
    struct far_pg_methods *owner;
    const struct far_pg_method *method;
    struct far_bus_subscription *subscription;
};
/* Shared by the handle and the questions under way; the last one frees it. */
struct far_pg_methods {
    struct far_pg *pg;
    void *ctx;
    size_t count, open;
    bool gone;
    struct served served[];
};
struct question {
    struct served *served;
    struct far_bus_request *request;
    ProtobufCMessage *message; /* ours: the bus's is valid during its call back only */
    struct far_pg_answer answer;
};

static void methods_release(struct far_pg_methods *methods)
{
    if (methods->gone && methods->open == 0) free(methods);
}

static void answer_clear(struct far_pg_answer *answer)
{
    if (answer->message) protobuf_c_message_free_unpacked(answer->message, NULL);
    answer->message = NULL;
    answer->text[0] = '\0';
}

static enum far_err question_work(struct far_pg_conn *conn, void *arg)
{
    struct question *question = arg;
    answer_clear(&question->answer);
    return question->served->method->work(conn, question->message, question->served->owner->ctx,
                                          &question->answer);
}

static void question_done(enum far_err err, void *arg)
{
    struct question *question = arg;
    struct far_pg_methods *methods = question->served->owner;
    const char *text = question->answer.text[0]  ? question->answer.text
                       : err == FAR_EUNAVAILABLE ? "PostgreSQL is not there now: try again in a moment"
                                                 : far_err_text(err);
    if (err == FAR_OK)
        far_bus_reply(question->request, question->answer.message);
    else
        far_bus_reply_error(question->request, err, text);
    if (err == FAR_OK && question->served->method->after && !methods->gone)
        question->served->method->after(methods->ctx);
    answer_clear(&question->answer);
    protobuf_c_message_free_unpacked(question->message, NULL);
    free(question);
    methods->open--;
    methods_release(methods);
}

static void question_arrived(void *ctx, struct far_bus_request *request, const ProtobufCMessage *message)
{
    (void)message;
    struct served *served = ctx;
    const struct far_method_row *row = &far_method_rows[served->method->method];
    struct question *question = calloc(1, sizeof(*question));
    enum far_err err = question
                           ? far_bus_unpack(row->request, far_bus_request_msg(request), &question->message)
                           : FAR_ENOMEM;
    if (err != FAR_OK) {
        free(question);
        far_bus_reply_error(request, err, NULL);
        return;
    }
    question->served = served;
    question->request = request;
    served->owner->open++;
    const struct far_pg_job job = {.work = question_work,
                                   .done = question_done,
                                   .arg = question,
                                   .transaction = served->method->transaction};
    err = far_pg_submit(served->owner->pg, &job);
    if (err != FAR_OK) question_done(err, question);
}

enum far_err far_pg_methods_serve(struct far_bus *bus, struct far_pg *pg, const struct far_pg_method *methods,
                                  size_t count, void *ctx, struct far_pg_methods **ret_methods)
{
    struct far_pg_methods *made = calloc(1, sizeof(*made) + count * sizeof(made->served[0]));
    if (!made) return FAR_ENOMEM;
    made->pg = pg;
    made->ctx = ctx;
    made->count = count;
    for (size_t i = 0; i < count; i++) {
        const struct far_method_row *row = &far_method_rows[methods[i].method];
        made->served[i] = (struct served){.owner = made, .method = &methods[i]};
        const struct far_bus_service service = {.subject = row->subject,
                                                .queue_group = row->service,
                                                .request_type = row->request,
                                                .fn = question_arrived,
                                                .ctx = &made->served[i]};
        enum far_err err = far_bus_serve(bus, &service, &made->served[i].subscription);
        if (err != FAR_OK) {
            far_pg_methods_destroy(made);
            return err;
        }
    }
    *ret_methods = made;
    return FAR_OK;
}

struct far_pg_methods *far_pg_methods_destroy(struct far_pg_methods *methods)
{
    if (!methods) return NULL;
    for (size_t i = 0; i < methods->count; i++)
        methods->served[i].subscription = far_bus_unsubscribe(methods->served[i].subscription);
    methods->gone = true;
    methods_release(methods);
    return NULL;
}

size_t far_pg_methods_open(const struct far_pg_methods *methods)
{
    return methods->open;
}

void *far_message_alloc(size_t size)
{
    void *memory = calloc(1, size);
    if (!memory) abort(); /* an answer without memory for itself: nothing sensible can follow */
    return memory;
}

char *far_message_strdup(const char *text)
{
    char *copy = strdup(text ? text : "");
    if (!copy) abort(); /* an answer without memory for a word: nothing sensible can follow */
    return copy;
}

char *far_pg_strdup(const PGresult *result, int row, int column)
{
    return far_message_strdup(far_pg_text(result, row, column));
}
