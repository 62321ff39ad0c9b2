/* The table of kinds of incidents. */
#pragma once

#include "case.h"

typedef enum Ending { END_QUIET, END_TOLD } Ending;

typedef struct WhatRow {
        const char *class, *title;
        char group;                  /* findings of one group are one incident */
        Ending ending;               /* END_QUIET: clears after its rest; END_TOLD: when the symptom ends */
        const char *severity;
        double confidence;
        const char *alarm;
        const char *techniques[4];
} WhatRow;

const WhatRow *what_row(What w);
bool what_off(const Settings *s, What w);    /* its class is not reported */
/* Longest pause within one incident. END_TOLD: after it the incident is forgotten as it stands. */
int64_t what_rest(const Settings *s, What w);
