/* Relocations of a loaded plugin, and what they are made to point to: for the conformance kit alone. */
#include "plugin/loader.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__x86_64__)
#define IS_CALL(type) ((type) == R_X86_64_JUMP_SLOT || (type) == R_X86_64_GLOB_DAT || (type) == R_X86_64_64)
#elif defined(__aarch64__)
#define IS_CALL(type) ((type) == R_AARCH64_JUMP_SLOT || (type) == R_AARCH64_GLOB_DAT || (type) == R_AARCH64_ABS64)
#elif defined(__riscv)
#define IS_CALL(type) ((type) == R_RISCV_JUMP_SLOT || (type) == R_RISCV_64)
#else
#define IS_CALL(type) false
#define UNKNOWN_MACHINE 1
#endif

typedef struct Object {
        uintptr_t base;
        const char *strings;
        const Elf64_Sym *symbols;
} Object;

typedef void *Replace(const char *name, void *real);

static void divert(const Object *o, const Elf64_Rela *r, Replace *replace) {
        const char *name = o->strings + o->symbols[ELF64_R_SYM(r->r_info)].st_name;
        if (!IS_CALL(ELF64_R_TYPE(r->r_info)) || o->symbols[ELF64_R_SYM(r->r_info)].st_shndx != SHN_UNDEF)
                return;
        void **slot = (void **)(o->base + r->r_offset); /* NOLINT: an address of the loaded object */
        void *ours = replace(name, *slot);
        if (!ours)
                return;
        uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), from = (uintptr_t)slot / page * page;
        if (mprotect((void *)from, (uintptr_t)(slot + 1) - from, PROT_READ | PROT_WRITE) == 0)
                *slot = ours;
}

static int divert_all(void *so, Replace *replace) {
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
                divert(&o, rela + i, replace);
        for (size_t i = 0; jumps && i < jumps_n; i++)
                divert(&o, jumps + i, replace);
        return 0;
}

int loader_divert(Plugin *ret, const Plugin *p, Replace *replace, Why *why) {
        if (divert_all(p->so, replace) != 0)
                return why_say(why, LOADER_E_ELF, "%s: its calls cannot be followed on this machine", p->path);
        const tocsin_plugin *self = p->entry(TOCSIN_ABI);
        if (!self)
                return why_say(why, LOADER_E_ABI, "%s: asked again, the plugin says it cannot live here", p->path);
        GUARD(loader_adopt(ret, self, why));
        ret->path = p->path;
        ret->so = p->so;
        ret->entry = p->entry;
        memcpy(ret->digest, p->digest, sizeof ret->digest);
        return 0;
}
