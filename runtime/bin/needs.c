/* Topics of pipelines, gathered. Names of the host's own topics are those that a worker subscribes to. */
#include "bin/needs.h"

#include "core/cleanup.h"

void needs_deinit(Needs *n) {
        free(n->at);
        *n = (Needs){ 0 };
}

const char *need_role_word(NeedRole r) {
        static const char *const words[] = { "input", "table",   "output",    "internal",
                                             "rekey", "replays", "changelog", "dead letters" };
        return words[r];
}

const Need *needs_find(const Needs *n, const char *name) {
        for (size_t i = 0; i < n->n; i++)
                if (strcmp(n->at[i].name, name) == 0)
                        return &n->at[i];
        return NULL;
}

static int add(Needs *all, Need need) {
        need.reads = need.role != NEED_OUTPUT && need.role != NEED_DEADLETTERS;
        need.writes = need.role != NEED_INPUT && need.role != NEED_TABLE && need.role != NEED_RETRY;
        for (size_t i = 0; i < all->n; i++) {
                Need *there = &all->at[i];
                if (strcmp(there->name, need.name) != 0)
                        continue;
                need.reads |= there->reads;
                need.writes |= there->writes;
                if (need.role < there->role)
                        *there = need;
                there->reads = need.reads;
                there->writes = need.writes;
                return 0;
        }
        Need *more = realloc(all->at, (all->n + 1) * sizeof *more);
        if (!more)
                return -ENOMEM;
        all->at = more;
        all->at[all->n++] = need;
        return 0;
}

static int named(Need *n, Why *why, const char *format, ...) __attribute__((format(printf, 3, 4)));
static int named(Need *n, Why *why, const char *format, ...) {
        va_list ap;
        va_start(ap, format);
        int len = vsnprintf(n->name, sizeof n->name, format, ap);
        va_end(ap);
        if (len >= 0 && (size_t)len < sizeof n->name)
                return 0;
        return why_say(why, -ENAMETOOLONG, "pipeline %s: the name of its topic %s… is longer than Kafka's 249 bytes", n->pipeline,
                       n->name);
}

int need_port_topic(char ret[NEED_NAME_BYTES], const Loaded *l, const tocsin_port *port, Why *why) {
        const ConfigPort *conf = load_port_conf(l, port->name);
        Need n = { .pipeline = l->pipe->name };
        ret[0] = 0;
        int r = 0;
        if (port->role == TOCSIN_INTERNAL)
                r = named(&n, why, "__tocsin.%s.%s.port.%s", l->config->app, l->pipe->name, port->name);
        else if (conf && conf->topic)
                r = named(&n, why, "%s", conf->topic);
        if (r == 0)
                memcpy(ret, n.name, sizeof n.name);
        return r;
}

int need_rekey_topic(char ret[NEED_NAME_BYTES], const Loaded *l, const tocsin_port *port, Why *why) {
        const ConfigPort *conf = load_port_conf(l, port->name);
        Need n = { .pipeline = l->pipe->name };
        ret[0] = 0;
        if (port->role != TOCSIN_STREAM || port->direction == TOCSIN_OUT || !port->key || !conf || !conf->topic ||
            (conf->partitions ? conf->partitions : l->pipe->partitions) == 1)
                return 0;
        int r = named(&n, why, "__tocsin.%s.%s.port.__rekey.%s", l->config->app, l->pipe->name, port->name);
        if (r == 0)
                memcpy(ret, n.name, sizeof n.name);
        return r;
}

static int of_port(Needs *all, const Loaded *l, const tocsin_port *port, Why *why) {
        const ConfigPort *conf = load_port_conf(l, port->name);
        int32_t partitions = conf && conf->partitions ? conf->partitions : l->pipe->partitions;
        Need n = {
                .pipeline = l->pipe->name, .port = port->name, .partitions = partitions, .mark = conf ? conf->mark : l->pipe->mark
        };
        int r = need_port_topic(n.name, l, port, why);
        if (r != 0 || !n.name[0])
                return r;
        if (port->role == TOCSIN_INTERNAL) {
                n.role = NEED_INTERNAL;
                n.of_task = true;
                return add(all, n);
        }
        if (port->role == TOCSIN_TABLE) {
                n.role = NEED_TABLE;
                n.compact = true;
                n.partitions = conf->partitions ? conf->partitions : 1; /* every task reads it whole */
                return add(all, n);
        }
        n.role = port->direction == TOCSIN_IN ? NEED_INPUT : NEED_OUTPUT;
        n.of_task = n.role == NEED_INPUT;
        r = add(all, n);
        if (r == 0)
                r = need_rekey_topic(n.name, l, port, why);
        n.role = NEED_REKEY;
        return r || !n.name[0] ? r : add(all, n);
}

static int of_pipeline(Needs *all, const Loaded *l, Why *why) {
        for (uint32_t i = 0; i < l->plugin->self.n_ports; i++) {
                int r = of_port(all, l, l->plugin->self.ports[i], why);
                if (r != 0)
                        return r;
        }
        Need n = { .pipeline = l->pipe->name, .partitions = l->pipe->partitions, .mark = l->pipe->mark };
        n.role = NEED_RETRY;
        n.of_task = true;
        int r = named(&n, why, "%s", l->pipe->retry);
        if (r == 0)
                r = add(all, n);
        n.role = NEED_CHANGELOG;
        n.compact = true;
        if (r == 0)
                r = named(&n, why, "%s", l->pipe->changelog);
        if (r == 0)
                r = add(all, n);
        n.role = NEED_DEADLETTERS;
        n.compact = n.of_task = false;
        n.partitions = 1;
        if (r == 0)
                r = named(&n, why, "%s", l->pipe->dlq);
        return r ? r : add(all, n);
}

int needs_of(Needs *ret, const Loaded *l, size_t n, Why *why) {
        _cleanup_(needs_deinit) Needs all = { 0 };
        for (size_t i = 0; i < n; i++) {
                int r = of_pipeline(&all, &l[i], why);
                if (r != 0)
                        return r == -ENOMEM ? why_say(why, r, "out of memory") : r;
        }
        *ret = all;
        all = (Needs){ 0 };
        return 0;
}
