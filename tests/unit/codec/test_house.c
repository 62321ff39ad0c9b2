/* The schemas of the house: each loads, is documented to the last field, and carries values both ways. */
#include "avro_random.h"
#include "codec/node.h"
#include "support.h"
#include <stdlib.h>

static Schemas *house(void) {
        Schemas *r = schemas_new();
        Why why = { 0 };
        cr_assert(getenv("TOCSIN_SCHEMAS"), "TOCSIN_SCHEMAS must name the folder of schemas; meson does");
        cr_assert_eq(schemas_load(r, getenv("TOCSIN_SCHEMAS"), &why), 0, "%s", why.text);
        return r;
}

/* ---- every field has a doc --------------------------------------------------------------------------- */

static void lint(const tocsin_value *t, const char *name, unsigned *n);

static bool documented(const tocsin_value *t) {
        return tocsin_get_bytes(t, "doc").len >= 4;
}

static void lint_fields(const tocsin_value *fields, const char *name, unsigned *n) {
        for (uint32_t i = 0; tocsin_is(fields, TOCSIN_LIST) && i < fields->len; i++) {
                const tocsin_value *f = &fields->u.items[i];
                cr_expect(documented(f), "%s: field '%.*s' has no doc", name, BYTES_ARG(tocsin_get_bytes(f, "name")));
                lint(tocsin_find(f, "type"), name, n);
                ++*n;
        }
}

static void lint(const tocsin_value *t, const char *name, unsigned *n) {
        for (uint32_t i = 0; tocsin_is(t, TOCSIN_LIST) && i < t->len; i++)
                lint(&t->u.items[i], name, n);
        if (!tocsin_is(t, TOCSIN_MAP))
                return;
        if (tocsin_find(t, "name"))
                cr_expect(documented(t), "%s: type '%.*s' has no doc", name, BYTES_ARG(tocsin_get_bytes(t, "name")));
        lint_fields(tocsin_find(t, "fields"), name, n);
        lint(tocsin_find(t, "items"), name, n);
        lint(tocsin_find(t, "values"), name, n);
}

static void lint_schema(void *arg, const Schema *s) {
        lint(schema_json(s), schema_name(s), arg);
}

Test(house, every_field_of_every_schema_says_what_it_means) {
        _cleanup_(schemas_freep) Schemas *r = house();
        unsigned n = 0;
        schemas_each(r, lint_schema, &n);
        cr_assert_gt(n, 100);
}

/* ---- values go out and come back ------------------------------------------------------------------------- */

static void random_value(Random *x, const Node *t, Arena *a, tocsin_value *ret, unsigned depth) {
        static const char *const texts[] = { "", "x", "gnb-7/cell-1", "\xc3\xa4\xe2\x82\xac",
                                             "a \"quoted\"\n text of some length" };
        tocsin_value v = tocsin_null();
        unsigned n = depth > 6 ? 0 : random_below(x, 3);
        switch (t->type) {
        case NODE_BOOLEAN:
                v = tocsin_bool(random_chance(x, 50));
                break;
        case NODE_INT:
                v = tocsin_i64((int32_t)random_next(x));
                break;
        case NODE_LONG:
                v = tocsin_i64((int64_t)random_next(x));
                break;
        case NODE_FLOAT:
                v = tocsin_f64((double)(float)random_next(x));
                break;
        case NODE_DOUBLE:
                v = tocsin_f64((double)(int64_t)random_next(x) / 4096);
                break;
        case NODE_BYTES:
                v = tocsin_raw(bytes_of("\0\xff raw", random_below(x, 7)));
                break;
        case NODE_STRING:
                v = tocsin_str(texts[random_below(x, 5)]);
                break;
        case NODE_FIXED:
                v = tocsin_raw(bytes_of(arena_zalloc(a, t->n), t->n));
                break;
        case NODE_ENUM: {
                unsigned i = random_below(x, t->n);
                v = tocsin_str_of(t->symbols[i]);
                v.kind = TOCSIN_ENUM;
                v.index = (uint16_t)i;
                break;
        }
        case NODE_UNION: {
                unsigned i = random_below(x, depth > 6 && t->branches[0]->type == NODE_NULL ? 1 : t->n);
                random_value(x, t->branches[i], a, &v, depth + 1);
                v.branch = (uint8_t)(i + 1);
                break;
        }
        case NODE_ARRAY: {
                tocsin_value *items = arena_alloc(a, n * sizeof *items);
                for (unsigned i = 0; i < n; i++)
                        random_value(x, t->items, a, &items[i], depth + 1);
                v = tocsin_list(items, n);
                break;
        }
        case NODE_MAP: {
                tocsin_field *fields = arena_alloc(a, n * sizeof *fields);
                for (unsigned i = 0; i < n; i++) {
                        fields[i] = tocsin_field_of(i ? "second" : "first", tocsin_none());
                        random_value(x, t->items, a, &fields[i].value, depth + 1);
                }
                v = tocsin_map(fields, n);
                break;
        }
        case NODE_RECORD: {
                tocsin_field *fields = arena_alloc(a, t->n * sizeof *fields);
                for (unsigned i = 0; i < t->n; i++) {
                        fields[i] = tocsin_field_n(t->fields[i].name.ptr, t->fields[i].name.len, tocsin_none());
                        random_value(x, t->fields[i].type, a, &fields[i].value, depth + 1);
                }
                v = tocsin_record(fields, t->n);
                break;
        }
        default:
                break;
        }
        *ret = v;
}

static Random random_state;

static void round_trip(void *arg, const Schema *s) {
        _cleanup_(plan_freep) Plan *p = plan_of(s, s);
        _cleanup_(arena_freep) Arena *a = arena_new(LIMIT_DECODE_BYTES);
        Buffer wire = BUFFER_NULL, text = BUFFER_NULL;
        Why why = { 0 };
        for (int i = 0; i < 200; i++) {
                tocsin_value v, back, json, natural;
                arena_reset(a);
                buffer_clear(&wire);
                buffer_clear(&text);
                random_value(&random_state, s->root, a, &v, 0);
                cr_assert_eq(codec_encode(s, &v, &wire, &why), 0, "%s", why.text);
                cr_assert_eq(plan_decode(p, buffer_bytes(&wire), a, &back), 0);
                cr_assert(value_equal(&v, &back), "%s", schema_name(s));
                value_print(&text, &v);
                cr_assert_eq(json_parse(a, buffer_bytes(&text), &json, NULL, &why), 0, "%s", why.text);
                cr_assert_eq(natural_read(s, &json, a, &natural, &why), 0, "%s: %.*s", why.text, BYTES_ARG(buffer_bytes(&text)));
                cr_assert(value_equal(&v, &natural), "%s: %.*s", schema_name(s), BYTES_ARG(buffer_bytes(&text)));
        }
        buffer_deinit(&wire);
        buffer_deinit(&text);
        ++*(unsigned *)arg;
}

Test(house, every_schema_carries_values_on_the_wire_and_as_text) {
        _cleanup_(schemas_freep) Schemas *r = house();
        unsigned n = 0;
        random_state = random_seeded(3);
        schemas_each(r, round_trip, &n);
        cr_assert_geq(n, 15);
}

/* What peers were measured with, and what a first producer may still write. */
Test(house, the_event_reads_its_first_form) {
        _cleanup_(schemas_freep) Schemas *r = house();
        const Schema *own = schemas_by_name(r, "tocsin.ClosedLoopEvent");
        _cleanup_(schema_freep) Schema *first =
                schema_of("{\"type\":\"record\",\"name\":\"ClosedLoopEvent\",\"namespace\":\"bench\",\"fields\":[{\"name\":"
                          "\"id\",\"type\":\"string\"},"
                          "{\"name\":\"loop\",\"type\":\"string\"},{\"name\":\"stage\",\"type\":{\"type\":\"enum\",\"name\":"
                          "\"Stage\",\"symbols\":[\"DECISION\"]}},"
                          "{\"name\":\"kind\",\"type\":{\"type\":\"enum\",\"name\":\"Kind\",\"symbols\":[\"STATE\",\"LATER\"]}},"
                          "{\"name\":\"producer\",\"type\":{\"type\":\"record\",\"name\":\"Producer\",\"fields\":[{\"name\":"
                          "\"name\",\"type\":\"string\"},"
                          "{\"name\":\"sequence\",\"type\":\"long\"}]}},{\"name\":\"event_time\",\"type\":\"long\"}]}");
        _cleanup_(plan_freep) Plan *p = plan_of(first, own);
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        tocsin_value v;
        cr_assert_eq(plan_decode(p, bytes_of_hex(a, "02 69 02 6c 00 02 02 70 0e 10"), a, &v), 0);
        prints(&v, "{\"id\":\"i\",\"loop\":\"l\",\"domain\":\"\",\"stage\":\"DECISION\",\"kind\":\"TELEMETRY\",\"producer\":{"
                   "\"name\":\"p\","
                   "\"incarnation\":null,\"sequence\":7},\"event_time\":8,\"correlation_id\":null,\"causes\":[],\"subject\":{"
                   "\"type\":\"\",\"id\":\"\"},"
                   "\"metrics\":{},\"attributes\":{},\"payload\":null,\"payload_type\":null,\"data_classes\":[]}");
}
