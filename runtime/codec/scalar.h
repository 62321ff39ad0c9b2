/* Operations that enter nothing: one value read or passed over. Inline, because they are most of what decoding is: the loop
 * over a plan and the loops over simple items each have their own copy. Inside the room only. */
#pragma once

#include "codec/plan.h"
#include "codec/wire.h"
#include "value/utf8.h"

/* One step; p NULL: failed with r. */
typedef struct Step {
        const uint8_t *p;
        int r;
} Step;

#define FAIL(answer)           \
        return (Step) {        \
                NULL, (answer) \
        }

/* The length of a string, checked. */
static inline Varint length(const uint8_t *p, const uint8_t *end) {
        Varint n = wire_long(p, end);
        if (__builtin_expect(!n.p, 0))
                return n;
        if (__builtin_expect(n.v & 1, 0))
                return (Varint){ NULL, CODEC_E_MALFORMED };
        n.v >>= 1;
        return __builtin_expect(n.v > (uint64_t)(end - n.p), 0) ? (Varint){ NULL, CODEC_E_TRUNCATED } : n;
}

static inline void store(uint8_t *base, const Op *op, uint64_t more, uint64_t payload) {
        uint64_t v[2] = { op->head | more, payload };
        memcpy(base + op->at, v, sizeof v);
}

static inline void store_double(uint8_t *base, const Op *op, double d) {
        uint64_t bits;
        memcpy(&bits, &d, sizeof bits);
        store(base, op, 0, bits);
}

/* Operations that enter nothing. */
static inline __attribute__((always_inline)) Step scalar(const Op *op, const uint8_t *p, const uint8_t *end, uint8_t *base) {
        Varint v;
        float f;
        uint64_t bits;
        switch (op->code) {
        case OP_NULL:
                store(base, op, 0, 0);
                break;
        case OP_BOOLEAN:
                if (p == end)
                        FAIL(CODEC_E_TRUNCATED);
                if (*p > 1)
                        FAIL(CODEC_E_MALFORMED);
                store(base, op, 0, *p++);
                break;
        case OP_INT:
        case OP_INT_FLOAT:
        case OP_INT_DOUBLE:
                v = wire_int(p, end);
                if (!v.p)
                        FAIL((int)v.v);
                p = v.p;
                if (op->code == OP_INT)
                        store(base, op, 0, (uint64_t)wire_zigzag(v.v));
                else
                        store_double(base, op,
                                     op->code == OP_INT_FLOAT ? (double)(float)wire_zigzag(v.v) : (double)wire_zigzag(v.v));
                break;
        case OP_LONG:
                v = wire_long(p, end);
                if (!v.p)
                        FAIL((int)v.v);
                p = v.p;
                store(base, op, 0, (uint64_t)wire_zigzag(v.v));
                break;
        case OP_LONG_FLOAT:
        case OP_LONG_DOUBLE:
                v = wire_long(p, end);
                if (!v.p)
                        FAIL((int)v.v);
                p = v.p;
                store_double(base, op, op->code == OP_LONG_FLOAT ? (double)(float)wire_zigzag(v.v) : (double)wire_zigzag(v.v));
                break;
        case OP_FLOAT:
                if (end - p < 4)
                        FAIL(CODEC_E_TRUNCATED);
                memcpy(&f, p, 4);
                p += 4;
                store_double(base, op, (double)f);
                break;
        case OP_DOUBLE:
                if (end - p < 8)
                        FAIL(CODEC_E_TRUNCATED);
                memcpy(&bits, p, 8);
                p += 8;
                store(base, op, 0, bits);
                break;
        case OP_STRING:
        case OP_BYTES:
                v = length(p, end);
                if (!v.p)
                        FAIL((int)v.v);
                if (op->code == OP_STRING && !utf8_valid(v.p, v.v))
                        FAIL(CODEC_E_MALFORMED);
                store(base, op, v.v << 32, (uint64_t)(uintptr_t)v.p);
                p = v.p + v.v;
                break;
        case OP_FIXED:
                if ((uint64_t)(end - p) < op->n)
                        FAIL(CODEC_E_TRUNCATED);
                store(base, op, 0, (uint64_t)(uintptr_t)p);
                p += op->n;
                break;
        case OP_ENUM:
                v = wire_int(p, end);
                if (!v.p)
                        FAIL((int)v.v);
                if ((v.v & 1) || v.v >> 1 >= op->n)
                        FAIL(CODEC_E_MALFORMED);
                if (!op->u.symbols[v.v >> 1].head)
                        FAIL(CODEC_E_UNRESOLVED);
                p = v.p;
                bits = (uint64_t)(uintptr_t)op->u.symbols[v.v >> 1].text;
                memcpy(base + op->at, &op->u.symbols[v.v >> 1].head, 8);
                memcpy(base + op->at + 8, &bits, 8);
                break;
        case OP_SKIP_BOOLEAN:
                for (uint32_t i = op->n; i--; p++) {
                        if (p == end)
                                FAIL(CODEC_E_TRUNCATED);
                        if (*p > 1)
                                FAIL(CODEC_E_MALFORMED);
                }
                break;
        case OP_SKIP_INT:
        case OP_SKIP_LONG:
                for (uint32_t i = op->n; i--; p = v.p) {
                        v = op->code == OP_SKIP_INT ? wire_int(p, end) : wire_long(p, end);
                        if (!v.p)
                                FAIL((int)v.v);
                }
                break;
        case OP_SKIP_STRING:
                for (uint32_t i = op->n; i--; p = v.p + v.v) {
                        v = length(p, end);
                        if (!v.p)
                                FAIL((int)v.v);
                        if (!utf8_valid(v.p, v.v))
                                FAIL(CODEC_E_MALFORMED);
                }
                break;
        case OP_SKIP_BYTES:
                for (uint32_t i = op->n; i--; p = v.p + v.v) {
                        v = length(p, end);
                        if (!v.p)
                                FAIL((int)v.v);
                }
                break;
        case OP_SKIP_FIXED:
                if ((uint64_t)(end - p) < op->n)
                        FAIL(CODEC_E_TRUNCATED);
                p += op->n;
                break;
        case OP_SKIP_ENUM:
                v = wire_int(p, end);
                if (!v.p)
                        FAIL((int)v.v);
                if ((v.v & 1) || v.v >> 1 >= op->n)
                        FAIL(CODEC_E_MALFORMED);
                p = v.p;
                break;
        default:
                break;
        }
        return (Step){ p, 0 };
}
