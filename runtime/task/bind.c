/* Ports of the plugin and what the operator binds them to: schemas, fields, topics. No network. */
#include "task/inner.h"

static const ConfigPort *conf_of(const ConfigPipeline *pipe, const char *name) {
        for (size_t i = 0; i < pipe->n_ports; i++)
                if (!strcmp(pipe->ports[i].name, name))
                        return &pipe->ports[i];
        return NULL;
}

static int schema_of(Worker *w, Port *p, Why *why) {
        const tocsin_port *d = p->decl;
        if (d->format != TOCSIN_AVRO)
                return 0;
        if (!d->schema || !d->schema[0])
                return why_say(why, WORKER_E_CONF, "port %s: an Avro port needs a schema", d->name);
        if (d->schema[0] != '{') {
                p->schema = w->conf.schemas ? schemas_by_name(w->conf.schemas, d->schema) : NULL;
                if (!p->schema)
                        return why_say(why, WORKER_E_CONF, "port %s: no schema is called %s; add its folder to `schemas`",
                                       d->name, d->schema);
                return 0;
        }
        int r = schema_parse(&p->own, bytes_z(d->schema), w->conf.schemas, why);
        if (r != 0)
                return r < 0 ? r : why_in(why, WORKER_E_CONF, "port %s", d->name);
        p->schema = p->own;
        return 0;
}

/* key and time are read without being named among the reads. */
static int decoder_of(Worker *w, Port *p, Why *why) {
        const tocsin_port *d = p->decl;
        const char *reads[LIMIT_SCHEMA_NODES];
        size_t n = 0;
        if (d->n_reads > LIMIT_SCHEMA_NODES - 2)
                return why_say(why, WORKER_E_CONF, "port %s: more than %u reads", d->name, LIMIT_SCHEMA_NODES - 2);
        for (uint32_t i = 0; d->reads && i < d->n_reads; i++)
                reads[n++] = d->reads[i];
        if (d->key)
                reads[n++] = d->key;
        if (d->time)
                reads[n++] = d->time;
        int r = decoder_new(&p->decoder, w->conf.schemas, p->schema, d->reads ? reads : NULL, d->reads ? n : 0, why);
        if (r != 0)
                return r < 0 ? r : why_in(why, WORKER_E_CONF, "port %s", d->name);
        return 0;
}

static int handle_of(const Port *p, const char *path, int64_t *ret, Why *why) {
        *ret = 0;
        if (!path || p->decl->format != TOCSIN_AVRO)
                return 0;
        int64_t h = schema_handle(p->schema, path);
        if (h <= 0)
                return why_say(why, WORKER_E_CONF, "port %s: %s has no field %s", p->decl->name, schema_name(p->schema), path);
        *ret = h;
        return 0;
}

static int topic_of(Worker *w, Port *p, Why *why) {
        const tocsin_port *d = p->decl;
        int n = 0, m = 0;
        if (d->role == TOCSIN_INTERNAL)
                n = snprintf(p->topic, sizeof p->topic, "__tocsin.%s.%s.port.%s", w->conf.config->app, w->pipe->name, d->name);
        else if (p->conf && p->conf->topic)
                n = snprintf(p->topic, sizeof p->topic, "%s", p->conf->topic);
        if (d->role == TOCSIN_STREAM && d->direction == TOCSIN_IN)
                m = snprintf(p->rekey, sizeof p->rekey, "__tocsin.%s.%s.port.__rekey.%s", w->conf.config->app, w->pipe->name,
                             d->name);
        if (n >= (int)sizeof p->topic || m >= (int)sizeof p->rekey)
                return why_say(why, WORKER_E_CONF, "port %s: its topic's name is longer than Kafka's 249 bytes", d->name);
        p->bound = p->topic[0];
        if (!p->bound && !(d->flags & TOCSIN_PORT_OPTIONAL))
                return why_say(why, WORKER_E_CONF, "port %s of plugin %s is bound to no topic", d->name, w->plugin->name);
        return 0;
}

static int bind_one(Worker *w, uint32_t i, Why *why) {
        Port *p = &w->port[i];
        p->decl = w->plugin->ports[i];
        p->index = i;
        p->conf = conf_of(w->pipe, p->decl->name);
        p->input = p->decl->direction == TOCSIN_IN || p->decl->role == TOCSIN_INTERNAL;
        GUARD(topic_of(w, p, why));
        GUARD(schema_of(w, p, why));
        if (!p->input || p->decl->format != TOCSIN_AVRO)
                return 0;
        GUARD(handle_of(p, p->decl->key, &p->key, why));
        GUARD(handle_of(p, p->decl->time, &p->time, why));
        return decoder_of(w, p, why);
}

int bind_ports(Worker *w, Why *why) {
        for (size_t i = 0; i < w->pipe->n_ports; i++) {
                bool found = false;
                for (uint32_t k = 0; k < w->plugin->n_ports; k++)
                        found |= !strcmp(w->plugin->ports[k]->name, w->pipe->ports[i].name);
                if (!found)
                        return why_say(why, WORKER_E_CONF, "plugin %s has no port %s", w->plugin->name, w->pipe->ports[i].name);
        }
        for (uint32_t i = 0; i < w->plugin->n_ports; i++) {
                GUARD(bind_one(w, i, why));
                for (uint32_t k = 0; k < i; k++)
                        if (w->port[i].bound && w->port[i].input && w->port[k].bound && w->port[k].input &&
                            !strcmp(w->port[i].topic, w->port[k].topic))
                                return why_say(why, WORKER_E_CONF, "ports %s and %s both read %s; one topic feeds one port",
                                               w->port[k].decl->name, w->port[i].decl->name, w->port[i].topic);
        }
        bool fed = false;
        for (uint32_t i = 0; i < w->plugin->n_ports; i++)
                fed |= w->port[i].bound && w->port[i].input && w->port[i].decl->role != TOCSIN_TABLE;
        if (!fed)
                return why_say(why, WORKER_E_CONF, "no input port of plugin %s is bound to a topic", w->plugin->name);
        w->dead_schema = w->conf.schemas ? schemas_by_name(w->conf.schemas, "tocsin.DeadLetter") : NULL;
        if (!w->dead_schema)
                return why_say(why, WORKER_E_CONF,
                               "no schema is called tocsin.DeadLetter; the built-in schemas are not where they belong");
        return 0;
}

void bind_free(Worker *w) {
        for (uint32_t i = 0; i < LIMIT_PORTS; i++) {
                w->port[i].decoder = decoder_free(w->port[i].decoder);
                w->port[i].own = schema_free(w->port[i].own);
        }
}
