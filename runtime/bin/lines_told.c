/* What is said of lines that cannot be read. */
#include "bin/lines_told.h"

#include "bin/shape.h"
#include "core/cleanup.h"
#include "core/hash.h"

#include <stdlib.h>
#include <tocsin/value.h>

/* ---- kinds ---------------------------------------------------------------------------------------------- */

static uint64_t kind_of(const char *text) {
        uint8_t kept[WHY_MAX];
        size_t n = 0;
        char quote = 0;
        for (const char *p = text; *p && n < sizeof kept; p++) {
                if (quote)
                        quote = *p == quote ? 0 : quote;
                else if (*p == '`' || *p == '\'')
                        quote = *p;
                else if (*p < '0' || *p > '9')
                        kept[n++] = (uint8_t)*p;
        }
        return hash_bytes(bytes_of(kept, n));
}

void told_line(Told *t, const char *file, uint64_t line, unsigned column, const char *text) {
        uint64_t hash = kind_of(text);
        size_t i = 0;
        while (i < t->n && t->kind[i].hash != hash)
                i++;
        if (i == t->n && t->n < TOLD_KINDS)
                t->n++;
        struct ToldKind *k = &t->kind[i];
        if (k->times == 0) {
                k->hash = hash;
                snprintf(k->text, sizeof k->text, "%s", text);
        }
        if (k->times++ >= TOLD_EACH)
                return;
        if (line)
                fprintf(stderr, "%s:%llu:%u: %s\n", file, (unsigned long long)line, column, text);
        else
                fprintf(stderr, "%s: %s\n", file, text);
}

void told_end(const Told *t, const char *file) {
        for (size_t i = 0; i <= TOLD_KINDS; i++)
                if (t->kind[i].times > TOLD_EACH)
                        fprintf(stderr, "%s: and %llu more%s%s\n", file, (unsigned long long)(t->kind[i].times - TOLD_EACH),
                                i < TOLD_KINDS ? " as this: " : " of other kinds", i < TOLD_KINDS ? t->kind[i].text : "");
}

/* ---- misfits -------------------------------------------------------------------------------------------- */

void told_member(Why *why, const char *pointer, bool key, const char *text) {
        const char *last = strrchr(pointer, '/');
        bool named = last && last[1] && !key;
        why_say(why, 0, "%s%.100s%s%s", named ? "`" : "", named ? last + 1 : "", named ? "` " : "", text);
}

typedef struct Better {
        const Envelope *e;
        unsigned *column;
        Why *why;
        size_t n;
} Better;

static void on_shape(void *arg, const char *pointer, bool key, const char *text) {
        Better *b = arg;
        if (b->n++)
                return;
        told_member(b->why, pointer, key, text);
        *b->column = b->e->column + (unsigned)envelope_place(b->e->raw, pointer, key);
}

static bool has_field(const tocsin_value *record, const char *name) {
        const tocsin_value *fields = tocsin_find(record, "fields");
        for (uint32_t i = 0; fields && i < fields->len; i++)
                if (bytes_eq_z(tocsin_get_bytes(&fields->u.items[i], "name"), name))
                        return true;
        return false;
}

/* An object that would be a wrapper but for the name of a member. */
static bool nearly_wraps(const tocsin_value *v) {
        return v->kind == TOCSIN_MAP && tocsin_find(v, "value") &&
               (tocsin_find(v, "port") || tocsin_find(v, "time_us") || tocsin_find(v, "key") || v->len == 2);
}

void told_misfit(const Schema *schema, const Envelope *e, unsigned *column, Why *why) {
        Better b = { .e = e, .column = column, .why = why };
        const tocsin_value *root = schema_json(schema);
        bool record = bytes_eq_z(tocsin_get_bytes(root, "type"), "record");
        if (record && !e->wrapped && nearly_wraps(&e->value) && !has_field(root, "value")) {
                why_say(why, 0, "no %s, and no wrapper either: beside \"value\" only \"port\", \"key\" and \"time_us\" may stand",
                        schema_name(schema));
                return;
        }
        if (record && e->value.kind == TOCSIN_LIST) {
                why_say(why, 0, "a list is no %s: one value a line, as `jq -c '.[]'` makes them", schema_name(schema));
                return;
        }
        if (!e->raw.ptr || (record && e->value.kind != TOCSIN_MAP) || shape_check(schema, &e->value, on_shape, &b) != 0)
                return;
        if (b.n > 1) {
                char more[48];
                size_t n = strlen(why->text);
                int len = snprintf(more, sizeof more, " (and %zu more in this line)", b.n - 1);
                if (len > 0 && n + (size_t)len < sizeof why->text)
                        memcpy(why->text + n, more, (size_t)len + 1);
        }
}
