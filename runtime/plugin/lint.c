/* The rules of plugin.h on a descriptor: versions, names, ports, metrics. */
#include "core/limits.h"
#include "plugin/loader.h"

#define LINT_NAME_MAX 64u /* it becomes a file name, a topic's part and a metric's label */
#define LINT_READS_MAX 1024u /* paths of one port: more than any schema has fields worth naming */

/* The structs as 1.0 froze them: nobody's may be shorter, so everything declared there may be read. When a minor
 * appends a field, the copies below start to matter and these numbers stay. */
#define PLUGIN_1_0 UINT32_C(144)
#define PORT_1_0 UINT32_C(80)
#define METRIC_1_0 UINT32_C(32)
_Static_assert(sizeof(tocsin_plugin) == PLUGIN_1_0 && sizeof(tocsin_port) == PORT_1_0 && sizeof(tocsin_metric) == METRIC_1_0,
               "ABI 1.0");

#define BAD(why, ...) why_say(why, LOADER_E_LINT, __VA_ARGS__)

/* [a-z][a-z0-9_]* */
static bool name_ok(const char *s) {
        if (!s || *s < 'a' || *s > 'z')
                return false;
        size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");
        return s[n] == 0 && n <= LINT_NAME_MAX;
}

/* Identifiers of one Avro path: "a.b.c". */
static bool path_ok(const char *s) {
        for (;; s++) {
                size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");
                if (n == 0 || (*s >= '0' && *s <= '9'))
                        return false;
                s += n;
                if (*s != '.')
                        return *s == 0;
        }
}

static size_t number(const char *s) {
        size_t n = strspn(s, "0123456789");
        return n > 1 && *s == '0' ? 0 : n;
}

/* MAJOR.MINOR.PATCH, then perhaps -pre.release and +build (semver.org 2.0.0). */
static bool semver_ok(const char *s) {
        for (int i = 0; i < 3; i++) {
                size_t n = number(s);
                if (n == 0)
                        return false;
                s += n;
                if (i < 2 && *s++ != '.')
                        return false;
        }
        for (const char *mark = "-+"; *mark; mark++) {
                if (*s != *mark)
                        continue;
                do {
                        size_t n = strspn(++s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");
                        if (n == 0)
                                return false;
                        s += n;
                } while (*s == '.');
        }
        return *s == 0;
}

static int lint_paths(const tocsin_port *p, Why *why) {
        if (p->direction == TOCSIN_OUT && (p->key || p->time || p->n_reads))
                return BAD(why, "port '%s': key, time and reads belong to IN ports", p->name);
        if (p->format != TOCSIN_AVRO && p->n_reads)
                return BAD(why, "port '%s': reads belongs to AVRO ports", p->name);
        if (p->format == TOCSIN_RAW && (p->key || p->time))
                return BAD(why, "port '%s': a RAW port has no fields, so no key or time among them", p->name);
        if ((p->key && !path_ok(p->key)) || (p->time && !path_ok(p->time)))
                return BAD(why, "port '%s': key and time are paths of fields (\"producer.name\")", p->name);
        if (p->n_reads > LINT_READS_MAX || (p->n_reads && !p->reads))
                return BAD(why, "port '%s': %u reads%s", p->name, p->n_reads, p->reads ? "; too many" : " but the array is NULL");
        for (uint32_t i = 0; i < p->n_reads; i++) {
                if (!p->reads[i] || !path_ok(p->reads[i]))
                        return BAD(why, "port '%s': reads[%u] is no path of a field", p->name, i);
                for (uint32_t k = 0; k < i; k++)
                        if (strcmp(p->reads[i], p->reads[k]) == 0)
                                return BAD(why, "port '%s': reads '%s' twice", p->name, p->reads[i]);
        }
        return 0;
}

static int lint_port(const tocsin_port *p, uint32_t abi, Why *why) {
        if (p->role > TOCSIN_INTERNAL || p->direction > TOCSIN_OUT || p->format > TOCSIN_RAW || p->seal > TOCSIN_SEAL_COMMAND)
                return BAD(why, "port '%s': role, direction, format or seal is none of plugin.h's", p->name);
        if (abi <= TOCSIN_ABI && (p->flags & ~TOCSIN_PORT_OPTIONAL))
                return BAD(why, "port '%s': unknown flags 0x%x", p->name, p->flags);
        if (p->role != TOCSIN_STREAM && p->direction != TOCSIN_IN)
                return BAD(why, "port '%s': a TABLE or INTERNAL port has direction IN", p->name);
        if (p->format == TOCSIN_AVRO && (!p->schema || !*p->schema))
                return BAD(why, "port '%s': an AVRO port names its schema", p->name);
        if (!p->help || !*p->help)
                return BAD(why, "port '%s': help is missing; say what flows there", p->name);
        return lint_paths(p, why);
}

static int lint_ports(Plugin *ret, Why *why) {
        const tocsin_plugin *self = &ret->self;
        bool fed = false;
        if (self->n_ports == 0 || self->n_ports > LIMIT_PORTS || !self->ports)
                return BAD(why, "%u ports; a plugin declares 1 to %u", self->n_ports, LIMIT_PORTS);
        for (uint32_t i = 0; i < self->n_ports; i++) {
                const tocsin_port *p = self->ports[i];
                if (!p || p->size < PORT_1_0)
                        return BAD(why, "ports[%u]: size is %u, at least %u; set .size = sizeof(tocsin_port)", i, p ? p->size : 0,
                                   PORT_1_0);
                if (!name_ok(p->name))
                        return BAD(why, "ports[%u]: the name must be [a-z][a-z0-9_]*", i);
                for (uint32_t k = 0; k < i; k++)
                        if (strcmp(p->name, self->ports[k]->name) == 0)
                                return BAD(why, "two ports are called '%s'", p->name);
                GUARD(lint_port(p, self->abi, why));
                fed |= p->role == TOCSIN_STREAM && p->direction == TOCSIN_IN;
                ret->port[i] = p;
        }
        return fed ? 0 : BAD(why, "no STREAM port with direction IN: nothing would ever reach the plugin");
}

static int lint_metrics(Plugin *ret, Why *why) {
        const tocsin_plugin *self = &ret->self;
        if (self->n_metrics > LIMIT_METRICS || (self->n_metrics && !self->metrics))
                return BAD(why, "%u metrics; at most %u, in an array", self->n_metrics, LIMIT_METRICS);
        for (uint32_t i = 0; i < self->n_metrics; i++) {
                const tocsin_metric *m = self->metrics[i];
                if (!m || m->size < METRIC_1_0)
                        return BAD(why, "metrics[%u]: size is %u, at least %u; set .size = sizeof(tocsin_metric)", i,
                                   m ? m->size : 0, METRIC_1_0);
                if (!name_ok(m->name))
                        return BAD(why, "metrics[%u]: the name must be [a-z][a-z0-9_]*", i);
                if (m->kind > TOCSIN_GAUGE || !m->unit || !m->help || !*m->help)
                        return BAD(why, "metric '%s': kind, unit and help must be given", m->name);
                for (uint32_t k = 0; k < i; k++)
                        if (strcmp(m->name, self->metrics[k]->name) == 0)
                                return BAD(why, "two metrics are called '%s'", m->name);
                ret->metric[i] = m;
        }
        return 0;
}

static int lint_abi(const tocsin_plugin *self, Why *why) {
        uint32_t host = TOCSIN_ABI;
        if (self->abi >> 16 != host >> 16)
                return why_say(why, LOADER_E_ABI,
                               "built for ABI %u.%u, this host has %u.%u; build it against this release's headers",
                               self->abi >> 16, self->abi & 0xffff, host >> 16, host & 0xffff);
        if (self->needs > host)
                return why_say(why, LOADER_E_ABI, "needs ABI %u.%u, this host has %u.%u; update the host", self->needs >> 16,
                               self->needs & 0xffff, host >> 16, host & 0xffff);
        if (self->needs > self->abi || self->needs >> 16 != self->abi >> 16)
                return BAD(why, "needs ABI %u.%u but was built for %u.%u", self->needs >> 16, self->needs & 0xffff,
                           self->abi >> 16, self->abi & 0xffff);
        return 0;
}

int loader_adopt(Plugin *ret, const tocsin_plugin *self, Why *why) {
        Plugin mine = { 0 };
        if (self->size < offsetof(tocsin_plugin, state_version))
                return BAD(why, "the descriptor's size is %u; set .size = sizeof(tocsin_plugin)", self->size);
        GUARD(lint_abi(self, why));
        if (self->size < PLUGIN_1_0)
                return BAD(why, "the descriptor's size is %u, at least %u; set .size = sizeof(tocsin_plugin)", self->size,
                           PLUGIN_1_0);
        memcpy(&mine.self, self, self->size < sizeof mine.self ? self->size : sizeof mine.self);
        mine.self.size = sizeof mine.self;
        if (!name_ok(self->name))
                return BAD(why, "the plugin's name must be [a-z][a-z0-9_]*, at most %u bytes", LINT_NAME_MAX);
        if (!self->version || !semver_ok(self->version))
                return BAD(why, "the version must be MAJOR.MINOR.PATCH (semver.org)");
        if (!self->license || !*self->license || !self->summary || !*self->summary)
                return BAD(why, "license (SPDX) and summary must be given");
        if (self->state_version == 0)
                return BAD(why, "state_version is 0; it counts from 1");
        if (!self->create || !self->destroy || (!self->process && !self->process_batch))
                return BAD(why, "create, destroy and process (or process_batch) must be given");
        GUARD(lint_ports(&mine, why));
        GUARD(lint_metrics(&mine, why));
        *ret = mine;
        return 0;
}
