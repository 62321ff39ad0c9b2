/* tocsin send: JSON lines to a topic. */
#include "bin/options.h"
#include "bin/send.h"
#include "bin/view.h"
#include "bus/embedded.h"
#include "value/value.h"

#include <unistd.h>

#define EXIT_INTERRUPTED 130

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig) {
        (void)sig;
        interrupted = 1;
}

typedef struct Send {
        const Options *o;
        Config *config;
        Schemas *schemas;
        Connect at;
        SendTopic topic;
        Spool spool;
        uint64_t lines, wrong;
        char id[512]; /* transactional id; empty: none */
        bool dry, skip, json;
        SendOut out;
} Send;

static int refuse(int exit, const char *text) {
        fprintf(stderr, "tocsin send: %s\n", text);
        return exit;
}

static const char *const standard_input[] = { "-", NULL };

static const char *const *files(const Options *o) {
        return o->n > 1 ? o->operands + 1 : standard_input;
}

/* ---- what can be said before a line is read --------------------------------------------------------------- */

static int words(const Options *o) {
        unsigned stdins = 0;
        for (const char *const *f = files(o); *f; f++) {
                if (!**f)
                        return options_misuse(o->verb, "the name of a file is missing");
                stdins += strcmp(*f, "-") == 0;
        }
        if (stdins > 1)
                return options_misuse(o->verb, "stdin can be read only once");
        if (options_flag(o, "transaction") && options_flag(o, "no-transaction"))
                return options_misuse(o->verb, "--transaction and --no-transaction exclude each other");
        return 0;
}

static int topic(Send *s) {
        Why why = { 0 };
        const SendWish wish = { .topic = s->o->operands[0],
                                .schema = options_value(s->o, "schema"),
                                .key = options_value(s->o, "key") };
        if (!*wish.topic)
                return options_misuse(s->o->verb, "the name of a topic is missing");
        int exit = send_topic_init(&s->topic, s->config, s->schemas, &wish, &why);
        return exit ? refuse(exit < 0 ? EX_OSERR : exit, exit < 0 ? "out of memory" : why.text) : 0;
}

/* A broker that is away, a topic that is not there: nobody types a line for nothing. */
static int broker(Send *s) {
        Why why = { 0 };
        BusTopic there;
        int exit = connect_init(&s->at, s->config, &why);
        if (exit == 0) {
                Patience patience;
                connect_ask(&s->at, &patience);
                exit = connect_exit(bus_topic_get(&s->at.conf, s->topic.name, &there, &why));
                patience_end(&patience);
        }
        if (exit == 0 && there.partitions == 0)
                exit = why_say(&why, EX_UNAVAILABLE, "topic %s does not exist; make it with `tocsin topics apply %s`",
                               s->topic.name, s->config->file);
        if (exit != 0)
                return refuse(exit, why.text);
        s->out.partitions = there.partitions;
        if (s->config->embedded && options_flag(s->o, "transaction"))
                return refuse(EX_UNAVAILABLE, "--transaction: the embedded broker has no transactions; without it each record "
                                              "goes by itself");
        return 0;
}

/* ---- what is told at the end ------------------------------------------------------------------------------ */

static const char *records(uint64_t n, char ret[40]) {
        snprintf(ret, 40, "%llu record%s", (unsigned long long)n, n == 1 ? "" : "s");
        return ret;
}

static void as_json(const Send *s) {
        Buffer b = BUFFER_NULL;
        buffer_put_z(&b, "{\"topic\":");
        value_print_string(&b, bytes_z(s->topic.name));
        buffer_put_z(&b, ",\"schema\":");
        value_print_string(&b, bytes_z(send_topic_what(&s->topic)));
        buffer_put_z(&b, ",\"key\":");
        if (s->topic.key)
                value_print_string(&b, bytes_z(s->topic.key));
        else
                buffer_put_z(&b, "null");
        buffer_printf(&b, ",\"lines\":%llu,\"wrong\":%llu,\"sent\":%llu,\"transactions\":%u,\"dry_run\":%s}\n",
                      (unsigned long long)s->lines, (unsigned long long)s->wrong, (unsigned long long)s->out.sent,
                      s->out.transactions, s->dry ? "true" : "false");
        fwrite(b.ptr ? b.ptr : (const uint8_t *)"", 1, b.len, stdout);
        buffer_deinit(&b);
}

static void in_words(const Send *s) {
        char n[40], how[160] = "";
        uint64_t told = s->dry ? s->spool.n : s->out.sent;
        if (!s->dry && s->out.transactions == 1)
                snprintf(how, sizeof how, ", in one transaction");
        else if (!s->dry && s->out.transactions > 1)
                snprintf(how, sizeof how, ", in %u transactions, for they are over %u MiB", s->out.transactions,
                         SEND_TRANSACTION_BYTES >> 20);
        else if (!s->dry && s->config->embedded)
                snprintf(how, sizeof how, ", each by itself, for the embedded broker has no transactions");
        else if (!s->dry)
                snprintf(how, sizeof how, ", each by itself");
        printf("%s %s to %s as %s%s%s%s\n", s->dry ? "would send" : "sent", records(told, n), s->topic.name,
               send_topic_what(&s->topic), s->topic.key ? ", keyed by " : ", without a key", s->topic.key ? s->topic.key : "",
               how);
        if (s->wrong)
                printf("%llu wrong line%s passed over\n", (unsigned long long)s->wrong, s->wrong == 1 ? " was" : "s were");
}

static int tell(const Send *s, int exit) {
        if (s->json)
                as_json(s);
        else if (exit == 0)
                in_words(s);
        return exit;
}

/* ---- from lines to the topic ------------------------------------------------------------------------------ */

static int read_all(Send *s) {
        SendLines lines;
        int exit = send_lines_init(&lines, &s->topic, &s->spool) == 0 ? 0 : refuse(EX_OSERR, "out of memory");
        const char *const *f = files(s->o);
        for (uint32_t i = 0; exit == 0 && f[i]; i++) {
                if (strcmp(f[i], "-") == 0 && isatty(STDIN_FILENO))
                        fprintf(stderr, "tocsin send: reading the terminal: one JSON value a line; Ctrl-D ends it\n");
                exit = send_lines_file(&lines, f[i], i);
        }
        s->lines = lines.lines;
        s->wrong = lines.wrong;
        send_lines_deinit(&lines);
        if (exit != 0 || !s->wrong || s->skip)
                return exit;
        fprintf(stderr, "tocsin send: %llu of %llu lines %s wrong; nothing was sent; mend %s, or pass over %s with --skip\n",
                (unsigned long long)s->wrong, (unsigned long long)s->lines, s->wrong == 1 ? "is" : "are",
                s->wrong == 1 ? "it" : "them", s->wrong == 1 ? "it" : "them");
        return tell(s, EX_DATAERR);
}

/* Nobody else's: two who send at a time do not fence each other. */
static int transactional(Send *s) {
        char host[256] = "", text[200];
        bool wanted = options_flag(s->o, "transaction");
        if (s->config->embedded || options_flag(s->o, "no-transaction"))
                return 0;
        if (wanted && s->spool.bytes > SEND_TRANSACTION_BYTES) {
                snprintf(text, sizeof text,
                         "--transaction: %llu MiB are more than one transaction takes (%u MiB); nothing was sent",
                         (unsigned long long)(s->spool.bytes >> 20), SEND_TRANSACTION_BYTES >> 20);
                return refuse(EX_DATAERR, text);
        }
        (void)gethostname(host, sizeof host - 1);
        snprintf(s->id, sizeof s->id, "%s.send.%s.%ld", s->config->app, host, (long)getpid());
        return 0;
}

static int failed(Send *s, int answer, const Why *why) {
        char n[40];
        bool some = s->out.sent || s->out.unknown;
        fprintf(stderr, "tocsin send: %s; ",
                answer == SEND_E_STOPPED ? "interrupted"
                : why->text[0]           ? why->text
                                         : bus_answer(answer));
        if (!some)
                fprintf(stderr, "nothing was sent");
        else
                fprintf(stderr, "%s of %llu %s there for certain%s", records(s->out.sent, n), (unsigned long long)s->spool.n,
                        s->out.sent == 1 ? "is" : "are", s->out.unknown ? ", and perhaps more" : "");
        fprintf(stderr, "%s\n",
                answer == BUS_E_DENIED && s->id[0] ? "; the right to the transactional id is not needed with --no-transaction"
                                                   : "");
        int exit = answer == SEND_E_STOPPED                           ? EXIT_INTERRUPTED
                   : answer == BUS_E_ABORTED || answer == BUS_E_FATAL ? EX_UNAVAILABLE
                   : answer == BUS_E_TOO_BIG                          ? EX_DATAERR
                                                                      : connect_exit(answer);
        return tell(s, exit);
}

static int send_all(Send *s) {
        Why why = { 0 };
        int exit = transactional(s);
        if (exit != 0)
                return exit;
        if (s->config->embedded && s->spool.bytes > (uint64_t)EMBEDDED_PARTITION_BYTES * (uint64_t)s->out.partitions)
                fprintf(stderr,
                        "tocsin send: the embedded broker keeps %u MiB of a partition, and %llu MiB are to come: the oldest go "
                        "as "
                        "they come\n",
                        EMBEDDED_PARTITION_BYTES >> 20, (unsigned long long)(s->spool.bytes >> 20));
        s->out.conf = &s->at.conf;
        s->out.topic = &s->topic;
        s->out.transactional_id = s->id[0] ? s->id : NULL;
        s->out.files = files(s->o);
        s->out.stop = &interrupted;
        const struct sigaction stop = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND }; /* the second one kills */
        sigaction(SIGINT, &stop, NULL);
        sigaction(SIGTERM, &stop, NULL);
        int answer = send_out(&s->out, &s->spool, &why);
        return answer == 0 ? tell(s, 0) : failed(s, answer, &why);
}

static int go(Send *s) {
        int exit = words(s->o);
        if (exit == 0)
                exit = load_config(&s->config, view_config(options_value(s->o, "config")));
        if (exit == 0)
                exit = load_schemas(&s->schemas, s->config);
        if (exit == 0)
                exit = topic(s);
        if (exit == 0 && !s->dry)
                exit = broker(s);
        if (exit == 0)
                exit = read_all(s);
        if (exit != 0)
                return exit;
        if (s->lines == 0 && !s->json)
                return refuse(0, "there was no line to send");
        return s->dry || s->spool.n == 0 ? tell(s, 0) : send_all(s);
}

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_send, argc, argv) != 0)
                return o.exit;
        Send s = {
                .o = &o, .dry = options_flag(&o, "dry-run"), .skip = options_flag(&o, "skip"), .json = options_flag(&o, "json")
        };
        int exit = go(&s);
        spool_deinit(&s.spool);
        send_topic_deinit(&s.topic);
        connect_deinit(&s.at);
        schemas_free(s.schemas);
        config_free(s.config);
        return exit;
}

const Verb verb_send = {
        .name = "send",
        .group = VERB_RUN,
        .summary = "send JSON lines to a topic, as its readers expect them",
        .usage = "send TOPIC [FILE|-]... [--config CONFIG] [--schema NAME] [--key PATH] [--skip] [--transaction | "
                 "--no-transaction] "
                 "[--dry-run] [--json]",
        .about =
                "Reads one JSON value a line (stdin without a FILE) and sends each as a record. What the records of TOPIC look "
                "like is known from the port that a pipeline binds to it, or from its name (closed-loop.events, "
                "closed-loop.registry, security.incidents, ...): fields as in the Avro schema, those left out take their "
                "defaults, times are microseconds or 2026-01-31T12:00:00Z, bytes are base64. A topic of JSON gets each line as "
                "it stands.\n\n"
                "The key is the field that the port is keyed by; for closed-loop events, the loop. A line may say it itself, and "
                "the record's time: {\"key\": \"ran-energy\", \"time_us\": \"2026-01-31T12:00:00Z\", \"value\": {...}}; value "
                "null "
                "takes a "
                "key out of a compacted topic.\n\n"
                "All lines are read first, each complaint with FILE:LINE:COLUMN; if one is wrong nothing is sent. Then "
                "everything "
                "becomes visible together, in one transaction, or not at all. Over 64 MiB it takes several transactions; the "
                "embedded broker has none, and there each record goes by itself. How it was is told at the end.",
        .options =
                (const Option[]){
                        { .name = "config", .value = "CONFIG", .help = "where the broker is; TOCSIN_CONFIG, or tocsin.yaml" },
                        { .name = "schema",
                          .value = "NAME",
                          .help = "what the records are, as ClosedLoopEvent or in full; json: the lines as they stand" },
                        { .name = "key", .value = "PATH", .help = "the field that is the key, as producer.name" },
                        { .name = "skip", .help = "pass over lines that are wrong, and send the others" },
                        { .name = "transaction", .help = "one transaction, or send nothing and say why it cannot be" },
                        { .name = "no-transaction", .help = "each record by itself, visible as it comes" },
                        { .name = "dry-run", .help = "check the lines only, without a network" },
                        { .name = "json", .help = "the result as one line of JSON" },
                        { 0 },
                },
        .examples =
                (const Example[]){
                        { "an event for the detector: if no loop of the registry is called ran-energy, or none of its producers "
                          "is "
                          "called forger, an incident of class L1",
                          "echo "
                          "'{\"id\":\"try-1\",\"loop\":\"ran-energy\",\"stage\":\"ANALYSIS\",\"kind\":\"TRIGGER\",\"producer\":{"
                          "\"name\":\"forger\"},\"event_time\":\"'$(date -u +%FT%TZ)'\"}' | tocsin send closed-loop.events "
                          "--config "
                          "tocsin.yaml" },
                        { "are they right? (no network)", "tocsin send closed-loop.events events.jsonl --dry-run" },
                        { "messages of another system, as they are", "tocsin send ves.events ves.jsonl" },
                        { 0 },
                },
        .exits =
                (const ExitCode[]){
                        { EX_DATAERR, "a line is wrong, or a record is too large" },
                        { EX_NOINPUT, "a file cannot be opened" },
                        { EX_UNAVAILABLE, "no broker answers, it takes no record, or the topic does not exist" },
                        { EX_IOERR, "a file cannot be read, or there is no room for temporary files" },
                        { EX_NOPERM, "the right to write the topic, or to the transactional id, is missing" },
                        { EX_CONFIG, "the configuration is wrong" },
                        { EXIT_INTERRUPTED, "Ctrl-C ended it" },
                        { 0 },
                },
        .min = 1,
        .max = OPERANDS_ANY,
        .run = run,
};
