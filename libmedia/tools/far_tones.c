/* SPDX-License-Identifier: Apache-2.0 */
/* far-tones DIR: writes the sound that Farseat brings along, as WAV (8 kHz, mono, 16 bits):
 *   music.wav          music on hold, composed by rule (libmedia/src/music.c); nobody's work, public domain
 *   ringback-cn.wav .. call-progress tones, one cadence each
 *   tone-400.wav ..    five seconds of a steady sine, by which a test knows a party again in a recording */
#include "far/media/tone.h"
#include "far/media/wav.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MUSIC_SEED     20261124u
#define TONE_SAMPLES   40000u
#define TONE_AMPLITUDE 8000.0

static const unsigned TONES_HZ[] = {400, 600, 800, 1000, 1200, 1600};

/* Written beside and renamed, so that a reader never sees half a file. */
static int save(const char *dir, const char *name, const int16_t *pcm, size_t frames)
{
    static const struct far_wav_layout layout = {.format = FAR_WAV_PCM16, .channels = 1, .rate = 8000};
    char path[4096], part[4096 + 8];
    struct far_wav_writer writer;
    if (snprintf(path, sizeof(path), "%s/%s.wav", dir, name) >= (int)sizeof(path)) return 1;
    (void)snprintf(part, sizeof(part), "%s.part", path);
    enum far_err err = far_wav_create(&writer, part, &layout);
    if (err == FAR_OK) {
        err = far_wav_write(&writer, pcm, frames);
        enum far_err closed = far_wav_close(&writer);
        if (err == FAR_OK) err = closed;
    }
    if (err == FAR_OK && rename(part, path) != 0) err = FAR_EIO;
    if (err != FAR_OK) {
        fprintf(stderr, "far-tones: cannot write %s: %s; does the folder exist, and is there room?\n", path,
                far_err_text(err));
        (void)unlink(part);
        return 1;
    }
    printf("%s\n", path);
    return 0;
}

static int save_music(const char *dir, int16_t *pcm)
{
    enum far_err err = far_music_compose(MUSIC_SEED, pcm);
    if (err == FAR_OK) return save(dir, "music", pcm, FAR_MUSIC_SAMPLES);
    fprintf(stderr, "far-tones: %s\n", far_err_text(err));
    return 1;
}

static int save_tones(const char *dir, int16_t *pcm)
{
    int failed = 0;
    for (int kind = 0; kind < FAR_TONE_KIND_COUNT; kind++) {
        size_t len = far_tone_period((enum far_tone_kind)kind);
        far_tone_fill((enum far_tone_kind)kind, pcm, len, 0);
        failed |= save(dir, far_tone_name((enum far_tone_kind)kind), pcm, len);
    }
    for (size_t i = 0; i < FAR_ARRAY_LEN(TONES_HZ); i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "tone-%u", TONES_HZ[i]);
        memset(pcm, 0, TONE_SAMPLES * sizeof(*pcm));
        far_tone_add(pcm, TONE_SAMPLES, 0, TONES_HZ[i], TONE_AMPLITUDE, 8000);
        failed |= save(dir, name, pcm, TONE_SAMPLES);
    }
    return failed;
}

int main(int argc, char **argv)
{
    if (argc != 2 || argv[1][0] == '-') {
        fprintf(stderr, "usage: far-tones DIR   (writes music.wav and test tones into the folder)\n");
        return 2;
    }
    int16_t *pcm = malloc(FAR_MUSIC_SAMPLES * sizeof(*pcm));
    if (!pcm) return 1;
    int failed = save_music(argv[1], pcm) | save_tones(argv[1], pcm);
    free(pcm);
    return failed;
}
