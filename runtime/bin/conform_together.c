/* Several instances in one process: each must do what it does alone, whoever else lives, and on whichever thread it is called.
 * The host makes them on one thread and runs each on another; none is ever called by two at once. */
#include "bin/conform_rules.h"

#include "bin/conform_life.h"
#include "bin/conform_sight.h"
#include <pthread.h>

#define INSTANCES 3u
#define MOVED 2u /* of them, the one whose every turn runs on a thread of its own */

typedef struct Moved {
        Life *life;
        Why *why;
        int r;
} Moved;

static void *on_thread(void *arg) {
        Moved *m = arg;
        m->r = life_step(m->life, m->why);
        return NULL;
}

static int moved_step(Life *l, Why *why) {
        Moved m = { .life = l, .why = why };
        pthread_t thread;
        int r = pthread_create(&thread, NULL, on_thread, &m);
        if (r == 0)
                r = pthread_join(thread, NULL);
        return r == 0 ? m.r : -r;
}

/* Turn about, until the last of them is over. */
static int lead(Life *l, Why *why) {
        for (bool any = true; any;) {
                any = false;
                for (unsigned i = 0; i < INSTANCES; i++) {
                        if (l[i].over)
                                continue;
                        int r = i == MOVED ? moved_step(&l[i], why) : life_step(&l[i], why);
                        if (r == RULE_E_BROKEN)
                                why_in(why, r, "instance %u of %u in one process%s", i + 1, INSTANCES,
                                       i == MOVED ? ", each turn on another thread" : "");
                        GUARD(r);
                        any = true;
                }
        }
        return 0;
}

static int together(Kit *k, const Play *plans, PlayEnd *ends, Why *why) {
        Life *l = calloc(INSTANCES, sizeof *l);
        int r = l ? 0 : -ENOMEM;
        unsigned n = 0;
        for (; n < INSTANCES && r == 0; n++)
                r = life_begin(&l[n], k, &plans[n], &ends[n], why);
        if (r == 0)
                r = lead(l, why);
        while (n > 0)
                life_end(&l[--n]);
        free(l);
        return r;
}

static int alike(const PlayEnd *alone, const PlayEnd *among, unsigned i, Why *why) {
        const char *thread = i == MOVED ? ", each turn on another thread" : "";
        GUARD(play_same(alone, among, why, "instance %u of %u in one process%s", i + 1, INSTANCES, thread));
        if (among->verdict[0] && !alone->verdict[0])
                return BROKEN(why, "instance %u of %u in one process%s: %s", i + 1, INSTANCES, thread, among->verdict);
        if (among->misuse[0] && !alone->misuse[0])
                return BROKEN(why, "instance %u of %u in one process%s: %s", i + 1, INSTANCES, thread, among->misuse);
        return 0;
}

int law_instances(Kit *k, const Stream *s, Why *why) {
        PlayEnd alone[INSTANCES] = { 0 }, among[INSTANCES] = { 0 };
        Stream part[INSTANCES];
        Play plans[INSTANCES];
        int r = 0;
        for (unsigned i = 0; i < INSTANCES; i++) { /* other streams, other ends, and other turns */
                size_t from = s->n * i / INSTANCES;
                part[i] = (Stream){ .at = s->at + from, .n = s->n - from };
                plans[i] = PLAY(&part[i]);
                plans[i].turn = 1 + 2 * i;
        }
        for (unsigned i = 0; i < INSTANCES && r == 0; i++)
                r = play_run(k, &plans[i], &alone[i], why);
        if (r == 0)
                r = together(k, plans, among, why);
        for (unsigned i = 0; i < INSTANCES; i++) {
                r = r == 0 ? alike(&alone[i], &among[i], i, why) : r;
                play_end_deinit(&alone[i]);
                play_end_deinit(&among[i]);
        }
        return r;
}
