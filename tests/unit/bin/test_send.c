/* What is sent by hand: lines, the spool, the way out on the reference bus. */
#include "bin/send.h"

#include "bus/mem.h"
#include "core/limits.h"
#include <criterion/criterion.h>

#include <stdlib.h>

static volatile sig_atomic_t stop;
static const char *const names[] = { "one.jsonl", "two.jsonl", NULL };

typedef struct World {
        BusMemLog *log;
        BusConf conf;
        SendTopic topic;
        Spool spool;
        SendOut out;
        size_t seen;
        Buffer keys;
        Why why;
} World;

static void world_begin(World *w, bool transaction) {
        memset(w, 0, sizeof *w);
        stop = 0;
        w->log = bus_mem_new();
        cr_assert_eq(bus_mem_topic(w->log, "t", 4, false), 0);
        w->conf = (BusConf){ .mem = w->log, .clock = &clock_system, .memory = 1u << 20 };
        w->topic = (SendTopic){ .name = "t", .format = TOCSIN_JSON, .key = "k", .schema_id = -1 };
        w->out = (SendOut){ .conf = &w->conf,
                            .topic = &w->topic,
                            .transactional_id = transaction ? "a.send.h.1" : NULL,
                            .partitions = 4,
                            .files = names,
                            .stop = &stop };
}

static void world_end(World *w) {
        spool_deinit(&w->spool);
        buffer_deinit(&w->keys);
        bus_mem_free(w->log);
}

static int see(void *arg, const BusRecord *r) {
        World *w = arg;
        w->seen++;
        buffer_printf(&w->keys, "%.*s ", BYTES_ARG(r->key));
        return 0;
}

static size_t count(World *w) {
        w->seen = 0;
        buffer_clear(&w->keys);
        bus_mem_each(w->log, "t", see, w);
        return w->seen;
}

static void put(World *w, unsigned n, size_t bytes) {
        uint8_t *value = calloc(1, bytes + 1);
        for (unsigned i = 0; i < n; i++) {
                char key[16];
                int len = snprintf(key, sizeof key, "k%u", i);
                const SpoolRecord r = { .key = bytes_of(key, (size_t)len), .value = bytes_of(value, bytes), .line = i + 1 };
                cr_assert_eq(spool_put(&w->spool, &r), 0);
        }
        free(value);
}

static uint64_t read_lines(World *w, const char *text, uint64_t *wrong) {
        char path[] = "/tmp/tocsin-send-XXXXXX";
        int fd = mkstemp(path);
        cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
        close(fd);
        SendLines lines;
        cr_assert_eq(send_lines_init(&lines, &w->topic, &w->spool), 0);
        cr_assert_eq(send_lines_file(&lines, path, 0), 0);
        uint64_t n = lines.lines;
        *wrong = lines.wrong;
        send_lines_deinit(&lines);
        unlink(path);
        return n;
}

/* ---- the way out ---------------------------------------------------------------------------------------- */

Test(send, a_transaction_that_the_broker_never_takes_leaves_nothing) {
        World w;
        world_begin(&w, true);
        put(&w, 100, 10);
        for (unsigned i = 0; i < 3; i++)
                bus_mem_fail(w.log, BUS_MEM_COMMIT, i + 1, BUS_E_ABORTED, false);
        cr_assert_eq(send_out(&w.out, &w.spool, &w.why), BUS_E_ABORTED);
        cr_assert_eq(w.out.sent, 0);
        cr_assert_not(w.out.unknown);
        cr_assert_eq(count(&w), 0);
        world_end(&w);
}

Test(send, a_transaction_that_was_aborted_once_goes_out_once) {
        World w;
        world_begin(&w, true);
        put(&w, 100, 10);
        bus_mem_fail(w.log, BUS_MEM_COMMIT, 1, BUS_E_ABORTED, false);
        cr_assert_eq(send_out(&w.out, &w.spool, &w.why), 0, "%s", w.why.text);
        cr_assert_eq(w.out.sent, 100);
        cr_assert_eq(w.out.transactions, 1);
        cr_assert_eq(count(&w), 100);
        world_end(&w);
}

Test(send, a_send_that_fails_in_the_middle_leaves_nothing_and_is_tried_again) {
        World w;
        world_begin(&w, true);
        put(&w, 100, 10);
        bus_mem_fail(w.log, BUS_MEM_SEND, 50, BUS_E_ABORTED, false);
        cr_assert_eq(send_out(&w.out, &w.spool, &w.why), 0, "%s", w.why.text);
        cr_assert_eq(count(&w), 100);
        world_end(&w);
}

Test(send, an_end_that_nobody_knows_is_told_as_that) {
        World w;
        world_begin(&w, true);
        put(&w, 10, 10);
        bus_mem_fail(w.log, BUS_MEM_COMMIT, 1, BUS_E_FATAL, true);
        cr_assert_eq(send_out(&w.out, &w.spool, &w.why), BUS_E_FATAL);
        cr_assert(w.out.unknown);
        world_end(&w);
        world_begin(&w, false);
        put(&w, 10, 10);
        bus_mem_fail(w.log, BUS_MEM_COMMIT, 1, BUS_E_ABORTED, true);
        cr_assert_eq(send_out(&w.out, &w.spool, &w.why), BUS_E_ABORTED);
        cr_assert(w.out.unknown);
        world_end(&w);
}

Test(send, whoever_is_stopped_leaves_nothing_of_the_open_transaction) {
        World w;
        world_begin(&w, true);
        put(&w, 10, 10);
        stop = 1;
        cr_assert_eq(send_out(&w.out, &w.spool, &w.why), SEND_E_STOPPED);
        cr_assert_eq(count(&w), 0);
        world_end(&w);
}

Test(send, what_is_over_a_transaction_takes_several_and_the_order_stays) {
        World w;
        world_begin(&w, true);
        put(&w, 80, 900000);
        cr_assert_eq(send_out(&w.out, &w.spool, &w.why), 0, "%s", w.why.text);
        cr_assert_eq(w.out.transactions, 2);
        cr_assert_eq(w.out.sent, 80);
        cr_assert_eq(count(&w), 80);
        world_end(&w);
}

Test(send, a_record_that_no_broker_takes_is_named_by_its_line_and_takes_the_others_with_it) {
        World w;
        world_begin(&w, true);
        put(&w, 3, 10);
        put(&w, 1, 1u << 20);
        cr_assert_eq(send_out(&w.out, &w.spool, &w.why), BUS_E_TOO_BIG);
        cr_assert(strstr(w.why.text, "one.jsonl:1: "), "%s", w.why.text);
        cr_assert_eq(count(&w), 0);
        world_end(&w);
}

Test(send, keys_lie_where_the_readers_of_the_topic_look_for_them) {
        World w;
        world_begin(&w, true);
        w.topic.crc32 = true;
        put(&w, 50, 1);
        cr_assert_eq(send_out(&w.out, &w.spool, &w.why), 0);
        Buffer want = BUFFER_NULL;
        for (int32_t p = 0; p < 4; p++)
                for (unsigned i = 0; i < 50; i++) {
                        char key[16];
                        int n = snprintf(key, sizeof key, "k%u", i);
                        if (bus_partition_crc32(bytes_of(key, (size_t)n), 4) == p)
                                buffer_printf(&want, "%s ", key);
                }
        cr_assert_eq(count(&w), 50);
        cr_assert(bytes_eq(buffer_bytes(&want), buffer_bytes(&w.keys)), "%.*s", BYTES_ARG(buffer_bytes(&w.keys)));
        buffer_deinit(&want);
        world_end(&w);
}

/* ---- the spool ------------------------------------------------------------------------------------------ */

Test(spool, what_is_over_its_memory_comes_back_the_same_and_again_from_any_place) {
        World w;
        world_begin(&w, true);
        put(&w, 3 * (SPOOL_MEMORY >> 20), 1u << 20);
        cr_assert_not_null(w.spool.rest);
        uint64_t at = 0, mark = 0;
        SpoolRecord r;
        unsigned n = 0;
        for (; spool_get(&w.spool, &at, &r) == 0; n++) {
                char key[16];
                snprintf(key, sizeof key, "k%u", n);
                cr_assert(bytes_eq_z(r.key, key));
                cr_assert_eq(r.value.len, 1u << 20);
                mark = n == 40 ? at : mark;
        }
        cr_assert_eq(n, 3 * (SPOOL_MEMORY >> 20));
        cr_assert_eq(spool_get(&w.spool, &mark, &r), 0);
        cr_assert(bytes_eq_z(r.key, "k41"));
        world_end(&w);
}

Test(spool, null_is_not_empty) {
        World w;
        world_begin(&w, true);
        const SpoolRecord in[] = { { .key = BYTES_NULL, .value = bytes_z("") }, { .key = bytes_z(""), .value = BYTES_NULL } };
        uint64_t at = 0;
        SpoolRecord r;
        for (size_t i = 0; i < 2; i++)
                cr_assert_eq(spool_put(&w.spool, &in[i]), 0);
        cr_assert_eq(spool_get(&w.spool, &at, &r), 0);
        cr_assert(!r.key.ptr && r.value.ptr && r.value.len == 0);
        cr_assert_eq(spool_get(&w.spool, &at, &r), 0);
        cr_assert(r.key.ptr && r.key.len == 0 && !r.value.ptr);
        cr_assert_eq(spool_get(&w.spool, &at, &r), SPOOL_E_END);
        world_end(&w);
}

/* ---- lines ---------------------------------------------------------------------------------------------- */

Test(send_lines, each_wrong_line_is_counted_and_the_others_wait) {
        World w;
        world_begin(&w, true);
        uint64_t wrong = 0;
        cr_assert_eq(read_lines(&w,
                                "{\"k\":\"a\",\"v\":1}\n\n  \n{\"k\":\"\"}\n{\"v\":1}\n{\"k\":true}\nnonsense\n"
                                "{\"value\":null}\n{\"port\":\"p\",\"value\":{\"k\":\"x\"}}\n{\"key\":null,\"value\":{\"v\":2}}\n"
                                "{\"key\":\"b\",\"value\":null}\n{\"k\":7}\n{\"time_us\":-5,\"value\":{\"k\":\"c\"}}",
                                &wrong),
                     11);
        cr_assert_eq(wrong, 7);
        static const char *const want[][2] = {
                { "a", "{\"k\":\"a\",\"v\":1}" }, { NULL, "{\"v\":2}" }, { "b", NULL }, { "7", "{\"k\":7}" }
        };
        uint64_t at = 0;
        SpoolRecord r;
        for (size_t i = 0; i < 4; i++) {
                cr_assert_eq(spool_get(&w.spool, &at, &r), 0);
                cr_assert_eq(r.key.ptr != NULL, want[i][0] != NULL, "%zu", i);
                cr_assert(bytes_eq_z(r.key, want[i][0] ? want[i][0] : ""), "%zu", i);
                cr_assert_eq(r.value.ptr != NULL, want[i][1] != NULL, "%zu", i);
                cr_assert(bytes_eq_z(r.value, want[i][1] ? want[i][1] : ""), "%zu: %.*s", i, BYTES_ARG(r.value));
        }
        cr_assert_eq(spool_get(&w.spool, &at, &r), SPOOL_E_END);
        world_end(&w);
}

Test(send_lines, text_goes_out_as_it_stands_and_bytes_from_base64) {
        World w;
        world_begin(&w, true);
        uint64_t wrong = 0, at = 0;
        SpoolRecord r;
        w.topic.key = NULL;
        read_lines(&w, "{\"time_us\":\"2026-01-31T12:00:00Z\",\"value\":{ \"b\" : 1.50 , \"a\":[ ] }}", &wrong);
        w.topic.format = TOCSIN_RAW;
        read_lines(&w, "\"AAEC\"\n\"no base64!\"", &wrong);
        cr_assert_eq(wrong, 1);
        cr_assert_eq(spool_get(&w.spool, &at, &r), 0);
        cr_assert(bytes_eq_z(r.value, "{ \"b\" : 1.50 , \"a\":[ ] }"), "%.*s", BYTES_ARG(r.value));
        cr_assert_eq(r.time_us, INT64_C(1769860800000000));
        cr_assert_null(r.key.ptr);
        cr_assert_eq(spool_get(&w.spool, &at, &r), 0);
        cr_assert(bytes_eq(r.value, bytes_of("\0\1\2", 3)));
        world_end(&w);
}
