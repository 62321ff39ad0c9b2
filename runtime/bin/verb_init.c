/* tocsin init: a first configuration, commented, that runs as it is. */
#include "bin/examples.h" /* made by meson.build from examples/ */
#include "bin/options.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* next: what to do with it, `@` for the file. */
static const struct {
        const char *name, *text, *next;
} examples[] = {
        { "embedded", example_embedded,
          "@ is written. Now:\n"
          "  tocsin check @\n"
          "  tocsin run @\n"
          "and in another terminal:\n"
          "  tocsin incident list --config @ --follow\n" },
        { "secure", example_secure,
          "@ is written. Put your brokers and your user name into it, and beside it the password:\n"
          "  mkdir -m 700 secrets\n"
          "  (umask 077; cat > secrets/kafka-password)\n"
          "Now:\n"
          "  tocsin check @\n"
          "  tocsin topics apply @\n"
          "  tocsin dry-run @\n"
          "  tocsin run @\n" },
        { "development", example_development,
          "@ is written. It runs a plugin called template from the folder plugins beside it. Make one of your own:\n"
          "  tocsin plugin new mine\n"
          "  (cd mine && meson setup build && meson test -C build)\n"
          "  mkdir plugins && cp mine/build/mine.so plugins/\n"
          "and write `plugin: mine` there. Now, at first without a broker:\n"
          "  tocsin check @\n"
          "  tocsin replay @ --from events=mine/events.jsonl\n"
          "  tocsin run @\n" },
};
#define EXAMPLE_NAMES "embedded secure development"

static int put(int fd, const char *text) {
        for (size_t n = strlen(text); n;) {
                ssize_t w = write(fd, text, n);
                if (w < 0 && errno != EINTR)
                        return -errno;
                if (w > 0) {
                        text += w;
                        n -= (size_t)w;
                }
        }
        return 0;
}

/* Whole or not at all: beside the target first, then in its place. */
static int write_file(const char *file, const char *text, bool force) {
        char beside[4096];
        int n = snprintf(beside, sizeof beside, "%s.XXXXXX", file);
        if (n < 0 || (size_t)n >= sizeof beside)
                return -ENAMETOOLONG;
        _cleanup_(closep) int fd = mkostemp(beside, O_CLOEXEC);
        if (fd < 0)
                return -errno;
        int r = put(fd, text);
        mode_t mask = umask(0);
        umask(mask);
        if (r == 0 && (fchmod(fd, 0666 & ~mask) < 0 || fsync(fd) < 0))
                r = -errno;
        if (r == 0 && (force ? rename(beside, file) : link(beside, file)) < 0)
                r = -errno;
        unlink(beside);
        return r;
}

static bool is_folder(const char *path) {
        struct stat s;
        return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

static void say_next(const char *next, const char *file) {
        for (; *next; next++)
                if (*next == '@')
                        fputs(file, stdout);
                else
                        putchar(*next);
}

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_init, argc, argv) != 0)
                return o.exit;
        const char *file = o.n ? o.operands[0] : "tocsin.yaml", *wanted = options_value(&o, "example");
        size_t i = 0;
        if (!*file)
                return options_misuse(&verb_init, "the name of a file is missing");
        while (wanted && strcmp(examples[i].name, wanted) != 0)
                i++;
        if (strcmp(file, "-") == 0) {
                fputs(examples[i].text, stdout);
                return EX_OK;
        }
        int r = write_file(file, examples[i].text, options_flag(&o, "force"));
        if (r == -EEXIST) {
                fprintf(stderr, "tocsin init: %s is there already and stays as it is; %s\n", file,
                        is_folder(file) ? "it is a folder: name a file in it" : "--force replaces it, or name another file");
                return EX_CANTCREAT;
        }
        if (r < 0) {
                fprintf(stderr, "tocsin init: %s cannot be written: %s%s\n", file, strerror(-r),
                        r == -ENOENT   ? "; make its folder first"
                        : r == -EISDIR ? "; name a file in it"
                                       : "");
                return EX_CANTCREAT;
        }
        say_next(examples[i].next, file);
        return EX_OK;
}

const Verb verb_init = {
        .name = "init",
        .group = VERB_START,
        .summary = "write a first configuration that runs as it is",
        .usage = "init [--example=NAME] [--force] [FILE]",
        .about = "Writes a commented configuration to FILE (tocsin.yaml; - is the standard output). Nothing that is there is "
                 "replaced unless --force says so.\n\n"
                 "embedded: a broker inside the program, the ONAP adapters and the incident detector; runs as it is.\n"
                 "secure: a real Kafka with TLS, SCRAM, secrets in files, exactly once.\n"
                 "development: a plugin of your own, at least once.",
        .options =
                (const Option[]){
                        { .name = "example",
                          .value = "NAME",
                          .help = "which configuration; embedded if not given",
                          .words = EXAMPLE_NAMES },
                        { .name = "force", .help = "replace FILE if it is there" },
                        { 0 },
                },
        .examples =
                (const Example[]){
                        { "a first configuration, checked and run",
                          "tocsin init && tocsin check tocsin.yaml && tocsin run tocsin.yaml" },
                        { "look at the one for a secured Kafka", "tocsin init --example=secure -" },
                        { 0 },
                },
        .exits = (const ExitCode[]){ { EX_CANTCREAT, "FILE is there already, or cannot be written" }, { 0 } },
        .max = 1,
        .run = run,
};
