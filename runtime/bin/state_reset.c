/* `tocsin state reset`: where a pipeline goes on, and whether with what it knows. */
#include "bin/state.h"

#include "core/cleanup.h"

/* Records that only the pipeline writes come again from its inputs; to read both would be to count twice. Dead letters that
 * somebody sent again come from nowhere else. */
static int64_t goes_to(const StateReset *r, const Need *source, const BusOffsets *o) {
        if (r->to == STATE_TO_STAY || source->role == NEED_RETRY)
                return -1;
        if (source->role != NEED_INPUT)
                return o->end;
        return r->to == STATE_TO_EARLIEST ? o->first : r->to == STATE_TO_LATEST ? o->end : o->at;
}

static void plan(StateReset *r) {
        const StateFacts *f = &r->facts;
        for (size_t i = 0; i < f->n_offsets; i++)
                r->next[i] = goes_to(r, f->sources[i / (size_t)f->partitions], &f->offsets[i]);
}

typedef struct Drop {
        StateReset *r;
        StateHold *hold; /* NULL: only count */
        Why *why;
} Drop;

static int drop_one(void *arg, const StateEntry *e) {
        const Drop *d = arg;
        StateChange *c = &d->r->changes[e->partition];
        c->had++;
        c->removed++;
        return d->hold ? state_hold_put(d->hold, &(StateEntry){ e->partition, e->space, e->key, BYTES_NULL }, d->why) : 0;
}

static int drop(StateReset *r, StateHold *hold, Why *why) {
        Drop d = { r, hold, why };
        memset(r->changes, 0, (size_t)r->facts.partitions * sizeof *r->changes);
        for (int32_t p = 0; r->drop && p < r->facts.partitions; p++)
                GUARD(state_log_each(&r->at, &r->facts, p, drop_one, &d, why));
        return 0;
}

static int act(StateReset *r, Why *why) {
        StateHold *hold = NULL;
        int a = state_hold_open(&hold, &r->at, &r->facts, why);
        if (a == 0) {
                plan(r);
                a = drop(r, hold, why);
        }
        if (a == 0)
                a = state_hold_commit(hold, r->next, why);
        state_hold_close(hold);
        return a;
}

int state_reset(StateReset *r, Why *why) {
        r->at.blind = r->drop;
        int a = state_facts(&r->facts, &r->at, r->to == STATE_TO_TIME ? r->to_us : -1, why);
        if (a != 0)
                return a;
        r->next = malloc((r->facts.n_offsets + 1) * sizeof *r->next);
        r->changes = calloc((size_t)r->facts.partitions, sizeof *r->changes);
        a = r->next && r->changes ? 0 : -ENOMEM;
        if (a == 0)
                plan(r);
        if (a == 0)
                a = r->dry ? drop(r, NULL, why) : act(r, why);
        return a == -ENOMEM ? why_say(why, a, "out of memory") : a;
}
