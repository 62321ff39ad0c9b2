/* From two schemas to a plan. Sequences are made from their end, so that the branches of a union know what follows. */
#include "codec/plan.h"

#include "core/limits.h"
#include <stddef.h>
#include <tocsin/value.h>

#define PLAN_ARENA_BYTES LIMIT_DECODE_BYTES

typedef struct Place { /* where a value goes */
        uint32_t at;
        uint8_t branch;
} Place;

struct Draft {
        tocsin_field fields[LIMIT_INLINE_FIELDS];
        struct Fix fixes[LIMIT_INLINE_FIELDS];
        uint32_t n, n_fixes;
};

static int value(Compiler *c, const Node *w, const Node *r, const ReadSet *set, Place to, const Op *next, const Op **ret);

static int unresolved(Compiler *c, const Node *w, const Node *r) {
        return why_say(c->why, SCHEMA_E_BAD, "%s cannot be read as %s", w->name ? w->name : node_words[w->type],
                       r->name ? r->name : node_words[r->type]);
}

static uint64_t head(unsigned kind, Place to) {
        return kind | (uint64_t)to.branch << 8;
}

static uint32_t value_at(uint32_t field) {
        return (uint32_t)(field * sizeof(tocsin_field) + offsetof(tocsin_field, value));
}

/* ---- scalars ------------------------------------------------------------------------------------------- */

static int primitive(Compiler *c, const Node *w, const Node *r, Place to, const Op *next, const Op **ret) {
        static const struct {
                uint8_t code, kind;
        } ways[NODE_PRIMITIVES][NODE_PRIMITIVES] = {
                [NODE_NULL][NODE_NULL] = { OP_NULL, TOCSIN_NULL },
                [NODE_BOOLEAN][NODE_BOOLEAN] = { OP_BOOLEAN, TOCSIN_BOOL },
                [NODE_INT][NODE_INT] = { OP_INT, TOCSIN_I64 },
                [NODE_INT][NODE_LONG] = { OP_INT, TOCSIN_I64 },
                [NODE_INT][NODE_FLOAT] = { OP_INT_FLOAT, TOCSIN_F64 },
                [NODE_INT][NODE_DOUBLE] = { OP_INT_DOUBLE, TOCSIN_F64 },
                [NODE_LONG][NODE_LONG] = { OP_LONG, TOCSIN_I64 },
                [NODE_LONG][NODE_FLOAT] = { OP_LONG_FLOAT, TOCSIN_F64 },
                [NODE_LONG][NODE_DOUBLE] = { OP_LONG_DOUBLE, TOCSIN_F64 },
                [NODE_FLOAT][NODE_FLOAT] = { OP_FLOAT, TOCSIN_F64 },
                [NODE_FLOAT][NODE_DOUBLE] = { OP_FLOAT, TOCSIN_F64 },
                [NODE_DOUBLE][NODE_DOUBLE] = { OP_DOUBLE, TOCSIN_F64 },
                [NODE_BYTES][NODE_BYTES] = { OP_BYTES, TOCSIN_BYTES },
                [NODE_BYTES][NODE_STRING] = { OP_STRING, TOCSIN_STR },
                [NODE_STRING][NODE_STRING] = { OP_STRING, TOCSIN_STR },
                [NODE_STRING][NODE_BYTES] = { OP_STRING, TOCSIN_BYTES },
        };
        if (!ways[w->type][r->type].kind)
                return unresolved(c, w, r);
        return plan_op(c,
                       (Op){ .code = ways[w->type][r->type].code,
                             .at = to.at,
                             .head = head(ways[w->type][r->type].kind, to),
                             .next = next },
                       ret);
}

static int symbols(Compiler *c, const Node *w, const Node *r, Place to, const Op *next, const Op **ret) {
        Symbol *table = arena_zalloc(c->arena, w->n * sizeof *table);
        REQUIRE(table, -ENOMEM);
        for (uint32_t i = 0; i < w->n; i++) {
                int32_t found = r->otherwise;
                for (uint32_t j = 0; j < r->n; j++)
                        if (bytes_eq(w->symbols[i], r->symbols[j])) {
                                found = (int32_t)j;
                                break;
                        }
                if (found >= 0)
                        table[i] = (Symbol){ .text = (const char *)r->symbols[found].ptr,
                                             .head = head(TOCSIN_ENUM, to) | (uint64_t)found << 16 |
                                                     (uint64_t)r->symbols[found].len << 32 };
        }
        return plan_op(c, (Op){ .code = OP_ENUM, .at = to.at, .n = w->n, .next = next, .u.symbols = table }, ret);
}

/* ---- lists and maps -------------------------------------------------------------------------------------- */

/* A sequence of its own, with neither template nor records around it. */
static int sequence(Compiler *c, const Node *w, const Node *r, const ReadSet *set, Place to, const Op **ret,
                    uint8_t *ret_levels) {
        Draft *draft = c->draft;
        unsigned level = c->level, levels = c->levels;
        c->draft = NULL;
        c->level = c->levels = 0;
        int e = value(c, w, r, set, to, &plan_end, ret);
        *ret_levels = (uint8_t)c->levels;
        c->draft = draft;
        c->level = level;
        c->levels = levels;
        return e;
}

static int items(Compiler *c, const Node *w, const Node *r, const ReadSet *set, Place to, const Op *next, const Op **ret) {
        bool map = w->type == NODE_MAP;
        Op op = { .code = map ? OP_MAP : OP_LIST,
                  .at = to.at,
                  .head = head(map ? TOCSIN_MAP : TOCSIN_LIST, to),
                  .next = next,
                  .level = (uint8_t)c->level,
                  .min = w->items->min_bytes + map };
        Place item = { .at = map ? (uint32_t)offsetof(tocsin_field, value) : 0 };
        GUARD(sequence(c, w->items, r->items, set, item, &op.u.items, &op.levels));
        op.simple = op.u.items->code < OP_SCALARS && op.u.items->next == &plan_end;
        return plan_op(c, op, ret);
}

/* ---- records --------------------------------------------------------------------------------------------- */

/* Room for r's fields in the template, each as it is when the writer says nothing. */
static uint32_t lay_out(Compiler *c, const Node *r, const ReadSet *set) {
        Draft *d = c->draft;
        uint32_t first = d->n;
        for (uint32_t i = 0; i < r->n; i++) {
                const NodeField *f = &r->fields[i];
                bool wanted = !set || set->fields[i].wanted;
                d->fields[d->n++] = tocsin_field_n(f->name.ptr, f->name.len, wanted && f->json ? f->otherwise : tocsin_none());
        }
        return first;
}

#define NO_FIELD 255 /* beyond LIMIT_RECORD_FIELDS */

/* For each field of the writer the reader's that it is read into, or NO_FIELD. */
static int match_fields(Compiler *c, const Node *w, const Node *r, uint8_t ret[LIMIT_RECORD_FIELDS]) {
        memset(ret, NO_FIELD, LIMIT_RECORD_FIELDS);
        for (uint32_t i = 0; i < r->n; i++) {
                const NodeField *f = resolve_field(w, &r->fields[i]);
                if (f && ret[f - w->fields] == NO_FIELD)
                        ret[f - w->fields] = (uint8_t)i;
                else if (!r->fields[i].json)
                        return why_say(c->why, SCHEMA_E_BAD, "%s.%s has no default, and the writer's %s has no such field",
                                       r->name, (const char *)r->fields[i].name.ptr, w->name);
        }
        return 0;
}

static int record_fields(Compiler *c, const Node *w, const Node *r, const ReadSet *set, uint32_t first, const Op *next,
                         const Op **ret) {
        uint8_t of_reader[LIMIT_RECORD_FIELDS];
        GUARD(match_fields(c, w, r, of_reader));
        for (uint32_t i = w->n; i-- > 0;) {
                const Node *type = w->fields[i].type;
                uint32_t at = of_reader[i];
                if (at != NO_FIELD && (!set || set->fields[at].wanted))
                        GUARD(value(c, type, r->fields[at].type, set ? set->fields[at].below : NULL,
                                    (Place){ .at = value_at(first + at) }, next, &next));
                else
                        GUARD(plan_skip(c, type, next, &next));
        }
        *ret = next;
        return 0;
}

static int fill_block(Compiler *c, const Node *w, const Node *r, const ReadSet *set, Block *b) {
        _cleanup_(freep) Draft *d = calloc(1, sizeof *d); /* ten KiB: not on a stack that may be many blocks deep */
        Draft *draft = c->draft;
        unsigned level = c->level, levels = c->levels;
        REQUIRE(d, -ENOMEM);
        c->draft = d;
        c->level = c->levels = 0;
        int e = record_fields(c, w, r, set, lay_out(c, r, set), &plan_end, &b->first);
        b->levels = (uint8_t)c->levels;
        c->draft = draft;
        c->level = level;
        c->levels = levels;
        GUARD(e);
        b->fields = (const tocsin_field *)arena_dup(c->arena, bytes_of(d->fields, d->n * sizeof *d->fields)).ptr;
        b->fixes = (struct Fix *)(uintptr_t)arena_dup(c->arena, bytes_of(d->fixes, d->n_fixes * sizeof *d->fixes)).ptr;
        b->n = d->n;
        b->n_own = r->n;
        b->n_fixes = d->n_fixes;
        return b->fields && b->fixes ? 0 : -ENOMEM;
}

static int own_block(Compiler *c, const Node *w, const Node *r, const ReadSet *set, Place to, const Op *next, const Op **ret) {
        Known *k;
        bool new;
        GUARD(plan_known(c, w, r, set, &k, &new));
        if (new) {
                unsigned n_inside = c->n_inside;
                int e = fill_block(c, w, r, set, &k->block);
                c->n_inside = n_inside;
                k->failed = e == SCHEMA_E_BAD;
                if (k->failed)
                        GUARD(plan_op(c, (Op){ .code = OP_UNRESOLVED }, &k->block.first));
                GUARD(e);
        }
        if (k->failed)
                return unresolved(c, w, r);
        return plan_op(c,
                       (Op){ .code = OP_RECORD,
                             .at = to.at,
                             .head = head(TOCSIN_RECORD, to) | (uint64_t)r->n << 32,
                             .next = next,
                             .level = (uint8_t)c->level,
                             .u.block = &k->block },
                       ret);
}

/* A record directly in a record lies in the same template. */
static int record(Compiler *c, const Node *w, const Node *r, const ReadSet *set, Place to, const Op *next, const Op **ret) {
        Draft *d = c->draft;
        if (set && set->of != r)
                set = NULL;
        if (!d || d->n + r->n > LIMIT_INLINE_FIELDS || !plan_enter(c, w))
                return own_block(c, w, r, set, to, next, ret);
        uint32_t first = lay_out(c, r, set);
        tocsin_value *v = &d->fields[(to.at - value_at(0)) / sizeof(tocsin_field)].value;
        *v = tocsin_record(NULL, r->n);
        v->branch = to.branch;
        d->fixes[d->n_fixes++] =
                (struct Fix){ .at = to.at + (uint32_t)offsetof(tocsin_value, u), .to = (uint32_t)(first * sizeof(tocsin_field)) };
        GUARD(record_fields(c, w, r, set, first, next, ret));
        plan_leave(c);
        return 0;
}

/* ---- any type -------------------------------------------------------------------------------------------- */

/* What the writer wrote may have no place here; that is known only when a message has it. */
static int union_of_writer(Compiler *c, const Node *w, const Node *r, const ReadSet *set, Place to, const Op *next,
                           const Op **ret) {
        const Op **targets = arena_alloc(c->arena, w->n * sizeof *targets);
        REQUIRE(targets, -ENOMEM);
        Draft *draft = c->draft;
        unsigned n_inside = c->n_inside, level = c->level, resolved = 0;
        c->draft = NULL; /* a record that may be absent is a block of its own */
        for (uint32_t i = 0; i < w->n; i++) {
                int e = value(c, w->branches[i], r, set, to, next, &targets[i]);
                c->n_inside = n_inside;
                c->level = level;
                c->draft = NULL;
                resolved += e == 0;
                if (e == SCHEMA_E_BAD && c->n_ops <= LIMIT_PLAN_OPS)
                        e = plan_op(c, (Op){ .code = OP_UNRESOLVED }, &targets[i]);
                GUARD(e);
        }
        c->draft = draft;
        if (resolved == 0)
                return unresolved(c, w, r);
        return plan_op(c, (Op){ .code = OP_UNION, .n = w->n, .next = next, .u.targets = targets }, ret);
}

static int resolved(Compiler *c, const Node *w, const Node *r, const ReadSet *set, Place to, const Op *next, const Op **ret) {
        if (w->type == NODE_UNION)
                return union_of_writer(c, w, r, set, to, next, ret);
        if (r->type == NODE_UNION) {
                int branch = resolve_branch(w, r);
                if (branch < 0)
                        return unresolved(c, w, r);
                to.branch = (uint8_t)(branch + 1);
                return value(c, w, r->branches[branch], set, to, next, ret);
        }
        if (w->type < NODE_PRIMITIVES && r->type < NODE_PRIMITIVES)
                return primitive(c, w, r, to, next, ret);
        if (!resolve_match(w, r))
                return unresolved(c, w, r);
        switch (w->type) {
        case NODE_FIXED:
                return plan_op(c,
                               (Op){ .code = OP_FIXED,
                                     .at = to.at,
                                     .n = w->n,
                                     .next = next,
                                     .head = head(TOCSIN_BYTES, to) | (uint64_t)w->n << 32 },
                               ret);
        case NODE_ENUM:
                return symbols(c, w, r, to, next, ret);
        case NODE_RECORD:
                return record(c, w, r, set, to, next, ret);
        default:
                return items(c, w, r, set, to, next, ret);
        }
}

static int value(Compiler *c, const Node *w, const Node *r, const ReadSet *set, Place to, const Op *next, const Op **ret) {
        if (c->depth >= LIMIT_COMPILE_DEPTH)
                return why_say(c->why, SCHEMA_E_BAD, "types nested too deep");
        c->depth++;
        int e = resolved(c, w, r, set, to, next, ret);
        c->depth--;
        return e;
}

static int compile(Plan *p, const Schema *writer, const Schema *reader, const char *const *reads, size_t n, Why *why) {
        Compiler c = { .arena = p->arena, .why = why };
        ReadSet *set = NULL;
        c.inside = arena_alloc(p->arena, LIMIT_COMPILE_DEPTH * sizeof *c.inside);
        REQUIRE(c.inside, -ENOMEM);
        if (reads)
                GUARD(read_set_new(p->arena, reader, reads, n, &set, why));
        return value(&c, writer->root, reader->root, set, (Place){ 0 }, &plan_end, &p->first);
}

int plan_new(Plan **ret, const Schema *writer, const Schema *reader, const char *const *reads, size_t n, Why *why) {
        _cleanup_(arena_freep) Arena *a = arena_new(PLAN_ARENA_BYTES);
        Plan *p = a ? arena_zalloc(a, sizeof *p) : NULL;
        if (!p)
                return why_say(why, -ENOMEM, "out of memory");
        p->arena = a;
        int r = compile(p, writer, reader, reads, n, why);
        if (r == -ENOMEM)
                return why_say(why, r, "out of memory");
        GUARD(r);
        (void)steal(a);
        *ret = p;
        return 0;
}

Plan *plan_free(Plan *p) {
        if (p)
                arena_free(p->arena);
        return NULL;
}
