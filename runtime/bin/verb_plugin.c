/* tocsin plugin: what is there, and what a plugin says about itself. Nothing of a plugin is run but its entry. */
#include "bin/verb_plugin.h"

#include "bin/load.h"
#include "bin/options.h"
#include "bin/plugin_words.h"
#include "bin/process.h"

#include <dirent.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#define LOOK_SECONDS 10 /* for one plugin: a thousand times what an honest one takes */

static const char *folder_of(const Options *o, Arena *a) {
        const char *dir = options_value(o, "dir"), *file = options_value(o, "config");
        if (dir)
                return dir;
        if (!file)
                return config_default_plugins(a);
        _cleanup_(config_freep) Config *c = NULL;
        return load_config(&c, file) == 0 ? (const char *)arena_dup(a, bytes_z(c->plugins)).ptr : NULL;
}

static int is_so(const struct dirent *e) {
        size_t n = strlen(e->d_name);
        return n > 3 && strcmp(e->d_name + n - 3, ".so") == 0;
}

typedef struct Look {
        const char *folder, *name;
        bool json, whole;
        int *seen; /* shared with the child: a plugin that ends the process with 0 has not been looked at */
} Look;

static int look(void *arg) {
        const Look *l = arg;
        _cleanup_(arena_freep) Arena *a = arena_new(16u << 20);
        const Plugin *p = NULL;
        Why why = { 0 };
        alarm(LOOK_SECONDS);
        int r = a ? loader_open(&p, l->folder, l->name, &why) : -ENOMEM;
        Buffer out = BUFFER_NULL;
        if (r < 0 && !*why.text)
                why_say(&why, r, "%s: %s", l->name, strerror(-r));
        if (r != 0)
                fprintf(stderr, "tocsin: %s\n", why.text);
        else if (l->json)
                plugin_json(&out, p);
        else if (l->whole)
                plugin_text(&out, p, a);
        else
                plugin_line(&out, p);
        bool told = !out.len || (fwrite(out.ptr, 1, out.len, stdout) == out.len && fflush(stdout) == 0);
        if (!told)
                fprintf(stderr, "tocsin: the output cannot be written: %s\n", strerror(errno));
        buffer_deinit(&out);
        *l->seen = 1;
        if (!told)
                return EX_IOERR;
        return r == 0 ? 0 : r == LOADER_E_FILE && l->whole ? EX_NOINPUT : EX_DATAERR;
}

/* In a child: loading runs what a plugin has for constructors, and a damaged file can bring down the dynamic linker. */
static int look_apart(Look l) {
        int status = 0;
        l.seen = mmap(NULL, sizeof *l.seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        pid_t pid = l.seen == MAP_FAILED ? -errno
                                         : process_start(&(ProcessStart){ .name = "look", .main = look, .arg = &l, .keep = -1 });
        while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
                ;
        bool seen = pid > 0 && *l.seen;
        if (l.seen != MAP_FAILED)
                munmap(l.seen, sizeof *l.seen);
        if (pid <= 0) {
                fprintf(stderr, "tocsin: cannot start a process: %s\n", strerror((int)-pid));
                return EX_OSERR;
        }
        if (seen && WIFEXITED(status))
                return WEXITSTATUS(status);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
                fprintf(stderr, "tocsin: %s: hangs while it is loaded\n", l.name);
        else
                fprintf(stderr, "tocsin: %s: ends the process that loads it: %s\n", l.name, process_end_text(status));
        return EX_DATAERR;
}

static int list_one(const char *folder, const char *file, bool json) {
        char path[4096];
        if (snprintf(path, sizeof path, "%s/%s", folder, file) >= (int)sizeof path)
                return EX_DATAERR;
        return look_apart((Look){ .name = path, .json = json });
}

static int list(const char *folder, bool json) {
        struct dirent **entries = NULL;
        int n = scandir(folder, &entries, is_so, alphasort), r = 0;
        if (n < 0) {
                fprintf(stderr, "tocsin: %s: %s; name the folder with --dir\n", folder, strerror(errno));
                return EX_NOINPUT;
        }
        for (int i = 0; i < n; i++) {
                int answer = list_one(folder, entries[i]->d_name, json);
                r = r ? r : answer;
                free(entries[i]);
        }
        free(entries);
        if (n == 0 && !json)
                fprintf(stderr, "tocsin: no plugins in %s\n", folder);
        return r;
}

static int run_list(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_plugin_list, argc, argv) != 0)
                return o.exit;
        _cleanup_(arena_freep) Arena *a = arena_new(1u << 20);
        const char *folder = a ? folder_of(&o, a) : NULL;
        return folder ? list(folder, options_flag(&o, "json")) : EX_CONFIG;
}

static int run_info(int argc, char **argv) {
        _cleanup_(options_deinit) Options o;
        if (options_parse(&o, &verb_plugin_info, argc, argv) != 0)
                return o.exit;
        _cleanup_(arena_freep) Arena *a = arena_new(16u << 20);
        const char *file = o.operands[0], *folder = a ? folder_of(&o, a) : NULL;
        char path[4096];
        bool here = !strchr(file, '/') && strlen(file) > 3 && strcmp(file + strlen(file) - 3, ".so") == 0;
        snprintf(path, sizeof path, "%s%s", here ? "./" : "", file);
        if (!folder)
                return EX_CONFIG;
        return look_apart((Look){ .folder = folder, .name = path, .json = options_flag(&o, "json"), .whole = true });
}

static const Option options[] = {
        { .name = "dir", .value = "FOLDER", .help = "where plugins lie; where Tocsin was installed by default" },
        { .name = "config", .value = "FILE", .help = "a configuration: its folder of plugins" },
        { .name = "json", .help = "a line of JSON for each plugin" },
        { 0 },
};
static const ExitCode exits[] = {
        { EX_DATAERR, "a file is not a plugin that can live here; the reason is said" },
        { EX_NOINPUT, "the file or folder is not there" },
        { EX_OSERR, "no memory, or no process" },
        { EX_IOERR, "the output cannot be written" },
        { EX_CONFIG, "the configuration is wrong" },
        { 0 },
};

const Verb verb_plugin_list = {
        .name = "list",
        .group = VERB_DEVELOP,
        .summary = "list the plugins of a folder",
        .usage = "plugin list [--dir FOLDER | --config FILE] [--json]",
        .about = "One line a plugin: name, version, ABI, and its ports: < in, = table, @ internal, > out.",
        .options = options,
        .examples = (const Example[]){ { "what a configuration may name", "tocsin plugin list --config tocsin.yaml" }, { 0 } },
        .exits = exits,
        .run = run_list,
};

const Verb verb_plugin_info = {
        .name = "info",
        .group = VERB_DEVELOP,
        .summary = "show what a plugin says about itself",
        .usage = "plugin info [--dir FOLDER | --config FILE] [--json] FILE|NAME",
        .about = "Ports with their schemas and what they read, settings with their defaults and bounds, metrics. No instance is "
                 "made.",
        .options = options,
        .examples =
                (const Example[]){ { "its settings, before a configuration is written", "tocsin plugin info incident_detector" },
                                   { 0 } },
        .exits = exits,
        .min = 1,
        .max = 1,
        .run = run_info,
};

const Verb verb_plugin = {
        .name = "plugin",
        .group = VERB_DEVELOP,
        .summary = "list, show, begin and check plugins",
        .usage = "plugin list|info|new|check [OPTION]... [OPERAND]",
        .subs = (const Verb *const[]){ &verb_plugin_list, &verb_plugin_info, &verb_plugin_new, &verb_plugin_check, NULL },
};
