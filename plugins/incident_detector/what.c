/* Classes, titles, 3GPP alarm types (X.736 causes in the README), MITRE FiGHT and ATLAS ids. */
#include "what.h"

#define INTEGRITY "INTEGRITY_VIOLATION"
#define OPERATIONAL "OPERATIONAL_VIOLATION"
#define SECURITY "SECURITY_SERVICE_OR_MECHANISM_VIOLATION"
#define TIMING "TIME_DOMAIN_VIOLATION"

static const WhatRow rows[] = {
        [WHAT_UNREGISTERED] = { "L1",
                                "unregistered",
                                "unregistered loop",
                                'u',
                                END_QUIET,
                                "MAJOR",
                                1,
                                SECURITY,
                                { "FGT5007", "FGT1036" } },
        [WHAT_UNKNOWN] = { "L1",
                           "producer",
                           "unknown producer",
                           'p',
                           END_QUIET,
                           "CRITICAL",
                           1,
                           SECURITY,
                           { "FGT5007", "FGT1036" } },
        [WHAT_LIVES] = { "L1",
                         "incarnation",
                         "second incarnation of a producer",
                         'l',
                         END_QUIET,
                         "CRITICAL",
                         1,
                         SECURITY,
                         { "FGT1036", "FGT1036.005" } },
        [WHAT_REPLAY] = { "L3", "replay", "replayed event", 'r', END_QUIET, "MAJOR", 1, INTEGRITY, { "FGT1557" } },
        [WHAT_REORDERED] = { "L3", "reordered", "reordered event", 'r', END_QUIET, "MAJOR", 1, INTEGRITY, { "FGT1557" } },
        [WHAT_STALE] = { "L3", "stale", "stale event", 'r', END_QUIET, "MAJOR", 1, TIMING, { "FGT1557" } },
        [WHAT_FUTURE] = { "L3", "future", "event from the future", 'r', END_QUIET, "MAJOR", 1, TIMING, { "FGT1557" } },
        [WHAT_GAP] = { "L4", "gap", "missing events", 'g', END_TOLD, "MAJOR", 1, INTEGRITY, { "FGT1562", "FGT1498" } },
        [WHAT_SILENT] = { "L4", "silent", "silent producer", 's', END_TOLD, "MAJOR", 1, OPERATIONAL, { "FGT1562", "FGT1498" } },
        [WHAT_NO_CLEAR] = { "L4", "trigger", "trigger without clear", 'c', END_TOLD, "MINOR", 1, OPERATIONAL, { "FGT1562" } },
        [WHAT_NO_RESULT] = { "L4", "action", "action without result", 'a', END_TOLD, "MAJOR", 1, OPERATIONAL, { "FGT1562" } },
        [WHAT_RANGE] = { "L5",
                         "range",
                         "value out of its range",
                         'k',
                         END_QUIET,
                         "MAJOR",
                         1,
                         INTEGRITY,
                         { "FGT5036", "AML.T0043", "AML.T0015" } },
        [WHAT_JUMP] = { "L5",
                        "jump",
                        "value jumps",
                        'k',
                        END_QUIET,
                        "MINOR",
                        0.8,
                        INTEGRITY,
                        { "FGT5036", "AML.T0043", "AML.T0015" } },
        [WHAT_SHIFT] = { "L5",
                         "shift",
                         "value shifts",
                         'k',
                         END_QUIET,
                         "MINOR",
                         0.7,
                         INTEGRITY,
                         { "FGT5036", "AML.T0043", "AML.T0015" } },
        [WHAT_FROZEN] = { "L5",
                          "frozen",
                          "value frozen",
                          'k',
                          END_QUIET,
                          "MINOR",
                          0.8,
                          INTEGRITY,
                          { "FGT5036", "AML.T0043", "AML.T0015" } },
        [WHAT_TARGET] = { "L8",
                          "target",
                          "action outside the declared targets",
                          't',
                          END_QUIET,
                          "CRITICAL",
                          1,
                          SECURITY,
                          { "FGT5034", "FGT5039", "FGT5043.001" } },
        [WHAT_NO_PLAN] = { "L8",
                           "decision",
                           "action without a decision",
                           'd',
                           END_QUIET,
                           "CRITICAL",
                           1,
                           SECURITY,
                           { "FGT5034", "FGT5039", "FGT1078" } },
        [WHAT_STAGE] = { "L8",
                         "stage",
                         "action from the wrong stage",
                         'v',
                         END_QUIET,
                         "CRITICAL",
                         1,
                         SECURITY,
                         { "FGT5034", "FGT5043.001", "FGT1078" } },
        [WHAT_ATTRIBUTE] = { "L9",
                             "attribute",
                             "write outside the declared attributes",
                             'w',
                             END_QUIET,
                             "MAJOR",
                             1,
                             SECURITY,
                             { "FGT1199", "FGT5043.001" } },
        [WHAT_PRIORITY] = { "L9",
                            "priority",
                            "priority nobody ordered",
                            'o',
                            END_QUIET,
                            "MAJOR",
                            1,
                            SECURITY,
                            { "FGT1199", "FGT5043.001" } },
        [WHAT_OSCILLATION] = { "L10", "oscillation", "oscillation", 'x', END_QUIET, "MAJOR", 0.9, OPERATIONAL, { 0 } },
        [WHAT_CONFLICT] = { "L11", "conflict", "two loops in conflict", 'y', END_QUIET, "MAJOR", 1, OPERATIONAL, { 0 } },
        [WHAT_FANOUT] = { "L14", "cascade", "cascade of actions", 'f', END_QUIET, "MAJOR", 0.9, OPERATIONAL, { "FGT1499" } },
        [WHAT_CIRCLE] = { "L14", "circle", "causes in a circle", 'z', END_QUIET, "MAJOR", 1, OPERATIONAL, { "FGT1499" } },
        [WHAT_FLOOD] = { "L15",
                         "flood",
                         "flood of events",
                         'b',
                         END_QUIET,
                         "MAJOR",
                         0.9,
                         OPERATIONAL,
                         { "FGT1499", "FGT1498.502", "AML.T0029" } },
};

const WhatRow *what_row(What w) {
        return &rows[w];
}

#define WHATS (sizeof rows / sizeof rows[0])
_Static_assert(WHATS <= 32, "one bit each in Settings.off");

uint32_t what_named(Bytes name) {
        uint32_t bits = 0;
        for (uint32_t i = 0; i < WHATS; i++) {
                Bytes class = text_z(rows[i].class), symptom = text_z(rows[i].name);
                bool begins = name.len >= class.len && memcmp(name.ptr, class.ptr, class.len) == 0;
                if (!begins || (name.len > class.len && name.ptr[class.len] != '.'))
                        continue;
                if (name.len == class.len ||
                    tocsin_equal(tocsin_bytes_of(name.ptr + class.len + 1, name.len - class.len - 1), symptom))
                        bits |= UINT32_C(1) << i;
        }
        return bits;
}

bool what_off(const Settings *s, What w) {
        return s->off >> w & 1;
}

const char *what_class(What w) {
        return rows[w].class;
}

int64_t what_rest(const Settings *s, What w) {
        if (w == WHAT_UNREGISTERED)
                return 86400 * SECOND; /* once for each loop, as far as a day is for ever */
        if (w == WHAT_GAP)
                return base_later(s->stale, s->gap); /* what comes later still is stale */
        if (rows[w].ending == END_TOLD)
                return 86400 * SECOND;
        return rows[w].group == 'k' ? s->kpi_rest : s->quiet;
}
