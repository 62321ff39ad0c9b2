/* `tocsin state export`: a changelog to a file. */
#include "bin/state.h"

#include "core/cleanup.h"

typedef struct Export {
        StateExport *c;
        StateOut *out;
        Why *why;
} Export;

static int export_each(void *arg, const StateEntry *e) {
        const Export *x = arg;
        x->c->n++;
        return state_out_put(x->out, e, x->why);
}

static int fill_head(StateHead *h, const StateAt *at, const StateFacts *f, Why *why) {
        const tocsin_plugin *plugin = at->loaded ? &at->loaded->plugin->self : NULL;
        *h = (StateHead){ .app = at->config->app,
                          .pipeline = at->pipe->name,
                          .plugin = plugin ? plugin->name : at->pipe->plugin,
                          .plugin_version = plugin ? plugin->version : "",
                          .partitions = f->partitions,
                          .live = f->group.members != 0 };
        h->offsets = calloc(f->n_offsets + 1, sizeof *h->offsets);
        REQUIRE(h->offsets, -ENOMEM);
        for (size_t i = 0; i < f->n_offsets; i++)
                if (f->offsets[i].committed >= 0)
                        h->offsets[h->n_offsets++] =
                                (StateOffset){ f->offsets[i].topic, f->offsets[i].partition, f->offsets[i].committed };
        return state_log_version(at, f, &h->state_version, why);
}

/* What says "at rest" was at rest until its end. */
static int still(const StateAt *at, const StateHead *h, Why *why) {
        BusGroup g;
        BusConf conf = *at->conf;
        conf.group = at->pipe->group;
        if (h->live)
                return 0;
        GUARD(bus_group_get(&conf, &g, why));
        return g.members ? why_say(why, STATE_E_LIVE, "a worker has started meanwhile (%s): say it again", g.who) : 0;
}

int state_export(StateExport *c, Why *why) {
        StateFacts f = { 0 };
        StateHead head = { 0 };
        Export x = { .c = c, .why = why };
        int r = state_facts(&f, &c->at, -1, why);
        if (r == 0)
                r = fill_head(&head, &c->at, &f, why);
        if (r == 0)
                r = state_out_open(&x.out, c->path, c->replace, &head, why);
        for (int32_t p = 0; r == 0 && p < f.partitions; p++)
                r = state_log_each(&c->at, &f, p, export_each, &x, why);
        if (r == 0)
                r = still(&c->at, &head, why);
        if (r == 0)
                r = state_out_end(x.out, why);
        c->partitions = f.partitions;
        c->live = head.live;
        state_out_close(x.out);
        free(head.offsets);
        state_facts_deinit(&f);
        return r == -ENOMEM ? why_say(why, r, "out of memory") : r;
}
