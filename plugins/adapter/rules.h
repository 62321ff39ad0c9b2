/* Which loop a message belongs to: the registry's Loop.sources, compiled once and asked for each message. Pure but for memory.
 *
 * A rule matches when all its fields do; a text that ends in * is a prefix; a rule without fields matches all. The first match
 * in the order of loop ids wins, within a loop in the order of its rules. */
#pragma once

#include "kit.h"

#define RULES_MAX 65536u         /* of all loops for one adapter */
#define RULES_FIELDS_MAX 64u     /* different fields that rules look at */

typedef struct Rules Rules;

typedef struct RuleProducer {
        tocsin_bytes name;
        bool numbered;
} RuleProducer;

typedef struct RuleLoop {
        tocsin_bytes id, domain;
        const RuleProducer *producers;
        uint32_t n_producers;
} RuleLoop;

/* The text of a message's field; len 0: it has none. */
typedef tocsin_bytes RuleField(void *message, tocsin_bytes field);

/* Rows of the registry for `adapter`, in the order of loop ids. Rows and texts are copied. */
Rules *rules_new(void);
Rules *rules_free(Rules *r);
/* 0 | -ENOMEM | 1: over a bound, the row is not in. */
int rules_add(Rules *r, const char *adapter, const tocsin_value *row);
uint32_t rules_count(const Rules *r);
/* NULL: none matches. */
const RuleLoop *rules_find(const Rules *r, RuleField *field, void *message);
/* Does the registry say that this producer numbers its events? A producer that is not in it does not. */
bool rule_numbered(const RuleLoop *loop, tocsin_bytes producer);
