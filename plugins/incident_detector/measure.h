/* Telemetry of one event against the registry's ranges and against its own past (L5). */
#pragma once

#include "case.h"
#include "kpi.h"

#define SUBJECTS 256u            /* subjects of one producer whose metrics are remembered; the oldest gives way */

int measure_event(Detector *d, const Input *in);
