/* From a topic's name to its records: by the ports that pipelines bind to it, else by the names every installation uses. */
#include "bin/send.h"

#include "core/cleanup.h"

#include <sysexits.h>
#include <tocsin/value.h>

/* topic NULL: wherever an operator puts such records. What is sealed or signed in its usual topic stands there without one:
 * it goes out in clear only to who names the schema. */
static const struct Usual {
        const char *topic, *schema, *key;
} usual[] = {
        { "closed-loop.events", "tocsin.ClosedLoopEvent", "loop" },
        { "closed-loop.actions", "tocsin.ClosedLoopEvent", "loop" },
        { "closed-loop.actions.admitted", "tocsin.ClosedLoopEvent", "loop" },
        { "closed-loop.registry", "tocsin.Loop", "id" },
        { "intents.verified", "tocsin.IntentVerdict", "intent" },
        { "security.incidents", "tocsin.Incident", "id" },
        { "security.command-results", "tocsin.CommandResult", "target" },
        { NULL, "tocsin.MitigationCommand", "target" },
        { NULL, "tocsin.Notification", "channel" },
        { NULL, "tocsin.Acknowledgement", "channel" },
        { NULL, "tocsin.Approval", "subject" },
        { NULL, "tocsin.Policy", "id" },
        { NULL, "tocsin.Playbook", "id" },
        { NULL, "tocsin.Grant", "id" },
        { NULL, "tocsin.Observation", "key" },
        { NULL, "tocsin.TrustEvidence", "trustee" },
        { NULL, "tocsin.VulnerabilityFinding", "loop" },
        { NULL, "tocsin.Recommendation", "loop" },
};
#define USUAL (sizeof usual / sizeof *usual)

typedef struct Words {
        const char *at[SEND_WORDS];
        size_t n;
} Words;

static void add_word(Words *w, const char *z) {
        if (z && w->n < SEND_WORDS)
                w->at[w->n++] = z;
}

static const char *did_you_mean(const Words *w, const char *word, char *ret, size_t size) {
        const char *near = config_nearest(word, w->at, w->n);
        ret[0] = 0;
        if (near)
                snprintf(ret, size, "; did you mean %s?", near);
        return ret;
}

/* ---- schemas ------------------------------------------------------------------------------------------ */

static void schema_word(void *arg, const Schema *s) {
        const char *dot = strrchr(schema_name(s), '.');
        add_word(arg, dot ? dot + 1 : schema_name(s));
        add_word(arg, schema_name(s));
}

/* By its full name, or by the last word of one of ours. */
static int named_schema(SendTopic *t, const Schemas *schemas, const char *name, Why *why) {
        char full[256], hint[300];
        Words words = { .n = 0 };
        if (strcmp(name, "json") == 0) {
                t->format = TOCSIN_JSON;
                return 0;
        }
        snprintf(full, sizeof full, "tocsin.%s", name);
        t->format = TOCSIN_AVRO;
        t->schema = schemas_by_name(schemas, name);
        t->schema = t->schema ? t->schema : schemas_by_name(schemas, full);
        if (t->schema)
                return 0;
        schemas_each(schemas, schema_word, &words);
        did_you_mean(&words, name, hint, sizeof hint);
        return why_say(why, EX_USAGE, "no schema is called %s%s%s", name, hint,
                       *hint ? "" : "; see the folders of `schemas`, or --schema json for lines that go out as they stand");
}

/* ---- ports -------------------------------------------------------------------------------------------- */

typedef struct Found { /* the first port of the topic decides; the others must agree */
        const tocsin_port *port;
        const char *pipe, *name;
} Found;

static int same(const Found *f, const tocsin_port *p, const ConfigPipeline *pipe, const char *topic, Why *why) {
        const char *a = f->port->schema ? f->port->schema : "", *b = p->schema ? p->schema : "";
        if (f->port->format == p->format && strcmp(a, b) == 0)
                return 0;
        return why_say(why, EX_CONFIG,
                       "topic %s holds other records for port %s of %s than for port %s of %s; say which with --schema NAME",
                       topic, f->name, f->pipe, p->name, pipe->name);
}

static void take_conf(SendTopic *t, const tocsin_port *p, const ConfigPort *conf) {
        static const Framing framing[] = { FRAMING_SINGLE, FRAMING_CONFLUENT, FRAMING_NONE };
        if (p->direction == TOCSIN_OUT) { /* as those write who write there, too */
                t->framing = framing[conf->framing];
                t->schema_id = conf->schema_id;
        } else {
                t->crc32 = conf->partitioner == PARTITIONER_CRC32;
                t->key = t->key ? t->key : p->key;
        }
        if (t->n_ports < SEND_PORTS)
                t->ports[t->n_ports++] = p->name;
}

static int of_pipeline(SendTopic *t, Found *found, const Loaded *l, bool told, Words *topics, Why *why) {
        for (uint32_t k = 0; k < l->plugin->self.n_ports; k++) {
                const tocsin_port *p = l->plugin->self.ports[k];
                const ConfigPort *conf = load_port_conf(l, p->name);
                if (p->role == TOCSIN_INTERNAL || !conf || !conf->topic)
                        continue;
                add_word(topics, conf->topic);
                if (strcmp(conf->topic, t->name) != 0)
                        continue;
                if (found->port && !told)
                        GUARD(same(found, p, l->pipe, t->name, why));
                if (!found->port)
                        *found = (Found){ .port = p, .pipe = l->pipe->name, .name = p->name };
                take_conf(t, p, conf);
        }
        return 0;
}

static int ports_of(SendTopic *t, Found *found, const Config *c, bool told, Words *topics, const char **unseen, Why *why) {
        for (size_t i = 0; i < c->n_pipelines; i++) {
                _cleanup_(complaints_deinit) Complaints quiet = { 0 };
                Loaded l;
                if (load_pipeline(&l, c, &c->pipelines[i], &quiet) != 0)
                        *unseen = c->pipelines[i].name;
                else
                        GUARD(of_pipeline(t, found, &l, told, topics, why));
        }
        return 0;
}

/* ---- the whole ---------------------------------------------------------------------------------------- */

static int unknown(const SendTopic *t, const Config *c, Words *topics, const char *unseen, Why *why) {
        char hint[300], also[200] = "";
        for (size_t i = 0; i < USUAL; i++)
                add_word(topics, usual[i].topic);
        if (unseen)
                snprintf(also, sizeof also, " (of %.80s that is not known: `tocsin check` says why)", unseen);
        did_you_mean(topics, t->name, hint, sizeof hint);
        return why_say(
                why, EX_USAGE,
                "no pipeline of %s reads or writes topic %s%s%s%s say what its records are with --schema NAME, or --schema json "
                "for lines that go out as they stand",
                c->file, t->name, also, hint, *hint ? " If not," : ";");
}

static const struct Usual *usual_of(const SendTopic *t) {
        for (size_t i = 0; i < USUAL; i++)
                if (t->schema ? strcmp(usual[i].schema, schema_name(t->schema)) == 0
                              : usual[i].topic && strcmp(usual[i].topic, t->name) == 0)
                        return &usual[i];
        return NULL;
}

/* Only the first step of the path: what is inside a map is known by the values alone. */
static int check_key(const SendTopic *t, Why *why) {
        char step[128], hint[300];
        const tocsin_value *fields = t->schema ? tocsin_find(schema_json(t->schema), "fields") : NULL;
        Words words = { .n = 0 };
        snprintf(step, sizeof step, "%.*s", (int)strcspn(t->key, ".["), t->key);
        char names[SEND_WORDS][64];
        for (uint32_t i = 0; fields && i < fields->len && i < SEND_WORDS; i++) {
                Bytes name = tocsin_get_bytes(&fields->u.items[i], "name");
                if (bytes_eq_z(name, step))
                        return 0;
                snprintf(names[i], sizeof names[i], "%.*s", BYTES_ARG(name));
                add_word(&words, names[i]);
        }
        if (!fields)
                return 0;
        return why_say(why, EX_USAGE, "--key %s: %s has no field %s%s", t->key, schema_name(t->schema), step,
                       did_you_mean(&words, step, hint, sizeof hint));
}

static int resolve(SendTopic *t, const Found *found, const Schemas *schemas, const SendWish *wish, Why *why) {
        const struct Usual *u = NULL;
        if (wish->schema) {
                GUARD(named_schema(t, schemas, wish->schema, why));
        } else if (found->port) {
                t->format = found->port->format;
                if (t->format == TOCSIN_AVRO && load_port_schema(&t->schema, &t->own, found->port, schemas, why) != 0)
                        return EX_CONFIG;
        } else if ((u = usual_of(t))) {
                GUARD(named_schema(t, schemas, u->schema, why));
        }
        u = t->schema ? usual_of(t) : NULL;
        const char *by_schema = u ? u->key : NULL, *by_port = t->key;
        if (wish->key)
                t->key = wish->key;
        else if (wish->schema && t->schema) /* other records than the port's have other fields */
                t->key = by_schema;
        else
                t->key = by_port ? by_port : by_schema;
        return wish->key ? check_key(t, why) : 0;
}

int send_topic_init(SendTopic *ret, const Config *c, const Schemas *schemas, const SendWish *wish, Why *why) {
        SendTopic t = { .name = wish->topic, .format = UINT32_MAX, .framing = FRAMING_SINGLE, .schema_id = -1 };
        Found found = { .port = NULL };
        Words topics = { .n = 0 };
        const char *unseen = NULL;
        if (strncmp(t.name, "__", 2) == 0)
                return why_say(
                        why, EX_USAGE,
                        "topic %s is written by Tocsin or by Kafka alone: a record by hand would break what they keep there; "
                        "see `tocsin dlq replay` and `tocsin state import`",
                        t.name);
        GUARD(ports_of(&t, &found, c, wish->schema != NULL, &topics, &unseen, why));
        int r = resolve(&t, &found, schemas, wish, why);
        if (r == 0 && t.format == UINT32_MAX)
                r = unknown(&t, c, &topics, unseen, why);
        if (r == 0)
                *ret = t;
        else
                send_topic_deinit(&t);
        return r;
}

void send_topic_deinit(SendTopic *t) {
        schema_free(t->own);
        *t = (SendTopic){ 0 };
}

const char *send_topic_what(const SendTopic *t) {
        return t->schema ? schema_name(t->schema) : t->format == TOCSIN_JSON ? "JSON" : "bytes";
}
