/* tocsin tap: what passes the ports of a pipeline, as it passes. */
#include "bin/check.h"
#include "bin/connect.h"
#include "bin/options.h"
#include "bin/tap.h"

#include <signal.h>

#define WAIT_US 200000 /* of one poll: how long Ctrl-C may go unseen */
#define TELL_US INT64_C(1000000) /* between two words on what was passed over */
#define EXIT_INTERRUPTED 130

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig) {
        (void)sig;
        interrupted = 1;
}

typedef struct Look {
        Tap tap;
        TapRate rate;
        int64_t limit, from_us, told_us; /* from_us: INT64_MIN: any */
        uint64_t told; /* of what was passed over */
        bool json;
        Buffer out;
} Look;

static int refuse(int exit, const char *text) {
        fprintf(stderr, "tocsin tap: %s\n", text);
        return exit;
}

static int64_t now_us(void) {
        return clock_system.mono_us(&clock_system);
}

static void tell_skipped(Look *l, int64_t now, bool last) {
        if (l->rate.skipped == l->told || (!last && now - l->told_us < TELL_US))
                return;
        fprintf(stderr, "tocsin tap: %llu more passed and are not shown; --rate 0 shows all\n",
                (unsigned long long)(l->rate.skipped - l->told));
        l->told = l->rate.skipped;
        l->told_us = now;
}

/* true: no more is wanted */
static bool show(Look *l, const BusRecord *records, size_t n) {
        bool full = false;
        buffer_clear(&l->out);
        for (size_t i = 0; i < n && !full; i++) {
                if (records[i].time_us < l->from_us || !tap_passes(&l->rate, now_us()))
                        continue;
                (l->json ? tap_json : tap_text)(&l->out, &l->tap, &records[i]);
                full = l->limit && l->rate.shown >= (uint64_t)l->limit;
        }
        return full;
}

static int watch(Look *l, BusReader *reader) {
        bool full = false;
        while (!full && !interrupted) {
                const BusRecord *records = NULL;
                size_t n = 0;
                int r = bus_reader_poll(reader, WAIT_US, &records, &n);
                if (r == BUS_E_FATAL)
                        return refuse(EX_UNAVAILABLE, "what was to come next was deleted meanwhile; begin anew");
                if (r != 0 && r != BUS_E_IDLE && r != BUS_E_END)
                        return refuse(connect_exit(r), bus_answer(r));
                full = show(l, records, r == 0 ? n : 0);
                if (l->out.failed)
                        return refuse(EX_OSERR, "out of memory");
                if (l->out.len && (fwrite(l->out.ptr, 1, l->out.len, stdout) != l->out.len || fflush(stdout) != 0))
                        return EX_IOERR;
                tell_skipped(l, now_us(), false);
        }
        tell_skipped(l, now_us(), true);
        return interrupted ? EXIT_INTERRUPTED : 0;
}

/* Of all ports: a topic that nobody has made yet stands in nobody's way. */
static int leave_out(Tap *t, const BusConf *conf, Why *why) {
        BusAdmin *admin = NULL;
        int r = bus_admin_open(&admin, conf, why);
        for (uint32_t i = 0; r == 0 && i < t->n_topics;) {
                BusTopic there;
                r = bus_admin_get(admin, t->topics[i], &there, why);
                if (r == 0 && !there.partitions) {
                        fprintf(stderr, "tocsin tap: topic %s does not exist; the others are shown\n", t->topics[i]);
                        tap_leave_out(t, i);
                } else {
                        i++;
                }
        }
        bus_admin_close(admin);
        if (r == 0 && !t->n_topics)
                return why_say(why, BUS_E_NO_TOPIC, "none of its topics exists");
        return r;
}

static int open_reader(BusReader **ret, Look *l, const Connect *at, const Config *c, bool all, Why *why) {
        if (all) {
                int r = leave_out(&l->tap, &at->conf, why);
                if (r != 0)
                        return r;
        }
        BusStart start = l->from_us == INT64_MIN ? BUS_LATEST : c->embedded ? BUS_EARLIEST : BUS_AT_TIME;
        /* The embedded broker does not know which record is of which time, and keeps few: show() looks. */
        return bus_reader_open_at(ret, &at->conf, l->tap.topics, l->tap.n_topics, start, l->from_us, why);
}

static int tap(Look *l, const Config *c, bool all) {
        _cleanup_(connect_deinit) Connect at = { 0 };
        BusReader *reader = NULL;
        Why why = { 0 };
        int exit = connect_init(&at, c, &why);
        if (exit == 0)
                exit = connect_exit(open_reader(&reader, l, &at, c, all, &why));
        if (exit != 0)
                return refuse(exit, why.text);
        fprintf(stderr, "tocsin tap: listening; Ctrl-C ends it\n");
        l->rate.at_us = l->told_us = now_us();
        exit = watch(l, reader);
        bus_reader_close(reader);
        return exit;
}

static int of_port(Look *l, const Loaded *loaded, const char *port) {
        _cleanup_(schemas_freep) Schemas *schemas = NULL;
        Why why = { 0 };
        int exit = load_schemas(&schemas, loaded->config);
        if (exit != 0)
                return exit;
        exit = tap_init(&l->tap, loaded, port, schemas, &why);
        if (exit != 0)
                return refuse(exit, why.text);
        exit = tap(l, loaded->config, !port);
        buffer_deinit(&l->out);
        tap_deinit(&l->tap);
        return exit;
}

/* "PIPELINE.PORT", where a pipeline's name may have dots, too. *port: NULL, or behind the dot. */
static const ConfigPipeline *named(const Config *c, const char *word, const char **port) {
        const char *dot = strrchr(word, '.');
        *port = NULL;
        for (size_t i = 0; i < c->n_pipelines; i++)
                if (strcmp(c->pipelines[i].name, word) == 0)
                        return &c->pipelines[i];
        for (size_t i = 0; dot && i < c->n_pipelines; i++)
                if (strlen(c->pipelines[i].name) == (size_t)(dot - word) &&
                    strncmp(c->pipelines[i].name, word, (size_t)(dot - word)) == 0) {
                        *port = dot + 1;
                        return &c->pipelines[i];
                }
        return NULL;
}

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        _cleanup_(config_freep) Config *c = NULL;
        Look look = { .from_us = INT64_MIN };
        int64_t rate = TAP_RATE;
        if (options_parse(&o, &verb_tap, argc, argv) != 0 || options_number(&o, "limit", 1, INT64_MAX, &look.limit) != 0 ||
            options_number(&o, "rate", 0, 1000000, &rate) != 0)
                return o.exit;
        const char *from = options_value(&o, "from"), *port = NULL;
        if (from && strcmp(from, "now") != 0 && !config_date(from, &look.from_us))
                return options_misuse(&verb_tap, "--from takes the word now, or a time as in 2026-01-31T12:00:00Z; not %s", from);
        look.json = options_flag(&o, "json");
        look.rate = tap_rate(rate, 0);
        int exit = check_config(&c, o.operands[0]);
        if (exit != 0)
                return exit;
        const ConfigPipeline *p = named(c, o.operands[1], &port);
        Loaded l;
        size_t n = 0;
        exit = load_pipelines(&l, &n, c, p ? p->name : o.operands[1]);
        if (exit != 0)
                return exit;
        sigaction(SIGINT, &(struct sigaction){ .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND }, NULL);
        return of_port(&look, &l, port);
}

const Verb verb_tap = {
        .name = "tap",
        .group = VERB_LOOK,
        .summary = "watch the records that pass a pipeline's ports",
        .usage = "tap CONFIG PIPELINE[.PORT] [--limit N] [--rate N] [--from now|TIME] [--json]",
        .about =
                "Shows records of the topics behind the ports of a pipeline as they come, those of several ports in the order in "
                "which they come: time, port, TOPIC/PARTITION/OFFSET, key, and the value as the port's schema decodes it, or its "
                "bytes as hexadecimal digits.\n\n"
                "It reads by itself, outside of every group, what is committed: whatever runs does not notice. Not more than 20 "
                "records a second are shown, and how many were not is said once a second on stderr.",
        .options = (const Option[]){ { .name = "limit", .value = "N", .help = "end after N records; none" },
                                     { .name = "rate", .value = "N", .help = "at most N records a second; 0: all of them; 20" },
                                     { .name = "from", .value = "TIME", .help = "begin with records of this time; now" },
                                     { .name = "json", .help = "JSON lines" },
                                     { 0 } },
        .examples = (const Example[]){ { "everything that goes in and out", "tocsin tap tocsin.yaml detector" },
                                       { "what was found since noon",
                                         "tocsin tap tocsin.yaml detector.incidents --from 2026-01-31T12:00:00Z --rate 0" },
                                       { "one event, for a program", "tocsin tap tocsin.yaml detector.events --limit 1 --json" },
                                       { 0 } },
        .exits = (const ExitCode[]){ { EX_UNAVAILABLE, "no broker answers, or the topic does not exist" },
                                     { EX_NOPERM, "the right to read a topic is missing" },
                                     { EX_CONFIG, "the configuration is wrong" },
                                     { EXIT_INTERRUPTED, "Ctrl-C ended it" },
                                     { 0 } },
        .min = 2,
        .max = 2,
        .run = run,
};
