/* Lines and pages of incidents. */
#include "bin/incident_print.h"

#include "bin/plural.h"
#include "bin/tame.h"

#include <stdio.h>
#include <strings.h>
#include <time.h>
#include <tocsin/value.h>

#define RESET "\033[0m"
#define DIM "\033[2m"
#define BOLD "\033[1m"

static bool names(const tocsin_value *list, const char *z) {
        for (uint32_t i = 0; tocsin_is(list, TOCSIN_LIST) && i < list->len; i++)
                if (bytes_eq_z(tocsin_as_bytes(&list->u.items[i]), z))
                        return true;
        return false;
}

bool incident_fits(const IncidentFilter *f, const tocsin_value *v) {
        Bytes class = tocsin_get_bytes(v, "class");
        if (f->class_ && (class.len != strlen(f->class_) || strncasecmp((const char *)class.ptr, f->class_, class.len) != 0))
                return false;
        if (f->state && !bytes_eq_z(tocsin_get_bytes(v, "state"), f->state))
                return false;
        if (f->open && bytes_eq_z(tocsin_get_bytes(v, "state"), "CLEARED"))
                return false;
        return !f->loop || bytes_eq_z(tocsin_get_bytes(v, "loop"), f->loop) || names(tocsin_find(v, "related"), f->loop);
}

static const char *const classes[] = { "forged producer",
                                       "tampered message",
                                       "replayed, stale or reordered event",
                                       "suppressed events",
                                       "deceptive telemetry",
                                       "drift poisoning",
                                       "swapped model or policy",
                                       "unauthorised action",
                                       "scope creep",
                                       "oscillation",
                                       "direct conflict",
                                       "indirect conflict",
                                       "implicit conflict",
                                       "cascade",
                                       "flood",
                                       "slow loop",
                                       "goal subversion",
                                       "escalation or delegation abuse",
                                       "coordination abuse",
                                       "data leak",
                                       "vulnerable component",
                                       "subverted pipeline" };
#define CLASSES (sizeof classes / sizeof *classes)

bool incident_class(const char *word) {
        char name[16];
        for (size_t i = 0; i < CLASSES; i++) {
                snprintf(name, sizeof name, "L%zu", i + 1);
                if (strcasecmp(name, word) == 0)
                        return true;
        }
        return false;
}

void incident_classes(Buffer *out) {
        for (size_t i = 0; i < CLASSES; i++)
                buffer_printf(out, "  L%-3zu %s\n", i + 1, classes[i]);
}

static const char *severity_colour(Bytes s) {
        static const struct {
                const char *word, *colour;
        } colours[] = { { "CRITICAL", "\033[1;31m" },
                        { "MAJOR", "\033[31m" },
                        { "MINOR", "\033[33m" },
                        { "WARNING", "\033[36m" },
                        { "CLEARED", "\033[32m" } };
        for (size_t i = 0; i < sizeof colours / sizeof *colours; i++)
                if (bytes_eq_z(s, colours[i].word))
                        return colours[i].colour;
        return "";
}

void incident_time(Buffer *out, int64_t us) {
        time_t s = (time_t)(us / 1000000);
        struct tm utc;
        char text[40];
        if (us < 0 || !gmtime_r(&s, &utc) || !strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &utc)) {
                buffer_printf(out, "%lld us", (long long)us);
                return;
        }
        buffer_printf(out, "%s.%03dZ", text, (int)(us % 1000000 / 1000));
}

void incident_head(Buffer *out, bool colour) {
        buffer_printf(out, "%s%-8s %-12s %-5s %-20s %6s %-24s %-8s  %s%s\n", colour ? BOLD : "", "STATE", "SEVERITY", "CLASS",
                      "LOOP", "COUNT", "LAST", "ID", "SUMMARY", colour ? RESET : "");
}

void incident_line(Buffer *out, const tocsin_value *v, bool colour) {
        Bytes severity = tocsin_get_bytes(v, "severity"), id = tocsin_get_bytes(v, "id");
        tame(out, tocsin_get_bytes(v, "state"), 9);
        if (colour)
                buffer_put_z(out, severity_colour(severity));
        tame(out, severity, 13);
        if (colour)
                buffer_put_z(out, RESET);
        tame(out, tocsin_get_bytes(v, "class"), 6);
        tame(out, tocsin_get_bytes(v, "loop"), 21);
        buffer_printf(out, "%6lld ", (long long)tocsin_get_i64(v, "count", 0));
        incident_time(out, tocsin_get_i64(v, "last_time", 0));
        buffer_put_z(out, " ");
        tame(out, bytes_of(id.ptr, id.len < 8 ? id.len : 8), 10);
        tame(out, tocsin_get_bytes(v, "summary"), 0);
        buffer_u8(out, '\n');
}

static void label(Buffer *out, const char *name, bool colour) {
        buffer_printf(out, "%s%-12s%s", colour ? DIM : "", name, colour ? RESET : "");
}

static void text_line(Buffer *out, const tocsin_value *v, const char *name, const char *field, bool colour) {
        Bytes b = tocsin_get_bytes(v, field);
        if (b.len == 0)
                return;
        label(out, name, colour);
        tame(out, b, 0);
        buffer_u8(out, '\n');
}

static void time_line(Buffer *out, const tocsin_value *v, const char *name, const char *field, bool colour) {
        label(out, name, colour);
        incident_time(out, tocsin_get_i64(v, field, 0));
        buffer_u8(out, '\n');
}

static void list_line(Buffer *out, const tocsin_value *v, const char *name, const char *field, bool colour) {
        const tocsin_value *list = tocsin_find(v, field);
        if (!tocsin_is(list, TOCSIN_LIST) || list->len == 0)
                return;
        label(out, name, colour);
        for (uint32_t i = 0; i < list->len; i++) {
                buffer_put_z(out, i ? ", " : "");
                tame(out, tocsin_as_bytes(&list->u.items[i]), 0);
        }
        buffer_u8(out, '\n');
}

static void evidence_line(Buffer *out, const tocsin_value *e, bool colour) {
        Bytes digest = tocsin_get_bytes(e, "digest"), topic = tocsin_get_bytes(e, "topic");
        buffer_put_z(out, "  ");
        incident_time(out, tocsin_get_i64(e, "event_time", 0));
        buffer_put_z(out, "  ");
        tame(out, tocsin_get_bytes(e, "event_id"), 38);
        buffer_printf(out, "%ssha256 ", colour ? DIM : "");
        tame(out, bytes_of(digest.ptr, digest.len < 16 ? digest.len : 16), 0);
        if (topic.len) {
                buffer_put_z(out, "  ");
                tame(out, topic, 0);
                buffer_printf(out, "[%lld]@%lld", (long long)tocsin_get_i64(e, "partition", -1),
                              (long long)tocsin_get_i64(e, "offset", -1));
        }
        buffer_printf(out, "%s\n", colour ? RESET : "");
}

void incident_whole(Buffer *out, const tocsin_value *v, bool colour) {
        Bytes severity = tocsin_get_bytes(v, "severity");
        if (colour)
                buffer_printf(out, "%s%s", BOLD, severity_colour(severity));
        tame(out, tocsin_get_bytes(v, "summary"), 0);
        buffer_printf(out, "%s\n", colour ? RESET : "");
        static const char *const texts[][2] = { { "id", "id" },
                                                { "class", "class" },
                                                { "title", "title" },
                                                { "state", "state" },
                                                { "severity", "severity" },
                                                { "loop", "loop" },
                                                { "domain", "domain" },
                                                { "producer", "producer" },
                                                { "target", "target" },
                                                { "alarm type", "alarm_type" },
                                                { "detector", "detector" } };
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
                text_line(out, v, texts[i][0], texts[i][1], colour);
        list_line(out, v, "related", "related", colour);
        list_line(out, v, "techniques", "techniques", colour);
        label(out, "confidence", colour);
        buffer_printf(out, "%.3g\n", tocsin_get_f64(v, "confidence", 0));
        label(out, "count", colour);
        buffer_printf(out, "%lld\n", (long long)tocsin_get_i64(v, "count", 0));
        time_line(out, v, "first", "first_time", colour);
        time_line(out, v, "last", "last_time", colour);
        const tocsin_value *evidence = tocsin_find(v, "evidence");
        label(out, "evidence", colour);
        uint32_t n = tocsin_is(evidence, TOCSIN_LIST) ? evidence->len : 0;
        buffer_printf(out, "%u event%s\n", n, plural(n));
        for (uint32_t i = 0; i < n; i++)
                evidence_line(out, &evidence->u.items[i], colour);
}
