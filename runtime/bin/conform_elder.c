/* A table as an elder version may have left it. What that looked like only its authors know, so it is anything: entries as
 * they are, cut short, run on, or of bytes that mean nothing. */
#include "bin/conform_elder.h"

#define ELDER_BYTES 96u /* of a value that is made up, or by which one runs on */

typedef struct Entries {
        Arena *arena;
        Bytes (*at)[2];
        size_t n;
} Entries;

static int take(void *arg, Bytes key, Bytes value) {
        Entries *e = arg;
        Bytes *to = e->at[e->n++];
        to[0] = arena_dup(e->arena, key);
        to[1] = arena_dup(e->arena, value);
        return to[0].ptr && to[1].ptr ? 0 : -ENOMEM;
}

static Bytes changed(Random *r, Bytes was, Arena *a) {
        uint64_t how = random_below(r, 4);
        size_t keep = how == 0 ? was.len : how == 3 ? 0 : (size_t)random_below(r, was.len + 1), more = 0;
        if (how >= 2)
                more = 1 + (size_t)random_below(r, ELDER_BYTES);
        uint8_t *p = arena_alloc(a, keep + more + 1);
        if (!p)
                return BYTES_NULL;
        if (keep)
                memcpy(p, was.ptr, keep);
        for (size_t i = keep; i < keep + more; i++)
                p[i] = (uint8_t)random_draw(r);
        return bytes_of(p, keep + more);
}

int elder_table(Table *t, uint64_t seed, Arena *a) {
        Entries e = { .arena = a };
        Random r = { .state = seed };
        e.at = arena_alloc(a, (table_count(t, SPACE_USER) + 1) * sizeof *e.at);
        if (!e.at)
                return -ENOMEM;
        GUARD(table_scan(t, SPACE_USER, BYTES_NULL, take, &e));
        for (size_t i = 0; i < e.n; i++) {
                Bytes value = changed(&r, e.at[i][1], a);
                int put = value.ptr ? table_put(t, SPACE_USER, e.at[i][0], value) : -ENOMEM;
                if (put < 0)
                        return put; /* over a limit: it stays as it is */
        }
        table_commit(t);
        return 0;
}
