/* SPDX-License-Identifier: Apache-2.0 */
#include "row.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void print_text(const char *text)
{
    putchar('"');
    for (const char *at = text; *at; at++) {
        if (*at == '"' || *at == '\\') putchar('\\');
        putchar((unsigned char)*at < ' ' ? ' ' : *at);
    }
    putchar('"');
}

void bench_row_print(const struct bench_row *row)
{
    printf("{\"name\": ");
    print_text(row->name);
    printf(", \"unit\": ");
    print_text(row->unit);
    printf(", \"value\": %.*f, \"reference\": ", row->digits, row->value);
    if (row->reference) {
        print_text(row->reference);
        printf(", \"reference_value\": %.*f, \"ratio\": %.2f", row->digits, row->reference_value,
               row->reference_value > 0 ? row->value / row->reference_value : 0.0);
    } else {
        printf("null, \"reference_value\": null, \"ratio\": null");
    }
    printf(", \"conditions\": ");
    print_text(row->conditions);
    printf("}\n");
    (void)fflush(stdout);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_quantile(double *values, size_t len, double q)
{
    qsort(values, len, sizeof(*values), by_size);
    return values[(size_t)(q * (double)(len - 1) + 0.5)];
}

double bench_median(double *values, size_t len)
{
    return bench_quantile(values, len, 0.5);
}

void bench_die(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("bench: ", stderr);
    (void)vfprintf(stderr, format, args);
    (void)fputc('\n', stderr);
    va_end(args);
    exit(1);
}
