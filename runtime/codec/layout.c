/* What the compiler's halves share: operations, blocks by what they were made from, records within records. */
#include "codec/plan.h"

const Op plan_end = { .code = OP_END };

int plan_op(Compiler *c, Op op, const Op **ret) {
        if (++c->n_ops > LIMIT_PLAN_OPS)
                return why_say(c->why, SCHEMA_E_BAD, "the two schemas together are too large");
        Op *to = arena_alloc(c->arena, sizeof *to);
        REQUIRE(to, -ENOMEM);
        *to = op;
        *ret = to;
        return 0;
}

bool plan_enter(Compiler *c, const Node *t) {
        if (c->level >= LIMIT_INLINE_LEVELS || c->n_ops > LIMIT_INLINE_OPS || c->n_inside >= LIMIT_COMPILE_DEPTH)
                return false;
        for (unsigned i = 0; i < c->n_inside; i++)
                if (c->inside[i] == t)
                        return false;
        c->inside[c->n_inside++] = t;
        c->level++;
        c->levels = c->level > c->levels ? c->level : c->levels;
        return true;
}

void plan_leave(Compiler *c) {
        c->n_inside--;
        c->level--;
}

int plan_known(Compiler *c, const Node *w, const Node *r, const ReadSet *set, Known **ret, bool *ret_new) {
        *ret_new = false;
        for (Known *k = c->known; k; k = k->next)
                if (k->w == w && k->r == r && k->set == set) {
                        *ret = k;
                        return 0;
                }
        Known *k = arena_zalloc(c->arena, sizeof *k);
        REQUIRE(k, -ENOMEM);
        *k = (Known){ .next = c->known, .w = w, .r = r, .set = set };
        c->known = *ret = k;
        *ret_new = true;
        return 0;
}
