/* Lines of log. */
#include "core/log.h"

#include "core/buffer.h"
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FOLD_US 1000000 /* repeats within a second are one line */
#define LINE_MAX_BYTES 8192u
#define ORDER (1u << 31) /* so that NUL is one, too */

static struct {
        int fd;
        bool json, colour;
        LogLevel least;
        char who[64];
        pthread_mutex_t lock;
        uint64_t last; /* hash of the last line's event and message */
        int64_t last_us;
        unsigned suppressed;
        LogLevel last_level;
} out = { .fd = STDERR_FILENO, .least = LOG_INFO, .lock = PTHREAD_MUTEX_INITIALIZER };

static const char *const names[] = { "debug", "info", "warn", "error" };
static const char *const colours[] = { "\033[2m", "", "\033[33m", "\033[31m" };

void log_setup(int fd, bool json, bool colour, LogLevel least, const char *who) {
        pthread_mutex_lock(&out.lock);
        out.fd = fd;
        out.json = json;
        out.colour = colour && !json;
        out.least = least;
        snprintf(out.who, sizeof out.who, "%s", who ? who : "");
        pthread_mutex_unlock(&out.lock);
}

bool log_wants(LogLevel level) {
        return level >= out.least;
}

/* Bytes of the character at p, shortest form, no surrogate; 0: it is none. The room that knows text lies above this one. */
static size_t character(const uint8_t *p, size_t n) {
        if (p[0] < 0x80)
                return 1;
        size_t len = p[0] >= 0xc2 && p[0] <= 0xdf ? 2 : (p[0] & 0xf0) == 0xe0 ? 3 : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4 : 0;
        if (len > n || !len)
                return 0;
        for (size_t i = 1; i < len; i++)
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
        bool bad = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) || (p[0] == 0xf0 && p[1] < 0x90) ||
                   (p[0] == 0xf4 && p[1] > 0x8f);
        return bad ? 0 : len;
}

/* What a terminal takes for an order, what begins another line, and what turns the direction of text: its number; 0: it is none
 * of these. p is a character of n bytes. */
static unsigned order(const uint8_t *p, size_t n) {
        unsigned u = n == 1   ? p[0]
                     : n == 2 ? (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu)
                     : n == 3 ? (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu)
                              : UINT32_MAX;
        bool is = u < 0x20 || (u >= 0x7f && u < 0xa0) || (u >= 0x2028 && u <= 0x202e) || (u >= 0x2066 && u <= 0x2069);
        return is ? u | ORDER : 0;
}

/* A plugin's words hold what they hold; what reads a line takes UTF-8 only, and one line. */
static void clean(Buffer *b, Bytes s, bool escape) {
        for (size_t i = 0, n; i < s.len; i += n ? n : 1) {
                uint8_t c = s.ptr[i];
                n = character(s.ptr + i, s.len - i);
                unsigned steers = n ? order(s.ptr + i, n) : 0;
                if (!n)
                        buffer_put_z(b, "\xef\xbf\xbd");
                else if (steers)
                        buffer_printf(b, "\\u%04x", steers & ~ORDER);
                else if (escape && (c == '"' || c == '\\'))
                        buffer_printf(b, "\\%c", c);
                else
                        buffer_put(b, s.ptr + i, n);
        }
}

static void quoted(Buffer *b, Bytes s) {
        buffer_u8(b, '"');
        clean(b, s, true);
        buffer_u8(b, '"');
}

static bool plain(Bytes s) {
        for (size_t i = 0; i < s.len; i++)
                if (s.ptr[i] <= ' ' || s.ptr[i] == '"' || s.ptr[i] == '=' || s.ptr[i] >= 0x7f)
                        return false;
        return s.len != 0;
}

static void field(Buffer *b, const LogField *f) {
        if (out.json)
                buffer_printf(b, ",\"%s\":", f->name);
        else
                buffer_printf(b, " %s=", f->name);
        if (f->kind == LOG_INT)
                buffer_printf(b, "%lld", (long long)f->i);
        else if (f->kind == LOG_REAL)
                buffer_printf(b, "%.6g", f->d);
        else if (!out.json && plain(f->str))
                buffer_put(b, f->str.ptr, f->str.len);
        else
                quoted(b, f->str);
}

static void line(Buffer *b, LogLevel level, const char *event, const char *message, const LogField *fields, size_t n) {
        struct timespec now;
        struct tm utc;
        char when[32];
        clock_gettime(CLOCK_REALTIME, &now);
        gmtime_r(&now.tv_sec, &utc);
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%S", &utc);
        long us = now.tv_nsec / 1000;
        if (out.json) {
                buffer_printf(b, "{\"time\":\"%s.%06ldZ\",\"level\":\"%s\",\"event\":\"%s\",\"message\":", when, us, names[level],
                              event);
                quoted(b, bytes_z(message));
        } else {
                buffer_printf(b, "%s.%03ldZ %s%-5s%s ", when, us / 1000, out.colour ? colours[level] : "", names[level],
                              out.colour ? "\033[0m" : "");
                clean(b, bytes_z(message), false);
        }
        if (out.who[0])
                field(b, &LOG_S("component", out.who));
        for (size_t i = 0; i < n; i++)
                field(b, &fields[i]);
        if (out.suppressed)
                field(b, &LOG_I("suppressed", out.suppressed));
        buffer_put_z(b, out.json ? "}\n" : "\n");
}

static int64_t now_us(void) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
        return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void put_line(LogLevel level, const char *event, const char *message, const LogField *fields, size_t n) {
        Buffer b = { .max = LINE_MAX_BYTES };
        line(&b, level, event, message, fields, n);
        if (b.len && b.ptr[b.len - 1] != '\n')
                b.ptr[b.len - 1] = '\n';
        ssize_t r = write(out.fd, b.ptr, b.len);
        (void)r; /* a log that cannot be written has nowhere to say so */
        buffer_deinit(&b);
}

void log_write(LogLevel level, const char *event, const char *message, const LogField *fields, size_t n) {
        uint64_t same = 1469598103934665603u;
        for (const char *p = event; *p; p++)
                same = (same ^ (uint8_t)*p) * 1099511628211u;
        for (const char *p = message; *p; p++)
                same = (same ^ (uint8_t)*p) * 1099511628211u;
        for (size_t i = 0; i < n; i++)
                for (size_t k = 0; fields[i].kind == LOG_STR && k < fields[i].str.len; k++)
                        same = (same ^ fields[i].str.ptr[k]) * 1099511628211u;
        pthread_mutex_lock(&out.lock);
        int64_t now = now_us();
        if (same == out.last && now - out.last_us < FOLD_US) {
                out.suppressed++;
        } else {
                if (out.suppressed && same != out.last) { /* it is of the line before, not of this one */
                        LogField count = LOG_I("suppressed", out.suppressed);
                        out.suppressed = 0;
                        put_line(out.last_level, "log.repeated", "the line before came again", &count, 1);
                }
                put_line(level, event, message, fields, n);
                out.last_level = level;
                out.last = same;
                out.last_us = now;
                out.suppressed = 0;
        }
        pthread_mutex_unlock(&out.lock);
}
