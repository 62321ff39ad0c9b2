/* One plugin in three releases, whose tables have two layouts: LAYOUT is the state_version.
 *
 *      1   key -> 4 bytes, the count
 *      2   "c:" key -> the count as decimal text; reads 1
 *      3   as 1, the way back; reads 2, and 1 as it is
 *
 * Each event adds one to its key's count and says it. HANGS: a release that does not come back from being loaded. */
#include <stdio.h>
#include <stdlib.h>
#include <tocsin/value.h>

#ifdef HANGS
#include <unistd.h>
__attribute__((constructor)) static void hang(void) {
        for (;;)
                pause();
}
#endif

#define KEYS 64
#define KEY_BYTES 32

typedef struct Entry {
        char key[KEY_BYTES];
        size_t len;
        uint32_t count;
} Entry;

typedef struct Moved { /* one partition's table on its way to another layout */
        Entry entry[KEYS];
        size_t n;
        uint32_t from;
} Moved;

static int create(void **ret, const tocsin_host *host, const tocsin_value *config) {
        (void)config;
        *ret = malloc(sizeof host);
        if (!*ret)
                return TOCSIN_E_NOMEM;
        *(const tocsin_host **)*ret = host;
        return 0;
}

static void destroy(void *inst) {
        free(inst);
}

/* The key in the table of this layout. */
static tocsin_bytes place(char ret[KEY_BYTES + 2], uint32_t layout, tocsin_bytes key) {
        return tocsin_bytes_of(ret, (size_t)snprintf(ret, KEY_BYTES + 2, "%s%.*s", layout == 2 ? "c:" : "", (int)key.len,
                                                     (const char *)key.ptr));
}

static uint32_t read_count(uint32_t layout, tocsin_bytes value) {
        char text[16] = "";
        uint32_t n = 0;
        if (layout != 2 && value.len == sizeof n)
                memcpy(&n, value.ptr, sizeof n);
        if (layout == 2 && value.len < sizeof text) {
                memcpy(text, value.ptr, value.len);
                n = (uint32_t)strtoul(text, NULL, 10);
        }
        return n;
}

static int write_count(const tocsin_host *h, uint32_t layout, tocsin_bytes key, uint32_t n) {
        char name[KEY_BYTES + 2], text[16];
        if (layout == 2)
                return h->put(h, place(name, layout, key), tocsin_bytes_of(text, (size_t)snprintf(text, sizeof text, "%u", n)));
        return h->put(h, place(name, layout, key), tocsin_bytes_of(&n, sizeof n));
}

static int collect(void *arg, tocsin_bytes key, tocsin_bytes value) {
        Moved *m = arg;
        size_t skip = m->from == 2 ? 2 : 0;
        if (m->n == KEYS || key.len < skip || key.len - skip >= KEY_BYTES)
                return TOCSIN_E_LIMIT;
        Entry *e = &m->entry[m->n++];
        e->len = key.len - skip;
        memcpy(e->key, key.ptr + skip, e->len);
        e->count = read_count(m->from, value);
        return 0;
}

static int rebuild(void *inst, uint32_t found) {
        const tocsin_host *h = *(const tocsin_host **)inst;
        char name[KEY_BYTES + 2];
        if (found == 0 || found == LAYOUT || (found != 2 && LAYOUT != 2))
                return 0;
        Moved *m = h->scratch(h, sizeof *m);
        if (!m)
                return TOCSIN_E_NOMEM;
        m->from = found;
        int r = h->scan(h, tocsin_bytes_of("", 0), collect, m);
        for (size_t i = 0; r == 0 && i < m->n; i++) {
                tocsin_bytes key = tocsin_bytes_of(m->entry[i].key, m->entry[i].len);
                r = h->del(h, place(name, found, key));
                if (r == 0)
                        r = write_count(h, LAYOUT, key, m->entry[i].count);
        }
        return r;
}

static int process(void *inst, const tocsin_event *e) {
        const tocsin_host *h = *(const tocsin_host **)inst;
        char name[KEY_BYTES + 2];
        tocsin_bytes old;
        if (e->key.len == 0 || e->key.len >= KEY_BYTES)
                return TOCSIN_POISON;
        int r = h->get(h, place(name, LAYOUT, e->key), &old);
        if (r != 0)
                return r;
        uint32_t n = (old.ptr ? read_count(LAYOUT, old) : 0) + 1;
        const tocsin_field f[] = { tocsin_field_of("key", tocsin_str_of(e->key)), tocsin_field_of("count", tocsin_i64(n)),
                                   tocsin_field_of("layout", tocsin_i64(LAYOUT)) };
        const tocsin_value v = tocsin_map(f, 3);
        r = write_count(h, LAYOUT, e->key, n);
        return r ? r : h->emit(h, 1, e->key, &v);
}

static const tocsin_port in = {
        .size = sizeof in, .role = TOCSIN_STREAM, .direction = TOCSIN_IN, .format = TOCSIN_JSON, .name = "in", .help = "Anything."
};
static const tocsin_port out = { .size = sizeof out,
                                 .role = TOCSIN_STREAM,
                                 .direction = TOCSIN_OUT,
                                 .format = TOCSIN_JSON,
                                 .name = "out",
                                 .help = "Counts." };
static const tocsin_port *const ports[] = { &in, &out };

#if LAYOUT == 3
#define VERSION "2.1.0"
#elif LAYOUT == 2
#define VERSION "2.0.0"
#else
#define VERSION "1.0.0"
#endif

static const tocsin_plugin self = { .size = sizeof self,
                                    .abi = TOCSIN_ABI,
                                    .needs = TOCSIN_ABI,
                                    .state_version = LAYOUT,
                                    .n_ports = 2,
                                    .name = "layout",
                                    .version = VERSION,
                                    .license = "Apache-2.0",
                                    .summary = "Counts, in one layout or another.",
                                    .ports = ports,
                                    .create = create,
                                    .destroy = destroy,
                                    .rebuild = rebuild,
                                    .process = process };

const tocsin_plugin *tocsin_plugin_entry(uint32_t host_abi) {
        return tocsin_entry(&self, host_abi);
}
