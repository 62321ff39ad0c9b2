/* Names to values, each name once: what becomes a map of an event. Bounded, and it counts what did not fit. */
#pragma once

#include "kit.h"

typedef struct Bag {
        Kit *kit;
        tocsin_field *fields;
        uint32_t n, capacity, max;
        struct BagSlot {
                uint32_t hash, index;  /* index + 1 into fields; 0: free */
        } *slots;                  /* open addressing; the hash is there so that chosen collisions cost little */
        uint32_t n_slots;
        uint32_t dropped;          /* names that were there, or beyond max */
} Bag;

Bag bag_of(Kit *k, uint32_t max);
/* The first of a name stays. `name` and the value are borrowed. */
void bag_put(Bag *b, tocsin_bytes name, tocsin_value v);
void bag_str(Bag *b, const char *name, tocsin_bytes text);
const tocsin_value *bag_find(const Bag *b, const char *name);
