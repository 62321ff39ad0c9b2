/* A table on disk is what one in memory is; what lies there is a whole commit or is not believed, whatever happened. */
#include "core/cleanup.h"
#include "core/limits.h"
#include "state/table.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#define SPACES 3

static char folder[64], within[80];
static StoreCache *cache;
static uint64_t rng;

static uint32_t draw(uint32_t n) {
        rng = rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)(rng >> 33) % n;
}

static void begin(void) {
        const char *z = getenv("TOCSIN_SEED");
        rng = z ? strtoull(z, NULL, 0) : (uint64_t)time(NULL);
        fprintf(stderr, "# TOCSIN_SEED=%lu\n", (unsigned long)rng);
        snprintf(folder, sizeof folder, "%s/tocsin-disk-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
        cr_assert_not_null(mkdtemp(folder));
        snprintf(within, sizeof within, "%s/0", folder);
        setenv("TOCSIN_STORE", STORE_MODULE, 0);
        cr_assert_eq(store_cache_new(&cache, 1 << 20, NULL), 0);
}
static void end(void) {
        Why why;
        cr_assert_eq(store_drop(within, &why), 0, "%s", why.text);
        cr_assert_eq(rmdir(folder), 0);
        store_cache_free(cache);
}

static int open_table(Table **ret, size_t max) {
        Why why = { 0 };
        if (table_new(ret, max) != 0)
                abort();
        int r = table_attach(*ret, within, cache, 64 << 10, &why);
        if (r != 0)
                *ret = table_free(*ret);
        return r;
}

static Bytes key_of(uint32_t k, char *buf) {
        return bytes_of(buf, (size_t)sprintf(buf, "key-%u", k));
}
static Bytes value_of(uint32_t v, char *buf) {
        size_t n = v % 301;
        for (size_t i = 0; i < n; i++)
                buf[i] = (char)(v + i);
        return bytes_of(buf, n);
}

/* Everything of it as one number that depends on the order. */
static int mix(void *arg, Bytes key, Bytes value) {
        uint64_t *h = arg;
        for (size_t i = 0; i < key.len; i++)
                *h = (*h ^ key.ptr[i]) * UINT64_C(1099511628211);
        *h = (*h ^ value.len) * UINT64_C(1099511628211);
        for (size_t i = 0; i < value.len; i++)
                *h = (*h ^ value.ptr[i]) * UINT64_C(1099511628211);
        return 0;
}
static int mix_change(void *arg, TableSpace space, Bytes key, Bytes value) {
        *(uint64_t *)arg += (uint64_t)space + (value.ptr != NULL);
        return mix(arg, key, value);
}
static uint64_t whole(Table *t, const char *prefix) {
        uint64_t h = 1;
        for (int s = 0; s < SPACES; s++)
                if (table_scan(t, (TableSpace)s, bytes_z(prefix), mix, &h) != 0)
                        return 0;
        return h;
}

static void change(Table *t, uint32_t space, uint32_t key, uint32_t value) {
        char name[32], buf[512];
        int r = value ? table_put(t, (TableSpace)space, key_of(key, name), value_of(value, buf))
                      : table_del(t, (TableSpace)space, key_of(key, name));
        if (r != 0)
                abort(); /* in a child nobody hears an assertion */
}

static void compare(Table *m, Table *d) {
        char name[32];
        Bytes a, b;
        uint64_t x = 1, y = 1;
        for (uint32_t s = 0; s < SPACES; s++)
                for (uint32_t k = 0; k < 60; k++) {
                        table_get(m, (TableSpace)s, key_of(k, name), &a);
                        table_get(d, (TableSpace)s, key_of(k, name), &b);
                        cr_assert(bytes_eq(a, b) && !a.ptr == !b.ptr, "space %u key %u", s, k);
                }
        cr_assert_eq(whole(m, ""), whole(d, ""));
        cr_assert_eq(whole(m, "key-1"), whole(d, "key-1"));
        cr_assert_eq(table_changes(m, mix_change, &x), 0);
        cr_assert_eq(table_changes(d, mix_change, &y), 0);
        cr_assert_eq(x, y, "what goes to the changelog differs");
}

Test(disk, a_table_on_disk_is_what_one_in_memory_is_over_random_operations_and_lives, .init = begin, .fini = end) {
        Table *d = NULL, *m = NULL;
        cr_assert_eq(table_new(&m, 1 << 20), 0);
        cr_assert_eq(open_table(&d, 16000), 0);
        for (int step = 0; step < 6000; step++) {
                uint32_t s = draw(SPACES), k = draw(60), what = draw(1000), v = what < 600 ? 1 + draw(5000) : 0;
                if (what < 900) {
                        change(m, s, k, v);
                        change(d, s, k, v);
                } else if (what < 950) {
                        cr_assert_eq(table_commit(m), 0);
                        cr_assert_eq(table_commit(d), 0);
                } else if (what < 994) {
                        table_rollback(m);
                        table_rollback(d);
                } else {
                        table_rollback(m);
                        d = table_free(d);
                        cr_assert_eq(open_table(&d, 16000), 0);
                }
                table_trim(d);
                if (what >= 880)
                        compare(m, d);
        }
        table_free(m);
        table_free(d);
}

/* ---- kill -9 ---- */

static uint64_t turn(Table *t, uint32_t n, bool hash) {
        rng = n;
        for (int i = 0; i < 40; i++)
                change(t, draw(2) + 1, draw(300), draw(4) ? 1 + draw(5000) : 0);
        table_mark(t, bytes_of(&n, sizeof n));
        if (table_commit(t) != 0)
                abort();
        return hash ? whole(t, "") : 0;
}

static bool is_a_commit(uint32_t last) {
        Table *t = NULL, *m = NULL;
        uint32_t n = 0;
        if (open_table(&t, 80000) != 0 || table_new(&m, 4 << 20) != 0)
                return false;
        Bytes mark = table_marked(t);
        if (mark.ptr)
                memcpy(&n, mark.ptr, sizeof n);
        for (uint32_t i = 1; i <= n; i++)
                turn(m, i, false);
        bool same = n <= last + 1 && whole(t, "") == whole(m, "");
        table_free(t);
        table_free(m);
        return same;
}

Test(disk, after_a_kill_at_any_moment_it_is_one_of_its_commits_whole, .init = begin, .fini = end) {
        enum { TURNS = 2000, KILLS = 10 };
        _Atomic uint32_t *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        uint64_t seed = rng;
        for (uint32_t k = 0; k < KILLS; k++) {
                Why why;
                cr_assert_eq(store_drop(within, &why), 0);
                atomic_store(at, 0);
                pid_t pid = fork();
                if (pid == 0) {
                        Table *t = NULL;
                        if (open_table(&t, 80000) != 0)
                                abort();
                        for (uint32_t n = 1; n <= TURNS; n++) {
                                turn(t, n, false);
                                atomic_store(at, n);
                        }
                        for (;;)
                                pause();
                }
                rng = seed + k;
                uint32_t until = 1 + draw(TURNS - 1);
                while (atomic_load(at) < until)
                        usleep(200);
                kill(pid, SIGKILL);
                waitpid(pid, NULL, 0);
                pid = fork(); /* RocksDB's threads do not come along: this process never opens a store */
                if (pid == 0)
                        _exit(is_a_commit(atomic_load(at)) ? 0 : 1);
                int status = 0;
                waitpid(pid, &status, 0);
                cr_assert_eq(status, 0, "killed at %u (TOCSIN_SEED=%lu, kill %u)", atomic_load(at), (unsigned long)seed, k);
        }
}

/* ---- damage ---- */

static void hurt(void) {
        char path[400];
        DIR *d = opendir(within);
        int n = 0, pick = (int)draw(7);
        for (struct dirent *e; (e = readdir(d));) {
                if (e->d_name[0] == '.' || !strcmp(e->d_name, "LOCK") || n++ != pick)
                        continue;
                snprintf(path, sizeof path, "%s/%s", within, e->d_name);
                struct stat s;
                int fd = open(path, O_RDWR);
                cr_assert(fd >= 0 && fstat(fd, &s) == 0);
                uint8_t b = (uint8_t)draw(256);
                off_t where = s.st_size ? (off_t)draw((uint32_t)s.st_size) : 0;
                if (draw(3) == 0)
                        cr_assert_eq(ftruncate(fd, where), 0);
                else
                        cr_assert_eq(pwrite(fd, &b, 1, where), 1);
                close(fd);
        }
        closedir(d);
}

/* A list of files that is cut is that of an earlier moment: an earlier commit, whole, whose mark says so. */
Test(disk, what_is_damaged_is_found_out_or_is_one_of_its_commits, .init = begin, .fini = end) {
        int found = 0, rounds = 60;
        for (int i = 0; i < rounds; i++) {
                Table *t = NULL;
                Why why = { 0 };
                uint64_t was[31] = { 0 }, is;
                uint32_t mark = 0;
                cr_assert_eq(store_drop(within, &why), 0);
                cr_assert_eq(open_table(&t, 80000), 0);
                uint64_t keep = rng;
                for (uint32_t n = 1; n <= 30; n++)
                        was[n] = turn(t, n, true);
                t = table_free(t);
                rng = keep;
                hurt();
                int r = open_table(&t, 80000);
                cr_assert(r == 0 || r == STORE_E_DOUBT, "%d", r);
                is = r ? 0 : whole(t, "");
                bool sound = r == 0 && table_sound(t, &why) == 0 && table_marked(t).ptr;
                if (sound)
                        memcpy(&mark, table_marked(t).ptr, sizeof mark);
                cr_assert(mark <= 30 && (!sound || is == was[mark]), "round %d: it looks sound and is no commit", i);
                found += !sound;
                table_free(t);
        }
        cr_assert(found > rounds / 8, "%d", found);
}

/* ---- larger than memory ---- */

static size_t resident(void) {
        size_t pages = 0;
        FILE *f = fopen("/proc/self/statm", "r");
        cr_assert_eq(fscanf(f, "%*u %zu", &pages), 1);
        fclose(f);
        return pages * 4096;
}

Test(disk, a_table_of_many_times_the_memory_takes_no_more_than_its_share, .init = begin, .fini = end) {
        Table *t = NULL;
        char name[32], value[3000];
        size_t before = 0;
        cr_assert_eq(open_table(&t, 4 << 20), 0);
        for (uint32_t k = 0; k < 25000; k++) {
                memset(value, (int)k, sizeof value);
                cr_assert_eq(table_put(t, SPACE_USER, key_of(k, name), bytes_of(value, sizeof value)), 0);
                if (k % 500 == 499)
                        cr_assert_eq(table_commit(t), 0);
                if (k == 5000)
                        before = resident();
        }
        if (MEASURES_MEMORY)
                cr_assert(resident() < before + (24u << 20), "%zu MiB more", (resident() - before) >> 20);
        cr_assert(table_bytes(t) <= 4u << 20);
        for (uint32_t i = 0; i < 2000; i++) {
                uint32_t k = draw(25000);
                Bytes got;
                table_get(t, SPACE_USER, key_of(k, name), &got);
                memset(value, (int)k, sizeof value);
                cr_assert(bytes_eq(got, bytes_of(value, sizeof value)), "key %u", k);
                table_trim(t);
        }
        table_free(t);
}
