/* SPDX-License-Identifier: Apache-2.0 */
/* KpiDefinitions: the table kpi/definitions.c, as a message and as a page. */
#include "definitions.h"
#include "../kpi/definitions.h"
#include "far/buf.h"
#include "parts.h"

static Farseat__V1__Label *label(const char *zh, const char *en)
{
    Farseat__V1__Label *made = far_message_alloc(sizeof(*made));
    farseat__v1__label__init(made);
    made->zh = far_message_strdup(zh);
    made->en = far_message_strdup(en);
    return made;
}

enum far_err part_kpi_definitions(struct far_pg_conn *conn, const ProtobufCMessage *message, void *ctx,
                                  struct far_pg_answer *answer)
{
    (void)conn;
    (void)message;
    (void)ctx;
    Farseat__V1__KpiDefinitionsReply *reply = far_message_alloc(sizeof(*reply));
    farseat__v1__kpi_definitions_reply__init(reply);
    reply->definitions = far_message_alloc(kpi_definitions_len * sizeof(reply->definitions[0]));
    for (size_t i = 0; i < kpi_definitions_len; i++) {
        const struct kpi_definition *row = &kpi_definitions[i];
        Farseat__V1__KpiDefinition *made = far_message_alloc(sizeof(*made));
        farseat__v1__kpi_definition__init(made);
        made->id = far_message_strdup(row->id);
        made->figure = far_message_strdup(row->figure);
        made->of = far_message_strdup(row->of);
        made->name = label(row->zh, row->en);
        made->formula = label(row->formula_zh, row->formula_en);
        made->source = far_message_strdup(row->source);
        made->unit = far_message_strdup(row->unit);
        made->better = far_message_strdup(row->better);
        made->counts = far_message_strdup(row->counts);
        reply->definitions[reply->n_definitions++] = made;
    }
    answer->message = &reply->base;
    return FAR_OK;
}

void definitions_reference(struct far_buf *out)
{
    far_buf_add_text(out,
                     "| id | figure | of | name, 名称 | formula, 公式 | source | unit | better | opens |\n"
                     "| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < kpi_definitions_len; i++) {
        const struct kpi_definition *row = &kpi_definitions[i];
        far_buf_addf(out, "| `%s` | `%s` | %s | %s, %s | %s; %s | %s | %s | %s | %s |\n", row->id,
                     row->figure, row->of, row->en, row->zh, row->formula_en, row->formula_zh, row->source,
                     row->unit, row->better, row->counts);
    }
}
