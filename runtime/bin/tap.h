/* Records as they pass the ports of a pipeline: which topics, how many of them, and how they look. */
#pragma once

#include "bin/needs.h"
#include "bus/bus.h"
#include "core/buffer.h"
#include "core/limits.h"

#define TAP_RATE 20                  /* records a second, unless told otherwise: what a person can follow */

typedef struct TapPort {
        const tocsin_port *port;
        char topic[NEED_NAME_BYTES];
        Decoder *decoder;            /* AVRO */
        Schema *own;
} TapPort;

typedef struct Tap {
        TapPort port[LIMIT_PORTS];
        uint32_t n;
        const char *topics[LIMIT_PORTS]; /* each once; BusRecord.topic is an index into it */
        uint32_t n_topics;
        Arena *arena;
} Tap;
/* The bound ports of a pipeline, or the one of that name (NULL: all). 0 | EX_USAGE: no such port, or not bound |
 * EX_CONFIG | EX_OSERR, *why */
int tap_init(Tap *ret, const Loaded *l, const char *only, const Schemas *schemas, Why *why);
void tap_deinit(Tap *t);
/* The topic is read no more: those behind it take its place. */
void tap_leave_out(Tap *t, uint32_t topic);

/* One line. Nothing of it steers a terminal; what cannot be decoded is hexadecimal digits, with the reason. */
void tap_text(Buffer *out, Tap *t, const BusRecord *r);
void tap_json(Buffer *out, Tap *t, const BusRecord *r);

/* A bucket that fills with `rate` a second and holds as many: what comes while it is empty is passed over. */
typedef struct TapRate {
        int64_t rate, at_us;         /* 0: everything passes */
        double have;
        uint64_t shown, skipped;
} TapRate;
TapRate tap_rate(int64_t rate, int64_t now_us);
bool tap_passes(TapRate *r, int64_t now_us);
