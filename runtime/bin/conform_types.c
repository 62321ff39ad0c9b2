/* A walk over the text of a schema that notes every record, enum and fixed under its full name. */
#include "bin/conform_types.h"

#include "json/json.h"

static const char *const primitives[] = { "null", "boolean", "int", "long", "float", "double", "bytes", "string" };

static bool primitive(Bytes word) {
        for (size_t i = 0; i < sizeof primitives / sizeof *primitives; i++)
                if (bytes_eq_z(word, primitives[i]))
                        return true;
        return false;
}

static char *joined(Arena *a, const char *space, Bytes name) {
        bool full = *space == 0 || memchr(name.ptr, '.', name.len);
        size_t n = name.len + strlen(space) + 2;
        char *s = arena_alloc(a, n);
        if (s)
                snprintf(s, n, "%s%s%.*s", full ? "" : space, full ? "" : ".", BYTES_ARG(name));
        return s;
}

/* Notes a named type; *space becomes the namespace of what stands inside it. */
static int note(Types *t, const tocsin_value *definition, const char **space, Arena *a) {
        Bytes name = tocsin_get_bytes(definition, "name"), given = tocsin_get_bytes(definition, "namespace");
        if (t->n == TYPES_MAX)
                return SCHEMA_E_BAD;
        if (!t->at && !(t->at = calloc(TYPES_MAX, sizeof *t->at)))
                return -ENOMEM;
        Bytes own = arena_dup(a, given);
        if (!own.ptr)
                return -ENOMEM;
        char *full = joined(a, given.len ? (const char *)own.ptr : *space, name), *dot;
        if (!full)
                return -ENOMEM;
        dot = strrchr(full, '.');
        Bytes inside = arena_dup(a, bytes_of(full, dot ? (size_t)(dot - full) : 0));
        if (!inside.ptr)
                return -ENOMEM;
        *space = (const char *)inside.ptr;
        t->at[t->n++] = (Type){ .name = full, .space = *space, .definition = definition };
        return 0;
}

static int walk(Types *t, const tocsin_value *type, const char *space, Arena *a) {
        if (tocsin_is(type, TOCSIN_LIST))
                for (uint32_t i = 0; i < type->len; i++)
                        GUARD(walk(t, &type->u.items[i], space, a));
        if (!tocsin_is(type, TOCSIN_MAP))
                return 0;
        Bytes word = tocsin_get_bytes(type, "type");
        const tocsin_value *fields = tocsin_find(type, "fields");
        if (bytes_eq_z(word, "record") || bytes_eq_z(word, "error") || bytes_eq_z(word, "enum") || bytes_eq_z(word, "fixed"))
                GUARD(note(t, type, &space, a));
        for (uint32_t i = 0; tocsin_is(fields, TOCSIN_LIST) && i < fields->len; i++)
                GUARD(walk(t, tocsin_find(&fields->u.items[i], "type"), space, a));
        GUARD(walk(t, tocsin_find(type, "items"), space, a));
        GUARD(walk(t, tocsin_find(type, "values"), space, a));
        const tocsin_value *inner = tocsin_find(type, "type");
        return tocsin_is(inner, TOCSIN_MAP) || tocsin_is(inner, TOCSIN_LIST) ? walk(t, inner, space, a) : 0;
}

int types_add(Types *t, Bytes text, Arena *a, const tocsin_value **ret) {
        tocsin_value *root = arena_zalloc(a, sizeof *root);
        if (!root)
                return -ENOMEM;
        int r = json_parse(a, text, root, NULL, NULL);
        if (r != 0)
                return r < 0 ? r : SCHEMA_E_BAD;
        *ret = root;
        return walk(t, root, "", a);
}

static const Type *by_name(const Types *t, const char *full) {
        for (size_t i = 0; i < t->n; i++)
                if (strcmp(t->at[i].name, full) == 0)
                        return &t->at[i];
        return NULL;
}

int types_find(Types *t, Bytes word, const char *space, Arena *a, const Type **ret) {
        *ret = NULL;
        if (primitive(word))
                return 0;
        char *full = joined(a, space, word), *bare = joined(a, "", word);
        if (!full || !bare)
                return -ENOMEM;
        if ((*ret = by_name(t, full)) || (*ret = by_name(t, bare)))
                return 0;
        const Schema *elsewhere = t->known ? schemas_by_name(t->known, full) : NULL;
        const tocsin_value *root;
        if (!elsewhere)
                return SCHEMA_E_BAD;
        GUARD(types_add(t, schema_text(elsewhere), a, &root));
        *ret = by_name(t, full);
        return *ret ? 0 : SCHEMA_E_BAD;
}

const Type *types_of(const Types *t, const tocsin_value *definition) {
        for (size_t i = 0; i < t->n; i++)
                if (t->at[i].definition == definition)
                        return &t->at[i];
        return NULL;
}

void types_deinit(Types *t) {
        free(t->at);
        *t = (Types){ .known = t->known };
}
