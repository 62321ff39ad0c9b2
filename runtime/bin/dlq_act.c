/* Replaying and dropping: records to .retry and marks behind their letters, a batch a transaction. */
#include "bin/dlq.h"

#include "core/cleanup.h"
#include "core/limits.h"
#include "task/letter.h"

#include <tocsin/value.h>

#define BATCH_LETTERS 500u /* in one transaction: well within its time, and few enough to be told as they go */
#define BATCH_BYTES (8u << 20)
#define TRIES 3u /* of a transaction that a broker aborts; whatever aborts more often wants to be looked at */

typedef struct Work {
        Act *a;
        Letters letters;
        Bus *bus; /* NULL: dry */
        uint32_t out_retry, out_dlq;
        int32_t partitions; /* of .retry */
        Decoder *decoder;
        Arena *arena;
        Letter *batch[BATCH_LETTERS];
        size_t n_batch, bytes;
        bool open;
        Why *why;
} Work;

/* ---- why not ------------------------------------------------------------------------------------------- */

static const tocsin_port *input(const Act *a, const char *name) {
        for (uint32_t i = 0; i < a->plugin->n_ports; i++) {
                const tocsin_port *p = a->plugin->ports[i];
                if (strcmp(p->name, name) == 0)
                        return p->role == TOCSIN_INTERNAL || (p->role == TOCSIN_STREAM && p->direction == TOCSIN_IN) ? p : NULL;
        }
        return NULL;
}

static bool bound(const Act *a, const tocsin_port *p) {
        const ConfigPipeline *pipe = a->dlq.pipe;
        for (size_t i = 0; i < pipe->n_ports; i++)
                if (strcmp(pipe->ports[i].name, p->name) == 0 && pipe->ports[i].topic)
                        return true;
        return p->role == TOCSIN_INTERNAL;
}

static bool refused(const Act *a, const Letter *l, Why *why) {
        const ConfigPipeline *pipe = a->dlq.pipe;
        if (l->state != LETTER_OPEN)
                return why_say(why, 1, "it was %s already, by %s", letter_state(l->state), l->by[0] ? l->by : "somebody");
        if (a->drop)
                return false;
        if (l->unreadable)
                return why_say(why, 1, "%s", l->text);
        if (l->stranger)
                return why_say(why, 1, "it is a letter of another pipeline");
        if (!l->port[0])
                return why_say(
                        why, 1,
                        "it names no port: it tells of a timer or of a record that nobody sent; there is nothing to replay");
        const tocsin_port *p = input(a, l->port);
        if (!p || !bound(a, p))
                return why_say(why, 1,
                               "its port %s is gone: plugin %s %s of pipeline %s has no such input that is bound to a topic",
                               l->port, a->plugin->name, a->plugin->version, pipe->name);
        if (l->replays >= pipe->retry_replays)
                return why_say(why, 1,
                               "it was replayed %u times and came back each time; mend the cause and raise "
                               "pipelines.%s.retry.replays (%u), or drop it",
                               l->replays, pipe->name, pipe->retry_replays);
        return false;
}

static void refuse(Work *w, Letter *l, const char *text) {
        l->settled = true;
        w->a->refused++;
        w->a->told(w->a->arg, l, text);
}

/* ---- sending ------------------------------------------------------------------------------------------- */

static int batch_end(Work *w) {
        if (w->open) {
                int r = bus_commit(w->bus, NULL, 0, 0, w->why);
                if (r != 0)
                        return r;
                w->open = false;
        }
        for (size_t i = 0; i < w->n_batch; i++) {
                w->batch[i]->settled = true;
                w->a->done++;
                w->a->told(w->a->arg, w->batch[i], NULL);
        }
        w->n_batch = w->bytes = 0;
        return 0;
}

static int batch_add(Work *w, Letter *l, size_t bytes) {
        w->batch[w->n_batch++] = l;
        w->bytes += bytes;
        return w->n_batch == BATCH_LETTERS || w->bytes >= BATCH_BYTES ? batch_end(w) : 0;
}

static int send(Work *w, const BusSend *s) {
        if (!w->open) {
                int r = bus_begin(w->bus, w->why);
                if (r != 0)
                        return r;
                w->open = true;
        }
        return bus_send(w->bus, s, w->why);
}

static int send_mark(Work *w, const Letter *l) {
        char of[40];
        BusHeader h[4];
        uint32_t n = 0;
        int len = snprintf(of, sizeof of, "%d/%lld", (int)l->id.partition, (long long)l->id.offset);
        h[n++] = (BusHeader){ LETTER_DONE, bytes_z(w->a->drop ? "drop" : "replay") };
        h[n++] = (BusHeader){ AGAIN_LETTER, bytes_of(of, (size_t)len) };
        h[n++] = (BusHeader){ LETTER_BY, bytes_z(w->a->by) };
        if (w->a->because)
                h[n++] = (BusHeader){ LETTER_WHY, bytes_z(w->a->because) };
        /* A key, so that even a topic that is compacted by mistake takes it. */
        return send(w, &(BusSend){ .output = w->out_dlq,
                                   .partition = l->id.partition,
                                   .key = bytes_of(of, (size_t)len),
                                   .value = BYTES_NULL,
                                   .headers = h,
                                   .n_headers = n });
}

static bool ours(Bytes name) {
        static const char *const names[] = AGAIN_HEADERS;
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
                if (bytes_eq_z(name, names[i]))
                        return true;
        return false;
}

static Bytes bytes_field(const tocsin_value *v, const char *name) {
        const tocsin_value *f = tocsin_find(v, name);
        return tocsin_is(f, TOCSIN_BYTES) ? bytes_of(f->u.bytes ? f->u.bytes : (const uint8_t *)"", f->len) : BYTES_NULL;
}

/* 0 | BUS_E_TOO_BIG | other BUS_E_… */
static int send_record(Work *w, const Letter *l, const tocsin_value *v) {
        BusHeader h[LIMIT_HEADERS + 5];
        const tocsin_value *headers = tocsin_find(v, "headers");
        char origin[320], time[24], attempt[16], of[40];
        uint32_t n = 0;
        for (uint32_t i = 0; tocsin_is(headers, TOCSIN_MAP) && i < headers->len && n < LIMIT_HEADERS; i++) {
                const tocsin_field *f = &headers->u.fields[i];
                const char *name = (const char *)arena_dup(w->arena, bytes_of(f->name, f->name_len)).ptr; /* with its NUL */
                if (!name)
                        return -ENOMEM;
                if (!ours(bytes_of(f->name, f->name_len)))
                        h[n++] = (BusHeader){ name, tocsin_as_bytes(&f->value) };
        }
        h[n++] = (BusHeader){ AGAIN_PORT, bytes_z(l->port) };
#define SAY(name, buffer, ...) \
        h[n++] = (BusHeader){ name, bytes_of(buffer, (size_t)snprintf(buffer, sizeof buffer, __VA_ARGS__)) }
        SAY(AGAIN_ORIGIN, origin, "%.249s/%d/%lld", l->topic, (int)l->partition, (long long)l->offset);
        SAY(AGAIN_TIME, time, "%lld", (long long)tocsin_get_i64(v, "timestamp", 0));
        SAY(AGAIN_ATTEMPT, attempt, "%u", l->replays + 1);
        SAY(AGAIN_LETTER, of, "%d/%lld", (int)l->id.partition, (long long)l->id.offset);
#undef SAY
        /* To the task that had it, where its state is; one that is gone since leaves it to the key. */
        return send(w, &(BusSend){ .output = w->out_retry,
                                   .partition = l->partition >= 0 && l->partition < w->partitions ? l->partition : -1,
                                   .key = bytes_field(v, "key"),
                                   .value = bytes_field(v, "value"),
                                   .headers = h,
                                   .n_headers = n });
}

static int replay(Work *w, Letter *l, Bytes raw) {
        tocsin_value v;
        Why why = { 0 };
        arena_reset(w->arena);
        int r = decoder_read(w->decoder, raw, false, w->arena, &v, &why);
        if (r < 0)
                return r;
        if (r > 0 || !bytes_field(&v, "value").ptr) {
                refuse(w, l,
                       r > 0 ? "it cannot be read any more"
                             : "its value was too large for a letter; it lies where it lay, if it is still there");
                return 0;
        }
        if (w->bus) {
                r = send_record(w, l, &v);
                if (r == BUS_E_TOO_BIG) {
                        refuse(w, l,
                               "with what marks it as replayed it is over message.max.bytes of the retry topic; raise it there "
                               "and in `kafka`");
                        return 0;
                }
                if (r == 0)
                        r = send_mark(w, l);
                if (r != 0)
                        return r;
        }
        return batch_add(w, l, raw.len);
}

static int each(void *arg, const BusRecord *r) {
        Work *w = arg;
        Letter *l = letters_find(&w->letters, (LetterId){ r->partition, r->offset });
        return l && l->chosen && !l->settled && r->value.ptr ? replay(w, l, r->value) : 0;
}

/* ---- from the letters to the end ----------------------------------------------------------------------- */

/* Names that are no letters are refused, too: nobody asks for them by chance. */
static void choose_missing(Work *w) {
        const Pick *p = w->a->pick;
        for (size_t i = 0; i < p->n_ids; i++)
                if (!letters_find(&w->letters, p->ids[i])) {
                        Letter none = { .id = p->ids[i], .from = { -1, 0 }, .reason = "", .port = "", .topic = "", .text = "" };
                        w->a->refused++;
                        w->a->told(w->a->arg, &none, "there is no such letter");
                }
}

static int choose(Work *w) {
        Pick pick = *w->a->pick;
        Letter **at = NULL;
        size_t n = 0;
        Why why;
        choose_missing(w);
        pick.done = pick.n_ids > 0; /* named ones are refused with a word rather than passed over */
        if (pick_letters(&pick, &w->letters, &at, &n) != 0)
                return -ENOMEM;
        for (size_t i = 0; i < n; i++) {
                at[i]->chosen = true;
                if (refused(w->a, at[i], &why))
                        refuse(w, at[i], why.text);
        }
        free(at);
        return 0;
}

static int go(Work *w) {
        int r = 0;
        if (!w->a->drop) {
                r = dlq_walk(&w->a->dlq, each, w, w->why);
        } else {
                for (size_t i = 0; r == 0 && i < w->letters.n; i++) {
                        Letter *l = &w->letters.at[i];
                        if (!l->chosen || l->settled)
                                continue;
                        if (w->bus)
                                r = send_mark(w, l);
                        if (r == 0)
                                r = batch_add(w, l, 0);
                }
        }
        return r == 0 ? batch_end(w) : r;
}

/* A transaction was aborted, or nobody knows whether it was: the marks know. */
static int look_again(Work *w) {
        Letters now = { 0 };
        w->n_batch = w->bytes = 0;
        w->open = false;
        int r = bus_abort(w->bus, w->why);
        if (r == 0)
                r = letters_read(&now, &w->a->dlq, w->why);
        for (size_t i = 0; r == 0 && i < w->letters.n; i++) {
                Letter *l = &w->letters.at[i];
                const Letter *is = l->chosen && !l->settled ? letters_find(&now, l->id) : NULL;
                if (!is || is->state == LETTER_OPEN)
                        continue;
                l->settled = true;
                w->a->done++;
                w->a->told(w->a->arg, l, NULL);
        }
        letters_deinit(&now);
        return r;
}

static int open_bus(Work *w) {
        const Dlq *d = &w->a->dlq;
        char id[512];
        BusConf conf = *d->conf;
        BusTopic retry = { .name = d->pipe->retry };
        if (!w->a->drop) {
                int r = bus_topic_get(d->conf, d->pipe->retry, &retry, w->why);
                if (r != 0)
                        return r;
                if (retry.partitions == 0)
                        return why_say(w->why, BUS_E_NO_TOPIC, "topic %s does not exist; make it with `tocsin topics apply`",
                                       d->pipe->retry);
                w->partitions = retry.partitions;
                w->why->text[0] = 0;
        }
        if (w->a->dry)
                return 0;
        snprintf(id, sizeof id, "%s.%s.dlq", d->config->app, d->pipe->name);
        conf.transactional_id = d->config->embedded ? NULL : id; /* that broker has no transactions */
        int r = bus_open(&w->bus, &conf, w->why);
        if (r != 0)
                return r;
        w->out_retry = bus_output(w->bus, d->pipe->retry);
        w->out_dlq = bus_output(w->bus, d->pipe->dlq);
        return 0;
}

static int act(Work *w) {
        int r = dlq_decoder(&w->decoder, &w->a->dlq, NULL, 0, w->why);
        w->arena = arena_new(LIMIT_DECODE_BYTES);
        if (r == 0 && !w->arena)
                r = -ENOMEM;
        if (r == 0)
                r = open_bus(w);
        if (r == 0) /* after the transactional id is ours: what a predecessor has done is seen, and it does no more */
                r = letters_read(&w->letters, &w->a->dlq, w->why);
        if (r == 0)
                r = choose(w);
        for (unsigned tries = 1; r == 0; tries++) {
                r = go(w);
                if (r != BUS_E_ABORTED || tries == TRIES)
                        break;
                Why first = *w->why;
                r = look_again(w);
                if (r == 0)
                        *w->why = first;
        }
        for (size_t i = 0; r == 0 && i < w->letters.n; i++)
                if (w->letters.at[i].chosen && !w->letters.at[i].settled)
                        refuse(w, &w->letters.at[i], "it is gone: retention has taken it meanwhile");
        return r;
}

int dlq_act(Act *a, Why *why) {
        Work w = { .a = a, .why = why };
        int r = act(&w);
        if (w.bus && w.open)
                (void)bus_abort(w.bus, NULL);
        bus_close(w.bus);
        letters_deinit(&w.letters);
        decoder_free(w.decoder);
        arena_free(w.arena);
        return r == -ENOMEM && !why->text[0] ? why_say(why, r, "out of memory") : r;
}
