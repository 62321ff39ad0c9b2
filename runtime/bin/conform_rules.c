/* The laws that need no stream: file, descriptor, settings, lives. And the list of all. */
#include "bin/conform_rules.h"

#include "bin/conform_calls.h"
#include "bin/conform_settings.h"
#include "bin/conform_stream.h"
#include <dirent.h>
#include <limits.h>
#include <malloc.h>

#define LIVES 1000u
#define FEW 24u /* records of a short life */
#define HOSTILE 2000u /* records of the few lives that are harder: so many that some of every plugin are dead letters */
#define LIVES_WARM 20u /* until allocators and lazy tables have settled */
#define HEAP_SLACK (64u << 10) /* what 1000 lives may add to the heap: under 66 bytes each */

/* Entries of a folder of /proc/self. Where it cannot be opened there is no descriptor left, which is more than any count. */
static long entries(const char *folder) {
        DIR *d = opendir(folder);
        long n = 0;
        if (!d)
                return LONG_MAX;
        while (readdir(d))
                n++;
        closedir(d);
        return n;
}

static int prove_file(Kit *k, Why *why) {
        (void)k;
        (void)why;
        return 0; /* kit_open() has looked at it: a refusal never comes here */
}

static int prove_paths(const Kit *k, uint32_t i, Why *why) {
        const tocsin_port *p = k->plugin.port[i];
        if (!k->schema[i] || p->direction != TOCSIN_IN)
                return 0;
        if (p->key && schema_handle(k->schema[i], p->key) < 0)
                return BROKEN(why, "port '%s': key \"%s\" is no field of %s", p->name, p->key, schema_name(k->schema[i]));
        if (p->time && schema_handle(k->schema[i], p->time) < 0)
                return BROKEN(why, "port '%s': time \"%s\" is no field of %s", p->name, p->time, schema_name(k->schema[i]));
        for (uint32_t n = 0; n < p->n_reads; n++)
                if (schema_handle(k->schema[i], p->reads[n]) < 0)
                        return BROKEN(why, "port '%s': reads \"%s\", which is no field of %s", p->name, p->reads[n],
                                      schema_name(k->schema[i]));
        return 0;
}

static int prove_descriptor(Kit *k, Why *why) {
        for (uint32_t i = 0; i < k->plugin.self.n_ports; i++)
                GUARD(prove_paths(k, i, why));
        if (!k->plugin.self.config_schema)
                return 0;
        Why said = { 0 };
        int r = settings_lint(bytes_z(k->plugin.self.config_schema), &said);
        return r <= 0 ? r : BROKEN(why, "config_schema: %s", said.text);
}

static int prove_major(Kit *k, Why *why) {
        const tocsin_plugin *(*entry)(uint32_t) = k->plugin.entry;
        const uint32_t foreign[] = { TOCSIN_ABI + (UINT32_C(1) << 16), TOCSIN_ABI - (UINT32_C(1) << 16), UINT32_MAX };
        for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++)
                if (entry(foreign[i]))
                        return BROKEN(why, "asked by a host of ABI %u.%u it does not answer NULL", foreign[i] >> 16,
                                      foreign[i] & 0xffff);
        if (entry(TOCSIN_ABI) != entry(TOCSIN_ABI))
                return BROKEN(why, "asked twice it gives two descriptors");
        return 0;
}

static int prove_settings(Kit *k, Why *why) {
        Born born = { 0 };
        if (!k->settings_ok)
                return why_say(why, RULE_E_BROKEN, "the settings are not accepted by its schema: %s", k->settings_why.text);
        int r = play_create(k, &k->settings, &born, why);
        if (r == RULE_E_NONE)
                return why_in(why, RULE_E_BROKEN, "create() refuses %s", k->conf->settings ? "--config" : "its own defaults");
        GUARD(r);
        play_destroy(k, &born);
        return settings_prove(k, why);
}

static int one_life(Kit *k, Why *why) {
        Born born = { 0 };
        int r = play_create(k, &k->settings, &born, why);
        if (r != 0)
                return r < 0 ? r : RULE_E_BROKEN;
        play_destroy(k, &born);
        return 0;
}

/* Short lives of a few records each, so that what process() takes is given back too, on the way to the dead letters as well. */
static int short_life(Kit *k, const Stream *s, size_t n, Why *why) {
        Stream few = { .at = s->at, .n = s->n < n ? s->n : n };
        Play play = PLAY(&few);
        PlayEnd end;
        int r = play_run(k, &play, &end, why);
        play_end_deinit(&end);
        return r;
}

static int lead_lives(Kit *k, const Stream *hostile, Why *why) {
        for (unsigned i = 0; i < LIVES_WARM; i++) {
                GUARD(one_life(k, why));
                GUARD(short_life(k, &k->random, FEW, why));
                if (i % 10 == 0)
                        GUARD(short_life(k, hostile, HOSTILE, why));
        }
        CallsCount before = calls_count();
        const long fds = entries("/proc/self/fd"), threads = entries("/proc/self/task");
        size_t heap = mallinfo2().uordblks;
        for (unsigned i = 0; i < LIVES; i++) {
                GUARD(one_life(k, why));
                if (i % 10 == 0)
                        GUARD(short_life(k, &k->random, FEW, why));
                if (i % 500 == 0)
                        GUARD(short_life(k, hostile, HOSTILE, why));
        }
        CallsCount after = calls_count();
        long fds_after = entries("/proc/self/fd");
        if (fds_after == LONG_MAX)
                return BROKEN(why, "file descriptors are left open: after %u lives there is none to be had", LIVES);
        if (fds_after > fds)
                return BROKEN(why, "%ld file descriptors are left open after %u lives", fds_after - fds, LIVES);
        long threads_after = entries("/proc/self/task");
        if (threads_after > threads)
                return BROKEN(why, "%ld threads are left after %u lives", threads_after - threads, LIVES);
        if (after.blocks > before.blocks)
                return BROKEN(why, "%llu blocks (%llu bytes) are not freed after %u lives",
                              (unsigned long long)(after.blocks - before.blocks),
                              (unsigned long long)(after.bytes - before.bytes), LIVES);
        size_t now = mallinfo2().uordblks;
        if (now > heap + HEAP_SLACK)
                return BROKEN(why, "the heap grew by %zu bytes in %u lives", now - heap, LIVES);
        return 0;
}

static int prove_lives(Kit *k, Why *why) {
        Random r = { .state = k->conf->seed ^ UINT64_C(0x6c69766573) };
        Stream hostile = { 0 };
        int answer = stream_hostile(k, &r, HOSTILE, &hostile, why);
        if (answer == 0)
                answer = lead_lives(k, &hostile, why);
        stream_deinit(&hostile);
        return answer;
}

static const Rule rules[] = {
        { "file", "a shared object that exports tocsin_plugin_entry and nothing else, and needs nothing but libc", prove_file },
        { "descriptor", "ports, schemas, paths, metrics and settings are declared by the rules of plugin.h", prove_descriptor },
        { "major", "a host of another major is refused", prove_major },
        { "settings", "defaults are accepted, wrong settings refused with the reason", prove_settings },
        { "lives", "1000 lives leave no memory, file descriptor or thread behind", prove_lives },
        { "pure", "no clock, chance, file, process or thread is asked, nor anything linked that a pure function cannot need",
          prove_pure },
        { "total", "every value of every port's schema gets a verdict", prove_total },
        { "limits", "the host is asked only for what it grants", prove_limits },
        { "same", "the same input gives the same bytes out", prove_same },
        { "place",
          "topic, partition and offset of a record may be told; whether and under which key something is, they do not decide",
          prove_place },
        { "borrowed", "what was lent is not written, nor read after the callback or beyond its length", prove_borrowed },
        { "cut", "a new instance after any record changes nothing", prove_cut },
        { "abort", "a rollback after any record changes nothing", prove_abort },
        { "timers", "timers do their work in an instance that did not set them", prove_timers },
        { "instances", "three in one process do what each does alone, whichever thread calls", prove_instances },
        { "batch", "records together give what they give one by one", prove_batch },
        { "memory", "any one allocation that fails loses nothing", prove_memory },
        { "refusal", "any one call that the host refuses loses nothing", prove_refusal },
        { "oldest", "it runs on the oldest host it says it needs", prove_oldest },
        { "elder", "a table of an elder version is read, or refused with the reason", prove_elder },
        { 0 },
};
const Rule *const conform_rules = rules;
