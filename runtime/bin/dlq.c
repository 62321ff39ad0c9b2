/* Reading a dead-letter topic: letters, and the marks that say what became of them. */
#include "bin/dlq.h"

#include "bin/patience.h"
#include "core/cleanup.h"
#include "core/limits.h"
#include "task/letter.h"

#include <tocsin/value.h>

#define WAIT_US 500000
#define TEXTS_BYTES (3u << 30) /* LETTERS_MAX with the longest texts do not fit, and none are so long */
#define WORDS 64u /* reasons, ports and topics that are kept once: a pipeline has a few of each */

static const char *const brief[] = { "topic", "partition", "offset", "pipeline", "port", "reason", "text", "attempts", "time" };

typedef struct LetterMark {
        LetterId of;
        LetterState state;
        const char *by, *because;
        int64_t time_us;
} LetterMark;

typedef struct Reading {
        const Dlq *d;
        Letters l;
        Decoder *decoder;
        Arena *arena; /* of one letter */
        LetterMark *marks;
        size_t n_marks, size_marks;
        const char *words[WORDS];
        size_t n_words;
} Reading;

const char *letter_state(LetterState s) {
        static const char *const words[] = { "open", "replayed", "dropped" };
        return words[s];
}

static bool number(const char **z, int64_t most, int64_t *ret) {
        int64_t n = 0;
        const char *from = *z;
        for (; **z >= '0' && **z <= '9'; ++*z) {
                int digit = **z - '0';
                if (n > (most - digit) / 10)
                        return false;
                n = n * 10 + digit;
        }
        *ret = n;
        return *z != from;
}

bool letter_id(Bytes in, LetterId *ret) {
        char text[40];
        const char *z = text;
        int64_t p, o;
        if (in.len == 0 || in.len >= sizeof text)
                return false;
        memcpy(text, in.ptr, in.len);
        text[in.len] = 0;
        if (!number(&z, INT32_MAX, &p) || *z++ != '/' || !number(&z, INT64_MAX, &o) || z != text + in.len)
                return false;
        *ret = (LetterId){ (int32_t)p, o };
        return true;
}

int dlq_decoder(Decoder **ret, const Dlq *d, const char *const *reads, size_t n, Why *why) {
        const Schema *schema = schemas_by_name(d->schemas, "tocsin.DeadLetter");
        if (!schema)
                return why_say(why, BUS_E_CONF,
                               "no schema is called tocsin.DeadLetter; the built-in schemas are not where they belong");
        int r = decoder_new(ret, d->schemas, schema, reads, n, why);
        return r > 0 ? BUS_E_CONF : r;
}

int dlq_walk(const Dlq *d, int (*each)(void *arg, const BusRecord *r), void *arg, Why *why) {
        BusReader *reader = NULL;
        Patience patience;
        patience_begin(&patience, d->brokers ? d->brokers : "(unnamed)", BUS_PATIENCE_US);
        int r = bus_reader_open(&reader, d->conf, &d->pipe->dlq, 1, -1, why);
        patience_end(&patience);
        while (r == 0 || r == BUS_E_IDLE) {
                const BusRecord *records;
                size_t n = 0;
                r = bus_reader_poll(reader, WAIT_US, &records, &n);
                for (size_t i = 0; r == 0 && i < n; i++)
                        r = each(arg, &records[i]);
                if (r > 0 && r != BUS_E_IDLE && r != BUS_E_END && why && !why->text[0])
                        why_say(why, r, "%s: %s", d->pipe->dlq, bus_answer(r));
        }
        bus_reader_close(reader);
        return r == BUS_E_END ? 0 : r;
}

/* ---- one record ---------------------------------------------------------------------------------------- */

static const char *keep(Reading *g, Bytes b, size_t most) {
        if (b.len > most) {
                b.len = most;
                while (b.len && (b.ptr[b.len] & 0xc0) == 0x80) /* not in the middle of a character */
                        b.len--;
        }
        Bytes copy = arena_dup(g->l.arena, b.ptr ? b : bytes_z(""));
        return (const char *)copy.ptr;
}

static const char *word(Reading *g, Bytes b) {
        for (size_t i = 0; i < g->n_words; i++)
                if (bytes_eq_z(b, g->words[i]))
                        return g->words[i];
        const char *z = keep(g, b, 256);
        if (z && g->n_words < WORDS)
                g->words[g->n_words++] = z;
        return z;
}

static bool header(const BusRecord *r, const char *name, Bytes *ret) {
        BusHeader h;
        for (uint32_t i = 0; bus_header(r, i, &h); i++)
                if (strcmp(h.name, name) == 0) {
                        *ret = h.value;
                        return true;
                }
        return false;
}

static Letter *add(Reading *g, const BusRecord *r, Why *why) {
        Letters *l = &g->l;
        if (l->n == LETTERS_MAX) {
                why_say(why, LETTERS_E_MANY, "%s holds more than %u dead letters; let retention take the old ones",
                        g->d->pipe->dlq, LETTERS_MAX);
                return NULL;
        }
        if (l->n == l->size) {
                size_t size = l->size ? l->size * 2 : 256;
                Letter *more = realloc(l->at, size * sizeof *more);
                if (!more)
                        return NULL;
                l->at = more;
                l->size = size;
        }
        Letter *at = &l->at[l->n++];
        *at = (Letter){
                .id = { r->partition, r->offset }, .from = { -1, 0 }, .partition = -1, .offset = -1, .time_us = r->time_us
        };
        return at;
}

static int unreadable(Reading *g, const BusRecord *r, const char *text, Why *why) {
        Letter *l = add(g, r, why);
        if (!l)
                return why->text[0] ? LETTERS_E_MANY : -ENOMEM;
        l->unreadable = true;
        l->reason = word(g, bytes_z("unreadable"));
        l->port = l->topic = word(g, bytes_z(""));
        l->text = keep(g, bytes_z(text), LETTER_TEXT_BYTES);
        return l->reason && l->port && l->text ? 0 : -ENOMEM;
}

/* It lies behind its letter, in the same partition; anything else marks nothing. */
static int mark(Reading *g, const BusRecord *r, Why *why) {
        Bytes done, of, by = BYTES_NULL, because = BYTES_NULL;
        LetterMark m = { .time_us = r->time_us };
        if (!header(r, LETTER_DONE, &done) || !header(r, AGAIN_LETTER, &of) || !letter_id(of, &m.of) ||
            m.of.partition != r->partition || m.of.offset >= r->offset)
                return unreadable(g, r, "it has no value and is no mark of `tocsin dlq`, either", why);
        if (bytes_eq_z(done, "replay"))
                m.state = LETTER_REPLAYED;
        else if (bytes_eq_z(done, "drop"))
                m.state = LETTER_DROPPED;
        else
                return unreadable(g, r, "a mark that says neither replay nor drop", why);
        (void)header(r, LETTER_BY, &by);
        m.by = word(g, by);
        m.because = header(r, LETTER_WHY, &because) ? keep(g, because, LETTER_TEXT_BYTES) : NULL;
        if (g->n_marks == g->size_marks) {
                size_t size = g->size_marks ? g->size_marks * 2 : 256;
                LetterMark *more = realloc(g->marks, size * sizeof *more);
                if (!more)
                        return -ENOMEM;
                g->marks = more;
                g->size_marks = size;
        }
        g->marks[g->n_marks++] = m;
        return m.by && (!because.ptr || m.because) ? 0 : -ENOMEM;
}

static void came_back(const BusRecord *r, Letter *l) {
        Bytes attempt, from;
        char text[16];
        const char *z = text;
        int64_t n;
        if (!header(r, AGAIN_ATTEMPT, &attempt) || attempt.len == 0 || attempt.len >= sizeof text)
                return;
        memcpy(text, attempt.ptr, attempt.len);
        text[attempt.len] = 0;
        if (number(&z, UINT32_MAX, &n) && !*z)
                l->replays = (uint32_t)n;
        if (header(r, AGAIN_LETTER, &from))
                (void)letter_id(from, &l->from);
}

static int letter(Reading *g, const BusRecord *r, const tocsin_value *v, Why *why) {
        Letter *l = add(g, r, why);
        if (!l)
                return why->text[0] ? LETTERS_E_MANY : -ENOMEM;
        l->stranger = !bytes_eq_z(tocsin_get_bytes(v, "pipeline"), g->d->pipe->name);
        l->attempts = (uint32_t)tocsin_get_i64(v, "attempts", 1);
        l->partition = (int32_t)tocsin_get_i64(v, "partition", -1);
        l->offset = tocsin_get_i64(v, "offset", -1);
        l->time_us = tocsin_get_i64(v, "time", 0);
        l->reason = word(g, tocsin_get_bytes(v, "reason"));
        l->port = word(g, tocsin_get_bytes(v, "port"));
        l->topic = word(g, tocsin_get_bytes(v, "topic"));
        l->text = keep(g, tocsin_get_bytes(v, "text"), LETTER_TEXT_BYTES);
        came_back(r, l);
        return l->reason && l->port && l->topic && l->text ? 0 : -ENOMEM;
}

typedef struct Walk {
        Reading *g;
        Why *why;
} Walk;

static int see(void *arg, const BusRecord *r) {
        Walk *w = arg;
        Reading *g = w->g;
        tocsin_value v;
        Why why = { 0 };
        if (!r->value.ptr)
                return mark(g, r, w->why);
        arena_reset(g->arena);
        int bad = decoder_read(g->decoder, r->value, false, g->arena, &v, &why);
        if (bad < 0)
                return bad;
        if (bad == 0)
                return letter(g, r, &v, w->why);
        char text[WHY_MAX];
        snprintf(text, sizeof text, "no dead letter: %s%s%.400s", codec_answer(bad), why.text[0] ? ", " : "", why.text);
        return unreadable(g, r, text, w->why);
}

/* ---- all of them --------------------------------------------------------------------------------------- */

static int compare(LetterId a, LetterId b) {
        if (a.partition != b.partition)
                return a.partition < b.partition ? -1 : 1;
        return (a.offset > b.offset) - (a.offset < b.offset);
}

static int by_id(const void *a, const void *b) {
        return compare(((const Letter *)a)->id, ((const Letter *)b)->id);
}

Letter *letters_find(const Letters *l, LetterId id) {
        const Letter key = { .id = id };
        return l->n ? bsearch(&key, l->at, l->n, sizeof *l->at, by_id) : NULL;
}

void letters_deinit(Letters *l) {
        free(l->at);
        arena_free(l->arena);
        *l = (Letters){ 0 };
}

static int read_all(Reading *g, Why *why) {
        g->l.arena = arena_new(TEXTS_BYTES);
        g->arena = arena_new(LIMIT_DECODE_BYTES);
        if (!g->l.arena || !g->arena)
                return -ENOMEM;
        int r = dlq_decoder(&g->decoder, g->d, brief, sizeof brief / sizeof *brief, why);
        if (r == 0)
                r = dlq_walk(g->d, see, &(Walk){ g, why }, why);
        if (r != 0)
                return r;
        if (g->l.n)
                qsort(g->l.at, g->l.n, sizeof *g->l.at, by_id);
        for (size_t i = 0; i < g->n_marks; i++) {
                const LetterMark *m = &g->marks[i];
                Letter *l = letters_find(&g->l, m->of); /* NULL: retention took it, or it never was */
                if (!l || l->state != LETTER_OPEN)
                        continue;
                l->state = m->state;
                l->by = m->by;
                l->because = m->because;
                l->done_us = m->time_us;
        }
        return 0;
}

int letters_read(Letters *ret, const Dlq *d, Why *why) {
        Reading g = { .d = d };
        int r = read_all(&g, why);
        decoder_free(g.decoder);
        arena_free(g.arena);
        free(g.marks);
        if (r != 0)
                letters_deinit(&g.l);
        else
                *ret = g.l;
        return r == -ENOMEM ? why_say(why, r, "out of memory") : r;
}
