/* What must be followed by something: a TRIGGER by its CLEAR, an ACTION_PLAN by an ACTION_RESULT (L4), and an
 * ACTION_RESULT must be preceded by a plan of its own loop (L8). */
#pragma once

#include "case.h"

#define PLANS 1024u              /* plans of one loop remembered: what a result may cite */
#define TRIGGERS 512u            /* triggers of one loop that wait for their clear, or clears for their trigger */
#define WAITING 256u             /* results of one loop that wait for their plan */
#define CITED 8u                 /* causes of a result that are looked up */

int duty_trigger(Detector *d, const Input *in);
int duty_clear(Detector *d, const Input *in);
int duty_plan(Detector *d, const Input *in);
/* judge: say so if it follows from no plan; false: something worse was said of it already. */
int duty_result(Detector *d, const Input *in, bool judge);
/* Timers of sort 'o' (a duty is due) and 'r' (a result has waited for its plan). */
int duty_timer(Detector *d, Bytes name, int64_t now);
int result_timer(Detector *d, Bytes name, int64_t now);
