/* A life: born, fed in turns, cut or rolled back where planned, and what came of it. */
#include "bin/conform_play.h"

#include "bin/conform_calls.h"
#include "bin/conform_elder.h"
#include "bin/conform_life.h"
#include "bin/conform_sight.h"
#include <sys/mman.h>

#define LATER_US INT64_C(7200000000) /* time that passes at the end: two hours, so that every window closes */
#define QUIET_TURNS 4096u /* in which INTERNAL records may go round before we call it endless */
#define SHOWN 200u /* of a line that differs: a little before, and what follows */
#define SHOWN_BEFORE 40u
#define SHOWN_BYTES 120u
#define ATTEMPTS 4u /* at one record, before it goes to the dead letters */

void play_end_deinit(PlayEnd *e) {
        buffer_deinit(&e->text);
        *e = (PlayEnd){ 0 };
}

static Fake *fake_free(Fake *h) {
        if (h) {
                if (h->end)
                        play_end_deinit(h->end);
                free(h->end);
                fake_deinit(h);
        }
        free(h);
        return NULL;
}

int play_create(Kit *k, const tocsin_value *settings, Born *ret, Why *why) {
        static const Play nothing = { .cut_at = PLAY_NEVER, .abort_at = PLAY_NEVER };
        Fake *h = calloc(1, sizeof *h);
        PlayEnd *end = calloc(1, sizeof *end);
        int r = h && end ? fake_init(h, k, &nothing, end) : -ENOMEM;
        if (r == 0)
                r = turn_create(h, settings, &ret->inst, why);
        else
                free(end);
        if (r != 0) {
                fake_free(h);
                return r;
        }
        ret->host = h;
        return 0;
}

void play_destroy(Kit *k, Born *b) {
        fake_enter(b->host, PHASE_DESTROY);
        sight_at("destroy()");
        k->plugin.self.destroy(b->inst);
        fake_leave(b->host);
        b->host = fake_free(b->host);
}

/* An instance from nothing but the table: the first and every later birth. */
static int born(Turns *t, Why *why) {
        Fake *h = &t->host;
        int r = 0;
        for (unsigned i = 0; i < 3; i++) {
                r = turn_create(h, &h->kit->settings, &t->inst, why);
                if (r == RULE_E_NONE && calls_failed() && i == 0)
                        continue; /* its memory failed as planned: an honest refusal */
                if (r == RULE_E_NONE && h->plan->fail_host && i == 0)
                        continue;
                if (r != 0)
                        return r == RULE_E_NONE ? BROKEN(why, "create() refuses settings that fit its schema: %s", why->text) : r;
                r = turn_rebuild(t, why);
                if (r == 0)
                        return 0;
                turn_destroy(t);
        }
        return r;
}

/* Back to the last commit, as the host does after an abort. */
static int rolled_back(Turns *t, bool lost, Why *why) {
        turns_rollback(t);
        if (lost) {
                turn_destroy(t);
                return born(t, why);
        }
        int r = turn_rebuild(t, why);
        if (r != RULE_E_NONE)
                return r;
        turn_destroy(t);
        return born(t, why);
}

/* One turn until it is committed, whatever the plugin answers. */
static int whole_turn(Turns *t, Item **items, size_t *n, Why *why) {
        const Play *plan = t->host.plan;
        for (unsigned attempt = 0;; attempt++) {
                TurnAnswer answer = turn_play(t, items, *n, why);
                if (answer == TURN_BROKEN)
                        return RULE_E_BROKEN;
                if (answer == TURN_DONE && t->host.end->turns == plan->abort_at && !t->aborted) {
                        t->aborted = true;
                        GUARD(rolled_back(t, false, why));
                        continue;
                }
                if (answer == TURN_DONE)
                        return turns_commit(t);
                GUARD(rolled_back(t, answer == TURN_LOST, why));
                if (*n > 1)
                        *n = 1;
                else if (attempt >= ATTEMPTS) {
                        turn_bury(t, *n ? items[0] : NULL, answer);
                        return turns_commit(t);
                }
        }
}

static int cut(Turns *t, Why *why) {
        turn_destroy(t);
        return born(t, why);
}

static bool goes_on(Life *l) {
        return l->at < l->turns.host.plan->stream->n || turns_inner(&l->turns);
}

/* The next turn of the stream, or the rows that come before it. */
static int step(Life *l, Why *why) {
        Turns *t = &l->turns;
        const Play *plan = t->host.plan;
        const Stream *s = plan->stream;
        Item *items[TURN_MAX];
        size_t n = 0;
        if (turns_inner(t)) {
                items[n++] = turns_inner(t);
                if (++l->quiet > QUIET_TURNS)
                        return BROKEN(why, "records of INTERNAL ports go round without end");
        } else if (turns_row(t, &s->at[l->at])) {
                l->at++;
                return 0;
        } else {
                l->quiet = 0;
                while (n < (plan->turn ? plan->turn : 1) && n < TURN_MAX && l->at + n < s->n &&
                       !turns_is_row(t, &s->at[l->at + n])) {
                        items[n] = &s->at[l->at + n];
                        n++;
                }
        }
        t->at = l->at;
        bool inner = items[0]->internal;
        GUARD(whole_turn(t, items, &n, why));
        l->at += inner ? 0 : n;
        return t->host.end->turns++ == plan->cut_at ? cut(t, why) : 0;
}

static int feed(Life *l, Why *why) {
        l->at = l->quiet = 0;
        while (goes_on(l))
                GUARD(step(l, why));
        return 0;
}

/* The version that wrote the table is gone, and this one takes it over: reads it, or says why not. */
static int take_over(Turns *t, Why *why) {
        Fake *h = &t->host;
        const Play *plan = h->plan;
        turn_destroy(t);
        if (plan->elder_seed)
                GUARD(elder_table(h->table, plan->elder_seed, h->kept));
        int r = turn_create(h, &h->kit->settings, &t->inst, why);
        if (r != 0)
                return r == RULE_E_NONE ? BROKEN(why, "create() refuses settings that fit its schema: %s", why->text) : r;
        r = turn_rebuild_elder(t, plan->elder, why);
        if (r == 0 && plan->elder_twice) {
                turns_rollback(t);
                r = turn_rebuild_elder(t, plan->elder, why);
        }
        return r == 0 ? turns_commit(t) : r;
}

/* Time goes on without events: what timers hold comes out. */
static int later(Turns *t, Why *why) {
        size_t n = 0;
        if (t->host.plan->cut_at_end)
                GUARD(cut(t, why));
        turns_pass(t, LATER_US);
        GUARD(whole_turn(t, NULL, &n, why));
        for (unsigned i = 0; turns_inner(t) && i < QUIET_TURNS; i++) {
                Item *item = turns_inner(t);
                n = 1;
                GUARD(whole_turn(t, &item, &n, why));
        }
        return 0;
}

static int live(Life *l, Why *why) {
        Turns *t = &l->turns;
        GUARD(born(t, why));
        GUARD(feed(l, why));
        if (t->host.plan->elder) {
                int r = take_over(t, why);
                if (r != 0) {
                        buffer_put_z(&t->host.end->text, "refused\n");
                        return r == RULE_E_NONE ? 0 : r; /* with the reason said, the host stops the task and waits */
                }
                GUARD(feed(l, why));
        }
        GUARD(later(t, why));
        return turns_dump(t);
}

int life_begin(Life *l, Kit *k, const Play *plan, PlayEnd *end, Why *why) {
        *l = (Life){ 0 };
        *end = (PlayEnd){ 0 };
        GUARD(fake_init(&l->turns.host, k, plan, end));
        return born(&l->turns, why);
}

int life_step(Life *l, Why *why) {
        if (goes_on(l))
                return step(l, why);
        l->over = true;
        GUARD(later(&l->turns, why));
        GUARD(turns_dump(&l->turns));
        turn_destroy(&l->turns);
        return l->turns.host.end->text.failed;
}

void life_end(Life *l) {
        turn_destroy(&l->turns);
        turns_deinit(&l->turns);
}

int play_run(Kit *k, const Play *plan, PlayEnd *ret, Why *why) {
        *ret = (PlayEnd){ 0 };
        static uint8_t life;
        uint64_t asked = calls_count().asked;
        void *elsewhere = plan->disturbed ? malloc(12345) : NULL;
        Life l = { 0 };
        Fake *h = &l.turns.host;
        int r = fake_init(h, k, plan, ret);
        fake_watch(h);
        calls_fill((uint8_t)(life += 37));
        calls_fail(plan->fail_alloc);
        if (r == 0)
                r = live(&l, why);
        calls_fail(0);
        turn_destroy(&l.turns);
        sight_guard((const Pages *const[SIGHT_PAGES]){ NULL }, NULL);
        turns_deinit(&l.turns);
        free(elsewhere);
        ret->allocs = calls_count().asked - asked;
        if (r == 0 && ret->text.failed)
                r = ret->text.failed;
        return r;
}

static Bytes line_at(const Buffer *b, size_t at) {
        const uint8_t *end = at < b->len ? memchr(b->ptr + at, '\n', b->len - at) : NULL;
        return bytes_of(b->ptr ? b->ptr + (at < b->len ? at : b->len) : NULL,
                        at < b->len ? (end ? (size_t)(end - b->ptr) : b->len) - at : 0);
}

/* Of a line, what lies around the first byte that differs. */
static void show(char ret[SHOWN], Bytes line, size_t differs) {
        size_t from = differs > SHOWN_BEFORE ? differs - SHOWN_BEFORE : 0, n = line.len - from;
        bool cut = n > SHOWN_BYTES;
        if (line.len == 0)
                snprintf(ret, SHOWN, "nothing");
        else
                snprintf(ret, SHOWN, "`%s%.*s%s`", from ? "…" : "", (int)(cut ? SHOWN_BYTES : n), (const char *)line.ptr + from,
                         cut ? "…" : "");
}

int play_same(const PlayEnd *a, const PlayEnd *b, Why *why, const char *format, ...) {
        const Buffer *x = &a->text, *y = &b->text;
        if (bytes_eq(buffer_bytes(x), buffer_bytes(y)))
                return 0;
        for (size_t at = 0, n = 1;; n++) {
                Bytes p = line_at(x, at), q = line_at(y, at);
                if (bytes_eq(p, q) && p.len != 0) {
                        at += p.len + 1;
                        continue;
                }
                size_t differs = 0;
                while (differs < p.len && differs < q.len && p.ptr[differs] == q.ptr[differs])
                        differs++;
                char head[160], was[SHOWN], is[SHOWN];
                va_list ap;
                va_start(ap, format);
                vsnprintf(head, sizeof head, format, ap);
                va_end(ap);
                show(was, p, differs);
                show(is, q, differs);
                return BROKEN(why, "%s: line %zu of what comes out: %s became %s", head, n, was, is);
        }
}
