/* Broker, topics, rights, groups and transactional ids of a configuration, tried one by one. */
#include "bin/dry_run.h"

#include "bin/needs.h"
#include "bin/topics.h"
#include "bus/probe.h"
#include "core/cleanup.h"

#include <sysexits.h>

#define READ_US 5000000 /* one poll of a topic: what may be read comes at once */

typedef struct Dry {
        const Config *config;
        Connect at;
        void (*say)(void *arg, DryVerdict v, const char *what, const char *text);
        void *arg;
        Patience patience; /* with whatever is asked until the next line is said */
        bool asks; /* the broker asks for rights */
        int exit;
} Dry;

static void say(Dry *d, DryVerdict v, const char *text, const char *format, ...) __attribute__((format(printf, 4, 5)));
static void say(Dry *d, DryVerdict v, const char *text, const char *format, ...) {
        char what[512];
        va_list ap;
        va_start(ap, format);
        vsnprintf(what, sizeof what, format, ap);
        va_end(ap);
        patience_end(&d->patience);
        if (v != DRY_PASS && config_tells(d->config, text))
                text = "what was answered is not shown: it repeats what comes from ${…}";
        d->say(d->arg, v, what, text);
        if (d->at.properties)
                connect_ask(&d->at, &d->patience);
}

static void failed(Dry *d, int answer) {
        if (d->exit != EX_NOPERM)
                d->exit = answer == BUS_E_DENIED ? EX_NOPERM : EX_UNAVAILABLE;
}

/* The line of an answer of the bus. */
static void tell(Dry *d, int answer, const Why *why, const char *what, const char *of) {
        bool theirs = why->text[0] && !config_tells(d->config, why->text); /* a resolver's words name what came by ${…} */
        if (answer == 0)
                say(d, DRY_PASS, "", "%s %s", what, of);
        else
                say(d, DRY_FAIL, theirs ? why->text : bus_answer(answer), "%s %s", what, of);
        if (answer != 0)
                failed(d, answer);
}

/* ---- topics ------------------------------------------------------------------------------------------- */

static void try_read(Dry *d, const char *topic) {
        Why why = { 0 };
        BusReader *reader = NULL;
        const BusRecord *records;
        size_t n = 0;
        int r = bus_reader_open(&reader, &d->at.conf, &topic, 1, -1, &why);
        if (r == 0) {
                r = bus_reader_poll(reader, READ_US, &records, &n);
                bus_reader_close(reader);
                if (r == BUS_E_END)
                        r = 0;
                if (r == BUS_E_IDLE) {
                        say(d, DRY_UNKNOWN, "nothing came in time", "read %s", topic);
                        return;
                }
        }
        tell(d, r, &why, "read", topic);
}

static void try_write(Dry *d, const char *topic) {
        if (!d->asks)
                say(d, DRY_PASS, "", "write %s", topic);
        else
                say(d, DRY_UNKNOWN, "only writing shows it; the principal needs the ACL WRITE and DESCRIBE on it", "write %s",
                    topic);
}

static void try_topic(Dry *d, const TopicPlan *p) {
        const Need *n = &p->need;
        char remedy[WHY_MAX + 64];
        if (p->state == TOPIC_UNKNOWN) {
                say(d, DRY_FAIL, p->why.text, "topic %s", n->name);
                failed(d, BUS_E_DENIED);
                return;
        }
        if (p->state == TOPIC_CREATE && d->config->create_topics) {
                say(d, DRY_PASS, "is not there; `run` makes it (topics.create)", "topic %s", n->name);
                return;
        }
        if (p->state != TOPIC_OK) {
                if (p->state == TOPIC_CREATE)
                        snprintf(remedy, sizeof remedy, "does not exist; `tocsin topics apply %s` makes it with %d partition%s",
                                 d->config->file, (int)n->partitions, n->partitions == 1 ? "" : "s");
                else
                        snprintf(remedy, sizeof remedy, "%s", p->why.text);
                say(d, DRY_FAIL, remedy, "topic %s", n->name);
                failed(d, BUS_E_NO_TOPIC);
                return;
        }
        snprintf(remedy, sizeof remedy, "%d partition%s", (int)p->there, p->there == 1 ? "" : "s");
        say(d, DRY_PASS, remedy, "topic %s", n->name);
        if (n->reads)
                try_read(d, n->name);
        if (n->writes)
                try_write(d, n->name);
}

/* ---- groups and ids ----------------------------------------------------------------------------------- */

static void try_group(Dry *d, const ConfigPipeline *p, const char *topic) {
        Why why = { 0 };
        BusConf conf = d->at.conf;
        conf.group = p->group;
        int r = bus_probe_group(&conf, topic, &why);
        if (r == 0 && d->asks)
                say(d, DRY_UNKNOWN, "may be looked at; whether it may be joined only joining shows: it needs the ACL READ",
                    "group %s", p->group);
        else
                tell(d, r, &why, "group", p->group);
}

static void try_transactions(Dry *d, const ConfigPipeline *p) {
        char id[300];
        snprintf(id, sizeof id, "%s.%s.dry-run", d->config->app, p->name);
        Why why = { 0 };
        Bus *bus = NULL;
        BusConf conf = d->at.conf;
        conf.transactional_id = id;
        int r = bus_open(&bus, &conf, &why);
        bus_close(bus);
        tell(d, r, &why, "transactional id", id);
}

static const char *input_of(const Needs *needs, const TopicPlan *plan, const char *pipeline) {
        for (size_t i = 0; i < needs->n; i++)
                if (plan[i].there && plan[i].need.role == NEED_INPUT && strcmp(plan[i].need.pipeline, pipeline) == 0)
                        return plan[i].need.name;
        return NULL;
}

static void try_pipeline(Dry *d, const Loaded *l, const Needs *needs, const TopicPlan *plan) {
        const char *topic = input_of(needs, plan, l->pipe->name);
        if (topic)
                try_group(d, l->pipe, topic);
        else
                say(d, DRY_UNKNOWN, "none of the pipeline's inputs is there", "group %s", l->pipe->group);
        if (l->pipe->exactly_once)
                try_transactions(d, l->pipe);
}

/* ---- all of it ---------------------------------------------------------------------------------------- */

static void tell_plugins(Dry *d, const Loaded *loaded, size_t n) {
        for (size_t i = 0; i < n; i++)
                say(d, DRY_PASS,
                    config_written(d->config, loaded[i].pipe->plugin) || config_written(d->config, d->config->plugins)
                            ? config_shown(d->config, loaded[i].pipe->plugin)
                            : loaded[i].plugin->path,
                    "plugin %s %s of %s", loaded[i].plugin->self.name, loaded[i].plugin->self.version, loaded[i].pipe->name);
}

static void try_rights(Dry *d) {
        Why why = { 0 };
        int r = bus_probe_rights(&d->at.conf, &d->asks, &why);
        if (r != 0)
                d->asks = true;
        if (!d->asks)
                say(d, DRY_PASS, "the broker asks for none", "rights");
        else
                say(d, DRY_UNKNOWN, r == 0 ? "the broker asks for them; below is what can be tried without using them" : why.text,
                    "rights");
}

static int go(Dry *d, const Loaded *loaded, size_t n, const Needs *needs, TopicPlan *plan) {
        Why why = { 0 };
        connect_ask(&d->at, &d->patience);
        int r = topics_plan(&d->at.conf, needs, plan, &why);
        if (r < 0)
                return EX_OSERR;
        if (r != 0) { /* nothing more can be known */
                tell(d, r, &why, "broker", d->at.bootstrap);
                for (size_t i = 0; i < needs->n; i++)
                        say(d, DRY_UNKNOWN, "no broker answers", "topic %s", needs->at[i].name);
                return d->exit;
        }
        tell(d, 0, &why, "broker", d->at.bootstrap);
        try_rights(d);
        for (size_t i = 0; i < needs->n; i++)
                try_topic(d, &plan[i]);
        for (size_t i = 0; i < n; i++)
                try_pipeline(d, &loaded[i], needs, plan);
        return d->exit;
}

int dry_run(const Config *c, const Loaded *loaded, size_t n,
            void (*each)(void *arg, DryVerdict v, const char *what, const char *text), void *arg) {
        Dry d = { .config = c, .say = each, .arg = arg };
        _cleanup_(needs_deinit) Needs needs = { 0 };
        Why why = { 0 };
        tell_plugins(&d, loaded, n);
        if (needs_of(&needs, loaded, n, &why) != 0)
                return EX_OSERR;
        _cleanup_(freep) TopicPlan *plan = calloc(needs.n + 1, sizeof *plan);
        if (!plan)
                return EX_OSERR;
        int r = connect_init(&d.at, c, &why);
        if (r == 0)
                r = go(&d, loaded, n, &needs, plan);
        else
                say(&d, DRY_FAIL, why.text, "broker");
        patience_end(&d.patience);
        connect_deinit(&d.at);
        return r;
}
