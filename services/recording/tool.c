/* SPDX-License-Identifier: Apache-2.0 */
#include "tool.h"
#include "far/clock.h"
#include "file_read.h"
#include "file_write.h"
#include "folder.h"
#include "playback.h"
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tool_args {
    const char *verb, *what, *keys;
};

static bool args_read(int argc, char **argv, struct tool_args *ret_args)
{
    if (argc < 3) return false;
    *ret_args = (struct tool_args){.verb = argv[1], .what = argv[2]};
    if (strcmp(argv[1], "--new-key") == 0) return argc == 3;
    if (argc != 5 || strcmp(argv[3], "--keys") != 0) return false;
    ret_args->keys = argv[4];
    return true;
}

bool tool_wanted(int argc, char **argv)
{
    static const char *const verbs[] = {"--verify", "--export", "--new-key", "--rewrap"};
    for (size_t i = 0; argc > 1 && i < FAR_ARRAY_LEN(verbs); i++)
        if (strcmp(argv[1], verbs[i]) == 0) return true;
    return false;
}

static int report(const char *what, enum far_err err)
{
    if (err == FAR_OK) return 0;
    fprintf(stderr, "farseat-recording: %s: %s\n", what, far_err_text(err));
    return 1;
}

static int verify(struct file_reader *reader, FILE *out)
{
    char started[FAR_TIME_TEXT_SIZE], sha256[65] = "";
    uint64_t damaged = 0;
    const struct part *part = file_part(reader);
    enum far_err err = file_verify(reader, sha256, &damaged);
    far_time_format(part->started_at_us, started);
    fprintf(out,
            "recording=%s part=%u state=%s started=%s recorded_ms=%llu gap_ms=%llu contact=%s agent=%s\n",
            part->recording_id, part->number, part_state_name(part->state), started,
            (unsigned long long)part_recorded_ms(part), (unsigned long long)part_gap_ms(part),
            part->contact_id, part->agent_id);
    fprintf(out, "chunks=%llu damaged_chunks=%llu finished=%s sha256=%s\n",
            (unsigned long long)file_reader_chunks(reader), (unsigned long long)damaged,
            file_is_finished(reader) ? "yes" : "no", sha256);
    if (err == FAR_EPROTO)
        fprintf(stderr, "farseat-recording: the sound was changed or is damaged\n");
    else if (err != FAR_OK)
        return report("reading", err);
    return err == FAR_OK ? 0 : 1;
}

static int export(struct file_reader *reader)
{
    static uint8_t bytes[PLAYBACK_READ_MAX];
    uint64_t offset = 0;
    for (;;) {
        size_t len = 0;
        enum far_err err = playback_read(reader, offset, sizeof(bytes), bytes, &len);
        if (err != FAR_OK) return report("reading", err);
        if (len == 0) return fflush(stdout) == 0 ? 0 : report("writing", FAR_EIO);
        if (fwrite(bytes, 1, len, stdout) != len) return report("writing", FAR_EIO);
        offset += len;
    }
}

static int rewrap(const char *root, struct keys *keys)
{
    char *const roots[] = {(char *)(uintptr_t)root, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    unsigned long changed = 0, same = 0, failed = 0;
    if (!walk) return report(root, FAR_EIO);
    for (FTSENT *entry = fts_read(walk); entry; entry = fts_read(walk)) {
        bool change = false;
        size_t len = entry->fts_namelen;
        if (entry->fts_info != FTS_F || len < 4 || strcmp(entry->fts_name + len - 4, ".rec") != 0) continue;
        enum far_err err = file_rewrap(entry->fts_path, keys, &change);
        if (err == FAR_ENOTFOUND && errno == ENOENT) continue; /* moved meanwhile: the next run finds it */
        if (report(entry->fts_path, err) != 0)
            failed++;
        else if (change)
            changed++;
        else
            same++;
    }
    fts_close(walk);
    printf("rewrapped=%lu unchanged=%lu failed=%lu\n", changed, same, failed);
    return failed > 0;
}

int tool_main(int argc, char **argv)
{
    struct tool_args args;
    struct keys *keys = NULL;
    struct file_reader *reader = NULL;
    char id[KEYS_ID_SIZE];
    int status = 1;
    if (!args_read(argc, argv, &args)) {
        fprintf(stderr, "usage: farseat-recording --verify FILE --keys DIR | --export FILE --keys DIR\n"
                        "       farseat-recording --new-key DIR | --rewrap STORE --keys DIR\n");
        return 2;
    }
    if (strcmp(args.verb, "--new-key") == 0) {
        status = report(args.what, keys_make(args.what, id));
        if (status == 0) printf("key=%s\n", id);
        return status;
    }
    enum far_err err = keys_open(args.keys, false, &keys);
    if (err != FAR_OK) return report(args.keys, err);
    if (strcmp(args.verb, "--rewrap") == 0) {
        status = rewrap(args.what, keys);
    } else {
        status = report(args.what, file_open(args.what, keys, &reader));
        if (status == 0 && strcmp(args.verb, "--verify") == 0)
            status = verify(reader, stdout);
        else if (status == 0)
            status = verify(reader, stderr) | export(reader);
    }
    file_reader_close(reader);
    keys_close(keys);
    return status;
}
