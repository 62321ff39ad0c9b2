/* An open incident as it lies in the table, and its way onto the port. */
#pragma once

#include "what.h"

typedef enum CaseState { CASE_RAISED, CASE_UPDATED, CASE_CLEARED } CaseState;

typedef struct Case {
        uint32_t what, n_related, n_evidence, spare;
        int64_t first, last, timer;
        uint64_t count;
        char id[32];
        Name loop, domain, producer, topic, related[CASE_RELATED];
        Label target;
        char summary[SUMMARY_TEXT];
        Ref evidence[CASE_EVIDENCE];
} Case;

/* Sets the id from class, loops, target, producer and first evidence. */
void case_identify(const Detector *d, Case *c);
int case_tell(const Detector *d, const Case *c, CaseState state);
