/* Operations past values that nobody reads. What is refused when it is read is refused when it is skipped. */
#include "codec/plan.h"

static int repeat(Compiler *c, OpCode code, uint32_t n, const Op *next, const Op **ret) {
        if (next->code == code && code != OP_SKIP_ENUM && next->n < 1u << 30)
                return plan_op(c, (Op){ .code = (uint8_t)code, .n = next->n + n, .next = next->next }, ret);
        return plan_op(c, (Op){ .code = (uint8_t)code, .n = n, .next = next }, ret);
}

static int skip_fields(Compiler *c, const Node *w, const Op *next, const Op **ret) {
        for (uint32_t i = w->n; i-- > 0;)
                GUARD(plan_skip(c, w->fields[i].type, next, &next));
        *ret = next;
        return 0;
}

static int skip_block(Compiler *c, const Node *w, const Op *next, const Op **ret) {
        Known *k;
        bool new;
        GUARD(plan_known(c, w, NULL, NULL, &k, &new));
        if (new) {
                unsigned level = c->level, levels = c->levels;
                c->level = c->levels = 0;
                GUARD(skip_fields(c, w, &plan_end, &k->block.first));
                k->block.levels = (uint8_t)c->levels;
                c->level = level;
                c->levels = levels;
        }
        return plan_op(c, (Op){ .code = OP_SKIP_RECORD, .next = next, .level = (uint8_t)c->level, .u.block = &k->block }, ret);
}

static int skip_record(Compiler *c, const Node *w, const Op *next, const Op **ret) {
        if (!plan_enter(c, w))
                return skip_block(c, w, next, ret);
        GUARD(skip_fields(c, w, next, ret));
        plan_leave(c);
        return 0;
}

static int skip_union(Compiler *c, const Node *w, const Op *next, const Op **ret) {
        const Op **targets = arena_alloc(c->arena, w->n * sizeof *targets);
        REQUIRE(targets, -ENOMEM);
        for (uint32_t i = 0; i < w->n; i++) {
                const Node *b = w->branches[i];
                GUARD(b->type == NODE_RECORD ? skip_block(c, b, next, &targets[i]) : plan_skip(c, b, next, &targets[i]));
        }
        return plan_op(c, (Op){ .code = OP_UNION, .n = w->n, .next = next, .u.targets = targets }, ret);
}

static int skip_items(Compiler *c, const Node *w, const Op *next, const Op **ret) {
        Op op = { .code = OP_SKIP_ITEMS, .next = next, .level = (uint8_t)c->level, .min = w->items->min_bytes };
        unsigned level = c->level, levels = c->levels;
        c->level = c->levels = 0;
        GUARD(plan_skip(c, w->items, &plan_end, &op.u.items));
        if (w->type == NODE_MAP) {
                GUARD(repeat(c, OP_SKIP_STRING, 1, op.u.items, &op.u.items));
                op.min++;
        }
        op.levels = (uint8_t)c->levels;
        op.simple = op.u.items->code == OP_END || (op.u.items->code < OP_SCALARS && op.u.items->next == &plan_end);
        c->level = level;
        c->levels = levels;
        return plan_op(c, op, ret);
}

int plan_skip(Compiler *c, const Node *w, const Op *next, const Op **ret) {
        static const uint8_t codes[NODE_PRIMITIVES] = { OP_END,        OP_SKIP_BOOLEAN, OP_SKIP_INT,   OP_SKIP_LONG,
                                                        OP_SKIP_FIXED, OP_SKIP_FIXED,   OP_SKIP_BYTES, OP_SKIP_STRING };
        if (c->depth >= LIMIT_COMPILE_DEPTH)
                return why_say(c->why, SCHEMA_E_BAD, "types nested too deep");
        c->depth++;
        int r = 0;
        switch (w->type) {
        case NODE_NULL:
                *ret = next;
                break;
        case NODE_FIXED:
                r = w->n ? repeat(c, OP_SKIP_FIXED, w->n, next, ret) : (*ret = next, 0);
                break;
        case NODE_ENUM:
                r = repeat(c, OP_SKIP_ENUM, w->n, next, ret);
                break;
        case NODE_RECORD:
                r = w->min_bytes ? skip_record(c, w, next, ret) : (*ret = next, 0);
                break;
        case NODE_UNION:
                r = skip_union(c, w, next, ret);
                break;
        case NODE_ARRAY:
        case NODE_MAP:
                r = skip_items(c, w, next, ret);
                break;
        default:
                r = repeat(c, codes[w->type], w->type == NODE_FLOAT ? 4 : w->type == NODE_DOUBLE ? 8 : 1, next, ret);
                break;
        }
        c->depth--;
        return r;
}
