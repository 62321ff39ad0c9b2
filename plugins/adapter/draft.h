/* A closed-loop event on its way: what an adapter has found out, and how that is a tocsin.ClosedLoopEvent. Pure. */
#pragma once

#include "flat.h"
#include "rules.h"

#define DRAFT_CAUSES_MAX 4u
#define DRAFT_CLASSES_MAX 8u
#define DRAFT_TIME_MAX INT64_C(253402300799999999) /* the end of year 9999: what RFC 3339 can write */

typedef struct Draft {
        tocsin_bytes id, producer, correlation, subject_type, subject_id;   /* correlation: len 0: none */
        const RuleLoop *loop;
        const char *stage, *kind;
        bool has_sequence;
        int64_t sequence, event_time;
        tocsin_bytes causes[DRAFT_CAUSES_MAX];
        uint32_t n_causes;
        Flat flat;
        tocsin_bytes payload;                    /* ptr NULL: not kept */
        const char *classes[DRAFT_CLASSES_MAX];
        uint32_t n_classes;
} Draft;

/* Notes the classes of protected data that names of attributes tell (imsi, msisdn, password …), sorted by their coming. */
void draft_classify(Draft *d);
/* Notes as an attribute how much did not fit. */
void draft_close(Draft *d);
/* The record; false: the kit says why. */
bool draft_value(Kit *k, const Draft *d, tocsin_value *ret);

/* The text of a field by its name or its path ("AAI.generic-vnf.vnf-name": an entry's own name may hold points). len 0: none, or
 * neither text nor number nor truth value. */
tocsin_bytes draft_field(Kit *k, const tocsin_value *message, tocsin_bytes path);
