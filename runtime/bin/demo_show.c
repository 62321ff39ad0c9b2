/* What the demo shows: for people on a terminal, for people in a file, for machines. */
#include "bin/demo.h"

#include "bin/plural.h"
#include "value/value.h"

#include <stdio.h>
#include <tocsin/value.h>

#define EVIDENCE_SHOWN 3u /* event ids beside an incident: enough to see, the rest is in its topic */
#define BAR 30
#define STATUS_COLUMNS 44 /* of the status line without its bar */
#define WHAT_COLUMNS 64 /* of what an attack is, in the table at the end, where there is room */
#define TABLE_COLUMNS 38 /* of the table without that */

static const char *paint(const DemoShow *w, const char *code) {
        return w->colour ? code : "";
}
#define BOLD(w) paint(w, "\033[1m")
#define DIM(w) paint(w, "\033[2m")
#define RED(w) paint(w, "\033[31m")
#define YELLOW(w) paint(w, "\033[33m")
#define GREEN(w) paint(w, "\033[32m")
#define CYAN(w) paint(w, "\033[36m")
#define PLAIN(w) paint(w, "\033[0m")

static void wipe(const DemoShow *w) {
        if (w->live)
                fputs("\r\033[K", stdout);
}

void demo_show_intro(const DemoShow *w, const DemoStream *s, const char *bootstrap) {
        if (w->json) {
                printf("{\"type\":\"start\",\"bootstrap\":\"%s\",\"messages\":%zu,\"attacks\":%u}\n", bootstrap,
                       s->n - s->n_attacks, s->n_attacks);
                return;
        }
        printf("%sTocsin%s listens to five closed loops: %zu real ONAP and VES messages through a broker at %s.\n", BOLD(w),
               PLAIN(w), s->n - s->n_attacks, bootstrap);
        printf("%s%u attacks are hidden in these %lld minutes, which pass in some 20 seconds.%s\n\n", DIM(w), s->n_attacks,
               (long long)(s->span_us / 60000000), PLAIN(w));
}

void demo_show_status(const DemoShow *w, int64_t at_us, uint64_t sent, double rate, uint32_t found, uint32_t n_attacks) {
        if (!w->live)
                return;
        int bar = w->width - STATUS_COLUMNS; /* a line that wraps cannot be drawn over */
        bar = bar < 0 ? 0 : bar > BAR ? BAR : bar;
        int full = n_attacks ? (int)((uint32_t)bar * found / n_attacks) : 0;
        printf("\r\033[K%s%02lld:%02lld%s  %5llu events  ", DIM(w), (long long)(at_us / 60000000),
               (long long)(at_us / 1000000 % 60), PLAIN(w), (unsigned long long)sent);
        if (w->width >= STATUS_COLUMNS)
                printf("%6.0f/s  ", rate);
        fputs(RED(w), stdout);
        for (int i = 0; i < bar; i++)
                fputs(i < full ? "█" : "·", stdout);
        printf("%s %u of %u", PLAIN(w), found, n_attacks);
        fflush(stdout);
}

static const char *severity_colour(const DemoShow *w, Bytes severity) {
        if (bytes_eq_z(severity, "CRITICAL") || bytes_eq_z(severity, "MAJOR"))
                return RED(w);
        return YELLOW(w);
}

static void show_evidence(const DemoShow *w, const DemoStream *s, const tocsin_value *incident) {
        const tocsin_value *evidence = tocsin_find(incident, "evidence");
        if (!tocsin_is(evidence, TOCSIN_LIST) || evidence->len == 0)
                return;
        printf("               %sproof: ", DIM(w));
        for (uint32_t i = 0; i < evidence->len && i < EVIDENCE_SHOWN; i++) {
                const tocsin_value *e = &evidence->u.items[i];
                Bytes id = tocsin_get_bytes(e, "event_id");
                int64_t at = (tocsin_get_i64(e, "event_time", 0) - s->base_us) / 1000000;
                printf("%s%.*s%s at %02lld:%02lld", i ? ", " : "", id.len > 24 ? 24 : (int)id.len, (const char *)id.ptr,
                       id.len > 24 ? "…" : "", (long long)(at / 60), (long long)(at % 60));
        }
        if (evidence->len > EVIDENCE_SHOWN)
                printf(" and %u more", evidence->len - EVIDENCE_SHOWN);
        printf("%s\n", PLAIN(w));
}

void demo_show_incident(const DemoShow *w, const DemoStream *s, const tocsin_value *incident, uint32_t attack, int64_t delay_us) {
        if (w->json) {
                Buffer b = BUFFER_NULL;
                value_print(&b, incident);
                printf("{\"type\":\"incident\",\"attack\":%u,\"delay_ms\":%lld,\"incident\":%.*s}\n", attack,
                       (long long)(delay_us / 1000), (int)b.len, b.ptr);
                buffer_deinit(&b);
                fflush(stdout);
                return;
        }
        Bytes class = tocsin_get_bytes(incident, "class"), severity = tocsin_get_bytes(incident, "severity");
        Bytes loop = tocsin_get_bytes(incident, "loop"), summary = tocsin_get_bytes(incident, "summary");
        int64_t at = (tocsin_get_i64(incident, "first_time", 0) - s->base_us) / 1000000;
        wipe(w);
        printf("%s%02lld:%02lld%s  %s%-3.*s %-8.*s%s %s%.*s%s", DIM(w), (long long)(at / 60), (long long)(at % 60), PLAIN(w),
               severity_colour(w, severity), BYTES_ARG(class), BYTES_ARG(severity), PLAIN(w), BOLD(w), BYTES_ARG(loop), PLAIN(w));
        if (attack)
                printf("  %sattack %u, found after %.1f s%s\n", CYAN(w), attack, (double)delay_us / 1e6, PLAIN(w));
        else
                printf("  %snothing was hidden there%s\n", RED(w), PLAIN(w));
        printf("               %.*s\n", BYTES_ARG(summary));
        show_evidence(w, s, incident);
        fflush(stdout);
}

void demo_show_end(const DemoShow *w, const DemoStream *s, uint64_t sent, uint64_t extra, uint64_t dead, double seconds) {
        uint32_t found = 0;
        for (uint32_t i = 1; i <= s->n_attacks; i++)
                found += s->attack[i].delay_us >= 0;
        if (w->json) {
                for (uint32_t i = 1; i <= s->n_attacks; i++) {
                        const DemoAttack *a = &s->attack[i];
                        printf("{\"type\":\"attack\",\"attack\":%u,\"class\":\"%.*s\",\"loop\":\"%.*s\",\"what\":\"%.*s\","
                               "\"found\":%s,"
                               "\"delay_ms\":%lld}\n",
                               i, BYTES_ARG(a->class), BYTES_ARG(a->loop), BYTES_ARG(a->what),
                               a->delay_us >= 0 ? "true" : "false", (long long)(a->delay_us < 0 ? -1 : a->delay_us / 1000));
                }
                printf("{\"type\":\"end\",\"messages\":%llu,\"hidden\":%u,\"found\":%u,\"unexplained\":%llu,\"dead_letters\":%"
                       "llu,"
                       "\"seconds\":%.1f}\n",
                       (unsigned long long)sent, s->n_attacks, found, (unsigned long long)extra, (unsigned long long)dead,
                       seconds);
                return;
        }
        int what = w->live && w->width < TABLE_COLUMNS + WHAT_COLUMNS ? w->width - TABLE_COLUMNS : WHAT_COLUMNS;
        what = what < 24 ? 24 : what; /* less says nothing: let it wrap */
        wipe(w);
        printf("\n%s%-3s %-5s %-12s %-*s %s%s\n", BOLD(w), "#", "class", "loop", what, "hidden", "found", PLAIN(w));
        for (uint32_t i = 1; i <= s->n_attacks; i++) {
                const DemoAttack *a = &s->attack[i];
                printf("%-3u %-5.*s %-12.*s %-*.*s ", i, BYTES_ARG(a->class), BYTES_ARG(a->loop), what,
                       a->what.len < (size_t)what ? (int)a->what.len : what, (const char *)a->what.ptr);
                if (a->delay_us >= 0)
                        printf("%safter %.1f s%s\n", GREEN(w), (double)a->delay_us / 1e6, PLAIN(w));
                else
                        printf("%smissed%s\n", RED(w), PLAIN(w));
        }
        bool good = found == s->n_attacks && extra == 0 && dead == 0;
        printf("\n%s%u of %u attacks found, %llu incident%s that nothing explains, %llu dead letter%s%s; %llu messages in %.1f "
               "s.\n",
               good ? GREEN(w) : RED(w), found, s->n_attacks, (unsigned long long)extra, plural(extra), (unsigned long long)dead,
               plural(dead), PLAIN(w), (unsigned long long)sent, seconds);
}
