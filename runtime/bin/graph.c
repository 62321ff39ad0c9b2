/* Gathering pipelines, topics and what ties them. */
#include "bin/graph.h"

#include "core/cleanup.h"

#include <tocsin/value.h>

#define OWN_EDGES 3u /* of a pipeline, besides its ports: dead letters, changelog, replays */

void graph_deinit(Graph *g) {
        free(g->pipelines);
        free(g->topics);
        free(g->edges);
        *g = (Graph){ 0 };
}

static uint32_t topic(Graph *g, const char *name, NeedRole role) {
        for (size_t i = 0; i < g->n_topics; i++)
                if (strcmp(g->topics[i].name, name) == 0) {
                        if (role < g->topics[i].role)
                                g->topics[i].role = role;
                        return (uint32_t)i;
                }
        GraphTopic *t = &g->topics[g->n_topics];
        snprintf(t->name, sizeof t->name, "%s", name);
        t->role = role;
        return (uint32_t)g->n_topics++;
}

static void edge(Graph *g, const char *name, NeedRole role, GraphWay way, const char *label, bool own) {
        g->edges[g->n_edges++] = (GraphEdge){
                .pipeline = (uint32_t)g->n_pipelines - 1, .topic = topic(g, name, role), .way = way, .label = label, .own = own
        };
}

static int of_port(Graph *g, const Loaded *l, const tocsin_port *p, bool all, Why *why) {
        char name[NEED_NAME_BYTES];
        int r = need_port_topic(name, l, p, why);
        if (r != 0 || !name[0])
                return r;
        if (p->role == TOCSIN_INTERNAL)
                edge(g, name, NEED_INTERNAL, GRAPH_BOTH, p->name, false);
        else if (p->role == TOCSIN_TABLE)
                edge(g, name, NEED_TABLE, GRAPH_LOOKS_UP, p->name, false);
        else if (p->direction == TOCSIN_OUT)
                edge(g, name, NEED_OUTPUT, GRAPH_WRITES, p->name, false);
        else
                edge(g, name, NEED_INPUT, GRAPH_READS, p->name, false);
        r = all ? need_rekey_topic(name, l, p, why) : 0;
        if (r == 0 && all && name[0])
                edge(g, name, NEED_REKEY, GRAPH_BOTH, "misplaced", true);
        return r;
}

static int of_pipeline(Graph *g, const Loaded *l, bool all, Why *why) {
        const tocsin_plugin *self = &l->plugin->self;
        g->pipelines[g->n_pipelines++] =
                (GraphPipeline){ .name = l->pipe->name, .plugin = self->name, .workers = l->pipe->workers };
        for (uint32_t i = 0; i < self->n_ports; i++) {
                int r = of_port(g, l, self->ports[i], all, why);
                if (r != 0)
                        return r;
        }
        edge(g, l->pipe->dlq, NEED_DEADLETTERS, GRAPH_WRITES, "dead letters", true);
        if (all) {
                edge(g, l->pipe->retry, NEED_RETRY, GRAPH_READS, "replays", true);
                edge(g, l->pipe->changelog, NEED_CHANGELOG, GRAPH_BOTH, "state", true);
        }
        return 0;
}

int graph_of(Graph *ret, const Loaded *l, size_t n, bool all, Why *why) {
        _cleanup_(graph_deinit) Graph g = { 0 };
        size_t most = 1;
        for (size_t i = 0; i < n; i++)
                most += OWN_EDGES + 2 * (size_t)l[i].plugin->self.n_ports;
        g.pipelines = calloc(n + 1, sizeof *g.pipelines);
        g.topics = calloc(most, sizeof *g.topics);
        g.edges = calloc(most, sizeof *g.edges);
        if (!g.pipelines || !g.topics || !g.edges)
                return why_say(why, -ENOMEM, "out of memory");
        for (size_t i = 0; i < n; i++) {
                int r = of_pipeline(&g, &l[i], all, why);
                if (r != 0)
                        return r;
        }
        *ret = g;
        g = (Graph){ 0 };
        return 0;
}

/* ---- how they are now ---------------------------------------------------------------------------------- */

static bool is(Bytes a, const char *z) {
        return a.ptr && bytes_eq_z(a, z);
}

static void live(GraphPipeline *p, const tocsin_value *workers) {
        unsigned all = 0, ready = 0;
        double in = 0, lag = 0;
        for (uint32_t i = 0; workers && workers->kind == TOCSIN_LIST && i < workers->len; i++) {
                const tocsin_value *w = &workers->u.items[i];
                if (!is(tocsin_get_bytes(w, "pipeline"), p->name))
                        continue;
                all++;
                ready += is(tocsin_get_bytes(w, "state"), "ready");
                in += tocsin_get_f64(w, "in", 0);
                lag += tocsin_get_f64(w, "lag", 0);
        }
        if (all)
                snprintf(p->live, sizeof p->live, "%u of %u ready, %.0f in, lag %.0f", ready, all, in, lag);
        else
                snprintf(p->live, sizeof p->live, "does not run");
        p->sick = ready < all || !all;
}

void graph_live(Graph *g, const tocsin_value *status) {
        for (size_t i = 0; i < g->n_pipelines; i++)
                live(&g->pipelines[i], tocsin_find(status, "workers"));
}
