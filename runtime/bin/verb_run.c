/* tocsin run: the pipelines of a configuration, each worker a process, under a supervisor. */
#include "bin/connect.h"
#include "bin/options.h"
#include "bin/process.h"
#include "bin/work.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_ORDINAL_MAX 9999 /* digits of names that people still read */

#define TOPIC_LINE 300 /* a name and a number */
#define ASK_US \
        INT64_C(4000000) /* one question to the brokers of a new configuration; who does not answer is no reason to refuse */
#define LOOK_S 10u /* at a new configuration, while the supervisor waits: a plugin that hangs when loaded must not stop it */
#define RSS_BASE ((size_t)128 << 20) /* code, librdkafka, a plugin's own: what memory.max does not count */

typedef struct Run {
        Config *config;
        SeatName *seats, *standbys;
        size_t n_seats, n_standbys;
        const char *file;
        pid_t broker; /* embedded; 0: none */
        struct Run *old; /* what the workers that drain were started from */
        int64_t first; /* ordinal of this host's first worker of each pipeline */
        unsigned look_s; /* what a look at the plugins may take; 0: any time */
        FILE *topics; /* of the embedded broker: what the preflight wrote */
        FILE *missing; /* what a look at the brokers found wrong */
        char bootstrap[256];
} Run;

static int in_seat(void *arg, const Seat *seat, const WorkerSkip *skip, size_t n_skip) {
        const Run *r = arg;
        return work_run(r->config, seat, skip, n_skip);
}

static int in_standby(void *arg, const Seat *standby, const StandbyOrders *orders, const Seat *seats) {
        const Run *r = arg;
        return work_stand_by(r->config, standby, orders, seats);
}

static int in_preflight(void *arg) {
        const Run *r = arg;
        alarm(r->look_s);
        return work_preflight(r->config, r->topics ? fileno(r->topics) : -1);
}

static int in_check(void *arg) {
        const Run *r = arg;
        alarm(r->look_s);
        return work_check(r->file);
}

static int in_topics(void *arg) {
        const Run *r = arg;
        alarm(r->look_s);
        return work_topics(r->config, ASK_US, fileno(r->missing));
}

static int in_broker(void *arg) {
        Run *r = arg;
        return work_broker(r->topics, STDOUT_FILENO);
}

static int out_of(const char *what) {
        fprintf(stderr, "tocsin run: %s: %s\n", what, strerror(errno));
        return EX_OSERR;
}

/* No disk is asked for it: that may be full. */
static FILE *memory_file(void) {
        int fd = memfd_create("topics", MFD_CLOEXEC);
        FILE *f = fd < 0 ? NULL : fdopen(fd, "w+");
        if (!f && fd >= 0)
                close(fd);
        return f;
}

/* In a process of its own, so that the supervisor never holds a plugin and no client of Kafka. 0: *ret is its status. */
static int apart(Run *r, int (*main)(void *arg), FILE *keep, int *ret) {
        pid_t pid =
                process_start(&(ProcessStart){ .name = "preflight", .main = main, .arg = r, .keep = keep ? fileno(keep) : -1 });
        if (pid < 0)
                return out_of("fork");
        while (waitpid(pid, ret, 0) < 0)
                if (errno != EINTR)
                        return out_of("wait");
        return 0;
}

static int preflight(Run *r) {
        int status = 0;
        if (r->config->embedded && !(r->topics = memory_file()))
                return out_of("memory");
        int exit = apart(r, in_preflight, r->topics, &status);
        if (exit != 0)
                return exit;
        if (WIFEXITED(status))
                return WEXITSTATUS(status);
        fprintf(stderr, "tocsin run: a plugin ended the process that looked at it: %s\n", process_end_text(status));
        return EX_CONFIG;
}

/* The address comes by a pipe that is the child's stdout. > 0: pid */
static pid_t start_broker(Run *r) {
        int out[2], saved = dup(STDOUT_FILENO);
        if (saved < 0 || pipe(out) < 0)
                return -errno;
        rewind(r->topics);
        fflush(stdout);
        dup2(out[1], STDOUT_FILENO);
        close(out[1]);
        pid_t pid = process_start(&(ProcessStart){ .name = "broker", .main = in_broker, .arg = r, .keep = fileno(r->topics) });
        dup2(saved, STDOUT_FILENO);
        close(saved);
        FILE *f = fdopen(out[0], "r");
        bool told = pid > 0 && f && fgets(r->bootstrap, sizeof r->bootstrap, f) && strchr(r->bootstrap, '\n');
        if (f)
                fclose(f);
        if (!told)
                return pid < 0 ? pid : -ECHILD;
        r->bootstrap[strcspn(r->bootstrap, "\n")] = 0;
        return pid;
}

static void tell_broker(const Run *r) {
        char text[512];
        snprintf(text, sizeof text,
                 "the embedded broker is in memory, at least once, and keeps 5 MiB a partition; look at it: kcat -b %s -L",
                 r->bootstrap);
        LOG(LOG_INFO, "broker.embedded", text, LOG_S("bootstrap", r->bootstrap));
}

static int use_broker(Run *r) {
        Config *c = r->config;
        ConfigProperty *p = arena_alloc(c->arena, (c->n_kafka + 1) * sizeof *p);
        const char *bootstrap = (const char *)arena_dup(c->arena, bytes_z(r->bootstrap)).ptr; /* as long as the configuration */
        if (!p || !bootstrap)
                return out_of("memory");
        if (c->n_kafka)
                memcpy(p, c->kafka, c->n_kafka * sizeof *p);
        p[c->n_kafka] = (ConfigProperty){ .name = "bootstrap.servers", .value = bootstrap };
        c->kafka = p;
        c->n_kafka++;
        return 0;
}

static int take_seats(Run *r) {
        size_t n = 0, m = 0;
        for (size_t i = 0; i < r->config->n_pipelines; i++) {
                n += r->config->pipelines[i].workers;
                m += r->config->pipelines[i].standbys;
        }
        r->seats = calloc(n + 1, sizeof *r->seats);
        r->standbys = calloc(m + 1, sizeof *r->standbys);
        if (!r->seats || !r->standbys)
                return out_of("memory");
        for (size_t i = 0; i < r->config->n_pipelines; i++)
                for (uint32_t k = 0; k < r->config->pipelines[i].standbys; k++)
                        r->standbys[r->n_standbys++] = (SeatName){ .pipeline = r->config->pipelines[i].name, .ordinal = k };
        for (size_t i = 0; i < r->config->n_pipelines; i++)
                for (uint32_t k = 0; k < r->config->pipelines[i].workers; k++)
                        r->seats[r->n_seats++] = (SeatName){ r->config->pipelines[i].name, (uint32_t)r->first + k,
                                                             r->config->pipelines[i].process_us };
        return 0;
}

static int again(void *arg, SupervisorConf *ret, Why *why);
static void again_done(void *arg);

static SupervisorConf conf_of(Run *r) {
        const Config *c = r->config;
        return (SupervisorConf){ .app = c->app,
                                 .seats = r->seats,
                                 .n_seats = r->n_seats,
                                 .standbys = r->standbys,
                                 .n_standbys = r->n_standbys,
                                 .work = in_seat,
                                 .stand_by = in_standby,
                                 .arg = r,
                                 .vital = r->broker,
                                 .vital_name = "embedded broker",
                                 .shutdown_us = c->shutdown_us,
                                 .http_host = c->http_host,
                                 .http_port = c->http_port,
                                 .run_dir = c->run_dir,
                                 .run_dir_shown = config_shown(c, c->run_dir),
                                 .otlp = c->trace_otlp,
                                 .brokers = connect_brokers(c),
                                 .bootstrap = r->broker ? r->bootstrap : NULL,
                                 .rss_max = 2 * c->memory_max + RSS_BASE,
                                 .reload = again,
                                 .reloaded = again_done };
}

/* ---- reload ------------------------------------------------------------------------------------------ */

static bool differ(const char *a, const char *b) {
        return strcmp(a ? a : "", b ? b : "") != 0;
}

/* What stands for as long as the process does. */
static const char *fixed(const Config *a, const Config *b) {
        if (differ(a->app, b->app))
                return "app";
        if (differ(a->run_dir, b->run_dir))
                return "run_dir";
        if (differ(a->http_host, b->http_host) || a->http_port != b->http_port)
                return "http";
        return a->embedded != b->embedded ? "kafka: embedded" : NULL;
}

/* The embedded broker was given its topics when it began. */
static bool topics_new(FILE *had, FILE *wanted) {
        char want[TOPIC_LINE], have[TOPIC_LINE];
        rewind(wanted);
        while (fgets(want, sizeof want, wanted)) {
                bool found = false;
                rewind(had);
                while (!found && fgets(have, sizeof have, had))
                        found = strcmp(want, have) == 0;
                if (!found)
                        return true;
        }
        return false;
}

/* 0: all topics are there, or are made by the workers, or nobody says. */
static int look_at_topics(Run *next, Why *why) {
        char text[WHY_MAX / 2] = "";
        int status = 0;
        if (next->config->embedded)
                return 0;
        next->missing = memory_file();
        if (!next->missing || apart(next, in_topics, next->missing, &status) != 0)
                return why_say(why, RELOAD_E_REFUSED, "out of memory, or of processes");
        rewind(next->missing);
        text[fread(text, 1, sizeof text - 1, next->missing)] = 0;
        if (!WIFEXITED(status) || WEXITSTATUS(status) == 0 || !text[0])
                return 0;
        return why_say(why, RELOAD_E_REFUSED, "%s", text);
}

static int look_again(Run *r, Run *next, Why *why) {
        int status = 0;
        _cleanup_(complaints_deinit) Complaints told = { 0 };
        if (config_load(&next->config, r->file, &told) != 0) { /* all that is wrong is said, not only what this found */
                (void)apart(next, in_check, NULL, &status);
                return why_say(why, RELOAD_E_REFUSED, "%s is wrong; what is wrong stands on stderr, `tocsin check` says it too",
                               r->file);
        }
        const char *what = fixed(r->config, next->config);
        if (what)
                return why_say(why, RELOAD_E_REFUSED, "%s has changed; for that, stop and start anew", what);
        if (preflight(next) != 0)
                return why_say(why, RELOAD_E_REFUSED, "%s is refused; what is wrong stands on stderr, `tocsin check` says it too",
                               r->file);
        if (r->broker && topics_new(r->topics, next->topics))
                return why_say(why, RELOAD_E_REFUSED,
                               "the embedded broker lacks topics that are new; for that, stop and start anew");
        int topics = look_at_topics(next, why);
        if (topics != 0)
                return topics;
        if (take_seats(next) != 0 || (r->broker && use_broker(next) != 0))
                return why_say(why, RELOAD_E_REFUSED, "out of memory");
        return 0;
}

static void run_deinit(Run *r) {
        free(r->seats);
        free(r->standbys);
        if (r->topics)
                fclose(r->topics);
        if (r->missing)
                fclose(r->missing);
        config_free(r->config);
}

static int again(void *arg, SupervisorConf *ret, Why *why) {
        Run *r = arg, next = { .file = r->file, .first = r->first, .broker = r->broker, .look_s = LOOK_S };
        memcpy(next.bootstrap, r->bootstrap, sizeof next.bootstrap);
        int answer = look_again(r, &next, why);
        if (answer != 0) {
                run_deinit(&next);
                return answer;
        }
        r->old = malloc(sizeof *r->old);
        if (!r->old) {
                run_deinit(&next);
                return why_say(why, RELOAD_E_REFUSED, "out of memory");
        }
        *r->old = *r;
        *r = (Run){ .file = next.file,
                    .first = next.first,
                    .broker = next.broker,
                    .config = next.config,
                    .seats = next.seats,
                    .n_seats = next.n_seats,
                    .standbys = next.standbys,
                    .n_standbys = next.n_standbys,
                    .topics = next.topics,
                    .missing = next.missing,
                    .old = r->old };
        memcpy(r->bootstrap, next.bootstrap, sizeof r->bootstrap);
        *ret = conf_of(r);
        return 0;
}

/* Seats of the old configuration bore names out of it until now. */
static void again_done(void *arg) {
        Run *r = arg;
        run_deinit(r->old);
        free(r->old);
        r->old = NULL;
        log_setup(STDERR_FILENO, r->config->log_json, isatty(STDERR_FILENO), r->config->log_level, "supervisor");
}

/* ------------------------------------------------------------------------------------------------------ */

static int run_config(Run *r) {
        Config *c = r->config;
        log_setup(STDERR_FILENO, c->log_json, isatty(STDERR_FILENO), c->log_level, "supervisor");
        int exit = preflight(r);
        if (exit == 0)
                exit = take_seats(r);
        if (exit != 0)
                return exit;
        supervisor_signals();
        if (c->embedded) {
                r->broker = start_broker(r);
                if (r->broker < 0) {
                        fprintf(stderr, "tocsin run: the embedded broker did not start\n");
                        return EX_UNAVAILABLE;
                }
                exit = use_broker(r);
                tell_broker(r);
        }
        if (exit != 0)
                return exit;
        SupervisorConf conf = conf_of(r);
        return supervisor_run(&conf);
}

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_run_pipelines, argc, argv) != 0)
                return o.exit;
        Run r = { 0 };
        if (options_number(&o, "first-ordinal", 0, FIRST_ORDINAL_MAX, &r.first) != 0)
                return o.exit;
        r.file = o.operands[0];
        int exit = load_config(&r.config, r.file);
        if (exit == 0)
                exit = run_config(&r);
        if (r.old) {
                run_deinit(r.old);
                free(r.old);
        }
        run_deinit(&r);
        return exit;
}

const Verb verb_run_pipelines = {
        .name = "run",
        .group = VERB_RUN,
        .summary = "run the pipelines of a configuration",
        .usage = "run CONFIG [--first-ordinal N]",
        .about = "A supervisor starts one worker process for each pipeline and each of its `workers`, and starts it again when "
                 "it ends, "
                 "at once at first, then ever later up to 10 s. A plugin that crashes takes down its own worker only; a record "
                 "that kills "
                 "its plugin three times goes to the dead letters as plugin_crash.\n\n"
                 "SIGHUP, or `tocsin reload`: the configuration is read and looked at anew; if it is right, workers commit, end, "
                 "and begin "
                 "with it; if not, the old one goes on.\n\n"
                 "SIGTERM or SIGINT: workers commit what they have begun within shutdown.timeout; a second signal ends them at "
                 "once.\n\n"
                 "A broker that is away, a topic that is missing, a right that is refused: run says it once, shows it in "
                 "/readyz?verbose and in tocsin_worker_trouble, and goes on when it is mended. It makes topics only when "
                 "topics.create is "
                 "true. Health and metrics are at http.listen: /livez /readyz /metrics /version.",
        .options = (const Option[]){ { "first-ordinal", "N",
                                       "number of this host's first worker of each pipeline; every host of one app "
                                       "needs numbers of its own; 0" },
                                     { 0 } },
        .examples =
                (const Example[]){
                        { "run until Ctrl-C", "tocsin run tocsin.yaml" },
                        { "share the partitions with another host", "tocsin run tocsin.yaml --first-ordinal 100" },
                        { "who is not ready, and why", "curl 'http://127.0.0.1:9644/readyz?verbose'" },
                        { 0 },
                },
        .exits =
                (const ExitCode[]){
                        { EX_UNAVAILABLE, "http.listen is taken, or the embedded broker did not start" },
                        { EX_SOFTWARE, "a worker did not end in time and was killed, or the embedded broker died" },
                        { EX_CANTCREAT, "run_dir cannot be used, or this app runs there already" },
                        { EX_CONFIG, "the configuration is wrong; see `tocsin check`" },
                        { 130, "a second signal forced the end" },
                        { 0 },
                },
        .min = 1,
        .max = 1,
        .run = run,
};
