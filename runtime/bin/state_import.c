/* `tocsin state import`: a file into a changelog, in one transaction that writes what differs. */
#include "bin/state.h"

#include "core/cleanup.h"

#define HELD_BYTES (SIZE_MAX / 4) /* of one partition: what a worker can hold is the worker's to bound */
#define META_BYTES (4u << 20)

typedef struct Held { /* what a partition holds, sorted */
        StateEntry *at;
        size_t n, size, i; /* i: not yet met */
        Arena *arena;
} Held;

typedef struct Merge {
        StateImport *c;
        StateFacts *facts;
        StateHold *hold; /* NULL: only count */
        Held held;
        Arena *arena;
        int32_t partition, with_meta; /* of the entries at hand, -1: none yet; the last one that had a record of the host */
        Why *why;
} Merge;

/* ---- what is there ------------------------------------------------------------------------------------- */

static int keep(void *arg, const StateEntry *e) {
        Held *h = arg;
        if (h->n == h->size) {
                size_t size = h->size ? h->size * 2 : 256;
                StateEntry *more = realloc(h->at, size * sizeof *more);
                REQUIRE(more, -ENOMEM);
                h->at = more;
                h->size = size;
        }
        StateEntry own = { e->partition, e->space, arena_dup(h->arena, e->key), arena_dup(h->arena, e->value) };
        REQUIRE(own.key.ptr && own.value.ptr, -ENOMEM);
        h->at[h->n++] = own;
        return 0;
}

static int compare(const StateEntry *a, const StateEntry *b) {
        return a->space != b->space ? (a->space > b->space) - (a->space < b->space) : bytes_cmp(a->key, b->key);
}

static int put(Merge *m, const StateEntry *e) {
        return m->hold ? state_hold_put(m->hold, e, m->why) : 0;
}

static int remove_one(Merge *m) {
        StateEntry e = m->held.at[m->held.i++];
        m->c->changes[m->partition].removed++;
        e.value = BYTES_NULL;
        return put(m, &e);
}

/* The partition at hand is done; the next one is read. */
static int turn_over(Merge *m) {
        while (m->held.i < m->held.n)
                GUARD(remove_one(m));
        m->held.n = m->held.i = 0;
        arena_reset(m->held.arena);
        if (++m->partition == m->facts->partitions)
                return 0;
        GUARD(state_log_each(&m->c->at, m->facts, m->partition, keep, &m->held, m->why));
        m->c->changes[m->partition] = (StateChange){ .had = m->held.n };
        return 0;
}

/* ---- what comes ---------------------------------------------------------------------------------------- */

static int check(Merge *m, const StateEntry *e) {
        const tocsin_plugin *plugin = &m->c->at.loaded->plugin->self;
        StateMeta meta;
        if (e->space != SPACE_META)
                return e->partition == m->with_meta ? 0
                                                    : why_say(m->why, STATE_E_BAD,
                                                              "%s: partition %d has entries and no record of the host: a worker "
                                                              "would not know what they "
                                                              "are",
                                                              m->c->path, (int)e->partition);
        m->with_meta = e->partition;
        arena_reset(m->arena);
        GUARD(state_meta_read(&meta, e->value, m->arena, m->why));
        if (meta.version > plugin->state_version)
                return why_say(m->why, STATE_E_NEWER,
                               "%s: partition %d has state_version %u; plugin %s %s reads %u and below: install the newer plugin",
                               m->c->path, (int)e->partition, meta.version, plugin->name, plugin->version, plugin->state_version);
        if (meta.version < plugin->state_version && !plugin->rebuild)
                return why_say(
                        m->why, STATE_E_OTHER,
                        "%s: partition %d has state_version %u, and plugin %s %s, which writes %u, cannot bring it up to date",
                        m->c->path, (int)e->partition, meta.version, plugin->name, plugin->version, plugin->state_version);
        return 0;
}

static int each(void *arg, const StateEntry *e) {
        Merge *m = arg;
        StateChange *c = m->c->changes;
        while (m->partition < e->partition)
                GUARD(turn_over(m));
        GUARD(check(m, e));
        c[m->partition].has++;
        while (m->held.i < m->held.n && compare(&m->held.at[m->held.i], e) < 0)
                GUARD(remove_one(m));
        if (m->held.i < m->held.n && compare(&m->held.at[m->held.i], e) == 0) {
                if (bytes_eq(m->held.at[m->held.i++].value, e->value))
                        return 0;
                c[m->partition].changed++;
        } else {
                c[m->partition].added++;
        }
        return put(m, e);
}

static int fits(const StateImport *i, const StateFacts *f, const StateHead *h, Why *why) {
        const tocsin_plugin *plugin = &i->at.loaded->plugin->self;
        if (strcmp(h->plugin, plugin->name) != 0)
                return why_say(why, STATE_E_OTHER, "%s is state of plugin %s; pipeline %s runs %s, to which it means nothing",
                               i->path, h->plugin, i->at.pipe->name, plugin->name);
        if (h->state_version > plugin->state_version)
                return why_say(why, STATE_E_NEWER,
                               "%s has state_version %u; plugin %s %s reads %u and below: install the newer plugin", i->path,
                               h->state_version, plugin->name, plugin->version, plugin->state_version);
        if (h->partitions != f->partitions)
                return why_say(
                        why, STATE_E_OTHER,
                        "%s is state of %d partitions, changelog %s has %d: a table belongs to its partition, and only the "
                        "plugin knows which of its entries would go where; read the inputs again instead (`tocsin state reset`)",
                        i->path, (int)h->partitions, i->at.pipe->changelog, (int)f->partitions);
        if (!i->renamed && (strcmp(h->app, i->at.config->app) != 0 || strcmp(h->pipeline, i->at.pipe->name) != 0))
                return why_say(why, STATE_E_OTHER,
                               "%s is state of pipeline %s of app %s, not of %s of %s; if that is meant, say --renamed", i->path,
                               h->pipeline, h->app, i->at.pipe->name, i->at.config->app);
        return 0;
}

static int merge(StateImport *i, StateFacts *f, StateHold *hold, Why *why) {
        Merge m = { .c = i, .facts = f, .hold = hold, .partition = -1, .with_meta = -1, .why = why };
        StateFile *file = NULL;
        m.held.arena = arena_new(HELD_BYTES);
        m.arena = arena_new(META_BYTES);
        int r = m.held.arena && m.arena ? state_file_open(&file, i->path, i->at.tell, why) : -ENOMEM;
        if (r == 0)
                r = fits(i, f, state_file_head(file), why);
        if (r == 0)
                r = state_file_each(file, each, &m, why);
        while (r == 0 && m.partition < f->partitions)
                r = turn_over(&m);
        state_file_close(file);
        free(m.held.at);
        arena_free(m.held.arena);
        arena_free(m.arena);
        return r;
}

/* ---- offsets ------------------------------------------------------------------------------------------- */

static BusOffsets *offset_of(const StateFacts *f, const StateOffset *o) {
        for (uint32_t s = 0; s < f->n_sources; s++)
                if (strcmp(f->sources[s]->name, o->topic) == 0)
                        return &f->offsets[(size_t)s * (size_t)f->partitions + (size_t)o->partition];
        return NULL;
}

/* Those of the file, by facts->offsets. The inputs must be those of then. */
static int offsets(StateImport *i, const StateFacts *f, int64_t *next, Why *why) {
        StateFile *file = NULL;
        int r = state_file_open(&file, i->path, i->at.tell, why);
        const StateHead *h = r == 0 ? state_file_head(file) : NULL;
        if (r == 0 && h->live)
                r = why_say(
                        why, STATE_E_OTHER,
                        "%s was exported while workers ran: its offsets and its state are not of one moment; leave --offsets out "
                        "and set them with `tocsin state reset --keep-state`",
                        i->path);
        i->n_offsets = 0;
        for (size_t k = 0; r == 0 && k < h->n_offsets; k++) {
                const StateOffset *o = &h->offsets[k];
                BusOffsets *to = offset_of(f, o);
                if (!to)
                        r = why_say(why, STATE_E_OTHER, "%s has offsets of topic %s, which pipeline %s does not read", i->path,
                                    o->topic, i->at.pipe->name);
                else if (o->next > to->end || o->next < to->first)
                        r = why_say(why, STATE_E_OTHER,
                                    "%s was to go on at offset %lld of topic %s, partition %d, which now has %lld to %lld: %s",
                                    i->path, (long long)o->next, o->topic, (int)o->partition, (long long)to->first,
                                    (long long)to->end,
                                    o->next > to->end ? "it is another topic" : "retention has taken records it has not seen");
                else
                        next[to - f->offsets] = o->next;
                i->n_offsets += r == 0;
        }
        state_file_close(file);
        return r;
}

/* ---- the whole ----------------------------------------------------------------------------------------- */

static int act(StateImport *i, StateFacts *f, int64_t *next, Why *why) {
        StateHold *hold = NULL;
        int r = state_hold_open(&hold, &i->at, f, why);
        if (r == 0) /* the same again: what counts is what is there now, and the file is held to its digest anew */
                r = merge(i, f, hold, why);
        for (int32_t p = 0; r == 0 && !i->replace && p < f->partitions; p++)
                if (i->changes[p].had)
                        r = why_say(why, STATE_E_HELD, "partition %d has got state meanwhile; nothing was changed", (int)p);
        if (r == 0 && i->offsets)
                r = offsets(i, f, next, why);
        if (r == 0)
                r = state_hold_commit(hold, next, why);
        state_hold_close(hold);
        return r;
}

static int held(const StateImport *i, Why *why) {
        uint64_t had = 0;
        for (int32_t p = 0; p < i->partitions; p++)
                had += i->changes[p].had;
        if (!had || i->replace)
                return 0;
        return why_say(
                why, STATE_E_HELD,
                "pipeline %s has %llu entries already; --replace puts the file in their place, `tocsin state export` keeps them",
                i->at.pipe->name, (unsigned long long)had);
}

int state_import(StateImport *i, Why *why) {
        StateFacts f = { 0 };
        _cleanup_(freep) int64_t *next = NULL;
        int r = state_facts(&f, &i->at, -1, why);
        if (r != 0)
                return r;
        i->group = f.group;
        i->partitions = f.partitions;
        i->changes = calloc((size_t)f.partitions, sizeof *i->changes);
        next = malloc((f.n_offsets + 1) * sizeof *next);
        r = i->changes && next ? merge(i, &f, NULL, why) : -ENOMEM;
        for (size_t k = 0; next && k < f.n_offsets; k++)
                next[k] = -1;
        if (r == 0 && i->offsets)
                r = offsets(i, &f, next, why);
        if (r == 0)
                r = held(i, why);
        if (r == 0 && !i->dry)
                r = act(i, &f, next, why);
        state_facts_deinit(&f);
        return r == -ENOMEM ? why_say(why, r, "out of memory") : r;
}
