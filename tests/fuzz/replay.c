/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - stands in for libFuzzer outside the fuzz preset: runs the target once on each seed file
 * of the folders and files named on the command line. Fails when there was not one seed. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned seeds;

static int replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(size + 1);
    if (!file || !data || fread(data, 1, size, file) != size) {
        fprintf(stderr, "replay: cannot read %s\n", path);
        free(data);
        if (file) fclose(file);
        return 1;
    }
    fclose(file);
    uint8_t *exact = malloc(size ? size : 1); /* exact size, so that ASan sees an over-read of one byte */
    if (!exact) abort();
    memcpy(exact, data, size);
    free(data);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    seeds++;
    return 0;
}

static int replay_path(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        fprintf(stderr, "replay: %s does not exist\n", path);
        return 1;
    }
    if (S_ISREG(info.st_mode)) return replay_file(path, (size_t)info.st_size);
    DIR *dir = opendir(path);
    if (!dir) return 1;
    int failed = 0;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        char child[4096];
        if (entry->d_name[0] == '.') continue;
        (void)snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
        failed |= replay_path(child);
    }
    closedir(dir);
    return failed;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= replay_path(argv[i]);
    printf("replayed %u seeds\n", seeds);
    return failed || seeds == 0;
}
