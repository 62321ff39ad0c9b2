/* Whatever librdkafka answers, with whatever code, at whatever call: the turn is repeated inside, or aborted and read again,
 * or the Bus is spent and replaced. No other; and what is written is what was read, once. */
#include "bus/bus.h"
#include "core/clock.h"
#include "fake_kafka.h"

#include <criterion/criterion.h>
#include <string.h>

#define LIVES 8
#define TURNS 64
#define SAID_US 90000000 /* init may take 60 s and a slow call 20 s more; a commit or abort 30 s and one more call */
#define CLOSE_US 10000000

typedef struct Life {
        bool exactly_once;
        bool abort_first, leave_open; /* the first turn is given up by the app; or the Bus is closed in it */
        int64_t deadline_us; /* of a commit, from its beginning; 0: none */
        unsigned repeated, aborted, spent, refused;
} Life;

static const FakeFault *at_hand;

/* What went on when an assertion failed. */
static const char *tale(void) {
        static char text[160];
        static const char
                *const call[] = { "init", "begin", "offsets", "commit", "abort", "produce", "delivery", "plain commit" },
                       *const class[] = { "retriable", "abortable", "fatal", "unclassified" };
        snprintf(text, sizeof text, "%s %s at %s number %u (times %u%s%s), struck %u", class[at_hand->class],
                 rd_kafka_err2name(at_hand->code), call[at_hand->call], at_hand -> nth, at_hand -> times,
                 at_hand -> after ? ", after the effect" : "", at_hand->slow ? ", slow" : "", fake.struck);
        return text;
}

static int open_bus(Bus **ret, uint32_t *out, const Life *l) {
        static const char *const topics[] = { "in" };
        Why why = { 0 };
        const BusConf conf = {
                .group = "g", .member = "m", .transactional_id = l->exactly_once ? "id" : NULL, .topics = topics, .n_topics = 1
        };
        int r = bus_open(ret, &conf, &why);
        if (r == 0)
                *out = bus_output(*ret, "out");
        else
                cr_assert(why.text[0], "%s: a refusal without words", tale());
        return r;
}

/* Spent is spent: the first reason is what every call says, and it ends in time. */
static void bury(Bus *b, const Why *first, Life *l) {
        const BusRecord *rec;
        const BusPosition *pos, at = { 0, 0, 0 };
        size_t n;
        Why w[7] = { 0 };
        cr_assert(first->text[0], "%s", tale());
        cr_assert_eq(bus_poll(b, 0, &rec, &n), BUS_E_FATAL);
        cr_assert_eq(bus_begin(b, &w[0]), BUS_E_FATAL);
        cr_assert_eq(bus_send(b, &(BusSend){ .value = bytes_z("x") }, &w[1]), BUS_E_FATAL);
        cr_assert_eq(bus_commit(b, &at, 1, 0, &w[2]), BUS_E_FATAL);
        cr_assert_eq(bus_abort(b, &w[3]), BUS_E_FATAL);
        cr_assert_eq(bus_assigned(b, &pos, &n, &w[4]), BUS_E_FATAL);
        cr_assert_eq(bus_rewind(b, &at, 1, &w[5]), BUS_E_FATAL);
        cr_assert_eq(bus_health(b, &w[6]), BUS_E_FATAL);
        cr_assert_eq(bus_hold(b, 0, true), BUS_E_FATAL);
        cr_assert_eq(bus_release(b), BUS_E_FATAL);
        for (size_t i = 0; i < 7; i++)
                cr_assert_str_eq(w[i].text, first->text, "%s", tale());
        int64_t from = fake.now_us;
        bus_close(b);
        cr_assert_leq(fake.now_us - from, CLOSE_US, "%s", tale());
        l->spent++;
}

/* begin, send, send, then commit, or abort as the app's own wish. What the first call that says no says. */
static int turn(Bus *b, uint32_t out, const BusRecord *rec, size_t n, bool give_up, const Life *l, Why *why) {
        const BusHeader h = { "tocsin-id", bytes_z("1") };
        GUARD(bus_begin(b, why));
        for (size_t i = 0; i < n; i++)
                GUARD(bus_send(b,
                               &(BusSend){ .output = out,
                                           .partition = -1,
                                           .value = rec[i].value,
                                           .headers = &h,
                                           .n_headers = i % 2,
                                           .time_us = i ? 1000 : 0 },
                               why));
        if (give_up)
                return BUS_E_ABORTED;
        const BusPosition next = { 0, 0, rec[n - 1].offset + 1 };
        return bus_commit(b, &next, 1, l->deadline_us ? fake.now_us + l->deadline_us : 0, why);
}

/* A Bus until it is spent or all is committed. */
static void live(Bus *b, uint32_t out, Life *l) {
        for (unsigned turns = 0; fake.committed < FAKE_RECORDS; turns++) {
                cr_assert_lt(turns, TURNS, "%s: it gets nowhere", tale());
                const BusRecord *rec;
                const BusPosition *at;
                size_t n = 0;
                Why why = { 0 };
                int64_t from = fake.now_us;
                int r = bus_poll(b, 0, &rec, &n);
                if (r == BUS_E_ASSIGNED) {
                        cr_assert_eq(bus_assigned(b, &at, &n, &why), 0);
                        cr_assert_eq(bus_rewind(b, at, n, &why), 0);
                        continue;
                }
                if (r == 0 && l->leave_open) {
                        l->leave_open = false;
                        cr_assert_eq(bus_begin(b, &why), 0);
                        cr_assert_eq(bus_send(b, &(BusSend){ .output = out, .partition = -1, .value = rec->value }, &why), 0);
                        break;
                }
                if (r == 0) {
                        bool give_up = l->abort_first;
                        l->abort_first = false;
                        r = turn(b, out, rec, n, give_up, l, &why);
                        if (r == BUS_E_TOO_BIG) {
                                cr_assert_eq(fake.fault.code, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
                                r = BUS_E_ABORTED; /* the app's to decide: it tries again here */
                        }
                        l->aborted += r == BUS_E_ABORTED && !give_up;
                        cr_assert(r != BUS_E_ABORTED || give_up || why.text[0], "%s", tale());
                        if (r == BUS_E_ABORTED) {
                                r = bus_abort(b, &why);
                                const BusPosition back = { 0, 0, fake.committed < 0 ? 0 : fake.committed };
                                if (r == 0)
                                        cr_assert_eq(bus_rewind(b, &back, 1, &why), 0);
                        }
                        cr_assert_leq(fake.now_us - from, 2 * SAID_US, "%s", tale());
                } else {
                        bus_health(b, &why);
                }
                if (r == BUS_E_FATAL) {
                        bury(b, &why, l);
                        return;
                }
                cr_assert(r == 0 || r == BUS_E_IDLE, "%s: %s is no documented end", tale(), bus_answer(r));
                if (fake.fault.times == 0 && (l->aborted || l->spent))
                        fake.fault.nth = 0; /* for ever is over */
        }
        int64_t from = fake.now_us;
        bus_close(b);
        cr_assert_leq(fake.now_us - from, CLOSE_US, "%s", tale());
}

/* Lives until all is read. Every end is one that is documented, and what came out is f(in). */
static void lives(const FakeFault *f, Life *l) {
        at_hand = f;
        fake_reset(f);
        for (unsigned i = 0; fake.committed < FAKE_RECORDS; i++) {
                cr_assert_lt(i, LIVES, "%s: no end", tale());
                Bus *b = NULL;
                uint32_t out = 0;
                int64_t from = fake.now_us;
                int r = open_bus(&b, &out, l);
                cr_assert_leq(fake.now_us - from, SAID_US, "%s", tale());
                if (r == 0) {
                        live(b, out, l);
                } else {
                        cr_assert(r == BUS_E_FATAL || r == BUS_E_DOWN || r == BUS_E_DENIED, "%s: %d", tale(), r);
                        l->refused++;
                }
                if (f->times == 0 && (l->aborted || l->spent || l->refused))
                        fake.fault.nth = 0;
        }
        l->repeated = fake.struck;
        for (int i = 0; i < FAKE_RECORDS; i++)
                cr_assert(fake.out[i] == 1 || (!l->exactly_once && fake.out[i] > 1), "%s: record %d is there %u times", tale(), i,
                          fake.out[i]);
        cr_assert_eq(fake.broken, 0u, "%s: %s", tale(), fake.rule);
        cr_assert(!fake.errors && !fake.headers && !fake.topics && !fake.messages && !fake.clients && !fake.queues,
                  "%s: %d errors, %d headers, %d topics, %d messages, %d clients, %d queues are left", tale(), fake.errors,
                  fake.headers, fake.topics, fake.messages, fake.clients, fake.queues);
}

/* What the class of an error at a call has to lead to, when it strikes `times` in a row. */
static void expect(const FakeFault *f, const Life *l) {
        unsigned replaced = l->spent + l->refused;
        if (!fake.struck)
                return; /* so many such calls were not made */
        if (f->class == FAKE_RETRIABLE)
                cr_assert(l->aborted == 0 && replaced == 0, "%s is to be repeated", tale());
        else if (f->class == FAKE_ABORTABLE && (f->call == FAKE_OFFSETS || f->call == FAKE_COMMIT))
                cr_assert(l->aborted == 1 && replaced == 0, "%s is to be aborted", tale());
        else
                cr_assert_eq(replaced, 1u, "%s is to end the Bus", tale());
}

static void each_code(void (*f)(rd_kafka_resp_err_t code, void *arg), void *arg) {
        const struct rd_kafka_err_desc *d;
        size_t n, known = 0;
        rd_kafka_get_err_descs(&d, &n);
        for (size_t i = 0; i < n; i++)
                if (d[i].code && d[i].name) {
                        f(d[i].code, arg);
                        known++;
                }
        cr_assert_gt(known, 100u);
}

static void at_every_call(rd_kafka_resp_err_t code, void *arg) {
        unsigned *struck = arg;
        for (FakeCall call = FAKE_INIT; call <= FAKE_ABORT; call++)
                for (FakeClass class = 0; class < FAKE_CLASSES; class ++)
                        for (unsigned nth = 1; nth <= 3; nth++)
                                for (unsigned k = 0; k < 4; k++) {
                                        bool after = k & 1, abort_first = k & 2;
                                        /* what can be aborted took no effect; begin has none to come late */
                                        if (after && (class == FAKE_ABORTABLE || call == FAKE_BEGIN))
                                                continue;
                                        FakeFault f = {
                                                .call = call, .class = class, .code = code, .nth = nth, .times = 1, .after = after
                                        };
                                        Life l = { .exactly_once = true, .abort_first = abort_first };
                                        lives(&f, &l);
                                        expect(&f, &l);
                                        *struck += fake.struck;
                                }
}

Test(txn_errors, every_code_as_every_class_at_every_call_is_repeated_aborted_or_ends_the_bus) {
        unsigned struck = 0;
        each_code(at_every_call, &struck);
        cr_log_info("%u faults struck", struck);
        cr_assert_gt(struck, 10000u);
}

static void for_records(rd_kafka_resp_err_t code, void *arg) {
        (void)arg;
        for (FakeCall call = FAKE_PRODUCE; call <= FAKE_PLAIN_COMMIT; call++)
                for (unsigned nth = 1; nth <= 5; nth++)
                        for (unsigned k = 0; k < 4; k++) {
                                bool fatal = (k & 1) && call != FAKE_DELIVERY;
                                FakeFault f = { .call = call,
                                                .class = fatal ? FAKE_FATAL : FAKE_UNCLASSIFIED,
                                                .code = code,
                                                .nth = nth,
                                                .times = 1 };
                                Life l = { .exactly_once = k & 2 };
                                if (call == FAKE_DELIVERY &&
                                    (code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT))
                                        continue; /* our own doing: only after an abort */
                                lives(&f, &l);
                                bool waits = code == RD_KAFKA_RESP_ERR__QUEUE_FULL && call == FAKE_PRODUCE && !fatal;
                                cr_assert(!fake.struck || l.aborted + l.spent == !waits, "%s: %u aborted, %u spent", tale(),
                                          l.aborted, l.spent);
                                cr_assert(!fake.struck || l.spent == fatal, "%s: %u spent", tale(), l.spent);
                        }
}

Test(txn_errors, every_code_of_a_record_or_of_plain_offsets_is_aborted_or_ends_the_bus) {
        each_code(for_records, NULL);
}

Test(txn_errors, the_same_call_is_repeated_as_often_as_it_asks_for_and_nothing_is_doubled) {
        for (FakeCall call = FAKE_INIT; call <= FAKE_ABORT; call++)
                for (unsigned times = 1; times <= 64; times *= 4)
                        for (unsigned k = 0; k < 4; k++) {
                                FakeFault f = { .call = call,
                                                .class = FAKE_RETRIABLE,
                                                .code = RD_KAFKA_RESP_ERR__TIMED_OUT,
                                                .nth = 1,
                                                .times = times,
                                                .after = (k & 1) && call != FAKE_BEGIN };
                                Life l = { .exactly_once = true, .abort_first = true };
                                if (f.after && call != FAKE_OFFSETS)
                                        f.times = 1; /* what took effect says so when it is asked again */
                                lives(&f, &l);
                                expect(&f, &l);
                                cr_assert_eq(fake.struck, f.times, "%s", tale());
                        }
}

Test(txn_errors, what_never_stops_asking_to_be_repeated_ends_in_time_without_spinning) {
        for (FakeCall call = FAKE_INIT; call <= FAKE_PRODUCE; call++)
                for (unsigned k = 0; k < 4; k++) {
                        FakeFault f = { .call = call,
                                        .class = FAKE_RETRIABLE,
                                        .nth = 1,
                                        .slow = k & 1,
                                        .code = call == FAKE_PRODUCE ? RD_KAFKA_RESP_ERR__QUEUE_FULL
                                                                     : RD_KAFKA_RESP_ERR__TIMED_OUT };
                        Life l = { .exactly_once = true, .abort_first = call == FAKE_ABORT, .deadline_us = k & 2 ? 300000 : 0 };
                        lives(&f, &l);
                        bool aborts = call == FAKE_OFFSETS || call == FAKE_PRODUCE;
                        cr_assert_eq(l.aborted, aborts ? 1u : 0u, "%s", tale());
                        cr_assert_eq(l.spent + l.refused, aborts ? 0u : 1u, "%s", tale());
                        cr_assert_leq(fake.struck, 6004u, "%s: spins", tale());
                        if (f.call == FAKE_COMMIT && l.deadline_us)
                                cr_assert_leq(fake.now_us, 1000000 + 2 * l.deadline_us + 200000, "%s: %ld us", tale(),
                                              (long)fake.now_us);
                }
}

static void dies(rd_kafka_resp_err_t code, void *arg) {
        (void)arg;
        for (FakeCall call = FAKE_INIT; call <= FAKE_ABORT; call++)
                for (FakeClass class = 0; class < FAKE_CLASSES; class ++) {
                        FakeFault f = { .call = call, .class = class, .code = code, .nth = 1, .times = 1, .dies = true };
                        Life l = { .exactly_once = true, .abort_first = call == FAKE_ABORT };
                        lives(&f, &l);
                        cr_assert_eq(l.spent + l.refused, 1u, "%s", tale());
                }
}

Test(txn_errors, a_client_that_meets_its_end_behind_another_error_is_replaced) {
        each_code(dies, NULL);
}

Test(txn_errors, a_bus_that_is_closed_in_a_turn_goes_in_time_and_leaves_nothing_whatever_its_abort_says) {
        for (FakeClass class = 0; class < FAKE_CLASSES; class ++)
                for (unsigned k = 0; k < 4; k++) {
                        FakeFault f = { .call = FAKE_ABORT,
                                        .class = class,
                                        .code = RD_KAFKA_RESP_ERR__TIMED_OUT,
                                        .nth = 1,
                                        .times = k & 1,
                                        .slow = k & 2,
                                        .after = class == FAKE_FATAL };
                        Life l = { .exactly_once = true, .leave_open = true };
                        lives(&f, &l);
                        cr_assert_eq(fake.struck, 1u, "%s: nobody waits for more", tale());
                        cr_assert_eq(l.aborted + l.spent + l.refused, 0u, "%s", tale());
                }
}
