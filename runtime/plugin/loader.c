/* File -> sealed memory -> checked as ELF -> mapped -> checked descriptor. */
#include "plugin/loader.h"

#include "plugin/divert.h"
#include "plugin/elf_check.h"
#include "plugin/still.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PLUGIN_FILE_MAX (64u << 20) /* ours are under 1 MiB; a large foreign one with its debug information fits */

static int map_sealed(int fd, size_t n, Bytes *ret) {
        void *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED)
                return -errno;
        *ret = bytes_of(p, n);
        return 0;
}

static int open_file(const char *path, int *ret, size_t *size, Why *why) {
        struct stat st;
        _cleanup_(closep) int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
        if (fd < 0 && errno == ELOOP)
                return why_say(why, LOADER_E_FILE, "%s: a symbolic link; name the file it points to", path);
        if (fd < 0)
                return why_say(why, LOADER_E_FILE, "%s: %s", path, strerror(errno));
        if (fstat(fd, &st) != 0)
                return why_say(why, LOADER_E_FILE, "%s: %s", path, strerror(errno));
        if (!S_ISREG(st.st_mode))
                return why_say(why, LOADER_E_FILE, "%s: not a regular file", path);
        if ((st.st_mode & S_IWOTH) || ((st.st_mode & S_IWGRP) && st.st_gid != 0 && st.st_gid != getegid()))
                return why_say(why, LOADER_E_FILE, "%s: others may write to it (mode %03o); chmod go-w", path, st.st_mode & 0777);
        if (st.st_size <= 0 || st.st_size > (off_t)PLUGIN_FILE_MAX)
                return why_say(why, LOADER_E_FILE, "%s: %lld bytes; a plugin has 1 to %u", path, (long long)st.st_size,
                               PLUGIN_FILE_MAX);
        *size = (size_t)st.st_size;
        *ret = fd;
        fd = -1;
        return 0;
}

static int seal(int fd, const char *path, Why *why) {
        if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
                return why_say(why, -errno, "%s: cannot seal it: %s", path, strerror(errno));
        return 0;
}

static int new_memory(const char *path, int *ret, Why *why) {
        int fd = memfd_create("tocsin-plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0)
                return why_say(why, -errno, "%s: no memory to load it into: %s", path, strerror(errno));
        *ret = fd;
        return 0;
}

static int append(int fd, const void *piece, size_t n, const char *path, Why *why) {
        for (ssize_t done = 0, w; done < (ssize_t)n; done += w)
                if ((w = write(fd, (const uint8_t *)piece + done, n - (size_t)done)) < 0)
                        return why_say(why, -errno, "%s: no memory to load it into: %s", path, strerror(errno));
        return 0;
}

/* The file's bytes in memory that nobody, not even we, can change any more. */
static int read_sealed(const char *path, int *ret, size_t *ret_size, Why *why) {
        _cleanup_(closep) int in = -1, fd = -1;
        size_t size = 0, at = 0;
        GUARD(open_file(path, &in, &size, why));
        GUARD(new_memory(path, &fd, why));
        while (at < size) {
                uint8_t piece[65536];
                ssize_t n = pread(in, piece, size - at < sizeof piece ? size - at : sizeof piece, (off_t)at);
                if (n <= 0)
                        return why_say(why, LOADER_E_FILE, "%s: %s", path,
                                       n < 0 ? strerror(errno) : "became shorter while it was read");
                GUARD(append(fd, piece, (size_t)n, path, why));
                at += (size_t)n;
        }
        GUARD(seal(fd, path, why));
        *ret_size = size;
        *ret = fd;
        fd = -1;
        return 0;
}

/* The library is found by the name of its descriptor's path, and glibc takes two equal names for one library: so the
 * descriptor stays open as long as the process lives, and no later plugin can be given the same number. */
static int load(int fd, const char *path, void **ret, Why *why) {
        char name[64];
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        void *so = dlopen(name, RTLD_NOW | RTLD_LOCAL);
        if (!so)
                return why_say(why, LOADER_E_ELF, "%s: %s", path, dlerror());
        *ret = so;
        return 0;
}

/* Its descriptor, as it gives it to a host of ours. */
static int ask(void *so, const char *path, Plugin *ret, Why *why) {
        const tocsin_plugin *(*entry)(uint32_t);
        *(void **)&entry = dlsym(so, "tocsin_plugin_entry");
        if (!entry)
                return why_say(why, LOADER_E_SYMBOLS, "%s: %s", path, dlerror());
        const tocsin_plugin *self = entry(TOCSIN_ABI);
        if (!self)
                return why_say(why, LOADER_E_ABI, "%s: the plugin says it cannot live in a host of ABI %u.%u", path,
                               TOCSIN_ABI >> 16, TOCSIN_ABI & 0xffff);
        int r = loader_adopt(ret, self, why);
        if (r != 0)
                return why_in(why, r, "%s", path);
        ret->so = so;
        ret->entry = entry;
        return 0;
}

/* A loaded plugin is for ever, and for reading only: pages of its own, its path behind it. */
static int keep(const Plugin *p, const char *path, const Plugin **ret) {
        size_t n = strlen(path) + 1;
        Plugin *mine = mmap(NULL, sizeof *mine + n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (mine == MAP_FAILED)
                return -errno;
        *mine = *p;
        mine->path = memcpy(mine + 1, path, n);
        (void)mprotect(mine, sizeof *mine + n, PROT_READ);
        *ret = mine;
        return 0;
}

/* The checked bytes of a path, and a descriptor of them. */
static int read_checked(const char *path, int *ret, Bytes *ret_bytes, Why *why) {
        _cleanup_(closep) int fd = -1;
        Bytes bytes = BYTES_NULL;
        size_t size = 0;
        GUARD(read_sealed(path, &fd, &size, why));
        int r = map_sealed(fd, size, &bytes);
        if (r != 0)
                return why_say(why, r, "%s: no memory to load it into: %s", path, strerror(-r));
        r = elf_check(bytes, why);
        if (r != 0) {
                munmap((void *)(uintptr_t)bytes.ptr, bytes.len);
                return why_in(why, r, "%s", path);
        }
        *ret_bytes = bytes;
        *ret = fd;
        fd = -1;
        return 0;
}

static int open_path(const Plugin **ret, const char *path, const char *name, Why *why) {
        Plugin p = { 0 };
        Bytes bytes = BYTES_NULL;
        uint8_t digest[DIGEST_LEN];
        void *so = NULL;
        int fd = -1;
        GUARD(read_checked(path, &fd, &bytes, why));
        digest_sha256(bytes, digest);
        munmap((void *)(uintptr_t)bytes.ptr, bytes.len);
        GUARD(load(fd, path, &so, why)); /* from dlopen on the descriptor stays open */
        GUARD(ask(so, path, &p, why));
        if (name && strcmp(name, p.self.name) != 0)
                return why_say(why, LOADER_E_LINT, "%s: the plugin inside calls itself '%s'; rename the file", path, p.self.name);
        memcpy(p.digest, digest, sizeof digest);
        return keep(&p, path, ret);
}

/* A copy without constructors, mapped. */
static int load_still(Bytes bytes, const char *path, Still *still, void **ret, Why *why) {
        _cleanup_(freep) uint8_t *copy = malloc(bytes.len);
        int fd = -1;
        if (!copy)
                return -ENOMEM;
        memcpy(copy, bytes.ptr, bytes.len);
        *still = still_make(copy, bytes.len);
        GUARD(new_memory(path, &fd, why));
        int r = append(fd, copy, bytes.len, path, why);
        if (r == 0)
                r = seal(fd, path, why);
        if (r != 0)
                close(fd);
        return r != 0 ? r : load(fd, path, ret, why);
}

int loader_watch(Plugin *ret, const char *path, LoaderWatch *watch, Why *why) {
        Bytes bytes = BYTES_NULL;
        _cleanup_(closep) int fd = -1;
        Still still;
        void *so = NULL;
        GUARD(read_checked(path, &fd, &bytes, why));
        int r = load_still(bytes, path, &still, &so, why);
        uint8_t digest[DIGEST_LEN];
        digest_sha256(bytes, digest);
        munmap((void *)(uintptr_t)bytes.ptr, bytes.len);
        GUARD(r);
        if (divert(so, watch) != 0)
                return why_say(why, LOADER_E_ELF, "%s: its calls cannot be followed on this machine", path);
        still_wake(so, &still);
        GUARD(ask(so, path, ret, why));
        ret->path = path;
        memcpy(ret->digest, digest, sizeof ret->digest);
        return 0;
}

int loader_open(const Plugin **ret, const char *folder, const char *name, Why *why) {
        char path[4096];
        if (strchr(name, '/'))
                return open_path(ret, name, NULL, why);
        if (!folder || snprintf(path, sizeof path, "%s/%s.so", folder, name) >= (int)sizeof path)
                return why_say(why, LOADER_E_FILE, "%s: no folder of plugins is given, or its path is too long", name);
        return open_path(ret, path, name, why);
}
