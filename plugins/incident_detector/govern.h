/* What governance tells: maintenance that begins and ends, priorities. */
#pragma once

#include "case.h"

int govern_state(Detector *d, const Input *in);
/* Of any event that may name its priority. */
int govern_priority(Detector *d, const Input *in);
int govern_coordination(Detector *d, const Input *in);
