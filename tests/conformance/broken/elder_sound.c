/* Takes over what version 1 left: there every number had a byte before it. What it cannot read it drops, by key. */
static int rebuild(void *inst, unsigned found);
#define REBUILD rebuild
#define STATE 2
#include "base.h"

#define GONE_MAX 64u

typedef struct Elders {
        size_t n;
        size_t len[GONE_MAX];
        unsigned char key[GONE_MAX][LOOP_MAX];
        long long value[GONE_MAX];
} Elders;

static int elder(void *arg, tocsin_bytes key, tocsin_bytes value) {
        Elders *e = arg;
        if (e->n == GONE_MAX)
                return 1;
        if (value.len == sizeof(int64_t))
                return 0;
        e->len[e->n] = key.len;
        memcpy(e->key[e->n], key.ptr, key.len);
        e->value[e->n] = -1;
        if (value.len == sizeof(int64_t) + 1)
                memcpy(&e->value[e->n], value.ptr + 1, sizeof(int64_t));
        e->n++;
        return 0;
}

static int rebuild(void *inst, unsigned found) {
        Instance *p = inst;
        if (found != 1)
                return 0;
        int r = 0;
        for (int more = 1; r == 0 && more;) {
                Elders *e = p->host->scratch(p->host, sizeof *e);
                if (!e)
                        return TOCSIN_E_NOMEM;
                more = p->host->scan(p->host, tocsin_bytes_of(NULL, 0), elder, e);
                if (more < 0) {
                        p->host->fail(p->host, "the table of version 1 cannot be read");
                        return more;
                }
                for (size_t i = 0; r == 0 && i < e->n; i++) {
                        tocsin_bytes key = tocsin_bytes_of(e->key[i], e->len[i]);
                        r = e->value[i] < 0 ? p->host->del(p->host, key)
                                            : p->host->put(p->host, key, tocsin_bytes_of(&e->value[i], sizeof e->value[i]));
                }
        }
        return r;
}
