/* Incidents for people: one line each, or one whole. Pure. */
#pragma once

#include "core/buffer.h"

typedef struct IncidentFilter {
        const char *class_, *loop, *state;   /* NULL: any. loop: it is about it or takes part */
        bool open;                           /* only what is not cleared: raised or updated */
} IncidentFilter;
bool incident_fits(const IncidentFilter *f, const tocsin_value *v);
/* The threat classes of schemas/README.md; "L3" or "l3". */
bool incident_class(const char *word);
void incident_classes(Buffer *out);          /* one a line, with its name */

void incident_head(Buffer *out, bool colour);
void incident_line(Buffer *out, const tocsin_value *v, bool colour);
void incident_whole(Buffer *out, const tocsin_value *v, bool colour);
/* "2026-01-31 12:00:00.123Z" */
void incident_time(Buffer *out, int64_t us);
