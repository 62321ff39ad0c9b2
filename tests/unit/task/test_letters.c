/* Hostile things around a record: what its headers, keys and reasons hold comes to no harm, and a dead letter tells the truth.
 * And what a plugin may not ask the host for. */
#include <fcntl.h>

#include "rig.h"

#include <tocsin/value.h>

#define REKEY "__tocsin.test.rig.port.__rekey.events"

typedef struct Letter {
        char topic[300], reason[64], text[256];
        int64_t partition, offset;
        uint32_t headers;
} Letter;

typedef struct Letters {
        Plan *plan;
        Arena *arena;
        Letter at[16];
        size_t n;
} Letters;

static void text(char *to, size_t size, const tocsin_value *v, const char *field) {
        tocsin_bytes b = tocsin_get_bytes(v, field);
        snprintf(to, size, "%.*s", (int)b.len, (const char *)b.ptr);
}

static int letter(void *arg, const BusRecord *r) {
        Letters *l = arg;
        tocsin_value v;
        cr_assert(l->n < 16);
        Letter *to = &l->at[l->n++];
        cr_assert_eq(plan_decode(l->plan, bytes_of(r->value.ptr + 10, r->value.len - 10), l->arena, &v), 0);
        text(to->topic, sizeof to->topic, &v, "topic");
        text(to->reason, sizeof to->reason, &v, "reason");
        text(to->text, sizeof to->text, &v, "text");
        to->partition = tocsin_get_i64(&v, "partition", -1);
        to->offset = tocsin_get_i64(&v, "offset", -1);
        to->headers = tocsin_find(&v, "headers")->len;
        return 0;
}

static Letters letters(Rig *r) {
        Why why;
        const Schema *s = schemas_by_name(r->schemas, "tocsin.DeadLetter");
        Letters l = { .arena = arena_new(4u << 20) };
        cr_assert(s && plan_new(&l.plan, s, s, NULL, 0, &why) == 0);
        bus_mem_each(r->log, r->pipe.dlq, letter, &l);
        plan_free(l.plan);
        arena_free(l.arena);
        return l;
}

Test(letters, tell_where_a_record_lay_at_first_though_it_was_brought_elsewhere) {
        Rig r;
        rig_init(&r, &rig_counter, 4, 1);
        rig_start(&r, 0);
        for (int32_t p = 0; p < 4; p++)
                rig_put(&r, "one key", r.clock.now_us, p, "poison", p);
        rig_drain(&r);
        Letters l = letters(&r);
        unsigned seen = 0;
        for (size_t i = 0; i < l.n; i++) {
                cr_assert_str_eq(l.at[i].topic, "events");
                cr_assert_eq(l.at[i].offset, 0);
                seen |= 1u << l.at[i].partition;
        }
        cr_assert(l.n == 4 && seen == 15, "%zu letters, partitions %x", l.n, seen);
        rig_deinit(&r);
}

Test(letters, believe_no_header_that_others_forged) {
        static const char *const origins[] = { "", "events", "/", "events/x/y", "events/1", "/9/", "\xff\xff/0/0" };
        static char longer[600];
        memset(longer, 'a', sizeof longer);
        Rig r;
        Why why;
        Bus *b = NULL;
        rig_init(&r, &rig_counter, 2, 1);
        rig_start(&r, 0);
        rig_settle(&r);
        BusConf conf = { .mem = r.log, .clock = &r.clock.clock };
        cr_assert_eq(bus_open(&b, &conf, &why), 0);
        uint32_t to = bus_output(b, REKEY);
        size_t n = sizeof origins / sizeof *origins;
        for (size_t i = 0; i <= n; i++) {
                Bytes origin = i < n ? bytes_z(origins[i]) : bytes_of(longer, sizeof longer);
                const BusHeader h[] = { { "tocsin-origin", origin }, { "\xff\xfe", bytes_z("x") }, { "kept", bytes_z("\xff") } };
                cr_assert_eq(bus_send(b,
                                      &(BusSend){ .output = to,
                                                  .partition = 0,
                                                  .key = bytes_z("k"),
                                                  .value = bytes_z("rubbish"),
                                                  .headers = h,
                                                  .n_headers = 3 },
                                      &why),
                             0);
        }
        cr_assert_eq(bus_commit(b, NULL, 0, 0, &why), 0);
        bus_close(b);
        rig_drain(&r);
        Letters l = letters(&r);
        cr_assert_eq(l.n, n + 1);
        for (size_t i = 0; i < l.n; i++)
                cr_assert(l.at[i].headers == 2 && l.at[i].reason[0] && l.at[i].text[0], "%zu: %u headers", i, l.at[i].headers);
        rig_balance(&r, (double)(n + 1));
        rig_deinit(&r);
}

/* ---- what a plugin may not ask for ------------------------------------------------------------------- */

static int none(void *arg, tocsin_bytes key, const tocsin_value *v) {
        (void)arg;
        (void)key;
        (void)v;
        return 0;
}

static void no_table(const tocsin_host *h, int why) {
        tocsin_bytes k = tocsin_bytes_of("k", 1), ret;
        cr_assert_eq(h->get(h, k, &ret), why);
        cr_assert_eq(h->put(h, k, k), why);
        cr_assert_eq(h->del(h, k), why);
        cr_assert_eq(h->timer(h, k, 1, TOCSIN_CLOCK_EVENT), why);
        cr_assert_eq(h->scan(h, k, NULL, NULL), why);
}

static int create(void **ret, const tocsin_host *h, const tocsin_value *config) {
        (void)config;
        no_table(h, TOCSIN_E_PERM);
        cr_assert_eq(h->rows(h, 2, none, NULL), TOCSIN_E_PERM);
        cr_assert_null(h->lookup(h, 2, tocsin_bytes_of("k", 1)));
        cr_assert_eq(h->field(h, 99, "key"), TOCSIN_E_NOENT);
        cr_assert_eq(h->field(h, 0, NULL), TOCSIN_E_NOENT);
        cr_assert_eq(h->field(h, 1, "key"), TOCSIN_E_NOENT, "an output is not read");
        cr_assert_null(h->extension(h, NULL));
        cr_assert_null(h->extension(h, "tocsin.nothing/1"));
        const tocsin_host **inst = malloc(sizeof *inst);
        *inst = h;
        *ret = inst;
        return 0;
}

static int process(void *inst, const tocsin_event *e) {
        const tocsin_host *h = *(const tocsin_host **)inst;
        static const char much[8192];
        tocsin_bytes k = tocsin_bytes_of("k", 1), ret, empty = tocsin_bytes_of("", 0), big = tocsin_bytes_of(much, sizeof much);
        const tocsin_field odd[] = { tocsin_field_of("i", tocsin_i64(1)), tocsin_field_of("d", tocsin_f64(1.5)),
                                     tocsin_field_of("s", tocsin_str("\xff\n")), tocsin_field_of("n", tocsin_null()) };
        (void)e;
        cr_assert_eq(h->field(h, 0, "key"), TOCSIN_E_PERM, "handles are for create()");
        cr_assert(h->get(h, empty, &ret) == TOCSIN_E_INVAL && h->get(h, big, &ret) == TOCSIN_E_INVAL);
        cr_assert(h->put(h, empty, k) == TOCSIN_E_INVAL && h->put(h, big, k) == TOCSIN_E_INVAL);
        cr_assert(h->del(h, empty) == TOCSIN_E_INVAL && h->scan(h, k, NULL, NULL) == TOCSIN_E_INVAL);
        cr_assert(h->timer(h, empty, 1, 0) == TOCSIN_E_INVAL && h->timer(h, big, 1, 0) == TOCSIN_E_INVAL);
        cr_assert_eq(h->timer(h, k, 1, 7), TOCSIN_E_INVAL, "there are two clocks");
        cr_assert(h->rows(h, 2, NULL, NULL) == TOCSIN_E_INVAL && h->rows(h, 0, none, NULL) == TOCSIN_E_NOENT &&
                  h->rows(h, 99, none, NULL) == TOCSIN_E_NOENT);
        cr_assert_null(h->lookup(h, 99, k));
        cr_assert_null(h->scratch(h, (size_t)1 << 40));
        h->metric(h, 99, 1);
        h->log(h, 99, "levels beyond the last are information", odd, 4);
        h->log(h, TOCSIN_ERROR, NULL, odd, 4);
        h->fail(h, "caf\xe9");
        return TOCSIN_POISON;
}

Test(letters, tell_a_reason_that_is_no_text_and_what_a_plugin_may_not_ask_for_is_refused) {
        static tocsin_plugin curious;
        Rig r;
        curious = rig_counter;
        curious.name = "curious";
        curious.create = create;
        curious.rebuild = NULL;
        curious.process = process;
        curious.changed = NULL;
        rig_init(&r, &curious, 1, 1);
        rig_start(&r, 0);
        log_setup(open("/dev/null", O_WRONLY | O_CLOEXEC), true, false, LOG_DEBUG, "rig");
        rig_put(&r, "a", r.clock.now_us, 1, "", -1);
        rig_drain(&r);
        Letters l = letters(&r);
        cr_assert_eq(l.n, 1u);
        cr_assert_str_eq(l.at[0].text, "caf?");
        rig_deinit(&r);
}
