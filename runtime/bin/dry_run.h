/* Everything a run would need outside, tried without disturbing what runs: ids end in .dry-run, no group is joined, nothing
 * is produced. */
#pragma once

#include "bin/connect.h"

typedef enum DryVerdict { DRY_PASS, DRY_FAIL, DRY_UNKNOWN } DryVerdict;

/* say: one line each; text: of FAIL the remedy, of UNKNOWN why. 0 | EX_UNAVAILABLE, EX_NOPERM: something FAILed | EX_OSERR */
int dry_run(const Config *c, const Loaded *loaded, size_t n,
            void (*say)(void *arg, DryVerdict v, const char *what, const char *text), void *arg);
