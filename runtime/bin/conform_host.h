/* struct tocsin_host as the kit gives it: a table, timers and rows in memory, and an eye on everything that is asked. */
#pragma once

#include "bin/conform_play.h"
#include "bin/conform_pages.h"
#include "state/timers.h"

typedef enum Phase {                 /* bits: what the plugin is in */
        PHASE_NONE = 0, PHASE_CREATE = 1, PHASE_REBUILD = 2, PHASE_PROCESS = 4, PHASE_TIMER = 8, PHASE_CHANGED = 16,
        PHASE_DESTROY = 32
} Phase;

typedef struct Fake Fake;
struct Fake {
        Kit *kit;
        const Play *plan;
        PlayEnd *end;
        tocsin_host *api;            /* what the plugin sees */
        void *api_pages;             /* where it lies */
        Table *table;
        Timers *timers;
        Stream rows, inner, inner_new;  /* rows of TABLE ports; committed and new records of INTERNAL ports */
        Buffer said;                 /* lines of the open turn */
        Arena *lent, *kept;          /* of the callback; of the life */
        /* With `guard`: of the callback, what has a length there, what get() lent, and scratch; else NULL. */
        Pages *pages, *texts, *got, *scratch;
        int64_t now_us;
        Phase phase;
        uint32_t emits;              /* by this callback */
        bool walking;                /* inside scan() or rows() */
        bool failed;                 /* fail() or fail_at() was called */
        char why[WHY_MAX];
        uint64_t fail_in;            /* fallible calls until one fails; 0: none */
};

int fake_init(Fake *h, Kit *k, const Play *plan, PlayEnd *end);
void fake_deinit(Fake *h);
/* Around every callback. fake_leave() takes back what was lent. */
void fake_enter(Fake *h, Phase phase);
void fake_leave(Fake *h);
/* Copies that live until fake_leave(). */
Bytes fake_lend_bytes(Fake *h, Bytes b, bool nul);
tocsin_value fake_lend_value(Fake *h, const tocsin_value *v);
void *fake_lend(Fake *h, size_t n);
/* What fake_lend() gave so far is complete, and read alone from here on. */
void fake_seal(Fake *h);
/* What a handler of SIGSEGV must know of this host. */
void fake_watch(const Fake *h);
/* The row of a TABLE port; NULL: none. */
Item *fake_row(Fake *h, uint32_t port, Bytes key);
/* Text in one line, whatever it holds. */
void fake_print_bytes(Buffer *out, Bytes b);
