/* L14: many actions from one cause, and causes that go round in a circle.
 *
 * A node is an event that others name as their cause. It counts the actions that follow from it and knows its ancestors,
 * nearest first. An event that is its own ancestor closes a circle (only a forger can do that), and so does a plan of a
 * loop that follows, through another loop's plan, from an earlier plan of the same loop. Parent and child may answer each
 * other: they escalate and delegate. */
#pragma once

#include "base.h"

#define FAN_KEPT 16u             /* actions whose proof is kept, the earliest */
#define FAN_SEEN 32u             /* actions told apart; beyond, each counts */
#define ANCESTORS 16u            /* causes back: five loops in a row, three events in each */

typedef struct FanChild {
        Ref ref;
        Name loop;
} FanChild;
typedef struct Fan {
        uint32_t count[2], n_seen, n_kept; /* results, plans */
        uint64_t seen[FAN_SEEN];
        FanChild kept[FAN_KEPT];     /* in the order of event time, then id */
} Fan;

/* An action that names the node as its cause. False: it was here before. */
bool fan_add(Fan *f, const Ref *ref, Bytes loop, bool planned);
uint32_t fan_actions(const Fan *f);  /* plans or results, whichever are more: a plan and its result are one action */

typedef struct Ancestor {
        uint64_t id, loop, parent;   /* hashes; loop 0: no plan; parent 0: none */
} Ancestor;
typedef struct Ancestors {
        uint32_t n, spare;
        Ancestor a[ANCESTORS];
} Ancestors;
bool ancestors_has(const Ancestors *a, uint64_t id);
/* Takes up `more` and returns whether anything was new: an event, or whose plan it is. */
bool ancestors_add(Ancestors *a, const Ancestor *more, uint32_t n);
/* Does `self` close a circle with them? */
bool ancestors_circle(const Ancestors *a, const Ancestor *self);
