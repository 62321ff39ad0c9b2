/* ELF: a shared object for this machine, one exported symbol, nothing needed but libc. */
#include "plugin/elf_check.h"

#include "plugin/loader.h"
#include <elf.h>

#define ENTRY "tocsin_plugin_entry"
#define ELF_PHDRS_MAX 64u /* a shared object has about ten */
#define ELF_DYNAMIC_MAX 4096u /* entries of the dynamic segment: about thirty are usual */
#define ELF_SYMBOLS_MAX 1000000u

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#elif defined(__riscv)
#define MACHINE EM_RISCV
#elif defined(__powerpc64__)
#define MACHINE EM_PPC64
#else
#error "add this machine's EM_ constant"
#endif

/* A sanitizer's runtime comes with the host that is built with it, so it is nothing foreign there. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#endif

typedef struct Elf {
        Bytes file;
        const Elf64_Phdr *segment;
        uint32_t n_segments;
        Bytes strings;
        uint64_t symbols, hash, gnu_hash; /* virtual addresses; 0: none */
        const Elf64_Dyn *dynamic;
        size_t n_dynamic;
} Elf;

/* n bytes at virtual address `at`, as the loader will map them from the file. NULL: not all of them lie in it. */
static const void *mapped(const Elf *e, uint64_t at, uint64_t n) {
        for (uint32_t i = 0; i < e->n_segments; i++) {
                const Elf64_Phdr *p = &e->segment[i];
                if (p->p_type != PT_LOAD || at < p->p_vaddr || at - p->p_vaddr > p->p_filesz ||
                    n > p->p_filesz - (at - p->p_vaddr))
                        continue;
                return e->file.ptr + p->p_offset + (at - p->p_vaddr);
        }
        return NULL;
}

static int read_header(Elf *e, Why *why) {
        const Elf64_Ehdr *h = (const Elf64_Ehdr *)e->file.ptr;
        if (e->file.len < sizeof *h || memcmp(h->e_ident, ELFMAG, SELFMAG) != 0)
                return why_say(why, LOADER_E_ELF, "not an ELF file; give the shared object that the build made (NAME.so)");
        if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB || h->e_machine != MACHINE)
                return why_say(why, LOADER_E_ELF, "built for another machine (ELF machine %u, this one is %u)", h->e_machine,
                               MACHINE);
        if (h->e_type != ET_DYN)
                return why_say(why, LOADER_E_ELF, "not a shared object (ELF type %u); link with -shared", h->e_type);
        if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0 || h->e_phnum > ELF_PHDRS_MAX || h->e_phoff % 8 != 0 ||
            h->e_phoff > e->file.len || h->e_phnum * sizeof(Elf64_Phdr) > e->file.len - h->e_phoff)
                return why_say(why, LOADER_E_ELF, "damaged: program headers lie outside the file");
        e->segment = (const Elf64_Phdr *)(e->file.ptr + h->e_phoff);
        e->n_segments = h->e_phnum;
        return 0;
}

static int read_segments(Elf *e, uint64_t *dynamic_at, uint64_t *dynamic_n, Why *why) {
        bool dynamic = false, stack = false;
        for (uint32_t i = 0; i < e->n_segments; i++) {
                const Elf64_Phdr *p = &e->segment[i];
                if (p->p_type == PT_LOAD) {
                        if (p->p_offset > e->file.len || p->p_filesz > e->file.len - p->p_offset || p->p_memsz < p->p_filesz ||
                            p->p_vaddr + p->p_memsz < p->p_vaddr)
                                return why_say(why, LOADER_E_ELF, "damaged: segment %u lies outside the file (cut off?)", i);
                        if ((p->p_flags & (PF_W | PF_X)) == (PF_W | PF_X))
                                return why_say(why, LOADER_E_ELF, "segment %u is writable and executable at once", i);
                } else if (p->p_type == PT_DYNAMIC) {
                        dynamic = true;
                        *dynamic_at = p->p_vaddr;
                        *dynamic_n = p->p_memsz;
                } else if (p->p_type == PT_GNU_STACK) {
                        stack = (p->p_flags & PF_X) == 0;
                }
        }
        if (!dynamic)
                return why_say(why, LOADER_E_ELF, "not a shared object: it has no dynamic segment");
        if (!stack)
                return why_say(why, LOADER_E_ELF, "asks for an executable stack; link with -z noexecstack");
        return 0;
}

/* The name at `at` in the string table, NUL-terminated within it. */
static const char *string_at(const Elf *e, uint64_t at) {
        if (at >= e->strings.len || !memchr(e->strings.ptr + at, 0, e->strings.len - at))
                return NULL;
        return (const char *)e->strings.ptr + at;
}

static bool allowed(const char *library) {
        static const char *const names[] = { "libc.so.6", "libm.so.6" };
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (strcmp(library, names[i]) == 0)
                        return true;
        if (strncmp(library, "ld-linux", 8) == 0 && !strchr(library, '/'))
                return true;
#ifdef SANITIZED
        static const char *const runtimes[] = { "libasan.so.", "libubsan.so.", "libtsan.so.", "libclang_rt." };
        for (size_t i = 0; i < sizeof runtimes / sizeof *runtimes; i++)
                if (strncmp(library, runtimes[i], strlen(runtimes[i])) == 0)
                        return true;
#endif
        return false;
}

static int read_dynamic(Elf *e, uint64_t at, uint64_t n, Why *why) {
        e->dynamic = mapped(e, at, sizeof(Elf64_Dyn));
        if (!e->dynamic || (uintptr_t)e->dynamic % 8 != 0 || n / sizeof(Elf64_Dyn) > ELF_DYNAMIC_MAX || !mapped(e, at, n))
                return why_say(why, LOADER_E_ELF, "damaged: the dynamic segment lies outside the file");
        uint64_t strings_at = 0, strings_n = 0, symbol_size = sizeof(Elf64_Sym);
        for (e->n_dynamic = 0; e->n_dynamic < n / sizeof(Elf64_Dyn); e->n_dynamic++) {
                const Elf64_Dyn *d = &e->dynamic[e->n_dynamic];
                if (d->d_tag == DT_NULL)
                        break;
                switch (d->d_tag) {
                case DT_STRTAB:
                        strings_at = d->d_un.d_ptr;
                        break;
                case DT_STRSZ:
                        strings_n = d->d_un.d_val;
                        break;
                case DT_SYMTAB:
                        e->symbols = d->d_un.d_ptr;
                        break;
                case DT_SYMENT:
                        symbol_size = d->d_un.d_val;
                        break;
                case DT_HASH:
                        e->hash = d->d_un.d_ptr;
                        break;
                case DT_GNU_HASH:
                        e->gnu_hash = d->d_un.d_ptr;
                        break;
                case DT_FLAGS_1:
                        if (d->d_un.d_val & DF_1_PIE)
                                return why_say(why, LOADER_E_ELF, "a program, not a shared object; link with -shared");
                        break;
                case DT_RPATH:
                case DT_RUNPATH:
                        return why_say(why, LOADER_E_NEEDS,
                                       "has an RPATH or RUNPATH: a plugin chooses no folders; link without -rpath");
                case DT_FILTER:
                case DT_AUXILIARY:
                case DT_AUDIT:
                case DT_DEPAUDIT:
                        return why_say(why, LOADER_E_NEEDS, "loads other objects (dynamic tag 0x%llx)",
                                       (unsigned long long)d->d_tag);
                default:
                        break;
                }
        }
        const void *strings = mapped(e, strings_at, strings_n);
        if (!strings || strings_n == 0 || symbol_size != sizeof(Elf64_Sym))
                return why_say(why, LOADER_E_ELF, "damaged: string or symbol table lies outside the file");
        e->strings = bytes_of(strings, strings_n);
        return 0;
}

static int check_needed(const Elf *e, Why *why) {
        for (size_t i = 0; i < e->n_dynamic; i++) {
                if (e->dynamic[i].d_tag != DT_NEEDED)
                        continue;
                const char *library = string_at(e, e->dynamic[i].d_un.d_val);
                if (!library)
                        return why_say(why, LOADER_E_ELF, "damaged: the name of a needed library lies outside the file");
                if (!allowed(library))
                        return why_say(why, LOADER_E_NEEDS,
                                       "needs %s; a plugin may need libc and libm only, everything else comes from the host's "
                                       "extensions",
                                       library);
        }
        return 0;
}

static bool u32_at(const Elf *e, uint64_t at, uint32_t *ret) {
        const void *p = mapped(e, at, sizeof *ret);
        if (p)
                memcpy(ret, p, sizeof *ret);
        return p != NULL;
}

/* One more than the last symbol that the GNU hash table leads to. */
static bool count_gnu(const Elf *e, uint64_t *ret) {
        uint32_t buckets, first, bloom, last = 0, bucket, link;
        if (!u32_at(e, e->gnu_hash, &buckets) || !u32_at(e, e->gnu_hash + 4, &first) || !u32_at(e, e->gnu_hash + 8, &bloom) ||
            buckets > ELF_SYMBOLS_MAX || bloom > ELF_SYMBOLS_MAX)
                return false;
        uint64_t buckets_at = e->gnu_hash + 16 + UINT64_C(8) * bloom, chain_at = buckets_at + UINT64_C(4) * buckets;
        for (uint32_t i = 0; i < buckets; i++) {
                if (!u32_at(e, buckets_at + UINT64_C(4) * i, &bucket))
                        return false;
                last = bucket > last ? bucket : last;
        }
        *ret = 0;
        if (last == 0)
                return true;
        for (; last >= first && last < ELF_SYMBOLS_MAX; last++) {
                if (!u32_at(e, chain_at + UINT64_C(4) * (last - first), &link))
                        return false;
                if (link & 1) {
                        *ret = last + UINT64_C(1);
                        return true;
                }
        }
        return false;
}

/* How many symbols can be found by name: by either hash table, as the loader may look in either. */
static bool count_symbols(const Elf *e, uint64_t *ret) {
        uint64_t gnu = 0;
        uint32_t sysv = 0;
        if ((e->hash && !u32_at(e, e->hash + 4, &sysv)) || (e->gnu_hash && !count_gnu(e, &gnu)))
                return false;
        *ret = gnu > sysv ? gnu : sysv;
        return *ret <= ELF_SYMBOLS_MAX;
}

static int check_exports(const Elf *e, Why *why) {
        uint64_t n = 0;
        const Elf64_Sym *symbol = NULL;
        if (!count_symbols(e, &n) || (n != 0 && !(symbol = mapped(e, e->symbols, n * sizeof *symbol))) ||
            (uintptr_t)symbol % 8 != 0)
                return why_say(why, LOADER_E_ELF, "damaged: the symbol table lies outside the file");
        bool entry = false;
        for (uint64_t i = 0; i < n; i++) {
                unsigned bind = ELF64_ST_BIND(symbol[i].st_info), visibility = ELF64_ST_VISIBILITY(symbol[i].st_other);
                if (symbol[i].st_shndx == SHN_UNDEF || bind == STB_LOCAL || visibility == STV_HIDDEN ||
                    visibility == STV_INTERNAL)
                        continue;
                const char *name = string_at(e, symbol[i].st_name);
                if (!name)
                        return why_say(why, LOADER_E_ELF, "damaged: the name of a symbol lies outside the file");
                if (strcmp(name, ENTRY) != 0)
                        return why_say(
                                why, LOADER_E_SYMBOLS,
                                "exports %s; a plugin exports " ENTRY
                                " only: compile with -fvisibility=hidden, declare nothing else as visible, and link C++ with a "
                                "version script (\"{ global: " ENTRY "; local: *; };\")",
                                name);
                if (ELF64_ST_TYPE(symbol[i].st_info) != STT_FUNC)
                        return why_say(why, LOADER_E_SYMBOLS, ENTRY " is not a function");
                entry = true;
        }
        return entry ? 0
                     : why_say(why, LOADER_E_SYMBOLS, "does not export " ENTRY "; define it as <tocsin/plugin.h> declares it");
}

int elf_check(Bytes file, Why *why) {
        Elf e = { .file = file };
        uint64_t dynamic_at = 0, dynamic_n = 0;
        GUARD(read_header(&e, why));
        GUARD(read_segments(&e, &dynamic_at, &dynamic_n, why));
        GUARD(read_dynamic(&e, dynamic_at, dynamic_n, why));
        GUARD(check_needed(&e, why));
        return check_exports(&e, why);
}
