/* A registry entry (tocsin.Loop), decoded once and kept until it changes. Pure: values in, one block of memory out. */
#pragma once

#include "deadman.h"
#include "pace.h"
#include "scope.h"

#define SPEC_SETS 1024u          /* loops kept decoded: 4 in each of so many sets; more are decoded again */
#define SPEC_WAYS 4u

typedef struct SpecProducer {
        Bytes name;
        int stage;               /* index of Stage; -1: any */
        bool numbered;
        int64_t incarnation;     /* first legitimate; INT64_MIN: any */
        int64_t heartbeat;       /* longest silence; 0: not watched */
        double rate;             /* events a second when all is well; 0: not stated */
} SpecProducer;
typedef struct SpecMetric {
        Bytes name, unit;
        double min, max;         /* infinite: no bound */
        bool steady;
} SpecMetric;
typedef struct SpecMaintenance {
        int64_t from, until;
        const Bytes *producers;  /* none: all */
        uint32_t n;
} SpecMaintenance;
typedef struct Spec {
        Bytes id, domain, parent;
        int64_t priority, clear_timeout, action_timeout; /* time-outs: -1: the default */
        Scope scope;
        const SpecProducer *producers;
        const SpecMetric *metrics;
        const SpecMaintenance *maintenance;
        uint32_t n_producers, n_metrics, n_maintenance;
        Pace *pace;              /* what stale.c keeps of the loop in the table, once that is loaded */
        bool *pace_loaded;
} Spec;

/* NULL: out of memory. */
Spec *spec_new(const tocsin_value *row);
const SpecProducer *spec_producer(const Spec *s, Bytes name);
const SpecMetric *spec_metric(const Spec *s, Bytes name);
/* Windows of planned silence of that producer, added to `ret`. */
void spec_quiets(const Spec *s, Bytes producer, Quiets *ret);

typedef struct SpecCache {
        Spec *way[SPEC_SETS][SPEC_WAYS];
        uint32_t turn;
} SpecCache;
const Spec *specs_find(const SpecCache *c, Bytes loop);
void specs_keep(SpecCache *c, Spec *s);      /* takes ownership */
void specs_drop(SpecCache *c, Bytes loop);
void specs_clear(SpecCache *c);
