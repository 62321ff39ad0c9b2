/* Properties, the embedded broker's address, answers as exit codes. */
#include "bin/connect.h"

#include "core/cleanup.h"

#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>

#define KNOCK_S 1 /* on loopback, where an answer comes at once or never */

BusProperty *connect_properties(const Config *c, const char *bootstrap, uint32_t *n) {
        BusProperty *p = calloc(c->n_kafka + 1, sizeof *p);
        *n = 0;
        if (!p)
                return NULL;
        for (size_t i = 0; i < c->n_kafka; i++)
                if (!bootstrap || strcmp(c->kafka[i].name, "bootstrap.servers") != 0)
                        p[(*n)++] = (BusProperty){ c->kafka[i].name, c->kafka[i].value, config_written(c, c->kafka[i].value) };
        if (bootstrap)
                p[(*n)++] = (BusProperty){ "bootstrap.servers", bootstrap, NULL };
        return p;
}

const char *connect_brokers(const Config *c) {
        const char *value = NULL;
        for (size_t i = 0; i < c->n_kafka; i++)
                if (strcmp(c->kafka[i].name, "bootstrap.servers") == 0)
                        value = c->kafka[i].value;
        return value ? config_shown(c, value) : NULL;
}

void connect_bootstrap_path(const Config *c, char *ret, size_t size) {
        snprintf(ret, size, "%s/%s.bootstrap", c->run_dir, c->app);
}

/* Does anybody listen at HOST:PORT? A client of Kafka would go on asking for seconds. */
static bool listens(const char *address) {
        char host[256];
        const char *colon = strrchr(address, ':');
        struct addrinfo *at = NULL;
        if (!colon || (size_t)(colon - address) >= sizeof host)
                return false;
        snprintf(host, sizeof host, "%.*s", (int)(colon - address), address);
        const struct addrinfo hint = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV };
        if (getaddrinfo(host, colon + 1, &hint, &at) != 0)
                return false;
        _cleanup_(closep) int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const struct timeval patience = { .tv_sec = KNOCK_S };
        bool well = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
                    connect(fd, at->ai_addr, at->ai_addrlen) == 0;
        freeaddrinfo(at);
        return well;
}

/* The note outlives a `run` that was killed. */
static int embedded(Connect *ret, const Config *c, Why *why) {
        char path[4096];
        connect_bootstrap_path(c, path, sizeof path);
        _cleanup_(fclosep) FILE *f = fopen(path, "re");
        if (!f || !fgets(ret->bootstrap, sizeof ret->bootstrap, f))
                return why_say(
                        why, EX_UNAVAILABLE,
                        "kafka is embedded: that broker lives only inside `tocsin run`, and no `tocsin run %s` is up (there "
                        "is no %s/%s.bootstrap); start it first",
                        c->file, config_shown(c, c->run_dir), c->app);
        ret->bootstrap[strcspn(ret->bootstrap, "\n")] = 0;
        if (!listens(ret->bootstrap))
                return why_say(why, EX_UNAVAILABLE,
                               "kafka is embedded: that broker lives only inside `tocsin run`, and no `tocsin run %s` is up: the "
                               "note %s/%s.bootstrap is stale, nobody listens at %s; start it again",
                               c->file, config_shown(c, c->run_dir), c->app, ret->bootstrap);
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
        const char *brokers = c->embedded ? NULL : connect_brokers(c);
        if (brokers)
                snprintf(ret->bootstrap, sizeof ret->bootstrap, "%s", brokers);
        ret->properties = connect_properties(c, c->embedded ? ret->bootstrap : NULL, &n);
        if (!ret->properties)
                return why_say(why, EX_OSERR, "out of memory");
        ret->conf = (BusConf){ .clock = &clock_system,
                               .memory = c->memory_max / 4,
                               .properties = ret->properties,
                               .n_properties = n,
                               .hasty = true };
        return 0;
}

void connect_deinit(Connect *c) {
        free(c->properties);
        *c = (Connect){ 0 };
}

void connect_ask(const Connect *c, Patience *p) {
        patience_begin(p, c->bootstrap, BUS_PATIENCE_US);
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
