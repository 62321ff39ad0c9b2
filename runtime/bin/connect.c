/* Properties, the embedded broker's address, answers as exit codes. */
#include "bin/connect.h"

#include "core/cleanup.h"

#include <sysexits.h>

BusProperty *connect_properties(const Config *c, const char *bootstrap, uint32_t *n) {
        BusProperty *p = calloc(c->n_kafka + 1, sizeof *p);
        *n = 0;
        if (!p)
                return NULL;
        for (size_t i = 0; i < c->n_kafka; i++)
                if (!bootstrap || strcmp(c->kafka[i].name, "bootstrap.servers") != 0)
                        p[(*n)++] = (BusProperty){ c->kafka[i].name, c->kafka[i].value };
        if (bootstrap)
                p[(*n)++] = (BusProperty){ "bootstrap.servers", bootstrap };
        return p;
}

void connect_bootstrap_path(const Config *c, char *ret, size_t size) {
        snprintf(ret, size, "%s/%s.bootstrap", c->run_dir, c->app);
}

static int embedded(Connect *ret, const Config *c, Why *why) {
        char path[4096];
        connect_bootstrap_path(c, path, sizeof path);
        _cleanup_(fclosep) FILE *f = fopen(path, "re");
        if (!f || !fgets(ret->bootstrap, sizeof ret->bootstrap, f))
                return why_say(why, EX_UNAVAILABLE, "the broker is embedded, and no `tocsin run %s` is up to hold it (%s)",
                               c->file, path);
        ret->bootstrap[strcspn(ret->bootstrap, "\n")] = 0;
        return 0;
}

int connect_init(Connect *ret, const Config *c, Why *why) {
        *ret = (Connect){ 0 };
        if (c->embedded) {
                int r = embedded(ret, c, why);
                if (r != 0)
                        return r;
        }
        uint32_t n;
        for (size_t i = 0; !c->embedded && i < c->n_kafka; i++)
                if (strcmp(c->kafka[i].name, "bootstrap.servers") == 0)
                        snprintf(ret->bootstrap, sizeof ret->bootstrap, "%s", c->kafka[i].value);
        ret->properties = connect_properties(c, c->embedded ? ret->bootstrap : NULL, &n);
        if (!ret->properties)
                return why_say(why, EX_OSERR, "out of memory");
        ret->conf = (BusConf){
                .clock = &clock_system, .memory = c->memory_max / 4, .properties = ret->properties, .n_properties = n
        };
        return 0;
}

void connect_deinit(Connect *c) {
        free(c->properties);
        *c = (Connect){ 0 };
}

int connect_exit(int answer) {
        switch (answer) {
        case 0:
                return EX_OK;
        case BUS_E_DENIED:
                return EX_NOPERM;
        case BUS_E_CONF:
                return EX_CONFIG;
        case BUS_E_DOWN:
        case BUS_E_NO_TOPIC:
        case BUS_E_TOO_BIG:
                return EX_UNAVAILABLE;
        default:
                return answer == -ENOMEM ? EX_OSERR : EX_SOFTWARE;
        }
}

const char *connect_topic(const Config *c, const char *schema, uint32_t direction, const char *otherwise) {
        for (size_t i = 0; i < c->n_pipelines; i++) {
                _cleanup_(complaints_deinit) Complaints quiet = { 0 };
                Loaded l;
                if (load_pipeline(&l, c, &c->pipelines[i], &quiet) != 0)
                        continue;
                for (uint32_t k = 0; k < l.plugin->self.n_ports; k++) {
                        const tocsin_port *p = l.plugin->self.ports[k];
                        const ConfigPort *conf = load_port_conf(&l, p->name);
                        if (p->role != TOCSIN_INTERNAL && p->direction == direction && p->schema &&
                            strcmp(p->schema, schema) == 0 && conf && conf->topic)
                                return conf->topic;
                }
        }
        return otherwise;
}
