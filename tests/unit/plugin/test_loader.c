/* What loader_open() loads is what it looked at, and what it will not load it says why. */
#include "plugin/loader.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <sys/stat.h>

static const char *plugin_path(void) {
        const char *path = getenv("TOCSIN_TEST_PLUGIN");
        cr_assert(path, "TOCSIN_TEST_PLUGIN names the plugin to load");
        return path;
}

static char folder[] = "/tmp/tocsin-loader-XXXXXX";
static void setup(void) {
        cr_assert(mkdtemp(folder));
}
static void teardown(void) {
        char command[128];
        snprintf(command, sizeof command, "rm -rf %s", folder);
        cr_assert_eq(system(command), 0);
}
TestSuite(loader, .init = setup, .fini = teardown);

static void in_folder(char ret[256], const char *name) {
        snprintf(ret, 256, "%s/%s", folder, name);
}
static void put_file(const char *path, const char *from, mode_t mode) {
        char command[1024];
        snprintf(command, sizeof command, "cp %s %s", from, path);
        cr_assert_eq(system(command), 0);
        cr_assert_eq(chmod(path, mode), 0);
}

#define REFUSED(answer, word, name)                                                                     \
        do {                                                                                            \
                const Plugin *p_ = NULL;                                                                \
                Why why_ = { 0 };                                                                       \
                cr_assert_eq(loader_open(&p_, folder, name, &why_), answer, "%s: %s", name, why_.text); \
                cr_assert(strstr(why_.text, word), "'%s' lacks '%s'", why_.text, word);                 \
                cr_assert_null(p_);                                                                     \
        } while (0)

Test(loader, refuses_files_that_are_not_to_be_trusted) {
        char path[256];
        REFUSED(LOADER_E_FILE, "No such file", "missing");
        in_folder(path, "empty.so");
        close(open(path, O_CREAT | O_WRONLY, 0644));
        REFUSED(LOADER_E_FILE, "0 bytes", "empty");
        in_folder(path, "pipe.so");
        cr_assert_eq(mkfifo(path, 0644), 0);
        REFUSED(LOADER_E_FILE, "not a regular file", "pipe");
        in_folder(path, "dir.so");
        cr_assert_eq(mkdir(path, 0755), 0);
        REFUSED(LOADER_E_FILE, "not a regular file", "dir");
        in_folder(path, "link.so");
        cr_assert_eq(symlink(plugin_path(), path), 0);
        REFUSED(LOADER_E_FILE, "symbolic link", "link");
        in_folder(path, "open.so");
        put_file(path, plugin_path(), 0666);
        REFUSED(LOADER_E_FILE, "others may write", "open");
        in_folder(path, "text.so");
        put_file(path, "/proc/self/status", 0644);
        REFUSED(LOADER_E_ELF, "not an ELF file", "text");
}

Test(loader, refuses_a_name_that_the_plugin_does_not_bear) {
        char path[256];
        in_folder(path, "other.so");
        put_file(path, plugin_path(), 0644);
        REFUSED(LOADER_E_LINT, "calls itself 'template'", "other");
}

Test(loader, loads_bytes_that_a_later_writer_cannot_reach) {
        char path[256];
        const Plugin *p = NULL;
        Why why = { 0 };
        in_folder(path, "template.so");
        put_file(path, plugin_path(), 0644);
        cr_assert_eq(loader_open(&p, folder, "template", &why), 0, "%s", why.text);
        int fd = open(path, O_WRONLY | O_TRUNC);
        cr_assert_eq(close(fd), 0);
        cr_assert_str_eq(p->self.name, "template");
        cr_assert_null(p->self.process_batch);
        cr_assert_str_eq(p->path, path);
}

/* glibc takes two libraries of one path for one; a path of a closed descriptor would come again with the next plugin. */
Test(loader, never_mistakes_one_plugin_for_another) {
        const Plugin *a = NULL, *b = NULL, *again = NULL;
        const char *other = getenv("TOCSIN_TEST_PLUGIN_2");
        Why why = { 0 };
        cr_assert(other, "TOCSIN_TEST_PLUGIN_2 names another plugin");
        cr_assert_eq(loader_open(&a, NULL, plugin_path(), &why), 0, "%s", why.text);
        cr_assert_eq(loader_open(&b, NULL, other, &why), 0, "%s", why.text);
        cr_assert_eq(loader_open(&again, NULL, plugin_path(), &why), 0, "%s", why.text);
        cr_assert_str_neq(a->self.name, b->self.name);
        cr_assert_str_eq(a->self.name, again->self.name);
        cr_assert_neq(memcmp(a->digest, b->digest, DIGEST_LEN), 0);
        cr_assert_eq(memcmp(a->digest, again->digest, DIGEST_LEN), 0);
}
