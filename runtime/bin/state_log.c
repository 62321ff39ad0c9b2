/* A changelog as entries: read as a worker restores it, with the same refusals. */
#include "bin/state.h"

#include "core/cleanup.h"
#include "core/limits.h"
#include "state/timers.h"

#define WAIT_US 200000
#define TABLE_MAX (SIZE_MAX / 4) /* what a worker could hold is the worker's to bound */
#define META_BYTES (4u << 20) /* of one host's record taken apart: 65,535 tables at most */

/* Leaving it out would be a guess at what else is not ours. */
static int foreign(const StateAt *at, int32_t partition, int64_t offset, const char *what, Why *why) {
        return why_say(
                why, STATE_E_FOREIGN,
                "changelog %s, partition %d, offset %lld: %s, which no worker writes and at which they stop; see who writes "
                "there, take that right away, and make the topic anew",
                at->pipe->changelog, (int)partition, (long long)offset, what);
}

static bool space_of(const BusRecord *r, TableSpace *ret, Bytes *key) {
        if (r->key.len < 1 || r->key.ptr[0] > SPACE_TIMER || r->key.len > 1 + LIMIT_KEY_BYTES)
                return false;
        *ret = (TableSpace)r->key.ptr[0];
        *key = bytes_of(r->key.ptr + 1, r->key.len - 1);
        return *ret != SPACE_META || bytes_eq_z(*key, STATE_META_KEY);
}

static int check(const StateAt *at, const BusRecord *r, TableSpace *space, Bytes *key, Why *why) {
        int64_t when;
        unsigned clock;
        if (!r->key.ptr || !r->key.len)
                return foreign(at, r->partition, r->offset, "a record without a key", why);
        if (!space_of(r, space, key))
                return foreign(at, r->partition, r->offset, "a record of another kind", why);
        if (r->value.len > LIMIT_VALUE_BYTES)
                return foreign(at, r->partition, r->offset, "a value that is too large for a table", why);
        if (*space == SPACE_TIMER && r->value.ptr && !timers_read(r->value, &when, &clock))
                return foreign(at, r->partition, r->offset, "a timer that is none", why);
        return 0;
}

static int open_reader(BusReader **ret, const StateAt *at, const StateFacts *f, int32_t partition, Why *why) {
        GUARD(bus_reader_open(ret, at->conf, &at->pipe->changelog, 1, partition, why));
        for (int32_t p = partition < 0 ? 0 : partition; p < (partition < 0 ? f->partitions : partition + 1); p++)
                if (!f->compact && bus_reader_first(*ret, 0, p) > 0) {
                        *ret = bus_reader_close(*ret);
                        return why_say(
                                why, STATE_E_FOREIGN,
                                "the beginning of changelog %s, partition %d, is gone and its topic is not compacted: what is "
                                "left is not the state",
                                at->pipe->changelog, (int)p);
                }
        return 0;
}

/* Every record until the end. */
static int walk(const StateAt *at, const StateFacts *f, int32_t partition,
                int (*each)(void *arg, const BusRecord *r, TableSpace space, Bytes key), void *arg, Why *why) {
        BusReader *reader = NULL;
        int r = open_reader(&reader, at, f, partition, why);
        while (r == 0 || r == BUS_E_IDLE) {
                const BusRecord *records;
                size_t n = 0;
                int64_t done, total;
                r = bus_reader_poll(reader, WAIT_US, &records, &n);
                for (size_t i = 0; r == 0 && i < n; i++) {
                        TableSpace space = SPACE_META;
                        Bytes key = BYTES_NULL;
                        r = check(at, &records[i], &space, &key, why);
                        if (r == 0)
                                r = each(arg, &records[i], space, key);
                }
                bus_reader_progress(reader, &done, &total);
                state_tell(at->tell, at->pipe->changelog, partition, done, total);
                if (r > 0 && r < STATE_E_FOREIGN && r != BUS_E_IDLE && r != BUS_E_END && why && !why->text[0])
                        why_say(why, r, "%s: %s", at->pipe->changelog, bus_answer(r));
        }
        bus_reader_close(reader);
        return r == BUS_E_END ? 0 : r;
}

/* ---- one partition ------------------------------------------------------------------------------------- */

static int load(void *arg, const BusRecord *r, TableSpace space, Bytes key) {
        int a = table_load(arg, space, key, r->value);
        return a > 0 ? -EIO : a; /* its limits were checked */
}

typedef struct Scan {
        int32_t partition;
        TableSpace space;
        StateEach each;
        void *arg;
} Scan;

static int scanned(void *arg, Bytes key, Bytes value) {
        const Scan *s = arg;
        return s->each(s->arg, &(StateEntry){ s->partition, s->space, key, value });
}

/* One that a newer host wrote, or somebody else, is known before anything is done. */
static int check_meta(const StateAt *at, int32_t partition, Table *t, Why *why) {
        Bytes in;
        StateMeta m;
        table_get(t, SPACE_META, bytes_z(STATE_META_KEY), &in);
        if (!in.ptr)
                return 0;
        _cleanup_(arena_freep) Arena *a = arena_new(META_BYTES);
        REQUIRE(a, -ENOMEM);
        int r = state_meta_read(&m, in, a, why);
        return r > 0 ? why_in(why, r, "changelog %s, partition %d", at->pipe->changelog, (int)partition) : r;
}

int state_log_each(const StateAt *at, const StateFacts *f, int32_t partition, StateEach each, void *arg, Why *why) {
        _cleanup_(table_freep) Table *t = NULL;
        int r = table_new(&t, TABLE_MAX);
        if (r == 0)
                r = walk(at, f, partition, load, t, why);
        if (r == 0 && !at->blind)
                r = check_meta(at, partition, t, why);
        for (TableSpace s = SPACE_META; r == 0 && s <= SPACE_TIMER; s++) {
                Scan scan = { partition, s, each, arg };
                r = table_scan(t, s, BYTES_NULL, scanned, &scan);
        }
        return r == -ENOMEM ? why_say(why, r, "out of memory") : r;
}

/* ---- the version --------------------------------------------------------------------------------------- */

typedef struct Versions {
        uint32_t *of; /* by partition */
        Arena *arena;
        const StateAt *at;
        Why *why;
} Versions;

static int see_version(void *arg, const BusRecord *r, TableSpace space, Bytes key) {
        Versions *v = arg;
        StateMeta m = { 0 };
        (void)key;
        if (space != SPACE_META)
                return 0;
        arena_reset(v->arena);
        int a = r->value.ptr ? state_meta_read(&m, r->value, v->arena, v->why) : 0;
        if (a > 0)
                return why_in(v->why, a, "changelog %s, partition %d", v->at->pipe->changelog, (int)r->partition);
        v->of[r->partition] = m.version;
        return a;
}

int state_log_version(const StateAt *at, const StateFacts *f, uint32_t *ret, Why *why) {
        _cleanup_(arena_freep) Arena *a = arena_new(META_BYTES);
        _cleanup_(freep) uint32_t *of = calloc((size_t)f->partitions, sizeof *of);
        Versions v = { of, a, at, why };
        int r = a && of ? walk(at, f, -1, see_version, &v, why) : -ENOMEM;
        if (r != 0)
                return r == -ENOMEM ? why_say(why, r, "out of memory") : r;
        *ret = 0;
        for (int32_t i = 0; i < f->partitions; i++)
                *ret = of[i] > *ret ? of[i] : *ret;
        return 0;
}
