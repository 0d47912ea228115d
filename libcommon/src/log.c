/* SPDX-License-Identifier: Apache-2.0 */
/* A line is built on the caller's stack, value by value, so that the borders between values are those of the
 * format and nothing inside a value can move them; then one write(). */
#include "far/log.h"
#include "chassis_metrics.h"
#include "far/clock.h"
#include "far/str.h"
#include "far/utf8.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_SIZE      4096
#define TAIL_SIZE      48 /* kept free for truncated=1, suppressed=N and the newline */
#define SITE_LINES_MAX 100
#define SITE_WINDOW_MS 1000

struct text {
    char data[LINE_SIZE];
    size_t len;
    int cut;
};

static char service_name[64] = "farseat", instance_name[64] = "-";
static _Atomic int level_min = FAR_LOG_INFO;
static _Atomic int output_fd = 2;
static const char *const level_names[] = {"debug", "info", "warn", "error"};

void far_log_init(const char *service, const char *instance, enum far_log_level level)
{
    (void)far_str_copy(service_name, sizeof(service_name), service);
    (void)far_str_copy(instance_name, sizeof(instance_name), instance);
    far_log_set_level(level);
}

void far_log_set_level(enum far_log_level level)
{
    atomic_store(&level_min, level);
}

enum far_err far_log_level_parse(const char *text, enum far_log_level *ret_level)
{
    for (int i = 0; i < FAR_LOG_LEVEL_COUNT; i++) {
        if (!far_str_equal_nocase(text, level_names[i])) continue;
        *ret_level = (enum far_log_level)i;
        return FAR_OK;
    }
    return FAR_EINVAL;
}

void far_log_set_fd(int fd)
{
    atomic_store(&output_fd, fd);
}

int far_log_on(enum far_log_level level)
{
    return (int)level >= atomic_load_explicit(&level_min, memory_order_relaxed);
}

static void add(struct text *text, const char *data, size_t len)
{
    size_t room = sizeof(text->data) - TAIL_SIZE - text->len;
    if (len > room) {
        text->cut = 1;
        len = room;
    }
    if (len) memcpy(text->data + text->len, data, len);
    text->len += len;
}

static void add_text(struct text *text, const char *data)
{
    add(text, data, strlen(data));
}

/* One value, quoted where a reader could not tell its end otherwise. */
static void add_value(struct text *line, const char *value, size_t len)
{
    int utf8 = far_utf8_valid(value, len), plain = len > 0 && utf8;
    for (size_t i = 0; plain && i < len; i++) {
        unsigned char c = (unsigned char)value[i];
        plain = c > ' ' && c != '"' && c != '=' && c != '\\' && c != 0x7f;
    }
    if (plain) {
        add(line, value, len);
        return;
    }
    add(line, "\"", 1);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)value[i];
        char escaped[8];
        if (c == '"' || c == '\\')
            (void)snprintf(escaped, sizeof(escaped), "\\%c", c);
        else if (c == '\n')
            (void)snprintf(escaped, sizeof(escaped), "\\n");
        else if (c < ' ' || c == 0x7f || (c >= 0x80 && !utf8))
            (void)snprintf(escaped, sizeof(escaped), "\\x%02x", c);
        else
            (void)snprintf(escaped, sizeof(escaped), "%c", c);
        add_text(line, escaped);
    }
    add(line, "\"", 1);
}

/* What stands between '%' and the conversion's letter. */
struct spec {
    char text[24]; /* "%-08" without length and letter */
    int precision; /* -1: none */
    int longs;     /* l: 1, ll: 2, z, j or t: 3, h: -1, hh: -2 */
};

static const char *read_spec(const char *at, struct spec *spec, va_list *args)
{
    char flags[8] = "";
    size_t flag_count = 0;
    int width = 0;
    *spec = (struct spec){.precision = -1};
    for (; *at && strchr("-+ #0", *at); at++)
        if (flag_count < sizeof(flags) - 1) flags[flag_count++] = *at;
    if (*at == '*') {
        width = va_arg(*args, int);
        at++;
    }
    for (; *at >= '0' && *at <= '9'; at++)
        width = width < 100 ? width * 10 + (*at - '0') : width;
    if (*at == '.') {
        spec->precision = 0;
        if (*++at == '*') {
            spec->precision = va_arg(*args, int);
            at++;
        }
        for (; *at >= '0' && *at <= '9'; at++)
            spec->precision = spec->precision < 4096 ? spec->precision * 10 + (*at - '0') : spec->precision;
    }
    for (; *at && strchr("hlzjt", *at); at++)
        spec->longs += *at == 'l' ? 1 : *at == 'h' ? -1 : 3;
    if (width > 99) width = 99;
    if (width < -99) width = -99;
    (void)snprintf(spec->text, sizeof(spec->text), "%%%s%.0d", flags, width);
    return at;
}

static int format_number(char *out, size_t size, const struct spec *spec, char letter, va_list *args)
{
    char format[40], precision[12] = "";
    int wide = spec->precision > 99 ? 99 : spec->precision;
    if (wide >= 0) (void)snprintf(precision, sizeof(precision), ".%d", wide);
    if (strchr("fFgGeE", letter)) {
        (void)snprintf(format, sizeof(format), "%s%s%c", spec->text, precision, letter);
        return snprintf(out, size, format, va_arg(*args, double));
    }
    (void)snprintf(format, sizeof(format), "%s%sj%c", spec->text, precision, letter);
    if (letter == 'd' || letter == 'i') {
        intmax_t value;
        if (spec->longs == 1)
            value = va_arg(*args, long);
        else if (spec->longs == 2)
            value = va_arg(*args, long long);
        else if (spec->longs >= 3)
            value = va_arg(*args, intmax_t);
        else
            value = va_arg(*args, int);
        return snprintf(out, size, format, value);
    }
    uintmax_t value;
    if (spec->longs == 1)
        value = va_arg(*args, unsigned long);
    else if (spec->longs == 2)
        value = va_arg(*args, unsigned long long);
    else if (spec->longs >= 3)
        value = va_arg(*args, uintmax_t);
    else
        value = va_arg(*args, unsigned);
    if (spec->longs == -2) value = (unsigned char)value;
    if (spec->longs == -1) value = (unsigned short)value;
    return snprintf(out, size, format, value);
}

/* One conversion; returns what follows it. */
static const char *add_conversion(struct text *value, const char *at, va_list *args)
{
    struct spec spec;
    char out[400];
    if (*at == '%') {
        add(value, "%", 1);
        return at + 1;
    }
    at = read_spec(at, &spec, args);
    if (*at == '\0') return at;
    if (*at == 's') {
        const char *text = va_arg(*args, const char *);
        if (!text) text = "(null)";
        add(value, text, spec.precision >= 0 ? strnlen(text, (size_t)spec.precision) : strlen(text));
    } else if (*at == 'c') {
        char c = (char)va_arg(*args, int);
        add(value, &c, 1);
    } else if (*at == 'p') {
        (void)snprintf(out, sizeof(out), "%p", va_arg(*args, void *));
        add_text(value, out);
    } else if (strchr("diuxXofFgGeE", *at)) {
        int len = format_number(out, sizeof(out), &spec, *at, args);
        if (len > 0) add_text(value, out);
    } else {
        add(value, "?",
            1); /* after an unknown conversion the arguments cannot be followed: the compiler forbids it */
    }
    return at + 1;
}

/* The format's parts, each "key=value". */
static void add_fields(struct text *line, const char *at, va_list *args)
{
    struct text value;
    while (*at) {
        if (*at == ' ') {
            at++;
            continue;
        }
        size_t key_len = strcspn(at, "= %");
        add(line, " ", 1);
        if (at[key_len] == '=') {
            add(line, at, key_len);
            at += key_len + 1;
        } else {
            add_text(line, "text");
        }
        add(line, "=", 1);
        value.len = 0;
        value.cut = 0;
        while (*at && *at != ' ') {
            if (*at == '%') {
                at = add_conversion(&value, at + 1, args);
                continue;
            }
            add(&value, at++, 1);
        }
        line->cut |= value.cut;
        add_value(line, value.data, value.len);
    }
}

/* Whether this place may write now; *ret_suppressed: how many it held back before. */
static int site_may_write(struct far_log_site *site, uint32_t *ret_suppressed)
{
    uint64_t now_ms = far_clock_mono_ms();
    uint64_t window_ms = atomic_load(&site->window_ms);
    *ret_suppressed = 0;
    if (now_ms - window_ms >= SITE_WINDOW_MS &&
        atomic_compare_exchange_strong(&site->window_ms, &window_ms, now_ms)) {
        atomic_store(&site->lines, 0);
        *ret_suppressed = atomic_exchange(&site->suppressed, 0);
    }
    if (atomic_fetch_add(&site->lines, 1) < SITE_LINES_MAX) return 1;
    (void)atomic_fetch_add(&site->suppressed, 1);
    far_metric_add(&chassis_metrics[CHASSIS_M_LOG_SUPPRESSED], 1);
    return 0;
}

void far_log_write(struct far_log_site *site, enum far_log_level level, const char *event, const char *format,
                   ...)
{
    struct text line;
    uint32_t suppressed;
    char stamp[FAR_TIME_TEXT_SIZE];
    int errno_saved = errno;
    if (!site_may_write(site, &suppressed)) return;
    line.len = 0;
    line.cut = 0;
    far_time_format(far_clock_wall_us(), stamp);
    add_text(&line, "time=");
    add_text(&line, stamp);
    add_text(&line, " level=");
    add_text(&line, level_names[level]);
    add_text(&line, " service=");
    add_value(&line, service_name, strlen(service_name));
    add_text(&line, " instance=");
    add_value(&line, instance_name, strlen(instance_name));
    add_text(&line, " event=");
    add_value(&line, event, strlen(event));
    va_list args;
    va_start(args, format);
    add_fields(&line, format, &args);
    va_end(args);
    int tail =
        snprintf(line.data + line.len, sizeof(line.data) - line.len, "%s", line.cut ? " truncated=1" : "");
    line.len += (size_t)tail;
    if (suppressed) {
        tail =
            snprintf(line.data + line.len, sizeof(line.data) - line.len, " suppressed=%" PRIu32, suppressed);
        line.len += (size_t)tail;
    }
    line.data[line.len++] = '\n';
    ssize_t written;
    do {
        written = write(atomic_load(&output_fd), line.data, line.len);
    } while (written < 0 && errno == EINTR);
    far_metric_add_at(&chassis_metrics[CHASSIS_M_LOG_LINES], level, 1);
    errno = errno_saved; /* logging between a failure and the look at errno must not change it */
}
