/* The door of the room: finds tocsin_store.so, and hands all calls on to it. That stays loaded: a library of C++ with threads is
 * not taken out of a process again. */
#include "store/store.h"

#include <dirent.h>
#include <dlfcn.h>
#include <limits.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "store/engine.h"

/* Told by the environment; or beside a program that still lies in its build folder; or where it is installed. */
static const char *module_path(char ret[PATH_MAX]) {
        static const char build[] = "/runtime/bin/", here[] = "/runtime/store/tocsin_store.so";
        const char *told = getenv("TOCSIN_STORE");
        if (told && *told)
                return told;
        ssize_t n = readlink("/proc/self/exe", ret, PATH_MAX - sizeof here);
        char *slash = n > 0 ? memrchr(ret, '/', (size_t)n) : NULL;
        size_t back = sizeof build - 2;
        if (slash && (size_t)(slash - ret) >= back && memcmp(slash - back, build, back + 1) == 0) {
                strcpy(slash - back, here);
                if (access(ret, R_OK) == 0)
                        return ret;
        }
        return TOCSIN_STORE_MODULE;
}

static int load(const StoreEngine **ret, Why *why) {
        char buf[PATH_MAX] = "";
        const char *path = module_path(buf);
        void *so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        const StoreEngine *e = so ? dlsym(so, ENGINE_SYMBOL) : NULL;
        if (!e)
                return why_say(
                        why, STORE_E_MODULE,
                        "`state.store: disk` needs the module tocsin_store.so, which cannot be loaded (%s): install the package "
                        "tocsin-store, or name the file in TOCSIN_STORE",
                        dlerror());
        if (strcmp(e->build, ENGINE_BUILD) != 0)
                return why_say(why, STORE_E_MODULE,
                               "%s is of another build of Tocsin (%s, not %s): install tocsin and tocsin-store of one version",
                               path, e->build, ENGINE_BUILD);
        *ret = e;
        return 0;
}

int store_there(Why *why) {
        const StoreEngine *e;
        return load(&e, why);
}

int store_cache_new(StoreCache **ret, size_t bytes, Why *why) {
        const StoreEngine *e;
        int r = load(&e, why);
        return r ? r : e->cache_new(ret, bytes);
}

StoreCache *store_cache_free(StoreCache *c) {
        if (c)
                c->engine->cache_free(c);
        return NULL;
}

int store_open(Store **ret, const char *folder, StoreCache *cache, size_t buffer, Why *why) {
        return cache->engine->open(ret, folder, cache, buffer, why);
}

Store *store_close(Store *s) {
        if (s)
                s->engine->close(s);
        return NULL;
}

int store_drop(const char *folder, Why *why) {
        DIR *d = opendir(folder);
        if (!d && errno == ENOENT)
                return 0;
        if (!d && errno == ENOTDIR)
                return unlink(folder) == 0 ? 0 : why_say(why, STORE_E_WAIT, "%s: %s", folder, strerror(errno));
        if (!d)
                return why_say(why, STORE_E_WAIT, "%s: %s", folder, strerror(errno));
        for (struct dirent *e; (e = readdir(d));)
                if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
                        (void)unlinkat(dirfd(d), e->d_name, 0);
        closedir(d);
        return rmdir(folder) == 0 ? 0 : why_say(why, STORE_E_WAIT, "%s: %s", folder, strerror(errno));
}

int store_get(Store *s, Bytes key, Bytes *ret, Why *why) {
        return s->engine->get(s, key, ret, why);
}

void store_put(Store *s, Bytes key, Bytes value) {
        s->engine->put(s, key, value);
}

size_t store_gathered(const Store *s) {
        return s->engine->gathered(s);
}

int store_write(Store *s, Why *why) {
        return s->engine->write(s, why);
}

int store_each(Store *s, Bytes prefix, int (*each)(void *, Bytes, Bytes), void *arg, Why *why) {
        return s->engine->each(s, prefix, each, arg, why);
}

size_t store_bytes(Store *s) {
        return s->engine->bytes(s);
}

size_t store_count(Store *s) {
        return s->engine->count(s);
}
