/* The command line: what is refused, with which word to mean, and what the table of verbs becomes. */
#include "bin/help.h"
#include "bin/options.h"
#include "core/bytes.h"
#include <criterion/criterion.h>
#include <criterion/redirect.h>

static int ran;
static const char *ran_as;

static int run(int argc, char **argv) {
        ran = argc;
        ran_as = argv[0];
        return 42;
}

static const Verb plan = {
        .name = "plan",
        .summary = "what would be made",
        .usage = "topics plan [--json] CONFIG",
        .options =
                (const Option[]){
                        { .name = "json", .help = "lines of JSON" },
                        { .name = "from", .value = "FILE", .help = "where to read", .many = true },
                        { .name = "count", .value = "N", .help = "how many" },
                        { .name = "format", .value = "WORD", .help = "how it looks", .words = "text json" },
                        { 0 },
                },
        .examples = (const Example[]){ { "it's .so simple\\", "tocsin topics plan 'x y'" }, { 0 } },
        .exits = (const ExitCode[]){ { EX_UNAVAILABLE, "no broker" }, { 0 } },
        .min = 1,
        .max = 2,
        .run = run,
};
static const Verb apply = { .name = "apply", .summary = "make it", .usage = "topics apply CONFIG", .run = run };
static const Verb *const of_topics[] = { &plan, &apply, NULL };
static const Verb topics = { .name = "topics", .summary = "topics", .usage = "topics plan|apply VERB", .subs = of_topics };
static const Verb *const of_root[] = { &topics, NULL };
const Verb verb_root = { .name = "tocsin", .summary = "all", .about = "All of it.", .usage = "VERB", .subs = of_root };

#define WORDS_MAX 16

/* A command line cut at its spaces; the words live until the next call. */
static int words(const char *line, char *ret[WORDS_MAX]) {
        static char text[256];
        int n = 0;
        snprintf(text, sizeof text, "%s", line);
        for (char *save, *w = strtok_r(text, " ", &save); w && n < WORDS_MAX - 1; w = strtok_r(NULL, " ", &save))
                ret[n++] = w;
        ret[n] = NULL;
        return n;
}

static int parse(Options *o, const char *line) {
        char *argv[WORDS_MAX];
        int argc = words(line, argv);
        return options_parse(o, &plan, argc, argv);
}

static void misuse(int r, Options *o) {
        cr_assert_eq(r, OPTIONS_E_EXIT);
        cr_assert_eq(o->exit, EX_USAGE);
        options_deinit(o);
}

Test(options, a_misuse_says_what_and_what_was_meant) {
        Options o;
        char file[] = "/tmp/tocsin-options-XXXXXX";
        int fd = mkstemp(file);
        cr_assert_geq(fd, 0);
        cr_assert(dup2(fd, STDERR_FILENO) >= 0);
        misuse(parse(&o, "plan --jsno x"), &o);
        misuse(parse(&o, "plan --zzzzzzz x"), &o);
        misuse(parse(&o, "plan --json=yes x"), &o);
        misuse(parse(&o, "plan x --from"), &o);
        misuse(parse(&o, "plan x --count=1 --count=2"), &o);
        misuse(parse(&o, "plan x --format=yaml"), &o);
        misuse(parse(&o, "plan x -j"), &o);
        misuse(parse(&o, "plan"), &o);
        misuse(parse(&o, "plan x y z"), &o);
        static const char *const expected[] = { "unknown option --jsno; did you mean --json?\n",
                                                "unknown option --zzzzzzz\n",
                                                "--json takes no value\n",
                                                "--from needs a value: --from=FILE\n",
                                                "--count is given twice\n",
                                                "--format=yaml: not one of: text json\n",
                                                "unknown option -j; options are long, as in --help\n",
                                                "something is missing behind the verb\n",
                                                "one word too many: `z`\n" };
        fflush(stderr);
        FILE *f = fopen(file, "r");
        for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
                char line[256], usage[256], see[256];
                cr_assert(fgets(line, sizeof line, f) && fgets(usage, sizeof usage, f) && fgets(see, sizeof see, f));
                cr_assert_eq(strncmp(line, "tocsin topics plan: ", 20), 0, "%s", line);
                cr_assert_str_eq(line + 20, expected[i]);
                cr_assert_str_eq(usage, "usage: tocsin topics plan [--json] CONFIG\n");
                cr_assert_str_eq(see, "See `tocsin topics plan --help`.\n");
        }
        fclose(f);
        unlink(file);
}

Test(options, values_come_both_ways_and_stand_anywhere) {
        Options o;
        cr_assert_eq(parse(&o, "plan --from=a x --from b --json --count -3 --from="), 0);
        cr_assert(options_flag(&o, "json") && !options_flag(&o, "format"));
        cr_assert_str_eq(options_value(&o, "from"), "a");
        cr_assert_str_eq(options_nth(&o, "from", 1), "b");
        cr_assert_str_eq(options_nth(&o, "from", 2), "");
        cr_assert_null(options_nth(&o, "from", 3));
        cr_assert_null(options_value(&o, "format"));
        cr_assert(o.n == 1 && !strcmp(o.operands[0], "x") && !o.operands[1]);
        int64_t n = 7;
        cr_assert_eq(options_number(&o, "count", -5, 5, &n), 0);
        cr_assert_eq(n, -3);
        options_deinit(&o);
        options_deinit(&o);
        cr_assert_eq(parse(&o, "plan -- --json -"), 0);
        cr_assert(o.n == 2 && !options_flag(&o, "json") && !strcmp(o.operands[0], "--json") && !strcmp(o.operands[1], "-"));
        n = 7;
        cr_assert_eq(options_number(&o, "count", 0, 5, &n), 0);
        cr_assert_eq(n, 7, "not given: untouched");
        options_deinit(&o);
}

Test(options, numbers_are_whole_and_within_bounds) {
        cr_redirect_stderr();
        static const char *const bad[] = { "6", "-1", "1x", "0x3", "1.0", "99999999999999999999" };
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
                Options o;
                int64_t n = 7;
                char line[64];
                snprintf(line, sizeof line, "plan x --count %s", bad[i]);
                cr_assert_eq(parse(&o, line), 0);
                cr_assert_eq(options_number(&o, "count", 0, 5, &n), OPTIONS_E_EXIT, "%s", bad[i]);
                cr_assert(o.exit == EX_USAGE && n == 7);
                options_deinit(&o);
        }
}

static int go(const char *line) {
        char *argv[WORDS_MAX];
        int argc = words(line, argv);
        ran = 0;
        return verb_run(&verb_root, argc, argv);
}

Test(options, words_lead_to_a_verb_or_to_the_nearest_one) {
        cr_redirect_stderr();
        cr_redirect_stdout();
        cr_assert_eq(go("tocsin topics plan x"), 42);
        cr_assert(ran == 2 && !strcmp(ran_as, "plan"));
        cr_assert(go("tocsin topic") == EX_USAGE && !ran);
        cr_assert(go("tocsin topics pln") == EX_USAGE && !ran);
        cr_assert(go("tocsin topics") == EX_USAGE && !ran);
        cr_assert(go("tocsin") == EX_USAGE && !ran);
        cr_assert(go("tocsin --help") == EX_OK && !ran);
        cr_assert(go("tocsin topics --help") == EX_OK && !ran);
        cr_assert(go("tocsin --json") == EX_USAGE && !ran);
        uint32_t wrong = 7;
        cr_assert_eq(verb_find(&verb_root, (const char *[]){ "topics", "apply" }, 2, &wrong), &apply);
        cr_assert_null(verb_find(&verb_root, (const char *[]){ "topics", "aply" }, 2, &wrong));
        cr_assert_eq(wrong, 1);
}

static char *drawn(void (*draw)(FILE *, const Verb *), const Verb *v) {
        char *text = NULL;
        size_t n = 0;
        FILE *f = open_memstream(&text, &n);
        draw(f, v);
        fclose(f);
        return text;
}

Test(options, the_table_is_drawn_for_people_man_and_bash) {
        char *help = drawn(help_text, &plan), *man = drawn(help_man, &verb_root), *bash = drawn(help_completion, &verb_root);
        static const char *const in_help[] = { "usage: tocsin topics plan [--json] CONFIG\n",
                                               "  --from=FILE             where to read; may be repeated\n",
                                               "how it looks (one of: text json)\n",
                                               "  64   the command line is wrong\n  69   no broker\n" };
        for (size_t i = 0; i < 4; i++)
                cr_assert_not_null(strstr(help, in_help[i]), "%s\n%s", in_help[i], help);
        for (char *line = help, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
                cr_assert(end - line <= 100 && (end == line || end[-1] != ' '), "%.*s", (int)(end - line), line);
        static const char *const in_man[] = { ".SS tocsin topics plan [\\-\\-json] CONFIG\n", "it's .so simple\\e:\n",
                                              ".B \\-\\-from=FILE\n", ".SH CONFIGURATION\n" };
        for (size_t i = 0; i < 4; i++)
                cr_assert_not_null(strstr(man, in_man[i]), "%s\n%s", in_man[i], man);
        static const char *const in_bash[] = { "'') words='topics --help' ;;", "'topics') words='plan apply --help' ;;",
                                               "'topics plan') words='--json --from= --count= --format= --help' ;;",
                                               "'topics plan --format=') words='text json' ;;", "'help'|topics)" };
        for (size_t i = 0; i < 5; i++)
                cr_assert_not_null(strstr(bash, in_bash[i]), "%s\n%s", in_bash[i], bash);
        free(help);
        free(man);
        free(bash);
}
