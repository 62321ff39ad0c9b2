/* What is lent, and the birth and end of a host. */
#include "bin/conform_host.h"

#include "bin/conform_calls.h"
#include "bin/conform_sight.h"
#include "bin/conform_table.h"
#include "value/value.h"
#include <float.h>
#include <sys/mman.h>

#define TABLE_MAX (64u << 20) /* of one life: a plugin that fills it has no bound on its state */
#define LENT_MAX (256u << 20) /* a callback's scratch and everything it was shown */
#define PAGE 4096u

void *fake_lend(Fake *h, size_t n) {
        return h->pages ? pages_alloc(h->pages, n) : arena_alloc(h->lent, n);
}

/* What has a length ends there: with `guard` nothing can be read behind it, else a byte that is no NUL follows. Names that are
 * promised a NUL have one. */
Bytes fake_lend_bytes(Fake *h, Bytes b, bool nul) {
        if (!b.ptr)
                return BYTES_NULL;
        const void *tight = h->texts && !nul ? pages_copy(h->texts, b.ptr, b.len) : NULL;
        uint8_t *p = tight ? NULL : fake_lend(h, b.len + 1);
        if (!tight && !p)
                return BYTES_NULL;
        if (tight)
                return bytes_of(tight, b.len);
        memcpy(p, b.ptr, b.len);
        p[b.len] = nul ? 0 : 0x5a;
        return bytes_of(p, b.len);
}

static void lend_fields(Fake *h, const tocsin_value *v, tocsin_value *ret) {
        tocsin_field *f = fake_lend(h, v->len * sizeof *f);
        for (uint32_t i = 0; f && i < v->len; i++) {
                Bytes name = fake_lend_bytes(h, bytes_of(v->u.fields[i].name, v->u.fields[i].name_len), v->kind == TOCSIN_RECORD);
                f[i] = tocsin_field_n(name.ptr, name.len, fake_lend_value(h, &v->u.fields[i].value));
        }
        ret->u.fields = f;
        ret->len = f ? v->len : 0;
}

tocsin_value fake_lend_value(Fake *h, const tocsin_value *v) {
        tocsin_value copy = *v;
        switch (v->kind) {
        case TOCSIN_STR:
        case TOCSIN_BYTES:
        case TOCSIN_ENUM:
                copy.u.bytes = fake_lend_bytes(h, bytes_of(v->u.bytes, v->len), false).ptr;
                break;
        case TOCSIN_LIST: {
                tocsin_value *items = fake_lend(h, v->len * sizeof *items);
                for (uint32_t i = 0; items && i < v->len; i++)
                        items[i] = fake_lend_value(h, &v->u.items[i]);
                copy.u.items = items;
                break;
        }
        case TOCSIN_MAP:
        case TOCSIN_RECORD:
                lend_fields(h, v, &copy);
                break;
        default:
                break;
        }
        return copy;
}

void fake_seal(Fake *h) {
        if (h->pages)
                pages_seal(h->pages);
}

void fake_watch(const Fake *h) {
        const Pages *lent[SIGHT_PAGES] = { h->pages, h->texts, h->got, h->scratch };
        sight_guard(lent, h->plan->guard ? h->api_pages : NULL);
}

void fake_enter(Fake *h, Phase phase) {
        fake_seal(h);
        h->phase = phase;
        h->emits = 0;
        h->failed = false;
        h->why[0] = 0;
}

/* Rounding and tiny numbers as a thread begins with them. By arithmetic, since no call shows both on every machine. */
static void check_arithmetic(void) {
        volatile double one = 1, tiny = 1e-30, least = DBL_MIN;
        if (one + tiny != one || one - tiny != one || tiny - one != -one || least / 2 == 0)
                calls_note("leaves its thread with another arithmetic (rounding, tiny numbers)");
}

void fake_leave(Fake *h) {
        h->phase = PHASE_NONE;
        check_arithmetic();
        arena_reset(h->lent);
        if (h->pages) {
                pages_close(h->pages);
                pages_close(h->texts);
                pages_close(h->got);
                pages_close(h->scratch);
        }
}

Item *fake_row(Fake *h, uint32_t port, Bytes key) {
        for (size_t i = 0; i < h->rows.n; i++)
                if (h->rows.at[i].port == port && bytes_eq(h->rows.at[i].key, key))
                        return &h->rows.at[i];
        return NULL;
}

void fake_print_bytes(Buffer *out, Bytes b) {
        static const char hex[] = "0123456789abcdef";
        uint8_t *p = buffer_room(out, 3 * b.len), *at = p; /* most of what the kit does is this */
        for (size_t i = 0; p && i < b.len; i++) {
                uint8_t c = b.ptr[i];
                if (c > 0x20 && c < 0x7f && c != '\\') {
                        *at++ = c;
                } else {
                        *at++ = '\\';
                        *at++ = (uint8_t)hex[c >> 4];
                        *at++ = (uint8_t)hex[c & 15];
                }
        }
        out->len += (size_t)(at - p);
}

/* The struct ends where readable memory ends, so that a field behind it is felt. */
static tocsin_host *at_page_end(void **pages, size_t n) {
        uint8_t *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED || mprotect(p + PAGE, PAGE, PROT_NONE) != 0)
                return NULL;
        *pages = p;
        return (tocsin_host *)(p + PAGE - n);
}

int fake_init(Fake *h, Kit *k, const Play *plan, PlayEnd *end) {
        *h = (Fake){ .kit = k, .plan = plan, .end = end, .fail_in = plan->fail_host };
        h->lent = arena_new(LENT_MAX);
        h->kept = arena_new(LENT_MAX);
        if (plan->guard) {
                h->pages = pages_new();
                h->texts = pages_new();
                h->got = pages_new();
                h->scratch = pages_new();
        }
        h->api = at_page_end(&h->api_pages, sizeof *h->api);
        if (!h->lent || !h->kept || !h->api || (plan->guard && (!h->pages || !h->texts || !h->got || !h->scratch)))
                return -ENOMEM;
        GUARD(table_new(&h->table, TABLE_MAX));
        GUARD(timers_new(&h->timers, h->table));
        *h->api = conform_calls;
        h->api->abi = plan->oldest ? k->plugin.self.needs : TOCSIN_ABI;
        h->api->ctx = h;
        return plan->guard && mprotect(h->api_pages, PAGE, PROT_READ) != 0 ? -errno : 0;
}

void fake_deinit(Fake *h) {
        timers_free(h->timers);
        table_free(h->table);
        arena_free(h->lent);
        arena_free(h->kept);
        pages_free(h->pages);
        pages_free(h->texts);
        pages_free(h->got);
        pages_free(h->scratch);
        free(h->rows.at);
        free(h->inner.at);
        free(h->inner_new.at);
        buffer_deinit(&h->said);
        if (h->api_pages)
                munmap(h->api_pages, 2 * PAGE);
        *h = (Fake){ 0 };
}
