/* SPDX-License-Identifier: Apache-2.0 */
/* log.h - one line of key=value on stderr per event, by one write():
 *
 *   time=2026-11-24T05:36:15.123456Z level=info service=edge instance=hq-1 event=leg-answered leg=0192...
 * contact=...
 *
 *   FAR_INFO("leg-answered", "leg=%s contact=%s wait_ms=%u", leg, contact, wait_ms);
 *   FAR_WARN("bus-lost", "");
 *
 * The format is a literal of key=value parts separated by one space; the compiler checks the arguments. A
 * value is what stands between '=' and the next space of the format; it is quoted when it is empty or holds
 * blanks, quotes,
 * '=' or control characters, which are escaped: nobody outside can forge a field or a line. Conversions: d i
 * u x X c s (also %.*s) f g p with h hh l ll z j t; anything else is shown as "?". A line longer than 4 kB is
 * cut and says truncated=1. Each place in the code may write 100 lines a second; what is beyond is counted,
 * and the next line that passes carries suppressed=N. Any thread. Log or return an error, not both; never a
 * password, token or card digits. */
#pragma once
#include "far/err.h"
#include <stdatomic.h>
#include <stdint.h>

enum far_log_level { FAR_LOG_DEBUG, FAR_LOG_INFO, FAR_LOG_WARN, FAR_LOG_ERROR, FAR_LOG_LEVEL_COUNT };

/* State of one place in the code; made by the macros. */
struct far_log_site {
    _Atomic uint64_t window_ms;
    _Atomic uint32_t lines;
    _Atomic uint32_t suppressed;
};

#define FAR_LOG(level, event, ...)                                                                           \
    do {                                                                                                     \
        static struct far_log_site far_log_site_;                                                            \
        if (far_log_on(level)) far_log_write(&far_log_site_, (level), (event), " " __VA_ARGS__);             \
    } while (0)
#define FAR_DEBUG(event, ...) FAR_LOG(FAR_LOG_DEBUG, event, __VA_ARGS__)
#define FAR_INFO(event, ...)  FAR_LOG(FAR_LOG_INFO, event, __VA_ARGS__)
#define FAR_WARN(event, ...)  FAR_LOG(FAR_LOG_WARN, event, __VA_ARGS__)
#define FAR_ERROR(event, ...) FAR_LOG(FAR_LOG_ERROR, event, __VA_ARGS__)

/** Names that every line carries from now on (copied, cut at 63 bytes). Once, before threads start. */
void far_log_init(const char *service, const char *instance, enum far_log_level level);
void far_log_set_level(enum far_log_level level);
/** "debug", "info", "warn", "error". @return FAR_OK; FAR_EINVAL. */
FAR_MUST_CHECK enum far_err far_log_level_parse(const char *text, enum far_log_level *ret_level);
/** Write to another file descriptor than 2; the caller keeps it open. */
void far_log_set_fd(int fd);
/* What the macros call. */
int far_log_on(enum far_log_level level);
void far_log_write(struct far_log_site *site, enum far_log_level level, const char *event, const char *format,
                   ...) FAR_PRINTF(4, 5);
