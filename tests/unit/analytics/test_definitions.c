/* SPDX-License-Identifier: Apache-2.0 */
/* The table of figures: every figure of a report has its row, and docs/kpi.md shows the table as it is. */
#include "definitions.h"
#include "far/buf.h"
#include "far/json.h"
#include "far/test.h"
#include "far/utf8.h"
#include "farseat/v1/api_analytics.pb-c.h"
#include "report/definitions.h"
#include <string.h>

static const struct {
    const char *of;
    const ProtobufCMessageDescriptor *type;
} kinds[] = {{"queue", &farseat__v1__queue_kpi__descriptor},
             {"agent", &farseat__v1__agent_kpi__descriptor},
             {"funnel", &farseat__v1__funnel__descriptor}};

static const struct kpi_definition *row_of(const char *of, const char *figure)
{
    for (size_t i = 0; i < kpi_definitions_len; i++)
        if (strcmp(kpi_definitions[i].of, of) == 0 && strcmp(kpi_definitions[i].figure, figure) == 0)
            return &kpi_definitions[i];
    return NULL;
}

/* A funnel's last steps are the queues' own figures, and what is open is no figure of the past. */
static bool is_elsewhere(const char *of, const char *name)
{
    static const char *const names[] = {"answered", "abandoned", "overflowed", "open"};
    for (size_t i = 0; i < FAR_ARRAY_LEN(names); i++)
        if (strcmp(of, "funnel") == 0 && strcmp(names[i], name) == 0) return true;
    return false;
}

static void every_figure_has_its_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAR_ARRAY_LEN(kinds); i++)
        for (unsigned j = 0; j < kinds[i].type->n_fields; j++) {
            const ProtobufCFieldDescriptor *field = &kinds[i].type->fields[j];
            char name[80];
            assert_true(far_json_name(field->name, name, sizeof(name) - 8) > 0);
            if (field->type == PROTOBUF_C_TYPE_STRING || is_elsewhere(kinds[i].of, name)) continue;
            bool is_ratio = field->type == PROTOBUF_C_TYPE_MESSAGE;
            if (is_ratio) (void)strcat(name, ".value");
            const struct kpi_definition *row = row_of(kinds[i].of, name);
            if (!row) fail_msg("%s: %s has no row in kpi/definitions.c", kinds[i].of, name);
            assert_int_equal(strcmp(row->unit, "ratio") == 0, is_ratio);
        }
}

static bool is_one_of(const char *text, const char *words)
{
    char word[24];
    (void)snprintf(word, sizeof(word), " %s ", text);
    return strstr(words, word) != NULL;
}

static void rows_are_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < kpi_definitions_len; i++) {
        const struct kpi_definition *row = &kpi_definitions[i];
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(row->id, kpi_definitions[j].id);
        assert_true(is_one_of(row->unit, " count ms ratio score "));
        assert_true(is_one_of(row->better, " high low neither "));
        assert_true(row->zh[0] && row->en[0] && row->formula_zh[0] && row->formula_en[0]);
        assert_true(far_utf8_valid(row->zh, strlen(row->zh)) &&
                    far_utf8_valid(row->formula_zh, strlen(row->formula_zh)));
        if (row->counts[0]) assert_non_null(kpi_count_find(row->counts));
    }
    assert_null(kpi_count_find("nothing"));
}

static void the_page_shows_the_table(void **state)
{
    (void)state;
    struct far_buf page, table;
    far_buf_init(&page, 1024 * 1024);
    far_buf_init(&table, 1024 * 1024);
    assert_int_equal(far_buf_add_file(&page, "docs/kpi.md"), FAR_OK);
    definitions_reference(&table);
    assert_int_equal(table.err, FAR_OK);
    if (!strstr(page.data, table.data))
        fail_msg(
            "%s",
            "docs/kpi.md differs: its table of figures is what farseat-analytics --kpi-definitions prints");
    far_buf_done(&page);
    far_buf_done(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_figure_has_its_row),
        cmocka_unit_test(rows_are_sound),
        cmocka_unit_test(the_page_shows_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
