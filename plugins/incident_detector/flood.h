/* L15: does a producer speak far more than is its own way?
 *
 * Five slots of one second of event time, and the producer's long-run rate behind them. What lies in a flood does not
 * teach the rate more than twice its own, so an attack does not become the norm within minutes. Who has no history is a
 * newcomer: it may tell twice what is many, or what the registry states; that much second after second is a flood from its
 * first day, and teaches no rate. */
#pragma once

#include "base.h"

#define FLOOD_SLOTS 5
#define FLOOD_WARMUP 30.0        /* seconds of history before "its own rate" means something */
#define FLOOD_FRESH 2.0          /* a newcomer's bar, times what is many: below it nobody lives close to the edge */
#define FLOOD_MEMORY 1800.0      /* seconds of history that count */

typedef struct Flood {
        int64_t second;          /* of the newest slot; 0 with used == 0 */
        double events, seconds;  /* the history behind the slots */
        uint32_t slot[FLOOD_SLOTS];
        uint16_t used, flooded;  /* flooded: so many slots still hold a flood */
} Flood;

/* An event at `time`: is there a flood now? rate: events a second over all slots; times: of the producer's own rate;
 * stated: what the registry expects of it, 0: nothing. */
bool flood_step(Flood *f, int64_t time, double rate, double times, double stated);
bool flood_newcomer(const Flood *f);         /* its own rate is not known */
double flood_now(const Flood *f);            /* events a second over the slots */
uint32_t flood_peak(const Flood *f);         /* events in the fullest of them */
double flood_own(const Flood *f);            /* its own rate */
