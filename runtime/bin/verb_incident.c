/* tocsin incident list|show: what was found. */
#include "bin/incident_print.h"
#include "bin/latest.h"
#include "bin/options.h"
#include "bin/view.h"
#include "value/value.h"

#include <tocsin/value.h>

#define SCHEMA "tocsin.Incident"
#define OPEN "open"
#define TOPIC "security.incidents"
#define AN_ID "an id is 32 hexadecimal digits, or the first of them, as in column ID of `tocsin incident list`"

extern const Verb incident_list_verb, incident_show_verb;

typedef struct Look {
        const Options *o;
        IncidentFilter filter;
        const char *topic;
        const char *id; /* show: the beginning of one */
        bool json, colour, follow, ended;
        Latest *all;
        int exit;
} Look;

static int refuse(int exit, const char *text) {
        fprintf(stderr, "tocsin incident: %s\n", text);
        return exit;
}

static int print(const Look *l, const tocsin_value *v) {
        Buffer b = BUFFER_NULL;
        if (l->json) {
                value_print(&b, v);
                buffer_u8(&b, '\n');
        } else if (l->id) {
                incident_whole(&b, v, l->colour);
        } else {
                incident_line(&b, v, l->colour);
        }
        fwrite(b.ptr ? b.ptr : (const uint8_t *)"", 1, b.len, stdout);
        buffer_deinit(&b);
        return l->follow && fflush(stdout) != 0 ? EX_IOERR : 0;
}

static bool wanted(const Look *l, Bytes key, const tocsin_value *v) {
        return l->id ? bytes_begin(key, bytes_z(l->id)) : incident_fits(&l->filter, v);
}

/* Until the end of what is there: remembered; what comes later: printed as it comes. */
static int each(void *arg, const ViewRecord *r) {
        Look *l = arg;
        if (!l->ended)
                return latest_put(l->all, r->key, r->value) == 0 ? 0 : EX_OSERR;
        return r->value && wanted(l, r->key, r->value) ? print(l, r->value) : 0;
}

typedef struct Found {
        Bytes id;
        const tocsin_value *v;
        int64_t first_us;
} Found;

typedef struct Pick {
        const Look *look;
        Found *at;
        size_t n;
} Pick;

static int pick(void *arg, Bytes key, const tocsin_value *v) {
        Pick *p = arg;
        if (wanted(p->look, key, v))
                p->at[p->n++] = (Found){ .id = key, .v = v, .first_us = tocsin_get_i64(v, "first_time", 0) };
        return 0;
}

/* By time, then by id: the same list whatever way the partitions were read. */
static int earlier(const void *a, const void *b) {
        const Found *x = a, *y = b;
        if (x->first_us != y->first_us)
                return x->first_us < y->first_us ? -1 : 1;
        return bytes_cmp(x->id, y->id);
}

/* Nothing found: an error for `show`, a word for people, nothing for a program. */
static int none(const Look *l) {
        if (l->follow || (l->json && !l->id))
                return 0;
        if (l->id)
                return refuse(EX_DATAERR, "there is no incident whose id begins so; " AN_ID);
        fprintf(stderr, latest_count(l->all) ? "tocsin incident: none in %s fits\n" : "tocsin incident: there is none in %s\n",
                l->topic);
        return 0;
}

static void head(const Look *l) {
        Buffer b = BUFFER_NULL;
        incident_head(&b, l->colour);
        fwrite(b.ptr, 1, b.len, stdout);
        buffer_deinit(&b);
}

static int ended(void *arg) {
        Look *l = arg;
        Pick p = { .look = l, .at = calloc(latest_count(l->all) + 1, sizeof *p.at) };
        l->ended = true;
        if (!p.at)
                return EX_OSERR;
        (void)latest_each(l->all, pick, &p);
        qsort(p.at, p.n, sizeof *p.at, earlier);
        if (!l->json && !l->id && (p.n || l->follow))
                head(l);
        int r = p.n ? 0 : none(l);
        for (size_t i = 0; i < p.n && r == 0; i++) {
                if (i && l->id && !l->json)
                        putchar('\n');
                r = print(l, p.at[i].v);
        }
        free(p.at);
        return r ? r : l->follow && fflush(stdout) != 0 ? EX_IOERR : 0;
}

static int look(const Options *o, Look *l) {
        _cleanup_(config_freep) Config *c = NULL;
        _cleanup_(schemas_freep) Schemas *schemas = NULL;
        _cleanup_(connect_deinit) Connect at = { 0 };
        Why why = { 0 };
        int exit = load_config(&c, view_config(options_value(o, "config")));
        if (exit == 0)
                exit = load_schemas(&schemas, c);
        if (exit != 0)
                return exit;
        exit = connect_init(&at, c, &why);
        if (exit != 0)
                return refuse(exit, why.text);
        const char *topic = options_value(o, "topic");
        l->topic = topic ? topic : connect_topic(c, SCHEMA, TOCSIN_OUT, TOPIC);
        const View v = { .at = &at,
                         .schemas = schemas,
                         .topic = l->topic,
                         .schema = SCHEMA,
                         .follow = l->follow,
                         .each = each,
                         .ended = ended,
                         .arg = l };
        exit = view_read(&v, &why);
        return exit && why.text[0] ? refuse(exit, why.text) : exit;
}

static int start(const Options *o, Look l) {
        const char *no_colour = getenv("NO_COLOR");
        l.o = o;
        l.json = options_flag(o, "json");
        l.follow = options_flag(o, "follow");
        l.colour = isatty(STDOUT_FILENO) && !(no_colour && *no_colour);
        if (latest_new(&l.all) != 0)
                return refuse(EX_OSERR, "out of memory");
        int exit = look(o, &l);
        latest_free(l.all);
        return exit;
}

static int no_such_class(const char *word) {
        Buffer b = BUFFER_NULL;
        incident_classes(&b);
        fprintf(stderr, "tocsin incident list: --class=%s: there is no such threat class; these are:\n%.*s", word,
                BYTES_ARG(buffer_bytes(&b)));
        buffer_deinit(&b);
        return EX_USAGE;
}

static int run_list(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &incident_list_verb, argc, argv) != 0)
                return o.exit;
        IncidentFilter f = { options_value(&o, "class"), options_value(&o, "loop"), options_value(&o, "state"),
                             options_flag(&o, "open") };
        if (f.class_ && !incident_class(f.class_))
                return no_such_class(f.class_);
        if (f.open && f.state)
                return options_misuse(&incident_list_verb, "--open and --state exclude each other");
        if (f.state && strcmp(f.state, OPEN) == 0) {
                f.open = true;
                f.state = NULL;
        }
        return start(&o, (Look){ .filter = f });
}

static int run_show(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &incident_show_verb, argc, argv) != 0)
                return o.exit;
        if (!*o.operands[0])
                return options_misuse(&incident_show_verb, "ID is empty; " AN_ID);
        return start(&o, (Look){ .id = o.operands[0] });
}

#define COMMON_OPTIONS                                                                                                  \
        { .name = "config", .value = "CONFIG", .help = "where the broker is; TOCSIN_CONFIG, or tocsin.yaml" },          \
                { .name = "topic", .value = "NAME", .help = "their topic; the one that a pipeline writes, or " TOPIC }, \
                { .name = "json", .help = "JSON lines" }, {                                                             \
                .name = "follow", .help = "go on with what comes, until Ctrl-C"                                         \
        }

static const ExitCode exits[] = {
        { EX_DATAERR, "there is no such incident" },
        { EX_UNAVAILABLE, "no broker answers, or the topic does not exist" },
        { EX_NOPERM, "the right to read the topic is missing" },
        { EX_CONFIG, "the configuration is wrong" },
        { 0 },
};

const Verb incident_list_verb = {
        .name = "list",
        .group = VERB_LOOK,
        .summary = "list incidents, each as it stands now",
        .about = "They are in the order of their first event, each once, as it stands now: RAISED when it was found, UPDATED "
                 "when more "
                 "of it came, CLEARED when it is over. Open are those that are RAISED or UPDATED: --open. With --follow what "
                 "comes "
                 "afterwards is told as it comes, an incident that changes once more.",
        .usage = "incident list [--config CONFIG] [--open] [--class CLASS] [--loop LOOP] [--state STATE] [--json] [--follow]",
        .options =
                (const Option[]){
                        COMMON_OPTIONS,
                        { .name = "class",
                          .value = "CLASS",
                          .help = "only of this threat class, L1 to L22; a wrong one lists them" },
                        { .name = "loop", .value = "LOOP", .help = "only those in which this loop takes part" },
                        { .name = "open", .help = "only those that are not over: RAISED or UPDATED" },
                        { .name = "state",
                          .value = "STATE",
                          .help = "only those that stand at this word now; open: as --open",
                          .words = "RAISED UPDATED CLEARED " OPEN },
                        { 0 },
                },
        .examples =
                (const Example[]){
                        { "what is open, and what comes", "tocsin incident list --open --follow" },
                        { "replays, for a program", "tocsin incident list --class L3 --json" },
                        { 0 },
                },
        .exits = exits,
        .run = run_list,
};

const Verb incident_show_verb = {
        .name = "show",
        .group = VERB_LOOK,
        .summary = "show an incident with the events that prove it",
        .usage = "incident show [--config CONFIG] [--json] [--follow] ID",
        .about = "ID may be the beginning of one; all that begin so are shown.",
        .options = (const Option[]){ COMMON_OPTIONS, { 0 } },
        .examples =
                (const Example[]){ { "the one that `incident list` calls 3fa1b2c4", "tocsin incident show 3fa1b2c4" }, { 0 } },
        .exits = exits,
        .min = 1,
        .max = 1,
        .run = run_show,
};

const Verb verb_incident = {
        .name = "incident",
        .group = VERB_LOOK,
        .summary = "look at what was found",
        .usage = "incident list|show",
        .examples = (const Example[]){ { "what is open, and what comes", "tocsin incident list --open --follow" }, { 0 } },
        .subs = (const Verb *const[]){ &incident_list_verb, &incident_show_verb, NULL },
};
