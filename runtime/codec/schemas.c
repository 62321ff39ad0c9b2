/* Many schemas: those one reads with, found by name, and those others have written with. */
#include "codec/node.h"

#include <stdlib.h>

typedef struct Entry {
        Schema *schema;
        int64_t id; /* of a registry; -1: none */
        bool named; /* found by name too */
} Entry;

struct Schemas {
        Entry *at;
        size_t n, size;
};

Schemas *schemas_new(void) {
        return calloc(1, sizeof(Schemas));
}

Schemas *schemas_free(Schemas *r) {
        for (size_t i = 0; r && i < r->n; i++)
                schema_free(r->at[i].schema);
        if (r)
                free(r->at);
        free(r);
        return NULL;
}

static const Entry *find(const Schemas *r, const char *name, const uint64_t *fingerprint, int64_t id) {
        for (size_t i = 0; i < r->n; i++) {
                const Entry *e = &r->at[i];
                if ((!name || (e->named && strcmp(schema_name(e->schema), name) == 0)) &&
                    (!fingerprint || e->schema->fingerprint == *fingerprint) && (id < 0 || e->id == id))
                        return e;
        }
        return NULL;
}

static int put(Schemas *r, Schema *s, int64_t id, bool named, Why *why) {
        if (r->n == r->size) {
                size_t size = r->size ? r->size * 2 : 16;
                Entry *at = realloc(r->at, size * sizeof *at);
                REQUIRE(at, why_say(why, -ENOMEM, "out of memory"));
                r->at = at;
                r->size = size;
        }
        r->at[r->n++] = (Entry){ .schema = s, .id = id, .named = named };
        return 0;
}

/* `old` stands where s should: the same schema is fine, and s is not needed. */
static int same(const Entry *old, Schema *s, Why *why) {
        if (!bytes_eq(old->schema->canonical, s->canonical))
                return why_say(why, SCHEMA_E_CLASH, "another schema '%s' is already there%s", schema_name(old->schema),
                               old->named ? "" : " under this registry id");
        schema_free(s);
        return 0;
}

int schemas_add(Schemas *r, Schema *s, Why *why) {
        const Entry *old = find(r, schema_name(s), NULL, -1);
        return old ? same(old, s, why) : put(r, s, -1, true, why);
}

int schemas_add_writer(Schemas *r, Schema *s, int64_t id, Why *why) {
        const Entry *old = id >= 0 ? find(r, NULL, NULL, id) : find(r, NULL, &s->fingerprint, -1);
        return old ? same(old, s, why) : put(r, s, id < 0 ? -1 : id, false, why);
}

const Schema *schemas_by_name(const Schemas *r, const char *full_name) {
        const Entry *e = find(r, full_name, NULL, -1);
        return e ? e->schema : NULL;
}

const Schema *schemas_by_fingerprint(const Schemas *r, uint64_t fingerprint) {
        const Entry *e = find(r, NULL, &fingerprint, -1);
        return e ? e->schema : NULL;
}

const Schema *schemas_by_id(const Schemas *r, int64_t id) {
        const Entry *e = id >= 0 ? find(r, NULL, NULL, id) : NULL;
        return e ? e->schema : NULL;
}

const Node *schemas_type(const Schemas *known, const char *full_name) {
        for (size_t i = 0; i < known->n; i++)
                for (const Node *t = known->at[i].named ? known->at[i].schema->named : NULL; t; t = t->next_named)
                        if (strcmp(t->name, full_name) == 0)
                                return t;
        return NULL;
}

/* n is small and this is for people: the next name after `last`, each time by a walk. */
static const Schema *next_by_name(const Schemas *r, const char *last) {
        const Schema *best = NULL;
        for (size_t i = 0; i < r->n; i++) {
                const char *name = schema_name(r->at[i].schema);
                if (r->at[i].named && (!last || strcmp(name, last) > 0) && (!best || strcmp(name, schema_name(best)) < 0))
                        best = r->at[i].schema;
        }
        return best;
}

void schemas_each(const Schemas *r, void (*each)(void *arg, const Schema *s), void *arg) {
        for (const Schema *s = next_by_name(r, NULL); s; s = next_by_name(r, schema_name(s)))
                each(arg, s);
}
