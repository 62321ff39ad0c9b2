/* The law of the turn on recorded transcripts of every plugin: whatever happens after any record, outputs, dead letters and
 * tables are those of a life without any. Every index, one fault each; then many faults in one life of three workers. */
#include "transcript.h"

#include <time.h>

#define ROUNDS 20

typedef enum How { CUT, ABORTED, KILLED, HOWS } How;
static const char *const how_name[HOWS] = { "a turn cut", "an abort", "a crash" };

typedef struct Fault {
        size_t at;
        How how;
} Fault;

static void one_fault(Rig *r, size_t at, bool before, void *arg) {
        const Fault *f = arg;
        if (before && f->how == CUT) /* every record is its own turn, and all that follows from it */
                r->pipe.commit_bytes = at == f->at ? 1 : 8u << 20;
        if (before || at != f->at)
                return;
        switch (f->how) {
        case CUT:
                break;
        case ABORTED:
                bus_mem_fail(r->log, BUS_MEM_COMMIT, 1, BUS_E_ABORTED, false);
                rig_commit(r);
                break;
        default:
                rig_kill(r, 0);
                rig_start(r, 0);
                rig_settle(r);
        }
}

static void same(const Transcript *t, const Left *got, const Left *want, const char *what, size_t at) {
        const char *name = t->plugin->self.name;
        cr_assert_str_eq(got->outputs, want->outputs, "%s: %s (%zu) changes the outputs", name, what, at);
        cr_assert_str_eq(got->dead, want->dead, "%s: %s (%zu) changes the dead letters", name, what, at);
        cr_assert_str_eq(got->tables, want->tables, "%s: %s (%zu) changes the tables", name, what, at);
        cr_assert_str_eq(got->tables_end, want->tables_end, "%s: %s (%zu) changes the tables at the end", name, what, at);
}

/* What a plugin sends itself is read after the turn, so where a turn ends says what comes first: its own or the next event. With
 * one record a turn there is but one order, and cuts between what it sends itself are the question. */
static void anywhere(Transcript *t, How how, size_t outputs, size_t dead, size_t tables) {
        Left reference, left;
        if (how == CUT && t->internal)
                t->turn = 1;
        transcript_play(t, 1, NULL, NULL, &reference);
        cr_assert(reference.n_outputs >= outputs && reference.n_dead >= dead && reference.n_tables >= tables,
                  "%zu outputs, %zu dead letters, %zu entries of %zu records", reference.n_outputs, reference.n_dead,
                  reference.n_tables, t->n);
        for (size_t at = 0; at < t->n; at += TRANSCRIPT_EACH) {
                transcript_play(t, 1, one_fault, &(Fault){ at, how }, &left);
                same(t, &left, &reference, how_name[how], at);
                left_deinit(&left);
        }
        left_deinit(&reference);
        transcript_deinit(t);
}

/* ---- many faults in one life ------------------------------------------------------------------------- */

static uint64_t rng;
static uint32_t draw(uint32_t n) {
        rng = rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return (uint32_t)(rng >> 33) % n;
}

static void many_faults(Rig *r, size_t at, bool before, void *arg) {
        (void)at;
        (void)arg;
        if (before)
                return;
        uint32_t i = draw(r->n_workers);
        switch (draw(12)) {
        case 0:
                rig_kill(r, i);
                rig_start(r, i);
                break;
        case 1:
                r->worker[i] = worker_free(r->worker[i]);
                rig_start(r, i);
                break;
        case 2:
                bus_mem_rebalance(r->log, r->pipe.group);
                break;
        case 3:
                bus_mem_fail(r->log, BUS_MEM_COMMIT, 1, BUS_E_ABORTED, false);
                rig_commit(r);
                break;
        case 4:
                bus_mem_fail(r->log, draw(2) ? BUS_MEM_COMMIT : BUS_MEM_SEND, 1, BUS_E_FATAL, draw(2));
                rig_commit(r);
                break;
        case 5:
                rig_commit(r);
                break;
        default:
                return;
        }
        rig_settle(r);
}

/* Where things meet by an internal port many orders are right: what is told is the same, the order of its evidence and the
 * host's and plugin's own notes are not. */
static void chaos(Transcript *t, uint32_t workers) {
        const char *z = getenv("TOCSIN_SEED");
        uint64_t seed = z ? strtoull(z, NULL, 0) : (uint64_t)time(NULL) * 1000;
        Left reference, left;
        fprintf(stderr, "# TOCSIN_SEED=%lu\n", (unsigned long)seed);
        t->sets = t->internal;
        transcript_play(t, workers, NULL, NULL, &reference);
        for (unsigned i = 0; i < ROUNDS; i++) {
                rng = seed + i;
                transcript_play(t, workers, many_faults, NULL, &left);
                if (t->internal) {
                        strcpy(left.tables, "");
                        strcpy(left.tables_end, "");
                        strcpy(reference.tables, "");
                        strcpy(reference.tables_end, "");
                }
                same(t, &left, &reference, "what TOCSIN_SEED draws", (size_t)seed + i);
                left_deinit(&left);
        }
        left_deinit(&reference);
        transcript_deinit(t);
}

static void ves(Transcript *t) {
        transcript_init(t, "adapter_ves", "{\"keep_payload\": true}");
        transcript_loops(t, "fixtures/loops.yaml");
        transcript_samples(t, "ves");
        transcript_raw(t, "in", "{\"event\": {\"commonEventHeader\": {\"domain\": \"fault\"");
}

static void onap(Transcript *t) {
        transcript_init(t, "adapter_onap", "{\"keep_payload\": true}");
        transcript_loops(t, "fixtures/loops.yaml");
        transcript_samples(t, "onap");
        transcript_raw(t, "in", "[]");
}

static void detector(Transcript *t) {
        transcript_init(t, "incident_detector", "{\"flood_rate\": 5, \"flood_times\": 3, \"fanout\": 8}");
        t->partitions = 1;
        transcript_lines(t, "fixtures/detector/events.jsonl", TRANSCRIPT_RECORDS);
        transcript_raw(t, "events", "no event");
}

static void template(Transcript *t) {
        transcript_init(t, "template", "{\"limit\": 3, \"window_s\": 60}");
        transcript_lines(t, "fixtures/detector/events.jsonl", 150);
}

#define LAWS(plugin, outputs, dead, tables)                                                     \
        Test(transcripts, a_cut_anywhere_changes_nothing_of_##plugin, .timeout = 300) {         \
                Transcript t;                                                                   \
                plugin(&t);                                                                     \
                anywhere(&t, CUT, outputs, dead, tables);                                       \
        }                                                                                       \
        Test(transcripts, an_abort_anywhere_changes_nothing_of_##plugin, .timeout = 300) {      \
                Transcript t;                                                                   \
                plugin(&t);                                                                     \
                anywhere(&t, ABORTED, outputs, dead, tables);                                   \
        }                                                                                       \
        Test(transcripts, a_crash_anywhere_changes_nothing_of_##plugin, .timeout = 300) {       \
                Transcript t;                                                                   \
                plugin(&t);                                                                     \
                anywhere(&t, KILLED, outputs, dead, tables);                                    \
        }                                                                                       \
        Test(transcripts, chaos_of_one_worker_changes_nothing_of_##plugin, .timeout = 300) {    \
                Transcript t;                                                                   \
                plugin(&t);                                                                     \
                chaos(&t, 1);                                                                   \
        }                                                                                       \
        Test(transcripts, chaos_of_three_workers_changes_nothing_of_##plugin, .timeout = 300) { \
                Transcript t;                                                                   \
                plugin(&t);                                                                     \
                t.partitions = 3;                                                               \
                chaos(&t, 3);                                                                   \
        }
LAWS(ves, 25, 12, 0)
LAWS(onap, 18, 1, 0)
LAWS(detector, 50, 1, 50)
LAWS(template, 3, 0, 3)
