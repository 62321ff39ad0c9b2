/* Actions: scope (L8, L9), oscillation (L10), and what other loops must know (L11, L14). */
#pragma once

#include "case.h"

#define WRITES_OF_EVENT 32u      /* `set.` attributes of one event that are looked at */
#define TRACKED 512u             /* (target, attribute) pairs of one loop whose values are remembered */

/* 1: outside its scope, and that has been told; 0: within; < 0. */
int act_event(Detector *d, const Input *in);
