/* Dead letters of one pipeline, whole. */
#pragma once

#include "bin/dlq.h"

typedef struct DlqShow {
        Dlq dlq;
        const Loaded *loaded;        /* whose ports' schemas there are; NULL: none, values are shown as they lie */
        const Pick *pick;
        bool json;
} DlqShow;
/* On stdout, in the order in which they lie. 0: *shown of them | BUS_E_… | LETTERS_E_MANY | -ENOMEM, *why */
int dlq_show(const DlqShow *c, size_t *shown, Why *why);
