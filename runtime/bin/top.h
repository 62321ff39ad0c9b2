/* What `tocsin top` shows, from two answers of the supervisor. Pure: no socket, no clock, no terminal. */
#pragma once

#include "core/buffer.h"

#include <tocsin/plugin.h>

typedef struct TopShow {
        bool colour, workers;        /* workers: a line for each worker rather than for each pipeline */
        unsigned width;              /* columns; lines are cut there; 0: any */
} TopShow;

/* The value at share p of what came between two cumulative counts: linear within its bucket, seconds. < 0: nothing came. */
double top_quantile(const double *before, const double *after, const double *bounds, size_t n, double p);
/* now, before: parsed answers to `status`; before NULL: the first look, rates are since the start. One screen of lines. */
void top_print(Buffer *ret, const TopShow *show, const tocsin_value *now, const tocsin_value *before);
