/* Dead letters for people and for programs. Pure. */
#include "bin/dlq.h"

#include "bin/incident_print.h"
#include "bin/tame.h"
#include "value/utf8.h"
#include "value/value.h"

#include <tocsin/value.h>

#define HEX_BYTES 1024u /* of one value on a terminal; --json has all of it */
#define COUNTS_MAX 256u /* reasons told one by one: an honest topic has a dozen words */

typedef struct Count {
        const char *reason;
        size_t n[3];
} Count;

static void text(Buffer *out, const char *z) {
        tame(out, bytes_z(z), 0);
}

/* ---- counts -------------------------------------------------------------------------------------------- */

static size_t count(const Letters *l, Count *at) {
        size_t n = 0;
        for (size_t i = 0; i < l->n; i++) {
                size_t k = 0;
                while (k < n && strcmp(at[k].reason, l->at[i].reason) != 0)
                        k++;
                if (k == n && n < COUNTS_MAX)
                        at[n++] = (Count){ .reason = k == COUNTS_MAX - 1 ? "…" : l->at[i].reason };
                at[k < COUNTS_MAX ? k : COUNTS_MAX - 1].n[l->at[i].state]++;
        }
        return n;
}

static int by_reason(const void *a, const void *b) {
        const Count *x = a, *y = b;
        if (x->n[0] != y->n[0])
                return x->n[0] < y->n[0] ? 1 : -1;
        return strcmp(x->reason, y->reason);
}

void letters_counts(Buffer *out, const char *pipeline, const Letters *l, bool json) {
        Count at[COUNTS_MAX] = { { 0 } };
        size_t n = count(l, at), all[3] = { 0 };
        qsort(at, n, sizeof *at, by_reason);
        for (size_t i = 0; i < l->n; i++)
                all[l->at[i].state]++;
        if (!json)
                buffer_printf(out, "%s: %zu open, %zu replayed, %zu dropped\n", pipeline, all[0], all[1], all[2]);
        for (size_t i = 0; i < n; i++) {
                if (json) {
                        buffer_put_z(out, "{\"pipeline\":");
                        value_print_string(out, bytes_z(pipeline));
                        buffer_put_z(out, ",\"reason\":");
                        value_print_string(out, bytes_z(at[i].reason));
                        buffer_printf(out, ",\"open\":%zu,\"replayed\":%zu,\"dropped\":%zu}\n", at[i].n[0], at[i].n[1],
                                      at[i].n[2]);
                } else {
                        buffer_put_z(out, "  ");
                        tame(out, bytes_z(at[i].reason), 14);
                        buffer_printf(out, " %zu open, %zu replayed, %zu dropped\n", at[i].n[0], at[i].n[1], at[i].n[2]);
                }
        }
}

/* ---- one in a line ------------------------------------------------------------------------------------- */

static void id_put(Buffer *out, const char *pipeline, LetterId id) {
        buffer_printf(out, "%s/%d/%lld", pipeline, (int)id.partition, (long long)id.offset);
}

static void state_put(Buffer *out, const Letter *l) {
        if (l->state == LETTER_OPEN)
                return;
        buffer_printf(out, "  [%s ", letter_state(l->state));
        incident_time(out, l->done_us);
        buffer_put_z(out, " by ");
        text(out, l->by);
        if (l->because) {
                buffer_put_z(out, ": ");
                text(out, l->because);
        }
        buffer_u8(out, ']');
}

void letter_line(Buffer *out, const char *pipeline, const Letter *l) {
        id_put(out, pipeline, l->id);
        buffer_put_z(out, "  ");
        incident_time(out, l->time_us);
        buffer_put_z(out, "  ");
        text(out, l->reason);
        if (l->port[0]) {
                buffer_put_z(out, "  ");
                text(out, l->port);
        }
        if (l->topic[0]) {
                buffer_put_z(out, "  ");
                text(out, l->topic);
                buffer_printf(out, "/%d/%lld", (int)l->partition, (long long)l->offset);
        }
        if (l->replays)
                buffer_printf(out, "  (came back %u×)", l->replays);
        buffer_put_z(out, "  ");
        text(out, l->text);
        state_put(out, l);
        buffer_u8(out, '\n');
}

static void field(Buffer *out, const char *name, const char *z) {
        buffer_printf(out, ",\"%s\":", name);
        value_print_string(out, bytes_z(z));
}

void letter_json(Buffer *out, const char *pipeline, const Letter *l) {
        buffer_put_z(out, "{\"pipeline\":");
        value_print_string(out, bytes_z(pipeline));
        buffer_put_z(out, ",\"letter\":\"");
        id_put(out, pipeline, l->id);
        buffer_printf(out, "\",\"state\":\"%s\"", letter_state(l->state));
        field(out, "reason", l->reason);
        field(out, "text", l->text);
        field(out, "port", l->port);
        field(out, "topic", l->topic);
        buffer_printf(out, ",\"partition\":%d,\"offset\":%lld,\"time\":%lld,\"attempts\":%u,\"replays\":%u", (int)l->partition,
                      (long long)l->offset, (long long)l->time_us, l->attempts, l->replays);
        if (l->from.partition >= 0) {
                buffer_put_z(out, ",\"from\":\"");
                id_put(out, pipeline, l->from);
                buffer_u8(out, '"');
        }
        if (l->state == LETTER_OPEN)
                return;
        field(out, "by", l->by);
        if (l->because)
                field(out, "because", l->because);
        buffer_printf(out, ",\"done_time\":%lld", (long long)l->done_us);
}

/* ---- one whole ----------------------------------------------------------------------------------------- */

static void hex(Buffer *out, Bytes b) {
        size_t n = b.len < HEX_BYTES ? b.len : HEX_BYTES;
        for (size_t i = 0; i < n; i += 16) {
                buffer_printf(out, "  %06zx ", i);
                for (size_t k = i; k < i + 16; k++)
                        if (k < n)
                                buffer_printf(out, " %02x", b.ptr[k]);
                        else
                                buffer_put_z(out, "   ");
                buffer_put_z(out, "  ");
                for (size_t k = i; k < i + 16 && k < n; k++)
                        buffer_u8(out, b.ptr[k] >= 0x20 && b.ptr[k] < 0x7f ? b.ptr[k] : '.');
                buffer_u8(out, '\n');
        }
        if (n < b.len)
                buffer_printf(out, "  … and %zu bytes more; --json has them all\n", b.len - n);
}

static void label(Buffer *out, const char *z) {
        buffer_printf(out, "%-10s ", z);
}

/* Text if it is text, else hexadecimal digits. */
static void bytes_put(Buffer *out, Bytes b) {
        if (!b.ptr || utf8_valid(b.ptr, b.len)) {
                buffer_u8(out, '"');
                tame(out, b, 0);
                buffer_u8(out, '"');
                return;
        }
        buffer_put_z(out, "0x");
        for (size_t i = 0; i < b.len && i < 64; i++)
                buffer_printf(out, "%02x", b.ptr[i]);
        if (b.len > 64)
                buffer_put_z(out, "…");
}

static void value_line(Buffer *out, const tocsin_value *v) {
        Buffer one = BUFFER_NULL;
        value_print(&one, v);
        buffer_put_z(out, "  ");
        tame(out, buffer_bytes(&one), 0);
        buffer_u8(out, '\n');
        buffer_deinit(&one);
}

static void string_row(Buffer *out, const char *name, const tocsin_value *v, const char *of) {
        label(out, name);
        tame(out, tocsin_get_bytes(v, of), 0);
        buffer_u8(out, '\n');
}

static void record_put(Buffer *out, const LetterShow *s) {
        const tocsin_value *v = s->v, *key = tocsin_find(v, "key"), *value = tocsin_find(v, "value"),
                           *h = tocsin_find(v, "headers");
        label(out, "plugin");
        tame(out, tocsin_get_bytes(v, "plugin"), 0);
        buffer_u8(out, ' ');
        tame(out, tocsin_get_bytes(v, "plugin_version"), 0);
        buffer_u8(out, '\n');
        label(out, "written");
        incident_time(out, tocsin_get_i64(v, "timestamp", 0));
        buffer_u8(out, '\n');
        label(out, "key");
        if (tocsin_is(key, TOCSIN_BYTES))
                bytes_put(out, tocsin_as_bytes(key));
        else
                buffer_put_z(out, "none");
        buffer_u8(out, '\n');
        for (uint32_t i = 0; tocsin_is(h, TOCSIN_MAP) && i < h->len; i++) {
                label(out, i ? "" : "headers");
                tame(out, bytes_of(h->u.fields[i].name, h->u.fields[i].name_len), 0);
                buffer_put_z(out, " = ");
                bytes_put(out, tocsin_as_bytes(&h->u.fields[i].value));
                buffer_u8(out, '\n');
        }
        label(out, "value");
        if (!tocsin_is(value, TOCSIN_BYTES)) {
                buffer_put_z(out, "none\n");
                return;
        }
        buffer_printf(out, "%u bytes%s", value->len, s->decoded ? "\n" : ", as they lie: ");
        if (s->decoded) {
                value_line(out, s->decoded);
        } else {
                text(out, s->undecoded ? s->undecoded : "");
                buffer_u8(out, '\n');
                hex(out, tocsin_as_bytes(value));
        }
}

static void whole_text(Buffer *out, const LetterShow *s) {
        const Letter *l = s->letter;
        label(out, "letter");
        id_put(out, s->pipeline, l->id);
        buffer_printf(out, "  %s", letter_state(l->state));
        state_put(out, l);
        buffer_u8(out, '\n');
        label(out, "reason");
        text(out, l->reason);
        buffer_u8(out, '\n');
        if (!s->v) {
                label(out, "text");
                text(out, l->text);
                buffer_u8(out, '\n');
                label(out, "bytes");
                buffer_printf(out, "%zu\n", s->raw.len);
                hex(out, s->raw);
                return;
        }
        string_row(out, "text", s->v, "text");
        label(out, "record");
        text(out, l->topic);
        buffer_printf(out, "/%d/%lld  port ", (int)l->partition, (long long)l->offset);
        text(out, l->port[0] ? l->port : "(none)");
        buffer_u8(out, '\n');
        label(out, "given up");
        incident_time(out, l->time_us);
        buffer_printf(out, "  after %u %s", l->attempts, l->attempts == 1 ? "try" : "tries");
        if (l->replays) {
                buffer_printf(out, "; came back for the %u. time, replayed from ", l->replays);
                id_put(out, s->pipeline, l->from);
        }
        buffer_u8(out, '\n');
        record_put(out, s);
}

void letter_whole(Buffer *out, const LetterShow *s, bool json) {
        if (!json) {
                whole_text(out, s);
                return;
        }
        letter_json(out, s->pipeline, s->letter);
        if (s->v) {
                buffer_put_z(out, ",\"whole\":");
                value_print(out, s->v);
        } else {
                const tocsin_value raw = tocsin_raw(s->raw);
                buffer_put_z(out, ",\"bytes\":");
                value_print(out, &raw);
        }
        if (s->decoded) {
                buffer_put_z(out, ",\"decoded\":");
                value_print(out, s->decoded);
        } else if (s->undecoded) {
                buffer_put_z(out, ",\"undecoded\":");
                value_print_string(out, bytes_z(s->undecoded));
        }
        buffer_put_z(out, "}\n");
}
