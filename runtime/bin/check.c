/* Strict, and without a network: an in-memory log stands where the broker would. */
#include "bin/check.h"

#include "bin/needs.h"
#include "bus/mem.h"
#include "core/cleanup.h"
#include "task/worker.h"
#include <sysexits.h>

/* What librdkafka says may repeat the value. */
static void redact(Why *why, const char *secret) {
        size_t n = strlen(secret), keep = n < 3 ? n : 3;
        for (char *p = why->text; n && (p = strstr(p, secret)) != NULL; p += keep) {
                memset(p, '*', keep);
                memmove(p + keep, p + n, strlen(p + n) + 1);
        }
}

void check_properties(const Config *c, Complaints *complaints) {
        for (size_t i = 0; i < c->n_kafka; i++) {
                const ConfigProperty *p = &c->kafka[i];
                Why why = { 0 };
                if (bus_property_check(p->name, p->value, &why) == 0)
                        continue;
                if (bus_property_secret(p->name))
                        redact(&why, p->value);
                complain(complaints, p->mark, "%s", why.text);
        }
}

/* The plugin's own word on its settings: it is created as `run` would, over a log in memory. */
static int try_plugin(const Loaded *l, const Schemas *schemas, Complaints *complaints) {
        VirtualClock clock = clock_virtual(0);
        BusMemLog *log = bus_mem_new();
        WorkerConf conf = { .config = l->config,
                            .pipeline = l->pipe,
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
                complain(complaints, at, "plugin %s refuses: %s", l->plugin->self.name, why.text);
        }
        worker_free(worker);
        bus_mem_free(log);
        return r < 0 ? r : 0;
}

static int check_pipelines(const Config *c, Complaints *complaints) {
        _cleanup_(schemas_freep) Schemas *schemas = NULL;
        _cleanup_(freep) Loaded *loaded = calloc(c->n_pipelines + 1, sizeof *loaded);
        if (!loaded)
                return EX_OSERR;
        int r = load_schemas(&schemas, c);
        if (r != 0)
                return r;
        size_t n = 0;
        for (size_t i = 0; i < c->n_pipelines; i++) {
                r = load_pipeline(&loaded[n], c, &c->pipelines[i], complaints);
                if (r == 0)
                        r = try_plugin(&loaded[n++], schemas, complaints);
                if (r < 0)
                        return EX_OSERR;
        }
        _cleanup_(needs_deinit) Needs needs = { 0 };
        Why why = { 0 };
        r = needs_of(&needs, loaded, n, &why);
        if (r < 0 && !*why.text)
                return EX_OSERR;
        if (r < 0)
                complain(complaints, (Mark){ 0 }, "%s", why.text);
        return 0;
}

int check_file(const char *file, Complaints *complaints, size_t *n) {
        _cleanup_(config_freep) Config *c = NULL;
        int r = config_load(&c, file, complaints);
        if (r < 0)
                return EX_OSERR;
        if (r > 0)
                return r == CONFIG_E_FILE ? EX_NOINPUT : EX_CONFIG;
        *n = c->n_pipelines;
        check_properties(c, complaints);
        r = check_pipelines(c, complaints);
        return complaints->lost ? EX_OSERR : r ? r : complaints->n ? EX_CONFIG : 0;
}
