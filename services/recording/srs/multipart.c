/* SPDX-License-Identifier: Apache-2.0 */
#include "multipart.h"
#include "far/str.h"
#include <string.h>
#include <strings.h>

/* One line of the body. */
struct line {
    const char *text;
    size_t len;  /* without its end */
    size_t next; /* where the next one begins */
};

static bool line_read(const char *body, size_t len, size_t at, struct line *ret_line)
{
    if (at >= len) return false;
    const char *end = memchr(body + at, '\n', len - at);
    size_t stop = end ? (size_t)(end - body) : len;
    ret_line->text = body + at;
    ret_line->next = end ? stop + 1 : len;
    if (stop > at && end && body[stop - 1] == '\r') stop--;
    ret_line->len = stop - at;
    return true;
}

/* "--boundary" or "--boundary--", blanks allowed behind. */
static bool line_is_boundary(const struct line *line, const char *boundary, size_t boundary_len,
                             bool *ret_last)
{
    if (line->len < boundary_len + 2 || memcmp(line->text, "--", 2) != 0 ||
        memcmp(line->text + 2, boundary, boundary_len) != 0)
        return false;
    const char *rest = line->text + 2 + boundary_len;
    size_t rest_len = line->len - 2 - boundary_len;
    bool last = rest_len >= 2 && memcmp(rest, "--", 2) == 0;
    for (size_t i = last ? 2 : 0; i < rest_len; i++)
        if (rest[i] != ' ' && rest[i] != '\t') return false;
    *ret_last = last;
    return true;
}

static void part_type(const struct line *line, char type[MULTIPART_TYPE_SIZE])
{
    static const char *const names[] = {"content-type:", "c:"};
    for (size_t i = 0; i < FAR_ARRAY_LEN(names); i++) {
        size_t name_len = strlen(names[i]), at = name_len, len = 0;
        if (line->len < name_len || strncasecmp(line->text, names[i], name_len) != 0) continue;
        while (at < line->len && (line->text[at] == ' ' || line->text[at] == '\t'))
            at++;
        for (; at < line->len && len + 1 < MULTIPART_TYPE_SIZE; at++, len++) {
            char c = line->text[at];
            if (c == ';' || c == ' ' || c == '\t' || c == '\0') break;
            type[len] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
        }
        type[len] = '\0';
    }
}

static enum far_err boundary_clean(const char *text, char ret_boundary[MULTIPART_BOUNDARY_MAX + 1])
{
    size_t len = strlen(text);
    if (len >= 2 && text[0] == '"' && text[len - 1] == '"') {
        text++;
        len -= 2;
    }
    if (len == 0 || len > MULTIPART_BOUNDARY_MAX || memchr(text, '\n', len) || memchr(text, '\r', len))
        return FAR_EINVAL;
    (void)far_str_copy_len(ret_boundary, MULTIPART_BOUNDARY_MAX + 1, text, len);
    return FAR_OK;
}

enum far_err multipart_split(const char *boundary_text, const char *body, size_t len,
                             struct multipart_part ret_parts[MULTIPART_MAX], size_t *ret_count)
{
    char boundary[MULTIPART_BOUNDARY_MAX + 1];
    if (boundary_clean(boundary_text, boundary) != FAR_OK) return FAR_EINVAL;
    size_t boundary_len = strlen(boundary), count = 0;
    struct multipart_part *part = NULL;
    bool headers = false, last = false;
    struct line line = {0};
    for (size_t at = 0; !last && line_read(body, len, at, &line); at = line.next) {
        if (line_is_boundary(&line, boundary, boundary_len, &last)) {
            if (headers) return FAR_EPROTO;
            if (part) { /* the line end before a boundary belongs to it */
                size_t end = (size_t)(line.text - part->body);
                if (end > 0 && part->body[end - 1] == '\n') end--;
                if (end > 0 && part->body[end - 1] == '\r') end--;
                part->len = end;
            }
            if (last) break;
            if (count == MULTIPART_MAX) return FAR_EFULL;
            part = &ret_parts[count++];
            *part = (struct multipart_part){.body = body, .len = 0};
            headers = true;
        } else if (headers && line.len == 0) {
            headers = false;
            part->body = body + line.next;
            part->len = len - line.next;
        } else if (headers) {
            part_type(&line, part->type);
        }
    }
    if (headers || count == 0) return FAR_EPROTO;
    *ret_count = count;
    return FAR_OK;
}

const struct multipart_part *multipart_find(const struct multipart_part *parts, size_t count,
                                            const char *type)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(parts[i].type, type) == 0) return &parts[i];
    return NULL;
}
