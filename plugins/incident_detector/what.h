/* The table of kinds of incidents. */
#pragma once

#include "case.h"

typedef enum Ending { END_QUIET, END_TOLD } Ending;

typedef struct WhatRow {
        const char *class, *name, *title; /* name: of the symptom within its class, for the setting `off` */
        char group;                  /* findings of one group are one incident */
        Ending ending;               /* END_QUIET: clears after its rest; END_TOLD: when the symptom ends */
        const char *severity;
        double confidence;
        const char *alarm;
        const char *techniques[4];
} WhatRow;

const WhatRow *what_row(What w);
/* "L4": a bit for each symptom of the class; "L4.silent": for this one; anything else: 0. */
uint32_t what_named(Bytes name);
bool what_off(const Settings *s, What w);    /* not reported */
/* Longest pause within one incident. END_TOLD: after it the incident is forgotten as it stands. */
int64_t what_rest(const Settings *s, What w);
