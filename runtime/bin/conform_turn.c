/* Callbacks with everything they are promised, and what their answers mean. */
#include "bin/conform_turn.h"

#include "bin/conform_calls.h"
#include "bin/conform_random.h"
#include "value/value.h"

#define SHOWN 240u /* of a record, in a reason */
#define FIRINGS_MAX 200000u /* of timers in one turn: they are set anew without end */

__attribute__((format(printf, 2, 3))) static void verdict(Fake *h, const char *format, ...) {
        va_list ap;
        if (h->end->verdict[0])
                return;
        va_start(ap, format);
        vsnprintf(h->end->verdict, sizeof h->end->verdict, format, ap);
        va_end(ap);
}

/* Did something fail that was planned to? Then a negative answer is honest. */
static bool planned(const Fake *h) {
        return calls_failed() || (h->plan->fail_host && h->fail_in == 0);
}

int turn_create(Fake *h, const tocsin_value *settings, void **ret, Why *why) {
        static char untouched;
        void *inst = &untouched;
        tocsin_value *lent = fake_lend(h, sizeof *lent);
        if (!lent)
                return -ENOMEM;
        *lent = fake_lend_value(h, settings);
        fake_enter(h, PHASE_CREATE);
        sight_at("create()");
        int r = h->kit->plugin.self.create(&inst, h->api, lent);
        bool said = h->failed;
        fake_leave(h);
        if (r == 0 && inst == &untouched)
                return BROKEN(why, "create() answers 0 but gives no instance");
        if (r == 0) {
                *ret = inst;
                return 0;
        }
        if (r > 0 || r < -4095)
                return BROKEN(why, "create() answers %d; 0 or -errno", r);
        if (inst != &untouched)
                return BROKEN(why, "create() refuses but has written to *ret");
        if (!said && r != -ENOMEM && !planned(h))
                return BROKEN(why, "create() refuses (%d) and does not say why: call fail() or fail_at()", r);
        return why_say(why, RULE_E_NONE, "%s", said ? h->why : strerror(-r));
}

int turn_rebuild(Turns *t, Why *why) {
        Fake *h = &t->host;
        const tocsin_plugin *p = &h->kit->plugin.self;
        t->living = true;
        if (!p->rebuild)
                return 0;
        uint32_t found = table_count(h->table, SPACE_USER) ? p->state_version : 0;
        fake_enter(h, PHASE_REBUILD);
        sight_at("rebuild() with state version %u", found);
        int r = p->rebuild(t->inst, found);
        fake_leave(h);
        if (r == 0)
                return 0;
        if (r < 0 && planned(h))
                return RULE_E_NONE;
        return BROKEN(why, "rebuild() answers %d on the table it wrote itself: %s", r, h->why);
}

int turn_rebuild_elder(Turns *t, uint32_t found, Why *why) {
        Fake *h = &t->host;
        t->living = true;
        fake_enter(h, PHASE_REBUILD);
        sight_at("rebuild() with state version %u", found);
        int r = h->kit->plugin.self.rebuild(t->inst, found);
        bool said = h->failed;
        fake_leave(h);
        if (r == 0)
                return 0;
        if (r > 0 || r < -4095)
                return BROKEN(why, "rebuild() on a table of version %u answers %d; 0 or -errno", found, r);
        return said ? RULE_E_NONE
                    : BROKEN(why, "rebuild() refuses a table of version %u (%d) and does not say why: call fail()", found, r);
}

void turn_destroy(Turns *t) {
        if (!t->living)
                return;
        fake_enter(&t->host, PHASE_DESTROY);
        sight_at("destroy()");
        t->host.kit->plugin.self.destroy(t->inst);
        fake_leave(&t->host);
        t->living = false;
}

/* What the plugin sees of a record; the struct ends with its pages when the host is the oldest. */
static tocsin_event *lend_event(Turns *t, const Item *it) {
        Fake *h = &t->host;
        const tocsin_port *p = h->kit->plugin.port[it->port];
        tocsin_event *e = fake_lend(h, sizeof *e);
        char topic[96];
        if (!e)
                return NULL;
        *e = (tocsin_event){ .size = sizeof *e,
                             .port = it->port,
                             .flags = it->flags,
                             .time_us = it->time_us,
                             .arrival_us = it->arrival_us,
                             .now_us = h->now_us,
                             .offset = (int64_t)(it->internal ? t->inner_at : t->at) };
        memcpy(e->id, &e->offset, sizeof e->offset);
        e->id[15] = (uint8_t)it->port;
        snprintf(topic, sizeof topic, "%s%s", p->name, h->plan->elsewhere ? ".copy" : ""); /* nothing tells that it is checked */
        if (h->plan->elsewhere) {
                e->partition = 3;
                e->offset += 1000003;
        }
        e->key = fake_lend_bytes(h, it->key.ptr ? it->key : bytes_z(""), false);
        e->raw = fake_lend_bytes(h, it->raw, false);
        e->topic = (const char *)fake_lend_bytes(h, bytes_z(topic), true).ptr;
        e->body = fake_lend_value(h, &it->body);
        return e;
}

/* The beginning of a record, for people who look for what it was. */
static void show(char ret[SHOWN], const Item *it) {
        Buffer out = BUFFER_NULL;
        if (it)
                value_print(&out, &it->body);
        snprintf(ret, SHOWN, "%s%.*s%s", it ? ": record " : "", (int)(out.len < SHOWN - 8 ? out.len : SHOWN - 8),
                 out.len ? (char *)out.ptr : "", out.len < SHOWN - 8 ? "" : "…");
        buffer_deinit(&out);
}

static TurnAnswer judge(Turns *t, const Item *it, const char *call, int r, Why *why) {
        Fake *h = &t->host;
        char of[SHOWN] = "";
        if (r != TOCSIN_OK && r != TOCSIN_SKIP && !h->end->verdict[0])
                show(of, it);
        switch (r) {
        case TOCSIN_OK:
        case TOCSIN_SKIP:
                return TURN_DONE;
        case TOCSIN_POISON:
                if (!h->failed)
                        verdict(h, "%s answers POISON and does not say why: call fail()%s", call, of);
                buffer_printf(&h->said, "poison %s ", it ? h->kit->plugin.port[it->port]->name : "timer");
                fake_print_bytes(&h->said, it ? it->key : BYTES_NULL);
                buffer_printf(&h->said, ": %s\n", h->plan->outline ? "" : h->why);
                return TURN_DONE;
        case TOCSIN_RETRY:
                if (!planned(h))
                        verdict(h, "%s answers RETRY though nothing failed: %s%s", call, h->why, of);
                return TURN_RETRY;
        default:
                break;
        }
        if (r > 0 || r < -4095) {
                BROKEN(why, "%s answers %d, which is no verdict", call, r);
                return TURN_BROKEN;
        }
        if (!planned(h))
                verdict(h, "%s answers %d (%s), so the instance is lost, though nothing failed%s%s%s", call, r, strerror(-r),
                        h->why[0] ? ": " : "", h->why, of);
        return TURN_LOST;
}

static TurnAnswer deliver(Turns *t, const Item *it, Why *why) {
        Fake *h = &t->host;
        const tocsin_plugin *p = &h->kit->plugin.self;
        tocsin_event *e = lend_event(t, it);
        uint32_t done = 0;
        if (!e)
                return TURN_LOST;
        fake_enter(h, PHASE_PROCESS);
        sight_at("process() of record %zu, port '%s'", it->internal ? t->inner_at : t->at, h->kit->plugin.port[it->port]->name);
        int r = p->process ? p->process(t->inst, e) : p->process_batch(t->inst, (const tocsin_event *const[]){ e }, 1, &done);
        if (!p->process && ((r == 0) != (done == 1) || done > 1)) {
                fake_leave(h);
                BROKEN(why, "process_batch() of one record answers %d with *done %u", r, done);
                return TURN_BROKEN;
        }
        TurnAnswer answer = judge(t, it, "process()", r, why);
        fake_leave(h);
        return answer;
}

/* Records of one port together; what follows the one with another verdict than OK comes in the next call. */
static TurnAnswer deliver_batch(Turns *t, Item **items, size_t n, Why *why) {
        Fake *h = &t->host;
        const tocsin_event **events = fake_lend(h, n * sizeof *events);
        size_t at = t->at;
        if (!events)
                return TURN_LOST;
        for (size_t i = 0; i < n; i++, t->at++)
                if (!(events[i] = lend_event(t, items[i])))
                        return TURN_LOST;
        t->at = at;
        for (uint32_t from = 0; from < n;) {
                uint32_t done = 0, left = (uint32_t)n - from;
                fake_enter(h, PHASE_PROCESS);
                sight_at("process_batch() of %u records from %zu, port '%s'", left, t->at + from,
                         h->kit->plugin.port[items[0]->port]->name);
                int r = h->kit->plugin.self.process_batch(t->inst, events + from, left, &done);
                if (done > left || (r == 0 && done != left) || (r != 0 && done == left)) {
                        fake_leave(h);
                        BROKEN(why, "process_batch() of %u records answers %d with *done %u", left, r, done);
                        return TURN_BROKEN;
                }
                TurnAnswer answer = r == 0 ? TURN_DONE : judge(t, items[from + done], "process_batch()", r, why);
                if (answer != TURN_DONE) {
                        fake_leave(h);
                        return answer;
                }
                from += r == 0 ? done : done + 1;
        }
        fake_leave(h);
        return TURN_DONE;
}

static TurnAnswer fire(Turns *t, Bytes name, int64_t at_us, unsigned clock, Why *why) {
        Fake *h = &t->host;
        Bytes lent = fake_lend_bytes(h, name, false);
        fake_enter(h, PHASE_TIMER);
        sight_at("on_timer() at %lld", (long long)at_us);
        TurnAnswer answer = judge(t, NULL, "on_timer()", h->kit->plugin.self.on_timer(t->inst, lent, at_us, clock), why);
        fake_leave(h);
        return answer;
}

static TurnAnswer fire_due(Turns *t, Why *why) {
        Fake *h = &t->host;
        uint8_t name[LIMIT_TIMER_NAME_BYTES];
        size_t len;
        int64_t at_us;
        for (unsigned clock = TOCSIN_CLOCK_EVENT; clock <= TOCSIN_CLOCK_WALL; clock++)
                for (unsigned n = 0; timers_take(h->timers, clock, clock == TOCSIN_CLOCK_EVENT ? t->watermark_us : t->wall_us,
                                                 name, &len, &at_us) == 0;
                     n++) {
                        if (n > FIRINGS_MAX) {
                                BROKEN(why, "more than %u timers fire in one turn: they are set anew for the same time",
                                       FIRINGS_MAX);
                                return TURN_BROKEN;
                        }
                        TurnAnswer answer = fire(t, bytes_of(name, len), at_us, clock, why);
                        if (answer != TURN_DONE)
                                return answer;
                }
        return TURN_DONE;
}

TurnAnswer turn_play(Turns *t, Item **items, size_t n, Why *why) {
        Fake *h = &t->host;
        for (size_t i = 0; i < n; i++)
                t->wall_us = items[i]->arrival_us > t->wall_us ? items[i]->arrival_us : t->wall_us;
        h->now_us = t->wall_us;
        for (size_t i = 0, run; i < n; i += run) {
                for (run = 1; h->plan->batch && i + run < n && items[i + run]->port == items[i]->port;)
                        run++;
                TurnAnswer answer = h->plan->batch ? deliver_batch(t, items + i, run, why) : deliver(t, items[i], why);
                if (answer != TURN_DONE)
                        return answer;
                t->at += run;
        }
        t->at -= n;
        for (size_t i = 0; i < n; i++)
                if (!(items[i]->flags & TOCSIN_EVENT_FUTURE) && items[i]->time_us > t->watermark_us)
                        t->watermark_us = items[i]->time_us;
        if (h->plan->names && n && h->kit->plugin.self.on_timer) { /* names that an older version may have left behind */
                tocsin_value name = random_text(&t->names, h->kept);
                TurnAnswer answer =
                        name.len && name.len <= LIMIT_TIMER_NAME_BYTES
                                ? fire(t, tocsin_as_bytes(&name), t->watermark_us, (unsigned)random_below(&t->names, 2), why)
                                : TURN_DONE;
                if (answer != TURN_DONE)
                        return answer;
        }
        return fire_due(t, why);
}

void turn_bury(Turns *t, const Item *item, TurnAnswer answer) {
        Fake *h = &t->host;
        buffer_printf(&h->said, "%s %s ", answer == TURN_LOST ? "lost" : "retried",
                      item ? h->kit->plugin.port[item->port]->name : "timer");
        fake_print_bytes(&h->said, item ? item->key : BYTES_NULL);
        buffer_put_z(&h->said, "\n");
}
