/* SPDX-License-Identifier: Apache-2.0 */
#include "reports_sheet.h"
#include "far/str.h"
#include "far/utf8.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct column {
    enum sheet_kind kind;
    char title[SHEET_TITLE_SIZE];
};
struct sheet {
    char title[SHEET_TITLE_SIZE];
    struct column columns[SHEET_COLUMNS_MAX];
    size_t columns_len;
    struct sheet_cell *cells;
    size_t cells_len, cells_max;
    enum far_err err;
};

struct sheet *sheet_create(const char *title)
{
    struct sheet *sheet = calloc(1, sizeof(*sheet));
    if (sheet) (void)far_str_copy(sheet->title, sizeof(sheet->title), title);
    return sheet;
}

struct sheet *sheet_destroy(struct sheet *sheet)
{
    if (!sheet) return NULL;
    for (size_t i = 0; i < sheet->cells_len; i++)
        free(sheet->cells[i].text);
    free(sheet->cells);
    free(sheet);
    return NULL;
}

void sheet_column(struct sheet *sheet, enum sheet_kind kind, const char *title)
{
    if (sheet->columns_len == SHEET_COLUMNS_MAX) {
        sheet->err = FAR_EFULL;
        return;
    }
    struct column *column = &sheet->columns[sheet->columns_len++];
    size_t len = far_utf8_prefix_len(title, strlen(title), sizeof(column->title) - 1);
    column->kind = kind;
    memcpy(column->title, title, len);
}

static void cell_add(struct sheet *sheet, struct sheet_cell cell)
{
    if (sheet->cells_len == sheet->cells_max) {
        size_t max = sheet->cells_max ? sheet->cells_max * 2 : 1024;
        struct sheet_cell *grown = realloc(sheet->cells, max * sizeof(*grown));
        if (!grown) {
            sheet->err = FAR_ENOMEM;
            free(cell.text);
            return;
        }
        sheet->cells = grown;
        sheet->cells_max = max;
    }
    sheet->cells[sheet->cells_len++] = cell;
}

void sheet_text(struct sheet *sheet, const char *text)
{
    struct sheet_cell cell = {.text = text[0] ? strdup(text) : NULL};
    if (text[0] && !cell.text) sheet->err = FAR_ENOMEM;
    for (char *at = cell.text; at && *at; at++)
        if (*at == '\n' || *at == '\r' || *at == '\t') *at = ' '; /* a cell is one line */
    if (cell.text) {
        far_utf8_mend(cell.text);
        cell.text[far_utf8_prefix_len(cell.text, strlen(cell.text), SHEET_TEXT_MAX)] = '\0';
    }
    cell_add(sheet, cell);
}

void sheet_number(struct sheet *sheet, double number)
{
    cell_add(sheet, (struct sheet_cell){.number = number, .is_number = isfinite(number)});
}

void sheet_empty(struct sheet *sheet)
{
    cell_add(sheet, (struct sheet_cell){.text = NULL});
}

void sheet_row_end(struct sheet *sheet)
{
    while (sheet->err == FAR_OK && sheet->cells_len % sheet->columns_len != 0)
        sheet_empty(sheet);
}

size_t sheet_rows(const struct sheet *sheet)
{
    return sheet->columns_len ? sheet->cells_len / sheet->columns_len : 0;
}

enum far_err sheet_state(const struct sheet *sheet)
{
    return sheet->err;
}

const char *sheet_title(const struct sheet *sheet)
{
    return sheet->title;
}

size_t sheet_columns(const struct sheet *sheet)
{
    return sheet->columns_len;
}

enum sheet_kind sheet_column_kind(const struct sheet *sheet, size_t column)
{
    return sheet->columns[column].kind;
}

const char *sheet_column_title(const struct sheet *sheet, size_t column)
{
    return sheet->columns[column].title;
}

const struct sheet_cell *sheet_cell(const struct sheet *sheet, size_t row, size_t column)
{
    return &sheet->cells[row * sheet->columns_len + column];
}

/* ---- CSV ------------------------------------------------------------------------------------------ */

/* What begins so is a formula to a spreadsheet program (OWASP, CSV injection). */
static bool is_formula(const char *text)
{
    return strchr("=+-@\t\r\n", text[0]) != NULL;
}

static void csv_text(struct far_buf *out, const char *text)
{
    bool formula = text[0] && is_formula(text);
    if (!formula && !strpbrk(text, ",\"\r\n")) {
        far_buf_add_text(out, text);
        return;
    }
    far_buf_add_text(out, formula ? "\"'" : "\"");
    for (const char *at = text; *at; at++) {
        if (*at == '"') far_buf_add_text(out, "\"");
        far_buf_add(out, at, 1);
    }
    far_buf_add_text(out, "\"");
}

static void csv_number(struct far_buf *out, enum sheet_kind kind, double number)
{
    switch (kind) {
    case SHEET_MS:
        far_buf_addf(out, "%.3f", number / 1000);
        break;
    case SHEET_RATIO:
        far_buf_addf(out, "%.4f", number);
        break;
    case SHEET_SCORE:
        far_buf_addf(out, "%.2f", number);
        break;
    default:
        far_buf_addf(out, "%.0f", number);
        break;
    }
}

static void csv_time(struct far_buf *out, const char *text)
{
    char blank[32]; /* as spreadsheet programs read times */
    (void)far_str_copy(blank, sizeof(blank), text);
    if (strlen(blank) > 10 && blank[10] == 'T') blank[10] = ' ';
    csv_text(out, blank);
}

static void csv_cell(struct far_buf *out, enum sheet_kind kind, const struct sheet_cell *cell)
{
    if (cell->is_number)
        csv_number(out, kind, cell->number);
    else if (cell->text && kind == SHEET_TIME)
        csv_time(out, cell->text);
    else if (cell->text)
        csv_text(out, cell->text);
}

enum far_err sheet_csv(const struct sheet *sheet, struct far_buf *out)
{
    if (sheet->err != FAR_OK) return sheet->err;
    far_buf_add_text(out, "\xef\xbb\xbf");
    for (size_t i = 0; i < sheet->columns_len; i++) {
        char title[SHEET_TITLE_SIZE + 8];
        (void)far_str_copy(title, sizeof(title), sheet->columns[i].title);
        if (sheet->columns[i].kind == SHEET_MS) (void)strcat(title, " (s)");
        far_buf_add_text(out, i ? "," : "");
        csv_text(out, title);
    }
    for (size_t row = 0; row < sheet_rows(sheet); row++) {
        far_buf_add_text(out, "\r\n");
        for (size_t i = 0; i < sheet->columns_len; i++) {
            far_buf_add_text(out, i ? "," : "");
            csv_cell(out, sheet->columns[i].kind, sheet_cell(sheet, row, i));
        }
    }
    far_buf_add_text(out, "\r\n");
    return out->err;
}
