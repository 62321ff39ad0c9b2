/* tocsin broker: the embedded broker in the foreground. */
#include "bin/options.h"
#include "bus/embedded.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(int exit, const char *text) {
        fprintf(stderr, "tocsin broker: %s\n", text);
        return exit;
}

/* "NAME:PARTITIONS" */
static int make_topic(Embedded *e, const Verb *verb, const char *told) {
        const char *colon = strrchr(told, ':');
        char name[250], *end = NULL;
        long n = colon ? strtol(colon + 1, &end, 10) : 1;
        size_t len = colon ? (size_t)(colon - told) : strlen(told);
        if (len == 0 || len >= sizeof name || (colon && (end == colon + 1 || *end)) || n < 1 || n > 4096)
                return options_misuse(verb, "--topic=%s: not NAME:PARTITIONS", told);
        memcpy(name, told, len);
        name[len] = 0;
        Why why = { 0 };
        return embedded_topic(e, name, (int32_t)n, &why) == 0 ? 0 : refuse(EX_SOFTWARE, why.text);
}

/* Never a device, which --file may name, too. */
static void remove_file(const char *path) {
        struct stat s;
        if (path && lstat(path, &s) == 0 && S_ISREG(s.st_mode))
                unlink(path);
}

/* Nobody may read half an address: without the whole there is no file. */
static int write_file(const char *path, const char *bootstrap) {
        FILE *f = fopen(path, "we");
        if (!f) {
                fprintf(stderr, "tocsin broker: %s cannot be written: %s\n", path, strerror(errno));
                return EX_CANTCREAT;
        }
        bool well = fprintf(f, "%s\n", bootstrap) > 0;
        if (fclose(f) == 0 && well)
                return 0;
        fprintf(stderr, "tocsin broker: the address cannot be written to %s: %s\n", path, strerror(errno));
        remove_file(path);
        return EX_IOERR;
}

static void signals(sigset_t *set) {
        sigemptyset(set);
        sigaddset(set, SIGTERM);
        sigaddset(set, SIGINT);
        sigaddset(set, SIGHUP); /* its terminal was closed */
}

static int serve(const Options *o, Embedded *e, const char *bootstrap) {
        const char *topic;
        int r = 0;
        for (uint32_t i = 0; r == 0 && (topic = options_nth(o, "topic", i)); i++)
                r = make_topic(e, o->verb, topic);
        if (r == 0 && options_value(o, "file"))
                r = write_file(options_value(o, "file"), bootstrap);
        if (r != 0)
                return r;
        topic = options_nth(o, "topic", 0);
        if (printf("%s\n", bootstrap) < 0 || fflush(stdout) != 0) {
                fprintf(stderr, "tocsin broker: the address cannot be printed: %s\n", strerror(errno));
                remove_file(options_value(o, "file"));
                return EX_IOERR;
        }
        fprintf(stderr,
                "The embedded broker: in memory, at least once, no transactions, no compaction, 5 MiB a partition (the oldest "
                "goes first).\n"
                "Look for yourself: kcat -b %s %s\n",
                bootstrap, topic ? "-C -t TOPIC" : "-L");
        sigset_t set;
        int signal_number;
        signals(&set);
        sigwait(&set, &signal_number);
        remove_file(options_value(o, "file"));
        return EX_OK;
}

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_broker, argc, argv) != 0)
                return o.exit;
        sigset_t set; /* before there are threads, so that the signal comes to sigwait() */
        signals(&set);
        sigprocmask(SIG_BLOCK, &set, NULL);
        Embedded *e = NULL;
        const char *bootstrap = NULL;
        Why why = { 0 };
        if (embedded_start(&e, &bootstrap, &why) != 0)
                return refuse(EX_UNAVAILABLE, why.text);
        int r = serve(&o, e, bootstrap);
        embedded_stop(e);
        return r;
}

const Verb verb_broker = {
        .name = "broker",
        .group = VERB_RUN,
        .summary = "a small Kafka broker in memory, for trying things out",
        .usage = "broker [--topic NAME:PARTITIONS]... [--file FILE]",
        .about =
                "Serves Kafka's protocol on loopback until SIGTERM or SIGINT and prints its address, for any Kafka client. It is "
                "librdkafka's mock cluster: everything is in memory, at least once; there are no transactions and no compaction, "
                "and a "
                "partition holds 5 MiB, the oldest going first. For anything that must last, use a real broker.",
        .options =
                (const Option[]){
                        { .name = "topic",
                          .value = "NAME:PARTITIONS",
                          .help = "a topic to begin with; others appear when they are used",
                          .many = true },
                        { .name = "file",
                          .value = "FILE",
                          .help = "write the address there; the file goes when the broker does" },
                        { 0 },
                },
        .examples =
                (const Example[]){
                        { "a broker with one topic", "tocsin broker --topic closed-loop.events:4" },
                        { 0 },
                },
        .exits =
                (const ExitCode[]){
                        { EX_UNAVAILABLE, "no port to listen on" },
                        { EX_CANTCREAT, "FILE cannot be made" },
                        { EX_IOERR, "the address cannot be written to FILE or printed: a full disk" },
                        { 0 },
                },
        .run = run,
};
