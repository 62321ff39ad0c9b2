/* Strict, and without a network: an in-memory log stands where the broker would. */
#include "bin/check.h"

#include "bin/needs.h"
#include "bin/pairs.h"
#include "bus/mem.h"
#include "core/cleanup.h"
#include "core/limits.h"
#include "store/store.h"
#include "task/worker.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <sysexits.h>

void check_properties(const Config *c, Complaints *complaints) {
        for (size_t i = 0; i < c->n_kafka; i++) {
                const ConfigProperty *p = &c->kafka[i];
                Why why = { 0 };
                if (bus_property_check(&(BusProperty){ p->name, p->value, config_written(c, p->value) }, &why) != 0)
                        complain(complaints, p->mark, "%s", why.text);
        }
}

int check_store(const Config *c, Complaints *complaints) {
        Why why = { 0 };
        if (c->state_store != STATE_DISK || store_there(&why) == 0)
                return 0;
        complain(complaints, (Mark){ 0 }, "%s", why.text);
        return CONFIG_E_BAD;
}

/* What a plugin says of its settings does not depend on topics: ports that are not bound rightly get one of their own name. */
static size_t trial_ports(const Loaded *l, ConfigPort ret[LIMIT_PORTS]) {
        size_t n = 0;
        for (uint32_t i = 0; i < l->plugin->self.n_ports; i++) {
                const tocsin_port *port = l->plugin->self.ports[i];
                const ConfigPort *conf = load_port_conf(l, port->name);
                bool internal = port->role == TOCSIN_INTERNAL;
                if (conf && !conf->bad && internal == !conf->topic)
                        ret[n++] = *conf;
                else if (!internal && (conf || !(port->flags & TOCSIN_PORT_OPTIONAL)))
                        ret[n++] =
                                (ConfigPort){ .name = port->name, .topic = port->name, .mark = l->pipe->mark, .schema_id = -1 };
        }
        return n;
}

/* The plugin's own word on its settings: it is created as `run` would, over a log in memory. */
static int try_plugin(const Loaded *l, const Schemas *schemas, Complaints *complaints) {
        ConfigPort ports[LIMIT_PORTS];
        ConfigPipeline trial = *l->pipe;
        trial.ports = ports;
        trial.n_ports = trial_ports(l, ports);
        VirtualClock clock = clock_virtual(0);
        BusMemLog *log = bus_mem_new();
        WorkerConf conf = { .config = l->config,
                            .pipeline = &trial,
                            .plugin = l->plugin,
                            .settings = &l->settings,
                            .schemas = schemas,
                            .clock = &clock.clock,
                            .mem = log };
        Worker *worker = NULL;
        Why why = { 0 };
        char pointer[256] = "";
        int r = log ? worker_new(&worker, &conf, &why, pointer) : -ENOMEM;
        if (r > 0) {
                Mark at = *pointer && l->pipe->settings ? yaml_mark(l->pipe->marks, pointer, false) : l->pipe->plugin_mark;
                if (*pointer && yaml_replaced(l->pipe->marks, pointer))
                        complain(complaints, at, "plugin %s refuses setting `%s`, which comes from ${…}: its words are not shown",
                                 l->plugin->self.name, pointer + 1);
                else if (config_tells(l->config, why.text))
                        complain(complaints, at,
                                 "plugin %s cannot be created; its words are not shown, they repeat what comes from ${…}",
                                 l->plugin->self.name);
                else
                        complain(complaints, at, "%s", why.text);
        }
        worker_free(worker);
        bus_mem_free(log);
        return r < 0 ? r : 0;
}

/* ---- in a child, because a plugin that crashes or hangs is a complaint and not our end ---------------- */

#define PLUGIN_SECONDS 30 /* to load and create one: thousands of times what an honest one takes */

typedef struct Told { /* on the pipe; a complaint's text follows */
        enum { TOLD_PIPELINE, TOLD_COMPLAINT, TOLD_MORE, TOLD_DONE } what;
        uint32_t at; /* PIPELINE: which one is looked at now; MORE: how many were not kept; DONE: exit code */
        Mark mark;
        uint32_t len;
} Told;

#define TOLD_MAX (WHY_MAX * 2) /* bytes of a complaint; what is longer is cut */

static void tell(int fd, Told t, const char *text) {
        const uint8_t *parts[] = { (const uint8_t *)&t, (const uint8_t *)text };
        const size_t lengths[] = { sizeof t, t.len };
        for (int i = 0; i < 2; i++)
                for (size_t done = 0; done < lengths[i];) {
                        ssize_t n = write(fd, parts[i] + done, lengths[i] - done);
                        if (n < 0 && errno != EINTR)
                                _exit(EX_OSERR);
                        done += n > 0 ? (size_t)n : 0;
                }
}

/* At once, so that nothing is lost when the next plugin crashes. */
static int tell_all(int fd, Complaints *c) {
        int r = c->lost ? EX_OSERR : 0;
        for (size_t i = 0; i < c->n; i++)
                tell(fd,
                     (Told){ .what = TOLD_COMPLAINT, .mark = c->at[i].mark, .len = (uint32_t)strnlen(c->at[i].text, TOLD_MAX) },
                     c->at[i].text);
        if (c->more)
                tell(fd, (Told){ .what = TOLD_MORE, .at = (uint32_t)c->more }, NULL);
        complaints_deinit(c);
        return r;
}

/* Who has no plugin was complained of when the file was read. */
static bool has_plugin(const ConfigPipeline *p) {
        return p->plugin && *p->plugin;
}

/* One pipeline by itself. *ret, *got: its plugin, if it could be loaded. */
static int look_at(int fd, const Config *c, const ConfigPipeline *p, const Schemas *schemas, Loaded *ret, bool *got,
                   Complaints *complaints) {
        int r = load_plugin(ret, c, p, complaints);
        *got = r == 0;
        if (r != 0)
                return r < 0 ? r : 0;
        load_ports(ret, complaints);
        r = load_settings(ret, complaints);
        if (r != 0)
                return r < 0 ? r : 0;
        if (tell_all(fd, complaints) != 0) /* it may crash now */
                return -ENOMEM;
        return schemas ? try_plugin(ret, schemas, complaints) : 0;
}

/* Those that came through an earlier child are needed to compare with. */
static int look_back(int fd, Loaded *loaded, size_t *n, const Config *c, size_t from, const bool *dead) {
        for (size_t i = 0; i < from; i++) {
                _cleanup_(complaints_deinit) Complaints quiet = { 0 };
                if (dead[i] || !has_plugin(&c->pipelines[i]))
                        continue;
                tell(fd, (Told){ .what = TOLD_PIPELINE, .at = (uint32_t)i }, NULL);
                int r = load_plugin(&loaded[*n], c, &c->pipelines[i], &quiet);
                if (r < 0)
                        return r;
                *n += r == 0;
        }
        return 0;
}

static int look(int fd, const Config *c, size_t from, const bool *dead, const Schemas *schemas) {
        _cleanup_(complaints_deinit) Complaints complaints = { 0 };
        _cleanup_(freep) Loaded *loaded = calloc(c->n_pipelines + 1, sizeof *loaded);
        if (!loaded)
                return EX_OSERR;
        size_t n = 0;
        for (size_t i = from; i < c->n_pipelines; i++) {
                tell(fd, (Told){ .what = TOLD_PIPELINE, .at = (uint32_t)i }, NULL);
                alarm(PLUGIN_SECONDS);
                bool got = false;
                int r = has_plugin(&c->pipelines[i]) ? look_at(fd, c, &c->pipelines[i], schemas, &loaded[n], &got, &complaints)
                                                     : 0;
                n += got;
                if (r < 0 || tell_all(fd, &complaints) != 0)
                        return EX_OSERR;
        }
        _cleanup_(needs_deinit) Needs needs = { 0 };
        Why why = { 0 };
        if (look_back(fd, loaded, &n, c, from, dead) < 0)
                return EX_OSERR;
        int r = needs_of(&needs, loaded, n, &why);
        if (r < 0 && !*why.text)
                return EX_OSERR;
        if (r < 0)
                complain(&complaints, (Mark){ 0 }, "%s", why.text);
        if (schemas && pairs_check(loaded, n, schemas, &complaints) < 0)
                return EX_OSERR;
        return tell_all(fd, &complaints);
}

static void child(int fd, const Config *c, size_t from, const bool *dead, const Schemas *schemas) {
        int code = look(fd, c, from, dead, schemas);
        tell(fd, (Told){ .what = TOLD_DONE, .at = (uint32_t)code }, NULL);
        _exit(0);
}

static bool hear(int fd, void *p, size_t n) {
        for (uint8_t *to = p; n;) {
                ssize_t r = read(fd, to, n);
                if (r == 0 || (r < 0 && errno != EINTR))
                        return false;
                to += r > 0 ? r : 0;
                n -= r > 0 ? (size_t)r : 0;
        }
        return true;
}

/* Takes what the child says. *at: the pipeline it looked at last. 0 to 78: it is done | -1: it died. */
static int listen_to(int fd, uint32_t *at, Complaints *complaints) {
        for (Told t; hear(fd, &t, sizeof t);) {
                char text[TOLD_MAX];
                if (t.what == TOLD_DONE)
                        return (int)t.at;
                if (t.what == TOLD_PIPELINE)
                        *at = t.at;
                else if (t.what == TOLD_MORE)
                        complaints->more += t.at;
                else if (t.len > sizeof text || !hear(fd, text, t.len))
                        return -1;
                else
                        complain(complaints, t.mark, "%.*s", (int)t.len, text);
        }
        return -1;
}

static int check_pipelines(const Config *c, Complaints *complaints) {
        _cleanup_(schemas_freep) Schemas *schemas = NULL;
        _cleanup_(freep) bool *dead = calloc(c->n_pipelines + 1, sizeof *dead);
        if (!dead || load_schemas_into(&schemas, c, complaints) < 0)
                return EX_OSERR;
        int r = 0;
        for (size_t from = 0; r == 0;) {
                int ends[2], status = 0;
                if (pipe2(ends, O_CLOEXEC) < 0)
                        return EX_OSERR;
                pid_t pid = fork();
                if (pid == 0)
                        child(ends[1], c, from, dead, schemas);
                close(ends[1]);
                uint32_t at = (uint32_t)from;
                r = pid < 0 ? EX_OSERR : listen_to(ends[0], &at, complaints);
                close(ends[0]);
                while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
                        ;
                if (r >= 0)
                        break;
                if (at >= c->n_pipelines)
                        return EX_OSERR; /* no plugin's doing */
                const ConfigPipeline *p = &c->pipelines[at];
                int sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
                if (sig == SIGALRM)
                        complain(complaints, p->plugin_mark, "plugin %s hangs while it is loaded and created",
                                 config_shown(c, p->plugin));
                else
                        complain(complaints, p->plugin_mark, "plugin %s crashes while it is loaded and created (%s)",
                                 config_shown(c, p->plugin), sig ? strsignal(sig) : "it ends the process");
                dead[at] = true;
                from = at < from ? from : at + 1u;
                r = 0;
        }
        return r;
}

int check_file(const char *file, Complaints *complaints, size_t *n) {
        _cleanup_(config_freep) Config *c = NULL;
        int r = config_load_bad(&c, file, complaints); /* what is wrong in one place does not hide another */
        if (r < 0)
                return EX_OSERR;
        if (!c)
                return r == CONFIG_E_FILE ? EX_NOINPUT : EX_CONFIG;
        *n = c->n_pipelines;
        check_properties(c, complaints);
        (void)check_store(c, complaints);
        r = check_pipelines(c, complaints);
        return complaints->lost ? EX_OSERR : r ? r : complaints->n ? EX_CONFIG : 0;
}

int check_config(Config **ret, const char *file) {
        _cleanup_(complaints_deinit) Complaints complaints = { 0 };
        size_t n = 0;
        int exit = check_file(file, &complaints, &n);
        complaints_print(stderr, file, &complaints);
        return exit == 0 ? load_config(ret, file) : exit;
}
