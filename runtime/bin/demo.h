/* The demo's parts: what is sent, and what is shown. One thread. */
#pragma once

#include "codec/codec.h"
#include "core/buffer.h"

#define DEMO_ATTACKS 32u             /* places for attacks in one stream */

typedef struct DemoLine {            /* one message, or the place where an attack begins */
        int64_t at_us;               /* from the beginning of the stream */
        uint32_t topic;              /* index into demo_topics; of a message */
        uint32_t attack;             /* number from 1; 0: a message */
        Bytes value;                 /* JSON text, moved to now; in the stream's arena */
} DemoLine;

typedef struct DemoAttack {
        int64_t at_us, sent_us;      /* sent_us: wall time; 0: not yet */
        int64_t delay_us;            /* from sent_us to its incident; < 0: not found */
        Bytes class, loop, either, what, producer, target;   /* len 0: not told */
} DemoAttack;

typedef struct DemoStream {
        Arena *arena;
        DemoLine *lines;
        size_t n;
        DemoAttack attack[DEMO_ATTACKS + 1]; /* by number from 1 */
        uint32_t n_attacks;
        int64_t span_us;             /* from the first line to the last */
        int64_t base_us;             /* wall time of at_us 0 inside the messages */
} DemoStream;

extern const char *const demo_topics[2];

/* Reads stream.jsonl; times inside its messages move so that the last is `end_us`.
 * 0 | EX_DATAERR | EX_NOINPUT | EX_OSERR, said. */
int demo_stream_load(DemoStream *ret, const char *file, int64_t end_us);
void demo_stream_deinit(DemoStream *s);

/* Which attack an incident is about: one not yet found first; 0: none, nothing explains it. */
uint32_t demo_explain(const DemoStream *s, const tocsin_value *incident);

typedef struct DemoShow {
        bool json, colour, live;     /* live: a status line that is drawn over */
        int64_t begin_us;            /* wall time of the first message */
        int width;
} DemoShow;
void demo_show_intro(const DemoShow *w, const DemoStream *s, const char *bootstrap);
void demo_show_status(const DemoShow *w, int64_t at_us, uint64_t sent, double rate, uint32_t found, uint32_t n_attacks);
/* attack: number, 0 for one that nothing explains. */
void demo_show_incident(const DemoShow *w, const DemoStream *s, const tocsin_value *incident, uint32_t attack, int64_t delay_us);
/* What was hidden against what was found. */
void demo_show_end(const DemoShow *w, const DemoStream *s, uint64_t sent, uint64_t extra, uint64_t dead, double seconds);
