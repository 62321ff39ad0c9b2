/* The bus's door with somebody standing in it: any call may be made to answer any of its documented answers, before or after
 * it took effect; and what the worker does next is held to the one rule of bus.h: go on, or undo and rewind, or a new Bus. */
#pragma once

#include "bus/mem.h"

#define DOOR_SPENT "another process took over"   /* what bus_health says of a Bus that is spent */

typedef enum DoorCall {
        DOOR_OPEN, DOOR_POLL, DOOR_ASSIGNED, DOOR_REWIND, DOOR_RELEASE, DOOR_HOLD, DOOR_BEGIN, DOOR_SEND, DOOR_COMMIT, DOOR_ABORT,
        DOOR_HEALTH, DOOR_READER_OPEN, DOOR_READER_POLL, DOOR_ADMIN_OPEN, DOOR_ADMIN_GET, DOOR_ADMIN_MAKE, DOOR_CALLS
} DoorCall;

typedef struct DoorFault {
        DoorCall call;
        int answer;
        bool after;
        unsigned nth;                /* from now on, 1: the next; 0: none */
} DoorFault;

typedef struct Doors {
        BusMemLog *log;
        const char *group;
        DoorFault fault[2];          /* the second counts from when the first has struck */
        unsigned struck;
        unsigned undone, replaced;   /* turns that the worker rolled back, Buses that it gave up after they were spent */
        unsigned broken;
        const char *rule;            /* the first that was broken */
} Doors;

extern Doors doors;
const char *door_name(DoorCall call);
void doors_reset(BusMemLog *log, const char *group);
