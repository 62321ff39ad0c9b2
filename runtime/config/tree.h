/* Inside this room: a YAML tree as values and, beside it in the same shape, where each stands. */
#pragma once

#include "config/config.h"

/* Beside the value of the same place: children in the order of its items or fields. Aliases share what they name. */
struct YamlMarks {
        Mark key, value;                 /* key: of the entry's key; value's again for what has none */
        uint32_t n;                      /* children */
        bool bad;                        /* a scalar that was complained of already */
        const tocsin_field *fields;      /* names of the children of a MAP */
        const struct YamlMarks *child;
        Bytes written, text;             /* of a scalar: as in the file; with ${…} replaced. NUL behind both */
};

typedef struct Node {
        const tocsin_value *value;
        const struct YamlMarks *marks;
} Node;

static inline Node node_child(Node n, uint32_t i) {
        const tocsin_value *v = n.value->kind == TOCSIN_MAP ? &n.value->u.fields[i].value : &n.value->u.items[i];
        return (Node){ .value = v, .marks = &n.marks->child[i] };
}

static inline bool marks_replaced(const struct YamlMarks *m) {
        return m->text.ptr != m->written.ptr;
}

/* As yaml_load(). folder: replace ${…} in scalars, relative files from there; NULL: leave them. */
int yaml_read(Bytes text, const char *folder, Arena *a, tocsin_value *ret, const struct YamlMarks **marks,
              Complaints *complaints);

/* Plain text by the YAML 1.2 core schema; text has a NUL behind it and outlives *ret. 0 | SCALAR_E_RANGE */
enum { SCALAR_E_RANGE = 1 };
int scalar_resolve(Bytes text, tocsin_value *ret);

/* Replaces ${env:NAME} and ${file:PATH}. *ret: `text` itself, or in `a` with a NUL behind it; *file: a file was read.
 * 0 | EXPAND_E_BAD, *why | -ENOMEM */
enum { EXPAND_E_BAD = 1 };
int expand(Bytes text, const char *folder, Arena *a, Bytes *ret, bool *file, Why *why);

/* "/a/b" below folder unless absolute. NULL: out of memory. */
const char *path_below(Arena *a, const char *folder, const char *path);
