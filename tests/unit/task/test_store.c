/* Workers whose tables lie on disk: a store that cannot be believed is left, with one line that says why, and state is the
 * changelog's; no room is waited out; whatever lies on disk after a kill, the next life is as one that never had a store. */
#include "rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define T(r) ((r)->clock.now_us)
#define MARK_KEY bytes_of("\xff", 1)

static int heard = -1; /* what the worker logs */

static void feed(Rig *r, int from, int to) {
        for (int i = from; i < to; i++) {
                char key[16];
                snprintf(key, sizeof key, "key-%d", i % 7);
                rig_put(r, key, T(r), i, "", -1);
        }
}

static void begin(Rig *r) {
        unsetenv("RIG_STORE");
        rig_init(r, &rig_counter, 1, 1);
        rig_on_disk(r);
        if (heard < 0)
                heard = memfd_create("log", MFD_CLOEXEC);
        log_setup(heard, false, false, LOG_WARN, "rig");
}

static void stop(Rig *r) {
        r->worker[0] = worker_free(r->worker[0]);
}

/* How often stores were left since the last call, and why. */
static unsigned left(char because[256]) {
        char text[4096];
        unsigned n = 0;
        ssize_t len = pread(heard, text, sizeof text - 1, 0);
        text[len > 0 ? len : 0] = 0;
        because[0] = 0;
        for (char *at = text; (at = strstr(at, "the store on disk is left")); at++, n++)
                if (strstr(at, "because"))
                        snprintf(because, 256, "%.200s", strstr(at, "because"));
        (void)!ftruncate(heard, 0);
        lseek(heard, 0, SEEK_SET);
        return n;
}

static void path_of(const Rig *r, const char *name, char ret[400]) {
        snprintf(ret, 400, "%s/test.rig.0/0%s%s", r->stores, *name ? "/" : "", name);
}

/* ---- what is not believed ------------------------------------------------------------------------------- */

typedef struct DiskMark {
        uint32_t format;
        int64_t from, seen_us;
        char whose[];
} __attribute__((packed)) DiskMark; /* as disk.c writes it */

typedef enum Wrong { SOUND, OTHER_CHANGELOG, OTHER_FORMAT, TOO_OLD, OF_THE_FUTURE, NO_MARK, CUT_MARK } Wrong;

static void write_mark(const Rig *r, Wrong how) {
        StoreCache *cache = NULL;
        Store *s = NULL;
        Bytes is;
        union {
                DiskMark m;
                uint8_t bytes[TABLE_MARK_MAX];
        } u;
        char path[400];
        path_of(r, "", path);
        cr_assert_eq(store_cache_new(&cache, 1 << 20, NULL), 0);
        cr_assert_eq(store_open(&s, path, cache, 64 << 10, NULL), 0);
        cr_assert_eq(store_get(s, MARK_KEY, &is, NULL), 0);
        cr_assert(is.ptr && is.len > sizeof u.m);
        size_t len = is.len;
        memcpy(u.bytes, is.ptr, len);
        u.m.format += how == OTHER_FORMAT;
        u.m.seen_us += how == TOO_OLD ? -INT64_C(13) * 3600000000 : how == OF_THE_FUTURE ? INT64_C(13) * 3600000000 : 0;
        u.m.whose[3] ^= how == OTHER_CHANGELOG;
        store_put(s, MARK_KEY, how == NO_MARK ? BYTES_NULL : bytes_of(u.bytes, how == CUT_MARK ? 7 : len));
        cr_assert_eq(store_write(s, NULL), 0);
        store_close(s);
        store_cache_free(cache);
}

/* A new life says so once, has the changelog's state, goes on, and its store is believed by the one after it. */
static void refused(Rig *r, const char *want, const char *why) {
        char because[256];
        rig_start(r, 0);
        rig_settle(r);
        unsigned lines = left(because);
        cr_assert_eq(lines, why ? 1u : 0u, "%u lines, %s", lines, because);
        cr_assert(!why || strstr(because, why), "`%s` is not said: %s", why, because);
        char *got = rig_dump(r, true);
        cr_assert_str_eq(got, want);
        free(got);
        feed(r, 500, 510);
        rig_drain(r);
        got = rig_dump(r, true);
        stop(r);
        rig_start(r, 0);
        rig_settle(r);
        char *again = rig_dump(r, true);
        cr_assert_str_eq(again, got);
        cr_assert_eq(left(because), 0u, "%s", because);
        free(got);
        free(again);
}

/* The log says the same once in a while only: so each in a process of its own. */
static void marked(Wrong how, const char *why) {
        Rig r;
        begin(&r);
        rig_start(&r, 0);
        feed(&r, 0, 40);
        rig_drain(&r);
        char *want = rig_dump(&r, true);
        stop(&r);
        write_mark(&r, how);
        refused(&r, want, why);
        free(want);
        rig_deinit(&r);
}

#define MARKED(name, how, why)    \
        Test(store, name) {       \
                marked(how, why); \
        }
MARKED(one_that_is_sound_is_believed, SOUND, NULL)
MARKED(one_of_another_changelog_is_left_with_one_line, OTHER_CHANGELOG, "of another changelog")
MARKED(one_of_another_format_is_left_with_one_line, OTHER_FORMAT, "another version of Tocsin")
MARKED(one_that_is_too_old_is_left_with_one_line, TOO_OLD, "nothing for half a day")
MARKED(one_of_the_future_is_left_with_one_line, OF_THE_FUTURE, "nothing for half a day")
MARKED(one_without_a_mark_is_left_with_one_line, NO_MARK, "not whole")
MARKED(one_with_half_a_mark_is_left_with_one_line, CUT_MARK, "not whole")

static void cut(const char *name) {
        Rig r;
        char path[400], file[700];
        int n = 0;
        begin(&r);
        rig_start(&r, 0);
        feed(&r, 0, 40);
        rig_drain(&r);
        char *want = rig_dump(&r, true);
        stop(&r);
        path_of(&r, "", path);
        DIR *d = opendir(path);
        for (struct dirent *e; (e = readdir(d));)
                if (strstr(e->d_name, name)) {
                        snprintf(file, sizeof file, "%s/%s", path, e->d_name);
                        cr_assert_eq(truncate(file, 9), 0);
                        n++;
                }
        closedir(d);
        cr_assert(n > 0, "there is no %s", name);
        refused(&r, want, "");
        free(want);
        rig_deinit(&r);
}

#define CUT(name, file)     \
        Test(store, name) { \
                cut(file);  \
        }
CUT(one_whose_tables_are_cut_is_left_with_one_line, ".sst")
CUT(one_whose_list_of_files_is_cut_is_left_with_one_line, "MANIFEST")
CUT(one_whose_name_of_the_list_is_cut_is_left_with_one_line, "CURRENT")

static void one_more(Rig *r, int n) {
        for (int i = 0; i < n; i++) {
                feed(r, 90 + i, 91 + i);
                rig_settle(r);
                rig_commit(r);
                T(r) += 1000;
        }
}

/* b: a world with a changelog of its own, and a's store in place of its own. */
static void exchanged(int in_a, int more_in_a, int in_b, int more_in_b, int64_t later_us, const char *why) {
        Rig a, b;
        char from[400], to[400];
        begin(&a);
        rig_start(&a, 0);
        feed(&a, 0, in_a);
        rig_drain(&a);
        one_more(&a, more_in_a);
        stop(&a);
        begin(&b);
        T(&b) += later_us;
        rig_start(&b, 0);
        feed(&b, 0, in_b);
        rig_drain(&b);
        one_more(&b, more_in_b);
        char *want = rig_dump(&b, true);
        stop(&b);
        path_of(&a, "", from);
        path_of(&b, "", to);
        rig_remove(to);
        cr_assert_eq(rename(from, to), 0);
        refused(&b, want, why);
        free(want);
        rig_deinit(&a);
        rig_deinit(&b);
}

#define EXCHANGED(name, in_a, more_in_a, in_b, more_in_b, later, why)    \
        Test(store, name) {                                              \
                exchanged(in_a, more_in_a, in_b, more_in_b, later, why); \
        }
EXCHANGED(one_that_is_ahead_of_the_changelog_is_left_with_one_line, 40, 4, 40, 2, 0, "ahead of the changelog")
EXCHANGED(one_of_another_life_of_the_changelog_is_left_with_one_line, 40, 0, 40, 0, 5000000, "made anew")
EXCHANGED(one_that_the_changelog_does_not_reach_is_left_with_one_line, 400, 1, 1, 0, 0, "does not reach so far")

Test(store, without_its_module_a_worker_waits_and_names_the_package) {
        Rig r;
        setenv("TOCSIN_STORE", "/nonexistent/tocsin_store.so", 1);
        begin(&r);
        feed(&r, 0, 3);
        rig_start(&r, 0);
        for (int i = 0; i < 20; i++) {
                cr_assert(worker_turn(r.worker[0], 0) >= 0);
                T(&r) += 1000000;
        }
        cr_assert(strstr(r.flight.trouble, "install the package tocsin-store"), "%s", r.flight.trouble);
        cr_assert_eq(rig_count(&r, "out"), 0u);
        rig_deinit(&r);
}

/* ---- killed between the bus's commit and the store's ------------------------------------------------------ */

static void copy_folder(const char *from, const char *to) {
        DIR *d = opendir(from);
        cr_assert(d && mkdir(to, 0700) == 0);
        for (struct dirent *e; (e = readdir(d));) {
                char path[700], buf[65536];
                if (e->d_name[0] == '.')
                        continue;
                snprintf(path, sizeof path, "%s/%s", from, e->d_name);
                int in = open(path, O_RDONLY);
                snprintf(path, sizeof path, "%s/%s", to, e->d_name);
                int out = open(path, O_WRONLY | O_CREAT, 0600);
                for (ssize_t n; (n = read(in, buf, sizeof buf)) > 0;)
                        cr_assert_eq(write(out, buf, (size_t)n), n);
                close(in);
                close(out);
        }
        closedir(d);
}

/* What a kill leaves there is what lay there before the turn was committed. Each second life ends in order: the files change. */
Test(store, a_kill_between_the_bus_and_the_store_loses_and_doubles_nothing) {
        Rig r, m;
        char store[400], kept[400], because[256];
        unsetenv("RIG_STORE");
        rig_init(&m, &rig_counter, 1, 1);
        rig_start(&m, 0);
        begin(&r);
        rig_start(&r, 0);
        rig_settle(&r);
        path_of(&r, "", store);
        snprintf(kept, sizeof kept, "%s/kept", r.stores);
        for (int i = 0; i < 20; i++) {
                feed(&r, 3 * i, 3 * i + 3);
                feed(&m, 3 * i, 3 * i + 3);
                rig_settle(&r);
                rig_settle(&m);
                copy_folder(store, kept);
                rig_commit(&r);
                rig_commit(&m);
                rig_kill(&r, 0);
                rig_remove(store);
                cr_assert_eq(rename(kept, store), 0);
                rig_start(&r, 0);
                rig_settle(&r);
                char *got = rig_dump(&r, true), *want = rig_dump(&m, true);
                cr_assert_str_eq(got, want, "offset %d", i);
                free(got);
                free(want);
                if (i % 2) {
                        T(&r) += 11000000; /* a new mark is due */
                        stop(&r);
                        rig_start(&r, 0);
                        rig_settle(&r);
                }
        }
        char *got = rig_outputs(&r, "out"), *want = rig_outputs(&m, "out");
        cr_assert_str_eq(got, want);
        free(got);
        free(want);
        cr_assert_eq(rig_count(&r, "out"), 60u);
        cr_assert_leq(left(because), 1u, "only what had no mark yet is left: %s", because);
        rig_deinit(&r);
        rig_deinit(&m);
}

/* ---- more than memory, and no room ------------------------------------------------------------------------ */

#define FAT_BYTES 3000
static unsigned torn; /* values that are not what was put */

static void fat_value(uint8_t *to, uint32_t n) {
        for (uint32_t i = 0; i < FAT_BYTES; i++)
                to[i] = (uint8_t)(n * 31 + i * (n | 1));
}

/* Remembers 3,000 bytes a key, drawn from its name and how often it came. */
static int fat(void *inst, const tocsin_event *e) {
        const tocsin_host *h = *(const tocsin_host **)inst;
        uint8_t value[FAT_BYTES + 4];
        tocsin_bytes old;
        uint32_t n = 0, name = 0;
        for (size_t i = 0; i < e->key.len; i++)
                name = name * 33 + e->key.ptr[i];
        int r = h->get(h, e->key, &old);
        if (r != 0)
                return r;
        if (old.len == sizeof value) {
                memcpy(&n, old.ptr, 4);
                fat_value(value + 4, name + n);
                torn += memcmp(value + 4, old.ptr + 4, FAT_BYTES) != 0;
        }
        n++;
        memcpy(value, &n, 4);
        fat_value(value + 4, name + n);
        return h->put(h, e->key, tocsin_bytes_of(value, sizeof value));
}

static void feed_fat(Rig *r, int from, int to) {
        for (int i = from; i < to; i++) {
                char key[16];
                snprintf(key, sizeof key, "fat-%d", i);
                rig_put(r, key, T(r), i, "", -1);
                if (i % 100 == 99)
                        rig_settle(r);
        }
        rig_drain(r);
}

Test(store, a_table_of_many_times_the_memory_is_whole_and_stays_within_its_share) {
        enum { KEYS = 12000 }; /* 36 MB; the table's share is 8 */
        Rig r;
        begin(&r);
        r.config.memory_max = 16 << 20;
        r.plugin.self.process = fat;
        rig_start(&r, 0);
        feed_fat(&r, 0, KEYS);
        cr_assert_leq(table_bytes(r.worker[0]->owned[0]->table), 8u << 20);
        cr_assert_geq(table_stored(r.worker[0]->owned[0]->table), (size_t)KEYS * FAT_BYTES / 10 * 9);
        stop(&r);
        rig_start(&r, 0);
        rig_settle(&r);
        feed_fat(&r, 0, KEYS);
        cr_assert_eq(torn, 0u);
        cr_assert_leq(table_bytes(r.worker[0]->owned[0]->table), 8u << 20);
        rig_balance(&r, 2 * KEYS);
        rig_deinit(&r);
}

/* A small file system, where that may be made; else files that may not grow. */
static bool own_disk(Rig *r) {
        signal(SIGXFSZ, SIG_IGN);
        return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
               mount("tocsin", r->stores, "tmpfs", 0, "size=4m") == 0;
}

static void fill(const Rig *r, bool disk) {
        char path[64], page[4096] = "";
        struct rlimit l = { 16, RLIM_INFINITY };
        if (!disk) {
                cr_assert_eq(setrlimit(RLIMIT_FSIZE, &l), 0);
                return;
        }
        snprintf(path, sizeof path, "%s/ballast", r->stores);
        int fd = open(path, O_WRONLY | O_CREAT, 0600);
        while (write(fd, page, sizeof page) > 0)
                ;
        close(fd);
}

static void make_room(const Rig *r, bool disk) {
        char path[64];
        struct rlimit l = { RLIM_INFINITY, RLIM_INFINITY };
        snprintf(path, sizeof path, "%s/ballast", r->stores);
        if (disk)
                cr_assert_eq(unlink(path), 0);
        else
                cr_assert_eq(setrlimit(RLIMIT_FSIZE, &l), 0);
}

/* A store that is not there yet is no store that one could do without. */
Test(store, one_that_cannot_be_made_is_waited_for) {
        Rig r;
        char path[400];
        begin(&r);
        path_of(&r, "", path);
        feed(&r, 0, 20);
        signal(SIGXFSZ, SIG_IGN);
        fill(&r, false);
        rig_start(&r, 0);
        for (int i = 0; i < 20; i++) {
                cr_assert(worker_turn(r.worker[0], 0) >= 0);
                T(&r) += 1000000;
        }
        cr_assert(strstr(r.flight.trouble, path), "%s", r.flight.trouble);
        cr_assert_eq(rig_count(&r, "out"), 0u);
        make_room(&r, false);
        T(&r) += 60000000;
        rig_drain(&r);
        cr_assert_str_empty(r.flight.trouble);
        cr_assert_eq(rig_count(&r, "out"), 20u);
        rig_deinit(&r);
}

static void no_room(bool tmpfs) {
        Rig r;
        char because[256];
        begin(&r);
        bool disk = tmpfs && own_disk(&r);
        signal(SIGXFSZ, SIG_IGN);
        r.config.memory_max = 16 << 20;
        r.plugin.self.process = fat;
        rig_start(&r, 0);
        feed_fat(&r, 0, 100);
        stop(&r); /* its store lies there, with a mark */
        rig_start(&r, 0);
        rig_settle(&r);
        fill(&r, disk);
        int last = 100;
        for (int i = 0; i < 400 && !r.flight.trouble[0]; i++) {
                for (int n = 0; n < 10; n++, last++) {
                        char key[16];
                        snprintf(key, sizeof key, "fat-%d", last);
                        rig_put(&r, key, T(&r), last, "", -1);
                }
                for (int n = 0; n < 5 && !r.flight.trouble[0]; n++) {
                        cr_assert(worker_turn(r.worker[0], 0) >= 0);
                        T(&r) += 50000;
                }
                usleep(500); /* RocksDB writes out in a thread of its own */
        }
        cr_assert(strstr(r.flight.trouble, disk ? "No space left" : "File too large"), "%s", r.flight.trouble);
        cr_assert(strstr(r.flight.trouble, r.stores), "where is not said: %s", r.flight.trouble);
        for (int i = 0; i < 20; i++) {
                cr_assert(worker_turn(r.worker[0], 0) >= 0, "it waits");
                T(&r) += 1000000;
        }
        cr_assert(r.flight.trouble[0], "it is over before there is room");
        cr_assert_eq(atomic_load(&r.flight.ready), 0u);
        make_room(&r, disk);
        T(&r) += 60000000;
        rig_settle(&r);
        rig_drain(&r);
        cr_assert_str_empty(r.flight.trouble);
        cr_assert_eq(atomic_load(&r.flight.ready), 1u);
        feed_fat(&r, 0, last);
        cr_assert_eq(torn, 0u);
        rig_balance(&r, 2 * last);
        cr_assert_eq(left(because), 0u, "what is sound is not left: %s", because);
        stop(&r);
        if (disk)
                (void)umount(r.stores);
        rig_deinit(&r);
}

Test(store, a_full_disk_is_said_and_waited_out, .timeout = 60) {
        no_room(true);
}

Test(store, files_that_may_not_grow_are_said_and_waited_out, .timeout = 60) {
        no_room(false);
}
