/* From the spool to the bus. A batch is what one transaction holds; without transactions, what is waited for together. */
#include "bin/send.h"

#include "core/cleanup.h"

#define TRIES 3u /* of a transaction that a broker aborts; whatever aborts more often wants to be looked at */
#define COMMIT_US INT64_C(60000000)
#define TOLD_US INT64_C(2000000)

bool send_due(int64_t *told_us) {
        int64_t now = clock_system.mono_us(&clock_system);
        if (*told_us == 0)
                *told_us = now;
        if (now - *told_us < TOLD_US)
                return false;
        *told_us = now;
        return true;
}

typedef struct Way {
        SendOut *o;
        Spool *spool;
        Bus *bus;
        uint32_t output;
        int64_t told_us;
        Why *why;
} Way;

/* What is behind an answer that says only that it failed. */
static int behind(const Way *w, int answer) {
        Why health = { 0 };
        int sick = answer == BUS_E_ABORTED || answer == BUS_E_FATAL ? bus_health(w->bus, &health) : 0;
        if (sick == 0 || sick == BUS_E_FATAL)
                return answer;
        *w->why = health;
        return sick;
}

static int one(const Way *w, const SpoolRecord *r) {
        int32_t partition = -1;
        if (w->o->topic->crc32 && r->key.ptr)
                partition = bus_partition_crc32(r->key, w->o->partitions);
        const BusSend s = {
                .output = w->output, .partition = partition, .key = r->key, .value = r->value, .time_us = r->time_us
        };
        int answer = bus_send(w->bus, &s, w->why);
        if (answer != BUS_E_TOO_BIG)
                return answer;
        const char *file = w->o->files[r->file];
        return why_in(w->why, answer, "%s:%llu", strcmp(file, "-") == 0 ? "stdin" : file, (unsigned long long)r->line);
}

/* Records from *at on, as many as a batch holds; *n of them. */
static int batch(Way *w, uint64_t *at, uint64_t *n) {
        size_t bytes = 0;
        int r = 0;
        *n = 0;
        if (w->o->transactional_id)
                GUARD(bus_begin(w->bus, w->why));
        while (bytes < SEND_TRANSACTION_BYTES) {
                SpoolRecord record;
                if (*w->o->stop)
                        return SEND_E_STOPPED;
                r = spool_get(w->spool, at, &record);
                if (r == SPOOL_E_END)
                        break;
                if (r < 0)
                        return why_say(w->why, r, "what was read cannot be read back: %s", strerror(-r));
                GUARD(one(w, &record));
                (*n)++;
                bytes += record.key.len + record.value.len;
                if (send_due(&w->told_us))
                        fprintf(stderr, "tocsin send: %llu of %llu records are on their way\n",
                                (unsigned long long)(w->o->sent + *n), (unsigned long long)w->spool->n);
        }
        return bus_commit(w->bus, NULL, 0, clock_system.mono_us(&clock_system) + COMMIT_US, w->why);
}

/* A transaction that was aborted is tried again; what went out by itself cannot be told from what did not. */
static int batches(Way *w) {
        for (uint64_t at = 0, n; at < w->spool->end; w->o->sent += n) {
                uint64_t from = at;
                unsigned tries = 1;
                int r = batch(w, &at, &n);
                while (r == BUS_E_ABORTED && w->o->transactional_id && tries++ < TRIES && !*w->o->stop) {
                        Why first = *w->why;
                        int undone = bus_abort(w->bus, w->why);
                        if (undone != 0) {
                                *w->why = first;
                                return undone;
                        }
                        at = from;
                        r = batch(w, &at, &n);
                }
                if (r != 0) {
                        w->o->unknown = w->o->transactional_id ? r == BUS_E_FATAL : n > 0;
                        r = r == SEND_E_STOPPED ? r : behind(w, r);
                        Why ignored;
                        (void)bus_abort(w->bus, &ignored);
                        return r;
                }
                w->o->transactions += w->o->transactional_id ? 1 : 0;
        }
        return 0;
}

int send_out(SendOut *o, Spool *spool, Why *why) {
        BusConf conf = *o->conf;
        Way w = { .o = o, .spool = spool, .why = why };
        conf.transactional_id = o->transactional_id;
        GUARD(bus_open(&w.bus, &conf, why));
        w.output = bus_output(w.bus, o->topic->name);
        int r = w.output == UINT32_MAX ? why_say(why, -ENOMEM, "out of memory") : batches(&w);
        bus_close(w.bus);
        return r;
}
