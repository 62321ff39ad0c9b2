/* The lives of one worker, as the supervisor counts them: when the next may begin, and which record is to blame for the
 * deaths. Pure: time is handed in. */
#pragma once

#include "core/bytes.h"

#define LIFE_BACKOFF_FIRST_US 100000     /* a crash by accident is mended before anybody looks */
#define LIFE_AT_ONCE_US 1000000          /* alive this long, and it has committed: the first death costs no wait at all */
#define LIFE_BACKOFF_MAX_US 10000000     /* one that repeats costs next to nothing */
#define LIFE_HEALTHY_US 60000000         /* alive this long, or long enough to commit: the next death is the first again */
#define LIFE_DEATHS 3u                   /* at the same record: it is the record */
#define LIFE_SUSPECTS 64u                /* records with one or two deaths that are remembered; the oldest gives way */
#define LIFE_CONVICTS 256u               /* records that are dead-lettered: more, and the plugin is what is broken */
#define LIFE_TOPIC_MAX 256u              /* Kafka's names have 249 */

typedef struct LifeRecord {
        char topic[LIFE_TOPIC_MAX];
        int32_t partition;
        int64_t offset;
        unsigned deaths;
} LifeRecord;

typedef struct Life {                    /* all zero: before the first birth */
        int64_t born_us, next_us;        /* next_us: not before */
        int64_t backoff_us;              /* of the last death */
        uint64_t births, deaths, hangs;
        bool up;
        uint32_t n_suspects, n_convicts;
        LifeRecord suspect[LIFE_SUSPECTS], convict[LIFE_CONVICTS];
} Life;

bool life_due(const Life *l, int64_t now_us);
void life_born(Life *l, int64_t now_us);
/* Sets next_us. worked: it has committed something, so it was no failure to start. */
void life_died(Life *l, int64_t now_us, bool worked);
/* It died with this record in its hands. 0 | LIFE_E_CONVICTED: by now that is a convict, to be dead-lettered by the next
 * life | LIFE_E_FULL: it should be one, but there is no room */
enum { LIFE_E_CONVICTED = 1, LIFE_E_FULL = 2 };
int life_blame(Life *l, const char *topic, int32_t partition, int64_t offset);
