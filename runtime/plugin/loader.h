/* From a file to a checked descriptor. [main]
 *
 * The file is read once into a sealed memfd and loaded from there, so that the bytes looked at are the bytes that run.
 * Before any of its code runs it is checked as ELF: shared object of this machine, exactly one exported symbol
 * (tocsin_plugin_entry), no RPATH or RUNPATH, only allowed libraries needed (libc, libm, the dynamic loader). */
#pragma once

#include "core/error.h"
#include "core/cleanup.h"
#include "seal/digest.h"

typedef struct Plugin {
        tocsin_plugin self;          /* the descriptor, cut or filled up to our size */
        const tocsin_port *port[32]; /* LIMIT_PORTS copies, each filled up to our size */
        const tocsin_metric *metric[256];
        const char *path;            /* where it was read */
        uint8_t digest[DIGEST_LEN];  /* of the bytes that run */
        void *so;                    /* the loaded object; NULL: adopted, not loaded */
        const tocsin_plugin *(*entry)(uint32_t host_abi);
} Plugin;

enum {
        LOADER_E_FILE = 1,           /* cannot be read, not a regular file, writable by others */
        LOADER_E_ELF = 2,            /* not a shared object for this machine, or damaged */
        LOADER_E_SYMBOLS = 3,        /* exports something else than tocsin_plugin_entry, or not that */
        LOADER_E_NEEDS = 4,          /* needs a library that is not allowed, or has RPATH or RUNPATH */
        LOADER_E_ABI = 5,            /* other major, or needs a newer host; both numbers in *why */
        LOADER_E_LINT = 6            /* descriptor breaks a rule of plugin.h; *why says which */
};
/* name: a name (looked for as NAME.so in `folder`) or a path with a '/'. Stays loaded until the process ends. */
int loader_open(const Plugin **ret, const char *folder, const char *name, Why *why);
/* The rules of plugin.h on a descriptor alone (also for a plugin linked into a test). 0 | LOADER_E_ABI | LOADER_E_LINT.
 * On 0 *ret is filled from it. */
int loader_adopt(Plugin *ret, const tocsin_plugin *self, Why *why);

/* For the conformance kit: the plugin of a path, watched from its first instruction on. The bytes that were checked are mapped
 * with their constructors (DT_INIT, DT_INIT_ARRAY) taken out of the dynamic segment; then each address of a foreign function
 * that the plugin would call is offered to replace(), and what it answers instead of NULL takes its place; then begin() is
 * told where the plugin's code lies; only then do the constructors run, by our hand, and its descriptor is asked for. What runs
 * earlier still are functions that choose functions (STT_GNU_IFUNC, target_clones): `chooses` says that there are some.
 * 0: *ret | LOADER_E_… | -errno */
typedef struct LoaderWatch {
        void *(*replace)(const char *name, void *real);
        void (*begin)(const void *code, size_t n);
        bool chooses;
} LoaderWatch;
int loader_watch(Plugin *ret, const char *path, LoaderWatch *watch, Why *why);
