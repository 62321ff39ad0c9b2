/* Which type of the writer may be read as which of the reader (Avro 1.11, "Schema Resolution" and "Aliases"). */
#include "codec/plan.h"

static bool same_name(const Node *w, const Node *r) {
        if (bytes_eq(w->base, r->base))
                return true;
        for (uint32_t i = 0; i < r->n_aliases; i++)
                if (bytes_eq_z(r->aliases[i], w->name))
                        return true;
        return false;
}

static bool promotes(NodeType w, NodeType r) {
        switch (w) {
        case NODE_INT:
                return r == NODE_LONG || r == NODE_FLOAT || r == NODE_DOUBLE;
        case NODE_LONG:
                return r == NODE_FLOAT || r == NODE_DOUBLE;
        case NODE_FLOAT:
                return r == NODE_DOUBLE;
        case NODE_STRING:
                return r == NODE_BYTES;
        case NODE_BYTES:
                return r == NODE_STRING;
        default:
                return false;
        }
}

/* Recursion only through arrays and maps, as deep as they stand in one text. */
bool resolve_match(const Node *w, const Node *r) {
        if (w->type == NODE_UNION || r->type == NODE_UNION)
                return true;
        if (w->type != r->type)
                return promotes(w->type, r->type);
        if (w->type == NODE_ARRAY || w->type == NODE_MAP)
                return resolve_match(w->items, r->items);
        return !node_is_named(w) || (same_name(w, r) && (w->type != NODE_FIXED || w->n == r->n));
}

int resolve_branch(const Node *w, const Node *r) {
        for (uint32_t i = 0; i < r->n; i++) {
                const Node *b = r->branches[i];
                if (w->type == b->type &&
                    (node_is_named(w) ? strcmp(w->name, b->name) == 0 && resolve_match(w, b) : resolve_match(w, b)))
                        return (int)i;
        }
        for (uint32_t i = 0; i < r->n; i++)
                if (resolve_match(w, r->branches[i]))
                        return (int)i;
        return -1;
}

static const NodeField *field_named(const Node *t, Bytes name) {
        for (uint32_t i = 0; i < t->n; i++)
                if (bytes_eq(t->fields[i].name, name))
                        return &t->fields[i];
        return NULL;
}

const NodeField *resolve_field(const Node *w, const NodeField *f) {
        const NodeField *found = field_named(w, f->name);
        for (uint32_t i = 0; !found && i < f->n_aliases; i++)
                found = field_named(w, f->aliases[i]);
        return found;
}
