/* Structured log: one line an event, JSON or text, to one file descriptor. Any thread.
 *
 * Only task, http and bin log; other rooms answer with a Why. Each line is one write(2). A repeat of the same
 * `event` and `message` within a second is folded and reported as suppressed=n with the next one. */
#pragma once

#include <stdint.h>
#include "core/bytes.h"

typedef enum LogLevel { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR } LogLevel;

typedef struct LogField {
        const char *name;
        enum { LOG_STR, LOG_INT, LOG_REAL } kind;
        Bytes str;
        int64_t i;
        double d;
} LogField;

#define LOG_S(n, z) ((LogField){ .name = (n), .kind = LOG_STR, .str = bytes_z(z) })
#define LOG_B(n, b) ((LogField){ .name = (n), .kind = LOG_STR, .str = (b) })
#define LOG_I(n, v) ((LogField){ .name = (n), .kind = LOG_INT, .i = (int64_t)(v) })
#define LOG_D(n, v) ((LogField){ .name = (n), .kind = LOG_REAL, .d = (v) })

/* fd is borrowed. json: else text, in colour when `colour`. `who`: shown as component (a pipeline's name), copied,
 * at most 63 bytes. Before the first call: text, stderr, INFO. */
void log_setup(int fd, bool json, bool colour, LogLevel least, const char *who);
bool log_wants(LogLevel level);
/* event: a stable id ("bus.partition_lost"); message: for people. */
void log_write(LogLevel level, const char *event, const char *message, const LogField *fields, size_t n);
#define LOG(level, event, message, ...)                                                                 \
        do {                                                                                            \
                if (log_wants(level)) {                                                                 \
                        const LogField fields_[] = { { 0 }, ##__VA_ARGS__ };                            \
                        log_write(level, event, message, fields_ + 1, sizeof fields_ / sizeof *fields_ - 1); \
                }                                                                                       \
        } while (0)
