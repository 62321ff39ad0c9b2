/* The same stream played again under another fate: the transcript must be the same. */
#include "bin/conform_rules.h"

#include "bin/conform_calls.h"
#include "bin/conform_settings.h"
#include "bin/conform_stream.h"
#include "bin/conform_turn.h"

#define HOSTILE 2000u /* records of random values through and through */
#define LONG 8000u /* records of the one stream that is longer than any counter a plugin keeps by mistake */
#define ELDER_TABLES 5u /* of each version: as it is, and four wrecked ones */
#define PLACES 128u /* cuts, aborts and failures of one stream: all of them if there are no more */

/* Each stream there is, by turns; the random one again with every threshold at its least, where more happens. */
static int each_stream(Kit *k, int (*law)(Kit *k, const Stream *s, Why *why), Why *why) {
        if (k->given.n)
                GUARD(law(k, &k->given, why));
        GUARD(law(k, &k->random, why));
        tocsin_value given = k->settings, least;
        int r = settings_least(k, &least);
        if (r != 0)
                return r < 0 ? r : 0;
        k->settings = least;
        r = law(k, &k->random, why);
        if (r == RULE_E_BROKEN)
                why_in(why, r, "with every number at its minimum");
        k->settings = given;
        return r;
}

static int play(Kit *k, const Play *p, PlayEnd *ret, Why *why) {
        int r = play_run(k, p, ret, why);
        if (r != 0)
                play_end_deinit(ret);
        return r;
}

/* The i-th of at most PLACES places among n, spread evenly. */
static size_t place(size_t i, size_t n) {
        return n <= PLACES ? i : (size_t)((double)i * (double)n / PLACES);
}
static size_t places(size_t n) {
        return n < PLACES ? n : PLACES;
}

static int plain(Kit *k, const Stream *s, PlayEnd *ret, Why *why) {
        Play p = PLAY(s);
        return play(k, &p, ret, why);
}

/* Plays `p` and compares with `whole`. */
static int agrees(Kit *k, const Play *p, const PlayEnd *whole, Why *why, const char *what, size_t where) {
        PlayEnd end;
        GUARD(play(k, p, &end, why));
        int r = play_same(whole, &end, why, "%s %zu", what, where);
        play_end_deinit(&end);
        return r;
}

/* A stream through and through random, most of it for the dead letters. */
static int on_hostile(Kit *k, uint64_t salt, size_t n, int (*law)(Kit *k, const Stream *s, Why *why), Why *why) {
        Random r = { .state = k->conf->seed ^ salt };
        Stream hostile = { 0 };
        int answer = stream_hostile(k, &r, n, &hostile, why);
        if (answer == 0)
                answer = law(k, &hostile, why);
        stream_deinit(&hostile);
        return answer;
}

static int law_pure(Kit *k, const Stream *s, Why *why) {
        PlayEnd end;
        calls_forget();
        GUARD(plain(k, s, &end, why));
        play_end_deinit(&end);
        return calls_impure() ? BROKEN(why, "%s; time, chance and files come from the host or not at all", calls_impure()) : 0;
}
int prove_pure(Kit *k, Why *why) {
        if (calls_impure())
                return BROKEN(why, "%s while it is loaded: in a constructor, or in tocsin_plugin_entry()", calls_impure());
        if (k->chooses)
                return BROKEN(why, "has functions chosen by the machine (ifunc, target_clones): other machines, other results");
        GUARD(each_stream(k, law_pure, why));
        GUARD(on_hostile(k, UINT64_C(0x70757265), HOSTILE, law_pure, why));
        return calls_foreign() ? BROKEN(why, "is linked with %s, which no pure function needs: see runtime/bin/conform_pure.h",
                                        calls_foreign())
                               : 0;
}

static int law_total(Kit *k, const Stream *s, Why *why) {
        PlayEnd end;
        Play p = PLAY(s);
        p.names = k->conf->seed | 1;
        GUARD(play(k, &p, &end, why));
        int r = end.verdict[0] ? BROKEN(why, "%s", end.verdict) : 0;
        play_end_deinit(&end);
        return r;
}
int prove_total(Kit *k, Why *why) {
        GUARD(on_hostile(k, UINT64_C(0x746f74616c), HOSTILE, law_total, why));
        return each_stream(k, law_total, why);
}

static int law_limits(Kit *k, const Stream *s, Why *why) {
        PlayEnd end;
        GUARD(plain(k, s, &end, why));
        int r = end.misuse[0] ? BROKEN(why, "%s", end.misuse) : 0;
        play_end_deinit(&end);
        return r;
}
int prove_limits(Kit *k, Why *why) {
        GUARD(each_stream(k, law_limits, why));
        return on_hostile(k, UINT64_C(0x6c696d697473), HOSTILE, law_limits, why);
}

static int law_same(Kit *k, const Stream *s, Why *why) {
        PlayEnd whole;
        Play p = PLAY(s);
        p.disturbed = true;
        GUARD(plain(k, s, &whole, why));
        int r = 0;
        k->seen.records += s->n;
        for (size_t i = 0; i < whole.text.len; i++) {
                bool begins = i == 0 || whole.text.ptr[i - 1] == '\n';
                k->seen.sent += begins && whole.text.ptr[i] == 'e';
                k->seen.poisoned += begins && whole.text.ptr[i] == 'p';
                k->seen.entries += begins && whole.text.ptr[i] == 't';
        }
        for (unsigned i = 0; i < 3 && r == 0; i++)
                r = agrees(k, &p, &whole, why, "the same input again, life", i + 2);
        play_end_deinit(&whole);
        return r;
}
int prove_same(Kit *k, Why *why) {
        GUARD(each_stream(k, law_same, why));
        return why_say(&k->note, 0, "of %zu records came %zu sent, %zu dead letters, %zu entries of the table", k->seen.records,
                       k->seen.sent, k->seen.poisoned, k->seen.entries);
}

static int law_place(Kit *k, const Stream *s, Why *why) {
        PlayEnd here;
        Play p = PLAY(s);
        p.outline = true;
        GUARD(play(k, &p, &here, why));
        p.elsewhere = true;
        int r = agrees(k, &p, &here, why, "the same records in another topic, partition and offsets. Stream of", s->n);
        play_end_deinit(&here);
        return r;
}
int prove_place(Kit *k, Why *why) {
        return each_stream(k, law_place, why);
}

/* `other` against the plain play, once. */
static int once(Kit *k, const Play *other, Why *why, const char *what) {
        PlayEnd whole;
        GUARD(plain(k, other->stream, &whole, why));
        int r = agrees(k, other, &whole, why, what, other->stream->n);
        play_end_deinit(&whole);
        return r;
}

static int law_borrowed(Kit *k, const Stream *s, Why *why) {
        PlayEnd whole;
        Play p = PLAY(s);
        const uint32_t turns[] = { 1, 9 };
        for (unsigned i = 0; i < (k->plugin.self.process_batch ? 2 : 1); i++) {
                p.turn = turns[i];
                p.batch = i > 0;
                p.guard = false;
                GUARD(play(k, &p, &whole, why));
                p.guard = true;
                int r = agrees(k, &p, &whole, why, "what was lent lies elsewhere, with nothing behind it. Stream of", s->n);
                play_end_deinit(&whole);
                GUARD(r);
        }
        return 0;
}
int prove_borrowed(Kit *k, Why *why) {
        GUARD(each_stream(k, law_borrowed, why));
        return on_hostile(k, UINT64_C(0x626f72726f776564), HOSTILE, law_borrowed, why);
}

/* In turns of `turn` records, with `*at` a place of `p` set to one turn after the other. */
static int at_each_turn(Kit *k, Play *p, size_t *at, uint32_t turn, Why *why, const char *what) {
        PlayEnd whole;
        p->turn = turn;
        GUARD(play(k, p, &whole, why));
        int r = 0;
        for (size_t i = 0; i < places(whole.turns) && r == 0; i++) {
                *at = place(i, whole.turns);
                r = agrees(k, p, &whole, why, what, *at + 1);
        }
        play_end_deinit(&whole);
        return r;
}

static int law_cut(Kit *k, const Stream *s, Why *why) {
        Play p = PLAY(s);
        return at_each_turn(k, &p, &p.cut_at, 1, why, "a new instance after record");
}
/* Once, and for long: what is kept in the instance and seldom used. */
static int long_cut(Kit *k, Why *why) {
        Random r = { .state = k->conf->seed ^ UINT64_C(0x6c6f6e67) };
        Stream s = { 0 };
        int answer = stream_random(k, &r, LONG, &s, why);
        Play p = PLAY(&s);
        p.cut_at = LONG / 2;
        if (answer == 0)
                answer = once(k, &p, why, "a new instance in the midst of");
        stream_deinit(&s);
        return answer;
}
int prove_cut(Kit *k, Why *why) {
        GUARD(each_stream(k, law_cut, why));
        return long_cut(k, why);
}

static int law_abort(Kit *k, const Stream *s, Why *why) {
        Play one = PLAY(s), seven = PLAY(s);
        GUARD(at_each_turn(k, &one, &one.abort_at, 1, why, "a rollback after record"));
        return at_each_turn(k, &seven, &seven.abort_at, 7, why, "a rollback of turn");
}
int prove_abort(Kit *k, Why *why) {
        return each_stream(k, law_abort, why);
}

static int law_timers(Kit *k, const Stream *s, Why *why) {
        int r = 0;
        for (size_t i = 0; i < places(s->n) && r == 0; i++) {
                Stream begin = { .at = s->at, .n = place(i, s->n) + 1 };
                PlayEnd whole;
                Play p = PLAY(&begin);
                GUARD(plain(k, &begin, &whole, why));
                p.cut_at_end = true;
                r = agrees(k, &p, &whole, why, "timers that fire in a new instance after record", begin.n);
                play_end_deinit(&whole);
        }
        return r;
}
int prove_timers(Kit *k, Why *why) {
        return k->plugin.self.on_timer ? each_stream(k, law_timers, why) : why_say(why, RULE_E_NONE, "it has no on_timer()");
}

int prove_instances(Kit *k, Why *why) {
        return each_stream(k, law_instances, why);
}

static int law_batch(Kit *k, const Stream *s, Why *why) {
        const uint32_t turns[] = { 2, 9, 16, TURN_MAX };
        for (unsigned i = 0; i < sizeof turns / sizeof *turns; i++) {
                PlayEnd whole;
                Play p = PLAY(s);
                p.turn = turns[i];
                GUARD(play(k, &p, &whole, why));
                p.batch = true;
                int r = agrees(k, &p, &whole, why, "batches of up to", p.turn);
                play_end_deinit(&whole);
                GUARD(r);
        }
        return 0;
}
/* Port after port, so that the largest batch there is comes about. */
static int law_batch_ports(Kit *k, const Stream *s, Why *why) {
        Stream sorted = { .at = calloc(s->n, sizeof *s->at) };
        if (!sorted.at)
                return -ENOMEM;
        for (uint32_t port = 0; port < k->plugin.self.n_ports; port++)
                for (size_t i = 0; i < s->n; i++)
                        if (s->at[i].port == port)
                                sorted.at[sorted.n++] = s->at[i];
        int r = law_batch(k, &sorted, why);
        stream_deinit(&sorted);
        return r;
}
int prove_batch(Kit *k, Why *why) {
        if (!k->plugin.self.process_batch)
                return why_say(why, RULE_E_NONE, "it has no process_batch()");
        GUARD(each_stream(k, law_batch, why));
        return on_hostile(k, UINT64_C(0x6261746368), HOSTILE, law_batch_ports, why);
}

/* One allocation, or call of the host, after the other fails: nothing differs, nothing is lost. */
static int starved(Kit *k, const Stream *s, bool host, Why *why, const char *what) {
        PlayEnd whole;
        Play p = PLAY(s);
        GUARD(plain(k, s, &whole, why));
        uint64_t *nth = host ? &p.fail_host : &p.fail_alloc, n = host ? whole.host_calls : whole.allocs;
        uint64_t blocks = calls_count().blocks;
        int r = 0;
        for (size_t i = 0; i < places(n) && r == 0; i++) {
                *nth = place(i, n) + 1;
                r = agrees(k, &p, &whole, why, what, *nth);
                if (r == 0 && calls_count().blocks > blocks)
                        r = BROKEN(why, "%s %llu: %llu blocks are not freed", what, (unsigned long long)*nth,
                                   (unsigned long long)(calls_count().blocks - blocks));
        }
        play_end_deinit(&whole);
        return r;
}

static int law_memory(Kit *k, const Stream *s, Why *why) {
        return starved(k, s, false, why, "out of memory at allocation");
}
int prove_memory(Kit *k, Why *why) {
        return each_stream(k, law_memory, why);
}

static int law_refusal(Kit *k, const Stream *s, Why *why) {
        return starved(k, s, true, why, "the host refuses (out of memory) call");
}
int prove_refusal(Kit *k, Why *why) {
        return each_stream(k, law_refusal, why);
}

static int law_oldest(Kit *k, const Stream *s, Why *why) {
        Play p = PLAY(s);
        p.oldest = true;
        return once(k, &p, why, "a host as old as it needs; stream of");
}
int prove_oldest(Kit *k, Why *why) {
        return each_stream(k, law_oldest, why);
}

/* Four kinds of wreckage, and the entries as they are: taken for elder ones, they need not make sense, but do no harm. */
static int law_elder(Kit *k, const Stream *s, Why *why) {
        const uint32_t versions[] = { 1, k->plugin.self.state_version - 1 };
        for (unsigned i = 0; i < 2 * ELDER_TABLES; i++) {
                PlayEnd whole;
                Play p = PLAY(s);
                p.elder = versions[i % 2];
                p.elder_seed = i / 2 ? (k->conf->seed | 1) * (i / 2) : 0;
                p.guard = true;
                GUARD(play(k, &p, &whole, why));
                int r = whole.misuse[0] ? BROKEN(why, "after a table of version %u: %s", p.elder, whole.misuse) : 0;
                p.guard = false;
                p.elder_twice = true;
                if (r == 0)
                        r = agrees(k, &p, &whole, why, "a rollback while it took over a table of version", p.elder);
                play_end_deinit(&whole);
                GUARD(r);
        }
        return 0;
}
int prove_elder(Kit *k, Why *why) {
        if (k->plugin.self.state_version < 2)
                return why_say(why, RULE_E_NONE, "its state_version is the first");
        if (!k->plugin.self.rebuild)
                return why_say(why, RULE_E_NONE, "it has no rebuild(), so the host refuses elder tables for it");
        return each_stream(k, law_elder, why);
}
