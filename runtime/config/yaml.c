/* libyaml's events -> values with marks. Nothing here outgrows the text: aliases share, and what they would unfold to is
 * counted against a bound. */
#include "config/tree.h"

#include "core/limits.h"
#include <tocsin/value.h>
#include <yaml.h>

#define NODES_MAX (LIMIT_CONFIG_BYTES / 8) /* aliases unfolded: a node for each eight bytes of the largest file */
#define ANCHORS_MAX 256u /* nobody names more places by hand; looked up one by one */

typedef struct Slot {
        tocsin_field field;
        struct YamlMarks marks;
        uint32_t nodes, height; /* with everything below */
} Slot;

typedef struct Anchor {
        Bytes name;
        Slot slot;
} Anchor;

typedef struct Loader {
        yaml_parser_t parser;
        Bytes text;
        const char *folder;
        Arena *arena;
        Complaints *complaints;
        Slot *stack; /* children of collections that are still open */
        size_t n, size;
        Anchor anchors[ANCHORS_MAX];
        uint32_t n_anchors, nodes;
} Loader;

static Mark mark_of(yaml_mark_t m) {
        return (Mark){ .line = (uint32_t)m.line + 1, .column = (uint32_t)m.column + 1 };
}

/* libyaml gives no mark for bytes that are no text. */
static Mark mark_at(Bytes text, size_t offset) {
        Mark m = { 1, 1 };
        for (size_t i = 0; i < offset && i < text.len; i++) {
                if (text.ptr[i] == '\n') {
                        m.line++;
                        m.column = 1;
                } else if ((text.ptr[i] & 0xc0) != 0x80) {
                        m.column++;
                }
        }
        return m;
}

static int syntax(Loader *l) {
        const yaml_parser_t *p = &l->parser;
        if (p->error == YAML_MEMORY_ERROR)
                return -ENOMEM;
        if (p->error == YAML_READER_ERROR) {
                complain(l->complaints, mark_at(l->text, p->problem_offset), "not text: %s; the file must be UTF-8", p->problem);
                return CONFIG_E_BAD;
        }
        size_t at = 0;
        for (size_t i = p->problem_mark.index; i && at < l->text.len; i--)
                for (at++; at < l->text.len && (l->text.ptr[at] & 0xc0) == 0x80;)
                        at++;
        bool tab = at < l->text.len && l->text.ptr[at] == '\t';
        bool dollar = at && at < l->text.len && l->text.ptr[at] == '{' && l->text.ptr[at - 1] == '$';
        const char *problem = p->problem ? p->problem : "", *hint = "";
        if (tab)
                hint = "; a tab cannot indent, use spaces";
        else if (dollar)
                hint = "; quote a ${…} that stands inside braces or brackets";
        else if (strstr(problem, "mapping values"))
                hint = "; quote a text that holds `: `, or look at the indentation";
        else if (strstr(problem, "cannot start any token"))
                hint = "; quote a text that begins so";
        if (p->context && p->context_mark.line != p->problem_mark.line)
                complain(l->complaints, mark_of(p->problem_mark), "%s %s that began in line %zu%s", p->problem, p->context,
                         p->context_mark.line + 1, hint);
        else
                complain(l->complaints, mark_of(p->problem_mark), "%s%s%s%s", p->problem, p->context ? " " : "",
                         p->context ? p->context : "", hint);
        return CONFIG_E_BAD;
}

static int next(Loader *l, yaml_event_t *e) {
        return yaml_parser_parse(&l->parser, e) ? 0 : syntax(l);
}

static int push(Loader *l, const Slot *s) {
        if (l->n == l->size) {
                size_t size = l->size ? l->size * 2 : 64;
                Slot *bigger = reallocarray(l->stack, size, sizeof *bigger);
                if (!bigger)
                        return -ENOMEM;
                l->stack = bigger;
                l->size = size;
        }
        l->stack[l->n++] = *s;
        return 0;
}

/* Counts nodes that are made, or that an alias unfolds to. */
static int count(Loader *l, Mark mark, uint32_t n) {
        if (n > NODES_MAX - l->nodes) {
                complain(l->complaints, mark, "too much: more than %u values%s", NODES_MAX,
                         n > 1 ? " once its aliases are unfolded" : "");
                return CONFIG_E_BAD;
        }
        l->nodes += n;
        return 0;
}

static int scalar(Loader *l, const yaml_event_t *e, Slot *ret) {
        const char *tag = (const char *)e->data.scalar.tag;
        bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !tag;
        Bytes text = arena_dup(l->arena, bytes_of(e->data.scalar.value, e->data.scalar.length));
        if (!text.ptr)
                return -ENOMEM;
        if (tag && strcmp(tag, "!") != 0 && strcmp(tag, YAML_STR_TAG) != 0)
                complain(l->complaints, ret->marks.value, "tag %s is not read here; only !!str is", tag);
        ret->marks.written = ret->marks.text = text;
        if (l->folder) {
                bool file = false;
                Why why = { 0 };
                int r = expand(text, l->folder, l->arena, &ret->marks.text, &file, &why);
                if (r < 0)
                        return r;
                if (r > 0)
                        complain(l->complaints, ret->marks.value, "%s", why.text);
                ret->marks.bad = r > 0;
                plain = plain && !file;
        }
        ret->field.value = tocsin_str_of(ret->marks.text);
        if (plain && scalar_resolve(ret->marks.text, &ret->field.value) != 0)
                complain(l->complaints, ret->marks.value, "`%.*s` is beyond what a number can hold; quote it if it is text",
                         BYTES_ARG(text));
        return 0;
}

static int alias(Loader *l, const yaml_event_t *e, unsigned depth, Slot *ret) {
        const char *name = (const char *)e->data.alias.anchor;
        const Anchor *a = NULL;
        for (uint32_t i = l->n_anchors; i && !a; i--)
                if (bytes_eq_z(l->anchors[i - 1].name, name))
                        a = &l->anchors[i - 1];
        if (!a) {
                complain(l->complaints, ret->marks.value, "*%s names no anchor before this place", name);
                ret->field.value = tocsin_null();
                return 0;
        }
        GUARD(count(l, ret->marks.value, a->slot.nodes));
        if (depth + a->slot.height > LIMIT_DEPTH) {
                complain(l->complaints, ret->marks.value, "nested deeper than %u", LIMIT_DEPTH);
                return CONFIG_E_BAD;
        }
        Mark here = ret->marks.value;
        *ret = a->slot;
        ret->marks.key = ret->marks.value = here;
        return 0;
}

static int node(Loader *l, const yaml_event_t *e, unsigned depth, Slot *ret);

/* The slots from `base` on become the children of *ret. */
static int close_children(Loader *l, size_t base, bool map, Slot *ret) {
        size_t n = l->n - base;
        struct YamlMarks *marks = arena_alloc(l->arena, n * sizeof *marks);
        tocsin_field *fields = map ? arena_alloc(l->arena, n * sizeof *fields) : NULL;
        tocsin_value *items = map ? NULL : arena_alloc(l->arena, n * sizeof *items);
        if (!marks || (!fields && !items))
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                const Slot *s = &l->stack[base + i];
                marks[i] = s->marks;
                if (map)
                        fields[i] = s->field;
                else
                        items[i] = s->field.value;
                ret->nodes += s->nodes;
                ret->height = s->height + 1 > ret->height ? s->height + 1 : ret->height;
        }
        ret->field.value = map ? tocsin_map(fields, (uint32_t)n) : tocsin_list(items, (uint32_t)n);
        ret->marks.n = (uint32_t)n;
        ret->marks.fields = fields;
        ret->marks.child = marks;
        l->n = base;
        return 0;
}

static int by_name(const void *a, const void *b, void *stack) {
        const Slot *x = (const Slot *)stack + *(const uint32_t *)a, *y = (const Slot *)stack + *(const uint32_t *)b;
        int r = bytes_cmp(bytes_of(x->field.name, x->field.name_len), bytes_of(y->field.name, y->field.name_len));
        return r ? r : (x > y) - (x < y);
}

static int duplicates(Loader *l, size_t base) {
        size_t n = l->n - base;
        if (n < 2)
                return 0;
        _cleanup_(freep) uint32_t *order = calloc(n, sizeof *order);
        if (!order)
                return -ENOMEM;
        Slot *s = l->stack + base;
        for (size_t i = 0; i < n; i++)
                order[i] = (uint32_t)i;
        qsort_r(order, n, sizeof *order, by_name, s);
        for (size_t i = 1; i < n; i++) {
                const Slot *x = &s[order[i - 1]], *y = &s[order[i]];
                if (x->field.name_len == y->field.name_len && memcmp(x->field.name, y->field.name, x->field.name_len) == 0)
                        complain(l->complaints, y->marks.key, "`%s` stands here twice, first in line %u", y->field.name,
                                 x->marks.key.line);
        }
        return 0;
}

/* One key, then its value. */
static int entry(Loader *l, const yaml_event_t *key, unsigned depth) {
        Mark mark = mark_of(key->start_mark);
        if (key->type != YAML_SCALAR_EVENT) {
                complain(l->complaints, mark,
                         key->type == YAML_ALIAS_EVENT ? "a key must be written out, not be an alias"
                                                       : "a key must be a word, not a list or a map");
                return CONFIG_E_BAD;
        }
        bool plain = key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
        Bytes name = arena_dup(l->arena, bytes_of(key->data.scalar.value, key->data.scalar.length));
        if (!name.ptr)
                return -ENOMEM;
        if (plain && !name.len)
                complain(l->complaints, mark, "a key is missing before the `:`");
        else if (plain && bytes_eq_z(name, "<<"))
                complain(l->complaints, mark, "`<<` merges nothing in YAML 1.2; write the entries out");
        else if (memchr(name.ptr, 0, name.len))
                complain(l->complaints, mark, "a key holds a NUL");
        yaml_event_t e;
        GUARD(next(l, &e));
        Slot s = { 0 };
        int r = node(l, &e, depth, &s);
        yaml_event_delete(&e);
        s.marks.key = mark;
        s.field.name = (const char *)name.ptr;
        s.field.name_len = (uint32_t)name.len;
        return r ? r : push(l, &s);
}

static int children(Loader *l, bool map, unsigned depth, Slot *ret) {
        size_t base = l->n;
        for (;;) {
                yaml_event_t e;
                GUARD(next(l, &e));
                bool end = e.type == YAML_MAPPING_END_EVENT || e.type == YAML_SEQUENCE_END_EVENT;
                int r = 0;
                if (!end && map) {
                        r = entry(l, &e, depth);
                } else if (!end) {
                        Slot s = { 0 };
                        r = node(l, &e, depth, &s);
                        if (r == 0)
                                r = push(l, &s);
                }
                yaml_event_delete(&e);
                if (r != 0)
                        return r;
                if (end)
                        break;
        }
        if (map)
                GUARD(duplicates(l, base));
        return close_children(l, base, map, ret);
}

static int anchor(Loader *l, const yaml_char_t *name, const Slot *s) {
        if (!name)
                return 0;
        if (l->n_anchors == ANCHORS_MAX) {
                complain(l->complaints, s->marks.value, "more than %u anchors", ANCHORS_MAX);
                return CONFIG_E_BAD;
        }
        Bytes copy = arena_dup(l->arena, bytes_z((const char *)name));
        if (!copy.ptr)
                return -ENOMEM;
        l->anchors[l->n_anchors++] = (Anchor){ .name = copy, .slot = *s };
        return 0;
}

static int collection(Loader *l, const yaml_event_t *e, unsigned depth, Slot *ret) {
        bool map = e->type == YAML_MAPPING_START_EVENT;
        const yaml_char_t *tag = map ? e->data.mapping_start.tag : e->data.sequence_start.tag;
        const yaml_char_t *name = map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor;
        if (tag && strcmp((const char *)tag, map ? YAML_MAP_TAG : YAML_SEQ_TAG) != 0)
                complain(l->complaints, ret->marks.value, "tag %s is not read here", (const char *)tag);
        if (depth >= LIMIT_DEPTH) {
                complain(l->complaints, ret->marks.value, "nested deeper than %u", LIMIT_DEPTH);
                return CONFIG_E_BAD;
        }
        GUARD(children(l, map, depth + 1, ret));
        return anchor(l, name, ret);
}

static int node(Loader *l, const yaml_event_t *e, unsigned depth, Slot *ret) {
        Mark here = mark_of(e->start_mark);
        ret->marks.key = ret->marks.value = here;
        if (e->type == YAML_ALIAS_EVENT)
                return alias(l, e, depth, ret);
        GUARD(count(l, here, 1));
        ret->nodes = 1;
        if (e->type != YAML_SCALAR_EVENT)
                return collection(l, e, depth, ret);
        GUARD(scalar(l, e, ret));
        return anchor(l, e->data.scalar.anchor, ret);
}

/* The one document; a file of none is null. */
static int document(Loader *l, Slot *ret) {
        bool seen = false;
        ret->field.value = tocsin_null();
        ret->marks.key = ret->marks.value = (Mark){ 1, 1 };
        for (;;) {
                yaml_event_t e;
                GUARD(next(l, &e));
                yaml_event_type_t type = e.type;
                int r = 0;
                if (type == YAML_DOCUMENT_START_EVENT && seen) {
                        complain(l->complaints, mark_of(e.start_mark), "a second document; a file holds one");
                        r = CONFIG_E_BAD;
                } else if (type == YAML_SCALAR_EVENT || type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT ||
                           type == YAML_ALIAS_EVENT) {
                        seen = true;
                        r = node(l, &e, 0, ret);
                }
                yaml_event_delete(&e);
                if (r != 0 || type == YAML_STREAM_END_EVENT)
                        return r;
        }
}

int yaml_read(Bytes text, const char *folder, Arena *a, tocsin_value *ret, const struct YamlMarks **marks,
              Complaints *complaints) {
        if (text.len > LIMIT_CONFIG_BYTES) {
                complain(complaints, (Mark){ 0 }, "larger than %u bytes", LIMIT_CONFIG_BYTES);
                return CONFIG_E_BAD;
        }
        _cleanup_(freep) Loader *l = calloc(1, sizeof *l);
        struct YamlMarks *root = arena_zalloc(a, sizeof *root);
        if (!l || !root || !yaml_parser_initialize(&l->parser))
                return -ENOMEM;
        size_t before = complaints->n + complaints->more;
        l->text = text;
        l->folder = folder;
        l->arena = a;
        l->complaints = complaints;
        yaml_parser_set_encoding(&l->parser, YAML_UTF8_ENCODING);
        yaml_parser_set_input_string(&l->parser, text.len ? text.ptr : (const uint8_t *)"", text.len);
        Slot s = { 0 };
        int r = document(l, &s);
        yaml_parser_delete(&l->parser);
        free(l->stack);
        if (complaints->lost)
                r = -ENOMEM;
        if (r == 0 && complaints->n + complaints->more != before)
                r = CONFIG_E_BAD;
        if (r < 0)
                return r;
        /* A tree that was whole is handed out even when it was complained about: more may be wrong in it. */
        *root = s.marks;
        if (r == 0 || s.marks.child) {
                *ret = s.field.value;
                if (marks)
                        *marks = root;
        }
        return r;
}

int yaml_load(const char *file, Bytes text, Arena *a, tocsin_value *ret, const struct YamlMarks **marks, Complaints *complaints) {
        (void)file; /* the one who prints the complaints names it */
        tocsin_value v = tocsin_null();
        const struct YamlMarks *m = NULL;
        GUARD(yaml_read(text, NULL, a, &v, &m, complaints));
        *ret = v;
        if (marks)
                *marks = m;
        return 0;
}
