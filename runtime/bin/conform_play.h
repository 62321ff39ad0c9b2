/* A stream of records played through instances of the plugin, in turns as the real host makes them, with planned mishaps. */
#pragma once

#include "bin/conform.h"
#include "core/buffer.h"

#define PLAY_NEVER SIZE_MAX

typedef struct Play {
        const Stream *stream;
        uint32_t turn;               /* records in one turn, at most; 0: one */
        size_t cut_at, abort_at;     /* the turn after which the instance is dropped, or that is rolled back once */
        bool cut_at_end;             /* a new instance before the last timers fire */
        bool batch;                  /* by process_batch() */
        bool guard;                  /* what was lent cannot be read any more */
        bool oldest;                 /* host and events as short as `needs` promises, and nothing readable behind them */
        bool disturbed;              /* other memory around, so that addresses differ */
        bool elsewhere;              /* the records lie in another topic, partition and offsets; their ids are the same */
        bool outline;                /* what comes out is noted without values and reasons: what it is, and its key */
        uint64_t fail_alloc, fail_host;  /* the n-th allocation, or fallible host call, fails; 0: none */
        uint32_t elder;              /* then the table becomes one of that version, and all is played again; 0: it does not */
        uint64_t elder_seed;         /* of what its entries become; 0: they stay as they are */
        bool elder_twice;            /* the turn in which it is taken over is rolled back once */
        uint64_t names;              /* seed of foreign timer names and keys that are thrown in; 0: none */
} Play;
#define PLAY(s) ((Play){ .stream = (s), .cut_at = PLAY_NEVER, .abort_at = PLAY_NEVER })

typedef struct PlayEnd {
        Buffer text;                 /* what came out, line by line, then the table and its timers */
        size_t turns;
        uint64_t allocs, host_calls; /* in all: where a failure can be planned */
        char misuse[WHY_MAX];        /* the first thing it asked of the host that it may not; empty: none */
        char verdict[WHY_MAX];       /* the first answer that no healthy host explains; empty: none */
} PlayEnd;
void play_end_deinit(PlayEnd *e);

/* 0 | RULE_E_BROKEN: it would not live, *why | -ENOMEM */
int play_run(Kit *k, const Play *plan, PlayEnd *ret, Why *why);
/* Same text? 0 | RULE_E_BROKEN: *why begins with what is said, and shows the first line that differs. */
int play_same(const PlayEnd *a, const PlayEnd *b, Why *why, const char *format, ...) __attribute__((format(printf, 4, 5)));
/* An instance and its host, outside every stream. */
typedef struct Born {
        void *inst;
        struct Fake *host;
} Born;
/* create() alone, of settings as given. 0: *ret, to be ended | RULE_E_BROKEN: breaks a rule | RULE_E_NONE: refused, *why */
int play_create(Kit *k, const tocsin_value *settings, Born *ret, Why *why);
void play_destroy(Kit *k, Born *b);
