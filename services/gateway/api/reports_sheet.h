/* SPDX-License-Identifier: Apache-2.0 */
/* reports_sheet.h - a table with columns of kinds, as CSV (RFC 4180, UTF-8 with its mark) and as XLSX with
 * true numbers. Cells are added one behind the other, row by row. One thread at a time. */
#pragma once
#include "far/buf.h"
#include "far/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHEET_COLUMNS_MAX 80
#define SHEET_TITLE_SIZE  96
#define SHEET_TEXT_MAX    32000 /* bytes of a cell; the format takes 32,767 characters */

enum sheet_kind {
    SHEET_TEXT,
    SHEET_TIME, /* YYYY-MM-DDTHH:MM:SS, local */
    SHEET_COUNT,
    SHEET_MS,    /* XLSX: hours, minutes, seconds; CSV: seconds */
    SHEET_RATIO, /* XLSX: percent; CSV: 0..1 */
    SHEET_SCORE,
};
struct sheet; /* opaque */

/** title: of the spreadsheet's tab, at most 31 characters are shown. NULL: no memory. */
struct sheet *sheet_create(const char *title);
struct sheet *sheet_destroy(struct sheet *sheet); /* NULL is allowed */
/** Before the first cell. Beyond SHEET_COLUMNS_MAX the sheet is failed. */
void sheet_column(struct sheet *sheet, enum sheet_kind kind, const char *title);
/** The next cell. Text is copied, cut and mended to a line of UTF-8. "" and an absent number are empty cells.
 */
void sheet_text(struct sheet *sheet, const char *text);
void sheet_number(struct sheet *sheet, double number);
void sheet_empty(struct sheet *sheet);
/** Fill the rest of the row with empty cells. */
void sheet_row_end(struct sheet *sheet);
size_t sheet_rows(const struct sheet *sheet);
/** FAR_OK; FAR_ENOMEM; FAR_EFULL: too many columns. What did not fit is not there. */
enum far_err sheet_state(const struct sheet *sheet);

/** Text cells that a spreadsheet program would take for a formula get a ' before them. @return FAR_OK; the
 * sheet's own error; FAR_EFULL: out's limit; FAR_ENOMEM. */
FAR_MUST_CHECK enum far_err sheet_csv(const struct sheet *sheet, struct far_buf *out);
/** All of them as the tabs of one file. Blocks: on a worker. @return as sheet_csv(); FAR_EIO. */
FAR_MUST_CHECK enum far_err sheets_xlsx(const struct sheet *const *sheets, size_t count, struct far_buf *out);

/* For the writers. */
struct sheet_cell {
    char *text; /* NULL: a number, or empty */
    double number;
    bool is_number;
};
const char *sheet_title(const struct sheet *sheet);
size_t sheet_columns(const struct sheet *sheet);
enum sheet_kind sheet_column_kind(const struct sheet *sheet, size_t column);
const char *sheet_column_title(const struct sheet *sheet, size_t column);
const struct sheet_cell *sheet_cell(const struct sheet *sheet, size_t row, size_t column);
