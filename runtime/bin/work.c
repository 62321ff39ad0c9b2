/* What children of the supervisor do. */
#include "bin/work.h"

#include "bin/check.h"
#include "bin/connect.h"
#include "bin/process.h"
#include "bin/topics.h"
#include "bus/embedded.h"
#include "core/cleanup.h"
#include "task/standby.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sysexits.h>

#define WAIT_US 1000000 /* of one poll without records: how long SIGTERM may go unseen */
#define LISTEN_US 10000 /* of a standby's poll: how long it may not see that it is wanted */
#define BREATH_MS 100 /* between two looks at trouble that only waiting mends */

static const ConfigPipeline *pipeline_of(const Config *c, const char *name) {
        for (size_t i = 0; i < c->n_pipelines; i++)
                if (strcmp(c->pipelines[i].name, name) == 0)
                        return &c->pipelines[i];
        return NULL;
}

static int refused(const Config *c, const Loaded *l, const char *pointer, const Why *why) {
        Mark m = pointer[0] && l->pipe->settings ? yaml_mark(l->pipe->marks, pointer, false) : l->pipe->plugin_mark;
        fprintf(stderr, "%s:%u:%u: pipeline %s: %s\n", c->file, m.line, m.column, l->pipe->name, why->text);
        return EX_CONFIG;
}

static int turns(Worker *w, InFlight *f) {
        while (!process_stopping()) {
                in_flight_beat(f);
                int r = worker_turn(w, WAIT_US);
                if (r == WORKER_E_WAIT)
                        poll(NULL, 0, BREATH_MS);
                if (r < 0) {
                        LOG(LOG_ERROR, "worker.cannot", "this process cannot go on", LOG_S("reason", strerror(-r)));
                        return r == -ENOMEM ? EX_OSERR : EX_SOFTWARE;
                }
        }
        /* The last commit may be refused once (a broker that moved); what it held is read again by the next life. */
        return worker_commit(w) < 0 ? EX_SOFTWARE : 0;
}

static void name_log(const Config *c, const Seat *seat, const char *what) {
        char who[64];
        snprintf(who, sizeof who, "%s/%s%u", seat->pipeline, what, seat->ordinal);
        log_setup(STDERR_FILENO, c->log_json, isatty(STDERR_FILENO), c->log_level, who);
}

/* 0 | the exit code */
static int load(Loaded *l, Schemas **schemas, const Config *c, const char *pipeline) {
        _cleanup_(complaints_deinit) Complaints complaints = { 0 };
        int r = load_schemas(schemas, c);
        if (r != 0)
                return r;
        r = load_pipeline(l, c, pipeline_of(c, pipeline), &complaints);
        complaints_print(stderr, c->file, &complaints);
        return r == 0 ? 0 : r < 0 ? EX_OSERR : EX_CONFIG;
}

static int work(const Loaded *l, const Schemas *schemas, const Seat *seat, const WorkerSkip *skip, size_t n_skip,
                Standby *standby) {
        const Config *c = l->config;
        const WorkerConf conf = { .config = c,
                                  .pipeline = l->pipe,
                                  .ordinal = seat->ordinal,
                                  .plugin = l->plugin,
                                  .settings = &l->settings,
                                  .schemas = schemas,
                                  .clock = &clock_system,
                                  .metrics = seat->metrics,
                                  .in_flight = seat->in_flight,
                                  .spans = c->trace_otlp ? seat->spans : NULL,
                                  .skip = skip,
                                  .n_skip = n_skip,
                                  .standby = standby };
        Worker *w = NULL;
        Why why = { 0 };
        char pointer[256] = "";
        int r = worker_new(&w, &conf, &why, pointer);
        if (r != 0)
                return r < 0 ? EX_OSERR : refused(c, l, pointer, &why);
        r = turns(w, seat->in_flight);
        worker_free(w);
        return r;
}

int work_run(const Config *c, const Seat *seat, const WorkerSkip *skip, size_t n_skip) {
        _cleanup_(schemas_freep) Schemas *schemas = NULL;
        Loaded l;
        name_log(c, seat, "");
        int r = load(&l, &schemas, c, seat->pipeline);
        return r ? r : work(&l, schemas, seat, skip, n_skip, NULL);
}

/* ---- a standby --------------------------------------------------------------------------------------- */

/* Until it is told to go, or to end: nothing has to be finished then. 0 | < 0 */
static int follow(Standby *s, const Seat *self, const StandbyOrders *orders) {
        while (!process_stopping() && !atomic_load(&orders->go)) {
                in_flight_beat(self->in_flight);
                int r = standby_step(s, LISTEN_US);
                if (r < 0) {
                        LOG(LOG_ERROR, "standby.cannot", "this process cannot go on", LOG_S("reason", strerror(-r)));
                        return r;
                }
                if (r == WORKER_E_WAIT)
                        poll(NULL, 0, LISTEN_US / 1000);
        }
        return 0;
}

static int adopt(const Loaded *l, const Schemas *schemas, Standby *s, const StandbyOrders *o, const Seat *seat) {
        static WorkerSkip skip[LIFE_CONVICTS]; /* borrowed for the worker's life */
        char name[16];
        for (uint32_t i = 0; i < o->n_skip; i++)
                skip[i] = (WorkerSkip){ o->skip[i].topic, o->skip[i].partition, o->skip[i].offset };
        snprintf(name, sizeof name, "%.10s/%u", seat->pipeline, seat->ordinal);
        prctl(PR_SET_NAME, name);
        name_log(l->config, seat, "");
        standby_halt(s);
        return work(l, schemas, seat, skip, o->n_skip, s);
}

int work_stand_by(const Config *c, const Seat *self, const StandbyOrders *orders, const Seat *seats) {
        _cleanup_(schemas_freep) Schemas *schemas = NULL;
        Standby *s = NULL;
        Loaded l;
        name_log(c, self, "standby");
        int r = load(&l, &schemas, c, self->pipeline);
        if (r != 0)
                return r;
        const StandbyConf conf = { .config = c,
                                   .pipeline = l.pipe,
                                   .number = self->ordinal,
                                   .clock = &clock_system,
                                   .metrics = self->metrics,
                                   .in_flight = self->in_flight };
        r = standby_new(&s, &conf);
        if (r == 0)
                r = follow(s, self, orders);
        if (r == 0 && atomic_load(&orders->go))
                r = adopt(&l, schemas, s, orders, &seats[orders->seat]);
        else if (r != 0)
                r = r == -ENOMEM ? EX_OSERR : EX_SOFTWARE;
        standby_free(s);
        return r;
}

int work_check(const char *file) {
        _cleanup_(complaints_deinit) Complaints complaints = { 0 };
        size_t n = 0;
        int r = check_file(file, &complaints, &n);
        complaints_print(stderr, file, &complaints);
        return r;
}

int work_topics(const Config *c, int64_t patience_us, int out) {
        _cleanup_(needs_deinit) Needs needs = { 0 };
        _cleanup_(freep) Loaded *loaded = calloc(c->n_pipelines + 1, sizeof *loaded);
        _cleanup_(connect_deinit) Connect at = { 0 };
        Why why = { 0 };
        size_t n = 0, wrong = 0;
        if (!loaded || load_pipelines(loaded, &n, c, NULL) != 0 || needs_of(&needs, loaded, n, &why) != 0 ||
            connect_init(&at, c, &why) != 0)
                return EX_OSERR;
        _cleanup_(freep) TopicPlan *plan = calloc(needs.n + 1, sizeof *plan);
        at.conf.patience_us = patience_us;
        if (!plan || topics_plan(&at.conf, &needs, plan, &why) != 0)
                return 0; /* nobody says: as at a start, the workers wait for it */
        for (size_t i = 0; i < needs.n; i++) {
                const TopicPlan *p = &plan[i];
                bool missing = p->state == TOPIC_CREATE && !c->create_topics;
                if (!missing && p->state != TOPIC_DIFFERS && p->state != TOPIC_UNKNOWN)
                        continue;
                if (wrong++ == 0 && missing)
                        dprintf(out, "topic %s does not exist; `tocsin topics apply %s` makes what is missing", p->need.name,
                                c->file);
                else if (wrong == 1)
                        dprintf(out, "topic %s: %s", p->need.name, p->why.text);
        }
        if (wrong > 1)
                dprintf(out, "; and %zu more, see `tocsin topics plan %s`", wrong - 1, c->file);
        return wrong ? EX_UNAVAILABLE : 0;
}

int work_preflight(const Config *c, int topics) {
        int r = work_check(c->file);
        size_t n = 0;
        if (r != 0 || topics < 0)
                return r;
        _cleanup_(needs_deinit) Needs needs = { 0 };
        _cleanup_(freep) Loaded *loaded = calloc(c->n_pipelines + 1, sizeof *loaded);
        Why why = { 0 };
        if (!loaded)
                return EX_OSERR;
        r = load_pipelines(loaded, &n, c, NULL);
        if (r == 0 && needs_of(&needs, loaded, n, &why) != 0) {
                fprintf(stderr, "tocsin run: %s\n", why.text);
                r = EX_CONFIG;
        }
        for (size_t i = 0; r == 0 && i < needs.n; i++)
                if (dprintf(topics, "%s %d\n", needs.at[i].name, (int)needs.at[i].partitions) < 0)
                        r = EX_OSERR;
        return r;
}

static int serve(Embedded *e, const char *address, FILE *topics, int bootstrap) {
        char name[NEED_NAME_BYTES];
        int partitions;
        Why why = { 0 };
        while (fscanf(topics, "%249s %d", name, &partitions) == 2)
                if (embedded_topic(e, name, partitions, &why) != 0) {
                        LOG(LOG_ERROR, "broker.topic", why.text);
                        return EX_SOFTWARE;
                }
        if (dprintf(bootstrap, "%s\n", address) < 0)
                return EX_OSERR;
        close(bootstrap);
        for (;;)
                pause();
}

int work_broker(FILE *topics, int bootstrap) {
        Embedded *e = NULL;
        const char *address = NULL;
        Why why = { 0 };
        signal(SIGTERM, SIG_IGN); /* systemd sends it to all: the workers must still be able to commit */
        if (embedded_start(&e, &address, &why) != 0) {
                LOG(LOG_ERROR, "broker.start", why.text);
                return EX_UNAVAILABLE;
        }
        int r = serve(e, address, topics, bootstrap);
        embedded_stop(e);
        return r;
}
