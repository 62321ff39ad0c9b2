/* Ports of one topic, compared two by two. Equal ones are the rule and cost nothing; a port is complained of once. */
#include "bin/pairs.h"

#include "core/cleanup.h"

typedef struct End { /* of a topic: a port that is bound to it */
        const char *topic, *shown; /* shown: as it may be said */
        const tocsin_port *port;
        const ConfigPort *conf;
        const ConfigPipeline *pipe;
        const Schema *schema; /* AVRO; NULL: it cannot be found, which is complained of elsewhere */
        Schema *own;
} End;

typedef struct Ends {
        End *at;
        size_t n;
} Ends;

static void ends_deinit(Ends *e) {
        for (size_t i = 0; i < e->n; i++)
                schema_free(e->at[i].own);
        free(e->at);
}

/* By topic, then as they stand in the file. */
static int by_topic(const void *a, const void *b) {
        const End *x = a, *y = b;
        int r = strcmp(x->topic, y->topic);
        Mark m = x->conf->topic_mark, k = y->conf->topic_mark;
        return r ? r : m.line != k.line ? (m.line > k.line) - (m.line < k.line) : (m.column > k.column) - (m.column < k.column);
}

static int gather(Ends *ret, const Loaded *l, size_t n, const Schemas *schemas) {
        size_t most = 1;
        for (size_t i = 0; i < n; i++)
                most += l[i].plugin->self.n_ports;
        ret->at = calloc(most, sizeof *ret->at);
        if (!ret->at)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++)
                for (uint32_t k = 0; k < l[i].plugin->self.n_ports; k++) {
                        const tocsin_port *port = l[i].plugin->self.ports[k];
                        const ConfigPort *conf = load_port_conf(&l[i], port->name);
                        if (port->role == TOCSIN_INTERNAL || !conf || !conf->topic)
                                continue;
                        End *e = &ret->at[ret->n++];
                        *e = (End){ .topic = conf->topic,
                                    .shown = config_shown(l[i].config, conf->topic),
                                    .port = port,
                                    .conf = conf,
                                    .pipe = l[i].pipe };
                        if (port->format == TOCSIN_AVRO && load_port_schema(&e->schema, &e->own, port, schemas, NULL) == -ENOMEM)
                                return -ENOMEM;
                }
        qsort(ret->at, ret->n, sizeof *ret->at, by_topic);
        return 0;
}

/* ---- two of them --------------------------------------------------------------------------------------- */

static bool writes(const End *e) {
        return e->port->direction == TOCSIN_OUT;
}

static bool same(const End *a, const End *b) {
        return schema_fingerprint(a->schema) == schema_fingerprint(b->schema);
}

/* 0: *why is empty | 1: *why says why not | -ENOMEM */
static int resolves(const Schema *writer, const Schema *reader, Why *why) {
        _cleanup_(plan_freep) Plan *plan = NULL;
        return plan_new(&plan, writer, reader, NULL, 0, why);
}

static int both_write_or_read(const End *a, const End *b, Why *why) {
        if (same(a, b) || (!writes(a) && strcmp(schema_name(a->schema), schema_name(b->schema)) == 0))
                return 0; /* two readers of one name: whoever writes may have what both ask for */
        int r = resolves(a->schema, b->schema, why);
        return r > 0 ? resolves(b->schema, a->schema, why) : r;
}

/* What the reader will make of each message of the writer. */
static int flows(const End *w, const End *r, const Schemas *schemas, Why *why) {
        const Schema *writer = w->schema;
        int bad = resolves(writer, r->schema, why);
        if (bad != 0)
                return bad;
        bool bare = w->conf->framing == CONFIG_FRAMING_NONE;
        if (bare && r->conf->framing != CONFIG_FRAMING_NONE)
                return why_say(why, 1, "what is written bare (framing: none) is read only with `framing: none`");
        if (w->conf->framing == CONFIG_FRAMING_CONFLUENT) {
                writer = w->conf->schema_id < 0 ? w->schema : schemas_by_id(schemas, w->conf->schema_id);
                if (!writer)
                        return why_say(
                                why, 1,
                                "it is written with the schema id %lld, which the reader does not know; put the schema into "
                                "writers/%lld.avsc of a folder of `schemas`",
                                (long long)w->conf->schema_id, (long long)w->conf->schema_id);
        } else if (same(w, r)) {
                return 0;
        } else if (bare) {
                return why_say(why, 1, "what is written bare (framing: none) is read as the reader's own schema");
        } else if (!schemas_by_fingerprint(schemas, schema_fingerprint(writer))) {
                return why_say(why, 1, "the reader does not know the schema that is written; put it into a folder of `schemas`");
        }
        return resolves(writer, r->schema, why);
}

/* 0: they go together | 1: they do not, *why | -ENOMEM */
static int compare(const End *a, const End *b, const Schemas *schemas, Why *why) {
        if (a->port->format == TOCSIN_RAW || b->port->format == TOCSIN_RAW)
                return 0;
        if (a->port->format != b->port->format)
                return why_say(why, 1, "one is Avro, the other JSON");
        if (a->port->format == TOCSIN_JSON || !a->schema || !b->schema)
                return 0;
        if (writes(a) == writes(b))
                return both_write_or_read(a, b, why);
        return writes(a) ? flows(a, b, schemas, why) : flows(b, a, schemas, why);
}

static void put_what(const End *e, char ret[160]) {
        const char *schema = e->port->format == TOCSIN_JSON ? "JSON" : e->schema ? schema_name(e->schema) : "Avro";
        snprintf(ret, 160, "%s %.140s", writes(e) ? "writes" : "reads", schema);
}

static void refuse(const End *first, const End *second, const Why *why, Complaints *complaints) {
        char a[160], b[160];
        put_what(first, a);
        put_what(second, b);
        complain(complaints, second->conf->topic_mark,
                 "port `%s` %s, and port `%s` of pipeline %s (line %u) %s on the same topic %s: %s; bind one of them to another "
                 "topic",
                 second->port->name, b, first->port->name, first->pipe->name, first->conf->topic_mark.line, a, second->shown,
                 why->text);
}

/* With those above it in the file, the first of them first. */
static int compare_earlier(const Ends *ends, size_t i, const Schemas *schemas, Complaints *complaints) {
        size_t first = i;
        while (first && strcmp(ends->at[first - 1].topic, ends->at[i].topic) == 0)
                first--;
        for (size_t k = first; k < i; k++) {
                Why why = { 0 };
                int r = compare(&ends->at[k], &ends->at[i], schemas, &why);
                if (r < 0)
                        return r;
                if (r > 0) {
                        refuse(&ends->at[k], &ends->at[i], &why, complaints);
                        return 0;
                }
        }
        return 0;
}

int pairs_check(const Loaded *l, size_t n, const Schemas *schemas, Complaints *complaints) {
        _cleanup_(ends_deinit) Ends ends = { 0 };
        int r = gather(&ends, l, n, schemas);
        for (size_t i = 1; r == 0 && i < ends.n; i++)
                r = compare_earlier(&ends, i, schemas, complaints);
        return r;
}
