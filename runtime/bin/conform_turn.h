/* One turn: records in, callbacks, timers; all of it stays or none. */
#pragma once

#include "bin/conform_host.h"

#define TURN_MAX 256u /* records: as many as the host ever hands over together */

typedef struct Turns {
        Fake host;
        void *inst;
        bool living, aborted;
        size_t at;                   /* of the next record in the stream */
        size_t inner_at;             /* next of host.inner */
        int64_t watermark_us, wall_us;         /* of the open turn */
        int64_t was_watermark_us, was_wall_us; /* of the last commit */
        size_t was_inner_at;
        Random names;
} Turns;

typedef enum TurnAnswer { TURN_DONE, TURN_RETRY, TURN_LOST, TURN_BROKEN } TurnAnswer;

/* 0 | RULE_E_BROKEN: breaks a rule of create() | RULE_E_NONE: refused, *why is what fail() said */
int turn_create(Fake *h, const tocsin_value *settings, void **ret, Why *why);
/* 0 | RULE_E_NONE: it failed as planned | RULE_E_BROKEN */
int turn_rebuild(Turns *t, Why *why);
/* On a table that version `found` wrote. 0 | RULE_E_NONE: it refuses, and says why | RULE_E_BROKEN */
int turn_rebuild_elder(Turns *t, uint32_t found, Why *why);
void turn_destroy(Turns *t);
TurnAnswer turn_play(Turns *t, Item **items, size_t n, Why *why);
/* A record that never succeeds: a dead letter. item NULL: a turn of timers alone. */
void turn_bury(Turns *t, const Item *item, TurnAnswer answer);

int turns_commit(Turns *t);
void turns_rollback(Turns *t);
Item *turns_inner(Turns *t);         /* next record of an INTERNAL port, or NULL */
bool turns_is_row(const Turns *t, const Item *it);
bool turns_row(Turns *t, Item *it);  /* true: it was one, and is applied */
void turns_pass(Turns *t, int64_t us);
int turns_dump(Turns *t);
void turns_deinit(Turns *t);
