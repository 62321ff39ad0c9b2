/* Bursts of poison: no good record is lost, what remains is as if the bad ones had never been, and not each costs a turn. */
#include "rig.h"

#include <tocsin/value.h>

#define T(r) ((r)->clock.now_us)
#define BURST 100000

static uint64_t draw(uint64_t *seed) {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        return *seed;
}

/* What an event's number says is what is done: puts, deletions, timers, emits on a few names, each over the others' traces; and
 * then, if it says so, that it was poison. Each has a cache of its table, so that a call that was taken back and is
 * remembered shows. */
static int64_t cache;

static int each(void *arg, tocsin_bytes key, tocsin_bytes value) {
        (void)key;
        *(int64_t *)arg += (int64_t)value.len;
        return 0;
}

static int reread(void *inst, uint32_t found) {
        const tocsin_host *h = *(const tocsin_host *const *)inst;
        (void)found;
        cache = 0;
        return h->scan(h, tocsin_bytes_of("", 0), each, &cache);
}

static void tell(const tocsin_host *h, tocsin_bytes key, int64_t count, int64_t n) {
        const tocsin_field f[] = { tocsin_field_of("key", tocsin_str_of(key)), tocsin_field_of("count", tocsin_i64(count)),
                                   tocsin_field_of("n", tocsin_i64(n)) };
        const tocsin_value v = tocsin_record(f, 3);
        (void)h->emit(h, 1, key, &v); /* when the bus fails the turn goes back, whatever is answered here */
}

static int process(void *inst, const tocsin_event *e) {
        const tocsin_host *h = *(const tocsin_host *const *)inst;
        int64_t n = tocsin_get_i64(&e->body, "n", 0), all = 0;
        uint64_t seed = (uint64_t)n * 2 + 1;
        for (int i = 0; i < 5; i++) {
                char name[2] = { (char)('a' + draw(&seed) % 6), 0 };
                tocsin_bytes key = tocsin_bytes_of(name, 1), old;
                cr_assert_eq(h->get(h, key, &old), 0);
                int64_t had = (int64_t)old.len;
                char value[32] = "0123456789012345678901234567890";
                size_t len = 1 + draw(&seed) % 30;
                switch (draw(&seed) % 5) {
                case 0:
                        cr_assert_eq(h->del(h, key), 0);
                        cache -= had;
                        break;
                case 1:
                        cr_assert_eq(h->timer(h, key, e->time_us + (int64_t)(draw(&seed) % 40) * 100000,
                                              draw(&seed) % 2 ? TOCSIN_CLOCK_EVENT : TOCSIN_CLOCK_WALL),
                                     0);
                        break;
                case 2:
                        cr_assert_eq(h->timer(h, key, TOCSIN_TIMER_OFF, TOCSIN_CLOCK_EVENT), 0);
                        break;
                default:
                        cr_assert_eq(h->put(h, key, tocsin_bytes_of(value, len)), 0);
                        cache += (int64_t)len - had;
                }
                tell(h, e->key, i, n);
        }
        cr_assert_eq(h->scan(h, tocsin_bytes_of("", 0), each, &all), 0);
        cr_assert_eq(all, cache, "the instance remembers what never was");
        return tocsin_equal_z(tocsin_get_bytes(&e->body, "what"), "bad") ? TOCSIN_POISON : TOCSIN_OK;
}

static int rings(void *inst, tocsin_bytes name, int64_t at_us, uint32_t clock) {
        const tocsin_host *h = *(const tocsin_host *const *)inst;
        tell(h, name, at_us, clock);
        return 0;
}

typedef struct Left {
        char *out, *dump;
        double aborts;
} Left;

/* bad: those of every three are there | they never were. fault: aborts in between. */
static Left live(bool bad, bool fault, uint64_t seed) {
        Rig r;
        tocsin_plugin p = rig_counter;
        p.process = process;
        p.rebuild = reread;
        p.on_timer = rings;
        cache = 0;
        rig_init(&r, &p, 1, 1);
        rig_start(&r, 0);
        rig_settle(&r);
        int64_t start = T(&r);
        for (int i = 0; i < 400; i++) {
                bool is = i % 3 == 2;
                if (bad || !is)
                        rig_put(&r, (const char *[]){ "x", "y" }[i % 2], start + i * 10000, i, is ? "bad" : "", -1);
                if (i % 50 == 49) {
                        if (fault)
                                bus_mem_fail(r.log, draw(&seed) % 2 ? BUS_MEM_COMMIT : BUS_MEM_SEND,
                                             1 + (unsigned)(draw(&seed) % 20), BUS_E_ABORTED, false);
                        rig_settle(&r);
                        rig_commit(&r);
                }
        }
        rig_drain(&r);
        Left l = { rig_outputs(&r, "out"), rig_dump(&r, true), rig_metric(&r, "tocsin_aborts_total") };
        cr_assert_eq(rig_count(&r, r.pipe.dlq), bad ? 133u : 0u);
        rig_balance(&r, bad ? 400 : 267);
        rig_deinit(&r);
        return l;
}

Test(poison, what_is_left_after_a_burst_that_put_and_emitted_is_as_if_it_had_never_been) {
        const char *told = getenv("TOCSIN_SEED");
        uint64_t seed = told ? strtoull(told, NULL, 0) : (uint64_t)clock_read_us(CLOCK_REALTIME) | 1;
        fprintf(stderr, "# TOCSIN_SEED=%lu\n", (unsigned long)seed);
        Left want = live(false, false, seed), got = live(true, false, seed);
        cr_assert_str_eq(got.out, want.out);
        cr_assert_str_eq(got.dump, want.dump);
        cr_assert_leq(got.aborts, 1.0, "%g turns went back, and only the first one had to", got.aborts);
        free(got.out), free(got.dump);
        for (int i = 0; i < 20; i++) {
                got = live(true, true, draw(&seed));
                cr_assert_str_eq(got.dump, want.dump);
                free(got.out), free(got.dump);
        }
        free(want.out), free(want.dump);
}

Test(poison, while_calls_are_watched_an_emit_that_is_too_large_is_still_told_to_the_plugin) {
        Rig r;
        ConfigProperty small = { .name = "message.max.bytes", .value = "1500" };
        rig_init(&r, &rig_counter, 1, 1);
        r.config.kafka = &small;
        r.config.n_kafka = 1;
        rig_start(&r, 0);
        rig_settle(&r);
        char large[900];
        memset(large, 'k', sizeof large - 1);
        large[sizeof large - 1] = 0;
        rig_put(&r, "a", T(&r), 0, "poison after", -1);
        rig_put(&r, large, T(&r), 1, "", -1);
        rig_put(&r, "a", T(&r), 2, "", -1);
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, "out"), 1u);
        cr_assert_eq(rig_count(&r, r.pipe.dlq), 2u, "its letter, too, has room for its key only once");
        rig_balance(&r, 3);
        rig_deinit(&r);
}

/* ---- the law -------------------------------------------------------------------------------------------- */

static void burst(const tocsin_plugin *plugin, const char *what) {
        Rig r;
        rig_init(&r, plugin, 2, 1);
        rig_start(&r, 0);
        rig_settle(&r);
        for (int i = 0; i < BURST; i++) {
                const char *key = i / 3 % 2 ? "a" : "b";
                if (i % 3 == 2 && !what)
                        rig_put_raw(&r, key, bytes_z("\xc3\x01 rubbish"), -1);
                else
                        rig_put(&r, key, T(&r), i, i % 3 == 2 ? what : "", -1);
                if (i % 5000 == 4999) {
                        rig_settle(&r);
                        rig_commit(&r);
                }
        }
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, "out"), (size_t)(BURST - BURST / 3));
        cr_assert_eq(rig_count(&r, r.pipe.dlq), (size_t)(BURST / 3));
        cr_assert_leq(rig_metric(&r, "tocsin_aborts_total"), 2.0);
        rig_balance(&r, BURST);
        rig_deinit(&r);
}
Test(poison, of_a_hundred_thousand_records_every_third_rubbish_no_good_one_is_lost) {
        burst(&rig_counter, NULL);
}
Test(poison, of_a_hundred_thousand_records_every_third_poison_no_good_one_is_lost) {
        burst(&rig_counter, "poison");
        burst(&rig_batch, "poison");
}
Test(poison, of_a_hundred_thousand_records_every_third_poison_that_shows_late_no_good_one_is_lost) {
        burst(&rig_counter, "poison after");
        burst(&rig_batch, "poison after");
}
