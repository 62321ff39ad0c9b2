/* What is no regular file: it may never end, or never begin, and neither a configuration nor a secret is read from it. */
#include "config/config.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/tocsin-files-XXXXXX", path[64];

static const char *at(const char *name) {
        snprintf(path, sizeof path, "%s/%s", folder, name);
        return path;
}

static void begin(void) {
        cr_assert(mkdtemp(folder));
        cr_assert_eq(mkfifo(at("fifo"), 0600), 0);
        alarm(10); /* a reader that waits for a writer of a FIFO waits for ever */
}

static void end(void) {
        unlink(at("fifo"));
        unlink(at("c.yaml"));
        rmdir(folder);
}

/* The one complaint about a configuration that cannot be read. */
static void refused(const char *file, const char *says) {
        Complaints c = { 0 };
        Config *none = NULL;
        cr_assert_eq(config_load(&none, file, &c), CONFIG_E_FILE, "%s", file);
        cr_assert_eq(c.n, 1u);
        cr_assert(strstr(c.at[0].text, says), "%s: %s", file, c.at[0].text);
        cr_assert_null(none);
        complaints_deinit(&c);
}

Test(files, a_configuration_is_read_from_no_fifo_device_or_folder_and_nobody_waits_for_one, .init = begin, .fini = end) {
        refused(at("fifo"), "is no regular file, and might never end");
        refused("/dev/zero", "is no regular file, and might never end");
        refused(folder, "is a folder, not a file");
}

Test(files, a_secret_is_read_from_no_fifo_device_or_folder, .init = begin, .fini = end) {
        const char *const from[] = { "fifo", "/dev/zero", "." };
        for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
                FILE *f = fopen(at("c.yaml"), "w");
                fprintf(f, "app: ${file:%s}\nkafka: embedded\npipelines: {p: {plugin: x}}\n", from[i]);
                fclose(f);
                Complaints c = { 0 };
                Config *none = NULL;
                cr_assert_eq(config_load(&none, at("c.yaml"), &c), CONFIG_E_BAD, "%s", from[i]);
                cr_assert(c.n && strstr(c.at[0].text, "is not a regular file"), "%s: %s", from[i], c.n ? c.at[0].text : "");
                complaints_deinit(&c);
        }
}
