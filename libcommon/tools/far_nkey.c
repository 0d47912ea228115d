/* SPDX-License-Identifier: Apache-2.0 */
/* far_nkey.c - far-nkey FILE...: for each file makes a NATS user key if the file is not there yet (mode 0600,
 * never overwritten), and prints "FILE PUBLIC_KEY". Used by `./farseat up` to write nats-server's users. */
#include "far/nkey.h"
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Makes the file appear whole or not at all, so that a crash leaves no half a key. */
static bool seed_create(const char *path)
{
    char seed[FAR_NKEY_SEED_SIZE];
    char public_key[FAR_NKEY_PUBLIC_SIZE];
    if (far_nkey_create(seed, public_key) != FAR_OK) return false;
    seed[FAR_NKEY_SEED_SIZE - 1] = '\n';

    char part[4096];
    int len = snprintf(part, sizeof(part), "%s.part", path);
    bool fits = len > 0 && (size_t)len < sizeof(part);
    int fd = fits ? open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    bool ok = false;
    if (fd >= 0) {
        ok = write(fd, seed, sizeof(seed)) == (ssize_t)sizeof(seed) && fsync(fd) == 0;
        ok = close(fd) == 0 && ok && rename(part, path) == 0;
    }
    sodium_memzero(seed, sizeof(seed));
    return ok;
}

static bool public_print(const char *path)
{
    char public_key[FAR_NKEY_PUBLIC_SIZE];
    enum far_err err = far_nkey_public_of_file(path, public_key);
    if (err == FAR_ENOTFOUND) {
        if (!seed_create(path)) {
            (void)fprintf(stderr, "far-nkey: cannot write %s: %s\n", path, strerror(errno));
            return false;
        }
        err = far_nkey_public_of_file(path, public_key);
    }
    if (err != FAR_OK) {
        (void)fprintf(
            stderr,
            "far-nkey: %s holds no NATS user seed that can be read; remove it to have a new one made\n",
            path);
        return false;
    }
    return printf("%s %s\n", path, public_key) > 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(
            stderr, "usage: far-nkey FILE...   makes missing NATS user keys, prints each one's public key\n");
        return 2;
    }
    for (int i = 1; i < argc; i++)
        if (!public_print(argv[i])) return 1;
    return fflush(stdout) == 0 ? 0 : 1;
}
