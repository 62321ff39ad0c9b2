/* No bytes are believed: whatever is done to a plugin's file, elf_check() answers and reads nothing outside it. */
#include "plugin/elf_check.h"
#include "plugin/loader.h"
#include <criterion/criterion.h>
#include <elf.h>

typedef struct File {
        uint8_t *ptr;
        size_t len;
} File;

static File load(void) {
        File f = { 0 };
        const char *path = getenv("TOCSIN_TEST_PLUGIN");
        cr_assert(path, "TOCSIN_TEST_PLUGIN names the plugin to look at");
        _cleanup_(fclosep) FILE *in = fopen(path, "rb");
        cr_assert(in, "%s", path);
        fseek(in, 0, SEEK_END);
        f.len = (size_t)ftell(in);
        rewind(in);
        f.ptr = malloc(f.len);
        cr_assert(f.ptr && fread(f.ptr, 1, f.len, in) == f.len);
        return f;
}

/* Exactly n bytes on the heap, so that a sanitizer sees the first byte read behind them. */
static int check(const uint8_t *p, size_t n) {
        _cleanup_(freep) uint8_t *copy = malloc(n ? n : 1);
        memcpy(copy, p, n);
        return elf_check(bytes_of(copy, n), NULL);
}

static uint64_t seed(void) {
        const char *s = getenv("TOCSIN_SEED");
        uint64_t v = s ? strtoull(s, NULL, 0) : 20261124;
        cr_log_info("TOCSIN_SEED=%llu", (unsigned long long)v);
        return v;
}
static uint64_t draw(uint64_t *state) { /* splitmix64 */
        uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return z ^ z >> 31;
}

Test(elf, takes_the_plugin_as_it_was_built) {
        File f = load();
        Why why = { 0 };
        cr_assert_eq(elf_check(bytes_of(f.ptr, f.len), &why), 0, "%s", why.text);
        free(f.ptr);
}

Test(elf, refuses_every_beginning_that_lacks_a_mapped_byte) {
        File f = load();
        const Elf64_Ehdr *h = (const Elf64_Ehdr *)f.ptr;
        const Elf64_Phdr *p = (const Elf64_Phdr *)(f.ptr + h->e_phoff);
        size_t end = 0;
        for (unsigned i = 0; i < h->e_phnum; i++)
                if (p[i].p_type == PT_LOAD && p[i].p_offset + p[i].p_filesz > end)
                        end = p[i].p_offset + p[i].p_filesz;
        for (size_t n = 0; n < end; n += n < 4096 ? 1 : 61)
                cr_assert_neq(check(f.ptr, n), 0, "%zu of %zu bytes", n, end);
        cr_assert_neq(check(f.ptr, end - 1), 0);
        free(f.ptr);
}

Test(elf, answers_whatever_is_flipped) {
        File f = load();
        uint64_t s = seed();
        uint8_t *copy = malloc(f.len);
        for (unsigned round = 0; round < 20000; round++) {
                memcpy(copy, f.ptr, f.len);
                for (uint64_t n = 1 + draw(&s) % 4; n; n--) {
                        size_t at = draw(&s) % (draw(&s) % 2 ? 4096 : f.len);
                        copy[at % f.len] = draw(&s) % 2 ? (uint8_t)draw(&s) : (uint8_t)(copy[at % f.len] ^ 1u << draw(&s) % 8);
                }
                int r = elf_check(bytes_of(copy, f.len), NULL);
                cr_assert(r >= 0 && r <= LOADER_E_NEEDS, "round %u: %d", round, r);
        }
        free(copy);
        free(f.ptr);
}

Test(elf, refuses_other_machines_programs_and_executable_stacks_with_the_reason) {
        File f = load();
        Elf64_Ehdr *h = (Elf64_Ehdr *)f.ptr;
        Elf64_Phdr *p = (Elf64_Phdr *)(f.ptr + h->e_phoff);
        Why why = { 0 };
        h->e_machine ^= 1;
        cr_assert_eq(elf_check(bytes_of(f.ptr, f.len), &why), LOADER_E_ELF);
        cr_assert(strstr(why.text, "another machine"), "%s", why.text);
        h->e_machine ^= 1;
        h->e_type = ET_EXEC;
        cr_assert_eq(elf_check(bytes_of(f.ptr, f.len), &why), LOADER_E_ELF);
        cr_assert(strstr(why.text, "-shared"), "%s", why.text);
        h->e_type = ET_DYN;
        for (unsigned i = 0; i < h->e_phnum; i++)
                if (p[i].p_type == PT_GNU_STACK)
                        p[i].p_flags |= PF_X;
        cr_assert_eq(elf_check(bytes_of(f.ptr, f.len), &why), LOADER_E_ELF);
        cr_assert(strstr(why.text, "stack"), "%s", why.text);
        free(f.ptr);
}

/* Program headers of 2^64 - 1 and dynamic entries that point round the corner are arithmetic's worst. */
Test(elf, survives_every_extreme_number_in_headers_and_dynamic_segment) {
        const uint64_t extremes[] = { 0,         1, 7, UINT64_C(0x7fffffffffffffff), UINT64_C(0x8000000000000000), UINT64_MAX - 7,
                                      UINT64_MAX };
        File f = load();
        uint8_t *copy = malloc(f.len);
        const Elf64_Ehdr *h = (const Elf64_Ehdr *)f.ptr;
        const Elf64_Phdr *p = (const Elf64_Phdr *)(f.ptr + h->e_phoff);
        size_t dynamic = 0, n = 0;
        for (unsigned i = 0; i < h->e_phnum; i++)
                if (p[i].p_type == PT_DYNAMIC) {
                        dynamic = p[i].p_offset;
                        n = p[i].p_filesz;
                }
        for (size_t at = 0; at < 64 + h->e_phnum * sizeof *p + n; at += 8)
                for (size_t k = 0; k < sizeof extremes / sizeof *extremes; k++) {
                        size_t place = at < 64 + h->e_phnum * sizeof *p ? at : dynamic + at - 64 - h->e_phnum * sizeof *p;
                        memcpy(copy, f.ptr, f.len);
                        memcpy(copy + place, &extremes[k], 8);
                        cr_assert_geq(elf_check(bytes_of(copy, f.len), NULL), 0);
                }
        free(copy);
        free(f.ptr);
}
