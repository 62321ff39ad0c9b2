/* File -> sealed memory -> checked as ELF -> mapped -> checked descriptor. */
#include "plugin/loader.h"

#include "plugin/elf_check.h"
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

/* The file's bytes in memory that nobody, not even we, can change any more. */
static int read_sealed(const char *path, int *ret, size_t *ret_size, Why *why) {
        _cleanup_(closep) int in = -1;
        size_t size = 0, at = 0;
        GUARD(open_file(path, &in, &size, why));
        _cleanup_(closep) int fd = memfd_create("tocsin-plugin", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        if (fd < 0)
                return why_say(why, -errno, "%s: no memory to load it into: %s", path, strerror(errno));
        while (at < size) {
                uint8_t piece[65536];
                ssize_t n = pread(in, piece, size - at < sizeof piece ? size - at : sizeof piece, (off_t)at);
                if (n <= 0)
                        return why_say(why, LOADER_E_FILE, "%s: %s", path,
                                       n < 0 ? strerror(errno) : "became shorter while it was read");
                for (ssize_t done = 0, w; done < n; done += w)
                        if ((w = write(fd, piece + done, (size_t)(n - done))) < 0)
                                return why_say(why, -errno, "%s: no memory to load it into: %s", path, strerror(errno));
                at += (size_t)n;
        }
        if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
                return why_say(why, -errno, "%s: cannot seal it: %s", path, strerror(errno));
        *ret_size = size;
        *ret = fd;
        fd = -1;
        return 0;
}

/* The library is found by the name of its descriptor's path, and glibc takes two equal names for one library: so the
 * descriptor stays open as long as the process lives, and no later plugin can be given the same number. */
static int load(int fd, const char *path, Plugin *ret, Why *why) {
        char name[64];
        const tocsin_plugin *(*entry)(uint32_t);
        snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
        void *so = dlopen(name, RTLD_NOW | RTLD_LOCAL);
        if (!so)
                return why_say(why, LOADER_E_ELF, "%s: %s", path, dlerror());
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

static int open_path(const Plugin **ret, const char *path, const char *name, Why *why) {
        Plugin p = { 0 };
        Bytes bytes = BYTES_NULL;
        size_t size = 0;
        _cleanup_(closep) int fd = -1;
        GUARD(read_sealed(path, &fd, &size, why));
        int r = map_sealed(fd, size, &bytes);
        if (r != 0)
                return why_say(why, r, "%s: no memory to load it into: %s", path, strerror(-r));
        uint8_t digest[DIGEST_LEN];
        digest_sha256(bytes, digest);
        r = elf_check(bytes, why);
        munmap((void *)(uintptr_t)bytes.ptr, bytes.len);
        if (r != 0)
                return why_in(why, r, "%s", path);
        r = load(fd, path, &p, why);
        fd = -1; /* from dlopen on it stays open */
        GUARD(r);
        if (name && strcmp(name, p.self.name) != 0)
                return why_say(why, LOADER_E_LINT, "%s: the plugin inside calls itself '%s'; rename the file", path, p.self.name);
        memcpy(p.digest, digest, sizeof digest);
        return keep(&p, path, ret);
}

int loader_open(const Plugin **ret, const char *folder, const char *name, Why *why) {
        char path[4096];
        if (strchr(name, '/'))
                return open_path(ret, name, NULL, why);
        if (!folder || snprintf(path, sizeof path, "%s/%s.so", folder, name) >= (int)sizeof path)
                return why_say(why, LOADER_E_FILE, "%s: no folder of plugins is given, or its path is too long", name);
        return open_path(ret, path, name, why);
}
