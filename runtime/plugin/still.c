/* The entries of the dynamic segment that make the loader call constructors: told apart, and told later. */
#include "plugin/still.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <unistd.h>

/* Where virtual address `at` lies in the file; SIZE_MAX: nowhere. */
static size_t offset_of(const uint8_t *file, size_t n, uint64_t at) {
        const Elf64_Ehdr *h = (const Elf64_Ehdr *)file;
        const Elf64_Phdr *p = (const Elf64_Phdr *)(file + h->e_phoff);
        for (unsigned i = 0; i < h->e_phnum; i++)
                if (p[i].p_type == PT_LOAD && at >= p[i].p_vaddr && at - p[i].p_vaddr < p[i].p_filesz)
                        return p[i].p_offset + (at - p[i].p_vaddr) < n ? p[i].p_offset + (at - p[i].p_vaddr) : SIZE_MAX;
        return SIZE_MAX;
}

Still still_make(uint8_t *file, size_t n) {
        const Elf64_Ehdr *h = (const Elf64_Ehdr *)file;
        const Elf64_Phdr *p = (const Elf64_Phdr *)(file + h->e_phoff);
        Still s = { 0 };
        size_t at = SIZE_MAX, entries = 0;
        for (unsigned i = 0; i < h->e_phnum; i++)
                if (p[i].p_type == PT_DYNAMIC) {
                        at = offset_of(file, n, p[i].p_vaddr);
                        entries = p[i].p_memsz / sizeof(Elf64_Dyn);
                }
        if (at == SIZE_MAX)
                return s;
        for (Elf64_Dyn *d = (Elf64_Dyn *)(file + at); entries > 0 && d->d_tag != DT_NULL; d++, entries--) {
                if (d->d_tag == DT_INIT) {
                        s.init = d->d_un.d_ptr;
                        d->d_tag = DT_BIND_NOW; /* which it is anyway */
                } else if (d->d_tag == DT_INIT_ARRAY) {
                        s.array = d->d_un.d_ptr;
                } else if (d->d_tag == DT_INIT_ARRAYSZ) {
                        s.n = d->d_un.d_val / sizeof(uintptr_t);
                        d->d_un.d_val = 0;
                }
        }
        return s;
}

typedef void Constructor(int argc, char **argv, char **envp);

void still_wake(void *so, const Still *s) {
        static char *none[] = { NULL };
        struct link_map *map = NULL;
        if (dlinfo(so, RTLD_DI_LINKMAP, &map) != 0)
                return;
        if (s->init)
                ((Constructor *)(map->l_addr + s->init))(0, none, environ); /* NOLINT: an address of the loaded object */
        Constructor *const *each = (Constructor *const *)(map->l_addr + s->array); /* NOLINT: as above */
        for (uint64_t i = 0; s->array && i < s->n; i++)
                each[i](0, none, environ);
}
