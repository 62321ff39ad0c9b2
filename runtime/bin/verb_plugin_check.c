/* tocsin plugin check: the conformance kit, told to people and to machines. */
#include "bin/conform.h"
#include "bin/lines.h"
#include "bin/load.h"
#include "bin/options.h"
#include "bin/verb_plugin.h"
#include "core/clock.h"
#include "value/value.h"
#include "json/json.h"

#define INPUT_MAX (UINT64_C(512) << 20) /* settings and events together */

typedef struct Given {
        Arena *arena;
        tocsin_value settings;
        tocsin_value *events;
        size_t n, room;
} Given;

static int wrong(const char *what, uint64_t line, const Why *why) {
        if (line)
                fprintf(stderr, "tocsin: %s:%llu: %s\n", what, (unsigned long long)line, why->text);
        else
                fprintf(stderr, "tocsin: %s: %s\n", what, why->text);
        return EX_DATAERR;
}

static int read_events(Given *g, const char *path) {
        _cleanup_(lines_closep) Lines *lines = NULL;
        Why why = { 0 };
        Bytes line;
        int r = lines_open(&lines, path, &why);
        if (r != 0) {
                fprintf(stderr, "tocsin: %s\n", why.text);
                return EX_NOINPUT;
        }
        while ((r = lines_next(lines, &line, &why)) == 0) {
                if (line.len == 0)
                        continue;
                if (g->n == g->room) {
                        size_t room = g->room ? 2 * g->room : 64;
                        tocsin_value *more = realloc(g->events, room * sizeof *more);
                        if (!more)
                                return EX_OSERR;
                        g->events = more;
                        g->room = room;
                }
                if (json_parse(g->arena, line, &g->events[g->n], NULL, &why) != 0)
                        return wrong(path, lines_number(lines), &why);
                g->n++;
        }
        return r == LINES_E_END ? 0 : wrong(path, lines_number(lines), &why);
}

/* The whole file as one JSON value. */
static int read_settings(Given *g, const char *path) {
        Buffer text = BUFFER_NULL;
        Why why = { 0 };
        text.max = LIMIT_CONFIG_BYTES;
        _cleanup_(fclosep) FILE *in = fopen(path, "rb");
        if (!in) {
                fprintf(stderr, "tocsin: %s: %s\n", path, strerror(errno));
                return EX_NOINPUT;
        }
        for (size_t n; !text.failed;) {
                uint8_t *p = buffer_room(&text, 4096);
                if (!p || (n = fread(p, 1, 4096, in)) == 0)
                        break;
                text.len += n;
        }
        int r = text.failed ? why_say(&why, JSON_E_LIMIT, "more than %u bytes", LIMIT_CONFIG_BYTES)
                            : json_parse(g->arena, buffer_bytes(&text), &g->settings, NULL, &why);
        buffer_deinit(&text);
        if (r == 0 && g->settings.kind != TOCSIN_MAP)
                r = why_say(&why, JSON_E_SYNTAX, "settings are a JSON object");
        return r == 0 ? 0 : wrong(path, 0, &why);
}

static const char *word(const Sight *s) {
        return s->state == SIGHT_PASS ? "PASS" : s->state == SIGHT_NONE ? "NONE" : "FAIL";
}

static void print_rule(const Rule *r, const Sight *s, int64_t took_us, bool json, bool first) {
        Buffer b = BUFFER_NULL;
        if (!json) {
                printf("%s  %-10s  %s%s%s\n", word(s), r->name, s->state == SIGHT_FAIL ? "" : r->law,
                       s->state != SIGHT_FAIL && s->reason[0] ? ": " : "", s->reason);
                fflush(stdout);
                return;
        }
        buffer_printf(&b, "%s{\"rule\":\"%s\",\"verdict\":\"%s\",\"law\":", first ? "" : ",", r->name, word(s));
        value_print_string(&b, bytes_z(r->law));
        buffer_put_z(&b, ",\"reason\":");
        value_print_string(&b, bytes_z(s->reason));
        buffer_printf(&b, ",\"ms\":%lld}", (long long)(took_us / 1000));
        fwrite(b.ptr, 1, b.len, stdout);
        buffer_deinit(&b);
}

static bool wanted(const Options *o, const char *name) {
        const char *only;
        for (uint32_t i = 0; (only = options_nth(o, "rule", i)); i++)
                if (strcmp(only, name) == 0)
                        return true;
        return !options_nth(o, "rule", 0);
}

/* Each rule in turn. What cannot be loaded is not asked any further. */
static int check(const KitConf *conf, const Options *o, bool json) {
        bool ok = true, first = true;
        for (const Rule *r = conform_rules; r->name; r++) {
                bool gate = r < conform_rules + 2;
                Sight s;
                int64_t began = clock_read_us(CLOCK_MONOTONIC);
                if (!gate && !wanted(o, r->name))
                        continue;
                int answer = conform_child(conf, r, &s);
                if (answer != 0) {
                        fprintf(stderr, "tocsin: cannot start a process: %s\n", strerror(-answer));
                        return EX_OSERR;
                }
                if (!gate || wanted(o, r->name) || s.state == SIGHT_FAIL) {
                        print_rule(r, &s, clock_read_us(CLOCK_MONOTONIC) - began, json, first);
                        first = false;
                }
                ok &= s.state != SIGHT_FAIL;
                if (gate && !ok)
                        break;
        }
        return ok ? 0 : EX_DATAERR;
}

static bool known_rules(const Options *o) {
        const char *name;
        for (uint32_t i = 0; (name = options_nth(o, "rule", i)); i++) {
                const Rule *r = conform_rules;
                while (r->name && strcmp(r->name, name) != 0)
                        r++;
                if (!r->name) {
                        options_misuse(&verb_plugin_check, "no rule is called %s", name);
                        return false;
                }
        }
        return true;
}

static int work(Options *o, Given *g) {
        const char *file = o->operands[0], *settings = options_value(o, "config"), *events;
        bool json = options_flag(o, "json");
        char path[4096];
        Schemas *schemas = NULL;
        int64_t seed = 1;
        if (options_number(o, "seed", 0, INT64_MAX, &seed) != 0 || !known_rules(o))
                return EX_USAGE;
        int r = settings ? read_settings(g, settings) : 0;
        for (uint32_t i = 0; r == 0 && (events = options_nth(o, "events", i)); i++)
                r = read_events(g, events);
        if (r == 0)
                r = load_schemas(&schemas, NULL);
        if (r != 0)
                return r;
        snprintf(path, sizeof path, "%s%s", strchr(file, '/') ? "" : "./", file);
        if (access(path, R_OK) != 0) {
                fprintf(stderr, "tocsin: %s: %s\n", path, strerror(errno));
                r = EX_NOINPUT;
        }
        KitConf conf = { .file = path,
                         .settings = settings ? &g->settings : NULL,
                         .events = g->events,
                         .n_events = g->n,
                         .schemas = schemas,
                         .seed = (uint64_t)seed };
        const char *folder;
        Why why = { 0 };
        for (uint32_t i = 0; r == 0 && (folder = options_nth(o, "schemas", i)); i++)
                if (schemas_load(schemas, folder, &why) != 0)
                        r = wrong(folder, 0, &why);
        if (r == 0 && !json)
                printf("%s, seed %lld\n", file, (long long)seed);
        if (r == 0 && json) {
                Buffer b = BUFFER_NULL;
                value_print_string(&b, bytes_z(file));
                printf("{\"file\":%.*s,\"seed\":%lld,\"rules\":[", (int)b.len, (char *)b.ptr, (long long)seed);
                buffer_deinit(&b);
        }
        if (r == 0) {
                r = check(&conf, o, json);
                if (json)
                        printf("],\"ok\":%s}\n", r == 0 ? "true" : "false");
                else if (r == EX_DATAERR)
                        printf("%s breaks rules of the host: see FAIL\n", file);
        }
        schemas_free(schemas);
        return r;
}

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_plugin_check, argc, argv) != 0)
                return o.exit;
        Given g = { .arena = arena_new(INPUT_MAX) };
        int r = g.arena ? work(&o, &g) : EX_OSERR;
        free(g.events);
        arena_free(g.arena);
        return r;
}

const Verb verb_plugin_check = {
        .name = "check",
        .group = VERB_DEVELOP,
        .summary = "prove that a plugin keeps the host's rules",
        .usage = "plugin check [OPTION]... FILE.so",
        .about = "Loads the plugin into a host made for this, plays streams of events through it and breaks things on the way: "
                 "instances are dropped and turns rolled back at every place, memory runs out, calls are refused, values are "
                 "random. One "
                 "line a rule: PASS, FAIL with the reason, or NONE where it does not apply.\n\n"
                 "The events are those of --events and random ones made from the schemas of the plugin's ports; the same seed "
                 "makes "
                 "the same events. Each rule runs in a process of its own, so a plugin that crashes or hangs fails that rule.",
        .options =
                (const Option[]){
                        { .name = "config",
                          .value = "FILE",
                          .help = "settings of the plugin, a JSON object; its defaults otherwise" },
                        { .name = "events",
                          .value = "FILE",
                          .help = "events, JSON lines: bare values for the first input, or "
                                  "{\"port\",\"key\",\"time_us\",\"value\"}",
                          .many = true },
                        { .name = "schemas", .value = "FOLDER", .help = "more Avro schemas, *.avsc", .many = true },
                        { .name = "seed", .value = "N", .help = "of the random events; 1 by default" },
                        { .name = "rule", .value = "NAME", .help = "prove only this rule", .many = true },
                        { .name = "json", .help = "one JSON object" },
                        { 0 },
                },
        .examples =
                (const Example[]){
                        { "a plugin with settings it needs, on recorded events",
                          "tocsin plugin check --config settings.json --events events.jsonl build/mine.so" },
                        { 0 },
                },
        .exits =
                (const ExitCode[]){
                        { EX_DATAERR, "the plugin breaks a rule, or a file that was given cannot be read" },
                        { EX_NOINPUT, "a file that was named cannot be opened" },
                        { 0 },
                },
        .min = 1,
        .max = 1,
        .run = run,
};
