/* What a broker says of a pipeline: how its changelog is divided, who works on it and how far it has come. */
#include "bin/state.h"

#include "core/cleanup.h"
#include "core/limits.h"

void state_facts_deinit(StateFacts *f) {
        needs_deinit(&f->needs);
        free(f->sources);
        free(f->offsets);
        *f = (StateFacts){ 0 };
}

static bool is_source(const Need *n) {
        return n->role == NEED_INPUT || n->role == NEED_INTERNAL || n->role == NEED_REKEY || n->role == NEED_RETRY;
}

static int changelog(StateFacts *f, BusAdmin *admin, const StateAt *at, Why *why) {
        BusTopic t = { 0 };
        Why unsaid = { 0 };
        int r = bus_admin_get(admin, at->pipe->changelog, &t, &unsaid);
        if (r != 0)
                return why_say(why, r, "%s", unsaid.text);
        if (!t.partitions)
                return why_say(why, BUS_E_NO_TOPIC,
                               "topic %s does not exist: pipeline %s has no state yet; `tocsin topics apply` makes it",
                               at->pipe->changelog, at->pipe->name);
        if (t.partitions > (int32_t)LIMIT_PARTITIONS)
                return why_say(why, BUS_E_CONF, "topic %s has %d partitions, more than %u", at->pipe->changelog,
                               (int)t.partitions, LIMIT_PARTITIONS);
        f->partitions = t.partitions;
        f->compact = t.compact || unsaid.text[0]; /* who may not ask how it is cleaned takes it as it should be */
        if (at->config->embedded)
                f->compact = false;
        return 0;
}

/* Inputs must be there; of the host's own topics some are made when they are needed. */
static int sources(StateFacts *f, BusAdmin *admin, const StateAt *at, Why *why) {
        f->sources = calloc(f->needs.n + 1, sizeof *f->sources);
        REQUIRE(f->sources, -ENOMEM);
        for (size_t i = 0; i < f->needs.n; i++) {
                const Need *n = &f->needs.at[i];
                BusTopic t = { 0 };
                Why unsaid = { 0 };
                if (!is_source(n))
                        continue;
                int r = bus_admin_get(admin, n->name, &t, &unsaid);
                if (r != 0)
                        return why_say(why, r, "%s", unsaid.text);
                if (!t.partitions && n->role == NEED_INPUT)
                        return why_say(why, BUS_E_NO_TOPIC, "topic %s does not exist; make it with `tocsin topics apply`",
                                       n->name);
                if (!t.partitions)
                        continue;
                if (t.partitions != f->partitions)
                        return why_say(
                                why, STATE_E_OTHER,
                                "topic %s has %d partitions, but changelog %s has %d; a task is one partition of all of them",
                                n->name, (int)t.partitions, at->pipe->changelog, (int)f->partitions);
                f->sources[f->n_sources++] = n;
        }
        return 0;
}

static int offsets(StateFacts *f, const BusConf *conf, int64_t at_us, Why *why) {
        f->offsets = calloc((size_t)f->n_sources * (size_t)f->partitions + 1, sizeof *f->offsets);
        REQUIRE(f->offsets, -ENOMEM);
        for (uint32_t s = 0; s < f->n_sources; s++)
                for (int32_t p = 0; p < f->partitions; p++)
                        f->offsets[f->n_offsets++] = (BusOffsets){ .topic = f->sources[s]->name, .partition = p };
        return bus_group_offsets(conf, f->offsets, f->n_offsets, at_us, why);
}

int state_facts(StateFacts *ret, const StateAt *at, int64_t at_us, Why *why) {
        StateFacts f = { .at_us = at_us };
        BusAdmin *admin = NULL;
        BusConf conf = *at->conf;
        conf.group = at->pipe->group;
        int r = at->loaded ? needs_of(&f.needs, at->loaded, 1, why) : 0;
        if (r == 0)
                r = bus_admin_open(&admin, at->conf, why);
        if (r == 0)
                r = changelog(&f, admin, at, why);
        if (r == 0)
                r = sources(&f, admin, at, why);
        bus_admin_close(admin);
        if (r == 0)
                r = bus_group_get(&conf, &f.group, why);
        if (r == 0)
                r = offsets(&f, &conf, at_us, why);
        if (r != 0)
                state_facts_deinit(&f);
        else
                *ret = f;
        return r == -ENOMEM ? why_say(why, r, "out of memory") : r;
}
