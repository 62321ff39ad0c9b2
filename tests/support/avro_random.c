/* Random schemas, their text, and values on the wire, written by hand after the specification. */
#include "avro_random.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#define DEPTH 4

uint64_t random_next(Random *r) {
        uint64_t x = r->state += UINT64_C(0x9e3779b97f4a7c15);
        x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
        return x ^ x >> 31;
}

Random random_seeded(uint64_t otherwise) {
        const char *text = getenv("TOCSIN_SEED");
        uint64_t seed = text ? strtoull(text, NULL, 0) : otherwise;
        fprintf(stderr, "# TOCSIN_SEED=%" PRIu64 "\n", seed);
        return (Random){ seed };
}

/* ---- types ------------------------------------------------------------------------------------------ */

static AvroType *type_new(AvroRandom *a, AvroKind kind) {
        AvroType *t = arena_zalloc(a->arena, sizeof *t);
        if (!t)
                abort();
        t->kind = kind;
        t->type_alias = t->enum_default = -1;
        for (int i = 0; i < AVRO_PARTS; i++)
                t->alias[i] = -1;
        a->n_types++;
        return t;
}

static AvroType *make(AvroRandom *a, unsigned depth, bool in_union);

/* A null first keeps a type that contains itself finite. */
static AvroType *make_union(AvroRandom *a, unsigned depth) {
        AvroType *u = type_new(a, AVRO_UNION_);
        unsigned n = 1 + random_below(&a->random, 4);
        for (unsigned tries = 0; u->n < n && tries < 20; tries++) {
                AvroType *b = u->n == 0 && random_chance(&a->random, 60) ? type_new(a, AVRO_NULL_) : make(a, depth + 1, true);
                bool there = false;
                for (unsigned i = 0; i < u->n; i++)
                        there |= u->part[i]->kind == b->kind &&
                                 (b->kind < AVRO_FIXED_ || b->kind > AVRO_RECORD_ || u->part[i] == b);
                if (!there)
                        u->part[u->n++] = b;
        }
        return u;
}

static void make_record(AvroRandom *a, AvroType *t, unsigned depth) {
        t->n = 1 + random_below(&a->random, 5); /* Avro-C cannot hold lists of records without fields, nor of fixed of 0 bytes */
        for (unsigned i = 0; i < t->n; i++) {
                t->name[i] = i;
                t->part[i] = make(a, depth + 1, false);
        }
}

static AvroType *itself(AvroRandom *a, AvroType *t) {
        AvroType *u = type_new(a, AVRO_UNION_);
        u->n = 2;
        u->part[0] = type_new(a, AVRO_NULL_);
        u->part[1] = t;
        return u;
}

static AvroType *make(AvroRandom *a, unsigned depth, bool in_union) {
        Random *r = &a->random;
        AvroKind kind = (AvroKind)random_below(r, depth >= DEPTH ? AVRO_RECORD_ : AVRO_UNION_ + 1);
        if (depth == 0 && random_chance(r, 60))
                kind = AVRO_RECORD_;
        if (kind == AVRO_UNION_ && in_union)
                kind = AVRO_STRING_;
        if (kind == AVRO_UNION_)
                return make_union(a, depth);
        bool named = kind >= AVRO_FIXED_ && kind <= AVRO_RECORD_;
        if (named && a->n_named && (a->n_named == 64 || random_chance(r, 20))) {
                AvroType *t = a->named[random_below(r, a->n_named)];
                bool open = t->kind == AVRO_RECORD_ && t->n == 99; /* still being made: it must not need itself */
                return !open ? t : in_union ? type_new(a, AVRO_STRING_) : itself(a, t);
        }
        AvroType *t = type_new(a, kind);
        if (named) {
                t->number = a->n_named;
                a->named[a->n_named++] = t;
        }
        switch (kind) {
        case AVRO_FIXED_:
                t->n = 1 + random_below(r, 20);
                break;
        case AVRO_ENUM_:
                t->n = 1 + random_below(r, AVRO_PARTS);
                for (unsigned i = 0; i < t->n; i++)
                        t->name[i] = i;
                break;
        case AVRO_RECORD_: {
                AvroType made = { 0 };
                t->n = 99;
                for (int i = 0; i < AVRO_PARTS; i++)
                        made.alias[i] = -1;
                made.kind = AVRO_RECORD_;
                made.number = t->number;
                made.type_alias = made.enum_default = -1;
                make_record(a, &made, depth);
                *t = made;
                break;
        }
        case AVRO_ARRAY_:
        case AVRO_MAP_:
                t->part[0] = make(a, depth + 1, false);
                break;
        default:
                break;
        }
        return t;
}

AvroType *avro_random_type(AvroRandom *a) {
        a->n_named = a->n_types = 0;
        return make(a, 0, false);
}

/* ---- text ------------------------------------------------------------------------------------------- */

static void print(AvroRandom *a, AvroType *t, Buffer *out);

static void print_fields(AvroRandom *a, AvroType *t, Buffer *out) {
        buffer_put_z(out, ",\"fields\":[");
        for (unsigned i = 0; i < t->n; i++) {
                buffer_printf(out, "%s{\"name\":\"f%u\",\"type\":", i ? "," : "", t->name[i]);
                print(a, t->part[i], out);
                if (t->otherwise[i])
                        buffer_printf(out, ",\"default\":%s", t->otherwise[i]);
                if (t->alias[i] >= 0)
                        buffer_printf(out, ",\"aliases\":[\"f%d\"]", t->alias[i]);
                buffer_u8(out, '}');
        }
        buffer_u8(out, ']');
}

static void print_named(AvroRandom *a, AvroType *t, Buffer *out) {
        static const char *const words[] = { "fixed", "enum", "record" };
        if (t->printed == a->stamp) {
                buffer_printf(out, "\"t.N%u\"", t->number);
                return;
        }
        t->printed = a->stamp;
        buffer_printf(out, "{\"type\":\"%s\",\"name\":\"N%u\",\"namespace\":\"t\"", words[t->kind - AVRO_FIXED_], t->number);
        if (t->type_alias >= 0)
                buffer_printf(out, ",\"aliases\":[\"N%d\"]", t->type_alias);
        if (t->kind == AVRO_FIXED_)
                buffer_printf(out, ",\"size\":%u", t->n);
        if (t->kind == AVRO_RECORD_)
                print_fields(a, t, out);
        if (t->kind == AVRO_ENUM_) {
                buffer_put_z(out, ",\"symbols\":[");
                for (unsigned i = 0; i < t->n; i++)
                        buffer_printf(out, "%s\"S%u\"", i ? "," : "", t->name[i]);
                buffer_u8(out, ']');
                if (t->enum_default >= 0)
                        buffer_printf(out, ",\"default\":\"S%d\"", t->enum_default);
        }
        buffer_u8(out, '}');
}

static void print(AvroRandom *a, AvroType *t, Buffer *out) {
        static const char *const words[] = { "null", "boolean", "int", "long", "float", "double", "bytes", "string" };
        if (t->kind < AVRO_FIXED_) {
                buffer_printf(out, "\"%s\"", words[t->kind]);
        } else if (t->kind <= AVRO_RECORD_) {
                print_named(a, t, out);
        } else if (t->kind == AVRO_UNION_) {
                buffer_u8(out, '[');
                for (unsigned i = 0; i < t->n; i++) {
                        if (i)
                                buffer_u8(out, ',');
                        print(a, t->part[i], out);
                }
                buffer_u8(out, ']');
        } else {
                buffer_put_z(out, t->kind == AVRO_ARRAY_ ? "{\"type\":\"array\",\"items\":" : "{\"type\":\"map\",\"values\":");
                print(a, t->part[0], out);
                buffer_u8(out, '}');
        }
}

void avro_print(AvroRandom *a, AvroType *t, Buffer *out) {
        a->stamp++;
        print(a, t, out);
}

/* ---- values ------------------------------------------------------------------------------------------ */

static void put_long(Buffer *out, int64_t v) {
        uint64_t n = (uint64_t)v << 1 ^ (uint64_t)(v >> 63);
        for (; n >= 0x80; n >>= 7)
                buffer_u8(out, (uint8_t)(n | 0x80));
        buffer_u8(out, (uint8_t)n);
}

static int64_t integer(Random *r, bool wide) {
        int64_t least = wide ? INT64_MIN : INT32_MIN, most = wide ? INT64_MAX : INT32_MAX;
        switch (random_below(r, 8)) {
        case 0:
                return least;
        case 1:
                return most;
        case 2:
        case 3:
                return (int64_t)random_below(r, 3) - 1;
        default: {
                int64_t v = (int64_t)random_next(r) >> random_below(r, 63);
                return wide ? v : (int32_t)v;
        }
        }
}

static double real(AvroRandom *a) {
        static const double odd[] = { 0.0, -0.0, 1.5, -2.25, 1e300, -1e-300, 5e-324 };
        Random *r = &a->random;
        if (!a->plain && random_chance(r, 10))
                return random_chance(r, 50) ? (double)NAN : random_chance(r, 50) ? (double)INFINITY : -(double)INFINITY;
        return random_chance(r, 50) ? odd[random_below(r, 7)] : (double)(int64_t)random_next(r) / 65536.0;
}

static void text(AvroRandom *a, Buffer *out) {
        static const char *const more[] = { "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x94\x94", "\x7f", "\"" };
        Buffer t = BUFFER_NULL;
        for (unsigned n = random_below(&a->random, random_chance(&a->random, 10) ? 80 : 12); n--;) {
                if (!a->plain && random_chance(&a->random, 10))
                        buffer_put_z(&t, more[random_below(&a->random, 5)]);
                else
                        buffer_u8(&t, (uint8_t)(' ' + random_below(&a->random, 90)));
        }
        put_long(out, (int64_t)t.len);
        buffer_put(out, t.ptr, t.len);
        buffer_deinit(&t);
}

static void raw(AvroRandom *a, size_t n, Buffer *out) {
        while (n--)
                buffer_u8(out, (uint8_t)(a->plain ? ' ' + random_below(&a->random, 90) : random_below(&a->random, 256)));
}

static void collection(AvroRandom *a, const AvroType *t, Buffer *out, unsigned depth) {
        unsigned blocks = random_below(&a->random, depth > DEPTH + 2 ? 1 : 3), key = 0;
        if (a->plain && depth <= DEPTH + 2)
                blocks = 1;
        for (; blocks; blocks--) {
                Buffer items = BUFFER_NULL;
                unsigned n = 1 + random_below(&a->random, 3);
                for (unsigned i = 0; i < n; i++) {
                        if (t->kind == AVRO_MAP_) {
                                char name[16];
                                int len = snprintf(name, sizeof name, "k%u", key++);
                                put_long(&items, len);
                                buffer_put(&items, name, (size_t)len);
                        }
                        avro_wire(a, t->part[0], &items, depth + 1);
                }
                bool sized = random_chance(&a->random, 30);
                put_long(out, sized ? -(int64_t)n : (int64_t)n);
                if (sized)
                        put_long(out, (int64_t)items.len);
                buffer_put(out, items.ptr, items.len);
                buffer_deinit(&items);
        }
        put_long(out, 0);
}

void avro_wire(AvroRandom *a, const AvroType *t, Buffer *out, unsigned depth) {
        Random *r = &a->random;
        double d;
        float f;
        switch (t->kind) {
        case AVRO_BOOLEAN_:
                buffer_u8(out, (uint8_t)random_below(r, 2));
                break;
        case AVRO_INT_:
        case AVRO_LONG_:
                put_long(out, integer(r, t->kind == AVRO_LONG_));
                break;
        case AVRO_FLOAT_:
                f = (float)(fabs(d = real(a)) > 1e38 && isfinite(d) ? 1.0 : d);
                buffer_put(out, &f, sizeof f);
                break;
        case AVRO_DOUBLE_:
                d = real(a);
                buffer_put(out, &d, sizeof d);
                break;
        case AVRO_BYTES_: {
                unsigned n = random_below(r, 12);
                put_long(out, n);
                raw(a, n, out);
                break;
        }
        case AVRO_STRING_:
                text(a, out);
                break;
        case AVRO_FIXED_:
                raw(a, t->n, out);
                break;
        case AVRO_ENUM_:
                put_long(out, random_below(r, t->n));
                break;
        case AVRO_RECORD_:
                for (unsigned i = 0; i < t->n; i++)
                        avro_wire(a, t->part[i], out, depth + 1);
                break;
        case AVRO_UNION_: {
                unsigned i = random_below(r, depth > DEPTH + 2 && t->part[0]->kind < AVRO_FIXED_ ? 1 : t->n);
                put_long(out, i);
                avro_wire(a, t->part[i], out, depth + 1);
                break;
        }
        case AVRO_ARRAY_:
        case AVRO_MAP_:
                collection(a, t, out, depth);
                break;
        default:
                break;
        }
}
