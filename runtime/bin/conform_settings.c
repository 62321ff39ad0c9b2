/* A value for each property: at its bounds, by chance, and wrong. */
#include "bin/conform_settings.h"

#include "bin/conform_calls.h"
#include "bin/conform_play.h"
#include "bin/conform_random.h"
#include "value/value.h"
#include "json/json.h"

#define ROUNDS 200u /* of settings by chance */

static void no_complaint(void *arg, const char *pointer, bool key, const char *text) {
        (void)arg;
        (void)pointer;
        (void)key;
        (void)text;
}

/* 0: *ret | RULE_E_NONE: the schema refuses them | -ENOMEM */
static int checked(Bytes schema, const tocsin_value *made, Arena *a, tocsin_value *ret) {
        int r = settings_check(schema, made, a, ret, no_complaint, NULL);
        return r > 0 ? RULE_E_NONE : r;
}

static tocsin_value by_schema(Random *r, const tocsin_value *schema, Arena *a, unsigned depth);

static tocsin_value number_by(Random *r, const tocsin_value *schema, bool whole) {
        double least = tocsin_get_f64(schema, "minimum", -1000), most = tocsin_get_f64(schema, "maximum", least + 1e6);
        uint64_t pick = random_below(r, 4);
        double v = pick == 0 ? least : pick == 1 ? most : least + (most - least) * ((double)random_below(r, 1000) / 1000);
        return whole ? tocsin_i64(v >= 9.2e18 ? INT64_MAX : v <= -9.2e18 ? INT64_MIN : (int64_t)v) : tocsin_f64(v);
}

static tocsin_value list_by(Random *r, const tocsin_value *schema, Arena *a, unsigned depth) {
        int64_t least = tocsin_get_i64(schema, "minItems", 0), most = tocsin_get_i64(schema, "maxItems", least + 3);
        uint32_t n = (uint32_t)least + (uint32_t)random_below(r, (uint64_t)(most > 8 ? 8 : most) - (uint64_t)least + 1);
        tocsin_value *items = arena_zalloc(a, ((size_t)n + 1) * sizeof *items);
        const tocsin_value *each = tocsin_find(schema, "items");
        for (uint32_t i = 0; items && i < n; i++)
                items[i] = by_schema(r, each, a, depth + 1);
        return tocsin_list(items, items ? n : 0);
}

static tocsin_value object_by(Random *r, const tocsin_value *schema, Arena *a, unsigned depth) {
        const tocsin_value *properties = tocsin_find(schema, "properties"), *required = tocsin_find(schema, "required");
        uint32_t n = properties ? properties->len : 0, used = 0;
        tocsin_field *fields = arena_zalloc(a, ((size_t)n + 1) * sizeof *fields);
        for (uint32_t i = 0; fields && i < n; i++) {
                const tocsin_field *p = &properties->u.fields[i];
                bool must = false;
                for (uint32_t k = 0; required && k < required->len; k++)
                        must |= tocsin_equal(tocsin_as_bytes(&required->u.items[k]), tocsin_bytes_of(p->name, p->name_len));
                if (must || random_chance(r, 60))
                        fields[used++] = tocsin_field_n(p->name, p->name_len, by_schema(r, &p->value, a, depth + 1));
        }
        return tocsin_map(fields, used);
}

static tocsin_value by_schema(Random *r, const tocsin_value *schema, Arena *a, unsigned depth) {
        const tocsin_value *words = tocsin_find(schema, "enum"), *type = tocsin_find(schema, "type");
        Bytes word =
                tocsin_as_bytes(tocsin_is(type, TOCSIN_LIST) && type->len ? &type->u.items[random_below(r, type->len)] : type);
        if (depth > 8)
                return tocsin_null();
        if (words && words->len)
                return words->u.items[random_below(r, words->len)];
        if (bytes_eq_z(word, "integer") || bytes_eq_z(word, "number"))
                return number_by(r, schema, word.ptr[0] == 'i');
        if (bytes_eq_z(word, "boolean"))
                return tocsin_bool(random_chance(r, 50));
        if (bytes_eq_z(word, "string"))
                return random_text(r, a);
        if (bytes_eq_z(word, "array"))
                return list_by(r, schema, a, depth);
        if (bytes_eq_z(word, "object") || tocsin_find(schema, "properties"))
                return object_by(r, schema, a, depth);
        return tocsin_null();
}

/* Settings by chance that fit: the instance lives or is refused with a reason, and nothing is left either way. */
static int prove_fitting(Kit *k, Bytes text, const tocsin_value *schema, Why *why) {
        Random r = { .state = k->conf->seed ^ UINT64_C(0x73657474) };
        uint64_t blocks = calls_count().blocks;
        for (unsigned i = 0; i < ROUNDS; i++) {
                Arena *a = arena_new(LIMIT_DECODE_BYTES);
                tocsin_value made = object_by(&r, schema, a, 0), full;
                Born born = { 0 };
                Why said = { 0 };
                int answer = checked(text, &made, a, &full);
                if (answer == 0) {
                        answer = play_create(k, &full, &born, &said);
                        if (answer == 0)
                                play_destroy(k, &born);
                        if (answer == RULE_E_BROKEN) {
                                Buffer shown = BUFFER_NULL;
                                value_print(&shown, &full);
                                BROKEN(why, "with settings %.*s: %s", (int)(shown.len < 200 ? shown.len : 200), (char *)shown.ptr,
                                       said.text);
                                buffer_deinit(&shown);
                        }
                        if (answer == RULE_E_NONE && calls_count().blocks > blocks)
                                answer = BROKEN(why, "create() refuses (%s) and leaves %llu blocks behind", said.text,
                                                (unsigned long long)(calls_count().blocks - blocks));
                }
                arena_free(a);
                if (answer == RULE_E_BROKEN || answer < 0)
                        return answer;
        }
        return 0;
}

/* One property set to `wrong`, the others as they are by default: the schema or create() must refuse. */
static int refused(Kit *k, Bytes text, Bytes name, tocsin_value wrong, const char *what, Why *why) {
        Arena *a = arena_new(LIMIT_DECODE_BYTES);
        uint32_t n = k->settings.len, used = 0;
        tocsin_field *fields = a ? arena_zalloc(a, ((size_t)n + 1) * sizeof *fields) : NULL;
        if (!fields) {
                arena_free(a);
                return -ENOMEM;
        }
        for (uint32_t i = 0; i < n; i++)
                if (!bytes_eq(name, bytes_of(k->settings.u.fields[i].name, k->settings.u.fields[i].name_len)))
                        fields[used++] = k->settings.u.fields[i];
        fields[used++] = tocsin_field_n(name.ptr, name.len, wrong);
        tocsin_value made = tocsin_map(fields, used), full;
        Born born = { 0 };
        int answer = checked(text, &made, a, &full);
        if (answer == 0) {
                answer = play_create(k, &full, &born, why);
                if (answer == 0) {
                        play_destroy(k, &born);
                        answer = BROKEN(why, "setting '%.*s' %s is accepted without a word", BYTES_ARG(name), what);
                }
        }
        arena_free(a);
        return answer == RULE_E_BROKEN || answer < 0 ? answer : 0;
}

static int prove_wrong(Kit *k, Bytes text, const tocsin_value *schema, Why *why) {
        const tocsin_value *properties = tocsin_find(schema, "properties");
        tocsin_value nonsense = tocsin_list(&(const tocsin_value){ .kind = TOCSIN_NULL }, 1);
        GUARD(refused(k, text, bytes_z("no_such_setting"), tocsin_i64(1), "(unknown; say \"additionalProperties\": false)", why));
        for (uint32_t i = 0; properties && i < properties->len; i++) {
                const tocsin_field *p = &properties->u.fields[i];
                Bytes name = bytes_of(p->name, p->name_len);
                GUARD(refused(k, text, name, nonsense, "as a list that holds null", why));
                const tocsin_value *least = tocsin_find(&p->value, "minimum"), *most = tocsin_find(&p->value, "maximum");
                if (least)
                        GUARD(refused(k, text, name, tocsin_f64(tocsin_as_f64(least, 0) - 1), "below its minimum", why));
                if (most)
                        GUARD(refused(k, text, name, tocsin_f64(tocsin_as_f64(most, 0) + 1), "beyond its maximum", why));
        }
        return 0;
}

int settings_prove(Kit *k, Why *why) {
        if (!k->plugin.self.config_schema)
                return 0;
        Bytes text = bytes_z(k->plugin.self.config_schema);
        Arena *a = arena_new(LIMIT_DECODE_BYTES);
        tocsin_value schema;
        int r = a ? json_parse(a, text, &schema, NULL, why) : -ENOMEM;
        if (r > 0)
                r = RULE_E_BROKEN;
        if (r == 0)
                r = prove_fitting(k, text, &schema, why);
        if (r == 0)
                r = prove_wrong(k, text, &schema, why);
        arena_free(a);
        return r;
}

/* Numbers at their least, so that thresholds are reached and windows close. */
static tocsin_value at_least(const tocsin_value *schema, const tocsin_value *full, Arena *a, unsigned depth) {
        tocsin_field *fields = full->len ? arena_zalloc(a, full->len * sizeof *fields) : NULL;
        const tocsin_value *properties = tocsin_find(schema, "properties");
        for (uint32_t i = 0; fields && i < full->len; i++) {
                const tocsin_field *f = &full->u.fields[i];
                const tocsin_value *p = tocsin_find_n(properties, f->name, f->name_len), *least = tocsin_find(p, "minimum");
                fields[i] = *f;
                if (least && (f->value.kind == TOCSIN_I64 || f->value.kind == TOCSIN_F64))
                        fields[i].value = *least;
                else if (f->value.kind == TOCSIN_MAP && depth < 8)
                        fields[i].value = at_least(p, &f->value, a, depth + 1);
        }
        return tocsin_map(fields, fields ? full->len : 0);
}

int settings_least(Kit *k, tocsin_value *ret) {
        Born born = { 0 };
        Why why = { 0 };
        tocsin_value schema, made;
        if (!k->plugin.self.config_schema)
                return RULE_E_NONE;
        Bytes text = bytes_z(k->plugin.self.config_schema);
        if (json_parse(k->arena, text, &schema, NULL, NULL) != 0)
                return RULE_E_NONE;
        made = at_least(&schema, &k->settings, k->arena, 0);
        GUARD(checked(text, &made, k->arena, ret));
        GUARD(play_create(k, ret, &born, &why));
        play_destroy(k, &born);
        return 0;
}
