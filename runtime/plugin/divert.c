/* Relocations of a loaded plugin, and what they are made to point to: for the conformance kit alone. */
#include "plugin/divert.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
#define IS_CALL(type) ((type) == R_X86_64_JUMP_SLOT || (type) == R_X86_64_GLOB_DAT || (type) == R_X86_64_64)
#define IS_CHOICE(type) ((type) == R_X86_64_IRELATIVE)
#elif defined(__aarch64__)
#define IS_CALL(type) ((type) == R_AARCH64_JUMP_SLOT || (type) == R_AARCH64_GLOB_DAT || (type) == R_AARCH64_ABS64)
#define IS_CHOICE(type) ((type) == R_AARCH64_IRELATIVE)
#elif defined(__riscv)
#define IS_CALL(type) ((type) == R_RISCV_JUMP_SLOT || (type) == R_RISCV_64)
#define IS_CHOICE(type) ((type) == R_RISCV_IRELATIVE)
#else
#define IS_CALL(type) false
#define IS_CHOICE(type) false
#define UNKNOWN_MACHINE 1
#endif

typedef struct Object {
        uintptr_t base;
        const char *strings;
        const Elf64_Sym *symbols;
} Object;

static void divert_one(const Object *o, const Elf64_Rela *r, LoaderWatch *watch) {
        const Elf64_Sym *symbol = &o->symbols[ELF64_R_SYM(r->r_info)];
        bool foreign = symbol->st_shndx == SHN_UNDEF;
        watch->chooses |= IS_CHOICE(ELF64_R_TYPE(r->r_info)) || (!foreign && ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC);
        if (!IS_CALL(ELF64_R_TYPE(r->r_info)) || !foreign)
                return;
        void **slot = (void **)(o->base + r->r_offset); /* NOLINT: an address of the loaded object */
        void *ours = watch->replace(o->strings + symbol->st_name, *slot);
        if (!ours)
                return;
        uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)slot / page * page;
        if (mprotect((void *)from, (uintptr_t)(slot + 1) - from, PROT_READ | PROT_WRITE) == 0)
                *slot = ours;
}

/* From the first page of code to the last, of the object whose segments begin at `base`. */
typedef struct Code {
        uintptr_t base, from, to;
} Code;
static int find_code(struct dl_phdr_info *info, size_t n, void *arg) {
        Code *code = arg;
        (void)n;
        for (unsigned i = 0; info->dlpi_addr == code->base && i < info->dlpi_phnum; i++) {
                const Elf64_Phdr *p = &info->dlpi_phdr[i];
                if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
                        continue;
                uintptr_t from = code->base + p->p_vaddr, to = from + p->p_memsz;
                code->from = code->to == 0 || from < code->from ? from : code->from;
                code->to = to > code->to ? to : code->to;
        }
        return info->dlpi_addr == code->base;
}

int divert(void *so, LoaderWatch *watch) {
#ifdef UNKNOWN_MACHINE
        return -ENOSYS;
#endif
        struct link_map *map = NULL;
        if (dlinfo(so, RTLD_DI_LINKMAP, &map) != 0)
                return -ENOSYS;
        Object o = { .base = map->l_addr };
        const Elf64_Rela *rela = NULL, *jumps = NULL;
        size_t rela_n = 0, jumps_n = 0;
        for (const Elf64_Dyn *d = map->l_ld; d->d_tag != DT_NULL; d++) {
                uintptr_t at = d->d_un.d_ptr < o.base ? d->d_un.d_ptr + o.base : d->d_un.d_ptr;
                switch (d->d_tag) {
                case DT_STRTAB:
                        o.strings = (const char *)at;
                        break;
                case DT_SYMTAB:
                        o.symbols = (const Elf64_Sym *)at;
                        break;
                case DT_RELA:
                        rela = (const Elf64_Rela *)at;
                        break;
                case DT_RELASZ:
                        rela_n = d->d_un.d_val / sizeof *rela;
                        break;
                case DT_JMPREL:
                        jumps = (const Elf64_Rela *)at;
                        break;
                case DT_PLTRELSZ:
                        jumps_n = d->d_un.d_val / sizeof *jumps;
                        break;
                default:
                        break;
                }
        }
        for (size_t i = 0; rela && i < rela_n; i++)
                divert_one(&o, rela + i, watch);
        for (size_t i = 0; jumps && i < jumps_n; i++)
                divert_one(&o, jumps + i, watch);
        Code code = { .base = o.base };
        dl_iterate_phdr(find_code, &code);
        watch->begin((const void *)code.from, code.to - code.from); /* NOLINT: an address of the loaded object */
        return 0;
}
