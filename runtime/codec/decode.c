/* The decoder: one loop over a plan's operations, one bounded stack of frames, no recursion.
 *
 * Every length is compared with the bytes that are left before it is believed, so work and memory are linear in the
 * length of the message; items that take no bytes have a budget of their own. */
#include "codec/plan.h"

#include "codec/scalar.h"
#include "core/limits.h"
#include <tocsin/value.h>

typedef struct Frame { /* of what is around: a record that goes on, or a list between two items */
        const Op *loop; /* LIST, MAP, SKIP_ITEMS; NULL: a record */
        const Op *back;
        uint8_t *base; /* of the sequence around */
        uint8_t *items;
        uint64_t left; /* items of the block */
        const uint8_t *block_end; /* NULL: the block did not tell its size */
        uint32_t n, size; /* items decoded, items there is room for */
        uint32_t depth; /* of the sequence around */
} Frame;

/* Eight bytes at once: the first without its high bit ends it, and the groups of seven bits are pushed together in pairs. */
static Varint varint_of_word(const uint8_t *p, unsigned max, uint8_t last) {
        uint64_t w, stop;
        memcpy(&w, p, sizeof w);
        stop = ~w & UTF8_HIGH;
        if (!stop)
                return (Varint){ NULL, 0 };
        unsigned n = (unsigned)__builtin_ctzll(stop) / 8 + 1;
        if (n > max || (n == max && p[n - 1] > last))
                return (Varint){ NULL, CODEC_E_MALFORMED };
        w &= (stop ^ (stop - 1)) & ~UTF8_HIGH;
        w = (w & UINT64_C(0x007f007f007f007f)) | (w & UINT64_C(0x7f007f007f007f00)) >> 1;
        w = (w & UINT64_C(0x00003fff00003fff)) | (w & UINT64_C(0x3fff00003fff0000)) >> 2;
        w = (w & UINT64_C(0x000000000fffffff)) | (w & UINT64_C(0x0fffffff00000000)) >> 4;
        return (Varint){ p + n, w };
}

Varint wire_varint_slow(const uint8_t *p, const uint8_t *end, unsigned max, uint8_t last) {
        if (end - p >= 8) {
                Varint v = varint_of_word(p, max, last);
                if (v.p || v.v)
                        return v;
        }
        uint64_t v = 0;
        for (unsigned i = 0; i < max; i++) {
                if (p == end)
                        return (Varint){ NULL, CODEC_E_TRUNCATED };
                uint8_t b = *p++;
                v |= (uint64_t)(b & 0x7f) << 7 * i;
                if (b < 0x80)
                        return i == max - 1 && b > last ? (Varint){ NULL, CODEC_E_MALFORMED } : (Varint){ p, v };
        }
        return (Varint){ NULL, CODEC_E_MALFORMED };
}

/* An arena refuses at its max, or because the machine has no more: malloc says which. */
static void *room(Arena *a, size_t n, int *r) {
        errno = 0;
        void *to = arena_alloc(a, n);
        if (__builtin_expect(!to, 0))
                *r = errno == ENOMEM ? -ENOMEM : CODEC_E_LIMIT;
        return to;
}

/* A copy of a block's template, its inner records linked. */
static uint8_t *block_copy(const Block *b, Arena *a, int *r) {
        uint8_t *base = room(a, b->n * sizeof *b->fields, r);
        if (__builtin_expect(!base, 0))
                return NULL;
        memcpy(base, b->fields, b->n * sizeof *b->fields);
        for (uint32_t i = 0; i < b->n_fixes; i++) {
                uint8_t *to = base + b->fixes[i].to;
                memcpy(base + b->fixes[i].at, &to, sizeof to);
        }
        return base;
}

static inline size_t item_bytes(const Op *loop) {
        return loop->code == OP_MAP ? sizeof(tocsin_field) : sizeof(tocsin_value);
}

/* The next block of a list: its count, believed only after it is compared with what is left. f->left 0: the list ends. */
static Step block(Frame *f, const uint8_t *p, const uint8_t *end, uint32_t *zero) {
        if (f->block_end && f->block_end != p)
                FAIL(CODEC_E_MALFORMED);
        Varint v = wire_long(p, end);
        if (!v.p)
                FAIL((int)v.v);
        p = v.p;
        f->block_end = NULL;
        f->left = (uint64_t)wire_zigzag(v.v);
        if (v.v & 1) {
                if (v.v == UINT64_MAX)
                        FAIL(CODEC_E_MALFORMED);
                f->left = 0 - f->left;
                v = wire_long(p, end);
                if (!v.p)
                        FAIL((int)v.v);
                if (v.v & 1)
                        FAIL(CODEC_E_MALFORMED);
                p = v.p;
                if (v.v >> 1 > (uint64_t)(end - p))
                        FAIL(CODEC_E_TRUNCATED);
                f->block_end = p + (v.v >> 1);
        }
        if (f->loop->min ? f->left > (uint64_t)(end - p) / f->loop->min : f->left > *zero)
                FAIL(f->loop->min ? CODEC_E_TRUNCATED : CODEC_E_LIMIT);
        if (f->loop->min == 0)
                *zero -= (uint32_t)f->left;
        return (Step){ p, 0 };
}

/* Room for the items of the block: doubled, so that many small blocks copy each item a bounded number of times. */
static int grow(Frame *f, Arena *a) {
        if (f->left > UINT32_MAX / 2 - f->n)
                return CODEC_E_LIMIT;
        uint32_t need = f->n + (uint32_t)f->left, size = f->size * 2;
        if (need <= f->size)
                return 0;
        size = size > need ? size : need;
        int r = 0;
        uint8_t *items = room(a, size * item_bytes(f->loop), &r);
        if (!items)
                return r;
        if (f->n)
                memcpy(items, f->items, f->n * item_bytes(f->loop));
        f->items = items;
        f->size = size;
        return 0;
}

static Step map_key(const uint8_t *p, const uint8_t *end, uint8_t *to) {
        Varint v = length(p, end);
        if (__builtin_expect(!v.p, 0))
                FAIL((int)v.v);
        if (__builtin_expect(!utf8_valid(v.p, v.v), 0))
                FAIL(CODEC_E_MALFORMED);
        uint64_t field[2] = { (uint64_t)(uintptr_t)v.p, v.v };
        memcpy(to, field, sizeof field);
        return (Step){ v.p + v.v, 0 };
}

/* All items of a block that are one scalar operation each. */
static Step simple_items(Frame *f, const uint8_t *p, const uint8_t *end) {
        const Op *op = f->loop->u.items;
        Step s = { p, 0 };
        if (f->loop->code == OP_SKIP_ITEMS) {
                for (; op->code != OP_END && f->left && s.p; f->left--)
                        s = scalar(op, s.p, end, NULL);
                f->left = s.p ? 0 : f->left;
                return s;
        }
        bool map = f->loop->code == OP_MAP;
        size_t step = map ? sizeof(tocsin_field) : sizeof(tocsin_value);
        uint8_t *to = f->items + f->n * step;
        f->n += (uint32_t)f->left;
        for (; f->left; f->left--, to += step) {
                if (map)
                        s = map_key(s.p, end, to);
                if (__builtin_expect(!!s.p, 1))
                        s = scalar(op, s.p, end, to);
                if (__builtin_expect(!s.p, 0))
                        return s;
        }
        return s;
}

/* To where items go on: the rest of the block, the next one, or the end (left 0). */
static Step next_item(Frame *f, const uint8_t *p, const uint8_t *end, Arena *a, uint32_t *zero) {
        for (;;) {
                while (f->left == 0) {
                        Step s = block(f, p, end, zero);
                        if (!s.p || f->left == 0)
                                return s;
                        p = s.p;
                        int r = f->loop->code == OP_SKIP_ITEMS ? 0 : grow(f, a);
                        if (r != 0)
                                FAIL(r);
                }
                if (!f->loop->simple)
                        return (Step){ p, 0 };
                Step s = simple_items(f, p, end);
                if (!s.p)
                        return s;
                p = s.p;
        }
}

/* Where the item at hand goes; a map's key is read first. */
static Step begin_item(Frame *f, const uint8_t *p, const uint8_t *end, uint8_t **ret_base) {
        f->left--;
        if (f->loop->code == OP_SKIP_ITEMS)
                return (Step){ p, 0 };
        uint8_t *to = f->items + f->n++ * item_bytes(f->loop);
        *ret_base = to;
        return f->loop->code == OP_MAP ? map_key(p, end, to) : (Step){ p, 0 };
}

static int run(const Plan *plan, const uint8_t *p, const uint8_t *end, Arena *a, tocsin_value *ret) {
        Frame frames[LIMIT_DEPTH];
        uint32_t depth = 0, zero = LIMIT_ZERO_ITEMS, n_frames = 0;
        uint8_t *base = (uint8_t *)ret;
        const Op *op = plan->first;
        Step s;
        Varint v;
        int r = 0;
        for (;;) {
                switch (op->code) {
                case OP_UNION:
                        v = wire_long(p, end);
                        if (!v.p)
                                return (int)v.v;
                        if ((v.v & 1) || v.v >> 1 >= op->n)
                                return CODEC_E_MALFORMED;
                        p = v.p;
                        op = op->u.targets[v.v >> 1];
                        break;
                case OP_UNRESOLVED:
                        return CODEC_E_UNRESOLVED;
                case OP_RECORD:
                case OP_SKIP_RECORD: {
                        const Block *b = op->u.block;
                        if (depth + op->level + 1 + b->levels > LIMIT_DEPTH)
                                return CODEC_E_LIMIT;
                        Frame *f = &frames[n_frames++];
                        *f = (Frame){ .back = op->next, .base = base, .depth = depth };
                        depth += op->level + 1u;
                        if (op->code == OP_RECORD) {
                                uint8_t *copy = block_copy(b, a, &r);
                                if (!copy)
                                        return r;
                                store(base, op, 0, (uint64_t)(uintptr_t)copy);
                                base = copy;
                        }
                        op = b->first;
                        break;
                }
                case OP_LIST:
                case OP_MAP:
                case OP_SKIP_ITEMS: {
                        if (depth + op->level + 1 + op->levels > LIMIT_DEPTH)
                                return CODEC_E_LIMIT;
                        Frame *f = &frames[n_frames++];
                        *f = (Frame){ .loop = op, .back = op->next, .base = base, .depth = depth };
                        depth += op->level + 1u;
                        op = &plan_end;
                        break;
                }
                case OP_END: {
                        if (n_frames == 0)
                                return p == end ? 0 : CODEC_E_TRAILING;
                        Frame *f = &frames[n_frames - 1];
                        if (f->loop) {
                                s = next_item(f, p, end, a, &zero);
                                if (!s.p)
                                        return s.r;
                                p = s.p;
                                if (f->left) {
                                        s = begin_item(f, p, end, &base);
                                        if (!s.p)
                                                return s.r;
                                        p = s.p;
                                        op = f->loop->u.items;
                                        break;
                                }
                                if (f->loop->code != OP_SKIP_ITEMS)
                                        store(f->base, f->loop, (uint64_t)f->n << 32, (uint64_t)(uintptr_t)f->items);
                        }
                        op = f->back;
                        base = f->base;
                        depth = f->depth;
                        n_frames--;
                        break;
                }
                default:
                        s = scalar(op, p, end, base);
                        if (__builtin_expect(!s.p, 0))
                                return s.r;
                        p = s.p;
                        op = op->next;
                        break;
                }
        }
}

int plan_decode(const Plan *p, Bytes in, Arena *a, tocsin_value *ret) {
        static const uint8_t nothing[1];
        const uint8_t *begin = in.ptr ? in.ptr : nothing;
        ArenaMark mark = arena_mark(a);
        tocsin_value v = { 0 };
        if (in.len > UINT32_MAX)
                return CODEC_E_LIMIT;
        int r = run(p, begin, begin + in.len, a, &v);
        if (r != 0)
                arena_rewind(a, mark);
        else
                *ret = v;
        return r;
}

const char *codec_answer(int r) {
        static const char *const words[] = { "ok",    "malformed",      "truncated",  "trailing",
                                             "limit", "unknown_schema", "unresolved", "misfit" };
        return r >= 0 && (size_t)r < sizeof words / sizeof *words ? words[r] : r == -ENOMEM ? "out_of_memory" : "failed";
}
