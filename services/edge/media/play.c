/* SPDX-License-Identifier: Apache-2.0 */
/* Prompts, music and digits of our own: a packet each tick. Music costs a copy of 160 bytes and a send a
 * listener. */
#include "engine.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME        FAR_G711_FRAME
#define DIGIT_SOURCE (UINT64_C(1) << 63) /* with the endpoint's serial: the source of its digits */

struct play *play_free(struct play *play)
{
    if (!play) return NULL;
    for (size_t i = 0; i < play->sounds_len; i++)
        sound_release(play->sounds[i]);
    free(play);
    return NULL;
}

bool play_active(const struct endpoint *endpoint)
{
    return endpoint->digit_on || (endpoint->play && endpoint->play->ready);
}

static void update_ticking(struct media_thread *thread, struct endpoint *endpoint)
{
    bool listed = !far_list_empty(&endpoint->tick_link);
    if (listed == play_active(endpoint)) return;
    if (listed)
        far_list_remove(&endpoint->tick_link);
    else
        far_list_append(&thread->ticking, &endpoint->tick_link);
}

void play_end(struct media_thread *thread, struct endpoint *endpoint, enum media_play_cause cause,
              const char *text)
{
    struct play *play = endpoint->play;
    struct media_event event = {
        .kind = MEDIA_EV_PLAY_DONE,
        .play = {.play_id = play->id, .cause = cause, .played_ms = play->frames * 20}};
    (void)snprintf(event.play.text, sizeof(event.play.text), "%s", text);
    endpoint->play = play_free(play);
    gauge_add(&thread->counters.players, -1);
    update_ticking(thread, endpoint);
    thread_emit(thread, endpoint, &event);
}

void play_begin(struct media_thread *thread, struct endpoint *endpoint, struct play *play)
{
    if (endpoint->play) play_end(thread, endpoint, MEDIA_PLAY_STOPPED, "");
    endpoint->play = play;
    gauge_add(&thread->counters.players, 1);
    update_ticking(thread, endpoint);
}

void play_loaded(struct media_thread *thread, struct endpoint *endpoint, struct loaded *loaded)
{
    struct play *play = endpoint->play;
    if (play && play->serial == loaded->play_serial && !play->ready) {
        if (loaded->err != FAR_OK) {
            play_end(thread, endpoint, MEDIA_PLAY_FAILED, loaded->text);
        } else {
            memcpy(play->sounds, loaded->sounds, sizeof(play->sounds));
            play->sounds_len = loaded->sounds_len;
            loaded->sounds_len = 0; /* the play owns them now */
            play->ready = true;
            update_ticking(thread, endpoint);
        }
    }
    (void)loaded_free(loaded);
}

void play_digit(struct media_thread *thread, struct endpoint *endpoint, char digit, uint32_t duration_ms)
{
    if (endpoint->digit_on || endpoint->remote.dtmf_payload_type == MEDIA_PT_NONE) return;
    if (far_dtmf_start(&endpoint->digit, digit, duration_ms) != FAR_OK) return;
    endpoint->digit_on = true;
    update_ticking(thread, endpoint);
}

/* The next samples, across files and, in a loop, across the end. @return how many there were. */
static size_t fill(struct play *play, enum far_codec codec, uint8_t *bytes)
{
    size_t done = 0;
    while (done < FRAME) {
        if (play->index == play->sounds_len) {
            if (!play->loop) break;
            play->index = 0;
        }
        const struct sound *sound = play->sounds[play->index];
        size_t len = sound->len - play->offset; /* > 0: a sound is never empty */
        if (len > FRAME - done) len = FRAME - done;
        memcpy(bytes + done, (codec == FAR_CODEC_PCMA ? sound->pcma : sound->pcmu) + play->offset, len);
        done += len;
        play->offset += len;
        if (play->offset == sound->len) {
            play->offset = 0;
            play->index++;
        }
    }
    memset(bytes + done, far_codec_silence(codec), FRAME - done);
    return done;
}

static void count_gap(const struct media_thread *thread, struct endpoint *endpoint, struct play *play)
{
    if (play->sent_at_us > 0) {
        uint64_t gap_us = thread->now_us - play->sent_at_us;
        if (gap_us > endpoint->stats.play_gap_us_max) endpoint->stats.play_gap_us_max = gap_us;
    }
    play->sent_at_us = thread->now_us;
}

static void send_frame(struct media_thread *thread, struct endpoint *endpoint)
{
    struct play *play = endpoint->play;
    struct stream_out out;
    uint8_t *packet = thread->scratch;
    if (fill(play, endpoint->remote.codec, packet + FAR_RTP_HEADER) == 0) {
        play_end(thread, endpoint, MEDIA_PLAY_FINISHED, "");
        return;
    }
    play->frames++;
    /* On hold the play goes on unheard, so that it ends when it should. */
    if (endpoint_can_send(endpoint)) {
        stream_own(&endpoint->tx, play->serial, FRAME, thread->now_us, &out);
        endpoint_send(thread, endpoint, endpoint->remote.payload_type, &out, packet, FRAME);
        count_gap(thread, endpoint, play);
    } else {
        play->sent_at_us = 0;
    }
}

static void send_digit(struct media_thread *thread, struct endpoint *endpoint)
{
    struct stream_out out;
    uint8_t *packet = thread->scratch;
    bool marker = false;
    uint8_t payload_type = endpoint->remote.dtmf_payload_type;
    if (payload_type == MEDIA_PT_NONE || !far_dtmf_next(&endpoint->digit, packet + FAR_RTP_HEADER, &marker)) {
        endpoint->digit_on = false;
        update_ticking(thread, endpoint);
        return;
    }
    if (!endpoint_can_send(endpoint)) return;
    stream_own(&endpoint->tx, DIGIT_SOURCE | endpoint->serial, FRAME, thread->now_us, &out);
    if (marker)
        endpoint->digit_ts = out.timestamp; /* all packets of a digit carry the time of its beginning */
    out.timestamp = endpoint->digit_ts;
    out.marker = marker;
    endpoint_send(thread, endpoint, payload_type, &out, packet, FAR_DTMF_PAYLOAD);
}

void play_tick(struct media_thread *thread, struct endpoint *endpoint, unsigned ticks)
{
    bool waits = endpoint->secure && endpoint->secure->state == SECURE_WAITING;
    if (!endpoint->remote_set || waits) return; /* nobody would hear the beginning */
    for (unsigned i = 0; i < ticks; i++) {
        if (endpoint->digit_on)
            send_digit(thread, endpoint);
        else if (endpoint->play && endpoint->play->ready)
            send_frame(thread, endpoint);
    }
}
