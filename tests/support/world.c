/* One pipeline's world. */
#include "world.h"

void world_die(const char *what, const char *why) {
        fflush(stdout);
        fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
        exit(1);
}

static void names(World *w, const char *app) {
        snprintf(w->app, sizeof w->app, "%s", app);
        snprintf(w->in, sizeof w->in, "%s.in", app);
        snprintf(w->out, sizeof w->out, "%s.out", app);
        snprintf(w->changelog, sizeof w->changelog, "__tocsin.%s.changelog", app);
        snprintf(w->dlq, sizeof w->dlq, "__tocsin.%s.dlq", app);
        snprintf(w->retry, sizeof w->retry, "__tocsin.%s.retry", app);
        snprintf(w->group, sizeof w->group, "%s.group", app);
}

void world_up(World *w, const char *app, const char *bootstrap, int32_t partitions, const tocsin_plugin *plugin) {
        Why why = { 0 };
        *w = (World){ .mem = bootstrap ? NULL : bus_mem_new(), .property = { "bootstrap.servers", bootstrap } };
        names(w, app);
        w->bus = (BusConf){ .mem = w->mem,
                            .clock = &clock_system,
                            .memory = 64u << 20,
                            .properties = &w->property,
                            .n_properties = bootstrap ? 1 : 0 };
        w->kafka = (ConfigProperty){ "bootstrap.servers", bootstrap, { 0 } };
        w->port[0] = (ConfigPort){
                .name = plugin->ports[0]->name, .topic = w->in, .partitioner = PARTITIONER_MURMUR2, .schema_id = -1
        };
        w->port[1] = (ConfigPort){ .name = plugin->ports[1]->name, .topic = w->out, .schema_id = -1 };
        w->pipe = (ConfigPipeline){ .name = plugin->name,
                                    .plugin = plugin->name,
                                    .exactly_once = true,
                                    .workers = 1,
                                    .partitions = (uint32_t)partitions,
                                    .commit_us = 100000,
                                    .commit_bytes = 8u << 20,
                                    .lateness_us = 10000000,
                                    .idle_us = 30000000,
                                    .future_us = 5000000,
                                    .retry_max_us = 5000000,
                                    .retry_attempts = 5,
                                    .ports = w->port,
                                    .n_ports = 2,
                                    .dlq = w->dlq,
                                    .changelog = w->changelog,
                                    .retry = w->retry,
                                    .group = w->group };
        w->config = (Config){ .app = w->app,
                              .kafka = &w->kafka,
                              .n_kafka = bootstrap ? 1 : 0,
                              .memory_max = 256u << 20,
                              .create_topics = true,
                              .pipelines = &w->pipe,
                              .n_pipelines = 1 };
        w->schemas = schemas_new();
        w->worker = (WorkerConf){ .config = &w->config,
                                  .pipeline = &w->pipe,
                                  .plugin = &w->plugin,
                                  .schemas = w->schemas,
                                  .clock = &clock_system,
                                  .mem = w->mem };
        if (!w->schemas || schemas_load(w->schemas, WORLD_SCHEMAS, &why) != 0 || loader_adopt(&w->plugin, plugin, &why) != 0)
                world_die("set-up", why.text[0] ? why.text : "out of memory");
}

void world_topics(World *w, int n) {
        const char *const all[] = { w->in, w->out, w->changelog, w->dlq, w->retry };
        Why why = { 0 };
        for (int i = 0; i < n; i++)
                if (bus_topic_make(&w->bus,
                                   &(BusTopic){ .name = all[i], .partitions = (int32_t)w->pipe.partitions, .compact = i == 2 },
                                   &why) != 0)
                        world_die("topics", why.text);
}

void world_down(World *w) {
        schemas_free(w->schemas);
        bus_mem_free(w->mem);
}

Bus *world_writer(World *w, uint32_t *output) {
        Why why = { 0 };
        Bus *b = NULL;
        if (bus_open(&b, &w->bus, &why) != 0)
                world_die("bus", why.text);
        *output = bus_output(b, w->in);
        return b;
}

void world_send(Bus *b, uint32_t output, const char *key, const Buffer *value) {
        Why why = { 0 };
        const BusSend s = { .output = output, .partition = -1, .key = bytes_z(key), .value = buffer_bytes(value) };
        if (bus_send(b, &s, &why) != 0)
                world_die("send", why.text);
}

void world_written(Bus *b) {
        Why why = { 0 };
        if (bus_commit(b, NULL, 0, 0, &why) != 0)
                world_die("commit", why.text);
        bus_close(b);
}
