/* Rules, compiled. Fields are interned, so that each is looked up once for a message, however many rules ask for it. */
#include "rules.h"
#include <errno.h>
#include <stdlib.h>
#include <tocsin/value.h>

typedef struct Test {
        uint32_t field;
        bool prefix;
        tocsin_bytes text;
} Test;

typedef struct Rule {
        struct Rule *next;
        const RuleLoop *loop;
        uint32_t n;
        Test tests[];
} Rule;

/* Everything a row brings lies in one block. */
typedef struct Block {
        struct Block *next;
        max_align_t data[];
} Block;

struct Rules {
        Rule *first, **last;
        uint32_t n;
        tocsin_bytes fields[RULES_FIELDS_MAX];
        uint32_t n_fields;
        Block *blocks;
};

Rules *rules_new(void) {
        Rules *r = calloc(1, sizeof *r);
        if (r)
                r->last = &r->first;
        return r;
}

Rules *rules_free(Rules *r) {
        if (r) {
                for (Block *b = r->blocks, *next; b; b = next) {
                        next = b->next;
                        free(b);
                }
                free(r);
        }
        return NULL;
}

static void *take(Rules *r, size_t n) {
        Block *b = calloc(1, sizeof *b + n + 1);
        if (!b)
                return NULL;
        b->next = r->blocks;
        r->blocks = b;
        return b->data;
}

static bool copy(Rules *r, tocsin_bytes text, tocsin_bytes *ret) {
        char *p = take(r, text.len);
        if (!p)
                return false;
        if (text.len)
                memcpy(p, text.ptr, text.len);
        *ret = tocsin_bytes_of(p, text.len);
        return true;
}

static int intern(Rules *r, tocsin_bytes name, uint32_t *ret) {
        uint32_t i = 0;
        while (i < r->n_fields && !tocsin_equal(name, r->fields[i]))
                i++;
        if (i == RULES_FIELDS_MAX)
                return 1;
        if (i == r->n_fields) {
                if (!copy(r, name, &r->fields[i]))
                        return -ENOMEM;
                r->n_fields++;
        }
        *ret = i;
        return 0;
}

static int add_rule(Rules *r, const RuleLoop *loop, const tocsin_value *match) {
        uint32_t n = tocsin_is(match, TOCSIN_MAP) ? match->len : 0;
        Rule *rule = r->n < RULES_MAX ? take(r, sizeof *rule + n * sizeof rule->tests[0]) : NULL;
        if (!rule)
                return r->n < RULES_MAX ? -ENOMEM : 1;
        rule->loop = loop;
        rule->n = n;
        for (uint32_t i = 0; i < n; i++) {
                const tocsin_field *f = &match->u.fields[i];
                tocsin_bytes text = tocsin_as_bytes(&f->value);
                int e = intern(r, tocsin_bytes_of(f->name, f->name_len), &rule->tests[i].field);
                if (e != 0)
                        return e;
                rule->tests[i].prefix = text.len > 0 && text.ptr[text.len - 1] == '*';
                text.len -= rule->tests[i].prefix;
                if (!copy(r, text, &rule->tests[i].text))
                        return -ENOMEM;
        }
        *r->last = rule;
        r->last = &rule->next;
        r->n++;
        return 0;
}

static int add_loop(Rules *r, const tocsin_value *row, const RuleLoop **ret) {
        const tocsin_value *producers = tocsin_find(row, "producers");
        uint32_t n = tocsin_is(producers, TOCSIN_LIST) ? producers->len : 0;
        RuleLoop *loop = take(r, sizeof *loop);
        RuleProducer *p = take(r, n * sizeof *p);
        if (!loop || !p || !copy(r, tocsin_get_bytes(row, "id"), &loop->id) ||
            !copy(r, tocsin_get_bytes(row, "domain"), &loop->domain))
                return -ENOMEM;
        for (uint32_t i = 0; i < n; i++) {
                if (!copy(r, tocsin_get_bytes(&producers->u.items[i], "name"), &p[i].name))
                        return -ENOMEM;
                p[i].numbered = tocsin_as_bool(tocsin_find(&producers->u.items[i], "numbered"), 1);
        }
        loop->producers = p;
        loop->n_producers = n;
        *ret = loop;
        return 0;
}

int rules_add(Rules *r, const char *adapter, const tocsin_value *row) {
        const tocsin_value *sources = tocsin_find(row, "sources");
        const RuleLoop *loop = NULL;
        int e = 0;
        for (uint32_t i = 0; e == 0 && tocsin_is(sources, TOCSIN_LIST) && i < sources->len; i++) {
                const tocsin_value *s = &sources->u.items[i];
                if (!tocsin_equal_z(tocsin_get_bytes(s, "adapter"), adapter))
                        continue;
                if (!loop)
                        e = add_loop(r, row, &loop);
                if (e == 0)
                        e = add_rule(r, loop, tocsin_find(s, "match"));
        }
        return e;
}

uint32_t rules_count(const Rules *r) {
        return r ? r->n : 0;
}

static bool matches(const Test *t, tocsin_bytes text) {
        if (text.len == 0)
                return false;
        if (t->prefix)
                return text.len >= t->text.len && memcmp(text.ptr, t->text.ptr, t->text.len) == 0;
        return tocsin_equal(text, t->text);
}

const RuleLoop *rules_find(const Rules *r, RuleField *field, void *message) {
        tocsin_bytes texts[RULES_FIELDS_MAX];
        if (!r)
                return NULL;
        for (uint32_t i = 0; i < r->n_fields; i++)
                texts[i] = field(message, r->fields[i]);
        for (const Rule *rule = r->first; rule; rule = rule->next) {
                uint32_t i = 0;
                while (i < rule->n && matches(&rule->tests[i], texts[rule->tests[i].field]))
                        i++;
                if (i == rule->n)
                        return rule->loop;
        }
        return NULL;
}

bool rule_numbered(const RuleLoop *loop, tocsin_bytes producer) {
        for (uint32_t i = 0; i < loop->n_producers; i++)
                if (tocsin_equal(loop->producers[i].name, producer))
                        return loop->producers[i].numbered;
        return false;
}
