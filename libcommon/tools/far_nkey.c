/* SPDX-License-Identifier: Apache-2.0 */
/* far-nkey FILE...: for each file makes a NATS user key if the file is not there yet (mode 0600, never
 * overwritten), and prints "FILE PUBLIC_KEY". Used by `./farseat up` to write nats-server's users. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nkey.h"

/* Makes the file appear whole or not at all, so that a crash leaves no half a key. */
static bool seed_create(const char *path)
{
    uint8_t seed[NKEY_RAW_LEN];
    char text[NKEY_SEED_TEXT_LEN + 2];
    randombytes_buf(seed, sizeof seed);
    nkey_seed_text(seed, text);
    text[NKEY_SEED_TEXT_LEN] = '\n';

    char part[4096];
    int len = snprintf(part, sizeof part, "%s.part", path);
    bool ok = false;
    int fd = len > 0 && (size_t)len < sizeof part ? open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
                                                  : -1;
    if (fd >= 0) {
        ok = write(fd, text, NKEY_SEED_TEXT_LEN + 1) == NKEY_SEED_TEXT_LEN + 1 && fsync(fd) == 0;
        ok = close(fd) == 0 && ok && rename(part, path) == 0;
    }
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(text, sizeof text);
    return ok;
}

/* Returns -1 when the file is not there, 0 when it holds no user seed, 1 with the seed. */
static int seed_read(const char *path, uint8_t ret_seed[NKEY_RAW_LEN])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? -1 : 0;
    char text[128];
    ssize_t len = read(fd, text, sizeof text);
    (void)close(fd);
    size_t text_len = len > 0 ? (size_t)len : 0;
    while (text_len > 0 && (text[text_len - 1] == '\n' || text[text_len - 1] == '\r'))
        text_len--;
    bool ok = nkey_seed_parse(text, text_len, ret_seed);
    sodium_memzero(text, sizeof text);
    return ok ? 1 : 0;
}

static bool public_print(const char *path)
{
    uint8_t seed[NKEY_RAW_LEN];
    int found = seed_read(path, seed);
    if (found < 0) {
        if (!seed_create(path)) {
            (void)fprintf(stderr, "far-nkey: cannot write %s: %s\n", path, strerror(errno));
            return false;
        }
        found = seed_read(path, seed);
    }
    if (found != 1) {
        (void)fprintf(stderr, "far-nkey: %s holds no NATS user seed; remove it to have a new one made\n",
                      path);
        return false;
    }
    uint8_t public_key[crypto_sign_PUBLICKEYBYTES];
    uint8_t secret_key[crypto_sign_SECRETKEYBYTES];
    char text[NKEY_PUBLIC_TEXT_LEN + 1];
    (void)crypto_sign_seed_keypair(public_key, secret_key, seed);
    nkey_public_text(public_key, text);
    sodium_memzero(secret_key, sizeof secret_key);
    sodium_memzero(seed, sizeof seed);
    return printf("%s %s\n", path, text) > 0;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        (void)fprintf(
            stderr, "usage: far-nkey FILE...   makes missing NATS user keys, prints each one's public key\n");
        return 2;
    }
    if (sodium_init() < 0) {
        (void)fprintf(stderr, "far-nkey: libsodium does not start\n");
        return 1;
    }
    for (int i = 1; i < argc; i++)
        if (!public_print(argv[i])) return 1;
    return fflush(stdout) == 0 ? 0 : 1;
}
