/* SPDX-License-Identifier: Apache-2.0 */
#include "prompts_builtin.h"
#include "far/buf.h"
#include "far/media/wav.h"
#include "far/str.h"
#include "far/utf8.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define HEAD_BYTES  4096
#define TEXTS_BYTES 65536

bool builtin_path(const char *dir, const char *name, char *ret_path, size_t size)
{
    if (!dir[0] || !prompt_name_ok(name)) return false;
    return (size_t)snprintf(ret_path, size, "%s/%s.wav", dir, name) < size;
}

static uint32_t le32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Out of the header alone: bytes of its data chunk by bytes a second; 0: not a file of ours. */
static uint32_t duration_of(const char *path)
{
    uint8_t head[HEAD_BYTES];
    FILE *file = fopen(path, "rbe");
    size_t len = file ? fread(head, 1, sizeof(head), file) : 0;
    if (file) (void)fclose(file);
    if (len < 44 || memcmp(head, "RIFF", 4) != 0 || memcmp(head + 8, "WAVE", 4) != 0) return 0;
    uint32_t bytes_s = 0;
    for (size_t at = 12; at + 8 <= len;) {
        uint32_t chunk_len = le32(head + at + 4);
        if (memcmp(head + at, "fmt ", 4) == 0 && at + 20 <= len) bytes_s = le32(head + at + 16);
        if (memcmp(head + at, "data", 4) == 0)
            return bytes_s > 0 ? (uint32_t)((uint64_t)chunk_len * 1000 / bytes_s) : 0;
        if (chunk_len > HEAD_BYTES) break;
        at += 8 + chunk_len + (chunk_len & 1);
    }
    return 0;
}

static void take(const char *dir, const char *name, struct builtins *builtins)
{
    char path[4096];
    if (builtins->len == BUILTIN_MAX || !builtin_path(dir, name, path, sizeof(path))) return;
    struct builtin *row = &builtins->rows[builtins->len++];
    memset(row, 0, sizeof(*row));
    (void)far_str_copy(row->name, sizeof(row->name), name);
    row->duration_ms = duration_of(path);
    const char *slash = strchr(name, '/');
    if (slash) (void)far_str_copy_len(row->language, sizeof(row->language), name, (size_t)(slash - name));
}

/* below: "" or "zh/" */
static void scan(const char *dir, const char *below, unsigned deep, struct builtins *builtins)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, below) >= sizeof(path)) return;
    DIR *folder = opendir(path);
    const struct dirent *entry;
    while (folder && (entry = readdir(folder)) && builtins->len < BUILTIN_MAX) {
        char name[PROMPT_NAME_SIZE + 8], full[4096 + sizeof(name)];
        struct stat status;
        if (entry->d_name[0] == '.' ||
            (size_t)snprintf(name, sizeof(name), "%s%s", below, entry->d_name) >= sizeof(name))
            continue;
        (void)snprintf(full, sizeof(full), "%s/%s", dir, name);
        if (stat(full, &status) != 0) continue;
        size_t len = strlen(name);
        if (S_ISDIR(status.st_mode) && deep > 1 && len + 1 < sizeof(name)) {
            memcpy(name + len, "/", 2);
            scan(dir, name, deep - 1, builtins);
        } else if (S_ISREG(status.st_mode) && len > 4 && strcmp(name + len - 4, ".wav") == 0) {
            name[len - 4] = '\0';
            take(dir, name, builtins);
        }
    }
    if (folder) (void)closedir(folder);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct builtin *)a)->name, ((const struct builtin *)b)->name);
}

/* "welcome   Welcome. For service ..." for each prompt of the folder. */
static void texts_read(const char *dir, struct builtins *builtins, size_t row)
{
    char path[4096];
    struct far_buf buf;
    const struct builtin *first = &builtins->rows[row];
    if ((size_t)snprintf(path, sizeof(path), "%s/%s/texts.txt", dir, first->language) >= sizeof(path)) return;
    far_buf_init(&buf, TEXTS_BYTES);
    char *rest = NULL;
    if (far_buf_add_file(&buf, path) == FAR_OK)
        for (char *line = strtok_r(buf.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
            size_t len = strcspn(line, " \t");
            const char *text = line + len + strspn(line + len, " \t");
            for (size_t i = row; i < builtins->len; i++) {
                struct builtin *at = &builtins->rows[i];
                const char *name = strchr(at->name, '/');
                if (!name || strcmp(at->language, first->language) != 0) continue;
                if (strlen(name + 1) != len || strncmp(name + 1, line, len) != 0) continue;
                size_t text_len = strlen(text);
                if (far_utf8_valid(text, text_len))
                    (void)far_str_copy_len(at->text, sizeof(at->text), text,
                                           far_utf8_prefix_len(text, text_len, sizeof(at->text) - 1));
            }
        }
    far_buf_done(&buf);
}

void builtins_scan(const char *dir, struct builtins *ret_builtins)
{
    ret_builtins->len = 0;
    if (!dir[0]) return;
    scan(dir, "", BUILTIN_DEEP, ret_builtins);
    qsort(ret_builtins->rows, ret_builtins->len, sizeof(ret_builtins->rows[0]), by_name);
    for (size_t i = 0; i < ret_builtins->len; i++) {
        const struct builtin *row = &ret_builtins->rows[i];
        bool new_language = i == 0 || strcmp(row->language, row[-1].language) != 0;
        if (row->language[0] && new_language) texts_read(dir, ret_builtins, i);
    }
}
