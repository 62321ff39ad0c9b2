/* tocsin loop apply|list|show: the registry of closed loops. */
#include "bin/latest.h"
#include "bin/options.h"
#include "bin/rows.h"
#include "bin/view.h"
#include "bin/yaml_print.h"
#include "core/limits.h"
#include "value/value.h"

#include <tocsin/value.h>

#define SCHEMA "tocsin.Loop"
#define TOPIC "closed-loop.registry"
#define IDS_SHOWN 1024u /* of a larger registry the rest is not offered by "did you mean" */

extern const Verb loop_apply_verb, loop_list_verb, loop_show_verb;

typedef struct Registry {
        Config *config;
        Schemas *schemas;
        Connect at;
        const char *topic;
} Registry;

static int refuse(int exit, const char *text) {
        fprintf(stderr, "tocsin loop: %s\n", text);
        return exit;
}

static void registry_close(Registry *r) {
        connect_deinit(&r->at);
        schemas_free(r->schemas);
        config_free(r->config);
}

static int registry_open(Registry *r, const Options *o, bool network) {
        Why why = { 0 };
        int exit = load_config(&r->config, view_config(options_value(o, "config")));
        if (exit == 0)
                exit = load_schemas(&r->schemas, r->config);
        if (exit != 0)
                return exit;
        r->topic = options_value(o, "topic");
        if (!r->topic)
                r->topic = connect_topic(r->config, SCHEMA, TOCSIN_IN, TOPIC);
        exit = network ? connect_init(&r->at, r->config, &why) : 0;
        return exit ? refuse(exit, why.text) : 0;
}

/* ---- apply -------------------------------------------------------------------------------------------- */

typedef struct Entry {
        struct Entry *next;
        size_t key_len, value_len; /* value_len 0: a tombstone */
        uint8_t data[];
} Entry;

typedef struct Apply {
        const Schema *schema;
        Framing framing;
        Arena *arena;
        Latest *seen;
        Entry *first, **last;
        size_t n;
} Apply;

static int keep(Apply *a, Bytes key, Bytes value) {
        Entry *e = malloc(sizeof *e + key.len + value.len);
        if (!e)
                return -ENOMEM;
        *e = (Entry){ .key_len = key.len, .value_len = value.len };
        memcpy(e->data, key.ptr, key.len);
        if (value.len)
                memcpy(e->data + key.len, value.ptr, value.len);
        *a->last = e;
        a->last = &e->next;
        a->n++;
        return 0;
}

static int take_row(void *arg, const Row *row, Why *why) {
        Apply *a = arg;
        tocsin_value v;
        Buffer b = { .max = LIMIT_RECORD_BYTES };
        arena_reset(a->arena);
        int r = natural_read(a->schema, row->value, a->arena, &v, why);
        if (r == 0)
                frame_put(&b, FRAMING_SINGLE, a->schema, -1);
        if (r == 0)
                r = codec_encode(a->schema, &v, &b, why);
        Bytes id = r == 0 ? tocsin_get_bytes(&v, "id") : BYTES_NULL;
        if (r == 0 && id.len == 0)
                r = why_say(why, 1, "`id` is empty");
        if (r == 0 && latest_get(a->seen, id))
                r = why_say(why, 1, "loop %.*s stands here twice", BYTES_ARG(id));
        if (r == 0)
                r = latest_put(a->seen, id, &v);
        if (r == 0)
                r = keep(a, id, buffer_bytes(&b));
        buffer_deinit(&b);
        return r;
}

static int send_all(const Registry *r, const Apply *a, Why *why) {
        Bus *bus = NULL;
        int bad = bus_open(&bus, &r->at.conf, why);
        if (bad != 0)
                return connect_exit(bad);
        uint32_t out = bus_output(bus, r->topic);
        for (const Entry *e = a->first; bad == 0 && e; e = e->next) {
                const BusSend s = { .output = out,
                                    .partition = -1,
                                    .key = bytes_of(e->data, e->key_len),
                                    .value = e->value_len ? bytes_of(e->data + e->key_len, e->value_len) : BYTES_NULL };
                bad = bus_send(bus, &s, why);
        }
        if (bad == 0)
                bad = bus_commit(bus, NULL, 0, clock_system.mono_us(&clock_system) + 30000000, why);
        if (bad == BUS_E_ABORTED || bad == BUS_E_FATAL) { /* what is behind it says more */
                Why health = { 0 };
                int sick = bus_health(bus, &health);
                if (sick != 0) {
                        bad = sick;
                        *why = health;
                }
        }
        bus_close(bus);
        return connect_exit(bad);
}

static int remember(void *arg, const ViewRecord *r) {
        return latest_put(arg, r->key, r->value) == 0 ? 0 : EX_OSERR;
}

static int read_all(const Registry *r, Latest *all) {
        Why why = { 0 };
        const View v = { .at = &r->at, .schemas = r->schemas, .topic = r->topic, .schema = SCHEMA, .each = remember, .arg = all };
        int exit = view_read(&v, &why);
        return exit ? refuse(exit, why.text) : 0;
}

typedef struct Ids { /* for "did you mean" */
        char *at[IDS_SHOWN];
        size_t n;
} Ids;

static int add_id(void *arg, Bytes key, const tocsin_value *v) {
        Ids *ids = arg;
        (void)v;
        char *z = ids->n < IDS_SHOWN ? strndup((const char *)key.ptr, key.len) : NULL;
        if (z)
                ids->at[ids->n++] = z;
        return 0;
}

static int no_such_loop(const Latest *all, Bytes id) {
        Ids ids = { .n = 0 };
        latest_each(all, add_id, &ids);
        _cleanup_(freep) char *z = strndup((const char *)id.ptr, id.len);
        const char *near = z ? config_nearest(z, (const char *const *)ids.at, ids.n) : NULL;
        fprintf(stderr, "tocsin loop: no such loop: the registry has no %.*s; %s%s%s; nothing was written\n", BYTES_ARG(id),
                near ? "did you mean " : "see `tocsin loop list`", near ? near : "", near ? "?" : "");
        for (size_t i = 0; i < ids.n; i++)
                free(ids.at[i]);
        return EX_DATAERR;
}

/* What is not in the registry cannot be taken out of it: its id was mistyped, and the loop that was meant would stay. */
static int deleted_are_there(const Registry *r, const Apply *a) {
        Latest *all = NULL;
        const Entry *e = a->first;
        while (e && e->value_len)
                e = e->next;
        if (!e)
                return 0;
        int exit = latest_new(&all) == 0 ? read_all(r, all) : refuse(EX_OSERR, "out of memory");
        for (; exit == 0 && e; e = e->next) {
                Bytes id = bytes_of(e->data, e->key_len);
                if (e->value_len == 0 && !latest_get(all, id) && !latest_get(a->seen, id))
                        exit = no_such_loop(all, id);
        }
        latest_free(all);
        return exit;
}

static int write_out(const Registry *r, const Apply *a, bool only_look) {
        Why why = { 0 };
        BusTopic topic;
        int exit = 0;
        if (!only_look) {
                exit = connect_exit(bus_topic_get(&r->at.conf, r->topic, &topic, &why));
                if (exit == 0 && topic.partitions == 0) {
                        why_say(&why, 0, "topic %s does not exist; make it with `tocsin topics apply %s`", r->topic,
                                r->config->file);
                        exit = EX_UNAVAILABLE;
                }
                if (exit != 0)
                        return refuse(exit, why.text);
                exit = deleted_are_there(r, a);
                if (exit != 0)
                        return exit; /* said */
                exit = send_all(r, a, &why);
        }
        if (exit != 0)
                return refuse(exit, why.text);
        for (const Entry *e = a->first; e; e = e->next)
                printf("%s %.*s\n",
                       only_look ? (e->value_len ? "would write" : "would delete") : (e->value_len ? "written" : "deleted"),
                       (int)e->key_len, (const char *)e->data);
        return 0;
}

static int apply_to(Registry *r, const Options *o, Apply *a) {
        const char *id;
        size_t bad = 0;
        for (uint32_t i = 0; i < o->n; i++) {
                int exit = rows_read(o->operands[i], a->schema, take_row, a, &bad);
                if (exit != 0)
                        return exit;
        }
        for (uint32_t i = 0; (id = options_nth(o, "delete", i)); i++)
                if (keep(a, bytes_z(id), BYTES_NULL) != 0)
                        return refuse(EX_OSERR, "out of memory");
        if (bad)
                return refuse(EX_DATAERR, "nothing was written");
        if (a->n == 0)
                return options_misuse(&loop_apply_verb, "nothing to do: name a FILE, or an ID with --delete");
        return write_out(r, a, options_flag(o, "dry-run"));
}

static int run_apply(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &loop_apply_verb, argc, argv) != 0)
                return o.exit;
        Registry r = { 0 };
        Apply a = { .arena = arena_new(LIMIT_DECODE_BYTES) };
        a.last = &a.first;
        int exit = registry_open(&r, &o, !options_flag(&o, "dry-run"));
        if (exit == 0 && (!a.arena || latest_new(&a.seen) != 0))
                exit = refuse(EX_OSERR, "out of memory");
        a.schema = exit == 0 ? schemas_by_name(r.schemas, SCHEMA) : NULL;
        if (exit == 0 && !a.schema)
                exit = refuse(EX_CONFIG, "no schema is called " SCHEMA);
        if (exit == 0)
                exit = apply_to(&r, &o, &a);
        for (Entry *e = a.first, *next; e; e = next) {
                next = e->next;
                free(e);
        }
        latest_free(a.seen);
        arena_free(a.arena);
        registry_close(&r);
        return exit;
}

/* ---- list and show ------------------------------------------------------------------------------------ */

static int print_line(void *arg, Bytes key, const tocsin_value *v) {
        (void)key;
        if (*(const bool *)arg) {
                Buffer b = BUFFER_NULL;
                value_print(&b, v);
                printf("%.*s\n", BYTES_ARG(buffer_bytes(&b)));
                buffer_deinit(&b);
                return 0;
        }
        const tocsin_value *producers = tocsin_find(v, "producers"), *targets = tocsin_find(v, "targets");
        printf("%-24.*s %-12.*s %8lld %9u %7u  %.*s\n", BYTES_ARG(tocsin_get_bytes(v, "id")),
               BYTES_ARG(tocsin_get_bytes(v, "domain")), (long long)tocsin_get_i64(v, "priority", 0),
               producers ? producers->len : 0, targets ? targets->len : 0, BYTES_ARG(tocsin_get_bytes(v, "description")));
        return 0;
}

static int look(const Options *o) {
        Registry r = { 0 };
        Latest *all = NULL;
        bool json = options_flag(o, "json");
        int exit = registry_open(&r, o, true);
        if (exit == 0 && latest_new(&all) != 0)
                exit = refuse(EX_OSERR, "out of memory");
        if (exit == 0)
                exit = read_all(&r, all);
        if (exit == 0 && o->verb == &loop_list_verb) {
                if (!json)
                        printf("%-24s %-12s %8s %9s %7s  %s\n", "LOOP", "DOMAIN", "PRIORITY", "PRODUCERS", "TARGETS",
                               "DESCRIPTION");
                latest_each(all, print_line, &json);
        } else if (exit == 0) {
                const tocsin_value *v = latest_get(all, bytes_z(o->operands[0]));
                Buffer b = BUFFER_NULL;
                if (!v)
                        exit = refuse(EX_DATAERR, "the registry has no loop of that id; see `tocsin loop list`");
                else if (json)
                        print_line(&json, BYTES_NULL, v);
                else
                        yaml_print(&b, v, 0);
                fwrite(b.ptr ? b.ptr : (const uint8_t *)"", 1, b.len, stdout);
                buffer_deinit(&b);
        }
        latest_free(all);
        registry_close(&r);
        return exit;
}

static int run_list(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        return options_parse(&o, &loop_list_verb, argc, argv) != 0 ? o.exit : look(&o);
}

static int run_show(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        return options_parse(&o, &loop_show_verb, argc, argv) != 0 ? o.exit : look(&o);
}

/* ---- what they are called ----------------------------------------------------------------------------- */

#define CONFIG_OPTION \
        { .name = "config", .value = "CONFIG", .help = "where the broker is; TOCSIN_CONFIG, or tocsin.yaml" }
#define TOPIC_OPTION \
        { .name = "topic", .value = "NAME", .help = "the registry's topic; the one that a pipeline reads, or " TOPIC }

static const ExitCode exits[] = {
        { EX_DATAERR, "an entry is wrong, or there is no such loop" },
        { EX_NOINPUT, "a file cannot be opened" },
        { EX_UNAVAILABLE, "no broker answers, or the topic does not exist" },
        { EX_NOPERM, "the right to read or write the topic is missing" },
        { EX_CONFIG, "the configuration is wrong" },
        { 0 },
};

const Verb loop_apply_verb = {
        .name = "apply",
        .group = VERB_RUN,
        .summary = "write registry entries of loops",
        .usage = "loop apply [--config CONFIG] [--dry-run] [--delete ID]... [FILE|-]...",
        .about = "Reads entries in YAML (a document a loop, a list, or a list below `loops:`) or JSON lines, with the fields of "
                 "the Loop "
                 "schema, and writes each under its id. Every entry is checked first, each complaint with FILE:LINE:COLUMN; "
                 "nothing is "
                 "written unless all are right and every loop that is to be deleted is in the registry.",
        .options =
                (const Option[]){
                        CONFIG_OPTION,
                        TOPIC_OPTION,
                        { .name = "dry-run", .help = "check only, without a network" },
                        { .name = "delete", .value = "ID", .help = "take this loop out of the registry", .many = true },
                        { 0 },
                },
        .examples =
                (const Example[]){
                        { "tell Tocsin which loops there are", "tocsin loop apply loops.yaml --config tocsin.yaml" },
                        { "change one",
                          "tocsin loop show ran-energy > loop.yaml && vi loop.yaml && tocsin loop apply loop.yaml" },
                        { 0 },
                },
        .exits = exits,
        .max = OPERANDS_ANY,
        .run = run_apply,
};

const Verb loop_list_verb = {
        .name = "list",
        .group = VERB_LOOK,
        .summary = "list the loops of the registry",
        .usage = "loop list [--config CONFIG] [--json]",
        .options =
                (const Option[]){
                        CONFIG_OPTION, TOPIC_OPTION, { .name = "json", .help = "a line of JSON for each loop" }, { 0 } },
        .examples = (const Example[]){ { "what is registered?", "tocsin loop list --config tocsin.yaml" }, { 0 } },
        .exits = exits,
        .run = run_list,
};

const Verb loop_show_verb = {
        .name = "show",
        .group = VERB_LOOK,
        .summary = "show the registry entry of a loop",
        .usage = "loop show [--config CONFIG] [--json] ID",
        .about = "Prints it as YAML that `tocsin loop apply` takes.",
        .options = (const Option[]){ CONFIG_OPTION, TOPIC_OPTION, { .name = "json", .help = "one line of JSON" }, { 0 } },
        .examples =
                (const Example[]){ { "one entry, to be changed and applied again", "tocsin loop show ran-energy > loop.yaml" },
                                   { 0 } },
        .exits = exits,
        .min = 1,
        .max = 1,
        .run = run_show,
};

const Verb verb_loop = {
        .name = "loop",
        .group = VERB_RUN,
        .summary = "write and look at the registry of closed loops",
        .usage = "loop apply|list|show",
        .examples =
                (const Example[]){
                        { "tell Tocsin which loops there are, and look",
                          "tocsin loop apply loops.yaml --config tocsin.yaml && tocsin loop list --config tocsin.yaml" },
                        { 0 } },
        .subs = (const Verb *const[]){ &loop_apply_verb, &loop_list_verb, &loop_show_verb, NULL },
};
