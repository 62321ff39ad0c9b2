/* VES messages into drafts of closed-loop events. Pure: no host, no clock, no I/O. */
#pragma once

#include "../adapter/draft.h"
#include "schema.h"

typedef struct VesOptions {
        ShapeOptions shape;
        bool keep_payload;
        bool sequence;                 /* sources number their events by reporting entity in steps of 1 */
} VesOptions;

/* Everything or nothing: n drafts, one for each event of the message (n = 0: an empty eventList), or false and the kit has the
 * reason, with the place of the event in the list. `raw` is the message as it came, for the payload. */
bool ves_read(Kit *k, const VesOptions *o, const Rules *rules, const tocsin_value *message, tocsin_bytes raw, Draft **ret,
              uint32_t *n);

/* ---- parts, for tests ---- */

/* Stage, kind, subject, correlation, metrics and attributes by the event's domain. */
bool ves_domain(Kit *k, Draft *d, const tocsin_value *event, tocsin_bytes domain);
/* A 3GPP performance report: "measInfoId.measType[measObjInstId]" = value. */
bool ves_perf3gpp(Kit *k, Flat *f, const tocsin_value *fields);
/* Kind, stage and correlation of a standards-defined notification by its namespace and notificationType. */
void ves_stnd(Kit *k, Draft *d, tocsin_bytes name_space, const tocsin_value *data);
