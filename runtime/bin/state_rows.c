/* `tocsin state ls`: partitions in rows, for people and for programs. */
#include "bin/state.h"

#include "bin/incident_print.h"
#include "bin/tame.h"
#include "core/cleanup.h"
#include "state/timers.h"
#include "value/value.h"

#include <tocsin/plugin.h>

#define ROWS_BYTES ((size_t)1 << 30) /* hosts' records of every partition there may be */

int state_rows_init(StateRows *r, int32_t partitions) {
        *r = (StateRows){ .n = partitions };
        r->at = calloc((size_t)partitions, sizeof *r->at);
        r->arena = arena_new(ROWS_BYTES);
        for (int32_t i = 0; r->at && i < partitions; i++)
                r->at[i].next_event_us = r->at[i].next_wall_us = INT64_MAX;
        if (r->at && r->arena)
                return 0;
        state_rows_deinit(r);
        return -ENOMEM;
}

void state_rows_deinit(StateRows *r) {
        free(r->at);
        arena_free(r->arena);
        *r = (StateRows){ 0 };
}

static void due(StateRow *row, Bytes value) {
        int64_t at = INT64_MAX;
        unsigned clock = TOCSIN_CLOCK_EVENT;
        (void)timers_read(value, &at, &clock); /* whoever hands entries out has looked */
        int64_t *next = clock == TOCSIN_CLOCK_EVENT ? &row->next_event_us : &row->next_wall_us;
        *next = at < *next ? at : *next;
}

int state_rows_add(void *arg, const StateEntry *e) {
        StateRows *r = arg;
        StateRow *row = &r->at[e->partition];
        row->bytes += e->key.len + e->value.len;
        if (e->space == SPACE_USER)
                row->entries++;
        if (e->space == SPACE_TIMER) {
                row->timers++;
                due(row, e->value);
        }
        if (e->space != SPACE_META)
                return 0;
        Bytes own = arena_dup(r->arena, e->value);
        REQUIRE(own.ptr, -ENOMEM);
        row->known = true;
        return state_meta_read(&row->meta, own, r->arena, NULL);
}

/* ---- for people ---------------------------------------------------------------------------------------- */

static void time_cell(Buffer *out, int64_t us) {
        size_t from = out->len;
        if (us == INT64_MIN || us == INT64_MAX)
                buffer_u8(out, '-');
        else
                incident_time(out, us);
        buffer_printf(out, "%*s", out->len - from < 26 ? (int)(26 - (out->len - from)) : 1, "");
}

static void text_row(Buffer *out, const char *pipeline, int32_t p, const StateRow *row, const BusOffsets *o, size_t n,
                     int32_t n_p) {
        char name[320], version[16] = "-";
        snprintf(name, sizeof name, "%s/%d", pipeline, (int)p);
        if (row->known)
                snprintf(version, sizeof version, "%u", row->meta.version);
        buffer_printf(out, "%-20s %10llu %12llu %8llu %8s  ", name, (unsigned long long)row->entries,
                      (unsigned long long)row->bytes, (unsigned long long)row->timers, version);
        time_cell(out, row->known ? row->meta.mark_us : INT64_MIN);
        time_cell(out, row->known ? row->meta.wall_us : INT64_MIN);
        while (out->len && out->ptr[out->len - 1] == ' ')
                out->len--;
        buffer_u8(out, '\n');
        for (size_t i = (size_t)p; i < n; i += (size_t)n_p) {
                buffer_put_z(out, "  input  ");
                tame(out, bytes_z(o[i].topic), 0);
                if (o[i].committed < 0)
                        buffer_put_z(out, "  nothing committed");
                else
                        buffer_printf(out, "  committed %lld", (long long)o[i].committed);
                if (o[i].end >= 0)
                        buffer_printf(out, "  end %lld  lag %lld", (long long)o[i].end,
                                      (long long)(o[i].end - (o[i].committed < o[i].first ? o[i].first : o[i].committed)));
                buffer_u8(out, '\n');
        }
        for (size_t i = 0; row->known && i < row->meta.n_tables; i++) {
                const StateTableAt *t = &row->meta.tables[i];
                buffer_put_z(out, "  table  ");
                tame(out, t->topic, 0);
                buffer_printf(out, "/%d  offset %lld\n", (int)t->partition, (long long)t->next);
        }
}

/* ---- for programs -------------------------------------------------------------------------------------- */

static void number(Buffer *out, const char *name, int64_t v, int64_t none) {
        buffer_printf(out, ",\"%s\":", name);
        if (v == none)
                buffer_put_z(out, "null");
        else
                buffer_printf(out, "%lld", (long long)v);
}

static void json_inputs(Buffer *out, int32_t p, const BusOffsets *o, size_t n, int32_t n_p) {
        buffer_put_z(out, ",\"inputs\":[");
        for (size_t i = (size_t)p; i < n; i += (size_t)n_p) {
                buffer_put_z(out, i > (size_t)p ? ",{\"topic\":" : "{\"topic\":");
                value_print_string(out, bytes_z(o[i].topic));
                number(out, "committed", o[i].committed, -1);
                if (o[i].end >= 0) {
                        number(out, "end", o[i].end, -1);
                        number(out, "lag", o[i].end - (o[i].committed < o[i].first ? o[i].first : o[i].committed), INT64_MIN);
                }
                buffer_u8(out, '}');
        }
        buffer_u8(out, ']');
}

static void json_meta(Buffer *out, const StateRow *row) {
        const StateMeta *m = &row->meta;
        number(out, "state_version", row->known ? (int64_t)m->version : -1, -1);
        number(out, "watermark_us", row->known ? m->mark_us : INT64_MIN, INT64_MIN);
        number(out, "wall_us", row->known ? m->wall_us : INT64_MIN, INT64_MIN);
        buffer_put_z(out, ",\"ports\":[");
        for (size_t i = 0; i < m->n_ports; i++) {
                buffer_put_z(out, i ? ",{\"port\":" : "{\"port\":");
                value_print_string(out, m->ports[i].name);
                number(out, "seen_us", m->ports[i].seen_us, INT64_MIN);
                number(out, "active_us", m->ports[i].active_us, INT64_MIN);
                buffer_u8(out, '}');
        }
        buffer_put_z(out, "],\"tables\":[");
        for (size_t i = 0; i < m->n_tables; i++) {
                buffer_put_z(out, i ? ",{\"topic\":" : "{\"topic\":");
                value_print_string(out, m->tables[i].topic);
                buffer_printf(out, ",\"partition\":%d,\"offset\":%lld}", (int)m->tables[i].partition,
                              (long long)m->tables[i].next);
        }
        buffer_u8(out, ']');
}

static void json_row(Buffer *out, const char *pipeline, int32_t p, const StateRow *row, const BusOffsets *o, size_t n,
                     int32_t n_p) {
        buffer_put_z(out, "{\"pipeline\":");
        value_print_string(out, bytes_z(pipeline));
        buffer_printf(out, ",\"partition\":%d,\"entries\":%llu,\"bytes\":%llu,\"timers\":%llu", (int)p,
                      (unsigned long long)row->entries, (unsigned long long)row->bytes, (unsigned long long)row->timers);
        number(out, "next_event_timer_us", row->next_event_us, INT64_MAX);
        number(out, "next_wall_timer_us", row->next_wall_us, INT64_MAX);
        json_meta(out, row);
        json_inputs(out, p, o, n, n_p);
        buffer_put_z(out, "}\n");
}

void state_rows_print(Buffer *out, const char *pipeline, const StateRows *r, const BusOffsets *offsets, size_t n, bool json) {
        if (!json)
                buffer_printf(out, "%-20s %10s %12s %8s %8s  %-25s %s\n", "PARTITION", "ENTRIES", "BYTES", "TIMERS", "VERSION",
                              "WATERMARK", "WALL");
        for (int32_t p = 0; p < r->n; p++)
                (json ? json_row : text_row)(out, pipeline, p, &r->at[p], offsets, n, r->n);
}
