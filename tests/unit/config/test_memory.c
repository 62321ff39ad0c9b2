/* Every allocation of this room fails once: the answer is -ENOMEM and nothing is lost. Linked with --wrap. */
#include "complaints.h"

static long countdown = -1; /* < 0: never; 0: the next one fails */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t m);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t m);
int __real_vasprintf(char **p, const char *f, va_list ap);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t m);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t m);
int __wrap_vasprintf(char **p, const char *f, va_list ap) __attribute__((format(printf, 2, 0)));

static bool fails(void) {
        if (countdown < 0 || countdown-- != 0)
                return false;
        errno = ENOMEM;
        return true;
}
void *__wrap_malloc(size_t n) {
        return fails() ? NULL : __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t m) {
        return fails() ? NULL : __real_calloc(n, m);
}
void *__wrap_realloc(void *p, size_t n) {
        return fails() ? NULL : __real_realloc(p, n);
}
void *__wrap_reallocarray(void *p, size_t n, size_t m) {
        return fails() ? NULL : __real_reallocarray(p, n, m);
}
int __wrap_vasprintf(char **p, const char *f, va_list ap) {
        return fails() ? -1 : __real_vasprintf(p, f, ap);
}

static const char schema[] =
        "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\",\"pattern\":\"^x\",\"enum\":[\"xa\",\"xb\"]},"
        "\"b\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"},\"default\":[1,2]},\"c\":{\"type\":\"object\"}}}";

static void nothing(void *arg, const char *pointer, bool key, const char *text) {
        (void)key;
        *(size_t *)arg += strlen(pointer) + strlen(text);
}

/* Runs `work` with the n-th allocation failing until it gets through; says how often it failed. */
static unsigned exhaust(int (*work)(void), int good) {
        countdown = -1;
        cr_assert_eq(work(), good);
        for (long n = 0;; n++) {
                countdown = n;
                int r = work();
                bool done = countdown >= 0;
                countdown = -1;
                if (done) {
                        cr_assert_eq(r, good);
                        return (unsigned)n;
                }
                cr_assert(r == -ENOMEM || r == good, "allocation %ld failed, and the answer is %d", n, r);
        }
}

static int check_good(void) {
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        tocsin_value out = { 0 }, v = { 0 };
        Complaints complaints = { 0 };
        size_t told = 0;
        if (!a)
                return -ENOMEM;
        int r = yaml_load("x", bytes_z("{a: xa, c: {d: [1, 2, {e: f}]}}"), a, &v, NULL, &complaints);
        complaints_deinit(&complaints);
        if (r == 0)
                r = settings_check(bytes_z(schema), &v, a, &out, nothing, &told);
        cr_assert(r != 0 || (out.kind == TOCSIN_MAP && out.len == 3));
        return r;
}

static int check_bad(void) {
        _cleanup_(arena_freep) Arena *a = arena_new(1 << 20);
        tocsin_value out = { 0 }, v = { 0 };
        Complaints complaints = { 0 };
        size_t told = 0;
        if (!a)
                return -ENOMEM;
        int r = yaml_load("x", bytes_z("{a: xc, b: [x], e: 1}"), a, &v, NULL, &complaints);
        complaints_deinit(&complaints);
        if (r == 0)
                r = settings_check(bytes_z(schema), &v, a, &out, nothing, &told);
        cr_assert(r != CONFIG_E_BAD || told);
        return r;
}

static int lint(void) {
        Why why = { 0 };
        return settings_lint(bytes_z(schema), &why);
}

static int config(const char *yaml) {
        _cleanup_(complaints_deinit) Complaints complaints = { 0 };
        _cleanup_(config_freep) Config *c = NULL;
        int r = config_parse(&c, "x.yaml", bytes_z(yaml), &complaints);
        cr_assert((r == 0) == (c != NULL));
        cr_assert(r != CONFIG_E_BAD || complaints.n);
        return r;
}

static int config_good(void) {
        return config("kafka: {a.b: [x, y], bootstrap: {servers: z}}\npipelines:\n  p: {plugin: ./x, ports: {in: {topic: t}}, "
                      "settings: {a: 1}}\n");
}

static int config_bad(void) {
        return config("kafka: embeded\nkafka: x\npipelines:\n  p: {workers: ${env:NONE_SUCH}\n");
}

Test(memory, no_failed_allocation_is_taken_for_an_answer) {
        cr_assert_gt(exhaust(check_good, 0), 5);
        cr_assert_gt(exhaust(check_bad, CONFIG_E_BAD), 5);
        cr_assert_gt(exhaust(lint, 0), 3);
        cr_assert_gt(exhaust(config_good, 0), 5);
        cr_assert_gt(exhaust(config_bad, CONFIG_E_BAD), 3);
}
