/* A folder of schemas: those of the house, and below writers/ those of others. */
#include "codec/schema.h"

#include "core/limits.h"
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_SCHEMA_FILES 1024

typedef struct Files {
        struct dirent **at;
        int n;
} Files;

static void files_deinit(Files *f) {
        for (int i = 0; i < f->n; i++)
                free(f->at[i]);
        free(f->at);
}

static int is_schema(const struct dirent *e) {
        size_t n = strlen(e->d_name);
        return n > 5 && e->d_name[0] != '.' && strcmp(e->d_name + n - 5, ".avsc") == 0;
}

static int list(const char *folder, Files *ret, Why *why) {
        ret->n = scandir(folder, &ret->at, is_schema, alphasort);
        if (ret->n < 0) {
                int r = -errno;
                *ret = (Files){ 0 };
                return why_say(why, r, "%s: %s", folder, strerror(-r));
        }
        if (ret->n > LIMIT_SCHEMA_FILES)
                return why_say(why, SCHEMA_E_BAD, "%s: more than %d schemas", folder, LIMIT_SCHEMA_FILES);
        return 0;
}

static int parse_file(const char *folder, const char *name, const Schemas *known, Schema **ret, Why *why) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, name);
        _cleanup_(fclosep) FILE *f = fopen(path, "re");
        if (!f)
                return why_say(why, -errno, "%s: %s", path, strerror(errno));
        _cleanup_(freep) char *text = malloc(LIMIT_SCHEMA_BYTES + 1);
        REQUIRE(text, why_say(why, -ENOMEM, "%s: out of memory", path));
        size_t n = fread(text, 1, LIMIT_SCHEMA_BYTES + 1, f);
        if (ferror(f))
                return why_say(why, -EIO, "%s: cannot be read", path);
        int r = schema_parse(ret, bytes_of(text, n), known, why);
        return r ? why_in(why, r, "%s", path) : 0;
}

/* "17.avsc" -> 17; a name that is no number -> -1. */
static int64_t id_of(const char *name) {
        char *end;
        errno = 0;
        long id = strtol(name, &end, 10);
        return errno == 0 && end != name && id >= 0 && id <= INT32_MAX && strcmp(end, ".avsc") == 0 ? id : -1;
}

static int take(Schemas *r, const char *folder, const char *name, bool writers, Why *why) {
        _cleanup_(schema_freep) Schema *s = NULL;
        GUARD(parse_file(folder, name, r, &s, why));
        int e = writers ? schemas_add_writer(r, s, id_of(name), why) : schemas_add(r, s, why);
        if (e != 0)
                return why_in(why, e, "%s/%s", folder, name);
        (void)steal(s);
        return 0;
}

/* Names may be defined in any file: what does not parse yet is tried again as long as others are coming in. */
static int take_all(Schemas *r, const char *folder, bool writers, Why *why) {
        _cleanup_(files_deinit) Files files = { 0 };
        GUARD(list(folder, &files, why));
        for (int left = files.n, before = left + 1, first = 0; left > 0 && left < before;) {
                before = left;
                for (int i = 0; i < files.n; i++) {
                        Why said = { 0 };
                        int e = files.at[i] ? take(r, folder, files.at[i]->d_name, writers, &said) : 0;
                        if (e < 0 || e == SCHEMA_E_CLASH)
                                return why_say(why, e, "%s", said.text);
                        if (files.at[i] && e == 0) {
                                free(files.at[i]);
                                files.at[i] = NULL;
                                left--;
                        } else if (e > 0 && (first == 0 || first == i + 1)) {
                                first = i + 1;
                                why_say(why, e, "%s", said.text);
                        }
                }
                if (left == before)
                        return SCHEMA_E_BAD;
                first = 0;
        }
        return 0;
}

int schemas_load(Schemas *r, const char *folder, Why *why) {
        GUARD(take_all(r, folder, false, why));
        char below[4096];
        snprintf(below, sizeof below, "%s/writers", folder);
        Why said = { 0 };
        int e = take_all(r, below, true, &said);
        return e == 0 || e == -ENOENT ? 0 : why_say(why, e, "%s", said.text);
}
