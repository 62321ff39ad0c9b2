/* The screen of `tocsin top`. */
#include "bin/top.h"

#include "core/bytes.h"
#include "core/metric.h"

#include <stdio.h>
#include <stdlib.h>
#include <tocsin/value.h>

#define LINE 1024
#define ROWS_MAX 1024u /* pipelines and workers that fit no screen anyway */

typedef struct Row {
        Bytes pipeline, text;
        int64_t ordinal;
        bool standby;
        unsigned workers, ready;
        double in, out, dead, aborts, lag, state, rss;
        double process[2][HISTOGRAM_BUCKETS], commit[2][HISTOGRAM_BUCKETS]; /* before, now */
} Row;

double top_quantile(const double *before, const double *after, const double *bounds, size_t n, double p) {
        double all = after[n - 1] - before[n - 1];
        if (all <= 0)
                return -1;
        double below = 0, from = 0;
        for (size_t i = 0; i < n; i++) {
                double here = after[i] - before[i];
                if (here >= p * all && i + 1 < n)
                        return from + (bounds[i] - from) * (here > below ? (p * all - below) / (here - below) : 1);
                below = here;
                from = i + 1 < n ? bounds[i] : from;
        }
        return from; /* beyond the last bound: at least that */
}

static void counts(const tocsin_value *w, const char *name, double ret[HISTOGRAM_BUCKETS]) {
        const tocsin_value *l = tocsin_find(w, name);
        for (uint32_t i = 0; l && l->kind == TOCSIN_LIST && i < l->len && i < HISTOGRAM_BUCKETS; i++)
                ret[i] += tocsin_as_f64(&l->u.items[i], 0);
}

/* The same worker in the look before; NULL: it was not there. A new life of the supervisor counts from 0 again. */
static const tocsin_value *earlier(const tocsin_value *before, const tocsin_value *w) {
        const tocsin_value *l = before ? tocsin_find(before, "workers") : NULL;
        for (uint32_t i = 0; l && l->kind == TOCSIN_LIST && i < l->len; i++) {
                const tocsin_value *o = &l->u.items[i];
                if (bytes_eq(tocsin_get_bytes(o, "pipeline"), tocsin_get_bytes(w, "pipeline")) &&
                    tocsin_get_i64(o, "ordinal", -1) == tocsin_get_i64(w, "ordinal", -2) &&
                    tocsin_get_f64(o, "in", 0) <= tocsin_get_f64(w, "in", 0))
                        return o;
        }
        return NULL;
}

static double rose(const tocsin_value *w, const tocsin_value *old, const char *name) {
        return tocsin_get_f64(w, name, 0) - (old ? tocsin_get_f64(old, name, 0) : 0);
}

static void add(Row *r, const tocsin_value *w, const tocsin_value *old) {
        r->workers++;
        r->ready += bytes_eq_z(tocsin_get_bytes(w, "state"), "ready");
        if (tocsin_get_bytes(w, "text").len)
                r->text = tocsin_get_bytes(w, "text");
        r->in += rose(w, old, "in");
        r->out += rose(w, old, "processed");
        r->dead += rose(w, old, "dead");
        r->aborts += rose(w, old, "aborts");
        r->lag += tocsin_get_f64(w, "lag", 0);
        r->state += tocsin_get_f64(w, "state_bytes", 0);
        r->rss += tocsin_get_f64(w, "rss_bytes", 0);
        counts(w, "process_at_most", r->process[1]);
        counts(w, "commit_at_most", r->commit[1]);
        if (old) {
                counts(old, "process_at_most", r->process[0]);
                counts(old, "commit_at_most", r->commit[0]);
        }
}

/* Of several, how far the worst is behind. */
static void add_standby(Row *r, const tocsin_value *b) {
        bool follows = bytes_eq_z(tocsin_get_bytes(b, "state"), "following");
        double lag = tocsin_get_f64(b, "lag", 0);
        r->workers++;
        r->ready += follows;
        if (!follows)
                r->text = tocsin_get_bytes(b, "text");
        if (lag > r->lag)
                r->lag = lag;
        r->state += tocsin_get_f64(b, "state_bytes", 0);
        r->rss += tocsin_get_f64(b, "rss_bytes", 0);
}

static void short_number(char *ret, size_t size, double v) {
        static const char unit[] = " kMGT";
        size_t u = 0;
        for (; v >= 9999.5 && u + 2 < sizeof unit; u++)
                v /= 1000;
        snprintf(ret, size, u ? "%.0f%c" : "%.0f", v, unit[u]);
}

static void short_bytes(char *ret, size_t size, double v) {
        static const char *const unit[] = { "B", "K", "M", "G", "T" };
        size_t u = 0;
        for (; v >= 999.5 && u < 4; u++)
                v /= 1024;
        snprintf(ret, size, u && v < 9.95 ? "%.1f%s" : "%.0f%s", v, unit[u]);
}

static void short_time(char *ret, size_t size, double s) {
        if (s < 0)
                snprintf(ret, size, "-");
        else if (s < 1e-3)
                snprintf(ret, size, "%.0fus", s * 1e6);
        else if (s < 1)
                snprintf(ret, size, "%.*fms", s < 1e-2 ? 1 : 0, s * 1e3);
        else
                snprintf(ret, size, ">1s");
}

static void line(Buffer *ret, const TopShow *show, const char *colour, const char *z) {
        size_t n = strlen(z);
        if (show->width && n > show->width)
                n = show->width;
        if (show->colour && colour)
                buffer_put_z(ret, colour);
        buffer_put(ret, z, n);
        if (show->colour && colour)
                buffer_put_z(ret, "\033[0m");
        buffer_u8(ret, '\n');
}

static void name_row(char *ret, size_t size, const TopShow *show, const Row *r) {
        int len = r->pipeline.len < 64 ? (int)r->pipeline.len : 64;
        const char *z = (const char *)r->pipeline.ptr;
        if (show->workers)
                snprintf(ret, size, "%.*s/%s%lld", len, z, r->standby ? "s" : "", (long long)r->ordinal);
        else
                snprintf(ret, size, r->standby ? "%.*s standby" : "%.*s", r->standby && len > 12 ? 12 : len, z);
}

static void row(Buffer *ret, const TopShow *show, const Row *r, double seconds) {
        char who[128], up[16], in[16] = "-", out[16] = "-", dead[16] = "-", aborts[16] = "-", lag[16], state[16], rss[16],
                               p[4][16], z[LINE];
        name_row(who, sizeof who, show, r);
        snprintf(up, sizeof up, "%u/%u", r->ready, r->workers);
        if (!r->standby) {
                short_number(in, sizeof in, r->in / seconds);
                short_number(out, sizeof out, r->out / seconds);
                short_number(dead, sizeof dead, r->dead);
                snprintf(aborts, sizeof aborts, "%.0f", r->aborts);
        }
        short_number(lag, sizeof lag, r->lag);
        short_bytes(state, sizeof state, r->state);
        short_bytes(rss, sizeof rss, r->rss);
        const double shares[] = { 0.5, 0.99 };
        for (size_t i = 0; i < 2; i++) {
                short_time(p[i], sizeof p[i],
                           top_quantile(r->process[0], r->process[1], histogram_bounds, HISTOGRAM_BUCKETS, shares[i]));
                short_time(p[2 + i], sizeof p[2 + i],
                           top_quantile(r->commit[0], r->commit[1], histogram_bounds, HISTOGRAM_BUCKETS, shares[i]));
        }
        snprintf(z, sizeof z, "%-20.20s %5s %7s %7s %6s %6s %7s %7s %7s %7s %7s %6s %6s", who, up, in, out, dead, aborts, lag,
                 p[0], p[1], p[2], p[3], state, rss);
        line(ret, show, r->ready < r->workers ? "\033[31m" : NULL, z);
        if (r->text.len) {
                snprintf(z, sizeof z, "    %.*s", (int)r->text.len, (const char *)r->text.ptr);
                line(ret, show, "\033[33m", z);
        }
}

static Row *row_of(Row *rows, size_t *n, const TopShow *show, const tocsin_value *w, bool standby) {
        Bytes name = tocsin_get_bytes(w, "pipeline");
        for (size_t i = 0; !show->workers && i < *n; i++)
                if (rows[i].standby == standby && bytes_eq(rows[i].pipeline, name))
                        return &rows[i];
        if (*n == ROWS_MAX)
                return NULL;
        rows[*n] =
                (Row){ .pipeline = name, .standby = standby, .ordinal = tocsin_get_i64(w, standby ? "standby" : "ordinal", 0) };
        return &rows[(*n)++];
}

void top_print(Buffer *ret, const TopShow *show, const tocsin_value *now, const tocsin_value *before) {
        const tocsin_value *workers = tocsin_find(now, "workers"), *standbys = tocsin_find(now, "standbys");
        double up = (double)tocsin_get_i64(now, "uptime_us", 0) / 1e6;
        double seconds = before ? (double)(tocsin_get_i64(now, "now_us", 0) - tocsin_get_i64(before, "now_us", 0)) / 1e6 : up;
        Bytes app = tocsin_get_bytes(now, "app"), version = tocsin_get_bytes(now, "version");
        char z[LINE];
        Row *rows = calloc(ROWS_MAX, sizeof *rows);
        size_t n = 0;
        if (!rows) {
                ret->failed = -ENOMEM;
                return;
        }
        for (uint32_t i = 0; workers && workers->kind == TOCSIN_LIST && i < workers->len; i++) {
                const tocsin_value *w = &workers->u.items[i];
                Row *r = row_of(rows, &n, show, w, false);
                if (r)
                        add(r, w, earlier(before, w));
        }
        for (uint32_t i = 0; standbys && standbys->kind == TOCSIN_LIST && i < standbys->len; i++) {
                Row *r = row_of(rows, &n, show, &standbys->u.items[i], true);
                if (r)
                        add_standby(r, &standbys->u.items[i]);
        }
        snprintf(z, sizeof z, "%.*s  tocsin %.*s, pid %lld, up %.0f s%s", (int)app.len, (const char *)app.ptr, (int)version.len,
                 (const char *)version.ptr, (long long)tocsin_get_i64(now, "pid", 0), up,
                 before ? "" : "; rates and times since it began");
        line(ret, show, "\033[1m", z);
        snprintf(z, sizeof z, "%-20s %5s %7s %7s %6s %6s %7s %7s %7s %7s %7s %6s %6s", show->workers ? "worker" : "pipeline",
                 "ready", "in/s", "done/s", "dead", "aborts", "lag", "proc50", "proc99", "comm50", "comm99", "state", "rss");
        line(ret, show, "\033[7m", z);
        for (size_t i = 0; i < n; i++)
                row(ret, show, &rows[i], seconds > 0 ? seconds : 1);
        free(rows);
}
