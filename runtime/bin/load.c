/* Configuration, schemas and plugins, loaded with complaints for people. */
#include "bin/load.h"

#include "core/cleanup.h"
#include "core/limits.h"

#include <dirent.h>
#include <sys/stat.h>
#include <sysexits.h>

static int no_memory(void) {
        fprintf(stderr, "tocsin: out of memory\n");
        return EX_OSERR;
}

int load_config(Config **ret, const char *file) {
        _cleanup_(complaints_deinit) Complaints complaints = { 0 };
        int r = config_load(ret, file, &complaints);
        complaints_print(stderr, file, &complaints);
        if (r < 0)
                return no_memory();
        return r == CONFIG_E_FILE ? EX_NOINPUT : r ? EX_CONFIG : 0;
}

/* ---- schemas ------------------------------------------------------------------------------------------ */

static bool is_folder(const char *path) {
        struct stat s;
        return path && *path && stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

static const char *built_in(void) {
        const char *told = getenv("TOCSIN_SCHEMAS");
        if (told && *told)
                return told;
        return is_folder(TOCSIN_SCHEMA_DIR) ? TOCSIN_SCHEMA_DIR : TOCSIN_SCHEMA_SOURCE;
}

/* The house's own are no key of the configuration: without them nothing works. */
int load_schemas_into(Schemas **ret, const Config *c, Complaints *complaints) {
        _cleanup_(schemas_freep) Schemas *s = schemas_new();
        if (!s)
                return -ENOMEM;
        Why why = { 0 };
        int r = schemas_load(s, built_in(), &why);
        if (r == -ENOMEM)
                return r;
        if (r != 0) {
                complain(complaints, (Mark){ 0 },
                         "the schemas of Tocsin itself cannot be read: %s; install it whole, or name "
                         "their folder in TOCSIN_SCHEMAS",
                         why.text);
                return CONFIG_E_BAD;
        }
        for (size_t i = 0; c && i < c->n_schemas; i++) {
                r = schemas_load(s, c->schemas[i], &why);
                if (r == -ENOMEM)
                        return r;
                const char *written = config_written(c, c->schemas[i]);
                if (r != 0 && written)
                        complain(complaints, c->schema_marks[i],
                                 "`schemas`: the folder that %s names cannot be read, or not all in it", written);
                else if (r != 0)
                        complain(complaints, c->schema_marks[i], "`schemas`: %s", why.text);
        }
        *ret = steal(s);
        return 0;
}

int load_schemas(Schemas **ret, const Config *c) {
        _cleanup_(complaints_deinit) Complaints complaints = { 0 };
        _cleanup_(schemas_freep) Schemas *s = NULL;
        int r = load_schemas_into(&s, c, &complaints);
        complaints_print(stderr, c ? c->file : "tocsin", &complaints);
        if (r == -ENOMEM || complaints.lost)
                return no_memory();
        if (complaints.n)
                return EX_CONFIG;
        *ret = steal(s);
        return 0;
}

int load_port_schema(const Schema **ret, Schema **own, const tocsin_port *port, const Schemas *schemas, Why *why) {
        *own = NULL;
        if (port->schema && port->schema[0] == '{') {
                int r = schema_parse(own, bytes_z(port->schema), schemas, why);
                if (r == 0)
                        *ret = *own;
                return r;
        }
        const Schema *found = schemas_by_name(schemas, port->schema ? port->schema : "");
        if (!found)
                return why_say(why, SCHEMA_E_BAD, "no schema is called %s; add its folder to `schemas`",
                               port->schema ? port->schema : "nothing");
        *ret = found;
        return 0;
}

/* ---- plugins ------------------------------------------------------------------------------------------ */

typedef struct Setting {
        const ConfigPipeline *pipe;
        Complaints *complaints;
} Setting;

static void on_setting(void *arg, const char *pointer, bool key, const char *text) {
        const Setting *s = arg;
        Mark mark = s->pipe->settings ? yaml_mark(s->pipe->marks, pointer, key) : s->pipe->mark;
        if (s->pipe->settings && !key && yaml_bad(s->pipe->marks, pointer))
                return; /* what it really holds is not known */
        if (*pointer)
                complain(s->complaints, mark.line ? mark : s->pipe->mark, "setting `%s` of %s: %s", pointer + 1, s->pipe->name,
                         text);
        else
                complain(s->complaints, mark.line ? mark : s->pipe->mark, "settings of %s: %s", s->pipe->name, text);
}

const tocsin_port *load_port(const Loaded *l, const char *name) {
        for (uint32_t i = 0; i < l->plugin->self.n_ports; i++)
                if (!strcmp(l->plugin->self.ports[i]->name, name))
                        return l->plugin->self.ports[i];
        return NULL;
}

const ConfigPort *load_port_conf(const Loaded *l, const char *name) {
        for (size_t i = 0; i < l->pipe->n_ports; i++)
                if (!strcmp(l->pipe->ports[i].name, name))
                        return &l->pipe->ports[i];
        return NULL;
}

/* Keys that mean something on other ports only. */
static void check_keys(const ConfigPort *conf, const tocsin_port *port, Complaints *complaints) {
        bool out = port->direction == TOCSIN_OUT, avro = port->format == TOCSIN_AVRO;
        if (conf->partitioner_mark.line && out)
                complain(complaints, conf->partitioner_mark,
                         "`partitioner` says how those who write an input choose partitions, and port `%s` is an output, "
                         "where murmur2 is used; leave it out",
                         conf->name);
        else if (conf->partitioner_mark.line && port->role == TOCSIN_TABLE)
                complain(complaints, conf->partitioner_mark,
                         "port `%s` is a table, and every task reads all its partitions: `partitioner` means nothing there; "
                         "leave it out",
                         conf->name);
        if (conf->framing_mark.line && !avro)
                complain(complaints, conf->framing_mark,
                         "`framing` is how Avro is framed, and port `%s` carries %s; leave it out", conf->name,
                         port->format == TOCSIN_JSON ? "JSON" : "raw bytes");
        else if (conf->framing_mark.line && !out && conf->framing != CONFIG_FRAMING_NONE)
                complain(complaints, conf->framing_mark,
                         "`framing` is what an output writes, and port `%s` is an input, which reads single and confluent by "
                         "themselves; leave it out",
                         conf->name);
}

/* A port the plugin does not have, or says of it what cannot be. */
static void check_conf(const Loaded *l, const ConfigPort *conf, const tocsin_port *port, Complaints *complaints) {
        const char *words[LIMIT_PORTS];
        const tocsin_plugin *self = &l->plugin->self;
        if (port && port->role != TOCSIN_INTERNAL)
                check_keys(conf, port, complaints);
        if (!port) {
                for (uint32_t i = 0; i < self->n_ports; i++)
                        words[i] = self->ports[i]->name;
                const char *near = config_nearest(conf->name, words, self->n_ports);
                complain(complaints, conf->mark, "plugin %s has no port `%s`%s%s%s", self->name, conf->name,
                         near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
        } else if (port->role == TOCSIN_INTERNAL && conf->topic) {
                complain(complaints, conf->mark,
                         "port `%s` is internal and Tocsin makes its topic; at most its partitions may be said", conf->name);
        } else if (port->role != TOCSIN_INTERNAL && !conf->topic && !conf->bad) {
                complain(complaints, conf->mark, "port `%s` has no topic", conf->name);
        } else if (port->direction == TOCSIN_OUT && port->format == TOCSIN_AVRO && conf->framing == CONFIG_FRAMING_CONFLUENT &&
                   conf->schema_id < 0) {
                complain(complaints, conf->mark, "port `%s` writes with `framing: confluent` and needs a `schema_id`",
                         conf->name);
        }
}

/* And ports that it needs and that have no topic. */
void load_ports(const Loaded *l, Complaints *complaints) {
        const tocsin_plugin *self = &l->plugin->self;
        if (l->pipe->ports_bad)
                return;
        for (size_t i = 0; i < l->pipe->n_ports; i++)
                check_conf(l, &l->pipe->ports[i], load_port(l, l->pipe->ports[i].name), complaints);
        for (uint32_t i = 0; i < self->n_ports; i++) {
                const tocsin_port *p = self->ports[i];
                if (p->role != TOCSIN_INTERNAL && !(p->flags & TOCSIN_PORT_OPTIONAL) && !load_port_conf(l, p->name))
                        complain(complaints, l->pipe->mark, "port `%s` of plugin %s needs a topic: %s", p->name, self->name,
                                 p->help ? p->help : "");
        }
}

/* A folder with more has no "did you mean". */
#define PLUGINS_SHOWN 256

static int is_plugin(const struct dirent *e) {
        size_t n = strlen(e->d_name);
        return n > 3 && strcmp(e->d_name + n - 3, ".so") == 0;
}

/* The loader's words begin with the path. */
static const char *loader_words(int answer) {
        static const char *const words[] = {
                [LOADER_E_FILE] = "its file cannot be read, is none, or others may write to it",
                [LOADER_E_ELF] = "its file is no shared object for this machine",
                [LOADER_E_SYMBOLS] = "its file is no plugin: it exports something else than tocsin_plugin_entry",
                [LOADER_E_NEEDS] = "it needs a library that is not allowed",
                [LOADER_E_ABI] = "it was made for another Tocsin",
                [LOADER_E_LINT] = "its descriptor breaks a rule of plugin.h",
        };
        return answer > 0 && (size_t)answer < sizeof words / sizeof *words ? words[answer] : "it cannot be loaded";
}

static void no_plugin(const Config *c, const ConfigPipeline *p, const char *text, Complaints *complaints) {
        struct dirent **entries = NULL;
        const char *words[PLUGINS_SHOWN];
        int n = strchr(p->plugin, '/') ? 0 : scandir(c->plugins, &entries, is_plugin, alphasort);
        size_t n_words = 0;
        for (int i = 0; i < n && n_words < PLUGINS_SHOWN; i++) {
                entries[i]->d_name[strlen(entries[i]->d_name) - 3] = 0;
                words[n_words++] = entries[i]->d_name;
        }
        const char *near = config_written(c, p->plugin) ? NULL : config_nearest(p->plugin, words, n_words);
        complain(complaints, p->plugin_mark, "plugin %s: %s%s%s%s", config_shown(c, p->plugin), text,
                 near ? "; did you mean `" : "", near ? near : "", near ? "`?" : "");
        for (int i = 0; i < n; i++)
                free(entries[i]);
        free(entries);
}

int load_plugin(Loaded *ret, const Config *c, const ConfigPipeline *p, Complaints *complaints) {
        Loaded l = { .config = c, .pipe = p };
        Why why = { 0 };
        int r = loader_open(&l.plugin, c->plugins, p->plugin, &why);
        if (r < 0)
                return r;
        if (r != 0) {
                bool own = config_written(c, p->plugin) || (!strchr(p->plugin, '/') && config_written(c, c->plugins));
                no_plugin(c, p, own ? loader_words(r) : why.text, complaints);
                return CONFIG_E_BAD;
        }
        *ret = l;
        return 0;
}

int load_settings(Loaded *l, Complaints *complaints) {
        const ConfigPipeline *p = l->pipe;
        const char *schema = l->plugin->self.config_schema;
        if (p->settings_bad)
                return CONFIG_E_BAD;
        if (schema)
                return settings_check(bytes_z(schema), p->settings, l->config->arena, &l->settings, on_setting,
                                      &(Setting){ .pipe = p, .complaints = complaints });
        if (p->settings && p->settings->len) {
                complain(complaints, yaml_mark(p->marks, "", true), "plugin %s takes no settings", l->plugin->self.name);
                return CONFIG_E_BAD;
        }
        l->settings = (tocsin_value){ .kind = TOCSIN_MAP };
        return 0;
}

int load_pipeline(Loaded *ret, const Config *c, const ConfigPipeline *p, Complaints *complaints) {
        Loaded l;
        int r = load_plugin(&l, c, p, complaints);
        if (r != 0)
                return r;
        size_t before = complaints_count(complaints);
        load_ports(&l, complaints);
        r = load_settings(&l, complaints);
        if (r != 0 || complaints_count(complaints) != before)
                return r ? r : CONFIG_E_BAD;
        *ret = l;
        return 0;
}

int load_pipelines(Loaded *ret, size_t *n, const Config *c, const char *only) {
        _cleanup_(complaints_deinit) Complaints complaints = { 0 };
        const char *names[64]; /* for "did you mean" */
        size_t n_names = 0;
        *n = 0;
        for (size_t i = 0; i < c->n_pipelines; i++) {
                const ConfigPipeline *p = &c->pipelines[i];
                if (n_names < 64)
                        names[n_names++] = p->name;
                if (only && strcmp(only, p->name) != 0)
                        continue;
                int r = load_pipeline(&ret[*n], c, p, &complaints);
                if (r < 0)
                        return no_memory();
                *n += r == 0;
        }
        complaints_print(stderr, c->file, &complaints);
        if (complaints.n)
                return EX_CONFIG;
        if (*n)
                return 0;
        const char *near = only ? config_nearest(only, names, n_names) : NULL;
        fprintf(stderr, "tocsin: %s has no pipeline %s%s%s%s\n", c->file, only ? only : "at all", near ? "; did you mean " : "",
                near ? near : "", near ? "?" : "");
        return EX_USAGE;
}
