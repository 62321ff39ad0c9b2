/* tocsin demo: the whole of it at work, on an embedded broker, with attacks at known places. */
#include "bin/connect.h"
#include "bin/demo.h"
#include "bin/options.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <tocsin/value.h>

#define SHOW_US INT64_C(20000000) /* wall time the stream is given: long enough to read along, short enough to watch */
#define START_US INT64_C(15000000) /* until the first event has come through: the embedded broker's groups take 3 s */
#define SETTLE_US INT64_C(1500000) /* quiet after the last incident: nothing more will come */
#define GIVE_UP_US INT64_C(6000000) /* after the last message */
#define REDRAW_US INT64_C(100000)
#define TMP_MAX_BYTES 60u /* of TMPDIR: a socket lies there, whose path has 107 bytes at most; longer: /tmp */
#define EVIDENCE_BYTES (8u << 20)

enum { TOPIC_INCIDENTS, TOPIC_EVENTS, TOPIC_FIRST_DLQ };
static const char *const watched[] = { "security.incidents", "closed-loop.events", "__tocsin.demo.ves.dlq",
                                       "__tocsin.demo.onap.dlq", "__tocsin.demo.detector.dlq" };

static const char configuration[] =
        "app: demo\n"
        "kafka: embedded\n"
        "http: off\n"
        "run_dir: %s\n"
        "log: {format: text, level: warn}\n"
        "pipelines:\n"
        "  ves:\n"
        "    plugin: adapter_ves\n"
        "    partitions: 2\n"
        "    commit: {interval: 20ms}\n"
        "    ports: {in: ves.events, events: closed-loop.events, registry: closed-loop.registry}\n"
        "  onap:\n"
        "    plugin: adapter_onap\n"
        "    partitions: 2\n"
        "    commit: {interval: 20ms}\n"
        "    ports: {in: onap.control-loop, events: closed-loop.events, registry: closed-loop.registry}\n"
        "  detector:\n"
        "    plugin: incident_detector\n"
        "    partitions: 2\n"
        "    commit: {interval: 20ms}\n"
        "    # Minutes pass in seconds here: silence is judged by the stream's time, not by the wall's.\n"
        "    time: {lateness: 20s, idle: 2h}\n"
        "    ports: {events: closed-loop.events, registry: closed-loop.registry, incidents: "
        "security.incidents}\n";

typedef struct Demo {
        char dir[96], config_path[128];
        const char *data;
        pid_t run;
        DemoStream stream;
        DemoShow show;
        Config *config;
        Connect connect;
        bool connected;
        Bus *bus;
        BusReader *reader;
        Schemas *schemas;
        Decoder *decoder;
        Arena *arena;
        uint32_t output[2];
        uint64_t sent, events, extra, dead;
        uint32_t found;
        int64_t last_incident_us, first_sent_us;
        Why why;
} Demo;

static volatile sig_atomic_t interrupted; /* the signal */

static void on_signal(int sig) {
        interrupted = sig;
}

static int refuse(int code, const char *what, const Why *why) {
        if (interrupted) /* then it is no wonder, and run() says so */
                return code;
        fprintf(stderr, "tocsin demo: %s%s%s\n", what, why && why->text[0] ? ": " : "", why ? why->text : "");
        return code;
}

/* argv: ended by NULL. > 0: pid. */
static pid_t spawn(const Demo *d, const char *const *argv, const char *log) {
        posix_spawn_file_actions_t files;
        char path[128];
        pid_t pid;
        snprintf(path, sizeof path, "%s/%s", d->dir, log);
        posix_spawn_file_actions_init(&files);
        posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, path, O_WRONLY | O_CREAT | O_APPEND, 0600);
        posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
        int r = posix_spawn(&pid, "/proc/self/exe", &files, NULL, (char *const *)(uintptr_t)argv, environ);
        posix_spawn_file_actions_destroy(&files);
        return r == 0 ? pid : -r;
}

/* The end of a child's words, when it failed. */
static void print_log(const Demo *d, const char *log) {
        char path[128], text[4096];
        snprintf(path, sizeof path, "%s/%s", d->dir, log);
        FILE *f = fopen(path, "r");
        if (!f)
                return;
        size_t n = fread(text, 1, sizeof text, f);
        fwrite(text, 1, n, stderr);
        fclose(f);
}

static int begin(Demo *d) {
        const char *tmp = getenv("TMPDIR");
        bool usable = tmp && *tmp && strlen(tmp) <= TMP_MAX_BYTES;
        snprintf(d->dir, sizeof d->dir, "%s/tocsin-demo-XXXXXX", usable ? tmp : "/tmp");
        if (!mkdtemp(d->dir))
                return refuse(EX_CANTCREAT, "cannot make a temporary folder; set TMPDIR", NULL);
        snprintf(d->config_path, sizeof d->config_path, "%s/demo.yaml", d->dir);
        FILE *f = fopen(d->config_path, "w");
        bool told = f && fprintf(f, configuration, d->dir) > 0;
        if (f && fclose(f) != 0)
                told = false;
        if (!told)
                return refuse(EX_CANTCREAT, "cannot write the demo's configuration", NULL);
        int r = load_config(&d->config, d->config_path);
        if (r == 0)
                r = load_schemas(&d->schemas, d->config);
        if (r != 0)
                return r;
        d->run = spawn(d, (const char *[]){ "tocsin", "run", d->config_path, NULL }, "run.log");
        return d->run > 0 ? 0 : refuse(EX_OSERR, "cannot start tocsin run", NULL);
}

static int wait_broker(Demo *d) {
        int64_t until = clock_system.mono_us(&clock_system) + START_US;
        while (connect_init(&d->connect, d->config, &d->why) != 0) {
                if (waitpid(d->run, NULL, WNOHANG) == d->run) {
                        d->run = 0;
                        print_log(d, "run.log");
                        return refuse(EX_SOFTWARE, "tocsin run ended at once", NULL);
                }
                if (interrupted || clock_system.mono_us(&clock_system) > until)
                        return refuse(EX_UNAVAILABLE, "the embedded broker did not start", &d->why);
                poll(NULL, 0, 20);
        }
        d->connected = true;
        return 0;
}

static int tell_loops(Demo *d) {
        char loops[4096];
        int status = 0;
        snprintf(loops, sizeof loops, "%s/loops.yaml", d->data);
        pid_t pid = spawn(d, (const char *[]){ "tocsin", "loop", "apply", loops, "--config", d->config_path, NULL }, "loops.log");
        if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
                return 0;
        print_log(d, "loops.log");
        return refuse(EX_SOFTWARE, "the loops could not be told", NULL);
}

static int open_topics(Demo *d) {
        const Schema *incident = schemas_by_name(d->schemas, "tocsin.Incident");
        d->arena = arena_new(EVIDENCE_BYTES);
        if (!d->arena || !incident || decoder_new(&d->decoder, d->schemas, incident, NULL, 0, &d->why) != 0)
                return refuse(EX_SOFTWARE, "schema tocsin.Incident", &d->why);
        if (bus_open(&d->bus, &d->connect.conf, &d->why) != 0)
                return refuse(EX_UNAVAILABLE, "cannot send", &d->why);
        for (int i = 0; i < 2; i++)
                d->output[i] = bus_output(d->bus, demo_topics[i]);
        if (bus_reader_open(&d->reader, &d->connect.conf, watched, sizeof watched / sizeof *watched, -1, &d->why) != 0)
                return refuse(EX_UNAVAILABLE, "cannot read", &d->why);
        return 0;
}

static void take_incident(Demo *d, const BusRecord *r, int64_t now) {
        tocsin_value v;
        arena_reset(d->arena);
        if (decoder_read(d->decoder, r->value, false, d->arena, &v, NULL) != 0) {
                d->extra++;
                return;
        }
        if (!bytes_eq_z(tocsin_get_bytes(&v, "state"), "RAISED"))
                return;
        uint32_t n = demo_explain(&d->stream, &v);
        DemoAttack *a = &d->stream.attack[n];
        int64_t delay = n && a->sent_us ? now - a->sent_us : 0;
        if (n && a->delay_us < 0) {
                a->delay_us = delay;
                d->found++;
        }
        if (n == 0)
                d->extra++;
        d->last_incident_us = now;
        demo_show_incident(&d->show, &d->stream, &v, n, delay);
}

static void watch(Demo *d, int64_t wait_us) {
        const BusRecord *records;
        size_t n = 0;
        if (bus_reader_poll(d->reader, wait_us, &records, &n) != 0)
                return;
        int64_t now = clock_system.wall_us(&clock_system);
        for (size_t i = 0; i < n; i++) {
                if (records[i].topic == TOPIC_INCIDENTS)
                        take_incident(d, &records[i], now);
                else if (records[i].topic == TOPIC_EVENTS)
                        d->events++;
                else
                        d->dead++;
        }
}

static int send_line(Demo *d, const DemoLine *l) {
        const BusRecord *none;
        size_t n;
        if (l->attack) {
                d->stream.attack[l->attack].sent_us = clock_system.wall_us(&clock_system);
                return 0;
        }
        int r = bus_send(d->bus, &(BusSend){ .output = d->output[l->topic], .partition = 0, .value = l->value }, &d->why);
        if (r != 0)
                return refuse(EX_UNAVAILABLE, "cannot send", &d->why);
        d->sent++;
        (void)bus_poll(d->bus, 0, &none, &n);
        return 0;
}

static int wait_first(Demo *d) {
        int64_t until = clock_system.mono_us(&clock_system) + START_US;
        while (d->events == 0) {
                if (interrupted || clock_system.mono_us(&clock_system) > until) {
                        if (!interrupted)
                                print_log(d, "run.log");
                        return refuse(EX_UNAVAILABLE, "no event came through in time", NULL);
                }
                watch(d, 20000);
        }
        return 0;
}

static void show(Demo *d, int64_t at_us, int64_t *drawn) {
        int64_t now = clock_system.mono_us(&clock_system);
        if (now - *drawn < REDRAW_US)
                return;
        *drawn = now;
        double seconds = (double)(clock_system.wall_us(&clock_system) - d->first_sent_us) / 1e6;
        demo_show_status(&d->show, at_us, d->events, seconds > 0 ? (double)d->events / seconds : 0, d->found,
                         d->stream.n_attacks);
}

static int play(Demo *d) {
        size_t next = 0;
        int r = send_line(d, &d->stream.lines[next++]);
        if (r == 0)
                r = wait_first(d);
        int64_t begun = clock_system.mono_us(&clock_system), drawn = 0, at = 0, last_sent = begun;
        d->first_sent_us = clock_system.wall_us(&clock_system);
        while (r == 0 && !interrupted && !ferror(stdout)) {
                int64_t now = clock_system.mono_us(&clock_system);
                at = (now - begun) * (d->stream.span_us / 1000) / (SHOW_US / 1000);
                for (; r == 0 && next < d->stream.n && d->stream.lines[next].at_us <= at; next++) {
                        r = send_line(d, &d->stream.lines[next]);
                        last_sent = now;
                }
                watch(d, 5000);
                bool all = next == d->stream.n;
                show(d, all ? d->stream.span_us : at, &drawn);
                int64_t quiet = clock_system.wall_us(&clock_system) - d->last_incident_us;
                if (all && now - last_sent > SETTLE_US &&
                    ((d->found == d->stream.n_attacks && quiet > SETTLE_US) || now - last_sent > GIVE_UP_US))
                        break;
        }
        return r;
}

static void keep(const Demo *d) {
        const char *b = d->connect.bootstrap;
        printf("\nThe broker stays up until Ctrl-C. Look for yourself:\n\n    kcat -b %s -C -t onap.control-loop -e\n"
               "    kcat -b %s -L\n    tocsin incident list --config %s\n\n",
               b, b, d->config_path);
        fflush(stdout);
        while (!interrupted)
                poll(NULL, 0, 1000);
}

static void end(Demo *d) {
        decoder_free(d->decoder);
        arena_free(d->arena);
        bus_reader_close(d->reader);
        bus_close(d->bus);
        if (d->run > 0) {
                kill(d->run, SIGTERM);
                waitpid(d->run, NULL, 0);
        }
        if (d->connected)
                connect_deinit(&d->connect);
        schemas_free(d->schemas);
        config_free(d->config);
        demo_stream_deinit(&d->stream);
        if (d->dir[0]) {
                const char *rm[] = { "rm", "-rf", d->dir, NULL };
                pid_t pid;
                if (posix_spawnp(&pid, "rm", NULL, NULL, (char *const *)(uintptr_t)rm, environ) == 0)
                        waitpid(pid, NULL, 0);
        }
}

static bool is_folder(const char *path) {
        struct stat st;
        return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_demo, argc, argv) != 0)
                return o.exit;
        struct winsize size = { .ws_col = 100 };
        bool tty = isatty(STDOUT_FILENO);
        if (tty)
                (void)ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
        const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
        bool dumb = !term || strcmp(term, "dumb") == 0; /* it knows no escape sequences */
        Demo d = { .data = is_folder(TOCSIN_DEMO_DIR) ? TOCSIN_DEMO_DIR : TOCSIN_DEMO_SOURCE };
        d.show = (DemoShow){ .json = options_flag(&o, "json"), .colour = tty && !dumb && !(no_colour && *no_colour) };
        d.show.width = size.ws_col ? size.ws_col : 80;
        d.show.live = tty && !dumb && !d.show.json;
        signal(SIGINT, on_signal);
        signal(SIGTERM, on_signal);
        char stream[4096];
        snprintf(stream, sizeof stream, "%s/stream.jsonl", d.data);
        int64_t begun = clock_system.mono_us(&clock_system);
        int r = demo_stream_load(&d.stream, stream, clock_system.wall_us(&clock_system) - 5000000);
        if (r == 0)
                r = begin(&d);
        if (r == 0)
                r = wait_broker(&d);
        if (r == 0)
                r = tell_loops(&d);
        if (r == 0)
                r = open_topics(&d);
        if (r == 0) {
                demo_show_intro(&d.show, &d.stream, d.connect.bootstrap);
                r = play(&d);
                if (r == 0 && ferror(stdout))
                        r = refuse(EX_IOERR, "stdout cannot be written to", NULL);
        }
        if (r == 0 && !interrupted) {
                double seconds = (double)(clock_system.mono_us(&clock_system) - begun) / 1e6;
                demo_show_end(&d.show, &d.stream, d.sent, d.extra, d.dead, seconds);
                r = d.found != d.stream.n_attacks || d.extra || d.dead ? EX_SOFTWARE : 0;
                if (options_flag(&o, "keep")) {
                        keep(&d);
                        interrupted = 0; /* which was its natural end */
                }
        }
        end(&d);
        if (!interrupted)
                return r;
        fprintf(stderr, "%stocsin demo: stopped\n", d.show.live ? "\n" : "");
        return 128 + interrupted;
}

const Verb verb_demo = {
        .name = "demo",
        .group = VERB_START,
        .summary = "see it work: real messages, hidden attacks, each found",
        .usage = "demo [--json] [--keep]",
        .about = "Starts a broker inside the program, the adapters and the incident detector, and sends fourteen minutes of real "
                 "ONAP and "
                 "VES messages of five loops, with a dozen attacks at known places, in some 20 seconds. Each incident is shown "
                 "as it is "
                 "found, with the events that prove it and the time it took.\n\n"
                 "At the end stands what was hidden against what was found. The exit code is 0 only if all of it was found and "
                 "nothing else.",
        .options =
                (const Option[]){
                        { .name = "json", .help = "JSON lines for machines" },
                        { .name = "keep", .help = "leave the broker up at the end, and print how to look at it with kcat" },
                        { 0 },
                },
        .examples =
                (const Example[]){
                        { "watch it", "tocsin demo" },
                        { "how many were found", "tocsin demo --json | tail -n 1" },
                        { 0 },
                },
        .exits = (const ExitCode[]){ { EX_SOFTWARE, "an attack was missed, or something was found that nobody hid" },
                                     { EX_UNAVAILABLE, "its broker did not start" },
                                     { EX_CANTCREAT, "no temporary folder can be made" },
                                     { 130, "stopped by Ctrl-C" },
                                     { 0 } },
        .run = run,
};
