/* A reader's schema out of a writer's: the changes people make, and some that do not resolve. */
#include "avro_random.h"

#include <stdlib.h>
#include <string.h>

static AvroType *change(AvroRandom *a, AvroType *w, unsigned depth, unsigned *changes);
static AvroType *change_bare(AvroRandom *a, AvroType *w, unsigned depth, unsigned *changes);

static AvroType *blank(AvroRandom *a, AvroKind kind) {
        AvroType *t = arena_zalloc(a->arena, sizeof *t);
        if (!t)
                abort();
        t->kind = kind;
        t->type_alias = t->enum_default = -1;
        for (int i = 0; i < AVRO_PARTS; i++)
                t->alias[i] = -1;
        return t;
}

/* A type with a default in JSON, of the kinds a field is added with. */
static AvroType *with_default(AvroRandom *a, const char **ret) {
        static const struct {
                AvroKind kind;
                const char *text;
        } some[] = {
                { AVRO_NULL_, "null" },       { AVRO_BOOLEAN_, "true" },       { AVRO_INT_, "-7" },
                { AVRO_LONG_, "4294967296" }, { AVRO_FLOAT_, "0.1" },          { AVRO_DOUBLE_, "2.5" },
                { AVRO_BYTES_, "\"raw\"" },   { AVRO_STRING_, "\"te\\nxt\"" }, { AVRO_ARRAY_, "[1, 2]" },
                { AVRO_MAP_, "{\"a\": 3}" },  { AVRO_UNION_, "null" },         { AVRO_UNION_, "\"first\"" },
        };
        unsigned i = random_below(&a->random, sizeof some / sizeof *some);
        AvroType *t = blank(a, some[i].kind);
        *ret = some[i].text;
        if (t->kind == AVRO_ARRAY_ || t->kind == AVRO_MAP_)
                t->part[0] = blank(a, AVRO_INT_);
        if (t->kind == AVRO_UNION_) {
                bool null = some[i].text[0] == 'n';
                t->n = 2;
                t->part[0] = blank(a, null ? AVRO_NULL_ : AVRO_STRING_);
                t->part[1] = blank(a, null ? AVRO_LONG_ : AVRO_NULL_);
        }
        return t;
}

static void swap_fields(AvroType *t, unsigned i, unsigned j) {
        AvroType old = *t;
        t->part[i] = old.part[j], t->part[j] = old.part[i];
        t->name[i] = old.name[j], t->name[j] = old.name[i];
        t->alias[i] = old.alias[j], t->alias[j] = old.alias[i];
        t->otherwise[i] = old.otherwise[j], t->otherwise[j] = old.otherwise[i];
}

static void drop(AvroType *t, unsigned i) {
        for (; i + 1 < t->n; i++)
                swap_fields(t, i, i + 1);
        t->n--;
}

static void change_fields(AvroRandom *a, AvroType *r, unsigned *changes) {
        Random *x = &a->random;
        if (r->n && random_chance(x, 20)) {
                drop(r, random_below(x, r->n));
                *changes |= CHANGE_FIELDS;
        }
        for (unsigned i = 0; i < r->n; i++)
                if (random_chance(x, 6)) {
                        r->alias[i] = (int)r->name[i];
                        r->name[i] += 50;
                        *changes |= CHANGE_ALIAS;
                }
        if (r->n < AVRO_PARTS && random_chance(x, 30)) {
                unsigned i = r->n++;
                r->name[i] = 20;
                r->alias[i] = -1;
                r->part[i] = with_default(a, &r->otherwise[i]);
                if (random_chance(x, 5))
                        r->otherwise[i] = NULL;
                *changes |= CHANGE_FIELDS;
        }
        if (r->n > 1 && random_chance(x, 30)) {
                swap_fields(r, random_below(x, r->n), random_below(x, r->n));
                *changes |= CHANGE_FIELDS;
        }
}

static void change_symbols(AvroRandom *a, AvroType *r, unsigned *changes) {
        Random *x = &a->random;
        if (r->n > 1 && random_chance(x, 25))
                drop(r, random_below(x, r->n));
        if (r->n < AVRO_PARTS && random_chance(x, 20)) {
                r->alias[r->n] = -1;
                r->name[r->n++] = 30;
        }
        if (r->n > 1 && random_chance(x, 20))
                swap_fields(r, 0, r->n - 1);
        if (random_chance(x, 15)) {
                r->enum_default = (int)r->name[random_below(x, r->n)];
                *changes |= CHANGE_ENUM_DEFAULT;
        }
}

/* Named types stay what they are, wherever they are used again. */
static AvroType *change_named(AvroRandom *a, AvroType *w, unsigned depth, unsigned *changes) {
        if (w->changed)
                return w->changed;
        AvroType *r = arena_alloc(a->arena, sizeof *r);
        if (!r)
                abort();
        *r = *w;
        r->printed = 0;
        w->changed = r;
        for (unsigned i = 0; w->kind == AVRO_RECORD_ && i < w->n; i++)
                r->part[i] = change(a, w->part[i], depth + 1, changes);
        if (random_chance(&a->random, 4)) {
                r->type_alias = (int)r->number;
                r->number += 100;
                *changes |= CHANGE_ALIAS;
        }
        if (w->kind == AVRO_RECORD_)
                change_fields(a, r, changes);
        if (w->kind == AVRO_ENUM_)
                change_symbols(a, r, changes);
        if (w->kind == AVRO_FIXED_ && random_chance(&a->random, 3))
                r->n++;
        return r;
}

static AvroType *change_union(AvroRandom *a, AvroType *w, unsigned depth, unsigned *changes) {
        AvroType *r = blank(a, AVRO_UNION_);
        Random *x = &a->random;
        for (unsigned i = 0; i < w->n; i++) {
                /* A primitive that became another could meet its like: it stays. */
                const AvroType *b = w->part[i];
                r->part[r->n++] = b->kind >= AVRO_FIXED_ ? change_bare(a, w->part[i], depth + 1, changes) : blank(a, b->kind);
        }
        unsigned how = random_below(x, 10);
        if (how < 4)
                *changes |= CHANGE_UNION;
        for (unsigned i = 0; how == 0 && i < r->n; i++) /* its values may now be read as the other kind of text */
                if (r->part[i]->kind == AVRO_STRING_ || r->part[i]->kind == AVRO_BYTES_)
                        *changes |= CHANGE_TEXT;
        if (how == 0 && r->n > 1)
                drop(r, random_below(x, r->n));
        if (how == 1 && r->n > 1)
                swap_fields(r, 0, r->n - 1);
        if (how == 2 && r->n < AVRO_PARTS) {
                AvroKind more = random_below(x, AVRO_FIXED_);
                for (unsigned i = 0; i < r->n; i++)
                        if (r->part[i]->kind == more)
                                return r;
                r->part[r->n++] = blank(a, more);
                if (random_chance(x, 50))
                        swap_fields(r, 0, r->n - 1);
        }
        if (how != 3)
                return r;
        *changes |= CHANGE_UNMADE;
        return r->part[random_below(x, r->n)];
}

static AvroType *change_primitive(AvroRandom *a, AvroType *w, unsigned *changes) {
        Random *x = &a->random;
        if (random_chance(x, 1)) {
                *changes |= CHANGE_TEXT;
                return blank(a, random_below(x, AVRO_FIXED_));
        }
        if (!random_chance(x, 25))
                return blank(a, w->kind);
        if (w->kind == AVRO_STRING_ || w->kind == AVRO_BYTES_) {
                if (random_chance(x, 60))
                        return blank(a, w->kind);
                *changes |= CHANGE_TEXT;
                return blank(a, w->kind == AVRO_STRING_ ? AVRO_BYTES_ : AVRO_STRING_);
        }
        if (w->kind >= AVRO_INT_ && w->kind < AVRO_DOUBLE_) {
                *changes |= CHANGE_PROMOTION;
                return blank(a, w->kind + 1 + random_below(x, AVRO_DOUBLE_ - w->kind));
        }
        return blank(a, w->kind);
}

/* Everything but unions, and never into one. */
static AvroType *change_bare(AvroRandom *a, AvroType *w, unsigned depth, unsigned *changes) {
        if (w->kind < AVRO_FIXED_)
                return change_primitive(a, w, changes);
        if (w->kind <= AVRO_RECORD_)
                return change_named(a, w, depth, changes);
        AvroType *r = blank(a, w->kind);
        r->part[0] = change(a, w->part[0], depth + 1, changes);
        if (r->part[0]->kind != w->part[0]->kind)
                *changes |= CHANGE_ITEMS;
        return r;
}

static AvroType *change(AvroRandom *a, AvroType *w, unsigned depth, unsigned *changes) {
        if (w->kind == AVRO_UNION_)
                return change_union(a, w, depth, changes);
        AvroType *r = change_bare(a, w, depth, changes);
        if (depth && r->kind != AVRO_NULL_ && random_chance(&a->random, 4)) {
                AvroType *u = blank(a, AVRO_UNION_);
                u->n = 2;
                u->part[0] = blank(a, AVRO_NULL_);
                u->part[1] = r;
                *changes |= CHANGE_UNION;
                return u;
        }
        return r;
}

static bool numbers_in_union(AvroRandom *a, AvroType *t) {
        unsigned numbers = 0;
        if (t->printed == a->stamp) /* marks what has been seen, until the next print */
                return false;
        t->printed = a->stamp;
        for (unsigned i = 0; i < AVRO_PARTS && t->kind > AVRO_ENUM_ && t->part[i] && (t->kind >= AVRO_ARRAY_ || i < t->n); i++) {
                numbers +=
                        t->kind == AVRO_UNION_ && i < t->n && t->part[i]->kind >= AVRO_INT_ && t->part[i]->kind <= AVRO_DOUBLE_;
                if (numbers_in_union(a, t->part[i]))
                        return true;
        }
        return numbers > 1;
}

AvroType *avro_change(AvroRandom *a, AvroType *writer, unsigned *ret_changes) {
        *ret_changes = 0;
        AvroType *r = change(a, writer, 0, ret_changes);
        a->stamp++;
        if (numbers_in_union(a, r))
                *ret_changes |= CHANGE_NUMBERS;
        return r;
}
