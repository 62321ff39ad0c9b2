/* Which topics a tap reads, and which of their records it shows. */
#include "bin/tap.h"

#include "core/cleanup.h"

#include <sysexits.h>

static int find_port(const Loaded *l, const char *only, Why *why) {
        const tocsin_plugin *self = &l->plugin->self;
        const char *words[LIMIT_PORTS];
        for (uint32_t i = 0; i < self->n_ports; i++)
                words[i] = self->ports[i]->name;
        if (!only || load_port(l, only))
                return 0;
        const char *near = config_nearest(only, words, self->n_ports);
        return why_say(why, EX_USAGE, "pipeline %s has no port %s%s%s%s", l->pipe->name, only, near ? "; did you mean " : "",
                       near ? near : "", near ? "?" : "");
}

static int add(Tap *t, const Loaded *l, const tocsin_port *p, const Schemas *schemas, Why *why) {
        TapPort *port = &t->port[t->n];
        const Schema *schema = NULL;
        *port = (TapPort){ .port = p };
        if (need_port_topic(port->topic, l, p, why) != 0)
                return EX_CONFIG;
        if (!port->topic[0])
                return 0;
        t->n++;
        int r = 0;
        if (p->format == TOCSIN_AVRO)
                r = load_port_schema(&schema, &port->own, p, schemas, why);
        if (r == 0 && p->format == TOCSIN_AVRO)
                r = decoder_new(&port->decoder, schemas, schema, NULL, 0, why);
        if (r != 0)
                return r < 0 ? why_say(why, EX_OSERR, "out of memory") : EX_CONFIG;
        for (uint32_t i = 0; i < t->n_topics; i++)
                if (strcmp(t->topics[i], port->topic) == 0)
                        return 0;
        t->topics[t->n_topics++] = port->topic;
        return 0;
}

static int init(Tap *t, const Loaded *l, const char *only, const Schemas *schemas, Why *why) {
        t->arena = arena_new(LIMIT_DECODE_BYTES);
        if (!t->arena)
                return why_say(why, EX_OSERR, "out of memory");
        int r = find_port(l, only, why);
        for (uint32_t i = 0; r == 0 && i < l->plugin->self.n_ports; i++)
                if (!only || strcmp(only, l->plugin->self.ports[i]->name) == 0)
                        r = add(t, l, l->plugin->self.ports[i], schemas, why);
        if (r == 0 && !t->n)
                r = why_say(why, EX_USAGE, "pipeline %s: %s%s is bound to no topic", l->pipe->name, only ? "port " : "no port",
                            only ? only : "");
        return r;
}

int tap_init(Tap *ret, const Loaded *l, const char *only, const Schemas *schemas, Why *why) {
        *ret = (Tap){ 0 };
        int r = init(ret, l, only, schemas, why);
        if (r != 0)
                tap_deinit(ret);
        return r;
}

void tap_deinit(Tap *t) {
        for (uint32_t i = 0; i < t->n; i++) {
                decoder_free(t->port[i].decoder);
                schema_free(t->port[i].own);
        }
        arena_free(t->arena);
        *t = (Tap){ 0 };
}

void tap_leave_out(Tap *t, uint32_t topic) {
        memmove(t->topics + topic, t->topics + topic + 1, (--t->n_topics - topic) * sizeof *t->topics);
}

TapRate tap_rate(int64_t rate, int64_t now_us) {
        return (TapRate){ .rate = rate, .at_us = now_us, .have = (double)rate };
}

bool tap_passes(TapRate *r, int64_t now_us) {
        double most = (double)r->rate;
        r->have += (double)(now_us - r->at_us) * 1e-6 * most;
        r->have = r->have > most ? most : r->have;
        r->at_us = now_us;
        if (r->rate && r->have < 1) {
                r->skipped++;
                return false;
        }
        r->have -= 1;
        r->shown++;
        return true;
}
