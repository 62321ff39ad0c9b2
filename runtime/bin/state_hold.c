/* Being alone with a pipeline's state: its workers are out, and one that starts meanwhile undoes what we do, not we what it
 * does.
 *
 * The transactional ids of the workers are opened, so that nothing a dead or sleeping one had begun can be committed any
 * more; that of the first is kept, and a worker that starts takes it away. The group is joined for its generation: a worker
 * that joins ends it, and with it our right to commit offsets. */
#include "bin/state.h"

#include "core/cleanup.h"
#include "core/limits.h"

#define TRANSACTION_MS "300000" /* one transaction for all of it: a million entries take some seconds */
#define WAIT_US INT64_C(60000000) /* for the group: a broker delays the first division by some seconds */
#define POLL_US 200000
#define POLL_EACH 256u /* entries between two looks at the group */

struct StateHold {
        const StateAt *at;
        const StateFacts *facts;
        Bus *bus;
        uint32_t out, sent;
        bool open;
};

static int live(const char *who, Why *why) {
        return why_say(why, STATE_E_LIVE, "%s; nothing was changed", who);
}

/* What the bus says of a transaction that came to nothing; only of a commit it may be that nobody knows. */
static int undone(int r, bool commit, Why *why) {
        return r > 0 ? why_in(why, r, commit && r == BUS_E_FATAL ? "look before you say it again" : "nothing was changed") : r;
}

static int fence(const StateHold *h, const BusConf *conf, Why *why) {
        const Config *c = h->at->config;
        for (uint32_t i = 1; h->at->pipe->exactly_once && i < h->at->pipe->workers; i++) {
                char id[512];
                BusConf own = *conf;
                Bus *b = NULL;
                snprintf(id, sizeof id, "%s.%s.%u", c->app, h->at->pipe->name, i);
                own.group = NULL;
                own.n_topics = 0;
                own.transactional_id = id;
                int r = bus_open(&b, &own, why);
                bus_close(b);
                if (r != 0)
                        return r;
                state_tell(h->at->tell, "keeping workers out", -1, 0, 0);
        }
        return 0;
}

/* Every partition must come to us: whoever has one is a worker. */
static int join(StateHold *h, Why *why) {
        int64_t until = clock_read_us(CLOCK_MONOTONIC) + WAIT_US;
        for (;;) {
                const BusRecord *records;
                const BusPosition *positions;
                size_t n = 0;
                int r = bus_poll(h->bus, POLL_US, &records, &n);
                if (r == BUS_E_ASSIGNED) {
                        r = bus_assigned(h->bus, &positions, &n, why);
                        if (r == 0 && n != h->facts->n_offsets)
                                r = live("a worker of the pipeline has started meanwhile", why);
                        if (r != BUS_E_DOWN)
                                return r;
                }
                if (r == BUS_E_FATAL) {
                        (void)bus_health(h->bus, why);
                        return r;
                }
                if (r != BUS_E_IDLE && r != BUS_E_DOWN && r != 0)
                        return r < 0 ? r : live("a worker of the pipeline has started meanwhile", why);
                state_tell(h->at->tell, "waiting for the group", -1, 0, 0);
                if (clock_read_us(CLOCK_MONOTONIC) >= until)
                        return why_say(why, BUS_E_DOWN, "group %s did not take us in within %d s; nothing was changed",
                                       h->at->pipe->group, (int)(WAIT_US / 1000000));
        }
}

static int open_bus(StateHold *h, Why *why) {
        const StateAt *at = h->at;
        char id[512];
        _cleanup_(freep) const char **topics = calloc(h->facts->n_sources + 1, sizeof *topics);
        _cleanup_(freep) BusProperty *properties = calloc(at->conf->n_properties + 1, sizeof *properties);
        REQUIRE(topics && properties, -ENOMEM);
        for (uint32_t i = 0; i < h->facts->n_sources; i++)
                topics[i] = h->facts->sources[i]->name;
        if (at->conf->n_properties)
                memcpy(properties, at->conf->properties, at->conf->n_properties * sizeof *properties);
        properties[at->conf->n_properties] = (BusProperty){ "transaction.timeout.ms", TRANSACTION_MS };
        snprintf(id, sizeof id, "%s.%s.0", at->config->app, at->pipe->name);
        BusConf conf = *at->conf;
        conf.properties = properties;
        conf.n_properties++;
        conf.group = at->pipe->group;
        conf.transactional_id = id;
        conf.topics = topics;
        conf.n_topics = h->facts->n_sources;
        GUARD(fence(h, &conf, why));
        GUARD(bus_open(&h->bus, &conf, why));
        h->out = bus_output(h->bus, at->pipe->changelog);
        return h->out == UINT32_MAX ? -ENOMEM : 0;
}

int state_hold_open(StateHold **ret, const StateAt *at, StateFacts *f, Why *why) {
        char text[256];
        if (f->group.members < 0)
                return why_say(why, STATE_E_LIVE,
                               "the embedded broker lives only inside `tocsin run`, whose workers are up as long as it is; state "
                               "there can be looked at and exported");
        if (f->group.members > 0) {
                snprintf(text, sizeof text,
                         "%lld worker%s in group %s (%s): stop `tocsin run`; one that has stopped counts until its session is "
                         "over (session.timeout.ms)",
                         (long long)f->group.members, f->group.members == 1 ? " is" : "s are", at->pipe->group, f->group.who);
                return live(text, why);
        }
        StateHold *h = calloc(1, sizeof *h);
        REQUIRE(h, why_say(why, -ENOMEM, "out of memory"));
        *h = (StateHold){ .at = at, .facts = f };
        int r = open_bus(h, why);
        if (r == 0)
                r = join(h, why);
        BusConf conf = *at->conf;
        conf.group = at->pipe->group;
        if (r == 0)
                r = bus_group_offsets(&conf, f->offsets, f->n_offsets, f->at_us, why);
        if (r == 0)
                r = undone(bus_begin(h->bus, why), false, why);
        if (r != 0) {
                state_hold_close(h);
                return r == -ENOMEM ? why_say(why, r, "out of memory") : r;
        }
        h->open = true;
        *ret = h;
        return 0;
}

StateHold *state_hold_close(StateHold *h) {
        if (!h)
                return NULL;
        if (h->open)
                (void)bus_abort(h->bus, NULL);
        bus_close(h->bus);
        free(h);
        return NULL;
}

static int look_around(StateHold *h, Why *why) {
        const BusRecord *records;
        size_t n;
        int r = bus_poll(h->bus, 0, &records, &n);
        if (r == BUS_E_IDLE || r == 0)
                return 0;
        if (r == BUS_E_FATAL)
                return undone(bus_health(h->bus, why), false, why);
        return r < 0 ? r : live("a worker of the pipeline has started meanwhile", why);
}

int state_hold_put(StateHold *h, const StateEntry *e, Why *why) {
        uint8_t key[1 + LIMIT_KEY_BYTES];
        key[0] = (uint8_t)e->space;
        memcpy(key + 1, e->key.ptr, e->key.len);
        if (h->sent++ % POLL_EACH == 0)
                GUARD(look_around(h, why));
        return undone(bus_send(h->bus,
                               &(BusSend){ .output = h->out,
                                           .partition = e->partition,
                                           .key = bytes_of(key, 1 + e->key.len),
                                           .value = e->value },
                               why),
                      false, why);
}

/* All that is committed already is committed again as it is: without an offset a turn asks nobody for leave. */
int state_hold_commit(StateHold *h, const int64_t *next, Why *why) {
        const StateFacts *f = h->facts;
        _cleanup_(freep) BusPosition *at = calloc(f->n_offsets + 1, sizeof *at);
        REQUIRE(at, -ENOMEM);
        size_t n = 0;
        for (size_t i = 0; i < f->n_offsets; i++) {
                int64_t to = next && next[i] >= 0 ? next[i] : f->offsets[i].committed;
                if (to >= 0)
                        at[n++] = (BusPosition){ (uint32_t)(i / (size_t)f->partitions), f->offsets[i].partition, to };
        }
        GUARD(look_around(h, why));
        int r = undone(bus_commit(h->bus, at, n, 0, why), true, why);
        h->open = r != 0 && r != BUS_E_FATAL;
        return r;
}
