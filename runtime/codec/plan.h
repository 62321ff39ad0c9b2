/* A plan: operations that read one writer's schema into one reader's value. Inside the room only.
 *
 * An operation writes to `base + at`. Records are blocks: the template of a block is copied to the arena with names,
 * defaults and the records directly inside it in place, and `base` is the copy. A sequence ends with OP_END. */
#pragma once

#include "codec/codec.h"
#include "codec/node.h"

typedef enum OpCode {
        OP_END,
        /* into a value, nothing entered */
        OP_NULL, OP_BOOLEAN, OP_INT, OP_LONG, OP_FLOAT, OP_DOUBLE, OP_INT_FLOAT, OP_INT_DOUBLE, OP_LONG_FLOAT, OP_LONG_DOUBLE,
        OP_STRING, OP_BYTES, OP_FIXED, OP_ENUM,
        /* past what nobody reads; n of them */
        OP_SKIP_BOOLEAN, OP_SKIP_INT, OP_SKIP_LONG, OP_SKIP_STRING, OP_SKIP_BYTES, OP_SKIP_FIXED, OP_SKIP_ENUM,
        OP_SCALARS,                      /* those above need no frame */
        OP_UNION = OP_SCALARS, OP_UNRESOLVED,
        /* a frame each */
        OP_RECORD, OP_LIST, OP_MAP, OP_SKIP_RECORD, OP_SKIP_ITEMS
} OpCode;

typedef struct Op Op;
typedef struct Block Block;

typedef struct Symbol {              /* of the reader, for an index of the writer */
        uint64_t head;               /* 0: the reader has none */
        const char *text;
} Symbol;

struct Op {
        uint8_t code;
        uint8_t level;               /* containers of this sequence around it */
        uint8_t simple;              /* LIST, MAP, SKIP_ITEMS: an item is one scalar operation */
        uint8_t levels;              /* LIST, MAP, SKIP_ITEMS: records within records of an item */
        uint32_t at;                 /* of the value, from base */
        uint64_t head;               /* the value's first eight bytes, len 0 */
        const Op *next;
        union {
                const Op *items;             /* LIST, MAP, SKIP_ITEMS */
                const Op *const *targets;    /* UNION */
                const Symbol *symbols;       /* ENUM */
                const Block *block;          /* RECORD, SKIP_RECORD */
        } u;
        uint32_t n;                  /* targets, symbols, bytes of FIXED, repetitions of SKIP_… */
        uint32_t min;                /* LIST, MAP, SKIP_ITEMS: least bytes of an item */
};

struct Block {
        const Op *first;
        const tocsin_field *fields;  /* the template; NULL: a skipped record */
        struct Fix { uint32_t at, to; } *fixes;  /* where in the copy the address of what in the copy belongs */
        uint32_t n, n_own, n_fixes;  /* fields in the template, those of the record itself */
        uint8_t levels;              /* records within records */
};

struct Plan {
        Arena *arena;                /* everything, and this */
        const Op *first;
};

/* ---- compiling ----------------------------------------------------------------------------------------- */

typedef struct ReadSet ReadSet;
struct ReadSet {                     /* of a record's fields, those to read; where a set is NULL: everything */
        const Node *of;
        struct ReadField { bool wanted; ReadSet *below; } *fields;
};
/* 0 | SCHEMA_E_BAD: no such field | -ENOMEM */
int read_set_new(Arena *a, const Schema *reader, const char *const *reads, size_t n, ReadSet **ret, Why *why);

typedef struct Known {               /* a block by what it was compiled from */
        struct Known *next;
        const Node *w, *r;
        const ReadSet *set;
        bool failed;                 /* these two do not resolve */
        Block block;
} Known;
typedef struct Draft Draft;          /* a block's template while it grows */

typedef struct Compiler {
        Arena *arena;
        Why *why;
        Known *known;
        Draft *draft;                /* of the block being compiled; NULL: a sequence without one */
        const Node **inside;         /* records being laid out: one within itself needs a block */
        unsigned n_inside, depth;
        unsigned level, levels;      /* records around what is compiled in this sequence, now and at most */
        size_t n_ops;
} Compiler;

#define LIMIT_INLINE_OPS (1u << 13)      /* beyond it records are blocks of their own: schemas that double end */
#define LIMIT_PLAN_OPS (1u << 18)
#define LIMIT_INLINE_LEVELS 8u
#define LIMIT_INLINE_FIELDS 256u         /* in one template: 8 KiB to copy */
#define LIMIT_COMPILE_DEPTH 512u         /* types within types: bounds the compiler's recursion */

int plan_op(Compiler *c, Op op, const Op **ret);
/* Operations past one value of w, then `next`. 0 | SCHEMA_E_BAD | -ENOMEM. */
int plan_skip(Compiler *c, const Node *w, const Op *next, const Op **ret);
/* May a record be laid out where it stands? It is entered then, until plan_leave(). */
bool plan_enter(Compiler *c, const Node *t);
void plan_leave(Compiler *c);
/* The block for (w, r, set); *ret_new: it was not there, and is yours to fill. */
int plan_known(Compiler *c, const Node *w, const Node *r, const ReadSet *set, Known **ret, bool *ret_new);
extern const Op plan_end;

/* ---- resolution (Avro 1.11, "Schema Resolution") --------------------------------------------------------- */

/* Could a value of w be read as r? Shallow: what is inside records is not looked at. */
bool resolve_match(const Node *w, const Node *r);
/* The branch of union r for w: the very type if it is there, else the first that matches. -1: none. */
int resolve_branch(const Node *w, const Node *r);
/* The field of w that reader's field f means: by name, else by alias. NULL: none. */
const NodeField *resolve_field(const Node *w, const NodeField *f);
