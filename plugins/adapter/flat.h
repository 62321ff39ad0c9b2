/* Trees into names and leaves: "cpuUsageArray[cpu0].percentUsage" = 0.36.
 *
 * An item of a list is called by what identifies it, so that its name does not change with its place: the text of the entry
 * whose name ends in "Identifier", or name, objectName, keyName, id and the like; where it has none, or one that came before
 * in the list, by its index. Pure. */
#pragma once

#include "bag.h"

#define FLAT_NAME_BYTES_MAX 256u       /* of one leaf; deeper or longer is dropped and counted */
#define FLAT_METRICS_MAX 4096u         /* of one event: a full perf3gpp report of a cell has some hundred */
#define FLAT_ATTRIBUTES_MAX 512u       /* of one event */
#define FLAT_TEXT_BYTES_MAX 4096u      /* of one attribute; longer is cut and counted */
#define FLAT_ITEM_BYTES_MAX 96u        /* of what an item is called */

typedef struct Flat {
        Kit *kit;
        Bag metrics, attributes;
        bool numbers;                   /* numbers are metrics, not attributes */
        char path[FLAT_NAME_BYTES_MAX];
        size_t len;                     /* beyond FLAT_NAME_BYTES_MAX: the name is too long */
        uint32_t cut;                   /* names too long and texts cut */
} Flat;

Flat flat_of(Kit *k, bool numbers);
/* One level down; hand what it returns to flat_pop(). */
size_t flat_push(Flat *f, tocsin_bytes name);
size_t flat_push_z(Flat *f, const char *name);
/* Into item i of a list; `seen` is one bag a list, from bag_of(). */
size_t flat_push_item(Flat *f, Bag *seen, const tocsin_value *item, uint32_t i);
void flat_pop(Flat *f, size_t len);
/* A leaf at the path. text_numbers: a text that is a number is one (and a metric, if numbers are). */
void flat_leaf(Flat *f, const tocsin_value *v, bool text_numbers);
/* Everything below, without a schema. */
void flat_tree(Flat *f, const tocsin_value *v, bool text_numbers);
/* The entry that identifies an item, or NULL. */
const tocsin_field *flat_identity(const tocsin_value *item);
/* What did not fit. */
uint32_t flat_dropped(const Flat *f);
