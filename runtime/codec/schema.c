/* A schema from its text, and what it tells of itself. */
#include "codec/node.h"

#include "core/limits.h"
#include "json/json.h"

#define SCHEMA_ARENA_BYTES LIMIT_DECODE_BYTES /* the tree of the longest text, and the graph made of it */

const char *const node_words[NODE_UNION + 1] = { "null",   "boolean", "int",  "long",   "float", "double", "bytes",
                                                 "string", "fixed",   "enum", "record", "array", "map",    "union" };

/* Least bytes on the wire. Only records that hold themselves without a way out are seen while busy; none of their values ends. */
static uint32_t min_bytes(Node *t) {
        static const uint32_t scalar[NODE_PRIMITIVES] = { 0, 1, 1, 1, 4, 8, 1, 1 };
        const uint32_t most = 1u << 28, busy = UINT32_MAX;
        if (t->type < NODE_PRIMITIVES)
                return t->min_bytes = scalar[t->type];
        if (t->type == NODE_FIXED)
                return t->min_bytes = t->n;
        if (t->type != NODE_RECORD)
                return t->min_bytes = 1;
        if (t->min_bytes == busy)
                return 0;
        if (t->min_bytes)
                return t->min_bytes - 1; /* during this pass records hold one more, so that 0 means: not yet known */
        t->min_bytes = busy;
        uint32_t sum = 0;
        for (uint32_t i = 0; i < t->n; i++) {
                sum += min_bytes(t->fields[i].type);
                sum = sum < most ? sum : most;
        }
        t->min_bytes = sum + 1;
        return sum;
}

static void measure(Schema *s) {
        for (Node *t = s->nodes; t; t = t->next)
                min_bytes(t);
        for (Node *t = s->nodes; t; t = t->next)
                t->min_bytes -= t->type == NODE_RECORD;
}

static int parse(Schema *s, Bytes text, const Schemas *known, Why *why) {
        s->text = arena_dup(s->arena, text);
        REQUIRE(s->text.ptr, why_say(why, -ENOMEM, "out of memory"));
        int r = json_parse(s->arena, s->text, &s->json, NULL, why);
        if (r > 0)
                return why_in(why, SCHEMA_E_BAD, "schema");
        GUARD(r);
        GUARD(schema_build(s, known, why));
        GUARD(schema_defaults(s, why));
        measure(s);
        REQUIRE(schema_canonise(s) == 0, why_say(why, -ENOMEM, "out of memory"));
        return 0;
}

int schema_parse(Schema **ret, Bytes text, const Schemas *known, Why *why) {
        if (text.len > LIMIT_SCHEMA_BYTES)
                return why_say(why, SCHEMA_E_BAD, "schema: longer than %u bytes", LIMIT_SCHEMA_BYTES);
        _cleanup_(arena_freep) Arena *a = arena_new(SCHEMA_ARENA_BYTES);
        Schema *s = a ? arena_zalloc(a, sizeof *s) : NULL;
        if (!s)
                return why_say(why, -ENOMEM, "out of memory");
        s->arena = a;
        GUARD(parse(s, text, known, why));
        (void)steal(a);
        *ret = s;
        return 0;
}

Schema *schema_free(Schema *s) {
        if (s)
                arena_free(s->arena);
        return NULL;
}

const char *schema_name(const Schema *s) {
        return s->root->name ? s->root->name : node_words[s->root->type];
}

uint64_t schema_fingerprint(const Schema *s) {
        return s->fingerprint;
}

Bytes schema_canonical(const Schema *s) {
        return s->canonical;
}

Bytes schema_text(const Schema *s) {
        return s->text;
}

const tocsin_value *schema_json(const Schema *s) {
        return &s->json;
}
