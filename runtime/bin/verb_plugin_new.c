/* tocsin plugin new: a Meson project made from the template, with the name put in. */
#include "bin/options.h"
#include "bin/verb_plugin.h"
#include "core/buffer.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#define NAME_MAX_BYTES 64u /* the loader's bound on a plugin's name */
#define FILE_MAX_BYTES (1u << 20) /* of the template's files */
#define WORD "template" /* the name the template's plugin has */

static bool name_ok(const char *s) {
        return *s >= 'a' && *s <= 'z' && s[strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_")] == 0 &&
               strlen(s) <= NAME_MAX_BYTES;
}

/* A name becomes a target of Meson and, sooner or later, a word of C: neither may be taken. NULL: it is free. */
static const char *taken(const char *s) {
        static const char *const of_c[] = {
                "alignas",       "alignof",       "asm",      "auto",     "bool",         "break",  "case",    "char",
                "const",         "constexpr",     "continue", "default",  "do",           "double", "else",    "enum",
                "extern",        "false",         "float",    "for",      "goto",         "if",     "inline",  "int",
                "long",          "nullptr",       "register", "restrict", "return",       "short",  "signed",  "sizeof",
                "static",        "static_assert", "struct",   "switch",   "thread_local", "true",   "typedef", "typeof",
                "typeof_unqual", "union",         "unsigned", "void",     "volatile",     "while",  NULL
        };
        static const char *const of_meson[] = { "all",     "benchmark", "clean",       "coverage", "dist",      "distclean",
                                                "install", "phony",     "reconfigure", "test",     "uninstall", NULL };
        for (const char *const *w = of_c; *w; w++)
                if (strcmp(s, *w) == 0)
                        return "a word of C";
        for (const char *const *w = of_meson; *w; w++)
                if (strcmp(s, *w) == 0)
                        return "a target that Meson keeps for itself";
        return NULL;
}

static bool folder_is(const char *path) {
        struct stat s;
        return path && *path && stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

static const char *template_folder(void) {
        const char *told = getenv("TOCSIN_TEMPLATE");
        if (told && *told)
                return told;
        return folder_is(TOCSIN_TEMPLATE_DIR) ? TOCSIN_TEMPLATE_DIR : TOCSIN_TEMPLATE_SOURCE;
}

static bool part_of_word(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The text with the template's name, where it stands as a word, replaced. */
static void put_named(Buffer *out, Bytes text, const char *name) {
        size_t n = sizeof WORD - 1;
        for (size_t i = 0; i < text.len; i++) {
                bool here = text.len - i >= n && memcmp(text.ptr + i, WORD, n) == 0 &&
                            (i == 0 || !part_of_word(text.ptr[i - 1])) && (i + n == text.len || !part_of_word(text.ptr[i + n]));
                if (here) {
                        buffer_put_z(out, name);
                        i += n - 1;
                } else {
                        buffer_u8(out, text.ptr[i]);
                }
        }
}

static int read_all(const char *path, Buffer *ret) {
        _cleanup_(fclosep) FILE *in = fopen(path, "rb");
        size_t n = 1;
        if (!in)
                return -errno;
        for (uint8_t *p; n && (p = buffer_room(ret, 4096)); ret->len += n)
                n = fread(p, 1, 4096, in);
        return ferror(in) ? -EIO : ret->failed;
}

static int copy_one(const char *from, const char *to, const char *name) {
        Buffer text = BUFFER_NULL, named = BUFFER_NULL;
        text.max = FILE_MAX_BYTES;
        int r = read_all(from, &text);
        if (r != 0)
                fprintf(stderr, "tocsin: %s: %s\n", from, strerror(-r));
        put_named(&named, buffer_bytes(&text), name);
        FILE *out = r == 0 ? fopen(to, "wbx") : NULL;
        if (r == 0 && (!out || fwrite(named.ptr, 1, named.len, out) != named.len || fflush(out) != 0)) {
                r = -errno;
                fprintf(stderr, "tocsin: %s: %s\n", to, strerror(errno));
        }
        if (out)
                fclose(out);
        buffer_deinit(&text);
        buffer_deinit(&named);
        return r == 0 ? 0 : EX_CANTCREAT;
}

static int is_file(const struct dirent *e) {
        return e->d_name[0] != '.' && e->d_type != DT_DIR;
}

/* Every file of a folder but `skip`. */
static int copy_all(const char *from, const char *to, const char *name, const char *skip) {
        struct dirent **entries = NULL;
        int n = scandir(from, &entries, is_file, alphasort), r = 0;
        char a[4096], b[4096];
        if (n < 0) {
                fprintf(stderr, "tocsin: %s: %s; the template is installed with the SDK, or named by TOCSIN_TEMPLATE\n", from,
                        strerror(errno));
                return EX_NOINPUT;
        }
        for (int i = 0; i < n; i++) {
                snprintf(a, sizeof a, "%s/%s", from, entries[i]->d_name);
                snprintf(b, sizeof b, "%s/%s", to, entries[i]->d_name);
                if (r == 0 && !(skip && strcmp(entries[i]->d_name, skip) == 0))
                        r = copy_one(a, b, name);
                free(entries[i]);
        }
        free(entries);
        return r;
}

/* pkg-config looks below /usr by itself; elsewhere it has to be told, and before the installation there is nothing to find. */
static void say_next(const char *to) {
        bool installed = access(TOCSIN_PKGCONFIG_DIR "/tocsin-plugin-1.pc", R_OK) == 0;
        bool told = installed && strncmp(TOCSIN_PKGCONFIG_DIR, "/usr/", 5) != 0;
        printf("%s is a plugin. Build and test it", to);
        printf(installed ? ":\n\n" : "; that needs the SDK, so install Tocsin before (meson install -C its build folder):\n\n");
        if (told)
                printf("    export PKG_CONFIG_PATH=%s\n", TOCSIN_PKGCONFIG_DIR);
        printf("    cd %s\n    meson setup build\n    meson test -C build\n", to);
}

static int make(const char *parent, const char *name) {
        const char *from = template_folder();
        char to[4096], project[4096];
        snprintf(to, sizeof to, "%s/%s", parent, name);
        snprintf(project, sizeof project, "%s/project", from); /* in the source tree, where meson.build is the tree's own */
        if (mkdir(to, 0777) != 0) {
                if (errno == EEXIST)
                        fprintf(stderr,
                                "tocsin plugin new: %s is there already and stays as it is; choose another name, another place "
                                "with "
                                "--dir FOLDER, or take it away first\n",
                                to);
                else
                        fprintf(stderr, "tocsin plugin new: the folder %s cannot be made: %s%s\n", to, strerror(errno),
                                errno == ENOENT ? "; make the folder above it first" : "");
                return EX_CANTCREAT;
        }
        int r = folder_is(project) ? copy_all(from, to, name, "meson.build") : copy_all(from, to, name, NULL);
        if (r == 0 && folder_is(project))
                r = copy_all(project, to, name, NULL);
        if (r == 0)
                say_next(to);
        return r;
}

static int run(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_plugin_new, argc, argv) != 0)
                return o.exit;
        const char *dir = options_value(&o, "dir");
        if (!name_ok(o.operands[0]))
                return options_misuse(&verb_plugin_new, "a plugin's name is [a-z][a-z0-9_]*, at most %u bytes; not `%s`",
                                      NAME_MAX_BYTES, o.operands[0]);
        const char *what = taken(o.operands[0]);
        if (what)
                return options_misuse(&verb_plugin_new, "a plugin cannot be called `%s`: that is %s; `%s_plugin` would do",
                                      o.operands[0], what, o.operands[0]);
        return make(dir ? dir : ".", o.operands[0]);
}

const Verb verb_plugin_new = {
        .name = "new",
        .group = VERB_DEVELOP,
        .summary = "begin a plugin",
        .usage = "plugin new [--dir FOLDER] NAME",
        .about = "Makes the folder NAME with a small whole plugin in it: code, settings, tests and a Meson project that needs "
                 "nothing but the installed SDK (pkg-config: tocsin-plugin-1). A name is [a-z][a-z0-9_]*, no word of C and "
                 "no target that Meson keeps for itself.",
        .options = (const Option[]){ { .name = "dir", .value = "FOLDER", .help = "where the folder is made; here by default" },
                                     { 0 } },
        .examples = (const Example[]){ { "from nothing to a plugin that passes its tests",
                                         "tocsin plugin new mine && cd mine && meson setup build && meson test -C build" },
                                       { 0 } },
        .exits =
                (const ExitCode[]){
                        { EX_NOINPUT, "the template is not there" },
                        { EX_CANTCREAT, "the folder is there already, or cannot be made" },
                        { 0 },
                },
        .min = 1,
        .max = 1,
        .run = run,
};
