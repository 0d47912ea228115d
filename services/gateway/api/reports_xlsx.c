/* SPDX-License-Identifier: Apache-2.0 */
/* A file of sheets by libxlsxwriter. It writes to a file of its own in memory: the library knows names only.
 */
#include "far/clock.h"
#include "far/log.h"
#include "reports_sheet.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xlsxwriter.h>

#define TAB_CHARACTERS 31
#define EPOCH_DAYS     25569 /* from 1899-12-30 to 1970-01-01 */
#define MS_OF_DAY      86400000.0

struct formats {
    lxw_format *head, *of[SHEET_SCORE + 1];
};

static bool formats_make(lxw_workbook *book, struct formats *formats)
{
    static const char *const numbers[SHEET_SCORE + 1] = {
        [SHEET_TEXT] = "@",      [SHEET_TIME] = "yyyy-mm-dd hh:mm:ss",
        [SHEET_COUNT] = "#,##0", [SHEET_MS] = "[h]:mm:ss",
        [SHEET_RATIO] = "0.0%",  [SHEET_SCORE] = "0.00"};
    formats->head = workbook_add_format(book);
    if (!formats->head) return false;
    format_set_bold(formats->head);
    format_set_bottom(formats->head, LXW_BORDER_THIN);
    format_set_text_wrap(formats->head);
    format_set_align(formats->head, LXW_ALIGN_VERTICAL_TOP);
    for (size_t i = 0; i <= SHEET_SCORE; i++) {
        formats->of[i] = workbook_add_format(book);
        if (!formats->of[i]) return false;
        format_set_num_format(formats->of[i], numbers[i]);
    }
    return true;
}

/* A local time as the days that spreadsheets count. @return false: it is none. */
static bool time_serial(const char *text, double *ret_days)
{
    int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) != 6)
        return false;
    if (month < 1 || month > 12) return false;
    *ret_days = (double)(far_time_days(year, (unsigned)month, (unsigned)day) + EPOCH_DAYS) +
                (hour * 3600 + minute * 60 + second) / 86400.0;
    return true;
}

static lxw_error cell_write(lxw_worksheet *tab, lxw_row_t row, lxw_col_t column, enum sheet_kind kind,
                            const struct sheet_cell *cell, const struct formats *formats)
{
    double days = 0;
    if (cell->is_number)
        return worksheet_write_number(
            tab, row, column, kind == SHEET_MS ? cell->number / MS_OF_DAY : cell->number, formats->of[kind]);
    if (!cell->text) return LXW_NO_ERROR;
    if (kind == SHEET_TIME && time_serial(cell->text, &days))
        return worksheet_write_number(tab, row, column, days, formats->of[kind]);
    return worksheet_write_string(tab, row, column, cell->text, formats->of[SHEET_TEXT]);
}

static double width_of(const struct sheet *sheet, size_t column)
{
    size_t len = strlen(sheet_column_title(sheet, column));
    switch (sheet_column_kind(sheet, column)) {
    case SHEET_TEXT:
        return len > 40 ? 40 : len < 18 ? 18 : (double)len;
    case SHEET_TIME:
        return 20;
    default:
        return 12;
    }
}

/* A tab's name: at most so many characters, none of those that the format keeps for itself. */
static void tab_name(const struct sheet *sheet, char ret_name[SHEET_TITLE_SIZE])
{
    size_t characters = 0, len = 0;
    for (const char *at = sheet_title(sheet); *at && len < SHEET_TITLE_SIZE - 1; at++) {
        if (((unsigned char)*at & 0xc0) != 0x80 && ++characters > TAB_CHARACTERS) break;
        ret_name[len++] = strchr("[]:*?/\\'", *at) ? '-' : *at;
    }
    ret_name[len] = '\0';
}

static lxw_error sheet_write(lxw_workbook *book, const struct sheet *sheet, const struct formats *formats)
{
    char name[SHEET_TITLE_SIZE];
    lxw_error err = LXW_NO_ERROR;
    tab_name(sheet, name);
    lxw_worksheet *tab = workbook_add_worksheet(book, name);
    if (!tab) return LXW_ERROR_MEMORY_MALLOC_FAILED;
    worksheet_freeze_panes(tab, 1, 0);
    for (size_t i = 0; i < sheet_columns(sheet) && err == LXW_NO_ERROR; i++) {
        err = worksheet_set_column(tab, (lxw_col_t)i, (lxw_col_t)i, width_of(sheet, i), NULL);
        if (err == LXW_NO_ERROR)
            err = worksheet_write_string(tab, 0, (lxw_col_t)i, sheet_column_title(sheet, i), formats->head);
    }
    for (size_t row = 0; row < sheet_rows(sheet); row++)
        for (size_t i = 0; i < sheet_columns(sheet) && err == LXW_NO_ERROR; i++)
            err = cell_write(tab, (lxw_row_t)row + 1, (lxw_col_t)i, sheet_column_kind(sheet, i),
                             sheet_cell(sheet, row, i), formats);
    return err;
}

static enum far_err book_write(const char *path, const struct sheet *const *sheets, size_t count)
{
    struct formats formats;
    lxw_workbook *book = workbook_new(path);
    if (!book) return FAR_ENOMEM;
    lxw_error err = formats_make(book, &formats) ? LXW_NO_ERROR : LXW_ERROR_MEMORY_MALLOC_FAILED;
    for (size_t i = 0; i < count && err == LXW_NO_ERROR; i++)
        err = sheet_write(book, sheets[i], &formats);
    lxw_error closed = workbook_close(book); /* frees it, whatever it says */
    if (err == LXW_NO_ERROR) err = closed;
    if (err == LXW_NO_ERROR) return FAR_OK;
    FAR_WARN("spreadsheet-failed", "why=%s", lxw_strerror(err));
    return err == LXW_ERROR_MEMORY_MALLOC_FAILED ? FAR_ENOMEM : FAR_EIO;
}

enum far_err sheets_xlsx(const struct sheet *const *sheets, size_t count, struct far_buf *out)
{
    char path[40];
    for (size_t i = 0; i < count; i++)
        if (sheet_state(sheets[i]) != FAR_OK) return sheet_state(sheets[i]);
    int file = memfd_create("farseat-xlsx", MFD_CLOEXEC);
    if (file < 0) return FAR_EIO;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    enum far_err err = book_write(path, sheets, count);
    if (err == FAR_OK) err = far_buf_add_file(out, path);
    (void)close(file);
    return err;
}
