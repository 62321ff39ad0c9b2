/* Less travelled ways: headers, timers that fail, points where the process dies, a changelog whose beginning is gone, ports of
 * JSON and of bytes. */
#include <signal.h>
#include <sys/wait.h>

#include "bus/mem_log.h"
#include "rig.h"

#define T(r) ((r)->clock.now_us)

/* ---- headers ---------------------------------------------------------------------------------------- */

#define TRACE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static int has_trace(void *arg, const BusRecord *r) {
        BusHeader h;
        bool has = record_header(r, "traceparent", &h);
        cr_assert(!has || bytes_eq_z(h.value, TRACE));
        *(size_t *)arg += has;
        return 0;
}

static int take(void *arg, const BusRecord *r) {
        *(BusRecord *)arg = *r;
        return 0;
}

Test(edge, the_trace_of_a_cause_travels_byte_by_byte_through_internal_ports_and_re_keying_to_what_follows) {
        Rig r;
        Why why;
        Bus *b = NULL;
        BusRecord kept = { 0 };
        rig_init(&r, &rig_meeting, 4, 1);
        rig_start(&r, 0);
        rig_settle(&r);
        rig_put(&r, "a", T(&r), 1, "target", 0);
        bus_mem_each(r.log, "events", take, &kept);
        BusConf conf = { .mem = r.log, .clock = &r.clock.clock };
        cr_assert_eq(bus_open(&b, &conf, &why), 0);
        uint32_t out = bus_output(b, "events");
        const BusHeader h[] = { { "other", bytes_z("x") }, { "traceparent", bytes_z(TRACE) } };
        for (int32_t p = 0; p < 4; p++)
                cr_assert_eq(bus_send(b,
                                      &(BusSend){ .output = out,
                                                  .partition = p,
                                                  .key = kept.key,
                                                  .value = kept.value,
                                                  .headers = h,
                                                  .n_headers = 2 },
                                      &why),
                             0);
        cr_assert_eq(bus_commit(b, NULL, 0, 0, &why), 0);
        bus_close(b);
        rig_drain(&r);
        size_t with = 0;
        cr_assert_eq(rig_count(&r, "out"), 5u);
        char *d = rig_dump(&r, false);
        cr_assert_str_eq(d, "entry target \\x05\\x00\\x00\\x00\\x00\\x00\\x00\\x00\n", "%s", d);
        free(d);
        bus_mem_each(r.log, "out", has_trace, &with);
        cr_assert_eq(with, 4u, "all but the first, which had none");
        rig_deinit(&r);
}

/* ---- timers ----------------------------------------------------------------------------------------- */

static unsigned timer_calls;
static int bad_timer(void *inst, tocsin_bytes name, int64_t now_us, uint32_t clock) {
        (void)inst;
        (void)now_us;
        (void)clock;
        timer_calls++;
        return name.ptr[0] == 'b' ? TOCSIN_RETRY : name.ptr[0] == 'c' ? TOCSIN_POISON : 0;
}

Test(edge, a_timer_that_always_fails_is_dropped_into_the_dead_letters_and_the_others_fire) {
        Rig r;
        rig_init(&r, &rig_window, 1, 1);
        r.plugin.self.on_timer = bad_timer;
        rig_start(&r, 0);
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_put(&r, "b", T(&r), 2, "", -1);
        rig_put(&r, "c", T(&r), 3, "", -1);
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, r.pipe.dlq), 2u);
        cr_assert(timer_calls >= 5, "%u", timer_calls);
        cr_assert_eq(r.worker[0]->retry.limit, 0u);
        char *d = rig_dump(&r, false);
        cr_assert_null(strstr(d, "timer"), "%s", d);
        free(d);
        rig_balance(&r, 3);
        rig_deinit(&r);
}

static int wall_process(void *inst, const tocsin_event *e) {
        const tocsin_host *h = *(const tocsin_host **)inst;
        return h->timer(h, e->key, e->now_us + 7000000, TOCSIN_CLOCK_WALL);
}
static int64_t fired_at;
static int wall_timer(void *inst, tocsin_bytes name, int64_t now_us, uint32_t clock) {
        (void)inst;
        (void)name;
        cr_assert_eq(clock, (uint32_t)TOCSIN_CLOCK_WALL);
        fired_at = now_us;
        return 0;
}

Test(edge, a_wall_timer_outlives_its_worker_and_fires_when_the_wall_is_there) {
        Rig r;
        rig_init(&r, &rig_window, 1, 1);
        r.plugin.self.process = wall_process;
        r.plugin.self.on_timer = wall_timer;
        rig_start(&r, 0);
        rig_settle(&r);
        int64_t from = T(&r);
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_settle(&r);
        rig_commit(&r);
        rig_kill(&r, 0);
        rig_start(&r, 0);
        rig_settle(&r);
        T(&r) = from + 6999999;
        rig_settle(&r);
        cr_assert_eq(fired_at, 0);
        T(&r)++;
        rig_settle(&r);
        cr_assert_eq(fired_at, from + 7000000);
        rig_deinit(&r);
}

static int64_t back_us; /* the wall clock was set back by so much; the monotonic one knows nothing of it */
static int64_t set_back(const Clock *c) {
        return c->mono_us(c) - back_us;
}

Test(edge, a_wall_timer_does_not_wait_for_a_clock_that_was_set_back_by_an_hour) {
        Rig r;
        rig_init(&r, &rig_window, 1, 1);
        r.plugin.self.process = wall_process;
        r.plugin.self.on_timer = wall_timer;
        r.clock.clock.wall_us = set_back;
        rig_start(&r, 0);
        rig_settle(&r);
        int64_t from = T(&r);
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_settle(&r);
        rig_commit(&r);
        back_us = INT64_C(3600000000);
        rig_kill(&r, 0);
        rig_start(&r, 0);
        rig_settle(&r);
        for (int i = 0; i < 13; i++) {
                T(&r) += 1000000;
                rig_settle(&r);
        }
        cr_assert_eq(fired_at, 0);
        T(&r) += 1000001;
        rig_settle(&r);
        rig_commit(&r);
        cr_assert(fired_at >= from + 7000000, "%ld", (long)(fired_at - from));
        back_us = 0;
        rig_deinit(&r);
}

/* ---- over the limit ---------------------------------------------------------------------------------- */

static uint8_t much[1u << 20];
static int put_n(void *inst, const tocsin_event *e) {
        const tocsin_host *h = *(const tocsin_host **)inst;
        const tocsin_value *n = &e->body.u.fields[2].value;
        return h->put(h, e->key, tocsin_bytes_of(much, (size_t)n->u.i64));
}

Test(edge, a_state_change_too_large_for_the_changelog_is_found_and_its_record_is_dead) {
        Rig r;
        ConfigProperty limit = { .name = "message.max.bytes", .value = "3000" };
        rig_init(&r, &rig_counter, 2, 1);
        r.plugin.self.process = put_n;
        r.config.kafka = &limit;
        r.config.n_kafka = 1;
        rig_start(&r, 0);
        rig_settle(&r);
        for (int i = 0; i < 30; i++) {
                char key[8];
                snprintf(key, sizeof key, "k%d", i);
                rig_put(&r, key, T(&r), i == 17 ? 5000 : 10, "", -1);
        }
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, r.pipe.dlq), 1u);
        rig_balance(&r, 30);
        char *d = rig_dump(&r, false);
        cr_assert(strstr(d, "entry k16 ") && !strstr(d, "entry k17 ") && strstr(d, "entry k29 "));
        free(d);
        rig_deinit(&r);
}

Test(edge, a_record_too_large_for_a_dead_letter_is_dead_without_its_value) {
        Rig r;
        ConfigProperty limit = { .name = "message.max.bytes", .value = "3000" };
        rig_init(&r, &rig_counter, 1, 1);
        r.config.kafka = &limit;
        r.config.n_kafka = 1;
        rig_start(&r, 0);
        rig_put_raw(&r, "x", bytes_of(much, 2990), -1);
        rig_put_raw(&r, "x", bytes_of(much, LIMIT_RECORD_BYTES), -1);
        rig_drain(&r);
        cr_assert_eq(rig_count(&r, r.pipe.dlq), 2u);
        rig_balance(&r, 2);
        rig_deinit(&r);
}

/* ---- where it dies ---------------------------------------------------------------------------------- */

static void live(const char *point) {
        Rig r;
        setenv("TOCSIN_FAILPOINT", point, 1);
        rig_init(&r, &rig_counter, 1, 1);
        rig_start(&r, 0);
        for (int i = 0; i < 5; i++) {
                rig_put(&r, "a", T(&r), i, "", -1);
                rig_settle(&r);
                T(&r) += 100000;
        }
        bus_mem_fail(r.log, BUS_MEM_COMMIT, 1, BUS_E_ABORTED, false);
        rig_put(&r, "a", T(&r), 6, "", -1);
        rig_drain(&r);
        r.worker[0] = worker_free(r.worker[0]);
        rig_start(&r, 0);
        rig_settle(&r);
        _exit(0);
}

static int end_of(const char *point) {
        int status = 0;
        pid_t pid = fork();
        if (pid == 0)
                live(point);
        cr_assert_eq(waitpid(pid, &status, 0), pid);
        return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

Test(edge, the_process_dies_at_each_named_point_and_only_when_told) {
        static const char *const points[] = { "begin",          "after_record",  "before_changelog", "after_changelog",
                                              "before_offsets", "before_commit", "after_commit",     "before_apply",
                                              "after_apply",    "before_rewind", "in_restore",       "after_record:4" };
        for (size_t i = 0; i < sizeof points / sizeof *points; i++)
                cr_assert_eq(end_of(points[i]), SIGKILL, "%s", points[i]);
        cr_assert_eq(end_of("after_record:1000"), -1);
        cr_assert_eq(end_of("nowhere"), -1);
}

Test(edge, a_file_names_the_worker_that_is_to_die_and_is_taken_away) {
        char dir[] = "/tmp/tocsin-edge-XXXXXX", path[64], file[96];
        cr_assert_not_null(mkdtemp(dir));
        snprintf(path, sizeof path, "%s/failpoint", dir);
        setenv("TOCSIN_FAILPOINT_FILE", path, 1);
        for (unsigned ordinal = 0; ordinal < 2; ordinal++) {
                snprintf(file, sizeof file, "%s.rig.%u", path, ordinal);
                FILE *f = fopen(file, "w");
                cr_assert_not_null(f);
                fputs("begin:2", f);
                fclose(f);
                cr_assert_eq(end_of("nowhere"), ordinal == 0 ? SIGKILL : -1);
                cr_assert_eq(access(file, F_OK) == 0, ordinal == 1, "%s", file);
        }
        unlink(file);
        rmdir(dir);
}

/* ---- state that is gone ------------------------------------------------------------------------------ */

Test(edge, a_changelog_whose_beginning_is_gone_on_a_topic_that_is_not_compacted_is_a_named_error) {
        Rig r;
        rig_init(&r, &rig_counter, 1, 1);
        bus_mem_topic(r.log, r.pipe.changelog, 1, false);
        rig_start(&r, 0);
        rig_put(&r, "a", T(&r), 1, "", -1);
        rig_drain(&r);
        r.worker[0] = worker_free(r.worker[0]);
        mem_topic(r.log, r.pipe.changelog)->parts[0].first = 1;
        rig_start(&r, 0);
        for (int i = 0; i < 20; i++) {
                int a = worker_turn(r.worker[0], 0);
                cr_assert(a >= 0);
                T(&r) += 1000000;
        }
        cr_assert(strstr(r.flight.trouble, "is gone and its topic is not compacted"), "%s", r.flight.trouble);
        cr_assert_eq(atomic_load(&r.flight.ready), 0u);
        rig_deinit(&r);
}

Test(edge, a_rebalance_in_the_middle_of_a_restore_is_survived) {
        Rig r;
        rig_init(&r, &rig_counter, 4, 2);
        rig_start(&r, 0);
        rig_settle(&r);
        for (int i = 0; i < 400; i++) {
                char key[16];
                snprintf(key, sizeof key, "k%d", i);
                rig_put(&r, key, T(&r), i, "", -1);
        }
        rig_drain(&r);
        char *before = rig_dump(&r, true);
        rig_kill(&r, 0);
        rig_start(&r, 0);
        while (r.worker[0]->phase != PHASE_RESTORING)
                cr_assert(worker_turn(r.worker[0], 0) >= 0);
        bus_mem_rebalance(r.log, r.pipe.group);
        rig_start(&r, 1);
        rig_drain(&r);
        char *after = rig_dump(&r, true);
        cr_assert_str_eq(before, after);
        cr_assert(r.worker[0]->n_owned == 2 && r.worker[1]->n_owned == 2);
        free(before);
        free(after);
        rig_deinit(&r);
}

/* ---- other formats ----------------------------------------------------------------------------------- */

static const tocsin_port raw_in = { .size = sizeof raw_in, .format = TOCSIN_RAW, .name = "events", .help = "bytes" };
static const tocsin_port json_in = {
        .size = sizeof json_in, .format = TOCSIN_JSON, .name = "events", .help = "text", .key = "who.id"
};
static const tocsin_port json_out = {
        .size = sizeof json_out, .direction = TOCSIN_OUT, .format = TOCSIN_JSON, .name = "out", .help = "text"
};
static const tocsin_port *const raw_ports[] = { &raw_in, &json_out }, *const json_ports[] = { &json_in, &json_out };

static const tocsin_time *first; /* told to create() */

/* The pipeline's own figures, from create() on and still the same when an event comes. */
static void time_is_told(const tocsin_host *h) {
        const tocsin_time *t = h->extension(h, "tocsin.time/1");
        cr_assert(t && TOCSIN_HAS(tocsin_time, t, future_us));
        cr_assert(t->lateness_us == 7000000 && t->idle_us == 70000000 && t->future_us == 700000);
        cr_assert(!first || first->lateness_us == t->lateness_us);
        first = t;
}

static int echo_create(void **ret, const tocsin_host *h, const tocsin_value *config) {
        (void)config;
        first = NULL;
        time_is_told(h);
        const tocsin_host **p = malloc(sizeof *p);
        *p = h;
        *ret = p;
        return 0;
}
/* Text of a raw port is parsed by the extension, as an adapter does. */
static int echo(void *inst, const tocsin_event *e) {
        const tocsin_host *h = *(const tocsin_host **)inst;
        const tocsin_json *json = h->extension(h, "tocsin.json/1");
        tocsin_value v = e->body;
        time_is_told(h);
        cr_assert(json && !h->extension(h, "tocsin.nothing/1"));
        if (e->body.kind == TOCSIN_BYTES && json->parse(h, tocsin_as_bytes(&e->body), &v) != 0) {
                h->fail(h, "not JSON");
                return TOCSIN_POISON;
        }
        return h->emit(h, 1, e->key, &v);
}
#define ECHO(p)                                                                                                            \
        {                                                                                                                  \
                .size = sizeof(tocsin_plugin), .abi = TOCSIN_ABI, .needs = TOCSIN_ABI, .state_version = 1, .name = "echo", \
                .version = "1.2.3", .license = "MIT", .summary = "says it again", .n_ports = 2, .ports = p,                \
                .create = echo_create, .destroy = free, .process = echo                                                    \
        }
static const tocsin_plugin raw_echo = ECHO(raw_ports), json_echo = ECHO(json_ports);

Test(edge, ports_of_bytes_and_of_json_deliver_and_take_what_they_should) {
        const tocsin_plugin *const both[] = { &raw_echo, &json_echo };
        for (size_t i = 0; i < 2; i++) {
                Rig r;
                BusRecord rec = { 0 };
                rig_init(&r, both[i], 1, 1);
                r.pipe.lateness_us = 7000000;
                r.pipe.idle_us = 70000000;
                r.pipe.future_us = 700000;
                rig_start(&r, 0);
                rig_put_raw(&r, "x", bytes_z("{\"who\": {\"id\": \"x\"}, \"n\": [1, 2.5, \"\\u00e4\", null, true]}"), -1);
                rig_put_raw(&r, "x", bytes_z("{\"who\": {\"id\": \"x\"}, \"n\": }"), -1);
                rig_drain(&r);
                cr_assert_eq(rig_count(&r, "out"), 1u);
                cr_assert_eq(rig_count(&r, r.pipe.dlq), 1u);
                bus_mem_each(r.log, "out", take, &rec);
                cr_assert(bytes_eq_z(rec.value, "{\"who\":{\"id\":\"x\"},\"n\":[1,2.5,\"\xc3\xa4\",null,true]}"), "%.*s",
                          BYTES_ARG(rec.value));
                rig_balance(&r, 2);
                rig_deinit(&r);
        }
}
