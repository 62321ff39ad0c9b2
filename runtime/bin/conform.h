/* The conformance kit of `tocsin plugin check`: a host of its own that proves the rules of <tocsin/plugin.h> on one plugin.
 *
 * Each rule runs in a child process: it loads the plugin anew, plays streams of events through it in a life with planned
 * mishaps, and compares transcripts. A crash or a hang is a verdict on the plugin, not our end.
 *
 *   conform_pages   memory that cannot be read any more once it was borrowed
 *   conform_calls   the plugin's own calls of libc: allocations that fail on demand, calls it must not make
 *   conform_trap    calls of the kernel that pass by libc
 *   conform_random  values of any schema;  conform_stream  events made of them, or of files
 *   conform_host    struct tocsin_host;    conform_play    a stream played through an instance
 *   conform_elder   a table of an elder version
 *   conform_rules*  the laws;              conform_child   one law in one process */
#pragma once

#include "codec/codec.h"
#include "core/limits.h"
#include "plugin/loader.h"
#include <stdatomic.h>
#include <tocsin/value.h>

/* Draws of one seed: splitmix64. */
typedef struct Random { uint64_t state; } Random;

static inline uint64_t random_draw(Random *r) {
        uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
        return z ^ z >> 31;
}
static inline uint64_t random_below(Random *r, uint64_t n) {
        return n ? random_draw(r) % n : 0;
}
static inline bool random_chance(Random *r, unsigned percent) {
        return random_below(r, 100) < percent;
}

/* A record of an input, or a row of a TABLE port. */
typedef struct Item {
        uint32_t port, flags;
        int64_t time_us, arrival_us;
        Bytes key, raw;
        tocsin_value body;
        bool internal, gone;                 /* internal: came back through an INTERNAL port; gone: the row is deleted */
} Item;

typedef struct Stream { Item *at; size_t n, room; } Stream;

/* What is given on the command line, before any child. */
typedef struct KitConf {
        const char *file;
        const tocsin_value *settings;        /* NULL: none given */
        const tocsin_value *events;          /* lines of --events, in order */
        size_t n_events;
        const Schemas *schemas;
        uint64_t seed;
} KitConf;

/* One plugin under test, in the child. */
typedef struct Kit {
        const KitConf *conf;
        Plugin plugin;                       /* its calls are diverted */
        bool chooses;                        /* it has functions that are chosen by the machine they run on */
        const Schema *schema[LIMIT_PORTS];   /* of AVRO ports, else NULL */
        Plan *plan[LIMIT_PORTS];
        tocsin_value settings;               /* checked, defaults filled in */
        bool settings_ok;                    /* false: its schema refuses them, and why */
        Why settings_why;
        Schema *own[LIMIT_PORTS];            /* of schema, those that ports carry as text */
        Stream given, random;                /* from files; from the seed */
        Why note;                            /* what a rule that holds has to tell */
        struct { size_t records, sent, poisoned, entries; } seen;  /* what the streams of `same` led to */
        Arena *arena;                        /* holds all of it */
} Kit;

/* Loads, watched from the first constructor on, and binds schemas. 0 | KIT_E_FILE, KIT_E_DESCRIPTOR: refused, *why | -ENOMEM */
enum { KIT_E_FILE = 1, KIT_E_DESCRIPTOR = 2 };
int kit_open(Kit *k, const KitConf *conf, Why *why);
/* Settings and streams: of the other rules. 0 | KIT_E_DESCRIPTOR, *why | -ENOMEM */
int kit_fill(Kit *k, Why *why);
void kit_close(Kit *k);

/* What the parent sees of a child, at any moment. */
typedef struct Sight {
        _Atomic uint64_t calls;              /* of the plugin, so far: stands still when it hangs */
        char where[96];                      /* which callback, of what */
        enum { SIGHT_RUNNING, SIGHT_PASS, SIGHT_FAIL, SIGHT_NONE } state;
        char reason[WHY_MAX];
} Sight;
void sight_at(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A rule: what it says, and how it is proved. 0: it holds; RULE_E_NONE: it does not apply; else *why. */
enum { RULE_E_BROKEN = 1, RULE_E_NONE = 2 };
typedef struct Rule {
        const char *name, *law;
        int (*prove)(Kit *k, Why *why);
} Rule;
extern const Rule *const conform_rules;      /* ended by a NULL name; the first two look at the file and the descriptor */

/* Runs one rule in a child and fills *ret. 0 | -errno */
int conform_child(const KitConf *conf, const Rule *rule, Sight *ret);

#define BROKEN(why, ...) why_say(why, RULE_E_BROKEN, __VA_ARGS__)
