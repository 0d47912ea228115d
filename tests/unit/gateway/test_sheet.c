/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as CSV and XLSX: what a spreadsheet program would run as a formula stays text, numbers are numbers.
 */
#include "api/reports_file.h"
#include "api/reports_sheet.h"
#include "far/loop.h"
#include "far/test.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static char *csv_of(const struct sheet *sheet)
{
    struct far_buf out;
    far_buf_init(&out, 1024 * 1024);
    assert_int_equal(sheet_csv(sheet, &out), FAR_OK);
    char *text = far_buf_take(&out);
    far_buf_done(&out);
    return text;
}

static void a_csv_is_that_of_rfc_4180(void **state)
{
    (void)state;
    struct sheet *sheet = sheet_create("t");
    sheet_column(sheet, SHEET_TEXT, "名称");
    sheet_column(sheet, SHEET_MS, "Wait");
    sheet_column(sheet, SHEET_RATIO, "Rate");
    sheet_column(sheet, SHEET_COUNT, "Count");
    sheet_column(sheet, SHEET_TIME, "At");
    sheet_text(sheet, "a,\"b\"\nc");
    sheet_number(sheet, 1234567);
    sheet_number(sheet, 7.0 / 9);
    sheet_number(sheet, 12345678901.0);
    sheet_text(sheet, "2026-11-24T09:30:00");
    sheet_text(sheet, "王");
    sheet_row_end(sheet);
    assert_int_equal(sheet_rows(sheet), 2);
    char *text = csv_of(sheet);
    assert_string_equal(text, "\xef\xbb\xbf"
                              "名称,Wait (s),Rate,Count,At\r\n"
                              "\"a,\"\"b\"\" c\",1234.567,0.7778,12345678901,2026-11-24 09:30:00\r\n"
                              "王,,,,\r\n");
    free(text);
    (void)sheet_destroy(sheet);
}

static void formulas_stay_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"=1+1",     "+8613800138000",     "-2",
                                        "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1"};
    for (size_t i = 0; i < FAR_ARRAY_LEN(texts); i++) {
        struct sheet *sheet = sheet_create("t");
        sheet_column(sheet, SHEET_TEXT, "x");
        sheet_text(sheet, texts[i]);
        char *text = csv_of(sheet);
        const char *cell = strchr(text, '\n') + 1;
        assert_true(cell[0] == '"' || cell[0] == ' '); /* a blank at its beginning is no formula's either */
        if (cell[0] == '"') assert_int_equal(cell[1], '\'');
        free(text);
        (void)sheet_destroy(sheet);
    }
    struct sheet *sheet = sheet_create("t"); /* a column's name may be somebody's words too */
    sheet_column(sheet, SHEET_TEXT, "=x");
    char *text = csv_of(sheet);
    assert_non_null(strstr(text, "\"'=x\""));
    free(text);
    (void)sheet_destroy(sheet);
}

static void odd_text_and_numbers_are_mended(void **state)
{
    (void)state;
    struct sheet *sheet = sheet_create("t");
    char *long_text = malloc(100001);
    memset(long_text, 'x', 100000);
    long_text[100000] = '\0';
    sheet_column(sheet, SHEET_TEXT, "a");
    sheet_column(sheet, SHEET_COUNT, "b");
    sheet_text(sheet, "\xff\x01");
    sheet_number(sheet, NAN);
    sheet_text(sheet, long_text);
    sheet_number(sheet, INFINITY);
    assert_string_equal(sheet_cell(sheet, 0, 0)->text, "??");
    assert_false(sheet_cell(sheet, 0, 1)->is_number);
    assert_int_equal(strlen(sheet_cell(sheet, 1, 0)->text), SHEET_TEXT_MAX);
    free(long_text);
    for (size_t i = 0; i < SHEET_COLUMNS_MAX; i++)
        sheet_column(sheet, SHEET_TEXT, "more");
    assert_int_equal(sheet_state(sheet), FAR_EFULL);
    struct far_buf out;
    far_buf_init(&out, 1024);
    assert_int_equal(sheet_csv(sheet, &out), FAR_EFULL);
    far_buf_done(&out);
    (void)sheet_destroy(sheet);
}

/* What is in it is looked at by test_api_reports, which can unpack it. */
static void sheets_become_a_file_within_its_limit(void **state)
{
    (void)state;
    struct sheet *sheet = sheet_create("报表 [1]/2"), *second = sheet_create("b");
    struct far_buf out;
    sheet_column(sheet, SHEET_TEXT, "Text");
    sheet_column(sheet, SHEET_MS, "Wait");
    sheet_column(sheet, SHEET_RATIO, "Rate");
    sheet_column(sheet, SHEET_TIME, "At");
    sheet_text(sheet, "=1+1");
    sheet_number(sheet, 43200000);
    sheet_number(sheet, 0.5);
    sheet_text(sheet, "2026-11-24T12:00:00");
    sheet_column(second, SHEET_COUNT, "n");
    sheet_number(second, 7);
    far_buf_init(&out, 1024 * 1024);
    assert_int_equal(sheets_xlsx((const struct sheet *const[]){sheet, second}, 2, &out), FAR_OK);
    assert_true(out.len > 1000 && memcmp(out.data, "PK\003\004", 4) == 0);
    far_buf_clear(&out);
    out.len_max = 100;
    assert_int_equal(sheets_xlsx((const struct sheet *const[]){sheet}, 1, &out), FAR_EFULL);
    far_buf_done(&out);
    (void)sheet_destroy(sheet);
    (void)sheet_destroy(second);
}

/* Workers end after the HTTP server, when the process stops. */
static void an_export_may_outlive_the_server(void **state)
{
    struct api api = {.exports_open = 1};
    struct export_file *file = calloc(1, sizeof(*file));
    (void)state;
    assert_non_null(file);
    assert_int_equal(far_loop_create(NULL, &api.loop), FAR_OK);
    file->exchange = calloc(1, sizeof(*file->exchange));
    assert_non_null(file->exchange);
    file->exchange->api = &api;
    far_buf_init(&file->out, EXPORT_BYTES_MAX);
    struct sheet *sheet = export_sheet(file, "t", "t");
    assert_non_null(sheet);
    sheet_column(sheet, SHEET_TEXT, "a");
    sheet_text(sheet, "b");
    export_write(file);
    assert_int_equal(api.exports_open, 1);
    api.loop = far_loop_destroy(api.loop); /* waits for the worker */
    assert_int_equal(api.exports_open, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_csv_is_that_of_rfc_4180),
        cmocka_unit_test(formulas_stay_text),
        cmocka_unit_test(odd_text_and_numbers_are_mended),
        cmocka_unit_test(sheets_become_a_file_within_its_limit),
        cmocka_unit_test(an_export_may_outlive_the_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
