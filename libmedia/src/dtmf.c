/* SPDX-License-Identifier: Apache-2.0 */
#include "far/media/dtmf.h"
#include "wire.h"
#include <string.h>

#define EXPIRE_US   200000u
#define REPEATS_US  500000u /* packets of one event that come twice come within this time */
#define STEP        160u    /* 20 ms in units of the time stamp */
#define END_PACKETS 3u
#define VOLUME_DBM0 10u /* the level is given without its sign */
#define UNITS_A_MS  8u

static const char DIGITS[] = "0123456789*#ABCD";

int far_dtmf_event(char digit)
{
    if (digit >= 'a' && digit <= 'd') digit = (char)(digit - 'a' + 'A');
    const char *at = digit ? strchr(DIGITS, digit) : NULL;
    return at ? (int)(at - DIGITS) : -1;
}

char far_dtmf_digit(unsigned event)
{
    return event < sizeof(DIGITS) - 1 ? DIGITS[event] : '\0';
}

static struct far_dtmf_hit hit_of(struct far_dtmf_rx *rx)
{
    rx->open = false;
    return (struct far_dtmf_hit){.digit = far_dtmf_digit(rx->event),
                                 .duration_ms = rx->duration / UNITS_A_MS};
}

/* Time stamps alone would do, but test tools play the same recorded digit again and again. */
static bool is_new(const struct far_dtmf_rx *rx, uint8_t event, uint32_t timestamp, uint64_t now_us)
{
    if (!rx->known || timestamp != rx->last_timestamp || event != rx->event) return true;
    return !rx->open && now_us > rx->heard_at_us + REPEATS_US;
}

/* A packet of an event before the last one that came late must not count as a new one. */
static bool is_stale(const struct far_dtmf_rx *rx, uint32_t timestamp, uint64_t now_us)
{
    return rx->known && (int32_t)(timestamp - rx->last_timestamp) < 0 &&
           now_us <= rx->heard_at_us + REPEATS_US;
}

size_t far_dtmf_receive(struct far_dtmf_rx *rx, const uint8_t *payload, size_t len, uint32_t timestamp,
                        uint64_t now_us, bool *ret_begun, struct far_dtmf_hit ret_hits[2])
{
    size_t hits = 0;
    *ret_begun = false;
    if (len < FAR_DTMF_PAYLOAD || !far_dtmf_digit(payload[0])) return 0;
    bool end = (payload[1] & 0x80) != 0;
    uint16_t duration = wire_u16(payload + 2);
    if (is_new(rx, payload[0], timestamp, now_us)) {
        if (is_stale(rx, timestamp, now_us)) return 0;
        if (rx->open) ret_hits[hits++] = hit_of(rx);
        *rx = (struct far_dtmf_rx){.open = true,
                                   .known = true,
                                   .event = payload[0],
                                   .last_timestamp = timestamp,
                                   .heard_at_us = now_us};
        *ret_begun = true;
    }
    if (!rx->open) return hits; /* a repeated end */
    if (duration > rx->duration) rx->duration = duration;
    rx->heard_at_us = now_us;
    if (end) ret_hits[hits++] = hit_of(rx);
    return hits;
}

bool far_dtmf_expire(struct far_dtmf_rx *rx, uint64_t now_us, struct far_dtmf_hit *ret_hit)
{
    if (!rx->open || now_us < rx->heard_at_us + EXPIRE_US) return false;
    *ret_hit = hit_of(rx);
    return true;
}

enum far_err far_dtmf_start(struct far_dtmf_tx *tx, char digit, uint32_t duration_ms)
{
    int event = far_dtmf_event(digit);
    if (event < 0 || duration_ms < 40 || duration_ms > 5000) return FAR_EINVAL;
    *tx = (struct far_dtmf_tx){
        .event = (uint8_t)event,
        .duration_total = (uint16_t)(duration_ms * UNITS_A_MS),
        .ends_left = END_PACKETS,
        .first = true,
    };
    return FAR_OK;
}

bool far_dtmf_next(struct far_dtmf_tx *tx, uint8_t ret_payload[FAR_DTMF_PAYLOAD], bool *ret_marker)
{
    if (tx->ends_left == 0) return false;
    bool end = tx->duration >= tx->duration_total;
    if (!end) {
        unsigned duration = tx->duration + STEP;
        tx->duration = (uint16_t)(duration < tx->duration_total ? duration : tx->duration_total);
        end = tx->duration == tx->duration_total;
    }
    if (end) tx->ends_left--;
    ret_payload[0] = tx->event;
    ret_payload[1] = (uint8_t)((end ? 0x80u : 0u) | VOLUME_DBM0);
    wire_put_u16(ret_payload + 2, tx->duration);
    *ret_marker = tx->first;
    tx->first = false;
    return true;
}
