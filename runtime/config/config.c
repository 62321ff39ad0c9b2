/* The top of the file, defaults, and what follows from several keys together. */
#include "config/parts.h"

#include "core/limits.h"
#include <limits.h>

#define ARENA_MAX (512u << 20) /* a tree of NODES_MAX with its texts is a quarter of it */
#define PIPELINES_MAX 256u /* each is a process and more */

static const char *const formats[] = { "text", "json", NULL };
static const char *const levels[] = { "debug", "info", "warn", "error", NULL };

static void log_format(Reader *r, const Key *k, Node node, void *into) {
        int w = 0;
        const Key as[] = { { .name = k->name, .kind = KEY_WORD, .words = formats }, { 0 } };
        key_read(r, as, node, &w);
        *(bool *)into = w == 1;
}

/* HOST:PORT, [IPV6]:PORT */
static void listen_at(Reader *r, const Key *k, Node node, void *into) {
        (void)k;
        Config *c = into;
        const char *text = node_text(r, node, "listen"), *colon = text ? strrchr(text, ':') : NULL;
        if (!text)
                return;
        char *end = NULL;
        unsigned long port = colon && colon[1] >= '0' && colon[1] <= '9' ? strtoul(colon + 1, &end, 10) : 0;
        if (!colon || colon == text || !end || *end || port < 1 || port > 65535 ||
            (text[0] != '[' && memchr(text, ':', (size_t)(colon - text))) || (text[0] == '[' && colon[-1] != ']')) {
                complain(r->complaints, node.marks->value, "`listen` must be HOST:PORT, as in 127.0.0.1:9644; not %s",
                         node_shown(r, node));
                return;
        }
        bool brackets = text[0] == '[';
        c->http_host = origin_note(r, node, reader_printf(r, "%.*s", (int)(colon - text) - 2 * brackets, text + brackets));
        c->http_port = (uint16_t)port;
}

static const Key http_keys[] = {
        { .name = "listen",
          .kind = KEY_CALL,
          .json = "\"type\":\"string\"",
          .read = listen_at,
          .type = "HOST:PORT",
          .help = "where /livez, /readyz and /metrics are served; 127.0.0.1:9644" },
        { 0 },
};

static void http(Reader *r, const Key *k, Node node, void *into) {
        (void)k;
        Config *c = into;
        if (node.value->kind == TOCSIN_STR && bytes_eq_z(node.marks->text, "off"))
                c->http_port = 0;
        else if (node.value->kind == TOCSIN_BOOL && node.value->u.i64 == 0)
                complain(r->complaints, node.marks->value,
                         "`http` must be a map with `listen`, or the word off; did you mean `off`?");
        else if (node.value->kind == TOCSIN_MAP)
                keys_read(r, http_keys, node, c, "http");
        else
                complain(r->complaints, node.marks->value, "`http` must be a map with `listen`, or the word off; not %s",
                         node_shown(r, node));
}

static void app_name(Reader *r, const Key *k, Node node, void *into) {
        const char *text = node_text(r, node, k->name);
        if (!text)
                return;
        if (!name_fits(text, NAME_MAX_CHARS))
                complain(r->complaints, node.marks->value,
                         "`app` must be letters, digits, `-`, `_` or `.`, at most %u of them, as it begins topic names; not %s",
                         NAME_MAX_CHARS, node_shown(r, node));
        else
                *(const char **)into = text;
}

static void schemas(Reader *r, const Key *k, Node node, void *into) {
        Config *c = into;
        if (node.value->kind != TOCSIN_LIST) {
                complain(r->complaints, node.marks->value, "`%s` must be a list of folders, not %s", k->name,
                         node_shown(r, node));
                return;
        }
        const char **paths = reader_alloc(r, (node.value->len + 1u) * sizeof *paths);
        Mark *marks = reader_alloc(r, (node.value->len + 1u) * sizeof *marks);
        c->schemas = paths;
        c->schema_marks = marks;
        for (uint32_t i = 0; paths && marks && i < node.value->len; i++) {
                Node child = node_child(node, i);
                const char *text = node_text(r, child, k->name);
                marks[c->n_schemas] = child.marks->value;
                if (text && (paths[c->n_schemas] = node_path(r, child, text)))
                        c->n_schemas++;
        }
}

static void pipelines(Reader *r, const Key *k, Node node, void *into) {
        (void)k;
        Config *c = into;
        if (node.value->kind != TOCSIN_MAP || !node.value->len) {
                complain(r->complaints, node.marks->value, "`pipelines` must be a map of NAME: {plugin: …}, not %s",
                         node.value->kind == TOCSIN_MAP ? "an empty one" : node_shown(r, node));
                return;
        }
        if (node.value->len > PIPELINES_MAX) {
                complain(r->complaints, node.marks->key, "more than %u pipelines", PIPELINES_MAX);
                return;
        }
        c->pipelines = reader_alloc(r, node.value->len * sizeof *c->pipelines);
        for (uint32_t i = 0; c->pipelines && i < node.value->len; i++)
                pipeline_read(r, node.value->u.fields[i].name, node_child(node, i), &c->pipelines[c->n_pipelines++]);
}

static const Key memory_keys[] = {
        { .name = "max",
          .kind = KEY_SIZE,
          .at = offsetof(Config, memory_max),
          .min = 16 << 20,
          .max = INT64_C(1) << 40,
          .help = "one budget for the queues and the state of a worker; 256MiB" },
        { 0 },
};
static const char *const stores[] = { "memory", "disk", NULL };
static const Key state_keys[] = {
        { .name = "store",
          .kind = KEY_WORD,
          .at = offsetof(Config, state_store),
          .words = stores,
          .type = "memory or disk",
          .help = "where tables lie that changelogs make anew: disk for those larger than memory; memory" },
        { .name = "path",
          .kind = KEY_PATH,
          .at = offsetof(Config, state_path),
          .help = "folder of the stores on disk; must be there with `store: disk`" },
        { 0 },
};
static const Key log_keys[] = {
        { .name = "format",
          .kind = KEY_CALL,
          .json = "\"enum\":[\"text\",\"json\"]",
          .at = offsetof(Config, log_json),
          .read = log_format,
          .type = "text or json",
          .help = "how log lines look; text" },
        { .name = "level",
          .kind = KEY_WORD,
          .at = offsetof(Config, log_level),
          .words = levels,
          .type = "debug, info, warn or error",
          .help = "the least that is logged; info" },
        { 0 },
};
static const Key shutdown_keys[] = {
        { .name = "timeout",
          .kind = KEY_TIME,
          .at = offsetof(Config, shutdown_us),
          .min = 0,
          .max = INT64_C(3600000000),
          .help = "how long workers may take to commit and leave; 15s" },
        { 0 },
};
static const Key topics_keys[] = {
        { .name = "create",
          .kind = KEY_BOOL,
          .at = offsetof(Config, create_topics),
          .help = "whether run makes missing topics; false, with the embedded broker true" },
        { 0 },
};
const Key config_top[] = {
        { .name = "app",
          .kind = KEY_CALL,
          .json = "\"type\":\"string\",\"pattern\":\"^[a-zA-Z0-9._-]{1,64}$\"",
          .at = offsetof(Config, app),
          .read = app_name,
          .type = "a name",
          .help = "begins the names of groups, of transactional ids and of the host's own topics; tocsin" },
        { .name = "kafka",
          .kind = KEY_CALL,
          .json = "\"anyOf\":[{\"const\":\"embedded\"},{\"type\":\"object\"}]",
          .read = kafka_read,
          .type = "embedded, or a map",
          .help = "the word embedded, or librdkafka properties, nested or dotted; must be there" },
        { .name = "plugins",
          .kind = KEY_PATH,
          .at = offsetof(Config, plugins),
          .help = "folder of the plugins that pipelines name; where Tocsin was installed" },
        { .name = "schemas",
          .kind = KEY_CALL,
          .json = "\"type\":\"array\",\"items\":{\"type\":\"string\"}",
          .read = schemas,
          .type = "a list of folders",
          .help = "Avro schemas besides the built-in ones; none" },
        { .name = "memory", .kind = KEY_SECTION, .keys = memory_keys },
        { .name = "state", .kind = KEY_SECTION, .keys = state_keys },
        { .name = "log", .kind = KEY_SECTION, .keys = log_keys },
        { .name = "http",
          .kind = KEY_CALL,
          .read = http,
          .keys = http_keys,
          .type = "a map, or off",
          .help = "off: health and metrics are not served" },
        { .name = "run_dir",
          .kind = KEY_PATH,
          .at = offsetof(Config, run_dir),
          .help = "folder of sockets and pid; tocsin/APP below XDG_RUNTIME_DIR or /run" },
        { .name = "shutdown", .kind = KEY_SECTION, .keys = shutdown_keys },
        { .name = "topics", .kind = KEY_SECTION, .keys = topics_keys },
        { .name = "tracing", .kind = KEY_SECTION, .keys = tracing_keys },
        { .name = "pipelines",
          .kind = KEY_CALL,
          .read = pipelines,
          .keys = pipeline_named,
          .type = "a map",
          .help = "by name; a worker process for each, or for each of its `workers`" },
        { 0 },
};

/* Told by the environment; or beside a program that still lies in its build folder; or where they are installed. */
const char *config_default_plugins(Arena *a) {
        static const char build[] = "/runtime/bin/";
        const char *told = getenv("TOCSIN_PLUGINS");
        if (told && *told)
                return (const char *)arena_dup(a, bytes_z(told)).ptr;
        char exe[PATH_MAX];
        ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - sizeof "plugins");
        char *slash = n > 0 ? memrchr(exe, '/', (size_t)n) : NULL;
        size_t back = sizeof build - 2;
        if (slash && (size_t)(slash - exe) > back && memcmp(slash - back, build, back + 1) == 0) {
                strcpy(slash - back + 1, "plugins");
                if (access(exe, X_OK) == 0)
                        return (const char *)arena_dup(a, bytes_z(exe)).ptr;
        }
        return TOCSIN_PLUGIN_DIR;
}

static void default_run_dir(Reader *r, Config *c) {
        const char *xdg = getenv("XDG_RUNTIME_DIR");
        if (c->run_dir)
                return;
        if (xdg && xdg[0] == '/')
                c->run_dir = reader_printf(r, "%s/tocsin/%s", xdg, c->app);
        else if (geteuid() == 0)
                c->run_dir = reader_printf(r, "/run/tocsin/%s", c->app);
        else
                c->run_dir = reader_printf(r, "/tmp/tocsin-%u/%s", (unsigned)geteuid(), c->app);
}

static void read_top(Reader *r, Node root, Config *c) {
        if (root.value->kind != TOCSIN_MAP) {
                const char *is = root.value->kind == TOCSIN_LIST ? "a list" : root.marks->written.len ? "a text" : "nothing";
                complain(r->complaints, root.marks->value, "a configuration is a map of keys, not %s; begin with `tocsin init`",
                         is); /* not what it says: it may be a key, given by mistake */
                return;
        }
        Node kafka;
        if (!node_find(root, "kafka", &kafka))
                complain(r->complaints, root.marks->value,
                         "`kafka` is missing: the word embedded, or a map with bootstrap.servers");
        else
                c->embedded = kafka.value->kind == TOCSIN_STR; /* defaults below depend on it */
        c->create_topics = c->embedded;
        if (!node_find(root, "pipelines", &kafka))
                complain(r->complaints, root.marks->value, "`pipelines` is missing: a map of NAME: {plugin: …}");
        keys_read(r, config_top, root, c, "configuration");
        if (c->state_store == STATE_DISK && !c->state_path)
                complain(r->complaints, root.marks->value,
                         "`state.path` is missing: a folder for the stores of `state.store: disk`");
        for (size_t i = 0; i < c->n_pipelines; i++)
                pipeline_finish(r, c, &c->pipelines[i]);
        default_run_dir(r, c);
}

static const char *folder_of(Arena *a, const char *file) {
        const char *slash = strrchr(file, '/');
        return slash ? (const char *)arena_dup(a, bytes_of(file, slash == file ? 1 : (size_t)(slash - file))).ptr : ".";
}

static int parse(Config **ret, bool even_bad, const char *file, Bytes text, Complaints *complaints) {
        _cleanup_(arena_freep) Arena *a = arena_new(ARENA_MAX);
        Config *c = a ? arena_zalloc(a, sizeof *c) : NULL;
        if (!c)
                return -ENOMEM;
        *c = (Config){
                .app = "tocsin",
                .plugins = config_default_plugins(a),
                .memory_max = 256u << 20,
                .log_level = LOG_INFO,
                .http_host = "127.0.0.1",
                .http_port = 9644,
                .shutdown_us = 15000000,
                .trace_sample = 1,
        };
        c->file = (const char *)arena_dup(a, bytes_z(file)).ptr;
        Reader r = { .arena = a, .complaints = complaints, .folder = folder_of(a, file) };
        if (!c->file || !c->plugins || !r.folder)
                return -ENOMEM;
        tocsin_value v = { 0 };
        const struct YamlMarks *marks = NULL;
        int bad = yaml_read(text, r.folder, a, &v, &marks, complaints);
        if (bad < 0)
                return bad;
        if (v.kind != TOCSIN_NONE) {
                origin_gather(&r, (Node){ .value = &v, .marks = marks });
                read_top(&r, (Node){ .value = &v, .marks = marks }, c);
        }
        if (r.failed || complaints->lost)
                return -ENOMEM;
        c->origins = r.origins;
        bad = bad || complaints->n ? CONFIG_E_BAD : 0;
        if (bad && !(even_bad && v.kind == TOCSIN_MAP))
                return bad;
        c->arena = steal(a);
        *ret = c;
        return bad;
}

int config_parse(Config **ret, const char *file, Bytes text, Complaints *complaints) {
        return parse(ret, false, file, text, complaints);
}

static int load(Config **ret, bool even_bad, const char *file, Complaints *complaints) {
        _cleanup_(arena_freep) Arena *a = arena_new(LIMIT_CONFIG_BYTES + 4096);
        if (!a)
                return -ENOMEM;
        Bytes text;
        Why why = { 0 };
        int r = config_read(file, a, &text, &why);
        if (r > 0)
                complain(complaints, (Mark){ 0 }, "%s", why.text);
        return r ? r : parse(ret, even_bad, file, text, complaints);
}

int config_load(Config **ret, const char *file, Complaints *complaints) {
        return load(ret, false, file, complaints);
}

int config_load_bad(Config **ret, const char *file, Complaints *complaints) {
        Config *c = NULL;
        int r = load(&c, true, file, complaints);
        if (r == 0 || r == CONFIG_E_BAD)
                *ret = c;
        return r;
}

Config *config_free(Config *c) {
        if (c)
                arena_free(c->arena); /* holds c itself */
        return NULL;
}
