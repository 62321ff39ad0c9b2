/* Samples, golden files, and trees with one node made wrong. */
#include "adapterhost.h"
#include <criterion/criterion.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <tocsin/value.h>
#include <unistd.h>

char **samples_of(const char *folder) {
        char pattern[512];
        glob_t g = { 0 };
        size_t n = 0;
        snprintf(pattern, sizeof pattern, TOCSIN_SOURCE "/tests/fixtures/%s/*.json", folder);
        cr_assert_eq(glob(pattern, 0, NULL, &g), 0, "no samples: %s", pattern);
        char **ret = calloc(g.gl_pathc + 1, sizeof *ret);
        for (size_t i = 0; i < g.gl_pathc; i++)
                if (!strstr(g.gl_pathv[i], ".schema.json"))
                        ret[n++] = strdup(g.gl_pathv[i]);
        globfree(&g);
        return ret;
}

char **samples_free(char **samples) {
        for (char **s = samples; s && *s; s++)
                free(*s);
        free(samples);
        return NULL;
}

Bytes sample_read(Arena *a, const char *path) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        off_t n = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
        if (n < 0)
                return BYTES_NULL;
        char *text = arena_zalloc(a, (size_t)n + 1);
        cr_assert(text && pread(fd, text, (size_t)n, 0) == n);
        close(fd);
        return bytes_of(text, (size_t)n);
}

void golden_compare(const char *folder, const char *sample, Bytes text) {
        char path[512];
        const char *slash = strrchr(sample, '/'), *write_it = getenv("TOCSIN_GOLDEN");
        snprintf(path, sizeof path, TOCSIN_SOURCE "/tests/vectors/%s/%s.golden", folder, slash ? slash + 1 : sample);
        if (write_it && strcmp(write_it, "write") == 0) {
                FILE *f = fopen(path, "w");
                cr_assert(f && fwrite(text.ptr, 1, text.len, f) == text.len && fclose(f) == 0);
                return;
        }
        Arena *a = arena_new(4u << 20);
        Bytes golden = sample_read(a, path);
        cr_expect(bytes_eq(golden, text), "%s differs; now it is\n%.*s", path, BYTES_ARG(text));
        arena_free(a);
}

uint32_t tree_nodes(const tocsin_value *v) {
        uint32_t n = 1;
        for (uint32_t i = 0; i < v->len && (v->kind == TOCSIN_MAP || v->kind == TOCSIN_LIST); i++)
                n += tree_nodes(v->kind == TOCSIN_MAP ? &v->u.fields[i].value : &v->u.items[i]);
        return n;
}

/* *at counts down to the node. */
static tocsin_value changed(Arena *a, const tocsin_value *v, uint32_t *at, const tocsin_value *with, bool *gone) {
        bool map = v->kind == TOCSIN_MAP;
        if ((*at)-- == 0) {
                *gone = !with;
                return with ? *with : *v;
        }
        if (!map && v->kind != TOCSIN_LIST)
                return *v;
        uint32_t n = 0;
        tocsin_field *fields = arena_zalloc(a, (v->len + 1) * sizeof *fields);
        tocsin_value *items = arena_zalloc(a, (v->len + 1) * sizeof *items);
        for (uint32_t i = 0; i < v->len; i++) {
                bool drop = false;
                tocsin_value child = changed(a, map ? &v->u.fields[i].value : &v->u.items[i], at, with, &drop);
                if (drop)
                        continue;
                if (map) {
                        fields[n] = v->u.fields[i];
                        fields[n].value = child;
                } else {
                        items[n] = child;
                }
                n++;
        }
        return map ? tocsin_map(fields, n) : tocsin_list(items, n);
}

tocsin_value tree_changed(Arena *a, const tocsin_value *v, uint32_t at, const tocsin_value *with) {
        bool gone = false;
        tocsin_value ret = changed(a, v, &at, with, &gone);
        return gone ? tocsin_null() : ret;
}

static const tocsin_value one_item[] = { { .kind = TOCSIN_I64, .u.i64 = 1 } };
static const tocsin_field one_field[] = {
        { .name = "a", .name_len = 1, .value = { .kind = TOCSIN_STR, .len = 1, .u.str = "b" } }
};
static const char long_text[5000] = { [0 ... 4999] = 'x' };
const tocsin_value hostile_values[] = {
        { .kind = TOCSIN_NULL },
        { .kind = TOCSIN_BOOL, .u.i64 = 1 },
        { .kind = TOCSIN_I64, .u.i64 = 0 },
        { .kind = TOCSIN_I64, .u.i64 = INT64_MIN },
        { .kind = TOCSIN_I64, .u.i64 = INT64_MAX },
        { .kind = TOCSIN_F64, .u.f64 = -1.5e300 },
        { .kind = TOCSIN_STR, .len = 0, .u.str = "" },
        { .kind = TOCSIN_STR, .len = 5, .u.str = "a\0b\x7f\n" },
        { .kind = TOCSIN_STR, .len = 2, .u.str = "\xc3\xa4" },
        { .kind = TOCSIN_STR, .len = 20, .u.str = "-9223372036854775808" },
        { .kind = TOCSIN_STR, .len = sizeof long_text, .u.str = long_text },
        { .kind = TOCSIN_LIST, .len = 0 },
        { .kind = TOCSIN_LIST, .len = 1, .u.items = one_item },
        { .kind = TOCSIN_MAP, .len = 0 },
        { .kind = TOCSIN_MAP, .len = 1, .u.fields = one_field },
};
const uint32_t n_hostile_values = sizeof hostile_values / sizeof *hostile_values;
