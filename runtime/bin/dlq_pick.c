/* Choosing among dead letters. Pure. */
#include "bin/dlq.h"

static bool named(const Pick *p, LetterId id) {
        for (size_t i = 0; i < p->n_ids; i++)
                if (p->ids[i].partition == id.partition && p->ids[i].offset == id.offset)
                        return true;
        return p->n_ids == 0;
}

static bool reason_fits(const Pick *p, const char *reason) {
        for (size_t i = 0; i < p->n_reasons; i++)
                if (strcmp(p->reasons[i], reason) == 0)
                        return true;
        return p->n_reasons == 0;
}

static bool fits(const Pick *p, const Letter *l) {
        return (p->done || l->state == LETTER_OPEN) && reason_fits(p, l->reason) && (!p->port || strcmp(p->port, l->port) == 0) &&
               l->time_us >= p->from_us && l->time_us < p->until_us && named(p, l->id);
}

static int by_time(const void *a, const void *b) {
        const Letter *x = *(Letter *const *)a, *y = *(Letter *const *)b;
        if (x->time_us != y->time_us)
                return x->time_us < y->time_us ? -1 : 1;
        if (x->id.partition != y->id.partition)
                return x->id.partition < y->id.partition ? -1 : 1;
        return (x->id.offset > y->id.offset) - (x->id.offset < y->id.offset);
}

int pick_letters(const Pick *p, const Letters *l, Letter ***ret, size_t *n) {
        Letter **at = malloc((l->n + 1) * sizeof(Letter *));
        size_t k = 0;
        if (!at)
                return -ENOMEM;
        for (size_t i = 0; i < l->n; i++)
                if (fits(p, &l->at[i]))
                        at[k++] = &l->at[i];
        qsort(at, k, sizeof(Letter *), by_time);
        *n = p->max && k > p->max ? p->max : k;
        *ret = at;
        return 0;
}
