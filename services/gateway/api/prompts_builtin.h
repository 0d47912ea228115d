/* SPDX-License-Identifier: Apache-2.0 */
/* prompts_builtin.h - the prompts that lie in a folder: <dir>/<name>.wav, and what is said in
 * <dir>/<language>/texts.txt (lines of name and text). Blocks on files: worker threads. */
#pragma once
#include "prompt_sound.h"

#define BUILTIN_MAX  500
#define BUILTIN_DEEP 3 /* folders below each other */

struct builtin {
    char name[PROMPT_NAME_SIZE], text[200], language[8];
    uint32_t duration_ms;
};
struct builtins {
    struct builtin rows[BUILTIN_MAX];
    size_t len; /* sorted by name */
};
/** What lies there now; an unreadable folder holds nothing. */
void builtins_scan(const char *dir, struct builtins *ret_builtins);
/** The file of a prompt's name. @return false: too long, or no name. */
bool builtin_path(const char *dir, const char *name, char *ret_path, size_t size);
