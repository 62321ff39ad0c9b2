/* Dead letters of one pipeline, as an operator has to do with them: which there are, what became of them, and the two ways to be
 * done with one.
 *
 * What is done with a letter is written behind it in its own partition as a mark (task/letter.h): the topic is its own
 * memory. A replay sends the record to .retry and its mark in one transaction, under a transactional id that one command can
 * hold at a time; the next one reads the marks after it has taken the id. So a letter is replayed once, whoever dies when. */
#pragma once

#include "bin/load.h"
#include "bus/bus.h"

#define LETTERS_MAX (4u << 20)       /* of one pipeline: half a GiB to remember them by */
#define LETTER_TEXT_BYTES 200u       /* of its reason in words, in a list */

typedef struct Dlq {                 /* all borrowed */
        const BusConf *conf;         /* no group, no transactions */
        const Schemas *schemas;
        const Config *config;
        const ConfigPipeline *pipe;
        const char *brokers;         /* for whom is made to wait; NULL: not named */
} Dlq;

typedef struct LetterId { int32_t partition; int64_t offset; } LetterId;   /* in the dead-letter topic */
typedef enum LetterState { LETTER_OPEN, LETTER_REPLAYED, LETTER_DROPPED } LetterState;

typedef struct Letter {
        LetterId id, from;           /* from: the letter that was replayed and came back as this one; partition -1: none */
        LetterState state;
        bool unreadable;             /* no dead letter: torn, or somebody else's; `text` says how */
        bool stranger;               /* a letter of another pipeline */
        bool chosen, settled;        /* dlq_act(): is to be dealt with; is */
        uint32_t attempts, replays;  /* replays: as how many-th it came back; 0: never replayed */
        int32_t partition;           /* topic, partition, offset: where the record lay */
        int64_t offset, time_us;     /* time_us: when it was given up */
        const char *reason, *port, *topic, *text;
        const char *by, *because;    /* REPLAYED, DROPPED; because NULL: not said */
        int64_t done_us;
} Letter;

typedef struct Letters {             /* by id */
        Letter *at;
        size_t n, size;
        Arena *arena;                /* of their texts */
} Letters;
enum { LETTERS_E_MANY = 20 };
/* 0 | BUS_E_NO_TOPIC, other BUS_E_… | LETTERS_E_MANY | -ENOMEM, *why */
int letters_read(Letters *ret, const Dlq *d, Why *why);
void letters_deinit(Letters *l);
Letter *letters_find(const Letters *l, LetterId id);
const char *letter_state(LetterState s);

/* "PARTITION/OFFSET", all of it. */
bool letter_id(Bytes in, LetterId *ret);

/* What was committed in the dead-letter topic when asked, once. each() != 0 ends it and is handed back.
 * 0 | BUS_E_… | -ENOMEM, *why */
int dlq_walk(const Dlq *d, int (*each)(void *arg, const BusRecord *r), void *arg, Why *why);
/* 0 | CODEC_E_…, *why | -ENOMEM. reads: fields that are wanted; NULL: all. */
int dlq_decoder(Decoder **ret, const Dlq *d, const char *const *reads, size_t n, Why *why);

/* ---- choosing ---- */

typedef struct Pick {
        const char *const *reasons;  /* any of them; n_reasons 0: any there is */
        size_t n_reasons;
        const char *port;            /* NULL: any */
        int64_t from_us, until_us;   /* given up from .. and before .. */
        const LetterId *ids;         /* n_ids 0: any */
        size_t n_ids;
        bool done;                   /* those that are dealt with, too */
        size_t max;                  /* the oldest; 0: all */
} Pick;
/* The chosen, by time, then id. 0 | -ENOMEM */
int pick_letters(const Pick *p, const Letters *l, Letter ***ret, size_t *n);

/* ---- being done with them ---- */

typedef struct Act {
        Dlq dlq;
        const Pick *pick;
        const tocsin_plugin *plugin; /* replay: whose ports there are */
        bool drop, dry;              /* dry: say what would happen; no transactional id is taken */
        const char *by, *because;    /* because NULL: not said */
        /* Of each letter once: when its mark is committed, or that it is refused and why. */
        void (*told)(void *arg, const Letter *l, const char *refused);
        void *arg;
        size_t done, refused;
} Act;
/* 0 | BUS_E_… | LETTERS_E_MANY | -ENOMEM, *why. What was told is committed whatever comes. */
int dlq_act(Act *a, Why *why);

/* ---- for people ---- */

void letters_counts(Buffer *out, const char *pipeline, const Letters *l, bool json);
void letter_line(Buffer *out, const char *pipeline, const Letter *l);
void letter_json(Buffer *out, const char *pipeline, const Letter *l);   /* without the closing brace */
/* One whole. v: the letter decoded, NULL: it cannot be; raw: as it lies; in: what reads its record's value, NULL: nothing,
 * `undecoded` says why. */
typedef struct LetterShow {
        const char *pipeline;
        const Letter *letter;
        const tocsin_value *v;
        Bytes raw;
        const tocsin_value *decoded;
        const char *undecoded;
} LetterShow;
void letter_whole(Buffer *out, const LetterShow *s, bool json);
