/* Which fields a port reads, as a tree beside the reader's schema; and fields by path as handles. */
#include "codec/plan.h"

/* The record a path goes on in: through lists, maps, and the one record of a union that has the field. NULL: none. */
static const Node *record_with(const Node *t, Bytes name, uint32_t *ret_index) {
        while (t->type == NODE_ARRAY || t->type == NODE_MAP)
                t = t->items;
        const Node *found = NULL;
        uint32_t n = t->type == NODE_UNION ? t->n : 1;
        for (uint32_t b = 0; b < n; b++) {
                const Node *r = t->type == NODE_UNION ? t->branches[b] : t;
                for (uint32_t i = 0; r->type == NODE_RECORD && i < r->n; i++)
                        if (bytes_eq(r->fields[i].name, name)) {
                                if (found)
                                        return NULL; /* which of the two is meant cannot be told */
                                found = r;
                                *ret_index = i;
                        }
        }
        return found;
}

static ReadSet *set_new(Arena *a, const Node *of) {
        ReadSet *s = arena_zalloc(a, sizeof *s);
        if (!s)
                return NULL;
        s->of = of;
        s->fields = arena_zalloc(a, of->n * sizeof *s->fields);
        return s->fields ? s : NULL;
}

static int add(Arena *a, ReadSet *set, const Node *t, const char *path) {
        for (;;) {
                size_t n = strcspn(path, ".");
                uint32_t i = 0;
                if (record_with(t, bytes_of(path, n), &i) != set->of)
                        return SCHEMA_E_BAD;
                struct ReadField *f = &set->fields[i];
                bool before = f->wanted;
                f->wanted = true;
                if (!path[n]) {
                        f->below = NULL;
                        return 0;
                }
                if (before && !f->below)
                        return 0; /* read whole already */
                t = set->of->fields[i].type;
                path += n + 1;
                if (!f->below) {
                        const Node *below = record_with(t, bytes_of(path, strcspn(path, ".")), &i);
                        if (!below)
                                return SCHEMA_E_BAD;
                        f->below = set_new(a, below);
                        REQUIRE(f->below, -ENOMEM);
                }
                set = f->below;
        }
}

int read_set_new(Arena *a, const Schema *reader, const char *const *reads, size_t n, ReadSet **ret, Why *why) {
        const char *name = schema_name(reader);
        if (reader->root->type != NODE_RECORD)
                return why_say(why, SCHEMA_E_BAD, "%s is no record: it has no fields to read", name);
        ReadSet *set = set_new(a, reader->root);
        REQUIRE(set, why_say(why, -ENOMEM, "out of memory"));
        for (size_t i = 0; i < n; i++) {
                int r = add(a, set, reader->root, reads[i]);
                if (r != 0)
                        return why_say(why, r, r > 0 ? "%s has no field '%s'" : "%s, field '%s': out of memory", name, reads[i]);
        }
        *ret = set;
        return 0;
}

int64_t schema_handle(const Schema *reader, const char *path) {
        const Node *t = reader->root;
        uint64_t handle = 0;
        for (unsigned level = 0; level < 7; level++) { /* eight bytes in a handle, the highest is 0 */
                size_t n = strcspn(path, ".");
                uint32_t i = 0;
                if (t->type == NODE_ARRAY || t->type == NODE_MAP)
                        return -ENOENT;
                t = record_with(t, bytes_of(path, n), &i);
                if (!t)
                        return -ENOENT;
                handle |= (uint64_t)(i + 1) << 8 * level;
                if (!path[n])
                        return (int64_t)handle;
                path += n + 1;
                t = t->fields[i].type;
        }
        return -ENOENT;
}
